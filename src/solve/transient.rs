//! The exact values beside the estimates of a point, from whichever road can be afforded.

use ndarray::{Array2, ArrayView2};

use super::cleared::cleared;
use super::correlations::{self, ExactCorrelations};
use super::directions::{self, ExactDirections};
use super::equation::{Aim, Averages, Equation, ForEquation, Road, at_cuts};
use super::error::Unsolved;
use super::law::law;
use super::protocol::{self, ExactProtocol};
use super::steady::cycle_affordable;
use crate::bath::Coupling;
use crate::group::Group;
use crate::initial::InitialState;
use crate::lindblad::{Effort, Transferred};
use crate::scenario::Point;
use crate::theory::decay_rates;

/// Exact values on the grid of a point, or why there are none.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactRoad {
    /// Times x columns; NaN where a column has no exact value.
    averages: Result<Array2<f64>, Unsolved>,
    burst: Option<Burst>,
    protocol: Option<ExactProtocol>,
    correlations: ExactCorrelations,
    directions: ExactDirections,
    law: Option<Transferred>,
}

/// The closed form of a burst into cold collective baths from one Dicke state.
#[derive(Clone, Debug, PartialEq)]
struct Burst {
    peak_time: f64,
    peak_intensity: f64,
    photon_times: Vec<f64>,
}

impl ExactRoad {
    /// Solves the master equation of the point where it is small enough for the effort.
    #[must_use]
    pub fn new(point: &Point, effort: Effort) -> Self {
        let Some(protocol) = point.protocol() else {
            let averages = averages(point, effort);
            // Without the averages there is nothing else.
            let correlations = averages.as_ref().map_or_else(|_| Vec::new(), |_| correlations::along(point, effort));
            let directions = averages.as_ref().ok().and_then(|_| directions::photons(point, effort));
            let law = averages.as_ref().ok().and_then(|_| law(point, effort).ok().flatten());
            let burst = burst(point);
            return ExactRoad { averages, burst, protocol: None, correlations, directions, law };
        };
        match protocol::solve(point, protocol, effort) {
            Ok((averages, exact)) => {
                let averages = Ok(averages);
                let protocol = Some(exact);
                ExactRoad { averages, burst: None, protocol, correlations: Vec::new(), directions: None, law: None }
            }
            Err(reason) => ExactRoad::unsolved(reason),
        }
    }

    /// No exact values, for this reason.
    #[must_use]
    pub fn unsolved(reason: Unsolved) -> Self {
        let averages = Err(reason);
        ExactRoad { averages, burst: None, protocol: None, correlations: Vec::new(), directions: None, law: None }
    }

    /// Why the averages of a point are not solved for with this effort, if so: known before anything is solved.
    ///
    /// # Errors
    /// Which equation is too large, and how large it is.
    pub fn affordable(point: &Point, effort: Effort) -> Result<(), Unsolved> {
        if let (Some(protocol), Some(_)) = (point.protocol(), point.steady()) {
            return cycle_affordable(point, protocol, effort);
        }
        let steady = effort == Effort::Steady;
        if let Some(protocol) = point.protocol().filter(|_| !steady) {
            return protocol::equation(point, protocol, effort).map(drop);
        }
        let aim = if steady { Aim::steady(point, effort) } else { Aim::transient(point, effort) };
        let mut groups = point.groups.iter().zip(Road::of_each(&point.groups, &aim));
        groups.try_for_each(|(group, road)| road.affordable(group, &aim))
    }

    /// Why there are no exact averages, where there are none.
    #[must_use]
    pub fn missing(&self) -> Option<&Unsolved> {
        self.averages.as_ref().err()
    }

    /// The exact value of a column at one time of the grid: the sum over the groups.
    #[must_use]
    pub fn on_grid(&self, sample: usize, column: usize) -> Option<f64> {
        let value = self.averages.as_ref().ok()?.get((sample, column))?;
        Some(*value).filter(|value| value.is_finite())
    }

    /// The exact averages, times x columns, NaN where a column has none; `None` where nothing was solved.
    #[must_use]
    pub fn averages(&self) -> Option<ArrayView2<'_, f64>> {
        self.averages.as_ref().ok().map(|averages| averages.view())
    }

    /// What is exactly known of the protocol that the point is under.
    #[must_use]
    pub fn protocol(&self) -> Option<&ExactProtocol> {
        self.protocol.as_ref()
    }

    /// The law of the counts of a run under a condition, without the condition, where it could be afforded.
    #[must_use]
    pub fn law(&self) -> Option<&Transferred> {
        self.law.as_ref()
    }

    /// The correlations that begin at times of the transient.
    #[must_use]
    pub fn correlations(&self) -> &ExactCorrelations {
        &self.correlations
    }

    /// The mean number of photons in each direction, where they are seen so.
    #[must_use]
    pub fn directions(&self) -> Option<&[f64]> {
        self.directions.as_ref()?.as_deref().ok()
    }

    /// The exact mean time of the highest intensity, where there is a closed form.
    #[must_use]
    pub fn peak_time(&self) -> Option<f64> {
        self.burst.as_ref().map(|burst| burst.peak_time)
    }

    /// The exact mean of the highest intensity, where there is a closed form.
    #[must_use]
    pub fn peak_intensity(&self) -> Option<f64> {
        self.burst.as_ref().map(|burst| burst.peak_intensity)
    }

    /// The exact mean width of the burst of this many qubits, where there is a closed form.
    #[must_use]
    pub fn burst_width(&self, number: i64) -> Option<f64> {
        let number = usize::try_from(number).ok()?;
        let after = |quarters: usize| self.photon_time((quarters * number).div_ceil(4).checked_sub(1)?);
        Some(after(3)? - after(1)?)
    }

    /// The exact mean time of the k-th photon, from k = 0, where there is a closed form.
    #[must_use]
    pub fn photon_time(&self, photon: usize) -> Option<f64> {
        self.burst.as_ref()?.photon_times.get(photon).copied()
    }
}

/// One group on a grid.
struct OnGrid<'a> {
    group: &'a Group,
    aim: &'a Aim,
    times: &'a [f64],
}

impl ForEquation for OnGrid<'_> {
    type Output = Result<Vec<Averages>, Unsolved>;

    fn of<E: Equation>(self) -> Self::Output {
        let equation = E::new(self.group, self.aim)?;
        equation.advance(&mut equation.start()?, self.times)
    }
}

/// The largest that each observable is at any time.
fn heaviest(solved: &[Averages]) -> Vec<f64> {
    let observables = solved.first().map_or(0, |first| first.observables.len());
    let largest = |index: usize| solved.iter().map(|averages| averages.observables[index]).fold(0.0, f64::max);
    (0..observables).map(largest).collect()
}

/// Times x columns, summed over the groups; NaN where a column has no exact value.
fn averages(point: &Point, effort: Effort) -> Result<Array2<f64>, Unsolved> {
    let (times, columns) = (point.times(), point.columns());
    let aim = Aim::transient(point, effort);
    let roads = Road::of_each(&point.groups, &aim);
    let mut sum = Array2::zeros((times.len(), columns.len()));
    for (group, road) in point.groups.iter().zip(&roads) {
        let solved = at_cuts(group, |group| {
            let solved = road.with(OnGrid { group, aim: &aim, times })?;
            let heaviest = heaviest(&solved);
            Ok((solved, heaviest))
        })?;
        for (mut row, averages) in sum.rows_mut().into_iter().zip(&solved) {
            row.iter_mut().zip(&columns).for_each(|(value, column)| *value += averages.value(*column));
        }
    }
    // In the full space and of a product that is done already, by the size of each density matrix.
    if !roads.iter().any(|road| *road >= Road::FullSpace) {
        for (mut values, column) in sum.columns_mut().into_iter().zip(&columns) {
            values.mapv_inplace(|value| cleared((point.number(), point.baths()), *column, value));
        }
    }
    Ok(sum)
}

/// Pure collective decay from a Dicke state: every waiting time is exponential, so the photon times are partial sums,
/// and the intensity peaks when the fastest step comes up. Holds for runs that are long enough for the last photon.
fn burst(point: &Point) -> Option<Burst> {
    let [group @ Group { model, initial: InitialState::Dicke(level), .. }] = point.groups.as_slice() else {
        return None;
    };
    let (collective, local) = (model.rates(Coupling::Collective), model.rates(Coupling::Local));
    if !group.on_the_ladder() || local.any() || collective.up > 0.0 || collective.down == 0.0 {
        return None;
    }
    let rates: Vec<f64> = decay_rates(*level, collective.down).collect();
    let photon_times: Vec<f64> = rates
        .iter()
        .scan(0.0, |time, rate| {
            *time += rate.recip();
            Some(*time)
        })
        .collect();
    // The mean is of trajectories that end: one cut short would hold the peak so far.
    if photon_times.last().is_none_or(|last| *last + 40.0 / rates[rates.len() - 1] > point.until()) {
        return None;
    }
    // The first photon whose rate is highest waits from the photon before it.
    let mut peak = 0;
    for (photon, rate) in rates.iter().enumerate() {
        if *rate > rates[peak] {
            peak = photon;
        }
    }
    let peak_time = if peak == 0 { 0.0 } else { photon_times[peak - 1] };
    Some(Burst { peak_time, peak_intensity: rates[peak], photon_times })
}
