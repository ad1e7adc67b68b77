//! What was changed in a text, so that it can be taken back: words and deletions as
//! a whole, not letter by letter.

/// Changes that are kept.
const KEPT: usize = 1_000;

/// How a change came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Typed,
    Deleted,
    /// Nothing is added to it.
    Whole,
}

/// One change: at a byte, one text took the place of another.
#[derive(Debug, Clone)]
struct Change {
    at: usize,
    removed: String,
    inserted: String,
    /// Where the cursor was before.
    cursor: usize,
    kind: Kind,
}

/// All changes that can be taken back, and those that were.
#[derive(Debug, Clone, Default)]
pub struct History {
    done: Vec<Change>,
    undone: Vec<Change>,
    /// What is typed next is a change of its own.
    is_ended: bool,
}

impl History {
    /// Notes a change, as a part of the one before where it goes on with it.
    pub fn note(&mut self, at: usize, removed: String, inserted: &str, cursor: usize, kind: Kind) {
        self.undone.clear();
        let is_ended = std::mem::take(&mut self.is_ended);
        if let Some(last) = self
            .done
            .last_mut()
            .filter(|last| last.kind == kind && !is_ended)
        {
            let is_behind = last.at + last.inserted.len() == at && removed.is_empty();
            if kind == Kind::Typed && is_behind && !begins_word(&last.inserted, inserted) {
                last.inserted += inserted;
                return;
            }
            if kind == Kind::Deleted && at + removed.len() == last.at {
                last.removed.insert_str(0, &removed);
                last.at = at;
                return;
            }
            if kind == Kind::Deleted && at == last.at {
                last.removed += &removed;
                return;
            }
        }
        self.done.push(Change {
            at,
            removed,
            inserted: inserted.to_owned(),
            cursor,
            kind,
        });
        let extra = self.done.len().saturating_sub(KEPT);
        self.done.drain(..extra);
    }

    /// What is typed next is a change of its own.
    pub fn end_word(&mut self) {
        self.is_ended = true;
    }

    /// Takes the last change back; returns where the cursor was before it.
    pub fn undo(&mut self, text: &mut String) -> Option<usize> {
        let change = self.done.pop()?;
        text.replace_range(
            change.at..change.at + change.inserted.len(),
            &change.removed,
        );
        let cursor = change.cursor;
        self.undone.push(change);
        self.is_ended = true;
        Some(cursor)
    }

    /// Makes it again; returns where the cursor is after it.
    pub fn redo(&mut self, text: &mut String) -> Option<usize> {
        let change = self.undone.pop()?;
        text.replace_range(
            change.at..change.at + change.removed.len(),
            &change.inserted,
        );
        let cursor = change.at + change.inserted.len();
        self.done.push(change);
        self.is_ended = true;
        Some(cursor)
    }
}

/// Whether a text that is typed behind another begins a word.
fn begins_word(before: &str, text: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace();
    before.ends_with(is_blank) && !text.starts_with(is_blank) || text.contains('\n')
}
