//! Steady states of products in which nothing flows, as far as H and rates alone tell.

use super::{Channel, JumpOperator, Kind, Product, ProductBath};
use crate::bath::Process;
use crate::model::operator::{Powers, Word};

/// Two ratios of rates, each of which is rounded, that differ by no more than this are one.
const SAME: f64 = 16.0 * f64::EPSILON;

impl Channel {
    /// What its jumps add to the number of excitations, where that is one number.
    fn adds(&self) -> Option<i64> {
        match &self.jump {
            JumpOperator::EachQubit { .. } => {
                Some(i64::from(self.process == Process::Absorption) - i64::from(self.process == Process::Emission))
            }
            JumpOperator::Operator(operator) => match *operator.shifts().iter().collect::<Vec<_>>() {
                [adds] => Some(*adds),
                _ => None,
            },
        }
    }

    /// Whether its jumps undo those of another.
    fn undoes(&self, other: &Channel) -> bool {
        match (&self.jump, &other.jump) {
            (JumpOperator::Operator(own), JumpOperator::Operator(theirs)) => *own == theirs.adjoint(),
            (JumpOperator::EachQubit { factor, .. }, JumpOperator::EachQubit { factor: theirs, .. }) => {
                let turned = match other.process {
                    Process::Emission => Process::Absorption,
                    Process::Absorption => Process::Emission,
                    Process::Dephasing => Process::Dephasing,
                };
                factor == theirs && self.process == turned
            }
            _ => false,
        }
    }
}

/// A mode by itself, as far as its own baths and a drive make it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Alone {
    /// The rate at which single quanta are added.
    pub up: f64,
    /// The rate at which they are taken.
    pub down: f64,
    /// The amplitude of a resonant drive, `e a + e^* a^dagger`, and by how much that is off, as angular frequencies.
    drive: [f64; 2],
    /// Whether something acts on it beside: what couples it to others, or acts on several quanta at once.
    pub coupled: bool,
}

impl Alone {
    /// Whether it is amplified without end, and so has no steady state.
    #[must_use]
    pub fn is_amplified(&self) -> bool {
        !self.coupled && self.up > 0.0 && self.up >= self.down
    }

    /// About how many numbers of quanta it takes until the highest weighs so little.
    #[must_use]
    pub fn levels(&self, weight: f64) -> f64 {
        let Alone { up, down, drive: [amplitude, detuning], .. } = *self;
        if up > 0.0 && up >= down {
            return f64::INFINITY;
        }
        let thermal = if up > 0.0 { weight.ln() / (up / down).ln() } else { 0.0 };
        let quanta =
            if amplitude > 0.0 { amplitude.powi(2) / ((down - up).powi(2) / 4.0 + detuning.powi(2)) } else { 0.0 };
        // A Poisson distribution weighs so little some deviations above its mean.
        let driven = if quanta > 0.0 { quanta + quanta.sqrt() * (-2.0 * weight.ln()).sqrt() } else { 0.0 };
        thermal + driven
    }
}

impl Product {
    /// A mode by itself, by its place among the factors.
    #[must_use]
    pub fn alone(&self, place: usize) -> Alone {
        let mut alone = Alone::default();
        let touches = |word: &Word| word[place] != Powers::default();
        let only = |word: &Word| word.iter().enumerate().all(|(other, of)| other == place || *of == Powers::default());
        let number = Powers { raise: 1, z: 0, lower: 1 };
        for (word, value) in self.hamiltonian().terms().filter(|(word, _)| touches(word)) {
            match word[place] {
                Powers::LOWER if only(word) => alone.drive[0] = value.norm(),
                Powers::RAISE if only(word) => {}
                own if own == number && only(word) => alone.drive[1] = value.re,
                _ => alone.coupled = true,
            }
        }
        for Channel { rate, jump, .. } in self.baths.iter().flat_map(ProductBath::channels) {
            let JumpOperator::Operator(operator) = jump else { continue };
            if !operator.terms().any(|(word, _)| touches(word)) {
                continue;
            }
            match operator.terms().collect::<Vec<_>>().as_slice() {
                [(word, value)] if only(word) && word[place] == Powers::LOWER => alone.down += rate * value.norm_sqr(),
                [(word, value)] if only(word) && word[place] == Powers::RAISE => alone.up += rate * value.norm_sqr(),
                [(word, _)] if only(word) && word[place] == number => {}
                _ => alone.coupled = true,
            }
        }
        alone
    }

    /// Whether everything comes into balance with all baths: H conserves the number K of excitations, every jump changes it
    /// by one number, and all are undone at one ratio for each excitation, `exp(-x)`. Then `exp(-x K)` stays as it is, under
    /// every bath by itself.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        if !self.keeps_excitations_sharp() {
            return false;
        }
        let mut ratios = Vec::new();
        for bath in &self.baths {
            for channel in bath.channels() {
                let Some(adds) = channel.adds() else { return false };
                let back = bath.channels().iter().filter(|other| other.undoes(channel)).map(|other| other.rate);
                let ln_ratio = (back.sum::<f64>() / channel.rate).ln();
                if adds != 0 {
                    ratios.push(ln_ratio / adds as f64);
                } else if ln_ratio.abs() > SAME {
                    return false;
                }
            }
        }
        let Some(&first) = ratios.first() else { return false };
        // Inverted, a mode has no such state.
        let has_one = first > 0.0 || self.factors.iter().all(|factor| matches!(factor.kind, Kind::Qubits(_)));
        // What only takes and what only brings are infinitely far apart.
        let is_first = |x: &f64| *x == first || first.is_finite() && (x - first).abs() <= SAME * first.abs().max(1.0);
        has_one && ratios.iter().all(is_first)
    }

    /// Whether one bath alone exchanges heat: in the steady state it then gives none, as H changes no more.
    #[must_use]
    pub fn heats_by_one_bath(&self) -> bool {
        (0..self.baths.len()).filter(|bath| !self.heat_current(*bath).is_zero()).count() == 1
    }

    /// The slowest of the rates at which baths act: of each bath what its weakest jumps, to and fro together, come to for one
    /// quantum. A guess of how slowly the product relaxes; infinite where nothing acts.
    #[must_use]
    pub fn slowest_rate(&self) -> f64 {
        let weakest = |jump: &JumpOperator| match jump {
            JumpOperator::EachQubit { .. } => 1.0,
            JumpOperator::Operator(operator) => {
                operator.terms().map(|(_, value)| value.norm_sqr()).fold(f64::INFINITY, f64::min)
            }
        };
        let of_bath = |bath: &ProductBath| {
            let together = |channel: &Channel| {
                let back = bath.channels().iter().filter(|other| other.undoes(channel)).map(|other| other.rate);
                (channel.rate + back.sum::<f64>()) * weakest(&channel.jump)
            };
            bath.channels().iter().map(together).fold(f64::INFINITY, f64::min)
        };
        self.baths.iter().map(of_bath).fold(f64::INFINITY, f64::min)
    }
}
