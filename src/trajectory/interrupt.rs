//! What ends a trajectory on the way: somebody who waits for the end, or a time that is up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A flag that is set from elsewhere, once and for all. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    set: AtomicBool,
    deadline: Option<Instant>,
    outer: Option<Interrupt>,
}

impl Interrupt {
    /// Sets it.
    pub fn set(&self) {
        self.0.set.store(true, Ordering::Relaxed);
    }

    /// Whether it is set.
    // Out of the way of the loops that ask now and then.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn is_set(&self) -> bool {
        let mut flag = &*self.0;
        loop {
            let Flag { set, deadline, outer } = flag;
            if set.load(Ordering::Relaxed) || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return true;
            }
            let Some(outer) = outer else { return false };
            flag = &outer.0;
        }
    }

    /// Another one, which is set with this one or by itself.
    #[must_use]
    pub fn inner(&self) -> Interrupt {
        Interrupt(Arc::new(Flag { outer: Some(self.clone()), ..Flag::default() }))
    }

    /// Another one, which is set with this one or after a time.
    #[must_use]
    pub fn after(&self, time: Duration) -> Interrupt {
        let deadline = Instant::now().checked_add(time);
        Interrupt(Arc::new(Flag { deadline, outer: Some(self.clone()), ..Flag::default() }))
    }
}
