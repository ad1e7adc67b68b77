//! Finding a text in the text, and putting another in its place.

use std::ops::Range;

use unicode_segmentation::GraphemeCursor;

use super::Editor;
use super::history::Kind;
use super::vim::Mode;

impl Editor {
    /// Where a text stands, in order: in any case, unless a letter of it is a capital.
    pub fn matches(&self, wanted: &str) -> Vec<Range<usize>> {
        let all = &self.text;
        if wanted.is_empty() {
            return Vec::new();
        }
        let is_exact = wanted.chars().any(char::is_uppercase);
        let lower: Vec<char> = wanted.chars().flat_map(char::to_lowercase).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(next) = all[at..].chars().next() {
            let length = match is_exact {
                true => all[at..].starts_with(wanted).then_some(wanted.len()),
                false => begins(&all[at..], &lower),
            };
            let range = length.map(|length| at..at + length);
            // A part of what is one sign is none.
            let is_between = |at: usize| {
                GraphemeCursor::new(at, all.len(), true).is_boundary(all, 0) == Ok(true)
            };
            let whole = range.filter(|r| is_between(r.start) && is_between(r.end));
            at = whole
                .as_ref()
                .map_or(at + next.len_utf8(), |range| range.end);
            found.extend(whole);
        }
        found
    }

    /// Goes to the first match from a byte on, or the last before it; around the end to
    /// the other one. Returns its place among how many.
    pub fn go_to_match(
        &mut self,
        wanted: &str,
        from: usize,
        backwards: bool,
    ) -> Option<(usize, usize)> {
        let found = self.matches(wanted);
        let last = found.len().checked_sub(1)?;
        let at = match backwards {
            false => found.iter().position(|m| m.start >= from).unwrap_or(0),
            true => found.iter().rposition(|m| m.start < from).unwrap_or(last),
        };
        self.show_match(found[at].clone());
        Some((at, found.len()))
    }

    /// Selects a match; with modes the cursor goes to its beginning.
    fn show_match(&mut self, range: Range<usize>) {
        match self.vim.as_ref().map(|vim| vim.mode) {
            None | Some(Mode::Insert) => {
                self.go_to(range.start, false);
                self.go_to(range.end, true);
            }
            // What is selected goes on to the match.
            Some(mode) => self.go_to(range.start, mode != Mode::Normal),
        }
    }

    /// The match that has the cursor: its place among how many.
    pub fn match_at_cursor(&self, wanted: &str) -> (Option<usize>, usize) {
        let found = self.matches(wanted);
        (self.at_cursor(&found), found.len())
    }

    fn at_cursor(&self, found: &[Range<usize>]) -> Option<usize> {
        let selection = self.selection();
        found.iter().position(|m| match &selection {
            Some(selection) => selection == m,
            None => m.start == self.cursor,
        })
    }

    /// Puts a text in the place of the match that has the cursor, which goes to the next
    /// one. Returns whether there was one.
    pub fn replace_match(&mut self, wanted: &str, with: &str) -> bool {
        let found = self.matches(wanted);
        let Some(range) = self.at_cursor(&found).map(|at| found[at].clone()) else {
            return false;
        };
        let end = range.start + with.len();
        self.change(range, with, Kind::Whole);
        self.go_to_match(wanted, end, false);
        true
    }

    /// Puts a text in the place of all matches, as one change. Returns how many there were.
    pub fn replace_all(&mut self, wanted: &str, with: &str) -> usize {
        let found = self.matches(wanted);
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            return 0;
        };
        let whole = first.start..last.end;
        let mut text = String::new();
        let mut from = whole.start;
        for range in &found {
            text += &self.text[from..range.start];
            text += with;
            from = range.end;
        }
        self.change(whole, &text, Kind::Whole);
        found.len()
    }
}

/// Bytes at the beginning of a text that are these letters in any case.
fn begins(text: &str, lower: &[char]) -> Option<usize> {
    let mut wanted = lower.iter();
    for (at, c) in text.char_indices() {
        if wanted.as_slice().is_empty() {
            return Some(at);
        }
        for c in c.to_lowercase() {
            if wanted.next() != Some(&c) {
                return None;
            }
        }
    }
    wanted.as_slice().is_empty().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_found_in_any_case_unless_one_is_asked_for() {
        let editor = Editor::of("Straße STRASSE straße e\u{301}e İd id");
        let found = |wanted: &str| -> Vec<String> {
            let ranges = editor.matches(wanted).into_iter();
            ranges.map(|r| editor.text()[r].to_owned()).collect()
        };
        assert_eq!(found("straße"), ["Straße", "straße"]);
        assert_eq!(found("Stra"), ["Stra"]);
        assert_eq!(found("e").len(), 4);
        assert_eq!(found("id"), ["id"]);
        assert_eq!(found(""), Vec::<String>::new());
    }

    #[test]
    fn matches_are_gone_through_and_replaced() {
        let mut editor = Editor::of("a_b a_b A_B a_b");
        assert_eq!(editor.go_to_match("a_b", 1, false), Some((1, 4)));
        assert_eq!(editor.selected(), Some("a_b"));
        assert_eq!(editor.go_to_match("a_b", 4, true), Some((0, 4)));
        assert_eq!(editor.go_to_match("a_b", 0, true), Some((3, 4)));
        assert!(editor.replace_match("a_b", "x"));
        assert_eq!(editor.text(), "a_b a_b A_B x");
        // Around the end, to the first.
        assert_eq!(editor.match_at_cursor("a_b"), (Some(0), 3));
        assert_eq!(editor.replace_all("a_b", "a_b_c"), 3);
        assert_eq!(editor.text(), "a_b_c a_b_c a_b_c x");
        assert!(editor.undo());
        assert_eq!(editor.text(), "a_b a_b A_B x");
        assert_eq!(editor.go_to_match("no", 0, false), None);
    }
}
