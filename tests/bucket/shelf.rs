//! Buckets in memory, strict like S3: each request is decided at one instant.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use s3s::dto::*;
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};

/// One generation of an object.
#[derive(Debug, Clone)]
pub struct Thing {
    pub bytes: Bytes,
    /// Without quotes.
    pub etag: String,
    pub metadata: BTreeMap<String, String>,
    pub version: String,
    pub crc32: Option<String>,
    pub at: SystemTime,
}

/// How the server differs from S3.
#[derive(Debug, Clone, Copy, Default)]
pub struct Habits {
    pub versioned: bool,
    /// Conditions of puts are taken and not heeded.
    pub careless_puts: bool,
    /// The same of an upload in parts alone.
    pub careless_parts: bool,
    /// The same of `If-Match` at the end of an upload in parts alone.
    pub careless_replacing_parts: bool,
    /// The same of removals, as most clones.
    pub careless_deletes: bool,
    /// Keys in one page of a listing; 1,000 if 0.
    pub page: usize,
    /// Where a listing goes on is not told, or told wrong.
    pub lost: Option<Lost>,
    /// Bytes are counted and thrown away.
    pub sink: bool,
}

/// What a listing of many pages says of the next one.
#[derive(Debug, Clone, Copy)]
pub enum Lost {
    /// That there is one, and not where.
    Nowhere,
    /// That it is the one that was asked for.
    Here,
}

struct Upload {
    key: String,
    metadata: BTreeMap<String, String>,
    parts: BTreeMap<i32, (Bytes, String, String)>,
    at: SystemTime,
}

#[derive(Default)]
struct Inner {
    /// By bucket and key, what it showed, oldest first; None: removed.
    things: BTreeMap<String, BTreeMap<String, Vec<Option<Thing>>>>,
    uploads: BTreeMap<String, Upload>,
    habits: Habits,
    made: u64,
}

/// Clones are handles to the same buckets.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<Inner>>);

impl Shelf {
    pub fn new(buckets: &[&str], habits: Habits) -> Self {
        let shelf = Self::default();
        let mut inner = shelf.inner();
        inner.habits = habits;
        for bucket in buckets {
            inner.things.insert((*bucket).to_owned(), BTreeMap::new());
        }
        drop(inner);
        shelf
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that a key ever showed, oldest first.
    pub fn states(&self, bucket: &str, key: &str) -> Vec<Option<Thing>> {
        let inner = self.inner();
        let states = inner.things.get(bucket).and_then(|keys| keys.get(key));
        states.cloned().unwrap_or_default()
    }

    /// What lies at a key.
    pub fn peek(&self, bucket: &str, key: &str) -> Option<Thing> {
        self.states(bucket, key).pop().flatten()
    }

    /// The keys that ever held something, sorted.
    pub fn all_keys(&self, bucket: &str) -> Vec<String> {
        let inner = self.inner();
        let keys = inner.things.get(bucket).into_iter().flat_map(|k| k.keys());
        keys.cloned().collect()
    }

    /// The keys that hold something, sorted.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let all = self.all_keys(bucket).into_iter();
        all.filter(|key| self.peek(bucket, key).is_some()).collect()
    }

    /// Puts bytes as another program would: without a condition or metadata.
    pub fn put(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        let etag = etag_of(&bytes);
        self.inner()
            .write(bucket, key, bytes, etag, BTreeMap::new(), None);
    }

    /// The same bytes and metadata under another ETag.
    pub fn touch(&self, bucket: &str, key: &str) {
        if let Some(thing) = self.peek(bucket, key) {
            let etag = format!("{}-1", etag_of(thing.etag.as_bytes()));
            self.inner()
                .write(bucket, key, thing.bytes, etag, thing.metadata, thing.crc32);
        }
    }

    /// A byte of what lies at a key is another one from now on, beside what was said of it.
    pub fn spoil(&self, bucket: &str, key: &str) {
        if let Some(thing) = self.peek(bucket, key) {
            let mut bytes = thing.bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            let etag = etag_of(&bytes);
            self.inner()
                .write(bucket, key, bytes.into(), etag, thing.metadata, None);
        }
    }

    /// Removes what lies at a key.
    pub fn remove(&self, bucket: &str, key: &str) {
        let mut inner = self.inner();
        if let Some(states) = inner.things.get_mut(bucket).and_then(|k| k.get_mut(key)) {
            states.push(None);
        }
    }

    /// Uploads in parts that are not over: key, and bytes that are there.
    pub fn uploads(&self) -> Vec<(String, usize)> {
        let inner = self.inner();
        let bytes = |u: &Upload| u.parts.values().map(|(bytes, ..)| bytes.len()).sum();
        let uploads = inner.uploads.values();
        uploads.map(|u| (u.key.clone(), bytes(u))).collect()
    }

    /// Lets all uploads in parts look as if they were begun then.
    pub fn age_uploads(&self, at: SystemTime) {
        for upload in self.inner().uploads.values_mut() {
            upload.at = at;
        }
    }
}

/// The same for the same bytes, as S3's is, and opaque.
fn etag_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

fn crc32_of(bytes: &[u8]) -> String {
    let mut hasher = s3s::checksum::ChecksumHasher {
        crc32: Some(Default::default()),
        ..Default::default()
    };
    hasher.update(bytes);
    hasher.finalize().checksum_crc32.unwrap_or_default()
}

impl Inner {
    fn bucket(&mut self, bucket: &str) -> S3Result<&mut BTreeMap<String, Vec<Option<Thing>>>> {
        let found = self.things.get_mut(bucket);
        found.ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }

    fn newest(&mut self, bucket: &str, key: &str) -> S3Result<Option<Thing>> {
        let keys = self.bucket(bucket)?;
        Ok(keys.get(key).and_then(|states| states.last()?.clone()))
    }

    fn write(
        &mut self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        etag: String,
        metadata: BTreeMap<String, String>,
        crc32: Option<String>,
    ) -> Thing {
        self.made += 1;
        let version = format!("v{}", self.made);
        let sink = self.habits.sink;
        let thing = Thing {
            bytes: if sink { Bytes::new() } else { bytes },
            etag,
            metadata,
            version,
            crc32,
            at: SystemTime::now(),
        };
        let keys = self.things.entry(bucket.to_owned()).or_default();
        let states = keys.entry(key.to_owned()).or_default();
        states.push(Some(thing.clone()));
        thing
    }

    fn decide(
        &mut self,
        bucket: &str,
        key: &str,
        if_match: Option<&ETagCondition>,
        if_none_match: Option<&ETagCondition>,
        parts: bool,
    ) -> S3Result<()> {
        let found = self.newest(bucket, key)?;
        if self.habits.careless_puts || (parts && self.habits.careless_parts) {
            return Ok(());
        }
        if if_none_match.is_some() && found.is_some() {
            return Err(s3_error!(PreconditionFailed, "it is there"));
        }
        match (if_match, found) {
            (None, _) => Ok(()),
            (Some(_), _) if parts && self.habits.careless_replacing_parts => Ok(()),
            // As S3 answers.
            (Some(_), None) => Err(s3_error!(NoSuchKey, "it is not there")),
            (Some(condition), Some(found)) if matches(condition, &found.etag) => Ok(()),
            (Some(_), Some(_)) => Err(s3_error!(PreconditionFailed, "it is another")),
        }
    }

    /// Where a page is told to go on that was asked for from somewhere.
    fn next<T>(&self, from: Option<T>, next: Option<T>) -> Option<T> {
        match self.habits.lost {
            Some(Lost::Nowhere) => None,
            Some(Lost::Here) => from.or(next),
            None => next,
        }
    }

    fn version(&self, thing: &Thing) -> Option<String> {
        self.habits.versioned.then(|| thing.version.clone())
    }
}

fn matches(condition: &ETagCondition, etag: &str) -> bool {
    match condition.as_etag() {
        Some(expected) => expected.value() == etag,
        None => true,
    }
}

async fn collect(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let mut all = BytesMut::new();
    let Some(mut body) = body else {
        return Ok(Bytes::new());
    };
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|e| s3_error!(IncompleteBody, "{}", e))?;
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

fn checked(bytes: &Bytes, claimed: Option<&String>) -> S3Result<String> {
    let crc32 = crc32_of(bytes);
    match claimed {
        Some(claimed) if *claimed != crc32 => Err(s3_error!(BadDigest, "crc32")),
        _ => Ok(crc32),
    }
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap()
}

#[async_trait::async_trait]
impl S3 for Shelf {
    async fn put_object(
        &self,
        req: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = req.input;
        let bytes = collect(input.body).await?;
        let crc32 = checked(&bytes, input.checksum_crc32.as_ref())?;
        let mut inner = self.inner();
        let (if_match, if_none_match) = (input.if_match, input.if_none_match);
        inner.decide(
            &input.bucket,
            &input.key,
            if_match.as_ref(),
            if_none_match.as_ref(),
            false,
        )?;
        let metadata = input.metadata.unwrap_or_default().into_iter().collect();
        let etag = etag_of(&bytes);
        let crc = Some(crc32.clone());
        let thing = inner.write(&input.bucket, &input.key, bytes, etag, metadata, crc);
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(thing.etag.clone())),
            checksum_crc32: Some(crc32),
            version_id: inner.version(&thing),
            ..Default::default()
        }))
    }

    async fn get_object(
        &self,
        req: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = req.input;
        let mut inner = self.inner();
        let found = match &input.version_id {
            None => inner.newest(&input.bucket, &input.key)?,
            Some(id) => {
                let keys = inner.bucket(&input.bucket)?;
                let states = keys.get(&input.key).into_iter().flatten().flatten();
                let mut states = states.filter(|thing| thing.version == *id);
                let found = states.next().cloned();
                Some(found.ok_or_else(|| s3_error!(NoSuchVersion, "no such version"))?)
            }
        };
        let found = found.ok_or_else(|| s3_error!(NoSuchKey, "nothing is there"))?;
        if let Some(condition) = &input.if_match
            && !matches(condition, &found.etag)
        {
            return Err(s3_error!(PreconditionFailed, "it is another"));
        }
        let whole = found.bytes.len() as u64;
        let (bytes, range) = match input.range {
            None => (found.bytes.clone(), None),
            Some(range) => {
                let range = range.check(whole)?;
                let text = format!("bytes {}-{}/{whole}", range.start, range.end - 1);
                let range = range.start as usize..range.end as usize;
                (found.bytes.slice(range), Some(text))
            }
        };
        let crc32 = found.crc32.clone().filter(|_| range.is_none());
        Ok(S3Response::new(GetObjectOutput {
            content_length: Some(length(bytes.len())),
            body: Some(StreamingBlob::from(Body::from(bytes))),
            content_range: range,
            checksum_crc32: crc32,
            e_tag: Some(ETag::Strong(found.etag.clone())),
            last_modified: Some(found.at.into()),
            version_id: inner.version(&found),
            metadata: Some(found.metadata.into_iter().collect()),
            ..Default::default()
        }))
    }

    async fn head_object(
        &self,
        req: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let mut inner = self.inner();
        let found = inner.newest(&req.input.bucket, &req.input.key)?;
        let found = found.ok_or_else(|| s3_error!(NoSuchKey, "nothing is there"))?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(length(found.bytes.len())),
            e_tag: Some(ETag::Strong(found.etag.clone())),
            last_modified: Some(found.at.into()),
            version_id: inner.version(&found),
            metadata: Some(found.metadata.into_iter().collect()),
            ..Default::default()
        }))
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = req.input;
        let mut inner = self.inner();
        let found = inner.newest(&input.bucket, &input.key)?;
        if let Some(condition) = &input.if_match
            && !inner.habits.careless_deletes
            && !found.as_ref().is_some_and(|f| matches(condition, &f.etag))
        {
            return Err(s3_error!(PreconditionFailed, "it is another"));
        }
        if found.is_some()
            && let Some(states) = inner.bucket(&input.bucket)?.get_mut(&input.key)
        {
            states.push(None);
        }
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = req.input;
        let mut inner = self.inner();
        let page = match inner.habits.page {
            0 => 1000,
            page => page,
        };
        let prefix = input.prefix.clone().unwrap_or_default();
        let token = input.continuation_token.clone();
        let after = token.clone().or(input.start_after.clone());
        let after = after.unwrap_or_default();
        let delimiter = input.delimiter.as_deref().unwrap_or_default();
        let keys = inner.bucket(&input.bucket)?;
        let (mut contents, mut folders) = (Vec::new(), Vec::<String>::new());
        let (mut last, mut more) = (None, false);
        for (key, states) in keys {
            let Some(Some(thing)) = states.last() else {
                continue;
            };
            // Up to its first delimiter behind the prefix, a key stands for a folder.
            let Some(rest) = key.strip_prefix(&prefix) else {
                continue;
            };
            let folder = match rest.find(delimiter) {
                Some(at) if !delimiter.is_empty() => {
                    Some(&key[..prefix.len() + at + delimiter.len()])
                }
                _ => None,
            };
            let shown = folder.unwrap_or(key);
            if shown <= after.as_str() || folders.last().is_some_and(|f| Some(&**f) == folder) {
                continue;
            }
            if contents.len() + folders.len() == page {
                more = true;
                break;
            }
            last = Some(shown.to_owned());
            match folder {
                Some(folder) => folders.push(folder.to_owned()),
                None => contents.push(Object {
                    key: Some(key.clone()),
                    size: Some(length(thing.bytes.len())),
                    e_tag: Some(ETag::Strong(thing.etag.clone())),
                    last_modified: Some(thing.at.into()),
                    ..Default::default()
                }),
            }
        }
        let prefixes = folders.into_iter().map(|folder| CommonPrefix {
            prefix: Some(folder),
        });
        let prefixes: Vec<CommonPrefix> = prefixes.collect();
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: i32::try_from(contents.len() + prefixes.len()).ok(),
            common_prefixes: Some(prefixes),
            is_truncated: Some(more),
            next_continuation_token: inner.next(token, last.filter(|_| more)),
            contents: Some(contents),
            ..Default::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = req.input;
        let mut inner = self.inner();
        inner.bucket(&input.bucket)?;
        inner.made += 1;
        let id = format!("upload-{}", inner.made);
        let upload = Upload {
            key: input.key,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            parts: BTreeMap::new(),
            at: SystemTime::now(),
        };
        inner.uploads.insert(id.clone(), upload);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            upload_id: Some(id),
            ..Default::default()
        }))
    }

    async fn upload_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = req.input;
        let bytes = collect(input.body).await?;
        let crc32 = checked(&bytes, input.checksum_crc32.as_ref())?;
        let mut inner = self.inner();
        let sink = inner.habits.sink;
        let upload = inner.uploads.get_mut(&input.upload_id);
        let upload = upload.ok_or_else(|| s3_error!(NoSuchUpload, "it is over"))?;
        let etag = etag_of(&bytes);
        let bytes = if sink { Bytes::new() } else { bytes };
        let part = (bytes, etag.clone(), crc32.clone());
        upload.parts.insert(input.part_number, part);
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(etag)),
            checksum_crc32: Some(crc32),
            ..Default::default()
        }))
    }

    async fn list_parts(
        &self,
        req: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let inner = self.inner();
        let upload = inner.uploads.get(&req.input.upload_id);
        let upload = upload.ok_or_else(|| s3_error!(NoSuchUpload, "it is over"))?;
        let part = |(number, (bytes, etag, crc32)): (&i32, &(Bytes, String, String))| Part {
            part_number: Some(*number),
            size: Some(length(bytes.len())),
            e_tag: Some(ETag::Strong(etag.clone())),
            checksum_crc32: Some(crc32.clone()),
            ..Default::default()
        };
        Ok(S3Response::new(ListPartsOutput {
            parts: Some(upload.parts.iter().map(part).collect()),
            is_truncated: Some(false),
            ..Default::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = req.input;
        let mut inner = self.inner();
        if !inner.uploads.contains_key(&input.upload_id) {
            return Err(s3_error!(NoSuchUpload, "it is over"));
        }
        inner.decide(
            &input.bucket,
            &input.key,
            input.if_match.as_ref(),
            input.if_none_match.as_ref(),
            true,
        )?;
        let Some(upload) = inner.uploads.remove(&input.upload_id) else {
            return Err(s3_error!(NoSuchUpload, "it is over"));
        };
        let parts = input.multipart_upload.and_then(|m| m.parts);
        let (mut bytes, mut hashes) = (BytesMut::new(), String::new());
        for part in parts.unwrap_or_default() {
            let number = part.part_number.unwrap_or_default();
            let found = upload.parts.get(&number);
            let claimed = part.e_tag.as_ref().map(ETag::value);
            let found = found.filter(|(_, etag, _)| claimed == Some(etag));
            let found = found.ok_or_else(|| s3_error!(InvalidPart, "not that part"))?;
            bytes.extend_from_slice(&found.0);
            hashes += &found.1;
        }
        let etag = format!("{}-{}", etag_of(hashes.as_bytes()), hashes.len() / 32);
        let (bucket, key) = (&input.bucket, &input.key);
        let thing = inner.write(bucket, key, bytes.freeze(), etag, upload.metadata, None);
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            e_tag: Some(ETag::Strong(thing.etag.clone())),
            version_id: inner.version(&thing),
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let mut inner = self.inner();
        let removed = inner.uploads.remove(&req.input.upload_id);
        removed.ok_or_else(|| s3_error!(NoSuchUpload, "it is over"))?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let prefix = req.input.prefix.unwrap_or_default();
        let inner = self.inner();
        let below = inner.uploads.iter();
        let below = below.filter(|(_, upload)| upload.key.starts_with(&prefix));
        let lost = inner.habits.lost.is_some();
        let next = inner.next(req.input.key_marker, Some("x".to_owned()));
        let uploads = below.map(|(id, upload)| MultipartUpload {
            key: Some(upload.key.clone()),
            upload_id: Some(id.clone()),
            initiated: Some(upload.at.into()),
            ..Default::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            uploads: Some(uploads.collect()),
            is_truncated: Some(lost),
            next_key_marker: next.filter(|_| lost),
            ..Default::default()
        }))
    }
}
