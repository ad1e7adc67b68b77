//! What the columns of a file are called: as its header says, or so that each
//! has a name of its own.

use std::collections::{BTreeMap, HashSet};

use super::layout::Seen;
use crate::model::source::normalise_column;

/// The names of the columns.
pub(super) struct Named {
    pub columns: Vec<String>,
    /// As the file has them.
    pub written: Vec<String>,
    /// The last row of the header says just this, so the program reads it.
    pub as_written: bool,
}

impl Named {
    /// Names from the rows of a header; `notes` is told what was changed.
    pub fn of(head: &[&Seen], body: &[Seen], width: usize, notes: &mut Vec<String>) -> Self {
        let usable = |row: &Seen| {
            let mut names = HashSet::new();
            row.texts.len() == width
                && row
                    .texts
                    .iter()
                    .all(|t| !t.trim().is_empty() && names.insert(normalise_column(t)))
        };
        let (first, last) = (head[0], head[head.len() - 1]);
        let written: Vec<String> = if head.len() == 1 || usable(first) {
            first.texts.clone()
        } else if usable(last) {
            last.texts.clone()
        } else {
            joined(head, width)
        };
        if head.len() > 1 {
            notes.push(format!(
                "its header has {} lines; the names are from {}",
                head.len(),
                if written == first.texts {
                    "the first"
                } else if written == last.texts {
                    "the last"
                } else {
                    "all of them"
                }
            ));
        }
        let mut named = Self::unique(&written, body, width, notes);
        let is_last = written == last.texts && (head.len() == 1 || written != first.texts);
        if !is_last {
            named.as_written = false;
        }
        named
    }

    /// Gives every column a name of its own.
    fn unique(written: &[String], body: &[Seen], width: usize, notes: &mut Vec<String>) -> Self {
        let mut as_written = true;
        // Behind the last name there may be nothing at all.
        let named = written
            .iter()
            .rposition(|n| !n.trim().is_empty())
            .map_or(0, |at| at + 1);
        let used = body
            .iter()
            .filter_map(|row| row.texts.iter().rposition(|t| !t.trim().is_empty()))
            .max()
            .map_or(0, |at| at + 1);
        let count = if used.min(width) > named {
            used.min(width)
        } else {
            named
        };
        if written.len() < width {
            notes.push(format!(
                "the rows have {width} fields, and the header {}",
                written.len()
            ));
            as_written = false;
        } else if written.len() > width {
            let lost = written[width..].join(", ");
            notes.push(format!(
                "the rows have {width} fields, and the header {}: nothing is called {lost}",
                written.len()
            ));
            as_written = false;
        }
        let count = if as_written { count } else { width };
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let mut columns = Vec::new();
        for at in 0..count {
            let name = written
                .get(at)
                .map(|n| normalise_column(n))
                .unwrap_or_default();
            let reserved = name.starts_with("_wb_") || name == "rowid";
            let mut unique = if name.is_empty() || reserved {
                format!("column_{}", at + 1)
            } else {
                name.clone()
            };
            if name.is_empty() {
                notes.push(format!(
                    "column {} has no name, and is called `{unique}`",
                    at + 1
                ));
            } else if reserved {
                notes.push(format!("the program keeps the name `{name}` for itself: the column is called `{unique}`"));
            }
            if let Some(before) = taken.get(&unique) {
                let next = (at + 1..)
                    .map(|n| format!("{name}_{n}"))
                    .find(|next| !taken.contains_key(next))
                    .unwrap_or_default();
                notes.push(format!(
                    "columns {} and {} would both be `{unique}`: the second is called `{next}`",
                    before + 1,
                    at + 1
                ));
                unique = next;
            }
            as_written &= unique == name;
            taken.insert(unique.clone(), at);
            columns.push(unique);
        }
        let alone = columns.len() == 1 && written[0].contains([';', '\t', '|']);
        Self {
            columns,
            written: written.to_vec(),
            as_written: as_written && !alone,
        }
    }
}

/// Names from a header of several rows: what stands above goes on to the right
/// until something else does.
fn joined(head: &[&Seen], width: usize) -> Vec<String> {
    let mut names = vec![String::new(); width];
    for (at, row) in head.iter().enumerate() {
        let mut above = "";
        for (column, name) in names.iter_mut().enumerate() {
            let text = row.texts.get(column).map_or("", |t| t.trim());
            if !text.is_empty() {
                above = text;
            }
            let part = if at + 1 < head.len() { above } else { text };
            if !part.is_empty() {
                if !name.is_empty() {
                    name.push('_');
                }
                name.push_str(part);
            }
        }
    }
    names
}
