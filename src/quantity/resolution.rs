//! How finely a quantity is known, and what one jump changes of it.

use super::{Column, Quantity};
use crate::bath::Bath;
use crate::model::{Extent, System};

/// What is known of a column beforehand: a spread between trajectories is chance only where it is above this.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resolution {
    /// Deviations up to this are of rounding, or of the steps between jumps.
    pub floor: f64,
    /// The natural scale.
    pub scale: f64,
    /// About how much one jump changes.
    pub step: f64,
    /// Whether it is local jumps that change it so much.
    pub local: bool,
    /// Whether a few trajectories in many make nearly all of its mean.
    pub of_few: bool,
    /// Whether jumps of one kind change it by so much and those of another by next to nothing, so that each kind has to be
    /// seen.
    pub by_process: bool,
}

impl Resolution {
    /// The resolution of a column of a group, one of `total` qubits, by an engine of this precision.
    #[must_use]
    pub fn new<S: System>(system: &S, column: Column, total: i64, precision: Precision) -> Self {
        let n = system.number() as f64;
        let of_spin = |scale: f64, step: f64| (Extent { emission: 0.0, others: scale, step }, scale);
        let of_form = |form| {
            let extent = system.extent(form);
            (extent, extent.emission + extent.others)
        };
        let (extent, scale) = match (column.quantity, column.bath) {
            (Quantity::HeatCurrent | Quantity::HeatCurrentInterval | Quantity::HeatCurrentBalance, Some(bath)) => {
                of_form(system.heat_current(bath))
            }
            (Quantity::Intensity, Some(bath)) => of_form(system.intensity(bath)),
            (Quantity::Power, _) => of_form(system.power().unwrap_or_default()),
            (Quantity::Work, _) | (Quantity::Heat, Some(_)) if let Some(energy) = system.energy() => of_form(energy),
            (Quantity::Excited, _) => of_form(system.excited(total)),
            (Quantity::Observable, _) => {
                of_form(column.observable.map_or_else(Default::default, |index| system.observable(index)))
            }
            (Quantity::JSquared, _) => of_spin(n / 2.0 * (n / 2.0 + 1.0), n),
            (Quantity::SpinLength, _) => of_spin(1.0, 2.0 / n),
            // A difference of second moments over J.
            (Quantity::Squeezing, _) => of_spin(n, 2.0 / n),
            (Quantity::Jx | Quantity::Jy | Quantity::Jz, _) => of_spin(n / 2.0, 1.0),
            // Counts are whole numbers, and rest on jumps alone.
            _ => (Extent { step: f64::INFINITY, ..Extent::default() }, 0.0),
        };
        // <J_+ J_-> has its own last digits, unless it comes out of steps.
        let emission = if precision.steps { extent.emission } else { 0.0 };
        let floor = precision.relative * (emission + extent.others);
        let acts = |bath: &Bath| !bath.coupling.conserves_j() && bath.down + bath.up + bath.dephasing > 0.0;
        let local = column.quantity == Quantity::JSquared && system.baths().iter().any(acts);
        let of_few = column.observable.is_some_and(|index| system.is_of_few(index));
        Resolution { floor, scale, step: extent.step, local, of_few, by_process: false }
    }

    /// Whether a standard error of so many values is above what jumps would add of which there were too few to be seen:
    /// those of fewer than [`Resolution::FEW`] trajectories.
    #[must_use]
    pub fn is_above_unseen(&self, std_error: f64, values: u64) -> bool {
        std_error * values as f64 > self.step * (Self::FEW as f64).sqrt()
    }

    /// What rests on fewer trajectories than this is luck.
    pub const FEW: u64 = 10;

    /// That of the sum with the same column of another group.
    #[must_use]
    pub fn and(self, other: Resolution) -> Self {
        Resolution {
            floor: self.floor + other.floor,
            scale: self.scale + other.scale,
            step: self.step.max(other.step),
            local: self.local,
            of_few: self.of_few,
            by_process: self.by_process,
        }
    }
}

/// How precise the values of a trajectory are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Relative to their natural scale.
    pub relative: f64,
    /// Whether the state moves in steps with an error, and not by closed forms alone.
    pub steps: bool,
}

impl Precision {
    /// Levels, whose values are exact: some hundred roundings of sums over a trajectory.
    pub const LEVELS: Precision = Precision { relative: 1e-13, steps: false };
    /// Amplitudes, that decay by closed forms.
    pub const AMPLITUDES: Precision = Precision { relative: 1e-12, steps: false };
    /// A state that moves in steps of 1e-10 each.
    pub const STEPS: Precision = Precision { relative: 1e-9, steps: true };
}
