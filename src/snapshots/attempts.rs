//! Asking a store again that does not answer, or answers what cannot be.

use super::documents;
use super::error::PublishError;
use crate::model::hash::ContentHash;
use crate::model::token::WriterToken;
use crate::store::{Mark, Store, StoreError};

/// How often a store that does not answer is asked again.
const ATTEMPTS: u32 = 6;

/// Puts a document where none is; the error is the one that is there, which may
/// be the same one, put by an attempt whose answer got lost.
pub(super) fn put_once<D: documents::Document>(
    store: &dyn Store,
    key: &str,
    document: &D,
    token: &WriterToken,
) -> Result<Result<(), Box<D>>, PublishError> {
    let bytes = documents::encode(key, document)?;
    let mark = mark(token, &bytes);
    for attempt in 1.. {
        match store.put_if_absent(key, &bytes, &mark) {
            Ok(_) => break,
            Err(StoreError::Precondition { .. }) => match retry_read::<D>(store, key)? {
                Some(found) => return Ok(Err(Box::new(found))),
                None => give_up(key, attempt, "it is there and is not there")?,
            },
            Err(StoreError::Unknown { reason, .. }) => give_up(key, attempt, &reason)?,
            Err(other) => return Err(other.into()),
        }
    }
    Ok(Ok(()))
}

/// Who wrote these bytes.
pub(super) fn mark(token: &WriterToken, bytes: &[u8]) -> Mark {
    Mark {
        token: token.clone(),
        blake3: ContentHash::of(bytes),
    }
}

/// Ends a loop of attempts that leads nowhere.
pub(super) fn give_up(key: &str, attempt: u32, reason: &str) -> Result<(), PublishError> {
    if attempt < ATTEMPTS {
        return Ok(());
    }
    Err(PublishError::GaveUp {
        key: key.to_owned(),
        attempts: attempt,
        reason: reason.to_owned(),
    })
}

/// Reads again while the store does not answer.
pub(super) fn retry<T>(
    key: &str,
    mut read: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, PublishError> {
    for attempt in 1.. {
        match read() {
            Err(StoreError::Unknown { reason, .. }) => give_up(key, attempt, &reason)?,
            other => return Ok(other?),
        }
    }
    unreachable!("the loop ends by returning")
}

/// Reads a document, and again while the store does not answer.
pub(super) fn retry_read<D: documents::Document>(
    store: &dyn Store,
    key: &str,
) -> Result<Option<D>, PublishError> {
    match retry(key, || store.get(key))? {
        None => Ok(None),
        Some(bytes) => Ok(Some(documents::decode(key, &bytes)?)),
    }
}
