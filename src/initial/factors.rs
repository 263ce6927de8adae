//! Where the factors of a product start: each in a state of its own.

use num_complex::Complex64;
use rand::Rng;
use serde::Serialize;

use super::InitialState;
use crate::dicke::{Level, sectors};
use crate::model::product::{Kind, Levels, Product, ProductError, Watched};

/// The part of a coherent state that may lie beyond the cut of its mode.
const MOST_BEYOND: f64 = 1e-12;

/// Where one factor starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum FactorStart {
    /// The qubits of an ensemble.
    Qubits(InitialState),
    /// A mode with a sharp number of quanta.
    Number(i64),
    /// A mode in the coherent state `a |alpha> = alpha |alpha>`.
    Coherent(Complex64),
}

/// Where every factor of a product starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProductStart {
    factors: Vec<FactorStart>,
    kinds: Vec<Kind>,
    /// For each mode, how many numbers it needs.
    levels: Vec<i64>,
}

/// A pure state of one factor: 2J of an ensemble, and the amplitudes from the lowest level up.
pub type Drawn = (i64, Vec<Complex64>);

impl ProductStart {
    /// The start of a product, one state for each factor.
    ///
    /// # Errors
    /// If these are not as many as there are factors, one is not of its factor, or a mode needs a cut that it lacks.
    pub fn new(product: &Product, factors: Vec<FactorStart>) -> Result<Self, ProductError> {
        product.check_cuts()?;
        let kinds: Vec<Kind> = product.factors().iter().map(|factor| factor.kind).collect();
        if factors.len() != kinds.len() {
            let what = format!("{} states are given for {} ensembles and modes", factors.len(), kinds.len());
            return Err(ProductError::Start { name: "all".into(), what });
        }
        // The most excitations of each factor.
        let mut highest = Vec::with_capacity(kinds.len());
        for ((start, kind), factor) in factors.iter().zip(&kinds).zip(product.factors()) {
            let wrong = |what: &str| Err(ProductError::Start { name: factor.name.clone(), what: what.to_owned() });
            highest.push(match (start, *kind) {
                (FactorStart::Qubits(InitialState::Bits(_) | InitialState::Angles(_)), Kind::Qubits(_)) => {
                    return wrong("each qubit has a state of its own, and the qubits of an ensemble are alike");
                }
                (FactorStart::Qubits(state), Kind::Qubits(number)) => match fits(state, number) {
                    Ok(()) => number,
                    Err(what) => return wrong(what),
                },
                (FactorStart::Number(quanta), Kind::Mode { levels }) => {
                    if *quanta < 0 || levels.most().is_some_and(|levels| *quanta >= levels) {
                        let top = levels.most().map_or_else(|| "on".into(), |levels| format!("to {}", levels - 1));
                        return wrong(&format!("{quanta} quanta, where the mode keeps from 0 {top}"));
                    }
                    *quanta
                }
                (FactorStart::Coherent(_), Kind::Mode { levels: Levels::All }) => {
                    return wrong("a coherent state has every number of quanta: the mode needs `levels`");
                }
                (FactorStart::Coherent(alpha), Kind::Mode { levels }) => {
                    let beyond =
                        |levels: i64| 1.0 - poisson(*alpha, levels).iter().map(Complex64::norm_sqr).sum::<f64>();
                    let cuts = levels.cuts(1);
                    match (cuts.iter().find(|levels| beyond(**levels) <= MOST_BEYOND), cuts.last()) {
                        (Some(levels), _) => levels - 1,
                        (None, Some(levels)) => {
                            let beyond = beyond(*levels);
                            return wrong(&format!(
                                "{beyond:.1e} of the coherent state lies beyond the {levels} levels kept"
                            ));
                        }
                        (None, None) => return wrong("no level is kept"),
                    }
                }
                (FactorStart::Qubits(_), Kind::Mode { .. }) => return wrong("qubits, where it is a mode"),
                (FactorStart::Number(_) | FactorStart::Coherent(_), Kind::Qubits(_)) => {
                    return wrong("a number of quanta, where it is an ensemble of qubits");
                }
            });
        }
        let most: i64 = highest.iter().sum();
        let levels = kinds.iter().zip(&highest).map(|(kind, highest)| match kind {
            Kind::Qubits(_) => 0,
            Kind::Mode { levels: Levels::All } => most + 1,
            Kind::Mode { levels } => levels.cuts(highest + 1).first().copied().unwrap_or(0),
        });
        Ok(ProductStart { levels: levels.collect(), factors, kinds })
    }

    /// The states of the factors.
    #[must_use]
    pub fn factors(&self) -> &[FactorStart] {
        &self.factors
    }

    /// The most numbers of quanta that are ever kept of a mode, by its place among the factors; 0 of an ensemble.
    #[must_use]
    pub fn most_levels(&self, place: usize) -> i64 {
        match self.kinds[place] {
            Kind::Mode { levels: Levels::Grown { most, .. } } => most,
            _ => self.levels[place],
        }
    }

    /// The highest levels that a trajectory may have of each factor, as [`ProductStart::tops`], and of a mode whose cut grows
    /// those of all its cuts. Where the number of excitations is `sharp` few states have each, and no cut has to grow.
    #[must_use]
    pub fn reach(&self, product: &Product, sharp: bool) -> Vec<Vec<i64>> {
        let mut tops = self.tops(product);
        for ((tops, kind), levels) in tops.iter_mut().zip(&self.kinds).zip(&self.levels) {
            match kind {
                Kind::Mode { levels: Levels::Grown { most, .. } } if sharp => *tops = vec![most - 1],
                Kind::Mode { levels: grown @ Levels::Grown { .. } } => {
                    *tops = grown.cuts(*levels).into_iter().map(|levels| levels - 1).collect();
                }
                Kind::Qubits(_) | Kind::Mode { .. } => {}
            }
        }
        tops
    }

    /// How many numbers of quanta a mode needs to begin with, by its place among the factors; 0 of an ensemble.
    #[must_use]
    pub fn levels(&self) -> &[i64] {
        &self.levels
    }

    /// For each factor the highest levels that the baths of the product can lead to from here: 2J of an ensemble, the most
    /// quanta of a mode.
    #[must_use]
    pub fn tops(&self, product: &Product) -> Vec<Vec<i64>> {
        let of = |(place, kind): (usize, &Kind)| match *kind {
            Kind::Mode { .. } => vec![self.levels[place] - 1],
            Kind::Qubits(number) if product.changes_j(place) => sectors(number).collect(),
            Kind::Qubits(_) => {
                let mut own: Vec<i64> = self.mixture(place).iter().map(|(_, (two_j, _))| *two_j).collect();
                own.sort_unstable();
                own.dedup();
                own
            }
        };
        self.kinds.iter().enumerate().map(of).collect()
    }

    /// How many states of factors with these highest levels have each number of excitations above the lowest.
    #[must_use]
    pub fn states_by_excitations(tops: &[i64]) -> Vec<f64> {
        tops.iter().fold(vec![1.0], |counts, top| {
            // Sums over windows of top + 1 counts: what comes in less what goes out, whole numbers.
            let count = |place: usize| counts.get(place).copied().unwrap_or(0.0);
            let (window, mut sum) = (*top as usize + 1, 0.0);
            let sums = (0..counts.len() + window - 1).map(|place| {
                sum += count(place) - place.checked_sub(window).map_or(0.0, count);
                sum
            });
            sums.collect()
        })
    }

    /// Whether the total number of excitations is sharp in every pure state that it is a mixture of.
    #[must_use]
    pub fn is_sharp(&self) -> bool {
        self.factors.iter().zip(&self.kinds).all(|(start, kind)| match (start, *kind) {
            (FactorStart::Qubits(state), Kind::Qubits(number)) => state.superposition(number).is_none(),
            (start, _) => matches!(start, FactorStart::Number(_)),
        })
    }

    /// Whether the total number of excitations may be taken as sharp: H and the jumps keep it so, and either it starts so
    /// or nothing that is watched sees a superposition of several, which is then drawn apart.
    #[must_use]
    pub fn may_be_sharp(&self, product: &Product, watched: &[Watched]) -> bool {
        let blind = |watched: &Watched| match watched {
            Watched::Operator(operator) => operator.shifts().iter().all(|shift| *shift == 0),
            Watched::Top(_) | Watched::Levels(_) => true,
        };
        product.keeps_excitations_sharp() && (self.is_sharp() || watched.iter().all(blind))
    }

    /// The number of states of the largest sector that a trajectory may be in, where the number of excitations is `sharp`
    /// or not; with a cut that grows, before it does.
    #[must_use]
    pub fn largest_dimension(&self, product: &Product, sharp: bool) -> f64 {
        let tops = if sharp { self.reach(product, true) } else { self.tops(product) };
        let highest: Vec<i64> = tops.iter().map(|tops| tops.iter().copied().max().unwrap_or(0)).collect();
        let by_excitations = Self::states_by_excitations(&highest);
        if sharp { by_excitations.into_iter().fold(0.0, f64::max) } else { by_excitations.iter().sum() }
    }

    /// Draws a pure state of each factor.
    pub fn draw(&self, rng: &mut impl Rng) -> Vec<Drawn> {
        let of = |((start, kind), levels): ((&FactorStart, &Kind), &i64)| match (start, *kind) {
            (FactorStart::Qubits(state), Kind::Qubits(number)) => {
                let (two_j, superposed) = state.draw_pure(number, rng);
                (two_j, spread(two_j, &superposed))
            }
            (start, _) => (0, quanta(start, *levels)),
        };
        self.factors.iter().zip(&self.kinds).zip(&self.levels).map(of).collect()
    }

    /// The mixture that a factor starts in: for each part its probability and a pure state.
    #[must_use]
    pub fn mixture(&self, factor: usize) -> Vec<(f64, Drawn)> {
        match (&self.factors[factor], self.kinds[factor]) {
            (FactorStart::Qubits(state), Kind::Qubits(number)) => match state.superposition(number) {
                Some((two_j, superposed)) => vec![(1.0, (two_j, spread(two_j, &superposed)))],
                None => {
                    let one =
                        |(level, p): (Level, f64)| (p, (level.two_j, spread(level.two_j, &[(level, Complex64::ONE)])));
                    state.populations(number).into_iter().map(one).collect()
                }
            },
            (start, _) => vec![(1.0, (0, quanta(start, self.levels[factor])))],
        }
    }
}

/// Why a state is none of so many qubits, if so.
fn fits(state: &InitialState, number: i64) -> Result<(), &'static str> {
    let ok = match state {
        InitialState::Dicke(level) => Level::new(number, level.two_j, level.two_m).is_some(),
        InitialState::Product { excited } => (0..=number).contains(excited),
        InitialState::Thermal { probability } => (0.0..=1.0).contains(probability),
        InitialState::Superposition { two_j, amplitudes } => {
            sectors(number).any(|sector| sector == *two_j) && amplitudes.len() as i64 == two_j + 1
        }
        _ => number > 0,
    };
    if ok { Ok(()) } else { Err("it is no state of so many qubits") }
}

fn spread(two_j: i64, superposed: &[(Level, Complex64)]) -> Vec<Complex64> {
    let mut amplitudes = vec![Complex64::ZERO; two_j as usize + 1];
    for (level, amplitude) in superposed {
        amplitudes[level.above_bottom() as usize] = *amplitude;
    }
    amplitudes
}

/// The amplitudes of a mode.
fn quanta(start: &FactorStart, levels: i64) -> Vec<Complex64> {
    match start {
        FactorStart::Coherent(alpha) => poisson(*alpha, levels),
        FactorStart::Number(sharp) => {
            (0..levels).map(|n| if n == *sharp { Complex64::ONE } else { Complex64::ZERO }).collect()
        }
        FactorStart::Qubits(_) => Vec::new(),
    }
}

/// `e^(-|alpha|^2/2) alpha^n/sqrt(n!)`.
fn poisson(alpha: Complex64, levels: i64) -> Vec<Complex64> {
    let mut amplitude = Complex64::from((-0.5 * alpha.norm_sqr()).exp());
    (0..levels)
        .map(|n| {
            let now = amplitude;
            amplitude *= alpha / ((n + 1) as f64).sqrt();
            now
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::product::Factor;
    use crate::units::Units;

    fn product(levels: impl Into<Levels>) -> Product {
        Product::new(Units::Natural, vec![Factor::ensemble("a", 4, 1.0), Factor::mode("c", levels, 1.0)]).unwrap()
    }

    fn inverted() -> FactorStart {
        FactorStart::Qubits(InitialState::Dicke(Level::inverted(4)))
    }

    #[test]
    fn a_mode_keeps_what_its_start_can_fill_it_with() {
        let start = ProductStart::new(&product(Levels::All), vec![inverted(), FactorStart::Number(2)]).unwrap();
        assert_eq!((start.levels(), start.tops(&product(Levels::All))), (&[0, 7][..], vec![vec![4], vec![6]]));
        assert!(start.is_sharp());
        let start = ProductStart::new(&product(30), vec![inverted(), FactorStart::Coherent(1.5.into())]).unwrap();
        assert!(!start.is_sharp());
        let (_, (_, amplitudes)) = &start.mixture(1)[0];
        let mean: f64 = amplitudes.iter().enumerate().map(|(n, c)| n as f64 * c.norm_sqr()).sum();
        assert!((mean - 2.25).abs() < 1e-10);
    }

    #[test]
    fn a_cut_begins_where_the_start_fits_and_reaches_as_far_as_it_may() {
        let product = product(Levels::Grown { most: 40, weight: 1e-8 });
        for (first, levels) in
            [(FactorStart::Number(2), 8), (FactorStart::Number(8), 12), (FactorStart::Coherent(1.5.into()), 27)]
        {
            let start = ProductStart::new(&product, vec![inverted(), first]).unwrap();
            assert_eq!((start.levels()[1], start.most_levels(1)), (levels, 40));
            assert_eq!(start.reach(&product, true), [vec![4], vec![39]]);
            let reach = start.reach(&product, false);
            assert_eq!((reach[1].first(), reach[1].last()), (Some(&(levels - 1)), Some(&39)));
        }
    }

    #[test]
    fn states_are_counted_by_their_excitations() {
        assert_eq!(ProductStart::states_by_excitations(&[2, 1]), [1.0, 2.0, 2.0, 1.0]);
        assert_eq!(ProductStart::states_by_excitations(&[]), [1.0]);
        // Whatever their size, at once.
        let counts = ProductStart::states_by_excitations(&[1_000_000, 2_000_000]);
        assert_eq!((counts.len(), counts[1_500_000], counts[3_000_000]), (3_000_001, 1_000_001.0, 1.0));
    }

    #[test]
    fn a_start_that_does_not_fit_is_refused_in_words() {
        let qubits = FactorStart::Qubits;
        for (levels, factors, message) in [
            (Levels::All, vec![inverted()], "1 states are given for 2"),
            (Levels::All, vec![FactorStart::Number(1), FactorStart::Number(1)], "where it is an ensemble"),
            (Levels::All, vec![inverted(), inverted()], "where it is a mode"),
            (Levels::First(3), vec![inverted(), FactorStart::Number(3)], "from 0 to 2"),
            (Levels::All, vec![inverted(), FactorStart::Number(-1)], "from 0 on"),
            (Levels::All, vec![inverted(), FactorStart::Coherent(1.0.into())], "needs `levels`"),
            (Levels::First(5), vec![inverted(), FactorStart::Coherent(2.0.into())], "lies beyond the 5 levels"),
            (
                Levels::Grown { most: 12, weight: 1e-8 },
                vec![inverted(), FactorStart::Coherent(5.0.into())],
                "the 12 levels",
            ),
            (Levels::All, vec![qubits(InitialState::Bits(vec![true; 4])), FactorStart::Number(0)], "are alike"),
            (
                Levels::All,
                vec![qubits(InitialState::Dicke(Level::ground(5))), FactorStart::Number(0)],
                "so many qubits",
            ),
            (Levels::All, vec![qubits(InitialState::Product { excited: 5 }), FactorStart::Number(0)], "so many qubits"),
        ] {
            let error = ProductStart::new(&product(levels), factors).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
