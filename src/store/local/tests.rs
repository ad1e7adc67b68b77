//! What a folder promises beyond the contract of all stores.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use walkdir::WalkDir;

use super::LocalStore;
use crate::model::hash::ContentHash;
use crate::store::contract::{is_precondition, mark, put, replace};
use crate::store::{Body, Expect, Named, Store, StoreError};

const KEY: &str = "account-level/ingest_year=2024/part-0.parquet";

struct Target {
    folder: tempfile::TempDir,
    store: LocalStore,
}

fn target() -> Target {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(&folder.path().join("out"), "output".to_owned()).unwrap();
    Target { folder, store }
}

impl Target {
    fn root(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn stage(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let folder = self.store.staging().unwrap().join("17");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn publish(&self, staged: &Path, bytes: &[u8], expect: &Expect) -> Result<(), StoreError> {
        let body = Body::File(staged);
        self.store
            .put_if_match(KEY, body, expect, &mark("17-w", bytes))
            .map(drop)
    }

    fn expect(&self) -> Expect {
        match self.store.head(KEY).unwrap() {
            Some(head) => Expect::Tag(head.tag),
            None => Expect::Absent,
        }
    }

    /// Every file under the root, relative to it.
    fn files(&self) -> BTreeSet<String> {
        WalkDir::new(self.root())
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(self.root()).unwrap();
                path.to_str().unwrap().to_owned()
            })
            .collect()
    }
}

fn object(bytes: &[u8]) -> String {
    format!("_workbench/objects/{}.part", ContentHash::of(bytes))
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn reading_creates_nothing() {
    let target = target();
    let store = &target.store;
    assert_eq!(store.get(KEY).unwrap(), None);
    assert!(store.list("").unwrap().is_empty());
    assert_ne!(store.free_space(), Some(0));
    store.path(KEY).unwrap();
    store.staging().unwrap();
    assert!(is_precondition(replace(
        store,
        KEY,
        b"x",
        &Expect::Tag(crate::store::Tag("t".into()))
    )));
    assert!(!target.root().exists());
}

#[test]
fn a_file_is_no_target() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(LocalStore::open(file.path(), "output".to_owned()).is_err());
}

#[test]
fn retained_bytes_survive_replacement() {
    let target = target();
    for bytes in [b"one", b"two"] {
        let staged = target.stage("a.part", bytes);
        target.publish(&staged, bytes, &target.expect()).unwrap();
        assert!(!staged.exists(), "moved, not copied");
    }
    for bytes in [b"one", b"two"] {
        let retained = target.store.retained(&ContentHash::of(bytes)).unwrap();
        assert_eq!(fs::read(&retained).unwrap(), bytes);
        let mode = fs::metadata(&retained).unwrap().permissions().mode();
        assert_eq!(mode & 0o222, 0, "read-only");
    }
    assert_eq!(fs::read(target.store.path(KEY).unwrap()).unwrap(), b"two");
    assert_eq!(target.store.retained(&ContentHash::of(b"three")), None);
    assert_eq!(
        target.files(),
        set(&[KEY, &object(b"one"), &object(b"two")])
    );
    assert_eq!(target.store.list("").unwrap(), [KEY], "objects are no keys");
}

#[test]
fn an_open_file_keeps_its_generation() {
    let target = target();
    replace(&target.store, KEY, b"old", &Expect::Absent).unwrap();
    let mut open = fs::File::open(target.store.path(KEY).unwrap()).unwrap();
    replace(&target.store, KEY, b"replacement", &target.expect()).unwrap();
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"old");
}

#[test]
fn a_foreign_edit_changes_the_tag() {
    let target = target();
    put(&target.store, KEY, b"ours").unwrap();
    let before = target.store.head(KEY).unwrap().unwrap().tag;
    let path = target.store.path(KEY).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    fs::write(&path, b"THEM").unwrap();
    assert_ne!(target.store.head(KEY).unwrap().unwrap().tag, before);
    // A foreign file has no mark.
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"theirs").unwrap();
    assert_eq!(target.store.head(KEY).unwrap().unwrap().mark, None);
}

#[test]
fn equal_bytes_are_retained_once() {
    let target = target();
    for name in ["a.part", "b.part"] {
        let staged = target.stage(name, b"same");
        target.publish(&staged, b"same", &target.expect()).unwrap();
    }
    assert_eq!(target.files(), set(&[KEY, &object(b"same")]));
}

#[test]
fn a_damaged_object_is_put_right() {
    for damage in [&b"who"[..], b"whale"] {
        let target = target();
        let damaged = target.root().join(object(b"whole"));
        fs::create_dir_all(damaged.parent().unwrap()).unwrap();
        fs::write(&damaged, damage).unwrap();
        let staged = target.stage("a.part", b"whole");
        target.publish(&staged, b"whole", &Expect::Absent).unwrap();
        assert_eq!(fs::read(&damaged).unwrap(), b"whole");
        assert_eq!(target.files(), set(&[KEY, &object(b"whole")]));
    }
}

#[test]
fn a_publication_that_was_killed_after_its_link_is_done_again() {
    let target = target();
    let staged = target.stage("a.part", b"bytes");
    // As a kill right after `object-linked` leaves it: read-only, linked.
    let linked = target.root().join(object(b"bytes"));
    fs::create_dir_all(linked.parent().unwrap()).unwrap();
    fs::hard_link(&staged, &linked).unwrap();
    fs::set_permissions(&staged, fs::Permissions::from_mode(0o444)).unwrap();

    target.publish(&staged, b"bytes", &Expect::Absent).unwrap();
    assert_eq!(target.files(), set(&[KEY, &object(b"bytes")]));
    assert_eq!(target.store.get(KEY).unwrap().unwrap(), b"bytes");
}

#[test]
fn removed_bytes_are_retained_whosever_they_are() {
    let target = target();
    let staged = target.stage("a.part", b"ours");
    target.publish(&staged, b"ours", &Expect::Absent).unwrap();
    target.store.remove_if_match(KEY, &target.expect()).unwrap();
    assert_eq!(target.files(), set(&[&object(b"ours")]));
    // Folders that are left empty would be partitions to some readers.
    let prefix = target.root().join(KEY.split('/').next().unwrap());
    assert!(!prefix.exists());

    fs::create_dir_all(target.root().join(KEY).parent().unwrap()).unwrap();
    fs::write(target.root().join(KEY), b"theirs").unwrap();
    let beside = prefix.join("beside");
    fs::write(&beside, b"stays").unwrap();
    target.store.remove_if_match(KEY, &target.expect()).unwrap();
    let kept = target.store.retained(&ContentHash::of(b"theirs")).unwrap();
    assert_eq!(fs::read(kept).unwrap(), b"theirs");
    assert!(beside.exists() && !target.root().join(KEY).exists());
    assert_eq!(fs::read_dir(&prefix).unwrap().count(), 1);
}

#[test]
fn retained_bytes_are_never_moved_away() {
    let target = target();
    replace(&target.store, KEY, b"one", &Expect::Absent).unwrap();
    let retained = target.store.retained(&ContentHash::of(b"one")).unwrap();
    assert!(target.publish(&retained, b"one", &target.expect()).is_err());
    assert!(retained.exists());
}

#[test]
fn a_link_in_staging_is_refused() {
    let target = target();
    let staged = target.stage("a.part", b"bytes");
    let link = staged.with_file_name("link.part");
    std::os::unix::fs::symlink(&staged, &link).unwrap();
    assert!(target.publish(&link, b"bytes", &Expect::Absent).is_err());
    assert_eq!(target.store.head(KEY).unwrap(), None);
}

#[test]
fn another_file_system_is_named() {
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else {
        eprintln!("NOT TESTED: staging on another file system; no /dev/shm");
        return;
    };
    let target = target();
    let staged = elsewhere.path().join("a.part");
    fs::write(&staged, b"bytes").unwrap();
    match target.publish(&staged, b"bytes", &Expect::Absent) {
        Ok(()) => eprintln!("NOT TESTED: the temporary folder is on /dev/shm too"),
        Err(error) => {
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains("on another file system"), "{source}");
            assert!(staged.exists() && target.store.head(KEY).unwrap().is_none());
        }
    }
}

#[test]
fn a_file_system_without_hard_links_is_named() {
    let refused = super::explain(rustix::io::Errno::PERM.into());
    assert!(refused.to_string().contains("refuses hard links"));
    let other = super::explain(rustix::io::Errno::NOSPC.into());
    assert_eq!(
        other.raw_os_error(),
        Some(28),
        "an error that says it itself"
    );
}

#[test]
fn the_lock_excludes_a_second_and_names_the_first() {
    let target = target();
    let first = target.store.lock().unwrap();
    let other = LocalStore::open(&target.root(), "output".to_owned()).unwrap();
    for _ in 0..2 {
        let Err(StoreError::Locked(text)) = other.lock() else {
            panic!("locked twice");
        };
        let pid = std::process::id();
        assert_eq!(text, format!("`output` is locked by workbench, pid {pid}"));
    }
    drop(first);
    let second = other.lock().unwrap();
    assert!(target.store.lock().is_err());
    drop(second);
    assert!(
        target.store.list("").unwrap().is_empty(),
        "the lock is no key"
    );
}

#[test]
fn no_temporary_files_are_left() {
    let target = target();
    let store = &target.store;
    put(store, "doc", b"1").unwrap();
    assert!(is_precondition(put(store, "doc", b"2")));
    assert!(
        put(store, "doc/below", b"3").is_err(),
        "a file is no folder"
    );
    replace(store, "other", b"4", &Expect::Absent).unwrap();
    assert!(is_precondition(replace(
        store,
        "other",
        b"5",
        &Expect::Absent
    )));
    fs::create_dir_all(target.root().join("folder")).unwrap();
    assert!(replace(store, "folder", b"6", &Expect::Absent).is_err());
    let objects = [object(b"4"), object(b"6")];
    assert_eq!(
        target.files(),
        set(&["doc", "other", &objects[0], &objects[1]])
    );
}

#[test]
fn the_lock_clears_what_a_kill_left() {
    let target = target();
    let killed = target.store.staging().unwrap().join("doc-1.part");
    fs::create_dir_all(killed.parent().unwrap()).unwrap();
    fs::write(&killed, b"half").unwrap();
    let staged = target.stage("a.part", b"bytes");
    let _lock = target.store.lock().unwrap();
    assert!(!killed.exists());
    assert!(staged.exists(), "a run's staging is its own");
}

/// Root may read everything, so this says something only for other users.
#[test]
fn what_may_not_be_read_is_an_error_and_not_absent() {
    let target = target();
    put(&target.store, "a/b", b"x").unwrap();
    let folder = target.root().join("a");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&folder).is_ok() {
        eprintln!("NOT TESTED: folders that may not be read; this user may read all");
    } else {
        assert!(target.store.list("a/").is_err());
        assert!(target.store.list("").is_err());
        assert!(target.store.head("a/b").is_err());
        assert!(target.store.get("a/b").is_err());
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A query over thousands of days asks for each: no file is opened, and only what the
/// key's own file is stays trusted.
#[test]
fn what_a_key_shows_is_told_without_reading_it() {
    let target = target();
    let staged = target.stage("a.parquet", b"right");
    target.publish(&staged, b"right", &Expect::Absent).unwrap();
    let tag = target.store.head(KEY).unwrap().unwrap().tag;
    let fetch = || {
        let named = Named {
            key: KEY,
            tag: tag.clone(),
            version: None,
            blake3: ContentHash::of(b"right"),
            size: 5,
        };
        target.store.fetch(&named).unwrap()
    };
    let (shown, kept) = (
        target.root().join(KEY),
        target.root().join(object(b"right")),
    );
    assert_eq!(fetch(), Some(kept.clone()));

    let write = |path: &Path, at: SystemTime| {
        let mut permissions = path.metadata().unwrap().permissions();
        permissions.set_mode(0o644);
        fs::set_permissions(path, permissions).unwrap();
        let mut file = fs::File::options().write(true).open(path).unwrap();
        file.write_all(b"wrong").unwrap();
        file.set_modified(at).unwrap();
    };
    // Nobody could tell but by reading it.
    let at = shown.metadata().unwrap().modified().unwrap();
    write(&shown, at);
    assert_eq!(fetch(), Some(kept.clone()));
    // Written to since.
    write(&shown, SystemTime::UNIX_EPOCH);
    assert_eq!(fetch(), None);
    write(&shown, at);
    assert_eq!(fetch(), Some(kept.clone()));
    // What is kept is another file.
    fs::remove_file(&kept).unwrap();
    assert_eq!(fetch(), None);
    fs::write(&kept, b"right").unwrap();
    assert_eq!(fetch(), None);
    fs::remove_file(&shown).unwrap();
    assert_eq!(fetch(), None);
}
