//! The comparison against an outer join of one's own.

use std::path::PathBuf;

use workbench::model::moment::Moment;
use workbench::tui::action::Action;
use workbench::tui::state::{Pane, Screen};

use super::bench::{App, accounts, demo};
use super::grid::read;

/// Compares the day that is shown with the one `back` days before; their files.
fn compare(app: &mut App, back: usize) -> [PathBuf; 2] {
    let after = app.path();
    app.act(Action::MarkDay);
    for _ in 0..back {
        app.act(Action::EarlierDay);
    }
    let before = app.path();
    app.act(Action::CompareWithMark);
    [before, after]
}

fn joined([before, after]: &[PathBuf; 2]) -> String {
    format!(
        "read_parquet('{}') AS b JOIN read_parquet('{}') AS a USING (account_id)",
        before.display(),
        after.display()
    )
}

fn go_to_column(app: &mut App, name: &str) {
    while app.state.diff.column_at_cursor().unwrap().name != name {
        app.act(Action::Down);
    }
}

/// Key, before and after of the rows that are seen.
fn seen(app: &App, column: &str) -> Vec<Vec<Option<String>>> {
    let listed = app.state.diff.listed().unwrap();
    let place = listed.columns.iter().position(|c| c.name == column);
    let rows = app.state.diff.seen().map(|row| {
        let cell = row.cells.iter().find(|c| Some(c.column) == place).unwrap();
        let values = cell.values.clone();
        vec![row.key[0].clone(), values.before, values.after]
    });
    rows.collect()
}

#[test]
fn rows_of_a_column_come_by_how_far_they_moved() {
    let mut app = accounts((120, 40));
    let files = compare(&mut app, 5);
    for (column, distance) in [
        ("feature_total_invoices", "abs(a.C - b.C)"),
        ("feature_avg_invoice_interval_day", "abs(a.C - b.C)"),
        ("company_address", "0 * account_id"),
    ] {
        app.act(Action::Top);
        go_to_column(&mut app, column);
        app.act(Action::Open);
        let select = format!(
            "SELECT account_id::VARCHAR, b.C::VARCHAR, a.C::VARCHAR FROM {} \
             WHERE a.C IS DISTINCT FROM b.C",
            joined(&files)
        );
        let by_distance = format!("{select} ORDER BY {distance} DESC NULLS LAST, account_id");
        let by_key = format!("{select} ORDER BY account_id");
        let of_sql = |sql: &str| read(&sql.replace(".C", &format!(".{column}")));
        assert!(of_sql(&by_key).len() > 3, "{column}");
        assert_eq!(seen(&app, column), of_sql(&by_distance), "{column}");
        if distance.starts_with("abs") {
            app.act(Action::SortByDistance);
            assert_eq!(seen(&app, column), of_sql(&by_key), "{column}");
        }
        app.act(Action::Back);
    }
}

#[test]
fn a_row_that_differs_is_watched_among_the_snapshots() {
    let mut app = accounts((120, 40));
    compare(&mut app, 5);
    app.act(Action::OnlyAdded).act(Action::Bottom);
    let key = app.state.diff.row_at_cursor().unwrap().key.clone();
    app.key(crossterm::event::KeyCode::Enter);
    app.key(crossterm::event::KeyCode::Enter);
    assert_eq!(
        (app.state.screen, app.state.pane),
        (Screen::Snapshots, Pane::Grid)
    );
    assert_eq!(app.state.shown_at(), Some(25));
    assert_eq!(app.state.grid.key_at_cursor(), Some(key));
}

/// The command that the app shows says the same rows.
#[test]
fn the_command_tells_the_same() {
    let mut app = accounts((120, 40));
    compare(&mut app, 3);
    go_to_column(&mut app, "feature_total_invoices");
    app.act(Action::Open).act(Action::ShowSql);
    let screen = app.screen();
    let command = screen.split("workbench diff ").nth(1).unwrap();
    let words: Vec<&str> = command
        .split('│')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let mut all = vec!["diff"];
    all.extend(words);
    all.extend(["--format", "json", "--limit", "1000", "-C", "demo"]);
    let told = super::bench::DEMO.run(&all).ok().json();
    let rows = told.as_array().unwrap_or_else(|| panic!("{told}"));
    let keys = rows.iter().map(|row| row["key"]["account_id"].to_string());
    let of_app = seen(&app, "feature_total_invoices");
    let of_app = of_app.into_iter().map(|row| row[0].clone().unwrap());
    assert_eq!(keys.collect::<Vec<_>>(), of_app.collect::<Vec<_>>());
}

#[test]
fn what_an_edit_changed_is_shown_beside_what_it_did() {
    let mut app = App::open(&demo(), (120, 40));
    app.act(Action::PickDay).answer("2024-08-11");
    app.act(Action::ShowDiff).act(Action::ShowSql);
    let screen = app.screen();
    assert!(screen.contains("The SQL changed in between"), "{screen}");
    assert!(
        screen.contains("+  margin AS feature_invoice_margin"),
        "{screen}"
    );
    app.act(Action::Back).key(crossterm::event::KeyCode::Esc);
    app.act(Action::EarlierDay).act(Action::ShowSql);
    assert!(
        !app.screen().contains("The SQL changed"),
        "{}",
        app.screen()
    );
}

/// A mark is a day, whatever dataset is looked at.
#[test]
fn a_mark_holds_in_every_dataset() {
    let mut app = accounts((120, 30));
    compare(&mut app, 8);
    let days = app.state.diff.question.as_ref().unwrap().moments;
    app.act(Action::NextDataset);
    let question = app.state.diff.question.as_ref().unwrap();
    assert_eq!(
        (question.dataset.as_str(), question.moments),
        ("invoices", days)
    );
}

/// Days that are compared are those that the bar says.
#[test]
fn without_a_mark_a_day_is_compared_with_the_one_before() {
    let mut app = App::open(&demo(), (100, 30));
    app.act(Action::ShowDiff);
    let days: Vec<_> = app
        .state
        .timeline()
        .unwrap()
        .days
        .iter()
        .map(|d| d.date)
        .collect();
    for shown in (1..days.len()).rev() {
        let question = app.state.diff.question.as_ref().unwrap();
        let expected = [days[shown - 1], days[shown]].map(Moment::Day);
        assert_eq!(question.moments.both(), expected);
        assert!(
            app.screen()
                .contains(&format!("From {} → {}", days[shown - 1], days[shown]))
        );
        app.act(Action::EarlierDay);
    }
}

#[test]
fn a_comparison_is_narrowed_by_sql_and_by_a_text() {
    let mut app = accounts((120, 40));
    let files = compare(&mut app, 5);
    app.act(Action::Filter)
        .answer("feature_total_invoices BETWEEN 8 AND 12");
    let within = |side: &str| format!("{side}.feature_total_invoices BETWEEN 8 AND 12");
    let any = format!(
        "FROM {} WHERE {} OR {}",
        joined(&files),
        within("b"),
        within("a")
    );
    let counted = read(&format!("SELECT count(*)::VARCHAR {any}"));
    let rows = app.state.diff.compared.as_ref().unwrap().difference.rows;
    let both = rows.changed + rows.unchanged;
    assert_eq!(counted, [[Some(both.to_string())]]);
    assert!(
        app.screen()
            .contains("where feature_total_invoices BETWEEN 8 AND 12")
    );
    app.act(Action::ShowSql);
    assert!(
        app.screen()
            .contains("--where 'feature_total_invoices BETWEEN")
    );
    app.key(crossterm::event::KeyCode::Esc);

    // One that is no condition is asked for again, and nothing is lost by it.
    app.act(Action::Filter)
        .answer("feature_total_invoices BETWEN 8");
    let screen = app.screen();
    assert!(screen.contains("BETWEN 8"), "{screen}");
    app.key(crossterm::event::KeyCode::Esc);
    assert!(app.state.diff.compared.is_some());
    app.act(Action::ShowAllRows);

    app.act(Action::NextDifference)
        .act(Action::Search)
        .answer("auto");
    let keys: Vec<_> = app
        .state
        .diff
        .seen()
        .map(|row| row.key[0].clone())
        .collect();
    let named = read(&format!(
        "SELECT account_id::VARCHAR FROM read_parquet('{}') WHERE company_name ILIKE '%auto%' \
         OR company_address ILIKE '%auto%' ORDER BY account_id",
        files[1].display()
    ));
    // Every account is older by then.
    let named: Vec<_> = named.into_iter().map(|mut row| row.remove(0)).collect();
    assert!(named.len() > 5);
    assert_eq!(keys, named);
    app.act(Action::ShowAllRows);
    assert!(app.state.diff.seen().len() > named.len());
}

#[test]
fn a_click_chooses_a_line_and_another_opens_it() {
    use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    use workbench::tui::state::diff::Level;
    use workbench::tui::update::Msg;

    let mut app = accounts((120, 40));
    compare(&mut app, 5);
    let click = |app: &mut App, what: &str| {
        let screen = app.screen();
        let row = screen.lines().position(|line| line.contains(what)).unwrap();
        app.tell(Msg::Input(Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: 3,
            row: row as u16,
            modifiers: KeyModifiers::NONE,
        })));
    };
    click(&mut app, "feature_total_invoices ");
    let column = app.state.diff.column_at_cursor().unwrap().name.clone();
    assert_eq!(column, "feature_total_invoices");
    click(&mut app, "feature_total_invoices ");
    assert_eq!(app.state.diff.level, Level::Rows);
    let third = app.state.diff.seen().nth(2).unwrap().key[0]
        .clone()
        .unwrap();
    click(&mut app, &format!("  {third} "));
    assert_eq!(app.state.diff.row, 2);
    click(&mut app, &format!("  {third} "));
    assert!(!app.state.overlays.is_empty());
}

/// What was asked for is taken up again with the place.
#[test]
fn filter_sorting_and_mark_are_remembered() {
    let mut app = accounts((120, 40));
    app.act(Action::MarkDay).act(Action::EarlierDay);
    app.act(Action::Filter).answer("feature_total_invoices > 8");
    app.act(Action::SortDescending);
    let place = app.state.remember();
    let text = serde_json::to_string(&place).unwrap();
    let rows = app.rows_in_sight();
    let mut again = App::open_at(&demo(), (120, 40), serde_json::from_str(&text).unwrap());
    assert_eq!(again.state.remember(), place);
    assert_eq!(again.rows_in_sight(), rows);
    again.act(Action::CompareWithMark);
    assert!(again.state.diff.compared.is_some());
}
