//! The real app without a terminal: work is done where it is asked for.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use workbench::model::interrupt::Interrupt;
use workbench::model::progress::Silent;
use workbench::tui::action::Action;
use workbench::tui::effect::Effect;
use workbench::tui::state::{Remembered, State};
use workbench::tui::update::{Msg, update};
use workbench::tui::view;
use workbench::tui::work::Bench;
use workbench::workbench::{Surroundings, Workbench};

use crate::world::World;

/// Half a year of snapshots, made once and only read.
pub static DEMO: LazyLock<World> = LazyLock::new(|| {
    // Nobody drops it: what an earlier run left is removed here.
    let shelf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("app");
    let _ = std::fs::remove_dir_all(&shelf);
    std::fs::create_dir_all(&shelf).unwrap();
    let world = World {
        dir: tempfile::tempdir_in(&shelf).unwrap(),
        ..World::empty()
    };
    world.run(&["demo", "demo", "-q"]).ok();
    world
});

/// The folder of [`DEMO`].
pub fn demo() -> PathBuf {
    DEMO.path("demo")
}

/// The app in [`DEMO`], with the accounts before it.
pub fn accounts(size: (u16, u16)) -> App {
    let mut app = App::open(&demo(), size);
    app.go_to("account_level");
    app
}

/// The app, and what it asked for.
pub struct App {
    pub state: State,
    bench: Bench,
    effects: VecDeque<Effect>,
    pub copied: Vec<String>,
    pub has_quit: bool,
}

impl App {
    /// Opens the app in a project, on a screen of this size, and waits for it.
    pub fn open(project: &Path, size: (u16, u16)) -> Self {
        Self::open_at(project, size, None)
    }

    /// The same, where it was left.
    pub fn open_at(project: &Path, size: (u16, u16), place: Option<Remembered>) -> Self {
        let surroundings = Surroundings {
            progress: Arc::new(Silent),
            interrupt: Interrupt::default(),
            host: "here".to_owned(),
            clock: Arc::new(|| "2024-11-04T09:00:00Z".parse().unwrap()),
        };
        let workbench = Workbench::open(project, surroundings).unwrap();
        let mut state = State::new("demo".to_owned(), "output".to_owned(), workbench.today());
        state.size = size;
        state.remembered = place;
        let browser = workbench.browser().unwrap();
        let bench = Bench {
            asker: workbench.asker(browser.clone(), None),
            browser,
            workbench: Arc::new(workbench),
            export: None,
        };
        let mut app = Self {
            state,
            bench,
            effects: VecDeque::new(),
            copied: Vec::new(),
            has_quit: false,
        };
        app.tell(Msg::Began);
        app
    }

    /// Goes to a dataset.
    pub fn go_to(&mut self, dataset: &str) {
        self.act(Action::Palette);
        let text = format!("Dataset {dataset}");
        self.tell(Msg::Input(Event::Paste(text)));
        self.key(KeyCode::Enter);
        let shown = self.state.timeline().map(|t| t.dataset.to_string());
        assert_eq!(shown.as_deref(), Some(dataset));
    }

    /// Something happens; all that is wanted then is done before this returns.
    pub fn tell(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.state, msg));
        let mut begun = 0;
        while let Some(effect) = self.effects.pop_front() {
            begun += 1;
            let at = || {
                self.state
                    .jobs
                    .all()
                    .iter()
                    .map(|j| j.title.clone())
                    .collect::<Vec<_>>()
            };
            assert!(begun < 200, "it never comes to rest: {:?}", at());
            match effect {
                Effect::Begin {
                    id,
                    interrupt,
                    work,
                } => {
                    let told = Mutex::new(Vec::new());
                    let outcome = self
                        .bench
                        .run(work, &interrupt, &|t| told.lock().unwrap().push(t));
                    for told in told.into_inner().unwrap() {
                        let more = update(&mut self.state, Msg::Told(id, told));
                        self.effects.extend(more);
                    }
                    let more = update(&mut self.state, Msg::Ended(id, outcome));
                    self.effects.extend(more);
                }
                Effect::Copy { text, .. } => self.copied.push(text),
                Effect::Quit(_) => {
                    self.has_quit = true;
                    let tabs = self.state.query.to_keep();
                    self.bench.asker.keep_tabs(&tabs).unwrap();
                }
                Effect::Paste | Effect::Edit(_) => {}
                Effect::TakeMouse(_) | Effect::Suspend | Effect::Redraw => {}
            }
        }
        assert!(self.state.is_idle(), "something is still at work");
    }

    pub fn act(&mut self, action: Action) -> &mut Self {
        self.tell(Msg::Act(action));
        self
    }

    pub fn key(&mut self, code: KeyCode) -> &mut Self {
        let event = KeyEvent::new(code, KeyModifiers::NONE);
        self.tell(Msg::Input(Event::Key(event)));
        self
    }

    /// Types a text, key by key.
    pub fn type_in(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.key(KeyCode::Char(c));
        }
        self
    }

    /// Pastes a text, and takes it.
    pub fn answer(&mut self, text: &str) -> &mut Self {
        self.tell(Msg::Input(Event::Key(KeyEvent::new(
            KeyCode::Char('u'),
            KeyModifiers::CONTROL,
        ))));
        self.tell(Msg::Input(Event::Paste(text.to_owned())));
        self.key(KeyCode::Enter)
    }

    /// The screen, as text: blanks at the ends of lines are left out.
    pub fn screen(&self) -> String {
        let (width, height) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| view::draw(frame, &self.state))
            .unwrap();
        let text = terminal.backend().to_string();
        text.lines()
            .map(|line| line.trim_matches('"').trim_end().to_owned() + "\n")
            .collect()
    }

    /// The file that the grid of the snapshots shows.
    pub fn path(&self) -> PathBuf {
        let table = self.state.grid.table.as_ref().unwrap();
        table.path().unwrap().to_owned()
    }

    /// The rows that the grid has in sight, by number.
    pub fn rows_in_sight(&self) -> Vec<(u64, Vec<Option<String>>)> {
        let grid = self.state.seen();
        let end = (grid.top + u64::from(grid.height)).min(grid.length());
        let row = |n| (n, grid.row(n).cloned().expect("a row in sight is there"));
        (grid.top..end).map(row).collect()
    }
}
