//! The limit cycle of a protocol: what a cycle books, by how much its noise grows, and averages over its phase.

use super::super::protocol::{MOST_QUBITS, of_means, on_grid};
use super::road::SteadyRoad;
use super::rows::ExactNoise;
use crate::dicke::sectors;
use crate::lindblad::density::{self, DensityMatrix};
use crate::lindblad::protocol::{CycleError, LimitCycle, ProtocolAverages, ProtocolEquation};
use crate::lindblad::{DrivenProtocol, Effort, RegisterProtocol, StateCycle, StateNoise, cycle_affordable};
use crate::model::protocol::{Entry, Protocol};
use crate::model::{Model, Observables};
use crate::quantity::{Column, Interval, Measure, Quantity, Sample};
use crate::scenario::Point;
use crate::solve::error::Unsolved;
use crate::statistics::{Statistic, Subject};
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
    /// Those that a point asks for of its limit cycle, if it is asked for one.
    #[must_use]
    pub fn asked(point: &Point) -> Option<Self> {
        point.steady()?;
        match point.protocol() {
            Some(protocol) => Some(Phases::of(point, protocol)),
            None => point.groups[0].changing_ensembles().map(|_| Phases::bare(point)),
        }
    }

    /// Without what averages of qubits are measured by.
    pub(super) fn bare(point: &Point) -> Self {
        let times = point.steady().map_or_else(Vec::new, |steady| steady.phases.clone());
        let of_instant =
            |column: &Column| !matches!(column.quantity, Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts);
        let columns = point.columns().into_iter().filter(of_instant).collect();
        Phases { times, columns, measures: Vec::new() }
    }

    /// Those that a point asks for.
    #[must_use]
    pub fn of(point: &Point, protocol: &Protocol) -> Self {
        let Phases { times, columns, .. } = Phases::bare(point);
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

/// The equation of the limit cycle of a point.
enum Equation {
    /// Over the levels: coherence that nothing drives is forgotten.
    Levels(ProtocolEquation),
    /// Of all orders of coherence.
    Orders(DrivenProtocol),
    /// Of all elements, with those at the start.
    FullSpace(RegisterProtocol, DensityMatrix),
}

/// The smallest equation that has it, where it can be afforded.
fn equation(point: &Point, protocol: &Protocol, effort: Effort) -> Result<Equation, Unsolved> {
    let group = &point.groups[0];
    let number = group.model.number;
    let limit = if effort == Effort::Beside { BESIDE } else { ALONE };
    let of_states = |work: f64| cycle_affordable(work, 10.0 * limit, effort.name());
    if !group.alike() {
        if number > MOST_QUBITS {
            return Err(Unsolved::Elements { qubits: number });
        }
        let equation = RegisterProtocol::new(protocol, &group.register())?;
        of_states(equation.work())?;
        let start = density::of(&group.initial, number as usize).ok_or(Unsolved::Spread)?;
        return Ok(Equation::FullSpace(equation, start));
    }
    if protocol.is_driven() {
        let equation = DrivenProtocol::new(protocol, &group.hamiltonian, number, &group.initial, effort)?;
        of_states(equation.work())?;
        return Ok(Equation::Orders(equation));
    }
    let equation = ProtocolEquation::new(protocol, number, &group.initial)?;
    let work = equation.work(&[]);
    if work > limit {
        return Err(Unsolved::CycleWork { work, limit });
    }
    Ok(Equation::Levels(equation))
}

/// Whether the limit cycle of a point can be afforded.
///
/// # Errors
/// Why it cannot.
pub fn affordable(point: &Point, protocol: &Protocol, effort: Effort) -> Result<(), Unsolved> {
    equation(point, protocol, effort).map(drop)
}

/// What is left of the slowest deviation from the limit cycle of a point after one cycle.
///
/// # Errors
/// That there is no limit, or that it is out of reach.
pub fn multiplier(point: &Point, protocol: &Protocol, effort: Effort) -> Result<f64, Unsolved> {
    Ok(match equation(point, protocol, effort)? {
        Equation::Levels(equation) => equation.limit_cycle()?.second_multiplier,
        Equation::Orders(equation) => equation.limit_cycle(&[])?.second_multiplier,
        Equation::FullSpace(equation, start) => equation.limit_cycle(&start, &[])?.second_multiplier,
    })
}

/// Solves for the limit cycle of a point.
///
/// # Errors
/// That there is none, or that it is out of reach.
pub fn solve(point: &Point, protocol: &Protocol, effort: Effort) -> Result<SteadyRoad, Unsolved> {
    let phases = Phases::of(point, protocol);
    // Twice as many right sides as there are baths.
    let limit = if effort == Effort::Beside { BESIDE } else { ALONE };
    let sides = 2.0 * protocol.baths() as f64;
    let within = |work: f64| cycle_affordable(sides * work, 10.0 * limit, effort.name()).is_ok();
    match equation(point, protocol, effort)? {
        Equation::Levels(equation) => of_levels(point, protocol, &equation, &phases),
        Equation::Orders(equation) => {
            let limit = equation.limit_cycle(&phases.times)?;
            let noise =
                (!is_conserved(point, protocol)).then(|| within(equation.work()).then(|| equation.noise(&limit)));
            of_states(point, protocol, (&limit, noise), &phases)
        }
        Equation::FullSpace(equation, start) => {
            let limit = equation.limit_cycle(&start, &phases.times)?;
            let noise = Some(within(equation.work()).then(|| equation.noise(&limit)));
            of_states(point, protocol, (&limit, noise), &phases)
        }
    }
}

/// Whether trajectories under a protocol keep their J, and differ by it, for ever: qubits of unlike couplings have none.
#[must_use]
pub fn is_conserved(point: &Point, protocol: &Protocol) -> bool {
    let (number, group) = (point.number(), &point.groups[0]);
    let reached = sectors(number).filter(|two_j| group.initial.reaches(number, *two_j));
    group.alike() && !protocol.envelope(number).mixes_sectors() && reached.take(2).count() > 1
}

/// What is said of a cycle that books these means, whose covariances grow by so much each cycle, NaN where that is not known.
fn judged(
    (point, protocol): (&Point, &Protocol),
    mean: &dyn Fn(Entry) -> f64,
    growth: &dyn Fn(Entry, Entry) -> f64,
    noise: bool,
) -> SteadyRoad {
    let mut road = SteadyRoad::default();
    let told = |entry: Entry| Some(protocol.booked(point.number(), 1, mean(entry)).cleared());
    let judged = Judged::new(point, protocol, &told, noise);
    road.machine = judged.machine;
    road.refused.extend(judged.unknown.clone());
    let values = judged.columns().into_iter().zip(judged.values(mean, growth));
    let known = values.filter(|(_, value)| value.is_finite());
    road.values = known.map(|(Column { quantity, bath, .. }, value)| (quantity, bath, value)).collect();
    let pairs = judged.pairs().into_iter().map(|[a, b]| ([a, b], growth(Entry::Heat(a), Entry::Heat(b))));
    road.heat_covariances = pairs.filter(|(_, value)| value.is_finite()).collect();
    if !mean(Entry::Entropy).is_finite() {
        road.refused.push("entropy: it is infinite, as a bath at T = 0 never gives a quantum back".to_owned());
    }
    road
}

fn of_levels(
    point: &Point,
    protocol: &Protocol,
    equation: &ProtocolEquation,
    phases: &Phases,
) -> Result<SteadyRoad, Unsolved> {
    let limit = equation.limit_cycle()?;
    let mean = |entry: Entry| limit.many.mean(entry).unwrap_or(f64::NAN);
    let growth = |a: Entry, b: Entry| limit.many.covariance(a, b).unwrap_or(f64::NAN);
    let apart = |a: Entry| limit.between_sectors.covariance(a, a).unwrap_or(0.0);
    let apart = (0..protocol.baths()).map(Entry::Heat).chain([Entry::Work]).any(|entry| apart(entry) > 0.0);
    let mut road = judged((point, protocol), &mean, &growth, !apart);
    road.refused.extend(apart.then(|| CONSERVED.to_owned()));
    if !phases.times.is_empty() {
        let series = equation.averages_from(&limit.p, &phases.times)?.series;
        for (phase, averages) in series.iter().enumerate() {
            let booked = |entry: Entry| averages.booked.mean(entry).unwrap_or(f64::NAN);
            road.phases.extend(phases.values(phase, averages.now, booked));
        }
    }
    if !apart {
        let acts = |bath: &usize| road.values.iter().any(|(q, b, _)| (*q, *b) == (Quantity::HeatVariance, Some(*bath)));
        let of_baths = (0..protocol.baths()).filter(acts).map(|bath| (Some(bath), Entry::Heat(bath)));
        let all: Vec<_> = std::iter::once((None, Entry::Work)).chain(of_baths).collect();
        for (bath, entry) in all {
            let grown = limit.stretched.mean(entry).unwrap_or(f64::NAN);
            let ratio = growth(entry, entry) * mean(Entry::Entropy) / (2.0 * grown * grown);
            if ratio.is_finite() {
                road.values.push((Quantity::PeriodicUncertaintyRatio, bath, ratio));
            }
        }
    }
    road.multiplier = Some(limit.second_multiplier);
    counted((point, protocol), equation, &limit, apart, &mut road)?;
    Ok(road)
}

/// What `[noise]` asks for: quanta in windows of whole cycles, and in the limit of long ones.
fn counted(
    (point, protocol): (&Point, &Protocol),
    equation: &ProtocolEquation,
    limit: &LimitCycle,
    apart: bool,
    road: &mut SteadyRoad,
) -> Result<(), Unsolved> {
    let growth = |a: usize, b: usize| {
        let known = limit.many.covariance(Entry::Quanta(a), Entry::Quanta(b)).filter(|_| !apart);
        known.unwrap_or(f64::NAN)
    };
    let of_quanta = |bath: usize| limit.many.mean(Entry::Quanta(bath)).unwrap_or(f64::NAN);
    long_noise(point, protocol, &growth, &of_quanta, road);
    let (asked, period) = (point.noise(), protocol.period());
    for &window in &asked.windows {
        let many = equation.over((window / period).round() as u64);
        let work = many.work(&[]);
        if work > ALONE {
            return Err(Unsolved::CycleWork { work, limit: ALONE });
        }
        let booked = many.averages_from(&limit.p, &[])?.last.booked;
        for &bath in &asked.baths {
            let variance = booked.covariance(Entry::Quanta(bath), Entry::Quanta(bath)).unwrap_or(f64::NAN);
            push(road, Subject::new(Statistic::WindowedNoise, bath, Some(window)), variance / window);
        }
    }
    of_noise(road);
    Ok(())
}

fn push(road: &mut SteadyRoad, subject: Subject, value: f64) {
    road.noise.extend(value.is_finite().then_some(ExactNoise { subject, value }));
}

/// Noise, Fano factors and covariances that are asked for, of quanta of which each cycle adds so much to covariances, and
/// which are so many on average; NaN where that is not known.
fn long_noise(
    point: &Point,
    protocol: &Protocol,
    growth: &dyn Fn(usize, usize) -> f64,
    mean: &dyn Fn(usize) -> f64,
    road: &mut SteadyRoad,
) {
    let (asked, period) = (point.noise(), protocol.period());
    for (place, &bath) in asked.baths.iter().enumerate() {
        push(road, Subject::new(Statistic::Noise, bath, None), growth(bath, bath) / period);
        push(road, Subject::new(Statistic::Fano, bath, None), growth(bath, bath) / mean(bath).abs());
        for &other in &asked.baths[place + 1..] {
            let subject = Subject { other_bath: Some(other), ..Subject::new(Statistic::CrossNoise, bath, None) };
            push(road, subject, growth(bath, other) / period);
        }
    }
}

/// What of the rows stands among the quantities.
fn of_noise(road: &mut SteadyRoad) {
    for (quantity, statistic) in [(Quantity::Noise, Statistic::Noise), (Quantity::Fano, Statistic::Fano)] {
        let of = road.noise.iter().filter(|row| row.subject.statistic == statistic);
        road.values.extend(of.map(|row| (quantity, Some(row.subject.bath), row.value)));
    }
}

/// The noise of many cycles of states: none where J is conserved, nor where it takes too long.
type Noise = Option<Option<Result<StateNoise, CycleError>>>;

/// Of superposed levels.
fn of_states(
    point: &Point,
    protocol: &Protocol,
    (limit, noise): (&StateCycle, Noise),
    phases: &Phases,
) -> Result<SteadyRoad, Unsolved> {
    let averages = ProtocolAverages::of_means(protocol, &limit.series, &limit.ends);
    let booked = &averages.cycles[0].booked;
    let mean = |entry: Entry| booked.mean(entry).unwrap_or(f64::NAN);
    let (conserved, noise) = (noise.is_none(), noise.flatten().transpose()?);
    let growth = |a: Entry, b: Entry| noise.as_ref().and_then(|noise| noise.covariance(a, b)).unwrap_or(f64::NAN);
    let mut road = judged((point, protocol), &mean, &growth, !conserved);
    road.refused.extend(conserved.then(|| CONSERVED.to_owned()));
    road.refused.extend((!conserved && noise.is_none()).then(|| NO_EXACT_NOISE.to_owned()));
    road.refused.push(format!("{}: {SUPERPOSED}", Quantity::PeriodicUncertaintyRatio.name()));
    let of_means = |phase: usize, model: &Model, column: Column| of_means(&limit.series[phase], model, column);
    let grid = on_grid(point, protocol, (&phases.times, &phases.columns), &averages.series, of_means);
    road.phases = grid.into_iter().collect();
    road.multiplier = Some(limit.second_multiplier);
    let of_quanta = |a: usize, b: usize| growth(Entry::Quanta(a), Entry::Quanta(b));
    long_noise(point, protocol, &of_quanta, &|bath| mean(Entry::Quanta(bath)), &mut road);
    if !point.noise().windows.is_empty() {
        road.refused.push("windowed_noise: it is solved for where levels are not superposed".to_owned());
    }
    of_noise(&mut road);
    Ok(road)
}

/// Why there is no exact noise of superposed levels.
const NO_EXACT_NOISE: &str =
    "noise of many cycles: it takes longer to be solved for than is spent on it; trajectories tell it";

/// Why there is no response to the speed of a protocol that bounds the noise of superposed levels.
const SUPERPOSED: &str = "levels are superposed, and what it bounds is jumps from level to level: `uncertainty_ratio` may be \
                          below 1 here whatever the speed of the cycle";

/// Why there is no long-time noise where J is conserved.
pub const CONSERVED: &str = "noise of many cycles: every trajectory keeps its J, and what cycles of different J book drifts \
                             apart for ever; start from one sector, or add a local bath";
