//! Input files: one content of one source, taken once.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::hash::ContentHash;
use super::run::RunNumber;

/// Where a content stands in its source's order: the run that first took it,
/// then its position among that run's files (paths in natural order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Place {
    pub run: RunNumber,
    pub position: u64,
}

impl From<(u64, u64)> for Place {
    fn from((run, position): (u64, u64)) -> Self {
        Self { run, position }
    }
}

impl From<Place> for (u64, u64) {
    fn from(place: Place) -> Self {
        (place.run, place.position)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.run, self.position)
    }
}

/// What became of the records of one file. `read` is counted by the hashing
/// pass, independently of the engine that loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowCounts {
    /// Records in the file, without the header.
    pub read: u64,
    /// Became current rows.
    pub added: u64,
    /// Equal to the current row of their key.
    pub repeated: u64,
    /// Followed by a later row of the same key.
    pub superseded: u64,
    /// Refused, and kept in the quarantine.
    pub quarantined: u64,
}

impl RowCounts {
    /// Rows that were accepted, whether or not they changed anything.
    pub fn taken(&self) -> u64 {
        self.added + self.repeated + self.superseded
    }

    /// The accounting equation that every file must satisfy.
    pub fn add_up(&self) -> bool {
        self.read == self.taken() + self.quarantined
    }
}

impl std::ops::AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.added += other.added;
        self.repeated += other.repeated;
        self.superseded += other.superseded;
        self.quarantined += other.quarantined;
    }
}

/// What the file system or the bucket says of a file. If nothing of it changed, and
/// the last change is not too fresh, neither did the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileStat {
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since the epoch; 0 for an object of a bucket.
    pub mtime: i64,
    /// Nanoseconds since the epoch; 0 for an object of a bucket.
    pub ctime: i64,
    /// 0 for an object of a bucket.
    pub inode: u64,
    /// BLAKE3 of the ETag of an object of a bucket; None for a file.
    pub etag: Option<ContentHash>,
}

/// One generation of an object of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub bucket: String,
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// As the bucket gave it, with its quotes. Opaque.
    pub etag: String,
}

impl Object {
    /// Its URL, by which users know it.
    pub fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// What the bucket says of it.
    pub fn stat(&self) -> FileStat {
        FileStat {
            size: self.size,
            etag: Some(ContentHash::of(self.etag.as_bytes())),
            ..FileStat::default()
        }
    }

    /// Names its bytes, before anybody has seen them.
    pub fn generation(&self) -> ContentHash {
        ContentHash::of_parts([
            self.bucket.clone(),
            self.key.clone(),
            self.etag.clone(),
            self.size.to_string(),
        ])
    }
}

/// A file that a source's pattern shows, with what the hashing pass found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedFile {
    /// As users see it: relative to the project where it lies inside it, or the URL of
    /// an object.
    pub path: String,
    /// As it is opened. The copy of an object is there only once it was fetched.
    pub absolute: std::path::PathBuf,
    /// The object of a bucket that it is, if it is one.
    pub object: Option<Object>,
    pub stat: FileStat,
    pub blake3: ContentHash,
    /// Records outside quotes, without the header.
    pub records: u64,
    /// Nobody could read it in another way: the engine reads it as it lies.
    pub plain: bool,
    pub fault: Option<Fault>,
}

/// What is wrong with a file as a whole. It may still be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It ends inside quotes.
    OpenQuote,
    /// It is compressed, and ends before its text does.
    Cut,
    /// It is compressed, and cannot be unpacked: why.
    Damaged(String),
}

/// One content of one source, and where it stands. Its number names it in the
/// raw rows (`_file`); numbers are never used twice within a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    pub number: u64,
    pub blake3: ContentHash,
    /// Bytes.
    pub size: u64,
    pub place: Place,
    /// Paths that carry this content, as the source's pattern shows them:
    /// relative to the project where they lie inside it.
    pub paths: Vec<String>,
    /// The run that took it, or took it again.
    pub run: RunNumber,
    /// The ingest date of that run.
    pub day: NaiveDate,
    pub rows: RowCounts,
    /// The definition of the source it was taken with.
    pub definition: ContentHash,
}
