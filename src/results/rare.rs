//! What trajectories under a condition say of those without.

use super::row::QuantitySummary;
use crate::model::Conditions;
use crate::scenario::Point;
use crate::statistics::{Event, LEAST_EVENTS, Reweighted, Weighed};

/// The generating function over the time of the trajectories, and the probability of what the condition makes common; what
/// that is, and what has no estimate, in words.
pub fn rare(point: &Point, given: &Conditions, reweighted: &Reweighted) -> (Vec<QuantitySummary>, Vec<String>) {
    let (bath, until) = (point.baths()[given.bath].name.as_str(), point.until());
    let (mut rows, mut notes) = (Vec::new(), Vec::new());
    let mut push = |name: &str, weighed: Weighed, unit: &str, notes: &mut Vec<String>| {
        match weighed.estimate {
            Some(estimate) => {
                rows.push(QuantitySummary::sampled(name.to_owned(), Some(bath), estimate, (None, 0.0), unit));
            }
            None => notes.push(format!(
                "{name}: its weights are those of {:.1} even trajectories ({LEAST_EVENTS:.0} are needed)",
                weighed.effective
            )),
        }
        weighed.effective
    };
    let generating = reweighted.generating_function(given, until);
    push("generating_function", generating, point.units().rate(), &mut notes);
    if let Some(event) = Event::of(given, until) {
        let effective = push("rare_probability", reweighted.probability(event, given, until), "1", &mut notes);
        notes.push(format!(
            "rare_probability: that without the condition {} net quanta or {} are absorbed from {bath} until {until}; its \
             weights are those of {effective:.0} even trajectories",
            event.quanta,
            if event.at_least { "more" } else { "fewer" },
        ));
    }
    (rows, notes)
}
