use super::*;

fn along(direction: [f64; 3]) -> Field {
    Field::FreeSpace { dipole: direction.map(Complex64::from) }
}

fn variance(emitters: &Emitters) -> f64 {
    // Of the eigenvalues: their squares are those of the elements, and their mean is 1.
    emitters.decay().iter().map(Complex64::norm_sqr).sum::<f64>() / emitters.points().len() as f64 - 1.0
}

/// The spacing from which on the first photon of a chain makes no second one more likely: `Var(Gamma_v/Gamma_0) = 1`
/// (S. J. Masson and A. Asenjo-Garcia, Nat. Commun. 13, 2285 (2022)).
fn critical_spacing(number: usize, dipole: [f64; 3]) -> f64 {
    let excess =
        |spacing: f64| variance(&Emitters::new(Lattice::Chain(number).points(spacing), along(dipole)).unwrap()) - 1.0;
    let (mut low, mut high) = (0.2, 0.4);
    for _ in 0..17 {
        let middle = 0.5 * (low + high);
        if excess(middle) > 0.0 { low = middle } else { high = middle }
    }
    low
}

#[test]
fn a_chain_of_four_hundred_loses_its_burst_where_it_is_known_to() {
    assert!((critical_spacing(400, [1.0, 0.0, 0.0]) - 0.29959).abs() < 1e-5);
    assert!((critical_spacing(400, [0.0, 0.0, 1.0]) - 0.26058).abs() < 1e-5);
}

#[test]
fn decay_is_positive_and_exchange_hermitian_whatever_the_points() {
    let points = vec![[0.0, 0.1, 0.3], [0.4, -0.2, 0.0], [-0.15, 0.05, 0.2], [0.3, 0.3, -0.4]];
    let circular = Field::FreeSpace { dipole: [Complex64::ONE, Complex64::I, Complex64::ZERO] };
    for field in [along([1.0, 2.0, -0.5]), circular, Field::Waveguide { right: 0.5 }, Field::Waveguide { right: 0.9 }] {
        let emitters = Emitters::new(points.clone(), field).unwrap();
        let (decay, exchange) = (emitters.decay(), emitters.exchange());
        let total: f64 = modes(&decay).unwrap().iter().map(|mode| mode.rate).sum();
        assert!((total - 4.0).abs() < 1e-12, "{field:?}");
        for ((i, j), value) in exchange.indexed_iter() {
            assert!((value - exchange[(j, i)].conj()).norm() < 1e-15, "{field:?}");
            assert!(i != j || *value == Complex64::ZERO);
        }
    }
}

#[test]
fn a_guide_in_both_ways_shares_a_cosine_and_exchanges_half_a_sine() {
    let emitters = Emitters::new(vec![[0.0; 3], [0.17, 5.0, 0.0]], Field::Waveguide { right: 0.5 }).unwrap();
    let x = std::f64::consts::TAU * 0.17;
    assert!((emitters.decay()[(0, 1)] - x.cos()).norm() < 1e-15);
    for pair in [(0, 1), (1, 0)] {
        assert!((emitters.exchange()[pair] - x.sin() / 2.0).norm() < 1e-15);
    }
}

#[test]
fn in_a_cascade_nothing_goes_upstream() {
    let emitters = Emitters::new(vec![[0.0; 3], [0.3, 0.0, 0.0]], Field::Waveguide { right: 1.0 }).unwrap();
    let (decay, exchange) = (emitters.decay(), emitters.exchange());
    // H_eff = J - i Gamma/2.
    let effective = |i, j| exchange[(i, j)] - 0.5 * Complex64::I * decay[(i, j)];
    assert!(effective(0, 1).norm() < 1e-15);
    assert!((effective(1, 0).norm() - 1.0).abs() < 1e-15);
}

#[test]
fn what_is_no_place_or_no_field_is_refused() {
    let two = vec![[0.0; 3], [0.0; 3]];
    assert_eq!(Emitters::new(two.clone(), along([1.0, 0.0, 0.0])), Err(EmittersError::Coincide(1, 2)));
    assert_eq!(Emitters::new(vec![[0.0; 3]], along([0.0; 3])), Err(EmittersError::Dipole));
    assert_eq!(Emitters::new(vec![[0.0, f64::NAN, 0.0]], along([1.0; 3])), Err(EmittersError::Point(1)));
    assert_eq!(Emitters::new(vec![], Field::Waveguide { right: 1.5 }), Err(EmittersError::Share(1.5)));
    // In a guide all that counts is the phase between them.
    assert!(Emitters::new(two, Field::Waveguide { right: 0.5 }).is_ok());
}
