//! Killed at every step: the next command completes the run or undoes it, and
//! the end is as if nothing had happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use workbench::failpoint::Failpoint;

use super::world::{Ended, World};

const SIGABRT: i32 = 6;

/// The steps are a contract: the page names each, in the order of the protocol.
#[test]
fn the_steps_are_those_of_the_format_page() {
    let page = include_str!("../../docs/snapshot-format.md");
    let written: Vec<&str> = page
        .lines()
        .filter_map(|l| l.strip_prefix("| `")?.split('`').next())
        .collect();
    let names: Vec<&str> = Failpoint::ALL.iter().map(|f| f.name()).collect();
    assert_eq!(written, names);
}

/// What counts as the end state: every published byte, every raw row, and that
/// each file was taken once.
fn end_state(world: &World) -> String {
    let mut state = String::new();
    for (key, hash) in world.published("output") {
        state += &format!("{key} {hash}\n");
    }
    for sql in [
        "SELECT * FROM raw.customers ORDER BY ALL",
        "SELECT * FROM raw.orders ORDER BY ALL",
        "SELECT * FROM features.customer_level ORDER BY ALL",
        "SELECT * FROM features.orders ORDER BY ALL",
        "SELECT count(*) FROM history.orders",
    ] {
        state += &world.query(sql);
    }
    let taken = "SELECT json_extract_string(event, '$.file.paths[0]') AS path, count(*) AS times \
                 FROM warehouse.ledger.events WHERE json_extract_string(event, '$.event') = 'taken' \
                 AND 'raw.' <> '' GROUP BY 1 ORDER BY 1";
    state += &world.query(taken);
    state
}

/// A project with one published day and a second delivery waiting.
fn before_second_day() -> World {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.deliver_more();
    world.today = "2024-11-04".to_owned();
    world
}

/// Nothing is left lying about once a run is over.
fn assert_tidy(world: &World) {
    let left: Vec<_> = super::world::walk(&world.path("output/_workbench/tmp"));
    assert!(left.is_empty(), "left behind: {left:?}");
}

/// Every partition that a glob shows is one of the versions that were meant.
fn assert_whole(world: &World, versions: &[Vec<String>]) {
    match world.glob("output", "orders") {
        Ok(rows) => assert!(versions.contains(&rows), "neither old nor new: {rows:?}"),
        // Before the first publication there is nothing to glob.
        Err(error) => assert!(
            error.to_string().contains("No files found") && versions.contains(&Vec::new()),
            "{error}"
        ),
    }
}

#[track_caller]
fn assert_died(ended: &Ended, fault: &str) {
    assert_eq!(
        ended.signal,
        Some(SIGABRT),
        "{fault} was not reached: {}\n{}",
        ended.stdout,
        ended.stderr
    );
}

/// The hits at which a step is tried: steps that happen once per file, dataset,
/// partition or document are also tried at the second.
fn hits(failpoint: Failpoint) -> &'static [u32] {
    match failpoint {
        Failpoint::FileLoaded
        | Failpoint::OutputStaged
        | Failpoint::DocumentWritten
        | Failpoint::ObjectLinked
        | Failpoint::PartitionRenamed
        | Failpoint::PartitionSynced => &[1, 2],
        _ => &[1],
    }
}

fn all_but_rare() -> impl Iterator<Item = Failpoint> {
    Failpoint::ALL
        .iter()
        .copied()
        // These have tests of their own: they come once in a target's life, at every
        // 64th commit, when a day is dropped, at a bucket, and in a rebuild.
        .filter(|f| {
            !matches!(
                f,
                Failpoint::OwnerPut
                    | Failpoint::CheckpointPut
                    | Failpoint::ObjectKept
                    | Failpoint::PartitionRemoved
                    | Failpoint::PartSent
            )
        })
        .filter(|f| !f.is_of_rebuild())
}

#[test]
fn a_second_day_killed_at_any_step_ends_as_if_it_was_not() {
    let smooth = before_second_day();
    let old = smooth.glob("output", "orders").unwrap();
    smooth.run(&["export"]).ok();
    let new = smooth.glob("output", "orders").unwrap();
    let expected = end_state(&smooth);
    assert_ne!(old, new);
    for failpoint in all_but_rare() {
        for hit in hits(failpoint) {
            let fault = format!("{}#{hit}=abort", failpoint.name());
            let world = before_second_day();
            assert_died(&world.run_with(&["export"], &fault), &fault);
            assert_whole(&world, &[old.clone(), new.clone()]);
            let next = world.run(&["export", "--format", "json"]).ok().json();
            assert_whole(&world, std::slice::from_ref(&new));
            assert_eq!(end_state(&world), expected, "after {fault}");
            assert_tidy(&world);
            // And once more changes nothing.
            let again = world.run(&["export", "--format", "json"]).ok().json();
            assert_eq!(again["run"], serde_json::Value::Null, "after {fault}");
            assert_eq!(again["recovered"], serde_json::json!([]), "after {fault}");
            let committed =
                failpoint >= Failpoint::WarehouseCommitted && failpoint < Failpoint::StateSucceeded;
            let undone =
                failpoint >= Failpoint::RunPlanned && failpoint < Failpoint::WarehouseCommitted;
            let outcome = &next["recovered"][0]["status"];
            if committed {
                assert_eq!(outcome, "succeeded", "after {fault}");
            } else if undone {
                assert_eq!(outcome, "undone", "after {fault}");
            }
        }
    }
}

#[test]
fn a_first_day_killed_at_any_step_ends_as_if_it_was_not() {
    let smooth = World::shop();
    smooth.run(&["export"]).ok();
    let new = smooth.glob("output", "orders").unwrap();
    let expected = end_state(&smooth);
    for failpoint in all_but_rare().chain([Failpoint::OwnerPut]) {
        let fault = format!("{}=abort", failpoint.name());
        let world = World::shop();
        assert_died(&world.run_with(&["export"], &fault), &fault);
        assert_whole(&world, &[Vec::new(), new.clone()]);
        world.run(&["export"]).ok();
        assert_eq!(end_state(&world), expected, "after {fault}");
        assert_tidy(&world);
    }
}

#[test]
fn a_checkpoint_killed_is_written_by_the_next_export() {
    let world = World::shop();
    let day = |n: u64| {
        (chrono::NaiveDate::from_ymd_opt(2024, 8, 1).unwrap() + chrono::Days::new(n)).to_string()
    };
    let fault = "checkpoint-put=abort";
    for n in 1..=63 {
        world
            .run(&["export", "--date", &day(n), "--only", "orders"])
            .ok();
    }
    let died = world.run_with(&["export", "--date", &day(64), "--only", "orders"], fault);
    assert_died(&died, fault);
    let checkpoint = "output/_workbench/checkpoints/000000000064.json";
    assert!(world.path(checkpoint).exists());
    // As if the machine had lost it: the next export sees that one is due.
    std::fs::remove_file(world.path(checkpoint)).unwrap();
    world
        .run(&["export", "--date", &day(64), "--only", "orders"])
        .ok();
    assert!(world.path(checkpoint).exists());
    // Readers that begin at the checkpoint see every day.
    assert_eq!(
        world.query("SELECT count(DISTINCT ingest_date) AS days FROM history.orders"),
        "days\n64\n"
    );
}

#[test]
fn killed_twice_in_a_row_is_still_completed() {
    for (first, second) in [
        ("warehouse-committed=abort", "partition-renamed=abort"),
        ("intent-put=abort", "intent-put=abort"),
        ("partition-renamed#2=abort", "commit-put=abort"),
        ("object-linked=abort", "object-linked=abort"),
        ("commit-put=abort", "state-succeeded=abort"),
    ] {
        let smooth = before_second_day();
        smooth.run(&["export"]).ok();
        let world = before_second_day();
        assert_died(&world.run_with(&["export"], first), first);
        let _ = world.run_with(&["export"], second);
        world.run(&["export"]).ok();
        assert_eq!(
            end_state(&world),
            end_state(&smooth),
            "after {first}, {second}"
        );
        assert_tidy(&world);
    }
}

#[test]
fn a_full_or_failing_disk_at_any_step_is_said_and_survived() {
    let smooth = before_second_day();
    smooth.run(&["export"]).ok();
    let expected = end_state(&smooth);
    for (n, failpoint) in all_but_rare().enumerate() {
        let fault = if n % 2 == 0 { "enospc" } else { "eio" };
        let fault = format!("{}={fault}", failpoint.name());
        let world = before_second_day();
        let ended = world.run_with(&["export", "--format", "json"], &fault);
        let ended = ended.expect(1);
        assert!(
            ended.stderr.starts_with("error: "),
            "{fault}: {}",
            ended.stderr
        );
        assert_eq!(ended.json()["error"]["exit_code"], 1, "{fault}");
        world.run(&["export"]).ok();
        assert_eq!(end_state(&world), expected, "after {fault}");
    }
}

#[test]
fn staged_files_that_are_gone_are_made_again_from_the_warehouse() {
    let smooth = before_second_day();
    smooth.run(&["export"]).ok();
    let world = before_second_day();
    let fault = "warehouse-committed=abort";
    assert_died(&world.run_with(&["export"], fault), fault);
    std::fs::remove_dir_all(world.path("output/_workbench/tmp")).unwrap();
    // The texts of the run are those of its ledger row, not today's files.
    world.write(
        "sql/features/orders.sql",
        "/*\nkey = [\"order_id\"]\n*/\nSELECT order_id, customer_id, amount * 2 AS amount FROM staging.orders",
    );
    let next = world
        .run(&["export", "--date", "2024-11-04", "--dry-run"])
        .ok();
    assert!(next.stdout.contains("completed"), "{}", next.stdout);
    let fault = "commit-put=abort";
    assert_died(&world.run_with(&["export"], fault), fault);
    assert_eq!(world.published("output"), smooth.published("output"));
}

/// A reader that polls while runs come and go sees every partition whole.
#[test]
fn a_polling_reader_sees_only_whole_partitions() {
    let world = Arc::new(before_second_day());
    let stop = Arc::new(AtomicBool::new(false));
    let polls = Arc::new(AtomicU64::new(0));
    let reader = {
        let (world, stop, polls) = (world.clone(), stop.clone(), polls.clone());
        std::thread::spawn(move || {
            let mut seen = Vec::<Vec<String>>::new();
            while !stop.load(Ordering::SeqCst) {
                let rows = world.glob("output", "orders").unwrap();
                if !seen.contains(&rows) {
                    seen.push(rows);
                }
                polls.fetch_add(1, Ordering::SeqCst);
            }
            seen
        })
    };
    let mut meant = vec![world.glob("output", "orders").unwrap()];
    for n in 0..6 {
        world.write(
            "raw/orders/orders_3.csv",
            &format!("order_id,customer_id,amount\n99,1,{n}.00\n"),
        );
        let before = polls.load(Ordering::SeqCst);
        world.run(&["export", "--accept-drop"]).ok();
        while polls.load(Ordering::SeqCst) < before + 2 {
            std::thread::sleep(Duration::from_millis(1));
        }
        meant.push(world.glob("output", "orders").unwrap());
    }
    stop.store(true, Ordering::SeqCst);
    for rows in reader.join().unwrap() {
        assert!(meant.contains(&rows), "seen but never meant: {rows:?}");
    }
}

/// Ctrl-C stops the engine in the middle of a statement.
#[test]
fn ctrl_c_is_felt_and_leaves_nothing() {
    let world = World::shop();
    world.write(
        "sql/features/orders.sql",
        "/*\nkey = [\"order_id\"]\n*/\nSELECT order_id, (SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(1000000) b(i)) AS s FROM staging.orders",
    );
    let child = world
        .command(&["export", "--progress", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Once the query runs the dataset before it is staged.
    let staged = world.path("output/_workbench/tmp/1");
    while !staged.exists() || std::fs::read_dir(&staged).unwrap().count() < 2 {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(200));
    let asked = std::time::Instant::now();
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let took = asked.elapsed();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    // Not a benchmark: a machine under load is given ten times what is promised.
    assert!(took < Duration::from_millis(2500), "{took:?}");
    assert!(world.published("output").is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("interrupted; nothing was changed"),
        "{stderr}"
    );
}
