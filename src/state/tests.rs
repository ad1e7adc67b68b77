//! The file itself: opening, migrations, transactions, two at once, and damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use rusqlite::Connection;

use super::testing::{moment, new_run, run_record, state};
use super::{State, StateError};
use crate::model::bookmarks::Bookmarks;
use crate::model::hash::ContentHash;
use crate::model::run::RunStatus;
use crate::model::token::RandomId;

struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join(".work bench?#%/state.db")
    }

    fn open(&self) -> State {
        State::open(&self.file()).unwrap()
    }

    fn read(&self) -> State {
        State::open_for_reading(&self.file()).unwrap().unwrap()
    }

    /// Every file of the state with its bytes, apart from the log's index:
    /// that is shared memory, for locks.
    fn bytes(&self) -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let mut files: Vec<_> = fs::read_dir(self.file().parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let is_index = path.extension().is_some_and(|e| e == "db-shm");
                let bytes = (!is_index).then(|| fs::read(&path).unwrap());
                (path, bytes)
            })
            .collect();
        files.sort();
        files
    }
}

fn pragma<T: rusqlite::types::FromSql>(path: &Path, name: &str) -> T {
    Connection::open(path)
        .unwrap()
        .query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
        .unwrap()
}

#[test]
fn a_new_state_is_made_once_and_kept() {
    let folder = Folder::new();
    assert!(State::open_for_reading(&folder.file()).unwrap().is_none());
    assert!(
        !folder.file().parent().unwrap().exists(),
        "a reader makes nothing"
    );

    folder.open().begin_run(&new_run(1)).unwrap();
    assert_eq!(pragma::<String>(&folder.file(), "journal_mode"), "wal");
    assert_eq!(pragma::<u32>(&folder.file(), "user_version"), 5);
    assert_eq!(pragma::<String>(&folder.file(), "integrity_check"), "ok");
    assert_eq!(folder.open().last_run_number().unwrap(), 1);
}

#[test]
fn a_file_without_a_migration_is_no_state_yet() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file().parent().unwrap()).unwrap();
    fs::write(folder.file(), "").unwrap();
    assert!(State::open_for_reading(&folder.file()).unwrap().is_none());
    pragma::<String>(&folder.file(), "journal_mode = WAL");
    assert!(State::open_for_reading(&folder.file()).unwrap().is_none());
    assert!(folder.open().runs(None).unwrap().is_empty());
}

#[test]
fn a_migration_is_done_whole_or_not_at_all() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file().parent().unwrap()).unwrap();
    // In the way of one of the last statements.
    Connection::open(folder.file())
        .unwrap()
        .execute_batch("CREATE TABLE snapshots (x)")
        .unwrap();
    let failed = State::open(&folder.file()).unwrap_err();
    assert!(matches!(failed, StateError::Sqlite { .. }), "{failed}");
    let conn = Connection::open(folder.file()).unwrap();
    let tables: u32 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
    conn.execute_batch("DROP TABLE snapshots").unwrap();
    folder.open();
}

/// What a file of version 1 held is there after the migration.
#[test]
fn a_file_from_before_the_wishes_is_brought_up_to_date() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file().parent().unwrap()).unwrap();
    Connection::open(folder.file())
        .unwrap()
        .execute_batch(concat!(
            include_str!("migrations/0001_initial.sql"),
            "PRAGMA user_version = 1;
             INSERT INTO sources VALUES ('orders', NULL, 1);
             INSERT INTO input_files VALUES
                 ('orders', 1, 1, 'live', 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
                  3, 1, 2, '[\"a\"]', 1, '2024-11-03', 9, 5, 2, 1, 1,
                  'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262');"
        ))
        .unwrap();
    let refused = State::open_for_reading(&folder.file()).unwrap_err();
    assert!(matches!(refused, StateError::Older { .. }), "{refused}");
    let bookmarks = folder.open().bookmarks().unwrap();
    let source = &bookmarks.sources[&"orders".parse().unwrap()];
    let file = &source.files[0].file;
    assert_eq!((file.place.position, file.rows.taken()), (2, 8));
    assert_eq!(file.paths, ["a"]);
    assert!(source.held.is_empty());
    assert!(folder.open().wishes().unwrap().is_empty());
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open());
    Connection::open(folder.file())
        .unwrap()
        .execute_batch("PRAGMA user_version = 7; PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let before = fs::read(folder.file()).unwrap();
    let writer = State::open(&folder.file()).unwrap_err();
    let reader = State::open_for_reading(&folder.file()).unwrap_err();
    for refused in [writer, reader] {
        assert!(matches!(
            refused,
            StateError::Newer {
                found: 7,
                known: 5,
                ..
            }
        ));
        let message = refused.to_string();
        assert!(
            message.contains("was written by a newer workbench"),
            "{message}"
        );
        assert!(message.contains("state.db"), "{message}");
    }
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[test]
fn the_project_id_never_changes() {
    let state = state();
    let (ours, theirs) = (RandomId::new(), RandomId::new());
    assert_eq!(state.project_id().unwrap(), None);
    state.set_project_id(&ours).unwrap();
    state.set_project_id(&ours).unwrap();
    let refused = state.set_project_id(&theirs).unwrap_err();
    assert!(matches!(refused, StateError::OtherProject { .. }));
    assert_eq!(state.project_id().unwrap(), Some(ours));
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() {
    let state = state();
    state.begin_run(&new_run(1)).unwrap();
    let failed = state.transaction(|state| {
        state.record_committed(&run_record(1), 5)?;
        state.record_committed(&run_record(2), 9)?;
        state.sync_bookmarks(&Bookmarks::default(), &ContentHash::of(b"1"), 9)?;
        state.set_status(3, RunStatus::Succeeded)
    });
    assert!(matches!(failed, Err(StateError::NoSuchRun { run: 3, .. })));
    assert_eq!(
        (
            state.last_run_number().unwrap(),
            state.last_committed_run().unwrap()
        ),
        (1, 0)
    );
    assert_eq!(state.bookmarks_head().unwrap(), None);

    let last = state
        .transaction(|state| {
            state.record_committed(&run_record(1), 5)?;
            // A part that fails and is passed over leaves nothing of itself.
            let part = state.transaction(|state| {
                state.begin_run(&new_run(7))?;
                state.begin_run(&new_run(1))
            });
            assert!(matches!(part, Err(StateError::RunExists { run: 1, .. })));
            state.transaction(|state| state.record_committed(&run_record(2), 9))?;
            state.last_committed_run()
        })
        .unwrap();
    assert_eq!((last, state.last_run_number().unwrap()), (2, 2));
}

#[test]
fn readers_write_nothing() {
    let folder = Folder::new();
    let state = folder.open();
    state.begin_run(&new_run(1)).unwrap();
    drop(state);
    let before = folder.bytes();
    let reader = folder.read();
    assert_eq!(reader.runs(None).unwrap().len(), 1);
    let refused = reader.begin_run(&new_run(2)).unwrap_err();
    assert!(matches!(refused, StateError::ReadOnly { .. }), "{refused}");
    drop(reader);
    assert_eq!(folder.bytes(), before);
}

/// As after a kill: what was committed lies in the log only.
#[test]
fn what_is_only_in_the_log_is_read() {
    let folder = Folder::new();
    let state = folder.open();
    state.begin_run(&new_run(1)).unwrap();
    std::mem::forget(state);
    assert_eq!(folder.read().last_run_number().unwrap(), 1);
    assert_eq!(folder.open().last_run_number().unwrap(), 1);
}

#[test]
fn a_reader_sees_whole_transactions_while_a_writer_writes() {
    let folder = Folder::new();
    let writer = folder.open();
    let file = folder.file();
    let reader = thread::spawn(move || {
        let state = State::open_for_reading(&file).unwrap().unwrap();
        let mut last = 0;
        while last < 100 {
            let runs = state.runs(None).unwrap();
            assert!(runs.iter().all(|r| r.status == RunStatus::Succeeded));
            let now = runs.len() as u64;
            assert!(now >= last);
            last = now;
        }
    });
    for run in 1..=100 {
        writer
            .transaction(|state| {
                state.begin_run(&new_run(run))?;
                state.record_committed(&run_record(run), run)?;
                state.finish_run(run, RunStatus::Succeeded, moment(1), None, None)
            })
            .unwrap();
    }
    reader.join().unwrap();
}

#[test]
fn many_may_open_a_new_state_at_once() {
    let folder = Folder::new();
    thread::scope(|scope| {
        for run in 1..=8 {
            let file = folder.file();
            scope.spawn(move || {
                State::open(&file)
                    .unwrap()
                    .begin_run(&new_run(run))
                    .unwrap()
            });
        }
    });
    assert_eq!(folder.open().runs(None).unwrap().len(), 8);
}

#[test]
fn a_second_writer_is_told_that_the_file_is_in_use() {
    let folder = Folder::new();
    let first = folder.open();
    let second =
        State::open_patiently(&folder.file(), std::time::Duration::from_millis(20)).unwrap();
    let refused = first.transaction(|_| Ok(second.begin_run(&new_run(1)).unwrap_err()));
    let refused = refused.unwrap();
    assert!(matches!(refused, StateError::Busy { .. }), "{refused}");
    assert!(
        refused
            .to_string()
            .contains("another workbench may be running")
    );
    second.begin_run(&new_run(1)).unwrap();
}

#[test]
fn a_damaged_file_is_named_with_the_way_out() {
    let folder = Folder::new();
    drop(folder.open());
    let whole = fs::read(folder.file()).unwrap();
    let mut broken = whole.clone();
    broken[4096..].fill(0xff);
    for bytes in [
        b"not a database, but long enough to look at".repeat(200),
        broken,
    ] {
        fs::write(folder.file(), bytes).unwrap();
        for failed in [
            State::open(&folder.file()).and_then(|s| s.set_project_id(&RandomId::new())),
            State::open_for_reading(&folder.file())
                .and_then(|s| s.unwrap().project_id().map(|_| ())),
        ] {
            let failed = failed.unwrap_err();
            assert!(matches!(failed, StateError::Corrupt { .. }), "{failed:?}");
            let message = failed.to_string();
            for part in ["state.db", "from a backup", "`workbench rebuild`"] {
                assert!(message.contains(part), "{message}");
            }
        }
    }
}

#[test]
fn a_value_of_the_wrong_shape_names_its_column() {
    let folder = Folder::new();
    let state = folder.open();
    state.begin_run(&new_run(1)).unwrap();
    Connection::open(folder.file())
        .unwrap()
        .execute("UPDATE runs SET ingest_date = 'yesterday'", [])
        .unwrap();
    let failed = state.runs(None).unwrap_err();
    assert!(matches!(failed, StateError::Corrupt { .. }), "{failed:?}");
    assert!(failed.to_string().contains("`ingest_date`"), "{failed}");
}

/// Another user's project, or a backup of one that was killed.
#[test]
fn a_log_in_a_read_only_folder_is_read() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let state = folder.open();
    state.begin_run(&new_run(1)).unwrap();
    let parent = folder.file().parent().unwrap().to_owned();
    let set =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let files = || fs::read_dir(&parent).unwrap().map(|e| e.unwrap().path());
    files().for_each(|path| set(&path, 0o444));
    set(&parent, 0o555);
    assert_eq!(folder.read().last_run_number().unwrap(), 1);
    // A reader that was there first sees what the writer does next.
    let reader = folder.read();
    state.begin_run(&new_run(2)).unwrap();
    assert_eq!(reader.last_run_number().unwrap(), 2);
    std::mem::forget(state);
    assert_eq!(folder.read().last_run_number().unwrap(), 2);
    set(&parent, 0o755);
}

/// A copy of the file alone, in a folder where nothing can be made.
#[test]
fn a_copy_in_a_read_only_folder_is_read() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let state = folder.open();
    state.begin_run(&new_run(1)).unwrap();
    drop(state);
    let parent = folder.file().parent().unwrap().to_owned();
    let beside = |suffix: &str| parent.join(format!("state.db{suffix}"));
    fs::remove_file(beside("-wal")).unwrap();
    fs::remove_file(beside("-shm")).unwrap();
    let lock = |mode| fs::set_permissions(&parent, fs::Permissions::from_mode(mode)).unwrap();

    lock(0o555);
    // The superuser can make files anywhere.
    let may_write = fs::write(parent.join("probe"), "").is_ok();
    assert_eq!(folder.read().last_run_number().unwrap(), 1);
    lock(0o755);
    if may_write {
        return;
    }
    fs::write(beside("-wal"), [7; 100]).unwrap();
    lock(0o555);
    let refused = State::open_for_reading(&folder.file()).unwrap_err();
    lock(0o755);
    assert!(
        matches!(refused, StateError::UnreadableWal { .. }),
        "{refused}"
    );
}
