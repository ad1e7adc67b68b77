//! Where runs stage their files, and how these are had again.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::RunError;
use super::{ground, restage};
use crate::engine::Dialect;
use crate::model::commit::{RunRecord, StagedPartition};
use crate::model::names::SourceName;
use crate::model::run::RunKind;
use crate::snapshots::publish::{Staged, StagedFiles};
use crate::snapshots::stage::staged_file;
use crate::snapshots::{PublishError, Published};
use crate::store::{Store, files};
use crate::transforms::{self, SqlFile};

/// Where a run stages its files.
pub fn staging_folder(ctx: &Context, store: &dyn Store, run: u64) -> PathBuf {
    store
        .staging()
        .unwrap_or_else(|| ctx.layout.staging())
        .join(run.to_string())
}

/// A new, empty folder for a run to stage its files in.
///
/// # Errors
/// If it cannot be made.
pub fn new_folder(ctx: &Context, store: &dyn Store, run: u64) -> Result<PathBuf, RunError> {
    let folder = staging_folder(ctx, store, run);
    remove_staging(&folder)?;
    // DuckDB resolves links before it compares with what is allowed.
    std::fs::create_dir_all(&folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|source| RunError::Io {
            path: folder,
            source,
        })
}

/// Removes the staging folders of all runs at a target. No run is at work there
/// and none waits to be completed.
///
/// # Errors
/// As for [`remove_staging`].
pub fn sweep(ctx: &Context, store: &dyn Store) -> Result<(), RunError> {
    let staging = store.staging().unwrap_or_else(|| ctx.layout.staging());
    let Ok(entries) = std::fs::read_dir(&staging) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().parse::<u64>().is_ok() {
            remove_staging(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a run's staging folder; that it is not there is fine.
///
/// # Errors
/// Any other failure of the file system.
pub fn remove_staging(folder: &Path) -> Result<(), RunError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(RunError::Io {
            path: folder.to_owned(),
            source: error,
        }),
        _ => Ok(()),
    }
}

/// The staged files of a run: where they were put, kept, or made again.
pub struct Staging<'a> {
    pub ctx: &'a Context,
    pub store: &'a dyn Store,
    pub published: &'a Published,
    pub record: &'a RunRecord,
    pub folder: &'a Path,
}

impl StagedFiles for Staging<'_> {
    fn bytes_of(&self, partition: &StagedPartition) -> Result<Staged, PublishError> {
        let file = staged_file(self.folder, &partition.id);
        let lost = |reason: String| PublishError::StagingLost {
            key: partition.id.key(),
            reason,
        };
        if holds(&file, partition) {
            return Ok(Staged::File(file));
        }
        std::fs::create_dir_all(self.folder).map_err(|e| lost(e.to_string()))?;
        if let Some(kept) = self.store.retained(&partition.blake3) {
            copy_durably(&kept, &file).map_err(|e| lost(e.to_string()))?;
        }
        // A day that was put back is what it was, and not what would be computed.
        if !holds(&file, partition) && self.record.kind == RunKind::Restore {
            return Err(lost("its kept bytes are gone".to_owned()));
        }
        if !holds(&file, partition) {
            files::remove(&file).map_err(|e| lost(e.to_string()))?;
            self.make_again().map_err(|e| {
                if e.is_interrupt() {
                    PublishError::Interrupted
                } else {
                    lost(e.to_string())
                }
            })?;
        }
        if !holds(&file, partition) {
            return Err(lost(
                "what is computed now has other bytes (was the program upgraded meanwhile?)"
                    .to_owned(),
            ));
        }
        Ok(Staged::File(file))
    }
}

impl Staging<'_> {
    fn make_again(&self) -> Result<(), RunError> {
        let syntax = Dialect::new()?;
        let files: Vec<SqlFile> = self
            .record
            .transforms
            .iter()
            .map(|t| SqlFile {
                kind: t.kind,
                name: t.name.to_string(),
                text: t.text.clone(),
            })
            .collect();
        let sources: Vec<SourceName> = self.record.sources.keys().cloned().collect();
        let transforms = transforms::from_files(&files, &sources, &syntax)?;
        let warehouse = ground::open_warehouse(self.ctx, ground::READER_TIMEOUT)?;
        restage::restage(
            self.ctx,
            &warehouse,
            self.store,
            self.published,
            self.record,
            &transforms,
            self.folder,
        )
    }
}

fn holds(file: &Path, partition: &StagedPartition) -> bool {
    let same_size = std::fs::metadata(file).is_ok_and(|m| m.len() == partition.bytes);
    if !same_size {
        return false;
    }
    files::hash(file).is_ok_and(|hash| hash == partition.blake3)
}

fn copy_durably(from: &Path, to: &Path) -> std::io::Result<()> {
    // An earlier attempt may have left a read-only piece.
    files::remove(to)?;
    std::fs::copy(from, to)?;
    std::fs::File::open(to)?.sync_all()
}
