//! The whole program over a network that fails: raw files from a bucket, which change
//! while they are read, snapshots into it, and killed at times. However often it has to
//! be run again, what is published in the end are the bytes that a quiet folder gets;
//! and nobody who looks on ever sees others.
//!
//! `WORKBENCH_CASES` and `WORKBENCH_SEED` choose how many schedules, and which.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use workbench::model::commit::{Commit, CommitStatus};
use workbench::snapshots::documents;

use super::{Cloud, PREFIX, variable};
use crate::bucket::{BUCKET, Faults, Habits};
use crate::world::World;

/// A few seconds each, most of them waiting.
const CASES: u64 = 6;
/// Runs of a day before the network is mended.
const TRIES: u64 = 8;
/// Where a run is killed, besides.
const KILLS: [&str; 6] = [
    "",
    "warehouse-committed=abort",
    "",
    "intent-put=abort",
    "",
    "commit-put=abort",
];

fn faults(seed: u64) -> Faults {
    // One or two kinds are frequent, the others rare: each seed is another network.
    let of = |kind: u64, at_most: f64| match (seed + kind) % 4 {
        0 => at_most,
        1 => at_most / 4.0,
        _ => at_most / 20.0,
    };
    Faults {
        seed,
        slow_down: of(0, 0.04),
        too_many: of(1, 0.04),
        reset: of(2, 0.10),
        reset_after: of(3, 0.10),
        timeout: of(4, 0.02),
        timeout_after: of(5, 0.02),
        own_412: of(6, 0.20),
        conflict: of(7, 0.10),
        truncated: of(8, 0.10),
        flipped: of(9, 0.08),
        slow: of(10, 0.02),
        changed: of(11, 0.20),
    }
}

/// The shop on two days: quietly, in a folder.
fn quiet() -> Vec<(String, String)> {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    world.run(&["export"]).ok();
    world.published("output").into_iter().collect()
}

fn cloud(seed: u64) -> Cloud {
    let cloud = Cloud::shop(Habits {
        versioned: seed.is_multiple_of(2),
        careless_deletes: seed.is_multiple_of(3),
        ..Habits::default()
    });
    cloud.configure("timeout = \"1s\"\nretries = 1\n");
    let config = std::fs::read_to_string(cloud.world.path("workbench.toml")).unwrap();
    let config = config.replace("path = \"raw/", "path = \"s3://lake/raw/");
    cloud.world.write("workbench.toml", &config);
    cloud
}

/// Those who look on behind the network's back, and how often they saw something.
#[derive(Default)]
struct Onlookers {
    expected: BTreeMap<String, String>,
    objects: AtomicU64,
    commits: AtomicU64,
    stop: AtomicBool,
}

/// Lets them stop, whatever happened.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What lies at a key below the target, and its hash.
fn lies(cloud: &Cloud, key: &str) -> Option<(Vec<u8>, String)> {
    let thing = cloud
        .server
        .shelf
        .peek(BUCKET, &format!("{PREFIX}/{key}"))?;
    let hash = blake3::hash(&thing.bytes).to_hex().to_string();
    Some((thing.bytes.to_vec(), hash))
}

fn keys(cloud: &Cloud) -> Vec<String> {
    let keys = cloud.server.shelf.keys(BUCKET).into_iter();
    let below = |key: String| Some(key.strip_prefix(PREFIX)?.strip_prefix('/')?.to_owned());
    keys.filter_map(below).collect()
}

impl Onlookers {
    /// As a glob does: each object that is live data is a whole one, with what
    /// belongs there.
    fn glob(&self, cloud: &Cloud, seed: u64) {
        while !self.stop.load(Ordering::SeqCst) {
            for key in keys(cloud) {
                if !key.starts_with(documents::FOLDER)
                    && let Some((_, hash)) = lies(cloud, &key)
                {
                    let expected = self.expected.get(&key);
                    assert_eq!(Some(&hash), expected, "seed {seed}: a glob reads `{key}`");
                    self.objects.fetch_add(1, Ordering::SeqCst);
                }
            }
            thread::sleep(Duration::from_millis(3));
        }
    }

    /// By commits: none goes, and what they name is there.
    fn read(&self, cloud: &Cloud, seed: u64) {
        let mut seen = Vec::new();
        while !self.stop.load(Ordering::SeqCst) {
            let mut commits = keys(cloud);
            commits.retain(|key| key.starts_with(documents::COMMITS));
            assert!(commits.starts_with(&seen), "seed {seed}: a commit is gone");
            for key in &commits {
                let (bytes, _) = lies(cloud, key).unwrap();
                let commit: Commit = documents::decode(key, &bytes).unwrap();
                if commit.status != CommitStatus::Published {
                    continue;
                }
                for partition in &commit.partitions {
                    let named = partition.staged.blake3.to_string();
                    let there = lies(cloud, &partition.path).map(|(_, hash)| hash);
                    assert_eq!(there, Some(named), "seed {seed}: {}", partition.path);
                    self.commits.fetch_add(1, Ordering::SeqCst);
                }
            }
            seen = commits;
            thread::sleep(Duration::from_millis(3));
        }
    }
}

/// Exports the day while others look on. Returns how many runs came to nothing.
fn export(cloud: &Cloud, seed: u64, onlookers: &Onlookers) -> u64 {
    onlookers.stop.store(false, Ordering::SeqCst);
    thread::scope(|scope| {
        scope.spawn(|| onlookers.glob(cloud, seed));
        scope.spawn(|| onlookers.read(cloud, seed));
        let _stop = Stop(&onlookers.stop);
        export_at_last(cloud, seed)
    })
}

/// Exports the day, whatever happens on the way. Returns how many runs came to
/// nothing.
fn export_at_last(cloud: &Cloud, seed: u64) -> u64 {
    cloud.run(&["upload", "raw", "s3://lake/raw"]).ok();
    cloud.server.network.set_faults(faults(seed));
    let mut failed = 0;
    for attempt in 0..TRIES {
        let kill = KILLS[((seed + attempt) % KILLS.len() as u64) as usize];
        let ended = cloud.run_with(&["export"], kill);
        match (ended.code, ended.signal) {
            (Some(0), _) => break,
            // There is no other writer: it never takes itself for one.
            (Some(1), _) | (None, Some(6)) => failed += 1,
            _ => panic!("seed {seed}: {:?}\n{}", ended.code, ended.stderr),
        }
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
    cloud.server.network.set_faults(Faults::default());
    cloud.run(&["export"]).ok();
    failed
}

#[test]
fn whatever_the_network_does_an_export_ends_as_a_quiet_one() {
    let expected = quiet();
    let (cases, first) = (
        variable("WORKBENCH_CASES", CASES),
        variable("WORKBENCH_SEED", 1),
    );
    let (mut failed, mut fired) = (0, BTreeMap::<&'static str, u64>::new());
    let onlookers = Onlookers {
        expected: expected.iter().cloned().collect(),
        ..Onlookers::default()
    };
    for seed in first..first + cases {
        let mut cloud = cloud(seed);
        failed += export(&cloud, seed, &onlookers);
        cloud.world.today = "2024-11-04".to_owned();
        cloud.world.deliver_more();
        failed += export(&cloud, seed + 1000, &onlookers);
        let published = cloud.published().into_iter();
        let below = |key: &str| Some(key.strip_prefix(PREFIX)?.trim_start_matches('/').to_owned());
        let published = published.filter_map(|(key, hash)| Some((below(&key)?, hash)));
        let published: Vec<(String, String)> = published.collect();
        assert_eq!(published, expected, "seed {seed}");
        cloud.run(&["doctor", "--deep"]).ok();
        for (fault, times) in cloud.server.network.counts().faults {
            *fired.entry(fault).or_default() += times;
        }
    }
    println!("{cases} exports of two days from seed {first}: {failed} runs had to be run again");
    let looks = [&onlookers.objects, &onlookers.commits].map(|n| n.load(Ordering::SeqCst));
    println!(
        "a glob read {} objects, a reader of commits {}",
        looks[0], looks[1]
    );
    for (fault, times) in &fired {
        println!("{fault}: {times}");
    }
    if cases >= CASES {
        assert!(failed > 0 && fired.len() >= 8, "{fired:?}");
        assert!(looks.iter().all(|n| *n > 0), "nobody looked on");
    }
}
