//! SQL, laid out.

use super::super::{format, words};
use super::{QUERIES, TRANSFORMS};

#[test]
fn it_is_laid_out_as_people_do() {
    let sql = "with a as materialized (select account_id, count(*) as n, (sum(x) / 2)::decimal(18,9) as half, \
        max(date_issued) - min(date_issued) as span from staging.invoices group by account_id), b as (from a)
        -- the rest
        select *, [1,2], {'a':-1}, x[1], $$it's$$, 1_000 /* so /* it */ is */ from b join a using (account_id) \
        left join c on a.x=c.x and c.y between 1 and 2 where n > 1 and not exists (select 1) \
        qualify row_number() over (partition by x order by y)=1 order by n desc limit $most; from t";
    let expected = "\
WITH a AS MATERIALIZED (
  SELECT
    account_id,
    count(*) AS n,
    (sum(x) / 2)::decimal(18, 9) AS half,
    max(date_issued) - min(date_issued) AS span
  FROM staging.invoices
  GROUP BY account_id
),
b AS (FROM a)
-- the rest
SELECT *, [1, 2], {'a': -1}, x[1], $$it's$$, 1_000 /* so /* it */ is */
FROM b
JOIN a USING (account_id)
LEFT JOIN c ON a.x = c.x AND c.y BETWEEN 1 AND 2
WHERE n > 1 AND NOT EXISTS (SELECT 1)
QUALIFY row_number() OVER (PARTITION BY x ORDER BY y) = 1
ORDER BY n DESC
LIMIT $most;

FROM t";
    assert_eq!(format(sql), expected);
}

/// Of a layout that is not taken, and of text that deepens without end.
#[test]
fn what_cannot_be_laid_out_stays_as_it_is() {
    for text in [
        "select  'a",
        "select  $$",
        "",
        " \n",
        &"( ".repeat(100_000),
        &"case ".repeat(100_000),
    ] {
        assert_eq!(format(text), text);
    }
}

#[test]
fn laid_out_twice_it_is_the_same() {
    for sql in std::iter::once(QUERIES).chain(TRANSFORMS) {
        let once = format(sql);
        assert_eq!(format(&once), once);
        let texts = |sql: &str| -> Vec<String> {
            words(sql)
                .into_iter()
                .map(|w| sql[w.range].to_uppercase())
                .collect()
        };
        assert_eq!(texts(&once), texts(sql));
    }
    assert_ne!(format(QUERIES), QUERIES);
}

/// The project's own files are written by people.
#[test]
fn what_is_laid_out_by_hand_is_left_so() {
    for sql in [TRANSFORMS[0], TRANSFORMS[3]] {
        assert_eq!(format(sql), sql);
        let flat: Vec<&str> = sql.split_inclusive("*/\n").collect();
        let flat = [
            flat[0],
            &flat[1]
                .lines()
                .filter(|l| !l.starts_with("--"))
                .collect::<Vec<_>>()
                .join(" "),
        ]
        .concat();
        let comments = |sql: &str| {
            sql.lines()
                .filter(|l| !l.starts_with("--"))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(format(&flat), comments(sql));
    }
}

/// On one line they would be no SQL.
#[test]
fn literals_on_two_lines_stay_on_two() {
    for sql in [
        "select 'a'\n'b'",
        "select x from t where a = ''\n  'b' and c",
    ] {
        let done = format(sql);
        assert!(done.contains("'\n'b'"), "{done}");
        assert_eq!(format(&done), done);
    }
}
