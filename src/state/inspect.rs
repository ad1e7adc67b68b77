//! Looking the state over, and putting its copies right where they were changed by
//! other means.

use std::path::Path;

use rusqlite::params;

use super::convert::int;
use super::db::State;
use super::error::StateError;
use crate::model::bookmarks::Bookmarks;
use crate::model::hash::ContentHash;
use crate::model::run::{RunNumber, RunStatus};
use crate::model::token::RandomId;

impl State {
    /// What is wrong with the file, in SQLite's words; nothing if it is whole. `deep`
    /// also holds indexes against their tables.
    pub fn damage(&self, deep: bool) -> Result<Vec<String>, StateError> {
        const MOST: u32 = 5;
        let check = if deep {
            "integrity_check"
        } else {
            "quick_check"
        };
        let mut found: Vec<String> = self.read("check the state", |conn| {
            conn.prepare(&format!("PRAGMA {check}({MOST})"))?
                .query_map([], |row| row.get(0))?
                .collect()
        })?;
        found.retain(|line| line != "ok");
        Ok(found)
    }

    /// Brings the copy of the bookmarks in step, also where it claims to be.
    pub fn copy_bookmarks(
        &self,
        bookmarks: &Bookmarks,
        head: &ContentHash,
        head_seq: u64,
    ) -> Result<usize, StateError> {
        self.transaction(|state| {
            state.write("forget where the bookmarks end", |conn| {
                conn.execute("DELETE FROM bookmarks_end", [])
            })?;
            state.sync_bookmarks(bookmarks, head, head_seq)
        })
    }

    /// Writes a copy of all that is there to a new file.
    pub fn copy_to(&self, file: &Path) -> Result<(), StateError> {
        // Not inside a transaction, as SQLite wants it.
        self.alone("copy the state", |conn| {
            conn.execute("VACUUM INTO ?1", [file.to_string_lossy()])
        })
        .map(|_| ())
    }

    /// Says of a run that the ledger which had it is lost: nothing of it remains.
    ///
    /// # Errors
    /// [`StateError::NoSuchRun`] if the run was never begun.
    pub fn record_lost(&self, run: RunNumber, why: &str) -> Result<(), StateError> {
        const DOING: &str = "record that a run is lost";
        let set = self.write(DOING, |conn| {
            conn.execute(
                "UPDATE runs SET status = ?2, error = ?3, ledger_seq = NULL, token = NULL,
                     target_seq = NULL, finished = coalesce(finished, started)
                 WHERE number = ?1",
                params![int(run), RunStatus::Undone.as_str(), why],
            )
        })?;
        self.expect_run(DOING, run, set)
    }

    /// Forgets what is published at a target, and what was dropped there, to copy it
    /// from there again.
    pub fn forget_snapshots(&self, target: &RandomId) -> Result<(), StateError> {
        self.write("forget the snapshots of a target", |conn| {
            for table in ["snapshots", "dropped"] {
                let delete = format!("DELETE FROM {table} WHERE target = ?1");
                conn.execute(&delete, [target.as_str()])?;
            }
            conn.execute(
                "UPDATE targets SET newest_seq = 0 WHERE id = ?1",
                [target.as_str()],
            )
        })
        .map(|_| ())
    }
}
