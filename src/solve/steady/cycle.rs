//! The limit cycle of a protocol: what a cycle books, by how much its noise grows, and averages over its phase.

use super::road::SteadyRoad;
use crate::group::Group;
use crate::lindblad::Effort;
use crate::lindblad::protocol::{LimitCycle, Moments, ProtocolEquation};
use crate::model::protocol::{Entry, Protocol};
use crate::model::{Model, Observables};
use crate::quantity::{Column, Interval, Measure, Quantity, Sample};
use crate::scenario::Point;
use crate::solve::error::Unsolved;
use crate::theory::machine::{UNCLEAR, no_one_temperature};
use crate::theory::{Machine, Merit};

/// Multiplications of one pass through the cycle, as far as its bound tells: a limit cycle takes some tens of passes.
const BESIDE: f64 = 1e9;
const ALONE: f64 = 1e11;

/// What is judged of a cycle, given what it books.
#[derive(Clone, Debug)]
pub struct Judged {
    period: f64,
    /// What the qubits are, where work is done.
    pub machine: Option<Machine>,
    /// Why that is not known, in words.
    pub unknown: Option<String>,
    merit: Option<Merit>,
    baths: Vec<usize>,
    all: usize,
    /// Whether the noise of many cycles is known.
    pub noise: bool,
}

impl Judged {
    /// What there is to judge of the protocol of a point, whose cycles book these means: as far as their signs are `told`.
    #[must_use]
    pub fn new(point: &Point, protocol: &Protocol, told: &dyn Fn(Entry) -> Option<f64>, noise: bool) -> Self {
        let model = protocol.envelope(point.number());
        let all = model.baths.len();
        let acts = |bath: &usize| model.baths[*bath].down + model.baths[*bath].up > 0.0;
        let heat = |bath: usize| if acts(&bath) { told(Entry::Heat(bath)) } else { Some(0.0) };
        let judge = || {
            let inverse = protocol.inverse_temperatures();
            let inverse = inverse.map_err(|bath| no_one_temperature(&point.baths()[bath].name))?;
            let heats: Option<Vec<f64>> = (0..all).map(heat).collect();
            let (work, heats) = told(Entry::Work).zip(heats).ok_or(UNCLEAR)?;
            let machine = Machine::of(&inverse, work, &heats);
            Ok((machine, machine.and_then(|machine| machine.merit(&inverse, &heats))))
        };
        let judged: Result<_, String> = judge();
        let unknown = judged.as_ref().err().map(|why| format!("machine: {why}"));
        let (machine, merit) = judged.unwrap_or_default();
        Judged {
            period: protocol.period(),
            machine,
            unknown,
            merit,
            baths: (0..all).filter(acts).collect(),
            all,
            noise,
        }
    }

    /// What is said of it.
    pub fn columns(&self) -> Vec<Column> {
        let of_bath = |quantity: Quantity| self.baths.iter().map(move |bath| Column::of_bath(quantity, *bath));
        let whole = Column::of_whole;
        let mut columns: Vec<Column> = of_bath(Quantity::HeatCurrent).collect();
        columns.push(whole(Quantity::Power));
        columns.extend(self.merit.as_ref().map(|merit| whole(merit.quantity)));
        columns.push(whole(Quantity::Work));
        columns.extend(of_bath(Quantity::Heat).chain(of_bath(Quantity::Quanta)));
        columns.extend([Quantity::Entropy, Quantity::EntropyProduction].map(whole));
        if self.noise {
            columns.push(whole(Quantity::WorkVariance));
            columns.push(whole(Quantity::Reliability));
            columns.extend(of_bath(Quantity::HeatVariance).chain(of_bath(Quantity::WorkHeatCovariance)));
            columns.push(whole(Quantity::UncertaintyRatio));
            columns.extend(of_bath(Quantity::UncertaintyRatio));
        }
        columns
    }

    /// The pairs of baths whose heats have a covariance.
    #[must_use]
    pub fn pairs(&self) -> Vec<[usize; 2]> {
        let baths = if self.noise { self.baths.as_slice() } else { &[] };
        let with_later = |(place, one): (usize, &usize)| {
            let one = *one;
            baths[place + 1..].iter().map(move |other| [one, *other])
        };
        baths.iter().enumerate().flat_map(with_later).collect()
    }

    /// The values of all columns, from means of a cycle and what covariances grow by each; NaN where there is none.
    pub fn values(&self, mean: &dyn Fn(Entry) -> f64, growth: &dyn Fn(Entry, Entry) -> f64) -> Vec<f64> {
        let work = mean(Entry::Work);
        let value = |Column { quantity, bath, .. }: &Column| match (quantity, bath) {
            (Quantity::HeatCurrent, Some(bath)) => mean(Entry::Heat(*bath)) / self.period,
            (Quantity::Heat, Some(bath)) => mean(Entry::Heat(*bath)),
            (Quantity::Quanta, Some(bath)) => mean(Entry::Quanta(*bath)),
            (Quantity::HeatVariance, Some(bath)) => growth(Entry::Heat(*bath), Entry::Heat(*bath)),
            (Quantity::WorkHeatCovariance, Some(bath)) => growth(Entry::Work, Entry::Heat(*bath)),
            (Quantity::Work, _) => work,
            (Quantity::Power, _) => work / self.period,
            (Quantity::Entropy, _) => mean(Entry::Entropy),
            (Quantity::EntropyProduction, _) => mean(Entry::Entropy) / self.period,
            (Quantity::WorkVariance, _) => growth(Entry::Work, Entry::Work),
            (Quantity::UncertaintyRatio, bath) => {
                let of = bath.map_or(Entry::Work, Entry::Heat);
                growth(of, of) * mean(Entry::Entropy) / (2.0 * mean(of) * mean(of))
            }
            (Quantity::Reliability, _) => work * work / growth(Entry::Work, Entry::Work),
            _ => self.merit.as_ref().map_or(f64::NAN, |merit| {
                let heats: Vec<f64> = (0..self.all).map(|bath| mean(Entry::Heat(bath))).collect();
                merit.of(work, &heats)
            }),
        };
        self.columns().iter().map(value).collect()
    }
}

/// What is looked at within a cycle: at each phase, the columns that are of one instant, and what was booked up to it.
#[derive(Clone, Debug)]
pub struct Phases {
    /// Times since the start of a cycle.
    pub times: Vec<f64>,
    /// What is looked at.
    pub columns: Vec<Column>,
    /// By phase, then by column.
    measures: Vec<Vec<Measure<Observables>>>,
}

impl Phases {
    /// Those that a point asks for.
    #[must_use]
    pub fn of(point: &Point, protocol: &Protocol) -> Self {
        let times = point.steady().map_or_else(Vec::new, |steady| steady.phases.clone());
        let of_instant =
            |column: &Column| !matches!(column.quantity, Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts);
        let columns: Vec<Column> = point.columns().into_iter().filter(of_instant).collect();
        let at = |time: &f64| {
            let model: Model = protocol.model(point.number(), *time);
            columns.iter().map(|column| Measure::new(&model, *column, point.number())).collect()
        };
        Phases { measures: times.iter().map(at).collect(), times, columns }
    }

    /// The values at a phase, from the averages there and what was booked up to it; NaN where there is none.
    pub fn values<'a>(
        &'a self,
        phase: usize,
        now: Observables,
        booked: impl Fn(Entry) -> f64 + 'a,
    ) -> impl Iterator<Item = f64> + 'a {
        self.columns.iter().zip(&self.measures[phase]).map(move |(column, measure)| {
            match (column.quantity, column.bath) {
                (Quantity::Work, _) => booked(Entry::Work),
                (Quantity::Entropy, _) => booked(Entry::Entropy),
                (Quantity::Heat, Some(bath)) => booked(Entry::Heat(bath)),
                _ => {
                    let nothing = Interval { duration: 0.0, integral: Observables::default(), net_quanta: None };
                    measure.value(&Sample { values: now, transverse: None }, &nothing)
                }
            }
        })
    }
}

/// The equation of a point under a protocol, where its limit cycle can be afforded.
///
/// # Errors
/// Why it cannot.
pub fn equation(point: &Point, protocol: &Protocol, effort: Effort) -> Result<ProtocolEquation, Unsolved> {
    let Group { initial, model, .. } = &point.groups[0];
    if protocol.is_driven() {
        return Err(Unsolved::DrivenCycle);
    }
    let equation = ProtocolEquation::new(protocol, model.number, initial)?;
    let limit = if effort == Effort::Beside { BESIDE } else { ALONE };
    if equation.work() > limit {
        return Err(Unsolved::CycleWork { work: equation.work(), limit });
    }
    Ok(equation)
}

/// Solves for the limit cycle of a point.
///
/// # Errors
/// That there is none, or that it is out of reach.
pub fn solve(point: &Point, protocol: &Protocol, effort: Effort) -> Result<SteadyRoad, Unsolved> {
    let equation = equation(point, protocol, effort)?;
    let limit = equation.limit_cycle()?;
    let mut road = SteadyRoad::default();
    let mean = |entry: Entry| limit.many.mean(entry).unwrap_or(f64::NAN);
    let growth = |a: Entry, b: Entry| limit.many.covariance(a, b).unwrap_or(f64::NAN);
    let apart = |a: Entry| limit.between_sectors.covariance(a, a).unwrap_or(0.0);
    let apart = (0..protocol.baths()).map(Entry::Heat).chain([Entry::Work]).any(|entry| apart(entry) > 0.0);
    let told = |entry: Entry| Some(protocol.booked(point.number(), 1, mean(entry)).cleared());
    let judged = Judged::new(point, protocol, &told, !apart);
    road.machine = judged.machine;
    road.refused.extend(judged.unknown.clone());
    let values = judged.columns().into_iter().zip(judged.values(&mean, &growth));
    let known = values.filter(|(_, value)| value.is_finite());
    road.values = known.map(|(Column { quantity, bath, .. }, value)| (quantity, bath, value)).collect();
    let pairs = judged.pairs().into_iter().map(|[a, b]| ([a, b], growth(Entry::Heat(a), Entry::Heat(b))));
    road.heat_covariances = pairs.collect();
    refuse(&mut road.refused, &limit, apart);
    let phases = Phases::of(point, protocol);
    if !phases.times.is_empty() {
        let series = equation.averages_from(&limit.p, &phases.times)?.series;
        for (phase, averages) in series.iter().enumerate() {
            let booked = |entry: Entry| averages.booked.mean(entry).unwrap_or(f64::NAN);
            road.phases.extend(phases.values(phase, averages.now, booked));
        }
    }
    road.multiplier = Some(limit.second_multiplier);
    Ok(road)
}

/// What there is no value for, and why.
fn refuse(refused: &mut Vec<String>, limit: &LimitCycle, apart: bool) {
    let lacks_entropy = |moments: &Moments| moments.mean(Entry::Entropy).is_none();
    if lacks_entropy(&limit.many) {
        refused.push("entropy: it is infinite, as a bath at T = 0 never gives a quantum back".to_owned());
    }
    if apart {
        refused.push(CONSERVED.to_owned());
    }
}

/// Why there is no long-time noise where J is conserved.
pub const CONSERVED: &str = "noise of many cycles: every trajectory keeps its J, and what cycles of different J book drifts \
                             apart for ever; start from one sector, or add a local bath";
