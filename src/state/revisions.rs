//! The text of every meaning that a transform ever had.

use rusqlite::params;

use super::convert::{int, parsed, text_as, uint};
use super::db::State;
use super::error::StateError;
use crate::model::commit::TransformRecord;
use crate::model::hash::ContentHash;
use crate::model::names::TransformName;
use crate::model::run::RunNumber;
use crate::model::transform::TransformKind;

/// One meaning of a transform or check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionRow {
    pub kind: TransformKind,
    pub name: TransformName,
    /// None for checks: each of their texts has a row of its own.
    pub revision: Option<u32>,
    pub fingerprint: ContentHash,
    /// The file, verbatim, as it was when this meaning was first used.
    pub text: String,
    pub first_run: RunNumber,
}

impl State {
    /// Notes what a run used. What is known already stays as it is: an edit of
    /// comments does not change the meaning, so the first text is kept. Only a
    /// revision with a new fingerprint is written again: the engine changed how
    /// it serialises, or the state was not the one that the ledger speaks of.
    pub fn sync_revisions(
        &self,
        records: &[TransformRecord],
        run: RunNumber,
    ) -> Result<(), StateError> {
        self.write("record revisions", |conn| {
            let mut transform = conn.prepare_cached(
                "INSERT INTO revisions (kind, name, revision, fingerprint, text, first_run)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (kind, name, revision) WHERE revision IS NOT NULL DO UPDATE SET
                     text = iif(fingerprint = excluded.fingerprint, text, excluded.text),
                     fingerprint = excluded.fingerprint,
                     first_run = min(first_run, excluded.first_run)
                 WHERE fingerprint <> excluded.fingerprint OR first_run > excluded.first_run",
            )?;
            let mut check = conn.prepare_cached(
                "INSERT INTO revisions (kind, name, revision, fingerprint, text, first_run)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (kind, name, fingerprint) WHERE revision IS NULL DO UPDATE SET
                     first_run = excluded.first_run
                 WHERE first_run > excluded.first_run",
            )?;
            for record in records {
                let statement = match record.revision {
                    Some(_) => &mut transform,
                    None => &mut check,
                };
                statement.execute(params![
                    record.kind.folder(),
                    record.name.as_str(),
                    record.revision,
                    record.fingerprint.to_string(),
                    record.text,
                    int(run),
                ])?;
            }
            Ok(())
        })
    }

    /// All revisions, by kind and name; of one transform in their order, of one
    /// check in the order of use.
    pub fn revisions(&self) -> Result<Vec<RevisionRow>, StateError> {
        self.read("read the revisions", |conn| {
            conn.prepare_cached(
                "SELECT * FROM revisions ORDER BY kind, name, revision, first_run, id",
            )?
            .query_map([], |row| {
                Ok(RevisionRow {
                    kind: text_as(row, "kind", |text: String| {
                        kind_of(&text).ok_or_else(|| format!("`{text}` is not a kind").into())
                    })?,
                    name: parsed(row, "name")?,
                    revision: row.get("revision")?,
                    fingerprint: parsed(row, "fingerprint")?,
                    text: row.get("text")?,
                    first_run: uint(row, "first_run")?,
                })
            })?
            .collect()
        })
    }
}

fn kind_of(folder: &str) -> Option<TransformKind> {
    [
        TransformKind::Staging,
        TransformKind::Features,
        TransformKind::Check,
    ]
    .into_iter()
    .find(|kind| kind.folder() == folder)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{state, transform_record};
    use super::*;

    #[test]
    fn the_first_text_of_a_meaning_is_kept() {
        let state = state();
        let first = transform_record("account_level", Some(1), "meaning", "SELECT 1");
        let commented = transform_record("account_level", Some(1), "meaning", "SELECT 1 -- one");
        let second = transform_record("account_level", Some(2), "other", "SELECT 2");
        state
            .sync_revisions(std::slice::from_ref(&first), 3)
            .unwrap();
        state
            .sync_revisions(std::slice::from_ref(&commented), 4)
            .unwrap();
        state
            .sync_revisions(std::slice::from_ref(&second), 5)
            .unwrap();
        let rows = state.revisions().unwrap();
        assert_eq!(
            rows.iter()
                .map(|r| (r.revision, r.text.as_str(), r.first_run))
                .collect::<Vec<_>>(),
            [(Some(1), "SELECT 1", 3), (Some(2), "SELECT 2", 5)]
        );
        assert_eq!(
            (&rows[1].name, rows[1].fingerprint),
            (&second.name, second.fingerprint)
        );

        // The same text under a fingerprint made otherwise is the same revision.
        let again = transform_record("account_level", Some(1), "serialised anew", "SELECT 1");
        state
            .sync_revisions(std::slice::from_ref(&again), 6)
            .unwrap();
        let rows = state.revisions().unwrap();
        assert_eq!((rows.len(), rows[0].fingerprint), (2, again.fingerprint));
        assert_eq!((rows[0].text.as_str(), rows[0].first_run), ("SELECT 1", 3));
    }

    #[test]
    fn checks_have_a_row_for_each_text() {
        let state = state();
        let check = |text: &str| TransformRecord {
            kind: TransformKind::Check,
            ..transform_record("no_orphans", None, text, text)
        };
        state.sync_revisions(&[check("b"), check("b")], 1).unwrap();
        state.sync_revisions(&[check("a")], 2).unwrap();
        state.sync_revisions(&[check("b")], 3).unwrap();
        let rows = state.revisions().unwrap();
        assert_eq!(
            rows.iter()
                .map(|r| (r.kind, r.revision, r.text.as_str(), r.first_run))
                .collect::<Vec<_>>(),
            [
                (TransformKind::Check, None, "b", 1),
                (TransformKind::Check, None, "a", 2)
            ]
        );
    }
}
