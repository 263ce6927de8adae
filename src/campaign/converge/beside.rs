//! What is looked at beside the stretches of ensembles and modes: pairs of states, and what follows photons.

use super::super::correlated::OF_PAIRS;
use crate::random::stream;
use crate::scenario::Point;
use crate::statistics::{self, Counted, Sums};
use crate::trajectory::{Interrupt, Pairs, Photons};

/// What makes the streams of photons others than those of trajectories and pairs.
const OF_PHOTONS: u64 = 0x7068_6f74;

/// Trajectories of their own, with the numbers of those that are measured and draws of their own.
#[derive(Clone)]
pub struct Beside<'a> {
    point: &'a Point,
    asked: statistics::Beside,
    delays: Vec<f64>,
    pairs: Option<Pairs<'a>>,
    photons: Option<Photons<'a>>,
}

impl<'a> Beside<'a> {
    /// What a point asks for.
    pub fn new(point: &'a Point, asked: statistics::Beside, counted: &Counted) -> Self {
        let statistics::Beside { begin, cells } = asked;
        let ensembles = point.ensembles();
        let [of_pairs, of_photons] =
            [cells > 0, !counted.delays.is_empty()].map(|is_asked| ensembles.filter(|_| is_asked));
        // The point was refused where its engine, or one of pairs, would be too large.
        const CHECKED: &str = "it was checked with the point";
        let pairs =
            of_pairs.map(|own| Pairs::new(own.product(), own.start(), own.correlations(), Some(begin)).expect(CHECKED));
        let photons = of_photons.map(|own| {
            Photons::new(own.product(), own.start(), &counted.baths, &counted.delays, begin).expect(CHECKED)
        });
        Beside { point, asked, delays: counted.delays.clone(), pairs, photons }
    }

    /// Whether it is what is asked for now.
    pub fn is_of(&self, asked: statistics::Beside, counted: &Counted) -> bool {
        self.asked == asked && self.delays == counted.delays
    }

    /// The same, whose trajectories end on the way once `interrupt` is set.
    pub fn until(self, interrupt: &Interrupt) -> Self {
        let pairs = self.pairs.map(|pairs| pairs.until(interrupt));
        let photons = self.photons.map(|photons| photons.until(interrupt));
        Beside { pairs, photons, ..self }
    }

    /// Adds what goes with the trajectory of a number, and returns the jumps that it took; `None` where it was interrupted.
    pub fn trajectory(&mut self, number: u64, sums: &mut Sums) -> Option<u64> {
        let Beside { point, pairs, photons, .. } = self;
        let mut jumps = 0;
        if let Some(pairs) = pairs {
            let mut rng = stream(point.seed ^ OF_PAIRS, point.id, number);
            sums.correlated.push(pairs.sample(&mut rng)?.iter());
            jumps += pairs.jumps();
        }
        if let Some(photons) = photons {
            let mut rng = stream(point.seed ^ OF_PHOTONS, point.id, number);
            for (of_bath, after) in sums.baths.iter_mut().zip(photons.sample(&mut rng)?) {
                of_bath.add_photons(after, 0.0);
            }
            jumps += photons.jumps();
        }
        Some(jumps)
    }
}
