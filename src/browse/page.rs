//! Rows of a partition, a page at a time.

use super::error::BrowseError;
use super::row_index::RowIndex;
use super::table::Table;
use crate::engine::param::Param;
use crate::engine::stream::{Nested, Query};
use crate::engine::{ErrorKind, Session, quote};
use crate::model::column::Column;
use crate::transforms::statement;

/// Which rows are shown, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, serde::Serialize, serde::Deserialize)]
pub struct View {
    /// A condition in SQL over the columns; None: all rows.
    pub filter: Option<String>,
    /// The columns that rows are sorted by, the first one first. Empty: as stored,
    /// which is by the key.
    pub order: Vec<SortedBy>,
}

/// A column that rows are sorted by. NULL comes last.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct SortedBy {
    pub column: String,
    pub descending: bool,
}

impl View {
    /// Whether it is the partition as it is stored.
    pub fn is_plain(&self) -> bool {
        self.filter.is_none() && self.order.is_empty()
    }

    /// Whether the filter is one condition and nothing else: beside parentheses of
    /// ours, `a) OR (b` would be read otherwise than it is seen.
    ///
    /// # Errors
    /// [`BrowseError::Filter`] if it is not.
    pub fn check(&self, session: &Session, table: &Table) -> Result<(), BrowseError> {
        let Some(filter) = &self.filter else {
            return Ok(());
        };
        // The engine would run the first of several.
        if statement::only(filter).is_err() {
            return Err(BrowseError::Filter {
                filter: filter.clone(),
                why: "write one condition, without a semicolon".to_owned(),
            });
        }
        let sql = format!("SELECT 1 FROM {} WHERE {filter}\n", table.numbered());
        let described = session.describe(Query::of(&sql));
        described.map(drop).map_err(|e| of_filter(e.into(), self))
    }

    /// An expression for FROM that reads the rows, in no order.
    pub(super) fn scan(&self, table: &Table) -> String {
        match &self.filter {
            None => table.scan(),
            Some(_) => format!("(SELECT * FROM {}{})", table.scan(), self.condition(None)),
        }
    }

    /// `WHERE …`: the filter, and another condition.
    fn condition(&self, and: Option<&str>) -> String {
        let filter = self.filter.as_deref().unwrap_or_default().trim();
        // On a line of its own: it may end in a comment.
        let filter = (!filter.is_empty()).then(|| format!("({filter}\n)"));
        let all: Vec<String> = filter.into_iter().chain(and.map(str::to_owned)).collect();
        match all.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", all.join(" AND ")),
        }
    }

    /// `ORDER BY …` over the columns and the position, which decides ties.
    fn sorting(&self, position: &str) -> String {
        let columns = self.order.iter().map(|by| {
            let direction = if by.descending { "DESC" } else { "ASC" };
            format!("{} {direction} NULLS LAST", quote::ident(&by.column))
        });
        let all = columns.chain([position.to_owned()]);
        format!(" ORDER BY {}", quote::join(all))
    }

    /// The rows, as one reads them: what the app shows as its SQL.
    pub fn sql(&self, columns: &str, from: &str) -> String {
        let mut sql = format!("SELECT {columns}\nFROM {from}");
        if let Some(filter) = &self.filter {
            // It may end in a comment.
            sql += &format!("\nWHERE (\n  {filter}\n)");
        }
        if !self.order.is_empty() {
            let columns = self.order.iter().map(|by| {
                let descending = if by.descending { " DESC" } else { "" };
                format!("{}{descending} NULLS LAST", quote::ident(&by.column))
            });
            sql += &format!("\nORDER BY {}", quote::join(columns));
        }
        sql
    }

    /// A query for all rows, in order: what is written into a file.
    pub fn select(&self, table: &Table, columns: &[Column]) -> String {
        let columns = quote::idents(columns.iter().map(|c| &c.name));
        let condition = self.condition(None);
        // As they are stored they come by themselves.
        match self.order.is_empty() {
            true => format!("SELECT {columns} FROM {}{condition}", table.scan()),
            false => format!(
                "SELECT {columns} FROM {}{condition}{}",
                table.numbered(),
                self.sorting(&table.position())
            ),
        }
    }

    /// The positions of the rows, in order. As they are stored they come by
    /// themselves: then the first of them are there before the last are looked at.
    /// `only`: of the rows for which that holds.
    pub(super) fn positions(&self, table: &Table, only: Option<&str>) -> String {
        let position = table.position();
        let sorting = match self.order.is_empty() {
            true => String::new(),
            false => self.sorting(&position),
        };
        format!(
            "SELECT {position} FROM {}{}{sorting}",
            table.numbered(),
            self.condition(only)
        )
    }

    /// The values of a column in those rows for which `only` holds.
    pub(super) fn sample(&self, table: &Table, column: &str, only: &str) -> String {
        format!(
            "SELECT {column} FROM {}{}",
            table.numbered(),
            self.condition(Some(only))
        )
    }
}

/// Some rows in a row, as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Which row of the view the first one is, from 0.
    pub first: u64,
    /// A cell is None where the value is NULL. The cells are those of all columns.
    pub rows: Vec<Vec<Option<String>>>,
    /// The columns that were read, by their places; the cells of the others say
    /// nothing. None: all were read.
    pub columns: Option<Vec<usize>>,
}

/// Reads rows by their place in the stored file.
///
/// # Errors
/// Any error of the engine.
pub fn stored(
    session: &Session,
    table: &Table,
    first: u64,
    count: u64,
    columns: Option<&[usize]>,
) -> Result<Page, BrowseError> {
    let position = table.position();
    let last = first.saturating_add(count).saturating_sub(1);
    let sql = format!(
        "FROM {} WHERE {position} BETWEEN {first} AND {last} ORDER BY {position}",
        table.numbered()
    );
    cells(session, table, first, columns, &sql)
}

/// Reads some columns of what `from` finds, or all of them.
fn cells(
    session: &Session,
    table: &Table,
    first: u64,
    columns: Option<&[usize]>,
    from: &str,
) -> Result<Page, BrowseError> {
    let Some(columns) = columns else {
        let all = quote::idents(table.columns.iter().map(|c| &c.name));
        let rows = read(session, &format!("SELECT {all} {from}"), &table.columns)?;
        return Ok(Page {
            first,
            rows,
            columns: None,
        });
    };
    let some = columns.iter().filter_map(|at| table.columns.get(*at));
    let some: Vec<Column> = some.cloned().collect();
    let names = quote::idents(some.iter().map(|c| &c.name));
    let read = read(session, &format!("SELECT {names} {from}"), &some)?;
    let whole = |cells: Vec<Option<String>>| {
        let mut row = vec![None; table.columns.len()];
        for (at, cell) in columns.iter().zip(cells) {
            row[*at] = cell;
        }
        row
    };
    Ok(Page {
        first,
        rows: read.into_iter().map(whole).collect(),
        columns: Some(columns.to_vec()),
    })
}

/// Reads the first rows of a view, without an index: as fast as the engine finds
/// them.
///
/// # Errors
/// [`BrowseError::Filter`] if the filter is no condition.
pub fn first_of(
    session: &Session,
    table: &Table,
    view: &View,
    count: u64,
) -> Result<Page, BrowseError> {
    view.check(session, table)?;
    // First which rows they are, by the columns that decide: of the others only the
    // rows that are shown are read.
    let sql = format!("{} LIMIT {count}", view.positions(table, None));
    let found = numbers(session, &sql).map_err(|e| of_filter(e, view))?;
    at(session, table, 0, &found, None)
}

/// Reads rows of a view by its index.
///
/// # Errors
/// Any error of the engine.
pub fn indexed(
    session: &Session,
    table: &Table,
    index: &RowIndex,
    first: u64,
    count: u64,
    columns: Option<&[usize]>,
) -> Result<Page, BrowseError> {
    let found = index.positions(session, first, count)?;
    at(session, table, first, &found, columns)
}

/// Reads rows by their positions, in the order of these.
fn at(
    session: &Session,
    table: &Table,
    first: u64,
    positions: &[u64],
    columns: Option<&[usize]>,
) -> Result<Page, BrowseError> {
    if positions.is_empty() {
        return Ok(Page {
            first,
            ..Page::default()
        });
    }
    let position = table.position();
    let wanted = quote::join(positions.iter().map(u64::to_string));
    let sql = format!(
        "FROM {} WHERE {position} IN ({wanted}) ORDER BY list_position([{wanted}], {position})",
        table.numbered()
    );
    cells(session, table, first, columns, &sql)
}

/// What the engine says of a view's SQL is about its filter, if it has one.
pub(super) fn of_filter(error: BrowseError, view: &View) -> BrowseError {
    match (error, &view.filter) {
        // It is wrong by itself, or for a value.
        (BrowseError::Engine(error), Some(filter))
            if matches!(error.kind, ErrorKind::Statement | ErrorKind::Data) =>
        {
            BrowseError::Filter {
                filter: filter.clone(),
                why: without_position(&error.message),
            }
        }
        (error, _) => error,
    }
}

/// A message without the position among the names that it offers: no column has it.
fn without_position(message: &str) -> String {
    const OFFERS: &str = "Candidate bindings: ";
    let lines = message.lines().filter_map(|line| {
        let Some(names) = line.strip_prefix(OFFERS) else {
            return Some(line.to_owned());
        };
        let own = |name: &&str| !name.starts_with("\"_position");
        let names: Vec<&str> = names.split(", ").filter(own).collect();
        (!names.is_empty()).then(|| format!("{OFFERS}{}", names.join(", ")))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The one number that some SQL finds; None if it is NULL, or there is no row.
pub(super) fn number(
    session: &Session,
    sql: &str,
    params: &[Param],
) -> Result<Option<u64>, BrowseError> {
    let query = Query {
        params,
        ..Query::of(sql)
    };
    let column = Column {
        name: "number".to_owned(),
        ty: "BIGINT".to_owned(),
    };
    let mut found = None;
    session.stream(query, &[column], |batch| {
        found = batch.cell(0, 0).and_then(|text| text.parse().ok());
        Ok::<_, BrowseError>(())
    })?;
    Ok(found)
}

/// The numbers of a query of one column.
pub(super) fn numbers(session: &Session, sql: &str) -> Result<Vec<u64>, BrowseError> {
    let column = Column {
        name: "number".to_owned(),
        ty: "BIGINT".to_owned(),
    };
    let rows = read(session, sql, &[column])?.into_iter().flatten();
    Ok(rows
        .flatten()
        .filter_map(|text| text.parse().ok())
        .collect())
}

pub(super) fn read(
    session: &Session,
    sql: &str,
    columns: &[Column],
) -> Result<Vec<Vec<Option<String>>>, BrowseError> {
    let mut rows = Vec::new();
    let query = Query {
        nested: Nested::Engine,
        ..Query::of(sql)
    };
    session.stream(query, columns, |batch| {
        for row in 0..batch.rows() {
            let cells = (0..batch.width()).map(|at| batch.cell(row, at).map(str::to_owned));
            rows.push(cells.collect());
        }
        Ok::<_, BrowseError>(())
    })?;
    Ok(rows)
}
