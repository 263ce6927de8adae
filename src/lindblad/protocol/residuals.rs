//! `(1 - U) y = r` of a U of which nothing but products is known, and its second largest multiplier.
//!
//! Conjugate residuals over directions that every right side shares: each is what is guessed of the rest, less what others
//! have in what 1 - U makes of it.

use faer::Mat;

use super::radius::radius;
use super::road::CycleError;
use crate::lindblad::SolveError;
use crate::vectorized::dot;

/// Directions that are kept at most.
const MOST: usize = 400;
/// How often what is left is solved for again.
const MOST_REFINEMENTS: usize = 4;
/// What a direction adds to the others is rounding below so many times what is left of a product.
const DEPENDENT: f64 = 500.0;
/// How well the second multiplier is known: of what is below 1 of it.
const MULTIPLIER: f64 = 1e-7;

/// A propagator of what sums to zero.
pub trait Propagates {
    /// `(1 - U) x`.
    fn image(&self, x: &[f64]) -> Result<Vec<f64>, CycleError>;

    /// About (1 - U)^-1 r.
    fn guessed(&self, r: &[f64]) -> Vec<f64>;
}

/// A vector, and what 1 - U makes of it.
struct Direction {
    of: Vec<f64>,
    image: Vec<f64>,
}

/// The directions so far.
pub struct Residuals {
    directions: Vec<Direction>,
    /// What is left of an equation, of its solution: what is not exact of U.
    precision: f64,
    /// The second multiplier is known no better.
    resolved: f64,
    /// The largest of what was left.
    pub worst: f64,
}

/// y += a x.
pub fn add(y: &mut [f64], a: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

/// The length of a vector.
pub fn norm(x: &[f64]) -> f64 {
    dot::<8>(x, x).sqrt()
}

impl Direction {
    /// Takes what others have out of the image; what is left of it.
    fn part(&mut self, others: &[Direction]) -> f64 {
        let before = norm(&self.image);
        for _ in 0..2 {
            for other in others {
                let overlap = dot::<8>(&other.image, &self.image);
                add(&mut self.image, -overlap, &other.image);
                add(&mut self.of, -overlap, &other.of);
            }
        }
        let after = norm(&self.image);
        self.image.iter_mut().chain(&mut self.of).for_each(|x| *x /= after);
        after / before
    }
}

impl Residuals {
    /// Of a U whose products are known to so much of their size, and its multipliers to no more than `resolved`.
    pub fn new(precision: f64, resolved: f64) -> Self {
        Residuals { directions: Vec::new(), precision, resolved, worst: 0.0 }
    }

    /// Whether there is no direction yet.
    pub fn is_empty(&self) -> bool {
        self.directions.is_empty()
    }

    /// Adds a direction; false where it is none.
    fn grow(&mut self, u: &impl Propagates, of: Vec<f64>) -> Result<bool, CycleError> {
        let image = u.image(&of)?;
        let mut direction = Direction { of, image };
        let new = direction.part(&self.directions);
        if new.is_nan() || new < DEPENDENT * self.precision {
            return Ok(false);
        }
        self.directions.push(direction);
        Ok(true)
    }

    /// The y of `(1 - U) y = r`, both of which sum to zero, where r is known to the rounding of something of the size
    /// `beside`.
    pub fn solved(&mut self, u: &impl Propagates, r: &[f64], beside: f64) -> Result<Vec<f64>, CycleError> {
        let mut y = vec![0.0; r.len()];
        let mut rest = r.to_vec();
        let precision = self.precision;
        let enough = |size: f64| precision * (size + beside);
        let mut last = f64::INFINITY;
        for _ in 0..=MOST_REFINEMENTS {
            let (mut more, mut left) = (vec![0.0; r.len()], rest.clone());
            let take = |direction: &Direction, more: &mut [f64], left: &mut [f64]| {
                let share = dot::<8>(&direction.image, left);
                add(more, share, &direction.of);
                add(left, -share, &direction.image);
            };
            self.directions.iter().for_each(|direction| take(direction, &mut more, &mut left));
            while norm(&left) > enough(norm(&y) + norm(&more)) {
                if self.directions.len() >= MOST || !self.grow(u, u.guessed(&left))? {
                    break;
                }
                take(&self.directions[self.directions.len() - 1], &mut more, &mut left);
            }
            add(&mut y, 1.0, &more);
            rest = u.image(&y)?;
            rest.iter_mut().zip(r).for_each(|(rest, r)| *rest = r - *rest);
            let size = norm(&rest);
            if size <= enough(norm(&y)) || size.is_nan() || size > 0.5 * last {
                break;
            }
            last = size;
        }
        let size = norm(&y) + beside;
        if size > 0.0 {
            self.worst = self.worst.max(norm(&rest) / size);
        }
        Ok(y)
    }

    /// The second multiplier, by what U makes of the directions and of a `first` one that all of them may be in: its largest
    /// eigenvalues are in their space, which grows by what it leaves. Directions are made to sum to zero by `traceless`.
    pub fn second_multiplier(
        &self,
        u: &impl Propagates,
        traceless: impl Fn(Vec<f64>) -> Vec<f64>,
        first: Option<Vec<f64>>,
    ) -> Result<f64, CycleError> {
        let mut space = Space::default();
        for Direction { of, image } in &self.directions {
            space.add(traceless(of.clone()), image.clone());
        }
        if let Some(first) = first {
            let first = traceless(first);
            let image = u.image(&first)?;
            space.add(first, image);
        }
        let mut last = f64::INFINITY;
        while space.basis.len() < MOST {
            // Nothing ever deviates.
            let Some((multiplier, rests)) = space.largest() else { return Ok(0.0) };
            last = rests.iter().map(|rest| norm(rest)).fold(0.0, f64::max);
            if last <= (MULTIPLIER * (1.0 - multiplier)).max(self.resolved) {
                return Ok(multiplier);
            }
            let before = space.basis.len();
            for rest in rests {
                let direction = u.guessed(&rest);
                let image = u.image(&direction)?;
                space.add(direction, image);
            }
            if space.basis.len() == before {
                break;
            }
        }
        Err(SolveError::not_converged(space.basis.first().map_or(0, Vec::len), last).into())
    }
}

/// An orthonormal basis, and what U makes of it.
#[derive(Default)]
struct Space {
    basis: Vec<Vec<f64>>,
    propagated: Vec<Vec<f64>>,
    /// `Q^T U Q`, row by row.
    projected: Vec<Vec<f64>>,
}

impl Space {
    /// Adds a vector of which (1 - U) is known, unless it is in the space.
    fn add(&mut self, mut of: Vec<f64>, mut image: Vec<f64>) {
        let before = norm(&of);
        image.iter_mut().zip(&of).for_each(|(image, x)| *image = x - *image);
        for _ in 0..2 {
            for (q, propagated) in self.basis.iter().zip(&self.propagated) {
                let overlap = dot::<8>(q, &of);
                add(&mut of, -overlap, q);
                add(&mut image, -overlap, propagated);
            }
        }
        let after = norm(&of);
        if after.is_nan() || after <= 1e-6 * before {
            return;
        }
        of.iter_mut().chain(&mut image).for_each(|x| *x /= after);
        for (row, q) in self.projected.iter_mut().zip(&self.basis) {
            row.push(dot::<8>(q, &image));
        }
        let mut row: Vec<f64> = self.propagated.iter().map(|propagated| dot::<8>(&of, propagated)).collect();
        row.push(dot::<8>(&of, &image));
        self.projected.push(row);
        self.basis.push(of);
        self.propagated.push(image);
    }

    /// The largest modulus of the eigenvalues of U in this space, and what U leaves of it: of one vector, or of two that
    /// turn into each other.
    fn largest(&self) -> Option<(f64, Vec<Vec<f64>>)> {
        let size = self.basis.len();
        if size == 0 {
            return None;
        }
        let projected = Mat::from_fn(size, size, |row, column| self.projected[row][column]);
        let (multiplier, first) = radius(&projected);
        let times = |x: &[f64]| -> Vec<f64> { self.projected.iter().map(|row| dot::<4>(row, x)).collect() };
        let mut second = times(&first);
        let along = dot::<4>(&second, &first);
        add(&mut second, -along, &first);
        let mut vectors = vec![first];
        let across = norm(&second);
        if across > 1e-6 * multiplier {
            vectors.push(second.iter().map(|x| x / across).collect());
        }
        let rest = |x: &Vec<f64>| {
            let mut rest = vec![0.0; self.basis[0].len()];
            x.iter().zip(&self.propagated).for_each(|(x, propagated)| add(&mut rest, *x, propagated));
            times(x).iter().zip(&self.basis).for_each(|(x, q)| add(&mut rest, -x, q));
            rest
        };
        let rests = vectors.iter().map(rest).collect();
        Some((multiplier, rests))
    }
}
