//! The first part of a run's transaction: deliveries become raw rows.

use super::context::Context;
use super::error::{BadRows, RunError};
use super::transaction::{Done, Work};
use crate::engine::csv;
use crate::engine::{ErrorKind, Session, warehouse};
use crate::ingest::load::{Loader, Loading, csv_file, known_columns};
use crate::ingest::load_error::LoadError;
use crate::ingest::{hash, header};
use crate::model::column::Column;
use crate::model::input_file::{InputFile, ScannedFile};
use crate::model::names::SourceName;
use crate::model::plan::{FileStep, Plan, SourcePlan};
use crate::model::source::{LoadMode, SourceDefinition};

impl Work<'_> {
    /// Loads what the plan says, and tells the ledger.
    pub(super) fn load(&self, done: &mut Done) -> Result<(), RunError> {
        let mut loading = Loading {
            total: self.plan.sources.iter().flat_map(bytes_to_read).sum(),
            ..Loading::default()
        };
        for source in &self.ctx.project.sources {
            let session = &self.warehouse.session;
            let plan = self.plan.sources.iter().find(|p| p.name == source.name);
            let Some(plan) = plan.filter(|p| p.changes()) else {
                // Views stand on every source, also on one that is still empty.
                ensure_table(session, source)?;
                continue;
            };
            let live = self.live(&source.name);
            let scanned = self
                .scanned
                .get(&source.name)
                .map_or(&[][..], Vec::as_slice);
            let loader = Loader {
                session,
                source,
                run: self.plan.run,
                day: self.plan.ingest_date,
                accept_drop: self.accept_drop,
                progress: &*self.ctx.progress,
            };
            let loaded = loader
                .load(plan, &live, scanned, &mut loading)
                .map_err(|error| self.explain(error))?;
            // Of a keyed source other files may have been read for their order.
            let keyed = source.load != LoadMode::Append;
            let again = scanned.iter().filter(|_| keyed);
            for file in files_to_read(plan).chain(again) {
                if !hash::is_unchanged(file) {
                    return Err(RunError::FileChanged {
                        path: file.path.clone(),
                    });
                }
            }
            done.loaded.insert(source.name.clone(), loaded);
        }
        let mut end = self.ground.ledger.end();
        let events = done.loaded.values().flat_map(|l| l.events.iter().cloned());
        for event in events.collect::<Vec<_>>() {
            end = self.append(end, event)?;
        }
        Ok(())
    }

    fn live(&self, source: &SourceName) -> Vec<&InputFile> {
        self.ground
            .bookmarks
            .sources
            .get(source)
            .map(|b| b.live())
            .unwrap_or_default()
    }

    /// A record that the engine refused ends the load at once; the user is told
    /// of all of them, in all files, by reading these again on the side.
    fn explain(&self, error: LoadError) -> RunError {
        let LoadError::Engine(engine) = &error else {
            return error.into();
        };
        if engine.kind != ErrorKind::Data {
            return error.into();
        }
        // The transaction is lost already; another connection still answers.
        let bad = self
            .warehouse
            .session
            .again()
            .map_err(RunError::from)
            .and_then(|committed| bad_rows(self.ctx, &committed, self.plan));
        match bad {
            Ok(Some(bad)) => RunError::BadRows(bad),
            Ok(None) | Err(_) => error.into(),
        }
    }
}

fn ensure_table(session: &Session, source: &SourceDefinition) -> Result<(), RunError> {
    let columns: Vec<Column> = source
        .columns
        .iter()
        .map(|c| Column {
            name: c.name.clone(),
            ty: c.ty.clone(),
        })
        .collect();
    warehouse::drop_if_empty(session, source.name.as_str())?;
    if !columns.is_empty() {
        warehouse::ensure_raw_table(session, source.name.as_str(), &columns)?;
    }
    Ok(())
}

fn files_to_read(plan: &SourcePlan) -> impl Iterator<Item = &ScannedFile> {
    plan.steps.iter().filter_map(|step| match step {
        FileStep::Take { file, .. } | FileStep::Rewrite { file, .. } => Some(file),
        _ => None,
    })
}

/// Bytes of the files that a plan reads.
pub fn bytes_to_read(plan: &SourcePlan) -> impl Iterator<Item = u64> {
    files_to_read(plan).map(|f| f.stat.size)
}

/// All records that the files of a plan have and the engine refuses.
fn bad_rows(ctx: &Context, committed: &Session, plan: &Plan) -> Result<Option<BadRows>, RunError> {
    const SHOWN: usize = 5;
    let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
    for source_plan in &plan.sources {
        let Some(source) = ctx.project.source(source_plan.name.as_str()) else {
            continue;
        };
        let known = known_columns(committed, source)?;
        let mut bad = BadRows {
            source: source.name.clone(),
            first: Vec::new(),
            total: 0,
            files: 0,
        };
        for file in files_to_read(source_plan) {
            let matched = header::match_file(source, file, &known)?;
            let csv = csv_file(source, file, matched, &known);
            let rejects = csv::rejects(&session, &csv, SHOWN)?;
            bad.total += rejects.total;
            bad.files += u64::from(rejects.total > 0);
            let room = SHOWN - bad.first.len();
            bad.first.extend(
                rejects
                    .first
                    .into_iter()
                    .take(room)
                    .map(|r| (file.path.clone(), r)),
            );
        }
        if bad.total > 0 {
            return Ok(Some(bad));
        }
    }
    Ok(None)
}
