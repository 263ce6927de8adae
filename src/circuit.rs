//! Baths from circuits: the rate at which transmons exchange quanta with a resistor behind an LC resonator.
//!
//! Frequencies are nu = E/h = omega/(2 pi) in GHz, rates in 1e9/s, resistances in ohm, inductances in nH, capacitances
//! in fF: those of a scenario in SI units, and those in which chips are designed.

use std::f64::consts::TAU;

use serde::Serialize;

use crate::units::PLANCK;

/// The elementary charge e in C (exact since 2019).
const CHARGE: f64 = 1.602_176_634e-19;

/// Why components make no circuit.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CircuitError {
    /// A component that is not positive, or not finite.
    #[error("the {name} must be positive and finite, not {value}{unit}")]
    Component {
        /// What it is.
        name: &'static str,
        /// What was given.
        value: f64,
        /// Its unit after a space, or nothing.
        unit: &'static str,
    },
    /// E_C is so large that (A13) is not positive.
    #[error(
        "a charging energy of {charging} GHz leaves a Josephson energy of {josephson} GHz no frequency: \
         sqrt(8 E_J E_C) - E_C = {frequency} GHz; E_C must be less than 8 E_J, and is far less in a transmon"
    )]
    NoFrequency {
        /// E_J/h in GHz.
        josephson: f64,
        /// E_C/h in GHz.
        charging: f64,
        /// What (A13) gives, in GHz.
        frequency: f64,
    },
}

/// The value, if it can be that of a component.
fn positive(name: &'static str, value: f64, unit: &'static str) -> Result<f64, CircuitError> {
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(CircuitError::Component { name, value, unit }) }
}

/// How the rate of a bath behind a resonator depends on the frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterForm {
    /// (37), as in Fig. 6b: the line of the resonator alone.
    Lorentzian,
    /// (B18), which the golden rule gives: the line times omega/omega_LC, of the noise `2 hbar omega Re Z` (B10).
    Full,
}

/// A resonator between a bath and the qubits, as a filter of the rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Filter {
    quality: f64,
    resonance: f64,
    form: FilterForm,
}

impl Filter {
    /// A filter of this quality factor around this frequency, in any unit that [`Filter::rate`] shares.
    ///
    /// # Errors
    /// If either is not positive and finite.
    pub fn new(quality: f64, resonance: f64, form: FilterForm) -> Result<Self, CircuitError> {
        Ok(Filter {
            quality: positive("quality factor of a filter", quality, "")?,
            resonance: positive("resonance frequency of a filter", resonance, "")?,
            form,
        })
    }

    /// The frequency of the resonator.
    #[must_use]
    pub fn resonance(&self) -> f64 {
        self.resonance
    }

    /// The rate at a frequency, where it is `on_resonance` at the resonance: over `1 + Q^2 (w/w_LC - w_LC/w)^2` (37),
    /// and in the full form (B18) times w/w_LC. For positive frequencies; in the unit of `on_resonance`.
    #[must_use]
    pub fn rate(&self, on_resonance: f64, frequency: f64) -> f64 {
        let ratio = frequency / self.resonance;
        let detuning = self.quality * (ratio - ratio.recip());
        let line = on_resonance / (1.0 + detuning * detuning);
        match self.form {
            FilterForm::Lorentzian => line,
            FilterForm::Full => line * ratio,
        }
    }

    /// The width of its line, the resonance over Q: what it sees of the past is one over it.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.resonance / self.quality
    }

    /// The least and the largest rate between two frequencies, where it is 1 at the resonance.
    #[must_use]
    pub fn bounds(&self, [least, most]: [f64; 2]) -> [f64; 2] {
        let (a, b) = (self.rate(1.0, least), self.rate(1.0, most));
        let peak = self.peak();
        let top = if least < peak && peak < most { self.rate(1.0, peak) } else { a.max(b) };
        [a.min(b), top]
    }

    /// The only frequency from which the rate falls to both sides: the resonance, or in the full form r times it, where
    /// `Q^2 r^4 + (2 Q^2 - 1) r^2 = 3 Q^2`.
    #[must_use]
    pub fn peak(&self) -> f64 {
        match self.form {
            FilterForm::Lorentzian => self.resonance,
            FilterForm::Full => {
                let inverse = (self.quality * self.quality).recip();
                let b = 1.0 - 0.5 * inverse;
                // r^2 = -b + sqrt(b^2 + 3), without cancellation.
                let root = (b * b + 3.0).sqrt();
                let square = if b > 0.0 { 3.0 / (b + root) } else { root - b };
                self.resonance * square.sqrt()
            }
        }
    }
}

/// A transmon: a Josephson junction and its shunt capacitance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Transmon {
    josephson: f64,
    charging: f64,
}

impl Transmon {
    /// From E_J/h and E_C/h in GHz, with `E_C = e^2/(2 C_T)`. The harmonic expansion behind all of it needs E_J >> E_C.
    ///
    /// # Errors
    /// If either is not positive and finite, or if (A13) gives no positive frequency, which is for E_C >= 8 E_J.
    pub fn new(josephson: f64, charging: f64) -> Result<Self, CircuitError> {
        let transmon = Transmon {
            josephson: positive("Josephson energy", josephson, " GHz")?,
            charging: positive("charging energy", charging, " GHz")?,
        };
        let frequency = transmon.frequency();
        if frequency > 0.0 { Ok(transmon) } else { Err(CircuitError::NoFrequency { josephson, charging, frequency }) }
    }

    /// The frequency of the qubit in GHz: `E_T = sqrt(8 E_J E_C) - E_C = hbar omega_0` (A13).
    #[must_use]
    pub fn frequency(&self) -> f64 {
        (8.0 * self.josephson * self.charging).sqrt() - self.charging
    }

    /// The transmon tuned to another frequency in GHz, as a flux through its loop does: E_J follows from (A13), and E_C is
    /// kept. At its own frequency it is itself, to the last bit.
    #[must_use]
    pub fn tuned(self, frequency: f64) -> Self {
        if frequency == self.frequency() {
            return self;
        }
        let plasma = frequency + self.charging;
        Transmon { josephson: plasma * plasma / (8.0 * self.charging), ..self }
    }

    /// `C_T = e^2/(2 E_C)` in fF.
    #[must_use]
    pub fn capacitance(&self) -> f64 {
        CHARGE * CHARGE / (2.0 * PLANCK * self.charging * 1e9) * 1e15
    }

    /// `L_J = (hbar/2e)^2/E_J` in nH, as below (A7).
    #[must_use]
    pub fn inductance(&self) -> f64 {
        let flux = PLANCK / (2.0 * TAU * CHARGE);
        flux * flux / (PLANCK * self.josephson * 1e9) * 1e9
    }

    /// `Z_T = sqrt(L_J/C_T)` in ohm, as below (A9).
    #[must_use]
    pub fn impedance(&self) -> f64 {
        // nH/fF is 1e6 ohm^2.
        1e3 * (self.inductance() / self.capacitance()).sqrt()
    }
}

/// A resistor in parallel with an inductance and a capacitance: the bath and its filter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Resonator {
    resistance: f64,
    inductance: f64,
    capacitance: f64,
}

impl Resonator {
    /// From R in ohm, L in nH, C in fF.
    ///
    /// # Errors
    /// If one of them is not positive and finite.
    pub fn new(resistance: f64, inductance: f64, capacitance: f64) -> Result<Self, CircuitError> {
        Ok(Resonator {
            resistance: positive("resistance of a resonator", resistance, " ohm")?,
            inductance: positive("inductance of a resonator", inductance, " nH")?,
            capacitance: positive("capacitance of a resonator", capacitance, " fF")?,
        })
    }

    /// The resonance `omega_LC/(2 pi) = 1/(2 pi sqrt(LC))` in GHz (A4).
    #[must_use]
    pub fn frequency(&self) -> f64 {
        // nH fF is (1e-12 s)^2, so the root is in 1e-3 ns.
        1e3 / (TAU * (self.inductance * self.capacitance).sqrt())
    }

    /// The quality factor `Q = omega_LC R C = R sqrt(C/L)`: the line width is kappa = 1/(RC).
    ///
    /// This is what turns (B13) into (B14). The paper says `kappa = R` between the two, which is no rate.
    #[must_use]
    pub fn quality(&self) -> f64 {
        1e-3 * self.resistance * (self.capacitance / self.inductance).sqrt()
    }

    /// The resonator as a filter, its frequencies in GHz.
    #[must_use]
    pub fn filter(&self, form: FilterForm) -> Filter {
        Filter { quality: self.quality(), resonance: self.frequency(), form }
    }
}

/// A transmon, its resonator, and the capacitance between them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Circuit {
    transmon: Transmon,
    resonator: Resonator,
    coupling: f64,
}

impl Circuit {
    /// A transmon coupled to a resonator by the capacitance `coupling` = C_c in fF. All is to first order in C_c/C_T.
    ///
    /// # Errors
    /// If the capacitance is not positive and finite.
    pub fn new(transmon: Transmon, resonator: Resonator, coupling: f64) -> Result<Self, CircuitError> {
        Ok(Circuit { transmon, resonator, coupling: positive("coupling capacitance", coupling, " fF")? })
    }

    /// The circuit with its transmon tuned to a positive frequency in GHz.
    #[must_use]
    pub fn tuned(self, frequency: f64) -> Self {
        Circuit { transmon: self.transmon.tuned(frequency), ..self }
    }

    /// The resonator as a filter, its frequencies in GHz.
    #[must_use]
    pub fn filter(&self, form: FilterForm) -> Filter {
        self.resonator.filter(form)
    }

    /// Bounds of the rate of the bath where the transmon is tuned from one frequency to another, both in GHz: the rate
    /// on resonance rises with the plasma frequency, and the line of the resonator has one peak.
    #[must_use]
    pub fn bounds(&self, form: FilterForm, [least, most]: [f64; 2]) -> [f64; 2] {
        let line = self.filter(form).bounds([least, most]);
        [self.tuned(least).rate_on_resonance() * line[0], self.tuned(most).rate_on_resonance() * line[1]]
    }

    /// C_c/C_T.
    fn capacitance_ratio(&self) -> f64 {
        self.coupling / self.transmon.capacitance()
    }

    /// The coupling G of a qubit to the voltage, `H_int = -hbar G (sigma_x/2) V` (3), in 1/(V s):
    /// `G = (C_c/C_T) sqrt(2/(hbar Z_T))`.
    ///
    /// This is half of what the paper prints below (A22): (3) must be (4), `-(C_c/C_T) Q V`, with
    /// `Q = sqrt(hbar/2Z_T) sigma_x` (A15).
    #[must_use]
    pub fn strength(&self) -> f64 {
        let hbar = PLANCK / TAU;
        self.capacitance_ratio() * (2.0 / (hbar * self.transmon.impedance())).sqrt()
    }

    /// The rate gamma of the bath in (11) if the qubit is tuned to the resonance, in 1e9/s:
    /// `hbar omega R G^2/2 = omega (R/Z_T) (C_c/C_T)^2` at omega = omega_LC.
    ///
    /// This is an eighth of (B18) for the same G. The golden rule gives `gamma (1+n) = (G/2)^2 S(omega)`, since
    /// `J_x = (J_+ + J_-)/2`, where (B6) takes the sum for J_x: four. And `S = 2 hbar omega Re Z (1+n)` is the whole
    /// integral over positive and negative times, where (B9) takes half of it and (B10) counts it as that half: two.
    #[must_use]
    pub fn rate_on_resonance(&self) -> f64 {
        let ratio = self.capacitance_ratio();
        TAU * self.resonator.frequency() * self.resonator.resistance / self.transmon.impedance() * ratio * ratio
    }

    /// The rate gamma of the bath at the frequency of the qubit, in 1e9/s. The full form is the golden rule,
    /// `hbar omega_0 Re Z(omega_0) G^2/2`, with the impedance (B14).
    #[must_use]
    pub fn rate(&self, form: FilterForm) -> f64 {
        self.rate_at(form, self.transmon.frequency())
    }

    /// The same at another frequency in GHz, at which a modulation of the qubit lets the bath act: the noise is that of this
    /// frequency, and the coupling G that of the qubit where it is.
    #[must_use]
    pub fn rate_at(&self, form: FilterForm, frequency: f64) -> f64 {
        self.filter(form).rate(self.rate_on_resonance(), frequency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E_J/h = 16 GHz, E_C/h = 0.5 GHz; R = 200 ohm, L = 1 nH, C = 1 pF; C_c = C_T/10.
    fn worked() -> Circuit {
        let transmon = Transmon::new(16.0, 0.5).unwrap();
        Circuit::new(transmon, Resonator::new(200.0, 1.0, 1000.0).unwrap(), 3.874_046).unwrap()
    }

    fn close(a: f64, b: f64) -> bool {
        (a / b - 1.0).abs() < 1e-6
    }

    #[test]
    fn equation_37_is_a_line_of_width_resonance_over_quality() {
        let filter = Filter::new(20.0, 4.0, FilterForm::Lorentzian).unwrap();
        assert_eq!(filter.rate(1.5, 4.0), 1.5);
        // Fig. 6b: the second qubit at half the resonance, 1 + 400 * (3/2)^2 = 901.
        assert!(close(filter.rate(1.0, 2.0), 1.0 / 901.0));
        // w/w_LC - w_LC/w is the same up to the sign at twice the resonance.
        assert!(close(filter.rate(1.0, 8.0), 1.0 / 901.0));
        // Half of it at w_LC (sqrt(1 + 1/4Q^2) ± 1/2Q), which are w_LC/Q apart.
        let middle = (1.0_f64 + 1.0 / 1600.0).sqrt();
        for edge in [middle + 1.0 / 40.0, middle - 1.0 / 40.0] {
            assert!(close(filter.rate(1.0, 4.0 * edge), 0.5));
        }
    }

    #[test]
    fn a_filter_falls_to_both_sides_of_its_peak() {
        for (quality, form) in
            [0.1, 0.6, 1.0, 7.0, 1e3].into_iter().flat_map(|q| [(q, FilterForm::Lorentzian), (q, FilterForm::Full)])
        {
            let filter = Filter::new(quality, 4.0, form).unwrap();
            let at = |ratio: f64| filter.rate(1.0, filter.peak() * ratio);
            for (nearer, further) in [(1.0, 1.001), (1.001, 1.1), (1.1, 9.0), (1.0, 0.999), (0.999, 0.8), (0.8, 0.01)] {
                assert!(at(nearer) > at(further), "{quality} {form:?}: {nearer} {further}");
            }
        }
    }

    #[test]
    fn equation_b18_has_the_frequency_in_front() {
        let filter = Filter::new(20.0, 4.0, FilterForm::Full).unwrap();
        assert_eq!(filter.rate(1.5, 4.0), 1.5);
        assert!(close(filter.rate(1.0, 2.0), 0.5 / 901.0));
        assert!(close(filter.rate(1.0, 8.0), 2.0 / 901.0));
    }

    #[test]
    fn the_transmon_of_the_worked_example() {
        let transmon = worked().transmon;
        // sqrt(64) - 1/2.
        assert!(close(transmon.frequency(), 7.5));
        // e^2/2h = 19.37023 fF GHz, (hbar/2e)^2/h = 163.4615 nH GHz.
        assert!(close(transmon.capacitance(), 38.740_46));
        assert!(close(transmon.inductance(), 10.216_345));
        // hbar/e^2 sqrt(E_C/2E_J) = 25812.807 ohm/(2 pi)/8.
        assert!(close(transmon.impedance(), 25_812.807 / (8.0 * TAU)));
    }

    #[test]
    fn the_resonator_of_the_worked_example() {
        let resonator = worked().resonator;
        // 1/sqrt(LC) = 31.6228e9/s, sqrt(L/C) = 31.6228 ohm.
        assert!(close(TAU * resonator.frequency(), 31.622_776_6));
        assert!(close(resonator.quality(), 200.0 / 31.622_776_6));
    }

    #[test]
    fn equation_b13_is_b14_with_this_quality_factor() {
        let resonator = worked().resonator;
        let (r, c) = (200.0, 1e-12);
        let resonance = TAU * 1e9 * resonator.frequency();
        for ghz in [1.0, 4.0, 5.0, 5.2, 20.0] {
            let omega = TAU * 1e9 * ghz;
            let b13 =
                omega * omega * r / (omega * omega + r * r * c * c * (omega * omega - resonance * resonance).powi(2));
            assert!(close(resonator.filter(FilterForm::Lorentzian).rate(r, ghz), b13));
        }
    }

    #[test]
    fn the_rate_of_the_worked_example_is_the_golden_rule() {
        let circuit = worked();
        // 0.1 sqrt(2/(1.0545718e-34 J s * 513.5295 ohm)).
        assert!(close(circuit.strength(), 6.077_07e14));
        // 31.6228e9/s * (200/513.5295) * 0.01.
        assert!(close(circuit.rate_on_resonance(), 0.123_158_57));
        let hbar = PLANCK / TAU;
        let golden = |ghz: f64, impedance: f64| hbar * TAU * ghz * impedance * circuit.strength().powi(2) / 2.0;
        assert!(close(circuit.rate_on_resonance(), golden(circuit.resonator.frequency(), 200.0)));
        // At the qubit, with Re Z there.
        let real = circuit.resonator.filter(FilterForm::Lorentzian).rate(200.0, 7.5);
        assert!(close(circuit.rate(FilterForm::Full), golden(7.5, real)));
        assert!(close(circuit.rate(FilterForm::Lorentzian), golden(circuit.resonator.frequency(), real)));
    }

    #[test]
    fn rates_have_the_dimension_of_a_frequency() {
        // The impedances of the resonator halved and its frequency kept: L/2, 2C, R/2.
        let circuit = worked();
        let same = Circuit { resonator: Resonator::new(100.0, 0.5, 2000.0).unwrap(), ..circuit };
        assert!(close(same.resonator.quality(), circuit.resonator.quality()));
        assert!(close(same.rate_on_resonance(), circuit.rate_on_resonance() / 2.0));
        // All frequencies doubled and all impedances kept: every rate doubles.
        let fast = Circuit {
            transmon: Transmon::new(32.0, 1.0).unwrap(),
            resonator: Resonator::new(200.0, 0.5, 500.0).unwrap(),
            coupling: circuit.coupling / 2.0,
        };
        assert!(close(fast.transmon.impedance(), circuit.transmon.impedance()));
        assert!(close(fast.rate(FilterForm::Full), 2.0 * circuit.rate(FilterForm::Full)));
    }

    #[test]
    fn a_tuned_circuit_is_the_golden_rule_at_its_new_frequency() {
        let circuit = worked();
        assert_eq!(circuit.tuned(7.5), circuit);
        for ghz in [3.0, 5.0, 12.0] {
            let tuned = circuit.tuned(ghz);
            assert!(close(tuned.transmon.frequency(), ghz));
            assert_eq!(tuned.transmon.capacitance(), circuit.transmon.capacitance());
            // G^2 goes as 1/Z_T, which is as the plasma frequency sqrt(8 E_J E_C) = nu + E_C.
            assert!(close(tuned.strength().powi(2) / circuit.strength().powi(2), (ghz + 0.5) / 8.0));
            let golden = PLANCK * ghz * circuit.resonator.filter(FilterForm::Lorentzian).rate(200.0, ghz) / 2.0;
            assert!(close(tuned.rate(FilterForm::Full), golden * tuned.strength().powi(2)));
        }
    }

    #[test]
    fn what_is_no_component_is_refused_by_its_number() {
        for value in [0.0, -3.5, f64::NAN, f64::INFINITY] {
            let transmon = Transmon::new(16.0, 0.5).unwrap();
            let resonator = Resonator::new(1.0, 1.0, 1.0).unwrap();
            let errors = [
                Filter::new(value, 4.0, FilterForm::Full).err(),
                Filter::new(20.0, value, FilterForm::Full).err(),
                Transmon::new(value, 0.5).err(),
                Transmon::new(16.0, value).err(),
                Resonator::new(value, 1.0, 1.0).err(),
                Resonator::new(1.0, value, 1.0).err(),
                Resonator::new(1.0, 1.0, value).err(),
                Circuit::new(transmon, resonator, value).err(),
            ];
            for error in errors {
                let message = error.unwrap().to_string();
                assert!(message.contains(&value.to_string()), "{message}");
            }
        }
    }

    #[test]
    fn a_charging_energy_too_large_is_refused_with_the_frequency_it_gives() {
        let message = Transmon::new(1.0, 18.0).unwrap_err().to_string();
        assert!(message.contains("18 GHz") && message.contains("-6 GHz"), "{message}");
        assert!(Transmon::new(1.0, 8.0).is_err());
        assert!(Transmon::new(1.0, 7.9).is_ok());
    }
}
