//! `upload`: raw files of a folder become objects of a bucket, each below a folder that
//! is named like its feed. What is there with the same content is not sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::error::RunError;
use super::upload_error::UploadError;
use crate::model::hash::ContentHash;
use crate::model::interrupt::Interrupt;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::token::WriterToken;
use crate::project::{S3Settings, TargetUrl};
use crate::propose::find::{self, Candidate};
use crate::propose::places::places;
use crate::store::remote::RemoteError;
use crate::store::s3::{Bucket, Condition, Object, Upload, Uploaded};
use crate::store::{Body, Mark, StoreError, files};

/// Stands where a writer's token stands: no run put it there.
const TOKEN: &str = "upload";
/// The folder by which a target is known.
const OF_TARGETS: &str = "_workbench/";

/// What is to be sent, and where to.
#[derive(Debug, Clone)]
pub struct UploadRequest {
    /// With all folders below it.
    pub folder: PathBuf,
    pub to: TargetUrl,
    pub s3: S3Settings,
    /// A folder where it is noted how far large files were sent.
    pub notes: PathBuf,
    /// Say what would be sent, and send nothing.
    pub dry_run: bool,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// Nothing lay there.
    New,
    /// Something else lay there.
    Replaced,
    /// It lies there already.
    Unchanged,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// Relative to the folder.
    pub path: String,
    /// The object.
    pub url: String,
    pub bytes: u64,
    pub sent: Sent,
}

/// What was sent, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadReport {
    pub dry_run: bool,
    pub files: Vec<SentFile>,
    /// Path, and why it is no raw file.
    pub left_out: Vec<(String, String)>,
}

/// One file on its way.
struct Sending<'a> {
    file: &'a Candidate,
    /// Its path relative to the folder.
    path: &'a str,
    key: String,
    there: Option<&'a Object>,
}

/// Sends what is not there yet.
///
/// # Errors
/// [`UploadError`]; what cannot be read; whatever the bucket refuses. What was sent
/// before stays, and is not sent again.
pub fn upload(
    request: &UploadRequest,
    progress: &dyn ProgressSink,
    interrupt: &Interrupt,
) -> Result<UploadReport, RunError> {
    let TargetUrl::S3 { bucket, prefix, .. } = &request.to else {
        let url = request.to.to_string();
        return Err(UploadError::NoBucket { url }.into());
    };
    let folder = request
        .folder
        .canonicalize()
        .map_err(|source| RunError::Io {
            path: request.folder.clone(),
            source,
        })?;
    // Of one file, its folder.
    let root = match folder.is_file() {
        true => folder.parent().unwrap_or(&folder),
        false => &folder,
    };
    // No project's folders are to be passed over: what is named is meant.
    let mut found = find::find(&folder, Path::new(""))?;
    let shorten = |path: &mut String| *path = find::shown(Path::new(&*path), root);
    found
        .files
        .iter_mut()
        .for_each(|file| shorten(&mut file.path));
    found
        .left_out
        .iter_mut()
        .for_each(|(path, _)| shorten(path));
    if found.files.is_empty() {
        let folder = request.folder.display().to_string();
        return Err(UploadError::NoFiles { folder }.into());
    }
    let bucket = Bucket::open(bucket, &request.s3, interrupt);
    let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let within = |place: String| match prefix.as_str() {
        "" => place,
        prefix => format!("{prefix}/{place}"),
    };
    let keys: Vec<String> = places(&paths, &name).into_iter().map(within).collect();
    refuse_same(&bucket, &paths, &keys)?;
    refuse_targets_above(&bucket, prefix)?;
    let below = match prefix.as_str() {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    };
    let there = bucket.list_all(&below, None)?;
    refuse_targets(&bucket, &there, &keys)?;
    let there: BTreeMap<&str, &Object> = there.iter().map(|o| (o.key.as_str(), o)).collect();
    let mut sending: Vec<Sending<'_>> = found
        .files
        .iter()
        .zip(&paths)
        .zip(keys)
        .map(|((file, path), key)| Sending {
            file,
            path,
            there: there.get(key.as_str()).copied(),
            key,
        })
        .collect();
    // Small ones first: each large one is sent in parts that share the way.
    sending.sort_by_key(|s| s.file.bytes);
    let sender = Sender {
        request,
        bucket: &bucket,
        interrupt,
        progress,
        total: sending.iter().map(|s| s.file.bytes).sum(),
        done: AtomicU64::new(0),
        in_parts: Mutex::default(),
    };
    let mut files = sender.all(&sending)?;
    files.sort_by(|a, b| crate::ingest::natural::natural_cmp(&a.path, &b.path));
    Ok(UploadReport {
        dry_run: request.dry_run,
        files,
        left_out: found.left_out,
    })
}

fn url(bucket: &Bucket, key: &str) -> String {
    format!("s3://{}/{key}", bucket.name())
}

fn refuse_same(bucket: &Bucket, paths: &[&str], keys: &[String]) -> Result<(), UploadError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, key) in paths.iter().zip(keys) {
        if let Some(other) = seen.insert(key, path) {
            return Err(UploadError::SameKey {
                url: url(bucket, key),
                one: other.to_owned(),
                other: (*path).to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether the prefix lies in a target.
fn refuse_targets_above(bucket: &Bucket, prefix: &str) -> Result<(), RunError> {
    let parts = || prefix.match_indices('/').map(|(at, _)| &prefix[..at]);
    for above in std::iter::once("")
        .filter(|_| !prefix.is_empty())
        .chain(parts())
    {
        let owner = match above {
            "" => format!("{OF_TARGETS}owner.json"),
            above => format!("{above}/{OF_TARGETS}owner.json"),
        };
        match bucket.head(&owner) {
            Ok(None) => {}
            // Who may not look there may be granted the prefix alone.
            Err(StoreError::Remote(RemoteError::Denied { .. })) => {}
            Ok(Some(_)) => {
                let url = url(bucket, above);
                return Err(UploadError::IsTarget { url }.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether any key would lie in a target that is at the prefix or below it.
fn refuse_targets(bucket: &Bucket, there: &[Object], keys: &[String]) -> Result<(), UploadError> {
    let targets: BTreeSet<&str> = there
        .iter()
        .filter_map(|object| {
            let key = object.key.as_str();
            let mut above = key.match_indices(OF_TARGETS).map(|(at, _)| &key[..at]);
            above.find(|above| above.is_empty() || above.ends_with('/'))
        })
        .collect();
    match targets
        .into_iter()
        .find(|t| keys.iter().any(|key| key.starts_with(t)))
    {
        Some(target) => Err(UploadError::IsTarget {
            url: url(bucket, target.trim_end_matches('/')),
        }),
        None => Ok(()),
    }
}

/// How often a file is sent that changes meanwhile.
const TRIES: u32 = 2;

/// What came of sending a file.
enum Attempt {
    Done(Sent),
    /// It changed meanwhile: the object with this ETag is neither the old nor the new.
    Changed {
        put: String,
    },
}

struct Sender<'a> {
    request: &'a UploadRequest,
    bucket: &'a Bucket,
    interrupt: &'a Interrupt,
    progress: &'a dyn ProgressSink,
    total: u64,
    done: AtomicU64,
    /// Held while a file is sent in parts: these fill the way already.
    in_parts: Mutex<()>,
}

impl Sender<'_> {
    fn all(&self, sending: &[Sending<'_>]) -> Result<Vec<SentFile>, RunError> {
        let next = AtomicUsize::new(0);
        let is_over = AtomicBool::new(false);
        let results = Mutex::new(Vec::with_capacity(sending.len()));
        let threads = self.request.s3.concurrency.clamp(1, sending.len());
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed)
                        && let Some(one) = sending.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let result = self.one(one);
                        if result.is_err() {
                            is_over.store(true, Ordering::Relaxed);
                        }
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        results.push(result);
                    }
                });
            }
        });
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.into_iter().collect()
    }

    fn one(&self, one: &Sending<'_>) -> Result<SentFile, RunError> {
        // What a put may replace: what was listed, then what the one before put.
        let mut condition = match one.there.map(|there| there.etag.clone()) {
            None => Condition::Absent,
            Some(Some(etag)) => Condition::Etag(etag),
            Some(None) => Condition::Any,
        };
        for _ in 0..TRIES {
            if self.interrupt.is_requested() {
                return Err(RunError::Interrupted { run: None });
            }
            match self.attempt(one, condition)? {
                Attempt::Done(sent) => {
                    return Ok(SentFile {
                        path: one.path.to_owned(),
                        url: url(self.bucket, &one.key),
                        bytes: one.file.bytes,
                        sent,
                    });
                }
                Attempt::Changed { put } => condition = Condition::Etag(put),
            }
        }
        let path = one.path.to_owned();
        Err(UploadError::Unsettled { path }.into())
    }

    fn attempt(&self, one: &Sending<'_>, condition: Condition) -> Result<Attempt, RunError> {
        let path = &one.file.absolute;
        let io = |source| RunError::Io {
            path: path.clone(),
            source,
        };
        let look = || {
            let about = path.metadata()?;
            Ok((about.len(), about.modified()?))
        };
        let before = look().map_err(io)?;
        let blake3 = files::hash(path).map_err(io)?;
        if self.is_there(one, before.0, &blake3)? {
            self.tell(before.0);
            return Ok(Attempt::Done(Sent::Unchanged));
        }
        let sent = match one.there {
            Some(_) => Sent::Replaced,
            None => Sent::New,
        };
        if self.request.dry_run {
            self.tell(before.0);
            return Ok(Attempt::Done(sent));
        }
        match self.send(one, condition, &blake3, before.0) {
            Ok(_) if look().map_err(io)? == before => Ok(Attempt::Done(sent)),
            Ok(put) => Ok(Attempt::Changed { put: put.etag }),
            Err(RunError::Publish(error)) if is_overtaken(&error) => {
                // An earlier attempt of ours may be what lies there.
                let head = self.bucket.head(&one.key)?;
                if head.is_some_and(|head| head.mark.is_some_and(|m| m.blake3 == blake3)) {
                    return Ok(Attempt::Done(sent));
                }
                let url = url(self.bucket, &one.key);
                Err(UploadError::Overtaken { url }.into())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the object has this content: by what it was marked with when it was put,
    /// or by reading it, if something else put it there.
    fn is_there(
        &self,
        one: &Sending<'_>,
        size: u64,
        blake3: &ContentHash,
    ) -> Result<bool, StoreError> {
        if one.there.is_none_or(|there| there.size != size) {
            return Ok(false);
        }
        let Some(head) = self.bucket.head(&one.key)? else {
            return Ok(false);
        };
        Ok(match head.mark {
            Some(mark) => mark.blake3 == *blake3,
            None => self.bucket.hash(&one.key)? == Some(*blake3),
        })
    }

    fn send(
        &self,
        one: &Sending<'_>,
        condition: Condition,
        blake3: &ContentHash,
        size: u64,
    ) -> Result<Uploaded, RunError> {
        let in_parts = size > 2 * self.request.s3.part_size;
        let _alone = in_parts.then(|| self.in_parts.lock());
        let path = if in_parts {
            self.noted(&one.file.absolute, blake3)?
        } else {
            one.file.absolute.clone()
        };
        let mark = Mark {
            token: WriterToken::from_stored(TOKEN),
            blake3: *blake3,
        };
        let mut told = 0;
        let uploaded = self.bucket.upload(
            &Upload {
                key: &one.key,
                body: Body::File(&path),
                condition,
                mark: Some(&mark),
                generation: &blake3.short(),
                other_etag: false,
            },
            &mut |done| {
                self.tell(done - told);
                told = done;
            },
        );
        if in_parts && uploaded.is_ok() {
            let _ = files::remove(&path);
        }
        Ok(uploaded?)
    }

    /// A link to a file, beside which it is noted how far it was sent: nothing is
    /// written among the raw files.
    fn noted(&self, file: &Path, blake3: &ContentHash) -> Result<PathBuf, RunError> {
        let notes = &self.request.notes;
        let io = |source| RunError::Io {
            path: notes.clone(),
            source,
        };
        std::fs::create_dir_all(notes).map_err(io)?;
        let link = notes.join(blake3.to_string());
        files::remove(&link).map_err(io)?;
        symlink(file, &link).map_err(io)?;
        Ok(link)
    }

    fn tell(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.progress.report(Progress::Sending {
            done: done.min(self.total),
            total: self.total,
        });
    }
}

fn is_overtaken(error: &crate::snapshots::PublishError) -> bool {
    use crate::snapshots::PublishError::Store;
    matches!(error, Store(StoreError::Precondition { .. }))
}
