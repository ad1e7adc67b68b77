//! What can come at the hole.

use std::ops::Range;

use super::following::{
    AFTER_ARGUMENT, AFTER_CONDITION, AFTER_ELSE, AFTER_GROUP, AFTER_ITEM, AFTER_JOINED,
    AFTER_LIMIT, AFTER_ON, AFTER_ORDER, AFTER_TABLE, AFTER_THEN, AFTER_WHEN, ARGUMENT, BY,
    COMPARISONS, FIRST_ITEM, JUNCTIONS, OPERAND, QUERY, STATEMENT, WINDOW,
};
use super::scope::{Clause, Here};
use super::tables::{BEFORE_TABLE, JOINS};
use super::tokens::{Tokens, WITH_FROM, compares_from};
use super::words::Kind;

/// What can come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A new name, a number: nothing that is known.
    New,
    /// Only these words.
    Words(&'static [&'static str]),
    /// These words, the likeliest first: an expression ends here, or goes on.
    After(Vec<&'static [&'static str]>),
    Table,
    /// An expression, or one of these words.
    Expression(&'static [&'static str]),
    /// WHEN, or an expression.
    Case,
    /// A type, after `::`.
    Type,
    /// What belongs to the name before the dot.
    Part(Vec<String>),
    /// Columns of the tables that are joined, which both have.
    Shared,
    /// Columns, and nothing else.
    Columns,
}

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
        "as" if here.clause == Clause::Where => Place::Words(WINDOW),
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
        "as" | "recursive" | "limit" | "offset" | "escape" => Place::New,
        "name" => Place::Words(QUERY),
        "with" => Place::Words(&["RECURSIVE"]),
        "from" if opener.is_some_and(|t| WITH_FROM.contains(&&*t.lower)) => {
            Place::Expression(OPERAND)
        }
        "from" if compares_from(&tokens.all, hole - 1) => Place::Expression(OPERAND),
        word if BEFORE_TABLE.contains(&word) => Place::Table,
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
        "case" => Place::Case,
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
        _ => before.closes(),
    }
}

fn after_operand(tokens: &Tokens<'_>, hole: usize, here: &Here, bracket: Option<usize>) -> Place {
    let start = bracket.map_or(here.body.start, |at| at + 1);
    let condition = |words| match is_compared(tokens, start..hole) {
        true => Place::After(vec![JUNCTIONS, words, COMPARISONS]),
        false => Place::After(vec![COMPARISONS, JUNCTIONS, words]),
    };
    let value = |words| Place::After(vec![words, COMPARISONS, JUNCTIONS]);
    match open_case(tokens, start..hole) {
        Some("case") => return value(&["WHEN"]),
        Some("when") if is_compared(tokens, start..hole) => return value(AFTER_WHEN),
        Some("when") => return Place::After(vec![COMPARISONS, AFTER_WHEN, JUNCTIONS]),
        Some("then") => return value(AFTER_THEN),
        Some(_) => return value(AFTER_ELSE),
        None => {}
    }
    if let Some(open) = bracket {
        let in_on = is_in_on(tokens, here, hole);
        return match tokens.before(open) {
            over if over.is("over") && tokens.all[open..hole].iter().any(|t| t.is("order")) => {
                value(AFTER_ORDER)
            }
            over if over.is("over") => value(WINDOW),
            filter if filter.is("filter") => condition(&[]),
            _ if here.clause == Clause::From && !in_on => Place::Words(AFTER_TABLE),
            _ => value(AFTER_ARGUMENT),
        };
    }
    match here.clause {
        Clause::Start => Place::Words(&["AS", "SELECT"]),
        Clause::With if tokens.before(hole).sign(")") => Place::Words(QUERY),
        Clause::With => Place::Words(&["AS", "AS MATERIALIZED", "AS NOT MATERIALIZED"]),
        Clause::Select => value(AFTER_ITEM),
        Clause::From if is_in_on(tokens, here, hole) => condition(AFTER_ON),
        Clause::From if is_joined(tokens, here, hole) => {
            Place::After(vec![AFTER_JOINED, AFTER_TABLE])
        }
        Clause::From => Place::Words(AFTER_TABLE),
        Clause::Where | Clause::Having => condition(AFTER_CONDITION),
        Clause::Group => value(AFTER_GROUP),
        Clause::Order => value(AFTER_ORDER),
        Clause::Limit => Place::Words(AFTER_LIMIT),
    }
}

/// Whether the last condition of some has compared something.
fn is_compared(tokens: &Tokens<'_>, range: Range<usize>) -> bool {
    const BEGIN: [&str; 8] = [
        "and", "or", "where", "having", "qualify", "on", "when", "not",
    ];
    const COMPARE: [&str; 8] = [
        "in", "like", "ilike", "is", "isnull", "notnull", "similar", "exists",
    ];
    let (mut compared, mut between) = (false, false);
    for token in tokens.level(range).map(|at| tokens.get(at)) {
        if token.is("and") && between {
            between = false;
        } else if token.is("between") {
            (compared, between) = (true, true);
        } else if token.any(&BEGIN) {
            compared = false;
        } else if token.any(&COMPARE) || SIGNS.contains(&&*token.lower) {
            compared = true;
        }
    }
    compared
}

/// Whether the last table of a FROM was joined, and nobody has said by what.
fn is_joined(tokens: &Tokens<'_>, here: &Here, place: usize) -> bool {
    const BARE: [&str; 3] = ["cross", "natural", "positional"];
    let before = (here.body.start..place).rev();
    let mut last = before.filter(|at| {
        let token = tokens.get(*at);
        token.any(&["on", "using", "join", "from"]) || token.sign(",")
    });
    last.next()
        .is_some_and(|at| tokens.get(at).is("join") && !tokens.before(at).any(&BARE))
}

/// Whether a place of a FROM is in the condition of a join.
pub(super) fn is_in_on(tokens: &Tokens<'_>, here: &Here, place: usize) -> bool {
    let before = (here.body.start..place).rev().map(|at| tokens.get(at));
    let mut last = before.filter(|t| t.any(&["on", "using", "join", "from"]));
    last.next().is_some_and(|token| token.any(&["on"]))
}

/// The last word of the CASE that is open at the end of a range.
fn open_case<'a>(tokens: &'a Tokens<'_>, range: Range<usize>) -> Option<&'a str> {
    let mut open: Vec<&str> = Vec::new();
    for token in tokens.level(range).map(|at| tokens.get(at)) {
        if token.is("case") {
            open.push("case");
        } else if token.is("end") {
            open.pop();
        } else if let (Some(last), true) = (open.last_mut(), token.any(&["when", "then", "else"])) {
            *last = &token.lower;
        }
    }
    open.pop()
}

/// Operators that compare.
const SIGNS: [&str; 10] = ["=", "==", "<>", "!=", "<", ">", "<=", ">=", "~~", "!~~"];

/// The column that is compared with what is at the hole: `x = `, `x IN (1, `, `x LIKE `.
pub(super) fn compared(tokens: &Tokens<'_>, hole: usize) -> Option<Vec<String>> {
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
