//! Conditions on a current, solved for: the counting field, and l of every level.

use super::charges::Charges;
use super::conditioned::Conditioned;
use super::ending::{EndingError, Weighing, ending};
use super::populations::PopulationEquation;
use super::relaxation::Relaxation;
use super::steady::SteadyError;
use super::tilted::Tilted;
use crate::dicke::sectors;
use crate::model::{Condition, Conditions, Ending, Told};

/// The strongest field that is looked at for a current.
pub const STRONGEST: f64 = 100.0;
/// By which factor a field grows until its current is beyond what is asked for.
const GROWTH: f64 = 8.0;
/// What the current may be off by, as a part of it.
const CLOSE: f64 = 1e-12;
/// The same where it is but a start.
const NEAR: f64 = 1e-3;
/// The same over a run that ends.
const CLOSE_OF_RUN: f64 = 1e-9;
/// Multiplications that the end of a run may take, some seconds; and where several fields are tried, each.
const MOST: f64 = 4e9;
const MOST_OF_A_TRY: f64 = 4e8;
/// Fields that are tried.
const MOST_TRIES: usize = 200;

/// Why a condition cannot be met.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConditionError {
    /// The generating function is not known.
    #[error(transparent)]
    Solve(#[from] SteadyError),
    /// The end of a run is not solved for.
    #[error("{0}")]
    Ending(#[from] EndingError),
    /// No field makes this current.
    #[error(
        "no counting field up to {STRONGEST} carries it: {most:.3e} net quanta per unit time are the most that way"
    )]
    Unreachable {
        /// The current at the strongest field.
        most: f64,
    },
}

/// What a condition on the net quanta absorbed from a bath makes of the levels: of trajectories of the long run, or of those of
/// a run `until` some time, which are weighed by `e^{s C}` of the whole of it.
///
/// # Errors
/// A model without a generating function, a current that no field carries, or an end that takes too much.
pub fn conditions(
    equation: &PopulationEquation,
    bath: usize,
    given: Condition,
    until: Option<f64>,
) -> Result<Conditions, ConditionError> {
    let ladder = equation.ladder();
    let charges = Charges::of_bath(ladder.baths.len(), bath);
    let tilted = Tilted::new(equation)?;
    let field = match given {
        Condition::Field(field) => field,
        Condition::Current(current) => {
            let of_long_run = |close| field_of((current, close), 0.0, long_run(&tilted, &charges));
            match until {
                None => of_long_run(CLOSE)?,
                // A run that ends may carry what no long one does.
                Some(until) => {
                    let (near, carried) = (of_long_run(NEAR), run_until(&tilted, equation.initial(), &charges, until));
                    field_of((current, CLOSE_OF_RUN), near.unwrap_or(0.0), carried)?
                }
            }
        }
    };
    let at = tilted.at(&charges.times(field), None)?;
    let of_sector = |two_j: i64| {
        let start = ladder.levels.iter().position(|level| level.two_j == two_j);
        start.map_or_else(Vec::new, |start| at.logarithm()[start..=start + two_j as usize].to_vec())
    };
    let ending = until.map(|until| ending(&at, equation.initial(), until, MOST)).transpose()?;
    let (mut current, mut fastest) = (at.mean(&charges).value, at.fastest_rate());
    if let Some(ending) = &ending {
        current = counted(&at, ending, equation.initial(), &charges)? / ending.until();
        fastest = at.fastest_rate_until(ending);
    }
    Ok(Conditions {
        bath,
        given,
        field,
        theta: at.theta().value,
        current,
        start: started(&at, equation.initial()),
        logarithm: sectors(ladder.number()).map(of_sector).collect(),
        fastest,
        ending,
        told: Told::default(),
    })
}

/// ln of the mean of l, of which the largest may be beyond what is left of others in a double.
fn started(at: &Conditioned, initial: &[f64]) -> f64 {
    let started = || initial.iter().zip(at.logarithm()).filter(|(p, _)| **p > 0.0);
    let most = started().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    most + started().map(|(p, log)| p * (log - most).exp()).sum::<f64>().ln()
}

/// What is counted on average over a run that is weighed at its end.
fn counted(at: &Conditioned, ending: &Ending, initial: &[f64], charges: &Charges) -> Result<f64, SteadyError> {
    let start = started(at, initial);
    let weighed = |(p, log): (&f64, &f64)| if *p > 0.0 { p * (log - start).exp() } else { 0.0 };
    let mut p: Vec<f64> = initial.iter().zip(at.logarithm()).map(weighed).collect();
    let mut sum = 0.0;
    if ending.from() > 0.0 {
        let (rows, entries) = ([at.charged_rates(charges)], at.entries());
        let relaxation = Relaxation::new(&at.coordinates(), &entries, &rows);
        let followed = relaxation.through(&mut p, &[ending.from()], |now| sum += now.integrals[0]);
        followed.map_err(|_| SteadyError::Unsettled)?;
    }
    let weighing = Weighing::new(at, std::slice::from_ref(charges));
    Ok(sum + weighing.on(ending, &mut p, [ending.from(), ending.until()]).counted[0])
}

/// What a field carries: the mean, and how fast it grows with the field.
struct Carried {
    mean: f64,
    slope: f64,
}

/// In the long run, from field to field.
fn long_run<'a>(
    tilted: &'a Tilted<'a>,
    charges: &'a Charges,
) -> impl FnMut(f64) -> Result<Carried, ConditionError> + 'a {
    let mut near: Option<Vec<f64>> = None;
    move |field| {
        let at = tilted.at(&charges.times(field), near.as_deref())?;
        let carried = Carried { mean: at.mean(charges).value, slope: at.noise(charges)?.value };
        near = Some(at.logarithm().to_vec());
        Ok(carried)
    }
}

/// Over a run until some time.
fn run_until<'a>(
    tilted: &'a Tilted<'a>,
    initial: &'a [f64],
    charges: &'a Charges,
    until: f64,
) -> impl FnMut(f64) -> Result<Carried, ConditionError> + 'a {
    let mut near: Option<Vec<f64>> = None;
    let mut before: Option<(f64, f64)> = None;
    move |field| {
        let at = tilted.at(&charges.times(field), near.as_deref())?;
        let ending = ending(&at, initial, until, MOST_OF_A_TRY)?;
        let mean = counted(&at, &ending, initial, charges)? / until;
        // That of the long run at first, then that between the last two.
        let slope = match before {
            Some((last, carried)) if last != field => (mean - carried) / (field - last),
            _ => at.noise(charges)?.value,
        };
        (near, before) = (Some(at.logarithm().to_vec()), Some((field, mean)));
        Ok(Carried { mean, slope })
    }
}

/// The field under which charges grow at this rate, to a part `close` of it: what a field carries never falls with it. `first`
/// is a field to begin with.
fn field_of(
    (current, close): (f64, f64),
    first: f64,
    mut carried: impl FnMut(f64) -> Result<Carried, ConditionError>,
) -> Result<f64, ConditionError> {
    let mut here = carried(first)?;
    // Between two fields, of which the one carries too little and the other too much.
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut field, mut off) = (first, here.mean - current);
    let mut step = (off.abs() / here.slope).clamp(1e-12, 1.0);
    for _ in 0..MOST_TRIES {
        if off.abs() <= close * current.abs() || off == 0.0 {
            break;
        }
        if off < 0.0 {
            low = field;
        } else {
            high = field;
        }
        let newton = field - off / here.slope;
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
                return Err(ConditionError::Unreachable { most: here.mean });
            }
            (field - step.copysign(off)).clamp(-STRONGEST, STRONGEST)
        };
        here = match carried(next) {
            // Beyond what can be resolved there is no more to be had.
            Err(ConditionError::Solve(_) | ConditionError::Ending(EndingError::Wide(_)))
                if !(low.is_finite() && high.is_finite()) =>
            {
                return Err(ConditionError::Unreachable { most: off + current });
            }
            found => found?,
        };
        (field, off) = (next, here.mean - current);
    }
    Ok(field)
}
