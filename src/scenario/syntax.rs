//! What the TOML parser does not read, in words for who wrote it.

use std::ops::Range;

use super::shape::number_help;
use super::source::{Problem, Source};

/// What is wrong with the syntax.
pub struct Syntax {
    /// Each fault, the first of a line.
    pub problems: Vec<Problem>,
    /// Whether they are of values alone: what stands around them is then read as it is meant.
    pub of_values: bool,
}

impl Syntax {
    /// The faults of a text that were found by the parser.
    pub fn of(source: &Source, errors: &[toml::de::Error]) -> Self {
        let mut syntax = Syntax { problems: Vec::new(), of_values: true };
        let mut last_line = None;
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let line = source.text()[..span.start.min(source.text().len())].matches('\n').count();
            // A parser that goes on stumbles over the rest of the line.
            if last_line.replace(line) == Some(line) {
                continue;
            }
            let fault = fault(source.text(), &span, error.message());
            syntax.of_values &= fault.of_value;
            syntax.problems.extend(source.error(fault.span, fault.title, fault.help).into_problems());
        }
        syntax
    }
}

/// One fault.
struct Fault {
    span: Range<usize>,
    title: String,
    help: &'static str,
    of_value: bool,
}

/// The value around a place: from behind the `=`, `[` or `,` before it to the end of the line, the list or the table.
fn value_at<'t>(text: &'t str, span: &Range<usize>) -> (Range<usize>, &'t str) {
    let start = text[..span.start].rfind(['=', '[', ',', '\n', '{']).map_or(0, |at| at + 1);
    let line = text[span.start..].find(['\n', '#']).map_or(text.len(), |at| span.start + at);
    // Commas and brackets within parentheses belong to it.
    let mut depth = 0;
    let end = text[start..line].char_indices().find(|(_, c)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth <= 0 && matches!(c, ',' | ']' | '}')
    });
    let end = end.map_or(line, |(at, _)| start + at);
    let shown = text[start..end].trim();
    let start = start + text[start..end].find(shown).unwrap_or(0);
    (start..start + shown.len(), shown)
}

fn fault(text: &str, span: &Range<usize>, message: &str) -> Fault {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let (value_span, value) = value_at(text, span);
    let of_value = |help: &'static str| Fault {
        span: value_span.clone(),
        title: format!("`{value}` is no value"),
        help,
        of_value: true,
    };
    let of_structure =
        |title: &str, help: &'static str| Fault { span: span.clone(), title: title.to_owned(), help, of_value: false };
    if says(&["duplicate key"]) {
        let key = text[span.clone()].trim();
        let title = format!("`{key}` stands twice");
        return of_structure(&title, "each key and each table once; several baths are several tables [[bath]]");
    }
    if says(&["invalid basic string", "invalid literal string", "invalid multi-line", "missing opening quote"]) {
        return of_structure("a string is not closed", "quotes at both ends of a string, in one line");
    }
    if says(&["escape", "unicode"]) {
        return of_structure("a backslash that means nothing", "single quotes around a string with backslashes: '...'");
    }
    if says(&["unclosed table", "unclosed array table", "missing table open"]) {
        return of_structure("the name of a table is not closed", "[name], and [[bath]] for each of the baths");
    }
    if says(&["unclosed array", "missing array opening", "extra comma in array", "missing comma between array"]) {
        return of_structure("a list is not closed, or has no comma between its values", "[1, 2, 3]");
    }
    if says(&["inline table", "between key-value pairs"]) {
        return of_structure("an inline table that cannot be read", "{ key = value, key = value }");
    }
    if says(&["unexpected key or value"]) {
        let decimal = text[span.start..].starts_with(',');
        let help = if decimal {
            "a point in a decimal number, as in 0.5; a list stands in brackets, [1, 2]"
        } else {
            "one `key = value` a line, and no unit behind a number"
        };
        return of_structure("something stands behind the value", help);
    }
    if says(&["key with no value", "missing value", "missing assignment", "extra `=`"]) || value.is_empty() {
        return of_structure("a key without a value", "`key = value`, with an equals sign");
    }
    if says(&["recurs"]) {
        return of_structure("tables or lists in too many others", "a scenario as those of `superjump scenarios`");
    }
    if says(&["comment", "newline", "carriage return"]) {
        return of_structure("a character that no text has", "text in UTF-8, without control characters");
    }
    if says(&["key", "unexpected content"]) {
        return of_structure("not a key", "`key = value`, [table], or a comment behind #");
    }
    let word = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    of_value(match value {
        "True" => "`true`, in small letters",
        "False" => "`false`, in small letters",
        "None" | "null" | "nil" | "nothing" => "leave the key out, where there is nothing to say",
        _ if number_help(value).is_some() => number_help(value).unwrap_or_default(),
        _ if value.starts_with('.') || value.ends_with('.') || value.contains(".e") => {
            "digits on both sides of the point, as in 0.5"
        }
        _ if value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+')) => {
            "a number as 8, 0.5 or 1e3, without leading zeros and without a unit"
        }
        _ if word => "quotes around a word, as in \"ground\"",
        _ => "a number, a word in quotes, true or false, or a list in brackets",
    })
}
