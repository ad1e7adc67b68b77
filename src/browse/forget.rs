//! Letting go of what the engine keeps, on a thread of its own: whoever lets it go
//! may be drawing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::engine::Session;

/// What is being forgotten now.
static GOING: AtomicU64 = AtomicU64::new(0);

/// Waits until nothing is being forgotten any more, or for so long. To be called
/// before the process ends: an engine that is at work then may crash it.
pub fn settle(limit: Duration) {
    let until = Instant::now() + limit;
    while GOING.load(Ordering::SeqCst) > 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs some SQL soon, and what follows it.
pub(super) fn later(owner: Session, sql: String, then: impl FnOnce() + Send + 'static) {
    beside(move || {
        // What cannot be forgotten goes with the process.
        let _ = owner.batch(&sql);
        drop(owner);
        then();
    });
}

/// Does something soon that [`settle`] waits for.
pub fn beside(work: impl FnOnce() + Send + 'static) {
    let going = Going::begin();
    std::thread::spawn(move || {
        let _going = going;
        work();
    });
}

/// Something that is going on, until it is dropped: also by a panic.
struct Going;

impl Going {
    fn begin() -> Self {
        GOING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        GOING.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_is_not_waited_for() {
        beside(|| std::panic::resume_unwind(Box::new("broken")));
        // Others of this process may be at work, too, and end.
        while GOING.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
    }
}
