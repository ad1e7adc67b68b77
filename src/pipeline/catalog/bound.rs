//! The columns of what is computed, found by binding its SQL over empty tables.

use std::collections::{BTreeMap, BTreeSet};

use super::super::context::Context;
use super::super::error::RunError;
use super::relation;
use crate::engine::{Session, quote};
use crate::model::column::Column;
use crate::model::names::SourceName;
use crate::model::partition::DAY;
use crate::model::transform::{Relation, Schema, Transform, TransformKind};
use crate::snapshots::{Published, open};
use crate::transforms::{self, Readable};

/// The columns of staging views and datasets, as the SQL is now.
pub(super) struct Bound {
    columns: BTreeMap<Relation, Vec<Column>>,
}

impl Bound {
    /// Of one table; None where they cannot be told.
    pub(super) fn columns(&self, table: &Relation) -> Option<&[Column]> {
        self.columns.get(table).map(Vec::as_slice)
    }
}

/// Binds all SQL that nothing is wrong with. What does not fit its tables is named
/// in `notes`.
///
/// # Errors
/// Only of the engine.
pub(super) fn bind(
    ctx: &Context,
    raw: &BTreeMap<SourceName, Vec<Column>>,
    readable: &Readable,
    published: &Published,
    notes: &mut Vec<String>,
) -> Result<Bound, RunError> {
    let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
    for schema in Schema::ALL {
        session.batch(&format!("CREATE SCHEMA {}", schema.as_str()))?;
    }
    session.define_run_date(ctx.today())?;
    // SQL of the project is only bound, and even that without a way out.
    session.lock_down(&[], &[])?;
    let mut shown = BTreeSet::new();
    let mut show = |table: Relation, columns: &[Column]| -> Result<(), RunError> {
        if !columns.is_empty() {
            session.batch(&format!(
                "CREATE VIEW {} AS {}",
                quote::qualified(table.schema.as_str(), &table.name),
                empty(columns)
            ))?;
            shown.insert(table);
        }
        Ok(())
    };
    for (source, columns) in raw {
        show(relation(Schema::Raw, source.as_str()), columns)?;
    }
    for dataset in published.datasets() {
        if let Some(newest) = open::as_of(published, dataset, None) {
            let mut columns = newest.partition.staged.schema.clone();
            columns.push(Column {
                name: DAY.to_owned(),
                ty: "DATE".to_owned(),
            });
            show(relation(Schema::History, dataset.as_str()), &columns)?;
        }
    }
    let mut columns = BTreeMap::new();
    let transforms = &readable.transforms;
    for transform in transforms.staging.iter().chain(&transforms.features) {
        if !transform.reads.iter().all(|read| shown.contains(read)) {
            continue;
        }
        match session.columns(&transform.sql) {
            Ok(found) => {
                let table = table_of(transform);
                session.batch(&format!(
                    "CREATE VIEW {} AS {}",
                    quote::qualified(table.schema.as_str(), &table.name),
                    empty(&found)
                ))?;
                shown.insert(table.clone());
                columns.insert(table, found);
            }
            Err(error) => {
                let error = transforms::engine_error(transform, &error.message, error.position);
                notes.push(format!("the columns cannot be told: {error}"));
            }
        }
    }
    Ok(Bound { columns })
}

fn table_of(transform: &Transform) -> Relation {
    let schema = match transform.kind {
        TransformKind::Staging => Schema::Staging,
        TransformKind::Features | TransformKind::Check => Schema::Features,
    };
    relation(schema, transform.name.as_str())
}

/// A SELECT with these columns and no rows.
fn empty(columns: &[Column]) -> String {
    let columns = columns
        .iter()
        .map(|c| format!("CAST(NULL AS {}) AS {}", c.ty, quote::ident(&c.name)));
    format!("SELECT {} WHERE false", quote::join(columns))
}
