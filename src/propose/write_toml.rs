//! The proposal as a `workbench.toml`, with a comment on each thing that is not
//! sure.

use super::{ProposedSource, words};
use crate::model::dialect::{Dialect, Encoding};
use crate::model::source::{BadRows, DeclaredColumn};

/// Columns of a line of comments.
const WIDTH: usize = 100;

/// The whole file.
pub fn write(name: &str, from: &str, sources: &[ProposedSource]) -> String {
    let files: usize = sources.iter().map(|s| s.files.len()).sum();
    let rows: u64 = sources.iter().map(|s| s.rows).sum();
    let mut out = comment(&format!(
        "Proposed by `workbench init` after reading all of `{from}`: {}, {}. Read it through: what \
         was not sure has a comment. Paths are relative to this file's folder.",
        words(files as u64, "file"),
        words(rows, "row"),
    ));
    out += &format!("\n[project]\nname = {}\n", text(name));
    out += "timezone = \"UTC\" # decides which day \"today\" is: write yours, such as \"Europe/Paris\"\n";
    out += "\n# Where each day's results are published.\n[target]\nurl = \"output\"\n";
    for source in sources {
        out += &one(source);
    }
    out
}

fn one(source: &ProposedSource) -> String {
    let definition = &source.definition;
    let mut out = format!(
        "\n# {} in {}.\n",
        words(source.rows, "row"),
        words(source.files.len() as u64, "file")
    );
    for note in &source.notes {
        out += &comment(&format!("Note: {note}."));
    }
    out += &format!(
        "[sources.{}]\npath = {}\n",
        definition.name,
        text(&definition.path)
    );
    out += &comment(&source.load_reason);
    out += &format!("load = \"{}\"\n", definition.load);
    out += &comment(&source.key_reason);
    if definition.key.is_empty() {
        out += "# key = []\n";
    } else {
        let names: Vec<String> = definition.key.iter().map(|k| text(k)).collect();
        out += &format!("key = [{}]\n", names.join(", "));
    }
    match definition.bad_rows {
        BadRows::Quarantine => {
            for line in source.bad_reason.lines() {
                out += &comment(line);
            }
            out += "bad_rows = \"quarantine\" # they are set aside, and can be looked at\n";
        }
        BadRows::Fail => {
            out += "bad_rows = \"fail\" # all rows fit; one that does not refuses the run\n"
        }
    }
    out += &dialect(definition.name.as_str(), &definition.dialect);
    out += &format!("\n[sources.{}.columns]\n", definition.name);
    for column in &source.columns {
        for note in &column.notes {
            out += &comment(note);
        }
        out += &format!(
            "{} = {}\n",
            key(&column.declared.name),
            declared(&column.declared)
        );
    }
    out
}

/// Only what is not as by default.
fn dialect(source: &str, dialect: &Dialect) -> String {
    let default = Dialect::default();
    let byte = |b: Option<u8>| text(&b.map(|b| char::from(b).to_string()).unwrap_or_default());
    let mut out = String::new();
    if dialect.delimiter != default.delimiter {
        out += &format!("delimiter = {}\n", text(&dialect.delimiter));
    }
    if dialect.quote != default.quote {
        out += &format!("quote = {}\n", byte(dialect.quote));
    }
    if dialect.escape.is_some() {
        out += &format!("escape = {}\n", byte(dialect.escape));
    }
    if dialect.comment.is_some() {
        out += &format!("comment = {}\n", byte(dialect.comment));
    }
    if dialect.encoding != Encoding::Utf8 {
        out += &format!("encoding = \"{}\"\n", dialect.encoding);
    }
    if !dialect.header {
        out += "header = false # the columns are those below, in this order\n";
    }
    if dialect.skip > 0 {
        out += &format!("skip = {}\n", dialect.skip);
    }
    if out.is_empty() {
        return out;
    }
    format!("\n[sources.{source}.csv]\n{out}")
}

fn declared(column: &DeclaredColumn) -> String {
    let list = |texts: &[String]| {
        let texts: Vec<String> = texts.iter().map(|t| text(t)).collect();
        format!("[{}]", texts.join(", "))
    };
    let mut parts = Vec::new();
    match (&column.format, column.also.formats.as_slice()) {
        (None, _) => {}
        (Some(format), []) => parts.push(format!("format = {}", text(format))),
        (Some(format), others) => {
            let all: Vec<String> = std::iter::once(format).chain(others).cloned().collect();
            parts.push(format!("format = {}", list(&all)));
        }
    }
    if let Some(mark) = column.decimal {
        parts.push(format!("decimal = {}", text(&mark.to_string())));
    }
    if let Some(mark) = column.also.thousands {
        parts.push(format!("thousands = {}", text(&mark.to_string())));
    }
    if !column.also.nulls.is_empty() {
        parts.push(format!("nulls = {}", list(&column.also.nulls)));
    }
    if parts.is_empty() {
        return text(&column.ty);
    }
    format!("{{ type = {}, {} }}", text(&column.ty), parts.join(", "))
}

/// A TOML string.
pub(super) fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\t' => out += "\\t",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            c if c.is_control() => out += &format!("\\u{:04X}", u32::from(c)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A TOML key.
pub(super) fn key(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if name.bytes().all(bare) {
        name.to_owned()
    } else {
        text(name)
    }
}

/// Lines of comments.
fn comment(sentence: &str) -> String {
    let indent = &sentence[..sentence.len() - sentence.trim_start().len()];
    let mut out = String::new();
    let mut line = String::new();
    for word in sentence.split_whitespace() {
        if !line.is_empty()
            && line.chars().count() + word.chars().count() + indent.len() + 3 > WIDTH
        {
            out += &format!("# {indent}{line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    if line.is_empty() {
        out
    } else {
        out + &format!("# {indent}{line}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_toml_string() {
        for sample in ["a", "a\"b\\c", "\t\u{1}\u{7f}", "Größe 'x'", ""] {
            let table: toml::Table = format!("x = {}", text(sample)).parse().unwrap();
            assert_eq!(table["x"].as_str(), Some(sample));
        }
    }
}
