//! The populations engine against the exact master equation, for models of every mix of the six channel kinds.

use crate::common::{SIX, assert_within_5_sigma, run};
use proptest::prelude::*;
use superjump::bath::Process;
use superjump::campaign::simulator;
use superjump::lindblad;
use superjump::quantity::Quantity;
use superjump::random::stream;
use superjump::scenario::{Point, Recording};
use superjump::statistics::{Estimate, Moments};
use superjump::trajectory::{self, Interrupt, Populations, Record};

#[test]
fn all_six_channels_agree_with_the_master_equation() {
    for (index, initial) in [
        "state = \"ground\"",
        "state = \"inverted\"",
        "state = \"dicke\"\nj = 1.5\nm = 0.5",
        "state = \"thermal\"\ntemperature = 1.3",
        "state = \"product\"\nexcited = 3",
        "state = \"coherent\"\ntheta = 1.0",
        "state = \"bits\"\nbits = \"01101\"",
    ]
    .iter()
    .enumerate()
    {
        let ran = run(&format!(
            "[qubits]\nnumber = 5\n{SIX}[initial]\n{initial}\n\
             [evolution]\nengine = \"populations\"\ntimes = [0, 0.1, 0.5, 2.0, 5.0]\ntrajectories = 20000\nseed = {index}"
        ));
        for (what, estimate, exact) in ran.all() {
            assert_within_5_sigma(estimate, exact.unwrap(), &format!("{initial}: {what}"));
        }
    }
}

#[test]
fn two_baths_of_one_kind_share_their_jumps_by_rate() {
    let ran = run("[qubits]\nnumber = 4\n[[bath]]\nname = \"a\"\ncoupling = \"collective\"\ndown = 1.0\nup = 0.2\n\
         [[bath]]\nname = \"b\"\ncoupling = \"collective\"\ndown = 0.25\nup = 0.9\n\
         [[bath]]\nname = \"c\"\ncoupling = \"local\"\ndown = 0.3\nup = 0.1\n\
         [[bath]]\nname = \"d\"\ncoupling = \"local\"\ndown = 0.6\nup = 0.5\ndephasing = 0.2\n\
         [initial]\nstate = \"ground\"\n[evolution]\ntimes = [1.0, 20.0]\ntrajectories = 10000");
    for bath in ["a", "b", "c", "d"] {
        for quantity in [Quantity::HeatCurrentCounts, Quantity::HeatCurrentInterval] {
            assert_within_5_sigma(ran.estimate(1, quantity, Some(bath)), ran.exact(1, quantity, Some(bath)), bath);
        }
    }
}

/// A random model: up to nine qubits, rates over two decades, any of the channels switched off.
fn any_point() -> impl Strategy<Value = Point> {
    let rate = prop_oneof![Just(0.0), 0.01..1.0_f64];
    (1..=9_i64, prop::collection::vec(rate, 6), 0..1000_u64).prop_map(|(number, rates, seed)| {
        let text = format!(
            "[qubits]\nnumber = {number}\nfrequency = 0.7\n[[bath]]\nname = \"c\"\ncoupling = \"collective\"\n\
             down = {:?}\nup = {:?}\ndephasing = {:?}\n[[bath]]\nname = \"l\"\ncoupling = \"local\"\n\
             down = {:?}\nup = {:?}\ndephasing = {:?}\n[initial]\nstate = \"product\"\nexcited = {}\n\
             [evolution]\nuntil = 3.0\nsamples = 4\ntrajectories = 1\nseed = {seed}",
            rates[0],
            rates[1],
            rates[2],
            rates[3],
            rates[4],
            rates[5],
            number / 2
        );
        crate::common::point(&text)
    })
}

/// Dephasing changes nothing of a Dicke state, or its J, or the phases of qubits: what jumps are depends on what is
/// followed. How many quanta are exchanged does not. Each pair within 5 sigma of its difference (6e-7 each).
#[test]
fn the_engines_agree_in_the_number_of_jumps() {
    let mean = |engine: &str, seed: u64| {
        let point = crate::common::point(&format!(
            "[qubits]\nnumber = 3\n{SIX}[initial]\nstate = \"product\"\nexcited = 2\n[evolution]\n\
             engine = \"{engine}\"\nuntil = 2.0\nsamples = 2\ntrajectories = 4000\nseed = {seed}"
        ));
        let mut moments = Moments::new(1);
        let never = Interrupt::default();
        let mut simulator = simulator(&point, &never);
        for number in 0..4000 {
            moments.push([simulator.trajectory(number).unwrap().trace.exchanged.quanta() as f64].iter());
        }
        let ensemble = superjump::campaign::simulate(&point, 1).unwrap().0;
        assert_eq!(ensemble.jumps, (moments.means()[0] * 4000.0).round() as u64);
        moments.estimate(0).unwrap()
    };
    let means: Vec<Estimate> = ["populations", "ladder", "register"].iter().zip(1..).map(|(e, s)| mean(e, s)).collect();
    for (one, other) in [(0, 1), (0, 2), (1, 2)].map(|(a, b)| (means[a], means[b])) {
        let error = one.std_error.unwrap().hypot(other.std_error.unwrap());
        assert!((one.mean - other.mean).abs() < 5.0 * error, "{one:?} {other:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// First law of the exact road: the heat that came in is the energy gained, omega_0 times the change of <J_z>.
    #[test]
    fn the_master_equation_conserves_energy(point in any_point()) {
        let model = &point.groups[0].model;
        let exact = lindblad::PopulationEquation::new(model, &point.groups[0].initial).transient(point.times()).unwrap();
        for (before, after) in exact.iter().zip(&exact[1..]) {
            let heat: f64 = model.baths.iter()
                .map(|b| model.heat_current(b).integral(after.emission_integral, after.jz_integral, 1.0))
                .sum();
            let gained = model.quantum() * (after.now.jz - before.now.jz);
            // 1e-11: sixteen digits, less the four that the rational approximation's partial sums cost.
            prop_assert!((heat - gained).abs() < 1e-11, "{heat} != {gained}");
        }
    }

    /// First law of every trajectory, exactly: net quanta absorbed = change of M. And jumps are jumps of the ladder.
    #[test]
    fn every_trajectory_conserves_energy_jump_by_jump(point in any_point()) {
        let engine = Populations::new(&point.groups[0].model);
        let detail = Recording { jumps: true, photons: 0, ..Recording::default() };
        let mut record = Record::new(&point.groups[0].model, point.number(), &point.columns(), point.times().len(), detail);
        for number in 0..5 {
            let mut rng = stream(point.seed, 0, number);
            trajectory::run(&engine, &point.groups[0].initial, point.times(), &mut rng, &mut record);
            let exchanged = &record.trace.exchanged;
            let net: i64 = (0..exchanged.baths()).map(|bath| exchanged.net(bath)).sum();
            let start = (point.groups[0].model.number / 2) as f64 - point.groups[0].model.number as f64 / 2.0;
            prop_assert_eq!(record.trace.final_level().1, start + net as f64);
            prop_assert_eq!(record.trace.exchanged.jumps() as usize, record.trace.log.len());

            let (mut time, mut m) = (0.0, start);
            for row in &record.trace.log {
                let step = match row.jump.process { Process::Emission => -1.0, Process::Absorption => 1.0, Process::Dephasing => 0.0 };
                prop_assert!(row.time >= time && row.time < 3.0);
                prop_assert_eq!(row.m, m + step);
                prop_assert!(row.m.abs() <= row.j && row.j <= point.groups[0].model.number as f64 / 2.0);
                (time, m) = (row.time, row.m);
            }
        }
    }
}
