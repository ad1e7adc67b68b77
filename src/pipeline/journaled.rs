//! A run that is told while it goes on: to its journal, to the log, to whoever
//! looks.

use std::sync::Arc;

use super::context::Context;
use super::error::RunError;
use super::log::LogSink;
use super::summary::SharedJournal;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::summary::ExportSummary;
use crate::snapshots::stage::StageError;

/// How an export ended.
pub struct Exported {
    pub summary: ExportSummary,
    pub error: Option<RunError>,
}

impl Exported {
    /// An export that could not even be tried.
    pub fn not_begun(error: RunError) -> Self {
        Self {
            summary: ExportSummary::not_begun(),
            error: Some(error),
        }
    }
}

/// Tells the journal of each step, and everybody else of everything.
struct JournalSink {
    journal: Arc<SharedJournal>,
    log: Option<Arc<LogSink>>,
    next: Arc<dyn ProgressSink>,
}

impl ProgressSink for JournalSink {
    fn report(&self, progress: Progress) {
        if let Progress::Step { step } = progress {
            let run = self.journal.borrow_mut().step(step);
            if let (Some(log), Some(run)) = (&self.log, run) {
                log.is_of(run);
            }
        }
        self.next.report(progress);
    }
}

/// Does `work`, which the user calls `command`, with a journal of its own. The log, if there is one, is told
/// everything, and how it ended.
pub fn journaled(
    ctx: &Context,
    command: &str,
    log: Option<&Arc<LogSink>>,
    work: impl FnOnce(&Context, &SharedJournal) -> Result<(), RunError>,
) -> Exported {
    let journal = Arc::new(SharedJournal::default());
    let next: Arc<dyn ProgressSink> = match log {
        Some(log) => log.clone(),
        None => ctx.progress.clone(),
    };
    let ctx = Context {
        progress: Arc::new(JournalSink {
            journal: journal.clone(),
            log: log.cloned(),
            next,
        }),
        ..ctx.clone()
    };
    if let Some(log) = log {
        log.begin(command);
    }
    let error = work(&ctx, &journal).err();
    if let Some(log) = log {
        let ended = journal.borrow_mut().ended();
        // Only the first line: what follows may show rows.
        let why = error.as_ref().map(ToString::to_string).unwrap_or_default();
        log.line(&format!(
            "{ended} {}",
            why.lines().next().unwrap_or_default()
        ));
    }
    if let Some(RunError::Stage(StageError::CheckFailed { outcomes, .. })) = &error {
        journal.borrow_mut().checked(outcomes);
    }
    let summary = journal.borrow_mut().summary();
    Exported { summary, error }
}
