//! Of any text, at any place.

use proptest::prelude::*;

use super::super::words::is_blank;
use super::super::{Kind, Vocabulary};
use super::super::{complete, format, parameters, signature, statement_at, statements, words};
use super::{QUERIES, TRANSFORMS, vocabulary};

/// Pieces of which texts are made that are nearly SQL.
const PIECES: [&str; 62] = [
    "select ",
    "from ",
    "where ",
    "group by ",
    "order by ",
    "join ",
    "using (",
    "on ",
    "with ",
    "recursive ",
    "a ",
    "a",
    "b.",
    ".",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    "'",
    "\"",
    "`",
    "$$",
    "$t$",
    "$1",
    "?",
    "E'\\",
    "--",
    "\n",
    "\r",
    "/*",
    "*/",
    "*",
    "+",
    "-",
    "=",
    "::",
    ":",
    ":=",
    "->",
    "1",
    "1e",
    "_",
    "é",
    "\u{a0}",
    "\u{feff}",
    "😀",
    "as ",
    "union ",
    "exclude (",
    "features.",
    "invoices ",
    "in (",
    "case ",
    "over (",
    "lateral ",
    "values (",
    "is distinct from ",
    "not ",
];

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES.to_vec());
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// What must hold of every text.
fn look_at(text: &str) {
    let mut end = 0;
    let blank = |text: &str| text.chars().all(is_blank);
    for word in words(text) {
        assert!(
            word.range.start >= end && word.range.end > word.range.start,
            "{text:?}"
        );
        assert!(blank(&text[end..word.range.start]), "{text:?}");
        assert!(
            word.kind != Kind::Broken || word.range.end == text.len(),
            "{text:?}"
        );
        end = word.range.end;
    }
    assert!(blank(&text[end..]), "{text:?}");
    let mut end = 0;
    for statement in statements(text) {
        assert!(
            statement.start >= end && !blank(&text[statement.clone()]),
            "{text:?}"
        );
        end = statement.end;
    }
    parameters(text);
    let said = |text: &str| -> Vec<(String, Kind)> {
        let each = words(text).into_iter();
        each.map(|w| (text[w.range].to_ascii_uppercase(), w.kind))
            .collect()
    };
    let laid_out = format(text);
    assert_eq!(said(&laid_out), said(text), "{text:?}");
}

/// What must hold at every place of a text, and of those that are none.
fn look_around(text: &str, step: usize, vocabulary: &Vocabulary) {
    for cursor in (0..text.len() + 2).step_by(step) {
        let completion = complete(text, cursor, vocabulary);
        let cursor = text.floor_char_boundary(cursor);
        let range = completion.range;
        assert!(
            range.start <= cursor && cursor <= range.end,
            "{text:?} at {cursor}: {range:?}"
        );
        assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
        for candidate in completion.candidates {
            assert!(!candidate.text.is_empty(), "{text:?} at {cursor}");
        }
        if let Some(signature) = signature(text, cursor, vocabulary) {
            let _ = &signature.text[signature.argument];
        }
        statement_at(text, cursor);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_borne(text in pieces()) {
        look_at(&text);
        look_around(&text, 1, &small());
    }

    #[test]
    fn any_characters_are_borne(text in "\\PC{0,30}") {
        look_at(&text);
        look_around(&text, 1, &small());
    }

    /// A query from which something was cut out.
    #[test]
    fn any_rest_is_borne(at in 0usize..9_000, cut in 0usize..200, length in 0usize..400) {
        let char = |at: usize| QUERIES.floor_char_boundary(at.min(QUERIES.len()));
        let text = [
            &QUERIES[char(at.saturating_sub(length))..char(at)],
            &QUERIES[char(at + cut)..char(at + cut + length)],
        ].concat();
        look_at(&text);
        look_around(&text, 7, &small());
    }
}

/// A vocabulary without the many functions, which would only take time.
fn small() -> Vocabulary {
    let mut vocabulary = vocabulary();
    vocabulary.functions.truncate(40);
    vocabulary
}

#[test]
fn every_place_of_real_queries_is_borne() {
    let vocabulary = vocabulary();
    for text in std::iter::once(QUERIES).chain(TRANSFORMS) {
        look_at(text);
        for statement in statements(text) {
            look_around(&text[statement], 1, &vocabulary);
        }
    }
}

/// The programs' own sources hold all SQL there is, right and wrong, between quotes.
#[test]
fn sources_are_borne_as_if_they_were_sql() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for folder in ["src/transforms", "src/engine", "src/pipeline", "tests/it"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            look_at(&text);
            look_around(&text, 2_003, &small());
            for part in text.split('"').filter(|part| part.contains("SELECT")) {
                look_at(part);
                look_around(part, 3, &small());
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "only {seen}");
}

/// As deep and long as nobody writes: it takes its time, but not the square of it.
#[test]
fn no_depth_is_too_deep() {
    let vocabulary = small();
    for piece in [
        "(",
        "select (",
        "with a as (",
        "with recursive a as (",
        "from (",
        "from a join ",
        "[",
        "case ",
        "a.",
        "x, ",
        "$$ ",
        "/*",
        "union ",
    ] {
        let text = piece.repeat(10_000);
        complete(&text, text.len(), &vocabulary);
        complete(&text, text.len() / 2, &vocabulary);
        signature(&text, text.len(), &vocabulary);
        format(&text);
    }
    for text in [
        ["FROM ", &"(".repeat(30_000)].concat(),
        ["SELECT ", &"a.".repeat(150_000), "b, "].concat(),
        ["SELECT 1 ", &"+-".repeat(100_000)].concat(),
        ["SELECT ", &"a.".repeat(50_000), "b FROM "].concat(),
    ] {
        complete(&text, text.len(), &vocabulary);
        signature(&text, text.len(), &vocabulary);
    }
}
