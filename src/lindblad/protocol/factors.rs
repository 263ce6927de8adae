//! What the moves of a generator are multiplied by: at a time, and over a step as polynomials in time.
//!
//! A smooth number is its Chebyshev series over a step, of which the last terms tell how well it is known; what is below
//! rounding is cut off, and the rest is written in powers of the time since the start of the step.

use std::f64::consts::PI;

/// How many times of a step are looked at.
pub const NODES: usize = 16;
/// What is less of a number than this is rounding, where no filter makes it more.
const ROUNDING: f64 = 1e-15;
/// The last terms, which are to be less than that, and from which one tells that later ones are, too.
const TAIL: usize = 2;

/// What is followed beside the probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Follow {
    /// Nothing: each lane is a vector of its own.
    Nothing,
    /// The first lane is p, the others are `m_a(i) = E[a; the path is in i]` of every entry a; the sums are `E[a b]`.
    Moments,
    /// Each lane is a vector y of its own; the sums are what every entry gains from it on average.
    Currents,
    /// `E[exp(-s W/T); the path is in i]`.
    Work {
        /// s.
        s: f64,
        /// T.
        temperature: f64,
    },
    /// `E[exp(-S); the path is in i]`.
    Entropy,
}

/// What the moves of each flow are multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    pub gain: f64,
    pub loss: f64,
    /// By how much the loss by an emission is more than that by the absorption of the same coupling: of thermal baths what
    /// does not go with their temperatures.
    pub beyond: f64,
    /// `sum_b r_b a_b` of each entry a, and `sum_b r_b a_b b_b` of each pair.
    pub first: Vec<f64>,
    pub second: Vec<f64>,
}

/// All that the moves are multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    pub flows: Vec<Factor>,
    /// What M p is multiplied by in dp/dt: zero but where work is weighted.
    pub tilt: f64,
    /// `d(hbar omega)/dt`.
    pub power: f64,
    pub follow: Follow,
}

impl Factor {
    fn numbers_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        [&mut self.gain, &mut self.loss, &mut self.beyond].into_iter().chain(&mut self.first).chain(&mut self.second)
    }

    fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        [self.gain, self.loss, self.beyond]
            .into_iter()
            .chain(self.first.iter().copied())
            .chain(self.second.iter().copied())
    }

    /// Whether nothing is multiplied by anything.
    pub fn is_zero(&self) -> bool {
        self.numbers().all(|number| number == 0.0)
    }
}

impl Factors {
    fn numbers(&self) -> Vec<f64> {
        self.flows.iter().flat_map(Factor::numbers).chain([self.tilt, self.power]).collect()
    }

    fn set(&mut self, numbers: impl Iterator<Item = f64>) {
        let mine = self.flows.iter_mut().flat_map(Factor::numbers_mut).chain([&mut self.tilt, &mut self.power]);
        mine.zip(numbers).for_each(|(mine, number)| *mine = number);
    }

    /// How large each number is at most, as far as some factors of a segment tell. Those of flows of one `kind` are as
    /// large as the largest of them.
    pub fn sizes(seen: &[Factors], kind: impl Fn(usize) -> usize) -> Vec<f64> {
        let flows = seen[0].flows.len();
        let largest = |of: &dyn Fn(&Factors) -> f64| seen.iter().map(|factors| of(factors).abs()).fold(0.0, f64::max);
        let mut sizes = Vec::new();
        for flow in 0..flows {
            let of_all = |of: &dyn Fn(&Factor) -> f64| {
                let alike = (0..flows).filter(|other| kind(*other) == kind(flow));
                alike.map(|other| largest(&|factors| of(&factors.flows[other]))).fold(0.0, f64::max)
            };
            let rate = of_all(&|factor| factor.gain).max(of_all(&|factor| factor.loss));
            sizes.extend([rate; 3]);
            sizes.extend((0..seen[0].flows[flow].first.len()).map(|a| of_all(&|factor| factor.first[a])));
            sizes.extend((0..seen[0].flows[flow].second.len()).map(|at| of_all(&|factor| factor.second[at])));
        }
        sizes.extend([largest(&|factors| factors.tilt), largest(&|factors| factors.power)]);
        sizes
    }

    /// The coefficients of 1, s, s^2, ... over a step, s from 0 to 1, of all that `at` gives at an s, each to rounding beside
    /// its size, or beside the largest that it is found to be; or how far off they are, where it is not smooth enough.
    pub fn over_a_step(at: impl Fn(f64) -> Factors, sizes: &[f64], rounding: f64) -> Result<Vec<Factors>, f64> {
        let cosines: [f64; 4 * NODES] = std::array::from_fn(|k| libm::cos(PI * k as f64 / (2 * NODES) as f64));
        let cosine = |k: usize| cosines[k % (4 * NODES)];
        let nodes: [Factors; NODES] = std::array::from_fn(|node| at(0.5 * (1.0 + cosine(2 * node + 1))));
        let seen: Vec<Vec<f64>> = nodes.iter().map(Factors::numbers).collect();
        let mut orders = vec![nodes[0].clone(); NODES];
        let mut powers = vec![[0.0; NODES]; seen[0].len()];
        let (mut degree, mut off) = (0, 0.0_f64);
        for (index, powers) in powers.iter_mut().enumerate() {
            let chebyshev: [f64; NODES] = std::array::from_fn(|order| {
                let sum: f64 = (0..NODES).map(|node| seen[node][index] * cosine(order * (2 * node + 1))).sum();
                sum * if order == 0 { 1.0 } else { 2.0 } / NODES as f64
            });
            if !chebyshev.iter().chain([&sizes[index]]).all(|number| number.is_finite()) {
                return Err(f64::INFINITY);
            }
            let size = seen.iter().map(|seen| seen[index].abs()).fold(sizes[index], f64::max);
            let least = rounding.max(ROUNDING) * size;
            let Some(last) = chebyshev.iter().rposition(|c| c.abs() > least) else { continue };
            if last + TAIL >= NODES {
                off = off.max(chebyshev[last].abs() / size);
            }
            degree = degree.max(last);
            *powers = in_powers(&chebyshev, last);
        }
        if off > 0.0 {
            return Err(off);
        }
        orders.truncate(degree + 1);
        for (order, factors) in orders.iter_mut().enumerate() {
            factors.set(powers.iter().map(|powers| powers[order]));
        }
        Ok(orders)
    }
}

/// A Chebyshev series up to a last term, in powers of s from 0 to 1: `T_{n+1} = (4 s - 2) T_n - T_{n-1}`.
fn in_powers(chebyshev: &[f64; NODES], last: usize) -> [f64; NODES] {
    let mut powers = [0.0; NODES];
    let (mut before, mut now) = ([0.0; NODES], [0.0; NODES]);
    now[0] = 1.0;
    for (order, c) in chebyshev.iter().enumerate().take(last + 1) {
        powers.iter_mut().zip(now).for_each(|(power, t)| *power += c * t);
        let factor = if order == 0 { 0.5 } else { 1.0 };
        let next = std::array::from_fn(|k| {
            let raised = if k > 0 { 4.0 * now[k - 1] } else { 0.0 };
            factor * (raised - 2.0 * now[k]) - before[k]
        });
        (before, now) = (now, next);
    }
    powers
}
