//! What is kept, what is let go, and who waits for whom.

use super::*;

fn bring(cache: &Cache, bytes: &[u8]) -> PathBuf {
    let hash = ContentHash::of(bytes);
    cache
        .bring(&hash, "x", |to| {
            fs::write(to, bytes).map_err(|e| StoreError::io("x", e))
        })
        .unwrap()
}

/// As if the processes that were handed anything had ended.
fn forget(cache: &Cache) {
    leases().remove(&cache.folder);
}

#[test]
fn it_is_bounded_and_lets_go_what_was_used_longest_ago() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path(), 250);
    let of = |n: u8| ContentHash::of(&[n; 100]);
    let old = bring(&cache, &[1; 100]);
    bring(&cache, &[2; 100]);
    // All are in use by this process: the bound gives way.
    bring(&cache, &[3; 100]);
    assert!(old.exists());

    forget(&cache);
    let past = SystemTime::UNIX_EPOCH;
    File::open(&old).unwrap().set_modified(past).unwrap();
    // Used again: now it is not the oldest, and in use.
    assert_eq!(cache.get(&of(1)).unwrap(), Some(old.clone()));
    bring(&cache, &[4; 100]);
    assert!(old.exists());
    assert_eq!(cache.get(&of(2)).unwrap(), None);
    assert_eq!(cache.get(&of(3)).unwrap(), None);
    assert!(cache.get(&of(4)).unwrap().is_some());
    assert_eq!(entries(&folder.path().join("leases")).unwrap().len(), 1);
}

#[test]
fn what_is_damaged_is_neither_taken_nor_given() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path(), 1000);
    let hash = ContentHash::of(b"right");
    let wrong = cache.bring(&hash, "key", |to| {
        fs::write(to, b"wrong").map_err(|e| StoreError::io("x", e))
    });
    assert!(matches!(wrong, Err(StoreError::Damaged { key }) if key == "key"));
    assert!(entries(&folder.path().join("tmp")).unwrap().is_empty());

    let path = bring(&cache, b"right");
    forget(&cache);
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"wrong").unwrap();
    assert_eq!(cache.get(&hash).unwrap(), None);
    assert_eq!(bring(&cache, b"right"), path);
}

fn age(path: &Path) {
    let past = SystemTime::UNIX_EPOCH;
    File::open(path).unwrap().set_modified(past).unwrap();
}

#[test]
fn what_killed_processes_left_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path(), 1000);
    let (left, coming) = (cache.room().unwrap(), cache.room().unwrap());
    fs::write(&left, b"a piece").unwrap();
    age(&left);
    fs::write(&coming, b"a piece").unwrap();
    let leases = folder.path().join("leases");
    fs::create_dir_all(&leases).unwrap();
    fs::write(leases.join("of the dead"), b"").unwrap();
    bring(&cache, b"x");
    assert!(!left.exists() && coming.exists());
    assert_eq!(entries(&leases).unwrap().len(), 1);
    assert!(!leases.join("of the dead").exists());
}

/// Hashing takes long: others come to the cache meanwhile.
#[test]
fn nobody_waits_while_a_file_is_hashed() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path(), 1000);
    let (path, hash) = (bring(&cache, b"x"), ContentHash::of(b"x"));
    forget(&cache);
    // Whoever reads it waits for who writes it.
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| cache.get(&hash).unwrap());
        let mut writer = File::options().write(true).open(&path).unwrap();
        let lock = File::open(folder.path().join("lock")).unwrap();
        let is_free = lock.try_lock().is_ok();
        drop(lock);
        // It is a file again before it is used.
        fs::remove_file(&path).unwrap();
        fs::write(&path, b"x").unwrap();
        writer.write_all(b"x").unwrap();
        drop(writer);
        assert_eq!(looking.join().unwrap(), Some(path.clone()));
        assert!(is_free, "the cache was locked");
    });
}
