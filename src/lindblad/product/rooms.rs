//! The blocks that a density matrix of a product falls into, and operators between them.
//!
//! A room is one J of every ensemble and, where it stays sharp, one total number of excitations. Operators are products of
//! matrices of single factors, multiplied out as they are written.

use std::collections::HashMap;

use num_complex::Complex64;

use crate::bath::Process;
use crate::dicke::{Level, SectorChange, levels, local_amplitude};
use crate::model::operator::{Operator, Powers};
use crate::model::product::{Kind, Product};

/// One block of states.
#[derive(Clone, Debug)]
pub struct Room {
    /// 2J of each ensemble, levels - 1 of each mode.
    pub tops: Vec<i64>,
    /// The total number of excitations, where it is sharp.
    pub excitations: Option<i64>,
    /// The states: the steps above the lowest level of each factor.
    pub states: Vec<Vec<i64>>,
    places: HashMap<Vec<i64>, usize>,
}

/// A matrix from one room to another.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The room that it leads to.
    pub to: usize,
    /// (row, column, element).
    pub entries: Vec<(usize, usize, Complex64)>,
}

/// All rooms with these J, and what is needed to say what is in them.
#[derive(Clone, Debug)]
pub struct Rooms {
    pub rooms: Vec<Room>,
    by_label: HashMap<(Vec<i64>, Option<i64>), usize>,
    /// The numbers of qubits; `None` for modes.
    qubits: Vec<Option<i64>>,
}

/// Every combination of one item of each list.
pub fn combinations<T: Clone>(lists: &[Vec<T>]) -> Vec<Vec<T>> {
    lists.iter().fold(vec![Vec::new()], |all, list| {
        let longer = |before: &Vec<T>| {
            let before = before.clone();
            list.iter().map(move |item| before.iter().cloned().chain([item.clone()]).collect()).collect::<Vec<_>>()
        };
        all.iter().flat_map(longer).collect()
    })
}

/// The element of one letter from a state, by its step, in a factor whose highest level is `top`: spin J = top/2, or numbers
/// up to top.
fn letter(letter: Powers, step: i64, top: i64, is_spin: bool) -> f64 {
    let (j, own, lowers, raises) = (top as f64 / 2.0, step as f64, step > 0, step < top);
    let m = own - j;
    match letter {
        Powers::RAISE if raises && is_spin => (j * (j + 1.0) - m * (m + 1.0)).sqrt(),
        Powers::LOWER if lowers && is_spin => (j * (j + 1.0) - m * (m - 1.0)).sqrt(),
        Powers::RAISE if raises => (own + 1.0).sqrt(),
        Powers::LOWER if lowers => own.sqrt(),
        Powers::Z => m,
        _ => 0.0,
    }
}

/// The one element of a word of one factor from a state: its letters in turn, from the right.
fn of_powers(powers: Powers, step: i64, top: i64, is_spin: bool) -> f64 {
    let spelled = [(Powers::LOWER, powers.lower), (Powers::Z, powers.z), (Powers::RAISE, powers.raise)];
    let (mut step, mut element) = (step, 1.0);
    for (which, times) in spelled {
        for _ in 0..times {
            element *= letter(which, step, top, is_spin);
            if element == 0.0 {
                return 0.0;
            }
            step += which.shift();
        }
    }
    element
}

impl Rooms {
    /// The rooms of a product with these highest levels, a list for each factor, and whether the number of excitations is
    /// `sharp`.
    pub fn new(product: &Product, tops: &[Vec<i64>], sharp: bool) -> Self {
        let qubits: Vec<Option<i64>> = product
            .factors()
            .iter()
            .map(|factor| match factor.kind {
                Kind::Qubits(number) => Some(number),
                Kind::Mode { .. } => None,
            })
            .collect();
        let mut all = Rooms { rooms: Vec::new(), by_label: HashMap::new(), qubits };
        for tops in combinations(tops) {
            let steps: Vec<Vec<i64>> = tops.iter().map(|top| (0..=*top).collect()).collect();
            for state in combinations(&steps) {
                let excitations = sharp.then(|| all.excitations(&tops, &state));
                let next = all.rooms.len();
                let room = *all.by_label.entry((tops.clone(), excitations)).or_insert(next);
                if room == next {
                    let (states, places) = (Vec::new(), HashMap::new());
                    all.rooms.push(Room { tops: tops.clone(), excitations, states, places });
                }
                let room = &mut all.rooms[room];
                room.places.insert(state.clone(), room.states.len());
                room.states.push(state);
            }
        }
        all
    }

    fn excitations(&self, tops: &[i64], state: &[i64]) -> i64 {
        // N/2 + M of qubits, n of modes.
        let below = |(top, qubits): (&i64, &Option<i64>)| qubits.map_or(0, |qubits| (qubits - top) / 2);
        tops.iter().zip(&self.qubits).map(below).sum::<i64>() + state.iter().sum::<i64>()
    }

    /// The room of the same J with so many excitations more, or itself where their number is not sharp.
    pub fn beside(&self, room: usize, more: i64) -> Option<usize> {
        let Room { tops, excitations, .. } = &self.rooms[room];
        self.by_label.get(&(tops.clone(), excitations.map(|own| own + more))).copied()
    }

    /// The room in which a state of these J is, and its place there.
    pub fn find(&self, tops: &[i64], state: &[i64]) -> Option<(usize, usize)> {
        let own = self.excitations(tops, state);
        let room =
            self.by_label.get(&(tops.to_vec(), Some(own))).or_else(|| self.by_label.get(&(tops.to_vec(), None)))?;
        Some((*room, *self.rooms[*room].places.get(state)?))
    }

    /// The matrix of the part of an operator that leads from one room to another of the same J.
    pub fn matrix(&self, operator: &Operator, from: usize, to: usize) -> Matrix {
        let (source, target) = (&self.rooms[from], &self.rooms[to]);
        let mut elements: HashMap<(usize, usize), Complex64> = HashMap::new();
        for (word, value) in operator.terms() {
            for (column, state) in source.states.iter().enumerate() {
                let moved = state.iter().zip(word).map(|(step, powers)| step + powers.shift());
                let moved: Vec<i64> = moved.collect();
                let Some(row) = target.places.get(&moved) else { continue };
                let element = |place: usize| {
                    of_powers(word[place], state[place], source.tops[place], self.qubits[place].is_some())
                };
                let element: f64 = (0..word.len()).map(element).product();
                *elements.entry((*row, column)).or_insert(Complex64::ZERO) += value * element;
            }
        }
        let mut entries: Vec<_> = elements.into_iter().map(|((row, column), value)| (row, column, value)).collect();
        entries.retain(|(.., value)| *value != Complex64::ZERO);
        entries.sort_by_key(|(row, column, _)| (*row, *column));
        Matrix { to, entries }
    }

    /// One outcome of the jumps of each qubit of an ensemble, from a room; `None` where it leads nowhere.
    pub fn outcome(&self, from: usize, factor: usize, process: Process, change: SectorChange) -> Option<Matrix> {
        let source = &self.rooms[from];
        let (qubits, two_j) = (self.qubits[factor]?, source.tops[factor]);
        let amplitudes: Vec<_> =
            levels(two_j).map(|level: Level| local_amplitude(qubits, level, process, change)).collect();
        let mut tops = source.tops.clone();
        tops[factor] += change.two_j();
        let (mut to, mut entries) = (None, Vec::new());
        for (column, state) in source.states.iter().enumerate() {
            let Some(outcome) = amplitudes[state[factor] as usize] else { continue };
            let mut moved = state.clone();
            moved[factor] = outcome.to.above_bottom();
            let (room, row) = self.find(&tops, &moved)?;
            to = Some(room);
            entries.push((row, column, Complex64::from(outcome.amplitude)));
        }
        to.map(|to| Matrix { to, entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_act_letter_by_letter() {
        let word = |raise, z, lower| Powers { raise, z, lower };
        // n (n - 1), and nothing from below or beyond the cut.
        assert!((of_powers(word(2, 0, 2), 7, 9, false) - 42.0).abs() < 1e-12);
        assert_eq!(of_powers(word(0, 0, 2), 1, 9, false), 0.0);
        assert_eq!(of_powers(word(2, 0, 0), 8, 9, false), 0.0);
        // J+ Jz^2 J- of J = 3/2 from M = 1/2: 4 (-1/2)^2.
        assert!((of_powers(word(1, 2, 1), 2, 3, true) - 1.0).abs() < 1e-12);
        assert_eq!(of_powers(word(1, 0, 0), 3, 3, true), 0.0);
    }
}
