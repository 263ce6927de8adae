//! The rows of `noise.parquet` about what is rare: cumulants of any order, the generating function at counting fields with
//! what it makes of trajectories, the rate function, and the slowest modes.

use super::foretelling::{Foretelling, Known};
use super::rows::{ExactNoise, LOST, NO_CURRENT, Rows, of_sector};
use crate::lindblad::{
    Charges, Conditioned, Counting, Cumulant, Effort, PopulationEquation, SteadyError, SteadyState, Tilted,
    first_passage,
};
use crate::model::Model;
use crate::rounded::{CERTAIN, Rounded};
use crate::scenario::Point;
use crate::statistics::{Statistic, Subject};
use rayon::prelude::*;

/// What the fields beside a run take at most: some seconds. One takes the number of levels to the power 3/2.
const MOST_BESIDE: f64 = 1e8;

/// What is counted: the baths that are asked for, and behind all baths the sums over them.
fn counted(point: &Point) -> Vec<(usize, Charges)> {
    let (asked, baths) = (point.noise(), point.baths().len());
    let of_baths = asked.baths.iter().map(|bath| (*bath, Charges::of_bath(baths, *bath)));
    let of_sums = asked.counts.iter().enumerate().map(|(place, count)| (baths + place, Charges::net(&count.weights)));
    of_baths.chain(of_sums).collect()
}

/// All that is asked for of a group whose sectors mix, or that has one.
pub fn rows(rows: &mut Rows, counting: &Counting, equation: &PopulationEquation, (point, effort): (&Point, Effort)) {
    if point.noise().order.is_some() {
        cumulants(rows, counting, point);
        if point.groups.len() == 1 {
            bounds(rows, counting, point);
        }
    }
    relaxation(rows, counting, point);
    let fields = &point.noise().counting_fields;
    if fields.is_empty() {
        return;
    }
    let levels = counting.steady().p.len() as f64;
    let counted = counted(point);
    let beyond = (counted.len() * fields.len()) as f64 * levels.powf(1.5) > MOST_BESIDE;
    if effort == Effort::Beside && beyond {
        for (bath, _) in counted {
            let subject = Subject::new(Statistic::GeneratingFunction, bath, None);
            rows.refuse(point, subject, "so many fields are not solved for beside a run");
        }
        return;
    }
    let bright = point.bright_sector().filter(|_| point.groups.len() == 1);
    let of_count = |(bath, charges): &(usize, Charges)| {
        // Sums without what their baths have in common, which is bounded.
        let charges = &if *bath < point.baths().len() { charges.clone() } else { counting.least_lively(charges) };
        along(equation, charges, fields, bright)
    };
    for ((bath, _), found) in counted.iter().zip(side_by_side(&counted, of_count)) {
        for (&field, found) in fields.iter().zip(found) {
            field_rows(rows, point, *bath, field, found);
        }
    }
}

/// The same where J is conserved and the start spreads over sectors: of the fields, what the sector of the largest
/// generating function has.
pub fn conserved(rows: &mut Rows, model: &Model, steady: &SteadyState, point: &Point) {
    let asked = point.noise();
    for (statistic, is_asked) in
        [(Statistic::Cumulant, asked.order.is_some()), (Statistic::RelaxationRate, asked.relaxation.is_some())]
    {
        if is_asked {
            let reason = "J is conserved, and each sector has its own: start from one, or add a local bath";
            rows.refuse(point, Subject::new(statistic, point.watched(), None), reason);
        }
    }
    if asked.counting_fields.is_empty() {
        return;
    }
    for (bath, charges) in &counted(point) {
        let fields = |(two_j, _): (i64, f64)| match two_j {
            // One level, and nothing that moves it.
            0 => asked.counting_fields.iter().map(|_| Ok(AtField::default())).collect(),
            _ => along(&of_sector(model, two_j), charges, &asked.counting_fields, None),
        };
        let mut sectors = steady.sectors().into_iter().filter(|(_, p)| *p > 0.0).map(fields);
        let Some(mut largest) = sectors.next() else { continue };
        for sector in sectors {
            for (best, other) in largest.iter_mut().zip(sector) {
                let is_larger = match (&mut *best, &other) {
                    // Of two that rounding leaves alike, nobody knows which carries what is rare.
                    (Ok(best), Ok(other)) if alike(best.theta, other.theta) => {
                        best.kink |= !alike(best.current, other.current);
                        false
                    }
                    (Ok(best), Ok(other)) => other.theta.value > best.theta.value,
                    (Ok(_), Err(_)) => true,
                    (Err(_), _) => false,
                };
                if is_larger {
                    *best = other;
                }
            }
        }
        for (&field, found) in asked.counting_fields.iter().zip(largest) {
            field_rows(rows, point, *bath, field, found);
        }
    }
}

/// Whether two values are one to a few times their errors.
fn alike(one: Rounded, other: Rounded) -> bool {
    (one.value - other.value).abs() <= 4.0 * (one.error + other.error)
}

/// What there is at a field; by default of what counts nothing.
#[derive(Clone, Copy, Default)]
struct AtField {
    /// Whether several sectors share the largest theta, and differ in what flows.
    kink: bool,
    theta: Rounded,
    current: Rounded,
    noise: Rounded,
    bright: Option<f64>,
}

/// Every field, in the order in which they are given: solved for from 0 outward, each from what was found before; those on
/// either side of it side by side, where there are threads for it.
fn along(
    equation: &PopulationEquation,
    charges: &Charges,
    fields: &[f64],
    bright: Option<f64>,
) -> Vec<Result<AtField, SteadyError>> {
    if charges.count_nothing() {
        return fields.iter().map(|_| Ok(AtField::default())).collect();
    }
    let tilted = match Tilted::new(equation) {
        Ok(tilted) => tilted,
        Err(error) => return fields.iter().map(|_| Err(error.clone())).collect(),
    };
    let mut start = Foretelling::flat(equation);
    // How l begins to change with a field.
    if let Ok(at) = start.at(&tilted, charges, 0.0) {
        start = Foretelling::of(vec![Known::of(&at, charges, 0.0)], at.likely());
    }
    let one_way = |fields: &[f64]| {
        let mut known = start.clone();
        let solved = |&field| known.reach(&tilted, charges, field).and_then(|at| at_field(&at, charges, bright));
        fields.iter().map(solved).collect::<Vec<_>>()
    };
    let below = fields.partition_point(|field| *field < 0.0);
    let downward: Vec<f64> = fields[..below].iter().rev().copied().collect();
    let mut ways = side_by_side(&[&downward[..], &fields[below..]], |fields| one_way(fields));
    ways[0].reverse();
    ways.concat()
}

/// What comes of each, in order: side by side on the threads of the pool that this runs in, if any.
fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    match rayon::current_thread_index() {
        Some(_) => items.par_iter().map(&work).collect(),
        None => items.iter().map(work).collect(),
    }
}

fn at_field(at: &Conditioned, charges: &Charges, bright: Option<f64>) -> Result<AtField, SteadyError> {
    Ok(AtField {
        kink: false,
        theta: at.theta(),
        current: at.mean(charges),
        noise: at.noise(charges)?,
        bright: bright.map(|j| at.at_least(j)),
    })
}

/// The rows of one bath at one field. That of the rate function has the field for now, as sums over groups are taken at
/// one field.
fn field_rows(rows: &mut Rows, point: &Point, bath: usize, field: f64, found: Result<AtField, SteadyError>) {
    let subject = |statistic| Subject::new(statistic, bath, Some(field));
    let AtField { kink, theta, current, noise, bright } = match found {
        Ok(found) => found,
        Err(error) => return rows.refuse(point, subject(Statistic::GeneratingFunction), &error.to_string()),
    };
    // theta and the current may vanish, at fields that the symmetry gives.
    let along = (current * field).value.abs();
    rows.judged(point, subject(Statistic::GeneratingFunction), Ok(theta), along);
    if kink {
        let reason = "sectors of another current have the same theta there: at a kink it has no slope";
        return rows.refuse(point, subject(Statistic::ConditionedCurrent), reason);
    }
    rows.judged(point, subject(Statistic::ConditionedCurrent), Ok(current), noise.value.abs());
    rows.judged(point, subject(Statistic::ConditionedNoise), Ok(noise), 0.0);
    if let Some(bright) = bright {
        rows.push(subject(Statistic::ConditionedBright), bright);
    }
    let rate = current * field - theta;
    if field == 0.0 {
        rows.push(subject(Statistic::RateFunction), 0.0);
    } else {
        // Next to its zero it is a difference of what is far larger.
        rows.judged(point, subject(Statistic::RateFunction), Ok(rate), 0.0);
    }
}

/// The rate function over what it is of, the net quanta per unit time, and beside it that of a Gaussian of the same mean
/// and noise, where these are known. `currents` are in quanta, bath by bath; sums over baths have no Gaussian.
pub fn rate_functions(noise: &mut Vec<ExactNoise>, currents: &[Rounded]) {
    let value = |noise: &[ExactNoise], subject: Subject| {
        noise.iter().find(|row| row.subject.same(&subject)).map(|row| row.value)
    };
    let mut gaussian = Vec::new();
    for place in 0..noise.len() {
        let Subject { statistic: Statistic::RateFunction, bath, .. } = noise[place].subject else { continue };
        let at_field = Subject { statistic: Statistic::ConditionedCurrent, ..noise[place].subject };
        // Where the current itself is lost, the rate has no place.
        let Some(c) = value(noise, at_field) else {
            noise[place].value = f64::NAN;
            continue;
        };
        let subject = Subject::new(Statistic::GaussianRate, bath, Some(c));
        let spread = value(noise, Subject::new(Statistic::Noise, bath, None));
        let mean = currents.get(bath).and_then(|current| current.beside(spread.unwrap_or(0.0)));
        if let (Some(mean), Some(spread)) = (mean, spread.filter(|spread| *spread > 0.0)) {
            gaussian.push(ExactNoise { subject, value: (c - mean) * (c - mean) / (2.0 * spread) });
        }
        noise[place].subject.argument = Some(c);
    }
    noise.retain(|row| !row.value.is_nan());
    noise.extend(gaussian);
}

/// Cumulants up to the order that is asked for, and those of all quanta that are exchanged.
fn cumulants(rows: &mut Rows, counting: &Counting, point: &Point) {
    let order = point.noise().order.unwrap_or(0);
    let baths = point.baths().len();
    for (bath, charges) in counted(point) {
        let found = counting.cumulants_of(&charges, order);
        // Passages of several groups are not sums over them, and a sum over baths has no whole numbers.
        if let Some(found) = found.as_ref().ok().filter(|_| point.groups.len() == 1 && bath < baths) {
            match first_passage(found) {
                Some(passages) => of_orders(rows, point, (Statistic::FirstPassageCumulant, bath), Ok(passages)),
                None => rows.refuse(point, Subject::new(Statistic::FirstPassageCumulant, bath, None), NO_CURRENT),
            }
        }
        of_orders(rows, point, (Statistic::Cumulant, bath), found);
    }
    let found = counting.cumulants_of(&Charges::activity(baths), order);
    of_orders(rows, point, (Statistic::ActivityCumulant, point.watched()), found);
}

fn of_orders(
    rows: &mut Rows,
    point: &Point,
    (statistic, bath): (Statistic, usize),
    found: Result<Vec<Cumulant>, SteadyError>,
) {
    let subject = |statistic, order: usize| Subject::new(statistic, bath, Some(order as f64));
    let found = match found {
        Ok(found) => found,
        Err(error) => return rows.refuse(point, Subject::new(statistic, bath, None), &error.to_string()),
    };
    for cumulant in &found {
        // Odd ones may vanish beside their neighbours.
        let scale = match cumulant.order {
            odd if odd % 2 == 1 => {
                found.get(odd).or(found.get(odd.wrapping_sub(2))).map_or(0.0, |c| c.rounded.value.abs())
            }
            _ => 0.0,
        };
        let (digits, needed) = (cumulant.digits(), -CERTAIN.log10());
        match cumulant.rounded.beside(scale) {
            Some(value) => {
                rows.push(subject(statistic, cumulant.order), value);
                if statistic == Statistic::Cumulant && point.groups.len() == 1 {
                    rows.push(subject(Statistic::CumulantDigits, cumulant.order), digits.floor());
                }
            }
            None => {
                let reason = format!("rounding leaves {:.0} of its digits, fewer than {needed:.0}", digits.floor());
                rows.refuse(point, subject(statistic, cumulant.order), &reason);
            }
        }
    }
}

/// The two uncertainty relations beside each other, where windows do not ask for the one of them already.
fn bounds(rows: &mut Rows, counting: &Counting, point: &Point) {
    for &bath in &point.noise().baths {
        let kinetic = Subject::new(Statistic::KineticRatio, bath, None);
        match counting.kinetic_ratio(bath) {
            Ok(Some(value)) => rows.push(kinetic, value),
            Ok(None) => rows.refuse(point, kinetic, NO_CURRENT),
            Err(error) => rows.refuse(point, kinetic, &error.to_string()),
        }
        let thermodynamic = Subject::new(Statistic::UncertaintyRatio, bath, None);
        if point.noise().windows.is_empty() && counting.rounded_entropy_production().beside(0.0).is_some() {
            match counting.uncertainty_ratio(bath) {
                Ok(Some(value)) => rows.push(thermodynamic, value),
                Ok(None) => rows.refuse(point, thermodynamic, NO_CURRENT),
                Err(error) => rows.refuse(point, thermodynamic, &error.to_string()),
            }
        }
    }
}

/// The slowest modes.
fn relaxation(rows: &mut Rows, counting: &Counting, point: &Point) {
    let Some(count) = point.noise().relaxation else { return };
    let subject = |statistic, mode: usize| Subject::new(statistic, point.watched(), Some(mode as f64));
    let modes = match counting.slowest(count) {
        Ok(modes) => modes,
        Err(error) => {
            let subject = Subject::new(Statistic::RelaxationRate, point.watched(), None);
            return rows.refuse(point, subject, &error.to_string());
        }
    };
    if modes.len() < count {
        let reason = format!("there are {} modes beside the steady state", modes.len());
        rows.refuse(point, Subject::new(Statistic::RelaxationRate, point.watched(), None), &reason);
    }
    for (index, mode) in modes.iter().enumerate() {
        match mode.rate.known() {
            Some(rate) => {
                rows.push(subject(Statistic::RelaxationRate, index + 1), rate);
                if modes.iter().any(|mode| mode.frequency > 0.0) {
                    rows.push(subject(Statistic::RelaxationFrequency, index + 1), mode.frequency);
                }
                rows.push(subject(Statistic::RelaxationBetween, index + 1), mode.between_sectors);
            }
            None => rows.refuse(point, subject(Statistic::RelaxationRate, index + 1), LOST),
        }
    }
}
