//! The validated physical model: identical qubits and the baths around them, or a register of qubits that differ.

mod conditioned;
mod course;
mod drive;
pub mod emitters;
mod ending;
mod linear;
pub mod operator;
mod pattern;
pub mod product;
pub mod protocol;
mod pulse;
mod register;
mod reservoir;
mod rest;
mod spin;
mod system;

pub use conditioned::{Condition, Conditioned, ConditionedForm, ConditionedValues, Conditions, Told};
pub use course::{Course, CourseError, Shape, Signal, Straight};
pub use drive::{DriveCourse, DriveError, DriveSetting, Driving, Field, Wave, WaveError, Waveform};
pub use ending::{Curve, Ending, value_of};
pub use linear::Linear;
pub use pulse::{Outline, Pulse, PulseError, Tone};
pub use register::{Register, RegisterForm, RegisterValues};
pub use reservoir::{Bounds, Reservoir, ReservoirError, Setting, SpectralDensity};
pub use rest::NoCurrent;
pub use spin::{Spin, Transverse};
pub use system::{Balance, Extent, Form, System, Values};

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

/// J from J(J+1), exactly where J is sharp: 1 + 4J(J+1) is the square of 2J+1.
#[must_use]
pub fn spin_of(j_squared: f64) -> f64 {
    ((1.0 + 4.0 * j_squared).sqrt() - 1.0) / 2.0
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

    /// J, from `<J^2>`; where that is sharp, to the bit.
    #[must_use]
    pub fn spin(&self) -> f64 {
        spin_of(self.j_squared)
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

    /// Whether anything changes J.
    #[must_use]
    pub fn mixes_sectors(&self) -> bool {
        Coupling::ALL.into_iter().any(|coupling| !coupling.conserves_j() && self.rates(coupling).any())
    }

    /// Photons per unit time into a bath, `gamma (1+n) <J_+ J_->`, local: `gamma (1+n) (N/2 + <J_z>)`.
    #[must_use]
    pub fn intensity(&self, bath: &Bath) -> Linear {
        bath.coupling.forms(self.number).emission * bath.down
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
        let quantum = self.quantum_of(bath);
        Linear::default().with_gain(bath.coupling.forms(self.number), quantum * bath.up, quantum * bath.down)
    }

    /// What a modulation that lets baths act at energies of their own does on the qubits per unit time, in
    /// [`Units::heat_current`]: `sum_b (omega_0 - omega_b) I_b` with the net quanta I_b, d`<H_0>`/dt by the baths less all
    /// heat currents. `None` where no bath has an energy of its own.
    #[must_use]
    pub fn power(&self) -> Option<Linear> {
        System::power(self)
    }

    /// The steady heat current of a bath as a form in `<J_z>` alone: that all quanta add to zero gives `<J_+ J_->`.
    /// For two collective baths it is (24). It holds for averages in the steady state only; `None` where the collective
    /// baths absorb as much as they emit, or there are none.
    #[must_use]
    pub fn balanced_heat_current(&self, bath: &Bath) -> Option<Linear> {
        let collective = self.rates(Coupling::Collective);
        let balance = self.jz_balance().form;
        if balance.emission.abs() <= 1e-6 * (collective.down + collective.up) {
            return None;
        }
        // <J_+ J_-> = jz <J_z> + constant.
        let (jz, constant) = (balance.jz / -balance.emission, balance.constant / -balance.emission);
        let Linear { emission, jz: own, constant: own_constant } = self.heat_current(bath);
        Some(Linear { emission: 0.0, jz: own + emission * jz, constant: own_constant + emission * constant })
    }

    /// d`<J_z>`/dt by the baths, what each pattern absorbs less what it emits: `(up - down) <J_+ J_-> - 2 up <J_z>`, local
    /// `up (N/2 - <J_z>) - down (N/2 + <J_z>)`.
    #[must_use]
    pub fn jz_balance(&self) -> Balance<Linear> {
        let with = |sum: Linear, coupling: Coupling| {
            let Rates { down, up, .. } = self.rates(coupling);
            sum.with_gain(coupling.forms(self.number), up, down)
        };
        Balance { form: Coupling::ALL.into_iter().fold(Linear::default(), with), j_squared: 0.0 }
    }

    /// d`<J^2>`/dt by the baths, pattern by pattern.
    #[must_use]
    pub fn j_squared_balance(&self) -> Balance<Linear> {
        let with = |sum: Balance<Linear>, coupling: Coupling| {
            let own = coupling.j_squared_balance(self.rates(coupling), self.number);
            Balance { form: sum.form + own.form, j_squared: sum.j_squared + own.j_squared }
        };
        Coupling::ALL.into_iter().fold(Balance::default(), with)
    }

    /// The energy of one quantum of the qubits; see [`Units::quantum`].
    #[must_use]
    pub fn quantum(&self) -> f64 {
        self.units.quantum(self.frequency)
    }

    /// Heat carried by one quantum of a bath.
    #[must_use]
    pub fn quantum_of(&self, bath: &Bath) -> f64 {
        self.units.quantum(bath.energy(self.frequency))
    }

    /// A bound on the jumps per unit time, reached near J = N/2, M = 0.
    #[must_use]
    pub fn jump_rate_bound(&self) -> f64 {
        let of = |coupling: Coupling| coupling.most_jumps(self.rates(coupling), self.number);
        Coupling::ALL.into_iter().map(of).sum()
    }

    /// The fewest jumps per unit time that change a level, in whichever the qubits are.
    #[must_use]
    pub fn least_jump_rate(&self) -> f64 {
        let of = |coupling: Coupling| coupling.least_jumps(self.rates(coupling), self.number);
        Coupling::ALL.into_iter().map(of).sum()
    }

    /// A bound on the jumps per unit time that leave a level as it is, which only what knows phases goes through.
    #[must_use]
    pub fn idle_jump_rate_bound(&self) -> f64 {
        let n = self.number as f64;
        let conserving = Coupling::ALL.into_iter().filter(|coupling| coupling.conserves_j());
        conserving.map(|coupling| self.rates(coupling).dephasing * n * n / 4.0).sum()
    }

    /// A bound on the mean number of jumps of a trajectory of length `until`: with nothing to absorb from, N
    /// emissions are all there can be.
    #[must_use]
    pub fn jumps_bound(&self, until: f64) -> f64 {
        let by_rate = self.jump_rate_bound() * until;
        // Dephasing that changes J makes room for more.
        let goes_on = |coupling: Coupling| {
            let Rates { up, dephasing, .. } = self.rates(coupling);
            up > 0.0 || (dephasing > 0.0 && !coupling.conserves_j())
        };
        if Coupling::ALL.into_iter().any(goes_on) { by_rate } else { by_rate.min(self.number as f64) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bath::Process;
    use crate::dicke::{SectorChange, levels, local_weight, sectors};

    fn model(coupling: Coupling) -> Model {
        let bath =
            Bath { name: "b".into(), coupling, down: 1.7, up: 0.6, dephasing: 0.0, temperature: None, quantum: None };
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
            quantum: None,
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
            let bath = Bath { name: "only".into(), coupling, down, up, dephasing, temperature: None, quantum: None };
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

    /// Every quantum carries the energy of its bath, and the modulation makes up for what the qubits take of it.
    #[test]
    fn heat_and_power_of_quanta_of_their_own_are_what_the_qubits_gain() {
        for coupling in Coupling::ALL {
            let mut model = model(coupling);
            assert_eq!(model.power(), None);
            model.baths.push(Bath { name: "other".into(), down: 0.4, up: 0.9, ..model.baths[0].clone() });
            let plain = model.heat_current(&model.baths[0]);
            model.baths[0].quantum = Some(1.35);
            for level in sectors(6).flat_map(levels) {
                let at = |form: Linear| form.at(level.lowering(), level.m());
                let [heat, other] = [0, 1].map(|bath| at(model.heat_current(&model.baths[bath])));
                let gained = 0.9 * at(model.jz_balance().form);
                assert!((heat - 1.5 * at(plain)).abs() < 1e-13, "{coupling:?} {level:?}");
                assert!((at(model.power().unwrap()) + heat + other - gained).abs() < 1e-12, "{coupling:?} {level:?}");
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
