//! Bookmarks: what the ledger says was taken, source by source.
//!
//! A pure fold over events. Nothing else decides what is current, so the same
//! fold up to an earlier run tells what was known then.

use std::collections::{BTreeMap, BTreeSet};

use super::hash::ContentHash;
use super::input_file::InputFile;
use super::ledger::{Entry, Event, Ledger};
use super::names::SourceName;
use super::run::RunNumber;

/// Whether the rows of an input file count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They do.
    Live,
    /// They do not: its last path vanished.
    Retracted,
    /// They do not: another content took over its path and place.
    Replaced,
    /// They do not: the raw table was emptied. It is taken again at its place.
    Reset,
    /// There are none: it counts as taken, and was not loaded.
    Processed,
}

/// An input file and whether it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    pub file: InputFile,
    pub standing: Standing,
}

/// What was taken of one source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceBookmarks {
    /// In the order in which they were first taken.
    pub files: Vec<Bookmark>,
    /// The run that last emptied the raw table: what was known before it
    /// cannot be shown.
    pub reset_by: Option<RunNumber>,
    /// The first run that took anything.
    pub first_run: Option<RunNumber>,
    /// Globs: files that match are left as they are.
    pub held: BTreeSet<String>,
}

impl SourceBookmarks {
    /// The files whose rows count, in the order of their places.
    pub fn live(&self) -> Vec<&InputFile> {
        let mut live: Vec<&InputFile> = self
            .files
            .iter()
            .filter(|b| b.standing == Standing::Live)
            .map(|b| &b.file)
            .collect();
        live.sort_by_key(|f| f.place);
        live
    }

    /// The live file that a path carries.
    pub fn live_at(&self, path: &str) -> Option<&InputFile> {
        self.files
            .iter()
            .filter(|b| b.standing == Standing::Live)
            .map(|b| &b.file)
            .find(|f| f.paths.iter().any(|p| p == path))
    }

    fn bookmark(&mut self, number: u64) -> Option<&mut Bookmark> {
        self.files.iter_mut().find(|b| b.file.number == number)
    }

    fn stand(&mut self, number: u64, standing: Standing) {
        if let Some(bookmark) = self.bookmark(number) {
            bookmark.standing = standing;
        }
    }

    /// Adds a file, or puts it back where it stood.
    fn take(&mut self, file: &InputFile) {
        self.first_run.get_or_insert(file.run);
        self.put(file, Standing::Live);
    }

    fn put(&mut self, file: &InputFile, standing: Standing) {
        self.files.retain(|b| b.file.number != file.number);
        self.files.push(Bookmark {
            file: file.clone(),
            standing,
        });
    }
}

/// What was taken, by source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bookmarks {
    pub sources: BTreeMap<SourceName, SourceBookmarks>,
    /// The highest number given to an input file.
    pub last_number: u64,
}

impl Bookmarks {
    /// What the whole ledger says.
    pub fn of(ledger: &Ledger) -> Self {
        Self::fold(&ledger.entries)
    }

    /// What the ledger said after `run`.
    pub fn as_of(ledger: &Ledger, run: RunNumber) -> Self {
        Self::fold(ledger.entries.iter().filter(|e| e.run <= run))
    }

    fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut bookmarks = Self::default();
        for entry in entries {
            bookmarks.apply(entry.run, &entry.event);
        }
        bookmarks
    }

    /// Takes one more event into account.
    pub fn apply(&mut self, run: RunNumber, event: &Event) {
        match event {
            Event::Taken { source, file } => {
                self.last_number = self.last_number.max(file.number);
                self.source(source).take(file);
            }
            Event::Rewritten {
                source,
                replaces,
                file,
            } => {
                self.last_number = self.last_number.max(file.number);
                let bookmarks = self.source(source);
                bookmarks.stand(*replaces, Standing::Replaced);
                bookmarks.take(file);
            }
            Event::Renamed {
                source,
                number,
                paths,
            } => {
                if let Some(bookmark) = self.source(source).bookmark(*number) {
                    bookmark.file.paths.clone_from(paths);
                }
            }
            Event::Retracted { source, number } => {
                self.source(source).stand(*number, Standing::Retracted);
            }
            Event::Reset { source, .. } => {
                let bookmarks = self.source(source);
                bookmarks.reset_by = Some(run);
                for bookmark in &mut bookmarks.files {
                    if bookmark.standing == Standing::Live {
                        bookmark.standing = Standing::Reset;
                    }
                }
            }
            Event::Replayed {
                source,
                number,
                rows,
            } => {
                if let Some(bookmark) = self.source(source).bookmark(*number) {
                    bookmark.file.rows = *rows;
                }
            }
            Event::ResetSome {
                source, numbers, ..
            }
            | Event::Rewound {
                source, numbers, ..
            } => {
                for number in numbers {
                    self.source(source).stand(*number, Standing::Reset);
                }
            }
            Event::SetAsProcessed { source, files, .. } => {
                for file in files {
                    self.last_number = self.last_number.max(file.number);
                    self.source(source).put(file, Standing::Processed);
                }
            }
            Event::Held { source, glob, .. } => {
                self.source(source).held.insert(glob.clone());
            }
            Event::Released { source, glob, .. } => {
                self.source(source).held.remove(glob);
            }
            Event::Gone { source, number } => {
                let bookmark = self.source(source).bookmark(*number);
                if let Some(live) = bookmark.filter(|b| b.standing == Standing::Live) {
                    live.standing = Standing::Reset;
                }
            }
            Event::Replay { .. }
            | Event::Drifted { .. }
            | Event::Abandoned { .. }
            | Event::Run(_) => {}
        }
    }

    /// The files whose rows counted after `run`, and which a later rebuild could not
    /// bring back: what the source held then cannot be shown.
    pub fn lost_since(ledger: &Ledger, source: &SourceName, run: RunNumber) -> Vec<InputFile> {
        let gone: BTreeSet<u64> = ledger
            .entries
            .iter()
            .filter(|e| e.run >= run)
            .filter_map(|e| match &e.event {
                Event::Gone { source: of, number } if of == source => Some(*number),
                _ => None,
            })
            .collect();
        if gone.is_empty() {
            return Vec::new();
        }
        // A rebuild writes under the number of the run before it.
        let then = |e: &&Entry| e.run < run || (e.run == run && !e.event.is_gone());
        let then = Self::fold(ledger.entries.iter().filter(then));
        let live = then.sources.get(source).map(SourceBookmarks::live);
        let live = live.unwrap_or_default().into_iter();
        live.filter(|f| gone.contains(&f.number)).cloned().collect()
    }

    fn source(&mut self, source: &SourceName) -> &mut SourceBookmarks {
        self.sources.entry(source.clone()).or_default()
    }

    /// The generation of a source: a hash over its definition and its live
    /// contents with their places. A value, never a counter, so that two
    /// projects with the same files agree on it.
    pub fn generation(&self, source: &SourceName, definition: &ContentHash) -> ContentHash {
        let mut parts = vec![definition.to_string()];
        if let Some(bookmarks) = self.sources.get(source) {
            // Places are compared by their order, not by run numbers: the same
            // files taken by one run or by three are the same generation.
            // What is refused of a content depends on when it was read.
            parts.extend(bookmarks.live().iter().map(|f| match f.rows.quarantined {
                0 => f.blake3.to_string(),
                refused => format!("{} but {refused}", f.blake3),
            }));
        }
        ContentHash::of_parts(parts)
    }
}
