//! What every store does, whatever it is made of. `contract_suite!` runs all of
//! it over one kind of store; a test here takes a store that is empty.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::prelude::*;

use super::local::LocalStore;
use super::memory::MemoryStore;
use super::{Body, Expect, Mark, Store, StoreError, Tag};
use crate::model::hash::ContentHash;
use crate::model::token::WriterToken;

const KEY: &str = "account-level/ingest_year=2024/part-0.parquet";

/// A mark by a writer of that name for these bytes.
pub(crate) fn mark(writer: &str, bytes: &[u8]) -> Mark {
    Mark {
        token: WriterToken::from_stored(writer),
        blake3: ContentHash::of(bytes),
    }
}

pub(crate) fn put(store: &dyn Store, key: &str, bytes: &[u8]) -> Result<Tag, StoreError> {
    store.put_if_absent(key, bytes, &mark("writer", bytes))
}

pub(crate) fn replace(
    store: &dyn Store,
    key: &str,
    bytes: &[u8],
    expect: &Expect,
) -> Result<Tag, StoreError> {
    let put = store.put_if_match(key, Body::Bytes(bytes), expect, &mark("writer", bytes))?;
    Ok(put.tag)
}

pub(crate) fn is_precondition<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Precondition { .. }))
}

fn is_invalid<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Io { source, .. })
        if source.kind() == io::ErrorKind::InvalidInput)
}

fn other_tag() -> Expect {
    Expect::Tag(Tag("of nothing".to_owned()))
}

/// False, and says so, where this store's file system keeps no marks.
fn keeps_marks(store: &dyn Store) -> bool {
    put(store, "probe", b"").unwrap();
    let kept = store.head("probe").unwrap().unwrap().mark.is_some();
    if !kept {
        eprintln!(
            "NOT TESTED: marks; no extended attributes under {}",
            store.url()
        );
    }
    kept
}

pub(crate) fn nothing_is_nothing(store: &dyn Store) {
    assert_eq!(store.get(KEY).unwrap(), None);
    assert_eq!(store.head(KEY).unwrap(), None);
    assert_eq!(store.hash(KEY).unwrap(), None);
    assert!(store.list("").unwrap().is_empty());
    assert!(store.list("account-level/").unwrap().is_empty());
    assert!(store.sync(KEY).is_err());
    assert_eq!(store.retained(&ContentHash::of(b"x")), None);

    put(store, KEY, b"x").unwrap();
    // Neither a folder nor what lies "in" a file.
    for key in [
        "account-level",
        "account-level/ingest_year=2024/part-0.parquet/x",
    ] {
        assert_eq!(store.get(key).unwrap(), None, "{key}");
        assert_eq!(store.head(key).unwrap(), None, "{key}");
        assert_eq!(store.hash(key).unwrap(), None, "{key}");
    }
    assert!(store.list("invoices/").unwrap().is_empty());
}

pub(crate) fn what_is_absent_is_put_once(store: &dyn Store) {
    let tag = put(store, KEY, b"first").unwrap();
    assert!(is_precondition(put(store, KEY, b"second")));
    assert_eq!(store.get(KEY).unwrap().unwrap(), b"first");
    assert_eq!(store.head(KEY).unwrap().unwrap().tag, tag);
    // The same bytes are no exception: the caller asks whose they are.
    assert!(is_precondition(put(store, KEY, b"first")));
    store.sync(KEY).unwrap();
}

pub(crate) fn head_tells_size_tag_and_mark(store: &dyn Store) {
    let marks = keeps_marks(store);
    let check = |tag: Tag, bytes: &[u8], writer: &str| {
        let head = store.head(KEY).unwrap().unwrap();
        assert_eq!((head.size, head.tag), (bytes.len() as u64, tag));
        if marks {
            assert_eq!(head.mark, Some(mark(writer, bytes)));
        }
        assert_eq!(store.hash(KEY).unwrap(), Some(ContentHash::of(bytes)));
    };
    let tag = store
        .put_if_absent(KEY, b"one", &mark("1-a", b"one"))
        .unwrap();
    check(tag.clone(), b"one", "1-a");
    let next = store
        .put_if_match(
            KEY,
            Body::Bytes(b"two"),
            &Expect::Tag(tag.clone()),
            &mark("2-b", b"two"),
        )
        .unwrap()
        .tag;
    assert_ne!(tag, next);
    check(next.clone(), b"two", "2-b");
    // Syncing and reading change nothing.
    store.sync(KEY).unwrap();
    check(next, b"two", "2-b");
}

pub(crate) fn only_what_is_expected_is_replaced(store: &dyn Store) {
    assert!(is_precondition(replace(store, KEY, b"x", &other_tag())));
    assert_eq!(store.head(KEY).unwrap(), None);

    let first = replace(store, KEY, b"first", &Expect::Absent).unwrap();
    assert!(is_precondition(replace(store, KEY, b"x", &Expect::Absent)));
    assert!(is_precondition(replace(store, KEY, b"x", &other_tag())));
    assert_eq!(store.get(KEY).unwrap().unwrap(), b"first");

    let second = replace(store, KEY, b"second", &Expect::Tag(first.clone())).unwrap();
    assert_eq!(store.get(KEY).unwrap().unwrap(), b"second");
    assert!(is_precondition(replace(
        store,
        KEY,
        b"x",
        &Expect::Tag(first)
    )));
    // Equal bytes are a generation of their own.
    let third = replace(store, KEY, b"second", &Expect::Tag(second.clone())).unwrap();
    assert_ne!(second, third);
    assert!(is_precondition(replace(
        store,
        KEY,
        b"x",
        &Expect::Tag(second)
    )));
    assert_eq!(store.get(KEY).unwrap().unwrap(), b"second");
}

pub(crate) fn only_what_is_expected_is_removed(store: &dyn Store) {
    let removed = |expect: &Expect| store.remove_if_match(KEY, expect);
    removed(&Expect::Absent).unwrap();
    assert!(is_precondition(removed(&other_tag())));
    let beside = "account-level/ingest_year=2023/part-0.parquet";
    put(store, beside, b"beside").unwrap();
    let first = put(store, KEY, b"first").unwrap();
    assert!(is_precondition(removed(&Expect::Absent)));
    assert!(is_precondition(removed(&other_tag())));
    assert_eq!(store.get(KEY).unwrap().unwrap(), b"first");

    removed(&Expect::Tag(first.clone())).unwrap();
    assert_eq!(store.get(KEY).unwrap(), None);
    assert_eq!(store.head(KEY).unwrap(), None);
    assert_eq!(store.hash(KEY).unwrap(), None);
    assert_eq!(store.list("").unwrap(), [beside]);
    // Gone already is something else than what was expected.
    assert!(is_precondition(removed(&Expect::Tag(first.clone()))));
    removed(&Expect::Absent).unwrap();

    // Equal bytes are a generation of their own, and stay.
    let again = replace(store, KEY, b"first", &Expect::Absent).unwrap();
    assert_ne!(first, again);
    assert!(is_precondition(removed(&Expect::Tag(first))));
    assert_eq!(store.head(KEY).unwrap().unwrap().tag, again);
}

pub(crate) fn a_precondition_leaves_the_staged_file(store: &dyn Store) {
    let folder = tempfile::tempdir().unwrap();
    let staged = folder.path().join("staged.part");
    std::fs::write(&staged, b"staged").unwrap();
    put(store, KEY, b"first").unwrap();
    let body = Body::File(&staged);
    assert!(is_precondition(store.put_if_match(
        KEY,
        body,
        &Expect::Absent,
        &mark("w", b"staged")
    )));
    assert_eq!(std::fs::read(&staged).unwrap(), b"staged");
}

pub(crate) fn keys_are_listed_in_order(store: &dyn Store) {
    // `-` and `.` sort before `/`: not the order of a walk through folders.
    let sorted = ["a-b/x", "a.json", "a/b/c", "a/ingest_year=2024", "b"];
    for key in sorted.iter().rev() {
        put(store, key, key.as_bytes()).unwrap();
    }
    assert_eq!(store.list("").unwrap(), sorted);
    assert_eq!(store.list("a").unwrap(), sorted[..4]);
    assert_eq!(store.list("a/").unwrap(), ["a/b/c", "a/ingest_year=2024"]);
    assert_eq!(store.list("a/ingest_y").unwrap(), ["a/ingest_year=2024"]);
    assert_eq!(store.list("b").unwrap(), ["b"]);
    assert!(store.list("b/").unwrap().is_empty());
    assert!(store.list("c").unwrap().is_empty());
}

pub(crate) fn bytes_come_back(store: &dyn Store) {
    let large: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    for (key, bytes) in [("empty", &b""[..]), ("zeros", &[0; 3]), ("large", &large)] {
        put(store, key, bytes).unwrap();
        assert_eq!(store.get(key).unwrap().unwrap(), bytes);
        assert_eq!(store.hash(key).unwrap(), Some(ContentHash::of(bytes)));
        assert_eq!(store.head(key).unwrap().unwrap().size, bytes.len() as u64);
    }
}

pub(crate) fn files_are_put(store: &dyn Store) {
    // Where files are staged, so that they can be moved.
    let folder = store.staging().unwrap_or_else(std::env::temp_dir);
    std::fs::create_dir_all(&folder).unwrap();
    let folder = tempfile::tempdir_in(folder).unwrap();
    let mut expect = Expect::Absent;
    for generation in 0..3_u8 {
        let staged = folder.path().join(format!("{generation}.part"));
        let bytes: Vec<u8> = (0..5_000_000_u32).map(|n| n as u8 ^ generation).collect();
        std::fs::write(&staged, &bytes).unwrap();
        let marked = mark("w", &bytes);
        let tag = store
            .put_if_match(KEY, Body::File(&staged), &expect, &marked)
            .unwrap()
            .tag;
        assert!(store.get(KEY).unwrap().unwrap() == bytes);
        assert_eq!(store.head(KEY).unwrap().unwrap().tag, tag);
        assert_eq!(store.hash(KEY).unwrap(), Some(marked.blake3));
        expect = Expect::Tag(tag);
    }
    let missing = folder.path().join("missing");
    assert!(
        store
            .put_if_match(KEY, Body::File(&missing), &expect, &mark("w", b""))
            .is_err()
    );
    assert!(store.head(KEY).unwrap().is_some());
}

pub(crate) fn one_of_eight_wins(store: &dyn Store) {
    for round in 0..10 {
        let key = format!("commits/{round:012}.json");
        let won = AtomicUsize::new(usize::MAX);
        thread::scope(|scope| {
            for n in 0..8 {
                let (key, won) = (&key, &won);
                scope.spawn(
                    move || match put(store, key, format!("writer {n}").as_bytes()) {
                        Ok(_) => assert_eq!(won.swap(n, Ordering::SeqCst), usize::MAX, "two won"),
                        Err(error) => assert!(matches!(error, StoreError::Precondition { .. })),
                    },
                );
            }
        });
        let bytes = store.get(&key).unwrap().unwrap();
        assert_eq!(bytes, format!("writer {}", won.into_inner()).as_bytes());
    }
}

pub(crate) fn readers_see_whole_generations(store: &dyn Store) {
    let bytes = |n: u8| vec![n; 200_000];
    let mut tag = put(store, KEY, &bytes(0)).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 1..=20 {
                tag = replace(store, KEY, &bytes(n), &Expect::Tag(tag.clone())).unwrap();
            }
        });
        let mut newest = 0;
        while !writer.is_finished() {
            let seen = store.get(KEY).unwrap().expect("never absent");
            assert_eq!(seen, bytes(seen[0]), "a mixture");
            assert!(seen[0] >= newest, "went back");
            newest = seen[0];
        }
    });
    assert_eq!(store.get(KEY).unwrap().unwrap(), bytes(20));
}

pub(crate) fn what_is_no_key_is_refused(store: &dyn Store) {
    let own = [
        "_workbench/lock",
        "_workbench/tmp/x",
        "_workbench/objects/x.part",
    ];
    let bad = [
        "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "../a", "a\0b",
    ];
    for key in bad.into_iter().chain(own) {
        assert!(is_invalid(store.get(key)), "{key}");
        assert!(is_invalid(store.head(key)), "{key}");
        assert!(is_invalid(store.hash(key)), "{key}");
        assert!(is_invalid(store.sync(key)), "{key}");
        assert!(
            is_invalid(store.remove_if_match(key, &Expect::Absent)),
            "{key}"
        );
        assert!(is_invalid(put(store, key, b"x")), "{key}");
        assert!(
            is_invalid(replace(store, key, b"x", &Expect::Absent)),
            "{key}"
        );
        assert_eq!(store.path(key).filter(|_| store.staging().is_some()), None);
    }
    assert!(is_invalid(store.list("/")) && is_invalid(store.list("../")));
    assert!(store.list("").unwrap().is_empty());
}

/// Runs the whole contract over the stores that `$setup` makes: a value that
/// keeps the store alive, and the store.
macro_rules! contract_suite {
    ($suite:ident, $setup:expr) => {
        contract_suite!($suite, $setup,
            nothing_is_nothing what_is_absent_is_put_once head_tells_size_tag_and_mark
            only_what_is_expected_is_replaced only_what_is_expected_is_removed
            a_precondition_leaves_the_staged_file
            keys_are_listed_in_order bytes_come_back files_are_put one_of_eight_wins
            readers_see_whole_generations what_is_no_key_is_refused);
    };
    ($suite:ident, $setup:expr, $($test:ident)*) => {
        mod $suite {
            use super::*;
            $(
                #[test]
                fn $test() {
                    let (_alive, store) = $setup;
                    $crate::store::contract::$test(&store);
                }
            )*
        }
    };
}
// For the suites of stores that need a server, beside those stores.
pub(crate) use contract_suite;

fn local() -> (tempfile::TempDir, LocalStore) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("made/when/written");
    let store = LocalStore::open(&root, "output".to_owned()).unwrap();
    (folder, store)
}

contract_suite!(local_store, local());
contract_suite!(memory_store, ((), MemoryStore::new()));

/// One step of a program that uses a store; tags are those it was told.
#[derive(Debug, Clone)]
enum Step {
    Put(usize, Vec<u8>),
    Replace(usize, Vec<u8>, Option<usize>),
    Remove(usize, Option<usize>),
    Look(usize),
    List(String),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..KEYS.len();
    let bytes = || proptest::collection::vec(any::<u8>(), 0..20);
    let step = prop_oneof![
        (key(), bytes()).prop_map(|(k, b)| Step::Put(k, b)),
        (key(), bytes(), proptest::option::of(0_usize..8))
            .prop_map(|(k, b, t)| Step::Replace(k, b, t)),
        (key(), proptest::option::of(0_usize..8)).prop_map(|(k, t)| Step::Remove(k, t)),
        key().prop_map(Step::Look),
        "(a|ab|b)?/?(x|i)?".prop_map(Step::List),
    ];
    proptest::collection::vec(step, 1..40)
}

const KEYS: [&str; 5] = ["a/x", "a/ingest=1/x", "ab", "b", "a-b"];

fn expected(tags: &[Tag], told: Option<usize>) -> Expect {
    match told {
        Some(n) if !tags.is_empty() => Expect::Tag(tags[n % tags.len()].clone()),
        _ => Expect::Absent,
    }
}

/// What a program can see of a step, without what differs between stores.
fn seen(store: &dyn Store, tags: &mut Vec<Tag>, step: &Step) -> String {
    let result = match step {
        Step::Put(key, bytes) => put(store, KEYS[*key], bytes),
        Step::Replace(key, bytes, tag) => replace(store, KEYS[*key], bytes, &expected(tags, *tag)),
        Step::Remove(key, tag) => {
            let removed = store.remove_if_match(KEYS[*key], &expected(tags, *tag));
            return removed.map_or_else(|e| e.to_string(), |()| "removed".to_owned());
        }
        Step::Look(key) => {
            let head = store.head(KEYS[*key]).unwrap();
            let known = head.map(|h| (h.size, tags.iter().position(|t| *t == h.tag)));
            let bytes = store.get(KEYS[*key]).unwrap();
            let hash = store.hash(KEYS[*key]).unwrap();
            return format!("{known:?} {bytes:?} {hash:?}");
        }
        Step::List(prefix) => {
            let keys = store.list(prefix);
            return keys.map_or_else(|e| e.to_string(), |keys| keys.join(" "));
        }
    };
    match result {
        Ok(tag) => {
            tags.push(tag);
            "put".to_owned()
        }
        Err(error) => error.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn stores_cannot_be_told_apart(steps in steps()) {
        let (_folder, local) = local();
        let memory = MemoryStore::new();
        let (mut local_tags, mut memory_tags) = (Vec::new(), Vec::new());
        for step in &steps {
            prop_assert_eq!(
                seen(&local, &mut local_tags, step),
                seen(&memory, &mut memory_tags, step)
            );
        }
    }
}
