//! From the text of a scenario to validated points: source (text, and errors that point into it) -> raw (a mirror of the
//! keys) -> sweep (every combination) -> validate (the values) -> point,
//! and reader, which does all of it. Nothing outside sees the raw form.

mod asked;
mod build;
mod described;
mod keys;
mod kind;
mod origin;
mod point;
mod print;
mod raw;
mod reader;
mod schema;
mod source;
mod sweep;
mod validate;

pub use asked::{Accuracy, Asked, Budget, Converge, Noise, Purpose, Solve, Steady, SteadyTable, Transient};
pub use build::{PointBuilder, PointError};
pub(crate) use origin::Origin;
pub use point::{Point, Recording};
pub use print::{Legend, Print};
pub use reader::{Overrides, Scenario};
pub use schema::{ScenarioKey, scenario_keys, schema};
pub use source::ScenarioError;
