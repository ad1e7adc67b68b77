//! Values of a column, arguments of a function.

use super::super::{FunctionWords, Vocabulary, signature};
use super::offered::with;
use super::vocabulary;

#[test]
fn values_come_after_a_comparison() {
    let mut vocabulary = vocabulary();
    let asked = |text: &str| with(text, &super::vocabulary()).wants_values;
    let channel = ("raw.invoices".to_owned(), "channel".to_owned());
    for text in [
        "FROM raw.invoices WHERE channel = '|",
        "FROM raw.invoices WHERE channel = |",
        "FROM raw.invoices i WHERE i.channel IN ('web', '|",
        "FROM raw.invoices WHERE channel NOT IN (|",
        "FROM raw.invoices WHERE channel LIKE '|' AND account_id = 'x'",
        "FROM raw.invoices WHERE channel IS NOT DISTINCT FROM '|",
        "SELECT * FROM (SELECT channel AS c FROM raw.invoices) WHERE c <> '|'",
        "WITH t AS (FROM raw.invoices) SELECT * FROM t WHERE channel = '| GROUP BY 'x'",
    ] {
        assert_eq!(asked(text), Some(channel.clone()), "{text}");
    }
    for text in [
        "FROM raw.invoices WHERE channel || '|'",
        "FROM features.invoices WHERE amount = |",
        "SELECT upper(channel) AS c FROM raw.invoices GROUP BY ALL HAVING c = '|'",
    ] {
        assert_eq!(asked(text), None, "{text}");
    }
    let values = ["web", "dealer's", "Web shop"].map(str::to_owned).to_vec();
    vocabulary.values.insert(channel, values);
    let offered = |text: &str| {
        let completion = with(text, &vocabulary);
        let texts: Vec<String> = completion
            .candidates
            .into_iter()
            .take(3)
            .map(|c| c.text)
            .collect();
        (texts, completion.range, completion.wants_values)
    };
    let quoted = ["'web'", "'dealer''s'", "'Web shop'"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(
        offered("FROM raw.invoices WHERE channel = '|'"),
        (quoted.clone(), 34..36, None)
    );
    assert_eq!(
        offered("FROM raw.invoices WHERE channel = '|"),
        (quoted.clone(), 34..35, None)
    );
    assert_eq!(
        offered("FROM raw.invoices WHERE channel = |"),
        (quoted.clone(), 34..34, None)
    );
    let (texts, range, _) = offered("FROM raw.invoices WHERE channel = 'we| AND 'x' = 'y'");
    assert_eq!(
        (&texts[..2], range),
        (&["'web'".to_owned(), "'Web shop'".to_owned()][..], 34..37)
    );
}

#[test]
fn the_argument_that_is_written_is_shown() {
    let form = |name: &str, forms: &[&str]| FunctionWords {
        name: name.to_owned(),
        signatures: forms.iter().map(|form| (*form).to_owned()).collect(),
    };
    let vocabulary = Vocabulary {
        functions: vec![
            form(
                "round",
                &[
                    "round(x DOUBLE) → DOUBLE",
                    "round(x DOUBLE, precision INTEGER) → DOUBLE",
                ],
            ),
            form("concat", &["concat(value ANY, ANY…) → VARCHAR"]),
            form("sum", &["sum(arg DOUBLE) → DOUBLE"]),
        ],
        ..Vocabulary::default()
    };
    let shown = |text: &str| {
        let cursor = text.find('|').unwrap();
        let signature = signature(&text.replacen('|', "", 1), cursor, &vocabulary)?;
        Some((
            signature.text.clone(),
            signature.text[signature.argument].to_owned(),
        ))
    };
    let two = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
    let long = "round(x DOUBLE, precision INTEGER) → DOUBLE";
    assert_eq!(
        shown("SELECT round(|"),
        two("round(x DOUBLE) → DOUBLE", "x DOUBLE")
    );
    assert_eq!(
        shown("SELECT ROUND(a, |) FROM t"),
        two(long, "precision INTEGER")
    );
    assert_eq!(
        shown("SELECT round(sum(a), 1|2)"),
        two(long, "precision INTEGER")
    );
    assert_eq!(shown("SELECT round(s|um(a), 12)"), two(long, "x DOUBLE"));
    assert_eq!(
        shown("SELECT round((a + b) * [1, 2|][1], 3)"),
        two(long, "x DOUBLE")
    );
    assert_eq!(
        shown("SELECT concat(a, 'b, c', d|)"),
        two("concat(value ANY, ANY…) → VARCHAR", "ANY…")
    );
    assert_eq!(shown("SELECT round(1)|"), None);
    assert_eq!(shown("SELECT sum((SELECT |"), None);
    assert_eq!(
        shown("SELECT sum(a| FROM t"),
        two("sum(arg DOUBLE) → DOUBLE", "arg DOUBLE")
    );
    assert_eq!(shown("SELECT sum(a FROM t WHERE |"), None);
}
