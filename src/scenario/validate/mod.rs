//! From the mirror of a scenario to a model that can be trusted: every rule about the values of keys stands here.

mod changing;
mod condition;
mod correlate;
mod couplings;
mod course;
mod emitters;
mod engine;
mod ensembles;
mod evolution;
mod figure;
mod initial;
mod light;
mod modes;
mod names;
mod noise;
mod operators;
mod part;
mod protocol;
mod register;
mod system;

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;

use super::asked::{Asked, Budget, Converge, Purpose, Solve, Steady, SteadyTable, Transient};
use super::foreign::{self, Meant};
use super::keys::{allowed, generic};
use super::point::Recording;
use super::raw::{Key, RawEvolution, RawInitial, RawQubits, RawScenario};
use super::source::{Problem, ScenarioError, Source};
use crate::group::Group;
use crate::initial::InitialState;
use crate::model::{Hamiltonian, Model, Register};
use crate::trajectory::{Engine, EngineChoice, Registers};
use crate::units::Units;

use self::ensembles::is_of_ensembles;
use self::evolution::Evolution;
use self::protocol::{Before, Passes, Timing};
use self::system::Qubits;

type Result<T> = std::result::Result<T, ScenarioError>;

/// Larger numbers are slips, and their squares would not be finite.
const LARGEST: f64 = 1e100;
/// Smaller rates lose digits, and what responds to them is beyond a double.
const SMALLEST: f64 = 1e-300;

/// What a scenario says once every value is checked.
pub struct Valid {
    pub groups: Vec<Group>,
    pub engine: EngineChoice,
    pub seed: u64,
    pub asked: Asked,
    pub recording: Recording,
}

/// Whether the scenario names the engine for which every qubit is its own.
fn asks_for_register(raw: &RawScenario) -> bool {
    let engine = raw.evolution.as_ref().and_then(|evolution| evolution.get_ref().engine.as_ref());
    engine.is_some_and(|engine| engine.get_ref() == "register")
}

/// Where it is said that qubits differ.
fn differs(table: &RawQubits) -> Range<usize> {
    let keys = [
        table.frequencies.as_ref().map(Spanned::span),
        table.spread.as_ref().map(Spanned::span),
        table.disorder.as_ref().map(Spanned::span),
        table.couplings.as_ref().map(Spanned::span),
        table.exchange.as_ref().map(Spanned::span),
    ];
    keys.into_iter().flatten().next().unwrap_or(0..0)
}

/// Checks values, and knows where they were typed.
pub struct Validator<'a> {
    source: &'a Source,
    purpose: Purpose,
    /// Keys that are swept in the file or on the command line, or were, until one was set to a value; none where the sweep
    /// cannot be read.
    swept: Option<&'a [String]>,
    /// What is wrong, as far as it is seen.
    found: RefCell<Vec<Problem>>,
}

impl<'a> Validator<'a> {
    pub fn new(source: &'a Source, purpose: Purpose, swept: Option<&'a [String]>) -> Self {
        Validator { source, purpose, swept, found: RefCell::new(Vec::new()) }
    }

    /// The whole scenario, or all that is wrong with its values.
    pub fn scenario(&self, raw: &RawScenario) -> Result<Valid> {
        let valid = self.keep(self.valid(raw));
        let found = self.found.take();
        valid.filter(|_| found.is_empty()).ok_or_else(|| ScenarioError::of(found))
    }

    /// A value, or its errors kept, so that others are looked at, too.
    fn keep<T>(&self, checked: Result<T>) -> Option<T> {
        checked.map_err(|error| self.found.borrow_mut().extend(error.into_problems())).ok()
    }

    /// The same, where nothing can be done without the value.
    fn kept<T>(value: Option<T>) -> Result<T> {
        value.ok_or_else(ScenarioError::told)
    }

    fn units(&self, raw: &RawScenario) -> Result<Units> {
        match &raw.units {
            None => Ok(Units::Natural),
            Some(units) => match units.get_ref().as_str() {
                "natural" => Ok(Units::Natural),
                "SI" => Ok(Units::Si),
                _ => self.no_word(units, "units"),
            },
        }
    }

    fn valid(&self, raw: &RawScenario) -> Result<Valid> {
        if is_of_ensembles(raw) {
            return self.valid_ensembles(raw);
        }
        self.is_without_ensembles(raw);
        let units = self.keep(self.units(raw));
        let table = self.keep(self.table(&raw.qubits, "qubits"));
        let initial = self.keep(self.table(&raw.initial, "initial"));
        if raw.bath.is_empty() {
            self.keep(self.missing_table::<()>("bath"));
        }
        let timing = raw.protocol.as_ref().map(|table| self.keep(self.timing(table)));
        let because = self.because(raw, timing.as_ref());
        let evolution = match &timing {
            // Of a protocol that is wrong, nobody knows when it ends.
            Some(None) => None,
            timing => self.keep(self.when(raw, because.is_some(), timing.as_ref().and_then(Option::as_ref))),
        };
        let recording = self.keep(self.recording(raw.record.as_ref().map(Spanned::get_ref)));
        let names = raw.bath.iter().filter_map(|bath| Some(bath.get_ref().name.as_ref()?.get_ref().as_str()));
        let counts = raw.noise.iter().filter_map(|noise| noise.get_ref().counts.as_ref());
        let counts = counts.flat_map(|counts| counts.get_ref().keys().map(|name| name.get_ref().as_str()));
        self.figures(raw, &names.chain(counts).collect::<Vec<_>>());
        // Without units, numbers have no bounds.
        let units = Self::kept(units)?;
        let hamiltonian = table.and_then(|table| self.keep(self.hamiltonian(table.get_ref(), raw.drive.as_ref())));
        let qubits = table.and_then(|table| self.keep(self.qubits(table, units)));
        if qubits.is_none() {
            self.baths_alone(raw, units);
        }
        let (table, qubits, initial) = (Self::kept(table)?, Self::kept(qubits)?, Self::kept(initial));
        let group = |one: &Qubits| {
            let of_qubits = (table.get_ref(), qubits.len());
            let (hamiltonian, initial) = (hamiltonian.as_ref(), initial.as_ref().ok().copied());
            self.group(raw, one, units, of_qubits, (hamiltonian, timing.as_ref().and_then(Option::as_ref)), initial)
        };
        let groups: Vec<Option<Group>> = qubits.iter().map(|one| self.keep(group(one))).collect();
        let mut groups = Self::kept(groups.into_iter().collect::<Option<Vec<Group>>>())?;
        // A steady state is without an end, whatever a budget says.
        let ends =
            evolution.as_ref().filter(|_| because.is_none()).and_then(|evolution| evolution.times.last().copied());
        Self::kept(self.keep(self.condition(raw, &mut groups, ends)))?;
        if because.is_some() && self.purpose == Purpose::Trajectories {
            groups = groups.into_iter().map(Group::throughout).collect();
        }

        let until = evolution.as_ref().and_then(|evolution| evolution.until);
        let noise = self.keep(self.noise(raw.noise.as_ref(), &groups[0].envelope().baths, until));
        self.keep(self.on_levels(raw, &groups));
        let steady = self.keep(self.steady(raw, &groups));
        let engine = self.keep(self.engine(raw, &groups, because.is_some()));
        if let Some(engine) = &engine {
            self.keep(self.countable(raw, engine.engine, &groups));
        }
        let (noise, (bath, accuracy, jumps)) = (Self::kept(noise)?, Self::kept(steady)?);
        let Evolution { times, phases, until, trajectories, seed } = Self::kept(evolution)?;
        let steady = because.map(|because| Steady { because, bath, noise, phases });
        let asked = match (self.purpose, steady) {
            (Purpose::Exact, steady) => Asked::Solve(Solve { times, steady, trajectories }),
            (Purpose::Trajectories, Some(steady)) => {
                Asked::Converge(Converge { steady, accuracy, budget: Budget { until, trajectories, jumps } })
            }
            (Purpose::Trajectories, None) => {
                Asked::Transient(Transient { times, trajectories: trajectories.unwrap_or(0) })
            }
        };
        let recording = Self::kept(recording)?;
        if recording.cycles && groups.iter().all(|group| group.protocol.is_none()) {
            let span = raw.record.as_ref().map_or(0..0, Spanned::span);
            let title = "`record.cycles` keeps the cycles of a protocol, and there is none".to_owned();
            return Err(self.source.error(span, title, "a table [protocol], or no `cycles`"));
        }
        let settles = matches!(asked, Asked::Converge(_)) && groups.iter().any(|group| group.protocol.is_some());
        let kept = [("cycles", recording.cycles), ("jumps", recording.jumps)];
        if let Some((key, _)) = kept.into_iter().find(|(_, kept)| settles && *kept) {
            let span = raw.record.as_ref().map_or(0..0, Spanned::span);
            let title = format!("`record.{key}` is of single paths, and a limit cycle is measured in rounds of many");
            return Err(self.source.error(span, title, &format!("no `{key}`, or a number of `protocol.cycles`")));
        }
        Ok(Valid { groups, engine: Self::kept(engine)?, seed, asked, recording })
    }

    /// What asks for the steady state, if anything does. With a protocol that is how often it passes, and what else asks
    /// for one is refused.
    fn because(&self, raw: &RawScenario, timing: Option<&Option<Timing>>) -> Option<SteadyTable> {
        if let Some(timing) = timing {
            let steady = timing.as_ref().is_some_and(|timing| timing.passes == Passes::UntilSteady);
            if let (Some(noise), Some(timing)) = (&raw.noise, timing) {
                self.keep(self.noise_of_cycles(noise, timing));
            }
            if let (Some(table), false, true) = (&raw.steady, steady, timing.is_some()) {
                let title = "`steady` asks for the steady state, and the [protocol] ends before".to_owned();
                let help = "protocol.cycles = \"until steady\", which [steady] says how well to know; or no [steady]";
                self.keep(Err::<(), _>(self.source.error(table.span(), title, help)));
            }
            return steady.then_some(SteadyTable::Protocol);
        }
        match (&raw.steady, &raw.noise) {
            (Some(_), _) => Some(SteadyTable::Steady),
            (None, Some(_)) => Some(SteadyTable::Noise),
            (None, None) => None,
        }
    }

    /// When to look, and how often to repeat.
    fn when(&self, raw: &RawScenario, steady: bool, timing: Option<&Timing>) -> Result<Evolution> {
        match (&raw.evolution, timing) {
            (None, None) if steady => Ok(Evolution { seed: 1, ..Evolution::default() }),
            // When to look is then said by the protocol.
            (None, Some(_)) if steady || self.purpose == Purpose::Exact => {
                self.evolution(&Spanned::new(0..0, RawEvolution::default()), steady, timing)
            }
            (evolution, timing) => {
                let evolution = self.evolution(self.table(evolution, "evolution")?, steady, timing)?;
                self.one_kind(raw, &evolution).map(|()| evolution)
            }
        }
    }

    /// The baths where the qubits are not known: a circuit has nothing to couple to then.
    fn baths_alone(&self, raw: &RawScenario, units: Units) {
        let any = Qubits { number: 1, frequency: 1.0, transmon: None };
        if raw.bath.iter().all(|bath| bath.get_ref().circuit.is_none()) {
            self.keep(self.reservoirs(&raw.bath, units, &any));
        }
    }

    /// A group of qubits, one of so many.
    fn group(
        &self,
        raw: &RawScenario,
        qubits: &Qubits,
        units: Units,
        (table, groups): (&RawQubits, usize),
        (hamiltonian, timing): (Option<&Hamiltonian>, Option<&Timing>),
        initial: Option<&Spanned<RawInitial>>,
    ) -> Result<Group> {
        let mut reservoirs = self.keep(self.reservoirs(&raw.bath, units, qubits));
        let model = reservoirs.as_ref().and_then(|known| self.keep(self.model(&raw.bath, known, units, qubits)));
        let protocol = raw.protocol.as_ref().map(|table| {
            let (frequency, drive) = (qubits.frequency, hamiltonian?.drive);
            let before = Before { units, frequency, reservoirs: reservoirs.as_ref()?, drive };
            let timing = timing?;
            self.keep(self.of_like_quanta(&raw.bath).and_then(|()| self.protocol(table, timing, &before)))
        });
        let known = model.is_some() && !matches!(protocol, Some(None));
        let protocol = protocol.flatten();
        // All that follows is of the qubits and baths as they are where the protocol begins.
        let model = model.map(|model| protocol.as_ref().map_or(model, |protocol| protocol.model(qubits.number, 0.0)));
        if let Some(protocol) = &protocol {
            reservoirs = Some(protocol.stages()[0].reservoirs.clone());
        }
        // What does not depend on the baths is looked at without them.
        let model = model.unwrap_or_else(|| Model::between(&[], units, qubits.number, qubits.frequency, 0.0));
        let hamiltonian = Self::kept(hamiltonian)?;
        let register = self.keep(self.register(table, &model, hamiltonian));
        let initial = Self::kept(initial)?;
        let register = Self::kept(register)?;
        let many = register.is_some() && Registers::too_many(model.number).is_some();
        if many && (protocol.is_some() || asks_for_register(raw)) {
            self.register_fits(model.number, differs(table))?;
        }
        if let Some(table) = &raw.protocol {
            self.keep(self.of_one_frequency(table, groups, register.as_ref()));
        }
        let sites = register.is_some() || asks_for_register(raw);
        let is_steady = initial.get_ref().state.as_ref().is_some_and(|state| state.get_ref() == "steady");
        if is_steady && !known {
            return Err(ScenarioError::told());
        }
        let state = self.initial(initial, &model, groups, sites)?;
        if hamiltonian.drive.is_some() && matches!(state, InitialState::Steady(_)) {
            let title = "`initial.state` \"steady\": it is not known for driven qubits".to_owned();
            return Err(self.source.error(initial.span(), title, "any other state"));
        }
        let reservoirs = Self::kept(reservoirs.filter(|_| known))?;
        if let Some(register) = register.as_ref().filter(|_| many) {
            let fits = |group: &Group| Engine::Product.too_large(std::slice::from_ref(group)).is_none();
            return match Group::of_classes(register, &state).filter(fits) {
                Some(group) => Ok(group),
                None => self.register_fits(model.number, differs(table)).and(Err(ScenarioError::told())),
            };
        }
        // The drive of a protocol is that of its segments.
        let drive = hamiltonian.drive.filter(|_| protocol.is_none());
        let hamiltonian = Hamiltonian { drive, ..*hamiltonian };
        let register = register.map(|register| Register { drive, ..register });
        Ok(Group { reservoirs, hamiltonian, register, protocol, ..Group::new(model, state) })
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

    /// Refuses a word that a key does not have, with the one that is meant, where there is one.
    fn no_word<T>(&self, word: &Spanned<String>, key: &str) -> Result<T> {
        self.word_is_none(word, key, "is", allowed(key))
    }

    fn word_is_none<T>(&self, word: &Spanned<String>, key: &str, verb: &str, words: &str) -> Result<T> {
        let text = word.get_ref();
        let known = words.split('"').skip(1).step_by(2);
        let key_of_all = generic(key);
        let near = || foreign::nearest(text, known).or_else(|| foreign::near_value(&key_of_all, text));
        let help = match foreign::value(&key_of_all, text) {
            Some(Meant::Ours(ours)) => format!("\"{ours}\", as \"{text}\" is called here; {words}"),
            Some(Meant::Told(told)) => told.to_owned(),
            None => near().map_or_else(|| words.to_owned(), |near| format!("did you mean \"{near}\"? {words}")),
        };
        Err(self.source.error(word.span(), format!("`{key}` {verb} \"{text}\""), &help))
    }

    fn whole(&self, value: &Spanned<i64>, key: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64> {
        let number = *value.get_ref();
        if range.contains(&number) { Ok(number) } else { self.refuse(value.span(), key, &format!("is {number}")) }
    }

    fn not_negative(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let number = *value.get_ref();
        if (0.0..=LARGEST).contains(&number) { Ok(number) } else { self.unfit(value, key) }
    }

    /// A rate: nothing, or what a double holds all digits of.
    fn rate_of(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let rate = self.not_negative(value, key)?;
        if rate > 0.0 && rate < SMALLEST {
            return self.refuse(value.span(), key, &format!("is {rate:e}, below {SMALLEST:e}"));
        }
        Ok(rate)
    }

    /// A number that is refused, in few digits.
    fn unfit<T>(&self, value: &Spanned<f64>, key: &str) -> Result<T> {
        let number = *value.get_ref();
        if number.is_finite() && number.abs() > LARGEST {
            return self.refuse(value.span(), key, &format!("is {number:e}, beyond {LARGEST:e}"));
        }
        self.refuse(value.span(), key, &format!("is {number}"))
    }

    /// A number of either sign.
    fn signed(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let number = *value.get_ref();
        if number.abs() <= LARGEST { Ok(number) } else { self.unfit(value, key) }
    }

    fn positive(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let number = *value.get_ref();
        if number > 0.0 && number <= LARGEST { Ok(number) } else { self.unfit(value, key) }
    }
}
