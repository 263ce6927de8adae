//! Which engine evolves a point: the one that is asked for, or the cheapest that is exact for it.

use std::ops::Range;

use toml::Spanned;

use super::super::asked::Purpose;
use super::super::point::Recording;
use super::super::raw::RawScenario;
use super::super::source::ScenarioError;
use super::{Result, Validator};
use crate::group::Group;
use crate::trajectory::{Engine, EngineChoice, Registers};

impl Validator<'_> {
    /// The engine of a point, and why.
    pub(super) fn engine(&self, raw: &RawScenario, groups: &[Group], steady: bool) -> Result<EngineChoice> {
        // Work and heat of a protocol are counted quantum by quantum.
        let counted = raw.protocol.is_some() || raw.noise.is_some() || self.records(raw);
        let uncounted = steady && !counted && self.purpose == Purpose::Trajectories;
        let asked = raw.evolution.as_ref().and_then(|evolution| evolution.get_ref().engine.as_ref());
        let choice = match asked.map(|asked| (asked, asked.get_ref().as_str())) {
            None | Some((_, "auto")) => EngineChoice::auto(groups, uncounted),
            Some((asked, name)) => {
                let Some(engine) = Engine::named(name) else {
                    return self.no_word(asked, "evolution.engine");
                };
                if let Some(reason) = engine.cannot(groups) {
                    let title = format!("the {} engine cannot treat this model: {reason}", engine.name());
                    let able = EngineChoice::auto(groups, uncounted);
                    if able.engine.cannot(groups).is_some() {
                        // Qubits that differ in frequency are refused beside a protocol.
                        return Err(ScenarioError::told());
                    }
                    let help = format!("\"{}\" (or \"auto\"): {}", able.engine.name(), able.because);
                    return Err(self.source.error(asked.span(), title, &help));
                }
                if !engine.facts(groups).counts_collective && self.purpose == Purpose::Trajectories {
                    self.sectors_suffice(raw, groups, steady, asked.span())?;
                }
                // What is no longer its name is said.
                let former =
                    if name == engine.name() { String::new() } else { format!(", as \"{name}\", its former name") };
                EngineChoice { engine, because: format!("the scenario asks for it{former}") }
            }
        };
        if choice.engine.cannot(groups).is_some() {
            return Err(ScenarioError::told());
        }
        if let Some(title) = choice.engine.too_large(groups) {
            let span = asked.map(Spanned::span).or(raw.qubits.as_ref().map(Spanned::span)).unwrap_or(0..0);
            if groups.iter().any(|group| group.ensembles.is_some()) {
                let span =
                    raw.ensemble.first().map(Spanned::span).or(raw.mode.first().map(Spanned::span)).unwrap_or(0..0);
                let help =
                    "fewer qubits, levels or ensembles; or terms and jumps that conserve the number of excitations";
                return Err(self.source.error(span, title, help));
            }
            return Err(self.too_many_for_a_register(title, span));
        }
        Ok(choice)
    }

    /// Refuses what an engine that does not see collective jumps cannot tell.
    fn sectors_suffice(&self, raw: &RawScenario, groups: &[Group], steady: bool, asked: Range<usize>) -> Result<()> {
        let plain = "engine = \"populations\" (or \"auto\"), which goes jump by jump";
        let unseen = "the sectors engine passes over collective jumps";
        let (span, title) = if let Some(noise) = &raw.noise {
            (noise.span(), format!("`noise` counts quanta, and {unseen}"))
        } else if !steady {
            (asked, format!("without [steady] counts, peaks and jumps are recorded, and {unseen}"))
        } else if let Some(record) = raw.record.as_ref().filter(|_| self.records(raw)) {
            (record.span(), format!("`record` keeps single jumps, and {unseen}"))
        } else if !groups.iter().any(|group| group.model.mixes_sectors()) {
            (asked, "the sectors engine goes from one local jump to the next, and no local bath acts".to_owned())
        } else if groups.iter().all(|group| group.model.number == 1) {
            (asked, "the sectors engine is for slow changes of J, and one qubit has one J".to_owned())
        } else {
            return Ok(());
        };
        Err(self.source.error(span, title, plain))
    }

    fn records(&self, raw: &RawScenario) -> bool {
        let recording = self.recording(raw.record.as_ref().map(Spanned::get_ref));
        let rows = Recording::default().trajectories;
        recording.is_ok_and(|recording| Recording { trajectories: rows, ..recording } != Recording::default())
    }

    /// Refuses registers that no machine holds, before anything of their size is made.
    pub(super) fn register_fits(&self, number: i64, span: Range<usize>) -> Result<()> {
        Registers::too_many(number).map_or(Ok(()), |title| Err(self.too_many_for_a_register(title, span)))
    }

    fn too_many_for_a_register(&self, title: String, span: Range<usize>) -> ScenarioError {
        let help = "fewer qubits; identical ones, for which the populations and ladder engines reach a million; or up to \
                    1000 in a few classes of like frequency and coupling, that start alike and without drive, twisting and \
                    exchange: each is an ensemble then (as in [[ensemble]])";
        self.source.error(span, title, help)
    }
}
