//! `workbench upload`: raw files of a folder become objects, once.

use super::bucket::{BUCKET, Faults, Server};
use super::remote_sources::with_credentials;
use super::visit::Visitor;
use super::world::{Ended, World, walk};

struct Sender {
    visitor: Visitor,
    server: Server,
}

impl Sender {
    fn new() -> Self {
        let sender = Self {
            visitor: Visitor::new(),
            server: Server::new(),
        };
        sender.write("deliveries/accounts.csv", "a\n1\n");
        sender.write("deliveries/invoices_2024-05-12.csv", "a\n2\n");
        sender.write("deliveries/invoices_2024-05-19.csv", "a\n3\n");
        sender.write("deliveries/orders/2024/1.csv", "a\n4\n");
        sender.write("deliveries/notes.md", "x");
        sender
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.visitor.here.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, args: &[&str]) -> Ended {
        let mut command = self.visitor.command(args);
        command.env("AWS_ENDPOINT_URL", self.server.endpoint());
        Ended::of(with_credentials(&mut command).output().unwrap())
    }

    fn sent(&self) -> u64 {
        let counts = self.server.network.counts();
        let of = |kind: &str| counts.requests.get(kind).copied().unwrap_or(0);
        of("PUT") + of("part") + of("multipart")
    }
}

/// What is told of an upload as JSON.
pub fn told() -> serde_json::Value {
    let args = ["upload", "deliveries", "s3://lake/raw", "--format", "json"];
    Sender::new().run(&args).ok().json()
}

#[test]
fn what_is_there_is_not_sent_again() {
    let sender = Sender::new();
    let args = ["upload", "deliveries", "s3://lake/raw"];
    let dry = sender.run(&[&args[..], &["--dry-run"]].concat()).ok();
    assert!(
        dry.stdout.contains("4 files would be sent"),
        "{}",
        dry.stdout
    );
    assert_eq!(sender.server.shelf.keys(BUCKET), Vec::<String>::new());

    let first = sender.run(&args).ok();
    assert!(first.stdout.contains("4 files sent"), "{}", first.stdout);
    assert!(
        first.stdout.contains("left out: `notes.md`"),
        "{}",
        first.stdout
    );
    let keys = [
        "raw/accounts/accounts.csv",
        "raw/invoices/invoices_2024-05-12.csv",
        "raw/invoices/invoices_2024-05-19.csv",
        "raw/orders/2024/1.csv",
    ];
    assert_eq!(sender.server.shelf.keys(BUCKET), keys);
    for (key, text) in keys.iter().zip(["a\n1\n", "a\n2\n", "a\n3\n", "a\n4\n"]) {
        assert_eq!(sender.server.shelf.peek(BUCKET, key).unwrap().bytes, text);
    }

    // Twice: nothing is sent, also by who may read and write there and nowhere else. What something else put there is read and compared.
    sender.server.shelf.put(BUCKET, keys[0], b"a\n1\n");
    sender.server.network.forget();
    sender.server.network.grant(Some("raw/"));
    let again = sender.run(&args).ok();
    sender.server.network.grant(None);
    assert!(
        again.stdout.contains("Everything is there already"),
        "{}",
        again.stdout
    );
    assert_eq!(sender.sent(), 0);

    // One changed, of the same size; one that lies there was changed by another.
    sender.write("deliveries/accounts.csv", "a\n9\n");
    sender.server.shelf.put(BUCKET, keys[1], b"a\n8\n");
    let changed = sender
        .run(&[&args[..], &["--format", "json"]].concat())
        .ok();
    let files = changed.json()["files"].clone();
    let told: Vec<&str> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["sent"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        ["replaced", "replaced", "unchanged", "unchanged"],
        "{files}"
    );
    assert_eq!(
        sender.server.shelf.peek(BUCKET, keys[0]).unwrap().bytes,
        "a\n9\n"
    );
    assert_eq!(
        sender.server.shelf.peek(BUCKET, keys[1]).unwrap().bytes,
        "a\n2\n"
    );
    // Nothing is left among the raw files.
    assert_eq!(
        walk(&sender.visitor.here.path().join("deliveries")).len(),
        5
    );
}

#[test]
fn a_large_file_goes_in_parts_and_faults_are_survived() {
    let sender = Sender::new();
    let large: String = (0..2_000_000).map(|n| format!("{n},x\n")).collect();
    sender.write("deliveries/large.csv", &large);
    sender.server.network.set_faults(Faults {
        seed: 7,
        slow_down: 0.1,
        reset: 0.05,
        own_412: 0.1,
        ..Faults::default()
    });
    let args = ["upload", "deliveries", "s3://lake/"];
    let mut left = 10;
    while sender.run(&args).code != Some(0) {
        left -= 1;
        assert!(left > 0, "{:?}", sender.server.network.counts());
    }
    sender.server.network.set_faults(Faults::default());
    let found = sender.server.shelf.peek(BUCKET, "large/large.csv").unwrap();
    assert!(found.bytes == large.as_bytes());
    assert!(!sender.server.network.counts().faults.is_empty());
    sender.server.network.forget();
    sender.run(&args).ok();
    assert_eq!(sender.sent(), 0);
    assert_eq!(sender.server.shelf.uploads(), []);
    assert_eq!(
        walk(&sender.visitor.here.path().join("deliveries")).len(),
        6
    );
}

#[test]
fn a_target_is_never_sent_into() {
    let sender = Sender::new();
    sender
        .server
        .shelf
        .put(BUCKET, "output/_workbench/owner.json", b"{}");
    for to in [
        "s3://lake/output",
        "s3://lake/output/accounts",
        "s3://lake/output/a/b",
    ] {
        let refused = sender.run(&["upload", "deliveries", to]).expect(2);
        assert!(
            refused.stderr.contains("`s3://lake/output` is a target"),
            "{}",
            refused.stderr
        );
    }
    // Beside it, and above it where nothing comes to lie in it.
    sender
        .run(&["upload", "deliveries", "s3://lake/output2"])
        .ok();
    sender.run(&["upload", "deliveries", "s3://lake"]).ok();
    sender.write("deliveries/output/a.csv", "x");
    sender.write("deliveries/output/b.csv", "x");
    std::fs::rename(
        sender.visitor.here.path().join("deliveries/output"),
        sender.visitor.here.path().join("deliveries/orders/output"),
    )
    .unwrap();
    let refused = sender
        .run(&["upload", "deliveries/orders", "s3://lake"])
        .expect(2);
    assert!(refused.stderr.contains("is a target"), "{}", refused.stderr);

    sender.write("twice/accounts.csv", "x");
    sender.write("twice/accounts/accounts.csv", "x");
    let refused = sender
        .run(&["upload", "twice", "s3://lake/twice"])
        .expect(2);
    assert!(
        refused.stderr.contains("would both become"),
        "{}",
        refused.stderr
    );
    let refused = sender.run(&["upload", "deliveries", "output"]).expect(2);
    assert!(
        refused.stderr.contains("is no bucket"),
        "{}",
        refused.stderr
    );
    sender.write("empty/x.md", "");
    sender.run(&["upload", "empty", "s3://lake/x"]).expect(2);
}

/// Also where a folder above it is named alike.
#[test]
fn a_target_is_found_by_its_own_folder() {
    let sender = Sender::new();
    let owner = "my_workbench/orders/_workbench/owner.json";
    sender.server.shelf.put(BUCKET, owner, b"{}");
    let args = ["upload", "deliveries", "s3://lake/my_workbench"];
    let refused = sender.run(&args).expect(2);
    let told = refused.stderr.contains("s3://lake/my_workbench/orders");
    assert!(told, "{}", refused.stderr);
    assert_eq!(sender.server.shelf.keys(BUCKET), [owner]);
}

/// What is sent twice, because it changed meanwhile, replaces what the first put.
#[test]
fn a_file_that_changes_while_it_is_sent_is_sent_again() {
    let sender = Sender::new();
    let line = "0123456789\n";
    sender.write("deliveries/big/big.csv", &line.repeat(2_000_000));
    let file = sender.visitor.here.path().join("deliveries/big/big.csv");
    let longer = file.clone();
    sender
        .server
        .network
        .before("PUT /lake/raw/big/big.csv", move |_| {
            use std::io::Write;
            let mut file = std::fs::File::options().append(true).open(longer).unwrap();
            file.write_all(b"more\n").unwrap();
        });
    let args = ["upload", "deliveries", "s3://lake/raw"];
    sender.run(&args).ok();
    let there = sender.server.shelf.peek(BUCKET, "raw/big/big.csv").unwrap();
    assert!(there.bytes == std::fs::read(file).unwrap());
    let again = sender.run(&args).ok();
    assert!(
        again.stdout.contains("Everything is there"),
        "{}",
        again.stdout
    );
}

#[test]
fn what_was_sent_is_what_a_source_reads() {
    let world = World::shop();
    let sender = Sender::new();
    let raw = world.path("raw");
    sender
        .run(&["upload", raw.to_str().unwrap(), "s3://lake/shop"])
        .ok();
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    let here = World::shop();
    here.run(&["export"]).ok();
    world.write("workbench.toml", &config.replace("raw/", "s3://lake/shop/"));
    std::fs::remove_dir_all(&raw).unwrap();
    let mut command = world.command(&["export"]);
    command.env("AWS_ENDPOINT_URL", sender.server.endpoint());
    Ended::of(with_credentials(&mut command).output().unwrap()).ok();
    assert_eq!(world.published("output"), here.published("output"));
}

/// What `upload` sent has its BLAKE3 beside it: bytes that are others, on their way or where
/// they lie, are not taken. In parts nothing else would tell.
#[test]
fn other_bytes_than_were_sent_are_not_taken() {
    let sender = Sender::new();
    let rows = 1_500_000_u64;
    let large: String = (0..rows).map(|n| format!("{n},x\n")).collect();
    sender.write("deliveries/large.csv", &format!("n,x\n{large}"));
    sender.run(&["upload", "deliveries", "s3://lake/"]).ok();
    let world = World::empty();
    let config = format!(
        "[sources.large]\npath = \"s3://lake/large/*.csv\"\nload = \"append\"\n\n[sources.large.columns]\n\
         n = \"BIGINT\"\n\n[s3]\nendpoint = \"{}\"\npart_size = \"5MiB\"\n",
        sender.server.endpoint()
    );
    world.write("workbench.toml", &config);
    let load = || {
        let mut command = world.command(&["load"]);
        Ended::of(with_credentials(&mut command).output().unwrap())
    };
    // A byte of what lies there.
    let key = "large/large.csv";
    let sent = sender.server.shelf.peek(BUCKET, key).unwrap();
    sender.server.shelf.spoil(BUCKET, key);
    let refused = load().expect(1);
    let says = "`s3://lake/large/large.csv` holds other bytes than were put there";
    assert!(refused.stderr.contains(says), "{}", refused.stderr);
    // What another tool puts there has nothing beside it, and is taken as it is.
    sender.server.shelf.put(BUCKET, key, &sent.bytes);
    sender.server.shelf.remove(BUCKET, key);
    sender.run(&["upload", "deliveries", "s3://lake/"]).ok();
    // Bytes on their way, in half of the answers.
    sender.server.network.set_faults(Faults {
        seed: 3,
        flipped: 0.4,
        ..Faults::default()
    });
    let mut left = 30;
    while load().code != Some(0) {
        left -= 1;
        assert!(left > 0, "{:?}", sender.server.network.counts());
    }
    sender.server.network.set_faults(Faults::default());
    let flipped = sender.server.network.counts().faults;
    assert!(
        flipped.get("flipped").is_some_and(|times| *times > 0),
        "{flipped:?}"
    );
    let sum = world.query("SELECT count(*) AS many, sum(n) AS sum FROM raw.large");
    assert_eq!(sum, format!("many,sum\n{rows},{}\n", rows * (rows - 1) / 2));
}
