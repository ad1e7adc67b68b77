//! The words of one statement, with its brackets paired, as far as they can be
//! while it is being written.

use std::ops::Range;

use super::keywords::{QUERIES, unquoted};
use super::words::{Kind, Word};

/// A word and what it says: in lower case, and of a name what it names.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub range: Range<usize>,
    pub kind: Kind,
    pub lower: String,
}

impl Token {
    pub fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Keyword && self.lower == keyword
    }

    pub fn any(&self, keywords: &[&str]) -> bool {
        self.kind == Kind::Keyword && keywords.contains(&&*self.lower)
    }

    pub fn sign(&self, sign: &str) -> bool {
        matches!(self.kind, Kind::Punctuation | Kind::Operator) && self.lower == sign
    }

    /// Whether it names something, or may.
    pub fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Name | Kind::QuotedName | Kind::Function)
    }

    fn opens(&self) -> bool {
        self.kind == Kind::Punctuation && matches!(&*self.lower, "(" | "[" | "{")
    }

    pub fn closes(&self) -> bool {
        self.kind == Kind::Punctuation && matches!(&*self.lower, ")" | "]" | "}")
    }
}

/// The words of a statement without comments. A place in it, such as the hole, is
/// the number of tokens before it.
pub(super) struct Tokens<'a> {
    pub text: &'a str,
    pub all: Vec<Token>,
    /// Of an opening bracket: where its inside ends, and where what follows begins.
    /// Of others: the next.
    ends: Vec<(usize, usize)>,
    /// Of all: the innermost bracket that is open there.
    within: Vec<Option<usize>>,
    /// Whether it opens a bracket that holds a query.
    queries: Vec<bool>,
    nothing: Token,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str, words: &[Word]) -> Self {
        let all: Vec<Token> = words
            .iter()
            .filter(|word| word.kind != Kind::Comment)
            .map(|word| {
                let written = &text[word.range.clone()];
                let lower = match word.kind {
                    Kind::QuotedName => unquoted(written).to_lowercase(),
                    Kind::Text | Kind::Broken => String::new(),
                    _ => written.to_lowercase(),
                };
                Token {
                    range: word.range.clone(),
                    kind: word.kind,
                    lower,
                }
            })
            .collect();
        let Paired {
            ends,
            within,
            queries,
        } = pair(&all);
        let nothing = Token {
            range: text.len()..text.len(),
            kind: Kind::Comment,
            lower: String::new(),
        };
        Self {
            text,
            all,
            ends,
            within,
            queries,
            nothing,
        }
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The token at `at`; one that is nothing at all beyond the ends.
    pub fn get(&self, at: usize) -> &Token {
        self.all.get(at).unwrap_or(&self.nothing)
    }

    /// What the token at `at` names, as it is written without quotes.
    pub fn name(&self, at: usize) -> String {
        unquoted(&self.text[self.get(at).range.clone()])
    }

    /// The token before the place `at`.
    pub fn before(&self, at: usize) -> &Token {
        at.checked_sub(1).map_or(&self.nothing, |at| self.get(at))
    }

    /// What follows the token at `at`, and its inside if it opens a bracket.
    pub fn after(&self, at: usize) -> usize {
        self.ends.get(at).map_or(at + 1, |end| end.1)
    }

    /// The inside of the bracket at `at`.
    pub fn inside(&self, at: usize) -> Range<usize> {
        match self.ends.get(at) {
            Some(end) if self.all[at].opens() => at + 1..end.0.max(at + 1),
            _ => at..at,
        }
    }

    pub fn opens(&self, at: usize) -> bool {
        self.get(at).opens()
    }

    /// The innermost bracket that is open at a place.
    pub fn bracket(&self, place: usize) -> Option<usize> {
        let before = place.checked_sub(1)?;
        let open = match self.all.get(before) {
            Some(token) if token.opens() => Some(before),
            _ => self.within.get(before).copied().flatten(),
        };
        // One that ends where the place is holds it still.
        let mut open = open;
        while let Some(at) = open {
            if self.inside(at).end >= place {
                break;
            }
            open = self.within[at];
        }
        open
    }

    /// Whether the bracket at `at` holds a query.
    pub fn holds_query(&self, at: usize) -> bool {
        self.queries.get(at).is_some_and(|holds| *holds)
    }

    /// The tokens of a range, without what is in brackets.
    pub fn level(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let mut at = range.start;
        std::iter::from_fn(move || {
            let now = at;
            (now < range.end).then(|| {
                at = self.after(now).max(now + 1);
                now
            })
        })
    }

    /// A range, cut at its commas.
    pub fn parts(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = range.start;
        for at in self.level(range.clone()) {
            if self.get(at).sign(",") {
                parts.push(start..at);
                start = at + 1;
            }
        }
        parts.push(start..range.end.max(start));
        parts
    }

    /// The name, with the dots in it, that ends at a place: its parts as they are
    /// in lower case.
    pub fn chain_before(&self, place: usize) -> Vec<String> {
        let mut parts = Vec::new();
        let mut at = place;
        while at > 0 && self.before(at).is_name() {
            parts.push(self.before(at).lower.clone());
            at -= 1;
            if !self.before(at).sign(".") {
                break;
            }
            at -= 1;
        }
        parts.reverse();
        parts
    }
}

/// Whether a query follows the bracket at `at`, or more brackets and then a query.
/// `sum(` and then FROM is an argument that is missing.
fn begins_query(all: &[Token], at: usize) -> bool {
    let first = all[at..].iter().find(|token| !token.sign("("));
    let called = at > 0 && all[at - 1].kind == Kind::Function;
    first.is_some_and(|token| token.any(&QUERIES) && !(called && token.is("from")))
}

/// Functions among whose arguments FROM may stand.
pub(super) const WITH_FROM: [&str; 5] = ["extract", "trim", "substring", "overlay", "position"];

struct Paired {
    ends: Vec<(usize, usize)>,
    within: Vec<Option<usize>>,
    queries: Vec<bool>,
}

/// Pairs brackets. One that is not closed ends where the next clause begins if it
/// holds no query, for `sum(` may just have been written.
fn pair(all: &[Token]) -> Paired {
    let mut ends: Vec<(usize, usize)> = (1..=all.len()).map(|next| (next, next)).collect();
    let mut within = Vec::with_capacity(all.len());
    let mut queries = vec![false; all.len()];
    // Brackets that are open, and whether each holds a query.
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, token) in all.iter().enumerate() {
        if begins_clause(all, at, &open) {
            while let Some(&(bracket, false)) = open.last() {
                ends[bracket] = (at, at);
                open.pop();
            }
        }
        if token.closes()
            && let Some((bracket, _)) = open.pop()
        {
            ends[bracket] = (at, at + 1);
        }
        within.push(open.last().map(|(bracket, _)| *bracket));
        if token.opens() {
            let query = token.sign("(") && next_begins_query(all, at, &open);
            queries[at] = query;
            open.push((at, query));
        }
    }
    for (bracket, _) in open {
        ends[bracket] = (all.len(), all.len());
    }
    Paired {
        ends,
        within,
        queries,
    }
}

/// As `begins_query`, but looking at few words, so that many brackets cost little.
fn next_begins_query(all: &[Token], at: usize, open: &[(usize, bool)]) -> bool {
    // Of brackets in a row, the first has looked for all.
    match open.last() {
        Some(&(bracket, query))
            if bracket + 1 == at
                && all[bracket].sign("(")
                && !(bracket > 0 && all[bracket - 1].kind == Kind::Function) =>
        {
            query
        }
        _ => begins_query(all, at),
    }
}

/// Whether a FROM at `at` is one of IS [NOT] DISTINCT FROM.
pub(super) fn compares_from(all: &[Token], at: usize) -> bool {
    matches!(&all[..at], [.., is, distinct]
        if distinct.is("distinct") && is.any(&["is", "not"]))
}

/// Whether the word at `at` ends all brackets that are open but hold no query.
fn begins_clause(all: &[Token], at: usize, open: &[(usize, bool)]) -> bool {
    let Some(&(bracket, false)) = open.last() else {
        return false;
    };
    let opener = bracket.checked_sub(1).map_or("", |at| &*all[at].lower);
    let called = bracket > 0 && all[bracket - 1].kind == Kind::Function;
    let after_bracket = bracket + 1 == at && !called;
    match &all[at] {
        token if token.kind != Kind::Keyword => false,
        token if token.is("from") => {
            !compares_from(all, at) && !after_bracket && !WITH_FROM.contains(&opener)
        }
        token if token.is("where") => !(bracket + 1 == at && opener == "filter"),
        token if token.any(&["having", "qualify"]) => true,
        token if token.is("select") => !after_bracket,
        token if token.is("group") => opener != "within" && !after_bracket,
        _ => false,
    }
}
