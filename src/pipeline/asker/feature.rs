//! A query becomes a dataset: a file under `sql/features/`, with a header to fill in;
//! and such a file is corrected.

mod kept;
mod key;

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use super::{AskError, Asker};
use crate::engine::Dialect;
use crate::model::column::Column;
use crate::model::interrupt::Interrupt;
use crate::model::names::{TransformName, has_name_shape};
use crate::model::transform::{TransformKind, Transforms};
use crate::pipeline::draft;
use crate::pipeline::error::RunError;
use crate::pipeline::query::{self, QueryRequest};
use crate::pipeline::run::readable_transforms;
use crate::transforms::{
    self, Place, Problem, SqlFile, TransformError, TransformErrors, statement,
};

/// A dataset that is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feature {
    pub name: String,
    /// One SELECT.
    pub sql: String,
    /// What a row is. Empty: to be filled in.
    pub description: String,
    /// The columns that name a row. Empty: to be filled in; until then no export is
    /// possible.
    pub key: Vec<String>,
}

/// Why it does not become one.
#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    #[error("{0}")]
    BadName(String),
    #[error("there is a dataset `{0}` already")]
    Exists(String),
    /// A key of a column that the query does not have, and those that it has.
    #[error("`{name}` cannot be in the key: the query has {}", listed(.columns))]
    Key { name: String, columns: Vec<String> },
    /// A key that does not name one row each.
    #[error("{why}")]
    NoKey { key: Vec<String>, why: String },
    #[error("cancelled")]
    Interrupted,
    /// What is wrong with the query, or what a dataset may not do, at a place in it.
    #[error("{message}")]
    Sql {
        message: String,
        hint: Option<String>,
        at: Range<usize>,
    },
    #[error("a target is looked at without a project, and datasets are made in one")]
    NoProject,
    #[error("`{}`: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Other(RunError),
}

/// What a dataset of a statement would be, before it has a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    pub columns: Vec<String>,
    /// Why it may have other rows another time.
    pub chances: Vec<String>,
}

/// A feature that could be written.
struct Ready {
    path: PathBuf,
    text: String,
    /// Its statement, and its key.
    sql: String,
    key: Vec<String>,
}

impl Asker {
    /// Whether a statement can be a feature, whatever that will be called. Nothing is
    /// computed.
    ///
    /// # Errors
    /// As the cases of [`FeatureError`], but for its name and its key.
    pub fn look_at_feature(&self, sql: &str) -> Result<Looked, FeatureError> {
        let taken = |name: &String| self.ctx.layout.sql_features().join(name).exists();
        let mut names = (0..).map(|n| format!("new_{n}"));
        let name = names.find(|name| !taken(&format!("{name}.sql")));
        let (_, columns) = self.written(&Feature {
            name: name.unwrap_or_default(),
            sql: sql.to_owned(),
            ..Feature::default()
        })?;
        Ok(Looked {
            columns,
            chances: self.chances(sql, &[]),
        })
    }

    /// Why a statement may give other rows another time, though it reads the same. `key`
    /// are columns that name one row each, if they are known.
    pub fn chances(&self, sql: &str, key: &[String]) -> Vec<String> {
        // Who cannot be parsed has told that by now.
        let syntax = Dialect::new();
        syntax.map_or_else(
            |_| Vec::new(),
            |syntax| transforms::chances(sql, key, &syntax),
        )
    }

    /// Whether a feature could be written, and its key, if it has one, names one row of
    /// today's each. All rows of the query are computed for that.
    ///
    /// # Errors
    /// As the cases of [`FeatureError`].
    pub fn check_feature(
        &self,
        feature: &Feature,
        interrupt: &Interrupt,
    ) -> Result<(), FeatureError> {
        let ready = self.ready(feature)?;
        self.try_key(&ready.sql, &ready.key, interrupt)
    }

    /// The same of a file of a feature as it is to be.
    ///
    /// # Errors
    /// As the cases of [`FeatureError`]; places are in the whole text.
    pub fn check_feature_file(
        &self,
        name: &str,
        text: &str,
        interrupt: &Interrupt,
    ) -> Result<(), FeatureError> {
        let (sql, key) = self.readable_feature(name, text)?;
        self.try_key(&sql, &key, interrupt)
    }

    /// The statement and the key of a file of a feature as it is to be.
    pub(super) fn readable_feature(
        &self,
        name: &str,
        text: &str,
    ) -> Result<(String, Vec<String>), FeatureError> {
        let file = SqlFile {
            kind: TransformKind::Features,
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let path = file.path();
        let transforms = match self.beside_others(file)? {
            Ok(transforms) => transforms,
            Err(errors) => return Err(of_errors(&errors, &path, "", text, 0)),
        };
        let own = transforms.features.iter().find(|t| t.path == path);
        let Some(own) = own else {
            return Err(FeatureError::BadName(format!("there is no `{path}`")));
        };
        let columns = self.columns_of(&own.sql, own.sql_start)?;
        key(&own.header.key, &names(&columns))?;
        self.refuse_broken_shape(own, &columns)?;
        Ok((own.sql.clone(), own.header.key.clone()))
    }

    /// Writes `sql/features/<name>.sql`, and returns where it is. It is written only
    /// where nothing but the header has to be filled in.
    ///
    /// # Errors
    /// As the cases of [`FeatureError`]; nothing is written then.
    pub fn make_feature(&self, feature: &Feature) -> Result<PathBuf, FeatureError> {
        let Ready { path, text, .. } = self.ready(feature)?;
        match draft::create(&path, text.as_bytes()) {
            Ok(true) => Ok(path),
            Ok(false) => Err(FeatureError::Exists(feature.name.clone())),
            Err(source) => Err(FeatureError::Io { path, source }),
        }
    }

    fn ready(&self, feature: &Feature) -> Result<Ready, FeatureError> {
        Ok(self.written(feature)?.0)
    }

    /// A feature as it would be written, and the columns of its statement.
    fn written(&self, feature: &Feature) -> Result<(Ready, Vec<String>), FeatureError> {
        if self.ctx.visits {
            return Err(FeatureError::NoProject);
        }
        let name: TransformName = feature
            .name
            .parse()
            .map_err(|bad: crate::model::names::BadName| FeatureError::BadName(bad.to_string()))?;
        let sql = statement::only(&feature.sql).map_err(|span| FeatureError::Sql {
            message: "a dataset is one SELECT".to_owned(),
            hint: None,
            at: span,
        })?;
        let path = self.ctx.layout.sql_features().join(format!("{name}.sql"));
        if path.exists() {
            return Err(FeatureError::Exists(name.to_string()));
        }
        let begin = sql.as_ptr() as usize - feature.sql.as_ptr() as usize;
        let columns = names(&self.columns_of(sql, begin)?);
        let key = key(&feature.key, &columns)?;
        let header = header(&feature.description, &key, &columns);
        // What is to be filled in is none of the query's faults.
        let filled = match key.is_empty() {
            true => header.replacen(NO_KEY, "key = [\"x\"]", 1),
            false => header.clone(),
        };
        let file = SqlFile {
            kind: TransformKind::Features,
            name: name.to_string(),
            text: format!("{filled}{sql}\n"),
        };
        let own = file.path();
        if let Err(errors) = self.beside_others(file)? {
            return Err(of_errors(&errors, &own, &filled, sql, begin));
        }
        let ready = Ready {
            path,
            text: format!("{header}{sql}\n"),
            sql: sql.to_owned(),
            key,
        };
        Ok((ready, columns))
    }

    fn columns_of(&self, sql: &str, begin: usize) -> Result<Vec<Column>, FeatureError> {
        let asked = query::ask(&self.ctx, QueryRequest::of(sql));
        match asked {
            Ok(answer) => {
                let columns = answer.columns();
                if let Some(message) = self.not_kept(columns).map_err(FeatureError::Other)? {
                    return Err(FeatureError::Sql {
                        message,
                        hint: Some(
                            "cast it to a type that a Parquet file keeps, such as BIGINT, DECIMAL \
                             or DOUBLE"
                                .to_owned(),
                        ),
                        at: begin..begin + sql.len(),
                    });
                }
                Ok(columns.to_vec())
            }
            Err(error) => Err(match AskError::of(sql, error) {
                AskError::Sql { message, at } => FeatureError::Sql {
                    message,
                    hint: None,
                    at: at.start + begin..at.end + begin,
                },
                AskError::Other(RunError::Parameter { why }) => FeatureError::Sql {
                    message: format!("a dataset has no parameters: {why}"),
                    hint: None,
                    at: begin..begin + sql.len(),
                },
                AskError::Other(error) => FeatureError::Other(error),
                error => FeatureError::Sql {
                    message: error.to_string(),
                    hint: None,
                    at: begin..begin + sql.len(),
                },
            }),
        }
    }

    /// Reads it as a file of the project beside those that nothing is wrong with.
    fn beside_others(
        &self,
        file: SqlFile,
    ) -> Result<Result<Transforms, TransformErrors>, FeatureError> {
        let readable = readable_transforms(&self.ctx).map_err(FeatureError::Other)?;
        let (refused, own) = (readable.refused, file.path());
        let mut files = readable.files;
        files.retain(|f| !refused.contains(&f.path()) && f.path() != own);
        files.push(file);
        let sources = self.ctx.project.sources.iter();
        let sources: Vec<_> = sources.map(|s| s.name.clone()).collect();
        let syntax = Dialect::new().map_err(|e| FeatureError::Other(e.into()))?;
        Ok(transforms::from_files(&files, &sources, &syntax))
    }
}

/// The first thing that is wrong with a file, at its place in the query, which stands
/// behind its header.
fn of_errors(
    errors: &TransformErrors,
    path: &str,
    header: &str,
    sql: &str,
    begin: usize,
) -> FeatureError {
    let is_own = |error: &&TransformError| match &error.at {
        Place::At(located) => located.file == path,
        Place::File(file) => file == path,
    };
    let first = errors.listed().iter().find(is_own);
    let Some(first) = first.or_else(|| errors.listed().first()) else {
        return FeatureError::Other(RunError::Transforms(errors.clone()));
    };
    let lines = header.matches('\n').count();
    let at = match &first.at {
        Place::At(located) if located.file == path && located.line > lines => {
            let mut own = located.clone();
            own.line -= lines;
            let at = super::answer::place(sql, &own);
            at.start + begin..at.end + begin
        }
        // In the header, or in another file: there is nothing to point at.
        _ => begin..begin,
    };
    let message = match is_own(&first) {
        true => first.what.to_string(),
        false => first.to_string(),
    };
    FeatureError::Sql {
        message,
        hint: first.hint(),
        at,
    }
}

fn listed(columns: &[String]) -> String {
    let names = columns.iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// The columns of a key as the query spells them, each once.
///
/// # Errors
/// [`FeatureError::Key`]; [`FeatureError::NoKey`] for a name that no key column has.
pub fn key(names: &[String], columns: &[String]) -> Result<Vec<String>, FeatureError> {
    let mut key: Vec<String> = Vec::new();
    for name in names {
        let Some(own) = columns.iter().find(|c| c.eq_ignore_ascii_case(name)) else {
            return Err(FeatureError::Key {
                name: name.clone(),
                columns: columns.to_vec(),
            });
        };
        if let Some(why) = no_key_column(own, columns) {
            let key = names.to_vec();
            return Err(FeatureError::NoKey { key, why });
        }
        if !key.contains(own) {
            key.push(own.clone());
        }
    }
    Ok(key)
}

/// Why a column cannot be in a key, whatever its values are.
fn no_key_column(name: &str, columns: &[String]) -> Option<String> {
    let same = columns.iter().filter(|c| c.eq_ignore_ascii_case(name));
    if same.count() > 1 {
        return Some(format!(
            "several columns are called `{name}`: give the others another name, with `AS`"
        ));
    }
    let problem = Problem::KeyColumn {
        name: name.to_owned(),
    };
    let hint = problem.hint().unwrap_or_default();
    (!has_name_shape(name)).then(|| format!("{problem}; {hint}"))
}

const NO_KEY: &str = "key = []  # the columns that name a row";

/// It ends in a line end: the query begins on a line of its own.
fn header(description: &str, key: &[String], columns: &[String]) -> String {
    let description = match description.trim() {
        "" => "One row per … (what a row is, and who reads it)",
        text => text,
    };
    let key = match key.is_empty() {
        true => NO_KEY.to_owned(),
        false => {
            let names = key.iter().map(|name| text(name));
            format!("key = [{}]", names.collect::<Vec<_>>().join(", "))
        }
    };
    let columns = columns
        .iter()
        .map(|name| format!("# {} = \"…\"\n", quoted(name)));
    format!(
        "/*\ndescription = {}\n{key}\n\n[columns]\n{}*/\n",
        text(description),
        columns.collect::<String>()
    )
}

/// A text of TOML, which does not end the comment that it stands in.
fn text(text: &str) -> String {
    let text = toml::Value::String(text.replace("*/", "* /").replace("/*", "/ *"));
    text.to_string()
}

/// A key of TOML.
fn quoted(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match !name.is_empty() && name.chars().all(is_bare) {
        true => name.to_owned(),
        false => text(name),
    }
}
