//! The master equation of a product along a protocol: `drho/dt = sum_d f_d(t) L_d rho`, one L for each term of H and each kind
//! of jump.

use bytemuck::{cast_slice, cast_slice_mut};
use num_complex::Complex64;

use super::blocks::Part;
use super::generator::Generator;
use super::{MeanForm, ProductDensity, ProductEquation};
use crate::initial::ProductStart;
use crate::lindblad::SolveError;
use crate::lindblad::extrapolation::{Flow, advance};
use crate::model::product::{ProductError, ProductProtocol, ProductStage, Share, Watched};
use crate::model::protocol::Stretch;

/// The mean of a sum whose factors change: each form with its dials.
pub type ChangingForm = Vec<([usize; 2], MeanForm)>;

/// Multiplications by a generator that a step takes in which its norm times the time is 1, roughly.
const SLOPES: f64 = 30.0;

/// The master equation of a product under a protocol; times in its unit.
#[derive(Clone, Debug)]
pub struct ProductAlong {
    pub(super) protocol: ProductProtocol,
    /// Of all that ever acts: over all states that are ever reached.
    pub(super) envelope: ProductEquation,
    /// By dial.
    pub(super) generators: Vec<Generator>,
    /// The heat currents.
    pub(super) heats: Vec<ChangingForm>,
}

/// A density matrix on its way through a protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Passing {
    /// When.
    pub time: f64,
    /// The density matrix.
    pub rho: ProductDensity,
    /// The heat from each bath by then, in [`crate::units::Units::quantum`].
    pub heats: Vec<f64>,
    /// What shares are multiplied by, see [`ProductStage::dial`]: at the end of a segment, before a quench.
    pub dials: Vec<f64>,
}

/// A stretch of a segment.
struct Leg<'a> {
    along: &'a ProductAlong,
    stage: &'a ProductStage,
    stretch: Stretch,
    dials: Vec<f64>,
    /// How many numbers make a density matrix.
    elements: usize,
}

impl Leg<'_> {
    fn dial(&mut self, time: f64) {
        let within = time.clamp(self.stretch.from, self.stretch.until);
        let inside = 0.5 * (self.stretch.from + self.stretch.until);
        self.stage.dial(self.along.protocol.still(), within, inside, &mut self.dials);
    }
}

impl Flow for Leg<'_> {
    fn slope(&mut self, time: f64, y: &[f64], slope: &mut [f64]) {
        self.dial(time);
        let (rho, change) = (cast_slice::<f64, Complex64>(&y[..self.elements]), &mut slope[..self.elements]);
        change.fill(0.0);
        for (generator, factor) in self.along.generators.iter().zip(&self.dials).filter(|(_, factor)| **factor != 0.0) {
            generator.add(*factor, rho, cast_slice_mut(change));
        }
        for (heat, form) in slope[self.elements..].iter_mut().zip(&self.along.heats) {
            *heat = MeanForm::of_changing(form, &self.dials, rho).0;
        }
    }

    fn longest_step(&self, time: f64) -> f64 {
        self.stage.longest_step(time).min(0.25 * (self.stretch.until - self.stretch.from))
    }

    fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        let mut most = 0.0_f64;
        for (index, (a, b)) in a.iter().zip(b).enumerate() {
            // Of a trace of 1; a heat, of what it has come to.
            let apart = (a - b).abs() / if index < self.elements { 1.0 } else { b.abs().max(1.0) };
            if apart.is_nan() {
                return f64::INFINITY;
            }
            most = most.max(apart);
        }
        most
    }
}

impl MeanForm {
    /// The mean of a sum where the dials are these, with what its terms add to by their magnitudes.
    #[must_use]
    pub fn changing(form: &[([usize; 2], MeanForm)], dials: &[f64], rho: &ProductDensity) -> (f64, f64) {
        Self::of_changing(form, dials, &rho.elements)
    }

    fn of_changing(form: &[([usize; 2], MeanForm)], dials: &[f64], elements: &[Complex64]) -> (f64, f64) {
        form.iter().fold((0.0, 0.0), |(sum, magnitude), (own, form)| {
            let (factor, (value, size)) = (Share::factor(dials, *own), form.of(elements));
            (sum + factor * value, magnitude + factor.abs() * size)
        })
    }
}

impl ProductAlong {
    /// The equation over all that a start can lead to.
    ///
    /// # Errors
    /// As [`ProductEquation::new`].
    pub fn new(protocol: &ProductProtocol, start: &ProductStart) -> Result<Self, ProductError> {
        let envelope = ProductEquation::new(&protocol.envelope(), start)?;
        let part = |dial: usize| {
            let equation = ProductEquation::within(&protocol.part(dial), envelope.rooms.clone());
            equation.generator_of(&equation.layout(0), Part::All)
        };
        let generators = (0..protocol.dials()).map(part).collect();
        let mut along = ProductAlong { protocol: protocol.clone(), envelope, generators, heats: Vec::new() };
        let baths = 0..protocol.still().baths().len();
        along.heats = baths.map(|bath| along.changing_form(&protocol.heat_current(bath))).collect();
        Ok(along)
    }

    /// The equation of all that ever acts, with which density matrices are made and read.
    #[must_use]
    pub fn envelope(&self) -> &ProductEquation {
        &self.envelope
    }

    /// The mean of a sum.
    #[must_use]
    pub fn changing_form(&self, shares: &[Share]) -> ChangingForm {
        let form = |share: &Share| self.envelope.mean_form(&Watched::Operator(share.operator.clone()));
        shares.iter().map(|share| (share.dials, form(share))).collect()
    }

    /// The multiplications that it takes to go on until a time, roughly.
    #[must_use]
    pub fn cost(&self, until: f64) -> f64 {
        let entries: f64 = self.generators.iter().map(Generator::entries).sum();
        let of_stage = |stage: &ProductStage| stage.stretches().len() as f64;
        let stretches = self.protocol.cycles() as f64 * self.protocol.stages().iter().map(of_stage).sum::<f64>();
        SLOPES * entries * (until * self.envelope.generator.norm + 4.0 * stretches)
    }

    /// The state that a protocol begins in.
    #[must_use]
    pub fn start(&self, start: &ProductStart) -> Passing {
        self.begin(self.envelope.initial(start))
    }

    /// A density matrix at the start of a protocol.
    #[must_use]
    pub fn begin(&self, rho: ProductDensity) -> Passing {
        let mut dials = vec![0.0; self.protocol.dials()];
        self.protocol.stages()[0].dial(self.protocol.still(), 0.0, 0.0, &mut dials);
        Passing { time: 0.0, rho, heats: vec![0.0; self.heats.len()], dials }
    }

    /// Takes a state through ascending times, none before its own, and shows it at each. An element of rho errs by 1e-12 a
    /// step.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    pub fn pass(&self, state: &mut Passing, times: &[f64], mut see: impl FnMut(&Passing)) -> Result<(), SolveError> {
        let (protocol, from) = (&self.protocol, state.time);
        let mut y: Vec<f64> = cast_slice::<Complex64, f64>(&state.rho.elements).to_vec();
        let elements = y.len();
        y.extend(&state.heats);
        let mut left = times.iter().copied().peekable();
        let stages = protocol.stages();
        let places = (0..protocol.cycles()).flat_map(|cycle| stages.iter().map(move |stage| (cycle, stage)));
        for (cycle, stage) in places {
            let offset = cycle as f64 * protocol.period() + stage.start;
            let end = offset + stage.duration;
            let very_last = end >= protocol.end() * (1.0 - f64::EPSILON);
            if left.peek().is_none() {
                break;
            }
            if end <= from && !very_last {
                continue;
            }
            for stretch in stage.stretches() {
                let rest = very_last && stretch.until >= stage.duration;
                if offset + stretch.until <= from && !rest {
                    continue;
                }
                let dials = std::mem::take(&mut state.dials);
                let mut leg = Leg { along: self, stage, stretch, dials, elements };
                let (mut now, mut pace) = (stretch.from.max(from - offset), f64::INFINITY);
                while let Some(time) = left.next_if(|time| rest || *time - offset <= stretch.until) {
                    let until = (time - offset).clamp(now, stretch.until.max(now));
                    advance(&mut leg, &mut y, [now, until], &mut pace)?;
                    now = until;
                    leg.dial(now);
                    state.dials.clone_from(&leg.dials);
                    state.rho.elements.copy_from_slice(cast_slice(&y[..elements]));
                    state.heats.copy_from_slice(&y[elements..]);
                    state.time = time;
                    see(state);
                }
                if left.peek().is_some() {
                    advance(&mut leg, &mut y, [now, stretch.until], &mut pace)?;
                }
                state.dials = leg.dials;
            }
        }
        Ok(())
    }
}
