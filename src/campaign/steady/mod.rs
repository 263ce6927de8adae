//! The exact steady state of a point, the counting statistics around it, and the closed forms it is compared with.

mod driven;

use crate::bath::Coupling;
use crate::dicke::Level;
use crate::initial::InitialState;
use crate::lindblad::{Counting, Cumulants, Effort, Populations, SteadyError, SteadyState, Transferred};
use crate::model::{Model, Observables};
use crate::quantity::{Interval, Measure, Quantity, Sample};
use crate::statistics::{Statistic, Subject};
use crate::theory;

use super::error::NoSteadyState;
use super::exact;
use super::input::{Group, Point};

/// A row of `noise.parquet`, as it is solved for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactNoise {
    /// What it is about.
    pub subject: Subject,
    /// The exact value, summed over groups for noise.
    pub value: f64,
}

/// Everything exact about the steady state of a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SteadyRoad {
    /// (what, which bath, value).
    pub values: Vec<(Quantity, Option<usize>, f64)>,
    /// What `[noise]` asks for.
    pub noise: Vec<ExactNoise>,
    /// The distribution of the quanta of a bath (its index) in a window, for those that can be afforded.
    pub transferred: Vec<(usize, f64, Transferred)>,
}

/// Qubits of the full equation that is solved beside a run.
const MOST_REGISTER: i64 = 5;

/// Exact values beside the estimates of a steady run, where they can be afforded.
///
/// # Errors
/// Why they cannot.
pub fn exact_beside(point: &Point) -> Result<SteadyRoad, String> {
    if point.groups.iter().any(|group| !group.alike() && group.model.number > MOST_REGISTER) {
        return Err(format!("beyond {MOST_REGISTER} qubits that differ nothing is solved beside a run"));
    }
    SteadyRoad::new(point, Effort::Beside).map_err(|e| e.to_string())
}

/// The steady state of one group.
struct GroupSteady {
    now: Observables,
    /// Noise by bath, entropy production; `None` where J is conserved and the ensemble spreads over sectors.
    counting: Option<(Vec<f64>, f64)>,
    noise: Vec<ExactNoise>,
    transferred: Vec<(usize, f64, Transferred)>,
}

impl SteadyRoad {
    /// Solves all groups of a point and adds them up.
    ///
    /// # Errors
    /// A model without a steady state, or too large, or a solve that does not reach its residual.
    pub fn new(point: &Point, effort: Effort) -> Result<Self, NoSteadyState> {
        if !point.on_the_ladder() {
            let alike = point.groups.iter().all(Group::alike);
            let (values, noise) = if alike { driven::values(point, effort)? } else { register(point, effort)? };
            let mut road = SteadyRoad { values, noise, ..SteadyRoad::default() };
            road.add_noise_that_is_asked(point);
            road.values.extend(closed_forms(point));
            return Ok(road);
        }
        let groups = point.groups.iter().map(|group| solve(group, point, effort)).collect::<Result<Vec<_>, _>>()?;
        let mut road = SteadyRoad::default();
        let mut currents = vec![0.0; point.baths().len()];
        let columns = point.columns();
        for column in columns {
            // Over a long interval averages and counts are the current itself.
            if matches!(column.quantity, Quantity::HeatCurrentAverage | Quantity::HeatCurrentCounts) {
                continue;
            }
            // What turns with the qubits averages to nothing.
            let of_group = |(steady, group): (&GroupSteady, &Group)| {
                let nothing = Interval { duration: 0.0, integral: Observables::default(), net_quanta: None };
                let now = Sample { values: steady.now, transverse: None };
                Measure::new(&group.model, column, point.number()).value(&now, &nothing)
            };
            let value: f64 = groups.iter().zip(&point.groups).map(of_group).sum();
            if value.is_nan() {
                continue;
            }
            road.values.push((column.quantity, column.bath, value));
            if let (Quantity::HeatCurrent, Some(bath)) = (column.quantity, column.bath) {
                // In quanta, for the Fano factor.
                let quanta = |(steady, group): (&GroupSteady, &Group)| {
                    let current = group.model.heat_current(&group.model.baths[bath]);
                    current.at(steady.now.emission, steady.now.jz) / group.model.quantum()
                };
                currents[bath] = groups.iter().zip(&point.groups).map(quanta).sum();
            }
        }
        if let Some(counted) = groups.iter().map(|g| g.counting.as_ref()).collect::<Option<Vec<_>>>() {
            for (bath, current) in currents.iter().enumerate().filter(|(b, _)| exchanges(point, *b)) {
                let noise: f64 = counted.iter().map(|(noise, _)| noise[bath]).sum();
                road.values.extend(noise_and_fano(bath, noise, *current));
            }
            let entropy: f64 = counted.iter().map(|(_, entropy)| entropy).sum();
            if entropy.is_finite() {
                road.values.push((Quantity::EntropyProduction, None, entropy));
            }
        }
        road.values.extend(closed_forms(point));
        if let [only] = groups.as_slice() {
            road.transferred.clone_from(&only.transferred);
        }
        for row in groups.into_iter().flat_map(|group| group.noise) {
            let same = |r: &&mut ExactNoise| r.subject.same(&row.subject);
            match road.noise.iter_mut().find(same) {
                // Independent groups: their variances add.
                Some(sum) => sum.value += row.value,
                None => road.noise.push(row),
            }
        }
        // A ratio is no sum over groups.
        for place in 0..road.noise.len() {
            let ExactNoise { subject, value } = road.noise[place];
            let current = currents[subject.bath];
            if subject.statistic == Statistic::Noise && current != 0.0 {
                let subject = Subject { statistic: Statistic::Fano, ..subject };
                road.noise.push(ExactNoise { subject, value: value / current.abs() });
            }
        }
        Ok(road)
    }

    /// The rows of noise and Fano factors, from their values, of the baths that are asked for.
    fn add_noise_that_is_asked(&mut self, point: &Point) {
        for (quantity, bath, value) in &self.values {
            let statistic = match quantity {
                Quantity::Noise => Statistic::Noise,
                Quantity::Fano => Statistic::Fano,
                _ => continue,
            };
            if let Some(bath) = bath.filter(|bath| point.noise.baths.contains(bath)) {
                self.noise.push(ExactNoise { subject: Subject::new(statistic, bath, None), value: *value });
            }
        }
    }
}

/// What, which bath, and the value.
type Values = Vec<(Quantity, Option<usize>, f64)>;

/// The steady state of qubits that differ: averages and noise, and of finite windows or frequencies nothing.
fn register(point: &Point, effort: Effort) -> Result<(Values, Vec<ExactNoise>), NoSteadyState> {
    let asked = &point.noise;
    if effort != Effort::Beside && asked.windows.len() + asked.frequencies.len() + asked.delays.len() > 0 {
        return Err(NoSteadyState::NotOnTheLadder);
    }
    let (mut values, counted) = exact::register::steady_values(point)?;
    let counted = counted.into_iter().enumerate().filter(|(bath, _)| exchanges(point, *bath));
    values.extend(counted.flat_map(|(bath, (current, noise))| noise_and_fano(bath, noise, current)));
    Ok((values, Vec::new()))
}

/// The noise of a bath and, where there is a current in quanta, its Fano factor.
fn noise_and_fano(bath: usize, noise: f64, current: f64) -> impl Iterator<Item = (Quantity, Option<usize>, f64)> {
    let fano = (current != 0.0).then(|| (Quantity::Fano, Some(bath), noise / current.abs()));
    [(Quantity::Noise, Some(bath), noise)].into_iter().chain(fano)
}

fn exchanges(point: &Point, bath: usize) -> bool {
    point.groups.iter().any(|group| group.model.baths[bath].down + group.model.baths[bath].up > 0.0)
}

fn solve(group: &Group, point: &Point, effort: Effort) -> Result<GroupSteady, NoSteadyState> {
    let Group { model, initial, .. } = group;
    Populations::affordable(model, initial, effort)?;
    let equation = Populations::new(model, initial);
    let counting = match Counting::new(&equation) {
        Ok(counting) => counting,
        // Each sector has its own steady state, with the weight that the initial state gave it (17).
        Err(SteadyError::SeveralSectors { .. }) if point.noise.baths.is_empty() || point.groups.len() == 1 => {
            let steady = equation.steady_state()?;
            let noise = if point.noise.baths.is_empty() { Vec::new() } else { conserved_rows(group, &steady, point)? };
            return Ok(GroupSteady { now: steady.observables(), counting: None, noise, transferred: Vec::new() });
        }
        Err(error) => return Err(error.into()),
    };
    let noise = (0..model.baths.len()).map(|bath| counting.noise(bath)).collect::<Result<Vec<_>, _>>()?;
    let mut rows = counting_rows(&counting, point)?;
    if let (1, false, Some(bright)) = (point.groups.len(), point.noise.baths.is_empty(), point.bright_sector()) {
        rows.extend(sector_rows(&equation, counting.steady(), model, point.accuracy.bath, bright));
    }
    let now = counting.steady().observables();
    let produced = counting.entropy_production();
    // Of finite entropy production, and of one group: that of several is not what windows of one see.
    if point.groups.len() == 1 && produced.is_finite() && !point.noise.baths.is_empty() {
        let watched = point.accuracy.bath;
        for &window in &point.noise.windows {
            let of = |statistic, value| ExactNoise { subject: Subject::new(statistic, watched, Some(window)), value };
            rows.extend(entropy_rows(produced).map(|(statistic, value)| of(statistic, value)));
        }
        for &bath in point.noise.baths.iter().filter(|_| !point.noise.windows.is_empty()) {
            if let Some(value) = counting.uncertainty_ratio(bath)? {
                rows.push(ExactNoise { subject: Subject::new(Statistic::UncertaintyRatio, bath, None), value });
            }
        }
    }
    let mut transferred = Vec::new();
    for &bath in point.noise.baths.iter().filter(|_| point.groups.len() == 1) {
        for &window in &point.noise.windows {
            transferred.extend(counting.transferred(bath, window)?.map(|law| (bath, window, law)));
        }
    }
    Ok(GroupSteady { now, counting: Some((noise, produced)), noise: rows, transferred })
}

/// What windows of any length say about the entropy that is produced.
fn entropy_rows(produced: f64) -> [(Statistic, f64); 3] {
    [
        (Statistic::EntropyProduction, produced),
        (Statistic::FluctuationTheorem, 1.0),
        (Statistic::FluctuationSymmetry, 1.0),
    ]
}

/// Where J is conserved and the start spreads over sectors: how likely each is, what flows there, its noise, and the
/// variance in windows of all of them together.
fn conserved_rows(group: &Group, steady: &SteadyState, point: &Point) -> Result<Vec<ExactNoise>, NoSteadyState> {
    let Group { model, .. } = group;
    let watched = point.accuracy.bath;
    let mut rows = Vec::new();
    let mut produced = 0.0;
    // For each bath and window: <n> and <n^2> so far.
    let mut moments = vec![(0.0, 0.0); point.noise.baths.len() * point.noise.windows.len()];
    for (two_j, p) in steady.sectors().into_iter().filter(|(_, p)| *p > 0.0) {
        let mut push = |statistic, bath, value| {
            let subject = Subject::new(statistic, bath, Some(two_j as f64 / 2.0));
            rows.push(ExactNoise { subject, value });
        };
        push(Statistic::SectorProbability, watched, p);
        if two_j == 0 {
            // One level, and nothing that moves it.
            push(Statistic::SectorCurrent, watched, 0.0);
            point.noise.baths.iter().for_each(|bath| push(Statistic::SectorNoise, *bath, 0.0));
            continue;
        }
        let equation = Populations::new(model, &InitialState::Dicke(Level { two_j, two_m: -two_j }));
        let counting = Counting::new(&equation)?;
        push(Statistic::SectorCurrent, watched, counting.current(watched) * model.quantum());
        produced += p * counting.entropy_production();
        let mut sums = moments.iter_mut();
        for &bath in &point.noise.baths {
            push(Statistic::SectorNoise, bath, counting.noise(bath)?);
            for &window in &point.noise.windows {
                let mean = counting.current(bath) * window;
                let (first, second) = sums.next().expect("one for each bath and window");
                *first += p * mean;
                *second += p * (counting.windowed_noise(bath, window)? * window + mean * mean);
            }
        }
    }
    if produced.is_finite() {
        for &window in &point.noise.windows {
            let of = |statistic, value| ExactNoise { subject: Subject::new(statistic, watched, Some(window)), value };
            rows.extend(entropy_rows(produced).map(|(statistic, value)| of(statistic, value)));
        }
    }
    let mut sums = moments.into_iter();
    for &bath in &point.noise.baths {
        for (&window, (first, second)) in point.noise.windows.iter().zip(&mut sums) {
            let subject = Subject::new(Statistic::WindowedNoise, bath, Some(window));
            rows.push(ExactNoise { subject, value: (second - first * first) / window });
        }
    }
    Ok(rows)
}

/// What `[noise]` asks about the counts.
fn counting_rows(counting: &Counting, point: &Point) -> Result<Vec<ExactNoise>, NoSteadyState> {
    let mut rows = Vec::new();
    let asked = &point.noise;
    for (place, &bath) in asked.baths.iter().enumerate() {
        let mut push = |statistic, argument: Option<f64>, value| {
            rows.push(ExactNoise { subject: Subject::new(statistic, bath, argument), value });
        };
        for &window in &asked.windows {
            push(Statistic::WindowedNoise, Some(window), counting.windowed_noise(bath, window)?);
        }
        let Cumulants { noise, third, fourth, .. } = counting.cumulants(bath)?;
        push(Statistic::Noise, None, noise);
        push(Statistic::ThirdCumulant, None, third);
        push(Statistic::FourthCumulant, None, fourth);
        for &frequency in &asked.frequencies {
            push(Statistic::Spectrum, Some(frequency), counting.spectrum(bath, frequency)?);
        }
        // Correlations of several groups are not sums over them.
        if point.groups.len() == 1 {
            for (statistic, values) in [
                (Statistic::G2, counting.emission_correlation(bath, &asked.delays)?),
                (Statistic::WaitingTime, counting.waiting_time_density(bath, &asked.delays)?),
            ] {
                let pairs = values.iter().flat_map(|values| asked.delays.iter().zip(values));
                pairs.for_each(|(delay, value)| push(statistic, Some(*delay), *value));
            }
        }
        for &other in &asked.baths[place + 1..] {
            let subject = Subject { other_bath: Some(other), ..Subject::new(Statistic::CrossNoise, bath, None) };
            rows.push(ExactNoise { subject, value: counting.cross_noise(bath, other)? });
        }
    }
    Ok(rows)
}

/// The telegraph signal of the sectors: how likely each is, what flows there, how long the bright and the dark last.
fn sector_rows(
    equation: &Populations,
    steady: &SteadyState,
    model: &Model,
    bath: usize,
    bright: f64,
) -> Vec<ExactNoise> {
    let current = model.heat_current(&model.baths[bath]);
    let of = |levels: &[(Level, f64)]| {
        let p: f64 = levels.iter().map(|(_, p)| p).sum();
        let flow: f64 = levels.iter().map(|(level, p)| p * current.at(level.lowering(), level.m())).sum();
        (p, flow)
    };
    let levels: Vec<(Level, f64)> = steady.levels.iter().copied().zip(steady.p.iter().copied()).collect();
    let sectors: Vec<_> = levels.chunk_by(|a, b| a.0.two_j == b.0.two_j).map(|s| (s[0].0.j(), of(s))).collect();
    // As often as they fall they rise.
    let ladder = equation.ladder();
    let is_bright = |index: usize| ladder.levels[index].j() >= bright;
    let falls: f64 = ladder
        .flows
        .iter()
        .flat_map(|flow| flow.moves.iter().map(move |m| (m, flow.rate)))
        .filter(|(m, _)| is_bright(m.from) && !is_bright(m.to))
        .map(|(m, rate)| rate * m.weight * steady.p[m.from])
        .sum();
    let half = |lit: bool| of(&levels.iter().copied().filter(|(l, _)| (l.j() >= bright) == lit).collect::<Vec<_>>());
    let ((bright_p, bright_flow), (dark_p, dark_flow)) = (half(true), half(false));
    let mut rows = Vec::new();
    let mut push = |statistic, j: f64, value: f64| {
        rows.push(ExactNoise { subject: Subject::new(statistic, bath, Some(j)), value });
    };
    sectors.iter().for_each(|(j, (p, _))| push(Statistic::SectorProbability, *j, *p));
    sectors.iter().filter(|(_, (p, _))| *p > 0.0).for_each(|(j, (p, f))| push(Statistic::SectorCurrent, *j, f / p));
    push(Statistic::BrightDwell, bright, bright_p / falls);
    push(Statistic::DarkDwell, bright, dark_p / falls);
    push(Statistic::BrightCurrent, bright, bright_flow / bright_p);
    push(Statistic::DarkCurrent, bright, dark_flow / dark_p);
    rows.retain(|row| row.value.is_finite());
    rows
}

/// The reference lines of the paper, for one group between collective baths.
fn closed_forms(point: &Point) -> Vec<(Quantity, Option<usize>, f64)> {
    let [Group { model, .. }] = point.groups.as_slice() else { return Vec::new() };
    let rates = model.rates(Coupling::Collective);
    if rates.down + rates.up == 0.0 {
        return Vec::new();
    }
    let ratio = theory::effective_temperature(rates);
    let temperature = model.units.temperature_of(model.frequency, ratio.recip());
    let mut values = vec![(Quantity::EffectiveTemperature, None, temperature)];
    for (index, bath) in model.baths.iter().enumerate().filter(|(_, bath)| bath.coupling == Coupling::Collective) {
        for (quantity, quanta) in [
            (Quantity::HeatCurrentIndependent, theory::independent_bath_current(model, bath)),
            (Quantity::HeatCurrentSymmetric, theory::sector_current(model, bath, model.number)),
            (Quantity::HeatCurrentLimit, theory::thermodynamic_limit_current(model, bath)),
        ] {
            values.push((quantity, Some(index), quanta * model.quantum()));
        }
    }
    values.retain(|(_, _, value)| value.is_finite());
    values
}
