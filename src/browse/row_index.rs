//! Which rows a sorted or filtered view has, kept: every page is found at once.

use std::fmt;
use std::sync::Arc;

use super::answers::Answers;
use super::error::BrowseError;
use super::kept::Kept;
use super::page::{self, View};
use super::parts;
use super::table::Table;
use crate::engine::Session;

/// The rows of a view, by their positions in the stored file.
pub struct RowIndex {
    kept: Kept,
    /// How many rows the view has.
    pub rows: u64,
}

impl fmt::Debug for RowIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({} rows)", self.kept, self.rows)
    }
}

impl RowIndex {
    /// Finds all rows of a view. `tell` hears the engine's estimate, 0 to 1.
    ///
    /// # Errors
    /// [`BrowseError::Filter`] if the filter is no condition.
    pub fn build(
        session: &Session,
        table: &Table,
        view: &View,
        tell: impl Fn(f64) + Sync,
    ) -> Result<Self, BrowseError> {
        view.check(session, table)?;
        let kept = Kept::new(session, None)?;
        parts::fill(session, &kept.place(), table, view, &tell)?;
        Self::of(session, kept)
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
        tell: impl Fn(f64) + Sync,
    ) -> Result<Self, BrowseError> {
        view.check(session, table)?;
        let kept = Kept::new(session, Some(folder))?;
        kept.attach(writer, "READ_WRITE")?;
        parts::fill(writer, &kept.place(), table, view, &tell)?;
        kept.detach(writer)?;
        kept.attach(session, "READ_ONLY")?;
        Self::of(session, kept)
    }

    fn of(session: &Session, kept: Kept) -> Result<Self, BrowseError> {
        let rows = session.number(&format!("SELECT count(*) FROM {}", kept.place()))?;
        Ok(Self { kept, rows })
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
            "SELECT * FROM {} WHERE rowid BETWEEN {first} AND {last} ORDER BY rowid",
            self.kept.place()
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
            self.kept.place()
        ))?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// An expression for FROM: `at`, the row's number in the view, and `place`,
    /// its position in the stored file.
    pub(super) fn numbered(&self) -> String {
        format!(
            "(SELECT rowid AS at, p AS place FROM {} AS i(p))",
            self.kept.place()
        )
    }
}
