//! The ranks of an MPI job: rank 0 runs the campaign, the others work in the same folder, as processes that were started by
//! any other means do. Nothing is sent between them but that they have ended.

use std::cell::Cell;

use mpi::Threading;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Root};

use crate::plan::Shard;

/// The processes that one `mpirun` started.
pub struct Ranks {
    world: SimpleCommunicator,
    begun: Cell<bool>,
    /// Ends MPI when it is dropped.
    _universe: Universe,
}

impl Ranks {
    /// Joins the job; `None` where this process is alone.
    #[must_use]
    pub fn join() -> Option<Self> {
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)?;
        let world = universe.world();
        (world.size() > 1).then(|| Ranks { world, begun: Cell::new(false), _universe: universe })
    }

    /// Whether this is rank 0, which runs the campaign.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.world.rank() == 0
    }

    /// Where this rank begins.
    #[must_use]
    pub fn share(&self) -> Shard {
        Shard { index: self.world.rank() as u64 + 1, of: self.world.size() as u64 }
    }

    /// Waits for rank 0 to say whether there is work, and says so where this is rank 0; the first time alone.
    pub fn begin_once(&self, work: bool) -> bool {
        let mut work = work;
        if !self.begun.replace(true) {
            self.world.process_at_rank(0).broadcast_into(&mut work);
        }
        work
    }
}
