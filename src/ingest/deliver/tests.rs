mod modes;
mod random;

use super::*;
use crate::model::bookmarks::Bookmarks;
use crate::model::input_file::FileStat;
use crate::model::ledger::Event;
use chrono::NaiveDate;

fn source(load: LoadMode) -> SourceDefinition {
    let mut source = SourceDefinition::new("orders".parse().unwrap(), "raw/*.csv");
    source.load = load;
    source.key = vec!["id".to_owned()];
    source
}

fn scanned(path: &str, content: &str) -> ScannedFile {
    ScannedFile {
        path: path.to_owned(),
        absolute: path.into(),
        stat: FileStat {
            size: 1,
            mtime: 0,
            ctime: 0,
            inode: 0,
        },
        blake3: ContentHash::of(content.as_bytes()),
        records: 1,
        plain: true,
        fault: None,
    }
}

/// A source, what was taken of it, and what its folder shows.
#[derive(Debug)]
struct World {
    source: SourceDefinition,
    bookmarks: Bookmarks,
    run: RunNumber,
}

impl World {
    fn new(load: LoadMode) -> Self {
        Self {
            source: source(load),
            bookmarks: Bookmarks::default(),
            run: 0,
        }
    }

    fn taken(&self) -> SourceBookmarks {
        let taken = self.bookmarks.sources.get(&self.source.name);
        taken.cloned().unwrap_or_default()
    }

    /// What the next run would do about these paths and contents.
    fn plan(&self, files: &[(&str, &str)]) -> Deliveries {
        let files: Vec<ScannedFile> = files.iter().map(|(p, c)| scanned(p, c)).collect();
        let mut next = self.bookmarks.last_number + 1;
        deliveries(&self.source, &self.taken(), &files, self.run + 1, &mut next)
    }

    /// Does it, and tells what was done, in short.
    fn run(&mut self, files: &[(&str, &str)]) -> Vec<String> {
        let planned = self.plan(files);
        self.run += 1;
        let day = NaiveDate::from_ymd_opt(2024, 11, 3).unwrap();
        for event in expected_events(&self.source, &planned.steps, self.run, day) {
            self.bookmarks.apply(self.run, &event);
        }
        self.check();
        planned.steps.iter().map(short).collect()
    }

    fn reset(&mut self) {
        let source = self.source.name.clone();
        self.bookmarks.apply(self.run, &Event::Reset { source });
    }

    /// Numbers and the places of live files are each used once.
    fn check(&self) {
        let taken = self.taken();
        let mut places: Vec<Place> = taken.live().iter().map(|f| f.place).collect();
        places.dedup();
        assert_eq!(places.len(), taken.live().len());
        let mut numbers: Vec<u64> = taken.files.iter().map(|b| b.file.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), taken.files.len());
    }

    /// Live files: number, place and paths.
    fn live(&self) -> Vec<String> {
        let live = self.taken();
        let live = live.live().into_iter();
        live.map(|f| format!("{} at {}: {}", f.number, f.place, f.paths.join(" ")))
            .collect()
    }
}

fn short(step: &FileStep) -> String {
    match step {
        FileStep::Take {
            number,
            place,
            file,
        } => format!("take {number} at {place}: {}", file.path),
        FileStep::Rewrite {
            number,
            replaces,
            file,
        } => format!("rewrite {} by {number}: {}", replaces.number, file.path),
        FileStep::Rename { file, paths } => format!("rename {}: {}", file.number, paths.join(" ")),
        FileStep::Duplicate {
            path,
            number,
            paths,
        } => format!("duplicate {path} of {number}: {}", paths.join(" ")),
        FileStep::FewerPaths { file, paths } => {
            format!("fewer paths of {}: {}", file.number, paths.join(" "))
        }
        FileStep::Vanished { file } => format!("vanished {}", file.number),
        FileStep::Retract { file } => format!("retract {}", file.number),
    }
}
