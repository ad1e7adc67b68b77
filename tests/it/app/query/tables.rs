//! The list of tables beside a text.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use workbench::tui::action::Action;
use workbench::tui::look::Look;
use workbench::tui::state::Pane;
use workbench::tui::update::Msg;

use super::super::bench::{App, demo};
use super::with_text;

fn text(app: &App) -> &str {
    app.state.query.current().editor.text()
}

/// Looks for a name, and takes the line that is found.
fn find(app: &mut App, name: &str) {
    app.tell(Msg::Input(Event::Key(KeyEvent::new(
        KeyCode::Char('u'),
        KeyModifiers::CONTROL,
    ))));
    app.type_in(name);
}

fn click(app: &mut App, at: (u16, u16)) {
    app.tell(Msg::Input(Event::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: at.0,
        row: at.1,
        modifiers: KeyModifiers::NONE,
    })));
}

#[test]
fn tables_and_columns_are_seen_beside_the_text() {
    for size in [(200, 60), (100, 30), (80, 24), (40, 12)] {
        let mut app = with_text(size, "SELECT 1");
        app.act(Action::Tables).key(KeyCode::Down);
        app.key(KeyCode::Right).key(KeyCode::Right);
        let name = format!("tables_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name, app.screen());
    }
    let mut app = with_text((100, 30), "SELECT 1");
    app.state.look = Look {
        is_plain: true,
        is_accessible: true,
    };
    app.act(Action::Tables).type_in("year");
    insta::assert_snapshot!("tables_read_aloud", app.screen());
    // Where there is no room, it goes when the text has the focus again.
    let mut app = with_text((80, 24), "SELECT 1");
    app.act(Action::Tables);
    assert!(!app.screen().contains("SELECT 1"), "{}", app.screen());
    app.key(KeyCode::Esc);
    assert!(app.screen().contains("SELECT 1"), "{}", app.screen());
}

#[test]
fn names_are_written_as_they_must_stand_there() {
    let mut app = with_text((100, 30), "SELECT * FROM");
    app.act(Action::Tables);
    find(&mut app, "features.account_l");
    app.key(KeyCode::Enter);
    assert_eq!(text(&app), "SELECT * FROM features.account_level");
    assert_eq!(app.state.pane, Pane::Editor);
    // Of one table columns need no name of it; several become a list.
    app.act(Action::SelectAll);
    let join = "SELECT\nFROM features.account_level l\nJOIN features.invoices USING (account_id)";
    app.tell(Msg::Input(Event::Paste("SELECT".to_owned())));
    app.act(Action::Tables);
    find(&mut app, "year");
    app.key(KeyCode::Char(' '));
    app.key(KeyCode::Down).key(KeyCode::Enter);
    assert_eq!(
        text(&app),
        "SELECT feature_account_age_year, feature_customer_age_over_one_year"
    );
    // Of two, they do.
    app.act(Action::SelectAll);
    app.tell(Msg::Input(Event::Paste(join.to_owned())));
    for _ in 0..join.len() - "SELECT".len() {
        app.key(KeyCode::Left);
    }
    app.act(Action::Tables);
    find(&mut app, "features.account_l");
    app.key(KeyCode::Right);
    find(&mut app, "company_name");
    app.key(KeyCode::Enter);
    let first = text(&app).lines().next();
    assert_eq!(first, Some("SELECT l.company_name"));
    assert!(app.state.query.tables.search.text() == "company_name");
    // A name that is begun is not begun again.
    app.act(Action::SelectAll);
    app.tell(Msg::Input(Event::Paste("FROM history.".to_owned())));
    app.act(Action::Tables);
    find(&mut app, "history.inv");
    app.key(KeyCode::Enter);
    assert_eq!(text(&app), "FROM history.invoices");
}

#[test]
fn a_table_is_looked_at_without_a_statement() {
    let mut app = with_text((100, 30), "SELECT 1");
    app.act(Action::Tables);
    find(&mut app, "features.account_l");
    app.key(KeyCode::F(5));
    assert_eq!(app.state.query.grid().rows, Some(300));
    assert_eq!((text(&app), app.state.pane), ("SELECT 1", Pane::Tables));
    // Leaving goes back by one step each.
    app.key(KeyCode::Esc);
    assert_eq!(app.state.pane, Pane::Tables);
    app.key(KeyCode::Esc);
    assert_eq!(app.state.pane, Pane::Editor);
}

#[test]
fn the_mouse_unfolds_and_writes() {
    let mut app = with_text((100, 30), "");
    app.act(Action::Tables);
    // The heading, `features`, `account_invoice_level`, `account_level`.
    click(&mut app, (3, 5));
    click(&mut app, (8, 6));
    assert_eq!(text(&app), "");
    click(&mut app, (8, 6));
    assert_eq!(text(&app), "account_id");
    let entries = |app: &App| {
        let query = &app.state.query;
        query.tables.entries(&query.vocabulary).len()
    };
    let unfolded = entries(&app);
    click(&mut app, (3, 5));
    assert!(entries(&app) < unfolded);
    // What has no line does nothing.
    click(&mut app, (3, 29));
    assert_eq!(text(&app), "account_id");
}

#[test]
fn whether_it_is_shown_is_remembered() {
    let mut app = with_text((100, 30), "SELECT 1");
    app.act(Action::Tables);
    let place = app.state.remember();
    let app = App::open_at(&demo(), (100, 30), Some(place));
    assert!(app.screen().contains("▾ features"), "{}", app.screen());
    assert_eq!(app.state.pane, Pane::Editor);
}
