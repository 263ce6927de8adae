//! The states of one sector of a product, and the elements of operators between them.

use std::collections::{BTreeMap, HashMap};

use num_complex::Complex64;

use super::spaces::{Label, Spaces};
use super::sparse::Sparse;
use crate::bath::Process;
use crate::dicke::{Level, SectorChange, local_amplitude};
use crate::model::operator::{Operator, Powers};
use crate::model::product::Watched;

/// The highest level of a mode.
#[derive(Clone, Debug)]
pub struct Edge {
    pub factor: usize,
    /// What it may weigh.
    pub bound: f64,
    /// The states that are there.
    pub places: Vec<usize>,
}

/// The states of a sector, one after the other, and their places.
pub struct Basis {
    pub label: Label,
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

    /// The states: the steps above the lowest level of each factor.
    pub fn states(&self) -> &[Vec<i64>] {
        &self.states
    }

    /// The place of a state.
    pub fn place(&self, state: &[i64]) -> Option<usize> {
        self.places.get(state).copied()
    }

    /// What is watched on them, with a bound of its norm.
    pub fn watched(&self, spaces: &Spaces, watched: &Watched) -> (Sparse, f64) {
        let elements = match watched {
            Watched::Operator(operator) => elements(spaces, operator, self, self),
            Watched::Top(factor) => at_top(self, *factor),
            Watched::Levels(factor) => levels(self, *factor),
        };
        let sums = spaces.sums();
        let matrix = Sparse::new(self.len(), &elements, sums);
        let bound = matrix.norm_bound();
        // <x|S|x> of half of a Hermitian S.
        let half = || Sparse::new(self.len(), &upper_half(elements), sums);
        (if spaces.are_single_qubits() { half() } else { matrix }, bound)
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

/// A matrix whose `<x|S|x>` has the real part of that of a Hermitian one, with the elements above its diagonal alone.
fn upper_half(elements: Elements) -> Elements {
    let upper = elements.into_iter().filter(|((row, column), _)| row <= column);
    upper.map(|((row, column), value)| ((row, column), if row < column { 2.0 * value } else { value })).collect()
}

pub fn times(mut elements: Elements, by: Complex64) -> Elements {
    elements.values_mut().for_each(|value| *value *= by);
    elements
}

pub fn scaled(elements: Elements, by: f64) -> Elements {
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
    // A map that is made of all of them at once takes a fraction of the time.
    let (mut elements, mut moved) = (Vec::new(), Vec::new());
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
            elements.push(((row, column), sum));
        }
    }
    elements.into_iter().collect()
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
pub fn outcome(
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
