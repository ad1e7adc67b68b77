//! Whatever is pressed and whenever answers come, no answer is left half.

mod waiting;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crossterm::event::{Event, KeyCode};
use proptest::prelude::*;

use super::super::{Msg, update};
use crate::assist::TableWords;
use crate::browse::keep::Keeper;
use crate::browse::{Page, Table, View};
use crate::engine::stream::Query;
use crate::engine::{Session, Settings};
use crate::model::column::Column;
use crate::model::interrupt::Interrupt;
use crate::pipeline::asker::{Answered, AskError, Heard};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Outcome, Told, Work};
use crate::tui::state::State;
use crate::tui::state::jobs::JobId;

const TEXT: &str = "SELECT 1; SELECT $a; SELECT 2";

/// What the user does, in an order of chance.
const DEEDS: &[Action] = &[
    Action::RunAll,
    Action::RunStatement,
    Action::Measure,
    Action::Cancel,
    Action::CloseResult,
    Action::NextResult,
    Action::MarkResult,
    Action::NextTab,
    Action::NewTab,
    Action::CloseTab,
    Action::NextPane,
    Action::Back,
    Action::PinResult,
    Action::Tables,
    Action::ShowTable,
    Action::Zoom,
];

struct Kept {
    columns: Vec<Column>,
    table: Arc<Table>,
    page: Page,
}

/// An answer of one row.
static ANSWER: LazyLock<Kept> = LazyLock::new(|| kept("SELECT 1 AS a", 1));

/// The answer to a statement, with its first rows.
fn kept(sql: &str, first: u64) -> Kept {
    let session = Session::in_memory(&Settings::default(), &Interrupt::default()).unwrap();
    let session: &'static Session = Box::leak(Box::new(session));
    let query = Query::of(sql);
    let columns = session.describe(query).unwrap();
    let mut keeper = Keeper::new(session, &columns, None).unwrap();
    let rows = session.batches(query, &columns, |batch| keeper.take(batch));
    rows.unwrap();
    let page = keeper.first(first).unwrap();
    let table = Arc::new(keeper.end().unwrap());
    Kept {
        columns,
        table,
        page,
    }
}

/// The app, and the statements whose answers are on their way.
struct App {
    state: State,
    at_work: VecDeque<(JobId, bool)>,
    /// Files that were begun, and the view of their rows.
    files: Vec<(String, View)>,
    /// What was looked for.
    sought: Vec<String>,
    /// What was copied last.
    gathered: Option<String>,
}

impl App {
    fn new() -> Self {
        let day = chrono::NaiveDate::default();
        let mut state = State::new("p".to_owned(), "t".to_owned(), day);
        state.size = (100, 30);
        let mut app = Self {
            state,
            at_work: VecDeque::new(),
            files: Vec::new(),
            sought: Vec::new(),
            gathered: None,
        };
        app.tell(Msg::Act(Action::ShowQuery));
        app.state.query.editor().paste(TEXT);
        let query = &mut app.state.query;
        query.vocabulary.tables.push(TableWords {
            schema: "raw".to_owned(),
            name: "a".to_owned(),
            ..TableWords::default()
        });
        query.tables.cursor = 1;
        app
    }

    fn tell(&mut self, msg: Msg) {
        for effect in update(&mut self.state, msg) {
            let Effect::Begin { id, work, .. } = effect else {
                continue;
            };
            match work {
                Work::Answer(question) => {
                    let is_plan = question.sql.starts_with("EXPLAIN");
                    self.at_work.push_back((id, is_plan));
                }
                Work::Tabs => {
                    let tabs = crate::pipeline::asker::tabs::Tabs::default();
                    self.tell(Msg::Ended(id, Outcome::Tabs(tabs, Default::default())));
                }
                Work::WriteAnswer { file, view, .. } => self.files.push((file, view)),
                Work::Find { text, .. } => self.sought.push(text),
                Work::Gather(gather) => self.gathered = Some(gather.what),
                // They would be asked for again.
                Work::Rows { .. } | Work::Index { .. } => {}
                // What else is read comes to nothing.
                _ => self.tell(Msg::Ended(id, Outcome::Cancelled)),
            }
        }
    }

    fn hear(&mut self, id: JobId, heard: Heard) {
        self.tell(Msg::Told(id, Told::Heard(heard)));
    }

    fn press(&mut self, code: KeyCode) {
        self.tell(Msg::Input(Event::Key(code.into())));
    }

    fn leave_questions(&mut self) {
        for _ in 0..9 {
            if self.state.overlay().is_some() {
                self.press(KeyCode::Esc);
            }
        }
        assert!(self.state.overlay().is_none());
    }

    /// The newest message.
    fn said(&self) -> &str {
        let newest = self.state.toasts.seen().last();
        newest.map_or("", |toast| &toast.text)
    }

    /// One of the statements at work tells something: rows, or that it ended.
    fn deliver(&mut self, which: usize, what: usize) {
        if self.at_work.is_empty() {
            return;
        }
        // Mostly of the newest: those before it are waited for no more.
        let last = self.at_work.len() - 1;
        let at = if which == 0 { 0 } else { last };
        let (id, is_plan) = self.at_work[at];
        let answered = match what % 5 {
            0 | 1 if !is_plan => {
                self.hear(id, Heard::Columns(ANSWER.columns.clone()));
                self.hear(id, Heard::First(ANSWER.page.clone()));
                return self.hear(id, Heard::Rows(1));
            }
            2 => Err(AskError::Interrupted),
            3 => Err(AskError::Sql {
                message: "wrong".to_owned(),
                at: 0..1,
            }),
            _ if is_plan => {
                let plan = crate::engine::explain::Plan {
                    is_measured: true,
                    seconds: None,
                    cpu_seconds: None,
                    roots: Vec::new(),
                };
                Ok(Answered::Plan(plan, Duration::ZERO))
            }
            _ => {
                let (table, page) = (ANSWER.table.clone(), ANSWER.page.clone());
                Ok(match self.is_cancelled(id) {
                    true => Answered::Part(table, page, Duration::ZERO),
                    false => Answered::Rows(table, page, Duration::ZERO),
                })
            }
        };
        self.at_work.remove(at);
        self.tell(Msg::Ended(id, Outcome::Answered(answered)));
    }

    fn is_cancelled(&self, id: JobId) -> bool {
        let job = self.state.jobs.all().iter().find(|job| job.id == id);
        job.is_none_or(|job| job.interrupt.is_requested())
    }

    /// The names of the answers that are whole, and of those that are not.
    fn answers(&self) -> (BTreeSet<u64>, BTreeSet<u64>) {
        let all = self.state.query.tabs.iter().flat_map(|tab| &tab.answers);
        let (whole, half): (Vec<_>, Vec<_>) = all.partition(|answer| answer.took.is_some());
        let names = |all: Vec<&crate::tui::state::query::answer::Answer>| {
            all.into_iter().map(|answer| answer.id.0).collect()
        };
        (names(whole), names(half))
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (_, half) = self.answers();
        let running = self.state.query.running.as_ref();
        let running = running.and_then(|run| run.answer).map(|id| id.0);
        // Of what was cancelled the rows that came are on their way.
        let all = self.state.query.tabs.iter().flat_map(|tab| &tab.answers);
        let cut = all.filter(|a| a.is_cut && self.at_work.iter().any(|(id, _)| *id == a.job));
        let at_work: BTreeSet<u64> = running.into_iter().chain(cut.map(|a| a.id.0)).collect();
        // That of a closed tab is not seen any more.
        prop_assert!(half.is_subset(&at_work), "{half:?} {at_work:?}");
        for tab in &self.state.query.tabs {
            prop_assert!(tab.shown == 0 || tab.shown < tab.answers.len());
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_answer_is_left_half(steps in prop::collection::vec((0..26_usize, 0..5_usize, 0..5_usize), 1..60)) {
        let mut app = App::new();
        for (deed, which, what) in steps {
            match DEEDS.get(deed) {
                Some(action) => app.tell(Msg::Act(*action)),
                None if deed == DEEDS.len() && app.state.overlay().is_some() => {
                    // The parameter that is asked for.
                    app.tell(Msg::Input(Event::Paste("7".to_owned())));
                    app.press(KeyCode::Enter);
                }
                None => app.deliver(which, what),
            }
            app.check()?;
        }
        // Once all has ended nothing is at work, and nothing is half.
        app.leave_questions();
        let mut rounds = 0;
        while !app.at_work.is_empty() {
            app.deliver(0, 4);
            app.check()?;
            rounds += 1;
            prop_assert!(rounds < 400);
            app.leave_questions();
        }
        prop_assert!(app.state.query.running.is_none() && app.state.query.queue.is_empty());
        prop_assert!(app.answers().1.is_empty());
    }

    /// A statement that comes to nothing takes away no answer that was there.
    #[test]
    fn what_was_answered_stays_until_there_is_more(first in 0..3_usize, ends in 2..4_usize, is_cancelled: bool) {
        let mut app = App::new();
        app.state.query.editor().rewrite("SELECT 1");
        app.tell(Msg::Act(Action::RunAll));
        app.deliver(0, 4);
        let before = app.answers().0;
        prop_assert_eq!(before.len(), 1);
        app.tell(Msg::Act(Action::RunAll));
        for _ in 0..first {
            app.deliver(0, 0);
        }
        if is_cancelled {
            app.tell(Msg::Act(Action::Cancel));
        }
        app.deliver(0, ends);
        prop_assert_eq!(app.answers(), (before, BTreeSet::new()));
    }
}

/// Else the word that was looked for would be what is run.
#[test]
fn a_match_that_was_gone_to_is_not_what_is_run() {
    let mut app = App::new();
    app.state.query.editor().rewrite("SELECT 1; SELECT 22");
    app.tell(Msg::Act(Action::FindText));
    app.tell(Msg::Input(Event::Paste("22".to_owned())));
    app.leave_questions();
    let selected = |app: &App| {
        app.state
            .query
            .current()
            .editor
            .selected()
            .map(str::to_owned)
    };
    assert_eq!(selected(&app).as_deref(), Some("22"));
    app.tell(Msg::Act(Action::RunStatement));
    let asked = app.state.query.running.as_ref().unwrap();
    assert_eq!(asked.statement.sql, "SELECT 22");
    app.tell(Msg::Act(Action::Cancel));
    // What was selected otherwise is.
    app.tell(Msg::Act(Action::Back));
    app.tell(Msg::Act(Action::Back));
    app.state.query.editor().go_to(18, false);
    app.state.query.editor().go_to(19, true);
    assert_eq!(app.state.query.find, None);
    app.tell(Msg::Act(Action::RunStatement));
    let asked = app.state.query.running.as_ref().unwrap();
    assert_eq!(asked.statement.sql, "2");
}

#[test]
fn what_was_cancelled_before_there_were_rows_takes_no_number() {
    let mut app = App::new();
    app.state.query.editor().rewrite("SELECT 1");
    for _ in 0..3 {
        app.tell(Msg::Act(Action::RunStatement));
        app.tell(Msg::Act(Action::Cancel));
        assert_eq!(app.state.query.current().answers.len(), 0);
    }
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 4);
    assert_eq!(app.state.query.current().name_of_answer(0), "1 SELECT 1");
}

#[test]
fn rows_that_came_of_what_was_cancelled_stay() {
    let mut app = App::new();
    let facts = |app: &App| -> Vec<String> {
        let all = app.state.query.current().answers.iter();
        all.map(|answer| answer.facts().remove(0)).collect()
    };
    let cut = "first 1 row, cancelled";
    app.state.query.editor().rewrite("SELECT 1");
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 0);
    app.tell(Msg::Act(Action::Cancel));
    assert_eq!(facts(&app), ["keeping the first 1+ rows"]);
    app.deliver(1, 4);
    assert_eq!(facts(&app), [cut]);
    // It is a table like another; `S` says that it is not whole.
    app.tell(Msg::Act(Action::NextPane));
    let sql = super::choosing::sql(&app.state).unwrap();
    assert!(
        sql.starts_with("-- cancelled: only its first 1 row came\n"),
        "{sql}"
    );
    app.tell(Msg::Act(Action::NextPane));
    // The same statement takes its place, and what was whole stands beside what was not.
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 4);
    assert_eq!(facts(&app), ["1 row"]);
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 0);
    app.tell(Msg::Act(Action::Cancel));
    app.deliver(1, 4);
    assert_eq!(facts(&app), ["1 row", cut]);
    assert_eq!(app.state.query.current().shown, 1);
    // Of one statement one part is kept, however often.
    for _ in 0..3 {
        app.tell(Msg::Act(Action::RunStatement));
        app.deliver(1, 0);
        app.tell(Msg::Act(Action::Cancel));
        app.deliver(1, 4);
        assert_eq!(facts(&app), ["1 row", cut]);
        assert_eq!(app.state.query.current().shown, 1);
    }
    // Two parts of what may be the same are not compared.
    app.tell(Msg::Act(Action::NextPane));
    app.tell(Msg::Act(Action::MarkResult));
    app.tell(Msg::Act(Action::NextResult));
    app.tell(Msg::Act(Action::CompareResults));
    assert!(app.state.overlay().is_none());
    assert!(app.said().starts_with("The marked result was cancelled"));
    // It ended at the very moment at which it was cancelled.
    app.tell(Msg::Act(Action::CloseResult));
    app.tell(Msg::Act(Action::NextPane));
    app.state.query.editor().rewrite("SELECT 2");
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 0);
    app.tell(Msg::Act(Action::Cancel));
    let id = app.at_work.pop_back().unwrap().0;
    let whole = Answered::Rows(ANSWER.table.clone(), ANSWER.page.clone(), Duration::ZERO);
    app.tell(Msg::Ended(id, Outcome::Answered(Ok(whole))));
    assert_eq!(facts(&app).last().unwrap(), "1 row");
    let all = "The statement was done before it was cancelled: 1 row, all";
    assert_eq!(app.said(), all);
    // What cannot be kept is not there, and that is said.
    app.state.query.editor().rewrite("SELECT 3");
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 0);
    app.tell(Msg::Act(Action::Cancel));
    let count = facts(&app).len();
    app.deliver(1, 3);
    assert_eq!(facts(&app).len(), count - 1);
    assert!(app.said().contains("could not be kept"));
    // What is closed while it is at work goes, and nothing else is said.
    app.tell(Msg::Act(Action::RunStatement));
    app.deliver(1, 0);
    let count = facts(&app).len();
    app.tell(Msg::Act(Action::CloseResult));
    assert_eq!(facts(&app).len(), count - 1);
    assert!(app.state.query.running.is_none());
    assert_eq!(app.said(), "Cancelled the statement");
}
