//! `workbench doctor`: each planted damage is found by the check that should, is
//! mended if that is safe, and looking changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::world::{Ended, World, walk};

/// A project with two published days, one of them published twice.
fn published() -> World {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.deliver_more();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.run(&["export"]).ok();
    world
}

fn doctor(world: &World, args: &[&str]) -> (Ended, Value) {
    let all = [&["doctor", "--format", "json"], args].concat();
    let ended = world.run(&all);
    let document = ended.json();
    (ended, document)
}

/// The checks that found something, with their verdicts.
fn found(document: &Value) -> BTreeMap<String, String> {
    let checks = document["checks"].as_array().unwrap().iter();
    checks
        .map(|c| (text(&c["check"]), text(&c["verdict"])))
        .filter(|(_, verdict)| verdict == "warning" || verdict == "error")
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Every file below a folder and its hash. SQLite's index of its log is left out:
/// whoever reads marks there how far he has come.
fn tree(root: &Path) -> BTreeMap<PathBuf, String> {
    let files = walk(root).into_iter();
    let files = files.filter(|f| !f.to_string_lossy().ends_with("state.db-shm"));
    files
        .map(|file| {
            let bytes = fs::read(&file).unwrap();
            let seen = file.metadata().unwrap();
            let modified = seen.modified().unwrap();
            let told = format!("{} {modified:?}", blake3::hash(&bytes).to_hex());
            (file.strip_prefix(root).unwrap().to_owned(), told)
        })
        .collect()
}

/// A folder as a whole: also folders without files.
fn folders(root: &Path) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let all = all.map(|e| e.unwrap()).filter(|e| e.file_type().is_dir());
    all.map(|e| e.into_path()).collect()
}

/// Copies a project as a backup does: files with two names still have them.
fn copy(from: &Path, to: &Path) {
    let from = format!("{}/.", from.display());
    let copied = Command::new("cp").args(["-a", &from]).arg(to).status();
    assert!(copied.unwrap().success());
}

type Damage = fn(&World);

/// What is planted, the check that must find it and how, and whether `--fix` mends it.
struct Planted {
    name: &'static str,
    damage: Damage,
    check: &'static str,
    verdict: &'static str,
    /// Only by hashing contents.
    deep: bool,
    mended: bool,
    /// A process died, whose name is still in the lock files.
    died: bool,
}

fn planted(name: &'static str, check: &'static str, damage: Damage) -> Planted {
    Planted {
        name,
        damage,
        check,
        verdict: "error",
        deep: false,
        mended: false,
        died: false,
    }
}

impl Planted {
    fn died(mut self) -> Self {
        self.died = true;
        self
    }

    fn warning(mut self) -> Self {
        self.verdict = "warning";
        self
    }

    fn mended(mut self) -> Self {
        self.mended = true;
        self
    }

    fn deep(mut self) -> Self {
        self.deep = true;
        self
    }
}

const WAREHOUSE: &str = ".workbench/warehouse.duckdb";
const STATE: &str = ".workbench/state.db";
const TARGET: &str = "output/_workbench";

fn edit(world: &World, path: &str, from: &str, to: &str) {
    let path = world.path(path);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    // Documents are linked and read-only; a new file takes the name.
    fs::remove_file(&path).unwrap();
    fs::write(&path, text.replace(from, to)).unwrap();
}

fn sqlite(world: &World, sql: &str) {
    let state = rusqlite::Connection::open(world.path(STATE)).unwrap();
    state.execute_batch(sql).unwrap();
}

fn duckdb(world: &World, sql: &str) {
    let warehouse = duckdb::Connection::open(world.path(WAREHOUSE)).unwrap();
    warehouse.execute_batch(sql).unwrap();
}

fn remove_state(world: &World) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.path(&format!("{STATE}{suffix}")));
    }
}

/// The key of the newest partition of orders, and its object.
fn newest_orders(world: &World) -> (PathBuf, PathBuf) {
    let key = "output/orders/ingest_year=2024/ingest_month=11/ingest_day=04/part-0.parquet";
    let key = world.path(key);
    let hash = blake3::hash(&fs::read(&key).unwrap()).to_hex();
    let object = world.path(&format!("{TARGET}/objects/{hash}.part"));
    assert!(object.exists());
    (key, object)
}

/// Other bytes of the same length in a file of its own.
fn replace(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    let seen = path.metadata().unwrap().modified().unwrap();
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(seen).unwrap();
}

/// Flips a bit in each block behind the headers.
fn flip_bits(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let mut at = 3 * 4096 + 2000;
    while at < bytes.len() {
        bytes[at] ^= 1;
        at += 4096;
    }
    fs::write(path, bytes).unwrap();
}

fn write(world: &World, path: &str) {
    world.write(path, "left\n");
}

fn write_long_ago(world: &World, path: &str) {
    write(world, path);
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(100_000);
    let file = fs::File::options().write(true).open(world.path(path));
    file.unwrap().set_modified(then).unwrap();
}

fn hash(path: &Path) -> String {
    blake3::hash(&fs::read(path).unwrap()).to_hex().to_string()
}

fn damages() -> Vec<Planted> {
    vec![
        planted("a key that is not known", "project", |w| {
            edit(w, "workbench.toml", "load = \"append\"", "laod = \"append\"");
        }),
        planted("no project file", "project", |w| {
            fs::remove_file(w.path("workbench.toml")).unwrap();
        }),
        planted("SQL that does not parse", "sql", |w| {
            edit(w, "sql/staging/orders.sql", "SELECT", "SELEKT");
        }),
        planted("a file in place of a folder", "permissions", |w| {
            fs::rename(w.path(".workbench/logs"), w.path("logs")).unwrap();
            write(w, ".workbench/logs");
        }),
        planted("a lock of somebody who died", "locks", |w| {
            let holder = r#"{"pid":4000000,"command":"workbench export","since":"2024-11-03T09:00:00Z"}"#;
            w.write(".workbench/lock", holder);
        })
        .warning()
        .mended(),
        planted("a target's lock of somebody who died", "locks", |w| {
            w.write(&format!("{TARGET}/lock"), "workbench, pid 4000000\n");
        })
        .warning()
        .mended(),
        planted("no state", "state", remove_state),
        planted("a state that is none", "state", |w| {
            remove_state(w);
            w.write(STATE, &"no database ".repeat(1000));
        }),
        planted("no warehouse", "warehouse", |w| {
            fs::remove_file(w.path(WAREHOUSE)).unwrap();
        }),
        planted("a log without its warehouse", "warehouse", |w| {
            fs::rename(w.path(WAREHOUSE), w.path(&format!("{WAREHOUSE}.wal"))).unwrap();
        }),
        planted("a warehouse that is none", "warehouse", |w| {
            w.write(WAREHOUSE, &"no database ".repeat(10_000));
        }),
        planted("an event that was changed", "warehouse", |w| {
            duckdb(w, "UPDATE ledger.events SET event = replace(event, 'orders_1', 'orders_9') WHERE seq = 2");
        }),
        planted("bits that flipped", "warehouse", |w| flip_bits(&w.path(WAREHOUSE))),
        planted("rows that were deleted", "warehouse", |w| {
            duckdb(w, "DELETE FROM intervals.orders WHERE order_id = 11");
        }),
        planted("a raw table that was dropped", "warehouse", |w| {
            duckdb(w, "DROP VIEW raw.orders; DROP TABLE intervals.orders");
        }),
        planted("a key twice", "warehouse", |w| {
            duckdb(w, "INSERT INTO intervals.customers SELECT * FROM intervals.customers WHERE _wb_retired IS NULL LIMIT 1");
        })
        .deep(),
        planted("a commit that is gone", "target", |w| {
            fs::remove_file(w.path(&format!("{TARGET}/commits/000000000001.json"))).unwrap();
        }),
        planted("a commit that cannot be read", "target", |w| {
            edit(w, &format!("{TARGET}/commits/000000000002.json"), "\"seq\"", "\"sqe\"");
        }),
        planted("a commit that was changed", "target", |w| {
            edit(w, &format!("{TARGET}/commits/000000000001.json"), "workbench 0", "Workbench 0");
        }),
        planted("an event of a commit that was changed", "target", |w| {
            edit(w, &format!("{TARGET}/commits/000000000003.json"), "planned_on\\\":\\\"2024-11-04", "planned_on\\\":\\\"2024-11-05");
        }),
        planted("an intent that is gone", "target", |w| {
            fs::remove_file(w.path(&format!("{TARGET}/intents/000000000001.json"))).unwrap();
        }),
        planted("no owner", "target", |w| {
            fs::remove_file(w.path(&format!("{TARGET}/owner.json"))).unwrap();
        }),
        planted("a target that is away", "target", |w| {
            fs::rename(w.path("output"), w.path("away")).unwrap();
        }),
        planted("another project's warehouse", "agreement", |w| {
            duckdb(w, "UPDATE ledger.project SET id = 'another'");
        }),
        planted("an older state", "agreement", |w| {
            sqlite(w, "DELETE FROM bookmarks_end");
        })
        .warning()
        .mended(),
        planted("bookmarks that were changed", "agreement", |w| {
            sqlite(w, "UPDATE input_files SET standing = 'retracted'");
        })
        .warning()
        .mended(),
        planted("snapshots that were changed", "agreement", |w| {
            sqlite(w, "DELETE FROM snapshots WHERE dataset = 'orders'");
        })
        .warning()
        .mended(),
        planted("an older warehouse", "agreement", |w| {
            sqlite(
                w,
                "INSERT INTO runs SELECT 9, status, ingest_date, planned_on, known_run, target_id, target_url,
                     started, finished, error, summary, 99, token, target_seq, program, engine, kind
                 FROM runs WHERE number = 3",
            );
        }),
        planted("a run that died early", "runs", |w| {
            assert_eq!(w.run_with(&["export", "--date", "2024-11-02"], "output-staged=abort").signal, Some(6));
        })
        .died()
        .warning()
        .mended(),
        planted("a run that died late", "runs", |w| {
            assert_eq!(w.run_with(&["export", "--date", "2024-11-02"], "partition-renamed=abort").signal, Some(6));
        })
        .died()
        .warning()
        .mended(),
        planted("the newest commit is gone", "runs", |w| {
            fs::remove_file(w.path(&format!("{TARGET}/commits/000000000003.json"))).unwrap();
        })
        .warning()
        .mended(),
        planted("a checkpoint that cannot be read", "checkpoints", |w| {
            write(w, &format!("{TARGET}/checkpoints/000000000002.json"));
        })
        .mended(),
        planted("a checkpoint of no commit", "checkpoints", |w| {
            write(w, &format!("{TARGET}/checkpoints/000000000064.json"));
        })
        .mended(),
        planted("a partition that is gone", "partitions", |w| {
            fs::remove_file(newest_orders(w).0).unwrap();
        })
        .mended(),
        planted("a partition that was replaced", "partitions", |w| {
            let (key, _) = newest_orders(w);
            fs::remove_file(&key).unwrap();
            fs::write(&key, "other bytes").unwrap();
        })
        .mended(),
        planted("a partition of other bytes", "partitions", |w| {
            replace(&newest_orders(w).0);
        })
        .mended(),
        planted("a kept object that is gone", "partitions", |w| {
            fs::remove_file(newest_orders(w).1).unwrap();
        })
        .warning()
        .mended(),
        planted("a kept object of other bytes", "partitions", |w| {
            replace(&newest_orders(w).1);
        })
        .warning()
        .deep()
        .mended(),
        planted("the bytes of a day that was replaced", "partitions", |w| {
            let commit = fs::read_to_string(w.path(&format!("{TARGET}/commits/000000000001.json"))).unwrap();
            let commit: Value = serde_json::from_str(&commit).unwrap();
            let hash = text(&commit["partitions"][1]["blake3"]);
            fs::remove_file(w.path(&format!("{TARGET}/objects/{hash}.part"))).unwrap();
        })
        .warning(),
        planted("an object that nobody names", "objects", |w| {
            let hash = blake3::hash(b"nobody").to_hex();
            write(w, &format!("{TARGET}/objects/{hash}.part"));
        })
        .warning()
        .mended(),
        planted("a stranger among the objects", "objects", |w| {
            write(w, &format!("{TARGET}/objects/notes.txt"));
        })
        .warning(),
        planted("a stranger in a dataset's folder", "unknown_files", |w| {
            write(w, "output/orders/ingest_year=2024/copy.parquet");
        }),
        planted("a copy that a load left", "leftovers", |w| {
            write(w, ".workbench/copies/3.good.csv");
        })
        .warning()
        .mended(),
        planted("what an old query put aside", "leftovers", |w| {
            write_long_ago(w, ".workbench/tmp/duckdb_temp_storage-0.tmp");
        })
        .warning()
        .mended(),
        planted("what an app that died was writing", "leftovers", |w| {
            write_long_ago(w, ".workbench/.tabs.json.909.13.part");
        })
        .warning()
        .mended(),
        planted("what a run put aside", "leftovers", |w| {
            write(w, ".workbench/warehouse.duckdb.tmp/0.tmp");
        })
        .warning()
        .mended(),
        planted("a rebuild that died", "leftovers", |w| {
            write(w, ".workbench/rebuild/state.db");
        })
        .warning()
        .mended(),
        planted("files of a run that is over", "leftovers", |w| {
            write(w, &format!("{TARGET}/tmp/1/orders.part"));
        })
        .warning()
        .mended(),
        planted("a document that was not put", "leftovers", |w| {
            write(w, &format!("{TARGET}/tmp/doc-1.part"));
        })
        .warning()
        .mended(),
        planted("a raw file that is gone", "raw_files", |w| {
            fs::remove_file(w.path("raw/orders/orders_1.csv")).unwrap();
        })
        .warning(),
        planted("a raw file that was changed", "raw_files", |w| {
            edit(w, "raw/orders/orders_1.csv", "5.50", "5.51");
        })
        .warning(),
        planted("a raw folder that is gone", "raw_files", |w| {
            fs::remove_dir_all(w.path("raw/orders")).unwrap();
        }),
    ]
}

#[test]
fn a_sound_project_is_sound_and_stays_as_it_is() {
    let world = published();
    let before = (tree(world.dir.path()), folders(world.dir.path()));
    for args in [&[][..], &["--deep"], &["--fix"], &["--deep", "--fix"]] {
        let (ended, document) = doctor(&world, args);
        assert_eq!(found(&document), BTreeMap::new(), "{document:#}");
        ended.ok();
        assert_eq!(document["verdict"], "ok", "{document:#}");
        let after = (tree(world.dir.path()), folders(world.dir.path()));
        assert_eq!(after, before, "{args:?}");
    }
    // And it goes on as if nobody had looked.
    let next = world.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(next["run"], Value::Null);
}

#[test]
fn every_planted_damage_is_found_by_its_check_and_mended_where_that_is_safe() {
    let sound = published();
    for planted in damages() {
        let name = planted.name;
        let world = World {
            dir: tempfile::tempdir().unwrap(),
            today: sound.today.clone(),
        };
        copy(sound.dir.path(), world.dir.path());
        (planted.damage)(&world);
        let before = tree(world.dir.path());
        if planted.deep {
            let (_, document) = doctor(&world, &[]);
            assert_eq!(found(&document), BTreeMap::new(), "{name}: {document:#}");
        }
        let (ended, document) = doctor(&world, &["--deep"]);
        let died = planted.died.then_some(("locks", "warning"));
        let expected = [(planted.check, planted.verdict)].into_iter().chain(died);
        let expected = expected.map(|(check, verdict)| (check.to_owned(), verdict.to_owned()));
        assert_eq!(found(&document), expected.collect(), "{name}: {document:#}");
        let code = if planted.verdict == "error" { 1 } else { 0 };
        ended.expect(code);
        let after = tree(world.dir.path());
        assert_eq!(after, before, "{name}");
        // Each thing that is wrong says what to run.
        for check in document["checks"].as_array().unwrap() {
            for finding in check["findings"].as_array().unwrap() {
                let wrong = finding["verdict"] == "warning" || finding["verdict"] == "error";
                assert!(!wrong || finding["run"].is_string(), "{name}: {finding:#}");
            }
        }

        let live = world.published("output");
        let (_, mended) = doctor(&world, &["--deep", "--fix"]);
        if planted.mended {
            assert_eq!(found(&mended), BTreeMap::new(), "{name}: {mended:#}");
            assert!(!mended["mended"].as_array().unwrap().is_empty(), "{name}");
        } else {
            assert_eq!(found(&mended), found(&document), "{name}: {mended:#}");
        }
        // Nothing that was published went, and nothing that lay in its place.
        let after = world.published("output");
        let right = sound.published("output");
        let removed = world.path(".workbench/removed");
        let removed: Vec<String> = match fs::read_dir(removed) {
            Ok(all) => all.map(|file| hash(&file.unwrap().path())).collect(),
            Err(_) => Vec::new(),
        };
        for (key, was) in &live {
            let is = after.get(key);
            let is_put_back = is == right.get(key) && removed.contains(was);
            assert!(is == Some(was) || is_put_back, "{name}: {key}");
        }
    }
}

/// What programs read does not change silently.
#[test]
fn the_document_has_these_fields() {
    let world = published();
    write(&world, ".workbench/copies/3.good.csv");
    let (_, document) = doctor(&world, &[]);
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let sorted = |mut keys: Vec<String>| {
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(sorted(keys(&document)), "at_work checks mended verdict");
    let checks: Vec<String> = document["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| text(&c["check"]))
        .collect();
    insta::assert_snapshot!(checks.join(" "), @"project sql permissions space locks state warehouse target agreement runs checkpoints partitions objects unknown_files leftovers raw_files");
    assert_eq!(
        sorted(keys(&document["checks"][0])),
        "check findings verdict"
    );
    assert_eq!(
        sorted(keys(&document["checks"][0]["findings"][0])),
        "found mendable run verdict"
    );
    let csv = world.run(&["doctor", "--format", "csv"]).ok().stdout;
    assert!(
        csv.starts_with("check,verdict,found,run,mendable\nproject,ok,"),
        "{csv}"
    );
    assert!(csv.contains("\nleftovers,warning,"), "{csv}");
    let markdown = world.run(&["doctor", "--format", "markdown"]).ok().stdout;
    assert!(markdown.contains("| leftovers | warning |"), "{markdown}");
    // Who wants to hear of trouble only hears of that.
    let quiet = world.run(&["doctor", "--quiet"]).ok().stdout;
    assert!(quiet.starts_with("warning  leftovers"), "{quiet}");
    world.run(&["doctor", "--quiet", "--fix"]).ok();
    assert_eq!(world.run(&["doctor", "--quiet"]).ok().stdout, "");
}

/// What a run has in hand is not judged, and nothing is mended meanwhile.
#[test]
fn a_run_at_work_is_named_and_left_alone() {
    let world = published();
    write(&world, &format!("{TARGET}/checkpoints/000000000064.json"));
    let pause = world.path("paused");
    let mut child = world
        .command_with(
            &["export", "--date", "2024-11-02"],
            &format!("output-staged=pause:{}", pause.display()),
        )
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !pause.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let (ended, document) = doctor(&world, &[]);
    ended.expect(1);
    let at_work = text(&document["at_work"]);
    assert!(
        at_work.contains(&format!("process {}", child.id())),
        "{at_work}"
    );
    assert_eq!(
        found(&document),
        [("checkpoints".to_owned(), "error".to_owned())].into()
    );
    let refused = world.run(&["doctor", "--fix"]).expect(4);
    assert!(
        refused.stderr.contains("`workbench export`"),
        "{}",
        refused.stderr
    );
    fs::remove_file(&pause).unwrap();
    assert!(child.wait().unwrap().success());
    let (ended, document) = doctor(&world, &["--fix"]);
    ended.ok();
    assert_eq!(document["at_work"], Value::Null);
}
