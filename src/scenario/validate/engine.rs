//! Which engine evolves a point: the one that is asked for, or the cheapest that is exact for it.

use std::ops::Range;

use toml::Spanned;

use super::super::point::{EngineChoice, Group, Purpose, Recording};
use super::super::raw::RawScenario;
use super::{Result, Validator};
use crate::bath::Coupling;
use crate::initial::InitialState;
use crate::trajectory::{Engine, Leaps, Registers};

/// The most qubits of a register: beyond, a state and its Krylov space take gigabytes.
const MOST_QUBITS: i64 = 20;

impl Validator<'_> {
    /// The engine of a point, and why.
    pub(super) fn engine(&self, raw: &RawScenario, groups: &[Group], steady: bool) -> Result<EngineChoice> {
        let uncounted = steady && raw.noise.is_none() && !self.records(raw) && self.purpose == Purpose::Trajectories;
        let asked = raw.evolution.as_ref().and_then(|evolution| evolution.get_ref().engine.as_ref());
        let choice = match asked.map(|asked| (asked, asked.get_ref().as_str())) {
            None | Some((_, "auto")) => cheapest(groups, uncounted),
            Some((asked, name)) => {
                let engine = match name {
                    "populations" => Engine::Populations,
                    "leaps" => Engine::Leaps,
                    "ladder" => Engine::Ladder,
                    "register" => Engine::Register,
                    other => return self.refuse(asked.span(), "evolution.engine", &format!("is \"{other}\"")),
                };
                if let Some(reason) = cannot(engine, groups) {
                    let title = format!("the {name} engine cannot treat this model: {reason}");
                    let able = cheapest(groups, uncounted);
                    let help = format!("\"{}\" (or \"auto\"): {}", able.engine.name(), able.because);
                    return Err(self.source.error(asked.span(), title, &help));
                }
                if engine == Engine::Leaps && self.purpose == Purpose::Trajectories {
                    self.leaps_suffice(raw, groups, steady, asked.span())?;
                }
                EngineChoice { engine, because: "the scenario asks for it".to_owned() }
            }
        };
        if choice.engine == Engine::Register {
            let span = asked.map(Spanned::span).or(raw.qubits.as_ref().map(Spanned::span)).unwrap_or(0..0);
            for group in groups {
                self.register_fits(group.model.number, span.clone())?;
            }
        }
        Ok(choice)
    }

    /// Refuses what an engine that does not see collective jumps cannot tell.
    fn leaps_suffice(&self, raw: &RawScenario, groups: &[Group], steady: bool, asked: Range<usize>) -> Result<()> {
        let plain = "engine = \"populations\" (or \"auto\"), which goes jump by jump";
        let unseen = "the leaps engine passes over collective jumps";
        let (span, title) = if let Some(noise) = &raw.noise {
            (noise.span(), format!("`noise` counts quanta, and {unseen}"))
        } else if !steady {
            (asked, format!("without [steady] counts, peaks and jumps are recorded, and {unseen}"))
        } else if let Some(record) = raw.record.as_ref().filter(|_| self.records(raw)) {
            (record.span(), format!("`record` keeps single jumps, and {unseen}"))
        } else if !groups.iter().any(|group| group.model.rates(Coupling::Local).any()) {
            (asked, "the leaps engine goes from one local jump to the next, and no local bath acts".to_owned())
        } else if groups.iter().all(|group| group.model.number == 1) {
            (asked, "the leaps engine is for slow changes of J, and one qubit has one J".to_owned())
        } else {
            return Ok(());
        };
        Err(self.source.error(span, title, plain))
    }

    fn records(&self, raw: &RawScenario) -> bool {
        let recording = self.recording(raw.record.as_ref().map(Spanned::get_ref));
        recording.is_ok_and(|recording| recording != Recording::default())
    }

    /// Refuses registers that no machine holds, before anything of their size is made.
    pub(super) fn register_fits(&self, number: i64, span: Range<usize>) -> Result<()> {
        if number <= MOST_QUBITS {
            return Ok(());
        }
        let (engine, each) = Registers::memory(number as usize, false);
        let title = format!(
            "a register of {number} qubits is beyond the {MOST_QUBITS} that are evolved one by one: it would take {:.1e} \
             bytes, and {each:.1e} more for each thread",
            engine + each
        );
        let help = "fewer qubits; or identical ones, for which the populations and ladder engines reach a million";
        Err(self.source.error(span, title, help))
    }
}

/// Why an engine cannot treat a point, if so.
fn cannot(engine: Engine, groups: &[Group]) -> Option<&'static str> {
    let differ = groups.iter().any(|group| group.register.is_some());
    let single = groups.iter().any(|group| matches!(group.initial, InitialState::Angles(_)));
    let driven = groups.iter().any(|group| group.hamiltonian.drive.is_some());
    match engine {
        Engine::Register => None,
        _ if differ => Some("the qubits differ in frequency, coupling or exchange, and |J, M> takes them to be alike"),
        _ if single => Some("the qubits start each in a state of its own, and |J, M> takes them to be alike"),
        Engine::Populations | Engine::Leaps if driven => Some("a drive superposes the levels |J, M>"),
        Engine::Populations | Engine::Leaps | Engine::Ladder => None,
    }
}

/// Collective jumps between two local ones, in the limit of weak local baths, from which on leaping pays: a leap costs as
/// much as some hundred jumps.
const WORTH_A_LEAP: f64 = 1000.0;

/// Whether leaps are exact and cheaper for all groups, and how many jumps they pass over.
fn leaps_pay(groups: &[Group]) -> Option<f64> {
    // One qubit has one sector, and relaxes at once.
    let fits = |group: &Group| (2..Leaps::MOST_LEVELS as i64).contains(&group.model.number);
    let skipped = |group: &Group| Leaps::jumps_skipped(&group.model).filter(|_| fits(group));
    let fewest = groups.iter().map(skipped).try_fold(f64::INFINITY, |least, one| Some(least.min(one?)))?;
    (fewest >= WORTH_A_LEAP).then_some(fewest)
}

/// `uncounted`: a steady state in which nothing is counted.
fn cheapest(groups: &[Group], uncounted: bool) -> EngineChoice {
    let superposed = groups.iter().any(|group| {
        !matches!(group.initial, InitialState::Angles(_)) && group.initial.superposition(group.model.number).is_some()
    });
    let (engine, because) = if let Some(reason) = cannot(Engine::Ladder, groups) {
        (Engine::Register, reason)
    } else if let Some(reason) = cannot(Engine::Populations, groups) {
        (Engine::Ladder, reason)
    } else if superposed {
        (Engine::Ladder, "the initial state superposes levels, and so has a transverse spin")
    } else if let Some(skipped) = leaps_pay(groups).filter(|_| uncounted) {
        let because = format!(
            "some {} collective jumps lie between two local ones, and nothing that is asked for counts them",
            if skipped < 1e15 { format!("{skipped:.0}") } else { format!("{skipped:.1e}") }
        );
        return EngineChoice { engine: Engine::Leaps, because };
    } else {
        (Engine::Populations, "the state stays diagonal in |J, M>, and this is the fastest engine")
    };
    EngineChoice { engine, because: because.to_owned() }
}
