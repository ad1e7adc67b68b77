//! A target in a bucket, over a server in this process.

/// What each refusal of a server is told as.
mod errors;
/// Whole exports, over a network that fails.
mod exports;
/// Killed while it publishes, and completed.
mod killed;
/// The publish protocol, over a network that fails at random.
mod network;

use std::process::Command;

use super::bucket::{BUCKET, Habits, KEY, KEY_ID, Server};
use super::world::{Ended, World};

/// A project whose target lies in a bucket.
pub struct Cloud {
    pub world: World,
    pub server: Server,
}

/// A number that the environment gives, for longer tests.
fn variable(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => default,
    }
}

pub const PREFIX: &str = "sales/shop";

impl Cloud {
    /// The small shop, with one delivery.
    pub fn shop(habits: Habits) -> Self {
        let cloud = Self {
            world: World::shop(),
            server: Server::with(habits),
        };
        cloud.configure("");
        cloud
    }

    /// Adds to `[s3]`.
    pub fn configure(&self, more: &str) {
        let config = std::fs::read_to_string(self.world.path("workbench.toml")).unwrap();
        let shop = config.split("[target]").next().unwrap();
        let endpoint = self.server.endpoint();
        let config = format!(
            "{shop}[target]\nurl = \"s3://{BUCKET}/{PREFIX}\"\n[s3]\nendpoint = \"{endpoint}\"\n{more}"
        );
        self.world.write("workbench.toml", &config);
    }

    /// With credentials, and nothing else of an environment.
    pub fn with_environment(&self, mut command: Command) -> Command {
        command
            .env("HOME", self.world.dir.path())
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", KEY)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    pub fn command(&self, args: &[&str]) -> Command {
        self.with_environment(self.world.command(args))
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        Ended::of(self.command(args).output().unwrap())
    }

    pub fn run_with(&self, args: &[&str], fail: &str) -> Ended {
        let command = self.with_environment(self.world.command_with(args, fail));
        Ended::of({ command }.output().unwrap())
    }

    pub fn query(&self, sql: &str) -> String {
        self.run(&["query", sql, "--format", "csv"]).ok().stdout
    }

    /// What lies at the target that is live data, with its hashes.
    pub fn published(&self) -> Vec<(String, String)> {
        let keys = self.server.shelf.keys(BUCKET).into_iter();
        let live = keys.filter(|key| !key.contains("/_workbench/"));
        live.map(|key| {
            let thing = self.server.shelf.peek(BUCKET, &key).unwrap();
            (key, blake3::hash(&thing.bytes).to_hex().to_string())
        })
        .collect()
    }
}

const TOTALS: &str =
    "SELECT sum(total) AS total, count(*) AS customers FROM features.customer_level";

#[test]
fn a_day_is_published_read_and_replaced() {
    let mut cloud = Cloud::shop(Habits::default());
    cloud.run(&["export"]).ok();
    let first = cloud.published();
    assert_eq!(first.len(), 2, "{first:?}");
    assert!(
        first[0]
            .0
            .starts_with("sales/shop/customer-level/ingest_year=2024/")
    );
    assert_eq!(cloud.query(TOTALS), "total,customers\n11.00,2\n");

    // The same bytes as a folder gets.
    let folder = World::shop();
    folder.run(&["export"]).ok();
    let hashes: Vec<String> = folder.published("output").into_values().collect();
    let ours: Vec<String> = first.iter().map(|(_, hash)| hash.clone()).collect();
    assert_eq!(ours, hashes);

    // Again on the same day: only what changed is put.
    cloud.world.deliver_more();
    cloud.server.network.forget();
    cloud.run(&["export"]).ok();
    assert_eq!(cloud.query(TOTALS), "total,customers\n20.25,3\n");
    let replaced = cloud.run(&["query", TOTALS, "--as-of", "1", "--format", "csv"]);
    // Nobody has these bytes any more, but the cache of whoever looked at them.
    assert_eq!(replaced.ok().stdout, "total,customers\n11.00,2\n");
    std::fs::remove_dir_all(cloud.world.path(".workbench/cache")).unwrap();
    cloud.server.network.forget();
    let replaced = cloud.run(&["query", TOTALS, "--as-of", "1"]).expect(1);
    // What replaced it is not fetched only to be refused.
    let counts = cloud.server.network.counts().requests;
    assert_eq!(
        counts.get("GET"),
        Some(&3),
        "two commits, and a refusal: {counts:?}"
    );
    assert!(
        replaced
            .stderr
            .contains("no longer holds what run 1 published"),
        "{}",
        replaced.stderr
    );

    cloud.world.today = "2024-11-04".to_owned();
    cloud.run(&["export"]).ok();
    assert_eq!(cloud.published().len(), 4);
    let listed = cloud.run(&["snapshots", "--format", "csv"]).ok().stdout;
    assert_eq!(listed.lines().count(), 5, "{listed}");
    let differs = cloud.run(&["diff", "customer_level", "2024-11-03", "2024-11-04"]);
    assert!(matches!(differs.code, Some(0 | 6)), "{}", differs.stderr);
    cloud.run(&["doctor"]).ok();
}

/// Where the bucket keeps versions, a replaced day is read as it was.
#[test]
fn a_replaced_day_is_read_by_its_version() {
    let cloud = Cloud::shop(Habits {
        versioned: true,
        ..Habits::default()
    });
    cloud.run(&["export"]).ok();
    cloud.world.deliver_more();
    cloud.run(&["export"]).ok();
    std::fs::remove_dir_all(cloud.world.path(".workbench/cache")).unwrap();
    let then = cloud.run(&["query", TOTALS, "--as-of", "1", "--format", "csv"]);
    assert_eq!(then.ok().stdout, "total,customers\n11.00,2\n");
    assert_eq!(cloud.query(TOTALS), "total,customers\n20.25,3\n");
}

#[test]
fn nothing_to_do_costs_a_handful_of_requests() {
    let cloud = Cloud::shop(Habits::default());
    cloud.run(&["export"]).ok();
    cloud.server.network.forget();
    cloud.run(&["export"]).ok();
    let counts = cloud.server.network.counts().requests;
    println!("a no-op export of 2 datasets: {counts:?}");
    assert_eq!(counts.get("HEAD"), Some(&2), "{counts:?}");
    let others: u64 = counts
        .iter()
        .filter(|(k, _)| *k != "HEAD")
        .map(|(_, n)| n)
        .sum();
    assert!(others <= 2, "{counts:?}");
}

/// Two copies of one project: one commits, the other is told whose it is.
#[test]
fn a_lost_race_names_the_other_and_leaves_its_data_whole() {
    let cloud = Cloud::shop(Habits::default());
    cloud.run(&["export"]).ok();
    cloud.world.deliver_more();
    let mut other = World::empty();
    super::world::copy_folder(cloud.world.dir.path(), other.dir.path());
    other.today = "2024-11-04".to_owned();
    let pause = cloud.world.path("paused");
    let fail = format!("state-publishing=pause:{}", pause.display());
    let child = cloud.with_environment(cloud.world.command_with(&["export"], &fail));
    let child = { child }
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !pause.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let faster = Ended::of(
        { cloud.with_environment(other.command(&["export"])) }
            .output()
            .unwrap(),
    );
    faster.ok();
    let theirs = cloud.published();
    std::fs::remove_file(&pause).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap()).expect(5);
    assert!(ended.stderr.contains("writer `2-"), "{}", ended.stderr);
    assert_eq!(cloud.published(), theirs);
}

/// What was looked at once needs no network, and the reader is told.
#[test]
fn what_is_cached_is_read_offline() {
    let mut cloud = Cloud::shop(Habits::default());
    cloud.configure("retries = 0\n");
    cloud.run(&["export"]).ok();
    let seen = cloud.query(TOTALS);
    let endpoint = cloud.server.endpoint();
    // It goes, and nobody listens at its address any more.
    cloud.server = Server::new();
    let offline = cloud.run(&["query", TOTALS, "--format", "csv"]).ok();
    assert_eq!(offline.stdout, seen);
    let told = format!("{endpoint} cannot be reached");
    assert!(offline.stderr.contains(&told), "{}", offline.stderr);
    // What was not looked at is not there; and nothing is published so.
    let other = cloud.run(&["query", "FROM features.orders"]).expect(1);
    assert!(
        other.stderr.contains("cannot be reached"),
        "{}",
        other.stderr
    );
    let export = cloud.run(&["export"]).expect(1);
    assert!(
        export.stderr.contains("cannot be reached"),
        "{}",
        export.stderr
    );
}

/// A day is dropped, and put back from the version that was kept, by servers that
/// remove on a condition and by those that do not.
#[test]
fn a_day_is_dropped_and_put_back() {
    for careless_deletes in [false, true] {
        let mut cloud = Cloud::shop(Habits {
            versioned: true,
            careless_deletes,
            ..Habits::default()
        });
        cloud.run(&["export"]).ok();
        let first = cloud.published();
        cloud.world.today = "2024-11-04".to_owned();
        cloud.run(&["export"]).ok();
        let both = cloud.published();
        cloud
            .run(&["snapshots", "drop", "2024-11-04", "--yes"])
            .ok();
        assert_eq!(cloud.published(), first);
        std::fs::remove_dir_all(cloud.world.path(".workbench/cache")).unwrap();
        cloud
            .run(&["snapshots", "restore", "2024-11-04", "--run", "2", "--yes"])
            .ok();
        assert_eq!(cloud.published(), both);
    }
}

/// Where a bucket keeps no versions a drop deletes, and says so; where it does, the
/// day can be put back as it was.
#[test]
fn what_a_drop_keeps_is_what_it_says() {
    let dropped = |versioned: bool| {
        let cloud = Cloud::shop(Habits {
            versioned,
            ..Habits::default()
        });
        cloud.run(&["export", "--date", "2024-11-03"]).ok();
        let before = cloud.query(TOTALS);
        let told = cloud
            .run(&["snapshots", "drop", "2024-11-03", "--yes"])
            .ok();
        let back = ["snapshots", "restore", "2024-11-03", "--run", "1", "--yes"];
        (cloud.run(&back), before, told.stdout, cloud)
    };

    let (back, before, told, cloud) = dropped(true);
    back.ok();
    assert!(told.contains("restore 2024-11-03 --run 1"), "{told}");
    assert_eq!(cloud.query(TOTALS), before);

    let (back, before, told, cloud) = dropped(false);
    assert!(told.contains("nothing is kept"), "{told}");
    assert!(!told.contains("snapshots restore"), "{told}");
    let back = back.expect(1);
    assert!(
        back.stderr.contains("`workbench export --date 2024-11-03`"),
        "{}",
        back.stderr
    );
    cloud.run(&["export", "--date", "2024-11-03"]).ok();
    assert_eq!(cloud.query(TOTALS), before);
}
