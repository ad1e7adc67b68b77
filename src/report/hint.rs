//! The one place where an error gets its hint: what to do next.

use crate::engine::ErrorKind;
use crate::engine::warehouse::WarehouseError;
use crate::ingest::error::ScanError;
use crate::ingest::load_error::LoadError;
use crate::pipeline::error::{MEMORY, RunError};
use crate::snapshots::PublishError;
use crate::snapshots::stage::StageError;
use crate::store::StoreError;

/// What to do about an error.
pub(super) fn hint(error: &RunError) -> Option<String> {
    let text = match error {
        RunError::Project(error) => return error.hint(),
        RunError::Transforms(error) => return error.hint(),
        RunError::Header(error) => return error.hint(),
        RunError::Named(error) => return error.hint(),
        RunError::Propose(error) => return error.hint(),
        RunError::Upload(error) => error.hint(),
        RunError::SchemaRefused(refused) => return refused.error.hint(),
        RunError::Scan(error) => return scan_hint(error),
        RunError::Load(error) => return load_hint(error),
        RunError::Stage(error) => return stage_hint(error),
        RunError::Publish(error) => return publish_hint(error),
        RunError::Snapshot(error) => return error.hint(),
        RunError::BadRows(_) => {
            "correct the files and export again, or set `bad_rows = \"quarantine\"` to load the \
             others; nothing of this run was loaded"
        }
        RunError::FutureDate { .. } => "to publish a day ahead of time, add `--allow-future`",
        RunError::EmptyRange { .. } => {
            "`--from` is the first day and `--to` the last, which is today unless it is given"
        }
        RunError::BadTarget { hint, .. } => return Some(hint.clone()),
        RunError::NoSuchDataset { nearest, .. } => {
            return Some(match nearest {
                Some(name) => format!("did you mean `{name}`?"),
                None => "datasets are the files under `sql/features/`".to_owned(),
            });
        }
        RunError::NoSuchSource { nearest, .. } => {
            return Some(match nearest {
                Some(name) => format!("did you mean `{name}`?"),
                None => "sources are the tables `[sources.<name>]` of `workbench.toml`".to_owned(),
            });
        }
        RunError::NoSuchTable { nearest, .. } => {
            return Some(match nearest {
                Some(name) => format!("did you mean `{name}`?"),
                None => "`workbench catalog` lists them".to_owned(),
            });
        }
        RunError::Disagreement(_) => {
            "`workbench rebuild` makes `.workbench` again from the target and the raw files, or goes \
             on from a backup of it; `workbench doctor` says what disagrees"
        }
        RunError::TargetVanished { .. } => {
            "bring it back, or set `[target] url` to where it is now; `workbench export --new-target` begins a new \
             one there, without the earlier days"
        }
        RunError::StateLost { .. } => {
            "`workbench rebuild` makes it again from the warehouse and the target; what was asked for and not \
             carried out yet (`hold`, `reset`) has to be asked for again. Or bring `.workbench` back as a whole \
             from a backup"
        }
        RunError::DefinitionChanged { source_name, .. } => {
            return Some(format!(
                "load its files anew with `workbench bookmarks reset {source_name}` and the next \
                 export, or put the definition back"
            ));
        }
        RunError::NoSuchFile { alike, .. } if !alike.is_empty() => {
            return Some(format!("several are called so: `{}`", alike.join("`, `")));
        }
        RunError::NoSuchFile { nearest, .. } => {
            return Some(match nearest {
                Some(path) => format!("did you mean `{path}`?"),
                None => "paths are given as `workbench plan` shows them, or from where you stand"
                    .to_owned(),
            });
        }
        RunError::NoSuchWish { .. } => "`workbench bookmarks` lists them",
        RunError::NotHeld { held, .. } if held.is_empty() => "nothing of it is held",
        RunError::NotHeld { held, .. } => {
            return Some(format!("held is `{}`", held.join("`, `")));
        }
        RunError::NothingToPass { .. } => {
            "put the glob in quotes; it means paths as `workbench plan` shows them, or without a \
             `/` the names of files"
        }
        RunError::NotKnownThen { .. } => "add `--known now` to compute the day from today's data",
        RunError::RefreshLoses { .. } => {
            "bring these files back, or let their rows go with `--accept-drop`"
        }
        RunError::PreviewInTheWay { .. } => "name a folder of its own: `--preview preview`",
        RunError::TargetGone { .. } => {
            "`workbench runs` names the run, and `workbench runs abandon RUN` gives it up"
        }
        RunError::RefreshThen { .. } => "add `--known now`",
        RunError::BinaryToTerminal => "write to a file with `-o FILE`, or into a pipe",
        RunError::NoFormat { .. } => {
            "end its name in .csv, .json, .jsonl, .md, .txt, .parquet or .arrow, or add `--format`"
        }
        RunError::NoListFormat { .. } => {
            "end its name in .csv, .json, .md or .txt, or add `--format`"
        }
        RunError::OwnFile { .. } => {
            "write outside of the raw folders, sql/, .workbench/ and the target"
        }
        RunError::ExplainInto => "print it: leave `--format` and `--output` out",
        RunError::NoKey { .. } | RunError::KeyNotShared { .. } => {
            "name columns that name a row on both sides: `--key a,b`"
        }
        RunError::NoSuchColumn { nearest, .. } => {
            return nearest
                .as_ref()
                .map(|name| format!("did you mean `{name}`?"));
        }
        RunError::NoSnapshot { .. } | RunError::NoSnapshotOf { .. } => {
            "`workbench export --date YYYY-MM-DD` publishes an earlier day"
        }
        RunError::TargetUnusable { .. } => {
            "a target is a folder that this user may write to, or one that is not there yet"
        }
        RunError::RebuildLoses { .. } => {
            "nothing was changed. Bring back what is missing, or a backup of `.workbench`, and rebuild \
             again; or go on without it with `--accept-loss`: the ledger will say what is gone"
        }
        RunError::RebuildWrong { .. } => {
            "nothing was changed; restore `.workbench` as a whole from a backup"
        }
        RunError::NothingLeft { .. } => {
            "restore `.workbench` as a whole from a backup; or, if this project never ran, \
             `workbench export`"
        }
        RunError::TargetDamaged { .. } => {
            "bring the file back from a backup of the target; `workbench doctor` lists all that is \
             wrong there"
        }
        RunError::BrokenShape {
            dataset, version, ..
        } => {
            return Some(format!(
                "keep the column, or raise `version` to {} in `sql/features/{dataset}.sql`: the \
                 dataset is then published under a prefix of its own and the old one stays",
                version + 1
            ));
        }
        RunError::NoSpace { .. } => "free some space and export again; nothing was changed",
        RunError::FileChanged { .. } => {
            "it is still being written; export again when it is complete"
        }
        RunError::CommitLost { .. } | RunError::Warehouse(WarehouseError::Engine(_)) => {
            return engine_hint(error);
        }
        RunError::ProjectHeld { .. } => {
            "wait for it, or let this command wait with `--lock-timeout SECONDS`"
        }
        RunError::WarehouseHeld { .. } => {
            "close that program or wait for it; snapshots can be read meanwhile"
        }
        RunError::Incomplete { run, source } => {
            let then = format!(
                "once that is mended the next export completes run {run}; \
                 `workbench runs abandon {run}` gives it up"
            );
            return Some(match hint(source) {
                Some(hint) => format!("{hint}; {then}"),
                None => then,
            });
        }
        RunError::Abandoned { .. } => {
            "if another copy of this project publishes to this target, use only one of them"
        }
        RunError::NoSuchRun { .. } => "`workbench runs` lists them",
        RunError::TookNothing { .. } => "name a run that succeeded: `workbench runs` lists them",
        RunError::NoLog { .. } => "`.workbench/logs/` keeps the newest five megabytes",
        RunError::NothingPublished { .. } => {
            "`workbench export` publishes the first snapshot; if there should be some, see whether that is the \
             right place"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn engine_hint(error: &RunError) -> Option<String> {
    let RunError::Warehouse(WarehouseError::Engine(error)) = error else {
        return Some("check the disk, then export again: nothing was changed".to_owned());
    };
    match error.kind {
        ErrorKind::OutOfMemory => Some(MEMORY.to_owned()),
        ErrorKind::Locked => Some("another program has the warehouse open".to_owned()),
        _ => None,
    }
}

fn scan_hint(error: &ScanError) -> Option<String> {
    error.hint()
}

fn load_hint(error: &LoadError) -> Option<String> {
    Some(
        match error {
            LoadError::Halved { .. } => {
                "a new delivery belongs in a file of its own; if so many rows are really gone, \
                 add `--accept-drop`"
            }
            LoadError::Gone { .. } => {
                "bring the file back: its rows are needed to tell what counts"
            }
            LoadError::Miscounted { .. } => {
                "the file's quotes are probably not what they should be: look for a quote that is \
                 not closed, or not doubled inside a quoted field"
            }
            LoadError::Header(error) => return error.hint(),
            LoadError::Engine(_) | LoadError::Io { .. } | LoadError::NotPlain { .. } => {
                return None;
            }
        }
        .to_owned(),
    )
}

fn stage_hint(error: &StageError) -> Option<String> {
    Some(match error {
        StageError::CheckFailed { name, .. } => format!(
            "nothing was published, and nothing loaded; correct the data, or the rule in \
             `sql/checks/{name}.sql`"
        ),
        StageError::KeyNotUnique { dataset, .. } | StageError::KeyNull { dataset, .. } => format!(
            "a dataset has one row per key; see `key` and the joins in `sql/features/{dataset}.sql`"
        ),
        StageError::KeyMissing { dataset, .. } => {
            format!("name an output column in `key` of `sql/features/{dataset}.sql`")
        }
        StageError::TypeNotKept {
            dataset, column, ..
        } => format!(
            "cast `{column}` in `sql/features/{dataset}.sql` to a type that a Parquet file keeps, \
             such as BIGINT, DECIMAL or DOUBLE"
        ),
        StageError::NoHistoryYet { dataset, .. } => format!(
            "publish it once without `history.{dataset}`; from the next day on it can read it back"
        ),
        StageError::Transform { error, .. } if error.kind == ErrorKind::OutOfMemory => {
            "raise `memory` under `[project]` in `workbench.toml`".to_owned()
        }
        StageError::Transform { error, .. } if error.kind == ErrorKind::Forbidden => {
            "SQL of a project reads `raw`, `staging`, `features` and `history`, and no files"
                .to_owned()
        }
        _ => return None,
    })
}

fn publish_hint(error: &PublishError) -> Option<String> {
    Some(match error {
        PublishError::ForeignOwner { .. } => {
            "publish to a folder of this project's own: one target has one project. If it is this \
             one, and its `.workbench` is gone, `workbench rebuild` makes that again"
                .to_owned()
        }
        PublishError::NoOwner { .. } => {
            "publish to an empty folder, or bring `_workbench/owner.json` back".to_owned()
        }
        PublishError::Overtaken { run, .. } => format!(
            "another copy of this project is publishing there; if it is gone for good, \
             `workbench runs abandon {run}` closes what it left open"
        ),
        PublishError::ForeignWriter { .. } => {
            "find out who writes there; `workbench runs abandon RUN` gives this run up".to_owned()
        }
        PublishError::NoSuchRun { .. } => {
            "`workbench runs` lists them all; one that failed or was given up published nothing"
                .to_owned()
        }
        PublishError::StagingLost { .. } => {
            "`workbench runs abandon RUN` gives this run up; its load stands".to_owned()
        }
        PublishError::Replaced { date, .. } => format!(
            "`workbench snapshots` lists what is there now; `workbench export --date {date}` computes \
             that day again"
        ),
        PublishError::Store(StoreError::Remote(error)) => return error.hint(),
        PublishError::Store(StoreError::Damaged { .. }) => {
            "`workbench doctor` looks at every partition, and says what can be mended".to_owned()
        }
        PublishError::Store(StoreError::Changed { .. }) => "repeat the command".to_owned(),
        PublishError::Store(StoreError::Locked(_)) => {
            "wait for it, or let this command wait with `--lock-timeout SECONDS`".to_owned()
        }
        _ => return None,
    })
}
