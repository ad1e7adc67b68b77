//! What is seen, at several sizes and in every look.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use workbench::tui::action::Action;
use workbench::tui::bindings::BINDINGS;
use workbench::tui::look::Look;
use workbench::tui::update::Msg;

use super::bench::{App, accounts};
use crate::world::World;

#[test]
fn the_snapshots_are_seen_at_once() {
    insta::assert_snapshot!(accounts((100, 30)).screen());
}

#[test]
fn a_wide_screen_has_room_for_all() {
    let mut app = accounts((200, 60));
    app.act(Action::ColumnPanel).act(Action::LastColumn);
    insta::assert_snapshot!(app.screen());
}

#[test]
fn a_narrow_screen_has_one_below_the_other() {
    let mut app = accounts((80, 24));
    app.act(Action::ColumnPanel).act(Action::Right);
    insta::assert_snapshot!(app.screen());
}

#[test]
fn the_smallest_screen_has_the_rows() {
    insta::assert_snapshot!(accounts((40, 12)).screen());
}

#[test]
fn read_aloud_there_is_no_art() {
    let mut app = accounts((100, 30));
    app.state.look = Look {
        is_plain: true,
        is_accessible: true,
    };
    app.act(Action::ColumnPanel);
    let screen = app.screen();
    let drawn = |c: &char| ('\u{2500}'..='\u{25ff}').contains(c) || *c == '∅';
    assert_eq!(screen.chars().find(drawn), None, "{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn without_colours_there_are_none() {
    let mut app = accounts((100, 30));
    app.state.look.is_plain = true;
    app.act(Action::ColumnPanel)
        .act(Action::Filter)
        .answer("no_such = 1");
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(100, 30)).unwrap();
    terminal
        .draw(|frame| workbench::tui::view::draw(frame, &app.state))
        .unwrap();
    let coloured = |cell: &ratatui::buffer::Cell| {
        use ratatui::style::Color::Reset;
        cell.fg != Reset || cell.bg != Reset
    };
    assert!(!terminal.backend().buffer().content.iter().any(coloured));
}

#[test]
fn an_empty_project_says_what_to_do() {
    let world = World::shop();
    insta::assert_snapshot!(App::open(&world.path("."), (80, 24)).screen());
}

#[test]
fn what_can_be_done_is_found_and_what_cannot_says_why() {
    let mut app = accounts((80, 24));
    app.tell(Msg::Input(crossterm::event::Event::Key(KeyEvent::new(
        KeyCode::Char('p'),
        KeyModifiers::CONTROL,
    ))));
    app.type_in("first snap");
    insta::assert_snapshot!(app.screen());
    app.key(KeyCode::Enter);
    assert_eq!(app.state.shown_at(), Some(0));
    app.type_in("[");
    assert!(app.screen().contains("This is the first snapshot"));
    app.type_in("?sort");
    insta::assert_snapshot!(app.screen());
    app.key(KeyCode::Esc).type_in("q");
    assert!(app.has_quit);
}

/// Whatever the table has is in the palette, where it makes sense.
#[test]
fn the_palette_has_every_action() {
    let app = accounts((80, 24));
    let mut missing = Vec::new();
    for binding in BINDINGS.iter().filter(|b| b.place.holds(app.state.pane)) {
        let mut app = accounts((80, 24));
        app.act(Action::Palette);
        app.tell(Msg::Input(crossterm::event::Event::Paste(
            binding.what.to_owned(),
        )));
        if !app.screen().contains(binding.what) {
            missing.push(binding.what);
        }
    }
    assert_eq!(missing, Vec::<&str>::new());
}
