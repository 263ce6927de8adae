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

/// A label short enough for a legend that has room for so many letters. What is no letter to be seen (`_{`, `}`) costs
/// no room, and is not cut through.
pub fn cut(label: &str, letters: usize) -> String {
    let most = letters.min(LONGEST) as f64 * 0.61 * LETTER;
    if width(label) <= most {
        return label.to_owned();
    }
    let mut kept = String::new();
    for (text, shift) in spans(label) {
        for letter in text.chars() {
            let longer = match shift {
                0 => format!("{kept}{letter}"),
                // A span of its own for each letter looks the same.
                -1 => format!("{kept}_{{{letter}}}"),
                _ => format!("{kept}^{{{letter}}}"),
            };
            if width(&longer) + 0.61 * LETTER > most {
                return kept + "…";
            }
            kept = longer;
        }
    }
    kept
}

/// A long label in two lines, parted at a space near its middle that is not inside brackets: rather behind a comma, or
/// before a stroke or a bracket.
pub fn fold(label: &str) -> Vec<String> {
    let mut depth = 0;
    let mut spaces = Vec::new();
    for (at, letter) in label.char_indices() {
        match letter {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            ' ' if depth == 0 => {
                let parts = label[..at].ends_with(',') || label[at + 1..].starts_with(['/', '(']);
                let far = at.abs_diff(label.len() / 2);
                spaces.push((far + if parts { 0 } else { 8 }, at));
            }
            _ => {}
        }
    }
    let best = spaces.into_iter().min();
    best.map_or_else(|| vec![label.to_owned()], |(_, at)| vec![label[..at].to_owned(), label[at + 1..].to_owned()])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_labels_are_folded_and_cut_between_their_formulas() {
        assert_eq!(fold("heat current, hot bath (10⁹ x)"), ["heat current,", "hot bath (10⁹ x)"]);
        assert_eq!(fold("heat current, hot bath / J (x)"), ["heat current,", "hot bath / J (x)"]);
        assert_eq!(fold("T_{a b}"), ["T_{a b}"]);
        assert_eq!(cut("T_{hot} = 1", 20), "T_{hot} = 1");
        assert_eq!(plain(&cut("independent qubits", 12)), "independent…");
        assert!(cut("T_{parasitic bath} = 1", 8).ends_with("…"));
        assert!(cut(&"x".repeat(60), 100).chars().count() <= LONGEST);
    }
}
