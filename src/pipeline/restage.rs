//! Making the staged files of a committed run again.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::RunError;
use crate::engine::warehouse::{self, Warehouse};
use crate::model::commit::RunRecord;
use crate::model::run::Known;
use crate::model::transform::Transforms;
use crate::snapshots::Published;
use crate::snapshots::stage::Stage;
use crate::snapshots::views::Views;
use crate::store::Store;

/// Makes the partitions of a committed run again, byte for byte, in `folder`.
///
/// # Errors
/// SQL that fails; the caller compares hashes.
pub fn restage(
    ctx: &Context,
    warehouse: &Warehouse,
    store: &dyn Store,
    published: &Published,
    record: &RunRecord,
    transforms: &Transforms,
    folder: &Path,
) -> Result<(), RunError> {
    let session = &warehouse.session;
    let io = |source| RunError::Io {
        path: folder.to_owned(),
        source,
    };
    std::fs::create_dir_all(folder).map_err(io)?;
    let folder = &folder.canonicalize().map_err(io)?;
    let known = match record.known {
        Known::Now => record.run,
        Known::AtRun(run) => run,
    };
    session.batch("BEGIN")?;
    let work = || -> Result<(), RunError> {
        for source in record.sources.keys() {
            warehouse::show_raw(session, source.as_str(), Some(known))?;
        }
        session.define_run_date(record.ingest_date)?;
        let stage = Stage {
            session,
            transforms,
            folder,
            ingest_date: record.ingest_date,
            run: record.run,
            progress: &*ctx.progress,
        };
        let views = Views {
            stage: &stage,
            store,
            published,
        };
        let files = views.files(|d| record.partitions.iter().any(|p| p.id.dataset == d.name))?;
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        session.lock_down(&[folder], &files)?;
        stage.open()?;
        views.show_history()?;
        for dataset in &transforms.features {
            let staged = record
                .partitions
                .iter()
                .find(|p| p.id.dataset == dataset.name && p.id.ingest_date == record.ingest_date);
            match (staged, views.of_the_day(dataset)) {
                (Some(staged), _) => {
                    stage
                        .dataset(dataset, staged.revision, staged.inputs.clone())?
                        .finish()?;
                }
                (None, Some(live)) => views.show_feature(dataset, live)?,
                (None, None) => {}
            }
        }
        Ok(())
    };
    let outcome = work();
    session.batch("ROLLBACK")?;
    outcome
}
