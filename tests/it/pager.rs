//! Long answers: a pager on a terminal, and nowhere else.

use std::path::Path;
use std::process::{Command, Stdio};

use super::world::World;

/// What the program prints on a terminal of so many lines, and its exit code; None if
/// no terminal can be had.
fn on_terminal(world: &World, rows: u16, command: &str, env: &[(&str, &str)]) -> Option<String> {
    if !Path::new("/usr/bin/script").exists() {
        eprintln!("NOT TESTED: `script` is missing, which gives a program a terminal");
        return None;
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_workbench")).parent().unwrap();
    let line = format!("stty rows {rows} cols 100; {command}; echo code $?");
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(world.dir.path())
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Some(String::from_utf8(output.stdout).unwrap().replace('\r', ""))
}

const MARKS: (&str, &str) = ("WORKBENCH_PAGER", "sed 's/^/paged: /'");

#[test]
fn a_pager_is_for_long_answers_on_a_terminal() {
    let world = World::shop();
    world.run(&["export"]).ok();
    for day in ["2024-11-01", "2024-11-02"] {
        world.run(&["export", "--date", day]).ok();
    }
    world
        .run(&["snapshots", "drop", "2024-11-01", "--yes"])
        .ok();
    let paged = |rows, command: &str, env: &[(&str, &str)]| {
        let told = on_terminal(&world, rows, command, env)?;
        assert!(told.ends_with("code 0\n"), "{command}: {told}");
        assert!(
            [
                "staging.orders",
                "2024-11-0",
                "1 staging view",
                "customer_id"
            ]
            .iter()
            .any(|name| told.contains(name)),
            "{told}"
        );
        Some(told.contains("paged: "))
    };
    let Some(is_paged) = paged(5, "workbench catalog", &[MARKS]) else {
        return;
    };
    assert!(is_paged);
    for command in [
        "workbench runs --limit 9 --project .",
        "workbench transforms",
        "workbench query 'SELECT ingest_date, order_id FROM history.orders'",
        "workbench runs show 2 --log",
        "workbench snapshots",
        "workbench snapshots list orders",
        "workbench snapshots --dropped",
        "workbench diff customer_level",
        "workbench diff customer_level --rows",
        "workbench diff customer_level --rows --only changed --limit 1",
        "workbench doctor",
    ] {
        assert_eq!(paged(3, command, &[MARKS]), Some(true), "{command}");
    }
    for command in [
        "workbench diff customer_level -q",
        "workbench diff customer_level --rows --format csv",
        "workbench doctor --no-pager",
        "workbench catalog -q",
        "workbench catalog --no-pager",
        "workbench catalog --format json",
        "workbench catalog --format csv",
        "workbench catalog | cat",
    ] {
        assert_eq!(paged(5, command, &[MARKS]), Some(false), "{command}");
    }
    assert_eq!(paged(50, "workbench catalog", &[MARKS]), Some(false));
    let other = ("PAGER", "sed 's/^/paged: /'");
    assert_eq!(paged(5, "workbench catalog", &[other]), Some(true));
    for pager in ["", "cat", "no-such-pager"] {
        let own = ("WORKBENCH_PAGER", pager);
        assert_eq!(
            paged(5, "workbench catalog", &[own, other]),
            Some(false),
            "{pager}"
        );
    }
    // Closed early: enough was seen.
    let told = on_terminal(&world, 5, "workbench catalog", &[("PAGER", "head -1")]);
    assert_eq!(told.unwrap().lines().count(), 2);
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let world = World::shop();
    world.run(&["export"]).ok();
    for args in [
        &["catalog"][..],
        &["runs", "show", "1", "--log"],
        &[
            "query",
            "SELECT range AS n FROM range(1000000)",
            "--format",
            "csv",
        ],
        &["--help"],
    ] {
        let mut child = world
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{args:?}: {ended:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{args:?}");
    }
}

#[test]
fn the_log_of_a_run_is_its_own() {
    let world = World::shop();
    world.run(&["export"]).ok();
    world.deliver_more();
    world.run(&["export"]).ok();
    let log = |run: &str| world.run(&["runs", "show", run, "--log"]).ok().stdout;
    for (run, own, other) in [
        ("1", "orders_1.csv", "orders_2.csv"),
        ("2", "orders_2.csv", "orders_1.csv"),
    ] {
        let log = log(run);
        assert!(log.contains(own) && !log.contains(other), "{log}");
        assert!(
            log.lines().next().unwrap().ends_with("export begins"),
            "{log}"
        );
        assert!(
            log.contains(&format!("run {run} ended as succeeded")),
            "{log}"
        );
    }
    let document = world
        .run(&["runs", "show", "2", "--log", "--format", "json"])
        .ok()
        .json();
    assert_eq!(
        document["log"].as_array().unwrap().len(),
        log("2").lines().count()
    );
    world.run(&["runs", "show", "3", "--log"]).expect(2);
    std::fs::remove_dir_all(world.path(".workbench/logs")).unwrap();
    let gone = world.run(&["runs", "show", "1", "--log"]).expect(1);
    assert!(
        gone.stderr.contains("is not kept any more"),
        "{}",
        gone.stderr
    );
}

#[test]
fn colours_are_for_terminals_unless_they_are_not_wanted() {
    let world = World::shop();
    world.run(&["export"]).ok();
    world.write("sql/checks/more.sql", "/*\n*/\nSELECT 1 AS x WHERE false");
    world.write("sql/staging/orders.sql", "/*\n*/\nSELECT * FROM raw.orders");
    for command in [
        "workbench runs show 99",
        "workbench transforms diff --no-pager",
        "workbench exprot",
        "workbench catalog --help",
    ] {
        let Some(told) = on_terminal(&world, 50, command, &[]) else {
            return;
        };
        assert!(told.contains('\u{1b}'), "{command}: {told:?}");
        let told = on_terminal(&world, 50, command, &[("NO_COLOR", "1")]).unwrap();
        assert!(!told.contains('\u{1b}'), "{command}: {told:?}");
    }
    let never = "workbench --color never transforms diff --no-pager";
    let told = on_terminal(&world, 50, never, &[]).unwrap();
    assert!(!told.contains('\u{1b}') && told.contains("@@"), "{told:?}");
}

/// A manual page is read by `man` on a terminal, and where there is none as the help.
#[test]
fn a_manual_page_is_readable_on_a_terminal() {
    let world = World::empty();
    let bin = world.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let man = |script: &str| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(bin.join("man"), format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(bin.join("man"), PermissionsExt::from_mode(0o755)).unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_workbench"))
            .display()
            .to_string();
        let path = format!("{}:/usr/bin:/bin", bin.display());
        on_terminal(&world, 500, &format!("{program} man"), &[("PATH", &path)])
    };
    let Some(told) = man("echo \"$@\"; sed 's/^/shown: /'") else {
        return;
    };
    assert!(
        told.starts_with("-l -\nshown: ") && told.contains("shown: .TH"),
        "{told}"
    );
    let told = man("exit 16").unwrap();
    assert!(
        !told.contains(".TH") && told.contains("Usage: workbench"),
        "{told}"
    );
    // To programs it is what it was.
    let page = world.run(&["man"]).ok().stdout;
    assert!(page.contains(".TH"), "{page}");
}
