//! A store in memory, for tests of the publish protocol: strict like S3, with
//! faults on request and a look behind the scenes. Conditional puts are always
//! decided on what is really there; only what callers are told goes wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use super::faults::{FaultCounts, Faults, PutFault, SplitMix64};
use super::{Body, Expect, Head, Mark, Store, StoreError, StoreLock, Tag, Written, key};
use crate::model::hash::ContentHash;

/// One generation of the bytes at a key, as it was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    pub bytes: Arc<[u8]>,
    pub tag: Tag,
    /// None if it came by [`MemoryStore::put_foreign`].
    pub mark: Option<Mark>,
}

/// A store in memory. Clones are handles to the same store.
#[derive(Clone, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    /// What each key showed, oldest first; None where it was removed.
    states: BTreeMap<String, Vec<Option<Generation>>>,
    late: Vec<Put>,
    tags: u64,
    faults: Faults,
    counts: FaultCounts,
    random: Option<SplitMix64>,
}

/// A put or a removal on its way.
struct Put {
    key: String,
    expect: Expect,
    /// None: what lies there is to be removed.
    body: Option<(Arc<[u8]>, Mark)>,
}

impl MemoryStore {
    /// An empty store without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store with faults.
    pub fn with_faults(faults: Faults) -> Self {
        let store = Self::new();
        store.set_faults(faults);
        store
    }

    /// Other faults from now on, from their seed; the counts go on. To recover
    /// in peace: `set_faults(Faults::default())`.
    pub fn set_faults(&self, faults: Faults) {
        let mut inner = self.inner();
        inner.faults = faults;
        inner.random = None;
    }

    /// How often each fault happened so far.
    pub fn fault_counts(&self) -> FaultCounts {
        self.inner().counts
    }

    /// Lets every put that is still on its way arrive.
    pub fn settle(&self) {
        self.inner().deliver_late(1.0);
    }

    /// What really lies at a key.
    pub fn peek(&self, key: &str) -> Option<Generation> {
        self.inner().newest(key).cloned()
    }

    /// Every generation ever put at a key, oldest first.
    pub fn history(&self, key: &str) -> Vec<Generation> {
        self.states(key).into_iter().flatten().collect()
    }

    /// All that a key ever showed, oldest first: a generation, or None where it
    /// was removed.
    pub fn states(&self, key: &str) -> Vec<Option<Generation>> {
        self.inner().states.get(key).cloned().unwrap_or_default()
    }

    /// The keys that ever held something, sorted.
    pub fn all_keys(&self) -> Vec<String> {
        self.inner().states.keys().cloned().collect()
    }

    /// The keys that really hold something, sorted.
    pub fn keys(&self) -> Vec<String> {
        let inner = self.inner();
        let held = |(key, _): &(&String, _)| inner.newest(key).is_some();
        let keys = inner.states.iter().filter(held);
        keys.map(|(key, _)| key.clone()).collect()
    }

    /// Puts bytes as another program would: without a condition or a mark.
    pub fn put_foreign(&self, key: &str, bytes: &[u8]) {
        self.inner().write(key, bytes.into(), None);
    }

    /// Removes what lies at a key, as another program would.
    pub fn remove(&self, key: &str) {
        let mut inner = self.inner();
        if let Some(states) = inner.states.get_mut(key) {
            states.push(None);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked has left whole values behind.
        match self.inner.lock() {
            Ok(inner) => inner,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// The answer to a question about a key, which may be an old one.
    fn read(&self, key: &str) -> Result<Option<Generation>, StoreError> {
        key::check(key)?;
        let mut inner = self.inner();
        inner.begin_read(key)?;
        let stale = inner.random().unit() < inner.faults.stale_head;
        let states = inner.states.get(key).map_or(&[][..], Vec::as_slice);
        let answer = match states {
            [before @ .., _] if stale => before.last(),
            states => states.last(),
        };
        let answer = answer.cloned().flatten();
        if stale && !states.is_empty() {
            inner.counts.stale_head += 1;
        }
        Ok(answer)
    }

    /// The tag of what lies there now; None after a removal.
    fn put(&self, put: Put) -> Result<Option<Tag>, StoreError> {
        key::check(&put.key)?;
        let mut inner = self.inner();
        inner.deliver_late(LATE_ARRIVES);
        let at = inner.random().unit();
        let fault = inner.faults.of_put(at);
        match fault {
            PutFault::NotApplied => {
                inner.counts.not_applied += 1;
                return Err(unknown(&put.key, "the request did not arrive"));
            }
            PutFault::Late => {
                let error = unknown(&put.key, "the request is still on its way");
                inner.late.push(put);
                return Err(error);
            }
            PutFault::None | PutFault::LostResponse | PutFault::Own412 => {}
        }
        let decided = inner.decide(&put);
        match (fault, decided) {
            (PutFault::LostResponse, decided) => {
                inner.counts.lost_response += u64::from(decided.is_ok());
                Err(unknown(&put.key, "the answer got lost"))
            }
            (PutFault::Own412, Ok(_)) => {
                inner.counts.own_412 += 1;
                Err(precondition(&put.key))
            }
            (_, decided) => decided,
        }
    }
}

/// How likely a put that is late arrives during an operation.
const LATE_ARRIVES: f64 = 0.25;

impl Inner {
    fn random(&mut self) -> &mut SplitMix64 {
        let seed = self.faults.seed;
        self.random.get_or_insert(SplitMix64(seed))
    }

    fn newest(&self, key: &str) -> Option<&Generation> {
        self.states.get(key)?.last()?.as_ref()
    }

    fn write(&mut self, key: &str, bytes: Arc<[u8]>, mark: Option<Mark>) -> Tag {
        self.tags += 1;
        let tag = Tag(format!("g{}", self.tags));
        let states = self.states.entry(key.to_owned()).or_default();
        states.push(Some(Generation {
            bytes,
            tag: tag.clone(),
            mark,
        }));
        tag
    }

    fn decide(&mut self, put: &Put) -> Result<Option<Tag>, StoreError> {
        let found = self.newest(&put.key).map(|found| &found.tag);
        if !put.expect.is_met_by(found) {
            return Err(precondition(&put.key));
        }
        let Some((bytes, mark)) = &put.body else {
            if found.is_some() {
                self.states.entry(put.key.clone()).or_default().push(None);
            }
            return Ok(None);
        };
        let tag = self.write(&put.key, Arc::clone(bytes), Some(mark.clone()));
        Ok(Some(tag))
    }

    fn deliver_late(&mut self, likely: f64) {
        for put in std::mem::take(&mut self.late) {
            if self.random().unit() >= likely {
                self.late.push(put);
            } else if self.decide(&put).is_ok() {
                self.counts.late_applied += 1;
            } else {
                self.counts.late_refused += 1;
            }
        }
    }

    fn begin_read(&mut self, key: &str) -> Result<(), StoreError> {
        self.deliver_late(LATE_ARRIVES);
        if self.random().unit() < self.faults.failed_read {
            self.counts.failed_read += 1;
            return Err(unknown(key, "no answer to a question"));
        }
        Ok(())
    }
}

impl Store for MemoryStore {
    fn url(&self) -> String {
        "memory:".to_owned()
    }

    /// Keeps nobody out, like S3.
    fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        Ok(Box::new(NoLock))
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(key)?.map(|found| found.bytes.to_vec()))
    }

    fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        Ok(self.read(key)?.map(|found| Head {
            size: found.bytes.len() as u64,
            tag: found.tag,
            version: None,
            mark: found.mark,
        }))
    }

    fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError> {
        Ok(self.read(key)?.map(|found| ContentHash::of(&found.bytes)))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        key::check_prefix(prefix)?;
        let mut inner = self.inner();
        inner.begin_read(prefix)?;
        let stale = inner.random().unit() < inner.faults.stale_list;
        let below = inner.states.range(prefix.to_owned()..);
        let below = below.take_while(|(key, _)| key.starts_with(prefix));
        let held: Vec<_> = below
            .filter(|(_, states)| matches!(states.last(), Some(Some(_))))
            .collect();
        let keys: Vec<String> = held
            .iter()
            .filter(|(_, states)| !stale || states.len() > 1)
            .map(|(key, _)| (*key).clone())
            .collect();
        if keys.len() < held.len() {
            inner.counts.stale_list += 1;
        }
        Ok(keys)
    }

    fn put_if_match(
        &self,
        key: &str,
        body: Body<'_>,
        expect: &Expect,
        mark: &Mark,
    ) -> Result<Written, StoreError> {
        let bytes = match body {
            Body::Bytes(bytes) => bytes.into(),
            Body::File(path) => fs::read(path)
                .map_err(|e| StoreError::io(path.display(), e))?
                .into(),
        };
        let tag = self.put(Put {
            key: key.to_owned(),
            expect: expect.clone(),
            body: Some((bytes, mark.clone())),
        })?;
        let tag = tag.ok_or_else(|| unknown(key, "a put left nothing"))?;
        let version = None;
        Ok(Written { tag, version })
    }

    fn remove_if_match(&self, key: &str, expect: &Expect) -> Result<(), StoreError> {
        let removal = Put {
            key: key.to_owned(),
            expect: expect.clone(),
            body: None,
        };
        self.put(removal).map(|_| ())
    }

    fn sync(&self, key: &str) -> Result<(), StoreError> {
        key::check(key)?;
        match self.inner().newest(key) {
            Some(_) => Ok(()),
            None => Err(StoreError::io(key, std::io::ErrorKind::NotFound.into())),
        }
    }

    fn path(&self, _key: &str) -> Option<PathBuf> {
        None
    }

    fn retained(&self, _blake3: &ContentHash) -> Option<PathBuf> {
        None
    }

    fn staging(&self) -> Option<PathBuf> {
        None
    }

    fn free_space(&self) -> Option<u64> {
        None
    }
}

struct NoLock;

impl StoreLock for NoLock {}

fn precondition(key: &str) -> StoreError {
    StoreError::Precondition {
        key: key.to_owned(),
    }
}

fn unknown(key: &str, reason: &str) -> StoreError {
    StoreError::Unknown {
        key: key.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
