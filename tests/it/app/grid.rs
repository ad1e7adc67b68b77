//! Grid, filter, sorting, search and profiles against SQL of one's own.

use crossterm::event::KeyCode;
use proptest::prelude::*;
use workbench::tui::action::Action;

use super::bench::{App, accounts, demo};
use crate::engine::texts;
use crate::world::World;

/// All rows of what the app shows, by an engine of one's own.
pub fn rows(app: &App, rest: &str) -> Vec<Vec<Option<String>>> {
    let path = app.path();
    read(&format!(
        "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (SELECT * FROM read_parquet('{}', \
         hive_partitioning = false) {rest})",
        path.display()
    ))
}

pub fn read(sql: &str) -> Vec<Vec<Option<String>>> {
    texts(&duckdb::Connection::open_in_memory().unwrap(), sql)
}

/// What is in sight is what stands there.
#[track_caller]
pub fn holds(app: &App, expected: &[Vec<Option<String>>]) {
    let grid = &app.state.grid;
    assert_eq!(grid.rows, Some(expected.len() as u64));
    assert!(grid.top <= grid.cursor || expected.is_empty());
    assert!(grid.cursor < grid.top + u64::from(grid.height.max(1)));
    for (number, row) in app.rows_in_sight() {
        assert_eq!(row, expected[number as usize], "row {number}");
    }
}

#[test]
fn the_cursor_stays_on_its_row_from_day_to_day() {
    let mut app = accounts((120, 30));
    let key = |app: &App| app.state.grid.key_at_cursor().unwrap();
    app.act(Action::Bottom).act(Action::PageUp);
    let watched = key(&app);
    let mut seen = 0;
    while app.state.shown_at() != Some(0) {
        app.act(Action::EarlierDay);
        let condition = format!("WHERE account_id = {}", watched[0].as_deref().unwrap());
        match rows(&app, &condition).pop() {
            Some(row) => {
                assert_eq!(app.state.grid.row(app.state.grid.cursor), Some(&row));
                seen += 1;
            }
            // It is where it would be: between its neighbours, and this is said.
            None => {
                let toasts = app.state.toasts.found("");
                assert!(toasts.iter().any(|t| t.text.contains("is not there")));
                break;
            }
        }
        holds(&app, &rows(&app, ""));
    }
    assert!(seen > 3, "{seen}");
}

#[test]
fn filter_and_sorting_are_those_of_sql() {
    let mut app = accounts((120, 30));
    app.state.grid.go_to_column("company_name");
    app.act(Action::SortDescending);
    let sorted = "ORDER BY company_name DESC NULLS LAST, account_id";
    holds(&app, &rows(&app, sorted));
    app.act(Action::Filter)
        .answer("feature_total_invoices > 8 -- many");
    let both = format!("WHERE feature_total_invoices > 8 {sorted}");
    let expected = rows(&app, &both);
    assert!(!expected.is_empty());
    holds(&app, &expected);
    // The view goes along to another day, the cursor on its row.
    app.act(Action::Bottom);
    let key = app.state.grid.key_at_cursor();
    app.act(Action::EarlierDay);
    let expected = rows(&app, &both);
    holds(&app, &expected);
    let id = key.unwrap()[0].clone();
    if expected.iter().any(|row| row[0] == id) {
        assert_eq!(app.state.grid.key_at_cursor(), Some(vec![id]));
    } else {
        assert!(app.screen().contains("is not there"), "{}", app.screen());
    }
    // Refused, it is asked for again with the reason.
    app.act(Action::Filter).answer("no_such_column = 1");
    assert!(app.screen().contains("no_such_column"), "{}", app.screen());
    // And the one before still holds.
    app.key(crossterm::event::KeyCode::Esc);
    holds(&app, &expected);
    app.act(Action::Filter).answer("").act(Action::ShowAllRows);
    holds(&app, &rows(&app, ""));
    app.act(Action::FilterLikeCell);
    assert_eq!(app.state.grid.rows, Some(1));
}

#[test]
fn a_text_is_found_in_any_column() {
    let mut app = accounts((120, 30));
    app.act(Action::Search).answer("TYRES");
    let holds: Vec<u64> = rows(&app, "")
        .iter()
        .enumerate()
        .filter(|(_, row)| {
            let cells = row.iter().flatten();
            cells
                .into_iter()
                .any(|cell| cell.to_lowercase().contains("tyres"))
        })
        .map(|(at, _)| at as u64)
        .collect();
    assert!(holds.len() > 2);
    let first = holds.iter().position(|at| *at > 0).unwrap();
    assert_eq!(app.state.grid.cursor, holds[first]);
    for at in 1..holds.len() * 2 {
        app.act(Action::SearchNext);
        assert_eq!(app.state.grid.cursor, holds[(first + at) % holds.len()]);
    }
    app.act(Action::Top).act(Action::SearchPrevious);
    assert_eq!(app.state.grid.cursor, *holds.last().unwrap());
    app.act(Action::Search).answer("%");
    assert!(app.screen().contains("is in no column"), "{}", app.screen());
}

/// A row that a day does not have is followed to one that has it.
#[test]
fn a_row_is_followed_through_days_without_it() {
    let mut app = accounts((120, 30));
    app.act(Action::Bottom);
    let watched = app.state.grid.key_at_cursor();
    app.act(Action::FirstDay);
    assert!(app.screen().contains("is not there"), "{}", app.screen());
    assert_ne!(app.state.grid.key_at_cursor(), watched);
    app.act(Action::LaterDay).act(Action::LastDay);
    assert_eq!(app.state.grid.key_at_cursor(), watched);
    // Who moves on lets it go.
    app.act(Action::FirstDay).act(Action::Up);
    let other = app.state.grid.key_at_cursor();
    app.act(Action::LastDay);
    assert_eq!(app.state.grid.key_at_cursor(), other);
}

#[test]
fn what_is_selected_is_copied_as_a_table() {
    let mut app = accounts((120, 30));
    app.state.grid.go_to_column("company_address");
    app.act(Action::Down).act(Action::Select);
    app.act(Action::PageDown).act(Action::Left);
    assert!(app.screen().contains("rows × 2 columns selected"));
    let (first, last) = (1, app.state.grid.cursor as usize);
    app.act(Action::CopyCell);
    let quoted = |cell: &str| match cell.contains(['\t', '\n', '\r', '"']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    };
    let of_sql = read(&format!(
        "SELECT company_name, company_address FROM read_parquet('{}') ORDER BY account_id",
        app.path().display()
    ));
    let lines = of_sql[first..=last].iter().map(|row| {
        let cells = row.iter().map(|c| quoted(c.as_deref().unwrap_or_default()));
        cells.collect::<Vec<_>>().join("\t")
    });
    assert_eq!(app.copied, [lines.collect::<Vec<_>>().join("\n")]);
    assert_eq!(app.state.grid.selection(), None);
    app.act(Action::CopyColumn);
    assert_eq!(app.copied[1].split("\n").count(), 300);
}

/// A view without rows comes to rest: it is read once, in any order.
#[test]
fn a_view_without_rows_is_read_once() {
    let mut app = accounts((120, 30));
    app.act(Action::Bottom).act(Action::FilterLikeCell);
    app.act(Action::FirstDay);
    assert_eq!(app.state.grid.rows, Some(0));
    app.act(Action::SortAscending);
    assert_eq!(app.state.grid.rows, Some(0));
    assert!(app.screen().contains("no rows"), "{}", app.screen());
}

/// A view goes along only as far as the day has the columns for it, and comes back.
#[test]
fn a_view_that_does_not_fit_a_day_is_told_and_kept_for_others() {
    let mut app = App::open(&demo(), (120, 30));
    // It came later.
    app.state.grid.go_to_column("feature_invoice_margin");
    app.act(Action::SortDescending).act(Action::FirstDay);
    assert!(app.screen().contains("to sort by"), "{}", app.screen());
    holds(&app, &rows(&app, "ORDER BY account_id, invoice_id"));
    app.act(Action::LastDay).act(Action::Filter);
    app.answer("feature_invoice_margin > 10")
        .act(Action::FirstDay);
    assert!(app.screen().contains("does not fit"), "{}", app.screen());
    holds(&app, &rows(&app, "ORDER BY account_id, invoice_id"));
    app.act(Action::LastDay);
    let view = app.state.grid.view.clone();
    let filter = view.filter.as_deref();
    assert_eq!(
        (filter, view.order.len()),
        (Some("feature_invoice_margin > 10"), 1)
    );
    // One that is wrong leaves what there was before it, and not what was taken away.
    app.act(Action::ShowAllRows);
    assert!(app.state.grid.view.is_plain());
    for wrong in ["nonsense > 3", "feature_invoice_margin > 'x'"] {
        app.act(Action::Filter).answer(wrong);
        let at = app.screen();
        assert!(at.contains("nonsense") || at.contains("'x'"), "{at}");
        assert!(!at.contains("_position"), "{at}");
        app.key(KeyCode::Esc);
        assert!(app.state.grid.view.is_plain(), "{wrong}");
    }
}

#[test]
fn profiles_are_those_of_sql() {
    let mut app = accounts((160, 50));
    app.act(Action::ColumnPanel);
    let columns: Vec<String> = app.state.grid.in_order().map(|c| c.name.clone()).collect();
    for column in columns {
        app.state.grid.go_to_column(&column);
        app.act(Action::Up);
        let table = app.state.grid.table.clone().unwrap();
        let profile = app
            .state
            .column_panel
            .profile(&(table.identity(), column.clone(), None))
            .unwrap();
        let own = read(&format!(
            "SELECT CAST(count(*) AS VARCHAR), CAST(count(*) - count(\"{column}\") AS VARCHAR), \
             CAST(count(DISTINCT \"{column}\") AS VARCHAR), CAST(min(\"{column}\") AS VARCHAR), \
             CAST(max(\"{column}\") AS VARCHAR) FROM read_parquet('{}')",
            table.path().unwrap().display()
        ));
        let number = |n: u64| Some(n.to_string());
        let theirs = vec![
            number(profile.rows),
            number(profile.nulls),
            number(profile.distinct),
            profile.min.clone(),
            profile.max.clone(),
        ];
        assert_eq!(theirs, own[0], "{column}");
        let values = profile.rows - profile.nulls;
        if let Some(numbers) = &profile.numbers {
            assert_eq!(numbers.histogram.iter().sum::<u64>(), values, "{column}");
        }
        // And over all days: one figure for each.
        let days = app.state.days_of(&table.partition().unwrap().id.dataset);
        for live in days.values() {
            let staged = &live.partition.staged;
            let day = app.state.column_panel.day(staged.blake3, &column).unwrap();
            if let Some(day) = day {
                assert_eq!(day.rows, staged.rows, "{column}");
            }
        }
    }
}

/// A record has a line for each column, whatever it holds.
#[test]
fn an_empty_text_has_its_line_in_a_record() {
    let world = World::shop();
    world.write(
        "sql/features/notes.sql",
        "/*\ndescription = \"Notes.\"\nkey = [\"order_id\"]\n*/\n\
         SELECT order_id, '' AS nothing, 'one' || chr(10) || 'two' AS lines FROM staging.orders\n",
    );
    world.run(&["export"]).ok();
    let mut app = App::open(&world.path("."), (100, 30));
    app.go_to("notes");
    app.act(Action::ShowRecord);
    let screen = app.screen();
    let record = screen.split("Row 1").nth(1).unwrap();
    for seen in ["nothing", "lines     one", "          two"] {
        assert!(record.contains(seen), "{seen}\n{screen}");
    }
}

/// The column panel speaks of the rows that are seen.
#[test]
fn a_profile_is_of_the_rows_of_the_filter() {
    let mut app = accounts((160, 50));
    app.act(Action::Filter)
        .answer("feature_total_invoices > 15");
    app.act(Action::ColumnPanel);
    app.state.grid.go_to_column("feature_total_invoices");
    app.act(Action::Up);
    let table = app.state.grid.table.clone().unwrap();
    let filter = app.state.grid.view.filter.clone();
    let of = (
        table.identity(),
        "feature_total_invoices".to_owned(),
        filter,
    );
    let profile = app.state.column_panel.profile(&of).unwrap();
    let own = read(&format!(
        "SELECT count(*)::VARCHAR, min(feature_total_invoices)::VARCHAR \
         FROM read_parquet('{}') WHERE feature_total_invoices > 15",
        table.path().unwrap().display()
    ));
    let theirs = [Some(profile.rows.to_string()), profile.min.clone()];
    assert_eq!(own, [theirs]);
    let said = format!("of the {} rows of the filter", profile.rows);
    assert!(app.screen().contains(&said), "{}", app.screen());
}

/// What is read is what is seen: a filter is one condition.
#[test]
fn a_filter_is_one_condition() {
    let mut app = accounts((160, 50));
    let all = app.state.grid.length();
    for filter in [
        "account_id = 1) OR (account_id = 2",
        "true LIMIT 3",
        "true; SELECT 1",
    ] {
        app.act(Action::Filter).answer(filter);
        assert!(app.screen().contains(filter), "{}", app.screen());
        app.key(crossterm::event::KeyCode::Esc);
        assert_eq!(app.state.grid.length(), all, "{filter}");
    }
    app.act(Action::Filter).answer("account_id < 4 -- a few");
    assert_eq!(app.state.grid.length(), 3);
}

fn any_action() -> impl Strategy<Value = Action> {
    use Action::*;
    prop::sample::select(vec![
        Up,
        Down,
        Left,
        Right,
        PageUp,
        PageDown,
        Top,
        Bottom,
        FirstColumn,
        LastColumn,
        NextPane,
        NextDataset,
        EarlierDay,
        LaterDay,
        FirstDay,
        LastDay,
        MarkDay,
        SortAscending,
        SortDescending,
        SortAlso,
        Frequencies,
        FilterLikeCell,
        ShowAllRows,
        ShowRecord,
        Back,
        Freeze,
        Widen,
        Narrow,
        HideColumn,
        ShowAllColumns,
        MoveColumnLeft,
        MoveColumnRight,
        CopyRow,
        ColumnPanel,
        Help,
        Palette,
        Jobs,
        ShowSql,
        Cancel,
        Refresh,
        SearchNext,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever is done, at whatever size: it is drawn, and what is in sight is
    /// what the file holds.
    #[test]
    fn any_way_through_the_app_shows_what_is_there(
        steps in prop::collection::vec((any_action(), 1u16..140, 1u16..50), 1..60),
    ) {
        let mut app = accounts((100, 30));
        for (action, width, height) in steps {
            if width % 7 == 0 {
                app.tell(workbench::tui::update::Msg::Input(
                    crossterm::event::Event::Resize(width, height),
                ));
            }
            app.act(action);
            app.screen();
            while app.state.overlay().is_some() {
                app.key(crossterm::event::KeyCode::Esc);
            }
        }
        app.tell(workbench::tui::update::Msg::Input(
            crossterm::event::Event::Resize(100, 30),
        ));
        let view = app.state.grid.view.clone();
        let mut rest = String::new();
        if let Some(filter) = &view.filter {
            rest += &format!("WHERE {filter} ");
        }
        let keys = app.state.grid.table.as_ref().unwrap().key.clone();
        let order = view.order.iter().map(|by| {
            let way = if by.descending { "DESC" } else { "ASC" };
            format!("\"{}\" {way} NULLS LAST", by.column)
        });
        let order: Vec<String> = order.chain(keys.iter().map(|k| format!("\"{k}\""))).collect();
        rest += &format!("ORDER BY {}", order.join(", "));
        holds(&app, &rows(&app, &rest));
    }
}
