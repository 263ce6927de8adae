//! Ensembles and modes as `check` shows them: what they are, what acts on them, and how large their states are.

use superjump::bath::Process;
use superjump::group::{Ensembles, MOST_WATCHED};
use superjump::model::product::{Channel, JumpOperator, Kind, Levels, Product, ProductBath, Since};
use superjump::report::number;
use superjump::scenario::Point;
use superjump::trajectory::Products;

use super::table::plural;

/// The factors, their baths, and the states that a trajectory takes.
pub fn describe(point: &Point, ensembles: &Ensembles) -> anyhow::Result<()> {
    let product = ensembles.product();
    for (factor, levels) in product.factors().iter().zip(ensembles.start().levels()) {
        let frequency = number(factor.frequency);
        match factor.kind {
            Kind::Qubits(qubits) => say!("  ensemble       {}: {qubits} qubits at {frequency}", factor.name)?,
            Kind::Mode { levels: Levels::First(_) } => {
                say!("  mode           {} at {frequency}: cut, with the numbers 0 to {}", factor.name, levels - 1)?;
            }
            Kind::Mode { levels: Levels::All } => {
                say!("  mode           {} at {frequency}: all numbers there may be, 0 to {}", factor.name, levels - 1)?;
            }
            Kind::Mode { levels: Levels::Grown { most, weight } } => say!(
                "  mode           {} at {frequency}: a cut that grows from {levels} levels to {most} at most, until the \
                 highest weighs less than {}",
                factor.name,
                number(weight)
            )?,
        }
    }
    for bath in product.baths() {
        say!("  bath           {} on {}: {} {}", bath.name, acts_on(product, bath), rates(bath), point.units().rate())?;
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
    say!(
        "  states         up to {} in a sector {of}; up to {} sectors, {} kB a state",
        size.states,
        size.sectors,
        number((size.bytes / 1e3).ceil())
    )?;
    Ok(())
}

/// Each rate once, whichever of its jumps has it.
fn rates(bath: &ProductBath) -> String {
    let of = |(process, what): (Process, &str)| {
        let channel = bath.channels().iter().find(|channel| channel.process == process)?;
        Some(format!("{what} {}", number(channel.rate)))
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
