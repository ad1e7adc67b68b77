//! The documents of a target: their keys, their bytes, their formats.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::PublishError;
use crate::model::commit::{Checkpoint, Commit, FORMAT, Intent, Owner};
use crate::store::Store;

/// Where everything that is not a partition lies at a target.
pub const FOLDER: &str = "_workbench/";
/// Whose target it is.
pub const OWNER: &str = "_workbench/owner.json";
const INTENTS: &str = "_workbench/intents/";
/// Where commits lie.
pub const COMMITS: &str = "_workbench/commits/";
const CHECKPOINTS: &str = "_workbench/checkpoints/";

/// A JSON document with a format version.
pub trait Document: Serialize + DeserializeOwned {
    fn format(&self) -> u32;
}

macro_rules! document {
    ($($name:ty),*) => { $(impl Document for $name {
        fn format(&self) -> u32 { self.format }
    })* };
}
document!(Owner, Intent, Commit, Checkpoint);

fn numbered(folder: &str, seq: u64) -> String {
    format!("{folder}{seq:012}.json")
}

/// The key of an intent.
pub fn intent_key(seq: u64) -> String {
    numbered(INTENTS, seq)
}

/// The key of a commit.
pub fn commit_key(seq: u64) -> String {
    numbered(COMMITS, seq)
}

/// The key of a checkpoint.
pub fn checkpoint_key(seq: u64) -> String {
    numbered(CHECKPOINTS, seq)
}

fn seqs(store: &dyn Store, folder: &str) -> Result<Vec<u64>, PublishError> {
    Ok(store
        .list(folder)?
        .iter()
        .filter_map(|key| {
            let stem = key.strip_prefix(folder)?.strip_suffix(".json")?;
            (stem.len() == 12).then(|| stem.parse().ok()).flatten()
        })
        .collect())
}

/// The sequence numbers of all commits, ascending.
pub fn commit_seqs(store: &dyn Store) -> Result<Vec<u64>, PublishError> {
    seqs(store, COMMITS)
}

/// The sequence numbers of all intents, ascending.
pub fn intent_seqs(store: &dyn Store) -> Result<Vec<u64>, PublishError> {
    seqs(store, INTENTS)
}

/// The sequence numbers of all checkpoints, ascending.
pub fn checkpoint_seqs(store: &dyn Store) -> Result<Vec<u64>, PublishError> {
    seqs(store, CHECKPOINTS)
}

/// A document's bytes: JSON for people, ending in a newline.
pub fn encode<D: Document>(key: &str, document: &D) -> Result<Vec<u8>, PublishError> {
    if document.format() > FORMAT {
        return Err(PublishError::Newer {
            key: key.to_owned(),
            format: document.format(),
            known: FORMAT,
        });
    }
    let mut bytes = serde_json::to_vec_pretty(document).map_err(|e| PublishError::Document {
        key: key.to_owned(),
        reason: e.to_string(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a document. One of a later format is read as far as it is understood.
pub fn decode<D: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<D, PublishError> {
    serde_json::from_slice(bytes).map_err(|e| PublishError::Document {
        key: key.to_owned(),
        reason: e.to_string(),
    })
}

/// The document at a key, with its bytes; None if nothing is there.
pub fn read<D: DeserializeOwned>(
    store: &dyn Store,
    key: &str,
) -> Result<Option<(D, Vec<u8>)>, PublishError> {
    match store.get(key)? {
        None => Ok(None),
        Some(bytes) => Ok(Some((decode(key, &bytes)?, bytes))),
    }
}
