//! `[sources.<name>.csv]`: how the files of a source are written.

use std::ops::Range;

use crate::model::dialect::{Dialect, LONGEST_DELIMITER};

use super::document::{Problems, Table};
use super::error::ConfigProblem;

const CSV_KEYS: &[&str] = &[
    "delimiter",
    "quote",
    "escape",
    "comment",
    "encoding",
    "header",
    "skip",
];

/// The dialect; what is not written, and what was complained about, is as by
/// default.
pub(super) fn dialect(source: &Table<'_>, problems: &mut Problems<'_>) -> Dialect {
    let mut dialect = Dialect::default();
    let Some(mut table) = source.table("csv", problems) else {
        return dialect;
    };
    table.refuse_unknown(CSV_KEYS, problems);
    if let Some((text, span)) = table.string("delimiter", problems) {
        match bad_delimiter(text) {
            None => text.clone_into(&mut dialect.delimiter),
            Some(hint) => refuse("delimiter", text, hint, span, problems),
        }
    }
    dialect.quote = character(
        &table,
        "quote",
        dialect.quote,
        "write one ASCII character, such as `'`, or \"\" for none",
        problems,
    );
    dialect.escape = character(
        &table,
        "escape",
        dialect.escape,
        "write one ASCII character, such as `\\`; left out, a quote inside quotes is written twice",
        problems,
    );
    if dialect.escape == dialect.quote {
        // The other way to say that it is written twice.
        dialect.escape = None;
    }
    dialect.comment = character(
        &table,
        "comment",
        dialect.comment,
        "write one ASCII character, such as `#`",
        problems,
    );
    refuse_clashes(&dialect, &table, problems);
    if let Some(encoding) = table.word("encoding", problems) {
        dialect.encoding = encoding;
    }
    if let Some(header) = table.boolean("header", problems) {
        dialect.header = header;
    }
    let hint = "write how many lines stand in front of the header";
    let lines = table.number("skip", 0..=u32::MAX.into(), hint, problems);
    if let Some(lines) = lines {
        dialect.skip = lines as u32;
    }
    dialect
}

fn refuse(
    key: &'static str,
    value: &str,
    hint: &'static str,
    span: Range<usize>,
    problems: &mut Problems<'_>,
) {
    let problem = ConfigProblem::BadValue {
        key,
        value: value.to_owned(),
        hint,
    };
    problems.add(span, problem);
}

fn bad_delimiter(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("write what stands between two fields: `,`, `;`, `\\t` or `|`");
    }
    if text.len() > LONGEST_DELIMITER {
        return Some("a delimiter is one character, or a few");
    }
    let ends = text.contains(['\n', '\r', '\0']);
    ends.then_some("a delimiter does not end a line")
}

fn character(
    table: &Table<'_>,
    key: &'static str,
    default: Option<u8>,
    hint: &'static str,
    problems: &mut Problems<'_>,
) -> Option<u8> {
    let Some((text, span)) = table.string(key, problems) else {
        return default;
    };
    match text.as_bytes() {
        [] => None,
        [byte] if byte.is_ascii() && !b"\n\r\0".contains(byte) => Some(*byte),
        _ => {
            refuse(key, text, hint, span, problems);
            default
        }
    }
}

/// Two meanings for one character.
fn refuse_clashes(dialect: &Dialect, table: &Table<'_>, problems: &mut Problems<'_>) {
    let first = dialect.delimiter.as_bytes()[0];
    let uses = [
        ("quote", dialect.quote),
        ("escape", dialect.escape),
        ("comment", dialect.comment),
    ];
    for (at, (key, byte)) in uses.iter().enumerate() {
        let Some(byte) = *byte else { continue };
        let taken = byte == first || uses[..at].iter().any(|(_, other)| *other == Some(byte));
        if taken {
            let place = table.entry(key).or_else(|| table.entry("delimiter"));
            let span = place.map_or(table.span.clone(), |entry| entry.span.clone());
            let text = char::from(byte).to_string();
            let hint = "delimiter, quote, escape and comment are different characters";
            refuse(key, &text, hint, span, problems);
        }
    }
}
