//! Ctrl-C and SIGTERM: the first ends the work and keeps what is done, the second does not wait.

use std::path::Path;
use std::process::ExitCode;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::exit;
use superjump::store::remove_unfinished;
use superjump::trajectory::Interrupt;

/// The exit code of a program that a signal has ended, as shells have it.
const INTERRUPTED: u8 = 130;

/// The same for the end of the program.
pub fn interrupted() -> ExitCode {
    ExitCode::from(INTERRUPTED)
}

/// What the first signal sets. The second ends the program at once: what is on disk is whole, and what was being written
/// to the folder of results is removed.
pub fn stop_on_signal(output: &Path) -> std::io::Result<Interrupt> {
    let (stop, output) = (Interrupt::default(), output.to_owned());
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let heard = stop.clone();
    std::thread::Builder::new().spawn(move || {
        for _ in signals.forever() {
            if heard.is_set() {
                remove_unfinished(&output);
                exit(i32::from(INTERRUPTED));
            }
            heard.set();
        }
    })?;
    Ok(stop)
}
