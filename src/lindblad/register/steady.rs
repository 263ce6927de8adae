//! The steady state and the noise of a current, by a linear solve.
//!
//! With no drive, H and every jump move the excitation numbers of both sides of rho alike, so the elements between
//! states of equal number, C(2N, N) of them, close among themselves, and hold the trace. A steady state has no others
//! when it is unique: averaged over rotations about z it stays steady. A drive couples all 4^N.

use faer::linalg::solvers::PartialPivLu;
use faer::prelude::Solve;
use faer::{Mat, c64};
use ndarray::Array2;
use num_complex::Complex64;

use super::{BathOperators, Operator, RegisterEquation, RegisterError, largest};
use crate::lindblad::density::DensityMatrix;
use crate::rounded::Rounded;

/// Relaxation slower than this times the fastest rate cannot be told from none.
const SMALLEST_GAP: f64 = 1e-12;
/// The largest relative residual of a solution.
const MAX_RESIDUAL: f64 = 1e-8;
/// The most elements of rho that are solved for; their matrix is dense.
const MOST_ELEMENTS: usize = 4096;
/// A bath so many times as lively as all others together is counted by them.
const LIVELY: f64 = 1e3;
/// The same where it is one of all eigenvalues of a matrix that is not normal.
const SMALLEST_EIGENVALUE: f64 = 1e-8;
/// The most elements whose matrix is diagonalized: all of four qubits, those of equal number of five; a second.
const MOST_DIAGONALIZED: usize = 256;
/// Inverse iterations; a second steady state shows in the first.
const ITERATIONS: usize = 8;

/// `M = L - s |g><g| Tr` factorized: of a unique steady state M is regular, `M x = -s |g><g|` is that state, and
/// `M x = b` with Tr b = 0 has Tr x = 0 and L x = b.
struct Solver<'a> {
    equation: &'a RegisterEquation,
    pairs: Vec<(usize, usize)>,
    lu: PartialPivLu<c64>,
}

/// The elements that close among themselves and hold the trace.
fn pairs(equation: &RegisterEquation) -> Vec<(usize, usize)> {
    let d = 1_usize << equation.qubits;
    (0..d)
        .flat_map(|row| (0..d).map(move |column| (row, column)))
        .filter(|(row, column)| equation.driven || row.count_ones() == column.count_ones())
        .collect()
}

/// The generator on these elements, less `shift` times |g><g| Tr.
fn generator(equation: &RegisterEquation, pairs: &[(usize, usize)], shift: f64) -> Mat<c64> {
    let d = 1_usize << equation.qubits;
    let mut matrix = Mat::<c64>::zeros(pairs.len(), pairs.len());
    for (index, pair) in pairs.iter().enumerate() {
        let mut unit = Array2::zeros((d, d));
        unit[*pair] = Complex64::from(1.0);
        let mut change = equation.right_hand_side(&unit);
        if pair.0 == pair.1 {
            change[(0, 0)] -= shift;
        }
        for (row, element) in pairs.iter().enumerate() {
            matrix[(row, index)] = change[*element];
        }
    }
    matrix
}

impl<'a> Solver<'a> {
    fn new(equation: &'a RegisterEquation) -> Result<Self, RegisterError> {
        let d = 1_usize << equation.qubits;
        let pairs = pairs(equation);
        if pairs.len() > MOST_ELEMENTS {
            let bytes = |elements: usize| 16.0 * elements as f64;
            let (state, steady) = (bytes(d * d), bytes(pairs.len()) * pairs.len() as f64);
            return Err(RegisterError::TooLarge { qubits: equation.qubits, state, steady });
        }
        let matrix = generator(equation, &pairs, equation.speed);
        let solver = Solver { equation, pairs, lu: matrix.partial_piv_lu() };
        let gap = solver.gap();
        if gap > SMALLEST_GAP { Ok(solver) } else { Err(RegisterError::NotUnique(gap)) }
    }

    /// M^-1 applied to the elements of equal number.
    fn inverse(&self, matrix: &DensityMatrix) -> DensityMatrix {
        let mut work = Mat::from_fn(self.pairs.len(), 1, |row, _| matrix[self.pairs[row]]);
        self.lu.solve_in_place(&mut work);
        let mut solution = Array2::zeros(matrix.dim());
        for (row, pair) in self.pairs.iter().enumerate() {
            solution[*pair] = work[(row, 0)];
        }
        solution
    }

    /// The least magnitude of an eigenvalue of M over the fastest rate, by inverse iteration; 0 if M is singular.
    fn gap(&self) -> f64 {
        let d = 1 << self.equation.qubits;
        // Any start will do that is orthogonal to nothing.
        let mut x = Array2::from_shape_fn((d, d), |(row, column)| {
            Complex64::new((1.0 + row as f64).sin(), (2.0 + (column * d + row) as f64).cos())
        });
        let mut gap = f64::INFINITY;
        for _ in 0..ITERATIONS {
            x /= Complex64::from(largest(&x));
            x = self.inverse(&x);
            gap = gap.min(1.0 / (largest(&x) * self.equation.speed));
        }
        // Also what an infinite or undefined solution stands for.
        if gap.is_finite() && largest(&x).is_finite() { gap } else { 0.0 }
    }

    /// M^-1 b, refined once, where `trace` is the trace that the solution has to have.
    fn solve(&self, b: &DensityMatrix, trace: f64) -> Result<DensityMatrix, RegisterError> {
        let residual = |x: &DensityMatrix| {
            let mut rest = b - self.equation.right_hand_side(x);
            rest[(0, 0)] += (x.diag().sum() - trace) * self.equation.speed;
            rest
        };
        let mut x = self.inverse(&residual(&Array2::zeros(b.dim())));
        x += &self.inverse(&residual(&x));
        let relative = largest(&residual(&x)) / (self.equation.speed * largest(&x));
        if relative <= MAX_RESIDUAL || largest(&x) == 0.0 { Ok(x) } else { Err(RegisterError::Residual(relative)) }
    }

    fn steady_state(&self) -> Result<DensityMatrix, RegisterError> {
        self.solve(&Array2::zeros((1 << self.equation.qubits, 1 << self.equation.qubits)), 1.0)
    }
}

/// `sum L rho L^dagger`.
fn jumped(jumps: &[Operator], rho: &DensityMatrix) -> DensityMatrix {
    jumps.iter().fold(Array2::zeros(rho.dim()), |sum, jump| sum + jump.sandwich(rho))
}

impl RegisterEquation {
    /// The density matrix with drho/dt = 0 and trace 1. Its error is about 1e-16 of the fastest rate over the slowest.
    ///
    /// # Errors
    /// If there is more than one, or if the slowest relaxation is below 1e-12 of the fastest rate and none can be
    /// told from another; if the relative residual is above 1e-8.
    pub fn steady_state(&self) -> Result<DensityMatrix, RegisterError> {
        Solver::new(self)?.steady_state()
    }

    /// The slowest relaxation time of the elements that hold the trace: 1/|Re lambda| of the eigenvalue of the
    /// generator that is nearest to the imaginary axis, beside that of the steady state. `None` beyond some hundred
    /// elements, or where the slowest cannot be told from a second steady state.
    #[must_use]
    pub fn relaxation_time(&self) -> Option<f64> {
        let pairs = pairs(self);
        if pairs.len() > MOST_DIAGONALIZED {
            return None;
        }
        let mut eigenvalues = generator(self, &pairs, 0.0).eigenvalues().ok()?;
        eigenvalues.sort_by(|a, b| a.norm().total_cmp(&b.norm()));
        let gap = eigenvalues.iter().skip(1).map(|value| -value.re).reduce(f64::min)?;
        (gap > SMALLEST_EIGENVALUE * self.speed).then(|| gap.recip())
    }

    /// The net quanta absorbed from the bath of this index in the steady state: their mean rate I, and their
    /// zero-frequency noise `S = lim Var C(t)/t`, both per unit of time.
    ///
    /// With A_+ the absorption jumps of the bath and A_- its emission jumps (`L(chi) = L + (e^(i chi) - 1) A_+ +
    /// (e^(-i chi) - 1) A_-` counts them), `I = Tr[(A_+ - A_-) rho]` and `S = Tr[(A_+ + A_-) rho] -
    /// 2 Tr[(A_+ - A_-) x]`, where `L x = (A_+ - A_-) rho - I rho` and Tr x = 0.
    ///
    /// # Errors
    /// As [`RegisterEquation::steady_state`].
    pub fn current_and_noise(&self, bath: usize) -> Result<(f64, f64), RegisterError> {
        self.rounded_noise(bath).map(|(current, noise)| (current, noise.value))
    }

    /// The same with what rounding leaves of the noise.
    ///
    /// # Errors
    /// As [`RegisterEquation::steady_state`].
    pub fn rounded_noise(&self, bath: usize) -> Result<(f64, Rounded), RegisterError> {
        let solver = Solver::new(self)?;
        let rho = solver.steady_state()?;
        let trace = |matrix: &DensityMatrix| matrix.diag().sum().re;
        let size = |matrix: &DensityMatrix| matrix.diag().iter().map(|value| value.norm()).sum::<f64>();
        let lively = |baths: &[&BathOperators], rho: &DensityMatrix| -> f64 {
            baths.iter().map(|bath| size(&jumped(&bath.absorption, rho)) + size(&jumped(&bath.emission, rho))).sum()
        };
        // Without a drive all quanta are those of baths: in the long run one gives what the others take.
        let others: Vec<_> =
            self.baths.iter().enumerate().filter(|(b, _)| *b != bath).map(|(_, other)| other).collect();
        let own = vec![&self.baths[bath]];
        let balanced = !self.driven && lively(&own, &rho) > LIVELY * lively(&others, &rho);
        let (counted, sign) = if balanced { (others, -1.0) } else { (own, 1.0) };
        let net = |rho: &DensityMatrix| {
            let sum = counted.iter().fold(Array2::zeros(rho.dim()), |sum: DensityMatrix, bath| {
                sum + jumped(&bath.absorption, rho) - jumped(&bath.emission, rho)
            });
            sum * Complex64::from(sign)
        };
        let (activity, current) = (lively(&counted, &rho), trace(&net(&rho)));
        let x = solver.solve(&(net(&rho) - &rho * Complex64::from(current)), 0.0)?;
        let noise = Rounded::of(activity - 2.0 * trace(&net(&x)), activity + 2.0 * lively(&counted, &x));
        Ok((current, noise))
    }
}
