//! A target that is a folder.
//!
//! A document is written under a temporary name and linked to its key, which
//! fails if the key exists. A partition is linked to `_workbench/objects/` and
//! renamed to its key. So a key shows nothing or whole bytes at every moment.
//!
//! An error after the link or the rename leaves the new bytes in place: whoever
//! recovers finds them by their mark or hash, and calls [`Store::sync`].

pub mod lock;
mod remove;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use walkdir::WalkDir;

use super::files::{self, Temporary};
use super::{
    Body, Expect, Head, Mark, Named, Store, StoreError, StoreLock, Tag, Written, key, xattr,
};
use crate::failpoint::{self, Failpoint};
use crate::model::hash::ContentHash;

/// What is the store's own, and no key (see `key.rs`).
const LOCK: &str = "_workbench/lock";
const TMP: &str = "_workbench/tmp";
const OBJECTS: &str = "_workbench/objects";

/// A folder as a store.
///
/// A tag is size, modification time and inode: it changes when a key gets other
/// bytes, also if another program rewrites them.
#[derive(Debug, Clone)]
pub struct LocalStore {
    root: PathBuf,
    url: String,
}

impl LocalStore {
    /// The store in the folder `root`, which need not exist: only writing and
    /// locking create it. `url` is the target as the user wrote it.
    ///
    /// # Errors
    /// `root` is something else than a folder, or cannot be looked at.
    pub fn open(root: &Path, url: String) -> Result<Self, StoreError> {
        let root = std::path::absolute(root).map_err(|e| StoreError::io(&url, e))?;
        match fs::metadata(&root) {
            Ok(found) if !found.is_dir() => {
                Err(StoreError::io(&url, ErrorKind::NotADirectory.into()))
            }
            Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::io(&url, error)),
            _ => Ok(Self { root, url }),
        }
    }

    /// The file at a key, open, or None. Attributes, size and bytes read from
    /// it belong together, whatever the key shows meanwhile.
    fn open_key(&self, key: &str) -> Result<Option<File>, StoreError> {
        key::check(key)?;
        match open_if_file(&self.root.join(key)) {
            Err(error) if is_absent(&error) => Ok(None),
            other => other.map_err(|e| StoreError::io(key, e)),
        }
    }

    /// Writes a temporary file, marked and synced.
    fn write_temporary(&self, bytes: &[u8], mark: &Mark) -> io::Result<Temporary> {
        let folder = self.root.join(TMP);
        self.make_folders(&folder)?;
        let name = format!("doc-{}.part", uuid::Uuid::new_v4().simple());
        // When it goes out of scope it is linked, moved or unwanted.
        let temporary = Temporary::new(folder.join(name));
        let mut file = File::create_new(temporary.path())?;
        file.write_all(bytes)?;
        xattr::write_mark(&file, mark)?;
        file.sync_all()?;
        Ok(temporary)
    }

    /// Moves a finished file to its key, and keeps a second name for its bytes.
    fn move_into_place(&self, staged: &Path, key: &str, mark: &Mark) -> io::Result<Tag> {
        if !fs::symlink_metadata(staged)?.is_file() {
            return Err(refusal(format!("`{}` is not a file", staged.display())));
        }
        let target = self.root.join(key);
        let folder = parent(&target)?;
        let file = File::open(staged)?;
        // Neither changes what the tag is made of.
        xattr::write_mark(&file, mark)?;
        files::make_read_only(&file)?;
        file.sync_all()?;
        let tag = tag(&file.metadata()?);

        self.retain(staged, &file, &mark.blake3)?;
        failpoint::reached(Failpoint::ObjectLinked)?;
        // Before the rename: a key never shows bytes that a power cut could
        // leave without their second name.
        self.sync_upward(&self.root.join(OBJECTS))?;

        self.make_folders(folder)?;
        fs::rename(staged, &target).map_err(explain)?;
        failpoint::reached(Failpoint::PartitionRenamed)?;
        self.sync_upward(folder)?;
        failpoint::reached(Failpoint::PartitionSynced)?;
        Ok(tag)
    }

    fn retain(&self, staged: &Path, file: &File, blake3: &ContentHash) -> io::Result<()> {
        let object = self.object(blake3);
        self.make_folders(parent(&object)?)?;
        match fs::hard_link(staged, &object) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let (kept, new) = (fs::metadata(&object)?, file.metadata()?);
                if files::identity(&kept) == files::identity(&new) {
                    return Ok(());
                }
                // Somebody may have written into it. And readers believe kept bytes
                // at once that are the key's own file (`fetch`).
                let beside = self.root.join(TMP).join(format!("doc-{blake3}.part"));
                self.make_folders(&self.root.join(TMP))?;
                files::remove(&beside)?;
                fs::hard_link(staged, &beside).map_err(explain)?;
                fs::rename(&beside, &object)
            }
            other => other.map_err(explain),
        }
    }

    fn object(&self, blake3: &ContentHash) -> PathBuf {
        self.root.join(OBJECTS).join(format!("{blake3}.part"))
    }

    /// Creates a folder of this store and what is missing above it. What is
    /// above the root is synced here, because nothing else will.
    fn make_folders(&self, folder: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = self
            .root
            .ancestors()
            .take_while(|above| !above.exists())
            .collect();
        fs::create_dir_all(folder)?;
        for created in missing {
            if let Some(above) = created.parent() {
                files::sync_folder(above)?;
            }
        }
        Ok(())
    }

    /// Syncs a folder and those above it, up to the root.
    fn sync_upward(&self, folder: &Path) -> io::Result<()> {
        folder
            .ancestors()
            .take_while(|above| above.starts_with(&self.root))
            .try_for_each(files::sync_folder)
    }

    /// Removes documents that a killed run had not linked yet. Only for who
    /// holds the lock: nobody else is writing one.
    fn remove_leftovers(&self) -> io::Result<()> {
        let entries = match fs::read_dir(self.root.join(TMP)) {
            Err(error) if is_absent(&error) => return Ok(()),
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("doc-") && name.ends_with(".part") {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Store for LocalStore {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        let path = self.root.join(LOCK);
        let prepare = || self.make_folders(parent(&path)?);
        prepare().map_err(|e| StoreError::io(LOCK, e))?;
        let lock = lock::take(&path, &self.url)?;
        self.remove_leftovers()
            .map_err(|e| StoreError::io(TMP, e))?;
        Ok(Box::new(lock))
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mut file) = self.open_key(key)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|e| StoreError::io(key, e))?;
        Ok(Some(bytes))
    }

    fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        let Some(file) = self.open_key(key)? else {
            return Ok(None);
        };
        let read = || -> io::Result<Head> {
            let metadata = file.metadata()?;
            Ok(Head {
                size: metadata.len(),
                tag: tag(&metadata),
                version: None,
                mark: xattr::read_mark(&file)?,
            })
        };
        read().map(Some).map_err(|e| StoreError::io(key, e))
    }

    fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError> {
        if self.open_key(key)?.is_none() {
            return Ok(None);
        }
        let mut hasher = blake3::Hasher::new();
        match hasher.update_mmap_rayon(self.root.join(key)) {
            Ok(hasher) => Ok(Some(hasher.finalize().into())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(StoreError::io(key, error)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        key::check_prefix(prefix)?;
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let key_of = |path: &Path| -> Option<String> {
            // A name that is not text cannot be a key, so nobody put it here.
            Some(path.strip_prefix(&self.root).ok()?.to_str()?.to_owned())
        };
        // Symbolic links are followed, as `get` and `head` follow them.
        let entries = WalkDir::new(self.root.join(folder))
            .follow_links(true)
            .into_iter()
            .filter_entry(|entry| !key_of(entry.path()).is_some_and(|k| key::is_reserved(&k)));
        let mut keys = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    keys.extend(key_of(entry.path()).filter(|k| k.starts_with(prefix)));
                }
                Ok(_) => {}
                // Nothing there, or gone since its folder was read.
                Err(error) if error.io_error().is_some_and(is_absent) => {}
                Err(error) => return Err(StoreError::io(prefix, error.into())),
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }

    fn put_if_absent(&self, key: &str, bytes: &[u8], mark: &Mark) -> Result<Tag, StoreError> {
        key::check(key)?;
        let put = || -> io::Result<Option<Tag>> {
            let target = self.root.join(key);
            let folder = parent(&target)?;
            let temporary = self.write_temporary(bytes, mark)?;
            failpoint::reached(Failpoint::DocumentWritten)?;
            self.make_folders(folder)?;
            let written = fs::metadata(temporary.path())?;
            match fs::hard_link(temporary.path(), &target) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    // On NFS the link may have been made though its answer was
                    // lost; nobody else can have linked our temporary file.
                    let ours = fs::symlink_metadata(&target)
                        .is_ok_and(|t| files::identity(&t) == files::identity(&written));
                    if !ours {
                        return Ok(None);
                    }
                }
                other => other.map_err(explain)?,
            }
            self.sync_upward(folder)?;
            Ok(Some(tag(&written)))
        };
        put()
            .map_err(|e| StoreError::io(key, e))?
            .ok_or_else(|| StoreError::Precondition {
                key: key.to_owned(),
            })
    }

    /// Compares, then replaces. A folder has no atomic compare: the caller holds
    /// the lock, which keeps every other writer out between the two.
    fn put_if_match(
        &self,
        key: &str,
        body: Body<'_>,
        expect: &Expect,
        mark: &Mark,
    ) -> Result<Written, StoreError> {
        if !expect.is_met_by(self.head(key)?.as_ref().map(|head| &head.tag)) {
            return Err(StoreError::Precondition {
                key: key.to_owned(),
            });
        }
        let put = || match body {
            Body::Bytes(bytes) => {
                let temporary = self.write_temporary(bytes, mark)?;
                self.move_into_place(temporary.path(), key, mark)
            }
            Body::File(staged) if staged.starts_with(self.root.join(OBJECTS)) => {
                Err(refusal("retained bytes would be moved away".to_owned()))
            }
            Body::File(staged) => self.move_into_place(staged, key, mark),
        };
        let tag = put().map_err(|e| StoreError::io(key, e))?;
        let version = None;
        Ok(Written { tag, version })
    }

    fn remove_if_match(&self, key: &str, expect: &Expect) -> Result<(), StoreError> {
        let found = self.head(key)?;
        if !expect.is_met_by(found.as_ref().map(|head| &head.tag)) {
            return Err(StoreError::Precondition {
                key: key.to_owned(),
            });
        }
        self.remove(key, found.as_ref())
            .map_err(|e| StoreError::io(key, e))
    }

    fn sync(&self, key: &str) -> Result<(), StoreError> {
        key::check(key)?;
        let sync = || -> io::Result<()> {
            let path = self.root.join(key);
            File::open(&path)?.sync_all()?;
            let objects = self.root.join(OBJECTS);
            if objects.exists() {
                files::sync_folder(&objects)?;
                files::sync_folder(parent(&objects)?)?;
            }
            self.sync_upward(parent(&path)?)
        };
        sync().map_err(|e| StoreError::io(key, e))
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        key::check(key).ok()?;
        Some(self.root.join(key))
    }

    fn retained(&self, blake3: &ContentHash) -> Option<PathBuf> {
        Some(self.object(blake3)).filter(|path| path.is_file())
    }

    /// What the key shows, by the name that stays when the key is replaced. No file
    /// is opened for it: a reader may ask for thousands.
    fn fetch(&self, named: &Named<'_>) -> Result<Option<PathBuf>, StoreError> {
        key::check(named.key)?;
        let kept = self.object(&named.blake3);
        let about = |path: &Path| match fs::metadata(path) {
            Ok(about) => Ok(Some(about).filter(fs::Metadata::is_file)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(StoreError::io(named.key, error)),
        };
        let Some(shown) = about(&self.root.join(named.key))? else {
            return Ok(None);
        };
        // Kept bytes are taken for what they are only if they are the key's own:
        // nobody can have written into them since.
        let untouched = tag(&shown) == named.tag
            && about(&kept)?.is_some_and(|kept| files::identity(&kept) == files::identity(&shown));
        Ok(untouched.then_some(kept))
    }

    fn staging(&self) -> Option<PathBuf> {
        Some(self.root.join(TMP))
    }

    fn free_space(&self) -> Option<u64> {
        let existing = self.root.ancestors().find(|above| above.exists())?;
        let volume = rustix::fs::statvfs(existing).ok()?;
        // A file system without a size of its own answers zeros.
        if volume.f_blocks == 0 {
            return None;
        }
        volume.f_bavail.checked_mul(volume.f_frsize)
    }
}

fn open_if_file(path: &Path) -> io::Result<Option<File>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    File::open(path).map(Some)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn tag(metadata: &fs::Metadata) -> Tag {
    Tag(format!(
        "{}-{}.{:09}-{}",
        metadata.size(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ino()
    ))
}

fn parent(path: &Path) -> io::Result<&Path> {
    path.parent()
        .ok_or_else(|| refusal(format!("`{}` has no parent folder", path.display())))
}

fn refusal(text: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, text)
}

/// Says what a target's file system must be able to do, where it cannot.
fn explain(error: io::Error) -> io::Error {
    let text = match Errno::from_io_error(&error) {
        Some(Errno::XDEV) => "the staged file is on another file system than the target",
        Some(Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::MLINK) => {
            "this file system refuses hard links, which publishing to a folder needs"
        }
        _ => return error,
    };
    io::Error::new(error.kind(), format!("{text} ({error})"))
}
