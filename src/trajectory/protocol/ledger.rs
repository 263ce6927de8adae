//! Work, heat, quanta and entropy of one path.

use ndarray::Array2;

use crate::dicke::Level;
use crate::model::protocol::{Entry, Protocol, Stage, absorbed};
use crate::model::{Observables, Straight};
use crate::trajectory::{Exchanged, Jump, Recorder};

/// What is booked of a path: made once and used for many, it allocates nothing on the way. Columns are those of
/// [`Entry::index`]. To rounding, `omega M` at the end less that at the start is W plus all Q_b, in whole, in each
/// cycle, in each segment of one cycle, and up to every sample. M is `<J_z>` of a path of superposed levels, whose work is
/// what that law says it is.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The sums up to each time that was asked for, before the quench if there is one.
    pub samples: Array2<f64>,
    /// What the path was at each of these times.
    pub seen: Vec<Observables>,
    /// By segment, over all cycles. A quench is booked with the segment that it ends.
    pub segments: Array2<f64>,
    /// By cycle.
    pub cycles: Array2<f64>,
    /// What it was at the start, and at the end of each cycle.
    pub ends: Vec<Observables>,
    /// The levels at the start and at the end, of a path from level to level.
    pub levels: Option<[Level; 2]>,
    /// How many jumps were proposed on ramps.
    pub proposals: u64,
    /// Before the segment that the path is in.
    before: Vec<f64>,
    pub(super) page: Page,
}

/// What is booked of the segment that a path is in.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// Work and entropy.
    paid: [f64; 2],
    /// Heat and quanta of each bath: all in the order of [`Entry::index`].
    taken: Vec<[f64; 2]>,
    /// Quanta that are counted here, where nobody else does.
    counts: Exchanged,
    /// Net quanta up to the last settlement: all that come after are of one energy.
    settled: Vec<i64>,
    /// hbar omega up to which work is booked.
    energy: f64,
    /// M.
    m: f64,
}

impl Ledger {
    /// An empty ledger for paths under a protocol, with so many samples.
    #[must_use]
    pub fn new(protocol: &Protocol, samples: usize) -> Self {
        let (baths, cycles) = (protocol.baths(), protocol.cycles() as usize);
        let entries = Entry::count(baths);
        Ledger {
            samples: Array2::zeros((samples, entries)),
            seen: vec![Observables::default(); samples],
            segments: Array2::zeros((protocol.stages().len(), entries)),
            cycles: Array2::zeros((cycles, entries)),
            ends: vec![Observables::default(); cycles + 1],
            levels: None,
            proposals: 0,
            before: vec![0.0; entries],
            page: Page {
                paid: [0.0; 2],
                taken: vec![[0.0; 2]; baths],
                counts: Exchanged::new(baths),
                settled: vec![0; baths],
                energy: 0.0,
                m: 0.0,
            },
        }
    }

    /// The sum over the whole path.
    #[must_use]
    pub fn total(&self, entry: Entry) -> f64 {
        self.before[entry.index()]
    }

    /// All sums over the whole path, in the order of [`Entry::index`].
    #[must_use]
    pub fn totals(&self) -> &[f64] {
        &self.before
    }

    /// What the path was at its end.
    #[must_use]
    pub fn last(&self) -> Observables {
        self.ends[self.ends.len() - 1]
    }

    /// Begins a path that is this at the start of a protocol.
    pub fn begin_at(&mut self, start: Observables, protocol: &Protocol) {
        self.begin(start, protocol.units().quantum(protocol.stages()[0].frequency.first()));
    }

    fn begin(&mut self, start: Observables, energy: f64) {
        self.segments.fill(0.0);
        self.cycles.fill(0.0);
        self.before.fill(0.0);
        self.page.clear();
        self.page.counts.clear();
        (self.page.energy, self.page.m) = (energy, start.jz);
        self.ends[0] = start;
        self.levels = None;
        self.proposals = 0;
    }

    pub(super) fn sample(&mut self, index: usize, now: Observables) {
        let row = self.samples.row_mut(index);
        let sums = self.before.iter().zip(self.page.sums());
        row.into_iter().zip(sums).for_each(|(value, (before, now))| *value = before + now);
        self.seen[index] = now;
    }

    /// Turns the page at the end of a segment.
    pub(super) fn turn(&mut self, segment: usize, cycle: usize) {
        let rows = self.segments.row_mut(segment).into_iter().zip(self.cycles.row_mut(cycle));
        for ((sum, before), (of_segment, of_cycle)) in self.page.sums().zip(&mut self.before).zip(rows) {
            *of_segment += sum;
            *of_cycle += sum;
            *before += sum;
        }
        self.page.clear();
    }
}

impl Page {
    fn sums(&self) -> impl Iterator<Item = f64> + '_ {
        self.paid.iter().chain(self.taken.as_flattened()).copied()
    }

    fn clear(&mut self) {
        self.paid = [0.0; 2];
        self.taken.fill([0.0; 2]);
    }

    /// Books work up to a frequency, M being what it is since the last jump.
    #[inline(always)]
    pub fn shift(&mut self, energy: f64) {
        self.paid[0] += self.m * (energy - self.energy);
        self.energy = energy;
    }

    /// Stands at an energy of a quantum and an M from which work is reckoned.
    pub fn stand(&mut self, energy: f64, m: f64) {
        (self.energy, self.m) = (energy, m);
    }

    /// Books as work what heat leaves of the energy, from where it stands to another energy of a quantum and another M.
    pub fn balance(&mut self, energy: f64, m: f64) {
        let heat: f64 = self.taken.iter().map(|[heat, _]| heat).sum();
        self.paid[0] = energy * m - self.energy * self.m - heat;
    }

    /// Net quanta so far.
    fn net<R: Watch>(&self, bath: usize, other: &R) -> i64 {
        if R::COUNTS { other.net(bath) } else { self.counts.net(bath) }
    }

    /// What is counted from now on is booked at the next settlement.
    pub fn mark(&mut self, other: &impl Watch) {
        for bath in 0..self.settled.len() {
            self.settled[bath] = self.net(bath, other);
        }
    }

    /// Books what was counted while nothing changed.
    pub fn settle(&mut self, stage: &Stage, m: f64, other: &impl Watch) {
        for bath in 0..self.settled.len() {
            let net = (self.net(bath, other) - self.settled[bath]) as f64;
            if net != 0.0 {
                self.book(bath, net, (self.energy, stage.entropy_of_quantum(bath, 0.0)));
            }
        }
        self.m = m;
    }

    #[inline(always)]
    pub fn book(&mut self, bath: usize, quanta: f64, (energy, entropy): (f64, f64)) {
        self.paid[1] -= quanta * entropy;
        let [heat, count] = &mut self.taken[bath];
        *heat += quanta * energy;
        *count += quanta;
    }
}

/// Who else watches a path under a protocol.
pub trait Watch: Recorder<Observables> {
    /// Whether it counts quanta itself, so that they need not be counted twice.
    const COUNTS: bool = false;

    /// Net quanta absorbed from a bath since some time, where it counts them.
    fn net(&self, _bath: usize) -> i64 {
        0
    }

    /// A segment of this index begins.
    fn segment(&mut self, _index: usize, _time: f64) {}

    /// The level stays for a while in which rates change.
    #[inline(always)]
    fn changing(&mut self, start: f64, duration: f64, values: &Observables) {
        self.dwell(start, duration, values, values);
    }

    /// A sample of this index is due.
    fn sample(&mut self, _index: usize, _time: f64, _level: Level) {}
}

/// Counts jumps of a segment in which nothing changes, for whoever does not.
pub(super) struct Counting<'a, R> {
    pub page: &'a mut Page,
    /// Who else watches, and by how much its time is ahead.
    pub other: &'a mut R,
    pub offset: f64,
}

/// Books every jump of a segment in which something does.
pub(super) struct Following<'a, R> {
    pub stage: &'a Stage,
    /// Its frequency, where that goes straight, and the energy of a quantum of 1.
    pub straight: Option<(Straight, f64)>,
    /// See [`Stage::entropies_of_energy`].
    pub entropies: &'a [Option<f64>],
    pub page: &'a mut Page,
    /// See [`Counting`].
    pub other: &'a mut R,
    pub offset: f64,
}

impl<R: Watch> Recorder<Observables> for Counting<'_, R> {
    #[inline(always)]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &Observables, mean: &Observables) {
        self.other.dwell(self.offset + start, duration, at_start, mean);
    }

    #[inline(always)]
    fn jump(&mut self, time: f64, jump: Jump, after: &Observables) {
        self.page.counts.add(jump);
        self.other.jump(self.offset + time, jump, after);
    }

    #[inline(always)]
    fn interrupted(&self) -> bool {
        self.other.interrupted()
    }
}

impl<R: Watch> Recorder<Observables> for Following<'_, R> {
    #[inline(always)]
    fn dwell(&mut self, start: f64, duration: f64, at_start: &Observables, _: &Observables) {
        self.other.changing(self.offset + start, duration, at_start);
    }

    #[inline(always)]
    fn jump(&mut self, time: f64, jump: Jump, after: &Observables) {
        let energy = match &self.straight {
            Some((straight, unit)) => unit * straight.at(time),
            None => self.stage.quantum(time),
        };
        self.page.shift(energy);
        self.page.m = after.jz;
        let quanta = absorbed(jump.process);
        // Dephasing takes no quantum, whose entropy may be infinite.
        if quanta != 0.0 {
            let entropy = match self.entropies[jump.bath] {
                Some(of_energy) => energy * of_energy,
                None => self.stage.entropy_of_quantum(jump.bath, time),
            };
            self.page.book(jump.bath, quanta, (energy, entropy));
        }
        self.other.jump(self.offset + time, jump, after);
    }

    #[inline(always)]
    fn interrupted(&self) -> bool {
        self.other.interrupted()
    }
}
