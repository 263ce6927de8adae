//! A pure state of one sector, `sum_M c_M |J, M>`, and what jumps do to it.
//!
//! Amplitudes stand at a = J + M, in the frame that turns with omega_0: there jumps multiply them by phases that are
//! the same for all, and the lab frame is a rotation of what is observed.

use std::ops::Range;

use num_complex::Complex64;
use rand::{Rng, RngExt};

use super::tridiagonal::Window;
use crate::bath::Process;
use crate::dicke::{Level, SectorChange, local_element, local_prefactor};
use crate::model::{Observables, Spin};
use crate::vectorized::vectorized;

/// Levels at the ends of the state that weigh less than this are dropped: fewer than 10^24 trajectories would not see
/// one of them once.
const NEGLIGIBLE: f64 = 1e-40;
/// The same where states are known to the error of a step alone, 1e-10 in norm.
const BELOW_STEPS: f64 = 1e-26;

/// Expectation values in a state, for the rates of its jumps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Means {
    /// `<J_+ J_->`.
    pub emission: f64,
    /// `<J_- J_+>`.
    pub absorption: f64,
    /// `<J_z>`.
    pub jz: f64,
    /// `<J_z^2>`.
    pub jz_squared: f64,
}

/// The state, with room for any sector of N qubits. It is kept up to its norm, whose square is [`LadderState::weight`].
#[derive(Clone, Debug)]
pub struct LadderState {
    number: i64,
    two_j: i64,
    pub(super) re: Vec<f64>,
    pub(super) im: Vec<f64>,
    /// Where the amplitudes are not zero.
    support: Range<usize>,
    /// |c_a|^2 over the support.
    weights: Vec<f64>,
    /// Both as they were when [`LadderState::remember`] was called.
    before: (Range<usize>, Vec<f64>),
    weight: f64,
    means: Means,
    /// `<a-1|J_-|a>^2 = a (2J + 1 - a)` for a = 0 to 2J + 1.
    lowering: Vec<f64>,
    /// Its square root.
    element: Vec<f64>,
}

/// Factors of a decay are computed afresh so often: their error is at most BLOCK^2/2 roundings, 1.5e-14.
const BLOCK: usize = 16;

/// Sums over a state in four lanes each, which the compiler turns into vectors.
const LANES: usize = 4;

#[inline(always)]
fn add<const SUMS: usize>(sums: &mut [[f64; LANES]; SUMS], lane: usize, values: [f64; SUMS]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        sum[lane] += value;
    }
}

/// What the means are sums of.
#[inline(always)]
fn values(p: f64, a: f64, lowering: f64, raising: f64) -> [f64; 5] {
    [p, p * lowering, p * raising, p * a, p * a * a]
}

impl LadderState {
    /// Room for N qubits, in no state yet.
    pub fn new(number: i64) -> Self {
        let len = number as usize + 2;
        LadderState {
            number,
            two_j: number,
            re: vec![0.0; len],
            im: vec![0.0; len],
            support: 0..0,
            weights: vec![0.0; len],
            before: (0..0, vec![0.0; len]),
            weight: 0.0,
            means: Means::default(),
            lowering: vec![0.0; len],
            element: vec![0.0; len],
        }
    }

    /// Sets the state to amplitudes from M = -J up.
    pub fn set(&mut self, two_j: i64, amplitudes: impl IntoIterator<Item = (Level, Complex64)>) {
        self.re.fill(0.0);
        self.im.fill(0.0);
        self.set_sector(two_j);
        self.support = 0..two_j as usize + 1;
        for (level, amplitude) in amplitudes {
            let a = level.above_bottom() as usize;
            (self.re[a], self.im[a]) = (amplitude.re, amplitude.im);
        }
        self.measure(NEGLIGIBLE);
    }

    /// How many levels the sector has.
    fn levels(&self) -> usize {
        self.two_j as usize + 1
    }

    /// Takes amplitudes of the same sector, of norm 1 and within a window; drops what a step's error hides.
    pub fn overwrite(&mut self, window: &Window, amplitudes: &[f64]) {
        let levels = window.levels();
        let (re, im) = window.parts(amplitudes);
        self.re[levels.clone()].copy_from_slice(re);
        self.im[levels.clone()].copy_from_slice(im);
        self.support = levels;
        self.measure(BELOW_STEPS);
    }

    /// The amplitudes from M = -J up, of norm 1.
    pub fn amplitudes(&self) -> impl Iterator<Item = Complex64> + '_ {
        let scale = 1.0 / self.weight.sqrt();
        let all = self.re.iter().zip(&self.im).take(self.levels());
        all.map(move |(re, im)| Complex64::new(re * scale, im * scale))
    }

    /// Writes the amplitudes, of norm 1, within a window.
    pub fn copy_to(&self, window: &Window, amplitudes: &mut [f64]) {
        amplitudes.fill(0.0);
        let scale = 1.0 / self.weight.sqrt();
        let (re, im) = window.parts_mut(amplitudes);
        for (to, from) in [(re, &self.re), (im, &self.im)] {
            to.iter_mut().zip(&from[window.levels()]).for_each(|(to, from)| *to = from * scale);
        }
    }

    /// Turns the phase of each level by `-angle M^2`.
    pub fn twist(&mut self, angle: f64) {
        for a in self.support.clone() {
            let m = self.level(a).m();
            let turned = Complex64::new(self.re[a], self.im[a]) * Complex64::cis(-angle * m * m);
            (self.re[a], self.im[a]) = (turned.re, turned.im);
        }
    }

    /// Turns the phase of each level by `angle M`.
    pub fn turn(&mut self, angle: f64) {
        for a in self.support.clone() {
            let turned = Complex64::new(self.re[a], self.im[a]) * Complex64::cis(angle * self.level(a).m());
            (self.re[a], self.im[a]) = (turned.re, turned.im);
        }
    }

    /// `<a-1|J_-|a>`.
    pub fn element(&self, a: usize) -> f64 {
        self.element[a]
    }

    fn set_sector(&mut self, two_j: i64) {
        self.two_j = two_j;
        let top = two_j as usize + 1;
        for a in 0..=top {
            let square = (a * (top - a)) as f64;
            self.lowering[a] = square;
            self.element[a] = square.sqrt();
        }
    }

    /// 2J.
    pub fn two_j(&self) -> i64 {
        self.two_j
    }

    /// The squared norm of the amplitudes as they stand.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Where the amplitudes are not zero, as a = J + M.
    pub fn support(&self) -> Range<usize> {
        self.support.clone()
    }

    /// The expectation values.
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// What currents are made of.
    pub fn observables(&self) -> Observables {
        let j_squared = Level { two_j: self.two_j, two_m: self.two_j }.j_squared();
        Observables { emission: self.means.emission, jz: self.means.jz, j_squared }
    }

    /// `<J_+ J_->`, `<J_z>` and `<J^2>` of one level of the sector.
    pub fn of_level(&self, a: usize) -> Observables {
        Observables::of(Level { two_j: self.two_j, two_m: 2 * a as i64 - self.two_j })
    }

    /// Draws a level with the probability it has.
    pub fn draw(&self, rng: &mut impl Rng) -> usize {
        let mut left = rng.random::<f64>() * self.weight;
        for a in self.support.clone() {
            left -= self.weights[a];
            if left < 0.0 {
                return a;
            }
        }
        self.support.end - 1
    }

    /// The standard deviation of J_z.
    pub fn deviation(&self) -> f64 {
        (self.means.jz_squared - self.means.jz * self.means.jz).max(0.0).sqrt()
    }

    /// Keeps the weights as they are for [`LadderState::remembered`]; they are to be measured again before they are used.
    pub fn remember(&mut self) {
        self.before.0 = self.support.clone();
        std::mem::swap(&mut self.weights, &mut self.before.1);
    }

    /// What currents are made of in a state of the same sector, of norm 1 and within a window.
    pub fn observables_of(&self, window: &Window, amplitudes: &[f64]) -> Observables {
        let (re, im) = window.parts(amplitudes);
        let Range { start, end } = window.levels();
        let lowering = &self.lowering[start..end];
        let mut sums = [[0.0; LANES]; 2];
        vectorized(
            #[inline(always)]
            || {
                let (re, of_re) = re.as_chunks::<LANES>();
                let (im, of_im) = im.as_chunks::<LANES>();
                let (lowering, of_lowering) = lowering.as_chunks::<LANES>();
                let mut a: [f64; LANES] = std::array::from_fn(|lane| (start + lane) as f64);
                for ((re, im), lowering) in re.iter().zip(im).zip(lowering) {
                    for lane in 0..LANES {
                        let p = re[lane] * re[lane] + im[lane] * im[lane];
                        sums[0][lane] += p * lowering[lane];
                        sums[1][lane] += p * a[lane];
                        a[lane] += LANES as f64;
                    }
                }
                for (index, ((re, im), lowering)) in of_re.iter().zip(of_im).zip(of_lowering).enumerate() {
                    let p = re * re + im * im;
                    sums[0][0] += p * lowering;
                    sums[1][0] += p * a[index];
                }
            },
        );
        let [emission, above] = sums.map(|lanes| lanes.iter().sum::<f64>());
        Observables { emission, jz: above - self.two_j as f64 / 2.0, ..self.observables() }
    }

    /// What currents are made of where each weight that was remembered has changed by exp of `exponent(a)`.
    pub fn remembered(&self, exponent: impl Fn(usize) -> f64) -> Observables {
        let (support, weights) = &self.before;
        let [mut weight, mut emission, mut a_mean] = [0.0; 3];
        for a in support.clone() {
            let p = weights[a] * exponent(a).exp();
            weight += p;
            emission += p * self.lowering[a];
            a_mean += p * a as f64;
        }
        let jz = a_mean / weight - self.two_j as f64 / 2.0;
        Observables { emission: emission / weight, jz, ..self.observables() }
    }

    /// Computes the norm and the means, after a change, and drops levels at the ends of less than a `negligible` part.
    pub fn measure(&mut self, negligible: f64) {
        let Range { start, end } = self.support;
        if start + 1 == end {
            return self.settle(start);
        }
        let (re, im) = (&self.re[start..end], &self.im[start..end]);
        let (lowering, raising) = (&self.lowering[start..end], &self.lowering[start + 1..=end]);
        let weights = &mut self.weights[start..end];
        let mut sums = [[0.0; LANES]; 5];
        vectorized(
            #[inline(always)]
            || {
                let ((re, of_re), (im, of_im)) = (re.as_chunks::<LANES>(), im.as_chunks::<LANES>());
                let (lowering, of_lowering) = lowering.as_chunks::<LANES>();
                let (raising, of_raising) = raising.as_chunks::<LANES>();
                let (weights, of_weights) = weights.as_chunks_mut::<LANES>();
                let mut a: [f64; LANES] = std::array::from_fn(|lane| (start + lane) as f64);
                let whole = re.iter().zip(im).zip(lowering).zip(raising).zip(weights);
                for ((((re, im), lowering), raising), weights) in whole {
                    for lane in 0..LANES {
                        let p = re[lane] * re[lane] + im[lane] * im[lane];
                        weights[lane] = p;
                        add(&mut sums, lane, values(p, a[lane], lowering[lane], raising[lane]));
                        a[lane] += LANES as f64;
                    }
                }
                let rest = of_re.iter().zip(of_im).zip(of_lowering).zip(of_raising).zip(of_weights);
                for (((((re, im), lowering), raising), weight), a) in rest.zip(a) {
                    let p = re * re + im * im;
                    *weight = p;
                    add(&mut sums, 0, values(p, a, *lowering, *raising));
                }
            },
        );
        let [weight, emission, absorption, a, a_squared] = sums.map(|lanes| lanes.iter().sum::<f64>());
        let j = self.two_j as f64 / 2.0;
        let mean_a = a / weight;
        self.weight = weight;
        self.means = Means {
            emission: emission / weight,
            absorption: absorption / weight,
            jz: mean_a - j,
            jz_squared: a_squared / weight - 2.0 * j * mean_a + j * j,
        };
        self.trim(negligible);
    }

    /// One level is left: its values are exact, and its norm is restored, which nothing else would do.
    fn settle(&mut self, a: usize) {
        let norm = self.re[a].hypot(self.im[a]);
        self.re[a] /= norm;
        self.im[a] /= norm;
        (self.weights[a], self.weight) = (1.0, 1.0);
        let jz = self.level(a).m();
        self.means = Means { emission: self.lowering[a], absorption: self.lowering[a + 1], jz, jz_squared: jz * jz };
    }

    fn trim(&mut self, negligible: f64) {
        let least = negligible * self.weight;
        let Range { mut start, mut end } = self.support;
        while start + 1 < end && self.weights[start] < least {
            (self.re[start], self.im[start]) = (0.0, 0.0);
            start += 1;
        }
        while start + 1 < end && self.weights[end - 1] < least {
            end -= 1;
            (self.re[end], self.im[end]) = (0.0, 0.0);
        }
        self.support = start..end;
        if start + 1 == end {
            self.settle(start);
        }
    }

    /// Multiplies each amplitude by exp of `exponent(a)`, a polynomial of order two in a whose second difference is
    /// `second`. The exponent of the level that was drawn to wait so long is 0 and none exceeds half of an Exp(1)
    /// variable, so nothing overflows, and the drawn level, which had weight, keeps it: the norm never vanishes.
    pub fn decay(&mut self, exponent: impl Fn(usize) -> f64, second: f64) {
        if self.support.len() == 1 {
            return;
        }
        let scale = 1.0 / self.weight.sqrt();
        let ratio_of_ratios = second.exp();
        let Range { start, end } = self.support;
        for from in (start..end).step_by(BLOCK) {
            let (first, step) = (exponent(from), exponent(from + 1) - exponent(from));
            let block = from..end.min(from + BLOCK);
            let reach = BLOCK as f64 * (step.abs() + BLOCK as f64 * second.abs());
            // What rises again after it has vanished cannot be followed by products.
            if first < -500.0 || reach > 100.0 {
                for a in block {
                    let factor = scale * exponent(a).exp();
                    self.re[a] *= factor;
                    self.im[a] *= factor;
                }
                continue;
            }
            let (mut factor, mut ratio) = (scale * first.exp(), step.exp());
            for a in block {
                self.re[a] *= factor;
                self.im[a] *= factor;
                factor *= ratio;
                ratio *= ratio_of_ratios;
            }
        }
        self.measure(NEGLIGIBLE);
    }

    /// Moves the amplitudes by `shift` levels; what leaves `0..=2J` of the sector `two_j` must be zero already.
    fn shift(&mut self, shift: isize, two_j: i64) {
        let Range { start, end } = self.support;
        let to = (start as isize + shift).max(0) as usize;
        let from = (to as isize - shift) as usize;
        let last = ((end as isize + shift) as usize).min(two_j as usize + 1);
        let len = last - to;
        for part in [&mut self.re, &mut self.im] {
            part.copy_within(from..from + len, to);
            if start < to {
                part[start..to.min(end)].fill(0.0);
            }
            if last < end {
                part[last.max(start)..end].fill(0.0);
            }
        }
        self.support = to..last;
    }

    /// A collective jump: `J_-`, `J_+` or `J_z`.
    pub fn jump(&mut self, process: Process) {
        match process {
            Process::Emission => {
                self.shift(-1, self.two_j);
                let Range { start, end } = self.support;
                self.scale_by_element(start + 1..end + 1);
            }
            Process::Absorption => {
                self.shift(1, self.two_j);
                let Range { start, end } = self.support;
                self.scale_by_element(start..end);
            }
            Process::Dephasing => {
                let j = self.two_j as f64 / 2.0;
                for a in self.support.clone() {
                    let m = a as f64 - j;
                    self.re[a] *= m;
                    self.im[a] *= m;
                }
            }
        }
        self.measure(NEGLIGIBLE);
    }

    fn scale_by_element(&mut self, elements: Range<usize>) {
        let factor = &self.element[elements];
        for part in [&mut self.re, &mut self.im] {
            part[self.support.clone()].iter_mut().zip(factor).for_each(|(value, factor)| *value *= factor);
        }
    }

    /// The probabilities of the three outcomes of a local jump, times its rate over the rate of one qubit.
    pub fn local_outcomes(&self, process: Process) -> [f64; 3] {
        let two_j = self.two_j;
        SectorChange::ALL.map(|change| {
            let element = |a: usize| local_element(self.level(a), process, change).0;
            let sum: f64 = self.support.clone().map(|a| self.weights[a] * element(a)).sum();
            local_prefactor(self.number, two_j, change) * sum / self.weight
        })
    }

    fn level(&self, a: usize) -> Level {
        Level { two_j: self.two_j, two_m: 2 * a as i64 - self.two_j }
    }

    /// One outcome of a jump on one qubit.
    pub fn local_jump(&mut self, process: Process, change: SectorChange) {
        for a in self.support.clone() {
            let (square, sign) = local_element(self.level(a), process, change);
            let factor = sign * square.sqrt();
            self.re[a] *= factor;
            self.im[a] *= factor;
        }
        let two_j = self.two_j + change.two_j();
        self.shift((change.two_j() / 2 + process.two_m() / 2) as isize, two_j);
        if two_j != self.two_j {
            self.set_sector(two_j);
        }
        self.measure(NEGLIGIBLE);
    }

    /// The moments of the spin, turned by `angle` about z.
    pub fn spin(&self, angle: f64) -> Spin {
        let amplitude = |a: usize| Complex64::new(self.re[a], self.im[a]);
        let j = self.two_j as f64 / 2.0;
        let (mut once, mut twice, mut with_z) = (Complex64::ZERO, Complex64::ZERO, Complex64::ZERO);
        let Range { start, end } = self.support;
        for a in start + 1..end {
            let lowered = amplitude(a - 1).conj() * amplitude(a) * self.element[a];
            once += lowered;
            with_z += lowered * (a as f64 - 0.5 - j);
            if a >= start + 2 {
                twice += amplitude(a - 2).conj() * amplitude(a) * self.element[a] * self.element[a - 1];
            }
        }
        let turn = Complex64::cis(-angle);
        let scale = turn / self.weight;
        Spin::from_ladder(
            once * scale,
            twice * scale * turn,
            with_z * scale,
            self.means.jz,
            self.means.jz_squared,
            self.observables().j_squared,
        )
    }
}
