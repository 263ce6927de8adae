//! Quantum-jump trajectories of collective heat transport.
//!
//! N qubits sit between heat baths that act on them together (Dicke superradiance) or one by one. superjump evolves
//! pure states by the Monte Carlo wave-function method, averages many trajectories, and holds the averages against
//! the exact Lindblad equation.
//!
//! The modules form layers, and arrows point down only (`tests/house.rs` checks it): [`campaign`] runs
//! a scenario; [`report`] draws what it left; [`results`] are the tables and the summary of a run, [`store`] its parts on
//! disk; [`solve`] has every exact answer of a point, [`plan`] cuts points into parts, and [`scenario`] reads points from a file;
//! [`statistics`] averages trajectories; [`trajectory`] and [`lindblad`] are
//! two independent roads to the same numbers; [`theory`] holds closed forms; [`model`], [`initial`] and [`quantity`]
//! say what is simulated and recorded; [`dicke`] is the ladder; [`bath`], [`circuit`], [`units`], [`random`] and [`rounded`]
//! are the floor.
//!
//! Without the feature `campaign` there is no [`scenario`](crate) and what stands on it, and without `figures` no report:
//! the bare library is physics, from baths to statistics.
#![cfg_attr(feature = "campaign", doc = include_str!("../docs/library.md"))]

pub mod bath;
#[cfg(feature = "campaign")]
pub mod campaign;
#[cfg(feature = "campaign")]
mod canonical;
pub mod circuit;
pub mod dicke;
pub mod group;
pub mod initial;
pub mod lindblad;
pub mod model;
#[cfg(feature = "campaign")]
pub mod plan;
pub mod quantity;
pub mod random;
#[cfg(feature = "figures")]
pub mod report;
#[cfg(feature = "campaign")]
pub mod results;
pub mod rounded;
#[cfg(feature = "campaign")]
pub mod scenario;
#[cfg(feature = "campaign")]
pub mod solve;
pub mod statistics;
#[cfg(feature = "campaign")]
pub mod store;
#[cfg(feature = "campaign")]
pub mod table;
pub mod theory;
pub mod trajectory;
pub mod units;
mod vectorized;
