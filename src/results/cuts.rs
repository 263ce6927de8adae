//! Modes whose cut may have changed the results, and the heat currents that are not told then.

use crate::group::{Ensembles, Growing};
use crate::model::product::Watched;
use crate::quantity::{Column, Quantity};
use crate::scenario::Point;
use crate::solve::ExactRoad;
use crate::statistics::Ensemble;

/// The weight of the highest number of quanta of a mode from which on its cut is told of.
const NOTED: f64 = 1e-6;

/// What the cuts of a point did to its results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cuts {
    /// Each cut that may have changed them, in words.
    pub notes: Vec<String>,
    /// Baths that act on such a mode: their heat is that of the mode without a cut, and has no value in one that is cut too
    /// low.
    lost: Vec<usize>,
}

/// The baths whose heat has to do with a mode.
fn acting(ensembles: &Ensembles, factor: usize) -> Vec<usize> {
    let acts = |bath: &usize| {
        let heat = ensembles.product().heat_current(*bath);
        heat.terms().any(|(word, _)| word[factor] != Default::default())
    };
    (0..ensembles.product().baths().len()).filter(acts).collect()
}

/// By how much the heat currents of its baths, and in time their heats, may be off where a cut that grows to so many levels
/// lets the highest weigh so much, in words.
fn off(point: &Point, factor: usize, kept: i64, weight: f64) -> String {
    let Some(ensembles) = point.ensembles().filter(|_| point.steady().is_none_or(|steady| !steady.phases.is_empty()))
    else {
        // Where they are steady, each is held against it.
        return String::new();
    };
    let mut levels = ensembles.start().levels().to_vec();
    levels[factor] = levels[factor].max(kept);
    let of_bath = |bath: usize| ensembles.cut_error(&levels, bath, weight).map(|error| (bath, error));
    let most = acting(ensembles, factor).into_iter().filter_map(of_bath).max_by(|(_, a), (_, b)| a.total_cmp(b));
    most.map_or_else(String::new, |(bath, error)| {
        let name = &point.baths()[bath].name;
        format!("; heat currents of its baths may be off by about {error:.1e} for it ({name}), and heats by as much in a unit of time")
    })
}

impl Cuts {
    /// By the largest value of each column that tells of a cut.
    pub fn new(point: &Point, largest: impl Fn(usize, Column) -> Option<f64>) -> Self {
        let mut cuts = Cuts::default();
        let Some(ensembles) = point.ensembles() else { return cuts };
        let product = ensembles.product();
        let columns = point.columns();
        for (index, column) in columns.iter().enumerate() {
            let looked_at = column.observable.map(|observable| &ensembles.looked_at()[observable].watched);
            let (Some(Watched::Top(factor)), Some(most)) = (looked_at, largest(index, *column)) else { continue };
            let (name, levels) = (&product.factors()[*factor].name, ensembles.start().levels()[*factor]);
            let growing = ensembles.growing().find(|growing| growing.factor == *factor);
            let bound = growing.map_or(NOTED, |growing| growing.weight);
            if let Some(Growing { weight, .. }) = growing.filter(|_| most <= bound) {
                let kept = |(_, column): &(usize, &Column)| {
                    let own = column.observable.map(|observable| &ensembles.looked_at()[observable].watched);
                    own == Some(&Watched::Levels(*factor))
                };
                let kept = columns.iter().enumerate().find(kept).and_then(|(index, column)| largest(index, *column));
                let heat = kept.map_or_else(String::new, |kept| off(point, *factor, kept.ceil() as i64, weight));
                cuts.notes.push(format!(
                    "mode {name}, whose cut grows, keeps {:.0} levels (trajectories on average), the highest of which weighs \
                     up to {most:.1e} (the bound is {weight:.0e}){heat}",
                    kept.unwrap_or(f64::NAN)
                ));
            }
            if most <= bound {
                continue;
            }
            let lost = acting(ensembles, *factor);
            let names: Vec<&str> = lost.iter().map(|bath| point.baths()[*bath].name.as_str()).collect();
            let heat = if lost.is_empty() {
                String::new()
            } else {
                format!(
                    "; heat currents of {}, which would be those of a mode without a cut, have no value",
                    names.join(", ")
                )
            };
            cuts.notes.push(format!(
                "the highest of the {} levels of mode {name} has a weight of up to {most:.1e}: the cut may have changed the \
                 results, and more `levels` would tell{heat}",
                growing.map_or(levels, |growing| growing.most)
            ));
            cuts.lost.extend(lost);
        }
        cuts
    }

    /// The same of a transient: by the largest weight on the grid, the exact one where there is one, as estimates of what is
    /// rare are off by more than they tell.
    pub fn of_transient(point: &Point, ensemble: Option<&Ensemble>, road: &ExactRoad) -> Self {
        let samples = point.times().len();
        Cuts::new(point, |column, _| {
            let exact = (0..samples).filter_map(|sample| road.on_grid(sample, column));
            let estimates = (0..samples).filter_map(|sample| Some(ensemble?.on_grid(sample, column)?.mean));
            exact.reduce(f64::max).or_else(|| estimates.reduce(f64::max))
        })
    }

    /// Whether a quantity is told in spite of them.
    pub fn leave(&self, quantity: Quantity, bath: Option<usize>) -> bool {
        match (quantity.steady(), bath) {
            (Quantity::HeatCurrent | Quantity::Heat, Some(bath)) => !self.lost.contains(&bath),
            // What heat leaves of the energy.
            (Quantity::Work, _) => self.lost.is_empty(),
            _ => true,
        }
    }
}
