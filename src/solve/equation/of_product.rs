//! Ensembles and modes side by side: the master equation over the blocks of their product.

use super::{Aim, Averages, BathAverages, Equation, WorkAndHeat};
use crate::group::{Ensembles, Group};
use crate::lindblad::protocol::CycleError;
use crate::lindblad::{
    ChangingForm, Effort, MeanForm, Passing, ProductAlong, ProductCycle, ProductDensity, ProductEquation,
    cycle_affordable,
};
use crate::model::product::{Changing, ProductProtocol, ProductStage, Watched};
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

    /// The start of the limit cycle of a protocol, and what a cycle leaves of the slowest deviation from it.
    ///
    /// # Errors
    /// That nothing changes, so that there is no cycle; or why it has no limit, or none that can be found.
    pub fn limit_cycle(&self) -> Result<(ProductState, f64), Unsolved> {
        let Still::No(along) = &self.equation else { return Err(CycleError::Once.into()) };
        let ProductCycle { rho, second_multiplier } = along.limit_cycle(self.ensembles.start())?;
        Ok((self.begun(along.begin(rho)), second_multiplier))
    }

    /// How long one cycle of a protocol takes; 0 without one.
    #[must_use]
    pub fn period(&self) -> f64 {
        self.ensembles.protocol().map_or(0.0, ProductProtocol::period)
    }

    /// A state at the start of a protocol.
    fn begun(&self, passing: Passing) -> ProductState {
        let means = self.means(&passing.rho, &passing.dials);
        let began = self.ensembles.energy().map_or(0.0, |energy| means.at(energy));
        ProductState { passing, began }
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
        let booked = system.energy().map(|energy| {
            let left = || now.at(energy) - state.began - heats.iter().sum::<f64>();
            WorkAndHeat { work: if system.does_work() { left() } else { 0.0 }, heats: heats.clone() }
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
        let asks = aim.until.is_some() || group.changing_ensembles().is_some();
        if asks { Self::new(group, aim).map(drop) } else { Self::elements(group, aim).map(drop) }
    }

    fn new(group: &Group, aim: &Aim) -> Result<Self, Unsolved> {
        let elements = Self::elements(group, aim)?;
        let ensembles = group.ensembles.as_deref().ok_or(Unsolved::NoEnsembles)?.clone();
        let (product, start) = (ensembles.product(), ensembles.start());
        let equation = match ensembles.protocol() {
            None => Still::Yes(Box::new(ProductEquation::new(product, start)?)),
            Some(protocol) => Still::No(Box::new(ProductAlong::new(protocol, start)?)),
        };
        let limit = limit(aim.effort);
        if let Some(until) = aim.until {
            let cost = match &equation {
                Still::Yes(equation) => equation.cost(until),
                Still::No(along) => along.cost(until),
            };
            if cost > limit {
                return Err(Unsolved::ProductOperations { elements, until, cost, limit });
            }
        } else if let Still::No(along) = &equation {
            cycle_affordable(along.cost_of_cycle(), limit, aim.effort.name())?;
        }
        let forms = match &equation {
            Still::Yes(equation) => {
                let still = |watched| vec![([ProductStage::ONE; 2], equation.mean_form(watched))];
                ensembles.watched().iter().map(still).collect()
            }
            Still::No(along) => {
                let form = |Changing { watched, shares }: Changing| match shares {
                    Some(shares) => along.changing_form(&shares),
                    None => vec![([ProductStage::ONE; 2], along.envelope().mean_form(&watched))],
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
            Still::No(along) => self.begun(along.start(start)),
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

    /// Under a protocol, the start of its limit cycle.
    fn steady_state(&self) -> Result<ProductState, Unsolved> {
        match &self.equation {
            Still::Yes(equation) => Ok(self.at_rest(equation.steady()?)),
            Still::No(_) => self.limit_cycle().map(|(state, _)| state),
        }
    }

    fn relaxation_time(&self) -> Option<f64> {
        match &self.equation {
            Still::Yes(equation) => equation.relaxation_time(),
            Still::No(_) => None,
        }
    }
}
