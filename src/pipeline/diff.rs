//! What changed in a dataset between two moments.

use std::sync::atomic::{AtomicU8, Ordering};

use super::context::Context;
use super::error::RunError;
use super::vanished;
use crate::engine::diff::furthest::Furthest;
use crate::engine::diff::{self, Comparison, DiffError, DiffRequest, Listed, Row};
use crate::engine::{Session, Settings};
use crate::model::column::Column;
use crate::model::commit::LivePartition;
use crate::model::difference::{ColumnDifference, Difference, Moved, Pair, RowCounts};
use crate::model::located::Located;
use crate::model::moment::Moment;
use crate::model::names::{SourceName, TransformName};
use crate::model::nearest::nearest;
use crate::model::progress::Progress;
use crate::project::TargetUrl;
use crate::snapshots::{Published, moment, open};
use crate::store::Store;

/// How messages name the text of a condition.
const CONDITION: &str = "--where";

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct DiffQuestion {
    pub dataset: TransformName,
    pub moments: Pair<Moment>,
    /// None: the project's.
    pub target: Option<TargetUrl>,
    /// Columns that name a row. Empty: the dataset's key.
    pub key: Vec<String>,
    /// Columns to compare. Empty: all that both sides have.
    pub columns: Vec<String>,
    /// Columns not to compare.
    pub ignored: Vec<String>,
    /// SQL over the dataset's columns: a row counts if it holds on either side.
    pub condition: Option<String>,
    /// How far apart floating numbers and decimals may be and still be the same.
    pub tolerance: Option<f64>,
}

/// Both sides, found and opened.
pub struct Diff {
    pub dataset: TransformName,
    pub moments: Pair<Moment>,
    pub sides: Pair<LivePartition>,
    /// Columns that name a row.
    pub key: Vec<Column>,
    /// The compared columns, as the side after has them.
    pub columns: Vec<Column>,
    /// Columns that only one side has.
    pub only: Pair<Vec<Column>>,
    /// Their types on both sides, where these differ. Also of columns that are not
    /// compared.
    pub retyped: Vec<(String, Pair<String>)>,
    condition: Option<String>,
    /// None if both sides are the same bytes.
    comparison: Option<Comparison>,
}

/// Finds both sides and opens them.
///
/// # Errors
/// A dataset, moment or column that is not there; a condition that does not bind.
pub fn open(ctx: &Context, question: &DiffQuestion) -> Result<Diff, RunError> {
    let target = question.target.as_ref().unwrap_or(&ctx.project.target);
    let store = ctx.store_to_read(target)?;
    let published = Published::read(&*store)?;
    let dataset = known(ctx, &*store, &published, &question.dataset)?;
    let side = |moment: Moment| -> Result<LivePartition, RunError> {
        let mut shown = moment::shown(&*store, &published, Some(moment))?.datasets;
        shown.remove(&dataset).ok_or_else(|| {
            let first = published.days(&dataset).into_keys().next();
            RunError::NoSnapshotOf {
                dataset: dataset.clone(),
                moment,
                first: first.unwrap_or_default(),
            }
        })
    };
    let sides = question.moments.map(side).ok()?;
    let files = sides
        .as_ref()
        .map(|live| open::file_of(&*store, live))
        .ok()?;
    let settings = Settings {
        spill: Some(ctx.layout.spill()),
        ..ctx.settings()
    };
    let session = Session::in_memory(&settings, &ctx.interrupt)?;
    let schemas = files
        .as_ref()
        .map(|file| diff::columns_of(&session, file))
        .ok()?;
    let chosen = Chosen {
        question,
        sides: &sides,
        schemas: &schemas,
    };
    let key = chosen.key()?;
    let columns = chosen.columns(&key)?;
    let has_same_bytes = sides
        .as_ref()
        .map(|live| live.partition.staged.blake3)
        .is_same();
    let comparison = if has_same_bytes && question.condition.is_none() {
        None
    } else {
        let names = |columns: &[Column]| columns.iter().map(|c| c.name.clone()).collect();
        let request = DiffRequest {
            name: dataset.to_string(),
            files,
            key: names(&key),
            columns: names(&columns),
            condition: question.condition.clone(),
            tolerance: question.tolerance,
        };
        let opened = Comparison::open(session, request);
        Some(opened.map_err(|e| located(question.condition.as_deref(), e))?)
    };
    Ok(Diff {
        dataset,
        moments: question.moments,
        key,
        columns,
        only: chosen.only(),
        retyped: chosen.retyped(),
        sides,
        condition: question.condition.clone(),
        comparison,
    })
}

/// The dataset of that name, if the target has it.
fn known(
    ctx: &Context,
    store: &dyn Store,
    published: &Published,
    name: &TransformName,
) -> Result<TransformName, RunError> {
    let datasets = published.datasets();
    if datasets.is_empty() {
        return Err(vanished::or_nothing_published(ctx, store));
    }
    if datasets.contains(name) {
        return Ok(name.clone());
    }
    let near = nearest(name.as_str(), datasets.iter().map(|d| d.as_str()));
    Err(RunError::NoSuchDataset {
        name: name.clone(),
        nearest: near.map(str::to_owned),
    })
}

/// Which columns are meant.
struct Chosen<'q> {
    question: &'q DiffQuestion,
    sides: &'q Pair<LivePartition>,
    schemas: &'q Pair<Vec<Column>>,
}

impl Chosen<'_> {
    fn key(&self) -> Result<Vec<Column>, RunError> {
        let asked = &self.question.key;
        let declared = &self.sides.after.partition.staged.key;
        let names = if asked.is_empty() { declared } else { asked };
        if names.is_empty() {
            return Err(RunError::NoKey {
                dataset: self.question.dataset.clone(),
            });
        }
        let column = |name: &String| {
            self.known(name)?;
            let shared = self.shared().find(|c| c.name == *name);
            shared.cloned().ok_or_else(|| RunError::KeyNotShared {
                dataset: self.question.dataset.clone(),
                column: name.clone(),
            })
        };
        names.iter().map(column).collect()
    }

    fn columns(&self, key: &[Column]) -> Result<Vec<Column>, RunError> {
        let DiffQuestion {
            columns, ignored, ..
        } = self.question;
        for name in columns.iter().chain(ignored) {
            self.known(name)?;
        }
        let is_meant = |column: &&Column| {
            !key.iter().any(|k| k.name == column.name)
                && (columns.is_empty() || columns.contains(&column.name))
                && !ignored.contains(&column.name)
        };
        Ok(self.shared().filter(is_meant).cloned().collect())
    }

    /// Refuses a name that neither side has.
    fn known(&self, name: &str) -> Result<(), RunError> {
        let all = || self.schemas.before.iter().chain(&self.schemas.after);
        if all().any(|column| column.name == name) {
            return Ok(());
        }
        let near = nearest(name, all().map(|column| column.name.as_str()));
        Err(RunError::NoSuchColumn {
            dataset: self.question.dataset.clone(),
            name: name.to_owned(),
            nearest: near.map(str::to_owned),
        })
    }

    /// Columns of both sides, as the side after has them.
    fn shared(&self) -> impl Iterator<Item = &Column> {
        let before = &self.schemas.before;
        let after = self.schemas.after.iter();
        after.filter(|column| before.iter().any(|b| b.name == column.name))
    }

    fn only(&self) -> Pair<Vec<Column>> {
        let Pair { before, after } = self.schemas;
        let without = |own: &[Column], others: &[Column]| {
            let is_own = |c: &&Column| others.iter().all(|other| other.name != c.name);
            own.iter().filter(is_own).cloned().collect()
        };
        Pair::new(without(before, after), without(after, before))
    }

    fn retyped(&self) -> Vec<(String, Pair<String>)> {
        let before = &self.schemas.before;
        let retyped = self.shared().filter_map(|after| {
            let before = before.iter().find(|b| b.name == after.name)?;
            let types = Pair::new(before.ty.clone(), after.ty.clone());
            (!types.is_same()).then(|| (after.name.clone(), types))
        });
        retyped.collect()
    }
}

impl Diff {
    /// Whether both sides are one snapshot.
    pub fn is_one(&self) -> bool {
        let place = |live: &LivePartition| (live.seq, live.partition.staged.id.clone());
        self.sides.as_ref().map(place).is_same()
    }

    /// The sources whose data another state of was computed from.
    pub fn fed(&self) -> Vec<SourceName> {
        let Pair { before, after } = self
            .sides
            .as_ref()
            .map(|live| &live.partition.staged.inputs.generations);
        let names = before.keys().chain(after.keys());
        let mut fed: Vec<SourceName> = names
            .filter(|name| before.get(*name) != after.get(*name))
            .cloned()
            .collect();
        fed.sort();
        fed.dedup();
        fed
    }

    /// Compares all rows. With `listed`, only rows are counted, and
    /// [`Diff::list`] can then list them.
    ///
    /// # Errors
    /// What goes wrong on the way.
    pub fn compare(
        &mut self,
        ctx: &Context,
        listed: Option<Listed>,
    ) -> Result<Difference, RunError> {
        let Some(comparison) = &mut self.comparison else {
            return Ok(self.the_same());
        };
        let told = AtomicU8::new(0);
        let tell = |share: f64| {
            let percent = (share * 100.0) as u8;
            if told.swap(percent, Ordering::Relaxed) != percent {
                ctx.progress.report(Progress::Statement {
                    percent: percent.into(),
                });
            }
        };
        comparison
            .run(listed, &tell)
            .map_err(|e| located(self.condition.as_deref(), e))
    }

    /// Nothing is different.
    fn the_same(&self) -> Difference {
        let same = |column: &Column| ColumnDifference {
            name: column.name.clone(),
            types: Pair::new(column.ty.clone(), column.ty.clone()),
            compared_as: None,
            changed: 0,
            moved: Moved::Unknown,
        };
        Difference {
            rows: RowCounts {
                unchanged: self.sides.after.partition.staged.rows,
                ..RowCounts::default()
            },
            columns: self.columns.iter().map(same).collect(),
            beside: None,
        }
    }

    /// The first rows that differ, so many at most, and whether there are more. As
    /// [`Diff::list`].
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn first(&self, listed: Listed, most: usize) -> Result<(Vec<Row>, bool), RunError> {
        match &self.comparison {
            Some(comparison) => Ok(comparison.first(listed, most)?),
            None => Ok((Vec::new(), false)),
        }
    }

    /// Hands the rows that differ to `each`, in the order of their keys, as long as
    /// it says true.
    ///
    /// # Errors
    /// What goes wrong on the way, and the first error of `each`.
    pub fn list<E: From<RunError>>(
        &self,
        listed: Listed,
        as_json: bool,
        mut each: impl FnMut(Row) -> Result<bool, E>,
    ) -> Result<(), E> {
        let Some(comparison) = &self.comparison else {
            return Ok(());
        };
        let mut failed = None;
        let listed = comparison.list(listed, as_json, |row| {
            Ok::<_, crate::engine::EngineError>(each(row).unwrap_or_else(|error| {
                failed = Some(error);
                false
            }))
        });
        match (failed, listed) {
            (Some(error), _) => Err(error),
            (None, listed) => listed.map_err(|e| RunError::from(e).into()),
        }
    }
}

impl Diff {
    /// The rows that moved furthest in a column, at most so many, the furthest
    /// first; and how many changed in it. To be called after [`Diff::compare`] with
    /// [`Listed::CHANGED`].
    ///
    /// # Errors
    /// [`RunError::NoSuchColumn`] if it is not compared, and what goes wrong on the
    /// way.
    pub fn furthest(
        &self,
        column: &str,
        most: usize,
        as_json: bool,
    ) -> Result<(Vec<Row>, u64), RunError> {
        let Some(place) = self.columns.iter().position(|c| c.name == column) else {
            let near = nearest(column, self.columns.iter().map(|c| c.name.as_str()));
            return Err(RunError::NoSuchColumn {
                dataset: self.dataset.clone(),
                name: column.to_owned(),
                nearest: near.map(str::to_owned),
            });
        };
        let mut furthest = Furthest::new(&self.columns[place], place, most);
        self.list(Listed::CHANGED, as_json, |row| {
            furthest.take(row);
            Ok::<_, RunError>(true)
        })?;
        Ok(furthest.finish())
    }
}

/// What the engine says of a condition is shown in the text as it was typed.
fn located(condition: Option<&str>, error: DiffError) -> RunError {
    match (error, condition) {
        (DiffError::Condition(error), Some(text)) if !error.is_interrupt() => {
            let position = error.position.unwrap_or(0);
            RunError::Sql {
                message: error.message,
                at: Located::at(CONDITION, text, position..position + 1),
            }
        }
        (DiffError::Condition(error) | DiffError::Engine(error), _) => error.into(),
    }
}
