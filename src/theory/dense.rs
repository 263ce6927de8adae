//! For the tests of this folder: the steady state of a few qubits by dense elimination, from the table of jumps alone.

use crate::bath::{Bath, Coupling, Process};
use crate::dicke::{Level, SectorChange, levels, local_amplitude, sectors};
use crate::model::Model;
use crate::units::Units;

/// Qubits of frequency one.
pub fn model(number: i64, baths: Vec<Bath>) -> Model {
    Model { units: Units::Natural, number, frequency: 1.0, baths }
}

/// The jumps out of a level, and their rates.
fn jumps(model: &Model, from: Level) -> Vec<(Level, f64)> {
    let mut found = Vec::new();
    for bath in &model.baths {
        match bath.coupling {
            Coupling::Collective => {
                found.push((Level { two_m: from.two_m - 2, ..from }, bath.down * from.lowering()));
                found.push((Level { two_m: from.two_m + 2, ..from }, bath.up * from.raising()));
            }
            Coupling::Local => {
                for process in [Process::Emission, Process::Absorption, Process::Dephasing] {
                    for change in SectorChange::ALL {
                        if let Some(outcome) = local_amplitude(model.number, from, process, change) {
                            found.push((outcome.to, bath.rate(process) * outcome.amplitude.powi(2)));
                        }
                    }
                }
            }
        }
    }
    found.into_iter().filter(|&(to, rate)| to != from && rate > 0.0).collect()
}

/// The steady populations of all levels, where they are unique and hold the ground state or the inverted state.
///
/// By the elimination of Grassmann, Taksar and Heyman, which never subtracts: rates of 1 and of 1e-7 may be mixed.
pub fn steady(model: &Model) -> Vec<(Level, f64)> {
    let mut all: Vec<Level> = sectors(model.number).flat_map(levels).collect();
    let rates = |coupling| model.rates(coupling);
    if rates(Coupling::Collective).up > rates(Coupling::Collective).down {
        // What is eliminated last must not be transient.
        let inverted = model.number as usize;
        all.swap(0, inverted);
    }
    let size = all.len();
    let mut rate = vec![vec![0.0; size]; size];
    for (from, level) in all.iter().enumerate() {
        for (to, value) in jumps(model, *level) {
            rate[from][all.iter().position(|other| *other == to).unwrap()] += value;
        }
    }
    for last in (1..size).rev() {
        let leaving: f64 = rate[last][..last].iter().sum();
        let (kept, gone) = rate.split_at_mut(last);
        for row in kept {
            row[last] /= leaving;
            let through = row[last];
            if through > 0.0 {
                for (value, onward) in row[..last].iter_mut().zip(&gone[0][..last]) {
                    *value += through * onward;
                }
            }
        }
    }
    let mut p = vec![1.0];
    while p.len() < size {
        let state = p.len();
        p.push(p.iter().zip(&rate).map(|(p, row)| p * row[state]).sum());
    }
    let total: f64 = p.iter().sum();
    all.into_iter().zip(p).map(|(level, p)| (level, p / total)).collect()
}
