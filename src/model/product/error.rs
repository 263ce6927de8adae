//! Why factors, terms and baths are no product.

use crate::dicke::MAX_QUBITS;

/// Why a product is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProductError {
    /// No name.
    #[error(
        "`{name}` is no name of an ensemble or mode: letters, digits and _, no digit first, and not i, pi, sqrt, exp or dag"
    )]
    Name {
        /// What was given.
        name: String,
    },
    /// A name of two factors.
    #[error("two ensembles or modes have the name `{name}`")]
    Twice {
        /// The name.
        name: String,
    },
    /// A frequency that is no number.
    #[error("the frequency of `{name}` is {frequency}: it has to be finite")]
    Frequency {
        /// Of what.
        name: String,
        /// What was given.
        frequency: f64,
    },
    /// A number of qubits out of range.
    #[error("ensemble `{name}` has {number} qubits: from 0 to {MAX_QUBITS} are allowed")]
    Number {
        /// Of what.
        name: String,
        /// What was given.
        number: i64,
    },
    /// A mode without a level.
    #[error("mode `{name}` has {levels} levels: at least 1 is needed, the number 0")]
    Levels {
        /// Of what.
        name: String,
        /// What was given.
        levels: i64,
    },
    /// A bound of the highest level that is none.
    #[error("the highest level of mode `{name}` may weigh {weight}: a number between 0 and 1 is needed")]
    Weight {
        /// Of what.
        name: String,
        /// What was given.
        weight: f64,
    },
    /// A term of H that is not Hermitian.
    #[error("a term of the Hamiltonian is not Hermitian: add its conjugate, as in `x + dag(x)`")]
    NotHermitian,
    /// A matrix of exchange of another size.
    #[error("the exchange is a matrix of {rows} x {columns}, and there are {factors} ensembles and modes")]
    Exchange {
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// How many there are.
        factors: usize,
    },
    /// A watched operator that is not Hermitian.
    #[error("watched operator {place} is not Hermitian, and its mean no real number")]
    WatchedNotHermitian {
        /// Its place among them, from 0.
        place: usize,
    },
    /// More to watch than there is room for.
    #[error("{count} means are looked at, and {most} at most are kept")]
    Watched {
        /// How many.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A factor that does not exist.
    #[error("there is no ensemble or mode `{name}` (there are: {known})")]
    NoFactor {
        /// What was asked.
        name: String,
        /// What there is.
        known: String,
    },
    /// A bath that acts on nothing, or on a factor twice.
    #[error("bath `{name}`: {what}")]
    Bath {
        /// Its name.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A rate or an amplitude that is none.
    #[error("bath `{name}`: its {what} is {value}, where a finite number{} is needed", if *.what == "amplitude" { "" } else { " from 0 on" })]
    Rate {
        /// Its name.
        name: String,
        /// Which.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// A mode that may fill without end.
    #[error("mode `{name}` needs `levels`, the numbers of quanta that are kept: {because}")]
    NeedsCut {
        /// Of what.
        name: String,
        /// Why.
        because: &'static str,
    },
    /// A start that does not fit.
    #[error("the start of `{name}`: {what}")]
    Start {
        /// Of what.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// Too many states.
    #[error(
        "{what} of this product has {dimension:.1e} elements or more and takes {:.1} MB; at most {most:.1e} elements are kept",
        .bytes / 1e6
    )]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        dimension: f64,
        /// Its memory.
        bytes: f64,
        /// The bound.
        most: f64,
    },
}
