//! What is meant by a moment: the partition that shows a dataset then.

use std::collections::BTreeMap;

use super::documents::{self, commit_key, commit_seqs};
use super::error::PublishError;
use super::open;
use super::published::Published;
use crate::model::commit::{CommitOutline, CommitStatus, LivePartition};
use crate::model::moment::Moment;
use crate::model::names::TransformName;
use crate::model::run::RunNumber;
use crate::store::Store;

/// The partitions that show each dataset at a moment. Datasets that had none
/// then are left out.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub datasets: BTreeMap<TransformName, LivePartition>,
}

impl Shown {
    /// The newest day of any of them.
    pub fn newest_day(&self) -> Option<chrono::NaiveDate> {
        let days = self
            .datasets
            .values()
            .map(|l| l.partition.staged.id.ingest_date);
        days.max()
    }
}

/// Finds what shows each dataset at `moment`; None: now. `published` is what
/// stands at the target.
///
/// A run shows what it published itself; of other datasets, the snapshot of its
/// day, or of the last day before it, as it stood when the run was committed.
///
/// # Errors
/// [`PublishError::NoSuchRun`] if no commit is of the run.
pub fn shown(
    store: &dyn Store,
    published: &Published,
    moment: Option<Moment>,
) -> Result<Shown, PublishError> {
    let mut shown = Shown::default();
    let stood;
    let (published, of_the_run) = match moment {
        Some(Moment::Run(run)) => {
            let (then, CommitOutline(commit)) = until_run(store, run)?;
            stood = then;
            (&stood, Some(commit))
        }
        _ => (published, None),
    };
    for dataset in published.datasets() {
        let live = match (moment.unwrap_or(Moment::Latest { back: 0 }), &of_the_run) {
            (Moment::Latest { back }, _) => {
                let days = published.days(dataset);
                days.into_values().rev().nth(back as usize)
            }
            (Moment::Day(day), _) => open::as_of(published, dataset, Some(day)),
            (Moment::DaysBack(days), _) => {
                let newest = published.days(dataset).into_keys().next_back();
                let day = newest.and_then(|d| d.checked_sub_days(chrono::Days::new(days.into())));
                day.and_then(|day| open::as_of(published, dataset, Some(day)))
            }
            (Moment::Run(_), None) => None,
            (Moment::Run(run), Some(commit)) => {
                let mut own = published.partitions.values().rev().filter(|live| {
                    live.partition.staged.id.dataset == *dataset
                        && live.run == run
                        && live.seq == commit.seq
                });
                own.next()
                    .or_else(|| open::as_of(published, dataset, Some(commit.ingest_date)))
            }
        };
        if let Some(live) = live {
            shown.datasets.insert(dataset.clone(), live.clone());
        }
    }
    Ok(shown)
}

/// What stood at the target when `run` had published, and its commit.
///
/// # Errors
/// [`PublishError::NoSuchRun`] if no commit is of the run, or it was abandoned.
pub fn until_run(
    store: &dyn Store,
    run: RunNumber,
) -> Result<(Published, CommitOutline), PublishError> {
    let mut newest = None;
    // Runs mostly come in order: the last ones are asked for most.
    for seq in commit_seqs(store)?.into_iter().rev() {
        let outline = documents::read::<CommitOutline>(store, &commit_key(seq))?;
        let Some((CommitOutline(commit), _)) = outline else {
            continue;
        };
        newest = newest.max(Some(commit.run));
        if commit.run == run && commit.status == CommitStatus::Published {
            return Ok((Published::read_until(store, seq)?, CommitOutline(commit)));
        }
    }
    Err(PublishError::NoSuchRun {
        url: store.url(),
        run,
        newest,
    })
}
