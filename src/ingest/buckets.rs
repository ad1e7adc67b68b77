//! Raw files that are objects of buckets: what sources need of whatever reaches them,
//! and fetching copies of them.
//!
//! A copy is kept by what it holds. What is fetched while somebody puts another object
//! in its place is not taken: the new one is looked up and fetched instead, once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::ScanError;
use super::hash;
use super::objects::{self, Listed};
use super::pattern::Pattern;
use super::scan::{self, Found, FoundFile};
use crate::model::at_once;
use crate::model::hash::ContentHash;
use crate::model::input_file::{Object, ScannedFile};
use crate::model::interrupt::Interrupt;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::source::SourceDefinition;
use crate::state::KnownFile;
use crate::store::StoreError;
use crate::store::remote::RemoteError;

/// Reaches buckets, and keeps copies of what was fetched from them.
pub trait Buckets: Send + Sync {
    /// What a bucket holds whose keys begin with `prefix`; with `in_one_folder` only
    /// what has no further `/` in its key, and the folders beside it.
    ///
    /// # Errors
    /// Whatever keeps it from being listed whole.
    fn list(&self, bucket: &str, prefix: &str, in_one_folder: bool) -> Result<Listed, ScanError>;

    /// What lies at a key now.
    ///
    /// # Errors
    /// Whatever keeps that from being known.
    fn look(&self, bucket: &str, key: &str) -> Result<Option<Object>, ScanError>;

    /// Where the copy with this content lies, or is to lie.
    fn path(&self, blake3: &ContentHash) -> PathBuf;

    /// The copy with this content, if it is kept.
    ///
    /// # Errors
    /// Of the file system.
    fn kept(&self, blake3: &ContentHash) -> Result<Option<PathBuf>, ScanError>;

    /// The content of an object, if it was fetched before and its copy is kept.
    fn known(&self, object: &Object) -> Option<ContentHash>;

    /// Fetches an object, whatever is kept. Returns its content, of which a copy is
    /// kept now. `tell` hears of bytes as they come.
    ///
    /// # Errors
    /// [`FetchError::Changed`] if it is not that generation any more.
    fn fetch(
        &self,
        object: &Object,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<ContentHash, FetchError>;

    /// How many objects are fetched at once.
    fn at_once(&self) -> usize;
}

/// Why an object was not fetched.
#[derive(Debug)]
pub enum FetchError {
    /// Another object lies at its key, or none.
    Changed,
    Other(ScanError),
}

impl<E: Into<ScanError>> From<E> for FetchError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// Where raw files lie.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// The project's folder, in which relative patterns begin.
    pub root: &'a Path,
    pub buckets: &'a dyn Buckets,
}

impl Places<'_> {
    /// Lists the files that the pattern of a source shows.
    ///
    /// # Errors
    /// As for [`Places::scan`].
    pub fn find(&self, source: &SourceDefinition) -> Result<Found, ScanError> {
        self.scan(&source.path)
    }

    /// What lies at a path as users know it, if it is a file's or an object's.
    ///
    /// # Errors
    /// Of a bucket that cannot be reached.
    pub fn at(&self, path: &str) -> Result<Option<FoundFile>, ScanError> {
        let Some((bucket, key)) = path.strip_prefix("s3://").and_then(|p| p.split_once('/')) else {
            return Ok(Some(FoundFile {
                path: path.to_owned(),
                absolute: self.root.join(path),
                object: None,
            }));
        };
        let object = self.buckets.look(bucket, key)?;
        Ok(object.map(FoundFile::of_object))
    }

    /// Lists the files that a pattern shows.
    ///
    /// # Errors
    /// [`ScanError`], also if anything that could hold a match cannot be read.
    pub fn scan(&self, pattern: &str) -> Result<Found, ScanError> {
        let parsed = Pattern::parse(pattern)?;
        let Some(bucket) = &parsed.bucket else {
            return scan::scan(self.root, pattern);
        };
        let listed = if parsed.is_plain() {
            let object = self.buckets.look(bucket, &parsed.prefix)?;
            Listed {
                objects: object.into_iter().collect(),
                folders: Vec::new(),
            }
        } else {
            let in_one_folder = parsed.depth() == Some(1);
            self.buckets.list(bucket, &parsed.prefix, in_one_folder)?
        };
        objects::shown(&parsed, listed)
    }
}

/// Bytes of the objects of a scan that [`fetch`] would fetch.
pub fn missing(
    buckets: &dyn Buckets,
    source: &SourceDefinition,
    found: &Found,
    known: &HashMap<String, KnownFile>,
) -> u64 {
    let unknown = hash::unknown_objects(source, found, known).into_iter();
    let missing = unknown
        .map(|(_, object)| object)
        .filter(|object| buckets.known(object).is_none());
    missing.map(|object| object.size).sum()
}

/// Gives the objects of a scan their copies. Those whose content is not known are
/// fetched; one that changed since it was listed is taken as it is now.
///
/// # Errors
/// The [`ScanError`] of every file that has one.
pub fn fetch(
    buckets: &dyn Buckets,
    source: &SourceDefinition,
    found: &mut Found,
    known: &HashMap<String, KnownFile>,
    progress: &dyn ProgressSink,
    interrupt: &Interrupt,
) -> Result<(), ScanError> {
    let unknown = hash::unknown_objects(source, found, known).into_iter();
    let (places, objects): (Vec<usize>, Vec<Object>) =
        unknown.map(|(at, object)| (at, object.clone())).unzip();
    for file in found.files.iter_mut().filter(|f| f.object.is_some()) {
        if let Some(known) = known.get(&file.path) {
            file.absolute = buckets.path(&known.blake3);
        }
    }
    let fetched = all(buckets, &objects, true, progress, interrupt)?;
    let mut errors = Vec::new();
    for (at, fetched) in places.into_iter().zip(fetched) {
        match fetched {
            Ok((object, blake3)) => {
                found.files[at].absolute = buckets.path(&blake3);
                found.files[at].object = Some(object);
            }
            Err(error) => errors.push(error),
        }
    }
    ScanError::check(errors)
}

/// Fetches what is to be read of files that were hashed before, where their copies are
/// not kept any more.
///
/// # Errors
/// [`ScanError::Changed`] for an object that is not what was hashed.
pub fn bring<'f>(
    buckets: &dyn Buckets,
    files: impl IntoIterator<Item = &'f ScannedFile>,
    progress: &dyn ProgressSink,
    interrupt: &Interrupt,
) -> Result<(), ScanError> {
    let mut missing: Vec<(&ScannedFile, Object)> = Vec::new();
    for file in files {
        if let Some(object) = &file.object
            && buckets.kept(&file.blake3)?.is_none()
        {
            missing.push((file, object.clone()));
        }
    }
    let objects: Vec<Object> = missing.iter().map(|(_, object)| object.clone()).collect();
    let fetched = all(buckets, &objects, false, progress, interrupt)?;
    let mut errors = Vec::new();
    for ((file, _), fetched) in missing.into_iter().zip(fetched) {
        match fetched {
            Ok((_, blake3)) if blake3 == file.blake3 => {}
            Ok(_) => errors.push(ScanError::Changed {
                path: file.path.clone(),
            }),
            Err(error) => errors.push(error),
        }
    }
    ScanError::check(errors)
}

/// What an object turned out to be, and its content.
type Fetched = Result<(Object, ContentHash), ScanError>;

/// Fetches objects, several at once; what each turned out to be, in their order.
///
/// # Errors
/// What would keep all others from being fetched too.
fn all(
    buckets: &dyn Buckets,
    objects: &[Object],
    may_be_kept: bool,
    progress: &dyn ProgressSink,
    interrupt: &Interrupt,
) -> Result<Vec<Fetched>, ScanError> {
    let done = AtomicU64::new(0);
    let total = objects.iter().map(|object| object.size).sum();
    let tell = |bytes: u64| {
        let done = done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        progress.report(Progress::Fetching {
            // An object may have been replaced by a larger one.
            done: done.min(total),
            total,
        });
    };
    // Small ones first: each large one is fetched in parts that share the way.
    let mut order: Vec<usize> = (0..objects.len()).collect();
    order.sort_by_key(|at| objects[*at].size);
    let fetched = at_once::try_each(&order, buckets.at_once(), |at| {
        let object = &objects[*at];
        let kept = may_be_kept.then(|| buckets.known(object)).flatten();
        let fetched = match kept {
            Some(blake3) => {
                tell(object.size);
                Ok((object.clone(), blake3))
            }
            None => one(buckets, object, &tell, interrupt),
        };
        match fetched {
            Err(error) if concerns_all(&error) => Err(error),
            fetched => Ok((*at, fetched)),
        }
    });
    let mut fetched = fetched?;
    fetched.sort_unstable_by_key(|(at, _)| *at);
    Ok(fetched.into_iter().map(|(_, fetched)| fetched).collect())
}

/// Whether an error is not about one object, but about the way to all of them.
fn concerns_all(error: &ScanError) -> bool {
    match error {
        ScanError::Interrupted | ScanError::Store(StoreError::Unknown { .. }) => true,
        ScanError::Store(StoreError::Remote(error)) => !matches!(
            error,
            RemoteError::Denied { .. } | RemoteError::Refused { .. }
        ),
        _ => false,
    }
}

/// Fetches an object, or what took its place meanwhile.
fn one(
    buckets: &dyn Buckets,
    object: &Object,
    tell: &(dyn Fn(u64) + Sync),
    interrupt: &Interrupt,
) -> Result<(Object, ContentHash), ScanError> {
    let path = object.url();
    let mut now = object.clone();
    for _ in 0..2 {
        if interrupt.is_requested() {
            return Err(ScanError::Interrupted);
        }
        match buckets.fetch(&now, tell) {
            Ok(blake3) => return Ok((now, blake3)),
            Err(FetchError::Other(error)) => return Err(error),
            Err(FetchError::Changed) => {
                let found = buckets.look(&now.bucket, &now.key)?;
                now = found.ok_or_else(|| ScanError::Gone { path: path.clone() })?;
            }
        }
    }
    Err(ScanError::Unsettled { path })
}
