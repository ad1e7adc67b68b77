//! Opening what is published: exactly the bytes that commits name.

use std::collections::HashSet;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::error::PublishError;
use super::published::Published;
use crate::engine::parquet::{self, DatedFile};
use crate::model::at_once;
use crate::model::column::Column;
use crate::model::commit::LivePartition;
use crate::model::names::TransformName;
use crate::model::partition::DAY;
use crate::store::{Named, Store, Tag, files};

/// So many partitions are brought here at once.
const AT_ONCE: usize = 8;

/// Finds a file with the bytes of a partition.
///
/// # Errors
/// [`PublishError::Replaced`] if nothing has them any more.
pub fn file_of(store: &dyn Store, live: &LivePartition) -> Result<PathBuf, PublishError> {
    let committed = &live.partition;
    let key = &committed.path;
    if let Some(fetched) = store.fetch(&named(live))? {
        return Ok(fetched);
    }
    // Kept bytes may have been written into since.
    if let Some(kept) = store.retained(&committed.staged.blake3)
        && files::hash(&kept).is_ok_and(|hash| hash == committed.staged.blake3)
    {
        return Ok(kept);
    }
    let replaced = || PublishError::Replaced {
        key: key.clone(),
        run: live.run,
        date: committed.staged.id.ingest_date,
    };
    // Where there is no path, what lies there was to be fetched, and is another.
    let path = store.path(key).ok_or_else(replaced)?;
    let unchanged = match store.head(key)? {
        Some(head) if head.tag == Tag(committed.tag.clone()) => true,
        Some(_) => store.hash(key)? == Some(committed.staged.blake3),
        None => false,
    };
    unchanged.then_some(path).ok_or_else(replaced)
}

fn named(live: &LivePartition) -> Named<'_> {
    let committed = &live.partition;
    Named {
        key: &committed.path,
        tag: Tag(committed.tag.clone()),
        version: committed.version_id.as_deref(),
        blake3: committed.staged.blake3,
        size: committed.staged.bytes,
    }
}

/// Brings partitions here, several at once, if they lie elsewhere: opened one
/// after the other, each would wait for the one before.
///
/// # Errors
/// Of fetching any of them.
pub fn bring(store: &dyn Store, days: &[&LivePartition]) -> Result<(), PublishError> {
    let lies_elsewhere = |live: &&&LivePartition| store.path(&live.partition.path).is_none();
    let elsewhere: Vec<_> = days.iter().filter(lies_elsewhere).collect();
    if elsewhere.len() < 2 {
        return Ok(());
    }
    at_once::try_each(&elsewhere, AT_ONCE, |live| store.fetch(&named(live)))?;
    Ok(())
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
/// does not have are NULL. A filter on `ingest_date` that is a constant keeps the
/// engine from opening the files of other days, but for one per schema. With it the
/// files that it reads; None where there are no days.
///
/// # Errors
/// As for [`file_of`].
pub fn select_days(
    store: &dyn Store,
    days: &[&LivePartition],
) -> Result<Option<(String, Vec<PathBuf>)>, PublishError> {
    bring(store, days)?;
    let mut read = Vec::new();
    // Days of one schema are one scan: only its first file is opened to learn it.
    let mut scans: Vec<Scan<'_>> = Vec::new();
    for live in days {
        let path = file_of(store, live)?;
        read.push(path.clone());
        let schema = live.partition.staged.schema.as_slice();
        let fits = |scan: &Scan<'_>| scan.schema == schema && !scan.paths.contains(&path);
        let at = scans.iter().position(fits).unwrap_or_else(|| {
            scans.push(Scan {
                schema,
                ..Scan::default()
            });
            scans.len() - 1
        });
        scans[at].paths.insert(path.clone());
        scans[at].files.push(DatedFile {
            path,
            date: live.partition.staged.id.ingest_date,
        });
    }
    let selects: Vec<String> = scans
        .iter()
        .map(|scan| {
            let taken: Vec<&str> = scan.schema.iter().map(|c| c.name.as_str()).collect();
            parquet::select_dated(&scan.files, DAY, &taken)
        })
        .collect();
    Ok((!selects.is_empty()).then(|| (selects.join(parquet::TOGETHER), read)))
}

/// Days that are read at once. They are told apart by their files, so a file has one
/// day among them.
#[derive(Default)]
struct Scan<'a> {
    schema: &'a [Column],
    files: Vec<DatedFile>,
    paths: HashSet<PathBuf>,
}
