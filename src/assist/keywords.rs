//! Which names are keywords where they stand. DuckDB reserves few; most of its
//! keywords may name a column too, and are keywords by what is around them.

use super::words::{Kind, Word};

/// Those that need quotes to be a name: `duckdb_keywords()` of version 2.0.
const RESERVED: [&str; 75] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "default",
    "deferrable",
    "desc",
    "describe",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lambda",
    "lateral",
    "leading",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "pivot",
    "pivot_longer",
    "pivot_wider",
    "placing",
    "primary",
    "qualify",
    "references",
    "returning",
    "select",
    "show",
    "some",
    "summarize",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "unpivot",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

/// Those that may name a function or type, and no column without quotes.
const OF_FUNCTIONS: [&str; 36] = [
    "anti",
    "asof",
    "at",
    "authorization",
    "binary",
    "by",
    "collation",
    "columns",
    "concurrently",
    "cross",
    "freeze",
    "full",
    "generated",
    "glob",
    "ilike",
    "inner",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "map",
    "natural",
    "notnull",
    "outer",
    "overlaps",
    "positional",
    "right",
    "semi",
    "similar",
    "struct",
    "tablesample",
    "try_cast",
    "tuple",
    "unpack",
    "verbose",
];

/// Words that begin a statement.
const BEGINNINGS: [&str; 29] = [
    "abort",
    "alter",
    "attach",
    "begin",
    "call",
    "checkpoint",
    "comment",
    "commit",
    "copy",
    "deallocate",
    "delete",
    "detach",
    "drop",
    "execute",
    "explain",
    "export",
    "force",
    "import",
    "insert",
    "install",
    "load",
    "merge",
    "pragma",
    "prepare",
    "reset",
    "rollback",
    "set",
    "update",
    "use",
];

/// Words that begin a query.
pub(super) const QUERIES: [&str; 10] = [
    "select",
    "with",
    "from",
    "values",
    "table",
    "pivot",
    "unpivot",
    "describe",
    "summarize",
    "show",
];

/// What BY follows.
const GROUPED: [&str; 4] = ["group", "order", "partition", "cluster"];

/// Whether a name must be quoted to be one, also of a function.
pub(super) fn is_reserved(lower: &str) -> bool {
    RESERVED.binary_search(&lower).is_ok()
}

/// Whether a column of this name, in lower case, must be quoted.
pub fn needs_quotes(lower: &str) -> bool {
    is_reserved(lower) || OF_FUNCTIONS.binary_search(&lower).is_ok()
}

/// A name as it is written: in quotes if it needs them.
pub fn written(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || is_letter(c))
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || is_letter(c));
    let lower = name.to_ascii_lowercase();
    if plain && !needs_quotes(&lower) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn is_letter_or_quote(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '"' | '\'' | '`')
}

fn is_letter(c: char) -> bool {
    !c.is_ascii() && c.is_alphanumeric()
}

/// A name in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What a name is, without its quotes.
pub(super) fn unquoted(word: &str) -> String {
    match word.chars().next() {
        Some(quote @ ('"' | '`')) => {
            let inner = &word[1..];
            let inner = inner.strip_suffix(quote).unwrap_or(inner);
            let doubled = [quote, quote].iter().collect::<String>();
            inner.replace(&doubled, &quote.to_string())
        }
        _ => word.to_owned(),
    }
}

/// Makes keywords and functions of names, by what is around them.
pub(super) fn tell_apart(text: &str, words: &mut [Word]) {
    let said: Vec<usize> = (0..words.len())
        .filter(|i| words[*i].kind != Kind::Comment)
        .collect();
    let lower: Vec<String> = said
        .iter()
        .map(|i| match &text[words[*i].range.clone()] {
            // Long words are no keywords; how they begin says what they are.
            long if long.len() > 20 => long.chars().take(1).collect(),
            short => short.to_ascii_lowercase(),
        })
        .collect();
    let word = |at: Option<usize>| at.and_then(|at| lower.get(at)).map_or("", String::as_str);
    for n in 0..said.len() {
        if words[said[n]].kind != Kind::Name {
            continue;
        }
        let around = Around {
            word: &lower[n],
            before: word(n.checked_sub(1)),
            earlier: word(n.checked_sub(2)),
            next: word(Some(n + 1)),
            qualified: word(n.checked_sub(1)) == "."
                && words[said[n - 1]].range.end == words[said[n]].range.start,
            qualifies: word(Some(n + 1)) == "."
                && words[said[n]].range.end == words[said[n + 1]].range.start,
            before_is_keyword: n > 0 && words[said[n - 1]].kind == Kind::Keyword,
        };
        words[said[n]].kind = around.kind();
    }
}

/// A name between others, all in lower case, long ones cut to their first letter;
/// nothing is empty.
struct Around<'a> {
    word: &'a str,
    before: &'a str,
    /// Before `before`.
    earlier: &'a str,
    next: &'a str,
    before_is_keyword: bool,
    /// A dot is before it, or follows, at once: what comes after a blank may have
    /// nothing to do with a dot behind which something is still to be written.
    qualified: bool,
    qualifies: bool,
}

impl Around<'_> {
    fn kind(&self) -> Kind {
        let is_part = self.qualified || self.qualifies && !is_reserved(self.word);
        if !is_part && self.is_keyword() {
            Kind::Keyword
        } else if self.next == "(" && !matches!(self.before, "as" | "into" | "with" | "table") {
            Kind::Function
        } else {
            Kind::Name
        }
    }

    fn is_keyword(&self) -> bool {
        let &Self {
            word,
            before,
            earlier,
            next,
            ..
        } = self;
        let named = before == "as" && self.before_is_keyword;
        if is_reserved(word) {
            // What follows AS may be any name, or a query, or [NOT] MATERIALIZED.
            return !named || QUERIES.contains(&word) || word == "not";
        }
        if named && word != "materialized" {
            return false;
        }
        match word {
            "left" | "right" | "glob" | "overlaps" => {
                let ends = |text: &str| text.is_empty() || text.starts_with(is_letter_or_quote);
                ends(next) && !matches!(before, "," | "(" | "select" | "by")
            }
            "by" => GROUPED.contains(&before) || next == "name",
            "at" => next == "time",
            "anti" | "asof" | "semi" | "positional" | "cross" | "natural" | "full" | "inner" => {
                matches!(
                    next,
                    // Or it is still being written.
                    "" | "join"
                        | "left"
                        | "right"
                        | "full"
                        | "outer"
                        | "inner"
                        | "semi"
                        | "anti"
                        | "asof"
                )
            }
            "outer" => matches!(next, "" | "join"),
            "is" | "isnull" | "notnull" | "like" | "ilike" | "similar" | "join" | "tablesample" => {
                true
            }
            "between" | "exists" | "values" => true,
            "interval" => next.starts_with(|c: char| c == '\'' || c == '(' || c.is_ascii_digit()),
            "over" => before == ")" || next == "(",
            "filter" => before == ")" && next == "(",
            "within" => next == "group",
            "partition" => next == "by",
            "rows" | "range" | "groups" => {
                matches!(next, "between" | "unbounded" | "current")
                    || next.starts_with(|c: char| c.is_ascii_digit())
            }
            "unbounded" => matches!(next, "preceding" | "following"),
            "preceding" | "following" => !matches!(before, "" | "," | "(" | "select"),
            "current" => next == "row",
            "row" => before == "current",
            "recursive" => before == "with",
            "materialized" => matches!(before, "as" | "not"),
            "exclude" | "rename" => matches!(before, "*" | ")"),
            "replace" => matches!(before, "*" | ")" | "or"),
            "nulls" => matches!(next, "first" | "last"),
            "first" | "last" => before == "nulls",
            "sample" => before == "using",
            "name" => before == "by" && !GROUPED.contains(&earlier),
            "rollup" | "cube" => matches!(before, "by" | ","),
            "grouping" => next == "sets",
            "sets" => before == "grouping",
            "time" => before == "at" && next == "zone",
            "zone" => before == "time",
            "ordinality" => before == "with",
            "ignore" | "respect" => next == "nulls",
            "escape" => before.starts_with('\''),
            "temp" | "temporary" | "view" | "macro" | "schema" | "function" | "index"
            | "sequence" | "type" => matches!(
                before,
                "create" | "replace" | "temp" | "temporary" | "drop" | "unique"
            ),
            "if" => matches!(next, "exists" | "not"),
            word if BEGINNINGS.contains(&word) => matches!(before, "" | ";") && next != "(",
            _ => false,
        }
    }
}
