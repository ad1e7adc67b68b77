//! `rebuild`: a lost or damaged state and warehouse, built again from what lies at
//! the target and from the raw files.
//!
//! The commits tell the whole ledger, and the ledger tells what each run did to each
//! source. So the runs are done again one by one (`replay`), with the same loader,
//! by the rules of their day, and must come to what they came to then. It is built
//! beside the old, which stays as it is until the new is whole (`swap`).

mod build;
mod contents;
pub mod losses;
mod needs;
mod new_state;
mod replay;
pub mod survey;
pub mod swap;

use std::path::PathBuf;
use std::time::Duration;

pub use losses::{Loss, LossKind};
pub use survey::Fate;

use super::context::Context;
use super::doctor::subject::{Subject, WarehouseSeen};
use super::error::RunError;
use super::{lock, vanished};
use crate::state::State;
use build::Builder;
use survey::Survey;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildRequest {
    /// Folders in which raw files are looked for too, besides where they lay.
    pub from: Vec<PathBuf>,
    /// Go on without what cannot be brought back.
    pub accept_loss: bool,
    /// How long to wait for who holds the project. None: not at all.
    pub lock_timeout: Option<Duration>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    pub warehouse: Fate,
    pub state: Fate,
    /// Runs whose load was done again.
    pub runs: u64,
    /// Files that were loaded for that, and the records taken from them.
    pub files: u64,
    pub rows: u64,
    /// What could not be brought back.
    pub losses: Vec<Loss>,
    /// Where the old is kept, because something was lost, or may have been.
    pub kept: Option<PathBuf>,
}

/// Builds what is lost or damaged again.
///
/// # Errors
/// [`RunError::RebuildLoses`] if something cannot be brought back, and that is not
/// accepted; a run that is at work; a target that cannot be read, or holds nothing any
/// more. Nothing was changed then.
pub fn rebuild(ctx: &Context, request: &RebuildRequest) -> Result<Rebuilt, RunError> {
    let wait = request.lock_timeout.unwrap_or(Duration::ZERO);
    let _project = lock::take(ctx, "workbench rebuild", wait)?;
    ctx.step("agree");
    let mut target_lock = None;
    let (subject, survey) = loop {
        let mut subject = Subject::open(ctx, None, true)?;
        // It is held by this command.
        subject.at_work = None;
        let survey = Survey::of(&subject)?;
        match &survey.target {
            // Only what is known to be ours is locked; and then it is looked at again,
            // for another copy may have been at work there.
            Some(target) if !survey.is_whole() && target_lock.is_none() => {
                target_lock = Some(lock::take_target(ctx, &*target.store, wait)?);
            }
            _ => break (subject, survey),
        }
    };
    let mut rebuilt = Rebuilt {
        warehouse: survey.warehouse,
        state: survey.state,
        runs: 0,
        files: 0,
        rows: 0,
        losses: Vec::new(),
        kept: None,
    };
    if survey.is_whole() {
        vanished::refuse_as_known(ctx, &*ctx.store(&ctx.project.target)?)?;
        return Ok(rebuilt);
    }
    let builder = Builder {
        ctx,
        subject: &subject,
        survey: &survey,
        request,
    };
    let layout = &ctx.layout;
    let prepared = builder.build().and_then(|built| {
        // What only an unreadable ledger knew, nobody can miss by name.
        let unknown =
            matches!(subject.warehouse, WarehouseSeen::Unreadable(_)) && subject.state().is_none();
        let kept = swap::prepare(layout, unknown || !built.losses.is_empty());
        Ok((
            built,
            kept.map_err(|source| RunError::Io {
                path: layout.rebuild(),
                source,
            })?,
        ))
    });
    let (built, kept) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            if !swap::is_half_way(layout) {
                // It is the first error that is told.
                let _ = build::remove(&layout.rebuild());
            }
            return Err(if error.is_interrupt() {
                RunError::Interrupted { run: None }
            } else {
                error
            });
        }
    };
    drop(subject);
    swap::complete(layout).map_err(|source| RunError::Io {
        path: layout.rebuild(),
        source,
    })?;
    // Readers find what they need beside it, and write nothing.
    drop(State::open(&layout.state())?);
    if built.base == 0 && rebuilt.warehouse == Fate::Continued {
        rebuilt.warehouse = Fate::Made;
    }
    rebuilt.runs = built.replayed.runs;
    rebuilt.files = built.replayed.files;
    rebuilt.rows = built.replayed.rows;
    rebuilt.losses = built.losses;
    rebuilt.losses.sort();
    rebuilt.kept = kept.filter(|folder| folder.exists());
    Ok(rebuilt)
}
