//! Exact answers of modes whose cut grows: the equation is solved at one cut after another.

use std::sync::Arc;

use crate::group::Group;
use crate::solve::error::Unsolved;

/// What is solved at growing cuts, the first that is enough: `solve` gives beside it the largest weight of the highest level
/// of each mode, by its place among what is looked at. Of a group without such modes that is what it is.
///
/// # Errors
/// What `solve` returns; of a cut that is not enough, that the next one is not solved for.
pub fn at_cuts<T>(
    group: &Group,
    mut solve: impl FnMut(&Group) -> Result<(T, Vec<f64>), Unsolved>,
) -> Result<T, Unsolved> {
    let Some(ensembles) = group.ensembles.as_ref().filter(|ensembles| ensembles.growing().next().is_some()) else {
        return solve(group).map(|(solved, _)| solved);
    };
    let mut levels = ensembles.start().levels().to_vec();
    // The last mode that needed more.
    let mut heavy = None;
    loop {
        let cut = Group { ensembles: Some(Arc::new(ensembles.cut(&levels)?)), ..group.clone() };
        let (solved, weights) = solve(&cut).map_err(|error| match heavy.take() {
            Some((mode, levels, weight)) => Unsolved::Cut { mode, levels, weight, because: Box::new(error) },
            None => error,
        })?;
        let before = levels.clone();
        for mode in ensembles.growing().filter(|mode| weights[mode.top] > mode.weight) {
            let own = &mut levels[mode.factor];
            let grown = (*own + *own / 2).min(mode.most);
            if grown > *own {
                let name = ensembles.product().factors()[mode.factor].name.clone();
                heavy = Some((name, *own, weights[mode.top]));
                *own = grown;
            }
        }
        if levels == before {
            return Ok(solved);
        }
    }
}
