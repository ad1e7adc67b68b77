//! What the engine advises and nobody can follow here, where its settings are none of the
//! user's and its extensions are not loaded: what can be done instead.

/// A part of a message that tells which advice it has, where that begins, and what is said
/// in its place.
const ADVICE: [(&str, &str, &str); 19] = [
    (
        "SET error_on_division_by_zero",
        ". Use TRY(",
        "; for a NULL there write TRY(…) around it, or divide by nullif(…, 0)",
    ),
    (
        "SET lambda_syntax",
        "Deprecated lambda arrow",
        "the arrow `x -> …` makes no function any more: write `lambda x: …`",
    ),
    (
        "SET scalar_subquery_error_on_multiple_rows",
        "\n\nUse \"SET",
        "\nTake one of them, with max(…) or LIMIT 1, or join it.",
    ),
    (
        "in the icu extension",
        " is not in the catalog",
        " is not there; write the day or the time itself, such as DATE '2024-06-30'",
    ),
    ("extension 'icu", "An error occurred", ZONES),
    ("cast (TIMESTAMP WITH TIME ZONE ->", "Unimplemented", ZONES),
    ("-(TIMESTAMP WITH TIME ZONE", "No function matches", ZONES),
    (
        "-(DATE, TIMESTAMP WITH TIME ZONE",
        "No function matches",
        ZONES,
    ),
    ("+(TIMESTAMP WITH TIME ZONE", "No function matches", ZONES),
    ("+(INTERVAL, TIMESTAMP WITH", "No function matches", ZONES),
    (
        "INSTALL",
        "\n\nPlease try installing",
        "\nExtensions are not loaded here; what is loaded is Parquet and JSON.",
    ),
    (
        "INSTALL",
        "You can try \"INSTALL",
        "Extensions are not loaded here.",
    ),
    (
        "SET max_expression_depth",
        " Use \"SET max_expression_depth",
        " Take it apart, with WITH.",
    ),
    (
        "SET pivot_limit",
        " Use SET pivot_limit",
        " Name fewer values after IN.",
    ),
    ("SET order_by_non_integer_literal", "\n* SET", ""),
    ("SET arrow_large_buffer_size", "\n* SET", ""),
    ("SET disable_parquet_prefetching", "DuckDB may still", ""),
    ("SET memory_limit", "\n\nPossible solutions", ""),
    ("SET temp_directory", "\nUnused", ""),
];

/// `now()` is such a time.
const ZONES: &str = "write `current_date` for today, `localtimestamp` for now and `…::TIMESTAMP` (in UTC) for a column: a time \
     with a zone can be shown and compared here, and not reckoned with";

/// A message of the engine without advice that cannot be followed, and with what can.
pub(super) fn heeded(message: &str) -> String {
    for (mark, from, instead) in ADVICE {
        if message.contains(mark)
            && let Some((said, _)) = message.split_once(from)
        {
            return format!("{}{instead}", said.trim_end());
        }
    }
    // What is not known above is left out by its lines.
    let is_advice = |line: &str| {
        ["SET ", "PRAGMA ", "INSTALL ", "LOAD "].iter().any(|verb| {
            let rest = line.split_once(verb).map(|(_, rest)| rest);
            rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '\''))
        })
    };
    match message.lines().any(is_advice) && message.lines().count() > 1 {
        true => {
            let kept: Vec<&str> = message.lines().filter(|line| !is_advice(line)).collect();
            kept.join("\n").trim_end().to_owned()
        }
        false => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Session, Settings};
    use crate::model::interrupt::Interrupt;

    /// What the engine says, of what it says it of.
    #[test]
    fn what_cannot_be_done_here_is_not_advised() {
        let settings = Settings {
            memory: Some("20MB".to_owned()),
            ..Settings::default()
        };
        let session = Session::in_memory(&settings, &Interrupt::default()).unwrap();
        let deep = format!("SELECT {}1", "1+(".repeat(1_500)) + &")".repeat(1_500);
        for (sql, said) in [
            (
                "SELECT 1 % 0",
                "Division by zero in expression (1 % 0); for a NULL",
            ),
            ("SELECT list_transform([1], x -> x + 1)", "lambda x: …"),
            ("SELECT (SELECT range FROM range(2))", "LIMIT 1"),
            (
                "SELECT * FROM st_read('x')",
                "Extensions are not loaded here",
            ),
            (
                "SELECT * FROM read_csv('https://x.y/z.csv')",
                "Extensions are not",
            ),
            ("SELECT range FROM range(2) ORDER BY 'a'", "ORDER BY"),
            ("SELECT list(range) FROM range(100000000)", "allocate"),
            (deep.as_str(), "depth"),
            ("SELECT current_date", "DATE '2024-06-30'"),
            ("SELECT date_trunc('month', now())", "`localtimestamp`"),
            ("SELECT now()::DATE", "`current_date`"),
            ("SELECT now() - INTERVAL 7 DAY", "`localtimestamp`"),
            ("SELECT ago(INTERVAL 7 DAY)", "`localtimestamp`"),
            ("SELECT INTERVAL 7 DAY + now()", "`localtimestamp`"),
            ("SELECT now() - now()", "`localtimestamp`"),
            ("SELECT DATE '2024-06-30' - now()", "`localtimestamp`"),
        ] {
            let message = match session.texts(sql) {
                Ok(_) => panic!("{sql}"),
                Err(error) => error.message,
            };
            assert!(message.contains(said), "{message}");
            for verb in ["SET ", "INSTALL ", "LOAD ", "PRAGMA "] {
                assert!(!message.contains(verb), "{message}");
            }
        }
    }

    #[test]
    fn other_words_stay() {
        for message in [
            "syntax error at or near \"SET x\"",
            "two\nlines, of a SET",
            "Could not convert string 'SET a=1' to INT32",
        ] {
            assert_eq!(heeded(message), message);
        }
        let other = "It cannot be.\nUse SET this_or_that=true to allow it.\nReally.";
        assert_eq!(heeded(other), "It cannot be.\nReally.");
    }
}
