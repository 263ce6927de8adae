//! From the text of a scenario to validated points: source (text, and errors that point into it) -> syntax (what is no
//! TOML, in words) -> sweep (every combination) -> shape (keys and kinds, with foreign: what others call them) -> raw (a
//! mirror of the keys) -> validate (the values) -> point, and reader, which does all of it; scales (what is likely a slip
//! of the pen) and tables (what others read of a scenario's text). Nothing outside sees the raw form.

mod asked;
mod build;
mod described;
mod file;
mod foreign;
mod keys;
mod kind;
mod label;
mod origin;
mod point;
mod print;
mod raw;
mod reader;
mod scales;
mod schema;
mod shape;
mod source;
mod spacing;
mod sweep;
mod syntax;
mod tables;
mod validate;

pub use asked::{Accuracy, Asked, Budget, Converge, Noise, Purpose, Solve, Steady, SteadyTable, Transient};
pub use build::{PointBuilder, PointError};
pub use file::read_text;
pub use foreign::{Meant, key as meant_by};
pub(crate) use origin::Origin;
pub use point::{Point, Recording};
pub use print::{Legend, Print};
pub use reader::{Overrides, Scenario};
pub use scales::BathScale;
pub use schema::{ScenarioKey, scenario_keys, schema};
pub use source::{Fault, ScenarioError};
pub use tables::{check_figures, effective, protocols};
