//! The limit cycle of states: what an equation under a protocol with a drive comes to, pass after pass.
//!
//! With U what a cycle makes of a state, the limit is `rho* = U rho*`, of the trace that the start has in every sector that
//! nothing mixes. U is only applied: `(1 - U)(rho* - rho) = U rho - rho`, see [`super::protocol`] of the levels.

mod noise;

use super::along::{Acting, Along, Passed, ProtocolMeans, pass};
use super::protocol::CycleError;
use super::protocol::residuals::{Propagates, Residuals, add, norm};
use super::{NotAffordable, SolveError};
use crate::bath::Rates;
use crate::model::Field;
use crate::model::protocol::{Protocol, Repeats};

/// What the steps of a pass leave of its equation.
const PRECISION: f64 = 1e-11;
/// What they leave of its multipliers: directions that are shorter are of rounding.
const RESOLVED: f64 = 1e-9;
/// Less than this is nothing, of what a cycle takes of a deviation.
const NOTHING: f64 = 1e-9;
/// The least that a cycle takes of a deviation: the limit then still has five digits.
const LEAST_FORGOTTEN: f64 = 1e-6;
/// The most that what is left of the equations may make of the solution.
const CERTAIN: f64 = 1e-5;
/// About how many passes it takes.
const PASSES: f64 = 60.0;

/// What a cycle of states comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct StateCycle {
    /// Averages at the times of a cycle that were asked for; what is booked counts from its start.
    pub series: Vec<ProtocolMeans>,
    /// The same at the end of each segment, after the quench if there is one.
    pub ends: Vec<ProtocolMeans>,
    /// The modulus of the largest eigenvalue of U below 1 of all that fields and baths stir up.
    pub second_multiplier: f64,
    /// The state at the start of a cycle.
    rho: Vec<f64>,
}

pub use noise::{StateNoise, noise};

/// Refuses a limit whose passes would take more multiplications than are to be spent, at so many a pass.
///
/// # Errors
/// How many they are.
pub fn affordable(pass: f64, limit: f64, road: &'static str) -> Result<(), NotAffordable> {
    let work = PASSES * pass;
    if work > limit { Err(NotAffordable::Protocol { work, limit, road }) } else { Ok(()) }
}

/// What a cycle makes of states, as far as its limit goes.
pub trait Recurs {
    /// U rho, exact beside a state of trace 1.
    fn passed(&self, rho: &[f64]) -> Result<Vec<f64>, SolveError>;

    /// Takes out of a deviation what has a trace, in proportion to a state: in each sector that nothing mixes.
    fn traceless(&self, deviation: &mut [f64], state: &[f64]);

    /// A deviation that has a part of all that is ever excited; `None` where nothing is.
    fn stirred(&self, rho: &[f64]) -> Option<Vec<f64>>;
}

/// Parts of a deviation added up at the same lengths but for a ratio each, that lets none cancel another.
pub fn together(parts: impl Iterator<Item = Vec<f64>>) -> Option<Vec<f64>> {
    let mut all: Vec<f64> = Vec::new();
    for (which, part) in parts.enumerate() {
        all.resize(part.len(), 0.0);
        let size = norm(&part) * (1.0 + which as f64).sqrt();
        if size > 0.0 {
            add(&mut all, size.recip(), &part);
        }
    }
    let size = norm(&all);
    (size > 0.0).then(|| all.iter().map(|x| x / size).collect())
}

/// The state that a cycle comes back to, of the traces that a start has, and the modulus of the largest eigenvalue of U below 1.
///
/// # Errors
/// Why there is none, or it cannot be found.
pub fn fixed_point(cycle: &impl Recurs, start: &[f64]) -> Result<(Vec<f64>, f64), CycleError> {
    let pass = Around { cycle, limit: &[] };
    let mut residuals = Residuals::new(PRECISION, RESOLVED);
    let change: Vec<f64> = pass.image(start)?.iter().map(|x| -x).collect();
    let mut rho = residuals.solved(&pass, &change, norm(start))?;
    add(&mut rho, 1.0, start);
    let stirred = cycle.stirred(&rho);
    let around = Around { cycle, limit: &rho };
    let traceless = |mut x: Vec<f64>| {
        cycle.traceless(&mut x, &rho);
        x
    };
    let second_multiplier = residuals.second_multiplier(&around, traceless, stirred)?;
    let forgotten = 1.0 - second_multiplier;
    if forgotten.is_nan() || forgotten < NOTHING {
        return Err(CycleError::NotUnique);
    }
    if forgotten < LEAST_FORGOTTEN {
        return Err(CycleError::Memory { forgotten, least: LEAST_FORGOTTEN });
    }
    let off = residuals.worst / forgotten;
    if off.is_nan() || off > CERTAIN {
        return Err(SolveError::not_converged(rho.len(), off).into());
    }
    Ok((rho, second_multiplier))
}

/// A cycle, and the limit, once it is known, of which rounding leaves a part in what has no trace.
struct Around<'a, C> {
    cycle: &'a C,
    limit: &'a [f64],
}

impl<C: Recurs> Propagates for Around<'_, C> {
    fn image(&self, x: &[f64]) -> Result<Vec<f64>, CycleError> {
        let size = norm(x);
        if size == 0.0 {
            return Ok(x.to_vec());
        }
        // Steps are exact beside a state of trace 1.
        let scaled: Vec<f64> = x.iter().map(|x| x / size).collect();
        let rho = self.cycle.passed(&scaled)?;
        Ok(scaled.iter().zip(rho).map(|(x, later)| size * (x - later)).collect())
    }

    fn guessed(&self, r: &[f64]) -> Vec<f64> {
        let mut guess = r.to_vec();
        if !self.limit.is_empty() {
            self.cycle.traceless(&mut guess, self.limit);
        }
        guess
    }
}

/// The limit cycle of an equation, from a start, with averages at ascending `times` of it.
///
/// # Errors
/// Why there is none, or it cannot be found.
pub fn limit<E: Along>(
    equation: &E,
    protocol: &Protocol,
    start: &[f64],
    times: &[f64],
) -> Result<StateCycle, CycleError> {
    if protocol.repeats() == Repeats::Once {
        return Err(CycleError::Once);
    }
    let protocol = protocol.repeated(1);
    if !protocol.processes().as_flattened().contains(&true) {
        return Err(CycleError::NotUnique);
    }
    let (rho, second_multiplier) = fixed_point(&Pass { equation, protocol: &protocol }, start)?;
    let Passed { series, ends, .. } = pass(equation, &protocol, &rho, times)?;
    Ok(StateCycle { series, ends, second_multiplier, rho })
}

/// One cycle.
struct Pass<'a, E> {
    equation: &'a E,
    protocol: &'a Protocol,
}

impl<E: Along> Recurs for Pass<'_, E> {
    fn passed(&self, rho: &[f64]) -> Result<Vec<f64>, SolveError> {
        pass(self.equation, self.protocol, rho, &[]).map(|passed| passed.rho)
    }

    fn traceless(&self, deviation: &mut [f64], state: &[f64]) {
        self.equation.traceless(deviation, state);
    }

    /// What every process and field changes of a state, together.
    fn stirred(&self, rho: &[f64]) -> Option<Vec<f64>> {
        let unit = |which: usize| {
            let of = |at: usize| if which == at { 1.0 } else { 0.0 };
            let rates = |first: usize| Rates { down: of(first), up: of(first + 1), dephasing: of(first + 2) };
            Acting { field: Field { x: of(0), y: of(1), z: of(2) }, rates: [rates(3), rates(6)] }
        };
        let happens = self.protocol.processes();
        let couplings = self.protocol.stages()[0].reservoirs.iter().map(|bath| bath.coupling);
        let mut acts = [true, true, true, false, false, false, false, false, false];
        for (coupling, happens) in couplings.zip(&happens) {
            let first = if coupling.conserves_j() { 3 } else { 6 };
            acts[first..].iter_mut().zip(happens).for_each(|(acts, happens)| *acts |= happens);
        }
        let change = |which: usize| {
            let mut slope = vec![0.0; rho.len()];
            if acts[which] {
                self.equation.change(&unit(which), rho, &mut slope);
            }
            slope
        };
        together((0..acts.len()).map(change))
    }
}
