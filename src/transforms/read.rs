//! From files to transforms, and all that is wrong with them at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use crate::model::hash::ContentHash;
use crate::model::located::Located;
use crate::model::names::{SourceName, TransformName};
use crate::model::partition::dataset_prefix;
use crate::model::syntax::Syntax;
use crate::model::transform::{Header, Relation, Schema, Transform, TransformKind, Transforms};

use super::error::{Place, TransformError, TransformErrors};
use super::graph::{self, Tables};
use super::problem::Problem;
use super::statement::{self, Statement};
use super::{Readable, SqlFile, determinism, fingerprint, header};

const KINDS: [TransformKind; 3] = [
    TransformKind::Staging,
    TransformKind::Features,
    TransformKind::Check,
];

/// The files of all kinds, by name; and what could not be read.
pub(super) fn files(root: &Path) -> (Vec<SqlFile>, Vec<TransformError>) {
    let mut files = Vec::new();
    let mut unread = Vec::new();
    for kind in KINDS {
        let path = format!("sql/{}", kind.folder());
        match names(&root.join(&path)) {
            Ok(names) => {
                for name in names {
                    let path = format!("{path}/{name}.sql");
                    match text(&root.join(&path)) {
                        Ok(text) => files.push(SqlFile { kind, name, text }),
                        Err(what) => unread.push(TransformError {
                            what,
                            at: Place::File(path),
                        }),
                    }
                }
            }
            Err(error) => unread.push(TransformError {
                what: unreadable(&error),
                at: Place::File(path),
            }),
        }
    }
    (files, unread)
}

/// The names of the SQL files in a folder, without `.sql`.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Editors keep files of their own, whose names begin with a dot.
        if let Some(stem) = name.strip_suffix(".sql").filter(|n| !n.starts_with('.'))
            && !entry.path().is_dir()
        {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn text(path: &Path) -> Result<String, Problem> {
    let bytes = fs::read(path).map_err(|error| unreadable(&error))?;
    String::from_utf8(bytes).map_err(|_| Problem::NotUtf8)
}

fn unreadable(error: &io::Error) -> Problem {
    Problem::Unreadable {
        message: error.to_string(),
    }
}

/// A file on its way to a transform.
struct Draft<'f> {
    file: &'f SqlFile,
    /// None if it is not a name.
    name: Option<TransformName>,
    header: Header,
    sql: Range<usize>,
    statement: Statement,
    /// What it reads, and where its SQL says so first.
    reads: BTreeMap<Relation, Range<usize>>,
    /// What is wrong, and where in the file; None: with the file as a whole.
    problems: Vec<(Option<Range<usize>>, Problem)>,
}

impl<'f> Draft<'f> {
    fn new(file: &'f SqlFile, syntax: &dyn Syntax) -> Self {
        let parts = header::read(file.kind, &file.text);
        let sql = parts.sql.clone().unwrap_or_default();
        let statement = match &parts.sql {
            Some(sql) => statement::examine(&file.text[sql.clone()], syntax),
            None => Statement::default(),
        };
        let mut draft = Self {
            file,
            name: None,
            header: parts.header,
            sql,
            statement,
            reads: BTreeMap::new(),
            problems: Vec::new(),
        };
        match file.name.parse() {
            Ok(name) => draft.name = Some(name),
            Err(bad) => draft.problems.push((None, Problem::FileName(bad))),
        }
        for (span, what) in parts.problems {
            draft.problems.push((Some(span), what));
        }
        for (span, what) in std::mem::take(&mut draft.statement.problems) {
            draft.add(span, what);
        }
        draft
    }

    /// `span` is in the SQL.
    fn add(&mut self, span: Range<usize>, what: Problem) {
        let span = self.sql.start + span.start..self.sql.start + span.end;
        self.problems.push((Some(span), what));
    }

    fn resolve(&mut self, tables: &Tables) {
        for table in std::mem::take(&mut self.statement.tables) {
            match tables.resolve(&table.path, self.file.kind) {
                Ok(relation) => {
                    self.reads.entry(relation).or_insert(table.span);
                }
                Err(what) => self.add(table.span, what),
            }
        }
    }

    fn relation(&self) -> Option<Relation> {
        let schema = match self.file.kind {
            TransformKind::Staging => Schema::Staging,
            TransformKind::Features => Schema::Features,
            TransformKind::Check => return None,
        };
        Some(Relation {
            schema,
            name: self.file.name.clone(),
        })
    }

    /// Its problems, in the order of the file, each said once.
    fn errors(self) -> impl Iterator<Item = TransformError> {
        let mut problems = self.problems;
        problems.sort_by_key(|(span, _)| span.as_ref().map(|span| span.start));
        let mut said: Vec<Problem> = Vec::new();
        problems.retain(|(_, what)| {
            let is_new = !said.contains(what);
            if is_new {
                said.push(what.clone());
            }
            is_new
        });
        let file = self.file;
        problems
            .into_iter()
            .map(move |(span, what)| TransformError {
                what,
                at: match span {
                    Some(span) => Place::At(Located::at(&file.path(), &file.text, span)),
                    None => Place::File(file.path()),
                },
            })
    }
}

/// The transforms that `files` hold, or all that is wrong with them.
pub(super) fn transforms(
    files: &[SqlFile],
    unread: Vec<TransformError>,
    known_sources: &[SourceName],
    syntax: &dyn Syntax,
) -> Result<Transforms, TransformErrors> {
    let readable = readable(files, unread, known_sources, syntax);
    match readable.errors {
        Some(errors) => Err(errors),
        None => Ok(readable.transforms),
    }
}

/// As much of it as can be understood, and all that is wrong with the rest.
pub(super) fn readable(
    files: &[SqlFile],
    unread: Vec<TransformError>,
    known_sources: &[SourceName],
    syntax: &dyn Syntax,
) -> Readable {
    // Trees are walked by recursion, and an expression the engine takes may be
    // a thousand levels deep: too much for the stack of an ordinary thread.
    let mut readable = std::thread::scope(|scope| {
        let read = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || understand(files, &unread, known_sources, syntax));
        match read.map(|thread| thread.join()) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // No thread to be had: as well as the stack at hand allows.
            Err(_) => understand(files, &unread, known_sources, syntax),
        }
    });
    readable.files = files.to_vec();
    readable
}

/// Bytes of stack for walking trees.
const STACK: usize = 256 * 1024 * 1024;

fn understand(
    files: &[SqlFile],
    unread: &[TransformError],
    known_sources: &[SourceName],
    syntax: &dyn Syntax,
) -> Readable {
    let mut drafts: Vec<Draft<'_>> = files.iter().map(|file| Draft::new(file, syntax)).collect();
    let names = files.iter().map(|file| (file.kind, file.name.as_str()));
    let tables = Tables::new(known_sources, names);
    for draft in &mut drafts {
        draft.resolve(&tables);
    }
    find_shared_prefixes(&mut drafts);
    let order = order(&mut drafts);
    let is_wrong = !unread.is_empty() || drafts.iter().any(|draft| !draft.problems.is_empty());
    if !is_wrong {
        return Readable {
            transforms: build(&drafts, &order),
            ..Readable::default()
        };
    }
    let (order, refused) = order_of_the_rest(&drafts);
    let unread_files = unread.iter().filter_map(|error| match &error.at {
        Place::File(path) => Some(path.clone()),
        Place::At(_) => None,
    });
    Readable {
        transforms: build(&drafts, &order),
        unsure: unsure(&drafts, &refused),
        refused: refused
            .iter()
            .map(|&at| drafts[at].file.path())
            .chain(unread_files)
            .collect(),
        errors: Some(TransformErrors::new(
            unread
                .iter()
                .cloned()
                .chain(drafts.into_iter().flat_map(Draft::errors))
                .collect(),
        )),
        files: Vec::new(),
    }
}

/// An order of the drafts that nothing is wrong with, and the others. Where
/// cycles share members only one of them was told of: the others are broken too.
fn order_of_the_rest(drafts: &[Draft<'_>]) -> (Vec<usize>, BTreeSet<usize>) {
    let mut refused: BTreeSet<usize> = (0..drafts.len())
        .filter(|&at| !drafts[at].problems.is_empty())
        .collect();
    loop {
        let kept: Vec<usize> = (0..drafts.len())
            .filter(|at| !refused.contains(at))
            .collect();
        let places = places(drafts);
        let reads: Vec<Vec<usize>> = kept
            .iter()
            .map(|&at| {
                let reads = drafts[at].reads.keys();
                let read = reads.filter_map(|read| places.get(read));
                read.filter_map(|at| kept.binary_search(at).ok()).collect()
            })
            .collect();
        match graph::order(&reads) {
            Ok(order) => return (order.into_iter().map(|at| kept[at]).collect(), refused),
            Err(cycles) => refused.extend(cycles.iter().filter_map(|c| Some(kept[*c.first()?]))),
        }
    }
}

/// The paths of the drafts whose meaning hangs on one that is refused.
fn unsure(drafts: &[Draft<'_>], refused: &BTreeSet<usize>) -> BTreeSet<String> {
    let places = places(drafts);
    let mut unsure = refused.clone();
    loop {
        let more: Vec<usize> = (0..drafts.len())
            .filter(|at| !unsure.contains(at))
            .filter(|&at| {
                let mut reads = drafts[at].reads.keys();
                reads.any(|read| places.get(read).is_some_and(|at| unsure.contains(at)))
            })
            .collect();
        if more.is_empty() {
            break;
        }
        unsure.extend(more);
    }
    let hanging = unsure.difference(refused);
    hanging.map(|&at| drafts[at].file.path()).collect()
}

/// Which draft each table is made by. History is read as it was published, so it
/// is not among them.
fn places(drafts: &[Draft<'_>]) -> BTreeMap<Relation, usize> {
    (0..drafts.len())
        .filter_map(|at| Some((drafts[at].relation()?, at)))
        .collect()
}

fn find_shared_prefixes(drafts: &mut [Draft<'_>]) {
    let datasets: Vec<usize> = (0..drafts.len())
        .filter(|&at| drafts[at].file.kind == TransformKind::Features && drafts[at].name.is_some())
        .collect();
    let prefixes: Vec<String> = datasets
        .iter()
        .filter_map(|&at| {
            Some(dataset_prefix(
                drafts[at].name.as_ref()?,
                drafts[at].header.version,
            ))
        })
        .collect();
    for (later, earlier) in graph::same_prefixes(&prefixes) {
        let what = Problem::SamePrefix {
            prefix: prefixes[later].clone(),
            other: drafts[datasets[earlier]].file.path(),
        };
        drafts[datasets[later]].problems.push((None, what));
    }
}

/// An order in which each comes after what it reads; cycles become problems.
fn order(drafts: &mut [Draft<'_>]) -> Vec<usize> {
    let relations: Vec<Option<Relation>> = drafts.iter().map(Draft::relation).collect();
    let places = places(drafts);
    let reads: Vec<Vec<usize>> = drafts
        .iter()
        .map(|draft| {
            let reads = draft.reads.keys();
            reads.filter_map(|read| places.get(read).copied()).collect()
        })
        .collect();
    let cycles = match graph::order(&reads) {
        Ok(order) => return order,
        Err(cycles) => cycles,
    };
    for cycle in cycles {
        let round = cycle.iter().chain(cycle.first());
        let path: Vec<String> = round
            .clone()
            .filter_map(|&at| relations[at].as_ref().map(Relation::to_string))
            .collect();
        let next = round.clone().nth(1).and_then(|&at| relations[at].as_ref());
        let draft = &mut drafts[cycle[0]];
        let span = next.and_then(|next| draft.reads.get(next).cloned());
        draft.add(span.unwrap_or_default(), Problem::Cycle { path });
    }
    Vec::new()
}

fn build(drafts: &[Draft<'_>], order: &[usize]) -> Transforms {
    let mut fingerprints: BTreeMap<Relation, ContentHash> = BTreeMap::new();
    let mut transforms = Transforms::default();
    for &at in order {
        let draft = &drafts[at];
        let (Some(name), Some(tree)) = (&draft.name, &draft.statement.tree) else {
            // Without either there was a problem, and nothing is built.
            continue;
        };
        let file = draft.file;
        let reads = draft.reads.keys();
        let hash = fingerprint::fingerprint(
            file.kind,
            &draft.header,
            tree,
            reads.map(|read| (read, fingerprints.get(read).copied())),
        );
        if let Some(relation) = draft.relation() {
            fingerprints.insert(relation, hash);
        }
        let sql = &file.text[draft.sql.clone()];
        let key = Some(&*draft.header.key).filter(|key| !key.is_empty());
        let warnings = determinism::warnings(sql, tree, key)
            .into_iter()
            .map(|(position, message)| {
                let at = draft.sql.start + position;
                let at = Located::at(&file.path(), &file.text, at..at);
                format!("{}:{}:{}: {message}", at.file, at.line, at.column)
            })
            .collect();
        let list = match file.kind {
            TransformKind::Staging => &mut transforms.staging,
            TransformKind::Features => &mut transforms.features,
            TransformKind::Check => &mut transforms.checks,
        };
        list.push(Transform {
            kind: file.kind,
            name: name.clone(),
            path: file.path(),
            text: file.text.clone(),
            sql: sql.to_owned(),
            sql_start: draft.sql.start,
            header: draft.header.clone(),
            reads: draft.reads.keys().cloned().collect(),
            fingerprint: hash,
            warnings,
        });
    }
    // Nothing reads a check, so their order is free.
    transforms
        .checks
        .sort_by(|one, other| one.name.cmp(&other.name));
    transforms
}
