//! The scenario file as it was typed: a mirror of the keys, with spans, and no meaning yet.
//!
//! Nothing outside `scenario` sees these; `validate/` turns them into a [`super::Point`]. A table knows its keys, of which
//! the schema and the documentation are made.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::described::{Described, InOrder, Kind, read_key};

/// A value that may be left out.
pub type Key<T> = Option<Spanned<T>>;

/// Pairs of a time and a value.
pub type RawTable = Key<Vec<Spanned<Vec<Spanned<f64>>>>>;

/// What a quantum of each bath counts.
pub type RawWeights = BTreeMap<Spanned<String>, Spanned<f64>>;

/// Tables of keys.
macro_rules! tables {
    ($($(#[$meta:meta])* pub struct $table:ident { $(pub $key:ident: $value:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug)]
            pub struct $table { $(pub $key: $value,)* }

            impl Described for $table {
                fn kind() -> Kind {
                    Kind::Table(vec![$((stringify!($key), <$value>::kind()),)*])
                }

                fn read(value: &Spanned<DeValue>) -> Option<Self> {
                    let table = value.get_ref().as_table()?;
                    Some($table { $($key: read_key(table, stringify!($key))?,)* })
                }
            }
        )*
    };
}

tables! {
    pub struct RawScenario {
        pub title: Option<String>,
        pub units: Key<String>,
        pub qubits: Key<RawQubits>,
        pub positions: Key<RawPositions>,
        pub decay: Vec<Spanned<RawDecay>>,
        pub bath: Vec<Spanned<RawBath>>,
        pub ensemble: Vec<Spanned<RawEnsemble>>,
        pub mode: Vec<Spanned<RawMode>>,
        pub parameters: Key<BTreeMap<Spanned<String>, Spanned<f64>>>,
        pub hamiltonian: Key<RawHamiltonian>,
        pub jump: Vec<Spanned<RawJump>>,
        pub observe: Key<BTreeMap<Spanned<String>, Spanned<String>>>,
        pub correlate: Vec<Spanned<RawCorrelate>>,
        pub drive: Key<RawDrive>,
        pub protocol: Key<RawProtocol>,
        pub initial: Key<RawInitial>,
        pub evolution: Key<RawEvolution>,
        pub record: Key<RawRecord>,
        pub steady: Key<RawSteady>,
        pub noise: Key<RawNoise>,
        pub condition: Key<RawCondition>,
        pub figure: Key<BTreeMap<Spanned<String>, Spanned<RawFigure>>>,
    }

    pub struct RawQubits {
        pub number: Key<i64>,
        pub frequency: Key<f64>,
        pub transmon: Key<RawTransmon>,
        pub frequencies: Key<Vec<f64>>,
        pub spread: Key<f64>,
        pub disorder: Key<RawDisorder>,
        pub couplings: Key<Vec<f64>>,
        pub exchange: Key<toml::Value>,
        pub twisting: Key<f64>,
        pub group: Key<Vec<Spanned<RawGroup>>>,
    }

    pub struct RawPositions {
        pub kind: Key<String>,
        pub points: Key<Vec<Vec<f64>>>,
        pub lattice: Key<String>,
        pub spacing: Key<f64>,
        pub count: Key<toml::Value>,
        pub dipole: Key<Vec<toml::Value>>,
        pub right: Key<f64>,
    }

    pub struct RawDecay {
        pub name: Key<String>,
        pub matrix: Key<Vec<Vec<toml::Value>>>,
    }

    pub struct RawEnsemble {
        pub name: Key<String>,
        pub number: Key<i64>,
        pub frequency: Key<f64>,
        pub coupling: Key<toml::Value>,
        pub initial: Key<RawStart>,
    }

    pub struct RawMode {
        pub name: Key<String>,
        pub frequency: Key<f64>,
        pub levels: Key<RawCourse<RawCut>>,
        pub coupling: Key<toml::Value>,
        pub initial: Key<RawCourse<RawQuanta>>,
    }

    /// How the cut of a mode grows.
    pub struct RawCut {
        pub most: Key<i64>,
        pub weight: Key<f64>,
    }

    /// Where a mode starts.
    pub struct RawQuanta {
        pub quanta: Key<i64>,
        pub alpha: Key<toml::Value>,
    }

    pub struct RawHamiltonian {
        pub terms: Key<Vec<Spanned<RawTerm>>>,
    }

    pub struct RawTerm {
        pub operator: Key<String>,
    }

    pub struct RawJump {
        pub name: Key<String>,
        pub operator: Key<String>,
        pub rate: Key<f64>,
        pub temperature: Key<f64>,
        pub quantum: Key<f64>,
    }

    /// A correlation of operators at two times.
    pub struct RawCorrelate {
        pub name: Key<String>,
        pub left: Key<String>,
        pub right: Key<String>,
        pub outer: Key<String>,
        pub photons: Key<String>,
        pub at: Key<f64>,
        pub delays: Key<toml::Value>,
        pub frequencies: Key<toml::Value>,
    }

    pub struct RawDisorder {
        pub width: Key<f64>,
        pub seed: Key<i64>,
    }

    pub struct RawDrive {
        pub amplitude: Key<f64>,
        pub amplitudes: Key<Vec<toml::Value>>,
        pub direction: Key<Vec<f64>>,
        pub detuning: Key<f64>,
    }

    pub struct RawProtocol {
        pub cycles: Key<toml::Value>,
        pub segment: Key<InOrder<Spanned<RawSegment>>>,
    }

    pub struct RawSegment {
        pub duration: Key<f64>,
        pub frequency: Key<RawCourse>,
        pub bath: Key<InOrder<Spanned<RawChanges>>>,
        pub drive: Key<RawDriveChanges>,
        pub parameters: Key<InOrder<Spanned<RawCourse<RawWave>>>>,
        pub ensemble: Key<InOrder<Spanned<RawTuned>>>,
        pub mode: Key<InOrder<Spanned<RawTuned>>>,
        pub jump: Key<InOrder<Spanned<RawJumpChanges>>>,
    }

    /// What a segment changes of an ensemble or a mode.
    pub struct RawTuned {
        pub frequency: Key<RawCourse>,
    }

    /// What a segment changes of a jump.
    pub struct RawJumpChanges {
        pub rate: Key<RawCourse>,
        pub temperature: Key<RawCourse>,
    }

    /// What a segment changes of a bath.
    pub struct RawChanges {
        pub rate: Key<RawCourse>,
        pub temperature: Key<RawCourse>,
        pub down: Key<RawCourse>,
        pub up: Key<RawCourse>,
        pub dephasing: Key<RawCourse>,
    }

    /// What a segment changes of the drive.
    pub struct RawDriveChanges {
        pub amplitude: Key<RawCourse<RawWave>>,
        pub detuning: Key<RawCourse<RawWave>>,
        pub phase: Key<RawCourse>,
    }

    /// How a value goes in a segment, or that it is a pulse.
    pub struct RawWave {
        pub to: Key<f64>,
        pub from: Key<f64>,
        pub shape: Key<String>,
        pub table: RawTable,
        pub pulse: Key<String>,
        pub amplitude: Key<f64>,
        pub centre: Key<f64>,
        pub width: Key<f64>,
    }

    /// How a value goes in a segment.
    pub struct RawWay {
        pub to: Key<f64>,
        pub from: Key<f64>,
        pub shape: Key<String>,
        pub table: RawTable,
    }

    pub struct RawGroup {
        pub number: Key<i64>,
        pub frequency: Key<f64>,
        pub transmon: Key<RawTransmon>,
    }

    pub struct RawBath {
        pub name: Key<String>,
        pub coupling: Key<String>,
        pub amplitudes: Key<Vec<toml::Value>>,
        pub on: Key<Vec<Spanned<String>>>,
        pub frequency: Key<f64>,
        pub rate: Key<f64>,
        pub temperature: Key<f64>,
        pub down: Key<f64>,
        pub up: Key<f64>,
        pub dephasing: Key<f64>,
        pub quantum: Key<f64>,
        pub filter: Key<RawFilter>,
        pub circuit: Key<RawCircuit>,
    }

    pub struct RawFilter {
        pub quality: Key<f64>,
        pub resonance: Key<f64>,
        pub form: Key<String>,
    }

    pub struct RawTransmon {
        pub josephson: Key<f64>,
        pub charging: Key<f64>,
    }

    pub struct RawCircuit {
        pub coupling: Key<f64>,
        pub resistance: Key<f64>,
        pub inductance: Key<f64>,
        pub capacitance: Key<f64>,
        pub form: Key<String>,
    }

    #[derive(Default)]
    pub struct RawInitial {
        pub state: Key<String>,
        pub j: Key<f64>,
        pub m: Key<f64>,
        pub theta: Key<f64>,
        pub phi: Key<f64>,
        pub temperature: Key<f64>,
        pub excited: Key<i64>,
        pub bits: Key<String>,
        pub angles: Key<Vec<toml::Value>>,
        pub amplitudes: Key<Vec<toml::Value>>,
    }

    #[derive(Default)]
    pub struct RawEvolution {
        pub engine: Key<String>,
        pub until: Key<f64>,
        pub samples: Key<i64>,
        pub times: Key<Vec<Spanned<f64>>>,
        pub spacing: Key<String>,
        pub trajectories: Key<i64>,
        pub seed: Key<i64>,
    }

    #[derive(Default)]
    pub struct RawRecord {
        pub jumps: Key<bool>,
        pub photons: Key<i64>,
        pub cycles: Key<bool>,
        pub directions: Key<bool>,
        pub trajectories: Key<toml::Value>,
    }

    pub struct RawSteady {
        pub relative_error: Key<f64>,
        pub absolute_error: Key<f64>,
        pub confidence: Key<f64>,
        pub max_jumps: Key<f64>,
        pub bath: Key<String>,
    }

    pub struct RawNoise {
        pub baths: Key<Vec<Spanned<String>>>,
        pub windows: Key<Vec<Spanned<f64>>>,
        pub frequencies: Key<Vec<Spanned<f64>>>,
        pub delays: Key<Vec<Spanned<f64>>>,
        pub passage: Key<BTreeMap<Spanned<String>, Spanned<i64>>>,
        pub passage_times: Key<Vec<Spanned<f64>>>,
        pub order: Key<i64>,
        pub counting_fields: Key<Vec<Spanned<f64>>>,
        pub relaxation: Key<i64>,
        pub counts: Key<BTreeMap<Spanned<String>, Spanned<RawWeights>>>,
    }

    pub struct RawCondition {
        pub bath: Key<String>,
        pub field: Key<f64>,
        pub current: Key<f64>,
        pub over: Key<String>,
        pub order: Key<i64>,
        pub counting_fields: Key<Vec<Spanned<f64>>>,
    }

    /// What to draw; it changes no result, and is read again by what draws.
    pub struct RawFigure {
        pub quantity: Key<String>,
        pub bath: Key<String>,
        pub against: Key<String>,
        pub curves: Key<String>,
        pub values: Key<Vec<f64>>,
        pub labels: Option<Vec<String>>,
        pub panels: Key<String>,
        pub over: Key<String>,
        pub references: Key<Vec<Spanned<String>>>,
        pub log: Key<Vec<Spanned<String>>>,
        pub width: Key<toml::Value>,
        pub font: Key<f64>,
        pub legend: Key<String>,
    }
}

/// A value in a segment: one that stays, or the way it goes.
#[derive(Clone, Debug)]
pub enum RawCourse<W = RawWay> {
    Held(f64),
    Way(W),
}

impl<W: Described> Described for RawCourse<W> {
    fn kind() -> Kind {
        Kind::NumberOr(Box::new(W::kind()))
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        f64::read(value).map(RawCourse::Held).or_else(|| W::read(value).map(RawCourse::Way))
    }
}

/// An initial state by its name alone, or a table of it.
#[derive(Clone, Debug)]
pub enum RawStart {
    Name(String),
    State(Box<RawInitial>),
}

impl Described for RawStart {
    fn kind() -> Kind {
        Kind::WordOr(Box::new(RawInitial::kind()))
    }

    fn read(value: &Spanned<DeValue>) -> Option<Self> {
        let state = || RawInitial::read(value).map(|state| RawStart::State(Box::new(state)));
        String::read(value).map(RawStart::Name).or_else(state)
    }
}
