//! The operators of a register on its blocks: H_eff, and what the values and the rates of jumps are made of.

mod exchange;
mod measured;
mod side_by_side;

pub(super) use measured::Measured;

use std::ops::Range;
use std::sync::Arc;

use aligned_vec::{AVec, avec};
use num_complex::Complex64;

use self::exchange::Exchange;
use super::diagonal::Diagonal;
use super::flips::{Drift, Drive};
use super::space::{Space, Weights};
use crate::bath::{Coupling, Process, Rates};
use crate::model::Register;
use crate::trajectory::propagation::acting::{Acting, Steered};
use crate::trajectory::propagation::{Generator, Layout, amplitudes, amplitudes_mut};

/// A kind of jump of one bath.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    pub bath: usize,
    pub coupling: Coupling,
    pub process: Process,
    pub rate: f64,
}

/// Everything that acts, ready to be applied. Works in the frame of the drive, or of the reference frequency. Clones share
/// what does not change in time.
#[derive(Clone, Debug)]
pub(super) struct Operators {
    pub space: Arc<Space>,
    pub channels: Vec<Channel>,
    number: usize,
    /// S_- = sum_j g_j sigma_-^(j).
    coupling: Arc<Weights>,
    /// g, where J_- = S_-/g.
    uniform: Option<f64>,
    /// [H_0, S_-] where it is not a multiple of S_-, as an energy.
    commutator: Option<Arc<Weights>>,
    pub quantum: f64,
    /// Omega/2 of the drive.
    half_amplitude: f64,
    exchange: Option<Arc<Exchange>>,
    /// `[S_+, S_-] = sum_j g_j^2 sigma_z^(j)`, block by block.
    splitting: Arc<Vec<Vec<f64>>>,
    /// M of every mask, twice, in the space of all states.
    heights: Arc<Vec<f64>>,
    /// The energy of the excited qubits where they differ, block by block.
    excited: Option<Arc<Vec<Vec<f64>>>>,
    /// The diagonal of A, less what collective jumps take through S_+ S_- or S_- S_+, block by block.
    diagonal: Vec<Diagonal>,
    /// The rates of all collective baths.
    down: f64,
    up: f64,
    /// A bound of the norm of S_+ S_-.
    of_coupling: f64,
    pub norm_bound: f64,
}

/// Room for S_- psi and S_+ psi.
#[derive(Clone, Debug)]
pub(super) struct Scratch {
    pub lowered: AVec<Complex64>,
    pub raised: AVec<Complex64>,
}

impl Scratch {
    pub fn new(dimension: usize) -> Self {
        Scratch { lowered: avec![Complex64::ZERO; dimension], raised: avec![Complex64::ZERO; dimension] }
    }
}

/// A bound of the norm of S_+ S_-: its elements are no larger than those of as many qubits of the largest |g_j| each, for
/// which it is that of (J + M)(J - M + 1), J = N/2; and |S_-| is no more than the sum of the |g_j|.
fn norm_of_lowering(g: &[f64]) -> f64 {
    let (sum, largest) = g.iter().fold((0.0_f64, 0.0_f64), |(sum, largest), g| (sum + g.abs(), largest.max(g.abs())));
    let alike = (g.len() + 1).pow(2) / 4;
    (sum * sum).min(largest * largest * alike as f64)
}

/// M of a mask.
fn m(number: usize, mask: u32) -> f64 {
    f64::from(mask.count_ones()) - number as f64 / 2.0
}

impl Operators {
    pub fn new(register: &Register, whole: bool) -> Self {
        let n = register.number();
        let space = Space::new(n, whole);
        let units = register.units;
        let pairs = || (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        let couples: Vec<_> =
            pairs().map(|pair| (pair, units.angular(register.exchange[pair]))).filter(|(_, v)| *v != 0.0).collect();
        let exchange = (!couples.is_empty())
            .then(|| Arc::new(Exchange::new(&space, &couples, units.quantum(1.0) / units.angular(1.0))));

        let g = &register.couplings;
        let alike = |values: &[f64]| values.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits());
        let uniform = g.first().copied().filter(|first| alike(g) && *first != 0.0);
        let same_energy = alike(&register.frequencies);
        // [H_0, S_-] = sum_j sigma_-^(j) (-omega_j g_j + sum_(i != j) V_ij g_i sigma_z^(i)).
        let own = |qubit: usize| -units.quantum(register.frequencies[qubit]) * g[qubit];
        let commutator = if exchange.is_none() {
            (!same_energy).then(|| Arc::new(space.weights_of(&(0..n).map(own).collect::<Vec<_>>())))
        } else {
            Some(Arc::new(space.weights(|rest, qubit| {
                let others = (0..n).filter(|other| *other != qubit).map(|other| {
                    let sign = if rest >> other & 1 == 1 { 1.0 } else { -1.0 };
                    sign * units.quantum(register.exchange[(qubit, other)]) * g[other]
                });
                others.sum::<f64>() + own(qubit)
            })))
        };

        let mut channels = Vec::new();
        for (bath, of) in register.baths.iter().enumerate() {
            for process in [Process::Emission, Process::Absorption, Process::Dephasing] {
                let rate = of.rate(process);
                // J_z leaves a state of sharp M as it is: no jump, and no loss.
                let acts = whole || (of.coupling, process) != (Coupling::Collective, Process::Dephasing);
                if rate > 0.0 && acts {
                    channels.push(Channel { bath, coupling: of.coupling, process, rate });
                }
            }
        }
        let mut rates = [Rates::default(); 2];
        for channel in &channels {
            let of = &mut rates[usize::from(channel.coupling != Coupling::ALL[0])];
            match channel.process {
                Process::Emission => of.down += channel.rate,
                Process::Absorption => of.up += channel.rate,
                Process::Dephasing => of.dephasing += channel.rate,
            }
        }
        let detuning = register.drive.map_or(0.0, |drive| drive.detuning);
        let amplitude = units.angular(register.drive.map_or(0.0, |drive| drive.amplitude));
        let offset = |qubit: usize| units.angular(register.frequencies[qubit] - register.frequency + detuning);
        let blocks = space.blocks();
        let coupling = match uniform {
            Some(g) => Weights::Uniform(g),
            None => space.weights_of(g),
        };
        let of_masks = |of: &dyn Fn(u32) -> f64| -> Vec<Vec<f64>> {
            (0..blocks).map(|block| space.masks(block).iter().map(|mask| of(*mask)).collect()).collect()
        };
        let excited = |mask: u32| (0..n).filter(move |qubit| mask >> qubit & 1 == 1);
        let energy = |mask| excited(mask).map(|qubit| units.quantum(register.frequencies[qubit])).sum();
        let squares: f64 = g.iter().map(|g| g * g).sum();
        let splitting = |mask| 2.0 * excited(mask).map(|qubit| g[qubit] * g[qubit]).sum::<f64>() - squares;
        let heights =
            if whole { space.masks(0).iter().flat_map(|mask| [m(n, *mask); 2]).collect() } else { Vec::new() };
        let mut operators = Operators {
            coupling: Arc::new(coupling),
            uniform,
            commutator,
            splitting: Arc::new(of_masks(&splitting)),
            heights: Arc::new(heights),
            excited: (!same_energy).then(|| Arc::new(of_masks(&energy))),
            quantum: register.frequencies.first().map_or(0.0, |frequency| units.quantum(*frequency)),
            half_amplitude: 0.0,
            of_coupling: norm_of_lowering(g),
            norm_bound: 0.0,
            channels,
            number: n,
            exchange,
            diagonal: (0..blocks).map(|block| Diagonal::new(space.dimension(block))).collect(),
            down: 0.0,
            up: 0.0,
            space: Arc::new(space),
        };
        operators.set(offset, units.angular(register.chi), amplitude, rates, 0..blocks);
        operators
    }

    /// Gives qubits these offsets to the frame, and a twisting, a drive about x and rates of each coupling, on some
    /// blocks.
    fn set(
        &mut self,
        offset: impl Fn(usize) -> f64,
        chi: f64,
        amplitude: f64,
        [collective, local]: [Rates; 2],
        blocks: Range<usize>,
    ) {
        let n = self.number;
        let element = |mask: u32| {
            let (m, k) = (m(n, mask), f64::from(mask.count_ones()));
            let sign = |qubit: usize| if mask >> qubit & 1 == 1 { 0.5 } else { -0.5 };
            let energy = (0..n).map(|qubit| sign(qubit) * offset(qubit)).sum::<f64>() + chi * m * m;
            let loss = local.down * k
                + local.up * (n as f64 - k)
                + local.dephasing * n as f64 / 4.0
                + collective.dephasing * m * m;
            Complex64::new(-0.5 * loss, -energy)
        };
        (self.down, self.up, self.half_amplitude) = (collective.down, collective.up, amplitude / 2.0);
        let mut of_diagonal = 0.0_f64;
        for block in blocks {
            let collective = if self.descends(block) { 0.5 * self.up } else { -0.5 * self.down };
            let elements = self.space.masks(block).iter().zip(&self.splitting[block]);
            for (state, (mask, splitting)) in elements.enumerate() {
                let element = element(*mask) + collective * splitting;
                self.diagonal[block].set(state, element);
                of_diagonal = of_diagonal.max(element.norm());
            }
        }
        let of_baths = 0.5 * (self.down + self.up) * self.of_coupling;
        let of_exchange = self.exchange.as_ref().map_or(0.0, |exchange| exchange.bound);
        self.norm_bound = of_diagonal + of_exchange + of_baths + amplitude.abs() * n as f64 / 2.0;
    }

    /// Whether losses to collective baths are computed through S_+ S_-, else through S_- S_+: the block between is the
    /// smaller one.
    fn descends(&self, block: usize) -> bool {
        self.space.is_whole() || 2 * block <= self.number
    }

    /// Becomes what acts, on some blocks, of qubits that are alike.
    pub fn act(&mut self, acting: &Acting, blocks: Range<usize>) {
        let Acting { field, chi, mut rates } = *acting;
        if !self.space.is_whole() {
            // As of jumps: J_z leaves a state of sharp M as it is.
            rates[0].dephasing = 0.0;
        }
        self.set(|_| field.z, chi, field.x, rates, blocks);
    }

    /// About how many bytes [`Operators::new`] takes beside its space, where qubits differ and all exchange.
    pub fn memory(number: usize) -> f64 {
        let n = number as f64;
        2_f64.powi(number as i32) * (32.0 + 16.0 * n + 3.0 * n * (n - 1.0))
    }

    /// S_- psi and S_+ psi.
    pub fn images(&self, block: usize, psi: &[Complex64], scratch: &mut Scratch) {
        let (below, above) = (self.space.below(block), self.space.above(block));
        let lowered = &mut scratch.lowered[..self.space.dimension_at(below)];
        self.space.lowered(block, &self.coupling, psi, lowered);
        let raised = &mut scratch.raised[..self.space.dimension_at(above)];
        self.space.raised(block, &self.coupling, psi, raised);
    }

    /// A on the space of all states but for exchanges, where sums need no table.
    fn drift(&self) -> Option<Drift<'_>> {
        let (coupling, weight) = self.space.flips(&self.coupling)?;
        let (alike, _) = self.space.flips(&Weights::Uniform(1.0))?;
        let drive = match self.uniform {
            // Omega J_x = (Omega/2)(J_- + J_+).
            Some(_) => Drive::Coupled(self.half_amplitude),
            None => Drive::Apart(self.half_amplitude, alike),
        };
        let loss = 0.5 * (self.down + self.up) * weight * weight;
        Some(Drift { diagonal: &self.diagonal[0], coupling, loss, drive })
    }

    /// y = factor (A - center) psi by tables, where `half` is S_- psi, or S_+ psi where the block does not descend; `spare`
    /// is room for what a drive makes of psi.
    fn by_tables(
        &self,
        block: usize,
        (center, factor): (Complex64, f64),
        (psi, half): (&[Complex64], &[Complex64]),
        (spare, y): (&mut [Complex64], &mut [Complex64]),
    ) {
        self.diagonal[block].times((center, factor), psi, y);
        self.add_collective(block, -0.5 * (self.down + self.up) * factor, half, y);
        if self.half_amplitude != 0.0 {
            self.add_drive(block, factor, psi, (&mut spare[..psi.len()], y));
        }
    }

    /// Adds what collective baths take, from S_- psi, or S_+ psi where the block does not descend.
    fn add_collective(&self, block: usize, factor: f64, half: &[Complex64], y: &mut [Complex64]) {
        let beyond = if self.descends(block) { self.space.below(block) } else { self.space.above(block) };
        match beyond.filter(|_| factor != 0.0) {
            Some(below) if self.descends(block) => self.space.raise(below, &self.coupling, factor, half, y),
            Some(above) => self.space.lower(above, &self.coupling, factor, half, y),
            None => {}
        }
    }

    /// `y += factor -i (Omega/2) sum_j sigma_x^(j) psi` on the block of all states.
    fn add_drive(
        &self,
        block: usize,
        factor: f64,
        psi: &[Complex64],
        (flipped, y): (&mut [Complex64], &mut [Complex64]),
    ) {
        self.space.lowered(block, &Weights::Uniform(1.0), psi, flipped);
        self.space.raise(block, &Weights::Uniform(1.0), 1.0, psi, flipped);
        let turn = factor * self.half_amplitude;
        for (y, x) in y.iter_mut().zip(flipped.iter()) {
            *y += Complex64::new(turn * x.im, -turn * x.re);
        }
    }

    /// Turns each amplitude by the angle times its M.
    pub fn turn(&self, block: usize, angle: f64, psi: &mut [Complex64]) {
        for (c, mask) in psi.iter_mut().zip(self.space.masks(block)) {
            *c *= Complex64::cis(angle * m(self.number, *mask));
        }
    }
}

/// The generator on one block, for [`crate::trajectory::propagation`].
pub(super) struct OnBlock<'a> {
    pub operators: &'a Operators,
    pub block: usize,
    pub scratch: &'a mut Scratch,
}

impl OnBlock<'_> {
    /// y = A psi where S_- psi and S_+ psi are at hand.
    pub fn image(&mut self, images: &Scratch, psi: &[Complex64], y: &mut [Complex64]) {
        let (operators, block, of) = (self.operators, self.block, (Complex64::ZERO, 1.0));
        match operators.drift() {
            Some(drift) => drift.apply(of, psi, &mut self.scratch.raised, y),
            None => operators.by_tables(
                block,
                of,
                (psi, operators.half(block, (&images.lowered, &images.raised))),
                (&mut self.scratch.raised, y),
            ),
        }
        operators.add_exchange(block, 1.0, psi, y);
    }
}

impl Operators {
    /// S_- psi of both images, or S_+ psi where the block does not descend.
    pub fn half<'a, T>(&self, block: usize, (lowered, raised): (&'a [T], &'a [T])) -> &'a [T] {
        if self.descends(block) {
            &lowered[..self.space.dimension_at(self.space.below(block))]
        } else {
            &raised[..self.space.dimension_at(self.space.above(block))]
        }
    }

    fn add_exchange(&self, block: usize, factor: f64, x: &[Complex64], y: &mut [Complex64]) {
        if let Some(exchange) = &self.exchange {
            exchange.add(block, factor, x, y);
        }
    }

    /// y = factor (A - center) x of states as real numbers.
    pub fn apply(&self, block: usize, scratch: &mut Scratch, of: (Complex64, f64), (x, y): (&[f64], &mut [f64])) {
        let (x, y) = (amplitudes(x), amplitudes_mut(y));
        let Scratch { lowered, raised } = scratch;
        if let Some(drift) = self.drift() {
            drift.apply(of, x, raised, y);
        } else if self.descends(block) {
            let half = &mut lowered[..self.space.dimension_at(self.space.below(block))];
            self.space.lowered(block, &self.coupling, x, half);
            self.by_tables(block, of, (x, half), (raised, y));
        } else {
            let half = &mut raised[..self.space.dimension_at(self.space.above(block))];
            self.space.raised(block, &self.coupling, x, half);
            self.by_tables(block, of, (x, half), (lowered, y));
        }
        self.add_exchange(block, of.1, x, y);
    }
}

impl Generator for OnBlock<'_> {
    const LAYOUT: Layout = Layout::Pairs;

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        self.operators.apply(self.block, self.scratch, (center, factor), (x, y));
    }

    fn norm_bound(&self) -> f64 {
        self.operators.norm_bound
    }
}

/// The generator on one block, as what acts makes it.
pub(super) struct Steering<'a> {
    pub operators: &'a mut Operators,
    pub block: usize,
    pub scratch: &'a mut Scratch,
}

impl Generator for Steering<'_> {
    const LAYOUT: Layout = Layout::Pairs;

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        self.operators.apply(self.block, self.scratch, (center, factor), (x, y));
    }

    fn norm_bound(&self) -> f64 {
        self.operators.norm_bound
    }
}

impl Steered for Steering<'_> {
    type Acting = Acting;

    fn act(&mut self, acting: &Acting) {
        self.operators.act(acting, self.block..self.block + 1);
    }

    fn turn(&self, angle: f64, psi: &mut [f64]) {
        self.operators.turn(self.block, angle, amplitudes_mut(psi));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::propagation::{norm_squared, normalize, numbers, numbers_mut};

    #[test]
    fn the_norm_of_lowering_is_within_its_bound_which_those_alike_reach() {
        for n in 1..=7 {
            let differing: Vec<f64> = (0..n).map(|qubit| (1.7 * qubit as f64 + 0.4).sin()).collect();
            for (g, alike) in [(vec![-0.7; n], true), (differing, false)] {
                let space = Space::new(n, true);
                let weights = space.weights_of(&g);
                let mut psi = vec![Complex64::ONE; 1 << n];
                let (mut lowered, mut largest) = (psi.clone(), 0.0);
                for _ in 0..200 {
                    normalize(numbers_mut(&mut psi));
                    space.lowered(0, &weights, &psi, &mut lowered);
                    largest = norm_squared(numbers(&lowered));
                    space.raised(0, &weights, &lowered, &mut psi);
                }
                let bound = norm_of_lowering(&g);
                assert!(largest <= bound * (1.0 + 1e-12), "{n}: {largest} {bound}");
                assert!(!alike || largest > bound * (1.0 - 1e-9), "{n}: {largest} {bound}");
            }
        }
    }
}
