//! `workbench.toml` as a whole, `[project]` and `[target]`.

use std::ops::Range;
use std::path::Path;

use chrono_tz::{TZ_VARIANTS, Tz};
use toml::de::DeTable;

use crate::model::nearest::nearest;
use crate::model::source::SourceDefinition;

use super::document::{Problems, Table};
use super::error::{ConfigErrors, ConfigProblem, Expected, ProjectError};
use super::paths::CONFIG_FILE;
use super::target::TargetUrl;
use super::{Project, s3, secrets, source};

const TABLES: &[&str] = &["project", "target", "s3", "sources"];
const PROJECT_KEYS: &[&str] = &["name", "timezone", "memory", "threads"];
const TARGET_KEYS: &[&str] = &["url"];

const DEFAULT_TARGET: &str = "output";

/// More threads than any machine has are a slip, and DuckDB would start them.
const MOST_THREADS: u64 = 1024;

/// Reads the project of the folder `root` from the bytes of its file. All
/// complaints are made at once; only what is not TOML is complained about alone,
/// because what follows a broken line is anybody's guess.
pub(super) fn project(root: &Path, bytes: &[u8]) -> Result<Project, ProjectError> {
    let text = utf8(bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = DeTable::parse(text).map_err(|error| syntax(text, &error))?;

    let (credentials, shown) = secrets::find(text, tree.get_ref());
    let mut problems = Problems::new(&shown);
    for secret in credentials {
        problems.add(secret.span, ConfigProblem::Secret { key: secret.key });
    }
    let project = whole(root, tree.get_ref(), &mut problems);
    match project {
        Some(project) if problems.is_empty() => Ok(project),
        _ => Err(refused(problems)),
    }
}

fn refused(problems: Problems<'_>) -> ProjectError {
    ProjectError::Config(ConfigErrors::new(problems.into_found()))
}

fn utf8(bytes: &[u8]) -> Result<&str, ProjectError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let text = secrets::blot_lines(&String::from_utf8_lossy(bytes));
        let start = error.valid_up_to();
        let mut problems = Problems::new(&text);
        problems.add(start..start + 1, ConfigProblem::NotUtf8);
        refused(problems)
    })
}

fn syntax(text: &str, error: &toml::de::Error) -> ProjectError {
    let span = error.span().unwrap_or(0..0);
    let what = match error.message() {
        "duplicate key" => ConfigProblem::Twice {
            key: text.get(span.clone()).unwrap_or_default().to_owned(),
        },
        message => ConfigProblem::Syntax {
            message: message.to_owned(),
        },
    };
    let shown = secrets::blot_lines(text);
    let mut problems = Problems::new(&shown);
    problems.add(span, what);
    refused(problems)
}

/// None only if something was complained about.
fn whole(root: &Path, tree: &DeTable<'_>, problems: &mut Problems<'_>) -> Option<Project> {
    let mut top = Table::new("", 0..0, tree);
    if tree.is_empty() {
        problems.add(0..0, ConfigProblem::Empty);
        return None;
    }
    top.refuse_unknown(TABLES, problems);

    let given = top
        .table("project", problems)
        .map(|table| project_table(table, problems))
        .unwrap_or_default();
    let target = top
        .table("target", problems)
        .and_then(|table| target_table(table, root, problems));
    let s3 = top
        .table("s3", problems)
        .map(|table| s3::settings(table, problems))
        .unwrap_or_default();
    let sources = sources(&top, problems);

    let target = match target {
        Some(target) => target,
        // Not a complaint about the file, but about this constant.
        None => TargetUrl::parse(DEFAULT_TARGET, root).ok()?,
    };
    Some(Project {
        root: root.to_owned(),
        config_path: root.join(CONFIG_FILE),
        name: given.name.unwrap_or_else(|| folder_name(root)),
        timezone: given.timezone.unwrap_or(Tz::UTC),
        memory: given.memory,
        threads: given.threads,
        target,
        s3,
        sources,
    })
}

#[derive(Default)]
struct Given {
    name: Option<String>,
    timezone: Option<Tz>,
    memory: Option<String>,
    threads: Option<usize>,
}

fn project_table(mut table: Table<'_>, problems: &mut Problems<'_>) -> Given {
    table.refuse_unknown(PROJECT_KEYS, problems);
    Given {
        name: name(&table, problems),
        timezone: timezone(&table, problems),
        memory: memory(&table, problems),
        threads: threads(&table, problems),
    }
}

fn name(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let (name, span) = table.string("name", problems)?;
    // It is shown in terminals and logs, on one line.
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        let problem = ConfigProblem::BadValue {
            key: "name",
            value: name.escape_debug().to_string(),
            hint: "write a name of one line, or leave it out: it is the folder's then",
        };
        problems.add(span, problem);
        return None;
    }
    Some(name.trim().to_owned())
}

fn timezone(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Tz> {
    let (name, span) = table.string("timezone", problems)?;
    match name.parse() {
        Ok(zone) => Some(zone),
        Err(_) => {
            let problem = ConfigProblem::Timezone {
                name: name.to_owned(),
                nearest: nearest_timezone(name),
            };
            problems.add(span, problem);
            None
        }
    }
}

/// By its full name, or by the city alone, which is what people write.
fn nearest_timezone(written: &str) -> Option<&'static str> {
    let written = written.trim().replace(' ', "_");
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    let city = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    let by_city = |wanted: &str| names().find(|name| city(name).eq_ignore_ascii_case(wanted));
    by_city(&written)
        .or_else(|| nearest(&written, names()))
        .or_else(|| nearest(&written, names().map(city)).and_then(by_city))
}

fn memory(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let (memory, span) = table.string("memory", problems)?;
    if is_memory(memory) {
        return Some(memory.to_owned());
    }
    let problem = ConfigProblem::BadValue {
        key: "memory",
        value: memory.to_owned(),
        hint: "write a number and its unit, such as `4GB`, `512MB` or `1.5GiB`",
    };
    problems.add(span, problem);
    None
}

fn is_memory(text: &str) -> bool {
    let digits = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b'.')
        .count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start().to_ascii_lowercase();
    number.parse::<f64>().is_ok_and(|number| number > 0.0)
        && matches!(
            unit.as_str(),
            "kb" | "mb" | "gb" | "tb" | "kib" | "mib" | "gib" | "tib"
        )
}

fn threads(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<usize> {
    let hint = "write a number from 1 to 1024, or leave it out: DuckDB then takes one per core";
    let threads = table.number("threads", 1..=MOST_THREADS, hint, problems);
    threads.map(|threads| threads as usize)
}

fn target_table(
    mut table: Table<'_>,
    root: &Path,
    problems: &mut Problems<'_>,
) -> Option<TargetUrl> {
    table.refuse_unknown(TARGET_KEYS, problems);
    let (url, span) = table.string("url", problems)?;
    if secrets::has_user_in_url(url) {
        // Complained about before.
        return None;
    }
    match TargetUrl::parse(url, root) {
        Ok(target) => Some(target),
        Err(bad) => {
            problems.add(span, ConfigProblem::Target(bad));
            None
        }
    }
}

fn sources(top: &Table<'_>, problems: &mut Problems<'_>) -> Vec<SourceDefinition> {
    let Some(entry) = top.entry("sources") else {
        if !top.is_meant("sources") {
            problems.add(0..0, ConfigProblem::NoSources);
        }
        return Vec::new();
    };
    let Some(table) = entry.table("sources".to_owned(), Expected::Source, problems) else {
        return Vec::new();
    };
    let span: Range<usize> = table.span.clone();
    let entries = table.into_entries();
    if entries.is_empty() {
        problems.add(span, ConfigProblem::NoSources);
    }
    source::all(entries, problems)
}

fn folder_name(root: &Path) -> String {
    match root.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => "project".to_owned(),
    }
}
