//! What results call the means of ensembles and modes.

use toml::Spanned;

use super::super::raw::{Key, RawScenario};
use super::emitters;

/// What results call the means of ensembles and modes, and those that are asked for.
pub(super) fn observables(raw: &RawScenario) -> Vec<String> {
    let named = |what: &str, name: &Key<String>| name.as_ref().map(|name| format!("{what}_{}", name.get_ref()));
    let placed = emitters::names(emitters::count(raw)).map(|name| format!("jz_{name}"));
    let ensembles = raw.ensemble.iter().filter_map(|ensemble| named("jz", &ensemble.get_ref().name));
    let modes =
        raw.mode.iter().flat_map(|mode| ["n", "top", "levels"].map(|what| named(what, &mode.get_ref().name))).flatten();
    let own = raw.observe.iter().flat_map(Spanned::get_ref).map(|(name, _)| name.get_ref().clone());
    placed.chain(ensembles).chain(modes).chain(own).chain(correlations(raw)).collect()
}

/// What results call the correlations, and what is said of them.
fn correlations(raw: &RawScenario) -> impl Iterator<Item = String> + '_ {
    let names = raw.correlate.iter().filter_map(|table| table.get_ref().name.as_ref());
    let said = ["", "_degree", "_spectrum", "_frequency", "_linewidth", "_coherent"];
    names.flat_map(move |name| said.map(|what| format!("{}{what}", name.get_ref())))
}
