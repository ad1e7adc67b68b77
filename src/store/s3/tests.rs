//! The store over a server in this process, and over any other that is named.

use super::*;
use crate::model::interrupt::Interrupt;
use crate::project::S3Settings;
use crate::store::cache;
use crate::store::contract::{self, contract_suite, mark};
use crate::store::remote::RemoteError;

mod parts;

#[path = "../../../tests/bucket/mod.rs"]
mod bucket;

use bucket::{BUCKET, Faults, Habits, KEY, KEY_ID, Lost, Server};

const PART: u64 = 5 * 1024 * 1024;

/// What a store needs to live.
struct Alive {
    server: Server,
    folder: tempfile::TempDir,
}

fn settings(server: &Server) -> S3Settings {
    S3Settings {
        endpoint: Some(server.endpoint()),
        region: Some("us-east-1".to_owned()),
        part_size: PART,
        ..S3Settings::default()
    }
}

fn handle(settings: &S3Settings) -> Bucket {
    Bucket::signed(BUCKET, settings, &Interrupt::default(), (KEY_ID, KEY))
}

fn over(bucket: Bucket, prefix: &str, folder: &Path) -> S3Store {
    let cache = Cache::new(folder.join("cache"), cache::MOST);
    let url = format!("s3://{}/{prefix}", bucket.name());
    S3Store::open(bucket, prefix, url, cache, folder)
}

fn store(habits: Habits) -> (Alive, S3Store) {
    let (server, folder) = (Server::with(habits), tempfile::tempdir().unwrap());
    let store = over(handle(&settings(&server)), "a/b", folder.path());
    (Alive { server, folder }, store)
}

contract_suite!(like_s3, store(Habits::default()));
contract_suite!(
    of_many_pages,
    store(Habits {
        page: 2,
        ..Habits::default()
    })
);
contract_suite!(
    with_versions,
    store(Habits {
        versioned: true,
        ..Habits::default()
    })
);
contract_suite!(
    like_most_clones,
    store(Habits {
        careless_deletes: true,
        ..Habits::default()
    })
);

/// The whole contract again, at whatever server `WORKBENCH_TEST_S3_ENDPOINT`
/// names. It has to take any credentials; a bucket is made there.
#[test]
fn at_the_server_that_is_named() {
    let Ok(endpoint) = std::env::var("WORKBENCH_TEST_S3_ENDPOINT") else {
        eprintln!("NOT TESTED: another server; WORKBENCH_TEST_S3_ENDPOINT names none");
        return;
    };
    let settings = S3Settings {
        endpoint: Some(endpoint),
        region: Some("us-east-1".to_owned()),
        part_size: PART,
        ..S3Settings::default()
    };
    let name = format!("workbench-{}", &new_generation()[..12]);
    let bucket = Bucket::signed(&name, &settings, &Interrupt::default(), ("test", "test"));
    bucket.make().unwrap();
    let folder = tempfile::tempdir().unwrap();
    type Test = fn(&dyn Store);
    let tests: [(&str, Test); 12] = [
        ("nothing", contract::nothing_is_nothing),
        ("once", contract::what_is_absent_is_put_once),
        ("head", contract::head_tells_size_tag_and_mark),
        ("replace", contract::only_what_is_expected_is_replaced),
        ("remove", contract::only_what_is_expected_is_removed),
        ("staged", contract::a_precondition_leaves_the_staged_file),
        ("list", contract::keys_are_listed_in_order),
        ("bytes", contract::bytes_come_back),
        ("files", contract::files_are_put),
        ("one-wins", contract::one_of_eight_wins),
        ("whole", contract::readers_see_whole_generations),
        ("refused", contract::what_is_no_key_is_refused),
    ];
    for (prefix, test) in tests {
        println!("{prefix}");
        test(&over(bucket.clone(), prefix, &folder.path().join(prefix)));
    }
}

fn noise(bytes: u64, seed: &str) -> Vec<u8> {
    let mut noise = vec![0; usize::try_from(bytes).unwrap()];
    let mut hasher = blake3::Hasher::new();
    hasher.update(seed.as_bytes());
    hasher.finalize_xof().fill(&mut noise);
    noise
}

#[test]
fn an_object_that_changes_while_it_is_read_is_noticed() {
    let (alive, store) = store(Habits::default());
    let shelf = &alive.server.shelf;
    let bytes = noise(6 * PART, "before");
    shelf.put(BUCKET, "raw/x.csv", &bytes);
    let listed = store.bucket().list_all("raw/", None).unwrap();
    let wanted = Wanted {
        key: listed[0].key.clone(),
        etag: listed[0].etag.clone(),
        version: None,
        size: listed[0].size,
    };
    let to = alive.folder.path().join("x.csv");
    // One range after the other: some come before the change, some behind it.
    let bucket = handle(&S3Settings {
        concurrency: 1,
        ..settings(&alive.server)
    });
    let mut told = 0;
    let changed = bucket.download(&wanted, &to, &mut |done| {
        if told == 0 {
            shelf.put(BUCKET, "raw/x.csv", &noise(6 * PART, "after"));
        }
        told = done;
    });
    assert!(matches!(changed, Err(StoreError::Changed { key }) if key == "raw/x.csv"));
    assert_eq!(told, PART, "one range came before");
    // Before the first range, and gone, which is as good as changed.
    shelf.put(BUCKET, "raw/x.csv", &bytes);
    alive.server.network.before("GET /lake/raw/x.csv", |shelf| {
        shelf.put(BUCKET, "raw/x.csv", &noise(6 * PART, "between"));
    });
    let download = || store.bucket().download(&wanted, &to, &mut |_| {});
    assert!(matches!(download(), Err(StoreError::Changed { .. })));
    shelf.remove(BUCKET, "raw/x.csv");
    assert!(matches!(download(), Err(StoreError::Changed { .. })));
}

#[test]
fn a_byte_that_was_changed_on_its_way_is_noticed() {
    let (alive, store) = store(Habits::default());
    let bytes = noise(3 * PART, "large");
    let file = alive.folder.path().join("staged");
    std::fs::write(&file, &bytes).unwrap();
    let marked = mark("w", &bytes);
    let put = store
        .put_if_match("x", Body::File(&file), &Expect::Absent, &marked)
        .unwrap();
    let named = Named {
        key: "x",
        tag: put.tag,
        version: None,
        blake3: marked.blake3,
        size: bytes.len() as u64,
    };
    alive.server.network.set_faults(Faults {
        flipped: 1.0,
        ..Faults::default()
    });
    assert!(matches!(store.fetch(&named), Err(StoreError::Damaged { key }) if key == "x"));
    alive.server.network.set_faults(Faults::default());
    assert!(store.fetch(&named).unwrap().is_some());
}

#[test]
fn a_thousand_keys_are_one_request_and_one_more() {
    let (alive, store) = store(Habits::default());
    for n in 0..1001 {
        alive.server.shelf.put(BUCKET, &format!("raw/{n:04}"), b"x");
    }
    let before = store.bucket().calls().list;
    let all = store.bucket().list_all("raw/", None).unwrap();
    assert_eq!(all.len(), 1001);
    assert_eq!(store.bucket().calls().list - before, 2);
    assert!(all.iter().all(|o| o.etag.is_some() && o.size == 1));
    let after = store.bucket().list_all("raw/", Some("raw/0999")).unwrap();
    assert_eq!(after.len(), 1);
}

/// What is remembered of documents is only taken for true while it stands.
#[test]
fn documents_are_remembered_until_the_target_is_another() {
    let (alive, first) = store(Habits::default());
    let key = |n: u32| format!("_workbench/commits/{n:012}.json");
    for n in 1..=3 {
        contract::put(&first, &key(n), format!("commit {n}").as_bytes()).unwrap();
    }
    let folder = alive.folder.path();
    let next = || over(handle(&settings(&alive.server)), "a/b", folder);
    let store = next();
    assert_eq!(store.list("_workbench/commits/").unwrap().len(), 3);
    assert_eq!(store.get(&key(2)).unwrap().unwrap(), b"commit 2");
    let calls = store.bucket().calls();
    assert_eq!((calls.list, calls.get), (1, 0), "{calls}");

    // Another process puts one more.
    let other = tempfile::tempdir().unwrap();
    let another = over(handle(&settings(&alive.server)), "a/b", other.path());
    contract::put(&another, &key(4), b"commit 4").unwrap();
    let store = next();
    assert_eq!(store.list("_workbench/commits/").unwrap().len(), 4);
    assert_eq!(store.get(&key(4)).unwrap().unwrap(), b"commit 4");

    // The target is emptied, and begun anew.
    for n in 1..=4 {
        alive
            .server
            .shelf
            .remove(BUCKET, &format!("a/b/{}", key(n)));
    }
    contract::put(&another, &key(1), b"another commit 1").unwrap();
    let store = next();
    assert_eq!(store.get(&key(1)).unwrap().unwrap(), b"another commit 1");
    assert_eq!(store.list("_workbench/commits/").unwrap(), [key(1)]);
    // What was damaged in the memory is asked for.
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        if entry.path().to_string_lossy().contains("/bytes/") {
            std::fs::write(entry.path(), b"damaged").unwrap();
        }
    }
    let store = next();
    assert_eq!(store.get(&key(1)).unwrap().unwrap(), b"another commit 1");
}

#[test]
fn a_folder_shows_its_own_objects_and_the_folders_in_it() {
    let (alive, store) = store(Habits {
        page: 2,
        ..Habits::default()
    });
    for key in [
        "raw/1", "raw/2", "raw/in/1", "raw/in/2", "raw/in/3", "raw/x", "raw/y/1",
    ] {
        alive.server.shelf.put(BUCKET, key, b"x");
    }
    let (objects, folders) = store.bucket().list_folder("raw/").unwrap();
    let keys: Vec<&str> = objects.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys, ["raw/1", "raw/2", "raw/x"]);
    assert_eq!(folders, ["raw/in/", "raw/y/"]);
}

/// What a listing leaves out would be taken for gone.
#[test]
fn a_listing_that_does_not_go_on_is_no_listing() {
    for lost in [Lost::Nowhere, Lost::Here] {
        let (alive, store) = store(Habits {
            page: 2,
            lost: Some(lost),
            ..Habits::default()
        });
        for n in 0..5 {
            alive.server.shelf.put(BUCKET, &format!("a/b/{n}"), b"x");
        }
        let bucket = store.bucket();
        let refused = [
            bucket.list_all("a/b/", None).map(|_| ()),
            bucket.list_folder("a/b/").map(|_| ()),
            bucket.list_uploads("a/b/").map(|_| ()),
        ];
        for (asked, refused) in refused.into_iter().enumerate() {
            let Err(StoreError::Remote(RemoteError::Refused { answer, .. })) = refused else {
                panic!("{lost:?} {asked}: {refused:?}");
            };
            assert_eq!(answer, "a listing that does not go on");
        }
    }
}

/// A body that breaks off is asked for again, as a request without an answer is.
#[test]
fn a_body_that_breaks_off_is_asked_for_again() {
    let (alive, store) = store(Habits::default());
    let bytes = noise(100_000, "body");
    alive.server.shelf.put(BUCKET, "a/b/x", &bytes);
    let network = &alive.server.network;
    let once = || {
        network.set_faults(Faults {
            truncated: 1.0,
            ..Faults::default()
        });
        let mended = network.clone();
        network.before("GET /lake/a/b/x", move |_| {
            mended.set_faults(Faults::default())
        });
    };
    once();
    assert!(store.get("x").unwrap().unwrap() == bytes);
    once();
    assert_eq!(store.hash("x").unwrap(), Some(ContentHash::of(&bytes)));
    once();
    let footer = store.footer("x").unwrap().unwrap();
    assert_eq!(footer.head.size, bytes.len() as u64);
    assert_eq!(network.counts().faults["truncated"], 3);
}

/// Whoever waits to try a put again heeds a wish to stop.
#[test]
fn a_put_that_is_interrupted_is_not_tried_again() {
    let (alive, first) = store(Habits::default());
    let put = contract::put(&first, "x", b"1").unwrap();
    let interrupt = Interrupt::default();
    let bucket = Bucket::signed(BUCKET, &settings(&alive.server), &interrupt, (KEY_ID, KEY));
    let store = over(bucket, "a/b", alive.folder.path());
    // Who answers is known then, and what they heed.
    store.head("x").unwrap();
    let network = &alive.server.network;
    network.answer(Some(bucket::Answer {
        status: 503,
        code: "SlowDown",
        message: "as the test wishes",
        headers: Vec::new(),
        to: "PUT".to_owned(),
    }));
    network.forget();
    network.before("PUT", move |_| {
        interrupt.request();
    });
    let ended = store.put_if_match("x", Body::Bytes(b"2"), &Expect::Tag(put), &mark("w", b"2"));
    assert!(matches!(ended, Err(StoreError::Interrupted)), "{ended:?}");
    assert_eq!(network.counts().requests["PUT"], 1);
}

#[test]
fn the_file_of_a_footer_goes_with_it() {
    let (alive, store) = store(Habits::default());
    alive.server.shelf.put(BUCKET, "a/b/x", b"0123456789");
    let footer = store.footer("x").unwrap().unwrap();
    assert!(std::fs::read(&footer.file).unwrap() == b"0123456789");
    drop(footer);
    alive.server.network.answer(Some(bucket::Answer {
        status: 404,
        code: "NoSuchKey",
        message: "as the test wishes",
        headers: Vec::new(),
        to: "GET".to_owned(),
    }));
    assert!(store.footer("x").unwrap().is_none());
    let left = std::fs::read_dir(alive.folder.path().join("cache/tmp")).unwrap();
    assert_eq!(left.count(), 0);
}
