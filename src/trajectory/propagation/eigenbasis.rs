//! Evolution between jumps in the eigenbasis of a small H_eff: psi(t) = sum_k c_k e^(l_k t) v_k, A v_k = l_k v_k, |v_k| = 1,
//! but for a phase that all of it turns by.
//!
//! A step takes as long as it is asked for, however many turns that are, where a power series takes the more terms the
//! further eigenvalues are apart. Where two of them and their vectors are nearly one (an exceptional point), vectors
//! nearly depend on each other and amplify rounding: such a generator has no basis here.
//!
//! The error has a bound. What is found is exact for `A + E`, `|E| <= |A V - V L| |V^-1|`; as exp(tA) never lengthens, psi(t)
//! is off by `|E| t` at most, and phases by the rounding of l_k t, which is that of the frequencies themselves. A basis is
//! taken where that is no more per unit of time than a series may err. Rates of jumps are better known: each mode decays at
//! the sum of those it has.

use faer::linalg::solvers::PartialPivLu;
use faer::prelude::Solve;
use faer::{Mat, c64};
use num_complex::Complex64;

use super::{ITERATIONS, NEAR, PACE, Wait};
use crate::vectorized::vectorized;

/// The largest dimension.
pub const MOST_DIMENSION: usize = 20;
/// The largest condition of the vectors, by which rounding grows: to 2e-12.
const MOST_CONDITION: f64 = 1e4;
/// A mode with less than this of the weight does not show, even where the others have decayed before a jump.
const UNSEEN: f64 = 1e-20;
/// How near, as a part of the wait, a jump is found where phases between modes are left out: they move it by more.
const ROUGH: f64 = 1e-3;
/// After so many steps of Newton, bisection.
const NEWTON: usize = 20;
/// A step of Newton that turns nothing by more, squared, is the last, and taken along the derivative of the state.
const STRAIGHT: f64 = 1e-12;

const LANES: usize = 4;
/// The real and imaginary parts of some elements of a vector.
type Chunk = [[f64; LANES]; 2];

/// The eigenvectors of a generator.
#[derive(Clone, Debug)]
pub struct Eigenbasis {
    dimension: usize,
    /// l_k, and the largest modulus.
    values: Vec<Complex64>,
    fastest: f64,
    /// V, and its inverse: columns, each filled up with zeros to whole chunks.
    vectors: Vec<Chunk>,
    inverse: Vec<Chunk>,
}

/// A state in an eigenbasis.
#[derive(Clone, Copy, Debug)]
pub struct Expansion {
    /// c_k.
    shares: [Complex64; MOST_DIMENSION],
    turning: f64,
}

impl Expansion {
    /// About the fastest that expectation values change, as an angular frequency: as
    /// [`super::Propagation::turning`] has it, twice the largest distance of two eigenvalues that the state has.
    #[must_use]
    pub fn turning(&self) -> f64 {
        self.turning
    }
}

/// A state on the way, unnormalized, and its derivative; those of its squared norm.
struct Look {
    state: [Chunk; MOST_DIMENSION / LANES],
    change: [Chunk; MOST_DIMENSION / LANES],
    squared: f64,
    slope: f64,
}

fn chunks(dimension: usize) -> usize {
    dimension.div_ceil(LANES)
}

/// The columns of a matrix, in chunks.
fn columns(matrix: &Mat<c64>) -> Vec<Chunk> {
    let dimension = matrix.nrows();
    let mut columns = vec![[[0.0; LANES]; 2]; matrix.ncols() * chunks(dimension)];
    for (column, chunk) in columns.chunks_exact_mut(chunks(dimension)).enumerate() {
        for row in 0..dimension {
            let Complex64 { re, im } = matrix[(row, column)];
            let [res, ims] = &mut chunk[row / LANES];
            (res[row % LANES], ims[row % LANES]) = (re, im);
        }
    }
    columns
}

impl Eigenbasis {
    /// The eigenbasis of A (per unit of time), where it is small and its vectors are well conditioned, so that a unit of
    /// time errs by no more than steps of [`super::Propagation`] with this `tolerance` do. `rate` is the rate of jumps,
    /// `-2 Re <A>`, in a normalized state, as a sum that cancels nothing: a dark mode is dark to rounding of itself.
    #[must_use]
    pub fn new(matrix: &Mat<c64>, tolerance: f64, mut rate: impl FnMut(&[Complex64]) -> f64) -> Option<Self> {
        let dimension = matrix.nrows();
        if !(1..=MOST_DIMENSION).contains(&dimension) {
            return None;
        }
        // What turns all alike is left out, or rounding would be of that.
        let turning = (0..dimension).map(|k| matrix[(k, k)].im).sum::<f64>() / dimension as f64;
        let common = |row: usize, column: usize| if row == column { turning } else { 0.0 };
        let matrix = Mat::from_fn(dimension, dimension, |row, column| {
            matrix[(row, column)] - Complex64::new(0.0, common(row, column))
        });
        let solved = matrix.eigen().ok()?;
        let mut vectors = solved.U().to_owned();
        let mut values = Vec::with_capacity(dimension);
        let mut vector = vec![Complex64::ZERO; dimension];
        for column in 0..dimension {
            let norm = vectors.col(column).norm_l2();
            for (row, element) in vector.iter_mut().enumerate() {
                vectors[(row, column)] /= norm;
                *element = vectors[(row, column)];
            }
            values.push(Complex64::new(-0.5 * rate(&vector), solved.S()[column].im));
        }
        let inverse = PartialPivLu::new(vectors.as_ref()).solve(Mat::<c64>::identity(dimension, dimension));
        let left = Mat::from_fn(dimension, dimension, |row, column| {
            let image: Complex64 = (0..dimension).map(|k| matrix[(row, k)] * vectors[(k, column)]).sum();
            image - vectors[(row, column)] * values[column]
        });
        let (condition, error) = (vectors.norm_l2() * inverse.norm_l2(), left.norm_l2() * inverse.norm_l2());
        // A NaN is no basis either.
        (condition <= MOST_CONDITION && error * PACE <= tolerance * matrix.norm_l2()).then(|| Eigenbasis {
            dimension,
            fastest: values.iter().map(|value| value.norm()).fold(0.0, f64::max),
            values,
            vectors: columns(&vectors),
            inverse: columns(&inverse),
        })
    }

    /// The largest angular frequency at which two modes turn against each other.
    #[must_use]
    pub fn turning(&self) -> f64 {
        let phases = || self.values.iter().map(|value| value.im);
        phases().fold(f64::NEG_INFINITY, f64::max) - phases().fold(f64::INFINITY, f64::min)
    }

    /// A normalized state in this basis.
    #[must_use]
    pub fn expand(&self, psi: &[Complex64]) -> Expansion {
        let mut shares = [Complex64::ZERO; MOST_DIMENSION];
        let of_chunks = chunks(self.dimension);
        vectorized(
            #[inline(always)]
            || {
                for (chunk, shares) in shares.as_chunks_mut::<LANES>().0[..of_chunks].iter_mut().enumerate() {
                    let [re, im] = combination(&self.inverse[chunk..], of_chunks, psi);
                    (0..LANES).for_each(|lane| shares[lane] = Complex64::new(re[lane], im[lane]));
                }
            },
        );
        let seen = self.values.iter().zip(&shares).filter(|(_, share)| share.norm_sqr() > UNSEEN);
        let turning = 2.0 * spread(seen.map(|(value, _)| value));
        Expansion { shares, turning }
    }

    /// The state at a time after the start.
    fn look(&self, expansion: &Expansion, time: f64) -> Look {
        let (mut shares, mut slopes) = ([Complex64::ZERO; MOST_DIMENSION], [Complex64::ZERO; MOST_DIMENSION]);
        for (k, value) in self.values.iter().enumerate() {
            shares[k] = expansion.shares[k] * (value * time).exp();
            slopes[k] = shares[k] * value;
        }
        let (shares, slopes) = (&shares[..self.dimension], &slopes[..self.dimension]);
        let of_chunks = chunks(self.dimension);
        let empty = [[[0.0; LANES]; 2]; MOST_DIMENSION / LANES];
        let mut look = Look { state: empty, change: empty, squared: 0.0, slope: 0.0 };
        vectorized(
            #[inline(always)]
            || {
                let (mut squares, mut changes) = ([0.0; LANES], [0.0; LANES]);
                let states = look.state.iter_mut().zip(&mut look.change);
                for (chunk, (state, change)) in states.take(of_chunks).enumerate() {
                    let [re, im] = combination(&self.vectors[chunk..], of_chunks, shares);
                    let [of_re, of_im] = combination(&self.vectors[chunk..], of_chunks, slopes);
                    for lane in 0..LANES {
                        squares[lane] += re[lane] * re[lane] + im[lane] * im[lane];
                        changes[lane] += re[lane] * of_re[lane] + im[lane] * of_im[lane];
                    }
                    (*state, *change) = ([re, im], [of_re, of_im]);
                }
                look.squared = squares.iter().sum();
                look.slope = 2.0 * changes.iter().sum::<f64>();
            },
        );
        look
    }

    /// Waits from the start until ln norm^2 has fallen to `-exponent`, or for `limit`; writes the state there,
    /// normalized.
    pub fn wait(&self, expansion: &Expansion, exponent: f64, limit: f64, end: &mut [Complex64]) -> Wait {
        let (mut low, mut high, mut at) = (0.0, f64::INFINITY, self.about(expansion, exponent, limit));
        let mut look = self.look(expansion, at);
        for iteration in 0..ITERATIONS {
            let log = look.squared.ln();
            let excess = log + exponent;
            if excess > NEAR && at >= limit {
                look.write(end);
                return Wait::Survived(log);
            }
            if excess > 0.0 {
                low = at;
            } else {
                high = at;
            }
            if excess.abs() <= NEAR || high < f64::INFINITY && high - low <= f64::EPSILON * high {
                break;
            }
            let newton = at - excess * look.squared / look.slope;
            let within = newton > low && newton < high && newton <= limit;
            if within && ((newton - at) * self.fastest).powi(2) <= STRAIGHT {
                look.go_on(newton - at);
                at = newton;
                break;
            }
            at = if within && iteration < NEWTON {
                newton
            } else if high < f64::INFINITY {
                0.5 * (low + high)
            } else {
                limit
            };
            look = self.look(expansion, at);
        }
        look.write(end);
        Wait::Jump(at)
    }

    /// About when ln norm^2 has fallen to `-exponent`, up to `limit`: where modes decay without phases between them.
    ///
    /// By Newton's method from the start, which stays below the root: a logarithm of decaying exponentials is convex.
    fn about(&self, expansion: &Expansion, exponent: f64, limit: f64) -> f64 {
        let modes =
            || self.values.iter().zip(&expansion.shares).map(|(value, share)| (-2.0 * value.re, share.norm_sqr()));
        let total: f64 = modes().map(|(_, weight)| weight).sum();
        let mut at = 0.0;
        for _ in 0..ITERATIONS {
            let (mut weight, mut loss) = (0.0, 0.0);
            for (rate, share) in modes() {
                let share = share * (-rate * at).exp();
                weight += share;
                loss += rate * share;
            }
            let step = ((weight / total).ln() + exponent) * weight / loss;
            // Where nothing decays, infinity or no number.
            at = if step <= limit - at { at + step } else { return limit };
            if step <= ROUGH * at {
                break;
            }
        }
        at
    }

    /// Writes the state at `time` after the start, normalized.
    pub fn write(&self, expansion: &Expansion, time: f64, state: &mut [Complex64]) {
        self.look(expansion, time).write(state);
    }
}

impl Look {
    /// Goes on along the derivative.
    fn go_on(&mut self, time: f64) {
        self.squared = 0.0;
        for (state, change) in self.state.as_flattened_mut().iter_mut().zip(self.change.as_flattened()) {
            for (value, change) in state.iter_mut().zip(change) {
                *value += time * change;
                self.squared += *value * *value;
            }
        }
    }

    /// Writes it, normalized.
    fn write(&self, state: &mut [Complex64]) {
        let factor = 1.0 / self.squared.sqrt();
        for (state, [re, im]) in state.chunks_mut(LANES).zip(&self.state) {
            for (lane, amplitude) in state.iter_mut().enumerate() {
                *amplitude = Complex64::new(re[lane], im[lane]) * factor;
            }
        }
    }
}

/// A chunk of `sum_k x_k v_k`, of vectors that are so many chunks long.
#[inline(always)]
fn combination(vectors: &[Chunk], of_chunks: usize, x: &[Complex64]) -> Chunk {
    let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
    for (x, [of_re, of_im]) in x.iter().zip(vectors.iter().step_by(of_chunks)) {
        for lane in 0..LANES {
            re[lane] += x.re * of_re[lane] - x.im * of_im[lane];
            im[lane] += x.re * of_im[lane] + x.im * of_re[lane];
        }
    }
    [re, im]
}

/// The diagonal of the smallest rectangle around some numbers.
fn spread<'a>(values: impl Iterator<Item = &'a Complex64>) -> f64 {
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    let within = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
    let (re, im) = values.fold((none, none), |(re, im), value| (within(re, value.re), within(im, value.im)));
    if re.0 > re.1 { 0.0 } else { (re.1 - re.0).hypot(im.1 - im.0) }
}
