//! Completion, as the shells ask for it.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::world::World;

/// What is offered for the last word, by the program itself.
fn offered(world: &World, words: &[&str]) -> Vec<String> {
    let mut args = vec!["--", "workbench"];
    args.extend(words);
    let mut command = world.command(&args);
    let output = command.env("WORKBENCH_COMPLETE", "bash").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn world() -> World {
    let world = World::shop();
    world.run(&["export", "--date", "2024-11-01"]).ok();
    let sql = std::fs::read_to_string(world.path("sql/features/orders.sql")).unwrap();
    world.write(
        "sql/features/orders.sql",
        &sql.replace("staging.orders", "staging.orders WHERE true"),
    );
    world.run(&["export"]).ok();
    world
}

#[test]
fn names_are_those_of_the_project() {
    let world = world();
    let all = |words: &[&str]| offered(&world, words);
    assert_eq!(all(&["cata"]), ["catalog"]);
    assert_eq!(
        all(&["bookmarks", "reset", ""])[..2],
        ["customers", "orders"]
    );
    assert_eq!(all(&["export", "--only", "c"]), ["customer_level"]);
    assert_eq!(
        all(&["export", "--date", "2024"]),
        ["2024-11-03", "2024-11-01"]
    );
    assert_eq!(all(&["runs", "show", ""])[..2], ["2", "1"]);
    assert_eq!(
        all(&["query", "SELECT 1", "--as-of", ""]),
        ["latest", "latest~1", "2024-11-03", "2024-11-01", "2", "1"]
    );
    assert_eq!(
        all(&["query", "SELECT 1", "--as-of=latest~"]),
        ["--as-of=latest~1"]
    );
    assert_eq!(
        all(&["catalog", "features."]),
        ["features.customer_level", "features.orders"]
    );
    assert_eq!(all(&["catalog", "cust"]), ["customer_level", "customers"]);
    assert_eq!(
        all(&["transforms", "show", "ch"]),
        ["checks.no_negative_amount"]
    );
    assert_eq!(
        all(&["transforms", "show", "features.orders@"]),
        [
            "features.orders@latest",
            "features.orders@2",
            "features.orders@1"
        ]
    );
    assert_eq!(
        all(&[
            "transforms",
            "diff",
            "features.orders@1",
            "features.orders@2"
        ]),
        ["features.orders@2"]
    );
    assert_eq!(all(&["completions", ""])[..3], ["bash", "zsh", "fish"]);
    for option in ["--date", "--from", "--to"] {
        assert_eq!(
            all(&["export", option, "2024-11-0"]),
            ["2024-11-03", "2024-11-01"]
        );
    }
    assert_eq!(
        all(&["bookmarks", "rewind", "orders", "--to", ""])[..2],
        ["2", "1"]
    );
    assert_eq!(all(&["quarantine", "replay", "c"]), ["customers"]);
    // Of another project, named on the line.
    let elsewhere = World::empty();
    let root = world.dir.path().to_str().unwrap();
    for given in [&["-C", root][..], &["--project", root]] {
        let words = [given, &["catalog", "raw."]].concat();
        assert_eq!(offered(&elsewhere, &words), ["raw.customers", "raw.orders"]);
    }
}

/// Wherever a snapshot is named.
#[test]
fn days_and_moments_are_those_that_are_published() {
    let world = world();
    let all = |words: &[&str]| offered(&world, words);
    let datasets = ["customer_level", "orders"];
    let moments = ["latest", "latest~1", "2024-11-03", "2024-11-01", "2", "1"];
    assert_eq!(all(&["diff", ""])[..2], datasets);
    assert_eq!(all(&["diff", "orders", ""])[..6], moments);
    assert_eq!(all(&["diff", "orders", "latest~1", ""])[..6], moments);
    assert_eq!(all(&["diff", "orders", "--rows", "latest~"]), ["latest~1"]);
    assert_eq!(all(&["snapshots", "o"]), ["orders"]);
    assert_eq!(all(&["snapshots", "list", "c"]), ["customer_level"]);
    assert_eq!(all(&["snapshots", "--as-of", ""]), ["2", "1"]);
    assert_eq!(
        all(&["snapshots", "drop", "2024"]),
        ["2024-11-03", "2024-11-01"]
    );
    assert_eq!(
        all(&["snapshots", "drop", "2024-11-03", "orders", ""])[..2],
        datasets
    );
    world
        .run(&["snapshots", "drop", "2024-11-01", "--yes"])
        .ok();
    assert_eq!(all(&["snapshots", "drop", "2024"]), ["2024-11-03"]);
    // What was dropped is what is put back; as a run that published it.
    let restore = |words: &[&str]| all(&[&["snapshots", "restore"], words].concat());
    assert_eq!(restore(&["2024"]), ["2024-11-01", "2024-11-03"]);
    assert_eq!(restore(&["2024-11-01", "c"]), ["customer_level"]);
    assert_eq!(restore(&["2024-11-01", "--run", ""]), ["1"]);
    assert_eq!(restore(&["--run", ""]), ["2", "1"]);
    assert_eq!(all(&["snapshots", "--as-of", ""]), ["3", "2", "1"]);
}

#[test]
fn whatever_is_wrong_is_kept_quiet() {
    let empty = World::empty();
    assert_eq!(offered(&empty, &["catalog", "x"]), [""; 0]);
    let world = world();
    for broken in ["workbench.toml", ".workbench/state.db"] {
        world.write(broken, "no such thing");
        assert_eq!(offered(&world, &["runs", "show", "1"]), [""; 0]);
    }
}

/// A tab must not be waited for.
#[test]
fn it_is_quick() {
    let world = world();
    offered(&world, &["catalog", ""]);
    let took = (0..20).map(|_| {
        let began = Instant::now();
        offered(&world, &["transforms", "show", "features.orders@"]);
        began.elapsed()
    });
    // Others may be at work on the machine.
    let least = took.min().unwrap();
    assert!(least < Duration::from_millis(50), "{least:?}");
}

/// A shell on a terminal of its own, typed into.
struct Typist {
    input: std::process::ChildStdin,
    child: std::process::Child,
    seen: Arc<Mutex<String>>,
}

impl Typist {
    /// None if the shell, or what gives it a terminal, is not there.
    fn at(world: &World, shell: &str, start: &str) -> Option<Self> {
        for program in ["script", shell] {
            if !is_there(program) {
                eprintln!(
                    "NOT TESTED: `{program}` is missing, and so is what {shell} does with it"
                );
                return None;
            }
        }
        let bin = Path::new(env!("CARGO_BIN_EXE_workbench")).parent().unwrap();
        let mut child = Command::new("script")
            .args(["-qfec", start, "/dev/null"])
            .current_dir(world.dir.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("HOME", world.dir.path())
            .env("TERM", "dumb")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let seen = Arc::new(Mutex::new(String::new()));
        let (mut output, shared) = (child.stdout.take().unwrap(), seen.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..n]);
                shared.lock().unwrap().push_str(&text);
            }
        });
        Some(Self {
            input: child.stdin.take().unwrap(),
            child,
            seen,
        })
    }

    fn type_in(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    fn wait_for(&self, wanted: &str) -> String {
        let began = Instant::now();
        loop {
            let seen = self.seen.lock().unwrap().clone();
            if seen.contains(wanted) {
                return seen;
            }
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "`{wanted}` does not come: {seen:?}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types a line with a tab at its end; returns what the shell makes of it.
    fn completed(&mut self, line: &str) -> String {
        self.seen.lock().unwrap().clear();
        self.type_in(&format!("{line}\t"));
        // What comes before the shell has answered would be typed into the answer.
        std::thread::sleep(Duration::from_millis(300));
        // To the beginning of the line: it is printed, and not run.
        self.type_in("\u{1}printf '<%s>' \u{5} '#'\r");
        let seen = self.wait_for("<#>");
        let line = seen.rsplit_once("<printf").map_or(&*seen, |(_, rest)| rest);
        let words = line.split('<').skip(1).filter_map(|w| w.split_once('>'));
        let words: Vec<&str> = words.map(|(word, _)| word).filter(|w| *w != "#").collect();
        words.join(" ").replace("%s ", "")
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_there(program: &str) -> bool {
    ["/usr/bin", "/bin", "/usr/local/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

/// Bash breaks words at `@`, `=` and `:`, and puts in place only what stands behind.
const LINES: [(&str, &str); 9] = [
    ("workbench cata", "workbench catalog"),
    (
        "workbench catalog features.cus",
        "workbench catalog features.customer_level",
    ),
    (
        "workbench transforms show features.orders@l",
        "workbench transforms show features.orders@latest",
    ),
    (
        "workbench transforms diff features.orders@1 features.orders@la",
        "workbench transforms diff features.orders@1 features.orders@latest",
    ),
    (
        "workbench query 'SELECT 1' --as-of=latest~",
        "workbench query SELECT 1 --as-of=latest~1",
    ),
    (
        "workbench export --date 2024-11-03 --only cu",
        "workbench export --date 2024-11-03 --only customer_level",
    ),
    (
        "workbench diff orders latest~1 la",
        "workbench diff orders latest~1 latest",
    ),
    (
        "workbench snapshots drop 2024-11-03 ord",
        "workbench snapshots drop 2024-11-03 orders",
    ),
    (
        "workbench quarantine show cu",
        "workbench quarantine show customers",
    ),
];

#[test]
fn bash_completes_what_is_typed() {
    let world = world();
    let Some(mut bash) = Typist::at(&world, "bash", "bash --noprofile --norc -i") else {
        return;
    };
    bash.type_in("PS1='> '; source <(workbench completions bash); echo read''y\r");
    bash.wait_for("ready");
    for (typed, expected) in LINES {
        assert_eq!(bash.completed(typed), expected, "{typed}");
    }
}

#[test]
fn zsh_completes_what_is_typed() {
    let world = world();
    let Some(mut zsh) = Typist::at(&world, "zsh", "zsh -f -i") else {
        return;
    };
    zsh.type_in(
        "PS1='> '; bindkey -e; autoload -U compinit; compinit -u -D; \
         source <(workbench completions zsh); echo read''y\r",
    );
    zsh.wait_for("ready");
    for (typed, expected) in LINES {
        assert_eq!(zsh.completed(typed), expected, "{typed}");
    }
}

#[test]
fn fish_completes_what_is_typed() {
    if !is_there("fish") {
        eprintln!("NOT TESTED: `fish` is missing, and so is what it completes");
        return;
    }
    let world = world();
    let bin = Path::new(env!("CARGO_BIN_EXE_workbench")).parent().unwrap();
    for (typed, expected) in LINES {
        let script = format!(
            "workbench completions fish | source; complete --do-complete {:?}",
            typed
        );
        let output = Command::new("fish")
            .args(["--no-config", "-c", &script])
            .current_dir(world.dir.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("HOME", world.dir.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let first = text.lines().next().unwrap_or_default();
        let value = first.split('\t').next().unwrap_or_default();
        assert!(
            expected.ends_with(value) && !value.is_empty(),
            "{typed}: {output:?}"
        );
    }
}
