//! Rows from the query of one engine into a table of another, batch after batch, so
//! that any number of them needs the memory of a few thousand.

use duckdb::Appender;
use duckdb::arrow::array::RecordBatch;

use super::error::EngineError;
use super::session::{Session, shifted};
use super::stream::{Query, values};
use crate::model::column::Column;

/// Some rows on their way.
pub struct Batch(RecordBatch);

impl Batch {
    /// How many.
    pub fn rows(&self) -> u64 {
        self.0.num_rows() as u64
    }

    /// The memory they take, roughly.
    pub fn bytes(&self) -> u64 {
        self.0.get_array_memory_size() as u64
    }
}

/// A table that takes rows.
pub struct Pour<'s> {
    appender: Appender<'s>,
    session: &'s Session,
}

impl Session {
    /// Hands the rows of a query to `each`, in the query's order, for tables with the
    /// same columns. `columns` are what [`Session::describe`] said.
    ///
    /// # Errors
    /// As for [`Session::describe`]; any error of the engine on the way; the first
    /// error of `each`.
    pub fn batches<E: From<EngineError>>(
        &self,
        query: Query<'_>,
        columns: &[Column],
        mut each: impl FnMut(Batch) -> Result<(), E>,
    ) -> Result<(), E> {
        let (prefix, suffix) = as_they_travel(columns);
        let sql = format!("{prefix}{}\n){suffix}", query.sql);
        let back = |e: EngineError| E::from(shifted(e, prefix.len()));
        self.heed()?;
        let mut statement = self.prepare(&sql).map_err(back)?;
        let values = values(&statement, query.params).map_err(back)?;
        let stream = statement
            .stream_arrow(duckdb::params_from_iter(values))
            .map_err(|e| back(e.into()))?;
        for batch in stream {
            let batch = batch.map_err(|e| back(e.into()))?;
            if batch.num_rows() > 0 {
                each(Batch(batch))?;
            }
            self.heed()?;
        }
        Ok(())
    }

    /// Opens a table, to which nothing is added meanwhile by anybody else.
    ///
    /// # Errors
    /// A table that is not there.
    pub fn pour(&self, catalog: &str, table: &str) -> Result<Pour<'_>, EngineError> {
        self.heed()?;
        let appender = self
            .connection()
            .appender_to_catalog_and_db(table, catalog, "main")?;
        Ok(Pour {
            appender,
            session: self,
        })
    }
}

impl Pour<'_> {
    /// Adds rows. They are seen after [`Pour::flush`].
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn take(&mut self, batch: Batch) -> Result<(), EngineError> {
        self.session.heed()?;
        Ok(self.appender.append_record_batch(batch.0)?)
    }

    /// Lets all rows be seen that were added.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn flush(&mut self) -> Result<(), EngineError> {
        self.session.heed()?;
        Ok(self.appender.flush()?)
    }
}

/// What stands before and behind a query so that its values travel unchanged: those
/// that Arrow knows as themselves, and others as text.
fn as_they_travel(columns: &[Column]) -> (String, String) {
    let list = |cell: &dyn Fn(usize, &Column) -> String| {
        let cells = columns.iter().enumerate().map(|(at, c)| cell(at, c));
        cells.collect::<Vec<_>>().join(", ")
    };
    let select = list(&|at, column| match travels(&column.ty) {
        true => format!("_c{at}"),
        false => format!("CAST(_c{at} AS VARCHAR)"),
    });
    let names = list(&|at, _| format!("_c{at}"));
    (
        format!("SELECT {select} FROM ("),
        format!(" AS _q({names})"),
    )
}

/// Whether values of a type are the same in Arrow.
fn travels(ty: &str) -> bool {
    let is_decimal = ty.starts_with("DECIMAL(") && ty.ends_with(')');
    is_decimal
        || matches!(
            ty,
            "BOOLEAN"
                | "TINYINT"
                | "SMALLINT"
                | "INTEGER"
                | "BIGINT"
                | "UTINYINT"
                | "USMALLINT"
                | "UINTEGER"
                | "UBIGINT"
                | "FLOAT"
                | "DOUBLE"
                | "VARCHAR"
                | "BLOB"
                | "DATE"
                | "TIMESTAMP"
        )
}
