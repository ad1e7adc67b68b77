//! The contents that runs took, found again among the files that lie there now:
//! whatever they are called today, they are known by their hash.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use crate::ingest::error::ScanError;
use crate::ingest::scan::{Found, FoundFile};
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, ScannedFile};
use crate::model::names::SourceName;
use crate::model::source::SourceDefinition;
use crate::pipeline::context::Context;
use crate::pipeline::error::RunError;
use crate::pipeline::scan;
use crate::state::KnownFile;

/// What is looked for of one source.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// By which its files are read.
    pub definition: SourceDefinition,
    /// The contents that are to be loaded.
    pub files: Vec<InputFile>,
    /// Every path that any of its contents ever had.
    pub paths: BTreeSet<String>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    found: BTreeMap<SourceName, BTreeMap<ContentHash, ScannedFile>>,
    /// What was hashed, so that the next run need not.
    pub known: BTreeMap<SourceName, Vec<(String, KnownFile)>>,
}

impl Contents {
    /// Looks for all that is wanted: where sources' patterns look, where each content
    /// lay, and in the folders `from`.
    ///
    /// # Errors
    /// Files that could be one of them and cannot be read, and a wish to stop.
    pub fn find(
        ctx: &Context,
        wanted: &BTreeMap<SourceName, Wanted>,
        from: &[PathBuf],
    ) -> Result<Self, RunError> {
        let mut contents = Self::default();
        let elsewhere = files_below(from)?;
        for (name, wanted) in wanted {
            let (files, shown) = candidates(ctx, wanted, &elsewhere)?;
            let mut found = Found {
                files,
                left_out: Vec::new(),
            };
            let hashed = scan::hashed(ctx, &wanted.definition, &mut found, &HashMap::new())?;
            let files = hashed.files.into_iter().map(|f| (f.blake3, f));
            contents.found.insert(name.clone(), files.collect());
            let known = hashed.known.into_iter();
            let known = known.filter(|(path, _)| shown.contains(path)).collect();
            contents.known.insert(name.clone(), known);
        }
        Ok(contents)
    }

    /// The file that has the content of an input file, under the path that it had
    /// when it was taken.
    pub fn of(&self, source: &SourceName, file: &InputFile) -> Option<ScannedFile> {
        let found = self.found.get(source)?.get(&file.blake3)?;
        let path = file.paths.first().unwrap_or(&found.path);
        Some(ScannedFile {
            path: path.clone(),
            ..found.clone()
        })
    }

    /// Whether the content of an input file is there.
    pub fn has(&self, source: &SourceName, file: &InputFile) -> bool {
        let found = self.found.get(source);
        found.is_some_and(|f| f.contains_key(&file.blake3))
    }
}

/// All files below these folders.
fn files_below(folders: &[PathBuf]) -> Result<Vec<FoundFile>, RunError> {
    let mut files = Vec::new();
    for folder in folders {
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| RunError::Io {
                path: error.path().unwrap_or(folder).to_owned(),
                source: error.into(),
            })?;
            if entry.file_type().is_file() {
                files.push(FoundFile {
                    path: entry.path().display().to_string(),
                    absolute: entry.path().to_owned(),
                    object: None,
                });
            }
        }
    }
    Ok(files)
}

/// The files that may have a wanted content, by their sizes; and the paths among
/// them that the source's pattern shows today.
fn candidates(
    ctx: &Context,
    wanted: &Wanted,
    elsewhere: &[FoundFile],
) -> Result<(Vec<FoundFile>, BTreeSet<String>), RunError> {
    let today = ctx.project.source(wanted.definition.name.as_str());
    let patterns = [today.map(|s| &s.path), Some(&wanted.definition.path)];
    let mut scans = Vec::new();
    for pattern in patterns.into_iter().flatten() {
        scans.push(match ctx.places().scan(pattern) {
            Ok(found) => found.files,
            // What cannot be reached now is not gone.
            Err(error @ (ScanError::Store(_) | ScanError::Interrupted)) => {
                return Err(error.into());
            }
            // A pattern that shows nothing, because a folder is gone, finds nothing.
            Err(_) => Vec::new(),
        });
    }
    let mut scans = scans.into_iter();
    let shown: Vec<FoundFile> = scans.next().unwrap_or_default();
    let shown_paths: BTreeSet<String> = shown.iter().map(|f| f.path.clone()).collect();
    let of_then = scans.flatten().collect::<Vec<_>>();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut recorded = Vec::new();
    for path in wanted
        .paths
        .iter()
        .filter(|path| !shown_paths.contains(*path))
    {
        recorded.extend(ctx.places().at(path)?);
    }
    let sizes: BTreeSet<u64> = wanted.files.iter().map(|f| f.size).collect();
    let fits = |file: &FoundFile| file.size().is_some_and(|size| sizes.contains(&size));
    let files = shown
        .into_iter()
        .chain(of_then)
        .chain(recorded)
        .chain(elsewhere.iter().cloned())
        .filter(|file| seen.insert(file.path.clone()) && fits(file))
        .collect();
    Ok((files, shown_paths))
}
