//! The one place where an error gets its exit code, and becomes a document.

use serde_json::{Value, json};

use super::hint::hint;
use super::table;
use crate::engine::ErrorKind;
use crate::engine::rows::Rows;
use crate::ingest::error::ScanError;
use crate::ingest::load_error::LoadError;
use crate::pipeline::error::RunError;
use crate::propose::ProposeError;
use crate::snapshots::PublishError;
use crate::snapshots::stage::StageError;
use crate::store::StoreError;

/// The meaning of an exit code. Every command's help lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    DataRefused = 3,
    ProjectHeld = 4,
    TargetTaken = 5,
    /// What was compared differs, and it was asked whether it does.
    Different = 6,
    Interrupted = 130,
}

impl Exit {
    /// The word for it in JSON.
    pub fn kind(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Failed => "failed",
            Exit::Usage => "usage",
            Exit::DataRefused => "data_refused",
            Exit::ProjectHeld => "project_held",
            Exit::TargetTaken => "target_taken",
            Exit::Different => "different",
            Exit::Interrupted => "interrupted",
        }
    }
}

/// An error, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
    pub hint: Option<String>,
    /// Rows that belong to it. They go to the terminal, never into a log.
    pub rows: Option<String>,
}

impl Failure {
    /// What an error means to the user.
    pub fn of(error: &RunError) -> Self {
        Self {
            exit: exit(error),
            message: error.to_string(),
            hint: hint(error),
            rows: rows(error).map(table::of_rows),
        }
    }

    /// For the `error` field of a JSON document.
    pub fn json(&self) -> Value {
        json!({
            "kind": self.exit.kind(),
            "exit_code": self.exit as u8,
            "message": self.message,
            "hint": self.hint,
        })
    }

    /// For stderr.
    pub fn text(&self) -> String {
        let mut out = format!("error: {}\n", self.message);
        if let Some(rows) = &self.rows {
            out += &format!("\n{rows}");
        }
        if let Some(hint) = &self.hint {
            out += &format!("hint: {hint}\n");
        }
        out
    }
}

fn rows(error: &RunError) -> Option<&Rows> {
    match error {
        RunError::Stage(
            StageError::CheckFailed { sample, .. } | StageError::KeyNotUnique { sample, .. },
        ) => Some(sample),
        _ => None,
    }
}

fn exit(error: &RunError) -> Exit {
    if error.is_interrupt() {
        return Exit::Interrupted;
    }
    match error {
        RunError::Project(_)
        | RunError::Transforms(_)
        | RunError::Sql { .. }
        | RunError::NotYet { .. }
        | RunError::RefreshThen { .. }
        | RunError::PreviewInTheWay { .. }
        | RunError::NoSnapshot { .. }
        | RunError::NoSnapshotOf { .. }
        | RunError::NoKey { .. }
        | RunError::KeyNotShared { .. }
        | RunError::NoSuchColumn { .. }
        | RunError::Parameter { .. }
        | RunError::Unanswerable { .. }
        | RunError::ExplainInto
        | RunError::BinaryToTerminal
        | RunError::NoFormat { .. }
        | RunError::NoListFormat { .. }
        | RunError::OwnFile { .. }
        | RunError::FutureDate { .. }
        | RunError::EmptyRange { .. }
        | RunError::NoSuchDataset { .. }
        | RunError::NoSuchSource { .. }
        | RunError::NoSuchTable { .. }
        | RunError::Named(_)
        | RunError::NotADataset { .. }
        | RunError::BadTarget { .. }
        | RunError::NoSuchRun { .. }
        | RunError::TookNothing { .. }
        | RunError::NoSuchFile { .. }
        | RunError::NoSuchWish { .. }
        | RunError::NotHeld { .. }
        | RunError::NothingToPass { .. }
        | RunError::NothingToTakeAgain { .. }
        | RunError::Scan(ScanError::BadPattern { .. })
        | RunError::NotAbandonable { .. }
        | RunError::NotKnownThen { .. }
        | RunError::DefinitionChanged { .. } => Exit::Usage,
        RunError::BadRows(_)
        | RunError::Header(_)
        | RunError::SchemaRefused(_)
        | RunError::BrokenShape { .. }
        | RunError::RefreshLoses { .. }
        | RunError::RebuildLoses { .. }
        | RunError::FileChanged { .. } => Exit::DataRefused,
        RunError::Propose(error) => match error {
            ProposeError::Io { .. } | ProposeError::Interrupted => Exit::Failed,
            _ => Exit::Usage,
        },
        RunError::Load(error) => match error {
            LoadError::Engine(_) | LoadError::Io { .. } => Exit::Failed,
            _ => Exit::DataRefused,
        },
        RunError::Stage(error) => match error {
            StageError::Engine(_) | StageError::Io { .. } | StageError::RowsLost { .. } => {
                Exit::Failed
            }
            StageError::Transform { error, .. } => match error.kind {
                ErrorKind::Statement | ErrorKind::Forbidden => Exit::Usage,
                ErrorKind::Data => Exit::DataRefused,
                _ => Exit::Failed,
            },
            StageError::KeyMissing { .. }
            | StageError::TypeNotKept { .. }
            | StageError::NoHistoryYet { .. } => Exit::Usage,
            StageError::CheckFailed { .. }
            | StageError::KeyNotUnique { .. }
            | StageError::KeyNull { .. } => Exit::DataRefused,
        },
        RunError::Scan(error) if error.is_of_the_data() => Exit::DataRefused,
        RunError::Upload(error) if error.is_usage() => Exit::Usage,
        RunError::Upload(_) => Exit::Failed,
        RunError::Scan(error) if error.is_usage() => Exit::Usage,
        RunError::Scan(_) => Exit::Failed,
        RunError::Snapshot(error) if error.is_usage() => Exit::Usage,
        RunError::Snapshot(_) => Exit::Failed,
        RunError::ProjectHeld { .. } | RunError::WarehouseHeld { .. } => Exit::ProjectHeld,
        RunError::Publish(error) => match error {
            PublishError::Store(StoreError::Locked(_)) => Exit::ProjectHeld,
            PublishError::ForeignOwner { .. }
            | PublishError::NoOwner { .. }
            | PublishError::Overtaken { .. }
            | PublishError::ForeignWriter { .. } => Exit::TargetTaken,
            PublishError::NoSuchRun { .. } => Exit::Usage,
            PublishError::Store(StoreError::Remote(error)) if error.is_usage() => Exit::Usage,
            _ => Exit::Failed,
        },
        RunError::Abandoned { .. } => Exit::TargetTaken,
        RunError::Incomplete { source, .. } => exit(source),
        RunError::Interrupted { .. } => Exit::Interrupted,
        RunError::State(_)
        | RunError::Warehouse(_)
        | RunError::Io { .. }
        | RunError::Disagreement(_)
        | RunError::Value { .. }
        | RunError::StateLost { .. }
        | RunError::TargetVanished { .. }
        | RunError::RebuildWrong { .. }
        | RunError::NothingLeft { .. }
        | RunError::TargetDamaged { .. }
        | RunError::NoSpace { .. }
        | RunError::NoLog { .. }
        | RunError::TargetUnusable { .. }
        | RunError::TargetGone { .. }
        | RunError::CommitLost { .. }
        | RunError::NothingPublished { .. } => Exit::Failed,
    }
}
