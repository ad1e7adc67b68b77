//! The journal of a run: what can be told of it, however it ends.

use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use chrono::NaiveDate;

use super::context::Context;
use super::error::count;
use super::transaction::Done;
use crate::model::commit::{CheckOutcome, RunRecord};
use crate::model::ledger::{Event, SchemaDrift};
use crate::model::names::SourceName;
use crate::model::partition::PartitionId;
use crate::model::plan::{DatasetAction, DatasetPlan, FileStep, Plan, SourcePlan};
use crate::model::run::{Known, RunNumber, RunStatus};
use crate::model::summary::{
    DatasetStatus, DatasetSummary, ExportSummary, FileCounts, RecoveredRun, RowTotals, SchemaEvent,
    SourceSummary, StepTime,
};
use crate::project::TargetUrl;
use crate::snapshots::Published;

/// Filled while a run goes on.
#[derive(Debug)]
pub struct Journal {
    started: Instant,
    step: Option<(&'static str, Instant)>,
    steps: Vec<StepTime>,
    status: RunStatus,
    run: Option<RunNumber>,
    ingest_date: Option<NaiveDate>,
    known: Known,
    target: String,
    recovered: Vec<RecoveredRun>,
    sources: Vec<SourceSummary>,
    checks: Vec<CheckOutcome>,
    schema_events: Vec<SchemaEvent>,
    datasets: Vec<DatasetSummary>,
    notes: Vec<String>,
}

/// A journal that the run writes and its face reads.
#[derive(Debug, Default)]
pub struct SharedJournal(Mutex<Journal>);

impl SharedJournal {
    /// The journal, for as long as the guard lives.
    pub fn borrow_mut(&self) -> MutexGuard<'_, Journal> {
        // Whoever panicked left a journal that is still worth reading.
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            step: None,
            steps: Vec::new(),
            status: RunStatus::Failed,
            run: None,
            ingest_date: None,
            known: Known::Now,
            target: String::new(),
            recovered: Vec::new(),
            sources: Vec::new(),
            checks: Vec::new(),
            schema_events: Vec::new(),
            datasets: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Journal {
    pub(super) fn begin(&mut self, ctx: &Context, target: &TargetUrl) {
        self.ingest_date = Some(ctx.today());
        self.target = target.to_string();
    }

    /// Ends the step at hand and begins another, for the times. Returns the number
    /// of the run, once there is one.
    pub fn step(&mut self, step: &'static str) -> Option<RunNumber> {
        self.end_step();
        self.step = Some((step, Instant::now()));
        self.run
    }

    fn end_step(&mut self) {
        if let Some((step, since)) = self.step.take() {
            self.steps.push(StepTime {
                step: step.to_owned(),
                seconds: since.elapsed().as_secs_f64(),
            });
        }
    }

    pub(super) fn steps(&mut self) -> &[StepTime] {
        self.end_step();
        &self.steps
    }

    pub(super) fn status(&mut self, status: RunStatus) {
        self.status = status;
    }

    pub(super) fn recovered(&mut self, runs: Vec<RecoveredRun>) {
        self.recovered.extend(runs);
    }

    /// What is only previewed takes no number.
    pub(super) fn without_run(&mut self) {
        self.run = None;
    }

    pub(super) fn planned(&mut self, plan: &Plan, published: &Published) {
        self.run = (!plan.is_empty()).then_some(plan.run);
        self.ingest_date = Some(plan.ingest_date);
        self.known = plan.known;
        self.notes.clone_from(&plan.notes);
        self.sources = plan.sources.iter().map(source_summary).collect();
        self.datasets = plan
            .datasets
            .iter()
            .map(|d| dataset_summary(d, plan.ingest_date, published))
            .collect();
    }

    pub(super) fn computed(&mut self, done: &Done) {
        self.checks.clone_from(&done.checks);
        for (name, loaded) in &done.loaded {
            if let Some(source) = self.sources.iter_mut().find(|s| s.name == *name) {
                source.rows = RowTotals {
                    read: loaded.rows.read,
                    taken: loaded.rows.taken(),
                    quarantined: loaded.rows.quarantined,
                };
            }
            if loaded.rows.quarantined > 0 {
                self.notes.push(format!(
                    "{} of source `{name}` could not be loaded and {} set aside: \
                     `workbench quarantine show {name}`",
                    count(loaded.rows.quarantined, "record"),
                    if loaded.rows.quarantined == 1 {
                        "is"
                    } else {
                        "are"
                    },
                ));
            }
            for event in &loaded.events {
                if let Event::Drifted { source, drift } = event {
                    self.notes.push(told(source, drift));
                    self.schema_events.push(SchemaEvent {
                        source: source.clone(),
                        drift: drift.clone(),
                    });
                }
            }
        }
    }

    /// What the columns of a file would have done to a source.
    pub fn drifted(&mut self, source: SourceName, drift: SchemaDrift) {
        self.schema_events.push(SchemaEvent { source, drift });
    }

    /// Checks that were evaluated before one of them failed.
    pub fn checked(&mut self, checks: &[CheckOutcome]) {
        self.checks = checks.to_vec();
    }

    pub(super) fn committed(&mut self, record: &RunRecord) {
        for staged in &record.partitions {
            let id = &staged.id;
            if let Some(dataset) = self
                .datasets
                .iter_mut()
                .find(|d| d.name == id.dataset && d.version == id.version && d.path == id.key())
            {
                dataset.rows = Some(staged.rows);
                dataset.bytes = Some(staged.bytes);
            }
        }
    }

    /// A preview has no run: its files lie in a folder of their own.
    pub(super) fn previewed(&mut self, folder: &str, done: &Done) {
        self.run = None;
        self.target = folder.to_owned();
        for staged in &done.partitions {
            if let Some(dataset) = self.datasets.iter_mut().find(|d| d.path == staged.id.key()) {
                dataset.rows = Some(staged.rows);
                dataset.bytes = Some(staged.bytes);
            }
        }
    }

    /// How it ended, in a few words, for the log.
    pub fn ended(&self) -> String {
        match self.run {
            Some(run) => format!("run {run} ended as {}:", self.status),
            None => format!("no run ({}):", self.status),
        }
    }

    /// What can be told now.
    pub fn summary(&mut self) -> ExportSummary {
        self.end_step();
        if self.status != RunStatus::Succeeded {
            for dataset in &mut self.datasets {
                // Whatever was meant, it is not to be relied on yet.
                if dataset.status == DatasetStatus::Published {
                    dataset.status = DatasetStatus::Skipped;
                }
            }
        }
        ExportSummary {
            run: self.run,
            status: self.status,
            ingest_date: self.ingest_date,
            known: known(self.known),
            target: self.target.clone(),
            seconds: self.started.elapsed().as_secs_f64(),
            recovered: self.recovered.clone(),
            sources: self.sources.clone(),
            checks: self.checks.clone(),
            schema_events: self.schema_events.clone(),
            datasets: self.datasets.clone(),
            steps: self.steps.clone(),
            notes: self.notes.clone(),
        }
    }
}

/// Which raw data a run computes from, as a summary tells it.
pub(super) fn known(known: Known) -> String {
    match known {
        Known::Now => "now".to_owned(),
        Known::AtRun(run) => format!("then (run {run})"),
    }
}

/// A schema change as a sentence fragment: nobody looks for NULLs by himself.
pub(super) fn told(source: &SourceName, drift: &SchemaDrift) -> String {
    match drift {
        SchemaDrift::Added { column, ty, path } => {
            format!("`{path}` brings a new column `{column}` to source `{source}`, taken as {ty}")
        }
        SchemaDrift::Missing { column, path } => format!(
            "`{path}` has no column `{column}`: its rows of source `{source}` hold NULL there \
             (`schema = \"freeze\"` refuses such files)"
        ),
        SchemaDrift::Widened {
            column,
            from,
            to,
            path,
        } => format!(
            "`{path}` needs more room in column `{column}` of source `{source}`, which was {from} \
             and is {to} now"
        ),
        SchemaDrift::Refused { why, .. } => format!("refused: {why}"),
        SchemaDrift::Reordered { path } => format!(
            "`{path}` has the columns of source `{source}` in another order; they are matched by \
             name"
        ),
    }
}

/// The files of a source, by what is done about them.
pub fn file_counts(plan: &SourcePlan) -> FileCounts {
    let mut counts = FileCounts {
        unchanged: plan.unchanged,
        held: plan.held.len() as u64,
        ..FileCounts::default()
    };
    for step in &plan.steps {
        let counted = match step {
            FileStep::Take { number, .. } if plan.again.contains(number) => &mut counts.again,
            FileStep::Take { .. } => &mut counts.new,
            FileStep::Process { .. } => &mut counts.processed,
            FileStep::Rewrite { .. } => &mut counts.rewritten,
            FileStep::Rename { .. } => &mut counts.renamed,
            FileStep::Duplicate { .. } => &mut counts.duplicate,
            FileStep::Vanished { .. } | FileStep::Retract { .. } => &mut counts.vanished,
            // Its path is counted where its new content is.
            FileStep::FewerPaths { .. } => continue,
        };
        *counted += 1;
    }
    counts
}

fn source_summary(plan: &SourcePlan) -> SourceSummary {
    SourceSummary {
        name: plan.name.clone(),
        files: file_counts(plan),
        rows: RowTotals::default(),
    }
}

fn dataset_summary(plan: &DatasetPlan, day: NaiveDate, published: &Published) -> DatasetSummary {
    let id = PartitionId {
        dataset: plan.name.clone(),
        version: plan.version,
        ingest_date: day,
    };
    let standing = published
        .partitions
        .get(&id)
        .filter(|_| plan.action != DatasetAction::Publish)
        .map(|l| &l.partition.staged);
    DatasetSummary {
        name: plan.name.clone(),
        version: plan.version,
        revision: plan.revision,
        rows: standing.map(|s| s.rows),
        bytes: standing.map(|s| s.bytes),
        path: id.key(),
        status: match plan.action {
            DatasetAction::Publish => DatasetStatus::Published,
            DatasetAction::Unchanged => DatasetStatus::Unchanged,
            DatasetAction::Skipped => DatasetStatus::Skipped,
        },
        reason: plan.reason.clone(),
    }
}
