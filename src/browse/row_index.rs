//! Which rows a sorted or filtered view has, kept: every page is found at once.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::BrowseError;
use super::forget;
use super::page::{View, of_filter};
use super::table::Table;
use crate::engine::Session;

/// The rows of a view, by their positions in the stored file. Lives in the
/// database of the browser.
pub struct RowIndex {
    name: String,
    /// By which it is forgotten.
    owner: Mutex<Option<Session>>,
    /// How many rows the view has.
    pub rows: u64,
}

impl fmt::Debug for RowIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} rows)", self.name, self.rows)
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
        let name = format!("rows_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let sql = format!("CREATE TABLE {name} AS {}", view.positions(table));
        let built = session.watched(tell, |session| session.batch(&sql));
        built.map_err(|e| of_filter(e.into(), view))?;
        let rows = session.number(&format!("SELECT count(*) FROM {name}"))?;
        let owner = Mutex::new(Some(session.again()?));
        Ok(Self { name, owner, rows })
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
        let rows = session.texts(&format!(
            "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {} WHERE rowid BETWEEN {first} AND {last} \
             ORDER BY rowid",
            self.name
        ))?;
        Ok(rows
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|text| text.parse().ok())
            .collect())
    }

    /// Where in the view the row at a stored position is; None if it is not in it.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn place_of(&self, session: &Session, position: u64) -> Result<Option<u64>, BrowseError> {
        let text = session.text(&format!(
            "SELECT CAST(min(rowid) AS VARCHAR) FROM {} AS i(p) WHERE p = {position}",
            self.name
        ))?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// An expression for FROM: `at`, the row's number in the view, and `place`,
    /// its position in the stored file.
    pub(super) fn numbered(&self) -> String {
        format!(
            "(SELECT rowid AS at, p AS place FROM {} AS i(p))",
            self.name
        )
    }
}

/// Its rows are forgotten with it.
impl Drop for RowIndex {
    fn drop(&mut self) {
        let owner = self.owner.get_mut().ok().and_then(Option::take);
        let Some(owner) = owner else { return };
        forget::later(owner, format!("DROP TABLE IF EXISTS {}", self.name), || {});
    }
}
