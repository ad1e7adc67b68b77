//! What the app opens: the published snapshots of a target, and an engine in
//! memory to look into them.

use std::sync::{Arc, Mutex};

use super::answers::Answers;
use super::error::BrowseError;
use super::page::{self, Page, View};
use super::priority;
use super::profile::{self, Profile};
use super::row_index::RowIndex;
use super::table::Table;
use crate::engine::param::{Param, ParamValue};
use crate::engine::{Session, Settings, quote};
use crate::model::column::Column;
use crate::model::commit::LivePartition;
use crate::model::interrupt::Interrupt;
use crate::snapshots::{PublishError, Published, documents};
use crate::store::Store;

/// Looks into published snapshots. Cheap to clone, and shared by threads: every
/// call has a connection of its own, and can be stopped by itself.
#[derive(Clone)]
pub struct Browser {
    store: Arc<dyn Store>,
    settings: Settings,
    /// Where what is not small is kept; None: in memory, as far as it goes.
    folder: Option<Arc<Answers>>,
    /// Opened when it is needed first: a list of snapshots needs no engine.
    engine: Arc<Mutex<Option<Session>>>,
}

/// The memory of an engine that writes files of answers, or of the rows of views.
const WRITER: &str = "96MB";

/// The memory of the engine that reads pages and columns. What needs more is put into
/// files meanwhile.
const READER: &str = "192MB";

/// Rows of a view that are kept in memory: 8 bytes each.
const IN_MEMORY: u64 = 2_000_000;

/// What pages are read of.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub table: &'a Table,
    pub view: &'a View,
    /// Of the view, if it has one yet.
    pub index: Option<&'a RowIndex>,
}

/// Where a row of another day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    At(u64),
    /// There is no such row; this is where it would be.
    Would(u64),
    /// It is there, and the view does not show it.
    Hidden,
}

impl Browser {
    /// A browser of a target.
    pub fn new(store: Arc<dyn Store>, settings: Settings) -> Self {
        Self {
            store,
            settings: Settings {
                memory: Some(READER.to_owned()),
                ..settings
            },
            folder: None,
            engine: Arc::default(),
        }
    }

    /// The same, which keeps in a folder what is not small.
    pub fn keeping_in(self, folder: Option<Arc<Answers>>) -> Self {
        let spill = folder.as_ref().map(|folder| folder.spill());
        Self {
            settings: Settings {
                spill: spill.or(self.settings.spill),
                ..self.settings
            },
            folder,
            ..self
        }
    }

    /// What is published now.
    ///
    /// # Errors
    /// [`PublishError::Gap`] if a commit is missing between others.
    pub fn published(&self) -> Result<Published, PublishError> {
        Published::read(&*self.store)
    }

    /// Whether the target has a commit. What cannot be read is not there.
    pub fn has_commit(&self, seq: u64) -> bool {
        let head = self.store.head(&documents::commit_key(seq));
        head.is_ok_and(|head| head.is_some())
    }

    /// Where the snapshots lie.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Opens a partition.
    ///
    /// # Errors
    /// As for [`Table::open`].
    pub fn open(&self, live: &LivePartition) -> Result<Table, BrowseError> {
        Ok(Table::open(&*self.store, live)?)
    }

    /// A connection that `interrupt` stops.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn session(&self, interrupt: &Interrupt) -> Result<Session, BrowseError> {
        let mut engine = self
            .engine
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let first = match &mut *engine {
            Some(session) => session,
            none => {
                let never = Interrupt::default();
                let open = || Session::in_memory(&self.settings, &never);
                let session = priority::behind(open)?;
                // A page of a large file takes half as long if its footer is known.
                session.batch("SET GLOBAL parquet_metadata_cache = true")?;
                none.insert(session)
            }
        };
        Ok(first.stopped_by(interrupt)?)
    }

    /// An engine of its own, with little memory, that `interrupt` stops: it writes the
    /// files of answers.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn writer(&self, folder: &Answers, interrupt: &Interrupt) -> Result<Session, BrowseError> {
        let settings = Settings {
            memory: Some(WRITER.to_owned()),
            spill: Some(folder.spill()),
            ..self.settings.clone()
        };
        Ok(priority::behind(|| {
            Session::in_memory(&settings, interrupt)
        })?)
    }

    /// Rows of a view: by its index where there is one, otherwise from the front.
    ///
    /// # Errors
    /// [`BrowseError::Filter`] if the filter is no condition.
    pub fn page(
        &self,
        table: &Table,
        view: &View,
        index: Option<&RowIndex>,
        rows: std::ops::Range<u64>,
        interrupt: &Interrupt,
    ) -> Result<Page, BrowseError> {
        let seen = Seen { table, view, index };
        self.cells(seen, rows, None, interrupt)
    }

    /// The same of some columns alone, by their places; None: of all. The first rows
    /// of a view without an index always have all.
    ///
    /// # Errors
    /// As for [`Browser::page`].
    pub fn cells(
        &self,
        Seen { table, view, index }: Seen<'_>,
        rows: std::ops::Range<u64>,
        columns: Option<&[usize]>,
        interrupt: &Interrupt,
    ) -> Result<Page, BrowseError> {
        let session = self.session(interrupt)?;
        let count = rows.end.saturating_sub(rows.start);
        match index {
            _ if view.is_plain() => page::stored(&session, table, rows.start, count, columns),
            Some(index) => page::indexed(&session, table, index, rows.start, count, columns),
            None => page::first_of(&session, table, view, rows.end),
        }
    }

    /// Finds all rows of a view, and keeps their positions: of many rows in a file,
    /// by an engine of its own. `tell` hears the engine's estimate, 0 to 1.
    ///
    /// # Errors
    /// As for [`RowIndex::build`].
    pub fn index(
        &self,
        table: &Table,
        view: &View,
        interrupt: &Interrupt,
        tell: impl Fn(f64) + Sync,
    ) -> Result<RowIndex, BrowseError> {
        let session = self.session(interrupt)?;
        match &self.folder {
            Some(folder) if table.rows > IN_MEMORY && table.is_in_file() => {
                let writer = self.writer(folder, interrupt)?;
                table.attach(&writer)?;
                let folder = Arc::clone(folder);
                RowIndex::build_in_file(&session, &writer, folder, table, view, tell)
            }
            _ => RowIndex::build(&session, table, view, tell),
        }
    }

    /// What a column holds in the rows of a view.
    ///
    /// # Errors
    /// [`BrowseError::Filter`] if the filter is no condition.
    pub fn profile(
        &self,
        table: &Table,
        column: &Column,
        view: &View,
        interrupt: &Interrupt,
    ) -> Result<Profile, BrowseError> {
        profile::of(&self.session(interrupt)?, table, column, view)
    }

    /// Where the row with a key is. `key` has the values of the key's columns, as
    /// text.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn place_of(
        &self,
        table: &Table,
        index: Option<&RowIndex>,
        key: &[Option<String>],
        interrupt: &Interrupt,
    ) -> Result<Place, BrowseError> {
        let session = self.session(interrupt)?;
        let position = table.position();
        let (mut equal, mut before, mut params) = (Vec::new(), Vec::new(), Vec::new());
        for (at, (name, value)) in table.key.iter().zip(key).enumerate() {
            let ty = table.columns.iter().find(|c| c.name == *name);
            let (Some(ty), Some(value)) = (ty.map(|c| &c.ty), value) else {
                continue;
            };
            let name = quote::ident(name);
            let given = format!("CAST(${} AS {ty})", at + 1);
            // Rows are stored in the order of the key.
            let mut so_far = equal.clone();
            so_far.push(format!("{name} < {given}"));
            before.push(so_far.join(" AND "));
            equal.push(format!("{name} = {given}"));
            params.push(Param {
                name: (at + 1).to_string(),
                value: ParamValue::Text(value.clone()),
            });
        }
        if equal.is_empty() {
            return Ok(Place::Would(0));
        }
        let find = |select: &str, condition: &str| {
            let from = table.numbered();
            let sql = format!("SELECT {select} AS number FROM {from} WHERE {condition}");
            page::number(&session, &sql, &params)
        };
        match (
            find(&format!("min({position})"), &equal.join(" AND "))?,
            index,
        ) {
            (Some(at), None) => Ok(Place::At(at)),
            (Some(at), Some(index)) => Ok(match index.place_of(&session, at)? {
                Some(place) => Place::At(place),
                None => Place::Hidden,
            }),
            (None, Some(_)) => Ok(Place::Would(0)),
            (None, None) => {
                let before = find("count(*)", &format!("({})", before.join(") OR (")))?;
                Ok(Place::Would(before.unwrap_or(0)))
            }
        }
    }
}
