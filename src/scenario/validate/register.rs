//! Qubits that differ one by one, and what drives and twists them all.

use ndarray::Array2;
use rand_distr::{Distribution, StandardNormal};
use toml::Spanned;

use super::super::keys::allowed;
use super::super::raw::{RawDrive, RawQubits};
use super::{Result, Validator};
use crate::model::{Drive, Hamiltonian, Model, Register};
use crate::random::stream;

/// The most qubits that are sorted into classes of like ones: a matrix of their exchange is made.
const MOST_IN_CLASSES: i64 = 1000;

impl Validator<'_> {
    /// The drive and the twisting.
    pub(super) fn hamiltonian(&self, qubits: &RawQubits, drive: Option<&Spanned<RawDrive>>) -> Result<Hamiltonian> {
        let twisting = qubits.twisting.as_ref().map(|chi| self.finite(chi, "qubits.twisting")).transpose()?;
        let drive = drive.map(|table| {
            let raw = table.get_ref();
            let of_emitters = [
                ("amplitudes", raw.amplitudes.as_ref().map(Spanned::span)),
                ("direction", raw.direction.as_ref().map(Spanned::span)),
            ];
            if let Some((key, Some(span))) = of_emitters.into_iter().find(|(_, span)| span.is_some()) {
                let title =
                    format!("`drive.{key}` is of qubits that are told apart by what they share, and there are none");
                return Err(self.source.error(span, title, allowed(&format!("drive.{key}"))));
            }
            let amplitude = self.require(&raw.amplitude, "drive.amplitude", table.span())?;
            let amplitude = self.finite(amplitude, "drive.amplitude")?;
            let detuning = raw.detuning.as_ref().map(|value| self.finite(value, "drive.detuning")).transpose()?;
            Ok(Drive { amplitude, detuning: detuning.unwrap_or(0.0) })
        });
        Ok(Hamiltonian { drive: drive.transpose()?, chi: twisting.unwrap_or(0.0) })
    }

    /// The qubits one by one, where a key tells them apart.
    pub(super) fn register(
        &self,
        qubits: &RawQubits,
        model: &Model,
        hamiltonian: &Hamiltonian,
    ) -> Result<Option<Register>> {
        let given = [
            ("qubits.frequencies", qubits.frequencies.as_ref().map(Spanned::span)),
            ("qubits.spread", qubits.spread.as_ref().map(Spanned::span)),
            ("qubits.disorder", qubits.disorder.as_ref().map(Spanned::span)),
        ];
        let given: Vec<_> = given.into_iter().filter_map(|(key, span)| Some((key, span?))).collect();
        if let [(first, _), (second, span), ..] = &given[..] {
            let title = format!("`{second}` and `{first}` both say how the frequencies differ");
            return Err(self.source.error(span.clone(), title, "one of `frequencies`, `spread` and `disorder`"));
        }
        let others = [qubits.couplings.as_ref().map(Spanned::span), qubits.exchange.as_ref().map(Spanned::span)];
        let Some(span) = given.first().map(|(_, span)| span).or(others.iter().flatten().next()) else {
            return Ok(None);
        };
        if qubits.group.is_some() {
            let title = "groups of qubits are far apart in frequency, and alike within".to_owned();
            return Err(self.source.error(span.clone(), title, "`number` and `frequency` in place of groups"));
        }
        if model.number > MOST_IN_CLASSES {
            self.register_fits(model.number, span.clone())?;
        }
        let mut register = Register { drive: hamiltonian.drive, chi: hamiltonian.chi, ..Register::from(model) };
        self.frequencies(qubits, &mut register)?;
        if let Some(couplings) = &qubits.couplings {
            register.couplings = self.one_each(couplings, "qubits.couplings", register.number())?;
        }
        if let Some(exchange) = &qubits.exchange {
            register.exchange = self.exchange(exchange, register.number())?;
        }
        Ok(Some(register))
    }

    fn frequencies(&self, qubits: &RawQubits, register: &mut Register) -> Result<()> {
        let (number, center) = (register.number(), register.frequency);
        if let Some(list) = &qubits.frequencies {
            register.frequencies = self.one_each(list, "qubits.frequencies", number)?;
            if let Some(wrong) = register.frequencies.iter().find(|frequency| **frequency <= 0.0) {
                return self.refuse(list.span(), "qubits.frequencies", &format!("has {wrong}"));
            }
        }
        if let Some(spread) = &qubits.spread {
            let width = self.not_negative(spread, "qubits.spread")?;
            let steps = (number.max(2) - 1) as f64;
            for (index, frequency) in register.frequencies.iter_mut().enumerate().filter(|_| number > 1) {
                *frequency = center + width * (index as f64 / steps - 0.5);
            }
            self.positive_frequencies(register, spread.span(), "qubits.spread")?;
        }
        if let Some(table) = &qubits.disorder {
            let raw = table.get_ref();
            let width = self.require(&raw.width, "qubits.disorder.width", table.span())?;
            let width = self.not_negative(width, "qubits.disorder.width")?;
            let seed =
                raw.seed.as_ref().map(|seed| self.whole(seed, "qubits.disorder.seed", 0..=i64::MAX)).transpose()?;
            // A realization belongs to its seed alone: neither the width nor anything else changes the draws.
            let mut rng = stream(seed.unwrap_or(0) as u64, 0, 0);
            for frequency in &mut register.frequencies {
                let deviation: f64 = StandardNormal.sample(&mut rng);
                *frequency = center + width * deviation;
            }
            self.positive_frequencies(register, table.span(), "qubits.disorder")?;
        }
        Ok(())
    }

    fn positive_frequencies(&self, register: &Register, span: std::ops::Range<usize>, key: &str) -> Result<()> {
        match register.frequencies.iter().find(|frequency| **frequency <= 0.0) {
            None => Ok(()),
            Some(wrong) => {
                let title = format!("`{key}` makes a qubit of frequency {wrong}");
                Err(self.source.error(span, title, "frequencies above 0: a smaller width around `qubits.frequency`"))
            }
        }
    }

    /// A list of finite numbers, one for each qubit.
    fn one_each(&self, list: &Spanned<Vec<f64>>, key: &str, number: usize) -> Result<Vec<f64>> {
        let values = list.get_ref();
        if values.len() != number {
            return self.refuse(list.span(), key, &format!("has {} entries, for {number} qubits", values.len()));
        }
        match values.iter().find(|value| !value.is_finite()) {
            Some(wrong) => self.refuse(list.span(), key, &format!("has {wrong}")),
            None => Ok(values.clone()),
        }
    }

    /// One number for all pairs, or a matrix.
    pub(super) fn exchange(&self, exchange: &Spanned<toml::Value>, number: usize) -> Result<Array2<f64>> {
        let key = "qubits.exchange";
        let real = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|i| i as f64));
        let finite = |value: &f64| value.is_finite();
        if let Some(all) = real(exchange.get_ref()) {
            if !all.is_finite() {
                return self.refuse(exchange.span(), key, &format!("is {all}"));
            }
            return Ok(Array2::from_shape_fn((number, number), |(i, j)| if i == j { 0.0 } else { all }));
        }
        let row = |row: &toml::Value| {
            let values: Option<Vec<f64>> = row.as_array()?.iter().map(|v| real(v).filter(finite)).collect();
            values.filter(|values| values.len() == number)
        };
        let rows: Option<Vec<Vec<f64>>> = exchange
            .get_ref()
            .as_array()
            .and_then(|rows| rows.iter().map(row).collect())
            .filter(|rows: &Vec<Vec<f64>>| rows.len() == number);
        let Some(rows) = rows else {
            return self.refuse(exchange.span(), key, &format!("is no number and no {number} x {number} matrix"));
        };
        let matrix = Array2::from_shape_fn((number, number), |(i, j)| rows[i][j]);
        if matrix != matrix.t() || matrix.diag().iter().any(|value| *value != 0.0) {
            return self.refuse(exchange.span(), key, "is not symmetric with a zero diagonal");
        }
        Ok(matrix)
    }

    pub(super) fn finite(&self, value: &Spanned<f64>, key: &str) -> Result<f64> {
        let number = *value.get_ref();
        if number.is_finite() { Ok(number) } else { self.refuse(value.span(), key, &format!("is {number}")) }
    }
}
