//! The header: TOML in the comment that a file under `sql/` begins with.

#[cfg(test)]
mod tests;

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::names::has_name_shape;
use crate::model::nearest::nearest;
use crate::model::transform::{Header, Severity, TransformKind};

use super::problem::Problem;
use super::text;

/// A file, taken apart.
pub(super) struct Parts {
    pub header: Header,
    /// Where its SQL is. None if that cannot be told.
    pub sql: Option<Range<usize>>,
    /// What is wrong with the header, and where in the file.
    pub problems: Vec<(Range<usize>, Problem)>,
}

/// The keys that any header may hold, for suggestions.
const KEYS: [&str; 5] = ["description", "key", "version", "columns", "severity"];
const SEVERITIES: [&str; 2] = ["fail", "warn"];

fn keys_of(kind: TransformKind) -> &'static [&'static str] {
    match kind {
        TransformKind::Staging => &["description", "key", "columns"],
        TransformKind::Features => &["description", "key", "version", "columns"],
        TransformKind::Check => &["description", "severity"],
    }
}

/// Takes the text of a file apart.
pub(super) fn read(kind: TransformKind, text: &str) -> Parts {
    let mut reader = Reader {
        kind,
        offset: 0,
        problems: Vec::new(),
        header: Header {
            version: 1,
            ..Header::default()
        },
    };
    let start = text.len() - text.trim_start_matches(text::is_blank).len();
    let mut sql = Some(start);
    if !text[start..].starts_with("/*") {
        reader.add(start..start, Problem::NoHeader);
    } else if let Some(len) = text::block_comment(&text[start..]) {
        sql = Some(start + len);
        reader.offset = start + 2;
        reader.toml(&text[start + 2..start + len - 2]);
    } else {
        reader.add(start..start + 2, Problem::Unterminated);
        sql = None;
    }
    Parts {
        header: reader.header,
        sql: sql.map(|from| text::body(text, from)),
        problems: reader.problems,
    }
}

struct Reader {
    kind: TransformKind,
    /// Of the TOML, in the file.
    offset: usize,
    problems: Vec<(Range<usize>, Problem)>,
    header: Header,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl Reader {
    /// `span` is in the TOML, once its place is known.
    fn add(&mut self, span: Range<usize>, what: Problem) {
        let span = self.offset + span.start..self.offset + span.end;
        self.problems.push((span, what));
    }

    fn toml(&mut self, toml: &str) {
        let tree = match DeTable::parse(toml) {
            Ok(tree) => tree,
            Err(error) => {
                // Some complaints, such as a missing value, have no width.
                let span = error.span().unwrap_or(0..0);
                let message = error.message().to_owned();
                return self.add(span, Problem::Toml { message });
            }
        };
        let mut key_meant = false;
        for (key, value) in in_order(tree.get_ref()) {
            let name = key.get_ref().as_ref();
            let meant = self.known(name, key.span());
            key_meant |= name == "key" || meant == Some("key");
            match name {
                _ if !keys_of(self.kind).contains(&name) => {}
                "description" => {
                    self.header.description = self.string(name, value).map(str::to_owned);
                }
                "key" => self.key(value),
                "version" => self.version(value),
                "columns" => self.columns(value),
                "severity" => self.severity(value),
                _ => {}
            }
        }
        if self.kind == TransformKind::Features && !key_meant {
            // At the comment's beginning: there is nothing better to point at.
            self.offset -= 2;
            self.add(0..2, Problem::NoKey);
        }
    }

    /// Complains about a key that is not known here; then gives the one that it
    /// was probably meant to be.
    fn known(&mut self, key: &str, span: Range<usize>) -> Option<&'static str> {
        let known = keys_of(self.kind);
        if known.contains(&key) {
            return None;
        }
        let (kind, key) = (self.kind, key.to_owned());
        if KEYS.contains(&key.as_str()) {
            self.add(span, Problem::NotForKind { key, kind });
            return None;
        }
        let nearest = nearest(&key, known.iter().copied());
        let problem = Problem::UnknownKey {
            key,
            nearest,
            known,
        };
        self.add(span, problem);
        nearest
    }

    fn wrong_type(&mut self, key: &str, value: &Value<'_>, expected: &'static str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        let key = key.to_owned();
        let problem = Problem::WrongType {
            key,
            expected,
            found,
        };
        self.add(value.span(), problem);
    }

    fn string<'v>(&mut self, key: &str, value: &'v Value<'_>) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(key, value, "a string");
        }
        text
    }

    fn key(&mut self, value: &Value<'_>) {
        const EXPECTED: &str = "an array of strings";
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong_type("key", value, EXPECTED);
        };
        if items.is_empty() && self.kind == TransformKind::Features {
            self.add(value.span(), Problem::NoKey);
        }
        for item in items.iter() {
            let Some(name) = item.get_ref().as_str() else {
                return self.wrong_type("key", item, EXPECTED);
            };
            let name = name.to_owned();
            if !has_name_shape(&name) {
                self.add(item.span(), Problem::KeyColumn { name });
            } else if self.header.key.contains(&name) {
                self.add(item.span(), Problem::KeyColumnTwice { name });
            } else {
                self.header.key.push(name);
            }
        }
    }

    fn version(&mut self, value: &Value<'_>) {
        let Some(written) = value.get_ref().as_integer() else {
            return self.wrong_type("version", value, "a whole number");
        };
        match u32::from_str_radix(written.as_str(), written.radix()) {
            Ok(version) if version > 0 => self.header.version = version,
            _ => {
                let written = written.to_string();
                self.add(value.span(), Problem::Version { written });
            }
        }
    }

    fn columns(&mut self, value: &Value<'_>) {
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong_type("columns", value, "a table of descriptions");
        };
        for (column, value) in in_order(table) {
            let column = column.get_ref().as_ref();
            if let Some(text) = self.string(column, value) {
                let entry = (column.to_owned(), text.to_owned());
                self.header.columns.push(entry);
            }
        }
    }

    fn severity(&mut self, value: &Value<'_>) {
        match self.string("severity", value) {
            None => {}
            Some("fail") => self.header.severity = Severity::Fail,
            Some("warn") => self.header.severity = Severity::Warn,
            Some(other) => {
                let problem = Problem::Severity {
                    written: other.to_owned(),
                    nearest: nearest(other, SEVERITIES),
                };
                self.add(value.span(), problem);
            }
        }
    }
}

/// As written; the tree itself is in the order of the alphabet.
fn in_order<'a, 't>(
    table: &'a DeTable<'t>,
) -> Vec<(&'a Spanned<std::borrow::Cow<'t, str>>, &'a Value<'t>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
