//! `workbench export` into a new project, against the same job by hand.
//!
//! `bare.sql` is frozen: the job as somebody would write it for the same linked
//! engine, with the same SQL, types and checks. Both run as processes of their
//! own, in turn, and what counts is the ratio of their medians.
//!
//!     cargo bench --bench export -- [--invoices N] [--runs N] [--without-checks]

#[path = "measured/arguments.rs"]
mod arguments;
mod measured;

use std::path::{Path, PathBuf};
use std::process::Command;

use arguments::number;
use measured::{Run, measure, median};
use workbench::sample::{SEED, Shape, write_deliveries};

const DAY: &str = "2026-11-23";
const BARE: &str = include_str!("bare.sql");
const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, raw, out, checks] = args.as_slice()
        && flag == "--bare"
    {
        return bare(Path::new(raw), Path::new(out), checks == "checks");
    }
    let invoices = number("--invoices", 1_000_000);
    let runs = number("--runs", 5) as usize;
    let checks = !args.iter().any(|a| a == "--without-checks");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    println!("writing {invoices} invoices in the case study's shape …");
    write_deliveries(&data, &Shape::benchmark(invoices), SEED).expect("the data can be written");
    let mut theirs = Vec::new();
    let mut ours = Vec::new();
    // The first of each is not counted: it warms the file cache.
    for run in 0..=runs {
        let bare = run_bare(folder.path(), &data.join("raw"), checks);
        let export = run_export(folder.path(), &data.join("raw"), checks);
        println!(
            "{:>8}  bare {bare}  export {}",
            if run == 0 { "warm-up" } else { "" },
            export.run
        );
        if run > 0 {
            theirs.push(bare);
            ours.push(export);
        }
    }
    report(&theirs, &ours);
}

/// The job by hand, in this process.
fn bare(raw: &Path, out: &Path, checks: bool) {
    let mut sql = String::new();
    let mut in_checks = false;
    for line in BARE.lines() {
        in_checks = (in_checks || line.starts_with("-- checks:")) && !line.starts_with("-- end");
        if checks || !in_checks {
            sql += line;
            sql.push('\n');
        }
    }
    let sql = sql
        .replace("RAW/", &format!("{}/", raw.display()))
        .replace("OUT/", &format!("{}/", out.display()))
        .replace("'DAY'", &format!("'{DAY}'"));
    let connection = duckdb::Connection::open(out.join("bare.duckdb")).expect("a database");
    connection.execute_batch(&sql).expect("bare.sql runs");
    connection.close().map_err(|(_, e)| e).expect("it closes");
}

/// What an export took, and each of its steps in seconds.
struct Export {
    run: Run,
    steps: Vec<(String, f64)>,
}

fn run_bare(folder: &Path, raw: &Path, checks: bool) -> Run {
    let out = fresh(folder, "bare");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--bare".as_ref(), raw.as_os_str(), out.as_os_str()])
        .arg(if checks { "checks" } else { "none" });
    measure(command).0
}

fn run_export(folder: &Path, raw: &Path, checks: bool) -> Export {
    let project = fresh(folder, "project");
    let config = std::fs::read_to_string(Path::new(REPOSITORY).join("workbench.toml"))
        .expect("workbench.toml")
        .replace("sample_data/raw", &raw.display().to_string());
    std::fs::write(project.join("workbench.toml"), config).expect("a configuration");
    for kind in ["staging", "features", "checks"] {
        if kind == "checks" && !checks {
            continue;
        }
        let to = project.join("sql").join(kind);
        std::fs::create_dir_all(&to).expect("a folder");
        for file in std::fs::read_dir(Path::new(REPOSITORY).join("sql").join(kind)).expect("sql") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
        }
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
    command
        .args([
            "export",
            "--date",
            DAY,
            "--allow-future",
            "--format",
            "json",
            "-C",
        ])
        .arg(&project);
    let (run, stdout) = measure(command);
    let summary: serde_json::Value = serde_json::from_slice(&stdout).expect("a summary");
    assert_eq!(summary["status"], "succeeded", "{summary:#}");
    let steps = summary["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|s| {
            (
                s["step"].as_str().unwrap_or_default().to_owned(),
                s["seconds"].as_f64().unwrap_or_default(),
            )
        })
        .collect();
    Export { run, steps }
}

fn fresh(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder");
    path
}

fn report(theirs: &[Run], exports: &[Export]) {
    let ours: Vec<Run> = exports.iter().map(|e| e.run.clone()).collect();
    let of = |runs: &[Run], figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    println!(
        "\n{:<12} {:>9} {:>9} {:>7}",
        "median of", "bare", "export", "ratio"
    );
    let line = |name: &str, figure: fn(&Run) -> f64| {
        let (bare, export) = (of(theirs, figure), of(&ours, figure));
        let ratio = export / bare;
        println!("{name:<12} {bare:>9.2} {export:>9.2} {ratio:>7.2}");
    };
    line("wall s", |r| r.wall.as_secs_f64());
    line("cpu s", |r| r.cpu.as_secs_f64());
    line("peak MB", |r| r.peak as f64 / 1e6);
    println!("\nexport by step, median s");
    for (at, (step, _)) in exports[0].steps.iter().enumerate() {
        let seconds = median(
            exports
                .iter()
                .filter_map(|e| e.steps.get(at))
                .map(|s| s.1)
                .collect(),
        );
        println!("  {step:<10} {seconds:6.2}");
    }
}
