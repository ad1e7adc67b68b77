//! What is known of a target's documents, so that they need not be asked for
//! again: all below `_workbench/` is put once, and neither changed nor removed.
//!
//! One short listing tells whether the newest known commit stands still; if it
//! does, all that is known does. If not, or where no commit is known, the target
//! may have been emptied or be another one, and everything is forgotten.
//!
//! ```text
//! <folder>/known         a line per document: key, ETag, BLAKE3; only appended to
//! <folder>/bytes/<name>  what it says
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::S3Store;
use crate::model::hash::ContentHash;
use crate::store::remote::RemoteError;
use crate::store::{StoreError, key};

/// Where documents lie.
const FOLDER: &str = "_workbench/";
/// Where those lie that come one after the other.
pub(super) const COMMITS: &str = "_workbench/commits/";
const CHECKPOINTS: &str = "_workbench/checkpoints/";
/// Behind this word a line names the newest commit when checkpoints were listed.
const LISTED: &str = "checkpoints-as-of";
/// A listing this old is not taken for what is there now.
const FRESH: Duration = Duration::from_secs(2);

/// What one process knows, and leaves for the next.
pub(super) struct Documents {
    folder: PathBuf,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    read: bool,
    documents: BTreeMap<String, Document>,
    /// The newest commit when the checkpoints were listed.
    listed: Option<String>,
    /// Whether all of it was seen to stand by this process.
    stands: bool,
    /// When the commits were listed, by whoever wanted to know whether it stands.
    fresh: Option<Instant>,
}

#[derive(Clone)]
struct Document {
    etag: String,
    blake3: Option<ContentHash>,
}

/// Whether this is a document's key.
pub(super) fn is_document(key: &str) -> bool {
    key.starts_with(FOLDER) && !key::is_reserved(key)
}

impl Documents {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.read {
            known.read = true;
            let text = fs::read_to_string(self.folder.join("known")).unwrap_or_default();
            for line in text.lines() {
                known.take_in(line);
            }
        }
        known
    }

    /// Whether all that is known was seen to stand by this process.
    pub fn stand(&self) -> bool {
        self.known().stands
    }

    /// The last but one and the last known key below a prefix, with the ETag of
    /// the last: behind the first a listing has to begin.
    pub fn last(&self, prefix: &str) -> Option<(Option<String>, String, String)> {
        let known = self.known();
        let mut below = known.below(prefix).rev();
        let (last, document) = below.next()?;
        let before = below.next().map(|(key, _)| key.clone());
        Some((before, last.clone(), document.etag.clone()))
    }

    /// All known keys below a prefix.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let known = self.known();
        known.below(prefix).map(|(key, _)| key.clone()).collect()
    }

    /// The keys below a prefix, where no request is needed to know them: of
    /// commits that were listed a moment ago, and of checkpoints where there was
    /// no commit since. One that is missed costs a reader some commits more.
    pub fn listing(&self, prefix: &str) -> Option<Vec<String>> {
        let mut known = self.known();
        let is_known = match prefix {
            COMMITS => known.fresh.take().is_some_and(|at| at.elapsed() < FRESH),
            CHECKPOINTS => {
                let newest = known.below(COMMITS).next_back().map(|(key, _)| key);
                known.stands && newest.is_some() && known.listed.as_ref() == newest
            }
            _ => false,
        };
        drop(known);
        is_known.then(|| self.keys(prefix))
    }

    /// What a document says, if it is known and stands.
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        let known = self.known();
        let blake3 = known.documents.get(key).filter(|_| known.stands)?.blake3?;
        let bytes = fs::read(self.place(key)).ok()?;
        (ContentHash::of(&bytes) == blake3).then_some(bytes)
    }

    /// Everything below a prefix was listed, from the last known on: `found` has
    /// keys and ETags.
    pub fn listed(&self, prefix: &str, found: &[(String, String)]) {
        let mut known = self.known();
        known.stands = true;
        let mut lines = String::new();
        for (key, etag) in found {
            if known.documents.get(key).is_none_or(|d| d.etag != *etag) {
                lines += &format!("{key} {etag}\n");
            }
        }
        if prefix == CHECKPOINTS
            && let Some((newest, _)) = known.below(COMMITS).next_back()
        {
            lines += &format!("{LISTED} {newest}\n");
        }
        self.append(&mut known, &lines);
    }

    /// The commits were listed only to see whether all stands; whoever asks for
    /// them next may have that.
    pub fn seen(&self) {
        self.known().fresh = Some(Instant::now());
    }

    /// A document was read or put.
    pub fn learn(&self, key: &str, etag: &str, bytes: &[u8], put: bool) {
        let blake3 = ContentHash::of(bytes);
        let mut known = self.known();
        let mut lines = format!("{key} {etag} {blake3}\n");
        let newest = known.below(COMMITS).next_back().map(|(key, _)| key);
        if put && key.starts_with(COMMITS) && known.listed.as_ref() == newest {
            // Nobody else's commit came in between.
            lines += &format!("{LISTED} {key}\n");
        }
        let place = self.place(key);
        let kept = place.parent().is_some_and(|folder| {
            fs::create_dir_all(folder).is_ok() && replace(&place, bytes).is_ok()
        });
        if kept {
            self.append(&mut known, &lines);
        }
    }

    /// The target is not the one that was known.
    pub fn forget(&self) {
        let mut known = self.known();
        *known = Known {
            read: true,
            ..Known::default()
        };
        // What cannot be removed is found to be untrue again.
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// That it cannot be kept is no harm: it is asked for again.
    fn append(&self, known: &mut Known, lines: &str) {
        for line in lines.lines() {
            known.take_in(line);
        }
        if lines.is_empty() || fs::create_dir_all(&self.folder).is_err() {
            return;
        }
        let file = File::options()
            .append(true)
            .create(true)
            .open(self.folder.join("known"));
        // In one write: another process may do the same.
        let _ = file.and_then(|mut file| file.write_all(lines.as_bytes()));
    }

    fn place(&self, key: &str) -> PathBuf {
        self.folder.join("bytes").join(key.replace('/', "."))
    }
}

impl Known {
    fn take_in(&mut self, line: &str) {
        let mut words = line.split(' ');
        let (Some(key), Some(second)) = (words.next(), words.next()) else {
            return;
        };
        if key == LISTED {
            self.listed = Some(second.to_owned());
            return;
        }
        let document = Document {
            etag: second.to_owned(),
            blake3: words.next().and_then(|word| word.parse().ok()),
        };
        self.documents.insert(key.to_owned(), document);
    }

    fn below(&self, prefix: &str) -> impl DoubleEndedIterator<Item = (&String, &Document)> {
        // `0` follows `/`: the end of all that lies in a folder.
        let end = format!("{}0", prefix.trim_end_matches('/'));
        self.documents.range(prefix.to_owned()..end)
    }
}

impl S3Store {
    /// Keys and ETags behind a key.
    pub(super) fn objects(
        &self,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let after = after.map(|key| format!("{}{key}", self.prefix));
        let prefix = format!("{}{prefix}", self.prefix);
        let found = self.bucket.list_all(&prefix, after.as_deref())?;
        let objects = found.into_iter().filter_map(|object| {
            let key = object.key.strip_prefix(&self.prefix)?;
            // Not the empty objects that consoles make for folders.
            let is_key = key::check(key).is_ok();
            is_key.then(|| (key.to_owned(), object.etag.unwrap_or_default()))
        });
        Ok(objects.collect())
    }

    /// The keys of documents: those that are known, if the last of them stands,
    /// and those behind it.
    pub(super) fn documents(
        &self,
        documents: &Documents,
        prefix: &str,
    ) -> Result<Vec<String>, StoreError> {
        let Some((before, last, etag)) = documents.last(prefix) else {
            // Nothing known below it can tell whether the rest stands.
            if !documents.stand() && prefix != COMMITS && documents.last(COMMITS).is_some() {
                self.documents(documents, COMMITS)?;
            }
            let found = self.objects(prefix, None)?;
            if !documents.stand() {
                documents.forget();
            }
            documents.listed(prefix, &found);
            return Ok(documents.keys(prefix));
        };
        let found = match self.objects(prefix, before.as_deref()) {
            Err(StoreError::Remote(RemoteError::Unreachable {
                endpoint, reason, ..
            })) if self.offline.is_some() => {
                if let (Some(say), false) = (&self.offline, documents.stand()) {
                    say(&format!(
                        "{endpoint} cannot be reached ({reason}): this is what was known of {} \
                         when it last could",
                        self.url
                    ));
                }
                Vec::from([(last.clone(), etag.clone())])
            }
            found => found?,
        };
        if found.first() == Some(&(last, etag)) {
            documents.listed(prefix, &found);
        } else {
            documents.forget();
            documents.listed(prefix, &self.objects(prefix, None)?);
        }
        Ok(documents.keys(prefix))
    }

    /// What a document says, if that is known and stands.
    pub(super) fn known(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(documents) = &self.documents else {
            return Ok(None);
        };
        if !is_document(key) {
            return Ok(None);
        }
        if !documents.stand() && documents.last(COMMITS).is_some() {
            self.documents(documents, COMMITS)?;
            documents.seen();
        }
        Ok(documents.bytes(key))
    }
}

/// Whole or not at all.
fn replace(place: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = place.with_extension(uuid::Uuid::new_v4().simple().to_string());
    fs::write(&beside, bytes)?;
    fs::rename(&beside, place)
}
