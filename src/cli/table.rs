//! Tables in the terminal, and numbers as people write them.

use std::ops::Range;

use comfy_table::{CellAlignment, Table, presets};
use superjump::report::number;
use superjump::scenario::BathScale;
use superjump::units::Units;

/// The columns of a terminal.
const WIDTH: usize = 80;

/// A count: `950`, `31.2 k`, `40.1 million`.
pub fn count(value: f64) -> String {
    match value {
        v if v < 1e3 => format!("{v:.0}"),
        v if v < 1e6 => format!("{:.1} k", v / 1e3),
        v if v < 1e9 => format!("{:.1} million", v / 1e6),
        v if v < 1e15 => format!("{:.1} billion", v / 1e9),
        v => format!("{v:.1e}"),
    }
}

/// A duration: `0.4 s`, `12 s`, `3 min`, `5.2 h`, `2.1 days`, `3.4e5 years`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s if s < 1e8 => format!("{:.1} days", s / 86_400.0),
        s => format!("{:.1e} years", s / 31_557_600.0),
    }
}

/// `1 thread`, `2 threads`.
pub fn plural(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Runs of neighbours among the points that are listed.
const MOST_RUNS: usize = 8;

/// Their numbers, neighbours in one: `points 0, 4, 8 to 11`.
pub fn places(points: impl Iterator<Item = usize>) -> String {
    let (mut runs, mut count) = (Vec::<(usize, usize)>::new(), 0);
    for point in points {
        count += 1;
        match runs.last_mut().filter(|(_, last)| *last + 1 == point) {
            Some((_, last)) => *last = point,
            None => runs.push((point, point)),
        }
    }
    let word = |(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    };
    let listed = runs.iter().take(MOST_RUNS);
    let left = count - listed.clone().map(|(first, last)| last - first + 1).sum::<usize>();
    let left = if left > 0 { format!(" and {left} more") } else { String::new() };
    let words: Vec<String> = listed.map(word).collect();
    format!("{} {}{left}", if count == 1 { "point" } else { "points" }, words.join(", "))
}

/// A time with its unit: `50/omega_0`, `12.5 ns`.
pub fn time(value: f64, units: Units) -> String {
    match units.time().strip_prefix('1') {
        Some(inverse) => format!("{}{inverse}", number(value)),
        None => format!("{} {}", number(value), units.time()),
    }
}

fn aligned(header: Vec<String>, numbers: Range<usize>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for index in numbers {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A table of these rows as text, the columns in `numbers` to the right, without the spaces at the ends of its lines.
pub fn lines(header: Vec<String>, numbers: Range<usize>, rows: Vec<Vec<String>>) -> String {
    let mut table = aligned(header, numbers);
    table.add_rows(rows);
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// T, the quantum that is its own, `hbar omega/(k_B T)` and n of a bath.
pub fn scale(scale: &BathScale) -> [String; 4] {
    let BathScale { quantum, temperature, energy_over_temperature, occupation } = *scale;
    let word = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), short);
    [
        word(temperature),
        quantum.map_or_else(|| "omega_0".to_owned(), short),
        word(energy_over_temperature),
        word(occupation),
    ]
}

/// What a temperature is measured by: a quantum of the qubits, or one that is the bath's own.
pub fn ratio(own: bool) -> &'static str {
    if own { "hbar omega/(k_B T)" } else { "hbar omega_0/(k_B T)" }
}

/// What quanta of their own are called, with their unit.
pub fn quantum(units: Units) -> &'static str {
    match units {
        Units::Natural => "quantum omega",
        Units::Si => "quantum omega (GHz)",
    }
}

/// A number in four digits.
pub fn short(value: f64) -> String {
    let digits: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    if value == 0.0 || (1e-3..1e6).contains(&value.abs()) { number(digits) } else { format!("{digits:e}") }
}

/// Text in lines that a terminal holds, but for words that are longer; what goes on is set in by two.
pub fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            lines.push_str("\n ");
            width = 1;
        }
        if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines.push('\n');
    lines
}
