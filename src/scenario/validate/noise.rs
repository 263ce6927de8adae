//! What is asked of the steady state: `[steady]` and `[noise]`.

use std::ops::Range;

use toml::Spanned;

use super::super::asked::{Accuracy, Budget, Count, Noise, Purpose};
use super::super::keys::allowed;
use super::super::raw::{Key, RawNoise, RawScenario, RawWeights};
use super::super::source::ScenarioError;
use super::evolution::Evolution;
use super::protocol::{Passes, Timing};
use super::{Result, Validator};
use crate::bath::Bath;
use crate::group::Group;
use crate::model::System;
use crate::statistics::Target;
use crate::trajectory::Passage;

/// The highest cumulant: digits are gone long before.
pub(super) const HIGHEST_ORDER: i64 = 20;
/// The strongest counting field: e^100 is what its jumps are weighed by.
const LARGEST_FIELD: f64 = 100.0;
/// The most modes of relaxation.
const MOST_MODES: i64 = 100;
/// The most quanta that are waited for.
const MOST_QUANTA: i64 = 1_000_000;

impl Validator<'_> {
    /// The `[steady]` table: the bath that is watched, the accuracy, and the most jumps. Trajectories need all of it; the
    /// exact road only knows which bath is meant.
    pub(super) fn steady(&self, raw: &RawScenario, groups: &[Group]) -> Result<(usize, Accuracy, f64)> {
        let (steady, noise) = (raw.steady.as_ref(), raw.noise.as_ref());
        let baths = &groups[0].model.baths;
        let seen: Vec<_> = groups.iter().map(Group::envelope).collect();
        let exchanges = |bath: usize| {
            let of_ensembles = |group: &Group| group.ensembles.as_ref().is_some_and(|all| all.may_heat(bath));
            seen.iter().any(|model| model.baths[bath].down + model.baths[bath].up > 0.0)
                || groups.iter().any(of_ensembles)
        };
        let first = (0..baths.len()).find(|bath| exchanges(*bath)).unwrap_or(0);
        let (mut bath, mut accuracy, mut jumps) = (first, Accuracy::default(), Budget::default().jumps);
        let no_current = |span: Range<usize>| {
            let reasons = groups.iter().map(Group::no_current).collect::<Option<Vec<_>>>()?;
            let title = format!("no heat flows in the steady state, and no error is small beside it: {}", reasons[0]);
            Some(self.source.error(span, title, "`steady.absolute_error`, in the unit of the heat current"))
        };
        let nothing = |bath: usize, span: Range<usize>| {
            let given = groups[0].conditions.as_ref().filter(|given| given.bath == bath && given.carries_nothing())?;
            let title = format!(
                "under the condition no heat flows from \"{}\" on average, and no error is small beside it",
                baths[given.bath].name
            );
            Some(self.source.error(
                span,
                title,
                "`steady.absolute_error`, in the unit of the heat current; or a current",
            ))
        };
        let Some(table) = steady else {
            let asked = noise.filter(|_| self.purpose == Purpose::Trajectories);
            let refused = asked.and_then(|noise| no_current(noise.span()).or_else(|| nothing(bath, noise.span())));
            return refused.map_or(Ok((bath, accuracy, jumps)), Err);
        };
        let raw = table.get_ref();
        if let Some(name) = &raw.bath {
            bath = self.bath_index(name.get_ref(), name.span(), "steady.bath", baths)?;
        }
        let sampled = self.purpose == Purpose::Trajectories;
        if sampled && !exchanges(bath) {
            let span = raw.bath.as_ref().map_or_else(|| table.span(), Spanned::span);
            let dephases = seen.iter().any(|model| model.baths[bath].dephasing > 0.0);
            let why = if dephases { "which only dephases" } else { "whose rates are 0 throughout" };
            let title = format!("`steady.bath`: no heat flows from \"{}\", {why}", baths[bath].name);
            return Err(self.source.error(span, title, "a bath that absorbs or emits"));
        }
        let relative = raw.relative_error.as_ref();
        let absolute = raw.absolute_error.as_ref();
        accuracy.target = match (relative, absolute) {
            (Some(error), None) => Target::Relative(self.positive(error, "steady.relative_error")?),
            (None, Some(error)) => Target::Absolute(self.positive(error, "steady.absolute_error")?),
            (Some(_), Some(absolute)) => {
                let title = "`steady` has both `relative_error` and `absolute_error`".to_owned();
                return Err(self.source.error(absolute.span(), title, "one of the two"));
            }
            (None, None) => accuracy.target,
        };
        if sampled && matches!(accuracy.target, Target::Relative(_)) {
            let span = relative.map_or_else(|| table.span(), Spanned::span);
            if let Some(error) = no_current(span.clone()).or_else(|| nothing(bath, span)) {
                return Err(error);
            }
        }
        if let Some(confidence) = &raw.confidence {
            let value = *confidence.get_ref();
            if !(0.5..=0.9999).contains(&value) {
                return self.refuse(confidence.span(), "steady.confidence", &format!("is {value}"));
            }
            accuracy.confidence = value;
        }
        if let Some(most) = &raw.max_jumps {
            jumps = self.positive(most, "steady.max_jumps")?;
        }
        Ok((bath, accuracy, jumps))
    }

    pub(super) fn bath_index(&self, name: &str, span: Range<usize>, key: &str, baths: &[Bath]) -> Result<usize> {
        baths.iter().position(|bath| bath.name == name).ok_or_else(|| {
            let names: Vec<&str> = baths.iter().map(|bath| bath.name.as_str()).collect();
            self.no_bath(span, key, name, &names)
        })
    }

    /// There is no bath of this name; where there is none at all, what one is.
    pub(super) fn no_bath(&self, span: Range<usize>, key: &str, name: &str, known: &[&str]) -> ScenarioError {
        let known = if known.is_empty() { allowed("bath").to_owned() } else { known.join(", ") };
        self.source.error(span, format!("`{key}`: there is no bath \"{name}\""), &known)
    }

    /// Refuses what is solved for over the levels (J, M) alone, of qubits that are not on them.
    pub(super) fn on_levels(&self, raw: &RawScenario, groups: &[Group]) -> Result<()> {
        let Some(noise) = raw.noise.as_ref().map(Spanned::get_ref) else { return Ok(()) };
        let asked = [
            ("order", noise.order.as_ref().map(Spanned::span)),
            ("counting_fields", noise.counting_fields.as_ref().map(Spanned::span)),
            ("passage", noise.passage.as_ref().map(Spanned::span)),
            ("relaxation", noise.relaxation.as_ref().map(Spanned::span)),
        ];
        let Some((key, span)) = asked.into_iter().find_map(|(key, span)| Some((key, span?))) else { return Ok(()) };
        let title = if groups.iter().any(|group| group.conditions.is_some()) {
            format!("`noise.{key}` is of trajectories as they are, and [condition] makes others of them")
        } else if groups.iter().any(|group| group.ensembles.is_some() || !group.on_the_ladder()) {
            format!("`noise.{key}` is solved for over the levels |J, M> of identical qubits, and these are not on them")
        } else if groups.len() > 1 && noise.relaxation.is_some() {
            "`noise.relaxation`: groups of qubits relax each by itself".to_owned()
        } else if groups.len() > 1 && noise.passage.is_some() {
            return Err(self.source.error(
                noise.passage.as_ref().map_or(span, Spanned::span),
                "`noise.passage`: quanta of one group of qubits come between those of another".to_owned(),
                "identical qubits in one group; or no `passage`",
            ));
        } else {
            return Ok(());
        };
        let span = if groups.len() > 1 { noise.relaxation.as_ref().map_or(span, Spanned::span) } else { span };
        let allowed = if groups.len() > 1 { "identical qubits in one group" } else { "identical qubits" };
        Err(self.source.error(span, title, &format!("{allowed}, no drive and no condition; or no `{key}`")))
    }

    /// Refuses `[noise]`, which is of the steady state, in what is a whole transient without it: which of the two is
    /// meant, `[steady]` has to say.
    pub(super) fn one_kind(&self, raw: &RawScenario, evolution: &Evolution) -> Result<()> {
        let Some(noise) = raw.noise.as_ref().filter(|_| self.purpose == Purpose::Trajectories) else { return Ok(()) };
        let transient = evolution.trajectories.zip(evolution.times.last());
        let Some((trajectories, until)) = transient.filter(|_| raw.steady.is_none()) else { return Ok(()) };
        let title = format!(
            "`noise` is of the steady state, and `evolution` asks for a transient of {trajectories} trajectories to {until}"
        );
        let help = "`[steady]` beside it, for which `evolution` is a budget; or `[noise]` without `evolution.until`, \
                    `times` and `trajectories`; or no `[noise]`";
        Err(self.source.error(noise.span(), title, help))
    }

    /// Refuses what has no meaning in a limit cycle: windows that are not of whole cycles, and what is of currents that do not
    /// change on average.
    pub(super) fn noise_of_cycles(&self, noise: &Spanned<RawNoise>, timing: &Timing) -> Result<()> {
        if timing.passes != Passes::UntilSteady {
            let title = "`noise` is of a steady state or a limit cycle, and this [protocol] ends before".to_owned();
            let help = "protocol.cycles = \"until steady\"; or no [noise]: work, heats and their fluctuations are counted as \
                        it is";
            return Err(self.source.error(noise.span(), title, help));
        }
        let raw = noise.get_ref();
        for (values, name, what) in
            [(&raw.frequencies, "frequencies", "a spectrum"), (&raw.delays, "delays", "g2 and waiting times")]
        {
            if let Some(values) = values {
                let title = format!(
                    "`noise.{name}`: {what} would be another at each phase of the cycle, and is not solved for or counted"
                );
                return Err(self.source.error(
                    values.span(),
                    title,
                    "`noise.baths` and `noise.windows` of whole cycles",
                ));
            }
        }
        if let Some(passage) = &raw.passage {
            let title =
                "`noise.passage`: when quanta come depends on the phase of the cycle from which they are waited for, \
                         and is not solved for or counted"
                    .to_owned();
            return Err(self.source.error(passage.span(), title, "`noise.baths` and `noise.windows` of whole cycles"));
        }
        let period = timing.period();
        for window in raw.windows.iter().flat_map(Spanned::get_ref) {
            let cycles = *window.get_ref() / period;
            if cycles.is_finite() && (cycles.round() < 1.0 || (cycles - cycles.round()).abs() > 1e-9 * cycles) {
                let title = format!("`noise.windows` has {}, which is {cycles} cycles of {period}", window.get_ref());
                return Err(self.source.error(window.span(), title, &format!("whole multiples of {period}")));
            }
        }
        Ok(())
    }

    /// The `[noise]` table; `until` is the end of the run, where it does not take as long as it takes.
    pub(super) fn noise(&self, raw: Option<&Spanned<RawNoise>>, baths: &[Bath], until: Option<f64>) -> Result<Noise> {
        let Some(table) = raw else { return Ok(Noise::default()) };
        let raw = table.get_ref();
        let indices = match &raw.baths {
            Some(names) => {
                let index = |name: &Spanned<String>| self.bath_index(name.get_ref(), name.span(), "noise.baths", baths);
                names.get_ref().iter().map(index).collect::<Result<Vec<_>>>()?
            }
            None => (0..baths.len()).filter(|b| baths[*b].down + baths[*b].up > 0.0).collect(),
        };
        if let Some(until) = until.filter(|_| self.purpose == Purpose::Trajectories) {
            let long = |key: &Key<Vec<Spanned<f64>>>| {
                key.as_ref().and_then(|list| list.get_ref().iter().find(|value| *value.get_ref() > until).cloned())
            };
            for (key, name) in
                [(&raw.windows, "windows"), (&raw.delays, "delays"), (&raw.passage_times, "passage_times")]
            {
                if let Some(value) = long(key) {
                    let title = format!("`noise.{name}` has {}, longer than the run of {until}", value.get_ref());
                    let help = "less; or no `evolution.until`: a run to the steady state takes as long as it takes";
                    return Err(self.source.error(value.span(), title, help));
                }
            }
        }
        let whole = |key: &Key<i64>, name: &str, most: i64| {
            key.as_ref().map(|value| self.whole(value, name, 1..=most).map(|value| value as usize)).transpose()
        };
        Ok(Noise {
            order: whole(&raw.order, "noise.order", HIGHEST_ORDER)?,
            counting_fields: self.fields(&raw.counting_fields, "noise.counting_fields")?,
            relaxation: whole(&raw.relaxation, "noise.relaxation", MOST_MODES)?,
            counts: self.counts(raw, baths)?,
            passage: self.passage(raw, table.span(), (baths, &indices))?,
            passage_times: self.numbers_ascending(&raw.passage_times, "noise.passage_times", f64::MIN_POSITIVE)?,
            baths: indices,
            windows: self.numbers_ascending(&raw.windows, "noise.windows", f64::MIN_POSITIVE)?,
            frequencies: self.numbers_ascending(&raw.frequencies, "noise.frequencies", 0.0)?,
            delays: self.numbers_ascending(&raw.delays, "noise.delays", 0.0)?,
        })
    }

    /// The quanta that are waited for, of baths that are counted, in their order.
    fn passage(
        &self,
        raw: &RawNoise,
        span: Range<usize>,
        (baths, counted): (&[Bath], &[usize]),
    ) -> Result<Vec<Passage>> {
        if raw.passage.is_none() && raw.passage_times.is_none() {
            return Ok(Vec::new());
        }
        let quanta = self.require(&raw.passage, "noise.passage", span.clone())?;
        let times = self.require(&raw.passage_times, "noise.passage_times", span)?;
        for (key, span, is_empty) in [
            ("noise.passage", quanta.span(), quanta.get_ref().is_empty()),
            ("noise.passage_times", times.span(), times.get_ref().is_empty()),
        ] {
            if is_empty {
                return self.refuse(span, key, "is empty");
            }
        }
        let of_bath = |(name, quanta): (&Spanned<String>, &Spanned<i64>)| {
            let bath = self.bath_index(name.get_ref(), name.span(), "noise.passage", baths)?;
            let key = format!("noise.passage.{}", name.get_ref());
            if !counted.contains(&bath) {
                let title = format!("`{key}` is of a bath that `noise.baths` does not count");
                return Err(self.source.error(name.span(), title, "a bath of `noise.baths`"));
            }
            let number = self.whole(quanta, &key, -MOST_QUANTA..=MOST_QUANTA)?;
            let Bath { down, up, .. } = baths[bath];
            let (rate, never) = match number {
                0 => return self.refuse(quanta.span(), &key, "is 0"),
                1.. => (up, "gives"),
                _ => (down, "takes"),
            };
            if rate <= 0.0 {
                let title = format!("`{key}` is {number}, and this bath never {never}");
                return Err(self.source.error(quanta.span(), title, "quanta of the other sign, or another bath"));
            }
            Ok(Passage { bath, quanta: number })
        };
        let mut found = quanta.get_ref().iter().map(of_bath).collect::<Result<Vec<_>>>()?;
        found.sort_by_key(|passage| counted.iter().position(|bath| *bath == passage.bath));
        Ok(found)
    }

    /// Sums over baths.
    fn counts(&self, raw: &RawNoise, baths: &[Bath]) -> Result<Vec<Count>> {
        let Some(table) = &raw.counts else { return Ok(Vec::new()) };
        if raw.order.is_none() && raw.counting_fields.is_none() {
            let title = "`noise.counts` says what to count, and nothing is asked of it".to_owned();
            return Err(self.source.error(table.span(), title, "`noise.order` or `noise.counting_fields` beside it"));
        }
        let of_name = |(name, weights): (&Spanned<String>, &Spanned<RawWeights>)| {
            let key = format!("noise.counts.{}", name.get_ref());
            if name.get_ref().trim().is_empty() {
                let title = "`noise.counts` has a sum without a name".to_owned();
                return Err(self.source.error(name.span(), title, "a name, by which its rows are found"));
            }
            if baths.iter().any(|bath| bath.name == *name.get_ref()) {
                let title = format!("`{key}` has the name of a bath");
                return Err(self.source.error(name.span(), title, "another name"));
            }
            let mut all = vec![0.0; baths.len()];
            for (bath, weight) in weights.get_ref() {
                let index = self.bath_index(bath.get_ref(), bath.span(), &key, baths)?;
                all[index] = *weight.get_ref();
                if !all[index].is_finite() {
                    let title = format!("`{key}.{}` is {}", bath.get_ref(), weight.get_ref());
                    return Err(self.source.error(weight.span(), title, allowed("noise.counts")));
                }
            }
            let counts = |(weight, bath): (&f64, &Bath)| *weight != 0.0 && bath.down + bath.up > 0.0;
            if !all.iter().zip(baths).any(counts) {
                let title = format!("`{key}` counts nothing: no bath of it has a weight and exchanges quanta");
                return Err(self.source.error(weights.span(), title, allowed("noise.counts")));
            }
            Ok(Count { name: name.get_ref().clone(), weights: all })
        };
        table.get_ref().iter().map(of_name).collect()
    }

    /// Numbers that ascend, from a least one up.
    fn numbers_ascending(&self, values: &Key<Vec<Spanned<f64>>>, key: &str, least: f64) -> Result<Vec<f64>> {
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
    }

    /// Counting fields.
    pub(super) fn fields(&self, values: &Key<Vec<Spanned<f64>>>, key: &str) -> Result<Vec<f64>> {
        let fields = self.numbers_ascending(values, key, -LARGEST_FIELD)?;
        if let Some(field) = fields.iter().position(|field| *field > LARGEST_FIELD) {
            let listed = values.as_ref().map_or(&[][..], |listed| listed.get_ref());
            return self.refuse(listed[field].span(), key, &format!("has {}", fields[field]));
        }
        Ok(fields)
    }
}
