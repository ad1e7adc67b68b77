//! What transforms tell: their revisions, and which lines differ.

use serde_json::{Value, json};

use super::listing::{self, Cell, Listing, number};
use super::words::count;
use crate::model::line_diff::{self, Edit, Line};
use crate::model::run::RunNumber;
use crate::pipeline::transforms::{Differs, Pair, Revision, Text, TransformEntry};

/// All transforms as JSON.
pub fn json_list(entries: &[TransformEntry]) -> Value {
    entries
        .iter()
        .map(|entry| {
            json!({
                "transform": name(entry),
                "kind": entry.kind,
                "name": entry.name,
                "path": entry.path,
                "revision": entry.revision,
                "fingerprint": entry.fingerprint,
                "published": entry.published.as_ref().map(|published| json!({
                    "revision": published.revision,
                    "fingerprint": published.fingerprint,
                    "run": published.by.run,
                    "ingest_date": published.by.ingest_date,
                })),
                "differs": differs(&entry.differs).0,
                "why": differs(&entry.differs).1,
            })
        })
        .collect()
}

fn name(entry: &TransformEntry) -> String {
    format!("{}.{}", entry.kind.folder(), entry.name)
}

/// The word for it, and a sentence fragment; both None where nothing differs.
fn differs(differs: &Differs) -> (Option<&'static str>, Option<String>) {
    let lines = |added: usize, removed: usize| format!("+{added} −{removed} lines");
    let (word, why) = match differs {
        Differs::Same => return (None, None),
        Differs::Layout { added, removed } => (
            "layout",
            format!(
                "comments or layout: {}; its meaning is the same",
                lines(*added, *removed)
            ),
        ),
        Differs::Edited { added, removed } => {
            ("edited", format!("edited: {}", lines(*added, *removed)))
        }
        Differs::Below { reads } if reads.is_empty() => {
            ("below", "what it reads was edited".to_owned())
        }
        Differs::Below { reads } => {
            let reads: Vec<String> = reads.iter().map(|r| format!("`{r}`")).collect();
            ("below", format!("{} was edited", reads.join(", ")))
        }
        Differs::New => ("new", "never published".to_owned()),
        Differs::Refused => ("refused", "its file is refused".to_owned()),
        Differs::Unsure => ("unsure", "it reads a file that is refused".to_owned()),
        Differs::Gone => ("gone", "its file is gone".to_owned()),
    };
    (Some(word), Some(why))
}

/// All transforms.
pub fn listing(entries: &[TransformEntry]) -> Listing {
    let mut listing = Listing::new([
        listing::text("transform", "transform"),
        number("revision", "revision"),
        number("published_revision", "published"),
        number("published_run", "by run"),
        listing::text("published_day", "of"),
        listing::text("differs", "what differs"),
    ]);
    listing.rows.extend(entries.iter().map(|entry| {
        let published = entry.published.as_ref();
        let (word, why) = differs(&entry.differs);
        vec![
            Cell::plain(name(entry)),
            Cell::maybe(entry.revision),
            Cell::maybe(published.and_then(|p| p.revision)),
            Cell::maybe(published.map(|p| p.by.run)),
            Cell::maybe(published.map(|p| p.by.ingest_date)),
            Cell {
                shown: why.unwrap_or_default(),
                value: word.map(str::to_owned),
            },
        ]
    }));
    listing
}

/// All transforms, for people.
pub fn text_list(entries: &[TransformEntry], width: Option<u16>) -> String {
    if entries.is_empty() {
        return "No files under `sql/` yet, and none that was ever published.\n".to_owned();
    }
    let mut listing = Listing::new([
        listing::text("transform", "transform"),
        number("revision", "revision"),
        number("run", "last run"),
        listing::text("differs", "what differs"),
    ]);
    listing.rows.extend(entries.iter().map(|entry| {
        let published = entry.published.as_ref();
        let revision = match (published.and_then(|p| p.revision), entry.revision) {
            (Some(before), Some(now)) if before != now => format!("{before} → {now}"),
            (before, now) => before.or(now).map_or("-".to_owned(), |n| n.to_string()),
        };
        vec![
            Cell::plain(name(entry)),
            Cell::plain(revision),
            Cell::maybe(published.map(|p| p.by.run)),
            Cell::plain(differs(&entry.differs).1.unwrap_or_default()),
        ]
    }));
    listing.table(width)
}

/// The revisions of one as JSON.
pub fn json_revisions(revisions: &[Revision]) -> Value {
    revisions
        .iter()
        .map(|revision| {
            json!({
                "revision": revision.number,
                "fingerprint": revision.fingerprint,
                "first_run": revision.first.run,
                "first_day": revision.first.ingest_date,
                "text": revision.text,
                "runs": revision.uses.iter().map(|used| json!({
                    "run": used.by.run,
                    "ingest_date": used.by.ingest_date,
                    "started": used.started,
                })).collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// The revisions of one.
pub fn revisions(revisions: &[Revision]) -> Listing {
    let mut listing = Listing::new([
        number("revision", "revision"),
        listing::text("fingerprint", "fingerprint"),
        listing::text("runs", "runs"),
        number("days", "days"),
        listing::text("first_day", "from"),
        listing::text("last_day", "to"),
        listing::text("published", "last published (UTC)"),
    ]);
    listing.rows.extend(revisions.iter().map(|revision| {
        let days = revision.uses.iter().map(|used| used.by.ingest_date);
        let distinct: std::collections::BTreeSet<_> = days.collect();
        let numbers: Vec<RunNumber> = revision.uses.iter().map(|used| used.by.run).collect();
        let last = revision.uses.last();
        vec![
            Cell::maybe(revision.number),
            Cell::shown(revision.fingerprint, revision.short_fingerprint()),
            if numbers.is_empty() {
                Cell::none("never published")
            } else {
                Cell::plain(ranges(&numbers))
            },
            Cell::plain(distinct.len()),
            Cell::maybe(distinct.first()),
            Cell::maybe(distinct.last()),
            last.map_or(Cell::none("-"), |used| {
                Cell::shown(
                    used.started.to_rfc3339(),
                    used.started.format("%Y-%m-%d %H:%M").to_string(),
                )
            }),
        ]
    }));
    listing
}

/// `1–3, 7`: ascending numbers, those in a row drawn together.
fn ranges(numbers: &[RunNumber]) -> String {
    let rows = numbers.chunk_by(|one, next| one + 1 == *next);
    let rows: Vec<String> = rows
        .map(|row| match row {
            [first, .., last] => format!("{first}–{last}"),
            row => row.iter().map(u64::to_string).collect(),
        })
        .collect();
    rows.join(", ")
}

/// The revisions of one, for people.
pub fn text_revisions(all: &[Revision], width: Option<u16>) -> String {
    if all.is_empty() {
        return "No run has used it yet.\n".to_owned();
    }
    revisions(all).table(width)
}

/// A text as JSON.
pub fn json_text(text: &Text) -> Value {
    let revision = text.revision.as_ref();
    json!({
        "transform": format!("{}.{}", text.kind.folder(), text.name),
        "label": text.label(),
        "revision": revision.and_then(|r| r.number),
        "fingerprint": revision.map(|r| r.fingerprint),
        "first_run": revision.map(|r| r.first.run),
        "first_day": revision.map(|r| r.first.ingest_date),
        "text": text.text,
    })
}

/// Who used a text, as a sentence; None for a file as it is now.
pub fn told(text: &Text) -> Option<String> {
    let revision = text.revision.as_ref()?;
    let fingerprint = revision.short_fingerprint();
    let used = match &revision.uses[..] {
        [] => format!("never published, found by {}", revision.first),
        [only] => format!("published by {}", only.by),
        [first, .., last] => {
            let runs = count(revision.uses.len() as u64, "run");
            format!("published by {runs}, from {} to {}", first.by, last.by)
        }
    };
    Some(format!("{} ({fingerprint}): {used}.", text.label()))
}

/// What a line of a diff is, for who paints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Which texts, and who used them.
    Head,
    /// Which lines.
    Place,
    Keep,
    Remove,
    Add,
}

/// Two texts, held against each other.
pub struct Comparison<'p> {
    pair: &'p Pair,
    lines: Vec<Line<'p>>,
}

impl<'p> Comparison<'p> {
    /// Compares them.
    pub fn of(pair: &'p Pair) -> Self {
        Self {
            pair,
            lines: line_diff::diff(&pair.before.text, &pair.after.text),
        }
    }

    /// Whether no line differs.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.edit == Edit::Keep)
    }

    /// As a unified diff, line by line; nothing if no line differs.
    pub fn unified(&self, context: usize) -> Vec<(Part, String)> {
        let mut out = Vec::new();
        if self.is_empty() {
            return out;
        }
        out.push((Part::Head, format!("--- {}\n", self.pair.before.label())));
        out.push((Part::Head, format!("+++ {}\n", self.pair.after.label())));
        for hunk in line_diff::hunks(&self.lines, context) {
            // A range that is empty names the line before it.
            let range = |lines: &std::ops::Range<usize>| match lines.len() {
                0 => format!("{},0", lines.start),
                1 => format!("{}", lines.start + 1),
                n => format!("{},{n}", lines.start + 1),
            };
            out.push((
                Part::Place,
                format!("@@ -{} +{} @@\n", range(&hunk.before), range(&hunk.after)),
            ));
            for line in &hunk.lines {
                let (part, sign) = match line.edit {
                    Edit::Keep => (Part::Keep, ' '),
                    Edit::Remove => (Part::Remove, '-'),
                    Edit::Add => (Part::Add, '+'),
                };
                let text = line.text.strip_suffix('\n').unwrap_or(line.text);
                out.push((part, format!("{sign}{text}\n")));
                if !line.text.ends_with('\n') {
                    out.push((Part::Keep, "\\ No newline at end of file\n".to_owned()));
                }
            }
        }
        out
    }

    /// As JSON.
    pub fn json(&self, context: usize) -> Value {
        let of = |edit: Edit| self.lines.iter().filter(|l| l.edit == edit).count();
        let word = |edit: Edit| match edit {
            Edit::Keep => "same",
            Edit::Remove => "removed",
            Edit::Add => "added",
        };
        let hunks = line_diff::hunks(&self.lines, context);
        json!({
            "before": json_side(&self.pair.before),
            "after": json_side(&self.pair.after),
            "added": of(Edit::Add),
            "removed": of(Edit::Remove),
            "hunks": hunks.iter().map(|hunk| json!({
                "before_line": hunk.before.start + 1,
                "after_line": hunk.after.start + 1,
                "lines": hunk.lines.iter().map(|line| json!({
                    "edit": word(line.edit),
                    "text": line.text,
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })
    }
}

fn json_side(text: &Text) -> Value {
    json!({
        "label": text.label(),
        "revision": text.revision.as_ref().and_then(|r| r.number),
        "fingerprint": text.revision.as_ref().map(|r| r.fingerprint),
    })
}
