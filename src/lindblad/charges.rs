//! What jumps count: so much for each quantum that is absorbed from a bath, and for each that is emitted into it.

use crate::bath::Process;

/// A bath so many times as lively as all others together is counted by them.
const LIVELY: f64 = 1e3;

/// The charge of each jump, bath by bath. A field couples to it: a jump of charge q then counts e^{s q} times.
#[derive(Clone, Debug, PartialEq)]
pub struct Charges {
    /// Of a quantum absorbed from each bath.
    pub absorbed: Vec<f64>,
    /// Of a quantum emitted into it.
    pub emitted: Vec<f64>,
}

impl Charges {
    /// Net quanta absorbed, those of each bath times its weight: all of one bath; heat, by the energies of its quanta;
    /// hot minus cold.
    #[must_use]
    pub fn net(weights: &[f64]) -> Self {
        Charges { absorbed: weights.to_vec(), emitted: weights.iter().map(|weight| -weight).collect() }
    }

    /// The net quanta absorbed from one of so many baths.
    #[must_use]
    pub fn of_bath(baths: usize, bath: usize) -> Self {
        Charges::net(&(0..baths).map(|other| f64::from(u8::from(other == bath))).collect::<Vec<_>>())
    }

    /// The activity: every quantum that any of so many baths exchanges, in either direction.
    #[must_use]
    pub fn activity(baths: usize) -> Self {
        Charges { absorbed: vec![1.0; baths], emitted: vec![1.0; baths] }
    }

    /// The charge of a jump.
    #[must_use]
    pub fn of(&self, bath: usize, process: Process) -> f64 {
        match process {
            Process::Absorption => self.absorbed[bath],
            Process::Emission => self.emitted[bath],
            Process::Dephasing => 0.0,
        }
    }

    /// All of them times a factor.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        let times = |charges: &[f64]| charges.iter().map(|charge| charge * factor).collect();
        Charges { absorbed: times(&self.absorbed), emitted: times(&self.emitted) }
    }

    /// Whether no jump counts.
    #[must_use]
    pub fn count_nothing(&self) -> bool {
        self.absorbed.iter().chain(&self.emitted).all(|charge| *charge == 0.0)
    }

    /// What has the same long-run statistics of net quanta, counted where fewer jumps go to and fro, given how lively each
    /// bath is: all baths together give what M changes by, which is bounded, so that a weight that is added to all of them
    /// changes nothing.
    ///
    /// Of a sum over baths the weight that is taken from all is the one that leaves the least to count: a weight that most
    /// jumps share cancels before anything is rounded.
    pub(super) fn least_lively(self, activities: &[f64]) -> Self {
        let is_net = self.absorbed.iter().zip(&self.emitted).all(|(absorbed, emitted)| *absorbed == -emitted);
        if is_net && self.absorbed.iter().filter(|weight| **weight != 0.0).count() > 1 {
            return self.without_the_common(activities);
        }
        let all: f64 = activities.iter().sum();
        let lively = activities.iter().position(|activity| *activity > LIVELY * (all - activity));
        match lively {
            Some(bath) if is_net && self.absorbed[bath] != 0.0 => {
                let own = self.absorbed[bath];
                Charges::net(&self.absorbed.iter().map(|weight| weight - own).collect::<Vec<_>>())
            }
            _ => self,
        }
    }

    /// Net quanta without a weight that baths have in common.
    fn without_the_common(&self, activities: &[f64]) -> Self {
        let counted = |common: f64| -> f64 {
            let of = |(weight, activity): (&f64, &f64)| (weight - common).abs() * activity;
            self.absorbed.iter().zip(activities).map(of).sum()
        };
        let best = self.absorbed.iter().copied().chain([0.0]).min_by(|a, b| counted(*a).total_cmp(&counted(*b)));
        let common = best.filter(|common| counted(*common) < 0.5 * counted(0.0)).unwrap_or(0.0);
        let left = |(weight, activity): (&f64, &f64)| if *activity == 0.0 { 0.0 } else { weight - common };
        Charges::net(&self.absorbed.iter().zip(activities).map(left).collect::<Vec<_>>())
    }
}
