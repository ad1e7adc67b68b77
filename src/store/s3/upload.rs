//! Bytes into objects: one conditional PUT, or parts in parallel from disk and a
//! conditional end. Either is atomic: readers see the old object or the new one.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use tokio::task::JoinSet;

use super::bucket::{Bucket, Inner};
use super::calls::Kind;
use super::client;
use super::etags::PutAtOnce;
use super::fail::Answer;
use super::headers::{
    encryption, if_match, if_none_match, metadata, quoted, storage_class, tagging, version,
};
use super::listing::going_on;
use super::note::Note;
use super::runtime::wait;
use super::sizes::{most_at_once, part_size};
use super::source::{SMALL, Source};
use crate::failpoint::{self, Failpoint};
use crate::store::remote::RemoteError;
use crate::store::{Body, Mark, StoreError};

/// Before a put that met another under way is made again.
const PAUSE: Duration = Duration::from_millis(200);

/// What is to lie at the key before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: `If-None-Match: *`.
    Absent,
    /// The object with this ETag, in its quotes: `If-Match`.
    Etag(String),
    /// Anything.
    Any,
}

/// Bytes on their way to a key.
#[derive(Debug, Clone)]
pub struct Upload<'a> {
    pub key: &'a str,
    pub body: Body<'a>,
    pub condition: Condition,
    /// Kept as the object's metadata. A file with a mark that is sent in parts
    /// is resumed where an earlier process left it, by a note beside the file.
    pub mark: Option<&'a Mark>,
    /// Which putting of these bytes; any text of ASCII letters and digits.
    pub generation: &'a str,
    /// What else the key had; kept as the object's metadata.
    pub before: &'a PutAtOnce,
    /// Send it so that it gets another ETag than the same bytes got by one PUT.
    pub other_etag: bool,
    /// Send it by one PUT, whatever its size; it is in memory as a whole then.
    pub at_once: bool,
}

/// What an upload became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// With the quotes.
    pub etag: String,
    /// None where the bucket keeps no versions.
    pub version: Option<String>,
    /// The one that it was begun with, also if that was by an earlier process.
    pub generation: String,
}

impl Bucket {
    /// Whether a file of so many bytes is sent in parts.
    pub fn sends_in_parts(&self, size: u64) -> bool {
        size > most_at_once(self.settings().part_size)
    }

    /// Puts bytes at a key, if its condition holds. At most
    /// `concurrency` parts are in memory. `progress` is told the bytes so far.
    ///
    /// # Errors
    /// [`StoreError::Precondition`] if something else lies there;
    /// [`StoreError::Unknown`] if it may or may not have been applied.
    pub fn upload(
        &self,
        upload: &Upload<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Uploaded, StoreError> {
        let inner = Arc::clone(self.inner());
        wait(&self.inner().interrupt, async move {
            match upload.body {
                Body::Bytes(bytes) if upload.other_etag && !bytes.is_empty() => {
                    let (size, source) = (bytes.len() as u64, Source::Bytes(bytes.into()));
                    inner.parts(upload, None, source, size, progress).await
                }
                Body::Bytes(bytes) => {
                    let put = inner.put(upload, bytes.to_vec()).await?;
                    progress(bytes.len() as u64);
                    Ok(put)
                }
                Body::File(path) => inner.file(upload, path, progress).await,
            }
        })
    }
}

impl Inner {
    async fn file(
        self: &Arc<Self>,
        upload: &Upload<'_>,
        path: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Uploaded, StoreError> {
        let io = |e| StoreError::io(path.display(), e);
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let is_large = size > most_at_once(self.settings.part_size);
        if (is_large && !upload.at_once) || (upload.other_etag && size > 0) {
            return self
                .parts(
                    upload,
                    Some(path),
                    Source::File(Arc::new(file)),
                    size,
                    progress,
                )
                .await;
        }
        let source = Source::File(Arc::new(file));
        let bytes = source.read(0, size, upload.key).await?;
        let put = self.put(upload, bytes).await?;
        progress(size);
        Ok(put)
    }

    async fn put(&self, upload: &Upload<'_>, bytes: Vec<u8>) -> Result<Uploaded, StoreError> {
        let asked = self.asked("s3:PutObject", upload.key);
        let size = bytes.len() as u64;
        let bytes = aws_sdk_s3::primitives::SdkBody::from(bytes);
        for attempt in 0.. {
            let Some(body) = bytes.try_clone() else {
                unreachable!("bytes in memory can be sent again")
            };
            let settings = &self.settings;
            let request = self.client(Kind::Put).await.put_object();
            let request = request
                .bucket(&self.name)
                .key(upload.key)
                .body(ByteStream::new(body))
                .set_metadata(metadata(upload))
                .set_server_side_encryption(encryption(settings))
                .set_ssekms_key_id(settings.kms_key_id.clone())
                .set_storage_class(storage_class(settings))
                .set_tagging(tagging(settings))
                .set_if_none_match(if_none_match(&upload.condition))
                .set_if_match(if_match(&upload.condition));
            // One of its own takes as long to make as a small request does.
            let once = matches!(upload.condition, Condition::Etag(_));
            let sent = if size < SMALL && !once {
                request.send().await
            } else {
                let config = client::attempts(settings, size, once);
                request.customize().config_override(config).send().await
            };
            let error = match sent {
                Ok(put) => {
                    return Ok(Uploaded {
                        etag: quoted(put.e_tag.as_deref().unwrap_or_default()),
                        version: version(put.version_id.as_deref()),
                        generation: upload.generation.to_owned(),
                    });
                }
                Err(error) => error,
            };
            match self.answer(asked, &error).await {
                Answer::Conflict if !once && attempt < self.settings.retries => {
                    tokio::time::sleep(PAUSE).await;
                }
                // What was to be replaced is gone.
                Answer::Absent => return Err(precondition(upload.key)),
                other => return Err(other.into_error(asked)),
            }
        }
        unreachable!("the loop ends by returning")
    }

    async fn parts(
        self: &Arc<Self>,
        upload: &Upload<'_>,
        path: Option<&Path>,
        source: Source,
        size: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Uploaded, StoreError> {
        let resumed = match upload.mark.zip(path) {
            Some((mark, path)) => {
                Note::read(path).filter(|n| n.is_of(&self.name, upload.key, mark, size))
            }
            None => None,
        };
        let (note, have) = match resumed {
            Some(note) => match self.parts_of(&note).await {
                Ok(Some(have)) => (Some(note), have),
                Ok(None) => (None, Vec::new()),
                // Who may not ask for its parts, or cannot, sends them all again, into another.
                Err(StoreError::Remote(
                    RemoteError::Denied { .. } | RemoteError::Refused { .. },
                )) => {
                    let _ = self.abort(&note.key, &note.id).await;
                    (None, Vec::new())
                }
                Err(error) => return Err(error),
            },
            None => (None, Vec::new()),
        };
        let note = match note {
            Some(note) => note,
            None => self.begin_parts(upload, path, size).await?,
        };
        let sent = self.send_parts(&note, have, &source, progress).await;
        let ended = match sent {
            Ok(parts) => self.end_parts(upload, &note, parts).await,
            Err(error) => Err(error),
        };
        // A failed upload is not left to be paid for. Where it may have been
        // completed after all, this changes nothing, or settles that it was not.
        if ended.is_err() && self.abort(&note.key, &note.id).await.is_err() {
            return ended;
        }
        if let Some(path) = path {
            Note::remove(path);
        }
        ended
    }

    async fn begin_parts(
        &self,
        upload: &Upload<'_>,
        path: Option<&Path>,
        size: u64,
    ) -> Result<Note, StoreError> {
        let settings = &self.settings;
        let asked = self.asked("s3:PutObject", upload.key);
        let request = self.client(Kind::Multipart).await.create_multipart_upload();
        let request = request
            .bucket(&self.name)
            .key(upload.key)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .set_metadata(metadata(upload))
            .set_server_side_encryption(encryption(settings))
            .set_ssekms_key_id(settings.kms_key_id.clone())
            .set_storage_class(storage_class(settings))
            .set_tagging(tagging(settings));
        let begun = match request.send().await {
            Ok(begun) => begun,
            Err(error) => return Err(self.answer(asked, &error).await.into_error(asked)),
        };
        let note = Note {
            bucket: self.name.clone(),
            key: upload.key.to_owned(),
            id: begun.upload_id.unwrap_or_default(),
            part_size: part_size(settings.part_size, size, upload.generation),
            size,
            generation: upload.generation.to_owned(),
            token: upload.mark.map(|m| m.token.clone()),
            blake3: upload.mark.map(|m| m.blake3),
        };
        // Without it the upload is begun anew, which is no harm.
        if let (Some(path), Some(_)) = (path, upload.mark) {
            note.write(path);
        }
        Ok(note)
    }

    /// The parts that are there; None if the upload is over.
    async fn parts_of(&self, note: &Note) -> Result<Option<Vec<CompletedPart>>, StoreError> {
        let asked = self.asked("s3:ListMultipartUploadParts", &note.key);
        let mut have = Vec::new();
        let mut from = None;
        loop {
            let request = self.client(Kind::Multipart).await.list_parts();
            let request = request
                .bucket(&self.name)
                .key(&note.key)
                .upload_id(&note.id)
                .set_part_number_marker(from.clone());
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) => return self.answer(asked, &error).await.if_absent(None, asked),
            };
            for part in answer.parts.unwrap_or_default() {
                let number = part.part_number.unwrap_or(0);
                let whole = u64::try_from(number).is_ok_and(|n| {
                    note.part(n)
                        .is_some_and(|(_, len)| part.size == Some(len as i64))
                });
                if let (true, Some(etag)) = (whole, part.e_tag) {
                    have.push(
                        CompletedPart::builder()
                            .part_number(number)
                            .e_tag(etag)
                            .set_checksum_crc32(part.checksum_crc32)
                            .build(),
                    );
                }
            }
            let next = answer.next_part_number_marker;
            from = going_on(asked, answer.is_truncated, &from, next)?;
            if from.is_none() {
                return Ok(Some(have));
            }
        }
    }

    async fn send_parts(
        self: &Arc<Self>,
        note: &Note,
        have: Vec<CompletedPart>,
        source: &Source,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Vec<CompletedPart>, StoreError> {
        let there = |n: u64| have.iter().any(|p| p.part_number == i32::try_from(n).ok());
        let missing: Vec<u64> = (1..=note.count()).filter(|n| !there(*n)).collect();
        let length = |n: u64| note.part(n).map_or(0, |(_, length)| length);
        let mut done: u64 = (1..=note.count()).filter(|n| there(*n)).map(length).sum();
        let mut parts = have.clone();
        let mut waiting = missing.into_iter();
        let mut running = JoinSet::new();
        let note = Arc::new(note.clone());
        loop {
            while running.len() < self.settings.concurrency
                && let Some(number) = waiting.next()
            {
                let (inner, note, source) = (Arc::clone(self), Arc::clone(&note), source.clone());
                running.spawn(async move { inner.part(&note, &source, number).await });
            }
            let Some(joined) = running.join_next().await else {
                break;
            };
            let part = joined.map_err(|error| super::bucket::broke_off(&note.key, &error))??;
            failpoint::reached(Failpoint::PartSent).map_err(|e| StoreError::io(&note.key, e))?;
            done += part
                .part_number
                .map_or(0, |n| length(n.unsigned_abs().into()));
            progress(done);
            parts.push(part);
        }
        parts.sort_by_key(|part| part.part_number);
        Ok(parts)
    }

    async fn part(
        &self,
        note: &Note,
        source: &Source,
        number: u64,
    ) -> Result<CompletedPart, StoreError> {
        let asked = self.asked("s3:PutObject", &note.key);
        let (at, length) = note.part(number).unwrap_or_default();
        let bytes = source.read(at, length, &note.key).await?;
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let request = self.client(Kind::Part).await.upload_part();
        let request = request
            .bucket(&self.name)
            .key(&note.key)
            .upload_id(&note.id)
            .part_number(number)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .body(ByteStream::from(bytes));
        let sent = request
            .customize()
            .config_override(client::attempts(&self.settings, length, false))
            .send()
            .await;
        match sent {
            Ok(sent) => Ok(CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32)
                .build()),
            Err(error) => Err(match self.answer(asked, &error).await {
                Answer::Absent => over(&note.key),
                other => other.into_error(asked),
            }),
        }
    }

    async fn end_parts(
        &self,
        upload: &Upload<'_>,
        note: &Note,
        parts: Vec<CompletedPart>,
    ) -> Result<Uploaded, StoreError> {
        let asked = self.asked("s3:PutObject", &note.key);
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(parts))
            .build();
        let request = self
            .client(Kind::Multipart)
            .await
            .complete_multipart_upload();
        let request = request
            .bucket(&self.name)
            .key(&note.key)
            .upload_id(&note.id)
            .multipart_upload(parts)
            .set_if_none_match(if_none_match(&upload.condition))
            .set_if_match(if_match(&upload.condition));
        let once = matches!(upload.condition, Condition::Etag(_));
        let config = client::attempts(&self.settings, 0, once);
        match request.customize().config_override(config).send().await {
            Ok(done) => Ok(Uploaded {
                etag: quoted(done.e_tag.as_deref().unwrap_or_default()),
                version: version(done.version_id.as_deref()),
                generation: note.generation.clone(),
            }),
            Err(error) => Err(match self.answer(asked, &error).await {
                // The upload is over: by an attempt whose answer got lost, or
                // by somebody else; or what was to be replaced is gone.
                Answer::Absent => over(&note.key),
                other => other.into_error(asked),
            }),
        }
    }
}

fn precondition(key: &str) -> StoreError {
    StoreError::Precondition {
        key: key.to_owned(),
    }
}

fn over(key: &str) -> StoreError {
    StoreError::Unknown {
        key: key.to_owned(),
        reason: "the upload in parts is over already".to_owned(),
    }
}
