//! What was hashed, so that a file that did not change is not hashed again.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::convert::{int, parsed, parsed_or_null, uint};
use super::db::State;
use super::error::StateError;
use crate::model::hash::ContentHash;
use crate::model::input_file::FileStat;
use crate::model::names::SourceName;

/// What the hashing pass found in a file, and what the file system said of it then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownFile {
    pub stat: FileStat,
    pub blake3: ContentHash,
    /// Records outside quotes, without the header.
    pub records: u64,
    /// The engine may read it as it lies.
    pub plain: bool,
    /// The dialect it was read in.
    pub dialect: ContentHash,
    /// Nanoseconds since the epoch. A change soon after it may not show in `stat`.
    pub hashed_at_ns: i64,
}

impl State {
    /// The files of a source that were hashed, by path.
    pub fn known_files(
        &self,
        source: &SourceName,
    ) -> Result<HashMap<String, KnownFile>, StateError> {
        self.read("read the known files", |conn| known(conn, source))
    }

    /// Keeps what is known of a source's files. `files` is all that its pattern
    /// shows: other paths are forgotten. Returns how many rows it touched.
    pub fn remember_files(
        &self,
        source: &SourceName,
        files: &[(String, KnownFile)],
    ) -> Result<usize, StateError> {
        let changes = |conn: &Connection| {
            let mut gone = known(conn, source)?;
            let new = files
                .iter()
                .filter(|(path, file)| gone.remove(path) != Some(*file))
                .collect::<Vec<_>>();
            Ok((new, gone))
        };
        let (new, gone) = self.read("read the known files", changes)?;
        if new.is_empty() && gone.is_empty() {
            return Ok(0);
        }
        self.write("remember files", |conn| {
            let mut forget =
                conn.prepare_cached("DELETE FROM known_files WHERE source = ?1 AND path = ?2")?;
            for path in gone.keys() {
                forget.execute([source.as_str(), path])?;
            }
            let mut remember = conn.prepare_cached(
                "INSERT OR REPLACE INTO known_files
                     (source, path, size, mtime_ns, ctime_ns, inode, etag, blake3, records, plain,
                      dialect, hashed_at_ns)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?;
            for (path, file) in &new {
                remember.execute(params![
                    source.as_str(),
                    path,
                    int(file.stat.size),
                    file.stat.mtime,
                    file.stat.ctime,
                    int(file.stat.inode),
                    file.stat.etag.map(|etag| etag.to_string()),
                    file.blake3.to_string(),
                    int(file.records),
                    file.plain,
                    file.dialect.to_string(),
                    file.hashed_at_ns,
                ])?;
            }
            Ok(gone.len() + new.len())
        })
    }
}

fn known(conn: &Connection, source: &SourceName) -> rusqlite::Result<HashMap<String, KnownFile>> {
    conn.prepare_cached("SELECT * FROM known_files WHERE source = ?1")?
        .query_map([source.as_str()], |row| {
            let file = KnownFile {
                stat: FileStat {
                    size: uint(row, "size")?,
                    mtime: row.get("mtime_ns")?,
                    ctime: row.get("ctime_ns")?,
                    inode: uint(row, "inode")?,
                    etag: parsed_or_null(row, "etag")?,
                },
                blake3: parsed(row, "blake3")?,
                records: uint(row, "records")?,
                plain: row.get("plain")?,
                dialect: parsed(row, "dialect")?,
                hashed_at_ns: row.get("hashed_at_ns")?,
            };
            Ok((row.get("path")?, file))
        })?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::state;
    use super::*;

    fn file(content: &str, inode: u64) -> KnownFile {
        KnownFile {
            stat: FileStat {
                size: content.len() as u64,
                mtime: -1,
                ctime: i64::MAX,
                inode,
                etag: (inode == 2).then(|| ContentHash::of(b"etag")),
            },
            blake3: ContentHash::of(content.as_bytes()),
            records: 3,
            plain: inode == 2,
            dialect: ContentHash::of(b"csv"),
            hashed_at_ns: 1_732_000_000_123_456_789,
        }
    }

    #[test]
    fn files_are_remembered_and_forgotten_by_source() {
        let state = state();
        let (accounts, invoices) = ("accounts".parse().unwrap(), "invoices".parse().unwrap());
        let shown = [
            ("raw/a.csv".to_owned(), file("a", u64::MAX)),
            ("raw/é b.csv".to_owned(), file("b", 2)),
        ];
        assert_eq!(state.remember_files(&accounts, &shown).unwrap(), 2);
        assert_eq!(state.remember_files(&invoices, &shown[..1]).unwrap(), 1);
        assert_eq!(
            state.known_files(&accounts).unwrap(),
            shown.iter().cloned().collect()
        );
        assert_eq!(state.remember_files(&accounts, &shown).unwrap(), 0);

        let later = [(shown[0].0.clone(), file("a2", 1))];
        assert_eq!(state.remember_files(&accounts, &later).unwrap(), 2);
        assert_eq!(
            state.known_files(&accounts).unwrap(),
            later.iter().cloned().collect()
        );
        assert_eq!(state.known_files(&invoices).unwrap().len(), 1);
        assert!(
            state
                .known_files(&"other".parse().unwrap())
                .unwrap()
                .is_empty()
        );
    }
}
