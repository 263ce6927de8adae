//! What a point is on the scales of its physics: the baths beside a quantum, the rates beside the frequency. And what there
//! is likely a slip of the pen, such as kelvin in place of millikelvin: a warning, never an error.

use super::point::Point;
use super::reader::Scenario;
use crate::bath::{Bath, Rates, occupation};
use crate::group::{Ensembles, Group};
use crate::model::protocol::{Protocol, Stage};
use crate::model::{Hamiltonian, Model};
use crate::units::Units;

/// Fewer quanta than this are in a frozen bath.
const FROZEN: f64 = 1e-12;
/// A rate beyond the frequency by no more than this is the same, rounded.
const ROUNDING: f64 = 1e-9;
/// Qubits of microwaves are slower than a terahertz, in GHz.
const FASTEST: f64 = 1000.0;
/// In this time, in ns, none of them does anything.
const SHORTEST: f64 = 1e-4;

/// A number in few digits.
fn number(value: f64) -> String {
    let digits = format!("{value:.3e}").parse::<f64>().unwrap_or(value);
    if value == 0.0 || (1e-3..1e6).contains(&value.abs()) { digits.to_string() } else { format!("{digits:e}") }
}

/// A bath beside a quantum of what it exchanges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BathScale {
    /// The energy of the quantum, as a frequency, where it is no quantum of the qubits.
    pub quantum: Option<f64>,
    /// The temperature, where the bath was given one.
    pub temperature: Option<f64>,
    /// `hbar omega/(k_B T)` of the quantum, infinite at T = 0; from the ratio of the rates, where the bath has no temperature. None where
    /// they have none: without exchange of quanta, or with more absorption than emission.
    pub energy_over_temperature: Option<f64>,
    /// The occupation n.
    pub occupation: Option<f64>,
}

impl BathScale {
    /// A bath as qubits of a model see it.
    #[must_use]
    pub fn of(model: &Model, bath: &Bath) -> Self {
        let by_rates = || (bath.down > bath.up).then(|| libm::log(bath.down / bath.up));
        let by_temperature = |t| model.units.energy_over_temperature(bath.energy(model.frequency), t);
        let x = bath.temperature.map(by_temperature).or_else(by_rates);
        BathScale {
            quantum: bath.quantum,
            temperature: bath.temperature,
            energy_over_temperature: x,
            occupation: x.map(occupation),
        }
    }
}

/// What is likely not meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slip {
    /// No bath has a quantum to give, at a temperature that is not 0.
    Frozen,
    /// Faster than what the unit is made for.
    Fast,
    /// A bath acts faster than the qubits turn, where the secular equation does not hold.
    NotSecular,
    /// A protocol drives the qubits faster than they turn, and baths no longer see bare ones.
    Strong,
    /// Over before anything of microwaves has happened.
    Short,
    /// Swept past a filter faster than it forgets.
    Outrun,
}

impl Slip {
    const ALL: [Slip; 6] = [Slip::Frozen, Slip::Fast, Slip::NotSecular, Slip::Strong, Slip::Short, Slip::Outrun];

    /// The slip at a point, in words.
    fn at(self, point: &Point) -> Option<String> {
        let mut groups = point.groups.iter();
        match self {
            // One warm group is warmth enough.
            Slip::Frozen => {
                let all = groups.flat_map(models).map(|model| frozen(&model)).collect::<Option<Vec<_>>>()?;
                all.into_iter().next()
            }
            Slip::Fast => groups.find_map(fast),
            // The frame that a Hamiltonian of the user's own is in is not known.
            Slip::NotSecular if point.ensembles().is_some() => None,
            Slip::NotSecular => groups.flat_map(models).find_map(|model| not_secular(&model)),
            Slip::Strong => point.protocol().and_then(strong),
            Slip::Short => short(point),
            Slip::Outrun => point.protocol().and_then(outrun),
        }
    }
}

/// The qubits and their baths at the ends of all segments; as they stay without a protocol.
fn models(group: &Group) -> Vec<Model> {
    let Some(protocol) = &group.protocol else { return vec![group.model.clone()] };
    let ends = protocol.stages().iter().flat_map(|stage| [(stage, 0.0), (stage, stage.duration)]);
    ends.map(|(stage, time)| stage.model(group.model.number, time)).collect()
}

/// Where a drive is stronger than the frequency, by the most.
fn strong(protocol: &Protocol) -> Option<String> {
    let ratio = |stage: &Stage| {
        let [amplitude, _] = stage.drive.most(stage.duration);
        (amplitude, amplitude / stage.frequency.range([0.0, stage.duration])[0])
    };
    let all = protocol.stages().iter().map(|stage| (stage, ratio(stage)));
    let (stage, (amplitude, over)) = all.max_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b))?;
    let unit = if protocol.units() == Units::Si { " GHz" } else { "" };
    (over > 1.0 + ROUNDING).then(|| {
        format!(
            "segment \"{}\" has a drive of up to {}{unit}, {} times the frequency of the qubits: neither the rotating wave \
             nor baths that see bare qubits hold there, unless the frequency stands for one far above it",
            stage.name,
            number(amplitude),
            number(over)
        )
    })
}

fn outrun(protocol: &Protocol) -> Option<String> {
    let found = protocol.outrun();
    let worst = found.iter().max_by(|a, b| (a.speed / a.limit).total_cmp(&(b.speed / b.limit)))?;
    let stage = &protocol.stages()[worst.segment];
    let others = match found.len() - 1 {
        0 => String::new(),
        others => format!("; and {others} more of its segments and baths alike"),
    };
    let unit = match protocol.units() {
        Units::Natural => "omega_0^2",
        Units::Si => "(1e9/s)^2",
    };
    Some(format!(
        "segment \"{}\" sweeps the qubits past the filter of bath \"{}\" {} times as fast as it forgets: |domega/dt| goes up \
         to {}, and (omega_LC/Q)^2 is {} {unit}; the rates that are taken, those at the frequency of the moment, are not \
         what the circuit does there{others}",
        stage.name,
        stage.reservoirs[worst.bath].name,
        number(worst.speed / worst.limit),
        number(worst.speed),
        number(worst.limit),
    ))
}

fn short(point: &Point) -> Option<String> {
    let until = point.until();
    let short = point.units() == Units::Si && until > 0.0 && until < SHORTEST;
    short.then(|| format!("the run ends at {} ns, within a tenth of a picosecond; times are in ns", number(until)))
}

fn frozen(model: &Model) -> Option<String> {
    let exchanging: Vec<&Bath> = model.baths.iter().filter(|bath| bath.down + bath.up > 0.0).collect();
    let is_frozen = |bath: &&Bath| BathScale::of(model, bath).occupation.is_some_and(|n| n < FROZEN);
    // At T = 0 that is what is asked for.
    let warmest = exchanging.iter().filter(|bath| bath.temperature.is_some_and(|t| t > 0.0));
    let warmest =
        warmest.max_by(|a, b| a.temperature.partial_cmp(&b.temperature).unwrap_or(std::cmp::Ordering::Equal))?;
    let scale = BathScale::of(model, warmest);
    exchanging.iter().all(is_frozen).then(|| {
        let unit = model.units.temperature();
        format!(
            "every bath is frozen, and none gives the qubits a quantum: the warmest, \"{}\", has T = {} {unit}, hbar \
             omega_0/(k_B T) = {}, n = {}; temperatures are in {unit}",
            warmest.name,
            number(warmest.temperature.unwrap_or(0.0)),
            number(scale.energy_over_temperature.unwrap_or(f64::INFINITY)),
            number(scale.occupation.unwrap_or(0.0)),
        )
    })
}

fn fast(group: &Group) -> Option<String> {
    let Group { model, reservoirs, hamiltonian: Hamiltonian { drive, chi }, register, .. } = group;
    if model.units != Units::Si {
        return None;
    }
    let of_qubits = |model: &Model| ("the frequency of the qubits".to_owned(), model.frequency);
    let mut named: Vec<(String, f64)> = models(group).iter().map(of_qubits).collect();
    named.push(("`qubits.twisting`".to_owned(), *chi));
    if let Some(drive) = drive {
        named.push(("`drive.amplitude`".to_owned(), drive.amplitude));
        named.push(("`drive.detuning`".to_owned(), drive.detuning));
    }
    for stage in group.protocol.iter().flat_map(Protocol::stages) {
        let most = stage.drive.most(stage.duration);
        let key = |setting: &str| format!("`protocol.segment.{}.drive.{setting}`", stage.name);
        named.extend(["amplitude", "detuning"].map(key).into_iter().zip(most));
    }
    if let Some(register) = register {
        named.extend(register.frequencies.iter().map(|f| ("the frequency of a qubit".to_owned(), *f)));
        named.extend(register.exchange.iter().map(|f| ("`qubits.exchange`".to_owned(), *f)));
    }
    for reservoir in reservoirs {
        named.extend(reservoir.quantum().map(|quantum| (format!("`bath.{}.quantum`", reservoir.name), quantum)));
        let name = format!("`bath.{}.filter.resonance`", reservoir.name);
        named.extend(reservoir.filter().map(|filter| (name, filter.resonance())));
    }
    let (name, frequency) = named.into_iter().find(|(_, frequency)| frequency.abs() > FASTEST)?;
    Some(format!("{name} is {} GHz, above 1 THz; frequencies are in GHz", number(frequency)))
}

fn not_secular(model: &Model) -> Option<String> {
    let omega = model.units.angular(model.frequency);
    let fastest = |bath: &Bath| {
        // gamma of gamma (1 + n); the difference of two rates that are large and alike has no digits.
        let gamma = match BathScale::of(model, bath).energy_over_temperature {
            Some(x) => bath.down * -libm::expm1(-x),
            None => (bath.down - bath.up).abs(),
        };
        gamma.max(bath.dephasing)
    };
    let rates = || model.baths.iter().map(|bath| (bath, fastest(bath)));
    let unit = model.units.rate();
    // A sideband stands out if the bath does not act within a period of the modulation.
    let blurred = rates().find_map(|(bath, rate)| {
        let apart = model.units.angular(bath.offset(model.frequency)?).abs();
        (apart > 0.0 && rate > apart * (1.0 + ROUNDING)).then_some((bath, rate, apart))
    });
    let beyond = rates().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, rate)| *rate > omega * (1.0 + ROUNDING));
    let Some((bath, rate)) = beyond else {
        let (bath, rate, apart) = blurred?;
        return Some(format!(
            "bath \"{}\" acts at the rate {} {unit}, and its quanta are {} {unit} from those of the qubits: a modulation \
             so slow does not part them, and the secular master equation does not hold there; rates are in {unit}",
            bath.name,
            number(rate),
            number(apart)
        ));
    };
    Some(format!(
        "bath \"{}\" acts at the rate {} {unit}, faster than the qubits turn, omega_0 = {} {unit}: the secular master \
         equation does not hold there; rates are in {unit}",
        bath.name,
        number(rate),
        number(omega)
    ))
}

impl Point {
    /// The baths beside a quantum of the first group, in their order; under a protocol at its start.
    #[must_use]
    pub fn bath_scales(&self) -> Vec<BathScale> {
        let model = &self.groups[0].model;
        let protocol = self.groups[0].changing_ensembles().and_then(Ensembles::protocol);
        let first = |(place, bath): (usize, &Bath)| match protocol {
            // Those of ensembles and modes are listed with the largest rates that they ever have.
            Some(protocol) => {
                let Rates { down, up, dephasing } = protocol.stages()[0].rates(place, 0.0);
                BathScale::of(model, &Bath { down, up, dephasing, ..bath.clone() })
            }
            None => BathScale::of(model, bath),
        };
        model.baths.iter().enumerate().map(first).collect()
    }

    /// What is likely not meant as it stands, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        Slip::ALL.into_iter().filter_map(|slip| slip.at(self)).collect()
    }
}

impl Scenario {
    /// What is likely not meant at some of its points, each kind once.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let told = |slip: Slip| {
            let found: Vec<(usize, String)> =
                self.points.iter().filter_map(|point| Some((point.index, slip.at(point)?))).collect();
            let (first, words) = found.first()?;
            let (some, all) = (found.len(), self.points.len());
            let at = match all {
                1 => String::new(),
                _ if some == all => format!("at all {all} points of the sweep (here point {first}) "),
                _ => format!("at {some} of {all} points of the sweep (here point {first}) "),
            };
            Some(format!("{at}{words}"))
        };
        Slip::ALL.into_iter().filter_map(told).collect()
    }
}
