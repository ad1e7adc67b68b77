//! Transforms and checks: what one file under `sql/` means.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::hash::ContentHash;
use super::names::TransformName;

/// What a file under `sql/` is, by its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransformKind {
    /// `sql/staging/`: a view over raw tables.
    Staging,
    /// `sql/features/`: a published dataset.
    Features,
    /// `sql/checks/`: rows that must not exist.
    Check,
}

impl TransformKind {
    /// The folder under `sql/`, and for transforms the schema in SQL.
    pub fn folder(self) -> &'static str {
        match self {
            TransformKind::Staging => "staging",
            TransformKind::Features => "features",
            TransformKind::Check => "checks",
        }
    }
}

/// The schemas that SQL of a project may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schema {
    Raw,
    Staging,
    Features,
    History,
}

impl Schema {
    /// All of them.
    pub const ALL: [Schema; 4] = [
        Schema::Raw,
        Schema::Staging,
        Schema::Features,
        Schema::History,
    ];

    /// Its name in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Schema::Raw => "raw",
            Schema::Staging => "staging",
            Schema::Features => "features",
            Schema::History => "history",
        }
    }
}

/// A table that SQL reads: `staging.accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Relation {
    pub schema: Schema,
    pub name: String,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema.as_str(), self.name)
    }
}

/// What a check's offending rows lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is published.
    #[default]
    Fail,
    /// It is said, and the run goes on.
    Warn,
}

/// The TOML in the leading comment of a file under `sql/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    pub description: Option<String>,
    /// The columns that name a row. Required for a dataset.
    pub key: Vec<String>,
    /// Raised by the author when the output's shape breaks readers.
    pub version: u32,
    /// Descriptions of output columns, in the order written.
    pub columns: Vec<(String, String)>,
    /// Of a check.
    pub severity: Severity,
}

/// One file under `sql/`, read and understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    pub kind: TransformKind,
    pub name: TransformName,
    /// The path of the file, relative to the project.
    pub path: String,
    /// The file, verbatim.
    pub text: String,
    /// Its one SELECT, from the header on, without a closing semicolon and what
    /// comments follow it: it can be put in parentheses.
    pub sql: String,
    /// Where in `text` it begins, in bytes.
    pub sql_start: usize,
    pub header: Header,
    /// What it reads, sorted.
    pub reads: Vec<Relation>,
    /// The hash of its meaning, that of everything it reads included.
    pub fingerprint: ContentHash,
    /// What may make its bytes differ between two equal runs, for `plan`.
    pub warnings: Vec<String>,
}

/// All of `sql/`, in an order in which each comes after what it reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transforms {
    pub staging: Vec<Transform>,
    pub features: Vec<Transform>,
    /// Sorted by name.
    pub checks: Vec<Transform>,
}

impl Transforms {
    /// A dataset by its name.
    pub fn feature(&self, name: &str) -> Option<&Transform> {
        self.features.iter().find(|t| t.name.as_str() == name)
    }

    /// A staging view by its name.
    pub fn staging(&self, name: &str) -> Option<&Transform> {
        self.staging.iter().find(|t| t.name.as_str() == name)
    }

    /// The transform behind a relation; None for raw tables and history.
    pub fn read(&self, relation: &Relation) -> Option<&Transform> {
        match relation.schema {
            Schema::Staging => self.staging(&relation.name),
            Schema::Features => self.feature(&relation.name),
            Schema::Raw | Schema::History => None,
        }
    }

    /// Everything, staging first, then datasets, then checks.
    pub fn all(&self) -> impl Iterator<Item = &Transform> {
        self.staging
            .iter()
            .chain(&self.features)
            .chain(&self.checks)
    }

    /// All that `transform` reads, directly or through other transforms.
    /// `history` is not followed: it is read as published, not computed.
    pub fn reads_of(&self, transform: &Transform) -> Vec<Relation> {
        let mut found: BTreeMap<Relation, ()> = BTreeMap::new();
        let mut queue: Vec<&Transform> = vec![transform];
        while let Some(next) = queue.pop() {
            for relation in &next.reads {
                if found.insert(relation.clone(), ()).is_some() {
                    continue;
                }
                queue.extend(self.read(relation));
            }
        }
        found.into_keys().collect()
    }

    /// The checks that speak of a dataset: those that read it or its history,
    /// those that read raw or staged data of a source that it reads too, and
    /// those that speak of nothing in particular.
    pub fn checks_of(&self, dataset: &Transform) -> Vec<&Transform> {
        let below = self.reads_of(dataset);
        let is_published = |r: &Relation| matches!(r.schema, Schema::Features | Schema::History);
        self.checks
            .iter()
            .filter(|check| {
                if check.reads.iter().any(is_published) {
                    return check
                        .reads
                        .iter()
                        .any(|r| is_published(r) && r.name == dataset.name.as_str());
                }
                let mut raw = self
                    .reads_of(check)
                    .into_iter()
                    .filter(|r| r.schema == Schema::Raw)
                    .peekable();
                raw.peek().is_none() || raw.any(|r| below.contains(&r))
            })
            .collect()
    }
}
