//! What is said of SQL that is being written, against the engine's own parser.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use workbench::assist::{Kind, TableWords, Vocabulary, complete, format, statements, words};
use workbench::engine::dialect::Dialect;
use workbench::engine::session::{Session, Settings};
use workbench::model::interrupt::Interrupt;
use workbench::model::syntax::Syntax;

const QUERIES: &str = include_str!("../../src/assist/tests/queries.sql");

/// What the engine makes of SQL, wherever it is in the text; None if nothing.
fn trees(engine: &Dialect, sql: &str) -> Option<Vec<Value>> {
    let mut trees = engine.parse(sql).ok()?;
    trees.iter_mut().for_each(forget_places);
    Some(trees)
}

fn forget_places(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.starts_with("query_location"));
            fields.values_mut().for_each(forget_places);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_places),
        _ => {}
    }
}

/// All words with a blank between any two; literals on two lines are one in the engine.
fn spread(sql: &str) -> String {
    let mut spread = String::new();
    let words = words(sql);
    for (at, word) in words.iter().enumerate() {
        spread.push_str(&sql[word.range.clone()]);
        let next = words.get(at + 1).filter(|next| next.kind == Kind::Text);
        let is_one = word.kind == Kind::Text
            && next.is_some_and(|next| sql[word.range.end..next.range.start].contains('\n'));
        spread.push(if word.kind == Kind::Comment || is_one {
            '\n'
        } else {
            ' '
        });
    }
    spread
}

/// Where statements end, where words do, and that a new layout says the same.
fn agree(engine: &Dialect, sql: &str) -> bool {
    let Some(whole) = trees(engine, sql) else {
        return false;
    };
    let each: Vec<Value> = statements(sql)
        .into_iter()
        .flat_map(|range| {
            let tree = trees(engine, &sql[range.clone()]);
            let tree = tree.unwrap_or_else(|| panic!("{:?} of {sql:?}", &sql[range]));
            assert_eq!(tree.len(), 1, "{sql:?}");
            tree
        })
        .collect();
    assert!(each == whole, "statements of {sql:?}");
    let spread = spread(sql);
    assert!(
        trees(engine, &spread).as_ref() == Some(&whole),
        "{sql:?} as {spread:?}"
    );
    let laid_out = format(sql);
    assert!(
        trees(engine, &laid_out).as_ref() == Some(&whole),
        "{sql:?} as {laid_out:?}"
    );
    true
}

#[test]
fn real_queries_are_read_as_the_engine_reads_them() {
    let engine = Dialect::new().unwrap();
    let mut agreed = 0;
    for range in statements(QUERIES) {
        let sql = &QUERIES[range];
        let is_select = !["PIVOT", "SUMMARIZE", "DESCRIBE", "EXPLAIN"]
            .iter()
            .any(|verb| sql.starts_with(verb));
        assert!(agree(&engine, sql) || !is_select, "{sql}");
        agreed += usize::from(is_select);
    }
    assert!(agreed > 30, "only {agreed}");
    for sql in ALL_THERE_IS {
        assert!(agree(&engine, sql), "{sql}: {:?}", engine.parse(sql));
    }
}

/// Of each piece of the grammar one.
const ALL_THERE_IS: [&str; 16] = [
    "SELECT ';', \"a;b\", `c;d`, E'\\';', $$;$$, $t$ ; $$ ; $t$ /* ; /* ; */ ; */ -- ;\nFROM t;;SELECT 2",
    "-- first\nSELECT 1; -- of the first\n-- second\nSELECT 2 -- end",
    "select a::decimal(18,9)::text, -a, - -a, a--x\n-1, a*-1, a<=-1, ~a, @a, a!, a^-2, a||-1, not a, a->>'$.x'->'y'",
    "select 1_000, 1e5, 1.5E-3, .5, 5., 0.1e+2, a[1], a[1:2], a[:-1], [1,[2]], {'a':1,'b':{'c':-2}}, map{'k':1}",
    "select case a when 1 then 'x' else 'y' end, case when a between 1 and 2 and b then 1 end, a between -1 and +1",
    "select count(*) filter (where a>1) over w, sum(b) over (partition by c order by d desc nulls last \
     rows between 1 preceding and current row) from t window w as (partition by x) qualify row_number() over()=1",
    "select * exclude (a) replace (b+1 as b) rename (c as d), t.*, columns('x.*'), columns(c -> c like 'a%') from t",
    "with a as materialized (select 1), recursive_ as (from a), b(x,y) as not materialized (values (1,2),(3,4)) from a,b",
    "with recursive t(n) as (select 1 union all select n+1 from t where n<9) select * from t",
    "select * from a left join b using (x,y) asof join c on a.t>=c.t cross join d natural join e, lateral (select a.x) f(g) positional join h",
    "from t select x, y: x+1, z group by all having count(*)>1 order by all desc limit 10% offset 2",
    "select list_transform([1,2], lambda x: x+1), list_filter(l, x -> x>1), [x for x in l if x>1], struct_pack(a:=1)",
    "select extract(year from d), trim(both 'x' from s), substring(s from 1 for 2), interval 3 day, date '2024-01-01', x'ab'",
    "select $2, $1 from 'file.csv' where a is not distinct from b and c in (1,2) and exists(select 1) or d similar to 'x'",
    "select a.b.c, \"Ä\".ö, t.left, \"sel\"\"ect\" from s.t as \"T\" tablesample 10%",
    "(select 1 union by name select 2) except all (select 3 intersect select 4) order by 1",
];

/// Pieces of which some texts are SQL.
const PIECES: [&str; 40] = [
    "select ",
    "1",
    "a",
    " a",
    ".b",
    "::int",
    " from t",
    " where ",
    ";",
    "; ",
    "\n",
    "-- ;\n",
    "/* ; */",
    "/*/* */;*/",
    "';'",
    "E'\\';'",
    "$$;$$",
    "$x$;$$;$x$",
    "\";\"",
    "`;`",
    ", ",
    "+",
    "-",
    " - ",
    "*",
    "=",
    "(",
    ")",
    "[1]",
    "{'a':1}",
    "1_0",
    "1e3",
    ".5",
    "->",
    "||",
    " as x",
    "\u{a0}",
    "\u{feff}",
    "''",
    " and ",
];

#[test]
fn what_the_engine_takes_is_read_as_it_does() {
    let engine = Dialect::new().unwrap();
    let piece = prop::sample::select(PIECES.to_vec());
    let text = prop::collection::vec(piece, 1..9).prop_map(|pieces| {
        // Else hardly any text begins as one must; and the engine takes no blank of
        // two bytes at the end of a text for one.
        ["select 1 ", &pieces.concat(), "  "].concat()
    });
    let taken = std::cell::Cell::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 3_000,
        ..ProptestConfig::default()
    });
    runner
        .run(&text, |sql| {
            // Behind `$x$` and `E'\\''` the engine, where it takes blanks of two bytes
            // away, loses count of what is in quotes.
            prop_assume!(!(sql.contains(['$', '\\']) && sql.contains(['\u{a0}', '\u{feff}'])));
            taken.set(taken.get() + usize::from(agree(&engine, &sql)));
            Ok(())
        })
        .unwrap();
    assert!(taken.get() > 150, "the engine took only {}", taken.get());
}

/// Every keyword there is, as the name of a column.
#[test]
fn names_are_quoted_where_the_engine_needs_it() {
    let session = Session::in_memory(&Settings::default(), &Interrupt::default()).unwrap();
    let rows = session
        .texts("SELECT keyword_name FROM duckdb_keywords()")
        .unwrap();
    // Some are listed twice.
    let keywords: BTreeSet<String> = rows.into_iter().flatten().flatten().collect();
    let keywords: Vec<String> = keywords.into_iter().collect();
    assert!(keywords.len() > 400);
    for keywords in keywords.chunks(100) {
        let table = TableWords {
            schema: "s".to_owned(),
            name: "t".to_owned(),
            columns: keywords
                .iter()
                .map(|name| (name.clone(), "INTEGER".to_owned()))
                .collect(),
            about: String::new(),
        };
        let vocabulary = Vocabulary {
            tables: vec![table],
            ..Vocabulary::default()
        };
        let offered = complete("SELECT t. FROM s.t", 9, &vocabulary).candidates;
        assert_eq!(offered.len(), keywords.len());
        for (candidate, keyword) in offered.iter().zip(keywords) {
            let text = &candidate.text;
            let sql = ["SELECT ", text, " FROM (SELECT 1 AS \"", keyword, "\")"].concat();
            let columns = session
                .columns(&sql)
                .unwrap_or_else(|e| panic!("{sql}: {}", e.message));
            assert_eq!(columns[0].name, *keyword, "{sql}");
        }
    }
}
