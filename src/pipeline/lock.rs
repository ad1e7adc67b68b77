//! The project lock: one run at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::RunError;
use super::rebuild::swap;
use crate::model::progress::Progress;
use crate::store::{Store, StoreError, StoreLock};

/// Who holds a lock, as its file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    pub command: String,
    /// RFC 3339.
    pub since: String,
}

/// Held until dropped.
#[derive(Debug)]
pub struct ProjectLock {
    file: File,
}

impl Drop for ProjectLock {
    fn drop(&mut self) {
        // So that nobody is named who no longer holds it, unless he died. The lock
        // itself ends when the file is closed.
        let _ = self.file.set_len(0);
    }
}

/// How often a held lock is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the project lock.
///
/// # Errors
/// [`RunError::ProjectHeld`] if another run holds it still after `timeout`.
pub fn take(ctx: &Context, command: &str, timeout: Duration) -> Result<ProjectLock, RunError> {
    let path = ctx.layout.lock();
    let io = |source| RunError::Io {
        path: path.clone(),
        source,
    };
    std::fs::create_dir_all(ctx.layout.private()).map_err(io)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io)?;
    let deadline = Instant::now() + timeout;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(io(error)),
            Err(TryLockError::WouldBlock) => {}
        }
        let holder = read_holder(&path);
        if Instant::now() >= deadline {
            return Err(RunError::ProjectHeld { holder });
        }
        if ctx.interrupt.is_requested() {
            return Err(RunError::Interrupted { run: None });
        }
        if !said {
            said = true;
            ctx.progress.report(Progress::Waiting {
                reason: match &holder {
                    Some(h) => format!("`{}` (process {}) holds the project", h.command, h.pid),
                    None => "another run holds the project".to_owned(),
                },
            });
        }
        std::thread::sleep(PAUSE);
    }
    let holder = Holder {
        pid: std::process::id(),
        command: command.to_owned(),
        since: ctx.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    };
    file.set_len(0).map_err(io)?;
    file.rewind().map_err(io)?;
    file.write_all(
        serde_json::to_string(&holder)
            .unwrap_or_default()
            .as_bytes(),
    )
    .map_err(io)?;
    let lock = ProjectLock { file };
    // A rebuild that died while it took the place of the old is completed first:
    // until then neither state nor warehouse is to be believed.
    let completed = swap::complete(&ctx.layout).map_err(|source| RunError::Io {
        path: ctx.layout.rebuild(),
        source,
    })?;
    if completed {
        ctx.note("completed a rebuild that died while it took the place of the old");
    }
    Ok(lock)
}

/// Takes the target's lock, where it has one.
///
/// # Errors
/// [`StoreError::Locked`] if another run holds it still after `timeout`.
pub fn take_target(
    ctx: &Context,
    store: &dyn Store,
    timeout: Duration,
) -> Result<Box<dyn StoreLock>, RunError> {
    let deadline = Instant::now() + timeout;
    let mut said = false;
    loop {
        match store.lock() {
            Err(StoreError::Locked(who)) if Instant::now() < deadline => {
                if ctx.interrupt.is_requested() {
                    return Err(RunError::Interrupted { run: None });
                }
                if !said {
                    said = true;
                    ctx.progress.report(Progress::Waiting { reason: who });
                }
                std::thread::sleep(PAUSE);
            }
            Err(source @ StoreError::Io { .. }) => {
                return Err(RunError::TargetUnusable {
                    url: store.url(),
                    source,
                });
            }
            other => return Ok(other?),
        }
    }
}

/// Whether somebody holds the project lock now.
pub fn is_held(ctx: &Context) -> bool {
    File::open(ctx.layout.lock())
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// What the lock file says; None if it says nothing that can be read.
pub fn read_holder(path: &Path) -> Option<Holder> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
