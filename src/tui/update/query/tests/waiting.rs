//! What waits for rows that are on their way, and for a statement that is running.

use super::*;
use crate::tui::state::overlay::Overlay;

/// Else what is typed for it would be commands, and the file one of other rows.
#[test]
fn what_is_asked_for_before_all_rows_are_there_waits_for_them() {
    let many = kept("SELECT * FROM range(1000) AS t(a)", 128);
    for is_cancelled in [true, false] {
        let mut app = App::new();
        app.state.query.editor().rewrite("SELECT 1");
        app.tell(Msg::Act(Action::RunStatement));
        let id = app.at_work.pop_back().unwrap().0;
        app.hear(id, Heard::Columns(many.columns.clone()));
        app.hear(id, Heard::First(many.page.clone()));
        if is_cancelled {
            app.tell(Msg::Act(Action::Cancel));
            let facts = app.state.query.answer().unwrap().facts();
            assert!(facts[0].starts_with("keeping the first"), "{facts:?}");
        }
        app.tell(Msg::Act(Action::NextPane));
        app.tell(Msg::Act(Action::Bottom));
        assert_eq!(app.state.seen().cursor, 127);
        app.tell(Msg::Act(Action::SortDescending));
        app.tell(Msg::Act(Action::Filter));
        app.tell(Msg::Input(Event::Paste("a < 900".to_owned())));
        app.press(KeyCode::Enter);
        app.tell(Msg::Act(Action::SaveRows));
        app.press(KeyCode::Enter);
        app.tell(Msg::Act(Action::Bottom));
        app.tell(Msg::Act(Action::Search));
        app.tell(Msg::Input(Event::Paste("77".to_owned())));
        app.press(KeyCode::Enter);
        // The first rows are there as they came.
        assert!(app.state.seen().row(127).is_some());
        assert!(app.files.is_empty());
        let (table, page) = (many.table.clone(), many.page.clone());
        let answered = match is_cancelled {
            true => Answered::Part(table, page, Duration::ZERO),
            false => Answered::Rows(table, page, Duration::ZERO),
        };
        app.tell(Msg::Ended(id, Outcome::Answered(Ok(answered))));
        let view = app.state.seen().view.clone();
        assert_eq!(view.filter.as_deref(), Some("a < 900"));
        assert!(view.order[0].descending);
        assert_eq!(app.files.pop().unwrap().1, view);
        // Rows as they came are not taken for those of the view.
        assert!(app.state.seen().row(0).is_none() && app.state.seen().ends);
        // Nor is it known yet which rows that has.
        assert!(app.state.seen().seeks && app.sought.is_empty());
        app.state.seen_mut().review(View::default());
        app.tell(Msg::Act(Action::Bottom));
        assert_eq!(app.state.seen().cursor, 999);
        assert_eq!(app.sought, ["77"]);
    }
}

#[test]
fn a_file_of_rows_that_do_not_all_come_is_not_written_and_that_is_said() {
    let mut app = App::new();
    app.state.query.editor().rewrite("SELECT 1");
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 0);
    app.tell(Msg::Act(Action::NextPane));
    app.tell(Msg::Act(Action::SaveRows));
    app.press(KeyCode::Enter);
    // Nor is it lost by a slip of the finger.
    app.tell(Msg::Act(Action::Quit));
    assert!(app.said().starts_with("At work: writing `"));
    app.tell(Msg::Act(Action::Cancel));
    let said = |app: &App, text: &str| !app.state.toasts.found(text).is_empty();
    assert!(said(&app, "was not written"));
    // What is at work then can be cancelled, too, and not by one key too many.
    let kept = |app: &App| app.state.query.current().answers.len();
    app.tell(Msg::Act(Action::Cancel));
    assert_eq!((kept(&app), app.files.len()), (1, 0));
    assert!(said(&app, "again lets them go"));
    app.tell(Msg::Act(Action::Cancel));
    assert_eq!(kept(&app), 0);
    app.deliver(1, 4);
    assert_eq!((kept(&app), app.files.len()), (0, 0));
}

/// One statement runs at a time, and none is stopped by another.
#[test]
fn what_is_asked_for_meanwhile_waits() {
    let mut app = App::new();
    let running = |app: &App| {
        let running = app.state.query.running.as_ref();
        running
            .map_or("", |run| run.statement.sql.as_str())
            .to_owned()
    };
    app.state.query.editor().rewrite("SELECT 1");
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 0);
    app.tell(Msg::Act(Action::RunStatement));
    assert!(app.said().starts_with("This statement is running already"));
    app.tell(Msg::Act(Action::NewTab));
    // A key too many does not cancel what runs for another text.
    app.tell(Msg::Act(Action::Back));
    assert_eq!(running(&app), "SELECT 1");
    app.state
        .query
        .editor()
        .rewrite("SELECT 2; SELECT 3; SELECT 4");
    app.tell(Msg::Act(Action::RunAll));
    assert!(app.said().starts_with("Waits for the statement"));
    app.tell(Msg::Act(Action::NewTab));
    app.state.query.editor().rewrite("SELECT $x");
    app.tell(Msg::Act(Action::RunStatement));
    // A value is asked for at once, and not in the middle of something else.
    app.tell(Msg::Input(Event::Paste("5".to_owned())));
    app.press(KeyCode::Enter);
    assert_eq!((running(&app).as_str(), app.at_work.len()), ("SELECT 1", 1));
    app.deliver(1, 4);
    assert_eq!(running(&app), "SELECT 2");
    // What was asked for together ends together, and that is said.
    app.tell(Msg::Act(Action::PreviousTab));
    app.tell(Msg::Act(Action::Cancel));
    assert!(
        app.said()
            .ends_with("the 2 statements after it were not run")
    );
    assert_eq!(running(&app), "SELECT $x");
    app.tell(Msg::Act(Action::NextTab));
    app.deliver(1, 4);
    assert_eq!(running(&app), "");
    app.state.query.editor().rewrite("SELECT 6; SELECT 7");
    app.tell(Msg::Act(Action::RunAll));
    app.deliver(1, 3);
    assert_eq!(running(&app), "");
    assert_eq!(
        app.said(),
        "The statement failed; the statement after it was not run"
    );
    // Nor is a statement of a tab that was closed.
    app.tell(Msg::Act(Action::RunStatement));
    app.tell(Msg::Act(Action::NewTab));
    app.state.query.editor().rewrite("SELECT 8");
    // What waits is taken back without what runs.
    for way in [Action::Cancel, Action::CutText, Action::Back] {
        app.tell(Msg::Act(Action::RunStatement));
        app.tell(Msg::Act(way));
        assert!(app.said().starts_with("Withdrawn"), "{}", app.said());
        assert_eq!(
            (running(&app).as_str(), app.state.query.queue.len()),
            ("SELECT 6", 0)
        );
    }
    app.tell(Msg::Act(Action::RunStatement));
    app.tell(Msg::Act(Action::CloseTab));
    app.tell(Msg::Act(Action::CloseTab));
    app.deliver(1, 4);
    assert_eq!(running(&app), "");
}

/// What is said of a part is not taken for what is said of all.
#[test]
fn what_is_shown_of_a_cancelled_answer_says_that_it_is_of_a_part() {
    let mut app = App::new();
    app.state.query.editor().rewrite("FROM range(1000)");
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 0);
    app.tell(Msg::Act(Action::NextPane));
    app.tell(Msg::Act(Action::CopyCell));
    assert_eq!(app.said(), "The rows are still being found");
    app.tell(Msg::Act(Action::Cancel));
    app.deliver(1, 4);
    app.tell(Msg::Act(Action::CopyColumn));
    let what = app.gathered.as_deref();
    assert_eq!(what, Some("the column of the first 1 row, cancelled"));
    app.tell(Msg::Act(Action::SaveRows));
    let Some(Overlay::Ask { line, .. }) = app.state.overlay() else {
        panic!("no question");
    };
    assert_eq!(line.text(), "range_first_1_rows.csv");
}
