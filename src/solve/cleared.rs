//! Exact values without what is only rounding.

use crate::bath::Bath;
use crate::quantity::{Column, Quantity};
use crate::rounded::Rounded;

/// A value without what is only rounding beside the most it may be, and within its bounds.
pub fn cleared((number, baths): (i64, &[Bath]), column: Column, value: f64) -> f64 {
    let spin = number as f64 / 2.0;
    let of = |most: f64| Rounded::of(value, most).cleared();
    match (column.quantity, column.bath) {
        (Quantity::Jx | Quantity::Jy | Quantity::Jz, _) => of(spin),
        (Quantity::Excited, _) => of(1.0).clamp(0.0, 1.0),
        (Quantity::Intensity, Some(bath)) => {
            let bath = &baths[bath];
            of(bath.down * bath.coupling.forms(number).emission.most(number)).max(0.0)
        }
        _ => value,
    }
}
