//! Where statements begin and end, and the parameters that they take.

use std::ops::Range;

use super::words::{Kind, Word, cut};

/// The statements of `text`: from the comments that lead up to one to its last
/// word, without its semicolon. A comment behind a semicolon, on its line,
/// belongs to what was before it.
pub fn statements(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    let mut end = None;
    let mut ended_at = None;
    let mut close = |start: &mut Option<usize>, end: &mut Option<usize>| {
        if let (Some(start), Some(end)) = (start.take(), end.take()) {
            found.push(start..end);
        }
    };
    for Word { range, kind } in cut(text) {
        let is_comment = kind == Kind::Comment || is_open_comment(text, &range, kind);
        if kind == Kind::Punctuation && &text[range.clone()] == ";" {
            close(&mut start, &mut end);
            start = None;
            ended_at = Some(range.end);
        } else if is_comment {
            let trails = ended_at.is_some_and(|at| !text[at..range.start].contains('\n'));
            if start.is_none() && !trails {
                start = Some(range.start);
            }
        } else {
            start.get_or_insert(range.start);
            end = Some(range.end);
        }
    }
    close(&mut start, &mut end);
    found
}

fn is_open_comment(text: &str, range: &Range<usize>, kind: Kind) -> bool {
    kind == Kind::Broken && text[range.start..].starts_with("/*")
}

/// The statement that holds the cursor, or the one just before it; the first if
/// there is none before it.
pub fn statement_at(text: &str, cursor: usize) -> Option<Range<usize>> {
    let all = statements(text);
    let before = all.iter().rfind(|range| range.start <= cursor);
    before.or(all.first()).cloned()
}

/// The parameters of `sql` in the order in which they are first named: `day` for
/// `$day`, `1` for `$1`. A `?` is the number after the one before it.
pub fn parameters(sql: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut asked = 0u64;
    for Word { range, kind } in cut(sql) {
        if kind != Kind::Parameter {
            continue;
        }
        let name = match &sql[range] {
            "?" => {
                asked += 1;
                asked.to_string()
            }
            named => named[1..].to_owned(),
        };
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}
