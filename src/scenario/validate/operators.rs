//! Operators as texts of a scenario: `[parameters]`, and errors that point into the text.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use num_complex::Complex64;
use toml::Spanned;

use super::super::keys::allowed;
use super::super::raw::{Key, RawHamiltonian, RawTerm};
use super::{Result, Validator};
use crate::model::operator::{Algebra, Names, Operator, Parameters, Word, is_name};
use crate::model::product::Product;

/// Where it is looked whether a text is linear in its parameters: the value of the first, and what each has more.
const LOOKS: [[f64; 2]; 2] = [[0.618, 0.377], [-1.732, 0.239]];
/// What rounding leaves of what is linear.
const LINEAR: f64 = 1e-10;

/// What a text says that names parameters which change in time: what stays, and what each of them multiplies.
pub(super) struct Split {
    pub(super) still: Operator,
    pub(super) of: Vec<Operator>,
}

/// What texts may name, and which parameters they have named.
pub(super) struct Vocabulary<'a> {
    factors: Vec<&'a str>,
    algebras: &'a Arc<[Algebra]>,
    parameters: Parameters,
    used: RefCell<BTreeSet<String>>,
}

impl<'a> Vocabulary<'a> {
    pub(super) fn new(product: &'a Product, parameters: Parameters) -> Self {
        let factors = product.factors().iter().map(|factor| factor.name.as_str()).collect();
        Vocabulary { factors, algebras: product.algebras(), parameters, used: RefCell::default() }
    }

    /// The parameters.
    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Which of these parameters a text names.
    pub(super) fn named(&self, text: &str, names: &[&'a str]) -> Vec<&'a str> {
        let Vocabulary { factors, algebras, parameters, .. } = self;
        let named =
            Operator::parse(text, Names { factors, algebras, parameters }).map_or(Vec::new(), |(_, named)| named);
        names.iter().copied().filter(|name| named.iter().any(|own| own == name)).collect()
    }

    /// The sum of texts by what each of these parameters multiplies; `None` where it is not linear in them all together.
    pub(super) fn split(&self, texts: &[&str], names: &[&str]) -> Option<Split> {
        let Vocabulary { factors, algebras, .. } = self;
        let at = |values: &dyn Fn(usize) -> f64| {
            let mut parameters = self.parameters.clone();
            parameters.extend(names.iter().enumerate().map(|(k, name)| ((*name).to_owned(), values(k))));
            let parse = |text: &&str| Operator::parse(text, Names { factors, algebras, parameters: &parameters }).ok();
            texts.iter().try_fold(Operator::zero(algebras), |sum, text| Some(&sum + &parse(text)?.0))
        };
        let still = at(&|_| 0.0)?;
        let part = |k: usize| Some(&at(&|other| f64::from(u8::from(other == k)))? - &still);
        let of = (0..names.len()).map(part).collect::<Option<Vec<Operator>>>()?;
        // Numbers that no one writes. Each word by itself: some may be far smaller than others.
        for [first, more] in LOOKS {
            let value = |k: usize| first + more * k as f64;
            let whole = at(&value)?;
            let mut rest = &whole - &still;
            let mut most: BTreeMap<Word, f64> = BTreeMap::new();
            let mut sees = |operator: &Operator| {
                for (word, value) in operator.terms() {
                    let largest = most.entry(word.clone()).or_default();
                    *largest = value.norm().max(*largest);
                }
            };
            sees(&whole);
            sees(&still);
            for (k, part) in of.iter().enumerate() {
                let part = part * Complex64::from(value(k));
                sees(&part);
                rest = &rest - &part;
            }
            let off =
                |(word, value): (&Word, Complex64)| value.norm() > LINEAR * most.get(word).copied().unwrap_or(0.0);
            if rest.terms().any(off) {
                return None;
            }
        }
        Some(Split { still, of })
    }

    /// The operator that is none.
    pub(super) fn zero(&self) -> Operator {
        Operator::zero(self.algebras)
    }
}

impl Validator<'_> {
    /// The parameters; none of them has the name of an ensemble or mode.
    pub(super) fn parameters(
        &self,
        table: &Key<BTreeMap<Spanned<String>, Spanned<f64>>>,
        factors: &[&str],
    ) -> Result<Parameters> {
        let mut parameters = Parameters::new();
        for (name, value) in table.iter().flat_map(Spanned::get_ref) {
            let (key, text) = (format!("parameters.{}", name.get_ref()), name.get_ref());
            if !is_name(text) {
                return self.refuse(name.span(), &key, "is no name that an operator may have");
            }
            if factors.contains(&text.as_str()) {
                return self.refuse(name.span(), &key, "has the name of an ensemble or mode");
            }
            parameters.insert(text.clone(), self.finite(value, &key)?);
        }
        Ok(parameters)
    }

    /// The operator that a text says.
    pub(super) fn operator(&self, key: &str, text: &Spanned<String>, words: &Vocabulary) -> Result<Operator> {
        let Vocabulary { factors, algebras, parameters, used } = words;
        match Operator::parse(text.get_ref(), Names { factors, algebras, parameters }) {
            Ok((operator, named)) => {
                used.borrow_mut().extend(named);
                Ok(operator)
            }
            Err(error) => {
                let title = format!("`{key}`: {}", error.message);
                Err(self.source.error(self.within_text(text, error.span), title, allowed(key)))
            }
        }
    }

    /// Where a part of a string stands in the source: the string is there as it is read, but for escapes.
    fn within_text(&self, text: &Spanned<String>, part: Range<usize>) -> Range<usize> {
        let whole = text.span();
        let start = self.source.text().get(whole.clone()).and_then(|typed| typed.find(text.get_ref().as_str()));
        start.map_or(whole.clone(), |start| whole.start + start + part.start..whole.start + start + part.end)
    }

    /// The terms of `[hamiltonian]` together, which are Hermitian: `None` where there are none.
    pub(super) fn terms(&self, table: &Key<RawHamiltonian>, words: &Vocabulary) -> Result<Option<Operator>> {
        let Some(table) = table else { return Ok(None) };
        let terms = self.require(&table.get_ref().terms, "hamiltonian.terms", table.span())?;
        let key = "hamiltonian.terms.operator";
        let read = |term: &Spanned<RawTerm>| {
            let text = self.require(&term.get_ref().operator, key, term.span())?;
            Ok((text.span(), self.operator(key, text, words)?))
        };
        let read: Vec<Option<_>> = terms.get_ref().iter().map(|term| self.keep(read(term))).collect();
        let read = Self::kept(read.into_iter().collect::<Option<Vec<(Range<usize>, Operator)>>>())?;
        let sum = read.iter().fold(Operator::zero(words.algebras), |sum, (_, term)| &sum + term);
        if let Some((span, _)) = read.iter().find(|(_, term)| !term.is_hermitian()).filter(|_| !sum.is_hermitian()) {
            let title = format!("`{key}` is not Hermitian, and neither is the sum of all terms");
            let help = "its conjugate beside it, as in `x + dag(x)`";
            return Err(self.source.error(span.clone(), title, help));
        }
        Ok(Some(sum))
    }

    /// Refuses parameters that no operator names.
    pub(super) fn all_are_used(&self, table: &Key<BTreeMap<Spanned<String>, Spanned<f64>>>, words: &Vocabulary) {
        let used = words.used.borrow();
        for (name, _) in table.iter().flat_map(Spanned::get_ref).filter(|(name, _)| !used.contains(name.get_ref())) {
            let title = format!("`parameters.{}` is in no operator", name.get_ref());
            self.keep(Err::<(), _>(self.source.error(
                name.span(),
                title,
                "an operator that names it, or no such parameter",
            )));
        }
    }
}
