//! The values of a column, where they are few: a help for who writes a condition.

use std::sync::mpsc;
use std::time::Duration;

use chrono::NaiveDate;

use super::Asker;
use crate::engine::{Session, quote};
use crate::model::interrupt::Interrupt;
use crate::model::moment::Moment;
use crate::pipeline::context::Context;
use crate::pipeline::query::{self, QueryRequest};
use crate::snapshots::{Published, moment};

/// More values than these are no help.
const FEW: usize = 100;

/// A longer value is not one that somebody types.
const LONGEST: usize = 100;

/// So many rows of a table that is not published are looked at, which may be computed
/// for it, and no longer than this.
const ROWS: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(2);

impl Asker {
    /// The values of a column as text, if they are few. `table` is as
    /// [`Vocabulary`](crate::assist::Vocabulary) has it: `features.x`, or `history.x` as of
    /// the day; of `raw.x` and `staging.x` those of the first rows, if they can be had soon.
    pub fn values(
        &self,
        table: &str,
        column: &str,
        as_of: Option<NaiveDate>,
        interrupt: &Interrupt,
    ) -> Option<Vec<String>> {
        let (schema, name) = table.split_once('.')?;
        match schema {
            "features" | "history" => self.published_values(name, column, as_of, interrupt),
            "raw" | "staging" => self.computed_values((schema, name), column, as_of, interrupt),
            _ => None,
        }
    }

    fn published_values(
        &self,
        dataset: &str,
        column: &str,
        as_of: Option<NaiveDate>,
        interrupt: &Interrupt,
    ) -> Option<Vec<String>> {
        let published: Published = self.browser.published().ok()?;
        let store = self.browser.store();
        let shown = moment::shown(store, &published, as_of.map(Moment::Day)).ok()?;
        let mut of_day = shown.datasets.into_iter();
        let (_, live) = of_day.find(|(name, _)| name.as_str().eq_ignore_ascii_case(dataset))?;
        let table = self.browser.open(&live).ok()?;
        let column = table
            .columns
            .iter()
            .find(|c| c.name.eq_ignore_ascii_case(column))?;
        let session = self.browser.session(interrupt).ok()?;
        few(&session, &column.name, &table.scan(), interrupt)
    }

    fn computed_values(
        &self,
        (schema, name): (&str, &str),
        column: &str,
        as_of: Option<NaiveDate>,
        interrupt: &Interrupt,
    ) -> Option<Vec<String>> {
        let ctx = Context {
            interrupt: Interrupt::default(),
            ..(*self.ctx).clone()
        };
        let stop = ctx.interrupt.clone();
        let _hook = interrupt.on_request(move || {
            stop.request();
        });
        within(PATIENCE, &ctx.interrupt, || {
            let sql = format!(
                "SELECT {} FROM {} LIMIT {ROWS}",
                quote::ident(column),
                quote::qualified(schema, name)
            );
            let request = QueryRequest {
                as_of: as_of.map(Moment::Day),
                ..QueryRequest::of(sql.as_str())
            };
            let answer = query::open(&ctx, request, &|ctx| {
                self.spare.take(ctx, self.folder.as_deref())
            });
            let found = answer.ok().and_then(|answer| {
                few(&answer.session, column, &format!("({sql})"), &ctx.interrupt)
            });
            self.spare.fill(&self.ctx, self.folder.clone());
            found
        })
    }
}

/// Does some work, which is asked to stop when it takes too long.
fn within<T>(patience: Duration, interrupt: &Interrupt, work: impl FnOnce() -> T) -> T {
    let (ended, ends) = mpsc::channel::<()>();
    let interrupt = interrupt.clone();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if ends.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout) {
                interrupt.request();
            }
        });
        let done = work();
        drop(ended);
        done
    })
}

fn few(session: &Session, column: &str, from: &str, interrupt: &Interrupt) -> Option<Vec<String>> {
    // One more than is few tells that they are not; the first ones are enough.
    let sql = format!(
        "SELECT value FROM (SELECT DISTINCT CAST({} AS VARCHAR) AS value FROM {from}) \
         WHERE value IS NOT NULL LIMIT {}",
        quote::ident(column),
        FEW + 1
    );
    let found = session.texts(&sql).ok()?;
    let mut values: Vec<String> = found.into_iter().flatten().flatten().collect();
    let is_help = values.len() <= FEW && values.iter().all(|v| v.len() <= LONGEST);
    if !is_help || interrupt.is_requested() {
        return None;
    }
    values.sort();
    Some(values)
}
