//! Whether a scenario asks for less than another of the same points did.

use std::collections::HashMap;

use crate::scenario::{Asked, Converge, Point, Scenario, Steady};
use crate::statistics::Target;

/// In what a scenario asks for less than one before it; `None` where there is as much, or more, of everything. Of points
/// that differ in what is asked of them alone, one of them has to be enough.
pub fn less(before: &Scenario, now: &Scenario) -> Option<String> {
    less_by(before, now, less_at)
}

/// The same of what trajectories under a condition tell of the counts without it.
pub fn less_told(before: &Scenario, now: &Scenario) -> Option<String> {
    less_by(before, now, less_told_at)
}

fn less_by(before: &Scenario, now: &Scenario, less_at: impl Fn(&Point, &Point) -> Option<String>) -> Option<String> {
    let mut same: HashMap<(u64, u64), Vec<&Point>> = HashMap::new();
    for point in &now.points {
        same.entry((point.id, point.seed)).or_default().push(point);
    }
    before.points.iter().find_map(|before| {
        let now = same.get(&(before.id, before.seed))?;
        let missing: Option<Vec<String>> = now.iter().map(|now| less_at(before, now)).collect();
        missing?.into_iter().next()
    })
}

fn less_at(before: &Point, now: &Point) -> Option<String> {
    match (&before.asked, &now.asked) {
        (Asked::Transient(had), Asked::Transient(asked)) => (asked.trajectories < had.trajectories)
            .then(|| format!("{} trajectories instead of {}", had.trajectories, asked.trajectories))
            .or_else(|| less_told_at(before, now)),
        (Asked::Converge(had), Asked::Converge(asked)) => less_error(had, asked)
            .or_else(|| less_budget(had, asked))
            .or_else(|| less_known(before, &had.steady, &asked.steady)),
        _ => None,
    }
}

fn less_error(had: &Converge, asked: &Converge) -> Option<String> {
    let (confident, confidence) = (had.accuracy.confidence, asked.accuracy.confidence);
    match (had.accuracy.target, asked.accuracy.target) {
        (Target::Relative(had), Target::Relative(asked)) | (Target::Absolute(had), Target::Absolute(asked))
            if asked > had =>
        {
            Some(format!("an error of {had} instead of {asked}"))
        }
        // Which of them is smaller is known once there are estimates.
        (Target::Relative(had), Target::Absolute(asked)) => {
            Some(format!("a relative error of {had} instead of an absolute one of {asked}"))
        }
        (Target::Absolute(had), Target::Relative(asked)) => {
            Some(format!("an absolute error of {had} instead of a relative one of {asked}"))
        }
        _ => (confidence < confident).then(|| format!("a confidence of {confident} instead of {confidence}")),
    }
}

fn less_budget(had: &Converge, asked: &Converge) -> Option<String> {
    if had.accuracy != asked.accuracy {
        return None;
    }
    let (had, asked) = (had.budget, asked.budget);
    let of = |most: Option<u64>| most.map_or_else(|| "any number of".to_owned(), |most| format!("up to {most}"));
    let most = |bound: Option<u64>| bound.unwrap_or(u64::MAX);
    let until = |bound: Option<f64>| bound.unwrap_or(f64::INFINITY);
    if asked.jumps < had.jumps {
        Some(format!("up to {:e} jumps instead of {:e}", had.jumps, asked.jumps))
    } else if most(asked.trajectories) < most(had.trajectories) {
        Some(format!("{} trajectories instead of {}", of(had.trajectories), of(asked.trajectories)))
    } else if until(asked.until) < until(had.until) {
        Some(format!("trajectories until {} instead of {}", until(had.until), until(asked.until)))
    } else {
        None
    }
}

/// What was asked for of counts without the condition, and is no more.
fn less_told_at(before: &Point, now: &Point) -> Option<String> {
    let [had, asked] = [before, now].map(|point| point.conditions().map(|given| &given.told));
    let (had, asked) = (had?, asked?);
    if asked.order < had.order {
        return Some(format!("{} cumulants without the condition instead of {}", had.order, asked.order));
    }
    let gone = had.fields.iter().find(|field| !asked.fields.contains(field))?;
    Some(format!("`condition.counting_fields` with {gone} instead of without"))
}

/// What was asked for beside the current, and is no more.
fn less_known(point: &Point, had: &Steady, asked: &Steady) -> Option<String> {
    let bath = |index: usize| point.baths()[index].name.as_str();
    if had.bath != asked.bath {
        return Some(format!("the error of {} instead of that of {}", bath(had.bath), bath(asked.bath)));
    }
    let gone = had.noise.baths.iter().find(|bath| !asked.noise.baths.contains(bath));
    if let Some(gone) = gone {
        return Some(format!("`noise.baths` with {} instead of without", bath(*gone)));
    }
    let (noise, now) = (&had.noise, &asked.noise);
    let lists = [
        ("noise.windows", &noise.windows, &now.windows),
        ("noise.frequencies", &noise.frequencies, &now.frequencies),
        ("noise.delays", &noise.delays, &now.delays),
        ("noise.passage_times", &noise.passage_times, &now.passage_times),
        ("noise.counting_fields", &noise.counting_fields, &now.counting_fields),
    ];
    let gone = lists.iter().find_map(|(key, had, now)| {
        let gone = had.iter().find(|value| !now.contains(value))?;
        Some(format!("`{key}` with {gone} instead of without"))
    });
    if let Some(gone) = noise.counts.iter().find(|count| !now.counts.contains(count)) {
        return Some(format!("`noise.counts` with {} instead of without or of other weights", gone.name));
    }
    if noise.passage.iter().any(|passage| !now.passage.contains(passage)) {
        return Some("`noise.passage` of a bath instead of without or of other quanta".to_owned());
    }
    let numbers = [
        ("cumulants", noise.order.unwrap_or(0), now.order.unwrap_or(0)),
        ("modes of `noise.relaxation`", noise.relaxation.unwrap_or(0), now.relaxation.unwrap_or(0)),
        ("phases of the cycle", had.phases.len(), asked.phases.len()),
    ];
    let fewer = numbers.iter().find(|(_, had, now)| now < had);
    gone.or_else(|| fewer.map(|(what, had, now)| format!("{had} {what} instead of {now}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Purpose};

    fn scenario(text: &str) -> Scenario {
        let text = format!(
            "[qubits]\nnumber = 4\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\n\
             [[bath]]\nname = \"cold\"\ncoupling = \"local\"\nrate = 0.3\ntemperature = 0.4\n\
             [initial]\nstate = \"ground\"\n{text}"
        );
        Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &Overrides::default()).unwrap()
    }

    #[test]
    fn less_is_told_from_more_and_the_same() {
        let noise = "[noise]\nbaths = [\"hot\"]\nwindows = [1.0, 3.0]\nfrequencies = [1.0]\n";
        let of = |steady: &str, noise: &str| scenario(&format!("[steady]\nbath = \"hot\"\n{steady}\n{noise}"));
        let before = of("relative_error = 0.01\nmax_jumps = 1e9", noise);
        let windows = noise.replace("1.0, 3.0", "3.0");
        for (steady, noise, words) in [
            ("relative_error = 0.02\nmax_jumps = 1e9", noise, "an error of 0.01 instead of 0.02"),
            ("absolute_error = 0.02\nmax_jumps = 1e9", noise, "a relative error of 0.01 instead of an absolute"),
            ("relative_error = 0.01\nmax_jumps = 1e8", noise, "up to 1e9 jumps instead of 1e8"),
            ("relative_error = 0.001\nmax_jumps = 1e9", &windows, "`noise.windows` with 1 instead of without"),
            ("relative_error = 0.001", "", "`noise.baths` with hot instead of without"),
            ("relative_error = 0.01\nconfidence = 0.9", noise, "a confidence of 0.95 instead of 0.9"),
        ] {
            assert!(less(&before, &of(steady, noise)).unwrap().contains(words), "{steady} {noise}");
        }
        let more = noise.replace("1.0, 3.0", "1.0, 3.0, 9.0").replace("[\"hot\"]", "[\"hot\", \"cold\"]");
        for (steady, noise) in [
            ("relative_error = 0.01\nmax_jumps = 1e9", noise),
            ("relative_error = 0.001\nmax_jumps = 1e8\nconfidence = 0.99", noise),
            ("relative_error = 0.01\nmax_jumps = 1e10", &more),
        ] {
            assert_eq!(less(&before, &of(steady, noise)), None, "{steady} {noise}");
        }
        let cold = scenario(&format!("[steady]\nbath = \"cold\"\nrelative_error = 0.01\n{noise}"));
        assert!(less(&before, &cold).unwrap().contains("the error of hot instead of that of cold"));
    }

    #[test]
    fn of_points_that_are_alike_one_has_to_be_enough() {
        let of = |trajectories: &str| {
            let sweep = format!("[sweep]\n\"evolution.trajectories\" = {trajectories}");
            scenario(&format!("[evolution]\nuntil = 5.0\ntrajectories = 1\n{sweep}"))
        };
        let before = of("[100, 200]");
        assert_eq!(less(&before, &of("[50, 200]")), None);
        assert!(less(&before, &of("[50, 150]")).unwrap().contains("200 trajectories instead of 50"));
    }
}
