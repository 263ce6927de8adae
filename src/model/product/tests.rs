use super::*;
use crate::bath::Rates;

fn rates(down: f64, up: f64, dephasing: f64) -> Rates {
    Rates { down, up, dephasing }
}

fn two() -> Product {
    let factors = vec![Factor::ensemble("a", 4, 1.1), Factor::ensemble("b", 3, 0.8), Factor::mode("c", None, 1.0)];
    Product::new(Units::Natural, factors).unwrap()
}

fn read(product: &Product, text: &str) -> Operator {
    product.operator(text, &Parameters::new()).unwrap()
}

/// What is left of an operator that should be zero.
fn rest(operator: &Operator) -> f64 {
    operator.terms().map(|(_, value)| value.norm()).fold(0.0, f64::max)
}

#[test]
fn the_heat_of_every_bath_is_what_it_makes_of_all_of_h() {
    let product = two();
    let term = read(&product, "0.3*(a.Jp*b.Jm + a.Jm*b.Jp) + 0.5*(a.Jp*c.a + a.Jm*c.ad)");
    let product = product
        .with_term(&term)
        .and_then(|product| {
            product.collective("hot", &[("a", Complex64::ONE), ("b", 0.5.into())], rates(0.7, 0.2, 0.0))
        })
        .and_then(|product| product.local("loss", &["a", "c"], rates(0.3, 0.0, 0.0)))
        .unwrap();
    // By hand: of a local loss omega_a (N/2 + J_z), half of what is exchanged by each coherence, and omega_c n.
    let by_hand = read(
        &product,
        "-0.3*(1.1*(2 + a.Jz) + c.n + 0.5*0.3*(a.Jp*b.Jm + a.Jm*b.Jp) + 0.5*0.5*(a.Jp*c.a + a.Jm*c.ad)) \
         - 0.3*0.5*0.5*(a.Jp*c.a + a.Jm*c.ad)",
    );
    assert!(rest(&(&product.heat_current(1) - &by_hand)) < 1e-15);
    // Without terms beside it and with one frequency a quantum is a quantum.
    let alike = Product::new(Units::Natural, vec![Factor::ensemble("a", 4, 1.1), Factor::ensemble("b", 3, 1.1)]);
    let alike = alike.unwrap().collective("hot", &[("a", Complex64::ONE), ("b", 0.5.into())], rates(0.7, 0.2, 0.0));
    let alike = alike.unwrap();
    let [given, taken] = [Process::Absorption, Process::Emission].map(|process| alike.intensity(0, process));
    let counted = &(&given - &taken) * Complex64::from(1.1);
    assert!(rest(&(&alike.heat_current(0) - &counted)) < 1e-14);
}

#[test]
fn si_units_turn_and_count_in_their_own_way() {
    let factors = vec![Factor::ensemble("a", 1, 5.0)];
    let product = Product::new(Units::Si, factors).unwrap();
    let jz = read(&product, "a.Jz");
    assert_eq!(product.hamiltonian(), &(&jz * Complex64::from(5.0)) * Complex64::from(Units::Si.angular(1.0)));
    assert!(rest(&(&product.energy() - &(&jz * Complex64::from(Units::Si.quantum(5.0))))) < 1e-12);
}

#[test]
fn what_is_conserved_is_known() {
    let product = two();
    assert!(product.keeps_excitations_sharp() && product.check_cuts().is_ok());
    let with = |text: &str| product.clone().with_term(&read(&product, text)).unwrap();
    assert!(with("a.Jp*b.Jm + a.Jm*b.Jp").check_cuts().is_ok());
    assert!(!with("a.Jx").keeps_excitations_sharp());
    assert!(product.clone().local("leak", &["a", "c"], rates(1.0, 0.0, 0.5)).unwrap().check_cuts().is_ok());
    let pair = read(&product, "a.Jm*c.a");
    assert!(product.clone().jump("pairs", &pair, 1.0, 0.0).unwrap().check_cuts().is_ok());
    let mixed = product.clone().jump("mixed", &read(&product, "a.Jm + b.Jz"), 1.0, 0.0).unwrap();
    assert!(!mixed.keeps_excitations_sharp());
    for (open, because) in [
        (with("a.Jx"), "superposes"),
        (mixed, "superposes"),
        (product.clone().local("pump", &["a"], rates(0.0, 1.0, 0.0)).unwrap(), "without end"),
        (product.clone().local("warm", &["c"], rates(1.0, 0.1, 0.0)).unwrap(), "without end"),
    ] {
        let error = open.check_cuts().unwrap_err().to_string();
        assert!(error.contains("mode `c` needs `levels`") && error.contains(because), "{error}");
    }
}

#[test]
fn what_is_no_product_is_refused_in_words() {
    let factors = |factors: Vec<Factor>| Product::new(Units::Natural, factors).unwrap_err();
    let product = two();
    let one = Complex64::ONE;
    for (error, message) in [
        (factors(vec![Factor::ensemble("2a", 1, 1.0)]), "`2a` is no name"),
        (factors(vec![Factor::mode("i", 3, 1.0)]), "`i` is no name"),
        (factors(vec![Factor::ensemble("a", 1, 1.0), Factor::mode("a", 3, 1.0)]), "two ensembles or modes"),
        (factors(vec![Factor::ensemble("a", -1, 1.0)]), "-1 qubits: from 0 to 1000000"),
        (factors(vec![Factor::mode("c", 0, 1.0)]), "0 levels: at least 1"),
        (factors(vec![Factor::ensemble("a", 1, f64::NAN)]), "the frequency of `a` is NaN"),
        (product.clone().with_term(&read(&product, "a.Jp")).unwrap_err(), "is not Hermitian"),
        (
            product.clone().local("x", &["d"], rates(1.0, 0.0, 0.0)).unwrap_err(),
            "no ensemble or mode `d` (there are: a, b, c)",
        ),
        (product.clone().local("x", &[], rates(1.0, 0.0, 0.0)).unwrap_err(), "acts on nothing"),
        (product.clone().local("x", &["a", "a"], rates(1.0, 0.0, 0.0)).unwrap_err(), "named twice"),
        (
            product.clone().local("x", &["a"], rates(-1.0, 0.0, 0.0)).unwrap_err(),
            "its down is -1, where a finite number from 0",
        ),
        (product.clone().collective("x", &[("a", 0.0.into())], rates(1.0, 0.0, 0.0)).unwrap_err(), "acts on nothing"),
        (product.clone().collective("x", &[("a", one), ("a", one)], rates(1.0, 0.0, 0.0)).unwrap_err(), "named twice"),
        (
            product.clone().collective("x", &[("a", f64::NAN.into())], rates(1.0, 0.0, 0.0)).unwrap_err(),
            "amplitude is NaN",
        ),
        (product.clone().jump("x", &read(&product, "0*a.Jm"), 1.0, 0.0).unwrap_err(), "jump operator is zero"),
        (product.clone().jump("x", &read(&product, "a.Jm"), f64::INFINITY, 0.0).unwrap_err(), "its down is inf"),
    ] {
        assert!(error.to_string().contains(message), "{error}");
    }
}

/// What only takes and what only brings have nothing in common, and one bath by itself comes into balance with anything.
#[test]
fn a_pump_and_a_loss_are_not_in_balance() {
    let atoms = || Product::new(Units::Natural, vec![Factor::ensemble("a", 3, 1.0)]).unwrap();
    let cold = atoms().collective("cavity", &[("a", Complex64::ONE)], rates(1.0, 0.0, 0.0)).unwrap();
    assert!(cold.is_balanced());
    assert!(!cold.clone().local("pump", &["a"], rates(0.0, 2.0, 0.0)).unwrap().is_balanced());
    assert!(!cold.clone().local("warm", &["a"], rates(1.0, 0.5, 0.0)).unwrap().is_balanced());
    assert!(cold.local("cold", &["a"], rates(0.3, 0.0, 0.0)).unwrap().is_balanced());
    let warm = |second: f64| {
        let product = atoms().collective("one", &[("a", Complex64::ONE)], rates(1.0, 0.5, 0.0));
        product.and_then(|product| product.local("two", &["a"], rates(2.0, second, 0.0))).unwrap()
    };
    assert!(warm(1.0).is_balanced() && !warm(0.9).is_balanced());
}
