use super::*;
use crate::bath::Bath;
use crate::model::Linear;
use crate::random::stream;
use crate::trajectory::Counter;
use crate::units::Units;

fn bath(name: &str, coupling: Coupling, down: f64, up: f64) -> Bath {
    Bath { name: name.to_owned(), coupling, down, up, dephasing: 0.0, temperature: None, quantum: None }
}

/// Four collective baths that emit, three that absorb, a local one with dephasing.
fn crowd(number: i64) -> Model {
    let mut baths = vec![
        bath("a", Coupling::Collective, 1.0, 0.5),
        bath("b", Coupling::Collective, 0.3, 0.0),
        bath("c", Coupling::Collective, 0.7, 0.2),
        bath("d", Coupling::Collective, 0.1, 0.4),
        bath("local", Coupling::Local, 0.8, 0.6),
    ];
    baths[4].dephasing = 0.5;
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

/// The populations engine that computes the rates of every level as it is reached.
fn without_tables(model: &Model) -> Populations {
    Populations { tables: Tables::none(), ..Populations::new(model) }
}

/// By how much jumps are proposed too often.
fn excess(bath: usize, process: Process) -> f64 {
    [1.5, 1.0, 2.0][(bath + process as usize) % 3]
}

/// Accepts as many as there should be.
struct Part;

impl Thinning for Part {
    /// Some of them, the others by their draw.
    fn sure(&self, _: Jump) -> u64 {
        1 << 51
    }

    fn evaluated(&self, _: f64, jump: Jump, drawn: u64) -> bool {
        drawn as f64 * 0.5_f64.powi(53) * excess(jump.bath, jump.process) < 1.0
    }
}

/// A model that proposes too often.
fn eager(mut model: Model) -> Model {
    for (index, bath) in model.baths.iter_mut().enumerate() {
        bath.down *= excess(index, Process::Emission);
        bath.up *= excess(index, Process::Absorption);
        bath.dephasing *= excess(index, Process::Dephasing);
    }
    model
}

/// The same of what proposes too often.
fn thinned(engine: &Populations, until: f64, rng: &mut Stream) -> (Counter<Observables>, Level) {
    let mut counter = Counter::new(5, Linear::JZ);
    let mut state = Level::ground(engine.number);
    let proposals = engine.advance_thinned(&mut state, (0.0, until), rng, &Part, &mut counter);
    assert!(proposals >= counter.exchanged.jumps());
    (counter, state)
}

/// One stretch of a time, from the ground state.
fn counted(engine: &Populations, until: f64, rng: &mut Stream) -> (Counter<Observables>, Level) {
    let mut counter = Counter::new(5, Linear::JZ);
    let mut state = Level::ground(engine.number);
    engine.advance(&mut state, 0.0, until, rng, &mut counter);
    (counter, state)
}

#[test]
fn tables_computed_rates_and_what_is_thinned_follow_one_law() {
    // Means of counts, of final levels and of integrals, of one, six and twenty qubits: 5 sigma, and 117 comparisons,
    // so that all pass but once in 13,000 seeds.
    for number in [1, 6, 20] {
        let model = crowd(number);
        let eager = eager(model.clone());
        let engines =
            [Populations::new(&model), without_tables(&model), Populations::new(&eager), without_tables(&eager)];
        let roads = [counted, counted, thinned, thinned];
        assert!(
            engines[0].rows(engines[0].sector(number)).is_some()
                && engines[1].rows(engines[1].sector(number)).is_none()
        );
        let runs = 4000;
        let moments: Vec<Vec<(f64, f64)>> = engines
            .iter()
            .zip(roads)
            .enumerate()
            .map(|(which, (engine, road))| {
                let mut sums = vec![(0.0, 0.0); 13];
                for run in 0..runs {
                    let (counter, state) = road(engine, 1.0, &mut stream(5, which as u64, run));
                    let exchanged = |bath| [counter.exchanged.emitted(bath), counter.exchanged.absorbed(bath)];
                    let mut values: Vec<f64> = (0..5).flat_map(exchanged).map(|count| count as f64).collect();
                    values.extend([state.m(), state.j(), counter.integral.emission]);
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum = (sum.0 + value, sum.1 + value * value);
                    }
                }
                let n = runs as f64;
                sums.into_iter().map(|(sum, squares)| (sum / n, (squares / n - (sum / n).powi(2)) / n)).collect()
            })
            .collect();
        for (road, others) in moments.iter().enumerate().skip(1) {
            for (index, (a, b)) in moments[0].iter().zip(others).enumerate() {
                let sigma = (a.1 + b.1).sqrt();
                assert!((a.0 - b.0).abs() <= 5.0 * sigma, "N = {number}, road {road}, value {index}: {a:?} {b:?}");
            }
        }
    }
}

#[test]
fn many_baths_share_jumps_by_their_rates() {
    // Given the number of emissions, how many each bath takes is binomial: 5 sigma, eight comparisons.
    let model = crowd(10);
    for (engine, seed) in [(Populations::new(&model), 1), (without_tables(&model), 2)] {
        let (counter, _) = counted(&engine, 4000.0, &mut stream(seed, 0, 0));
        let down = [1.0, 0.3, 0.7, 0.1];
        let up = [0.5, 0.0, 0.2, 0.4];
        for (rates, count) in [
            (down, [0, 1, 2, 3].map(|bath| counter.exchanged.emitted(bath))),
            (up, [0, 1, 2, 3].map(|bath| counter.exchanged.absorbed(bath))),
        ] {
            let (rate, jumps) = (rates.iter().sum::<f64>(), count.iter().sum::<u64>() as f64);
            assert!(jumps > 10_000.0, "{jumps}");
            for (one, seen) in rates.iter().zip(count) {
                let p = one / rate;
                let sigma = (jumps * p * (1.0 - p)).sqrt();
                assert!((seen as f64 - jumps * p).abs() <= 5.0 * sigma, "{seen} of {jumps} at {p}");
            }
        }
    }
}

#[test]
fn bounds_between_outcomes_are_those_of_the_rates() {
    // Both are cut to some 2^-62 or rounded to 2^-52 of the whole; a draw in the middle of an outcome is in both.
    for number in [1, 2, 7, 100] {
        let engine = Populations::new(&crowd(number));
        for two_j in crate::dicke::sectors(number) {
            let sector = engine.sector(two_j);
            let rows = engine.rows(sector).unwrap();
            for above in 0..=two_j {
                let (row, rates) = (&rows[above as usize], engine.rates(sector, above));
                assert_eq!(row.mean_wait().to_bits(), rates.mean_wait().to_bits());
                let mut before = 0.0;
                for (outcome, share) in rates.shares().into_iter().enumerate() {
                    if share > 1e-12 {
                        let word = ((before + share / 2.0) * 2.0_f64.powi(64)) as u64;
                        for choice in [row.choose(word), rates.choose(word)] {
                            assert_eq!(choice.local, outcome == 4, "N = {number}, 2J = {two_j}, {above}, {outcome}");
                            assert!(choice.local || choice.outcome == outcome && choice.rises == (outcome > 1));
                        }
                    }
                    before += share;
                }
                assert!((before - 1.0).abs() < 1e-14, "{before}");
            }
        }
    }
}

#[test]
fn what_cannot_happen_is_never_drawn() {
    // No absorption at the top, no emission at the bottom, nothing local without a local bath: for the least and the
    // largest draw, whatever the rates.
    for (down, up) in [(1.0, 0.5), (1e-9, 1e9), (0.0, 1.0), (1.0, 0.0), (3.0, 1e-17)] {
        let baths = vec![bath("a", Coupling::Collective, down, up)];
        let engine = Populations::new(&Model { units: Units::Natural, number: 5, frequency: 1.0, baths });
        for two_j in [1, 3, 5] {
            let sector = engine.sector(two_j);
            let rows = engine.rows(sector).unwrap();
            for above in 0..=two_j {
                let (row, rates) = (&rows[above as usize], engine.rates(sector, above));
                if !rates.mean_wait().is_finite() {
                    continue; // dark: nothing is drawn
                }
                for word in [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
                    for choice in [row.choose(word), rates.choose(word)] {
                        assert!(!choice.local);
                        let to = if choice.rises { above + 1 } else { above - 1 };
                        assert!((0..=two_j).contains(&to), "{down} {up} {two_j} {above} {word}");
                        assert!(if choice.rises { up > 0.0 } else { down > 0.0 });
                    }
                }
            }
        }
    }
}
