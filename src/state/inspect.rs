//! Looking the state over, and putting its copies right where they were changed by
//! other means.

use super::db::State;
use super::error::StateError;
use crate::model::bookmarks::Bookmarks;
use crate::model::hash::ContentHash;
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

    /// Forgets what is published at a target, to copy it from there again.
    pub fn forget_snapshots(&self, target: &RandomId) -> Result<(), StateError> {
        self.write("forget the snapshots of a target", |conn| {
            conn.execute("DELETE FROM snapshots WHERE target = ?1", [target.as_str()])?;
            conn.execute(
                "UPDATE targets SET newest_seq = 0 WHERE id = ?1",
                [target.as_str()],
            )
        })
        .map(|_| ())
    }
}
