//! What `workbench demo` tells: what it made, and what to type next.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::failure::Failure;
use super::words::{count, grouped, seconds, shell_word};
use super::{export, table};
use crate::model::located::printable;
use crate::model::run::RunNumber;
use crate::model::summary::{DatasetStatus, ExportSummary};

/// One export of the demo.
pub struct Day {
    pub date: NaiveDate,
    /// The path of a file that was taken before, and came with other contents.
    pub again: Option<String>,
    /// What came that sets it apart from others.
    pub event: Option<String>,
    pub summary: ExportSummary,
    /// Set where it was refused.
    pub failure: Option<Failure>,
}

impl Day {
    fn taken(&self, source: &str) -> u64 {
        let all = self.summary.sources.iter();
        all.filter(|s| s.name.as_str() == source && self.failure.is_none())
            .map(|s| s.rows.taken)
            .sum()
    }

    fn is_like_others(&self) -> bool {
        self.event.is_none() && self.failure.is_none()
    }
}

/// The demo, made.
pub struct Made {
    /// The folder as it was typed.
    pub folder: String,
    pub days: Vec<Day>,
    pub seconds: f64,
}

/// Of what the folder says of itself, in columns.
const README_WIDTH: u16 = 100;

/// Something to type, and what it shows.
struct Next {
    shows: String,
    command: String,
}

/// One document: what was made, each export as `export` tells it, what is next.
pub fn json(made: &Made) -> Value {
    let days: Vec<Value> = made
        .days
        .iter()
        .map(|day| {
            let mut document = export::json(&day.summary, day.failure.as_ref());
            document["event"] = json!(day.event);
            document
        })
        .collect();
    let next: Vec<Value> = next(made)
        .iter()
        .map(|next| json!({"shows": next.shows, "command": next.command}))
        .collect();
    json!({
        "folder": made.folder,
        "seconds": made.seconds,
        "days": days,
        "next": next,
        "error": Value::Null,
    })
}

/// For people.
pub fn text(made: &Made, width: Option<u16>) -> String {
    let mut out = format!(
        "Made `{}`: half a year of deliveries, each exported on its own day.\n\
         They bring invoices, their line items, and accounts that are new or changed;\n\
         every fourth a price list. All of it is made up.\n\n",
        printable(&made.folder)
    );
    out += &weeks(made, width);
    out += &format!("\n{}\n\nTo look around:\n", last_line(made));
    for (at, next) in next(made).iter().enumerate() {
        out += &format!("\n    # {}\n    {}\n", next.shows, next.command);
        if at == 0 {
            // It wants a terminal, so a program is not told to run it.
            out += "\n    # the app: any day, and what changed between two\n    workbench\n";
        }
    }
    out
}

/// What the folder says of itself while it is being made.
pub fn unfinished() -> &'static str {
    "# A demo of workbench, unfinished\n\n\
     `workbench demo` was making this folder, and did not come to its end. All in it is made up:\n\
     remove it, and make another.\n"
}

/// What the folder says of itself.
pub fn readme(made: &Made) -> String {
    format!(
        "# A demo of workbench\n\n\
         `workbench demo` made this folder. All in it is made up: change it, break it, remove it.\n\n\
         ```text\n{}```\n",
        text(made, Some(README_WIDTH))
    )
}

fn weeks(made: &Made, width: Option<u16>) -> String {
    let alike = made
        .days
        .chunk_by(|one, next| one.is_like_others() && next.is_like_others());
    let rows = alike
        .filter_map(|days| Some((days, days.first()?, days.last()?)))
        .map(|(days, first, last)| {
            let taken = |source| match days.iter().map(|day| day.taken(source)).sum() {
                0 => "-".to_owned(),
                rows => grouped(rows),
            };
            vec![
                if days.len() == 1 {
                    last.date.to_string()
                } else {
                    format!("… {}", last.date)
                },
                runs(first.summary.run, last.summary.run),
                taken("invoices"),
                taken("accounts"),
                what(days),
            ]
        })
        .collect();
    table::plain(
        &["day", "run", "invoices", "accounts", "what came"],
        &[1, 2, 3],
        rows,
        width,
    )
}

fn runs(first: Option<RunNumber>, last: Option<RunNumber>) -> String {
    match (first, last) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first}–{last}"),
        _ => "-".to_owned(),
    }
}

fn what(days: &[Day]) -> String {
    match days {
        [day] => {
            let refused = day.failure.as_ref().map_or(String::new(), |failure| {
                format!(": refused (exit {}), nothing published", failure.exit as u8)
            });
            let event = day.event.as_deref().unwrap_or("as in other weeks");
            format!("{event}{refused}")
        }
        days => format!("{} like others", count(days.len() as u64, "week")),
    }
}

fn last_line(made: &Made) -> String {
    let published = |day: &Day| {
        let all = day.summary.datasets.iter();
        all.filter(|d| d.status == DatasetStatus::Published && day.failure.is_none())
            .count() as u64
    };
    let files = made.days.iter().map(published);
    let days = files.clone().filter(|files| *files > 0).count() as u64;
    format!(
        "{} published as {} under `output/`, in {}.",
        count(days, "day"),
        count(files.sum(), "Parquet file"),
        seconds(made.seconds)
    )
}

/// Commands that work in what was made.
fn next(made: &Made) -> Vec<Next> {
    let mut all = Vec::new();
    let mut add = |shows: String, command: String| all.push(Next { shows, command });
    add(
        "into the project: workbench.toml, raw/, sql/, output/".to_owned(),
        format!("cd {}", shell_word(&made.folder)),
    );
    if let (Some(first), Some(last)) = (made.days.first(), made.days.last()) {
        add(
            format!(
                "two days of one dataset, side by side: who ordered most since {}",
                first.date
            ),
            format!(
                "workbench query \"
      SELECT account_id, a.company_name, a.feature_total_invoices AS before,
             b.feature_total_invoices AS after
      FROM history.account_level a
      JOIN history.account_level b USING (account_id)
      WHERE a.ingest_date = '{}' AND b.ingest_date = '{}'
      ORDER BY after - before DESC, account_id
      LIMIT 5\"",
                first.date, last.date
            ),
        );
    }
    add(
        "the runs, newest first".to_owned(),
        "workbench runs".to_owned(),
    );
    for day in &made.days {
        if let (Some(run), Some(_)) = (day.summary.run, &day.failure) {
            add(
                "the run that a check refused".to_owned(),
                format!("workbench runs show {run}"),
            );
        }
    }
    for day in &made.days {
        for source in &day.summary.sources {
            if source.rows.quarantined > 0 {
                add(
                    "the row that could not be loaded, and why".to_owned(),
                    format!("workbench quarantine show {}", source.name),
                );
            }
        }
    }
    for day in &made.days {
        for event in &day.summary.schema_events {
            add(
                "the columns of a source, and since when there is a new one".to_owned(),
                format!("workbench catalog {}", event.source),
            );
        }
    }
    add(
        "what was taken of each source".to_owned(),
        "workbench bookmarks".to_owned(),
    );
    for path in made.days.iter().filter_map(|day| day.again.as_ref()) {
        add(
            "the file that came twice, with other contents".to_owned(),
            format!("workbench bookmarks explain {path}"),
        );
    }
    add(
        "what an export would do today, and why; try it after an edit under sql/".to_owned(),
        "workbench plan".to_owned(),
    );
    all
}
