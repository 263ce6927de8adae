//! Levels around where a state is, of sectors too large to tabulate: a chain that goes up and down comes back to them.

use super::rows::{Choice, Exit, Rates, choice};
use crate::model::Observables;

/// How many levels are kept: as many as half of a first cache holds.
const KEPT: usize = 256;

/// A level with what [`Rates`] computes at every jump, to the same bits.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Kept {
    upto: [f64; 4],
    total: f64,
    mean_wait: f64,
    emission: f64,
    jz: f64,
}

impl Kept {
    /// No level at all.
    const NONE: Kept = Kept { upto: [0.0; 4], total: 0.0, mean_wait: 0.0, emission: f64::NAN, jz: f64::NAN };

    #[cold]
    #[inline(never)]
    fn new(rates: &Rates) -> Self {
        let (upto, total) = rates.bounds();
        Kept { upto, total, mean_wait: rates.mean_wait(), emission: rates.emission, jz: rates.jz }
    }
}

impl Exit for Kept {
    #[inline(always)]
    fn mean_wait(&self) -> f64 {
        self.mean_wait
    }

    #[inline(always)]
    fn values(&self, j_squared: f64) -> Observables {
        Observables { emission: self.emission, jz: self.jz, j_squared }
    }

    #[inline(always)]
    fn choose(&self, word: u64) -> Choice {
        choice(Rates::drawn(word, self.total), self.upto)
    }
}

/// The levels that were visited last.
#[derive(Debug)]
pub(super) struct Window(Box<[Kept; KEPT]>);

impl Window {
    pub fn new() -> Self {
        Window(Box::new([Kept::NONE; KEPT]))
    }

    /// The level `above` its bottom of these rates. `<J_+ J_->` and `<J_z>` tell a level from those of all sectors.
    #[inline(always)]
    pub fn level(&mut self, above: i64, rates: Rates) -> Kept {
        let kept = &mut self.0[above as usize % KEPT];
        if kept.emission != rates.emission || kept.jz != rates.jz {
            *kept = Kept::new(&rates);
        }
        *kept
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::random::stream;

    #[test]
    fn a_level_that_is_kept_is_the_level_to_the_last_bit() {
        let mut window = Window::new();
        let mut rng = stream(2, 0, 0);
        for _ in 0..20_000 {
            let (above, two_j) = ((rng.next_u64() % 2000) as i64, 2000 - 2 * (rng.next_u64() % 3) as i64);
            let above = above.min(two_j);
            let (a, b) = (above as f64, (two_j - above) as f64);
            let rates = Rates {
                emission: a * (b + 1.0),
                jz: 0.5 * (a - b),
                down: 1.1 * a * (b + 1.0),
                up: 0.7 * b * (a + 1.0),
                local: 0.3 * a,
                first: [0.2, 0.9],
            };
            let (kept, word) = (window.level(above, rates), rng.next_u64());
            assert_eq!(kept.mean_wait().to_bits(), rates.mean_wait().to_bits());
            assert_eq!(kept.values(1.0), rates.values(1.0));
            let told = |choice: Choice| (choice.local, choice.rises, choice.outcome);
            assert_eq!(told(kept.choose(word)), told(rates.choose(word)));
        }
    }
}
