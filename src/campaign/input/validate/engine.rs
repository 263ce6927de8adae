//! Which engine evolves a point: the one that is asked for, or the cheapest that is exact for it.

use toml::Spanned;

use super::super::point::{EngineChoice, Group};
use super::super::raw::RawScenario;
use super::{Result, Validator};
use crate::initial::InitialState;
use crate::trajectory::{Engine, Registers};

/// The most qubits of a register: beyond, a state and its Krylov space take gigabytes.
const MOST_QUBITS: i64 = 20;

impl Validator<'_> {
    /// The engine of a point, and why.
    pub(super) fn engine(&self, raw: &RawScenario, groups: &[Group]) -> Result<EngineChoice> {
        let asked = raw.evolution.as_ref().and_then(|evolution| evolution.get_ref().engine.as_ref());
        let choice = match asked.map(|asked| (asked, asked.get_ref().as_str())) {
            None | Some((_, "auto")) => cheapest(groups),
            Some((asked, name)) => {
                let engine = match name {
                    "populations" => Engine::Populations,
                    "ladder" => Engine::Ladder,
                    "register" => Engine::Register,
                    other => return self.refuse(asked.span(), "evolution.engine", &format!("is \"{other}\"")),
                };
                if let Some(reason) = cannot(engine, groups) {
                    let title = format!("the {name} engine cannot treat this model: {reason}");
                    let able = cheapest(groups);
                    let help = format!("\"{}\" (or \"auto\"): {}", able.engine.name(), able.because);
                    return Err(self.source.error(asked.span(), title, &help));
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

    /// Refuses registers that no machine holds, before anything of their size is made.
    pub(super) fn register_fits(&self, number: i64, span: std::ops::Range<usize>) -> Result<()> {
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
        Engine::Populations if driven => Some("a drive superposes the levels |J, M>"),
        Engine::Populations | Engine::Ladder => None,
    }
}

fn cheapest(groups: &[Group]) -> EngineChoice {
    let superposed = groups.iter().any(|group| {
        !matches!(group.initial, InitialState::Angles(_)) && group.initial.superposition(group.model.number).is_some()
    });
    let (engine, because) = if let Some(reason) = cannot(Engine::Ladder, groups) {
        (Engine::Register, reason)
    } else if let Some(reason) = cannot(Engine::Populations, groups) {
        (Engine::Ladder, reason)
    } else if superposed {
        (Engine::Ladder, "the initial state superposes levels, and so has a transverse spin")
    } else {
        (Engine::Populations, "the state stays diagonal in |J, M>, and this is the fastest engine")
    };
    EngineChoice { engine, because: because.to_owned() }
}
