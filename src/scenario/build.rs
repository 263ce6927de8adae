//! A point made in Rust, without the text of a scenario.

use super::asked::{Asked, Solve, Steady};
use super::point::{Point, Recording, point_id};
use crate::group::Group;
use crate::model::protocol::Repeats;
use crate::statistics::GROUPS;
use crate::trajectory::{Engine, EngineChoice, Passage};

/// Why there is no such point.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PointError {
    /// Groups share their baths, and their units.
    #[error("group {group} has other baths or units than the first: their names and couplings must be the same")]
    UnlikeBaths {
        /// Its place, from 0.
        group: usize,
    },
    /// A rate that is negative, or no number.
    #[error("bath \"{bath}\" has a rate of {rate}: rates are finite and not negative")]
    Rate {
        /// The name of the bath.
        bath: String,
        /// The rate.
        rate: f64,
    },
    /// Times that are none.
    #[error("the times {0}: they are finite, not negative, ascending, and the last of them is positive")]
    Times(&'static str),
    /// Too few trajectories.
    #[error("{asked} trajectories are asked for, and {least} are the least")]
    TooFewTrajectories {
        /// How many are asked for.
        asked: u64,
        /// The least.
        least: u64,
    },
    /// There is no such bath.
    #[error("there is no bath {index}: there are {baths}, from 0")]
    NoBath {
        /// What was asked for.
        index: usize,
        /// How many there are.
        baths: usize,
    },
    /// A protocol is of one group of identical qubits.
    #[error("a protocol is of one group of qubits, and there are {groups}")]
    ProtocolOfGroups {
        /// How many there are.
        groups: usize,
    },
    /// The model of a group is that at the start of its protocol.
    #[error(
        "the model, the reservoirs or the units of the group are not those at the start of its protocol: Protocol::model(N, 0)"
    )]
    NotAtItsStart,
    /// A time that a protocol does not reach; of a limit cycle, one beyond its period.
    #[error("the time {time} is beyond the end of the protocol at {end}: add a segment that holds")]
    BeyondProtocol {
        /// The time.
        time: f64,
        /// The end.
        end: f64,
    },
    /// What is not known of a protocol.
    #[error("{0}")]
    OfProtocol(&'static str),
    /// What is not known of ensembles and modes.
    #[error("{0}")]
    OfEnsembles(&'static str),
    /// A passage that nobody can wait for.
    #[error("a passage of {quanta} quanta of bath {bath}: not of none, and of a bath that is counted")]
    Passage {
        /// How many.
        quanta: i64,
        /// Index of the bath.
        bath: usize,
    },
    /// Nothing is asked for.
    #[error("neither times nor the steady state are asked for")]
    Nothing,
    /// Cycles are to be kept, and there are none.
    #[error("cycles are to be kept, and there is no protocol")]
    NoProtocol,
    /// The engine cannot do what is asked.
    #[error("the {engine} engine cannot treat this point: {reason}", engine = engine.name())]
    Engine {
        /// Which.
        engine: Engine,
        /// Why.
        reason: String,
    },
}

/// Makes a [`Point`] of qubits, and computes its id.
///
/// Of the same physics, seed and question it is the same point, and has the same trajectories to the last bit, as one
/// that was read from the text of a scenario.
#[derive(Clone, Debug)]
pub struct PointBuilder {
    groups: Vec<Group>,
    engine: Option<Engine>,
    seed: u64,
    recording: Recording,
}

impl PointBuilder {
    /// A point of these qubits, with the seed 1, the cheapest engine that is exact, and nothing kept beside averages.
    #[must_use]
    pub fn new(group: Group) -> Self {
        PointBuilder { groups: vec![group], engine: None, seed: 1, recording: Recording::default() }
    }

    /// Further qubits, independent of the others, between the same baths.
    #[must_use]
    pub fn group(mut self, group: Group) -> Self {
        self.groups.push(group);
        self
    }

    /// This engine and no other.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// The seed of all streams.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What is kept beside averages.
    #[must_use]
    pub fn recording(mut self, recording: Recording) -> Self {
        self.recording = recording;
        self
    }

    /// The point of which this is asked.
    ///
    /// # Errors
    /// What does not fit together; see [`PointError`].
    pub fn build(self, asked: impl Into<Asked>) -> Result<Point, PointError> {
        let PointBuilder { mut groups, engine, seed, recording } = self;
        let asked = asked.into();
        if matches!(asked, Asked::Converge(_)) {
            groups = groups.into_iter().map(Group::throughout).collect();
        }
        check_groups(&groups)?;
        check_asked(&asked, groups[0].model.baths.len())?;
        check_protocol(&groups, &asked)?;
        check_ensembles(&groups)?;
        if recording.cycles && groups.iter().all(|group| group.protocol.is_none()) {
            return Err(PointError::NoProtocol);
        }
        let uncounted = match &asked {
            Asked::Converge(converge) => {
                let Steady { noise, phases, .. } = &converge.steady;
                noise.baths.is_empty() && phases.is_empty() && recording == Recording::default()
            }
            Asked::Transient(_) | Asked::Solve(_) => false,
        };
        let engine = match engine {
            None => EngineChoice::auto(&groups, uncounted),
            Some(engine) => EngineChoice { engine, because: "it is asked for".to_owned() },
        };
        let refuse = |reason: String| Err(PointError::Engine { engine: engine.engine, reason });
        if let Some(reason) = engine.engine.cannot(&groups) {
            return refuse(reason.to_owned());
        }
        if let Some(reason) = engine.engine.too_large(&groups) {
            return refuse(reason);
        }
        if !engine.engine.facts(&groups).counts_collective && !uncounted && !matches!(asked, Asked::Solve(_)) {
            return refuse("it passes over collective jumps, and what is asked for counts them".to_owned());
        }
        let id = point_id(&groups, engine.engine, &asked);
        Ok(Point { index: 0, id, parameters: Vec::new(), groups, engine, seed, asked, recording })
    }
}

fn check_groups(groups: &[Group]) -> Result<(), PointError> {
    let alike = |group: &Group| {
        let names = |group: &Group| group.model.baths.iter().map(|b| (b.name.clone(), b.coupling)).collect::<Vec<_>>();
        group.model.units == groups[0].model.units && names(group) == names(&groups[0])
    };
    if let Some(group) = groups.iter().position(|group| !alike(group)) {
        return Err(PointError::UnlikeBaths { group });
    }
    for bath in groups.iter().flat_map(|group| group.envelope().into_owned().baths) {
        if let Some(rate) = [bath.down, bath.up, bath.dephasing].into_iter().find(|rate| !(0.0..=1e100).contains(rate))
        {
            return Err(PointError::Rate { bath: bath.name, rate });
        }
    }
    Ok(())
}

fn check_asked(asked: &Asked, baths: usize) -> Result<(), PointError> {
    let bath = |index: usize| if index < baths { Ok(()) } else { Err(PointError::NoBath { index, baths }) };
    let of_steady = |steady: &Steady| {
        bath(steady.bath)?;
        steady.noise.baths.iter().try_for_each(|index| bath(*index))?;
        let comes = |passage: &&Passage| passage.quanta != 0 && steady.noise.baths.contains(&passage.bath);
        match steady.noise.passage.iter().find(|passage| !comes(passage)) {
            Some(&Passage { quanta, bath }) => Err(PointError::Passage { quanta, bath }),
            None => Ok(()),
        }
    };
    let enough = |asked: u64, least: u64| {
        if asked < least { Err(PointError::TooFewTrajectories { asked, least }) } else { Ok(()) }
    };
    match asked {
        Asked::Transient(transient) => {
            check_times(&transient.times)?;
            enough(transient.trajectories, 1)
        }
        Asked::Converge(converge) => {
            of_steady(&converge.steady)?;
            converge.budget.trajectories.map_or(Ok(()), |asked| enough(asked, GROUPS))
        }
        Asked::Solve(solve) => {
            solve.steady.as_ref().map_or(Ok(()), of_steady)?;
            match (solve.times.is_empty(), &solve.steady) {
                (true, None) => Err(PointError::Nothing),
                (true, Some(_)) => Ok(()),
                (false, _) => check_times(&solve.times),
            }
        }
    }
}

/// A protocol begins as the group says, goes on for as long as is looked at, and closes where its limit cycle is asked for.
fn check_protocol(groups: &[Group], asked: &Asked) -> Result<(), PointError> {
    let steady = match asked {
        Asked::Transient(_) => None,
        Asked::Converge(converge) => Some(&converge.steady),
        Asked::Solve(solve) => solve.steady.as_ref(),
    };
    let phases = steady.map_or(&[][..], |steady| &steady.phases);
    let Some((group, protocol)) = groups.iter().find_map(|group| Some((group, group.protocol.as_ref()?))) else {
        return if phases.is_empty() {
            Ok(())
        } else {
            Err(PointError::OfProtocol("phases of a cycle are asked for, and there is no protocol"))
        };
    };
    if groups.len() > 1 {
        return Err(PointError::ProtocolOfGroups { groups: groups.len() });
    }
    if group.hamiltonian.drive.is_some() {
        return Err(PointError::OfProtocol(
            "with a protocol the drive is that of its segments, and the group has its own",
        ));
    }
    let start = (protocol.model(group.model.number, 0.0), &protocol.stages()[0].reservoirs);
    if start != (group.model.clone(), &group.reservoirs) {
        return Err(PointError::NotAtItsStart);
    }
    let end = if steady.is_some() { protocol.period() } else { protocol.end() };
    let times = match asked {
        Asked::Transient(transient) => &transient.times,
        Asked::Solve(Solve { times, steady: None, .. }) => times,
        Asked::Converge(_) | Asked::Solve(_) => phases,
    };
    match (steady, asked) {
        (Some(Steady { noise, .. }), _)
            if !(noise.frequencies.is_empty() && noise.delays.is_empty() && noise.passage.is_empty()) =>
        {
            return Err(PointError::OfProtocol(
                "spectra, correlations and passages are of a steady state in which nothing changes",
            ));
        }
        (Some(Steady { noise, .. }), _) if !noise.windows.iter().all(|window| is_whole(window / end)) => {
            return Err(PointError::OfProtocol("windows of its noise are of whole cycles"));
        }
        (Some(_), _) if protocol.repeats() != Repeats::Cycles(1) => {
            return Err(PointError::OfProtocol(
                "the limit cycle is asked of a protocol of one cycle, Repeats::Cycles(1)",
            ));
        }
        (Some(_), Asked::Solve(solve)) if !solve.times.is_empty() => {
            return Err(PointError::OfProtocol("times of a limit cycle are its `phases`"));
        }
        (Some(_), _) => check_phases(phases)?,
        (None, _) => {}
    }
    match times.last() {
        Some(time) if *time > end * (1.0 + 1e-12) => Err(PointError::BeyondProtocol { time: *time, end }),
        _ => Ok(()),
    }
}

/// Ensembles and modes are one group.
fn check_ensembles(groups: &[Group]) -> Result<(), PointError> {
    if groups.iter().all(|group| group.ensembles.is_none()) {
        return Ok(());
    }
    if groups.len() > 1 {
        return Err(PointError::OfEnsembles(
            "ensembles and modes are a group by themselves, and there are several groups",
        ));
    }
    Ok(())
}

/// Whether so many are whole cycles, to rounding.
fn is_whole(cycles: f64) -> bool {
    cycles.round() >= 1.0 && (cycles - cycles.round()).abs() <= 1e-9 * cycles
}

fn check_phases(phases: &[f64]) -> Result<(), PointError> {
    if phases.is_empty() { Ok(()) } else { check_times(phases) }
}

fn check_times(times: &[f64]) -> Result<(), PointError> {
    let wrong = if times.iter().any(|time| !(time.is_finite() && *time >= 0.0)) {
        "hold a negative one, or one without end"
    } else if times.windows(2).any(|pair| pair[0] >= pair[1]) {
        "do not ascend"
    } else if times.last().is_none_or(|last| *last == 0.0) {
        "have no end"
    } else {
        return Ok(());
    };
    Err(PointError::Times(wrong))
}
