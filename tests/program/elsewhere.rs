//! Parts that are computed elsewhere come to the bits of one machine, and nothing else is taken for one.

use std::fs;

use superjump::campaign::{self, RunOptions, Workshop, compute_part, compute_round};
use superjump::plan::Part;
use superjump::scenario::{Overrides, Purpose, Scenario};
use superjump::trajectory::Interrupt;

/// A bath that heat flows to, and how well the current has to be known.
const STEADY: &str = "[[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.2\n\
                      [steady]\nrelative_error = 0.003\n";

fn scenario(seed: u64, steady: &str) -> Scenario {
    scenario_for(Purpose::Trajectories, seed, steady)
}

fn scenario_for(purpose: Purpose, seed: u64, steady: &str) -> Scenario {
    let until = if steady.is_empty() { 5.0 } else { 5000.0 };
    let text = format!(
        "[qubits]\nnumber = 4\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 1.0\n\
         [initial]\nstate = \"ground\"\n[evolution]\nuntil = {until}\ntrajectories = 5000\nseed = {seed}\n{steady}\
         [sweep]\n\"qubits.number\" = [2, 4]"
    );
    Scenario::parse("s", "s.toml", &text, purpose, &Overrides::default()).unwrap()
}

#[test]
fn parts_computed_elsewhere_are_those_of_one_machine() {
    let (place, scenario) = (tempfile::tempdir().unwrap(), scenario(1, ""));
    let here = RunOptions::new(place.path().join("here"), 2);
    let there = RunOptions::new(place.path().join("there"), 1);
    campaign::run(&scenario, &here, &mut |_| {}).unwrap();

    let workshop = Workshop::open(&scenario, &there).unwrap();
    let parts = workshop.missing().unwrap();
    let never = Interrupt::default();
    for part in &parts {
        let bytes = compute_part(&scenario, *part, 1, &never).unwrap().unwrap();
        assert_eq!(workshop.put(&bytes).unwrap(), *part);
    }
    assert!(parts.len() > 4 && workshop.missing().unwrap().is_empty());
    // The folder is held as long as parts may come.
    let held = campaign::run(&scenario, &there, &mut |_| {}).unwrap_err();
    assert!(held.to_string().contains("is at work"), "{held}");
    drop(workshop);
    let mut computed = 0;
    let outcome = campaign::run(&scenario, &there, &mut |event| {
        computed += usize::from(matches!(event, campaign::Event::Part(_)));
    });
    assert!(computed == 0 && !outcome.unwrap().interrupted);
    for table in ["series", "trajectories", "summary"] {
        let read = |folder: &str| fs::read(place.path().join(folder).join(format!("{table}.parquet"))).unwrap();
        assert!(read("here") == read("there"), "{table} differs");
    }
}

#[test]
fn whatever_is_no_part_is_refused_in_words() {
    let (place, scenario) = (tempfile::tempdir().unwrap(), scenario(1, ""));
    let options = RunOptions::new(place.path().join("out"), 1);
    let workshop = Workshop::open(&scenario, &options).unwrap();
    let (part, never) = (workshop.missing().unwrap()[0], Interrupt::default());
    let whole = compute_part(&scenario, part, 1, &never).unwrap().unwrap();
    let other = compute_part(&self::scenario(2, ""), part, 1, &never).unwrap().unwrap();
    for end in [0, 1, 20, 90, whole.len() - 1] {
        assert!(workshop.put(&whole[..end]).is_err(), "cut to {end} bytes");
    }
    for place in (0..whole.len()).step_by(whole.len() / 50) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        assert!(workshop.put(&bytes).is_err(), "byte {place} was not seen");
    }
    let refused = workshop.put(&other).unwrap_err();
    assert!(refused.is_refusal() && refused.to_string().contains("of seed 2"), "{refused}");
    for part in
        [Part { point: 2, first: 0, count: 1 }, Part { point: 0, first: 4999, count: 2 }, Part { count: 0, ..part }]
    {
        assert!(compute_part(&scenario, part, 1, &never).unwrap_err().to_string().contains("no part of the campaign"));
    }
    never.set();
    assert!(compute_part(&scenario, part, 1, &never).unwrap().is_none());

    let solved = scenario_for(Purpose::Exact, 1, "");
    let refused = Workshop::open(&solved, &RunOptions::new(place.path().join("solved"), 1)).err().unwrap();
    assert!(refused.to_string().contains("not computed in parts"), "{refused}");
    assert!(!place.path().join("solved").exists());
}

#[test]
fn rounds_computed_elsewhere_are_those_of_one_machine() {
    let (place, scenario) = (tempfile::tempdir().unwrap(), scenario(1, STEADY));
    let here = RunOptions::new(place.path().join("here"), 2);
    let there = RunOptions::new(place.path().join("there"), 1);
    campaign::run(&scenario, &here, &mut |_| {}).unwrap();

    let workshop = Workshop::open(&scenario, &there).unwrap();
    let (never, mut rounds) = (Interrupt::default(), 0);
    loop {
        let parts = workshop.rounds().unwrap();
        if parts.is_empty() {
            break;
        }
        rounds += 1;
        for part in parts {
            let bytes = compute_round(&scenario, &part, 1, &never).unwrap().unwrap();
            assert!(workshop.put_round(&bytes[..bytes.len() - 1]).is_err());
            assert_eq!(workshop.put_round(&bytes).unwrap(), part.name());
            // Of another scenario it is none.
            let other = self::scenario(2, &format!("{STEADY}[noise]\nwindows = [1.0]\n"));
            assert!(compute_round(&other, &part, 1, &never).is_err());
        }
    }
    assert!(rounds > 1 && workshop.missing().unwrap().is_empty());
    drop(workshop);
    campaign::run(&scenario, &there, &mut |_| {}).unwrap();
    let read = |folder: &str| fs::read(place.path().join(folder).join("summary.parquet")).unwrap();
    assert!(read("here") == read("there"), "they differ");
}
