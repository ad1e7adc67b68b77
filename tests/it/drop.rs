//! `workbench snapshots drop` and `restore`: a day goes for every reader, its
//! history stays, and it comes back byte for byte.

use std::time::Duration;

use super::snapshots::{assert_told_truly, lines, seen_by_folder};
use super::world::{World, copy_folder};

const DAY: &str = "2024-11-03";

/// Two days, the first published once more after an edit of the SQL of one dataset.
pub fn two_days() -> World {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    world.run(&["export"]).ok();
    let sql = world.path("sql/features/orders.sql");
    let edited = std::fs::read_to_string(&sql).unwrap() + "WHERE amount > 1\n";
    std::fs::write(&sql, edited).unwrap();
    world.run(&["export", "--date", DAY]).ok();
    world.run(&["export"]).ok();
    world
}

/// The documents at the target, which must not change.
fn documents(world: &World) -> Vec<String> {
    let all = super::world::walk(&world.path("output/_workbench"));
    let names = all.iter().map(|path| path.display().to_string());
    names.filter(|name| name.ends_with(".json")).collect()
}

#[test]
fn a_dropped_day_is_gone_for_every_reader_and_comes_back() {
    let world = two_days();
    let before = world.published("output");
    let as_stood = world.query("SELECT * FROM history.orders ORDER BY ALL");
    let dropped = world
        .run(&["snapshots", "drop", DAY, "--yes", "--format", "json"])
        .ok()
        .json();
    assert_eq!(dropped["run"], 5);
    assert_eq!(dropped["kind"], "drop");
    let of = |n: usize, name: &str| dropped["partitions"][n][name].to_string();
    assert_eq!(
        of(0, "dataset") + &of(0, "published_by"),
        "\"customer_level\"1"
    );
    assert_eq!(of(1, "dataset") + &of(1, "published_by"), "\"orders\"3");

    assert_told_truly(&world);
    assert_eq!(
        lines(&world, &[]),
        [
            "2024-11-04 customer_level 2 now false",
            "2024-11-04 orders 4 now false"
        ]
    );
    let globbed = world.glob("output", "orders").unwrap();
    assert!(
        globbed.iter().all(|row| row.contains("'ingest_day': 04")),
        "{globbed:?}"
    );
    // Not even a folder is left of it: some readers would make a partition of it.
    let left = walkdir::WalkDir::new(world.path("output"))
        .into_iter()
        .flatten();
    let left: Vec<_> = left.filter(|e| e.file_name() == "ingest_day=03").collect();
    assert!(left.is_empty(), "{left:?}");
    // The history knows it: as it stood then, and what became of it.
    let then = "SELECT count(*) AS n FROM features.orders";
    let then = world
        .run(&["query", then, "--as-of", "3", "--format", "csv"])
        .ok();
    assert_eq!(then.stdout, "n\n2\n");
    let runs = world.run(&["runs", "--format", "json"]).ok().json();
    assert_eq!(runs[0]["kind"], "drop");
    insta::assert_snapshot!(world.run(&["snapshots", "--dropped"]).ok().stdout, @r"
    ingest date  dataset         rows  by run  dropped by  dropped (UTC)
    ────────────────────────────────────────────────────────────────────────
    2024-11-03   customer_level     2       1           5  2024-11-04 09:00
    2024-11-03   orders             2       3           5  2024-11-04 09:00

    `workbench snapshots restore 2024-11-03 --run 3` puts that day back as it was.
    ");

    let which = world.run(&["snapshots", "restore", DAY]).expect(2).stderr;
    assert!(
        which.contains("run 5 dropped it: `workbench snapshots restore 2024-11-03 --run 3` puts"),
        "{which}"
    );

    // To ask again is no mistake, and no run.
    let again = world.run(&["snapshots", "drop", DAY, "--yes"]).ok().stdout;
    assert!(
        again.starts_with("Nothing to do: the snapshot of 2024-11-03"),
        "{again}"
    );
    // Exports of other days leave it dropped.
    world.run(&["export", "--date", "2024-10-01"]).ok();
    world.run(&["export"]).ok();
    assert!(lines(&world, &[]).iter().all(|l| !l.starts_with(DAY)));
    assert_told_truly(&world);

    world
        .run(&["snapshots", "drop", "2024-10-01", "--yes"])
        .ok();
    let restored = world
        .run(&[
            "snapshots",
            "restore",
            DAY,
            "--run",
            "3",
            "--yes",
            "--format",
            "json",
        ])
        .ok()
        .json();
    assert_eq!(restored["kind"], "restore");
    assert_eq!(world.published("output"), before);
    assert_eq!(
        world.query("SELECT * FROM history.orders ORDER BY ALL"),
        as_stood
    );
    assert_told_truly(&world);
    // How they were computed is known still.
    assert_eq!(
        lines(&world, &[])[2..],
        [
            "2024-11-03 customer_level 8 now false",
            "2024-11-03 orders 8 then (run 1) false"
        ]
    );
    let again = world
        .run(&["snapshots", "restore", DAY, "--run", "3", "--yes"])
        .ok();
    assert!(
        again.stdout.contains("is as it was when run 3"),
        "{}",
        again.stdout
    );
    // It is what an export of the day would compute.
    let export = world
        .run(&["export", "--date", DAY, "--format", "json"])
        .ok()
        .json();
    assert_eq!(export["run"], serde_json::Value::Null);
}

#[test]
fn an_export_of_a_dropped_day_publishes_it_again() {
    let world = two_days();
    let before = world.published("output");
    world
        .run(&["snapshots", "drop", DAY, "orders", "--yes"])
        .ok();
    assert_eq!(world.published("output").len(), before.len() - 1);
    assert_told_truly(&world);
    let which = world.run(&["snapshots", "restore", DAY]).expect(2).stderr;
    let command = "`workbench snapshots restore 2024-11-03 orders --run 3` puts";
    assert!(which.contains(command), "{which}");
    let plan = world.run(&["plan", "--date", DAY]).ok().stdout;
    assert!(plan.contains("its snapshot was dropped by run 5"), "{plan}");
    let export = world.run(&["export", "--date", DAY]).ok().stdout;
    assert!(!export.contains("Nothing to do"), "{export}");
    // As known then, by the run of that day: a drop is no run that knew anything.
    assert_eq!(world.published("output"), before);
    let none = world.run(&["snapshots", "--dropped"]).ok().stdout;
    assert_eq!(none, "Nothing is dropped.\n");
    // Today's day too, without being named.
    world
        .run(&["snapshots", "drop", "2024-11-04", "--yes"])
        .ok();
    world.run(&["export"]).ok();
    assert_told_truly(&world);
    assert_eq!(lines(&world, &[]).len(), 4);
}

#[test]
fn an_earlier_version_of_a_day_is_put_back_and_forth() {
    let world = two_days();
    let newer = world.published("output");
    let text = world
        .run(&["snapshots", "restore", DAY, "--run", "1", "--yes"])
        .ok();
    insta::assert_snapshot!(text.stdout.replace(|c: char| c.is_ascii_digit(), "9"), @r"
    dataset  rows   size  by run  instead of run
    ─────────────────────────────────────────────
    orders      9  999 B       9               9

    Run 9 put 9999-99-99 back at output in 9.99 s.
    ");
    let older = world.published("output");
    assert_ne!(older, newer);
    assert_eq!(
        world.query("SELECT count(*) AS n FROM history.orders"),
        "n\n7\n"
    );
    assert_told_truly(&world);
    // A run that left the day as it was serves as well: it is named as a moment.
    world
        .run(&["snapshots", "restore", DAY, "--run", "3", "--yes"])
        .ok();
    assert_eq!(world.published("output"), newer);
    world
        .run(&["snapshots", "restore", DAY, "--run", "2", "--yes"])
        .ok();
    assert_eq!(world.published("output"), older);
    assert_told_truly(&world);
    // The next export sees that it is of earlier SQL.
    world.run(&["export", "--date", DAY]).ok();
    assert_eq!(world.published("output"), newer);
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let world = two_days();
    let before = (world.published("output"), documents(&world));
    let refused = |args: &[&str], code: i32, says: &[&str]| {
        let ended = world.run(&[&["snapshots"], args].concat()).expect(code);
        for says in says {
            assert!(ended.stderr.contains(says), "{args:?}: {}", ended.stderr);
        }
        assert_eq!((world.published("output"), documents(&world)), before);
    };
    // Nobody can be asked here.
    refused(
        &["drop", DAY],
        2,
        &["no terminal to ask on", "hint: add `--yes`"],
    );
    refused(
        &["restore", DAY, "--run", "1"],
        2,
        &["no terminal to ask on"],
    );
    refused(
        &["drop", "2024-11-02", "--yes"],
        2,
        &[
            "there is no snapshot of 2024-11-02 at `output`",
            "`workbench snapshots` lists",
        ],
    );
    refused(
        &["drop", DAY, "ordres", "--yes"],
        2,
        &["did you mean `orders`?"],
    );
    refused(
        &["restore", DAY, "--run", "9", "--yes"],
        2,
        &["no run 9 has published"],
    );
    refused(
        &["restore", "2024-11-04", "--run", "1", "--yes"],
        2,
        &[
            "there was no snapshot of 2024-11-04 when run 1 had published",
            "runs that published it: 2, 4",
        ],
    );
    // As which run, is named: what stood before the last edit, of all or of one.
    refused(
        &["restore", DAY, "--yes"],
        2,
        &[
            "`--run` says as which run 2024-11-03 is put back",
            "runs that published it: 1, 3; `workbench snapshots restore 2024-11-03 --run 1` puts back",
        ],
    );
    refused(
        &["restore", DAY, "orders", "--yes"],
        2,
        &["`workbench snapshots restore 2024-11-03 orders --run 1` puts back"],
    );
    refused(
        &["restore", DAY, "customer_level"],
        2,
        &["runs that published it: 1; nothing stood before"],
    );
    refused(&["restore", "2024-11-02"], 2, &["no run has published it"]);
    // A document in every case.
    let ended = world
        .run(&["snapshots", "drop", DAY, "--format", "json"])
        .expect(2);
    assert_eq!(ended.json()["error"]["kind"], "usage");
    // SQL that is broken keeps nobody from dropping a day.
    world.write("sql/features/orders.sql", "SELECT");
    world.run(&["snapshots", "drop", DAY, "--yes"]).ok();
    let empty = World::shop();
    let ended = empty.run(&["snapshots", "drop", DAY, "--yes"]).expect(1);
    assert!(
        ended.stderr.contains("nothing is published"),
        "{}",
        ended.stderr
    );
    assert!(!empty.path(".workbench").exists());
}

#[test]
fn bytes_that_are_gone_are_named_and_can_be_computed_again() {
    let world = two_days();
    let before = world.published("output");
    world.run(&["snapshots", "drop", DAY, "--yes"]).ok();
    let after = world.published("output");
    let gone = &before["orders/ingest_year=2024/ingest_month=11/ingest_day=03/part-0.parquet"];
    std::fs::remove_file(world.path(&format!("output/_workbench/objects/{gone}.part"))).unwrap();
    let ended = world
        .run(&["snapshots", "restore", DAY, "--run", "3", "--yes"])
        .expect(1);
    assert!(
        ended.stderr.contains("of `orders` on 2024-11-03"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("`workbench export --date 2024-11-03` computes the day again"),
        "{}",
        ended.stderr
    );
    assert_eq!(world.published("output"), after);
    // What is there can be put back, and the rest is computed.
    world
        .run(&[
            "snapshots",
            "restore",
            DAY,
            "customer-level",
            "--run",
            "3",
            "--yes",
        ])
        .ok();
    assert_told_truly(&world);
    world.run(&["export", "--date", DAY]).ok();
    assert_eq!(world.published("output"), before);
}

/// A file that somebody copies back by hand is no snapshot.
#[test]
fn what_comes_back_by_itself_is_taken_away_again() {
    let world = two_days();
    let key = "orders/ingest_year=2024/ingest_month=11/ingest_day=03/part-0.parquet";
    let before = world.published("output")[key].clone();
    world.run(&["snapshots", "drop", DAY, "--yes"]).ok();
    let path = world.path("output").join(key);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::copy(
        world.path(&format!("output/_workbench/objects/{before}.part")),
        &path,
    )
    .unwrap();
    let plan = world.run(&["plan"]).ok().stdout;
    assert!(plan.contains("it is taken away"), "{plan}");
    world.run(&["export"]).ok();
    assert!(!path.exists());
    assert_told_truly(&world);
    // What nobody of the project wrote is not its to remove.
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "whose?").unwrap();
    let export = world.run(&["export"]).ok().stdout;
    assert!(
        export.contains("no run of this project put there"),
        "{export}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), b"whose?");
    std::fs::remove_file(&path).unwrap();
    world
        .run(&["snapshots", "restore", DAY, "--run", "3", "--yes"])
        .ok();
    assert_told_truly(&world);
}

/// Days that read the dropped one are named, and computed anew when they are exported.
#[test]
fn later_days_that_read_a_dropped_one_are_stale() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.write(
        "sql/features/orders.sql",
        "/*\nkey = [\"order_id\"]\n*/\nSELECT order_id, customer_id, amount, \
         (SELECT count(*) FROM history.customer_level) AS before FROM staging.orders\n",
    );
    world.run(&["export"]).ok();
    let dropped = world.run(&["snapshots", "drop", DAY, "--yes"]).ok().stdout;
    assert!(
        dropped.contains("1 later day of `orders` read this day's history"),
        "{dropped}"
    );
    let export = world.run(&["export"]).ok().stdout;
    assert!(
        export.contains("an earlier day that it reads changed"),
        "{export}"
    );
    assert_eq!(
        world.query("SELECT max(before) AS n FROM features.orders"),
        "n\n0\n"
    );
}

#[test]
fn it_waits_for_nobody_and_overtakes_nobody() {
    let world = two_days();
    let pause = world.path("paused");
    world.write(
        "raw/orders/orders_9.csv",
        "order_id,customer_id,amount\n90,1,7.00\n",
    );
    let mut child = world
        .command_with(
            &["export"],
            &format!("load-recorded=pause:{}", pause.display()),
        )
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !pause.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let ended = world.run(&["snapshots", "drop", DAY, "--yes"]).expect(4);
    assert!(
        ended.stderr.contains("`workbench export`"),
        "{}",
        ended.stderr
    );
    // Reading is free.
    assert_eq!(lines(&world, &[]).len(), 4);
    let waiting = world
        .command(&["snapshots", "drop", DAY, "--yes", "--lock-timeout", "60"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    std::fs::remove_file(&pause).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(waiting.wait_with_output().unwrap().status.success());
    assert_told_truly(&world);
    assert_eq!(lines(&world, &[]).len(), 2);
    // Another project's target.
    let other = World::shop();
    other.run(&["export"]).ok();
    let target = world.path("output").display().to_string();
    let ended = other
        .run(&[
            "snapshots",
            "drop",
            "2024-11-04",
            "--yes",
            "--target",
            &target,
        ])
        .expect(5);
    assert!(
        ended.stderr.contains("belongs to the project"),
        "{}",
        ended.stderr
    );
}

/// A copy of the project has moved the head on: nothing is done that it does not
/// know of.
#[test]
fn a_copy_that_moved_the_head_is_not_overwritten() {
    let original = two_days();
    let target = original.path("output").display().to_string();
    let mut copy = World::empty();
    copy_folder(original.dir.path(), copy.dir.path());
    copy.today = "2024-11-05".to_owned();
    copy.run(&["export", "--target", &target]).ok();
    let before = original.published("output");
    for args in [
        &["snapshots", "drop", DAY, "--yes"][..],
        &["snapshots", "restore", DAY, "--run", "1", "--yes"],
    ] {
        let ended = original.run(args).expect(1);
        assert!(ended.stderr.contains("do not agree"), "{}", ended.stderr);
    }
    assert_eq!(original.published("output"), before);
    assert_eq!(seen_by_folder(&original, "output").len(), 6);
}
