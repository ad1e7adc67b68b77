//! What can come at the hole.

use super::scope::{Clause, Here};
use super::tables::JOINS;
use super::tokens::Tokens;
use super::words::Kind;

/// What can come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A new name, a number: nothing that is known.
    New,
    /// Only these words.
    Words(&'static [&'static str]),
    /// These words, or what goes on with an expression.
    After(&'static [&'static str]),
    Table,
    /// An expression, or one of these words.
    Expression(&'static [&'static str]),
    /// A type, after `::`.
    Type,
    /// What belongs to the name before the dot.
    Part(Vec<String>),
    /// Columns of the tables that are joined, which both have.
    Shared,
    /// Columns, and nothing else.
    Columns,
}

const STATEMENT: &[&str] = &[
    "SELECT",
    "FROM",
    "WITH",
    "DESCRIBE",
    "SUMMARIZE",
    "EXPLAIN",
    "EXPLAIN ANALYZE",
    "PIVOT",
    "UNPIVOT",
    "VALUES",
    "SHOW",
];
const QUERY: &[&str] = &["SELECT", "FROM", "WITH", "VALUES", "PIVOT", "UNPIVOT"];
const AFTER_TABLE: &[&str] = &[
    "WHERE",
    "JOIN",
    "LEFT JOIN",
    "GROUP BY",
    "ORDER BY",
    "SELECT",
    "LIMIT",
    "AS",
    "USING",
    "ON",
    "INNER JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "CROSS JOIN",
    "ASOF JOIN",
    "SEMI JOIN",
    "ANTI JOIN",
    "NATURAL JOIN",
    "POSITIONAL JOIN",
    "HAVING",
    "QUALIFY",
    "WINDOW",
    "UNION ALL",
    "UNION",
    "UNION BY NAME",
    "UNION ALL BY NAME",
    "EXCEPT",
    "INTERSECT",
    "OFFSET",
    "TABLESAMPLE",
    "USING SAMPLE",
    "PIVOT",
    "UNPIVOT",
];
/// What goes on with an expression.
pub(super) const OPERATORS: &[&str] = &[
    "AND",
    "OR",
    "IN",
    "NOT IN",
    "IS NULL",
    "IS NOT NULL",
    "BETWEEN",
    "LIKE",
    "ILIKE",
    "NOT LIKE",
    "IS",
    "NOT",
    "IS DISTINCT FROM",
    "IS NOT DISTINCT FROM",
    "SIMILAR TO",
    "GLOB",
    "COLLATE",
];
const AFTER_ITEM: &[&str] = &[
    "FROM",
    "AS",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "OVER",
    "FILTER",
    "LIMIT",
    "EXCLUDE",
    "REPLACE",
    "RENAME",
    "UNION ALL",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "QUALIFY",
];
const AFTER_CONDITION: &[&str] = &[
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "SELECT",
    "HAVING",
    "QUALIFY",
    "WINDOW",
    "OVER",
    "UNION ALL",
    "UNION",
    "UNION BY NAME",
    "EXCEPT",
    "INTERSECT",
    "JOIN",
    "LEFT JOIN",
    "WHERE",
    "OFFSET",
    "USING SAMPLE",
    "FROM",
];
const AFTER_ON: &[&str] = &[
    "AND",
    "OR",
    "WHERE",
    "JOIN",
    "LEFT JOIN",
    "GROUP BY",
    "ORDER BY",
    "SELECT",
    "LIMIT",
    "INNER JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "CROSS JOIN",
    "QUALIFY",
    "HAVING",
    "UNION ALL",
    "UNION",
];
const AFTER_ARGUMENT: &[&str] = &["AND", "OR", "AS", "ORDER BY", "FILTER", "OVER", "FROM"];
const AFTER_GROUP: &[&str] = &[
    "ORDER BY",
    "HAVING",
    "QUALIFY",
    "LIMIT",
    "SELECT",
    "WINDOW",
    "UNION ALL",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "OFFSET",
];
const AFTER_ORDER: &[&str] = &[
    "DESC",
    "ASC",
    "NULLS LAST",
    "NULLS FIRST",
    "LIMIT",
    "OFFSET",
    "SELECT",
    "ROWS BETWEEN",
    "RANGE BETWEEN",
];
const AFTER_LIMIT: &[&str] = &["OFFSET", "LIMIT"];
const AFTER_CASE: &[&str] = &["WHEN", "THEN", "ELSE", "END"];
const OPERAND: &[&str] = &[
    "CASE",
    "NOT",
    "NULL",
    "EXISTS",
    "CAST",
    "TRUE",
    "FALSE",
    "INTERVAL",
    "DATE",
    "TIMESTAMP",
    "LAMBDA",
];
const FIRST_ITEM: &[&str] = &[
    "DISTINCT",
    "CASE",
    "NOT",
    "NULL",
    "EXISTS",
    "CAST",
    "TRUE",
    "FALSE",
    "INTERVAL",
    "DATE",
    "TIMESTAMP",
    "DISTINCT ON",
    "ALL",
];
const ARGUMENT: &[&str] = &[
    "DISTINCT", "CASE", "NOT", "NULL", "SELECT", "CAST", "TRUE", "FALSE", "INTERVAL", "LAMBDA",
    "EXISTS", "FROM",
];
const BY: &[&str] = &["ALL", "CASE", "ROLLUP", "CUBE", "GROUPING SETS"];
const WINDOW: &[&str] = &["PARTITION BY", "ORDER BY", "ROWS BETWEEN", "RANGE BETWEEN"];

/// What can come at the place `hole`.
pub(super) fn place(tokens: &Tokens<'_>, hole: usize, here: &Here) -> Place {
    let before = tokens.before(hole);
    let bracket = tokens.bracket(hole).filter(|at| *at >= here.block.start);
    let opener = bracket.map(|at| tokens.before(at));
    let in_brackets = |word: &str| opener.is_some_and(|t| t.lower == word);
    if hole == 0 {
        return Place::Words(STATEMENT);
    }
    if before.sign(".") {
        return Place::Part(tokens.chain_before(hole - 1));
    }
    if before.sign("::") {
        return Place::Type;
    }
    if opener.is_some_and(|t| t.is("using")) && here.clause == Clause::From {
        return Place::Shared;
    }
    if in_brackets("exclude") || before.is("exclude") {
        return Place::Columns;
    }
    if here.clause == Clause::With && opener.is_some_and(|t| t.is_name()) {
        // The columns of a query that is given a name.
        return Place::New;
    }
    if before.kind == Kind::Keyword {
        return after_keyword(tokens, hole, here, bracket);
    }
    if before.sign("(") && bracket == Some(hole - 1) {
        return in_bracket(opener, here, tokens, hole);
    }
    if before.sign(",") {
        return match here.clause {
            Clause::From if bracket.is_none() => Place::Table,
            Clause::With if bracket.is_none() => Place::New,
            _ => Place::Expression(OPERAND),
        };
    }
    if ends_operand(tokens, hole) {
        return after_operand(tokens, hole, here, bracket);
    }
    match here.clause {
        Clause::Limit => Place::New,
        Clause::With if bracket.is_none() => Place::Words(QUERY),
        Clause::Start if bracket.is_none() => Place::Words(STATEMENT),
        _ => Place::Expression(OPERAND),
    }
}

fn in_bracket(
    opener: Option<&super::tokens::Token>,
    here: &Here,
    tokens: &Tokens<'_>,
    hole: usize,
) -> Place {
    let Some(opener) = opener else {
        return Place::Words(QUERY);
    };
    match &*opener.lower {
        "over" => Place::Words(WINDOW),
        "filter" => Place::Words(&["WHERE"]),
        "within" | "group" => Place::Words(&["ORDER BY"]),
        "as" | "materialized" => Place::Words(QUERY),
        "from" | "join" | "," | "(" if here.clause == Clause::From && is_at_table(tokens, hole) => {
            Place::Table
        }
        "lateral" => Place::Words(QUERY),
        _ if here.clause == Clause::Start => Place::Words(QUERY),
        _ => Place::Expression(ARGUMENT),
    }
}

/// Whether brackets that open here hold tables.
fn is_at_table(tokens: &Tokens<'_>, hole: usize) -> bool {
    let mut at = hole;
    while tokens.before(at).sign("(") {
        at -= 1;
    }
    tokens.before(at).any(&["from", "join"]) || tokens.before(at).sign(",")
}

fn after_keyword(tokens: &Tokens<'_>, hole: usize, here: &Here, bracket: Option<usize>) -> Place {
    let before = tokens.before(hole);
    let earlier = tokens.before(hole - 1);
    let opener = bracket.map(|at| tokens.before(at));
    match &*before.lower {
        "as" if opener.is_some_and(|t| t.any(&["cast"]) || t.lower == "try_cast") => Place::Type,
        "as" if here.clause == Clause::Start => Place::Words(QUERY),
        "as" | "recursive" | "limit" | "offset" | "name" | "escape" => Place::New,
        "with" => Place::Words(&["RECURSIVE"]),
        "from" if opener.is_some_and(|t| t.lower == "extract") => Place::Expression(OPERAND),
        "from" if earlier.is("distinct") && tokens.before(hole - 2).any(&["is", "not"]) => {
            Place::Expression(OPERAND)
        }
        "from" | "join" | "lateral" | "into" | "update" | "table" | "summarize" | "pivot"
        | "unpivot" => Place::Table,
        "describe" | "show" => Place::Table,
        "explain" | "analyze" => Place::Words(STATEMENT),
        "order" | "partition" => Place::Words(&["BY"]),
        "group" => Place::Words(&["BY"]),
        "by" if here.clause == Clause::Group || here.clause == Clause::Order => {
            Place::Expression(BY)
        }
        "left" | "right" | "full" => Place::Words(&["JOIN", "OUTER JOIN"]),
        word if JOINS.contains(&word) => Place::Words(&["JOIN"]),
        "union" => Place::Words(&["ALL", "SELECT", "FROM", "BY NAME", "ALL BY NAME"]),
        "intersect" | "except" => Place::Words(&["SELECT", "FROM", "ALL"]),
        "all" if earlier.any(&["union", "intersect", "except"]) => {
            Place::Words(&["SELECT", "FROM", "BY NAME"])
        }
        "all" if earlier.is("by") => after_operand(tokens, hole, here, bracket),
        "is" => Place::Words(&[
            "NULL",
            "NOT NULL",
            "DISTINCT FROM",
            "NOT DISTINCT FROM",
            "TRUE",
            "FALSE",
        ]),
        "not" if earlier.is("is") => Place::Words(&["NULL", "DISTINCT FROM"]),
        "nulls" => Place::Words(&["FIRST", "LAST"]),
        "asc" | "desc" | "first" | "last" | "end" | "null" | "true" | "false" | "isnull"
        | "notnull" => after_operand(tokens, hole, here, bracket),
        "select" => Place::Expression(FIRST_ITEM),
        "over" => Place::New,
        "case" => Place::Expression(&["WHEN"]),
        "values" => Place::New,
        _ => Place::Expression(OPERAND),
    }
}

/// Whether what is before the place is a whole expression, or may be.
fn ends_operand(tokens: &Tokens<'_>, place: usize) -> bool {
    let before = tokens.before(place);
    match before.kind {
        Kind::Name | Kind::QuotedName | Kind::Text | Kind::Number | Kind::Parameter => true,
        Kind::Function | Kind::Broken => true,
        Kind::Operator if before.sign("*") => {
            // All columns, or something times something.
            let earlier = tokens.before(place - 1);
            earlier.sign(".") || !ends_operand(tokens, place - 1)
        }
        _ => [")", "]", "}"].iter().any(|sign| before.sign(sign)),
    }
}

fn after_operand(tokens: &Tokens<'_>, hole: usize, here: &Here, bracket: Option<usize>) -> Place {
    let start = bracket.map_or(here.body.start, |at| at + 1);
    if open_case(tokens, hole, start) {
        return Place::After(AFTER_CASE);
    }
    if let Some(open) = bracket {
        let over = tokens.before(open).is("over");
        return match over {
            true if tokens.all[open..hole].iter().any(|t| t.is("order")) => {
                Place::After(AFTER_ORDER)
            }
            true => Place::After(WINDOW),
            false if here.clause == Clause::From && !is_in_on(tokens, here, hole) => {
                Place::After(AFTER_TABLE)
            }
            false => Place::After(AFTER_ARGUMENT),
        };
    }
    match here.clause {
        Clause::Start => Place::Words(&["AS", "SELECT"]),
        Clause::With if tokens.before(hole).sign(")") => Place::Words(QUERY),
        Clause::With => Place::Words(&["AS", "AS MATERIALIZED", "AS NOT MATERIALIZED"]),
        Clause::Select => Place::After(AFTER_ITEM),
        Clause::From if is_in_on(tokens, here, hole) => Place::After(AFTER_ON),
        Clause::From => Place::Words(AFTER_TABLE),
        Clause::Where | Clause::Having => Place::After(AFTER_CONDITION),
        Clause::Group => Place::After(AFTER_GROUP),
        Clause::Order => Place::After(AFTER_ORDER),
        Clause::Limit => Place::Words(AFTER_LIMIT),
    }
}

/// Whether a place of a FROM is in the condition of a join.
pub(super) fn is_in_on(tokens: &Tokens<'_>, here: &Here, place: usize) -> bool {
    let before = (here.body.start..place).rev().map(|at| tokens.get(at));
    let mut last = before.filter(|t| t.any(&["on", "using", "join", "from"]));
    last.next().is_some_and(|token| token.any(&["on"]))
}

/// Whether a CASE is open between `start` and the hole.
fn open_case(tokens: &Tokens<'_>, hole: usize, start: usize) -> bool {
    let mut open = 0usize;
    for at in tokens.level(start..hole) {
        if tokens.get(at).is("case") {
            open += 1;
        } else if tokens.get(at).is("end") {
            open = open.saturating_sub(1);
        }
    }
    open > 0
}

/// The column that is compared with what is at the hole: `x = `, `x IN (1, `, `x LIKE `.
pub(super) fn compared(tokens: &Tokens<'_>, hole: usize) -> Option<Vec<String>> {
    const SIGNS: [&str; 10] = ["=", "==", "<>", "!=", "<", ">", "<=", ">=", "~~", "!~~"];
    let mut end = hole.checked_sub(1)?;
    let before = tokens.get(end);
    if before.sign("(") || before.sign(",") {
        let open = tokens.bracket(hole)?;
        if !tokens.before(open).is("in") {
            return None;
        }
        end = open - 1;
    } else if before.is("from") && tokens.before(end).is("distinct") {
        // x IS [NOT] DISTINCT FROM
        end -= if tokens.before(end - 1).is("not") {
            2
        } else {
            1
        };
        if !tokens.before(end).is("is") {
            return None;
        }
        end -= 1;
    } else if !(before.any(&["like", "ilike", "between"])
        || before.kind == Kind::Operator && SIGNS.contains(&&*before.lower))
    {
        return None;
    }
    if tokens.before(end).is("not") {
        end -= 1;
    }
    let chain = tokens.chain_before(end);
    (!chain.is_empty()).then_some(chain)
}
