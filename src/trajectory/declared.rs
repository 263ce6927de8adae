//! What each engine says of itself.

use super::engine::{Declared, Facts};
use super::{
    ConditionedPopulations, DrivenLadder, Ladder, Populations, Products, ProtocolLadder, ProtocolProducts,
    ProtocolRegisters, Registers, Sectors, Start,
};
use crate::group::{Ensembles, Group, MOST_WATCHED};
use crate::initial::{InitialState, ProductStart};
use crate::model::protocol::Protocol;
use crate::model::{Conditioned, Model, Register};
use crate::quantity::Precision;

/// Why what is made for one ensemble does not treat these.
const SEVERAL: &str =
    "ensembles and modes side by side live in a product of spaces, not in |J, M> of one ensemble or in one register";

/// Why these qubits are followed by the jumps of their levels alone.
const CONDITIONED: &str =
    "a condition changes the rates of every level |J, M>, which the populations engine jumps between";

/// Why the levels (J, M) do not hold a state of these qubits, or another engine than that of a condition is asked for.
fn unlike(group: &Group) -> Option<&'static str> {
    if group.ensembles.is_some() {
        Some(SEVERAL)
    } else if group.register.is_some() {
        Some("the qubits differ in frequency, coupling or exchange, and |J, M> takes them to be alike")
    } else if group.conditions.is_some() {
        Some(CONDITIONED)
    } else if matches!(group.initial, InitialState::Angles(_)) {
        Some("the qubits start each in a state of its own, and |J, M> takes them to be alike")
    } else {
        None
    }
}

/// Why a state of these qubits is no mixture of levels.
fn superposed(group: &Group) -> Option<&'static str> {
    unlike(group).or_else(|| group.is_driven().then_some("a drive superposes the levels |J, M>"))
}

/// Why an engine whose rates stay cannot follow these qubits.
fn changing(group: &Group) -> Option<&'static str> {
    group.protocol.is_some().then_some("its rates stay, and a protocol changes them")
}

impl Declared for Populations {
    type System = Model;

    const FACTS: Facts = Facts {
        name: "populations",
        coherent: false,
        counts_collective: true,
        follows_levels: true,
        precision: Precision::LEVELS,
        work_of_a_jump: |_| 1.0,
    };

    fn cannot(group: &Group) -> Option<&'static str> {
        superposed(group)
    }

    fn system(group: &Group) -> Model {
        group.envelope().into_owned()
    }

    fn build(_: &Group, model: &Model) -> Self {
        Populations::new(model)
    }

    fn initial(group: &Group) -> &InitialState {
        &group.initial
    }
}

impl Declared for ConditionedPopulations {
    type System = Conditioned;

    const FACTS: Facts = <Populations as Declared>::FACTS;

    /// What a condition is not solved for is refused where it is read.
    fn cannot(_: &Group) -> Option<&'static str> {
        None
    }

    fn system(group: &Group) -> Conditioned {
        let conditions = group.conditions.as_ref().expect("an engine of conditions is chosen where there is one");
        Conditioned::new(&group.model, conditions.clone())
    }

    fn build(group: &Group, qubits: &Conditioned) -> Self {
        ConditionedPopulations::new(qubits.clone(), &group.initial)
    }

    fn initial(group: &Group) -> &InitialState {
        &group.initial
    }
}

impl Declared for Sectors {
    type System = Model;

    const FACTS: Facts = Facts {
        name: "sectors",
        coherent: false,
        counts_collective: false,
        follows_levels: false,
        precision: Precision::LEVELS,
        // Local jumps alone are counted, each at the end of a passage.
        work_of_a_jump: |_| 50.0,
    };

    fn cannot(group: &Group) -> Option<&'static str> {
        superposed(group).or_else(|| changing(group))
    }

    fn system(group: &Group) -> Model {
        group.model.clone()
    }

    fn build(_: &Group, model: &Model) -> Self {
        Sectors::new(model)
    }

    fn initial(group: &Group) -> &InitialState {
        &group.initial
    }
}

impl Declared for Ladder {
    type System = Model;

    const FACTS: Facts = Facts {
        name: "ladder",
        coherent: true,
        counts_collective: true,
        follows_levels: false,
        precision: Precision::AMPLITUDES,
        work_of_a_jump: |n| 3.0 + 0.16 * n,
    };

    fn cannot(group: &Group) -> Option<&'static str> {
        unlike(group)
    }

    fn system(group: &Group) -> Model {
        group.model.clone()
    }

    fn build(group: &Group, model: &Model) -> Self {
        Ladder::new(model, &group.hamiltonian)
    }

    fn initial(group: &Group) -> &InitialState {
        &group.initial
    }
}

impl Declared for DrivenLadder {
    type System = Model;

    const FACTS: Facts = Facts {
        precision: Precision::STEPS,
        // Most states are as wide as a coherent one.
        work_of_a_jump: |n| 150.0 + 100.0 * n.sqrt(),
        ..<Ladder as Declared>::FACTS
    };

    fn cannot(group: &Group) -> Option<&'static str> {
        unlike(group)
    }

    fn system(group: &Group) -> Model {
        group.model.clone()
    }

    fn build(group: &Group, model: &Model) -> Self {
        DrivenLadder::new(model, &group.hamiltonian)
    }

    fn initial(group: &Group) -> &InitialState {
        &group.initial
    }
}

impl Declared for Registers {
    type System = Register;

    const FACTS: Facts = Facts {
        name: "register",
        coherent: true,
        counts_collective: true,
        follows_levels: false,
        precision: Precision::STEPS,
        // The largest block of sharp excitation number, and its neighbours in each of N qubits.
        work_of_a_jump: |n| 50.0 + n * 2.0_f64.powf(n) / n.sqrt(),
    };

    fn cannot(group: &Group) -> Option<&'static str> {
        group.ensembles.as_ref().map(|_| SEVERAL).or_else(|| group.conditions.as_ref().map(|_| CONDITIONED))
    }

    fn too_large(group: &Group) -> Option<String> {
        Registers::too_many(group.model.number)
    }

    fn system(group: &Group) -> Register {
        group.register()
    }

    fn build(group: &Group, register: &Register) -> Self {
        Registers::new(register, superposes(group))
    }

    fn initial(group: &Group) -> &InitialState {
        &group.initial
    }

    fn abreast(group: &Group) -> usize {
        Registers::runs(group.model.number as usize, superposes(group) || group.is_driven()).unwrap_or(1)
    }
}

/// Whether a group starts in a superposition of several numbers of excited qubits, which a register keeps whole.
fn superposes(group: &Group) -> bool {
    !Start::new(&group.initial, group.model.number as usize).is_sharp()
}

/// The protocol that an engine was chosen for.
fn protocol(group: &Group) -> &Protocol {
    group.protocol.as_ref().expect("an engine of protocols is chosen where there is one")
}

impl Declared for ProtocolLadder {
    type System = Model;

    // Steps on which something changes are of all levels.
    const FACTS: Facts = Facts { work_of_a_jump: |n| 50.0 + n * n, ..<DrivenLadder as Declared>::FACTS };

    fn cannot(group: &Group) -> Option<&'static str> {
        unlike(group)
    }

    fn system(group: &Group) -> Model {
        group.envelope().into_owned()
    }

    fn build(group: &Group, model: &Model) -> Self {
        ProtocolLadder::new(protocol(group), &group.hamiltonian, model.number)
    }

    fn initial(group: &Group) -> &InitialState {
        &group.initial
    }
}

impl Declared for ProtocolRegisters {
    type System = Register;

    const FACTS: Facts = <Registers as Declared>::FACTS;

    fn cannot(group: &Group) -> Option<&'static str> {
        let unlike = |register: &Register| ProtocolRegisters::unlike(register);
        group.ensembles.as_ref().map(|_| SEVERAL).or_else(|| group.register.as_ref().and_then(unlike))
    }

    fn too_large(group: &Group) -> Option<String> {
        Registers::too_many(group.model.number)
    }

    fn system(group: &Group) -> Register {
        let Model { frequency, baths, .. } = group.envelope().into_owned();
        let register = group.register();
        Register { frequency, frequencies: vec![frequency; register.number()], baths, ..register }
    }

    fn build(group: &Group, register: &Register) -> Self {
        ProtocolRegisters::new(protocol(group), register, superposes(group))
            .expect("`cannot` has refused what it cannot")
    }

    fn initial(group: &Group) -> &InitialState {
        &group.initial
    }
}

/// Room for all that a group of ensembles may record.
type OfEnsembles = Products<MOST_WATCHED>;

/// The ensembles of a group, which has them: no other group comes near.
fn ensembles(group: &Group) -> &Ensembles {
    group.ensembles.as_deref().unwrap_or_else(|| unreachable!("the product engine is of ensembles and modes alone"))
}

impl Declared for OfEnsembles {
    type System = Ensembles;

    const FACTS: Facts = Facts {
        name: "product",
        coherent: false,
        counts_collective: true,
        follows_levels: false,
        precision: Precision::STEPS,
        // Of so many states, not of qubits.
        work_of_a_jump: |states| 50.0 + 20.0 * states,
    };

    fn cannot(group: &Group) -> Option<&'static str> {
        group.ensembles.is_none().then_some("it is of ensembles and modes side by side, [[ensemble]] and [[mode]]")
    }

    fn too_large(group: &Group) -> Option<String> {
        let ensembles = ensembles(group);
        let size = Self::size(ensembles.product(), ensembles.start(), ensembles.watched());
        size.err().map(|error| error.to_string())
    }

    fn system(group: &Group) -> Ensembles {
        ensembles(group).clone()
    }

    fn build(_: &Group, system: &Ensembles) -> Self {
        let watched = system.watched().to_vec();
        let engine = Self::watching(system.unravelled(), system.start(), watched, system.followed());
        engine.unwrap_or_else(|error| unreachable!("too_large has said so before: {error}"))
    }

    fn initial(group: &Group) -> &ProductStart {
        ensembles(group).start()
    }

    fn abreast(group: &Group) -> usize {
        let ensembles = ensembles(group);
        let size = Self::size(ensembles.unravelled(), ensembles.start(), ensembles.watched());
        size.ok().filter(|_| ensembles.protocol().is_none()).map_or(1, |size| size.abreast)
    }
}

impl Declared for ProtocolProducts<MOST_WATCHED> {
    type System = Ensembles;

    const FACTS: Facts = <OfEnsembles as Declared>::FACTS;

    fn cannot(group: &Group) -> Option<&'static str> {
        OfEnsembles::cannot(group)
    }

    fn too_large(group: &Group) -> Option<String> {
        OfEnsembles::too_large(group)
    }

    fn system(group: &Group) -> Ensembles {
        ensembles(group).clone()
    }

    fn build(_: &Group, system: &Ensembles) -> Self {
        let protocol = system.protocol().unwrap_or_else(|| unreachable!("it is chosen where there is a protocol"));
        let engine = Self::new(protocol, system.start(), system.changing(), system.followed());
        engine.unwrap_or_else(|error| unreachable!("too_large has said so before: {error}"))
    }

    fn initial(group: &Group) -> &ProductStart {
        ensembles(group).start()
    }
}
