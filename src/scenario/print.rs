//! How large a figure is in print, and where its legend stands: of `[figure]` tables, and of the verb `report`.

/// Inches of a column of a journal, and of its page.
const COLUMN: f64 = 3.37;
const PAGE: f64 = 7.0;
/// Points of letters, where nothing is said.
const FONT: f64 = 8.0;
/// Letters that a width has to hold, so that axes have room beside their labels.
const LETTERS: f64 = 15.0;

/// Where the legend of a figure stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Legend {
    /// Beside the axes, or below them where they would become too narrow.
    #[default]
    Outside,
    /// Between the axes, in the corner with the fewest points.
    Inside,
}

/// What is asked of a figure in print; whatever is left open has a value for a column of a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Print {
    /// Its width in inches.
    pub width: Option<f64>,
    /// The size of its letters in points.
    pub font: Option<f64>,
    /// Where its legend stands.
    pub legend: Option<Legend>,
}

impl Legend {
    /// "outside" or "inside".
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "outside" => Some(Legend::Outside),
            "inside" => Some(Legend::Inside),
            _ => None,
        }
    }
}

impl Print {
    /// A width as a word: "column", "page" or "double".
    #[must_use]
    pub fn width_from_word(word: &str) -> Option<f64> {
        match word {
            "column" => Some(COLUMN),
            "page" | "double" => Some(PAGE),
            _ => None,
        }
    }

    /// Whether a width in inches is one that can be drawn.
    #[must_use]
    pub fn is_width(inches: f64) -> bool {
        (1.0..=20.0).contains(&inches)
    }

    /// Whether a size of letters in points is one that can be drawn.
    #[must_use]
    pub fn is_font(points: f64) -> bool {
        (4.0..=24.0).contains(&points)
    }

    /// What is asked here, and elsewhere where nothing is asked here.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Print {
            width: self.width.or(other.width),
            font: self.font.or(other.font),
            legend: self.legend.or(other.legend),
        }
    }

    fn inches(&self) -> f64 {
        self.width.unwrap_or(COLUMN)
    }

    /// The width in points.
    #[must_use]
    pub fn width(&self) -> f64 {
        72.0 * self.inches()
    }

    /// The size of letters in points: smaller where a narrow figure would not hold letters of the usual size.
    #[must_use]
    pub fn font(&self) -> f64 {
        self.font.unwrap_or_else(|| FONT.min(self.largest_font()))
    }

    /// The largest letters that the width holds, in points.
    #[must_use]
    pub fn largest_font(&self) -> f64 {
        self.width() / LETTERS
    }

    /// What is wrong with the letters that are asked for, if anything.
    #[must_use]
    pub fn too_large(&self) -> Option<String> {
        let (font, largest) = (self.font(), self.largest_font());
        let inches = self.inches();
        (font > largest).then(|| format!("is {font}: too large for a width of {inches} in, which takes {largest:.1}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fit_the_width() {
        let of = |width, font| Print { width, font, legend: None };
        assert!((of(None, None).width() - 242.64).abs() < 1e-9 && of(None, None).font() == 8.0);
        assert_eq!(of(Some(1.0), None).font(), 4.8);
        assert_eq!(of(Some(1.0), None).too_large(), None);
        assert!(of(Some(1.0), Some(8.0)).too_large().unwrap().contains("which takes 4.8"));
        assert_eq!(of(None, Some(9.0)).or(of(Some(7.0), Some(6.0))), of(Some(7.0), Some(9.0)));
    }
}
