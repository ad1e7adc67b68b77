//! The words of SQL, as DuckDB cuts it: after `base_tokenizer.cpp` of version 2.0.

use std::ops::Range;

use super::keywords;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Keyword,
    Name,
    /// A name in double quotes or backticks.
    QuotedName,
    /// A name that is called.
    Function,
    /// Text in quotes or between dollar signs.
    Text,
    Number,
    Comment,
    Operator,
    /// `$1`, `$name` or `?`.
    Parameter,
    /// Brackets, commas, semicolons, dots, colons.
    Punctuation,
    /// A quote or a comment that was begun and goes on to the end.
    Broken,
}

/// A word, by its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub range: Range<usize>,
    pub kind: Kind,
}

/// Everything in `text` but white space, in order.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = cut(text);
    keywords::tell_apart(text, &mut words);
    words
}

/// All words, without telling keywords and functions from other names.
pub(super) fn cut(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 5);
    let mut at = 0;
    loop {
        at = text.len() - text[at..].trim_start_matches(is_blank).len();
        let Some(first) = text[at..].chars().next() else {
            return words;
        };
        let (kind, len) = word(&text[at..], first);
        words.push(Word {
            range: at..at + len,
            kind,
        });
        at += len;
    }
}

/// As `Parser::StripUnicodeSpaces`, which is not all that Unicode takes for white
/// space, and more.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}')
        || matches!(c, '\u{205f}' | '\u{2060}' | '\u{3000}' | '\u{feff}')
}

/// Of operators that are made of several characters.
fn is_operator(c: u8) -> bool {
    b"+-*/%^<>=~!@&|".contains(&c)
}

/// Of the inside of a name. ASCII that is neither punctuation nor blank, control
/// characters too; and all that is not ASCII.
fn is_name(c: char) -> bool {
    match c {
        '_' => true,
        c => !c.is_ascii_punctuation() && !is_blank(c),
    }
}

/// The word that `rest` begins with, and its length.
fn word(rest: &str, first: char) -> (Kind, usize) {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    match first {
        '\'' => quoted(rest, 0, b'\'', Kind::Text, false),
        '"' | '`' => quoted(rest, 0, first as u8, Kind::QuotedName, false),
        'e' | 'E' if second == b'\'' => quoted(rest, 1, b'\'', Kind::Text, true),
        'x' | 'X' | 'b' | 'B' | 'n' | 'N' if second == b'\'' => {
            quoted(rest, 1, b'\'', Kind::Text, false)
        }
        '-' if second == b'-' => {
            let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
            // A blank at the end of the line is not part of what is said.
            (Kind::Comment, rest[..end].trim_end_matches(is_blank).len())
        }
        '/' if second == b'*' => block_comment(bytes),
        '$' => dollar(rest),
        '?' => (Kind::Parameter, 1),
        ':' if second == b':' || second == b'=' => (Kind::Operator, 2),
        '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | ':' => (Kind::Punctuation, 1),
        '.' if !second.is_ascii_digit() => (Kind::Punctuation, 1),
        '0'..='9' | '.' => (Kind::Number, number(bytes)),
        c if c.is_ascii() && is_operator(c as u8) => (Kind::Operator, operator(bytes)),
        c if is_name(c) => {
            let end = rest.find(|c| !is_name(c) && c != '$').unwrap_or(rest.len());
            (Kind::Name, end)
        }
        c => (Kind::Operator, c.len_utf8()),
    }
}

/// From the quote at `open` to the one that closes it; two of them are one that
/// is meant.
fn quoted(rest: &str, open: usize, quote: u8, kind: Kind, escapes: bool) -> (Kind, usize) {
    let bytes = rest.as_bytes();
    let mut at = open + 1;
    while let Some(&c) = bytes.get(at) {
        if escapes && c == b'\\' {
            at += 1;
        } else if c == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return (kind, at + 1);
            }
            at += 1;
        }
        at += 1;
    }
    (Kind::Broken, rest.len())
}

/// Comments nest.
fn block_comment(bytes: &[u8]) -> (Kind, usize) {
    let mut depth = 0usize;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return (Kind::Comment, at);
        }
    }
    (Kind::Broken, bytes.len())
}

/// `$1`, `$name`, or text between `$tag$` and `$tag$`.
fn dollar(rest: &str) -> (Kind, usize) {
    let inner = &rest[1..];
    if inner.starts_with(|c: char| c.is_ascii_digit()) {
        let end = inner.find(|c: char| !c.is_ascii_digit());
        return (Kind::Parameter, 1 + end.unwrap_or(inner.len()));
    }
    let is_tag = |c: char| c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && !is_blank(c));
    let name = inner.find(|c| !is_tag(c)).unwrap_or(inner.len());
    if inner[name..].starts_with('$') {
        let tag = &rest[..name + 2];
        return match rest[tag.len()..].find(tag) {
            Some(end) => (Kind::Text, end + 2 * tag.len()),
            None => (Kind::Broken, rest.len()),
        };
    }
    match name {
        0 => (Kind::Operator, 1),
        name => (Kind::Parameter, 1 + name),
    }
}

/// Digits and dots, `_` between digits, an exponent if digits follow.
fn number(bytes: &[u8]) -> usize {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while let Some(&c) = bytes.get(at) {
        match c {
            b'0'..=b'9' | b'.' => at += 1,
            b'_' if at > 0 && digit(at - 1) && digit(at + 1) => at += 1,
            b'e' | b'E' => {
                let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
                let digits = at + 1 + usize::from(signed);
                if !digit(digits) {
                    break;
                }
                at = digits;
            }
            _ => break,
        }
    }
    at
}

/// Longer rows of signs are cut: no operator has so many, and giving back `+` and
/// `-` one by one would take the square of them.
const LONGEST_OPERATOR: usize = 64;

/// As in Postgres: `+` and `-` at its end are operators of their own, unless it
/// has a character that no operator of the standard has.
fn operator(bytes: &[u8]) -> usize {
    let mut end = 1;
    while end < bytes.len().min(LONGEST_OPERATOR) && is_operator(bytes[end]) {
        if matches!(&bytes[end..], [b'-', b'-', ..] | [b'/', b'*', ..]) {
            break;
        }
        end += 1;
    }
    if !bytes[..end].iter().any(|c| b"~!@%^&|".contains(c)) {
        while end > 1 && matches!(bytes[end - 1], b'+' | b'-') {
            // `->` ends in neither.
            end -= 1;
        }
    }
    end
}
