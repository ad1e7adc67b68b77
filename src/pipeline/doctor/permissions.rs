//! May this user read and write what a run reads and writes?

use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::finding::Finding;
use super::subject::Subject;
use crate::pipeline::error::RunError;

/// What a run does with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// A file that is read.
    Read,
    /// A file that is written to.
    Write,
    /// A folder that is listed.
    List,
    /// A folder in which files are made.
    Fill,
}

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let layout = &subject.ctx.layout;
    let mut wanted = vec![
        (layout.root().to_owned(), Need::List),
        (layout.config(), Need::Read),
        (layout.sql_staging(), Need::List),
        (layout.sql_features(), Need::List),
        (layout.sql_checks(), Need::List),
        (layout.private(), Need::Fill),
        (layout.logs(), Need::Fill),
        (layout.state(), Need::Write),
        (layout.warehouse(), Need::Write),
        (layout.lock(), Need::Write),
    ];
    if !layout.private().exists() {
        wanted.push((layout.root().to_owned(), Need::Fill));
    }
    if let Some(folder) = &subject.target.folder {
        wanted.push((folder.clone(), Need::Fill));
        let ours = folder.join("_workbench");
        for name in ["intents", "commits", "checkpoints", "objects", "tmp"] {
            wanted.push((ours.join(name), Need::Fill));
        }
        wanted.push((ours.join("lock"), Need::Write));
        // It is made by the first export.
        let above = folder.ancestors().skip(1).find(|above| above.exists());
        if let Some(above) = above.filter(|_| !folder.exists()) {
            wanted.push((above.to_owned(), Need::Fill));
        }
    }
    let found: Vec<Finding> = wanted
        .iter()
        .filter_map(|(path, need)| trouble(layout.root(), path, *need))
        .collect();
    if found.is_empty() {
        let looked_at = wanted.iter().filter(|(path, _)| path.exists()).count();
        return Ok(vec![Finding::ok(format!(
            "{looked_at} files and folders can be read and written as a run needs it"
        ))]);
    }
    Ok(found)
}

/// What is in the way; None also for what is not there.
fn trouble(root: &Path, path: &Path, need: Need) -> Option<Finding> {
    let shown = path
        .strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string();
    let shown = if shown.is_empty() { "." } else { &shown };
    let is_folder = match path.metadata() {
        Ok(found) => found.is_dir(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            return Some(
                Finding::error(format!("`{shown}` cannot be looked at: {error}"))
                    .run("give this user access to the folder it lies in"),
            );
        }
    };
    let wants_folder = matches!(need, Need::List | Need::Fill);
    if is_folder != wants_folder {
        let (is, belongs) = if is_folder {
            ("a folder", "a file")
        } else {
            ("a file", "a folder")
        };
        return Some(
            Finding::error(format!("`{shown}` is {is}, and {belongs} belongs there"))
                .run(format!("move it away: `mv {shown} {shown}.aside`")),
        );
    }
    let (access, cannot, mode) = match need {
        Need::Read => (Access::READ_OK, "read", "u+r"),
        Need::Write => (Access::READ_OK | Access::WRITE_OK, "written to", "u+rw"),
        Need::List => (Access::READ_OK | Access::EXEC_OK, "listed", "u+rx"),
        Need::Fill => (
            Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK,
            "written to",
            "u+rwx",
        ),
    };
    accessat(CWD, path, access, AtFlags::EACCESS)
        .err()
        .map(|error| {
            let why = std::io::Error::from(error);
            Finding::error(format!("`{shown}` cannot be {cannot} by this user: {why}")).run(
                format!("`chmod {mode} {shown}`, or run as the user who owns it"),
            )
        })
}
