//! What an export of days in a row tells: a row for each day.

use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use super::listing::{Cell, Listing, number, text as column};
use super::words::{count, grouped, seconds};
use crate::model::run::RunStatus;
use crate::pipeline::range::{Day, Days, Outcome};

/// From the worst on: which exit code an export of many days ends with.
const WORST_FIRST: [Exit; 6] = [
    Exit::Interrupted,
    Exit::TargetTaken,
    Exit::ProjectHeld,
    Exit::Failed,
    Exit::Usage,
    Exit::DataRefused,
];

/// The first day of an error, among how many, and of how many others it is the error
/// too.
fn named(days: &Days, at: usize, others: u64, failure: Failure) -> Failure {
    let day = &days.days[at];
    let and = match others {
        0 => String::new(),
        n => format!(", and {}", count(n, "other")),
    };
    Failure {
        message: format!(
            "{} (day {} of {}{and}): {}",
            day.date,
            at + 1,
            days.days.len(),
            failure.message
        ),
        ..failure
    }
}

/// All that went wrong, in its order. The last one says what to type to go on:
/// `again`, if that helps.
pub fn failures(days: &Days, again: impl Fn(&Day) -> String) -> Vec<Failure> {
    let mut alike: Vec<(usize, u64, Failure)> = Vec::new();
    for (at, day) in days.days.iter().enumerate() {
        let Some(failure) = day.error.as_ref().map(Failure::of) else {
            continue;
        };
        match alike.iter_mut().find(|(_, _, known)| *known == failure) {
            Some((_, others, _)) => *others += 1,
            None => alike.push((at, 0, failure)),
        }
    }
    let of_days = alike.into_iter();
    let of_days = of_days.map(|(at, others, failure)| named(days, at, others, failure));
    let of_all = days.error.as_ref().map(Failure::of);
    let mut failures: Vec<Failure> = of_days.chain(of_all).collect();
    let first_left = days.days.iter().find(|d| is_left(d));
    if let Some(last) = failures.last_mut()
        && let Some(day) = first_left
        && !days.planned
    {
        let then = format!("then go on with `{}`", again(day));
        last.hint = Some(match last.hint.take() {
            Some(hint) => format!("{hint}; {then}"),
            None => then.trim_start_matches("then ").to_owned(),
        });
    }
    failures
}

/// Whether something of the day is left to do.
fn is_left(day: &Day) -> bool {
    matches!(day.outcome, Outcome::NotDone | Outcome::NotTried)
}

/// The worst of what went wrong; None if nothing did.
pub fn worst(failures: &[Failure]) -> Option<&Failure> {
    failures.iter().min_by_key(|failure| {
        WORST_FIRST
            .iter()
            .position(|exit| *exit == failure.exit)
            .unwrap_or(WORST_FIRST.len())
    })
}

/// A word for programs and people alike.
fn outcome(day: &Day) -> &'static str {
    match (day.outcome, &day.error) {
        (Outcome::Published, _) => "published",
        (Outcome::Recorded, _) => "recorded",
        (Outcome::Unchanged, _) => "unchanged",
        (Outcome::WouldPublish, _) => "would publish",
        (Outcome::WouldRecord, _) => "would record",
        (Outcome::NotTried, _) => "not tried",
        (Outcome::NotDone, Some(error)) => match Failure::of(error).exit {
            Exit::DataRefused | Exit::Usage => "refused",
            Exit::Interrupted => "interrupted",
            _ => "failed",
        },
        (Outcome::NotDone, None) => "failed",
    }
}

fn because(day: &Day) -> String {
    match &day.error {
        // What follows may show rows.
        Some(error) => {
            let message = error.to_string();
            let line = message.lines().next().unwrap_or_default();
            line.trim_end_matches(':').to_owned()
        }
        None if day.warnings.is_empty() => day.because.clone(),
        None => {
            let warned = format!("warning: {}", day.warnings.join(", "));
            let told = [day.because.clone(), warned];
            let told = told.into_iter().filter(|t| !t.is_empty());
            told.collect::<Vec<_>>().join("; ")
        }
    }
}

/// A row for each day that was not left out.
pub fn listing(days: &Days) -> Listing {
    let mut listing = Listing::new([
        column("ingest_date", "day"),
        column("outcome", "outcome"),
        number("run", "run"),
        column("known", "data known"),
        number("rows", "rows"),
        number("seconds", "took"),
        column("because", "because"),
    ]);
    for day in &days.days {
        let took = match day.outcome {
            Outcome::NotTried => Cell::none("-"),
            _ => Cell::shown(format!("{:.3}", day.seconds), seconds(day.seconds)),
        };
        let because = because(day);
        listing.rows.push(vec![
            Cell::plain(day.date),
            Cell::plain(outcome(day)),
            Cell::maybe(day.run),
            match day.known.as_str() {
                "" => Cell::none("-"),
                known => Cell::plain(known),
            },
            day.rows
                .map_or_else(|| Cell::none("-"), |rows| Cell::shown(rows, grouped(rows))),
            took,
            match because.as_str() {
                "" => Cell::none(""),
                because => Cell::plain(because),
            },
        ]);
    }
    listing
}

/// One document on every outcome.
pub fn json(days: &Days, failures: &[Failure]) -> Value {
    let rows: Vec<Value> = days
        .days
        .iter()
        .map(|day| {
            json!({
                "ingest_date": day.date,
                "outcome": outcome(day),
                "run": day.run,
                "known": Some(&day.known).filter(|k| !k.is_empty()),
                "datasets": day.datasets,
                "rows": day.rows,
                "seconds": day.seconds,
                "because": Some(&day.because).filter(|b| !b.is_empty()),
                "warnings": day.warnings,
                "error": day.error.as_ref().map(|e| Failure::of(e).json()),
            })
        })
        .collect();
    json!({
        "target": days.target,
        "planned": days.planned,
        "recovered": days.recovered,
        "days": rows,
        "left_out": days.left_out,
        "notes": days.notes,
        "seconds": days.seconds,
        "error": worst(failures).map(Failure::json),
    })
}

/// For people: what came before, the listing, and how many of each.
pub fn text(days: &Days, width: Option<u16>) -> String {
    let mut out = String::new();
    for run in &days.recovered {
        out += &format!(
            "Run {} of {}, which had died, {}.\n",
            run.run,
            run.ingest_date,
            match run.status {
                RunStatus::Succeeded => "was completed",
                RunStatus::Abandoned => "was given up: its load stands, its snapshot does not",
                _ => "was undone: nothing of it remains",
            }
        );
    }
    for note in &days.notes {
        out += &format!("Note: {note}.\n");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    if !days.days.is_empty() {
        out += &listing(days).table(width);
        out.push('\n');
    }
    out + &last_line(days)
}

fn last_line(days: &Days) -> String {
    if days.error.is_some() && days.days.is_empty() {
        // Nothing was begun: the error says all there is to say.
        return String::new();
    }
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for day in &days.days {
        let word = outcome(day);
        match counts.iter_mut().find(|(w, _)| *w == word) {
            Some((_, n)) => *n += 1,
            None => counts.push((word, 1)),
        }
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(word, n)| format!("{} {word}", grouped(*n)))
        .collect();
    let took = seconds(days.seconds);
    let mut out = if counts.is_empty() {
        format!("Nothing to do at {} ({took}).\n", days.target)
    } else {
        let all = count(days.days.len() as u64, "day");
        format!(
            "{all} at {}: {}, in {took}.\n",
            days.target,
            counts.join(", ")
        )
    };
    out += &match days.left_out {
        0 => String::new(),
        1 => "1 other is left as it is.\n".to_owned(),
        n => format!("{} others are left as they are.\n", grouped(n)),
    };
    if days.planned {
        out += "Nothing was changed.\n";
    }
    out
}
