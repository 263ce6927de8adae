//! Qubits that differ, as a few classes of like ones: a product of ensembles, for as many as no register holds.

use num_complex::Complex64;

use super::Group;
use super::ensembles::{Ensembles, MOST_WATCHED};
use crate::bath::{Coupling, Rates};
use crate::dicke::Level;
use crate::initial::{FactorStart, InitialState, ProductStart};
use crate::model::Register;
use crate::model::product::{Factor, Product};

impl Group {
    /// The qubits of a register by their frequencies and couplings, each class as an ensemble `class_1`, `class_2` and so on
    /// in the order of their first qubits, where that is the same: without a drive, twisting and exchange, and in a start that
    /// is every qubit's. `None` elsewhere, and where there are too many classes to be recorded.
    #[must_use]
    pub fn of_classes(register: &Register, initial: &InitialState) -> Option<Self> {
        let plain = register.drive.is_none() && register.chi == 0.0 && register.exchange.iter().all(|v| *v == 0.0);
        if !plain || register.baths.iter().any(|bath| bath.quantum.is_some()) {
            return None;
        }
        let mut classes: Vec<(f64, f64, i64)> = Vec::new();
        for (frequency, coupling) in register.frequencies.iter().zip(&register.couplings) {
            match classes.iter_mut().find(|(own, of, _)| (own, of) == (frequency, coupling)) {
                Some((.., number)) => *number += 1,
                None => classes.push((*frequency, *coupling, 1)),
            }
            if 1 + 2 * register.baths.len() + classes.len() > MOST_WATCHED {
                return None;
            }
        }
        let whole = register.number() as i64;
        let of_class = |number: i64| match initial {
            InitialState::Dicke(level) if *level == Level::ground(whole) => {
                Some(InitialState::Dicke(Level::ground(number)))
            }
            InitialState::Dicke(level) if *level == Level::inverted(whole) => {
                Some(InitialState::Dicke(Level::inverted(number)))
            }
            InitialState::Thermal { .. } | InitialState::Coherent { .. } => Some(initial.clone()),
            _ => None,
        };
        let starts: Option<Vec<_>> =
            classes.iter().map(|(.., number)| of_class(*number).map(FactorStart::Qubits)).collect();
        let names: Vec<String> = (1..=classes.len()).map(|place| format!("class_{place}")).collect();
        let factors = names.iter().zip(&classes);
        let factors = factors.map(|(name, (frequency, _, number))| Factor::ensemble(name, *number, *frequency));
        let mut product = Product::new(register.units, factors.collect()).ok()?;
        for bath in &register.baths {
            let rates = Rates { down: bath.down, up: bath.up, dephasing: bath.dephasing };
            let of = names.iter().map(String::as_str);
            product = match bath.coupling {
                Coupling::Local => product.local(&bath.name, &of.collect::<Vec<_>>(), rates),
                Coupling::Collective => {
                    let amplitudes =
                        of.zip(&classes).map(|(name, (_, coupling, _))| (name, Complex64::from(*coupling)));
                    product.collective(&bath.name, &amplitudes.collect::<Vec<_>>(), rates)
                }
            }
            .ok()?;
        }
        let start = ProductStart::new(&product, starts?).ok()?;
        let mut group = Group::of_ensembles(Ensembles::new(product, start, Vec::new()));
        group.model.frequency = register.frequency;
        for (own, bath) in group.model.baths.iter_mut().zip(&register.baths) {
            own.temperature = bath.temperature;
        }
        group.reservoirs = group.model.baths.iter().map(Into::into).collect();
        Some(group)
    }
}
