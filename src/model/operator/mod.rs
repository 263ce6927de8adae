//! Operators on a product of factors, as sums of words in normal order.
//!
//! A word is `J_+^a J_z^b J_-^c` of each spin and `(a^dagger)^a a^c` of each mode. Words are linearly independent, so two
//! operators are equal where their sums are, and a word moves every factor by a number of steps that is known.

mod each_qubit;
mod parse;

pub use parse::{Names, OperatorError, Parameters, is_name};

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Add, Mul, Neg, Sub};
use std::sync::Arc;

use num_complex::Complex64;
use serde::{Serialize, Serializer};

/// A sum that is at most this part of what was added is rounding.
const ROUNDING: f64 = 8.0 * f64::EPSILON;
/// Coefficients of an operator and its adjoint that differ by no more than this part of the largest are the same.
const SAME: f64 = 1e-12;

/// Which commutators the operators of a factor have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algebra {
    /// `[J_+, J_-] = 2 J_z`, `[J_z, J_+-] = +- J_+-`.
    Spin,
    /// `[a, a^dagger] = 1`.
    Boson,
}

/// `J_+^raise J_z^z J_-^lower` of a spin, `(a^dagger)^raise a^lower` of a mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Powers {
    /// Of `J_+` or `a^dagger`.
    pub raise: u32,
    /// Of `J_z`; 0 of a mode.
    pub z: u32,
    /// Of `J_-` or `a`.
    pub lower: u32,
}

impl Powers {
    /// `J_+`, or `a^dagger`.
    pub const RAISE: Powers = Powers { raise: 1, z: 0, lower: 0 };
    /// `J_z`.
    pub const Z: Powers = Powers { raise: 0, z: 1, lower: 0 };
    /// `J_-`, or `a`.
    pub const LOWER: Powers = Powers { raise: 0, z: 0, lower: 1 };

    /// By how many steps it raises.
    #[must_use]
    pub fn shift(self) -> i64 {
        i64::from(self.raise) - i64::from(self.lower)
    }

    fn degree(self) -> u32 {
        self.raise + self.z + self.lower
    }

    fn adjoint(self) -> Self {
        Powers { raise: self.lower, z: self.z, lower: self.raise }
    }

    /// The letters, from the left.
    fn letters(self) -> impl DoubleEndedIterator<Item = Powers> {
        let of = |letter, times: u32| (0..times).map(move |_| letter);
        of(Self::RAISE, self.raise).chain(of(Self::Z, self.z)).chain(of(Self::LOWER, self.lower))
    }

    /// What this times one letter is in normal order: calls `each` with every term.
    fn times(self, letter: Powers, algebra: Algebra, each: &mut impl FnMut(Powers, f64)) {
        let Powers { raise, z, lower } = self;
        let c = f64::from(lower);
        if letter == Self::LOWER {
            each(Powers { lower: lower + 1, ..self }, 1.0);
        } else if letter == Self::Z {
            // J_-^c J_z = (J_z + c) J_-^c.
            each(Powers { z: z + 1, ..self }, 1.0);
            each(self, c);
        } else if algebra == Algebra::Boson {
            // a^c a^dagger = a^dagger a^c + c a^(c-1).
            each(Powers { raise: raise + 1, ..self }, 1.0);
            each(Powers { lower: lower.saturating_sub(1), ..self }, c);
        } else {
            // J_-^c J_+ = J_+ J_-^c - c (2 J_z + c - 1) J_-^(c-1), and J_z^b J_+ = J_+ (J_z + 1)^b.
            let mut binomial = 1.0;
            for k in 0..=z {
                each(Powers { raise: raise + 1, z: z - k, lower }, binomial);
                binomial *= f64::from(z - k) / f64::from(k + 1);
            }
            let less = lower.saturating_sub(1);
            each(Powers { raise, z: z + 1, lower: less }, -2.0 * c);
            each(Powers { raise, z, lower: less }, -c * (c - 1.0));
        }
    }
}

/// A word: the powers in every factor.
pub type Word = Vec<Powers>;

/// An operator on factors of given algebras.
#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    algebras: Arc<[Algebra]>,
    terms: BTreeMap<Word, Complex64>,
}

/// As a list of its words, each with its coefficient; a zero has no sign.
impl Serialize for Operator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.terms().map(|(word, value)| (word, value + Complex64::ZERO)))
    }
}

impl Operator {
    /// Zero, on these factors.
    #[must_use]
    pub fn zero(algebras: &Arc<[Algebra]>) -> Self {
        Operator { algebras: algebras.clone(), terms: BTreeMap::new() }
    }

    /// A number times the identity.
    #[must_use]
    pub fn number(algebras: &Arc<[Algebra]>, value: Complex64) -> Self {
        let mut operator = Operator::zero(algebras);
        operator.insert(vec![Powers::default(); algebras.len()], value);
        operator
    }

    /// One letter of one factor.
    ///
    /// # Panics
    /// If there is no such factor.
    #[must_use]
    pub fn letter(algebras: &Arc<[Algebra]>, factor: usize, letter: Powers) -> Self {
        let mut word = vec![Powers::default(); algebras.len()];
        word[factor] = letter;
        Operator { algebras: algebras.clone(), terms: BTreeMap::from([(word, Complex64::ONE)]) }
    }

    /// The algebras of the factors that it is on.
    #[must_use]
    pub fn algebras(&self) -> &Arc<[Algebra]> {
        &self.algebras
    }

    /// Its words and their coefficients, in a fixed order.
    pub fn terms(&self) -> impl Iterator<Item = (&Word, Complex64)> {
        self.terms.iter().map(|(word, coefficient)| (word, *coefficient))
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The number that it is, if it has no letter.
    #[must_use]
    pub fn as_number(&self) -> Option<Complex64> {
        match self.terms.iter().next() {
            None => Some(Complex64::ZERO),
            Some((word, value)) => (self.terms.len() == 1 && degree(word) == 0).then_some(*value),
        }
    }

    /// The most letters of one of its words.
    #[must_use]
    pub fn degree(&self) -> u32 {
        self.terms.keys().map(|word| degree(word)).max().unwrap_or(0)
    }

    /// The numbers of excitations that its words add, `sum_i (raise_i - lower_i)`: it conserves their total where this is
    /// `{0}`, and takes one total to one where it is a single number.
    #[must_use]
    pub fn shifts(&self) -> BTreeSet<i64> {
        self.terms.keys().map(|word| word.iter().map(|powers| powers.shift()).sum()).collect()
    }

    /// The part whose words add so many excitations.
    #[must_use]
    pub fn part(&self, shift: i64) -> Operator {
        let mut part = self.clone();
        part.terms.retain(|word, _| word.iter().map(|powers| powers.shift()).sum::<i64>() == shift);
        part
    }

    /// The same words with the magnitudes of their coefficients.
    #[must_use]
    pub fn magnitudes(&self) -> Operator {
        let mut result = self.clone();
        result.terms.values_mut().for_each(|value| *value = value.norm().into());
        result
    }

    /// The Hermitian conjugate.
    #[must_use]
    pub fn adjoint(&self) -> Operator {
        let terms = self.terms.iter();
        let terms = terms.map(|(word, value)| (word.iter().map(|powers| powers.adjoint()).collect(), value.conj()));
        Operator { algebras: self.algebras.clone(), terms: terms.collect() }
    }

    /// Whether it is its own Hermitian conjugate, but for rounding.
    #[must_use]
    pub fn is_hermitian(&self) -> bool {
        let largest = self.terms.values().map(|value| value.norm()).fold(0.0, f64::max);
        (self - &self.adjoint()).terms.values().all(|value| value.norm() <= SAME * largest)
    }

    /// `AB - BA`.
    #[must_use]
    pub fn commutator(&self, other: &Operator) -> Operator {
        &(self * other) - &(other * self)
    }

    /// What `sum L rho L^dagger - (L^dagger L rho + rho L^dagger L)/2` of this jump operator L makes of an observable, in
    /// the Heisenberg picture: `L^dagger A L - (L^dagger L A + A L^dagger L)/2`.
    #[must_use]
    pub fn damped_by(&self, jump: &Operator) -> Operator {
        let adjoint = jump.adjoint();
        // As commutators: what L commutes with cancels term by term.
        let sum = &(&adjoint * &self.commutator(jump)) + &(&adjoint.commutator(self) * jump);
        &sum * Complex64::from(0.5)
    }

    /// Adds a term; what is left of terms that cancel is nothing.
    fn insert(&mut self, word: Word, value: Complex64) {
        if value == Complex64::ZERO {
            return;
        }
        match self.terms.entry(word) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(mut place) => {
                let (sum, size) = (place.get() + value, place.get().norm() + value.norm());
                if size.is_finite() && sum.norm() <= ROUNDING * size {
                    place.remove();
                } else {
                    place.insert(sum);
                }
            }
        }
    }
}

fn degree(word: &[Powers]) -> u32 {
    word.iter().map(|powers| powers.degree()).sum()
}

/// The product of two words of one factor, in normal order.
fn product(left: Powers, right: Powers, algebra: Algebra) -> BTreeMap<Powers, f64> {
    let mut sum = BTreeMap::from([(left, 1.0)]);
    for letter in right.letters() {
        let mut next = BTreeMap::new();
        for (powers, factor) in sum {
            powers.times(letter, algebra, &mut |powers, by| {
                if by != 0.0 {
                    *next.entry(powers).or_insert(0.0) += factor * by;
                }
            });
        }
        sum = next;
    }
    // Integers, that cancel without a rest.
    sum.retain(|_, factor| *factor != 0.0);
    sum
}

impl Mul for &Operator {
    type Output = Operator;

    fn mul(self, other: &Operator) -> Operator {
        let mut result = Operator::zero(&self.algebras);
        for (left, x) in &self.terms {
            for (right, y) in &other.terms {
                let mut words = vec![(Word::with_capacity(left.len()), x * y)];
                for ((left, right), algebra) in left.iter().zip(right).zip(self.algebras.iter()) {
                    // Beside nothing, letters are in order as they are.
                    let nothing = Powers::default();
                    if *left == nothing || *right == nothing {
                        let alone = if *left == nothing { right } else { left };
                        words.iter_mut().for_each(|(word, _)| word.push(*alone));
                        continue;
                    }
                    let factors = product(*left, *right, *algebra);
                    let longer = |(word, value): &(Word, Complex64)| {
                        let (word, value) = (word.clone(), *value);
                        let of = move |(powers, by): (&Powers, &f64)| {
                            (word.iter().copied().chain([*powers]).collect(), value * *by)
                        };
                        factors.iter().map(of).collect::<Vec<_>>()
                    };
                    words = words.iter().flat_map(longer).collect();
                }
                words.into_iter().for_each(|(word, value)| result.insert(word, value));
            }
        }
        result
    }
}

impl Mul<Complex64> for &Operator {
    type Output = Operator;

    fn mul(self, by: Complex64) -> Operator {
        let mut result = self.clone();
        result.terms.values_mut().for_each(|value| *value *= by);
        result.terms.retain(|_, value| *value != Complex64::ZERO);
        result
    }
}

impl Add for &Operator {
    type Output = Operator;

    fn add(self, other: &Operator) -> Operator {
        let mut sum = self.clone();
        other.terms.iter().for_each(|(word, value)| sum.insert(word.clone(), *value));
        sum
    }
}

impl Neg for &Operator {
    type Output = Operator;

    fn neg(self) -> Operator {
        self * Complex64::from(-1.0)
    }
}

impl Sub for &Operator {
    type Output = Operator;

    fn sub(self, other: &Operator) -> Operator {
        self + &-other
    }
}

#[cfg(test)]
mod tests;
