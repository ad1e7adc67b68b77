//! Putting published bytes back where they are missing or damaged, from their other name.

use std::fs;
use std::path::Path;

use super::files::objects_folder;
use super::partitions::{self, Held};
use super::subject::{Subject, TargetFacts};
use crate::pipeline::error::RunError;
use crate::pipeline::removed;
use crate::store::files;

/// Links kept bytes to keys that are gone or hold something else, and keys to kept copies that are gone.
/// Only bytes are believed that have the committed hash now. `done` is told each.
///
/// # Errors
/// Of the file system.
pub(super) fn put_back(
    subject: &Subject<'_>,
    target: &TargetFacts,
    mut done: impl FnMut(String),
) -> Result<(), RunError> {
    let Some(objects) = objects_folder(&subject.target) else {
        return Ok(());
    };
    let store = &target.store;
    for seen in partitions::all(subject, target)? {
        let committed = &seen.live.partition;
        let key = &committed.path;
        let expected = committed.staged.blake3;
        let Some(path) = store.path(key) else {
            continue;
        };
        let object = objects.join(format!("{expected}.part"));
        let (from, to, told) = match (seen.key, seen.kept) {
            (Held::Missing, Held::AsCommitted) => (
                &object,
                &path,
                format!("put `{key}` back from its kept bytes"),
            ),
            (Held::Differs, Held::AsCommitted) => (
                &object,
                &path,
                format!("put `{key}` back from its kept bytes"),
            ),
            (Held::AsCommitted, Held::Missing | Held::Differs) => {
                (&path, &object, format!("kept a copy of `{key}` again"))
            }
            _ => continue,
        };
        if !files::hash(from).is_ok_and(|hash| hash == expected) {
            continue;
        }
        let mut told = told;
        if seen.key == Held::Differs {
            // Nobody knows what it is: it is kept elsewhere.
            let kept = removed::keep(subject.ctx, &path, key);
            let aside = kept.map_err(|source| RunError::Io {
                path: path.clone(),
                source,
            })?;
            let root = subject.ctx.layout.root();
            let shown = aside.strip_prefix(root).unwrap_or(&aside);
            told += &format!("; what lay there is in `{}`", shown.display());
        }
        link(from, to).map_err(|source| RunError::Io {
            path: to.clone(),
            source,
        })?;
        store.sync(key)?;
        done(told);
    }
    Ok(())
}

/// Gives a file a second name, in place of what has it.
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder)?;
    let draft = folder.join(".put-back.part");
    files::remove(&draft)?;
    fs::hard_link(from, &draft)?;
    fs::rename(&draft, to)?;
    files::sync_folder(folder)
}
