//! What the faces call. It delegates.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::browse::Browser;
use crate::browse::answers::Answers;
use crate::engine::Settings;
use crate::engine::diff::Listed;
use crate::engine::rows::Rows;
use crate::model::commit::GonePartition;
use crate::model::difference::Difference;
use crate::model::interrupt::Interrupt;
use crate::model::plan::Plan;
use crate::model::run::RunNumber;
use crate::model::summary::{ChangeSummary, PartitionChange};
use crate::model::wish::{Verb, Wish};
use crate::pipeline::abandon::{self, Abandoned};
use crate::pipeline::asker::Asker;
use crate::pipeline::bookmarks::{self, Asked, FileStory, Listing};
use crate::pipeline::catalog::{self, Catalog};
use crate::pipeline::change::{self, ChangeRequest};
use crate::pipeline::diff::{self, Diff, DiffQuestion};
use crate::pipeline::doctor::{self, DoctorRequest, Examined};
use crate::pipeline::error::RunError;
use crate::pipeline::journaled::journaled;
use crate::pipeline::log::{self, LogLine, LogSink};
use crate::pipeline::names::Names;
use crate::pipeline::owned;
use crate::pipeline::quarantine::{self, Quarantined};
use crate::pipeline::query::{self, Answer, QueryRequest};
use crate::pipeline::range::{self, Days, RangeRequest};
use crate::pipeline::rebuild::{self, RebuildRequest, Rebuilt};
use crate::pipeline::snapshots::{self, ListRequest};
use crate::pipeline::transforms::{self, Pair, Revision, Text, TransformList};
use crate::pipeline::{Context, ExportRequest, ground, lock, run, runs, scan, shapes};
use crate::project::{Project, TargetUrl};
use crate::propose::{self, Proposal, ProposeRequest};
use crate::state::{RunRow, State, StepRow};

pub use crate::pipeline::journaled::Exported;
pub use crate::pipeline::surroundings::Surroundings;
pub use crate::pipeline::upload::upload;

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

/// Looks over the project in `root`, also one that cannot be opened.
///
/// # Errors
/// No such folder, or a wish to stop; what is wrong is in the answer. If something
/// is to be mended, also a run that is at work.
pub fn doctor(
    root: &Path,
    request: DoctorRequest,
    surroundings: Surroundings,
) -> Result<Examined, RunError> {
    let (project, broken) = doctor::project_of(root)?;
    let ctx = surroundings.around(project);
    doctor::examine(&ctx, broken.as_ref(), request)
}

/// A project, opened.
pub struct Workbench {
    ctx: Context,
}

impl Workbench {
    /// Opens the project in `root`.
    ///
    /// # Errors
    /// All that is wrong with its `workbench.toml`.
    pub fn open(root: &Path, surroundings: Surroundings) -> Result<Self, RunError> {
        let project = Project::load(root)?;
        Ok(Self {
            ctx: surroundings.around(project),
        })
    }

    /// Looks at a target without a project. What is kept of it goes into a folder of its
    /// own below `cache`; nothing else is written, and nothing at the target.
    pub fn visit(target: TargetUrl, cache: &Path, surroundings: Surroundings) -> Self {
        let project = Project::visiting(target, cache);
        // Where it cannot be made, nothing is kept.
        let _ = std::fs::create_dir_all(project.layout().private());
        let ctx = Context {
            visits: true,
            ..surroundings.around(project)
        };
        Self { ctx }
    }

    /// The same project, with another target.
    pub fn at(mut self, target: TargetUrl) -> Self {
        self.ctx.project.target = target;
        self
    }

    /// The same project, for work that something else stops.
    pub fn stopped_by(&self, interrupt: &Interrupt) -> Self {
        Self {
            ctx: Context {
                interrupt: interrupt.clone(),
                ..self.ctx.clone()
            },
        }
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.ctx.project
    }

    /// The day it is in the project's time zone.
    pub fn today(&self) -> chrono::NaiveDate {
        self.ctx.today()
    }

    /// The time it is there.
    pub fn local_time(&self) -> chrono::NaiveDateTime {
        self.ctx.local_time()
    }

    /// Whether a result that is written there would lie among the project's own files.
    pub fn owns(&self, file: &Path) -> bool {
        owned::owns(&self.ctx.project, file)
    }

    /// Looks into what is published at the project's target.
    ///
    /// # Errors
    /// A target that cannot be opened.
    pub fn browser(&self) -> Result<Browser, RunError> {
        let ctx = &self.ctx;
        let settings = Settings {
            spill: Some(ctx.layout.spill()),
            ..ctx.settings()
        };
        Ok(Browser::new(
            ctx.store_to_read(&ctx.project.target)?,
            settings,
        ))
    }

    /// Answers questions about what `browser` looks into, which is this project's.
    /// With a folder, answers that are not small are kept there.
    pub fn asker(&self, browser: Browser, folder: Option<Arc<Answers>>) -> Asker {
        Asker::new(self.ctx.clone(), browser, folder)
    }

    /// Whether what was published to the project's target is gone from there.
    ///
    /// # Errors
    /// [`RunError::TargetVanished`] if it is; of reading state and target.
    pub fn miss_target(&self) -> Result<(), RunError> {
        snapshots::miss(&self.ctx)
    }

    /// What the project's SQL says of columns, by dataset and column.
    ///
    /// # Errors
    /// Of the engine that parses it.
    pub fn descriptions(&self) -> Result<BTreeMap<(String, String), String>, RunError> {
        catalog::descriptions(&self.ctx)
    }

    /// The names there are, for who is typing one; what cannot be read has none.
    pub fn names(&self) -> Names {
        Names::of(&self.ctx)
    }

    /// What an export would do, and why. Writes nothing.
    ///
    /// # Errors
    /// What an export would refuse before it begins.
    pub fn plan(&self, request: &ExportRequest) -> Result<Plan, RunError> {
        let ctx = &self.ctx;
        let target = request.target.as_ref().unwrap_or(&ctx.project.target);
        let transforms = run::read_transforms(ctx)?;
        let ground = ground::look(ctx, target, &transforms, request)?;
        let state = State::open_for_reading(&ctx.layout.state())?;
        let scanned = scan::sources(ctx, state.as_ref(), scan::Wait::No)?;
        let plan = run::make_plan(ctx, request, target, &transforms, &ground, &scanned)?;
        shapes::check(ctx, &ground, &transforms, &plan)?;
        Ok(plan)
    }

    /// Loads, checks, computes, publishes.
    pub fn export(&self, request: &ExportRequest) -> Exported {
        let ctx = &self.ctx;
        // A preview leaves no trace in the project.
        let log = request
            .preview
            .is_none()
            .then(|| Arc::new(LogSink::open(ctx, ctx.progress.clone())));
        let command = if request.load_only { "load" } else { "export" };
        journaled(ctx, command, log.as_ref(), |ctx, journal| {
            run::export(ctx, request, journal)
        })
    }

    /// Exports day after day, oldest first.
    pub fn export_days(&self, request: &RangeRequest) -> Days {
        range::export(&self.ctx, request)
    }

    /// What an export of day after day would do. Writes nothing.
    pub fn plan_days(&self, request: &RangeRequest) -> Days {
        range::plan(&self.ctx, request)
    }

    /// Understands one query over what is published; its rows are taken from the
    /// answer.
    ///
    /// # Errors
    /// SQL that the engine refuses.
    pub fn query(&self, request: QueryRequest) -> Result<Answer, RunError> {
        query::ask(&self.ctx, request)
    }

    /// Finds two sides of a dataset and opens them.
    ///
    /// # Errors
    /// A dataset, moment or column that is not there.
    pub fn diff(&self, question: &DiffQuestion) -> Result<Diff, RunError> {
        diff::open(&self.ctx, question)
    }

    /// Compares two sides. With `listed`, only rows are counted, and can then be
    /// listed.
    ///
    /// # Errors
    /// What goes wrong on the way.
    pub fn compare(&self, diff: &mut Diff, listed: Option<Listed>) -> Result<Difference, RunError> {
        diff.compare(&self.ctx, listed)
    }

    /// All tables, or those of a name, with their columns and what reads what.
    ///
    /// # Errors
    /// [`RunError::NoSuchTable`].
    pub fn catalog(&self, name: Option<&str>) -> Result<Catalog, RunError> {
        catalog::catalog(&self.ctx, name)
    }

    /// All transforms and checks, and what was last published of each.
    ///
    /// # Errors
    /// A warehouse that somebody holds.
    pub fn transforms(&self) -> Result<TransformList, RunError> {
        transforms::list(&self.ctx)
    }

    /// The text of a transform: of `name` as its file is now, of `name@revision` as it
    /// was recorded.
    ///
    /// # Errors
    /// [`RunError::Named`]; a warehouse that somebody holds.
    pub fn transform(&self, name: &str) -> Result<Text, RunError> {
        transforms::show(&self.ctx, name)
    }

    /// The revisions of a transform, the last published first.
    ///
    /// # Errors
    /// As for [`Workbench::transform`].
    pub fn revisions(&self, name: &str) -> Result<Vec<Revision>, RunError> {
        transforms::history(&self.ctx, name)
    }

    /// The texts to be held against each other; all that were edited, if none is named.
    ///
    /// # Errors
    /// As for [`Workbench::transform`].
    pub fn pairs(&self, before: Option<&str>, after: Option<&str>) -> Result<Vec<Pair>, RunError> {
        transforms::pairs(&self.ctx, before, after)
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
    pub fn quarantine_of(&self, source: &str, limit: Option<u64>) -> Result<Rows, RunError> {
        quarantine::of_source(&self.ctx, source, limit)
    }

    /// The newest runs, newest first.
    ///
    /// # Errors
    /// Only of state.
    pub fn runs(&self, limit: Option<u32>) -> Result<Vec<RunRow>, RunError> {
        runs::list(&self.ctx, limit)
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
        runs::show(&self.ctx, number)
    }

    /// What is published, newest day first.
    ///
    /// # Errors
    /// `NotPublished` for a dataset that has no snapshot.
    pub fn snapshots(&self, request: &ListRequest) -> Result<snapshots::Listing, RunError> {
        snapshots::list(&self.ctx, request)
    }

    /// What a run did when.
    ///
    /// # Errors
    /// [`RunError::NoSuchRun`], [`RunError::NoLog`].
    pub fn log(&self, number: RunNumber) -> Result<Vec<LogLine>, RunError> {
        self.run(number)?;
        log::of_run(&self.ctx.layout.logs(), number)
    }

    /// Builds a lost or damaged state and warehouse again.
    ///
    /// # Errors
    /// What cannot be brought back, unless that is accepted.
    pub fn rebuild(&self, request: &RebuildRequest) -> Result<Rebuilt, RunError> {
        rebuild::rebuild(&self.ctx, request)
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

    /// The wish to stop.
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
