//! One trajectory in the steady state: a warm-up that is thrown away, then a stretch that is measured.
//!
//! Waiting times are memoryless, so the stretch is cut wherever a window or a cell of a Fourier sum ends, without
//! changing its law. Nothing is kept but sums.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::f64::consts::TAU;
use std::sync::Arc;

use super::Moments;
use super::entropy::Entropy;
use super::sums::Sums;
use crate::model::Values;
use crate::random::Stream;
use crate::trajectory::{
    Beginnings, Correlator, Counter, Exchanged, Instants, Interrupt, Recorder, Timing, Unravelling, Visits,
};

/// The largest advance of a phase over a cell of a Fourier sum, within which it is expanded to second order: the power
/// of white noise is then off by the fourth power of this over 320, 2.5e-5.
const PHASE_STEP: f64 = 0.3;

/// What is asked about the counts of some baths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// Indices of the baths.
    pub baths: Vec<usize>,
    /// Windows to count in, besides the basic one.
    pub windows: Vec<f64>,
    /// Angular frequencies of the spectrum.
    pub frequencies: Vec<f64>,
    /// Ascending delays of correlations.
    pub delays: Vec<f64>,
    /// For each bath, the share of its photons after which correlations are read.
    pub shares: Vec<f64>,
}

/// How long to run, and what to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// The time that is thrown away.
    pub warm_up: f64,
    /// The basic window.
    pub window: f64,
    /// How many of them make a stretch: an even number.
    pub windows: u32,
    /// The counting statistics.
    pub counted: Counted,
    /// Whether the sectors are followed.
    pub sectors: bool,
    /// Whether each trajectory stays in one of several sectors for ever.
    pub conserved: bool,
    /// What entropy production is made of, where it is followed.
    pub entropy: Option<Arc<Entropy>>,
    /// What ensembles and modes are looked at for beside the stretch, where they are.
    pub beside: Option<Beside>,
}

/// Where correlations at two times, and what follows photons, begin in a stretch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beside {
    /// When.
    pub begin: Beginnings,
    /// How many numbers a trajectory has of correlations.
    pub cells: usize,
}

impl Protocol {
    /// The length of the stretch.
    #[must_use]
    pub fn stretch(&self) -> f64 {
        self.window * f64::from(self.windows)
    }

    /// An empty sum of what this measures.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let Counted { baths, windows, frequencies, delays, .. } = &self.counted;
        let cells = self.beside.map_or(0, |beside| beside.cells);
        let sums = Sums::new(baths.len(), windows.len(), frequencies.len(), delays.len());
        Sums { correlated: Moments::new(cells), ..sums }
    }

    /// How many times a basic window is halved to make the cells of a frequency.
    fn halvings(&self, frequency: f64) -> u32 {
        (self.window * frequency / PHASE_STEP).log2().ceil().max(0.0) as u32
    }

    /// The length of the cells of a frequency.
    #[must_use]
    pub fn cell(&self, frequency: f64) -> f64 {
        self.window / (1_u64 << self.halvings(frequency)) as f64
    }

    /// Ends of windows in a stretch, and of cells of its frequencies, bath by bath: what counting costs beside the jumps.
    #[must_use]
    pub fn ends(&self) -> f64 {
        let Counted { baths, windows, frequencies, .. } = &self.counted;
        let of_windows: f64 = windows.iter().map(|window| self.stretch() / window).sum();
        let of_cells: f64 = frequencies.iter().map(|frequency| self.stretch() / self.cell(*frequency)).sum();
        (of_windows + of_cells) * baths.len().max(1) as f64
    }

    /// Cells of the highest frequency in a stretch: what a spectrum costs.
    #[must_use]
    pub fn cells(&self) -> f64 {
        let most = self.counted.frequencies.iter().map(|f| self.halvings(*f)).max().unwrap_or(0);
        f64::from(self.windows) * f64::from(most).exp2()
    }
}

/// What one stretch comes to.
#[derive(Clone, Debug)]
pub struct Replica<V: Values> {
    /// Averages of the values over the stretch.
    pub mean: V,
    /// Their integrals.
    pub integral: V,
    /// The average of `<J^2>`.
    pub j_squared: f64,
    /// Net quanta absorbed from each bath.
    pub net: Vec<i64>,
    /// Quanta exchanged with each bath.
    pub exchanged: Exchanged,
    /// Jumps, those of the warm-up included.
    pub jumps: u64,
    /// The averages of the watched current over the two halves.
    pub halves: [f64; 2],
    /// The average of its square.
    pub square: f64,
}

impl<V: Values> Replica<V> {
    /// Adds a stretch of other, independent qubits. The averages of its values are left as they are: sums over groups
    /// are taken of what is read from them.
    pub fn add(&mut self, other: &Replica<V>) {
        let mean = |of: &Self| (of.halves[0] + of.halves[1]) / 2.0;
        self.square += other.square + 2.0 * mean(self) * mean(other);
        self.halves.iter_mut().zip(&other.halves).for_each(|(sum, half)| *sum += half);
        self.net.iter_mut().zip(&other.net).for_each(|(sum, net)| *sum += net);
        self.exchanged.merge(&other.exchanged);
        self.jumps += other.jumps;
    }
}

/// The phase of a frequency along the cells of a window.
#[derive(Clone, Copy, Debug)]
struct Rotor {
    frequency: f64,
    halvings: u32,
    first: (f64, f64),
    step: (f64, f64),
    whole: (f64, f64),
    now: (f64, f64),
}

fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// Clocks that tick at the ends of windows.
#[derive(Clone, Copy, Debug)]
struct Clock {
    period: f64,
    ticks: u64,
    done: u64,
}

impl Clock {
    /// When it ticks next, if it does; times are not negative, and so are ordered as their bits.
    fn next(&self, start: f64) -> Option<u64> {
        (self.done < self.ticks).then(|| (start + self.period * (self.done + 1) as f64).to_bits())
    }
}

/// Runs stretches of a protocol, one after the other. Made once, it allocates nothing more but the [`Replica`]s.
pub struct Stretches<'a, E: Unravelling> {
    engine: &'a E,
    initial: &'a E::Initial,
    protocol: &'a Protocol,
    watched: <E::Values as Values>::Form,
    counter: Counter<E::Values>,
    correlator: Correlator<E::Values>,
    intensities: Vec<<E::Values as Values>::Form>,
    sectors: Visits<E::Values>,
    rotors: Vec<Rotor>,
    /// The cells of the finest frequency, then the windows that are asked for.
    clocks: Vec<Clock>,
    /// The next tick of each clock, the earliest first, and of one time in the order of the clocks.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    finest: u32,
    /// Net counts of each bath at the end of its last window, by clock.
    at_window: Vec<Vec<i64>>,
    /// Net counts of all baths and ln(p/d_J) at the end of the last window, by clock, where entropy is followed.
    at_entropy: Vec<(Vec<i64>, f64)>,
    /// The sector of this trajectory, where it is conserved.
    sector: Option<usize>,
    timing: Timing,
    /// The instants of each bath in the first half of a cell that is not complete, by halvings.
    halves: Vec<Vec<Instants>>,
    /// Counts of each bath in the last two basic windows.
    before: Vec<[i64; 2]>,
    /// Transforms of this window and of the one before, bath by bath.
    transforms: Vec<Vec<[(f64, f64); 2]>>,
}

impl<'a, E: Unravelling> Stretches<'a, E> {
    /// For an engine of `number` qubits. `watched` is the current whose convergence is judged; `intensities` are the
    /// emission rates into all baths of the model. A stretch in hand is dropped once `interrupt` is set.
    #[must_use]
    pub fn new(
        engine: &'a E,
        initial: &'a E::Initial,
        protocol: &'a Protocol,
        number: i64,
        watched: <E::Values as Values>::Form,
        intensities: &[<E::Values as Values>::Form],
        interrupt: &Interrupt,
    ) -> Self {
        let counted = &protocol.counted;
        let halvings = |frequency: &f64| protocol.halvings(*frequency);
        let finest = counted.frequencies.iter().map(halvings).max().unwrap_or(0);
        let rotor = |frequency: &f64| {
            let cell = protocol.cell(*frequency);
            let at = |phase: f64| (phase.cos(), phase.sin());
            Rotor {
                frequency: *frequency,
                halvings: halvings(frequency),
                first: at(frequency * cell / 2.0),
                step: at(frequency * cell),
                whole: at((frequency * protocol.window) % TAU),
                now: (1.0, 0.0),
            }
        };
        let cell = protocol.window / (1_u64 << finest) as f64;
        let stretch = protocol.stretch();
        let mut clocks = vec![Clock { period: cell, ticks: u64::from(protocol.windows) << finest, done: 0 }];
        // A hair of rounding must not cost the last window.
        let ticks = |period: f64| (stretch / period * (1.0 + 1e-12)) as u64;
        clocks.extend(counted.windows.iter().map(|w| Clock { period: *w, ticks: ticks(*w), done: 0 }));
        let baths = counted.baths.len();
        let of = counted.baths.iter().zip(&counted.shares).map(|(bath, share)| (*bath, intensities[*bath], *share));
        let correlator = Correlator::new(of, &counted.delays);
        Stretches {
            engine,
            initial,
            protocol,
            watched,
            counter: Counter::new(intensities.len(), watched).until(interrupt),
            correlator,
            intensities: counted.baths.iter().map(|bath| intensities[*bath]).collect(),
            sectors: Visits::new(if protocol.sectors { number } else { 0 }, watched),
            rotors: counted.frequencies.iter().map(rotor).collect(),
            at_window: vec![vec![0; baths]; clocks.len()],
            at_entropy: vec![(vec![0; intensities.len()], 0.0); clocks.len()],
            sector: None,
            timing: Timing::new(intensities.len()),
            halves: vec![vec![Instants::default(); baths]; finest as usize + 1],
            before: vec![[0; 2]; baths],
            transforms: vec![vec![[(0.0, 0.0); 2]; counted.frequencies.len()]; baths],
            due: BinaryHeap::with_capacity(clocks.len()),
            clocks,
            finest,
        }
    }

    /// Runs one trajectory and adds its counts to `sums`. `None` where it was interrupted: the sums hold a part of it then.
    pub fn run(&mut self, rng: &mut Stream, sums: &mut Sums) -> Option<Replica<E::Values>> {
        let &Protocol { warm_up, windows, .. } = self.protocol;
        let stretch = self.protocol.stretch();
        self.counter.clear();
        let mut state = self.engine.prepare(self.initial, rng);
        if warm_up > 0.0 {
            self.engine.advance(&mut state, 0.0, warm_up, rng, &mut self.counter);
        }
        let warm_jumps = self.counter.exchanged.jumps();
        let values = self.engine.observe(&state, warm_up).values;
        self.begin(warm_up, values.j_squared(), rng);
        if self.protocol.conserved {
            self.sector = self.sectors.index(values.j_squared());
        }
        if let Some(entropy) = &self.protocol.entropy {
            let ln_weight = entropy.ln_weight(&values);
            self.at_entropy.iter_mut().for_each(|(net, last)| {
                net.fill(0);
                *last = ln_weight;
            });
        }

        let mut now = warm_up;
        let mut half = 0.0;
        while let Some(Reverse((tick, _))) = self.due.peek() {
            let (tick, next) = (*tick, f64::from_bits(*tick));
            // What is not asked for is not in the loop.
            let (engine, counter) = (self.engine, &mut self.counter);
            let (correlator, sectors, timing) = (&mut self.correlator, &mut self.sectors, &mut self.timing);
            let correlates = !self.protocol.counted.delays.is_empty();
            match (correlates, self.protocol.sectors, self.rotors.is_empty()) {
                (false, false, true) => engine.advance(&mut state, now, next, rng, counter),
                (false, false, false) => engine.advance(&mut state, now, next, rng, &mut (counter, timing)),
                (false, true, true) => engine.advance(&mut state, now, next, rng, &mut (counter, sectors)),
                (false, true, false) => {
                    engine.advance(&mut state, now, next, rng, &mut (counter, (sectors, timing)));
                }
                (true, _, true) => {
                    engine.advance(&mut state, now, next, rng, &mut (counter, (correlator, sectors)));
                }
                (true, _, false) => {
                    engine.advance(&mut state, now, next, rng, &mut (counter, (correlator, (sectors, timing))));
                }
            }
            now = next;
            while let Some(index) = self.ticks_at(tick) {
                if self.counter.interrupted() {
                    return None;
                }
                if index > 0 {
                    self.window_ends(index, sums);
                    if let Some(entropy) = &self.protocol.entropy {
                        let (before, last) = &mut self.at_entropy[index];
                        let ln_weight = entropy.ln_weight(&self.engine.observe(&state, now).values);
                        let counter = &self.counter;
                        let net = before.iter().enumerate().map(|(bath, before)| counter.exchanged.net(bath) - before);
                        sums.entropy[index - 1].push(entropy.of_quanta(net) + *last - ln_weight);
                        before.iter_mut().enumerate().for_each(|(bath, before)| *before = counter.exchanged.net(bath));
                        *last = ln_weight;
                    }
                    continue;
                }
                let done = self.clocks[0].done;
                self.cell_ends(done);
                if done.trailing_zeros() >= self.finest {
                    let window = done >> self.finest;
                    self.basic_window_ends(window, sums);
                    if 2 * window == u64::from(windows) {
                        half = self.counter.integral.integral(self.watched, stretch / 2.0);
                    }
                }
            }
        }
        Some(self.finish(stretch, half, warm_jumps, sums))
    }

    fn begin(&mut self, start: f64, j_squared: f64, rng: &mut Stream) {
        self.counter.clear();
        self.sectors.begin(start, j_squared);
        if !self.protocol.counted.delays.is_empty() {
            let end = start + self.protocol.stretch();
            self.correlator.begin(end, &mut self.counter.exchanged, rng);
        }
        self.clocks.iter_mut().for_each(|clock| clock.done = 0);
        let first = |(index, clock): (usize, &Clock)| clock.next(start).map(|tick| Reverse((tick, index)));
        self.due.clear();
        self.due.extend(self.clocks.iter().enumerate().filter_map(first));
        self.timing.begin(self.protocol.warm_up + self.clocks[0].period / 2.0);
        self.at_window.iter_mut().for_each(|counts| counts.fill(0));
        self.rotors.iter_mut().for_each(|rotor| rotor.now = rotor.first);
        self.transforms.iter_mut().flatten().for_each(|transform| *transform = [(0.0, 0.0); 2]);
    }

    /// The next clock that ticks at this time, if one does; it is done with this tick.
    fn ticks_at(&mut self, tick: u64) -> Option<usize> {
        let Reverse((_, index)) = *self.due.peek().filter(|due| due.0.0 == tick)?;
        self.due.pop();
        let clock = &mut self.clocks[index];
        clock.done += 1;
        self.due.extend(clock.next(self.protocol.warm_up).map(|next| Reverse((next, index))));
        Some(index)
    }

    /// A cell of the finest frequency ends, and with it perhaps one of twice its length, and so on.
    fn cell_ends(&mut self, done: u64) {
        if self.rotors.is_empty() {
            return;
        }
        let baths = &self.protocol.counted.baths;
        let mut length = self.clocks[0].period;
        for halvings in (0..=self.finest).rev() {
            let level = halvings as usize;
            for (index, rotor) in self.rotors.iter_mut().enumerate().filter(|(_, r)| r.halvings == halvings) {
                for (transforms, bath) in self.transforms.iter_mut().zip(baths) {
                    let quanta = times(rotor.now, self.timing.cell[*bath].transform(rotor.frequency));
                    let [transform, _] = &mut transforms[index];
                    *transform = (transform.0 + quanta.0, transform.1 + quanta.1);
                }
                rotor.now = times(rotor.now, rotor.step);
            }
            // Two halves make the next longer cell; the first waits for the second.
            let first = (done >> (self.finest - halvings)) % 2 == 1;
            for (half, bath) in self.halves[level].iter_mut().zip(baths) {
                let cell = &mut self.timing.cell[*bath];
                if first {
                    *half = cell.shifted(-length / 2.0);
                } else {
                    let mut both = *half;
                    both.add(cell.shifted(length / 2.0));
                    *cell = both;
                }
            }
            if first {
                break;
            }
            length *= 2.0;
        }
        let Clock { period, .. } = self.clocks[0];
        self.timing.begin(self.protocol.warm_up + period * (done as f64 + 0.5));
    }

    /// A window that was asked for ends.
    fn window_ends(&mut self, clock: usize, sums: &mut Sums) {
        for (place, bath) in self.protocol.counted.baths.iter().enumerate() {
            let net = self.counter.exchanged.net(*bath);
            let last = &mut self.at_window[clock][place];
            let of_bath = &mut sums.baths[place];
            of_bath.windows[clock - 1].push((net - *last) as f64);
            of_bath.quanta[clock - 1].push(net - *last);
            *last = net;
        }
    }

    /// The basic window of this number, from 1, ends.
    fn basic_window_ends(&mut self, window: u64, sums: &mut Sums) {
        let baths = &self.protocol.counted.baths;
        let mut pair = 0;
        for (place, bath) in baths.iter().enumerate() {
            let net = self.counter.exchanged.net(*bath);
            let now = net - self.at_window[0][place];
            let [last, second_last] = self.before[place];
            let of_bath = &mut sums.baths[place];
            of_bath.spans[0].push(now as f64);
            if window > 1 {
                of_bath.spans[1].push((now + last) as f64);
            }
            if window > 2 {
                of_bath.spans[2].push((now + last + second_last) as f64);
            }
            if let Some(sector) = self.sector {
                of_bath.sectors.resize(of_bath.sectors.len().max(sector + 1), Default::default());
                let [one, two] = &mut of_bath.sectors[sector];
                one.push(now as f64);
                if window > 1 {
                    two.push((now + last) as f64);
                }
            }
            for (other, other_bath) in baths.iter().enumerate().skip(place + 1) {
                let theirs = self.counter.exchanged.net(*other_bath) - self.at_window[0][other];
                sums.pairs[pair][0].push(now as f64, theirs as f64);
                if window > 1 {
                    let both = ((now + last) as f64, (theirs + self.before[other][0]) as f64);
                    sums.pairs[pair][1].push(both.0, both.1);
                }
                pair += 1;
            }
            for ((transform, rotor), phasors) in
                self.transforms[place].iter_mut().zip(&self.rotors).zip(&mut of_bath.phasors)
            {
                let [current, before] = *transform;
                phasors[0].push(current);
                if window > 1 {
                    let later = times(rotor.whole, current);
                    phasors[1].push((before.0 + later.0, before.1 + later.1));
                }
                *transform = [(0.0, 0.0), current];
            }
        }
        for (place, bath) in baths.iter().enumerate() {
            let net = self.counter.exchanged.net(*bath);
            self.before[place] = [net - self.at_window[0][place], self.before[place][0]];
            self.at_window[0][place] = net;
        }
        self.rotors.iter_mut().for_each(|rotor| rotor.now = rotor.first);
    }

    fn finish(&mut self, stretch: f64, half: f64, warm_jumps: u64, sums: &mut Sums) -> Replica<E::Values> {
        let counter = &self.counter;
        sums.time += stretch;
        let exchanged = &counter.exchanged;
        sums.add_quanta(
            (0..exchanged.baths()).map(|b| [exchanged.emitted(b), exchanged.absorbed(b)].map(|n| n as f64)),
        );
        for (of_bath, intensity) in sums.baths.iter_mut().zip(&self.intensities) {
            of_bath.emission += counter.integral.integral(*intensity, stretch);
        }
        for (of_bath, correlation) in sums.baths.iter_mut().zip(&self.correlator.correlations) {
            of_bath.anchors += correlation.count as f64;
            let add = |sums: &mut Vec<f64>, ones: &[f64]| sums.iter_mut().zip(ones).for_each(|(sum, one)| *sum += one);
            add(&mut of_bath.rate, &correlation.rate);
            add(&mut of_bath.rate_square, &correlation.rate_square);
            add(&mut of_bath.waiting, &correlation.waiting);
            add(&mut of_bath.waiting_square, &correlation.waiting_square);
        }
        if self.protocol.sectors {
            self.sectors.flush(counter, self.protocol.warm_up + stretch);
            sums.sectors.add(&self.sectors.time, &self.sectors.flow, &self.sectors.raised, &self.sectors.lowered);
        }
        let mut mean = E::Values::default();
        mean.accumulate(&counter.integral, stretch.recip());
        let whole = counter.integral.integral(self.watched, stretch);
        Replica {
            mean,
            integral: counter.integral,
            j_squared: counter.j_squared / stretch,
            net: (0..counter.exchanged.baths()).map(|bath| counter.exchanged.net(bath)).collect(),
            exchanged: counter.exchanged.clone(),
            jumps: warm_jumps + counter.exchanged.jumps(),
            halves: [half / (stretch / 2.0), (whole - half) / (stretch / 2.0)],
            square: counter.square / stretch,
        }
    }
}
