//! Which quantities a record has of the qubits and their baths, in the order in which they are reported.

use super::Quantity;
use crate::model::System;
use crate::model::protocol::Entry;

/// A recorded value: a quantity, perhaps of one bath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it holds.
    pub quantity: Quantity,
    /// The bath's index, for a quantity of one bath.
    pub bath: Option<usize>,
    /// Which of the observables of a system it is, for one of them.
    pub observable: Option<usize>,
}

impl Column {
    /// The column of a quantity of a bath.
    #[must_use]
    pub fn of_bath(quantity: Quantity, bath: usize) -> Self {
        Column { quantity, bath: Some(bath), observable: None }
    }

    /// The column of a quantity of the whole.
    #[must_use]
    pub fn of_whole(quantity: Quantity) -> Self {
        Column { quantity, bath: None, observable: None }
    }

    /// What of a protocol's book it is, if it is of that.
    #[must_use]
    pub fn entry(self) -> Option<Entry> {
        match (self.quantity, self.bath) {
            (Quantity::Work, _) => Some(Entry::Work),
            (Quantity::Heat, Some(bath)) => Some(Entry::Heat(bath)),
            (Quantity::Entropy, _) => Some(Entry::Entropy),
            _ => None,
        }
    }
}

/// The columns of a record over independent groups of qubits, in the order in which they are reported. The groups
/// share their baths; what is not a sum over groups is left out where there are several.
///
/// `coherent` adds the transverse spin, which states diagonal in the Dicke basis do not have.
#[must_use]
pub fn columns<S: System>(groups: &[&S], coherent: bool) -> Vec<Column> {
    let mut columns = Vec::new();
    let baths = groups.first().map_or(0, |group| group.baths().len());
    for index in 0..baths {
        let mut push = |quantity| columns.push(Column::of_bath(quantity, index));
        if groups.iter().any(|group| group.may_heat(index)) {
            push(Quantity::HeatCurrent);
            push(Quantity::HeatCurrentInterval);
            if groups.iter().all(|group| group.quanta_are_alike()) {
                push(Quantity::HeatCurrentCounts);
            }
        }
        if groups.iter().any(|group| group.baths()[index].down > 0.0) {
            push(Quantity::Intensity);
        }
    }
    let mut push = |quantity| columns.push(Column::of_whole(quantity));
    if groups.iter().any(|group| group.power().is_some()) {
        push(Quantity::Power);
    }
    if coherent {
        push(Quantity::Jx);
        push(Quantity::Jy);
    }
    let observables = groups.iter().map(|group| group.observables()).sum::<usize>();
    let has_qubits = groups.iter().any(|group| group.number() > 0);
    if has_qubits {
        push(Quantity::Jz);
    }
    if groups.len() == 1 && observables == 0 {
        push(Quantity::JSquared);
        if coherent {
            push(Quantity::SpinLength);
            push(Quantity::Squeezing);
        }
    }
    if has_qubits {
        push(Quantity::Excited);
    }
    let observable = |index| Column { observable: Some(index), ..Column::of_whole(Quantity::Observable) };
    columns.extend((0..observables).map(observable));
    if groups.iter().any(|group| group.energy().is_some()) {
        columns.push(Column::of_whole(Quantity::Work));
        let heats = (0..baths).filter(|bath| groups.iter().any(|group| group.may_heat(*bath)));
        columns.extend(heats.map(|bath| Column::of_bath(Quantity::Heat, bath)));
    }
    columns
}
