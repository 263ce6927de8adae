//! A ramp cut into pieces, each with rates that its own never exceed.

use crate::model::Rates;
use crate::model::protocol::Stage;
use crate::trajectory::Jump;
use crate::trajectory::populations::{Populations, Thinning};

/// Proposals whose rate has to be evaluated, of all: pieces are cut until there are no more, by what bounds tell.
const WASTE: f64 = 0.05;
/// The most pieces of a segment between corners.
const MOST: usize = 64;

/// Into how many pieces a ramp is cut: a matter of speed, and of no law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// As many as it takes for nineteen proposals in twenty to be accepted unseen, and 64 at most.
    Enough,
    /// So many between any two corners.
    Equal(usize),
}

/// A piece of a ramp.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its end, since the start of the segment.
    pub until: f64,
    /// What proposes jumps.
    pub engine: Populations,
    /// By bath and process.
    bounds: Vec<[Bound; 3]>,
}

/// Of the rate of a channel in a piece.
#[derive(Clone, Copy, Debug)]
struct Bound {
    /// What it never exceeds, at which jumps are proposed.
    proposed: f64,
    /// Draws of 53 bits below this are below the least part of that that the rate ever is.
    sure: u64,
}

impl Bound {
    fn new(least: f64, most: f64) -> Self {
        // A power of two: the comparison is that of the numbers, to the bit.
        let sure = if most > 0.0 { (least / most * 2.0_f64.powi(53)).ceil() as u64 } else { 0 };
        Bound { proposed: most, sure }
    }
}

/// A piece within its segment.
pub(super) struct Within<'a> {
    pub stage: &'a Stage,
    pub piece: &'a Piece,
}

/// In the order of [`crate::bath::Process`].
fn by_process(rates: Rates) -> [f64; 3] {
    [rates.down, rates.up, rates.dephasing]
}

impl Piece {
    /// The pieces of a segment of `number` qubits, where `segments` are cut likewise.
    pub fn of(stage: &Stage, number: i64, pieces: Pieces, segments: usize) -> Vec<Self> {
        let mut corners = vec![0.0];
        corners.extend(stage.knots());
        corners.push(stage.duration);
        let cuts: Vec<[f64; 2]> = corners.windows(2).flat_map(|ends| cut(stage, [ends[0], ends[1]], pieces)).collect();
        let among = cuts.len() * segments;
        cuts.into_iter().map(|times| Piece::new(stage, number, times, among)).collect()
    }

    fn new(stage: &Stage, number: i64, times: [f64; 2], among: usize) -> Self {
        let mut model = stage.model(number, times[0]);
        let mut bounds = Vec::with_capacity(model.baths.len());
        for (index, bath) in model.baths.iter_mut().enumerate() {
            let within = stage.bounds(index, times);
            (bath.down, bath.up, bath.dephasing) = (within.most.down, within.most.up, within.most.dephasing);
            let (least, most) = (by_process(within.least), by_process(within.most));
            bounds.push([0, 1, 2].map(|process| Bound::new(least[process], most[process])));
        }
        Piece { until: times[1], engine: Populations::proposing(&model, among), bounds }
    }
}

/// Cuts the time between two corners.
fn cut(stage: &Stage, [from, until]: [f64; 2], pieces: Pieces) -> Vec<[f64; 2]> {
    let at = |part: usize, of: usize| if part == of { until } else { from + (until - from) * part as f64 / of as f64 };
    let equal = |of: usize| (0..of).map(|part| [at(part, of), at(part + 1, of)]).collect();
    match pieces {
        Pieces::Equal(of) => equal(of.max(1)),
        Pieces::Enough => {
            let whole = proposed(stage, [from, until]);
            let mut found = vec![([from, until], waste(stage, [from, until], &whole))];
            while found.len() < MOST && found.iter().map(|(_, waste)| waste).sum::<f64>() > WASTE * (until - from) {
                let worst = (0..found.len()).max_by(|a, b| found[*a].1.total_cmp(&found[*b].1)).unwrap_or(0);
                let [a, b] = found[worst].0;
                let middle = 0.5 * (a + b);
                found[worst] = ([a, middle], waste(stage, [a, middle], &whole));
                found.insert(worst + 1, ([middle, b], waste(stage, [middle, b], &whole)));
            }
            found.into_iter().map(|(times, _)| times).collect()
        }
    }
}

/// The rates at which jumps would be proposed, by bath and process.
fn proposed(stage: &Stage, times: [f64; 2]) -> Vec<[f64; 3]> {
    (0..stage.reservoirs.len()).map(|bath| by_process(stage.bounds(bath, times).most)).collect()
}

/// By how much the bounds of a piece are apart, times its length, of the worst channel: as part of what that channel
/// ever has.
fn waste(stage: &Stage, times: [f64; 2], whole: &[[f64; 3]]) -> f64 {
    let mut worst = 0.0_f64;
    for (bath, whole) in whole.iter().enumerate() {
        let bounds = stage.bounds(bath, times);
        let (least, most) = (by_process(bounds.least), by_process(bounds.most));
        for process in (0..3).filter(|process| whole[*process] > 0.0) {
            worst = worst.max((most[process] - least[process]) / whole[process]);
        }
    }
    worst * (times[1] - times[0])
}

impl Thinning for Within<'_> {
    #[inline(always)]
    fn sure(&self, jump: Jump) -> u64 {
        // Where nothing ever jumps, there may be no bath.
        self.piece.bounds.get(jump.bath).map_or(0, |bounds| bounds[jump.process as usize].sure)
    }

    #[inline(never)]
    fn evaluated(&self, time: f64, jump: Jump, drawn: u64) -> bool {
        let rate = by_process(self.stage.rates(jump.bath, time))[jump.process as usize];
        let Bound { proposed, .. } = self.piece.bounds[jump.bath][jump.process as usize];
        assert!(rate <= proposed, "{jump:?} at {time}: a rate of {rate} above its bound {proposed}");
        drawn as f64 * 0.5_f64.powi(53) * proposed < rate
    }
}
