//! What is offered where.

use super::super::{CandidateKind, Completion, TableWords, Vocabulary, complete};
use super::vocabulary;

/// What is offered at the `|` of a text.
fn at(text: &str) -> Completion {
    with(text, &vocabulary())
}

pub(super) fn with(text: &str, vocabulary: &Vocabulary) -> Completion {
    let cursor = text.find('|').unwrap();
    complete(&text.replacen('|', "", 1), cursor, vocabulary)
}

/// The first offers at a place.
fn first(text: &str, most: usize) -> Vec<String> {
    let candidates = at(text).candidates.into_iter().take(most);
    candidates.map(|candidate| candidate.text).collect()
}

fn has(text: &str, wanted: &str) -> bool {
    at(text).candidates.iter().any(|c| c.text == wanted)
}

#[test]
fn columns_come_through_all_that_names_them() {
    for (text, wanted) in [
        // Aliases, with a FROM that comes later.
        ("SELECT i.am| FROM features.invoices AS i", "amount"),
        (
            "SELECT account_level.feature_t| FROM features.account_level",
            "feature_total_invoices",
        ),
        (
            "SELECT features.invoices.am| FROM features.invoices",
            "amount",
        ),
        ("FROM features.invoices SELECT am|", "amount"),
        ("SELECT sum(am| FROM features.invoices", "amount"),
        (
            "SELECT x.am| FROM (SELECT * FROM features.invoices) x",
            "amount",
        ),
        ("SELECT am| FROM (FROM features.invoices)", "amount"),
        // What a query with a name has.
        (
            "WITH t AS (SELECT amount AS paid FROM features.invoices) SELECT pa| FROM t",
            "paid",
        ),
        ("WITH t(a, b) AS (SELECT 1, 2) SELECT t.| FROM t", "a"),
        (
            "WITH t AS (SELECT * EXCLUDE (lines) FROM features.invoices) SELECT un| FROM t",
            "units",
        ),
        (
            "WITH t AS (SELECT * RENAME (lines AS rows_of) FROM features.invoices) SELECT ro| FROM t",
            "rows_of",
        ),
        (
            "WITH t AS (SELECT total: sum(amount) FROM features.invoices) SELECT to| FROM t",
            "total",
        ),
        (
            "WITH t AS (SELECT x FROM (VALUES (1)) v(x)), u AS (SELECT *, 1 AS y FROM t) SELECT u.x, u.| FROM u",
            "y",
        ),
        (
            "WITH RECURSIVE t AS (SELECT 1 AS step UNION ALL SELECT st| FROM t) FROM t",
            "step",
        ),
        (
            "WITH t AS (SELECT am| FROM features.invoices), u AS (SELECT 1) SELECT * FROM u",
            "amount",
        ),
        ("SELECT v.| FROM (VALUES (1, 2)) v", "col0"),
        ("SELECT range.ra| FROM range(3)", "range"),
        // Queries in queries, and what is around them.
        (
            "SELECT * FROM staging.accounts a WHERE EXISTS (SELECT 1 FROM staging.skus WHERE joi|)",
            "joining_date",
        ),
        (
            "SELECT * FROM staging.accounts a WHERE EXISTS (SELECT 1 FROM staging.skus WHERE a.joi|)",
            "joining_date",
        ),
        (
            "SELECT * FROM staging.accounts a, LATERAL (SELECT a.joi|) x",
            "joining_date",
        ),
        (
            "SELECT (SELECT max(am|) FROM features.invoices) FROM staging.skus",
            "amount",
        ),
        (
            "SELECT 1 UNION ALL SELECT am| FROM features.invoices UNION ALL SELECT 2",
            "amount",
        ),
        // What the SELECT names itself.
        (
            "SELECT amount * 2 AS twice, tw| FROM features.invoices",
            "twice",
        ),
        (
            "SELECT date_issued AS day FROM features.invoices GROUP BY |",
            "day",
        ),
        (
            "SELECT amount * 2 AS twice FROM features.invoices ORDER BY |",
            "twice",
        ),
        (
            "SELECT amount AS x FROM features.invoices UNION SELECT 1 ORDER BY |",
            "x",
        ),
        // Joins.
        (
            "FROM features.invoices i JOIN staging.accounts a ON i.account_id = a.|",
            "account_id",
        ),
        (
            "FROM features.invoices i JOIN staging.accounts a USING (|)",
            "account_id",
        ),
        (
            "FROM staging.invoices JOIN (SELECT 1 FROM raw.skus JOIN raw.skus USING (x)) q ON true \
             JOIN staging.accounts USING (account_id) JOIN staging.invoice_line_items USING (|",
            "invoice_id",
        ),
        (
            "SELECT company_n| FROM features.invoices NATURAL JOIN staging.accounts",
            "company_name",
        ),
        (
            "FROM features.invoices i JOIN staging.accounts a ON i.account_id = |",
            "a.account_id",
        ),
        // Before a query, and other statements.
        (
            "EXPLAIN ANALYZE SELECT am| FROM features.invoices",
            "amount",
        ),
        (
            "CREATE TABLE t AS SELECT am| FROM features.invoices",
            "amount",
        ),
        ("COPY (SELECT am| FROM features.invoices) TO 'x'", "amount"),
        ("PIVOT features.invoices ON com|", "company_name"),
        ("SELECT * EXCLUDE (am|) FROM features.invoices", "amount"),
        (
            "SELECT CASE WHEN am| THEN 1 END FROM features.invoices",
            "amount",
        ),
        (
            "SELECT list_transform([1], lambda x: x + am|) FROM features.invoices",
            "amount",
        ),
        // Only this statement counts.
        (
            "SELECT 1 FROM staging.skus; SELECT am| FROM features.invoices; SELECT 2",
            "amount",
        ),
        // Parts of names, and letters of them.
        ("SELECT price| FROM staging.skus", "item_cost_price"),
        ("SELECT icp| FROM staging.skus", "item_cost_price"),
        ("SELECT itcopr| FROM staging.skus", "item_cost_price"),
        ("SELECT AMO| FROM features.invoices", "amount"),
    ] {
        assert_eq!(first(text, 1), [wanted], "{text}");
    }
}

#[test]
fn columns_come_before_functions_before_keywords() {
    // Even those that were named already.
    let text = "SELECT cost, company_name, c| FROM features.invoices";
    assert_eq!(first(text, 3), ["company_name", "cost", "count("]);
    let candidates = at(text).candidates;
    let place = |kind| candidates.iter().position(|c| c.kind == kind).unwrap();
    assert!(place(CandidateKind::Function) < place(CandidateKind::Keyword));
}

#[test]
fn a_name_that_two_tables_have_is_qualified() {
    let join = "FROM features.invoices i JOIN staging.accounts a ON true SELECT ";
    assert_eq!(
        first(&format!("{join}account_i|"), 2),
        ["i.account_id", "a.account_id"]
    );
    assert_eq!(
        first(
            &join
                .replace("ON true", "USING (account_id)")
                .replace("SELECT ", "SELECT account_i|"),
            2
        )[0],
        "account_id"
    );
    assert!(!has(
        "FROM features.invoices i SEMI JOIN staging.accounts a USING (account_id) SELECT account_|",
        "a.account_id"
    ));
}

#[test]
fn tables_come_where_tables_can() {
    assert_eq!(first("SELECT * FROM inv|", 1), ["features.invoices"]);
    assert_eq!(
        first("SELECT * FROM staging.|", 4),
        ["accounts", "invoices", "invoice_line_items", "skus"]
    );
    assert_eq!(first("SELECT item_cost_price FROM |", 1), ["staging.skus"]);
    assert_eq!(
        first("SELECT s.item_cost_price FROM | s", 1),
        ["staging.skus"]
    );
    assert_eq!(first("SELECT * FROM |.skus", 2), ["staging", "raw"]);
    assert_eq!(
        first("WITH mine AS (SELECT 1) SELECT * FROM m|", 1),
        ["mine"]
    );
    assert_eq!(
        first("SELECT * FROM staging.skus JOIN staging.invoice_l|", 1),
        ["invoice_line_items"]
    );
    assert_eq!(first("SUMMARIZE raw.sk|", 1), ["skus"]);
    assert!(has("SELECT * FROM staging.skus, |", "staging.invoices"));
    assert!(has("SELECT * FROM (|", "SELECT"));
    assert!(has("SELECT * FROM read_c|", "read_csv("));
    assert!(!has("SELECT * FROM |", "invoice_id"));
    // Not yet in any FROM.
    assert_eq!(first("SELECT invoices.am|", 1), ["amount"]);
    assert_eq!(first("SELECT features.inv|", 1), ["invoices"]);
}

#[test]
fn keywords_come_where_they_can() {
    assert_eq!(first("sel|", 1), ["select"]);
    assert_eq!(first("SEL|", 1), ["SELECT"]);
    assert_eq!(first("SELECT 1; FRO|", 1), ["FROM"]);
    assert_eq!(first("SELECT a fr|", 1), ["FROM"]);
    assert_eq!(first("select a from raw.skus wh|", 1), ["where"]);
    assert_eq!(first("SELECT a FROM raw.skus LEF|", 1), ["LEFT JOIN"]);
    assert_eq!(first("SELECT a FROM raw.skus LEFT |", 1), ["JOIN"]);
    assert_eq!(
        first("SELECT a FROM raw.skus WHERE a IS |", 2),
        ["NULL", "NOT NULL"]
    );
    assert_eq!(first("SELECT a FROM raw.skus GROUP |", 1), ["BY"]);
    assert_eq!(
        first("SELECT a FROM raw.skus GROUP BY a ORD|", 1),
        ["ORDER BY"]
    );
    assert_eq!(
        first("SELECT a FROM raw.skus ORDER BY a |", 2),
        ["DESC", "ASC"]
    );
    assert_eq!(
        first("SELECT sum(a) OVER (PARTITION BY b ORD|", 1),
        ["ORDER BY"]
    );
    assert_eq!(first("SELECT count(*) FILTER (|", 1), ["WHERE"]);
    assert_eq!(
        first("SELECT count(*) FILTER (|) FROM raw.skus WHERE a", 1),
        ["WHERE"]
    );
    assert_eq!(
        first("SELECT sum(a) OVER (|) FROM raw.skus ORDER BY a", 2),
        ["PARTITION BY", "ORDER BY"]
    );
    assert_eq!(
        first("SELECT a FROM raw.skus WINDOW w AS (|", 1),
        ["PARTITION BY"]
    );
    assert_eq!(first("SELECT a FROM raw.skus INNER |", 1), ["JOIN"]);
    assert_eq!(first("FROM raw.skus UNION BY NAME |", 1), ["SELECT"]);
    assert_eq!(first("SELECT CASE |", 1), ["WHEN"]);
    assert_eq!(first("SELECT CASE WHEN a > 1 |", 1), ["THEN"]);
    assert_eq!(
        first("SELECT CASE WHEN a > 1 THEN 2 |", 2),
        ["WHEN", "ELSE"]
    );
    assert_eq!(first("SELECT a FROM raw.skus WHERE a |", 1), ["IN"]);
    assert_eq!(
        first("SELECT a FROM raw.skus WHERE a BETWEEN 1 AND 2 |", 1),
        ["AND"]
    );
    assert_eq!(
        first("SELECT a FROM raw.skus s JOIN raw.invoices i |", 2),
        ["USING", "ON"]
    );
    assert_eq!(first("SELECT a | FROM raw.skus", 1), ["AS"]);
    assert_eq!(first("WITH a |", 1), ["AS"]);
    assert_eq!(first("WITH a AS (|", 1), ["SELECT"]);
    assert_eq!(first("WITH a AS (SELECT 1) SEL|", 1), ["SELECT"]);
    // Nobody knows a name that is new, or how many rows are wanted.
    for text in [
        "SELECT 1 AS |",
        "SELECT 1 LIMIT |",
        "WITH |a",
        "WITH t(a, |",
    ] {
        let other = at(text)
            .candidates
            .iter()
            .any(|c| c.kind != CandidateKind::Keyword);
        assert!(!other, "{text}: {:?}", first(text, 3));
    }
}

#[test]
fn types_come_after_a_cast() {
    assert_eq!(first("SELECT a::|", 2), ["BIGINT", "DATE"]);
    assert_eq!(first("SELECT CAST(a AS dec|", 1), ["DECIMAL"]);
    assert_eq!(first("SELECT try_cast(a + (1) AS da|)", 1), ["DATE"]);
}

#[test]
fn nothing_comes_where_nothing_is_asked() {
    for text in [
        "SELECT 1 -- fr|",
        "SELECT /* fr| */ 1",
        "SELECT 12|",
        "SELECT $da|",
        "SELECT 'fr|'",
        "SELECT $$ fr| $$",
        "-- |",
    ] {
        assert!(
            at(text).candidates.is_empty(),
            "{text}: {:?}",
            first(text, 3)
        );
    }
}

#[test]
fn names_are_quoted_where_they_must_be() {
    let columns = [
        "order", "Group By", "a\"b", "größe", "left", "1st", "plain_1",
    ];
    let table = TableWords {
        schema: "my data".to_owned(),
        name: "table".to_owned(),
        columns: columns
            .map(|name| (name.to_owned(), "INTEGER".to_owned()))
            .to_vec(),
        about: String::new(),
    };
    let vocabulary = Vocabulary {
        tables: vec![table],
        ..Vocabulary::default()
    };
    let texts = |text: &str| -> Vec<String> {
        let candidates = with(text, &vocabulary).candidates.into_iter();
        candidates.map(|c| c.text).collect()
    };
    assert_eq!(
        texts("SELECT t.| FROM \"my data\".\"table\" t"),
        [
            "\"order\"",
            "\"Group By\"",
            "\"a\"\"b\"",
            "größe",
            "\"left\"",
            "\"1st\"",
            "plain_1"
        ]
    );
    assert_eq!(texts("FROM tab|")[0], "\"my data\".\"table\"");
    // A quote that was begun is part of what is replaced.
    let text = "SELECT t.\"gro| FROM \"my data\".\"table\" t";
    let completion = with(text, &vocabulary);
    assert_eq!(completion.candidates[0].text, "\"Group By\"");
    assert_eq!(completion.range, 9..13);
}

#[test]
fn fields_of_structs_come_after_their_dot() {
    let table = TableWords {
        schema: "raw".to_owned(),
        name: "orders".to_owned(),
        columns: vec![(
            "buyer".to_owned(),
            "STRUCT(\"name\" VARCHAR, home STRUCT(street VARCHAR, zip INTEGER))".to_owned(),
        )],
        about: String::new(),
    };
    let vocabulary = Vocabulary {
        tables: vec![table],
        ..Vocabulary::default()
    };
    let first = |text: &str| with(text, &vocabulary).candidates[0].text.clone();
    assert_eq!(first("SELECT buyer.| FROM raw.orders"), "name");
    assert_eq!(first("SELECT o.buyer.h| FROM raw.orders o"), "home");
    assert_eq!(
        first("WITH t AS (SELECT buyer.home FROM raw.orders) SELECT home.z| FROM t"),
        "zip"
    );
}
