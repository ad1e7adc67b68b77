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
use crate::model::summary::{ExportSummary, SchemaEvent};
use crate::model::transform::Schema;
use crate::state::{RunRow, State};

/// What is known of raw tables.
pub(super) struct Raw<'c> {
    ctx: &'c Context,
    session: &'c Session,
    /// Whether the session sees the warehouse.
    attached: bool,
    bookmarks: Bookmarks,
    runs: BTreeMap<RunNumber, RunRow>,
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
        let (bookmarks, runs) = match State::open_for_reading(&ctx.layout.state())? {
            Some(state) => (state.bookmarks()?, state.runs(None)?),
            None => Default::default(),
        };
        Ok(Self {
            ctx,
            session,
            attached,
            bookmarks,
            notes: schema_notes(&runs),
            runs: runs.into_iter().map(|row| (row.number, row)).collect(),
        })
    }

    /// The columns of every raw table: those it has, then those declared since.
    pub(super) fn columns(&self) -> Result<BTreeMap<SourceName, Vec<Column>>, RunError> {
        let sources = self.ctx.project.sources.iter();
        sources
            .map(|source| {
                let mut columns = if self.attached {
                    warehouse::attached_columns(self.session, "warehouse", source.name.as_str())?
                } else {
                    Vec::new()
                };
                for declared in &source.columns {
                    if columns.iter().all(|c| c.name != declared.name) {
                        columns.push(Column {
                            name: declared.name.clone(),
                            ty: declared.ty.clone(),
                        });
                    }
                }
                Ok((source.name.clone(), columns))
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
        let name = source.name.as_str();
        if !self.attached
            || warehouse::attached_columns(self.session, "warehouse", name)?.is_empty()
        {
            return Ok(None);
        }
        let count = format!("SELECT count(*) FROM {}", current(name));
        Ok(Some(self.session.number(&count)?))
    }

    fn of(&self, run: RunNumber) -> Option<RunOf> {
        self.runs.get(&run).map(|row| RunOf {
            run,
            ingest_date: row.ingest_date,
        })
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
        if !self.attached {
            return Ok(());
        }
        let columns = warehouse::attached_columns(self.session, "warehouse", name)?;
        if !columns.is_empty() {
            let (rows, nulls) = nulls::counted(self.session, &current(name), &columns)?;
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

/// What every run told of columns, oldest first; `runs` are newest first.
fn schema_notes(runs: &[RunRow]) -> Vec<SchemaNote> {
    let mut notes = Vec::new();
    for row in runs.iter().rev() {
        let summary = row.summary.clone().unwrap_or_default();
        let Ok(summary) = serde_json::from_value::<ExportSummary>(summary) else {
            continue;
        };
        // What a failed run saw did not happen, but for what it was refused for.
        let counts = |event: &SchemaEvent| {
            row.committed() || matches!(event.drift, SchemaDrift::Refused { .. })
        };
        let events = summary.schema_events.into_iter().filter(counts);
        notes.extend(events.map(|event| SchemaNote {
            run: row.number,
            ingest_date: row.ingest_date,
            text: told(&event.source, &event.drift),
            event,
        }));
    }
    notes
}
