//! What is missing in a folder, computed by processes that do not see it: one that does takes it in hand for them, as a
//! worker beside others, and keeps the bytes that come back.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use rayon::ThreadPool;
use serde::{Deserialize, Serialize};

use super::compute::Next;
use super::converge::{Relaxation, ready};
use super::error::RunError;
use super::meter::Pace;
use super::missing::{ASKED, Missing, Order};
use super::workshop::{compute_part, compute_round, put, put_round, rounds_of};
use crate::plan::{Part, Plan};
use crate::scenario::{Asked, Converge, Point, Scenario};
use crate::store::{Claim, Folder, RoundPart, Taken};
use crate::trajectory::Interrupt;

/// What is computed elsewhere, at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Errand {
    /// Of a transient.
    Part(Part),
    /// Of a steady state.
    Round(RoundPart),
}

impl Errand {
    /// The bytes of its file; `None` where it was stopped.
    pub fn compute(&self, scenario: &Scenario, threads: usize, stop: &Interrupt) -> Result<Option<Vec<u8>>, RunError> {
        match self {
            Errand::Part(part) => compute_part(scenario, *part, threads, stop),
            Errand::Round(part) => compute_round(scenario, part, threads, stop),
        }
    }

    /// Its trajectories.
    pub fn trajectories(&self) -> u64 {
        match self {
            Errand::Part(part) => part.count,
            Errand::Round(part) => part.trajectories(),
        }
    }
}

/// What is missing in a folder, to be handed out.
pub struct Errands<'a> {
    scenario: &'a Scenario,
    folder: &'a Folder,
    stop: &'a Interrupt,
    left: Left<'a>,
}

enum Left<'a> {
    Parts(Missing<'a>),
    Rounds(Rounds<'a>),
}

/// The rounds that points are at, one point after the other.
struct Rounds<'a> {
    pool: ThreadPool,
    /// Points that are not through yet, with how slowly they relax, once that was asked.
    points: VecDeque<(&'a Point, &'a Converge, Option<Relaxation>)>,
    /// What is missing of the round of the point that was looked at last.
    pieces: Vec<RoundPart>,
    claims: HashMap<(usize, String), Claim>,
    /// Points in a row that had nothing to hand out, how long it took to see that, and when all had none.
    barren: usize,
    looking: Duration,
    asked: Pace,
}

/// Looking for what can be handed out, where there was nothing, takes no more than this share of the time.
const LOOKING: u32 = 20;

impl<'a> Errands<'a> {
    /// What is missing of a scenario, of which this is the plan.
    pub fn new(
        (scenario, plan): (&'a Scenario, &'a Plan<'a>),
        folder: &'a Folder,
        stop: &'a Interrupt,
    ) -> Result<Self, RunError> {
        let converge = |point: &'a Point| match &point.asked {
            Asked::Converge(asked) => Some((point, asked, None)),
            _ => None,
        };
        let points: VecDeque<_> = scenario.points.iter().filter_map(converge).collect();
        let left = if points.is_empty() {
            Left::Parts(Missing::new(plan, folder, folder.present()?, Order::Own))
        } else {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
            let (pieces, claims, looking, asked) = (Vec::new(), HashMap::new(), Duration::ZERO, Pace::default());
            Left::Rounds(Rounds { pool, points, pieces, claims, barren: 0, looking, asked })
        };
        Ok(Errands { scenario, folder, stop, left })
    }

    /// The next one, where there is one now that nobody has in hand.
    pub fn next(&mut self) -> Result<Option<Errand>, RunError> {
        if self.stop.is_set() {
            return Ok(None);
        }
        match &mut self.left {
            Left::Parts(missing) => match missing.take() {
                Next::Part(part) => Ok(Some(Errand::Part(part))),
                Next::Wait | Next::End => Ok(None),
            },
            Left::Rounds(rounds) => Ok(rounds.next(self.scenario, self.folder, self.stop)?.map(Errand::Round)),
        }
    }

    /// Keeps what one came to.
    pub fn bring(&mut self, errand: &Errand, bytes: &[u8]) -> Result<(), RunError> {
        let other = || RunError::NoPart("it is another than was asked for".to_owned());
        match (errand, &mut self.left) {
            (Errand::Part(part), Left::Parts(missing)) => {
                let brought = put(self.folder, self.scenario, bytes)?;
                missing.written(*part);
                // Points of the same physics share parts.
                let same = (part.first, part.count) == (brought.first, brought.count);
                same.then_some(()).ok_or_else(other)
            }
            (Errand::Round(part), Left::Rounds(rounds)) => {
                let brought = put_round(self.folder, self.scenario, bytes)?;
                rounds.claims.remove(&(part.point, part.name()));
                (brought == part.name()).then_some(()).ok_or_else(other)
            }
            _ => Err(other()),
        }
    }

    /// Gives one up: it, or what others make of it, is there later.
    pub fn give_up(&mut self, errand: &Errand) {
        match (errand, &mut self.left) {
            (Errand::Part(part), Left::Parts(missing)) => missing.dropped(*part),
            (Errand::Round(part), Left::Rounds(rounds)) => drop(rounds.claims.remove(&(part.point, part.name()))),
            _ => {}
        }
    }
}

impl<'a> Rounds<'a> {
    fn next(&mut self, scenario: &Scenario, folder: &Folder, stop: &Interrupt) -> Result<Option<RoundPart>, RunError> {
        loop {
            while let Some(part) = self.pieces.pop() {
                if let Taken::Mine(claim) = folder.take_piece(&scenario.points[part.point], &part.piece) {
                    self.claims.insert((part.point, part.name()), claim);
                    (self.barren, self.looking) = (0, Duration::ZERO);
                    return Ok(Some(part));
                }
            }
            // All that there is to do is with others.
            if self.barren >= self.points.len() {
                if !self.asked.due(ASKED.max(LOOKING * self.looking)) {
                    return Ok(None);
                }
                (self.barren, self.looking) = (0, Duration::ZERO);
            }
            let Some((point, asked, relaxation)) = self.points.pop_front() else { return Ok(None) };
            let begun = Instant::now();
            let relaxation = if relaxation.is_some() { relaxation } else { ready((point, asked), stop)? };
            if let Some(known) = relaxation {
                self.pieces = rounds_of(folder, (point, asked), known, (&self.pool, stop))?;
            }
            (self.barren, self.looking) = (self.barren + 1, self.looking + begun.elapsed());
            if stop.is_set() {
                return Ok(None);
            }
            if !self.pieces.is_empty() {
                self.points.push_back((point, asked, relaxation));
            }
        }
    }
}
