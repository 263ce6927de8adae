//! Emitters that share a field: matrices of decay and of exchange against the full space, closed forms and Dicke.

use ndarray::Array2;
use num_complex::Complex64;
use superjump::bath::Process;
use superjump::dicke::Level;
use superjump::group::{Ensembles, MOST_WATCHED};
use superjump::initial::{FactorStart, InitialState, ProductStart};
use superjump::lindblad::{ProductDensity, ProductEquation};
use superjump::model::emitters::{Emitters, Field, Lattice, modes};
use superjump::model::product::{Factor, Product};
use superjump::quantity::columns;
use superjump::random::stream;
use superjump::trajectory::{self, Detail, Products, Record, Run, Trace, Unravelling};
use superjump::units::Units;

use crate::product::{close, level, rates, read, real};
use crate::product_trajectories::agree;

type Matrix = Array2<Complex64>;

/// N qubits at frequency 0 which decay and exchange by these matrices, each excited or not.
fn emitters(decay: &Matrix, exchange: &Matrix, excited: &[bool]) -> (Product, ProductStart) {
    let factors = (0..excited.len()).map(|j| Factor::ensemble(&format!("q{j}"), 1, 0.0)).collect();
    let product = Product::new(Units::Natural, factors).unwrap().exchanging(exchange).unwrap();
    let product = product.decay("light", &modes(decay).unwrap(), 1.0, 0.0).unwrap();
    let one =
        |up: &bool| FactorStart::Qubits(InitialState::Dicke(if *up { Level::inverted(1) } else { Level::ground(1) }));
    let start = ProductStart::new(&product, excited.iter().map(one).collect()).unwrap();
    (product, start)
}

fn shared(emitters_at: &Emitters, excited: &[bool]) -> (Product, ProductStart) {
    emitters(&emitters_at.decay(), &emitters_at.exchange(), excited)
}

/// How likely each qubit is excited.
fn excited(product: &Product, equation: &ProductEquation, rho: &ProductDensity) -> Vec<f64> {
    let of = |factor: &Factor| 0.5 + real(equation, &read(product, &format!("{}.Jz", factor.name)), rho);
    product.factors().iter().map(of).collect()
}

/// sigma_- of a qubit of n in the full space; bit j says whether qubit j is excited.
fn lowering(n: usize, qubit: usize) -> Matrix {
    let dimension = 1 << n;
    let mut matrix = Matrix::zeros((dimension, dimension));
    for state in (0..dimension).filter(|state| state >> qubit & 1 == 1) {
        matrix[(state ^ 1 << qubit, state)] = Complex64::ONE;
    }
    matrix
}

fn dagger(matrix: &Matrix) -> Matrix {
    matrix.t().mapv(|value| value.conj())
}

/// The populations of each qubit at a time, by Runge and Kutta in the full space: drho/dt written down element by element of
/// the two matrices, without any of their modes.
fn in_full_space(decay: &Matrix, exchange: &Matrix, excited: &[bool], time: f64) -> Vec<f64> {
    let n = excited.len();
    let lower: Vec<Matrix> = (0..n).map(|qubit| lowering(n, qubit)).collect();
    let raise: Vec<Matrix> = lower.iter().map(dagger).collect();
    let dimension = 1 << n;
    let (mut h, mut loss) = (Matrix::zeros((dimension, dimension)), Matrix::zeros((dimension, dimension)));
    for i in 0..n {
        for j in 0..n {
            let hop = raise[i].dot(&lower[j]);
            loss.scaled_add(decay[(i, j)] * 0.5, &hop);
            if i != j {
                h.scaled_add(exchange[(i, j)], &hop);
            }
        }
    }
    let change = |rho: &Matrix| {
        let mut change = (h.dot(rho) - rho.dot(&h)) * -Complex64::I - loss.dot(rho) - rho.dot(&loss);
        for i in 0..n {
            for j in 0..n {
                change.scaled_add(decay[(i, j)], &lower[j].dot(rho).dot(&raise[i]));
            }
        }
        change
    };
    let start = excited.iter().enumerate().filter(|(_, up)| **up).map(|(j, _)| 1 << j).sum::<usize>();
    let mut rho = Matrix::zeros((dimension, dimension));
    rho[(start, start)] = Complex64::ONE;
    let steps = 2000;
    let dt = Complex64::from(time / f64::from(steps));
    for _ in 0..steps {
        let a = change(&rho);
        let b = change(&(&rho + &(&a * (dt * 0.5))));
        let c = change(&(&rho + &(&b * (dt * 0.5))));
        let d = change(&(&rho + &(&c * dt)));
        rho = rho + (a + b * Complex64::from(2.0) + c * Complex64::from(2.0) + d) * (dt / 6.0);
    }
    let up = |qubit: usize| (0..dimension).filter(move |state| state >> qubit & 1 == 1);
    (0..n).map(|qubit| up(qubit).map(|state| rho[(state, state)].re).sum()).collect()
}

/// A positive Hermitian matrix and a Hermitian one, of numbers that follow no pattern.
fn matrices(n: usize) -> (Matrix, Matrix) {
    let value = |i: usize, j: usize| Complex64::cis((3 * i + 7 * j) as f64).scale(0.4 + 0.1 * ((i * j) % 5) as f64);
    let root = Matrix::from_shape_fn((n, n), |(i, j)| value(i, j));
    let any = Matrix::from_shape_fn((n, n), |(i, j)| value(j + 1, i));
    (root.dot(&dagger(&root)), (&any + &dagger(&any)) * Complex64::from(0.5))
}

#[test]
fn any_matrices_of_decay_and_exchange_give_the_lindblad_equation_of_the_full_space() {
    for start in [&[true, true, true][..], &[false, true, false], &[true, false, true, true]] {
        let (decay, exchange) = matrices(start.len());
        let (product, initial) = emitters(&decay, &exchange, start);
        let equation = ProductEquation::new(&product, &initial).unwrap();
        let mut rho = equation.initial(&initial);
        equation.advance(&mut rho, 0.9);
        let full = in_full_space(&decay, &exchange, start, 0.9);
        for (found, value) in excited(&product, &equation, &rho).into_iter().zip(full) {
            close(found, value, 1e-9, &format!("{start:?}"));
        }
    }
}

/// From |eg> the symmetric and the antisymmetric state decay at Gamma_11 +- Gamma_12, and turn against each other by 2 J.
#[test]
fn two_atoms_decay_in_closed_form() {
    let dipole = [0.3, 0.1, 0.9].map(Complex64::from);
    let field = Field::FreeSpace { dipole };
    let pair = Emitters::new(vec![[0.0; 3], [0.11, 0.05, 0.02]], field).unwrap();
    let (gamma, j) = (pair.decay()[(0, 1)].re, pair.exchange()[(0, 1)].re);
    let (product, start) = shared(&pair, &[true, false]);
    let equation = ProductEquation::new(&product, &start).unwrap();
    let mut rho = equation.initial(&start);
    for step in 1..=4 {
        equation.advance(&mut rho, 0.5);
        let t = 0.5 * f64::from(step);
        let [bright, dark] =
            [1.0, -1.0].map(|sign: f64| Complex64::new(-0.5 * (1.0 + sign * gamma) * t, -sign * j * t).exp() * 0.5);
        let found = excited(&product, &equation, &rho);
        close(found[0], (bright + dark).norm_sqr(), 1e-9, "the first");
        close(found[1], (bright - dark).norm_sqr(), 1e-9, "the second");
    }
}

#[test]
fn a_guide_at_the_mirror_spacing_is_dicke() {
    let points = Lattice::Chain(4).points(2.0);
    let guided = Emitters::new(points, Field::Waveguide { right: 0.5 }).unwrap();
    let (product, start) = shared(&guided, &[true; 4]);
    let dicke = Product::new(Units::Natural, vec![Factor::ensemble("a", 4, 0.0)]).unwrap();
    let dicke = dicke.collective("light", &[("a", Complex64::ONE)], rates(1.0, 0.0, 0.0)).unwrap();
    let of_dicke = ProductStart::new(&dicke, vec![level(4, 4)]).unwrap();
    let (equation, alike) =
        (ProductEquation::new(&product, &start).unwrap(), ProductEquation::new(&dicke, &of_dicke).unwrap());
    let (mut rho, mut alike_rho) = (equation.initial(&start), alike.initial(&of_dicke));
    for _ in 0..5 {
        equation.advance(&mut rho, 0.3);
        alike.advance(&mut alike_rho, 0.3);
        let intensity = real(&equation, &product.intensity(0, Process::Emission), &rho);
        close(intensity, real(&alike, &dicke.intensity(0, Process::Emission), &alike_rho), 1e-9, "intensity");
    }
}

/// Upstream e^-t whatever is downstream, which takes it up as t^2 e^-t.
#[test]
fn a_cascade_feeds_what_is_downstream_and_nothing_upstream() {
    let pair = Emitters::new(vec![[0.0; 3], [0.37, 0.0, 0.0]], Field::Waveguide { right: 1.0 }).unwrap();
    for (start, up, down) in [
        ([true, false], (|t| f64::exp(-t)) as fn(f64) -> f64, (|t| t * t * f64::exp(-t)) as fn(f64) -> f64),
        ([false, true], |_| 0.0, |t| f64::exp(-t)),
    ] {
        let (product, initial) = shared(&pair, &start);
        let equation = ProductEquation::new(&product, &initial).unwrap();
        let mut rho = equation.initial(&initial);
        for step in 1..=4 {
            equation.advance(&mut rho, 0.7);
            let t = 0.7 * f64::from(step);
            let found = excited(&product, &equation, &rho);
            close(found[0], up(t), 1e-9, "upstream");
            close(found[1], down(t), 1e-9, "downstream");
        }
    }
}

/// g2(0) = 1 + [Var(Gamma_v/Gamma_0) - 1]/N of all inverted: the second photon beside the first.
#[test]
fn the_first_two_photons_of_an_array_come_together_as_its_rates_vary() {
    let n = 5;
    let field = Field::FreeSpace { dipole: [0.0, 0.0, 1.0].map(Complex64::from) };
    for spacing in [0.08, 0.3, 0.9] {
        let chain = Emitters::new(Lattice::Chain(n).points(spacing), field).unwrap();
        let (product, start) = shared(&chain, &vec![true; n]);
        let equation = ProductEquation::new(&product, &start).unwrap();
        let rho = equation.initial(&start);
        let all = modes(&chain.decay()).unwrap();
        let variance = all.iter().map(|mode| (mode.rate - 1.0).powi(2)).sum::<f64>() / n as f64;
        let word = |mode: &superjump::model::emitters::DecayMode| {
            let mut sum = read(&product, "0");
            for (place, a) in mode.amplitudes.iter().enumerate() {
                sum = &sum + &(&read(&product, &format!("q{place}.Jm")) * (*a * mode.rate.sqrt()));
            }
            sum
        };
        let jumps: Vec<_> = all.iter().map(word).collect();
        let mut pairs = 0.0;
        for first in &jumps {
            for second in &jumps {
                let both = second * first;
                pairs += real(&equation, &(&both.adjoint() * &both), &rho);
            }
        }
        let intensity = real(&equation, &product.intensity(0, Process::Emission), &rho);
        close(intensity, n as f64, 1e-12, "intensity");
        let expected = superjump::theory::first_photons_g2(&chain);
        close(pairs / (intensity * intensity), expected, 1e-10, "g2");
        close(expected, 1.0 + (variance - 1.0) / n as f64, 1e-12, "by the variance");
    }
}

#[test]
fn trajectories_of_emitters_agree_with_the_exact_module() {
    let circular = Field::FreeSpace { dipole: [Complex64::ONE, Complex64::I, Complex64::ZERO] };
    let arrays = [
        ("square", Emitters::new(Lattice::Square([2, 2]).points(0.13), circular).unwrap()),
        ("chiral", Emitters::new(Lattice::Chain(4).points(0.29), Field::Waveguide { right: 0.8 }).unwrap()),
    ];
    for (what, array) in arrays {
        let (product, start) = shared(&array, &[true, true, false, true]);
        let watched = [
            product.intensity(0, Process::Emission),
            read(&product, "q0.Jz"),
            read(&product, "q2.Jz"),
            read(&product, "q0.Jp*q3.Jm + q0.Jm*q3.Jp"),
        ];
        agree(&product, &start, watched, &[0.2, 0.7, 2.0], what);
    }
}

/// What a run of a row of atoms keeps of each of so many trajectories, by `run_all` so many at a time.
fn recorded(atoms: &Ensembles, times: &[f64], count: u64, at_a_time: usize) -> Vec<Trace> {
    let watched = atoms.watched().to_vec();
    let engine =
        Products::<MOST_WATCHED>::watching(atoms.unravelled(), atoms.start(), watched, atoms.followed()).unwrap();
    let detail = Detail { jumps: true, ..Detail::default() };
    let record = Record::new(atoms, 6, &columns(&[atoms], false), times.len(), detail);
    let mut records = vec![record; count as usize];
    for (group, records) in records.chunks_mut(at_a_time).enumerate() {
        let number = |at: usize| (group * at_a_time + at) as u64;
        let runs = records.iter_mut().enumerate();
        let mut runs: Vec<_> = runs.map(|(at, record)| Run { rng: stream(3, 1, number(at)), record }).collect();
        assert!(engine.run_all(atoms.start(), times, &mut runs));
    }
    records.into_iter().map(|record| record.trace).collect()
}

/// A row of six, alone and, some of it excited, with a warm bath, an exchange of their own and frequencies; and a ring of six
/// of which two are not excited.
fn rows_of_six() -> [Ensembles; 3] {
    let field = Field::FreeSpace { dipole: [0.0, 0.2, 1.0].map(Complex64::from) };
    let chain = Emitters::new(Lattice::Chain(6).points(0.12), field).unwrap();
    let (product, start) = shared(&chain, &[true; 6]);
    let alone = Ensembles::new(product, start, Vec::new());
    let (product, _) = shared(&chain, &[true, false, true, true, false, true]);
    let terms = read(&product, "0.4*q0.Jz - 0.3*q2.Jz + 0.5*q1.Jz*q4.Jz + 0.2*(q0.Jp*q5.Jm + q0.Jm*q5.Jp)");
    let product = product.with_term(&terms).unwrap().local("others", &["q0", "q1"], rates(0.3, 0.2, 0.1)).unwrap();
    let start = [true, false, true, true, false, true].map(|up| level(1, if up { 1 } else { -1 }));
    let start = ProductStart::new(&product, start.to_vec()).unwrap();
    let own = [("two", "q1.Jz*q2.Jz"), ("flow", "i*(q0.Jp*q3.Jm - q0.Jm*q3.Jp)")];
    let own = own.map(|(name, text)| (name.to_owned(), read(&product, text))).to_vec();
    let across = Field::FreeSpace { dipole: [0.0, 0.0, 1.0].map(Complex64::from) };
    let ring = Emitters::new(Lattice::Ring(6).points(0.15), across).unwrap();
    let (ring, in_ring) = shared(&ring, &[true, false, true, true, false, true]);
    [alone, Ensembles::new(product, start, own), Ensembles::new(ring, in_ring, Vec::new())]
}

#[test]
fn a_trajectory_is_the_same_whoever_goes_beside_it() {
    let times = [0.0, 0.3, 0.9, 2.0];
    for atoms in rows_of_six() {
        let [abreast, alone] = [70, 1].map(|at_a_time| recorded(&atoms, &times, 70, at_a_time));
        assert!(abreast.iter().map(|trace| trace.log.len()).sum::<usize>() > 100);
        for (abreast, alone) in abreast.iter().zip(&alone) {
            let bits = |trace: &Trace| -> Vec<u64> {
                let (height, time) = trace.peak;
                let jumps = trace.log.iter().flat_map(|row| [row.time, row.m, row.mark as f64]);
                trace.values.iter().copied().chain([height, time]).chain(jumps).map(f64::to_bits).collect()
            };
            assert_eq!(bits(abreast), bits(alone));
        }
    }
}

/// To one sample both roads draw the same, and so jump alike to the error of their steps.
#[test]
fn trajectories_abreast_jump_when_and_where_one_by_itself_does() {
    for atoms in rows_of_six() {
        let watched = atoms.watched().to_vec();
        let engine =
            Products::<MOST_WATCHED>::watching(atoms.unravelled(), atoms.start(), watched, atoms.followed()).unwrap();
        let detail = Detail { jumps: true, ..Detail::default() };
        let mut record = Record::new(&atoms, 6, &columns(&[&atoms], false), 1, detail);
        for (number, abreast) in recorded(&atoms, &[2.5], 100, 100).iter().enumerate() {
            trajectory::run(&engine, atoms.start(), &[2.5], &mut stream(3, 1, number as u64), &mut record);
            let trace = &record.trace;
            assert_eq!(abreast.log.len(), trace.log.len(), "{number}");
            for (one, other) in abreast.log.iter().zip(&trace.log) {
                assert_eq!((one.jump, one.mark), (other.jump, other.mark), "{number}");
                close(one.m, other.m, 1e-12, "M");
                close(one.time, other.time, 1e-8, "the time of a jump");
            }
            for (one, other) in abreast.values.iter().zip(&trace.values) {
                assert!((one - other).abs() <= 1e-8 * (1.0 + other.abs()) || one.is_nan() && other.is_nan());
            }
            close(abreast.peak.0, trace.peak.0, 1e-8 * trace.peak.0, "the peak");
        }
    }
}

/// Photons seen by direction: other jumps, the same master equation, also beside losses, a pump and frequencies of their own.
#[test]
fn trajectories_of_photons_by_direction_agree_with_the_exact_module() {
    let field = Field::FreeSpace { dipole: [0.2, 0.0, 1.0].map(Complex64::from) };
    let chain = Emitters::new(Lattice::Chain(3).points(0.17), field).unwrap();
    let (product, _) = shared(&chain, &[true, true, false]);
    let detuned = read(&product, "0.4*q0.Jz - 0.3*q2.Jz");
    let others = rates(0.3, 0.2, 0.1);
    let product = product.with_term(&detuned).unwrap().local("others", &["q0", "q1", "q2"], others).unwrap();
    let start = ProductStart::new(&product, [1, -1, 1].map(|m| level(1, m)).to_vec()).unwrap();
    let directions = chain.directions().unwrap();
    let seen = product.clone().seen_by(0, directions.iter().map(|one| one.amplitudes.as_slice()), 1.0).unwrap();
    for product in [product, seen] {
        let watched = [
            product.intensity(0, Process::Emission),
            read(&product, "q0.Jz"),
            read(&product, "q2.Jz"),
            read(&product, "i*(q0.Jp*q2.Jm - q0.Jm*q2.Jp)"),
        ];
        agree(&product, &start, watched, &[0.3, 1.5], "by direction");
    }
}

/// A plane wave drives each atom with a phase of its own: in a waveguide half a wavelength apart every second one is turned
/// the other way, which is the light of the symmetric state and no other.
#[test]
fn a_plane_wave_reaches_each_emitter_with_its_phase() {
    let chain = Emitters::new(Lattice::Chain(3).points(0.5), Field::Waveguide { right: 0.5 }).unwrap();
    let phases = chain.plane_wave([2.0, 0.0, 0.0]).unwrap();
    for (phase, sign) in phases.iter().zip([1.0, -1.0, 1.0]) {
        assert!((phase - sign).norm() < 1e-14, "{phases:?}");
    }
    assert_eq!(chain.plane_wave([0.0; 3]), None);
    let (product, start) = shared(&chain, &[false; 3]);
    let driven = product.driven(&phases.iter().map(|phase| phase * 0.7).collect::<Vec<_>>()).unwrap();
    let dicke = Product::new(Units::Natural, vec![Factor::ensemble("a", 3, 0.0)]).unwrap();
    let dicke = dicke.collective("light", &[("a", Complex64::ONE)], rates(1.0, 0.0, 0.0)).unwrap();
    let drive = read(&dicke, "0.7*a.Jx");
    let dicke = dicke.with_term(&drive).unwrap();
    let of_dicke = ProductStart::new(&dicke, vec![level(3, -3)]).unwrap();
    let (equation, alike) =
        (ProductEquation::new(&driven, &start).unwrap(), ProductEquation::new(&dicke, &of_dicke).unwrap());
    let (mut rho, mut alike_rho) = (equation.initial(&start), alike.initial(&of_dicke));
    equation.advance(&mut rho, 1.7);
    alike.advance(&mut alike_rho, 1.7);
    let intensity = real(&equation, &driven.intensity(0, Process::Emission), &rho);
    close(intensity, real(&alike, &dicke.intensity(0, Process::Emission), &alike_rho), 1e-9, "intensity");
    assert!(intensity > 0.1);
}
