//! What became of days in a row.

use chrono::NaiveDate;

use super::RangeRequest;
use crate::model::commit::CheckOutcome;
use crate::model::run::{Known, RunNumber};
use crate::model::summary::{DatasetStatus, ExportSummary, RecoveredRun};
use crate::model::transform::Severity;
use crate::pipeline::context::Context;
use crate::pipeline::error::{RunError, count};
use crate::pipeline::plan_notes::is_not_known_then;
use crate::pipeline::summary;

/// What became of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its run published something.
    Published,
    /// Its run wrote down what came, and had nothing to publish.
    Recorded,
    /// Nothing was to be done.
    Unchanged,
    /// It would be published.
    WouldPublish,
    /// What came would be written down.
    WouldRecord,
    /// It ended with an error.
    NotDone,
    /// An error before it ended the whole.
    NotTried,
}

/// One day of the range.
#[derive(Debug)]
pub struct Day {
    pub date: NaiveDate,
    pub outcome: Outcome,
    /// None where there was none, or where it is only planned.
    pub run: Option<RunNumber>,
    /// As in an export's summary.
    pub known: String,
    /// Datasets that were, or would be, published.
    pub datasets: u64,
    /// Rows published by its run; None where it published nothing.
    pub rows: Option<u64>,
    /// Why it was published, as a sentence fragment. It may be empty.
    pub because: String,
    /// What its checks warn of, as sentences.
    pub warnings: Vec<String>,
    pub seconds: f64,
    pub error: Option<RunError>,
}

/// All of it.
#[derive(Debug)]
pub struct Days {
    pub target: String,
    /// True if nothing was done, and only said what would be.
    pub planned: bool,
    /// Runs that had died before, and what became of them first.
    pub recovered: Vec<RecoveredRun>,
    /// Without those that were left out.
    pub days: Vec<Day>,
    /// Days of the range that are not meant; for [`super::Which::Stale`] of those alone that
    /// have a snapshot.
    pub left_out: u64,
    /// What the user should know of all days together, as sentences.
    pub notes: Vec<String>,
    /// Why it ended before its last day, where no day is to blame.
    pub error: Option<RunError>,
    pub seconds: f64,
}

impl Days {
    pub(super) fn new(ctx: &Context, request: &RangeRequest, planned: bool) -> Self {
        let target = request.each.target.as_ref();
        Self {
            target: target.unwrap_or(&ctx.project.target).to_string(),
            planned,
            recovered: Vec::new(),
            days: Vec::new(),
            left_out: 0,
            notes: Vec::new(),
            error: None,
            seconds: 0.0,
        }
    }

    /// Says of which days it was asked what was known then, and is not known.
    pub(super) fn note_known(&mut self, ctx: &Context, request: &RangeRequest) {
        let today = ctx.today();
        let now = summary::known(Known::Now);
        let is_meant = |d: &&Day| {
            d.known == now && is_not_known_then(request.each.known, Known::Now, d.date, today)
        };
        let days: Vec<NaiveDate> = self.days.iter().filter(is_meant).map(|d| d.date).collect();
        let on = match days[..] {
            [] => return,
            [day] => day.to_string(),
            [first, .., last] => {
                let n = count(days.len() as u64, "day");
                format!("{n} between {first} and {last}")
            }
        };
        self.notes.push(format!(
            "no run took place on {on}: computed from the data as it is known now"
        ));
    }

    /// Whether stopping was asked for before the first of these days.
    pub(super) fn stops_here(&mut self, ctx: &Context, left: &[NaiveDate]) -> bool {
        let [next, rest @ ..] = left else {
            return false;
        };
        if !ctx.interrupt.is_requested() {
            return false;
        }
        self.days.push(Day {
            outcome: Outcome::NotDone,
            error: Some(RunError::Interrupted { run: None }),
            ..not_tried(*next)
        });
        self.days.extend(rest.iter().copied().map(not_tried));
        true
    }

    /// Of days that could not even be looked at; None where what was typed says why.
    pub fn not_begun(error: Option<RunError>) -> Self {
        Self {
            target: String::new(),
            planned: false,
            recovered: Vec::new(),
            days: Vec::new(),
            left_out: 0,
            notes: Vec::new(),
            error,
            seconds: 0.0,
        }
    }
}

/// A day after its run.
pub(super) fn done(
    date: NaiveDate,
    because: String,
    summary: ExportSummary,
    error: Option<RunError>,
) -> Day {
    let published = summary.datasets.iter();
    let published: Vec<_> = published
        .filter(|d| d.status == DatasetStatus::Published)
        .collect();
    let outcome = match (&error, summary.run) {
        (Some(_), _) => Outcome::NotDone,
        (None, None) => Outcome::Unchanged,
        (None, Some(_)) if published.is_empty() => Outcome::Recorded,
        (None, Some(_)) => Outcome::Published,
    };
    Day {
        date,
        outcome,
        run: summary.run,
        known: match (&error, summary.run) {
            // Nothing was planned.
            (Some(_), None) => String::new(),
            _ => summary.known,
        },
        datasets: published.len() as u64,
        rows: (outcome == Outcome::Published)
            .then(|| published.iter().filter_map(|d| d.rows).sum()),
        because: match outcome {
            Outcome::Published => because,
            _ => String::new(),
        },
        warnings: warnings(&summary.checks),
        seconds: 0.0,
        error,
    }
}

fn warnings(checks: &[CheckOutcome]) -> Vec<String> {
    let warned = checks
        .iter()
        .filter(|c| c.failed > 0 && c.severity == Severity::Warn);
    warned
        .map(|c| format!("`{}` found {}", c.name, count(c.failed, "row")))
        .collect()
}

/// A day whose turn did not come.
pub(super) fn not_tried(date: NaiveDate) -> Day {
    Day {
        date,
        outcome: Outcome::NotTried,
        run: None,
        known: String::new(),
        datasets: 0,
        rows: None,
        because: String::new(),
        warnings: Vec::new(),
        seconds: 0.0,
        error: None,
    }
}
