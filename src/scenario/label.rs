//! Values of a scenario, as results show them.

use toml::de::DeValue;

/// A short name for a swept value, as results show it: `0.5`, `ground`, `state=dicke j=2 m=0`.
pub fn label(value: &DeValue) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(number.as_str().into(), Into::into)
        }
        DeValue::Float(number) => {
            number.as_str().parse::<f64>().map_or_else(|_| number.as_str().into(), serde_json::Value::from)
        }
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| label(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let word = |value: &DeValue| match label(value) {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            let words: Vec<String> =
                table.iter().map(|(key, value)| format!("{}={}", key.get_ref(), word(value.get_ref()))).collect();
            words.join(" ").into()
        }
    }
}
