//! Buckets by way of S3, and copies in the cache.
//!
//! ```text
//! <cache>/names/<generation>   what an object that was fetched holds: its BLAKE3
//! ```
//! A name says nothing once its copy was let go: it is removed when that generation is
//! asked for again. A name is 64 bytes, and those of objects that never come again stay.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::buckets::{Buckets, FetchError};
use super::error::ScanError;
use super::objects::Listed;
use crate::model::hash::ContentHash;
use crate::model::input_file::Object;
use crate::model::interrupt::Interrupt;
use crate::project::S3Settings;
use crate::store::cache::Cache;
use crate::store::s3::{self, Bucket, Wanted};
use crate::store::{StoreError, files};

/// Buckets of S3, or of what speaks like it.
pub struct S3Buckets {
    settings: S3Settings,
    interrupt: Interrupt,
    cache: Cache,
    names: PathBuf,
    open: Mutex<BTreeMap<String, Bucket>>,
    /// Held while an object is fetched in parts: these fill the way already.
    in_parts: Mutex<()>,
}

impl S3Buckets {
    /// Buckets that are reached as the settings say. Copies come into the cache, and
    /// their names into a folder, which may be deleted. Nothing is asked yet.
    pub fn new(
        settings: &S3Settings,
        cache: Cache,
        names: impl Into<PathBuf>,
        interrupt: &Interrupt,
    ) -> Self {
        Self {
            settings: settings.clone(),
            interrupt: interrupt.clone(),
            cache,
            names: names.into(),
            open: Mutex::default(),
            in_parts: Mutex::default(),
        }
    }

    /// Clones share their connections.
    fn bucket(&self, name: &str) -> Bucket {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = open.entry(name.to_owned());
        let made = || Bucket::open(name, &self.settings, &self.interrupt);
        bucket.or_insert_with(made).clone()
    }

    fn object(&self, bucket: &Bucket, found: s3::Object) -> Result<Option<Object>, ScanError> {
        match found.etag {
            Some(etag) => Ok(Some(Object {
                bucket: bucket.name().to_owned(),
                key: found.key,
                size: found.size,
                etag,
            })),
            // Listings of some clones have none.
            None => self.look(bucket.name(), &found.key),
        }
    }

    fn name(&self, object: &Object) -> PathBuf {
        self.names.join(object.generation().to_string())
    }

    /// Brings it into the cache, if it has the bytes that whoever sent it told of them.
    fn fetch_once(
        &self,
        object: &Object,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<ContentHash, StoreError> {
        let tmp = self.cache.room()?;
        let mut so_far = 0;
        let fetched = self.bucket(&object.bucket).download(
            &Wanted {
                key: object.key.clone(),
                etag: Some(object.etag.clone()),
                version: None,
                size: object.size,
            },
            &tmp,
            &mut |done| {
                tell(done - so_far);
                so_far = done;
            },
        );
        let url = || format!("s3://{}/{}", object.bucket, object.key);
        let placed = fetched.and_then(|told| self.cache.take_in(&tmp, told.as_ref(), &url()));
        if placed.is_err() {
            let _ = files::remove(&tmp);
        }
        placed
    }

    /// That it cannot be remembered only means that it is fetched again.
    fn remember(&self, object: &Object, blake3: &ContentHash) {
        let _ = fs::create_dir_all(&self.names)
            .and_then(|()| fs::write(self.name(object), blake3.to_string()));
    }
}

/// So often an object is fetched that comes with other bytes than were sent there.
const FETCHES: usize = 3;

impl Buckets for S3Buckets {
    fn list(&self, bucket: &str, prefix: &str, in_one_folder: bool) -> Result<Listed, ScanError> {
        let bucket = self.bucket(bucket);
        let (found, folders) = if in_one_folder {
            bucket.list_folder(prefix)?
        } else {
            (bucket.list_all(prefix, None)?, Vec::new())
        };
        let mut objects = Vec::with_capacity(found.len());
        for object in found {
            objects.extend(self.object(&bucket, object)?);
        }
        Ok(Listed { objects, folders })
    }

    fn look(&self, bucket: &str, key: &str) -> Result<Option<Object>, ScanError> {
        let found = self.bucket(bucket).head(key)?;
        Ok(found.map(|head| Object {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            size: head.size,
            etag: head.etag,
        }))
    }

    fn path(&self, blake3: &ContentHash) -> PathBuf {
        self.cache.path(blake3)
    }

    fn kept(&self, blake3: &ContentHash) -> Result<Option<PathBuf>, ScanError> {
        Ok(self.cache.get(blake3)?)
    }

    fn known(&self, object: &Object) -> Option<ContentHash> {
        let name = self.name(object);
        let blake3 = fs::read_to_string(&name).ok()?.parse().ok()?;
        if self.cache.get(&blake3).ok()?.is_some() {
            return Some(blake3);
        }
        let _ = files::remove(&name);
        None
    }

    fn fetch(
        &self,
        object: &Object,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<ContentHash, FetchError> {
        let in_parts = object.size > 2 * self.settings.part_size;
        let _alone = in_parts.then(|| self.in_parts.lock());
        let mut fetched = self.fetch_once(object, tell);
        for _ in 1..FETCHES {
            if !matches!(fetched, Err(StoreError::Damaged { .. })) {
                break;
            }
            fetched = self.fetch_once(object, &|_| {});
        }
        match fetched {
            Ok(blake3) => {
                self.remember(object, &blake3);
                Ok(blake3)
            }
            Err(StoreError::Changed { .. }) => Err(FetchError::Changed),
            Err(error) => Err(error.into()),
        }
    }

    fn at_once(&self) -> usize {
        self.settings.concurrency
    }
}
