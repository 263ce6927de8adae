//! From the mirror of a scenario to a model that can be trusted: every rule about the values of keys stands here.

use std::ops::Range;

use num_complex::Complex64;
use toml::Spanned;

use super::keys::allowed;
use super::raw::{
    Key, RawBath, RawEvolution, RawGroup, RawInitial, RawNoise, RawQubits, RawRecord, RawScenario, RawSteady,
    RawTransmon,
};
use super::scenario::{Evolution, Group, Noise, Purpose, Recording};
use super::source::{ScenarioError, Source};
use crate::bath::{Bath, Coupling};
use crate::circuit::{Circuit, Filter, FilterForm, Resonator, Transmon};
use crate::dicke::{Level, MAX_QUBITS};
use crate::initial::InitialState;
use crate::model::Model;
use crate::units::Units;

type Result<T> = std::result::Result<T, ScenarioError>;

const MAX_SAMPLES: i64 = 10_000_000;
const MAX_TRAJECTORIES: i64 = 1_000_000_000_000;
const MAX_PHOTONS: i64 = 1_000_000;

/// A group of identical qubits.
struct Qubits {
    number: i64,
    frequency: f64,
    /// What they are made of, where the scenario says.
    transmon: Option<Transmon>,
}

/// What a scenario says once every value is checked.
pub struct Valid {
    pub groups: Vec<Group>,
    pub evolution: Evolution,
    pub steady: bool,
    pub noise: Noise,
    pub recording: Recording,
}

/// Checks values, and knows where they were typed.
pub struct Validator<'a> {
    source: &'a Source,
    purpose: Purpose,
}

impl<'a> Validator<'a> {
    pub fn new(source: &'a Source, purpose: Purpose) -> Self {
        Validator { source, purpose }
    }

    /// The whole scenario.
    pub fn scenario(&self, raw: &RawScenario) -> Result<Valid> {
        if self.purpose == Purpose::Trajectories {
            for (key, span, what) in [
                ("steady", raw.steady.as_ref().map(Spanned::span), "trajectories run to a steady state"),
                ("noise", raw.noise.as_ref().map(Spanned::span), "counting statistics of trajectories"),
            ] {
                if let Some(span) = span {
                    let help = "leave the table out, or have `superjump exact` solve for it";
                    return self.not_yet(span, &format!("`[{key}]`: {what}"), help);
                }
            }
        }
        let units = match &raw.units {
            None => Units::Natural,
            Some(units) => match units.get_ref().as_str() {
                "natural" => Units::Natural,
                "SI" => Units::Si,
                other => return self.refuse(units.span(), "units", &format!("is \"{other}\"")),
            },
        };
        let groups = self.qubits(self.table(&raw.qubits, "qubits")?, units)?;
        if raw.bath.is_empty() {
            return self.missing_table("bath");
        }
        let initial = self.table(&raw.initial, "initial")?;
        let model = |qubits: &Qubits| {
            let model = self.model(&raw.bath, units, qubits)?;
            let initial = self.initial(initial, &model, groups.len())?;
            Ok(Group { model, initial })
        };
        let groups = groups.iter().map(model).collect::<Result<Vec<Group>>>()?;
        let evolution = match (&raw.evolution, &raw.steady, self.purpose) {
            (None, Some(_), Purpose::Exact) => Evolution::default(),
            (evolution, ..) => self.evolution(self.table(evolution, "evolution")?)?,
        };
        let noise = self.noise(raw.noise.as_ref(), &groups[0].model.baths)?;
        let recording = self.recording(raw.record.as_ref().map(Spanned::get_ref))?;
        self.steady(raw.steady.as_ref(), &groups[0].model.baths)?;
        Ok(Valid { groups, evolution, steady: raw.steady.is_some() || raw.noise.is_some(), noise, recording })
    }

    /// The baths as qubits of one frequency see them.
    fn model(&self, raw: &[Spanned<RawBath>], units: Units, qubits: &Qubits) -> Result<Model> {
        let mut baths: Vec<Bath> = Vec::new();
        for (index, bath) in raw.iter().enumerate() {
            let validated = self.bath(bath, index, units, qubits)?;
            if baths.iter().any(|other| other.name == validated.name) {
                let span = bath.get_ref().name.as_ref().map_or(bath.span(), Spanned::span);
                let title = format!("two baths are called \"{}\"", validated.name);
                return Err(self.source.error(span, title, allowed("bath.*.name")));
            }
            baths.push(validated);
        }
        let model = Model { units, number: qubits.number, frequency: qubits.frequency, baths };
        if !model.jump_rate_bound().is_finite() {
            let title = "the rates of the baths together are beyond the range of a double".to_owned();
            return Err(self.source.error(
                raw[0].span(),
                title,
                "rates and temperatures whose product with N^2 is finite",
            ));
        }
        Ok(model)
    }

    /// The qubits, group by group.
    fn qubits(&self, table: &Spanned<RawQubits>, units: Units) -> Result<Vec<Qubits>> {
        let raw = table.get_ref();
        for (key, span) in [
            ("frequencies", raw.frequencies.as_ref().map(Spanned::span)),
            ("couplings", raw.couplings.as_ref().map(Spanned::span)),
        ] {
            if let Some(span) = span {
                let help = "`number` qubits of one `frequency`, or groups of frequencies far apart";
                return self.not_yet(span, &format!("`qubits.{key}`: qubits that differ one by one"), help);
            }
        }
        let one =
            |number: &Key<i64>, frequency: &Key<f64>, transmon: &Key<RawTransmon>, prefix: &str, span: Range<usize>| {
                let key = format!("{prefix}.number");
                let number = self.whole(self.require(number, &key, span.clone())?, &key, 1..=MAX_QUBITS)?;
                let transmon = transmon.as_ref().map(|t| self.transmon(t, units, prefix)).transpose()?;
                let key = format!("{prefix}.frequency");
                let frequency = match (&transmon, frequency, units) {
                    (Some(_), Some(frequency), _) => {
                        let title = format!("`{prefix}` has both `frequency` and `transmon`");
                        return Err(self.source.error(frequency.span(), title, "one of the two"));
                    }
                    (Some(transmon), None, _) => transmon.frequency(),
                    (None, None, Units::Natural) => 1.0,
                    (None, frequency, _) => self.positive(self.require(frequency, &key, span)?, &key)?,
                };
                Ok(Qubits { number, frequency, transmon })
            };
        let Some(groups) = &raw.group else {
            return Ok(vec![one(&raw.number, &raw.frequency, &raw.transmon, "qubits", table.span())?]);
        };
        let extra = raw.number.as_ref().map(Spanned::span).or(raw.frequency.as_ref().map(Spanned::span));
        if let Some(span) = extra {
            let title = "`qubits` has both groups and a `number` or `frequency` of its own".to_owned();
            return Err(self.source.error(span, title, "`number` and `frequency` in each [[qubits.group]]"));
        }
        if groups.get_ref().is_empty() {
            return self.refuse(groups.span(), "qubits.group", "is empty");
        }
        let group = |group: &Spanned<RawGroup>| {
            let raw = group.get_ref();
            one(&raw.number, &raw.frequency, &raw.transmon, "qubits.group", group.span())
        };
        groups.get_ref().iter().map(group).collect()
    }

    fn transmon(&self, table: &Spanned<RawTransmon>, units: Units, prefix: &str) -> Result<Transmon> {
        if units != Units::Si {
            let title = format!("`{prefix}.transmon` is given in GHz, and the units are natural");
            return Err(self.source.error(table.span(), title, "units = \"SI\""));
        }
        let raw = table.get_ref();
        let get = |value: &Key<f64>, field: &str| {
            let key = format!("{prefix}.transmon.{field}");
            self.positive(self.require(value, &key, table.span())?, &key)
        };
        let (josephson, charging) = (get(&raw.josephson, "josephson")?, get(&raw.charging, "charging")?);
        Transmon::new(josephson, charging)
            .map_err(|e| self.source.error(table.span(), e.to_string(), allowed("qubits.transmon")))
    }

    fn form(&self, form: &Key<String>, key: &str) -> Result<FilterForm> {
        match form.as_ref().map(|form| (form.get_ref().as_str(), form.span())) {
            None | Some(("lorentzian", _)) => Ok(FilterForm::Lorentzian),
            Some(("full", _)) => Ok(FilterForm::Full),
            Some((other, span)) => self.refuse(span, key, &format!("is \"{other}\"")),
        }
    }

    /// gamma of a bath at the frequency of the qubits: `rate`, filtered or not, or what the circuit gives.
    fn rate(&self, table: &Spanned<RawBath>, label: &str, qubits: &Qubits) -> Result<f64> {
        let raw = table.get_ref();
        let key = |field: &str| format!("bath.{label}.{field}");
        let Some(circuit) = &raw.circuit else {
            let rate = self.require(&raw.rate, &key("rate"), table.span())?;
            let gamma = self.not_negative(rate, &key("rate"))?;
            let Some(filter) = &raw.filter else { return Ok(gamma) };
            let get = |value: &Key<f64>, field: &str| {
                let key = key(&format!("filter.{field}"));
                self.positive(self.require(value, &key, filter.span())?, &key)
            };
            let inner = filter.get_ref();
            let form = self.form(&inner.form, &key("filter.form"))?;
            let filter = Filter::new(get(&inner.quality, "quality")?, get(&inner.resonance, "resonance")?, form)
                .map_err(|e| self.source.error(filter.span(), e.to_string(), allowed("bath.*.filter")))?;
            return Ok(filter.rate(gamma, qubits.frequency));
        };
        let extra = raw.rate.as_ref().map(Spanned::span).or(raw.filter.as_ref().map(Spanned::span));
        if let Some(span) = extra {
            let title = format!("bath \"{label}\" has both `circuit` and `rate` or `filter`");
            return Err(self.source.error(span, title, "one of the two forms"));
        }
        let Some(transmon) = qubits.transmon else {
            let title = format!("`{}` needs the transmon that it couples to", key("circuit"));
            return Err(self.source.error(circuit.span(), title, allowed("qubits.transmon")));
        };
        let get = |value: &Key<f64>, field: &str| {
            let key = key(&format!("circuit.{field}"));
            self.positive(self.require(value, &key, circuit.span())?, &key)
        };
        let inner = circuit.get_ref();
        let resonator = Resonator::new(
            get(&inner.resistance, "resistance")?,
            get(&inner.inductance, "inductance")?,
            get(&inner.capacitance, "capacitance")?,
        );
        let coupling = get(&inner.coupling, "coupling")?;
        let form = self.form(&inner.form, &key("circuit.form"))?;
        resonator
            .and_then(|resonator| Circuit::new(transmon, resonator, coupling))
            .map(|circuit| circuit.rate(form))
            .map_err(|e| self.source.error(circuit.span(), e.to_string(), allowed("bath.*.circuit")))
    }

    fn bath(&self, table: &Spanned<RawBath>, index: usize, units: Units, qubits: &Qubits) -> Result<Bath> {
        let raw = table.get_ref();
        let by_index = index.to_string();
        let label = raw.name.as_ref().map_or(by_index.as_str(), |name| name.get_ref());
        let key = |field: &str| format!("bath.{label}.{field}");

        let name = self.require(&raw.name, &key("name"), table.span())?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.get_ref().is_empty() || !name.get_ref().chars().all(fits) {
            return self.refuse(name.span(), "bath.*.name", &format!("is \"{}\"", name.get_ref()));
        }
        let coupling = self.require(&raw.coupling, &key("coupling"), table.span())?;
        let coupling = match coupling.get_ref().as_str() {
            "collective" => Coupling::Collective,
            "local" => Coupling::Local,
            other => {
                return self.refuse(coupling.span(), &key("coupling"), &format!("is \"{other}\""));
            }
        };
        let optional = |value: &Key<f64>, field: &str| {
            value.as_ref().map(|value| self.not_negative(value, &key(field))).transpose()
        };
        let dephasing = optional(&raw.dephasing, "dephasing")?;
        let (down, up) = (optional(&raw.down, "down")?, optional(&raw.up, "up")?);
        let thermal = raw.rate.is_some() || raw.temperature.is_some() || raw.circuit.is_some() || raw.filter.is_some();
        let mut bath = if thermal {
            if let Some(extra) = raw.down.as_ref().or(raw.up.as_ref()) {
                let title = format!("bath \"{label}\" has both `rate`, `temperature` and `down`, `up`");
                return Err(self.source.error(extra.span(), title, "one of the two forms"));
            }
            let gamma = self.rate(table, label, qubits)?;
            let temperature = self.require(&raw.temperature, &key("temperature"), table.span())?;
            let kelvin = self.not_negative(temperature, &key("temperature"))?;
            let x = units.energy_over_temperature(qubits.frequency, kelvin);
            Bath::thermal(name.get_ref(), coupling, gamma, x, kelvin)
        } else if down.is_some() || up.is_some() || dephasing.is_some() {
            let (down, up) = (down.unwrap_or(0.0), up.unwrap_or(0.0));
            Bath { name: name.get_ref().clone(), coupling, down, up, dephasing: 0.0, temperature: None }
        } else {
            let title = format!("bath \"{label}\" has no rates");
            let help = "`rate` with `temperature`, or `down` and `up`, or `dephasing`";
            return Err(self.source.error(table.span(), title, help));
        };
        bath.dephasing = dephasing.unwrap_or(0.0);
        if !(bath.down.is_finite() && bath.up.is_finite()) {
            let title = format!("bath \"{label}\": gamma (1 + n) is beyond the range of a double");
            return Err(self.source.error(table.span(), title, "a lower temperature or rate"));
        }
        Ok(bath)
    }

    fn initial(&self, table: &Spanned<RawInitial>, model: &Model, groups: usize) -> Result<InitialState> {
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
            "steady" => {
                return self.not_yet(state.span(), "the steady state as initial state", "any other state");
            }
            other => return self.refuse(state.span(), "initial.state", &format!("is \"{other}\"")),
        };
        if groups > 1 && ["dicke", "product", "bits", "superposition"].contains(&name) {
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
                let phi = raw.phi.as_ref().map_or(Ok(0.0), |phi| {
                    let value = *phi.get_ref();
                    if value.is_finite() {
                        Ok(value)
                    } else {
                        self.refuse(phi.span(), "initial.phi", &format!("is {value}"))
                    }
                })?;
                InitialState::Coherent { theta: angle.min(std::f64::consts::PI), phi }
            }
            "thermal" => {
                let temperature = self.require(&raw.temperature, "initial.temperature", table.span())?;
                let kelvin = self.not_negative(temperature, "initial.temperature")?;
                let x = model.units.energy_over_temperature(model.frequency, kelvin);
                InitialState::Thermal { probability: (1.0 + x.exp()).recip() }
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
                InitialState::Product { excited: text.matches('1').count() as i64 }
            }
        })
    }

    /// 2J, where it is one of N qubits.
    fn sector(&self, n: i64, j: &Spanned<f64>) -> Result<i64> {
        doubled(*j.get_ref()).filter(|two_j| Level::new(n, *two_j, *two_j).is_some()).ok_or_else(|| {
            let title = format!("`initial.j` is {}, for {n} qubits", j.get_ref());
            let least = if n % 2 == 0 { "0" } else { "0.5" };
            let help = format!("{}, {}, ... down to {least}", n as f64 / 2.0, n as f64 / 2.0 - 1.0);
            self.source.error(j.span(), title, &help)
        })
    }

    fn level(&self, n: i64, j: &Spanned<f64>, m: &Spanned<f64>) -> Result<Level> {
        let two_j = self.sector(n, j)?;
        doubled(*m.get_ref()).and_then(|two_m| Level::new(n, two_j, two_m)).ok_or_else(|| {
            let title = format!("`initial.m` is {}, for j = {}", m.get_ref(), j.get_ref());
            self.source.error(m.span(), title, &format!("-{0}, {1}, ... {0}", j.get_ref(), 1.0 - j.get_ref()))
        })
    }

    /// Amplitudes from M = -J up, each a number or a pair [re, im]; normalized here.
    fn amplitudes(&self, list: &Spanned<Vec<toml::Value>>, two_j: i64) -> Result<Vec<Complex64>> {
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

    /// The `[steady]` table: what it asks of trajectories is checked, though the exact road needs none of it.
    fn steady(&self, raw: Option<&Spanned<RawSteady>>, baths: &[Bath]) -> Result<()> {
        let Some(raw) = raw.map(Spanned::get_ref) else { return Ok(()) };
        raw.relative_error.as_ref().map(|error| self.positive(error, "steady.relative_error")).transpose()?;
        raw.bath.as_ref().map(|name| self.bath_index(name.get_ref(), name.span(), "steady.bath", baths)).transpose()?;
        Ok(())
    }

    fn bath_index(&self, name: &str, span: Range<usize>, key: &str, baths: &[Bath]) -> Result<usize> {
        baths.iter().position(|bath| bath.name == name).ok_or_else(|| {
            let names: Vec<&str> = baths.iter().map(|bath| bath.name.as_str()).collect();
            self.source.error(span, format!("`{key}`: there is no bath \"{name}\""), &names.join(", "))
        })
    }

    fn noise(&self, raw: Option<&Spanned<RawNoise>>, baths: &[Bath]) -> Result<Noise> {
        let Some(table) = raw else { return Ok(Noise::default()) };
        let raw = table.get_ref();
        let indices = match &raw.baths {
            Some(names) => {
                let index = |name: &Spanned<String>| self.bath_index(name.get_ref(), name.span(), "noise.baths", baths);
                names.get_ref().iter().map(index).collect::<Result<Vec<_>>>()?
            }
            None => (0..baths.len()).filter(|b| baths[*b].down + baths[*b].up > 0.0).collect(),
        };
        let list = |values: &Key<Vec<Spanned<f64>>>, key: &str, least: f64| {
            let mut last = f64::NEG_INFINITY;
            let mut checked = Vec::new();
            for value in values.as_ref().map_or(&[][..], |v| v.get_ref()) {
                let number = *value.get_ref();
                if !number.is_finite() || number < least || number <= last {
                    return self.refuse(value.span(), key, &format!("has {number}"));
                }
                last = number;
                checked.push(number);
            }
            Ok(checked)
        };
        Ok(Noise {
            baths: indices,
            windows: list(&raw.windows, "noise.windows", f64::MIN_POSITIVE)?,
            frequencies: list(&raw.frequencies, "noise.frequencies", 0.0)?,
            delays: list(&raw.delays, "noise.delays", 0.0)?,
        })
    }

    fn evolution(&self, table: &Spanned<RawEvolution>) -> Result<Evolution> {
        let raw = table.get_ref();
        if let Some(engine) = &raw.engine {
            match engine.get_ref().as_str() {
                "auto" | "populations" => {}
                "ladder" | "register" => {
                    let what = format!("the {} engine", engine.get_ref());
                    return self.not_yet(engine.span(), &what, "\"auto\" or \"populations\"");
                }
                other => {
                    return self.refuse(engine.span(), "evolution.engine", &format!("is \"{other}\""));
                }
            }
        }
        let times = match (&raw.times, &raw.until) {
            (Some(times), None) => {
                let extra = raw.samples.as_ref().map(Spanned::span).or(raw.spacing.as_ref().map(Spanned::span));
                if let Some(span) = extra {
                    let title = "`evolution.times` lists the times: `samples` and `spacing` belong to `until`";
                    return Err(self.source.error(span, title.to_owned(), "`times`, or `until` with `samples`"));
                }
                self.listed_times(times)?
            }
            (Some(_), Some(until)) => {
                let title = "`evolution` has both `until` and `times`".to_owned();
                return Err(self.source.error(until.span(), title, "one of the two"));
            }
            (None, until) => {
                let until = self.require(until, "evolution.until", table.span())?;
                let end = self.positive(until, "evolution.until")?;
                let samples = match &raw.samples {
                    Some(samples) => self.whole(samples, "evolution.samples", 2..=MAX_SAMPLES)?,
                    None => 101,
                };
                match raw.spacing.as_ref().map(|s| (s.get_ref().as_str(), s.span())) {
                    None | Some(("linear", _)) => linear_times(end, samples),
                    Some(("log", _)) => log_times(end, samples),
                    Some((other, span)) => {
                        return self.refuse(span, "evolution.spacing", &format!("is \"{other}\""));
                    }
                }
            }
        };
        let trajectories = match (&raw.trajectories, self.purpose) {
            (None, Purpose::Exact) => 0,
            (trajectories, _) => {
                let trajectories = self.require(trajectories, "evolution.trajectories", table.span())?;
                self.whole(trajectories, "evolution.trajectories", 1..=MAX_TRAJECTORIES)?
            }
        };
        let seed = raw.seed.as_ref().map_or(Ok(1), |seed| self.whole(seed, "evolution.seed", 0..=i64::MAX))?;
        Ok(Evolution { times, trajectories: trajectories as u64, seed: seed as u64 })
    }

    fn listed_times(&self, times: &Spanned<Vec<Spanned<f64>>>) -> Result<Vec<f64>> {
        let mut last = None;
        for time in times.get_ref() {
            let value = *time.get_ref();
            if !value.is_finite() || value < 0.0 {
                return self.refuse(time.span(), "evolution.times", &format!("has {value}"));
            }
            if let Some(before) = last.filter(|before| *before >= value) {
                return self.refuse(time.span(), "evolution.times", &format!("has {value} after {before}"));
            }
            last = Some(value);
        }
        match last {
            None => self.refuse(times.span(), "evolution.times", "is empty"),
            Some(0.0) => self.refuse(times.span(), "evolution.times", "ends at 0"),
            Some(_) => Ok(times.get_ref().iter().map(|time| *time.get_ref()).collect()),
        }
    }

    fn recording(&self, raw: Option<&RawRecord>) -> Result<Recording> {
        let Some(raw) = raw else {
            return Ok(Recording::default());
        };
        let photons = raw.photons.as_ref().map_or(Ok(0), |p| self.whole(p, "record.photons", 0..=MAX_PHOTONS))?;
        Ok(Recording { jumps: raw.jumps.as_ref().is_some_and(|j| *j.get_ref()), photons: photons as usize })
    }

    fn table<'b, T>(&self, table: &'b Key<T>, key: &str) -> Result<&'b Spanned<T>> {
        match table {
            Some(table) => Ok(table),
            None => self.missing_table(key),
        }
    }

    fn missing_table<T>(&self, key: &str) -> Result<T> {
        let end = self.source.file_text().trim_end().len();
        let bracket = if key == "bath" { "[[bath]]" } else { &format!("[{key}]") };
        Err(self.source.error(end..end, format!("the scenario has no table {bracket}"), allowed(key)))
    }

    fn require<'b, T>(&self, value: &'b Key<T>, key: &str, table: Range<usize>) -> Result<&'b Spanned<T>> {
        value.as_ref().ok_or_else(|| self.source.error(table, format!("the key `{key}` is missing"), allowed(key)))
    }

    fn refuse<T>(&self, span: Range<usize>, key: &str, what: &str) -> Result<T> {
        Err(self.source.error(span, format!("`{key}` {what}"), allowed(key)))
    }

    fn not_yet<T>(&self, span: Range<usize>, what: &str, instead: &str) -> Result<T> {
        Err(self.source.error(span, format!("{what} is not in this version yet"), &format!("for now: {instead}")))
    }

    fn whole(&self, value: &Spanned<i64>, key: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64> {
        let number = *value.get_ref();
        if range.contains(&number) { Ok(number) } else { self.refuse(value.span(), key, &format!("is {number}")) }
    }

    fn not_negative(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let number = *value.get_ref();
        let fits = number.is_finite() && number >= 0.0;
        if fits { Ok(number) } else { self.refuse(value.span(), key, &format!("is {number}")) }
    }

    fn positive(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let number = *value.get_ref();
        let fits = number.is_finite() && number > 0.0;
        if fits { Ok(number) } else { self.refuse(value.span(), key, &format!("is {number}")) }
    }
}

/// Twice a half-integer, or `None` for any other number.
fn doubled(value: f64) -> Option<i64> {
    Some((2.0 * value) as i64).filter(|whole| *whole as f64 == 2.0 * value)
}

/// `samples` times from 0 to `end`, evenly spaced.
fn linear_times(end: f64, samples: i64) -> Vec<f64> {
    (0..samples).map(|k| end * (k as f64 / (samples - 1) as f64)).collect()
}

/// 0, and `samples - 1` times spaced evenly in the logarithm over the four decades up to `end`.
fn log_times(end: f64, samples: i64) -> Vec<f64> {
    let steps = (samples - 2).max(1) as f64;
    let time = |k: i64| {
        if k == samples - 1 { end } else { end * 10_f64.powf(4.0 * ((k - 1) as f64 / steps - 1.0)) }
    };
    (0..samples).map(|k| if k == 0 { 0.0 } else { time(k) }).collect()
}
