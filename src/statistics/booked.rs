//! What work, heat, quanta and entropy of paths under a protocol come to: sums that merge.

use serde::{Deserialize, Serialize};

use super::ends::Ends;
use super::{Comoments, Estimate, Grouped, Moments, Powers};
use crate::dicke::Level;
use crate::model::protocol::{Entry, Protocol};
use crate::trajectory::protocol::Ledger;

/// What is known of a path beside its ledger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// 1/T in the unit of work, where all baths that ever act are at one temperature.
    pub beta: Option<f64>,
    /// `ln(p_0/d_J)` of the level that it started in, where it is known.
    pub start: Option<f64>,
}

/// Running sums over paths, in the order of [`Entry::index`]. Memory does not depend on their number, but for the levels
/// that they end in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Booked {
    baths: usize,
    /// Of whole paths.
    totals: Grouped,
    /// Of each segment over all cycles, segments x entries.
    segments: Moments,
    /// Of each cycle, cycles x (entries, M and J at its end).
    cycles: Moments,
    /// `exp(-W/T)`, where all baths are at one temperature.
    work: Powers,
    /// Of paths by the level that they end in.
    ends: Ends,
    /// Fourth powers of paths of superposed levels, by segment and then by cycle: what rests on a few of them has no error.
    tails: Vec<Powers>,
}

/// What of a cycle is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfCycle {
    /// An entry.
    Entry(Entry),
    /// M at its end.
    FinalM,
    /// J at its end.
    FinalJ,
}

impl OfCycle {
    /// All of them for so many baths, in the order of [`OfCycle::index`].
    pub fn all(baths: usize) -> impl Iterator<Item = OfCycle> + Clone {
        Entry::all(baths).map(OfCycle::Entry).chain([OfCycle::FinalM, OfCycle::FinalJ])
    }

    /// How many there are for so many baths.
    #[must_use]
    pub fn count(baths: usize) -> usize {
        Entry::count(baths) + 2
    }

    /// Its place among all.
    #[must_use]
    pub fn index(self, baths: usize) -> usize {
        match self {
            OfCycle::Entry(entry) => entry.index(),
            OfCycle::FinalM => Entry::count(baths),
            OfCycle::FinalJ => Entry::count(baths) + 1,
        }
    }
}

impl Booked {
    /// Of no paths yet, which may go through superposed levels.
    #[must_use]
    pub fn new(protocol: &Protocol, superposed: bool) -> Self {
        let mut new = Self::of(protocol.baths(), protocol.stages().len(), protocol.cycles() as usize);
        let cells = new.segments.means().len() + new.cycles.means().len();
        new.tails.resize(if superposed { cells } else { 0 }, Powers::default());
        new
    }

    /// One sum of each kind: how they are laid out.
    #[must_use]
    pub fn sample() -> Self {
        let mut sample = Self::of(1, 1, 1);
        sample.ends.push(Level { two_j: 0, two_m: 0 }, 0.0);
        sample.tails.push(Powers::default());
        sample
    }

    fn of(baths: usize, segments: usize, cycles: usize) -> Self {
        let entries = Entry::count(baths);
        Booked {
            baths,
            totals: Grouped::new(entries),
            segments: Moments::new(segments * entries),
            cycles: Moments::new(cycles * OfCycle::count(baths)),
            work: Powers::default(),
            ends: Ends::default(),
            tails: Vec::new(),
        }
    }

    /// Adds the path of this number.
    pub fn push(&mut self, number: u64, ledger: &Ledger, known: Known) {
        self.totals.push(number, ledger.totals());
        self.segments.push(ledger.segments.iter());
        let ends = ledger.ends[1..].iter();
        let rows = ledger.cycles.rows().into_iter().zip(ends);
        let cycles = rows.flat_map(|(row, end)| row.into_iter().copied().chain([end.jz, end.spin()]));
        let all = ledger.segments.iter().copied().chain(cycles.clone());
        self.tails.iter_mut().zip(all).for_each(|(tail, value)| tail.push(value));
        self.cycles.push_all(cycles);
        if let Some(beta) = known.beta {
            self.work.push((-beta * ledger.total(Entry::Work)).exp());
        }
        if let (Some(start), Some([_, last])) = (known.start, ledger.levels) {
            self.ends.push(last, start + ledger.total(Entry::Entropy));
        }
    }

    /// Adds later paths.
    pub fn merge(&mut self, later: &Booked) {
        self.totals.merge(&later.totals);
        self.segments.merge(&later.segments);
        self.cycles.merge(&later.cycles);
        self.work.merge(&later.work);
        self.ends.merge(&later.ends);
        self.tails.iter_mut().zip(&later.tails).for_each(|(mine, theirs)| mine.merge(theirs));
    }

    /// Whether another, that was read, has the shape of this.
    #[must_use]
    pub fn is_alike(&self, other: &Booked) -> bool {
        let lengths =
            |booked: &Booked| (booked.baths, booked.segments.lengths(), booked.cycles.lengths(), booked.tails.len());
        lengths(self) == lengths(other) && self.totals.is_alike(&other.totals)
    }

    /// How many paths there are.
    #[must_use]
    pub fn paths(&self) -> u64 {
        self.cycles.count()
    }

    /// The sums over all whole paths.
    #[must_use]
    pub fn whole(&self) -> Comoments {
        self.totals.whole()
    }

    /// What is computed from the sums over whole paths, with errors by leaving out one group after the other.
    pub fn derived(&self, statistics: impl Fn(&Comoments) -> Vec<f64>) -> Vec<Option<Estimate>> {
        self.totals.derived(statistics)
    }

    /// The mean of an entry in a segment over all cycles.
    #[must_use]
    pub fn of_segment(&self, segment: usize, entry: Entry) -> Option<Estimate> {
        let index = segment * Entry::count(self.baths) + entry.index();
        self.unless_of_few(index, self.segments.estimate(index))
    }

    /// The mean of what belongs to a cycle.
    #[must_use]
    pub fn of_cycle(&self, cycle: usize, what: OfCycle) -> Option<Estimate> {
        let index = cycle * OfCycle::count(self.baths) + what.index(self.baths);
        self.unless_of_few(self.segments.means().len() + index, self.cycles.estimate(index))
    }

    fn unless_of_few(&self, tail: usize, estimate: Option<Estimate>) -> Option<Estimate> {
        let of_few = self.tails.get(tail).is_some_and(Powers::is_of_few);
        estimate.map(|estimate| Estimate { std_error: estimate.std_error.filter(|_| !of_few), ..estimate })
    }

    /// `exp(-W/T)` of all paths; of none where the baths are not at one temperature.
    #[must_use]
    pub fn exponential_work(&self) -> &Powers {
        &self.work
    }

    /// The paths by the level that they end in; none where the start is not known.
    #[must_use]
    pub fn ends(&self) -> &Ends {
        &self.ends
    }
}
