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
    let pass = Pass { equation, protocol: &protocol, limit: &[] };
    let mut residuals = Residuals::new(PRECISION, RESOLVED);
    let change: Vec<f64> = pass.image(start)?.iter().map(|x| -x).collect();
    let mut rho = residuals.solved(&pass, &change, norm(start))?;
    add(&mut rho, 1.0, start);
    let stirred = pass.stirred(&rho);
    let around = Pass { limit: &rho, ..pass };
    let traceless = |mut x: Vec<f64>| {
        equation.traceless(&mut x, &rho);
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
    let Passed { series, ends, .. } = self::pass(equation, &protocol, &rho, times)?;
    Ok(StateCycle { series, ends, second_multiplier, rho })
}

/// One cycle.
struct Pass<'a, E> {
    equation: &'a E,
    protocol: &'a Protocol,
    /// The limit, once it is known, of which rounding leaves a part in what has no trace.
    limit: &'a [f64],
}

impl<E: Along> Pass<'_, E> {
    /// What every process and field changes of a state, together: a deviation that has a part of all that is ever excited.
    /// `None` where nothing does.
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
        let mut all = vec![0.0; rho.len()];
        let mut slope = vec![0.0; rho.len()];
        for which in (0..acts.len()).filter(|which| acts[*which]) {
            self.equation.change(&unit(which), rho, &mut slope);
            // Of no ratio that would let parts cancel.
            let size = norm(&slope) * (1.0 + which as f64).sqrt();
            if size > 0.0 {
                add(&mut all, size.recip(), &slope);
            }
        }
        let size = norm(&all);
        (size > 0.0).then(|| all.iter().map(|x| x / size).collect())
    }
}

impl<E: Along> Propagates for Pass<'_, E> {
    fn image(&self, x: &[f64]) -> Result<Vec<f64>, CycleError> {
        let size = norm(x);
        if size == 0.0 {
            return Ok(x.to_vec());
        }
        // Steps are exact beside a state of trace 1.
        let scaled: Vec<f64> = x.iter().map(|x| x / size).collect();
        let Passed { rho, .. } = pass(self.equation, self.protocol, &scaled, &[])?;
        Ok(scaled.iter().zip(rho).map(|(x, later)| size * (x - later)).collect())
    }

    fn guessed(&self, r: &[f64]) -> Vec<f64> {
        let mut guess = r.to_vec();
        if !self.limit.is_empty() {
            self.equation.traceless(&mut guess, self.limit);
        }
        guess
    }
}
