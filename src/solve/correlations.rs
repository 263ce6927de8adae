//! Exact correlations at two times, and spectra, of ensembles and modes.

use num_complex::Complex64;

use super::equation::{Aim, Equation, OfProduct};
use super::error::Unsolved;
use crate::group::Ensembles;
use crate::lindblad::{Effort, Line, ProductDensity, ProductEquation};
use crate::model::operator::Operator;
use crate::model::product::{Correlation, Since, TwoTimes};
use crate::scenario::Point;

/// A mean this small beside what it is put together from is rounding.
const ROUNDING: f64 = 1e-12;

/// What is exactly known of a correlation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExactCorrelation {
    /// `<C(t) A(t + tau) B(t)>` at its delays.
    pub values: Vec<Complex64>,
    /// The degree of coherence at its delays, see `degrees`; none where what it is divided by is 0.
    pub degrees: Vec<Option<f64>>,
    /// The spectrum, where it is asked for.
    pub spectrum: Option<ExactSpectrum>,
}

/// What is exactly known of a spectrum.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactSpectrum {
    /// At its frequencies, times.
    pub values: Vec<f64>,
    /// Its highest line, in the unit of frequencies but for the height; or why it is not known.
    pub line: Result<Line, String>,
    /// The weight of what never decays.
    pub coherent: f64,
}

/// The correlations of a point, in its order: `None` where it is not their turn.
pub type ExactCorrelations = Vec<Option<Result<ExactCorrelation, Unsolved>>>;

/// Those that begin at times of the transient.
pub fn along(point: &Point, effort: Effort) -> ExactCorrelations {
    let Some(ensembles) = point.ensembles() else { return Vec::new() };
    let asked = ensembles.correlations();
    let mut found: ExactCorrelations = vec![None; asked.len()];
    let mut order: Vec<(f64, usize)> = Vec::new();
    for (place, correlation) in asked.iter().enumerate() {
        if let Since::Time(time) = correlation.since {
            order.push((time, place));
        }
    }
    if order.is_empty() {
        return found;
    }
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    // As long as all of it takes together.
    let aim = Aim { until: Some(ensembles.correlated()), ..Aim::transient(point, effort) };
    let equation = match OfProduct::new(&point.groups[0], &aim) {
        Ok(equation) => equation,
        Err(reason) => {
            order.into_iter().for_each(|(_, place)| found[place] = Some(Err(reason.clone())));
            return found;
        }
    };
    let equation = equation.equation();
    let (mut rho, mut now) = (equation.initial(ensembles.start()), 0.0);
    for (time, place) in order {
        equation.advance(&mut rho, time - now);
        now = time;
        let correlation = &asked[place];
        let values = values(equation, correlation, &rho);
        let degrees = degrees(equation, correlation, &rho, &values, true);
        found[place] = Some(Ok(ExactCorrelation { values, degrees, spectrum: None }));
    }
    found
}

/// Those that begin in the steady state.
pub fn steady(ensembles: &Ensembles, equation: &ProductEquation, rho: &ProductDensity) -> ExactCorrelations {
    let one = |correlation: &Correlation| {
        (correlation.since == Since::Steady).then(|| {
            let values = values(equation, correlation, rho);
            let degrees = degrees(equation, correlation, rho, &values, false);
            let spectrum = spectrum(ensembles, equation, correlation, rho)?;
            Ok(ExactCorrelation { values, degrees, spectrum })
        })
    };
    ensembles.correlations().iter().map(one).collect()
}

/// The values at its delays, of all terms together.
fn values(equation: &ProductEquation, correlation: &Correlation, rho: &ProductDensity) -> Vec<Complex64> {
    let mut sum = vec![Complex64::ZERO; correlation.delays.len()];
    for of in correlation.terms() {
        let term = equation.correlation(of, rho, &correlation.delays);
        sum.iter_mut().zip(term).for_each(|(sum, value)| *sum += value);
    }
    sum
}

/// The degree of coherence at each delay: `|<A(t + tau) B(t)>|/sqrt(<A A^dagger>(t + tau) <B^dagger B>(t))`, which is |g1|; with
/// an operator around, `<C(t) A(t + tau) B(t)>/(<A>(t + tau) <C B>(t))`, which is g2.
fn degrees(
    equation: &ProductEquation,
    correlation: &Correlation,
    rho: &ProductDensity,
    values: &[Complex64],
    moves: bool,
) -> Vec<Option<f64>> {
    let TwoTimes { left, right, .. } = &correlation.of;
    let around = correlation.of.is_around();
    let together = correlation.terms().map(|TwoTimes { right, outer, .. }| outer * right);
    let of_first = if around {
        together.fold(Operator::zero(left.algebras()), |sum, term| &sum + &term)
    } else {
        &right.adjoint() * right
    };
    let of_second = if around { left.clone() } else { left * &left.adjoint() };
    let mean = |operator: &Operator, rho: &ProductDensity| equation.mean(operator, rho).re;
    let first = mean(&of_first, rho);
    let (mut later, mut now) = (rho.clone(), 0.0);
    let mut second = mean(&of_second, rho);
    let size = |operator: &Operator| operator.terms().map(|(_, value)| value.norm()).fold(0.0, f64::max);
    let is_there = |value: f64, operator: &Operator| value.abs() > ROUNDING * size(operator);
    let degree = |(delay, value): (&f64, &Complex64)| {
        if moves {
            equation.advance(&mut later, delay - now);
            now = *delay;
            second = mean(&of_second, &later);
        }
        let known = is_there(first, &of_first) && is_there(second, &of_second);
        let of = if around { value.re / (first * second) } else { value.norm() / (first * second).sqrt() };
        known.then_some(of).filter(|degree| degree.is_finite())
    };
    correlation.delays.iter().zip(values).map(degree).collect()
}

/// The spectrum that is asked for.
fn spectrum(
    ensembles: &Ensembles,
    equation: &ProductEquation,
    correlation: &Correlation,
    rho: &ProductDensity,
) -> Result<Option<ExactSpectrum>, Unsolved> {
    if correlation.frequencies.is_empty() {
        return Ok(None);
    }
    let unit = ensembles.product().units().angular(1.0);
    let mut spectrum = equation.spectrum(&correlation.of, rho);
    let angular: Vec<f64> = correlation.frequencies.iter().map(|frequency| unit * frequency).collect();
    let values = angular.iter().map(|omega| spectrum.at(*omega)).collect::<Result<Vec<f64>, _>>()?;
    // The highest of those that were looked at is a good place to look around.
    let highest = angular.iter().zip(&values).max_by(|a, b| a.1.total_cmp(b.1)).map(|(omega, _)| *omega);
    let line = if correlation.of.is_of_one() {
        match spectrum.line(highest.as_slice()) {
            Ok(Some(Line { position, width, height })) => {
                Ok(Line { position: position / unit, width: width / unit, height })
            }
            Ok(None) => Err("there is no line that falls to half of its height on both sides".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    } else {
        Err("`left` is not the conjugate of `right`, and the spectrum may have either sign".to_owned())
    };
    Ok(Some(ExactSpectrum { values, line, coherent: spectrum.coherent().re }))
}
