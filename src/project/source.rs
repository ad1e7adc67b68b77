//! `[sources.<name>]`.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use toml::de::DeValue;

use crate::model::names::SourceName;
use crate::model::source::{LoadMode, SourceDefinition, parse_settle};

use super::column::columns;
use super::csv::dialect;
use super::document::{Entry, Problems, Table};
use super::error::{ConfigProblem, Expected};
use super::target::{check_bucket, is_home};

const SOURCE_KEYS: &[&str] = &[
    "path",
    "load",
    "key",
    "bad_rows",
    "schema",
    "on_vanish",
    "duplicates",
    "settle",
    "history",
    "csv",
    "columns",
];

/// All sources, in the order of the file. Some are left out if something was
/// complained about.
pub(super) fn all(entries: Vec<Entry<'_>>, problems: &mut Problems<'_>) -> Vec<SourceDefinition> {
    let mut sources = Vec::new();
    let mut paths: HashMap<&str, &str> = HashMap::new();
    for entry in &entries {
        let Some(table) = entry.table(format!("sources.{}", entry.key), Expected::Source, problems)
        else {
            continue;
        };
        if let Some((path, span)) = written_path(&table) {
            let plain = path.strip_prefix("./").unwrap_or(path);
            match paths.get(plain) {
                None => {
                    paths.insert(plain, entry.key);
                }
                Some(other) => {
                    let problem = ConfigProblem::SamePath {
                        path: path.to_owned(),
                        other: (*other).to_owned(),
                    };
                    problems.add(span, problem);
                }
            }
        }
        sources.extend(one(entry, table, problems));
    }
    sources
}

fn one(
    entry: &Entry<'_>,
    mut table: Table<'_>,
    problems: &mut Problems<'_>,
) -> Option<SourceDefinition> {
    table.refuse_unknown(SOURCE_KEYS, problems);
    let name = match entry.key.parse::<SourceName>() {
        Ok(name) => Some(name),
        Err(bad) => {
            problems.add(entry.key_span.clone(), ConfigProblem::SourceName(bad));
            None
        }
    };
    let path = path(&table, problems);
    let load = load(&table, problems);
    let key = key(&table, problems);
    let dialect = dialect(&table, problems);
    let columns = columns(&table, problems);
    if !dialect.header && columns.is_empty() {
        let problem = ConfigProblem::MissingKey {
            key: "columns",
            place: table.place(),
            hint: "files without a header need the columns named, in their order",
        };
        problems.add(table.span.clone(), problem);
    }
    let bad_rows = table.word("bad_rows", problems);
    let schema = table.word("schema", problems);
    let on_vanish = table.word("on_vanish", problems);
    let duplicates = table.word("duplicates", problems);
    let settle = settle(&table, problems);
    let history = table.word("history", problems);

    let defaults = SourceDefinition::new(name?, path?);
    Some(SourceDefinition {
        load: load.unwrap_or(defaults.load),
        key,
        dialect,
        columns,
        bad_rows: bad_rows.unwrap_or(defaults.bad_rows),
        schema: schema.unwrap_or(defaults.schema),
        on_vanish: on_vanish.unwrap_or(defaults.on_vanish),
        duplicates: duplicates.unwrap_or(defaults.duplicates),
        settle: settle.unwrap_or(defaults.settle),
        history: history.unwrap_or(defaults.history),
        ..defaults
    })
}

fn written_path<'t>(table: &Table<'t>) -> Option<(&'t str, Range<usize>)> {
    let entry = table.entry("path")?;
    match entry.value {
        DeValue::String(path) => Some((path, entry.span.clone())),
        _ => None,
    }
}

fn path(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<String> {
    if table.entry("path").is_none() && !table.is_meant("path") {
        let problem = ConfigProblem::MissingKey {
            key: "path",
            place: table.place(),
            hint: "say where its files are: `path = \"raw/accounts/*.csv\"`",
        };
        problems.add(table.span.clone(), problem);
    }
    let (path, span) = table.string("path", problems)?;
    match bad_path(path) {
        None => Some(path.to_owned()),
        Some(problem) => {
            problems.add(span, problem);
            None
        }
    }
}

fn bad_path(path: &str) -> Option<ConfigProblem> {
    if path.trim().is_empty() {
        return Some(ConfigProblem::BadValue {
            key: "path",
            value: path.to_owned(),
            hint: "say where its files are: `path = \"raw/accounts/*.csv\"`",
        });
    }
    let in_bucket = match path.split_once("://") {
        None => false,
        Some(("s3", rest)) => {
            if let Some(problem) = bad_objects(path, rest) {
                return Some(problem);
            }
            true
        }
        Some((scheme, _)) => {
            return Some(ConfigProblem::PathScheme {
                scheme: scheme.to_owned(),
            });
        }
    };
    if !in_bucket && is_home(path) {
        return Some(ConfigProblem::PathHome {
            path: path.to_owned(),
        });
    }
    let error = globset::Glob::new(path).err()?;
    Some(ConfigProblem::PathPattern {
        path: path.to_owned(),
        reason: error.kind().to_string(),
    })
}

/// What is wrong with a path in a bucket.
fn bad_objects(path: &str, rest: &str) -> Option<ConfigProblem> {
    let (bucket, keys) = rest.split_once('/').unwrap_or((rest, ""));
    if let Err(bad) = check_bucket(bucket) {
        return Some(ConfigProblem::Target(bad));
    }
    if keys.is_empty() {
        return Some(ConfigProblem::BadValue {
            key: "path",
            value: path.to_owned(),
            hint: "say which objects: `path = \"s3://bucket/accounts/*.csv\"`",
        });
    }
    let bad = |part| matches!(part, "" | "." | "..");
    keys.split('/').any(bad).then(|| ConfigProblem::BadValue {
        key: "path",
        value: path.to_owned(),
        hint: "write the keys with one `/` between their parts, and none of these `.` or `..`: \
               `path = \"s3://bucket/accounts/*.csv\"`",
    })
}

/// The mode, with what it needs and what needs it. A key with no mode is not
/// taken for `append`, the default: who writes a key mostly means `upsert`, and
/// would find every row twice.
fn load(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<LoadMode> {
    let Some(entry) = table.entry("load") else {
        if let Some(key) = table.entry("key")
            && !table.is_meant("load")
        {
            let problem = ConfigProblem::MissingKey {
                key: "load",
                place: table.place(),
                hint: "with a key, say what it is for: `load = \"upsert\"` replaces the rows \
                       of a key, `load = \"append\"` adds to them",
            };
            problems.add(key.key_span.clone(), problem);
        }
        return None;
    };
    let load: LoadMode = table.word("load", problems)?;
    let has_key = table
        .entry("key")
        .is_some_and(|key| !matches!(key.value, DeValue::Array(items) if items.is_empty()));
    if load == LoadMode::Upsert && !has_key && !table.is_meant("key") {
        let problem = ConfigProblem::MissingKey {
            key: "key",
            place: table.place(),
            hint: "`upsert` replaces the rows of a key: name its columns, \
                   as in `key = [\"account_id\"]`",
        };
        problems.add(entry.span.clone(), problem);
    }
    Some(load)
}

/// Columns of a key need not be declared: others are inferred.
fn key(table: &Table<'_>, problems: &mut Problems<'_>) -> Vec<String> {
    let mut key: Vec<String> = Vec::new();
    for (name, span) in table.strings("key", problems) {
        let name = name.to_owned();
        if !is_plain_name(&name) {
            problems.add(span, ConfigProblem::KeyColumn { name });
        } else if key.contains(&name) {
            problems.add(span, ConfigProblem::KeyColumnTwice { name });
        } else {
            key.push(name);
        }
    }
    key
}

/// Key columns have the shape that names of sources have.
pub(super) fn is_plain_name(text: &str) -> bool {
    text.parse::<SourceName>().is_ok()
}

fn settle(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Duration> {
    let hint = "write a whole number and its unit: `500ms`, `10s` or `2m`";
    table.parsed("settle", hint, problems, parse_settle)
}
