//! Coherences of the Dicke levels: the blocks of fixed order k = M - M', each closed in itself.
//!
//! The element `<J,M| rho |J,M-k>` (summed over the degenerate copies of J) is fed by its neighbours with products of
//! two amplitudes of one outcome, and lost at half the sum of the two levels' rates. Order 0 is the populations;
//! `<J_x>` and `<J_y>` need order 1.

use num_complex::Complex64;

use super::frame::InFrame;
use super::rational::{SolveError, Triplet};
use super::relaxation::Relaxation;
use crate::bath::{Bath, Coupling, Process, Rates};
use crate::dicke::{Level, sectors};
use crate::initial::InitialState;
use crate::model::Model;

/// The coherences of one order, starting from an initial state.
#[derive(Clone, Debug)]
pub struct Coherences {
    order: i64,
    number: i64,
    /// Where each sector begins among the elements, from the largest J.
    offsets: Vec<Option<usize>>,
    /// k omega_0, the angular frequency at which the block rotates in the lab frame.
    rotation: f64,
    /// The upper level (J, M) of each element; the lower is (J, M - k).
    upper: Vec<Level>,
    /// The generator in the rotating frame, where it is real.
    entries: Vec<Triplet>,
    initial: Vec<Complex64>,
}

impl Coherences {
    /// The block of `order` k >= 0. Without a local channel only the sectors of `initial` are kept.
    #[must_use]
    pub fn new(model: &Model, initial: &InitialState, order: i64) -> Self {
        Self::kept(model, initial, order, model.mixes_sectors())
    }

    /// The same, with all sectors where they are said to mix.
    pub(super) fn kept(model: &Model, initial: &InitialState, order: i64, mixes: bool) -> Self {
        let n = model.number;
        let rates = Coupling::ALL.map(|coupling| (coupling, model.rates(coupling)));
        let mut upper = Vec::new();
        let mut offsets = Vec::new();
        for two_j in sectors(n) {
            let kept = two_j >= order && (mixes || initial.reaches(n, two_j));
            offsets.push(kept.then_some(upper.len()));
            if kept {
                upper.extend((order..=two_j).map(|step| Level { two_j, two_m: 2 * step - two_j }));
            }
        }
        let rotation = order as f64 * model.units.angular(model.frequency);
        let start = vec![Complex64::ZERO; upper.len()];
        let mut block = Coherences { order, number: n, offsets, rotation, upper, entries: Vec::new(), initial: start };

        let mut entries = Vec::new();
        for (column, &level) in block.upper.iter().enumerate() {
            let other = block.lower(level);
            let mut push = |row: usize, value: f64| {
                if value != 0.0 {
                    entries.push(Triplet { row, column, value });
                }
            };
            let mut feed = |to: Level, value: f64| {
                let row = block.index(to);
                // Of populations every gain is a loss, to the last digit: what is slow is lost in the rounding of a sum.
                if order == 0 && row != Some(column) {
                    push(column, -value);
                }
                if let Some(row) = row.filter(|row| order > 0 || *row != column) {
                    push(row, value);
                }
            };
            for (coupling, rates) in rates {
                for (process, rate) in [
                    (Process::Emission, rates.down),
                    (Process::Absorption, rates.up),
                    (Process::Dephasing, rates.dephasing),
                ] {
                    block.gains(level, (coupling, process, rate), &mut feed);
                }
            }
            if order > 0 {
                for (coupling, Rates { down, up, dephasing }) in rates {
                    let (ours, theirs) = (coupling.on_level(n, level), coupling.on_level(n, other));
                    for loss in [
                        down * (0.5 * (ours.emission + theirs.emission)),
                        up * (0.5 * (ours.absorption + theirs.absorption)),
                        coupling.dephasing_loss(dephasing, n, order),
                    ] {
                        push(column, -loss);
                    }
                }
            }
        }
        block.entries = entries;
        for (level, value) in initial.coherences(n, order) {
            if let Some(index) = block.index(level) {
                block.initial[index] = value;
            }
        }
        block
    }

    /// Where the element of an upper level is, if it is one.
    fn index(&self, level: Level) -> Option<usize> {
        let sector = usize::try_from((self.number - level.two_j) / 2).ok()?;
        let inside = level.two_m.abs() <= level.two_j && level.two_m - 2 * self.order >= -level.two_j;
        let offset = self.offsets.get(sector).copied().flatten()?;
        inside.then(|| offset + (level.above_bottom() - self.order) as usize)
    }

    fn lower(&self, level: Level) -> Level {
        Level { two_m: level.two_m - 2 * self.order, ..level }
    }

    /// What jumps of a process at this rate make of the element of an upper level.
    fn gains(
        &self,
        level: Level,
        (coupling, process, rate): (Coupling, Process, f64),
        feed: &mut impl FnMut(Level, f64),
    ) {
        if rate > 0.0 {
            coupling.gains(self.number, (level, self.lower(level)), process, &mut |to, factor| feed(to, rate * factor));
        }
    }

    /// `sum L rho L^dagger` over the jumps of a bath that emit into it or absorb from it.
    pub(super) fn jumps(&self, bath: &Bath, process: Process) -> Vec<Triplet> {
        let mut entries = Vec::new();
        for (column, &level) in self.upper.iter().enumerate() {
            self.gains(level, (bath.coupling, process, bath.rate(process)), &mut |to, value| {
                entries.extend(self.index(to).map(|row| Triplet { row, column, value }));
            });
        }
        entries
    }

    /// The order k.
    #[must_use]
    pub fn order(&self) -> i64 {
        self.order
    }

    /// The upper level of each element.
    #[must_use]
    pub fn upper(&self) -> &[Level] {
        &self.upper
    }

    /// What the baths do: entries of the generator, real in the frame that rotates with the qubits.
    pub(super) fn entries(&self) -> &[Triplet] {
        &self.entries
    }

    /// The elements at t = 0.
    pub(super) fn initial(&self) -> &[Complex64] {
        &self.initial
    }

    /// The state at t = 0.
    #[must_use]
    pub fn start(&self) -> InFrame<Complex64> {
        InFrame { elements: self.initial.clone(), angle: 0.0 }
    }

    /// The elements at ascending `times` in the lab frame, each time a vector over [`Coherences::upper`].
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    pub fn transient(&self, times: &[f64]) -> Result<Vec<Vec<Complex64>>, SolveError> {
        self.advance(&mut self.start(), times)
    }

    /// The same from any state over [`Coherences::upper`], which is taken to the last of the times, counted from its own.
    ///
    /// # Errors
    /// As [`Coherences::transient`]; the state is then what it was.
    ///
    /// # Panics
    /// If it has another number of elements.
    pub fn advance(&self, state: &mut InFrame<Complex64>, times: &[f64]) -> Result<Vec<Vec<Complex64>>, SolveError> {
        assert_eq!(state.elements.len(), self.upper.len(), "an element for each upper level");
        let mut result = vec![vec![Complex64::ZERO; self.upper.len()]; times.len()];
        let at: Vec<(i64, i64)> = self.upper.iter().map(|level| (level.two_j, level.two_m)).collect();
        let relaxation = Relaxation::new(&at, &self.entries, &[]);
        for unit in [Complex64::ONE, Complex64::I] {
            let mut part: Vec<f64> = state.elements.iter().map(|v| (v * unit.conj()).re).collect();
            let mut slots = result.iter_mut();
            let mut now = vec![0.0; part.len()];
            relaxation.through(&mut part, times, |at| {
                at.copy_to(&mut now);
                let elements = slots.next().expect("one for each time");
                elements.iter_mut().zip(&now).for_each(|(element, now)| *element += unit * now);
            })?;
        }
        let begun = state.angle;
        if let (Some(last), Some(time)) = (result.last(), times.last()) {
            state.elements.copy_from_slice(last);
            state.angle += self.rotation * time;
        }
        for (elements, time) in result.iter_mut().zip(times) {
            let phase = Complex64::cis(-(begun + self.rotation * time));
            elements.iter_mut().for_each(|element| *element *= phase);
        }
        Ok(result)
    }

    /// (`<J_x>`, `<J_y>`) at ascending `times` in the lab frame: `<J_-> = <J_x> - i <J_y>`. Zero for another order
    /// than one.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    pub fn transverse(&self, times: &[f64]) -> Result<Vec<(f64, f64)>, SolveError> {
        self.advance_transverse(&mut self.start(), times)
    }

    /// The same from any state, as [`Coherences::advance`] takes it on.
    ///
    /// # Errors
    /// As there.
    pub fn advance_transverse(
        &self,
        state: &mut InFrame<Complex64>,
        times: &[f64],
    ) -> Result<Vec<(f64, f64)>, SolveError> {
        Ok(self.advance(state, times)?.into_iter().map(|elements| self.spin_of(&elements)).collect())
    }

    /// (`<J_x>`, `<J_y>`) of a state, in the lab frame.
    #[must_use]
    pub fn spin(&self, state: &InFrame<Complex64>) -> (f64, f64) {
        let phase = Complex64::cis(-state.angle);
        self.spin_of(&state.elements.iter().map(|element| element * phase).collect::<Vec<_>>())
    }

    /// The same of elements in the lab frame.
    fn spin_of(&self, elements: &[Complex64]) -> (f64, f64) {
        if self.order != 1 {
            return (0.0, 0.0);
        }
        let weighted = elements.iter().zip(&self.upper).map(|(v, level)| v * level.lowering().sqrt());
        let lowered: Complex64 = weighted.sum();
        (lowered.re, -lowered.im)
    }
}
