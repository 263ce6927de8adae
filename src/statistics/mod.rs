//! Statistics of an ensemble of trajectories: estimators that merge, in a fixed order, to the same bits.

mod booked;
mod comoments;
mod controlled;
mod ends;
mod ensemble;
mod entropy;
mod evidence;
mod jackknife;
mod moments;
mod noise;
mod powers;
mod quanta;
mod replicas;
mod statistic;
mod stop;
mod stretch;
mod sums;

pub use booked::{Booked, Known, OfCycle};
pub use comoments::Comoments;
pub(crate) use controlled::Controlled;
pub use ends::{Ends, Produced};
pub use ensemble::{Ensemble, NoError, Resolutions};
pub use entropy::Entropy;
pub use evidence::{LEAST_EVENTS, Scarce, Thin};
pub use jackknife::{Merge, jackknife};
pub use moments::{Estimate, Moments};
pub use noise::{Distribution, NoPlateau, NoiseEstimate, NoiseReport, noise, off_plateau};
pub(crate) use powers::Comoment;
pub use powers::Powers;
pub use quanta::Quanta;
pub use replicas::{Agreement, Estimator, Replicas};
pub use statistic::{Statistic, Subject};
pub use stop::{Evidence, GROUPS, Judgement, StopRule, Stopped, Target, half_width, sizes};
pub use stretch::{Counted, Protocol, Replica, Stretches};
pub use sums::Sums;
