//! Opening what is published: exactly the bytes that commits name.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::error::PublishError;
use super::published::Published;
use crate::engine::parquet;
use crate::model::commit::LivePartition;
use crate::model::names::TransformName;
use crate::store::{Store, Tag, files};

/// Finds a file with the bytes of a partition.
///
/// # Errors
/// [`PublishError::Replaced`] if nothing has them any more.
pub fn file_of(store: &dyn Store, live: &LivePartition) -> Result<PathBuf, PublishError> {
    let committed = &live.partition;
    let key = &committed.path;
    if let Some(kept) = store.retained(&committed.staged.blake3) {
        let untouched = store
            .head(key)?
            .is_some_and(|head| head.tag == Tag(committed.tag.clone()))
            && store
                .path(key)
                .is_some_and(|path| is_same_file(&kept, &path));
        // Kept bytes are taken for what they are only if nobody can have
        // written into them since.
        if untouched || files::hash(&kept).is_ok_and(|hash| hash == committed.staged.blake3) {
            return Ok(kept);
        }
    }
    let unchanged = match store.head(key)? {
        Some(head) if head.tag == Tag(committed.tag.clone()) => true,
        Some(_) => store.hash(key)? == Some(committed.staged.blake3),
        None => false,
    };
    match store.path(key) {
        Some(path) if unchanged => Ok(path),
        _ => Err(PublishError::Replaced {
            key: key.clone(),
            run: live.run,
        }),
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|m| (m.dev(), m.ino())).ok();
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// The partition that shows a dataset as of a day: that of the day, or of the
/// last before it. None for the day: the newest.
pub fn as_of<'p>(
    published: &'p Published,
    dataset: &TransformName,
    day: Option<NaiveDate>,
) -> Option<&'p LivePartition> {
    published
        .days(dataset)
        .into_iter()
        .rfind(|(date, _)| day.is_none_or(|day| *date <= day))
        .map(|(_, live)| live)
}

/// The partitions of a dataset before a day, oldest first, of one version.
pub fn history<'p>(
    published: &'p Published,
    dataset: &TransformName,
    version: u32,
    before: Option<NaiveDate>,
) -> Vec<&'p LivePartition> {
    published
        .partitions
        .iter()
        .filter(|(id, _)| id.dataset == *dataset && id.version == version)
        .filter(|(id, _)| before.is_none_or(|day| id.ingest_date < day))
        .map(|(_, live)| live)
        .collect()
}

/// A SELECT over several days, with their `ingest_date`. Columns that a day
/// does not have are NULL.
///
/// # Errors
/// As for [`file_of`].
pub fn select_days(
    store: &dyn Store,
    days: &[&LivePartition],
) -> Result<Option<String>, PublishError> {
    let mut selects = Vec::with_capacity(days.len());
    for live in days {
        selects.push(format!(
            "SELECT *, DATE '{}' AS ingest_date FROM {}",
            live.partition.staged.id.ingest_date,
            parquet::scan(&file_of(store, live)?)
        ));
    }
    Ok((!selects.is_empty()).then(|| selects.join("\nUNION ALL BY NAME ")))
}
