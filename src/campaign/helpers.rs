//! Other processes that compute parts for this one.

use super::error::RunError;
use crate::plan::Part;
use crate::trajectory::Interrupt;

/// Takes a part that was computed elsewhere: which, its jumps, the bytes of its file.
pub type Deliver<'a> = &'a mut dyn FnMut(Part, u64, &[u8]) -> Result<(), RunError>;

/// Other processes that compute parts for this one.
pub trait Helpers {
    /// Whether any of them may still bring a part.
    fn at_work(&self) -> bool;

    /// Takes what they have `done` and gives them what there is to `take`, without waiting; once `stop` is set, nothing. They may set it too.
    ///
    /// # Errors
    /// What `done` returns.
    fn serve(
        &mut self,
        stop: &Interrupt,
        take: &mut dyn FnMut() -> Option<Part>,
        done: Deliver,
    ) -> Result<(), RunError>;
}
