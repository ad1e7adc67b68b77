//! Rows that were computed, kept in the engine of the browser: those of an answer,
//! or the positions of a view's. Few lie in its memory, more in a file of their own.

use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::answers::Answers;
use super::error::BrowseError;
use super::forget;
use crate::engine::{Session, quote};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Where rows lie. They are forgotten with it.
pub struct Kept {
    number: u64,
    /// By which they are forgotten.
    owner: Mutex<Option<Session>>,
    /// The folder of their file; None: they lie in memory.
    folder: Option<Arc<Answers>>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

/// It is equal to itself alone.
impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Kept {
    /// A place for rows, in the memory of the engine or in a file that is not
    /// there yet. `session` is of the engine of the browser.
    ///
    /// # Errors
    /// Any error of the engine.
    pub(super) fn new(
        session: &Session,
        folder: Option<Arc<Answers>>,
    ) -> Result<Self, BrowseError> {
        Ok(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            owner: Mutex::new(Some(session.again()?)),
            folder,
        })
    }

    /// Makes its file known to an engine, for reading or for writing. What lies in
    /// memory is known.
    pub(super) fn attach(&self, session: &Session, how: &str) -> Result<(), BrowseError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let file = folder.file(self.number);
        Ok(session.batch(&format!(
            "ATTACH {} AS {} ({how})",
            quote::literal(&file.to_string_lossy()),
            self.name()
        ))?)
    }

    /// Whether it lies in a file, and not in memory.
    pub(super) fn is_in_file(&self) -> bool {
        self.folder.is_some()
    }

    /// Makes it unknown to the engine that wrote it.
    pub(super) fn detach(&self, session: &Session) -> Result<(), BrowseError> {
        Ok(session.batch(&format!("DETACH {}", self.name()))?)
    }

    /// What names it in this process.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// An expression for FROM that reads the rows, which are numbered by `rowid`.
    pub fn place(&self) -> String {
        let (catalog, name) = self.names();
        format!("{catalog}.main.{name}")
    }

    /// The catalog and the table.
    pub(super) fn names(&self) -> (String, String) {
        let catalog = match self.folder {
            Some(_) => self.name(),
            None => "memory".to_owned(),
        };
        (catalog, self.name())
    }

    fn name(&self) -> String {
        format!("kept_{}", self.number)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let owner = self.owner.get_mut().ok().and_then(Option::take);
        let Some(owner) = owner else { return };
        let sql = match self.folder {
            Some(_) => format!("DETACH {}", self.name()),
            None => format!("DROP TABLE IF EXISTS {}", self.place()),
        };
        let file = self.folder.take().map(|folder| folder.file(self.number));
        forget::later(owner, sql, move || {
            let Some(file) = file else { return };
            let _ = fs::remove_file(file.with_added_extension("wal"));
            let _ = fs::remove_file(file);
        });
    }
}
