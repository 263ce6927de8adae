//! One sector of a product: its states, -i H_eff on them, and the ways in which a jump leaves it.

use std::sync::{Arc, OnceLock};

use num_complex::Complex64;

use super::basis::{Basis, Edge, Elements, elements, outcome, scaled, times};
use super::qubits::{Flips, OfQubits, amplitudes_of};
use super::reflection::{Parity, Reflection};
use super::spaces::Spaces;
use super::sparse::Sparse;
use crate::bath::Process;
use crate::dicke::SectorChange;
use crate::model::operator::Operator;
use crate::model::product::{Channel, JumpOperator, Product};
use crate::trajectory::Jump;
use crate::trajectory::lanes::{Amplitudes, Numbers};
use crate::trajectory::propagation::{Generator, Layout, amplitudes, amplitudes_mut};

/// One outcome of a jump.
#[derive(Clone, Debug)]
pub struct Way {
    pub jump: Jump,
    /// Which it is among the jumps of its bath and process.
    pub mark: usize,
    /// Which of all outcomes of all jumps it is, in every sector.
    pub number: usize,
    /// The sector that it leads to.
    pub to: usize,
    /// The square root of the rate included.
    pub jump_by: JumpBy,
}

/// What a jump makes of a state.
#[derive(Clone, Debug)]
pub enum JumpBy {
    /// Its product with a matrix.
    Matrix(Sparse),
    /// A sum over single qubits.
    Qubits(OfQubits),
}

impl JumpBy {
    /// How many states there are where it leads.
    pub fn rows(&self) -> usize {
        match self {
            JumpBy::Matrix(matrix) => matrix.rows(),
            JumpBy::Qubits(sum) => sum.flips.rows(),
        }
    }

    /// y = L x.
    pub fn apply(&self, x: &[Complex64], y: &mut [Complex64]) {
        match self {
            JumpBy::Matrix(matrix) => matrix.apply(x, y),
            JumpBy::Qubits(OfQubits { amplitudes, flips }) => flips.apply(amplitudes, x, y),
        }
    }

    /// What a reflection makes of it, where that is known.
    pub fn parity(&self) -> Option<Parity> {
        match self {
            JumpBy::Matrix(_) => None,
            JumpBy::Qubits(sum) => sum.parity(),
        }
    }

    /// |L x|^2.
    pub fn weight(&self, x: &[Complex64]) -> f64 {
        match self {
            JumpBy::Matrix(matrix) => matrix.weight(x),
            JumpBy::Qubits(OfQubits { amplitudes, flips }) => flips.weight(amplitudes, x),
        }
    }
}

/// A sector, ready to be moved in.
#[derive(Clone, Debug)]
pub struct Sector {
    pub dimension: usize,
    /// -i H_eff.
    pub drift: Sparse,
    pub norm_bound: f64,
    pub ways: Vec<Way>,
    /// What single qubits do in it, which the ways that are sums of that share.
    flips: Vec<Arc<Flips>>,
    /// The same of those that lower, where there are any excitations of single qubits.
    pub down: Option<Arc<Flips>>,
    /// The reflection that leaves -i H_eff as it is, among single qubits, if it does.
    pub reflection: Option<Reflection>,
    /// Which of all sectors it is.
    pub index: usize,
    /// What is watched, each with a bound of its norm: made when first asked for.
    pub watched: Vec<OnceLock<(Sparse, f64)>>,
    /// The highest levels of modes whose cut may grow.
    pub edges: Vec<Edge>,
}

/// The generator on one sector, for [`crate::trajectory::propagation`].
pub struct InSector<'a>(pub &'a Sector);

impl Generator for InSector<'_> {
    const LAYOUT: Layout = Layout::Pairs;

    fn apply(&mut self, center: Complex64, factor: f64, x: &[f64], y: &mut [f64]) {
        self.0.drift.apply_centered((center, factor), amplitudes(x), amplitudes_mut(y));
    }

    fn norm_bound(&self) -> f64 {
        self.0.norm_bound
    }
}

/// What the jumps of one kind do in a sector.
pub struct Jumps {
    /// `rate sum L^dagger L`.
    pub lost: Elements,
    pub ways: Vec<Way>,
}

/// A kind of jumps among all of a product.
#[derive(Clone, Copy)]
pub struct OneOf<'a> {
    /// Its place among all.
    pub place: usize,
    bath: usize,
    /// Which it is among those of its bath and process.
    mark: usize,
    channel: &'a Channel,
}

/// All kinds of jumps, in their order.
pub fn channels(product: &Product) -> impl Iterator<Item = OneOf<'_>> {
    product
        .baths()
        .iter()
        .enumerate()
        .flat_map(move |(bath, of)| {
            let mut marks = [0; Process::ALL.len()];
            of.channels().iter().map(move |channel| {
                let mark = &mut marks[channel.process as usize];
                *mark += 1;
                (bath, *mark - 1, channel)
            })
        })
        .enumerate()
        .map(|(place, (bath, mark, channel))| OneOf { place, bath, mark, channel })
}

impl OneOf<'_> {
    fn way(&self, outcome: usize, to: usize, jump_by: JumpBy) -> Way {
        let jump = Jump { bath: self.bath, process: self.channel.process };
        Way { jump, mark: self.mark, number: self.place * SectorChange::ALL.len() + outcome, to, jump_by }
    }
}

impl Jumps {
    /// Those of a kind, by matrices.
    pub fn of(spaces: &Spaces, own: &Basis, one: OneOf) -> Self {
        let (channel, sums) = (one.channel, spaces.sums());
        let (mut lost, mut ways) = (Elements::new(), Vec::new());
        match &channel.jump {
            JumpOperator::Operator(operator) => {
                let shift = operator.shifts().first().copied().unwrap_or(0);
                if let Some((to, label)) = spaces.beside(&own.label, shift) {
                    let target = Basis::new(spaces, label);
                    let elements = scaled(elements(spaces, operator, own, &target), channel.rate.sqrt());
                    let matrix = Sparse::new(target.len(), &elements, sums);
                    lost = matrix.square();
                    ways.push(one.way(0, to, JumpBy::Matrix(matrix)));
                }
            }
            JumpOperator::EachQubit { factor, qubits } => {
                for (place, state) in own.states().iter().enumerate() {
                    let (n, excited) = (*qubits as f64, spaces.excited(&own.label, *factor, state[*factor]) as f64);
                    let each = match channel.process {
                        Process::Emission => excited,
                        Process::Absorption => n - excited,
                        Process::Dephasing => n / 4.0,
                    };
                    lost.insert((place, place), (channel.rate * each).into());
                }
                let outcome = |change| outcome(spaces, own, *factor, *qubits, channel.process, change);
                let outcomes = SectorChange::ALL.into_iter().enumerate();
                let there = outcomes.filter_map(|(number, change)| Some((number, outcome(change)?)));
                for (number, (target, elements)) in there {
                    let to = spaces.index(&target.label);
                    let matrix = Sparse::new(target.len(), &scaled(elements, channel.rate.sqrt()), sums);
                    ways.push(one.way(number, to, JumpBy::Matrix(matrix)));
                }
            }
        }
        Jumps { lost, ways }
    }
}

impl Sector {
    /// A sector of a product and its Hamiltonian, where `lost` is what jumps of single qubits take from the norm, with room
    /// for so many that are watched.
    pub fn new(
        (product, hamiltonian, lost): (&Product, &Operator, &Operator),
        spaces: &Spaces,
        index: usize,
        watched: usize,
    ) -> Self {
        let own = Basis::new(spaces, spaces.label(index));
        let dimension = own.len();
        let of_qubits = spaces.are_single_qubits();
        let sums = spaces.sums();
        let mut h_eff = elements(spaces, hamiltonian, &own, &own);
        let mut lose = |at, value: Complex64| {
            *h_eff.entry(at).or_insert(Complex64::ZERO) += Complex64::new(0.0, -0.5) * value;
        };
        let (mut ways, mut flips) = (Vec::new(), Flipping::default());
        for one in channels(product) {
            let sum = of_qubits.then(|| amplitudes_of(one.channel, product.factors().len())).flatten();
            if let Some((up, amplitudes)) = sum {
                let Some((to, flips)) = flips.of(spaces, &own, up) else { continue };
                let amplitudes = amplitudes.into_iter().map(|a| a * one.channel.rate.sqrt()).collect();
                ways.push(one.way(0, to, JumpBy::Qubits(OfQubits { amplitudes, flips })));
                continue;
            }
            let jumps = Jumps::of(spaces, &own, one);
            jumps.lost.into_iter().for_each(|(at, value)| lose(at, value));
            ways.extend(jumps.ways);
        }
        elements(spaces, lost, &own, &own).into_iter().for_each(|(at, value)| lose(at, value));
        let drift = times(h_eff, -Complex64::I);
        let drift = Sparse::new(dimension, &drift, sums);
        let norm_bound = drift.norm_bound();
        let watched = (0..watched).map(|_| OnceLock::new()).collect();
        let edges = own.edges(spaces);
        let down = of_qubits.then(|| flips.of(spaces, &own, false)).flatten().map(|(_, flips)| flips);
        let reflection = of_qubits.then(|| Reflection::of(&own, &drift, norm_bound)).flatten();
        let flips = flips.all();
        Sector { dimension, norm_bound, drift, ways, flips, down, reflection, index, watched, edges }
    }

    /// The rate of jumps in a state, as a sum that cancels nothing.
    pub fn rate(&self, psi: &[Complex64]) -> f64 {
        self.ways.iter().map(|way| way.jump_by.weight(psi)).sum()
    }

    /// How likely each way is: |L psi|^2. `pairs` is room for what sums over single qubits have in common.
    pub fn weigh(&self, psi: &[Complex64], pairs: &mut Vec<Complex64>, weights: &mut Vec<f64>) {
        weights.clear();
        weights.extend(self.ways.iter().map(|way| match &way.jump_by {
            JumpBy::Matrix(matrix) => matrix.weight(psi),
            JumpBy::Qubits(_) => 0.0,
        }));
        for flips in &self.flips {
            flips.correlations(psi, pairs);
            for (weight, way) in weights.iter_mut().zip(&self.ways) {
                match &way.jump_by {
                    JumpBy::Qubits(sum) if Arc::ptr_eq(&sum.flips, flips) => *weight = sum.weight_from(pairs),
                    _ => {}
                }
            }
        }
    }
}

impl Sector {
    /// A way that is a sum over single qubits that are lowered.
    pub fn lowers_by<'a>(&self, way: &'a Way) -> Option<&'a OfQubits> {
        match &way.jump_by {
            JumpBy::Qubits(sum) if self.down.as_ref().is_some_and(|down| Arc::ptr_eq(down, &sum.flips)) => Some(sum),
            _ => None,
        }
    }

    /// How likely each way is in each lane, where the correlations of the states are known, and the states where they are
    /// asked for.
    pub fn weigh_lanes<'a>(
        &self,
        sums: &[Amplitudes],
        state: impl Fn(usize) -> Option<&'a [Complex64]>,
        weights: &mut Vec<Numbers>,
    ) {
        weights.clear();
        weights.extend(self.ways.iter().map(|way| match self.lowers_by(way) {
            Some(sum) => sum.weights_of_lanes(sums),
            None => std::array::from_fn(|lane| state(lane).map_or(0.0, |psi| way.jump_by.weight(psi))),
        }));
    }
}

/// Where single qubits lead, and how.
type Led = (usize, Arc<Flips>);

/// What single qubits of a sector do, made where it is first asked for.
#[derive(Default)]
struct Flipping {
    /// Down and up: where they lead, `None` where nowhere.
    found: [Option<Option<Led>>; 2],
}

impl Flipping {
    fn of(&mut self, spaces: &Spaces, own: &Basis, up: bool) -> Option<Led> {
        let new = || {
            let (to, label) = spaces.beside(&own.label, if up { 1 } else { -1 })?;
            Some((to, Arc::new(Flips::new(own, &Basis::new(spaces, label), up))))
        };
        self.found[usize::from(up)].get_or_insert_with(new).clone()
    }

    fn all(self) -> Vec<Arc<Flips>> {
        self.found.into_iter().flatten().flatten().map(|(_, flips)| flips).collect()
    }
}
