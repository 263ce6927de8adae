//! The text of drawings and of the page: `_{subscript}`, `^{superscript}`, and what XML asks for.

use std::fmt::Write;

/// The size of letters, in pixels of the drawing.
pub const LETTER: f64 = 14.0;
/// Letters of a line of the legend, beyond which it is cut.
const LONGEST: usize = 44;

/// Text as XML, which has no way to write most control characters.
pub fn escape(text: &str) -> String {
    let foreign = |c: char| (c.is_control() && !"\t\n\r".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let text = text.replace(foreign, "\u{fffd}");
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with `_{subscript}` and `^{superscript}` as a sequence of (text, shift).
pub fn spans(text: &str) -> Vec<(&str, i8)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("_{").into_iter().chain(rest.find("^{")).min() {
        let Some(end) = rest[at..].find('}') else { break };
        found.push((&rest[..at], 0));
        found.push((&rest[at + 2..at + end], if rest[at..].starts_with('_') { -1 } else { 1 }));
        rest = &rest[at + end + 1..];
    }
    found.push((rest, 0));
    found.retain(|(text, _)| !text.is_empty());
    found
}

/// The same as one plain string.
pub fn plain(text: &str) -> String {
    spans(text).iter().map(|(text, shift)| if *shift < 0 { format!("_{text}") } else { (*text).to_owned() }).collect()
}

/// An estimate of the width of a text, in pixels.
pub fn width(text: &str) -> f64 {
    spans(text).iter().map(|(t, shift)| t.chars().count() as f64 * if *shift == 0 { 0.61 } else { 0.46 }).sum::<f64>()
        * LETTER
}

/// A label short enough for the legend.
pub fn cut(label: &str) -> String {
    if label.chars().count() <= LONGEST {
        return label.to_owned();
    }
    label.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// Text as the spans of an SVG `text` element.
pub fn svg(text: &str) -> String {
    let mut xml = String::new();
    let mut shifted = 0.0;
    for (text, shift) in spans(text) {
        let wanted = -4.0 * f64::from(shift);
        let size = if shift == 0 { "" } else { " font-size=\"75%\"" };
        let _ = write!(xml, "<tspan dy=\"{}\"{size}>{}</tspan>", wanted - shifted, escape(text));
        shifted = wanted;
    }
    xml
}
