//! What is asked of a source's files beyond what their scan means: contents to
//! be taken again, files to be passed over, files to be left as they are.

use std::collections::HashSet;

use super::{Compared, Deliveries, Old};
use crate::ingest::glob::PathGlob;
use crate::model::bookmarks::{SourceBookmarks, Standing};
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, Place, ScannedFile};
use crate::model::run::RunNumber;
use crate::model::source::{LoadMode, OnVanish};
use crate::model::wish::{Left, LeftFile};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The raw table is emptied: a held file whose content counted is taken
    /// again as it is, for nothing else would keep its rows.
    pub refresh: bool,
    /// Contents to be taken again, a wish each.
    pub again: Vec<Again>,
    /// New files that are to count as taken, a wish each.
    pub processed: Vec<PathGlob>,
}

/// Which of the contents that count as taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Again {
    /// Only those that later runs than this took. None: all.
    pub after: Option<RunNumber>,
}

/// What comes of an [`Again`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakenAgain {
    /// The input files that are taken again.
    pub numbers: Vec<u64>,
    /// Those that stay as they are.
    pub left: Vec<LeftFile>,
}

/// The globs of files that are left as they are.
pub(super) struct Holds(Vec<PathGlob>);

impl Holds {
    pub fn of(bookmarks: &SourceBookmarks) -> Self {
        let globs = bookmarks.held.iter().map(|glob| PathGlob::stored(glob));
        Self(globs.collect())
    }

    pub fn hold(&self, path: &str) -> bool {
        self.0.iter().any(|glob| glob.matches(path))
    }

    /// The paths of a content that go on carrying it whatever they show.
    pub fn pinned(&self, file: &InputFile, standing: Standing) -> Vec<String> {
        let counts = matches!(standing, Standing::Live | Standing::Processed);
        let paths = file.paths.iter().filter(|p| counts && self.hold(p));
        paths.cloned().collect()
    }

    /// Whether the file is to be looked at: it is not held, or its rows are only
    /// to be had from it.
    pub fn let_in(&self, file: &ScannedFile, bookmarks: &SourceBookmarks, asked: &Asked) -> bool {
        !self.hold(&file.path)
            || asked.refresh
                && bookmarks.files.iter().any(|b| {
                    b.standing == Standing::Reset
                        && b.file.blake3 == file.blake3
                        && b.file.paths.contains(&file.path)
                })
    }
}

impl Old<'_> {
    /// Its rows are loaded by this run, at its old place.
    pub(super) fn is_taken_again(&self) -> bool {
        self.again || self.standing == Standing::Reset
    }

    fn has_carriers(&self) -> bool {
        !self.kept.is_empty() || !self.incoming.is_empty()
    }

    /// Whether its rows go without another content in its place.
    pub(super) fn is_retracted(&self, on_vanish: OnVanish) -> bool {
        let vanishes = self.standing == Standing::Live && on_vanish == OnVanish::Retract;
        self.is_lost()
            && !self.replaced
            && self.standing != Standing::Reset
            && (!self.changed.is_empty() || vanishes)
    }
}

impl Compared<'_> {
    /// Finds what can be taken again of what is asked for.
    pub(super) fn take_again(&mut self, asked: &Asked, all: &[ScannedFile], out: &mut Deliveries) {
        let beyond = self.last_unreadable(all);
        let on_vanish = self.source.on_vanish;
        for again in &asked.again {
            let mut taken = TakenAgain::default();
            for old in &mut self.old {
                let counts = matches!(old.standing, Standing::Live | Standing::Processed);
                let meant = again.after.is_none_or(|run| old.file.run > run);
                // What is replaced or retracted goes by itself.
                if !counts || !meant || old.replaced || old.is_retracted(on_vanish) {
                    continue;
                }
                let why = if !old.pinned.is_empty() {
                    Some(Left::Held)
                } else if !old.has_carriers() {
                    Some(Left::Gone)
                } else {
                    let before = beyond.as_ref().filter(|(place, _)| old.file.place < *place);
                    before.map(|(_, path)| Left::Before { gone: path.clone() })
                };
                match why {
                    Some(why) => taken.left.push(LeftFile {
                        path: old.file.paths.join(", "),
                        why,
                    }),
                    None => {
                        old.again = true;
                        taken.numbers.push(old.file.number);
                    }
                }
            }
            out.again.push(taken);
        }
    }

    /// Where the last row of a key counts, what came before a content that
    /// cannot be read any more cannot be put in order again.
    fn last_unreadable(&self, all: &[ScannedFile]) -> Option<(Place, String)> {
        if self.source.load == LoadMode::Append {
            return None;
        }
        let there: HashSet<ContentHash> = all.iter().map(|f| f.blake3).collect();
        let last = self.old.iter().rev().find(|old| {
            old.standing == Standing::Live
                && !old.has_carriers()
                && !old.replaced
                && !old.is_retracted(self.source.on_vanish)
                && !there.contains(&old.file.blake3)
        });
        last.map(|old| (old.file.place, old.file.paths.join(", ")))
    }

    /// Which wish passes over the files of a group: one that means all of them.
    pub(super) fn passed_over(&self, asked: &Asked, group: &[usize]) -> Option<usize> {
        let means = |glob: &PathGlob| {
            let mut files = group.iter();
            files.all(|at| glob.matches(&self.scanned[*at].path))
        };
        asked.processed.iter().position(means)
    }
}
