//! Quantum-jump trajectories of collective heat transport.
//!
//! N qubits sit between heat baths that act on them together (Dicke superradiance) or one by one. superjump evolves
//! pure states by the Monte Carlo wave-function method, averages many trajectories, and holds the averages against
//! the exact Lindblad equation.
//!
//! The modules form layers, and arrows point down only (`tests/house.rs` checks it): [`campaign`] plans and runs
//! a scenario; [`report`] draws what it left; [`solve`] has every exact answer of a point, and [`scenario`] reads points from
//! a file; [`statistics`] averages trajectories; [`trajectory`] and [`lindblad`] are
//! two independent roads to the same numbers; [`theory`] holds closed forms; [`model`], [`initial`] and [`quantity`]
//! say what is simulated and recorded; [`dicke`] is the ladder; [`bath`], [`circuit`], [`units`], [`random`] and [`rounded`]
//! are the floor.
#![doc = include_str!("../docs/library.md")]

pub mod bath;
pub mod campaign;
pub mod circuit;
pub mod dicke;
pub mod initial;
pub mod lindblad;
pub mod model;
pub mod quantity;
pub mod random;
pub mod report;
pub mod rounded;
pub mod scenario;
pub mod solve;
pub mod statistics;
pub mod theory;
pub mod trajectory;
pub mod units;
