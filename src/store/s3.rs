//! A target in a bucket: all keys that begin with a prefix. This module is the
//! only one that knows the SDK, and the only one with asynchronous code.
//!
//! - A key's [`Tag`] is its ETag and, behind a space, the *generation* that the
//!   writer made up and put into the object's metadata: an ETag alone is the same
//!   for the same bytes. Conditions are decided by the server on the ETag; before
//!   that the whole tag is compared by a HEAD, each time it is tried: the SDK does
//!   not try it again by itself.
//! - Bytes that the key had before are sent so that their ETag is another than they
//!   had last (`etags.rs`). Thus a request of an earlier writer that is still on its
//!   way finds another ETag than it expects. There are but two ways to send what is
//!   small: bytes for the third time may have the ETag they had at first, and a
//!   request that late would be applied.
//! - A server that does not heed the conditions is refused, after a probe that is
//!   made once per target. One that does not at the end of an upload in parts alone
//!   is sent one PUT for what is to be replaced; there the same bytes keep their ETag.

mod ability;
mod bucket;
mod calls;
mod client;
mod documents;
mod download;
mod etags;
mod fail;
mod headers;
mod leftover;
mod listing;
mod note;
mod runtime;
mod sizes;
mod source;
mod tail;
mod upload;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

pub use bucket::{Bucket, Object, ObjectHead};
pub use calls::Calls;
pub use download::Wanted;
pub use etags::PutAtOnce;
pub use leftover::Leftover;
pub use upload::{Condition, Upload, Uploaded};

use super::cache::Cache;
use super::files::Temporary;
use super::{
    Body, Expect, Footer, Head, Mark, Named, Store, StoreError, StoreLock, Tag, Unfinished,
    Written, key,
};
use crate::model::hash::ContentHash;
use ability::Abilities;
use documents::Documents;

/// Bytes from the end of a Parquet file: most footers are not longer.
const FOOTER: u64 = 64 * 1024;
/// Before a put is tried again; longer each time.
const PAUSE: Duration = Duration::from_millis(100);

/// Tells a reader something worth knowing.
type Say = Box<dyn Fn(&str) + Send + Sync>;

/// A prefix of a bucket, as a store.
pub struct S3Store {
    bucket: Bucket,
    url: String,
    /// Empty, or ending in `/`.
    prefix: String,
    cache: Cache,
    /// Where it is remembered what the server can do.
    memory: PathBuf,
    abilities: OnceLock<Abilities>,
    /// None where everything is to be looked at as it is.
    documents: Option<Documents>,
    /// What may be read without a network, and who is told so.
    offline: Option<Say>,
}

impl S3Store {
    /// The target at a prefix (without slashes at its ends) of a bucket. What is
    /// fetched from it goes into the cache; `memory` is a folder for what is to be
    /// remembered of the target, which may be lost. Nothing is asked yet.
    pub fn open(bucket: Bucket, prefix: &str, url: String, cache: Cache, memory: &Path) -> Self {
        let id = ContentHash::of_parts([
            bucket.settings().endpoint.as_deref().unwrap_or_default(),
            bucket.name(),
            prefix,
        ]);
        let memory = memory.join(id.short());
        Self {
            prefix: match prefix {
                "" => String::new(),
                prefix => format!("{prefix}/"),
            },
            url,
            cache,
            documents: Some(Documents::new(&memory.join("documents"))),
            memory,
            abilities: OnceLock::new(),
            offline: None,
            bucket,
        }
    }

    /// Everything is asked for as it is, whatever is remembered.
    #[must_use]
    pub fn afresh(self) -> Self {
        Self {
            documents: None,
            ..self
        }
    }

    /// For readers: where the bucket cannot be reached, what is known of the
    /// target is what it shows. `say` is told so, once.
    #[must_use]
    pub fn readable_offline(self, say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            offline: Some(Box::new(say)),
            ..self
        }
    }

    /// The bucket that it is in.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    fn whole(&self, key: &str) -> Result<String, StoreError> {
        key::check(key)?;
        Ok(format!("{}{key}", self.prefix))
    }

    /// What the server can do; it is asked before the first write.
    fn abilities(&self) -> Result<&Abilities, StoreError> {
        if let Some(known) = self.abilities.get() {
            return Ok(known);
        }
        let known = ability::of(&self.bucket, &self.prefix, &self.url, &self.memory)?;
        Ok(self.abilities.get_or_init(|| known))
    }
}

impl From<ObjectHead> for Head {
    fn from(found: ObjectHead) -> Self {
        Self {
            size: found.size,
            tag: tag(&found.etag, found.generation.as_deref()),
            version: found.version,
            mark: found.mark,
        }
    }
}

/// The tag of an object.
fn tag(etag: &str, generation: Option<&str>) -> Tag {
    Tag(match generation {
        Some(generation) => format!("{etag} {generation}"),
        None => etag.to_owned(),
    })
}

/// The ETag in a tag.
fn etag(tag: &Tag) -> &str {
    tag.0
        .split_once(' ')
        .map_or(tag.0.as_str(), |(etag, _)| etag)
}

fn new_generation() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// A prefix names nobody's process: nobody is kept out.
struct NoLock;

impl StoreLock for NoLock {}

impl Store for S3Store {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        Ok(Box::new(NoLock))
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut found = self.get_all(std::slice::from_ref(&key.to_owned()))?;
        Ok(found.pop().flatten())
    }

    fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut found: Vec<Option<Vec<u8>>> = Vec::with_capacity(keys.len());
        let mut asked = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            let whole = self.whole(key)?;
            let known = self.known(key)?;
            if known.is_none() {
                asked.push((at, whole));
            }
            found.push(known);
        }
        let whole: Vec<String> = asked.iter().map(|(_, whole)| whole.clone()).collect();
        for ((at, _), answer) in asked.iter().zip(self.bucket.get_all(&whole)?) {
            if let (Some((head, bytes)), Some(documents)) = (&answer, &self.documents)
                && documents::is_document(&keys[*at])
            {
                documents.learn(&keys[*at], &head.etag, bytes, false);
            }
            found[*at] = answer.map(|(_, bytes)| bytes);
        }
        Ok(found)
    }

    fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        Ok(self.bucket.head(&self.whole(key)?)?.map(Head::from))
    }

    fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError> {
        self.bucket.hash(&self.whole(key)?)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        key::check_prefix(prefix)?;
        match &self.documents {
            Some(documents) if documents::is_document(prefix) && prefix.ends_with('/') => {
                match documents.listing(prefix) {
                    Some(keys) => Ok(keys),
                    None => self.documents(documents, prefix),
                }
            }
            _ => {
                let keys = self.objects(prefix, None)?.into_iter();
                Ok(keys.map(|(key, _)| key).collect())
            }
        }
    }

    fn put_if_absent(&self, key: &str, bytes: &[u8], mark: &Mark) -> Result<Tag, StoreError> {
        let put = self.put_if_match(key, Body::Bytes(bytes), &Expect::Absent, mark)?;
        if let Some(documents) = &self.documents
            && documents::is_document(key)
        {
            documents.learn(key, etag(&put.tag), bytes, true);
        }
        Ok(put.tag)
    }

    fn put_if_match(
        &self,
        key: &str,
        body: Body<'_>,
        expect: &Expect,
        mark: &Mark,
    ) -> Result<Written, StoreError> {
        let whole = self.whole(key)?;
        let in_parts = self.abilities()?.replaces_in_parts;
        let generation = new_generation();
        let put = |condition, before: &PutAtOnce, other_etag| {
            let upload = Upload {
                key: &whole,
                body,
                mark: Some(mark),
                generation: &generation,
                at_once: !in_parts && matches!(condition, Condition::Etag(_)),
                condition,
                before,
                other_etag,
            };
            let put = self.bucket.upload(&upload, &mut |_| {});
            let put = put.map_err(|error| relative(error, key))?;
            Ok(Written {
                tag: tag(&put.etag, Some(&put.generation)),
                version: put.version,
            })
        };
        let Expect::Tag(expected) = expect else {
            return put(Condition::Absent, &PutAtOnce::default(), false);
        };
        let etag = etag(expected);
        for attempt in 0.. {
            let found = self.bucket.head(&whole)?;
            let is_expected = |found: &ObjectHead| Head::from(found.clone()).tag == *expected;
            let Some(found) = found.filter(is_expected) else {
                let key = key.to_owned();
                return Err(StoreError::Precondition { key });
            };
            let before = match found.mark {
                Some(there) => found.before.and(&there.blake3, etag),
                None => found.before,
            };
            // In parts again what is large has other parts, and so another ETag.
            let other_etag = in_parts && before.contains(&mark.blake3);
            let before = before.without(&mark.blake3);
            match put(Condition::Etag(etag.to_owned()), &before, other_etag) {
                Err(StoreError::Unknown { .. }) if attempt < self.bucket.settings().retries => {
                    self.bucket.pause(PAUSE * 2_u32.pow(attempt.min(5)))?;
                }
                ended => return ended,
            }
        }
        unreachable!("the loop ends by returning")
    }

    fn remove_if_match(&self, key: &str, expect: &Expect) -> Result<(), StoreError> {
        let whole = self.whole(key)?;
        let precondition = || StoreError::Precondition {
            key: key.to_owned(),
        };
        match (expect, self.head(key)?) {
            (Expect::Absent, None) => Ok(()),
            (Expect::Tag(tag), Some(found)) if found.tag == *tag => {
                let conditional = self.abilities()?.deletes_on_condition;
                let condition = conditional.then(|| etag(tag));
                self.bucket
                    .remove(&whole, condition)
                    .map_err(|error| relative(error, key))
            }
            _ => Err(precondition()),
        }
    }

    fn sync(&self, key: &str) -> Result<(), StoreError> {
        match self.head(key)? {
            Some(_) => Ok(()),
            None => Err(StoreError::io(key, std::io::ErrorKind::NotFound.into())),
        }
    }

    fn path(&self, _key: &str) -> Option<PathBuf> {
        None
    }

    /// What was fetched once is kept for a while.
    fn retained(&self, blake3: &ContentHash) -> Option<PathBuf> {
        self.cache.get(blake3).ok().flatten()
    }

    fn fetch(&self, named: &Named<'_>) -> Result<Option<PathBuf>, StoreError> {
        let key = self.whole(named.key)?;
        if let Some(path) = self.cache.get(&named.blake3)? {
            return Ok(Some(path));
        }
        let wanted = Wanted {
            key,
            etag: Some(etag(&named.tag).to_owned()),
            version: named.version.map(str::to_owned),
            size: named.size,
        };
        match self.bring(named, &wanted) {
            Err(StoreError::Changed { .. }) => {}
            brought => return brought.map(Some),
        }
        // The same bytes may have been put there again.
        let again = self.bucket.head(&wanted.key)?.filter(|found| {
            found
                .mark
                .as_ref()
                .is_some_and(|m| m.blake3 == named.blake3)
                && found.size == named.size
        });
        let Some(again) = again else {
            return Ok(None);
        };
        let wanted = Wanted {
            etag: Some(again.etag),
            version: again.version,
            ..wanted
        };
        match self.bring(named, &wanted) {
            Err(StoreError::Changed { .. }) => Ok(None),
            brought => brought.map(Some),
        }
    }

    fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        let found = self.bucket.list_uploads(&self.prefix)?.into_iter();
        let own = found.filter_map(|upload| {
            Some(Unfinished {
                key: upload.key.strip_prefix(&self.prefix)?.to_owned(),
                id: upload.id,
                begun: upload.begun,
            })
        });
        Ok(own.collect())
    }

    fn give_up(&self, unfinished: &Unfinished) -> Result<(), StoreError> {
        self.bucket.abort_upload(&Leftover {
            key: self.whole(&unfinished.key)?,
            id: unfinished.id.clone(),
            begun: unfinished.begun,
        })
    }

    fn footer(&self, key: &str) -> Result<Option<Footer>, StoreError> {
        let whole = self.whole(key)?;
        let temporary = Temporary::new(self.cache.room()?);
        let file = temporary.path();
        let Some(mut found) = self.bucket.tail(&whole, FOOTER, file)? else {
            return Ok(None);
        };
        let needed = tail::footer_of(file).map_err(|e| StoreError::io(key, e))?;
        if needed > FOOTER
            && let Some(again) = self.bucket.tail(&whole, needed, file)?
        {
            found = again;
        }
        Ok(Some(Footer {
            modified: found.modified,
            head: found.into(),
            file: file.to_owned(),
            temporary: Some(temporary),
        }))
    }

    fn staging(&self) -> Option<PathBuf> {
        None
    }

    fn free_space(&self) -> Option<u64> {
        None
    }
}

impl S3Store {
    fn bring(&self, named: &Named<'_>, wanted: &Wanted) -> Result<PathBuf, StoreError> {
        self.cache.bring(&named.blake3, named.key, |to| {
            self.bucket.download(wanted, to, &mut |_| {}).map(drop)
        })
    }
}

/// With the key as the caller knows it.
fn relative(error: StoreError, key: &str) -> StoreError {
    let key = key.to_owned();
    match error {
        StoreError::Precondition { .. } => StoreError::Precondition { key },
        StoreError::Unknown { reason, .. } => StoreError::Unknown { key, reason },
        other => other,
    }
}
