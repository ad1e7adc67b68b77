//! Which functions SQL of a project may call.

use crate::model::nearest::nearest;
use crate::model::syntax::{FunctionKind, Syntax};

use super::problem::Problem;
use super::syntax_tree::Call;

/// The table functions that may be called: they make rows of their arguments.
pub(super) const TABLE_FUNCTIONS: &[&str] = &[
    "generate_series",
    "json_each",
    "json_tree",
    "range",
    "repeat",
    "repeat_row",
    "unnest",
];

/// These read the clock, whatever the catalogue says of them.
const CLOCK: [&str; 15] = [
    "ago",
    "current_date",
    "current_localtime",
    "current_localtimestamp",
    "current_time",
    "current_timestamp",
    "get_current_time",
    "get_current_timestamp",
    "localtime",
    "localtimestamp",
    "now",
    "pg_conf_load_time",
    "pg_postmaster_start_time",
    "today",
    "transaction_timestamp",
];

const CHANCE: [&str; 6] = [
    "gen_random_uuid",
    "random",
    "setseed",
    "uuid",
    "uuidv4",
    "uuidv7",
];

/// Macros that look into the session or the catalogue. Functions that do are
/// volatile by the catalogue.
const SESSION: [&str; 10] = [
    "current_catalog",
    "current_query",
    "current_schema",
    "current_setting",
    "format_type",
    "get_block_size",
    "getvariable",
    "pg_get_constraintdef",
    "pg_get_viewdef",
    "pg_sleep",
];

/// What reads as a column, and is a function where there is no such column.
const WITHOUT_PARENTHESES: [&str; 7] = [
    "current_catalog",
    "current_date",
    "current_schema",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
];

/// A call that is allowed although the catalogue knows it as volatile (`error`:
/// it is, so as not to be computed early) or not at all.
const ALLOWED: [&str; 3] = ["error", "run_date", "unnest"];

const RUNS_SQL: [&str; 6] = [
    "histogram_values",
    "json_execute_serialized_sql",
    "json_serialize_plan",
    "query",
    "query_table",
    "summary",
];

/// Whether a column of this name is the clock's or the session's unless a table
/// has it.
pub(super) fn is_function_without_parentheses(name: &str) -> bool {
    WITHOUT_PARENTHESES.contains(&name)
}

/// What is wrong with a call, if anything is.
pub(super) fn judge(call: &Call, syntax: &dyn Syntax) -> Option<Problem> {
    let name = call.name.clone();
    let known = name.as_str();
    if RUNS_SQL.contains(&known) {
        return Some(Problem::RunsSql { name });
    }
    if reads_files(known) {
        return Some(Problem::ReadsFiles { name });
    }
    if call.makes_rows {
        let allowed = TABLE_FUNCTIONS.contains(&known);
        return (!allowed).then_some(Problem::TableFunction { name });
    }
    // `age` of one date is counted from now.
    if CLOCK.contains(&known) || known == "age" && call.arguments == 1 {
        return Some(Problem::Clock { name });
    }
    if CHANCE.contains(&known) {
        return Some(Problem::Chance { name });
    }
    if SESSION.contains(&known) {
        return Some(Problem::Session { name });
    }
    if ALLOWED.contains(&known) {
        return None;
    }
    match syntax.function(known) {
        FunctionKind::Pure => None,
        FunctionKind::Volatile => Some(Problem::Session { name }),
        // Operators are not in every catalogue.
        FunctionKind::Unknown if !is_word(known) => None,
        FunctionKind::Unknown => {
            let names = syntax.function_names();
            let names = names.iter().map(String::as_str).filter(|n| is_word(n));
            let nearest = nearest(known, ["run_date"].into_iter().chain(names));
            let nearest = nearest.map(str::to_owned);
            Some(Problem::UnknownFunction { name, nearest })
        }
    }
}

fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn reads_files(name: &str) -> bool {
    name.starts_with("read_")
        || name.starts_with("parquet_")
        || name.starts_with("sniff_")
        || name.ends_with("_scan")
        || name == "glob"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_told_apart() {
        for list in [TABLE_FUNCTIONS, &CLOCK, &CHANCE, &SESSION, &RUNS_SQL] {
            assert!(list.is_sorted(), "{list:?}");
        }
        for name in WITHOUT_PARENTHESES {
            assert!(CLOCK.contains(&name) || SESSION.contains(&name), "{name}");
        }
        for name in TABLE_FUNCTIONS {
            assert!(!reads_files(name) && !RUNS_SQL.contains(name), "{name}");
        }
    }
}
