//! Two tables, answers or snapshots, compared by key.

use std::fs;
use std::path::{Path, PathBuf};

use super::{AskError, Asker};
use crate::browse::{Origin, Table};
use crate::engine::diff::{self, Comparison, DiffError, DiffRequest, Listed, Row};
use crate::engine::{EngineError, Session, Settings, parquet, quote};
use crate::model::column::Column;
use crate::model::difference::{Difference, Pair};
use crate::model::interrupt::Interrupt;
use crate::pipeline::error::RunError;

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoTables<'a> {
    pub sides: Pair<&'a Table>,
    /// Columns that name a row; both have them.
    pub key: Vec<String>,
    /// Rows that differ that are listed at most.
    pub most: usize,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TablesCompared {
    pub difference: Difference,
    pub key: Vec<Column>,
    /// The compared columns, as the side after has them: cells name them by number.
    pub columns: Vec<Column>,
    /// Columns that only one side has.
    pub only: Pair<Vec<Column>>,
    /// The rows that differ, in the order of their keys.
    pub rows: Vec<Row>,
    /// There are more.
    pub is_cut: bool,
}

impl Asker {
    /// Compares two tables by key, as `workbench diff` compares two snapshots.
    ///
    /// # Errors
    /// [`RunError::Unanswerable`] for a key that one of them does not have; any error of
    /// the engine.
    pub fn compare(
        &self,
        question: &TwoTables<'_>,
        interrupt: &Interrupt,
        tell: &(dyn Fn(f64) + Sync),
    ) -> Result<TablesCompared, AskError> {
        let compared = self.compared(question, interrupt, tell);
        if interrupt.is_requested() {
            return Err(AskError::Interrupted);
        }
        compared.map_err(|error| AskError::of("", error))
    }

    fn compared(
        &self,
        question: &TwoTables<'_>,
        interrupt: &Interrupt,
        tell: &(dyn Fn(f64) + Sync),
    ) -> Result<TablesCompared, RunError> {
        let sides = question.sides.map(|table| table.columns.as_slice());
        let names = own_key(&question.key, sides)?;
        let question = &TwoTables {
            key: names,
            ..question.clone()
        };
        let session = self.browser.session(interrupt)?;
        let written = question.sides.zip(Pair::new("before", "after"));
        let files = written
            .map(|(table, side)| self.as_file(&session, question, table, side))
            .ok()?;
        let settings = Settings {
            spill: Some(self.ctx.layout.spill()),
            ..self.ctx.settings()
        };
        let own = Session::in_memory(&settings, interrupt)?;
        let schemas = files
            .as_ref()
            .map(|f| diff::columns_of(&own, f.path()))
            .ok()?;
        let has = |columns: &[Column], name: &str| columns.iter().any(|c| is(c, name));
        let shared = schemas
            .after
            .iter()
            .filter(|c| has(&schemas.before, &c.name));
        let (key, columns): (Vec<&Column>, Vec<&Column>) =
            shared.partition(|c| question.key.contains(&c.name));
        let columns: Vec<Column> = columns.into_iter().cloned().collect();
        let only = |own: &[Column], other: &[Column]| -> Vec<Column> {
            let of_one = own.iter().filter(|c| !has(other, &c.name));
            of_one.cloned().collect()
        };
        let only = Pair::new(
            only(&schemas.before, &schemas.after),
            only(&schemas.after, &schemas.before),
        );
        let key = in_order(&question.key, &key);
        let mut comparison = Comparison::open(
            own,
            DiffRequest {
                name: "answer".to_owned(),
                files: files.as_ref().map(|file| file.path().to_owned()),
                key: question.key.clone(),
                columns: columns.iter().map(|c| c.name.clone()).collect(),
                condition: None,
                tolerance: None,
            },
        )
        .map_err(of_diff)?;
        let difference = comparison.run(None, tell).map_err(of_diff)?;
        comparison
            .run(Some(Listed::ALL), &|_| {})
            .map_err(of_diff)?;
        let (rows, is_cut) = comparison.first(Listed::ALL, question.most)?;
        Ok(TablesCompared {
            difference,
            key,
            columns,
            only,
            rows,
            is_cut,
        })
    }

    /// The rows of a table as a file: a snapshot has one.
    fn as_file(
        &self,
        session: &Session,
        question: &TwoTables<'_>,
        table: &Table,
        side: &str,
    ) -> Result<OwnFile, RunError> {
        if let Some(path) = table.path() {
            return Ok(OwnFile::Kept(path.to_owned()));
        }
        let Origin::Answer(kept) = &table.origin else {
            return Ok(OwnFile::Kept(PathBuf::new()));
        };
        let folder = match &self.folder {
            Some(folder) => folder.path().to_owned(),
            None => self.ctx.layout.spill(),
        };
        let io = |source| RunError::Io {
            path: folder.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(io)?;
        let name = format!(
            "{}-{side}-{}.parquet",
            kept.number(),
            uuid::Uuid::new_v4().simple()
        );
        let file = OwnFile::Passing(folder.join(name));
        let cells = table
            .columns
            .iter()
            .map(|column| {
                Ok(format!(
                    "{} AS {}",
                    cell(session, question, column)?,
                    quote::ident(&column.name)
                ))
            })
            .collect::<Result<Vec<_>, EngineError>>()?;
        is_key(session, question, table)?;
        let select = format!(
            "SELECT {} FROM {} ORDER BY {}",
            quote::join(cells),
            table.scan(),
            quote::idents(&question.key)
        );
        parquet::write(session, &select, file.path(), &[])?;
        Ok(file)
    }
}

/// A file that may be removed when it was read.
enum OwnFile {
    Kept(PathBuf),
    Passing(PathBuf),
}

impl OwnFile {
    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) | Self::Passing(path) => path,
        }
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        if let Self::Passing(path) = self {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a column is named; case makes no difference to the engine.
fn is(column: &Column, name: &str) -> bool {
    column.name.eq_ignore_ascii_case(name)
}

/// The names of a key as the side after spells them.
fn own_key(key: &[String], sides: Pair<&[Column]>) -> Result<Vec<String>, RunError> {
    if key.is_empty() {
        return Err(RunError::Unanswerable {
            why: "no column names a row: choose a key".to_owned(),
        });
    }
    let mut own: Vec<String> = Vec::new();
    for name in key {
        let of = |columns: &[Column]| columns.iter().find(|c| is(c, name)).cloned();
        let Pair {
            before: Some(_),
            after: Some(column),
        } = sides.map(of)
        else {
            return Err(RunError::Unanswerable {
                why: format!("`{name}` cannot be the key: not both sides have it"),
            });
        };
        if !own.contains(&column.name) {
            own.push(column.name);
        }
    }
    Ok(own)
}

/// Rows that one key names twice would pass for each other, and a row without a key
/// for none.
fn is_key(session: &Session, question: &TwoTables<'_>, table: &Table) -> Result<(), RunError> {
    let names = || question.key.iter().map(|name| quote::ident(name));
    let text = names().map(|name| format!("coalesce(CAST({name} AS VARCHAR), 'NULL')"));
    let null = names().map(|name| format!("{name} IS NULL"));
    let found = session.texts(&format!(
        "SELECT concat_ws(', ', {}), CAST(count(*) AS VARCHAR) FROM {} GROUP BY {} \
         HAVING count(*) > 1 OR {} LIMIT 1",
        quote::join(text),
        table.scan(),
        quote::join(names()),
        null.collect::<Vec<_>>().join(" OR "),
    ))?;
    let mut cells = found.into_iter().flatten().flatten();
    let (Some(key), Some(rows)) = (cells.next(), cells.next()) else {
        return Ok(());
    };
    let names = question.key.join(", ");
    let why = match rows.as_str() {
        "1" => format!("a row has no `{names}` ({key}): choose columns that name every row"),
        _ => format!("{rows} rows have `{names}` {key}: choose columns that name one row each"),
    };
    Err(RunError::Unanswerable { why })
}

fn in_order(names: &[String], columns: &[&Column]) -> Vec<Column> {
    let found = names
        .iter()
        .filter_map(|name| columns.iter().find(|c| c.name == *name));
    found.map(|column| (*column).clone()).collect()
}

/// A column in a type that Parquet has: others become what they are written as.
fn cell(
    session: &Session,
    question: &TwoTables<'_>,
    column: &Column,
) -> Result<String, EngineError> {
    let name = quote::ident(&column.name);
    let is_wide = matches!(column.ty.as_str(), "HUGEINT" | "UHUGEINT");
    if is_wide {
        // What sums of whole numbers are. Both sides are to have one type.
        for table in question.sides.both() {
            let Some(own) = table.columns.iter().find(|c| is(c, &column.name)) else {
                continue;
            };
            let too_wide = session.number(&format!(
                "SELECT count(*) FROM {} WHERE {name} IS NOT NULL \
                 AND TRY_CAST(CAST({name} AS {}) AS DECIMAL(38, 0)) IS NULL",
                table.scan(),
                own.ty
            ))?;
            if too_wide > 0 {
                return Ok(format!("CAST({name} AS VARCHAR)"));
            }
        }
        return Ok(format!("CAST({name} AS DECIMAL(38, 0))"));
    }
    const LOST: [&str; 9] = [
        "HUGEINT",
        "INTERVAL",
        "BIT",
        "TIME WITH TIME ZONE",
        "TIME_NS",
        "BIGNUM",
        "VARIANT",
        "GEOMETRY",
        "BITSTRING",
    ];
    let is_lost = LOST.iter().any(|lost| column.ty.contains(lost));
    Ok(match is_lost {
        true => format!("CAST({name} AS VARCHAR)"),
        false => name,
    })
}

fn of_diff(error: DiffError) -> RunError {
    match error {
        DiffError::Engine(error) | DiffError::Condition(error) => error.into(),
    }
}
