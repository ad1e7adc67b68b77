//! SQL, laid out by `sqlformat`, which knows other dialects: it cuts `1_000`,
//! `$$text$$` and nested comments in two, and breaks the line in every list.
//!
//! So it is given stand-ins: words as wide as ours that it lays out well. Of what
//! it returns only the white space is used.

use sqlformat::{FormatOptions, Indent, QueryParams};

use super::words::{Kind, Word, words};

/// Longer lines are broken.
const WIDTH: usize = 80;

/// Brackets in brackets are indented to this depth; text that goes deeper is left.
const DEEPEST: usize = 50;

/// Keywords that are laid out as what they are.
const STRUCTURE: [&str; 31] = [
    "all",
    "and",
    "as",
    "by",
    "case",
    "cross",
    "distinct",
    "else",
    "end",
    "except",
    "from",
    "full",
    "group",
    "having",
    "inner",
    "intersect",
    "join",
    "left",
    "limit",
    "natural",
    "on",
    "or",
    "order",
    "outer",
    "right",
    "select",
    "then",
    "union",
    "when",
    "where",
    "with",
];

/// `sql` laid out anew, with keywords in capitals. Its words stay what they are;
/// where that cannot be done it is returned as it is.
pub fn format(sql: &str) -> String {
    let words = words(sql);
    if words.is_empty() || words.iter().any(|word| word.kind == Kind::Broken) {
        return sql.to_owned();
    }
    let Some(units) = units(sql, &words) else {
        return sql.to_owned();
    };
    let text = stand_ins(sql, &units);
    let options = FormatOptions {
        indent: Indent::Spaces(2),
        lines_between_queries: 2,
        joins_as_top_level: true,
        max_inline_block: WIDTH,
        max_inline_arguments: Some(WIDTH),
        max_inline_top_level: Some(WIDTH),
        ..FormatOptions::default()
    };
    let laid_out = sqlformat::format(&text, &QueryParams::None, &options);
    match restored(sql, &units, &laid_out) {
        Some(done) if same(sql, &words, &done) => done,
        _ => sql.to_owned(),
    }
}

/// Words between which no blank comes, and what stands for them.
struct Unit<'a> {
    words: &'a [Word],
    stand_in: String,
    /// Whether a blank comes before it, as far as it is up to us.
    apart: bool,
}

fn units<'a>(sql: &str, words: &'a [Word]) -> Option<Vec<Unit<'a>>> {
    let mut units: Vec<Unit<'_>> = Vec::new();
    // For each BETWEEN whose AND has not come, how many brackets were open.
    let mut between: Vec<usize> = Vec::new();
    let mut depth = 0usize;
    let mut start = 0;
    while start < words.len() {
        let mut end = start + 1;
        while end < words.len() && is_glued(sql, words, end) {
            end += 1;
        }
        let unit = &words[start..end];
        let first = &sql[unit[0].range.clone()];
        let lower = first.to_ascii_lowercase();
        let keyword = unit[0].kind == Kind::Keyword;
        let mut stand_in = stand_in(sql, unit);
        match &*lower {
            "case" if keyword && depth >= DEEPEST => return None,
            "case" if keyword => depth += 1,
            "end" if keyword => depth = depth.saturating_sub(1),
            "(" | "[" | "{" if depth >= DEEPEST => return None,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "between" if keyword => between.push(depth),
            "and" if keyword && between.last() == Some(&depth) => {
                between.pop();
                stand_in = "xxx".to_owned();
            }
            _ => {}
        }
        units.push(Unit {
            words: unit,
            stand_in,
            apart: is_apart(sql, words, start),
        });
        start = end;
    }
    Some(units)
}

/// Whether the word at `at` belongs to the one before it.
fn is_glued(sql: &str, words: &[Word], at: usize) -> bool {
    let text = |at: usize| &sql[words[at].range.clone()];
    let (before, word) = (&words[at - 1], &words[at]);
    let comments = before.kind == Kind::Comment || word.kind == Kind::Comment;
    if comments || opens(text(at)) || closes(text(at)) || opens(text(at - 1)) {
        return false;
    }
    if text(at - 1) == "." || text(at - 1) == "::" {
        return true;
    }
    match text(at) {
        "." | "::" | ":" => !closes(text(at - 1)) && !matches!(text(at - 1), "," | ";"),
        _ => is_sign(sql, words, at - 1),
    }
}

/// Whether the operator at `at` belongs to what follows it: `-1`, `~x`.
fn is_sign(sql: &str, words: &[Word], at: usize) -> bool {
    let text = &sql[words[at].range.clone()];
    if words[at].kind != Kind::Operator || matches!(text, "*" | "::" | "->" | ":=" | "=>") {
        return false;
    }
    let said = words[..at].iter().rfind(|word| word.kind != Kind::Comment);
    said.is_none_or(|before| {
        let written = &sql[before.range.clone()];
        match before.kind {
            Kind::Keyword => !written.eq_ignore_ascii_case("end"),
            Kind::Operator => written != "*",
            Kind::Punctuation => !closes(written) && written != ".",
            _ => false,
        }
    })
}

fn opens(text: &str) -> bool {
    matches!(text, "(" | "[" | "{")
}

fn closes(text: &str) -> bool {
    matches!(text, ")" | "]" | "}")
}

/// A bracket follows a function or what it looks into without a blank.
fn is_apart(sql: &str, words: &[Word], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return false;
    };
    let (before, word) = (&words[before], &words[at]);
    let text = &sql[word.range.clone()];
    let touches = before.range.end == word.range.start;
    match before.kind {
        Kind::Function => text != "(",
        Kind::Name | Kind::QuotedName | Kind::Text => !(opens(text) && touches),
        Kind::Punctuation if closes(&sql[before.range.clone()]) => !(text == "[" && touches),
        _ => true,
    }
}

fn stand_in(sql: &str, unit: &[Word]) -> String {
    let text = &sql[unit[0].range.clone()];
    let width: usize = unit
        .iter()
        .map(|w| sql[w.range.clone()].chars().count())
        .sum();
    let plain = || "x".repeat(width.min(WIDTH));
    if unit.len() > 1 {
        return plain();
    }
    let lower = text.to_ascii_lowercase();
    match unit[0].kind {
        Kind::Keyword if STRUCTURE.contains(&&*lower) => lower,
        Kind::Keyword => match &*lower {
            "qualify" | "window" => "having".to_owned(),
            "offset" => "limit".to_owned(),
            "asof" | "semi" | "anti" | "positional" => "inner".to_owned(),
            _ => plain(),
        },
        Kind::Comment if text.starts_with("--") => "--x".to_owned(),
        Kind::Comment => "/*x*/".to_owned(),
        Kind::Operator if text != "*" => "=".to_owned(),
        Kind::Punctuation => match text {
            "(" | "[" | "{" => "(".to_owned(),
            ")" | "]" | "}" => ")".to_owned(),
            "," | ";" => text.to_owned(),
            _ => plain(),
        },
        _ => plain(),
    }
}

fn stand_ins(sql: &str, units: &[Unit<'_>]) -> String {
    let mut text = String::new();
    let mut before: Option<&Unit<'_>> = None;
    for unit in units {
        match before.map(|unit| &unit.words[unit.words.len() - 1]) {
            Some(word) if word.kind == Kind::Comment => {
                let lines = sql[word.range.end..unit.words[0].range.start].contains('\n');
                text.push(if lines { '\n' } else { ' ' });
            }
            Some(_) if unit.apart => text.push(' '),
            _ => {}
        }
        text.push_str(&unit.stand_in);
        before = Some(unit);
    }
    text
}

/// Our words with the blanks of what was laid out. None if its words are others.
fn restored(sql: &str, units: &[Unit<'_>], laid_out: &str) -> Option<String> {
    let mut done = String::with_capacity(laid_out.len());
    let mut rest = laid_out;
    let (mut before, mut end) = ("", 0);
    let mut is_text = false;
    for unit in units {
        let begin = rest.trim_start();
        let blank = &rest[..rest.len() - begin.len()];
        rest = begin.strip_prefix(&unit.stand_in)?;
        let word = &unit.words[0];
        let begins_line = sql[end..word.range.start].contains('\n');
        match &sql[word.range.clone()] {
            // A cast of what is in brackets.
            "::" | "." if closes(before) => {}
            // The first query that WITH names.
            _ if before.eq_ignore_ascii_case("with") && !blank.is_empty() => done.push(' '),
            // Literals on two lines are one, and on one line none.
            _ if is_text && word.kind == Kind::Text && begins_line && !blank.contains('\n') => {
                done.push('\n');
            }
            // A comment stays on the line that it was on.
            _ if word.kind == Kind::Comment && done.is_empty() => {}
            _ if word.kind == Kind::Comment && !begins_line => done.push(' '),
            _ if word.kind == Kind::Comment && !blank.contains('\n') => {
                let next = &rest[..rest.len() - rest.trim_start().len()];
                done.push('\n');
                done.push_str(next.rsplit('\n').next().unwrap_or_default());
            }
            _ => done.push_str(blank),
        }
        end = unit.words[unit.words.len() - 1].range.end;
        let last = &unit.words[unit.words.len() - 1];
        (before, is_text) = (&sql[last.range.clone()], last.kind == Kind::Text);
        for word in unit.words {
            let text = &sql[word.range.clone()];
            match word.kind {
                Kind::Keyword => done.push_str(&text.to_ascii_uppercase()),
                _ => done.push_str(text),
            }
        }
    }
    let last = if sql.ends_with('\n') { "\n" } else { "" };
    rest.trim()
        .is_empty()
        .then(|| done.trim().to_owned() + last)
}

/// Whether the words are the same.
fn same(sql: &str, before: &[Word], done: &str) -> bool {
    let after = words(done);
    before.len() == after.len()
        && before.iter().zip(&after).all(|(a, b)| {
            let (x, y) = (&sql[a.range.clone()], &done[b.range.clone()]);
            a.kind == b.kind && (x == y || a.kind == Kind::Keyword && x.eq_ignore_ascii_case(y))
        })
}
