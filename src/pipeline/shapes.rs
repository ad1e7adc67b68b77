//! What `plan` can know of outputs without computing them: whether the SQL fits
//! the columns there will be, and whether readers of a version are broken.

use std::path::Path;

use super::context::Context;
use super::error::RunError;
use super::ground::Ground;
use super::outputs::{locate, refuse_broken_shape};
use super::scan;
use crate::engine::{Session, quote, warehouse};
use crate::ingest::infer;
use crate::model::column::Column;
use crate::model::interrupt::Interrupt;
use crate::model::ledger::SchemaDrift;
use crate::model::names::SourceName;
use crate::model::partition::PartitionId;
use crate::model::plan::{DatasetAction, FileStep, Plan};
use crate::model::source::SourceDefinition;
use crate::model::transform::{Schema, Transforms};
use crate::snapshots::stage::Stage;
use crate::snapshots::views::Views;

/// Binds all SQL over empty tables.
///
/// # Errors
/// What an export would refuse for its SQL, its headers or its shapes.
pub fn check(
    ctx: &Context,
    ground: &Ground,
    transforms: &Transforms,
    plan: &Plan,
) -> Result<(), RunError> {
    let steps = plan.sources.iter().flat_map(|source| &source.steps);
    scan::bring(ctx, steps.filter_map(FileStep::reads))?;
    let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
    session.batch("CREATE SCHEMA raw; CREATE SCHEMA intervals")?;
    let path = ctx.layout.warehouse();
    if path.exists() {
        session.attach(&path, "warehouse")?;
    }
    let mut widened = Vec::new();
    for source in &ctx.project.sources {
        let columns = columns(&session, plan, source, &ctx.interrupt, &mut widened)?;
        if !columns.is_empty() {
            warehouse::ensure_raw_table(&session, source.name.as_str(), &columns)?;
        }
    }
    session.define_run_date(plan.ingest_date)?;
    let stage = Stage {
        session: &session,
        transforms,
        folder: Path::new(""),
        ingest_date: plan.ingest_date,
        run: plan.run,
        progress: &*ctx.progress,
    };
    let views = Views {
        stage: &stage,
        store: &*ground.store,
        published: &ground.published,
    };
    stage.open().map_err(|e| locate(transforms, e))?;
    views.show_history()?;
    for dataset in &transforms.features {
        let schema = stage.columns(dataset).map_err(|e| locate(transforms, e))?;
        let planned = plan.datasets.iter().find(|d| d.name == dataset.name);
        if planned.is_some_and(|d| d.action == DatasetAction::Publish) {
            let id = PartitionId {
                dataset: dataset.name.clone(),
                version: dataset.header.version,
                ingest_date: plan.ingest_date,
            };
            let widened: Vec<_> = widened.iter().map(|(s, d)| (s, d)).collect();
            let key = &dataset.header.key;
            refuse_broken_shape(&ground.published, &id, &schema, key, &widened)?;
        }
        let empty = format!("SELECT * FROM (\n{}\n) LIMIT 0", dataset.sql);
        stage.show(Schema::Features, dataset.name.as_str(), &empty)?;
    }
    for check in &transforms.checks {
        stage.columns(check).map_err(|e| locate(transforms, e))?;
    }
    Ok(())
}

/// The columns that a raw table will have: those it has, those declared, those
/// that the files to be taken bring along.
fn columns(
    session: &Session,
    plan: &Plan,
    source: &SourceDefinition,
    interrupt: &Interrupt,
    widened: &mut Vec<(SourceName, SchemaDrift)>,
) -> Result<Vec<Column>, RunError> {
    let mut columns: Vec<Column> = session
        .texts(&format!(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'warehouse' \
             AND schema_name = 'raw' AND table_name = {} ORDER BY column_index",
            quote::literal(source.name.as_str())
        ))?
        .into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter();
            Some(Column {
                name: cells.next()??,
                ty: cells.next()??,
            })
        })
        .collect();
    for declared in &source.columns {
        if columns.iter().all(|c| c.name != declared.name) {
            columns.push(Column {
                name: declared.name.clone(),
                ty: declared.ty.clone(),
            });
        }
    }
    let source_plan = plan.sources.iter().find(|p| p.name == source.name);
    let steps = source_plan.into_iter().flat_map(|p| &p.steps);
    for file in steps.filter_map(FileStep::reads) {
        for drift in infer::drift(source, file, &columns, interrupt)? {
            infer::follow(&mut columns, &drift);
            if matches!(drift, SchemaDrift::Widened { .. }) {
                widened.push((source.name.clone(), drift));
            }
        }
    }
    Ok(columns)
}
