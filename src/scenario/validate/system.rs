//! The qubits, what they are made of, and the baths as they see them.

use std::ops::Range;

use toml::Spanned;

use super::super::keys::allowed;
use super::super::raw::{Key, RawBath, RawGroup, RawQubits, RawTransmon};
use super::{LARGEST, Result, Validator};
use crate::bath::{Coupling, Rates};
use crate::circuit::{Circuit, Filter, FilterForm, Resonator, Transmon};
use crate::dicke::MAX_QUBITS;
use crate::model::{Model, Reservoir, SpectralDensity};
use crate::units::Units;

/// A group of identical qubits.
pub(super) struct Qubits {
    pub(super) number: i64,
    pub(super) frequency: f64,
    /// What they are made of, where the scenario says.
    pub(super) transmon: Option<Transmon>,
}

impl Validator<'_> {
    /// The baths, whose rates are within bounds at the frequency of the qubits.
    pub(super) fn reservoirs(&self, raw: &[Spanned<RawBath>], units: Units, qubits: &Qubits) -> Result<Vec<Reservoir>> {
        let mut reservoirs: Vec<Reservoir> = Vec::new();
        for (index, bath) in raw.iter().enumerate() {
            let Some(validated) = self.keep(self.reservoir(bath, index, units, qubits)) else { continue };
            if reservoirs.iter().any(|other| other.name == validated.name) {
                let span = bath.get_ref().name.as_ref().map_or(bath.span(), Spanned::span);
                let title = format!("two baths are called \"{}\"", validated.name);
                self.keep(Err::<(), _>(self.source.error(span, title, allowed("bath.*.name"))));
            }
            reservoirs.push(validated);
        }
        Self::kept((reservoirs.len() == raw.len()).then_some(reservoirs))
    }

    /// The baths as qubits of one frequency see them.
    pub(super) fn model(
        &self,
        raw: &[Spanned<RawBath>],
        reservoirs: &[Reservoir],
        units: Units,
        qubits: &Qubits,
    ) -> Result<Model> {
        let model = Model::between(reservoirs, units, qubits.number, qubits.frequency, 0.0);
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
    pub(super) fn qubits(&self, table: &Spanned<RawQubits>, units: Units) -> Result<Vec<Qubits>> {
        let raw = table.get_ref();
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

    pub(super) fn transmon(&self, table: &Spanned<RawTransmon>, units: Units, prefix: &str) -> Result<Transmon> {
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

    pub(super) fn form(&self, form: &Key<String>, key: &str) -> Result<FilterForm> {
        match form.as_ref().map(|form| (form.get_ref().as_str(), form)) {
            None | Some(("lorentzian", _)) => Ok(FilterForm::Lorentzian),
            Some(("full", _)) => Ok(FilterForm::Full),
            Some((_, other)) => self.no_word(other, key),
        }
    }

    /// gamma of a bath: `rate`, filtered or not, or a circuit.
    fn density(&self, table: &Spanned<RawBath>, label: &str, qubits: &Qubits) -> Result<SpectralDensity> {
        let raw = table.get_ref();
        let key = |field: &str| format!("bath.{label}.{field}");
        let Some(circuit) = &raw.circuit else {
            let rate = self.require(&raw.rate, &key("rate"), table.span())?;
            let gamma = self.rate_of(rate, &key("rate"))?;
            let Some(filter) = &raw.filter else { return Ok(SpectralDensity::Flat(gamma)) };
            let get = |value: &Key<f64>, field: &str| {
                let key = key(&format!("filter.{field}"));
                self.positive(self.require(value, &key, filter.span())?, &key)
            };
            let inner = filter.get_ref();
            let form = self.form(&inner.form, &key("filter.form"))?;
            let filter = Filter::new(get(&inner.quality, "quality")?, get(&inner.resonance, "resonance")?, form)
                .map_err(|e| self.source.error(filter.span(), e.to_string(), allowed("bath.*.filter")))?;
            return Ok(SpectralDensity::Filtered { on_resonance: gamma, filter });
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
            .map(|circuit| SpectralDensity::Circuit { circuit, form })
            .map_err(|e| self.source.error(circuit.span(), e.to_string(), allowed("bath.*.circuit")))
    }

    /// What a bath is.
    pub(super) fn reservoir(
        &self,
        table: &Spanned<RawBath>,
        index: usize,
        units: Units,
        qubits: &Qubits,
    ) -> Result<Reservoir> {
        let raw = table.get_ref();
        let by_index = index.to_string();
        let label = raw.name.as_ref().map_or(by_index.as_str(), |name| name.get_ref());
        let key = |field: &str| format!("bath.{label}.{field}");

        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let named = self.require(&raw.name, &key("name"), table.span()).and_then(|name| {
            let is_name = !name.get_ref().is_empty() && name.get_ref().chars().all(fits);
            if is_name {
                Ok(name)
            } else {
                self.refuse(name.span(), "bath.*.name", &format!("is \"{}\"", name.get_ref()))
            }
        });
        let name = self.keep(named);
        let coupled = self.require(&raw.coupling, &key("coupling"), table.span()).and_then(|coupling| {
            Coupling::named(coupling.get_ref()).map_or_else(|| self.no_word(coupling, &key("coupling")), Ok)
        });
        let coupling = self.keep(coupled);
        let optional = |value: &Key<f64>, field: &str| {
            self.keep(value.as_ref().map(|value| self.rate_of(value, &key(field))).transpose())
        };
        let dephasing = optional(&raw.dephasing, "dephasing");
        let (down, up) = (optional(&raw.down, "down"), optional(&raw.up, "up"));
        let thermal = raw.rate.is_some() || raw.temperature.is_some() || raw.circuit.is_some() || raw.filter.is_some();
        let made = if thermal {
            if let Some(extra) = raw.down.as_ref().or(raw.up.as_ref()) {
                let title = format!("bath \"{label}\" has both `rate`, `temperature` and `down`, `up`");
                return Err(self.source.error(extra.span(), title, "one of the two forms"));
            }
            let gamma = self.keep(self.density(table, label, qubits));
            let temperature = self
                .require(&raw.temperature, &key("temperature"), table.span())
                .and_then(|temperature| self.not_negative(temperature, &key("temperature")));
            let (gamma, kelvin) = (Self::kept(gamma)?, temperature?);
            Reservoir::thermal(Self::kept(name)?.get_ref(), Self::kept(coupling)?, gamma, kelvin)
        } else if raw.down.is_some() || raw.up.is_some() || raw.dephasing.is_some() {
            let (down, up) = (Self::kept(down)?.unwrap_or(0.0), Self::kept(up)?.unwrap_or(0.0));
            Reservoir::given(Self::kept(name)?.get_ref(), Self::kept(coupling)?, down, up)
        } else {
            let title = format!("bath \"{label}\" has no rates");
            let help = "`rate` with `temperature`, or `down` and `up`, or `dephasing`";
            return Err(self.source.error(table.span(), title, help));
        };
        let quantum = raw.quantum.as_ref().map(|value| self.positive(value, &key("quantum"))).transpose()?;
        let nothing = !thermal && raw.down.is_none() && raw.up.is_none();
        if let Some(value) = raw.quantum.as_ref().filter(|_| nothing) {
            let title = format!("bath \"{label}\" has a `quantum`, and exchanges none");
            return Err(self.source.error(value.span(), title, "`quantum` beside `rate` or `down` and `up`"));
        }
        let reservoir = made
            .and_then(|reservoir| reservoir.dephasing(dephasing.flatten().unwrap_or(0.0)))
            .and_then(|reservoir| match quantum {
                Some(quantum) => reservoir.exchanging(quantum),
                None => Ok(reservoir),
            })
            .map_err(|e| self.source.error(table.span(), e.to_string(), "rates that are finite and not negative"))?;
        let Rates { down, up, .. } = reservoir.rates(units, qubits.frequency, 0.0);
        if !(down <= LARGEST && up <= LARGEST) {
            let title = format!("bath \"{label}\": gamma (1 + n) is beyond {LARGEST:e}");
            return Err(self.source.error(table.span(), title, "a lower temperature or rate"));
        }
        Ok(reservoir)
    }
}
