//! A small project that is run inside this process, and held against the model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use tempfile::TempDir;
use workbench::engine::rows::Rows;
use workbench::model::bookmarks::Standing;
use workbench::model::hash::ContentHash;
use workbench::model::interrupt::Interrupt;
use workbench::model::progress::Silent;
use workbench::model::summary::{DatasetStatus, DatasetSummary};
use workbench::pipeline::ExportRequest;
use workbench::pipeline::doctor::{DoctorRequest, Verdict};
use workbench::pipeline::error::RunError;
use workbench::pipeline::query::QueryRequest;
use workbench::pipeline::rebuild::{Loss, RebuildRequest};
use workbench::state::State;
use workbench::workbench::{Surroundings, Workbench};

use super::super::bucket::{BUCKET, Server};
use super::model::{CONTENTS, Counts, Mode, Source};
use super::steps::SOURCES;

/// A project in a folder of its own, and the day it is there.
pub struct Project {
    dir: TempDir,
    pub today: NaiveDate,
    /// Where its raw files lie; None: in its folder.
    bucket: Option<Server>,
}

/// Set where raw files lie in a bucket.
pub const IN_A_BUCKET: &str = "WORKBENCH_ORACLE_IN_A_BUCKET";

/// Rows of all raw tables: source, type of `id`, `id`, `v`.
pub type Raw = Vec<(String, String, i64, Option<String>)>;

/// What a run did.
#[derive(Debug, Clone, Copy)]
pub struct Ran {
    /// 0 if nothing was to be done.
    pub number: u64,
    pub published: bool,
}

/// Why a run did not do what it was asked for.
pub type Refusal = String;

const TYPES: [&str; 2] = ["BIGINT", "INTEGER"];

impl Project {
    pub fn new(sources: &[Source]) -> Self {
        // In memory, where there is such a folder: syncing is not what is tested.
        let shm = Path::new("/dev/shm");
        let dir = if shm.is_dir() {
            tempfile::tempdir_in(shm)
        } else {
            tempfile::tempdir()
        };
        let project = Self {
            dir: dir.unwrap(),
            today: NaiveDate::from_ymd_opt(2024, 1, 1).unwrap(),
            bucket: std::env::var_os(IN_A_BUCKET).map(|_| Server::new()),
        };
        project.define(sources);
        for name in SOURCES {
            std::fs::create_dir_all(project.dir.path().join("raw").join(name)).unwrap();
            project.write(
                &format!("sql/features/of_{name}.sql"),
                &format!(
                    "/*\nkey = [\"id\"]\n*/\nSELECT id::BIGINT AS id, count(*) AS n, count(v) AS vs, \
                     min(v) AS first, max(v) AS last FROM raw.{name} GROUP BY id"
                ),
            );
        }
        project
    }

    /// Writes `workbench.toml`.
    pub fn define(&self, sources: &[Source]) {
        let mut config = "[project]\nname = \"oracle\"\nthreads = 1\n".to_owned();
        let raw = match &self.bucket {
            Some(_) => format!("s3://{BUCKET}/raw"),
            None => "raw".to_owned(),
        };
        for (name, source) in SOURCES.iter().zip(sources) {
            let load = match source.mode {
                Mode::Append => "append",
                Mode::Upsert => "upsert",
                Mode::Replace => "replace",
            };
            let duplicates = if source.copies_count { "load" } else { "skip" };
            let on_vanish = if source.retracts { "retract" } else { "keep" };
            let ty = type_of(source);
            config += &format!(
                "[sources.{name}]\npath = \"{raw}/{name}/*\"\nload = \"{load}\"\nkey = [\"id\"]\n\
                 duplicates = \"{duplicates}\"\non_vanish = \"{on_vanish}\"\n\
                 columns = {{ id = \"{ty}\", v = \"VARCHAR\" }}\n"
            );
        }
        if let Some(server) = &self.bucket {
            config += &format!("[s3]\nendpoint = \"{}\"\n", server.endpoint());
        }
        self.write("workbench.toml", &config);
    }

    fn file(&self, source: &str, name: &str) -> PathBuf {
        self.dir.path().join("raw").join(source).join(name)
    }

    /// Puts a raw file where the source looks.
    pub fn deliver(&self, source: &str, name: &str, text: &str) {
        match &self.bucket {
            Some(server) => {
                let key = format!("raw/{source}/{name}");
                server.shelf.put(BUCKET, &key, text.as_bytes());
            }
            None => std::fs::write(self.file(source, name), text).unwrap(),
        }
    }

    pub fn take_away(&self, source: &str, name: &str) {
        match &self.bucket {
            Some(server) => server.shelf.remove(BUCKET, &format!("raw/{source}/{name}")),
            None => std::fs::remove_file(self.file(source, name)).unwrap(),
        }
    }

    pub fn rename(&self, source: &str, from: &str, to: &str) {
        match &self.bucket {
            Some(_) if from == to => {}
            Some(server) => {
                let key = |name| format!("raw/{source}/{name}");
                let thing = server.shelf.peek(BUCKET, &key(from)).unwrap();
                server.shelf.put(BUCKET, &key(to), &thing.bytes);
                server.shelf.remove(BUCKET, &key(from));
            }
            None => std::fs::rename(self.file(source, from), self.file(source, to)).unwrap(),
        }
    }

    /// Lets copies of objects go, as a full cache would.
    pub fn forget_copies(&self) -> bool {
        let cache = self.dir.path().join(".workbench/cache/objects");
        std::fs::remove_dir_all(cache).is_ok()
    }

    fn write(&self, relative: &str, text: &str) {
        let path = self.dir.path().join(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn wait(&mut self, days: u64) {
        self.today = self.today + Days::new(days);
    }

    fn moment(&self) -> DateTime<Utc> {
        self.today.and_hms_opt(9, 0, 0).unwrap().and_utc()
    }

    pub fn workbench(&self) -> Workbench {
        Workbench::open(self.dir.path(), self.surroundings()).unwrap()
    }

    fn surroundings(&self) -> Surroundings {
        let moment = self.moment();
        Surroundings {
            progress: Arc::new(Silent),
            interrupt: Interrupt::default(),
            host: "here".to_owned(),
            clock: Arc::new(move || moment),
        }
    }

    /// Runs in this process.
    pub fn run(&self, request: &ExportRequest) -> Result<Ran, Refusal> {
        let exported = self.workbench().export(request);
        let published = |d: &DatasetSummary| d.status == DatasetStatus::Published;
        match exported.error {
            None => Ok(Ran {
                number: exported.summary.run.unwrap_or(0),
                published: exported.summary.datasets.iter().any(published),
            }),
            Some(error) => Err(error.to_string()),
        }
    }

    fn ask(&self, sql: String) -> Result<Rows, RunError> {
        self.workbench().query(QueryRequest::of(sql))?.rows(None)
    }

    /// Whether the ledger has a run.
    pub fn is_committed(&self, run: u64) -> bool {
        let asked = self.ask(format!(
            "SELECT count(*) FROM warehouse.ledger.events WHERE run = {run} AND 'raw.' <> ''"
        ));
        asked.is_ok_and(|rows| rows.rows[0][0].as_deref() != Some("0"))
    }

    /// Runs the program itself with a fault. None: it died.
    pub fn run_with_fault(&self, load: bool, fault: &str) -> Option<Result<(), Refusal>> {
        let test = format!("clock={}T09:00:00Z;fail={fault}", self.today);
        let command = if load {
            ["load", "--accept-drop", "--quiet"]
        } else {
            ["export", "--accept-drop", "--quiet"]
        };
        let output = Command::new(env!("CARGO_BIN_EXE_workbench"))
            .args(command)
            .current_dir(self.dir.path())
            .env_clear()
            .env("WORKBENCH_TEST", test)
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("AWS_")))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        match output.status.code() {
            None => None,
            Some(0) => Some(Ok(())),
            Some(_) => Some(Err(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    }

    /// Whether every event of the ledger is in a commit.
    pub fn is_told(&self) -> bool {
        let commits = self.dir.path().join("output/_workbench/commits");
        let Some(newest) = super::super::world::walk(&commits).pop() else {
            return false;
        };
        let commit: serde_json::Value =
            serde_json::from_slice(&std::fs::read(newest).unwrap()).unwrap();
        let asked =
            self.ask("SELECT count(*) FROM warehouse.ledger.events WHERE 'raw.' <> ''".to_owned());
        let events = asked.unwrap().rows[0][0].clone().unwrap();
        commit["head_seq"].as_u64() == events.parse().ok()
    }

    /// Loses files under `.workbench/`, and builds them again from the target and what
    /// lies there, or an archive of all contents. Returns what was lost for good.
    pub fn lose(&self, state: bool, warehouse: bool, archive: bool) -> Result<Vec<Loss>, Refusal> {
        let private = self.dir.path().join(".workbench");
        let of_state = ["state.db", "state.db-wal", "state.db-shm"];
        for name in of_state.iter().filter(|_| state) {
            let _ = std::fs::remove_file(private.join(name));
        }
        if warehouse {
            let _ = std::fs::remove_file(private.join("warehouse.duckdb"));
        }
        let mut request = RebuildRequest::default();
        if archive {
            for (content, at) in CONTENTS.iter().zip(0..) {
                self.write(&format!("archive/{at}"), content.text);
            }
            request.from.push(self.dir.path().join("archive"));
        } else {
            request.accept_loss = true;
        }
        let rebuilt = self.workbench().rebuild(&request);
        rebuilt
            .map(|rebuilt| rebuilt.losses)
            .map_err(|error| error.to_string())
    }

    /// What the checks of `doctor` say of state and warehouse that is not well.
    pub fn unsound(&self) -> Vec<String> {
        let found = workbench::workbench::doctor(
            self.dir.path(),
            DoctorRequest::default(),
            self.surroundings(),
        );
        let checks = found.unwrap().checks.into_iter();
        let ours = [
            "state",
            "warehouse",
            "target",
            "agreement",
            "runs",
            "objects",
        ];
        checks
            .filter(|c| ours.contains(&c.name))
            .flat_map(|c| c.findings)
            .filter(|f| f.verdict > Verdict::Skipped)
            .map(|f| f.found)
            .collect()
    }

    pub fn state(&self) -> Option<State> {
        State::open_for_reading(&self.dir.path().join(".workbench/state.db")).unwrap()
    }

    /// Whether state knows the run as begun, and the number of the last one.
    pub fn last_run(&self) -> u64 {
        self.state().map_or(0, |s| s.last_run_number().unwrap())
    }

    /// The rows of all raw tables, sorted.
    pub fn raw(&self) -> Raw {
        if !self.dir.path().join(".workbench/warehouse.duckdb").exists() {
            return Vec::new();
        }
        let tables = SOURCES.map(|name| {
            format!("SELECT '{name}' AS s, typeof(id) AS t, id::BIGINT AS id, v FROM raw.{name}")
        });
        let asked = self.ask(tables.join(" UNION ALL "));
        let rows = match asked {
            Ok(rows) => rows.rows,
            // Nothing was committed yet, and there is no table.
            Err(error) if error.to_string().contains("raw") => return Vec::new(),
            Err(error) => panic!("{error}"),
        };
        let mut raw: Raw = rows
            .into_iter()
            .map(|row| {
                let cell = |at: usize| row[at].clone().unwrap();
                (cell(0), cell(1), cell(2).parse().unwrap(), row[3].clone())
            })
            .collect();
        raw.sort();
        raw
    }

    /// What the bookmarks say of each source, as the model says it: content, place,
    /// names, whether it counts. And that no record is unaccounted for.
    pub fn bookmarks(&self) -> Vec<Vec<String>> {
        let bookmarks = self.state().map(|s| s.bookmarks().unwrap());
        let bookmarks = bookmarks.unwrap_or_default();
        let hashes: BTreeMap<ContentHash, usize> = CONTENTS
            .iter()
            .enumerate()
            .map(|(at, c)| (ContentHash::of(c.text.as_bytes()), at))
            .collect();
        let of_source = |name: &&str| {
            let source = bookmarks.sources.get(&name.parse().unwrap());
            let mut lines = Vec::new();
            for bookmark in source.iter().flat_map(|s| &s.files) {
                let counts = match bookmark.standing {
                    Standing::Live => Counts::Yes,
                    Standing::Processed => Counts::Passed,
                    Standing::Reset => Counts::Waiting,
                    Standing::Retracted | Standing::Replaced => continue,
                };
                let file = &bookmark.file;
                let content = hashes[&file.blake3];
                let read = match counts {
                    Counts::Passed => 0,
                    _ => CONTENTS[content].rows.len() as u64,
                };
                assert_eq!(file.rows.read, read, "{file:?}");
                assert!(file.rows.add_up(), "{file:?}");
                let place = (file.place.run, file.place.position);
                let names = file.paths.iter().map(|p| p.rsplit('/').next().unwrap());
                let mut names: Vec<&str> = names.collect();
                names.sort_unstable();
                lines.push(format!(
                    "{place:?} {content} {counts:?} {names:?} {}",
                    file.run
                ));
            }
            for glob in source.iter().flat_map(|s| &s.held) {
                lines.push(format!("held {glob}"));
            }
            lines.sort();
            lines
        };
        SOURCES.iter().map(of_source).collect()
    }

    /// The published files of a day, by dataset.
    pub fn day(&self, day: NaiveDate) -> BTreeMap<String, blake3::Hash> {
        let key = day.format("ingest_year=%Y/ingest_month=%m/ingest_day=%d/part-0.parquet");
        let mut files = BTreeMap::new();
        for name in SOURCES {
            let path = self.partition(name, &key.to_string());
            if let Ok(bytes) = std::fs::read(path) {
                files.insert(name.to_owned(), blake3::hash(&bytes));
            }
        }
        files
    }

    /// Takes the published files of a day away.
    pub fn forget_day(&self, day: NaiveDate) {
        let key = day.format("ingest_year=%Y/ingest_month=%m/ingest_day=%d/part-0.parquet");
        for name in SOURCES {
            let _ = std::fs::remove_file(self.partition(name, &key.to_string()));
        }
    }

    fn partition(&self, source: &str, key: &str) -> PathBuf {
        let output = self.dir.path().join("output");
        output.join(format!("of-{source}")).join(key)
    }
}

fn type_of(source: &Source) -> &'static str {
    TYPES[source.definition as usize]
}

/// What the model says the raw tables hold.
pub fn raw_of(sources: &[Source]) -> Raw {
    let mut raw: Raw = SOURCES
        .iter()
        .zip(sources)
        .flat_map(|(name, source)| {
            let rows = source.rows().into_iter();
            // While a changed definition is refused, the rows are as they were taken.
            let taken = source.in_order(Counts::Yes).last().map(|t| t.definition);
            let ty = TYPES[taken.unwrap_or(0) as usize];
            rows.map(|(id, v)| {
                let v = v.map(str::to_owned);
                ((*name).to_owned(), ty.to_owned(), id, v)
            })
        })
        .collect();
    raw.sort();
    raw
}

/// What the model says the bookmarks are.
pub fn bookmarks_of(sources: &[Source]) -> Vec<Vec<String>> {
    let of_source = |source: &Source| {
        let taken = source.taken.iter().map(|t| {
            let names: Vec<&String> = t.paths.iter().collect();
            format!(
                "{:?} {} {:?} {names:?} {}",
                t.place, t.content, t.counts, t.run
            )
        });
        let held = source.held.iter().map(|glob| format!("held {glob}"));
        let mut lines: Vec<String> = taken.chain(held).collect();
        lines.sort();
        lines
    };
    sources.iter().map(of_source).collect()
}
