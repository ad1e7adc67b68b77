//! Files that were fetched, by their BLAKE3: what is here needs no network.
//!
//! ```text
//! <folder>/objects/<blake3>   read-only, verified when they came
//! <folder>/tmp/*              on their way here
//! <folder>/leases/*           one per process: what it was handed, locked while it lives
//! <folder>/lock               held for a moment by whoever hands out or evicts
//! ```
//! All of it may be deleted while no process uses it.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use super::{StoreError, files};
use crate::model::hash::ContentHash;

/// Bytes that are kept, if no more are in use.
pub const MOST: u64 = 10 * 1024 * 1024 * 1024;

/// Other processes may bring files too: after so many they are counted again.
const TRUSTED: u32 = 1000;

/// Nobody writes any more to what nobody wrote to for so long.
const ON_ITS_WAY: Duration = Duration::from_hours(24);

/// A folder of fetched files. Processes may share one.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    most: u64,
}

/// What this process was handed of one folder, and told others so.
struct Lease {
    file: File,
    handed: HashSet<ContentHash>,
    /// Of these, those that this process saw to be what they are called.
    verified: HashSet<ContentHash>,
    /// Bytes in the folder when they were last counted, and what came since.
    bytes: u64,
    /// Files that may still come before they are counted again.
    trusted: u32,
}

/// By folder; never given back while the process lives: whoever was handed a
/// path may open it at any time.
fn leases() -> MutexGuard<'static, HashMap<PathBuf, Lease>> {
    static LEASES: OnceLock<Mutex<HashMap<PathBuf, Lease>>> = OnceLock::new();
    LEASES
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl Cache {
    /// The cache in a folder, which is made when something comes into it. At most
    /// `most` bytes are kept, least recently used first let go; what a process
    /// was handed is kept as long as it lives.
    pub fn new(folder: impl Into<PathBuf>, most: u64) -> Self {
        Self {
            folder: folder.into(),
            most,
        }
    }

    /// The file with these bytes, if it is here. It is hashed when this process
    /// meets it first; one that was damaged meanwhile is let go.
    ///
    /// # Errors
    /// Of the file system.
    pub fn get(&self, blake3: &ContentHash) -> Result<Option<PathBuf>, StoreError> {
        let path = self.path(blake3);
        self.look(blake3, &path)
            .map_err(|e| StoreError::io(path.display(), e))
    }

    /// The file with these bytes, brought by `fill` if it is not here: that
    /// writes the file it is given.
    ///
    /// # Errors
    /// Those of `fill`; [`StoreError::Damaged`] with `name` if it brought other
    /// bytes; those of the file system.
    pub fn bring(
        &self,
        blake3: &ContentHash,
        name: &str,
        fill: impl FnOnce(&Path) -> Result<(), StoreError>,
    ) -> Result<PathBuf, StoreError> {
        if let Some(path) = self.get(blake3)? {
            return Ok(path);
        }
        let tmp = self.room()?;
        let filled = fill(&tmp).and_then(|()| match hash(&tmp)? == *blake3 {
            true => self.place(blake3, &tmp),
            false => Err(StoreError::Damaged {
                key: name.to_owned(),
            }),
        });
        if filled.is_err() {
            let _ = files::remove(&tmp);
        }
        filled
    }

    /// A path for a new file, in the cache's own file system, for bytes whose
    /// hash is not known yet; [`Cache::take_in`] takes it.
    ///
    /// # Errors
    /// Of the file system.
    pub fn room(&self) -> Result<PathBuf, StoreError> {
        let folder = self.folder.join("tmp");
        fs::create_dir_all(&folder).map_err(|e| StoreError::io(folder.display(), e))?;
        Ok(folder.join(uuid::Uuid::new_v4().simple().to_string()))
    }

    /// Takes a file of [`Cache::room`] in, which is to hold what was told of it, if
    /// anything was. Returns what it holds.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with `name` if it holds something else; those of the file
    /// system.
    pub fn take_in(
        &self,
        tmp: &Path,
        told: Option<&ContentHash>,
        name: &str,
    ) -> Result<ContentHash, StoreError> {
        let blake3 = hash(tmp)?;
        if told.is_some_and(|told| *told != blake3) {
            return Err(StoreError::Damaged {
                key: name.to_owned(),
            });
        }
        self.place(&blake3, tmp)?;
        Ok(blake3)
    }

    /// Takes a file in that was seen to hold this.
    fn place(&self, blake3: &ContentHash, tmp: &Path) -> Result<PathBuf, StoreError> {
        let path = self.path(blake3);
        let placed = || -> io::Result<()> {
            let file = File::open(tmp)?;
            let size = file.metadata()?.len();
            files::make_read_only(&file)?;
            fs::create_dir_all(self.folder.join("objects"))?;
            let _lock = self.lock()?;
            self.evict(size)?;
            self.hand(blake3)?;
            fs::rename(tmp, &path)?;
            self.note_verified(blake3);
            Ok(())
        };
        placed().map_err(|e| StoreError::io(tmp.display(), e))?;
        Ok(path)
    }

    /// Where the file with these bytes lies, if it is here.
    pub fn path(&self, blake3: &ContentHash) -> PathBuf {
        self.folder.join("objects").join(blake3.to_string())
    }

    fn look(&self, blake3: &ContentHash, path: &Path) -> io::Result<Option<PathBuf>> {
        if !path.exists() {
            return Ok(None);
        }
        {
            let _lock = self.lock()?;
            // From here on nobody lets it go.
            self.hand(blake3)?;
        }
        let known = leases()
            .get(&self.folder)
            .is_some_and(|lease| lease.verified.contains(blake3));
        if !known && !self.verify(blake3, path)? {
            return Ok(None);
        }
        touch(path);
        Ok(path.exists().then(|| path.to_owned()))
    }

    /// Whether a file is what it is called; if not, it is removed. It may be long, so
    /// the lock is not held.
    fn verify(&self, blake3: &ContentHash, path: &Path) -> io::Result<bool> {
        let is_whole = || match files::hash(path) {
            Ok(hash) => Ok(hash == *blake3),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        };
        if !is_whole()? {
            let _lock = self.lock()?;
            // Somebody may have brought it anew meanwhile.
            if !is_whole()? {
                files::remove(path)?;
                return Ok(false);
            }
        }
        self.note_verified(blake3);
        Ok(true)
    }

    fn note_verified(&self, blake3: &ContentHash) {
        if let Some(lease) = leases().get_mut(&self.folder) {
            lease.verified.insert(*blake3);
        }
    }

    /// Released when it is dropped.
    fn lock(&self) -> io::Result<File> {
        let path = self.folder.join("lock");
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        file.lock()?;
        Ok(file)
    }

    /// Tells other processes that this one uses a file. The lock is held.
    fn hand(&self, blake3: &ContentHash) -> io::Result<()> {
        let mut leases = leases();
        if !leases.contains_key(&self.folder) {
            self.living_leases()?;
            let folder = self.folder.join("leases");
            fs::create_dir_all(&folder)?;
            let name = uuid::Uuid::new_v4().simple().to_string();
            let file = File::create_new(folder.join(name))?;
            file.lock()?;
            let lease = Lease {
                file,
                handed: HashSet::new(),
                verified: HashSet::new(),
                bytes: 0,
                trusted: 0,
            };
            leases.insert(self.folder.clone(), lease);
        }
        if let Some(lease) = leases.get_mut(&self.folder)
            && !lease.handed.contains(blake3)
        {
            // In one write, so that others read whole lines.
            lease.file.write_all(format!("{blake3}\n").as_bytes())?;
            lease.handed.insert(*blake3);
        }
        Ok(())
    }

    /// The leases of living processes; those of dead ones are removed. The lock is held.
    fn living_leases(&self) -> io::Result<Vec<PathBuf>> {
        let mut living = Vec::new();
        for entry in entries(&self.folder.join("leases"))? {
            let path = entry.path();
            let Ok(file) = File::open(&path) else {
                continue;
            };
            if file.try_lock().is_ok() {
                files::remove(&path)?;
            } else {
                living.push(path);
            }
        }
        Ok(living)
    }

    /// What living processes were handed.
    fn in_use(&self) -> io::Result<HashSet<String>> {
        let mut used = HashSet::new();
        let own: HashSet<String> = leases()
            .get(&self.folder)
            .map(|lease| lease.handed.iter().map(ToString::to_string).collect())
            .unwrap_or_default();
        for path in self.living_leases()? {
            let text = fs::read_to_string(&path).unwrap_or_default();
            used.extend(text.lines().map(str::to_owned));
        }
        used.extend(own);
        Ok(used)
    }

    /// Makes room for so many bytes. The lock is held.
    ///
    /// All files are looked at only where they may be too many: thousands may come
    /// one by one.
    fn evict(&self, coming: u64) -> io::Result<()> {
        if let Some(lease) = leases().get_mut(&self.folder)
            && lease.trusted > 0
            && lease.bytes + coming <= self.most
        {
            lease.trusted -= 1;
            lease.bytes += coming;
            return Ok(());
        }
        let bytes = self.count_and_evict(coming)?;
        if let Some(lease) = leases().get_mut(&self.folder) {
            lease.bytes = bytes;
            lease.trusted = TRUSTED;
        }
        Ok(())
    }

    /// Bytes that are there then, with those that come.
    fn count_and_evict(&self, coming: u64) -> io::Result<u64> {
        self.clear_room()?;
        let mut here: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in entries(&self.folder.join("objects"))? {
            if let Ok(about) = entry.metadata() {
                here.push((about.modified()?, about.len(), entry.path()));
            }
        }
        let mut bytes = coming + here.iter().map(|(_, size, _)| size).sum::<u64>();
        if bytes <= self.most {
            return Ok(bytes);
        }
        let used = self.in_use()?;
        here.sort();
        for (_, size, path) in here {
            if bytes <= self.most {
                break;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !used.contains(name.as_ref()) {
                files::remove(&path)?;
                bytes -= size;
            }
        }
        Ok(bytes)
    }

    /// Removes what processes that were killed left on its way here.
    fn clear_room(&self) -> io::Result<()> {
        for entry in entries(&self.folder.join("tmp"))? {
            let modified = entry.metadata().and_then(|about| about.modified());
            if modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ON_ITS_WAY)) {
                files::remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn hash(path: &Path) -> Result<ContentHash, StoreError> {
    files::hash(path).map_err(|e| StoreError::io(path.display(), e))
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Used now. That it cannot be noted is no harm.
fn touch(path: &Path) {
    if let Ok(file) = File::open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

#[cfg(test)]
mod tests;
