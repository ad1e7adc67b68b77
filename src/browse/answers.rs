//! The folder in which a process keeps what is not small: answers, and which rows
//! views have.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::forget;

/// Of a process, beside its folder: locked while it lives.
const LOCK: &str = "lock";

/// The folder of a process. It goes when it is dropped; what a process left behind
/// that died goes when the next one begins.
#[derive(Debug)]
pub struct Answers {
    folder: PathBuf,
    /// Held as long as the folder is somebody's.
    _lock: File,
}

impl Answers {
    /// Makes a folder below `root`, and clears away those that are nobody's.
    ///
    /// # Errors
    /// Of the file system.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        // One process at a time: a folder without a lock is a dead one's.
        let turn = File::create(root.join(LOCK))?;
        turn.lock()?;
        sweep(root)?;
        let name = format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple());
        let folder = root.join(name);
        fs::create_dir(&folder)?;
        let lock = File::create(folder.join(LOCK))?;
        lock.lock()?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Where engines put what does not fit into memory while an answer comes.
    pub fn spill(&self) -> PathBuf {
        self.folder.join("spill")
    }

    /// Where what has a number lies.
    pub(super) fn file(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number}.duckdb"))
    }

    /// Takes the folder away, at the end of the process.
    pub fn clear(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.clear();
    }
}

fn sweep(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)?.flatten() {
        let folder = entry.path();
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let lock = File::open(folder.join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_err()) {
            continue;
        }
        // Large files take a while.
        forget::beside(move || {
            let _ = fs::remove_dir_all(&folder);
        });
    }
    Ok(())
}
