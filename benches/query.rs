//! The commands that a script calls again and again, over a project with many
//! snapshots: `query`, `snapshots`, `runs`, `catalog`, `transforms`.
//!
//! Whole processes, in turn, medians; beside them `select 1` of the bare engine
//! in a process of its own, and how many files a query over `history` opens.
//!
//!     cargo bench --bench query -- [--days N] [--runs N]

#[path = "measured/arguments.rs"]
mod arguments;
mod measured;

use std::path::Path;
use std::process::Command;

use arguments::number;
use measured::{Run, measure, median};

const FIRST: &str = "2022-01-01";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == "--bare") {
        let connection = duckdb::Connection::open_in_memory().expect("a database");
        let one: i64 = connection
            .query_row("SELECT 1", [], |row| row.get(0))
            .expect("a row");
        println!("{one}");
        return;
    }
    let (days, runs) = (number("--days", 1_000), number("--runs", 21));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let project = folder.path();
    println!("publishing {days} days …");
    write_project(project, days);

    let history = "SELECT sum(amount) FROM history.orders WHERE ingest_date = ";
    let one_day = format!("{history} DATE '{FIRST}'");
    let all_days = "SELECT count(*), sum(amount) FROM history.orders";
    let commands: [(&str, Vec<&str>); 9] = [
        ("bare engine, select 1", vec![]),
        ("query 'select 1'", vec!["query", "select 1"]),
        ("snapshots", vec!["snapshots"]),
        ("runs", vec!["runs"]),
        ("catalog", vec!["catalog"]),
        ("transforms", vec!["transforms"]),
        (
            "query of a dataset",
            vec!["query", "SELECT count(*) FROM features.orders"],
        ),
        ("query of one day of history", vec!["query", &one_day]),
        ("query of all days of history", vec!["query", all_days]),
    ];
    let mut took: Vec<Vec<Run>> = vec![Vec::new(); commands.len()];
    // The first of each is not counted: it warms the file cache.
    for run in 0..=runs {
        for (at, (_, args)) in commands.iter().enumerate() {
            let ran = measure(command(project, args)).0;
            if run > 0 {
                took[at].push(ran);
            }
        }
    }
    println!(
        "\n{:<30} {:>8} {:>8} {:>8}",
        "median of", "wall ms", "cpu ms", "peak MB"
    );
    for ((name, _), runs) in commands.iter().zip(&took) {
        let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
        println!(
            "{name:<30} {:>8.1} {:>8.1} {:>8.1}",
            of(|r| r.wall.as_secs_f64() * 1e3),
            of(|r| r.cpu.as_secs_f64() * 1e3),
            of(|r| r.peak as f64 / 1e6)
        );
    }
    let explained = format!("EXPLAIN ANALYZE {one_day}");
    let (_, plan) = measure(command(project, &["query", "--format", "csv", &explained]));
    let plan = String::from_utf8_lossy(&plan);
    let files = plan.lines().find(|line| line.contains("Files"));
    println!(
        "\none day of history: {}",
        files.unwrap_or("?").trim_matches(['│', ' '])
    );
}

fn command(project: &Path, args: &[&str]) -> Command {
    if args.is_empty() {
        let mut bare = Command::new(std::env::current_exe().expect("this program"));
        bare.arg("--bare");
        return bare;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
    command.args(args).arg("-C").arg(project);
    command
}

/// A small source and one dataset, published for so many days.
fn write_project(project: &Path, days: u64) {
    let write = |path: &str, text: String| {
        let path = project.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let toml = "[sources.orders]\npath = \"raw/*.csv\"\nload = \"append\"\n\n\
                [sources.orders.columns]\nid = \"BIGINT\"\namount = \"DECIMAL(18,2)\"\n";
    write("workbench.toml", toml.to_owned());
    let select = "/*\ndescription = \"Orders.\"\nkey = [\"id\"]\n*/\n\
                  SELECT id, amount FROM raw.orders";
    write("sql/features/orders.sql", select.to_owned());
    let rows: String = (0..300).map(|id| format!("{id},{}.25\n", id * 7)).collect();
    write("raw/orders.csv", format!("id,amount\n{rows}"));
    let first: chrono::NaiveDate = FIRST.parse().expect("a day");
    let last = first + chrono::Days::new(days.saturating_sub(1));
    let mut export = Command::new(env!("CARGO_BIN_EXE_workbench"));
    export
        .args([
            "export",
            "-q",
            "--from",
            FIRST,
            "--to",
            &last.to_string(),
            "-C",
        ])
        .arg(project);
    measure(export);
}
