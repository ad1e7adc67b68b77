//! A target is looked at without a project: by who may read it, and has nothing else.

use std::process::Command;

use super::bucket::{Answer, BUCKET, Habits, Server};
use super::remote_sources::with_credentials;
use super::world::{Ended, World, walk};

/// Somebody with a home of his own, in an empty folder.
pub struct Visitor {
    pub home: tempfile::TempDir,
    pub here: tempfile::TempDir,
}

impl Visitor {
    pub fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            here: tempfile::tempdir().unwrap(),
        }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
        command
            .args(args)
            .current_dir(self.here.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("WORKBENCH_TEST", "clock=2024-11-03T09:00:00Z")
            .stdin(std::process::Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        Ended::of(self.command(args).output().unwrap())
    }
}

#[test]
fn what_lies_in_a_folder_is_read_and_nothing_is_written_there() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    world.run(&["export"]).ok();
    let target = world.path("output");
    let url = target.to_str().unwrap();
    let before = walk(&target);

    let visitor = Visitor::new();
    for args in [
        &["snapshots"][..],
        &["snapshots", "--as-of", "1", "--format", "json"],
        &["snapshots", "list", "--dropped"],
        &[
            "query",
            "SELECT * FROM features.customer_level ORDER BY ALL",
        ],
        &[
            "query",
            "SELECT * FROM history.orders ORDER BY ALL",
            "--format",
            "csv",
        ],
        &["diff", "customer_level", "latest~1", "latest", "--rows"],
    ] {
        let own = world.run(args).ok().stdout;
        let seen = visitor.run(&[args, &["--target", url]].concat()).ok();
        assert_eq!(seen.stdout, own, "{args:?}");
    }
    let catalog = visitor.run(&["catalog", "orders", "--target", url]).ok();
    assert!(catalog.stdout.contains("amount"), "{}", catalog.stdout);

    assert_eq!(walk(&target), before);
    assert_eq!(walk(visitor.here.path()), Vec::<std::path::PathBuf>::new());
    assert!(visitor.home.path().join(".cache/workbench").is_dir());
    // What changes something needs a project, and says so.
    for args in [&["export"][..], &["snapshots", "drop", "2024-11-03"]] {
        let refused = visitor.run(&[args, &["--target", url]].concat()).expect(2);
        assert!(
            refused.stderr.contains("no `workbench.toml`"),
            "{refused:?}"
        );
    }
    let refused = visitor.run(&["--target", url, "snapshots"]).expect(2);
    assert!(refused.stderr.contains("behind the command"), "{refused:?}");
}

/// A shop that publishes to a bucket, and somebody who looks at it.
struct Shown {
    world: World,
    server: Server,
    visitor: Visitor,
}

impl Shown {
    /// Two days, the second with a delivery more.
    fn new() -> Self {
        Self::over(Server::new())
    }

    fn over(server: Server) -> Self {
        let mut world = World::shop();
        let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
        let target = format!("[target]\nurl = \"s3://{BUCKET}/out\"\n");
        let s3 = format!("[s3]\nendpoint = \"{}\"\n", server.endpoint());
        world.write("workbench.toml", &format!("{target}{config}{s3}"));
        let export = |world: &World| {
            let mut command = world.command(&["export"]);
            Ended::of(with_credentials(&mut command).output().unwrap()).ok();
        };
        export(&world);
        world.today = "2024-11-04".to_owned();
        world.deliver_more();
        export(&world);
        Self {
            world,
            server,
            visitor: Visitor::new(),
        }
    }

    fn own(&self, args: &[&str]) -> String {
        let mut command = self.world.command(args);
        Ended::of(with_credentials(&mut command).output().unwrap())
            .ok()
            .stdout
    }

    fn visit_at(&self, endpoint: &str, args: &[&str], target: &str) -> Ended {
        let mut command = self.visitor.command(args);
        command
            .args(["--target", target])
            .env("AWS_ENDPOINT_URL", endpoint);
        Ended::of(with_credentials(&mut command).output().unwrap())
    }

    fn visit(&self, args: &[&str], target: &str) -> Ended {
        self.visit_at(&self.server.endpoint(), args, target)
    }

    fn counted(&self, kind: &str) -> u64 {
        let counts = self.server.network.counts();
        counts.requests.get(kind).copied().unwrap_or(0)
    }
}

const OUT: &str = "s3://lake/out";

#[test]
fn a_bucket_is_read_and_what_was_read_is_there_without_a_network() {
    let shown = Shown::new();
    shown.server.network.forget();
    let customers = "SELECT * FROM features.customer_level ORDER BY ALL";
    let asked = [
        &["snapshots"][..],
        &["snapshots", "--as-of", "1"],
        &["query", customers],
        &["query", customers, "--as-of", "2024-11-03"],
        &["diff", "customer_level", "latest~1", "latest", "--rows"],
    ];
    for args in asked {
        let seen = shown.visit(args, OUT).ok();
        assert_eq!(seen.stdout, shown.own(args), "{args:?}");
    }
    let written = ["PUT", "part", "multipart", "DELETE"].map(|kind| shown.counted(kind));
    assert_eq!(written, [0; 4]);
    assert_eq!(
        walk(shown.visitor.here.path()),
        Vec::<std::path::PathBuf>::new()
    );

    // Commits and partitions are not asked for again.
    shown.server.network.forget();
    for args in asked {
        shown.visit(args, OUT).ok();
    }
    assert!(
        shown.counted("GET") <= asked.len() as u64,
        "the owner of each time alone"
    );

    // Nobody listens there any more.
    let nowhere = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for args in asked {
        let seen = shown.visit_at(&nowhere, args, OUT).ok();
        assert_eq!(seen.stdout, shown.own(args), "{args:?}");
        let said = &seen.stderr;
        assert!(said.contains("cannot be reached"), "{args:?}: {said}");
    }
    let missing = ["query", "SELECT * FROM features.orders"];
    let refused = shown.visit_at(&nowhere, &missing, OUT).expect(1);
    assert!(
        refused.stderr.contains("cannot be reached"),
        "{}",
        refused.stderr
    );
    // And who was never there sees nothing.
    let stranger = Visitor::new();
    let mut command = stranger.command(&["snapshots", "--target", OUT]);
    command.env("AWS_ENDPOINT_URL", &nowhere);
    let refused = Ended::of(with_credentials(&mut command).output().unwrap()).expect(1);
    assert!(
        refused.stderr.contains("cannot be reached"),
        "{}",
        refused.stderr
    );
}

#[test]
fn who_may_read_one_prefix_sees_its_days_and_is_told_what_is_missing() {
    let shown = Shown::new();
    let orders = "SELECT * FROM features.orders ORDER BY ALL";
    let rows = shown.own(&["query", orders, "--format", "csv"]);
    let own = shown.own(&["snapshots", "orders", "--format", "json"]);
    shown.server.network.grant(Some("out/orders/"));
    let seen = shown
        .visit(
            &["query", orders, "--format", "csv"],
            "s3://lake/out/orders",
        )
        .ok();
    assert_eq!(seen.stdout, rows);
    assert!(seen.stderr.contains("`_workbench/`"), "{}", seen.stderr);
    let listed = shown
        .visit(&["snapshots", "--format", "json"], "s3://lake/out/orders/")
        .ok();
    let own: serde_json::Value = serde_json::from_str(&own).unwrap();
    for field in ["dataset", "ingest_date", "rows", "bytes", "run"] {
        let of = |all: &serde_json::Value| -> Vec<serde_json::Value> {
            all.as_array()
                .unwrap()
                .iter()
                .map(|one| one[field].clone())
                .collect()
        };
        assert_eq!(of(&listed.json()), of(&own), "{field}");
        assert!(!of(&own)[0].is_null(), "{field}");
    }
    let history = "SELECT ingest_date, count(*) AS n FROM history.orders GROUP BY 1 ORDER BY 1";
    let seen = shown
        .visit(
            &["query", history, "--format", "csv"],
            "s3://lake/out/orders",
        )
        .ok();
    assert_eq!(seen.stdout, "ingest_date,n\n2024-11-03,3\n2024-11-04,5\n");
    let diff = ["diff", "orders", "latest~1", "latest", "--key", "order_id"];
    shown.visit(&diff, "s3://lake/out/orders").ok();
    // The whole target may not be read: which action on what is said.
    let refused = shown.visit(&["snapshots"], OUT).expect(1);
    assert!(
        refused.stderr.contains("s3:ListBucket"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--target"), "{}", refused.stderr);
}

/// Such a policy grants objects as they are, and no versions of them.
#[test]
fn who_may_read_one_prefix_needs_no_versions() {
    let shown = Shown::over(Server::with(Habits {
        versioned: true,
        ..Habits::default()
    }));
    shown.server.network.grant(Some("out/orders/"));
    shown.server.network.answer(Some(Answer {
        status: 403,
        code: "AccessDenied",
        message: "Access Denied",
        headers: Vec::new(),
        to: "versionId=".to_owned(),
    }));
    let count = [
        "query",
        "SELECT count(*) AS n FROM history.orders",
        "--format",
        "csv",
    ];
    let seen = shown.visit(&count, "s3://lake/out/orders").ok();
    assert_eq!(seen.stdout, "n\n8\n");
}
