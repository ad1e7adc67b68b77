//! Being asked to stop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

type Hook = (u64, Box<dyn Fn() + Send>);

#[derive(Default)]
struct Inner {
    requested: AtomicBool,
    next: AtomicU64,
    hooks: Mutex<Vec<Hook>>,
}

/// A wish to stop, shared by who has it and who must heed it.
///
/// Cloning shares the wish. Whoever runs something long registers a hook that
/// stops it; hooks are called again and again until they are dropped, because a
/// stop that arrives between two statements of an engine would be lost.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Inner>);

impl Interrupt {
    /// Asks to stop. Returns false if that was asked before.
    pub fn request(&self) -> bool {
        if self.0.requested.swap(true, Ordering::SeqCst) {
            return false;
        }
        let inner = Arc::downgrade(&self.0);
        std::thread::spawn(move || {
            while let Some(inner) = inner.upgrade() {
                for (_, hook) in lock(&inner.hooks).iter() {
                    hook();
                }
                drop(inner);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        true
    }

    /// Whether stopping was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.requested.load(Ordering::SeqCst)
    }

    /// Registers what stops the work at hand, until the guard is dropped.
    pub fn on_request(&self, hook: impl Fn() + Send + 'static) -> HookGuard {
        let id = self.0.next.fetch_add(1, Ordering::SeqCst);
        lock(&self.0.hooks).push((id, Box::new(hook)));
        HookGuard {
            interrupt: self.clone(),
            id,
        }
    }
}

fn lock(hooks: &Mutex<Vec<Hook>>) -> MutexGuard<'_, Vec<Hook>> {
    // A hook that panicked leaves the list as it was.
    hooks
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Keeps a hook registered.
pub struct HookGuard {
    interrupt: Interrupt,
    id: u64,
}

impl Drop for HookGuard {
    fn drop(&mut self) {
        lock(&self.interrupt.0.hooks).retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_called_again_until_dropped() {
        let interrupt = Interrupt::default();
        let calls = Arc::new(AtomicU64::new(0));
        let seen = calls.clone();
        let guard = interrupt.on_request(move || {
            seen.fetch_add(1, Ordering::SeqCst);
        });
        assert!(interrupt.request());
        assert!(!interrupt.request());
        while calls.load(Ordering::SeqCst) < 3 {
            std::thread::yield_now();
        }
        drop(guard);
        let after = calls.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(calls.load(Ordering::SeqCst), after);
    }
}
