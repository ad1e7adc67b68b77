use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;

use super::*;
use crate::model::hash::ContentHash;
use crate::model::progress::Silent;

fn write(folder: &Path, name: &str, text: &str) -> FoundFile {
    let absolute = folder.join(name);
    fs::write(&absolute, text).unwrap();
    FoundFile {
        path: format!("raw/{name}"),
        absolute,
        object: None,
    }
}

fn found(files: &[FoundFile]) -> Found {
    Found {
        files: files.to_vec(),
        left_out: Vec::new(),
    }
}

fn source() -> SourceDefinition {
    SourceDefinition::new("orders".parse().unwrap(), "raw/*.csv")
}

fn hash_with(
    files: &[FoundFile],
    known: Option<(&FoundFile, KnownFile)>,
    progress: &dyn ProgressSink,
    interrupt: &Interrupt,
) -> Result<HashedFiles, ScanError> {
    let known = known.map(|(file, known)| (file.path.clone(), known));
    hash_all(
        &source(),
        &found(files),
        &known.into_iter().collect(),
        progress,
        interrupt,
    )
}

fn hash(files: &[FoundFile]) -> Result<HashedFiles, ScanError> {
    hash_with(files, None, &Silent, &Interrupt::default())
}

#[test]
fn results_come_in_the_order_of_the_scan() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<FoundFile> = (0..50)
        .map(|at| {
            write(
                dir.path(),
                &format!("{at}.csv"),
                &format!("a,b\n{}", "1,2\n".repeat(at)),
            )
        })
        .collect();
    let hashed = hash(&files).unwrap();
    assert_eq!(hashed.files.len(), files.len());
    for (at, (file, scanned)) in files.iter().zip(&hashed.files).enumerate() {
        assert_eq!(scanned.path, file.path);
        assert_eq!(scanned.records, at as u64);
        let bytes = fs::read(&file.absolute).unwrap();
        assert_eq!(scanned.blake3, ContentHash::of(&bytes));
        assert_eq!(scanned.stat.size, bytes.len() as u64);
        assert!(is_unchanged(scanned));
        let (path, known) = &hashed.known[at];
        assert_eq!((path, known.blake3), (&file.path, scanned.blake3));
    }
}

#[test]
fn only_an_old_and_equal_stat_vouches_for_a_content() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "x.csv", "a,b\n1,2\n");
    let true_hash = ContentHash::of(b"a,b\n1,2\n");
    let fresh = hash(std::slice::from_ref(&file)).unwrap().known[0].1;
    let with = |change: fn(&mut KnownFile)| {
        let mut known = KnownFile {
            hashed_at_ns: fresh.stat.ctime + FRESH,
            blake3: ContentHash::of(b"remembered"),
            ..fresh
        };
        change(&mut known);
        let files = std::slice::from_ref(&file);
        let hashed = hash_with(files, Some((&file, known)), &Silent, &Interrupt::default());
        let hashed = hashed.unwrap();
        let skipped = hashed.files[0].blake3 != true_hash;
        assert_eq!(skipped, hashed.known[0].1 == known);
        skipped
    };
    assert!(with(|_| {}));
    assert!(!with(|known| known.hashed_at_ns -= 1));
    assert!(!with(|known| known.stat.size += 1));
    assert!(!with(|known| known.stat.mtime += 1));
    assert!(!with(|known| known.stat.inode += 1));
    assert!(!with(|known| {
        known.stat.ctime -= 1;
    }));
}

#[test]
fn progress_ends_at_the_total() {
    struct Heard(Mutex<Vec<(u64, u64)>>);
    impl ProgressSink for Heard {
        fn report(&self, progress: Progress) {
            if let Progress::Hashing { done, total } = progress {
                self.0.lock().unwrap().push((done, total));
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let files = [
        write(dir.path(), "1.csv", "a\n1\n"),
        write(dir.path(), "2.csv", &"a,b\n".repeat(800_000)),
    ];
    let heard = Heard(Mutex::new(Vec::new()));
    hash_with(&files, None, &heard, &Interrupt::default()).unwrap();
    let heard = heard.0.into_inner().unwrap();
    let total = 3_200_004;
    assert!(heard.iter().all(|(_, t)| *t == total));
    assert_eq!(heard.iter().map(|(done, _)| *done).max(), Some(total));
    assert!(heard.len() > 4);
}

/// Does something to the files while they are hashed.
struct Meddler<F>(Mutex<F>);

impl<F: FnMut() + Send> ProgressSink for Meddler<F> {
    fn report(&self, progress: Progress) {
        if let Progress::Hashing { done: 1.., .. } = progress {
            (self.0.lock().unwrap())();
        }
    }
}

#[test]
fn a_file_that_changed_once_is_hashed_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "x.csv", "a,b\n1,2\n");
    let absolute = file.absolute.clone();
    let mut left = 1;
    let meddler = Meddler(Mutex::new(move || {
        if left > 0 {
            left -= 1;
            fs::write(&absolute, "a,b\n1,2\n3,4\n").unwrap();
        }
    }));
    let hashed = hash_with(&[file], None, &meddler, &Interrupt::default()).unwrap();
    assert_eq!(hashed.files[0].records, 2);
    assert_eq!(hashed.files[0].stat.size, 12);
}

#[test]
fn a_file_that_keeps_changing_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "x.csv", "a,b\n1,2\n");
    let mut growing = fs::OpenOptions::new()
        .append(true)
        .open(&file.absolute)
        .unwrap();
    let meddler = Meddler(Mutex::new(move || growing.write_all(b"3,4\n").unwrap()));
    let refused = hash_with(&[file], None, &meddler, &Interrupt::default());
    assert!(matches!(refused, Err(ScanError::Unsettled { path }) if path == "raw/x.csv"));
}

#[test]
fn another_file_in_its_place_is_a_change() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "x.csv", "a,b\n1,2\n");
    let scanned = hash(std::slice::from_ref(&file)).unwrap().files.remove(0);
    let other = write(dir.path(), "y.csv", "a,b\n1,2\n");
    fs::rename(&other.absolute, &file.absolute).unwrap();
    assert!(!is_unchanged(&scanned));
    fs::remove_file(&file.absolute).unwrap();
    assert!(!is_unchanged(&scanned));
}

#[test]
fn an_interrupt_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<FoundFile> = (0..8)
        .map(|at| write(dir.path(), &format!("{at}.csv"), &"a,b\n".repeat(400_000)))
        .collect();
    let interrupt = Interrupt::default();
    let wish = interrupt.clone();
    let meddler = Meddler(Mutex::new(move || {
        wish.request();
    }));
    let stopped = hash_with(&files, None, &meddler, &interrupt);
    assert!(matches!(stopped, Err(ScanError::Interrupted)));
}

#[test]
fn all_files_that_failed_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<FoundFile> = (0..9)
        .map(|at| write(dir.path(), &format!("{at}.csv"), &"x".repeat(at * 1000)))
        .collect();
    for gone in [7, 3] {
        fs::remove_file(&files[gone].absolute).unwrap();
    }
    let failed = hash(&files).unwrap_err();
    insta::assert_snapshot!(failed, @"
    2 files or folders cannot be taken:
      `raw/3.csv` was there a moment ago and is gone
      `raw/7.csv` was there a moment ago and is gone
    ");
}

#[test]
fn a_file_that_may_not_be_read_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "x.csv", "a\n");
    fs::set_permissions(&file.absolute, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&file.absolute).is_ok() {
        // Nothing is forbidden to root.
        return;
    }
    let failed = hash(&[file]).unwrap_err();
    assert!(matches!(failed, ScanError::Unreadable { .. }));
}

#[test]
fn a_file_that_ends_inside_a_quote_is_never_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        write(dir.path(), "1.csv", "a,b\n1,\"2\n"),
        write(dir.path(), "2.csv", "a,b\n1,\"2\"\n"),
    ];
    let hashed = hash(&files).unwrap();
    assert_eq!(hashed.files[0].fault, Some(Fault::OpenQuote));
    assert_eq!(hashed.known.len(), 1);
    assert_eq!(hashed.files.len(), 2);
}
