//! Which contents have to be loaded for a warehouse to be as the ledger says.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{Contents, Wanted};
use super::losses::{Loss, LossKind};
use crate::model::bookmarks::{Bookmarks, SourceBookmarks, Standing};
use crate::model::input_file::InputFile;
use crate::model::ledger::{Event, Ledger};
use crate::model::names::SourceName;
use crate::model::run::RunNumber;
use crate::model::source::{LoadMode, SourceDefinition};
use crate::pipeline::error::count;

/// What is to be loaded, and from where in the ledger on.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// The position in the ledger up to which rows are there.
    base: u64,
    /// By source, the position of its last reset: what its raw table held before was
    /// thrown away then.
    reset: BTreeMap<SourceName, u64>,
    pub wanted: BTreeMap<SourceName, Wanted>,
    /// Sources of which it is not known how they were read.
    pub unknown: Vec<Loss>,
    /// Contents that an earlier rebuild did without: source, number, and the
    /// position of the event that says so.
    gone: BTreeMap<(SourceName, u64), u64>,
    /// Contents whose rows the base has, and that are read again for their order.
    again: BTreeMap<SourceName, Vec<InputFile>>,
}

impl Needs {
    /// What the ledger asks for behind the position `base`, up to which a warehouse
    /// is there. `project` are the definitions of today.
    pub fn of(ledger: &Ledger, base: u64, project: &[SourceDefinition]) -> Self {
        let mut needs = Self {
            base,
            ..Self::default()
        };
        for entry in &ledger.entries {
            match &entry.event {
                Event::Reset { source, .. } => {
                    needs.reset.insert(source.clone(), entry.seq);
                }
                Event::Gone { source, number } => {
                    needs.gone.insert((source.clone(), *number), entry.seq);
                }
                _ => {}
            }
        }
        for entry in &ledger.entries {
            let Some((source, file)) = taken(&entry.event) else {
                continue;
            };
            if entry.seq < needs.from(source) || needs.is_gone(source, file.number, entry.seq) {
                continue;
            }
            let mut unknown = needs.unknown.iter_mut();
            if let Some(unknown) = unknown.find(|l| l.source.as_ref() == Some(source)) {
                unknown.numbers.push(file.number);
                continue;
            }
            let Some(definition) = definition(ledger, project, source, entry.run, file) else {
                let earlier = needs.wanted.remove(source).map(|w| w.files);
                let earlier = earlier.unwrap_or_default();
                let numbers = earlier.iter().chain([file]).map(|f| f.number);
                needs
                    .unknown
                    .push(unknown_rules(source, entry.run, numbers.collect()));
                continue;
            };
            let wanted = needs.wanted.entry(source.clone()).or_insert(Wanted {
                definition: definition.clone(),
                files: Vec::new(),
                paths: BTreeSet::new(),
            });
            wanted.definition = definition.clone();
            wanted.files.push(file.clone());
        }
        needs.read_again(ledger, base, project);
        for entry in &ledger.entries {
            let (source, paths) = match &entry.event {
                Event::Renamed { source, paths, .. } => (source, paths),
                event => match taken(event) {
                    Some((source, file)) => (source, &file.paths),
                    None => continue,
                },
            };
            if let Some(wanted) = needs.wanted.get_mut(source) {
                wanted.paths.extend(paths.iter().cloned());
            }
        }
        needs
    }

    /// Where the last row of a key counts, files of the base are read again, once
    /// something before them changes.
    fn read_again(&mut self, ledger: &Ledger, base: u64, project: &[SourceDefinition]) {
        if base == 0 {
            return;
        }
        let before = Bookmarks::of(&Ledger {
            entries: ledger
                .entries
                .iter()
                .filter(|e| e.seq <= base)
                .cloned()
                .collect(),
        });
        for (source, bookmarks) in &before.sources {
            let Some(definition) = ledger
                .definition(source, None)
                .or_else(|| project.iter().find(|s| s.name == *source))
            else {
                continue;
            };
            let from = self.from(source);
            let reorders = |event: &Event| {
                matches!(
                    event,
                    Event::Rewritten { source: s, .. }
                    | Event::Retracted { source: s, .. }
                    | Event::ResetSome { source: s, .. }
                    | Event::Rewound { source: s, .. }
                    | Event::Replay { source: s, .. } if s == source
                )
            };
            let later = ledger
                .entries
                .iter()
                .filter(|e| e.seq > base && e.seq >= from);
            let again = definition.load != LoadMode::Append
                && later.into_iter().any(|e| reorders(&e.event));
            if !again {
                continue;
            }
            let wanted = self.wanted.entry(source.clone()).or_insert(Wanted {
                definition: definition.clone(),
                files: Vec::new(),
                paths: BTreeSet::new(),
            });
            let live: Vec<InputFile> = bookmarks.live().into_iter().cloned().collect();
            wanted.files.extend(live.iter().cloned());
            self.again.insert(source.clone(), live);
        }
    }

    /// The position from which on a source's events are done again.
    pub fn from(&self, source: &SourceName) -> u64 {
        let reset = self.reset.get(source).copied().unwrap_or(1);
        reset.max(self.base + 1)
    }

    /// Whether it is not known how a source was read.
    pub fn is_unknown(&self, source: &SourceName) -> bool {
        let mut unknown = self.unknown.iter();
        unknown.any(|l| l.source.as_ref() == Some(source))
    }

    /// Whether an earlier rebuild did without what the event at `seq` took.
    pub fn is_gone(&self, source: &SourceName, number: u64, seq: u64) -> bool {
        let gone = self.gone.get(&(source.clone(), number));
        gone.is_some_and(|at| *at > seq)
    }

    /// Whether the rows that a warehouse has up to the base can be gone on from.
    pub fn can_go_on(&self, contents: &Contents) -> bool {
        let mut again = self.again.iter();
        self.unknown.is_empty()
            && again.all(|(source, files)| files.iter().all(|f| contents.has(source, f)))
    }

    /// Bytes of all files that are to be loaded.
    pub fn bytes(&self) -> u64 {
        let files = self.wanted.values().flat_map(|w| &w.files);
        files.map(|f| f.size).sum()
    }

    /// What is not to be had, in the order of sources and runs.
    pub fn losses(&self, ledger: &Ledger, contents: &Contents) -> Vec<Loss> {
        let bookmarks = Bookmarks::of(ledger);
        let mut losses = self.unknown.clone();
        for (source, wanted) in &self.wanted {
            let mut said = BTreeSet::new();
            for file in wanted.files.iter().filter(|f| !contents.has(source, f)) {
                if said.insert(file.number) {
                    losses.push(loss(
                        &wanted.definition,
                        file,
                        bookmarks.sources.get(source),
                    ));
                }
            }
        }
        losses
    }
}

fn unknown_rules(source: &SourceName, run: RunNumber, numbers: Vec<u64>) -> Loss {
    Loss {
        kind: LossKind::Rules,
        source: Some(source.clone()),
        run,
        what: format!(
            "source `{source}` is defined otherwise than when run {run} took its files, and no run \
             wrote down how: all of it is to be loaded anew"
        ),
        numbers,
    }
}

fn loss(
    definition: &SourceDefinition,
    file: &InputFile,
    bookmarks: Option<&SourceBookmarks>,
) -> Loss {
    let source = &definition.name;
    let files = bookmarks.map_or(&[][..], |b| &b.files);
    let now = files.iter().find(|b| b.file.number == file.number);
    // As it was called last, if it was moved.
    let path = now.map_or(file, |b| &b.file).paths.join("`, `");
    let run = file.place.run;
    let live = now.is_some_and(|b| b.standing == Standing::Live);
    // Of files that are the whole table only the last one counts.
    let last = bookmarks.and_then(|b| b.live().last().map(|f| f.number));
    let counts = definition.load != LoadMode::Replace || last == Some(file.number);
    let (kind, what) = if live && counts {
        let rows = count(file.rows.taken(), "row");
        let what = format!(
            "`{path}`, which run {run} took, is gone or was changed: {rows} of source `{source}`"
        );
        (LossKind::Rows, what)
    } else {
        let what = format!(
            "`{path}`, as run {run} took it, is gone or was changed: its rows do not count now, but \
             what source `{source}` held while they did cannot be shown again"
        );
        (LossKind::History, what)
    };
    Loss {
        kind,
        source: Some(source.clone()),
        run,
        what,
        numbers: vec![file.number],
    }
}

/// The file that an event takes.
pub fn taken(event: &Event) -> Option<(&SourceName, &InputFile)> {
    match event {
        Event::Taken { source, file } | Event::Rewritten { source, file, .. } => {
            Some((source, file))
        }
        _ => None,
    }
}

/// By which rules a run took a file of a source: as a run wrote them down, or as
/// they are today, if that is the same definition.
pub fn definition<'d>(
    ledger: &'d Ledger,
    project: &'d [SourceDefinition],
    source: &SourceName,
    run: RunNumber,
    file: &InputFile,
) -> Option<&'d SourceDefinition> {
    let written = ledger.definition(source, Some(run));
    let today = project.iter().find(|s| s.name == *source);
    let mut known = [written, today].into_iter().flatten();
    known.find(|definition| definition.fingerprint() == file.definition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash::ContentHash;
    use crate::model::input_file::{Place, RowCounts};
    use crate::model::ledger::{Entry, empty_head};

    fn orders() -> SourceDefinition {
        SourceDefinition::new("orders".parse().unwrap(), "raw/*.csv")
    }

    fn taken(number: u64, definition: &SourceDefinition) -> Event {
        Event::Taken {
            source: definition.name.clone(),
            file: InputFile {
                number,
                blake3: ContentHash::of(&number.to_le_bytes()),
                size: 10 * number,
                place: Place {
                    run: 1,
                    position: number,
                },
                paths: vec![format!("raw/{number}.csv")],
                run: 1,
                day: Default::default(),
                rows: RowCounts::default(),
                definition: definition.fingerprint(),
            },
        }
    }

    fn ledger(events: &[Event]) -> Ledger {
        let mut ledger = Ledger::default();
        for event in events {
            let (seq, head) = ledger
                .entries
                .last()
                .map_or((0, empty_head()), |e| (e.seq, e.head));
            let entry = Entry::following((seq, &head), 1, event.clone());
            ledger.entries.push(entry.unwrap());
        }
        ledger
    }

    fn numbers(needs: &Needs) -> Vec<u64> {
        let files = needs.wanted.values().flat_map(|w| &w.files);
        files.map(|f| f.number).collect()
    }

    #[test]
    fn only_what_the_raw_table_still_has_is_loaded() {
        let source = orders();
        let name = source.name.clone();
        let reset = Event::Reset {
            source: name.clone(),
            wish: None,
        };
        let gone = Event::Gone {
            source: name,
            number: 3,
        };
        let events = [
            taken(1, &source),
            reset,
            taken(2, &source),
            taken(3, &source),
            gone,
            taken(4, &source),
        ];
        let ledger = ledger(&events);
        let project = [source];
        assert_eq!(numbers(&Needs::of(&ledger, 0, &project)), [2, 4]);
        assert_eq!(Needs::of(&ledger, 0, &project).bytes(), 60);
        // Behind a warehouse that has the first four events.
        assert_eq!(numbers(&Needs::of(&ledger, 4, &project)), [4]);
    }

    /// Ledgers from before definitions were written down.
    #[test]
    fn rules_that_nobody_wrote_down_are_those_of_today_or_unknown() {
        let source = orders();
        let mut other = orders();
        other.load = LoadMode::Replace;
        let ledger = ledger(&[taken(1, &source), taken(2, &source)]);
        let needs = Needs::of(&ledger, 0, std::slice::from_ref(&source));
        assert_eq!((numbers(&needs), needs.unknown.len()), (vec![1, 2], 0));
        for project in [&[other][..], &[]] {
            let needs = Needs::of(&ledger, 0, project);
            assert_eq!(numbers(&needs), [0; 0]);
            assert_eq!(needs.unknown[0].numbers, [1, 2]);
            assert_eq!(needs.unknown[0].kind, LossKind::Rules);
        }
    }
}
