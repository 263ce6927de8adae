//! Exact averages under a protocol: `dp/dt = W(t) p` over the levels (J, M), with what work, heat, quanta and entropy
//! are on average, and how they vary together.
//!
//! Of entries a that grow by `a_c(t)` at a jump of channel c, `m_a(i) = E[a; the path is in i]` and `s_ab = E[a b]`
//! follow `m_a' = W m_a + O_a p` and `s_ab' = 1.(O_a m_b + O_b m_a + O_ab p)`, with `O_a = sum_c r_c a_c A_c` and
//! `O_ab = sum_c r_c a_c b_c A_c`; for work `O_W = d(hbar omega)/dt M`, which has no second order. A quench by
//! `Delta omega` takes W to `W + Delta omega M`.

mod block;
mod cycle;
mod evolution;
mod factors;
mod iterated;
mod means;
mod operators;
mod radius;
mod repeated;
pub(super) mod residuals;
mod road;
mod streams;
mod whole;

pub use cycle::LimitCycle;
pub use road::CycleError;

use super::ladder::LadderGenerator;
use super::populations::{PopulationEquation, observables};
use super::{NotAffordable, SolveError};
use crate::dicke::{Level, ln_degeneracy};
use crate::initial::InitialState;
use crate::model::Observables;
use crate::model::protocol::{Entry, Protocol, Stage};
use block::{Block, pair};
use evolution::advance;
use factors::Follow;
use operators::Operators;
use repeated::Repeated;

/// What it takes, in multiplications, to begin a step, to make a ramp of each bath a polynomial, and to keep what a cycle books.
const A_STEP: f64 = 1e4;
const A_RAMP: f64 = 7e4;
const A_ROW: f64 = 1e4;
/// Lanes of exponential averages, in passes of their own.
const OTHERS: f64 = 3.0;
/// How far times that are the same are apart.
const ROUNDING: f64 = 8.0 * f64::EPSILON;
/// The most levels that are followed.
const MOST_LEVELS: i64 = 10_500;

/// The master equation of N identical qubits under a protocol, over the levels that an initial state can reach.
#[derive(Clone, Debug)]
pub struct ProtocolEquation {
    protocol: Protocol,
    ladder: LadderGenerator,
    operators: Operators,
    initial: Vec<f64>,
    /// Whether every quantum that is ever exchanged has a finite entropy.
    entropy: bool,
}

/// Means and covariances of all entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    mean: Vec<f64>,
    /// By pair; none where only means were solved for.
    covariance: Vec<f64>,
    entropy: bool,
}

impl Moments {
    fn known(&self, entry: Entry) -> Option<usize> {
        (self.entropy || entry != Entry::Entropy).then_some(entry.index())
    }

    /// The mean; `None` of an entropy that is infinite.
    #[must_use]
    pub fn mean(&self, entry: Entry) -> Option<f64> {
        self.known(entry).map(|entry| self.mean[entry])
    }

    /// The covariance of two entries, of one with itself its variance; `None` of an entropy that is infinite, and where only
    /// means were solved for.
    #[must_use]
    pub fn covariance(&self, a: Entry, b: Entry) -> Option<f64> {
        self.covariance.get(pair(self.known(a)?, self.known(b)?)).copied()
    }
}

/// Means of all entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Means {
    mean: Vec<f64>,
    entropy: bool,
}

impl Means {
    /// The mean; `None` of an entropy that is infinite.
    #[must_use]
    pub fn mean(&self, entry: Entry) -> Option<f64> {
        (self.entropy || entry != Entry::Entropy).then_some(self.mean[entry.index()])
    }
}

/// Exact averages of one cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// What is booked in it.
    pub booked: Means,
    /// `<M>` at its end.
    pub final_m: f64,
    /// `<J>` at its end; NaN where states have none.
    pub final_j: f64,
}

/// Exact averages at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Averages {
    /// The averages at the time.
    pub now: Observables,
    /// What was booked up to it, before the quench if there is one.
    pub booked: Moments,
}

/// Exact averages of a whole protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct ProtocolAverages {
    /// At each of the times that were asked for.
    pub series: Vec<Averages>,
    /// At the end.
    pub last: Averages,
    /// What is booked in each segment over all cycles.
    pub segments: Vec<Means>,
    /// What is booked in each cycle.
    pub cycles: Vec<Cycle>,
    /// The probabilities of [`ProtocolEquation::levels`] at the end; none of superposed levels.
    pub p: Vec<f64>,
    /// `<sigma>` with `sigma = ln[p_0/d_J](start) - ln[p_t/d_J](end) + S`, in k_B. Infinite entropies have
    /// none, nor have superposed levels.
    pub entropy_production: Option<f64>,
}

impl ProtocolEquation {
    /// The equation of `number` qubits.
    ///
    /// # Errors
    /// If there are too many levels.
    ///
    /// # Panics
    /// If the protocol drives: levels are then superposed.
    pub fn new(protocol: &Protocol, number: i64, initial: &InitialState) -> Result<Self, NotAffordable> {
        assert!(!protocol.is_driven(), "a drive superposes levels");
        Self::affordable(protocol, number, initial)?;
        let envelope = protocol.envelope(number);
        let equation = PopulationEquation::new(&envelope, initial);
        let ladder = equation.ladder().clone();
        let entropy = protocol.entropy_is_finite();
        let operators = Operators::new(&ladder, entropy);
        Ok(ProtocolEquation {
            protocol: protocol.clone(),
            initial: equation.initial().to_vec(),
            ladder,
            operators,
            entropy,
        })
    }

    /// The same equation over so many cycles.
    #[must_use]
    pub fn over(&self, cycles: u64) -> Self {
        ProtocolEquation { protocol: self.protocol.repeated(cycles), ..self.clone() }
    }

    /// Whether there are few enough levels.
    ///
    /// # Errors
    /// If there are too many.
    pub fn affordable(protocol: &Protocol, number: i64, initial: &InitialState) -> Result<(), NotAffordable> {
        let states = PopulationEquation::states(&protocol.envelope(number), initial);
        affordable(states, MOST_LEVELS, "under a protocol")
    }

    /// The levels.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.ladder.levels
    }

    /// About how many multiplications it takes to follow all averages through one cycle, exponential ones among them:
    /// products with the generator grow with all that happens, however fast it is gone, and before them it has to be made.
    fn of_a_cycle(&self) -> f64 {
        let (passed, moves) = self.operators.pace(&self.ladder);
        let (baths, lanes) = (self.protocol.baths(), 1 + Entry::count(self.protocol.baths()));
        let of = |stage: &Stage| {
            let ramps = if stage.is_held() { 0.0 } else { 1.0 + stage.knots().len() as f64 };
            let times = if stage.is_held() { 1.0 } else { 6.0 };
            let products = times * (30.0 + 1.5 * passed * stage.duration);
            let made = A_STEP + ramps * A_RAMP * (1 + baths) as f64;
            products * moves * (lanes as f64 + OTHERS) + (1.0 + OTHERS) * made
        };
        self.protocol.stages().iter().map(of).sum()
    }

    /// The same through all cycles from matrices of one, where only cycles with a time before their end are gone through.
    fn repeated(&self, times: &[f64]) -> f64 {
        let (levels, entries) = (self.levels().len() as f64, Entry::count(self.protocol.baths()) as f64);
        let (period, cycles) = (self.protocol.period(), self.protocol.cycles() as f64);
        let ends = |time: &&f64| (*time - (*time / period).round() * period).abs() <= ROUNDING * *time;
        let mut inside: Vec<u64> = times.iter().filter(|time| !ends(time)).map(|t| (t / period) as u64).collect();
        inside.dedup();
        let a_cycle = levels * levels * (2.0 * entries + 1.0 + OTHERS) + A_ROW;
        (levels + inside.len() as f64) * self.of_a_cycle() + cycles * a_cycle
    }

    /// The same in all cycles, one after the other.
    fn one_by_one(&self) -> f64 {
        self.protocol.cycles() as f64 * (self.of_a_cycle() + A_ROW)
    }

    /// About how many multiplications [`ProtocolEquation::averages`] at these times takes, with exponential averages beside.
    #[must_use]
    pub fn work(&self, times: &[f64]) -> f64 {
        self.one_by_one().min(self.repeated(times))
    }

    /// The exact averages at ascending `times` up to the end of the protocol, and there, to some 1e-10 of the largest
    /// value of each.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    ///
    /// # Panics
    /// If a time is beyond the end.
    pub fn averages(&self, times: &[f64]) -> Result<ProtocolAverages, SolveError> {
        self.averages_from(&self.initial, times)
    }

    /// The same from other probabilities of [`ProtocolEquation::levels`]: those of [`LimitCycle::p`] for averages over the
    /// phase of a limit cycle.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    ///
    /// # Panics
    /// If a time is beyond the end.
    pub fn averages_from(&self, p: &[f64], times: &[f64]) -> Result<ProtocolAverages, SolveError> {
        let mut block = self.operators.block(Follow::Moments, 1);
        block.lane_mut(0).copy_from_slice(p);
        let mut series = Vec::with_capacity(times.len());
        let nothing = Means { mean: vec![0.0; block.lanes() - 1], entropy: self.entropy };
        let mut segments = vec![nothing.clone(); self.protocol.stages().len()];
        let mut cycles =
            vec![Cycle { booked: nothing.clone(), final_m: 0.0, final_j: 0.0 }; self.protocol.cycles() as usize];
        let mut before = nothing.mean;
        self.through(Follow::Moments, &mut block, times, |reached, block| match reached {
            Reached::Sample => series.push(self.averages_of(block)),
            Reached::Cycle { cycle, booked } => {
                let cycle = &mut cycles[cycle];
                for (segment, booked) in booked.iter().enumerate() {
                    for (entry, more) in booked.iter().enumerate() {
                        if entry == Entry::Work.index() && !self.protocol.does_work(segment) {
                            continue;
                        }
                        segments[segment].mean[entry] += more;
                        cycle.booked.mean[entry] += more;
                    }
                }
                before = block.totals().collect();
                (cycle.final_m, cycle.final_j) = self.end(block);
            }
            Reached::End { segment, cycle } => {
                let cycle = &mut cycles[cycle];
                for (entry, before) in before.iter_mut().enumerate() {
                    let now: f64 = block.lane(1 + entry).iter().sum();
                    if entry == Entry::Work.index() && !self.protocol.does_work(segment) {
                        // Nothing but the rounding of a difference.
                        *before = now;
                    }
                    segments[segment].mean[entry] += now - *before;
                    cycle.booked.mean[entry] += now - *before;
                    *before = now;
                }
                (cycle.final_m, cycle.final_j) = self.end(block);
            }
        })?;
        let gibbs = |p: &[f64]| -> f64 {
            let of = |(level, p): (&Level, &f64)| p * (p.ln() - ln_degeneracy(self.ladder.number(), level.two_j));
            self.levels().iter().zip(p).filter(|(_, p)| **p > 0.0).map(of).sum()
        };
        let last = self.averages_of(&block);
        let produced = |flow: f64| gibbs(p) - gibbs(block.lane(0)) + flow;
        let entropy_production = last.booked.mean(Entry::Entropy).map(produced);
        let p = block.lane(0).to_vec();
        Ok(ProtocolAverages { series, last, segments, cycles, p, entropy_production })
    }

    /// `<exp(-s W/T)>` over the whole protocol, W in energies and T in the unit of the baths' temperatures. Where every
    /// bath is at T and the path starts in thermal equilibrium, it is `Z_f/Z_i` at s = 1 (Jarzynski), with
    /// `Z = sum_JM d_J exp(-hbar omega M/T)`, and at any s `Z_f/Z_i` times the same at 1 - s of the protocol in reverse
    /// (Crooks).
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    pub fn exponential_work(&self, s: f64, temperature: f64) -> Result<f64, SolveError> {
        let follow = Follow::Work { s, temperature };
        let mut block = self.start(follow);
        self.through(follow, &mut block, &[], |_, _| ())?;
        Ok(block.values.iter().sum())
    }

    /// `<exp(-sigma)>` over the whole protocol, see [`ProtocolAverages::entropy_production`]: 1 where the initial state
    /// has all levels, and less where it does not. `None` where an entropy is infinite.
    ///
    /// # Errors
    /// If no step, however short, is exact enough.
    pub fn exponential_entropy(&self) -> Result<Option<f64>, SolveError> {
        if !self.entropy {
            return Ok(None);
        }
        let mut p = self.start(Follow::Nothing);
        self.through(Follow::Nothing, &mut p, &[], |_, _| ())?;
        // exp(-sigma) is (d/p0 at the start) times (p/d at the end) times exp(-S): d beside the largest of them.
        let ln_d: Vec<f64> = self.levels().iter().map(|l| ln_degeneracy(self.ladder.number(), l.two_j)).collect();
        let most = ln_d.iter().copied().fold(0.0, f64::max);
        let weights = ln_d.iter().zip(&self.initial).map(|(d, p)| if *p > 0.0 { (d - most).exp() } else { 0.0 });
        let mut weighted = self.start(Follow::Entropy);
        weighted.lane_mut(0).iter_mut().zip(weights).for_each(|(place, weight)| *place = weight);
        self.through(Follow::Entropy, &mut weighted, &[], |_, _| ())?;
        let ends = weighted.lane(0).iter().zip(p.lane(0)).zip(&ln_d);
        Ok(Some(ends.map(|((weighted, p), d)| weighted * p * (most - d).exp()).sum()))
    }

    /// The initial probabilities in the first lane of a block.
    fn start(&self, follow: Follow) -> Block {
        let mut block = self.operators.block(follow, 1);
        block.lane_mut(0).copy_from_slice(&self.initial);
        block
    }

    /// `<M>` and `<J>`.
    fn end(&self, block: &Block) -> (f64, f64) {
        let mean = |of: fn(&Level) -> f64| self.levels().iter().zip(block.lane(0)).map(|(l, p)| p * of(l)).sum();
        (mean(|level| level.m()), mean(|level| level.two_j as f64 / 2.0))
    }

    fn averages_of(&self, block: &Block) -> Averages {
        Averages { now: observables(self.levels(), block.lane(0)), booked: self.moments(block) }
    }

    fn moments(&self, block: &Block) -> Moments {
        let mean: Vec<f64> = block.totals().collect();
        let pairs = (0..mean.len()).flat_map(|a| (0..=a).map(move |b| (a, b)));
        let covariance = pairs.zip(&block.sums).map(|((a, b), sum)| sum - mean[a] * mean[b]).collect();
        Moments { mean, covariance, entropy: self.entropy }
    }

    /// Takes a block through the whole protocol; `each` is told of every time, and of every end of a segment or, where cycles
    /// are gone through as a whole, of a cycle.
    fn through(
        &self,
        follow: Follow,
        block: &mut Block,
        times: &[f64],
        mut each: impl FnMut(Reached, &Block),
    ) -> Result<(), SolveError> {
        let protocol = &self.protocol;
        let end = protocol.end();
        assert!(times.last().is_none_or(|last| *last <= end * (1.0 + 1e-12)), "{times:?}: the protocol ends at {end}");
        let mut left = times.iter().peekable();
        let pays = self.repeated(times) < self.one_by_one();
        let quench = |segment: usize, block: &mut Block| self.quench(follow, segment, block);
        let of_one = || Repeated::new(&self.operators, protocol.stages(), follow, quench);
        let mut repeated = pays.then(of_one).transpose()?;
        let last = protocol.stages().len() - 1;
        for cycle in 0..protocol.cycles() {
            let begun = cycle as f64 * protocol.period();
            let ends = |time: &f64| {
                let within = protocol.within(cycle, last, *time);
                within.is_some_and(|_| *time >= begun + protocol.period() - ROUNDING * *time)
            };
            if let Some(repeated) = &mut repeated
                && left.peek().is_none_or(|time| ends(time) || **time > begun + protocol.period())
            {
                let booked = repeated.booked(block.lane(0));
                repeated.apply(block);
                while left.next_if(|time| ends(time)).is_some() {
                    each(Reached::Sample, block);
                }
                self.quench(follow, last, block);
                each(Reached::Cycle { cycle: cycle as usize, booked: &booked }, block);
                continue;
            }
            for (segment, stage) in protocol.stages().iter().enumerate() {
                let mut now = 0.0;
                while let Some(until) = left.peek().and_then(|time| protocol.within(cycle, segment, **time)) {
                    left.next();
                    advance(&self.operators, stage, [now, until], follow, block)?;
                    each(Reached::Sample, block);
                    now = until;
                }
                advance(&self.operators, stage, [now, stage.duration], follow, block)?;
                self.quench(follow, segment, block);
                each(Reached::End { segment, cycle: cycle as usize }, block);
            }
        }
        Ok(())
    }

    /// The quench at the end of a segment, where there is one.
    fn quench(&self, follow: Follow, segment: usize, block: &mut Block) {
        let stages = self.protocol.stages();
        let units = self.protocol.units();
        let Some(next) = self.protocol.after(segment) else { return };
        let (before, after) = (stages[segment].frequency.last(), next.frequency.first());
        let tilted = match follow {
            Follow::Work { temperature, .. } => units.energy_over_temperature(after - before, temperature),
            _ => 0.0,
        };
        self.operators.quench(follow, units.quantum(after) - units.quantum(before), tilted, block);
    }
}

/// Where a block is that goes through a protocol.
enum Reached<'a> {
    /// At a time that was asked for.
    Sample,
    /// At the end of a cycle that was gone through as a whole, and what was booked in it by segment and entry.
    Cycle { cycle: usize, booked: &'a [Vec<f64>] },
    /// At the end of a segment, after the quench if there is one.
    End { segment: usize, cycle: usize },
}

fn affordable(states: i64, limit: i64, road: &'static str) -> Result<(), NotAffordable> {
    if states > limit { Err(NotAffordable::Levels { states, limit, road }) } else { Ok(()) }
}
