//! Exact averages of a group at a time, and what of them a column holds.

use crate::quantity::{Column, Quantity};

/// Exact averages of a group at a time; NaN where one is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Averages {
    /// The time.
    pub time: f64,
    /// `<J_z>`.
    pub jz: f64,
    /// `<J^2>`.
    pub j_squared: f64,
    /// `<J_x>` and `<J_y>` in the lab or, with a drive, in its frame; `None` where they are not asked for.
    pub transverse: Option<[f64; 2]>,
    /// What the group has of the excited fraction of the whole.
    pub excited: f64,
    /// What a modulation does on it per unit time ([`crate::model::Model::power`]); 0 where there is none.
    pub power: f64,
    /// What goes on with each bath.
    pub baths: Vec<BathAverages>,
    /// The observables of [`crate::group::Ensembles`], in their order; none of other groups.
    pub observables: Vec<f64>,
    /// What a protocol has done on ensembles and modes; `None` elsewhere.
    pub booked: Option<WorkAndHeat>,
}

/// What has added up since the start, in the unit of [`Quantity::Work`].
#[derive(Clone, Debug, PartialEq)]
pub struct WorkAndHeat {
    /// Work done on the group.
    pub work: f64,
    /// Heat from each bath.
    pub heats: Vec<f64>,
}

/// What a group gives to a bath, and takes from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BathAverages {
    /// Photons per unit time into it.
    pub intensity: f64,
    /// The heat current from it (21), in [`crate::units::Units::heat_current`].
    pub heat_current: f64,
    /// The same on average over the interval that ends at the time.
    pub average: f64,
}

impl Averages {
    /// What the group adds to a column; NaN where that is no average of a density matrix, as the length and the squeezing
    /// of the spin of one trajectory are none.
    #[must_use]
    pub fn value(&self, column: Column) -> f64 {
        let of_bath = |value: fn(&BathAverages) -> f64| column.bath.map_or(f64::NAN, |bath| value(&self.baths[bath]));
        let component = |index: usize| self.transverse.map_or(f64::NAN, |transverse| transverse[index]);
        match column.quantity {
            Quantity::HeatCurrent => of_bath(|bath| bath.heat_current),
            Quantity::HeatCurrentInterval | Quantity::HeatCurrentCounts => of_bath(|bath| bath.average),
            Quantity::Intensity => of_bath(|bath| bath.intensity),
            Quantity::Jx => component(0),
            Quantity::Jy => component(1),
            Quantity::Power => self.power,
            Quantity::Work => self.booked.as_ref().map_or(f64::NAN, |booked| booked.work),
            Quantity::Heat => {
                self.booked.as_ref().zip(column.bath).map_or(f64::NAN, |(booked, bath)| booked.heats[bath])
            }
            Quantity::Jz => self.jz,
            Quantity::JSquared => self.j_squared,
            Quantity::Excited => self.excited,
            Quantity::Observable => {
                column.observable.and_then(|index| self.observables.get(index)).copied().unwrap_or(f64::NAN)
            }
            _ => f64::NAN,
        }
    }
}
