//! A protocol as `check` shows it: what each segment changes, and what the baths are at its ends.

use superjump::model::protocol::{Protocol, Repeats, Stage};
use superjump::model::{Setting, Signal, Waveform};
use superjump::report::number;
use superjump::scenario::{BathScale, Point};
use superjump::units::Units;

use super::table;

/// The segments of a protocol in a table, and the baths at their ends in another.
pub fn describe(point: &Point, protocol: &Protocol) -> anyhow::Result<()> {
    let units = protocol.units();
    let segments = table::plural(protocol.stages().len() as u64, "segment");
    let passes = match (protocol.repeats(), point.steady()) {
        (_, Some(_)) => "repeated until steady".to_owned(),
        (Repeats::Once, None) => "once".to_owned(),
        (Repeats::Cycles(cycles), None) => {
            format!("{}, to {}", table::plural(cycles, "cycle"), time(protocol.end(), units))
        }
    };
    say!("  protocol       {segments} in {}, {passes}", time(protocol.period(), units))?;
    let rows = protocol.stages().iter().enumerate().map(|(index, stage)| {
        let times = format!("{} to {}", number(stage.start), number(stage.start + stage.duration));
        let changes = changes(protocol, index).join(", ");
        let changes = if changes.is_empty() { "all stays".to_owned() } else { changes };
        vec![stage.name.clone(), times, changes]
    });
    let numbers = match units {
        Units::Natural => "what changes",
        Units::Si => "what changes (GHz, 1e9/s, mK)",
    };
    let header = ["segment", &format!("time ({})", units.time()), numbers].map(str::to_owned);
    print(&table::lines(header.into(), 0..0, rows.collect()))?;
    for line in quenches(protocol) {
        say!("    {line}")?;
    }
    let rows = protocol.stages().iter().flat_map(|stage| baths(stage, point.groups[0].model.number));
    let header = ["segment", "bath", "hbar omega/(k_B T)", "n", &format!("down ({})", units.rate())].map(str::to_owned);
    print(&table::lines(header.into(), 0..0, rows.collect()))
}

/// Lines set in.
fn print(lines: &str) -> anyhow::Result<()> {
    lines.lines().try_for_each(|line| say!("    {line}"))?;
    Ok(())
}

fn time(value: f64, units: Units) -> String {
    table::time(value, units)
}

/// What a segment changes: all that a protocol ever changes, where it is not as the segment before ended.
fn changes(protocol: &Protocol, index: usize) -> Vec<String> {
    let stages = protocol.stages();
    let stage = &stages[index];
    let before = index.checked_sub(1).map(|before| &stages[before]);
    let mut said = Vec::new();
    let mut tell = |name: String, signals: &dyn Fn(&Stage) -> Option<Signal>| {
        let all: Vec<Signal> = stages.iter().filter_map(signals).collect();
        let Some(signal) = signals(stage).filter(|first| all.iter().any(|other| !other.is_held() || other != first))
        else {
            return;
        };
        let stays = before.and_then(signals).is_some_and(|before| signal.is_held() && before.last() == signal.first());
        if !stays {
            said.push(format!("{name} {}", course(&signal, stage.duration)));
        }
    };
    tell("frequency".to_owned(), &|stage| Some(stage.frequency.clone()));
    for (bath, reservoir) in stage.reservoirs.iter().enumerate() {
        for setting in Setting::ALL {
            let signal = move |stage: &Stage| Some(stage.reservoirs[bath].signal(setting)?.into_owned());
            tell(format!("{} {}", reservoir.name, setting.key()), &signal);
        }
    }
    type Wave = (&'static str, fn(&Stage) -> &Waveform);
    let waves: [Wave; 2] = [("amplitude", |stage| &stage.drive.amplitude), ("detuning", |stage| &stage.drive.detuning)];
    for (name, wave) in waves {
        if wave(stage).pulses().is_empty() {
            tell(format!("drive {name}"), &|stage| Some(wave(stage).course().clone()));
        }
    }
    tell("drive phase".to_owned(), &|stage| Some(stage.drive.phase.clone()));
    for (name, wave) in waves {
        said.extend(wave(stage).pulses().iter().map(|pulse| {
            let (height, centre, width) = (number(pulse.amplitude), number(pulse.centre), number(pulse.width));
            format!("drive {name} {} of {height} at {centre}, width {width}", pulse.outline.name())
        }));
    }
    said
}

/// How a value goes in a segment of this duration, in words.
fn course(signal: &Signal, duration: f64) -> String {
    let (first, last) = (signal.first(), signal.last());
    let [least, most] = signal.range([0.0, duration]);
    // A table may go elsewhere between.
    let between = if least < first.min(last) || most > first.max(last) {
        format!(", between {} and {}", number(least), number(most))
    } else {
        String::new()
    };
    match signal.is_held() {
        true => number(first),
        false => format!("{} to {} ({}{between})", number(first), number(last), signal.name()),
    }
}

/// Where the frequency jumps, whose work no bath gives.
fn quenches(protocol: &Protocol) -> Vec<String> {
    let stages = protocol.stages();
    let closes = matches!(protocol.repeats(), Repeats::Cycles(_));
    let pairs = stages.iter().enumerate().filter_map(|(index, stage)| Some((stage, protocol.after(index)?)));
    let mut lines: Vec<String> = pairs
        .filter(|(stage, next)| stage.frequency.last() != next.frequency.first())
        .map(|(stage, next)| {
            let (from, to) = (stage.frequency.last(), next.frequency.first());
            let (name, by) = (&next.name, number(to - from));
            let cycle = if std::ptr::eq(next, &stages[0]) { ", as the cycle does not close" } else { "" };
            let work = match protocol.units() {
                Units::Natural => format!("M x {by}"),
                Units::Si => format!("M x h x {by} GHz"),
            };
            format!("quench to \"{name}\": frequency {} to {}, W = {work}{cycle}", number(from), number(to))
        })
        .collect();
    let returns = stages[0].frequency.first() == stages[stages.len() - 1].frequency.last();
    if closes && returns {
        lines.push("the cycle closes: it ends at the frequency at which it begins".to_owned());
    }
    lines
}

/// What each bath is where a segment begins and ends.
fn baths(stage: &Stage, qubits: i64) -> Vec<Vec<String>> {
    let ends = [0.0, stage.duration].map(|time| stage.model(qubits, time));
    let row = |bath: usize| {
        let scales = ends.each_ref().map(|model| BathScale::of(model, &model.baths[bath]));
        let between = |[from, to]: [String; 2]| if from == to { from } else { format!("{from} to {to}") };
        let word = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), table::short);
        let x = between(scales.map(|scale| word(scale.energy_over_temperature)));
        let n = between(scales.map(|scale| word(scale.occupation)));
        let [start, end] = ends.each_ref().map(|model| &model.baths[bath]);
        // Of a bath that gives less than it takes, absorption follows from n.
        let follows = scales.iter().all(|scale| scale.occupation.is_some());
        let up = if follows { [0.0; 2] } else { [start.up, end.up] };
        let rates = [("", [start.down, end.down]), ("up ", up), ("dephasing ", [start.dephasing, end.dephasing])];
        let acting: Vec<String> = rates
            .into_iter()
            .filter(|(_, [from, to])| from + to > 0.0)
            .map(|(name, rates)| format!("{name}{}", between(rates.map(table::short))))
            .collect();
        let rates = if acting.is_empty() { "off".to_owned() } else { acting.join(", ") };
        let name = if bath == 0 { stage.name.clone() } else { String::new() };
        vec![name, start.name.clone(), x, n, rates]
    };
    (0..ends[0].baths.len()).map(row).collect()
}
