//! Numbers of trajectories that go together, in groups: what is computed from their means and covariances has an error then.

use serde::{Deserialize, Serialize};

use super::jackknife::{Merge, jackknife};
use super::{Comoments, Estimate};

/// Trajectories go to so many groups by their numbers, one of which is left out after the other.
const GROUPS: u64 = 64;

/// Running means and covariances, group by group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grouped {
    groups: Vec<Comoments>,
}

impl Grouped {
    /// Of `len` quantities, empty.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Grouped { groups: vec![Comoments::new(len); GROUPS as usize] }
    }

    /// Adds what the trajectory of this number has.
    ///
    /// # Panics
    /// If that is not as many quantities as there are.
    pub fn push(&mut self, number: u64, values: &[f64]) {
        self.groups[(number % GROUPS) as usize].push(values);
    }

    /// Adds later trajectories.
    pub fn merge(&mut self, later: &Grouped) {
        self.groups.iter_mut().zip(&later.groups).for_each(|(mine, theirs)| mine.merge(theirs));
    }

    /// How many trajectories there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.groups.iter().map(Comoments::count).sum()
    }

    /// Whether another, that was read, has the shape of this.
    #[must_use]
    pub fn is_alike(&self, other: &Grouped) -> bool {
        let lengths = |grouped: &Grouped| grouped.groups.iter().map(Comoments::lengths).collect::<Vec<_>>();
        lengths(self) == lengths(other)
    }

    /// Means and covariances over all trajectories.
    #[must_use]
    pub fn whole(&self) -> Comoments {
        let (first, others) = self.groups.split_first().expect("there are groups");
        let mut whole = first.clone();
        others.iter().for_each(|group| whole.merge(group));
        whole
    }

    /// What is computed from means and covariances over all trajectories, with errors by leaving out one group after the
    /// other.
    pub fn derived(&self, statistics: impl Fn(&Comoments) -> Vec<f64>) -> Vec<Option<Estimate>> {
        let groups: Vec<Comoments> = self.groups.iter().filter(|group| group.count() > 0).cloned().collect();
        jackknife(&groups, statistics)
    }
}
