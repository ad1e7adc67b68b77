//! What is said of a query that cannot be one, in the words of this program.

use std::ops::Range;

use chrono::NaiveDate;

use super::explained;
use crate::engine::param::Param;
use crate::engine::{EngineError, ErrorKind};
use crate::model::moment::Moment;
use crate::model::nearest::nearest;
use crate::transforms::statement;

/// Statements that do something. A query only reads.
const DEEDS: [&str; 26] = [
    "alter",
    "analyze",
    "attach",
    "begin",
    "call",
    "checkpoint",
    "commit",
    "copy",
    "create",
    "delete",
    "detach",
    "drop",
    "execute",
    "export",
    "import",
    "insert",
    "install",
    "load",
    "merge",
    "prepare",
    "reset",
    "rollback",
    "set",
    "truncate",
    "update",
    "vacuum",
];

/// Why a statement that begins like this is no query, and the word that says so;
/// None if it may be one.
pub(super) fn of_deed(sql: &str) -> Option<(String, Range<usize>)> {
    // EXPLAIN ANALYZE does what it explains.
    let from = explained::of(sql).map_or(0, |explained| explained.statement);
    let (word, at) = statement::words(&sql[from..]).next()?;
    let at = from + at.start..from + at.end;
    let lower = word.to_ascii_lowercase();
    if !DEEDS.contains(&lower.as_str()) {
        return None;
    }
    let instead = match lower.as_str() {
        "copy" => "`--output FILE` writes a result into a file",
        "create" => "a file under `sql/features/` makes a dataset",
        "import" | "insert" => "`workbench export` loads files",
        _ => "write a SELECT",
    };
    let message = format!(
        "`{}` is no query, and a query is all that is run here; {instead}",
        word.to_uppercase()
    );
    Some((message, at))
}

/// Why nothing is explained: what tells of tables is answered by the engine beside its plan,
/// or by a statement that nobody typed.
pub(super) fn of_plan(sql: &str) -> Option<(String, Range<usize>)> {
    let from = explained::of(sql)?.statement;
    let (word, at) = statement::words(&sql[from..]).next()?;
    let word = word.to_uppercase();
    let tells = matches!(word.as_str(), "SHOW" | "DESCRIBE" | "DESC");
    let why = format!("`{word}` tells of tables and reads no rows: it has no plan");
    tells.then(|| (why, from + at.start..from + at.end))
}

/// How the engine's error for a table that is not there begins.
const NO_TABLE: &str = "Table with name ";

/// Whether an error of the engine is that of a table that is not there.
pub(super) fn is_of_table(error: &EngineError) -> bool {
    error.message.starts_with(NO_TABLE)
}

/// The engine's error for a table that is not there suggests any of its own. `known`
/// are the names that can be asked for, with their schemas.
pub(super) fn of_table(error: EngineError, known: &[String]) -> EngineError {
    let Some(rest) = error.message.strip_prefix(NO_TABLE) else {
        return error;
    };
    let name = rest.split(" does not exist").next().unwrap_or_default();
    let last = |full: &str| full.rsplit('.').next().unwrap_or_default().to_owned();
    let lasts: Vec<String> = known.iter().map(|full| last(full)).collect();
    let near = nearest(&last(name), lasts.iter().map(String::as_str));
    let meant = known
        .iter()
        .filter(|full| Some(last(full).as_str()) == near);
    let meant: Vec<String> = meant.map(|full| format!("`{full}`")).collect();
    let message = if meant.is_empty() {
        format!("there is no table `{name}`; `workbench catalog` lists those there are")
    } else {
        format!(
            "there is no table `{name}`; did you mean {}?",
            meant.join(" or ")
        )
    };
    EngineError { message, ..error }
}

/// The table that the engine's error says is not there, with its schema and where it is
/// named: of DESCRIBE the engine does not say the place.
pub(super) fn missing(sql: &str, error: &EngineError) -> Option<(String, usize)> {
    let rest = error.message.strip_prefix(NO_TABLE)?;
    let name = rest.split(" does not exist").next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let words: Vec<_> = statement::words(sql).collect();
    let bare = |word: &str| word.trim_matches(['"', '`']).to_lowercase();
    let named = words.windows(3).filter_map(|words| {
        let [(schema, from), (".", _), (table, to)] = words else {
            return None;
        };
        let is_it = bare(table) == name;
        is_it.then(|| (format!("{}.{name}", bare(schema)), from.start..to.end))
    });
    let is_there = |span: &Range<usize>| match error.position {
        Some(at) if at > 0 => span.contains(&at),
        _ => true,
    };
    let mut named = named.filter(|(_, span)| is_there(span));
    named.next().map(|(name, span)| (name, span.start))
}

/// What is said of a table that is known and has no rows to show at a moment; `first` is
/// the first day on which it has.
pub(super) fn of_known(name: &str, moment: Option<Moment>, first: Option<NaiveDate>) -> String {
    match (moment, first) {
        (Some(moment), Some(first)) if name.starts_with("features.") => {
            format!("`{name}` has no snapshot as of {moment}: its first is of {first}")
        }
        _ if name.starts_with("raw.") => {
            format!("`{name}` is not loaded yet; `workbench load` does that")
        }
        _ => format!("`{name}` has no snapshot yet; `workbench export` publishes one"),
    }
}

/// The names of a statement's WITH.
pub(super) fn with_names(sql: &str) -> Vec<String> {
    let words: Vec<&str> = statement::words(sql).map(|(word, _)| word).collect();
    let named = words.windows(3).filter_map(|words| match words {
        [name, word, "("] if word.eq_ignore_ascii_case("as") => Some(*name),
        _ => None,
    });
    // Of `a(x) AS (` it is no name that stands there.
    let named = named.filter(|name| *name != ")");
    let named = named.map(|name| name.trim_matches(['"', '`']).to_owned());
    named.filter(|name| !name.is_empty()).collect()
}

/// A statement in which the column that the engine's error says its table does not have
/// stands without the table: for such names the engine tells candidates.
pub(super) fn without_table(sql: &str, error: &EngineError) -> Option<String> {
    if !error.message.contains(" does not have a column named ") {
        return None;
    }
    let at = error.position?;
    let mut words = statement::words(sql).skip_while(|(_, span)| span.start < at);
    let (_, first) = words.next().filter(|(_, span)| span.start == at)?;
    let mut last = None;
    while let (Some((".", _)), Some((_, name))) = (words.next(), words.next()) {
        last = Some(name);
    }
    let name = last?;
    let gap = " ".repeat(name.start - first.start);
    Some(format!(
        "{}{gap}{}",
        &sql[..first.start],
        &sql[name.start..]
    ))
}

/// An error with the candidates that another one tells.
pub(super) fn with_candidates(error: EngineError, other: &EngineError) -> EngineError {
    let mut lines = other.message.lines();
    match lines.find(|line| line.starts_with("Candidate bindings: ")) {
        Some(line) => EngineError {
            message: format!("{}\n{line}", error.message),
            ..error
        },
        None => error,
    }
}

/// What is said of a PIVOT that the engine would make several statements of, where it can
/// have but one.
pub(super) const PIVOT: &str = "name the values of this `PIVOT`, as in `ON kind IN ('a', 'b')`: \
     beside `staging`, with `--safe` and with parameters they are not looked for";

/// What is said of one that always names them.
const PIVOT_FOR: &str = "add the values of this `PIVOT`, as in `FOR kind IN ('a', 'b')`";

/// The engine's error for a PIVOT without its values, at its place.
pub(super) fn of_pivot(sql: &str, error: EngineError) -> EngineError {
    if error
        .message
        .contains("a statement that expands into several")
    {
        let mut words = statement::words(sql);
        let word = words.find(|(word, _)| word.eq_ignore_ascii_case("pivot"));
        let position = word.map(|(_, span)| span.start);
        return EngineError {
            position,
            ..EngineError::new(ErrorKind::Statement, PIVOT)
        };
    }
    let message = match error
        .position
        .and_then(|at| for_pivot(sql, &error.message, at))
    {
        Some(message) => message.to_owned(),
        None => return error,
    };
    EngineError { message, ..error }
}

/// What is said of `PIVOT (… FOR kind)`, for which the engine says at its end that the
/// syntax is wrong.
pub(super) fn for_pivot(sql: &str, message: &str, at: usize) -> Option<&'static str> {
    if !message.starts_with("syntax error at or near \")\"") {
        return None;
    }
    let words = statement::words(sql).take_while(|(_, span)| span.start < at);
    let words: Vec<String> = words.map(|(word, _)| word.to_ascii_lowercase()).collect();
    let last = |word: &str| words.iter().rposition(|w| w == word);
    let (pivot, from) = (last("pivot")?, last("for")?);
    let is_open = words.get(pivot + 1).is_some_and(|word| word == "(");
    let has_values = words[from..].iter().any(|word| word == "in");
    (is_open && pivot < from && !has_values).then_some(PIVOT_FOR)
}

/// The engine's error for a value, with the parameters that had it: those at its place,
/// or whose value it tells. What does not fit by its type is not told: they may all be it.
pub(super) fn of_value(sql: &str, error: EngineError, params: &[Param]) -> EngineError {
    let at = error.position.map(|at| statement::word_at(sql, at));
    let at = at.and_then(|at| sql.get(at)).unwrap_or_default();
    let is_at = |param: &Param| at.strip_prefix('$') == Some(param.name.as_str());
    let is_quoted = |param: &Param| {
        let value = param.value.to_string();
        let quotes = [
            format!("'{value}'"),
            format!("\"{value}\""),
            format!("value {value} "),
        ];
        quotes.iter().any(|value| error.message.contains(value))
    };
    // Behind a quote it is the name of a column or a table.
    let is_of_type = error.kind == ErrorKind::Statement && error.message.contains(" type");
    let had = params
        .iter()
        .filter(|param| is_of_type || is_at(param) || is_quoted(param));
    let had: Vec<String> = had
        .map(|p| format!("`${}` is `{}`", p.name, p.value))
        .collect();
    if had.is_empty() {
        return error;
    }
    let (first, more) = match error.message.split_once('\n') {
        Some((first, more)) => (first, format!("\n{more}")),
        None => (error.message.as_str(), String::new()),
    };
    let message = format!("{first} ({}){more}", had.join(", "));
    EngineError { message, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_are_told_from_queries() {
        for (deed, said) in [
            ("CREATE TABLE x(a int)", "`CREATE` is"),
            ("copy x TO 'y'", "--output"),
            ("-- first\n/* then */ drop x", "`DROP` is"),
            ("EXPLAIN ANALYZE COPY x TO 'y'", "`COPY` is"),
            (
                "explain (analyze, format json) insert into x",
                "`INSERT` is",
            ),
        ] {
            assert!(
                of_deed(deed).is_some_and(|(s, _)| s.contains(said)),
                "{deed}"
            );
        }
        for query in [
            "SELECT 1",
            "setting",
            "(SELECT 1)",
            "FROM x",
            "load_history",
            "EXPLAIN SELECT 1",
            "explain (SELECT 1)",
            "EXPLAIN ANALYZE (SELECT 1)",
            "/* x */ EXPLAIN (FORMAT json, ANALYZE) FROM x",
            "",
        ] {
            assert_eq!(of_deed(query), None, "{query}");
        }
    }

    #[test]
    fn what_tells_of_tables_has_no_plan() {
        for (sql, at) in [
            ("EXPLAIN ANALYZE SHOW TABLES", 16..20),
            ("explain /* a */ describe features.x", 16..24),
        ] {
            assert_eq!(of_plan(sql).map(|(_, at)| at), Some(at), "{sql}");
        }
        for sql in ["SHOW TABLES", "EXPLAIN SUMMARIZE x", "EXPLAIN SELECT 1"] {
            assert_eq!(of_plan(sql), None, "{sql}");
        }
    }

    #[test]
    fn tables_are_suggested_with_their_schemas() {
        let known = ["features.orders", "history.orders", "raw.skus"].map(str::to_owned);
        for (name, said) in [
            (
                "order",
                "there is no table `order`; did you mean `features.orders` or `history.orders`?",
            ),
            ("SKUS", "there is no table `SKUS`; did you mean `raw.skus`?"),
            (
                "weather",
                "there is no table `weather`; `workbench catalog` lists those there are",
            ),
        ] {
            let engine = format!("Table with name {name} does not exist!\nDid you mean \"x\"?");
            let error = EngineError::new(ErrorKind::Statement, engine);
            assert_eq!(of_table(error, &known).message, said);
        }
    }

    #[test]
    fn a_value_is_told_with_its_parameter() {
        let params = ["day=2026-13-99", "n=abc", "m=5"].map(|text| text.parse().unwrap());
        for (message, position, said) in [
            (
                "bad: \"2026-13-99\"\nmore",
                None,
                "bad: \"2026-13-99\" (`$day` is `2026-13-99`)\nmore",
            ),
            ("not 'abc'", None, "not 'abc' (`$n` is `abc`)"),
            ("not that", Some(7), "not that (`$m` is `5`)"),
            ("with value 5 it", None, "with value 5 it (`$m` is `5`)"),
            ("not 'ab'", Some(0), "not 'ab'"),
        ] {
            let error = EngineError {
                position,
                ..EngineError::new(ErrorKind::Data, message)
            };
            assert_eq!(of_value("SELECT $m", error, &params).message, said);
        }
    }

    #[test]
    fn a_column_is_looked_for_without_its_table() {
        let error = |position| EngineError {
            position: Some(position),
            ..EngineError::new(
                ErrorKind::Statement,
                "Table \"t\" does not have a column named \"x\"",
            )
        };
        for (sql, without) in [
            ("SELECT t.x FROM t", Some("SELECT   x FROM t")),
            ("SELECT a . t.\"x\", 1", Some("SELECT       \"x\", 1")),
            ("SELECT x FROM t", None),
        ] {
            assert_eq!(without_table(sql, &error(7)).as_deref(), without);
        }
        assert_eq!(without_table("SELECT t.x FROM t", &error(99)), None);
        let names = with_names("WITH a AS (SELECT 1), \"b c\" as (SELECT 2) SELECT 3 AS d");
        assert_eq!(names, ["a", "b c"]);
    }

    #[test]
    fn a_table_that_is_missing_is_found_in_the_sql() {
        let error = |position| EngineError {
            position,
            ..EngineError::new(
                ErrorKind::Statement,
                "Table with name orders does not exist!\nDid you mean \"x\"?",
            )
        };
        for (sql, position, found) in [
            ("SELECT * FROM features.orders", Some(14), Some(14)),
            (
                "SELECT * FROM raw.skus, Features . \"Orders\"",
                Some(24),
                Some(24),
            ),
            // Where the engine does not say where.
            ("DESCRIBE -- what?\nfeatures.orders", None, Some(18)),
            ("SUMMARIZE features.orders", Some(0), Some(10)),
            // Another one of that name is there.
            ("FROM features.orders, orders", Some(22), None),
            ("DESCRIBE orders", None, None),
        ] {
            let missing = missing(sql, &error(position));
            let expected = found.map(|at| ("features.orders".to_owned(), at));
            assert_eq!(missing, expected, "{sql}");
        }
    }
}
