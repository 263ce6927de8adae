//! Ensembles and modes side by side: `[[ensemble]]` and `[[mode]]` in place of `[qubits]`.

use std::ops::Range;

use toml::Spanned;

use super::super::asked::{Asked, Budget, Converge, Purpose, Solve, Steady, SteadyTable, Transient};
use super::super::keys::allowed;
use super::super::raw::{Key, RawEnsemble, RawInitial, RawScenario, RawStart};
use super::changing::warmed;
use super::correlate::Begins;
use super::couplings::{Warmth, field_rate};
use super::emitters::{Placed, is_of_emitters};
use super::evolution::Evolution;
use super::names::observables;
use super::operators::{Split, Vocabulary};
use super::part::Part;
use super::protocol::{Passes, Timing};
use super::{Result, ScenarioError, Valid, Validator};
use crate::dicke::MAX_QUBITS;
use crate::group::{Ensembles, Group, MOST_WATCHED};
use crate::initial::{FactorStart, InitialState, ProductStart};
use crate::model::operator::{Operator, is_name};
use crate::model::product::{Factor, Kind, Product, ProductError, ProductProtocol};
use crate::model::{Model, Reservoir};
use crate::quantity::Quantity;
use crate::statistics::Statistic;
use crate::units::Units;

/// One of them, and where it starts.
pub(super) type Read<'a> = (Part<'a>, Factor, FactorStart);

/// Whether a scenario is one of ensembles and modes.
pub(super) fn is_of_ensembles(raw: &RawScenario) -> bool {
    !raw.ensemble.is_empty() || !raw.mode.is_empty() || is_of_emitters(raw)
}

impl Validator<'_> {
    /// Refuses what only ensembles and modes have, where there are none.
    pub(super) fn is_without_ensembles(&self, raw: &RawScenario) {
        let refuse = |key: &str, span: Range<usize>| {
            let title = format!("`{key}` is of ensembles and modes, and there are none");
            let help = "[[ensemble]] or [[mode]] in place of [qubits]";
            self.keep(Err::<(), _>(self.source.error(span, title, help)));
        };
        let tables = [
            ("parameters", raw.parameters.as_ref().map(Spanned::span)),
            ("hamiltonian", raw.hamiltonian.as_ref().map(Spanned::span)),
            ("jump", raw.jump.first().map(Spanned::span)),
            ("observe", raw.observe.as_ref().map(Spanned::span)),
            ("correlate", raw.correlate.first().map(Spanned::span)),
        ];
        let of_tables = tables.into_iter().filter_map(|(key, span)| Some((key.to_owned(), span?)));
        let of_baths = raw.bath.iter().enumerate().flat_map(|(index, bath)| {
            let raw = bath.get_ref();
            let label = raw.name.as_ref().map_or_else(|| index.to_string(), |name| name.get_ref().clone());
            let spans =
                [("on", raw.on.as_ref().map(Spanned::span)), ("frequency", raw.frequency.as_ref().map(Spanned::span))];
            spans.into_iter().filter_map(move |(key, span)| Some((format!("bath.{label}.{key}"), span?)))
        });
        of_tables.chain(of_baths).for_each(|(key, span)| refuse(&key, span));
        self.is_without_directions(raw);
    }

    /// Refuses what ensembles and modes do not have.
    fn of_one_ensemble_alone(&self, raw: &RawScenario) {
        // Qubits at points are ensembles of one each, and said by [qubits] and [initial].
        let placed = is_of_emitters(raw) && raw.ensemble.is_empty() && raw.mode.is_empty();
        let tables = [
            (
                "qubits",
                raw.qubits.as_ref().filter(|_| !placed).map(Spanned::span),
                "a further [[ensemble]]; or [qubits] alone",
            ),
            (
                "initial",
                raw.initial.as_ref().filter(|_| !placed).map(Spanned::span),
                "`initial` in each [[ensemble]] and [[mode]]",
            ),
            (
                "drive",
                raw.drive.as_ref().filter(|_| !placed).map(Spanned::span),
                "a term of [hamiltonian] in the frame of the drive: { operator = \"0.5 * a.Jx\" }",
            ),
            ("condition", raw.condition.as_ref().map(Spanned::span), "[qubits]"),
        ];
        let not_of =
            if placed { "qubits with [positions], [[decay]] or `amplitudes`" } else { "[[ensemble]] and [[mode]]" };
        for (key, span, help) in tables {
            let Some(span) = span else { continue };
            let title = format!("`{key}` is of one ensemble, [qubits], and not of {not_of}");
            self.keep(Err::<(), _>(self.source.error(span, title, help)));
        }
        if let (Some(span), true, true) = (
            raw.steady.as_ref().map(Spanned::span).or(raw.noise.as_ref().map(Spanned::span)),
            raw.bath.is_empty() && raw.decay.is_empty(),
            raw.jump.is_empty(),
        ) {
            let title = "a steady state is asked for, and there is no bath that would lead to one".to_owned();
            self.keep(Err::<(), _>(self.source.error(span, title, "a table [[bath]] or [[jump]]")));
        }
    }

    /// A scenario of ensembles and modes.
    pub(super) fn valid_ensembles(&self, raw: &RawScenario) -> Result<Valid> {
        self.of_one_ensemble_alone(raw);
        let units = self.keep(self.units(raw));
        let timing = raw.protocol.as_ref().map(|table| self.keep(self.timing(table)));
        self.of_changing(raw, is_of_emitters(raw), timing.as_ref().and_then(Option::as_ref));
        let recurs =
            |timing: &Option<Timing>| timing.as_ref().is_some_and(|timing| timing.passes == Passes::UntilSteady);
        let because = match &timing {
            Some(timing) => recurs(timing).then_some(SteadyTable::Protocol),
            None => self.because(raw, None),
        };
        let evolution = match &timing {
            // Of a protocol that is wrong, nobody knows when it ends.
            Some(None) => None,
            timing => self.keep(self.when(raw, because.is_some(), timing.as_ref().and_then(Option::as_ref))),
        };
        let recording = self.keep(self.recording(raw.record.as_ref().map(Spanned::get_ref)));
        if recording.is_some_and(|recording| recording.cycles) {
            let span = raw.record.as_ref().map_or(0..0, Spanned::span);
            let title = match timing {
                None => "`record.cycles` keeps the cycles of a protocol, and there is none",
                Some(_) => "`record.cycles` keeps the levels of qubits by cycles, and these are ensembles and modes",
            };
            self.keep(Err::<(), _>(self.source.error(span, title.to_owned(), "no `cycles`")));
        }
        let names = raw.bath.iter().filter_map(|bath| Some(bath.get_ref().name.as_ref()?.get_ref().as_str()));
        let jumps = raw.jump.iter().filter_map(|jump| Some(jump.get_ref().name.as_ref()?.get_ref().as_str()));
        let decays = raw.decay.iter().filter_map(|decay| Some(decay.get_ref().name.as_ref()?.get_ref().as_str()));
        self.figures(raw, &names.chain(jumps).chain(decays).collect::<Vec<_>>());
        // Without units, numbers have no bounds.
        let units = Self::kept(units)?;
        // A run to the steady state has exact values of it beside, a transient ends at a time.
        let begins = evolution.as_ref().map(|evolution| Begins {
            steady: because.is_some(),
            settles: because.is_some() && self.purpose == Purpose::Trajectories,
            until: evolution.times.last().copied(),
        });
        let timing = timing.as_ref().map(Option::as_ref);
        let group = self.group_of_ensembles(raw, units, begins, timing)?;
        let converges = because.is_some() && self.purpose == Purpose::Trajectories;
        let groups = vec![if converges { group.throughout() } else { group }];
        if because.is_some() && timing.is_none() {
            self.modes_are_held(raw, &groups[0]);
        }
        // What is said of a steady state without a bath is said above.
        let no_bath = because.is_some() && groups[0].model.baths.is_empty();
        let engine = self.engine(raw, &groups, because.is_some())?;
        let Evolution { times, phases, trajectories, seed, until } = Self::kept(evolution)?;
        let steady = match because.filter(|_| !no_bath) {
            None => None,
            Some(because) => {
                let noise = self.keep(self.noise(raw.noise.as_ref(), &groups[0].model.baths, until));
                self.keep(self.on_levels(raw, &groups));
                let (bath, accuracy, jumps) = self.steady(raw, &groups)?;
                let steady = Steady { because, bath, noise: Self::kept(noise)?, phases };
                Some((steady, accuracy, jumps))
            }
        };
        let asked = match (self.purpose, steady) {
            (Purpose::Exact, steady) => {
                Asked::Solve(Solve { times, steady: steady.map(|(steady, ..)| steady), trajectories })
            }
            (Purpose::Trajectories, Some((steady, accuracy, jumps))) => {
                Asked::Converge(Converge { steady, accuracy, budget: Budget { until, trajectories, jumps } })
            }
            (Purpose::Trajectories, None) => {
                Asked::Transient(Transient { times, trajectories: trajectories.unwrap_or(0) })
            }
        };
        Ok(Valid { groups, engine, seed, asked, recording: Self::kept(recording)? })
    }

    /// Qubits at points, and nothing beside them.
    fn placed_alone(&self, raw: &RawScenario, units: Units) -> Result<Placed> {
        let beside = raw.ensemble.first().map(Spanned::span).or(raw.mode.first().map(Spanned::span));
        if let Some(span) = beside {
            let title =
                "[[ensemble]] and [[mode]] have no place among [positions], [[decay]] and `amplitudes` of [qubits]";
            let help = "ensembles and modes with `coupling`; or [qubits] alone";
            return Err(self.source.error(span, title.to_owned(), help));
        }
        self.placed(raw, units)
    }

    /// The group; the timing is that of a protocol, where there is one, and `None` in it where that is wrong.
    fn group_of_ensembles(
        &self,
        raw: &RawScenario,
        units: Units,
        begins: Option<Begins>,
        timing: Option<Option<&Timing>>,
    ) -> Result<Group> {
        let placed = is_of_emitters(raw).then(|| self.placed_alone(raw, units)).transpose()?;
        let read: Vec<Option<Read>> = match &placed {
            Some(placed) => placed.read().into_iter().map(Some).collect(),
            None => raw
                .ensemble
                .iter()
                .map(|table| self.keep(self.ensemble(table, units)))
                .chain(raw.mode.iter().map(|table| self.keep(self.mode(table, units))))
                .collect(),
        };
        let read = Self::kept(read.into_iter().collect::<Option<Vec<Read>>>())?;
        let (mut parts, mut factors, mut starts): (Vec<Part>, Vec<Factor>, Vec<FactorStart>) = Default::default();
        for (part, factor, start) in read {
            if parts.iter().any(|other| other.name == part.name) {
                let error = ProductError::Twice { name: part.name.to_owned() };
                return Err(self.no_product(part.span, &error));
            }
            parts.push(part);
            factors.push(factor);
            starts.push(start);
        }
        let bare = Product::new(units, factors).map_err(|error| self.no_product(parts[0].span.clone(), &error))?;
        let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
        let parameters = self.keep(self.parameters(&raw.parameters, &names));
        let emitters = placed.as_ref().and_then(|placed| placed.emitters.as_ref());
        let baths = self.keep(self.acting(&raw.bath, units, &parts, (emitters, &warmed(raw))));
        let words = Vocabulary::new(&bare, Self::kept(parameters)?);
        let terms = self.keep(self.terms(&raw.hamiltonian, &words));
        let own = self.keep(self.observed(raw, &words));
        let asked = self.keep(self.correlated(raw, &words, begins));
        let jumps = self.keep(self.jumps(&raw.jump, units, &words));
        let changes = match (&raw.protocol, timing) {
            (Some(table), Some(Some(timing))) if placed.is_none() => {
                Some(self.what_changes((table, timing), &words, &parts)?)
            }
            (Some(_), _) => return Err(ScenarioError::told()),
            (None, _) => None,
        };
        let (mut baths, mut terms, mut jumps) = (Self::kept(baths)?, Self::kept(terms)?, Self::kept(jumps)?);
        let mut product = bare.clone();
        let mut changing = None;
        if let Some(changes) = &changes {
            let split = self.keep(self.split_terms(raw, changes, &words));
            let own = self.keep(self.split_observables(raw, changes, &words));
            self.jumps_stay(&jumps, changes, &words);
            let with = (units, &words, parts.as_slice());
            let segments = self.changing_segments(changes, with, &mut baths, &mut jumps)?;
            let Split { still, of } = Self::kept(split)?;
            terms = Some(still);
            product = bare.clone().still(|place| !changes.tunes(place));
            changing = Some((changes, of, segments, Self::kept(own)?));
        }
        self.amplitudes_are_of(&baths, &parts);
        if let Some(terms) = terms {
            product = product.with_term(&terms).map_err(|error| self.no_product(0..0, &error))?;
        }
        if let Some(placed) = &placed {
            let exchanged = placed.exchanged(units, field_rate(&baths));
            product = product.exchanging(&exchanged).map_err(|error| self.no_product(0..0, &error))?;
            if let Some(light) = &placed.light {
                product = product.driven(&light.amplitudes).map_err(|error| self.no_product(0..0, &error))?;
            }
        }
        let (product, mut warmths) = self.with_baths(product, &baths, &parts)?;
        warmths.extend(raw.decay.iter().map(|_| None));
        let with_baths = (self.with_decays(product, &raw.decay)?, warmths);
        let (mut product, mut warmths) = self.with_jumps(with_baths, &jumps)?;
        self.all_are_used(&raw.parameters, &words);
        let mut protocol = None;
        if let Some((changes, of, segments, own)) = changing {
            let made = self.changing_protocol(changes, &product, of, &segments)?;
            for (place, warmth) in warmths.iter_mut().enumerate() {
                // A temperature that changes is none to be told.
                let first = &segments[0].baths[place];
                *warmth =
                    warmth.filter(|_| segments.iter().all(|segment| segment.baths[place] == *first) && first.is_held());
            }
            product = made.envelope();
            protocol = Some((made, own));
        }
        let product = self.grown(product, &starts, &parts)?;
        let start = ProductStart::new(&product, starts).map_err(|error| {
            let named = |part: &&Part| match &error {
                ProductError::Start { name, .. } => part.name == name,
                _ => true,
            };
            let part = parts.iter().find(named).unwrap_or(&parts[0]);
            let title = format!("`{}.initial`: {error}", part.key);
            self.source.error(part.span.clone(), title, allowed(&format!("{}.initial", part.key)))
        })?;
        let asked = self.of_product(raw, (&product, &start), Self::kept(asked)?)?;
        let is_steady = begins.as_ref().is_some_and(|begins| begins.steady);
        let detection = self.detection(raw, (&product, &baths), emitters, is_steady)?;
        let emitters = emitters.cloned();
        let mut ensembles =
            Ensembles::new(product, start, Self::kept(own)?).correlating(asked).placed(emitters).detecting(detection);
        if let Some((protocol, own)) = protocol {
            let cut = |protocol: ProductProtocol, (place, factor): (usize, &Factor)| match factor.kind {
                Kind::Mode { levels } => protocol.with_levels(place, levels),
                Kind::Qubits(_) => Ok(protocol),
            };
            let protocol = ensembles.product().factors().iter().enumerate().try_fold(protocol, cut);
            let protocol = protocol.map_err(|error| self.no_product(parts[0].span.clone(), &error))?;
            ensembles = ensembles.under(protocol, own);
        }
        if ensembles.watched().len() > MOST_WATCHED {
            let title = format!("{} means are recorded, and {MOST_WATCHED} at most", ensembles.watched().len());
            let help = "fewer ensembles, modes, baths or observables: two means of each bath, one or two of the others";
            return Err(self.source.error(
                raw.observe.as_ref().map_or(parts[0].span.clone(), Spanned::span),
                title,
                help,
            ));
        }
        Ok(described(Group::of_ensembles(ensembles), &warmths))
    }

    /// The name of an ensemble or mode.
    pub(super) fn part_name<'a>(&self, name: &'a Key<String>, list: &str, table: Range<usize>) -> Result<&'a str> {
        let key = format!("{list}.*.name");
        let name = self.require(name, &key, table)?;
        if is_name(name.get_ref()) {
            Ok(name.get_ref())
        } else {
            self.refuse(name.span(), &key, &format!("is \"{}\"", name.get_ref()))
        }
    }

    pub(super) fn part_frequency(
        &self,
        frequency: &Key<f64>,
        key: &str,
        units: Units,
        table: Range<usize>,
    ) -> Result<f64> {
        let key = format!("{key}.frequency");
        match (frequency, units) {
            (None, Units::Natural) => Ok(1.0),
            (frequency, _) => {
                let frequency = self.require(frequency, &key, table)?;
                let value = self.finite(frequency, &key)?;
                if value.abs() <= super::LARGEST { Ok(value) } else { self.unfit(frequency, &key) }
            }
        }
    }

    fn ensemble<'a>(&self, table: &'a Spanned<RawEnsemble>, units: Units) -> Result<Read<'a>> {
        let raw = table.get_ref();
        let name = self.part_name(&raw.name, "ensemble", table.span())?;
        let key = format!("ensemble.{name}");
        let number = self.require(&raw.number, &format!("{key}.number"), table.span())?;
        let number = self.whole(number, &format!("{key}.number"), 0..=MAX_QUBITS)?;
        let frequency = self.part_frequency(&raw.frequency, &key, units, table.span())?;
        let initial = self.require(&raw.initial, &format!("{key}.initial"), table.span())?;
        let state = match initial.get_ref() {
            RawStart::Name(name) => {
                RawInitial { state: Some(Spanned::new(initial.span(), name.clone())), ..RawInitial::default() }
            }
            RawStart::State(state) => (**state).clone(),
        };
        let model = Model::between(&[], units, number, frequency, 0.0);
        let state = self.start_of_ensemble(&Spanned::new(initial.span(), state), &key, &model)?;
        let coupling = raw.coupling.as_ref();
        let part = Part { name, key, is_mode: false, frequency, coupling, span: initial.span() };
        Ok((part, Factor::ensemble(name, number, frequency), FactorStart::Qubits(state)))
    }

    fn start_of_ensemble(&self, state: &Spanned<RawInitial>, key: &str, model: &Model) -> Result<InitialState> {
        if let Some(word) = state.get_ref().state.as_ref() {
            if ["steady", "angles"].contains(&word.get_ref().as_str()) {
                let title =
                    format!("`{key}.initial` is \"{}\", which is no state of an ensemble by itself", word.get_ref());
                return Err(self.source.error(word.span(), title, allowed("ensemble.*.initial")));
            }
            if word.get_ref() == "thermal" && model.frequency <= 0.0 {
                let title = format!("`{key}.initial` is thermal at the frequency {}", model.frequency);
                return Err(self.source.error(word.span(), title, "a positive `frequency`, or another state"));
            }
        }
        self.initial(state, model, 1, false)
    }

    /// The observables of the user's own.
    fn observed(&self, raw: &RawScenario, words: &Vocabulary) -> Result<Vec<(String, Operator)>> {
        let own = raw.observe.iter().flat_map(Spanned::get_ref);
        let taken = |name: &str| {
            let known = Quantity::ALL.into_iter().map(Quantity::name).chain(Statistic::ALL.map(Statistic::name));
            let twice = observables(raw).iter().filter(|other| *other == name).count() > 1;
            known.into_iter().any(|known| known == name) || twice || name.starts_with("photon_time")
        };
        let read = own.map(|(name, text)| {
            let key = format!("observe.{}", name.get_ref());
            if !is_name(name.get_ref()) {
                return self.refuse(name.span(), &key, "is no name of a mean");
            }
            let columns = ["time", "bath", "point", "trajectory"].contains(&name.get_ref().as_str());
            if columns || ["_exact", "_std_error"].iter().any(|end| name.get_ref().ends_with(end)) {
                let title = format!("`{key}` has the name of a column of the results");
                let help = "another name, which does not end in _exact or _std_error";
                return Err(self.source.error(name.span(), title, help));
            }
            if taken(name.get_ref()) {
                let title = format!("`{key}` is the name of another mean");
                return Err(self.source.error(name.span(), title, "a name of its own"));
            }
            let operator = self.operator(&key, text, words)?;
            if !operator.is_hermitian() {
                let title = format!("`{key}` is not Hermitian, and its mean no real number");
                let help = "its real part (x + dag(x))/2, or its imaginary part (x - dag(x))/(2*i)";
                return Err(self.source.error(text.span(), title, help));
            }
            Ok((name.get_ref().clone(), operator))
        });
        let read: Vec<Option<_>> = read.map(|read| self.keep(read)).collect();
        Self::kept(read.into_iter().collect())
    }
}

/// A group whose baths have their temperatures beside a quantum, as far as one quantum is that of all of them.
fn described(mut group: Group, warmths: &[Option<Warmth>]) -> Group {
    let warm = |warmth: &Warmth| warmth.temperature > 0.0;
    if let Some(first) = warmths.iter().flatten().find(|warmth| warm(warmth)) {
        group.model.frequency = first.frequency;
    }
    let frequency = group.model.frequency;
    for (bath, warmth) in group.model.baths.iter_mut().zip(warmths) {
        let known = warmth.filter(|warmth| !warm(warmth) || warmth.frequency == frequency);
        bath.temperature = known.map(|warmth| warmth.temperature);
    }
    group.reservoirs = group.model.baths.iter().map(Reservoir::from).collect();
    group
}
