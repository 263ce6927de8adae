//! What the library computes: engines and exact values against each other, closed forms and figures of other programs.
#![allow(missing_docs)]

mod agreement;
mod balance;
mod burst;
mod cavity;
mod closed_forms;
mod common;
mod cycles;
mod driven;
mod driven_cycles;
mod driven_oracle;
mod driven_runs;
mod ensembles;
mod equations;
mod error_bars;
mod evidence;
mod figures;
mod floquet;
mod golden;
mod ladder;
mod peaks;
mod points;
mod product;
mod product_trajectories;
mod protocol_runs;
mod protocols;
mod pulses;
mod register;
mod register_oracle;
mod reproducible;
mod sectors;
mod steady;
mod steady_noise;
mod steady_trajectories;
mod transient;
