//! Text as a terminal shows it: how wide it is, and cut to a width.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of the terminal that a text takes, once it is [`clean`].
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(|g| glyph(g).width()).sum()
}

/// What stands for a grapheme. What moves the cursor, rings or turns the
/// direction of the text around must not reach the terminal; nor what terminals do
/// not agree on how wide it is: joined emoji, flags, invisible signs, more than one
/// accent.
fn glyph(grapheme: &str) -> Cow<'_, str> {
    let mut characters = grapheme.chars();
    let Some(first) = characters.next() else {
        return grapheme.into();
    };
    match first {
        '\n' | '\r' => "⏎".into(),
        '\t' => "→".into(),
        c if c.is_control() || is_invisible(c) => "·".into(),
        // A flag is two letters.
        '\u{1f1e6}'..='\u{1f1ff}' => grapheme.chars().filter_map(letter).collect(),
        _ => match characters.next() {
            None => grapheme.into(),
            Some(mark) if mark.width() == Some(0) && !is_invisible(mark) => {
                [first, mark].into_iter().collect()
            }
            // How it is to be drawn is not what it is.
            Some('\u{fe0e}' | '\u{fe0f}') if characters.next().is_none() => {
                first.to_string().into()
            }
            // Not the same as the first alone.
            Some(_) => format!("{first}·").into(),
        },
    }
}

/// Takes no room, or turns the direction of what follows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// The letter of a half of a flag.
fn letter(half: char) -> Option<char> {
    let at = u32::from(half).checked_sub(0x1f1e6)?;
    char::from_u32(u32::from('A') + at).filter(char::is_ascii_uppercase)
}

/// The text with a visible sign for all that is none.
pub fn clean(text: &str) -> String {
    text.graphemes(true).map(glyph).collect()
}

/// The text in at most `most` columns; `…` stands for what is cut.
pub fn cut(text: &str, most: usize) -> String {
    let cleaned = clean(text);
    if cleaned.width() <= most {
        return cleaned;
    }
    let mut short = String::new();
    let mut used = 0;
    // What stands for one sign is not cut: its beginning alone is another one.
    for glyph in text.graphemes(true).map(glyph) {
        if used + glyph.width() + 1 > most {
            break;
        }
        used += glyph.width();
        short.push_str(&glyph);
    }
    if most > 0 {
        short.push('…');
    }
    short
}

/// The text in exactly `size` columns, at the left or the right.
pub fn fit(text: &str, size: usize, right: bool) -> String {
    let text = cut(text, size);
    let blanks = " ".repeat(size.saturating_sub(text.width()));
    if right {
        blanks + &text
    } else {
        text + &blanks
    }
}

/// A sentence over several lines, broken between words.
pub fn folded(sentence: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in sentence.split_whitespace() {
        let used = lines.last().map_or(0, |line| width(line));
        if used > 0 && used + 1 + width(word) > most {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Digits behind the point of a number, with the point.
pub fn decimals(number: &str) -> usize {
    match number.split_once('.') {
        Some((before, behind)) if is_digits(before) && is_digits(behind) => behind.len() + 1,
        _ => 0,
    }
}

fn is_digits(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_by_what_is_seen() {
        assert_eq!(width("名前"), 4);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(fit("名前です", 6, false), "名前… ");
        assert_eq!(fit("12", 4, true), "  12");
        assert_eq!(cut("a\nb\tc\u{1b}[31m", 20), "a⏎b→c·[31m");
        assert_eq!(cut("שלום\u{202e}abc", 20), "שלום·abc");
        assert_eq!(
            clean("👩\u{200d}🚀 🇳🇿 ❤\u{fe0f} a\u{200b}b"),
            "👩· NZ ❤ a·b"
        );
        assert_eq!(clean("Z\u{351}\u{352}\u{353}"), "Z\u{351}");
        let family = "👩\u{200d}👩\u{200d}👧 one";
        let cuts = [2, 3, 4, 5].map(|most| cut(family, most));
        assert_eq!(cuts, ["…", "…", "👩·…", "👩· …"]);
        assert_eq!(cut("🇳🇿abc", 2), "…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(
            (decimals("1.25"), decimals("-3"), decimals("a.b")),
            (3, 0, 0)
        );
    }
}
