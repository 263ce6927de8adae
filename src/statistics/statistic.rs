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
}

impl Statistic {
    /// Every one, in their order.
    pub const ALL: [Statistic; 20] = [
        Statistic::WindowedNoise,
        Statistic::Noise,
        Statistic::ThirdCumulant,
        Statistic::FourthCumulant,
        Statistic::Fano,
        Statistic::CrossNoise,
        Statistic::Spectrum,
        Statistic::G2,
        Statistic::WaitingTime,
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
    ];

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
            | Statistic::UncertaintyRatio => "1",
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
    /// Index of the bath; of no meaning for what is of all of them.
    pub bath: usize,
    /// Index of the other bath of a covariance.
    pub other_bath: Option<usize>,
    /// The window, the angular frequency, the delay, or J.
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
        assert_eq!(Statistic::UncertaintyRatio as usize + 1, Statistic::ALL.len());
    }
}
