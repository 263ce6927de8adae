//! From the text of a scenario to validated points: source (text, and errors that point into it) -> raw (a mirror of the
//! keys) -> sweep (the points) -> validate (the values) -> scenario. Nothing outside sees the raw form.

mod keys;
mod raw;
mod scenario;
mod source;
mod sweep;
mod validate;

pub use scenario::{Evolution, Group, Noise, Overrides, Point, Purpose, Recording, Scenario};
pub use source::ScenarioError;
