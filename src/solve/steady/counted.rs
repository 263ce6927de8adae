//! The rows of `noise.parquet` as they are solved for: statistics of the quanta and of the sectors in the steady state.

use super::super::error::Unsolved;
use super::rows::{LOST, NO_CURRENT, Rows, of_sector};
use super::{passage, rare};
use crate::bath::Pair;
use crate::dicke::Level;
use crate::group::Group;
use crate::lindblad::{Counting, Effort, PopulationEquation, SteadyError, SteadyState};
use crate::model::Model;
use crate::rounded::{Rounded, balanced};
use crate::scenario::Point;
use crate::statistics::{Statistic, Subject};

/// What `[noise]` asks about the counts of a group in its steady state.
pub fn rows(
    group: &Group,
    counting: &Counting,
    equation: &PopulationEquation,
    (point, effort): (&Point, Effort),
    windowed: &[Windowed],
) -> Rows {
    let mut rows = Rows::default();
    counting_rows(&mut rows, counting, (point, effort), windowed);
    rare::rows(&mut rows, counting, equation, (point, effort));
    passage::rows(&mut rows, counting, point);
    if point.groups.len() > 1 || point.noise().baths.is_empty() {
        return rows;
    }
    if let Some(bright) = point.bright_sector() {
        sector_rows(&mut rows, equation, counting.steady(), &group.model, point, bright);
    }
    // Of finite entropy production, and of one group: that of several is not what windows of one see.
    if let Some(produced) = counting.rounded_entropy_production().beside(0.0) {
        let watched = point.watched();
        for &window in &point.noise().windows {
            for (statistic, value) in entropy_rows(produced) {
                rows.push(Subject::new(statistic, watched, Some(window)), value);
            }
        }
        for &bath in point.noise().baths.iter().filter(|_| !point.noise().windows.is_empty()) {
            let subject = Subject::new(Statistic::UncertaintyRatio, bath, None);
            match counting.uncertainty_ratio(bath) {
                Ok(Some(value)) => rows.push(subject, value),
                Ok(None) => rows.refuse(point, subject, NO_CURRENT),
                Err(error) => rows.refuse(point, subject, &error.to_string()),
            }
        }
    }
    rows
}

/// What windows of any length say about the entropy that is produced.
pub fn entropy_rows(produced: f64) -> [(Statistic, f64); 3] {
    [
        (Statistic::EntropyProduction, produced),
        (Statistic::FluctuationTheorem, 1.0),
        (Statistic::FluctuationSymmetry, 1.0),
    ]
}

/// Why a mixture of sectors that never mix has no spectrum and no correlations here.
const OF_EACH: &str =
    "J is conserved and the start spreads over sectors, each of which has its own; start from one of them";

/// Where J is conserved and the start spreads over sectors: how likely each is, what flows there, its noise, and the
/// variance in windows of all of them together.
pub fn conserved_rows(group: &Group, steady: &SteadyState, point: &Point) -> Result<Rows, Unsolved> {
    let Group { model, .. } = group;
    let watched = point.watched();
    let mut rows = Rows::default();
    let mut produced = Rounded::ZERO;
    // For each bath and window: <n> and <n^2> so far.
    let mut moments = vec![(Rounded::ZERO, Rounded::ZERO); point.noise().baths.len() * point.noise().windows.len()];
    for (two_j, p) in steady.sectors().into_iter().filter(|(_, p)| *p > 0.0) {
        let subject = |statistic, bath| Subject::new(statistic, bath, Some(two_j as f64 / 2.0));
        rows.push(subject(Statistic::SectorProbability, watched), p);
        if two_j == 0 {
            // One level, and nothing that moves it.
            rows.push(subject(Statistic::SectorCurrent, watched), 0.0);
            point.noise().baths.iter().for_each(|bath| rows.push(subject(Statistic::SectorNoise, *bath), 0.0));
            continue;
        }
        let equation = of_sector(model, two_j);
        let counting = Counting::new(&equation)?;
        let currents = counting.currents();
        let largest = currents.iter().map(|current| current.value.abs()).fold(0.0, f64::max);
        let quantum = model.quantum_of(&model.baths[watched]);
        let heat = currents[watched] * quantum;
        rows.judged(point, subject(Statistic::SectorCurrent, watched), Ok(heat), largest * quantum);
        produced = produced + counting.rounded_entropy_production() * p;
        let mut sums = moments.iter_mut();
        for &bath in &point.noise().baths {
            rows.judged(point, subject(Statistic::SectorNoise, bath), counting.rounded_noise(bath), 0.0);
            let noises = counting.rounded_windowed_noises(bath, &point.noise().windows)?;
            for (&window, noise) in point.noise().windows.iter().zip(noises) {
                let mean = currents[bath] * window;
                let (first, second) = sums.next().expect("one for each bath and window");
                *first = *first + mean * p;
                *second = *second + (noise * window + mean * mean) * p;
            }
        }
    }
    let asked = point.noise();
    for (statistic, at) in [(Statistic::G2, &asked.delays), (Statistic::Spectrum, &asked.frequencies)] {
        for &bath in asked.baths.iter().filter(|_| !at.is_empty()) {
            rows.refuse(point, Subject::new(statistic, bath, None), OF_EACH);
        }
    }
    rare::conserved(&mut rows, model, steady, point);
    passage::conserved(&mut rows, model, steady, point)?;
    if let Some(produced) = produced.known() {
        for &window in &point.noise().windows {
            for (statistic, value) in entropy_rows(produced) {
                rows.push(Subject::new(statistic, watched, Some(window)), value);
            }
        }
    }
    let mut sums = moments.into_iter();
    for &bath in &point.noise().baths {
        for (&window, (first, second)) in point.noise().windows.iter().zip(&mut sums) {
            let subject = Subject::new(Statistic::WindowedNoise, bath, Some(window));
            rows.judged(point, subject, Ok((second - first * first) * window.recip()), 0.0);
        }
    }
    Ok(rows)
}

/// The variances of the counts of a bath in the windows that are asked for.
pub type Windowed = Result<Vec<Rounded>, SteadyError>;

/// Those of all baths that are asked for.
pub fn windowed(counting: &Counting, point: &Point) -> Vec<Windowed> {
    let asked = point.noise();
    asked.baths.iter().map(|bath| counting.rounded_windowed_noises(*bath, &asked.windows)).collect()
}

/// What the spectra beside a run take at most: some seconds. One takes the number of levels to the power 3/2.
const MOST_SPECTRA: f64 = 1e8;

fn counting_rows(rows: &mut Rows, counting: &Counting, (point, effort): (&Point, Effort), windowed: &[Windowed]) {
    let asked = point.noise();
    let spectra = (asked.baths.len() * asked.frequencies.len()) as f64;
    let beyond = effort == Effort::Beside && spectra * (counting.steady().p.len() as f64).powf(1.5) > MOST_SPECTRA;
    for (place, (&bath, windowed)) in asked.baths.iter().zip(windowed).enumerate() {
        let subject = |statistic, argument: Option<f64>| Subject::new(statistic, bath, argument);
        for (index, &window) in asked.windows.iter().enumerate() {
            let noise = windowed.as_ref().map(|noises| noises[index]).map_err(Clone::clone);
            rows.judged(point, subject(Statistic::WindowedNoise, Some(window)), noise, 0.0);
        }
        let cumulants = counting.rounded_cumulants(bath);
        // Odd ones may vanish beside the noise.
        let scale = cumulants.as_ref().map_or(0.0, |cumulants| cumulants[1].value.abs());
        for (order, statistic, beside) in
            [(1, Statistic::Noise, 0.0), (2, Statistic::ThirdCumulant, scale), (3, Statistic::FourthCumulant, scale)]
        {
            let cumulant = cumulants.clone().map(|cumulants| cumulants[order]);
            rows.judged(point, subject(statistic, None), cumulant, beside);
        }
        if beyond {
            rows.refuse(
                point,
                subject(Statistic::Spectrum, None),
                "so many frequencies are not solved for beside a run",
            );
        }
        for &frequency in asked.frequencies.iter().filter(|_| !beyond) {
            let density = counting.rounded_spectrum(bath, frequency);
            rows.judged(point, subject(Statistic::Spectrum, Some(frequency)), density, 0.0);
        }
        let at_delays = |values: Option<Vec<f64>>| asked.delays.iter().copied().zip(values.into_iter().flatten());
        match counting.emission_correlation(bath, &asked.delays) {
            Ok(values) => {
                let rate = counting.emission_rate(bath);
                for (delay, value) in at_delays(values) {
                    rows.g2(point, subject(Statistic::G2, Some(delay)), rate, Rounded { value, error: 0.0 });
                }
            }
            Err(error) => rows.refuse(point, subject(Statistic::G2, None), &error.to_string()),
        }
        // Waiting times are those of one group.
        match counting.waiting_time_density(bath, &asked.delays) {
            _ if point.groups.len() > 1 => {}
            Ok(values) => at_delays(values)
                .for_each(|(delay, value)| rows.push(subject(Statistic::WaitingTime, Some(delay)), value)),
            Err(error) => rows.refuse(point, subject(Statistic::WaitingTime, None), &error.to_string()),
        }
        for &other in &asked.baths[place + 1..] {
            let subject = Subject { other_bath: Some(other), ..subject(Statistic::CrossNoise, None) };
            rows.judged(point, subject, counting.rounded_cross_noise(bath, other), scale);
        }
    }
}

/// The telegraph signal of the sectors: how likely each is, what flows there, how long the bright and the dark last.
fn sector_rows(
    rows: &mut Rows,
    equation: &PopulationEquation,
    steady: &SteadyState,
    model: &Model,
    point: &Point,
    bright: f64,
) {
    let watched = point.watched();
    let bath = &model.baths[watched];
    let of_level = |level: Level| {
        let Pair { emission, absorption } = bath.coupling.on_level(model.number, level);
        let (gain, loss) = (bath.up * absorption, bath.down * emission);
        Rounded::of(gain - loss, gain + loss) * model.quantum_of(bath)
    };
    let of = |levels: &[(Level, f64)]| {
        let p: f64 = levels.iter().map(|(_, p)| p).sum();
        (p, levels.iter().map(|(level, p)| of_level(*level) * *p).sum::<Rounded>())
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
    let part = |lit: bool| of(&levels.iter().copied().filter(|(l, _)| (l.j() >= bright) == lit).collect::<Vec<_>>());
    let (light, dark) = (part(true), part(false));
    let subject = |statistic, j: f64| Subject::new(statistic, watched, Some(j));
    let ends = [(Statistic::BrightCurrent, light), (Statistic::DarkCurrent, dark)];
    let currents = sectors.iter().map(|(j, found)| (subject(Statistic::SectorCurrent, *j), *found));
    let currents = currents.chain(ends.map(|(statistic, found)| (subject(statistic, bright), found)));
    let (subjects, values): (Vec<_>, Vec<_>) =
        currents.filter(|(_, (p, _))| *p > 0.0).map(|(subject, (p, flow))| (subject, flow * p.recip())).unzip();
    sectors.iter().for_each(|(j, (p, _))| rows.push(subject(Statistic::SectorProbability, *j), *p));
    for (subject, value) in subjects.into_iter().zip(balanced(&values)) {
        match value {
            Some(value) => rows.push(subject, value),
            None => rows.refuse(point, subject, LOST),
        }
    }
    for (statistic, p) in [(Statistic::BrightDwell, light.0), (Statistic::DarkDwell, dark.0)] {
        if (p / falls).is_finite() {
            rows.push(subject(statistic, bright), p / falls);
        }
    }
}
