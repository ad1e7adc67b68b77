//! Views: sorted by several columns, narrowed to a value, kept in files.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyCode;
use workbench::browse::answers::Answers;
use workbench::browse::browser::Seen;
use workbench::browse::forget;
use workbench::browse::page::SortedBy;
use workbench::browse::row_index::RowIndex;
use workbench::browse::{Browser, Table, View};
use workbench::model::interrupt::Interrupt;
use workbench::model::progress::Silent;
use workbench::tui::action::Action;
use workbench::workbench::{Surroundings, Workbench};

use super::bench::{accounts, demo};
use super::grid::{holds, read, rows};

#[test]
fn rows_are_sorted_by_several_columns() {
    let mut app = accounts((120, 30));
    let go = |app: &mut super::bench::App, column: &str| {
        app.state.grid.go_to_column(column);
        app.act(Action::SortAlso);
    };
    go(&mut app, "feature_customer_age_over_one_year");
    go(&mut app, "feature_total_invoices");
    holds(
        &app,
        &rows(
            &app,
            "ORDER BY feature_customer_age_over_one_year, feature_total_invoices, account_id",
        ),
    );
    go(&mut app, "feature_total_invoices");
    let order = "ORDER BY feature_customer_age_over_one_year NULLS LAST, \
                 feature_total_invoices DESC NULLS LAST, account_id";
    holds(&app, &rows(&app, order));
    let screen = app.screen();
    assert!(
        screen.contains("feature_customer_age_over_one_year ▲1"),
        "{screen}"
    );
    assert!(screen.contains("feature_total_invoices ▼2"), "{screen}");
    app.act(Action::ShowSql);
    let screen = app.screen();
    let sql = "ORDER BY \"feature_customer_age_over_one_year\" NULLS LAST, \
               \"feature_total_invoices\" DESC NULLS LAST";
    assert!(screen.contains(sql), "{screen}");
    app.key(KeyCode::Esc);
    // The third time it is taken away, and the other stays.
    go(&mut app, "feature_total_invoices");
    assert_eq!(app.state.grid.view.order.len(), 1);
    holds(
        &app,
        &rows(
            &app,
            "ORDER BY feature_customer_age_over_one_year, account_id",
        ),
    );
}

#[test]
fn a_value_is_chosen_by_its_frequency() {
    let mut app = accounts((120, 30));
    let path = app.path();
    let counted = |column: &str| {
        read(&format!(
            "SELECT CAST({column} AS VARCHAR), CAST(count(*) AS VARCHAR) FROM read_parquet('{}') \
             GROUP BY {column} ORDER BY count(*) DESC, {column} NULLS LAST",
            path.display()
        ))
    };
    for column in ["feature_total_invoices", "company_name", "joining_date"] {
        app.state.grid.go_to_column(column);
        app.act(Action::Frequencies);
        let expected = counted(column);
        let found = app.state.frequent.as_ref().unwrap().found("");
        let found: Vec<Vec<Option<String>>> = found
            .into_iter()
            .map(|(value, count)| vec![value.clone(), Some(count.to_string())])
            .collect();
        assert_eq!(found, expected, "{column}");
        let screen = app.screen();
        let title = format!("{column}: {} values in 300 rows", expected.len());
        assert!(screen.contains(&title), "{screen}");
        // The second one.
        app.key(KeyCode::Down).key(KeyCode::Enter);
        let count = expected[1][1].as_deref().unwrap();
        assert_eq!(app.state.grid.rows, Some(count.parse().unwrap()));
        app.state.grid.go_to_column(column);
        let cell = app.state.grid.cell_at_cursor().unwrap();
        assert_eq!(cell, expected[1][0].as_deref());
        app.act(Action::ShowAllRows);
    }
    // What is typed searches; a value is found whatever its case.
    app.state.grid.go_to_column("company_name");
    app.act(Action::Frequencies).type_in("TYRES");
    let screen = app.screen();
    assert!(
        screen.contains("Tyres") && !screen.contains("Garage"),
        "{screen}"
    );
    app.key(KeyCode::Enter);
    let cell = app.state.grid.row(0).unwrap();
    assert!(
        cell.iter().flatten().any(|c| c.contains("Tyres")),
        "{cell:?}"
    );
}

fn browser() -> (Browser, Table) {
    let surroundings = Surroundings {
        progress: Arc::new(Silent),
        interrupt: Interrupt::default(),
        host: "here".to_owned(),
        clock: Arc::new(chrono::Utc::now),
    };
    let workbench = Workbench::open(&demo(), surroundings).unwrap();
    let browser = workbench.browser().unwrap();
    let published = browser.published().unwrap();
    let live = published.partitions.values().next_back().unwrap();
    let table = browser.open(live).unwrap();
    (browser, table)
}

/// What another engine put into a file is what the browser's own finds; it goes when
/// nobody needs it.
#[test]
fn the_rows_of_a_view_are_kept_in_a_file() {
    let (browser, table) = browser();
    let folder = tempfile::tempdir().unwrap();
    let answers = Arc::new(Answers::open(folder.path()).unwrap());
    let never = Interrupt::default();
    let session = browser.session(&never).unwrap();
    let files = || {
        let all = std::fs::read_dir(answers.path()).unwrap();
        let names = all.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".duckdb")).count()
    };
    let column = table.columns[1].name.clone();
    for filter in [None, Some(format!("\"{column}\" IS NOT NULL -- all"))] {
        let order = vec![SortedBy {
            column: column.clone(),
            descending: true,
        }];
        for order in [order, Vec::new()] {
            let filter = filter.clone();
            let view = View { filter, order };
            let own = RowIndex::build(&session, &table, &view, |_| {}).unwrap();
            let writer = browser.writer(&answers, &never).unwrap();
            let kept =
                RowIndex::build_in_file(&session, &writer, answers.clone(), &table, &view, |_| {})
                    .unwrap();
            assert_eq!(files(), 1);
            assert_eq!(kept.rows, own.rows);
            let page = |index: &RowIndex, columns: Option<&[usize]>| {
                let seen = Seen {
                    table: &table,
                    view: &view,
                    index: Some(index),
                };
                browser.cells(seen, 5..45, columns, &never).unwrap()
            };
            assert_eq!(page(&kept, None), page(&own, None));
            let whole = page(&own, None);
            assert_eq!(whole.rows.len(), 40);
            // Some columns alone are the same.
            let some = page(&kept, Some(&[0, 2]));
            assert_eq!(some.columns, Some(vec![0, 2]));
            for (some, whole) in some.rows.iter().zip(&whole.rows) {
                assert_eq!((&some[0], &some[2]), (&whole[0], &whole[2]));
            }
            // The first rows, without an index.
            let first = browser.page(&table, &view, None, 0..45, &never).unwrap();
            assert_eq!(first.rows[5..], whole.rows);
            drop(kept);
            forget::settle(Duration::from_secs(60));
            assert_eq!(files(), 0);
        }
    }
}
