//! What a generator makes of terms of a series, and a quench of a block.

use super::super::block::{Block, Term, combine, pair};
use super::super::factors::{Factor, Factors, Follow, NODES};
use super::super::streams::{Room, Stream};
use super::{Flow, Generator, Operators, Run};
use crate::bath::Process;
use crate::model::protocol::Entry;
use crate::vectorized::{dot, vectorized};

impl Operators {
    /// A first term, like this block.
    pub fn term(&self, block: &Block) -> Term {
        let overlaps = if block.sums.is_empty() { 0 } else { (1 + self.flows.len()) * block.lanes() };
        Term { block: block.clone(), overlaps: vec![0.0; overlaps] }
    }

    /// Where sums of terms are made.
    pub fn room(&self) -> Room {
        self.streams.room(self.flows.len())
    }

    /// Finds the overlaps of a term, once its block is known.
    pub fn weigh(&self, term: &mut Term) {
        let Term { block, overlaps } = term;
        if overlaps.is_empty() {
            return;
        }
        vectorized(
            #[inline(always)]
            || {
                let weights = std::iter::once(&self.m).chain(self.flows.iter().map(|flow| &flow.exits));
                for (weights, overlap) in weights.zip(overlaps.chunks_exact_mut(block.lanes())) {
                    for (lane, overlap) in overlap.iter_mut().enumerate() {
                        *overlap = dot::<8>(weights, block.lane(lane));
                    }
                }
            },
        );
    }

    /// `image = scale (sum_m generator_m terms_m + shift terms_0)`, of as many terms as there are.
    pub fn apply(&self, generator: &Generator, scale: f64, terms: &[Term], room: &mut Room, image: &mut Block) {
        vectorized(
            #[inline(always)]
            || self.apply_to(generator, scale, terms, room, image),
        );
    }

    #[inline(always)]
    fn apply_to(&self, generator: &Generator, scale: f64, terms: &[Term], room: &mut Room, image: &mut Block) {
        let Generator { orders, degrees, shift, .. } = generator;
        let held = |((flow, factor), degree): ((_, _), &usize)| (*degree == 0).then_some((flow, factor));
        let of = &terms[0].block;
        for lane in 0..of.lanes() {
            self.stays(generator, scale, terms, lane, image.lane_mut(lane));
            for (flow, factor) in self.flows.iter().zip(&orders[0].flows).zip(degrees).filter_map(held) {
                flow.moves(scale * factor.gain, of.lane(lane), image.lane_mut(lane));
                if let Some(entry) = entry(orders, lane) {
                    flow.moves(scale * factor.first[entry], of.lane(0), image.lane_mut(lane));
                }
            }
            self.changing((generator, scale), (terms, lane), room, image.lane_mut(lane));
        }
        image.sums.iter_mut().zip(&of.sums).for_each(|(out, sum)| *out = scale * shift * sum);
        if !of.sums.is_empty() {
            for (factors, term) in orders.iter().zip(terms) {
                self.sums(factors, scale, term, &mut image.sums);
            }
        }
    }

    /// What leads to no other level, but for losses that change.
    #[inline(always)]
    fn stays(&self, generator: &Generator, scale: f64, terms: &[Term], lane: usize, out: &mut [f64]) {
        let Generator { orders, diagonal, shift, .. } = generator;
        for ((out, d), v) in out.iter_mut().zip(diagonal).zip(terms[0].block.lane(lane)) {
            *out = scale * (d + shift) * v;
        }
        let mut add = |weight: f64, of: &[f64]| {
            for ((out, m), v) in out.iter_mut().zip(&self.m).zip(of) {
                *out += weight * m * v;
            }
        };
        let works = entry(orders, lane) == Some(Entry::Work.index());
        for (order, (Factors { tilt, power, .. }, term)) in orders.iter().zip(terms).enumerate() {
            // At first it is in the diagonal.
            if order > 0 && *tilt != 0.0 {
                add(scale * tilt, term.block.lane(lane));
            }
            if works && *power != 0.0 {
                add(scale * power, term.block.lane(0));
            }
        }
    }

    /// What flows do whose factors change.
    #[inline(always)]
    fn changing(
        &self,
        (generator, scale): (&Generator, f64),
        (terms, lane): (&[Term], usize),
        room: &mut Room,
        out: &mut [f64],
    ) {
        let Generator { orders, degrees, alike, .. } = generator;
        let follow = orders[0].follow;
        let changes = |flow: &usize| degrees[*flow] > 0;
        let own = |flow: &usize| changes(flow) && alike[*flow].is_none();
        self.combined((generator, scale), (terms, lane), own, |factor| factor.loss, room);
        for flow in (0..self.flows.len()).filter(changes) {
            if let Some(other) = alike[flow] {
                let beyond = scale * orders[0].flows[flow].beyond;
                room.raise(flow, other, beyond, terms[0].block.lane(lane));
            }
        }
        let loses = |stream: &Stream| changes(&stream.flow) && (stream.loses || follow != Follow::Entropy);
        self.streams.add(loses, room, out);
        if follow == Follow::Entropy {
            self.gained((generator, scale), (terms, lane), |factor| factor.gain, room, out);
        }
        if let Some(entry) = entry(orders, lane) {
            self.gained((generator, scale), (terms, 0), |factor| factor.first[entry], room, out);
        }
    }

    /// Adds what flows make of a lane whose factors change, but for losses.
    #[inline(always)]
    fn gained(
        &self,
        (generator, scale): (&Generator, f64),
        (terms, lane): (&[Term], usize),
        of: impl Fn(&Factor) -> f64,
        room: &mut Room,
        out: &mut [f64],
    ) {
        let Generator { orders, degrees, .. } = generator;
        let gains = |flow: &usize| degrees[*flow] > 0 && orders.iter().any(|order| of(&order.flows[*flow]) != 0.0);
        self.combined((generator, scale), (terms, lane), gains, &of, room);
        self.streams.add(|stream| !stream.loses && gains(&stream.flow), room, out);
    }

    /// What terms add up to, by what each of some flows is multiplied by: two flows at a time.
    #[inline(always)]
    fn combined(
        &self,
        (generator, scale): (&Generator, f64),
        (terms, lane): (&[Term], usize),
        among: impl Fn(&usize) -> bool,
        of: impl Fn(&Factor) -> f64,
        room: &mut Room,
    ) {
        let orders = &generator.orders;
        let terms = &terms[..orders.len().min(terms.len())];
        let weights = |flow: usize| -> [f64; NODES] {
            std::array::from_fn(|order| orders.get(order).map_or(0.0, |order| scale * of(&order.flows[flow])))
        };
        let mut left = (0..self.flows.len()).filter(|flow| among(flow));
        while let Some(one) = left.next() {
            match left.next() {
                Some(other) => {
                    combine(&[weights(one), weights(other)], terms, lane, room.of([one, other]));
                }
                None => combine(&[weights(one)], terms, lane, room.of([one])),
            }
        }
    }

    /// Adds to the sums what they gain by one term.
    #[inline(always)]
    fn sums(&self, factors: &Factors, scale: f64, term: &Term, sums: &mut [f64]) {
        let lanes = term.block.lanes();
        let work = Entry::Work.index();
        let mut add = |first: &dyn Fn(usize) -> f64, second: &dyn Fn(usize) -> f64, v: &[f64]| match factors.follow {
            Follow::Moments => {
                for a in 0..self.entries {
                    for b in 0..=a {
                        let at = pair(a, b);
                        sums[at] += scale * (first(a) * v[1 + b] + first(b) * v[1 + a] + second(at) * v[0]);
                    }
                }
            }
            _ => {
                for a in 0..self.entries {
                    let first = scale * first(a);
                    sums[a * lanes..][..lanes].iter_mut().zip(v).for_each(|(sum, v)| *sum += first * v);
                }
            }
        };
        let mut overlaps = term.overlaps.chunks_exact(lanes);
        if let Some(of_m) = overlaps.next().filter(|_| factors.power != 0.0) {
            add(&|a| if a == work { factors.power } else { 0.0 }, &|_| 0.0, of_m);
        }
        for ((flow, factor), overlap) in self.flows.iter().zip(&factors.flows).zip(overlaps) {
            if flow.process != Process::Dephasing && !factor.is_zero() {
                add(&|a| factor.first[a], &|at| factor.second[at], overlap);
            }
        }
    }

    /// A quench by so much energy of a quantum, and so much `hbar omega/(k_B T)` where work is weighted.
    pub fn quench(&self, follow: Follow, energy: f64, tilted: f64, block: &mut Block) {
        if energy == 0.0 {
            return;
        }
        let work = Entry::Work.index();
        match follow {
            Follow::Nothing | Follow::Entropy => {}
            Follow::Work { s, .. } => {
                let values = block.values.iter_mut().zip(self.m.iter().cycle());
                values.for_each(|(v, m)| *v *= (-s * tilted * m).exp());
            }
            Follow::Moments => {
                let squares: f64 = self.m.iter().zip(block.lane(0)).map(|(m, p)| (energy * m).powi(2) * p).sum();
                for b in 0..self.entries {
                    let twice = if b == work { 2.0 } else { 1.0 };
                    let with = dot::<8>(&self.m, block.lane(1 + b));
                    block.sums[pair(work, b)] += twice * energy * with;
                }
                block.sums[pair(work, work)] += squares;
                let done: Vec<f64> = self.m.iter().zip(block.lane(0)).map(|(m, p)| energy * m * p).collect();
                block.lane_mut(1 + work).iter_mut().zip(done).for_each(|(v, done)| *v += done);
            }
            Follow::Currents => {
                let lanes = block.lanes();
                for lane in 0..lanes {
                    let done = energy * dot::<8>(&self.m, block.lane(lane));
                    block.sums[work * lanes + lane] += done;
                }
            }
        }
    }
}

impl Flow {
    /// Adds what its moves make of values, times a weight.
    #[inline(always)]
    fn moves(&self, gain: f64, of: &[f64], out: &mut [f64]) {
        if gain == 0.0 {
            return;
        }
        for Run { from, to, weights } in &self.runs {
            let out = out[*to..][..weights.len()].iter_mut();
            let of = weights.iter().zip(&of[*from..][..weights.len()]);
            for (out, (weight, v)) in out.zip(of) {
                *out += gain * weight * v;
            }
        }
    }
}

/// The entry that a lane follows, if it follows one.
fn entry(orders: &[Factors], lane: usize) -> Option<usize> {
    lane.checked_sub(1).filter(|_| orders[0].follow == Follow::Moments)
}
