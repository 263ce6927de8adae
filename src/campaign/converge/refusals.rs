//! What was refused of the noise of a point, and why, in words: one line for each bath and reason.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use crate::scenario::Point;
use crate::statistics::{NoPlateau, Scarce, Statistic, Subject, Thin};

/// Windows that are too short for long-time values.
pub fn too_short(point: &Point, no: &NoPlateau) -> String {
    format!("bath {}: {no}", point.baths()[no.bath].name)
}

/// Estimates of too little, those of one bath and one reason together.
pub fn too_little(point: &Point, thin: &[Thin]) -> Vec<String> {
    let mut lines: Vec<(Thin, Vec<&Subject>)> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for one in thin {
        match places.entry(kind(one)) {
            Entry::Occupied(place) => {
                let (least, subjects) = &mut lines[*place.get()];
                least.seen = least.seen.min(one.seen);
                subjects.push(&one.subject);
            }
            Entry::Vacant(place) => {
                place.insert(lines.len());
                lines.push((*one, vec![&one.subject]));
            }
        }
    }
    let line = |(thin, subjects): &(Thin, Vec<&Subject>)| {
        let name = |bath: usize| point.baths()[bath].name.as_str();
        let Subject { statistic, bath, other_bath, .. } = thin.subject;
        let of = match other_bath {
            Some(other) => format!("baths {} and {}: ", name(bath), name(other)),
            None if statistic.is_of_all_baths() => String::new(),
            None => format!("bath {}: ", name(bath)),
        };
        format!("{of}{}: {thin}", labels(subjects))
    };
    lines.iter().map(line).collect()
}

/// What refusals that make one line have in common. What is read at delays is a number for each, of which the least is
/// said; what was counted in windows is a number for each of them.
fn kind(thin: &Thin) -> impl Hash + Eq + use<> {
    let Subject { statistic, bath, other_bath, .. } = thin.subject;
    let (read, seen) = match thin.of {
        Scarce::Readings => (Some(statistic), None),
        _ => (None, Some(thin.seen.to_bits())),
    };
    (thin.of, read, seen, statistic.is_of_all_baths(), bath, other_bath)
}

/// The names of statistics, each with the windows, frequencies or delays that it was asked for.
fn labels(subjects: &[&Subject]) -> String {
    let of_one = |group: &[&Subject]| {
        let name = group[0].statistic.name();
        let arguments: Vec<String> =
            group.iter().filter_map(|subject| subject.argument).map(|a| a.to_string()).collect();
        let listed = match arguments.as_slice() {
            [] => return name.to_owned(),
            [first, .., last] if arguments.len() > 5 => format!("{first} to {last}"),
            all => all.join(", "),
        };
        let place = match group[0].statistic {
            Statistic::Spectrum => "at frequencies of",
            Statistic::G2 | Statistic::WaitingTime => "at delays of",
            Statistic::FirstPassage | Statistic::FirstPassageDensity => "at times of",
            _ => "over windows of",
        };
        format!("{name} {place} {listed}")
    };
    let groups: Vec<String> = subjects.chunk_by(|a, b| a.statistic == b.statistic).map(of_one).collect();
    groups.join(", ")
}
