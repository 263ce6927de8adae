//! What each key of a scenario allows, in words: one table for every message.

mod asked;
mod system;

/// All keys, each with what it allows.
pub fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    system::KEYS.iter().chain(asked::KEYS).copied()
}

/// What stands in a value of a segment that changes.
const OF_A_WAY: [&str; 4] = ["to", "from", "shape", "table"];
/// What stands in a pulse.
const OF_A_PULSE: [&str; 4] = ["pulse", "amplitude", "centre", "width"];

/// A key of a segment, behind the name of which it stands.
fn of_segment(key: &str) -> String {
    let (parts, first) = (key.split('.').collect::<Vec<_>>(), "protocol.segment.*");
    match parts.as_slice() {
        // What stands in a value that changes is the same for all of them.
        ["frequency", way] | ["bath" | "jump" | "ensemble" | "mode", _, _, way] | ["drive" | "parameters", _, way]
            if OF_A_WAY.contains(way) =>
        {
            format!("{first}.frequency.{way}")
        }
        ["drive" | "parameters", _, key] if OF_A_PULSE.contains(key) => format!("{first}.drive.amplitude.{key}"),
        ["parameters", ..] => format!("{first}.parameters"),
        [list @ ("bath" | "jump" | "ensemble" | "mode"), _] => format!("{first}.{list}"),
        [list @ ("bath" | "jump" | "ensemble" | "mode"), _, rest @ ..] if !rest.is_empty() => {
            format!("{first}.{list}.*.{}", rest.join("."))
        }
        _ => format!("{first}.{key}"),
    }
}

/// A key by the name under which it stands in the table: `bath.*.rate` for that of every bath.
pub fn generic(key: &str) -> String {
    if let Some((_, start)) = key.strip_prefix("ensemble.").and_then(|key| key.split_once(".initial.")) {
        return format!("initial.{start}");
    }
    if let Some(rest) = key.strip_prefix("protocol.segment.") {
        return rest.split_once('.').map_or("protocol.segment".to_owned(), |(_, key)| of_segment(key));
    }
    let any = |table: &str, rest: &str| {
        rest.split_once('.').map_or(table.to_owned(), |(_, field)| format!("{table}.*.{field}"))
    };
    match key.split_once('.') {
        // bath.hot.rate, or bath.0.rate where the bath has no name.
        Some((table @ ("bath" | "ensemble" | "mode" | "jump" | "correlate" | "decay" | "figure"), rest)) => {
            any(table, rest)
        }
        Some(("qubits", rest)) => format!("qubits.{}", rest.replace("group.transmon.", "transmon.")),
        _ => key.to_owned(),
    }
}

/// What a key allows; for keys that have no entry of their own, what the innermost table does in which they stand.
pub fn allowed(key: &str) -> &'static str {
    let generic = generic(key);
    let find = |name: &str| keys().find(|(known, _)| *known == name).map(|(_, words)| words);
    let outwards = std::iter::successors(Some(generic.as_str()), |key| key.rsplit_once('.').map(|(table, _)| table));
    outwards.filter_map(find).next().unwrap_or(
        "one of the tables qubits, positions, ensemble, mode, bath, decay, jump, parameters, hamiltonian, observe, \
         correlate, drive, protocol, initial, evolution, record, steady, noise, condition, figure, sweep, or title, units",
    )
}
