//! The days of every dataset, and what changed from one to the next besides rows.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::commit::LivePartition;
use crate::model::names::TransformName;
use crate::model::run::{Known, RunNumber};
use crate::snapshots::Published;

/// A dataset and its days, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    pub dataset: TransformName,
    pub days: Vec<Day>,
}

/// One day of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    pub date: NaiveDate,
    pub rows: u64,
    /// Of its file.
    pub bytes: u64,
    pub run: RunNumber,
    pub revision: u32,
    pub version: u32,
    pub known: Known,
    pub committed: DateTime<Utc>,
    /// Its SQL means something else than that of the day before.
    pub revision_changed: bool,
    /// Its columns differ from those of the day before.
    pub schema_changed: bool,
    /// A later day was published before it.
    pub recomputed: bool,
}

/// The timelines of all datasets, by name.
pub fn of(published: &Published) -> Vec<Timeline> {
    published
        .datasets()
        .into_iter()
        .map(|dataset| Timeline {
            dataset: dataset.clone(),
            days: days(&published.days(dataset).into_values().collect::<Vec<_>>()),
        })
        .collect()
}

fn days(lives: &[&LivePartition]) -> Vec<Day> {
    // From the newest day back: the earliest commit of any later day.
    let mut earliest_later = u64::MAX;
    let mut recomputed = vec![false; lives.len()];
    for (at, live) in lives.iter().enumerate().rev() {
        recomputed[at] = live.seq > earliest_later;
        earliest_later = earliest_later.min(live.seq);
    }
    lives
        .iter()
        .enumerate()
        .map(|(at, live)| {
            let staged = &live.partition.staged;
            let before = at.checked_sub(1).map(|at| &lives[at].partition.staged);
            Day {
                date: staged.id.ingest_date,
                rows: staged.rows,
                bytes: staged.bytes,
                run: live.run,
                revision: staged.revision,
                version: staged.id.version,
                known: live.known,
                committed: live.committed,
                revision_changed: before.is_some_and(|b| {
                    (b.revision, b.id.version) != (staged.revision, staged.id.version)
                }),
                schema_changed: before.is_some_and(|b| b.schema != staged.schema),
                recomputed: recomputed[at],
            }
        })
        .collect()
}
