//! Is the warehouse there, is its ledger a chain, and does it have the rows that the
//! ledger speaks of?

use super::finding::Finding;
use super::subject::{Subject, WarehouseSeen};
use crate::pipeline::error::{RunError, count};

const REBUILD: &str = "`workbench rebuild`, or restore `.workbench` as a whole from a backup";

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let log = subject.ctx.layout.warehouse_log();
    let facts = match &subject.warehouse {
        WarehouseSeen::Missing if log.exists() => {
            return Ok(vec![
                Finding::error(
                    "`.workbench/warehouse.duckdb` is not there, and its log still is: the engine \
                     would begin an empty one with it",
                )
                .run(REBUILD),
            ]);
        }
        WarehouseSeen::Missing if !subject.has_run() => {
            return Ok(vec![Finding::ok("no run has taken place yet")]);
        }
        WarehouseSeen::Missing => {
            return Ok(vec![
                Finding::error("`.workbench/warehouse.duckdb` is not there").run(REBUILD),
            ]);
        }
        WarehouseSeen::Held(who) => {
            let who = subject.at_work.as_ref().unwrap_or(who);
            return Ok(vec![Finding::skipped(format!(
                "{who} writes to the warehouse"
            ))]);
        }
        WarehouseSeen::Unreadable(why) => {
            return Ok(vec![
                Finding::error(format!(
                    "`.workbench/warehouse.duckdb` cannot be read: {why}"
                ))
                .run(REBUILD),
            ]);
        }
        WarehouseSeen::There(facts) => facts,
    };
    let wrong = facts.damaged.iter().cloned();
    let wrong: Vec<Finding> = wrong
        .chain(facts.miscounted(&subject.ctx.project))
        .map(|wrong| Finding::error(wrong).run(REBUILD))
        .collect();
    if !wrong.is_empty() {
        return Ok(wrong);
    }
    let rows: u64 = facts.rows.values().flat_map(|rows| rows.values()).sum();
    let read = if subject.deep {
        ", and every block was read"
    } else {
        ""
    };
    Ok(vec![Finding::ok(format!(
        "its ledger is a chain of {}, and {} of {} are as it says{read}",
        count(facts.ledger.entries.len() as u64, "event"),
        count(rows, "row"),
        count(facts.rows.len() as u64, "source"),
    ))])
}
