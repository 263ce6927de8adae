//! The exact values beside the estimates of a point, from whichever road can be afforded.

mod flows;
pub mod register;

use ndarray::{Array2, ArrayView2};

use crate::bath::Coupling;
use crate::group::Group;
use crate::initial::InitialState;
use crate::lindblad::{Coherences, Driven, Effort, Exact, Populations};
use crate::model::{Observables, Transverse};
use crate::quantity::{Column, Interval, Measure, Quantity, Sample};
use crate::rounded::Rounded;
use crate::scenario::Point;
use crate::theory::decay_rates;
use flows::Flows;

/// Exact values on the grid of a point, or why there are none.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactRoad {
    /// Times x columns; NaN where a column has no exact value.
    averages: Result<Array2<f64>, String>,
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
        let averages = if point.groups.iter().any(|group| !group.alike()) {
            register::averages(point, effort)
        } else {
            ladder_averages(point, effort)
        };
        ExactRoad { averages, burst: burst(point) }
    }

    /// No exact values, for this reason.
    #[must_use]
    pub fn unsolved(reason: &str) -> Self {
        ExactRoad { averages: Err(reason.to_owned()), burst: None }
    }

    /// Why the averages of a point are not solved for with this effort, if so: known before anything is solved.
    ///
    /// # Errors
    /// Which equation is too large, and how large it is.
    pub fn affordable(point: &Point, effort: Effort) -> Result<(), String> {
        let transverse = point.columns().iter().any(|column| column.quantity == Quantity::Jx);
        for group in &point.groups {
            let Group { model, hamiltonian, initial, .. } = group;
            if !group.alike() {
                let until = if effort == Effort::Steady { 0.0 } else { point.until() };
                register::prepare(group, until, effort)?;
            } else if group.ties_orders(transverse) {
                Driven::affordable(model, initial, effort).map_err(|e| e.to_string())?;
                if effort != Effort::Steady {
                    let driven = Driven::new(model, hamiltonian, initial);
                    driven.reaches(point.until(), effort).map_err(|e| e.to_string())?;
                }
            } else {
                Populations::affordable(model, initial, effort).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    /// Why there are no exact averages, where there are none.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        self.averages.as_ref().err().map(String::as_str)
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

/// Identical qubits, group by group.
fn ladder_averages(point: &Point, effort: Effort) -> Result<Array2<f64>, String> {
    let times = point.times();
    let columns = point.columns();
    let transverse = columns.iter().any(|column| column.quantity == Quantity::Jx);
    let mut sum = Array2::zeros((times.len(), columns.len()));
    for group in &point.groups {
        let (averages, spins) = solve_group(group, times, transverse, effort)?;
        let measures: Vec<Measure<Observables>> =
            columns.iter().map(|column| Measure::new(&group.model, *column, point.number())).collect();
        let (mut before, mut jz_before) = (0.0, f64::NAN);
        for (sample, (&time, exact)) in times.iter().zip(&averages).enumerate() {
            let duration = time - before;
            let integral = Observables { emission: exact.emission_integral, jz: exact.jz_integral, j_squared: 0.0 };
            let interval = Interval { duration, integral, net_quanta: None };
            // Length and squeezing of the spin of one trajectory are no averages of the density matrix.
            let none = f64::NAN;
            let spin = |(jx, jy)| Transverse { jx, jy, spin_length: none, squeezing: none };
            let now = Sample { values: exact.now, transverse: spins.as_ref().map(|spins| spin(spins[sample])) };
            let flows = Flows::new(group, exact, jz_before, duration);
            for ((value, measure), column) in sum.row_mut(sample).iter_mut().zip(&measures).zip(&columns) {
                *value += match (column.quantity, column.bath) {
                    (Quantity::HeatCurrent, Some(bath)) => flows.now[bath],
                    (Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts, Some(bath)) => flows.average[bath],
                    _ => measure.value(&now, &interval),
                };
            }
            (before, jz_before) = (time, exact.now.jz);
        }
    }
    for (mut values, column) in sum.columns_mut().into_iter().zip(&columns) {
        values.mapv_inplace(|value| cleared(point, *column, value));
    }
    Ok(sum)
}

/// A value without what is only rounding beside the most it may be, and within its bounds.
fn cleared(point: &Point, column: Column, value: f64) -> f64 {
    let spin = point.number() as f64 / 2.0;
    let of = |most: f64| Rounded::of(value, most).cleared();
    match (column.quantity, column.bath) {
        (Quantity::Jx | Quantity::Jy | Quantity::Jz, _) => of(spin),
        (Quantity::Excited, _) => of(1.0).clamp(0.0, 1.0),
        (Quantity::Intensity, Some(bath)) => {
            let bath = &point.baths()[bath];
            of(bath.down * bath.coupling.forms(point.number()).emission.most(point.number())).max(0.0)
        }
        _ => value,
    }
}

/// Averages at each time, and (`<J_x>`, `<J_y>`) where they are asked for.
type Solved = (Vec<Exact>, Option<Vec<(f64, f64)>>);

/// Populations alone have all currents, and coherences of order one the transverse spin, unless orders are tied.
fn solve_group(group: &Group, times: &[f64], transverse: bool, effort: Effort) -> Result<Solved, String> {
    let Group { model, hamiltonian, initial, .. } = group;
    if group.ties_orders(transverse) {
        Driven::affordable(model, initial, effort).map_err(|e| e.to_string())?;
        let driven = Driven::new(model, hamiltonian, initial);
        driven.reaches(times.last().copied().unwrap_or(0.0), effort).map_err(|e| e.to_string())?;
        let solved = driven.transient(times).map_err(|e| e.to_string())?;
        let spins = solved.iter().map(|average| (average.jx, average.jy)).collect();
        return Ok((solved.into_iter().map(|average| average.exact).collect(), Some(spins)));
    }
    Populations::affordable(model, initial, effort).map_err(|e| e.to_string())?;
    let averages = Populations::new(model, initial).transient(times).map_err(|e| e.to_string())?;
    let spins = transverse.then(|| Coherences::new(model, initial, 1).transverse(times).map_err(|e| e.to_string()));
    Ok((averages, spins.transpose()?))
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
