//! Why snapshots were not listed, dropped or put back.

use chrono::NaiveDate;

use crate::model::names::TransformName;
use crate::model::run::RunNumber;

/// By meaning. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("no snapshot of a dataset `{name}` is published at `{url}`")]
    NotPublished {
        name: TransformName,
        url: String,
        nearest: Option<String>,
    },
    #[error("{} of {date} at `{url}`", none_of(dataset.as_ref()))]
    NoSuchDay {
        date: NaiveDate,
        /// None: none of them has one.
        dataset: Option<TransformName>,
        url: String,
    },
    /// A day that was not there when a run had published.
    #[error("{} no snapshot of {date} when run {run} had published", had(dataset.as_ref()))]
    NotThereThen {
        date: NaiveDate,
        dataset: Option<TransformName>,
        run: RunNumber,
        /// The runs that did publish it.
        published_by: Vec<RunNumber>,
    },
    #[error(
        "what was published of {} on {date} when run {run} had published is not kept any more",
        names(datasets)
    )]
    NotKept {
        date: NaiveDate,
        run: RunNumber,
        datasets: Vec<TransformName>,
    },
    #[error("`--run` says as which run {date} is put back, and is not given")]
    WhichRun {
        date: NaiveDate,
        /// Runs that dropped something of it, and what to type to put that back.
        dropped: Vec<(RunNumber, String)>,
        /// What to type to put back what stood before what stands.
        before: Option<String>,
        /// The runs that did publish it.
        published_by: Vec<RunNumber>,
    },
    #[error("the snapshot of {date} is not what you were shown any more; nothing was changed")]
    ChangedMeanwhile { date: NaiveDate },
    #[error("`{command}` asks before it changes anything, and there is no terminal to ask on")]
    CannotAsk { command: &'static str },
    #[error("not confirmed; nothing was changed")]
    Declined,
}

fn none_of(dataset: Option<&TransformName>) -> String {
    dataset.map_or("there is no snapshot".to_owned(), |d| {
        format!("`{d}` has no snapshot")
    })
}

fn had(dataset: Option<&TransformName>) -> String {
    dataset.map_or("there was".to_owned(), |d| format!("`{d}` had"))
}

fn publishers(runs: &[RunNumber]) -> String {
    let runs: Vec<String> = runs.iter().map(RunNumber::to_string).collect();
    format!("runs that published it: {}", runs.join(", "))
}

fn names(datasets: &[TransformName]) -> String {
    let names: Vec<String> = datasets.iter().map(|d| format!("`{d}`")).collect();
    names.join(", ")
}

impl SnapshotError {
    /// Whether other arguments would do.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::NotPublished { .. }
            | Self::NoSuchDay { .. }
            | Self::NotThereThen { .. }
            | Self::WhichRun { .. }
            | Self::CannotAsk { .. } => true,
            Self::NotKept { .. } | Self::ChangedMeanwhile { .. } | Self::Declined => false,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotPublished {
                nearest: Some(name),
                ..
            } => format!("did you mean `{name}`?"),
            Self::NotPublished { .. } | Self::NoSuchDay { .. } => {
                "`workbench snapshots` lists what is published".to_owned()
            }
            Self::NotThereThen {
                date, published_by, ..
            }
            | Self::WhichRun {
                date, published_by, ..
            } if published_by.is_empty() => {
                format!("no run has published it; `workbench export --date {date}` does")
            }
            Self::NotThereThen { published_by, .. } => publishers(published_by),
            Self::WhichRun {
                dropped,
                before,
                published_by,
                ..
            } if !dropped.is_empty() || before.is_some() => {
                let dropped = dropped.iter().map(|(by, command)| {
                    format!("run {by} dropped it: `{command}` puts it back as it was")
                });
                let before = before.iter();
                let before = before.map(|command| {
                    let runs = publishers(published_by);
                    format!("{runs}; `{command}` puts back what stood before the last of them")
                });
                dropped.chain(before).collect::<Vec<_>>().join("; ")
            }
            Self::WhichRun { published_by, .. } => {
                format!("{}; nothing stood before", publishers(published_by))
            }
            Self::NotKept { date, .. } => {
                format!("`workbench export --date {date}` computes the day again")
            }
            Self::ChangedMeanwhile { .. } => "look at it again: `workbench snapshots`".to_owned(),
            Self::CannotAsk { .. } => "add `--yes`".to_owned(),
            Self::Declined => return None,
        })
    }
}
