//! What acts at a time, and generators that are made of it.

use super::Generator;
use crate::bath::{Coupling, Rates};
use crate::model::Field;
use crate::model::protocol::{Stage, Stretch};

/// What acts at a time: A is linear in it.
pub trait Acts: Copy {
    /// `a this + b other`.
    fn combined(&self, a: f64, other: &Self, b: f64) -> Self;
    /// The same without the Hamiltonian, which has no part in how the norm falls.
    fn dissipating(&self) -> Self;
    /// The same as it is seen from where it is simplest, and by which angle states are turned to there.
    fn along(&self) -> (Self, f64) {
        (*self, 0.0)
    }
}

/// A generator that is made of what acts.
pub trait Steered: Generator {
    /// What that is.
    type Acting: Acts;
    /// Becomes A of this, as it is seen along.
    fn act(&mut self, acting: &Self::Acting);
    /// Turns each amplitude by the angle times its M.
    fn turn(&self, _angle: f64, _psi: &mut [f64]) {}
}

/// What acts at a time, in radians or jumps per unit of time. A is linear in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acting {
    pub field: Field,
    pub chi: f64,
    /// The rates of all baths of each coupling together, in the order of [`Coupling::ALL`].
    pub rates: [Rates; 2],
}

impl Acting {
    /// What acts at a time of a stretch; without a drive the frame turns with the qubits, and there is no field.
    pub fn new(stage: &Stage, stretch: &Stretch, driven: bool, chi: f64, time: f64) -> Self {
        let time = time.clamp(stretch.from, stretch.until);
        let field = if driven { stage.field_in(stretch, time) } else { Field::default() };
        let mut rates = [Rates::default(); 2];
        for (bath, reservoir) in stage.reservoirs.iter().enumerate() {
            let Rates { down, up, dephasing } = stage.rates(bath, time);
            let sum = &mut rates[usize::from(reservoir.coupling != Coupling::ALL[0])];
            *sum = Rates { down: sum.down + down, up: sum.up + up, dephasing: sum.dephasing + dephasing };
        }
        Acting { field, chi, rates }
    }
}

impl Acts for Acting {
    fn combined(&self, a: f64, other: &Acting, b: f64) -> Self {
        let sum = |x: f64, y: f64| a * x + b * y;
        let rates = |one: Rates, two: Rates| Rates {
            down: sum(one.down, two.down),
            up: sum(one.up, two.up),
            dephasing: sum(one.dephasing, two.dephasing),
        };
        let (one, two) = (self.field, other.field);
        Acting {
            field: Field { x: sum(one.x, two.x), y: sum(one.y, two.y), z: sum(one.z, two.z) },
            chi: sum(self.chi, other.chi),
            rates: [rates(self.rates[0], other.rates[0]), rates(self.rates[1], other.rates[1])],
        }
    }

    fn dissipating(&self) -> Self {
        Acting { field: Field::default(), chi: 0.0, ..*self }
    }

    /// Seen along its own direction, any field is along x.
    fn along(&self) -> (Self, f64) {
        let Field { x, y, z } = self.field;
        let (along, angle) = if y == 0.0 { (x, 0.0) } else { (x.hypot(y), libm::atan2(y, x)) };
        (Acting { field: Field { x: along, y: 0.0, z }, ..*self }, angle)
    }
}
