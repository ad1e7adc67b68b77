//! What can be typed, and the help for it.

use super::world::World;

#[test]
fn every_help_has_an_example_and_the_exit_codes() {
    let world = World::empty();
    let commands: [&[&str]; 21] = [
        &[],
        &["init"],
        &["export"],
        &["load"],
        &["plan"],
        &["query"],
        &["runs"],
        &["snapshots"],
        &["snapshots", "list"],
        &["snapshots", "drop"],
        &["snapshots", "restore"],
        &["demo"],
        &["bookmarks"],
        &["bookmarks", "list"],
        &["bookmarks", "explain"],
        &["bookmarks", "reset"],
        &["bookmarks", "rewind"],
        &["bookmarks", "set"],
        &["bookmarks", "hold"],
        &["bookmarks", "release"],
        &["bookmarks", "cancel"],
    ];
    for command in commands {
        let mut args = command.to_vec();
        args.push("--help");
        let help = world.run(&args).ok().stdout;
        assert!(
            help.contains("Example:\n    workbench "),
            "{command:?}: {help}"
        );
        for code in [
            "0  done",
            "3  data refused",
            "4  another run",
            "130  interrupted",
        ] {
            assert!(help.contains(code), "{command:?} does not say {code}");
        }
    }
}

#[test]
fn what_cannot_be_typed_is_a_usage_error() {
    let world = World::shop();
    for args in [
        &["exprot"][..],
        &["export", "--date", "03/11/2024"],
        &["export", "--quiet", "--verbose"],
        &["runs", "show"],
        &["query"],
    ] {
        let ended = world.run(args).expect(2);
        assert!(ended.stdout.is_empty(), "{args:?}");
        assert!(
            ended.stderr.starts_with("error: "),
            "{args:?}: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_usage_error_is_a_document_too() {
    let world = World::shop();
    let ended = world
        .run(&["export", "--format", "json", "--date", "soon"])
        .expect(2);
    let document = ended.json();
    assert_eq!(document["status"], "failed");
    assert_eq!(document["error"]["kind"], "usage");
    assert!(
        document["error"]["message"]
            .as_str()
            .unwrap()
            .contains("soon")
    );
    let ended = world
        .run(&["runs", "--format=json", "--limit", "x"])
        .expect(2);
    assert_eq!(ended.json()["error"]["exit_code"], 2);
}

#[test]
fn a_folder_without_a_project_says_what_to_do() {
    let world = World::empty();
    let ended = world.run(&["export"]).expect(2);
    assert!(
        ended.stderr.contains("no `workbench.toml`"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("[sources.accounts]"),
        "{}",
        ended.stderr
    );
}

#[test]
fn runs_show_what_happened() {
    let world = World::shop();
    let none = world.run(&["runs"]).ok().stdout;
    assert!(none.contains("No runs yet"), "{none}");
    world.run(&["export"]).ok();
    world.run(&["export", "--date", "2024-11-02"]).ok();
    let list = world.run(&["runs"]).ok().stdout;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 4, "{list}");
    assert!(
        lines[2].starts_with("  2  2024-11-02   succeeded"),
        "{list}"
    );
    let shown = world
        .run(&["runs", "show", "1", "--format", "json"])
        .ok()
        .json();
    assert_eq!(shown["summary"]["sources"][1]["rows"]["taken"], 3);
    assert!(shown["steps"].as_array().unwrap().len() >= 5, "{shown:#}");
    world.run(&["runs", "show", "9"]).expect(2);
    let log = std::fs::read_to_string(world.path(".workbench/logs/workbench.log")).unwrap();
    assert!(
        log.contains("loading raw/orders/orders_1.csv into orders"),
        "{log}"
    );
    assert!(log.contains("run 2 ended as succeeded"), "{log}");
}
