//! `[protocol]`: segments in which the qubits and their baths change, one after the other.

use std::ops::Range;

use toml::Spanned;

use super::super::foreign::nearest;
use super::super::keys::allowed;
use super::super::raw::{RawBath, RawChanges, RawCourse, RawDriveChanges, RawProtocol, RawSegment, RawWave};
use super::super::source::ScenarioError;
use super::course::Value;
use super::{LARGEST, Result, Validator};
use crate::model::protocol::{Change, Protocol, ProtocolError, Repeats, Segment};
use crate::model::{Course, Drive, DriveCourse, Rates, Register, Reservoir, Setting, Wave};
use crate::trajectory::ProtocolRegisters;
use crate::units::Units;

const MOST_CYCLES: i64 = 1_000_000_000;
/// Shorter segments, beside the end of the protocol, are lost in the rounding of times.
const SHORTEST: f64 = 1e-12;

/// How often the segments pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passes {
    Once,
    Cycles(u64),
    UntilSteady,
}

/// How long a protocol takes.
#[derive(Clone, Debug)]
pub(super) struct Timing {
    pub(super) durations: Vec<f64>,
    pub(super) passes: Passes,
}

impl Timing {
    /// How long all segments take once.
    pub(super) fn period(&self) -> f64 {
        self.durations.iter().fold(0.0, |sum, duration| sum + duration)
    }

    /// Its end, where it has one.
    pub(super) fn end(&self) -> Option<f64> {
        match self.passes {
            Passes::Once => Some(self.period()),
            Passes::Cycles(cycles) => Some(cycles as f64 * self.period()),
            Passes::UntilSteady => None,
        }
    }
}

/// What qubits are between, before a protocol begins.
pub(super) struct Before<'a> {
    pub(super) units: Units,
    pub(super) frequency: f64,
    pub(super) reservoirs: &'a [Reservoir],
    pub(super) drive: Option<Drive>,
}

/// What the values are where a segment ended. Those that are wrong are not known from then on.
struct Now {
    frequency: Option<f64>,
    /// What was set of the baths.
    settings: Vec<Set>,
    amplitude: Option<f64>,
    detuning: Option<f64>,
    phase: Option<f64>,
}

/// What was set of a bath, by its index.
pub(super) struct Set {
    bath: usize,
    setting: Setting,
    value: Option<f64>,
}

/// What a segment changes of baths, or of jumps: the key under which they stand, and of each by its name which settings.
pub(super) struct Given<'a> {
    pub(super) list: &'static str,
    pub(super) of: Vec<(&'a Spanned<String>, Settings<'a>)>,
}

/// Settings, each with how it goes.
type Settings<'a> = Vec<(Setting, &'a Spanned<RawCourse>)>;

impl<'a> Given<'a> {
    pub(super) fn of_baths(raw: &'a RawSegment) -> Self {
        let baths = raw.bath.as_ref().map_or(&[][..], |baths| &baths.get_ref().0);
        Given { list: "bath", of: baths.iter().map(|(name, raw)| (name, raw.get_ref().given().collect())).collect() }
    }
}

impl RawChanges {
    /// The settings that are changed.
    fn given(&self) -> impl Iterator<Item = (Setting, &Spanned<RawCourse>)> {
        let of = |setting| match setting {
            Setting::Rate => &self.rate,
            Setting::Temperature => &self.temperature,
            Setting::Down => &self.down,
            Setting::Up => &self.up,
            Setting::Dephasing => &self.dephasing,
        };
        Setting::ALL.into_iter().filter_map(move |setting| Some((setting, of(setting).as_ref()?)))
    }
}

impl Validator<'_> {
    /// How often and how long: all that can be known of a protocol without the qubits.
    pub(super) fn timing(&self, table: &Spanned<RawProtocol>) -> Result<Timing> {
        let raw = table.get_ref();
        let passes = self.keep(raw.cycles.as_ref().map_or(Ok(Passes::Once), |cycles| self.passes(cycles)));
        let Some(segments) = raw.segment.as_ref().filter(|segments| !segments.get_ref().0.is_empty()) else {
            return self.refuse(protocol_span(table), "protocol.segment", "is missing: a protocol is made of segments");
        };
        let duration = |(name, segment): &(Spanned<String>, Spanned<RawSegment>)| {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if name.get_ref().is_empty() || !name.get_ref().chars().all(fits) {
                let what = format!("has a segment \"{}\"", name.get_ref());
                self.keep(self.refuse::<()>(name.span(), "protocol.segment", &what));
            }
            let key = format!("protocol.segment.{}.duration", name.get_ref());
            let duration = self.require(&segment.get_ref().duration, &key, segment_span(name, segment));
            self.keep(duration.and_then(|duration| self.positive(duration, &key)))
        };
        let durations: Vec<Option<f64>> = segments.get_ref().0.iter().map(duration).collect();
        let durations = Self::kept(durations.into_iter().collect::<Option<Vec<f64>>>())?;
        let timing = Timing { durations, passes: Self::kept(passes)? };
        let end = timing.end().unwrap_or(timing.period());
        for ((name, segment), duration) in segments.get_ref().0.iter().zip(&timing.durations) {
            if *duration < SHORTEST * end {
                let span = segment.get_ref().duration.as_ref().map_or(name.span(), Spanned::span);
                let key = format!("protocol.segment.{}.duration", name.get_ref());
                let title = format!("`{key}` is {duration:e}, which is lost beside the end of the protocol, at {end}");
                let help = format!("at least {SHORTEST:e} of that; a quench needs no segment of its own");
                return Err(self.source.error(span, title, &help));
            }
        }
        Ok(timing)
    }

    /// Refuses a protocol between baths that exchange quanta of an energy of their own.
    pub(super) fn of_like_quanta(&self, baths: &[Spanned<RawBath>]) -> Result<()> {
        let own = |bath: &RawBath| Some((bath.name.as_ref()?.get_ref().clone(), bath.quantum.as_ref()?.span()));
        match baths.iter().find_map(|bath| own(bath.get_ref())) {
            None => Ok(()),
            Some((name, span)) => {
                let title = format!("`bath.{name}.quantum` is of its own, and under a protocol all are of the qubits");
                Err(self.source.error(span, title, "no `quantum`; or no [protocol]"))
            }
        }
    }

    /// Refuses a protocol of qubits that have no one frequency.
    pub(super) fn of_one_frequency(
        &self,
        table: &Spanned<RawProtocol>,
        groups: usize,
        register: Option<&Register>,
    ) -> Result<()> {
        let title = match (groups, register.and_then(ProtocolRegisters::unlike)) {
            (1, None) => return Ok(()),
            (1, Some(unlike)) => format!("[protocol] is of qubits of one frequency: {unlike}"),
            (groups, _) => format!("[protocol] is of qubits of one frequency, and there are {groups} groups"),
        };
        let help = "`qubits.number` and `qubits.frequency`, and `couplings` where they differ; or no [protocol]";
        Err(self.source.error(protocol_span(table), title, help))
    }

    fn passes(&self, cycles: &Spanned<toml::Value>) -> Result<Passes> {
        let key = "protocol.cycles";
        match cycles.get_ref() {
            toml::Value::String(word) if word == "until steady" => Ok(Passes::UntilSteady),
            toml::Value::String(word) => self.no_word(&Spanned::new(cycles.span(), word.clone()), key),
            value => {
                let whole = value.as_integer().or_else(|| {
                    let number = value.as_float().filter(|number| number.fract() == 0.0)?;
                    Some(number as i64)
                });
                match whole.filter(|cycles| (1..=MOST_CYCLES).contains(cycles)) {
                    Some(cycles) => Ok(Passes::Cycles(cycles as u64)),
                    None => self.refuse(cycles.span(), key, &format!("is {value}")),
                }
            }
        }
    }

    /// The protocol of qubits between their baths.
    pub(super) fn protocol(
        &self,
        table: &Spanned<RawProtocol>,
        timing: &Timing,
        before: &Before<'_>,
    ) -> Result<Protocol> {
        let raw: &[(Spanned<String>, Spanned<RawSegment>)] =
            table.get_ref().segment.as_ref().map_or(&[], |segments| &segments.get_ref().0);
        let drive = before.drive.unwrap_or(Drive { amplitude: 0.0, detuning: 0.0 });
        let mut now = Now {
            frequency: Some(before.frequency),
            settings: Vec::new(),
            amplitude: Some(drive.amplitude),
            detuning: Some(drive.detuning),
            phase: Some(0.0),
        };
        let segments: Vec<Option<Segment>> = raw
            .iter()
            .zip(&timing.durations)
            .map(|((name, segment), duration)| self.segment(name, segment.get_ref(), *duration, before, &mut now))
            .collect();
        if let Some(Some(first)) = segments.first()
            && let Some(error) = self.begins_elsewhere(raw, first, before)
        {
            return Err(error);
        }
        let segments = Self::kept(segments.into_iter().collect::<Option<Vec<_>>>())?;
        let repeats = match timing.passes {
            Passes::Once => Repeats::Once,
            Passes::Cycles(cycles) => Repeats::Cycles(cycles),
            Passes::UntilSteady => Repeats::Cycles(1),
        };
        let beyond = |segment: usize, bath: &str| {
            let (name, raw) = &raw[segment];
            let title =
                format!("segment \"{}\": gamma (1 + n) of bath \"{bath}\" is beyond {LARGEST:e}", name.get_ref());
            self.source.error(segment_span(name, raw), title, "a lower temperature or rate, or a higher frequency")
        };
        let protocol =
            Protocol::new(before.units, before.reservoirs, &segments, repeats).map_err(|error| match &error {
                ProtocolError::Rates { segment, bath } => beyond(segment - 1, bath),
                // What is left of these is looked at above, key by key.
                _ => {
                    let at = error.segment().and_then(|segment| raw.get(segment - 1));
                    let span = at.map_or_else(|| protocol_span(table), |(name, raw)| segment_span(name, raw));
                    self.source.error(span, error.to_string(), allowed("protocol.segment"))
                }
            })?;
        for (index, stage) in protocol.stages().iter().enumerate() {
            for (bath, reservoir) in stage.reservoirs.iter().enumerate() {
                let Rates { down, up, .. } = stage.bounds(bath, [0.0, stage.duration]).most;
                if !(down <= LARGEST && up <= LARGEST) {
                    return Err(beyond(index, &reservoir.name));
                }
            }
        }
        Ok(protocol.named(raw.iter().map(|(name, _)| name.get_ref().clone())))
    }

    /// Refuses a first segment that begins at another frequency than the qubits have: the work of that quench would be
    /// in no account.
    fn begins_elsewhere(
        &self,
        raw: &[(Spanned<String>, Spanned<RawSegment>)],
        first: &Segment,
        before: &Before<'_>,
    ) -> Option<ScenarioError> {
        let begins = first.frequency.over(first.duration).ok()?.first();
        let (name, segment) = raw.first()?;
        let frequency = segment.get_ref().frequency.as_ref()?;
        if begins == before.frequency {
            return None;
        }
        let title = format!(
            "`protocol.segment.{}.frequency` begins at {begins}, and the qubits are at {}: the work of that quench would \
             not be counted",
            name.get_ref(),
            before.frequency
        );
        let help = format!(
            "a first segment that begins at the frequency of the qubits, after which a quench counts; or qubits of the \
             frequency {begins}"
        );
        Some(self.source.error(frequency.span(), title, &help))
    }

    /// A segment, and where it leaves what it changes.
    fn segment(
        &self,
        name: &Spanned<String>,
        raw: &RawSegment,
        duration: f64,
        before: &Before<'_>,
        now: &mut Now,
    ) -> Option<Segment> {
        let key = |key: &str| format!("protocol.segment.{}.{key}", name.get_ref());
        let frequency = match &raw.frequency {
            None => now.frequency.map(Course::Held),
            Some(value) => {
                let fits = |value: &Spanned<f64>, key: &str| self.positive(value, key);
                let of = Value { key: key("frequency"), fits: &fits, now: now.frequency, duration };
                self.keep(self.course(value, &of))
            }
        };
        now.frequency = frequency.as_ref().and_then(|course| last(course, duration));
        self.of_qubits_alone(name, raw);
        let baths = self.changes(name, &Given::of_baths(raw), duration, before.reservoirs, &mut now.settings);
        let drive = self.drive(raw.drive.as_ref().map(Spanned::get_ref), &key("drive"), duration, now);
        let (frequency, baths, drive) = (frequency?, baths?, drive?);
        Some(Segment { duration, frequency, baths, drive })
    }

    /// Refuses what a segment can change of ensembles and modes alone.
    fn of_qubits_alone(&self, name: &Spanned<String>, raw: &RawSegment) {
        let keys = [
            ("parameters", raw.parameters.as_ref().map(Spanned::span)),
            ("ensemble", raw.ensemble.as_ref().map(Spanned::span)),
            ("mode", raw.mode.as_ref().map(Spanned::span)),
            ("jump", raw.jump.as_ref().map(Spanned::span)),
        ];
        for (key, span) in keys.into_iter().filter_map(|(key, span)| Some((key, span?))) {
            let title =
                format!("`protocol.segment.{}.{key}` is of ensembles and modes, and there are none", name.get_ref());
            let span = Some(span).filter(|span| !span.is_empty()).unwrap_or_else(|| name.span());
            self.keep(Err::<(), _>(self.source.error(
                span,
                title,
                "`frequency`, `bath.NAME.rate` ..., `drive.amplitude` ...",
            )));
        }
    }

    /// What a segment changes of the baths, and all that those before have changed, which stays until another sets it.
    pub(super) fn changes(
        &self,
        name: &Spanned<String>,
        given: &Given,
        duration: f64,
        reservoirs: &[Reservoir],
        now: &mut Vec<Set>,
    ) -> Option<Vec<Change>> {
        let mut courses: Vec<Option<Course>> = now.iter().map(|set| set.value.map(Course::Held)).collect();
        let mut known = true;
        for (bath, settings) in &given.of {
            let Some(index) = self.keep(self.bath_of_segment((name, given.list), bath, reservoirs)) else {
                known = false;
                continue;
            };
            let reservoir = &reservoirs[index];
            for (setting, value) in settings.iter().copied() {
                let of = format!("protocol.segment.{}.{}.{}", name.get_ref(), given.list, reservoir.name);
                let key = format!("{of}.{}", setting.key());
                let at = now.iter().position(|set| set.bath == index && set.setting == setting).unwrap_or_else(|| {
                    let value = reservoir.signal(setting).map(|signal| signal.first());
                    now.push(Set { bath: index, setting, value });
                    courses.push(None);
                    now.len() - 1
                });
                let course = self.keep(self.setting(value, key, reservoir, setting, (now[at].value, duration)));
                now[at].value = course.as_ref().and_then(|course| last(course, duration));
                courses[at] = course;
            }
        }
        let change = |(set, course): (&Set, Option<Course>)| {
            let bath = reservoirs[set.bath].name.clone();
            Some(Change { bath, setting: set.setting, course: course? })
        };
        now.iter().zip(courses).map(change).collect::<Option<Vec<_>>>().filter(|_| known)
    }

    /// The drive in a segment, and where it leaves it.
    fn drive(&self, raw: Option<&RawDriveChanges>, key: &str, duration: f64, now: &mut Now) -> Option<DriveCourse> {
        let fits = |value: &Spanned<f64>, key: &str| {
            let number = self.finite(value, key)?;
            if number.abs() <= LARGEST { Ok(number) } else { self.unfit(value, key) }
        };
        let of = |name: &str, now| Value { key: format!("{key}.{name}"), fits: &fits, now, duration };
        let wave = |name: &str, value: Option<&_>, now: &mut Option<f64>| self.wave_from(value, &of(name, *now), now);
        let amplitude = wave("amplitude", raw.and_then(|raw| raw.amplitude.as_ref()), &mut now.amplitude);
        let detuning = wave("detuning", raw.and_then(|raw| raw.detuning.as_ref()), &mut now.detuning);
        let phase = match raw.and_then(|raw| raw.phase.as_ref()) {
            None => now.phase.map(Course::Held),
            Some(value) => self.keep(self.course(value, &of("phase", now.phase))),
        };
        now.phase = phase.as_ref().and_then(|course| last(course, duration));
        Some(DriveCourse { amplitude: amplitude?, detuning: detuning?, phase: phase? })
    }

    /// How a value goes that stays where it is, unless that is said; and where it leaves it.
    pub(super) fn wave_from(
        &self,
        value: Option<&Spanned<RawCourse<RawWave>>>,
        of: &Value<'_>,
        now: &mut Option<f64>,
    ) -> Option<Wave> {
        let wave = match value {
            None => now.map(|held| Wave::from(Course::Held(held))),
            Some(value) => self.keep(self.wave(value, of)),
        };
        // A pulse leaves nothing behind, but for what is none.
        *now = wave.as_ref().and_then(|wave| {
            let rests = wave.pulses.iter().map(|pulse| pulse.rests(of.duration)).sum::<f64>();
            Some(rests + last(&wave.course, of.duration)?)
        });
        wave
    }

    /// The bath, or jump, that a segment names.
    fn bath_of_segment(
        &self,
        (segment, list): (&Spanned<String>, &str),
        bath: &Spanned<String>,
        all: &[Reservoir],
    ) -> Result<usize> {
        let name = bath.get_ref().as_str();
        all.iter().position(|reservoir| reservoir.name == name).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|reservoir| reservoir.name.as_str()).collect();
            let near =
                nearest(name, names.iter().copied()).map_or(String::new(), |near| format!("did you mean \"{near}\"? "));
            let key = format!("protocol.segment.{}.{list}.{name}", segment.get_ref());
            let title = format!("`{key}`: there is no {list} \"{name}\"");
            let known = if names.is_empty() { format!("there is no [[{list}]]") } else { names.join(", ") };
            self.source.error(bath.span(), title, &format!("{near}{known}"))
        })
    }

    /// How a setting of a bath goes, from where it is.
    fn setting(
        &self,
        value: &Spanned<RawCourse>,
        key: String,
        reservoir: &Reservoir,
        setting: Setting,
        (now, duration): (Option<f64>, f64),
    ) -> Result<Course> {
        if let Some(why) = reservoir.lacks(setting) {
            let has: Vec<String> = Setting::ALL
                .into_iter()
                .filter(|setting| reservoir.lacks(*setting).is_none())
                .map(|setting| format!("`{}`", setting.key()))
                .collect();
            let title = format!("`{key}`: bath \"{}\" has none that could change: {why}", reservoir.name);
            return Err(self.source.error(value.span(), title, &format!("what it has: {}", has.join(", "))));
        }
        let fits = |value: &Spanned<f64>, key: &str| match setting {
            Setting::Temperature => self.not_negative(value, key),
            Setting::Rate | Setting::Down | Setting::Up | Setting::Dephasing => self.rate_of(value, key),
        };
        self.course(value, &Value { key, fits: &fits, now, duration })
    }
}

/// Where a course ends.
pub(super) fn last(course: &Course, duration: f64) -> Option<f64> {
    course.over(duration).ok().map(|signal| signal.last())
}

/// Where a segment stands: a table that is only there because of those in it has no place of its own.
fn segment_span(name: &Spanned<String>, segment: &Spanned<RawSegment>) -> Range<usize> {
    Some(segment.span()).filter(|span| !span.is_empty()).unwrap_or_else(|| name.span())
}

/// Where a protocol stands.
pub(super) fn protocol_span(table: &Spanned<RawProtocol>) -> Range<usize> {
    let first = || table.get_ref().segment.as_ref().and_then(|segments| segments.get_ref().0.first());
    let of_first = || first().map(|(name, segment)| segment_span(name, segment));
    Some(table.span()).filter(|span| !span.is_empty()).or_else(of_first).unwrap_or(0..0)
}
