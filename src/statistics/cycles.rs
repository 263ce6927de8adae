//! What cycles that have settled are summed up by.
//!
//! The covariance of what many cycles book grows with their number n as `c n - d`, where d is what a memory ties at the
//! ends: differences between windows of one length and of twice as much give c.

use serde::{Deserialize, Serialize};

use super::jackknife::Merge;
use super::{Comoments, Moments};
use crate::model::protocol::Entry;
use crate::trajectory::protocol::Ledger;

/// Sums over the settled cycles of a group of trajectories, in the order of [`Entry::index`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleSums {
    /// Of windows of so many cycles that their memory ends within, of twice as many, and of those that are asked for.
    of_windows: Vec<Comoments>,
    /// By segment of a cycle, segments x entries.
    segments: Moments,
    /// At each phase that is looked at, phases x columns.
    phases: Moments,
}

/// The windows of one trajectory that are not complete.
#[derive(Clone, Debug)]
pub struct Windows {
    lengths: Vec<u64>,
    done: u64,
    open: Vec<Vec<f64>>,
}

impl Windows {
    /// Windows of so many cycles, of twice as many, and of those `asked` for, for a model of so many baths.
    #[must_use]
    pub fn new(cycles: u64, asked: &[u64], baths: usize) -> Self {
        let lengths: Vec<u64> = [cycles, 2 * cycles].iter().chain(asked).copied().collect();
        Windows { done: 0, open: vec![vec![0.0; Entry::count(baths)]; lengths.len()], lengths }
    }

    /// Drops what another trajectory has left.
    pub fn clear(&mut self) {
        self.done = 0;
        self.open.iter_mut().for_each(|open| open.fill(0.0));
    }
}

impl CycleSums {
    /// Nothing yet, for so many baths, segments, cells of a grid of phases, and windows that are asked for.
    #[must_use]
    pub fn new(baths: usize, segments: usize, cells: usize, asked: usize) -> Self {
        let entries = Entry::count(baths);
        CycleSums {
            of_windows: vec![Comoments::new(entries); 2 + asked],
            segments: Moments::new(segments * entries),
            phases: Moments::new(cells),
        }
    }

    /// Adds one cycle of a path, the first of its ledger.
    pub fn push(&mut self, ledger: &Ledger, windows: &mut Windows) {
        self.segments.push(ledger.segments.iter());
        windows.done += 1;
        for (length, (open, sums)) in windows.lengths.iter().zip(windows.open.iter_mut().zip(&mut self.of_windows)) {
            open.iter_mut().zip(ledger.totals()).for_each(|(sum, value)| *sum += value);
            if windows.done.is_multiple_of(*length) {
                sums.push(open);
                open.fill(0.0);
            }
        }
    }

    /// Adds what one cycle is at the phases that are looked at.
    pub fn look(&mut self, cells: &[f64]) {
        self.phases.push(cells.iter());
    }

    /// The mean of an entry over windows of so many cycles, per cycle.
    #[must_use]
    pub fn mean(&self, entry: Entry, cycles: u64) -> f64 {
        self.of_windows[0].mean(entry.index()) / cycles as f64
    }

    /// By how much the covariance of two entries grows each cycle, from windows of so many cycles and of twice as many.
    #[must_use]
    pub fn growth(&self, a: Entry, b: Entry, cycles: u64) -> f64 {
        let [one, two] = [0, 1].map(|place| &self.of_windows[place]);
        let (a, b) = (a.index(), b.index());
        (two.covariance(a, b) - one.covariance(a, b)) / cycles as f64
    }

    /// The covariance of two entries in the windows of this place among those that were asked for.
    #[must_use]
    pub fn within(&self, window: usize, a: Entry, b: Entry) -> f64 {
        self.of_windows[2 + window].covariance(a.index(), b.index())
    }

    /// The means of all entries by segment.
    #[must_use]
    pub fn segments(&self) -> &[f64] {
        self.segments.means()
    }

    /// The means at all phases, by column; as many as there are cells, of no cycle zero.
    #[must_use]
    pub fn phases(&self) -> &[f64] {
        self.phases.means()
    }
}

impl Merge for CycleSums {
    fn merge(&mut self, later: &Self) {
        self.of_windows.iter_mut().zip(&later.of_windows).for_each(|(mine, theirs)| mine.merge(theirs));
        self.segments.merge(&later.segments);
        self.phases.merge(&later.phases);
    }
}
