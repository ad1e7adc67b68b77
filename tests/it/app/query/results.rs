//! Results beside each other, what was wrong before, and what was asked before.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use workbench::tui::action::Action;
use workbench::tui::state::overlay::Overlay;
use workbench::tui::state::query::answer::Shows;
use workbench::tui::state::{Pane, Screen};
use workbench::tui::update::Msg;

use super::super::bench::App;
use super::super::terminal::own_demo;
use super::with_text;

fn paste(app: &mut App, text: &str) {
    app.act(Action::SelectAll);
    app.tell(Msg::Input(Event::Paste(text.to_owned())));
}

fn mouse(app: &mut App, kind: MouseEventKind, at: (u16, u16)) {
    app.tell(Msg::Input(Event::Mouse(MouseEvent {
        kind,
        column: at.0,
        row: at.1,
        modifiers: KeyModifiers::NONE,
    })));
}

/// Where a text is on the screen.
fn place(app: &App, text: &str) -> (u16, u16) {
    let screen = app.screen();
    let mut lines = screen.lines().enumerate();
    let found = lines.find_map(|(y, line)| {
        let at = line.find(text)?;
        Some((line[..at].chars().count() as u16, y as u16))
    });
    found.unwrap_or_else(|| panic!("no `{text}` in\n{screen}"))
}

fn names(app: &App) -> Vec<String> {
    let tab = app.state.query.current();
    (0..tab.answers.len())
        .map(|at| tab.name_of_answer(at))
        .collect()
}

#[test]
fn results_are_told_apart_and_pinned_ones_stay() {
    let mut app = with_text((100, 30), "");
    let ask = |app: &mut App, n: u32| {
        paste(app, &format!("SELECT {n} AS n FROM range(3)"));
        app.act(Action::RunStatement);
    };
    ask(&mut app, 1);
    assert_eq!(names(&app), ["1 range"]);
    ask(&mut app, 2);
    assert_eq!(names(&app), ["1 range: 1", "2 range: 2"]);
    app.act(Action::PreviousResult).act(Action::PinResult);
    for n in 3..=9 {
        ask(&mut app, n);
    }
    // The second one was the oldest.
    let numbers: Vec<String> = names(&app).iter().map(|n| n[..1].to_owned()).collect();
    assert_eq!(numbers.concat(), "13456789");
    let said = app
        .state
        .toasts
        .found("")
        .first()
        .map(|toast| toast.text.clone());
    let said = said.unwrap();
    assert!(
        said.starts_with("Closed 2 range: 2, the oldest: 8 results are kept"),
        "{said}"
    );
    app.act(Action::NextResult);
    assert!(app.screen().contains("▪1 range"), "{}", app.screen());
    // The same statement leaves it, and replaces one that is not pinned.
    ask(&mut app, 1);
    ask(&mut app, 9);
    let numbers: Vec<u32> = app
        .state
        .query
        .current()
        .answers
        .iter()
        .map(|a| a.number)
        .collect();
    assert_eq!(numbers, [1, 4, 5, 6, 7, 8, 9, 10]);
    // From then on it is in the list of messages alone.
    let found = app.state.toasts.found("closed");
    assert!(
        found[0].text == "Closed 3 range: 3, the oldest",
        "{}",
        found[0].text
    );
    assert!(
        app.state
            .toasts
            .seen()
            .all(|toast| !toast.text.contains("Closed 3"))
    );
    // All are in sight where short names do.
    let strip = app.screen();
    let strip = strip
        .lines()
        .find(|line| line.contains("9 range: 9"))
        .unwrap();
    for number in numbers.iter().take(6) {
        assert!(strip.contains(&format!("{number} {number}")), "{strip}");
    }
}

#[test]
fn texts_that_begin_alike_are_told_apart() {
    let mut app = with_text((100, 30), "SELECT account_id, company_name FROM a");
    for end in ["b", "b"] {
        app.act(Action::NewTab);
        let text = format!("SELECT account_id, company_name FROM {end}");
        app.tell(Msg::Input(Event::Paste(text)));
    }
    let screen = app.screen();
    let strip = screen.lines().find(|line| line.contains('─')).unwrap();
    for name in ["…: a ", "SELECT account_id, comp…: b"] {
        assert!(strip.contains(name), "{strip}");
    }
}

#[test]
fn names_that_do_not_fit_are_counted_and_gone_to() {
    let click = MouseEventKind::Down(MouseButton::Left);
    for size in [(100, 30), (40, 12)] {
        let mut app = with_text(size, "");
        for n in 1..=7 {
            let from = "features.account_invoice_level";
            let sql = format!("SELECT {n} AS n FROM {from} LIMIT {n}");
            paste(&mut app, &sql);
            app.act(Action::RunStatement);
        }
        app.act(Action::NextPane);
        // Clicks on a mark go on until all was in sight.
        let go = |app: &mut App, mark: &str, shown: fn(&App) -> usize| {
            let mut went = Vec::new();
            while app.screen().contains(mark) {
                let (x, y) = place(app, mark);
                mouse(app, click, (x + 1, y));
                went.push(shown(app));
                assert!(went.len() < 20, "{went:?}\n{}", app.screen());
            }
            went
        };
        let result = |app: &App| app.state.query.current().shown;
        let back = go(&mut app, " ‹ ", result);
        assert!(back.len() >= 2 && back.iter().rev().is_sorted(), "{back:?}");
        assert!(app.screen().contains("\n 1 "), "{}", app.screen());
        let on = go(&mut app, " › ", result);
        assert!(on.len() >= 2 && on.is_sorted(), "{on:?}");
        assert!(app.screen().contains(" 7 account"), "{}", app.screen());
        // In words where there is room for them.
        app.state.look.is_accessible = true;
        app.state.query.current_mut().shown = 3;
        for mark in match size.0 {
            100 => [" before ", " behind "],
            _ => [" < 3 ", " 3 > "],
        } {
            assert!(app.screen().contains(mark), "{}", app.screen());
        }
        app.state.look.is_accessible = false;
        // Texts are no different.
        for n in 1..=6 {
            app.act(Action::NewTab)
                .type_in(&format!("SELECT {n}, 1234567890"));
        }
        let back = go(&mut app, " ‹ ", |app| app.state.query.tab);
        assert!(
            !back.is_empty() && back.iter().rev().is_sorted(),
            "{back:?}"
        );
        assert!(app.screen().contains("\n SELECT 7 AS"), "{}", app.screen());
    }
}

#[test]
fn what_was_wrong_is_not_said_of_another_statement() {
    let mut app = with_text((100, 30), "SELECT 1;\nSELECT nothing;\nSELECT 3");
    app.key(KeyCode::Up).act(Action::RunStatement);
    let wrong = |app: &App| {
        let tab = app.state.query.current();
        tab.wrong().map(|at| tab.editor.text()[at].to_owned())
    };
    assert_eq!(wrong(&app).as_deref(), Some("nothing"));
    // Above it lines come and go: it is at its place.
    app.key(KeyCode::Up).type_in("-- first\n  ");
    assert_eq!(wrong(&app).as_deref(), Some("nothing"));
    assert!(
        !app.screen().contains("Of the text before"),
        "{}",
        app.screen()
    );
    app.act(Action::GoToError).type_in("_");
    assert_eq!(wrong(&app), None);
    assert!(
        app.screen().contains("Of the text before"),
        "{}",
        app.screen()
    );
    app.act(Action::Undo);
    assert_eq!(wrong(&app).as_deref(), Some("nothing"));
    // Of what is not in the text nothing is said of the text.
    app.act(Action::SelectAll).key(KeyCode::Delete);
    app.act(Action::RunStatement);
    assert!(
        app.screen().contains("Of the text before"),
        "{}",
        app.screen()
    );
}

#[test]
fn a_saved_query_says_that_it_was_changed() {
    let project = own_demo();
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery).type_in("SELECT 1");
    app.act(Action::SaveQuery).answer("one");
    assert!(app.screen().contains("\n one ─"), "{}", app.screen());
    app.type_in("2");
    assert!(app.screen().contains("\n ● one ─"), "{}", app.screen());
    app.act(Action::Quit);
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery);
    assert!(app.screen().contains("\n ● one ─"), "{}", app.screen());
    app.key(KeyCode::Backspace);
    assert!(app.screen().contains("\n ● one ─"), "{}", app.screen());
    // Written over it would be without a question, if somebody else had not been there.
    app.act(Action::SaveQuery).key(KeyCode::Enter);
    assert!(app.screen().contains("\n one ─"), "{}", app.screen());
    app.act(Action::Quit);
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery);
    assert!(app.screen().contains("\n one ─"), "{}", app.screen());
}

#[test]
fn what_was_asked_is_run_as_of_either_day() {
    let project = own_demo();
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery).act(Action::EarlierDay);
    let then = app.state.as_of;
    let sql = "SELECT count(*) AS rows FROM features.account_level";
    app.tell(Msg::Input(Event::Paste(sql.to_owned())));
    app.act(Action::RunStatement).act(Action::RunStatement);
    app.act(Action::LastDay).act(Action::History);
    let (screen, day) = (app.screen(), then.unwrap().to_string());
    assert!(screen.contains("2 times"), "{screen}");
    assert!(
        screen.contains(&format!("as of {day}, as it was asked")),
        "{screen}"
    );
    app.key(KeyCode::F(5));
    assert_eq!(app.state.query.answer().unwrap().as_of, None);
    app.act(Action::History).key(KeyCode::Down);
    let key = KeyEvent::new(KeyCode::F(5), KeyModifiers::SHIFT);
    app.tell(Msg::Input(Event::Key(key)));
    assert_eq!(app.state.query.answer().unwrap().as_of, then);
    assert_eq!(app.state.as_of, then);
}

#[test]
fn the_mouse_takes_what_is_offered_and_listed() {
    let mut app = with_text((100, 30), "SELECT  FROM features.account_level a");
    for _ in 0.." FROM features.account_level a".len() {
        app.key(KeyCode::Left);
    }
    app.type_in("a.feat");
    let at = place(&app, "feature_total_invoices");
    mouse(&mut app, MouseEventKind::ScrollDown, at);
    assert_eq!(app.state.query.popup.as_ref().unwrap().chosen, 1);
    mouse(&mut app, MouseEventKind::Down(MouseButton::Left), at);
    let text = app.state.query.current().editor.text();
    assert!(
        text.starts_with("SELECT a.feature_total_invoices FROM"),
        "{text}"
    );
    assert!(app.state.query.popup.is_none());
    // In a list, too; beside it nothing is done.
    app.act(Action::Palette).type_in("Show all keys");
    let at = place(&app, "alt+h");
    mouse(
        &mut app,
        MouseEventKind::Down(MouseButton::Left),
        (at.0, at.1 + 1),
    );
    assert!(matches!(app.state.overlay(), Some(Overlay::Palette { .. })));
    mouse(&mut app, MouseEventKind::Down(MouseButton::Left), at);
    assert!(matches!(app.state.overlay(), Some(Overlay::Help { .. })));
    app.key(KeyCode::Esc)
        .act(Action::RunStatement)
        .act(Action::History);
    // Below the title and what is typed.
    let (x, y) = place(&app, "type to search");
    let click = MouseEventKind::Down(MouseButton::Left);
    mouse(&mut app, click, (x, y + 2));
    assert!(app.state.overlays.is_empty());
    assert_eq!(app.state.query.tabs.len(), 2);
}

#[test]
fn what_may_differ_by_chance_is_said() {
    let mut app = with_text((100, 30), "SELECT range AS id FROM range(100) LIMIT 5");
    app.act(Action::RunStatement).act(Action::NextPane);
    app.act(Action::MarkResult).act(Action::NextPane);
    paste(&mut app, "SELECT range AS id FROM range(100) LIMIT 6");
    app.act(Action::RunStatement).act(Action::NextPane);
    app.act(Action::CompareResults).answer("id");
    let screen = app
        .screen()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    // Each by what it has that the other has not.
    assert!(screen.contains("range: 5 → range: 6"), "{screen}");
    let said = "Both results: LIMIT without ORDER BY keeps whichever rows come first; some of this may be chance.";
    assert!(screen.contains(said), "{screen}");
    // They are of no day: what goes to one is not offered, and says why.
    let footer = app.screen().lines().last().unwrap().to_owned();
    assert!(
        !footer.contains("earlier") && !footer.contains("t date"),
        "{footer}"
    );
    app.act(Action::EarlierDay).act(Action::CompareWithMark);
    assert!(
        app.screen().contains("This compares two results"),
        "{}",
        app.screen()
    );
    assert!(app.state.diff.is_of_answers);
    // Days are compared where that is asked for, and back is where it was come from.
    app.act(Action::ShowDiff);
    assert!(!app.state.diff.is_of_answers);
    app.act(Action::Back);
    assert_eq!(
        (app.state.screen, app.state.pane),
        (Screen::Query, Pane::Results)
    );
    app.act(Action::ShowSnapshots).act(Action::MarkDay);
    assert!(app.screen().contains("Marked "));
    app.act(Action::EarlierDay).act(Action::CompareWithMark);
    assert!(
        !app.screen().contains("on another day compares it"),
        "{}",
        app.screen()
    );
    app.act(Action::Back);
    assert_eq!(app.state.screen, Screen::Snapshots);
}

#[test]
fn answers_about_a_feature_are_those_of_its_statement() {
    let project = own_demo();
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery);
    for (sql, name) in [
        ("SELECT 1 AS one FROM range(2)", ""),
        ("SELECT 2 AS one FROM range(2)", "mine"),
        ("SELECT 'x' AS y, 'z' AS w, 1234 AS something_else", ""),
    ] {
        paste(&mut app, sql);
        app.act(Action::MakeFeature);
        let Some(Overlay::Ask { line, .. }) = app.state.overlay() else {
            panic!("{}", app.screen());
        };
        assert_eq!(line.text(), name, "{sql}");
        app.answer("mine").key(KeyCode::Esc);
    }
}

#[test]
fn a_plan_is_in_the_history_as_what_was_typed() {
    let project = own_demo();
    let mut app = App::open(project.path(), (100, 30));
    app.act(Action::ShowQuery).type_in("SELECT 42");
    app.state.query.popup = None;
    app.act(Action::RunStatement).act(Action::Measure);
    let took = |app: &App| {
        let took = app.state.query.answer().unwrap().took;
        took.unwrap().as_secs_f64()
    };
    let of_plan = took(&app);
    app.act(Action::PreviousResult);
    let of_rows = took(&app);
    app.act(Action::History);
    let screen = app.screen();
    assert!(!screen.contains("EXPLAIN"), "{screen}");
    assert!(screen.contains("plan · "), "{screen}");
    // What it took is one thing, wherever it is said.
    let seconds = |at: usize| app.state.query.history.get(at).unwrap().past.seconds;
    assert_eq!((seconds(0), seconds(1)), (of_plan, of_rows));
    // Run again it is a plan again.
    app.key(KeyCode::F(5));
    assert!(matches!(
        app.state.query.answer().unwrap().shows,
        Shows::Plan(_)
    ));
}

#[test]
fn what_tells_of_tables_is_of_a_day_and_has_no_plan() {
    let mut app = with_text((100, 30), "SHOW TABLES");
    app.act(Action::RunStatement);
    let day = app.state.shown().map(|day| day.date);
    assert!(day.is_some() && app.state.query.answer().unwrap().day == day);
    app.act(Action::NextPane)
        .act(Action::Filter)
        .answer("schema = 'raw'");
    app.act(Action::ShowSql);
    let shown = app.screen();
    assert!(shown.contains("│SHOW TABLES "), "{shown}");
    assert!(shown.contains("-- of which is shown:"), "{shown}");
    assert!(shown.contains("--   schema = 'raw'"), "{shown}");
    app.key(KeyCode::Esc);
    for sql in ["SHOW TABLES", "DESCRIBE features.account_level"] {
        paste(&mut app, "");
        app.state.query.editor().rewrite(sql);
        let count = app.state.query.current().answers.len();
        app.act(Action::Measure);
        assert!(app.screen().contains("it has no plan"), "{}", app.screen());
        assert_eq!(app.state.query.current().answers.len(), count);
        let wrong = app.state.query.current().wrong().unwrap();
        assert_eq!(wrong, 0..sql.find(' ').unwrap());
    }
    // What it reads of a table can be measured.
    app.state
        .query
        .editor()
        .rewrite("SUMMARIZE features.account_level");
    app.act(Action::Measure);
    assert!(
        app.screen().contains("plan of SUMMARIZE"),
        "{}",
        app.screen()
    );
}

#[test]
fn what_failed_is_not_running_and_the_plan_is_found_by_its_name() {
    let mut app = with_text((100, 30), "SELECT 1; SELECT nothing; SELECT 3");
    app.act(Action::RunAll);
    let said = "The statement failed; the statement after it was not run";
    assert!(app.screen().contains(said), "{}", app.screen());
    app.act(Action::Jobs);
    let screen = app.screen();
    assert!(screen.contains("│SELECT nothing  failed"), "{screen}");
    app.key(KeyCode::Esc);
    for search in ["plan", "explain"] {
        app.act(Action::Palette).type_in(search);
        let screen = app.screen();
        let first = screen.lines().nth(6).unwrap();
        assert!(first.contains("EXPLAIN ANALYZE"), "{screen}");
        app.key(KeyCode::Esc);
    }
}
