//! Are the files that were taken still there, and as they were?

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::finding::{Finding, named};
use super::subject::Subject;
use crate::ingest::scan::{Found, FoundFile};
use crate::model::bookmarks::SourceBookmarks;
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, ScannedFile};
use crate::model::source::SourceDefinition;
use crate::pipeline::error::{RunError, count};
use crate::pipeline::scan;

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    if subject.broken.is_some() {
        return Ok(vec![Finding::skipped(
            "where raw files lie is not known while `workbench.toml` cannot be read",
        )]);
    }
    let Some(bookmarks) = subject.bookmarks() else {
        return Ok(vec![if subject.has_run() {
            Finding::skipped("without state and warehouse it is not known what was taken")
        } else {
            Finding::ok("nothing was taken yet")
        }]);
    };
    let mut found = Vec::new();
    let mut looked_at = 0;
    for source in &subject.ctx.project.sources {
        let taken = bookmarks.sources.get(&source.name);
        let live = taken.map(SourceBookmarks::live).unwrap_or_default();
        looked_at += live.len() as u64;
        found.extend(of_source(subject, source, &live)?);
    }
    if found.is_empty() {
        let how = if subject.deep {
            "as they were taken, byte by byte"
        } else {
            "as they were taken, by size and time (`--deep` reads them)"
        };
        found.push(Finding::ok(match looked_at {
            0 => "nothing was taken yet".to_owned(),
            n => format!("{} of which rows count are {how}", count(n, "file")),
        }));
    }
    Ok(found)
}

fn of_source(
    subject: &Subject<'_>,
    source: &SourceDefinition,
    live: &[&InputFile],
) -> Result<Vec<Finding>, RunError> {
    let shown = match subject.ctx.places().find(source) {
        Ok(shown) => shown,
        Err(error) => {
            let what = error.hint();
            let found = Finding::error(format!("source `{}`: {error}", source.name));
            return Ok(vec![match what {
                Some(hint) => found.run(hint),
                None => found.run("bring its files back, or correct its `path`"),
            }]);
        }
    };
    let there = contents(subject, source, live, shown)?;
    let contents: BTreeSet<ContentHash> = there.values().map(|f| f.blake3).collect();
    let (mut gone, mut changed) = (Vec::new(), Vec::new());
    for file in live.iter().filter(|f| !contents.contains(&f.blake3)) {
        match file.paths.iter().find(|p| there.contains_key(*p)) {
            Some(path) => changed.push(format!("{path} (run {})", file.run)),
            None => gone.push(file.paths.join(", ")),
        }
    }
    let mut found = Vec::new();
    if !changed.is_empty() {
        found.push(
            Finding::warning(format!(
                "source `{}`: {} changed since they were taken: {}",
                source.name,
                count(changed.len() as u64, "file"),
                named(&changed)
            ))
            .run("`workbench plan` says what the next export makes of it"),
        );
    }
    if !gone.is_empty() {
        found.push(
            Finding::warning(format!(
                "source `{}`: {} of which rows count, gone since they were taken: {}",
                source.name,
                count(gone.len() as u64, "file"),
                named(&gone)
            ))
            .run(
                "their rows stay; to load them again (`workbench rebuild`, `bookmarks reset`) they \
                 are needed: keep them, or a backup of `.workbench`",
            ),
        );
    }
    Ok(found)
}

/// What lies at the paths of taken files, or may be one of them under another name,
/// by path. Files that wait to be taken are not read.
fn contents(
    subject: &Subject<'_>,
    source: &SourceDefinition,
    live: &[&InputFile],
    shown: Found,
) -> Result<BTreeMap<String, ScannedFile>, RunError> {
    let paths: BTreeSet<&str> = live
        .iter()
        .flat_map(|f| f.paths.iter().map(String::as_str))
        .collect();
    let sizes: BTreeSet<u64> = live.iter().map(|f| f.size).collect();
    let concerns = |file: &FoundFile| {
        let is_as_large = file.size().is_some_and(|size| sizes.contains(&size));
        paths.contains(file.path.as_str()) || is_as_large
    };
    let files = shown.files.into_iter().filter(concerns).collect();
    let known = match subject.state() {
        Some(facts) if !subject.deep => facts.state.known_files(&source.name)?,
        _ => HashMap::new(),
    };
    let mut found = Found {
        files,
        left_out: Vec::new(),
    };
    let hashed = scan::hashed(subject.ctx, source, &mut found, &known)?;
    let files = hashed.files.into_iter();
    Ok(files.map(|f| (f.path.clone(), f)).collect())
}
