//! A segment of the protocol of a product: how its numbers go, and its baths.

use serde::Serialize;

use super::Product;
use crate::bath::Rates;
use crate::model::protocol::Stretch;
use crate::model::{Reservoir, Signal, Wave, Waveform};
use crate::units::Units;

/// A bath in a segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProductReservoir {
    /// What it is: its rates at a frequency and a time.
    pub reservoir: Reservoir,
    /// The frequency at which they are taken.
    pub frequency: Signal,
}

impl ProductReservoir {
    /// Its rates at a time since the start of the segment.
    #[must_use]
    pub fn rates(&self, units: Units, time: f64) -> Rates {
        self.reservoir.rates(units, self.frequency.at(time), time)
    }

    /// Whether nothing of it changes.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.reservoir.is_held() && self.frequency.is_held()
    }

    /// Its largest rates in a segment of this duration.
    #[must_use]
    pub fn most(&self, units: Units, duration: f64) -> Rates {
        if self.is_held() {
            return self.rates(units, 0.0);
        }
        self.reservoir.bounds(units, &self.frequency, [0.0, duration]).most
    }

    fn holds(&self, times: [f64; 2]) -> bool {
        self.reservoir.holds(times) && self.frequency.holds(times)
    }

    fn knots(&self) -> impl Iterator<Item = f64> + '_ {
        self.reservoir.knots().chain(self.frequency.knots())
    }
}

/// A segment as it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductSegment {
    /// The name by which messages refer to it.
    pub name: String,
    /// How long it takes, positive.
    pub duration: f64,
    /// How each v_k goes.
    pub values: Vec<Wave>,
    /// Every bath, in the order of the product.
    pub baths: Vec<ProductReservoir>,
}

/// A segment. Times are since its start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProductStage {
    pub(super) units: Units,
    /// Its name.
    #[serde(skip)]
    pub name: String,
    /// When it starts within a cycle.
    pub start: f64,
    /// How long it takes.
    pub duration: f64,
    pub(super) values: Vec<Waveform>,
    pub(super) baths: Vec<ProductReservoir>,
}

impl ProductStage {
    /// The number 1 among the dials.
    pub const ONE: usize = 0;

    /// What operators are multiplied by at a time, on that side of an edge where another time is: 1, then each v_k, then the
    /// rate of every jump of all baths of the `still` product.
    pub fn dial(&self, still: &Product, time: f64, inside: f64, dials: &mut [f64]) {
        dials[ProductStage::ONE] = 1.0;
        let (values, jumps) = dials[1..].split_at_mut(self.values.len());
        values.iter_mut().zip(&self.values).for_each(|(dial, value)| *dial = value.beside(time, inside));
        let mut jumps = jumps.iter_mut();
        for (bath, own) in self.baths.iter().zip(still.baths()) {
            let rates = bath.rates(self.units, time);
            let channels = own.channels().iter().zip(&mut jumps);
            channels.for_each(|(channel, dial)| *dial = rates.of(channel.of));
        }
    }

    /// The rates of a bath at a time since the start of the segment.
    #[must_use]
    pub fn rates(&self, bath: usize, time: f64) -> Rates {
        self.baths[bath].rates(self.units, time)
    }

    /// The rates of a bath, none below what it ever is.
    #[must_use]
    pub fn most_rates(&self, bath: usize) -> Rates {
        self.baths[bath].most(self.units, self.duration)
    }

    /// It cut at every corner and edge.
    #[must_use]
    pub fn stretches(&self) -> Vec<Stretch> {
        let knots =
            self.values.iter().flat_map(Waveform::knots).chain(self.baths.iter().flat_map(ProductReservoir::knots));
        Stretch::between(self.duration, knots.collect(), |times| {
            self.values.iter().all(|value| value.holds(times)) && self.baths.iter().all(|bath| bath.holds(times))
        })
    }

    /// How far a step from a time may go without passing over a pulse, or a period.
    #[must_use]
    pub fn longest_step(&self, time: f64) -> f64 {
        self.values.iter().map(|value| value.longest_step(time)).fold(f64::INFINITY, f64::min)
    }
}
