//! The moves between levels, laid out for a processor: what leads to the levels of one J, from the same distance each.

use std::ops::Range;

use crate::lindblad::ladder::LadderGenerator;

/// All moves, sector by sector.
#[derive(Clone, Debug)]
pub struct Streams {
    sectors: Vec<Sector>,
    levels: usize,
    /// How far beyond all levels streams reach, where they have no weight.
    margin: usize,
}

/// What leads to the levels of one J, and away from them.
#[derive(Clone, Debug)]
struct Sector {
    levels: Range<usize>,
    streams: Vec<Stream>,
}

/// What each level of a sector gains from the level that is so far from it, or loses, by one flow; 0 where there is no such
/// level.
#[derive(Clone, Debug)]
pub struct Stream {
    pub flow: usize,
    pub loses: bool,
    leap: isize,
    weights: Vec<f64>,
}

/// A vector for each flow, with a margin of zeros around the levels.
#[derive(Clone, Debug)]
pub struct Room {
    vectors: Vec<Vec<f64>>,
    inside: Range<usize>,
}

impl Sector {
    fn put(&mut self, flow: usize, loses: bool, leap: isize, level: usize, weight: f64) {
        let is = |stream: &Stream| (stream.flow, stream.loses, stream.leap) == (flow, loses, leap);
        let at = self.streams.iter().position(is).unwrap_or_else(|| {
            self.streams.push(Stream { flow, loses, leap, weights: vec![0.0; self.levels.len()] });
            self.streams.len() - 1
        });
        self.streams[at].weights[level - self.levels.start] += weight;
    }

    /// How far its streams reach beyond so many levels.
    fn reach(&self, levels: usize) -> usize {
        let beyond = |stream: &Stream| {
            let [first, end] = [self.levels.start, self.levels.end].map(|level| level as isize + stream.leap);
            (-first).max(end - levels as isize).max(0) as usize
        };
        self.streams.iter().map(beyond).max().unwrap_or(0)
    }
}

impl Streams {
    /// Those of a ladder.
    pub fn new(ladder: &LadderGenerator) -> Self {
        let levels = ladder.levels.len();
        let mut sectors: Vec<Sector> = Vec::new();
        let mut home = Vec::with_capacity(levels);
        for run in ladder.levels.chunk_by(|a, b| a.two_j == b.two_j) {
            let start = home.len();
            home.resize(start + run.len(), sectors.len());
            sectors.push(Sector { levels: start..home.len(), streams: Vec::new() });
        }
        for (flow, of) in ladder.flows.iter().enumerate() {
            for m in &of.moves {
                sectors[home[m.to]].put(flow, false, m.from as isize - m.to as isize, m.to, m.weight);
                sectors[home[m.from]].put(flow, true, 0, m.from, -m.weight);
            }
        }
        let margin = sectors.iter().map(|sector| sector.reach(levels)).max().unwrap_or(0);
        Streams { sectors, levels, margin }
    }

    /// Room for so many flows.
    pub fn room(&self, flows: usize) -> Room {
        let inside = self.margin..self.margin + self.levels;
        Room { vectors: vec![vec![0.0; self.levels + 2 * self.margin]; flows], inside }
    }

    /// Adds what some of the streams bring of the vectors of their flows, four at a time.
    #[inline(always)]
    pub fn add(&self, among: impl Fn(&Stream) -> bool, room: &Room, out: &mut [f64]) {
        for Sector { levels, streams } in &self.sectors {
            let out = &mut out[levels.clone()];
            let length = out.len();
            let of = |stream: &Stream| {
                let first = (self.margin + levels.start).wrapping_add_signed(stream.leap);
                &room.vectors[stream.flow][first..][..length]
            };
            let Some(first) = streams.first() else { continue };
            let mut waiting = [first; 4];
            let mut count = 0;
            for stream in streams {
                if !among(stream) {
                    continue;
                }
                waiting[count] = stream;
                count += 1;
                if count == waiting.len() {
                    count = 0;
                    // Not by `map`, which is not inlined.
                    let [one, two, three, four] = waiting;
                    let (a, b) = (&one.weights[..length], &two.weights[..length]);
                    let (c, d) = (&three.weights[..length], &four.weights[..length]);
                    let (v, w, x, y) = (of(one), of(two), of(three), of(four));
                    let rows = out.iter_mut().zip(a.iter().zip(v)).zip(b.iter().zip(w));
                    for (((out, (a, v)), (b, w)), ((c, x), (d, y))) in rows.zip(c.iter().zip(x).zip(d.iter().zip(y))) {
                        *out += (a * v + b * w) + (c * x + d * y);
                    }
                }
            }
            for stream in &waiting[..count] {
                let (weights, v) = (&stream.weights[..length], of(stream));
                for ((out, weight), v) in out.iter_mut().zip(weights).zip(v) {
                    *out += weight * v;
                }
            }
        }
    }
}

impl Room {
    /// The vectors of some flows.
    ///
    /// # Panics
    /// If two of them are one.
    #[inline(always)]
    pub fn of<const N: usize>(&mut self, flows: [usize; N]) -> [&mut [f64]; N] {
        let vectors = self.vectors.get_disjoint_mut(flows).expect("flows are told apart");
        vectors.map(|vector| &mut vector[self.inside.clone()])
    }

    /// Makes the vector of a flow that of another, and so many times these values.
    #[inline(always)]
    pub fn raise(&mut self, flow: usize, other: usize, by: f64, values: &[f64]) {
        let [vector, other] = self.of([flow, other]);
        for ((vector, other), value) in vector.iter_mut().zip(other).zip(values) {
            *vector = *other + by * value;
        }
    }
}
