//! Which exact equation a group takes: the smallest that has what is asked.

use super::conditioned::ConditionedLevels;
use super::full_space::FullSpace;
use super::grown::at_cuts;
use super::levels::Levels;
use super::of_product::OfProduct;
use super::orders::Orders;
use super::{Aim, Equation};
use crate::group::Group;
use crate::lindblad::Effort;
use crate::solve::error::Unsolved;

/// The exact equations, each larger than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Road {
    /// Populations over (J, M), and coherences of order one: [`Levels`].
    Levels,
    /// Populations over (J, M) under a condition: `ConditionedLevels`.
    Conditioned,
    /// Coherences of all orders, which a drive or a twisting ties together: [`Orders`].
    Orders,
    /// All 4^N elements, for qubits that differ: [`FullSpace`].
    FullSpace,
    /// The blocks of a product of ensembles and modes: [`OfProduct`].
    Product,
}

/// What is done with an equation, whichever it is.
pub trait ForEquation {
    /// What comes of it.
    type Output;
    /// Does it.
    fn of<E: Equation>(self) -> Self::Output;
}

impl Road {
    /// The equation of a group by itself.
    #[must_use]
    pub fn of(group: &Group, aim: &Aim) -> Self {
        if group.ensembles.is_some() {
            Road::Product
        } else if group.conditions.is_some() {
            Road::Conditioned
        } else if !group.alike() {
            Road::FullSpace
        } else if group.ties_orders(aim.transverse) {
            Road::Orders
        } else {
            Road::Levels
        }
    }

    /// The equations of groups that are added up. Averages are sums of whatever equation, but what rounding leaves of
    /// them is told of each group in the full space and of a product, and of the sum elsewhere. Statistics of the steady state are added
    /// row by row, and not all equations have the same: all groups take the largest.
    #[must_use]
    pub fn of_each(groups: &[Group], aim: &Aim) -> Vec<Self> {
        let own: Vec<Road> = groups.iter().map(|group| Road::of(group, aim)).collect();
        match own.iter().max() {
            Some(&largest) if aim.until.is_none() || largest >= Road::FullSpace => vec![largest; own.len()],
            _ => own,
        }
    }

    /// Does something with the equation.
    pub fn with<T: ForEquation>(self, task: T) -> T::Output {
        match self {
            Road::Levels => task.of::<Levels>(),
            Road::Conditioned => task.of::<ConditionedLevels>(),
            Road::Orders => task.of::<Orders>(),
            Road::FullSpace => task.of::<FullSpace>(),
            Road::Product => task.of::<OfProduct>(),
        }
    }

    /// Whether the equation of a group is small enough for its aim.
    ///
    /// # Errors
    /// As [`Equation::affordable`].
    pub fn affordable(self, group: &Group, aim: &Aim) -> Result<(), Unsolved> {
        struct Ask<'a>(&'a Group, &'a Aim);
        impl ForEquation for Ask<'_> {
            type Output = Result<(), Unsolved>;
            fn of<E: Equation>(self) -> Self::Output {
                E::affordable(self.0, self.1)
            }
        }
        self.with(Ask(group, aim))
    }
}

/// The slowest relaxation time of a group from the spectrum of its master equation, where that can be afforded.
#[must_use]
pub fn relaxation_time(group: &Group) -> Option<f64> {
    struct Ask<'a>(&'a Group, Aim);
    impl ForEquation for Ask<'_> {
        type Output = Option<f64>;
        fn of<E: Equation>(self) -> Option<f64> {
            E::new(self.0, &self.1).ok()?.relaxation_time()
        }
    }
    let aim = Aim { until: None, transverse: false, total: group.model.number, effort: Effort::Beside };
    if group.ensembles.as_ref().is_some_and(|ensembles| ensembles.growing().next().is_some()) {
        // That of the cut which the steady state needs.
        let of_cut = |cut: &Group| OfProduct::relaxing(cut, &aim);
        return at_cuts(group, of_cut).ok().flatten();
    }
    Road::of(group, &aim).with(Ask(group, aim))
}
