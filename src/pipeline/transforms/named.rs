//! How people name a transform and a revision of it: `features.orders@2`.

use std::collections::BTreeSet;
use std::fmt;

use crate::model::nearest::nearest;
use crate::model::transform::{Transform, TransformKind};

/// A transform or check, whether it has a file or only a past.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    pub kind: TransformKind,
    pub name: String,
}

impl Id {
    pub(super) fn of(transform: &Transform) -> Self {
        Self {
            kind: transform.kind,
            name: transform.name.to_string(),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind.folder(), self.name)
    }
}

/// What was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub id: Id,
    /// None: the file as it is now.
    pub revision: Option<String>,
}

/// Why a name means nothing, or too much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("there is no transform or check `{name}`")]
    Unknown {
        name: String,
        nearest: Option<String>,
    },
    #[error("`{name}` may be `{}`", ids.join("` or `"))]
    Ambiguous { name: String, ids: Vec<String> },
    #[error("`{id}` has no file under `sql/` any more")]
    NoFile { id: String },
    #[error("`{id}` was never published")]
    NeverPublished { id: String },
    #[error("`{id}` has no revision `{revision}`")]
    NoRevision {
        id: String,
        revision: String,
        known: Vec<String>,
    },
    #[error("more than one revision of `{id}` begins with `{revision}`")]
    ManyRevisions {
        id: String,
        revision: String,
        known: Vec<String>,
    },
}

impl NameError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unknown {
                nearest: Some(name),
                ..
            } => format!("did you mean `{name}`?"),
            Self::Unknown { .. } => "`workbench transforms` lists them".to_owned(),
            Self::Ambiguous { .. } => "write it whole".to_owned(),
            Self::NoFile { id } => {
                format!("`{id}@latest` is the last that was published of it")
            }
            Self::NeverPublished { .. } => "`workbench export` publishes it".to_owned(),
            Self::NoRevision { known, .. } | Self::ManyRevisions { known, .. } => {
                format!("there are `{}`", known.join("`, `"))
            }
        })
    }
}

/// Finds what is meant among `ids`: a name alone, with its kind, or as its file.
///
/// # Errors
/// [`NameError::Unknown`], [`NameError::Ambiguous`].
pub(super) fn resolve(ids: &BTreeSet<Id>, written: &str) -> Result<Named, NameError> {
    let (name, revision) = match written.split_once('@') {
        Some((name, revision)) => (name, Some(revision.to_owned())),
        None => (written, None),
    };
    let plain = name
        .strip_prefix("sql/")
        .and_then(|path| path.strip_suffix(".sql"))
        .map_or_else(|| name.to_owned(), |path| path.replace('/', "."));
    // `account-level`, as the target shows it, is as good as `account_level`.
    let plain = plain.replace('-', "_");
    let meant: Vec<&Id> = ids
        .iter()
        .filter(|id| id.name == plain || id.to_string() == plain)
        .collect();
    match meant[..] {
        [id] => Ok(Named {
            id: id.clone(),
            revision,
        }),
        [] => {
            let known: Vec<String> = ids
                .iter()
                .flat_map(|id| [id.to_string(), id.name.clone()])
                .collect();
            Err(NameError::Unknown {
                nearest: nearest(&plain, known.iter().map(String::as_str)).map(str::to_owned),
                name: name.to_owned(),
            })
        }
        _ => Err(NameError::Ambiguous {
            name: name.to_owned(),
            ids: meant.iter().map(ToString::to_string).collect(),
        }),
    }
}
