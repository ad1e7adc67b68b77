//! The values of a column and how often each is there, the most frequent first.

use super::error::BrowseError;
use super::page::{self, View};
use super::table::Table;
use crate::engine::{Session, quote};
use crate::model::column::Column;

/// Values that are listed at most.
pub const MOST: usize = 10_000;

/// The values of a column, NULL among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frequencies {
    /// As text, and how many rows have it: at most [`MOST`].
    pub values: Vec<(Option<String>, u64)>,
    /// How many different ones there are.
    pub distinct: u64,
    pub rows: u64,
}

/// Counts the values of a column in the rows of a view.
///
/// # Errors
/// [`BrowseError::Filter`] if the filter is no condition.
pub fn of(
    session: &Session,
    table: &Table,
    column: &Column,
    view: &View,
) -> Result<Frequencies, BrowseError> {
    view.check(session, table)?;
    let name = quote::ident(&column.name);
    let scan = view.scan(table);
    let sql = format!(
        "WITH f(v, n) AS (SELECT {name}, count(*) FROM {scan} GROUP BY ALL) \
         SELECT CAST(v AS VARCHAR), CAST(n AS VARCHAR), \
         CAST((SELECT count(*) FROM f) AS VARCHAR), CAST((SELECT sum(n) FROM f) AS VARCHAR) \
         FROM f ORDER BY n DESC, v NULLS LAST LIMIT {MOST}"
    );
    let mut frequencies = Frequencies::default();
    let rows = session
        .texts(&sql)
        .map_err(|e| page::of_filter(e.into(), view))?;
    for row in rows {
        let mut cells = row.into_iter();
        let (value, mut counts) = (cells.next().flatten(), cells.flatten());
        let mut count = || {
            counts
                .next()
                .and_then(|text| text.parse().ok())
                .unwrap_or(0)
        };
        frequencies.values.push((value, count()));
        (frequencies.distinct, frequencies.rows) = (count(), count());
    }
    Ok(frequencies)
}
