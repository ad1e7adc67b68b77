//! Runs: what was begun, how far it came, and whether the ledger has it.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::convert::{int, known_run, stamp, to_json, uint};
use super::db::State;
use super::error::StateError;
use super::run_row::{NewRun, RunDrift, RunRow};
use crate::model::commit::RunRecord;
use crate::model::run::{RunNumber, RunStatus};
use crate::model::token::RandomId;

impl State {
    /// Writes a new run, as planned.
    ///
    /// # Errors
    /// [`StateError::RunExists`] if its number is taken.
    pub fn begin_run(&self, run: &NewRun) -> Result<(), StateError> {
        let added = self.write("begin a run", |conn| {
            conn.execute(
                "INSERT INTO runs (number, status, ingest_date, planned_on, known_run, target_id,
                                   target_url, started, kind)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (number) DO NOTHING",
                params![
                    int(run.number),
                    RunStatus::Planned.as_str(),
                    run.ingest_date.to_string(),
                    run.planned_on.to_string(),
                    known_run(run.known),
                    run.target_id.as_ref().map(RandomId::as_str),
                    run.target_url,
                    stamp(run.started),
                    run.kind.as_str(),
                ],
            )
        })?;
        match added {
            0 => Err(StateError::RunExists {
                file: self.file().to_owned(),
                run: run.number,
            }),
            _ => Ok(()),
        }
    }

    /// Says how far a run came. For the end of a run: [`State::finish_run`].
    ///
    /// # Errors
    /// [`StateError::NoSuchRun`] if the run was never begun.
    pub fn set_status(&self, run: RunNumber, status: RunStatus) -> Result<(), StateError> {
        const DOING: &str = "set the status of a run";
        let set = self.write(DOING, |conn| {
            conn.execute(
                "UPDATE runs SET status = ?2 WHERE number = ?1",
                params![int(run), status.as_str()],
            )
        })?;
        self.expect_run(DOING, run, set)
    }

    /// Writes how a run ended. Without a summary an earlier one stays.
    ///
    /// # Errors
    /// [`StateError::NoSuchRun`] if the run was never begun.
    pub fn finish_run(
        &self,
        run: RunNumber,
        status: RunStatus,
        finished: DateTime<Utc>,
        error: Option<&str>,
        summary: Option<&serde_json::Value>,
    ) -> Result<(), StateError> {
        const DOING: &str = "finish a run";
        let set = self.write(DOING, |conn| {
            conn.execute(
                "UPDATE runs SET status = ?2, finished = ?3, error = ?4, summary = coalesce(?5, summary)
                 WHERE number = ?1",
                params![
                    int(run),
                    status.as_str(),
                    stamp(finished),
                    error,
                    summary.map(to_json).transpose()?
                ],
            )
        })?;
        self.expect_run(DOING, run, set)
    }

    /// Copies a run's row from the ledger, where it lies at `ledger_seq`.
    ///
    /// A run that the state lacks is added. One that ended keeps its end, unless
    /// that says that the warehouse did not commit: the ledger knows better.
    pub fn record_committed(&self, record: &RunRecord, ledger_seq: u64) -> Result<(), StateError> {
        let target = record.target.as_ref();
        self.write("record a run of the ledger", |conn| {
            conn.execute(
                "INSERT INTO runs (number, status, ingest_date, planned_on, known_run, target_id, target_url,
                                   started, ledger_seq, token, target_seq, program, engine, kind)
                 VALUES (?1, 'publishing', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                 ON CONFLICT (number) DO UPDATE SET
                     finished = iif(status IN ('succeeded', 'abandoned'), finished, NULL),
                     error = iif(status IN ('failed', 'undone'), NULL, error),
                     status = iif(status IN ('succeeded', 'abandoned'), status, 'publishing'),
                     ingest_date = excluded.ingest_date,
                     planned_on = excluded.planned_on,
                     known_run = excluded.known_run,
                     target_id = coalesce(excluded.target_id, target_id),
                     target_url = coalesce(excluded.target_url, target_url),
                     started = excluded.started,
                     ledger_seq = excluded.ledger_seq,
                     token = excluded.token,
                     target_seq = excluded.target_seq,
                     program = excluded.program,
                     engine = excluded.engine,
                     kind = excluded.kind",
                params![
                    int(record.run),
                    record.ingest_date.to_string(),
                    record.planned_on.to_string(),
                    known_run(record.known),
                    target.map(|t| t.id.as_str()),
                    target.map(|t| t.url.as_str()),
                    stamp(record.started),
                    int(ledger_seq),
                    record.token.as_str(),
                    target.map(|t| int(t.seq)),
                    record.program,
                    record.engine,
                    record.kind.as_str(),
                ],
            )
        })
        .map(|_| ())
    }

    /// Runs, newest first.
    pub fn runs(&self, limit: Option<u32>) -> Result<Vec<RunRow>, StateError> {
        self.select_runs("*", limit)
    }

    /// Runs, newest first, without their summaries, which are long.
    pub fn listed_runs(&self, limit: Option<u32>) -> Result<Vec<RunRow>, StateError> {
        self.select_runs(
            "number, kind, status, ingest_date, planned_on, known_run, target_id, target_url,
             started, finished, error, NULL AS summary, ledger_seq, token, target_seq, program,
             engine",
            limit,
        )
    }

    /// What each run told of columns, oldest first. The rest of a summary, which is
    /// long, is passed over.
    pub fn drifts(&self) -> Result<Vec<RunDrift>, StateError> {
        self.read("read what runs told of columns", |conn| {
            conn.prepare_cached(
                "SELECT number, ingest_date, ledger_seq, summary FROM runs ORDER BY number",
            )?
            .query_map([], RunDrift::read)?
            .collect()
        })
    }

    fn select_runs(&self, columns: &str, limit: Option<u32>) -> Result<Vec<RunRow>, StateError> {
        // To SQLite a negative limit is none.
        let limit = limit.map_or(-1, i64::from);
        let sql = format!("SELECT {columns} FROM runs ORDER BY number DESC LIMIT ?1");
        self.read("read the runs", |conn| {
            conn.prepare_cached(&sql)?
                .query_map([limit], RunRow::read)?
                .collect()
        })
    }

    /// One run.
    pub fn run(&self, number: RunNumber) -> Result<Option<RunRow>, StateError> {
        self.read("read a run", |conn| {
            conn.prepare_cached("SELECT * FROM runs WHERE number = ?1")?
                .query_row([int(number)], RunRow::read)
                .optional()
        })
    }

    /// Runs for which something remains to be done, oldest first.
    pub fn open_runs(&self) -> Result<Vec<RunRow>, StateError> {
        self.read("read the open runs", |conn| {
            conn.prepare_cached(
                "SELECT * FROM runs WHERE status IN ('planned', 'loading', 'publishing') ORDER BY number",
            )?
            .query_map([], RunRow::read)?
            .collect()
        })
    }

    /// The highest number of a run; 0 if there is none.
    pub fn last_run_number(&self) -> Result<RunNumber, StateError> {
        self.read("read the last run number", |conn| {
            highest(conn, "SELECT coalesce(max(number), 0) AS number FROM runs")
        })
    }

    /// The highest number of a run whose row should be in the ledger; 0 if there
    /// is none. If the ledger lacks it, the warehouse is not the one it was.
    pub fn last_committed_run(&self) -> Result<RunNumber, StateError> {
        self.read("read the last committed run", |conn| {
            highest(
                conn,
                "SELECT coalesce(max(number), 0) AS number FROM runs WHERE ledger_seq IS NOT NULL",
            )
        })
    }

    /// What became of an update of a run's row: an error if it touched none.
    pub(super) fn expect_run(
        &self,
        doing: &'static str,
        run: RunNumber,
        touched: usize,
    ) -> Result<(), StateError> {
        match touched {
            0 => Err(StateError::NoSuchRun {
                doing,
                file: self.file().to_owned(),
                run,
            }),
            _ => Ok(()),
        }
    }
}

fn highest(conn: &Connection, sql: &str) -> rusqlite::Result<RunNumber> {
    conn.query_row(sql, [], |row| uint(row, "number"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{moment, new_run, run_record, state};
    use super::*;
    use crate::model::run::Known;

    #[test]
    fn a_run_is_written_step_by_step() {
        let state = state();
        let new = NewRun {
            known: Known::AtRun(4),
            ..new_run(7)
        };
        state.begin_run(&new).unwrap();
        let run = state.run(7).unwrap().unwrap();
        assert_eq!(
            (run.status, run.known, run.started),
            (RunStatus::Planned, Known::AtRun(4), new.started)
        );
        assert_eq!(
            (run.ingest_date, run.planned_on, run.target_url.as_deref()),
            (new.ingest_date, new.planned_on, Some("output"))
        );
        assert!(!run.committed() && run.finished.is_none());

        state.set_status(7, RunStatus::Loading).unwrap();
        assert_eq!(state.open_runs().unwrap()[0].status, RunStatus::Loading);
        let summary = serde_json::json!({"rows": 3});
        state
            .finish_run(
                7,
                RunStatus::Failed,
                moment(9),
                Some("no space"),
                Some(&summary),
            )
            .unwrap();
        let run = state.run(7).unwrap().unwrap();
        assert_eq!(run.error.as_deref(), Some("no space"));
        assert_eq!(
            (run.finished, run.summary),
            (Some(moment(9)), Some(summary))
        );
        assert!(state.open_runs().unwrap().is_empty());
    }

    #[test]
    fn numbers_are_taken_once_and_must_exist() {
        let state = state();
        assert_eq!(
            (
                state.last_run_number().unwrap(),
                state.last_committed_run().unwrap()
            ),
            (0, 0)
        );
        state.begin_run(&new_run(1)).unwrap();
        assert!(matches!(
            state.begin_run(&new_run(1)),
            Err(StateError::RunExists { run: 1, .. })
        ));
        for missing in [
            state.set_status(2, RunStatus::Loading),
            state.finish_run(2, RunStatus::Undone, moment(1), None, None),
        ] {
            assert!(matches!(missing, Err(StateError::NoSuchRun { run: 2, .. })));
        }
    }

    #[test]
    fn the_ledger_is_copied_over_what_it_disproves() {
        let state = state();
        let cases = [
            (RunStatus::Loading, RunStatus::Publishing),
            (RunStatus::Failed, RunStatus::Publishing),
            (RunStatus::Undone, RunStatus::Publishing),
            (RunStatus::Succeeded, RunStatus::Succeeded),
            (RunStatus::Abandoned, RunStatus::Abandoned),
        ];
        for (number, (before, after)) in (1..).zip(cases) {
            state.begin_run(&new_run(number)).unwrap();
            if before.is_over() {
                state
                    .finish_run(number, before, moment(5), Some("why"), None)
                    .unwrap();
            } else {
                state.set_status(number, before).unwrap();
            }
            for _ in 0..2 {
                state
                    .record_committed(&run_record(number), number * 10)
                    .unwrap();
                let run = state.run(number).unwrap().unwrap();
                assert_eq!(
                    (run.status, run.finished.is_some()),
                    (after, after.is_over()),
                    "{before}"
                );
                assert_eq!(run.error.is_some(), after.is_over(), "{before}");
                assert_eq!(
                    (run.ledger_seq, run.target_seq),
                    (Some(number * 10), Some(number))
                );
                assert_eq!(run.token, Some(run_record(number).token));
            }
        }
        state.begin_run(&new_run(9)).unwrap();
        assert_eq!(state.last_committed_run().unwrap(), 5);
        assert_eq!(state.last_run_number().unwrap(), 9);
    }

    #[test]
    fn a_run_that_the_state_lacks_is_copied() {
        let state = state();
        let without_target = RunRecord {
            target: None,
            ..run_record(3)
        };
        state.record_committed(&without_target, 12).unwrap();
        state.record_committed(&run_record(4), 15).unwrap();
        let runs = state.runs(None).unwrap();
        assert_eq!(runs.iter().map(|r| r.number).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(
            (runs[1].target_url.as_ref(), runs[1].target_seq),
            (None, None)
        );
        assert_eq!(runs[0].engine.as_deref(), Some("DuckDB 2.0.0"));
        assert_eq!(state.runs(Some(1)).unwrap().len(), 1);
    }
}
