//! What cannot be solved, and why.

use crate::lindblad::protocol::CycleError;
use crate::lindblad::{NotAffordable, ProductSteadyError, RegisterError, SolveError, SteadyError};
use crate::model::product::ProductError;

/// Why there is no exact answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unsolved {
    /// Too large.
    #[error(transparent)]
    NotAffordable(#[from] NotAffordable),
    /// The same of the full space, before anything of the size of N^2 is made of a million.
    #[error("the full Lindblad equation of {qubits} qubits takes 4^{qubits} elements")]
    Elements {
        /// N.
        qubits: i64,
    },
    /// The same, by the time that it has to be followed for.
    #[error(
        "the full Lindblad equation of {qubits} qubits to time {until} takes {cost:.0e} operations, more than the \
         {limit:.0e} that are spent on it"
    )]
    Operations {
        /// N.
        qubits: i64,
        /// The last time.
        until: f64,
        /// Operations.
        cost: f64,
        /// The most that are spent.
        limit: f64,
    },
    /// The same, of a steady state for which a run would have to wait.
    #[error("beyond {most} qubits that differ nothing is solved beside a run")]
    Beside {
        /// The most that are solved.
        most: i64,
    },
    /// A product that is too large.
    #[error(transparent)]
    Product(#[from] ProductError),
    /// The same, of one for which a run would have to wait.
    #[error(
        "the density matrix of this product has {elements:.1e} elements, and beside a run at most {most:.0e} are solved"
    )]
    ProductBeside {
        /// Elements.
        elements: f64,
        /// The most that are solved.
        most: f64,
    },
    /// The same, by the time that it has to be followed for.
    #[error(
        "the {elements:.1e} elements of the density matrix to time {until} take {cost:.0e} operations, more than the \
         {limit:.0e} that are spent on it"
    )]
    ProductOperations {
        /// Elements.
        elements: f64,
        /// The last time.
        until: f64,
        /// Operations.
        cost: f64,
        /// The most that are spent.
        limit: f64,
    },
    /// The same, of its steady state, which takes an elimination.
    #[error(
        "the density matrix of this product has {elements:.1e} elements, and steady states of at most {most:.0e} are solved"
    )]
    ProductElimination {
        /// Elements.
        elements: f64,
        /// The most that are solved.
        most: f64,
    },
    /// A mode whose cut had to grow beyond what is solved for.
    #[error(
        "mode {mode} needs more than {levels} levels, of which the highest weighs {weight:.1e}, and with more of them: {because}"
    )]
    Cut {
        /// The mode.
        mode: String,
        /// The levels of the last cut that was solved.
        levels: i64,
        /// The weight of the highest.
        weight: f64,
        /// Why not with more.
        because: Box<Unsolved>,
    },
    /// A mode whose cut has grown to its most, and decides what comes of it.
    #[error(
        "mode {mode} fills all of the {levels} levels that there may be, the highest of which weighs {weight:.1e}: its steady \
         state is that of the cut, or there is none"
    )]
    Unheld {
        /// The mode.
        mode: String,
        /// The most levels.
        levels: i64,
        /// The weight of the highest.
        weight: f64,
    },
    /// The steady state of a product.
    #[error(transparent)]
    ProductSteady(#[from] ProductSteadyError),
    /// Its equation is of ensembles and modes.
    #[error("there are no ensembles and modes")]
    NoEnsembles,
    /// The start of qubits that differ is no one density matrix of theirs.
    #[error("the initial state is spread over the copies of its sector J < N/2")]
    Spread,
    /// A transient that failed.
    #[error(transparent)]
    Transient(#[from] SolveError),
    /// There is no steady state, or its solve failed.
    #[error(transparent)]
    Steady(#[from] SteadyError),
    /// The same of qubits that differ, or what is no register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// There is no limit cycle, or none that can be told from rounding.
    #[error(transparent)]
    Cycle(#[from] CycleError),
    /// A limit cycle that takes too long.
    #[error(
        "one cycle takes {work:.0e} multiplications, and its limit some tens of cycles: more than the {limit:.0e} that \
         are spent on one"
    )]
    CycleWork {
        /// Multiplications of a cycle.
        work: f64,
        /// The most that are spent on one.
        limit: f64,
    },
    /// Exact values that nobody asked for.
    #[error("they were left out, as was asked")]
    LeftOut,
    /// Somebody waits for the end.
    #[error("the run was interrupted")]
    Interrupted,
    /// What is asked for is not solved for qubits that differ.
    #[error("counting windows and spectra are not solved for qubits that differ")]
    NotOnTheLadder,
}
