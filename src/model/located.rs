//! A place in a text file, shown as people expect it: file, line and column,
//! the line itself and a caret. Used for `workbench.toml` and for SQL headers.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// Lines longer than this are cut around the caret.
const WIDEST: usize = 120;
/// How much of a cut line is kept before the caret.
const LEAD: usize = 40;

/// A place in a file, with the line it is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Located {
    /// The file as it is to be named.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// The line with its number, and carets under the span: three rows.
    pub excerpt: String,
}

impl Located {
    /// The place of the bytes `span` of `text`. A span over several lines is
    /// shown on its first; one outside the text, at its end.
    pub fn at(file: &str, text: &str, span: Range<usize>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let end = text.floor_char_boundary(span.end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);

        let line = text[..line_start].matches('\n').count() + 1;
        let before = text[line_start..start].chars().count();
        let marked = text[start..end.min(line_end)]
            .trim_end_matches('\r')
            .chars()
            .count();
        let shown: Vec<char> = text[line_start..line_end]
            .trim_end_matches('\r')
            .chars()
            .map(shown_as)
            .collect();

        Self {
            file: file.to_owned(),
            line,
            column: before + 1,
            excerpt: excerpt(line, &shown, before, marked),
        }
    }
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = self.line.to_string().len() + 1;
        writeln!(
            f,
            "{:indent$}--> {}:{}:{}",
            "", self.file, self.line, self.column
        )?;
        f.write_str(&self.excerpt)
    }
}

/// Text of somebody else's, to be shown as it is: anybody may have written the
/// file, and nothing in it may steer the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(shown_as).collect()
}

/// Tabs take one column, so that the caret stays under what it points at.
fn shown_as(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

fn excerpt(number: usize, line: &[char], before: usize, marked: usize) -> String {
    let (text, caret) = cut(line, before);
    let carets = "^".repeat(marked.clamp(1, WIDEST.saturating_sub(caret).max(1)));
    let gutter = number.to_string().len() + 2;
    let rows = [
        format!("{:gutter$}|", ""),
        format!(" {number} | {text}"),
        format!("{:gutter$}| {:caret$}{carets}", "", ""),
    ];
    rows.map(|row| row.trim_end().to_owned()).join("\n")
}

/// The part of the line that is shown, and where in it the caret begins.
fn cut(line: &[char], before: usize) -> (String, usize) {
    if line.len() <= WIDEST {
        return (line.iter().collect(), before);
    }
    let from = before
        .saturating_sub(LEAD)
        .min(line.len().saturating_sub(WIDEST));
    let to = from + WIDEST;
    let mut text: Vec<char> = line[from..to].to_vec();
    if from > 0 {
        text[0] = '…';
    }
    if to < line.len() {
        text[WIDEST - 1] = '…';
    }
    (text.into_iter().collect(), before - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, needle: &str) -> String {
        let start = text.find(needle).unwrap();
        Located::at("f.toml", text, start..start + needle.len()).to_string()
    }

    #[test]
    fn the_caret_is_under_the_span() {
        insta::assert_snapshot!(at("a = 1\nlaod = \"x\"\n", "laod"), @r#"
         --> f.toml:2:1
          |
        2 | laod = "x"
          | ^^^^
        "#);
    }

    #[test]
    fn columns_are_characters_and_tabs_take_one() {
        insta::assert_snapshot!(at("\tname = \"zürich\" # x\r\n", "# x"), @r#"
         --> f.toml:1:18
          |
        1 |  name = "zürich" # x
          |                  ^^^
        "#);
    }

    #[test]
    fn a_span_over_lines_is_shown_on_its_first() {
        insta::assert_snapshot!(at("[[\n1,\n2]]\r\nkey = '''a\r\nb'''\n", "'''a\r\nb'''"), @"
         --> f.toml:4:7
          |
        4 | key = '''a
          |       ^^^^
        ");
    }

    #[test]
    fn wide_numbers_widen_the_gutter() {
        insta::assert_snapshot!(at(&("\n".repeat(99) + "x = 1"), "1"), @"
           --> f.toml:100:5
            |
        100 | x = 1
            |     ^
        ");
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let long = format!("{} HERE {}", "a".repeat(300), "b".repeat(300));
        insta::assert_snapshot!(at(&long, "HERE"), @"
         --> f.toml:1:302
          |
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HERE bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                                         ^^^^
        ");
        let head = format!("HERE {}", "b".repeat(300));
        insta::assert_snapshot!(at(&head, "HERE"), @"
         --> f.toml:1:1
          |
        1 | HERE bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          | ^^^^
        ");
        let tail = format!("{} HERE", "a".repeat(300));
        insta::assert_snapshot!(at(&tail, "HERE"), @"
         --> f.toml:1:302
          |
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HERE
          |                                                                                                                     ^^^^
        ");
        let all = "x".repeat(300);
        insta::assert_snapshot!(at(&all, &all), @"
         --> f.toml:1:1
          |
        1 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        ");
    }

    #[test]
    fn odd_places_do_not_panic() {
        for text in ["", "\n", "é", "a\r\n", "é\né"] {
            for start in 0..6 {
                for end in 0..6 {
                    Located::at("f", text, start..end);
                }
            }
        }
        insta::assert_snapshot!(Located::at("f", "", 0..0), @"
         --> f:1:1
          |
        1 |
          | ^
        ");
        insta::assert_snapshot!(Located::at("f", "a = 1\n", 6..6), @"
         --> f:2:1
          |
        2 |
          | ^
        ");
    }

    #[test]
    fn the_text_cannot_steer_the_terminal() {
        let shown = at("a = \u{1b}[31m \u{202e}x", "x");
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
        assert_eq!(printable("a\tb\r\n\u{9b}é"), "a b\u{fffd}\u{fffd}\u{fffd}é");
    }
}
