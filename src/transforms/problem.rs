//! What can be wrong with a file under `sql/`, and what to do about it.

use crate::model::names::BadName;
use crate::model::transform::{Relation, TransformKind};

/// What is wrong. Names come as they were written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    // The file.
    #[error("the file cannot be read: {message}")]
    Unreadable { message: String },
    #[error("the file is not UTF-8")]
    NotUtf8,
    #[error("{0}")]
    FileName(BadName),

    // The header.
    #[error("the file has no header")]
    NoHeader,
    #[error("the header's comment is not closed")]
    Unterminated,
    #[error("the header is not TOML: {message}")]
    Toml { message: String },
    #[error("unknown key `{key}` in the header")]
    UnknownKey {
        key: String,
        nearest: Option<&'static str>,
        known: &'static [&'static str],
    },
    #[error("`{key}` is not for {}", plural(*kind))]
    NotForKind { key: String, kind: TransformKind },
    #[error("`{key}` is {found}, but takes {expected}")]
    WrongType {
        key: String,
        expected: &'static str,
        found: &'static str,
    },
    #[error("a dataset needs a `key`: the columns that name a row")]
    NoKey,
    #[error(
        "`{name}` cannot be a key column: those are lower-case letters, digits and `_`, and do not begin with a digit"
    )]
    KeyColumn { name: String },
    #[error("column `{name}` is in the key twice")]
    KeyColumnTwice { name: String },
    #[error("`{written}` is not a version")]
    Version { written: String },
    #[error("`{written}` is not a severity")]
    Severity {
        written: String,
        nearest: Option<&'static str>,
    },

    // The statement.
    #[error("the file has no SELECT")]
    Empty,
    #[error("{message}")]
    Syntax { message: String },
    #[error("more than one statement")]
    Statements,
    #[error("`{what}` is not a SELECT")]
    NotSelect { what: String },
    #[error("`{word}` cannot be used{}", if is_unpivot(word) { "" } else { ": its columns depend on the data" })]
    Pivot { word: String },
    #[error("`{word}` cannot be used: it tells of tables, not of what is in them")]
    Show { word: String },
    #[error("`{written}` is a parameter, and nothing gives it a value")]
    Parameter { written: String },
    #[error("a sample holds other rows each time")]
    Sample,
    #[error("`AT` cannot be used: tables have no versions")]
    At,
    #[error("`{what}` cannot be used here")]
    Unsupported { what: String },

    // Functions.
    #[error("`{name}` reads the clock")]
    Clock { name: String },
    #[error("`{name}` gives another value each time")]
    Chance { name: String },
    #[error("`{name}` depends on the session, or changes it")]
    Session { name: String },
    #[error("unknown function `{name}`")]
    UnknownFunction {
        name: String,
        nearest: Option<String>,
    },
    #[error("`{name}` runs SQL that is not in the file")]
    RunsSql { name: String },
    #[error("`{name}` reads files")]
    ReadsFiles { name: String },
    #[error("the table function `{name}` cannot be used")]
    TableFunction { name: String },

    // Tables.
    #[error("`{name}` reads a file")]
    FileAsTable { name: String },
    #[error("`{name}` has too many parts")]
    Catalog { name: String },
    #[error("unknown table `{name}`")]
    UnknownTable {
        name: String,
        /// Not one of the four schemas, or none at all.
        schema_unknown: bool,
        nearest: Option<Relation>,
        /// What the schema holds.
        known: Vec<String>,
    },
    #[error("unknown table `history.{name}`: there is no dataset `{name}`")]
    NoHistory {
        name: String,
        nearest: Option<Relation>,
    },
    #[error("{} cannot read `{relation}`", singular(*kind))]
    NotReadable {
        relation: Relation,
        kind: TransformKind,
    },
    #[error("a cycle: {}", path.join(" -> "))]
    Cycle { path: Vec<String> },
    #[error("`{other}` would publish to `{prefix}` too")]
    SamePrefix { prefix: String, other: String },
}

/// What a file of this kind is called.
pub(super) fn singular(kind: TransformKind) -> &'static str {
    match kind {
        TransformKind::Staging => "a staging view",
        TransformKind::Features => "a dataset",
        TransformKind::Check => "a check",
    }
}

fn plural(kind: TransformKind) -> &'static str {
    match kind {
        TransformKind::Staging => "staging views",
        TransformKind::Features => "datasets",
        TransformKind::Check => "checks",
    }
}

impl Problem {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Unreadable { .. } | Self::Syntax { .. } => return None,
            Self::NotUtf8 => "save the file as UTF-8",
            Self::FileName(BadName::Shape(_)) => {
                "rename the file: its name is the transform's, such as `account_level.sql`"
            }
            Self::FileName(BadName::EndsInVersion(_)) => {
                "name the file without it, and write `version = 2` in its header"
            }
            Self::NoHeader => {
                "begin the file with a comment in TOML, such as\n\n/*\ndescription = \"One row per account.\"\nkey = [\"account_id\"]\n*/"
            }
            Self::Unterminated => "close it with `*/`, before the SELECT",
            Self::Toml { .. } => {
                "the header holds `key = value` lines, with text in double quotes; SQL comments go below it, after `--`"
            }
            Self::UnknownKey { nearest, known, .. } => {
                return Some(match nearest {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("known keys: {}", quoted(known)),
                });
            }
            Self::NotForKind { key, .. } => match key.as_str() {
                "version" => {
                    "only datasets have versions, because only they are published: take it out"
                }
                "severity" => "only checks have a severity: take it out",
                _ => "a check returns offending rows, whatever their columns: take it out",
            },
            Self::WrongType { key, expected, .. } => return type_hint(key, expected),
            Self::NoKey => {
                "write for example `key = [\"account_id\"]`: rows are sorted by it, and it must be unique"
            }
            Self::KeyColumn { .. } => "give the output column such a name, with `AS`",
            Self::KeyColumnTwice { .. } => "name each column once",
            Self::Version { .. } => {
                "versions are 1, 2, 3 and so on; raise it when a change would break those who read the dataset"
            }
            Self::Severity { nearest, .. } => {
                return Some(match nearest {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => {
                        "write \"fail\", and nothing is published while rows are found, or \"warn\""
                            .to_owned()
                    }
                });
            }
            Self::Empty => "write one SELECT below the header",
            Self::Statements => "keep one SELECT; each other one goes into a file of its own",
            Self::NotSelect { .. } => "the file holds one SELECT, and nothing that changes data",
            Self::Pivot { word } if is_unpivot(word) => {
                "write a SELECT per column, and put UNION ALL between them"
            }
            Self::Pivot { .. } => {
                "write a column for each value: `sum(amount) FILTER (kind = 'a') AS amount_a`"
            }
            Self::Show { .. } => "write a SELECT; `workbench query` can look at tables",
            Self::Parameter { .. } => "write the value itself; the ingest date is `run_date()`",
            Self::Sample => {
                "choose rows by their values, for example `WHERE hash(account_id) % 100 = 0`"
            }
            Self::At => "earlier days of a dataset are in `history.<dataset>`",
            Self::Unsupported { .. } => "write it as a plain SELECT",
            Self::Clock { name } => return Some(clock_hint(name)),
            Self::Chance { .. } => {
                "equal runs must publish equal rows; `hash(column)` spreads rows as evenly, and is the same each time"
            }
            Self::Session { .. } => "equal runs must publish equal rows: write the value itself",
            Self::UnknownFunction { nearest, .. } => {
                return nearest
                    .as_ref()
                    .map(|name| format!("did you mean `{name}`?"));
            }
            Self::RunsSql { .. } => "write the SELECT itself, as a subquery or with WITH",
            Self::ReadsFiles { .. } | Self::FileAsTable { .. } => {
                "make the files a source in `workbench.toml`, and read `raw.<source>`"
            }
            Self::TableFunction { .. } => {
                return Some(format!(
                    "those that can: {}",
                    quoted(super::functions::TABLE_FUNCTIONS)
                ));
            }
            Self::Catalog { .. } => {
                "write `raw.`, `staging.`, `features.` or `history.` and one name"
            }
            Self::UnknownTable { .. } => return self.table_hint(),
            Self::NoHistory {
                nearest: Some(table),
                ..
            } => {
                return Some(format!("did you mean `{table}`?"));
            }
            Self::NoHistory { nearest: None, .. } => {
                "only what is published has a history: a dataset is a file under `sql/features/`"
            }
            Self::NotReadable { kind, .. } => match kind {
                TransformKind::Staging => {
                    "staging views read `raw` and `staging`: what is published is made from them, and not the other way round"
                }
                _ => "read something else",
            },
            Self::Cycle { .. } => "one of them must do without the next",
            Self::SamePrefix { .. } => "rename one of the two, or give it another `version`",
        };
        Some(fixed.to_owned())
    }

    fn table_hint(&self) -> Option<String> {
        let Self::UnknownTable {
            schema_unknown,
            nearest,
            known,
            ..
        } = self
        else {
            return None;
        };
        if let Some(table) = nearest {
            return Some(format!("did you mean `{table}`?"));
        }
        if *schema_unknown {
            return Some(
                "tables are `raw.<source>`, `staging.<view>`, `features.<dataset>` and `history.<dataset>`"
                    .to_owned(),
            );
        }
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        (!known.is_empty()).then(|| format!("there are: {}", quoted(&known)))
    }
}

fn is_unpivot(word: &str) -> bool {
    word.eq_ignore_ascii_case("unpivot")
}

fn type_hint(key: &str, expected: &str) -> Option<String> {
    Some(match expected {
        "a string" => format!("put it in double quotes: `{key} = \"…\"`"),
        "an array of strings" => {
            format!("write `{key} = [\"…\"]`, with each in double quotes")
        }
        "a whole number" => format!("write `{key} = 2`, without quotes"),
        _ => format!("write `name = \"What it holds.\"` lines under `[{key}]`"),
    })
}

fn clock_hint(name: &str) -> String {
    match name {
        "ago" => "the only date there is, is the ingest date: `run_date() - INTERVAL 7 DAY`".to_owned(),
        "age" => "give two dates; the ingest date is `run_date()`: `age(run_date(), joining_date)`".to_owned(),
        _ => "use `run_date()`, the day that the run is for; or, if it is a column, write its table before it".to_owned(),
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
