//! Sources: their raw tables, and how their columns came to be as they are.

use std::collections::BTreeMap;

use super::super::context::Context;
use super::super::error::RunError;
use super::super::reading::attach;
use super::super::summary::told;
use super::{ColumnEntry, SchemaNote, SourceFacts, TableEntry, relation};
use crate::engine::{Session, nulls, quote, warehouse};
use crate::model::bookmarks::{Bookmarks, SourceBookmarks};
use crate::model::column::Column;
use crate::model::ledger::SchemaDrift;
use crate::model::names::SourceName;
use crate::model::run::{Known, RunNumber, RunOf};
use crate::model::source::SourceDefinition;
use crate::model::summary::SchemaEvent;
use crate::model::transform::Schema;
use crate::state::{RunDrift, State};

/// What is known of raw tables.
pub(super) struct Raw<'c> {
    ctx: &'c Context,
    session: &'c Session,
    /// The columns of the raw tables that the session sees.
    tables: BTreeMap<SourceName, Vec<Column>>,
    bookmarks: Bookmarks,
    runs: BTreeMap<RunNumber, RunOf>,
    notes: Vec<SchemaNote>,
}

impl<'c> Raw<'c> {
    /// Attaches the warehouse, unless a run has it, and reads the state.
    pub(super) fn open(
        ctx: &'c Context,
        session: &'c Session,
        notes: &mut Vec<String>,
    ) -> Result<Self, RunError> {
        let attached = match attach(ctx, session) {
            Err(error @ RunError::WarehouseHeld { .. }) => {
                notes.push(format!(
                    "the columns of sources are those declared: {error}"
                ));
                false
            }
            attached => attached?,
        };
        let mut tables = BTreeMap::new();
        for source in ctx.project.sources.iter().filter(|_| attached) {
            let name = &source.name;
            let columns = warehouse::attached_columns(session, "warehouse", name.as_str())?;
            if !columns.is_empty() {
                tables.insert(name.clone(), columns);
            }
        }
        let (bookmarks, runs) = match State::open_for_reading(&ctx.layout.state())? {
            Some(state) => (state.bookmarks()?, state.drifts()?),
            None => Default::default(),
        };
        Ok(Self {
            ctx,
            session,
            tables,
            bookmarks,
            runs: runs.iter().map(|told| (told.by.run, told.by)).collect(),
            notes: schema_notes(runs),
        })
    }

    /// The columns of every raw table: those it has, then those declared since.
    pub(super) fn columns(&self) -> BTreeMap<SourceName, Vec<Column>> {
        let sources = self.ctx.project.sources.iter();
        sources
            .map(|source| {
                let mut columns = self.tables.get(&source.name).cloned().unwrap_or_default();
                for declared in &source.columns {
                    if columns.iter().all(|c| c.name != declared.name) {
                        columns.push(Column {
                            name: declared.name.clone(),
                            ty: declared.ty.clone(),
                        });
                    }
                }
                (source.name.clone(), columns)
            })
            .collect()
    }

    /// All sources, in the order in which they are declared.
    pub(super) fn entries(
        &self,
        columns: &BTreeMap<SourceName, Vec<Column>>,
    ) -> Result<Vec<TableEntry>, RunError> {
        let sources = self.ctx.project.sources.iter();
        sources
            .map(|source| {
                let table = relation(Schema::Raw, source.name.as_str());
                let columns = columns.get(&source.name).map_or(&[][..], Vec::as_slice);
                let events: Vec<SchemaNote> = self
                    .notes
                    .iter()
                    .filter(|note| note.event.source == source.name)
                    .cloned()
                    .collect();
                let none = SourceBookmarks::default();
                let taken = self.bookmarks.sources.get(&source.name).unwrap_or(&none);
                let last = taken.files.iter().map(|b| b.file.run).max();
                Ok(TableEntry {
                    key: source.key.clone(),
                    reads: vec![source.path.clone()],
                    columns: columns
                        .iter()
                        .map(|column| self.column(source, column, &events, taken))
                        .collect(),
                    rows: self.rows(source)?,
                    changed: last.and_then(|run| self.of(run)),
                    source: Some(SourceFacts {
                        load: source.load,
                        files: taken.live().len() as u64,
                        events,
                    }),
                    ..TableEntry::of(table)
                })
            })
            .collect()
    }

    fn rows(&self, source: &SourceDefinition) -> Result<Option<u64>, RunError> {
        if !self.tables.contains_key(&source.name) {
            return Ok(None);
        }
        let count = format!("SELECT count(*) FROM {}", current(source.name.as_str()));
        Ok(Some(self.session.number(&count)?))
    }

    fn of(&self, run: RunNumber) -> Option<RunOf> {
        self.runs.get(&run).copied()
    }

    fn column(
        &self,
        source: &SourceDefinition,
        column: &Column,
        events: &[SchemaNote],
        taken: &SourceBookmarks,
    ) -> ColumnEntry {
        let by = |note: &SchemaNote| RunOf {
            run: note.run,
            ingest_date: note.ingest_date,
        };
        let added = events.iter().find(|note| {
            matches!(&note.event.drift, SchemaDrift::Added { column: c, .. } if *c == column.name)
        });
        let widened = events.iter().rfind(|note| {
            matches!(&note.event.drift, SchemaDrift::Widened { column: c, .. } if *c == column.name)
        });
        // A table that was made anew may have been declared anew before: only what
        // was told of its columns is known then.
        let first_run = taken.first_run.filter(|_| taken.reset_by.is_none());
        let first_seen = added
            .map(by)
            .or_else(|| first_run.and_then(|run| self.of(run)));
        ColumnEntry {
            name: column.name.clone(),
            ty: Some(column.ty.clone()),
            description: None,
            declared: Some(source.columns.iter().any(|c| c.name == column.name)),
            first_seen,
            changed: widened.map(by).or(first_seen),
            null_share: None,
        }
    }

    /// Sets how many values of a source's columns are NULL. Its rows are read: the
    /// warehouse keeps no count.
    pub(super) fn count_nulls(&self, entry: &mut TableEntry) -> Result<(), RunError> {
        let name = &entry.table.name;
        let mut tables = self.tables.iter();
        if let Some((_, columns)) = tables.find(|(source, _)| source.as_str() == name) {
            let (rows, nulls) = nulls::counted(self.session, &current(name), columns)?;
            entry.set_nulls(rows, &nulls);
        }
        Ok(())
    }
}

/// The rows of a raw table that count.
fn current(source: &str) -> String {
    format!(
        "(FROM warehouse.{} WHERE {})",
        quote::qualified("intervals", source),
        warehouse::counts_at(Known::Now)
    )
}

/// What runs told of columns, oldest first.
fn schema_notes(runs: Vec<RunDrift>) -> Vec<SchemaNote> {
    let mut notes = Vec::new();
    for RunDrift {
        by,
        committed,
        events,
    } in runs
    {
        // What a failed run saw did not happen, but for what it was refused for.
        let counts =
            |event: &SchemaEvent| committed || matches!(event.drift, SchemaDrift::Refused { .. });
        notes.extend(events.into_iter().filter(counts).map(|event| SchemaNote {
            run: by.run,
            ingest_date: by.ingest_date,
            text: told(&event.source, &event.drift),
            event,
        }));
    }
    notes
}
