use super::*;
use crate::bath::Process;
use proptest::prelude::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

fn algebras() -> Arc<[Algebra]> {
    [Algebra::Spin, Algebra::Spin, Algebra::Boson].into()
}

fn parsed(text: &str) -> Result<Operator, OperatorError> {
    let parameters = Parameters::from([("g".into(), 0.3), ("delta".into(), -2.0)]);
    let names = Names { factors: &NAMES, algebras: &algebras(), parameters: &parameters };
    Operator::parse(text, names).map(|(operator, _)| operator)
}

fn operator(text: &str) -> Operator {
    parsed(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Any sum of up to three products of up to four letters, with small whole coefficients: all that follows is exact.
fn any_operator() -> impl Strategy<Value = Operator> {
    let letter = (0_usize..3, 0_usize..3);
    let word = (prop::collection::vec(letter, 0..=4), -3_i32..=3, -3_i32..=3);
    prop::collection::vec(word, 1..=3).prop_map(|words| {
        words.into_iter().fold(Operator::zero(&algebras()), |sum, (letters, re, im)| {
            let value = Complex64::new(f64::from(re), f64::from(im));
            let number = Operator::number(&algebras(), value);
            let product = letters.into_iter().fold(number, |product, (factor, which)| {
                let letter = match (factor, which) {
                    (2, 1) => {
                        return &(&product * &Operator::letter(&algebras(), 2, Powers::RAISE))
                            * &Operator::letter(&algebras(), 2, Powers::LOWER);
                    }
                    (_, which) => [Powers::RAISE, Powers::Z, Powers::LOWER][which],
                };
                &product * &Operator::letter(&algebras(), factor, letter)
            });
            &sum + &product
        })
    })
}

#[test]
fn commutators_are_those_of_spins_and_modes() {
    for (left, right, result) in [
        ("a.Jx", "a.Jy", "i * a.Jz"),
        ("a.Jy", "a.Jz", "i * a.Jx"),
        ("a.Jz", "a.Jx", "i * a.Jy"),
        ("b.Jp", "b.Jm", "2 * b.Jz"),
        ("b.Jz", "b.Jm", "-b.Jm"),
        ("c.a", "c.ad", "1"),
        ("c.n", "c.ad", "c.ad"),
        ("a.Jx", "b.Jy", "0"),
        ("a.Jx", "c.a", "0"),
        ("a.Jx^2 + a.Jy^2 + a.Jz^2", "a.Jp", "0"),
        ("a.Jp * c.a + a.Jm * c.ad", "a.Jz + c.n", "0"),
    ] {
        assert_eq!(operator(left).commutator(&operator(right)), operator(result), "[{left}, {right}]");
    }
    assert_eq!(operator("a.Jp * a.Jm + a.Jz^2 - a.Jz"), operator("a.Jx^2 + a.Jy^2 + a.Jz^2"));
}

proptest! {
    #[test]
    fn products_are_associative_and_conjugation_turns_them_round(
        a in any_operator(), b in any_operator(), c in any_operator()
    ) {
        prop_assert_eq!(&(&a * &b) * &c, &a * &(&b * &c));
        prop_assert_eq!((&a * &b).adjoint(), &b.adjoint() * &a.adjoint());
        prop_assert_eq!(&a * &(&b + &c), &(&a * &b) + &(&a * &c));
        prop_assert!((&a + &a.adjoint()).is_hermitian() && (&a * &a.adjoint()).is_hermitian());
        // Jacobi.
        let twice = |x: &Operator, y: &Operator, z: &Operator| x.commutator(&y.commutator(z));
        prop_assert!((&(&twice(&a, &b, &c) + &twice(&b, &c, &a)) + &twice(&c, &a, &b)).is_zero());
    }

    #[test]
    fn damping_keeps_the_identity_and_what_is_hermitian(a in any_operator(), which in 0_usize..3) {
        let one = Operator::number(&algebras(), Complex64::ONE);
        let process = [Process::Emission, Process::Absorption, Process::Dephasing][which];
        prop_assert!(one.damped_by_each(0, 4, process).is_zero() && one.damped_by(&a).is_zero());
        let hermitian = &a + &a.adjoint();
        prop_assert!(hermitian.damped_by_each(1, 5, process).is_hermitian());
        // Of a spin of a single qubit, what acts on each acts on all; J_z^2 = 1/4 there, so words of one letter.
        for word in ["a.Jz", "a.Jp", "a.Jm"] {
            let letter = [Powers::LOWER, Powers::RAISE, Powers::Z][which];
            let all = operator(word).damped_by(&Operator::letter(&algebras(), 0, letter));
            let each = operator(word).damped_by_each(0, 1, process);
            for two_m in [-1, 1] {
                let seen = |operator: &Operator| diagonal_of_a_qubit(operator, f64::from(two_m) / 2.0);
                prop_assert!((seen(&all) - seen(&each)).norm() < 1e-14);
            }
        }
    }

    /// Anything is an operator or an error that points into the text.
    #[test]
    fn any_text_is_read_or_refused(text in "[-+*/^(). 0-9ieabcgJxpzmn]{0,24}") {
        if let Err(error) = parsed(&text) {
            prop_assert!(error.span.end <= text.len() && text.is_char_boundary(error.span.start));
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

/// An expression as it may be typed, and the operator that the algebra makes of it.
fn any_expression() -> impl Strategy<Value = (String, Operator)> {
    let atoms = ["a.Jx", "a.Jy", "a.Jz", "a.Jp", "b.Jm", "c.a", "c.ad", "c.n", "2", "0.5", "i", "delta"];
    let atom = (0..atoms.len()).prop_map(move |which| {
        let algebras = algebras();
        let letter = |factor, powers| Operator::letter(&algebras, factor, powers);
        let number = |re: f64, im: f64| Operator::number(&algebras, Complex64::new(re, im));
        let (raise, lower) = (letter(0, Powers::RAISE), letter(0, Powers::LOWER));
        let operator = match which {
            0 => &(&raise + &lower) * Complex64::new(0.5, 0.0),
            1 => &(&raise - &lower) * Complex64::new(0.0, -0.5),
            2 => letter(0, Powers::Z),
            3 => raise,
            4 => letter(1, Powers::LOWER),
            5 => letter(2, Powers::LOWER),
            6 => letter(2, Powers::RAISE),
            7 => &letter(2, Powers::RAISE) * &letter(2, Powers::LOWER),
            8 => number(2.0, 0.0),
            9 => number(0.5, 0.0),
            10 => number(0.0, 1.0),
            _ => number(-2.0, 0.0),
        };
        (atoms[which].to_owned(), operator)
    });
    atom.prop_recursive(3, 12, 2, |inner| {
        (inner.clone(), inner, 0_usize..6, " {0,2}").prop_map(|((x, a), (y, b), which, gap)| match which {
            0 => (format!("({x}{gap}+{gap}{y})"), &a + &b),
            1 => (format!("({x}-{gap}{y})"), &a - &b),
            2 => (format!("{x}{gap}*({gap}{y})"), &a * &b),
            3 => (format!("-({x}){gap}/ 4"), &a * Complex64::from(-0.25)),
            4 => (format!("dag({gap}{x} )"), a.adjoint()),
            _ => (format!("({x}){gap}^2"), &a * &a),
        })
    })
}

proptest! {
    /// Powers bind before products, products before signs and sums: numbers are dyadic, and all of it is exact.
    #[test]
    fn what_is_typed_is_what_the_algebra_makes_of_it((text, operator) in any_expression()) {
        match parsed(&text) {
            Ok(found) => prop_assert_eq!(found, operator, "{}", text),
            // Long products are refused, and nothing else.
            Err(error) => prop_assert!(error.message.contains("too long"), "{}: {}", text, error),
        }
    }
}

/// `<m| A |m>` of one qubit, where J_+ J_- = 1/2 + m and J_z^b = m^b.
fn diagonal_of_a_qubit(operator: &Operator, m: f64) -> Complex64 {
    let of = |powers: &Powers| match (powers.raise, powers.lower) {
        (0, 0) => m.powi(powers.z as i32),
        (1, 1) => (0.5 + m) * (m - 1.0).powi(powers.z as i32),
        _ => 0.0,
    };
    operator.terms().map(|(word, value)| value * of(&word[0])).sum()
}

#[test]
fn local_baths_damp_as_on_the_ladder() {
    // d<J_z>/dt = -(N/2 + <J_z>), d<J_->/dt = -<J_->/2.
    assert_eq!(operator("a.Jz").damped_by_each(0, 6, Process::Emission), operator("-3 - a.Jz"));
    assert_eq!(operator("a.Jm").damped_by_each(0, 6, Process::Emission), operator("-a.Jm/2"));
    assert_eq!(operator("a.Jz").damped_by_each(0, 6, Process::Absorption), operator("3 - a.Jz"));
    assert_eq!(operator("a.Jp").damped_by_each(0, 6, Process::Dephasing), operator("-a.Jp/2"));
    assert!(operator("b.Jp * c.a").damped_by_each(0, 6, Process::Emission).is_zero());
    // -<J^2 + J_z^2 - N> - (N - 1) <J_z>, the balance of J^2.
    let j_squared = "(a.Jx^2 + a.Jy^2 + a.Jz^2)";
    assert_eq!(
        operator(j_squared).damped_by_each(0, 6, Process::Emission),
        operator(&format!("-{j_squared} - a.Jz^2 + 6 - 5*a.Jz"))
    );
}

#[test]
fn what_is_written_is_what_is_meant() {
    for (text, same) in [
        ("2^3^2 * a.Jz", "512*a.Jz"),
        ("-a.Jz^2", "-(a.Jz*a.Jz)"),
        ("2e-1*a.Jx + .5E+1 * 1.5e3", "0.2*a.Jx + 7500"),
        ("g * (a.Jp * c.a + a.Jm * c.ad)", "0.3*a.Jp*c.a + 0.3*c.ad*a.Jm"),
        ("exp(i*pi) * a.Jz * sqrt(4)", "-2*a.Jz"),
        ("dag(i * a.Jp * b.Jm)", "-i * a.Jm * b.Jp"),
        ("a.Jp/(2*delta)", "-a.Jp/4"),
        ("c.n^2", "c.ad*c.a + c.ad^2*c.a^2"),
        ("a.Jx*b.Jx + a.Jy*b.Jy", "(a.Jp*b.Jm + a.Jm*b.Jp)/2"),
        ("sqrt(0-1)", "i"),
        ("a.Jx^0 - 1", "0"),
    ] {
        let difference = &operator(text) - &operator(same);
        assert!(difference.terms().all(|(_, value)| value.norm() < 1e-15), "{text}: {difference:?}");
    }
    assert_eq!(operator("g*(a.Jp*c.a + a.Jm*c.ad) + a.Jz").shifts(), BTreeSet::from([0]));
    assert_eq!(operator("a.Jx * c.n").shifts(), BTreeSet::from([-1, 1]));
    // To the last bit, although 0.3 and 0.7 are rounded.
    assert_eq!(operator("0.3*a.Jx*0.7*b.Jx + 0.7*a.Jy*b.Jy*0.3").shifts(), BTreeSet::from([0]));
    assert!(operator("a.Jx + i*(c.a - c.ad)").is_hermitian() && !operator("a.Jp").is_hermitian());
}

#[test]
fn errors_say_what_and_where() {
    for (text, at, message) in [
        ("", 0..0, "ends where"),
        ("g *", 3..3, "ends where"),
        ("a.Jx + a.Jq", 9..11, "`a` has a.Jx, a.Jy, a.Jz, a.Jp, a.Jm; did you mean `Jx`?"),
        ("c.Jz", 2..4, "`c` has c.a, c.ad, c.n"),
        ("gg * a.Jz", 0..2, "no parameter `gg`; did you mean `g`?"),
        ("detla * a.Jz", 0..5, "did you mean `delta`?"),
        ("d.Jz", 0..1, "no ensemble or mode `d`"),
        ("g * c", 4..5, "which operator of `c`? write c.a, c.ad, c.n"),
        ("a.Jx a.Jz", 5..6, "an operator is missing"),
        ("(a.Jx", 5..5, "a `)` is missing"),
        ("a.Jx)", 4..5, "no parenthesis is open"),
        ("a.Jx / a.Jz", 7..11, "only a number"),
        ("1/0", 2..3, "other than zero"),
        ("a.Jx^0.5", 5..8, "whole number"),
        ("a.Jx^-1", 5..7, "whole number"),
        ("a.Jx^17", 5..7, "whole number"),
        ("(a.Jx*b.Jx*c.n)^9", 0..17, "too long"),
        ("sqrt(a.Jx)", 5..9, "of numbers"),
        ("exp 2", 4..5, "a `(` is missing"),
        ("1e999 * a.Jx", 0..5, "no finite number"),
        ("1e300 * 1e300 * a.Jx", 0..20, "beyond all bounds"),
        ("a.Jx & b.Jx", 5..6, "`&` is not part"),
        ("a.Jx * é", 7..9, "no parameter"),
    ] {
        let error = parsed(text).expect_err(text);
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(error.span, at, "{text}: {error}");
    }
    assert!(parsed(&"(".repeat(5000)).unwrap_err().message.contains("more than 100"));
    assert_eq!(parsed("é + a.Jq").unwrap_err().to_string(), "there is no parameter `é` (column 1 of \"é + a.Jq\")");
}
