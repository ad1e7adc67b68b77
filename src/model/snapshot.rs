//! Snapshots as they are listed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::commit::{LivePartition, StagedPartition};
use super::names::TransformName;
use super::partition::PartitionId;
use super::run::{Known, RunNumber};

/// A live partition, without what only readers of its file need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPartition {
    pub id: PartitionId,
    pub revision: u32,
    pub rows: u64,
    /// Of its file.
    pub bytes: u64,
    /// The run that published it.
    pub run: RunNumber,
    /// The run whose bytes these are: an earlier one, where they were put back.
    pub computed_by: RunNumber,
    /// What was known of the raw data when they were computed.
    pub known: Known,
    pub committed: DateTime<Utc>,
    /// Whether its day is mixed: see [`mixed_days`].
    pub mixed: bool,
}

/// Live partitions as they are listed: newest day first, then by dataset and
/// version.
pub fn listed<'p>(
    all: impl IntoIterator<Item = &'p LivePartition, IntoIter: Clone>,
) -> Vec<ListedPartition> {
    let all = all.into_iter();
    let mixed = mixed_days(all.clone());
    let listed = |live: &LivePartition| {
        let staged = &live.partition.staged;
        ListedPartition {
            id: staged.id.clone(),
            revision: staged.revision,
            rows: staged.rows,
            bytes: staged.bytes,
            run: live.run,
            computed_by: staged.computed_by,
            known: live.computed_known(),
            committed: live.committed,
            mixed: mixed.contains(&staged.id.ingest_date),
        }
    };
    let mut listed: Vec<_> = all.map(listed).collect();
    listed.sort_by(|a, b| {
        let order = |l: &ListedPartition| Reverse(l.id.ingest_date);
        order(a).cmp(&order(b)).then_with(|| a.id.cmp(&b.id))
    });
    listed
}

/// The days whose datasets were not computed from one state of the raw data:
/// another dataset was computed later, when a source that this one reads had
/// another generation. Of a dataset with several versions the highest counts; the
/// others are frozen.
pub fn mixed_days<'p>(all: impl IntoIterator<Item = &'p LivePartition>) -> BTreeSet<NaiveDate> {
    let mut days: BTreeMap<NaiveDate, BTreeMap<&TransformName, &StagedPartition>> = BTreeMap::new();
    for live in all {
        let staged = &live.partition.staged;
        let day = days.entry(staged.id.ingest_date).or_default();
        let highest = day.entry(&staged.id.dataset).or_insert(staged);
        if staged.id.version > highest.id.version {
            *highest = staged;
        }
    }
    let is_mixed = |day: &BTreeMap<&TransformName, &StagedPartition>| {
        let Some(last) = day.values().max_by_key(|staged| staged.computed_by) else {
            return false;
        };
        let is_other = |staged: &&StagedPartition| {
            let mut read = staged.inputs.generations.iter();
            read.any(|(source, generation)| last.raw.get(source) != Some(generation))
        };
        !last.raw.is_empty() && day.values().any(is_other)
    };
    let mixed = days.into_iter().filter(|(_, day)| is_mixed(day));
    mixed.map(|(date, _)| date).collect()
}
