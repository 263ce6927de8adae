//! What a standard error rests on. From a handful of quanta, coincidences or photons it is luck; from none at all there
//! is not even a spread that would tell. So they are counted, for every bath, and estimates of too few are refused.

use std::fmt;

use super::Estimate;
use super::entropy::Sampling;
use super::protocol::Protocol;
use super::statistic::{Statistic, Subject};
use super::sums::Sums;

/// Independent events that a standard error is inferred from, at least: of a Poisson number of as many the interval of
/// two standard errors holds the mean 94.7 % of the time, beside the 95.0 % of Student's t; of seven, 92 %.
pub const LEAST_EVENTS: f64 = 50.0;
/// The most that events of a kind of which there are fewer may contribute to a variance.
const LUCK: f64 = 0.25;
/// Standard errors that a current has to be from zero for a ratio to it.
pub const LEAST_CURRENT: f64 = 10.0;
/// The most, in standard errors, that windows of which not one is to be expected may carry of an exponential average.
const UNSEEN: f64 = 0.25;

/// What there is too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scarce {
    /// Quanta exchanged with the bath.
    Quanta,
    /// So many quanta in one window, or in two that touch.
    Coincidences(u32),
    /// Quanta exchanged with the other bath.
    OtherQuanta,
    /// What a Fano factor rests on: but for coincidences, and quanta against the current, noise and current are one number
    /// of quanta, and differ by none of its errors.
    Deviations,
    /// Quanta of two baths at once.
    Joint,
    /// The current in standard errors.
    Current,
    /// Photons whose future was read, and had any of what is read.
    Readings,
    /// Times at which the quanta that were waited for had come, or had not, whichever were fewer.
    Passages,
    /// Times at which one quantum was missing, by how fast it came.
    Missing,
    /// Quanta of a bath that produces a good part of the entropy.
    Producers,
    /// Windows that ran backwards.
    Backward,
    /// The share of an exponential average that is of windows too rare to be seen.
    Unseen,
    /// Windows that the rest of it effectively rests on.
    Reversed,
}

/// An estimate that was refused: there is too little that it would rest on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thin {
    /// What was to be estimated.
    pub subject: Subject,
    /// What is missing.
    pub of: Scarce,
    /// How much of it there is.
    pub seen: f64,
}

impl fmt::Display for Thin {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Thin { of, seen, .. } = *self;
        let what = match of {
            Scarce::Quanta => "quanta exchanged with the bath",
            Scarce::Coincidences(order) => {
                return write!(
                    f,
                    "windows with {order} quanta carry much of the error, and {seen:.1} of them are to be expected \
                     ({LEAST_EVENTS} are needed)"
                );
            }
            Scarce::OtherQuanta => "quanta exchanged with the other bath",
            Scarce::Deviations => "coincidences and quanta against the current to be expected, which alone change it",
            Scarce::Joint => "coincidences of quanta of the two baths to be expected",
            Scarce::Current => {
                return write!(f, "the current is {seen:.1} standard errors from zero ({LEAST_CURRENT} are needed)");
            }
            Scarce::Readings => "photons with anything to be read after them",
            Scarce::Passages => "times at which the quanta that are waited for had come, or at which they had not",
            Scarce::Missing => "times at which one of the quanta that are waited for was missing",
            Scarce::Producers => "quanta of a bath that produces a good part of the entropy",
            Scarce::Backward => "windows to be expected that produce a negative entropy",
            Scarce::Unseen => {
                return write!(
                    f,
                    "{:.2} % of the average of exp(-sigma) is of windows that run backwards so seldom that not one of them \
                     is to be expected",
                    100.0 * seen
                );
            }
            Scarce::Reversed => "windows that the average of exp(-sigma) effectively rests on",
        };
        // Some are counted, others expected.
        let digits = usize::from(seen.fract() != 0.0);
        write!(f, "{seen:.digits$} {what} ({LEAST_EVENTS} are needed)")
    }
}

/// How much there is of what an estimate rests on, and whether that is enough.
struct Finding {
    of: Scarce,
    seen: f64,
    enough: bool,
}

impl Finding {
    fn events(of: Scarce, seen: f64) -> Self {
        Finding { of, seen, enough: seen >= LEAST_EVENTS }
    }
}

/// What the whole sample has to say for one estimate after the other.
pub struct Sample<'a> {
    pub sums: &'a Sums,
    pub protocol: &'a Protocol,
    /// N.
    pub number: i64,
    /// The particle currents of the counted baths.
    pub currents: &'a [Option<Estimate>],
}

impl Sample<'_> {
    /// Why an estimate is refused, if it is.
    pub fn refuses(&self, subject: &Subject, estimate: Option<&Estimate>) -> Option<Thin> {
        let missing = self.rests_on(subject, estimate).into_iter().find(|finding| !finding.enough)?;
        Some(Thin { subject: *subject, of: missing.of, seen: missing.seen })
    }

    /// All that an estimate rests on.
    fn rests_on(&self, subject: &Subject, estimate: Option<&Estimate>) -> Vec<Finding> {
        let Subject { statistic, bath, other_bath, argument } = *subject;
        let place = |bath: usize| self.protocol.counted.baths.iter().position(|b| *b == bath).unwrap_or(0);
        let of_bath = &self.sums.baths[place(bath)];
        let quanta = |bath| Finding::events(Scarce::Quanta, self.quanta(bath));
        let current = || {
            let known = self.currents[place(bath)].and_then(|current| Some(current.mean.abs() / current.std_error?));
            let seen = known.unwrap_or(0.0);
            Finding { of: Scarce::Current, seen, enough: seen >= LEAST_CURRENT }
        };
        // Both lists ascend.
        let at = |list: &[f64]| argument.and_then(|a| list.binary_search_by(|one| one.total_cmp(&a)).ok()).unwrap_or(0);
        let window = at(&self.protocol.counted.windows);
        let error = estimate.and_then(|estimate| estimate.std_error).unwrap_or(0.0);
        match statistic {
            Statistic::WindowedNoise => {
                let mean = self.quanta(bath) / self.sums.time * self.protocol.counted.windows[window];
                vec![quanta(bath), coincidences(2, of_bath.windows[window].count, mean)]
            }
            Statistic::Noise | Statistic::Spectrum => vec![quanta(bath), self.coincidences(2, bath)],
            Statistic::ThirdCumulant => vec![quanta(bath), self.coincidences(3, bath)],
            Statistic::FourthCumulant => vec![quanta(bath), self.coincidences(4, bath)],
            Statistic::Fano => {
                let [emitted, absorbed] = self.sums.quanta[bath];
                let apart = self.pairs(bath, bath) / 2.0 + emitted.min(absorbed);
                vec![quanta(bath), Finding::events(Scarce::Deviations, apart), current()]
            }
            Statistic::CrossNoise => {
                let other = other_bath.unwrap_or(bath);
                let joint = Finding::events(Scarce::Joint, self.pairs(bath, other));
                vec![quanta(bath), Finding { of: Scarce::OtherQuanta, ..quanta(other) }, joint]
            }
            Statistic::G2 | Statistic::WaitingTime => {
                let (sums, squares) = match statistic {
                    Statistic::G2 => (&of_bath.rate, &of_bath.rate_square),
                    _ => (&of_bath.waiting, &of_bath.waiting_square),
                };
                let delay = at(&self.protocol.counted.delays);
                let (sum, square) = (sums[delay], squares[delay]);
                // One qubit that has just emitted has nothing left to emit.
                let empty = self.number == 1 && argument == Some(0.0);
                let readings = if square > 0.0 { sum * sum / square } else { 0.0 };
                vec![Finding::events(Scarce::Readings, if empty { of_bath.anchors } else { readings })]
            }
            Statistic::FirstPassage => {
                let time = at(&self.protocol.counted.passage_times);
                let passages = &of_bath.passages;
                let fewer = passages.passed[time].min(passages.begun - passages.passed[time]);
                vec![Finding::events(Scarce::Passages, fewer)]
            }
            Statistic::FirstPassageDensity => {
                let time = at(&self.protocol.counted.passage_times);
                let (sum, square) = (of_bath.passages.rate[time], of_bath.passages.rate_square[time]);
                let readings = if square > 0.0 { sum * sum / square } else { 0.0 };
                vec![Finding::events(Scarce::Missing, readings)]
            }
            Statistic::UncertaintyRatio => {
                vec![quanta(bath), self.coincidences(2, bath), current(), self.producers(estimate)]
            }
            Statistic::EntropyProduction => vec![self.producers(estimate)],
            Statistic::FluctuationTheorem => {
                let Sampling { unseen, effective } = self.sums.entropy[window].sampling();
                let reversed = Finding { of: Scarce::Unseen, seen: unseen, enough: unseen <= UNSEEN * error };
                vec![reversed, Finding::events(Scarce::Reversed, effective)]
            }
            Statistic::FluctuationSymmetry => {
                vec![Finding::events(Scarce::Backward, self.sums.entropy[window].reversed)]
            }
            Statistic::SectorProbability
            | Statistic::SectorCurrent
            | Statistic::SectorNoise
            | Statistic::BrightDwell
            | Statistic::DarkDwell
            | Statistic::BrightCurrent
            | Statistic::DarkCurrent => Vec::new(),
            // Solved for, and not estimated.
            Statistic::KineticRatio
            | Statistic::Cumulant
            | Statistic::CumulantDigits
            | Statistic::ActivityCumulant
            | Statistic::FirstPassageCumulant
            | Statistic::GeneratingFunction
            | Statistic::ConditionedCurrent
            | Statistic::ConditionedNoise
            | Statistic::ConditionedBright
            | Statistic::RateFunction
            | Statistic::GaussianRate
            | Statistic::RelaxationRate
            | Statistic::RelaxationFrequency
            | Statistic::RelaxationBetween => Vec::new(),
        }
    }

    /// Whether a lack of coincidences in basic windows that do not touch says anything: from none there is no error.
    pub fn sees_apart(&self, bath: usize) -> bool {
        self.pairs(bath, bath) / 3.0 >= LEAST_EVENTS
    }

    /// Quanta exchanged with a bath.
    fn quanta(&self, bath: usize) -> f64 {
        self.sums.quanta[bath].iter().sum()
    }

    fn basic_windows(&self) -> f64 {
        self.sums.time / self.protocol.window
    }

    /// Pairs of a quantum of one bath and one of another in the same basic window or in two that touch, if they were
    /// independent: what long-time covariances are read from.
    fn pairs(&self, bath: usize, other: usize) -> f64 {
        3.0 * self.quanta(bath) * self.quanta(other) / self.basic_windows()
    }

    /// Of the quanta of a bath in two basic windows that touch.
    fn coincidences(&self, order: usize, bath: usize) -> Finding {
        let windows = self.basic_windows();
        coincidences(order, windows / 2.0, 2.0 * self.quanta(bath) / windows)
    }

    /// Quanta of the bath of fewest, where such baths have a good part in the error of the entropy that is produced.
    fn producers(&self, estimate: Option<&Estimate>) -> Finding {
        let rare = |quanta: &f64| *quanta < LEAST_EVENTS;
        let totals: Vec<f64> = (0..self.sums.quanta.len()).map(|bath| self.quanta(bath)).collect();
        let fewest = totals.iter().copied().filter(rare).fold(f64::INFINITY, f64::min);
        let (Some(entropy), Some(sigma)) = (&self.protocol.entropy, self.sums.entropy.last().map(|sums| sums.sigma))
        else {
            return Finding::events(Scarce::Producers, f64::INFINITY);
        };
        let per_quantum = entropy.per_quantum();
        // As if one more quantum had been seen: none at all is no certainty.
        let of_bath = |(each, quanta): (&f64, &f64)| if rare(quanta) { each * each * (quanta + 1.0) } else { 0.0 };
        let luck: f64 = per_quantum.iter().zip(&totals).map(of_bath).sum();
        let whole = sigma.count * sigma.cumulants()[0];
        let relative = estimate.and_then(|e| Some(e.std_error? / e.mean)).unwrap_or(0.0);
        let enough = luck == 0.0 || luck <= LUCK * (relative * whole).powi(2);
        Finding { of: Scarce::Producers, seen: fewest, enough }
    }
}

/// What a cumulant of a Poisson number of quanta in windows rests on. One of order q is the sum of the factorial ones up to
/// q, each with its Stirling number; the r-th is r! times the number of r quanta in one window, whose variance is itself.
/// Where kinds that are to be expected less than [`LEAST_EVENTS`] times have a good part in the variance of them all, the
/// first of them is what is missing.
fn coincidences(order: usize, windows: f64, mean: f64) -> Finding {
    const WEIGHTS: [&[f64]; 3] = [&[1.0, 2.0], &[1.0, 6.0, 6.0], &[1.0, 14.0, 36.0, 24.0]];
    let (mut expected, mut variance, mut luck, mut first) = (windows, 0.0, 0.0, None);
    for (quanta, weight) in (1..).zip(WEIGHTS[order - 2]) {
        expected *= mean / f64::from(quanta);
        let contributed = weight * weight * expected;
        variance += contributed;
        if expected < LEAST_EVENTS {
            luck += contributed;
            first = first.or(Some((quanta, expected)));
        }
    }
    let (quanta, seen) = first.unwrap_or((1, f64::INFINITY));
    Finding { of: Scarce::Coincidences(quanta), seen, enough: luck <= LUCK * variance }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Poisson numbers by hand: in 10,000 windows of 0.01 quanta on average there are 0.5 pairs, and of 0.102
    /// there are 52. A variance of pairs weighs 4, 36, 196 of that of single quanta, by the order of the cumulant.
    #[test]
    fn coincidences_that_carry_the_error_have_to_be_expected() {
        for (order, windows, mean, missing) in [
            // Pairs are 2 % of the variance of a variance, 15 % of that of a third cumulant, half of that of a fourth.
            (2, 1e4, 0.01, None),
            (3, 1e4, 0.01, None),
            (4, 1e4, 0.01, Some((2, 0.5))),
            // Enough pairs, and too few of three.
            (3, 1e4, 0.102, None),
            (4, 1e4, 0.102, None),
            (4, 1e4, 0.2, Some((3, 40.0 / 3.0))),
            (4, 1e4, 1.0, None),
        ] {
            let Finding { of, seen, enough } = coincidences(order, windows, mean);
            assert_eq!(enough, missing.is_none(), "{order}, {mean}: {of:?} {seen}");
            if let Some((quanta, expected)) = missing {
                assert!(of == Scarce::Coincidences(quanta) && (seen / expected - 1.0).abs() < 1e-12, "{of:?} {seen}");
            }
        }
    }
}
