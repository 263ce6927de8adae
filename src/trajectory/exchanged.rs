//! How many quanta a trajectory exchanged with every bath.

use serde::{Deserialize, Serialize};

use super::Jump;
use crate::bath::Process;

const AWAITED: usize = 3;
const NOTHING: [u64; 4] = [0, 0, 0, u64::MAX];

/// Jumps by bath and process. Counting one takes no branch: whether a jump emits or absorbs cannot be predicted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanged {
    /// By bath, then by process in the order of [`Process`]; last, the count of emissions that is waited for.
    counts: Vec<[u64; 4]>,
}

impl Exchanged {
    /// Nothing yet, for so many baths.
    #[must_use]
    pub fn new(baths: usize) -> Self {
        Exchanged { counts: vec![NOTHING; baths] }
    }

    /// Starts from zero.
    pub fn clear(&mut self) {
        self.counts.fill(NOTHING);
    }

    /// Counts one jump, and tells whether the last emission into its bath is the one that is waited for: seldom so, which
    /// can be predicted.
    #[inline]
    pub fn add(&mut self, jump: Jump) -> bool {
        let counts = &mut self.counts[jump.bath];
        counts[jump.process as usize] += 1;
        counts[Process::Emission as usize] == counts[AWAITED]
    }

    /// Waits for the emission into a bath of this number, from 1.
    pub fn wait_for(&mut self, bath: usize, emission: u64) {
        self.counts[bath][AWAITED] = emission;
    }

    /// Adds the counts of other qubits with the same baths.
    pub fn merge(&mut self, other: &Exchanged) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            mine[..AWAITED].iter_mut().zip(&theirs[..AWAITED]).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// How many baths there are.
    #[must_use]
    pub fn baths(&self) -> usize {
        self.counts.len()
    }

    /// Quanta emitted into a bath.
    #[must_use]
    #[inline]
    pub fn emitted(&self, bath: usize) -> u64 {
        self.counts[bath][Process::Emission as usize]
    }

    /// Quanta absorbed from a bath.
    #[must_use]
    #[inline]
    pub fn absorbed(&self, bath: usize) -> u64 {
        self.counts[bath][Process::Absorption as usize]
    }

    /// Jumps of one process of a bath.
    #[must_use]
    #[inline]
    pub fn of(&self, bath: usize, process: Process) -> u64 {
        self.counts[bath][process as usize]
    }

    /// Net quanta absorbed from a bath.
    #[must_use]
    #[inline]
    pub fn net(&self, bath: usize) -> i64 {
        self.absorbed(bath) as i64 - self.emitted(bath) as i64
    }

    /// Jumps of all kinds, as the engine draws them: how often dephasing jumps is a matter of the unravelling.
    #[must_use]
    pub fn jumps(&self) -> u64 {
        (0..self.baths()).map(|bath| self.jumps_of(bath)).sum()
    }

    /// Jumps of all kinds by one bath.
    #[must_use]
    pub fn jumps_of(&self, bath: usize) -> u64 {
        self.counts[bath][..AWAITED].iter().sum()
    }

    /// Quanta emitted and absorbed, over all baths: of the same law whatever the engine.
    #[must_use]
    pub fn quanta(&self) -> u64 {
        (0..self.baths()).map(|bath| self.emitted(bath) + self.absorbed(bath)).sum()
    }

    /// Quanta emitted into all baths.
    #[must_use]
    pub fn photons(&self) -> u64 {
        (0..self.baths()).map(|bath| self.emitted(bath)).sum()
    }
}
