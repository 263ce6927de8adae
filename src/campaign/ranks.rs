//! The ranks of an MPI job: rank 0 runs the campaign. The others work in the same folder, as processes that were started by
//! any other means do, and nothing is sent between them; or they do not see it, and send rank 0 what they have computed.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mpi::environment::Universe;
use mpi::point_to_point::{Destination, MatchedReceiveVec, Source};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Root};
use mpi::{Count, Rank, Tag, Threading};

use super::errands::{Errand, Errands};
use super::error::RunError;
use super::meter::Pace;
use super::open::open;
use super::options::{Event, Outcome, RunOptions};
use super::run::{run, work};
use crate::plan::{Plan, Shard};
use crate::scenario::Scenario;
use crate::store::{Live, Progress, Role, State};
use crate::trajectory::Interrupt;

/// How ranks share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// In a folder that all of them see.
    Folder,
    /// Rank 0 alone sees the folder: it hands out what is missing, and writes what comes back.
    Gathered,
}

/// The processes that one `mpirun` started.
pub struct Ranks {
    world: SimpleCommunicator,
    sharing: Sharing,
    /// Of rank 0: whether it has told the others all that they wait for.
    told: Cell<bool>,
    /// Ends MPI when it is dropped.
    _universe: Universe,
}

/// How often it is looked for messages: a wait within MPI would keep a core busy.
const LOOK: Duration = Duration::from_millis(1);

/// From a rank: it has so many threads, and nothing to do.
const READY: Tag = 1;
/// To a rank: compute this.
const ERRAND: Tag = 2;
/// From a rank: the bytes that came of it; none where it was stopped, and takes no more.
const BROUGHT: Tag = 3;
/// From a rank: in words, why it cannot.
const FAILED: Tag = 4;
/// To a rank: drop what is in hand. From a rank: this is its last message.
const END: Tag = 5;

impl Ranks {
    /// Joins the job; `None` where this process is alone. Rank 0 is then to [`Ranks::lead`], the others to
    /// [`Ranks::follow`].
    #[must_use]
    pub fn join(sharing: Sharing) -> Option<Self> {
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)?;
        let world = universe.world();
        (world.size() > 1).then(|| Ranks { world, sharing, told: Cell::new(false), _universe: universe })
    }

    /// Whether this is rank 0, which runs the campaign.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.world.rank() == 0
    }

    /// Runs the campaign as rank 0, with what the others do of it.
    ///
    /// # Errors
    /// As [`fn@run`], and another rank that failed.
    pub fn lead(
        &self,
        scenario: &Scenario,
        options: &RunOptions,
        report: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Outcome, RunError> {
        match self.sharing {
            Sharing::Folder => run(scenario, options, &mut |event| {
                // The folder is there, and this rank's.
                if !self.told.replace(true) {
                    self.tell_whether_to_work(true);
                }
                report(event);
            }),
            Sharing::Gathered => self.gather(scenario, options, report),
        }
    }

    /// Does a share of the work, as any other rank.
    ///
    /// # Errors
    /// As [`fn@work`].
    pub fn follow(&self, scenario: &Scenario, options: &RunOptions) -> Result<(), RunError> {
        match self.sharing {
            Sharing::Folder => {
                if self.tell_whether_to_work(false) {
                    let shard = Shard { index: self.world.rank() as u64 + 1, of: self.world.size() as u64 };
                    let options = RunOptions { fresh: false, shard: Some(shard), ..options.clone() };
                    work(scenario, &options, &mut |_| {})?;
                }
                Ok(())
            }
            Sharing::Gathered => self.run_errands(scenario, options),
        }
    }

    /// What rank 0 says to all.
    fn tell_whether_to_work(&self, mut work: bool) -> bool {
        self.world.process_at_rank(0).broadcast_into(&mut work);
        work
    }

    /// Runs the campaign on other threads, as only this one may speak to other ranks, for which it hands out errands.
    fn gather(
        &self,
        scenario: &Scenario,
        options: &RunOptions,
        report: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Outcome, RunError> {
        let begun = AtomicBool::new(false);
        thread::scope(|scope| {
            let running = scope.spawn(|| {
                run(scenario, options, &mut |event| {
                    // What is noticed before says nothing of the folder.
                    begun.fetch_or(!matches!(event, Event::Notice(_)), Ordering::Relaxed);
                    report(event);
                })
            });
            while !begun.load(Ordering::Relaxed) && !running.is_finished() {
                thread::sleep(LOOK);
            }
            let handed_out = if running.is_finished() {
                Ok(())
            } else {
                self.hand_out(scenario, options, &|| running.is_finished())
            };
            if handed_out.is_err() {
                options.stop.set();
            }
            self.release();
            let outcome = running.join().unwrap_or_else(|panic| resume_unwind(panic));
            handed_out.and(outcome)
        })
    }

    /// Hands out what is missing in the folder to ranks that have nothing to do, and keeps what they bring.
    fn hand_out(&self, scenario: &Scenario, options: &RunOptions, over: &dyn Fn() -> bool) -> Result<(), RunError> {
        let (plan, begun) = (Plan::new(&scenario.points), Instant::now());
        let folder = open(&options.output, scenario, Role::Work, &mut |_| {})?;
        let mut errands = Errands::new((scenario, &plan), &folder, &options.stop)?;
        let (mut idle, mut in_hand) = (Vec::new(), HashMap::new());
        let (mut threads, mut parts, mut trajectories) = (0, 0, 0);
        let mut told = Pace::default();
        while !over() {
            let heard = self.hear();
            let silence = heard.is_none();
            if let Some((rank, tag, bytes)) = heard {
                match (tag, in_hand.remove(&rank)) {
                    (READY, _) => threads += bytes.try_into().map_or(1, u64::from_le_bytes) as usize,
                    (BROUGHT, Some(errand)) if bytes.is_empty() => {
                        errands.give_up(&errand);
                        continue;
                    }
                    (BROUGHT, Some(errand)) => {
                        let other = |error: RunError| RunError::Rank { rank, why: error.to_string() };
                        errands.bring(&errand, &bytes).map_err(|error| match error {
                            RunError::NoPart(_) => other(error),
                            error => error,
                        })?;
                        (parts, trajectories) = (parts + 1, trajectories + errand.trajectories());
                    }
                    _ => return Err(RunError::Rank { rank, why: String::from_utf8_lossy(&bytes).into_owned() }),
                }
                idle.push(rank);
            }
            while let Some(rank) = idle.last()
                && let Some(errand) = errands.next()?
            {
                let bytes = postcard::to_stdvec(&errand).expect("numbers and lists of known length");
                self.world.process_at_rank(*rank).send_with_tag(&bytes[..], ERRAND);
                in_hand.insert(*rank, errand);
                idle.pop();
            }
            if told.due(Live::EVERY) {
                let state = if in_hand.is_empty() { State::Waiting } else { State::Computing };
                let of = trajectories + in_hand.values().map(Errand::trajectories).sum::<u64>();
                let seconds = begun.elapsed().as_secs_f64();
                let progress = Progress { trajectories, of, parts, seconds, ..Progress::default() };
                folder.leave_word(&Live::now(None, threads, state, &progress));
            }
            if silence {
                thread::sleep(LOOK);
            }
        }
        Ok(())
    }

    /// Keeps the others waiting no longer.
    fn release(&self) {
        if self.told.replace(true) {
            return;
        }
        match self.sharing {
            Sharing::Folder => drop(self.tell_whether_to_work(false)),
            Sharing::Gathered => self.dismiss(),
        }
    }

    /// Sends all other ranks away, and hears them out.
    fn dismiss(&self) {
        let others = self.world.size() - 1;
        for rank in 1..=others {
            self.world.process_at_rank(rank).send_with_tag(&[0_u8; 0][..], END);
        }
        let mut gone = 0;
        while gone < others {
            match self.hear() {
                Some((_, tag, _)) => gone += Count::from(tag == END),
                None => thread::sleep(LOOK),
            }
        }
    }

    /// Computes what rank 0 asks for, until it asks for no more.
    fn run_errands(&self, scenario: &Scenario, options: &RunOptions) -> Result<(), RunError> {
        let leader = self.world.process_at_rank(0);
        let stop = options.stop.inner();
        let mut result = Ok(());
        leader.send_with_tag(&(options.threads as u64).to_le_bytes()[..], READY);
        loop {
            let Some((_, tag, bytes)) = self.hear() else {
                thread::sleep(LOOK);
                continue;
            };
            if tag == END {
                break;
            }
            match self.run_errand(&bytes, scenario, options.threads, &stop) {
                Ok(brought) => leader.send_with_tag(&brought.unwrap_or_default()[..], BROUGHT),
                Err(error) => {
                    leader.send_with_tag(error.to_string().as_bytes(), FAILED);
                    result = Err(error);
                }
            }
        }
        leader.send_with_tag(&[0_u8; 0][..], END);
        result
    }

    /// The bytes that an errand comes to; `None` where it was stopped, here or by rank 0.
    fn run_errand(
        &self,
        bytes: &[u8],
        scenario: &Scenario,
        threads: usize,
        stop: &Interrupt,
    ) -> Result<Option<Vec<u8>>, RunError> {
        let errand: Errand = postcard::from_bytes(bytes).map_err(|error| RunError::NoPart(error.to_string()))?;
        let leader = self.world.process_at_rank(0);
        thread::scope(|scope| {
            let computing = scope.spawn(|| errand.compute(scenario, threads, stop));
            while !computing.is_finished() {
                if leader.immediate_probe_with_tag(END).is_some() {
                    stop.set();
                }
                thread::sleep(LOOK);
            }
            // A rank that is lost without a word would be waited for.
            computing.join().unwrap_or_else(|_| self.world.abort(1))
        })
    }

    /// The next message that is there, of which rank and kind.
    fn hear(&self) -> Option<(Rank, Tag, Vec<u8>)> {
        let (bytes, status) = self.world.any_process().immediate_matched_probe()?.matched_receive_vec();
        Some((status.source_rank(), status.tag(), bytes))
    }
}

/// Whatever ends rank 0, the end of MPI waits for all.
impl Drop for Ranks {
    fn drop(&mut self) {
        if self.leads() {
            self.release();
        }
    }
}
