//! What is said of a protocol: work, heats, quanta and entropy, what machine it is, and how it fluctuates.

use serde::{Deserialize, Serialize};

use super::summary::QuantitySummary;
use crate::lindblad::protocol::Moments;
use crate::model::protocol::{Entry, Protocol, Repeats};
use crate::quantity::Quantity;
use crate::scenario::Point;
use crate::solve::ExactProtocol;
use crate::statistics::{Booked, Comoments, Ensemble, Estimate};

/// So many standard errors away from zero a sign counts as found.
const FOUND: f64 = 5.0;

/// What a protocol makes of the qubits between the hottest and the coldest bath, by the signs of W, Q_h and Q_c.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Machine {
    /// W < 0, from heat of the hottest bath.
    Engine,
    /// Heat from the coldest bath to the hottest, W > 0.
    Refrigerator,
    /// Heat to both, W > 0.
    Heater,
    /// Heat from the hottest to the coldest, W > 0 beside.
    Accelerator,
}

impl Machine {
    fn of(work: f64, hot: f64, cold: f64) -> Option<Self> {
        match (work > 0.0, hot > 0.0, cold > 0.0) {
            (false, true, _) => Some(Machine::Engine),
            (true, false, true) => Some(Machine::Refrigerator),
            (true, false, false) => Some(Machine::Heater),
            (true, true, false) => Some(Machine::Accelerator),
            _ => None,
        }
    }

    /// What it does, in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Machine::Engine => "an engine: heat of the hottest bath becomes work",
            Machine::Refrigerator => "a refrigerator: work takes heat from the coldest bath to the hottest",
            Machine::Heater => "a heater: work heats the hottest and the coldest bath",
            Machine::Accelerator => "an accelerator: work is spent, and heat flows from hot to cold as it does anyway",
        }
    }
}

/// What a summary says of a protocol.
#[derive(Clone, Debug, Default)]
pub struct OfProtocol {
    pub quantities: Vec<QuantitySummary>,
    pub machine: Option<Machine>,
    /// What has no value, and why; and what has to be known of what has.
    pub notes: Vec<String>,
}

/// The indices of the hottest and the coldest bath that ever exchange quanta, each held at its temperature.
fn extremes(protocol: &Protocol) -> Result<(usize, usize), &'static str> {
    let mut known: Vec<(usize, f64)> = Vec::new();
    for stage in protocol.stages() {
        for (index, bath) in stage.reservoirs.iter().enumerate() {
            let most = stage.bounds(index, [0.0, stage.duration]).most;
            if most.down + most.up == 0.0 {
                continue;
            }
            let held = bath.entropy_of_energy(protocol.units()).and(bath.temperature(0.0));
            let held = held.ok_or("a bath has no one temperature")?;
            match known.iter().find(|(other, _)| *other == index) {
                Some((_, before)) if *before != held => return Err("a bath has no one temperature"),
                Some(_) => {}
                None => known.push((index, held)),
            }
        }
    }
    let by_temperature = |a: &&(usize, f64), b: &&(usize, f64)| a.1.total_cmp(&b.1);
    let (hot, cold) = (known.iter().max_by(by_temperature), known.iter().min_by(by_temperature));
    match (hot, cold) {
        (Some((hot, above)), Some((cold, below))) if above > below => Ok((*hot, *cold)),
        _ => Err("there are no two temperatures"),
    }
}

/// What a statistic of the entries is called, and of which bath.
type Named = (Quantity, Option<usize>);

/// The statistics that follow from means and covariances of the entries.
struct Derived<'a> {
    point: &'a Point,
    protocol: &'a Protocol,
    machine: Option<(Machine, usize, usize)>,
}

impl Derived<'_> {
    fn names(&self) -> Vec<Named> {
        let mut names = vec![(Quantity::Power, None)];
        match self.machine {
            Some((Machine::Engine, ..)) => names.push((Quantity::Efficiency, None)),
            Some((Machine::Refrigerator, ..)) => names.push((Quantity::CoefficientOfPerformance, None)),
            _ => {}
        }
        names.extend([(Quantity::WorkVariance, None), (Quantity::Reliability, None)]);
        for bath in 0..self.point.baths().len() {
            names.extend([(Quantity::HeatVariance, Some(bath)), (Quantity::WorkHeatCovariance, Some(bath))]);
        }
        names
    }

    /// In the order of the names.
    fn values(&self, mean: impl Fn(Entry) -> f64, covariance: impl Fn(Entry, Entry) -> f64) -> Vec<f64> {
        let value = |(quantity, bath): Named| {
            let work = mean(Entry::Work);
            match (quantity, bath, self.machine) {
                (Quantity::Power, ..) => -work / self.protocol.end(),
                (Quantity::Efficiency, _, Some((_, hot, _))) => -work / mean(Entry::Heat(hot)),
                (Quantity::CoefficientOfPerformance, _, Some((.., cold))) => mean(Entry::Heat(cold)) / work,
                (Quantity::WorkVariance, ..) => covariance(Entry::Work, Entry::Work),
                // What never fluctuates has none.
                (Quantity::Reliability, ..) => Some(work * work / covariance(Entry::Work, Entry::Work))
                    .filter(|r| r.is_finite())
                    .unwrap_or(f64::NAN),
                (Quantity::HeatVariance, Some(bath), _) => covariance(Entry::Heat(bath), Entry::Heat(bath)),
                (Quantity::WorkHeatCovariance, Some(bath), _) => covariance(Entry::Work, Entry::Heat(bath)),
                _ => f64::NAN,
            }
        };
        self.names().into_iter().map(value).collect()
    }
}

/// The entries that are reported, and what they are called.
fn entries(baths: usize) -> Vec<(Entry, Named)> {
    let mut entries = vec![(Entry::Work, (Quantity::Work, None))];
    for bath in 0..baths {
        entries.push((Entry::Heat(bath), (Quantity::Heat, Some(bath))));
        entries.push((Entry::Quanta(bath), (Quantity::Quanta, Some(bath))));
    }
    entries.push((Entry::Entropy, (Quantity::Entropy, None)));
    entries
}

/// The quantities of a protocol of a point, as far as they are sampled or solved for.
pub fn of_protocol(
    point: &Point,
    protocol: &Protocol,
    sampled: Option<(&Booked, &Ensemble)>,
    exact: Option<&ExactProtocol>,
) -> OfProtocol {
    let mut found = OfProtocol::default();
    let baths = point.baths().len();
    let whole = sampled.map(|(booked, _)| booked.whole());
    let moments = exact.map(|exact| &exact.averages.last.booked);
    let mut push = |(quantity, bath): Named, estimate: Option<Estimate>, exact: Option<f64>| {
        let exact = exact.filter(|value| value.is_finite());
        found.quantities.extend(QuantitySummary::booked(point, quantity, bath, estimate, exact));
    };

    // Where too few have jumped to tell what jumps bring, no spread is an error.
    let told = sampled.is_none_or(|(_, ensemble)| ensemble.has_jumped_enough());
    let with_error = |estimate: Estimate| Estimate { std_error: estimate.std_error.filter(|_| told), ..estimate };
    for (entry, named) in entries(baths) {
        let estimate = whole.as_ref().and_then(|whole| whole.estimate(entry.index())).map(with_error);
        push(named, estimate, moments.and_then(|moments| moments.mean(entry)));
    }

    let machine = match (protocol.repeats(), extremes(protocol)) {
        (Repeats::Once, _) => Err("a protocol that passes once is no machine"),
        (_, Err(why)) => Err(why),
        (_, Ok((hot, cold))) => machine(whole.as_ref(), moments, hot, cold).map(|machine| (machine, hot, cold)),
    };
    let derived = Derived { point, protocol, machine: machine.ok() };
    let solved = moments.map(|moments| {
        let known = |value: Option<f64>| value.unwrap_or(f64::NAN);
        derived.values(|a| known(moments.mean(a)), |a, b| known(moments.covariance(a, b)))
    });
    let estimates = sampled.map(|(booked, _)| {
        booked.derived(|sums: &Comoments| {
            derived.values(|a| sums.mean(a.index()), |a, b| sums.covariance(a.index(), b.index()))
        })
    });
    for (index, named) in derived.names().into_iter().enumerate() {
        let estimate = estimates.as_ref().and_then(|estimates| estimates[index]).map(with_error);
        push(named, estimate, solved.as_ref().map(|solved| solved[index]));
    }

    let mut notes = Vec::new();
    let mut refuse = |quantity: Quantity, why: String| notes.push(format!("{}: {why}", quantity.name()));
    let paths = sampled.map_or(0.0, |(booked, _)| booked.paths() as f64);

    // Exponential averages: of paths that are too rare to be seen nothing is known.
    let rare = |variance: f64| {
        (variance > paths.ln()).then(|| {
        format!(
            "its exponent varies by {variance:.1}, more than ln of {paths} trajectories ({:.1}): paths too rare to be \
             seen decide it",
            paths.ln()
        )
    })
    };
    match protocol.beta() {
        None => refuse(Quantity::ExponentialWork, "the baths are not all at one temperature".to_owned()),
        Some(beta) => {
            let mut estimate = None;
            if let (Some((booked, _)), Some(whole)) = (sampled, &whole) {
                let work = Entry::Work.index();
                match rare(beta * beta * whole.covariance(work, work)) {
                    Some(why) => refuse(Quantity::ExponentialWork, why),
                    None => estimate = booked.exponential_work().estimate().map(with_error),
                }
            }
            push((Quantity::ExponentialWork, None), estimate, exact.and_then(|exact| exact.exponential_work));
        }
    }
    let infinite = "a bath at T = 0 takes quanta, whose entropy is infinite";
    match exact {
        None => {
            for quantity in [Quantity::EntropyProduction, Quantity::ExponentialEntropy] {
                refuse(quantity, "there are no exact probabilities of the levels at the end".to_owned());
            }
        }
        Some(exact) if exact.averages.entropy_production.is_none() => {
            for quantity in [Quantity::Entropy, Quantity::EntropyProduction, Quantity::ExponentialEntropy] {
                refuse(quantity, infinite.to_owned());
            }
        }
        Some(exact) => {
            let produced = sampled.and_then(|(booked, _)| booked.ends().produced(|level| exact.end(level)));
            let of = Quantity::EntropyProduction;
            push((of, None), produced.map(|p| with_error(p.sigma)), exact.averages.entropy_production);
            let mut estimate = None;
            if let Some(produced) = produced {
                match rare(produced.variance) {
                    Some(why) => refuse(Quantity::ExponentialEntropy, why),
                    None => estimate = Some(with_error(produced.exponential)),
                }
            }
            push((Quantity::ExponentialEntropy, None), estimate, exact.exponential_entropy);
            if exact.lacks_levels {
                let why = "below 1, as the initial state lacks levels that paths come to: no failure of the theorem";
                refuse(Quantity::ExponentialEntropy, why.to_owned());
            }
        }
    }
    found.machine = derived.machine.map(|(machine, ..)| machine);
    if let (Err(why), Repeats::Cycles(_)) = (machine, protocol.repeats()) {
        notes.push(format!("machine: {why}"));
    }
    found.notes = notes;
    found
}

/// Which machine it is, by the exact signs where they are known, and otherwise by those that stand out.
fn machine(
    whole: Option<&Comoments>,
    exact: Option<&Moments>,
    hot: usize,
    cold: usize,
) -> Result<Machine, &'static str> {
    let of = [Entry::Work, Entry::Heat(hot), Entry::Heat(cold)];
    let [work, hot, cold] = of.map(|entry| match (exact.and_then(|exact| exact.mean(entry)), whole) {
        (Some(mean), _) => mean,
        (None, Some(whole)) => {
            let stands_out =
                |e: &Estimate| e.std_error.is_none_or(|error| e.mean.abs() > FOUND * error) && e.mean != 0.0;
            whole.estimate(entry.index()).filter(stands_out).map_or(f64::NAN, |estimate| estimate.mean)
        }
        (None, None) => f64::NAN,
    });
    if [work, hot, cold].iter().any(|value| value.is_nan()) {
        return Err("the signs of work and heats do not stand out of their errors");
    }
    Machine::of(work, hot, cold).ok_or("the signs of work and heats are those of none: what it began with is spent")
}
