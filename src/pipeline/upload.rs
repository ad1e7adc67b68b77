//! `upload`: raw files of a folder become objects of a bucket, each below a folder that
//! is named like its feed. What is there with the same content is not sent again.

mod send;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::error::RunError;
use super::upload_error::UploadError;
use crate::model::interrupt::Interrupt;
use crate::model::progress::ProgressSink;
use crate::project::{S3Settings, TargetUrl};
use crate::propose::find;
use crate::propose::places::places;
use crate::store::StoreError;
use crate::store::remote::RemoteError;
use crate::store::s3::{Bucket, Object};
use send::{Sender, Sending};

/// The folder by which a target is known.
const OF_TARGETS: &str = "_workbench/";

/// What is to be sent, and where to.
#[derive(Debug, Clone)]
pub struct UploadRequest {
    /// With all folders below it.
    pub folder: PathBuf,
    pub to: TargetUrl,
    pub s3: S3Settings,
    /// A folder where it is noted how far large files were sent.
    pub notes: PathBuf,
    /// Say what would be sent, and send nothing.
    pub dry_run: bool,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// Nothing lay there.
    New,
    /// Something else lay there.
    Replaced,
    /// It lies there already.
    Unchanged,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// Relative to the folder.
    pub path: String,
    /// The object.
    pub url: String,
    pub bytes: u64,
    pub sent: Sent,
}

/// What was sent, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadReport {
    pub dry_run: bool,
    pub files: Vec<SentFile>,
    /// Path, and why it is no raw file.
    pub left_out: Vec<(String, String)>,
}

/// Sends what is not there yet.
///
/// # Errors
/// [`UploadError`]; what cannot be read; whatever the bucket refuses. What was sent
/// before stays, and is not sent again.
pub fn upload(
    request: &UploadRequest,
    progress: &dyn ProgressSink,
    interrupt: &Interrupt,
) -> Result<UploadReport, RunError> {
    let TargetUrl::S3 { bucket, prefix, .. } = &request.to else {
        let url = request.to.to_string();
        return Err(UploadError::NoBucket { url }.into());
    };
    let folder = request
        .folder
        .canonicalize()
        .map_err(|source| RunError::Io {
            path: request.folder.clone(),
            source,
        })?;
    // Of one file, its folder.
    let root = match folder.is_file() {
        true => folder.parent().unwrap_or(&folder),
        false => &folder,
    };
    // No project's folders are to be passed over: what is named is meant.
    let mut found = find::find(&folder, Path::new(""))?;
    let shorten = |path: &mut String| *path = find::shown(Path::new(&*path), root);
    found
        .files
        .iter_mut()
        .for_each(|file| shorten(&mut file.path));
    found
        .left_out
        .iter_mut()
        .for_each(|(path, _)| shorten(path));
    if found.files.is_empty() {
        let folder = request.folder.display().to_string();
        return Err(UploadError::NoFiles { folder }.into());
    }
    let bucket = Bucket::open(bucket, &request.s3, interrupt);
    let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let within = |place: String| match prefix.as_str() {
        "" => place,
        prefix => format!("{prefix}/{place}"),
    };
    let keys: Vec<String> = places(&paths, &name).into_iter().map(within).collect();
    refuse_same(&bucket, &paths, &keys)?;
    refuse_targets_above(&bucket, prefix)?;
    let below = match prefix.as_str() {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    };
    let there = bucket.list_all(&below, None)?;
    refuse_targets(&bucket, &there, &keys)?;
    let there: BTreeMap<&str, &Object> = there.iter().map(|o| (o.key.as_str(), o)).collect();
    let mut sending: Vec<Sending<'_>> = found
        .files
        .iter()
        .zip(&paths)
        .zip(keys)
        .map(|((file, path), key)| Sending {
            file,
            path,
            there: there.get(key.as_str()).copied(),
            key,
        })
        .collect();
    // Small ones first: each large one is sent in parts that share the way.
    sending.sort_by_key(|s| s.file.bytes);
    let total = sending.iter().map(|s| s.file.bytes).sum();
    let sender = Sender::new(request, &bucket, total, progress, interrupt);
    let mut files = sender.all(&sending)?;
    files.sort_by(|a, b| crate::ingest::natural::natural_cmp(&a.path, &b.path));
    Ok(UploadReport {
        dry_run: request.dry_run,
        files,
        left_out: found.left_out,
    })
}

fn url(bucket: &Bucket, key: &str) -> String {
    format!("s3://{}/{key}", bucket.name())
}

fn refuse_same(bucket: &Bucket, paths: &[&str], keys: &[String]) -> Result<(), UploadError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, key) in paths.iter().zip(keys) {
        if let Some(other) = seen.insert(key, path) {
            return Err(UploadError::SameKey {
                url: url(bucket, key),
                one: other.to_owned(),
                other: (*path).to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether the prefix lies in a target.
fn refuse_targets_above(bucket: &Bucket, prefix: &str) -> Result<(), RunError> {
    let parts = || prefix.match_indices('/').map(|(at, _)| &prefix[..at]);
    for above in std::iter::once("")
        .filter(|_| !prefix.is_empty())
        .chain(parts())
    {
        let owner = match above {
            "" => format!("{OF_TARGETS}owner.json"),
            above => format!("{above}/{OF_TARGETS}owner.json"),
        };
        match bucket.head(&owner) {
            Ok(None) => {}
            // Who may not look there may be granted the prefix alone.
            Err(StoreError::Remote(RemoteError::Denied { .. })) => {}
            Ok(Some(_)) => {
                let url = url(bucket, above);
                return Err(UploadError::IsTarget { url }.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether any key would lie in a target that is at the prefix or below it.
fn refuse_targets(bucket: &Bucket, there: &[Object], keys: &[String]) -> Result<(), UploadError> {
    let targets: BTreeSet<&str> = there
        .iter()
        .filter_map(|object| {
            let key = object.key.as_str();
            let mut above = key.match_indices(OF_TARGETS).map(|(at, _)| &key[..at]);
            above.find(|above| above.is_empty() || above.ends_with('/'))
        })
        .collect();
    match targets
        .into_iter()
        .find(|t| keys.iter().any(|key| key.starts_with(t)))
    {
        Some(target) => Err(UploadError::IsTarget {
            url: url(bucket, target.trim_end_matches('/')),
        }),
        None => Ok(()),
    }
}
