//! What the rounds of a steady run are named by.

use serde_json::json;

use crate::canonical;
use crate::quantity::Column;
use crate::scenario::Point;
use crate::statistics::{Beside, Counted, Protocol};
use crate::trajectory::Beginnings;

/// All that decides the trajectories of a steady run and what is kept of them, beside the point and the seed: not the
/// rule that ends it. `first` is the number of the first trajectory. The canonical form is documented in
/// `docs/results.md`.
pub fn protocol_key(point: &Point, protocol: &Protocol, columns: &[Column], first: u64) -> u64 {
    let Protocol { warm_up, window, windows, counted, sectors, conserved, entropy, beside } = protocol;
    // Whether waiting times are read follows from the point.
    let Counted { baths, windows: counts, frequencies, delays, shares, passages, passage_times, waiting: _ } = counted;
    let columns: Vec<_> = columns.iter().map(|column| json!([column.quantity.name(), column.bath])).collect();
    let mut key = json!({
        "warm_up": warm_up,
        "window": window,
        "windows": windows,
        "counted": [baths, counts, frequencies, delays, shares],
        // What entropy is made of follows from the point.
        "followed": [sectors, conserved, entropy.is_some()],
        "columns": columns,
        "bath": point.watched(),
        "first": first,
    });
    if !passages.is_empty() {
        key["passages"] = json!([passages, passage_times]);
    }
    if let Some(Beside { begin: Beginnings { first, spacing, count, reach }, cells }) = beside {
        key["beside"] = json!([first, spacing, count, reach, cells]);
    }
    canonical::id(&key)
}
