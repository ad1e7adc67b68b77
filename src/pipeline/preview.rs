//! `--preview`: everything is computed into a folder; state, warehouse and
//! target stay as they are.

use std::path::{Path, PathBuf};

use super::context::{Context, ExportRequest};
use super::error::RunError;
use super::ground;
use super::run::make_plan;
use super::scan;
use super::summary::SharedJournal;
use super::transaction::Work;
use crate::engine::warehouse::Warehouse;
use crate::model::plan::DatasetAction;
use crate::model::run::RunStatus;
use crate::model::token::RandomId;
use crate::model::transform::Transforms;
use crate::project::TargetUrl;
use crate::snapshots::stage::staged_file;
use crate::state::State;

/// A folder that is gone when this is.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind is named so that its origin is plain.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Computes what an export would publish, in a copy of the warehouse.
///
/// # Errors
/// As an export, up to its commit.
pub fn preview(
    ctx: &Context,
    request: &ExportRequest,
    target: &TargetUrl,
    transforms: &Transforms,
    folder: &Path,
    journal: &SharedJournal,
) -> Result<(), RunError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RunError::Io { path, source }
    };
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let folder = folder.canonicalize().map_err(io(folder))?;
    refuse_live(ctx, target, &folder)?;
    let scratch = Scratch(folder.join(format!(".workbench-preview-{}", std::process::id())));
    let staging = scratch.0.join("staging");
    std::fs::create_dir_all(&staging).map_err(io(&staging))?;
    ctx.step("agree");
    let ground = ground::look(ctx, target, transforms, request)?;
    ctx.step("scan");
    let state = State::open_for_reading(&ctx.layout.state())?;
    let scanned = scan::sources(ctx, state.as_ref(), scan::Wait::ToSettle)?;
    let mut plan = make_plan(ctx, request, target, transforms, &ground, &scanned)?;
    // A preview shows every dataset, whether or not it would be published.
    for dataset in &mut plan.datasets {
        if dataset.action == DatasetAction::Unchanged {
            dataset.action = DatasetAction::Publish;
            dataset.reason = "previewed".to_owned();
        }
    }
    plan.repairs.clear();
    plan.removals.clear();
    {
        let mut journal = journal.borrow_mut();
        journal.planned(&plan, &ground.published);
        journal.without_run();
    }
    let warehouse = copy_warehouse(ctx, &scratch.0)?;
    let done = Work {
        ctx,
        warehouse: &warehouse,
        ground: &ground,
        transforms,
        plan: &plan,
        scanned: &scanned.files,
        folder: &staging,
        accept_drop: request.accept_drop,
        target: Some(&RandomId::new()),
        started: ctx.now(),
    }
    .compute()?;
    journal.borrow_mut().computed(&done);
    drop(warehouse);
    ctx.step("publish");
    for partition in &done.partitions {
        let to = folder.join(partition.id.key());
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(io(parent))?;
        }
        std::fs::rename(staged_file(&staging, &partition.id), &to).map_err(io(&to))?;
    }
    journal
        .borrow_mut()
        .previewed(&folder.to_string_lossy(), &done);
    journal.borrow_mut().status(RunStatus::Succeeded);
    Ok(())
}

/// A preview must not lie where readers look, or among the project's own files.
fn refuse_live(ctx: &Context, target: &TargetUrl, folder: &Path) -> Result<(), RunError> {
    let mut taken = vec![ctx.layout.private(), ctx.layout.sql()];
    if let TargetUrl::Folder { path, .. } = target {
        taken.push(path.clone());
    }
    let within = |path: &PathBuf| {
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        folder.starts_with(&path) || path.starts_with(folder)
    };
    if taken.iter().any(within) {
        return Err(RunError::PreviewInTheWay {
            folder: folder.to_owned(),
        });
    }
    Ok(())
}

/// The warehouse and its log, copied while the project is locked.
fn copy_warehouse(ctx: &Context, scratch: &Path) -> Result<Warehouse, RunError> {
    let from = ctx.layout.warehouse();
    let to = scratch.join("warehouse.duckdb");
    for suffix in ["", ".wal"] {
        let part = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        let (from, to) = (part(&from), part(&to));
        match std::fs::copy(&from, &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(RunError::Io {
                    path: from,
                    source: error,
                });
            }
            _ => {}
        }
    }
    Ok(Warehouse::open(&to, &ctx.settings(), &ctx.interrupt)?)
}
