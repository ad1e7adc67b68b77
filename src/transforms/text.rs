//! The words of SQL text, as the editor cuts it: enough to find the header, the end and a place in it.
//! Understanding SQL is left to the engine.

use std::ops::Range;

use crate::assist::words;
pub(super) use crate::assist::words::is_blank;

/// What a stretch of SQL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Comment,
    /// Text in quotes or between dollar signs.
    String,
    /// An identifier in double quotes or backticks.
    Quoted,
    /// A keyword, identifier or number.
    Word,
    /// `$1`, `$name` or `?`.
    Parameter,
    Symbol,
}

/// A stretch of SQL, by its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Range<usize>,
}

/// All of `sql` but blanks, from the byte `at` on.
pub(super) fn tokens(sql: &str, at: usize) -> impl Iterator<Item = Token> {
    words::cut_from(sql, at).map(|word| {
        let begins = |with: &str| sql[word.range.clone()].starts_with(with);
        let kind = match word.kind {
            words::Kind::Comment => Kind::Comment,
            words::Kind::Text => Kind::String,
            words::Kind::QuotedName => Kind::Quoted,
            words::Kind::Parameter => Kind::Parameter,
            words::Kind::Operator | words::Kind::Punctuation => Kind::Symbol,
            words::Kind::Keyword
            | words::Kind::Name
            | words::Kind::Function
            | words::Kind::Number => Kind::Word,
            words::Kind::Broken if begins("/*") => Kind::Comment,
            words::Kind::Broken if begins("\"") || begins("`") => Kind::Quoted,
            words::Kind::Broken => Kind::String,
        };
        Token {
            kind,
            span: word.range,
        }
    })
}

/// The length of the block comment that `text` begins with, if it is closed.
/// Block comments nest.
pub(super) fn block_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth = depth.saturating_sub(1),
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The SQL in `text` from the byte `from` on, without blanks around it and
/// without semicolons and comments at its end: it can be put in parentheses.
pub(super) fn body(text: &str, from: usize) -> Range<usize> {
    let mut all = tokens(text, from).peekable();
    let start = all.peek().map_or(text.len(), |first| first.span.start);
    let end = all
        .filter(|token| token.kind != Kind::Comment && &text[token.span.clone()] != ";")
        .last()
        .map_or(start, |last| last.span.end);
    start..end
}

/// The first word of each statement.
pub(super) fn statements(sql: &str) -> Vec<Token> {
    let mut first = Vec::new();
    let mut inside = false;
    for token in tokens(sql, 0).filter(|token| token.kind != Kind::Comment) {
        let ends = &sql[token.span.clone()] == ";";
        if !ends && !inside {
            first.push(token);
        }
        inside = !ends;
    }
    first
}

/// The first of some keywords, given in lower case.
pub(super) fn keyword(sql: &str, words: &[&str]) -> Option<Range<usize>> {
    tokens(sql, 0)
        .find(|token| {
            token.kind == Kind::Word
                && words.contains(&sql[token.span.clone()].to_lowercase().as_str())
        })
        .map(|token| token.span)
}

/// The first parameter.
pub(super) fn parameter(sql: &str) -> Option<Range<usize>> {
    tokens(sql, 0)
        .find(|token| token.kind == Kind::Parameter)
        .map(|token| token.span)
}

/// The name, dots and quotes included, that begins at the byte `at`.
pub(super) fn name_at(sql: &str, at: usize) -> Range<usize> {
    let at = sql.floor_char_boundary(at);
    let mut span = at..at;
    let mut dotted = true;
    for token in tokens(sql, at) {
        let is_dot = &sql[token.span.clone()] == ".";
        let is_part = matches!(token.kind, Kind::Word | Kind::Quoted | Kind::String);
        if !(is_dot || is_part && dotted) {
            // An operator, or whatever else stands there.
            if span.is_empty() {
                span = token.span;
            }
            break;
        }
        if span.is_empty() {
            span.start = token.span.start;
        }
        dotted = is_dot;
        span.end = token.span.end;
    }
    span
}

/// What stands at the byte `at`.
pub(super) fn token_at(sql: &str, at: usize) -> Range<usize> {
    let at = sql.floor_char_boundary(at);
    tokens(sql, at).next().map_or(at..at, |token| token.span)
}

/// Where an identifier stands first.
pub(super) fn identifier(sql: &str, name: &str) -> Option<Range<usize>> {
    tokens(sql, 0)
        .find(|token| match token.kind {
            Kind::Word => sql[token.span.clone()].eq_ignore_ascii_case(name),
            Kind::Quoted | Kind::String => {
                let inner = token.span.start + 1..token.span.end.saturating_sub(1);
                sql.get(inner).is_some_and(|text| text == name)
            }
            _ => false,
        })
        .map(|token| token.span)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(sql: &str) -> Vec<&str> {
        tokens(sql, 0).map(|token| &sql[token.span]).collect()
    }

    #[test]
    fn quotes_and_comments_hide_what_is_in_them() {
        assert_eq!(
            words("a;'b;''c' e'\\';' \"d;\"\"\" -- ;\n/* ; /* ; */ */ $$;$$ $x$;$$;$x$ $1 ?"),
            [
                "a",
                ";",
                "'b;''c'",
                "e'\\';'",
                "\"d;\"\"\"",
                "-- ;",
                "/* ; /* ; */ */",
                "$$;$$",
                "$x$;$$;$x$",
                "$1",
                "?"
            ]
        );
    }

    #[test]
    fn names_in_backticks_hide_what_is_in_them() {
        assert_eq!(words("`a;``b` , `"), ["`a;``b`", ",", "`"]);
        assert_eq!(statements("SELECT 1 AS `a;b`").len(), 1);
        let sql = "FROM `a b`.c";
        assert_eq!(&sql[name_at(sql, 5)], "`a b`.c");
    }

    #[test]
    fn a_body_ends_where_its_last_word_does() {
        let text = "\n -- why\nSELECT 1 -- one\n; ;\n-- end";
        assert_eq!(&text[body(text, 0)], "-- why\nSELECT 1");
        assert_eq!(body(" -- nothing\n", 0), 1..1);
        assert!(body("", 0).is_empty());
    }

    #[test]
    fn names_are_taken_whole() {
        let sql = "FROM \"a b\".c.d AS x, f(1), -y";
        assert_eq!(&sql[name_at(sql, 5)], "\"a b\".c.d");
        assert_eq!(&sql[name_at(sql, sql.find("f(").unwrap())], "f");
        assert_eq!(&sql[name_at(sql, sql.find('-').unwrap())], "-");
        assert_eq!(&sql[name_at(sql, sql.find(" AS").unwrap())], "AS");
        assert_eq!(name_at(sql, 999), sql.len()..sql.len());
    }

    #[test]
    fn statements_are_counted_by_their_first_words() {
        let first = |sql: &str| -> Vec<String> {
            let starts = statements(sql);
            starts
                .iter()
                .map(|t| sql[t.span.clone()].to_owned())
                .collect()
        };
        assert_eq!(
            first("; /* x */ select ';' ;;\ncreate x"),
            ["select", "create"]
        );
        assert!(first("-- x").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_cut_into_tokens(text in "[-a-z'`\"/*$;é1. \n\\\\?]{0,40}") {
            let mut end = 0;
            for token in tokens(&text, 0) {
                prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                prop_assert!(text[end..token.span.start].chars().all(is_blank));
                end = token.span.end;
            }
            prop_assert!(text[end..].chars().all(is_blank));
            name_at(&text, text.len() / 2);
            identifier(&text, "a");
            statements(&text);
            body(&text, 0);
        }
    }
}
