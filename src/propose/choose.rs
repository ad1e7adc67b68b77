//! What is proposed for one source: key, load mode, what bad rows do, and why.

use super::keys::{self, Candidate, Keys};
use super::profile::Profile;
use super::types::{self, TypedColumn};
use crate::model::source::{BadRows, LoadMode};

/// Rows below which a pair of columns, or a column not named like a key, is
/// unique by chance.
const BY_CHANCE: u64 = 20;

/// A key and a load mode, with their reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub key: Vec<String>,
    pub key_reason: String,
    pub load: LoadMode,
    pub load_reason: String,
    pub bad_rows: BadRows,
    pub bad_reason: String,
    /// What else is not sure.
    pub notes: Vec<String>,
}

/// The types of all columns.
pub fn columns(profile: &Profile) -> Vec<TypedColumn> {
    let says: Vec<bool> = profile.values.iter().filter_map(types::day_first).collect();
    let agreed = says
        .first()
        .copied()
        .filter(|first| says.iter().all(|s| s == first));
    let named = profile.columns.iter().zip(&profile.values);
    named
        .map(|(name, values)| types::decide(name, values, agreed))
        .collect()
}

/// Key, load mode, and what to do about rows that do not fit.
pub fn choose(profile: &Profile, columns: &[TypedColumn], paths: &[String]) -> Choice {
    let mut notes = Vec::new();
    let key = key(&profile.keys, columns);
    let nearly = nearly(&profile.keys, key, columns);
    let (names, key_reason) = match key {
        Some(found) => {
            let names: Vec<String> = found
                .columns
                .iter()
                .map(|at| columns[*at].declared.name.clone())
                .collect();
            let mut reason = if paths.len() > 1 {
                "unique and never empty in each file".to_owned()
            } else {
                "unique and never empty".to_owned()
            };
            let by_name = found
                .columns
                .iter()
                .all(|at| keys::is_key_name(&columns[*at].declared.name));
            if !by_name || found.rows < BY_CHANCE {
                reason += ", perhaps by chance: look at it";
            }
            (names, reason)
        }
        None => (
            Vec::new(),
            "no column, and no pair of them, tells the rows apart".to_owned(),
        ),
    };
    notes.extend(nearly);
    if profile.keys.is_full() {
        notes.push(format!(
            "keys were looked for in the first {} rows only",
            keys::MOST
        ));
    }
    let (load, load_reason) = load(key, paths.len());
    if profile.header_again > 0 {
        notes.push(format!(
            "{} rows are the header again",
            profile.header_again
        ));
    }
    for (column, files) in &profile.missing {
        notes.push(format!(
            "{files} of {} files lack the column `{column}`: it is NULL there",
            paths.len()
        ));
    }
    if profile.bad_bytes > 0 {
        notes.push(format!(
            "{} bytes are no text in its encoding: the rows they are in do not fit",
            profile.bad_bytes
        ));
    }
    let (bad_rows, bad_reason) = bad_rows(profile, columns, paths);
    Choice {
        key: names,
        key_reason,
        load,
        load_reason,
        bad_rows,
        bad_reason,
        notes,
    }
}

fn key<'k>(keys: &'k Keys, columns: &[TypedColumn]) -> Option<&'k Candidate> {
    let name = |at: &usize| columns[*at].declared.name.as_str();
    let ty = |at: &usize| columns[*at].declared.ty.as_str();
    keys.candidates.iter().find(|candidate| {
        let exact = candidate
            .columns
            .iter()
            .all(|at| matches!(ty(at), "BIGINT" | "VARCHAR" | "DATE"));
        let enough = candidate.rows >= BY_CHANCE;
        let likely = match candidate.columns.as_slice() {
            [at] => {
                keys::is_key_name(name(at))
                    || (*at == 0 && ty(at) != "DATE" && candidate.rows >= 2)
                    || (enough && ty(at) == "BIGINT")
            }
            pair => {
                let named = |at: &usize| keys::is_key_name(name(at));
                enough
                    && pair.iter().any(named)
                    && pair
                        .iter()
                        .all(|at| named(at) || ty(at) == "DATE" || *at < 3)
            }
        };
        candidate.is_unique() && exact && likely
    })
}

/// What is named like a key, is almost one, and is not the key.
fn nearly(keys: &Keys, key: Option<&Candidate>, columns: &[TypedColumn]) -> Option<String> {
    let candidate = keys.candidates.iter().find(|candidate| {
        let faults = candidate.repeats + candidate.nulls;
        let [at] = candidate.columns.as_slice() else {
            return false;
        };
        faults > 0
            && faults * 10 <= candidate.rows
            && keys::is_key_name(&columns[*at].declared.name)
            && key.is_none_or(|key| candidate.rank < key.rank)
    })?;
    let name = &columns[candidate.columns[0]].declared.name;
    let more = if candidate.given_up { "at least " } else { "" };
    let mut text = format!("`{name}` is not a key");
    if candidate.repeats > 0 {
        text += &format!(
            ": {more}{} of {} rows repeat another",
            candidate.repeats, candidate.rows
        );
        if !candidate.examples.is_empty() {
            let shown: Vec<String> = candidate
                .examples
                .iter()
                .map(|e| super::layout::short(e))
                .collect();
            text += &format!(", such as {}", shown.join(", "));
        }
    }
    if candidate.nulls > 0 {
        text += &format!(": {more}{} rows have none", candidate.nulls);
    }
    Some(text)
}

fn load(key: Option<&Candidate>, files: usize) -> (LoadMode, String) {
    let Some(key) = key else {
        let reason = "without a key, rows can only be added".to_owned();
        return (LoadMode::Append, reason);
    };
    if files < 2 && key.columns.len() > 1 {
        let reason = "a pair of columns may be unique by chance, so nothing is replaced: rows are \
                      added; `upsert` would replace a row by a later one of the same key"
            .to_owned();
        return (LoadMode::Append, reason);
    }
    if files < 2 {
        let reason = "a later file that has a key again is taken to replace its row; one file \
                      does not tell"
            .to_owned();
        return (LoadMode::Upsert, reason);
    }
    let overlaps = key.overlaps();
    let copies = overlaps
        .iter()
        .all(|(before, both)| both * 5 >= before * 4 && *both > 0);
    if copies {
        let reason =
            "each file has the keys of the one before: they look like full copies".to_owned();
        return (LoadMode::Replace, reason);
    }
    match key.repeated_later() {
        0 => (LoadMode::Append, "no file has a key of another".to_owned()),
        again => (LoadMode::Upsert, {
            let keys = if again == 1 {
                "1 key comes".to_owned()
            } else {
                format!("{again} keys come")
            };
            format!("{keys} again in later files: the last row counts")
        }),
    }
}

fn bad_rows(profile: &Profile, columns: &[TypedColumn], paths: &[String]) -> (BadRows, String) {
    let misfits: u64 = columns.iter().map(|c| c.misfits).sum();
    let at = |file: usize| paths.get(file).map_or("", String::as_str);
    let mut reasons = profile.first_bad.clone();
    for column in columns {
        if let Some(first) = &column.first_misfit {
            let declared = &column.declared;
            reasons.push(format!(
                "{} line {}: {} in `{}` is no {}, nor are {} others",
                at(first.file),
                first.line,
                super::layout::short(&first.text),
                declared.name,
                declared.ty,
                column.misfits - 1,
            ));
        }
    }
    if reasons.is_empty() {
        return (BadRows::Fail, String::new());
    }
    let total = profile.bad_rows + misfits;
    let rows = if total == 1 { "row does" } else { "rows do" };
    let reason = format!("about {total} {rows} not fit:\n  {}", reasons.join("\n  "))
        .replace(", nor are 0 others", "");
    (BadRows::Quarantine, reason)
}
