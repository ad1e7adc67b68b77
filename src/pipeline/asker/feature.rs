//! A query becomes a dataset: a file under `sql/features/`, with a header to fill in.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use super::{AskError, Asker};
use crate::engine::Dialect;
use crate::model::names::TransformName;
use crate::model::transform::TransformKind;
use crate::pipeline::draft;
use crate::pipeline::error::RunError;
use crate::pipeline::query::{self, QueryRequest};
use crate::pipeline::run::readable_transforms;
use crate::transforms::{self, Place, SqlFile, TransformErrors, statement};

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

impl Asker {
    /// Writes `sql/features/<name>.sql`, and returns where it is. It is written only
    /// where nothing but the header has to be filled in.
    ///
    /// # Errors
    /// As the cases of [`FeatureError`]; nothing is written then.
    pub fn make_feature(&self, feature: &Feature) -> Result<PathBuf, FeatureError> {
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
        let folder = self.ctx.layout.sql_features();
        let path = folder.join(format!("{name}.sql"));
        if path.exists() {
            return Err(FeatureError::Exists(name.to_string()));
        }
        let begin = sql.as_ptr() as usize - feature.sql.as_ptr() as usize;
        let columns = self.columns_of(sql, begin)?;
        let key = key(&feature.key, &columns)?;
        let header = header(&feature.description, &key, &columns);
        // What is to be filled in is none of the query's faults.
        let filled = match key.is_empty() {
            true => header.replacen(NO_KEY, "key = [\"x\"]", 1),
            false => header.clone(),
        };
        self.check(name.as_str(), &filled, sql, begin)?;
        let text = format!("{header}{sql}\n");
        match draft::create(&path, text.as_bytes()) {
            Ok(true) => Ok(path),
            Ok(false) => Err(FeatureError::Exists(name.to_string())),
            Err(source) => Err(FeatureError::Io { path, source }),
        }
    }

    fn columns_of(&self, sql: &str, begin: usize) -> Result<Vec<String>, FeatureError> {
        let asked = query::ask(&self.ctx, QueryRequest::of(sql));
        match asked {
            Ok(answer) => Ok(answer.columns().iter().map(|c| c.name.clone()).collect()),
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
    fn check(&self, name: &str, header: &str, sql: &str, begin: usize) -> Result<(), FeatureError> {
        let readable = readable_transforms(&self.ctx).map_err(FeatureError::Other)?;
        let refused = readable.refused;
        let files = readable.files.into_iter();
        let mut files: Vec<SqlFile> = files.filter(|f| !refused.contains(&f.path())).collect();
        files.push(SqlFile {
            kind: TransformKind::Features,
            name: name.to_owned(),
            text: format!("{header}{sql}\n"),
        });
        let sources = self.ctx.project.sources.iter();
        let sources: Vec<_> = sources.map(|s| s.name.clone()).collect();
        let syntax = Dialect::new().map_err(|e| FeatureError::Other(e.into()))?;
        let Err(errors) = transforms::from_files(&files, &sources, &syntax) else {
            return Ok(());
        };
        Err(of_errors(&errors, header, sql, begin))
    }
}

/// The first thing that is wrong, at its place in the query.
fn of_errors(errors: &TransformErrors, header: &str, sql: &str, begin: usize) -> FeatureError {
    let Some(first) = errors.listed().first() else {
        return FeatureError::Other(RunError::Transforms(errors.clone()));
    };
    let lines = header.matches('\n').count();
    let at = match &first.at {
        Place::At(located) if located.line > lines => {
            let mut own = located.clone();
            own.line -= lines;
            let at = super::answer::place(sql, &own);
            at.start + begin..at.end + begin
        }
        // In the header: there is nothing to point at.
        _ => begin..begin,
    };
    FeatureError::Sql {
        message: first.what.to_string(),
        hint: first.hint(),
        at,
    }
}

fn listed(columns: &[String]) -> String {
    let names = columns.iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

/// The columns of a key as the query spells them, each once.
fn key(names: &[String], columns: &[String]) -> Result<Vec<String>, FeatureError> {
    let mut key: Vec<String> = Vec::new();
    for name in names {
        let Some(own) = columns.iter().find(|c| c.eq_ignore_ascii_case(name)) else {
            return Err(FeatureError::Key {
                name: name.clone(),
                columns: columns.to_vec(),
            });
        };
        if !key.contains(own) {
            key.push(own.clone());
        }
    }
    Ok(key)
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
