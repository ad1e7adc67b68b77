//! Taking a file away from its key, when its bytes have their second name.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::{LocalStore, OBJECTS, files, parent};
use crate::failpoint::{self, Failpoint};
use crate::store::Head;

impl LocalStore {
    /// Empties a key that holds what `found` says, and removes the folders that it
    /// leaves empty: to some readers a folder alone is a partition.
    pub(super) fn remove(&self, key: &str, found: Option<&Head>) -> io::Result<()> {
        let path = self.root.join(key);
        if let Some(head) = found {
            self.keep(&path, head)?;
            failpoint::reached(Failpoint::ObjectKept)?;
            fs::remove_file(&path)?;
            failpoint::reached(Failpoint::PartitionRemoved)?;
        }
        let mut folder = parent(&path)?;
        while folder != self.root {
            match fs::remove_dir(folder) {
                Err(error) if error.kind() != ErrorKind::NotFound => break,
                _ => folder = parent(folder)?,
            }
        }
        // Also where nothing was found: whoever removed it may have died before.
        if folder.exists() {
            self.sync_upward(folder)?;
        }
        Ok(())
    }

    /// Makes sure that the bytes have a name under `objects/`, whatever they are.
    fn keep(&self, path: &Path, head: &Head) -> io::Result<()> {
        let file = File::open(path)?;
        let here = files::identity(&file.metadata()?);
        let marked = head.mark.as_ref().map(|mark| self.object(&mark.blake3));
        let is_kept = marked.is_some_and(|object| {
            fs::metadata(object).is_ok_and(|kept| files::identity(&kept) == here)
        });
        if !is_kept {
            self.retain(path, &file, &files::hash(path)?)?;
        }
        self.sync_upward(&self.root.join(OBJECTS))
    }
}
