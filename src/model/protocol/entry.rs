//! What is booked of a path under a protocol.

use crate::bath::Process;

/// What a path adds up. Energies are in [`crate::units::Units::heat_current`] times the unit of time, as
/// [`crate::units::Units::quantum`] gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// W, done on the qubits: `int M domega`, and `M Delta omega` at a quench.
    Work,
    /// S, what flows into the baths in k_B: `-sum q omega(t)/T(t)` over the jumps, q = 1 for a quantum absorbed and -1
    /// for one emitted. Infinite where a bath at T = 0 took one.
    Entropy,
    /// Q_b, from a bath into the qubits: `sum q omega(t)`.
    Heat(usize),
    /// Net quanta absorbed from a bath: `sum q`.
    Quanta(usize),
}

impl Entry {
    /// All of them for so many baths, in the order of [`Entry::index`].
    pub fn all(baths: usize) -> impl Iterator<Item = Entry> + Clone {
        [Entry::Work, Entry::Entropy]
            .into_iter()
            .chain((0..baths).flat_map(|bath| [Entry::Heat(bath), Entry::Quanta(bath)]))
    }

    /// How many there are for so many baths.
    #[must_use]
    pub fn count(baths: usize) -> usize {
        2 + 2 * baths
    }

    /// Its place among all.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Entry::Work => 0,
            Entry::Entropy => 1,
            Entry::Heat(bath) => 2 + 2 * bath,
            Entry::Quanta(bath) => 3 + 2 * bath,
        }
    }
}

/// q of a process: quanta that the qubits take.
#[must_use]
#[inline]
pub fn absorbed(process: Process) -> f64 {
    /// By process: looked up, as what a jump does cannot be predicted.
    const ABSORBED: [f64; 3] = {
        let mut absorbed = [0.0; 3];
        absorbed[Process::Emission as usize] = -1.0;
        absorbed[Process::Absorption as usize] = 1.0;
        absorbed
    };
    ABSORBED[process as usize]
}
