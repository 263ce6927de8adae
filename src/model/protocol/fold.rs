//! A grid of times, folded on the phase of the cycle.

use super::Protocol;

/// Times that are at the same phases of every cycle, from the first on.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    /// The times since the start of a cycle, up to its end, which is not the start of the next one.
    pub phases: Vec<f64>,
    /// How many cycles there are.
    pub cycles: usize,
    /// Before the first of them.
    skipped: usize,
}

impl Fold {
    /// The fold of ascending times under a protocol; `None` where they are not at the same phases of each of several
    /// whole cycles.
    #[must_use]
    pub fn of(protocol: &Protocol, times: &[f64]) -> Option<Fold> {
        let period = protocol.period();
        // Where a cycle begins, the one before ends, and the first has none before.
        let skipped = usize::from(times.first() == Some(&0.0));
        let times = &times[skipped..];
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * period;
        let of_one = times.partition_point(|time| *time < period || near(*time, period));
        if of_one == 0 || times.len() < 2 * of_one || !times.len().is_multiple_of(of_one) {
            return None;
        }
        let phases = times[..of_one].to_vec();
        let mut placed = times.iter().enumerate();
        let alike = placed.all(|(k, time)| near(*time - (k / of_one) as f64 * period, phases[k % of_one]));
        alike.then(|| Fold { cycles: times.len() / of_one, phases, skipped })
    }

    /// Whether the last phase is the end of a cycle of this period.
    #[must_use]
    pub fn closes(&self, period: f64) -> bool {
        self.phases.last().is_some_and(|last| (last - period).abs() <= 1e-9 * period)
    }

    /// Which of the times is at a phase of a cycle.
    #[must_use]
    pub fn sample(&self, cycle: usize, phase: usize) -> usize {
        self.skipped + cycle * self.phases.len() + phase
    }
}
