use ndarray::Array2;

use super::*;
use crate::bath::{Bath, Coupling, Process};
use crate::model::{Drive, Model};
use crate::quantity::columns;
use crate::random::stream;
use crate::trajectory::propagation::{dot, norm_squared, numbers};
use crate::trajectory::{Detail, Record};
use crate::units::Units;

fn bath(coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
    Bath { name: "b".into(), coupling, down, up, dephasing, temperature: None, quantum: None }
}

/// Five unlike qubits with every channel and exchange.
fn unlike() -> Register {
    let baths = vec![bath(Coupling::Collective, 1.7, 0.6, 0.3), bath(Coupling::Local, 0.2, 0.5, 0.8)];
    let mut unlike = Register::from(&Model { units: Units::Natural, number: 5, frequency: 0.9, baths });
    unlike.frequencies = vec![0.9, 1.3, -0.4, 0.8, 1.0];
    unlike.couplings = vec![1.0, 0.5, -0.7, 1.2, 0.9];
    unlike.exchange = Array2::from_shape_fn((5, 5), |(i, j)| if i == j { 0.0 } else { 0.1 * (i + j) as f64 });
    unlike
}

/// Follows jumps one by one: (norm, J_z before, J_z after, process).
fn jumps(engine: &Registers, start: &Start, count: usize) -> Vec<(f64, f64, f64, Process)> {
    let mut rng = stream(3, 0, 0);
    let mut state = engine.start(start, &mut rng);
    let mut found = Vec::new();
    while found.len() < count {
        let exponent = Exp1.sample(&mut rng);
        if let Some((_, Wait::Jump(_))) = engine.step(&mut state, (exponent, 0.0), 1e3, || false) {
            let before = state.measured.values.jz;
            let (jump, block) = engine
                .operators
                .jump(state.block, &mut state.psi, &state.measured, &mut state.images, &mut rng)
                .unwrap();
            state.block = block;
            engine.measure(&mut state);
            let dimension = engine.operators.space.dimension(block);
            let norm = norm_squared(numbers(&state.psi[..dimension])).sqrt();
            found.push((norm, before, state.measured.values.jz, jump.process));
        }
    }
    found
}

#[test]
fn a_jump_leaves_norm_one_and_moves_the_excitation_number_by_one() {
    let start = Start::Bits(vec![true, false, true, false, false]);
    for (norm, before, after, process) in jumps(&Registers::new(&unlike(), false), &start, 5_000) {
        let change = match process {
            Process::Emission => -1.0,
            Process::Absorption => 1.0,
            Process::Dephasing => 0.0,
        };
        assert!((norm - 1.0).abs() < 1e-12, "{norm}");
        assert_eq!(after - before, change, "{process:?}");
    }
    // Whole, sharp k is kept by the state, not by the space: to rounding.
    for (norm, _, after, _) in jumps(&Registers::new(&unlike(), true), &start, 2_000) {
        assert!((norm - 1.0).abs() < 1e-12, "{norm}");
        assert!((after + 0.5 - (after + 0.5).round()).abs() < 1e-9, "{after}");
    }
    let driven = Register { drive: Some(Drive { amplitude: 1.0, detuning: 0.3 }), ..unlike() };
    for (norm, ..) in jumps(&Registers::new(&driven, false), &start, 2_000) {
        assert!((norm - 1.0).abs() < 1e-12, "{norm}");
    }
}

#[test]
fn the_total_rate_is_what_the_generator_loses() {
    // d|psi|^2/dt = 2 Re <psi|A psi> = -sum of the channels' rates, for any state.
    let driven = Register { drive: Some(Drive { amplitude: 1.0, detuning: 0.3 }), chi: 0.2, ..unlike() };
    for (register, coherent) in [(unlike(), false), (unlike(), true), (driven, true)] {
        let engine = Registers::new(&register, coherent);
        let mut rng = stream(5, 0, 0);
        let start = Start::Product(vec![(1.0, 0.2), (2.0, 1.0), (0.5, 0.4), (1.3, -2.0), (2.9, 0.0)]);
        let mut state = engine.start(&start, &mut rng);
        for _ in 0..20 {
            engine.step(&mut state, (1e9, 0.0), 0.3, || false);
            let dimension = engine.operators.space.dimension(state.block);
            let psi = &state.psi[..dimension];
            let mut image = vec![Complex64::ZERO; dimension];
            let mut on_block =
                OnBlock { operators: &engine.operators, block: state.block, scratch: &mut state.scratch };
            on_block.image(&state.images, psi, &mut image);
            let lost = -2.0 * dot(numbers(psi), numbers(&image));
            let rates: f64 =
                engine.operators.channels.iter().map(|c| engine.operators.channel_rate(c, &state.measured)).sum();
            assert!((lost - rates).abs() < 1e-12 * rates, "{lost} {rates}");
        }
    }
}

/// Three qubits whose frequencies differ by so many rates, and a collective bath.
fn apart(detuning: f64) -> Register {
    let baths = vec![bath(Coupling::Collective, 1.0, 0.3, 0.0), bath(Coupling::Local, 0.0, 0.02, 0.1)];
    let mut apart = Register::from(&Model { units: Units::Natural, number: 3, frequency: 1.0, baths });
    apart.frequencies = vec![1.0, 1.0 + detuning, 1.0 + 2.6 * detuning];
    apart
}

#[test]
fn small_blocks_move_in_an_eigenbasis_unless_they_are_exceptional() {
    let blocks = |register: &Register| -> Vec<bool> {
        Registers::new(register, false).modes.iter().map(Option::is_some).collect()
    };
    for detuning in [0.0, 0.3, 30.0, 1e6] {
        assert_eq!(blocks(&apart(detuning)), [false, true, true, false], "{detuning}");
    }
    // Two qubits a linewidth apart: the singlet and the triplet of one excitation are one mode.
    let baths = vec![bath(Coupling::Collective, 1.0, 0.0, 0.0)];
    let mut pair = Register::from(&Model { units: Units::Natural, number: 2, frequency: 1.0, baths });
    pair.frequencies = vec![0.5, 1.5];
    assert_eq!(blocks(&pair), [false; 3]);
    pair.frequencies[1] = 1.6;
    assert_eq!(blocks(&pair), [false, true, false]);
}

/// What the highest intensities of some trajectories are, with the standard error of their mean.
fn highest(engine: &Registers, register: &Register, seed: u64) -> (f64, f64) {
    let initial = InitialState::Bits(vec![true, false, true]);
    let mut record = Record::new(register, 3, &columns(&[register], true), 1, Detail::default());
    let peaks: Vec<f64> = (0..600)
        .map(|trajectory| {
            run(engine, &initial, &[3.0], &mut stream(seed, 0, trajectory), &mut record);
            record.trace.peak.0
        })
        .collect();
    let number = peaks.len() as f64;
    let mean = peaks.iter().sum::<f64>() / number;
    let square = peaks.iter().map(|peak| (peak - mean).powi(2)).sum::<f64>();
    (mean, (square / (number * (number - 1.0))).sqrt())
}

#[test]
fn the_highest_intensity_is_found_among_many_turns_of_a_dwell() {
    let register = apart(400.0);
    let engine = Registers::new(&register, false);
    let mut by_series = engine.clone();
    by_series.modes.fill(None);
    let ((one, of_one), (other, of_other)) = (highest(&engine, &register, 1), highest(&by_series, &register, 2));
    assert!((one - other).abs() < 5.0 * of_one.hypot(of_other), "{one} {other}");
}
