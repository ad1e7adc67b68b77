//! What `init` found, and what to do next.

use std::path::Path;

use serde_json::{Value, json};

use super::table;
use super::words::{count, grouped};
use crate::model::dialect::{Dialect, Encoding};
use crate::propose::{Proposal, ProposedSource};

/// Files that are named of those left out.
const SHOWN: usize = 10;

/// As JSON.
pub fn json(proposal: &Proposal, written: &[String]) -> Value {
    json!({
        "project": proposal.root,
        "from": proposal.from,
        "sources": proposal.sources.iter().map(|s| json!({
            "name": s.definition.name,
            "path": s.definition.path,
            "files": s.files,
            "rows": s.rows,
            "bytes": s.bytes,
            "load": s.definition.load,
            "load_reason": s.load_reason,
            "key": s.definition.key,
            "key_reason": s.key_reason,
            "bad_rows": s.definition.bad_rows,
            "bad_reason": s.bad_reason,
            "dialect": s.definition.dialect,
            "notes": s.notes,
            "columns": s.columns.iter().map(|c| json!({
                "column": c.declared,
                "filled": c.filled,
                "empty": c.empty,
                "misfits": c.misfits,
                "notes": c.notes,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "left_out": proposal.left_out.iter().map(|(path, why)| json!({
            "path": path, "reason": why,
        })).collect::<Vec<_>>(),
        "written": written,
        "dataset": proposal.dataset,
    })
}

/// For people. `dir`: where the project is, if not here.
pub fn text(
    proposal: &Proposal,
    written: &[String],
    dir: Option<&Path>,
    width: Option<u16>,
) -> String {
    let rows = proposal
        .sources
        .iter()
        .map(|source| {
            let definition = &source.definition;
            let key = match definition.key.as_slice() {
                [] => "-".to_owned(),
                key => key.join(", "),
            };
            vec![
                definition.name.to_string(),
                grouped(source.files.len() as u64),
                grouped(source.rows),
                source.columns.len().to_string(),
                key,
                definition.load.to_string(),
                dialect(&definition.dialect),
            ]
        })
        .collect();
    let header = [
        "source", "files", "rows", "columns", "key", "load", "written",
    ];
    let mut out = table::plain(&header, &[1, 2, 3], rows, width);
    let unsure: String = proposal.sources.iter().map(unsure).collect();
    if !unsure.is_empty() {
        out += &format!("\nNot sure, so look at it (it is in workbench.toml too):\n{unsure}");
    }
    if !proposal.left_out.is_empty() {
        out += "\nLeft out:\n";
        for (path, why) in proposal.left_out.iter().take(SHOWN) {
            out += &format!("  {path}: {why}\n");
        }
        if proposal.left_out.len() > SHOWN {
            out += &format!("  … and {} more\n", proposal.left_out.len() - SHOWN);
        }
    }
    out += &format!("\nWritten to {}:\n", proposal.root.display());
    for path in written {
        out += &format!("  {path}\n");
    }
    let go = dir.map_or(String::new(), |dir| {
        format!("    cd {}\n", quoted(&dir.to_string_lossy()))
    });
    out += &format!(
        "\nNext, read workbench.toml through, and then:\n{go}    workbench export\n    workbench query \
         \"SELECT * FROM features.{} LIMIT 10\"\n",
        proposal.dataset
    );
    out
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-~".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

fn unsure(source: &ProposedSource) -> String {
    let name = &source.definition.name;
    let mut out = String::new();
    for note in &source.notes {
        out += &format!("  {name}: {note}\n");
    }
    for (at, line) in source.bad_reason.lines().enumerate() {
        let begin = if at == 0 {
            format!("  {name}: ")
        } else {
            "    ".to_owned()
        };
        out += &format!("{begin}{}\n", line.trim_start());
    }
    for column in &source.columns {
        for note in &column.notes {
            out += &format!("  {name}.{}: {note}\n", column.declared.name);
        }
    }
    out
}

/// What is unusual about how files are written.
fn dialect(dialect: &Dialect) -> String {
    let mut words = Vec::new();
    words.push(match dialect.delimiter.as_str() {
        "," => "commas".to_owned(),
        ";" => "semicolons".to_owned(),
        "\t" => "tabs".to_owned(),
        " " => "spaces".to_owned(),
        other => format!("`{}`", other.escape_debug()),
    });
    match dialect.quote {
        Some(b'"') => {}
        Some(quote) => words.push(format!("quotes `{}`", char::from(quote))),
        None => words.push("no quotes".to_owned()),
    }
    if let Some(escape) = dialect.escape {
        words.push(format!("escapes `{}`", char::from(escape)));
    }
    if let Some(comment) = dialect.comment {
        words.push(format!("comments `{}`", char::from(comment)));
    }
    if dialect.encoding != Encoding::Utf8 {
        words.push(dialect.encoding.to_string());
    }
    if dialect.skip > 0 {
        words.push(format!("skips {}", count(u64::from(dialect.skip), "line")));
    }
    if !dialect.header {
        words.push("no header read".to_owned());
    }
    words.join(", ")
}
