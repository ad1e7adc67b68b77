//! The targets that the project publishes to.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::convert::{parsed, stamp, uint};
use super::db::State;
use super::error::StateError;
use super::snapshots::newest;
use crate::model::token::RandomId;

/// A target that the project publishes to, or once did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRow {
    pub id: RandomId,
    /// Where it was when it was last seen.
    pub url: String,
    pub first_seen: DateTime<Utc>,
    /// The number of the newest commit recorded here; 0 if none was.
    pub newest_seq: u64,
}

impl State {
    /// Notes a target. One that is known keeps its first day, and takes the URL.
    pub fn record_target(
        &self,
        id: &RandomId,
        url: &str,
        seen: DateTime<Utc>,
    ) -> Result<(), StateError> {
        self.write("record a target", |conn| {
            conn.execute(
                "INSERT INTO targets (id, url, first_seen) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET url = excluded.url WHERE url <> excluded.url",
                params![id.as_str(), url, stamp(seen)],
            )
        })
        .map(|_| ())
    }

    /// All targets, in the order in which they were first seen.
    pub fn targets(&self) -> Result<Vec<TargetRow>, StateError> {
        self.read("read the targets", |conn| {
            conn.prepare_cached("SELECT * FROM targets ORDER BY first_seen, id")?
                .query_map([], |row| {
                    Ok(TargetRow {
                        id: RandomId::from_stored(row.get::<_, String>("id")?),
                        url: row.get("url")?,
                        first_seen: parsed(row, "first_seen")?,
                        newest_seq: uint(row, "newest_seq")?,
                    })
                })?
                .collect()
        })
    }

    /// The number of the newest commit recorded of a target; 0 if none was.
    pub fn newest_seq(&self, target: &RandomId) -> Result<u64, StateError> {
        self.read("read the newest commit number", |conn| newest(conn, target))
            .map(Option::unwrap_or_default)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{moment, state};
    use super::*;

    #[test]
    fn a_target_keeps_its_first_day_and_takes_its_url() {
        let state = state();
        state
            .record_target(&RandomId::from_stored("t1"), "output", moment(1))
            .unwrap();
        state
            .record_target(&RandomId::from_stored("t1"), "moved", moment(2))
            .unwrap();
        let other = RandomId::from_stored("t0");
        state
            .record_target(&other, "s3://bucket", moment(3))
            .unwrap();
        let targets = state.targets().unwrap();
        assert_eq!(
            targets
                .iter()
                .map(|t| (t.url.as_str(), t.first_seen))
                .collect::<Vec<_>>(),
            [("moved", moment(1)), ("s3://bucket", moment(3))]
        );
        assert!(state.snapshots(&other).unwrap().is_empty());
    }
}
