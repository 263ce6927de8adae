//! Conditions on a current, solved for: the counting field, and l of every level.

use super::charges::Charges;
use super::conditioned::Conditioned;
use super::populations::PopulationEquation;
use super::steady::SteadyError;
use super::tilted::Tilted;
use crate::dicke::sectors;
use crate::model::{Condition, Conditions};

/// The strongest field that is looked at for a current.
pub const STRONGEST: f64 = 100.0;
/// By which factor a field grows until its current is beyond what is asked for.
const GROWTH: f64 = 8.0;
/// What the current may be off by, as a part of it.
const CLOSE: f64 = 1e-12;
/// Fields that are tried.
const MOST_TRIES: usize = 200;

/// Why a condition cannot be met.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConditionError {
    /// The generating function is not known.
    #[error(transparent)]
    Solve(#[from] SteadyError),
    /// No field makes this current.
    #[error(
        "no counting field up to {STRONGEST} carries it: {most:.3e} net quanta per unit time are the most that way"
    )]
    Unreachable {
        /// The current at the strongest field.
        most: f64,
    },
}

/// What a condition on the net quanta absorbed from a bath makes of the levels.
///
/// # Errors
/// A model without a generating function, or a current that no field carries.
pub fn conditions(equation: &PopulationEquation, bath: usize, given: Condition) -> Result<Conditions, ConditionError> {
    let ladder = equation.ladder();
    let charges = Charges::of_bath(ladder.baths.len(), bath);
    let tilted = Tilted::new(equation)?;
    let field = match given {
        Condition::Field(field) => field,
        Condition::Current(current) => field_of(&tilted, &charges, current)?,
    };
    let at = tilted.at(&charges.times(field), None)?;
    let of_sector = |two_j: i64| {
        let start = ladder.levels.iter().position(|level| level.two_j == two_j);
        start.map_or_else(Vec::new, |start| at.logarithm()[start..=start + two_j as usize].to_vec())
    };
    // ln of the mean of l, of which the largest may be beyond what is left of others in a double.
    let started = || equation.initial().iter().zip(at.logarithm()).filter(|(p, _)| **p > 0.0);
    let most = started().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    let start = most + started().map(|(p, log)| p * (log - most).exp()).sum::<f64>().ln();
    Ok(Conditions {
        bath,
        given,
        field,
        theta: at.theta().value,
        current: at.mean(&charges).value,
        start,
        logarithm: sectors(ladder.number()).map(of_sector).collect(),
        fastest: at.fastest_rate(),
    })
}

/// The field under which charges grow at this rate: theta' never falls.
fn field_of(tilted: &Tilted, charges: &Charges, current: f64) -> Result<f64, ConditionError> {
    let at = |field: f64, near: Option<&[f64]>| tilted.at(&charges.times(field), near);
    let known = |at: &Conditioned| at.mean(charges).value - current;
    let mut here = at(0.0, None)?;
    let off = known(&here);
    // Between two fields, of which the one carries too little and the other too much.
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut field, mut off) = (0.0, off);
    let mut step = (off.abs() / here.noise(charges)?.value).clamp(1e-12, 1.0);
    for _ in 0..MOST_TRIES {
        if off.abs() <= CLOSE * current.abs() || off == 0.0 {
            break;
        }
        if off < 0.0 {
            low = field;
        } else {
            high = field;
        }
        let newton = field - off / here.noise(charges)?.value;
        let next = if low.is_finite() && high.is_finite() {
            let middle = 0.5 * (low + high);
            if high - low <= 4.0 * f64::EPSILON * middle.abs() {
                break;
            }
            // Newton's step where it stays well between, else a half; fields of one sign may lie decades apart.
            let halved = if low > 0.0 || high < 0.0 { (low * high).sqrt().copysign(middle) } else { middle };
            if newton > low && newton < high { newton } else { halved }
        } else {
            step *= GROWTH;
            if field.abs() >= STRONGEST {
                return Err(ConditionError::Unreachable { most: off + current });
            }
            (field - step.copysign(off)).clamp(-STRONGEST, STRONGEST)
        };
        let near = here.logarithm().to_vec();
        here = match at(next, Some(&near)) {
            // Beyond what can be resolved there is no more to be had.
            Err(_) if !(low.is_finite() && high.is_finite()) => {
                return Err(ConditionError::Unreachable { most: off + current });
            }
            found => found?,
        };
        (field, off) = (next, known(&here));
    }
    Ok(field)
}
