//! What is known of an upload in parts, kept beside its file, so that the next
//! process sends only what is missing.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::hash::ContentHash;
use crate::model::token::WriterToken;
use crate::store::{Mark, files};

/// An upload in parts that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub bucket: String,
    pub key: String,
    pub id: String,
    /// Bytes of every part but the last.
    pub part_size: u64,
    /// Bytes of all.
    pub size: u64,
    pub generation: String,
    pub token: Option<WriterToken>,
    pub blake3: Option<ContentHash>,
}

impl Note {
    /// The note beside a file, if there is one that can be read.
    pub fn read(file: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(beside(file)).ok()?).ok()
    }

    /// Leaves the note. That it could not is no harm.
    pub fn write(&self, file: &Path) {
        if let Ok(text) = serde_json::to_vec(self) {
            let _ = fs::write(beside(file), text);
        }
    }

    /// Takes it away.
    pub fn remove(file: &Path) {
        let _ = files::remove(&beside(file));
    }

    /// Whether it is of these very bytes by this very writer.
    pub fn is_of(&self, bucket: &str, key: &str, mark: &Mark, size: u64) -> bool {
        self.bucket == bucket
            && self.key == key
            && self.size == size
            && self.token.as_ref() == Some(&mark.token)
            && self.blake3 == Some(mark.blake3)
            && self.part_size > 0
    }

    /// How many parts there are.
    pub fn count(&self) -> u64 {
        self.size.div_ceil(self.part_size)
    }

    /// Where a part begins, counted from 1, and its bytes.
    pub fn part(&self, number: u64) -> Option<(u64, u64)> {
        let at = number.checked_sub(1)?.checked_mul(self.part_size)?;
        (at < self.size).then(|| (at, self.part_size.min(self.size - at)))
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".upload");
    PathBuf::from(name)
}
