//! What a run tells the ledger besides its own deeds, so that a lost state can be
//! made again and lost rows loaded again: by which rules each source is read, and
//! how earlier runs ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ended::{EndedRun, Uncommitted};
use crate::model::ledger::{Ledger, SchemaDrift};
use crate::model::names::SourceName;
use crate::model::run::RunNumber;
use crate::model::source::SourceDefinition;
use crate::model::summary::ExportSummary;
use crate::state::RunRow;

/// The definitions that the ledger does not have yet, or has otherwise.
pub(super) fn definitions(
    sources: &[SourceDefinition],
    ledger: &Ledger,
) -> BTreeMap<SourceName, SourceDefinition> {
    let new = |source: &&SourceDefinition| ledger.definition(&source.name, None) != Some(*source);
    let new = sources.iter().filter(new);
    new.map(|s| (s.name.clone(), s.clone())).collect()
}

/// The runs that are over and of which the ledger was not told so.
pub(super) fn ended(rows: &[RunRow], ledger: &Ledger) -> Vec<EndedRun> {
    let told: BTreeSet<RunNumber> = ledger
        .runs()
        .flat_map(|r| r.ended.iter().map(|e| e.run))
        .collect();
    let mut ended: Vec<EndedRun> = rows
        .iter()
        .filter(|row| row.status.is_over() && !told.contains(&row.number))
        .filter_map(|row| {
            Some(EndedRun {
                run: row.number,
                status: row.status,
                finished: row.finished?,
                error: row.error.as_deref().map(sayable),
                uncommitted: (!row.committed()).then(|| uncommitted(row)),
            })
        })
        .collect();
    ended.sort_by_key(|e| e.run);
    ended
}

/// What may be said of an error at a target: names, and no value of a row, which
/// messages of the engine have between single quotes.
fn sayable(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut said = String::new();
    let mut rest = line;
    while let Some(open) = rest.find(" '") {
        let quoted = &rest[open + 2..];
        let Some(close) = quoted.find('\'') else {
            break;
        };
        said += &rest[..open];
        said += " '…'";
        rest = &quoted[close + 1..];
    }
    said + rest
}

fn uncommitted(row: &RunRow) -> Uncommitted {
    let summary = row.summary.clone().unwrap_or_default();
    let events = serde_json::from_value::<ExportSummary>(summary)
        .map(|summary| summary.schema_events)
        .unwrap_or_default();
    Uncommitted {
        kind: row.kind,
        ingest_date: row.ingest_date,
        planned_on: row.planned_on,
        known: row.known,
        started: row.started,
        target_url: row.target_url.clone(),
        refused: events
            .into_iter()
            .filter(|e| matches!(e.drift, SchemaDrift::Refused { .. }))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_said_and_values_are_not() {
        for (text, said) in [
            (
                "the check `a` found 3 rows\n1 | Ann",
                "the check `a` found 3 rows",
            ),
            (
                "Could not convert string '5,6' to INT32",
                "Could not convert string '…' to INT32",
            ),
            ("x 'a' and 'b' c'd 'e", "x '…' and '…' c'd 'e"),
            (
                "a project's id never changes",
                "a project's id never changes",
            ),
        ] {
            assert_eq!(sayable(text), said);
        }
    }
}
