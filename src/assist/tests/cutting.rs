//! Words, statements, parameters.

use super::super::{Kind, parameters, statement_at, statements, words};

fn cut(text: &str) -> Vec<(&str, Kind)> {
    let each = words(text).into_iter();
    each.map(|word| (&text[word.range], word.kind)).collect()
}

fn texts(text: &str) -> Vec<&str> {
    cut(text).into_iter().map(|(text, _)| text).collect()
}

/// The words of a text that are of one kind.
fn of(kind: Kind, text: &str) -> Vec<&str> {
    let each = cut(text).into_iter();
    each.filter(|word| word.1 == kind)
        .map(|word| word.0)
        .collect()
}

#[test]
fn words_are_cut_as_the_engine_cuts_them() {
    assert_eq!(
        texts("a::INT,b->>'x'||-1 :=2<=-3 a.b[1:2]{'k':.5} x=>1 1..2 t.1"),
        [
            "a", "::", "INT", ",", "b", "->>", "'x'", "||-", "1", ":=", "2", "<=", "-", "3", "a",
            ".", "b", "[", "1", ":", "2", "]", "{", "'k'", ":", ".5", "}", "x", "=>", "1", "1..2",
            "t", ".1"
        ]
    );
    assert_eq!(
        of(Kind::Number, "1_000 1e5 1.5E-3 .5 5. 1e 1_ 0xFF 7-1"),
        [
            "1_000", "1e5", "1.5E-3", ".5", "5.", "1", "1", "0", "7", "1"
        ]
    );
    assert_eq!(
        of(
            Kind::Text,
            r"'it''s' E'a\'b' e'\\' x'00' 'a\' $$it's$$ $t$ a $$ b $t$"
        ),
        [
            r"'it''s'",
            r"E'a\'b'",
            r"e'\\'",
            "x'00'",
            r"'a\'",
            "$$it's$$",
            "$t$ a $$ b $t$"
        ]
    );
    assert_eq!(
        of(Kind::QuotedName, r#""a""b" `c``d` "e;--""#),
        [r#""a""b""#, "`c``d`", r#""e;--""#]
    );
    assert_eq!(
        of(Kind::Parameter, "$1 $name ? $größe a$b"),
        ["$1", "$name", "?", "$größe"]
    );
    assert_eq!(
        of(Kind::Comment, "-- one\r1 /* two /* three */ */ 2 --\n"),
        ["-- one", "/* two /* three */ */", "--"]
    );
    assert_eq!(
        texts("a--b\n*/*c*/-1"),
        ["a", "--b", "*", "/*c*/", "-", "1"]
    );
    for open in ["'a", "\"a;", "`", "E'a\\'", "/* /* */", "$$ ' ", "$a$ $b$"] {
        assert_eq!(cut(open), [(open.trim_start(), Kind::Broken)], "{open}");
    }
}

#[test]
fn keywords_are_those_that_are_meant_so() {
    let sql = "WITH first AS MATERIALIZED (SELECT a.order, filter, count(*) FILTER (WHERE x) \
        OVER (PARTITION BY range ORDER BY y NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS end \
        FROM t ASOF LEFT JOIN u USING (left) QUALIFY left(b, 1) IS NOT NULL) \
        SELECT * EXCLUDE (replace) REPLACE (row AS z) FROM first UNION BY NAME SELECT values";
    assert_eq!(
        of(Kind::Keyword, sql).join(" "),
        "WITH AS MATERIALIZED SELECT FILTER WHERE OVER PARTITION BY ORDER BY NULLS LAST ROWS BETWEEN \
         PRECEDING AND CURRENT ROW AS FROM ASOF LEFT JOIN USING QUALIFY IS NOT NULL SELECT EXCLUDE \
         REPLACE AS FROM UNION BY NAME SELECT values"
    );
    assert_eq!(of(Kind::Function, sql), ["count", "left"]);
    assert_eq!(
        of(
            Kind::Keyword,
            "CREATE OR REPLACE TEMP VIEW v AS FROM t; explain analyze select 1; set x = 1"
        ),
        [
            "CREATE", "OR", "REPLACE", "TEMP", "VIEW", "AS", "FROM", "explain", "analyze",
            "select", "set"
        ]
    );
}

#[test]
fn statements_end_at_their_semicolons() {
    let text = "-- why\nSELECT ';' /* ; */; -- what that was\n\n ;;\n-- next\nFROM \"a;b\" -- end\n; -- no more";
    let found: Vec<&str> = statements(text)
        .into_iter()
        .map(|range| &text[range])
        .collect();
    assert_eq!(found, ["-- why\nSELECT ';'", "-- next\nFROM \"a;b\""]);
    assert!(statements(" ;; -- nothing\n/* open").is_empty());

    let at = |cursor: usize| statement_at(text, cursor).map(|range| range.start);
    let second = text.find("-- next").unwrap();
    assert_eq!(at(0), Some(0));
    assert_eq!(at(second - 1), Some(0));
    assert_eq!(at(second), Some(second));
    assert_eq!(at(text.len() + 9), Some(second));
    assert_eq!(statement_at("\n\nSELECT 1", 0), Some(2..10));
    assert_eq!(statement_at("-- x", 2), None);
}

#[test]
fn parameters_are_told_once_in_their_order() {
    let sql = "SELECT $day, $2, $day, '$no', \"$no\", -- $no\n $$ $no $$, a$no, $b + $b";
    assert_eq!(parameters(sql), ["day", "2", "b"]);
    assert_eq!(parameters("SELECT ? + ?"), ["1", "2"]);
}
