//! The Lindblad equation of qubits that may differ, in the full space of 4^N: slow, and obvious.
//!
//! It shares nothing with the other roads but the rates of the baths: every operator is made of Pauli matrices, and
//! the equation is applied as it is written. It is what they are held against.

mod operator;
mod photons;
mod protocol;
mod steady;

pub use photons::AfterPhoton;
pub use protocol::RegisterProtocol;

use num_complex::Complex64;

use self::operator::{Operator, SIGMA_X, SIGMA_Y, SIGMA_Z};
use crate::bath::{Bath, Process};
use crate::lindblad::density::DensityMatrix;
use crate::model::Register;

/// The most qubits whose equation is solved.
const MAX_QUBITS: usize = 7;
/// A Taylor series of exp(hL) is summed where h |L| is at most this: its terms never exceed e^4, which is what
/// cancellation may cost, and 4^k/k! is below rounding from k = 36 on.
const REACH: f64 = 4.0;
/// Terms of the series, more than are ever needed.
const TERMS: usize = 60;

/// Why the equation was not solved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RegisterError {
    /// Too many qubits.
    #[error(
        "the full Lindblad equation of {qubits} qubits is too large (at most {MAX_QUBITS} are solved, for the steady \
         state of a drive one less): a density matrix takes {state:.1e} bytes, the matrix of its steady state \
         {steady:.1e}"
    )]
    TooLarge {
        /// N.
        qubits: usize,
        /// The memory of one density matrix, in bytes.
        state: f64,
        /// The memory of the steady state's linear system, in bytes.
        steady: f64,
    },
    /// A register that is none.
    #[error("the register is not valid: {0}")]
    Invalid(&'static str),
    /// The kernel of the generator has more than one dimension, to rounding.
    #[error(
        "there is no unique steady state: the slowest relaxation is at most {0:.1e} of the fastest rate (without a \
         local bath, two or more qubits never forget their start)"
    )]
    NotUnique(f64),
    /// The linear solve lost its accuracy.
    #[error("the solution is not accurate: its relative residual is {0:.1e}")]
    Residual(f64),
}

/// What one bath does.
#[derive(Clone, Debug)]
struct BathOperators {
    /// The jump operators of each process, the square roots of the rates included.
    emission: Vec<Operator>,
    absorption: Vec<Operator>,
    dephasing: Vec<Operator>,
    /// sum L^dagger L over all of them.
    loss: Operator,
    /// What a quantum brings beside what the qubits gain, as [`crate::units::Units::quantum`] counts energy.
    offset: Option<f64>,
}

impl BathOperators {
    fn jumps(&self) -> impl Iterator<Item = &Operator> {
        self.emission.iter().chain(&self.absorption).chain(&self.dephasing)
    }
}

/// The Lindblad equation `drho/dt = -i [H, rho] + sum_b D_b(rho)` of a [`Register`], with
/// `D(rho) = sum_L L rho L^dagger - (L^dagger L rho + rho L^dagger L)/2`; density matrices as in
/// [`crate::lindblad::density`], times in the register's unit.
#[derive(Clone, Debug)]
pub struct RegisterEquation {
    /// `-i H - sum L^dagger L / 2`, per unit of time.
    drift: Operator,
    baths: Vec<BathOperators>,
    /// H of the bare qubits, in the units in which a heat current counts energy.
    energy: Operator,
    jx: Operator,
    jy: Operator,
    jz: Operator,
    j_squared: Operator,
    emission: Operator,
    qubits: usize,
    /// Whether H changes the number of excitations.
    driven: bool,
    /// No component of rho changes at a higher rate than this.
    speed: f64,
}

/// The bare qubits and their exchange, in a frame that rotates at the frequency `frame`, with each frequency turned
/// into what `unit` makes of it.
fn bare_hamiltonian(register: &Register, frame: f64, unit: impl Fn(f64) -> f64) -> Operator {
    let (n, d) = (register.number(), 1 << register.number());
    let real = Complex64::from;
    let mut sum = Operator::zero(d);
    for (qubit, frequency) in register.frequencies.iter().enumerate() {
        sum = sum.plus(real(unit(frequency - frame) / 2.0), &Operator::on_qubit(d, qubit, &SIGMA_Z));
        for other in qubit + 1..n {
            let hop = Operator::lowering(d, qubit).adjoint().times(&Operator::lowering(d, other));
            let strength = real(unit(register.exchange[(qubit, other)]));
            sum = sum.plus(strength, &hop).plus(strength, &hop.adjoint());
        }
    }
    sum
}

/// H/hbar, which moves the state: with a drive in the frame of the drive, else at rest.
fn hamiltonian(register: &Register, jx: &Operator, jz: &Operator) -> Operator {
    let angular = |frequency| register.units.angular(frequency);
    let frame = register.drive.map_or(0.0, |drive| register.frequency - drive.detuning);
    let amplitude = register.drive.map_or(0.0, |drive| drive.amplitude);
    bare_hamiltonian(register, frame, angular)
        .plus(Complex64::from(angular(amplitude)), jx)
        .plus(Complex64::from(angular(register.chi)), &jz.times(jz))
}

/// `sum_j weight_j A_j` of one matrix for all qubits.
fn weighted(d: usize, weights: &[f64], of_one: impl Fn(usize) -> Operator) -> Operator {
    let terms = weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0);
    terms.fold(Operator::zero(d), |sum, (qubit, weight)| sum.plus(Complex64::from(*weight), &of_one(qubit)))
}

impl BathOperators {
    fn new(register: &Register, bath: &Bath) -> Self {
        let d = 1 << register.number();
        let lowering = |qubit| Operator::lowering(d, qubit);
        let half_z = |qubit| Operator::on_qubit(d, qubit, &SIGMA_Z).scaled(Complex64::from(0.5));
        let jumps = |process: Process| -> Vec<Operator> {
            let amplitudes = register.amplitudes(bath.coupling, process);
            let operators = amplitudes.iter().map(|amplitudes| match process {
                Process::Emission => weighted(d, amplitudes, lowering),
                Process::Absorption => weighted(d, amplitudes, lowering).adjoint(),
                Process::Dephasing => weighted(d, amplitudes, half_z),
            });
            let rate = bath.rate(process);
            let amplitude = Complex64::from(rate.sqrt());
            operators.filter(|_| rate > 0.0).map(|operator| operator.scaled(amplitude)).collect()
        };
        let mut operators = BathOperators {
            emission: jumps(Process::Emission),
            absorption: jumps(Process::Absorption),
            dephasing: jumps(Process::Dephasing),
            loss: Operator::zero(d),
            offset: bath.offset(register.frequency).map(|offset| register.units.quantum(offset)),
        };
        let one = Complex64::from(1.0);
        operators.loss =
            operators.jumps().fold(Operator::zero(d), |sum, jump| sum.plus(one, &jump.adjoint().times(jump)));
        operators
    }
}

/// What is wrong with a register, if anything.
fn check(register: &Register) -> Result<(), RegisterError> {
    let (n, v) = (register.number(), &register.exchange);
    let drive = register.drive.map_or([0.0; 2], |drive| [drive.amplitude, drive.detuning]);
    let numbers = register.frequencies.iter().chain(&register.couplings).chain(v).chain(&drive).chain([&register.chi]);
    let rates = || register.baths.iter().flat_map(|bath| [bath.down, bath.up, bath.dephasing]);
    if n == 0 || register.couplings.len() != n || v.dim() != (n, n) {
        Err(RegisterError::Invalid("it needs one frequency, one coupling and one row of exchange per qubit"))
    } else if v != v.t() || v.diag().iter().any(|value| *value != 0.0) {
        Err(RegisterError::Invalid("the exchange is not symmetric with a zero diagonal"))
    } else if numbers.copied().chain(rates()).any(|value| !value.is_finite()) || rates().any(|rate| rate < 0.0) {
        Err(RegisterError::Invalid("a number is not finite, or a rate is negative"))
    } else if n > MAX_QUBITS {
        // C(2N, N) elements of rho conserve the excitation number.
        let block: f64 = (1..=n).map(|k| (n + k) as f64 / k as f64).product();
        Err(RegisterError::TooLarge { qubits: n, state: 16.0 * 4_f64.powi(n as i32), steady: 16.0 * block * block })
    } else {
        Ok(())
    }
}

impl RegisterEquation {
    /// Builds every operator.
    ///
    /// # Errors
    /// If there are more than 7 qubits, or the parts of the register do not fit together.
    pub fn new(register: &Register) -> Result<Self, RegisterError> {
        check(register)?;
        let (n, d) = (register.number(), 1 << register.number());
        let real = Complex64::from;
        let [jx, jy, jz] = [SIGMA_X, SIGMA_Y, SIGMA_Z]
            .map(|sigma| weighted(d, &vec![0.5; n], |qubit| Operator::on_qubit(d, qubit, &sigma)));
        let j_squared = [&jx, &jy, &jz].iter().fold(Operator::zero(d), |sum, j| sum.plus(real(1.0), &j.times(j)));
        let lowering = weighted(d, &vec![1.0; n], |qubit| Operator::lowering(d, qubit));

        let baths: Vec<BathOperators> = register.baths.iter().map(|bath| BathOperators::new(register, bath)).collect();
        let loss = baths.iter().fold(Operator::zero(d), |sum, bath| sum.plus(real(1.0), &bath.loss));
        let generator = hamiltonian(register, &jx, &jz);
        Ok(RegisterEquation {
            // In the trace norm, the commutator is at most 2 |H|, and a jump or its loss at most |sum L^dagger L|.
            speed: 2.0 * (generator.norm_bound() + loss.norm_bound()),
            drift: generator.scaled(Complex64::new(0.0, -1.0)).plus(real(-0.5), &loss),
            baths,
            energy: bare_hamiltonian(register, 0.0, |frequency| register.units.quantum(frequency)),
            driven: register.drive.is_some_and(|drive| drive.amplitude != 0.0),
            emission: lowering.adjoint().times(&lowering),
            jx,
            jy,
            jz,
            j_squared,
            qubits: n,
        })
    }

    /// N.
    #[must_use]
    pub fn number(&self) -> usize {
        self.qubits
    }

    /// drho/dt, for any 2^N x 2^N matrix.
    ///
    /// # Panics
    /// Here and below, if the matrix is of another size.
    #[must_use]
    pub fn right_hand_side(&self, rho: &DensityMatrix) -> DensityMatrix {
        let mut change = self.drift.left(rho) + self.drift.right_adjoint(rho);
        for jump in self.baths.iter().flat_map(BathOperators::jumps) {
            change += &jump.sandwich(rho);
        }
        change
    }

    /// The density matrix at each of the ascending `times`, from that at 0, to 1e-10.
    #[must_use]
    pub fn transient(&self, initial: &DensityMatrix, times: &[f64]) -> Vec<DensityMatrix> {
        self.transient_with_integrals(initial, times).into_iter().map(|(rho, _)| rho).collect()
    }

    /// About how many floating-point operations a transient of this length takes.
    #[must_use]
    pub fn cost(&self, until: f64) -> f64 {
        let jumps: usize = self.baths.iter().map(|bath| bath.jumps().count()).sum();
        // A sandwich or a product touches every element of rho a few times for each entry in a row of the operator.
        let product = 4_f64.powi(self.qubits as i32) * 8.0 * self.qubits as f64;
        (until * self.speed / REACH).ceil() * 30.0 * product * (2.0 + 2.0 * jumps as f64)
    }

    /// The density matrix at each of the ascending `times`, and its time integral over the interval since the time
    /// before (or since 0): exp(tL) rho summed as a Taylor series to rounding, over steps in which the norm of L
    /// allows no cancellation.
    #[must_use]
    pub fn transient_with_integrals(
        &self,
        initial: &DensityMatrix,
        times: &[f64],
    ) -> Vec<(DensityMatrix, DensityMatrix)> {
        self.advance(&mut initial.clone(), times)
    }

    /// The same from any density matrix, which is taken to the last of the times, counted from its own.
    #[must_use]
    pub fn advance(&self, rho: &mut DensityMatrix, times: &[f64]) -> Vec<(DensityMatrix, DensityMatrix)> {
        let mut now = 0.0;
        let mut states = Vec::with_capacity(times.len());
        for &time in times {
            let integral = self.follow(rho, time - now, |rho| self.right_hand_side(rho));
            now = time;
            states.push((rho.clone(), integral));
        }
        states
    }

    /// Takes rho along for a time under a generator that is no faster than L; returns its integral.
    fn follow(
        &self,
        rho: &mut DensityMatrix,
        time: f64,
        generator: impl Fn(&DensityMatrix) -> DensityMatrix,
    ) -> DensityMatrix {
        let mut integral = DensityMatrix::zeros(rho.dim());
        let steps = (time.max(0.0) * self.speed / REACH).ceil();
        let step = time / steps;
        for _ in 0..steps as u64 {
            let mut term = rho.clone();
            // The integral of t^k is t^(k+1)/(k+1).
            integral.scaled_add(Complex64::from(step), &term);
            for order in 1..=TERMS {
                term = generator(&term) * Complex64::from(step / order as f64);
                *rho += &term;
                integral.scaled_add(Complex64::from(step / (order + 1) as f64), &term);
                if largest(&term) <= 1e-18 * largest(rho) {
                    break;
                }
            }
        }
        integral
    }

    /// `<J_x>`, at rest or, with a drive, in its frame.
    #[must_use]
    pub fn jx(&self, rho: &DensityMatrix) -> f64 {
        self.jx.trace(rho).re
    }

    /// `<J_y>`, in the same frame.
    #[must_use]
    pub fn jy(&self, rho: &DensityMatrix) -> f64 {
        self.jy.trace(rho).re
    }

    /// `<J_z>`.
    #[must_use]
    pub fn jz(&self, rho: &DensityMatrix) -> f64 {
        self.jz.trace(rho).re
    }

    /// `<J^2>`, of the unweighted `J_a = sum_j sigma_a^(j)/2`.
    #[must_use]
    pub fn j_squared(&self, rho: &DensityMatrix) -> f64 {
        self.j_squared.trace(rho).re
    }

    /// `<J_+ J_->` of the unweighted `J_- = sum_j sigma_-^(j)`, whatever the couplings.
    #[must_use]
    pub fn emission(&self, rho: &DensityMatrix) -> f64 {
        self.emission.trace(rho).re
    }

    /// The fraction of excited qubits, 1/2 + `<J_z>`/N.
    #[must_use]
    pub fn excited(&self, rho: &DensityMatrix) -> f64 {
        0.5 + self.jz(rho) / self.qubits as f64
    }

    /// Photons per unit time into the bath of this index, `sum Tr[L^dagger L rho]` over its emission jumps.
    ///
    /// # Panics
    /// Here and below, if there is no such bath.
    #[must_use]
    pub fn intensity(&self, bath: usize, rho: &DensityMatrix) -> f64 {
        self.baths[bath].emission.iter().map(|jump| jump.adjoint().times(jump).trace(rho).re).sum()
    }

    /// Net quanta absorbed from the bath of this index per unit time, `sum Tr[L^dagger L rho]` over its absorption
    /// jumps less that over its emission jumps.
    #[must_use]
    pub fn net_quanta(&self, bath: usize, rho: &DensityMatrix) -> f64 {
        let of = |jumps: &[Operator]| jumps.iter().map(|jump| jump.adjoint().times(jump).trace(rho).re).sum::<f64>();
        of(&self.baths[bath].absorption) - of(&self.baths[bath].emission)
    }

    /// The heat current (21) from the bath of this index into the qubits, Tr[H_0 D_b(rho)], with H_0 all frequencies
    /// and exchange (and neither drive nor chi), in [`crate::units::Units::heat_current`]. With each quantum of a bath that
    /// has an energy of its own comes by how much that differs from the reference frequency.
    #[must_use]
    pub fn heat_current(&self, bath: usize, rho: &DensityMatrix) -> f64 {
        let gained = self.energy.trace(&self.dissipator(bath, rho)).re;
        self.baths[bath].offset.map_or(gained, |offset| gained + offset * self.net_quanta(bath, rho))
    }

    /// What a quantum of the bath of this index brings beside what the qubits gain, where it has an energy of its own: what
    /// a modulation takes up.
    #[must_use]
    pub fn offset(&self, bath: usize) -> Option<f64> {
        self.baths[bath].offset
    }

    /// D_b(rho).
    fn dissipator(&self, bath: usize, rho: &DensityMatrix) -> DensityMatrix {
        let bath = &self.baths[bath];
        let loss = bath.loss.left(rho) + bath.loss.right_adjoint(rho);
        bath.jumps().fold(loss * Complex64::from(-0.5), |sum, jump| sum + jump.sandwich(rho))
    }
}

/// The largest magnitude among the elements.
fn largest(matrix: &DensityMatrix) -> f64 {
    // A NaN has to show, and `f64::max` would hide it.
    matrix.iter().map(|value| value.norm()).fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

#[cfg(test)]
mod tests;
