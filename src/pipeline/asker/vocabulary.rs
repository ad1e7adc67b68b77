//! What a query can name, from the catalogue and the engine.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Asker;
use crate::assist::{FunctionWords, TableWords, Vocabulary};
use crate::engine::{EngineError, Session, quote};
use crate::model::column::Column;
use crate::model::interrupt::Interrupt;
use crate::model::moment::Moment;
use crate::model::transform::Schema;
use crate::pipeline::catalog::{self, TableEntry};
use crate::pipeline::context::Context;
use crate::pipeline::error::RunError;
use crate::snapshots::{Published, moment};

/// More values than these are no help.
const FEW: usize = 100;

/// A longer value is not one that somebody types.
const LONGEST: usize = 100;

/// The column by which the days of `history.x` are told apart.
const DAY: &str = "ingest_date";

impl Asker {
    /// All names: tables with their columns as of a day, functions, keywords, types.
    /// What cannot be told is left out. `values` is empty.
    pub fn vocabulary(&self, as_of: Option<NaiveDate>, interrupt: &Interrupt) -> Vocabulary {
        let ctx = Context {
            interrupt: interrupt.clone(),
            ..(*self.ctx).clone()
        };
        let mut vocabulary = Vocabulary {
            tables: self.tables(&ctx, as_of),
            ..Vocabulary::default()
        };
        if let Ok(session) = self.browser.session(interrupt) {
            vocabulary.functions = functions(&session).unwrap_or_default();
            vocabulary.keywords = words(&session, KEYWORDS).unwrap_or_default();
            vocabulary.types = words(&session, TYPES).unwrap_or_default();
        }
        vocabulary
    }

    /// Published datasets have the columns that they have on the day; other tables
    /// those that the catalogue knows.
    fn tables(&self, ctx: &Context, as_of: Option<NaiveDate>) -> Vec<TableWords> {
        let published = self.published(as_of).unwrap_or_default();
        let known = catalog::catalog(ctx, None).map(|catalog| catalog.tables);
        let known = known.unwrap_or_default();
        let about = |name: &str| {
            let entry = known
                .iter()
                .find(|t| t.table.schema == Schema::Features && t.table.name == name);
            entry
                .and_then(|t| t.description.clone())
                .unwrap_or_default()
        };
        let mut tables = Vec::new();
        for (name, (of_day, of_all)) in &published {
            let words = |columns: &[Column]| -> Vec<_> {
                let words = columns.iter();
                words.map(|c| (c.name.clone(), c.ty.clone())).collect()
            };
            let mut of_all = words(of_all);
            of_all.push((DAY.to_owned(), "DATE".to_owned()));
            let both = [("features", words(of_day)), ("history", of_all)];
            tables.extend(both.map(|(schema, columns)| TableWords {
                schema: schema.to_owned(),
                name: name.clone(),
                columns,
                about: about(name),
            }));
        }
        // A dataset that was never published cannot be asked for.
        let others = known.iter().filter(|t| t.table.schema != Schema::Features);
        tables.extend(others.map(of_entry));
        tables
    }

    /// The columns of each dataset as of a day, and those of all its days.
    fn published(&self, as_of: Option<NaiveDate>) -> Result<BTreeMap<String, OfDataset>, RunError> {
        let published = self.browser.published()?;
        let store = self.browser.store();
        let shown = moment::shown(store, &published, as_of.map(Moment::Day))?;
        let of_dataset = shown.datasets.into_iter().map(|(name, live)| {
            let mut all: Vec<Column> = Vec::new();
            // The newest day that has a column knows its type.
            for day in published.days(&name).into_values().rev() {
                for column in &day.partition.staged.schema {
                    if !all.iter().any(|c| c.name == column.name) {
                        all.push(column.clone());
                    }
                }
            }
            (name.to_string(), (live.partition.staged.schema, all))
        });
        Ok(of_dataset.collect())
    }

    /// The values of a column of a dataset as text, if they are few. `table` is as
    /// [`Vocabulary`] has it: `features.x`, or `history.x` as of the day.
    pub fn values(
        &self,
        table: &str,
        column: &str,
        as_of: Option<NaiveDate>,
        interrupt: &Interrupt,
    ) -> Option<Vec<String>> {
        let dataset = table
            .strip_prefix("features.")
            .or_else(|| table.strip_prefix("history."))?;
        let published: Published = self.browser.published().ok()?;
        let store = self.browser.store();
        let shown = moment::shown(store, &published, as_of.map(Moment::Day)).ok()?;
        let mut of_day = shown.datasets.into_iter();
        let (_, live) = of_day.find(|(name, _)| name.as_str().eq_ignore_ascii_case(dataset))?;
        let table = self.browser.open(&live).ok()?;
        let column = table
            .columns
            .iter()
            .find(|c| c.name.eq_ignore_ascii_case(column))?;
        let session = self.browser.session(interrupt).ok()?;
        // One more than is few tells that they are not; the first ones are enough.
        let sql = format!(
            "SELECT value FROM (SELECT DISTINCT CAST({} AS VARCHAR) AS value FROM {}) \
             WHERE value IS NOT NULL LIMIT {}",
            quote::ident(&column.name),
            table.scan(),
            FEW + 1
        );
        let found = session.texts(&sql).ok()?;
        let mut values: Vec<String> = found.into_iter().flatten().flatten().collect();
        let is_help = values.len() <= FEW && values.iter().all(|v| v.len() <= LONGEST);
        if !is_help || interrupt.is_requested() {
            return None;
        }
        values.sort();
        Some(values)
    }
}

/// The columns of a day, and of all days.
type OfDataset = (Vec<Column>, Vec<Column>);

fn of_entry(entry: &TableEntry) -> TableWords {
    let columns = entry.columns.iter();
    TableWords {
        schema: entry.table.schema.as_str().to_owned(),
        name: entry.table.name.clone(),
        columns: columns
            .map(|c| (c.name.clone(), c.ty.clone().unwrap_or_default()))
            .collect(),
        about: entry.description.clone().unwrap_or_default(),
    }
}

/// Those that are words of their own, and are no operators.
const FUNCTIONS: &str = r"
    SELECT DISTINCT function_name, array_to_string(list_transform(
        coalesce(parameters, []), lambda p, i: concat_ws(' ', p, parameter_types[i])), ', '),
        coalesce(varargs, ''), coalesce(return_type, ''), function_type
    FROM duckdb_functions()
    WHERE function_type <> 'pragma' AND regexp_matches(function_name, '^[a-z][a-z0-9_]*$')
    ORDER BY ALL";

const KEYWORDS: &str = "SELECT keyword_name FROM duckdb_keywords() ORDER BY 1";

/// As they are written, without those that only the engine itself uses.
const TYPES: &str = r"
    SELECT DISTINCT upper(type_name) FROM duckdb_types()
    WHERE NOT starts_with(type_name, '_') AND regexp_matches(type_name, '^[a-z][a-z0-9_ ]*$')
    ORDER BY 1";

fn words(session: &Session, sql: &str) -> Result<Vec<String>, EngineError> {
    Ok(session
        .texts(sql)?
        .into_iter()
        .flatten()
        .flatten()
        .collect())
}

fn functions(session: &Session) -> Result<Vec<FunctionWords>, EngineError> {
    let mut all: Vec<FunctionWords> = Vec::new();
    for row in session.texts(FUNCTIONS)? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        let (name, mut parameters, more) = (next(), next(), next());
        let (returns, kind) = (next(), next());
        if !more.is_empty() {
            let gap = if parameters.is_empty() { "" } else { ", " };
            parameters += &format!("{gap}{more}…");
        }
        let returns = match kind.contains("table") {
            true => " → rows".to_owned(),
            false if returns.is_empty() => String::new(),
            false => format!(" → {returns}"),
        };
        let signature = format!("{name}({parameters}){returns}");
        match all.last_mut().filter(|last| last.name == name) {
            Some(last) => last.signatures.push(signature),
            None => all.push(FunctionWords {
                name,
                signatures: vec![signature],
            }),
        }
    }
    Ok(all)
}
