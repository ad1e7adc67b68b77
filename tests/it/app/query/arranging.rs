//! Who has how much of the screen, and which cell is which place of the text.

use chrono::NaiveDate;
use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::{Backend, TestBackend};
use unicode_segmentation::UnicodeSegmentation;
use workbench::tui::action::Action;
use workbench::tui::layout::areas;
use workbench::tui::state::{Pane, State};
use workbench::tui::text::clean;
use workbench::tui::update::{Msg, update};
use workbench::tui::view;

use super::super::bench::{App, demo};
use super::{SQL, with_text};

fn mouse(kind: MouseEventKind, at: (u16, u16)) -> Msg {
    Msg::Input(Event::Mouse(MouseEvent {
        kind,
        column: at.0,
        row: at.1,
        modifiers: KeyModifiers::NONE,
    }))
}

fn ctrl(app: &mut App, c: char) {
    let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    app.tell(Msg::Input(Event::Key(key)));
}

#[test]
fn the_border_is_moved_and_remembered() {
    let mut app = with_text((100, 30), SQL);
    app.act(Action::RunStatement);
    let lines = |app: &App| areas(&app.state).editor.height;
    let before = lines(&app);
    app.act(Action::BorderDown)
        .act(Action::BorderDown)
        .act(Action::BorderUp);
    assert_eq!(lines(&app), before + 1);
    // It is dragged by the line of the results, wherever the focus is.
    app.act(Action::NextPane);
    let y = areas(&app.state).results.y;
    app.tell(mouse(MouseEventKind::Down(MouseButton::Left), (50, y)));
    app.tell(mouse(MouseEventKind::Drag(MouseButton::Left), (50, y - 5)));
    assert_eq!(areas(&app.state).results.y, y - 5);
    // Both sides are left something.
    for to in [0, 29] {
        app.tell(mouse(MouseEventKind::Drag(MouseButton::Left), (50, to)));
        let areas = areas(&app.state);
        assert!(
            areas.editor.height >= 1 && areas.grid.height >= 2,
            "{areas:?}"
        );
    }
    app.tell(mouse(MouseEventKind::Up(MouseButton::Left), (50, 29)));
    let dragged = lines(&app);
    app.tell(mouse(MouseEventKind::Drag(MouseButton::Left), (50, 10)));
    assert_eq!(lines(&app), dragged);
    let place = app.state.remember();
    let app = App::open_at(&demo(), (100, 30), Some(place));
    assert_eq!(lines(&app), dragged);
}

#[test]
fn the_list_of_tables_is_made_wider_by_keys() {
    let mut app = with_text((100, 30), SQL);
    let width = |app: &App| areas(&app.state).tables.width;
    let press = |app: &mut App, code| {
        let modifiers = KeyModifiers::ALT | KeyModifiers::SHIFT;
        app.tell(Msg::Input(Event::Key(KeyEvent::new(code, modifiers))));
    };
    press(&mut app, KeyCode::Right);
    let said = app.state.toasts.seen().last();
    assert!(said.is_some_and(|toast| toast.text.contains("is closed: `alt+t`")));
    // Wherever the focus is.
    app.act(Action::Tables);
    let before = width(&app);
    press(&mut app, KeyCode::Right);
    app.act(Action::NextPane);
    press(&mut app, KeyCode::Right);
    assert_eq!(width(&app), before + 4);
    press(&mut app, KeyCode::Left);
    assert_eq!(width(&app), before + 2);
    for (code, times) in [(KeyCode::Right, 60), (KeyCode::Left, 60)] {
        for _ in 0..times {
            press(&mut app, code);
        }
        let areas = areas(&app.state);
        assert!(
            areas.tables.width >= 16 && areas.editor.width >= 30,
            "{areas:?}"
        );
    }
}

#[test]
fn what_has_the_focus_can_have_all_lines() {
    let mut app = with_text((100, 30), SQL);
    app.act(Action::RunStatement).act(Action::Zoom);
    let areas_now = areas(&app.state);
    assert_eq!((areas_now.grid.height, areas_now.results.y), (0, 28));
    app.act(Action::NextPane);
    assert_eq!(areas(&app.state).editor.height, 0);
    assert_eq!(app.rows_in_sight().len(), 6);
    // What is wrong is seen all the same.
    app.act(Action::NextPane).type_in("x");
    app.act(Action::RunStatement).act(Action::NextPane);
    assert!(app.screen().contains("no table `x`"), "{}", app.screen());
    app.act(Action::BorderUp);
    assert!(app.screen().contains("alt+o"), "{}", app.screen());
    app.act(Action::Zoom);
    assert!(areas(&app.state).editor.height > 5);
}

#[test]
fn a_text_is_found_and_replaced() {
    let mut app = with_text((100, 30), SQL);
    ctrl(&mut app, 'f');
    app.type_in("account_");
    insta::assert_snapshot!("found_100x30", app.screen());
    assert_eq!(
        app.state.query.current().editor.selected(),
        Some("account_")
    );
    // As far as it was typed, the first one from where the cursor was.
    app.key(KeyCode::Enter).key(KeyCode::Tab).type_in("a");
    insta::assert_snapshot!("replaced_100x30", app.screen());
    app.key(KeyCode::Enter);
    let editor = |app: &App| app.state.query.current().editor.text().to_owned();
    assert_eq!(editor(&app).matches("account_").count(), 2);
    app.key(KeyCode::Esc).act(Action::FindNext);
    assert_eq!(
        app.state.query.current().editor.selected(),
        Some("account_")
    );
    app.act(Action::Undo);
    assert_eq!(editor(&app), SQL);
    // Not found, the cursor is where it was.
    app.key(KeyCode::Esc).key(KeyCode::Esc);
    assert_eq!(app.state.query.find, None);
    let at = app.state.query.current().editor.cursor();
    ctrl(&mut app, 'f');
    app.type_in("no such");
    assert!(app.screen().contains("not there"), "{}", app.screen());
    app.key(KeyCode::Esc);
    assert_eq!(app.state.query.current().editor.cursor(), at);
}

#[test]
fn long_lines_are_wrapped() {
    let long = SQL.replace("\nFROM", " FROM").replace("\nWHERE", " WHERE");
    for size in [(100, 30), (40, 12)] {
        let mut app = with_text(size, &long);
        app.act(Action::WrapLines);
        for _ in 0..3 {
            app.key(KeyCode::Up);
        }
        insta::assert_snapshot!(format!("wrapped_{}x{}", size.0, size.1), app.screen());
    }
}

fn editor_with(text: &str, size: (u16, u16), wraps: bool) -> State {
    let mut state = State::new("p".to_owned(), "t".to_owned(), NaiveDate::default());
    update(&mut state, Msg::Input(Event::Resize(size.0, size.1)));
    update(&mut state, Msg::Act(Action::ShowQuery));
    state.query.arrangement.wraps = wraps;
    update(&mut state, Msg::Input(Event::Paste(text.to_owned())));
    state.toasts.clear();
    state
}

/// The cell that has the terminal's cursor, and what stands there.
fn at_cursor(state: &State) -> ((u16, u16), String) {
    let (width, height) = state.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, state)).unwrap();
    let backend = terminal.backend_mut();
    let at = backend.get_cursor_position().unwrap();
    let symbol = backend.buffer()[(at.x, at.y)].symbol().to_owned();
    ((at.x, at.y), symbol)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The cursor is drawn where the text at it is drawn, and a click there leads back.
    #[test]
    fn cells_of_the_screen_are_places_of_the_text(
        text in "([a-f名é ,'\t]{0,30}\n?){0,6}",
        size in prop_oneof![Just((40u16, 12u16)), Just((60, 24))],
        wraps: bool,
    ) {
        let mut state = editor_with(&text, size, wraps);
        prop_assert_eq!(state.pane, Pane::Editor);
        let text = state.query.current().editor.text().to_owned();
        for (at, grapheme) in text.grapheme_indices(true) {
            let editor = state.query.editor();
            editor.go_to(at, false);
            let (cell, symbol) = at_cursor(&state);
            let seen = match grapheme {
                "\n" | "\t" => " ".to_owned(),
                grapheme => clean(grapheme),
            };
            prop_assert_eq!(symbol, seen, "at {} of {:?}", at, text);
            update(&mut state, mouse(MouseEventKind::Down(MouseButton::Left), cell));
            prop_assert_eq!(state.query.current().editor.cursor(), at);
        }
    }
}
