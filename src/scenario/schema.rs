//! The keys of a scenario, from the types that read it, so that what is documented is what is read.

use serde_json::{Map, Value, json};

use super::described::{Described, Kind};
use super::keys::{allowed, generic};
use super::raw::RawScenario;
use super::sweep::BY_NAME;

/// A key of a scenario: its path (a bath's stand under `bath.*`), its type, and what it allows in words.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioKey {
    /// For example `bath.*.rate`.
    pub path: String,
    /// "number", "whole number", "string", "true or false", "table", "table of ...", "tables of numbers", "number or
    /// table", "list of ..." or
    /// "value".
    pub kind: String,
    /// What it allows.
    pub allowed: &'static str,
}

/// What a kind is called.
fn word(kind: &Kind) -> String {
    match kind {
        Kind::Number => "number".to_owned(),
        Kind::Whole => "whole number".to_owned(),
        Kind::Word => "string".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::Any => "value".to_owned(),
        Kind::Table(_) => "table".to_owned(),
        Kind::Named(of) if matches!(**of, Kind::Named(_)) => "tables of numbers".to_owned(),
        Kind::Named(of) if matches!(**of, Kind::Number | Kind::Whole | Kind::Word) => format!("table of {}s", word(of)),
        Kind::Named(_) => "tables".to_owned(),
        Kind::NumberOr(_) => "number or table".to_owned(),
        Kind::WordOr(_) => "string or table".to_owned(),
        Kind::List(of) if matches!(**of, Kind::List(_)) => "list of lists".to_owned(),
        Kind::List(of) if **of == Kind::Any => "list of numbers or pairs".to_owned(),
        Kind::List(of) => format!("list of {}s", word(of)),
    }
}

/// The keys of a table, in its order, each before those that stand in it.
fn collect(table: &Kind, prefix: &str, keys: &mut Vec<ScenarioKey>) {
    let Kind::Table(fields) = table else { return };
    for (name, kind) in fields {
        let path = if prefix.is_empty() { (*name).to_owned() } else { format!("{prefix}.{name}") };
        keys.push(ScenarioKey { allowed: allowed(&path), path: path.clone(), kind: word(kind) });
        match kind {
            // Any name, and then a table; a bath goes by its name.
            Kind::Named(of) => collect(of, &format!("{path}.*"), keys),
            Kind::List(of) if BY_NAME.contains(&path.as_str()) => collect(of, &format!("{path}.*"), keys),
            Kind::List(of) | Kind::NumberOr(of) | Kind::WordOr(of) => collect(of, &path, keys),
            table => collect(table, &path, keys),
        }
    }
}

/// Every key of a scenario, in the order of its tables; those of `sweep` are the last. What stands in a value that
/// changes is the same for all such values, and listed at the first.
#[must_use]
pub fn scenario_keys() -> Vec<ScenarioKey> {
    let mut keys = all_keys();
    keys.retain(|key| !is_repeated(&key.path));
    keys
}

/// Whether the words of a key are those of another, which stands in the first value that changes.
fn is_repeated(path: &str) -> bool {
    ["protocol.", "ensemble."].iter().any(|table| path.starts_with(table)) && generic(path) != path
}

fn all_keys() -> Vec<ScenarioKey> {
    let mut keys = Vec::new();
    collect(&RawScenario::kind(), "", &mut keys);
    // The sweep is taken out before the rest is read.
    for (path, kind) in [("sweep", "table"), ("sweep.zip", "value")] {
        keys.push(ScenarioKey { path: path.to_owned(), kind: kind.to_owned(), allowed: allowed(path) });
    }
    keys
}

/// The words of a closed list, where a key takes one of a few.
fn choices(words: &str) -> Option<Vec<&str>> {
    words.starts_with('"').then(|| words.split('"').skip(1).step_by(2).collect())
}

fn type_of(key: &ScenarioKey) -> Value {
    let one = |kind: &str| match kind {
        "whole number" => json!({ "type": "integer" }),
        "number" => json!({ "type": "number" }),
        "true or false" => json!({ "type": "boolean" }),
        "string" => json!({ "type": "string" }),
        "table" => json!({ "type": "object" }),
        "string or table" => json!({ "type": ["string", "object"], "additionalProperties": false }),
        "number or table" => json!({ "type": ["number", "object"], "additionalProperties": false }),
        _ => json!({}),
    };
    if let Some(inner) = key.kind.strip_prefix("table of ") {
        return json!({ "type": "object", "additionalProperties": one(inner.trim_end_matches('s')) });
    }
    match key.kind.strip_prefix("list of ") {
        Some("tables") => json!({ "type": "array", "items": { "type": "object", "additionalProperties": false } }),
        Some(inner) => json!({ "type": "array", "items": one(inner.trim_end_matches('s')) }),
        None => one(&key.kind),
    }
}

/// The schema of a scenario file, for editors: JSON Schema, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of superjump",
        "type": "object",
        "additionalProperties": false,
    });
    for key in all_keys() {
        let mut value = type_of(&key);
        value["description"] = key.allowed.into();
        if let Some(choices) = choices(key.allowed).filter(|_| key.kind == "string") {
            value["enum"] = choices.into();
        }
        let swept = key.path == "sweep";
        if swept {
            value["additionalProperties"] = json!({ "type": ["array", "object"] });
        }
        // Down to the table that holds the key, through arrays and tables of any name.
        let mut place = &mut root;
        let steps: Vec<&str> = key.path.split('.').collect();
        for step in &steps[..steps.len() - 1] {
            place = if *step == "*" && place["type"] != "array" {
                &mut place["additionalProperties"]
            } else if *step == "*" {
                &mut place["items"]
            } else {
                &mut place["properties"][*step]
            };
            if place["type"] == "array" && !key.path.contains(&format!("{step}.*")) {
                place = &mut place["items"];
            }
        }
        if key.kind == "table" && !swept {
            value["additionalProperties"] = false.into();
        }
        if key.kind == "tables" {
            value = json!({ "type": "object", "description": key.allowed });
            value["additionalProperties"] = json!({ "type": "object", "additionalProperties": false });
        }
        if key.kind == "tables of numbers" {
            let numbers = json!({ "type": "object", "additionalProperties": { "type": "number" } });
            value = json!({ "type": "object", "description": key.allowed, "additionalProperties": numbers });
        }
        if place["properties"].is_null() {
            place["properties"] = Value::Object(Map::new());
        }
        place["properties"][steps[steps.len() - 1]] = value;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_with_its_type_and_its_words() {
        let keys = scenario_keys();
        let of = |path: &str| keys.iter().find(|k| k.path == path).map(|k| k.kind.as_str());
        for (path, kind) in [
            ("title", "string"),
            ("qubits.number", "whole number"),
            ("qubits.group.transmon.josephson", "number"),
            ("bath", "list of tables"),
            ("bath.*.filter.quality", "number"),
            ("initial.amplitudes", "list of numbers or pairs"),
            ("evolution.times", "list of numbers"),
            ("record.jumps", "true or false"),
            ("noise.baths", "list of strings"),
            ("figure.*.log", "list of strings"),
        ] {
            assert_eq!(of(path), Some(kind), "{path}");
        }
        // The words are of the key itself, not of the table it stands in.
        let borrowed = |k: &&ScenarioKey| {
            keys.iter()
                .any(|other| other.path != k.path && k.path.starts_with(&other.path) && other.allowed == k.allowed)
        };
        assert_eq!(keys.iter().filter(borrowed).map(|k| k.path.as_str()).collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn the_schema_has_every_key_where_it_stands() {
        let schema = schema();
        let bath = &schema["properties"]["bath"]["items"];
        assert_eq!(bath["properties"]["coupling"]["enum"], json!(["collective", "local", "positions"]));
        assert_eq!(bath["properties"]["filter"]["properties"]["quality"]["type"], "number");
        assert_eq!(
            schema["properties"]["qubits"]["properties"]["group"]["items"]["properties"]["number"]["type"],
            "integer"
        );
        assert_eq!(schema["properties"]["figure"]["additionalProperties"]["properties"]["over"]["type"], "string");
        let counts = &schema["properties"]["noise"]["properties"]["counts"]["additionalProperties"];
        assert_eq!(counts["additionalProperties"]["type"], "number");
        let passage = &schema["properties"]["noise"]["properties"]["passage"];
        assert_eq!(passage["additionalProperties"]["type"], "integer");
        assert_eq!(schema["additionalProperties"], false);
    }
}
