//! The keys of a scenario, found by asking the deserializer of `raw` itself, so that what is documented is what is read.

use serde_json::{Map, Value, json};

use super::keys::allowed;
use super::raw::RawScenario;

/// A key of a scenario: its path (a bath's stand under `bath.*`), its type, and what it allows in words.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioKey {
    /// For example `bath.*.rate`.
    pub path: String,
    /// "number", "whole number", "string", "true or false", "table", "list of ..." or "value".
    pub kind: String,
    /// What it allows.
    pub allowed: &'static str,
}

/// A value that only `true or false` and values of any type accept.
const PROBE: &str = "true";
/// A value that only values of any type accept.
const RARE: &str = "1979-05-27";

/// What the deserializer says of a scenario text.
fn complaint(text: &str) -> String {
    toml::from_str::<RawScenario>(text).err().map_or_else(String::new, |error| error.message().to_owned())
}

/// The text of a table around one line: `bath.*` is an array of tables, as are `qubits.group` and `figure.*` its like.
fn within(path: &[String], line: &str) -> String {
    let mut header = String::new();
    let mut name = String::new();
    for step in path {
        let table = step.trim_end_matches("[]").trim_end_matches("{}");
        name = if name.is_empty() { table.to_owned() } else { format!("{name}.{table}") };
        let (open, close) = if step.ends_with("[]") { ("[[", "]]") } else { ("[", "]") };
        if step.ends_with("{}") {
            name.push_str(".name");
        }
        header.push_str(&format!("{open}{name}{close}\n"));
    }
    format!("{header}{line}\n")
}

/// The names in backticks after "expected".
fn names(complaint: &str) -> Vec<String> {
    let expected = complaint.split_once("expected").map_or("", |(_, rest)| rest);
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What is expected of a value.
fn expected(path: &[String], key: &str, value: &str) -> String {
    let said = complaint(&within(path, &format!("{key} = {value}")));
    match said.rsplit_once("expected ") {
        Some((_, rest)) => rest.to_owned(),
        // Accepted. What accepts a date as well accepts anything.
        None if value == PROBE && !complaint(&within(path, &format!("{key} = {RARE}"))).is_empty() => {
            "a boolean".to_owned()
        }
        None => String::new(),
    }
}

/// The kind of a value whose expectation reads like this.
fn kind(expected: &str) -> &'static str {
    match expected {
        "i64" => "whole number",
        "f64" => "number",
        "a boolean" => "true or false",
        e if e.contains("string") => "string",
        e if e.contains("struct") || e.contains("map") => "table",
        e if e.contains("sequence") => "list",
        _ => "value",
    }
}

fn collect(path: &[String], prefix: &str, keys: &mut Vec<ScenarioKey>) {
    for name in names(&complaint(&within(path, "\"?\" = 0"))) {
        let full = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let mut push = |kind: String| keys.push(ScenarioKey { allowed: allowed(&full), path: full.clone(), kind });
        let outer = expected(path, &name, PROBE);
        let step = |mark: &str| [path, &[format!("{name}{mark}")]].concat();
        match kind(&outer) {
            // A table of tables: any name, and then a struct.
            "table" if outer.contains("map") => {
                push("tables".to_owned());
                collect(&step("{}"), &format!("{full}.*"), keys);
            }
            "table" => {
                push("table".to_owned());
                collect(&step(""), &full, keys);
            }
            "list" => match kind(&expected(path, &name, &format!("[{PROBE}]"))) {
                "table" => {
                    push("list of tables".to_owned());
                    let inner = if full == "bath" { "bath.*".to_owned() } else { full.clone() };
                    collect(&step("[]"), &inner, keys);
                }
                inner => push(format!("list of {inner}s").replace("values", "numbers or pairs")),
            },
            simple => push(simple.to_owned()),
        }
    }
}

/// Every key of a scenario, in the order of its tables; those of `sweep` are the last.
#[must_use]
pub fn scenario_keys() -> Vec<ScenarioKey> {
    let mut keys = Vec::new();
    collect(&[], "", &mut keys);
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
        _ => json!({}),
    };
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
    for key in scenario_keys() {
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
        assert_eq!(bath["properties"]["coupling"]["enum"], json!(["collective", "local"]));
        assert_eq!(bath["properties"]["filter"]["properties"]["quality"]["type"], "number");
        assert_eq!(
            schema["properties"]["qubits"]["properties"]["group"]["items"]["properties"]["number"]["type"],
            "integer"
        );
        assert_eq!(schema["properties"]["figure"]["additionalProperties"]["properties"]["over"]["type"], "string");
        assert_eq!(schema["additionalProperties"], false);
    }
}
