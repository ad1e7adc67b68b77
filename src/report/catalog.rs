//! What the catalogue tells.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::listing::{self, Cell, Listing, number};
use super::words::{bytes, count, grouped};
use crate::model::run::RunOf;
use crate::model::transform::Schema;
use crate::pipeline::catalog::{ColumnEntry, TableEntry};

/// Tables as JSON, with all that is known of each.
pub fn json(tables: &[TableEntry]) -> Value {
    tables.iter().map(json_table).collect()
}

fn json_table(entry: &TableEntry) -> Value {
    let columns: Vec<Value> = entry.columns.iter().map(json_column).collect();
    json!({
        "table": entry.table.to_string(),
        "schema": entry.table.schema,
        "name": entry.table.name,
        "description": entry.description,
        "key": entry.key,
        "path": entry.path,
        "refused": entry.refused,
        "reads": entry.reads,
        "read_by": entry.read_by,
        "rows": entry.rows,
        "changed": entry.changed,
        "columns": columns,
        "source": entry.source.as_ref().map(|source| json!({
            "load": source.load,
            "files": source.files,
            "schema_events": source.events.iter().map(|note| {
                let mut value = serde_json::to_value(&note.event).unwrap_or_default();
                value["run"] = json!(note.run);
                value["ingest_date"] = json!(note.ingest_date);
                value["text"] = json!(note.text);
                value
            }).collect::<Vec<_>>(),
        })),
        "published": entry.published.as_ref().map(|published| json!({
            "version": published.version,
            "revision": published.revision,
            "bytes": published.bytes,
            "days": published.days,
            "first_day": published.first_day,
            "newest_day": published.newest_day,
        })),
    })
}

fn json_column(column: &ColumnEntry) -> Value {
    json!({
        "name": column.name,
        "type": column.ty,
        "description": column.description,
        "declared": column.declared,
        "first_seen": column.first_seen,
        "changed": column.changed,
        "null_share": column.null_share,
    })
}

/// What tables there are.
pub fn listing(tables: &[TableEntry]) -> Listing {
    let mut listing = Listing::new([
        listing::text("table", "table"),
        number("columns", "columns"),
        number("rows", "rows"),
        number("changed_run", "last run"),
        listing::text("changed_day", "changed on"),
        listing::text("description", "description"),
    ]);
    listing.rows.extend(tables.iter().map(|entry| {
        let columns = entry.columns.len();
        vec![
            Cell::plain(&entry.table),
            if columns == 0 {
                Cell::none("-")
            } else {
                Cell::plain(columns)
            },
            rows(entry),
            Cell::maybe(entry.changed.map(|by| by.run)),
            Cell::maybe(entry.changed.map(|by| by.ingest_date)),
            match (&entry.description, about(entry)) {
                (Some(text), None) => Cell::plain(text),
                (text, Some(about)) => Cell {
                    value: text.clone(),
                    shown: about,
                },
                (None, None) => Cell::none(""),
            },
        ]
    }));
    listing
}

fn rows(entry: &TableEntry) -> Cell {
    entry
        .rows
        .map_or(Cell::none("-"), |n| Cell::shown(n, grouped(n)))
}

/// What is to be said of a table in place of a description.
fn about(entry: &TableEntry) -> Option<String> {
    if let Some(source) = &entry.source {
        return Some(format!("{} of {}", source.load, entry.reads.join(", ")));
    }
    match &entry.path {
        Some(path) if entry.refused => Some(format!("`{path}` is refused")),
        None if entry.is_gone => {
            Some("its file under `sql/` is gone; what is published stays".to_owned())
        }
        _ => None,
    }
}

/// The columns of some tables.
pub fn columns(tables: &[TableEntry]) -> Listing {
    let mut listing = Listing::new([
        listing::text("table", "table"),
        listing::text("column", "column"),
        listing::text("type", "type"),
        number("null_share", "null"),
        number("first_seen_run", "first run"),
        listing::text("first_seen_day", "of"),
        number("changed_run", "changed by run"),
        listing::text("changed_day", "of"),
        listing::text("description", "description"),
    ]);
    for entry in tables {
        listing.rows.extend(entry.columns.iter().map(|column| {
            let run = |by: Option<RunOf>| Cell::maybe(by.map(|by| by.run));
            let day = |by: Option<RunOf>| Cell::maybe(by.map(|by| by.ingest_date));
            vec![
                Cell::plain(&entry.table),
                Cell::plain(&column.name),
                Cell::maybe(column.ty.as_ref()),
                nulls(column),
                run(column.first_seen),
                day(column.first_seen),
                run(column.changed),
                day(column.changed),
                column
                    .description
                    .as_ref()
                    .map_or(Cell::none(""), Cell::plain),
            ]
        }));
    }
    listing
}

fn nulls(column: &ColumnEntry) -> Cell {
    column
        .null_share
        .map_or(Cell::none("-"), |share| Cell::shown(share, percent(share)))
}

/// Some and all are never shown as none, or the other way round.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0 %".to_owned(),
        100.0 => "100 %".to_owned(),
        p if p < 0.1 => "<0.1 %".to_owned(),
        p if p > 99.9 => ">99.9 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}

/// What tables there are, for people.
pub fn text_list(tables: &[TableEntry], width: Option<u16>) -> String {
    if tables.is_empty() {
        return "No tables: `workbench.toml` has no sources, and `sql/` no files.\n".to_owned();
    }
    // The run is left to programs: names are to be read whole on a narrow terminal.
    let mut listing = listing(tables);
    let run = listing.heads.iter().position(|h| h.name == "changed_run");
    if let Some(run) = run {
        listing.heads.remove(run);
        for row in &mut listing.rows {
            row.remove(run);
        }
    }
    listing.table(width)
}

/// All that is known of some tables, for people.
pub fn text(tables: &[TableEntry], width: Option<u16>) -> String {
    let all: Vec<String> = tables.iter().map(|entry| of(entry, width)).collect();
    all.join("\n")
}

fn of(entry: &TableEntry, width: Option<u16>) -> String {
    let mut head = entry.table.to_string();
    if let Some(text) = &entry.description {
        head += &format!(": {text}");
    }
    let mut out = format!("{}\n\n", folded(&head, width, 0));
    let mut fact = |name: &str, text: String| {
        if !text.is_empty() {
            out += &format!("{name:<INDENT$}{}\n", folded(&text, width, INDENT));
        }
    };
    match (&entry.source, &entry.published) {
        (Some(source), _) => {
            let rows = entry
                .rows
                .map_or(String::new(), |rows| format!(", {}", count(rows, "row")));
            let files = count(source.files, "file");
            fact("load", source.load.to_string());
            fact("taken", format!("{files}{rows}{}", last(entry)));
        }
        (None, Some(published)) => {
            fact(
                "published",
                format!(
                    "{}, {} to {}{}",
                    count(published.days, "day"),
                    published.first_day,
                    published.newest_day,
                    last(entry)
                ),
            );
            fact(
                "newest",
                format!(
                    "{}, {}, version {}, revision {}",
                    count(entry.rows.unwrap_or(0), "row"),
                    bytes(published.bytes),
                    published.version,
                    published.revision
                ),
            );
        }
        (None, None) if entry.table.schema == Schema::Features => {
            fact("published", "not yet".to_owned());
        }
        (None, None) => {}
    }
    let file = match (&entry.path, about(entry)) {
        (Some(path), None) => path.clone(),
        (_, Some(about)) if entry.source.is_none() => about,
        _ => String::new(),
    };
    fact("file", file);
    fact("key", entry.key.join(", "));
    fact("reads", entry.reads.join(", "));
    fact("read by", entry.read_by.join(", "));
    if !entry.columns.is_empty() {
        out.push('\n');
        out += &columns_of(entry).table(width);
    }
    let events = entry.source.iter().flat_map(|source| &source.events);
    for (at, note) in events.enumerate() {
        let before = if at == 0 { "\n" } else { "" };
        out += &format!(
            "{before}run {} of {}: {}\n",
            note.run, note.ingest_date, note.text
        );
    }
    out
}

/// Where facts begin, in columns.
const INDENT: usize = 11;

/// A text that begins at a column, broken at its blanks so that it stays there.
fn folded(text: &str, width: Option<u16>, indent: usize) -> String {
    let room = width.map_or(usize::MAX, |w| {
        usize::from(w).saturating_sub(indent).max(20)
    });
    let mut out = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let wide = word.width();
        if used > 0 && used + 1 + wide > room {
            out += &format!("\n{:indent$}", "");
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += wide;
    }
    out
}

fn last(entry: &TableEntry) -> String {
    let by = entry.changed;
    by.map_or(String::new(), |by| format!("; the last by {by}"))
}

/// The columns of one table as people read them: without what none of them has.
fn columns_of(entry: &TableEntry) -> Listing {
    let of = |by: Option<RunOf>| match by {
        Some(by) => Cell::plain(format!("run {}, {}", by.run, by.ingest_date)),
        None => Cell::none("-"),
    };
    let changed = |c: &ColumnEntry| c.changed.filter(|_| c.changed != c.first_seen);
    let by = |c: &ColumnEntry| match c.declared {
        Some(true) => Cell::plain("workbench.toml"),
        Some(false) => Cell::plain("its values"),
        None => Cell::none(""),
    };
    type Tell<'t> = Box<dyn Fn(&ColumnEntry) -> Cell + 't>;
    let text = |title| listing::text(title, title);
    let all: [(listing::Head, Tell<'_>); 7] = [
        (text("column"), Box::new(|c| Cell::plain(&c.name))),
        (text("type"), Box::new(|c| Cell::maybe(c.ty.as_ref()))),
        (text("type from"), Box::new(by)),
        (number("null", "null"), Box::new(nulls)),
        (text("first seen"), Box::new(|c| of(c.first_seen))),
        (text("changed"), Box::new(|c| of(changed(c)))),
        (
            text("description"),
            Box::new(|c| c.description.as_ref().map_or(Cell::none(""), Cell::plain)),
        ),
    ];
    let told = all.iter().filter(|(_, tell)| {
        let mut cells = entry.columns.iter().map(tell);
        cells.any(|cell| cell.value.is_some())
    });
    let told: Vec<_> = told.collect();
    let mut listing = Listing::new(
        told.iter()
            .map(|(head, _)| head.clone())
            .collect::<Vec<_>>(),
    );
    listing.rows.extend(entry.columns.iter().map(|column| {
        let cells = told.iter().map(|(_, tell)| tell(column));
        cells.collect()
    }));
    listing
}
