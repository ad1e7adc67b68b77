//! Writing a proposal down: all of it, or nothing, and never over a file.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::error::ProposeError;
use super::{Proposal, ProposedFile};
use crate::project::CONFIG_FILE;

/// What a project keeps to itself.
const IGNORED: &str = ".workbench/\noutput/\n";
const IGNORE_FILE: &str = ".gitignore";

/// What `root` has of a project already.
///
/// # Errors
/// [`ProposeError::InTheWay`] if it has any of these.
pub fn refuse_existing(root: &Path, paths: &[String]) -> Result<(), ProposeError> {
    let mut found: Vec<String> = paths
        .iter()
        .filter(|path| fs::symlink_metadata(root.join(path)).is_ok())
        .cloned()
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    found.sort();
    Err(ProposeError::InTheWay {
        folder: root.to_owned(),
        paths: found,
    })
}

/// Writes all files of a proposal. Returns the paths of what was written, the
/// project file last.
///
/// # Errors
/// What is there already; what cannot be written. What was written before that
/// is taken away again.
pub fn write(proposal: &Proposal) -> Result<Vec<String>, ProposeError> {
    let paths: Vec<String> = proposal.files.iter().map(|f| f.path.clone()).collect();
    refuse_existing(&proposal.root, &paths)?;
    let mut written = Written::default();
    match written.all(proposal) {
        Ok(()) => Ok(written.paths),
        Err(error) => {
            written.take_away();
            Err(error)
        }
    }
}

#[derive(Default)]
struct Written {
    paths: Vec<String>,
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Written {
    fn all(&mut self, proposal: &Proposal) -> Result<(), ProposeError> {
        let root = &proposal.root;
        let ignore = ProposedFile {
            path: IGNORE_FILE.to_owned(),
            text: IGNORED.to_owned(),
        };
        // A folder with a list of its own keeps it.
        let with_ignore = (!root.join(IGNORE_FILE).exists()).then_some(&ignore);
        // The project file comes last: without it there is no project.
        let (config, others): (Vec<_>, Vec<_>) = proposal
            .files
            .iter()
            .partition(|file| file.path == CONFIG_FILE);
        for file in others.into_iter().chain(with_ignore).chain(config) {
            self.one(root, file)?;
        }
        Ok(())
    }

    fn one(&mut self, root: &Path, file: &ProposedFile) -> Result<(), ProposeError> {
        let path = root.join(&file.path);
        if let Some(folder) = path.parent() {
            self.folder(folder)?;
        }
        let failed = |source: std::io::Error| match source.kind() {
            ErrorKind::AlreadyExists => ProposeError::InTheWay {
                folder: root.to_owned(),
                paths: vec![file.path.clone()],
            },
            _ => ProposeError::Io {
                path: path.clone(),
                source,
            },
        };
        let mut open = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(failed)?;
        self.files.push(path.clone());
        open.write_all(file.text.as_bytes()).map_err(failed)?;
        self.paths.push(file.path.clone());
        Ok(())
    }

    fn folder(&mut self, folder: &Path) -> Result<(), ProposeError> {
        let new: Vec<&Path> = folder.ancestors().take_while(|f| !f.exists()).collect();
        for folder in new.into_iter().rev() {
            fs::create_dir(folder).map_err(|source| ProposeError::Io {
                path: folder.to_owned(),
                source,
            })?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    fn take_away(&self) {
        // What cannot be taken away is named by the next `init`.
        for file in self.files.iter().rev() {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
