//! Jumps of a register: which channel fires, on which qubit, and what it leaves.

use aligned_vec::AVec;
use num_complex::Complex64;
use rand::{Rng, RngExt};

use super::operators::{Channel, Measured, Operators, Scratch};
use crate::bath::{Coupling, Process};
use crate::trajectory::Jump;
use crate::trajectory::propagation::{normalize, numbers_mut};

impl Operators {
    /// How often a channel fires per unit of time in a state.
    pub fn channel_rate(&self, channel: &Channel, measured: &Measured) -> f64 {
        let n = self.space.qubits();
        let seen = || measured.values.seen(channel.coupling, n);
        channel.rate
            * match (channel.process, channel.coupling) {
                (Process::Emission, _) => seen().emission,
                (Process::Absorption, _) => seen().absorption,
                (Process::Dephasing, Coupling::Collective) => measured.jz_squared,
                (Process::Dephasing, Coupling::Local) => n as f64 / 2.0 / 2.0,
            }
    }

    /// How often any channel fires.
    pub fn rate(&self, measured: &Measured) -> f64 {
        self.channels.iter().map(|channel| self.channel_rate(channel, measured)).sum()
    }

    /// Draws the channel that fires in a state of these values; `None` where nothing can fire.
    pub fn channel(&self, measured: &Measured, rng: &mut impl Rng) -> Option<&Channel> {
        let mut at = rng.random::<f64>() * self.rate(measured);
        let mut chosen = None;
        for channel in &self.channels {
            let rate = self.channel_rate(channel, measured);
            // Never a rate of zero: where rounding carries past the end, the last positive one takes it.
            if rate > 0.0 {
                chosen = Some(channel);
                if at < rate {
                    break;
                }
                at -= rate;
            }
        }
        chosen
    }

    /// Where a channel leads.
    pub fn beside(&self, block: usize, channel: &Channel) -> Option<usize> {
        match channel.process {
            Process::Emission => self.space.below(block),
            Process::Absorption => self.space.above(block),
            Process::Dephasing => Some(block),
        }
    }

    /// Draws the jump of a state whose values and images are at hand, and applies it: the new state, normalized, is in
    /// `psi`, and its block is returned. `None` where nothing can fire.
    pub fn jump(
        &self,
        block: usize,
        psi: &mut AVec<Complex64>,
        measured: &Measured,
        scratch: &mut Scratch,
        rng: &mut impl Rng,
    ) -> Option<(Jump, usize)> {
        let channel = self.channel(measured, rng)?;
        let to = self.beside(block, channel)?;
        match (channel.coupling, channel.process) {
            (Coupling::Collective, Process::Emission) => std::mem::swap(psi, &mut scratch.lowered),
            (Coupling::Collective, Process::Absorption) => std::mem::swap(psi, &mut scratch.raised),
            _ => self.fire(channel, (block, to), psi, &mut scratch.lowered, rng),
        }
        normalize(numbers_mut(&mut psi[..self.space.dimension(to)]));
        Some((Jump { bath: channel.bath, process: channel.process }, to))
    }

    /// What a channel makes of a state, up to its norm, where that is neither S_- psi nor S_+ psi.
    pub fn fire(
        &self,
        channel: &Channel,
        (block, to): (usize, usize),
        psi: &mut AVec<Complex64>,
        spare: &mut AVec<Complex64>,
        rng: &mut impl Rng,
    ) {
        match (channel.coupling, channel.process) {
            (Coupling::Collective, _) => {
                let half = self.space.qubits() as f64 / 2.0;
                for (c, mask) in psi.iter_mut().zip(self.space.masks(block)) {
                    *c *= f64::from(mask.count_ones()) - half;
                }
            }
            (Coupling::Local, Process::Dephasing) => {
                let qubit = rng.random_range(0..self.space.qubits());
                for (c, mask) in psi.iter_mut().zip(self.space.masks(block)) {
                    if mask >> qubit & 1 == 0 {
                        *c = -*c;
                    }
                }
            }
            (Coupling::Local, process) => {
                let excited = process == Process::Emission;
                let bit = 1 << self.qubit(block, psi, excited, rng);
                for (c, mask) in spare.iter_mut().zip(self.space.masks(to)) {
                    let possible = (mask & bit == 0) == excited;
                    *c = if possible { psi[self.space.rank(mask ^ bit)] } else { Complex64::ZERO };
                }
                std::mem::swap(psi, spare);
            }
        }
    }

    /// Draws a qubit with the probability that it is excited (or not): a mask by its weight, counted as often as it
    /// has such qubits, and one of these.
    fn qubit(&self, block: usize, psi: &[Complex64], excited: bool, rng: &mut impl Rng) -> usize {
        let candidates = |mask: u32| {
            let of_kind = if excited { mask } else { !mask };
            of_kind & ((1_u64 << self.space.qubits()) - 1) as u32
        };
        let weights = || {
            let pairs = psi.iter().zip(self.space.masks(block));
            pairs.map(|(c, mask)| (candidates(*mask), c.norm_sqr() * f64::from(candidates(*mask).count_ones())))
        };
        let mut at = rng.random::<f64>() * weights().map(|(_, weight)| weight).sum::<f64>();
        let mut chosen = 0;
        for (bits, weight) in weights().filter(|(_, weight)| *weight > 0.0) {
            chosen = bits;
            if at < weight {
                break;
            }
            at -= weight;
        }
        let which = rng.random_range(0..chosen.count_ones().max(1));
        let last = (0..which).fold(chosen, |bits, _| bits & (bits - 1));
        last.trailing_zeros() as usize
    }
}
