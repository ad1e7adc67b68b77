//! Planning: from facts to a plan. Pure; the plan says why it does what it does.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::context::KnownChoice;
use super::error::RunError;
use super::facts::{Facts, KeyState};
use super::plan_notes::notes;
use super::plan_sources::{SourceFacts, take_deliveries};
use crate::model::bookmarks::Bookmarks;
use crate::model::commit::{
    DroppedPartition, Inputs, LivePartition, RunRecord, StagedPartition, TransformRecord,
};
use crate::model::hash::ContentHash;
use crate::model::ledger::Ledger;
use crate::model::names::{SourceName, TransformName};
use crate::model::nearest::nearest;
use crate::model::partition::PartitionId;
use crate::model::plan::{DatasetAction, DatasetPlan, Plan, Repair};
use crate::model::run::{Known, RunKind};
use crate::model::source::{History, SourceDefinition};
use crate::model::transform::{Schema, Transform, TransformKind, Transforms};
use crate::snapshots::open;

/// Decides what a run does.
///
/// # Errors
/// What a run refuses before it begins: a date in the future, a dataset that
/// does not exist, a source whose definition changed.
pub fn plan(facts: &Facts<'_>) -> Result<Plan, RunError> {
    let ingest_date = facts.request.date.unwrap_or(facts.today);
    if ingest_date > facts.today && !facts.request.allow_future {
        return Err(RunError::FutureDate {
            date: ingest_date,
            today: facts.today,
        });
    }
    let selected = selected(facts.transforms, &facts.request.only)?;
    let known = known(facts, ingest_date)?;
    if facts.request.full_refresh && known != Known::Now {
        return Err(RunError::RefreshThen { date: ingest_date });
    }
    let (sources, after) = match known {
        Known::Now => take_deliveries(SourceFacts::of(facts))?,
        Known::AtRun(run) => (Vec::new(), Bookmarks::as_of(facts.ledger, run)),
    };
    let generations = facts
        .sources
        .iter()
        .map(|s| {
            let planned = sources.iter().find(|p| p.name == s.name);
            let generation = planned.map(|p| p.generation);
            let now = || after.generation(&s.name, &s.fingerprint());
            (s.name.clone(), generation.unwrap_or_else(now))
        })
        .collect::<BTreeMap<_, _>>();
    let (mut datasets, mut repaired, mut removals) = (Vec::new(), Vec::new(), Vec::new());
    if !facts.request.load_only {
        let features = facts.transforms.features.iter();
        datasets.extend(features.map(|d| dataset(facts, d, ingest_date, &generations, &selected)));
        repaired = repairs(facts, &datasets, ingest_date);
        removals = removed(facts, &datasets, ingest_date);
    }
    let mut plan = Plan {
        run: facts.run,
        ingest_date,
        planned_on: facts.today,
        known,
        target: facts.target.clone(),
        recover: facts.recover.clone(),
        sources,
        generations,
        datasets,
        repairs: repaired,
        removals,
        checks: facts.transforms.checks.len() as u64,
        notes: Vec::new(),
    };
    plan.notes = notes(facts, &plan);
    Ok(plan)
}

/// The datasets that are `only` wanted, with those that they read; all if none
/// is named.
///
/// # Errors
/// [`RunError::NoSuchDataset`].
pub(super) fn selected(
    transforms: &Transforms,
    only: &[TransformName],
) -> Result<BTreeSet<TransformName>, RunError> {
    let all = &transforms.features;
    if only.is_empty() {
        return Ok(all.iter().map(|t| t.name.clone()).collect());
    }
    let mut selected = BTreeSet::new();
    for name in only {
        let Some(dataset) = transforms.feature(name.as_str()) else {
            return Err(RunError::NoSuchDataset {
                name: name.clone(),
                nearest: nearest(name.as_str(), all.iter().map(|t| t.name.as_str()))
                    .map(str::to_owned),
            });
        };
        selected.insert(dataset.name.clone());
        for read in transforms.reads_of(dataset) {
            if read.schema == Schema::Features
                && let Some(read) = transforms.feature(&read.name)
            {
                selected.insert(read.name.clone());
            }
        }
    }
    Ok(selected)
}

/// Whether an earlier day is computed as it was known then, and by which run.
fn known(facts: &Facts<'_>, ingest_date: NaiveDate) -> Result<Known, RunError> {
    if ingest_date >= facts.today || facts.request.known == KnownChoice::Now {
        return Ok(Known::Now);
    }
    let of_the_day = |r: &&RunRecord| r.ingest_date == ingest_date && is_of_its_day(r);
    // What a `load` took after the last export of the day was not published on it.
    let published = facts
        .ledger
        .runs()
        .rfind(|r| of_the_day(r) && r.target.is_some());
    let Some(then) = published.or_else(|| facts.ledger.runs().rfind(of_the_day)) else {
        return Ok(Known::Now);
    };
    for source in facts.sources {
        if let Some(why) = not_known_then(facts, source, then) {
            return Err(RunError::NotKnownThen {
                source_name: source.name.clone(),
                date: ingest_date,
                run: then.run,
                why,
            });
        }
    }
    Ok(Known::AtRun(then.run))
}

/// Whether a run saw the data as known on the day that it exported.
pub(super) fn is_of_its_day(run: &RunRecord) -> bool {
    run.kind == RunKind::Export && run.planned_on == run.ingest_date
}

fn not_known_then(
    facts: &Facts<'_>,
    source: &SourceDefinition,
    then: &RunRecord,
) -> Option<String> {
    let read = facts.transforms.features.iter().any(|d| {
        facts
            .transforms
            .reads_of(d)
            .iter()
            .any(|r| r.schema == Schema::Raw && r.name == source.name.as_str())
    });
    if !read {
        return None;
    }
    if !then.sources.contains_key(&source.name) {
        return Some("the source was added later".to_owned());
    }
    if source.history == History::Drop {
        return Some("its `history` is dropped".to_owned());
    }
    let reset = facts.bookmarks.sources.get(&source.name)?.reset_by;
    if let Some(reset) = reset.filter(|reset| *reset > then.run) {
        return Some(format!("run {reset} loaded it anew"));
    }
    let lost = Bookmarks::lost_since(facts.ledger, &source.name, then.run);
    let lost = lost.first()?;
    Some(format!(
        "a rebuild could not load `{}` again",
        lost.paths.join("`, `")
    ))
}

/// The number of a transform's meaning: the known one, or the next. Where the
/// engine writes SQL down in a new way, equal texts are the same meaning.
pub fn revision(ledger: &Ledger, transforms: &Transforms, transform: &Transform) -> u32 {
    let mut newest = 0;
    let mut of_equal_text = None;
    for run in ledger.runs() {
        let Some(record) = recorded(run, transform) else {
            continue;
        };
        let revision = record.revision.unwrap_or(0);
        newest = newest.max(revision);
        if record.fingerprint == transform.fingerprint {
            return revision;
        }
        let read = transforms.reads_of(transform);
        let read = read.iter().filter_map(|r| transforms.read(r));
        if read
            .chain([transform])
            .all(|t| recorded(run, t).is_some_and(|r| r.text == t.text))
        {
            of_equal_text = Some(revision);
        }
    }
    of_equal_text.unwrap_or(newest + 1)
}

fn recorded<'r>(run: &'r RunRecord, transform: &Transform) -> Option<&'r TransformRecord> {
    run.transforms
        .iter()
        .find(|r| r.kind == transform.kind && r.name == transform.name)
}

fn dataset(
    facts: &Facts<'_>,
    dataset: &Transform,
    ingest_date: NaiveDate,
    generations: &BTreeMap<SourceName, ContentHash>,
    selected: &BTreeSet<TransformName>,
) -> DatasetPlan {
    let inputs = inputs(facts, dataset, ingest_date, generations);
    let id = PartitionId {
        dataset: dataset.name.clone(),
        version: dataset.header.version,
        ingest_date,
    };
    let revision = revision(facts.ledger, facts.transforms, dataset);
    let live = facts.published.partitions.get(&id);
    let (action, reason) = if !selected.contains(&dataset.name) {
        (DatasetAction::Skipped, "left out by `--only`".to_owned())
    } else {
        match why_publish(facts, &id, live, &inputs, revision) {
            Some(reason) => (DatasetAction::Publish, reason),
            None => (
                DatasetAction::Unchanged,
                "same data and SQL as published".to_owned(),
            ),
        }
    };
    DatasetPlan {
        name: dataset.name.clone(),
        version: dataset.header.version,
        revision,
        action,
        reason,
        inputs,
        warnings: dataset.warnings.clone(),
    }
}

fn inputs(
    facts: &Facts<'_>,
    dataset: &Transform,
    ingest_date: NaiveDate,
    generations: &BTreeMap<SourceName, ContentHash>,
) -> Inputs {
    let reads = facts.transforms.reads_of(dataset);
    let history = reads
        .iter()
        .filter(|r| r.schema == Schema::History)
        .filter_map(|r| facts.transforms.feature(&r.name))
        .map(|read| {
            let days = open::history(
                facts.published,
                &read.name,
                read.header.version,
                Some(ingest_date),
            );
            let hashes = days.iter().map(|d| {
                format!(
                    "{} {}",
                    d.partition.staged.id.ingest_date, d.partition.staged.blake3
                )
            });
            (read.name.clone(), ContentHash::of_parts(hashes))
        })
        .collect();
    let checks = facts
        .transforms
        .checks_of(dataset)
        .into_iter()
        .map(|c| format!("{} {}", c.name, c.fingerprint));
    Inputs {
        fingerprint: dataset.fingerprint,
        generations: generations
            .iter()
            .filter(|(name, _)| {
                reads
                    .iter()
                    .any(|r| r.schema == Schema::Raw && r.name == name.as_str())
            })
            .map(|(name, hash)| (name.clone(), *hash))
            .collect(),
        history,
        checks: ContentHash::of_parts(checks),
    }
}

/// Why a dataset has to be computed; None if what is published stands.
fn why_publish(
    facts: &Facts<'_>,
    id: &PartitionId,
    live: Option<&LivePartition>,
    inputs: &Inputs,
    revision: u32,
) -> Option<String> {
    let Some(live) = live else {
        if let Some(gone) = facts.published.dropped.get(id) {
            return Some(format!("its snapshot was dropped by run {}", gone.run));
        }
        let others = facts
            .published
            .partitions
            .keys()
            .any(|other| other.dataset == id.dataset);
        return Some(if others {
            "no snapshot of this day yet".to_owned()
        } else {
            "never published here".to_owned()
        });
    };
    match facts.keys.get(&id.key()) {
        Some(KeyState::Missing) => return Some("its file is gone from the target".to_owned()),
        Some(KeyState::Differs) => {
            return Some("its file at the target is not what was published".to_owned());
        }
        Some(KeyState::AsCommitted) | None => {}
    }
    let before = &live.partition.staged.inputs;
    if before.fingerprint != inputs.fingerprint {
        let staged = live.partition.staged.revision;
        return Some(if staged == revision {
            "the engine writes the same SQL down differently now".to_owned()
        } else {
            format!("its SQL changed (revision {staged} to {revision})")
        });
    }
    let changed: Vec<&str> = inputs
        .generations
        .iter()
        .filter(|(name, hash)| before.generations.get(*name) != Some(*hash))
        .map(|(name, _)| name.as_str())
        .collect();
    if !changed.is_empty() || before.generations.len() != inputs.generations.len() {
        return Some(format!("new data in {}", names(&changed)));
    }
    if before.history != inputs.history {
        return Some("an earlier day that it reads changed".to_owned());
    }
    if before.checks != inputs.checks {
        return Some("its checks changed".to_owned());
    }
    None
}

fn names(names: &[&str]) -> String {
    if names.is_empty() {
        return "its sources".to_owned();
    }
    names
        .iter()
        .map(|n| format!("`{n}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Keys that an abandoned run may have touched and that are not as committed.
fn repairs(facts: &Facts<'_>, datasets: &[DatasetPlan], ingest_date: NaiveDate) -> Vec<Repair> {
    facts
        .repairable
        .iter()
        .filter(|live| !is_published(datasets, ingest_date, &live.partition.staged.id))
        .map(|live| Repair {
            partition: StagedPartition {
                computed_known: Some(live.computed_known()),
                ..live.partition.staged.clone()
            },
            reason: "an abandoned run left other bytes there".to_owned(),
        })
        .collect()
}

/// Whether the plan publishes a partition.
fn is_published(datasets: &[DatasetPlan], ingest_date: NaiveDate, id: &PartitionId) -> bool {
    id.ingest_date == ingest_date
        && datasets.iter().any(|d| {
            d.name == id.dataset && d.version == id.version && d.action == DatasetAction::Publish
        })
}

/// What is taken away again, unless it is published anew.
fn removed(
    facts: &Facts<'_>,
    datasets: &[DatasetPlan],
    ingest_date: NaiveDate,
) -> Vec<DroppedPartition> {
    facts
        .returned
        .iter()
        .filter(|r| r.ours && !is_published(datasets, ingest_date, &r.partition.id))
        .map(|returned| returned.partition.clone())
        .collect()
}

/// The kinds whose records carry a revision.
pub fn has_revision(kind: TransformKind) -> bool {
    kind != TransformKind::Check
}
