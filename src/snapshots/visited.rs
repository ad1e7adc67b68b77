//! A target that is only looked at: it may be that no more of it may be read than one
//! dataset. Where its commits may not be read, or there are none, those are shown that
//! its files tell.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::documents::{self, FOLDER};
use super::error::PublishError;
use super::granted;
use crate::model::hash::ContentHash;
use crate::model::progress::{Progress, ProgressSink};
use crate::store::remote::RemoteError;
use crate::store::{Body, Expect, Head, Mark, Named, Store, StoreError, StoreLock, Tag, Written};

/// A store whose commits are told by its files if need be. Nothing is written to it.
pub struct Visited {
    inner: Arc<dyn Store>,
    /// What the target's last folder is called.
    name: String,
    progress: Arc<dyn ProgressSink>,
    /// The commits that the files tell, by key.
    told: OnceLock<BTreeMap<String, Vec<u8>>>,
}

impl Visited {
    /// Looks at a target. `name` is what its last folder is called.
    pub fn new(inner: Arc<dyn Store>, name: String, progress: Arc<dyn ProgressSink>) -> Self {
        Self {
            inner,
            name,
            progress,
            told: OnceLock::new(),
        }
    }

    fn note(&self, message: String) {
        self.progress.report(Progress::Note { message });
    }

    /// What the files tell. Empty if there are none.
    fn told(&self, denied: bool) -> Result<&BTreeMap<String, Vec<u8>>, StoreError> {
        if let Some(told) = self.told.get() {
            return Ok(told);
        }
        let told = match granted::documents(&*self.inner, &self.name) {
            Ok(told) => told,
            Err(PublishError::Store(error)) => return Err(error),
            Err(PublishError::Interrupted) => return Err(StoreError::Interrupted),
            Err(error) => {
                let key = self.inner.url();
                let source = std::io::Error::new(ErrorKind::InvalidData, error.to_string());
                return Err(StoreError::io(key, source));
            }
        };
        if !told.is_empty() {
            let why = match denied {
                true => "may not be read",
                false => "is not there",
            };
            self.note(format!(
                "`_workbench/` of `{}` {why}: days, rows and columns are told by the files \
                 themselves; keys, SQL, and what was replaced or dropped are not known",
                self.inner.url()
            ));
        }
        Ok(self.told.get_or_init(|| told))
    }

    /// The commits that files told, if they did.
    fn as_told(&self) -> Option<&BTreeMap<String, Vec<u8>>> {
        self.told.get().filter(|told| !told.is_empty())
    }
}

fn is_denied(error: &StoreError) -> bool {
    matches!(error, StoreError::Remote(RemoteError::Denied { .. }))
}

fn read_only(key: &str) -> StoreError {
    StoreError::io(key, ErrorKind::ReadOnlyFilesystem.into())
}

impl Store for Visited {
    fn url(&self) -> String {
        self.inner.url()
    }

    fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        Err(read_only(FOLDER))
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.as_told() {
            Some(told) if key.starts_with(FOLDER) => Ok(told.get(key).cloned()),
            _ => self.inner.get(key),
        }
    }

    fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        match self.as_told() {
            Some(_) => keys.iter().map(|key| self.get(key)).collect(),
            None => self.inner.get_all(keys),
        }
    }

    fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        match self.as_told() {
            Some(told) if key.starts_with(FOLDER) => Ok(told.get(key).map(|bytes| Head {
                size: bytes.len() as u64,
                tag: Tag(ContentHash::of(bytes).to_string()),
                version: None,
                mark: None,
            })),
            _ => self.inner.head(key),
        }
    }

    fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError> {
        self.inner.hash(key)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let told = match self.as_told() {
            Some(told) if prefix.starts_with(FOLDER) => told,
            None if prefix == documents::COMMITS => match self.inner.list(prefix) {
                Ok(keys) if !keys.is_empty() => return Ok(keys),
                Ok(_) => self.told(false)?,
                Err(error) if is_denied(&error) => match self.told(true) {
                    Ok(told) => told,
                    // What may not be read was asked for first.
                    Err(other) if is_denied(&other) => {
                        self.note(
                            "where a dataset's own prefix alone may be read, name that: \
                             `--target s3://bucket/prefix/invoices`"
                                .to_owned(),
                        );
                        return Err(error);
                    }
                    Err(other) => return Err(other),
                },
                Err(error) => return Err(error),
            },
            _ => return self.inner.list(prefix),
        };
        let keys = told.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }

    fn put_if_match(
        &self,
        key: &str,
        _: Body<'_>,
        _: &Expect,
        _: &Mark,
    ) -> Result<Written, StoreError> {
        Err(read_only(key))
    }

    fn remove_if_match(&self, key: &str, _: &Expect) -> Result<(), StoreError> {
        Err(read_only(key))
    }

    fn sync(&self, key: &str) -> Result<(), StoreError> {
        Err(read_only(key))
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        self.inner.path(key)
    }

    fn retained(&self, blake3: &ContentHash) -> Option<PathBuf> {
        self.inner.retained(blake3)
    }

    fn fetch(&self, named: &Named<'_>) -> Result<Option<PathBuf>, StoreError> {
        self.inner.fetch(named)
    }

    fn staging(&self) -> Option<PathBuf> {
        None
    }

    fn free_space(&self) -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::progress::Silent;
    use crate::store::memory::MemoryStore;

    type Fails = fn() -> StoreError;

    /// Denies `_workbench/`, and fails to list all.
    struct Failing(MemoryStore, Fails);

    fn denied() -> StoreError {
        StoreError::Remote(RemoteError::Denied {
            action: "s3:ListBucket",
            resource: "first".to_owned(),
            reason: None,
        })
    }

    impl Store for Failing {
        fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
            Err(match prefix {
                "" => (self.1)(),
                _ => denied(),
            })
        }
        fn url(&self) -> String {
            self.0.url()
        }
        fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
            self.0.lock()
        }
        fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
            self.0.get(key)
        }
        fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
            self.0.head(key)
        }
        fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError> {
            self.0.hash(key)
        }
        fn put_if_match(
            &self,
            key: &str,
            _: Body<'_>,
            _: &Expect,
            _: &Mark,
        ) -> Result<Written, StoreError> {
            Err(read_only(key))
        }
        fn remove_if_match(&self, key: &str, _: &Expect) -> Result<(), StoreError> {
            Err(read_only(key))
        }
        fn sync(&self, key: &str) -> Result<(), StoreError> {
            Err(read_only(key))
        }
        fn path(&self, key: &str) -> Option<PathBuf> {
            self.0.path(key)
        }
        fn retained(&self, blake3: &ContentHash) -> Option<PathBuf> {
            self.0.retained(blake3)
        }
        fn staging(&self) -> Option<PathBuf> {
            None
        }
        fn free_space(&self) -> Option<u64> {
            None
        }
    }

    /// Only that the rest is denied too is told as the first denial.
    #[test]
    fn what_keeps_files_from_being_read_is_told_as_it_is() {
        let listed = |fails: Fails| {
            let store = Arc::new(Failing(MemoryStore::new(), fails));
            let visited = Visited::new(store, "x".to_owned(), Arc::new(Silent));
            visited.list(documents::COMMITS).unwrap_err()
        };
        let interrupted = listed(|| StoreError::Interrupted);
        assert!(
            matches!(interrupted, StoreError::Interrupted),
            "{interrupted}"
        );
        let lost = listed(|| StoreError::Unknown {
            key: String::new(),
            reason: String::new(),
        });
        assert!(matches!(lost, StoreError::Unknown { .. }), "{lost}");
        let refused = listed(|| {
            StoreError::Remote(RemoteError::Denied {
                action: "s3:ListBucket",
                resource: "second".to_owned(),
                reason: None,
            })
        });
        assert!(refused.to_string().contains("first"), "{refused}");
    }
}
