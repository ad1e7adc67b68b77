//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Writes a file in place of what is there.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft(path, bytes)?;
    let kept = fs::rename(&draft, path);
    if kept.is_err() {
        let _ = fs::remove_file(&draft);
    }
    kept
}

/// Writes a file that is not there: [`io::ErrorKind::AlreadyExists`] if it is.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft(path, bytes)?;
    // Unlike a rename, a link never takes the place of another file.
    let kept = fs::hard_link(&draft, path);
    let _ = fs::remove_file(&draft);
    kept
}

/// Beside it, under a name that nobody takes for a file of the project.
fn draft(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let draft = path.with_file_name(format!(".{name}.{}.{number}.part", std::process::id()));
    let written = File::create_new(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written {
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    Ok(draft)
}
