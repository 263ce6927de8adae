//! Ensembles and modes side by side: the master equation over the blocks of their product.

use super::{Aim, Averages, BathAverages, Equation, WorkAndHeat};
use crate::group::{Ensembles, Group};
use crate::lindblad::{ChangingForm, Effort, MeanForm, Passing, ProductAlong, ProductDensity, ProductEquation};
use crate::model::product::{Changing, ProductProtocol, Watched};
use crate::model::{System, Values};
use crate::rounded::Rounded;
use crate::solve::error::Unsolved;

/// The most elements of a density matrix beside a run.
const MOST_BESIDE: f64 = 6e4;

/// The most elements of a density matrix whose steady state is solved for.
const MOST_STEADY: f64 = 2e4;

/// The most multiplications of a transient: some ten seconds beside a run, minutes for its own sake.
fn limit(effort: Effort) -> f64 {
    match effort {
        Effort::Beside => 1e10,
        Effort::Transient | Effort::Steady => 3e11,
    }
}

/// The equation of a product of ensembles and modes.
#[derive(Clone, Debug)]
pub struct OfProduct {
    ensembles: Ensembles,
    total: i64,
    equation: Still,
    /// Of all that is watched.
    forms: Vec<ChangingForm>,
    effort: Effort,
}

/// Whether a protocol changes it.
#[derive(Clone, Debug)]
enum Still {
    Yes(Box<ProductEquation>),
    No(Box<ProductAlong>),
}

/// A density matrix of a product at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductState {
    passing: Passing,
    /// The energy at the start, where a protocol changes it.
    began: f64,
}

impl ProductState {
    /// The density matrix.
    #[must_use]
    pub fn rho(&self) -> &ProductDensity {
        &self.passing.rho
    }
}

impl OfProduct {
    /// The equation itself; under a protocol that of all that ever acts.
    #[must_use]
    pub fn equation(&self) -> &ProductEquation {
        match &self.equation {
            Still::Yes(equation) => equation,
            Still::No(along) => along.envelope(),
        }
    }

    /// The slowest relaxation time, and the observables of the steady state beside it, where that is diagonalized.
    ///
    /// # Errors
    /// A product that is too large, or without a unique steady state.
    pub fn relaxing(group: &Group, aim: &Aim) -> Result<(Option<f64>, Vec<f64>), Unsolved> {
        let elements = Self::elements(group, aim)?;
        let most = ProductEquation::MOST_DIAGONALIZED as f64;
        if elements > most {
            return Err(Unsolved::ProductElimination { elements, most });
        }
        let equation = Self::new(group, aim)?;
        let state = equation.steady_state()?;
        Ok((equation.relaxation_time(), equation.averages(&state).observables))
    }

    /// What cuts may do to the heat current of a bath in a steady state whose highest numbers weigh so much together: it is
    /// that of a mode without one, in which as much would flow beyond the highest number as is taken from there.
    #[must_use]
    pub fn cut_error(&self, bath: usize, weight: f64) -> f64 {
        let (system, baths) = (&self.ensembles, self.ensembles.baths().len());
        let largest = |watched: usize| {
            let forms = self.forms.get(watched).into_iter().flatten();
            forms.map(|(_, form)| form.largest()).fold(0.0, f64::max)
        };
        let highest = system.product().factors().iter().map(|factor| factor.frequency.abs()).fold(0.0, f64::max);
        // Twice, as the way there is from one number below.
        let quanta = 2.0 * largest(1 + baths + bath) * system.units().quantum(highest);
        weight * (largest(1 + bath) + quanta)
    }

    /// A steady state, as one at t = 0.
    #[must_use]
    pub fn at_rest(&self, rho: ProductDensity) -> ProductState {
        ProductState { passing: Passing { time: 0.0, rho, heats: Vec::new(), dials: vec![1.0] }, began: 0.0 }
    }

    /// How many elements the density matrix has, where they may be solved for.
    fn elements(group: &Group, aim: &Aim) -> Result<f64, Unsolved> {
        let ensembles = group.ensembles.as_deref().ok_or(Unsolved::NoEnsembles)?;
        let elements = ProductEquation::size(ensembles.product(), ensembles.start())?;
        if aim.effort == Effort::Beside && elements > MOST_BESIDE {
            return Err(Unsolved::ProductBeside { elements, most: MOST_BESIDE });
        }
        if aim.until.is_none() && elements > MOST_STEADY {
            return Err(Unsolved::ProductElimination { elements, most: MOST_STEADY });
        }
        Ok(elements)
    }

    /// The means of all that is watched, or their integrals where rho is one, without what is only rounding.
    fn means(&self, rho: &ProductDensity, dials: &[f64]) -> <Ensembles as System>::Values {
        let mut means = <Ensembles as System>::Values::default();
        for (mean, form) in means.0.iter_mut().zip(&self.forms) {
            let (value, magnitude) = MeanForm::changing(form, dials, rho);
            *mean = Rounded::of(value, magnitude).cleared();
        }
        means
    }

    /// The averages of a state; `average` is the heat current from a bath over the interval before.
    fn told(&self, state: &ProductState, average: impl Fn(usize) -> f64) -> Averages {
        let (system, Passing { time, rho, heats, dials }) = (&self.ensembles, &state.passing);
        let now = self.means(rho, dials);
        let of_bath = |bath| BathAverages {
            intensity: now.at(system.intensity(bath)).max(0.0),
            heat_current: now.at(system.heat_current(bath)),
            average: average(bath),
        };
        let booked = system.energy().map(|energy| WorkAndHeat {
            work: now.at(energy) - state.began - heats.iter().sum::<f64>(),
            heats: heats.clone(),
        });
        let observable = |index: usize| {
            // Beside a run every trajectory has a cut of its own, and nothing to compare with that of the equation.
            let kept = matches!(system.looked_at()[index].watched, Watched::Levels(_));
            if kept && self.effort == Effort::Beside { f64::NAN } else { now.at(system.observable(index)) }
        };
        Averages {
            time: *time,
            jz: now.at(system.jz()),
            j_squared: f64::NAN,
            transverse: None,
            excited: now.at(system.excited(self.total)).clamp(0.0, 1.0),
            power: 0.0,
            baths: (0..system.baths().len()).map(of_bath).collect(),
            observables: (0..system.observables()).map(observable).collect(),
            booked,
        }
    }
}

impl Equation for OfProduct {
    type State = ProductState;

    fn affordable(group: &Group, aim: &Aim) -> Result<(), Unsolved> {
        // Only what a time takes asks for the equation itself.
        if aim.until.is_some() { Self::new(group, aim).map(drop) } else { Self::elements(group, aim).map(drop) }
    }

    fn new(group: &Group, aim: &Aim) -> Result<Self, Unsolved> {
        let elements = Self::elements(group, aim)?;
        let ensembles = group.ensembles.as_deref().ok_or(Unsolved::NoEnsembles)?.clone();
        let (product, start) = (ensembles.product(), ensembles.start());
        let equation = match ensembles.protocol() {
            None => Still::Yes(Box::new(ProductEquation::new(product, start)?)),
            Some(protocol) => Still::No(Box::new(ProductAlong::new(protocol, start)?)),
        };
        if let Some(until) = aim.until {
            let cost = match &equation {
                Still::Yes(equation) => equation.cost(until),
                Still::No(along) => along.cost(until),
            };
            let limit = limit(aim.effort);
            if cost > limit {
                return Err(Unsolved::ProductOperations { elements, until, cost, limit });
            }
        }
        let forms = match &equation {
            Still::Yes(equation) => {
                let still = |watched| vec![([ProductProtocol::ONE; 2], equation.mean_form(watched))];
                ensembles.watched().iter().map(still).collect()
            }
            Still::No(along) => {
                let form = |Changing { watched, shares }: Changing| match shares {
                    Some(shares) => along.changing_form(&shares),
                    None => vec![([ProductProtocol::ONE; 2], along.envelope().mean_form(&watched))],
                };
                ensembles.changing().into_iter().map(form).collect()
            }
        };
        Ok(OfProduct { total: aim.total, forms, equation, ensembles, effort: aim.effort })
    }

    fn start(&self) -> Result<ProductState, Unsolved> {
        let start = self.ensembles.start();
        Ok(match &self.equation {
            Still::Yes(equation) => self.at_rest(equation.initial(start)),
            Still::No(along) => {
                let passing = along.start(start);
                let means = self.means(&passing.rho, &passing.dials);
                let began = self.ensembles.energy().map_or(0.0, |energy| means.at(energy));
                ProductState { passing, began }
            }
        })
    }

    fn time(state: &ProductState) -> f64 {
        state.passing.time
    }

    fn averages(&self, state: &ProductState) -> Averages {
        self.told(state, |_| f64::NAN)
    }

    fn advance(&self, state: &mut ProductState, times: &[f64]) -> Result<Vec<Averages>, Unsolved> {
        let mut told = Vec::with_capacity(times.len());
        match &self.equation {
            Still::Yes(equation) => {
                for &time in times {
                    let duration = time - state.passing.time;
                    let integral = equation.advance_with_integral(&mut state.passing.rho, duration);
                    state.passing.time = time;
                    let means = self.means(&integral, &state.passing.dials);
                    let average = |bath| means.integral(self.ensembles.heat_current(bath), duration) / duration;
                    told.push(self.told(state, |bath| if duration > 0.0 { average(bath) } else { f64::NAN }));
                }
            }
            Still::No(along) => {
                let (began, mut before) = (state.began, (state.passing.time, state.passing.heats.clone()));
                along.pass(&mut state.passing, times, |now| {
                    let state = ProductState { passing: now.clone(), began };
                    let duration = now.time - before.0;
                    let average = |bath: usize| (now.heats[bath] - before.1[bath]) / duration;
                    told.push(self.told(&state, |bath| if duration > 0.0 { average(bath) } else { f64::NAN }));
                    before = (now.time, now.heats.clone());
                })?;
            }
        }
        Ok(told)
    }

    fn steady_state(&self) -> Result<ProductState, Unsolved> {
        Ok(self.at_rest(self.equation().steady()?))
    }

    fn relaxation_time(&self) -> Option<f64> {
        self.equation().relaxation_time()
    }
}
