//! The validated physical model: identical qubits and the baths around them, or a register of qubits that differ.

mod register;
mod reservoir;
mod rest;
mod spin;
mod system;

pub use register::{Register, RegisterForm, RegisterValues};
pub use reservoir::{Reservoir, ReservoirError, SpectralDensity};
pub use rest::NoCurrent;
pub use spin::{Spin, Transverse};
pub use system::{Balance, Extent, Form, System, Values};

use std::ops::Add;

use serde::Serialize;

pub use crate::bath::Rates;
use crate::bath::{Bath, Coupling};
use crate::dicke::Level;
use crate::units::Units;

/// N identical qubits of one frequency between any number of baths.
///
/// Built by the scenario reader, or by hand with rates that are finite and not negative.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// The unit system of every number below.
    pub units: Units,
    /// N, from 1 to [`crate::dicke::MAX_QUBITS`].
    pub number: i64,
    /// omega_0 (natural) or omega_0/(2 pi) in GHz (SI).
    pub frequency: f64,
    /// The baths, in the order of the scenario.
    pub baths: Vec<Bath>,
}

/// A coherent drive, in the frame that rotates with it: `H/hbar = Delta J_z + Omega J_x`.
///
/// Both are frequencies in the unit of [`Model::frequency`]; [`Units::angular`] turns them into rates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Drive {
    /// Omega, the Rabi frequency: alone, it turns a ground qubit into an excited one in the time pi/Omega.
    pub amplitude: f64,
    /// Delta = omega_0 - omega_drive.
    pub detuning: f64,
}

/// What the Hamiltonian of identical qubits has beside `omega_0 J_z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Hamiltonian {
    /// A drive, if there is one.
    pub drive: Option<Drive>,
    /// One-axis twisting, `H/hbar = chi J_z^2`, as a frequency in the unit of [`Model::frequency`].
    pub chi: f64,
}

/// Expectation values in one state, or their averages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observables {
    /// `<J_+ J_->`, what collective emission is proportional to.
    pub emission: f64,
    /// `<J_z>`.
    pub jz: f64,
    /// `<J^2>`.
    pub j_squared: f64,
}

impl Observables {
    /// The values in the Dicke state of this level.
    #[must_use]
    pub fn of(level: Level) -> Self {
        Observables { emission: level.lowering(), jz: level.m(), j_squared: level.j_squared() }
    }
}

/// A quantity that is linear in `<J_+ J_->` and `<J_z>`, as every current and intensity of identical qubits is:
/// `<J_- J_+> = <J_+ J_-> - 2 <J_z>`, and a local bath sees `N/2 ± <J_z>`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Linear {
    emission: f64,
    jz: f64,
    constant: f64,
}

impl Linear {
    /// `<J_z>` itself.
    pub const JZ: Linear = Linear { emission: 0.0, jz: 1.0, constant: 0.0 };

    /// What `number` qubits contribute to the excited fraction of `total`: (number/2 + `<J_z>`)/total.
    #[must_use]
    pub fn excited(number: i64, total: i64) -> Self {
        let share = 1.0 / total as f64;
        Linear { emission: 0.0, jz: share, constant: share * number as f64 / 2.0 }
    }

    /// The value at `<J_+ J_->` and `<J_z>`.
    #[must_use]
    #[inline]
    pub fn at(self, emission: f64, jz: f64) -> f64 {
        self.emission * emission + self.jz * jz + self.constant
    }

    /// The time integral, from the integrals of `<J_+ J_->` and `<J_z>` over a `duration`.
    #[must_use]
    #[inline]
    pub fn integral(self, emission: f64, jz: f64, duration: f64) -> f64 {
        self.emission * emission + self.jz * jz + self.constant * duration
    }
}

impl Add for Linear {
    type Output = Linear;

    fn add(self, other: Linear) -> Linear {
        Linear {
            emission: self.emission + other.emission,
            jz: self.jz + other.jz,
            constant: self.constant + other.constant,
        }
    }
}

impl Model {
    /// Qubits of one frequency between reservoirs as they are at a time.
    #[must_use]
    pub fn between(reservoirs: &[Reservoir], units: Units, number: i64, frequency: f64, time: f64) -> Self {
        let baths = reservoirs.iter().map(|reservoir| reservoir.bath(units, frequency, time)).collect();
        Model { units, number, frequency, baths }
    }

    /// The rates of all baths of one coupling together.
    #[must_use]
    pub fn rates(&self, coupling: Coupling) -> Rates {
        let mut sum = Rates::default();
        for bath in self.baths.iter().filter(|b| b.coupling == coupling) {
            sum.down += bath.down;
            sum.up += bath.up;
            sum.dephasing += bath.dephasing;
        }
        sum
    }

    /// Photons per unit time into a bath, `gamma (1+n) <J_+ J_->`, local: `gamma (1+n) (N/2 + <J_z>)`.
    #[must_use]
    pub fn intensity(&self, bath: &Bath) -> Linear {
        match bath.coupling {
            Coupling::Collective => Linear { emission: bath.down, ..Linear::default() },
            Coupling::Local => {
                Linear { jz: bath.down, constant: bath.down * self.number as f64 / 2.0, ..Linear::default() }
            }
        }
    }

    /// Photons per unit time into all baths.
    #[must_use]
    pub fn total_intensity(&self) -> Linear {
        System::total_intensity(self)
    }

    /// The heat current from a bath into the qubits (22), positive when heat enters the qubits, in
    /// [`Units::heat_current`]; local: `N/2 ± J_z` in place of `J_± J_∓`.
    #[must_use]
    pub fn heat_current(&self, bath: &Bath) -> Linear {
        let quantum = self.quantum();
        let (down, up) = (quantum * bath.down, quantum * bath.up);
        match bath.coupling {
            Coupling::Collective => Linear { emission: up - down, jz: -2.0 * up, constant: 0.0 },
            Coupling::Local => {
                Linear { emission: 0.0, jz: -(up + down), constant: (up - down) * self.number as f64 / 2.0 }
            }
        }
    }

    /// The steady heat current of a bath as a form in `<J_z>` alone: that all currents add to zero gives `<J_+ J_->`.
    /// For two collective baths it is (24). It holds for averages in the steady state only; `None` where the collective
    /// baths absorb as much as they emit, or there are none.
    #[must_use]
    pub fn balanced_heat_current(&self, bath: &Bath) -> Option<Linear> {
        let (collective, local) = (self.rates(Coupling::Collective), self.rates(Coupling::Local));
        let difference = collective.down - collective.up;
        if difference.abs() <= 1e-6 * (collective.down + collective.up) {
            return None;
        }
        // <J_+ J_-> = jz <J_z> + constant.
        let jz = -(2.0 * collective.up + local.up + local.down) / difference;
        let constant = (local.up - local.down) * self.number as f64 / 2.0 / difference;
        let Linear { emission, jz: own, constant: own_constant } = self.heat_current(bath);
        Some(Linear { emission: 0.0, jz: own + emission * jz, constant: own_constant + emission * constant })
    }

    /// d`<J_z>`/dt by the baths: `(up - down) <J_+ J_-> - 2 up <J_z>`, local `up (N/2 - <J_z>) - down (N/2 + <J_z>)`.
    #[must_use]
    pub fn jz_balance(&self) -> Balance<Linear> {
        let (collective, local) = (self.rates(Coupling::Collective), self.rates(Coupling::Local));
        let form = Linear {
            emission: collective.up - collective.down,
            jz: -2.0 * collective.up - local.up - local.down,
            constant: (local.up - local.down) * self.number as f64 / 2.0,
        };
        Balance { form, j_squared: 0.0 }
    }

    /// d`<J^2>`/dt, which only local baths change: `-(down + up) <J^2 + J_z^2 - N> + (up - down) (N - 1) <J_z> -
    /// dephasing <J^2 - J_z^2 - N/2>`, where `J_z^2 = J^2 + J_z - J_+ J_-`.
    #[must_use]
    pub fn j_squared_balance(&self) -> Balance<Linear> {
        let (Rates { down, up, dephasing }, n) = (self.rates(Coupling::Local), self.number as f64);
        let form = Linear {
            emission: down + up - dephasing,
            jz: (up - down) * (n - 1.0) - (down + up) + dephasing,
            constant: (down + up + dephasing / 2.0) * n,
        };
        Balance { form, j_squared: -2.0 * (down + up) }
    }

    /// Heat carried by one quantum; see [`Units::quantum`].
    #[must_use]
    pub fn quantum(&self) -> f64 {
        self.units.quantum(self.frequency)
    }

    /// A bound on the jumps per unit time, reached near J = N/2, M = 0.
    #[must_use]
    pub fn jump_rate_bound(&self) -> f64 {
        let n = self.number as f64;
        let (collective, local) = (self.rates(Coupling::Collective), self.rates(Coupling::Local));
        (n / 2.0) * (n / 2.0 + 1.0) * (collective.down + collective.up)
            + n * (local.down.max(local.up) + local.dephasing / 4.0)
    }

    /// A bound on the mean number of jumps of a trajectory of length `until`: with nothing to absorb from, N
    /// emissions are all there can be.
    #[must_use]
    pub fn jumps_bound(&self, until: f64) -> f64 {
        let by_rate = self.jump_rate_bound() * until;
        let (collective, local) = (self.rates(Coupling::Collective), self.rates(Coupling::Local));
        if collective.up + local.up + local.dephasing == 0.0 { by_rate.min(self.number as f64) } else { by_rate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bath::Process;
    use crate::dicke::{SectorChange, levels, local_weight, sectors};

    fn model(coupling: Coupling) -> Model {
        let bath = Bath { name: "b".into(), coupling, down: 1.7, up: 0.6, dephasing: 0.0, temperature: None };
        Model { units: Units::Natural, number: 6, frequency: 0.9, baths: vec![bath] }
    }

    #[test]
    fn the_balanced_current_is_the_current_where_all_currents_add_to_zero() {
        let bath = |name: &str, coupling, down, up| Bath {
            name: name.into(),
            coupling,
            down,
            up,
            dephasing: 0.0,
            temperature: None,
        };
        let baths = vec![
            bath("hot", Coupling::Collective, 3.5, 2.5),
            bath("cold", Coupling::Collective, 1.05, 0.05),
            bath("parasitic", Coupling::Local, 0.3, 0.2),
        ];
        let model = Model { units: Units::Natural, number: 6, frequency: 0.9, baths };
        let jz = -1.3;
        // <J_+ J_-> at which the currents cancel at this <J_z>.
        let total = |emission: f64| model.baths.iter().map(|b| model.heat_current(b).at(emission, jz)).sum::<f64>();
        let emission = total(0.0) / (total(0.0) - total(1.0));
        for bath in &model.baths {
            let balanced = model.balanced_heat_current(bath).unwrap().at(emission, jz);
            assert!((balanced - model.heat_current(bath).at(emission, jz)).abs() < 1e-12, "{}", bath.name);
        }
    }

    /// Against the jumps of the ladder, level by level: sums of a few products of numbers up to N^2.
    #[test]
    fn the_balances_are_what_jumps_do_on_average() {
        use Process::{Absorption, Dephasing, Emission};
        let couplings = [Coupling::Local, Coupling::Collective];
        for (process, coupling) in [Emission, Absorption, Dephasing].into_iter().flat_map(|p| couplings.map(|c| (p, c)))
        {
            let rate = |of| if of == process { 0.7 } else { 0.0 };
            let (down, up, dephasing) = (rate(Emission), rate(Absorption), rate(Dephasing));
            let bath = Bath { name: "only".into(), coupling, down, up, dephasing, temperature: None };
            for number in 2..9 {
                let model = Model { units: Units::Natural, number, frequency: 1.0, baths: vec![bath.clone()] };
                for level in sectors(number).flat_map(levels) {
                    let mut expected = [0.0; 2];
                    let mut jump = |rate: f64, to: Level| {
                        expected[0] += 0.7 * rate * (to.m() - level.m());
                        expected[1] += 0.7 * rate * (to.j_squared() - level.j_squared());
                    };
                    let two_m = level.two_m + process.two_m();
                    match (coupling, process) {
                        (Coupling::Local, _) => SectorChange::ALL.into_iter().for_each(|change| {
                            let to = Level { two_j: level.two_j + change.two_j(), two_m };
                            jump(local_weight(number, level, process, change), to);
                        }),
                        (_, Emission) => jump(level.lowering(), Level { two_m, ..level }),
                        (_, Absorption) => jump(level.raising(), Level { two_m, ..level }),
                        (_, Dephasing) => {}
                    }
                    let now = Observables::of(level);
                    for (balance, expected) in [model.jz_balance(), model.j_squared_balance()].iter().zip(expected) {
                        let value = balance.form.at(now.emission, now.jz) + balance.j_squared * now.j_squared;
                        assert!((value - expected).abs() < 1e-12, "{coupling:?} {process:?}, N = {number}, {level:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_heat_current_is_equation_22_on_every_level() {
        for (two_j, two_m) in [(6, 6), (6, -2), (2, 0), (4, -4)] {
            let level = Level::new(6, two_j, two_m).unwrap();
            let (e, m) = (level.lowering(), level.m());
            let collective = model(Coupling::Collective);
            let expected = 0.9 * (0.6 * level.raising() - 1.7 * level.lowering());
            assert!((collective.heat_current(&collective.baths[0]).at(e, m) - expected).abs() < 1e-13);
            let local = model(Coupling::Local);
            let expected = 0.9 * (0.6 * (3.0 - m) - 1.7 * (3.0 + m));
            assert!((local.heat_current(&local.baths[0]).at(e, m) - expected).abs() < 1e-13);
            assert!((local.total_intensity().at(e, m) - 1.7 * (3.0 + m)).abs() < 1e-13);
        }
    }
}
