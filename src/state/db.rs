//! Opening the file, bringing it up to date, and transactions.
//!
//! A write-ahead log lets readers read while a run writes. SQLite removes the
//! log and its index when the last connection closes, and a reader that comes
//! then must make them anew. So ours are left in place: readers write nothing,
//! and those that may not write to the folder can still read.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, Transaction, TransactionBehavior, ffi};

use super::error::StateError;
use crate::model::token::RandomId;

/// Numbered from 1, in order. One that was released is never edited.
const MIGRATIONS: [&str; 5] = [
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_wishes.sql"),
    include_str!("migrations/0003_plain_files.sql"),
    include_str!("migrations/0004_snapshots.sql"),
    include_str!("migrations/0005_objects.sql"),
];

/// The version that this program reads and writes.
const KNOWN: u32 = MIGRATIONS.len() as u32;

/// How long to wait for another connection. Writers are few and quick.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open state file.
#[derive(Debug)]
pub struct State {
    conn: Connection,
    file: PathBuf,
}

impl State {
    /// Opens the state for writing. Makes the file and its folder if they are
    /// missing, and brings an older file up to date.
    ///
    /// # Errors
    /// [`StateError::Newer`] if a newer workbench wrote it; nothing is changed then.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Self::open_patiently(path, PATIENCE)
    }

    pub(super) fn open_patiently(path: &Path, patience: Duration) -> Result<Self, StateError> {
        const DOING: &str = "open the state";
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| StateError::Io {
                doing: "make the folder of the state",
                file: folder.to_owned(),
                source,
            })?;
        }
        let failed = |e| StateError::of(DOING, path, e);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let conn = connect(path, flags, patience).map_err(failed)?;
        // SQLite falls back to reading without a word.
        if conn.is_readonly(MAIN_DB).map_err(failed)? {
            return Err(StateError::ReadOnly {
                doing: DOING,
                file: path.to_owned(),
            });
        }
        let state = Self {
            conn,
            file: path.to_owned(),
        };
        // Before anything is written: a newer file stays as it is.
        state.version(DOING)?;
        state.configure(patience).map_err(failed)?;
        state.migrate()?;
        Ok(state)
    }

    /// Opens the state for reading. None if there is none yet.
    ///
    /// # Errors
    /// [`StateError::UnreadableWal`] if it lies in a folder that cannot be written
    /// to, without the helper files that reading its last changes needs.
    pub fn open_for_reading(path: &Path) -> Result<Option<Self>, StateError> {
        Self::open_to_read(path, true)
    }

    /// The same, and not even the helper files are made that SQLite makes beside a
    /// state without a log. Nobody may begin to write meanwhile.
    ///
    /// # Errors
    /// As for [`State::open_for_reading`].
    pub fn look_into(path: &Path) -> Result<Option<Self>, StateError> {
        Self::open_to_read(path, false)
    }

    fn open_to_read(path: &Path, helpers: bool) -> Result<Option<Self>, StateError> {
        const DOING: &str = "open the state for reading";
        if !fs::exists(path).map_err(|source| io_error(DOING, path, source))? {
            return Ok(None);
        }
        let open = |file: &Path, flags| -> rusqlite::Result<(Self, u32)> {
            let conn = connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY | flags, PATIENCE)?;
            let version = user_version(&conn)?;
            let file = path.to_owned();
            Ok((Self { conn, file }, version))
        };
        let wal = beside(path, "-wal");
        let as_it_is = || {
            let uri = immutable(path).map_err(|source| io_error(DOING, path, source))?;
            Ok::<_, StateError>(open(&uri, OpenFlags::SQLITE_OPEN_URI))
        };
        if !helpers && !wal.exists() {
            return Self::of_version(path, as_it_is()?, DOING);
        }
        let opened = match open(path, OpenFlags::empty()) {
            // A rollback journal is in use only until the log is first switched
            // on. Whoever was killed then had stored nothing.
            Err(e) if is(&e, ffi::SQLITE_READONLY_ROLLBACK) => return Ok(None),
            // The log's index is missing and cannot be made: a copy on read-only
            // media. Without changes in a log the file itself is all there is.
            Err(e) if needs_to_write(&e) && is_readable(path) => {
                if fs::metadata(&wal).is_ok_and(|m| m.len() > 0) {
                    return Err(StateError::UnreadableWal {
                        file: path.to_owned(),
                        wal,
                    });
                }
                as_it_is()?
            }
            other => other,
        };
        Self::of_version(path, opened, DOING)
    }

    /// An opened file, if it is of the version that this program reads.
    fn of_version(
        path: &Path,
        opened: rusqlite::Result<(Self, u32)>,
        doing: &'static str,
    ) -> Result<Option<Self>, StateError> {
        match opened.map_err(|e| StateError::of(doing, path, e))? {
            // Made, but its maker has not come to the first migration.
            (_, 0) => Ok(None),
            (_, found) if found < KNOWN => Err(StateError::Older {
                file: path.to_owned(),
                found,
                known: KNOWN,
            }),
            (_, found) if found > KNOWN => Err(newer(path, found)),
            (state, _) => Ok(Some(state)),
        }
    }

    /// The file, for messages.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Does all of `change` in one transaction, or nothing of it if it fails.
    /// Every method may be called inside.
    pub fn transaction<T>(
        &self,
        change: impl FnOnce(&Self) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        const DOING: &str = "change the state";
        let within = |e| StateError::of(DOING, &self.file, e);
        if !self.conn.is_autocommit() {
            return part(&self.conn, || change(self)).map_err(within)?;
        }
        // Dropped on an early return or a panic, it rolls back.
        let transaction = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)
            .map_err(within)?;
        let value = change(self)?;
        transaction.commit().map_err(within)?;
        Ok(value)
    }

    /// Runs `change` in a transaction of its own, or as a part of the open one
    /// that takes effect as a whole or not at all.
    pub(super) fn write<T>(
        &self,
        doing: &'static str,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        let attempt = || {
            if self.conn.is_autocommit() {
                let transaction =
                    Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
                let value = change(&transaction)?;
                transaction.commit()?;
                return Ok(value);
            }
            part(&self.conn, || change(&self.conn))?
        };
        attempt().map_err(|e| StateError::of(doing, &self.file, e))
    }

    /// Runs `change` outside of any transaction.
    pub(super) fn alone<T>(
        &self,
        doing: &'static str,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        change(&self.conn).map_err(|e| StateError::of(doing, &self.file, e))
    }

    /// Runs `look` so that all its statements see the same moment.
    pub(super) fn read<T>(
        &self,
        doing: &'static str,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        let attempt = || {
            if !self.conn.is_autocommit() {
                return look(&self.conn);
            }
            look(&*Transaction::new_unchecked(
                &self.conn,
                TransactionBehavior::Deferred,
            )?)
        };
        attempt().map_err(|e| StateError::of(doing, &self.file, e))
    }

    fn configure(&self, patience: Duration) -> rusqlite::Result<()> {
        let conn = &self.conn;
        let began = Instant::now();
        // Two that open a new file at once: here SQLite does not wait by itself.
        // Where the file system has no shared memory the answer is another mode,
        // which is as safe; readers then wait for writers.
        loop {
            match conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
                Err(e) if is_busy(&e) && began.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                other => break other?,
            }
        }
        conn.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON",
        )?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok(())
    }

    /// The version of the file, which is not newer than ours.
    fn version(&self, doing: &'static str) -> Result<u32, StateError> {
        let found = user_version(&self.conn).map_err(|e| StateError::of(doing, &self.file, e))?;
        if found > KNOWN {
            return Err(newer(&self.file, found));
        }
        Ok(found)
    }

    fn migrate(&self) -> Result<(), StateError> {
        const DOING: &str = "bring the state up to date";
        for (version, sql) in (1..).zip(MIGRATIONS) {
            if self.version(DOING)? >= version {
                continue;
            }
            self.write(DOING, |conn| {
                // Somebody else may have done it while we waited.
                if user_version(conn)? >= version {
                    return Ok(());
                }
                conn.execute_batch(sql)?;
                conn.execute_batch(&format!("PRAGMA user_version = {version}"))
            })?;
        }
        self.version(DOING).map(|_| ())
    }

    /// The project that the state belongs to; None if none was written yet.
    pub fn project_id(&self) -> Result<Option<RandomId>, StateError> {
        self.read("read the project id", project_id)
    }

    /// Writes the project id. It is written once; the same again is nothing new.
    ///
    /// # Errors
    /// [`StateError::OtherProject`] if the state has another one.
    pub fn set_project_id(&self, id: &RandomId) -> Result<(), StateError> {
        let has = self.write("write the project id", |conn| {
            let has = project_id(conn)?;
            if has.is_none() {
                conn.execute(
                    "INSERT INTO project (only, id) VALUES (1, ?1)",
                    [id.as_str()],
                )?;
            }
            Ok(has)
        })?;
        match has {
            Some(has) if has != *id => Err(StateError::OtherProject {
                file: self.file.clone(),
                has,
                given: id.clone(),
            }),
            _ => Ok(()),
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Moves the log into the file, so that the file alone is whole at rest.
        // Nothing depends on it: not waited for, and its outcome is not asked.
        if matches!(self.conn.is_readonly(MAIN_DB), Ok(false)) {
            let _ = self.conn.busy_timeout(Duration::ZERO);
            let _ = self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }
}

fn connect(path: &Path, flags: OpenFlags, patience: Duration) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(patience)?;
    Ok(conn)
}

/// Runs `change` as a part of the open transaction. If it fails, nothing of it
/// stays, also if the rest goes on.
fn part<T, E>(
    conn: &Connection,
    change: impl FnOnce() -> Result<T, E>,
) -> rusqlite::Result<Result<T, E>> {
    conn.execute_batch("SAVEPOINT part")?;
    let changed = change();
    if changed.is_ok() {
        conn.execute_batch("RELEASE part")?;
    } else {
        // On a full disk SQLite has rolled back all of it, and this part with
        // it. The first error is the one to report.
        let _ = conn.execute_batch("ROLLBACK TO part; RELEASE part");
    }
    Ok(changed)
}

fn user_version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn project_id(conn: &Connection) -> rusqlite::Result<Option<RandomId>> {
    use rusqlite::OptionalExtension;
    conn.query_row("SELECT id FROM project", [], |row| {
        row.get::<_, String>(0).map(RandomId::from_stored)
    })
    .optional()
}

fn newer(file: &Path, found: u32) -> StateError {
    StateError::Newer {
        file: file.to_owned(),
        found,
        known: KNOWN,
    }
}

fn io_error(doing: &'static str, file: &Path, source: io::Error) -> StateError {
    StateError::Io {
        doing,
        file: file.to_owned(),
        source,
    }
}

fn is(error: &rusqlite::Error, extended_code: i32) -> bool {
    error
        .sqlite_error()
        .is_some_and(|e| e.extended_code == extended_code)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Which of the two depends on what exactly is missing.
fn needs_to_write(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)
    )
}

fn is_readable(path: &Path) -> bool {
    path.is_file() && fs::File::open(path).is_ok()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The address under which SQLite reads a file without locks or helper files.
fn immutable(path: &Path) -> io::Result<PathBuf> {
    let mut uri = String::from("file:");
    for &byte in std::path::absolute(path)?.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(byte as char),
            _ if byte.is_ascii_alphanumeric() => uri.push(byte as char),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(format!("{uri}?immutable=1").into())
}
