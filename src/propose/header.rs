//! Whether the first row of a table names its columns.

use std::collections::HashSet;

use super::cell::Kind;
use super::layout::Seen;

/// What a first row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Sure,
    Unsure,
    /// A row like others.
    None,
}

/// Below this, and above its negative, a sum of votes says little.
const DOUBT: f64 = 0.5;

/// What a column is made of, the first row not counted.
struct Column {
    filled: usize,
    /// What almost all of its cells are, if it is more than text.
    kind: Option<Kind>,
    /// Cells with a digit in them.
    digits: usize,
    /// How long all of its cells are.
    length: Option<usize>,
}

impl Column {
    fn of(rows: &[Seen], at: usize) -> Self {
        let cells: Vec<(&str, Kind)> = rows
            .iter()
            .filter_map(|row| Some((row.texts.get(at)?.as_str(), *row.kinds.get(at)?)))
            .filter(|(_, kind)| *kind != Kind::Empty)
            .collect();
        let most = [Kind::Number, Kind::Date, Kind::Boolean]
            .into_iter()
            .find(|kind| {
                let same = cells.iter().filter(|(_, k)| k == kind).count();
                same > 0 && same * 5 >= cells.len() * 4
            });
        let first = cells.first().map(|(text, _)| text.len());
        Self {
            filled: cells.len(),
            kind: most,
            digits: cells.iter().filter(|(t, _)| has_digit(t)).count(),
            length: first.filter(|n| cells.iter().all(|(text, _)| text.len() == *n)),
        }
    }
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// Whether a row names the columns of the rows behind it.
pub(super) fn judge(rows: &[Seen], width: usize) -> Verdict {
    let Some((first, body)) = rows.split_first() else {
        return Verdict::Sure;
    };
    let body: Vec<Seen> = body
        .iter()
        .filter(|r| r.texts.len() == width)
        .cloned()
        .collect();
    if is_sequence(first) {
        return Verdict::Sure;
    }
    let mut votes = if first.kinds.iter().any(|k| k.is_typed()) {
        0.0
    } else {
        0.2
    };
    let mut names = HashSet::new();
    for (at, (text, kind)) in first.texts.iter().zip(&first.kinds).enumerate() {
        let text = text.trim();
        let column = Column::of(&body, at);
        if text.is_empty() {
            continue;
        }
        if !names.insert(text.to_lowercase()) {
            votes -= 0.3;
        }
        votes += match (column.kind, kind) {
            (Some(expected), kind) if expected == *kind => -1.0,
            (Some(_), Kind::Text) => 1.0,
            (Some(_), _) => 0.2,
            (None, kind) if kind.is_typed() => -0.6,
            (None, _) => as_text(text, at, &column, &body),
        };
        votes += if is_name(text) { 0.1 } else { -0.1 };
    }
    match votes {
        votes if votes >= DOUBT => Verdict::Sure,
        votes if votes > 0.0 => Verdict::Unsure,
        _ => Verdict::None,
    }
}

/// What a text says about itself as the name of a column of texts.
fn as_text(text: &str, at: usize, column: &Column, body: &[Seen]) -> f64 {
    let again = body.iter().any(|row| row.texts[at].trim() == text);
    let mut votes = if again && column.filled > 1 {
        -0.6
    } else {
        0.0
    };
    if column.digits * 10 >= column.filled * 9 && column.filled > 0 && !has_digit(text) {
        votes += 0.7;
    }
    match column.length {
        Some(length) if column.filled >= 3 && length != text.len() => votes += 0.4,
        Some(_) if column.filled >= 3 => votes -= 0.2,
        _ => {}
    }
    votes
}

/// Letters, digits and a few others, a letter first, and not long.
fn is_name(text: &str) -> bool {
    text.chars().count() <= 40
        && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || " _-./()#%$€:&".contains(c))
}

/// Years, or the like, as names.
fn is_sequence(row: &Seen) -> bool {
    let numbers: Vec<i64> = row
        .texts
        .iter()
        .filter_map(|text| text.trim().parse().ok())
        .collect();
    numbers.len() >= 3
        && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1)
        && (1800..2200).contains(&numbers[0])
}

/// Whether a row of another length than those below it names their columns.
pub(super) fn is_header_like(row: &Seen, below: &[Seen]) -> bool {
    let names: HashSet<String> = row.texts.iter().map(|t| t.trim().to_lowercase()).collect();
    let all = row.texts.iter().all(|text| is_name(text.trim())) && names.len() == row.texts.len();
    let Some(next) = below.first() else {
        return false;
    };
    all && next.kinds.iter().any(|k| k.is_typed())
}

/// Rows behind the header that belong to it: texts where numbers and dates are
/// below, in two columns at least. One could be a value that does not fit.
pub(super) fn more_rows(rows: &[Seen], width: usize) -> usize {
    const MOST: usize = 3;
    let mut more = 0;
    while more < MOST && more + 2 < rows.len() {
        let row = &rows[more + 1];
        let body: Vec<Seen> = rows[more + 2..]
            .iter()
            .filter(|r| r.texts.len() == width)
            .cloned()
            .collect();
        let (mut texts, mut others) = (0, 0);
        for (at, kind) in row.kinds.iter().enumerate() {
            let column = Column::of(&body, at);
            if column.kind.is_some() {
                match kind {
                    Kind::Text => texts += 1,
                    Kind::Empty => {}
                    _ => others += 1,
                }
            }
        }
        if row.texts.len() != width || texts < 2 || others > 0 {
            break;
        }
        more += 1;
    }
    more
}
