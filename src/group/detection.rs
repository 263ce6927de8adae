//! How the photons of emitters are seen: by the direction in which they go.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::model::emitters::Direction;
use crate::model::product::{Product, ProductError};

/// The light of one bath is seen by detectors in these directions. The master equation is the same; the jumps of its
/// trajectories are others.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    bath: usize,
    down: f64,
    directions: Arc<[Direction]>,
    unravelled: Arc<Product>,
}

/// Where photons are seen makes other trajectories.
impl Serialize for Detection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of = |direction: &Direction| (direction.along, direction.amplitudes.clone());
        (self.bath, self.down, self.directions.iter().map(of).collect::<Vec<_>>()).serialize(serializer)
    }
}

impl Detection {
    /// The light of a `bath` of a product, which emits at the rate `down` into the field of one emitter, by directions that
    /// add up to its decay.
    ///
    /// # Errors
    /// If a direction has not one amplitude for each factor.
    pub fn new(product: &Product, bath: usize, down: f64, directions: Vec<Direction>) -> Result<Self, ProductError> {
        let amplitudes = directions.iter().map(|direction| direction.amplitudes.as_slice());
        let unravelled = Arc::new(product.clone().seen_by(bath, amplitudes, down)?);
        Ok(Detection { bath, down, directions: directions.into(), unravelled })
    }

    /// The bath whose photons are seen.
    #[must_use]
    pub fn bath(&self) -> usize {
        self.bath
    }

    /// The rate at which one emitter alone emits.
    #[must_use]
    pub fn down(&self) -> f64 {
        self.down
    }

    /// The directions, in the order of their jumps.
    #[must_use]
    pub fn directions(&self) -> &[Direction] {
        &self.directions
    }

    /// The rings of directions that are at one angle to the x axis; none of a waveguide.
    pub fn rings(&self) -> impl Iterator<Item = &[Direction]> {
        let on_sphere = self.directions.iter().all(|direction| direction.solid_angle.is_some());
        let all = if on_sphere { &self.directions[..] } else { &[] };
        all.chunk_by(|a, b| a.along[0] == b.along[0])
    }

    /// What was seen in each direction, then in each ring.
    pub fn with_rings(&self, seen: &[f64]) -> impl Iterator<Item = f64> {
        let of_ring = |begin: &mut usize, ring: &[Direction]| {
            let own = *begin..*begin + ring.len();
            *begin = own.end;
            Some(seen[own].iter().sum())
        };
        seen.iter().copied().chain(self.rings().scan(0, of_ring))
    }

    /// The product with jumps by direction.
    #[must_use]
    pub fn unravelled(&self) -> &Product {
        &self.unravelled
    }
}
