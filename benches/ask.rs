//! Queries of the app: how long the smallest takes, what many rows cost in time and
//! memory, how soon their first ones are there, and how soon a cancel is felt.
//!
//!     cargo bench --bench ask -- [--rows N] [--runs N]
//!
//! 100 million rows by default.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[path = "measured/arguments.rs"]
mod arguments;

use arguments::number;

use workbench::browse::answers::Answers;
use workbench::browse::{Browser, Table, View};
use workbench::model::interrupt::Interrupt;
use workbench::model::progress::Silent;
use workbench::pipeline::asker::{Answered, Asker, Heard, Question};
use workbench::workbench::{Surroundings, Workbench};

fn main() {
    let (rows, runs) = (number("--rows", 100_000_000), number("--runs", 50));
    let folder = tempfile::tempdir().expect("a folder");
    let (browser, asker) = opened(folder.path());
    smallest(&asker, runs);
    let nothing = memory("VmRSS:");
    let table = many(&asker, rows);
    println!(
        "kept in                {} MB",
        size(folder.path()) / 1_000_000
    );
    pages(&browser, &table);
    println!(
        "memory beyond nothing: {} MB now, {} MB at most",
        memory("VmRSS:").saturating_sub(nothing) / 1_000_000,
        memory("VmHWM:").saturating_sub(nothing) / 1_000_000
    );
    cancels(&asker, runs.min(20));
}

fn opened(folder: &Path) -> (Browser, Asker) {
    std::fs::write(
        folder.join("workbench.toml"),
        "[sources.x]\npath = \"x.csv\"\n",
    )
    .expect("a file");
    let surroundings = Surroundings {
        progress: Arc::new(Silent),
        interrupt: Interrupt::default(),
        host: "here".to_owned(),
        clock: Arc::new(chrono::Utc::now),
    };
    let workbench = Workbench::open(folder, surroundings).expect("a project");
    let browser = workbench.browser().expect("a browser");
    let answers = Answers::open(&folder.join("answers")).expect("a folder");
    let asker = workbench.asker(browser.clone(), Some(Arc::new(answers)));
    (browser, asker)
}

fn question(sql: &str) -> Question {
    Question {
        sql: sql.to_owned(),
        params: Vec::new(),
        measures: false,
        as_of: None,
    }
}

fn smallest(asker: &Asker, runs: u64) {
    let mut took = Vec::new();
    for run in 0..=runs {
        let began = Instant::now();
        let answered = asker.answer(&question("SELECT 1"), &Interrupt::default(), &|_| {});
        answered.expect("an answer");
        if run > 0 {
            took.push(ms(began.elapsed()));
        }
    }
    println!("`SELECT 1`:            {}", spread(took));
}

fn many(asker: &Asker, rows: u64) -> Arc<Table> {
    let sql = format!(
        "SELECT x AS id, x * 7 % 1000003 AS value, x / 3.0 AS ratio, 'name ' || (x % 100000) AS name \
         FROM range({rows}) AS r(x)"
    );
    let began = Instant::now();
    let first = Mutex::new(None);
    let tell = |heard| {
        if matches!(heard, Heard::First(_)) {
            first.lock().expect("it").get_or_insert(began.elapsed());
        }
    };
    let answered = asker.answer(&question(&sql), &Interrupt::default(), &tell);
    let Ok(Answered::Rows(table, ..)) = answered else {
        panic!("{answered:?}");
    };
    let first = first.lock().expect("it").expect("first rows");
    println!("first of {rows} rows: {:.1} ms", ms(first));
    println!(
        "all of them:           {:.1} s",
        began.elapsed().as_secs_f64()
    );
    table
}

fn pages(browser: &Browser, table: &Arc<Table>) {
    let never = Interrupt::default();
    let mut took = Vec::new();
    for n in 0..200 {
        let first = n * 2_654_435_761 % (table.rows / 128).max(1) * 128;
        let began = Instant::now();
        let page = browser.page(table, &View::default(), None, first..first + 128, &never);
        let page = page.expect("a page");
        assert_eq!(page.rows[0][0], Some(first.to_string()));
        took.push(ms(began.elapsed()));
    }
    println!("any page:              {}", spread(took));
}

fn cancels(asker: &Asker, runs: u64) {
    let heavy = "SELECT a.range * b.range AS x FROM range(1000000) AS a, range(1000000) AS b ORDER BY x DESC";
    let light = "SELECT x FROM range(1000000000) AS r(x)";
    for (what, sql) in [("sorting", heavy), ("streaming", light)] {
        let mut took = Vec::new();
        for run in 0..runs {
            let interrupt = Interrupt::default();
            let asked = Mutex::new(Instant::now());
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(20 + run * 37));
                    *asked.lock().expect("it") = Instant::now();
                    interrupt.request();
                });
                let answered = asker.answer(&question(sql), &interrupt, &|_| {});
                assert!(answered.is_err());
            });
            took.push(ms(asked.lock().expect("it").elapsed()));
        }
        println!("cancelled, {what}: {}", spread(took));
    }
}

fn size(folder: &Path) -> u64 {
    let all = walkdir::WalkDir::new(folder).into_iter().flatten();
    all.filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum()
}

/// Of this process, in bytes.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Median, and most.
fn spread(mut took: Vec<f64>) -> String {
    took.sort_by(f64::total_cmp);
    let (median, most) = (took[took.len() / 2], took[took.len() - 1]);
    format!("median {median:.1} ms, most {most:.1}")
}
