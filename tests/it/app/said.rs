//! What the app says: it covers nothing, and nothing of it is lost.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use workbench::tui::action::Action;
use workbench::tui::effect::Outcome;
use workbench::tui::look::Look;
use workbench::tui::state::Pane;
use workbench::tui::state::jobs::Slot;
use workbench::tui::state::overlay::Overlay;
use workbench::tui::update::{Msg, update};

use super::bench::{App, accounts};
use super::query::with_text;

const SIZES: [(u16, u16); 4] = [(200, 60), (100, 30), (80, 24), (40, 12)];

/// Longer than any line, and with a second one.
fn long() -> String {
    let words: Vec<String> = (0..60).map(|n| format!("word{n}")).collect();
    format!("It failed: {}\nand this is why", words.join(" "))
}

fn press(app: &mut App, code: KeyCode, modifiers: KeyModifiers) {
    app.tell(Msg::Input(Event::Key(KeyEvent::new(code, modifiers))));
}

/// The text of what is read, line by line, as far down as it goes.
fn read(app: &mut App) -> String {
    let mut all = String::new();
    for _ in 0..100 {
        all += &app.screen();
        app.key(KeyCode::Down);
    }
    all
}

#[test]
fn a_message_covers_no_row_and_can_be_read_whole() {
    for size in SIZES {
        for is_accessible in [false, true] {
            let mut app = accounts(size);
            app.state.look = Look {
                is_accessible,
                ..Look::default()
            };
            app.tell(Msg::Clock(0, "2024-11-04T09:07:03".parse().unwrap()));
            let above = |app: &App| {
                let mut lines: Vec<String> = app.screen().lines().map(str::to_owned).collect();
                (lines.pop().unwrap(), lines)
            };
            let (_, before) = above(&app);
            app.state.toasts.error(long());
            let (last, after) = above(&app);
            assert_eq!(before, after, "{size:?}");
            assert!(last.contains("It failed: word0"), "{last}");
            assert!(last.contains("… ") && last.contains("alt+n"), "{last}");
            press(&mut app, KeyCode::Char('n'), KeyModifiers::ALT);
            assert!(app.screen().contains("09:07:03  error  It failed"));
            app.key(KeyCode::Enter);
            let all = read(&mut app);
            for word in long().split_whitespace() {
                assert!(all.contains(word), "{word} at {size:?} in {all}");
            }
            app.type_in("y");
            assert_eq!(app.copied, [long()]);
        }
    }
}

#[test]
fn messages_are_searched_and_copied() {
    let mut app = accounts((80, 24));
    app.state.toasts.error("the first failed");
    app.state.toasts.tell(0, "the second went well");
    app.state.toasts.tell(0, "the third went well");
    app.state.toasts.tell(0, "the third went well");
    assert!(app.screen().contains("alt+n shows 2 more"));
    app.act(Action::Messages);
    insta::assert_snapshot!(app.screen());
    app.type_in("WELL sec");
    assert!(!app.screen().contains("third"), "{}", app.screen());
    press(&mut app, KeyCode::Char('y'), KeyModifiers::CONTROL);
    assert_eq!(app.copied, ["the second went well"]);
    // What comes meanwhile stands above the one that is chosen.
    app.tell(Msg::Note("a second time all went well".to_owned()));
    press(&mut app, KeyCode::Char('y'), KeyModifiers::CONTROL);
    assert_eq!(app.copied, ["the second went well"; 2]);
    app.answer("error");
    assert!(app.screen().contains("The error of "), "{}", app.screen());
    app.key(KeyCode::Esc).key(KeyCode::Esc);
    assert!(app.state.overlay().is_none());
}

/// Where letters are text, and over a question that waits.
#[test]
fn the_messages_are_there_on_each_screen() {
    for action in [
        Action::ShowSnapshots,
        Action::ShowDiff,
        Action::ShowQuery,
        Action::PickDay,
        Action::Jobs,
    ] {
        let mut app = with_text((80, 24), "SELECT 1");
        app.act(action);
        app.state.toasts.error(long());
        press(&mut app, KeyCode::Char('n'), KeyModifiers::ALT);
        app.key(KeyCode::Enter);
        assert!(read(&mut app).contains("word59"), "{action:?}");
        let before = app.state.overlays.len();
        app.key(KeyCode::Esc).key(KeyCode::Esc);
        assert_eq!(app.state.overlays.len(), before - 2);
    }
}

/// A key, while something is at work.
fn tap(app: &mut App, code: KeyCode) {
    update(&mut app.state, Msg::Input(Event::Key(code.into())));
}

#[test]
fn what_a_job_wrote_is_read_whole() {
    for size in SIZES {
        let mut app = accounts(size);
        let (id, _) = app
            .state
            .jobs
            .begin(0, Slot::Export, "export of 2024-11-04");
        app.state.jobs.running(id).unwrap().note(long());
        let outcome = Outcome::Exported {
            succeeded: true,
            summary: "published 3 datasets".to_owned(),
        };
        // Nothing is done after it: there is nothing new.
        update(&mut app.state, Msg::Ended(id, outcome));
        update(&mut app.state, Msg::Act(Action::Jobs));
        // Behind what looks for new snapshots.
        tap(&mut app, KeyCode::Down);
        let mut all = app.screen();
        for _ in 0..20 {
            tap(&mut app, KeyCode::PageUp);
            all += &app.screen();
        }
        for word in long().split_whitespace() {
            assert!(all.contains(word), "{word} at {size:?}");
        }
        // Down as soon as up.
        let Some(Overlay::Jobs { scroll, .. }) = app.state.overlay() else {
            panic!()
        };
        assert!(*scroll < 40, "{scroll}");
    }
}

/// How the app is brought before a list that is longer than its place, where the
/// focus is in it.
type Open = fn(&mut App);

fn lower(app: &mut App, height: u16) {
    let (width, before) = app.state.size;
    app.tell(Msg::Input(Event::Resize(width, before.min(height))));
}

const LISTS: [(&str, Open); 10] = [
    ("palette", |app| {
        app.act(Action::Palette);
    }),
    ("help", |app| {
        app.act(Action::Help);
    }),
    ("values", |app| {
        app.state.grid.go_to_column("company_name");
        app.act(Action::Frequencies);
    }),
    ("messages", |app| {
        (0..40).for_each(|n| app.state.toasts.tell(0, format!("message {n}")));
        app.act(Action::Messages);
    }),
    ("record", |app| {
        app.act(Action::ShowRecord);
        lower(app, 8);
    }),
    ("jobs", |app| {
        for n in 0..40 {
            app.state.jobs.begin(0, Slot::Export, format!("job {n}"));
        }
        update(&mut app.state, Msg::Act(Action::Jobs));
    }),
    ("datasets", |app| {
        let one = app.state.timelines[0].clone();
        app.state.timelines.extend(vec![one; 70]);
        app.state.dataset = 0;
        app.state.pane = Pane::Datasets;
    }),
    ("column panel", |app| {
        app.act(Action::ColumnPanel);
        app.state.pane = Pane::Columns;
        lower(app, 16);
    }),
    ("comparison", |app| {
        app.act(Action::ShowDiff);
        lower(app, 16);
    }),
    ("tables", |app| {
        app.act(Action::ShowQuery).act(Action::Tables);
        (0..5).for_each(|_| {
            app.key(KeyCode::Down).key(KeyCode::Right);
        });
        app.act(Action::Top);
        lower(app, 16);
    }),
];

#[test]
fn lists_say_what_is_out_of_sight() {
    let mut wrong = Vec::new();
    for size in [(100, 30), (80, 24), (40, 12)] {
        for is_accessible in [false, true] {
            for (name, open) in LISTS {
                if (name, size) == ("datasets", (40, 12)) {
                    // There is no room for them.
                    continue;
                }
                let mut app = accounts(size);
                app.state.look.is_accessible = is_accessible;
                open(&mut app);
                let is_across = name == "datasets" && size.0 <= 84;
                let (up, down) = match (is_accessible, is_across) {
                    (true, true) => ("more before", "more behind"),
                    (true, false) => ("more above", "more below"),
                    (false, true) => ("← ", "→ "),
                    (false, false) => ("↑ ", "↓ "),
                };
                let says = |app: &App, what: &str| {
                    let screen = app.screen();
                    let mut lines = screen.lines();
                    lines.any(|line| line.contains(what) && line.contains(" more"))
                };
                let first = app.screen();
                let mut is_right = says(&app, down) && !says(&app, up);
                (0..300).for_each(|_| tap(&mut app, KeyCode::Down));
                is_right &= says(&app, up) && !says(&app, down);
                // Not further than the end: one up is seen.
                let last = app.screen();
                tap(&mut app, KeyCode::Up);
                let is_seen = matches!(name, "datasets" | "tables") || app.screen() != last;
                is_right &= is_seen;
                if !is_right {
                    wrong.push(format!("{name} at {size:?}\n{first}\n{last}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_wheel_scrolls_what_is_told_of_a_column() {
    let mut app = accounts((80, 24));
    app.act(Action::ColumnPanel);
    let area = workbench::tui::layout::areas(&app.state).columns;
    let wheel = |app: &mut App, kind| {
        let event = MouseEvent {
            kind,
            column: area.x + 3,
            row: area.y + 3,
            modifiers: KeyModifiers::NONE,
        };
        (0..10).for_each(|_| app.tell(Msg::Input(Event::Mouse(event))));
    };
    let before = app.screen();
    assert!(!before.contains("none on any day"));
    wheel(&mut app, MouseEventKind::ScrollDown);
    assert!(app.screen().contains("none on any day"), "{}", app.screen());
    assert_eq!(app.state.grid.cursor, 0);
    wheel(&mut app, MouseEventKind::ScrollUp);
    assert_eq!(app.screen(), before);
    // Another column is seen from its beginning.
    wheel(&mut app, MouseEventKind::ScrollDown);
    app.act(Action::Right);
    assert!(app.screen().contains("company_name varchar"));
}
