//! What a level does next, in numbers that a draw is compared with: no division and no branch in the loop of jumps.

use std::sync::OnceLock;

use crate::model::Observables;
use crate::trajectory::Jump;
use crate::trajectory::channel::Channel;

/// Draws are whole numbers below this, 2^62.
const WHOLE: f64 = (1_u64 << 62) as f64;

/// What happens at the end of a wait.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    /// A local jump.
    pub local: bool,
    /// Else, whether M rises, and which of the [`Outcomes`] it is.
    pub rises: bool,
    pub outcome: usize,
}

/// One level, ready to be left.
pub(super) trait Exit {
    /// What currents are made of.
    type Values;
    /// One over the total rate.
    fn mean_wait(&self) -> f64;
    /// The values of the level.
    fn values(&self, j_squared: f64) -> Self::Values;
    /// How it is left, by 64 random bits. Emissions come first, then absorptions, then local jumps.
    fn choose(&self, word: u64) -> Choice;
}

/// By arithmetic, not by branch: what cannot be predicted costs more than all the rest of a jump.
#[inline(always)]
fn choice<T: Copy + PartialOrd>(drawn: T, [first, down, second, collective]: [T; 4]) -> Choice {
    let rises = drawn >= down;
    let outcome = usize::from(drawn >= first) + usize::from(rises) + usize::from(drawn >= second);
    Choice { local: drawn >= collective, rises, outcome }
}

/// A level of a table: draws are whole numbers below 2^62, and so are the bounds between outcomes.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Row {
    upto: [u64; 4],
    mean_wait: f64,
    emission: f64,
    jz: f64,
}

impl Exit for &Row {
    type Values = Observables;

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
        choice(word >> 2, self.upto)
    }
}

/// A level whose rates are computed as it is reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    pub emission: f64,
    pub jz: f64,
    pub down: f64,
    pub up: f64,
    pub local: f64,
    /// See [`Outcomes`].
    pub first: [f64; 2],
}

impl Exit for Rates {
    type Values = Observables;

    #[inline(always)]
    fn mean_wait(&self) -> f64 {
        1.0 / (self.down + self.up + self.local)
    }

    #[inline(always)]
    fn values(&self, j_squared: f64) -> Observables {
        Observables { emission: self.emission, jz: self.jz, j_squared }
    }

    #[inline(always)]
    fn choose(&self, word: u64) -> Choice {
        let collective = self.down + self.up;
        // 52 bits: no rounding carries the product to the total.
        let drawn = (word >> 12) as f64 * 0.5_f64.powi(52) * (collective + self.local);
        let [emits, absorbs] = self.first;
        choice(drawn, [self.down * emits, self.down, self.down + self.up * absorbs, collective])
    }
}

/// Weights of the outcomes J - 1 and J + 1 of local dephasing, as multiples of J^2 - M^2 and (J+1)^2 - M^2.
#[derive(Clone, Copy)]
pub(super) struct DephasingWeights {
    pub lower: f64,
    pub higher: f64,
}

impl DephasingWeights {
    /// What leaves the sector, for a = J + M and b = J - M, in rates of one qubit.
    #[inline(always)]
    pub(super) fn outward(self, a: f64, b: f64) -> f64 {
        self.lower * a * b + self.higher * (a + 1.0) * (b + 1.0)
    }
}

/// One sector: what is the same for all its levels.
#[derive(Clone, Copy)]
pub(super) struct Sector {
    pub two_j: i64,
    pub weights: DephasingWeights,
}

/// The collective outcomes. A row tells two directions of up to two baths each apart.
#[derive(Debug)]
pub(super) struct Outcomes {
    /// The shares of the first bath among those that emit, and that absorb.
    pub first: [f64; 2],
    /// Whose jump each outcome is; the last of a direction stands for all further baths.
    pub jumps: [Jump; 4],
    /// Whether there are further baths.
    pub further: bool,
}

impl Outcomes {
    pub fn new(down: &Channel, up: &Channel) -> Self {
        let first = [down, up].map(|channel| channel.share(0));
        let jump = |(channel, place): (&Channel, usize)| channel.jump(place);
        let jumps = [(down, 0), (down, 1), (up, 0), (up, 1)].map(jump);
        Outcomes { first, jumps, further: down.baths() > 2 || up.baths() > 2 }
    }
}

/// Rows of all levels of the sectors that were visited.
#[derive(Debug)]
pub(super) struct Tables(pub Vec<OnceLock<Box<[Row]>>>);

impl Tables {
    /// The most qubits for which sectors are tabulated: all of them then take 15 MB.
    const MOST: i64 = 1000;
    /// The most levels of the only sector there is.
    const MOST_ALONE: i64 = 100_000;

    /// For `number` qubits, of which local jumps reach all sectors, or none but that of the start.
    pub fn new(number: i64, local: bool) -> Self {
        let tabulated = number <= if local { Self::MOST } else { Self::MOST_ALONE };
        let sectors = if tabulated { number / 2 + 1 } else { 0 };
        Tables((0..sectors).map(|_| OnceLock::new()).collect())
    }

    /// Without rows: rates are computed at every jump.
    pub fn none() -> Self {
        Tables(Vec::new())
    }
}

#[cfg(test)]
impl Rates {
    /// The shares of the five outcomes in the total rate.
    pub fn shares(&self) -> [f64; 5] {
        let Rates { down, up, local, first: [emits, absorbs], .. } = *self;
        let parts = [down * emits, down * (1.0 - emits), up * absorbs, up * (1.0 - absorbs), local];
        parts.map(|rate| rate / (down + up + local))
    }
}

impl Rates {
    pub fn row(self) -> Row {
        let Rates { emission, jz, down, up, local, first: [emits, absorbs] } = self;
        let total = down + up + local;
        // Shares are cut to 2^-62 of the whole, and the likeliest takes what is left: what is rare is right to 2^-62. Of
        // a dark level all are NaN, become 0, and are waited for in vain.
        let share = |rate: f64| (rate / total * WHOLE) as i64;
        let collective = if local < down + up { (1 << 62) - share(local) } else { share(down + up) };
        let down = if up < down { collective - share(up) } else { share(down) };
        let part = |width: i64, first: f64| (width as f64 * first) as i64;
        let upto =
            [part(down, emits), down, down + part(collective - down, absorbs), collective].map(|bound| bound as u64);
        Row { upto, mean_wait: 1.0 / total, emission, jz }
    }
}
