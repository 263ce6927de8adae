//! The curves of a table, put together from its rows within bounds.

use std::collections::{HashMap, HashSet};

use super::data::{Curve, Word};
use crate::table::Extent;

/// Curves, and the rows that are kept of one and of all of them.
const MOST_CURVES: usize = 200_000;
const MOST_OF_CURVE: usize = 1 << 17;
const MOST_OF_ALL: usize = 1 << 23;
/// Names, and letters of a name.
const MOST_WORDS: usize = 1 << 16;
const LONGEST_WORD: usize = 200;

/// Names that were met, each kept once.
#[derive(Default)]
pub struct Words(HashSet<Word>);

impl Words {
    /// The name, cut where it is longer than any; `None` where there are too many.
    pub fn keep(&mut self, text: &str) -> Option<Word> {
        let text = text.char_indices().nth(LONGEST_WORD).map_or(text, |(end, _)| &text[..end]);
        if let Some(word) = self.0.get(text) {
            return Some(word.clone());
        }
        let word = Word::from(text);
        (self.0.len() < MOST_WORDS && self.0.insert(word.clone())).then_some(word)
    }
}

/// Curves as their rows come, in whatever order.
pub struct Curves<'a> {
    kept: Option<&'a HashSet<usize>>,
    words: Words,
    places: HashMap<(usize, Word, Word, Word), usize>,
    curves: Vec<Curve>,
    /// Of each curve one row in so many is kept, and how many have come since.
    strides: Vec<(u32, u32)>,
    /// Rows that are kept of all.
    held: usize,
    /// Rows of a curve come at a regular distance: the place after the last one found is looked at first.
    guess: usize,
    left_out: u64,
}

impl<'a> Curves<'a> {
    /// None yet.
    pub fn new(kept: Option<&'a HashSet<usize>>) -> Self {
        let (words, places, curves) = (Words::default(), HashMap::new(), Vec::new());
        Curves { kept, words, places, curves, strides: Vec::new(), held: 0, guess: 0, left_out: 0 }
    }

    /// The curve of a point by its name, its bath and what tells it apart from others of that bath.
    pub fn add(&mut self, point: usize, [name, bath, other]: [&str; 3], unit: &str, row: [f64; 4]) {
        if self.kept.is_some_and(|kept| !kept.contains(&point)) || !row[0].is_finite() {
            return;
        }
        let Some(index) = self.place(point, [name, bath, other], unit) else {
            self.left_out += 1;
            return;
        };
        self.guess = (index + 1) % self.curves.len();
        let (curve, (stride, since)) = (&mut self.curves[index], &mut self.strides[index]);
        *since += 1;
        if *since < *stride {
            return;
        }
        *since = 0;
        // Of a long curve, which is drawn over some hundred pixels, every second row makes room for others.
        if curve.rows.len() == MOST_OF_CURVE {
            let mut kept = false;
            curve.rows.retain(|_| {
                kept = !kept;
                !kept
            });
            self.held -= MOST_OF_CURVE / 2;
            *stride *= 2;
        }
        if self.held < MOST_OF_ALL {
            self.held += 1;
            curve.rows.push(row);
        } else {
            self.left_out += 1;
        }
    }

    fn place(&mut self, point: usize, [name, bath, other]: [&str; 3], unit: &str) -> Option<usize> {
        let joined =
            |bath: &str, other: &str| if other.is_empty() { bath.to_owned() } else { format!("{bath}{other}") };
        let guessed = |curve: &&Curve| {
            let of_bath = curve.bath.strip_prefix(bath).is_some_and(|rest| rest == other);
            curve.point == point && curve.quantity == name && of_bath
        };
        if self.curves.get(self.guess).filter(guessed).is_some() {
            return Some(self.guess);
        }
        let [name, bath, other, unit] = [name, bath, other, unit].map(|text| self.words.keep(text));
        let (name, bath, other, unit) = (name?, bath?, other?, unit?);
        let key = (point, name.clone(), bath.clone(), other.clone());
        if let Some(place) = self.places.get(&key) {
            return Some(*place);
        }
        if self.curves.len() >= MOST_CURVES {
            return None;
        }
        let (quantity, bath, unit) = (name.to_string(), joined(&bath, &other), unit.to_string());
        self.curves.push(Curve { point, quantity, bath, unit, rows: Vec::new() });
        self.strides.push((1, 0));
        self.places.insert(key, self.curves.len() - 1);
        Some(self.curves.len() - 1)
    }

    /// All of them; what was left out is a note.
    pub fn finish(self, file: &str, read: Result<Option<Extent>, String>, notes: &mut Vec<String>) -> Vec<Curve> {
        match read {
            Ok(extent) => notes.extend(extent.and_then(|extent| extent.left_out(file))),
            Err(why) => notes.push(why),
        }
        if self.left_out > 0 {
            notes.push(format!(
                "{file} has more or longer curves than are drawn: {} of its rows are left out",
                self.left_out
            ));
        }
        let thinned = self.strides.iter().filter(|(stride, _)| *stride > 1).count();
        if thinned > 0 {
            notes.push(format!("{file}: curves of more than {MOST_OF_CURVE} rows are thinned ({thinned} of them)"));
        }
        self.curves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_found_in_any_order_and_long_ones_are_thinned() {
        let mut curves = Curves::new(None);
        let rows = 3 * MOST_OF_CURVE;
        for row in 0..rows {
            let x = row as f64;
            for (point, name, other) in [(0, "long", ""), (usize::from(row % 2 == 0), "jz", " and b")] {
                if name == "long" || row < 10 {
                    curves.add(point, [name, "a", other], "1", [x, x, f64::NAN, 0.0]);
                }
            }
        }
        curves.add(0, ["long", "a", ""], "1", [f64::INFINITY, 0.0, 0.0, 0.0]);
        let mut notes = Vec::new();
        let curves = curves.finish("t", Ok(None), &mut notes);
        let of: Vec<_> = curves.iter().map(|c| (c.point, c.quantity.as_str(), c.bath.as_str(), c.rows.len())).collect();
        assert_eq!(of[1..], [(1, "jz", "a and b", 5), (0, "jz", "a and b", 5)]);
        let long = &curves[0].rows;
        assert!(long.len() > MOST_OF_CURVE / 2 && long.len() <= MOST_OF_CURVE);
        assert!(long.windows(2).all(|pair| pair[1][0] > pair[0][0]) && long[long.len() - 1][0] > (rows - 8) as f64);
        assert_eq!(notes, [format!("t: curves of more than {MOST_OF_CURVE} rows are thinned (1 of them)")]);
    }

    #[test]
    fn names_are_kept_once_and_cut() {
        let mut words = Words::default();
        let (one, other) = (words.keep("jz").unwrap(), words.keep("jz").unwrap());
        assert!(std::sync::Arc::ptr_eq(&one, &other));
        assert_eq!(words.keep(&"ω".repeat(1000)).unwrap().chars().count(), LONGEST_WORD);
    }
}
