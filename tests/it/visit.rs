//! A target is looked at without a project: by who may read it, and has nothing else.

use std::process::Command;

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
