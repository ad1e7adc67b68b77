//! Why a run ended without doing what it was asked for.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::lock::Holder;
use super::rebuild::Loss;
use super::snapshot_error::SnapshotError;
use super::transforms::NameError;
use crate::browse::BrowseError;
use crate::engine::warehouse::WarehouseError;
use crate::engine::{EngineError, ErrorKind};
use crate::ingest::error::{HeaderError, ScanError};
use crate::ingest::load_error::LoadError;
use crate::ingest::refused::Refused;
use crate::model::column::Break;
use crate::model::located::{Located, printable};
use crate::model::moment::Moment;
use crate::model::names::{SourceName, TransformName};
use crate::model::run::{RunNumber, RunStatus};
use crate::pipeline::upload_error::UploadError;
use crate::project::ProjectError;
use crate::propose::ProposeError;
use crate::snapshots::PublishError;
use crate::snapshots::stage::StageError;
use crate::snapshots::views::ViewError;
use crate::state::StateError;
use crate::store::StoreError;
use crate::transforms::TransformErrors;

/// Which source refused which header.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct SchemaRefused {
    pub source_name: SourceName,
    pub error: HeaderError,
}

/// By meaning. The hint and the exit code are added in one place, `report`.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    Transforms(#[from] TransformErrors),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A file whose header its source does not take.
    #[error(transparent)]
    SchemaRefused(Box<SchemaRefused>),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Propose(#[from] ProposeError),
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("{what} cannot be used yet: {instead}")]
    NotYet { what: String, instead: &'static str },
    #[error("a preview cannot be written to `{}`: it is, or holds, a part of the project or its target", folder.display())]
    PreviewInTheWay { folder: PathBuf },
    #[error("no dataset has a snapshot as of {moment}: the first is of {first}")]
    NoSnapshot { moment: Moment, first: NaiveDate },
    #[error("`{dataset}` has no snapshot as of {moment}: its first is of {first}")]
    NoSnapshotOf {
        dataset: TransformName,
        moment: Moment,
        first: NaiveDate,
    },
    #[error("`{dataset}` was published without a key: its rows cannot be told apart")]
    NoKey { dataset: TransformName },
    #[error("the key `{column}` of `{dataset}` is a column of one side only")]
    KeyNotShared {
        dataset: TransformName,
        column: String,
    },
    #[error("`{dataset}` has no column `{name}`")]
    NoSuchColumn {
        dataset: TransformName,
        name: String,
        nearest: Option<String>,
    },
    /// A parameter of a query, and what is wrong with it.
    #[error("{why}")]
    Parameter { why: String },
    /// What is asked of rows that are kept, and why it cannot be had.
    #[error("{why}")]
    Unanswerable { why: String },
    #[error("Parquet and Arrow are for programs, and would garble the terminal")]
    BinaryToTerminal,
    #[error("which format `{path}` is to have cannot be told by its name")]
    NoFormat { path: PathBuf },
    #[error("which format `{path}` is to have cannot be told by its name")]
    NoListFormat { path: PathBuf },
    #[error("`{path}` belongs to the project")]
    OwnFile { path: PathBuf },
    #[error("EXPLAIN draws a plan, which is no table for a file")]
    ExplainInto,
    #[error("the target `{url}` cannot be used: {source}")]
    TargetUnusable {
        url: String,
        #[source]
        source: StoreError,
    },
    #[error(
        "the target `{url}` is not the one any more that the unfinished run published to: it was emptied or replaced"
    )]
    TargetGone { url: String },
    #[error(
        "`--full-refresh` loads data of today, and {date} is computed from what was known then"
    )]
    RefreshThen { date: NaiveDate },
    #[error("{}", refused(.0))]
    BadRows(Refused),
    /// SQL of the project that the engine refused, at its place in the file.
    #[error("{message}\n{at}")]
    Sql { message: String, at: Located },
    /// A value that a query could not convert or compute, at its place in the text.
    #[error("{message}\n{at}")]
    Value { message: String, at: Located },
    #[error("`{path}`: {source}", path = path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}", held(holder.as_ref()))]
    ProjectHeld { holder: Option<Holder> },
    #[error("the warehouse `{path}` is open in {who}", path = path.display())]
    WarehouseHeld { path: PathBuf, who: String },
    #[error("the ingest date {date} is after today ({today})")]
    FutureDate { date: NaiveDate, today: NaiveDate },
    #[error("there is no day from {from} to {to}")]
    EmptyRange { from: NaiveDate, to: NaiveDate },
    #[error("there is no dataset `{name}`")]
    NoSuchDataset {
        name: TransformName,
        nearest: Option<String>,
    },
    #[error("there is no source `{name}`")]
    NoSuchSource {
        name: String,
        nearest: Option<String>,
    },
    #[error("there is no table `{name}`")]
    NoSuchTable {
        name: String,
        nearest: Option<String>,
    },
    /// A transform, or a revision of one, that is not there.
    #[error(transparent)]
    Named(#[from] NameError),
    #[error("`{name}` is not a dataset's name: names are lower-case letters, digits and `_`")]
    NotADataset { name: String },
    #[error("`{url}` is not a target: {why}")]
    BadTarget {
        url: String,
        why: String,
        hint: String,
    },
    /// Runs published to it, and nothing of theirs is there.
    #[error(
        "the target `{url}` holds nothing, though runs have published to it: it was moved or deleted, or is not mounted"
    )]
    TargetVanished { url: String },
    /// The project has run, as something else shows, and its state is gone.
    #[error("`{path}` is not there, and {witness}: it was lost", path = path.display())]
    StateLost { path: PathBuf, witness: String },
    #[error("state and warehouse do not agree: {0}")]
    Disagreement(String),
    #[error("the definition of source `{source_name}` changed since its files were taken: {what}")]
    DefinitionChanged {
        source_name: SourceName,
        what: &'static str,
    },
    #[error("what source `{source_name}` held on {date} (run {run}) cannot be shown: {why}")]
    NotKnownThen {
        source_name: SourceName,
        date: NaiveDate,
        run: RunNumber,
        why: String,
    },
    #[error("a full refresh of `{source_name}` would lose what was taken from files that are gone: {}", paths.join(", "))]
    RefreshLoses {
        source_name: SourceName,
        paths: Vec<String>,
    },
    #[error(
        "the new shape of `{dataset}` breaks its readers: {}{}",
        broken(breaks),
        after(widened)
    )]
    BrokenShape {
        dataset: TransformName,
        version: u32,
        breaks: Vec<Break>,
        /// Columns of sources that this run widens, as sentences.
        widened: Vec<String>,
    },
    #[error("not enough space at `{place}`: about {needed} bytes are needed, {free} are free")]
    NoSpace {
        place: String,
        needed: u64,
        free: u64,
    },
    #[error("`{path}` changed while it was being loaded")]
    FileChanged { path: String },
    #[error("the warehouse did not keep run {run}: its COMMIT took no effect")]
    CommitLost { run: RunNumber },
    #[error("{}", lost(losses))]
    RebuildLoses { losses: Vec<Loss> },
    #[error("what was built again is not what the ledger says: {what}")]
    RebuildWrong { what: String },
    #[error("there is nothing to rebuild from: neither a warehouse, nor a commit at `{url}`")]
    NothingLeft { url: String },
    #[error("the target `{url}` cannot be read: {what}")]
    TargetDamaged { url: String, what: String },
    /// Committed, but not all of it is published.
    #[error("run {run} is committed but not yet published: {source}")]
    Incomplete {
        run: RunNumber,
        #[source]
        source: Box<RunError>,
    },
    /// Somebody else has the run's place at the target.
    #[error(
        "run {run} was overtaken at the target by {by}; its load stands, its snapshot was not published"
    )]
    Abandoned { run: RunNumber, by: String },
    #[error("run {run} cannot be abandoned: {why}")]
    NotAbandonable { run: RunNumber, why: String },
    #[error("there is no run {run}")]
    NoSuchRun { run: RunNumber },
    #[error("run {run} ended as `{status}`: it took nothing that could be gone back to")]
    TookNothing { run: RunNumber, status: RunStatus },
    #[error("the log of run {run} is not kept any more")]
    NoLog { run: RunNumber },
    #[error("no source shows `{path}`, and none took it: they look for `{}`", looked.join("`, `"))]
    NoSuchFile {
        path: String,
        /// Several that have its name.
        alike: Vec<String>,
        nearest: Option<String>,
        /// The paths of the sources.
        looked: Vec<String>,
    },
    #[error("no wish that is not carried out yet, or more than one, begins with `{id}`")]
    NoSuchWish { id: String },
    #[error("`{glob}` is not held in source `{source_name}`")]
    NotHeld {
        source_name: SourceName,
        glob: String,
        held: Vec<String>,
    },
    #[error("{}", nothing_to_pass(source_name, glob, *matching))]
    NothingToPass {
        source_name: SourceName,
        glob: String,
        /// Files that lie there and match, and were taken or are held.
        matching: u64,
    },
    #[error("nothing is to be done about source `{source_name}`: {what}")]
    NothingToTakeAgain {
        source_name: SourceName,
        what: String,
    },
    #[error("nothing is published at `{url}` yet")]
    NothingPublished { url: String },
    #[error("{}", interrupted(*run))]
    Interrupted { run: Option<RunNumber> },
}

fn nothing_to_pass(source: &SourceName, glob: &str, matching: u64) -> String {
    match matching {
        0 => format!("`{glob}` matches no file of source `{source}`"),
        n => format!(
            "`{glob}` matches {} of source `{source}`, and none of them is new",
            count(n, "file")
        ),
    }
}

fn lost(losses: &[Loss]) -> String {
    const SHOWN: usize = 10;
    let mut text = format!(
        "{} cannot be brought back:",
        count(losses.len() as u64, "thing")
    );
    for loss in losses.iter().take(SHOWN) {
        text += &format!("\n  {}", loss.what);
    }
    if losses.len() > SHOWN {
        text += &format!("\n  … and {} more", losses.len() - SHOWN);
    }
    text
}

fn interrupted(run: Option<RunNumber>) -> String {
    match run {
        None => "interrupted; nothing was changed".to_owned(),
        Some(run) => format!("interrupted; run {run} will be completed by the next export"),
    }
}

fn held(holder: Option<&Holder>) -> String {
    match holder {
        Some(h) => format!(
            "the project is held by `{}` (process {}) since {}",
            h.command, h.pid, h.since
        ),
        None => "the project is held by another run".to_owned(),
    }
}

fn after(sentences: &[String]) -> String {
    sentences.iter().map(|s| format!("\n  {s}")).collect()
}

fn broken(breaks: &[Break]) -> String {
    breaks
        .iter()
        .map(|b| match b {
            Break::Removed { column } => format!("column `{column}` is gone"),
            Break::Retyped { column, from, to } => {
                format!("column `{column}` is {to} and was {from}")
            }
            Break::Rekeyed { from, to } => format!("its key is ({to}) and was ({from})"),
        })
        .collect::<Vec<_>>()
        .join("; ")
}

fn refused(bad: &Refused) -> String {
    let sources: Vec<String> = bad.sources.iter().map(|s| format!("`{s}`")).collect();
    let mut text = format!(
        "{} of source{} {} in {} cannot be loaded:",
        count(bad.total, "record"),
        if sources.len() == 1 { "" } else { "s" },
        sources.join(", "),
        count(bad.files, "file"),
    );
    for record in &bad.first {
        let column = record
            .column
            .as_ref()
            .map_or(String::new(), |c| format!(", column `{c}`"));
        text += &format!(
            "\n  {}:{}{column}: {}\n      {}",
            record.path,
            record.line,
            printable(&record.reason),
            shown(&record.text),
        );
    }
    let more = bad.total.saturating_sub(bad.first.len() as u64);
    if more > 0 {
        text += &format!("\n  … and {more} more");
    }
    text
}

/// The beginning of a record, as it can be printed.
fn shown(text: &str) -> String {
    const CHARACTERS: usize = 200;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", printable(&line[..end])),
        None => printable(line),
    }
}

/// What can be done where memory is not enough for a query.
pub const MEMORY: &str = "ask for fewer rows or columns at once, sort or group less, or raise `memory` under \
                          `[project]` in `workbench.toml`";

/// `1 record`, `2 records`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

impl From<BrowseError> for RunError {
    fn from(error: BrowseError) -> Self {
        match error {
            BrowseError::Engine(error) => error.into(),
            BrowseError::Publish(error) => error.into(),
            error @ BrowseError::Filter { .. } => Self::Unanswerable {
                why: error.to_string(),
            },
        }
    }
}

impl From<EngineError> for RunError {
    fn from(error: EngineError) -> Self {
        if error.kind == ErrorKind::Interrupted {
            return RunError::Interrupted { run: None };
        }
        RunError::Warehouse(WarehouseError::Engine(error))
    }
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        RunError::Publish(error.into())
    }
}

impl From<ViewError> for RunError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Publish(error) => error.into(),
            ViewError::Stage(error) => error.into(),
        }
    }
}

impl RunError {
    /// Whether this is a wish to stop, however it surfaced.
    pub fn is_interrupt(&self) -> bool {
        let engine = match self {
            RunError::Interrupted { .. } | RunError::Publish(PublishError::Interrupted) => {
                return true;
            }
            RunError::Incomplete { source, .. } => return source.is_interrupt(),
            RunError::Warehouse(WarehouseError::Engine(e))
            | RunError::Load(LoadError::Engine(e))
            | RunError::Stage(StageError::Engine(e) | StageError::Transform { error: e, .. }) => e,
            RunError::Scan(ScanError::Interrupted)
            | RunError::Propose(ProposeError::Interrupted) => return true,
            _ => return false,
        };
        engine.kind == ErrorKind::Interrupted
    }
}
