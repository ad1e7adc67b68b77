//! `doctor --fix`: what is safe to mend. Nothing that a commit names is ever
//! removed, and each thing that is done is said.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::files::{entries, objects_folder};
use super::finding::Verdict;
use super::leftovers::Left;
use super::objects::{judgeable, needed, orphans};
use super::subject::{Subject, TargetFacts};
use super::{Examined, agreement, checkpoints, leftovers, put_back, unknown_files};
use crate::model::token::WriterToken;
use crate::model::transform::Transforms;
use crate::pipeline::context::Context;
use crate::pipeline::error::RunError;
use crate::pipeline::ground::Known;
use crate::pipeline::rebuild::swap;
use crate::pipeline::summary::SharedJournal;
use crate::pipeline::{held, lock, recover};
use crate::project::ProjectError;
use crate::snapshots::documents::checkpoint_key;
use crate::snapshots::publish;
use crate::state::State;
use crate::store::files;

/// How long a reader of the warehouse is waited for.
const READERS: Duration = Duration::from_secs(30);

/// One thing that was done, or tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mended {
    /// The check that found it.
    pub check: &'static str,
    pub done: String,
    /// Why it could not be done.
    pub failed: Option<String>,
}

/// What was done so far.
#[derive(Default)]
struct Log(Vec<Mended>);

impl Log {
    fn done(&mut self, check: &'static str, done: impl Into<String>) {
        self.0.push(Mended {
            check,
            done: done.into(),
            failed: None,
        });
    }

    /// Notes why something could not be done, and goes on; but for a wish to stop.
    fn tried(
        &mut self,
        check: &'static str,
        what: &str,
        outcome: Result<(), RunError>,
    ) -> Result<(), RunError> {
        match outcome {
            Err(error) if error.is_interrupt() => Err(error),
            Err(error) => {
                self.0.push(Mended {
                    check,
                    done: what.to_owned(),
                    failed: Some(error.to_string()),
                });
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Mends what `found` calls mendable, as far as it still is so under the locks.
///
/// # Errors
/// [`RunError::ProjectHeld`] if a run is at work, and a wish to stop.
pub(super) fn mend(
    ctx: &Context,
    broken: Option<&ProjectError>,
    found: &Examined,
    deep: bool,
) -> Result<Vec<Mended>, RunError> {
    let mut log = Log::default();
    let half_way = swap::is_half_way(&ctx.layout);
    let _project = lock::take(ctx, "workbench doctor --fix", Duration::ZERO)?;
    if half_way {
        log.done("leftovers", "completed a rebuild that died");
    }
    let open = || -> Result<Subject<'_>, RunError> {
        let mut subject = Subject::open(ctx, broken, deep)?;
        // It is held by this command.
        subject.at_work = None;
        Ok(subject)
    };
    let subject = open()?;
    // Taking the target's lock removes some of it.
    let left = leftovers::all(&subject)?;
    let owned = subject.target.there.as_ref().filter(|target| {
        let owner = target.owner.as_ref().is_ok_and(Option::is_some);
        owner && subject.is_ours(target)
    });
    let _target = match owned {
        Some(target) => Some(lock::take_target(ctx, &*target.store, Duration::ZERO)?),
        // A lock would make folders, or be in somebody's way.
        None => None,
    };
    let mendable = |name: &str| {
        let mut checks = found.checks.iter().filter(|c| c.name == name);
        checks.any(|c| c.findings.iter().any(|f| f.mendable))
    };
    if mendable("locks") {
        log.done("locks", "took the names of dead runs out of lock files");
    }
    let outcome = remove_leftovers(ctx, &left, &mut log);
    log.tried("leftovers", "removing what is left behind", outcome)?;
    let outcome = end_uploads(&subject, &mut log);
    log.tried("leftovers", "ending uploads in parts", outcome)?;
    drop(subject);
    if broken.is_none() && mendable("runs") {
        let outcome = settle(ctx, &mut log);
        log.tried("runs", "settling what died", outcome)?;
    }
    let subject = open()?;
    let outcome = copies(&subject, &mut log);
    log.tried("agreement", "copying what ledger and commits say", outcome)?;
    let Ok(target) = judgeable(&subject) else {
        return Ok(log.0);
    };
    let outcome = write_checkpoints(&subject, target, &mut log);
    log.tried("checkpoints", "writing a checkpoint", outcome)?;
    let outcome = put_back::put_back(&subject, target, |done| log.done("partitions", done));
    log.tried("partitions", "putting kept bytes back", outcome)?;
    let outcome = remove_orphans(&subject, target, &mut log);
    log.tried("objects", "removing what no commit names", outcome)?;
    let outcome = remove_given_up(&subject, target, &mut log);
    log.tried("unknown_files", "removing what was given up", outcome)?;
    Ok(log.0)
}

fn remove_leftovers(ctx: &Context, left: &[Left], log: &mut Log) -> Result<(), RunError> {
    for left in left {
        remove(&left.path)?;
        let root = ctx.layout.root();
        let shown = left.path.strip_prefix(root).unwrap_or(&left.path);
        log.done("leftovers", format!("removed `{}`", shown.display()));
    }
    Ok(())
}

/// Ends the uploads in parts that nobody has ended for a day.
fn end_uploads(subject: &Subject<'_>, log: &mut Log) -> Result<(), RunError> {
    let Some(target) = &subject.target.there else {
        return Ok(());
    };
    for upload in target.store.unfinished()? {
        if leftovers::is_old_upload(&upload) {
            target.store.give_up(&upload)?;
            log.done("leftovers", format!("ended the upload of `{}`", upload.key));
        }
    }
    Ok(())
}

/// Removes a file or a folder; that it is not there is fine.
fn remove(path: &Path) -> Result<(), RunError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        files::remove(path)
    };
    removed.map_err(|source| RunError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Completes or undoes the runs that died, as the next export would.
fn settle(ctx: &Context, log: &mut Log) -> Result<(), RunError> {
    let state = State::open(&ctx.layout.state())?;
    let store = ctx.store(&ctx.project.target)?;
    let journal = SharedJournal::default();
    // Whose the target is was told by its owner; no SQL is needed for that.
    let none = Transforms::default();
    let settled = held::settled_ground(
        ctx,
        &state,
        &store,
        &none,
        READERS,
        &journal,
        Known::default(),
    );
    for recovered in journal.borrow_mut().summary().recovered {
        log.done(
            "runs",
            format!("run {} is {} now", recovered.run, recovered.status),
        );
    }
    settled.map(|_| ())
}

/// Brings state's copies in step with ledger and commits.
fn copies(subject: &Subject<'_>, log: &mut Log) -> Result<(), RunError> {
    let (Some(facts), Some(warehouse)) = (subject.state(), subject.warehouse()) else {
        return Ok(());
    };
    let found = agreement::look(subject)?;
    if found.iter().any(|f| f.verdict == Verdict::Error) {
        // Which of them is right only a rebuild can tell.
        return Ok(());
    }
    let state = State::open(&subject.ctx.layout.state())?;
    let (seq, head) = warehouse.ledger.end();
    let in_step = facts.bookmarks_end == Some((seq, head));
    if (!in_step && seq > 0) || facts.bookmarks != warehouse.bookmarks {
        state.copy_bookmarks(&warehouse.bookmarks, &head, seq)?;
        log.done("agreement", "copied the bookmarks from the ledger again");
    }
    if facts
        .wishes
        .iter()
        .any(|w| warehouse.ledger.has_wish(&w.id))
    {
        recover::in_step(&state, &warehouse.ledger, &warehouse.bookmarks)?;
        log.done("agreement", "took wishes out that were carried out");
    }
    let Some(target) = &subject.target.there else {
        return Ok(());
    };
    let Ok(Some(owner)) = &target.owner else {
        return Ok(());
    };
    let before = agreement::snapshots(subject, facts)?;
    if before.iter().any(|f| f.mendable) {
        state.record_target(&owner.target, &target.store.url(), subject.ctx.now())?;
        state.forget_snapshots(&owner.target)?;
        let published = &target.chronicle.published;
        recover::catch_up(&state, &*target.store, &owner.target, published)?;
        log.done(
            "agreement",
            "copied what is published from the commits again",
        );
    }
    Ok(())
}

fn write_checkpoints(
    subject: &Subject<'_>,
    target: &TargetFacts,
    log: &mut Log,
) -> Result<(), RunError> {
    let chronicle = &target.chronicle;
    for (seq, _) in checkpoints::wrong(chronicle) {
        let key = checkpoint_key(seq);
        if let Some(path) = target.store.path(&key) {
            remove(&path)?;
            log.done("checkpoints", format!("removed `{key}`"));
        }
    }
    let mut published = chronicle.published.clone();
    published.checkpoint = checkpoints::newest_right(chronicle);
    let token = WriterToken::new(0);
    if publish::write_checkpoint(&*target.store, &published, &token)? {
        let key = checkpoint_key(published.seq);
        log.done(
            "checkpoints",
            format!("wrote `{key}` at `{}`", subject.target.url),
        );
    }
    Ok(())
}

fn remove_orphans(
    subject: &Subject<'_>,
    target: &TargetFacts,
    log: &mut Log,
) -> Result<(), RunError> {
    let Some(folder) = objects_folder(&subject.target) else {
        return Ok(());
    };
    let there = entries(&folder).map_err(|source| RunError::Io {
        path: folder.clone(),
        source,
    })?;
    for orphan in orphans(&there, &needed(subject, target)) {
        remove(&orphan)?;
        let name = orphan.file_name().unwrap_or_default().to_string_lossy();
        log.done("objects", format!("removed `_workbench/objects/{name}`"));
    }
    Ok(())
}

fn remove_given_up(
    subject: &Subject<'_>,
    target: &TargetFacts,
    log: &mut Log,
) -> Result<(), RunError> {
    for key in unknown_files::find(subject, target)?.left {
        let Some(path) = target.store.path(&key) else {
            continue;
        };
        remove(&path)?;
        // Folders of a day that has nothing; others are not empty.
        for folder in path.ancestors().skip(1).take(3) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        log.done("unknown_files", format!("removed `{key}`"));
    }
    Ok(())
}
