//! A register under a protocol, in the full space of 4^N.

use num_complex::Complex64;

use super::operator::{Operator, SIGMA_X, SIGMA_Y, SIGMA_Z};
use super::{RegisterError, bare_hamiltonian, check, weighted};
use crate::bath::{Coupling, Pair, Process};
use crate::lindblad::SolveError;
use crate::lindblad::along::{Acting, Along, ProtocolMeans, Seen, along, slopes, with_last};
use crate::lindblad::density::DensityMatrix;
use crate::lindblad::protocol::CycleError;
use crate::lindblad::recurring::{StateCycle, StateNoise, limit, noise};
use crate::model::protocol::Protocol;
use crate::model::{Observables, Register};

/// Jumps of unit rate of one process of one coupling.
#[derive(Clone, Debug)]
struct Flow {
    coupling: usize,
    process: Process,
    jumps: Vec<Operator>,
    /// sum L^dagger L.
    loss: Operator,
}

/// The Lindblad equation of a [`Register`] under a protocol, which has the frequency of all qubits, the baths and the
/// drive; the register has couplings, twisting, exchange and what its frequencies differ by.
#[derive(Clone, Debug)]
pub struct RegisterProtocol {
    protocol: Protocol,
    /// What stays of H/hbar.
    still: Operator,
    j: [Operator; 3],
    j_squared: Operator,
    emission: Operator,
    flows: Vec<Flow>,
    dimension: usize,
}

impl RegisterProtocol {
    /// Builds every operator.
    ///
    /// # Errors
    /// As [`super::RegisterEquation::new`]; and if qubits differ in frequency or exchange quanta, which then carry no heat of
    /// their own.
    pub fn new(protocol: &Protocol, register: &Register) -> Result<Self, RegisterError> {
        check(register)?;
        let alike = register.frequencies.iter().all(|frequency| *frequency == register.frequencies[0]);
        if !alike || register.exchange.iter().any(|value| *value != 0.0) {
            return Err(RegisterError::Invalid("a protocol has one frequency for all qubits, and no exchange"));
        }
        let (n, d) = (register.number(), 1 << register.number());
        let real = Complex64::from;
        let j = [SIGMA_X, SIGMA_Y, SIGMA_Z]
            .map(|sigma| weighted(d, &vec![0.5; n], |qubit| Operator::on_qubit(d, qubit, &sigma)));
        let j_squared = j.iter().fold(Operator::zero(d), |sum, j| sum.plus(real(1.0), &j.times(j)));
        let lowering = weighted(d, &vec![1.0; n], |qubit| Operator::lowering(d, qubit));
        let angular = |frequency| register.units.angular(frequency);
        let still = bare_hamiltonian(register, register.frequencies[0], angular)
            .plus(real(angular(register.chi)), &j[2].times(&j[2]));
        let mut flows = Vec::new();
        for (index, coupling) in Coupling::ALL.into_iter().enumerate() {
            for process in [Process::Emission, Process::Absorption, Process::Dephasing] {
                let of = |amplitudes: &Vec<f64>| match process {
                    Process::Emission => weighted(d, amplitudes, |qubit| Operator::lowering(d, qubit)),
                    Process::Absorption => weighted(d, amplitudes, |qubit| Operator::lowering(d, qubit)).adjoint(),
                    Process::Dephasing => {
                        weighted(d, amplitudes, |qubit| Operator::on_qubit(d, qubit, &SIGMA_Z).scaled(real(0.5)))
                    }
                };
                let jumps: Vec<Operator> = register.amplitudes(coupling, process).iter().map(of).collect();
                let square = |sum: Operator, jump: &Operator| sum.plus(real(1.0), &jump.adjoint().times(jump));
                let loss = jumps.iter().fold(Operator::zero(d), square);
                flows.push(Flow { coupling: index, process, jumps, loss });
            }
        }
        let emission = lowering.adjoint().times(&lowering);
        Ok(RegisterProtocol { protocol: protocol.clone(), still, j, j_squared, emission, flows, dimension: d })
    }

    /// About how many multiplications [`RegisterProtocol::averages`] takes, for an operator that has as many elements in a row
    /// as there are qubits.
    #[must_use]
    pub fn work(&self) -> f64 {
        let (d, n) = (self.dimension as f64, self.dimension.ilog2());
        let products: usize = self.flows.iter().map(|flow| 2 * (1 + flow.jumps.len())).sum();
        slopes(&self.protocol, i64::from(n), 0.0) * (8 + products) as f64 * d * d * f64::from(n.max(1))
    }

    /// The averages at ascending `times` up to the end of the protocol, and at its end, to some 1e-10.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    ///
    /// # Panics
    /// If a time is beyond the end, or the matrix is of another size.
    pub fn averages(
        &self,
        initial: &DensityMatrix,
        times: &[f64],
    ) -> Result<(Vec<ProtocolMeans>, ProtocolMeans), SolveError> {
        self.passages(initial, times).map(with_last)
    }

    /// The same, with those at the end of every segment of every cycle, after the quench if there is one.
    ///
    /// # Errors
    /// As [`RegisterProtocol::averages`].
    ///
    /// # Panics
    /// As [`RegisterProtocol::averages`].
    pub fn passages(
        &self,
        initial: &DensityMatrix,
        times: &[f64],
    ) -> Result<(Vec<ProtocolMeans>, Vec<ProtocolMeans>), SolveError> {
        along(self, &self.protocol, &self.elements(initial), times)
    }

    /// The limit cycle of the protocol that is come to from an initial state, with averages at ascending `times` of it.
    ///
    /// # Errors
    /// Why there is none, or it cannot be found.
    ///
    /// # Panics
    /// If the matrix is of another size.
    pub fn limit_cycle(&self, initial: &DensityMatrix, times: &[f64]) -> Result<StateCycle, CycleError> {
        limit(self, &self.protocol, &self.elements(initial), times)
    }

    /// What each further cycle adds to the covariances of heats, quanta and work, around the limit.
    ///
    /// # Errors
    /// If it cannot be found.
    pub fn noise(&self, limit: &StateCycle) -> Result<StateNoise, CycleError> {
        noise(self, &self.protocol, limit)
    }

    fn elements(&self, rho: &DensityMatrix) -> Vec<f64> {
        assert_eq!(rho.dim(), (self.dimension, self.dimension), "a state of as many qubits");
        rho.iter().flat_map(|value| [value.re, value.im]).collect()
    }

    fn matrix(&self, rho: &[f64]) -> DensityMatrix {
        let d = self.dimension;
        DensityMatrix::from_shape_fn((d, d), |(row, column)| {
            let at = 2 * (row * d + column);
            Complex64::new(rho[at], rho[at + 1])
        })
    }
}

fn rate(acting: &Acting, flow: &Flow) -> f64 {
    let rates = acting.rates[flow.coupling];
    match flow.process {
        Process::Emission => rates.down,
        Process::Absorption => rates.up,
        Process::Dephasing => rates.dephasing,
    }
}

impl Along for RegisterProtocol {
    fn change(&self, acting: &Acting, rho: &[f64], slope: &mut [f64]) {
        let rho = self.matrix(rho);
        // -i (H rho - rho H) as it stands: what is not Hermitian by rounding is then lost as all else, and cannot grow.
        let mut change = (self.still.left(&rho) - self.still.right_adjoint(&rho)) * Complex64::new(0.0, -1.0);
        let field = [acting.field.x, acting.field.y, acting.field.z];
        for (j, strength) in self.j.iter().zip(field).filter(|(_, strength)| *strength != 0.0) {
            change += &((j.left(&rho) - j.right_adjoint(&rho)) * Complex64::new(0.0, -strength));
        }
        for flow in &self.flows {
            let rate = Complex64::from(rate(acting, flow));
            if rate == Complex64::ZERO {
                continue;
            }
            change -= &((flow.loss.left(&rho) + flow.loss.right_adjoint(&rho)) * (0.5 * rate));
            for jump in &flow.jumps {
                change += &(jump.sandwich(&rho) * rate);
            }
        }
        for (place, change) in slope.chunks_exact_mut(2).zip(&change) {
            (place[0], place[1]) = (change.re, change.im);
        }
    }

    fn traceless(&self, deviation: &mut [f64], state: &[f64]) {
        let diagonal = (0..self.dimension).map(|at| 2 * at * (self.dimension + 1));
        let trace = |of: &[f64]| diagonal.clone().map(|at| of[at]).sum::<f64>();
        let share = trace(deviation) / trace(state);
        deviation.iter_mut().zip(state).for_each(|(deviation, state)| *deviation -= share * state);
    }

    fn jumped(&self, coupling: usize, process: Process, rho: &[f64], into: &mut [f64]) {
        let rho = self.matrix(rho);
        let flow = self.flows.iter().find(|flow| flow.coupling == coupling && flow.process == process);
        let nothing = DensityMatrix::zeros(rho.dim());
        let jumps = flow.map_or(&[][..], |flow| &flow.jumps);
        let all = jumps.iter().fold(nothing, |sum, jump| sum + jump.sandwich(&rho));
        into.chunks_exact_mut(2).zip(&all).for_each(|(place, value)| (place[0], place[1]) = (value.re, value.im));
    }

    fn see(&self, rho: &[f64]) -> Seen {
        let rho = self.matrix(rho);
        let mean = |operator: &Operator| operator.trace(&rho).re;
        let now =
            Observables { emission: mean(&self.emission), jz: mean(&self.j[2]), j_squared: mean(&self.j_squared) };
        let pairs = [0, 1].map(|coupling| {
            let of = |process| {
                let flows = self.flows.iter().find(|f| f.coupling == coupling && f.process == process);
                flows.map_or(0.0, |flow| mean(&flow.loss))
            };
            Pair { emission: of(Process::Emission), absorption: of(Process::Absorption) }
        });
        Seen { now, jx: mean(&self.j[0]), jy: mean(&self.j[1]), pairs, spin: None }
    }
}
