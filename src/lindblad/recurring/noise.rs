//! By how much what baths exchange in many cycles of states varies.
//!
//! As of levels (see [`super::super::protocol`]): of heats and quanta a, whose jumps `O_a rho = sum_c r_c a_c L_c rho L_c^dagger`
//! count, `m_a' = L m_a + O_a rho` and `s_ab' = Tr(O_a m_b + O_b m_a + O_ab rho)` follow a cycle from the limit, and each
//! further one adds `s_ab - a b + a(y_b) + b(y_a)`, where `y_b = (1 - U)^-1 (m_b - b rho*)` and a(y) is what is booked from y.

use super::super::along::{Along, Passed, ProtocolMeans, acting, longest_step, pass};
use super::super::extrapolation::{Flow, advance};
use super::super::protocol::CycleError;
use super::super::protocol::residuals::{Residuals, add, norm};
use super::{Around, CERTAIN, PRECISION, Pass, RESOLVED, StateCycle};
use crate::bath::{Pair, Process, Rates};
use crate::lindblad::SolveError;
use crate::model::protocol::{Entry, Protocol, Stage, Stretch};

/// What each cycle adds to the covariances of heats, quanta and work.
#[derive(Clone, Debug, PartialEq)]
pub struct StateNoise {
    baths: usize,
    /// By pair of what is counted, heat and quanta of each bath.
    covariance: Vec<f64>,
}

/// Heat and quanta of each bath.
const PER_BATH: usize = 2;

/// The place of a pair among all.
fn pair(a: usize, b: usize) -> usize {
    let (a, b) = (a.max(b), a.min(b));
    a * (a + 1) / 2 + b
}

impl StateNoise {
    /// What each cycle adds to a covariance; work varies as all heats together, as energy stays. `None` of entropies.
    #[must_use]
    pub fn covariance(&self, a: Entry, b: Entry) -> Option<f64> {
        let counted = |entry: Entry| match entry {
            Entry::Heat(bath) => Some(vec![(PER_BATH * bath, 1.0)]),
            Entry::Quanta(bath) => Some(vec![(PER_BATH * bath + 1, 1.0)]),
            Entry::Work => Some((0..self.baths).map(|bath| (PER_BATH * bath, -1.0)).collect()),
            Entry::Entropy => None,
        };
        let (a, b) = (counted(a)?, counted(b)?);
        let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
        Some(pairs.map(|((a, by_a), (b, by_b))| by_a * by_b * self.covariance[pair(*a, *b)]).sum())
    }
}

/// A state, what is counted with it, and the sums.
struct Counting<'a, E> {
    equation: &'a E,
    stage: &'a Stage,
    stretch: Stretch,
    driven: bool,
    elements: usize,
    room: Vec<f64>,
}

impl<E: Along> Flow for Counting<'_, E> {
    fn slope(&mut self, time: f64, y: &[f64], slope: &mut [f64]) {
        let (elements, quantum) = (self.elements, self.stage.quantum(time));
        let (acting, rates) = acting(self.stage, &self.stretch, self.driven, time);
        let counted = PER_BATH * rates.len();
        let (lanes, _) = y.split_at(elements * (1 + counted));
        let (changes, sums) = slope.split_at_mut(elements * (1 + counted));
        let lanes: Vec<&[f64]> = lanes.chunks_exact(elements).collect();
        for (lane, change) in lanes.iter().zip(changes.chunks_exact_mut(elements)) {
            self.equation.change(&acting, lane, change);
        }
        for coupling in 0..acting.rates.len() {
            for (process, sign) in [(Process::Emission, -1.0), (Process::Absorption, 1.0)] {
                let of = |rates: &Rates| if process == Process::Emission { rates.down } else { rates.up };
                if of(&acting.rates[coupling]) == 0.0 {
                    continue;
                }
                self.equation.jumped(coupling, process, lanes[0], &mut self.room);
                for (bath, (_, rates)) in rates.iter().enumerate().filter(|(_, (of, _))| *of == coupling) {
                    for (which, weight) in [quantum, 1.0].into_iter().enumerate() {
                        let lane = 1 + PER_BATH * bath + which;
                        let change = &mut changes[lane * elements..][..elements];
                        add(change, sign * weight * of(rates), &self.room);
                    }
                }
            }
        }
        let pairs: Vec<[Pair<f64>; 2]> = lanes.iter().map(|lane| self.equation.see(lane).pairs).collect();
        // What one of the counted gains from a lane, and its weight.
        let weight = |a: usize| if a.is_multiple_of(PER_BATH) { quantum } else { 1.0 };
        let gains = |a: usize, lane: usize| {
            let (coupling, Rates { down, up, .. }) = rates[a / PER_BATH];
            let pair = pairs[lane][coupling];
            weight(a) * (up * pair.absorption - down * pair.emission)
        };
        for a in 0..counted {
            for b in 0..=a {
                let mut sum = gains(a, 1 + b) + gains(b, 1 + a);
                if a / PER_BATH == b / PER_BATH {
                    let (coupling, Rates { down, up, .. }) = rates[a / PER_BATH];
                    let pair = pairs[0][coupling];
                    sum += weight(a) * weight(b) * (up * pair.absorption + down * pair.emission);
                }
                sums[pair(a, b)] = sum;
            }
        }
    }

    fn longest_step(&self, time: f64) -> f64 {
        longest_step(self.stage, &self.stretch, time)
    }

    fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
        apart.fold(0.0, |most, apart| if apart > most || apart.is_nan() { apart } else { most })
    }
}

/// What is counted in a pass, in the order of the lanes.
fn counted(ends: &[ProtocolMeans]) -> Vec<f64> {
    let last = ends.last().expect("a protocol has segments");
    let of = |bath: usize| [last.heat[bath], last.absorbed[bath] - last.emitted[bath]];
    (0..last.heat.len()).flat_map(of).collect()
}

/// What each further cycle adds to covariances, around a limit in which no sector keeps a probability of its own.
///
/// # Errors
/// If it cannot be found.
pub fn noise<E: Along>(equation: &E, protocol: &Protocol, limit: &StateCycle) -> Result<StateNoise, CycleError> {
    let protocol = protocol.repeated(1);
    let (baths, elements) = (protocol.baths(), limit.rho.len());
    let lanes = PER_BATH * baths;
    let mut y = limit.rho.clone();
    y.resize(elements * (1 + lanes) + lanes * (lanes + 1) / 2, 0.0);
    for stage in protocol.stages() {
        for stretch in stage.stretches() {
            let driven = protocol.is_driven();
            let room = vec![0.0; elements];
            let mut leg = Counting { equation, stage, stretch, driven, elements, room };
            let mut pace = f64::INFINITY;
            advance(&mut leg, &mut y, [stretch.from, stretch.until], &mut pace)?;
        }
    }
    let means = counted(&limit.ends);
    let one = Around { cycle: &Pass { equation, protocol: &protocol }, limit: &limit.rho };
    let mut residuals = Residuals::new(PRECISION, RESOLVED);
    let mut later = Vec::with_capacity(lanes);
    for (lane, mean) in y[elements..].chunks_exact(elements).zip(&means) {
        let mut deviation = lane.to_vec();
        add(&mut deviation, -mean, &limit.rho);
        equation.traceless(&mut deviation, &limit.rho);
        let mut response = residuals.solved(&one, &deviation, norm(lane))?;
        equation.traceless(&mut response, &limit.rho);
        let size = norm(&response).max(f64::MIN_POSITIVE);
        let scaled: Vec<f64> = response.iter().map(|x| x / size).collect();
        let Passed { ends, .. } = pass(equation, &protocol, &scaled, &[])?;
        later.push(counted(&ends).into_iter().map(|value| size * value).collect::<Vec<f64>>());
    }
    let off = residuals.worst / (1.0 - limit.second_multiplier);
    if off.is_nan() || off > CERTAIN {
        return Err(SolveError::not_converged(elements, off).into());
    }
    let sums = &y[elements * (1 + lanes)..];
    let covariance = |(a, b): (usize, usize)| sums[pair(a, b)] - means[a] * means[b] + later[b][a] + later[a][b];
    let pairs = (0..lanes).flat_map(|a| (0..=a).map(move |b| (a, b)));
    Ok(StateNoise { baths, covariance: pairs.map(covariance).collect() })
}
