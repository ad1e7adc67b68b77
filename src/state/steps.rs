//! How long each step of a run took.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::convert::{int, parsed, stamp};
use super::db::State;
use super::error::StateError;
use crate::model::run::RunNumber;

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    pub step: String,
    /// When it ended.
    pub at: DateTime<Utc>,
    pub seconds: f64,
}

impl State {
    /// Notes that a step of a run ended at `at` and took `seconds`.
    ///
    /// # Errors
    /// [`StateError::NoSuchRun`] if the run was never begun.
    pub fn add_step(
        &self,
        run: RunNumber,
        step: &str,
        at: DateTime<Utc>,
        seconds: f64,
    ) -> Result<(), StateError> {
        const DOING: &str = "record a step of a run";
        let added = self.write(DOING, |conn| {
            conn.execute(
                "INSERT INTO steps (run, step, at, seconds)
                 SELECT number, ?2, ?3, ?4 FROM runs WHERE number = ?1",
                params![int(run), step, stamp(at), seconds],
            )
        })?;
        self.expect_run(DOING, run, added)
    }

    /// The steps of a run, in the order in which they ended.
    pub fn steps(&self, run: RunNumber) -> Result<Vec<StepRow>, StateError> {
        self.read("read the steps of a run", |conn| {
            conn.prepare_cached("SELECT step, at, seconds FROM steps WHERE run = ?1 ORDER BY id")?
                .query_map([int(run)], |row| {
                    Ok(StepRow {
                        step: row.get("step")?,
                        at: parsed(row, "at")?,
                        seconds: row.get("seconds")?,
                    })
                })?
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{moment, new_run, state};
    use super::*;

    #[test]
    fn steps_are_kept_in_order_and_only_for_runs() {
        let state = state();
        state.begin_run(&new_run(1)).unwrap();
        state.add_step(1, "scan", moment(1), 0.25).unwrap();
        state.add_step(1, "load", moment(3), 1.5).unwrap();
        let names: Vec<_> = state
            .steps(1)
            .unwrap()
            .into_iter()
            .map(|s| s.step)
            .collect();
        assert_eq!(names, ["scan", "load"]);
        assert_eq!(
            state.steps(1).unwrap()[1],
            StepRow {
                step: "load".to_owned(),
                at: moment(3),
                seconds: 1.5
            }
        );
        assert!(state.steps(2).unwrap().is_empty());
        let refused = state.add_step(2, "scan", moment(1), 0.0).unwrap_err();
        assert!(
            matches!(refused, StateError::NoSuchRun { run: 2, .. }),
            "{refused}"
        );
    }
}
