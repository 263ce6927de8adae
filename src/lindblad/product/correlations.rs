//! Correlations at two times, by the quantum regression theorem, and their spectra.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use num_complex::Complex64;

use super::spectrum::{Spectrum, SpectrumPart, Steady};
use super::{Part, ProductDensity, ProductEquation, traced};
use crate::model::operator::Operator;
use crate::model::product::TwoTimes;

impl ProductEquation {
    /// `B rho C` of the operators that act at the first time, by its order.
    fn acted_on(&self, of: &TwoTimes, rho: &ProductDensity) -> BTreeMap<i64, ProductDensity> {
        let mut parts: BTreeMap<i64, ProductDensity> = BTreeMap::new();
        for part in self.acted_on_left(&of.right, rho).into_iter().flat_map(|part| self.acted_on_right(&of.outer, part))
        {
            match parts.entry(part.order) {
                Entry::Vacant(place) => {
                    place.insert(part);
                }
                Entry::Occupied(mut place) => {
                    let sums = place.get_mut().elements.iter_mut();
                    sums.zip(part.elements).for_each(|(sum, element)| *sum += element);
                }
            }
        }
        parts
    }

    /// By how much an operator moves the number of excitations, where that is sharp.
    fn shifts(&self, operator: &Operator) -> Vec<i64> {
        if self.is_sharp() { operator.shifts().into_iter().collect() } else { vec![0] }
    }

    /// `B rho`, the parts of it by what B adds to the number of excitations.
    fn acted_on_left(&self, operator: &Operator, rho: &ProductDensity) -> Vec<ProductDensity> {
        let before = self.layout(rho.order);
        let of = |shift: i64| {
            let order = rho.order + shift;
            let after = self.layout(order);
            let mut elements = vec![Complex64::ZERO; after.size];
            for (left, right) in before.right.iter().enumerate() {
                let (Some(right), Some(to)) = (*right, self.rooms.beside(left, shift)) else { continue };
                let d = self.dimension(right);
                for (row, column, value) in self.rooms.matrix(operator, left, to).entries {
                    for k in 0..d {
                        elements[after.begins[to] + row * d + k] +=
                            value * rho.elements[before.begins[left] + column * d + k];
                    }
                }
            }
            ProductDensity { order, elements }
        };
        self.shifts(operator).into_iter().map(of).collect()
    }

    /// `rho C`, the parts of it likewise.
    fn acted_on_right(&self, operator: &Operator, rho: ProductDensity) -> Vec<ProductDensity> {
        if operator.as_number() == Some(Complex64::ONE) {
            return vec![rho];
        }
        let before = self.layout(rho.order);
        let of = |shift: i64| {
            let order = rho.order + shift;
            let after = self.layout(order);
            let mut elements = vec![Complex64::ZERO; after.size];
            for (left, right) in before.right.iter().enumerate() {
                let Some(right) = *right else { continue };
                let Some(to) = self.rooms.beside(right, -shift) else { continue };
                let (wide, narrow) = (self.dimension(right), self.dimension(to));
                for (row, column, value) in self.rooms.matrix(operator, to, right).entries {
                    for k in 0..self.dimension(left) {
                        elements[after.begins[left] + k * narrow + column] +=
                            value * rho.elements[before.begins[left] + k * wide + row];
                    }
                }
            }
            ProductDensity { order, elements }
        };
        self.shifts(operator).into_iter().map(of).collect()
    }

    fn is_sharp(&self) -> bool {
        self.rooms.rooms.iter().all(|room| room.excitations.is_some())
    }

    /// `<C(t) A(t + tau) B(t)>` at each of the ascending times tau, where rho is the state at t: the quantum regression
    /// theorem, `Tr[A exp(tau L) (B rho C)]`.
    #[must_use]
    pub fn correlation(&self, of: &TwoTimes, rho: &ProductDensity, taus: &[f64]) -> Vec<Complex64> {
        let mut sums = vec![Complex64::ZERO; taus.len()];
        for (order, mut part) in self.acted_on(of, rho) {
            let layout = self.layout(order);
            let form = self.trace_form(&of.left, &layout);
            // What A does not bring back is 0 at all times.
            if form.is_empty() {
                continue;
            }
            let generator = self.generator_of(&layout, Part::All);
            let (mut now, mut nobody_asks) = (0.0, vec![Complex64::ZERO; part.elements.len()]);
            for (sum, tau) in sums.iter_mut().zip(taus) {
                generator.advance(&mut part.elements, &mut nobody_asks, tau - now);
                now = *tau;
                *sum += traced(&form, &part.elements);
            }
        }
        sums
    }

    /// The spectrum of a correlation in the steady state rho.
    ///
    /// # Panics
    /// If rho is of another equation.
    #[must_use]
    pub fn spectrum(&self, of: &TwoTimes, rho: &ProductDensity) -> Spectrum {
        let mut spectrum = Spectrum::default();
        for (order, part) in self.acted_on(of, rho) {
            let layout = self.layout(order);
            let form = self.trace_form(&of.left, &layout);
            if form.is_empty() {
                continue;
            }
            let mut start = part.elements;
            let steady = (order == 0).then(|| Steady { trace: self.diagonal(&layout), rho: rho.elements.clone() });
            if let Some(steady) = &steady {
                // What is left after long is a line of no width.
                spectrum.coherent += steady.take_from(&mut start) * traced(&form, &steady.rho);
            }
            spectrum.parts.push(SpectrumPart::new(self.generator_of(&layout, Part::All), steady, start, form));
        }
        spectrum
    }
}
