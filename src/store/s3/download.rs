//! Objects into files: in ranges, several at once, each only if it is still of
//! the object that was asked for.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::ChecksumMode;
use tokio::task::JoinSet;

use super::bucket::{Body, Bucket, Inner, broke_off, slow};
use super::calls::Kind;
use super::fail::Answer;
use super::headers::{self, quoted};
use super::runtime::wait;
use crate::model::hash::ContentHash;
use crate::store::StoreError;

/// Exactly one object, as a listing, a HEAD or a commit told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub key: String,
    /// With the quotes. None only where a clone's listing has none.
    pub etag: Option<String>,
    /// Where the bucket keeps versions: this one, also if it was replaced.
    pub version: Option<String>,
    /// Bytes.
    pub size: u64,
}

impl Bucket {
    /// Writes an object into the file `to`, which is made or replaced. Memory
    /// holds what is on the wire only. `progress` is told the bytes so far. Returns the
    /// BLAKE3 that its writer told of it, if it was this program: whether the bytes have
    /// it is for the caller to see.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if the object is another by now, or gone; the
    /// file then holds anything. [`StoreError::Unknown`] if there is no answer.
    pub fn download(
        &self,
        wanted: &Wanted,
        to: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<ContentHash>, StoreError> {
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(to)
            .map_err(|e| StoreError::io(to.display(), e))?;
        let inner = Arc::clone(self.inner());
        let download = inner.download(wanted.clone(), Arc::new(file), progress);
        wait(&self.inner().interrupt, download)
    }

    /// The BLAKE3 of what lies at a key, read now; None if nothing does.
    ///
    /// # Errors
    /// As for [`Bucket::head`].
    pub fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError> {
        wait(&self.inner().interrupt, self.inner().hash(key))
    }
}

impl Inner {
    async fn download(
        self: &Arc<Self>,
        wanted: Wanted,
        file: Arc<File>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<ContentHash>, StoreError> {
        let wanted = Arc::new(wanted);
        let piece = self.settings.part_size.max(1);
        // In one piece the server's checksum of the whole can be checked.
        let pieces: Vec<Option<(u64, u64)>> = match wanted.size <= 2 * piece {
            true => vec![None],
            false => (0..wanted.size.div_ceil(piece))
                .map(|n| Some((n * piece, (n * piece + piece).min(wanted.size))))
                .collect(),
        };
        let mut waiting = pieces.into_iter();
        let mut running = JoinSet::new();
        let (mut done, mut told) = (0, None);
        loop {
            while running.len() < self.settings.concurrency
                && let Some(range) = waiting.next()
            {
                let (inner, wanted, file) =
                    (Arc::clone(self), Arc::clone(&wanted), Arc::clone(&file));
                running.spawn(async move { inner.piece(&wanted, &file, range).await });
            }
            match running.join_next().await {
                None => return Ok(told),
                Some(Ok(piece)) => {
                    let (bytes, of_it) = piece?;
                    done += bytes;
                    told = of_it.or(told);
                }
                Some(Err(error)) => return Err(broke_off(&wanted.key, &error)),
            }
            progress(done);
        }
    }

    /// One range, from where it broke off if it did; None: the whole. Returns its bytes,
    /// and what its writer told of all.
    async fn piece(
        &self,
        wanted: &Wanted,
        file: &File,
        range: Option<(u64, u64)>,
    ) -> Result<(u64, Option<ContentHash>), StoreError> {
        let (from, to) = range.unwrap_or((0, wanted.size));
        let at = AtomicU64::new(from);
        let told = self
            .whole(|| self.rest(wanted, file, range.is_some(), &at, to))
            .await?;
        Ok((to - from, told))
    }

    async fn rest(
        &self,
        wanted: &Wanted,
        file: &File,
        ranged: bool,
        reached: &AtomicU64,
        to: u64,
    ) -> Result<Body<Option<ContentHash>>, StoreError> {
        let key = &wanted.key;
        let mut at = match ranged {
            true => reached.load(Ordering::Relaxed),
            false => 0,
        };
        let mut found = self
            .begin(wanted, ranged.then(|| format!("bytes={at}-{}", to - 1)))
            .await?;
        if found
            .e_tag
            .as_deref()
            .map(quoted)
            .is_some_and(|etag| wanted.etag.as_ref().is_some_and(|w| *w != etag))
        {
            // A server that does not heed `If-Match`.
            return Err(StoreError::Changed { key: key.clone() });
        }
        let told = headers::told(found.metadata.as_ref());
        loop {
            let chunk = tokio::time::timeout(self.settings.timeout, found.body.next()).await;
            match chunk {
                Err(_) => return Ok(Err(slow(key))),
                Ok(None) if at == to => return Ok(Ok(told)),
                Ok(None) => return Ok(Err(broke_off(key, &"it is shorter than announced"))),
                Ok(Some(Err(error))) => return Ok(Err(broke_off(key, &error))),
                Ok(Some(Ok(bytes))) => {
                    if at + bytes.len() as u64 > to {
                        // Another object, of a server that does not heed `If-Match`.
                        return Err(StoreError::Changed { key: key.clone() });
                    }
                    // Into the page cache: short enough not to be sent elsewhere.
                    file.write_all_at(&bytes, at)
                        .map_err(|e| StoreError::io(key, e))?;
                    at += bytes.len() as u64;
                    reached.store(at, Ordering::Relaxed);
                }
            }
        }
    }

    async fn begin(
        &self,
        wanted: &Wanted,
        range: Option<String>,
    ) -> Result<GetObjectOutput, StoreError> {
        let request = self.client(Kind::Get).await.get_object();
        let action = match wanted.version {
            Some(_) => "s3:GetObjectVersion",
            None => "s3:GetObject",
        };
        let asked = self.asked(action, &wanted.key);
        let whole = range.is_none().then_some(ChecksumMode::Enabled);
        let request = request
            .bucket(&self.name)
            .key(&wanted.key)
            .set_version_id(wanted.version.clone())
            .set_if_match(wanted.etag.clone())
            .set_checksum_mode(whole)
            .set_range(range);
        match request.send().await {
            Ok(found) => Ok(found),
            Err(error) => Err(match self.answer(asked, &error).await {
                Answer::Absent | Answer::Precondition => StoreError::Changed {
                    key: wanted.key.clone(),
                },
                other => other.into_error(asked),
            }),
        }
    }

    async fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError> {
        self.whole(|| self.hash_once(key)).await
    }

    async fn hash_once(&self, key: &str) -> Result<Body<Option<ContentHash>>, StoreError> {
        let request = self.client(Kind::Get).await.get_object();
        let asked = self.asked("s3:GetObject", key);
        let mut found = match request.bucket(&self.name).key(key).send().await {
            Ok(found) => found,
            Err(error) => return self.answer(asked, &error).await.if_absent(Ok(None), asked),
        };
        let mut hasher = blake3::Hasher::new();
        loop {
            match tokio::time::timeout(self.settings.timeout, found.body.next()).await {
                Err(_) => return Ok(Err(slow(key))),
                Ok(None) => return Ok(Ok(Some(hasher.finalize().into()))),
                Ok(Some(Err(error))) => return Ok(Err(broke_off(key, &error))),
                Ok(Some(Ok(bytes))) => {
                    hasher.update(&bytes);
                }
            }
        }
    }
}
