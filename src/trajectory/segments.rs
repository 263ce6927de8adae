//! One trajectory through stretches of time, each with rates and frequencies of its own.

use super::{Record, Recorder, Unravelling};
use crate::model::System;
use crate::random::Stream;

/// A stretch of time in which rates and frequencies stay as they are.
#[derive(Debug)]
pub struct Segment<'a, E, S> {
    /// Its end.
    pub until: f64,
    /// The engine of these rates.
    pub engine: &'a E,
    /// What a record reads currents from.
    pub system: &'a S,
}

/// Runs one trajectory through the `times` of the record's grid (ascending, from 0 or later), by the engine of each
/// segment in turn. Segments ascend, are of the same qubits in the same space of states, and the last one's end is not
/// before that of the grid; the record was made for the system of the first. False where the record was interrupted.
pub fn run_segments<E, S>(
    segments: &[Segment<E, S>],
    initial: &E::Initial,
    times: &[f64],
    rng: &mut Stream,
    record: &mut Record<E::Values>,
) -> bool
where
    E: Unravelling,
    S: System<Values = E::Values>,
{
    let Some((first, later)) = segments.split_first() else { return true };
    record.clear();
    record.retune(0.0, first.system);
    let mut state = first.engine.prepare(initial, rng);
    let (mut here, mut later) = (first, later.iter());
    // The last sample, and where the state is.
    let (mut sampled, mut now) = (0.0, 0.0);
    for (index, &time) in times.iter().enumerate() {
        while here.until < time
            && let Some(next) = later.next()
        {
            here.engine.advance(&mut state, now, here.until, rng, record);
            if record.interrupted() {
                return false;
            }
            now = here.until;
            next.engine.adopt(&mut state);
            record.retune(now - sampled, next.system);
            here = next;
        }
        here.engine.advance(&mut state, now, time, rng, record);
        if record.interrupted() {
            return false;
        }
        record.sample(index, time - sampled, &here.engine.observe(&state, time));
        (sampled, now) = (time, time);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bath::{Bath, Coupling};
    use crate::dicke::Level;
    use crate::initial::InitialState;
    use crate::model::{Drive, Hamiltonian, Model, Register};
    use crate::quantity::{Quantity, columns};
    use crate::random::stream;
    use crate::statistics::{Ensemble, Resolutions};
    use crate::trajectory::{Detail, DrivenLadder, Ladder, Populations, Registers};
    use crate::units::Units;

    /// One qubit; the rates change at 0.7, within an interval, and the frequency with them.
    const CHANGE: f64 = 0.7;
    const TIMES: [f64; 3] = [0.0, 0.5, 2.0];

    fn model(down: f64, up: f64, frequency: f64) -> Model {
        let bath = Bath {
            name: "b".into(),
            coupling: Coupling::Collective,
            down,
            up,
            dephasing: 0.0,
            temperature: None,
            quantum: None,
        };
        Model { units: Units::Natural, number: 1, frequency, baths: vec![bath] }
    }

    fn models() -> [Model; 2] {
        [model(1.0, 0.4, 1.0), model(0.3, 2.0, 3.0)]
    }

    /// n(t) of dn/dt = up - (up + down) n, and the heat that came in by then.
    fn exact(model: &Model, n: f64, t: f64) -> (f64, f64) {
        let (down, up) = (model.baths[0].down, model.baths[0].up);
        let after = up / (up + down) + (n - up / (up + down)) * (-(up + down) * t).exp();
        // Every quantum that comes in excites the qubit.
        (after, model.frequency * (after - n))
    }

    fn check<E, S>(engines: &[E; 2], systems: &[S; 2], seed: u64)
    where
        E: Unravelling<Initial = InitialState>,
        S: System<Values = E::Values>,
    {
        let segments: Vec<Segment<E, S>> = [CHANGE, 2.0]
            .into_iter()
            .zip(engines.iter().zip(systems))
            .map(|(until, (engine, system))| Segment { until, engine, system })
            .collect();
        let columns = columns(&[&systems[0]], false);
        let mut record = Record::new(&systems[0], 1, &columns, TIMES.len(), Detail::default());
        let mut ensemble = Ensemble::new(Resolutions::unknown(columns.len()), TIMES.len(), 0);
        let initial = InitialState::Dicke(Level::ground(1));
        for number in 0..20_000 {
            run_segments(&segments, &initial, &TIMES, &mut stream(seed, 0, number), &mut record);
            ensemble.push(&record.trace);
        }
        let [first, second] = models();
        let (at_half, before) = exact(&first, 0.0, 0.5);
        let (at_change, rest) = exact(&first, at_half, CHANGE - 0.5);
        let (at_end, after) = exact(&second, at_change, 2.0 - CHANGE);
        let rates = &second.baths[0];
        let current = second.frequency * (rates.up * (1.0 - at_end) - rates.down * at_end);
        let expected = |sample: usize, quantity: Quantity| match (sample, quantity) {
            (1, Quantity::Excited) => at_half,
            (2, Quantity::Excited) => at_end,
            (1, Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts) => before / 0.5,
            (2, Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts) => (rest + after) / 1.5,
            (2, Quantity::HeatCurrent) => current,
            (2, Quantity::Intensity) => rates.down * at_end,
            _ => f64::NAN,
        };
        let mut checked = 0;
        for (index, column) in columns.iter().enumerate() {
            for sample in [1, 2] {
                let expected = expected(sample, column.quantity);
                if expected.is_nan() {
                    continue;
                }
                let estimate = ensemble.on_grid(sample, index).unwrap();
                // 5 sigma: 8 numbers of 4 engines are off in 2e-5 of all seeds.
                let off = (estimate.mean - expected).abs() / estimate.std_error.unwrap();
                assert!(off < 5.0, "{:?} at {sample}: {} not {expected}, {off} sigma", column.quantity, estimate.mean);
                checked += 1;
            }
        }
        assert_eq!(checked, 8);
    }

    #[test]
    fn every_engine_and_the_record_follow_a_change_of_rates_and_frequency() {
        let at_rest = Hamiltonian::default();
        let driven = Hamiltonian { drive: Some(Drive { amplitude: 0.0, detuning: 0.5 }), chi: 0.0 };
        check(&models().map(|model| Populations::new(&model)), &models(), 1);
        check(&models().map(|model| Ladder::new(&model, &at_rest)), &models(), 2);
        check(&models().map(|model| DrivenLadder::new(&model, &driven)), &models(), 3);
        let registers = || models().map(|model| Register::from(&model));
        check(&registers().map(|register| Registers::new(&register, false)), &registers(), 4);
    }
}
