//! Which engine evolves a point: the one that is asked for, or the cheapest that is exact for it.

use toml::Spanned;

use super::super::point::{EngineChoice, Group};
use super::super::raw::RawEvolution;
use super::{Result, Validator};
use crate::trajectory::Engine;

impl Validator<'_> {
    /// The engine of a point, and why.
    pub(super) fn engine(&self, raw: Option<&Spanned<RawEvolution>>, groups: &[Group]) -> Result<EngineChoice> {
        let cheapest = cheapest(groups);
        let Some(asked) = raw.and_then(|raw| raw.get_ref().engine.as_ref()) else { return Ok(cheapest) };
        let engine = match asked.get_ref().as_str() {
            "auto" => return Ok(cheapest),
            "populations" => Engine::Populations,
            "ladder" => Engine::Ladder,
            "register" => return self.not_yet(asked.span(), "the register engine", "\"auto\""),
            other => return self.refuse(asked.span(), "evolution.engine", &format!("is \"{other}\"")),
        };
        Ok(EngineChoice { engine, because: "the scenario asks for it".to_owned() })
    }
}

fn cheapest(groups: &[Group]) -> EngineChoice {
    let superposed = groups.iter().any(|group| group.initial.superposition(group.model.number).is_some());
    let (engine, because) = if superposed {
        (Engine::Ladder, "the initial state superposes levels, and so has a transverse spin")
    } else {
        (Engine::Populations, "the state stays diagonal in |J, M>, and this is the fastest engine")
    };
    EngineChoice { engine, because: because.to_owned() }
}
