//! Records that were set aside: seen, asked for, taken once they fit; and files
//! that are still being written.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use super::world::World;

const STRICT: &str =
    "amount = \"DECIMAL(18,2)\"\nday = { type = \"DATE\", format = \"%d/%m/%Y\" }\n";
const LOOSE: &str = "amount = { type = \"DECIMAL(18,2)\", thousands = \",\", nulls = [\"n/a\"] }\n\
                     day = { type = \"DATE\", format = [\"%d/%m/%Y\", \"%Y-%m-%d\"] }\n";

const FEATURE: &str = "/*\ndescription = \"Orders.\"\nkey = [\"id\"]\n*/\n\
                       SELECT id, amount, day, name FROM raw.orders\n";

const FIRST: &str = "id,amount,day,name\n1,5.00,01/02/2024,a\n2,\"1,234.50\",01/02/2024,b\n\
                     3,n/a,02/02/2024,c\n4,7,2024-02-03,d\n5,8\n6,x,01/02/2024,e\n\
                     10,\"1,000\",30/02/2024,e\n";
const SECOND: &str = "id,name,amount,day\n7,f,1.00,01/02/2024\n2,g,2.00,01/02/2024\n\
                      8,\"h\n,\",\"2,000\",01/02/2024\n";

fn project(load: &str, columns: &str) -> World {
    let world = World::empty();
    configure(&world, load, columns);
    world.write("sql/features/orders.sql", FEATURE);
    world.write("raw/1.csv", FIRST);
    world
}

fn configure(world: &World, load: &str, columns: &str) {
    world.write(
        "workbench.toml",
        &format!(
            "[sources.orders]\npath = \"raw/*.csv\"\nload = \"{load}\"\nkey = [\"id\"]\n\
             bad_rows = \"quarantine\"\n[sources.orders.columns]\nid = \"BIGINT\"\n{columns}"
        ),
    );
}

/// `upsert` lets the second order 2 replace the first; `append` would not be unique.
fn second(load: &str) -> String {
    match load {
        "upsert" => SECOND.to_owned(),
        _ => SECOND.replace("2,g", "9,g"),
    }
}

#[test]
fn what_fits_later_is_taken_then() {
    for load in ["append", "upsert"] {
        let world = project(load, STRICT);
        world.run(&["export"]).ok();
        world.write("raw/2.csv", &second(load));
        world.run(&["export"]).ok();
        let rows = |world: &World| {
            world.query("SELECT id, amount, day, name FROM raw.orders ORDER BY ALL")
        };
        assert_eq!(rows(&world).lines().count(), 4);
        let listed = world.run(&["quarantine", "--format", "json"]).ok().json();
        assert_eq!(listed[0]["records"], 7, "{load}");
        assert_eq!(listed[0]["files"], 2);

        let shown = |args: &[&str]| {
            let show = ["quarantine", "show", "orders"];
            world.run(&[&show[..], args].concat()).ok()
        };
        let records = shown(&["--format", "json"]).json();
        let left = "SELECT file, line, \"column\", reason, raw FROM quarantine.orders ORDER BY ALL";
        let asked = world.run(&["query", left, "--format", "json"]).ok().json();
        assert_eq!(records, asked, "{load}");
        let first = shown(&["--limit", "1"]);
        assert!(
            first.stderr.contains("Only the first 1 record is shown"),
            "{}",
            first.stderr
        );

        // Nothing of it fits yet, and nothing is lost by asking.
        world.run(&["quarantine", "replay", "orders"]).ok();
        world.run(&["export"]).ok();
        let listed = world.run(&["quarantine", "--format", "json"]).ok().json();
        assert_eq!(listed[0]["records"], 7, "{load}");

        configure(&world, load, LOOSE);
        // A looser definition is no other one.
        let idle = world.run(&["export", "--format", "json"]).ok().json();
        assert_eq!(idle["run"], serde_json::Value::Null, "{load}");
        world.run(&["quarantine", "replay", "orders"]).ok();
        let planned = world.run(&["plan"]).ok().stdout;
        assert!(planned.contains("is tried again"), "{planned}");
        world.run(&["export"]).ok();

        // As if it had been so from the beginning.
        let fresh = project(load, LOOSE);
        fresh.run(&["export"]).ok();
        fresh.write("raw/2.csv", &second(load));
        fresh.run(&["export"]).ok();
        assert_eq!(rows(&world), rows(&fresh), "{load}");
        assert_eq!(
            world.published("output"),
            fresh.published("output"),
            "{load}"
        );
        let left = |world: &World| {
            world.query("SELECT file, line, record, \"column\", reason, raw FROM quarantine.orders ORDER BY ALL")
        };
        assert_eq!(left(&world), left(&fresh), "{load}");
        assert_eq!(left(&world).lines().count(), 4, "{load}");

        // What was taken counts once, and does not come again.
        let again = world.run(&["export", "--format", "json"]).ok().json();
        assert_eq!(again["run"], serde_json::Value::Null, "{load}");
        let refused = world.run(&["quarantine", "replay", "ordres"]).expect(2);
        assert!(refused.stderr.contains("did you mean `orders`?"));
    }
}

#[test]
fn a_replay_that_dies_is_done_once() {
    for step in ["warehouse-committed", "run-recorded", "state-publishing"] {
        let world = project("append", STRICT);
        world.run(&["export"]).ok();
        configure(&world, "append", LOOSE);
        world.run(&["quarantine", "replay", "orders"]).ok();
        let died = world.run_with(&["export"], &format!("{step}=abort"));
        assert!(
            died.signal.is_some(),
            "{step} is not reached: {}",
            died.stderr
        );
        world.run(&["export"]).ok();
        world.run(&["export"]).ok();
        let rows = world.query("SELECT id FROM raw.orders ORDER BY ALL");
        assert_eq!(rows, "id\n1\n2\n3\n4\n", "{step}");
    }
}

#[test]
fn a_corrected_file_empties_its_quarantine() {
    let world = project("append", STRICT);
    world.run(&["export"]).ok();
    let mended = FIRST
        .replace("\"1,234.50\"", "1234.50")
        .replace("n/a", "")
        .replace("2024-02-03", "03/02/2024")
        .replace("5,8\n", "5,8,,\n")
        .replace(",x,", ",9,")
        .replace("\"1,000\",30", "1000,29");
    world.write("raw/1.csv", &mended);
    world.run(&["export"]).ok();
    let rows = world.query("SELECT count(*) AS n FROM raw.orders");
    assert_eq!(rows, "n\n7\n");
    let listed = world.run(&["quarantine"]).ok().stdout;
    assert_eq!(listed, "Nothing is in the quarantine.\n");
}

#[test]
fn a_file_that_is_still_written_is_waited_for() {
    let world = World::empty();
    world.write(
        "workbench.toml",
        "[sources.orders]\npath = \"raw/*.csv*\"\nsettle = \"20s\"\n",
    );
    world.write(
        "sql/features/orders.sql",
        "/*\ndescription = \"Orders.\"\nkey = [\"id\"]\n*/\nSELECT id, name FROM raw.orders\n",
    );
    for packed in [false, true] {
        let text = format!("id,name\n{packed},\"two\nlines\"\n");
        let bytes = if packed {
            zstd::encode_all(text.as_bytes(), 1).unwrap()
        } else {
            text.into_bytes()
        };
        let path = world.path(&format!("raw/{packed}.csv"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let (begin, end) = bytes.split_at(bytes.len() - 8);
        std::fs::write(&path, begin).unwrap();
        let export = world
            .command(&["export"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(1200));
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap();
        file.write_all(end).unwrap();
        drop(file);
        let ended = export.wait_with_output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.success(), "{told}");
        assert_eq!(told.matches("ends in the middle").count(), 1, "{told}");
    }
    let rows = world.query("SELECT id, name FROM raw.orders ORDER BY 1");
    assert_eq!(rows, "id,name\nfalse,\"two\nlines\"\ntrue,\"two\nlines\"\n");
}

#[test]
fn widening_what_is_published_is_refused_naming_both() {
    let world = World::empty();
    world.write("workbench.toml", "[sources.orders]\npath = \"raw/*.csv\"\n");
    world.write(
        "sql/features/orders.sql",
        "/*\ndescription = \"Orders.\"\nkey = [\"id\"]\n*/\nSELECT id, size FROM raw.orders\n",
    );
    world.write("raw/1.csv", "id,size\n1,7\n");
    world.run(&["export"]).ok();
    let before = world.published("output");
    world.write("raw/2.csv", "id,size\n2,7.5\n");
    for command in ["plan", "export"] {
        let refused = world.run(&[command]).expect(3);
        for name in [
            "`size`",
            "`orders`",
            "`raw/2.csv`",
            "INTEGER",
            "DECIMAL(18,1)",
        ] {
            assert!(
                refused.stderr.contains(name),
                "{command}: {name} in {}",
                refused.stderr
            );
        }
    }
    assert_eq!(world.published("output"), before);
    // The author says that readers know.
    world.write(
        "sql/features/orders.sql",
        "/*\ndescription = \"Orders.\"\nkey = [\"id\"]\nversion = 2\n*/\nSELECT id, size FROM raw.orders\n",
    );
    world.run(&["export"]).ok();
    assert_eq!(
        world.query("SELECT size FROM raw.orders ORDER BY 1"),
        "size\n7.0\n7.5\n"
    );
}
