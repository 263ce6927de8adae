//! One group of qubits within a stretch: its engine, what is counted of it, and what it comes to.

use super::protocol::Protocol;
use super::sums::Sums;
use crate::model::Values;
use crate::random::Stream;
use crate::trajectory::{Correlator, Counter, Exchanged, Interrupt, Passages, Timing, Unravelling, Visits};

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

/// A group of qubits, and what is read of it.
pub struct Qubits<'a, E: Unravelling> {
    /// Its engine.
    pub engine: &'a E,
    /// What it starts from.
    pub initial: &'a E::Initial,
    /// How many there are.
    pub number: i64,
    /// The current whose convergence is judged.
    pub watched: <E::Values as Values>::Form,
    /// The emission rates into all baths of the model.
    pub intensities: &'a [<E::Values as Values>::Form],
    /// The rates at which quanta are absorbed from them.
    pub absorptions: &'a [<E::Values as Values>::Form],
}

/// A group of qubits on its way.
pub(super) struct Member<'a, E: Unravelling> {
    pub qubits: Qubits<'a, E>,
    pub counter: Counter<E::Values>,
    pub correlator: Correlator<E::Values>,
    pub sectors: Visits<E::Values>,
    pub passages: Passages,
    /// Jumps of the warm-up.
    warm_jumps: u64,
    /// The integral of the watched current over the first half.
    half: f64,
}

impl<'a, E: Unravelling> Member<'a, E> {
    pub fn new(qubits: Qubits<'a, E>, protocol: &Protocol, interrupt: &Interrupt) -> Self {
        let counted = &protocol.counted;
        let of = counted.baths.iter().zip(&counted.shares);
        let of = of.map(|(bath, share)| (*bath, qubits.intensities[*bath], *share));
        Member {
            counter: Counter::new(qubits.intensities.len(), qubits.watched).until(interrupt),
            correlator: Correlator::new(of, &counted.delays),
            sectors: Visits::new(if protocol.sectors { qubits.number } else { 0 }, qubits.watched),
            passages: Passages::new(&counted.passages),
            warm_jumps: 0,
            half: 0.0,
            qubits,
        }
    }

    /// Its state after a warm-up.
    pub fn warm_up(&mut self, length: f64, rng: &mut Stream) -> E::State {
        let Qubits { engine, initial, .. } = self.qubits;
        self.counter.clear();
        let mut state = engine.prepare(initial, rng);
        if length > 0.0 {
            engine.advance(&mut state, 0.0, length, rng, &mut self.counter);
        }
        self.warm_jumps = self.counter.exchanged.jumps();
        state
    }

    /// Goes from one time to another, with the instants of its jumps where they are asked for.
    #[inline]
    pub fn advance(
        &mut self,
        state: &mut E::State,
        (now, next): (f64, f64),
        rng: &mut Stream,
        protocol: &Protocol,
        timing: Option<&mut Timing>,
    ) {
        let (engine, counter) = (self.qubits.engine, &mut self.counter);
        let (correlator, sectors) = (&mut self.correlator, &mut self.sectors);
        // What is not asked for is not in the loop.
        if !protocol.counted.passages.is_empty() {
            let watched = (&mut self.passages, (correlator, sectors));
            return match timing {
                None => engine.advance(state, now, next, rng, &mut (counter, watched)),
                Some(timing) => engine.advance(state, now, next, rng, &mut (counter, (watched, timing))),
            };
        }
        match (protocol.counted.follows_photons(), protocol.sectors, timing) {
            (false, false, None) => engine.advance(state, now, next, rng, counter),
            (false, false, Some(timing)) => engine.advance(state, now, next, rng, &mut (counter, timing)),
            (false, true, None) => engine.advance(state, now, next, rng, &mut (counter, sectors)),
            (false, true, Some(timing)) => engine.advance(state, now, next, rng, &mut (counter, (sectors, timing))),
            (true, _, None) => engine.advance(state, now, next, rng, &mut (counter, (correlator, sectors))),
            (true, _, Some(timing)) => {
                engine.advance(state, now, next, rng, &mut (counter, (correlator, (sectors, timing))));
            }
        }
    }

    /// The first half is over, which was so long.
    pub fn halve(&mut self, length: f64) {
        self.half = self.counter.integral.integral(self.qubits.watched, length);
    }

    /// The integral of the emission rate into a bath, over so long.
    pub fn emitted(&self, bath: usize, length: f64) -> f64 {
        self.counter.integral.integral(self.qubits.intensities[bath], length)
    }

    /// What a stretch comes to; its counts are added to `sums`.
    pub fn finish(&mut self, stretch: f64, protocol: &Protocol, sums: &mut Sums) -> Replica<E::Values> {
        for (of_bath, bath) in sums.baths.iter_mut().zip(&protocol.counted.baths) {
            of_bath.emission += self.emitted(*bath, stretch);
        }
        let Member { qubits: Qubits { watched, .. }, counter, sectors, warm_jumps, half, .. } = self;
        let exchanged = &counter.exchanged;
        sums.add_quanta(
            (0..exchanged.baths()).map(|b| [exchanged.emitted(b), exchanged.absorbed(b)].map(|n| n as f64)),
        );
        if protocol.sectors {
            sectors.flush(counter, protocol.warm_up + stretch);
            sums.sectors.add(&sectors.time, &sectors.flow, &sectors.raised, &sectors.lowered);
        }
        let mut mean = E::Values::default();
        mean.accumulate(&counter.integral, stretch.recip());
        let whole = counter.integral.integral(*watched, stretch);
        Replica {
            mean,
            integral: counter.integral,
            j_squared: counter.j_squared / stretch,
            net: (0..exchanged.baths()).map(|bath| exchanged.net(bath)).collect(),
            exchanged: exchanged.clone(),
            jumps: *warm_jumps + exchanged.jumps(),
            halves: [*half / (stretch / 2.0), (whole - *half) / (stretch / 2.0)],
            square: counter.square / stretch,
        }
    }
}
