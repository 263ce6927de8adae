//! What is said of a protocol: work, heats, quanta and entropy, what machine it is, and how it fluctuates.

use super::row::QuantitySummary;
use crate::bath::Bath;
use crate::lindblad::protocol::Moments;
use crate::model::protocol::{Entry, Protocol, Repeats};
use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::solve::ExactProtocol;
use crate::statistics::{Booked, Comoments, Ensemble, Estimate};
use crate::theory::machine::{FOUND, UNCLEAR, no_one_temperature};
use crate::theory::{Machine, Merit};

/// What a summary says of work, heat and what machine the qubits are.
#[derive(Clone, Debug, Default)]
pub struct OfWork {
    pub quantities: Vec<QuantitySummary>,
    /// In words.
    pub machine: Option<String>,
    /// What has no value, and why; and what has to be known of what has.
    pub notes: Vec<String>,
}

/// What a statistic of the entries is called, and of which bath.
type Named = (Quantity, Option<usize>);

/// The statistics that follow from means and covariances of the entries.
struct Derived<'a> {
    point: &'a Point,
    protocol: &'a Protocol,
    merit: Option<Merit>,
    /// Whether paths go through superposed levels: their work is what the first law leaves, whose spread says nothing.
    superposed: bool,
}

impl Derived<'_> {
    fn names(&self) -> Vec<Named> {
        let mut names = vec![(Quantity::Power, None)];
        names.extend(self.merit.iter().map(|merit| (merit.quantity, None)));
        if !self.superposed {
            names.extend([(Quantity::WorkVariance, None), (Quantity::Reliability, None)]);
        }
        for bath in 0..self.point.baths().len() {
            names.push((Quantity::HeatVariance, Some(bath)));
            names.extend((!self.superposed).then_some((Quantity::WorkHeatCovariance, Some(bath))));
        }
        names
    }

    /// In the order of the names.
    fn values(&self, mean: impl Fn(Entry) -> f64, covariance: impl Fn(Entry, Entry) -> f64) -> Vec<f64> {
        let value = |(quantity, bath): Named| {
            let work = mean(Entry::Work);
            match (quantity, bath) {
                (Quantity::Power, _) => work / self.protocol.end(),
                (Quantity::WorkVariance, _) => covariance(Entry::Work, Entry::Work),
                // What never fluctuates has none.
                (Quantity::Reliability, _) => {
                    let reliability = work * work / covariance(Entry::Work, Entry::Work);
                    if reliability.is_finite() { reliability } else { f64::NAN }
                }
                (Quantity::HeatVariance, Some(bath)) => covariance(Entry::Heat(bath), Entry::Heat(bath)),
                (Quantity::WorkHeatCovariance, Some(bath)) => covariance(Entry::Work, Entry::Heat(bath)),
                _ => self.merit.as_ref().map_or(f64::NAN, |merit| {
                    let heats: Vec<f64> = (0..self.protocol.baths()).map(|bath| mean(Entry::Heat(bath))).collect();
                    merit.of(work, &heats)
                }),
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

/// The pairs of baths that ever exchange quanta.
fn pairs(point: &Point, protocol: &Protocol) -> Vec<[usize; 2]> {
    let baths = protocol.envelope(point.number()).baths;
    let acts = |bath: &usize| baths[*bath].down + baths[*bath].up > 0.0;
    let pairs = (0..baths.len()).flat_map(|b| (0..b).map(move |a| [a, b]));
    pairs.filter(|pair| pair.iter().all(acts)).collect()
}

/// The quantities of a protocol of a point, as far as they are sampled or solved for.
pub fn of_protocol(
    point: &Point,
    protocol: &Protocol,
    sampled: Option<(&Booked, &Ensemble)>,
    exact: Option<&ExactProtocol>,
) -> OfWork {
    let mut found = OfWork::default();
    let baths = point.baths().len();
    let whole = sampled.map(|(booked, _)| booked.whole());
    let moments = exact.map(|exact| &exact.averages.last.booked);
    let mut push = |(quantity, bath): Named, estimate: Option<Estimate>, exact: Option<f64>| {
        let exact = exact.filter(|value| value.is_finite());
        found.quantities.extend(QuantitySummary::booked(point, quantity, bath, estimate, exact));
    };

    let superposed = point.facts().coherent;
    let with_error = |named: Named| {
        let known = !superposed || sampled.is_none_or(|(_, ensemble)| told_by_series(point, ensemble, named));
        move |estimate: Estimate| {
            let Estimate { mean, std_error } = told(protocol, sampled, estimate);
            Estimate { mean, std_error: std_error.filter(|_| known) }
        }
    };
    for (entry, named) in entries(baths) {
        let estimate = whole.as_ref().and_then(|whole| whole.estimate(entry.index())).map(with_error(named));
        push(named, estimate, moments.and_then(|moments| moments.mean(entry)));
    }

    let machine = machine(point, protocol, whole.as_ref(), moments);
    let merit = machine.as_ref().ok().and_then(|(_, merit)| merit.clone());
    let derived = Derived { point, protocol, merit, superposed };
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
        let estimate = estimates.as_ref().and_then(|estimates| estimates[index]).map(with_error(named));
        push(named, estimate, solved.as_ref().map(|solved| solved[index]));
    }

    let pairs = pairs(point, protocol);
    let of_pairs = sampled.map(|(booked, _)| {
        booked.derived(|sums: &Comoments| {
            let covariance = |[a, b]: &[usize; 2]| sums.covariance(Entry::Heat(*a).index(), Entry::Heat(*b).index());
            pairs.iter().map(covariance).collect()
        })
    });
    let of_pair = |(index, [a, b]): (usize, &[usize; 2])| {
        // Of two heats.
        let [a_told, b_told] = [*a, *b].map(|bath| with_error((Quantity::Heat, Some(bath))));
        let estimate = of_pairs.as_ref().and_then(|of_pairs| of_pairs[index]).map(a_told).map(b_told);
        let exact = moments.and_then(|moments| moments.covariance(Entry::Heat(*a), Entry::Heat(*b)));
        QuantitySummary::of_pair(point, Quantity::HeatCovariance, [*a, *b], estimate, exact)
    };

    let mut notes = Vec::new();
    if superposed {
        notes.extend(of_superposed(protocol));
    } else {
        let mut refuse = |quantity: Quantity, why: String| notes.push(format!("{}: {why}", quantity.name()));
        exponentials(&Weighed { point, protocol, sampled, whole: whole.as_ref(), exact }, &mut push, &mut refuse);
    }
    match machine {
        Ok((machine, _)) => found.machine = Some(machine.words().to_owned()),
        Err(why) if protocol.repeats() != Repeats::Once => notes.push(format!("machine: {why}")),
        Err(_) => {}
    }
    if point.fold().is_none() && protocol.repeats() != Repeats::Once && protocol.cycles() > 1 {
        notes.push(unfolded(point, protocol));
    }
    if !protocol.is_held() {
        notes.push(format!("{}: {UNEVEN}", Quantity::HeatCurrentInterval.name()));
    }
    found.quantities.extend(pairs.iter().enumerate().filter_map(of_pair));
    found.notes = notes;
    found
}

/// Why there is no integral of a current where something is ramped.
const UNEVEN: &str =
    "on a ramp a current changes while a level stays; `heat_current_counts` is the average over each interval";
/// Why an entropy is infinite.
const INFINITE: &str = "a bath at T = 0 takes quanta, whose entropy is infinite";

/// What has no value where paths go through superposed levels, and why.
fn of_superposed(protocol: &Protocol) -> Vec<String> {
    use Quantity::{
        EntropyProduction, ExponentialEntropy, ExponentialWork, Reliability, WorkHeatCovariance, WorkVariance,
    };
    let note = |quantities: &[Quantity], why: &str| {
        let names: Vec<&str> = quantities.iter().map(|quantity| quantity.name()).collect();
        format!("{}: {why}", names.join(", "))
    };
    let mut notes = vec![
        note(
            &[WorkVariance, Reliability, WorkHeatCovariance, ExponentialWork],
            "levels are superposed, and the work of a trajectory is what the first law leaves of the mean energy: right on \
             average, and no work that two measurements of the energy would find",
        ),
        note(
            &[EntropyProduction, ExponentialEntropy],
            "a trajectory of superposed levels has no level at its end whose probability counts",
        ),
    ];
    if !protocol.entropy_is_finite() {
        notes.push(note(&[Quantity::Entropy], INFINITE));
    }
    notes
}

/// What of the grid a quantity rests on, where levels are superposed: its own series.
fn rests_on((quantity, bath): Named) -> Column {
    let quantity = match quantity {
        Quantity::Heat | Quantity::Quanta | Quantity::HeatVariance => Quantity::Heat,
        Quantity::Entropy => Quantity::Entropy,
        _ => Quantity::Work,
    };
    if quantity == Quantity::Heat { Column { bath, ..Column::of_whole(quantity) } } else { Column::of_whole(quantity) }
}

/// Where levels are superposed an error is one where the last of its series has one.
fn told_by_series(point: &Point, ensemble: &Ensemble, named: Named) -> bool {
    let of = rests_on(named);
    let column = point.columns().iter().position(|column| *column == of);
    column.is_none_or(|column| {
        ensemble.on_grid(point.times().len() - 1, column).is_some_and(|last| last.std_error.is_some())
    })
}

/// Where too few have jumped to tell what jumps bring, no spread is an error.
fn told(protocol: &Protocol, sampled: Option<(&Booked, &Ensemble)>, estimate: Estimate) -> Estimate {
    // Where nothing can jump, no jump is unseen.
    let jumps = |bath: &Bath| bath.down + bath.up + bath.dephasing > 0.0;
    let still = || !protocol.envelope(1).baths.iter().any(jumps);
    let told = sampled.is_none_or(|(_, ensemble)| ensemble.has_jumped_enough() || still());
    Estimate { std_error: estimate.std_error.filter(|_| told), ..estimate }
}

/// What exponential averages and entropy production are had from.
struct Weighed<'a> {
    point: &'a Point,
    protocol: &'a Protocol,
    sampled: Option<(&'a Booked, &'a Ensemble)>,
    whole: Option<&'a Comoments>,
    exact: Option<&'a ExactProtocol>,
}

/// Exponential averages and the entropy production of paths from level to level.
fn exponentials(
    &Weighed { point, protocol, sampled, whole, exact }: &Weighed,
    push: &mut impl FnMut(Named, Option<Estimate>, Option<f64>),
    refuse: &mut impl FnMut(Quantity, String),
) {
    let with_error = |estimate: Estimate| told(protocol, sampled, estimate);
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
    match point.groups[0].beta_of_work() {
        None => {
            let why = if protocol.exchanges() {
                "the baths are not all at one temperature"
            } else {
                "no bath exchanges quanta, and the start is not thermal: nothing has a temperature to take work by"
            };
            refuse(Quantity::ExponentialWork, why.to_owned());
        }
        Some(beta) => {
            let mut estimate = None;
            if let (Some((booked, _)), Some(whole)) = (sampled, whole) {
                let work = Entry::Work.index();
                match rare(beta * beta * whole.covariance(work, work)) {
                    Some(why) => refuse(Quantity::ExponentialWork, why),
                    None => estimate = booked.exponential_work().estimate().map(with_error),
                }
            }
            let solved = exact.and_then(|exact| exact.exponential_work);
            if solved.into_iter().chain(estimate.map(|estimate| estimate.mean)).any(|value| !value.is_finite()) {
                refuse(Quantity::ExponentialWork, "exp(-W/T) is beyond the largest number".to_owned());
            }
            push((Quantity::ExponentialWork, None), estimate.filter(|estimate| estimate.mean.is_finite()), solved);
        }
    }
    match exact {
        _ if !protocol.entropy_is_finite() => {
            for quantity in [Quantity::Entropy, Quantity::EntropyProduction, Quantity::ExponentialEntropy] {
                refuse(quantity, INFINITE.to_owned());
            }
        }
        None => {
            for quantity in [Quantity::EntropyProduction, Quantity::ExponentialEntropy] {
                refuse(quantity, "there are no exact probabilities of the levels at the end".to_owned());
            }
        }
        Some(exact) => {
            let produced = sampled.and_then(|(booked, _)| booked.ends().produced(|level| exact.end(level)));
            let of = Quantity::EntropyProduction;
            // Per unit time, as power is.
            let end = protocol.end();
            let rate = |Estimate { mean, std_error }: Estimate| Estimate {
                mean: mean / end,
                std_error: std_error.map(|error| error / end),
            };
            let estimate = produced.map(|produced| rate(with_error(produced.sigma)));
            push((of, None), estimate, exact.averages.entropy_production.map(|sigma| sigma / end));
            let mut estimate = None;
            if let Some(produced) = produced {
                match rare(produced.variance) {
                    Some(why) => refuse(Quantity::ExponentialEntropy, why),
                    None => match produced.exponential {
                        Some(exponential) => estimate = Some(with_error(exponential)),
                        None => {
                            let why = "sectors so degenerate that weights of paths are beyond the range of numbers";
                            refuse(Quantity::ExponentialEntropy, why.to_owned());
                        }
                    },
                }
            }
            push((Quantity::ExponentialEntropy, None), estimate, exact.exponential_entropy);
            if exact.lacks_levels {
                let why = "below 1, as the initial state lacks levels that paths come to: no failure of the theorem";
                refuse(Quantity::ExponentialEntropy, why.to_owned());
            }
        }
    }
}

/// Why there are no averages over the cycles by phase.
fn unfolded(point: &Point, protocol: &Protocol) -> String {
    let cycles = protocol.cycles();
    let each = (point.times().len() as u64 / cycles).max(1);
    format!(
        "folded: times are not at the same phases of each of the {cycles} cycles; `evolution.samples` of {} are, {each} of \
         each and the start",
        each * cycles + 1
    )
}

/// Which machine it is, by the exact signs where they are known, and otherwise by those that stand out.
fn machine(
    point: &Point,
    protocol: &Protocol,
    whole: Option<&Comoments>,
    exact: Option<&Moments>,
) -> Result<(Machine, Option<Merit>), String> {
    let refused = |why: &str| Err(why.to_owned());
    if protocol.repeats() == Repeats::Once {
        return refused("a protocol that passes once is no machine");
    }
    let inverse = protocol.inverse_temperatures().map_err(|bath| no_one_temperature(&point.baths()[bath].name))?;
    let mut unclear = false;
    let mut mean = |entry: Entry| match (exact.and_then(|exact| exact.mean(entry)), whole) {
        (Some(mean), _) => protocol.booked(point.number(), protocol.cycles(), mean).cleared(),
        (None, whole) => {
            let found = whole.and_then(|whole| whole.estimate(entry.index()));
            unclear |= found.is_none_or(|e| e.std_error.is_some_and(|error| e.mean.abs() < FOUND * error));
            found.map_or(f64::NAN, |estimate| estimate.mean)
        }
    };
    let work = mean(Entry::Work);
    let heats: Vec<f64> = (0..protocol.baths()).map(|bath| mean(Entry::Heat(bath))).collect();
    if unclear {
        return refused(UNCLEAR);
    }
    // What the start holds, and the baths did not give, is no matter of a machine.
    let balanced = work + heats.iter().sum::<f64>();
    if work < 0.0 && balanced.abs() >= work.abs() {
        return refused("what work is done is that of the initial state");
    }
    let machine = Machine::of(&inverse, work, &heats).ok_or("no work is done")?;
    Ok((machine, machine.merit(&inverse, &heats)))
}
