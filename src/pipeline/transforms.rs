//! `transforms`: what each file under `sql/` means now, and what it meant to every
//! run, as the ledger recorded it.

mod named;
mod revisions;

use std::collections::BTreeSet;

use super::context::Context;
use super::error::RunError;
use super::plan;
use super::reading::attach;
use super::run::readable_transforms;
use crate::engine::{Session, warehouse};
use crate::model::hash::ContentHash;
use crate::model::ledger::Ledger;
use crate::model::line_diff::{self, Edit};
use crate::model::run::RunOf;
use crate::model::transform::{Relation, Transform, TransformKind};
use crate::transforms::{Readable, SqlFile, TransformErrors};

pub use named::NameError;
pub use revisions::{Revision, Use};

use named::{Id, Named};

/// All transforms and checks.
#[derive(Debug, Clone)]
pub struct TransformList {
    pub entries: Vec<TransformEntry>,
    /// What is wrong under `sql/`.
    pub refused: Option<TransformErrors>,
}

/// One transform or check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformEntry {
    pub kind: TransformKind,
    pub name: String,
    /// Its file; None if it is gone.
    pub path: Option<String>,
    /// The number of its meaning as the file is now. None for checks, which have
    /// none, and where it cannot be told.
    pub revision: Option<u32>,
    /// None where it cannot be told.
    pub fingerprint: Option<ContentHash>,
    /// What was last published under its name; of what is not published itself, what
    /// the last run that published anything used.
    pub published: Option<PublishedRevision>,
    /// How the file differs from that.
    pub differs: Differs,
}

/// A revision and who used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRevision {
    /// None for checks.
    pub revision: Option<u32>,
    pub fingerprint: ContentHash,
    pub by: RunOf,
}

/// How a file under `sql/` differs from what was last published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Differs {
    /// Not at all.
    Same,
    /// Its text does, and its meaning does not.
    Layout { added: usize, removed: usize },
    /// Its meaning does.
    Edited { added: usize, removed: usize },
    /// It does not, but what it reads does.
    Below { reads: Vec<Relation> },
    /// Nothing was published under its name.
    New,
    /// It is refused, or not text.
    Refused,
    /// What it reads is refused, and what it means cannot be told.
    Unsure,
    /// The file is not there any more.
    Gone,
}

/// A text of a transform: a recorded one, or its file as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub kind: TransformKind,
    pub name: String,
    /// None: the file as it is now.
    pub revision: Option<Revision>,
    /// The file, verbatim.
    pub text: String,
}

impl Text {
    /// What it is called: `features.orders@2`, or `sql/features/orders.sql`.
    pub fn label(&self) -> String {
        let (kind, name) = (self.kind.folder(), &self.name);
        match &self.revision {
            Some(revision) => format!("{kind}.{name}@{}", revision.short()),
            None => format!("sql/{kind}/{name}.sql"),
        }
    }
}

/// Two texts to be held against each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub before: Text,
    pub after: Text,
}

/// What is there to be asked about.
struct Books {
    readable: Readable,
    ledger: Ledger,
}

impl Books {
    fn open(ctx: &Context) -> Result<Self, RunError> {
        let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
        Ok(Self {
            readable: readable_transforms(ctx)?,
            ledger: if attach(ctx, &session)? {
                warehouse::ledger(&session, Some("warehouse"))?
            } else {
                Ledger::default()
            },
        })
    }

    /// All that have a file or a record: in the order of the kinds, by name.
    fn ids(&self) -> BTreeSet<Id> {
        let files = self.readable.files.iter().map(|f| Id {
            kind: f.kind,
            name: f.name.clone(),
        });
        let recorded = self.ledger.runs().flat_map(|run| &run.transforms);
        let recorded = recorded.map(|r| Id {
            kind: r.kind,
            name: r.name.to_string(),
        });
        files.chain(recorded).collect()
    }

    fn file(&self, id: &Id) -> Option<&SqlFile> {
        let mut files = self.readable.files.iter();
        files.find(|f| f.kind == id.kind && f.name == id.name)
    }

    fn transform(&self, id: &Id) -> Option<&Transform> {
        let mut all = self.readable.transforms.all();
        all.find(|t| t.kind == id.kind && t.name.as_str() == id.name)
    }

    fn revisions(&self, id: &Id) -> Vec<Revision> {
        revisions::of(&self.ledger, id)
    }

    fn entry(&self, id: &Id) -> TransformEntry {
        let revisions = self.revisions(id);
        let published = revisions::published(&revisions);
        let file = self.file(id);
        let path = file.map(SqlFile::path);
        let is_unsure = path
            .as_ref()
            .is_some_and(|p| self.readable.unsure.contains(p));
        let transform = self.transform(id).filter(|_| !is_unsure);
        let differs = match (file, transform, published) {
            (None, ..) => Differs::Gone,
            _ if is_unsure => Differs::Unsure,
            (_, None, _) => Differs::Refused,
            (_, Some(_), None) => Differs::New,
            (Some(file), Some(transform), Some((revision, _))) => {
                self.differs(file, transform, revision)
            }
        };
        TransformEntry {
            kind: id.kind,
            name: id.name.clone(),
            path,
            revision: transform
                .filter(|t| plan::has_revision(t.kind))
                .map(|t| plan::revision(&self.ledger, &self.readable.transforms, t)),
            fingerprint: transform.map(|t| t.fingerprint),
            published: published.map(|(revision, by)| PublishedRevision {
                revision: revision.number,
                fingerprint: revision.fingerprint,
                by,
            }),
            differs,
        }
    }

    fn differs(&self, file: &SqlFile, transform: &Transform, published: &Revision) -> Differs {
        let is_known = published.fingerprint == transform.fingerprint
            || (plan::has_revision(transform.kind)
                && published.number
                    == Some(plan::revision(
                        &self.ledger,
                        &self.readable.transforms,
                        transform,
                    )));
        if published.text == file.text {
            return if is_known {
                Differs::Same
            } else {
                Differs::Below {
                    reads: self.changed_below(transform),
                }
            };
        }
        let lines = line_diff::diff(&published.text, &file.text);
        let of = |edit: Edit| lines.iter().filter(|l| l.edit == edit).count();
        let (added, removed) = (of(Edit::Add), of(Edit::Remove));
        if is_known {
            Differs::Layout { added, removed }
        } else {
            Differs::Edited { added, removed }
        }
    }

    /// What a transform reads, directly or not, whose own text means something else
    /// than what was last published.
    fn changed_below(&self, transform: &Transform) -> Vec<Relation> {
        let transforms = &self.readable.transforms;
        let reads = transforms.reads_of(transform).into_iter();
        reads
            .filter(|relation| {
                let Some(read) = transforms.read(relation) else {
                    return false;
                };
                let revisions = self.revisions(&Id::of(read));
                revisions::published(&revisions)
                    .is_none_or(|(revision, _)| revision.text != read.text)
            })
            .collect()
    }

    /// The one that is meant.
    fn named(&self, written: &str) -> Result<Named, RunError> {
        Ok(named::resolve(&self.ids(), written)?)
    }

    fn text(&self, named: &Named) -> Result<Text, RunError> {
        let id = &named.id;
        let (revision, text) = match &named.revision {
            Some(wanted) => {
                let revision = revisions::find(&self.revisions(id), id, wanted)?;
                let text = revision.text.clone();
                (Some(revision), text)
            }
            None => match self.file(id) {
                Some(file) => (None, file.text.clone()),
                None => return Err(NameError::NoFile { id: id.to_string() }.into()),
            },
        };
        Ok(Text {
            kind: id.kind,
            name: id.name.clone(),
            revision,
            text,
        })
    }
}

/// All of them, and how their files differ from what was last published.
///
/// # Errors
/// A warehouse that somebody holds.
pub fn list(ctx: &Context) -> Result<TransformList, RunError> {
    let books = Books::open(ctx)?;
    Ok(TransformList {
        entries: books.ids().iter().map(|id| books.entry(id)).collect(),
        refused: books.readable.errors,
    })
}

/// The text of `name`, or of `name@revision`.
///
/// # Errors
/// [`NameError`]; a warehouse that somebody holds.
pub fn show(ctx: &Context, written: &str) -> Result<Text, RunError> {
    let books = Books::open(ctx)?;
    books.text(&books.named(written)?)
}

/// Every revision of a transform, the last used first.
///
/// # Errors
/// As for [`show`].
pub fn history(ctx: &Context, written: &str) -> Result<Vec<Revision>, RunError> {
    let books = Books::open(ctx)?;
    let named = books.named(written)?;
    match named.revision {
        Some(revision) => Ok(vec![revisions::find(
            &books.revisions(&named.id),
            &named.id,
            &revision,
        )?]),
        None => Ok(books.revisions(&named.id)),
    }
}

/// Two texts: of `before` and `after`; of what was last published and the file as it
/// is now, if only a name is given; of all that differ so, if nothing is.
///
/// # Errors
/// As for [`show`].
pub fn pairs(
    ctx: &Context,
    before: Option<&str>,
    after: Option<&str>,
) -> Result<Vec<Pair>, RunError> {
    let books = Books::open(ctx)?;
    let latest = || Some("latest".to_owned());
    let Some(before) = before else {
        let edited = books.ids().into_iter().filter(|id| {
            matches!(
                books.entry(id).differs,
                Differs::Layout { .. } | Differs::Edited { .. } | Differs::Refused
            )
        });
        let edited = edited.filter(|id| revisions::published(&books.revisions(id)).is_some());
        return edited
            .map(|id| {
                let of = |revision| {
                    books.text(&Named {
                        id: id.clone(),
                        revision,
                    })
                };
                Ok(Pair {
                    before: of(latest())?,
                    after: of(None)?,
                })
            })
            .collect();
    };
    let mut before = books.named(before)?;
    let after = match after {
        Some(after) => books.named(after)?,
        None => {
            before.revision = before.revision.or_else(latest);
            Named {
                id: before.id.clone(),
                revision: None,
            }
        }
    };
    Ok(vec![Pair {
        before: books.text(&before)?,
        after: books.text(&after)?,
    }])
}
