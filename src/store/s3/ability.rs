//! What a server can do, found out before the first write: many clones of S3
//! take the headers of conditions and pay no heed to them.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::etags::PutAtOnce;
use super::upload::{Condition, Upload};
use crate::store::files::Temporary;
use crate::store::remote::RemoteError;
use crate::store::{Body, StoreError};

/// What was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Abilities {
    /// `If-Match` on DELETE. Without it, what lies at a key is compared just
    /// before it is removed: only a writer that was given up while it had a put
    /// on its way could come in between, and what it put is not to stay.
    pub deletes_on_condition: bool,
    /// `If-Match` on CompleteMultipartUpload. Without it, what lies at a key is
    /// replaced by one PUT, whatever its size.
    pub replaces_in_parts: bool,
}

/// What is remembered of it, and of which server: the environment may name another.
#[derive(Serialize, Deserialize)]
struct Remembered {
    server: String,
    abilities: Abilities,
}

/// No key of the store: under `_workbench/tmp`, which is reserved.
const PROBE: &str = "_workbench/tmp/probe-";
const REMEMBERED: &str = "abilities.json";

/// As remembered, or as found out now.
///
/// # Errors
/// [`RemoteError::NoConditions`] if it cannot be published to.
pub(super) fn of(
    bucket: &Bucket,
    prefix: &str,
    url: &str,
    memory: &Path,
) -> Result<Abilities, StoreError> {
    let file = memory.join(REMEMBERED);
    let remembered = fs::read(&file).ok();
    let remembered: Option<Remembered> = remembered.and_then(|b| serde_json::from_slice(&b).ok());
    // Whoever writes has read before, so that it is known who answers.
    if let (Some(known), Some(server)) = (remembered, bucket.server())
        && known.server == server
    {
        return Ok(known.abilities);
    }
    let key = format!("{prefix}{PROBE}{}", uuid::Uuid::new_v4().simple());
    let anywhere = |error| denied_anywhere(bucket, prefix, error);
    let found = probe(bucket, url, &key, memory);
    let removed = bucket.remove(&key, None);
    let found = found.map_err(anywhere)?;
    removed.map_err(anywhere)?;
    // Not remembered, it is asked again: no harm.
    let remembered = bucket.server().map(|server| Remembered {
        server,
        abilities: found,
    });
    if let Some(Ok(text)) = remembered.map(|r| serde_json::to_vec(&r)) {
        let _ = fs::create_dir_all(memory).and_then(|()| fs::write(&file, text));
    }
    Ok(found)
}

/// What is denied at the key of a probe is denied at every key of the target.
fn denied_anywhere(bucket: &Bucket, prefix: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Remote(RemoteError::Denied { action, reason, .. }) => {
            StoreError::Remote(RemoteError::Denied {
                action,
                resource: format!("arn:aws:s3:::{}/{prefix}*", bucket.name()),
                reason,
            })
        }
        other => other,
    }
}

fn probe(bucket: &Bucket, url: &str, key: &str, memory: &Path) -> Result<Abilities, StoreError> {
    let put = |body: &[u8], condition: Condition, parts: bool| {
        // In parts only from a file: that is what has to be refused in the end.
        let mut file = None;
        let body = match parts {
            true => Body::File(file.insert(staged(memory, body)?).path()),
            false => Body::Bytes(body),
        };
        let upload = Upload {
            key,
            body,
            condition,
            mark: None,
            generation: "probe",
            before: &PutAtOnce::default(),
            other_etag: parts,
            at_once: false,
        };
        bucket.upload(&upload, &mut |_| {}).map(|_| ())
    };
    let heeded = |answer: Result<(), StoreError>, what: &str| match answer {
        Err(StoreError::Precondition { .. }) => Ok(true),
        Ok(()) => Ok(false),
        Err(StoreError::Remote(RemoteError::Refused { answer, .. })) => {
            Err(refused(url, format!("does not take {what} ({answer})")))
        }
        Err(other) => Err(other),
    };
    match put(b"probe", Condition::Absent, false) {
        // Its own, put by an attempt whose answer got lost.
        Ok(()) | Err(StoreError::Precondition { .. }) => {}
        Err(StoreError::Remote(RemoteError::Refused { answer, .. })) => {
            return Err(refused(
                url,
                format!("does not take `If-None-Match` ({answer})"),
            ));
        }
        Err(other) => return Err(other),
    }
    let other = "\"00000000000000000000000000000000\"";
    let refusals = [
        (Condition::Absent, false, "`If-None-Match` on PutObject"),
        (
            Condition::Etag(other.to_owned()),
            false,
            "`If-Match` on PutObject",
        ),
        (
            Condition::Absent,
            true,
            "`If-None-Match` on CompleteMultipartUpload",
        ),
    ];
    for (condition, parts, what) in refusals {
        if !heeded(put(b"other", condition, parts), what)? {
            return Err(refused(url, format!("takes {what} and pays no heed to it")));
        }
    }
    let in_parts = put(b"other", Condition::Etag(other.to_owned()), true);
    let replaces_in_parts = match heeded(in_parts, "") {
        Err(StoreError::Remote(RemoteError::NoConditions { .. })) => false,
        heeded => heeded?,
    };
    let deletes_on_condition = match bucket.remove(key, Some(other)) {
        Err(StoreError::Precondition { .. }) => true,
        Ok(()) | Err(StoreError::Remote(RemoteError::Refused { .. })) => false,
        Err(other) => return Err(other),
    };
    Ok(Abilities {
        deletes_on_condition,
        replaces_in_parts,
    })
}

fn refused(url: &str, what: String) -> StoreError {
    StoreError::Remote(RemoteError::NoConditions {
        url: url.to_owned(),
        what,
    })
}

fn staged(folder: &Path, bytes: &[u8]) -> Result<Temporary, StoreError> {
    let name = format!("probe-{}", uuid::Uuid::new_v4().simple());
    let file = Temporary::new(folder.join(name));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(file.path(), bytes));
    written.map_err(|e| StoreError::io(file.path().display(), e))?;
    Ok(file)
}
