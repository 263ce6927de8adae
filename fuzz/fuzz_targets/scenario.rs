//! Any text is a scenario or an error with words, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use superjump::scenario::{Overrides, Purpose, Scenario};

fuzz_target!(|text: &str| {
    // The first line, where it is one, is also set from the command line.
    let mut overrides = Overrides::default();
    let first = text.lines().next().filter(|line| line.contains('='));
    for overrides in [Overrides::default(), { first.into_iter().for_each(|line| overrides.set(line)); overrides }] {
        for purpose in [Purpose::Trajectories, Purpose::Exact] {
            if let Err(error) = Scenario::parse("fuzz", "fuzz.toml", text, purpose, &overrides) {
                assert!(!error.render(false).is_empty());
            }
        }
    }
});
