//! Points in regular order.

use std::f64::consts::TAU;

use super::Vector;

/// Points in regular order, so many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lattice {
    /// Along x.
    Chain(usize),
    /// Evenly on a circle in the plane of x and y; neighbours are one spacing apart along the chord.
    Ring(usize),
    /// In the plane of x and y: so many along each.
    Square([usize; 2]),
    /// So many along x, y and z.
    Cubic([usize; 3]),
}

impl Lattice {
    /// How many points there are.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Lattice::Chain(n) | Lattice::Ring(n) => n,
            Lattice::Square(sides) => sides.into_iter().product(),
            Lattice::Cubic(sides) => sides.into_iter().product(),
        }
    }

    /// The points, neighbours one `spacing` apart: the first at the origin, x changing first; a ring around it.
    #[must_use]
    pub fn points(self, spacing: f64) -> Vec<Vector> {
        let boxed = |[x, y, z]: [usize; 3]| {
            let all = (0..z).flat_map(move |k| (0..y).flat_map(move |j| (0..x).map(move |i| [i, j, k])));
            all.map(|steps| steps.map(|step| spacing * step as f64)).collect()
        };
        match self {
            Lattice::Chain(n) => boxed([n, 1, 1]),
            Lattice::Square([x, y]) => boxed([x, y, 1]),
            Lattice::Cubic(sides) => boxed(sides),
            Lattice::Ring(n) => {
                let step = TAU / n as f64;
                let radius = if n < 2 { 0.0 } else { spacing / (2.0 * (step / 2.0).sin()) };
                (0..n).map(|j| (step * j as f64).sin_cos()).map(|(s, c)| [radius * c, radius * s, 0.0]).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::distance;
    use super::*;

    #[test]
    fn nearest_neighbours_are_one_spacing_apart() {
        for lattice in [Lattice::Chain(5), Lattice::Ring(7), Lattice::Square([3, 2]), Lattice::Cubic([2, 3, 2])] {
            let points = lattice.points(0.3);
            assert_eq!(points.len(), lattice.count());
            for (i, point) in points.iter().enumerate() {
                let others =
                    points.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, other)| distance(point, other));
                assert!((others.fold(f64::INFINITY, f64::min) - 0.3).abs() < 1e-14, "{lattice:?}");
            }
        }
        assert_eq!(Lattice::Ring(1).points(2.0), [[0.0; 3]]);
    }
}
