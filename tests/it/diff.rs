//! `workbench diff`: against a full outer join, and as it is typed.

/// The same question, answered by one full outer join in plain SQL.
mod oracle;
/// Two random sides of a dataset, as Parquet files.
mod sides;

use workbench::engine::diff::{Comparison, DiffRequest, Listed, Row};
use workbench::engine::{EngineError, Session, Settings};
use workbench::model::difference::Difference;
use workbench::model::interrupt::Interrupt;

use oracle::Oracle;
use sides::{Made, Rng, Sides};

fn request(sides: &Sides, condition: Option<&str>) -> DiffRequest {
    let names = |made: &[Made]| {
        let shared = made.iter().filter(|made| made.is_shared());
        shared
            .map(|made| made.name.trim_matches('"').to_owned())
            .collect()
    };
    DiffRequest {
        name: "dataset".to_owned(),
        files: sides.files.clone(),
        key: names(&sides.keys),
        columns: names(&sides.columns),
        condition: condition.map(str::to_owned),
        tolerance: None,
    }
}

fn open(request: DiffRequest) -> Comparison {
    let session = Session::in_memory(&Settings::default(), &Interrupt::default()).unwrap();
    Comparison::open(session, request).unwrap()
}

fn listed(request: DiffRequest, listed: Listed) -> (Difference, Vec<Row>) {
    let mut comparison = open(request);
    let found = comparison.run(Some(listed), &|_| {}).unwrap();
    let mut rows = Vec::new();
    comparison
        .list(listed, false, |row| {
            rows.push(row);
            Ok::<_, EngineError>(true)
        })
        .unwrap();
    (found, rows)
}

/// Random sides: every type, NULL, NaN, drift, composite keys, sides that are not
/// sorted, keys that are none.
#[test]
fn random_sides_differ_as_a_full_outer_join_says() {
    let mut wrong = Vec::new();
    for seed in 0..120 {
        let mut rng = Rng(seed);
        let folder = tempfile::tempdir().unwrap();
        let wild = rng.one_in(3);
        let sides = Sides::make(&mut rng, folder.path(), wild);
        let columns: Vec<String> = sides.columns.iter().map(|c| c.name.clone()).collect();
        let condition = match columns.as_slice() {
            [] => None,
            columns if rng.one_in(3) => Some(format!("{} IS NOT NULL", rng.of(columns))),
            _ => None,
        };
        let what = format!(
            "seed {seed}, keys {:?}, columns {:?}, {condition:?}, wild: {wild}",
            sides.keys, sides.columns
        );
        let checked = std::panic::catch_unwind(|| {
            let oracle = Oracle::of(&sides, condition.as_deref());
            let request = request(&sides, condition.as_deref());
            let found = open(request.clone()).run(None, &|_| {}).unwrap();
            oracle.check(&found);
            let (counted, rows) = listed(request, Listed::ALL);
            assert_eq!(counted.rows, found.rows);
            assert_eq!(rows, oracle.rows());
        });
        if let Err(panic) = checked {
            let text = panic.downcast_ref::<String>();
            wrong.push(format!("{what}\n{}", text.map_or("", String::as_str)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}
