//! Baths of ensembles and modes: which of them each acts on, with which amplitudes, at which frequency its rates are taken.

use std::ops::Range;

use num_complex::Complex64;
use toml::Spanned;

use super::super::foreign::nearest;
use super::super::keys::allowed;
use super::super::raw::{Key, RawBath, RawJump};
use super::operators::Vocabulary;
use super::part::Part;
use super::system::Qubits;
use super::{Result, Validator};
use crate::bath::{Coupling, Rates};
use crate::model::emitters::{DecayError, DecayMode, Emitters, modes};
use crate::model::operator::Operator;
use crate::model::product::{Product, ProductError};
use crate::model::{Reservoir, SpectralDensity};
use crate::units::Units;

/// A bath that acts on ensembles and modes.
pub(super) struct Acting<'a> {
    pub(super) raw: &'a Spanned<RawBath>,
    pub(super) name: String,
    coupling: Coupling,
    /// The places of what it acts on.
    pub(super) on: Vec<usize>,
    /// Its rates; under a protocol the largest that it ever has.
    pub(super) rates: Rates,
    /// What it is, and the frequency at which its rates are taken.
    pub(super) reservoir: Reservoir,
    pub(super) frequency: f64,
    /// Whether that is the one of what it acts on, and matters.
    pub(super) follows: bool,
    /// What it acts through, where neither pattern says.
    own: Option<Own>,
    /// Its temperature, and the frequency at which its occupation is taken.
    warmth: Option<Warmth>,
}

/// A jump of the user's own.
pub(super) struct OwnJump<'a> {
    pub(super) name: &'a Spanned<String>,
    pub(super) text: &'a Spanned<String>,
    operator: Operator,
    /// Its rates; under a protocol the largest that it ever has.
    pub(super) rates: Rates,
    /// What it is, and the frequency of its quantum.
    pub(super) reservoir: Reservoir,
    pub(super) frequency: f64,
    pub(super) warmth: Option<Warmth>,
}

/// What a bath acts through that is of its own.
enum Own {
    /// The field that emitters share: its modes, at so many times its rates.
    Field(Vec<DecayMode>),
    /// An amplitude of each qubit.
    Amplitudes(Vec<Complex64>),
}

/// How fast a quantum fades from an emitter alone into the field that all share, which also carries their exchange: of all
/// baths that are that field.
pub(super) fn field_rate(baths: &[Acting]) -> f64 {
    let of_field = baths.iter().filter(|bath| matches!(bath.own, Some(Own::Field(_))));
    of_field.map(|bath| bath.rates.down - bath.rates.up).sum()
}

/// The bath that is the field that emitters share, by its place, and how fast one emitter alone emits into it; how many
/// there are, where it is not one.
pub(super) fn field_bath(baths: &[Acting]) -> std::result::Result<(usize, f64), usize> {
    let of_field = |bath: &Acting| matches!(bath.own, Some(Own::Field(_)));
    let mut found = baths.iter().enumerate().filter(|(_, bath)| of_field(bath));
    match (found.next(), found.count()) {
        (Some((place, bath)), 0) => Ok((place, bath.rates.down)),
        (first, others) => Err(usize::from(first.is_some()) + others),
    }
}

/// A temperature, and the frequency of the quanta that are counted by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Warmth {
    pub(super) temperature: f64,
    pub(super) frequency: f64,
}

/// A number, or a pair of its real and imaginary part.
pub(super) fn complex(value: &toml::Value) -> Option<Complex64> {
    let real = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|i| i as f64));
    let number = match value.as_array().map(Vec::as_slice) {
        Some([re, im]) => Complex64::new(real(re)?, real(im)?),
        Some(_) => return None,
        None => Complex64::from(real(value)?),
    };
    number.is_finite().then_some(number)
}

/// A bath that all share, as what knows patterns alone reads it.
fn as_collective(table: &Spanned<RawBath>) -> Spanned<RawBath> {
    let raw = table.get_ref();
    let coupling = raw.coupling.as_ref().map(|word| Spanned::new(word.span(), "collective".to_owned()));
    Spanned::new(table.span(), RawBath { coupling, ..raw.clone() })
}

impl Validator<'_> {
    /// Every bath, with the places of what it acts on.
    pub(super) fn acting<'a>(
        &self,
        raw: &'a [Spanned<RawBath>],
        units: Units,
        parts: &[Part],
        (emitters, warmed): (Option<&Emitters>, &[&str]),
    ) -> Result<Vec<Acting<'a>>> {
        let mut baths: Vec<Acting> = Vec::new();
        for (index, table) in raw.iter().enumerate() {
            let name = table.get_ref().name.as_ref().map(|name| name.get_ref().as_str());
            let warms = name.is_some_and(|name| warmed.contains(&name));
            let bath = self.one_acting(table, index, units, parts, (emitters, warms));
            let Some(bath) = self.keep(bath) else { continue };
            if baths.iter().any(|other| other.name == bath.name) {
                self.keep(self.twice::<()>(&table.get_ref().name, &bath.name));
            }
            baths.push(bath);
        }
        Self::kept((baths.len() == raw.len()).then_some(baths))
    }

    pub(super) fn twice<T>(&self, name: &Key<String>, text: &str) -> Result<T> {
        let title = format!("two baths are called \"{text}\"");
        Err(self.source.error(name.as_ref().map_or(0..0, Spanned::span), title, allowed("bath.*.name")))
    }

    fn one_acting<'a>(
        &self,
        table: &'a Spanned<RawBath>,
        index: usize,
        units: Units,
        parts: &[Part],
        (emitters, warms): (Option<&Emitters>, bool),
    ) -> Result<Acting<'a>> {
        let raw = table.get_ref();
        let label = raw.name.as_ref().map_or_else(|| index.to_string(), |name| name.get_ref().clone());
        let key = |field: &str| format!("bath.{label}.{field}");
        if let Some(quantum) = &raw.quantum {
            let title = format!("`{}` is of a modulation of one ensemble, and not of several", key("quantum"));
            let help = "`frequency`, at which the occupation is taken: heat is Tr[H D(rho)] with all of H";
            return Err(self.source.error(quantum.span(), title, help));
        }
        let on = self.on(table, &label, parts)?;
        let own = raw.frequency.as_ref().map(|value| self.positive(value, &key("frequency"))).transpose()?;
        let warm = raw.temperature.as_ref().is_some_and(|temperature| *temperature.get_ref() > 0.0);
        let matters = warm || warms || own.is_some() || raw.filter.is_some();
        if let Some(extra) = raw.frequency.as_ref().filter(|_| raw.rate.is_none()) {
            let title = format!("`{}` has no meaning without a `rate`: rates that are given stay", key("frequency"));
            return Err(self.source.error(extra.span(), title, "`rate` with `temperature`; or no `frequency`"));
        }
        let seen: Vec<f64> = on.iter().map(|place| parts[*place].frequency).collect();
        let first = own.unwrap_or(seen[0]);
        if matters && let Some(place) = on.iter().find(|place| own.is_none() && parts[**place].frequency <= 0.0) {
            let Part { name, frequency, .. } = &parts[*place];
            let title = format!("bath \"{label}\" has no occupation at the frequency of `{name}`, {frequency}");
            let help = format!(
                "`{}`, a positive frequency at which its occupation is taken; or `down` and `up` in place of `rate`",
                key("frequency")
            );
            return Err(self.source.error(table.span(), title, &help));
        }
        // What is at T = 0, or given, is the same at any frequency.
        let at = |frequency: f64| if matters { frequency } else { 1.0 };
        let through = self.own(table, &label, parts, emitters)?;
        let qubits = Qubits { number: 1, frequency: at(first), transmon: None };
        let reservoir = match &through {
            Some(Own::Field(_)) => self.reservoir(&as_collective(table), index, units, &qubits)?,
            _ => self.reservoir(table, index, units, &qubits)?,
        };
        let rates = reservoir.rates(units, at(first), 0.0);
        let other = seen.iter().position(|frequency| reservoir.rates(units, at(*frequency), 0.0) != rates);
        if let (Some(other), None) = (other, own) {
            let [one, two] = [on[0], on[other]].map(|place| &parts[place]);
            let title = format!(
                "bath \"{label}\" has another occupation or rate for `{}`, at {}, than for `{}`, at {}",
                one.name, one.frequency, two.name, two.frequency
            );
            let help = "`frequency`: one at which they are taken for all that it acts on, as a bath that sees them together does";
            return Err(self.source.error(table.span(), title, help));
        }
        let warmth = raw
            .temperature
            .as_ref()
            .map(|temperature| Warmth { temperature: *temperature.get_ref(), frequency: at(first) });
        let (name, coupling) = (reservoir.name.clone(), reservoir.coupling);
        let (frequency, follows) = (at(first), matters && own.is_none());
        Ok(Acting { raw: table, name, coupling, on, rates, reservoir, frequency, follows, own: through, warmth })
    }

    /// What a bath acts through that is of its own.
    fn own(
        &self,
        table: &Spanned<RawBath>,
        label: &str,
        parts: &[Part],
        emitters: Option<&Emitters>,
    ) -> Result<Option<Own>> {
        let raw = table.get_ref();
        let key = |field: &str| format!("bath.{label}.{field}");
        let coupling = raw.coupling.as_ref().map(Spanned::get_ref).map(String::as_str);
        let error = |what: &str, span: &Range<usize>, why: &str, help: &str| {
            self.source.error(span.clone(), format!("`{}` {why}", key(what)), help)
        };
        let through_field = coupling == Some("positions");
        let by_itself = raw.amplitudes.as_ref().map(|list| ("amplitudes", list.span()));
        let on = raw.on.as_ref().map(|list| ("on", list.span()));
        if through_field || by_itself.is_some() {
            let dephasing = raw.dephasing.as_ref().map(|value| ("dephasing", value.span()));
            let extra = on.or(dephasing).or(by_itself.clone().filter(|_| through_field));
            if let Some((what, span)) = extra {
                let why = "has no meaning for a bath that all qubits share by [positions] or `amplitudes`";
                return Err(error(what, &span, why, "no such key; or a bath of its own beside it"));
            }
        }
        match (coupling, by_itself) {
            (Some("positions"), _) => {
                let span = raw.coupling.as_ref().map_or(table.span(), Spanned::span);
                let Some(emitters) = emitters else {
                    let help = "a table [positions]; or \"collective\" or \"local\"";
                    return Err(error("coupling", &span, "is \"positions\", and there is no [positions]", help));
                };
                let wrong = |why: DecayError| error("coupling", &span, &why.to_string(), "other points");
                modes(&emitters.decay()).map(|modes| Some(Own::Field(modes))).map_err(wrong)
            }
            (Some("collective"), Some((_, span))) => {
                let own = self.own_amplitudes(&raw.amplitudes, &key("amplitudes"), parts.len())?;
                match own {
                    Some(own) if own.iter().all(|a| *a == Complex64::ZERO) => {
                        self.refuse(span, &key("amplitudes"), "are all zero")
                    }
                    own => Ok(own.map(Own::Amplitudes)),
                }
            }
            (_, Some((_, span))) => {
                Err(error("amplitudes", &span, "are those of a collective bath", "coupling = \"collective\""))
            }
            _ => Ok(None),
        }
    }

    /// The places of what a bath acts on.
    fn on(&self, table: &Spanned<RawBath>, label: &str, parts: &[Part]) -> Result<Vec<usize>> {
        let key = format!("bath.{label}.on");
        let known = || parts.iter().map(|part| part.name);
        let Some(list) = &table.get_ref().on else {
            if let Some(mode) = parts.iter().find(|part| part.is_mode) {
                let title = format!("the key `{key}` is missing, and with the mode `{}` it has to be said", mode.name);
                let help = format!("a list of some of {}", known().collect::<Vec<_>>().join(", "));
                return Err(self.source.error(table.span(), title, &help));
            }
            return Ok((0..parts.len()).collect());
        };
        let mut places = Vec::new();
        for name in list.get_ref() {
            let Some(place) = parts.iter().position(|part| part.name == name.get_ref()) else {
                let near = nearest(name.get_ref(), known());
                let near = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? "));
                let title = format!("`{key}`: there is no ensemble or mode \"{}\"", name.get_ref());
                let help = format!("{near}there are: {}", known().collect::<Vec<_>>().join(", "));
                return Err(self.source.error(name.span(), title, &help));
            };
            if places.contains(&place) {
                return self.refuse(name.span(), &key, &format!("has \"{}\" twice", name.get_ref()));
            }
            places.push(place);
        }
        if places.is_empty() { self.refuse(list.span(), &key, "is empty") } else { Ok(places) }
    }

    /// Amplitudes are numbers, and of collective baths that act on what has them.
    pub(super) fn amplitudes_are_of(&self, baths: &[Acting], parts: &[Part]) {
        for (place, part) in parts.iter().enumerate() {
            let Some(coupling) = part.coupling else { continue };
            let key = format!("{}.coupling", part.key);
            let refuse = |what: &str| {
                self.keep(self.refuse::<()>(coupling.span(), &key, what));
            };
            // Dephasing is through J_z and n, which no amplitude is of.
            let acts = |bath: &&Acting| {
                let exchanges = bath.rates.down + bath.rates.up > 0.0;
                bath.coupling == Coupling::Collective && exchanges && bath.on.contains(&place)
            };
            let acting: Vec<&str> = baths.iter().filter(acts).map(|bath| bath.name.as_str()).collect();
            match coupling.get_ref() {
                _ if acting.is_empty() => {
                    refuse("is an amplitude in collective baths, and none exchanges quanta with it");
                }
                toml::Value::Table(of) => {
                    for (name, value) in of {
                        if !acting.contains(&name.as_str()) {
                            refuse(&format!("names \"{name}\", which is no collective bath that acts on it"));
                        } else if complex(value).is_none() {
                            refuse(&format!("is {value} in \"{name}\""));
                        }
                    }
                }
                value if complex(value).is_none() => refuse(&format!("is {value}")),
                _ => {}
            }
        }
    }

    /// The product with all baths; and the warmth of each that has a temperature.
    pub(super) fn with_baths(
        &self,
        mut product: Product,
        baths: &[Acting],
        parts: &[Part],
    ) -> Result<(Product, Vec<Option<Warmth>>)> {
        let mut warmths = Vec::new();
        for bath in baths {
            let amplitude = |part: &Part| {
                let coupling = part.coupling.map(Spanned::get_ref)?;
                complex(coupling.as_table().map_or(Some(coupling), |of| of.get(&bath.name))?)
            };
            let names: Vec<&str> = bath.on.iter().map(|place| parts[*place].name).collect();
            let added = match bath.coupling {
                _ if let Some(Own::Field(modes)) = &bath.own => {
                    product.decay(&bath.name, modes, bath.rates.down, bath.rates.up)
                }
                _ if let Some(Own::Amplitudes(own)) = &bath.own => {
                    let amplitudes: Vec<_> = names.into_iter().zip(own.iter().copied()).collect();
                    product.collective(&bath.name, &amplitudes, bath.rates)
                }
                Coupling::Local => product.local(&bath.name, &names, bath.rates),
                Coupling::Collective => {
                    let one = |place: &usize| (parts[*place].name, amplitude(&parts[*place]).unwrap_or(Complex64::ONE));
                    let amplitudes: Vec<_> = bath.on.iter().map(one).collect();
                    product.collective(&bath.name, &amplitudes, bath.rates)
                }
            };
            product = added.map_err(|error| self.no_product(bath.raw.span(), &error))?;
            warmths.push(bath.warmth);
        }
        Ok((product, warmths))
    }

    pub(super) fn no_product(&self, span: Range<usize>, error: &ProductError) -> super::ScenarioError {
        self.source.error(span, error.to_string(), allowed("ensemble"))
    }

    /// The jumps of the user's own, as far as they are by themselves.
    pub(super) fn jumps<'a>(
        &self,
        raw: &'a [Spanned<RawJump>],
        units: Units,
        words: &Vocabulary,
    ) -> Result<Vec<OwnJump<'a>>> {
        raw.iter().enumerate().map(|(index, table)| self.own_jump(table, index, units, words)).collect()
    }

    fn own_jump<'a>(
        &self,
        table: &'a Spanned<RawJump>,
        index: usize,
        units: Units,
        words: &Vocabulary,
    ) -> Result<OwnJump<'a>> {
        let jump = table.get_ref();
        let label = jump.name.as_ref().map_or_else(|| index.to_string(), |name| name.get_ref().clone());
        let key = |field: &str| format!("jump.{label}.{field}");
        let name = self.require(&jump.name, &key("name"), table.span())?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.get_ref().is_empty() || !name.get_ref().chars().all(fits) {
            return self.refuse(name.span(), "jump.*.name", &format!("is \"{}\"", name.get_ref()));
        }
        let text = self.require(&jump.operator, &key("operator"), table.span())?;
        let operator = self.operator(&key("operator"), text, words)?;
        let rate = self.rate_of(self.require(&jump.rate, &key("rate"), table.span())?, &key("rate"))?;
        let warmth = match (&jump.temperature, &jump.quantum) {
            (None, None) => None,
            (temperature, quantum) => {
                let temperature = self.require(temperature, &key("temperature"), table.span())?;
                let quantum = self.require(quantum, &key("quantum"), table.span())?;
                Some(Warmth {
                    temperature: self.not_negative(temperature, &key("temperature"))?,
                    frequency: self.positive(quantum, &key("quantum"))?,
                })
            }
        };
        // Without a quantum it is at T = 0, whatever that is.
        let (temperature, frequency) = warmth.map_or((0.0, 1.0), |warmth| (warmth.temperature, warmth.frequency));
        let density = SpectralDensity::Flat(rate);
        let reservoir = Reservoir::thermal(name.get_ref(), Coupling::Collective, density, temperature)
            .map_err(|error| self.source.error(table.span(), error.to_string(), allowed("jump.*.rate")))?;
        let rates = reservoir.rates(units, frequency, 0.0);
        if rates.down.is_nan() || rates.down > super::LARGEST {
            return self.refuse(table.span(), &key("temperature"), "makes a rate beyond all bounds");
        }
        Ok(OwnJump { name, text, operator, rates, reservoir, frequency, warmth })
    }

    /// The product with the jumps of the user's own, and the warmths of all baths.
    pub(super) fn with_jumps(
        &self,
        (mut product, mut warmths): (Product, Vec<Option<Warmth>>),
        jumps: &[OwnJump],
    ) -> Result<(Product, Vec<Option<Warmth>>)> {
        for OwnJump { name, text, operator, rates, warmth, .. } in jumps {
            if product.baths().iter().any(|bath| bath.name == *name.get_ref()) {
                return self.twice(&Some((*name).clone()), name.get_ref());
            }
            product = product
                .jump(name.get_ref(), operator, rates.down, rates.up)
                .map_err(|error| self.no_product(text.span(), &error))?;
            warmths.push(*warmth);
        }
        Ok((product, warmths))
    }
}
