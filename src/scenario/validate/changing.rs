//! `[protocol]` of ensembles and modes: parameters of operators, frequencies, baths and jumps that change in time.

use std::ops::Range;

use toml::Spanned;

use super::super::asked::Purpose;
use super::super::described::InOrder;
use super::super::foreign::nearest;
use super::super::keys::allowed;
use super::super::raw::{Key, RawProtocol, RawScenario, RawSegment, RawTerm, RawTuned};
use super::couplings::{Acting, OwnJump};
use super::course::Value;
use super::operators::{Split, Vocabulary};
use super::part::Part;
use super::protocol::{Given, Passes, Set, Timing, last, protocol_span};
use super::{LARGEST, Result, Validator};
use crate::bath::Process;
use crate::model::operator::Operator;
use crate::model::product::{Product, ProductProtocol, ProductReservoir, ProductSegment, ProductStage, Share};
use crate::model::{Course, Rates, Reservoir, Setting, Signal, Wave};
use crate::units::Units;

/// A protocol of ensembles and modes, as it is typed.
pub(super) struct Changes<'a> {
    table: &'a Spanned<RawProtocol>,
    timing: &'a Timing,
    /// The parameters that change, in the order in which they are first named.
    names: Vec<&'a str>,
    /// The places of ensembles and modes whose frequency does.
    tuned: Vec<usize>,
}

/// What they are where a segment ended.
struct Now {
    parameters: Vec<Option<f64>>,
    frequencies: Vec<Option<f64>>,
    baths: Vec<Set>,
    jumps: Vec<Set>,
}

fn segments(table: &Spanned<RawProtocol>) -> &[(Spanned<String>, Spanned<RawSegment>)] {
    table.get_ref().segment.as_ref().map_or(&[], |segments| &segments.get_ref().0)
}

/// Baths whose temperature a segment changes, by name.
pub(super) fn warmed(raw: &RawScenario) -> Vec<&str> {
    let all = raw.protocol.iter().flat_map(segments).filter_map(|(_, segment)| segment.get_ref().bath.as_ref());
    let warm = all.flat_map(|baths| &baths.get_ref().0).filter(|(_, bath)| bath.get_ref().temperature.is_some());
    warm.map(|(name, _)| name.get_ref().as_str()).collect()
}

/// What a segment tunes: ensembles, then modes.
fn tunes(raw: &RawSegment) -> impl Iterator<Item = (bool, &Spanned<String>, &Spanned<RawTuned>)> {
    fn of(list: &Key<InOrder<Spanned<RawTuned>>>) -> &[(Spanned<String>, Spanned<RawTuned>)] {
        list.as_ref().map_or(&[], |list| &list.get_ref().0)
    }
    let ensembles = of(&raw.ensemble).iter().map(|(name, raw)| (false, name, raw));
    ensembles.chain(of(&raw.mode).iter().map(|(name, raw)| (true, name, raw)))
}

impl Changes<'_> {
    /// Whether the frequency of an ensemble or mode does.
    pub(super) fn tunes(&self, place: usize) -> bool {
        self.tuned.contains(&place)
    }
}

impl Validator<'_> {
    /// What a protocol cannot be beside ensembles and modes.
    pub(super) fn of_changing(&self, raw: &RawScenario, placed: bool, timing: Option<&Timing>) {
        let Some(table) = &raw.protocol else { return };
        let error = |span: Range<usize>, title: &str, help: &str| {
            self.keep(Err::<(), _>(self.source.error(span, title.to_owned(), help)));
        };
        if placed {
            let title = "`protocol` is of one ensemble or of [[ensemble]] and [[mode]], and not of qubits with [positions], \
                         [[decay]] or `amplitudes`";
            error(protocol_span(table), title, "a Hamiltonian and baths that stay");
        }
        let recurs = timing.is_some_and(|timing| timing.passes == Passes::UntilSteady);
        if recurs && self.purpose == Purpose::Trajectories {
            let span = table.get_ref().cycles.as_ref().map_or_else(|| protocol_span(table), Spanned::span);
            let title = "`protocol.cycles` is \"until steady\", and trajectories of ensembles and modes do not go on until \
                         their limit cycle";
            let help = "`superjump exact`, which solves for it; or a number of cycles, long enough for it";
            error(span, title, help);
        }
        for (key, span) in [
            ("steady", raw.steady.as_ref().filter(|_| !recurs).map(Spanned::span)),
            ("noise", raw.noise.as_ref().map(Spanned::span)),
            ("correlate", raw.correlate.first().map(Spanned::span)),
        ] {
            let title =
                format!("`{key}` is of ensembles and modes that stay as they are, and a [protocol] changes them");
            if let Some(span) = span {
                error(span, &title, &format!("no [protocol]; or no `{key}`"));
            }
        }
    }

    /// What changes at all.
    pub(super) fn what_changes<'a>(
        &self,
        (table, timing): (&'a Spanned<RawProtocol>, &'a Timing),
        words: &Vocabulary,
        parts: &[Part],
    ) -> Result<Changes<'a>> {
        let (mut names, mut tuned, mut right) = (Vec::<&str>::new(), Vec::new(), true);
        let mut refuse = |span: Range<usize>, title: String, help: &str| {
            right = false;
            self.keep(Err::<(), _>(self.source.error(span, title, help)));
        };
        for (segment, raw) in segments(table) {
            let (of, raw) = (format!("protocol.segment.{}", segment.get_ref()), raw.get_ref());
            for (key, span, help) in [
                (
                    "frequency",
                    raw.frequency.as_ref().map(Spanned::span),
                    "`ensemble.NAME.frequency` or `mode.NAME.frequency`",
                ),
                (
                    "drive",
                    raw.drive.as_ref().map(Spanned::span),
                    "`parameters.NAME`, a factor of a term of [hamiltonian]",
                ),
            ] {
                if let Some(span) = span {
                    let span = Some(span).filter(|span| !span.is_empty()).unwrap_or_else(|| segment.span());
                    refuse(span, format!("`{of}.{key}` is of one ensemble, [qubits]"), help);
                }
            }
            for (name, _) in raw.parameters.as_ref().map_or(&[][..], |list| &list.get_ref().0) {
                let known = || words.parameters().keys().map(String::as_str);
                if !words.parameters().contains_key(name.get_ref()) {
                    let near = nearest(name.get_ref(), known());
                    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                    let there = if known().next().is_none() {
                        "there is no [parameters]".to_owned()
                    } else {
                        format!("there are: {}", known().collect::<Vec<_>>().join(", "))
                    };
                    let title = format!("`{of}.parameters.{0}`: there is no parameter `{0}`", name.get_ref());
                    refuse(name.span(), title, &format!("{near}{there}"));
                } else if !names.contains(&name.get_ref().as_str()) {
                    names.push(name.get_ref());
                }
            }
            for (is_mode, name, _) in tunes(raw) {
                let (list, known) = if is_mode { ("mode", "modes") } else { ("ensemble", "ensembles") };
                let of_kind = || parts.iter().filter(|part| part.is_mode == is_mode).map(|part| part.name);
                match parts.iter().position(|part| part.is_mode == is_mode && part.name == name.get_ref()) {
                    Some(place) if tuned.contains(&place) => {}
                    Some(place) => tuned.push(place),
                    None => {
                        let near = nearest(name.get_ref(), of_kind());
                        let near = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? "));
                        let title = format!("`{of}.{list}.{0}`: there is no {list} \"{0}\"", name.get_ref());
                        let there = of_kind().collect::<Vec<_>>().join(", ");
                        let there = if there.is_empty() { format!("there are no {known}") } else { there };
                        refuse(name.span(), title, &format!("{near}{there}"));
                    }
                }
            }
        }
        Self::kept(right.then_some(Changes { table, timing, names, tuned }))
    }

    /// What the terms of `[hamiltonian]` are by the parameters that change.
    pub(super) fn split_terms(&self, raw: &RawScenario, changes: &Changes, words: &Vocabulary) -> Result<Split> {
        let terms = raw.hamiltonian.as_ref().and_then(|table| table.get_ref().terms.as_ref());
        let text = |term: &'_ Spanned<RawTerm>| term.get_ref().operator.clone();
        let texts: Vec<Spanned<String>> =
            terms.map_or(&[][..], |terms| terms.get_ref()).iter().filter_map(text).collect();
        let key = "hamiltonian.terms.operator";
        let all: Vec<&str> = texts.iter().map(|text| text.get_ref().as_str()).collect();
        let Some(split) = words.split(&all, &changes.names) else {
            let curved = |text: &&Spanned<String>| words.split(&[text.get_ref()], &changes.names).is_none();
            let text = texts.iter().find(curved).unwrap_or(&texts[0]);
            return Err(self.not_linear(key, text, changes, words));
        };
        if let Some(k) = split.of.iter().position(|part| !part.is_hermitian()) {
            let title = format!(
                "what `{}` multiplies in [hamiltonian] is not Hermitian, and it changes in time",
                changes.names[k]
            );
            let span = texts.first().map_or(0..0, Spanned::span);
            return Err(self.source.error(span, title, "its conjugate beside it, as in `g * (x + dag(x))`"));
        }
        Ok(split)
    }

    fn not_linear(
        &self,
        key: &str,
        text: &Spanned<String>,
        changes: &Changes,
        words: &Vocabulary,
    ) -> super::ScenarioError {
        let named = words.named(text.get_ref(), &changes.names).join("`, `");
        let title = format!("`{key}` is not linear in `{named}`, which the [protocol] changes");
        let help = "a parameter that changes is a factor of terms, and no two of them are of one term; for g^2 a parameter of its own";
        self.source.error(text.span(), title, help)
    }

    /// The sums that observables of the user's own are, where they name parameters that change.
    pub(super) fn split_observables(
        &self,
        raw: &RawScenario,
        changes: &Changes,
        words: &Vocabulary,
    ) -> Result<Vec<Option<Vec<Share>>>> {
        let own = raw.observe.iter().flat_map(Spanned::get_ref);
        own.map(|(name, text)| {
            if words.named(text.get_ref(), &changes.names).is_empty() {
                return Ok(None);
            }
            let key = format!("observe.{}", name.get_ref());
            let split = words.split(&[text.get_ref()], &changes.names);
            let Split { still, of } = split.ok_or_else(|| self.not_linear(&key, text, changes, words))?;
            if !of.iter().all(Operator::is_hermitian) {
                let title = format!("`{key}` is not Hermitian at all times of the [protocol]");
                return Err(self.source.error(text.span(), title, "its conjugate beside it, as in `g * (x + dag(x))`"));
            }
            let parts = std::iter::once(still).chain(of).enumerate();
            let share = |(dial, operator): (usize, Operator)| Share { dials: [ProductStage::ONE, dial], operator };
            Ok(Some(parts.map(share).filter(|share| !share.operator.is_zero()).collect()))
        })
        .collect()
    }

    /// Refuses jumps whose operators name parameters that change.
    pub(super) fn jumps_stay(&self, jumps: &[OwnJump], changes: &Changes, words: &Vocabulary) {
        for jump in jumps {
            if let Some(name) = words.named(jump.text.get_ref(), &changes.names).first() {
                let title =
                    format!("`jump.{}.operator` names `{name}`, which the [protocol] changes", jump.name.get_ref());
                let help =
                    "the operator of a jump stays: its rate changes, as in `protocol.segment.NAME.jump.NAME.rate`";
                self.keep(Err::<(), _>(self.source.error(jump.text.span(), title, help)));
            }
        }
    }

    /// The segments, of parameters in their order, then of frequencies; and the largest rates of baths and jumps, which they
    /// are given.
    pub(super) fn changing_segments(
        &self,
        changes: &Changes,
        (units, words, parts): (Units, &Vocabulary, &[Part]),
        baths: &mut [Acting],
        jumps: &mut [OwnJump],
    ) -> Result<Vec<ProductSegment>> {
        let mut now = Now {
            parameters: changes.names.iter().map(|name| words.parameters().get(*name).copied()).collect(),
            frequencies: changes.tuned.iter().map(|place| Some(parts[*place].frequency)).collect(),
            baths: Vec::new(),
            jumps: Vec::new(),
        };
        let of_baths: Vec<Reservoir> = baths.iter().map(|bath| bath.reservoir.clone()).collect();
        let of_jumps: Vec<Reservoir> = jumps.iter().map(|jump| jump.reservoir.clone()).collect();
        let timed = segments(changes.table).iter().zip(&changes.timing.durations);
        let read: Vec<Option<ProductSegment>> = timed
            .map(|((name, raw), duration)| {
                let (raw, duration) = (raw.get_ref(), *duration);
                let values = self.of_parameters(name, raw, duration, changes, &mut now);
                let frequencies = self.tunings(name, raw, duration, changes, (&mut now.frequencies, parts));
                let on_baths = self.changed((name, &Given::of_baths(raw)), duration, &of_baths, &mut now.baths);
                self.without_quantum(name, raw, jumps);
                let on_jumps = self.changed((name, &of_jumps_in(raw)), duration, &of_jumps, &mut now.jumps);
                let (mut values, frequencies) = (values?, frequencies?);
                let signal = |place: usize| {
                    let course = changes.tuned.iter().position(|own| *own == place).map(|k| &frequencies[k]);
                    course.map_or(Some(Signal::held(parts[place].frequency)), |course| course.over(duration).ok())
                };
                let seen = baths.iter().zip(on_baths?).map(|(bath, reservoir)| {
                    let frequency = self.keep(self.seen_by(name, bath, parts, duration, &signal))?;
                    Some(ProductReservoir { reservoir, frequency })
                });
                let seen = seen.collect::<Option<Vec<_>>>();
                let of_jump = |(jump, reservoir): (&OwnJump, Reservoir)| ProductReservoir {
                    reservoir,
                    frequency: Signal::held(jump.frequency),
                };
                let of_jumps = jumps.iter().zip(on_jumps?).map(of_jump);
                let all = seen?.into_iter().chain(of_jumps).collect();
                values.extend(frequencies.into_iter().map(Wave::from));
                Some(ProductSegment { name: name.get_ref().clone(), duration, values, baths: all })
            })
            .collect();
        let read = Self::kept(read.into_iter().collect::<Option<Vec<_>>>())?;
        let most = |bath: usize| {
            let of = |segment: &ProductSegment| segment.baths[bath].most(units, segment.duration);
            let all = read.iter().map(of).collect::<Vec<Rates>>();
            let most = |process: Process| all.iter().map(|rates| rates.of(process)).fold(0.0, f64::max);
            Rates { down: most(Process::Emission), up: most(Process::Absorption), dephasing: most(Process::Dephasing) }
        };
        let count = baths.len();
        for (place, bath) in baths.iter_mut().enumerate() {
            bath.rates = self.bounded(most(place), &bath.name, changes)?;
        }
        for (place, jump) in jumps.iter_mut().enumerate() {
            jump.rates = self.bounded(most(count + place), jump.name.get_ref(), changes)?;
        }
        Ok(read)
    }

    fn bounded(&self, rates: Rates, name: &str, changes: &Changes) -> Result<Rates> {
        if [rates.down, rates.up, rates.dephasing].iter().all(|rate| *rate <= LARGEST) {
            return Ok(rates);
        }
        let title = format!("bath \"{name}\": gamma (1 + n) is beyond {LARGEST:e} in a segment");
        Err(self.source.error(
            protocol_span(changes.table),
            title,
            "a lower temperature or rate, or a higher frequency",
        ))
    }

    /// How every parameter that changes goes in a segment.
    fn of_parameters(
        &self,
        name: &Spanned<String>,
        raw: &RawSegment,
        duration: f64,
        changes: &Changes,
        now: &mut Now,
    ) -> Option<Vec<Wave>> {
        let fits = |value: &Spanned<f64>, key: &str| {
            let number = self.finite(value, key)?;
            if number.abs() <= LARGEST { Ok(number) } else { self.unfit(value, key) }
        };
        let given = raw.parameters.as_ref().map_or(&[][..], |list| &list.get_ref().0);
        let one = |(own, now): (&&str, &mut Option<f64>)| {
            let value = given.iter().find(|(name, _)| name.get_ref() == own).map(|(_, value)| value);
            let key = format!("protocol.segment.{}.parameters.{own}", name.get_ref());
            self.wave_from(value, &Value { key, fits: &fits, now: *now, duration }, now)
        };
        let all: Vec<Option<Wave>> = changes.names.iter().zip(&mut now.parameters).map(one).collect();
        all.into_iter().collect()
    }

    /// How every frequency that changes goes in a segment.
    fn tunings(
        &self,
        name: &Spanned<String>,
        raw: &RawSegment,
        duration: f64,
        changes: &Changes,
        (now, parts): (&mut [Option<f64>], &[Part]),
    ) -> Option<Vec<Course>> {
        let fits = |value: &Spanned<f64>, key: &str| {
            let number = self.finite(value, key)?;
            if number.abs() <= LARGEST { Ok(number) } else { self.unfit(value, key) }
        };
        let one = |(place, now): (&usize, &mut Option<f64>)| {
            let part = &parts[*place];
            let own = tunes(raw).find(|(is_mode, name, _)| *is_mode == part.is_mode && name.get_ref() == part.name);
            let course: Option<Course> = match own.map(|(_, name, raw)| (name, &raw.get_ref().frequency)) {
                Some((_, Some(value))) => {
                    let key = format!("protocol.segment.{}.{}.frequency", name.get_ref(), part.key);
                    self.keep(self.course(value, &Value { key, fits: &fits, now: *now, duration }))
                }
                Some((of, None)) => {
                    let key = format!("protocol.segment.{}.{}", name.get_ref(), part.key);
                    let title = format!("`{key}` says nothing of what changes");
                    self.keep(Err(self.source.error(of.span(), title, allowed(&format!("{key}.frequency")))))
                }
                None => now.map(Course::Held),
            };
            *now = course.as_ref().and_then(|course| last(course, duration));
            course
        };
        let all: Vec<Option<Course>> = changes.tuned.iter().zip(now).map(one).collect();
        all.into_iter().collect()
    }

    /// The baths, or the jumps, as they are in a segment.
    fn changed(
        &self,
        (name, given): (&Spanned<String>, &Given),
        duration: f64,
        all: &[Reservoir],
        now: &mut Vec<Set>,
    ) -> Option<Vec<Reservoir>> {
        let mut changed = all.to_vec();
        for change in self.changes(name, given, duration, all, now)? {
            let place = all.iter().position(|own| own.name == change.bath)?;
            changed[place] = changed[place].clone().set(change.setting, change.course.over(duration).ok()?).ok()?;
        }
        Some(changed)
    }

    /// Refuses a temperature of jumps that have no quantum.
    fn without_quantum(&self, segment: &Spanned<String>, raw: &RawSegment, jumps: &[OwnJump]) {
        for (name, of) in raw.jump.as_ref().map_or(&[][..], |list| &list.get_ref().0) {
            let warm = jumps.iter().any(|jump| jump.name.get_ref() == name.get_ref() && jump.warmth.is_some());
            if let Some(value) = of.get_ref().temperature.as_ref().filter(|_| !warm) {
                let key = format!("protocol.segment.{}.jump.{}.temperature", segment.get_ref(), name.get_ref());
                let title = format!("`{key}`: the jump has no `quantum`, and so no temperature");
                let help = format!("`temperature` and `quantum` in [[jump]] \"{}\"; or `rate` alone", name.get_ref());
                self.keep(Err::<(), _>(self.source.error(value.span(), title, &help)));
            }
        }
    }

    /// The frequency at which the rates of a bath are taken in a segment: that of what it acts on, which is one.
    fn seen_by(
        &self,
        segment: &Spanned<String>,
        bath: &Acting,
        parts: &[Part],
        duration: f64,
        signal: &dyn Fn(usize) -> Option<Signal>,
    ) -> Result<Signal> {
        if !bath.follows {
            return Ok(Signal::held(bath.frequency));
        }
        let signals: Vec<Signal> = bath.on.iter().filter_map(|place| signal(*place)).collect();
        let first = Self::kept(signals.first().filter(|_| signals.len() == bath.on.len()))?;
        let help = format!("`bath.{}.frequency`: one at which its occupation is taken, whatever changes", bath.name);
        let error = |title: String| Err(self.source.error(bath.raw.span(), title, &help));
        let segment = segment.get_ref();
        if let Some(other) = signals.iter().position(|signal| signal != first) {
            let [one, two] = [bath.on[0], bath.on[other]].map(|place| parts[place].name);
            return error(format!(
                "bath \"{}\" sees `{one}` at another frequency than `{two}` in segment \"{segment}\"",
                bath.name
            ));
        }
        if first.range([0.0, duration])[0] <= 0.0 {
            let name = parts[bath.on[0]].name;
            return error(format!(
                "bath \"{}\" has no occupation where the frequency of `{name}` is not above 0, in segment \"{segment}\"",
                bath.name
            ));
        }
        Ok(first.clone())
    }

    /// The protocol of a product, which has what stays of it, and these terms.
    pub(super) fn changing_protocol(
        &self,
        changes: &Changes,
        product: &Product,
        mut terms: Vec<Operator>,
        segments: &[ProductSegment],
    ) -> Result<ProductProtocol> {
        terms.extend(changes.tuned.iter().map(|place| product.number_of(*place)));
        let cycles = match changes.timing.passes {
            Passes::Cycles(cycles) => cycles,
            Passes::Once | Passes::UntilSteady => 1,
        };
        ProductProtocol::new(product, terms, segments, cycles).map_err(|error| {
            self.source.error(protocol_span(changes.table), error.to_string(), allowed("protocol.segment"))
        })
    }
}

/// What a segment changes of jumps.
fn of_jumps_in(raw: &RawSegment) -> Given<'_> {
    let jumps = raw.jump.as_ref().map_or(&[][..], |jumps| &jumps.get_ref().0);
    let of = jumps.iter().map(|(name, raw)| {
        let raw = raw.get_ref();
        let both = [(&raw.rate, Setting::Rate), (&raw.temperature, Setting::Temperature)];
        (name, both.into_iter().filter_map(|(of, setting)| Some((setting, of.as_ref()?))).collect())
    });
    Given { list: "jump", of: of.collect() }
}
