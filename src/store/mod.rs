//! Bytes by key, with the two primitives that publishing safely needs:
//! put-if-absent and put-if-match.
//!
//! A store is not a file system: there is no append, no rename that a caller
//! can see, and no overwrite without saying what is overwritten. Every store
//! passes one contract suite (`contract.rs`). A store that cannot do a
//! conditional write refuses it; none weakens it.

pub mod cache;
pub mod faults;
pub mod files;
pub mod key;
pub mod local;
pub mod memory;
pub mod remote;
pub mod s3;
pub mod turns;
mod xattr;

#[cfg(test)]
mod contract;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::model::hash::ContentHash;
use crate::model::token::WriterToken;

/// One generation of the bytes at a key: an ETag, or what stands in for one.
/// Opaque: only equality means anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Tag(pub String);

/// Who wrote the bytes at a key, and what they are. Stored beside the bytes, in
/// the same atomic step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub token: WriterToken,
    pub blake3: ContentHash,
}

/// What lies at a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Bytes.
    pub size: u64,
    pub tag: Tag,
    /// None where the store keeps no versions.
    pub version: Option<String>,
    /// None where the store keeps no marks for this object: it was put there by
    /// other means, or the file system has no extended attributes.
    pub mark: Option<Mark>,
}

/// What a put left at its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub tag: Tag,
    /// By which a store that keeps earlier bytes finds them again.
    pub version: Option<String>,
}

impl From<Head> for Written {
    fn from(head: Head) -> Self {
        Self {
            tag: head.tag,
            version: head.version,
        }
    }
}

/// Bytes that a commit names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    pub key: &'a str,
    pub tag: Tag,
    pub version: Option<&'a str>,
    pub blake3: ContentHash,
    /// Bytes.
    pub size: u64,
}

/// A put in several steps that was begun, and neither completed nor given up: its
/// bytes are kept, and nobody sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub key: String,
    pub id: String,
    pub begun: Option<DateTime<Utc>>,
}

/// What lies at a key, and a file at whose end is what it ends with.
#[derive(Debug)]
pub struct Footer {
    pub head: Head,
    pub modified: Option<DateTime<Utc>>,
    /// Of the same size. What stands before the footer may be missing.
    pub file: PathBuf,
    /// None where it is the file that is published.
    pub temporary: Option<files::Temporary>,
}

/// What a conditional put expects at its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    Absent,
    Tag(Tag),
}

impl Expect {
    /// True if a key that now has this tag, or none, is as expected.
    pub fn is_met_by(&self, found: Option<&Tag>) -> bool {
        match self {
            Self::Absent => found.is_none(),
            Self::Tag(tag) => found == Some(tag),
        }
    }
}

/// Bytes on their way to a store.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    Bytes(&'a [u8]),
    /// A finished, synced file. A folder store on the same file system moves it
    /// into place, so it may be gone afterwards.
    File(&'a Path),
}

/// Why a store did not do what it was asked, by what it means to the caller.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something else lies at the key than was expected. Nothing was written.
    /// The caller reads the head back: it may be its own earlier success.
    #[error("`{key}` holds something else than expected")]
    Precondition { key: String },
    /// Whether the request was applied is not known: the answer got lost.
    #[error("no answer from the store about `{key}`: {reason}")]
    Unknown { key: String, reason: String },
    /// What was being read is another object by now, or gone.
    #[error("`{key}` was replaced or removed while it was read")]
    Changed { key: String },
    /// What was read has other bytes than those that were put there.
    #[error("`{key}` holds other bytes than were put there (BLAKE3 differs)")]
    Damaged { key: String },
    /// A bucket cannot be used.
    #[error(transparent)]
    Remote(#[from] remote::RemoteError),
    /// Stopped as asked. What was under way may still be applied.
    #[error("interrupted")]
    Interrupted,
    /// Held by another process; the text says by whom, if known.
    #[error("{0}")]
    Locked(String),
    #[error("`{key}`: {source}")]
    Io {
        key: String,
        #[source]
        source: io::Error,
    },
}

impl StoreError {
    /// An input/output error at `key`.
    pub fn io(key: impl fmt::Display, source: io::Error) -> Self {
        Self::Io {
            key: key.to_string(),
            source,
        }
    }
}

/// Held as long as nobody else may write to the target. Released on drop.
pub trait StoreLock: Send {}

/// Bytes by key. Keys are relative, `/`-separated, without empty or `..` parts.
pub trait Store: Send + Sync {
    /// The target as the user wrote it, for messages.
    fn url(&self) -> String;

    /// Keeps other writers of this target out, where the store can: a folder is
    /// locked, S3 is not (there the conditional puts decide).
    ///
    /// # Errors
    /// [`StoreError::Locked`] at once if somebody else holds it.
    fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError>;

    /// All bytes of a small object, or None if nothing is there.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// All bytes of several small objects, in their order; at once, where
    /// the store can.
    ///
    /// # Errors
    /// As for [`Store::get`], of any of them.
    fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// What lies at the key, or None if nothing does.
    fn head(&self, key: &str) -> Result<Option<Head>, StoreError>;

    /// The BLAKE3 of what lies at the key, read and hashed now; None if absent.
    fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError>;

    /// All keys that begin with `prefix`, sorted. Empty if nothing is there.
    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Puts `bytes` where nothing lies, durably.
    ///
    /// # Errors
    /// [`StoreError::Precondition`] if something is there already.
    fn put_if_absent(&self, key: &str, bytes: &[u8], mark: &Mark) -> Result<Tag, StoreError> {
        let put = self.put_if_match(key, Body::Bytes(bytes), &Expect::Absent, mark)?;
        Ok(put.tag)
    }

    /// Replaces exactly what is expected by `body`, atomically and durably:
    /// whoever reads the key sees the old bytes or the new ones, whole.
    ///
    /// # Errors
    /// [`StoreError::Precondition`] if the key holds something else.
    fn put_if_match(
        &self,
        key: &str,
        body: Body<'_>,
        expect: &Expect,
        mark: &Mark,
    ) -> Result<Written, StoreError>;

    /// Removes exactly what is expected, durably: whoever reads or lists the key
    /// finds nothing. Where [`Expect::Absent`] is expected it makes sure that
    /// nothing lies there and that it stays so. A store that keeps earlier bytes
    /// keeps these.
    ///
    /// # Errors
    /// [`StoreError::Precondition`] if the key holds something else, or nothing.
    fn remove_if_match(&self, key: &str, expect: &Expect) -> Result<(), StoreError>;

    /// Makes sure that what lies at the key, and its name, survive a power cut.
    fn sync(&self, key: &str) -> Result<(), StoreError>;

    /// A path that readers can open for these bytes, where the store has one.
    fn path(&self, key: &str) -> Option<PathBuf>;

    /// A path to exactly these bytes as they were once published, kept after
    /// their key was replaced; None if this store keeps none.
    fn retained(&self, blake3: &ContentHash) -> Option<PathBuf>;

    /// A file with exactly these bytes, brought here if need be; None if the store
    /// has them no more, or if only what [`Store::path`] and [`Store::retained`] name
    /// can tell, once it is read.
    ///
    /// # Errors
    /// Of bringing them here.
    fn fetch(&self, named: &Named<'_>) -> Result<Option<PathBuf>, StoreError> {
        let _ = named;
        Ok(None)
    }

    /// Puts that were begun and are not over, of any writer.
    ///
    /// # Errors
    /// Of asking for them.
    fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        Ok(Vec::new())
    }

    /// Ends one of them; its bytes are deleted. That it is over already is fine.
    ///
    /// # Errors
    /// Of the store.
    fn give_up(&self, unfinished: &Unfinished) -> Result<(), StoreError> {
        let _ = unfinished;
        Ok(())
    }

    /// What lies at a key, and a file from which a Parquet footer can be read. None
    /// if nothing lies there.
    ///
    /// # Errors
    /// As for [`Store::head`].
    fn footer(&self, key: &str) -> Result<Option<Footer>, StoreError> {
        let (Some(head), Some(file)) = (self.head(key)?, self.path(key)) else {
            return Ok(None);
        };
        let modified = file.metadata().and_then(|about| about.modified());
        Ok(Some(Footer {
            head,
            modified: modified.ok().map(DateTime::from),
            file,
            temporary: None,
        }))
    }

    /// A folder on the same file system as the target, where files are staged
    /// so that they can be moved into place; None if uploads come from elsewhere.
    fn staging(&self) -> Option<PathBuf>;

    /// Bytes free for staging and publishing; None if it cannot be known.
    fn free_space(&self) -> Option<u64>;
}
