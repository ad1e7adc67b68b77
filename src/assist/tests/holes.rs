//! A name is taken out of a query that is right; it must be offered among the first.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::complete::complete;
use super::super::keywords::unquoted;
use super::super::statements::statements;
use super::super::words::{Kind, words};
use super::{QUERIES, TRANSFORMS, vocabulary};

/// Names that were taken out, by what they name, and how many were found.
#[derive(Default)]
struct Tally {
    asked: usize,
    found: usize,
    missed: Vec<String>,
}

/// A name that can be taken out.
struct Taken {
    range: Range<usize>,
    is_table: bool,
}

#[test]
fn what_is_taken_out_is_offered_again() {
    // Letters that are left, and what share must be found: of tables, of columns.
    for (left, tables, columns) in [(0, 90, 80), (1, 98, 95), (2, 98, 95), (3, 98, 96)] {
        let [of_tables, of_columns] = tally(left);
        for (tally, least, what) in [
            (of_tables, tables, "tables"),
            (of_columns, columns, "columns"),
        ] {
            let share = 100 * tally.found / tally.asked;
            assert!(tally.asked > 90, "{what}: only {}", tally.asked);
            assert!(
                share >= least,
                "{left} letters: {share}% of {what}:\n{}",
                tally.missed.join("\n")
            );
        }
    }
}

fn tally(left: usize) -> [Tally; 2] {
    let vocabulary = vocabulary();
    let mut tallies = [Tally::default(), Tally::default()];
    for sql in std::iter::once(QUERIES).chain(TRANSFORMS) {
        for statement in statements(sql) {
            let sql = &sql[statement];
            for taken in names(sql) {
                let name = &sql[taken.range.clone()];
                let last = name.rfind('.').map_or(0, |dot| dot + 1);
                // Of a table with its schema, letters of the table are left.
                let kept: String = name[last..].chars().take(left).collect();
                if kept.len() == name.len() - last && left > 0 {
                    continue;
                }
                let text = [&sql[..taken.range.start], &kept, &sql[taken.range.end..]].concat();
                let cursor = taken.range.start + kept.len();
                let completion = complete(&text, cursor, &vocabulary);
                let first: Vec<&str> = completion
                    .candidates
                    .iter()
                    .take(3)
                    .map(|candidate| candidate.text.as_str())
                    .collect();
                let bare = |text: &str| text.trim_end_matches('.').to_lowercase();
                let tally = &mut tallies[usize::from(!taken.is_table)];
                tally.asked += 1;
                if first.iter().any(|text| bare(text) == bare(name)) {
                    tally.found += 1;
                } else {
                    let around = text[text.floor_char_boundary(cursor.saturating_sub(50))..cursor]
                        .replace('\n', " ");
                    tally
                        .missed
                        .push(format!("`{name}` at `{around}|`: {first:?}"));
                }
            }
        }
    }
    tallies
}

/// The tables, and the columns, aliases and schemas, that a query names.
fn names(sql: &str) -> Vec<Taken> {
    let all = words(sql);
    let all: Vec<_> = all
        .iter()
        .filter(|word| word.kind != Kind::Comment)
        .collect();
    let text = |at: Option<usize>| {
        at.and_then(|at| all.get(at))
            .map_or("", |w| &sql[w.range.clone()])
    };
    let known = known(sql);
    let mut taken = Vec::new();
    for (at, word) in all.iter().enumerate() {
        let name = unquoted(&sql[word.range.clone()]).to_lowercase();
        let is_name = matches!(word.kind, Kind::Name | Kind::QuotedName);
        let before = text(at.checked_sub(1));
        let next = text(Some(at + 1));
        let kind_before = at.checked_sub(1).map_or(Kind::Operator, |at| all[at].kind);
        let named_here = matches!(kind_before, Kind::Name | Kind::QuotedName | Kind::Number)
            || [")", "]", "::"].contains(&before)
            || ["as", "with", "recursive"].contains(&&*before.to_lowercase())
            || next == ":="
            || next.eq_ignore_ascii_case("as")
                && text(Some(at + 2)) == "("
                && !text(at.checked_sub(2)).contains('.')
                && before != "."
            || kind_before == Kind::Keyword && before.eq_ignore_ascii_case("end");
        if !is_name || named_here || !known.contains(&name) {
            continue;
        }
        let of_from = ["from", "join", "summarize", "describe", "pivot"]
            .contains(&&*before.to_lowercase())
            && !text(at.checked_sub(2)).eq_ignore_ascii_case("distinct");
        if of_from && next == "." {
            taken.push(Taken {
                range: word.range.start..all[at + 2].range.end,
                is_table: true,
            });
        }
        taken.push(Taken {
            range: word.range.clone(),
            is_table: of_from,
        });
    }
    taken
}

/// All names of the vocabulary, and those that a query gives.
fn known(sql: &str) -> BTreeSet<String> {
    let vocabulary = vocabulary();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for table in &vocabulary.tables {
        known.extend([table.schema.clone(), table.name.clone()]);
        known.extend(table.columns.iter().map(|(name, _)| name.clone()));
    }
    let all = words(sql);
    for pair in all.windows(2) {
        let [a, b] = pair else { continue };
        let is_name =
            |word: &super::super::words::Word| matches!(word.kind, Kind::Name | Kind::QuotedName);
        let before = &sql[a.range.clone()];
        if is_name(b)
            && (is_name(a)
                || before == ")"
                || before.eq_ignore_ascii_case("as")
                || before.eq_ignore_ascii_case("with"))
        {
            known.insert(sql[b.range.clone()].to_lowercase());
        }
    }
    known
}
