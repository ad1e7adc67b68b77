//! Deciding what a scan means: which files are new, changed, moved, doubled or
//! gone, and where the new ones stand. Pure.
//!
//! In `append` a content is one input file, whatever paths carry it, unless
//! `duplicates = "load"`. In `upsert` and `replace` each new path is a delivery,
//! because what came last decides: A, B and A again means A.
//!
//! A path that shows another content than the one it carried *changed*. A taken
//! content is *lost* if no path of the scan carries it: if one of its paths
//! changed, the new content takes over its place; if all vanished, `on_vanish`
//! says what becomes of its rows.
//!
//! A held path is not looked at, and carries on what it carried. What was set as
//! processed is a content like any other that was taken, but has no rows.

mod asked;
mod events;

use std::collections::{HashMap, HashSet};

use self::asked::Holds;
pub use self::asked::{Again, Asked, TakenAgain};
pub use self::events::{event_of, expected_events, input_file};

use super::natural::natural_cmp;
use crate::model::bookmarks::{SourceBookmarks, Standing};
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, Place, ScannedFile};
use crate::model::plan::FileStep;
use crate::model::run::RunNumber;
use crate::model::source::{Duplicates, LoadMode, SourceDefinition};

/// What a run does about the files of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deliveries {
    /// Retractions, then what is loaded in the order of places, then what only
    /// moves paths, then what vanished.
    pub steps: Vec<FileStep>,
    /// Paths that carry what they carried.
    pub unchanged: u64,
    /// What comes of each [`Again`] that was asked for.
    pub again: Vec<TakenAgain>,
    /// Paths that are held, in natural order: those that the scan shows, and
    /// those that carry a content.
    pub held: Vec<String>,
}

/// Compares a scan with what was taken. New input files get numbers from
/// `next_number` on, and places of `run` in natural order of their paths.
pub fn deliveries(
    source: &SourceDefinition,
    bookmarks: &SourceBookmarks,
    scanned: &[ScannedFile],
    asked: &Asked,
    run: RunNumber,
    next_number: &mut u64,
) -> Deliveries {
    let mut compared = Compared::new(source, bookmarks, scanned, asked);
    let groups = compared.find_contents();
    let mut out = Deliveries {
        held: compared.held(scanned),
        ..Deliveries::default()
    };
    compared.new_contents(&groups, asked, run, next_number, &mut out);
    compared.take_again(asked, scanned, &mut out);
    for old in &compared.old {
        compared.old_content(old, asked, &mut out);
    }
    in_order(&mut out.steps);
    out
}

/// Puts steps into the order in which they are carried out.
pub fn in_order(steps: &mut [FileStep]) {
    steps.sort_by_key(order);
}

/// A taken content, and the scanned files that have to do with it.
struct Old<'a> {
    file: &'a InputFile,
    standing: Standing,
    /// It is to be taken again, because a wish says so.
    again: bool,
    /// Held: they carry it, whatever they show.
    pinned: Vec<String>,
    /// Carried it, and do.
    kept: Vec<usize>,
    /// Carried it, and show another content now.
    changed: Vec<usize>,
    /// Did not carry it, and do now.
    incoming: Vec<usize>,
    /// A new content takes over its place.
    replaced: bool,
}

impl Old<'_> {
    fn is_lost(&self) -> bool {
        self.kept.is_empty() && self.incoming.is_empty() && self.pinned.is_empty()
    }

    fn vanished(&self) -> bool {
        self.is_lost() && self.changed.is_empty()
    }
}

struct Compared<'a> {
    source: &'a SourceDefinition,
    /// In natural order of their paths.
    scanned: Vec<&'a ScannedFile>,
    /// In order of their places.
    old: Vec<Old<'a>>,
    /// By scanned file: what its path carried.
    carried: Vec<Option<usize>>,
    /// Scanned files whose path does not carry what it carried.
    open: Vec<usize>,
}

impl<'a> Compared<'a> {
    fn new(
        source: &'a SourceDefinition,
        bookmarks: &'a SourceBookmarks,
        scanned: &'a [ScannedFile],
        asked: &Asked,
    ) -> Self {
        let holds = Holds::of(bookmarks);
        let mut scanned: Vec<&ScannedFile> = scanned
            .iter()
            .filter(|file| holds.let_in(file, bookmarks, asked))
            .collect();
        scanned.sort_by(|a, b| natural_cmp(&a.path, &b.path));
        let standing = bookmarks.files.iter().filter_map(|bookmark| {
            if matches!(bookmark.standing, Standing::Retracted | Standing::Replaced) {
                return None;
            }
            Some(Old {
                file: &bookmark.file,
                standing: bookmark.standing,
                again: false,
                pinned: holds.pinned(&bookmark.file, bookmark.standing),
                kept: Vec::new(),
                changed: Vec::new(),
                incoming: Vec::new(),
                replaced: false,
            })
        });
        let mut old: Vec<Old<'_>> = standing.collect();
        old.sort_by_key(|o| (o.file.place, o.file.number));

        let mut by_path: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, o) in old.iter().enumerate() {
            for path in &o.file.paths {
                by_path.entry(path).or_default().push(at);
            }
        }
        let mut carried = Vec::with_capacity(scanned.len());
        let mut open = Vec::new();
        for (at, file) in scanned.iter().enumerate() {
            // One content that counts carries a path; several that were reset may
            // have.
            let before = by_path.get(file.path.as_str()).and_then(|carriers| {
                let same = |o: &usize| old[*o].file.blake3 == file.blake3;
                let reset = |o: &usize| old[*o].standing == Standing::Reset;
                let carriers = carriers.iter().copied();
                carriers.max_by_key(|o| (!reset(o), same(o), *o))
            });
            carried.push(before);
            match before {
                Some(o) if old[o].file.blake3 == file.blake3 => old[o].kept.push(at),
                Some(o) => {
                    old[o].changed.push(at);
                    open.push(at);
                }
                None => open.push(at),
            }
        }
        Self {
            source,
            scanned,
            old,
            carried,
            open,
        }
    }

    /// Gives the open files to the taken contents that they carry, and returns
    /// the others: those of one group become one input file.
    fn find_contents(&mut self) -> Vec<Vec<usize>> {
        let open = std::mem::take(&mut self.open);
        match (self.source.load, self.source.duplicates) {
            (LoadMode::Append, Duplicates::Skip) => self.by_content(open),
            (LoadMode::Append, Duplicates::Load) => self.by_moves(open),
            (LoadMode::Upsert | LoadMode::Replace, _) => self.by_order(open),
        }
    }

    /// A content is one input file.
    fn by_content(&mut self, open: Vec<usize>) -> Vec<Vec<usize>> {
        let mut known: HashMap<ContentHash, usize> = HashMap::new();
        for (at, o) in self.old.iter().enumerate() {
            let best = known.entry(o.file.blake3).or_insert(at);
            let rank = |o: &Old<'_>| {
                let kept = !o.kept.is_empty() || !o.pinned.is_empty();
                (o.standing == Standing::Reset, !kept)
            };
            if rank(o) < rank(&self.old[*best]) {
                *best = at;
            }
        }
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut new: HashMap<ContentHash, usize> = HashMap::new();
        for at in open {
            let content = self.scanned[at].blake3;
            if let Some(o) = known.get(&content) {
                self.old[*o].incoming.push(at);
            } else if let Some(group) = new.get(&content) {
                groups[*group].push(at);
            } else {
                new.insert(content, groups.len());
                groups.push(vec![at]);
            }
        }
        groups
    }

    /// A path is an input file, and takes one along that was left behind.
    fn by_moves(&mut self, open: Vec<usize>) -> Vec<Vec<usize>> {
        let mut left: HashMap<ContentHash, Vec<usize>> = HashMap::new();
        for (at, o) in self.old.iter().enumerate().rev() {
            if o.is_lost() {
                left.entry(o.file.blake3).or_default().push(at);
            }
        }
        let mut groups = Vec::new();
        for at in open {
            match left.get_mut(&self.scanned[at].blake3).and_then(Vec::pop) {
                Some(o) => self.old[o].incoming.push(at),
                None => groups.push(vec![at]),
            }
        }
        groups
    }

    /// A path is a delivery. It is a rename only of what was delivered last, for
    /// only then the order stays what it was.
    fn by_order(&mut self, open: Vec<usize>) -> Vec<Vec<usize>> {
        let mut groups = Vec::new();
        let mut taken = false;
        for at in open {
            match self.old.last_mut() {
                Some(last)
                    if !taken && last.vanished() && last.file.blake3 == self.scanned[at].blake3 =>
                {
                    last.incoming.push(at);
                }
                _ => {
                    taken |= self.would_replace(at).is_none();
                    groups.push(vec![at]);
                }
            }
        }
        groups
    }

    /// The taken content whose place a file takes over, if it is lost: the first
    /// of several paths that it had does.
    fn would_replace(&self, at: usize) -> Option<usize> {
        self.carried[at].filter(|o| {
            let old = &self.old[*o];
            old.is_lost() && old.changed.first() == Some(&at)
        })
    }

    fn new_contents(
        &mut self,
        groups: &[Vec<usize>],
        asked: &Asked,
        run: RunNumber,
        next_number: &mut u64,
        out: &mut Deliveries,
    ) {
        let mut position = 0;
        for group in groups {
            let number = *next_number;
            *next_number += 1;
            let replaces = group
                .iter()
                .find_map(|at| Some((*at, self.would_replace(*at)?)));
            let first = if let Some((at, o)) = replaces {
                self.old[o].replaced = true;
                out.steps.push(FileStep::Rewrite {
                    number,
                    replaces: self.old[o].file.clone(),
                    file: self.scanned[at].clone(),
                });
                at
            } else {
                position += 1;
                let place = Place { run, position };
                let wish = self.passed_over(asked, group);
                out.steps
                    .push(take(number, place, self.scanned[group[0]], wish));
                group[0]
            };
            let others = group.iter().copied().filter(|at| *at != first);
            self.duplicates(number, others, &self.paths(group, &[]), out);
        }
    }

    fn old_content(&self, old: &Old<'_>, asked: &Asked, out: &mut Deliveries) {
        let file = || old.file.clone();
        let number = old.file.number;
        let mut carriers = [old.kept.as_slice(), &old.incoming].concat();
        carriers.sort_unstable();
        if !old.is_taken_again() {
            out.unchanged += old.kept.len() as u64;
        }
        let paths = || self.paths(&carriers, &old.pinned);
        match carriers.first() {
            Some(first) if old.is_taken_again() => {
                let new = !old.again && !asked.refresh;
                let wish = self.passed_over(asked, &carriers).filter(|_| new);
                out.steps
                    .push(take(number, old.file.place, self.scanned[*first], wish));
                self.duplicates(number, carriers[1..].iter().copied(), &paths(), out);
            }
            Some(first) if old.kept.is_empty() && old.pinned.is_empty() => {
                out.steps.push(FileStep::Rename {
                    file: file(),
                    paths: paths(),
                });
                let others = carriers.iter().copied().filter(|at| at != first);
                self.duplicates(number, others, &paths(), out);
            }
            Some(_) if !old.incoming.is_empty() => {
                let incoming = old.incoming.iter().copied();
                self.duplicates(number, incoming, &paths(), out);
            }
            _ if !old.is_lost() && !old.changed.is_empty() => {
                out.steps.push(FileStep::FewerPaths {
                    file: file(),
                    paths: paths(),
                });
            }
            _ if old.is_retracted(self.source.on_vanish) => {
                out.steps.push(FileStep::Retract { file: file() })
            }
            None if old.vanished() && old.standing == Standing::Live => {
                out.steps.push(FileStep::Vanished { file: file() });
            }
            _ => {}
        }
    }

    fn duplicates(
        &self,
        number: u64,
        which: impl Iterator<Item = usize>,
        paths: &[String],
        out: &mut Deliveries,
    ) {
        out.steps.extend(which.map(|at| FileStep::Duplicate {
            path: self.scanned[at].path.clone(),
            number,
            paths: paths.to_vec(),
        }));
    }

    fn paths(&self, carriers: &[usize], pinned: &[String]) -> Vec<String> {
        let paths = carriers.iter().map(|at| self.scanned[*at].path.clone());
        let mut paths: Vec<String> = paths.chain(pinned.iter().cloned()).collect();
        paths.sort_by(|a, b| natural_cmp(a, b));
        paths
    }

    /// Every path that is held.
    fn held(&self, all: &[ScannedFile]) -> Vec<String> {
        let looked_at: HashSet<&str> = self.scanned.iter().map(|f| f.path.as_str()).collect();
        let shown = all.iter().map(|f| &f.path);
        let shown = shown.filter(|p| !looked_at.contains(p.as_str()));
        let pinned = self.old.iter().flat_map(|o| &o.pinned);
        let mut held: Vec<String> = shown.chain(pinned).cloned().collect();
        held.sort_by(|a, b| natural_cmp(a, b));
        held.dedup();
        held
    }
}

/// The step for a content that is new: it is loaded, or passed over by a wish.
fn take(number: u64, place: Place, file: &ScannedFile, wish: Option<usize>) -> FileStep {
    let file = file.clone();
    match wish {
        None => FileStep::Take {
            number,
            place,
            file,
        },
        Some(wish) => FileStep::Process {
            number,
            place,
            file,
            wish,
        },
    }
}

/// Events about one input file must come after the one that takes it, and what
/// is loaded in the order in which it counts.
fn order(step: &FileStep) -> (u8, Option<Place>) {
    match step {
        FileStep::Retract { .. } => (0, None),
        FileStep::Take { place, .. } | FileStep::Process { place, .. } => (1, Some(*place)),
        FileStep::Rewrite { replaces, .. } => (1, Some(replaces.place)),
        FileStep::Rename { .. } | FileStep::FewerPaths { .. } | FileStep::Duplicate { .. } => {
            (2, None)
        }
        FileStep::Vanished { .. } => (3, None),
    }
}

#[cfg(test)]
mod tests;
