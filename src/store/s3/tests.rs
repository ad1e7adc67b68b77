//! The store over a server in this process, and over any other that is named.

use super::*;
use crate::model::interrupt::Interrupt;
use crate::project::S3Settings;
use crate::store::cache;
use crate::store::contract::contract_suite;

#[path = "../../../tests/bucket/mod.rs"]
mod bucket;

use bucket::{BUCKET, Habits, KEY, KEY_ID, Server};

/// A store, and what it needs to live.
struct Alive {
    server: Server,
    folder: tempfile::TempDir,
}

fn settings(server: &Server) -> S3Settings {
    S3Settings {
        endpoint: Some(server.endpoint()),
        region: Some("us-east-1".to_owned()),
        part_size: 5 * 1024 * 1024,
        ..S3Settings::default()
    }
}

fn over(server: &Server, folder: &tempfile::TempDir) -> S3Store {
    let bucket = Bucket::signed(
        BUCKET,
        &settings(server),
        &Interrupt::default(),
        (KEY_ID, KEY),
    );
    let cache = Cache::new(folder.path(), cache::MOST);
    S3Store::open(
        bucket,
        "a/b",
        "s3://lake/a/b".to_owned(),
        cache,
        folder.path(),
    )
}

fn store(habits: Habits) -> (Alive, S3Store) {
    let (server, folder) = (Server::with(habits), tempfile::tempdir().unwrap());
    let store = over(&server, &folder);
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
