//! Ensembles and modes as `check` shows them: what they are, what acts on them, and how large their states are.

use superjump::bath::Process;
use superjump::group::{Ensembles, MOST_WATCHED};
use superjump::model::emitters::{Emitters, Field};
use superjump::model::product::{Channel, JumpOperator, Kind, Levels, Product, ProductBath, ProductStage, Since};
use superjump::report::number;
use superjump::scenario::Point;
use superjump::theory::{first_photons_g2, resonances};
use superjump::trajectory::Products;

use super::table::plural;

/// The factors, their baths, and the states that a trajectory takes.
pub fn describe(point: &Point, ensembles: &Ensembles) -> anyhow::Result<()> {
    let product = ensembles.product();
    if let Some(emitters) = ensembles.emitters() {
        let frequency = number(product.factors()[0].frequency);
        let names = match emitters.points().len() {
            1 => "q1".to_owned(),
            count => format!("q1 to q{count}"),
        };
        say!("  qubits         {names} at {frequency}")?;
        say!("  positions      {}", field(emitters))?;
    }
    let named = product.factors().iter().zip(ensembles.start().levels());
    for (factor, levels) in named.filter(|_| ensembles.emitters().is_none()) {
        let frequency = number(factor.frequency);
        match factor.kind {
            Kind::Qubits(qubits) => {
                let of = if qubits == 1 { "qubit" } else { "qubits" };
                say!("  ensemble       {}: {qubits} {of} at {frequency}", factor.name)?;
            }
            Kind::Mode { levels: Levels::First(_) } => {
                say!("  mode           {} at {frequency}: cut, with the numbers 0 to {}", factor.name, levels - 1)?;
            }
            Kind::Mode { levels: Levels::All } => {
                say!("  mode           {} at {frequency}: all numbers there may be, 0 to {}", factor.name, levels - 1)?;
            }
            Kind::Mode { levels: Levels::Grown { most, weight } } => {
                let expected = ensembles.growing().find(|mode| product.factors()[mode.factor].name == factor.name);
                let expected = expected.map_or(0.0, |mode| ensembles.expected_levels(&mode));
                let some = if expected > *levels as f64 { format!(", some {expected},") } else { String::new() };
                say!(
                    "  mode           {} at {frequency}: a cut that grows from {levels} levels{some} to {most} at most, \
                     until the highest weighs less than {}",
                    factor.name,
                    number(weight)
                )?;
            }
        }
    }
    for bath in product.baths() {
        say!("  bath           {} on {}: {} {}", bath.name, acts_on(product, bath), rates(bath), point.units().rate())?;
    }
    if let Some(protocol) = ensembles.protocol() {
        let segment = |stage: &ProductStage| format!("{} for {}", stage.name, number(stage.duration));
        let segments: Vec<String> = protocol.stages().iter().map(segment).collect();
        let cycles = match protocol.cycles() {
            _ if point.steady().is_some() => "; repeated until steady".to_owned(),
            1 => String::new(),
            cycles => format!("; {cycles} cycles"),
        };
        say!("  protocol       {}{cycles}; rates above are the largest there are", segments.join(", "))?;
    }
    let names: Vec<&str> = ensembles.looked_at().iter().map(|observable| observable.name.as_str()).collect();
    say!("  observables    {}", names.join(", "))?;
    for correlation in ensembles.correlations() {
        let since = match correlation.since {
            Since::Time(time) => format!("t = {}", number(time)),
            Since::Steady => "the steady state".to_owned(),
        };
        let frequencies = match correlation.frequencies.len() {
            0 => String::new(),
            many => format!(", its spectrum at {}", plural(many as u64, "place")),
        };
        let delays = plural(correlation.delays.len() as u64, "delay");
        say!("  correlation    {} from {since}, {delays}{frequencies}", correlation.name)?;
    }
    let size = Products::<MOST_WATCHED>::size(product, ensembles.start(), ensembles.watched())?;
    let of = if size.sharp { "of one number of excitations" } else { "of all numbers of excitations together" };
    let tables =
        ensembles.tables().map_or_else(String::new, |bytes| format!(", {} MB of tables", number((bytes / 1e6).ceil())));
    let grown = ensembles.dimension();
    let grown = if grown > 1.01 * size.states {
        format!(" (about {} once cuts have grown)", number(grown.ceil()))
    } else {
        String::new()
    };
    say!(
        "  states         up to {}{grown} in a sector {of}; up to {} sectors, {} kB a state{tables}",
        size.states,
        size.sectors,
        number((size.bytes / 1e3).ceil())
    )?;
    Ok(())
}

/// What qubits at points share, and what follows from it before anything is evolved.
fn field(emitters: &Emitters) -> String {
    let kind = match emitters.field() {
        Field::FreeSpace { .. } => "free space".to_owned(),
        Field::Waveguide { right } => format!("a waveguide, {} of the light to the right", number(right)),
    };
    let rates = resonances(emitters).filter(|all| !all.is_empty()).map_or_else(String::new, |all| {
        let (fastest, slowest) = (all[0].rate, all[all.len() - 1].rate);
        format!("; one excitation decays at {} to {} of the rate of one alone", digits(fastest), digits(slowest))
    });
    let g2 = first_photons_g2(emitters);
    let burst = if g2 > 1.0 { "a burst" } else { "no burst" };
    format!("{kind}{rates}; g2(0) of all inverted {}: {burst}", digits(g2))
}

/// In four digits; what is below rounding is 0.
fn digits(value: f64) -> String {
    number(format!("{:.3e}", if value.abs() < 1e-12 { 0.0 } else { value }).parse().unwrap_or(value))
}

/// The different rates of each process, from the fastest on: a matrix of decay has one for each of its modes.
fn rates(bath: &ProductBath) -> String {
    let of = |(process, what): (Process, &str)| {
        let own = bath.channels().iter().filter(|channel| channel.process == process);
        let mut shown: Vec<String> = own.map(|channel| number(channel.rate)).collect();
        shown.dedup();
        (!shown.is_empty()).then(|| format!("{what} {}", shown.join(" ")))
    };
    let all = [(Process::Emission, "down"), (Process::Absorption, "up"), (Process::Dephasing, "dephasing")];
    let rates: Vec<String> = all.into_iter().filter_map(of).collect();
    if rates.is_empty() { "no rate above 0".to_owned() } else { rates.join(", ") }
}

/// What a bath acts on, together or on each qubit by itself.
fn acts_on(product: &Product, bath: &ProductBath) -> String {
    let mut together: Vec<&str> = Vec::new();
    let mut each: Vec<&str> = Vec::new();
    let names: Vec<&str> = product.factors().iter().map(|factor| factor.name.as_str()).collect();
    for Channel { jump, .. } in bath.channels() {
        match jump {
            JumpOperator::EachQubit { factor, .. } => each.push(names[*factor]),
            JumpOperator::Operator(operator) => {
                let touched = |place: &usize| operator.terms().any(|(word, _)| word[*place] != Default::default());
                together.extend((0..names.len()).filter(touched).map(|place| names[place]));
            }
        }
    }
    for list in [&mut together, &mut each] {
        let mut seen = Vec::new();
        list.retain(|name| {
            !seen.contains(name) && {
                seen.push(*name);
                true
            }
        });
    }
    let each = each.iter().map(|name| format!("each qubit of {name}"));
    let all: Vec<String> = together.iter().map(|name| (*name).to_owned()).chain(each).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
