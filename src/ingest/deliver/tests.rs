mod modes;
mod random;
mod verbs;

use super::*;
use crate::model::bookmarks::Bookmarks;
use crate::model::input_file::{FileStat, RowCounts};
use crate::model::ledger::Event;
use crate::model::source::OnVanish;
use crate::model::token::RandomId;
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
        object: None,
        stat: FileStat {
            size: 1,
            ..FileStat::default()
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
        self.plan_asked(files, &Asked::default())
    }

    fn plan_asked(&self, files: &[(&str, &str)], asked: &Asked) -> Deliveries {
        let files: Vec<ScannedFile> = files.iter().map(|(p, c)| scanned(p, c)).collect();
        let mut next = self.bookmarks.last_number + 1;
        let run = self.run + 1;
        deliveries(&self.source, &self.taken(), &files, asked, run, &mut next)
    }

    /// Does it, and tells what was done, in short.
    fn run(&mut self, files: &[(&str, &str)]) -> Vec<String> {
        self.run_asked(files, &Asked::default())
    }

    /// Does it with what is asked for.
    fn run_asked(&mut self, files: &[(&str, &str)], asked: &Asked) -> Vec<String> {
        let planned = self.plan_asked(files, asked);
        self.run += 1;
        let day = NaiveDate::from_ymd_opt(2024, 11, 3).unwrap();
        for again in &planned.again {
            self.tell(|source, wish| Event::ResetSome {
                source,
                numbers: again.numbers.clone(),
                wish,
            });
        }
        let passed = planned.steps.iter().filter_map(|step| match step {
            FileStep::Process {
                number,
                place,
                file,
                ..
            } => Some(input_file(
                &self.source,
                (*number, *place, file),
                (self.run, day),
                RowCounts::default(),
            )),
            _ => None,
        });
        let files: Vec<InputFile> = passed.collect();
        self.tell(|source, wish| Event::SetAsProcessed {
            source,
            glob: String::new(),
            files,
            wish,
        });
        for event in expected_events(&self.source, &planned.steps, self.run, day) {
            self.bookmarks.apply(self.run, &event);
        }
        self.check();
        planned.steps.iter().map(short).collect()
    }

    fn tell(&mut self, event: impl FnOnce(crate::model::names::SourceName, RandomId) -> Event) {
        let event = event(self.source.name.clone(), RandomId::new());
        self.bookmarks.apply(self.run, &event);
    }

    fn reset(&mut self) {
        self.tell(|source, _| Event::Reset { source, wish: None });
    }

    fn hold(&mut self, glob: &str) {
        let glob = glob.to_owned();
        self.tell(|source, wish| Event::Held { source, glob, wish });
    }

    fn release(&mut self, glob: &str) {
        let glob = glob.to_owned();
        self.tell(|source, wish| Event::Released { source, glob, wish });
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
        FileStep::Process {
            number,
            place,
            file,
            ..
        } => format!("process {number} at {place}: {}", file.path),
    }
}
