//! One sector of a product: its states, -i H_eff on them, and the ways in which a jump leaves it.

use std::collections::{BTreeMap, HashMap};

use num_complex::Complex64;

use super::spaces::{Label, Spaces};
use super::sparse::Sparse;
use crate::bath::Process;
use crate::dicke::{Level, SectorChange, local_amplitude};
use crate::model::operator::{Operator, Powers};
use crate::model::product::{Channel, JumpOperator, Product, Watched};
use crate::trajectory::Jump;
use crate::trajectory::propagation::{Generator, Layout, amplitudes, amplitudes_mut};

/// One outcome of a jump.
#[derive(Clone, Debug)]
pub struct Way {
    pub jump: Jump,
    /// Which of all outcomes of all jumps it is, in every sector.
    pub number: usize,
    /// The sector that it leads to.
    pub to: usize,
    /// The square root of the rate included.
    pub matrix: Sparse,
}

/// A sector, ready to be moved in.
#[derive(Clone, Debug)]
pub struct Sector {
    pub dimension: usize,
    /// -i H_eff.
    pub drift: Sparse,
    pub norm_bound: f64,
    pub ways: Vec<Way>,
    /// What is watched, each with a bound of its norm.
    pub watched: Vec<(Sparse, f64)>,
    /// The highest levels of modes whose cut may grow.
    pub edges: Vec<Edge>,
}

/// The highest level of a mode.
#[derive(Clone, Debug)]
pub struct Edge {
    pub factor: usize,
    /// What it may weigh.
    pub bound: f64,
    /// The states that are there.
    pub places: Vec<usize>,
}

/// The generator on one sector, for [`crate::trajectory::propagation`].
pub struct InSector<'a>(pub &'a Sector);

impl Generator for InSector<'_> {
    const LAYOUT: Layout = Layout::Pairs;

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        self.0.drift.apply_centered((center, factor), amplitudes(x), amplitudes_mut(y));
    }

    fn norm_bound(&self) -> f64 {
        self.0.norm_bound
    }
}

/// The states of a sector, one after the other, and their places.
pub struct Basis {
    label: Label,
    states: Vec<Vec<i64>>,
    places: HashMap<Vec<i64>, usize>,
}

impl Basis {
    pub fn new(spaces: &Spaces, label: Label) -> Self {
        let states = spaces.states(&label);
        let places = states.iter().cloned().enumerate().map(|(place, state)| (state, place)).collect();
        Basis { label, states, places }
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// What is watched on them, with a bound of its norm.
    pub fn watched(&self, spaces: &Spaces, watched: &Watched) -> (Sparse, f64) {
        let elements = match watched {
            Watched::Operator(operator) => elements(spaces, operator, self, self),
            Watched::Top(factor) => at_top(self, *factor),
            Watched::Levels(factor) => levels(self, *factor),
        };
        let matrix = Sparse::new(self.len(), &elements);
        let bound = matrix.norm_bound();
        (matrix, bound)
    }

    /// The highest levels of modes whose cut may grow. A sharp number of excitations is its own cut.
    pub fn edges(&self, spaces: &Spaces) -> Vec<Edge> {
        let edge = |factor| {
            let bound = spaces.bound(&self.label, factor)?;
            let places = at_top(self, factor).into_keys().map(|(place, _)| place).collect();
            Some(Edge { factor, bound, places })
        };
        let open = if spaces.is_sharp() { 0 } else { self.label.tops.len() };
        (0..open).filter_map(edge).collect()
    }
}

/// What the jumps of one kind do in a sector.
pub struct Jumps {
    /// `rate sum L^dagger L`.
    pub lost: Elements,
    pub ways: Vec<Way>,
}

/// All kinds of jumps, in their order, each with the place of its bath.
pub fn channels(product: &Product) -> impl Iterator<Item = (usize, &Channel)> {
    let baths = product.baths().iter().enumerate();
    baths.flat_map(|(place, bath)| bath.channels().iter().map(move |channel| (place, channel)))
}

impl Jumps {
    /// Those of a kind, by its place among all, of a bath.
    pub fn of(spaces: &Spaces, own: &Basis, (place, bath): (usize, usize), channel: &Channel) -> Self {
        let jump = Jump { bath, process: channel.process };
        let (first, mut lost, mut ways) = (place * SectorChange::ALL.len(), Elements::new(), Vec::new());
        match &channel.jump {
            JumpOperator::Operator(operator) => {
                let shift = operator.shifts().first().copied().unwrap_or(0);
                if let Some((to, label)) = spaces.beside(&own.label, shift) {
                    let target = Basis::new(spaces, label);
                    let elements = scaled(elements(spaces, operator, own, &target), channel.rate.sqrt());
                    let matrix = Sparse::new(target.states.len(), &elements);
                    lost = matrix.square();
                    ways.push(Way { jump, number: first, to, matrix });
                }
            }
            JumpOperator::EachQubit { factor, qubits } => {
                for (place, state) in own.states.iter().enumerate() {
                    let (n, excited) = (*qubits as f64, spaces.excited(&own.label, *factor, state[*factor]) as f64);
                    let each = match channel.process {
                        Process::Emission => excited,
                        Process::Absorption => n - excited,
                        Process::Dephasing => n / 4.0,
                    };
                    lost.insert((place, place), (channel.rate * each).into());
                }
                let outcome = |change| outcome(spaces, own, *factor, *qubits, channel.process, change);
                let outcomes = (first..).zip(SectorChange::ALL);
                let there = outcomes.filter_map(|(number, change)| Some((number, outcome(change)?)));
                for (number, (target, elements)) in there {
                    let to = spaces.index(&target.label);
                    let matrix = Sparse::new(target.states.len(), &scaled(elements, channel.rate.sqrt()));
                    ways.push(Way { jump, number, to, matrix });
                }
            }
        }
        Jumps { lost, ways }
    }
}

/// What a word makes of a level `step` above the lowest of a factor whose highest is `top`.
fn of_powers(powers: Powers, step: i64, top: i64, is_spin: bool) -> f64 {
    let (lowered, to) = (step - i64::from(powers.lower), step + powers.shift());
    if lowered < 0 || to > top {
        return 0.0;
    }
    // (J+M)(J-M+1) of the step from `upper`, or the number of quanta.
    let element = |upper: i64| if is_spin { (upper * (top - upper + 1)) as f64 } else { upper as f64 };
    let down: f64 = (lowered + 1..=step).map(element).product();
    let up: f64 = (lowered + 1..=to).map(element).product();
    let m = (2 * lowered - top) as f64 / 2.0;
    (down * up).sqrt() * m.powi(powers.z as i32)
}

pub type Elements = BTreeMap<(usize, usize), Complex64>;

impl Sector {
    pub fn new(product: &Product, spaces: &Spaces, watched: &[Watched], index: usize) -> Self {
        let own = Basis::new(spaces, spaces.label(index));
        let dimension = own.states.len();
        let mut h_eff = elements(spaces, &product.hamiltonian(), &own, &own);
        let mut ways = Vec::new();
        for (place, (bath, channel)) in channels(product).enumerate() {
            let jumps = Jumps::of(spaces, &own, (place, bath), channel);
            for (at, value) in jumps.lost {
                *h_eff.entry(at).or_insert(Complex64::ZERO) += Complex64::new(0.0, -0.5) * value;
            }
            ways.extend(jumps.ways);
        }
        let drift = times(h_eff, -Complex64::I);
        let drift = Sparse::new(dimension, &drift);
        let norm_bound = drift.norm_bound();
        let watched = watched.iter().map(|watched| own.watched(spaces, watched)).collect();
        Sector { dimension, norm_bound, drift, ways, watched, edges: own.edges(spaces) }
    }

    /// The rate of jumps in a state, as a sum that cancels nothing.
    pub fn rate(&self, psi: &[Complex64]) -> f64 {
        self.ways.iter().map(|way| way.matrix.weight(psi)).sum()
    }
}

pub fn times(mut elements: Elements, by: Complex64) -> Elements {
    elements.values_mut().for_each(|value| *value *= by);
    elements
}

fn scaled(elements: Elements, by: f64) -> Elements {
    times(elements, by.into())
}

/// The elements of an operator between two sectors of the same J.
pub fn elements(spaces: &Spaces, operator: &Operator, from: &Basis, to: &Basis) -> Elements {
    let mut elements = Elements::new();
    for (word, value) in operator.terms() {
        for (column, state) in from.states.iter().enumerate() {
            let moved: Vec<i64> = state.iter().zip(word).map(|(step, powers)| step + powers.shift()).collect();
            let Some(row) = to.places.get(&moved) else { continue };
            let of = |place: usize| {
                of_powers(word[place], state[place], from.label.tops[place], spaces.qubits(place).is_some())
            };
            let element: f64 = (0..word.len()).map(of).product();
            *elements.entry((*row, column)).or_insert(Complex64::ZERO) += value * element;
        }
    }
    elements
}

/// The projection on the highest number of quanta of a mode.
fn at_top(own: &Basis, factor: usize) -> Elements {
    let top = own.label.tops[factor];
    let states = own.states.iter().enumerate().filter(|(_, state)| state[factor] == top);
    states.map(|(place, _)| ((place, place), Complex64::ONE)).collect()
}

/// How many numbers of quanta are kept of a mode, times 1.
fn levels(own: &Basis, factor: usize) -> Elements {
    let highest = own.states.iter().map(|state| state[factor]).max().unwrap_or(0);
    (0..own.states.len()).map(|place| ((place, place), Complex64::from((highest + 1) as f64))).collect()
}

/// One outcome of the jumps of each qubit of an ensemble: where it leads and its elements; `None` where nowhere.
fn outcome(
    spaces: &Spaces,
    from: &Basis,
    factor: usize,
    qubits: i64,
    process: Process,
    change: SectorChange,
) -> Option<(Basis, Elements)> {
    let (to, elements) = {
        let mut label = from.label.clone();
        label.tops[factor] += change.two_j();
        label.excitations = label.excitations.map(|number| number + process.two_m() / 2);
        let exists = (0..=qubits).contains(&label.tops[factor]) && spaces.is_label(&label);
        let to = exists.then(|| Basis::new(spaces, label))?;
        let two_j = from.label.tops[factor];
        let mut elements = Elements::new();
        for (column, state) in from.states.iter().enumerate() {
            let level = Level { two_j, two_m: 2 * state[factor] - two_j };
            let Some(outcome) = local_amplitude(qubits, level, process, change) else { continue };
            let mut moved = state.clone();
            moved[factor] = outcome.to.above_bottom();
            elements.insert((*to.places.get(&moved)?, column), outcome.amplitude.into());
        }
        (to, elements)
    };
    (!elements.is_empty()).then_some((to, elements))
}
