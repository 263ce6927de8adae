//! Rates that change: jumps are proposed at constant rates above them all, and each proposal is accepted with the
//! quotient of its rate then and the rate at which it is proposed. The law of what is accepted is exact (P. A. W.
//! Lewis, G. S. Shedler, Nav. Res. Logist. Q. 26, 403 (1979)).

use rand::Rng;

use super::rows::{Exit, Tables};
use super::{Jump, Level, Observables, Populations, Recorder, Stream};
use crate::model::Model;

/// The most rows of tables that all pieces of a protocol may have: 64 MB.
const MOST_ROWS: i64 = 1_000_000;

/// What decides whether a proposed jump happens, by 53 random bits.
pub(in crate::trajectory) trait Thinning {
    /// Draws below this are below the least that its rate ever is: most often that suffices, and no rate is evaluated.
    fn sure(&self, jump: Jump) -> u64;
    /// Whether it happens by any draw.
    fn evaluated(&self, time: f64, jump: Jump, drawn: u64) -> bool;
}

/// The 53 bits of a word that decide.
#[inline(always)]
fn deciding(word: u64) -> u64 {
    word >> 11
}

impl Populations {
    /// The engine that proposes at the rates of this model, one of so many.
    pub(in crate::trajectory) fn proposing(model: &Model, among: usize) -> Self {
        let mut engine = Populations::new(model);
        let n = model.number;
        let levels = if model.mixes_sectors() { (n / 2 + 1) * (n - n / 2 + 1) } else { n + 1 };
        if levels.saturating_mul(among as i64) > MOST_ROWS {
            engine.tables = Tables::none();
        }
        engine
    }

    /// Evolves `state` as [`super::Unravelling::advance`] does, of what is proposed only what is accepted. Returns how
    /// many jumps were proposed.
    pub(in crate::trajectory) fn advance_thinned(
        &self,
        state: &mut Level,
        (start, end): (f64, f64),
        rng: &mut Stream,
        thinning: &impl Thinning,
        recorder: &mut impl Recorder<Observables>,
    ) -> u64 {
        let mut walk = Walk { now: start, since: start, proposals: 0 };
        loop {
            let sector = self.sector(state.two_j);
            let local = if let Some(rows) = self.rows(sector) {
                self.thinned(|above| &rows[above as usize], state, (&mut walk, end), rng, thinning, recorder)
            } else {
                self.thinned(|above| self.rates(sector, above), state, (&mut walk, end), rng, thinning, recorder)
            };
            if !local {
                return walk.proposals;
            }
            let mut after = *state;
            let jump = self.local_jump(&mut after, rng);
            let drawn = deciding(rng.next_u64());
            if drawn < thinning.sure(jump) || thinning.evaluated(walk.now, jump, drawn) {
                let values = Observables::of(*state);
                recorder.dwell(walk.since, walk.now - walk.since, &values, &values);
                walk.since = walk.now;
                *state = after;
                recorder.jump(walk.now, jump, &Observables::of(*state));
            }
        }
    }

    /// Collective jumps within a sector, until a local one is proposed (true) or the end comes (false).
    #[inline(always)]
    fn thinned<E: Exit<Values = Observables>>(
        &self,
        exit: impl Fn(i64) -> E,
        state: &mut Level,
        (walk, end): (&mut Walk, f64),
        rng: &mut Stream,
        thinning: &impl Thinning,
        recorder: &mut impl Recorder<Observables>,
    ) -> bool {
        let j_squared = state.j_squared();
        let mut above = state.above_bottom();
        let mut here = exit(above);
        // Kept in registers.
        let (mut time, mut since, mut proposals, mut stream) = (walk.now, walk.since, walk.proposals, rng.clone());
        let (jumps, further) = (self.outcomes.jumps, self.outcomes.further);
        let sure = jumps.map(|jump| thinning.sure(jump));
        let local = loop {
            let next = time + self.ziggurat.draw(&mut stream, || recorder.interrupted()) * here.mean_wait();
            // A dark state has no rate: it waits for ever, or for NaN.
            let proposes = next < end;
            if !proposes {
                let values = here.values(j_squared);
                recorder.dwell(since, end - since, &values, &values);
                break false;
            }
            time = next;
            proposals += 1;
            let choice = here.choose(stream.next_u64());
            if choice.local {
                break true;
            }
            let (mut jump, mut sure) = (jumps[choice.outcome], sure[choice.outcome]);
            if further {
                jump.bath = self.further(jump, choice.outcome, rand::RngExt::random(&mut stream));
                sure = thinning.sure(jump);
            }
            let drawn = deciding(stream.next_u64());
            if drawn >= sure && !thinning.evaluated(time, jump, drawn) {
                continue;
            }
            let values = here.values(j_squared);
            recorder.dwell(since, time - since, &values, &values);
            since = time;
            above += 2 * i64::from(choice.rises) - 1;
            here = exit(above);
            recorder.jump(time, jump, &here.values(j_squared));
        };
        *walk = Walk { now: time, since, proposals };
        *rng = stream;
        state.two_m = 2 * above - state.two_j;
        local
    }
}

/// Where a walk is, since when its state is what it is, and how many jumps were proposed.
struct Walk {
    now: f64,
    since: f64,
    proposals: u64,
}
