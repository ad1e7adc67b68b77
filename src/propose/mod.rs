//! A first proposal for a project, from its raw files: which sources they are,
//! how they are written, what their columns hold. Whole files are read, and what
//! is not sure is said.
//!
//! What is decided here is written down once, in `workbench.toml`, for people to
//! correct; loading guesses nothing.

mod cell;
mod choose;
mod dates;
pub mod dialect;
pub mod error;
mod feeds;
pub mod find;
mod header;
mod header_names;
mod keys;
pub mod layout;
mod numbers;
pub mod places;
mod profile;
pub mod sample;
mod shape;
mod sniff;
pub mod split;
mod types;
mod values;
mod work;
pub mod write;
mod write_feature;
mod write_sql;
mod write_toml;

use std::fs;
use std::path::{Path, PathBuf};

pub use error::ProposeError;
use feeds::Feed;
use find::Found;
pub use types::TypedColumn;
use work::Work;

use crate::model::dialect::Dialect;
use crate::model::interrupt::Interrupt;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::source::SourceDefinition;
use crate::project::CONFIG_FILE;

/// Where a project is to be, and where its raw files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposeRequest {
    /// May not exist yet.
    pub root: PathBuf,
    /// A folder or a file.
    pub from: PathBuf,
}

/// A source, as it would be defined.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedSource {
    pub definition: SourceDefinition,
    pub columns: Vec<TypedColumn>,
    pub files: Vec<String>,
    pub rows: u64,
    pub bytes: u64,
    /// Rows that do not fit the table; values that do not fit are counted by column.
    pub bad_rows: u64,
    pub key_reason: String,
    pub load_reason: String,
    pub bad_reason: String,
    pub notes: Vec<String>,
}

/// A file of the project that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedFile {
    /// Relative to its root.
    pub path: String,
    pub text: String,
}

/// A whole project.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Absolute.
    pub root: PathBuf,
    pub from: String,
    pub sources: Vec<ProposedSource>,
    /// Files that are of no source, and why.
    pub left_out: Vec<(String, String)>,
    pub files: Vec<ProposedFile>,
    /// The dataset that the first export publishes.
    pub dataset: String,
}

/// Looks through all files, and proposes a project. Writes nothing.
///
/// # Errors
/// [`ProposeError`]: nothing to propose, something in the way, files that cannot
/// be read.
pub fn propose(
    request: &ProposeRequest,
    progress: &dyn ProgressSink,
    interrupt: &Interrupt,
) -> Result<Proposal, ProposeError> {
    let root = absolute(&request.root)?;
    write::refuse_existing(&root, &[CONFIG_FILE.to_owned()])?;
    let from = fs::canonicalize(&request.from).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ProposeError::Missing {
            path: request.from.clone(),
        },
        _ => ProposeError::Io {
            path: request.from.clone(),
            source,
        },
    })?;
    progress.report(Progress::Step {
        step: "looking for files",
    });
    let Found {
        files,
        mut left_out,
    } = find::find(&from, &root)?;
    let bytes: u64 = files.iter().map(|f| f.bytes).sum();
    // Each is read twice: once for its dialect, once as it is to be loaded.
    let work = Work::new(progress, interrupt, bytes * 2);

    progress.report(Progress::Step {
        step: "reading files",
    });
    let mut sniffed = Vec::new();
    for (file, result) in files
        .iter()
        .zip(work.each(&files, |file| sniff::sniff(file, &work)))
    {
        match result {
            _ if work.was_stopped() => return Err(ProposeError::Interrupted),
            Ok(found) => sniffed.push(found),
            Err(why) => left_out.push((file.path.clone(), why)),
        }
    }
    if sniffed.is_empty() {
        return Err(ProposeError::NoFiles { from, left_out });
    }
    let shown = folder_of(&from, &root);
    let not_shown: Vec<String> = left_out.iter().map(|(path, _)| path.clone()).collect();
    let feeds = feeds::feeds(sniffed, &not_shown, &shown);
    let mut sources = Vec::new();
    for source in work.each(&feeds, |feed| source(feed, &work)) {
        sources.push(source?);
    }
    Ok(proposal(root, shown, sources, left_out))
}

/// The folder that was looked through, as paths of files begin.
fn folder_of(from: &Path, root: &Path) -> String {
    let folder = if from.is_dir() {
        from
    } else {
        from.parent().unwrap_or(from)
    };
    find::shown(folder, root)
}

/// Without links, as far as the folder exists.
fn absolute(folder: &Path) -> Result<PathBuf, ProposeError> {
    let failed = |source| ProposeError::Io {
        path: folder.to_owned(),
        source,
    };
    let whole = std::path::absolute(folder).map_err(failed)?;
    let there = whole.ancestors().find(|f| f.exists()).unwrap_or(&whole);
    let rest = whole.strip_prefix(there).unwrap_or(Path::new(""));
    let there = fs::canonicalize(there).map_err(failed)?;
    Ok(if rest.as_os_str().is_empty() {
        there
    } else {
        there.join(rest)
    })
}

fn source(feed: &Feed, work: &Work<'_>) -> Result<ProposedSource, ProposeError> {
    let dialect: Dialect = sniff::common(&feed.files);
    let profile = profile::profile(&feed.name, &dialect, &feed.files, work)?;
    let columns = choose::columns(&profile);
    let paths: Vec<String> = feed.files.iter().map(|f| f.file.path.clone()).collect();
    let choice = choose::choose(&profile, &columns, &paths);
    let name = feed
        .name
        .parse()
        .unwrap_or_else(|_| unreachable!("feeds have names"));
    let mut definition = SourceDefinition::new(name, feed.pattern.clone());
    definition.load = choice.load;
    definition.key = choice.key;
    definition.bad_rows = choice.bad_rows;
    definition.dialect = dialect;
    definition.columns = columns.iter().map(|c| c.declared.clone()).collect();
    let mut notes = feed.notes.clone();
    for note in feed
        .files
        .iter()
        .flat_map(|f| &f.layout.notes)
        .chain(&choice.notes)
    {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    Ok(ProposedSource {
        definition,
        columns,
        files: paths,
        rows: profile.rows,
        bytes: feed.files.iter().map(|f| f.file.bytes).sum(),
        bad_rows: profile.bad_rows,
        key_reason: choice.key_reason,
        load_reason: choice.load_reason,
        bad_reason: choice.bad_reason,
        notes,
    })
}

fn proposal(
    root: PathBuf,
    from: String,
    sources: Vec<ProposedSource>,
    left_out: Vec<(String, String)>,
) -> Proposal {
    let name = root
        .file_name()
        .map_or("project".into(), |n| n.to_string_lossy());
    let from = if from.is_empty() {
        ".".to_owned()
    } else {
        from
    };
    let feature = write_feature::feature(&sources);
    let check = write_sql::check(&sources);
    let config = write_toml::write(name.trim(), &from, &sources);
    let file = |path: String, text: String| ProposedFile { path, text };
    let mut files = vec![file(CONFIG_FILE.to_owned(), config)];
    for source in &sources {
        let path = format!("sql/staging/{}.sql", source.definition.name);
        files.push(file(path, write_sql::staging(source)));
    }
    files.push(file(
        format!("sql/features/{}.sql", feature.name),
        feature.text,
    ));
    files.push(file(format!("sql/checks/{}.sql", check.name), check.text));
    Proposal {
        root,
        from,
        sources,
        left_out,
        files,
        dataset: feature.name,
    }
}

/// `1 row`, `2 rows`.
fn words(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
