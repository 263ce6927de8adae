//! The generator of a product, block by block: what leads from room to room, and where elements stand.

use num_complex::Complex64;

use super::ProductEquation;
use super::generator::Generator;
use super::rooms::{Matrix, Rooms};
use crate::bath::Process;
use crate::dicke::SectorChange;
use crate::model::product::{JumpOperator, Product};

/// A jump of a bath, from one room.
#[derive(Clone, Debug)]
pub struct Hop {
    bath: usize,
    process: Process,
    /// The square root of its rate included.
    matrix: Matrix,
}

/// The blocks of one order: for each room the room on the right, and where the elements begin.
#[derive(Clone, Debug)]
pub struct Layout {
    pub right: Vec<Option<usize>>,
    pub begins: Vec<usize>,
    pub size: usize,
}

/// All of the generator, what one bath does, or what one kind of its jumps leaves.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    All,
    Bath(usize),
    Jumps { bath: usize, process: Process },
}

impl Part {
    fn has(self, hop: &Hop) -> bool {
        match self {
            Part::All => true,
            Part::Bath(own) => own == hop.bath,
            Part::Jumps { bath, process } => (bath, process) == (hop.bath, hop.process),
        }
    }

    /// Whether it is more than what jumps leave.
    fn drifts(self) -> bool {
        !matches!(self, Part::Jumps { .. })
    }
}

impl ProductEquation {
    pub(super) fn layout(&self, order: i64) -> Layout {
        let right: Vec<Option<usize>> = (0..self.hops.len()).map(|room| self.rooms.beside(room, -order)).collect();
        let mut size = 0;
        let begins = right.iter().enumerate().map(|(left, right)| {
            let begin = size;
            size += right.map_or(0, |right| self.dimension(left) * self.dimension(right));
            begin
        });
        Layout { begins: begins.collect(), right, size }
    }

    pub(super) fn dimension(&self, room: usize) -> usize {
        self.rooms.rooms[room].states.len()
    }

    /// h of one room, or what a part contributes to it: (row, column, element).
    fn drift(&self, room: usize, part: Part) -> Vec<(usize, usize, Complex64)> {
        let mut entries = match part {
            Part::All => self.hamiltonian[room].entries.clone(),
            Part::Bath(_) | Part::Jumps { .. } => Vec::new(),
        };
        for hop in self.hops[room].iter().flatten().filter(|hop| part.has(hop) && part.drifts()) {
            // -(i/2) L^dagger L.
            for (row, column, value) in &hop.matrix.entries {
                let same = hop.matrix.entries.iter().filter(|(other, ..)| other == row);
                let half = Complex64::new(0.0, -0.5) * value;
                entries.extend(same.map(|(_, left, other)| (*left, *column, other.conj() * half)));
            }
        }
        entries
    }

    /// The generator on the blocks of one order, or a part of it.
    pub(super) fn generator_of(&self, layout: &Layout, part: Part) -> Generator {
        let drift: Vec<_> = (0..self.hops.len()).map(|room| self.drift(room, part)).collect();
        let mut triplets = Vec::new();
        for (left, right) in layout.right.iter().enumerate() {
            let Some(right) = *right else { continue };
            let at = |row: usize, column: usize| layout.begins[left] + row * self.dimension(right) + column;
            let i = Complex64::I;
            for (row, column, value) in &drift[left] {
                triplets.extend((0..self.dimension(right)).map(|j| (at(*row, j), at(*column, j), -i * value)));
            }
            for (row, column, value) in &drift[right] {
                triplets.extend((0..self.dimension(left)).map(|k| (at(k, *row), at(k, *column), i * value.conj())));
            }
            for (on_left, on_right) in self.hops[left].iter().zip(&self.hops[right]) {
                let (Some(on_left), Some(on_right)) = (on_left, on_right) else { continue };
                if !part.has(on_left) || layout.right[on_left.matrix.to] != Some(on_right.matrix.to) {
                    continue;
                }
                let (begin, width) = (layout.begins[on_left.matrix.to], self.dimension(on_right.matrix.to));
                for (row, column, a) in &on_left.matrix.entries {
                    let to = |other: usize| begin + row * width + other;
                    let entries = on_right.matrix.entries.iter();
                    triplets.extend(entries.map(|(other, from, b)| (to(*other), at(*column, *from), a * b.conj())));
                }
            }
        }
        Generator::new(layout.size, triplets)
    }

    /// The places of the populations among the elements of a density matrix.
    pub(super) fn diagonal(&self, layout: &Layout) -> Vec<usize> {
        let of_room = |room: usize| {
            let (begin, d) = (layout.begins[room], self.dimension(room));
            (0..d).map(move |place| begin + place * (d + 1))
        };
        (0..self.hops.len()).flat_map(of_room).collect()
    }
}

/// What leads away from a room, one entry for each kind of jump and outcome.
pub fn hops(product: &Product, rooms: &Rooms, room: usize) -> Vec<Option<Hop>> {
    let mut hops = Vec::new();
    for (bath, own) in product.baths().iter().enumerate() {
        for channel in own.channels() {
            let mut push = |matrix: Option<Matrix>| {
                let scaled = matrix.filter(|matrix| !matrix.entries.is_empty()).map(|mut matrix| {
                    matrix.entries.iter_mut().for_each(|(.., value)| *value *= channel.rate.sqrt());
                    matrix
                });
                hops.push(scaled.map(|matrix| Hop { bath, process: channel.process, matrix }));
            };
            match &channel.jump {
                JumpOperator::Operator(operator) => {
                    let shift = operator.shifts().first().copied().unwrap_or(0);
                    push(rooms.beside(room, shift).map(|to| rooms.matrix(operator, room, to)));
                }
                JumpOperator::EachQubit { factor, .. } => {
                    SectorChange::ALL
                        .into_iter()
                        .for_each(|change| push(rooms.outcome(room, *factor, channel.process, change)));
                }
            }
        }
    }
    hops
}
