//! The lock of a folder target. The operating system releases it with the
//! process, so a lock is never stale; the file stays.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use crate::store::{StoreError, StoreLock};

/// A lock that is held.
pub(super) struct LocalLock {
    file: File,
}

impl StoreLock for LocalLock {}

impl Drop for LocalLock {
    fn drop(&mut self) {
        // So that nobody is named who no longer holds it. The lock itself ends
        // when the file is closed.
        let _ = self.file.set_len(0);
    }
}

/// Takes the lock and writes into it who holds it. `url` is for the message.
///
/// # Errors
/// [`StoreError::Locked`] at once if it is held, by this process or another.
pub(super) fn take(path: &Path, url: &str) -> Result<LocalLock, StoreError> {
    let at = |error| StoreError::io(path.display(), error);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(at)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(StoreError::Locked(locked_by(&mut file, url)));
        }
        Err(TryLockError::Error(error)) => return Err(at(error)),
    }
    file.set_len(0).map_err(at)?;
    let holder = format!("workbench, pid {}\n", std::process::id());
    file.write_all(holder.as_bytes()).map_err(at)?;
    Ok(LocalLock { file })
}

/// Who holds the lock of the folder target `root`, or did not let go of it in
/// order. Takes nothing.
pub fn look(root: &Path) -> LockSeen {
    let Ok(mut file) = File::open(root.join(super::LOCK)) else {
        return LockSeen::Free;
    };
    let mut holder = String::new();
    // What cannot be read names nobody.
    let _ = file.read_to_string(&mut holder);
    let holder = holder.trim().to_owned();
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => LockSeen::Held(holder),
        _ if holder.is_empty() => LockSeen::Free,
        _ => LockSeen::Left(holder),
    }
}

/// How the lock of a folder target looks from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockSeen {
    Free,
    /// Somebody works there: what the file says of him.
    Held(String),
    /// Nobody does, and the file still names who did: he died.
    Left(String),
}

fn locked_by(file: &mut File, url: &str) -> String {
    let mut holder = String::new();
    // Without the name the message still says what matters.
    let _ = file.read_to_string(&mut holder);
    let holder = match holder.trim() {
        "" => "another process",
        named => named,
    };
    format!("`{url}` is locked by {holder}")
}
