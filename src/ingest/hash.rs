//! Hashing all files of a scan, several at once, and only those that may have
//! changed since they were hashed last.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::num::NonZero;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use super::digest::{Go, HashedFile, hash_file};
use super::error::ScanError;
use super::scan::{Found, FoundFile};
use crate::model::at_once;
use crate::model::dialect::Dialect;
use crate::model::input_file::{Fault, FileStat, Object, ScannedFile};
use crate::model::interrupt::Interrupt;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::source::SourceDefinition;
use crate::state::KnownFile;

/// How much older than the hashing the last change of a file must be for its
/// stat to vouch for its content, in nanoseconds. Coarse clocks of file systems
/// give two writes one time.
const FRESH: i64 = 2_000_000_000;
/// Files of more bytes than this are hashed on two threads, if there are fewer
/// files than cores.
const WORTH_A_THREAD: u64 = 8 * 1024 * 1024;

/// What became of the files of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HashedFiles {
    /// In the order of the scan.
    pub files: Vec<ScannedFile>,
    /// What is to be remembered of them, by path. Files with a fault are not: they
    /// are looked at again each time.
    pub known: Vec<(String, KnownFile)>,
}

/// Hashes the files of a source, on as many threads as there are cores, except
/// those whose content is known.
///
/// # Errors
/// The [`ScanError`] of every file that has one.
pub fn hash_all(
    source: &SourceDefinition,
    found: &Found,
    known: &HashMap<String, KnownFile>,
    progress: &dyn ProgressSink,
    interrupt: &Interrupt,
) -> Result<HashedFiles, ScanError> {
    let files = &found.files;
    let dialect = source.dialect.fingerprint();
    let stats: Vec<FileStat> = files.iter().map(now_of).collect();
    let mut done: Vec<Option<Result<Hashed, ScanError>>> = files
        .iter()
        .zip(&stats)
        .map(|(file, stat)| {
            let known = known
                .get(&file.path)
                .filter(|k| k.dialect == dialect && vouches_for(k, stat))?;
            Some(Ok(Hashed {
                known: *known,
                fault: None,
            }))
        })
        .collect();

    // The largest first, so that no thread is left with it at the end.
    let mut waiting: Vec<usize> = (0..files.len()).filter(|at| done[*at].is_none()).collect();
    waiting.sort_by_key(|at| Reverse(stats[*at].size));
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(waiting.len());
    let work = Work {
        dialect: &source.dialect,
        spread: threads < cores,
        interrupt,
        progress,
        total: waiting.iter().map(|at| stats[*at].size).sum(),
        bytes: AtomicU64::new(0),
    };
    let hashed = at_once::each(&waiting, threads, |at| work.hash(&files[*at]));
    for (at, result) in waiting.into_iter().zip(hashed) {
        done[at] = Some(result);
    }

    let mut out = HashedFiles::default();
    let mut errors = Vec::new();
    for (file, hashed) in files.iter().zip(done.into_iter().flatten()) {
        let Hashed { known, fault } = match hashed {
            Ok(hashed) => hashed,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        out.files.push(ScannedFile {
            path: file.path.clone(),
            absolute: file.absolute.clone(),
            object: file.object.clone(),
            stat: known.stat,
            blake3: known.blake3,
            records: known.records,
            plain: known.plain,
            fault: fault.clone(),
        });
        if fault.is_none() {
            out.known.push((file.path.clone(), known));
        }
    }
    ScanError::check(errors)?;
    Ok(out)
}

/// Whether the file still looks as it did before it was hashed. An object's copy does:
/// nobody else writes to it, whatever becomes of the object.
pub fn is_unchanged(file: &ScannedFile) -> bool {
    file.object.is_some() || stat(&file.absolute).is_ok_and(|now| now == file.stat)
}

/// The objects whose content is not known, with the positions of their files.
pub fn unknown_objects<'f>(
    source: &SourceDefinition,
    found: &'f Found,
    known: &HashMap<String, KnownFile>,
) -> Vec<(usize, &'f Object)> {
    let dialect = source.dialect.fingerprint();
    let is_known = |file: &FoundFile, object: &Object| {
        let known = known.get(&file.path).filter(|k| k.dialect == dialect);
        known.is_some_and(|k| vouches_for(k, &object.stat()))
    };
    let files = found.files.iter().enumerate();
    let objects = files.filter_map(|(at, file)| Some((at, file, file.object.as_ref()?)));
    objects
        .filter(|(_, file, object)| !is_known(file, object))
        .map(|(at, _, object)| (at, object))
        .collect()
}

/// What has no stat is opened all the same, and fails with its reason.
fn now_of(file: &FoundFile) -> FileStat {
    match &file.object {
        Some(object) => object.stat(),
        None => stat(&file.absolute).unwrap_or_default(),
    }
}

/// Whether a file that looks like `now` still has the content.
fn vouches_for(known: &KnownFile, now: &FileStat) -> bool {
    known.stat == *now && now.ctime.saturating_add(FRESH) <= known.hashed_at_ns
}

struct Hashed {
    known: KnownFile,
    fault: Option<Fault>,
}

struct Work<'a> {
    dialect: &'a Dialect,
    /// Large files on two threads each.
    spread: bool,
    interrupt: &'a Interrupt,
    progress: &'a dyn ProgressSink,
    /// Bytes of all files that are hashed.
    total: u64,
    bytes: AtomicU64,
}

impl Work<'_> {
    fn hash(&self, file: &FoundFile) -> Result<Hashed, ScanError> {
        if self.interrupt.is_requested() {
            return Err(ScanError::Interrupted);
        }
        if let Some(hashed) = self.attempt(file)? {
            return Ok(hashed);
        }
        self.attempt(file)?.ok_or_else(|| ScanError::Unsettled {
            path: file.path.clone(),
        })
    }

    /// None if the file changed meanwhile.
    fn attempt(&self, file: &FoundFile) -> Result<Option<Hashed>, ScanError> {
        let failed = |error| failed(file, error);
        let hashed_at_ns = now();
        let open = File::open(&file.absolute).map_err(failed)?;
        let before = stat_of(&open.metadata().map_err(failed)?);

        let spread = self.spread && before.size > WORTH_A_THREAD;
        let mut told = 0;
        let hashed = hash_file(&open, self.dialect, spread, |size| {
            told += size as u64;
            self.advance(size as u64);
            if self.interrupt.is_requested() {
                Go::Stop
            } else {
                Go::On
            }
        });
        let HashedFile {
            blake3,
            bytes,
            records,
            plain,
            fault,
        } = match hashed {
            Ok(hashed) => hashed,
            Err(_) if self.interrupt.is_requested() => return Err(ScanError::Interrupted),
            Err(error) => return Err(failed(error)),
        };
        // By its path: another file may have taken its place.
        let after = stat(&file.absolute).map_err(failed)?;
        if after != before || bytes != before.size {
            self.bytes.fetch_sub(told, Ordering::Relaxed);
            return Ok(None);
        }
        Ok(Some(Hashed {
            known: KnownFile {
                stat: match &file.object {
                    Some(object) => object.stat(),
                    None => before,
                },
                blake3,
                records,
                plain,
                dialect: self.dialect.fingerprint(),
                hashed_at_ns,
            },
            fault,
        }))
    }

    fn advance(&self, bytes: u64) {
        let done = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.progress.report(Progress::Hashing {
            // A file may have grown since the total was taken.
            done: done.min(self.total),
            total: self.total,
        });
    }
}

fn failed(file: &FoundFile, source: io::Error) -> ScanError {
    let path = file.path.clone();
    match source.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ScanError::Gone { path },
        _ => ScanError::Unreadable { path, source },
    }
}

fn stat(path: &Path) -> io::Result<FileStat> {
    Ok(stat_of(&std::fs::metadata(path)?))
}

fn stat_of(metadata: &Metadata) -> FileStat {
    let nanos =
        |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
    FileStat {
        size: metadata.size(),
        mtime: nanos(metadata.mtime(), metadata.mtime_nsec()),
        ctime: nanos(metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
        etag: None,
    }
}

/// Nanoseconds since the epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests;
