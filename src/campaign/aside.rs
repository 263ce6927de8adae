//! What cannot be stopped on its way, done aside: exact solutions, mostly.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::trajectory::Interrupt;

/// How often somebody who waits looks whether to go on waiting.
const TICK: Duration = Duration::from_millis(20);

/// Does some work on a thread of its own, and waits for what it comes to; `None` where `interrupt` is set first. The
/// thread is left alone then, and ends with its work, or with the process.
pub fn aside<T: Send + 'static>(interrupt: &Interrupt, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = channel();
    // Who has left is told nothing.
    let thread = std::thread::spawn(move || drop(sender.send(work())));
    loop {
        if interrupt.is_set() {
            return None;
        }
        match receiver.recv_timeout(TICK) {
            Ok(found) => return Some(found),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => unreachable!("a thread that ends well has sent what it found"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn nobody_waits_for_what_is_interrupted() {
        let never = Interrupt::default();
        assert_eq!(aside(&never, || 7), Some(7));
        let (started, soon) = (Instant::now(), never.after(Duration::from_millis(50)));
        assert_eq!(aside(&soon, || std::thread::sleep(Duration::from_secs(600))), None);
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    #[should_panic(expected = "of the work")]
    fn a_panic_goes_on() {
        aside(&Interrupt::default(), || panic!("of the work"));
    }
}
