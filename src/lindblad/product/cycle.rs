//! The limit cycle of a product under a protocol: the state that a cycle comes back to.

use std::ops::Range;

use bytemuck::cast_slice;
use num_complex::Complex64;

use super::generator::Generator;
use super::{ProductAlong, ProductDensity};
use crate::initial::ProductStart;
use crate::lindblad::SolveError;
use crate::lindblad::protocol::CycleError;
use crate::lindblad::recurring::{Recurs, fixed_point, together};
use crate::model::product::Kind;

/// What a protocol comes to that is repeated again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductCycle {
    /// The density matrix at the start of a cycle.
    pub rho: ProductDensity,
    /// The modulus of the largest eigenvalue below 1 of what a cycle makes of density matrices, of all that H and baths stir up.
    pub second_multiplier: f64,
}

/// One cycle, without what is booked.
struct Pass {
    along: ProductAlong,
    sectors: Vec<Sector>,
}

/// Rooms of the same J of all ensembles that keep theirs, in the real numbers of a density matrix.
struct Sector {
    /// These J, doubled.
    kept: Vec<i64>,
    diagonal: Vec<usize>,
    elements: Vec<Range<usize>>,
}

impl Recurs for Pass {
    fn passed(&self, rho: &[f64]) -> Result<Vec<f64>, SolveError> {
        let elements = cast_slice::<f64, Complex64>(rho).to_vec();
        let mut state = self.along.begin(ProductDensity { order: 0, elements });
        self.along.pass(&mut state, &[self.along.protocol.period()], |_| {})?;
        Ok(cast_slice::<Complex64, f64>(&state.rho.elements).to_vec())
    }

    fn traceless(&self, deviation: &mut [f64], state: &[f64]) {
        for Sector { diagonal, elements, .. } in &self.sectors {
            let trace = |of: &[f64]| diagonal.iter().map(|place| of[*place]).sum::<f64>();
            let share = trace(deviation) / trace(state);
            if share.is_finite() {
                elements.iter().cloned().flatten().for_each(|place| deviation[place] -= share * state[place]);
            }
        }
    }

    /// What every term of H and every kind of jump changes, together.
    fn stirred(&self, rho: &[f64]) -> Option<Vec<f64>> {
        let rho = cast_slice::<f64, Complex64>(rho);
        let of_part = |generator: &Generator| cast_slice::<Complex64, f64>(&generator.apply(rho)).to_vec();
        together(self.along.generators.iter().map(of_part))
    }
}

impl ProductAlong {
    /// The multiplications that one cycle takes, roughly: its limit takes some tens of them.
    #[must_use]
    pub fn cost_of_cycle(&self) -> f64 {
        let once = self.once();
        once.cost(once.protocol.period())
    }

    /// What a start comes to when the protocol is repeated again and again, whatever its number of cycles.
    ///
    /// # Errors
    /// Why there is no such limit, or it cannot be found.
    pub fn limit_cycle(&self, start: &ProductStart) -> Result<ProductCycle, CycleError> {
        if self.protocol.still().baths().iter().all(|bath| bath.channels().is_empty()) {
            return Err(CycleError::NotUnique);
        }
        let pass = Pass { sectors: self.sectors(), along: self.once() };
        let start = self.envelope.initial(start);
        let (rho, second_multiplier) = fixed_point(&pass, cast_slice(&start.elements))?;
        let elements = cast_slice::<f64, Complex64>(&rho).to_vec();
        Ok(ProductCycle { rho: ProductDensity { order: 0, elements }, second_multiplier })
    }

    /// The equation of one cycle, which books nothing.
    fn once(&self) -> ProductAlong {
        ProductAlong { protocol: self.protocol.repeated(1), heats: Vec::new(), ..self.clone() }
    }

    /// The rooms between which something leads, as J of some ensembles changes.
    fn sectors(&self) -> Vec<Sector> {
        let (protocol, envelope) = (&self.protocol, &self.envelope);
        let stays = |place: usize| {
            let qubits = matches!(protocol.still().factors()[place].kind, Kind::Qubits(_));
            qubits && !protocol.still().changes_j(place)
        };
        let mut sectors: Vec<Sector> = Vec::new();
        for (room, begin) in envelope.rooms.rooms.iter().zip(&envelope.layout(0).begins) {
            let kept: Vec<i64> =
                room.tops.iter().enumerate().filter(|(place, _)| stays(*place)).map(|(_, j)| *j).collect();
            let place = sectors.iter().position(|sector| sector.kept == kept).unwrap_or_else(|| {
                sectors.push(Sector { kept, diagonal: Vec::new(), elements: Vec::new() });
                sectors.len() - 1
            });
            let d = room.states.len();
            sectors[place].diagonal.extend((0..d).map(|state| 2 * (begin + state * (d + 1))));
            sectors[place].elements.push(2 * begin..2 * (begin + d * d));
        }
        sectors
    }
}
