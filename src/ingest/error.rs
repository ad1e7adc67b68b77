//! Why raw files could not be listed, hashed or understood.
//!
//! Paths in messages are as users see them: relative to the project where they
//! lie inside it.

use std::io;

use crate::model::located::printable;
use crate::store::StoreError;

/// Why the files of a source could not be listed or hashed. Reading nothing
/// because of one of these is never "no new files".
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("`{pattern}` is not a path pattern: {reason}")]
    BadPattern { pattern: String, reason: String },
    #[error("`{path}`, the folder that `{pattern}` begins in, does not exist")]
    MissingFolder { pattern: String, path: String },
    #[error("`{path}`, where `{pattern}` begins, is not a folder")]
    NotAFolder { pattern: String, path: String },
    #[error("`{path}` does not exist")]
    MissingFile { path: String },
    #[error("`{path}` is a folder, and `{pattern}` means files")]
    Folder { pattern: String, path: String },
    #[error("`{path}` matches `{pattern}`, but is neither a file nor a folder")]
    NotAFile { pattern: String, path: String },
    #[error("`{path}` is a symbolic link to something that does not exist")]
    BrokenLink { path: String },
    #[error("`{path}` is a symbolic link into a loop")]
    Loop { path: String },
    #[error("the name of `{path}` is not UTF-8")]
    NotUtf8 { path: String },
    #[error("the folder `{path}` cannot be read: {source}")]
    UnreadableFolder {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("`{path}` cannot be read: {source}")]
    Unreadable {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Store(StoreError),
    #[error("`{path}` is not any more what it was when its bucket was listed")]
    Changed { path: String },
    #[error("`{path}` was there a moment ago and is gone")]
    Gone { path: String },
    #[error("`{path}` changed while it was read, twice: it is still being written")]
    Unsettled { path: String },
    #[error("`{path}` is compressed, and ends before its text does")]
    Cut { path: String },
    #[error("`{path}` is compressed, and cannot be unpacked: {why}")]
    Damaged { path: String, why: String },
    /// More than one of the others, all of which were found.
    #[error("{}", listing(.0))]
    Several(Vec<ScanError>),
    #[error("interrupted")]
    Interrupted,
}

impl From<StoreError> for ScanError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Interrupted => Self::Interrupted,
            error => Self::Store(error),
        }
    }
}

/// How many problems are listed; the rest are counted.
const LISTED: usize = 50;

fn listing(errors: &[ScanError]) -> String {
    let mut text = format!("{} files or folders cannot be taken:", errors.len());
    for error in errors.iter().take(LISTED) {
        text.push_str(&format!("\n  {error}"));
    }
    if errors.len() > LISTED {
        text.push_str(&format!("\n  and {} more", errors.len() - LISTED));
    }
    text
}

impl ScanError {
    /// All of them as one. A wish to stop is all that is told if it is among them.
    ///
    /// # Errors
    /// If there is any.
    pub fn check(errors: Vec<Self>) -> Result<(), Self> {
        let mut all = Vec::with_capacity(errors.len());
        for error in errors {
            match error {
                Self::Interrupted => return Err(error),
                Self::Several(errors) => all.extend(errors),
                error => all.push(error),
            }
        }
        // Folders and threads have no order of their own; and a bucket that several
        // sources are in is at fault once.
        all.sort_by_cached_key(Self::to_string);
        all.dedup_by_key(|error| error.to_string());
        match all.len() {
            0 => Ok(()),
            1 => all.pop().map_or(Ok(()), Err),
            _ => Err(Self::Several(all)),
        }
    }

    /// Whether the files could be read, and what they hold is at fault.
    pub fn is_of_the_data(&self) -> bool {
        match self {
            Self::Cut { .. } | Self::Damaged { .. } => true,
            Self::Several(errors) => errors.iter().all(Self::is_of_the_data),
            _ => false,
        }
    }

    /// Whether it is for the user to set something right, rather than to try again.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Store(StoreError::Remote(error)) => error.is_usage(),
            Self::Several(errors) => errors.iter().all(Self::is_usage),
            _ => false,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::BadPattern { .. } => {
                "`*` and `?` match within a name, `**` any folders, `{a,b}` and `[ab]` one of \
                 several"
            }
            Self::MissingFolder { .. } | Self::NotAFolder { .. } => {
                "correct the source's `path`, or make the folder: an empty one is no error"
            }
            Self::MissingFile { .. } => {
                "a `path` without wildcards names a file that must be there; a pattern may match \
                 nothing"
            }
            Self::Folder { path, .. } => {
                return Some(format!(
                    "to read the files in it write `{path}/*.csv`; else rename it or move it away"
                ));
            }
            Self::NotAFile { .. } => "move it away, or narrow the source's `path`",
            Self::BrokenLink { .. } => "mend or remove the link: what it stood for is not read",
            Self::Loop { .. } => "remove the link, or narrow the source's `path`",
            Self::NotUtf8 { .. } => "rename it",
            Self::UnreadableFolder { .. } | Self::Unreadable { .. } => {
                "let the user who runs this read it, or move it away"
            }
            Self::Store(StoreError::Remote(error)) => return error.hint(),
            Self::Store(StoreError::Damaged { .. }) => {
                "run again; if it stays so, send it again with `workbench upload`, after what lies there was removed"
            }
            Self::Store(_) => "run again",
            Self::Changed { .. } | Self::Gone { .. } => "run again",
            Self::Unsettled { .. } => {
                "run again when nobody writes it; a file is better written under another name and renamed"
            }
            Self::Cut { .. } => {
                "deliver it again, whole; how many rows are missing nobody can tell"
            }
            Self::Damaged { .. } => "deliver it again",
            Self::Several(errors) => {
                let mut hints: Vec<String> = Vec::new();
                for hint in errors.iter().filter_map(Self::hint) {
                    if !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
                return Some(hints.join("; "));
            }
            Self::Interrupted => return None,
        };
        Some(hint.to_owned())
    }
}

/// Why a file's header was refused. Names are as the file writes them, unless
/// said otherwise.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    #[error("`{path}` cannot be read: {source}")]
    Unreadable {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("`{path}` is empty: it has not even a header")]
    Empty { path: String },
    #[error("`{path}` is not text as its source says it is, but looks like {looks_like}")]
    NotText {
        path: String,
        looks_like: &'static str,
    },
    #[error("a quote in the header of `{path}` is never closed")]
    OpenQuote { path: String },
    #[error(
        "a quoted name in the header of `{path}` goes on after its closing quote: {}",
        shown(name)
    )]
    AfterQuote { path: String, name: String },
    #[error("the first record of `{path}` is longer than {} KiB, which is no header", limit / 1024)]
    TooLong { path: String, limit: usize },
    #[error(
        "`{path}` seems to be separated by {separator}: its header is one name, {}",
        shown(name)
    )]
    Separator {
        path: String,
        separator: &'static str,
        name: String,
    },
    #[error("column {column} of `{path}` has no name")]
    NoName { path: String, column: usize },
    #[error(
        "column {column} of `{path}` has a name that is kept for our own columns: {}",
        shown(name)
    )]
    Reserved {
        path: String,
        column: usize,
        name: String,
    },
    #[error(
        "columns {first} and {second} of `{path}` have the same name, {}",
        shown(name)
    )]
    Doubled {
        path: String,
        name: String,
        first: usize,
        second: usize,
    },
    #[error(
        "columns {} and {} of `{path}` would both become `{column}`",
        shown(first),
        shown(second)
    )]
    Collision {
        path: String,
        column: String,
        first: String,
        second: String,
    },
    #[error(
        "`{path}` has no header, or one without any name that is known: its first record is {}, \
         expected {}",
        listed(found),
        wanted(expected)
    )]
    NoHeader {
        path: String,
        found: Vec<String>,
        expected: Vec<String>,
    },
    #[error(
        "`{path}` lacks {} of the key; it has {}",
        columns(missing),
        listed(found)
    )]
    MissingKey {
        path: String,
        missing: Vec<String>,
        found: Vec<String>,
    },
    #[error(
        "the columns of `{path}` differ, and its source is frozen: {}",
        differences(missing, extra)
    )]
    Frozen {
        path: String,
        missing: Vec<String>,
        extra: Vec<String>,
    },
}

impl HeaderError {
    /// The file.
    pub fn path(&self) -> &str {
        match self {
            Self::Unreadable { path, .. }
            | Self::Empty { path, .. }
            | Self::NotText { path, .. }
            | Self::OpenQuote { path, .. }
            | Self::AfterQuote { path, .. }
            | Self::TooLong { path, .. }
            | Self::Separator { path, .. }
            | Self::NoName { path, .. }
            | Self::Reserved { path, .. }
            | Self::Doubled { path, .. }
            | Self::Collision { path, .. }
            | Self::NoHeader { path, .. }
            | Self::MissingKey { path, .. }
            | Self::Frozen { path, .. } => path,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreadable { .. } => "let the user who runs this read it, or move it away",
            Self::Empty { .. } => {
                "remove it, or deliver it again; a file without rows has a header"
            }
            Self::NotText { .. } => {
                "say how it is written, with `encoding = \"latin-1\"` or `\"utf-16\"` below \
                 `[sources.<name>.csv]`, or convert it to UTF-8 text"
            }
            Self::OpenQuote { .. } | Self::AfterQuote { .. } => {
                "a name in quotes ends with a quote, and a quote inside it is written twice"
            }
            Self::TooLong { .. } => "look for a quote that is never closed",
            Self::Separator { .. } => {
                "say so with `delimiter = \"…\"` below `[sources.<name>.csv]`"
            }
            Self::NoName { .. } => "name it, or take out the comma that makes a column of nothing",
            Self::Reserved { .. } | Self::Doubled { .. } | Self::Collision { .. } => {
                "rename the column; names are compared in lower case, with `_` for all but letters \
                 and digits"
            }
            Self::NoHeader { .. } => "put a line with the column names on top of it",
            Self::MissingKey { .. } => "deliver it with the key, or change the source's `key`",
            Self::Frozen { .. } => {
                "deliver it with the columns that are there, or set `schema = \"evolve\"`"
            }
        };
        Some(hint.to_owned())
    }
}

/// Names beyond these are counted only.
const NAMES: usize = 8;
/// Characters beyond these are cut.
const CHARACTERS: usize = 60;

/// A text from a raw file, as it can be printed.
fn shown(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("`{}…`", printable(&text[..end])),
        None => format!("`{}`", printable(text)),
    }
}

fn listed(names: &[String]) -> String {
    let mut text: Vec<String> = names.iter().take(NAMES).map(|name| shown(name)).collect();
    if names.len() > NAMES {
        text.push(format!("and {} more", names.len() - NAMES));
    }
    text.join(", ")
}

fn wanted(names: &[String]) -> String {
    if names.is_empty() {
        "names".to_owned()
    } else {
        listed(names)
    }
}

fn columns(names: &[String]) -> String {
    let noun = if names.len() == 1 {
        "column"
    } else {
        "columns"
    };
    format!("{noun} {}", listed(names))
}

fn differences(missing: &[String], extra: &[String]) -> String {
    let parts = [("missing", missing), ("new", extra)];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> = parts
        .map(|(what, names)| format!("{what} {}", listed(names)))
        .collect();
    parts.join("; ")
}
