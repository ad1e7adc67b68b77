//! Files into a bucket, several at once, each as often as it takes.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::error::RunError;
use super::super::upload_error::UploadError;
use super::{Sent, SentFile, UploadRequest, url};
use crate::model::at_once;
use crate::model::hash::ContentHash;
use crate::model::interrupt::Interrupt;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::token::WriterToken;
use crate::propose::find::Candidate;
use crate::store::s3::{Bucket, Condition, Object, PutAtOnce, Upload, Uploaded};
use crate::store::{Body, Mark, StoreError, files};

/// Stands where a writer's token stands: no run put it there.
const TOKEN: &str = "upload";

/// One file on its way.
pub(super) struct Sending<'a> {
    pub file: &'a Candidate,
    /// Its path relative to the folder.
    pub path: &'a str,
    pub key: String,
    pub there: Option<&'a Object>,
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

/// Sends files to a bucket.
pub(super) struct Sender<'a> {
    request: &'a UploadRequest,
    bucket: &'a Bucket,
    interrupt: &'a Interrupt,
    progress: &'a dyn ProgressSink,
    /// Bytes of all files.
    total: u64,
    done: AtomicU64,
    /// Held while a file is sent in parts: these fill the way already.
    in_parts: Mutex<()>,
}

impl<'a> Sender<'a> {
    pub fn new(
        request: &'a UploadRequest,
        bucket: &'a Bucket,
        total: u64,
        progress: &'a dyn ProgressSink,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self {
            request,
            bucket,
            interrupt,
            progress,
            total,
            done: AtomicU64::new(0),
            in_parts: Mutex::default(),
        }
    }

    /// Sends all, several at once, until one cannot be.
    pub fn all(&self, sending: &[Sending<'_>]) -> Result<Vec<SentFile>, RunError> {
        at_once::try_each(sending, self.request.s3.concurrency, |one| self.one(one))
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
        let in_parts = self.bucket.sends_in_parts(size);
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
                before: &PutAtOnce::default(),
                other_etag: false,
                at_once: false,
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
