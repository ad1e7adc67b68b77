//! Keeping the rows of an answer while they come.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::answers::Answers;
use super::error::BrowseError;
use super::kept::Kept;
use super::page::{self, Page};
use super::table::{Origin, Table};
use crate::engine::pour::{Batch, Pour};
use crate::engine::stream::Query;
use crate::engine::{EngineError, ErrorKind, Session, quote};
use crate::model::column::Column;

/// What a column is called that has no name.
const UNNAMED: &str = "column";

/// Above so many bytes rows are put into a file.
const SMALL: u64 = 16 << 20;

/// So many bytes are handed over before they are written.
const AT_ONCE: u64 = 16 << 20;

/// Where many rows are put.
pub struct Files<'s> {
    pub folder: Arc<Answers>,
    /// Opens the engine that writes them. It has little memory: what it wrote it would
    /// keep there otherwise, as long as there is room.
    pub open: Box<dyn Fn() -> Result<Session, BrowseError> + 's>,
    /// That engine, once it is needed.
    pub writer: &'s OnceCell<Session>,
}

/// Rows that are being kept. If it is dropped before its end, they are forgotten.
pub struct Keeper<'s> {
    /// Of the engine of the browser.
    session: &'s Session,
    files: Option<Files<'s>>,
    columns: Vec<Column>,
    pour: Option<Pour<'s>>,
    kept: Kept,
    rows: u64,
    bytes: u64,
    /// Of those that were handed over last.
    waiting: u64,
    /// The engine of the file, where there is one.
    writer: Option<&'s Session>,
}

impl<'s> Keeper<'s> {
    /// Nothing is there yet. `columns` may have names twice. Without files all is kept
    /// in memory.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn new(
        session: &'s Session,
        columns: &[Column],
        files: Option<Files<'s>>,
    ) -> Result<Self, BrowseError> {
        let columns = with_names_of_their_own(columns);
        let kept = Kept::new(session, None)?;
        create(session, &kept, &columns)?;
        Ok(Self {
            session,
            files,
            columns,
            pour: None,
            kept,
            rows: 0,
            bytes: 0,
            waiting: 0,
            writer: None,
        })
    }

    /// How many rows there are so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes the next rows.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn take(&mut self, batch: Batch) -> Result<(), BrowseError> {
        self.bytes += batch.bytes();
        if self.bytes > SMALL && self.writer.is_none() {
            self.move_to_file()?;
        }
        self.rows += batch.rows();
        self.put(batch)
    }

    fn put(&mut self, batch: Batch) -> Result<(), BrowseError> {
        self.waiting += batch.bytes();
        let pour = match &mut self.pour {
            Some(pour) => pour,
            none => {
                let (catalog, table) = self.kept.names();
                let engine = self.writer.unwrap_or(self.session);
                none.insert(engine.pour(&catalog, &table)?)
            }
        };
        pour.take(batch)?;
        if self.waiting > AT_ONCE {
            self.flush()?;
        }
        Ok(())
    }

    /// The first rows of those that came. To be called while they are few.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn first(&mut self, count: u64) -> Result<Page, BrowseError> {
        self.flush()?;
        let columns = quote::idents(self.columns.iter().map(|c| &c.name));
        let sql = format!(
            "SELECT {columns} FROM {} WHERE rowid < {count} ORDER BY rowid",
            self.kept.place()
        );
        let session = self.writer.unwrap_or(self.session);
        Ok(Page {
            first: 0,
            rows: page::read(session, &sql, &self.columns)?,
            columns: None,
        })
    }

    /// All rows came.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn end(mut self) -> Result<Table, BrowseError> {
        self.flush()?;
        self.pour = None;
        if let Some(writer) = self.writer {
            writer.batch("COMMIT")?;
            self.kept.detach(writer)?;
            self.kept.attach(self.session, "READ_ONLY")?;
        }
        let kept = format!("SELECT count(*) FROM {}", self.kept.place());
        let kept = self.session.number(&kept)?;
        if kept != self.rows {
            let why = format!("{kept} of {} rows were kept", self.rows);
            return Err(EngineError::new(ErrorKind::Other, why).into());
        }
        Ok(Table {
            origin: Origin::Answer(Arc::new(self.kept)),
            columns: self.columns,
            key: Vec::new(),
            rows: self.rows,
        })
    }

    fn flush(&mut self) -> Result<(), BrowseError> {
        self.waiting = 0;
        match &mut self.pour {
            Some(pour) => Ok(pour.flush()?),
            None => Ok(()),
        }
    }

    fn move_to_file(&mut self) -> Result<(), BrowseError> {
        let Some(files) = self.files.take() else {
            return Ok(());
        };
        self.flush()?;
        self.pour = None;
        if files.writer.get().is_none() {
            let _ = files.writer.set((files.open)()?);
        }
        let Some(writer) = files.writer.get() else {
            return Ok(());
        };
        let kept = Kept::new(self.session, Some(files.folder))?;
        kept.attach(writer, "READ_WRITE")?;
        // In one transaction rows are written as they come, and once.
        writer.batch("BEGIN")?;
        create(writer, &kept, &self.columns)?;
        self.writer = Some(writer);
        let few = std::mem::replace(&mut self.kept, kept);
        let sql = format!("SELECT * FROM {} ORDER BY rowid", few.place());
        let columns = self.columns.clone();
        let session = self.session;
        session.batches(Query::of(&sql), &columns, |batch| self.put(batch))
    }
}

fn create(session: &Session, kept: &Kept, columns: &[Column]) -> Result<(), BrowseError> {
    let columns = columns
        .iter()
        .map(|column| format!("{} {}", quote::ident(&column.name), column.ty));
    let sql = format!("CREATE TABLE {} ({})", kept.place(), quote::join(columns));
    Ok(session.batch(&sql)?)
}

/// Names may come twice in an answer, and not in a table.
fn with_names_of_their_own(columns: &[Column]) -> Vec<Column> {
    // By it rows are numbered.
    let mut taken = HashSet::from(["rowid".to_owned()]);
    let given: HashSet<String> = columns.iter().map(|c| c.name.to_lowercase()).collect();
    let own = columns.iter().map(|column| {
        let mut name = match column.name.as_str() {
            "" => UNNAMED.to_owned(),
            name => name.to_owned(),
        };
        let bare = name.clone();
        let mut number = 0;
        while !taken.insert(name.to_lowercase()) {
            number += 1;
            name = format!("{bare}_{number}");
            while given.contains(&name.to_lowercase()) {
                number += 1;
                name = format!("{bare}_{number}");
            }
        }
        Column {
            name,
            ty: as_kept(&column.ty),
        }
    });
    own.collect()
}

/// The type that values of a type are kept in: their own, where a table can have it
/// and it can be told from their text.
fn as_kept(ty: &str) -> String {
    match ty.split_once("\"NULL\"") {
        // A column of nothing but NULL has no type: the engine itself makes this of it.
        Some(("", lists)) if lists.chars().all(|c| "[]".contains(c)) => {
            format!("INTEGER{lists}")
        }
        Some(_) => "VARCHAR".to_owned(),
        // A member that is NULL is written like a text.
        None if ty.contains("UNION(") => "VARCHAR".to_owned(),
        None => ty.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Settings;
    use crate::model::interrupt::Interrupt;

    fn in_memory() -> Session {
        Session::in_memory(&Settings::default(), &Interrupt::default()).unwrap()
    }

    #[test]
    fn values_of_every_type_are_kept_as_they_are() {
        let (asked, keeping) = (in_memory(), in_memory());
        let all = asked.describe(Query::of("SELECT * FROM test_all_types()"));
        let of_each = all.unwrap().into_iter().map(|column| {
            format!(
                "SELECT {} FROM test_all_types()",
                quote::ident(&column.name)
            )
        });
        // What in a text inside others could be taken for something else.
        let texts = "['', ' x ', 'NULL', 'null', NULL, 'a, b', 'it''s', '\"', '[', '}', '=', \
                      '\\', e'a\\nb', '1', 'true', '{''a'': 1}', ':', '(', e'\\t', '🦆']";
        let nested = [
            format!("SELECT {texts}"),
            format!("SELECT {{'a': t, 'B c': [t], '\"': NULL}} FROM unnest({texts}) AS u(t)"),
            format!("SELECT map([coalesce(t, 'k')], [[t]]) FROM unnest({texts}) AS u(t)"),
            format!("SELECT t FROM unnest({texts}) AS u(t)"),
            "SELECT {'a': NULL}".to_owned(),
            "SELECT NULL UNION ALL SELECT NULL".to_owned(),
            "SELECT []".to_owned(),
            "SELECT sum(x) FROM range(10) AS r(x)".to_owned(),
            "SELECT {'d': 0.1::DOUBLE, 'h': [170141183460469231731687303715884105727]}".to_owned(),
        ];
        let mut wrong = Vec::new();
        for sql in of_each.chain(nested) {
            let query = Query::of(&sql);
            let columns = asked.describe(query).unwrap();
            let mut keeper = Keeper::new(&keeping, &columns, None).unwrap();
            let kept = asked.batches(query, &columns, |batch| keeper.take(batch));
            if let Err(e) = kept {
                wrong.push(format!("{sql}: {e}"));
                continue;
            }
            let first = keeper.first(100).unwrap();
            let table = keeper.end().unwrap();
            let expected = asked.rows(&sql, None).unwrap().rows;
            let typed = keeping.columns(&format!("FROM {}", table.scan())).unwrap();
            if first.rows != expected {
                wrong.push(format!("{sql}\n  {expected:?}\n  {:?}", first.rows));
            }
            if typed[0].ty != as_kept(&columns[0].ty) {
                wrong.push(format!("{sql}: {columns:?}, {typed:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn names_that_come_twice_are_numbered() {
        let columns = ["a", "A", "a_1", "b", "a", "RowId", ""].map(|name| Column {
            name: name.to_owned(),
            ty: "INTEGER".to_owned(),
        });
        let names = with_names_of_their_own(&columns);
        let names: Vec<&str> = names.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["a", "A_2", "a_1", "b", "a_3", "RowId_1", "column"]);
    }
}
