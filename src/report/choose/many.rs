//! What keeps figures within bounds: some of the points of a large sweep, and names that files may have.

use std::collections::HashSet;

use super::asked::{Asked, Key};
use super::sweep::{MOST_CURVES, spread};
use crate::report::data::{Point, ReadSummary};
use crate::results::MANY_POINTS;

/// Points of a large sweep whose curves are read.
const MOST_READ: usize = 64;
/// Figures of a large sweep that are drawn without being asked for.
pub const FEW: usize = 4;
/// Letters of the name of a file.
const LONGEST_NAME: usize = 80;

/// The points whose curves are drawn, where a sweep has too many to read all of them: some, spread evenly, and those
/// that a figure asks for by value.
pub fn kept(summary: &ReadSummary, asked: &[(String, Asked)]) -> Option<HashSet<usize>> {
    let points = &summary.points;
    if points.len() <= MANY_POINTS {
        return None;
    }
    let of_all = spread(points.iter().map(|point| point.index).collect(), MOST_READ);
    let by_value = asked.iter().filter(|(_, wanted)| !wanted.values.is_empty()).flat_map(|(_, wanted)| {
        let by = wanted.curves.as_deref().map(Key::parse);
        let wants = |point: &&Point| by.as_ref().is_some_and(|by| wanted.wants(by, point));
        spread(points.iter().filter(wants).map(|point| point.index).collect(), MOST_CURVES)
    });
    Some(of_all.into_iter().chain(by_value).collect())
}

/// A name that a file may have, whatever the quantity is called: of letters, digits, `_` and `-`, and no other's.
pub fn file_name(name: &str, taken: &mut HashSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = name.chars().take(LONGEST_NAME).map(plain).collect();
    let name = if name.is_empty() { "figure".to_owned() } else { name };
    let others = (2_u64..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.clone()).chain(others).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_each_its_own() {
        let mut taken = HashSet::new();
        let mut name = |name: &str| file_name(name, &mut taken);
        assert_eq!(name("heat_current_time"), "heat_current_time");
        assert_eq!((name("../../evil"), name("/../../evil")), ("______evil".to_owned(), "_______evil".to_owned()));
        assert_eq!(
            (name("a b"), name("a/b"), name("a\0b")),
            ("a_b".to_owned(), "a_b_2".to_owned(), "a_b_3".to_owned())
        );
        assert_eq!((name(""), name("x".repeat(4000).as_str()).len()), ("figure".to_owned(), LONGEST_NAME));
    }
}
