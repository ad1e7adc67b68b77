//! The place in a text where something is being written.

use std::ops::Range;

use super::keywords;
use super::words::{Kind, Word, cut, is_blank};

/// What is open around the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Name,
    Text,
}

/// Where something is being written: a statement, without the word that is.
#[derive(Debug)]
pub(super) struct Hole {
    /// What is replaced.
    pub range: Range<usize>,
    /// What is there of it before the cursor, without its quote.
    pub prefix: String,
    pub quote: Quote,
    /// All other words of the statement.
    pub words: Vec<Word>,
    /// How many of them, comments not counted, are before the cursor.
    pub at: usize,
}

/// The hole at `cursor`; None where nobody wants help: in comments, in numbers.
pub(super) fn find(text: &str, cursor: usize) -> Option<Hole> {
    let mut words = cut(text);
    let holder = words.partition_point(|word| word.range.end < cursor);
    let held = words
        .get(holder)
        .filter(|word| word.range.start < cursor)
        .cloned();
    let mut hole = Hole {
        range: cursor..cursor,
        prefix: String::new(),
        quote: Quote::None,
        words: Vec::new(),
        at: 0,
    };
    if let Some(word) = held {
        let so_far = &text[word.range.start..cursor];
        let first = so_far.chars().next().unwrap_or(' ');
        let inside = cursor < word.range.end;
        match word.kind {
            Kind::Name => {
                hole.prefix = so_far.to_owned();
                hole.range = word.range.clone();
                words.remove(holder);
            }
            Kind::QuotedName | Kind::Text | Kind::Broken if "\"`'".contains(first) => {
                if word.kind != Kind::Broken && !inside {
                    return Some(finish(text, cursor, words, hole));
                }
                hole.quote = match first {
                    '\'' => Quote::Text,
                    _ => Quote::Name,
                };
                hole.prefix = match hole.quote {
                    Quote::Text => so_far[1..].replace("''", "'"),
                    _ => keywords::unquoted(so_far),
                };
                hole.range = word.range.clone();
                // A quote that was just begun pairs with any that follows it.
                let is_odd = words.last().is_some_and(|last| {
                    last.kind == Kind::Broken && text[last.range.start..].starts_with(first)
                });
                if is_odd || text[word.range.clone()].contains('\n') {
                    hole.range.end = cursor;
                    cut_again(text, cursor, &mut words, holder);
                } else {
                    words.remove(holder);
                }
            }
            Kind::Comment if inside || text[word.range.clone()].starts_with("--") => return None,
            Kind::Broken | Kind::Number | Kind::Parameter => return None,
            Kind::Text if inside => return None,
            _ => {}
        }
    }
    // Right behind a comment that goes to the end of its line, blanks included.
    let line = text[..cursor].rfind('\n').map_or(0, |at| at + 1);
    let last = words[..words.partition_point(|word| word.range.end <= cursor)].last();
    if last.is_some_and(|word| {
        word.range.start >= line
            && text[word.range.start..].starts_with("--")
            && text[word.range.end..cursor].chars().all(is_blank)
    }) {
        return None;
    }
    Some(finish(text, cursor, words, hole))
}

/// Cuts what follows the cursor as if the quote at `holder` ended there.
fn cut_again(text: &str, cursor: usize, words: &mut Vec<Word>, holder: usize) {
    words.truncate(holder);
    words.extend(cut(&text[cursor..]).into_iter().map(|word| Word {
        range: word.range.start + cursor..word.range.end + cursor,
        kind: word.kind,
    }));
}

/// Keeps the words of the one statement.
fn finish(text: &str, cursor: usize, mut words: Vec<Word>, mut hole: Hole) -> Hole {
    let ends = |word: &Word| word.kind == Kind::Punctuation && &text[word.range.clone()] == ";";
    let split = words.partition_point(|word| word.range.end <= cursor);
    let end = words[split..]
        .iter()
        .position(ends)
        .map_or(words.len(), |at| split + at);
    words.truncate(end);
    let start = words[..split].iter().rposition(ends).map_or(0, |at| at + 1);
    words.drain(..start);
    keywords::tell_apart(text, &mut words);
    hole.at = words[..split - start]
        .iter()
        .filter(|word| word.kind != Kind::Comment)
        .count();
    hole.words = words;
    hole
}

/// The words of the statement around a cursor that is inside one of them, and how
/// many are before it.
pub(super) fn around(text: &str, cursor: usize) -> Option<(Vec<Word>, usize)> {
    let words = cut(text);
    let holder = words.partition_point(|word| word.range.end < cursor);
    let start = words.get(holder)?.range.start.min(cursor);
    let hole = Hole {
        range: start..start,
        prefix: String::new(),
        quote: Quote::None,
        words: Vec::new(),
        at: 0,
    };
    let hole = finish(text, start, words, hole);
    Some((hole.words, hole.at))
}
