//! How slowly a steady state is reached: the smallest rates of birth-death chains within a sector and over the sectors.

use crate::bath::{Coupling, Process};
use crate::dicke::{Level, SectorChange, levels, local_weight, sectors};
use crate::initial::InitialState;
use crate::model::{Model, Rates};

/// The smallest nonzero relaxation rate of a birth-death chain with the rates `up[k]` of k -> k+1 and `down[k]` of
/// k+1 -> k; `None` for a chain of one state, or one that is cut.
///
/// The currents between neighbours relax under a matrix with the same spectrum but for the zero of the steady state:
/// `up[k] + down[k]` on its diagonal, `up[k+1] down[k]` the products beside it. Its smallest eigenvalue is bisected
/// (Sturm), which is accurate relative to itself however small it is.
#[must_use]
pub fn birth_death_gap(up: &[f64], down: &[f64]) -> Option<f64> {
    let diagonal: Vec<f64> = up.iter().zip(down).map(|(up, down)| up + down).collect();
    let (mut low, mut high) = (0.0, diagonal.iter().copied().fold(f64::INFINITY, f64::min));
    if !high.is_finite() || high == 0.0 {
        return None;
    }
    let any_below = |x: f64| {
        let mut pivot = 1.0;
        (0..diagonal.len()).any(|k| {
            let beside = if k == 0 { 0.0 } else { up[k] * down[k - 1] / pivot };
            pivot = diagonal[k] - x - beside;
            pivot <= 0.0
        })
    };
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if any_below(middle) {
            high = middle;
        } else {
            low = middle;
        }
        if high - low <= 1e-12 * high {
            break;
        }
    }
    Some(high)
}

/// The slowest relaxation within the sector 2J under the collective baths; `None` where nothing relaxes.
fn sector_gap(rates: Rates, two_j: i64) -> Option<f64> {
    let chain = |rate: f64| -> Vec<f64> { (0..two_j).map(|k| rate * ((k + 1) * (two_j - k)) as f64).collect() };
    birth_death_gap(&chain(rates.up), &chain(rates.down))
}

/// The mean rate of `change` of J under the local baths, over the thermal ladder of a sector (18).
fn mean_local_rate(n: i64, two_j: i64, change: SectorChange, ratio: f64, local: Rates) -> f64 {
    let rate = |level: Level| {
        local.down * local_weight(n, level, Process::Emission, change)
            + local.up * local_weight(n, level, Process::Absorption, change)
            + local.dephasing * local_weight(n, level, Process::Dephasing, change)
    };
    // From the likelier end, until what is left cannot be seen.
    let (mut weight, mut total, mut sum) = (1.0, 0.0, 0.0);
    for level in levels(two_j) {
        let level = if ratio <= 1.0 { level } else { Level { two_m: -level.two_m, ..level } };
        total += weight;
        sum += weight * rate(level);
        weight *= if ratio <= 1.0 { ratio } else { ratio.recip() };
        if weight < 1e-18 * total {
            break;
        }
    }
    sum / total
}

/// An estimate of the slowest relaxation rate of a model, from chains that are quick to solve at any N; `None` where
/// no bath exchanges a quantum.
///
/// Without a local bath it is exact: the slowest of the sectors that `initial` reaches. With local baths weaker than
/// the collective ones it is the gap of the birth-death chain over J between thermal ladders, as in
/// [`weak_local_bath`](super::weak_local_bath); beyond that regime it is an estimate which data have to confirm.
#[must_use]
pub fn relaxation_rate(model: &Model, initial: &InitialState) -> Option<f64> {
    let n = model.number;
    let (collective, local) = (model.rates(Coupling::Collective), model.rates(Coupling::Local));
    if collective.down + collective.up == 0.0 {
        // Qubits alone in their baths.
        return Some(local.down + local.up).filter(|rate| *rate > 0.0);
    }
    if !local.any() || n == 1 {
        let reached = sectors(n).filter(|two_j| initial.reaches(n, *two_j));
        let total = Rates { down: collective.down + local.down, up: collective.up + local.up, dephasing: 0.0 };
        let rates = if n == 1 { total } else { collective };
        return reached.filter_map(|two_j| sector_gap(rates, two_j)).reduce(f64::min);
    }
    let ratio = collective.up / collective.down;
    let steps = || (n % 2..n).step_by(2);
    let rise: Vec<f64> = steps().map(|j| mean_local_rate(n, j, SectorChange::Higher, ratio, local)).collect();
    let fall: Vec<f64> = steps().map(|j| mean_local_rate(n, j + 2, SectorChange::Lower, ratio, local)).collect();
    let over_j = birth_death_gap(&rise, &fall)?;
    // J relaxes no faster than M does within the smallest and the largest sector.
    let within = [if n % 2 == 0 { 2 } else { 1 }, n].iter().filter_map(|j| sector_gap(collective, *j)).reduce(f64::min);
    Some(within.map_or(over_j, |within| over_j.min(within)))
}

/// The slowest relaxation rate under a resonant drive `Omega J_x` far stronger than N times all rates: J_y and J_z turn,
/// `<J_x>` stays, and each channel takes half its rate from it, collective or local, at any J.
#[must_use]
pub fn strongly_driven_relaxation_rate(model: &Model) -> f64 {
    model.baths.iter().map(|bath| 0.5 * (bath.down + bath.up + bath.dephasing)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::dense;
    use super::*;
    use crate::bath::Bath;

    #[test]
    fn the_gap_of_known_chains() {
        // Two states: the sum of the rates. Diffusion on n + 1 states with reflecting ends: 2 - 2 cos(pi/(n + 1)).
        assert!((birth_death_gap(&[0.3], &[1.1]).unwrap() - 1.4).abs() < 1e-12);
        let n = 40;
        let gap = birth_death_gap(&vec![1.0; n], &vec![1.0; n]).unwrap();
        let expected = 2.0 - 2.0 * (std::f64::consts::PI / (n as f64 + 1.0)).cos();
        assert!((gap / expected - 1.0).abs() < 1e-10);
        // n independent qubits: the mean relaxes at up + down, whatever n.
        let (up, down): (Vec<f64>, Vec<f64>) =
            (0..20).map(|k| (0.2 * f64::from(20 - k), 0.7 * f64::from(k + 1))).unzip();
        assert!((birth_death_gap(&up, &down).unwrap() - 0.9).abs() < 1e-11);
        assert_eq!(birth_death_gap(&[], &[]), None);
    }

    #[test]
    fn collective_baths_relax_a_sector_at_least_as_fast_as_one_qubit_of_it() {
        let bath = |down, up| Bath {
            name: "b".into(),
            coupling: Coupling::Collective,
            down,
            up,
            dephasing: 0.0,
            temperature: None,
            quantum: None,
        };
        let model = dense::model(1, vec![bath(1.7, 0.4), bath(0.2, 0.1)]);
        let ground = InitialState::Dicke(Level::ground(1));
        assert!((relaxation_rate(&model, &ground).unwrap() - 2.4).abs() < 1e-11);
        // At infinite temperature J diffuses as a rotator: l (l + 1) times the rate, l = 1.
        let hot = dense::model(30, vec![bath(0.5, 0.5)]);
        let gap = relaxation_rate(&hot, &InitialState::Dicke(Level::ground(30))).unwrap();
        assert!((gap - 1.0).abs() < 1e-9, "{gap}");
    }
}
