//! Sums over the qubits whose terms are looked up: of one state, or of states side by side.

use std::ops::Range;

use fearless_simd::{Level, Simd, dispatch};

use crate::trajectory::held::{Amplitude, Held, Total};

/// Where the terms of a sum are found: row by row, the indices of the states that lead there.
///
/// Rows stand in the order of how many terms they have: a loop over as many is foreseen by a processor.
#[derive(Clone, Debug)]
pub struct Table {
    /// How many terms rows have, and which of them have so many.
    widths: Vec<(usize, Range<usize>)>,
    rows: Vec<u32>,
    sources: Vec<u32>,
}

/// What the terms count.
#[derive(Clone, Copy, Debug)]
pub enum Terms<'a> {
    Alike(f64),
    Each(&'a [f64]),
}

/// What is done with a sum.
#[derive(Clone, Copy)]
enum Put {
    Set,
    /// So many times.
    Add(f64),
    /// `-i` times so many times.
    AddTurned(f64),
}

impl Table {
    /// Of so many rows, each by its terms.
    pub fn new<T: Iterator<Item = u32>>(rows: usize, terms: impl Fn(usize) -> T) -> Self {
        let width = |row: u32| terms(row as usize).count();
        let mut rows: Vec<u32> = (0..rows as u32).collect();
        rows.sort_by_cached_key(|row| width(*row));
        let mut widths: Vec<(usize, Range<usize>)> = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            match widths.last_mut() {
                Some((last, places)) if *last == width(*row) => places.end = place + 1,
                _ => widths.push((width(*row), place..place + 1)),
            }
        }
        let sources = rows.iter().flat_map(|row| terms(*row as usize)).collect();
        Table { widths, rows, sources }
    }

    /// Its rows in their order, in which weights are to be.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().map(|row| *row as usize)
    }

    /// Calls `each(row, sources, terms)` for every row: which it is, where its terms come from, which terms they are.
    #[inline(always)]
    fn each_row(&self, mut each: impl FnMut(usize, &[u32], Range<usize>)) {
        let mut from = 0;
        for (width, places) in &self.widths {
            let rows = &self.rows[places.clone()];
            if *width == 0 {
                rows.iter().for_each(|row| each(*row as usize, &[], 0..0));
                continue;
            }
            for (row, sources) in rows.iter().zip(self.sources[from..].chunks_exact(*width)) {
                each(*row as usize, sources, from..from + width);
                from += width;
            }
        }
    }

    /// y = the sums.
    pub fn set<T: Amplitude>(&self, terms: Terms, x: &[T], y: &mut [T]) {
        dispatch!(Level::new(), simd => self.put(simd, Put::Set, terms, x, y));
    }

    /// `y += factor` times the sums.
    pub fn add<T: Amplitude>(&self, terms: Terms, factor: f64, x: &[T], y: &mut [T]) {
        dispatch!(Level::new(), simd => self.put(simd, Put::Add(factor), terms, x, y));
    }

    /// `y -= i factor` times the sums.
    pub fn add_turned<T: Amplitude>(&self, terms: Terms, factor: f64, x: &[T], y: &mut [T]) {
        dispatch!(Level::new(), simd => self.put(simd, Put::AddTurned(factor), terms, x, y));
    }

    #[inline(always)]
    fn put<T: Amplitude, S: Simd>(&self, simd: S, put: Put, terms: Terms, x: &[T], y: &mut [T]) {
        self.each_row(
            #[inline(always)]
            |row, sources, places| {
                let sum = match terms {
                    Terms::Alike(weight) => sum(simd, sources, x).times(weight),
                    Terms::Each(weights) => weighted(simd, sources, &weights[places], x),
                };
                let y = &mut y[row];
                *y = T::release(match put {
                    Put::Set => sum,
                    Put::Add(factor) => y.hold(simd).plus_times(factor, sum),
                    Put::AddTurned(factor) => y.hold(simd).plus_times(factor, sum.turned()),
                });
            },
        );
    }

    /// y = the sums; the square of its norm, and the real part of its product with the sums that other weights of the same
    /// terms make.
    pub fn measure<T: Amplitude>(&self, terms: Terms, others: &[f64], x: &[T], y: &mut [T]) -> [T::Real; 2] {
        dispatch!(Level::new(), simd => self.measured(simd, terms, others, x, y))
    }

    #[inline(always)]
    fn measured<T: Amplitude, S: Simd>(
        &self,
        simd: S,
        terms: Terms,
        others: &[f64],
        x: &[T],
        y: &mut [T],
    ) -> [T::Real; 2] {
        let (mut norm, mut overlap) = (Total::new(T::none(simd)), T::none(simd));
        self.each_row(
            #[inline(always)]
            |row, sources, places| {
                let (mut image, mut other) = (T::none(simd), T::none(simd));
                match terms {
                    Terms::Alike(weight) => {
                        for (source, of_other) in sources.iter().zip(&others[places]) {
                            let x = x[*source as usize].hold(simd);
                            (image, other) = (image.plus(x), other.plus_times(*of_other, x));
                        }
                        image = image.times(weight);
                    }
                    Terms::Each(weights) => {
                        let both = weights[places.clone()].iter().zip(&others[places]);
                        for (source, (weight, of_other)) in sources.iter().zip(both) {
                            let x = x[*source as usize].hold(simd);
                            (image, other) = (image.plus_times(*weight, x), other.plus_times(*of_other, x));
                        }
                    }
                }
                norm.add_products(image, image);
                overlap = overlap.plus_products(image, other);
                y[row] = T::release(image);
            },
        );
        [T::total(norm.sum()), T::total(overlap)]
    }

    /// The square of the norm of the plain sums.
    pub fn norm<T: Amplitude>(&self, x: &[T]) -> T::Real {
        dispatch!(Level::new(), simd => {
            let mut norm = T::none(simd);
            self.each_row(
                #[inline(always)]
                |_, sources, _| {
                    let sum = sum(simd, sources, x);
                    norm = norm.plus_products(sum, sum);
                },
            );
            T::total(norm)
        })
    }

    /// The real part of the product of x with the sums, which are where x is.
    pub fn mean<T: Amplitude>(&self, weights: &[f64], x: &[T]) -> T::Real {
        dispatch!(Level::new(), simd => {
            let mut mean = T::none(simd);
            self.each_row(
                #[inline(always)]
                |row, sources, places| {
                    let sum = weighted(simd, sources, &weights[places], x);
                    mean = mean.plus_products(x[row].hold(simd), sum);
                },
            );
            T::total(mean)
        })
    }
}

#[inline(always)]
fn sum<T: Amplitude, S: Simd>(simd: S, sources: &[u32], x: &[T]) -> T::Held<S> {
    let mut sum = T::none(simd);
    for source in sources {
        sum = sum.plus(x[*source as usize].hold(simd));
    }
    sum
}

#[inline(always)]
fn weighted<T: Amplitude, S: Simd>(simd: S, sources: &[u32], weights: &[f64], x: &[T]) -> T::Held<S> {
    let mut sum = T::none(simd);
    for (source, weight) in sources.iter().zip(weights) {
        sum = sum.plus_times(*weight, x[*source as usize].hold(simd));
    }
    sum
}

/// The sum of the squares, each so many times.
pub fn weights_of_squares<T: Amplitude>(weights: &[f64], x: &[T]) -> T::Real {
    dispatch!(Level::new(), simd => {
        let mut sum = T::none(simd);
        for (x, weight) in x.iter().zip(weights) {
            let x = x.hold(simd);
            sum = sum.plus_products(x.times(*weight), x);
        }
        T::total(sum)
    })
}
