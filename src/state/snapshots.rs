//! What is published at each target, so that readers need not ask it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::convert::{int, json, known_run, parsed, to_json, uint, uint_or_null};
use super::db::State;
use super::error::StateError;
use crate::model::commit::{Checkpoint, Commit, CommitStatus, GonePartition, LivePartition};
use crate::model::partition::PartitionId;
use crate::model::run::Known;
use crate::model::snapshot::{self, ListedPartition};
use crate::model::token::RandomId;

impl State {
    /// Records a commit of a target: its partitions are live now. Nothing of an
    /// abandoned one counts but its number. An older commit changes nothing.
    ///
    /// # Errors
    /// [`StateError::NoSuchTarget`] if the target was never noted, and
    /// [`StateError::Gap`] if the commit before it was never recorded.
    pub fn record_commit(&self, target: &RandomId, commit: &Commit) -> Result<(), StateError> {
        const DOING: &str = "record a commit";
        let newest = self.write(DOING, |conn| {
            let newest = newest(conn, target)?;
            if newest.is_none_or(|n| commit.seq != n + 1) {
                return Ok(newest);
            }
            if commit.status == CommitStatus::Published {
                for dropped in &commit.dropped {
                    take_out(conn, target, &GonePartition::of(commit, dropped))?;
                }
                for partition in &commit.partitions {
                    put(conn, target, &LivePartition::of(commit, partition))?;
                }
                let put = commit.partitions.iter().map(|p| &p.staged.id);
                let ids = put.chain(commit.dropped.iter().map(|d| &d.id));
                for day in ids.map(|id| id.ingest_date).collect::<BTreeSet<_>>() {
                    set_mixed(conn, target, day)?;
                }
            }
            set_newest(conn, target, commit.seq)?;
            Ok(newest)
        })?;
        match newest {
            None => Err(self.no_such_target(DOING, target)),
            Some(newest) if commit.seq > newest + 1 => Err(StateError::Gap {
                file: self.file().to_owned(),
                target: target.clone(),
                newest,
                seq: commit.seq,
            }),
            Some(_) => Ok(()),
        }
    }

    /// The days that the target at a URL has snapshots of, newest first.
    pub fn days(&self, url: &str) -> Result<Vec<NaiveDate>, StateError> {
        self.days_in("snapshots", url)
    }

    /// The days of which something was dropped there, newest first.
    pub fn dropped_days(&self, url: &str) -> Result<Vec<NaiveDate>, StateError> {
        self.days_in("dropped", url)
    }

    fn days_in(&self, table: &str, url: &str) -> Result<Vec<NaiveDate>, StateError> {
        self.read("read the days", |conn| {
            conn.prepare_cached(&format!(
                "SELECT DISTINCT ingest_date FROM {table} JOIN targets ON id = target
                 WHERE url = ?1 ORDER BY 1 DESC"
            ))?
            .query_map([url], |row| parsed(row, "ingest_date"))?
            .collect()
        })
    }

    /// Replaces all that is known of a target by a checkpoint of it, unless
    /// something newer is known. Later commits follow by [`State::record_commit`].
    ///
    /// # Errors
    /// [`StateError::NoSuchTarget`] if the target was never noted.
    pub fn record_checkpoint(
        &self,
        target: &RandomId,
        checkpoint: &Checkpoint,
    ) -> Result<(), StateError> {
        const DOING: &str = "record a checkpoint";
        let newest = self.write(DOING, |conn| {
            let newest = newest(conn, target)?;
            if newest.is_some_and(|n| checkpoint.seq > n) {
                for table in ["snapshots", "dropped"] {
                    let delete = format!("DELETE FROM {table} WHERE target = ?1");
                    conn.execute(&delete, [target.as_str()])?;
                }
                for gone in &checkpoint.dropped {
                    take_out(conn, target, gone)?;
                }
                for live in &checkpoint.partitions {
                    put(conn, target, live)?;
                }
                for day in snapshot::mixed_days(&checkpoint.partitions) {
                    mark_mixed(conn, target, day, true)?;
                }
                set_newest(conn, target, checkpoint.seq)?;
            }
            Ok(newest)
        })?;
        match newest {
            None => Err(self.no_such_target(DOING, target)),
            Some(_) => Ok(()),
        }
    }

    /// The live partitions of a target, by dataset, version and day.
    pub fn snapshots(&self, target: &RandomId) -> Result<Vec<LivePartition>, StateError> {
        self.read("read the snapshots", |conn| {
            conn.prepare_cached(
                "SELECT document FROM snapshots WHERE target = ?1 ORDER BY dataset, version, ingest_date",
            )?
            .query_map([target.as_str()], |row| json(row, "document"))?
            .collect()
        })
    }

    /// The live partitions of a target as they are listed, newest day first, then
    /// by dataset and version.
    pub fn listed_snapshots(&self, target: &RandomId) -> Result<Vec<ListedPartition>, StateError> {
        self.read("list the snapshots", |conn| {
            conn.prepare_cached(
                "SELECT dataset, version, ingest_date, revision, rows, bytes, run, computed_by,
                        known_run, committed, mixed
                 FROM snapshots WHERE target = ?1 ORDER BY ingest_date DESC, dataset, version",
            )?
            .query_map([target.as_str()], listed)?
            .collect()
        })
    }

    /// What was dropped of a target and not published since, newest day first, then
    /// by dataset and version.
    pub fn dropped(&self, target: &RandomId) -> Result<Vec<GonePartition>, StateError> {
        self.read("read what was dropped", |conn| {
            conn.prepare_cached(
                "SELECT dataset, version, ingest_date, document FROM dropped WHERE target = ?1
                 ORDER BY ingest_date DESC, dataset, version",
            )?
            .query_map([target.as_str()], |row| {
                let mut gone: GonePartition = json(row, "document")?;
                // It is the key that an export of the day goes by.
                gone.partition.id = id(row)?;
                Ok(gone)
            })?
            .collect()
        })
    }

    fn no_such_target(&self, doing: &'static str, target: &RandomId) -> StateError {
        StateError::NoSuchTarget {
            doing,
            file: self.file().to_owned(),
            target: target.clone(),
        }
    }
}

pub(super) fn newest(conn: &Connection, target: &RandomId) -> rusqlite::Result<Option<u64>> {
    conn.prepare_cached("SELECT newest_seq FROM targets WHERE id = ?1")?
        .query_row([target.as_str()], |row| uint(row, "newest_seq"))
        .optional()
}

fn set_newest(conn: &Connection, target: &RandomId, seq: u64) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE targets SET newest_seq = ?2 WHERE id = ?1",
        params![target.as_str(), int(seq)],
    )
    .map(|_| ())
}

/// Finds out whether a day is mixed, and writes it down.
fn set_mixed(conn: &Connection, target: &RandomId, day: NaiveDate) -> rusqlite::Result<()> {
    let of_the_day: Vec<LivePartition> = conn
        .prepare_cached("SELECT document FROM snapshots WHERE target = ?1 AND ingest_date = ?2")?
        .query_map(params![target.as_str(), day.to_string()], |row| {
            json(row, "document")
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mixed = !snapshot::mixed_days(&of_the_day).is_empty();
    mark_mixed(conn, target, day, mixed)
}

fn mark_mixed(
    conn: &Connection,
    target: &RandomId,
    day: NaiveDate,
    mixed: bool,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE snapshots SET mixed = ?3 WHERE target = ?1 AND ingest_date = ?2")?
        .execute(params![target.as_str(), day.to_string(), mixed])
        .map(|_| ())
}

fn id(row: &Row<'_>) -> rusqlite::Result<PartitionId> {
    Ok(PartitionId {
        dataset: parsed(row, "dataset")?,
        version: row.get("version")?,
        ingest_date: parsed(row, "ingest_date")?,
    })
}

fn listed(row: &Row<'_>) -> rusqlite::Result<ListedPartition> {
    Ok(ListedPartition {
        id: id(row)?,
        revision: row.get("revision")?,
        rows: uint(row, "rows")?,
        bytes: uint(row, "bytes")?,
        run: uint(row, "run")?,
        computed_by: uint(row, "computed_by")?,
        known: uint_or_null(row, "known_run")?.map_or(Known::Now, Known::AtRun),
        committed: parsed(row, "committed")?,
        mixed: row.get("mixed")?,
    })
}

/// Removes a partition from one of the tables that have it by its identity.
fn forget(
    conn: &Connection,
    table: &str,
    target: &RandomId,
    id: &PartitionId,
) -> rusqlite::Result<()> {
    conn.prepare_cached(&format!(
        "DELETE FROM {table} WHERE target = ?1 AND dataset = ?2 AND version = ?3 AND ingest_date = ?4"
    ))?
    .execute(params![
        target.as_str(),
        id.dataset.as_str(),
        id.version,
        id.ingest_date.to_string()
    ])
    .map(|_| ())
}

fn take_out(conn: &Connection, target: &RandomId, gone: &GonePartition) -> rusqlite::Result<()> {
    let id = &gone.partition.id;
    forget(conn, "snapshots", target, id)?;
    conn.prepare_cached("INSERT OR REPLACE INTO dropped VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            target.as_str(),
            id.dataset.as_str(),
            id.version,
            id.ingest_date.to_string(),
            to_json(gone)?,
        ])
        .map(|_| ())
}

fn put(conn: &Connection, target: &RandomId, live: &LivePartition) -> rusqlite::Result<()> {
    let staged = &live.partition.staged;
    forget(conn, "dropped", target, &staged.id)?;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO snapshots
             (target, dataset, version, ingest_date, seq, run, rows, bytes, blake3, document,
              revision, computed_by, known_run, committed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        target.as_str(),
        staged.id.dataset.as_str(),
        staged.id.version,
        staged.id.ingest_date.to_string(),
        int(live.seq),
        int(live.run),
        int(staged.rows),
        int(staged.bytes),
        staged.blake3.to_string(),
        to_json(live)?,
        staged.revision,
        int(staged.computed_by),
        known_run(live.computed_known()),
        // As commits have it: to the nanosecond.
        live.committed.to_rfc3339(),
    ])
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{commit, day, moment, state};
    use super::*;

    fn target() -> RandomId {
        RandomId::from_stored("t1")
    }

    /// Dataset, day and commit of each live partition.
    fn live(state: &State) -> Vec<(String, u32, u64)> {
        use chrono::Datelike;
        state
            .snapshots(&target())
            .unwrap()
            .into_iter()
            .map(|p| {
                let id = p.partition.staged.id;
                (id.dataset.to_string(), id.ingest_date.day(), p.seq)
            })
            .collect()
    }

    #[test]
    fn commits_replace_days_of_datasets() {
        let state = state();
        state.record_target(&target(), "output", moment(1)).unwrap();
        assert_eq!(state.newest_seq(&target()).unwrap(), 0);
        let abandoned = Commit {
            status: CommitStatus::Abandoned,
            ..commit(3, day(1), &["invoices"])
        };
        let commits = [
            commit(1, day(1), &["invoices", "account_level"]),
            commit(2, day(2), &["invoices"]),
            abandoned,
            Commit {
                known: Known::Now,
                ..commit(4, day(1), &["invoices"])
            },
        ];
        for commit in &commits {
            state.record_commit(&target(), commit).unwrap();
        }
        let expected = [
            ("account_level".to_owned(), 1, 1),
            ("invoices".to_owned(), 1, 4),
            ("invoices".to_owned(), 2, 2),
        ];
        assert_eq!(live(&state), expected);
        assert_eq!(state.days("output").unwrap(), [day(2), day(1)]);
        assert_eq!(state.days("elsewhere").unwrap(), []);
        // Once more, in any order, changes nothing.
        for commit in commits.iter().rev() {
            state.record_commit(&target(), commit).unwrap();
        }
        assert_eq!(live(&state), expected);
        assert_eq!(state.newest_seq(&target()).unwrap(), 4);

        let all = state.snapshots(&target()).unwrap();
        assert_eq!(all[1].partition, commits[3].partitions[0]);
        let listed = state.listed_snapshots(&target()).unwrap();
        assert_eq!(listed, snapshot::listed(&all));
        // The other dataset of the day was computed by an earlier run from other data.
        let mixed = listed.iter().map(|l| (l.id.ingest_date, l.mixed));
        assert_eq!(
            mixed.collect::<Vec<_>>(),
            [(day(2), false), (day(1), true), (day(1), true)]
        );
        assert_eq!(
            (all[1].head, all[1].known, all[1].committed),
            (commits[3].head, commits[3].known, commits[3].committed)
        );
    }

    #[test]
    fn gaps_and_strange_targets_are_refused() {
        let state = state();
        let strange = state.record_commit(&target(), &commit(1, day(1), &["invoices"]));
        assert!(matches!(strange, Err(StateError::NoSuchTarget { .. })));
        state.record_target(&target(), "output", moment(1)).unwrap();
        let gap = state.record_commit(&target(), &commit(2, day(1), &["invoices"]));
        assert!(matches!(
            gap,
            Err(StateError::Gap {
                newest: 0,
                seq: 2,
                ..
            })
        ));
        assert!(live(&state).is_empty());
    }

    #[test]
    fn a_checkpoint_stands_for_the_commits_before_it() {
        let (whole, fresh) = (state(), state());
        for state in [&whole, &fresh] {
            state.record_target(&target(), "output", moment(1)).unwrap();
        }
        for seq in 1..=3 {
            let commit = commit(
                seq,
                day(1),
                &[["invoices", "account_level"][seq as usize % 2]],
            );
            whole.record_commit(&target(), &commit).unwrap();
        }
        let last = commit(3, day(3), &["invoices"]);
        let checkpoint = Checkpoint {
            format: 1,
            seq: 3,
            commit: last.head,
            head: last.head,
            head_seq: last.head_seq,
            partitions: whole.snapshots(&target()).unwrap(),
            dropped: whole.dropped(&target()).unwrap(),
            suspect: vec![],
        };
        fresh.record_checkpoint(&target(), &checkpoint).unwrap();
        assert_eq!(
            fresh.listed_snapshots(&target()).unwrap(),
            whole.listed_snapshots(&target()).unwrap()
        );
        for state in [&whole, &fresh] {
            let next = commit(4, day(1), &["invoices"]);
            state.record_commit(&target(), &next).unwrap();
            state.record_checkpoint(&target(), &checkpoint).unwrap();
        }
        assert_eq!(live(&whole), live(&fresh));
        assert_eq!(fresh.newest_seq(&target()).unwrap(), 4);
    }
}
