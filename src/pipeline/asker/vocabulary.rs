//! What a query can name, from the catalogue and the engine.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Asker;
use crate::assist::{FunctionWords, TableWords, Vocabulary};
use crate::engine::{EngineError, Session};
use crate::model::column::Column;
use crate::model::interrupt::Interrupt;
use crate::model::moment::Moment;
use crate::model::transform::Schema;
use crate::pipeline::catalog::{self, TableEntry};
use crate::pipeline::context::Context;
use crate::pipeline::error::RunError;
use crate::snapshots::moment;

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
            // As in the session of a query.
            let _ = session.define_clock(ctx.local_time());
            let _ = session.define_run_date(as_of.unwrap_or_else(|| ctx.today()));
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
            let both = [("features", words(of_day)), ("history", words(of_all))];
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
            let all = published.columns_of_history(&name);
            (name.to_string(), (live.partition.staged.schema, all))
        });
        Ok(of_dataset.collect())
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
