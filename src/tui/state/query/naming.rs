//! What statements are called, and what tells those apart that are called the same.

use crate::assist::{self, Kind};
use crate::tui::text;

/// Bytes of a statement that are looked at: names are made at each drawing.
const LOOKED_AT: usize = 4_000;

/// Words of a statement that reads no table.
const WORDS: usize = 3;

fn beginning(sql: &str) -> &str {
    &sql[..sql.floor_char_boundary(LOOKED_AT)]
}

/// The words of a statement, without comments.
pub(super) fn words_of(sql: &str) -> Vec<&str> {
    let words = kinds_of(beginning(sql)).into_iter();
    words.map(|(_, word)| word).collect()
}

fn kinds_of(sql: &str) -> Vec<(Kind, &str)> {
    let words = assist::words(sql).into_iter();
    let words = words.filter(|word| word.kind != Kind::Comment);
    let mut words: Vec<(Kind, &str)> = words.map(|w| (w.kind, &sql[w.range])).collect();
    while words.last().is_some_and(|(_, word)| *word == ";") {
        words.pop();
    }
    words
}

/// The first table that a statement reads, or its first words.
pub(super) fn of_statement(sql: &str, most: usize) -> String {
    let sql = beginning(sql);
    let words = kinds_of(sql);
    let name = table(&words).unwrap_or_else(|| {
        let mut first = String::new();
        let mut count = 0;
        let mut end = None;
        for word in assist::words(sql) {
            if word.kind == Kind::Comment || &sql[word.range.clone()] == ";" {
                continue;
            }
            // What was written together is one.
            if end != Some(word.range.start) {
                count += 1;
                if count > WORDS {
                    break;
                }
                if count > 1 {
                    first.push(' ');
                }
            }
            first.push_str(&sql[word.range.clone()]);
            end = Some(word.range.end);
        }
        first.trim_end_matches(',').to_owned()
    });
    text::cut(&name, most)
}

/// The table behind the first FROM of the statement itself, or else of one inside it.
fn table(words: &[(Kind, &str)]) -> Option<String> {
    // For each bracket that is open: whether it is that of a call.
    let mut open: Vec<bool> = Vec::new();
    let mut found: Option<(usize, String)> = None;
    for (at, (kind, word)) in words.iter().enumerate() {
        match *word {
            "(" => {
                let before = at.checked_sub(1).map(|at| words[at].0);
                open.push(before == Some(Kind::Function));
            }
            ")" => {
                open.pop();
            }
            _ if *kind == Kind::Keyword && word.eq_ignore_ascii_case("from") => {
                // `extract(year FROM day)` reads nothing.
                let is_deeper = found
                    .as_ref()
                    .is_some_and(|(depth, _)| *depth <= open.len());
                if is_deeper || open.contains(&true) {
                    continue;
                }
                if let Some(name) = named(&words[at + 1..]) {
                    found = Some((open.len(), name));
                }
            }
            _ => {}
        }
    }
    found.map(|(_, name)| name)
}

/// The last part of a name; of a file, also of one that a function reads, its own name.
fn named(words: &[(Kind, &str)]) -> Option<String> {
    let file = |text: &str| {
        let path = text.trim_matches('\'');
        let name = path.trim_end_matches('/').rsplit('/').next();
        name.unwrap_or(path).to_owned()
    };
    let mut at = 0;
    loop {
        let (kind, word) = words.get(at)?;
        match kind {
            Kind::Text => return Some(file(word)),
            Kind::Name | Kind::QuotedName | Kind::Function | Kind::Keyword => {}
            _ => return None,
        }
        match words.get(at + 1).map(|(_, word)| *word) {
            Some(".") => at += 2,
            Some("(") => {
                return Some(match words.get(at + 2) {
                    Some((Kind::Text, text)) => file(text),
                    _ => (*word).to_owned(),
                });
            }
            _ => return Some(word.trim_matches(['"', '`']).to_owned()),
        }
    }
}

/// What a text has that others have not: its words, those that stand together in one.
/// Nothing of those that are the same. `is_full`: with what a value is compared with.
pub(super) fn differing(own: &str, others: &[&str], is_full: bool) -> Vec<String> {
    let own = words_of(own);
    let mut differs = vec![false; own.len()];
    for other in others {
        let words = words_of(other);
        let before = own.iter().zip(&words).take_while(|(a, b)| a == b).count();
        let ends = own[before..].iter().rev().zip(words[before..].iter().rev());
        let behind = ends.take_while(|(a, b)| a == b).count();
        differs[before..own.len() - behind].fill(true);
    }
    let mut more = Vec::new();
    let mut at = 0;
    for part in differs.chunk_by(|a, b| a == b) {
        let end = at + part.len();
        if part[0] {
            more.push(said(&own, at, end, is_full));
        }
        at = end;
    }
    more
}

/// Some of the words of a statement: what is compared stands before a value.
fn said(words: &[&str], from: usize, to: usize, is_full: bool) -> String {
    const COMPARES: [&str; 7] = ["=", "<", ">", "<=", ">=", "<>", "!="];
    let is_compared = is_full && from >= 2 && COMPARES.contains(&words[from - 1]);
    let from = if is_compared { from - 2 } else { from };
    let mut said = String::new();
    for word in &words[from..to] {
        let is_tight = matches!(*word, "," | "." | ")" | "(") || said.ends_with(['.', '(']);
        if !is_tight && !said.is_empty() {
            said.push(' ');
        }
        said.push_str(word);
    }
    said.trim_matches([',', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_called_by_what_it_reads() {
        for (sql, name) in [
            ("SELECT * FROM features.account_level a", "account_level"),
            ("-- taken from features\nSELECT 1 FROM raw.x", "x"),
            ("FROM 'data/in 2024/x.csv'", "x.csv"),
            (
                "SELECT a FROM read_csv('data/y.csv', header = true)",
                "y.csv",
            ),
            (
                "SELECT * FROM features.\"total invoices\" WHERE a",
                "total invoices",
            ),
            ("SELECT * FROM features . invoices;", "invoices"),
            ("FROM range(3)", "range"),
            ("SELECT extract(year FROM day) FROM b", "b"),
            ("SELECT (SELECT max(a) FROM c), d FROM e, f", "e"),
            ("WITH g AS (FROM h) SELECT * FROM g", "g"),
            ("SELECT * FROM (SELECT * FROM i) AS j", "i"),
            ("SELECT 1, 2, 3, 4", "SELECT 1, 2"),
            ("DESCRIBE features.k; -- what it has", "DESCRIBE features.k"),
            ("", ""),
        ] {
            assert_eq!(of_statement(sql, 40), name, "{sql}");
        }
    }
}
