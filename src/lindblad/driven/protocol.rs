//! Identical qubits under a protocol with a drive: all orders of coherence, with what acts changing in time.

use super::{Driven, Order, Triplet};
use crate::bath::{Bath, Coupling, Process, Rates};
use crate::initial::InitialState;
use crate::lindblad::along::{Acting, Along, ProtocolMeans, Seen, along, slopes, with_last};
use crate::lindblad::populations::NotAffordable;
use crate::lindblad::protocol::CycleError;
use crate::lindblad::recurring::{StateCycle, StateNoise, limit, noise};
use crate::lindblad::{Effort, SolveError};
use crate::model::protocol::Protocol;
use crate::model::{Field, Hamiltonian, Model};
use crate::units::Units;

/// The equation of identical qubits under a protocol, with the elements of [`Driven`]:
/// `drho/dt = -i [x J_x + y J_y + z J_z + chi J_z^2, rho] + sum_c r_c(t) D_c(rho)`.
#[derive(Clone, Debug)]
pub struct DrivenProtocol {
    protocol: Protocol,
    frame: Driven,
    number: i64,
    /// Where each row begins among the entries, and where the last one ends.
    rows: Vec<usize>,
    entries: Vec<Entry>,
    /// What emission and absorption at unit rate leave, by coupling.
    jumps: [[Vec<Triplet>; 2]; 2],
    /// The elements of each sector that nothing mixes with others.
    sectors: Vec<Vec<usize>>,
    chi: f64,
}

/// An element of the generator: so much of what acts by this term.
#[derive(Clone, Copy, Debug)]
struct Entry {
    column: usize,
    term: usize,
    value: f64,
}

/// x, y, z, chi, and three processes of two couplings.
const TERMS: usize = 10;

fn strengths(acting: &Acting, chi: f64) -> [f64; TERMS] {
    let Field { x, y, z } = acting.field;
    let [collective, local] = acting.rates;
    let of = |rates: Rates| [rates.down, rates.up, rates.dephasing];
    let ([a, b, c], [d, e, f]) = (of(collective), of(local));
    [x, y, z, chi, a, b, c, d, e, f]
}

/// What one process of a bath leaves of all elements.
fn jumps(frame: &Driven, bath: &Bath, process: Process) -> Vec<Triplet> {
    let of_order = |order: &Order| {
        let jumps = order.block.jumps(bath, process);
        let shifted = |base: usize| {
            let shift = move |e: &Triplet| Triplet { row: base + e.row, column: base + e.column, value: e.value };
            jumps.iter().map(shift).collect::<Vec<_>>()
        };
        [Some(order.real), order.imaginary].into_iter().flatten().flat_map(shifted).collect::<Vec<_>>()
    };
    frame.orders.iter().flat_map(of_order).collect()
}

impl DrivenProtocol {
    /// The equation of `number` qubits with the twisting of a Hamiltonian; its drive is the protocol's.
    ///
    /// # Errors
    /// If there are too many elements.
    pub fn new(
        protocol: &Protocol,
        hamiltonian: &Hamiltonian,
        number: i64,
        initial: &InitialState,
        effort: Effort,
    ) -> Result<Self, NotAffordable> {
        let envelope = protocol.envelope(number);
        Driven::affordable(&envelope, initial, effort)?;
        let mixes = envelope.mixes_sectors();
        let bare = |baths: Vec<Bath>| Model { units: Units::Natural, number, frequency: 1.0, baths };
        let none = Field::default();
        let fields = [Field { x: 1.0, ..none }, Field { y: 1.0, ..none }, Field { z: 1.0, ..none }, none];
        let of_field = fields.into_iter().enumerate().map(|(term, field)| {
            let chi = if term == 3 { 1.0 } else { 0.0 };
            Driven::assemble(&bare(Vec::new()), field, chi, initial, mixes)
        });
        let unit = |at: usize| {
            let of = |process: usize| if at % 3 == process { 1.0 } else { 0.0 };
            let (name, coupling) = (String::new(), Coupling::ALL[at / 3]);
            Bath { name, coupling, down: of(0), up: of(1), dephasing: of(2), temperature: None, quantum: None }
        };
        let of_baths = (0..6).map(|at| Driven::assemble(&bare(vec![unit(at)]), none, 0.0, initial, mixes));
        let frame = Driven::assemble(&bare(Vec::new()), none, 0.0, initial, mixes);

        let mut all: Vec<(usize, Entry)> = Vec::new();
        for (term, part) in of_field.chain(of_baths).enumerate() {
            let entry = |e: &Triplet| (e.row, Entry { column: e.column, term, value: e.value });
            all.extend(part.entries.iter().map(entry));
        }
        all.sort_by_key(|(row, entry)| (*row, entry.column, entry.term));
        let states = frame.initial.len();
        let rows = (0..=states).map(|row| all.partition_point(|(at, _)| *at < row)).collect();
        let entries = all.into_iter().map(|(_, entry)| entry).collect();
        let chi = protocol.units().angular(hamiltonian.chi);
        let jumps = [0, 1].map(|coupling| {
            [(Process::Emission, 0), (Process::Absorption, 1)]
                .map(|(process, at)| jumps(&frame, &unit(3 * coupling + at), process))
        });
        let sectors = frame.sectors().into_iter().map(|sector| frame.members(sector)).collect();
        Ok(DrivenProtocol { protocol: protocol.clone(), frame, number, rows, entries, jumps, sectors, chi })
    }

    /// About how many multiplications [`DrivenProtocol::averages`] takes, which follows all that turns and jumps.
    #[must_use]
    pub fn work(&self) -> f64 {
        slopes(&self.protocol, self.number, self.chi) * self.entries.len() as f64
    }

    /// The exact averages at ascending `times` up to the end of the protocol, and at its end, to some 1e-10.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    ///
    /// # Panics
    /// If a time is beyond the end.
    pub fn averages(&self, times: &[f64]) -> Result<(Vec<ProtocolMeans>, ProtocolMeans), SolveError> {
        self.passages(times).map(with_last)
    }

    /// The same, with those at the end of every segment of every cycle, after the quench if there is one.
    ///
    /// # Errors
    /// As [`DrivenProtocol::averages`].
    ///
    /// # Panics
    /// As [`DrivenProtocol::averages`].
    pub fn passages(&self, times: &[f64]) -> Result<(Vec<ProtocolMeans>, Vec<ProtocolMeans>), SolveError> {
        along(self, &self.protocol, &self.frame.initial, times)
    }
}

impl DrivenProtocol {
    /// The limit cycle of the protocol, with averages at ascending `times` of it. Without a local channel every sector keeps
    /// the probability that it began with.
    ///
    /// # Errors
    /// Why there is none, or it cannot be found.
    pub fn limit_cycle(&self, times: &[f64]) -> Result<StateCycle, CycleError> {
        limit(self, &self.protocol, &self.frame.initial, times)
    }

    /// What each further cycle adds to the covariances of heats, quanta and work, around the limit; of a start that is spread
    /// over sectors that nothing mixes there is no such thing.
    ///
    /// # Errors
    /// If it cannot be found.
    pub fn noise(&self, limit: &StateCycle) -> Result<StateNoise, CycleError> {
        noise(self, &self.protocol, limit)
    }
}

impl Along for DrivenProtocol {
    fn change(&self, acting: &Acting, rho: &[f64], slope: &mut [f64]) {
        let strengths = strengths(acting, self.chi);
        for (slope, ends) in slope.iter_mut().zip(self.rows.windows(2)) {
            let row = &self.entries[ends[0]..ends[1]];
            *slope = row.iter().map(|e| strengths[e.term] * e.value * rho[e.column]).sum();
        }
    }

    fn traceless(&self, deviation: &mut [f64], state: &[f64]) {
        let levels = self.frame.levels().len();
        for members in &self.sectors {
            let populations = || members.iter().filter(|member| **member < levels);
            let trace = |of: &[f64]| populations().map(|member| of[*member]).sum::<f64>();
            let share = trace(deviation) / trace(state);
            if share.is_finite() {
                members.iter().for_each(|member| deviation[*member] -= share * state[*member]);
            }
        }
    }

    fn jumped(&self, coupling: usize, process: Process, rho: &[f64], into: &mut [f64]) {
        into.fill(0.0);
        let which = usize::from(process == Process::Absorption);
        for Triplet { row, column, value } in &self.jumps[coupling][which] {
            into[*row] += value * rho[*column];
        }
    }

    fn see(&self, rho: &[f64]) -> Seen {
        let averages = self.frame.averages(rho, [0.0; 2], 0.0);
        let now = averages.exact.now;
        // Forms are of a state, whose trace is 1; a deviation has none.
        let missing = rho[..self.frame.levels().len()].iter().sum::<f64>() - 1.0;
        let pairs = Coupling::ALL.map(|coupling| {
            let forms = coupling.forms(self.number);
            let at = |form: crate::model::Linear| form.at(now.emission, now.jz) + missing * form.at(0.0, 0.0);
            crate::bath::Pair { emission: at(forms.emission), absorption: at(forms.absorption) }
        });
        let levels = self.frame.levels();
        let spin = levels.iter().zip(rho).map(|(level, p)| p * level.two_j as f64 / 2.0).sum();
        Seen { now, jx: averages.jx, jy: averages.jy, pairs, spin: Some(spin) }
    }
}
