//! The ranks of an MPI job: rank 0 runs the campaign, computes, hands out parts and writes what comes back; the others
//! compute. Nothing is reduced on the way: parts are folded from the disk in the order of the plan, as ever.

use mpi::Threading;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Destination, Source};

use super::compute::{News, Tally, compute};
use super::error::RunError;
use super::helpers::{Deliver, Helpers};
use super::options::RunOptions;
use crate::plan::{Part, Plan};
use crate::scenario::Scenario;
use crate::store::encode;
use crate::trajectory::Interrupt;

/// What a rank says first: that it is free, that a part follows, or that it was asked to stop.
const FREE: u64 = 0;
const DONE: u64 = 1;
const LEAVING: u64 = 2;
/// Words before the bytes of a part: what it says, the part, its jumps.
const HEADER: usize = 5;

/// The processes that one `mpirun` started.
pub struct Ranks {
    world: SimpleCommunicator,
    /// Ranks that have not been told that there is no more.
    helpers: i32,
    /// Ends MPI when it is dropped.
    _universe: Universe,
}

impl Ranks {
    /// Joins the job; `None` where this process is alone.
    #[must_use]
    pub fn join() -> Option<Self> {
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)?;
        let world = universe.world();
        (world.size() > 1).then(|| Ranks { helpers: world.size() - 1, world, _universe: universe })
    }

    /// Whether this is rank 0, which runs the campaign.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.world.rank() == 0
    }

    /// Computes parts for rank 0 until it has no more.
    ///
    /// # Errors
    /// Threads that cannot be started.
    pub fn help(&self, scenario: &Scenario, options: &RunOptions) -> Result<(), RunError> {
        let plan = Plan::new(&scenario.points);
        let tallies: Vec<Tally> = scenario.points.iter().map(|_| Tally::default()).collect();
        let leader = self.world.process_at_rank(0);
        let mut message = header([FREE, 0, 0, 0, 0]);
        loop {
            leader.send(&message[..]);
            let (answer, _) = leader.receive_vec::<u64>();
            let [point, first, count] = answer[..] else { return Ok(()) };
            let part = Part { point: point as usize, first, count };
            message = header([LEAVING, 0, 0, 0, 0]);
            let parts = std::iter::once(part);
            let how = (&options.stop, tallies.as_slice());
            let computed = compute(&plan, parts, Vec::new(), options.threads, how, |news| {
                if let News::Part(part, result) = news {
                    let of = &scenario.points[part.point];
                    message = header([DONE, point, first, count, result.averages.ensemble.jumps]);
                    message.extend(encode(of, part, &result));
                }
                Ok::<(), RunError>(())
            });
            if let Err(error) = computed {
                // Rank 0 must not wait for this one.
                leader.send(&header([LEAVING, 0, 0, 0, 0])[..]);
                leader.receive_vec::<u64>();
                return Err(error);
            }
        }
    }
}

fn header(words: [u64; HEADER]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

impl Helpers for Ranks {
    fn at_work(&self) -> bool {
        self.helpers > 0
    }

    fn serve(
        &mut self,
        stop: &Interrupt,
        take: &mut dyn FnMut() -> Option<Part>,
        done: Deliver,
    ) -> Result<(), RunError> {
        let mut result = Ok(());
        while let Some(status) = self.world.any_process().immediate_probe() {
            let rank = self.world.process_at_rank(status.source_rank());
            let (message, _) = rank.receive_vec::<u8>();
            let word = |at: usize| message[8 * at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            match word(0) {
                LEAVING => stop.set(),
                DONE if result.is_ok() => {
                    let part = Part { point: word(1) as usize, first: word(2), count: word(3) };
                    result = done(part, word(4), &message[8 * HEADER..]);
                }
                _ => {}
            }
            let next = if stop.is_set() || result.is_err() { None } else { take() };
            match next {
                Some(part) => rank.send(&[part.point as u64, part.first, part.count][..]),
                None => {
                    rank.send(&[0_u64; 0][..]);
                    self.helpers -= 1;
                }
            }
        }
        result
    }
}
