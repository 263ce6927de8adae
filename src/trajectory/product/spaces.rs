//! Which sectors a product has, and which states are in them.

use super::sparse::Sums;
use crate::initial::ProductStart;
use crate::model::product::{Factor, Kind, Levels, Product};

/// How many trajectories go abreast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abreast {
    /// How many are under way: enough for some to be in one sector.
    pub walkers: usize,
    /// How many of those in one place take a step at a time: twice as many as there are lanes, so that either enough series
    /// grow to fill these, or enough are made.
    pub slots: usize,
}

impl Abreast {
    /// Where the largest sector has so many states, each of which takes memory for every slot; `None` where it is worth
    /// more than the time.
    fn of(largest: usize) -> Option<Self> {
        match largest {
            0..=4_096 => Some(Abreast { walkers: 256, slots: 16 }),
            4_097..=32_768 => Some(Abreast { walkers: 64, slots: 16 }),
            _ => None,
        }
    }
}

/// What a sector is known by.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// 2J of each ensemble, levels - 1 of each mode.
    pub tops: Vec<i64>,
    /// `sum (N/2 + M) + sum n`, where it is sharp.
    pub excitations: Option<i64>,
}

/// All sectors that a start can lead to.
#[derive(Clone, Debug)]
pub struct Spaces {
    /// The numbers of qubits; `None` for modes.
    qubits: Vec<Option<i64>>,
    /// The values that each top may have.
    tops: Vec<Vec<i64>>,
    /// What the highest level of a mode may weigh before its cut grows, where it does.
    weights: Vec<Option<f64>>,
    /// The most excitations, where their number is sharp.
    most: Option<i64>,
}

impl Spaces {
    pub fn new(product: &Product, start: &ProductStart, sharp: bool) -> Self {
        let factors = product.factors().iter();
        let qubits: Vec<Option<i64>> = factors
            .map(|factor| match factor.kind {
                Kind::Qubits(number) => Some(number),
                Kind::Mode { .. } => None,
            })
            .collect();
        let tops = start.reach(product, sharp);
        let highest = tops.iter().map(|tops| tops.iter().copied().max().unwrap_or(0));
        let most = qubits.iter().zip(highest).map(|(qubits, top)| qubits.unwrap_or(top)).sum();
        let weight = |factor: &Factor| match factor.kind {
            Kind::Mode { levels: Levels::Grown { weight, .. } } => Some(weight),
            Kind::Qubits(_) | Kind::Mode { .. } => None,
        };
        let weights = product.factors().iter().map(weight).collect();
        Spaces { qubits, tops, weights, most: sharp.then_some(most) }
    }

    /// What the highest level of a mode in a sector may weigh, where its cut can grow.
    pub fn bound(&self, label: &Label, factor: usize) -> Option<f64> {
        self.weights[factor].filter(|_| self.tops[factor].last() != Some(&label.tops[factor]))
    }

    /// The sector with the next cut of a mode.
    pub fn grown(&self, label: &Label, factor: usize) -> Option<Label> {
        let next = *self.tops[factor].iter().find(|top| **top > label.tops[factor])?;
        let mut grown = label.clone();
        grown.tops[factor] = next;
        Some(grown)
    }

    /// The states of the largest sector with these cuts, of whatever J.
    pub fn room(&self, tops: &[i64]) -> usize {
        let highest = |(factor, top): (usize, &i64)| match self.qubits[factor] {
            Some(_) => self.tops[factor].iter().copied().max().unwrap_or(0) as usize + 1,
            None => *top as usize + 1,
        };
        tops.iter().enumerate().map(highest).product()
    }

    /// The highest level of a mode that a trajectory begins with.
    pub fn first_top(&self, factor: usize) -> i64 {
        self.tops[factor][0]
    }

    /// The number of qubits of a factor; `None` of a mode.
    pub fn qubits(&self, place: usize) -> Option<i64> {
        self.qubits[place]
    }

    /// Whether a state is one of so many of single qubits that are excited.
    pub fn are_single_qubits(&self) -> bool {
        self.is_sharp() && self.qubits.iter().all(|qubits| *qubits == Some(1))
    }

    /// How many trajectories go abreast, if they do, where the largest sector has so many states.
    pub fn abreast(&self, largest: usize) -> Option<Abreast> {
        Abreast::of(largest).filter(|_| self.are_single_qubits())
    }

    /// How the elements of rows of its operators are added up.
    pub fn sums(&self) -> Sums {
        if self.are_single_qubits() { Sums::ByPairs } else { Sums::InOrder }
    }

    /// How many numbers [`super::qubits::Flips::correlations`] takes.
    pub fn room_for_pairs(&self) -> usize {
        let n = self.qubits.len();
        if self.are_single_qubits() { n * (n + 1) } else { 0 }
    }

    pub fn is_sharp(&self) -> bool {
        self.most.is_some()
    }

    /// How many sectors there are.
    pub fn count(&self) -> f64 {
        self.tops.iter().map(|tops| tops.len() as f64).product::<f64>() * (self.most.unwrap_or(0) + 1) as f64
    }

    pub fn is_label(&self, label: &Label) -> bool {
        let known = |(tops, top): (&Vec<i64>, &i64)| tops.contains(top);
        let within = label.excitations.is_none_or(|number| (0..=self.most.unwrap_or(0)).contains(&number));
        within && self.tops.iter().zip(&label.tops).all(known)
    }

    pub fn index(&self, label: &Label) -> usize {
        let place = |(tops, top): (&Vec<i64>, &i64)| {
            (tops.len(), tops.iter().position(|other| other == top).expect("a top that is one of its factor"))
        };
        let of_tops = self.tops.iter().zip(&label.tops).map(place).fold(0, |sum, (size, place)| sum * size + place);
        of_tops * (self.most.unwrap_or(0) + 1) as usize + label.excitations.unwrap_or(0) as usize
    }

    pub fn label(&self, index: usize) -> Label {
        let numbers = (self.most.unwrap_or(0) + 1) as usize;
        let mut rest = index / numbers;
        let mut tops: Vec<i64> = self
            .tops
            .iter()
            .rev()
            .map(|tops| {
                let top = tops[rest % tops.len()];
                rest /= tops.len();
                top
            })
            .collect();
        tops.reverse();
        Label { tops, excitations: self.most.map(|_| (index % numbers) as i64) }
    }

    /// The sector of the same J with so many excitations more, or the same where their number is not sharp.
    pub fn beside(&self, label: &Label, more: i64) -> Option<(usize, Label)> {
        let beside = Label { excitations: label.excitations.map(|own| own + more), ..label.clone() };
        self.is_label(&beside).then(|| (self.index(&beside), beside))
    }

    /// N/2 + M of an ensemble, n of a mode, a step above the lowest level.
    pub fn excited(&self, label: &Label, factor: usize, step: i64) -> i64 {
        self.qubits[factor].map_or(0, |qubits| (qubits - label.tops[factor]) / 2) + step
    }

    /// The states of a sector: the steps above the lowest level of each factor.
    pub fn states(&self, label: &Label) -> Vec<Vec<i64>> {
        let Some(total) = label.excitations else {
            return self.steps(label, None);
        };
        let lowest: i64 = (0..label.tops.len()).map(|factor| self.excited(label, factor, 0)).sum();
        self.steps(label, Some(total - lowest))
    }

    /// Every combination of steps, or those of this sum.
    fn steps(&self, label: &Label, sum: Option<i64>) -> Vec<Vec<i64>> {
        let mut states = vec![(Vec::new(), 0)];
        for (factor, top) in label.tops.iter().enumerate() {
            let others: i64 = label.tops[factor + 1..].iter().sum();
            let longer = |(state, so_far): &(Vec<i64>, i64)| {
                // What the factors to come cannot make up for is no state.
                let (least, most) = sum.map_or((0, *top), |sum| (sum - so_far - others, sum - so_far));
                let (state, so_far) = (state.clone(), *so_far);
                (least.max(0)..=most.min(*top))
                    .map(move |step| (state.iter().copied().chain([step]).collect::<Vec<_>>(), so_far + step))
                    .collect::<Vec<_>>()
            };
            states = states.iter().flat_map(longer).collect();
        }
        states.into_iter().filter(|(_, total)| sum.is_none_or(|sum| sum == *total)).map(|(state, _)| state).collect()
    }
}
