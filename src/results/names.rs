//! What the quantities of a summary may be.

use std::collections::HashSet;

use super::correlations::Correlated;
use super::rare::OVER_THE_RUN;
use crate::quantity::{Column, Quantity};
use crate::scenario::{Asked, Point, Scenario};

/// The names of the quantities that a summary of this scenario may have.
#[must_use]
pub fn quantity_names(scenario: &Scenario) -> Vec<String> {
    let point = &scenario.points[0];
    // What one point lacks another may have.
    let all: Vec<(&Point, Column)> = scenario
        .points
        .iter()
        .flat_map(|point| point.columns().into_iter().map(move |column| (point, column)))
        .collect();
    let mut quantities: Vec<Quantity> = all.iter().map(|(_, column)| column).map(|column| column.quantity).collect();
    quantities.retain(|quantity| *quantity != Quantity::Observable);
    if point.protocol().is_some() {
        quantities.extend([
            Quantity::Quanta,
            Quantity::Power,
            Quantity::Efficiency,
            Quantity::CoefficientOfPerformance,
            Quantity::WorkVariance,
            Quantity::Reliability,
            Quantity::HeatVariance,
            Quantity::WorkHeatCovariance,
            Quantity::HeatCovariance,
            Quantity::UncertaintyRatio,
            Quantity::PeriodicUncertaintyRatio,
            Quantity::ExponentialWork,
            Quantity::EntropyProduction,
            Quantity::ExponentialEntropy,
        ]);
    }
    match point.asked {
        Asked::Transient(_) => {
            quantities.extend([Quantity::HighestIntensity, Quantity::HighestIntensityTime]);
            quantities.extend([Quantity::PeakTime, Quantity::PeakIntensity]);
            quantities.extend((point.recording.photons > 0).then_some(Quantity::BurstWidth));
            if scenario.points.iter().any(|point| point.flows().is_some()) {
                quantities.extend([Quantity::Efficiency, Quantity::CoefficientOfPerformance]);
            }
        }
        Asked::Converge(_) | Asked::Solve(_) => quantities.extend([
            Quantity::HeatCurrentBalance,
            Quantity::HeatCurrentControlled,
            Quantity::Jx,
            Quantity::Jy,
            Quantity::Noise,
            Quantity::Fano,
            Quantity::EntropyProduction,
            Quantity::Efficiency,
            Quantity::CoefficientOfPerformance,
            Quantity::EffectiveTemperature,
            Quantity::HeatCurrentIndependent,
            Quantity::HeatCurrentSymmetric,
            Quantity::HeatCurrentLimit,
        ]),
    }
    // A quantity of every bath is named once.
    let mut seen = HashSet::new();
    quantities.retain(|quantity| seen.insert(quantity.name()));
    let mut names: Vec<String> = quantities.iter().map(|quantity| quantity.name().to_owned()).collect();
    if scenario.points.iter().any(|point| point.conditions().is_some() && point.steady().is_none()) {
        names.extend(OVER_THE_RUN.map(str::to_owned));
    }
    let photon = |photon: usize| format!("{}_{}", Quantity::PhotonTime.name(), photon + 1);
    names.extend((0..point.recording.photons).map(photon));
    names.extend(scenario.points.iter().filter_map(Point::ensembles).take(1).flat_map(Correlated::names));
    let observables = all.iter().filter(|(_, column)| column.observable.is_some());
    for name in observables.map(|(point, column)| point.called(*column)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}
