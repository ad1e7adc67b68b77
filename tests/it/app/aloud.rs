//! The app for who has the screen read aloud: no cell of any screen holds a drawing,
//! and what a colour would tell is told in words.

use crossterm::event::{Event, KeyCode};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use workbench::tui::action::Action;
use workbench::tui::look::Look;
use workbench::tui::state::Pane;
use workbench::tui::update::Msg;
use workbench::tui::view;

use super::bench::{App, accounts};
use super::query::{SQL, with_text};

const SIZES: [(u16, u16); 2] = [(100, 30), (40, 12)];

/// Letters and figures of any language, signs of ASCII, and the two that stand for
/// something of a value: that it was cut off, and that its line ends.
fn is_read(symbol: &str) -> bool {
    let is_read = |c: char| c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric();
    symbol.chars().all(|c| is_read(c) || c == '…' || c == '⏎')
}

/// Every cell that cannot be read, and where.
fn unread(app: &App) -> Vec<String> {
    let (width, height) = app.state.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let draw = terminal.draw(|frame| view::draw(frame, &app.state));
    let buffer = draw.unwrap().buffer;
    let cells = buffer.content.iter().enumerate();
    let unread = cells.filter(|(_, cell)| !is_read(cell.symbol()));
    unread
        .map(|(at, cell)| format!("`{}` at {:?}", cell.symbol(), buffer.pos_of(at)))
        .collect()
}

/// An app that is driven from one screen to the next; each is looked at.
struct Walk {
    app: App,
    wrong: Vec<String>,
}

impl Walk {
    fn of(mut app: App) -> Self {
        app.state.look = Look {
            is_plain: true,
            is_accessible: true,
        };
        let (width, height) = app.state.size;
        app.tell(Msg::Input(Event::Resize(width, height)));
        Self {
            app,
            wrong: Vec::new(),
        }
    }

    /// Looks at the screen, which must have some words.
    fn sees(&mut self, words: &str) -> &mut Self {
        let screen = self.app.screen();
        if !screen.contains(words) {
            self.wrong.push(format!("no `{words}` in\n{screen}"));
        }
        let unread = unread(&self.app);
        if !unread.is_empty() {
            self.wrong.push(format!("{}\n{screen}", unread.join(", ")));
        }
        self
    }

    fn act(&mut self, action: Action) -> &mut Self {
        self.app.act(action);
        self
    }

    fn key(&mut self, code: KeyCode) -> &mut Self {
        self.app.key(code);
        self
    }
}

#[test]
fn no_screen_of_the_snapshots_has_a_drawing() {
    for size in SIZES {
        let mut walk = Walk::of(accounts(size));
        walk.sees("account_id: 1");
        walk.act(Action::Right).act(Action::SortDescending);
        let is_wide = size.0 > 84;
        walk.sees(" desc");
        walk.sees(if is_wide {
            ", sorted greatest first"
        } else {
            "company_name: "
        });
        walk.act(Action::ShowAllRows).act(Action::Select);
        walk.act(Action::Down).sees("2 rows by 1 column selected");
        walk.key(KeyCode::Esc).act(Action::EarlierDay).sees("As of");
        walk.act(Action::MarkDay).sees("arked");
        walk.act(Action::ColumnPanel).sees("nulls");
        walk.act(Action::NextPane).sees("nulls");
        walk.act(Action::LastColumn).act(Action::ColumnPanel);
        walk.act(Action::FirstColumn).act(Action::ShowRecord);
        walk.sees("Row 2 of").key(KeyCode::Esc);
        walk.act(Action::Filter).sees("SQL condit");
        walk.app.answer("no_such = 1");
        walk.sees("no_such").key(KeyCode::Esc);
        walk.act(Action::ShowSql).sees("SELECT *");
        walk.key(KeyCode::Esc).act(Action::PickDay).sees("as of");
        walk.key(KeyCode::Esc).act(Action::Palette).sees("> ");
        walk.key(KeyCode::Esc).act(Action::Help).sees("Keys");
        walk.key(KeyCode::Esc).act(Action::Jobs).sees("> ");
        walk.key(KeyCode::Esc).act(Action::Export).sees("xport");
        walk.key(KeyCode::Esc);
        walk.app.state.pane = Pane::Datasets;
        walk.sees(if is_wide { "> account_level" } else { "" });
        assert!(walk.wrong.is_empty(), "{}", walk.wrong.join("\n"));
    }
}

#[test]
fn no_screen_of_the_diff_has_a_drawing() {
    for size in SIZES {
        let mut walk = Walk::of(accounts(size));
        walk.act(Action::ShowDiff).sees(" changed");
        walk.act(Action::Down).act(Action::Down).sees("> ");
        walk.act(Action::Open).sees("> ");
        walk.act(Action::Open).sees(" to ").key(KeyCode::Esc);
        walk.act(Action::ShowSql)
            .sees("workbench diff")
            .key(KeyCode::Esc);
        walk.act(Action::Search);
        walk.app.answer("garage");
        walk.sees("shows all");
        assert!(walk.wrong.is_empty(), "{}", walk.wrong.join("\n"));
    }
}

#[test]
fn no_screen_of_queries_has_a_drawing() {
    for size in SIZES {
        let mut walk = Walk::of(with_text(size, SQL));
        walk.sees("FROM").act(Action::RunStatement);
        walk.act(Action::NextPane).sees(">1 account_level");
        walk.act(Action::Down)
            .act(Action::ColumnPanel)
            .sees("account_id");
        walk.act(Action::ColumnPanel)
            .act(Action::MarkResult)
            .sees("marked 1");
        walk.act(Action::ShowSql).sees("SELECT").key(KeyCode::Esc);
        walk.act(Action::NextPane).act(Action::Measure);
        walk.act(Action::NextPane).sees("> ");
        walk.act(Action::NextPane).act(Action::History).sees("> ");
        walk.key(KeyCode::Esc)
            .act(Action::OpenQuery)
            .sees("Queries");
        walk.key(KeyCode::Esc).act(Action::SelectAll);
        walk.app.type_in("SELECT nothing FROM features.acc");
        walk.sees(">account").key(KeyCode::Esc);
        walk.act(Action::RunStatement).sees("ot");
        walk.act(Action::Tables)
            .sees("features")
            .key(KeyCode::Right);
        walk.act(Action::Tables).act(Action::FindText).sees("ind");
        walk.app.type_in("no");
        walk.sees("no").key(KeyCode::Esc);
        walk.act(Action::NewTab).sees("runs the statement");
        assert!(walk.wrong.is_empty(), "{}", walk.wrong.join("\n"));
    }
}
