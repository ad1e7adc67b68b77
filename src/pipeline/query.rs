//! One query of a user over what is published, and over raw data if asked.

mod explained;
mod listing;
mod refusal;
mod scans;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use super::names::Names;
use super::reading;
use crate::engine::param::Param;
use crate::engine::rows::Rows;
use crate::engine::stream::{Nested, Query, Streamed, TextBatch};
use crate::engine::{Dialect, EngineError, ErrorKind, Session, arrow, parquet};
use crate::model::column::Column;
use crate::model::located::Located;
use crate::model::moment::Moment;
use crate::model::transform::Schema;
use crate::project::TargetUrl;
use crate::snapshots::Published;
use crate::store::Store;
use crate::transforms::{Problem, statement};
pub use explained::measuring;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryRequest {
    pub sql: String,
    /// What the text is called in messages: `query`, or its file.
    pub name: String,
    pub params: Vec<Param>,
    /// None: the newest snapshot of each dataset.
    pub as_of: Option<Moment>,
    /// None: the project's.
    pub target: Option<TargetUrl>,
    /// May read what is shown to it, and nothing else.
    pub safe: bool,
    /// A file that it is going to write, also if it is safe.
    pub into: Option<PathBuf>,
}

impl QueryRequest {
    /// Of a text alone.
    pub fn of(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            name: "query".to_owned(),
            params: Vec::new(),
            as_of: None,
            target: None,
            safe: false,
            into: None,
        }
    }
}

/// Whether SQL names what no moment is asked of: raw data, and all days at once.
pub fn reads_beside(sql: &str) -> bool {
    let schemas = [Schema::Raw, Schema::Staging, Schema::History];
    schemas
        .into_iter()
        .any(|schema| reading::mentions(sql, schema))
        || reading::names_schema(sql, "quarantine")
}

/// Whether what SQL reads is that of a moment, or what it lists.
pub fn reads_a_day(sql: &str) -> bool {
    reading::mentions(sql, Schema::Features) || listing::is_one(sql)
}

/// Whether something else is run for a statement, which has other rows than the engine's
/// own inside of another statement.
pub fn is_replaced(sql: &str) -> bool {
    statement::only(sql).is_ok_and(|only| listing::instead(only).is_some())
}

/// A query that was understood, and waits for its rows to be taken.
pub struct Answer {
    pub(super) session: Session,
    request: QueryRequest,
    /// Where the statement lies in the text.
    body: std::ops::Range<usize>,
    /// What is run in its place.
    instead: Option<&'static str>,
    /// What of published files can be read.
    opened: Vec<reading::Opened>,
    columns: Vec<Column>,
    /// Where the engine puts what does not fit into memory, while it runs.
    spill: PathBuf,
    store: Arc<dyn Store>,
}

/// Opens a session, binds the SQL and says which columns it has.
///
/// # Errors
/// SQL that the engine refuses, at its place in the text; nothing published.
pub fn ask(ctx: &Context, request: QueryRequest) -> Result<Answer, RunError> {
    let mut answer = open(ctx, request, &reading::fresh)?;
    answer.bind(ctx)?;
    Ok(answer)
}

/// The same, before the SQL is bound to what it names.
///
/// # Errors
/// SQL that is no query; nothing published.
pub(super) fn open(
    ctx: &Context,
    request: QueryRequest,
    fresh: reading::Fresh<'_>,
) -> Result<Answer, RunError> {
    let target = request.target.as_ref().unwrap_or(&ctx.project.target);
    let store = ctx.store_to_read(target)?;
    let with_staging = reading::mentions(&request.sql, Schema::Staging);
    let body = one_statement(&request, with_staging || request.safe)?;
    let (session, opened) = reading::open(ctx, &*store, &request.sql, request.as_of, fresh)?;
    let statement = &request.sql[body.clone()];
    if listing::is_one(statement) {
        listing::show(ctx, &*store, &session, request.as_of)?;
    }
    let instead = listing::instead(statement);
    if with_staging || request.safe {
        // SQL of the repository runs now: it may read what was opened, no more.
        let into = request.into.as_deref();
        let files = opened.iter().flat_map(|opened| &opened.files);
        let files: Vec<&Path> = files.map(|f| f.as_path()).chain(into).collect();
        session.lock_down(&[], &files)?;
    }
    Ok(Answer {
        session,
        request,
        body,
        instead,
        opened,
        columns: Vec::new(),
        spill: ctx.layout.spill(),
        store,
    })
}

/// The tables that a query can name: also those that only the target knows.
fn tables(ctx: &Context, published: &Published) -> Vec<String> {
    let mut tables: BTreeSet<String> = Names::of(ctx).tables().into_iter().map(|t| t.0).collect();
    for dataset in published.datasets() {
        tables.insert(format!("features.{dataset}"));
        tables.insert(format!("history.{dataset}"));
    }
    tables.into_iter().collect()
}

fn text_column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        ty: "VARCHAR".to_owned(),
    }
}

/// An error on the way from the engine to whoever takes the rows.
enum Broken<E> {
    Engine(EngineError),
    Taker(E),
}

impl<E> From<EngineError> for Broken<E> {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl Answer {
    /// The day asked for, and of named datasets that lack it the day that is shown.
    pub fn of_earlier_days(&self) -> Option<(NaiveDate, Vec<(&str, NaiveDate)>)> {
        let Some(Moment::Day(asked)) = self.request.as_of else {
            return None;
        };
        let words = statement::words(self.sql()).flat_map(|(word, _)| word.split('.'));
        let words = words.map(|word| word.trim_matches(['"', '`']).to_lowercase());
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        let earlier = self.opened.iter().filter_map(|opened| {
            let day = opened.day.filter(|day| *day < asked)?;
            let name = opened.table.strip_prefix("features.")?;
            let mut pairs = words.windows(2);
            pairs
                .any(|pair| pair == [Schema::Features.as_str(), name])
                .then_some((name, day))
        });
        Some((asked, earlier.collect()))
    }

    /// Binds the SQL, and finds the columns that it has.
    pub(super) fn bind(&mut self, ctx: &Context) -> Result<(), RunError> {
        self.columns = if self.explains() {
            self.bind_explained(ctx)?;
            ["explain_key", "explain_value"].map(text_column).into()
        } else {
            let described = self.session.describe(self.query(None, Nested::Engine));
            described.map_err(|e| self.not_bound(ctx, e))?
        };
        Ok(())
    }

    /// An error of binding, by what of the project could have been meant.
    pub(super) fn not_bound(&self, ctx: &Context, error: EngineError) -> RunError {
        let published = Published::read(&*self.store).unwrap_or_default();
        let mut known = tables(ctx, &published);
        let is_open = |name: &str| self.opened.iter().any(|opened| opened.table == name);
        let error = match refusal::missing(self.sql(), &error) {
            Some((name, at)) if known.contains(&name) && !is_open(&name) => {
                let days = published.partitions.keys();
                let days = days.filter(|id| Some(id.dataset.as_str()) == name.split('.').nth(1));
                let first = days.map(|id| id.ingest_date).min();
                EngineError {
                    message: refusal::of_known(&name, self.request.as_of, first),
                    position: Some(at),
                    ..error
                }
            }
            _ => {
                known.extend(refusal::with_names(self.sql()));
                refusal::of_table(error, &known)
            }
        };
        self.located(self.with_candidates(error))
    }

    fn with_candidates(&self, error: EngineError) -> EngineError {
        let Some(sql) = refusal::without_table(self.sql(), &error) else {
            return error;
        };
        let query = Query {
            sql: &sql,
            ..self.query(None, Nested::Engine)
        };
        match self.session.describe(query) {
            Ok(_) => error,
            Err(other) => refusal::with_candidates(error, &other),
        }
    }

    /// The names of the SQL's parameters.
    pub(super) fn parameters(&self, ctx: &Context) -> Result<Vec<String>, RunError> {
        if !self.sql().contains(['$', '?']) {
            return Ok(Vec::new());
        }
        let names = self.session.parameters(self.sql());
        names.map_err(|e| self.not_bound(ctx, e))
    }

    /// Passes over the values of parameters that the SQL does not have.
    pub(super) fn keep_params(&mut self, names: &[String]) {
        let is_there = |p: &Param| names.iter().any(|n| n.eq_ignore_ascii_case(&p.name));
        self.request.params.retain(is_there);
    }

    /// The columns of the result.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// At most `limit` rows as text.
    ///
    /// # Errors
    /// What goes wrong while they are computed.
    pub fn rows(&self, limit: Option<u64>) -> Result<Rows, RunError> {
        let mut rows = Vec::new();
        let streamed = self.stream(limit, Nested::Engine, |batch| {
            for row in 0..batch.rows() {
                let cells = (0..batch.width()).map(|at| batch.cell(row, at).map(str::to_owned));
                rows.push(cells.collect());
            }
            Ok::<_, RunError>(())
        })?;
        Ok(Rows {
            columns: self.columns.clone(),
            rows,
            cut_off: streamed.cut_off,
        })
    }

    /// Hands the rows to `each` as they come.
    ///
    /// # Errors
    /// As for [`Answer::rows`], and the first error of `each`.
    pub fn stream<E: From<RunError>>(
        &self,
        limit: Option<u64>,
        nested: Nested,
        mut each: impl FnMut(&TextBatch) -> Result<(), E>,
    ) -> Result<Streamed, E> {
        let query = self.query(limit, nested);
        let each = |batch: &TextBatch| each(batch).map_err(Broken::Taker);
        let streamed = if self.explains() {
            self.session.stream_as_it_is(query, each)
        } else {
            self.session.stream(query, &self.columns, each)
        };
        streamed.map_err(|broken| match broken {
            Broken::Engine(error) => self.located(error).into(),
            Broken::Taker(error) => error,
        })
    }

    /// Writes the rows to a Parquet file, and returns how many there were.
    ///
    /// # Errors
    /// As for [`Answer::rows`]; the file is then worthless.
    pub fn to_parquet(&self, file: &Path, limit: Option<u64>) -> Result<u64, RunError> {
        self.whole()?;
        let query = self.query(limit, Nested::Engine);
        parquet::write_query(&self.session, query, file).map_err(|e| self.located(e))
    }

    /// Writes the rows as a stream of Arrow IPC, and returns how many there were.
    ///
    /// # Errors
    /// As for [`Answer::rows`], and of writing.
    pub fn to_arrow<W: std::io::Write>(
        &self,
        out: W,
        limit: Option<u64>,
    ) -> Result<Result<u64, std::io::Error>, RunError> {
        self.whole()?;
        let query = self.query(limit, Nested::Engine);
        match arrow::write_stream(&self.session, query, out) {
            Ok(rows) => Ok(Ok(rows)),
            Err(arrow::ArrowError::Engine(error)) => Err(self.located(error)),
            Err(arrow::ArrowError::Write(error)) => Ok(Err(error)),
        }
    }

    /// To be called when nothing follows but the end of the process: the engine is
    /// left to it, unless there are files that it alone clears away.
    pub fn leave(self) {
        if !self.spill.exists() {
            std::mem::forget(self.session);
        }
    }

    /// Runs `work` on it, and tells the engine's estimate of how far it is, 0 to 1.
    pub fn watched<T>(&self, tell: impl Fn(f64) + Send, work: impl FnOnce(&Self) -> T) -> T {
        self.session.watched(tell, |_| work(self))
    }

    fn whole(&self) -> Result<(), RunError> {
        if self.explains() {
            return Err(RunError::ExplainInto);
        }
        Ok(())
    }

    pub(super) fn sql(&self) -> &str {
        let own = || &self.request.sql[self.body.clone()];
        self.instead.unwrap_or_else(own)
    }

    pub(super) fn query(&self, limit: Option<u64>, nested: Nested) -> Query<'_> {
        Query {
            sql: self.sql(),
            params: &self.request.params,
            limit,
            nested,
        }
    }

    /// What the engine says of the SQL is shown in the text as it was typed.
    pub(super) fn located(&self, error: EngineError) -> RunError {
        let error = refusal::of_pivot(self.sql(), error);
        let error = refusal::of_value(self.sql(), error, &self.request.params);
        match error.kind {
            ErrorKind::Parameter => RunError::Parameter { why: error.message },
            ErrorKind::Statement | ErrorKind::Forbidden => RunError::Sql {
                message: error.message,
                at: self.at(error.position.unwrap_or(0)),
            },
            // What a staging view does is at a place of its own text.
            ErrorKind::Data if !reading::mentions(&self.request.sql, Schema::Staging) => {
                let Some(position) = error.position else {
                    return error.into();
                };
                RunError::Value {
                    message: error.message,
                    at: self.at(position),
                }
            }
            _ => error.into(),
        }
    }

    /// A place in the text as it was typed.
    fn at(&self, position: usize) -> Located {
        let at = self.body.start + position;
        Located::at(&self.request.name, &self.request.sql, at..at + 1)
    }
}

/// The one statement that is asked. The session runs it inside a statement of
/// its own, so a second one must not come along. Beside SQL of the repository,
/// and to be safe, it is to be a SELECT that reads nothing but what is shown to it.
fn one_statement(request: &QueryRequest, strict: bool) -> Result<std::ops::Range<usize>, RunError> {
    let sql = request.sql.as_str();
    let refused = |span: std::ops::Range<usize>, message: String| RunError::Sql {
        message,
        at: Located::at(&request.name, sql, span),
    };
    let only = statement::only(sql).map_err(|span| {
        let message = if span.is_empty() {
            "there is no SQL to run".to_owned()
        } else {
            Problem::Statements.to_string()
        };
        refused(span, message)
    })?;
    let begin = only.as_ptr() as usize - sql.as_ptr() as usize;
    if let Some((message, at)) = refusal::of_deed(only).or_else(|| refusal::of_plan(only)) {
        return Err(refused(begin + at.start..begin + at.start + 1, message));
    }
    if strict {
        let examined = statement::examine(sql, &Dialect::new()?);
        let is_read = examined.tree.is_some();
        // A person may ask for today, for chance and for what a table is; a dataset may not.
        let harmless = |p: &Problem| {
            matches!(
                p,
                Problem::Clock { .. }
                    | Problem::Chance { .. }
                    | Problem::Sample
                    | Problem::Show { .. }
            ) || is_read && matches!(p, Problem::Pivot { .. })
        };
        if let Some((span, problem)) = examined.problems.into_iter().find(|(_, p)| !harmless(p)) {
            let message = match problem {
                Problem::Pivot { .. } => refusal::PIVOT.to_owned(),
                problem => {
                    let said = problem.to_string();
                    let better = refusal::for_pivot(sql, &said, span.start);
                    better.map_or(said, str::to_owned)
                }
            };
            return Err(refused(span, message));
        }
    }
    Ok(begin..begin + only.len())
}
