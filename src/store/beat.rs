//! The word of a process, left again and again for as long as it is at work, whatever its work is at: that it falls silent
//! says that it is gone, or stands still.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::files::replace;
use super::lock::now;
use super::word::Live;

/// Leaves the word of this process.
pub struct Beat {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    path: PathBuf,
    last: Mutex<Last>,
    changed: Condvar,
}

#[derive(Default)]
struct Last {
    word: Option<(Live, Instant)>,
    ended: bool,
}

impl Shared {
    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Not being able to is no reason to stop the work.
    fn write(&self, last: &mut Last, live: Live) {
        if let Ok(json) = serde_json::to_vec(&live) {
            let _ = replace(&self.path, &json);
        }
        last.word = Some((live, Instant::now()));
    }

    /// Repeats what was said last, in time.
    fn repeat(&self) {
        let mut last = self.last();
        while !last.ended {
            if let Some((live, written)) = last.word.clone()
                && live.state.is_at_work()
                && written.elapsed() >= Live::EVERY
            {
                self.write(&mut last, Live { updated: now(), ..live });
            }
            let turn = Live::EVERY / 4;
            last = self.changed.wait_timeout(last, turn).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Beat {
    /// Nothing said yet; where a word goes.
    pub fn new(path: PathBuf) -> Self {
        let shared = Arc::new(Shared { path, last: Mutex::default(), changed: Condvar::new() });
        let repeating = shared.clone();
        let thread = std::thread::Builder::new().name("word".to_owned()).spawn(move || repeating.repeat());
        // Without it, word is left as often as there is news.
        Beat { shared, thread: thread.ok() }
    }

    /// Leaves this word now.
    pub fn leave(&self, live: &Live) {
        self.shared.write(&mut self.shared.last(), live.clone());
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.shared.last().ended = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::word::{Progress, State};
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_word_is_repeated_while_there_is_work_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("word");
        let beat = Beat::new(path.clone());
        let read = || std::fs::metadata(&path).unwrap().modified().unwrap();
        beat.leave(&Live::now(None, 1, State::Computing, &Progress::default()));
        let first = read();
        std::thread::sleep(Live::EVERY + Duration::from_millis(1200));
        let second = read();
        assert!(second > first);
        beat.leave(&Live::now(None, 1, State::Done, &Progress::default()));
        let last = read();
        std::thread::sleep(Live::EVERY + Duration::from_millis(1200));
        assert_eq!(read(), last);
    }
}
