//! What results and bounds need to know of a product: its baths by name, how large its means may be, and which heat a quantum
//! has.

use num_complex::Complex64;

use crate::bath::{Bath, Process};
use crate::initial::ProductStart;
use crate::model::operator::Operator;
use crate::model::product::{Kind, Product, ProductBath, Watched};

/// Coefficients of operators that differ by no more than this part of the largest are the same.
const SAME: f64 = 1e-12;

/// How large a mean may be, and about how much a jump changes it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    pub most: f64,
    pub step: f64,
}

/// A bath as results name it.
pub fn as_results_name(bath: &ProductBath) -> Bath {
    let rate = |process| {
        let own = bath.channels().iter().filter(|channel| channel.process == process);
        own.map(|channel| channel.rate).fold(0.0, f64::max)
    };
    Bath {
        name: bath.name.clone(),
        coupling: bath.coupling,
        down: rate(Process::Emission),
        up: rate(Process::Absorption),
        dephasing: rate(Process::Dephasing),
        temperature: None,
        quantum: None,
    }
}

/// A bound on the mean of what is watched, from those of its words.
pub fn size(product: &Product, start: &ProductStart, watched: &Watched) -> Size {
    let operator = match watched {
        Watched::Operator(operator) => operator,
        Watched::Top(_) => return Size { most: 1.0, step: 1.0 },
        Watched::Levels(place) => {
            let most = start.most_levels(*place) as f64;
            return Size { most, step: most };
        }
    };
    let mut sum = Size::default();
    for (word, value) in operator.terms() {
        let (mut most, mut share) = (value.norm(), 0.0);
        for (place, (powers, factor)) in word.iter().zip(product.factors()).enumerate() {
            let levels = start.most_levels(place);
            let (top, letter) = match factor.kind {
                Kind::Qubits(number) => (number as f64, (number as f64 + 1.0) / 2.0),
                Kind::Mode { .. } => ((levels - 1) as f64, ((levels - 1) as f64).sqrt()),
            };
            let degree = powers.raise + powers.z + powers.lower;
            most *= letter.powi((powers.raise + powers.lower) as i32) * (top / 2.0).powi(powers.z as i32);
            // A jump moves a factor by a step of so many.
            share += 2.0 * f64::from(degree) / top.max(1.0);
        }
        sum.most += most;
        sum.step += most * share.min(2.0);
    }
    sum
}

/// The heat of a quantum of a bath, where each has the same: its current is that heat times what it gives less what it
/// takes.
pub fn quantum(product: &Product, bath: usize) -> Option<f64> {
    let [given, taken] = [Process::Absorption, Process::Emission].map(|process| product.intensity(bath, process));
    let (net, heat) = (&given - &taken, product.heat_current(bath));
    let largest = |operator: &Operator| operator.terms().map(|(_, value)| value.norm()).fold(0.0, f64::max);
    let Some((word, value)) = net.terms().max_by(|(_, a), (_, b)| a.norm().total_cmp(&b.norm())) else {
        return heat.is_zero().then_some(0.0);
    };
    let own = heat.terms().find(|(other, _)| *other == word).map_or(0.0, |(_, own)| (own / value).re);
    let rest = &heat - &(&net * Complex64::from(own));
    (largest(&rest) <= SAME * largest(&heat)).then_some(own)
}
