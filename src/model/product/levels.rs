//! Which numbers of quanta of a mode are kept: its cut.

use serde::Serialize;

use super::ProductError;

/// Which numbers of quanta of a mode are kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Levels {
    /// All that its start can lead to, where excitations only leave.
    All,
    /// So many, from 0 on.
    First(i64),
    /// As many as it takes: a cut that is too low, as the highest number weighs more than `weight`, is grown by half.
    Grown {
        /// The most that are kept.
        most: i64,
        /// The most that the highest may weigh.
        weight: f64,
    },
}

impl From<i64> for Levels {
    fn from(levels: i64) -> Self {
        Levels::First(levels)
    }
}

impl From<Option<i64>> for Levels {
    fn from(levels: Option<i64>) -> Self {
        levels.map_or(Levels::All, Levels::First)
    }
}

impl Levels {
    /// What is grown until it is enough, where nothing else is said.
    pub const GROWN: Levels = Levels::Grown { most: 4096, weight: 1e-8 };

    /// The least that a cut which grows begins with.
    const LEAST: i64 = 8;

    /// The numbers of levels that a cut grows through, none of them below `least`; the one there is of a cut that stays.
    /// Empty where there is no such cut.
    #[must_use]
    pub fn cuts(self, least: i64) -> Vec<i64> {
        match self {
            Levels::All => vec![least],
            Levels::First(levels) => [levels].into_iter().filter(|levels| *levels >= least).collect(),
            Levels::Grown { most, .. } => {
                let longer = |levels: &i64| (*levels < most).then(|| (levels + levels / 2).min(most));
                let all = std::iter::successors(Some(Self::LEAST.min(most)), longer);
                all.filter(|levels| *levels >= least).collect()
            }
        }
    }

    /// The most that are kept, where that is said.
    #[must_use]
    pub fn most(self) -> Option<i64> {
        match self {
            Levels::All => None,
            Levels::First(levels) => Some(levels),
            Levels::Grown { most, .. } => Some(most),
        }
    }

    pub(super) fn check(self, name: String) -> Result<(), ProductError> {
        match self {
            Levels::First(levels) | Levels::Grown { most: levels, .. } if levels < 1 => {
                Err(ProductError::Levels { name, levels })
            }
            Levels::Grown { weight, .. } if !(weight > 0.0 && weight < 1.0) => {
                Err(ProductError::Weight { name, weight })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_grows_by_half_up_to_its_most() {
        let grown = Levels::Grown { most: 30, weight: 1e-8 };
        assert_eq!(grown.cuts(1), [8, 12, 18, 27, 30]);
        assert_eq!((grown.cuts(19), grown.cuts(31)), (vec![27, 30], vec![]));
        assert_eq!(Levels::Grown { most: 5, weight: 0.1 }.cuts(0), [5]);
        assert_eq!((Levels::First(6).cuts(6), Levels::First(6).cuts(7)), (vec![6], vec![]));
        // As ids have it.
        let json = [Levels::All, Levels::First(6), grown].map(|levels| serde_json::to_string(&levels).unwrap());
        assert_eq!(json, ["null", "6", "{\"most\":30,\"weight\":1e-8}"]);
    }
}
