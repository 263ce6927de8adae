//! What the equation of a point is made of, for other programs to build it: rates, frequencies and the initial state.

use serde_json::{Value, json};
use superjump::bath::Process;
use superjump::bath::{Bath, Rates};
use superjump::group::{Ensembles, Group};
use superjump::initial::InitialState;
use superjump::model::operator::Operator;
use superjump::model::product::{Channel, JumpOperator, Kind, Levels, Watched};
use superjump::model::protocol::{Protocol, Stage};
use superjump::scenario::Point;

/// The groups of qubits of a point, as JSON: frequencies in the unit of the scenario with what a unit of them is as a rate
/// and as a heat current, rates, couplings, and the state at the start.
pub fn model(point: &Point) -> Value {
    json!({
        "qubits": point.number(),
        "protocol": point.protocol().map(|of| protocol(point, of)),
        "conditioned": point.conditions().is_some(),
        "times": point.times(),
        "groups": point.groups.iter().map(group).collect::<Vec<_>>(),
    })
}

/// Ensembles and modes, as JSON: the factors, H in radians per unit of time, the jumps of every bath with their rates, where
/// each factor starts, and the operators whose means are recorded, in the units of the results. An operator is a list of its
/// words, each a coefficient and the powers of J_+, J_z, J_- (or of a^dagger and a) in every factor.
pub fn ensembles(ensembles: &Ensembles) -> Value {
    let (product, start) = (ensembles.product(), ensembles.start());
    let tops = start.tops(product);
    let factor = |place: usize| {
        let own = &product.factors()[place];
        let (kind, number) = match own.kind {
            Kind::Qubits(number) => ("qubits", number),
            // A cut that grows has no number of its own.
            Kind::Mode { levels: Levels::Grown { .. } } => ("growing mode", start.levels()[place]),
            Kind::Mode { .. } => ("mode", start.levels()[place]),
        };
        let pure = start.mixture(place).into_iter().map(|(p, (two_j, amplitudes))| {
            let amplitudes: Vec<[f64; 2]> = amplitudes.iter().map(|c| [c.re, c.im]).collect();
            json!({ "probability": p, "two_j": two_j, "amplitudes": amplitudes })
        });
        // 2J of an ensemble that never changes it.
        let two_j = if let [two_j] = tops[place][..] { Some(two_j) } else { None };
        json!({ "name": own.name, "kind": kind, "number": number, "two_j": two_j, "start": pure.collect::<Vec<_>>() })
    };
    let channel = |channel: &Channel| match &channel.jump {
        JumpOperator::Operator(operator) => json!({ "rate": channel.rate, "operator": words(operator) }),
        JumpOperator::EachQubit { factor, .. } => {
            let which = match channel.process {
                Process::Emission => "lower",
                Process::Absorption => "raise",
                Process::Dephasing => "turn",
            };
            json!({ "rate": channel.rate, "each": factor, "which": which })
        }
    };
    let bath = |place: usize| {
        let own = &product.baths()[place];
        json!({
            "name": own.name,
            "channels": own.channels().iter().map(channel).collect::<Vec<_>>(),
            "heat_current": words(&product.heat_current(place)),
            "intensity": words(&product.intensity(place, Process::Emission)),
        })
    };
    let observable = |place: usize| {
        let one = &ensembles.looked_at()[place];
        match &one.watched {
            Watched::Operator(operator) => Some(json!({ "name": one.name, "operator": words(operator) })),
            Watched::Top(factor) => Some(json!({ "name": one.name, "top": factor })),
            // No mean of an operator.
            Watched::Levels(_) => None,
        }
    };
    json!({
        "factors": (0..product.factors().len()).map(factor).collect::<Vec<_>>(),
        "hamiltonian": words(&product.hamiltonian()),
        "baths": (0..product.baths().len()).map(bath).collect::<Vec<_>>(),
        "observables": (0..ensembles.looked_at().len()).filter_map(observable).collect::<Vec<_>>(),
    })
}

fn words(operator: &Operator) -> Value {
    let terms = operator.terms().map(|(word, value)| {
        let powers: Vec<[u32; 3]> = word.iter().map(|powers| [powers.raise, powers.z, powers.lower]).collect();
        json!([value.re, value.im, powers])
    });
    terms.collect()
}

/// A protocol in time: its segments, with what the qubits, the baths and the drive are at their ends, and the stretches
/// between corners and edges. Times are since the start of a segment.
pub fn protocol(point: &Point, protocol: &Protocol) -> Value {
    let stage = |stage: &Stage| {
        let ends = |value: &dyn Fn(f64) -> f64| [value(0.0), value(stage.duration)];
        let rates = |bath: usize| {
            let of = |rate: fn(&Rates) -> f64| ends(&|time| rate(&stage.rates(bath, time)));
            json!({ "down": of(|rates| rates.down), "up": of(|rates| rates.up), "dephasing": of(|rates| rates.dephasing) })
        };
        json!({
            "name": stage.name, "start": stage.start, "duration": stage.duration,
            "frequency": ends(&|time| stage.frequency.at(time)),
            "baths": (0..stage.reservoirs.len()).map(rates).collect::<Vec<_>>(),
            "driven": !stage.drive.is_off(),
            "stretches": stage.stretches().iter().map(|stretch| [stretch.from, stretch.until]).collect::<Vec<_>>(),
        })
    };
    json!({
        "period": protocol.period(), "cycles": protocol.cycles(), "driven": protocol.is_driven(),
        "until_steady": point.steady().is_some(),
        "stages": protocol.stages().iter().map(stage).collect::<Vec<_>>(),
    })
}

/// What a protocol makes of the qubits at a time within a stretch of a segment: their frequency, the drive (Omega cos phi,
/// Omega sin phi, Delta), and the rates of each bath, (down, up, dephasing). `None` where there is no such stretch.
pub fn moment(point: &Point, stage: usize, stretch: usize, time: f64) -> Option<Moment> {
    let stage = point.protocol()?.stages().get(stage)?;
    let field = stage.field_in(stage.stretches().get(stretch)?, time);
    let rates = (0..stage.reservoirs.len()).map(|bath| stage.rates(bath, time));
    let rates = rates.map(|Rates { down, up, dephasing }| (down, up, dephasing)).collect();
    Some((stage.frequency.at(time), (field.x, field.y, field.z), rates))
}

/// Frequency, drive, rates.
pub type Moment = (f64, (f64, f64, f64), Vec<(f64, f64, f64)>);

fn group(group: &Group) -> Value {
    let Group { model, hamiltonian, register, initial, .. } = group;
    let (angular, energy) = (|f: f64| model.units.angular(f), |f: f64| model.units.quantum(f));
    let drive = register.as_ref().map_or(hamiltonian.drive, |register| register.drive);
    let chi = register.as_ref().map_or(hamiltonian.chi, |register| register.chi);
    json!({
        "number": model.number,
        // Of one unit of frequency.
        "angular": angular(1.0),
        "energy": energy(1.0),
        "frequency": model.frequency,
        "drive": drive.map(|drive| json!({ "amplitude": drive.amplitude, "detuning": drive.detuning })),
        "twisting": chi,
        "register": register.as_ref().map(|register| json!({
            "frequencies": register.frequencies,
            "couplings": register.couplings,
            "exchange": register.exchange.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>(),
        })),
        "baths": model.baths.iter().map(|bath| rates(bath, model.frequency)).collect::<Vec<_>>(),
        "initial": start(initial, model.number, register.is_some()),
    })
}

fn rates(bath: &Bath, frequency: f64) -> Value {
    json!({
        "name": bath.name, "coupling": bath.coupling.name(),
        "down": bath.down, "up": bath.up, "dephasing": bath.dephasing,
        // By how much a quantum of the bath is more than one of the qubits, as a frequency.
        "offset": bath.offset(frequency),
    })
}

/// The state of `n` qubits that trajectories start from: of qubits one by one, a superposition of levels, or a mixture of
/// them. Where qubits differ the first ones are those that are excited.
fn start(initial: &InitialState, n: i64, differ: bool) -> Value {
    match initial {
        InitialState::Product { excited } if differ => {
            json!({ "bits": (0..n).map(|k| k < *excited).collect::<Vec<_>>() })
        }
        InitialState::Bits(bits) => json!({ "bits": bits }),
        InitialState::Angles(angles) => json!({ "angles": angles }),
        _ => match initial.superposition(n) {
            Some((two_j, levels)) => {
                let amplitudes = levels.iter().map(|(level, c)| json!([level.two_m, c.re, c.im]));
                json!({ "two_j": two_j, "amplitudes": amplitudes.collect::<Vec<_>>() })
            }
            None => {
                let populations =
                    initial.populations(n).into_iter().map(|(level, p)| json!([level.two_j, level.two_m, p]));
                json!({ "populations": populations.collect::<Vec<_>>() })
            }
        },
    }
}
