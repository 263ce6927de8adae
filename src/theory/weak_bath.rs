//! The sectors under an infinitely weak local bath: what the paper takes from the numerics, in closed form.

use super::current::{mixture_current, sector_current};
use crate::bath::{Bath, Coupling};
use crate::dicke::sectors;
use crate::model::{Model, Rates};

/// Why the weights of the sectors have no limit of weak local baths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWeakLimit {
    /// J is conserved.
    #[error("no local bath acts, so J is conserved and its weights are those of the initial state (17)")]
    NoLocalBath,
    /// Nothing makes a sector thermal.
    #[error("no collective bath exchanges quanta, so no sector is thermal between the jumps of a local bath")]
    NoCollectiveBath,
}

/// The sums `sum_k f(k) r^k` over one ladder of `top + 1` levels, k = J+M up from 0, b = `top` - k.
///
/// A weight depends on k alone, so the sums of the next longer ladder follow from these, and none of them subtracts.
struct LadderSums {
    ratio: f64,
    /// 2J.
    top: f64,
    /// `r^top`, and the power before it.
    power: f64,
    before: f64,
    /// 1.
    one: f64,
    /// b, and b(b-1)/2.
    b: f64,
    b_pairs: f64,
    /// k/r, k(k-1)/r^2, k b/r: what is left as r -> 0.
    k: f64,
    k_squared: f64,
    mixed: f64,
}

impl LadderSums {
    /// The ladder of J = 0.
    fn new(ratio: f64) -> Self {
        LadderSums {
            ratio,
            top: 0.0,
            power: 1.0,
            before: 0.0,
            one: 1.0,
            b: 0.0,
            b_pairs: 0.0,
            k: 0.0,
            k_squared: 0.0,
            mixed: 0.0,
        }
    }

    /// One level more on the top.
    fn grow(&mut self) {
        let next = self.top + 1.0;
        // Every b grows by one: binomials of b by those of one degree less.
        self.mixed += self.k;
        self.b_pairs += self.b;
        self.b += self.one;
        self.k += next * self.power;
        self.k_squared += next * self.top * self.before;
        self.before = self.power;
        self.power *= self.ratio;
        self.one += self.power;
        self.top = next;
    }

    /// `P_{J+1}/P_J` for the ladder of J+1 and the sum of weights of the ladder of J, but for the degeneracies: the
    /// rate of J -> J+1 over that of J+1 -> J. Between neighbours the sums of both rates are over the same pairs.
    fn over_the_one_below(&self, one_below: f64, local: Rates) -> f64 {
        let r = self.ratio;
        let up = local.down * 2.0 * self.b_pairs + local.up * self.k_squared + local.dephasing * self.mixed;
        let down =
            local.down * r * r * self.k_squared + local.up * 2.0 * self.b_pairs + local.dephasing * r * self.mixed;
        self.one / one_below * up / down
    }
}

/// P_J in the limit of infinitely weak local baths, as pairs of 2J and P_J from the largest J.
///
/// Between two local jumps a sector becomes thermal at the T* of the collective baths (16), so that J is a birth-death
/// chain: its rates are those of the local outcomes (`dicke::local_weight`) averaged over the
/// thermal ladder (18), emission, absorption and dephasing of all local baths together. Detailed balance between
/// neighbours gives P_J. The limit is not what no local bath leaves, which is (17) with P_J from the initial state.
/// Where the local rates are in balance at T* (`T_p = T*`, or nothing but dephasing) the qubits are those of a thermal
/// product state, and the current is exactly (25).
///
/// All averages of the chain follow from one pass up the ladder: O(N) in all. Any T*, zero, infinite and negative
/// included; where nothing can lower J, all of it is in J = N/2.
///
/// # Errors
/// If no local bath acts, or no collective bath exchanges quanta.
pub fn weak_local_bath(model: &Model) -> Result<Vec<(i64, f64)>, NoWeakLimit> {
    let (mut collective, mut local) = (model.rates(Coupling::Collective), model.rates(Coupling::Local));
    if !local.any() {
        return Err(NoWeakLimit::NoLocalBath);
    }
    if collective.down + collective.up == 0.0 {
        return Err(NoWeakLimit::NoCollectiveBath);
    }
    if collective.up > collective.down {
        // The same from the top of the ladder, with the two processes exchanged.
        for rates in [&mut collective, &mut local] {
            *rates = Rates { down: rates.up, up: rates.down, ..*rates };
        }
    }
    let n = model.number;
    let mut sums = LadderSums::new(collective.up / collective.down);
    if n % 2 == 1 {
        sums.grow();
    }
    // ln P_{J+1}/P_J from the smallest J; infinite where nothing lowers J.
    let steps: Vec<f64> = (n % 2..n)
        .step_by(2)
        .map(|two_j| {
            let below = sums.one;
            sums.grow();
            sums.grow();
            // d_{J+1}/d_J = (N/2-J)(2J+3) / [(N/2+J+2)(2J+1)].
            let degeneracy = ((n - two_j) * (two_j + 3)) as f64 / ((n + two_j + 4) * (two_j + 1)) as f64;
            (degeneracy * sums.over_the_one_below(below, local)).ln()
        })
        .collect();
    let mut logarithms = vec![0.0];
    for step in steps.iter().rev() {
        logarithms.push(logarithms[logarithms.len() - 1] - step);
    }
    let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logarithms.iter().map(|ln| (ln - largest).exp()).sum();
    Ok(sectors(n).zip(logarithms).map(|(two_j, ln)| (two_j, (ln - largest).exp() / total)).collect())
}

/// 2J of the smallest sector that is bright under infinitely weak local baths: more flows there from a collective bath
/// (24) than on average, and the larger J the more. `None` where nothing flows or J does not switch.
#[must_use]
pub fn bright_sector(model: &Model, bath: &Bath) -> Option<i64> {
    let sectors = weak_local_bath(model).ok()?;
    let mean = mixture_current(model, bath, &sectors).abs();
    let bright = |two_j: i64| sector_current(model, bath, two_j).abs() >= mean;
    // From the largest J down, as long as they are bright.
    let last = sectors.iter().map(|(two_j, _)| *two_j).take_while(|two_j| bright(*two_j)).last()?;
    (mean > 0.0 && last > model.number % 2).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::super::{dense, independent_bath_current, inverse_temperature, mixture_current, thermal_probability};
    use super::*;
    use crate::bath::{Bath, Process};
    use crate::dicke::{SectorChange, levels, local_weight};
    use crate::initial::InitialState;

    fn bath(coupling: Coupling, down: f64, up: f64, dephasing: f64) -> Bath {
        Bath { name: format!("{coupling:?}{down}"), coupling, down, up, dephasing, temperature: None, quantum: None }
    }

    /// Two collective baths and one local bath.
    fn model(number: i64, collective: [(f64, f64); 2], local: (f64, f64, f64)) -> Model {
        let mut baths: Vec<Bath> =
            collective.iter().map(|&(down, up)| bath(Coupling::Collective, down, up, 0.0)).collect();
        baths.push(bath(Coupling::Local, local.0, local.1, local.2));
        dense::model(number, baths)
    }

    const WARM: [(f64, f64); 2] = [(3.5, 2.5), (1.05, 0.05)];
    const INVERTED: [(f64, f64); 2] = [(0.2, 2.5), (1.05, 0.05)];
    const ZERO: [(f64, f64); 2] = [(1.0, 0.0), (0.4, 0.0)];
    const INFINITE: [(f64, f64); 2] = [(1.0, 2.0), (2.0, 1.0)];

    #[test]
    fn the_chain_of_j_is_in_detailed_balance_with_the_averaged_local_rates() {
        for n in [2, 7, 8] {
            for collective in [WARM, INVERTED, ZERO, INFINITE] {
                for local in [(1.1, 0.1, 0.0), (0.3, 0.9, 2.0), (1.0, 1.0, 0.0), (0.0, 0.5, 0.0)] {
                    let model = model(n, collective, local);
                    let x = inverse_temperature(model.rates(Coupling::Collective));
                    let rate = |two_j: i64, change: SectorChange| -> f64 {
                        let of = |level, process, rate: f64| {
                            thermal_probability(level, x) * rate * local_weight(n, level, process, change)
                        };
                        levels(two_j)
                            .map(|level| {
                                of(level, Process::Emission, local.0)
                                    + of(level, Process::Absorption, local.1)
                                    + of(level, Process::Dephasing, local.2)
                            })
                            .sum()
                    };
                    for pair in weak_local_bath(&model).unwrap().windows(2) {
                        let [(high, p_high), (low, p_low)] = [pair[0], pair[1]];
                        let (fall, rise) =
                            (p_high * rate(high, SectorChange::Lower), p_low * rate(low, SectorChange::Higher));
                        assert!(
                            (fall - rise).abs() <= 1e-13 * rise,
                            "N = {n}, {collective:?}, {local:?}: {fall} {rise}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_weak_bath_of_four_qubits_is_the_full_master_equation() {
        const WEAK: f64 = 1e-7;
        for n in [3, 4] {
            for collective in [WARM, INVERTED, ZERO, INFINITE] {
                for local in [(1.1, 0.1, 0.0), (0.3, 0.9, 2.0), (0.0, 0.5, 0.0)] {
                    let limit = model(n, collective, local);
                    let full = model(n, collective, (local.0 * WEAK, local.1 * WEAK, local.2 * WEAK));
                    let steady = dense::steady(&full);
                    let sectors = weak_local_bath(&limit).unwrap();
                    for &(two_j, p) in &sectors {
                        let exact: f64 = steady.iter().filter(|(l, _)| l.two_j == two_j).map(|(_, p)| p).sum();
                        assert!(
                            (p - exact).abs() < 1e-6,
                            "N = {n}, {collective:?}, {local:?}, 2J = {two_j}: {p} {exact}"
                        );
                    }
                    for bath in &full.baths[..2] {
                        let flow = full.heat_current(bath);
                        let exact: f64 = steady.iter().map(|(l, p)| p * flow.at(l.lowering(), l.m())).sum();
                        let current = mixture_current(&limit, bath, &sectors);
                        assert!(
                            (current - exact).abs() < 3e-6,
                            "N = {n}, {collective:?}, {local:?}: {current} {exact}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn equation_25_is_the_current_where_the_local_bath_is_at_t_star() {
        for n in [1, 2, 5, 100, 10_001, 1_000_000] {
            for collective in [WARM, INVERTED, INFINITE] {
                let (down, up) = (collective[0].0 + collective[1].0, collective[0].1 + collective[1].1);
                for local in [(0.3 * down, 0.3 * up, 0.0), (0.0, 0.0, 1.0), (down, up, 3.0)] {
                    let model = model(n, collective, local);
                    let sectors = weak_local_bath(&model).unwrap();
                    for bath in &model.baths[..2] {
                        let ratio = mixture_current(&model, bath, &sectors) / independent_bath_current(&model, bath);
                        assert!((ratio - 1.0).abs() < 1e-12 + 1e-14 * n as f64, "N = {n}, {local:?}: {}", ratio - 1.0);
                    }
                }
            }
        }
    }

    #[test]
    fn at_t_star_the_sectors_are_those_of_a_thermal_product_state() {
        let model = model(60, WARM, (4.55, 2.55, 0.0));
        let product = InitialState::Thermal { probability: 2.55 / (4.55 + 2.55) }.populations(60);
        for (two_j, p) in weak_local_bath(&model).unwrap() {
            let expected: f64 = product.iter().filter(|(level, _)| level.two_j == two_j).map(|(_, p)| p).sum();
            assert!((p - expected).abs() < 1e-13, "2J = {two_j}");
        }
    }

    #[test]
    fn nothing_lowers_j_of_the_ground_state() {
        let sectors = weak_local_bath(&model(6, ZERO, (1.0, 0.0, 2.0))).unwrap();
        assert_eq!(sectors, [(6, 1.0), (4, 0.0), (2, 0.0), (0, 0.0)]);
        // The mirror image: everything is absorbed, and nothing of it lost.
        let sectors = weak_local_bath(&model(5, [(0.0, 1.0), (0.0, 0.0)], (0.0, 1.0, 0.0))).unwrap();
        assert_eq!(sectors, [(5, 1.0), (3, 0.0), (1, 0.0)]);
    }

    #[test]
    fn there_is_no_limit_without_either_coupling() {
        assert_eq!(weak_local_bath(&model(4, WARM, (0.0, 0.0, 0.0))), Err(NoWeakLimit::NoLocalBath));
        assert_eq!(weak_local_bath(&model(4, [(0.0, 0.0); 2], (1.0, 0.0, 0.0))), Err(NoWeakLimit::NoCollectiveBath));
    }

    #[test]
    fn ten_thousand_qubits_add_to_one_and_carry_more_than_independent_ones() {
        let model = model(10_000, WARM, (1.1, 0.1, 0.0));
        let sectors = weak_local_bath(&model).unwrap();
        let total: f64 = sectors.iter().map(|(_, p)| p).sum();
        let hot = mixture_current(&model, &model.baths[0], &sectors);
        assert!((total - 1.0).abs() < 1e-12);
        assert!(hot > independent_bath_current(&model, &model.baths[0]));
    }
}
