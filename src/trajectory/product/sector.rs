//! One sector of a product: its states, -i H_eff on them, and the ways in which a jump leaves it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use num_complex::Complex64;

use super::qubits::{Flips, OfQubits, amplitudes_of};
use super::spaces::{Label, Spaces};
use super::sparse::{Sparse, Sums};
use crate::bath::Process;
use crate::dicke::{Level, SectorChange, local_amplitude};
use crate::model::operator::{Operator, Powers};
use crate::model::product::{JumpOperator, Product, Watched};
use crate::trajectory::Jump;
use crate::trajectory::propagation::{Generator, Layout, amplitudes, amplitudes_mut};

/// One outcome of a jump.
#[derive(Clone, Debug)]
pub struct Way {
    pub jump: Jump,
    /// Which it is among the jumps of its bath and process.
    pub mark: usize,
    /// Which of all outcomes of all jumps it is, in every sector.
    pub number: usize,
    /// The sector that it leads to.
    pub to: usize,
    /// The square root of the rate included.
    pub jump_by: JumpBy,
}

/// What a jump makes of a state.
#[derive(Clone, Debug)]
pub enum JumpBy {
    /// Its product with a matrix.
    Matrix(Sparse),
    /// A sum over single qubits.
    Qubits(OfQubits),
}

impl JumpBy {
    /// How many states there are where it leads.
    pub fn rows(&self) -> usize {
        match self {
            JumpBy::Matrix(matrix) => matrix.rows(),
            JumpBy::Qubits(sum) => sum.flips.rows(),
        }
    }

    /// y = L x.
    pub fn apply(&self, x: &[Complex64], y: &mut [Complex64]) {
        match self {
            JumpBy::Matrix(matrix) => matrix.apply(x, y),
            JumpBy::Qubits(OfQubits { amplitudes, flips }) => flips.apply(amplitudes, x, y),
        }
    }

    /// |L x|^2.
    pub fn weight(&self, x: &[Complex64]) -> f64 {
        match self {
            JumpBy::Matrix(matrix) => matrix.weight(x),
            JumpBy::Qubits(OfQubits { amplitudes, flips }) => flips.weight(amplitudes, x),
        }
    }
}

/// A sector, ready to be moved in.
#[derive(Clone, Debug)]
pub struct Sector {
    pub dimension: usize,
    /// -i H_eff.
    pub drift: Sparse,
    pub norm_bound: f64,
    pub ways: Vec<Way>,
    /// What single qubits do in it, which the ways that are sums of that share.
    flips: Vec<Arc<Flips>>,
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

    /// The place of a state.
    fn place(&self, state: &[i64]) -> Option<usize> {
        self.places.get(state).copied()
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

type Elements = BTreeMap<(usize, usize), Complex64>;

impl Sector {
    /// A sector of a product, where `lost` is what jumps of single qubits take from the norm.
    pub fn new((product, lost): (&Product, &Operator), spaces: &Spaces, watched: &[Watched], index: usize) -> Self {
        let own = Basis::new(spaces, spaces.label(index));
        let dimension = own.states.len();
        let of_qubits = spaces.are_single_qubits();
        let sums = if of_qubits { Sums::ByPairs } else { Sums::InOrder };
        let mut h_eff = elements(spaces, &product.hamiltonian(), &own, &own);
        let mut lose = |at, value: Complex64| {
            *h_eff.entry(at).or_insert(Complex64::ZERO) += Complex64::new(0.0, -0.5) * value;
        };
        let (mut ways, mut first) = (Vec::new(), 0);
        let mut flips = Flipping::default();
        for (bath, of_bath) in product.baths().iter().enumerate() {
            let mut marks = [0; Process::ALL.len()];
            for channel in of_bath.channels() {
                let (jump, number) = (Jump { bath, process: channel.process }, first);
                first += SectorChange::ALL.len();
                let mark = marks[channel.process as usize];
                marks[channel.process as usize] += 1;
                let sum = of_qubits.then(|| amplitudes_of(channel, product.factors().len())).flatten();
                if let Some((up, amplitudes)) = sum {
                    let Some((to, flips)) = flips.of(spaces, &own, up) else { continue };
                    let amplitudes = amplitudes.into_iter().map(|a| a * channel.rate.sqrt()).collect();
                    let jump_by = JumpBy::Qubits(OfQubits { amplitudes, flips });
                    ways.push(Way { jump, mark, number, to, jump_by });
                    continue;
                }
                match &channel.jump {
                    JumpOperator::Operator(operator) => {
                        let shift = operator.shifts().first().copied().unwrap_or(0);
                        let Some((to, label)) = spaces.beside(&own.label, shift) else { continue };
                        let target = Basis::new(spaces, label);
                        let elements = scaled(elements(spaces, operator, &own, &target), channel.rate.sqrt());
                        let matrix = Sparse::new(target.states.len(), &elements, sums);
                        matrix.square().into_iter().for_each(|(at, value)| lose(at, value));
                        ways.push(Way { jump, mark, number, to, jump_by: JumpBy::Matrix(matrix) });
                    }
                    JumpOperator::EachQubit { factor, qubits } => {
                        for (place, state) in own.states.iter().enumerate() {
                            let (n, excited) =
                                (*qubits as f64, spaces.excited(&own.label, *factor, state[*factor]) as f64);
                            let each = match channel.process {
                                Process::Emission => excited,
                                Process::Absorption => n - excited,
                                Process::Dephasing => n / 4.0,
                            };
                            lose((place, place), (channel.rate * each).into());
                        }
                        let outcome = |change| outcome(spaces, &own, *factor, *qubits, channel.process, change);
                        let outcomes = (number..).zip(SectorChange::ALL);
                        let there = outcomes.filter_map(|(number, change)| Some((number, outcome(change)?)));
                        for (number, (target, elements)) in there {
                            let to = spaces.index(&target.label);
                            let matrix = Sparse::new(target.states.len(), &scaled(elements, channel.rate.sqrt()), sums);
                            ways.push(Way { jump, mark, number, to, jump_by: JumpBy::Matrix(matrix) });
                        }
                    }
                }
            }
        }
        elements(spaces, lost, &own, &own).into_iter().for_each(|(at, value)| lose(at, value));
        let drift = times(h_eff, -Complex64::I);
        let matrix = Sparse::new(dimension, &drift, sums);
        let watched = watched.iter().map(|watched| {
            let elements = match watched {
                Watched::Operator(operator) => elements(spaces, operator, &own, &own),
                Watched::Top(factor) => at_top(&own, *factor),
                Watched::Levels(factor) => levels(&own, *factor),
            };
            let matrix = Sparse::new(dimension, &elements, sums);
            let bound = matrix.norm_bound();
            // <x|S|x> of half of a Hermitian S.
            let half = || Sparse::new(dimension, &upper_half(elements), sums);
            (if of_qubits { half() } else { matrix }, bound)
        });
        let norm_bound = matrix.norm_bound();
        let edge = |factor| {
            let bound = spaces.bound(&own.label, factor)?;
            let places = at_top(&own, factor).into_keys().map(|(place, _)| place).collect();
            Some(Edge { factor, bound, places })
        };
        // A sharp number of excitations is its own cut.
        let open = if spaces.is_sharp() { 0 } else { own.label.tops.len() };
        let edges = (0..open).filter_map(edge).collect();
        Sector { dimension, norm_bound, drift: matrix, ways, flips: flips.all(), watched: watched.collect(), edges }
    }

    /// The rate of jumps in a state, as a sum that cancels nothing.
    pub fn rate(&self, psi: &[Complex64]) -> f64 {
        self.ways.iter().map(|way| way.jump_by.weight(psi)).sum()
    }

    /// How likely each way is: |L psi|^2. `pairs` is room for what sums over single qubits have in common.
    pub fn weigh(&self, psi: &[Complex64], pairs: &mut Vec<Complex64>, weights: &mut Vec<f64>) {
        weights.clear();
        weights.extend(self.ways.iter().map(|way| match &way.jump_by {
            JumpBy::Matrix(matrix) => matrix.weight(psi),
            JumpBy::Qubits(_) => 0.0,
        }));
        for flips in &self.flips {
            flips.correlations(psi, pairs);
            for (weight, way) in weights.iter_mut().zip(&self.ways) {
                match &way.jump_by {
                    JumpBy::Qubits(sum) if Arc::ptr_eq(&sum.flips, flips) => *weight = sum.weight_from(pairs),
                    _ => {}
                }
            }
        }
    }
}

/// Where single qubits lead, and how.
type Led = (usize, Arc<Flips>);

/// What single qubits of a sector do, made where it is first asked for.
#[derive(Default)]
struct Flipping {
    /// Down and up: where they lead, `None` where nowhere.
    found: [Option<Option<Led>>; 2],
}

impl Flipping {
    fn of(&mut self, spaces: &Spaces, own: &Basis, up: bool) -> Option<Led> {
        let new = || {
            let (to, label) = spaces.beside(&own.label, if up { 1 } else { -1 })?;
            Some((to, Arc::new(Flips::new(|state| own.place(state), &Basis::new(spaces, label).states, up))))
        };
        self.found[usize::from(up)].get_or_insert_with(new).clone()
    }

    fn all(self) -> Vec<Arc<Flips>> {
        self.found.into_iter().flatten().flatten().map(|(_, flips)| flips).collect()
    }
}

/// A matrix whose `<x|S|x>` has the real part of that of a Hermitian one, with the elements above its diagonal alone.
fn upper_half(elements: Elements) -> Elements {
    let upper = elements.into_iter().filter(|((row, column), _)| row <= column);
    upper.map(|((row, column), value)| ((row, column), if row < column { 2.0 * value } else { value })).collect()
}

fn times(mut elements: Elements, by: Complex64) -> Elements {
    elements.values_mut().for_each(|value| *value *= by);
    elements
}

fn scaled(elements: Elements, by: f64) -> Elements {
    times(elements, by.into())
}

/// What a word does, factor by factor, but where it does nothing.
type Letters = Vec<(usize, Powers)>;

/// The elements of an operator between two sectors of the same J.
pub fn elements(spaces: &Spaces, operator: &Operator, from: &Basis, to: &Basis) -> Elements {
    let factor = |(place, powers): (usize, &Powers)| (*powers != Powers::default()).then_some((place, *powers));
    // Words that move a state alike are added before its place is looked for.
    let mut alike: BTreeMap<Vec<i64>, Vec<(Letters, Complex64)>> = BTreeMap::new();
    for (word, value) in operator.terms() {
        let shifts = word.iter().map(|powers| powers.shift()).collect();
        alike.entry(shifts).or_default().push((word.iter().enumerate().filter_map(factor).collect(), value));
    }
    let (mut elements, mut moved) = (Elements::new(), Vec::new());
    for (shifts, words) in &alike {
        for (column, state) in from.states.iter().enumerate() {
            moved.clear();
            moved.extend(state.iter().zip(shifts).map(|(step, shift)| step + shift));
            let inside = moved.iter().zip(&to.label.tops).all(|(step, top)| (0..=*top).contains(step));
            let Some(row) = inside.then(|| to.place(&moved)).flatten() else { continue };
            let element = |word: &[(usize, Powers)]| -> f64 {
                let of = |&(place, powers): &(usize, Powers)| {
                    of_powers(powers, state[place], from.label.tops[place], spaces.qubits(place).is_some())
                };
                word.iter().map(of).product()
            };
            let sum = words.iter().fold(Complex64::ZERO, |sum, (word, value)| sum + value * element(word));
            elements.insert((row, column), sum);
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
