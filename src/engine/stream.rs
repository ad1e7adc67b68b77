//! Results as they come: batch after batch, so that any number of rows needs the
//! memory of a few thousand.

use duckdb::Statement;
use duckdb::arrow::array::{Array, AsArray, RecordBatch};
use duckdb::types::Value;

use super::error::{EngineError, ErrorKind};
use super::param::{self, Param};
use super::rows::Rows;
use super::session::{Session, shifted};
use crate::model::column::Column;

/// A query of a user, with the values of its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    pub sql: &'a str,
    pub params: &'a [Param],
    /// None: all rows.
    pub limit: Option<u64>,
    /// How lists, structs and maps become text.
    pub nested: Nested,
}

impl<'a> Query<'a> {
    /// All rows of a query without parameters.
    pub fn of(sql: &'a str) -> Self {
        Self {
            sql,
            params: &[],
            limit: None,
            nested: Nested::Engine,
        }
    }
}

/// How lists, structs and maps become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nested {
    /// As the engine writes them: `{'a': 1}`.
    Engine,
    Json,
}

/// What came of streaming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Streamed {
    pub rows: u64,
    /// True if there were more rows than were asked for.
    pub cut_off: bool,
}

/// Some rows as text.
pub struct TextBatch {
    batch: RecordBatch,
    rows: usize,
}

impl TextBatch {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn width(&self) -> usize {
        self.batch.num_columns()
    }

    /// A cell; None where it is NULL.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        let cells = self.batch.column(column);
        if let Some(cells) = cells.as_string_opt::<i32>() {
            return cells.is_valid(row).then(|| cells.value(row));
        }
        let cells = cells.as_string_view_opt()?;
        cells.is_valid(row).then(|| cells.value(row))
    }
}

impl Session {
    /// The columns that a query with parameters would return.
    ///
    /// # Errors
    /// [`ErrorKind::Statement`] with a position in the SQL if it does not bind;
    /// [`ErrorKind::Parameter`] if a parameter has no value, or a value no parameter.
    pub fn describe(&self, query: Query<'_>) -> Result<Vec<Column>, EngineError> {
        self.heed()?;
        let prefix = "DESCRIBE ";
        let sql = format!("{prefix}{}", query.sql);
        let work = || -> Result<Vec<Column>, EngineError> {
            let mut statement = self.prepare(&sql)?;
            let values = values(&statement, query.params)?;
            let mut rows = statement.query(duckdb::params_from_iter(values))?;
            let mut columns = Vec::new();
            while let Some(row) = rows.next()? {
                columns.push(Column {
                    name: row.get(0)?,
                    ty: row.get(1)?,
                });
            }
            Ok(columns)
        };
        work().map_err(|e| shifted(e, prefix.len()))
    }

    /// The names of the parameters of a statement, without `$`, in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Statement`] if it does not bind.
    pub fn parameters(&self, sql: &str) -> Result<Vec<String>, EngineError> {
        self.heed()?;
        let statement = self.prepare(sql)?;
        let names = (1..=statement.parameter_count()).map(|at| statement.parameter_name(at));
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Hands the rows of a query to `each` as text, in the query's order.
    /// `columns` are what [`Session::describe`] said.
    ///
    /// # Errors
    /// As for [`Session::describe`]; any error of the engine on the way; the first
    /// error of `each`.
    pub fn stream<E: From<EngineError>>(
        &self,
        query: Query<'_>,
        columns: &[Column],
        mut each: impl FnMut(&TextBatch) -> Result<(), E>,
    ) -> Result<Streamed, E> {
        let (prefix, suffix) = as_text(columns, query.nested);
        let limit = query
            .limit
            .map_or(String::new(), |n| format!(" LIMIT {}", n.saturating_add(1)));
        let sql = format!("{prefix}{}\n){suffix}{limit}", query.sql);
        let back = |e: EngineError| E::from(shifted(e, prefix.len()));

        self.heed()?;
        let mut statement = self.prepare(&sql).map_err(back)?;
        let values = values(&statement, query.params).map_err(back)?;
        let stream = statement
            .stream_arrow(duckdb::params_from_iter(values))
            .map_err(|e| back(e.into()))?;
        let mut streamed = Streamed::default();
        for batch in stream {
            let batch = batch.map_err(|e| back(e.into()))?;
            let left = query.limit.map_or(u64::MAX, |n| n - streamed.rows);
            let there = batch.num_rows() as u64;
            let rows = there.min(left);
            streamed.cut_off |= there > left;
            streamed.rows += rows;
            if rows > 0 {
                let rows = rows as usize;
                each(&TextBatch { batch, rows })?;
            }
            if streamed.cut_off {
                break;
            }
            self.heed()?;
        }
        Ok(streamed)
    }

    /// Hands the rows of a statement that is all text already to `each`, and that
    /// cannot stand inside another: EXPLAIN.
    ///
    /// # Errors
    /// As for [`Session::stream`].
    pub fn stream_as_it_is<E: From<EngineError>>(
        &self,
        query: Query<'_>,
        mut each: impl FnMut(&TextBatch) -> Result<(), E>,
    ) -> Result<Streamed, E> {
        self.heed()?;
        let mut statement = self.prepare(query.sql)?;
        let values = values(&statement, query.params)?;
        let stream = statement
            .stream_arrow(duckdb::params_from_iter(values))
            .map_err(EngineError::from)?;
        let mut streamed = Streamed::default();
        for batch in stream {
            let batch = batch.map_err(EngineError::from)?;
            let rows = batch.num_rows();
            streamed.rows += rows as u64;
            each(&TextBatch { batch, rows })?;
        }
        Ok(streamed)
    }

    /// Runs a query inside a statement that returns no rows, and returns how many
    /// it was about.
    ///
    /// # Errors
    /// As for [`Session::describe`], and any error of the engine on the way.
    pub(super) fn execute_around(
        &self,
        query: Query<'_>,
        before: &str,
        behind: &str,
    ) -> Result<u64, EngineError> {
        self.heed()?;
        let sql = format!("{before}{}{behind}", query.sql);
        let work = || -> Result<u64, EngineError> {
            let mut statement = self.prepare(&sql)?;
            let values = values(&statement, query.params)?;
            Ok(statement.execute(duckdb::params_from_iter(values))? as u64)
        };
        work().map_err(|e| shifted(e, before.len()))
    }

    /// A query's result as text, at most `limit` rows of it.
    ///
    /// # Errors
    /// As for [`Session::stream`].
    pub fn rows(&self, sql: &str, limit: Option<u64>) -> Result<Rows, EngineError> {
        let query = Query {
            limit,
            ..Query::of(sql)
        };
        let columns = self.describe(query)?;
        let mut rows = Vec::new();
        let streamed = self.stream(query, &columns, |batch| {
            for row in 0..batch.rows() {
                let cells = (0..batch.width()).map(|at| batch.cell(row, at).map(str::to_owned));
                rows.push(cells.collect());
            }
            Ok::<_, EngineError>(())
        })?;
        Ok(Rows {
            columns,
            rows,
            cut_off: streamed.cut_off,
        })
    }
}

/// What stands before and behind a query so that all its columns are text. Its
/// own names may come twice, and are not used.
fn as_text(columns: &[Column], nested: Nested) -> (String, String) {
    let list = |cell: &dyn Fn(usize, &Column) -> String| {
        let cells = columns.iter().enumerate().map(|(at, c)| cell(at, c));
        cells.collect::<Vec<_>>().join(", ")
    };
    let select = list(&|at, column| match nested {
        Nested::Json if column.is_nested() => format!("CAST(to_json(_c{at}) AS VARCHAR)"),
        _ => format!("CAST(_c{at} AS VARCHAR)"),
    });
    let names = list(&|at, _| format!("_c{at}"));
    (
        format!("SELECT {select} FROM ("),
        format!(" AS _q({names})"),
    )
}

/// The values of a statement's parameters, in its order.
pub(super) fn values(
    statement: &Statement<'_>,
    given: &[Param],
) -> Result<Vec<Value>, EngineError> {
    let names = (1..=statement.parameter_count())
        .map(|at| statement.parameter_name(at))
        .collect::<Result<Vec<_>, _>>()?;
    param::in_order(&names, given).map_err(|why| EngineError::new(ErrorKind::Parameter, why))
}
