//! What a `[sweep]` stands for: lists, spacings, keys that go together, and every combination of them.

use serde_json::{Value, json};
use superjump::scenario::{Overrides, Point, Purpose, Scenario};

const BASE: &str = "[qubits]
number = 3
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 1.0
temperature = 2.0
[initial]
state = \"ground\"
[evolution]
until = 2.0
trajectories = 10
[sweep]
";

fn points(sweep: &str, sets: &[&str]) -> Vec<Point> {
    let mut overrides = Overrides::default();
    sets.iter().for_each(|set| overrides.set(*set));
    let text = format!("{BASE}{sweep}");
    Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &overrides).unwrap_or_else(|e| panic!("{e}")).points
}

/// The parameters of every point, in order.
fn parameters(points: &[Point]) -> Vec<Vec<Value>> {
    points.iter().map(|point| point.parameters.iter().map(|(_, value)| value.clone()).collect()).collect()
}

#[test]
fn spacings_hit_their_ends_and_whole_ones_stay_whole() {
    let numbers = points("\"qubits.number\" = { linspace = [1, 9, 5] }", &[]);
    assert_eq!(parameters(&numbers), [1, 3, 5, 7, 9].map(|n| vec![json!(n)]));
    assert_eq!(numbers.iter().map(|p| p.groups[0].model.number).collect::<Vec<_>>(), [1, 3, 5, 7, 9]);
    let decades = points("\"qubits.number\" = { logspace = [1, 1000, 4] }", &[]);
    assert_eq!(parameters(&decades), [1, 10, 100, 1000].map(|n| vec![json!(n)]));

    let falling = parameters(&points("\"bath.hot.temperature\" = { linspace = [3.0, 0.3, 4] }", &[]));
    assert_eq!(falling, [3.0, 2.1, 1.2, 0.3].map(|value| vec![json!(value)]));

    // A spacing is a list: the points are those of the values typed out.
    let ids = |sweep: &str| points(sweep, &[]).iter().map(|point| point.id).collect::<Vec<_>>();
    assert_eq!(ids("\"qubits.number\" = { linspace = [1, 9, 5] }"), ids("\"qubits.number\" = [1, 3, 5, 7, 9]"));
    for (spacing, list) in [
        ("logspace = [0.01, 10.0, 4]", "[0.01, 0.1, 1.0, 10.0]"),
        ("linspace = [0.0, 0.5, 6]", "[0.0, 0.1, 0.2, 0.3, 0.4, 0.5]"),
    ] {
        assert_eq!(ids(&format!("\"bath.hot.rate\" = {{ {spacing} }}")), ids(&format!("\"bath.hot.rate\" = {list}")));
    }
}

/// The points of a sweep are counted before there is any of them: a sweep too large is refused at once.
#[test]
fn a_sweep_too_large_is_counted_and_not_made() {
    let spaced = |key: &str| format!("\"{key}\" = {{ linspace = [1.0, 2.0, 1000000] }}\n");
    let keys: Vec<String> = (0..4000).map(|bath| spaced(&format!("bath.hot.key{bath}"))).collect();
    let crossed = keys.concat();
    let zipped = format!("{}[sweep.zip]\n{crossed}", spaced("qubits.number"));
    let set = "sweep.zip={ \"qubits.number\" = { logspace = [1, 9, 1000000] }, seed = { linspace = [1, 9, 1000000] } }";
    for (sweep, sets) in [(&*crossed, ""), (&zipped, ""), (&spaced("bath.hot.rate"), set)] {
        let mut overrides = Overrides::default();
        Some(sets).filter(|set| !set.is_empty()).into_iter().for_each(|set| overrides.set(set));
        let text = format!("{BASE}{sweep}");
        let error = Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &overrides).unwrap_err();
        assert!(error.title().contains("points or more"), "{error}");
        assert!(error.allowed().contains("at most 1000000 points"), "{error}");
    }
}

#[test]
fn a_sweep_is_replaced_as_a_whole_and_its_keys_may_be_quoted() {
    let sweep = "\"qubits.number\" = [1, 2, 3]";
    assert_eq!(points(sweep, &["sweep={}"]).len(), 1);
    let other = points(sweep, &["sweep={ \"bath.hot.rate\" = [1.0, 2.0] }"]);
    assert_eq!(parameters(&other), [vec![json!(1.0)], vec![json!(2.0)]]);
    assert_eq!(parameters(&points(sweep, &["sweep.\"qubits.number\"=[4, 5]"])), [vec![json!(4)], vec![json!(5)]]);
}

#[test]
fn zipped_keys_go_together_and_cross_with_the_others() {
    let zipped = "\"qubits.number\" = [2, 4]\n[sweep.zip]\n\"bath.hot.rate\" = { linspace = [1.0, 3.0, 3] }\n\
                  \"bath.hot.temperature\" = [0.1, 0.2, 0.3]";
    let found = parameters(&points(zipped, &[]));
    let expected: Vec<Vec<Value>> = [2, 4]
        .into_iter()
        .flat_map(|n| [(1.0, 0.1), (2.0, 0.2), (3.0, 0.3)].map(|(r, t)| vec![json!(n), json!(r), json!(t)]))
        .collect();
    assert_eq!(found, expected);
    let several = "[[sweep.zip]]\n\"bath.hot.rate\" = [1.0, 2.0]\n\"bath.hot.temperature\" = [0.1, 0.2]\n\
                   [[sweep.zip]]\n\"qubits.number\" = [2, 4]\n\"evolution.until\" = [1.0, 0.5]";
    let found = points(several, &[]);
    assert_eq!(found.len(), 4);
    assert_eq!((found[1].groups[0].model.number, found[1].until()), (4, 0.5));
}

#[test]
fn the_command_line_sweeps_spaces_zips_and_fixes() {
    let sweep = "\"qubits.number\" = [2, 4]";
    assert_eq!(parameters(&points(sweep, &["sweep.qubits.number={ linspace = [1, 3, 3] }"])).len(), 3);
    let zip = "sweep.zip={ \"bath.hot.rate\" = [1.0, 2.0], \"bath.hot.temperature\" = [1.0, 2.0] }";
    assert_eq!(points(sweep, &[zip]).len(), 4);
    // A key that is given a value is swept no more; what it was zipped with still is.
    let fixed = points(sweep, &[zip, "bath.hot.rate=5.0"]);
    assert_eq!(fixed.len(), 4);
    assert!(fixed.iter().all(|point| point.parameters.len() == 2));
}
