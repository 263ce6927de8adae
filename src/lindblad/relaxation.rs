//! Transients of whatever only relaxes: jumps from state to state, and states that die. exp(tW) never increases
//! `|p|_1` there, which bounds every error.
//!
//! Time is cut into windows, each as long as one Krylov space reaches: short ones while fast processes still act, then
//! longer and longer. `(1 - gamma W)^-1` is a chain whose states leave for good at the rate 1/gamma beside their jumps,
//! so that it is solved without a subtraction ([`Censored`]), and slow processes keep their digits beside fast ones.

use super::censored::Censored;
use super::compensated::Compensated;
use super::dissection::{Dissection, Link};
use super::hessenberg::LANES;
use super::krylov::{Bounds, Krylov};
use super::rational::{SolveError, Triplet};
use crate::vectorized::dot;

/// The error of a window, in `|p|_1`.
const TOLERANCE: f64 = 2e-12;
/// The length of a window over gamma.
const REACH: f64 = 12.0;
/// Dimensions of a space: looked at from the first, so many between two looks, and the most.
const FIRST_LOOK: usize = 8;
const LOOKS: usize = 4;
const MOST: usize = 40;
/// Less of a window than this is not taken; a shorter one is tried.
const WORTHWHILE: f64 = 1.0 / 16.0;
/// A space of this dimension reaches as far again as it is asked to.
const EASY: f64 = 48.0;
/// The most by which a window is longer than the one before.
const MOST_GROWTH: f64 = 32.0;
/// A window so much shorter than the fastest process is no longer worth a try.
const SHORTEST: f64 = 1e-6;

/// Applies exp(tW) for one generator W whose entries off the diagonal are not negative and whose columns add to zero
/// or less.
pub struct Relaxation<'a> {
    states: usize,
    plan: Dissection,
    /// The rate of each link; the last ones leave for good.
    rates: Vec<f64>,
    /// How fast each state dies.
    deaths: Vec<f64>,
    entries: &'a [Triplet],
    functionals: &'a [Vec<f64>],
    fastest: f64,
}

/// What is known at a time that was asked for.
pub struct Now<'a> {
    /// `c p` of each functional.
    pub values: &'a [f64],
    /// The integral of `c p` since the time before.
    pub integrals: &'a [f64],
    state: State<'a>,
}

/// p, or how to get it.
enum State<'a> {
    Known(&'a [f64]),
    Within(&'a Krylov, &'a [f64]),
}

impl Now<'_> {
    /// Writes all of p.
    pub fn copy_to(&self, p: &mut [f64]) {
        match self.state {
            State::Known(known) => p.copy_from_slice(known),
            State::Within(space, y) => space.expand(y, p),
        }
    }
}

impl<'a> Relaxation<'a> {
    /// The generator with these entries (repeated ones add) on states at these coordinates, of which neighbours alone
    /// are linked; `c p` is integrated over time for each of the `functionals` c.
    #[must_use]
    pub fn new(at: &[(i64, i64)], entries: &'a [Triplet], functionals: &'a [Vec<f64>]) -> Self {
        let states = at.len();
        let mut sums = vec![Compensated::default(); states];
        let mut diagonal = vec![0.0; states];
        let (mut links, mut rates) = (Vec::new(), Vec::new());
        for entry in entries {
            sums[entry.column].add(entry.value);
            if entry.row == entry.column {
                diagonal[entry.column] -= entry.value;
            } else {
                links.push(Link { from: entry.column, to: entry.row });
                rates.push(entry.value);
            }
        }
        links.extend((0..states).map(|from| Link { from, to: states }));
        rates.resize(links.len(), 0.0);
        let deaths = sums.into_iter().map(|sum| (-sum.value()).max(0.0)).collect();
        let fastest = diagonal.into_iter().fold(0.0, f64::max);
        let plan = Dissection::new(states + 1, states, at, &links);
        Relaxation { states, plan, rates, deaths, entries, functionals, fastest }
    }

    /// Takes p from t = 0 through ascending `times` to the last of them; `each` is told of every one.
    ///
    /// # Errors
    /// If no window, however short, has a bound below 2e-12.
    pub fn through(&self, p: &mut [f64], times: &[f64], mut each: impl FnMut(&Now)) -> Result<(), SolveError> {
        let nothing = vec![0.0; self.functionals.len()];
        let mut since = nothing.clone();
        let (mut now, mut next) = (0.0, 0);
        let mut length = 60.0 / self.fastest;
        loop {
            while times.get(next).is_some_and(|time| *time <= now) {
                let values: Vec<f64> = self.functionals.iter().map(|row| dot::<8>(row, p)).collect();
                each(&Now { values: &values, integrals: &since, state: State::Known(p) });
                since.clone_from(&nothing);
                next += 1;
            }
            let Some(until) = times[next..].last().map(|last| last - now) else { return Ok(()) };
            if self.fastest == 0.0 || p.iter().all(|p| *p == 0.0) {
                // Nothing moves.
                since.iter_mut().zip(self.functionals).for_each(|(sum, c)| {
                    *sum += (times[next] - now) * dot::<8>(c, p);
                });
                now = times[next];
                continue;
            }
            let asked = length.min(until);
            let failed = |bound: f64| SolveError::not_converged(self.states, bound);
            let (space, bounds) = self.window(p, asked)?;
            let first = times[next] - now;
            let reached = match bounds.latest(TOLERANCE) {
                // Good at the end, but not yet at a time before it that is asked for.
                Some(reached) if first < reached && bounds.around(first) > TOLERANCE => {
                    length = first;
                    continue;
                }
                Some(reached) if reached >= asked * WORTHWHILE => reached,
                _ if asked * self.fastest < SHORTEST => return Err(failed(bounds.around(asked))),
                _ => {
                    length = asked / 4.0;
                    continue;
                }
            };
            let rows: Vec<Vec<f64>> = self.functionals.iter().map(|row| space.project(row)).collect();
            let mut before = nothing.clone();
            let whole = reached >= asked && asked >= until;
            let mut ends: Vec<f64> =
                times[next..].iter().map(|time| time - now).take_while(|time| *time <= reached || whole).collect();
            let beyond = next + ends.len();
            if beyond < times.len() {
                ends.push(reached);
            }
            let mut end = Vec::new();
            for ends in ends.chunks(LANES) {
                for (y, integrals) in space.at(ends, &rows, TOLERANCE).ok_or_else(|| failed(f64::INFINITY))? {
                    since.iter_mut().zip(integrals.iter().zip(&before)).for_each(|(sum, (a, b))| *sum += a - b);
                    before = integrals;
                    if next < beyond {
                        let values: Vec<f64> = rows.iter().map(|row| dot::<8>(row, &y)).collect();
                        each(&Now { values: &values, integrals: &since, state: State::Within(&space, &y) });
                        since.clone_from(&nothing);
                        next += 1;
                    }
                    end = y;
                }
            }
            space.expand(&end, p);
            if next == times.len() {
                return Ok(());
            }
            now += reached;
            // A space that did not have to be large could have reached further.
            length = reached * (EASY / space.dimension() as f64).powi(2).min(MOST_GROWTH);
        }
    }

    /// The Krylov space of p for times up to a length, as large as it must be, and what it is good for.
    fn window(&self, p: &[f64], length: f64) -> Result<(Krylov, Bounds), SolveError> {
        let gamma = length / REACH;
        let chain = self.resolvent(gamma)?;
        let mut space = Krylov::new(p, gamma);
        loop {
            let open = space.grow(self.apply(&chain, gamma, space.front()));
            let m = space.dimension();
            let last = !open || m == MOST;
            let look = m >= FIRST_LOOK && (m - FIRST_LOOK).is_multiple_of(LOOKS);
            if last || look && space.is_promising(length, TOLERANCE) {
                let bounds = self.bounds(&space, gamma, length);
                if last || bounds.latest(TOLERANCE).is_some_and(|time| time >= length) {
                    return Ok((space, bounds));
                }
            }
        }
    }

    /// The chain whose states leave for good at the rate 1/gamma.
    fn resolvent(&self, gamma: f64) -> Result<Censored, SolveError> {
        let mut rates = self.rates.clone();
        let exits = rates.len() - self.states;
        rates[exits..].iter_mut().zip(&self.deaths).for_each(|(rate, death)| *rate = death + gamma.recip());
        Censored::new(&self.plan, &rates).ok_or_else(|| SolveError::not_converged(self.states, f64::INFINITY))
    }

    /// x of `(1/gamma - W) x = v/gamma`.
    fn apply(&self, resolvent: &Censored, gamma: f64, v: &[f64]) -> Vec<f64> {
        let mut x: Vec<f64> = v.iter().map(|v| -v / gamma).collect();
        x.push(0.0);
        resolvent.solve(&self.plan, &mut x);
        x.pop();
        x
    }

    /// What the errors of a space are bounded by up to a time.
    fn bounds(&self, space: &Krylov, gamma: f64, time: f64) -> Bounds {
        let v = space.front();
        let mut left = v.to_vec();
        for entry in self.entries {
            left[entry.row] -= gamma * entry.value * v[entry.column];
        }
        space.bounds(time, left.iter().map(|v| v.abs()).sum(), TOLERANCE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::populations::PopulationEquation;
    use super::super::series::Series;
    use super::super::transient::Transient;
    use super::*;
    use crate::bath::{Bath, Coupling};
    use crate::dicke::Level;
    use crate::initial::InitialState;
    use crate::model::Model;
    use crate::units::Units;

    fn bath(coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
        Bath { name: String::new(), coupling, down, up, dephasing, temperature: None, quantum: None }
    }

    /// The other road is the series where it is short, else it factorizes the whole generator at every pole.
    #[test]
    fn it_agrees_with_the_transient_of_any_generator() {
        let (collective, local) = (Coupling::Collective, Coupling::Local);
        let mut times: Vec<f64> = (0..40).map(|k| 1e-5 * 1.5_f64.powi(k)).collect();
        times.insert(0, 0.0);
        for number in [1, 2, 9, 24] {
            for baths in [
                vec![bath(collective, 3.5, 2.5, 0.0), bath(local, 1.0, 0.1, 0.3)],
                vec![bath(collective, 0.0, 1.0, 0.0), bath(local, 1.0, 0.0, 0.0)],
                vec![bath(collective, 1.0, 0.0, 0.2), bath(local, 0.0, number as f64, 0.0)],
                vec![bath(collective, 1.0, 0.0, 0.0)],
                vec![bath(collective, 1e-3, 0.0, 0.0), bath(local, 1e-7, 2e-8, 0.0)],
                vec![bath(local, 0.0, 0.0, 1.0)],
            ] {
                for start in [Level::ground(number), Level::inverted(number)] {
                    let model = Model { units: Units::Natural, number, frequency: 1.0, baths: baths.clone() };
                    let equation = PopulationEquation::new(&model, &InitialState::Dicke(start));
                    let entries = equation.ladder().entries();
                    let row: Vec<f64> = equation.ladder().levels.iter().map(|level| level.m()).collect();
                    let functionals = [row];
                    let mut other = Transient::new(equation.initial().len(), &entries, &functionals, 0.0);
                    let mut p = equation.initial().to_vec();
                    let mut now = 0.0;
                    let mut grid = times.iter();
                    Relaxation::new(&equation.ladder().coordinates(), &entries, &functionals)
                        .through(&mut equation.initial().to_vec(), &times, |at| {
                            let time = *grid.next().unwrap();
                            let step = time - now;
                            let expected = other.advance(&mut p, step).unwrap();
                            now = time;
                            let mut q = vec![0.0; p.len()];
                            at.copy_to(&mut q);
                            let error: f64 = p.iter().zip(&q).map(|(p, q)| (p - q).abs()).sum();
                            // Forty steps of 1e-11 at most, of the other.
                            assert!(error < 1e-10, "N = {number}, {baths:?}, t = {time}: {error:.1e}");
                            let error = (at.integrals[0] - expected[0]).abs();
                            assert!(error < 1e-10 * (number as f64) * step.max(1.0), "integral: {error:.1e}");
                            let value: f64 = functionals[0].iter().zip(&q).map(|(c, q)| c * q).sum();
                            assert!((value - at.values[0]).abs() < 1e-12 * number as f64);
                        })
                        .unwrap();
                    assert!(grid.next().is_none());
                }
            }
        }
    }

    /// Absorption by all against emission by each turns eigenvalues away from the real axis, the more the more qubits: to
    /// 3.5 times their real part at N = 40, by dense diagonalization, and about 0.55 sqrt N. There a rational step and its
    /// halves go wrong together, so it is the series, which no eigenvalue misleads, that windows are held against.
    #[test]
    fn what_turns_while_it_relaxes_is_followed_by_windows_short_enough() {
        for (number, down) in [(40, 2.8), (40, 12.0), (100, 3.0), (100, 30.0)] {
            let baths = vec![bath(Coupling::Collective, 0.0, 1.0, 0.0), bath(Coupling::Local, down, 0.0, 0.0)];
            let model = Model { units: Units::Natural, number, frequency: 1.0, baths };
            let equation = PopulationEquation::new(&model, &InitialState::Dicke(Level::ground(number)));
            let entries = equation.ladder().entries();
            let series = Series::new(equation.initial().len(), &entries);
            let relaxation = Relaxation::new(&equation.ladder().coordinates(), &entries, &[]);
            let mut exact = equation.initial().to_vec();
            let mut before = 0.0;
            for time in [0.02, 0.1, 0.3] {
                series.advance(&mut exact, &[], time - before);
                before = time;
                let mut found = equation.initial().to_vec();
                relaxation.through(&mut found, &[time], |_| ()).unwrap();
                let error: f64 = found.iter().zip(&exact).map(|(a, b)| (a - b).abs()).sum();
                assert!(error < 1e-11, "N = {number}, down = {down}, t = {time}: {error:.1e}");
            }
        }
    }

    /// Spaces that are too small for their times: the error is never above its bound, and the bound says something.
    #[test]
    fn no_error_is_above_its_bound() {
        let (collective, local) = (Coupling::Collective, Coupling::Local);
        let mut told = 0;
        for baths in [
            vec![bath(collective, 3.5, 2.5, 0.0), bath(local, 0.02, 0.01, 0.0)],
            vec![bath(collective, 0.0, 1.0, 0.0), bath(local, 1.0, 0.0, 0.0)],
            vec![bath(collective, 1.0, 0.0, 0.0)],
            vec![bath(local, 1.0, 0.0, 0.0)],
        ] {
            let model = Model { units: Units::Natural, number: 30, frequency: 1.0, baths };
            let equation = PopulationEquation::new(&model, &InitialState::Dicke(Level::inverted(30)));
            let entries = equation.ladder().entries();
            let relaxation = Relaxation::new(&equation.ladder().coordinates(), &entries, &[]);
            for length in [100.0, 3000.0] {
                let length = length / relaxation.fastest;
                let gamma = length / REACH;
                let chain = relaxation.resolvent(gamma).unwrap();
                let mut space = Krylov::new(equation.initial(), gamma);
                while space.grow(relaxation.apply(&chain, gamma, space.front())) && space.dimension() < MOST {
                    if !space.dimension().is_multiple_of(5) {
                        continue;
                    }
                    for (time, bound) in relaxation.bounds(&space, gamma, length).0 {
                        let mut exact = equation.initial().to_vec();
                        relaxation.through(&mut exact, &[time], |_| ()).unwrap();
                        let mut p = vec![0.0; exact.len()];
                        let Some(found) = space.at(&[time], &[], 1e-12) else { continue };
                        let (y, _) = &found[0];
                        space.expand(y, &mut p);
                        let error: f64 = p.iter().zip(&exact).map(|(a, b)| (a - b).abs()).sum();
                        assert!(
                            error <= bound + 1e-11,
                            "m = {}, t = {time}: {error:.1e}, {bound:.1e}",
                            space.dimension()
                        );
                        told += usize::from(error > 1e-10 && bound < 1e3 * error);
                    }
                }
            }
        }
        assert!(told > 100, "only {told} bounds within three decades of an error that is seen");
    }

    #[test]
    fn states_that_die_and_states_that_stay() {
        // 0 -> 1 at rate 2, 1 dies at rate 3, 2 stays.
        let entry = |row, column, value| Triplet { row, column, value };
        let entries = [entry(0, 0, -2.0), entry(1, 0, 2.0), entry(1, 1, -3.0)];
        let at = [(0, 0), (1, 0), (5, 0)];
        let times = [0.0, 1e-3, 0.1, 1.0, 7.0, 500.0];
        let mut seen = Vec::new();
        let mut p = vec![0.6, 0.0, 0.4];
        Relaxation::new(&at, &entries, &[])
            .through(&mut p, &times, |now| {
                seen.push(vec![0.0; 3]);
                now.copy_to(seen.last_mut().unwrap());
            })
            .unwrap();
        for (t, p) in times.iter().zip(seen) {
            let exact = [0.6 * (-2.0 * t).exp(), 1.2 * ((-2.0 * t).exp() - (-3.0 * t).exp()), 0.4];
            assert!(p.iter().zip(exact).all(|(p, exact)| (p - exact).abs() < 1e-12), "{t}: {p:?}");
        }
    }
}
