//! Rounds of preset sizes, a task for each group of a jackknife, until the stop rule or a budget ends them. Pieces of
//! them that are kept are not computed again.

use std::ops::Range;
use std::sync::{PoisonError, mpsc};
use std::time::Duration;

use rayon::ThreadPool;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::error::RunError;
use super::super::in_order::InOrder;
use crate::scenario::{Budget, Point};
use crate::statistics::{Estimate, GROUPS, Judgement, Merge, Replicas, StopRule, Stopped, Target, sizes};
use crate::store::{Gaps, GroupState, Piece, RoundPart, Shelf, Within};
use crate::trajectory::Interrupt;

/// How long pilots may take.
pub const PILOT: Duration = Duration::from_secs(1);
/// How far the autocorrelation time seen in the data may exceed an estimated relaxation time.
pub const SURPRISE: f64 = 2.0;
/// Trajectories of one attempt at a relaxation time have numbers of their own.
pub const ATTEMPT: u64 = 1 << 48;

/// What rounds are of: trajectories that are measured over a stretch of time, or of cycles.
pub trait Sampler: Sync {
    /// What is summed up beside the averages, group by group.
    type Sums: Merge + Serialize + DeserializeOwned + Send;

    /// Whose trajectories.
    fn point(&self) -> &Point;

    /// Nothing yet.
    fn empty(&self) -> GroupState<Self::Sums>;

    /// Runs trajectories of these numbers: fewer where they are interrupted, and the sums are of no use then.
    fn run(&self, numbers: impl Iterator<Item = u64>, interrupt: &Interrupt) -> GroupState<Self::Sums>;

    /// About what a trajectory takes, in jumps of the populations engine: no less.
    fn work(&self) -> f64;
}

/// Where a point stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Trajectories that are done.
    pub trajectories: u64,
    /// Those that there will be at the next look.
    pub of: u64,
    /// Jumps so far.
    pub jumps: u64,
    /// The watched current.
    pub current: Option<Estimate>,
    /// How well it is known, once that can be told.
    pub within: Option<Within>,
}

/// Where a run computes, what ends it, and where its rounds are kept.
pub type Place<'a> = (&'a ThreadPool, &'a Interrupt, Option<&'a Shelf<'a>>);

/// How an attempt ended.
pub enum Ended<S> {
    /// Slower relaxation than was assumed, and the time to go on with.
    Slower {
        time: f64,
        jumps: u64,
    },
    Done(Box<Done<S>>),
    /// Stopped before the first round was complete.
    Nothing,
}

/// The last of the rounds, and what was made of them.
pub struct Done<S> {
    pub replicas: Replicas,
    pub groups: Vec<S>,
    pub judgement: Judgement,
    pub stopped_because: Stopped,
}

/// What rounds are of, what ends them, and where they are kept.
pub struct Rounds<'a, S: Sampler> {
    pub sampler: &'a S,
    pub budget: &'a Budget,
    pub rule: &'a StopRule,
    /// The number of the first trajectory.
    pub first: u64,
    /// What its pieces are named by.
    pub key: u64,
    /// How what is kept of them is laid out.
    pub layout: u64,
    pub place: Place<'a>,
}

impl<S: Sampler> Rounds<'_, S> {
    fn within(&self, judgement: &Judgement) -> Option<Within> {
        let asked = self.rule.target;
        let reached = match asked {
            Target::Relative(_) => judgement.half_width / judgement.estimate?.mean.abs(),
            Target::Absolute(_) => judgement.half_width,
        };
        reached.is_finite().then_some(Within { reached, asked })
    }

    /// Runs rounds until there are enough, or no more are allowed; `spent` jumps were before them.
    pub fn run(
        &self,
        progress: &mut dyn FnMut(&Standing),
        too_short: Option<f64>,
        spent: u64,
        surprise: impl Fn(&Replicas, &[S::Sums]) -> Option<f64>,
    ) -> Result<Ended<S::Sums>, RunError> {
        if let Some(Gaps::Bring(part, _)) = self.place.2.map(|shelf| &shelf.gaps) {
            return self.bring(&part.piece).map(|()| Ended::Nothing);
        }
        let cap = self.budget.trajectories.map_or(u64::MAX, |most| most / GROUPS * GROUPS);
        let (mut replicas, sums) = self.sampler.empty();
        let mut groups = vec![sums; GROUPS as usize];
        for size in sizes() {
            let size = size.min(cap);
            let before = (replicas.clone(), groups.clone());
            let mut show = |replicas, current: &Replicas| {
                let judgement = self.rule.judge(current);
                progress(&Standing {
                    trajectories: replicas,
                    of: size,
                    jumps: spent + current.jumps,
                    current: judgement.estimate,
                    within: self.within(&judgement),
                });
            };
            let whole = self.round(size, &mut replicas, &mut groups, &mut show)?;
            if !whole {
                let (replicas, groups) = before;
                if replicas.count() == 0 {
                    return Ok(Ended::Nothing);
                }
                let judgement = self.rule.judge(&replicas);
                return Ok(Ended::Done(Box::new(Done {
                    replicas,
                    groups,
                    judgement,
                    stopped_because: Stopped::Interrupted,
                })));
            }
            if let Some(time) = surprise(&replicas, &groups).filter(|_| too_short.is_none()) {
                return Ok(Ended::Slower { time, jumps: replicas.jumps });
            }
            let judgement = self.rule.judge(&replicas);
            // The next size is at most twice this one.
            let next = (spent + replicas.jumps) as f64 * 1.5;
            let stopped_because = if too_short.is_some() {
                Stopped::Until
            } else if judgement.met() {
                self.rule.met_by()
            } else if size >= cap {
                Stopped::Trajectories
            } else if next > self.budget.jumps {
                Stopped::MaxJumps
            } else {
                continue;
            };
            return Ok(Ended::Done(Box::new(Done { replicas, groups, judgement, stopped_because })));
        }
        unreachable!("the sizes have no end")
    }

    /// What it takes to compute a piece elsewhere.
    fn part(&self, piece: &Piece) -> RoundPart {
        let (time, attempt) = (self.rule.relaxation_time, self.first / ATTEMPT);
        RoundPart { point: self.sampler.point().index, relaxation_time: time, attempt, piece: piece.clone() }
    }

    /// Computes one piece, unless it is stopped.
    fn bring(&self, piece: &Piece) -> Result<(), RunError> {
        if piece.protocol != self.key || piece.groups.end > GROUPS || piece.groups.is_empty() {
            return Err(RunError::NoPart(format!("it has no {}", piece.name())));
        }
        let (replicas, sums) = self.sampler.empty();
        let (mut replicas, mut groups) = (replicas, vec![sums; GROUPS as usize]);
        // Nobody looks at this fold: what counts is what is kept.
        let mut fold =
            Fold { replicas: &mut replicas, groups: &mut groups, seen: &mut |_, _| {}, done: InOrder::new() };
        self.compute(&[piece], &piece.trajectories, &mut fold).map(|_| ())
    }

    /// The pieces of a round.
    fn pieces(&self, trajectories: &Range<u64>) -> Vec<Piece> {
        Piece::of_round(self.key, trajectories, self.sampler.work()).collect()
    }

    /// Adds trajectories up to this number: what is kept, and a task for each group that is not. False where it was
    /// stopped, and the round is not whole.
    fn round(
        &self,
        size: u64,
        replicas: &mut Replicas,
        groups: &mut [S::Sums],
        seen: &mut dyn FnMut(u64, &Replicas),
    ) -> Result<bool, RunError> {
        let shelf = self.place.2;
        let trajectories = replicas.count() / GROUPS..size / GROUPS;
        let pieces = self.pieces(&trajectories);
        let mut fold = Fold { replicas, groups, seen, done: InOrder::new() };
        let mut missing = Vec::new();
        for piece in &pieces {
            let kept = shelf.map(|shelf| shelf.read(self.sampler.point(), piece, self.layout)).transpose()?.flatten();
            match kept {
                Some(states) => piece.groups.clone().zip(states).for_each(|(group, state)| fold.take(group, state)),
                None => missing.push(piece),
            }
        }
        if missing.is_empty() {
            return Ok(true);
        }
        match shelf.map(|shelf| &shelf.gaps) {
            None | Some(Gaps::Fill) => {}
            Some(Gaps::End) => return Ok(false),
            Some(Gaps::Tell(told)) => {
                let parts = missing.into_iter().map(|piece| self.part(piece));
                told.lock().unwrap_or_else(PoisonError::into_inner).extend(parts);
                return Ok(false);
            }
            Some(Gaps::Bring(..)) => unreachable!("who brings a piece runs no rounds"),
        }
        self.compute(&missing, &trajectories, &mut fold)
    }

    /// Computes pieces, a task for each group, and keeps them. False where it was stopped.
    fn compute(
        &self,
        missing: &[&Piece],
        trajectories: &Range<u64>,
        fold: &mut Fold<S::Sums>,
    ) -> Result<bool, RunError> {
        let (pool, stop, _) = self.place;
        // Set where the run is stopped, or what is done cannot be kept.
        let ended = stop.inner();
        pool.in_place_scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for group in missing.iter().flat_map(|piece| piece.groups.clone()) {
                let (sender, trajectories, ended) = (sender.clone(), trajectories.clone(), &ended);
                scope.spawn(move |_| {
                    let numbers = trajectories.map(|k| self.first + k * GROUPS + group);
                    // Nobody listens any more where another task has panicked.
                    let _ = sender.send((group, self.sampler.run(numbers, ended)));
                });
            }
            drop(sender);
            let kept = self.keep(missing, &receiver, fold);
            if kept.is_err() {
                ended.set();
            }
            kept
        })
    }

    /// Writes each piece when its groups are there, and folds them. False where they were stopped.
    fn keep(
        &self,
        missing: &[&Piece],
        receiver: &mpsc::Receiver<(u64, GroupState<S::Sums>)>,
        fold: &mut Fold<S::Sums>,
    ) -> Result<bool, RunError> {
        let mut waiting: Vec<Vec<(u64, GroupState<S::Sums>)>> = vec![Vec::new(); missing.len()];
        let mut whole = true;
        for (group, state) in receiver {
            let Some(at) = missing.iter().position(|piece| piece.groups.contains(&group)) else { continue };
            let (piece, states) = (missing[at], &mut waiting[at]);
            let asked = piece.trajectories.end - piece.trajectories.start;
            // A group that was stopped is cut short, and dropped.
            if state.0.count() < asked {
                whole = false;
                continue;
            }
            states.push((group, state));
            if states.len() as u64 == piece.groups.end - piece.groups.start {
                states.sort_by_key(|(group, _)| *group);
                if let Some(shelf) = self.place.2 {
                    let states: Vec<&GroupState<S::Sums>> = states.iter().map(|(_, state)| state).collect();
                    shelf.write(self.sampler.point(), piece, self.layout, &states)?;
                }
                states.drain(..).for_each(|(group, state)| fold.take(group, state));
            }
        }
        Ok(whole)
    }
}

/// The fold of a round, in the order of the groups, whichever is first.
struct Fold<'a, S> {
    replicas: &'a mut Replicas,
    groups: &'a mut [S],
    seen: &'a mut dyn FnMut(u64, &Replicas),
    done: InOrder<Replicas>,
}

impl<S: Merge> Fold<'_, S> {
    fn take(&mut self, group: u64, (some, sums): GroupState<S>) {
        self.groups[group as usize].merge(&sums);
        self.done.take(group, some, |some| {
            self.replicas.merge(&some);
            (self.seen)(self.replicas.count(), self.replicas);
        });
    }
}
