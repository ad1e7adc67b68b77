//! What the faces call. It delegates.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::engine::rows::Rows;
use crate::model::commit::GonePartition;
use crate::model::interrupt::Interrupt;
use crate::model::plan::Plan;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::run::RunNumber;
use crate::model::summary::{ChangeSummary, ExportSummary, PartitionChange};
use crate::model::wish::{Verb, Wish};
use crate::pipeline::abandon::{self, Abandoned};
use crate::pipeline::bookmarks::{self, Asked, FileStory, Listing};
use crate::pipeline::catalog::{self, SourceEntry};
use crate::pipeline::change::{self, ChangeRequest};
use crate::pipeline::error::RunError;
use crate::pipeline::log::LogSink;
use crate::pipeline::quarantine::{self, Quarantined};
use crate::pipeline::query::{self, Answer, QueryRequest};
use crate::pipeline::snapshots::{self, ListRequest};
use crate::pipeline::summary::SharedJournal;
use crate::pipeline::{Context, ExportRequest, ground, lock, run, scan, shapes};
use crate::project::{Project, TargetUrl};
use crate::propose::{self, Proposal, ProposeRequest};
use crate::snapshots::stage::StageError;
use crate::state::{RunRow, State, StepRow};

/// What a face brings along: the core reads neither environment nor terminal.
#[derive(Clone)]
pub struct Surroundings {
    pub progress: Arc<dyn ProgressSink>,
    pub interrupt: Interrupt,
    /// The name of this machine.
    pub host: String,
    pub clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

/// Reads raw files through, and writes a project for them. Returns what was
/// written, and where.
///
/// # Errors
/// Nothing to read, or something in the way; nothing is written then.
pub fn init(
    request: &ProposeRequest,
    surroundings: &Surroundings,
) -> Result<(Proposal, Vec<String>), RunError> {
    let Surroundings {
        progress,
        interrupt,
        ..
    } = surroundings;
    let proposal = propose::propose(request, progress.as_ref(), interrupt)?;
    let written = propose::write::write(&proposal)?;
    Ok((proposal, written))
}

/// A project, opened.
pub struct Workbench {
    ctx: Context,
}

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
    next: Arc<dyn ProgressSink>,
}

impl ProgressSink for JournalSink {
    fn report(&self, progress: Progress) {
        if let Progress::Step { step } = progress {
            self.journal.borrow_mut().step(step);
        }
        self.next.report(progress);
    }
}

impl Workbench {
    /// Opens the project in `root`.
    ///
    /// # Errors
    /// All that is wrong with its `workbench.toml`.
    pub fn open(root: &Path, surroundings: Surroundings) -> Result<Self, RunError> {
        let project = Project::load(root)?;
        Ok(Self {
            ctx: Context {
                layout: project.layout(),
                project,
                progress: surroundings.progress,
                interrupt: surroundings.interrupt,
                host: surroundings.host,
                clock: surroundings.clock,
            },
        })
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.ctx.project
    }

    /// What an export would do, and why. Writes nothing.
    ///
    /// # Errors
    /// What an export would refuse before it begins.
    pub fn plan(&self, request: &ExportRequest) -> Result<Plan, RunError> {
        let ctx = &self.ctx;
        let target = request.target.as_ref().unwrap_or(&ctx.project.target);
        let transforms = run::read_transforms(ctx)?;
        let ground = ground::look(ctx, target, &transforms)?;
        let state = State::open_for_reading(&ctx.layout.state())?;
        let scanned = scan::sources(ctx, state.as_ref(), scan::Wait::No)?;
        let plan = run::make_plan(ctx, request, target, &transforms, &ground, &scanned)?;
        shapes::check(ctx, &ground, &transforms, &plan)?;
        Ok(plan)
    }

    /// Loads, checks, computes, publishes.
    pub fn export(&self, request: &ExportRequest) -> Exported {
        let journal = Arc::new(SharedJournal::default());
        // A preview leaves no trace in the project.
        let log = request
            .preview
            .is_none()
            .then(|| Arc::new(LogSink::open(&self.ctx, self.ctx.progress.clone())));
        let next: Arc<dyn ProgressSink> = match &log {
            Some(log) => log.clone(),
            None => self.ctx.progress.clone(),
        };
        let ctx = Context {
            progress: Arc::new(JournalSink {
                journal: journal.clone(),
                next,
            }),
            ..self.ctx.clone()
        };
        let error = run::export(&ctx, request, &journal).err();
        if let Some(log) = &log {
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

    /// Understands one query over what is published; its rows are taken from the
    /// answer.
    ///
    /// # Errors
    /// SQL that the engine refuses.
    pub fn query(&self, request: QueryRequest) -> Result<Answer, RunError> {
        query::ask(&self.ctx, request)
    }

    /// The columns of all sources or of one, and their history.
    ///
    /// # Errors
    /// [`RunError::NoSuchSource`].
    pub fn catalog(&self, source: Option<&str>) -> Result<Vec<SourceEntry>, RunError> {
        catalog::sources(&self.ctx, source)
    }

    /// What is in the quarantine, by source.
    ///
    /// # Errors
    /// A warehouse that somebody holds.
    pub fn quarantine(&self) -> Result<Vec<Quarantined>, RunError> {
        quarantine::list(&self.ctx)
    }

    /// The records of a source that are in the quarantine.
    ///
    /// # Errors
    /// [`RunError::NoSuchSource`].
    pub fn quarantine_of(&self, source: &str, limit: u64) -> Result<Rows, RunError> {
        quarantine::of_source(&self.ctx, source, limit)
    }

    /// The newest runs, newest first.
    ///
    /// # Errors
    /// Only of state.
    pub fn runs(&self, limit: Option<u32>) -> Result<Vec<RunRow>, RunError> {
        match State::open_for_reading(&self.ctx.layout.state())? {
            Some(state) => Ok(state.listed_runs(limit)?),
            None => Ok(Vec::new()),
        }
    }

    /// Whether a run is at work in the project now.
    pub fn is_running(&self) -> bool {
        lock::is_held(&self.ctx)
    }

    /// One run and how long its steps took.
    ///
    /// # Errors
    /// [`RunError::NoSuchRun`].
    pub fn run(&self, number: RunNumber) -> Result<(RunRow, Vec<StepRow>), RunError> {
        let state = State::open_for_reading(&self.ctx.layout.state())?;
        let row = match &state {
            Some(state) => state.run(number)?,
            None => None,
        };
        match (state, row) {
            (Some(state), Some(row)) => {
                let steps = state.steps(number)?;
                Ok((row, steps))
            }
            _ => Err(RunError::NoSuchRun { run: number }),
        }
    }

    /// What is published, newest day first.
    ///
    /// # Errors
    /// `NotPublished` for a dataset that has no snapshot.
    pub fn snapshots(&self, request: &ListRequest) -> Result<snapshots::Listing, RunError> {
        snapshots::list(&self.ctx, request)
    }

    /// What was dropped and not published since, newest day first.
    ///
    /// # Errors
    /// Of reading state and target.
    pub fn dropped(&self, target: Option<&TargetUrl>) -> Result<Vec<GonePartition>, RunError> {
        snapshots::dropped(&self.ctx, target)
    }

    /// The partitions that a drop or a restore would change. Changes nothing.
    ///
    /// # Errors
    /// A day that is not there, or whose bytes are not kept any more.
    pub fn outlook(&self, request: &ChangeRequest) -> Result<Vec<PartitionChange>, RunError> {
        change::outlook(&self.ctx, request)
    }

    /// Takes a day out of what is published, or puts it back.
    ///
    /// # Errors
    /// As for [`Workbench::outlook`], and what keeps any run from being carried out.
    pub fn change(&self, request: &ChangeRequest) -> Result<ChangeSummary, RunError> {
        // A project that never ran has published nothing, and gets no folder for that.
        if !self.ctx.layout.private().exists() {
            return change::carry_out(&self.ctx, request);
        }
        let log = Arc::new(LogSink::open(&self.ctx, self.ctx.progress.clone()));
        let ctx = Context {
            progress: log.clone(),
            ..self.ctx.clone()
        };
        let outcome = change::carry_out(&ctx, request);
        let command = request.change.command();
        log.line(&match &outcome {
            Ok(ChangeSummary { run: None, .. }) => format!("`{command}`: nothing to do"),
            Ok(ChangeSummary { run: Some(run), .. }) => {
                format!("run {run} ended as succeeded: `{command}`")
            }
            Err(error) => format!("`{command}` failed: {error}"),
        });
        outcome
    }

    /// The wish to stop, for a face that asks.
    pub fn interrupt(&self) -> &Interrupt {
        &self.ctx.interrupt
    }

    /// Gives up a run that cannot be completed.
    ///
    /// # Errors
    /// [`RunError::NotAbandonable`] for a run that is over.
    pub fn abandon(&self, run: RunNumber) -> Result<Abandoned, RunError> {
        abandon::abandon(&self.ctx, run)
    }

    /// What is known of the files of every source, and the wishes for them.
    ///
    /// # Errors
    /// Only of state.
    pub fn bookmarks(&self) -> Result<Listing, RunError> {
        bookmarks::list(&self.ctx)
    }

    /// What is known of one path.
    ///
    /// # Errors
    /// [`RunError::NoSuchFile`].
    pub fn explain(&self, path: &str) -> Result<Vec<FileStory>, RunError> {
        bookmarks::explain(&self.ctx, path)
    }

    /// Writes down what the next run is to do about a source's files.
    ///
    /// # Errors
    /// What could not be done, or would be nothing.
    pub fn ask(&self, source: &str, verb: Verb) -> Result<Asked, RunError> {
        bookmarks::ask(&self.ctx, source, verb)
    }

    /// Withdraws what was asked for.
    ///
    /// # Errors
    /// [`RunError::NoSuchWish`].
    pub fn cancel(&self, id: &str) -> Result<Wish, RunError> {
        bookmarks::cancel(&self.ctx, id)
    }
}
