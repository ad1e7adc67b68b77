//! The function whose arguments are being written.

use std::ops::Range;

use super::complete::SPECIAL;
use super::hole;
use super::tokens::Tokens;
use super::vocabulary::Vocabulary;

/// A form of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Such as `round(x DOUBLE, precision INTEGER) → DOUBLE`.
    pub text: String,
    /// The argument that is being written, in `text`; empty if there is none.
    pub argument: Range<usize>,
}

/// The function whose arguments the cursor is in: its first form that takes as
/// many as there are.
pub fn signature(text: &str, cursor: usize, vocabulary: &Vocabulary) -> Option<Signature> {
    let cursor = text.floor_char_boundary(cursor);
    let (words, at) = match hole::find(text, cursor) {
        Some(hole) => (hole.words, hole.at),
        None => hole::around(text, cursor)?,
    };
    let tokens = Tokens::new(text, &words);
    let mut place = at;
    loop {
        let open = tokens.bracket(place)?;
        let name = tokens.before(open);
        let is_call = tokens.get(open).sign("(") && (name.is_name() || name.is("cast"));
        let forms = match is_call {
            true => forms(&name.lower, vocabulary),
            false => Vec::new(),
        };
        let Some(most) = forms.last() else {
            if tokens.holds_query(open) {
                return None;
            }
            place = open;
            continue;
        };
        let inside = tokens.inside(open);
        let parts = tokens.parts(inside.clone());
        let nth = parts.iter().filter(|part| part.end < at).count();
        let given = parts.len();
        let takes = |form: &&&str| {
            let (arguments, open_ended) = arguments(form);
            arguments.len() >= given || open_ended
        };
        let form = forms.iter().find(takes).unwrap_or(most);
        let (arguments, open_ended) = arguments(form);
        let argument = match arguments.get(nth) {
            Some(argument) => argument.clone(),
            None if open_ended => arguments.last().cloned().unwrap_or(0..0),
            None => 0..0,
        };
        return Some(Signature {
            text: (*form).to_owned(),
            argument,
        });
    }
}

/// The forms of a function; none if there is no such function.
fn forms<'a>(lower: &str, vocabulary: &'a Vocabulary) -> Vec<&'a str> {
    let special = SPECIAL.iter().filter(|(name, _)| *name == lower);
    let known = vocabulary.functions.iter();
    let known = known.filter(|function| function.name.eq_ignore_ascii_case(lower));
    special
        .map(|(_, form)| *form)
        .chain(known.flat_map(|function| function.signatures.iter().map(String::as_str)))
        .collect()
}

/// Where the arguments are in a form, and whether the last may come again.
fn arguments(form: &str) -> (Vec<Range<usize>>, bool) {
    let words = super::words::words(form);
    let tokens = Tokens::new(form, &words);
    let open = (0..tokens.len()).find(|at| tokens.get(*at).sign("("));
    let Some(open) = open else {
        return (Vec::new(), false);
    };
    let inside = tokens.inside(open);
    if inside.is_empty() {
        return (Vec::new(), false);
    }
    let parts = tokens.parts(inside);
    let bytes = |part: Range<usize>| {
        let start = tokens.get(part.start).range.start;
        start..tokens.before(part.end).range.end.max(start)
    };
    let arguments: Vec<Range<usize>> = parts.into_iter().map(bytes).collect();
    let last = arguments.last().cloned().unwrap_or(0..0);
    let open_ended = form[last].ends_with('…');
    (arguments, open_ended)
}
