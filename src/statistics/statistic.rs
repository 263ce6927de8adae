//! The rows of `noise.parquet`: what is said about the statistics of the currents, of which bath, and where.

use crate::units::Units;

/// A statistic of the counted quanta, or of the sectors. The names are part of the result format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Statistic {
    /// `Var C(t)/t` of the net quanta absorbed in a window t.
    WindowedNoise,
    /// Its limit for long windows, the zero-frequency noise S.
    Noise,
    /// The third cumulant per unit time, in the same limit.
    ThirdCumulant,
    /// The fourth.
    FourthCumulant,
    /// The noise over the size of the particle current.
    Fano,
    /// The covariance of the quanta of two baths per unit time, in the same limit.
    CrossNoise,
    /// The spectrum of the current at an angular frequency.
    Spectrum,
    /// The correlation g2 of the emissions at a delay.
    G2,
    /// The density of the time between successive emissions.
    WaitingTime,
    /// The probability that so many net quanta, `noise.passage`, have come by a time, counted from any.
    FirstPassage,
    /// The density of the time until they have.
    FirstPassageDensity,
    /// The probability of a sector J.
    SectorProbability,
    /// The heat current while in a sector J.
    SectorCurrent,
    /// The noise of the trajectories that stay in a sector J, where J is conserved.
    SectorNoise,
    /// The mean time between a rise to the bright sectors, of J at least the argument, and the fall from them.
    BrightDwell,
    /// The same of the dark ones, of smaller J.
    DarkDwell,
    /// The heat current while in a bright sector.
    BrightCurrent,
    /// The heat current while in a dark one.
    DarkCurrent,
    /// The entropy produced per unit time, from windows, in units of k_B.
    EntropyProduction,
    /// `<exp(-sigma)>` over the entropy sigma that is produced in a window: 1.
    FluctuationTheorem,
    /// `P(sigma < 0) / <exp(-sigma); sigma > 0>`, from the symmetry `P(-sigma) = exp(-sigma) P(sigma)`: 1.
    FluctuationSymmetry,
    /// Noise times entropy production over twice the square of the particle current: 1 or more.
    UncertaintyRatio,
    /// Noise times jumps per unit time over the square of the particle current: 1 or more.
    KineticRatio,
    /// The cumulant of an order per unit time, in the same limit.
    Cumulant,
    /// How many of its decimal digits rounding leaves.
    CumulantDigits,
    /// The cumulant of an order of the quanta that all baths exchange in either direction.
    ActivityCumulant,
    /// The cumulant of an order of the time to the n-th net quantum, for each quantum, times that power of the current.
    FirstPassageCumulant,
    /// theta(s), by which the mean of `e^{s C}` grows: `ln <e^{s C(t)}>/t`.
    GeneratingFunction,
    /// theta'(s): the net quanta per unit time on trajectories that are weighed by `e^{s C}`.
    ConditionedCurrent,
    /// theta''(s): their noise.
    ConditionedNoise,
    /// The probability of the bright sectors on them.
    ConditionedBright,
    /// The rate I(c) at which it becomes unlikely that c net quanta per unit time are absorbed, `-ln P(C = c t)/t`.
    RateFunction,
    /// The same of a Gaussian of the same mean and noise.
    GaussianRate,
    /// The rate at which the k-th slowest mode decays.
    RelaxationRate,
    /// The angular frequency at which it turns.
    RelaxationFrequency,
    /// What it moves between sectors, as a part of all that it moves.
    RelaxationBetween,
}

impl Statistic {
    /// Every one, in their order.
    pub const ALL: [Statistic; 36] = [
        Statistic::WindowedNoise,
        Statistic::Noise,
        Statistic::ThirdCumulant,
        Statistic::FourthCumulant,
        Statistic::Fano,
        Statistic::CrossNoise,
        Statistic::Spectrum,
        Statistic::G2,
        Statistic::WaitingTime,
        Statistic::FirstPassage,
        Statistic::FirstPassageDensity,
        Statistic::SectorProbability,
        Statistic::SectorCurrent,
        Statistic::SectorNoise,
        Statistic::BrightDwell,
        Statistic::DarkDwell,
        Statistic::BrightCurrent,
        Statistic::DarkCurrent,
        Statistic::EntropyProduction,
        Statistic::FluctuationTheorem,
        Statistic::FluctuationSymmetry,
        Statistic::UncertaintyRatio,
        Statistic::KineticRatio,
        Statistic::Cumulant,
        Statistic::CumulantDigits,
        Statistic::ActivityCumulant,
        Statistic::FirstPassageCumulant,
        Statistic::GeneratingFunction,
        Statistic::ConditionedCurrent,
        Statistic::ConditionedNoise,
        Statistic::ConditionedBright,
        Statistic::RateFunction,
        Statistic::GaussianRate,
        Statistic::RelaxationRate,
        Statistic::RelaxationFrequency,
        Statistic::RelaxationBetween,
    ];

    /// Whether there is one of a sum over baths, too.
    #[must_use]
    pub fn is_of_sums(self) -> bool {
        matches!(
            self,
            Statistic::Cumulant
                | Statistic::CumulantDigits
                | Statistic::GeneratingFunction
                | Statistic::ConditionedCurrent
                | Statistic::ConditionedNoise
                | Statistic::ConditionedBright
                | Statistic::RateFunction
        )
    }

    /// The name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Statistic::WindowedNoise => "windowed_noise",
            Statistic::Noise => "noise",
            Statistic::ThirdCumulant => "third_cumulant",
            Statistic::FourthCumulant => "fourth_cumulant",
            Statistic::Fano => "fano",
            Statistic::CrossNoise => "cross_noise",
            Statistic::Spectrum => "spectrum",
            Statistic::G2 => "g2",
            Statistic::WaitingTime => "waiting_time",
            Statistic::FirstPassage => "first_passage",
            Statistic::FirstPassageDensity => "first_passage_density",
            Statistic::SectorProbability => "sector_probability",
            Statistic::SectorCurrent => "sector_current",
            Statistic::SectorNoise => "sector_noise",
            Statistic::BrightDwell => "bright_dwell",
            Statistic::DarkDwell => "dark_dwell",
            Statistic::BrightCurrent => "bright_current",
            Statistic::DarkCurrent => "dark_current",
            Statistic::EntropyProduction => "entropy_production",
            Statistic::FluctuationTheorem => "fluctuation_theorem",
            Statistic::FluctuationSymmetry => "fluctuation_symmetry",
            Statistic::UncertaintyRatio => "uncertainty_ratio",
            Statistic::KineticRatio => "kinetic_ratio",
            Statistic::Cumulant => "cumulant",
            Statistic::CumulantDigits => "cumulant_digits",
            Statistic::ActivityCumulant => "activity_cumulant",
            Statistic::FirstPassageCumulant => "first_passage_cumulant",
            Statistic::GeneratingFunction => "generating_function",
            Statistic::ConditionedCurrent => "conditioned_current",
            Statistic::ConditionedNoise => "conditioned_noise",
            Statistic::ConditionedBright => "conditioned_bright",
            Statistic::RateFunction => "rate_function",
            Statistic::GaussianRate => "gaussian_rate",
            Statistic::RelaxationRate => "relaxation_rate",
            Statistic::RelaxationFrequency => "relaxation_frequency",
            Statistic::RelaxationBetween => "relaxation_between_sectors",
        }
    }

    /// Whether it is of counts in the limit of long windows.
    #[must_use]
    pub fn is_of_long_times(self) -> bool {
        matches!(
            self,
            Statistic::Noise
                | Statistic::ThirdCumulant
                | Statistic::FourthCumulant
                | Statistic::Fano
                | Statistic::CrossNoise
                | Statistic::Spectrum
                | Statistic::UncertaintyRatio
        )
    }

    /// Whether it is of the qubits as a whole, and not of one bath.
    #[must_use]
    pub fn is_of_all_baths(self) -> bool {
        matches!(
            self,
            Statistic::EntropyProduction
                | Statistic::FluctuationTheorem
                | Statistic::FluctuationSymmetry
                | Statistic::SectorProbability
                | Statistic::BrightDwell
                | Statistic::DarkDwell
                | Statistic::ActivityCumulant
                | Statistic::RelaxationRate
                | Statistic::RelaxationFrequency
                | Statistic::RelaxationBetween
        )
    }

    /// The unit in a unit system; "1" for a pure number.
    #[must_use]
    pub fn unit(self, units: Units) -> &'static str {
        match self {
            Statistic::Fano
            | Statistic::G2
            | Statistic::SectorProbability
            | Statistic::FluctuationTheorem
            | Statistic::FluctuationSymmetry
            | Statistic::UncertaintyRatio
            | Statistic::KineticRatio
            | Statistic::CumulantDigits
            | Statistic::FirstPassage
            | Statistic::FirstPassageCumulant
            | Statistic::ConditionedBright
            | Statistic::RelaxationBetween => "1",
            Statistic::SectorCurrent | Statistic::BrightCurrent | Statistic::DarkCurrent => units.heat_current(),
            Statistic::BrightDwell | Statistic::DarkDwell => units.time(),
            _ => units.rate(),
        }
    }
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subject {
    /// The statistic.
    pub statistic: Statistic,
    /// Index of the bath, or behind all baths of a sum over them; of no meaning for what is of all of them.
    pub bath: usize,
    /// Index of the other bath of a covariance.
    pub other_bath: Option<usize>,
    /// The window, the angular frequency, the delay, the time, J, the order of a cumulant, the counting field, net quanta per unit
    /// time, or the number of a mode.
    pub argument: Option<f64>,
}

impl Subject {
    /// A statistic of one bath.
    #[must_use]
    pub fn new(statistic: Statistic, bath: usize, argument: Option<f64>) -> Self {
        Subject { statistic, bath, other_bath: None, argument }
    }

    /// Whether two rows are about the same.
    #[must_use]
    pub fn same(&self, other: &Subject) -> bool {
        self.key() == other.key()
    }

    /// What is the same of two rows that are about the same, with arguments that agree to the last bit.
    #[must_use]
    pub fn key(&self) -> (Statistic, usize, Option<usize>, Option<u64>) {
        let Subject { statistic, bath, other_bath, argument } = *self;
        (statistic, bath, other_bath, argument.map(f64::to_bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statistic_is_in_the_list_at_its_place() {
        assert!(Statistic::ALL.iter().enumerate().all(|(place, statistic)| *statistic as usize == place));
        assert_eq!(Statistic::RelaxationBetween as usize + 1, Statistic::ALL.len());
    }
}
