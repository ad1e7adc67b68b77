//! The catalogue of sources: their columns, and how these came to be as they are.

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use super::quarantine::refuse_unknown;
use super::reading::attach;
use super::summary::told;
use crate::engine::{Session, warehouse};
use crate::model::column::Column;
use crate::model::ledger::SchemaDrift;
use crate::model::names::SourceName;
use crate::model::run::RunNumber;
use crate::model::source::SourceDefinition;
use crate::model::summary::{ExportSummary, SchemaEvent};
use crate::state::State;

/// One source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceEntry {
    pub name: SourceName,
    pub columns: Vec<ColumnEntry>,
    /// Oldest first.
    pub events: Vec<SchemaNote>,
}

/// One column of a raw table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnEntry {
    pub name: String,
    pub ty: String,
    /// Whether `workbench.toml` says the type; if not, it was inferred.
    pub declared: bool,
    /// The run that first saw it; None: it was there from the beginning.
    pub since: Option<RunNumber>,
    /// The run that last gave it a wider type.
    pub widened: Option<RunNumber>,
}

/// Something that happened to the columns of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaNote {
    pub run: RunNumber,
    pub ingest_date: NaiveDate,
    pub event: SchemaEvent,
    /// As a sentence.
    pub text: String,
}

/// All sources, or the one that is named.
///
/// # Errors
/// [`RunError::NoSuchSource`]; a warehouse that somebody holds.
pub fn sources(ctx: &Context, name: Option<&str>) -> Result<Vec<SourceEntry>, RunError> {
    if let Some(name) = name {
        refuse_unknown(ctx, name)?;
    }
    let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
    let attached = attach(ctx, &session)?;
    let notes = notes(ctx)?;
    ctx.project
        .sources
        .iter()
        .filter(|source| name.is_none_or(|name| source.name.as_str() == name))
        .map(|source| {
            let columns = if attached {
                warehouse::attached_columns(&session, "warehouse", source.name.as_str())?
            } else {
                Vec::new()
            };
            let events: Vec<SchemaNote> = notes
                .iter()
                .filter(|note| note.event.source == source.name)
                .cloned()
                .collect();
            Ok(SourceEntry {
                name: source.name.clone(),
                columns: entries(source, columns, &events),
                events,
            })
        })
        .collect()
}

/// What every run told of columns, oldest first.
fn notes(ctx: &Context) -> Result<Vec<SchemaNote>, RunError> {
    let Some(state) = State::open_for_reading(&ctx.layout.state())? else {
        return Ok(Vec::new());
    };
    let mut notes = Vec::new();
    for row in state.runs(None)?.into_iter().rev() {
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
    Ok(notes)
}

fn entries(
    source: &SourceDefinition,
    mut columns: Vec<Column>,
    events: &[SchemaNote],
) -> Vec<ColumnEntry> {
    for declared in &source.columns {
        if columns.iter().all(|c| c.name != declared.name) {
            columns.push(Column {
                name: declared.name.clone(),
                ty: declared.ty.clone(),
            });
        }
    }
    let first = events.first().map(|note| note.run);
    columns
        .into_iter()
        .map(|column| {
            let added = events.iter().find(|note| {
                matches!(&note.event.drift, SchemaDrift::Added { column: c, .. } if *c == column.name)
            });
            let widened = events.iter().rfind(|note| {
                matches!(&note.event.drift, SchemaDrift::Widened { column: c, .. } if *c == column.name)
            });
            ColumnEntry {
                declared: source.columns.iter().any(|c| c.name == column.name),
                since: added.map(|note| note.run).filter(|run| Some(*run) != first || *run > 1),
                widened: widened.map(|note| note.run),
                name: column.name,
                ty: column.ty,
            }
        })
        .collect()
}
