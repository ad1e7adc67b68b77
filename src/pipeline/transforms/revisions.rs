//! The revisions of one transform, as the runs of the ledger recorded them.

use chrono::{DateTime, Utc};

use super::named::{Id, NameError};
use crate::model::commit::{RunRecord, TransformRecord};
use crate::model::hash::ContentHash;
use crate::model::ledger::Ledger;
use crate::model::run::RunOf;
use crate::model::transform::TransformKind;

/// One meaning of a transform or check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// None for checks: each of their meanings is known by its fingerprint alone.
    pub number: Option<u32>,
    pub fingerprint: ContentHash,
    /// The file, verbatim, as the last run found it that knew it so.
    pub text: String,
    /// The run that found it first, published or not.
    pub first: RunOf,
    /// The runs that published it, oldest first; of what is not published itself, the
    /// runs that published anything with it.
    pub uses: Vec<Use>,
}

/// A run that published a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub by: RunOf,
    pub started: DateTime<Utc>,
}

/// So many digits of a fingerprint tell revisions apart, as a rule.
const SHORT: usize = 8;

impl Revision {
    /// How it is named behind an `@`: by its number, or how its fingerprint begins.
    pub fn short(&self) -> String {
        match self.number {
            Some(number) => number.to_string(),
            None => self.short_fingerprint(),
        }
    }

    /// How its fingerprint begins.
    pub fn short_fingerprint(&self) -> String {
        self.fingerprint.to_string()[..SHORT].to_owned()
    }
}

/// The revisions of a transform, the last published first; before them those that
/// never were.
pub(super) fn of(ledger: &Ledger, id: &Id) -> Vec<Revision> {
    let abandoned = ledger.abandoned();
    let mut all: Vec<Revision> = Vec::new();
    for run in ledger.runs() {
        let of_id = |r: &&TransformRecord| r.kind == id.kind && r.name.as_str() == id.name;
        let Some(record) = run.transforms.iter().find(of_id) else {
            continue;
        };
        let by = RunOf {
            run: run.run,
            ingest_date: run.ingest_date,
        };
        // Where the engine writes SQL down in a new way, a number has a new
        // fingerprint.
        let known = all.iter().position(|r| match record.revision {
            Some(number) => r.number == Some(number),
            None => r.fingerprint == record.fingerprint,
        });
        let at = known.unwrap_or_else(|| {
            all.push(Revision {
                number: record.revision,
                fingerprint: record.fingerprint,
                text: String::new(),
                first: by,
                uses: Vec::new(),
            });
            all.len() - 1
        });
        all[at].fingerprint = record.fingerprint;
        all[at].text.clone_from(&record.text);
        if publishes(run, record) && !abandoned.contains(&run.run) {
            all[at].uses.push(Use {
                by,
                started: run.started,
            });
        }
    }
    all.sort_by_key(|r| {
        let last = r.uses.last().map_or(u64::MAX, |last| last.by.run);
        std::cmp::Reverse((last, r.first.run))
    });
    all
}

fn publishes(run: &RunRecord, record: &TransformRecord) -> bool {
    let mut partitions = run.partitions.iter();
    match record.kind {
        // A day that is put back has the revision that it had.
        TransformKind::Features => {
            partitions.any(|p| p.id.dataset == record.name && Some(p.revision) == record.revision)
        }
        TransformKind::Staging | TransformKind::Check => !run.partitions.is_empty(),
    }
}

/// The one that was last published, and by which run.
pub(super) fn published(revisions: &[Revision]) -> Option<(&Revision, RunOf)> {
    let mut used = revisions
        .iter()
        .filter_map(|r| Some((r, r.uses.last()?.by)));
    used.next()
}

/// The revision that is meant by `latest`, `latest~1`, a number, or how a
/// fingerprint begins.
///
/// # Errors
/// [`NameError`], with those there are.
pub(super) fn find(revisions: &[Revision], id: &Id, wanted: &str) -> Result<Revision, NameError> {
    let back = match wanted.strip_prefix("latest") {
        Some("") => Some(0),
        Some(rest) => rest.strip_prefix('~').and_then(|n| n.parse::<usize>().ok()),
        None => None,
    };
    if revisions.is_empty() || (back == Some(0) && published(revisions).is_none()) {
        return Err(NameError::NeverPublished { id: id.to_string() });
    }
    let known = || revisions.iter().map(Revision::short).collect();
    let none = || NameError::NoRevision {
        id: id.to_string(),
        revision: wanted.to_owned(),
        known: known(),
    };
    if let Some(back) = back {
        let mut used = revisions.iter().filter(|r| !r.uses.is_empty());
        return used.nth(back).cloned().ok_or_else(none);
    }
    if let Some(revision) = revisions
        .iter()
        .find(|r| r.number.is_some() && r.short() == wanted)
    {
        return Ok(revision.clone());
    }
    let begin = wanted.to_lowercase();
    let matching: Vec<&Revision> = revisions
        .iter()
        .filter(|r| !begin.is_empty() && r.fingerprint.to_string().starts_with(&begin))
        .collect();
    match matching[..] {
        [revision] => Ok(revision.clone()),
        [] => Err(none()),
        _ => Err(NameError::ManyRevisions {
            id: id.to_string(),
            revision: wanted.to_owned(),
            known: matching.iter().map(|r| r.fingerprint.to_string()).collect(),
        }),
    }
}
