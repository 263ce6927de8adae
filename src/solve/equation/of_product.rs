//! Ensembles and modes side by side: the master equation over the blocks of their product.

use super::{Aim, Averages, BathAverages, Equation};
use crate::group::{Ensembles, Group};
use crate::lindblad::{Effort, MeanForm, ProductDensity, ProductEquation};
use crate::model::product::Watched;
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
    equation: ProductEquation,
    /// Of all that is watched.
    forms: Vec<MeanForm>,
    effort: Effort,
}

/// A density matrix of a product at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductState {
    time: f64,
    rho: ProductDensity,
}

impl ProductState {
    /// The density matrix.
    #[must_use]
    pub fn rho(&self) -> &ProductDensity {
        &self.rho
    }
}

impl OfProduct {
    /// The equation itself.
    #[must_use]
    pub fn equation(&self) -> &ProductEquation {
        &self.equation
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

    /// A steady state, as one at t = 0.
    #[must_use]
    pub fn at_rest(&self, rho: ProductDensity) -> ProductState {
        ProductState { time: 0.0, rho }
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
    fn means(&self, rho: &ProductDensity) -> <Ensembles as System>::Values {
        let mut means = <Ensembles as System>::Values::default();
        for (mean, form) in means.0.iter_mut().zip(&self.forms) {
            let (value, magnitude) = form.at(rho);
            *mean = Rounded::of(value, magnitude).cleared();
        }
        means
    }

    fn told(&self, state: &ProductState, interval: Option<(&ProductDensity, f64)>) -> Averages {
        let (system, now) = (&self.ensembles, self.means(&state.rho));
        let average = interval.map(|(integral, duration)| (self.means(integral), duration));
        let of_bath = |bath| {
            let heat_current = system.heat_current(bath);
            BathAverages {
                intensity: now.at(system.intensity(bath)).max(0.0),
                heat_current: now.at(heat_current),
                average: average
                    .map_or(f64::NAN, |(means, duration)| means.integral(heat_current, duration) / duration),
            }
        };
        let observable = |index: usize| {
            // Beside a run every trajectory has a cut of its own, and nothing to compare with that of the equation.
            let kept = matches!(system.looked_at()[index].watched, Watched::Levels(_));
            if kept && self.effort == Effort::Beside { f64::NAN } else { now.at(system.observable(index)) }
        };
        Averages {
            time: state.time,
            jz: now.at(system.jz()),
            j_squared: f64::NAN,
            transverse: None,
            excited: now.at(system.excited(self.total)).clamp(0.0, 1.0),
            power: 0.0,
            baths: (0..system.baths().len()).map(of_bath).collect(),
            observables: (0..system.observables()).map(observable).collect(),
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
        let equation = ProductEquation::new(product, start)?;
        if let Some(until) = aim.until {
            let (cost, limit) = (equation.cost(until), limit(aim.effort));
            if cost > limit {
                return Err(Unsolved::ProductOperations { elements, until, cost, limit });
            }
        }
        let forms = ensembles.watched().iter().map(|watched| equation.mean_form(watched)).collect();
        Ok(OfProduct { total: aim.total, forms, equation, ensembles, effort: aim.effort })
    }

    fn start(&self) -> Result<ProductState, Unsolved> {
        Ok(ProductState { time: 0.0, rho: self.equation.initial(self.ensembles.start()) })
    }

    fn time(state: &ProductState) -> f64 {
        state.time
    }

    fn averages(&self, state: &ProductState) -> Averages {
        self.told(state, None)
    }

    fn advance(&self, state: &mut ProductState, times: &[f64]) -> Result<Vec<Averages>, Unsolved> {
        let mut told = Vec::with_capacity(times.len());
        for &time in times {
            let duration = time - state.time;
            let integral = self.equation.advance_with_integral(&mut state.rho, duration);
            state.time = time;
            told.push(self.told(state, Some((&integral, duration)).filter(|_| duration > 0.0)));
        }
        Ok(told)
    }

    fn steady_state(&self) -> Result<ProductState, Unsolved> {
        Ok(self.at_rest(self.equation.steady()?))
    }

    fn relaxation_time(&self) -> Option<f64> {
        self.equation.relaxation_time()
    }
}
