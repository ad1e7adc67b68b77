//! A file that is there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::error::RunError;

/// Numbers the drafts of this process: several may be on their way to one name.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Readers {
    /// As the user has files made.
    #[default]
    Usual,
    /// Nobody but its owner.
    Owner,
}

impl Readers {
    /// The permissions it is made with.
    pub fn mode(self) -> u32 {
        match self {
            Self::Usual => 0o666,
            Self::Owner => 0o600,
        }
    }
}

/// A file on its way. It gets its name when it is whole; until then it has
/// another one beside it, and if it is dropped, it is gone.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    goal: PathBuf,
    /// What it did not make it does not remove.
    is_made: AtomicBool,
}

impl Draft {
    /// A draft of `goal`. Nothing is made yet.
    pub fn of(goal: &Path) -> Self {
        let name = goal.file_name().unwrap_or_default().to_string_lossy();
        let numbered = || {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let process = std::process::id();
            goal.with_file_name(format!(".{name}.{process}.{number}.part"))
        };
        let mut path = numbered();
        // Somebody died who had the same number as this process.
        while path.symlink_metadata().is_ok() {
            path = numbered();
        }
        Self {
            // Whole, as a session that is locked down is told of it.
            path: std::path::absolute(&path).unwrap_or(path),
            goal: goal.to_owned(),
            is_made: AtomicBool::new(false),
        }
    }

    /// Where it is to be written, once it was made.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file.
    ///
    /// # Errors
    /// A folder that is not there, or may not be written to.
    pub fn create(&self) -> Result<BufWriter<File>, RunError> {
        let file = self.make(Readers::Usual).map_err(|e| self.failed(e))?;
        Ok(BufWriter::with_capacity(1 << 16, file))
    }

    fn make(&self, readers: Readers) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(readers.mode());
        let file = options.open(&self.path)?;
        self.is_made.store(true, Ordering::Relaxed);
        Ok(file)
    }

    fn fill(&self, bytes: &[u8], readers: Readers) -> io::Result<()> {
        if let Some(folder) = self.goal.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = self.make(readers)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Gives it its name, in place of what has it.
    ///
    /// # Errors
    /// Of the file system.
    pub fn keep(self) -> Result<(), RunError> {
        self.replace().map_err(|e| self.failed(e))
    }

    fn replace(&self) -> io::Result<()> {
        fs::rename(&self.path, &self.goal)?;
        self.is_made.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// An error of writing it, as the user is told.
    pub fn failed(&self, source: io::Error) -> RunError {
        RunError::Io {
            path: self.goal.clone(),
            source,
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if *self.is_made.get_mut() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a file, and its folder, in place of what is there.
///
/// # Errors
/// Of the file system; what is there stays.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let draft = Draft::of(path);
    draft.fill(bytes, readers)?;
    draft.replace()
}

/// Writes a file, and its folder, that is not there. False: it is, and stays as it is.
///
/// # Errors
/// Of the file system.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let draft = Draft::of(path);
    draft.fill(bytes, Readers::Usual)?;
    // Unlike a rename, a link never takes the place of another file.
    match fs::hard_link(&draft.path, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_drafts_of_one_file_are_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let goal = folder.path().join("a.csv");
        let (first, second) = (Draft::of(&goal), Draft::of(&goal));
        first.create().unwrap().write_all(b"first").unwrap();
        second.create().unwrap().write_all(b"second").unwrap();
        first.keep().unwrap();
        assert_eq!(fs::read(&goal).unwrap(), b"first");
        second.keep().unwrap();
        assert_eq!(fs::read(&goal).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_draft_takes_away_what_it_made_alone() {
        let folder = tempfile::tempdir().unwrap();
        let goal = folder.path().join("a.csv");
        let draft = Draft::of(&goal);
        fs::write(draft.path(), "of somebody else").unwrap();
        assert!(draft.create().is_err());
        let kept = draft.path().to_owned();
        drop(draft);
        assert!(kept.exists());
        let own = Draft::of(&goal);
        drop(own.create().unwrap());
        assert!(own.path().exists());
        let gone = own.path().to_owned();
        drop(own);
        assert!(!gone.exists() && !goal.exists());
    }

    #[test]
    fn of_many_that_create_a_file_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let goal = folder.path().join("x/a.sql");
        let made: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|n: u8| {
                    let goal = &goal;
                    scope.spawn(move || create(goal, &[b'0' + n; 9]).unwrap())
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        let winner = made.iter().position(|made| *made).unwrap() as u8;
        assert_eq!(fs::read(&goal).unwrap(), [b'0' + winner; 9]);
        assert_eq!(fs::read_dir(goal.parent().unwrap()).unwrap().count(), 1);
    }
}
