//! The exact values beside the estimates of a point, from whichever road can be afforded.

use crate::bath::Coupling;
use crate::initial::InitialState;
use crate::lindblad::{Effort, Exact, Populations};
use crate::quantity::{Column, Interval};
use crate::theory::decay_rates;

use super::input::{Group, Point};

/// Exact values on the grid of a point, or why there are none.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactRoad {
    /// Group by group.
    columns: Vec<Vec<Column>>,
    averages: Result<Vec<Vec<Exact>>, String>,
    burst: Option<Burst>,
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
        let solve = |Group { model, initial }: &Group| {
            Populations::affordable(model, initial, effort).map_err(|e| e.to_string())?;
            Populations::new(model, initial).transient(&point.evolution.times).map_err(|e| e.to_string())
        };
        let averages = point.groups.iter().map(solve).collect();
        ExactRoad { columns: point.columns(), averages, burst: burst(point) }
    }

    /// No exact values, for this reason.
    #[must_use]
    pub(super) fn unsolved(reason: &str) -> Self {
        ExactRoad { columns: Vec::new(), averages: Err(reason.to_owned()), burst: None }
    }

    /// Why there are no exact averages, where there are none.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        self.averages.as_ref().err().map(String::as_str)
    }

    /// The exact value of a column at one time of the grid: the sum over the groups.
    #[must_use]
    pub fn on_grid(&self, times: &[f64], sample: usize, column: usize) -> Option<f64> {
        let groups = self.averages.as_ref().ok()?;
        let before = if sample == 0 { 0.0 } else { times[sample - 1] };
        let of_group = |(exact, columns): (&Vec<Exact>, &Vec<Column>)| {
            let exact = exact.get(sample)?;
            let interval = Interval {
                duration: times[sample] - before,
                emission: exact.emission_integral,
                jz: exact.jz_integral,
                net_quanta: None,
            };
            Some(columns.get(column)?.value(&exact.now, &interval))
        };
        let sum: f64 = groups.iter().zip(&self.columns).map(of_group).sum::<Option<f64>>()?;
        Some(sum).filter(|value| value.is_finite())
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

    /// The exact mean time of the k-th photon, from k = 0, where there is a closed form.
    #[must_use]
    pub fn photon_time(&self, photon: usize) -> Option<f64> {
        self.burst.as_ref()?.photon_times.get(photon).copied()
    }
}

/// Pure collective decay from a Dicke state: every waiting time is exponential, so the photon times are partial sums,
/// and the intensity peaks when the fastest step comes up. Holds for runs that are long enough for the last photon.
fn burst(point: &Point) -> Option<Burst> {
    let [Group { model, initial: InitialState::Dicke(level) }] = point.groups.as_slice() else { return None };
    let (collective, local) = (model.rates(Coupling::Collective), model.rates(Coupling::Local));
    if local.any() || collective.up > 0.0 || collective.down == 0.0 {
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
    if photon_times.last().is_none_or(|last| *last + 40.0 / rates[rates.len() - 1] > point.evolution.until()) {
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
