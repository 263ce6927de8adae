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
/// Multiples of it lie evenly between whole numbers, and none comes again.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
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

/// A right side, known to the rounding of something of the size `beside`.
pub struct Right {
    pub r: Vec<f64>,
    pub beside: f64,
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
        Ok(self.learn(of, image))
    }

    /// Adds a direction whose image is known; false where it is none.
    pub fn learn(&mut self, of: Vec<f64>, image: Vec<f64>) -> bool {
        let mut direction = Direction { of, image };
        let new = direction.part(&self.directions);
        let is_one = new >= DEPENDENT * self.precision;
        if is_one {
            self.directions.push(direction);
        }
        is_one
    }

    /// The y of `(1 - U) y = r`, both of which sum to zero.
    pub fn solved(&mut self, u: &impl Propagates, right: &Right) -> Result<Vec<f64>, CycleError> {
        let y = self.drafted(u, right, 0.0)?;
        self.refined(u, right, y)
    }

    /// The same of several right sides. What is left of all is looked at in one product, each having a share of its own in it;
    /// only where that is too much, in one for each.
    pub fn all_solved(&mut self, u: &impl Propagates, rights: &[Right]) -> Result<Vec<Vec<f64>>, CycleError> {
        let drafts: Vec<Vec<f64>> = rights.iter().map(|right| self.drafted(u, right, 0.0)).collect::<Result<_, _>>()?;
        let (mut x, mut rest, mut squares) = (Vec::new(), Vec::new(), 0.0);
        for (k, (Right { r, beside }, y)) in rights.iter().zip(&drafts).enumerate() {
            x.resize(r.len(), 0.0);
            rest.resize(r.len(), 0.0);
            // No two alike, and no sum of some another one: what is left of them does not cancel.
            let share = 1.0 + (GOLDEN * (k + 1) as f64).fract();
            let size = norm(y) + beside;
            if size > 0.0 {
                add(&mut x, share / size, y);
                add(&mut rest, share / size, r);
                squares += share * share;
            }
        }
        let image = u.image(&x)?;
        add(&mut rest, -1.0, &image);
        let left = norm(&rest);
        if left <= self.precision * f64::sqrt(squares) {
            self.worst = self.worst.max(left);
            return Ok(drafts);
        }
        rights.iter().zip(drafts).map(|(right, y)| self.refined(u, right, y)).collect()
    }

    /// What the directions, and as many more as it takes, make of a right side, by what is known of their images; it is to be
    /// added to something of the size `size`.
    fn drafted(&mut self, u: &impl Propagates, Right { r, beside }: &Right, size: f64) -> Result<Vec<f64>, CycleError> {
        let (mut y, mut left) = (vec![0.0; r.len()], r.clone());
        let take = |direction: &Direction, y: &mut [f64], left: &mut [f64]| {
            let share = dot::<8>(&direction.image, left);
            add(y, share, &direction.of);
            add(left, -share, &direction.image);
        };
        self.directions.iter().for_each(|direction| take(direction, &mut y, &mut left));
        while norm(&left) > self.precision * (size + norm(&y) + beside) {
            if self.directions.len() >= MOST || !self.grow(u, u.guessed(&left))? {
                break;
            }
            take(&self.directions[self.directions.len() - 1], &mut y, &mut left);
        }
        Ok(y)
    }

    /// A solution, as long as what U itself leaves of it becomes less by solving for that.
    fn refined(&mut self, u: &impl Propagates, right: &Right, mut y: Vec<f64>) -> Result<Vec<f64>, CycleError> {
        let Right { r, beside } = right;
        let (mut last, mut refinements) = (f64::INFINITY, 0);
        let left = loop {
            let mut rest = u.image(&y)?;
            rest.iter_mut().zip(r).for_each(|(rest, r)| *rest = r - *rest);
            let size = norm(&rest);
            let enough = self.precision * (norm(&y) + beside);
            if size <= enough || size.is_nan() || size > 0.5 * last || refinements == MOST_REFINEMENTS {
                break size;
            }
            (last, refinements) = (size, refinements + 1);
            let more = self.drafted(u, &Right { r: rest, beside: *beside }, norm(&y))?;
            add(&mut y, 1.0, &more);
        };
        let size = norm(&y) + beside;
        if size > 0.0 {
            self.worst = self.worst.max(left / size);
        }
        Ok(y)
    }

    /// The second multiplier, by what U makes of the directions and of a `first` one that all of them may be in: its largest
    /// eigenvalues are in their space, which grows by what it leaves, and right sides then know of. Directions are made to sum
    /// to zero by `traceless`.
    pub fn second_multiplier(
        &mut self,
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
                if self.directions.len() < MOST {
                    self.learn(direction.clone(), image.clone());
                }
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
