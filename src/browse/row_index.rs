//! Which rows a sorted or filtered view has, kept: every page is found at once.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::answers::Answers;
use super::error::BrowseError;
use super::forget;
use super::page::{self, View, of_filter};
use super::table::Table;
use crate::engine::{Session, quote};

/// The rows of a view, by their positions in the stored file. Lives in the
/// database of the browser, or in a file of its own.
pub struct RowIndex {
    /// A table, with its catalog.
    place: String,
    /// By which it is forgotten.
    owner: Mutex<Option<Session>>,
    /// What it lies in, if it is not small.
    file: Option<IndexFile>,
    /// How many rows the view has.
    pub rows: u64,
}

impl fmt::Debug for RowIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} rows)", self.place, self.rows)
    }
}

/// A file that goes with its index.
struct IndexFile {
    /// What it is called in the engine of the browser.
    catalog: String,
    path: PathBuf,
    /// It is there as long as anything in it.
    _folder: Arc<Answers>,
}

impl Drop for IndexFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path.with_added_extension("wal"));
        let _ = fs::remove_file(&self.path);
    }
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl RowIndex {
    /// Finds all rows of a view. `tell` hears the engine's estimate, 0 to 1.
    ///
    /// # Errors
    /// [`BrowseError::Filter`] if the filter is no condition.
    pub fn build(
        session: &Session,
        table: &Table,
        view: &View,
        tell: impl Fn(f64) + Send,
    ) -> Result<Self, BrowseError> {
        view.check(session, table)?;
        let place = format!("memory.main.rows_{}", next());
        let sql = format!("CREATE TABLE {place} AS {}", view.positions(table));
        let built = session.watched(tell, |session| session.batch(&sql));
        built.map_err(|e| of_filter(e.into(), view))?;
        Self::of(session, place, None)
    }

    /// The same by an engine of its own, which has little memory, into a file that
    /// the engine of the browser, that of `session`, reads then.
    ///
    /// # Errors
    /// As for [`RowIndex::build`].
    pub fn build_in_file(
        session: &Session,
        writer: &Session,
        folder: Arc<Answers>,
        table: &Table,
        view: &View,
        tell: impl Fn(f64) + Send,
    ) -> Result<Self, BrowseError> {
        view.check(session, table)?;
        let number = next();
        let file = IndexFile {
            catalog: format!("rows_{number}"),
            path: folder.rows(number),
            _folder: folder,
        };
        let catalog = &file.catalog;
        let place = format!("{catalog}.main.kept");
        let attach = |how: &str| {
            let path = quote::literal(&file.path.to_string_lossy());
            format!("ATTACH {path} AS {catalog} ({how})")
        };
        writer.batch(&attach("READ_WRITE"))?;
        let sql = format!("CREATE TABLE {place} AS {}", view.positions(table));
        let built = writer.watched(tell, |writer| writer.batch(&sql));
        built.map_err(|e| of_filter(e.into(), view))?;
        writer.batch(&format!("DETACH {catalog}"))?;
        session.batch(&attach("READ_ONLY"))?;
        Self::of(session, place, Some(file))
    }

    fn of(session: &Session, place: String, file: Option<IndexFile>) -> Result<Self, BrowseError> {
        Ok(Self {
            rows: session.number(&format!("SELECT count(*) FROM {place}"))?,
            owner: Mutex::new(Some(session.again()?)),
            place,
            file,
        })
    }

    /// The positions of some rows in a row.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn positions(
        &self,
        session: &Session,
        first: u64,
        count: u64,
    ) -> Result<Vec<u64>, BrowseError> {
        let last = first.saturating_add(count).saturating_sub(1);
        let sql = format!(
            "SELECT COLUMNS(*) FROM {} WHERE rowid BETWEEN {first} AND {last} ORDER BY rowid",
            self.place
        );
        page::numbers(session, &sql)
    }

    /// Where in the view the row at a stored position is; None if it is not in it.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn place_of(&self, session: &Session, position: u64) -> Result<Option<u64>, BrowseError> {
        let text = session.text(&format!(
            "SELECT CAST(min(rowid) AS VARCHAR) FROM {} AS i(p) WHERE p = {position}",
            self.place
        ))?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// An expression for FROM: `at`, the row's number in the view, and `place`,
    /// its position in the stored file.
    pub(super) fn numbered(&self) -> String {
        format!(
            "(SELECT rowid AS at, p AS place FROM {} AS i(p))",
            self.place
        )
    }
}

fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Its rows are forgotten with it.
impl Drop for RowIndex {
    fn drop(&mut self) {
        let owner = self.owner.get_mut().ok().and_then(Option::take);
        let Some(owner) = owner else { return };
        let file = self.file.take();
        let sql = match &file {
            Some(file) => format!("DETACH {}", file.catalog),
            None => format!("DROP TABLE IF EXISTS {}", self.place),
        };
        forget::later(owner, sql, move || drop(file));
    }
}
