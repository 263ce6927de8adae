//! Averages of identical qubits along a transient, and their heat currents, where they are known.
//!
//! A transient is good to some 1e-11 of the largest average. The current of a bath that rules the qubits is the
//! difference of what it takes and gives, and may be less than that. Over an interval the balance of the other baths and
//! of `<J_z>` tells it; at a time nothing does, and it has no value then.

use super::{Averages, BathAverages};
use crate::bath::Bath;
use crate::group::Group;
use crate::lindblad::{Exact, Occupation, currents};
use crate::model::{Linear, Observables};
use crate::rounded::{CERTAIN, ROUNDING, Rounded};

/// What probabilities are off by along a transient.
const TRANSIENT: f64 = 1e-11;
/// So much better must a balance be known than the difference in whose place it is taken, and others than what is lost.
const BETTER: f64 = 1e3;

/// A time, and the one before it.
pub struct Step {
    pub before: f64,
    /// `<J_z>` then; NaN where it was not told.
    pub jz_before: f64,
    pub time: f64,
}

impl Step {
    /// A time by itself.
    pub fn at(time: f64) -> Self {
        Step { before: time, jz_before: f64::NAN, time }
    }
}

/// What a group, one of `total` qubits, has at a time.
pub fn averages(
    group: &Group,
    total: i64,
    exact: &Exact,
    transverse: Option<[f64; 2]>,
    &Step { before, jz_before, time }: &Step,
) -> Averages {
    let model = &group.model;
    let Observables { emission, jz, j_squared } = exact.now;
    let Flows { now, average, power } = Flows::new(group, exact, jz_before, time - before);
    let of_bath = |(bath, (heat_current, average)): (&Bath, (f64, f64))| BathAverages {
        intensity: model.intensity(bath).at(emission, jz),
        heat_current,
        average,
    };
    Averages {
        time,
        jz,
        j_squared,
        transverse,
        excited: Linear::excited(model.number, total).at(emission, jz),
        power,
        baths: model.baths.iter().zip(now.into_iter().zip(average)).map(of_bath).collect(),
        observables: Vec::new(),
        booked: None,
    }
}

/// The heat currents of all baths; NaN where one is not known.
struct Flows {
    /// At the time.
    now: Vec<f64>,
    /// On average over the interval before it.
    average: Vec<f64>,
    /// What a modulation does at the time.
    power: f64,
}

impl Flows {
    /// From the averages at a time, `<J_z>` at the time before, and the interval between them.
    fn new(group: &Group, exact: &Exact, jz_before: f64, duration: f64) -> Self {
        let now = differences(group, |form| form.at(exact.now.emission, exact.now.jz));
        let (emission, jz) = (exact.emission_integral, exact.jz_integral);
        let mut average = differences(group, |form| form.integral(emission, jz, duration) / duration);
        // A drive brings in more.
        if duration > 0.0 && group.hamiltonian.drive.is_none() {
            let model = &group.model;
            let state = Occupation::of_averages(model.number, emission / duration, jz / duration, TRANSIENT);
            let half = model.number as f64 / 2.0;
            let grown = Rounded { value: exact.now.jz - jz_before, error: 2.0 * TRANSIENT * half };
            let balanced = currents(&model.baths, &state, Some(-grown * duration.recip()));
            let quanta = model.baths.iter().map(|bath| model.quantum_of(bath));
            for ((average, balanced), quantum) in average.iter_mut().zip(balanced).zip(quanta) {
                let balanced = balanced * quantum;
                if balanced.value.is_finite() && BETTER * balanced.error < average.error {
                    *average = balanced;
                }
            }
        }
        let power = group.model.power().map(|form| {
            let value = form.at(exact.now.emission, exact.now.jz);
            // Of each quantum a modulation supplies so much of what its bath does.
            let share = |bath: &Bath| bath.quantum.map_or(0.0, |own| (1.0 - group.model.frequency / own).abs());
            let error = group.model.baths.iter().zip(&now).map(|(bath, current)| share(bath) * current.error).sum();
            Rounded { value, error }
        });
        let mut now = told(&now.into_iter().chain(power).collect::<Vec<_>>());
        let power = power.and_then(|_| now.pop()).unwrap_or(0.0);
        Flows { now, average: told(&average), power }
    }
}

/// Currents by (22), each with what it may be off by.
fn differences(group: &Group, value: impl Fn(Linear) -> f64) -> Vec<Rounded> {
    let model = &group.model;
    let of = |bath: &Bath| {
        let swing = bath.coupling.forms(model.number).emission.swing(model.number);
        let error = TRANSIENT * (bath.down + bath.up) * swing * model.quantum_of(bath);
        Rounded { value: value(model.heat_current(bath)), error }
    };
    model.baths.iter().map(of).collect()
}

/// What can be told: nothing of a current that may be all error while others, far better known, are of its size. What is
/// mere rounding is 0.
fn told(currents: &[Rounded]) -> Vec<f64> {
    let is_seen = |current: &&Rounded| current.value.abs() > current.error;
    let largest = currents.iter().filter(is_seen).map(|current| current.value.abs()).fold(0.0, f64::max);
    let tell = |current: &Rounded| {
        let Rounded { value, error } = *current;
        let better = currents.iter().filter(is_seen).any(|other| BETTER * other.error < error);
        if value.abs() <= error && better && error > CERTAIN * largest {
            f64::NAN
        } else {
            Rounded { value, error: ROUNDING / TRANSIENT * error }.cleared()
        }
    };
    currents.iter().map(tell).collect()
}
