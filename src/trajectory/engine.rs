//! The one place where engines are declared: what each is called, what it can treat and why not, what it sees, what it
//! costs and how it is built. `auto`, the refusals, the plan, the rounds of steady runs and every run read this; a new
//! engine is a variant of [`Engine`], a line in [`Engine::with`], and what it says of itself: [`Declared`].

use std::borrow::Cow;

use serde::Serialize;

use super::protocol::Tuned;
use super::{
    ConditionedPopulations, DrivenLadder, Ladder, Populations, Products, ProtocolLadder, ProtocolProducts,
    ProtocolRegisters, Registers, Sectors, Unravelling,
};
use crate::group::{Group, MOST_WATCHED};
use crate::initial::InitialState;
use crate::quantity::Precision;

/// The engines there are, the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The jump chain on (J, M), for states diagonal in the Dicke basis: [`Populations`], [`ConditionedPopulations`] under a
    /// condition.
    Populations,
    /// The same chain, which passes through a sector J from one local jump to the next: [`Sectors`]. Ids of points have the
    /// name that it had first.
    #[serde(rename = "leaps")]
    Sectors,
    /// Superpositions of the levels of one sector: [`Ladder`], [`DrivenLadder`] with a drive, [`ProtocolLadder`] under a
    /// protocol.
    Ladder,
    /// Qubits that may differ, site by site: [`Registers`], [`ProtocolRegisters`] under a protocol.
    Register,
    /// Ensembles and modes side by side: [`Products`], [`ProtocolProducts`] under a protocol.
    Product,
}

/// What is known of an engine beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Its name in scenarios and results.
    pub name: &'static str,
    /// Whether it follows coherences between levels, and so the transverse spin.
    pub coherent: bool,
    /// Whether collective jumps are seen one by one, and so may be counted.
    pub counts_collective: bool,
    /// Whether a recorder knows the level (J, M) at every time: sectors, emission correlations and entropy need it.
    pub follows_levels: bool,
    /// How precise its values are.
    pub precision: Precision,
    /// The work of a jump of N qubits, roughly, in jumps of the populations engine.
    pub work_of_a_jump: fn(f64) -> f64,
}

/// An engine that a point may ask for.
pub trait Declared: Unravelling + Sized + 'static {
    /// The qubits and baths that it evolves.
    type System: Tuned<Values = Self::Values> + Sync;

    /// What is known of it beforehand.
    const FACTS: Facts;

    /// Why it cannot treat these qubits, if so.
    fn cannot(group: &Group) -> Option<&'static str>;

    /// Why these qubits are too many for it, if so.
    fn too_large(_: &Group) -> Option<String> {
        None
    }

    /// The qubits and baths of a group, as it sees them.
    fn system(group: &Group) -> Self::System;

    /// The engine of a group.
    fn build(group: &Group, system: &Self::System) -> Self;

    /// The state that a group starts in.
    fn initial(group: &Group) -> &Self::Initial;

    /// How many trajectories of a group are best run at once, by [`Unravelling::run_all`].
    fn abreast(_: &Group) -> usize {
        1
    }
}

/// What is done with an engine whose type the doer does not know.
pub trait ForEngine {
    /// What comes of it.
    type Output;

    /// Does it.
    fn of<E: Declared>(self) -> Self::Output;
}

impl Engine {
    /// All of them, the cheapest first.
    pub const ALL: [Engine; 5] =
        [Engine::Populations, Engine::Sectors, Engine::Ladder, Engine::Register, Engine::Product];

    /// Does something with this engine for these groups: the only dispatch there is.
    pub fn with<T: ForEngine>(self, groups: &[Group], task: T) -> T::Output {
        match self {
            Engine::Populations if groups.iter().any(|group| group.conditions.is_some()) => {
                task.of::<ConditionedPopulations>()
            }
            Engine::Populations => task.of::<Populations>(),
            Engine::Sectors => task.of::<Sectors>(),
            Engine::Ladder if groups.iter().any(|group| group.protocol.is_some()) => task.of::<ProtocolLadder>(),
            Engine::Ladder if groups.iter().any(Group::is_driven) => task.of::<DrivenLadder>(),
            Engine::Ladder => task.of::<Ladder>(),
            Engine::Register if groups.iter().any(|group| group.protocol.is_some()) => task.of::<ProtocolRegisters>(),
            Engine::Register => task.of::<Registers>(),
            Engine::Product if groups.iter().any(|group| group.changing_ensembles().is_some()) => {
                task.of::<ProtocolProducts<MOST_WATCHED>>()
            }
            Engine::Product => task.of::<Products<MOST_WATCHED>>(),
        }
    }

    /// What is known of it, for these groups.
    #[must_use]
    pub fn facts(self, groups: &[Group]) -> Facts {
        struct Ask;
        impl ForEngine for Ask {
            type Output = Facts;
            fn of<E: Declared>(self) -> Facts {
                E::FACTS
            }
        }
        self.with(groups, Ask)
    }

    /// Its name in scenarios and results.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts(&[]).name
    }

    /// The engine of a name, or of a former one: `leaps` for `sectors`.
    #[must_use]
    pub fn named(name: &str) -> Option<Engine> {
        let name = if name == "leaps" { "sectors" } else { name };
        Engine::ALL.into_iter().find(|engine| engine.name() == name)
    }

    /// Why it cannot treat these groups, if so.
    #[must_use]
    pub fn cannot(self, groups: &[Group]) -> Option<&'static str> {
        struct Ask<'a>(&'a [Group]);
        impl ForEngine for Ask<'_> {
            type Output = Option<&'static str>;
            fn of<E: Declared>(self) -> Self::Output {
                self.0.iter().find_map(E::cannot)
            }
        }
        self.with(groups, Ask(groups))
    }

    /// Why these groups are too large for it, if so.
    #[must_use]
    pub fn too_large(self, groups: &[Group]) -> Option<String> {
        struct Ask<'a>(&'a [Group]);
        impl ForEngine for Ask<'_> {
            type Output = Option<String>;
            fn of<E: Declared>(self) -> Self::Output {
                self.0.iter().find_map(E::too_large)
            }
        }
        self.with(groups, Ask(groups))
    }

    /// What of the start of these groups it would not show, if anything.
    fn blind(self, groups: &[Group]) -> Option<&'static str> {
        let superposed = |group: &Group| {
            !matches!(group.initial, InitialState::Angles(_))
                && group.initial.superposition(group.model.number).is_some()
        };
        // Under a condition nothing that is transverse is known anyway.
        let conditioned = groups.iter().any(|group| group.conditions.is_some());
        (!self.facts(groups).coherent && !conditioned && groups.iter().any(superposed))
            .then_some("the initial state superposes levels, and so has a transverse spin")
    }
}

/// The engine of a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineChoice {
    /// Which.
    pub engine: Engine,
    /// Why this one, in words.
    pub because: String,
}

impl EngineChoice {
    /// The cheapest engine that is exact for these groups. `uncounted`: a steady state in which nothing is counted.
    #[must_use]
    pub fn auto(groups: &[Group], uncounted: bool) -> Self {
        let mut because = Cow::from("the state stays diagonal in |J, M>, and this is the fastest engine");
        let mut chosen = Engine::Register;
        // Sectors are the populations' own chain, passed through at once where that pays.
        for engine in [Engine::Populations, Engine::Ladder, Engine::Register, Engine::Product] {
            match engine.cannot(groups).or_else(|| engine.blind(groups)) {
                Some(reason) => because = reason.into(),
                None => {
                    chosen = engine;
                    break;
                }
            }
        }
        if let Some(conditions) = groups.iter().find_map(|group| group.conditions.as_ref()) {
            let bath = &groups[0].model.baths[conditions.bath].name;
            let field = conditions.field;
            because = Cow::from(match &conditions.ending {
                None => format!(
                    "the chain of levels on which trajectories are weighed by e^(s C), C the net quanta from {bath}, s = {field:.6e}, theta(s) = {:.6e}",
                    conditions.theta
                ),
                Some(ending) => format!(
                    "the chain of levels on which runs until {} are weighed by e^(s C), C the net quanta from {bath} in all that time, s = {field:.6e}, ln<e^(s C)> = {:.6e}",
                    ending.until(),
                    ending.generating
                ),
            });
        }
        if let Some(skipped) = Sectors::pay(groups)
            .filter(|_| uncounted && chosen == Engine::Populations && groups.iter().all(Group::on_the_ladder))
        {
            let because = format!(
                "some {} collective jumps lie between two local ones, and nothing that is asked for counts them",
                if skipped < 1e15 { format!("{skipped:.0}") } else { format!("{skipped:.1e}") }
            );
            return EngineChoice { engine: Engine::Sectors, because };
        }
        EngineChoice { engine: chosen, because: because.into_owned() }
    }
}

impl Sectors {
    /// Collective jumps between two local ones, in the limit of weak local baths, from which on it pays to pass over them:
    /// a passage costs as much as some hundred jumps.
    const WORTH_A_PASSAGE: f64 = 1000.0;

    /// Whether passages are exact and cheaper for all groups, and how many jumps they pass over.
    fn pay(groups: &[Group]) -> Option<f64> {
        // One qubit has one sector, and relaxes at once.
        let fits = |group: &Group| (2..Sectors::MOST_LEVELS as i64).contains(&group.model.number);
        let skipped = |group: &Group| Sectors::jumps_skipped(&group.model).filter(|_| fits(group));
        let fewest = groups.iter().map(skipped).try_fold(f64::INFINITY, |least, one| Some(least.min(one?)))?;
        (fewest >= Self::WORTH_A_PASSAGE).then_some(fewest)
    }
}
