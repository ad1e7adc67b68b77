//! `workbench diff` of two snapshots, against a full outer join by hash of the
//! same files in the bare engine: the same columns compared, the same counts.
//!
//! All run as processes of their own, in turn, and what counts is the ratio of
//! their medians. `diff` also tells how every column moved, which the join does
//! not: `told` is the join and the same figures by SQL. `counts` is a diff that only
//! counts, as the join does.
//!
//!     cargo bench --bench diff -- [--rows N] [--runs N]

#[path = "measured/arguments.rs"]
mod arguments;
mod measured;

use std::path::{Path, PathBuf};
use std::process::Command;

use arguments::number;
use measured::{Run, measure, median};
use serde_json::Value;

const DAYS: [&str; 2] = ["2024-11-01", "2024-11-02"];

const CONFIG: &str = r#"[project]
name = "bench"
[sources.nothing]
path = "raw/*.csv"
load = "append"
[sources.nothing.columns]
id = "BIGINT"
"#;

/// On the second day 0.5 % of the rows are new, 0.5 % are gone and 1 % changed.
const DATASET: &str = r#"/*
description = "Payments, made up."
key = ["payment_id"]
*/
WITH days AS (SELECT run_date() = DATE '2024-11-02' AS is_second),
payments AS (SELECT range AS id, (range * 2654435761) % 1000003 AS r FROM range(0, ROWS))
SELECT
  id AS payment_id,
  r % 250000 AS account_id,
  'Company ' || (r % 250000) || ' & Daughters' AS company_name,
  ['open', 'paid', 'late', 'void', 'held'][1 + (r % 5 + (is_second AND id % 200 = 3)::INTEGER) % 5] AS status,
  DATE '2020-01-01' + (r % 1800)::INTEGER AS issued,
  (r % 97)::INTEGER AS quantity,
  (r * 7 % 1000000 / 100)::DECIMAL(18,2) AS price,
  CASE WHEN r % 50 = 0 THEN NULL ELSE r * 1.0000123 + (is_second AND id % 100 = 3)::INTEGER END::DOUBLE AS amount
FROM payments, days
WHERE NOT (is_second AND id % 200 = 11) AND NOT (NOT is_second AND id % 200 = 7)
"#;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, before, after] = args.as_slice()
        && (flag == "--bare" || flag == "--told")
    {
        return bare(before, after, flag == "--told");
    }
    let rows = number("--rows", 10_000_000);
    let runs = number("--runs", 5) as usize;
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!("publishing two days of {rows} rows …");
    let files = publish(folder.path(), rows);
    let mut all_runs: [Vec<Run>; 4] = Default::default();
    // The first of each is not counted: it warms the file cache.
    for run in 0..=runs {
        let (join, expected) = run_bare(&files, "--bare");
        let (told, _) = run_bare(&files, "--told");
        let (counts, _) = measure(of_diff(folder.path(), true));
        let (diff, found) = run_diff(folder.path());
        assert_eq!(expected, found, "the join and the diff disagree");
        println!(
            "{:>8}  join {join}  told {told}  counts {counts}  diff {diff}",
            if run == 0 { "warm-up" } else { "" }
        );
        if run > 0 {
            for (all, one) in all_runs.iter_mut().zip([join, told, counts, diff]) {
                all.push(one);
            }
        }
    }
    report(&all_runs);
}

/// Makes a project and exports two days. Returns their files.
fn publish(project: &Path, rows: u64) -> [PathBuf; 2] {
    let write = |path: &str, text: &str| {
        let path = project.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("workbench.toml", CONFIG);
    write("raw/nothing.csv", "id\n1\n");
    let dataset = DATASET.replace("ROWS", &rows.to_string());
    write("sql/features/payments.sql", &dataset);
    DAYS.map(|day| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
        command
            .args(["export", "--date", day, "-q", "-C"])
            .arg(project);
        assert!(command.status().expect("it runs").success());
        let number = &day[8..];
        project.join(format!(
            "output/payments/ingest_year=2024/ingest_month=11/ingest_day={number}/part-0.parquet"
        ))
    })
}

/// The join by hand, in this process; `told`: and how the columns of both sides moved.
fn bare(before: &str, after: &str, told: bool) {
    let connection = duckdb::Connection::open_in_memory().expect("a database");
    let columns = [
        "account_id",
        "company_name",
        "status",
        "issued",
        "quantity",
        "price",
        "amount",
    ];
    let differs = |column: &&str| format!("b.{column} IS DISTINCT FROM a.{column}");
    let any: Vec<String> = columns.iter().map(&differs).collect();
    let any = any.join(" OR ");
    let both = "b.payment_id IS NOT NULL AND a.payment_id IS NOT NULL";
    let per_column: Vec<String> = columns
        .iter()
        .map(|c| format!("count(*) FILTER (WHERE {both} AND {})", differs(c)))
        .collect();
    let sql = format!(
        "SELECT count(*) FILTER (WHERE b.payment_id IS NULL), \
                count(*) FILTER (WHERE a.payment_id IS NULL), \
                count(*) FILTER (WHERE {both} AND ({any})), \
                count(*) FILTER (WHERE {both} AND NOT ({any})), {} \
         FROM read_parquet('{before}', hive_partitioning = false) AS b \
         FULL OUTER JOIN read_parquet('{after}', hive_partitioning = false) AS a \
         ON b.payment_id = a.payment_id",
        per_column.join(", ")
    );
    let plan: String = connection
        .query_row(&format!("EXPLAIN {sql}"), [], |row| row.get(1))
        .expect("a plan");
    assert!(
        plan.to_uppercase().replace("_", " ").contains("HASH JOIN"),
        "{plan}"
    );
    let counts: Vec<i64> = connection
        .query_row(&sql, [], |row| {
            (0..4 + columns.len()).map(|at| row.get(at)).collect()
        })
        .expect("the join runs");
    for file in [before, after].into_iter().filter(|_| told) {
        let figures = ["account_id", "quantity", "price", "amount"].map(|c| {
            format!("avg({c}), min({c}), max({c}), quantile_cont({c}, [0.25, 0.5, 0.75])")
        });
        let from = format!("FROM read_parquet('{file}', hive_partitioning = false)");
        let days = "min(issued), max(issued), quantile_disc(issued, [0.25, 0.5, 0.75])";
        let values = ["company_name", "status"].map(|c| {
            format!("SELECT {c}, count(*) AS n {from} GROUP BY {c} ORDER BY n DESC LIMIT 10")
        });
        let all = [format!("SELECT {}, {days} {from}", figures.join(", "))];
        for sql in all.iter().chain(&values) {
            let mut statement = connection.prepare(sql).expect("SQL");
            let mut rows = statement.query([]).expect("rows");
            while rows.next().expect("a row").is_some() {}
        }
    }
    println!("{}", serde_json::to_string(&counts).expect("numbers"));
}

/// Added, removed, changed, unchanged, and rows that changed per column.
type Counts = Vec<u64>;

fn run_bare(files: &[PathBuf; 2], which: &str) -> (Run, Counts) {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg(which).args(files);
    let (run, stdout) = measure(command);
    (run, serde_json::from_slice(&stdout).expect("numbers"))
}

fn of_diff(project: &Path, only_counts: bool) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
    command
        .args([
            "diff", "payments", DAYS[0], DAYS[1], "--format", "json", "-q", "-C",
        ])
        .arg(project);
    if only_counts {
        command.args(["--rows", "--limit", "0"]);
    }
    command
}

fn run_diff(project: &Path) -> (Run, Counts) {
    let (run, stdout) = measure(of_diff(project, false));
    let found: Value = serde_json::from_slice(&stdout).expect("a document");
    let rows =
        ["added", "removed", "changed", "unchanged"].map(|name| found["rows"][name].as_u64());
    let columns = found["columns"].as_array().into_iter().flatten();
    let columns = columns.map(|column| column["changed"].as_u64());
    let counts = rows.into_iter().chain(columns);
    (run, counts.map(|n| n.expect("a number")).collect())
}

fn report([join, told, counts, diff]: &[Vec<Run>; 4]) {
    let of = |runs: &[Run], figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    println!(
        "\n{:<10} {:>8} {:>8} {:>7} {:>8} {:>8} {:>7} {:>7}",
        "median of", "join", "counts", "of join", "told", "diff", "of join", "of told"
    );
    let line = |name: &str, figure: fn(&Run) -> f64| {
        let [join, told, counts, diff] = [join, told, counts, diff].map(|runs| of(runs, figure));
        println!(
            "{name:<10} {join:>8.2} {counts:>8.2} {:>7.2} {told:>8.2} {diff:>8.2} {:>7.2} {:>7.2}",
            counts / join,
            diff / join,
            diff / told
        );
    };
    line("wall s", |r| r.wall.as_secs_f64());
    line("cpu s", |r| r.cpu.as_secs_f64());
    line("peak MB", |r| r.peak as f64 / 1e6);
}
