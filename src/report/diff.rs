//! What changed in a dataset between two moments: to be seen at a glance, and as
//! a document.

use serde_json::{Value, json};

use super::diff_columns;
use super::listing::{Cell, Listing, number, text};
use super::snapshots::known;
use super::words::{count, grouped};
use crate::model::column::Column;
use crate::model::commit::LivePartition;
use crate::model::difference::{
    Beside, ColumnDifference, Difference, Figure, Moved, Pair, RowCounts, Spread, Values,
};
use crate::pipeline::diff::Diff;

/// Whether anything is different: rows, columns or their types.
pub fn is_same(diff: &Diff, found: &Difference) -> bool {
    let has_columns = diff.only.before.is_empty() && diff.only.after.is_empty();
    found.rows.is_same() && has_columns && diff.retyped.is_empty()
}

/// For people, at most `width` columns of the terminal wide.
pub fn table(diff: &Diff, found: &Difference, width: Option<u16>) -> String {
    let blocks = [
        head(diff, found),
        sentences(diff, found).join("\n") + "\n",
        diff_columns::tables(found, width),
    ];
    joined(blocks)
}

/// As a page of GitHub Flavored Markdown.
pub fn markdown(diff: &Diff, found: &Difference) -> String {
    let rows = &found.rows;
    let mut counts = Listing::new([text("rows", "rows"), number("n", "n")]);
    for (name, n) in counts_of(rows) {
        counts
            .rows
            .push(vec![Cell::plain(name), Cell::shown(n, grouped(n))]);
    }
    let blocks = [
        format!("{}\n", title(diff)),
        counts.markdown(),
        sentences(diff, found).join("  \n") + "\n",
        diff_columns::markdown(found),
    ];
    joined(blocks)
}

/// Blocks of text, an empty line between those that say something.
fn joined(blocks: impl IntoIterator<Item = String>) -> String {
    let blocks: Vec<String> = blocks
        .into_iter()
        .filter(|block| !block.trim().is_empty())
        .collect();
    blocks.join("\n")
}

/// The dataset, and both days with their runs.
pub fn title(diff: &Diff) -> String {
    let side = |live: &LivePartition| {
        let id = &live.partition.staged.id;
        format!("{} (run {})", id.ingest_date, live.run)
    };
    let Pair { before, after } = diff.sides.as_ref().map(side);
    format!("{}: {before} → {after}", diff.dataset)
}

fn counts_of(rows: &RowCounts) -> [(&'static str, u64); 4] {
    [
        ("added", rows.added),
        ("removed", rows.removed),
        ("changed", rows.changed),
        ("unchanged", rows.unchanged),
    ]
}

/// What is compared, and how many rows are what.
fn head(diff: &Diff, found: &Difference) -> String {
    let rows = &found.rows;
    let n = counts_of(rows).map(|(_, n)| grouped(n));
    let widest = n.iter().map(String::len).max().unwrap_or(0);
    let remarks = [
        total(rows),
        String::new(),
        share(rows.changed, rows.in_both()),
        String::new(),
    ];
    let mut out = format!("{}\n\n", title(diff));
    let signs = ['+', '-', '~', '='];
    for (((name, _), sign), (n, remark)) in
        counts_of(rows).iter().zip(signs).zip(n.iter().zip(remarks))
    {
        let line = format!("  {sign} {n:>widest$} {name:<9}  {remark}");
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn total(rows: &RowCounts) -> String {
    let Pair { before, after } = rows.rows();
    if before == after {
        return format!("{}, as before", count(after, "row"));
    }
    format!("{} → {} rows", grouped(before), grouped(after))
}

/// `1.2 % of the 300 on both sides`.
fn share(part: u64, of: u64) -> String {
    if part == 0 || of == 0 {
        return String::new();
    }
    format!("{} of {} on both sides", percent(part, of), grouped(of))
}

/// `12 %`, `0.3 %`, `< 0.1 %`; all and nothing only where that is so.
pub(super) fn percent(part: u64, of: u64) -> String {
    let percent = part as f64 / of.max(1) as f64 * 100.0;
    match percent {
        _ if part == of => "100 %".to_owned(),
        p if p < 0.1 => "< 0.1 %".to_owned(),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{:.0} %", p.min(99.0)),
    }
}

/// What there is to say besides, a line each.
pub fn sentences(diff: &Diff, found: &Difference) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(same(diff, found));
    said.extend(found.beside.as_ref().and_then(|b| beside(found, b)));
    said.extend(origin(diff));
    said.extend(columns(diff, found));
    let rows = &found.rows;
    let apart = |pair: Pair<u64>, why: &str| {
        (pair != Pair::default()).then(|| {
            format!(
                "Not compared: {} before, {} after, {why}.",
                grouped(pair.before),
                grouped(pair.after)
            )
        })
    };
    said.extend(apart(rows.without_key, "whose key is NULL"));
    said.extend(apart(rows.repeated, "whose key several rows have"));
    said
}

fn same(diff: &Diff, found: &Difference) -> Option<String> {
    if diff.is_one() {
        let day = diff.sides.after.partition.staged.id.ingest_date;
        let Pair { before, after } = diff.moments;
        return Some(format!(
            "Both `{before}` and `{after}` are the snapshot of {day}."
        ));
    }
    is_same(diff, found).then(|| "Nothing is different.".to_owned())
}

/// Where the difference comes from: SQL or data.
fn origin(diff: &Diff) -> Option<String> {
    if diff.is_one() {
        return None;
    }
    let Pair { before, after } = diff.sides.as_ref().map(|live| &live.partition.staged);
    let name = &diff.dataset;
    let sql = if before.revision == after.revision {
        format!("The same SQL (revision {})", after.revision)
    } else {
        format!(
            "The SQL changed (revision {} → {}): `workbench transforms diff {name}@{} {name}@{}`",
            before.revision, after.revision, before.revision, after.revision
        )
    };
    let version = if before.id.version == after.id.version {
        String::new()
    } else {
        format!("; version {} → {}", before.id.version, after.id.version)
    };
    let fed = diff.fed();
    let data = if fed.is_empty() {
        "the same raw data".to_owned()
    } else {
        let names: Vec<&str> = fed.iter().map(|source| source.as_str()).collect();
        format!("other raw data in {}", listed(&names))
    };
    Some(format!("{sql}{version}; {data}."))
}

fn beside(found: &Difference, beside: &Beside) -> Option<String> {
    if found.rows.is_same() || beside.columns.len() == found.columns.len() {
        return None;
    }
    let names: Vec<&str> = beside
        .columns
        .iter()
        .map(|at| found.columns[*at].name.as_str())
        .collect();
    Some(format!(
        "Beside {}, which changed in most rows, {} changed.",
        listed(&names),
        match beside.changed {
            0 => "nothing".to_owned(),
            n => count(n, "row"),
        }
    ))
}

fn columns(diff: &Diff, found: &Difference) -> Vec<String> {
    let mut said = Vec::new();
    let only = |columns: &[Column]| {
        let texts: Vec<String> = columns
            .iter()
            .map(|c| format!("{} ({})", c.name, c.ty))
            .collect();
        listed(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for (words, columns) in [
        ("Only before", &diff.only.before),
        ("Only after", &diff.only.after),
    ] {
        if !columns.is_empty() {
            said.push(format!("{words}: {}.", only(columns)));
        }
    }
    for (name, Pair { before, after }) in &diff.retyped {
        let compared = found.columns.iter().find(|c| c.name == *name);
        let how = compared.and_then(|c| c.compared_as.as_ref());
        let how = how.map_or(String::new(), |ty| format!("; compared as {ty}"));
        said.push(format!("Retyped: {name} was {before}, is {after}{how}."));
    }
    said
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The document.
pub fn json(diff: &Diff, found: &Difference) -> Value {
    let rows = &found.rows;
    let pair = |pair: Pair<u64>| json!({"from": pair.before, "to": pair.after});
    let beside = found.beside.as_ref().map(|beside| {
        let names = beside.columns.iter().map(|at| &found.columns[*at].name);
        json!({"columns": names.collect::<Vec<_>>(), "changed": beside.changed})
    });
    let names = |columns: &[Column]| columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    json!({
        "dataset": diff.dataset,
        "key": names(&diff.key),
        "from": side(&diff.sides.before, diff.moments.before.to_string()),
        "to": side(&diff.sides.after, diff.moments.after.to_string()),
        "is_same": is_same(diff, found),
        "sources_changed": diff.fed(),
        "rows": {
            "from": rows.rows().before,
            "to": rows.rows().after,
            "added": rows.added,
            "removed": rows.removed,
            "changed": rows.changed,
            "unchanged": rows.unchanged,
            "without_key": pair(rows.without_key),
            "repeated_key": pair(rows.repeated),
        },
        "beside": beside,
        "only_from": diff.only.before,
        "only_to": diff.only.after,
        "columns": found.columns.iter().map(column).collect::<Vec<_>>(),
    })
}

fn side(live: &LivePartition, moment: String) -> Value {
    let staged = &live.partition.staged;
    json!({
        "moment": moment,
        "ingest_date": staged.id.ingest_date,
        "run": live.run,
        "version": staged.id.version,
        "revision": staged.revision,
        "known": known(live.computed_known()),
        "blake3": staged.blake3,
    })
}

fn column(column: &ColumnDifference) -> Value {
    let mut value = json!({
        "name": column.name,
        "type_from": column.types.before,
        "type_to": column.types.after,
        "compared_as": column.compared_as,
        "changed": column.changed,
    });
    match &column.moved {
        Moved::Spread(Pair { before, after }) => {
            value["spread"] = json!({"from": spread(before), "to": spread(after)});
        }
        Moved::Values(values) => value["values"] = values_json(values),
        Moved::Unknown => {}
    }
    value
}

fn values_json(values: &Values) -> Value {
    let list = |values: &[(Option<String>, u64)]| {
        let rows = values
            .iter()
            .map(|(value, n)| json!({"value": value, "rows": n}));
        rows.collect::<Vec<_>>()
    };
    json!({
        "came": list(&values.came),
        "went": list(&values.went),
        "distinct_came": values.distinct.after,
        "distinct_went": values.distinct.before,
        "too_many": values.too_many,
    })
}

fn spread(spread: &Spread) -> Value {
    let quartile = |at: usize| spread.quartiles.map(|q| q[at]);
    json!({
        "values": spread.values,
        "nulls": spread.nulls,
        "nans": spread.nans,
        "mean": figure(spread.mean),
        "min": figure(spread.min),
        "p25": figure(quartile(0)),
        "median": figure(quartile(1)),
        "p75": figure(quartile(2)),
        "max": figure(spread.max),
    })
}

/// Numbers as numbers, if JSON has them; days and all else as text.
fn figure(figure: Option<Figure>) -> Value {
    let Some(figure) = figure else {
        return Value::Null;
    };
    let number = match figure {
        Figure::Integer(value) => i64::try_from(value).ok().map(Into::into),
        _ => figure.number().and_then(serde_json::Number::from_f64),
    };
    number.map_or_else(|| figure.to_string().into(), Value::Number)
}

/// One measure per line, for programs that read tables.
pub fn measures(diff: &Diff, found: &Difference) -> Listing {
    let mut out = Listing::new([
        text("column", "column"),
        text("measure", "measure"),
        text("value", "value"),
        number("from", "from"),
        number("to", "to"),
    ]);
    let mut line = |column: &str, measure: &str, value: Option<&str>, [from, to]: [Cell; 2]| {
        let or_none = |text: Option<&str>| text.map_or_else(|| Cell::none(""), Cell::plain);
        let column = Some(column).filter(|column| !column.is_empty());
        let row = [
            or_none(column),
            Cell::plain(measure),
            or_none(value),
            from,
            to,
        ];
        out.rows.push(row.into());
    };
    let n = |n: u64| Cell::plain(n);
    let none = || Cell::none("");
    let rows = &found.rows;
    let both = |pair: Pair<u64>| pair.map(n).both();
    let revisions = diff
        .sides
        .as_ref()
        .map(|live| live.partition.staged.revision);
    line("", "revision", None, revisions.map(Cell::plain).both());
    line("", "rows", None, both(rows.rows()));
    line("", "added", None, [none(), n(rows.added)]);
    line("", "removed", None, [n(rows.removed), none()]);
    line("", "changed", None, [n(rows.changed), n(rows.changed)]);
    line(
        "",
        "unchanged",
        None,
        [n(rows.unchanged), n(rows.unchanged)],
    );
    line("", "without_key", None, both(rows.without_key));
    line("", "repeated_key", None, both(rows.repeated));
    for (at, columns) in [&diff.only.before, &diff.only.after]
        .into_iter()
        .enumerate()
    {
        for column in columns {
            let mut sides = [none(), none()];
            sides[at] = Cell::plain(&column.ty);
            line(&column.name, "type", None, sides);
        }
    }
    for column in &found.columns {
        let name = column.name.as_str();
        let types = column.types.as_ref().map(Cell::plain);
        line(name, "type", None, types.both());
        line(
            name,
            "changed",
            None,
            [n(column.changed), n(column.changed)],
        );
        match &column.moved {
            Moved::Unknown => {}
            Moved::Values(values) => {
                for (value, rows) in &values.came {
                    line(name, "came", value.as_deref(), [none(), n(*rows)]);
                }
                for (value, rows) in &values.went {
                    line(name, "went", value.as_deref(), [n(*rows), none()]);
                }
            }
            Moved::Spread(sides) => {
                let Pair { before, after } = sides.as_ref().map(figures);
                for ((measure, from), (_, to)) in before.into_iter().zip(after) {
                    line(name, measure, None, [from, to]);
                }
            }
        }
    }
    out
}

fn figures(spread: &Spread) -> [(&'static str, Cell); 9] {
    let n = |n: u64| Cell::plain(n);
    let quartile = |at: usize| spread.quartiles.map(|q| q[at]);
    [
        ("values", n(spread.values)),
        ("nulls", n(spread.nulls)),
        ("nans", n(spread.nans)),
        ("mean", Cell::maybe(spread.mean)),
        ("min", Cell::maybe(spread.min)),
        ("p25", Cell::maybe(quartile(0))),
        ("median", Cell::maybe(quartile(1))),
        ("p75", Cell::maybe(quartile(2))),
        ("max", Cell::maybe(spread.max)),
    ]
}
