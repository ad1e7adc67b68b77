//! The files under `sql/`, read and understood: headers, what reads what, the
//! order that follows, fingerprints. SQL is parsed by the engine, which is known
//! here as a [`Syntax`] only.

mod determinism;
pub mod error;
mod fingerprint;
mod functions;
mod graph;
mod header;
pub mod problem;
mod read;
pub mod statement;
mod syntax_tree;
mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use crate::model::located::Located;
use crate::model::names::SourceName;
use crate::model::syntax::Syntax;
use crate::model::transform::{Transform, TransformKind, Transforms};

pub use error::{Place, Problem, TransformError, TransformErrors};
pub use syntax_tree::TableName;

/// A file under `sql/`, not looked at yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlFile {
    pub kind: TransformKind,
    /// Its name without `.sql`.
    pub name: String,
    pub text: String,
}

impl SqlFile {
    /// Its path relative to the project: `sql/staging/accounts.sql`.
    pub fn path(&self) -> String {
        format!("sql/{}/{}.sql", self.kind.folder(), self.name)
    }
}

/// What of `sql/` can be read, for those who look at a project that may be in the
/// middle of an edit. Nothing is computed from it.
#[derive(Debug, Clone, Default)]
pub struct Readable {
    /// All files that are text, refused or not.
    pub files: Vec<SqlFile>,
    /// Those that nothing is wrong with.
    pub transforms: Transforms,
    /// The paths of the others.
    pub refused: BTreeSet<String>,
    /// The paths of those that read one of the others, directly or not: their
    /// fingerprints mean nothing.
    pub unsure: BTreeSet<String>,
    /// What is wrong with the others.
    pub errors: Option<TransformErrors>,
}

/// Reads `sql/` of the project in the folder `root`. Folders may be missing;
/// what does not end in `.sql`, or begins with a dot, is none of ours.
///
/// # Errors
/// All that is wrong, in the order of the files.
pub fn read(
    root: &Path,
    known_sources: &[SourceName],
    syntax: &dyn Syntax,
) -> Result<Transforms, TransformErrors> {
    let (files, unread) = read::files(root);
    read::transforms(&files, unread, known_sources, syntax)
}

/// The same as far as it can be read.
pub fn readable(root: &Path, known_sources: &[SourceName], syntax: &dyn Syntax) -> Readable {
    let (files, unread) = read::files(root);
    read::readable(&files, unread, known_sources, syntax)
}

/// The same of files that were read before, or never were files.
///
/// # Errors
/// As [`read`].
pub fn from_files(
    files: &[SqlFile],
    known_sources: &[SourceName],
    syntax: &dyn Syntax,
) -> Result<Transforms, TransformErrors> {
    read::transforms(files, Vec::new(), known_sources, syntax)
}

/// Why a SELECT may give other rows another time, though it reads the same; of anything
/// else nothing is known. `key` are columns that name a row of the result, if they are known.
pub fn chances(sql: &str, key: &[String], syntax: &dyn Syntax) -> Vec<String> {
    let examined = statement::examine(sql, syntax);
    let by_chance = |p: &Problem| matches!(p, Problem::Chance { .. } | Problem::Sample);
    let problems = examined.problems.iter().filter(|(_, p)| by_chance(p));
    let problems = problems.map(|(_, problem)| problem.to_string());
    let warnings = examined.tree.iter();
    let warnings = warnings.flat_map(|tree| determinism::warnings(sql, tree, Some(key)));
    let warnings = warnings.map(|(_, message)| message);
    let mut messages: Vec<String> = Vec::new();
    for message in problems.chain(warnings) {
        if !messages.contains(&message) {
            messages.push(message);
        }
    }
    messages
}

/// The place in its file of a byte of a transform's SQL.
pub fn locate(transform: &Transform, position: usize) -> Located {
    let span = text::name_at(&transform.sql, position);
    let span = transform.sql_start + span.start..transform.sql_start + span.end;
    Located::at(&transform.path, &transform.text, span)
}

/// What the engine says of a transform when it runs it, at its place in the
/// file; `position` is a byte of the SQL.
pub fn engine_error(
    transform: &Transform,
    message: &str,
    position: Option<usize>,
) -> TransformError {
    TransformError {
        what: Problem::Syntax {
            message: message.to_owned(),
        },
        at: match position {
            Some(position) => Place::At(locate(transform, position)),
            None => Place::File(transform.path.clone()),
        },
    }
}
