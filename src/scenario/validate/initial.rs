//! The initial state.

use num_complex::Complex64;
use toml::Spanned;

use super::super::keys::allowed;
use super::super::raw::{Key, RawInitial};
use super::{Result, Validator};
use crate::bath::Coupling;
use crate::dicke::{Level, levels};
use crate::initial::{InitialState, Mixture};
use crate::lindblad::{Effort, PopulationEquation};
use crate::model::Model;
use crate::theory;

/// Qubits whose limit of a weak local bath is kept level by level: a million of them.
const MOST_LIMIT: i64 = 2000;

impl Validator<'_> {
    /// The initial state; with `sites`, of qubits that are told apart.
    pub(super) fn initial(
        &self,
        table: &Spanned<RawInitial>,
        model: &Model,
        groups: usize,
        sites: bool,
    ) -> Result<InitialState> {
        let raw = table.get_ref();
        let n = model.number;
        let state = self.require(&raw.state, "initial.state", table.span())?;
        let name = state.get_ref().as_str();
        let takes: &[&str] = match name {
            "ground" | "inverted" => &[],
            "dicke" => &["j", "m"],
            "coherent" => &["theta", "phi"],
            "thermal" => &["temperature"],
            "product" => &["excited"],
            "bits" => &["bits"],
            "superposition" => &["j", "amplitudes"],
            "ghz" => &["phi"],
            "angles" => &["angles"],
            "steady" => &[],
            _ => return self.no_word(state, "initial.state"),
        };
        if groups > 1 && ["dicke", "product", "bits", "superposition", "ghz", "angles"].contains(&name) {
            let title = format!("`initial.state` \"{name}\" does not say how {groups} groups of qubits share it");
            let help = "for groups: \"ground\", \"inverted\", \"thermal\" or \"coherent\", each group alike";
            return Err(self.source.error(state.span(), title, help));
        }
        let given = [
            ("j", raw.j.as_ref().map(Spanned::span)),
            ("m", raw.m.as_ref().map(Spanned::span)),
            ("theta", raw.theta.as_ref().map(Spanned::span)),
            ("phi", raw.phi.as_ref().map(Spanned::span)),
            ("temperature", raw.temperature.as_ref().map(Spanned::span)),
            ("excited", raw.excited.as_ref().map(Spanned::span)),
            ("bits", raw.bits.as_ref().map(Spanned::span)),
            ("angles", raw.angles.as_ref().map(Spanned::span)),
            ("amplitudes", raw.amplitudes.as_ref().map(Spanned::span)),
        ];
        for (key, span) in given {
            if let (Some(span), false) = (span, takes.contains(&key)) {
                let title = format!("`initial.{key}` has no meaning for state \"{name}\"");
                let help = match takes {
                    [] => format!("\"{name}\" takes no other key"),
                    _ => format!("\"{name}\" takes {}", takes.join(", ")),
                };
                return Err(self.source.error(span, title, &help));
            }
        }
        Ok(match name {
            "steady" => self.steady_state(state, model, sites)?,
            "ground" => InitialState::Dicke(Level::ground(n)),
            "inverted" => InitialState::Dicke(Level::inverted(n)),
            "dicke" => {
                let j = self.require(&raw.j, "initial.j", table.span())?;
                let m = self.require(&raw.m, "initial.m", table.span())?;
                InitialState::Dicke(self.level(n, j, m)?)
            }
            "coherent" => {
                let theta = self.require(&raw.theta, "initial.theta", table.span())?;
                let angle = *theta.get_ref();
                // A hair beyond pi, as 3.1416 is, still means the pole.
                if !(0.0..=std::f64::consts::PI + 1e-4).contains(&angle) {
                    return self.refuse(theta.span(), "initial.theta", &format!("is {angle}"));
                }
                InitialState::Coherent { theta: angle.min(std::f64::consts::PI), phi: self.phi(&raw.phi)? }
            }
            "angles" => {
                let angles = self.require(&raw.angles, "initial.angles", table.span())?;
                self.angles(angles, n)?
            }
            "ghz" => InitialState::Ghz { phase: self.phi(&raw.phi)? },
            "thermal" => {
                let temperature = self.require(&raw.temperature, "initial.temperature", table.span())?;
                let kelvin = self.not_negative(temperature, "initial.temperature")?;
                let x = model.units.energy_over_temperature(model.frequency, kelvin);
                InitialState::Thermal { probability: (1.0 + libm::exp(x)).recip() }
            }
            "product" => {
                let excited = self.require(&raw.excited, "initial.excited", table.span())?;
                if !(0..=n).contains(excited.get_ref()) {
                    let title = format!("`initial.excited` is {}, of {n} qubits", excited.get_ref());
                    return Err(self.source.error(excited.span(), title, allowed("initial.excited")));
                }
                InitialState::Product { excited: *excited.get_ref() }
            }
            "superposition" => {
                let j = self.require(&raw.j, "initial.j", table.span())?;
                let two_j = self.sector(n, j)?;
                let amplitudes = self.require(&raw.amplitudes, "initial.amplitudes", table.span())?;
                InitialState::Superposition { two_j, amplitudes: self.amplitudes(amplitudes, two_j)? }
            }
            _ => {
                let bits = self.require(&raw.bits, "initial.bits", table.span())?;
                let text = bits.get_ref();
                if text.len() as i64 != n || !text.chars().all(|c| c == '0' || c == '1') {
                    let title = format!("`initial.bits` is \"{text}\", for {n} qubits");
                    return Err(self.source.error(bits.span(), title, allowed("initial.bits")));
                }
                if sites {
                    InitialState::Bits(text.chars().map(|c| c == '1').collect())
                } else {
                    InitialState::Product { excited: text.matches('1').count() as i64 }
                }
            }
        })
    }

    /// (theta, phi) of every qubit.
    fn angles(&self, list: &Spanned<Vec<toml::Value>>, n: i64) -> Result<InitialState> {
        let real = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|i| i as f64));
        let pair = |value: &toml::Value| match value.as_array().map(Vec::as_slice) {
            Some([theta, phi]) => Some((real(theta)?, real(phi)?)).filter(|(t, p)| t.is_finite() && p.is_finite()),
            _ => None,
        };
        match list.get_ref().iter().map(pair).collect::<Option<Vec<_>>>() {
            None => self.refuse(list.span(), "initial.angles", "has an entry that is no pair of finite angles"),
            Some(pairs) if pairs.len() as i64 != n => {
                self.refuse(list.span(), "initial.angles", &format!("has {} entries, for {n} qubits", pairs.len()))
            }
            Some(pairs) => Ok(InitialState::Angles(pairs)),
        }
    }

    fn phi(&self, phi: &Key<f64>) -> Result<f64> {
        let Some(phi) = phi else { return Ok(0.0) };
        let value = *phi.get_ref();
        if value.is_finite() { Ok(value) } else { self.refuse(phi.span(), "initial.phi", &format!("is {value}")) }
    }

    /// The steady state: solved for where that takes no time, or the limit of a weak local bath, which still needs a
    /// warm-up.
    fn steady_state(&self, state: &Spanned<String>, model: &Model, sites: bool) -> Result<InitialState> {
        let refuse = |why: &str, help: &str| {
            let title = format!("`initial.state` \"steady\": {why}");
            Err(self.source.error(state.span(), title, help))
        };
        if sites {
            return refuse("it is known for identical qubits alone", "any other state");
        }
        if !model.mixes_sectors() {
            let why = "without a local bath J is conserved, and every J has a steady state of its own";
            return refuse(why, "a state that says which J, such as \"dicke\" (j, m) or \"ground\"");
        }
        let ground = InitialState::Dicke(Level::ground(model.number));
        if PopulationEquation::affordable(model, &ground, Effort::Beside).is_ok() {
            return match PopulationEquation::new(model, &ground).steady_state() {
                Ok(steady) => {
                    let levels = steady.levels.into_iter().zip(steady.p);
                    Ok(InitialState::Steady(Mixture::new(levels, true)))
                }
                Err(error) => refuse(&error.to_string(), "any other state"),
            };
        }
        if model.number > MOST_LIMIT {
            return refuse("it would take too many levels", "any other state");
        }
        match theory::weak_local_bath(model) {
            Ok(sectors) => {
                let x = theory::inverse_temperature(model.rates(Coupling::Collective));
                let thermal = |(two_j, p): (i64, f64)| {
                    levels(two_j).map(move |level| (level, p * theory::thermal_probability(level, x)))
                };
                Ok(InitialState::Steady(Mixture::new(sectors.into_iter().flat_map(thermal), false)))
            }
            Err(error) => refuse(&error.to_string(), "any other state"),
        }
    }

    /// 2J, where it is one of N qubits.
    pub(super) fn sector(&self, n: i64, j: &Spanned<f64>) -> Result<i64> {
        doubled(*j.get_ref()).filter(|two_j| Level::new(n, *two_j, *two_j).is_some()).ok_or_else(|| {
            let title = format!("`initial.j` is {}, for {n} qubits", j.get_ref());
            let least = if n % 2 == 0 { "0" } else { "0.5" };
            let help = format!("{}, {}, ... down to {least}", n as f64 / 2.0, n as f64 / 2.0 - 1.0);
            self.source.error(j.span(), title, &help)
        })
    }

    pub(super) fn level(&self, n: i64, j: &Spanned<f64>, m: &Spanned<f64>) -> Result<Level> {
        let two_j = self.sector(n, j)?;
        doubled(*m.get_ref()).and_then(|two_m| Level::new(n, two_j, two_m)).ok_or_else(|| {
            let title = format!("`initial.m` is {}, for j = {}", m.get_ref(), j.get_ref());
            self.source.error(m.span(), title, &format!("-{0}, {1}, ... {0}", j.get_ref(), 1.0 - j.get_ref()))
        })
    }

    /// Amplitudes from M = -J up, each a number or a pair [re, im]; normalized here.
    pub(super) fn amplitudes(&self, list: &Spanned<Vec<toml::Value>>, two_j: i64) -> Result<Vec<Complex64>> {
        let real = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|i| i as f64));
        let number = |value: &toml::Value| match value.as_array().map(Vec::as_slice) {
            Some([re, im]) => Some(Complex64::new(real(re)?, real(im)?)),
            Some(_) => None,
            None => real(value).map(Complex64::from),
        };
        let wrong = |what: &str| {
            let help = format!("{} numbers or pairs [re, im], from M = -j up, not all zero", two_j + 1);
            Err(self.source.error(list.span(), format!("`initial.amplitudes` {what}"), &help))
        };
        let Some(values) = list.get_ref().iter().map(number).collect::<Option<Vec<_>>>() else {
            return wrong("has an entry that is no number");
        };
        if values.len() as i64 != two_j + 1 {
            return wrong(&format!("has {} entries", values.len()));
        }
        // Scaled by the largest first, so that the squares neither overflow nor vanish.
        let largest = values.iter().fold(0.0_f64, |m, c| m.max(c.re.abs()).max(c.im.abs()));
        if values.iter().any(|c| !c.is_finite()) || largest == 0.0 {
            return wrong("cannot be normalized");
        }
        let norm = values.iter().map(|c| (c / largest).norm_sqr()).sum::<f64>().sqrt();
        Ok(values.into_iter().map(|c| c / largest / norm).collect())
    }
}

/// Twice a half-integer, or `None` for any other number.
fn doubled(value: f64) -> Option<i64> {
    Some((2.0 * value) as i64).filter(|whole| *whole as f64 == 2.0 * value)
}
