//! The tree of a TOML file, with the place of everything in it, and the list of
//! what is wrong with it.

use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use crate::model::located::Located;
use crate::model::nearest::nearest;
use crate::model::words::UnknownWord;

use super::error::{ConfigError, ConfigProblem, Expected};
use super::paths::CONFIG_FILE;
use super::secrets;

/// What was found wrong so far, and the text to show it in.
pub(super) struct Problems<'t> {
    text: &'t str,
    found: Vec<ConfigError>,
}

impl<'t> Problems<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    pub fn add(&mut self, span: Range<usize>, what: ConfigProblem) {
        self.found.push(ConfigError {
            what,
            at: Located::at(CONFIG_FILE, self.text, span),
        });
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn into_found(self) -> Vec<ConfigError> {
        self.found
    }
}

/// One `key = value`.
#[derive(Clone)]
pub(super) struct Entry<'t> {
    pub key: &'t str,
    pub key_span: Range<usize>,
    pub value: &'t DeValue<'t>,
    pub span: Range<usize>,
    /// Where it is, for messages: "in `[sources.accounts]`".
    pub place: String,
}

/// A table whose entries are taken out one by one, in any order; what is left at
/// the end is not known.
pub(super) struct Table<'t> {
    pub path: String,
    pub span: Range<usize>,
    entries: Vec<Entry<'t>>,
    /// Known keys that unknown ones were probably meant to be.
    meant: Vec<&'static str>,
}

impl<'t> Table<'t> {
    pub fn new(path: impl Into<String>, span: Range<usize>, tree: &'t DeTable<'t>) -> Self {
        let path = path.into();
        let place = place(&path);
        let mut entries: Vec<Entry<'t>> = tree
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref(),
                key_span: key.span(),
                value: value.get_ref(),
                span: value.span(),
                place: place.clone(),
            })
            .collect();
        // The tree is in the order of the alphabet.
        entries.sort_by_key(|entry| entry.key_span.start);
        Self {
            path,
            span,
            entries,
            meant: Vec::new(),
        }
    }

    /// "in `[sources.accounts]`".
    pub fn place(&self) -> String {
        place(&self.path)
    }

    /// All entries, in the order of the file.
    pub fn into_entries(self) -> Vec<Entry<'t>> {
        self.entries
    }

    /// Complains about keys other than `known`. Credentials were complained
    /// about before.
    pub fn refuse_unknown(&mut self, known: &'static [&'static str], problems: &mut Problems<'_>) {
        for entry in &self.entries {
            if known.contains(&entry.key) || secrets::is_secret(entry.key) {
                continue;
            }
            let nearest = nearest(entry.key, known.iter().copied());
            self.meant.extend(nearest);
            problems.add(
                entry.key_span.clone(),
                ConfigProblem::UnknownKey {
                    key: entry.key.to_owned(),
                    place: self.place(),
                    nearest,
                    known,
                },
            );
        }
    }

    /// Whether an unknown key was probably meant to be this one. That it is
    /// missing need not be said then.
    pub fn is_meant(&self, key: &str) -> bool {
        self.meant.contains(&key)
    }

    pub fn entry(&self, key: &str) -> Option<&Entry<'t>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub fn string(
        &self,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<(&'t str, Range<usize>)> {
        let entry = self.entry(key)?;
        Some((entry.string(problems)?, entry.span.clone()))
    }

    /// What `read` makes of the text at a key; where it makes nothing of it, `hint` is
    /// told.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        hint: &'static str,
        problems: &mut Problems<'_>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let (text, span) = self.string(key, problems)?;
        let found = read(text);
        if found.is_none() {
            let value = text.escape_debug().to_string();
            problems.add(span, ConfigProblem::BadValue { key, value, hint });
        }
        found
    }

    /// The number at a key; one that is not in the range is told with `hint`.
    pub fn number(
        &self,
        key: &'static str,
        range: RangeInclusive<u64>,
        hint: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<u64> {
        let entry = self.entry(key)?;
        let DeValue::Integer(number) = entry.value else {
            entry.wrong_type(Expected::Integer, problems);
            return None;
        };
        let found = u64::from_str_radix(number.as_str(), number.radix()).ok();
        let found = found.filter(|n| range.contains(n));
        if found.is_none() {
            let value = number.to_string();
            problems.add(
                entry.span.clone(),
                ConfigProblem::BadValue { key, value, hint },
            );
        }
        found
    }

    /// Yes or no, at a key.
    pub fn boolean(&self, key: &str, problems: &mut Problems<'_>) -> Option<bool> {
        let entry = self.entry(key)?;
        let DeValue::Boolean(value) = entry.value else {
            entry.wrong_type(Expected::Boolean, problems);
            return None;
        };
        Some(*value)
    }

    /// The table under a key, under its full name.
    pub fn table(&self, key: &str, problems: &mut Problems<'_>) -> Option<Table<'t>> {
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        self.entry(key)?.table(path, Expected::Table, problems)
    }

    /// One of the words that an option takes.
    pub fn word<T: FromStr<Err = UnknownWord>>(
        &self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<T> {
        let (word, span) = self.string(key, problems)?;
        match word.parse() {
            Ok(value) => Some(value),
            Err(UnknownWord { word, known }) => {
                let problem = ConfigProblem::UnknownWord {
                    key: key.to_owned(),
                    nearest: nearest(&word, known.iter().copied()),
                    value: word,
                    known,
                };
                problems.add(span, problem);
                None
            }
        }
    }

    /// An array of strings, each with its place. Empty if something is wrong.
    pub fn strings(&self, key: &str, problems: &mut Problems<'_>) -> Vec<(&'t str, Range<usize>)> {
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = entry.value else {
            entry.wrong_type(Expected::Strings, problems);
            return Vec::new();
        };
        let mut strings = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => strings.push((text.as_ref(), item.span())),
                other => {
                    let item = Entry {
                        value: other,
                        span: item.span(),
                        ..entry.clone()
                    };
                    item.wrong_type(Expected::Strings, problems);
                    return Vec::new();
                }
            }
        }
        strings
    }
}

impl<'t> Entry<'t> {
    pub fn string(&self, problems: &mut Problems<'_>) -> Option<&'t str> {
        match self.value {
            DeValue::String(text) => Some(text),
            _ => {
                self.wrong_type(Expected::String, problems);
                None
            }
        }
    }

    pub fn table(
        &self,
        path: String,
        expected: Expected,
        problems: &mut Problems<'_>,
    ) -> Option<Table<'t>> {
        match self.value {
            DeValue::Table(tree) => Some(Table::new(path, self.span.clone(), tree)),
            _ => {
                self.wrong_type(expected, problems);
                None
            }
        }
    }

    pub fn wrong_type(&self, expected: Expected, problems: &mut Problems<'_>) {
        let found = match self.value {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        problems.add(
            self.span.clone(),
            ConfigProblem::WrongType {
                key: self.key.to_owned(),
                place: self.place.clone(),
                expected,
                found,
            },
        );
    }
}

fn place(path: &str) -> String {
    match path {
        "" => "at the top of the file".to_owned(),
        path => format!("in `[{path}]`"),
    }
}
