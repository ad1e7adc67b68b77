//! The publish protocol over a server behind a network that fails: copies of one
//! project race for one target in a bucket, while readers look on. As
//! `protocol.rs`, and with the same invariants, but with the real client.
//!
//! `WORKBENCH_CASES` and `WORKBENCH_SEED` choose how many schedules, and which.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng};
use workbench::model::hash::ContentHash;
use workbench::model::interrupt::Interrupt;
use workbench::model::token::WriterToken;
use workbench::project::S3Settings;
use workbench::snapshots::{Published, abandon, open};
use workbench::store::cache::Cache;
use workbench::store::memory::Generation;
use workbench::store::s3::{Bucket, S3Store};
use workbench::store::{Mark, Store, Tag};

use super::variable;
use crate::bucket::{BUCKET, Faults, Habits, KEY, KEY_ID, Server};
use crate::protocol::checks::{self, Behind, failed};
use crate::protocol::copy::{AtOpenIntent, KEYS, Session, Told, World, body_of};
use crate::protocol::session;

/// Some 0.3 s each, most of it waiting.
const CASES: u64 = 40;
const COPIES: usize = 3;

fn store(server: &Server, folder: &Path, retries: u32) -> S3Store {
    let settings = S3Settings {
        endpoint: Some(server.endpoint()),
        region: Some("us-east-1".to_owned()),
        timeout: Duration::from_millis(400),
        retries,
        ..S3Settings::default()
    };
    let bucket = Bucket::signed(BUCKET, &settings, &Interrupt::default(), (KEY_ID, KEY));
    let cache = Cache::new(folder.join("cache"), 1 << 30);
    S3Store::open(bucket, "t", "s3://lake/t".to_owned(), cache, folder)
}

/// The server's shelf, and a store that nothing happens to.
struct Quiet<'a> {
    server: &'a Server,
    store: S3Store,
}

impl Behind for Quiet<'_> {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn keys(&self) -> Vec<String> {
        let keys = self.server.shelf.keys(BUCKET).into_iter();
        keys.filter_map(|key| own(&key)).collect()
    }

    fn all_keys(&self) -> Vec<String> {
        let keys = self.server.shelf.all_keys(BUCKET).into_iter();
        keys.filter_map(|key| own(&key)).collect()
    }

    fn states(&self, key: &str) -> Vec<Option<Generation>> {
        let states = self.server.shelf.states(BUCKET, &format!("t/{key}"));
        let state = |thing: crate::bucket::shelf::Thing| Generation {
            bytes: thing.bytes.to_vec().into(),
            tag: Tag(format!(
                "\"{}\" {}",
                thing.etag, thing.metadata["workbench-generation"]
            )),
            mark: Some(Mark {
                token: WriterToken::from_stored(thing.metadata["workbench-token"].as_str()),
                blake3: thing.metadata["workbench-blake3"].parse().unwrap(),
            }),
        };
        states.into_iter().map(|thing| thing.map(state)).collect()
    }
}

/// A key of the target, without those of the probe.
fn own(key: &str) -> Option<String> {
    let key = key.strip_prefix("t/")?;
    (!key.starts_with("_workbench/tmp/")).then(|| key.to_owned())
}

/// Looks on as a glob does: each object that is live data is whole, and one that
/// somebody meant to put there.
fn glob(server: &Server, stop: &AtomicBool, looks: &AtomicU64) {
    while !stop.load(Ordering::SeqCst) {
        for key in server.shelf.keys(BUCKET) {
            if key.contains("/_workbench/") {
                continue;
            }
            if let Some(thing) = server.shelf.peek(BUCKET, &key) {
                assert!(body_of(&thing.bytes).is_some(), "{key} holds a piece");
                looks.fetch_add(1, Ordering::SeqCst);
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Reads commits through the same network, and never sees one vanish, nor opens
/// other bytes than those it names.
fn reader(store: &S3Store, stop: &AtomicBool, looks: &AtomicU64) {
    let mut newest = 0;
    while !stop.load(Ordering::SeqCst) {
        let Ok(published) = Published::read(store) else {
            continue;
        };
        assert!(published.seq >= newest, "a commit is gone");
        newest = published.seq;
        for live in published.partitions.values() {
            let staged = &live.partition.staged;
            if let Ok(path) = open::file_of(store, live) {
                let bytes = std::fs::read(path).unwrap();
                assert_eq!(ContentHash::of(&bytes), staged.blake3, "other bytes");
                looks.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Case {
    faults: Faults,
    copies: Vec<Vec<Session>>,
}

fn case(seed: u64) -> impl Strategy<Value = Case> {
    let likely = |at_most: f64| prop_oneof![1 => Just(0.0), 2 => 0.0..at_most];
    let before = (
        likely(0.04),
        likely(0.04),
        likely(0.06),
        likely(0.02),
        likely(0.06),
    );
    let after = (likely(0.06), likely(0.02), likely(0.08));
    let bodies = (likely(0.08), likely(0.06), likely(0.03));
    let copies = proptest::collection::vec(proptest::collection::vec(session(), 1..=2), 2..=COPIES);
    (before, after, bodies, copies).prop_map(move |(before, after, bodies, copies)| Case {
        faults: Faults {
            seed,
            slow_down: before.0,
            too_many: before.1,
            reset: before.2,
            timeout: before.3,
            conflict: before.4,
            reset_after: after.0,
            timeout_after: after.1,
            own_412: after.2,
            truncated: bodies.0,
            flipped: bodies.1,
            slow: bodies.2,
            // There are no raw files.
            changed: 0.0,
        },
        copies,
    })
}

fn race(case: &Case, server: &Server, world: &World, looks: &[AtomicU64; 2]) {
    let folders: Vec<_> = (0..=COPIES).map(|_| tempfile::tempdir().unwrap()).collect();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let reading = store(server, folders[COPIES].path(), 1);
        let stop = &stop;
        scope.spawn(move || reader(&reading, stop, &looks[0]));
        scope.spawn(move || glob(server, stop, &looks[1]));
        let copies: Vec<_> = (case.copies.iter().zip(&folders).enumerate())
            .map(|(copy, (sessions, folder))| {
                scope.spawn(move || {
                    for session in sessions {
                        // A process of its own: what it knows is on disk.
                        let store = store(server, folder.path(), 1);
                        let _ = world.export(&store, copy, session);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = copies.into_iter().map(|copy| copy.join()).collect();
        // Before a failure of any is told: those who look on would do so for ever.
        stop.store(true, Ordering::SeqCst);
        for end in ended {
            end.unwrap();
        }
    });
}

fn settle(quiet: &Quiet<'_>, world: &World) -> Result<(), TestCaseError> {
    for record in world.unsettled(None) {
        world.publish(quiet.store(), &record).map_err(failed)?;
    }
    let published = Published::read(quiet.store()).map_err(failed)?;
    if let Some(intent) = abandon::open_intent(quiet.store(), &published).map_err(failed)? {
        let announced = intent.announced().count();
        prop_assert!(announced == 0, "{} is open still", intent.token);
    }
    let last = Session {
        pieces: BTreeMap::from([(KEYS, 0)]),
        at_open_intent: AtOpenIntent::Abandon,
        ..Session::default()
    };
    world.export(quiet.store(), COPIES, &last).map_err(failed)?;
    let told = world.told().pop();
    prop_assert!(
        matches!(told, Some(Told::Published(_))),
        "nobody can publish any more"
    );
    Ok(())
}

#[test]
fn whatever_the_network_does_nothing_is_lost_mixed_or_wedged() {
    let (cases, first) = (
        variable("WORKBENCH_CASES", CASES),
        variable("WORKBENCH_SEED", 1),
    );
    let mut fired: BTreeMap<&'static str, u64> = BTreeMap::new();
    let looks = [AtomicU64::new(0), AtomicU64::new(0)];
    let (mut published, mut lost) = (0, 0);
    for seed in first..first + cases {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
        let case = case(seed).new_tree(&mut runner).unwrap().current();
        let server = Server::with(Habits {
            versioned: seed % 2 == 0,
            careless_deletes: seed % 3 == 0,
            ..Habits::default()
        });
        let world = World::default();
        let folder = tempfile::tempdir().unwrap();
        let quiet = Quiet {
            store: store(&server, folder.path(), 4),
            server: &server,
        };
        server.network.set_faults(case.faults);
        race(&case, &server, &world, &looks);
        for (fault, times) in server.network.counts().faults {
            *fired.entry(fault).or_default() += times;
        }
        server.network.set_faults(Faults::default());
        let told = settle(&quiet, &world)
            .and_then(|()| checks::hold(&quiet, &world.told()).map(|()| world.told()));
        match told {
            Err(error) => panic!("WORKBENCH_CASES=1 WORKBENCH_SEED={seed}: {error}\n{case:#?}"),
            Ok(told) => {
                let of_lost = told.iter().filter(|t| matches!(t, Told::Lost(_))).count();
                lost += of_lost;
                published += told.len() - of_lost;
            }
        }
    }
    println!("{cases} schedules from {first}: {published} published, {lost} lost");
    println!(
        "looks of a commit reader: {:?}, of a glob: {:?}",
        looks[0], looks[1]
    );
    for (fault, times) in &fired {
        println!("{fault}: {times}");
    }
    if cases >= CASES {
        let kinds = [
            "503",
            "429",
            "reset",
            "reset after",
            "time-out",
            "time-out after",
            "own 412",
            "409",
            "truncated",
            "flipped",
            "wrong checksum sent",
            "slow",
        ];
        for kind in kinds {
            assert!(fired.contains_key(kind), "{kind} never happened");
        }
        assert!(lost > 0 && published as u64 > cases, "nobody met anybody");
        assert!(looks.iter().all(|n| n.load(Ordering::SeqCst) > 0));
    }
}
