//! What a plan has to say to its user, as sentences.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::context::KnownChoice;
use super::error::count;
use super::facts::Facts;
use super::plan::is_of_its_day;
use super::wishes;
use crate::model::commit::LivePartition;
use crate::model::hash::ContentHash;
use crate::model::input_file::InputFile;
use crate::model::names::TransformName;
use crate::model::plan::{DatasetAction, FileStep, Plan};
use crate::model::run::Known;
use crate::model::source::{LoadMode, SourceDefinition};
use crate::model::transform::{Schema, Transforms};
use crate::snapshots::Published;

/// What the user should know of a plan.
pub(super) fn notes(facts: &Facts<'_>, plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.target_is_new && !facts.request.load_only {
        notes.push(format!(
            "the target `{}` is new: earlier days are not there, and are published by `export --from DAY --missing`",
            facts.target
        ));
    }
    if let Known::AtRun(run) = plan.known {
        notes.push(format!(
            "computed from the data as known on {} (run {run}); nothing is loaded; `--known now` uses today's data",
            plan.ingest_date
        ));
    }
    if is_not_known_then(
        facts.request.known,
        plan.known,
        plan.ingest_date,
        facts.today,
    ) {
        notes.push(format!(
            "no run took place on {}: computed from the data as it is known now",
            plan.ingest_date
        ));
    }
    notes.extend(wishes::notes(&plan.sources));
    notes.extend(wishes::waiting(facts.wishes, &plan.sources));
    for source in facts.sources {
        let files = facts.scanned.get(&source.name).map_or(0, Vec::len);
        if files == 0 && plan.known == Known::Now {
            notes.push(format!(
                "source `{}`: no file matches `{}`",
                source.name, source.path
            ));
        }
    }
    notes.extend(taken_before(facts, plan));
    for path in facts.left_out {
        notes.push(format!("`{path}` is hidden or temporary, and left out"));
    }
    if facts.request.load_only {
        return notes;
    }
    for key in &facts.orphans {
        notes.push(format!(
            "`{key}` was left there by a run that was given up, and no commit speaks of it: remove \
             it, or export its day"
        ));
    }
    for removal in &plan.removals {
        notes.push(format!(
            "`{}` lies there again, though it was dropped: it is taken away",
            removal.path
        ));
    }
    for returned in facts.returned.iter().filter(|r| !r.ours) {
        notes.push(format!(
            "`{}` holds bytes that no run of this project put there, though its day was dropped: \
             remove it, or export its day",
            returned.partition.path
        ));
    }
    if facts.transforms.features.is_empty() {
        notes.push(
            "there is no dataset to publish: each file under `sql/features/` is one".to_owned(),
        );
    }
    for published in facts.published.datasets() {
        if facts.transforms.feature(published.as_str()).is_none() {
            notes.push(format!(
                "`{published}` is published and no longer under `sql/features/`: its snapshots stay as they are"
            ));
        }
    }
    for dataset in &plan.datasets {
        if dataset.action == DatasetAction::Publish {
            notes.extend(dataset.warnings.iter().cloned());
        }
    }
    notes.extend(edited(facts, plan));
    notes.extend(stale_days(facts, plan));
    notes
}

/// New paths of sources where what came last decides, whose contents came before under
/// other paths.
fn taken_before(facts: &Facts<'_>, plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    for planned in plan.sources.iter().filter(|planned| !planned.refresh) {
        let by_order = |s: &SourceDefinition| s.name == planned.name && s.load != LoadMode::Append;
        if !facts.sources.iter().any(by_order) {
            continue;
        }
        let before = facts.bookmarks.sources.get(&planned.name);
        let before: HashMap<ContentHash, &InputFile> = before
            .iter()
            .flat_map(|b| &b.files)
            .map(|bookmark| (bookmark.file.blake3, &bookmark.file))
            .collect();
        let new = planned.steps.iter().filter_map(|step| match step {
            FileStep::Take { number, file, .. } if !planned.again.contains(number) => Some(file),
            _ => None,
        });
        let mut again = new.filter_map(|file| {
            let old = before.get(&file.blake3)?;
            (!old.paths.contains(&file.path)).then_some((file, old))
        });
        let Some((file, old)) = again.next() else {
            continue;
        };
        let more = match again.count() as u64 {
            0 => String::new(),
            n => format!(" (and {n} more so)"),
        };
        notes.push(format!(
            "source `{name}`: the content of `{path}` was taken before by run {}, as `{}`{more}; it \
             counts as the newest delivery. Before it is loaded, `workbench bookmarks set {name} \
             --as-processed '{path}'` prevents that",
            old.run,
            old.paths.join("`, `"),
            name = planned.name,
            path = file.path,
        ));
    }
    notes
}

/// Whether a day was asked for as known then, and cannot be had so.
pub(super) fn is_not_known_then(
    asked: KnownChoice,
    known: Known,
    day: NaiveDate,
    today: NaiveDate,
) -> bool {
    asked == KnownChoice::ThenAsked && known == Known::Now && day < today
}

/// The days that an edit of SQL leaves as they are, until one has the new SQL.
fn edited(facts: &Facts<'_>, plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    let runs = facts.ledger.runs().filter(|run| is_of_its_day(run));
    let known_then: BTreeSet<NaiveDate> = runs.map(|run| run.ingest_date).collect();
    for dataset in &facts.transforms.features {
        let days = facts.published.days(&dataset.name);
        let is_new =
            |live: &&LivePartition| live.partition.staged.inputs.fingerprint == dataset.fingerprint;
        if days.values().any(is_new) {
            continue;
        }
        let others = days.into_keys().filter(|day| *day != plan.ingest_date);
        let others: Vec<NaiveDate> = others.collect();
        let Some(first) = others.first() else {
            continue;
        };
        let is_as_now = |day: &&NaiveDate| **day < facts.today && !known_then.contains(*day);
        let as_now = match others.iter().filter(is_as_now).count() as u64 {
            0 => String::new(),
            n => format!(
                "; no run took place on {n} of them: computed from the data as it is known now"
            ),
        };
        notes.push(format!(
            "the SQL of `{}` is new, and not yet in {} of it: `workbench export --from {first} \
             --stale` publishes what is from before anew{as_now}",
            dataset.name,
            count(others.len() as u64, "other day"),
        ));
    }
    notes
}

fn stale_days(facts: &Facts<'_>, plan: &Plan) -> Vec<String> {
    let replaced: Vec<&TransformName> = plan
        .datasets
        .iter()
        .filter(|d| d.action == DatasetAction::Publish)
        .map(|d| &d.name)
        .collect();
    stale_after(
        facts.transforms,
        facts.published,
        plan.ingest_date,
        &replaced,
    )
}

/// The later days that read a day on which some datasets change.
pub(super) fn stale_after(
    transforms: &Transforms,
    published: &Published,
    changed: NaiveDate,
    replaced: &[&TransformName],
) -> Vec<String> {
    let mut notes = Vec::new();
    for reader in &transforms.features {
        let reads = transforms.reads_of(reader);
        let stale = reads
            .iter()
            .any(|r| r.schema == Schema::History && replaced.iter().any(|n| n.as_str() == r.name));
        let later = published
            .days(&reader.name)
            .into_keys()
            .filter(|day| *day > changed)
            .count() as u64;
        if stale && later > 0 {
            notes.push(format!(
                "{} of `{}` read this day's history and will be stale",
                count(later, "later day"),
                reader.name
            ));
        }
    }
    notes
}
