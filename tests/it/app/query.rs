//! The Query screen: what is typed, run and seen.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use workbench::engine::explain::Node;
use workbench::tui::action::Action;
use workbench::tui::state::overlay::Overlay;
use workbench::tui::state::query::answer::Shows;
use workbench::tui::state::{Pane, Screen};
use workbench::tui::update::Msg;

mod arranging;
mod results;
mod tables;

use super::bench::{App, accounts};
use super::terminal::own_demo;

pub const SQL: &str = "-- how many invoices the oldest customers have
SELECT account_id, company_name, feature_total_invoices AS invoices
FROM features.account_level
WHERE feature_account_age_year > 5.5 AND company_name LIKE 'A%'
ORDER BY invoices DESC;
";

/// The app with a text in its editor.
pub fn with_text(size: (u16, u16), text: &str) -> App {
    let mut app = accounts(size);
    app.act(Action::ShowQuery);
    app.tell(Msg::Input(Event::Paste(text.to_owned())));
    app.state.toasts.clear();
    app
}

/// What a clock says is not the same every time.
pub fn without_times(app: &mut App) {
    fn fix(node: &mut Node, at: &mut u32) {
        *at += 1;
        node.seconds = node.seconds.map(|_| f64::from(*at) / 1_000.0);
        node.share = node.share.map(|_| f64::from(*at) / 20.0);
        node.is_costliest = *at == 3;
        node.below.iter_mut().for_each(|node| fix(node, at));
    }
    let answers = app
        .state
        .query
        .tabs
        .iter_mut()
        .flat_map(|tab| &mut tab.answers);
    for answer in answers {
        answer.took = answer.took.map(|_| Duration::from_millis(4));
        if let Shows::Plan(plan) = &mut answer.shows {
            (plan.cursor, plan.top) = (2, 0);
            plan.plan
                .roots
                .iter_mut()
                .for_each(|root| fix(root, &mut 0));
        }
    }
}

fn key(app: &mut App, code: KeyCode, modifiers: KeyModifiers) {
    app.tell(Msg::Input(Event::Key(KeyEvent::new(code, modifiers))));
}

#[test]
fn a_text_and_its_rows_are_seen_at_any_size() {
    for size in [(200, 60), (100, 30), (80, 24), (40, 12)] {
        let mut app = with_text(size, SQL);
        app.act(Action::RunStatement);
        without_times(&mut app);
        insta::assert_snapshot!(format!("text_and_rows_{}x{}", size.0, size.1), app.screen());
    }
    let mut app = with_text((40, 12), SQL);
    app.act(Action::RunStatement).act(Action::NextPane);
    without_times(&mut app);
    insta::assert_snapshot!("rows_40x12", app.screen());
}

#[test]
fn what_is_wrong_is_shown_at_its_place() {
    for size in [(100, 30), (40, 12)] {
        let mut app = with_text(size, &SQL.replace("company_name LIKE", "compny_name LIKE"));
        app.act(Action::RunStatement);
        insta::assert_snapshot!(format!("wrong_{}x{}", size.0, size.1), app.screen());
        app.act(Action::GoToError);
        let editor = &app.state.query.current().editor;
        assert!(editor.text()[editor.cursor()..].starts_with("compny_name"));
        // Another text is not wrong at that place.
        app.type_in("x");
        assert_eq!(app.state.query.current().wrong(), None);
    }
}

#[test]
fn what_can_come_is_offered() {
    for size in [(100, 30), (40, 12)] {
        let mut app = with_text(size, "SELECT  FROM features.account_level a");
        for _ in 0.." FROM features.account_level a".len() {
            app.key(KeyCode::Left);
        }
        app.type_in("a.feat");
        insta::assert_snapshot!(format!("offered_{}x{}", size.0, size.1), app.screen());
        app.key(KeyCode::Down).key(KeyCode::Tab);
        let text = app.state.query.current().editor.text();
        assert!(text.starts_with("SELECT a.feature_"), "{text}");
        assert!(text.ends_with(" FROM features.account_level a"), "{text}");
        assert!(app.state.query.popup.is_none());
    }
}

#[test]
fn what_a_query_costs_is_a_tree() {
    for size in [(200, 60), (100, 30), (80, 24), (40, 12)] {
        let sql = "SELECT i.account_id, count(*) FROM features.invoices i JOIN features.account_level a \
                   USING (account_id) GROUP BY ALL ORDER BY 2 DESC LIMIT 10";
        let mut app = with_text(size, sql);
        app.act(Action::Measure).act(Action::NextPane);
        without_times(&mut app);
        insta::assert_snapshot!(format!("plan_{}x{}", size.0, size.1), app.screen());
    }
}

/// Every character is one, wherever else it is a command.
#[test]
fn what_is_typed_is_text() {
    let mut app = with_text((100, 30), "");
    let all: String = (' '..='~').collect();
    for c in all.chars() {
        app.key(KeyCode::Char(c));
        // Nothing is taken of what is offered.
        app.state.query.popup = None;
    }
    assert_eq!(app.state.query.current().editor.text(), all);
    assert_eq!(
        (app.state.screen, app.state.pane),
        (Screen::Query, Pane::Editor)
    );
    assert!(app.state.overlays.is_empty() && !app.has_quit);
}

#[test]
fn the_day_is_that_of_the_other_screens() {
    let mut app = with_text(
        (100, 30),
        "SELECT count(*) AS rows FROM features.account_level",
    );
    app.act(Action::RunStatement);
    let count = |app: &App| app.rows_in_sight()[0].1[0].clone().unwrap();
    assert_eq!(count(&app), "300");
    // In the text the day changes alone; in the rows, they come of that day.
    key(&mut app, KeyCode::Left, KeyModifiers::ALT);
    assert_eq!(count(&app), "300");
    app.act(Action::NextPane).type_in("[[");
    assert_eq!(app.state.query.current().answers.len(), 1);
    assert_ne!(count(&app), "300");
    let day = app.state.query.answer().unwrap().day;
    assert_eq!(day, app.state.shown().map(|day| day.date));
    // They are seen as those of the day before.
    let mut app = with_text(
        (100, 30),
        "SELECT account_id AS id FROM features.account_level",
    );
    app.act(Action::RunStatement).act(Action::NextPane);
    app.act(Action::SortDescending).act(Action::Filter);
    app.answer("id <= 7");
    app.type_in("[[");
    let ids = app.rows_in_sight().into_iter().map(|row| row.1[0].clone());
    let ids: Vec<String> = ids.flatten().collect();
    assert_eq!(ids, ["7", "6", "5", "4", "3", "2", "1"]);
}

#[test]
fn parameters_are_asked_for_and_remembered() {
    let mut app = with_text((100, 30), "SELECT $low::INT + $high::INT AS sum");
    app.act(Action::RunStatement).answer("3").answer("4");
    assert_eq!(app.rows_in_sight()[0].1[0].as_deref(), Some("7"));
    app.act(Action::RunStatement)
        .key(KeyCode::Enter)
        .answer("5");
    assert_eq!(app.rows_in_sight()[0].1[0].as_deref(), Some("8"));
    // Left, nothing is run.
    app.act(Action::RunStatement).key(KeyCode::Esc);
    assert!(app.state.query.asking.is_none() && app.state.overlays.is_empty());
}

#[test]
fn all_statements_have_a_result_each() {
    let mut app = with_text((100, 30), "SELECT 1 AS a; SELECT ';' AS b;\nFROM range(3);");
    app.act(Action::RunAll);
    let query = &app.state.query;
    assert_eq!(query.current().answers.len(), 3);
    assert_eq!(query.grid().rows, Some(3));
    // Run again, each takes the place of its own.
    app.act(Action::RunAll);
    assert_eq!(app.state.query.current().answers.len(), 3);
    // What is wrong ends it.
    app.act(Action::SelectAll);
    app.tell(Msg::Input(Event::Paste(
        "SELECT 2; SELECT no; SELECT 3".to_owned(),
    )));
    app.act(Action::RunAll);
    assert_eq!(app.state.query.current().answers.len(), 4);
    assert!(app.state.query.current().trouble.is_some());
}

#[test]
fn rows_are_sorted_filtered_and_searched_as_those_of_snapshots() {
    let mut app = with_text(
        (100, 30),
        "SELECT range AS n, range % 7 AS rest FROM range(100000)",
    );
    app.act(Action::RunStatement).act(Action::NextPane);
    app.act(Action::Right).act(Action::SortDescending);
    let rests: Vec<_> = app
        .rows_in_sight()
        .into_iter()
        .map(|(_, row)| row[1].clone())
        .collect();
    assert!(
        rests.iter().all(|rest| rest.as_deref() == Some("6")),
        "{rests:?}"
    );
    app.act(Action::Filter).answer("n % 1000 = 5");
    assert_eq!(app.state.query.grid().rows, Some(100));
    app.act(Action::ShowAllRows)
        .act(Action::Search)
        .answer("99999");
    assert_eq!(app.state.query.grid().cursor, 99_999);
    app.act(Action::ColumnPanel);
    assert!(
        app.screen().contains("distinct") && app.screen().contains("100,000"),
        "{}",
        app.screen()
    );
    app.act(Action::CopyCell);
    assert_eq!(app.copied.last().map(String::as_str), Some("99999"));
}

#[test]
fn two_results_are_compared_by_key() {
    let mut app = with_text(
        (100, 30),
        "SELECT range AS id, range % 10 AS rest FROM range(100)",
    );
    app.act(Action::RunStatement).act(Action::NextPane);
    app.act(Action::MarkResult).act(Action::NextPane);
    app.act(Action::SelectAll);
    let other = "SELECT range AS id, if(range < 10, -1, range % 10) AS rest FROM range(5, 103)";
    app.tell(Msg::Input(Event::Paste(other.to_owned())));
    app.act(Action::RunStatement).act(Action::NextPane);
    app.act(Action::CompareResults).answer("no_such");
    assert!(
        app.screen().contains("`no_such` is no column"),
        "{}",
        app.screen()
    );
    app.answer("id");
    assert_eq!(app.state.screen, Screen::Diff);
    let rows = &app.state.diff.compared.as_ref().unwrap().difference.rows;
    let counts = (rows.added, rows.removed, rows.changed, rows.unchanged);
    assert_eq!(counts, (3, 5, 5, 90));
    app.act(Action::Back);
    assert_eq!(
        (app.state.screen, app.state.pane),
        (Screen::Query, Pane::Results)
    );
    // The comparison of days is there again.
    app.act(Action::ShowDiff);
    assert!(app.state.diff.question.is_some());
}

#[test]
fn from_a_first_statement_to_a_saved_query_and_a_feature() {
    let project = own_demo();
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery);
    let sql =
        "SELECT account_id, count(*) AS invoices\nFROM features.invoices\nGROUP BY account_id";
    app.tell(Msg::Input(Event::Paste(format!("{sql};"))));
    app.act(Action::RunStatement)
        .act(Action::SaveQuery)
        .answer("per/account");
    let file = project.path().join("queries/per/account.sql");
    assert_eq!(std::fs::read_to_string(file).unwrap(), format!("{sql};\n"));
    // Another text does not take its place, unless it is said twice.
    app.act(Action::NewTab).type_in("SELECT 2");
    app.state.query.popup = None;
    app.act(Action::SaveQuery).answer("per/account");
    assert!(app.screen().contains("once more"), "{}", app.screen());
    app.key(KeyCode::Esc).act(Action::PreviousTab);
    app.act(Action::MakeFeature).answer("invoices");
    assert!(app.screen().contains("already"), "{}", app.screen());
    app.answer("no name");
    assert!(app.screen().contains("`no name`"), "{}", app.screen());
    app.answer("invoices_of_account").answer("acount_id");
    assert!(app.screen().contains("acount_id"), "{}", app.screen());
    app.answer("Account_ID").answer("One row per account.");
    let file = project.path().join("sql/features/invoices_of_account.sql");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("key = [\"account_id\"]"), "{written}");
    assert!(written.contains("One row per account."), "{written}");
    assert!(written.ends_with(&format!("{sql}\n")), "{written}");
    // It is opened as its file, saved only as a valid one, and taken away when confirmed.
    app.act(Action::OpenQuery).type_in("feature invoices_of");
    app.key(KeyCode::Enter);
    assert!(
        app.screen().contains("feature: invoices_of"),
        "{}",
        app.screen()
    );
    let text = app.state.query.current().editor.text().to_owned();
    assert_eq!(text, written);
    let set = |app: &mut App, text: &str| app.state.query.editor().rewrite(text);
    set(
        &mut app,
        &text.replace("[\"account_id\"]", "[\"invoices\"]"),
    );
    app.act(Action::SaveQuery);
    assert!(app.screen().contains("no key"), "{}", app.screen());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    let better = text.replace("One row per account.", "One row per customer.");
    set(&mut app, &better);
    app.act(Action::SaveQuery);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), better);
    app.act(Action::RemoveSaved).answer("no");
    assert!(file.exists() && app.screen().contains("`yes` removes it"));
    app.answer("yes");
    assert!(!file.exists(), "{}", app.screen());
    assert!(
        app.screen().contains(".workbench/removed/"),
        "{}",
        app.screen()
    );
    set(&mut app, "");
    app.act(Action::CloseTab);
    // What was asked is found, and the texts are there the next time.
    app.act(Action::History).type_in("invoices");
    assert!(
        app.screen().contains("GROUP BY account_id"),
        "{}",
        app.screen()
    );
    app.key(KeyCode::Esc).act(Action::Quit);
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery);
    let texts: Vec<_> = app
        .state
        .query
        .tabs
        .iter()
        .map(|t| t.editor.text())
        .collect();
    assert_eq!(texts, [format!("{sql};").as_str(), "SELECT 2"]);
    // Somebody else's edit of a saved query is not written over unasked.
    let file = project.path().join("queries/per/account.sql");
    std::fs::write(&file, "SELECT 3\n").unwrap();
    app.act(Action::PreviousTab).act(Action::SaveQuery);
    assert!(app.screen().contains("once more"), "{}", app.screen());
    assert_eq!(std::fs::read_to_string(file).unwrap(), "SELECT 3\n");
}

#[test]
fn a_statement_is_looked_at_before_a_feature_is_asked_about() {
    let project = own_demo();
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery);
    let set = |app: &mut App, text: &str| app.state.query.editor().rewrite(text);
    set(
        &mut app,
        "SELECT account_id, nothing FROM features.invoices",
    );
    app.act(Action::MakeFeature);
    assert!(app.state.overlays.is_empty());
    let screen = app.screen();
    assert!(screen.contains("No feature can be made of it"), "{screen}");
    assert!(app.state.query.current().wrong().is_some());
    set(
        &mut app,
        "SELECT account_id FROM features.invoices LIMIT 50",
    );
    app.act(Action::MakeFeature);
    let said = "Careful: LIMIT without ORDER BY";
    assert!(app.screen().contains(said), "{}", app.screen());
    app.answer("fifty")
        .key(KeyCode::Enter)
        .answer("One row each.");
    assert!(app.screen().contains("is no key"), "{}", app.screen());
    assert!(app.screen().contains(said), "{}", app.screen());
    app.key(KeyCode::Esc);
    // What was answered is not to be typed again.
    let better = "SELECT DISTINCT account_id FROM features.invoices ORDER BY 1 LIMIT 50";
    set(&mut app, better);
    app.act(Action::MakeFeature);
    assert!(!app.screen().contains("Careful"), "{}", app.screen());
    for answer in ["fifty", "account_id", "One row each."] {
        assert!(app.screen().contains(answer), "{}", app.screen());
        app.key(KeyCode::Enter);
    }
    let file = project.path().join("sql/features/fifty.sql");
    let written = std::fs::read_to_string(file).unwrap();
    assert!(written.ends_with(&format!("{better}\n")), "{written}");
    // It is made: the next one has answers of its own.
    app.act(Action::MakeFeature);
    let Some(Overlay::Ask { line, .. }) = app.state.overlay() else {
        panic!("{}", app.screen());
    };
    assert_eq!(line.text(), "");
}

#[test]
fn what_is_removed_is_called_by_the_time_of_the_project() {
    let project = own_demo();
    let file = project.path().join("workbench.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let there = text.replacen("[project]", "[project]\ntimezone = \"Pacific/Auckland\"", 1);
    let there: String = there
        .lines()
        .filter(|line| !line.starts_with("timezone") || line.contains("Auckland"))
        .map(|line| line.to_owned() + "\n")
        .collect();
    std::fs::write(&file, there).unwrap();
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery).type_in("SELECT 1");
    app.act(Action::SaveQuery).answer("one");
    app.act(Action::RemoveSaved).answer("yes");
    // It is 9 o'clock in UTC.
    let kept = project
        .path()
        .join(".workbench/removed/2024-11-04_220000_one.sql");
    assert!(kept.exists(), "{}", app.screen());
}
