//! One trajectory in the steady state: a warm-up that is thrown away, then a stretch that is measured. Groups of qubits
//! go each by itself, and their quanta are counted together.
//!
//! Waiting times are memoryless, so the stretch is cut wherever a window or a cell of a Fourier sum ends, without
//! changing its law. Nothing is kept but sums.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::f64::consts::TAU;

use super::protocol::{Counted, Protocol};
use super::qubits::{Member, Qubits, Replica};
use super::sums::Sums;
use crate::model::Values;
use crate::random::Stream;
use crate::trajectory::{Instants, Interrupt, Recorder, Timing, Unravelling};

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
    /// How long before the end of each period.
    early: f64,
    ticks: u64,
    done: u64,
}

impl Clock {
    /// When it ticks next, if it does; times are not negative, and so are ordered as their bits.
    fn next(&self, start: f64) -> Option<u64> {
        (self.done < self.ticks).then(|| (start + self.period * (self.done + 1) as f64 - self.early).to_bits())
    }
}

/// Runs stretches of a protocol, one after the other. Made once, it allocates nothing more but states and [`Replica`]s.
pub struct Stretches<'a, E: Unravelling> {
    members: Vec<Member<'a, E>>,
    protocol: &'a Protocol,
    rotors: Vec<Rotor>,
    /// The cells of the finest frequency, then the windows that are asked for, then the times of passages, the last first.
    clocks: Vec<Clock>,
    /// The next tick of each clock, the earliest first, and of one time in the order of the clocks.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    finest: u32,
    /// Net counts of each bath at the end of its last window, by clock.
    at_window: Vec<Vec<i64>>,
    /// Net counts of all baths, group after group, and the sum of ln(p/d_J) at the end of the last window, by clock, where
    /// entropy is followed.
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
    /// Of groups that are counted together, which are independent. A stretch in hand is dropped once `interrupt` is set.
    #[must_use]
    pub fn new(groups: Vec<Qubits<'a, E>>, protocol: &'a Protocol, interrupt: &Interrupt) -> Self {
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
        let mut clocks =
            vec![Clock { period: cell, early: 0.0, ticks: u64::from(protocol.windows) << finest, done: 0 }];
        // A hair of rounding must not cost the last window.
        let ticks = |period: f64| (stretch / period * (1.0 + 1e-12)) as u64;
        let every = |period: f64, early: f64| Clock { period, early, ticks: ticks(period), done: 0 };
        clocks.extend(counted.windows.iter().map(|w| every(*w, 0.0)));
        if let Some(last) = counted.passage_times.last().filter(|_| !counted.passages.is_empty()) {
            clocks.extend(counted.passage_times.iter().rev().map(|time| every(*last, last - time)));
        }
        let (baths, all) = (counted.baths.len(), groups.first().map_or(0, |qubits| qubits.intensities.len()));
        let members: Vec<_> = groups.into_iter().map(|qubits| Member::new(qubits, protocol, interrupt)).collect();
        Stretches {
            protocol,
            rotors: counted.frequencies.iter().map(rotor).collect(),
            at_window: vec![vec![0; baths]; clocks.len()],
            at_entropy: vec![(vec![0; all * members.len()], 0.0); clocks.len()],
            sector: None,
            timing: Timing::new(all),
            halves: vec![vec![Instants::default(); baths]; finest as usize + 1],
            before: vec![[0; 2]; baths],
            transforms: vec![vec![[(0.0, 0.0); 2]; counted.frequencies.len()]; baths],
            due: BinaryHeap::with_capacity(clocks.len()),
            clocks,
            finest,
            members,
        }
    }

    /// Runs one trajectory of every group and adds their counts to `sums`; what each comes to, in their order. `None` where
    /// it was interrupted: the sums hold a part of it then.
    pub fn run(&mut self, rng: &mut Stream, sums: &mut Sums) -> Option<Vec<Replica<E::Values>>> {
        let &Protocol { warm_up, windows, .. } = self.protocol;
        let stretch = self.protocol.stretch();
        let mut states: Vec<E::State> = self.members.iter_mut().map(|member| member.warm_up(warm_up, rng)).collect();
        self.begin(&states, rng);

        let mut now = warm_up;
        while let Some(Reverse((tick, _))) = self.due.peek() {
            let (tick, next) = (*tick, f64::from_bits(*tick));
            let mut timing = (!self.rotors.is_empty()).then_some(&mut self.timing);
            for (member, state) in self.members.iter_mut().zip(&mut states) {
                member.advance(state, (now, next), rng, self.protocol, timing.as_deref_mut());
            }
            now = next;
            while let Some(index) = self.ticks_at(tick) {
                if self.members.iter().any(|member| member.counter.interrupted()) {
                    return None;
                }
                let asked = self.protocol.counted.windows.len();
                if index > asked {
                    let time = self.protocol.counted.passage_times.len() - (index - asked);
                    self.passages_at(time, now, &states, sums);
                    continue;
                }
                if index > 0 {
                    self.window_ends(index, sums);
                    self.entropy_of_window(index, now, &states, sums);
                    continue;
                }
                let done = self.clocks[0].done;
                self.cell_ends(done);
                if done.trailing_zeros() >= self.finest {
                    let window = done >> self.finest;
                    self.basic_window_ends(window, sums);
                    if 2 * window == u64::from(windows) {
                        self.members.iter_mut().for_each(|member| member.halve(stretch / 2.0));
                    }
                }
            }
        }
        Some(self.finish(stretch, sums))
    }

    /// Net quanta absorbed from a bath by all groups.
    fn net(&self, bath: usize) -> i64 {
        self.members.iter().map(|member| member.counter.exchanged.net(bath)).sum()
    }

    /// Begins to count in these states.
    fn begin(&mut self, states: &[E::State], rng: &mut Stream) {
        let start = self.protocol.warm_up;
        let mut ln_weights = 0.0;
        for (group, (member, state)) in self.members.iter_mut().zip(states).enumerate() {
            let values = member.qubits.engine.observe(state, start).values;
            member.counter.clear();
            member.passages.begin(&member.counter.exchanged);
            member.sectors.begin(start, values.j_squared());
            if self.protocol.counted.follows_photons() {
                let end = start + self.protocol.stretch();
                member.correlator.begin(end, &mut member.counter.exchanged, rng);
            }
            if self.protocol.conserved {
                self.sector = member.sectors.index(values.j_squared());
            }
            if let Some(entropy) = &self.protocol.entropy {
                ln_weights += entropy.ln_weight(group, &values);
            }
        }
        self.at_entropy.iter_mut().for_each(|(net, last)| {
            net.fill(0);
            *last = ln_weights;
        });
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

    /// What a window that was asked for has produced, where that is followed.
    fn entropy_of_window(&mut self, clock: usize, now: f64, states: &[E::State], sums: &mut Sums) {
        let Some(entropy) = &self.protocol.entropy else { return };
        let (before, last) = &mut self.at_entropy[clock];
        let (mut produced, mut ln_weights) = (0.0, 0.0);
        let baths = before.len() / self.members.len();
        for (group, ((member, state), before)) in
            self.members.iter().zip(states).zip(before.chunks_mut(baths)).enumerate()
        {
            let net = |bath: usize| member.counter.exchanged.net(bath);
            let since = before.iter().enumerate().map(|(bath, before)| net(bath) - before);
            produced += entropy.of_quanta(group, since);
            ln_weights += entropy.ln_weight(group, &member.qubits.engine.observe(state, now).values);
            before.iter_mut().enumerate().for_each(|(bath, before)| *before = net(bath));
        }
        sums.entropy[clock - 1].push(produced + *last - ln_weights);
        *last = ln_weights;
    }

    /// Which of the quanta that are waited for have come by the time of this place, and how fast the last one comes; with
    /// the last time the next wait begins.
    fn passages_at(&mut self, place: usize, now: f64, states: &[E::State], sums: &mut Sums) {
        let Counted { baths, passage_times, .. } = &self.protocol.counted;
        let last = place + 1 == passage_times.len();
        for (member, state) in self.members.iter_mut().zip(states) {
            let values = member.qubits.engine.observe(state, now).values;
            for wait in member.passages.each() {
                let Some(at) = baths.iter().position(|bath| *bath == wait.of.bath) else { continue };
                let seen = &mut sums.baths[at].passages;
                seen.begun += f64::from(u8::from(last));
                if wait.passed {
                    seen.passed[place] += 1.0;
                } else if wait.missing(&member.counter.exchanged) == 1 {
                    let Qubits { intensities, absorptions, .. } = member.qubits;
                    let forms = if wait.of.quanta > 0 { absorptions } else { intensities };
                    let rate = values.at(forms[wait.of.bath]);
                    seen.rate[place] += rate;
                    seen.rate_square[place] += rate * rate;
                }
            }
            if last {
                member.passages.begin(&member.counter.exchanged);
            }
        }
    }

    /// A window that was asked for ends.
    fn window_ends(&mut self, clock: usize, sums: &mut Sums) {
        for (place, bath) in self.protocol.counted.baths.iter().enumerate() {
            let net = self.net(*bath);
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
            let net = self.net(*bath);
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
                let theirs = self.net(*other_bath) - self.at_window[0][other];
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
            let net = self.net(*bath);
            self.before[place] = [net - self.at_window[0][place], self.before[place][0]];
            self.at_window[0][place] = net;
        }
        self.rotors.iter_mut().for_each(|rotor| rotor.now = rotor.first);
    }

    fn finish(&mut self, stretch: f64, sums: &mut Sums) -> Vec<Replica<E::Values>> {
        sums.time += stretch;
        let baths = &self.protocol.counted.baths;
        let rate = |member: &Member<E>, bath: &usize| member.emitted(*bath, stretch) / stretch;
        for (place, bath) in baths.iter().enumerate().filter(|_| self.protocol.counted.follows_photons()) {
            for (index, member) in self.members.iter().enumerate() {
                let others = self.members.iter().enumerate().filter(|(other, _)| *other != index);
                // What others emit is independent of these anchors.
                let others = others.map(|(_, other)| rate(other, bath)).sum();
                sums.baths[place].add_photons(&member.correlator.correlations[place].after, others);
            }
        }
        let protocol = self.protocol;
        self.members.iter_mut().map(|member| member.finish(stretch, protocol, sums)).collect()
    }
}
