//! What runs and queries that died left behind, and nobody needs.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::files::{entries, size};
use super::finding::Finding;
use super::objects::judgeable;
use super::runs::unsettled;
use super::subject::Subject;
use crate::pipeline::error::RunError;
use crate::pipeline::rebuild::swap;
use crate::store::Unfinished;

/// A query holds no lock: what it put aside a day ago is nobody's any more.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    pub path: PathBuf,
    /// What it was for, as the rest of a sentence.
    pub what: &'static str,
}

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    if let Some(who) = &subject.at_work {
        return Ok(vec![Finding::skipped(format!(
            "a run is at work, and these may be its own: {who}"
        ))]);
    }
    let root = subject.ctx.layout.root();
    let shown = |path: &Path| {
        let path = path.strip_prefix(root).unwrap_or(path);
        format!("`{}` ({} bytes)", path.display(), size(path))
    };
    let mut found: Vec<Finding> = all(subject)?
        .iter()
        .map(|left| Finding::warning(format!("{} {}", shown(&left.path), left.what)).mendable())
        .collect();
    found.extend(uploads(subject));
    let layout = &subject.ctx.layout;
    if swap::is_half_way(layout) {
        found.push(
            Finding::error("a rebuild died while it took the place of the old: it is whole, and not all in place")
                .run("`workbench export` or `workbench rebuild` completes it, and so does `workbench doctor --fix`")
                .mendable(),
        );
    }
    let replaced = layout.replaced();
    if replaced.exists() {
        let found_there = format!("{} is what a rebuild took the place of", shown(&replaced));
        found.push(
            Finding::warning(found_there)
                .run("`rm -r .workbench/replaced`, once you do not miss anything"),
        );
    }
    if found.is_empty() {
        found.push(Finding::ok("nothing is left behind"));
    }
    Ok(found)
}

/// All that is left and may go. What a run that died needs to be completed is not.
///
/// # Errors
/// Folders that cannot be listed.
pub(super) fn all(subject: &Subject<'_>) -> Result<Vec<Left>, RunError> {
    let layout = &subject.ctx.layout;
    let mut left = Vec::new();
    let mut add = |path: PathBuf, what| left.push(Left { path, what });
    for path in list(&layout.copies())? {
        add(path, "is a copy that a load made and did not remove");
    }
    for path in list(&layout.spill())?.into_iter().filter(|p| is_old(p)) {
        add(path, "was put aside by a query that died");
    }
    let is_draft = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with('.') && name.ends_with(".part") && is_old(path)
    };
    for path in list(&layout.private())?.into_iter().filter(|p| is_draft(p)) {
        add(path, "was being written by an app that died");
    }
    if layout.warehouse_spill().exists() {
        add(layout.warehouse_spill(), "was put aside by a run that died");
    }
    if layout.rebuild().exists() && !swap::is_half_way(layout) {
        add(layout.rebuild(), "was begun by a rebuild that died");
    }
    let unsettled_here = unsettled(subject).unwrap_or_default();
    for path in list(&layout.staging())? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // With its files a run is completed, and an upload is resumed.
        if !unsettled_here.iter().any(|r| r.run.to_string() == name) {
            add(path, "was staged by a run that is over");
        }
    }
    let (Ok(_), Some(folder)) = (judgeable(subject), &subject.target.folder) else {
        // Whose staged files are still needed cannot be told.
        return Ok(left);
    };
    let unsettled = unsettled(subject).unwrap_or_default();
    for path in list(&folder.join("_workbench/tmp"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match name.parse::<u64>() {
            Ok(run) if unsettled.iter().any(|r| r.run == run) => {}
            Ok(_) => left.push(Left {
                path,
                what: "was staged by a run that is over",
            }),
            Err(_) if name.starts_with("doc-") && name.ends_with(".part") => left.push(Left {
                path,
                what: "is a document that a run did not come to put",
            }),
            Err(_) => {}
        }
    }
    Ok(left)
}

fn uploads(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(target) = &subject.target.there else {
        return Vec::new();
    };
    let unfinished = match target.store.unfinished() {
        Ok(unfinished) => unfinished,
        Err(error) => {
            let what = format!("uploads in parts that are not over cannot be listed: {error}");
            return vec![Finding::warning(what)];
        }
    };
    let told = |upload: &Unfinished| {
        let begun = upload.begun.map(|at| at.format("%Y-%m-%d %H:%M UTC"));
        let begun = begun.map_or_else(|| "some time ago".to_owned(), |at| at.to_string());
        let what = format!(
            "an upload of `{}` in parts was begun {begun} and is not over: its parts are paid for",
            upload.key
        );
        match is_old_upload(upload) {
            true => Finding::warning(what).mendable(),
            false => Finding::warning(what)
                .run("the next `workbench export` completes it, if it was this project's"),
        }
    };
    unfinished.iter().map(told).collect()
}

/// An upload that nobody has ended for a day: who began it is gone.
pub(super) fn is_old_upload(upload: &Unfinished) -> bool {
    upload.begun.is_some_and(|at| {
        let age = SystemTime::now().duration_since(at.into());
        age.is_ok_and(|age| age > OLD)
    })
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, RunError> {
    // A file of that name is told of elsewhere.
    if folder.exists() && !folder.is_dir() {
        return Ok(Vec::new());
    }
    entries(folder).map_err(|source| RunError::Io {
        path: folder.to_owned(),
        source,
    })
}

fn is_old(path: &Path) -> bool {
    let changed = path.metadata().and_then(|m| m.modified());
    changed.is_ok_and(|at| {
        SystemTime::now()
            .duration_since(at)
            .is_ok_and(|age| age > OLD)
    })
}
