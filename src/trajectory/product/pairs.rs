//! Correlations at two times from trajectories: what is asked of [pairs of states](super::pair), and when they begin.
//!
//! Pairs of a transient begin at its times. In the steady state they begin again and again along a trajectory that has
//! reached it, and what they come to is averaged over it. A spectrum `2 Re int_0^T e^(-i omega tau) <C A(tau) B> dtau` is
//! read without a grid: at one time drawn from each of many equal parts of T, which is unbiased however fast it turns.

use std::ops::Range;
use std::sync::Arc;

use num_complex::Complex64;
use rand::RngExt;

use super::pair::{Pair, Part};
use super::{ProductState, Products};
use crate::initial::ProductStart;
use crate::model::product::{Cells, Correlation, OfSpectrum, Product, ProductError, ProductValues, Since, TwoTimes};
use crate::random::Stream;
use crate::trajectory::{Interrupt, Jump, Recorder, Unravelling};

/// Parts of a spectrum's time in which it is read once each, at least and at most.
const PARTS: [f64; 2] = [100.0, 4000.0];

/// When pairs begin in the steady state: along a trajectory that has reached it, over which they are averaged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beginnings {
    /// When the first do.
    pub first: f64,
    /// How long after each the next do.
    pub spacing: f64,
    /// How often they do, at least once.
    pub count: u32,
    /// How long a correlation is heard for its spectrum, where it has no delays that say so.
    pub reach: f64,
}

/// What is asked for of a product, trajectory by trajectory. Clones share the tables of the engine.
#[derive(Clone)]
pub struct Pairs<'a> {
    engine: Arc<Products<0>>,
    start: &'a ProductStart,
    /// By the time at which they first begin.
    asked: Vec<Asked<'a>>,
    /// How often all of them begin, and how long it is from one time to the next.
    passes: (u32, f64),
    /// The numbers of each correlation, in the order in which they were asked for.
    values: Vec<f64>,
    interrupt: Interrupt,
    pair: Pair,
}

/// One of them.
#[derive(Clone)]
struct Asked<'a> {
    time: f64,
    delays: &'a [f64],
    /// Where its numbers stand among all, and among its own.
    own: Range<usize>,
    cells: Cells,
    parts: Vec<Part>,
    heard: Option<Heard>,
    /// How long after it begins a pair is looked at, and the place of that among the sums: ascending.
    stops: Vec<(f64, usize)>,
    sums: Vec<Complex64>,
    /// `<A>` and `<C B>`, of the steady state.
    means: [Complex64; 2],
}

/// How a spectrum is read.
#[derive(Clone)]
struct Heard {
    /// Its angular frequencies.
    omegas: Vec<f64>,
    /// T.
    reach: f64,
    /// The number of parts of it, a multiple of ten.
    parts: usize,
}

/// Nobody records: what is asked is whether to go on, and how many jumps it took.
struct Unrecorded<'a> {
    interrupt: &'a Interrupt,
    jumps: &'a mut u64,
}

impl Recorder<ProductValues<0>> for Unrecorded<'_> {
    fn dwell(&mut self, _: f64, _: f64, _: &ProductValues<0>, _: &ProductValues<0>) {}

    fn jump(&mut self, _: f64, _: Jump, _: &ProductValues<0>) {
        *self.jumps += 1;
    }

    fn interrupted(&self) -> bool {
        self.interrupt.is_set()
    }
}

impl<'a> Pairs<'a> {
    /// Ready for any number of trajectories. What is of the steady state begins as it is `settled`, and is left out where
    /// it is not; what is of a time is of trajectories that are not.
    ///
    /// # Errors
    /// If there are too many states, or the cut of a mode grows.
    pub fn new(
        product: &Product,
        start: &'a ProductStart,
        correlations: &'a [Correlation],
        settled: Option<Beginnings>,
    ) -> Result<Self, ProductError> {
        let sharp = Self::sharp(product, start, correlations);
        let engine = Products::in_spaces(product, start, Vec::new(), 0, sharp)?;
        let sharp = engine.spaces.is_sharp();
        let (mut asked, mut end) = (Vec::new(), 0);
        for correlation in correlations {
            let cells = correlation.cells();
            let own = end..end + cells.count();
            end = own.end;
            let time = match (correlation.since, settled) {
                (Since::Time(time), None) => time,
                (Since::Steady, Some(settled)) => settled.first,
                _ => continue,
            };
            correlation.terms().try_for_each(|of| of.check_cuts_stay(product))?;
            let parts: Vec<Part> = match sharp {
                true => correlation.terms().flat_map(TwoTimes::parts).map(|part| Part::new(&part, true)).collect(),
                false => correlation.terms().map(|of| Part::new(of, false)).collect(),
            };
            let heard = settled.and_then(|settled| Heard::new(product, correlation, settled.reach));
            asked.push(Asked::new(time, &correlation.delays, (own, cells), parts, heard));
        }
        asked.sort_by(|a, b| a.time.total_cmp(&b.time));
        let ways = 3 * engine.product.baths().iter().map(|bath| bath.channels().len()).sum::<usize>();
        let pair = Pair::new(engine.largest, ways);
        let passes = settled.map_or((1, 0.0), |settled| (settled.count.max(1), settled.spacing));
        let interrupt = Interrupt::default();
        Ok(Pairs { engine: Arc::new(engine), start, asked, passes, values: vec![0.0; end], interrupt, pair })
    }

    /// The same, whose trajectories end on the way once `interrupt` is set.
    #[must_use]
    pub fn until(self, interrupt: &Interrupt) -> Self {
        Pairs { interrupt: interrupt.clone(), ..self }
    }

    /// Why they cannot be followed, if so: known before anything of that size is made.
    ///
    /// # Errors
    /// As [`Pairs::new`], but for cuts.
    pub fn check(product: &Product, start: &ProductStart, correlations: &[Correlation]) -> Result<(), ProductError> {
        Products::<0>::sized(product, start, Self::sharp(product, start, correlations)).map(drop)
    }

    /// The jumps of the last trajectory and of the pairs that began in it.
    #[must_use]
    pub fn jumps(&self) -> u64 {
        self.pair.jumps
    }

    /// Whether the number of excitations may be taken as sharp.
    fn sharp(product: &Product, start: &ProductStart, correlations: &[Correlation]) -> bool {
        let blind = |correlation: &Correlation| !correlation.terms().any(TwoTimes::sees_coherences);
        product.keeps_excitations_sharp() && (start.is_sharp() || correlations.iter().all(blind))
    }

    /// One trajectory: the numbers of every correlation, as [`Cells`] has them, 0 of those that are left out. `None` where
    /// it was interrupted.
    pub fn sample(&mut self, rng: &mut Stream) -> Option<&[f64]> {
        let Pairs { engine, start, asked, passes: (passes, spacing), values, interrupt, pair } = self;
        values.fill(0.0);
        pair.jumps = 0;
        let mut state = engine.prepare(start, rng);
        let mut now = 0.0;
        asked.iter_mut().for_each(|asked| asked.begin(rng));
        for pass in 0..*passes {
            for asked in &mut *asked {
                let then = asked.time + f64::from(pass) * *spacing;
                engine.advance(&mut state, now, then, rng, &mut Unrecorded { interrupt, jumps: &mut pair.jumps });
                now = then;
                asked.look(engine, &state);
                let Asked { parts, stops, sums, means: [_, at_once], .. } = asked;
                for part in parts {
                    *at_once += pair.run(engine, (&state, now), part, (stops, sums), rng, interrupt);
                    if interrupt.is_set() {
                        return None;
                    }
                }
            }
        }
        let each = f64::from(*passes).recip();
        asked.iter().for_each(|asked| asked.tell(each, &mut values[asked.own.clone()]));
        (!interrupt.is_set()).then_some(&self.values[..])
    }
}

impl<'a> Asked<'a> {
    fn new(
        time: f64,
        delays: &'a [f64],
        (own, cells): (Range<usize>, Cells),
        parts: Vec<Part>,
        heard: Option<Heard>,
    ) -> Self {
        let stops: Vec<(f64, usize)> = delays.iter().enumerate().map(|(place, delay)| (*delay, place)).collect();
        let sums = vec![Complex64::ZERO; stops.len() + heard.as_ref().map_or(0, |heard| heard.parts)];
        Asked { time, delays, own, cells, parts, heard, stops, sums, means: [Complex64::ZERO; 2] }
    }

    /// A trajectory begins: where its spectrum is looked at is drawn.
    fn begin(&mut self, rng: &mut Stream) {
        self.sums.fill(Complex64::ZERO);
        self.means = [Complex64::ZERO; 2];
        let Some(heard) = &self.heard else { return };
        let step = heard.reach / heard.parts as f64;
        self.stops.clear();
        self.stops.extend(self.delays.iter().enumerate().map(|(place, delay)| (*delay, place)));
        let first = self.delays.len();
        self.stops.extend((0..heard.parts).map(|part| ((part as f64 + rng.random::<f64>()) * step, first + part)));
        self.stops.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }

    /// Adds `<A>` of a state in which pairs begin, where its mean is asked for and anything of it is left after long.
    fn look(&mut self, engine: &Products<0>, state: &ProductState) {
        if self.cells.has_means()
            && let Some(part) = self.parts.iter_mut().find(|part| part.is_of_populations())
        {
            self.means[0] += part.mean(engine, state);
        }
    }

    /// Its numbers, from sums over so many beginnings that each counts as this much.
    fn tell(&self, each: f64, numbers: &mut [f64]) {
        let Asked { cells, sums, means, stops, heard, .. } = self;
        let mut put = |place: usize, value: Complex64| {
            numbers[place] = each * value.re;
            numbers[place + 1] = each * value.im;
        };
        (0..self.delays.len()).for_each(|delay| put(cells.delay(delay), sums[delay]));
        if cells.has_means() {
            put(cells.first(), means[0]);
            put(cells.second(), means[1]);
        }
        let Some(Heard { omegas, reach, parts }) = heard else { return };
        let weight = 2.0 * each * reach / *parts as f64;
        let begin = self.delays.len();
        for (tau, place) in stops.iter().filter(|(_, place)| *place >= begin) {
            let tenth = 10 * (place - begin) / parts;
            for (index, omega) in omegas.iter().enumerate() {
                let value = weight * (Complex64::cis(-omega * tau) * sums[*place]).re;
                numbers[cells.spectrum(OfSpectrum::Whole, index)] += value;
                match tenth {
                    0 => numbers[cells.spectrum(OfSpectrum::Head, index)] += value,
                    9 => numbers[cells.spectrum(OfSpectrum::Tail, index)] += value,
                    _ => {}
                }
            }
        }
    }
}

impl Heard {
    /// How the spectrum of a correlation is read, where one is asked for.
    fn new(product: &Product, correlation: &Correlation, otherwise: f64) -> Option<Self> {
        let unit = product.units().angular(1.0);
        let omegas: Vec<f64> = correlation.frequencies.iter().map(|frequency| unit * frequency).collect();
        let wide = omegas.last()? - omegas.first()?;
        let reach = correlation.heard_for(otherwise);
        let parts = 10 * (reach * wide / 10.0).clamp(PARTS[0] / 10.0, PARTS[1] / 10.0).ceil() as usize;
        Some(Heard { omegas, reach, parts })
    }
}
