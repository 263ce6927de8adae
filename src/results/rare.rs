//! What trajectories under a condition say of those without, beside the exact law of their counts.

use super::row::QuantitySummary;
use crate::lindblad::Transferred;
use crate::model::{Conditions, Told};
use crate::rounded::Rounded;
use crate::scenario::Point;
use crate::statistics::{Estimate, Event, LEAST_EVENTS, Reweighted, Statistic, Subject, Weighed, cumulants_of};

/// Where nothing was sampled, or trajectories tell no more than is known.
const NOTHING: Weighed = Weighed { estimate: None, effective: f64::NAN, at_the_edge: false };

/// The heat current of a bath under a condition, from its quanta over the whole run.
pub const CURRENT_OF_RUN: &str = "heat_current_run";

/// What is told of a run that ends under a condition, and is over the whole of it.
pub const OVER_THE_RUN: [&str; 3] = [CURRENT_OF_RUN, "generating_function", "rare_probability"];

/// A statistic of the counts: weighed back, and exact.
pub type WeighedRow = (Subject, Option<Estimate>, Option<f64>);

/// The trajectories of a point under a condition, and what is exactly known of their counts without it.
#[derive(Clone, Copy)]
pub struct Rare<'a> {
    pub point: &'a Point,
    pub given: &'a Conditions,
    /// None where nothing was sampled.
    pub reweighted: Option<&'a Reweighted>,
    pub law: Option<&'a Transferred>,
}

/// `ln <e^{s C}>/t` of a law.
fn generating(law: &Transferred, field: f64, until: f64) -> Option<f64> {
    let most = law.each().map(|(quanta, _)| field * quanta as f64).fold(f64::NEG_INFINITY, f64::max);
    let mean: f64 = law.each().map(|(quanta, p)| (field * quanta as f64 - most).exp() * p).sum();
    // Where the ends of the law decide, what lies beyond would.
    let ends = [law.first, law.first + law.probabilities.len() as i64 - 1];
    let p = [law.probabilities.first(), law.probabilities.last()];
    let of_end = ends.iter().zip(p).map(|(end, p)| (field * *end as f64 - most).exp() * p.copied().unwrap_or(0.0));
    let decided = of_end.fold(0.0, f64::max) < 1e-12 * mean;
    Some((most + mean.ln()) / until).filter(|value| decided && value.is_finite())
}

impl Rare<'_> {
    /// What trajectories say, where there are any.
    fn weighed(&self, of: impl FnOnce(&Reweighted) -> Weighed) -> Weighed {
        self.reweighted.map_or(NOTHING, of)
    }

    fn until(&self) -> f64 {
        self.point.until()
    }

    /// The current and the generating function over the time of the trajectories, and the probability of what the condition
    /// makes common; what that is, and what has no estimate, in words.
    pub fn summary(&self) -> (Vec<QuantitySummary>, Vec<String>) {
        let Rare { point, given, reweighted, law } = *self;
        let (bath, until) = (point.baths()[given.bath].name.as_str(), self.until());
        let (mut rows, mut notes) = (Vec::new(), Vec::new());
        let mut push = |name: &str, weighed: Weighed, exact: Option<f64>, unit: &str, notes: &mut Vec<String>| {
            if weighed.estimate.is_none() && reweighted.is_some() {
                notes.push(unknown(name, &weighed));
            }
            let row = QuantitySummary::maybe_sampled(name.to_owned(), Some(bath), weighed.estimate, exact, unit);
            rows.extend(row);
        };
        // Of a condition of the long run nobody knows what a shorter one carries.
        let quantum = point.groups[0].model.quantum_of(&point.baths()[given.bath]);
        let carried = self.weighed(|of| {
            let Estimate { mean, std_error } = of.current(until);
            let estimate = Estimate { mean: mean * quantum, std_error: std_error.map(|error| error * quantum.abs()) };
            Weighed { estimate: Some(estimate), effective: of.paths() as f64, at_the_edge: false }
        });
        let exact = given.ending.as_ref().map(|_| given.current * quantum);
        push(CURRENT_OF_RUN, carried, exact, point.units().heat_current(), &mut notes);
        match &given.ending {
            // By its weights no trajectory tells more of it than is known.
            Some(ending) => {
                let mut none = Vec::new();
                push("generating_function", NOTHING, Some(ending.generating / until), point.units().rate(), &mut none);
            }
            None => {
                let weighed = self.weighed(|of| of.generating_function(given.field, given, until));
                let exact = law.and_then(|law| generating(law, given.field, until));
                push("generating_function", weighed, exact, point.units().rate(), &mut notes);
            }
        }
        if let Some(event) = Event::of(given, until) {
            let weighed = self.weighed(|of| of.probability(event, given, until));
            let exact = law.map(|law| if event.at_least { law.from(event.quanta) } else { law.up_to(event.quanta) });
            push("rare_probability", weighed, exact, "1", &mut notes);
            let (quanta, way) = (event.quanta, if event.at_least { "more" } else { "fewer" });
            let weights = reweighted.map_or_else(String::new, |_| {
                format!("; its weights are those of {:.0} even trajectories", weighed.effective)
            });
            notes.push(format!(
                "rare_probability: that without the condition {quanta} net quanta or {way} are absorbed from {bath} until \
                 {until}{weights}"
            ));
        }
        if law.is_none() {
            notes.push("no exact law of the counts: it takes more than is spent beside a run".to_owned());
        }
        notes.extend(self.rows().1);
        (rows, notes)
    }

    /// The rows of `noise.parquet`: the generating function and cumulants over the run, each per unit time; and what was refused.
    pub fn rows(&self) -> (Vec<WeighedRow>, Vec<String>) {
        let Rare { given, reweighted, law, .. } = *self;
        let (until, Told { order, fields }) = (self.until(), &given.told);
        let (mut rows, mut refused) = (Vec::new(), Vec::new());
        let mut push = |statistic: Statistic, argument: f64, weighed: Weighed, exact: Option<f64>| {
            if weighed.estimate.is_none() && reweighted.is_some() {
                refused.push(unknown(&format!("{}({argument})", statistic.name()), &weighed));
            }
            let subject = Subject::new(statistic, given.bath, Some(argument));
            rows.push((subject, weighed.estimate, exact));
        };
        for &field in fields {
            let exact = law.and_then(|law| generating(law, field, until));
            let weighed = self.weighed(|of| of.generating_function(field, given, until));
            push(Statistic::GeneratingFunction, field, weighed, exact);
        }
        let exact = law.map(|law| cumulants_of(&law.each(), *order));
        let sampled = reweighted.map(|of| of.cumulants(*order, given, until));
        for index in 0..*order {
            let weighed = sampled.as_ref().map_or(NOTHING, |all| all[index]);
            let exact = exact.as_ref().and_then(|all: &Vec<Rounded>| (all[index] * until.recip()).known());
            push(Statistic::Cumulant, (index + 1) as f64, weighed, exact);
        }
        (rows, refused)
    }
}

fn unknown(what: &str, weighed: &Weighed) -> String {
    match weighed {
        Weighed { at_the_edge: true, .. } => format!(
            "{what}: the few trajectories of the fewest or the most quanta decide it or what it is made of, and others that \
             were not seen would; a condition that is nearer to it, or more trajectories"
        ),
        Weighed { effective, .. } => {
            format!("{what}: its weights are those of {effective:.1} even trajectories ({LEAST_EVENTS:.0} are needed)")
        }
    }
}
