//! A product that changes in time, segment by segment.
//!
//! `H(t) = H + sum_k v_k(t) H_k`: what changes are numbers v_k, such as couplings, drives and frequencies, and the rates of
//! baths. All that acts, and all that follows from it, is a sum of operators that stay, each times one or two such
//! numbers: a [`Share`], by its [dials](ProductStage::dial).

use std::iter;

use num_complex::Complex64;
use serde::Serialize;

use super::stage::{ProductSegment, ProductStage};
use super::{Channel, Levels, Product, ProductError, Watched};
use crate::bath::{Process, Rates};
use crate::model::operator::Operator;
use crate::model::{Wave, WaveError, Waveform};

/// Why there is no such protocol of a product. Segments are counted from 1.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProductProtocolError {
    /// No segment, or no cycle.
    #[error("a protocol of {segments} segments and {cycles} cycles: at least one of each")]
    Empty {
        /// How many segments.
        segments: usize,
        /// How many cycles.
        cycles: u64,
    },
    /// A duration that is none.
    #[error("segment {segment}: a duration of {duration}: it must be positive and finite")]
    Duration {
        /// Which segment.
        segment: usize,
        /// What was given.
        duration: f64,
    },
    /// Something that is not there for each term, or each bath.
    #[error("segment {segment}: {given} {what} for {wanted}")]
    Count {
        /// Which segment.
        segment: usize,
        /// Values or baths.
        what: &'static str,
        /// How many are given.
        given: usize,
        /// How many there are.
        wanted: usize,
    },
    /// A value that does not go so.
    #[error("segment {segment}, value {value}: {error}")]
    Value {
        /// Which segment.
        segment: usize,
        /// Of which term, from 1.
        value: usize,
        /// What is wrong.
        error: WaveError,
    },
    /// A rate that is negative somewhere, or beyond what a number holds.
    #[error("segment {segment}: the rates of bath \"{bath}\" are not all finite and from 0 up")]
    Rates {
        /// Which segment.
        segment: usize,
        /// The bath.
        bath: String,
    },
    /// What is no product.
    #[error(transparent)]
    Product(#[from] ProductError),
}

/// An operator of a sum that changes in time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Which numbers multiply it, see [`ProductStage::dial`].
    pub dials: [usize; 2],
    /// The operator.
    pub operator: Operator,
}

impl Share {
    /// What an operator of these dials is multiplied by.
    #[must_use]
    #[inline]
    pub fn factor(dials: &[f64], [one, other]: [usize; 2]) -> f64 {
        dials[one] * dials[other]
    }
}

/// What is watched of a product that changes: something that stays, or a sum whose factors change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changing {
    /// What it is where it stays, and the words of all that it ever is.
    pub watched: Watched,
    /// The sum, where it is one.
    pub shares: Option<Vec<Share>>,
}

/// A product under a protocol.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProductProtocol {
    /// What stays of it, and every kind of jump that ever happens, at unit rates.
    still: Product,
    /// H_k, in the unit of the frequencies.
    terms: Vec<Operator>,
    stages: Vec<ProductStage>,
    cycles: u64,
}

impl ProductProtocol {
    /// The protocol of a product of which H stays, and to which the terms are added: H_k, each times its value. Of the jumps
    /// of the product only their kinds matter, and which there are; their rates are those of the segments.
    ///
    /// # Errors
    /// The first thing in it that cannot be.
    pub fn new(
        product: &Product,
        terms: Vec<Operator>,
        segments: &[ProductSegment],
        cycles: u64,
    ) -> Result<Self, ProductProtocolError> {
        if segments.is_empty() || cycles == 0 {
            return Err(ProductProtocolError::Empty { segments: segments.len(), cycles });
        }
        if !terms.iter().all(Operator::is_hermitian) {
            return Err(ProductError::NotHermitian.into());
        }
        let (units, mut stages, mut start) = (product.units(), Vec::<ProductStage>::new(), 0.0);
        for (index, ProductSegment { name, duration, values, baths }) in segments.iter().enumerate() {
            let (segment, duration) = (index + 1, *duration);
            if !(duration > 0.0 && duration.is_finite()) {
                return Err(ProductProtocolError::Duration { segment, duration });
            }
            let counts = [("values", values.len(), terms.len()), ("baths", baths.len(), product.baths().len())];
            if let Some((what, given, wanted)) = counts.into_iter().find(|(_, given, wanted)| given != wanted) {
                return Err(ProductProtocolError::Count { segment, what, given, wanted });
            }
            for bath in baths {
                let bounds = bath.reservoir.bounds(units, &bath.frequency, [0.0, duration]);
                let fits = |Rates { down, up, dephasing }: Rates| {
                    [down, up, dephasing].iter().all(|rate| rate.is_finite() && *rate >= 0.0)
                };
                if !(fits(bounds.least) && fits(bounds.most)) {
                    return Err(ProductProtocolError::Rates { segment, bath: bath.reservoir.name.clone() });
                }
            }
            let wave = |(value, wave): (usize, &Wave)| {
                let failed = |error| ProductProtocolError::Value { segment, value: value + 1, error };
                Waveform::new(wave, units, duration).map_err(failed)
            };
            let values = values.iter().enumerate().map(wave).collect::<Result<_, _>>()?;
            stages.push(ProductStage { units, name: name.clone(), start, duration, values, baths: baths.clone() });
            start += duration;
        }
        let unit = Rates { down: 1.0, up: 1.0, dephasing: 1.0 };
        Ok(ProductProtocol { still: product.clone().at_rates(|_| unit), terms, stages, cycles })
    }

    /// The same with other numbers of quanta that are kept of a mode, by its place among the factors.
    ///
    /// # Errors
    /// If these are none.
    pub fn with_levels(self, place: usize, levels: Levels) -> Result<Self, ProductError> {
        Ok(ProductProtocol { still: self.still.with_levels(place, levels)?, ..self })
    }

    /// What stays of the product, with every kind of jump that ever happens at unit rates.
    #[must_use]
    pub fn still(&self) -> &Product {
        &self.still
    }

    /// Its segments.
    #[must_use]
    pub fn stages(&self) -> &[ProductStage] {
        &self.stages
    }

    /// How often they pass.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// The same, passed so many times, at least once.
    #[must_use]
    pub fn repeated(&self, cycles: u64) -> Self {
        ProductProtocol { cycles: cycles.max(1), ..self.clone() }
    }

    /// How long all segments take once.
    #[must_use]
    pub fn period(&self) -> f64 {
        self.stages.last().map_or(0.0, |last| last.start + last.duration)
    }

    /// Its end.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.cycles as f64 * self.period()
    }

    /// Whether H ever changes, within a segment or from one to another, and so work may be done.
    #[must_use]
    pub fn does_work(&self) -> bool {
        let changes = |place: usize| {
            let first = self.stages[0].values[place].at(0.0);
            let stays = |stage: &ProductStage| {
                let value = &stage.values[place];
                value.knots().next().is_none() && value.holds([0.0, stage.duration]) && value.at(0.0) == first
            };
            !self.terms[place].is_zero() && !self.stages.iter().all(stays)
        };
        (0..self.terms.len()).any(changes)
    }

    /// What stays of the product and what H is at the start, with every kind of jump that ever happens at unit rates.
    #[must_use]
    pub fn at_first(&self) -> Product {
        let mut product = self.still.clone();
        for (term, value) in self.terms.iter().zip(&self.stages[0].values) {
            product.hamiltonian = &product.hamiltonian + &(term * Complex64::from(value.at(0.0)));
        }
        product
    }

    /// 1/T of every bath wherever it exchanges quanta, `None` of one that never does.
    ///
    /// # Errors
    /// The first bath that was not given one temperature, which stays.
    pub fn inverse_temperatures(&self) -> Result<Vec<Option<f64>>, usize> {
        let of_bath = |bath: usize| {
            let mut one = None;
            for stage in &self.stages {
                let most = stage.most_rates(bath);
                if most.down + most.up > 0.0 {
                    let here = stage.baths[bath].reservoir.entropy_of_energy(stage.units).ok_or(bath)?;
                    if here != *one.get_or_insert(here) {
                        return Err(bath);
                    }
                }
            }
            Ok(one)
        };
        (0..self.still.baths().len()).map(of_bath).collect()
    }

    /// The product as it is at a time of a segment.
    #[must_use]
    pub fn at(&self, stage: &ProductStage, time: f64) -> Product {
        let mut product = self.still.clone().at_rates(|bath| stage.baths[bath].rates(self.still.units(), time));
        for (term, value) in self.terms.iter().zip(&stage.values) {
            product.hamiltonian = &product.hamiltonian + &(term * Complex64::from(value.at(time)));
        }
        product
    }

    /// The largest magnitudes of all dials.
    fn most(&self) -> Vec<f64> {
        let most = |of: &dyn Fn(&ProductStage) -> f64| self.stages.iter().map(of).fold(0.0, f64::max);
        let values = (0..self.terms.len()).map(|place| most(&|stage| stage.values[place].most(stage.duration)));
        let baths = self.still.baths().iter().enumerate();
        let jumps = baths.flat_map(|(bath, own)| {
            let rate = move |channel: &Channel| most(&|stage| stage.most_rates(bath).of(channel.of));
            own.channels().iter().map(rate)
        });
        iter::once(1.0).chain(values).chain(jumps).collect()
    }

    /// What a sum comes to at most: every word that it ever has, with the sum of their magnitudes.
    #[must_use]
    pub fn most_of(&self, shares: &[Share]) -> Operator {
        let magnitudes =
            shares.iter().map(|share| Share { operator: share.operator.magnitudes(), ..*share }).collect::<Vec<_>>();
        self.sum(&magnitudes, &self.most())
    }

    /// What acts at any time, and as much as it ever does: bounds follow from it, and which states there are. Of H it has
    /// every word, with the sum of their magnitudes.
    #[must_use]
    pub fn envelope(&self) -> Product {
        let most = |bath: usize, process: Process| {
            self.stages.iter().map(|stage| stage.most_rates(bath).of(process)).fold(0.0, f64::max)
        };
        let rates = |bath: usize| {
            let [down, up, dephasing] =
                [Process::Emission, Process::Absorption, Process::Dephasing].map(|process| most(bath, process));
            Rates { down, up, dephasing }
        };
        Product { hamiltonian: self.most_of(&self.parts_of_h(1.0)), ..self.still.clone().at_rates(rates) }
    }

    /// A sum where the dials are these.
    #[must_use]
    pub fn sum(&self, shares: &[Share], dials: &[f64]) -> Operator {
        let more = |sum: Operator, Share { dials: own, operator }: &Share| {
            &sum + &(operator * Complex64::from(Share::factor(dials, *own)))
        };
        shares.iter().fold(Operator::zero(self.still.algebras()), more)
    }

    /// The dial of a jump, by its place among those of all baths.
    #[must_use]
    pub fn dial_of_jump(&self, jump: usize) -> usize {
        1 + self.terms.len() + jump
    }

    /// How many dials there are.
    #[must_use]
    pub fn dials(&self) -> usize {
        self.dial_of_jump(self.still.baths().iter().map(|bath| bath.channels().len()).sum())
    }

    /// What one dial multiplies, by itself: a part of H, or one kind of jump.
    #[must_use]
    pub fn part(&self, dial: usize) -> Product {
        let mut part = self.still.clone();
        let jumps = self.dial_of_jump(0);
        match dial {
            ProductStage::ONE => {}
            _ if dial < jumps => part.hamiltonian = self.terms[dial - 1].clone(),
            _ => part.hamiltonian = Operator::zero(self.still.algebras()),
        }
        let mut place = jumps;
        for channels in part.baths.iter_mut().map(|bath| &mut bath.channels) {
            channels.retain(|_| {
                place += 1;
                place == dial + 1
            });
        }
        part
    }

    /// H/hbar, in radians per unit of time.
    #[must_use]
    pub fn hamiltonian(&self) -> Vec<Share> {
        self.parts_of_h(self.still.units().angular(1.0))
    }

    /// H, as [`Product::energy`].
    #[must_use]
    pub fn energy(&self) -> Vec<Share> {
        self.parts_of_h(self.still.units().quantum(1.0))
    }

    fn parts_of_h(&self, unit: f64) -> Vec<Share> {
        let of = |(dial, operator): (usize, &Operator)| Share {
            dials: [ProductStage::ONE, dial],
            operator: operator * Complex64::from(unit),
        };
        iter::once(&self.still.hamiltonian).chain(&self.terms).enumerate().map(of).collect()
    }

    /// The jumps of a bath with their dials.
    fn jumps_of(&self, bath: usize) -> impl Iterator<Item = (usize, &Channel)> {
        let before: usize = self.still.baths[..bath].iter().map(|bath| bath.channels().len()).sum();
        let channels = self.still.baths[bath].channels().iter().enumerate();
        channels.map(move |(place, channel)| (self.dial_of_jump(before + place), channel))
    }

    /// As [`Product::heat_current`].
    #[must_use]
    pub fn heat_current(&self, bath: usize) -> Vec<Share> {
        let energy = self.energy();
        let of_jump = |(dial, channel): (usize, &Channel)| {
            let of = |Share { dials, operator }: &Share| Share {
                dials: [dial, dials[1]],
                operator: channel.change(operator),
            };
            energy.iter().map(of).collect::<Vec<_>>()
        };
        self.jumps_of(bath).flat_map(of_jump).filter(|share| !share.operator.is_zero()).collect()
    }

    /// As [`Product::intensity`].
    #[must_use]
    pub fn intensity(&self, bath: usize, process: Process) -> Vec<Share> {
        let jumps = self.jumps_of(bath).filter(|(_, channel)| channel.process == process);
        let of = |(dial, channel): (usize, &Channel)| Share {
            dials: [ProductStage::ONE, dial],
            operator: channel.intensity(&self.still),
        };
        jumps.map(of).collect()
    }
}
