//! How what was built takes the place of what was there.
//!
//! State and warehouse are two files, and cannot be replaced in one step. So a
//! marker is put beside the new ones when both are whole and on disk to stay: from
//! then on whoever takes the project's lock completes the exchange, each step of
//! which may be done again.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::failpoint::{self, Failpoint};
use crate::project::Layout;
use crate::store::files;

/// The marker. It holds the name of the folder in which the old is kept, or nothing.
const READY: &str = "ready";

/// A file that is replaced, and what may lie beside the old one: a new file must
/// never meet the log of an old one.
struct Place {
    name: &'static str,
    beside: &'static [&'static str],
    placed: Failpoint,
}

const PLACES: [Place; 2] = [
    Place {
        name: "warehouse.duckdb",
        beside: &[".wal"],
        placed: Failpoint::RebuildWarehousePlaced,
    },
    Place {
        name: "state.db",
        beside: &["-wal", "-shm", "-journal"],
        placed: Failpoint::RebuildStatePlaced,
    },
];

/// Whether a rebuild died after its marker: the old is not to be believed any more.
pub fn is_half_way(layout: &Layout) -> bool {
    layout.rebuild().join(READY).exists()
}

/// Puts the marker. What is in the folder of the rebuild must be synced. `keep`:
/// what it takes the place of is moved into the folder that is returned.
///
/// # Errors
/// Of the file system.
pub fn prepare(layout: &Layout, keep: bool) -> io::Result<Option<PathBuf>> {
    let folder = layout.rebuild();
    let kept = keep.then(|| free_folder(&layout.replaced()));
    let draft = folder.join("ready.part");
    let mut file = File::create(&draft)?;
    let name = kept
        .as_deref()
        .and_then(Path::file_name)
        .unwrap_or_default();
    file.write_all(name.as_encoded_bytes())?;
    file.sync_all()?;
    files::sync_folder(&folder)?;
    fs::rename(&draft, folder.join(READY))?;
    files::sync_folder(&folder)?;
    failpoint::reached(Failpoint::RebuildReady)?;
    Ok(kept)
}

/// The first of `1`, `2`, … that is not there.
fn free_folder(replaced: &Path) -> PathBuf {
    let mut numbers = (1_u32..).map(|n| replaced.join(n.to_string()));
    let free = numbers.find(|folder| !folder.exists());
    free.unwrap_or_else(|| replaced.to_owned())
}

/// Completes the exchange, if a marker is there. The caller holds the project's
/// lock. Whether there was one.
///
/// # Errors
/// Of the file system; it can be tried again.
pub fn complete(layout: &Layout) -> io::Result<bool> {
    let folder = layout.rebuild();
    let ready = folder.join(READY);
    let kept = match fs::read_to_string(&ready) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    let kept = (!kept.is_empty()).then(|| layout.replaced().join(kept));
    for place in &PLACES {
        let new = folder.join(place.name);
        if new.exists() {
            replace(&new, &layout.private(), place, kept.as_deref())?;
            failpoint::reached(place.placed)?;
        }
    }
    files::remove(&ready)?;
    files::sync_folder(&folder)?;
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(true),
    }
}

fn replace(new: &Path, private: &Path, place: &Place, kept: Option<&Path>) -> io::Result<()> {
    let old = private.join(place.name);
    // The logs first: a new file without a log is whole, an old log beside it is not.
    let beside = place
        .beside
        .iter()
        .map(|suffix| format!("{}{suffix}", place.name));
    for name in beside {
        put_aside(&private.join(&name), &name, kept)?;
    }
    if kept.is_some() {
        put_aside(&old, place.name, kept)?;
    }
    files::sync_folder(private)?;
    fs::rename(new, &old)?;
    files::sync_folder(private)
}

/// Moves a file to where it is kept, or removes it; that it is not there is fine.
fn put_aside(path: &Path, name: &str, kept: Option<&Path>) -> io::Result<()> {
    let Some(kept) = kept else {
        return files::remove(path);
    };
    if !path.exists() {
        return Ok(());
    }
    fs::create_dir_all(kept)?;
    fs::rename(path, kept.join(name))?;
    files::sync_folder(kept)
}
