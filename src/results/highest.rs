//! The highest mean intensities of a transient, where they stand out.

use super::row::QuantitySummary;
use crate::quantity::Quantity;
use crate::scenario::Point;
use crate::solve::ExactRoad;
use crate::statistics::{Ensemble, Estimate};

/// A value of the grid: by trajectories, and exact, as far as there is one.
#[derive(Clone, Copy)]
struct Cell {
    estimate: Option<Estimate>,
    exact: Option<f64>,
}

/// The highest mean intensities of a point that was sampled, where they stand out, beside the exact ones.
pub(crate) fn highest_sampled(point: &Point, ensemble: &Ensemble, road: &ExactRoad) -> Vec<QuantitySummary> {
    highest(point, |sample, column| Cell {
        estimate: ensemble.on_grid(sample, column),
        exact: road.on_grid(sample, column),
    })
}

/// The highest exact mean intensities of a point, where they stand out.
pub(crate) fn highest_exact(point: &Point, road: &ExactRoad) -> Vec<QuantitySummary> {
    highest(point, |sample, column| Cell { estimate: None, exact: road.on_grid(sample, column) })
}

/// The highest mean intensity into each bath and its time, where it stands out between the ends of the grid: by five
/// standard errors, or where there are only exact values, by one per cent. An estimate has the error of the mean at its time, but no z, as the highest of
/// many is no estimate of the exact one without bias.
fn highest(point: &Point, cell: impl Fn(usize, usize) -> Cell) -> Vec<QuantitySummary> {
    let times = point.times();
    let mut found = Vec::new();
    for (index, column) in
        point.columns().iter().enumerate().filter(|(_, column)| column.quantity == Quantity::Intensity)
    {
        let cells: Vec<Cell> = (0..times.len()).map(|sample| cell(sample, index)).collect();
        let top = |value: &dyn Fn(&Cell) -> Option<f64>| {
            let values = cells.iter().enumerate().filter_map(|(sample, cell)| Some((sample, value(cell)?)));
            values.reduce(|best, next| if next.1 > best.1 { next } else { best })
        };
        let estimate = top(&|cell| cell.estimate.map(|estimate| estimate.mean));
        let exact = top(&|cell| cell.exact);
        let (first, last) = (cells[0], cells[cells.len() - 1]);
        // Whether exact values are there changes nothing of what is estimated.
        let stands_out = match (estimate, exact) {
            (Some((sample, _)), _) => [first, last].iter().all(|end| {
                let (Some(end), Some(top)) = (end.estimate, cells[sample].estimate) else { return false };
                // At the end of a burst nothing happens any more, and nothing is spread.
                let error = top.std_error.map(|error| error.hypot(end.std_error.unwrap_or(0.0)));
                error.is_some_and(|error| top.mean > end.mean + 5.0 * error)
            }),
            (None, Some((_, top))) => [first, last].iter().all(|end| end.exact.is_some_and(|end| top > 1.01 * end)),
            (None, None) => false,
        };
        if !stands_out {
            continue;
        }
        let bath = column.bath.map(|bath| point.baths()[bath].name.clone());
        let mut push = |quantity: Quantity, estimate: Option<Estimate>, exact: Option<f64>| {
            found.push(QuantitySummary {
                quantity: quantity.name().to_owned(),
                bath: bath.clone(),
                estimate: estimate.map(|estimate| estimate.mean),
                std_error: estimate.and_then(|estimate| estimate.std_error),
                exact,
                z: None,
                unit: quantity.unit(point.units()).to_owned(),
            });
        };
        let of_height = estimate.and_then(|(sample, _)| cells[sample].estimate);
        push(Quantity::HighestIntensity, of_height, exact.map(|(_, top)| top));
        // A time of the grid has no spread to tell its error by.
        let of_time = estimate.map(|(sample, _)| Estimate { mean: times[sample], std_error: None });
        push(Quantity::HighestIntensityTime, of_time, exact.map(|(sample, _)| times[sample]));
    }
    found
}
