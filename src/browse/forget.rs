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
    GOING.fetch_add(1, Ordering::SeqCst);
    std::thread::spawn(move || {
        work();
        GOING.fetch_sub(1, Ordering::SeqCst);
    });
}
