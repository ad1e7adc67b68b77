//! A state that says what ledger and commits say.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::survey::{Survey, Target};
use crate::model::bookmarks::Bookmarks;
use crate::model::commit::RunRecord;
use crate::model::ended::EndedRun;
use crate::model::ledger::{Entry, Event, Ledger};
use crate::model::names::SourceName;
use crate::model::partition::PartitionId;
use crate::model::run::{Known, RunKind, RunNumber, RunStatus};
use crate::model::summary::{
    ChangeSummary, DatasetStatus, DatasetSummary, ExportSummary, FileCounts, PartitionChange,
    RowTotals, SchemaEvent, SourceSummary,
};
use crate::model::token::WriterToken;
use crate::pipeline::error::RunError;
use crate::pipeline::recover;
use crate::snapshots::publish::{self, Fate};
use crate::state::{KnownFile, NewRun, State};

/// What a state is filled from.
pub struct Filling<'a> {
    pub survey: &'a Survey,
    /// With what the rebuild added to it.
    pub ledger: &'a Ledger,
    /// Files that were hashed.
    pub known: &'a BTreeMap<SourceName, Vec<(String, KnownFile)>>,
}

/// The note of a summary that is not the run's own.
const TOLD: &str = "told by the ledger: state was rebuilt, and knows no more of this run";

/// How a run ended.
struct Outcome {
    status: RunStatus,
    finished: DateTime<Utc>,
    error: Option<String>,
}

impl Outcome {
    fn took(&self, record: &RunRecord) -> f64 {
        (self.finished - record.started).num_milliseconds() as f64 / 1000.0
    }
}

impl Filling<'_> {
    /// Brings a state, which may be new or an older copy, to what ledger and commits
    /// say.
    ///
    /// # Errors
    /// Of state, and of reading the target.
    pub fn fill(&self, state: &State) -> Result<(), RunError> {
        // One transaction for speed: if it fails, nobody looks at this state again.
        state.transaction(|state| Ok(self.runs(state)))??;
        if let Some(Target {
            store,
            owner,
            published,
        }) = &self.survey.target
        {
            let first = self.ledger.runs().next().map(|r| r.started);
            state.record_target(&owner.target, &store.url(), first.unwrap_or_default())?;
            state.forget_snapshots(&owner.target)?;
            recover::catch_up(state, &**store, &owner.target, published)?;
        }
        let (seq, head) = self.ledger.end();
        let bookmarks = Bookmarks::of(self.ledger);
        state.copy_bookmarks(&bookmarks, &head, seq)?;
        recover::in_step(state, self.ledger, &bookmarks)?;
        for (source, files) in self.known {
            state.remember_files(source, files)?;
        }
        Ok(())
    }

    fn runs(&self, state: &State) -> Result<(), RunError> {
        state.set_project_id(&self.survey.project)?;
        let tokens: BTreeSet<&WriterToken> = self.ledger.runs().map(|r| &r.token).collect();
        for row in state.runs(None)?.iter().filter(|r| r.committed()) {
            if row.token.as_ref().is_none_or(|t| !tokens.contains(t)) {
                let why = "lost: the ledger that had it is gone, and no commit tells of it";
                state.record_lost(row.number, why)?;
            }
        }
        let told: BTreeMap<RunNumber, &EndedRun> = self
            .ledger
            .runs()
            .flat_map(|r| r.ended.iter().map(|e| (e.run, e)))
            .collect();
        for entry in &self.ledger.entries {
            let Event::Run(record) = &entry.event else {
                continue;
            };
            state.record_committed(record, entry.seq)?;
            state.sync_revisions(&record.transforms, record.run)?;
            if let Some(target) = &record.target {
                state.record_target(&target.id, &target.url, record.started)?;
            }
            self.end(state, record, told.get(&record.run).copied())?;
        }
        for ended in told.values() {
            uncommitted(state, ended)?;
        }
        Ok(())
    }

    /// Says how a committed run ended, unless the state knows.
    fn end(
        &self,
        state: &State,
        record: &RunRecord,
        told: Option<&EndedRun>,
    ) -> Result<(), RunError> {
        let over = state.run(record.run)?.is_some_and(|r| r.status.is_over());
        if over {
            return Ok(());
        }
        let Some(outcome) = self.outcome(record, told)? else {
            // The next export settles it.
            return Ok(());
        };
        let summary = match record.kind {
            RunKind::Export => serde_json::to_value(self.summary(record, &outcome)),
            RunKind::Drop | RunKind::Restore => serde_json::to_value(changed(record, &outcome)),
        }
        .unwrap_or_default();
        let Outcome {
            status,
            finished,
            error,
        } = outcome;
        Ok(state.finish_run(
            record.run,
            status,
            finished,
            error.as_deref(),
            Some(&summary),
        )?)
    }

    /// None: it is not over, or a target that is not at hand knows.
    fn outcome(
        &self,
        record: &RunRecord,
        told: Option<&EndedRun>,
    ) -> Result<Option<Outcome>, RunError> {
        if let Some(told) = told {
            return Ok(Some(Outcome {
                status: told.status,
                finished: told.finished,
                error: told.error.clone(),
            }));
        }
        let ended = |status, finished| {
            Some(Outcome {
                status,
                finished,
                error: None,
            })
        };
        if self.ledger.is_abandoned(record.run) {
            return Ok(ended(RunStatus::Abandoned, record.started));
        }
        let Some(of_run) = &record.target else {
            return Ok(ended(RunStatus::Succeeded, record.started));
        };
        let here = self.survey.target.as_ref();
        let Some(target) = here.filter(|t| t.owner.target == of_run.id) else {
            return Ok(None);
        };
        Ok(
            match publish::fate(&*target.store, of_run, &record.token)? {
                Fate::Published(commit) => ended(RunStatus::Succeeded, commit.committed),
                Fate::Abandoned { .. } => ended(RunStatus::Abandoned, record.started),
                Fate::Open => None,
            },
        )
    }

    /// What can be told of a run by the ledger.
    fn summary(&self, record: &RunRecord, outcome: &Outcome) -> ExportSummary {
        let events = self.ledger.entries.iter().filter(|e| e.run == record.run);
        let events: Vec<&Entry> = events.collect();
        ExportSummary {
            run: Some(record.run),
            status: outcome.status,
            ingest_date: Some(record.ingest_date),
            known: match record.known {
                Known::Now => "now".to_owned(),
                Known::AtRun(run) => format!("then (run {run})"),
            },
            target: record
                .target
                .as_ref()
                .map_or(String::new(), |t| t.url.clone()),
            seconds: outcome.took(record),
            recovered: Vec::new(),
            sources: record
                .sources
                .keys()
                .map(|name| source_summary(name, &events))
                .collect(),
            checks: record.checks.clone(),
            schema_events: events
                .iter()
                .filter_map(|e| schema_event(&e.event))
                .collect(),
            datasets: record
                .partitions
                .iter()
                .filter(|p| p.id.ingest_date == record.ingest_date)
                .map(|p| DatasetSummary {
                    name: p.id.dataset.clone(),
                    version: p.id.version,
                    revision: p.revision,
                    rows: Some(p.rows),
                    bytes: Some(p.bytes),
                    path: PartitionId::key(&p.id),
                    status: DatasetStatus::Published,
                    reason: "told by the ledger".to_owned(),
                })
                .collect(),
            steps: Vec::new(),
            notes: vec![TOLD.to_owned()],
        }
    }
}

/// What can be told of a run that dropped a day, or put one back. As which run, only
/// who asked knew.
fn changed(record: &RunRecord, outcome: &Outcome) -> ChangeSummary {
    let dropped = record.dropped.iter().map(|p| PartitionChange {
        id: p.id.clone(),
        blake3: p.blake3,
        rows: p.rows,
        bytes: p.bytes,
        published_by: p.published_by,
        replaces: None,
        is_kept: false,
    });
    let restored = record.partitions.iter().map(|p| PartitionChange {
        id: p.id.clone(),
        blake3: p.blake3,
        rows: p.rows,
        bytes: p.bytes,
        published_by: p.computed_by,
        replaces: None,
        is_kept: false,
    });
    ChangeSummary {
        run: Some(record.run),
        kind: record.kind,
        ingest_date: record.ingest_date,
        as_of_run: None,
        target: record
            .target
            .as_ref()
            .map_or(String::new(), |t| t.url.clone()),
        seconds: outcome.took(record),
        partitions: dropped.chain(restored).collect(),
        recovered: Vec::new(),
        notes: vec![TOLD.to_owned()],
    }
}

fn source_summary(name: &SourceName, events: &[&Entry]) -> SourceSummary {
    let mut summary = SourceSummary {
        name: name.clone(),
        files: FileCounts::default(),
        rows: RowTotals::default(),
    };
    let events = events.iter().map(|e| &e.event);
    for event in events.filter(|e| e.source() == Some(name)) {
        let files = &mut summary.files;
        let file = match event {
            Event::Taken { file, .. } => {
                files.new += 1;
                file
            }
            Event::Rewritten { file, .. } => {
                files.rewritten += 1;
                file
            }
            Event::Renamed { .. } => {
                files.renamed += 1;
                continue;
            }
            Event::Retracted { .. } => {
                files.vanished += 1;
                continue;
            }
            Event::SetAsProcessed { files: passed, .. } => {
                files.processed += passed.len() as u64;
                continue;
            }
            _ => continue,
        };
        summary.rows.read += file.rows.read;
        summary.rows.taken += file.rows.taken();
        summary.rows.quarantined += file.rows.quarantined;
    }
    summary
}

fn schema_event(event: &Event) -> Option<SchemaEvent> {
    match event {
        Event::Drifted { source, drift } => Some(SchemaEvent {
            source: source.clone(),
            drift: drift.clone(),
        }),
        _ => None,
    }
}

/// A run that the ledger does not have.
fn uncommitted(state: &State, ended: &EndedRun) -> Result<(), RunError> {
    let Some(run) = &ended.uncommitted else {
        return Ok(());
    };
    if state.run(ended.run)?.is_some() {
        return Ok(());
    }
    state.begin_run(&NewRun {
        number: ended.run,
        kind: run.kind,
        ingest_date: run.ingest_date,
        planned_on: run.planned_on,
        known: run.known,
        target_id: None,
        target_url: run.target_url.clone(),
        started: run.started,
    })?;
    let summary = ExportSummary {
        run: Some(ended.run),
        status: ended.status,
        ingest_date: Some(run.ingest_date),
        schema_events: run.refused.clone(),
        ..ExportSummary::not_begun()
    };
    let summary = serde_json::to_value(summary).unwrap_or_default();
    let error = ended.error.as_deref();
    Ok(state.finish_run(
        ended.run,
        ended.status,
        ended.finished,
        error,
        Some(&summary),
    )?)
}
