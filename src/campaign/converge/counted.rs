//! What `[noise]` asks of a limit cycle: quanta in windows of whole cycles, and in the limit of long ones.

use crate::model::protocol::Entry;
use crate::scenario::Point;
use crate::statistics::{
    CycleSums, Estimate, LEAST_CURRENT, LEAST_EVENTS, NoiseEstimate, Replicas, Statistic, Subject, jackknife,
};

/// Windows in cycles of this period.
pub fn cycles_of(windows: &[f64], period: f64) -> Vec<u64> {
    windows.iter().map(|window| (window / period).round() as u64).collect()
}

/// How quanta were counted.
pub struct Counts<'a> {
    pub point: &'a Point,
    pub period: f64,
    /// Cycles within which their memory ends.
    pub window: u64,
    /// The windows that there was time for, in cycles.
    pub windows: &'a [u64],
    /// Whether trajectories keep their J, and drift apart.
    pub conserved: bool,
}

impl Counts<'_> {
    /// The rows that are asked for, and why what is missing of them is.
    pub fn noise(&self, groups: &[CycleSums], replicas: &Replicas) -> (Vec<NoiseEstimate>, Vec<String>) {
        let (point, asked) = (self.point, self.point.noise());
        let subjects = self.subjects();
        let found = jackknife(groups, |sums| subjects.iter().map(|subject| self.value(sums, subject)).collect());
        let current = |bath: usize| {
            let of = |sums: &CycleSums| vec![sums.mean(Entry::Quanta(bath), self.window)];
            jackknife(groups, of).first().copied().flatten()
        };
        let mut refused = Vec::new();
        let quanta = |bath: usize| (replicas.exchanged.emitted(bath) + replicas.exchanged.absorbed(bath)) as f64;
        for &bath in asked.baths.iter().filter(|bath| quanta(**bath) < LEAST_EVENTS) {
            let name = &point.baths()[bath].name;
            let seen = quanta(bath);
            refused.push(format!("noise ({name}): {seen} quanta exchanged with the bath ({LEAST_EVENTS} are needed)"));
        }
        let lost: Vec<f64> = asked.windows.iter().copied().filter(|window| !self.has(*window)).collect();
        refused.extend(lost.iter().map(|window| {
            format!("windows of {window}: longer than what `evolution.until` leaves of a trajectory after its warm-up")
        }));
        let mut row = |(subject, estimate): (&Subject, Option<Estimate>)| {
            let seen = [Some(subject.bath), subject.other_bath].into_iter().flatten();
            let enough = seen.map(quanta).fold(f64::INFINITY, f64::min) >= LEAST_EVENTS;
            let known = subject.statistic != Statistic::Fano || {
                let current = current(subject.bath);
                let far = current.and_then(|current| Some(current.mean.abs() / current.std_error?)).unwrap_or(0.0);
                if enough && far < LEAST_CURRENT {
                    let name = &point.baths()[subject.bath].name;
                    let why = format!(
                        "fano ({name}): the current is {far:.1} standard errors from zero ({LEAST_CURRENT} are needed)"
                    );
                    refused.push(why);
                }
                far >= LEAST_CURRENT
            };
            NoiseEstimate { subject: *subject, estimate: estimate.filter(|_| enough && known) }
        };
        let rows = subjects.iter().zip(found).map(&mut row).collect();
        (rows, refused)
    }

    fn has(&self, window: f64) -> bool {
        self.place(window).is_some()
    }

    fn place(&self, window: f64) -> Option<usize> {
        let cycles = cycles_of(&[window], self.period)[0];
        self.windows.iter().position(|other| *other == cycles)
    }

    fn subjects(&self) -> Vec<Subject> {
        let asked = self.point.noise();
        let mut subjects = Vec::new();
        for (place, &bath) in asked.baths.iter().enumerate() {
            let windows = asked.windows.iter().filter(|window| self.has(**window));
            subjects.extend(windows.map(|window| Subject::new(Statistic::WindowedNoise, bath, Some(*window))));
            if !self.conserved {
                subjects.extend([Statistic::Noise, Statistic::Fano].map(|of| Subject::new(of, bath, None)));
                let pair = |other: &usize| {
                    let subject = Subject::new(Statistic::CrossNoise, bath, None);
                    Subject { other_bath: Some(*other), ..subject }
                };
                subjects.extend(asked.baths[place + 1..].iter().map(pair));
            }
        }
        subjects
    }

    /// Per unit time.
    fn value(&self, sums: &CycleSums, subject: &Subject) -> f64 {
        let Subject { statistic, bath, other_bath, argument } = *subject;
        let entry = Entry::Quanta(bath);
        match (statistic, argument.and_then(|window| self.place(window))) {
            (Statistic::WindowedNoise, Some(place)) => {
                sums.within(place, entry, entry) / (self.windows[place] as f64 * self.period)
            }
            (Statistic::Noise, _) => sums.growth(entry, entry, self.window) / self.period,
            (Statistic::Fano, _) => sums.growth(entry, entry, self.window) / sums.mean(entry, self.window).abs(),
            (Statistic::CrossNoise, _) => {
                sums.growth(entry, Entry::Quanta(other_bath.unwrap_or(bath)), self.window) / self.period
            }
            _ => f64::NAN,
        }
    }
}
