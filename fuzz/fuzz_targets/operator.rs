//! Any text is an operator or an error that points into it; what it is of an operator stays so when it is conjugated.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use superjump::model::operator::{Algebra, Names, Operator, Parameters};

fuzz_target!(|text: &str| {
    let algebras: Arc<[Algebra]> = [Algebra::Spin, Algebra::Spin, Algebra::Boson].into();
    let parameters = Parameters::from([("g".to_owned(), 0.3), ("delta".to_owned(), -2.0)]);
    let names = Names { factors: &["a", "b", "c"], algebras: &algebras, parameters: &parameters };
    match Operator::parse(text, names) {
        Ok((operator, used)) => {
            assert!(used.iter().all(|name| parameters.contains_key(name)));
            assert!(operator.terms().all(|(_, value)| value.is_finite()));
            assert_eq!(operator.adjoint().adjoint(), operator);
            // The conjugate of a text is that of its operator.
            if let Ok((adjoint, _)) = Operator::parse(&format!("dag({text})"), names) {
                assert_eq!(adjoint, operator.adjoint());
            }
        }
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some() && error.text == text && !error.to_string().is_empty());
        }
    }
});
