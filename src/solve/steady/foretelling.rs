//! From field to field: what l is at the last fields foretells it at the next.

use crate::lindblad::{Charges, Conditioned, PopulationEquation, SteadyError, Tilted};

/// Fields that are tried on the way to one.
const MOST_TRIES: usize = 6;

/// What is known at a field.
#[derive(Clone)]
pub struct Known {
    field: f64,
    /// ln l, and how it changes with the field.
    log: Vec<f64>,
    slope: Vec<f64>,
}

impl Known {
    /// At a field on these charges.
    pub fn of(at: &Conditioned, charges: &Charges, field: f64) -> Self {
        Known { field, log: at.logarithm().to_vec(), slope: at.slope(charges) }
    }
}

/// What is known at the last field or two.
#[derive(Clone)]
pub struct Foretelling {
    known: Vec<Known>,
    /// A level that is likely at the last.
    level: usize,
}

impl Foretelling {
    /// From these fields, the last of which is the nearest.
    pub fn of(known: Vec<Known>, level: usize) -> Self {
        Foretelling { known, level }
    }

    /// l without a field, which is flat, and no word on how it changes.
    pub fn flat(equation: &PopulationEquation) -> Self {
        let flat = vec![0.0; equation.ladder().levels.len()];
        Self::of(vec![Known { field: 0.0, log: flat.clone(), slope: flat }], equation.likely())
    }

    /// The chain at a field near by.
    pub fn at<'a>(
        &self,
        tilted: &'a Tilted<'a>,
        charges: &Charges,
        field: f64,
    ) -> Result<Conditioned<'a>, SteadyError> {
        tilted.foretold(&charges.times(field), self.logarithm(field), self.level)
    }

    /// The chain at a field, by others on the way where it is far; it is known then.
    pub fn reach<'a>(
        &mut self,
        tilted: &'a Tilted<'a>,
        charges: &Charges,
        field: f64,
    ) -> Result<Conditioned<'a>, SteadyError> {
        let mut next = field;
        for _ in 0..MOST_TRIES {
            match self.at(tilted, charges, next) {
                Ok(at) => {
                    self.learn(Known::of(&at, charges, next), at.likely());
                    if next == field {
                        return Ok(at);
                    }
                    next = field;
                }
                Err(_) => next = 0.5 * (self.last().field + next),
            }
        }
        let at = tilted.at(&charges.times(field), None)?;
        self.known.clear();
        self.learn(Known::of(&at, charges, field), at.likely());
        Ok(at)
    }

    fn last(&self) -> &Known {
        &self.known[self.known.len() - 1]
    }

    fn learn(&mut self, known: Known, level: usize) {
        if self.known.len() == 2 {
            self.known.remove(0);
        }
        self.known.push(known);
        self.level = level;
    }

    /// ln l by its slope at the last field, and by how that changed since the one before.
    fn logarithm(&self, field: f64) -> Vec<f64> {
        let Known { field: b, log, slope } = self.last();
        let by = field - b;
        let straight = |(log, slope): (&f64, &f64)| log + by * slope;
        match &self.known[..] {
            [before, _] if before.field != *b => {
                let bend = 0.5 * by * by / (b - before.field);
                let changed = slope.iter().zip(&before.slope).map(|(now, before)| bend * (now - before));
                log.iter().zip(slope).map(straight).zip(changed).map(|(straight, bent)| straight + bent).collect()
            }
            _ => log.iter().zip(slope).map(straight).collect(),
        }
    }
}
