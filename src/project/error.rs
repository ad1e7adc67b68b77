//! What can be wrong with a project, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::model::column_type::BadType;
use crate::model::located::{Located, printable};
use crate::model::names::BadName;
use crate::model::source::normalise_column;

use super::target::BadTarget;

/// The smallest project file, for hints.
const SMALLEST: &str = "[sources.accounts]\npath = \"raw/accounts/*.csv\"";

/// Why there is no project to work on.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("no `workbench.toml` in `{}` or any folder above it", start.display())]
    NotFound { start: PathBuf },
    #[error("no `workbench.toml` in `{}`", root.display())]
    Missing { root: PathBuf },
    #[error("`{}` cannot be read: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{0}")]
    Config(ConfigErrors),
}

impl ProjectError {
    /// What to do about it. None where several things are wrong: each hint then
    /// stands below its own complaint.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } | Self::Missing { .. } => Some(format!(
                "change to a project's folder, or make this one a project: `workbench init --from \
                 PATH` proposes one for the raw files there; or write a `workbench.toml` such \
                 as\n\n{SMALLEST}"
            )),
            Self::Io { .. } => None,
            Self::Config(errors) => match errors.listed() {
                [only] if errors.unlisted() == 0 => Some(only.hint()),
                _ => None,
            },
        }
    }
}

/// All that is wrong with a project file, in the order of its lines.
#[derive(Debug)]
pub struct ConfigErrors {
    listed: Vec<ConfigError>,
    unlisted: usize,
}

impl ConfigErrors {
    /// More than these are counted only: the first few fixed, the rest is often
    /// gone.
    pub const MOST: usize = 10;

    pub(super) fn new(mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by_key(|error| (error.at.line, error.at.column));
        let unlisted = errors.len().saturating_sub(Self::MOST);
        errors.truncate(Self::MOST);
        Self {
            listed: errors,
            unlisted,
        }
    }

    /// The first few.
    pub fn listed(&self) -> &[ConfigError] {
        &self.listed
    }

    /// How many there are beyond those.
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ([only], 0) = (self.listed(), self.unlisted) {
            return only.fmt(f);
        }
        let count = self.listed.len() + self.unlisted;
        write!(f, "{count} things are wrong with the project file")?;
        for error in &self.listed {
            write!(f, "\n\n{error}\nhint: {}", error.hint())?;
        }
        match self.unlisted {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}\n{at}", printable(&what.to_string()))]
pub struct ConfigError {
    pub what: ConfigProblem,
    pub at: Located,
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        self.what.hint()
    }
}

/// What is wrong. `place` is the table: "in `[sources.accounts]`".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigProblem {
    #[error("the file is not UTF-8")]
    NotUtf8,
    #[error("not TOML: {message}")]
    Syntax { message: String },
    #[error("`{key}` is defined twice")]
    Twice { key: String },
    #[error("the project file is empty")]
    Empty,
    #[error("the project has no sources")]
    NoSources,
    #[error("`{key}` looks like a credential, and credentials do not belong in a project file")]
    Secret { key: String },
    #[error("unknown key `{key}` {place}")]
    UnknownKey {
        key: String,
        place: String,
        nearest: Option<&'static str>,
        known: &'static [&'static str],
    },
    #[error("`{key}` is missing {place}")]
    MissingKey {
        key: &'static str,
        place: String,
        hint: &'static str,
    },
    #[error("`{key}` {place} is {found}, but takes {expected}")]
    WrongType {
        key: String,
        place: String,
        expected: Expected,
        found: &'static str,
    },
    #[error("`{key}` cannot be `{value}`")]
    UnknownWord {
        key: String,
        value: String,
        nearest: Option<&'static str>,
        known: &'static [&'static str],
    },
    #[error("`{key}` cannot be `{value}`")]
    BadValue {
        key: &'static str,
        value: String,
        hint: &'static str,
    },
    #[error("{0}")]
    SourceName(BadName),
    #[error("no time zone is named `{name}`")]
    Timezone {
        name: String,
        nearest: Option<&'static str>,
    },
    #[error("{0}")]
    Target(BadTarget),
    #[error("source paths cannot be at `{scheme}://`")]
    PathScheme { scheme: String },
    #[error("`~` in `{path}` stands for nothing here")]
    PathHome { path: String },
    #[error("`{path}` is not a pattern: {reason}")]
    PathPattern { path: String, reason: String },
    #[error("`{path}` is also the path of source `{other}`")]
    SamePath { path: String, other: String },
    #[error("`{name}` is not the name of a column")]
    ColumnName { name: String },
    #[error(
        "`{name}` cannot be a key column: those are lower-case letters, digits and `_`, \
         and do not begin with a digit"
    )]
    KeyColumn { name: String },
    #[error("column `{name}` is in the key twice")]
    KeyColumnTwice { name: String },
    #[error("{0}")]
    Type(BadType),
    #[error("column `{column}` has a format, but {ty} is not read by one")]
    FormatOfType { column: String, ty: String },
    #[error("column `{column}` has `{key}`, which means nothing to {ty}")]
    NotForType {
        key: &'static str,
        column: String,
        ty: String,
    },
    #[error("the format `{format}` holds no `%`")]
    Format { format: String },
}

impl ConfigProblem {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotUtf8 => "save the file as UTF-8".to_owned(),
            Self::Syntax { .. } => "the file holds `key = value` lines under `[table]` headers, \
                 with text in double quotes"
                .to_owned(),
            Self::Twice { .. } => "keep one of the two".to_owned(),
            Self::Empty | Self::NoSources => {
                format!("a source is a named feed of files; write for example\n\n{SMALLEST}")
            }
            Self::Secret { .. } => {
                "take it out, and replace it if the file was shared; credentials are found \
                 where all AWS tools look for them: environment, `~/.aws`, or the machine's role"
                    .to_owned()
            }
            Self::UnknownKey { nearest, known, .. } => near_or_all("known keys", *nearest, known),
            Self::UnknownWord { nearest, known, .. } => near_or_all("it takes", *nearest, known),
            Self::MissingKey { hint, .. } | Self::BadValue { hint, .. } => (*hint).to_owned(),
            Self::WrongType { key, expected, .. } => type_hint(key, *expected),
            Self::SourceName(bad) => source_name_hint(bad),
            Self::Timezone {
                nearest: Some(name),
                ..
            } => format!("did you mean `{name}`?"),
            Self::Timezone { nearest: None, .. } => {
                "write `UTC`, or area and city, such as `Australia/Sydney`".to_owned()
            }
            Self::Target(bad) => bad.hint(),
            Self::PathScheme { .. } => {
                "write the path of files, `raw/accounts/*.csv`, or of objects of a bucket, \
                 `s3://bucket/accounts/*.csv`"
                    .to_owned()
            }
            Self::PathHome { .. } => {
                "write the whole path, or one relative to `workbench.toml`".to_owned()
            }
            Self::PathPattern { .. } => "`*` stands for any part of a name, `**` for any folders; \
                 a bracket that is meant is written `[[]`"
                .to_owned(),
            Self::SamePath { .. } => {
                "each file belongs to one source: give the two different patterns".to_owned()
            }
            Self::ColumnName { name } => match normalise_column(name) {
                normal if normal.is_empty() => "write the column's name".to_owned(),
                normal => format!(
                    "headers are lower-cased, with `_` for all but letters and digits: \
                     write `{normal}`"
                ),
            },
            Self::KeyColumn { name } => key_column_hint(name),
            Self::KeyColumnTwice { .. } => "name each column once".to_owned(),
            Self::Type(bad) => bad.hint(),
            Self::FormatOfType { .. } => {
                "only DATE and TIMESTAMP are: leave the format out".to_owned()
            }
            Self::NotForType { key: "nulls", .. } => {
                "text holds any word: turn it into NULL in a staging view".to_owned()
            }
            Self::NotForType { .. } => "only numbers have it: leave it out".to_owned(),
            Self::Format { .. } => {
                "write `%d/%m/%Y` for 31/12/2024, `%Y-%m-%d %H:%M:%S` for 2024-12-31 23:59:59"
                    .to_owned()
            }
        }
    }
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    String,
    Integer,
    Boolean,
    Strings,
    Table,
    /// All sources, or one.
    Source,
    Column,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Boolean => "true or false",
            Self::Strings => "an array of strings",
            Self::Table | Self::Source => "a table",
            Self::Column => "a type, or a table with `type` and `format`",
        })
    }
}

fn type_hint(key: &str, expected: Expected) -> String {
    let key = printable(key);
    match expected {
        Expected::String => format!("put it in double quotes: `{key} = \"…\"`"),
        Expected::Integer => format!("write a number without quotes: `{key} = 4`"),
        Expected::Boolean => format!("write `{key} = true` or `{key} = false`"),
        Expected::Strings => format!("write `{key} = [\"…\"]`, with each in double quotes"),
        Expected::Table => {
            format!(
                "write its keys below a header that ends in `{key}]`, \
                 or as `{key} = {{ … }}`"
            )
        }
        Expected::Source => format!("each source is a table of its own:\n\n{SMALLEST}"),
        Expected::Column => {
            format!(
                "write `{key} = \"BIGINT\"`, \
                 or `{key} = {{ type = \"DATE\", format = \"%d/%m/%Y\" }}`"
            )
        }
    }
}

fn near_or_all(all: &str, nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{all}: {}", quoted(known)),
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn source_name_hint(bad: &BadName) -> String {
    match bad {
        BadName::Shape(text) => match plain_name(text) {
            Some(name) => format!("write `[sources.{name}]`"),
            None => "write a name such as `[sources.accounts]`".to_owned(),
        },
        BadName::EndsInVersion(_) => "write it without the version".to_owned(),
    }
}

fn key_column_hint(name: &str) -> String {
    match plain_name(name) {
        Some(name) => format!("write `{name}`, which the header becomes"),
        None => "rename the column in the files, or choose another key".to_owned(),
    }
}

/// The name as a column's would become, where that is a name.
fn plain_name(text: &str) -> Option<String> {
    let name = normalise_column(text);
    super::source::is_plain_name(&name).then_some(name)
}
