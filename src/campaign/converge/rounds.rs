//! Rounds of preset sizes, a task for each group of a jackknife, until the stop rule or a budget ends them. Pieces of
//! them that are kept are not computed again.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use rayon::ThreadPool;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::compute::lock;
use super::super::error::RunError;
use super::super::in_order::InOrder;
use super::super::meter::Pace;
use crate::scenario::{Budget, Point};
use crate::statistics::{Estimate, GROUPS, Judgement, Merge, Replicas, StopRule, Stopped, Target, sizes};
use crate::store::{Claim, Gaps, GroupState, Piece, Progress, RoundPart, Shelf, Taken, Within};
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
    fn run(&self, numbers: &mut dyn Iterator<Item = u64>, interrupt: &Interrupt) -> GroupState<Self::Sums>;

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

/// What rounds are of, what ends them, and where they are kept. Which engine makes the trajectories is asked once for each
/// group of them.
pub struct Rounds<'a, S> {
    pub sampler: &'a dyn Sampler<Sums = S>,
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

impl<S: Merge + Clone + Serialize + DeserializeOwned + Send> Rounds<'_, S> {
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
        surprise: impl Fn(&Replicas, &[S]) -> Option<f64>,
    ) -> Result<Ended<S>, RunError> {
        if let Some(Gaps::Bring(part, _)) = self.place.2.map(|shelf| &shelf.gaps) {
            return self.bring(&part.piece).map(|()| Ended::Nothing);
        }
        let cap = self.budget.trajectories.map_or(u64::MAX, |most| most / GROUPS * GROUPS);
        let (mut replicas, sums) = self.sampler.empty();
        let mut groups = vec![sums; GROUPS as usize];
        let mut shown = Pace::default();
        for size in sizes() {
            let size = size.min(cap);
            let before = (replicas.clone(), groups.clone());
            let standing = |trajectories, current: &Replicas, judgement: &Judgement| Standing {
                trajectories,
                of: size,
                jumps: spent + current.jumps,
                current: judgement.estimate,
                within: self.within(judgement),
            };
            let mut show = |trajectories, current: &Replicas| {
                if shown.due(Progress::EVERY) {
                    progress(&standing(trajectories, current, &self.rule.judge(current)));
                }
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
            progress(&standing(replicas.count(), &replicas, &judgement));
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
        if piece.protocol != self.key {
            return Err(RunError::NoPart(format!("it has no {}", piece.name())));
        }
        let (replicas, sums) = self.sampler.empty();
        let (mut replicas, mut groups) = (replicas, vec![sums; GROUPS as usize]);
        // Nobody looks at this fold: what counts is what is kept.
        let mut fold =
            Fold { replicas: &mut replicas, groups: &mut groups, seen: &mut |_, _| {}, done: InOrder::new() };
        self.compute(vec![piece], &piece.trajectories, &mut fold).map(|_| ())
    }

    /// The pieces of a round.
    fn pieces(&self, trajectories: &Range<u64>) -> Vec<Piece> {
        Piece::of_round(self.key, trajectories, self.sampler.work()).collect()
    }

    /// Adds trajectories up to this number: what is kept, and what is not, group by group. False where it was stopped, or
    /// left to others, and the round is not whole.
    fn round(
        &self,
        size: u64,
        replicas: &mut Replicas,
        groups: &mut [S],
        seen: &mut dyn FnMut(u64, &Replicas),
    ) -> Result<bool, RunError> {
        let (_, stop, shelf) = self.place;
        let trajectories = replicas.count() / GROUPS..size / GROUPS;
        let pieces = self.pieces(&trajectories);
        let mut fold = Fold { replicas, groups, seen, done: InOrder::new() };
        let (mut missing, mut last): (Vec<&Piece>, _) = (pieces.iter().collect(), usize::MAX);
        loop {
            missing = self.read(missing, &mut fold)?;
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
            if missing.len() == last {
                // Others have all in hand that is left.
                if stop.is_set() || !shelf.is_some_and(Shelf::waits) {
                    return Ok(false);
                }
                std::thread::sleep(ASKED);
            }
            last = missing.len();
            let Some(theirs) = self.compute(missing, &trajectories, &mut fold)? else { return Ok(false) };
            missing = theirs;
        }
    }

    /// Folds the pieces that are kept, and gives back the others.
    fn read<'p>(&self, pieces: Vec<&'p Piece>, fold: &mut Fold<S>) -> Result<Vec<&'p Piece>, RunError> {
        let mut missing = Vec::new();
        for piece in pieces {
            let read = |shelf: &Shelf| shelf.read(self.sampler.point(), piece, self.layout);
            match self.place.2.map(read).transpose()?.flatten() {
                Some(states) => piece.groups.clone().zip(states).for_each(|(group, state)| fold.take(group, state)),
                None => missing.push(piece),
            }
        }
        Ok(missing)
    }

    /// Computes pieces and keeps them, a group to a thread at a time, and gives back those that others have in hand;
    /// `None` where it was stopped.
    fn compute<'p>(
        &self,
        mut missing: Vec<&'p Piece>,
        trajectories: &Range<u64>,
        fold: &mut Fold<S>,
    ) -> Result<Option<Vec<&'p Piece>>, RunError> {
        let (pool, stop, shelf) = self.place;
        // Set where the run is stopped, or what is done cannot be kept.
        let ended = stop.inner();
        let of = missing.len();
        if let Some(shelf) = shelf {
            shelf.in_order(&mut missing);
        }
        let groups: u64 = missing.iter().map(|piece| piece.groups.end - piece.groups.start).sum();
        let in_hand =
            Mutex::new(InHand { point: self.sampler.point(), shelf, missing, taken: Vec::new(), theirs: Vec::new() });
        let threads = pool.current_num_threads().min(groups as usize);
        let written = pool.in_place_scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for _ in 0..threads {
                let (sender, trajectories, ended, in_hand) = (sender.clone(), trajectories.clone(), &ended, &in_hand);
                scope.spawn(move |_| {
                    // A function of its own, as a lock in the condition would be held while the group is computed.
                    let next = || lock(in_hand).next();
                    while !ended.is_set()
                        && let Some((piece, group)) = next()
                    {
                        let mut numbers = trajectories.clone().map(|k| self.first + k * GROUPS + group);
                        // Nobody listens any more where another task has panicked.
                        let _ = sender.send((piece, group, self.sampler.run(&mut numbers, ended)));
                    }
                });
            }
            drop(sender);
            let kept = self.keep(&in_hand, &receiver, fold);
            if kept.is_err() {
                ended.set();
            }
            kept
        })?;
        let theirs = in_hand.into_inner().unwrap_or_else(PoisonError::into_inner).theirs;
        Ok((written + theirs.len() == of).then_some(theirs))
    }

    /// Writes each piece when its groups are there, and folds them. Says how many were written.
    fn keep(
        &self,
        in_hand: &Mutex<InHand<'_, '_>>,
        receiver: &mpsc::Receiver<(usize, u64, GroupState<S>)>,
        fold: &mut Fold<S>,
    ) -> Result<usize, RunError> {
        let mut waiting: HashMap<usize, Groups<S>> = HashMap::new();
        let mut written = 0;
        for (at, group, state) in receiver {
            let piece = lock(in_hand).taken[at].piece;
            let asked = piece.trajectories.end - piece.trajectories.start;
            // A group that was stopped is cut short, and dropped.
            if state.0.count() < asked {
                continue;
            }
            let states = waiting.entry(at).or_default();
            states.push((group, state));
            if states.len() as u64 == piece.groups.end - piece.groups.start {
                let mut states = waiting.remove(&at).unwrap_or_default();
                states.sort_by_key(|(group, _)| *group);
                if let Some(shelf) = self.place.2 {
                    let states: Vec<&GroupState<S>> = states.iter().map(|(_, state)| state).collect();
                    shelf.write(self.sampler.point(), piece, self.layout, &states)?;
                }
                lock(in_hand).taken[at].claim = None;
                written += 1;
                states.into_iter().for_each(|(group, state)| fold.take(group, state));
            }
        }
        Ok(written)
    }
}

/// Groups of a piece that are done, by their numbers.
type Groups<S> = Vec<(u64, GroupState<S>)>;

/// How often it is looked after what others have in hand.
const ASKED: Duration = Duration::from_millis(50);

/// The pieces of a round that a process has in hand, and is yet to take.
struct InHand<'a, 'p> {
    point: &'a Point,
    shelf: Option<&'a Shelf<'a>>,
    missing: Vec<&'p Piece>,
    taken: Vec<PieceInHand<'p>>,
    /// What others have in hand, or have brought since.
    theirs: Vec<&'p Piece>,
}

struct PieceInHand<'p> {
    piece: &'p Piece,
    groups: Range<u64>,
    claim: Option<Claim>,
}

impl InHand<'_, '_> {
    /// The next group to compute, and of which piece in hand.
    fn next(&mut self) -> Option<(usize, u64)> {
        loop {
            if let Some(group) = self.taken.last_mut().and_then(|last| last.groups.next()) {
                return Some((self.taken.len() - 1, group));
            }
            if self.missing.is_empty() {
                return None;
            }
            let piece = self.missing.remove(0);
            let claim = match self.shelf.and_then(|shelf| shelf.take(self.point, piece)) {
                Some(Taken::There | Taken::Theirs) => {
                    self.theirs.push(piece);
                    continue;
                }
                Some(Taken::Mine(claim)) => Some(claim),
                None => None,
            };
            self.taken.push(PieceInHand { piece, groups: piece.groups.clone(), claim });
        }
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

#[cfg(test)]
mod tests {
    use std::sync::Condvar;

    use super::*;
    use crate::scenario::{Overrides, Purpose, Scenario};
    use crate::statistics::{Evidence, Sums};

    /// Groups that wait until there is another beside them, and give up once.
    struct Company {
        scenario: Scenario,
        here: Mutex<(usize, bool)>,
        came: Condvar,
    }

    impl Sampler for Company {
        type Sums = Sums;

        fn point(&self) -> &Point {
            &self.scenario.points[0]
        }

        fn empty(&self) -> GroupState {
            (Replicas::new(1, 0, 1), Sums::default())
        }

        fn run(&self, _: &mut dyn Iterator<Item = u64>, interrupt: &Interrupt) -> GroupState {
            let mut here = lock(&self.here);
            here.0 += 1;
            self.came.notify_all();
            let alone = |(groups, _): &mut (usize, bool)| *groups < 2;
            here = self.came.wait_timeout_while(here, Duration::from_secs(60), alone).unwrap().0;
            here.1 = here.0 > 1;
            interrupt.set();
            self.empty()
        }

        fn work(&self) -> f64 {
            1.0
        }
    }

    #[test]
    fn groups_of_a_round_are_computed_side_by_side() {
        let text = "[qubits]\nnumber = 2\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 1.0\n\
            [initial]\nstate = \"ground\"\n[evolution]\nuntil = 1.0\ntrajectories = 1";
        let scenario = Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default()).unwrap();
        let company = Company { scenario, here: Mutex::default(), came: Condvar::new() };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let (stop, budget) = (Interrupt::default(), Budget::default());
        let rule = StopRule {
            target: Target::Relative(0.01),
            confidence: 0.95,
            bath: 0,
            estimators: Vec::new(),
            relaxation_time: 1.0,
            stretch: 1.0,
            conserved: false,
            evidence: Evidence::Quanta,
            bound: None,
        };
        let place = (&pool, &stop, None);
        let rounds = Rounds { sampler: &company, budget: &budget, rule: &rule, first: 0, key: 0, layout: 0, place };
        let pieces = rounds.pieces(&(0..1));
        let (mut replicas, sums) = company.empty();
        let mut groups = vec![sums; GROUPS as usize];
        let mut seen = |_: u64, _: &Replicas| {};
        let mut fold = Fold { replicas: &mut replicas, groups: &mut groups, seen: &mut seen, done: InOrder::new() };
        rounds.compute(pieces.iter().collect(), &(0..1), &mut fold).unwrap();
        assert!(lock(&company.here).1);
    }
}
