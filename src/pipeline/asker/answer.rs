//! One question, from its text to its rows.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Answered, AskError, Asker, Heard, Question};
use crate::browse::keep::{Files, Keeper};
use crate::browse::{BrowseError, Page};
use crate::engine::stream::Nested;
use crate::engine::warehouse::WarehouseError;
use crate::engine::{EngineError, ErrorKind};
use crate::model::interrupt::Interrupt;
use crate::model::located::Located;
use crate::model::moment::Moment;
use crate::pipeline::context::Context;
use crate::pipeline::error::{MEMORY, RunError};
use crate::pipeline::query::{self, Answer, QueryRequest};
use crate::transforms::statement;

/// The first rows that are told.
const FIRST: u64 = 128;

/// How often it is told how many rows there are.
const TICK: Duration = Duration::from_millis(100);

impl Asker {
    /// Runs one statement to its end, or until it is asked to stop: the rows that came
    /// until then are kept. Blocks; `tell` hears of it on the way.
    ///
    /// # Errors
    /// As the cases of [`AskError`]. After any of them the next question can be asked.
    pub fn answer(
        &self,
        question: &Question,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Heard) + Sync),
    ) -> Result<Answered, AskError> {
        let began = Instant::now();
        let sql = match question.measures {
            true => query::measuring(&question.sql),
            false => question.sql.clone(),
        };
        let answered = self.run(question, &sql, interrupt, tell, began);
        self.spare.fill(&self.ctx, self.folder.clone());
        // One that was cancelled may have ended without an error.
        let has_rows = matches!(answered, Ok(Answered::Rows(..) | Answered::Part(..)));
        if interrupt.is_requested() && !has_rows {
            return Err(AskError::Interrupted);
        }
        answered.map_err(|error| match AskError::of_stopped(&sql, error) {
            AskError::Sql { message, at } => {
                // What stands before it to measure it is not in the text: the ends are one.
                let place = |byte: usize| (byte + question.sql.len()).saturating_sub(sql.len());
                let at = place(at.start)..place(at.end);
                AskError::Sql { message, at }
            }
            error => error,
        })
    }

    fn run(
        &self,
        question: &Question,
        sql: &str,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Heard) + Sync),
        began: Instant,
    ) -> Result<Answered, Stopped> {
        let ctx = Context {
            interrupt: interrupt.clone(),
            ..(*self.ctx).clone()
        };
        let mut answer = query::open(
            &ctx,
            QueryRequest {
                params: question.params.clone(),
                as_of: question.as_of.map(Moment::Day),
                ..QueryRequest::of(sql)
            },
            &|ctx| self.spare.take(ctx, self.folder.as_deref()),
        )?;
        let names = answer.parameters(&ctx)?;
        let has = |name: &String| {
            let mut given = question.params.iter();
            given.any(|p| p.name.eq_ignore_ascii_case(name))
        };
        if names.iter().any(|name| !has(name)) {
            let lacking = names.into_iter().filter(|name| !has(name));
            return Err(Stopped::Params(lacking.collect()));
        }
        answer.keep_params(&names);
        answer.bind(&ctx)?;
        let share = |share| tell(Heard::Share(share));
        if answer.explains() {
            let plan = answer.watched(share, Answer::plan)?;
            return Ok(Answered::Plan(plan, began.elapsed()));
        }
        tell(Heard::Columns(answer.columns().to_vec()));
        answer.watched(share, |answer| self.keep(answer, interrupt, tell, began))
    }

    /// Keeps all rows of an answer, or those that come until it is to stop.
    fn keep(
        &self,
        answer: &Answer,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Heard) + Sync),
        began: Instant,
    ) -> Result<Answered, Stopped> {
        // Whoever cancels stops the query, and not what keeps the rows that came.
        let session = self.browser.session(&self.end)?;
        let writer = OnceCell::new();
        let folder = self.folder.clone();
        let files = folder.map(|folder| Files {
            open: Box::new({
                let folder = folder.clone();
                move || self.browser.writer(&folder, &self.end)
            }),
            folder,
            writer: &writer,
        });
        let mut keeper = Keeper::new(&session, answer.columns(), files)?;
        let mut first: Option<Page> = None;
        let mut told = Instant::now();
        let query = answer.query(None, Nested::Engine);
        let poured = answer.session.batches(query, answer.columns(), |batch| {
            keeper.take(batch)?;
            if first
                .as_ref()
                .is_none_or(|page| (page.rows.len() as u64) < FIRST)
            {
                let page = keeper.first(FIRST)?;
                tell(Heard::First(page.clone()));
                first = Some(page);
            }
            if told.elapsed() > TICK {
                told = Instant::now();
                tell(Heard::Rows(keeper.rows()));
            }
            Ok::<_, Stopped>(())
        });
        let took = began.elapsed();
        let is_part = interrupt.is_requested();
        match poured {
            Err(Stopped::Engine(e)) if is_part && e.kind == ErrorKind::Interrupted => {}
            Err(Stopped::Engine(error)) => return Err(Stopped::Run(answer.located(error))),
            poured => poured?,
        }
        if is_part && first.is_none() {
            return Err(Stopped::Engine(EngineError::new(
                ErrorKind::Interrupted,
                "cancelled before there were rows",
            )));
        }
        let (table, first) = (Arc::new(keeper.end()?), first.unwrap_or_default());
        Ok(match is_part {
            true => Answered::Part(table, first, took),
            false => Answered::Rows(table, first, began.elapsed()),
        })
    }
}

/// Why a question was given up.
enum Stopped {
    Run(RunError),
    /// In the session of the query.
    Engine(EngineError),
    /// Where rows are kept.
    Browse(BrowseError),
    Params(Vec<String>),
}

impl From<RunError> for Stopped {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl From<EngineError> for Stopped {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<BrowseError> for Stopped {
    fn from(error: BrowseError) -> Self {
        Self::Browse(error)
    }
}

impl AskError {
    /// Of an error in the session of a query; `sql` is its text.
    pub(super) fn of(sql: &str, error: RunError) -> Self {
        match error {
            RunError::Sql { message, at } | RunError::Value { message, at } => Self::Sql {
                message,
                at: place(sql, &at),
            },
            RunError::Interrupted { .. } => Self::Interrupted,
            RunError::Warehouse(WarehouseError::Engine(error))
                if error.kind == ErrorKind::OutOfMemory =>
            {
                Self::Memory(format!("{}\n\n{MEMORY}", error.message))
            }
            error => Self::Other(error),
        }
    }

    fn of_stopped(sql: &str, stopped: Stopped) -> Self {
        match stopped {
            Stopped::Params(names) => Self::Params(names),
            Stopped::Run(error) => Self::of(sql, error),
            Stopped::Engine(error) => Self::of(sql, error.into()),
            Stopped::Browse(error) => Self::of(sql, error.into()),
        }
    }
}

/// The bytes of what a place in a text names.
pub(super) fn place(sql: &str, at: &Located) -> Range<usize> {
    let mut lines = sql.split_inclusive('\n');
    let before: usize = lines.by_ref().take(at.line - 1).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    let column = line.char_indices().nth(at.column - 1);
    statement::word_at(sql, before + column.map_or(line.len(), |(at, _)| at))
}
