//! The log of a project's runs: what was done when, for whoever looks later.
//!
//! It holds no row of anybody's data.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::context::Context;
use super::error::RunError;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::run::RunNumber;

/// Bytes after which a new file is begun.
const LARGEST: u64 = 1_000_000;
/// How many older files are kept.
const KEPT: u32 = 4;

const FILE: &str = "workbench.log";
/// How lines begin and end that tell where the log of a run does.
const RUN: &str = "run ";
const BEGINS: &str = " begins";
const ENDS: &str = " ended as ";

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// RFC 3339, in UTC.
    pub at: String,
    pub text: String,
}

/// Writes progress to `.workbench/logs/workbench.log`, and passes it on.
pub struct LogSink {
    file: Option<Mutex<File>>,
    /// The file that is being loaded: each is told once.
    loading: Mutex<String>,
    /// The run that it is about; 0 before there is one.
    run: AtomicU64,
    ctx: Context,
    next: Arc<dyn ProgressSink>,
}

impl LogSink {
    /// Opens the log. A log that cannot be written does not keep a run from
    /// being done.
    pub fn open(ctx: &Context, next: Arc<dyn ProgressSink>) -> Self {
        let folder = ctx.layout.logs();
        let file = std::fs::create_dir_all(&folder)
            .and_then(|()| rotated(&folder))
            .ok()
            .map(Mutex::new);
        Self {
            file,
            loading: Mutex::default(),
            run: AtomicU64::new(0),
            ctx: ctx.clone(),
            next,
        }
    }

    /// Says that a command begins: what was said before belongs to another.
    pub fn begin(&self, command: &str) {
        self.line(&format!("{command}{BEGINS}"));
    }

    /// Says which run it is about, once.
    pub fn is_of(&self, run: RunNumber) {
        if self.run.swap(run, Ordering::SeqCst) != run {
            self.line(&format!("{RUN}{run}{BEGINS}"));
        }
    }

    /// Writes one line, with the time.
    pub fn line(&self, text: &str) {
        let Some(file) = &self.file else { return };
        let at = self
            .ctx
            .now()
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let mut file = file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = writeln!(
            file,
            "{at} [{}] {}",
            std::process::id(),
            text.replace('\n', " ")
        );
    }
}

fn older(folder: &Path, n: u32) -> PathBuf {
    folder.join(format!("{FILE}.{n}"))
}

fn rotated(folder: &Path) -> std::io::Result<File> {
    let path = folder.join(FILE);
    if std::fs::metadata(&path).is_ok_and(|m| m.len() > LARGEST) {
        for n in (1..KEPT).rev() {
            let _ = std::fs::rename(older(folder, n), older(folder, n + 1));
        }
        std::fs::rename(&path, older(folder, 1))?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

impl ProgressSink for LogSink {
    fn report(&self, progress: Progress) {
        match &progress {
            Progress::Day { day, number, total } => {
                self.line(&format!("day {number} of {total}: {day}"));
            }
            Progress::Step { step } => self.line(step),
            Progress::Waiting { reason } => self.line(&format!("waiting: {reason}")),
            Progress::Loading { source, path, .. } => {
                let mut loading = self.loading.lock().unwrap_or_else(|p| p.into_inner());
                if *loading != *path {
                    loading.clone_from(path);
                    self.line(&format!("loading {path} into {source}"));
                }
            }
            Progress::Checked { name, failed } => {
                self.line(&format!("check {name}: {failed} offending rows"));
            }
            Progress::Computing { dataset } => self.line(&format!("computing {dataset}")),
            Progress::Published { path, rows, bytes } => {
                self.line(&format!("published {path}: {rows} rows, {bytes} bytes"));
            }
            Progress::Note { message } => self.line(&format!("note: {message}")),
            Progress::Fetching { .. }
            | Progress::Sending { .. }
            | Progress::Hashing { .. }
            | Progress::Statement { .. } => {}
        }
        self.next.report(progress);
    }
}

/// What was written while a run was at work, by its process.
///
/// # Errors
/// [`RunError::NoLog`] if it is not kept any more.
pub fn of_run(folder: &Path, run: RunNumber) -> Result<Vec<LogLine>, RunError> {
    let mut text = String::new();
    for path in (1..=KEPT).rev().map(|n| older(folder, n)) {
        text += &read(&path)?;
    }
    text += &read(&folder.join(FILE))?;
    find(&text, run).ok_or(RunError::NoLog { run })
}

fn read(path: &Path) -> Result<String, RunError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(RunError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

/// The lines of one command: a process may run several, one after the other, and
/// another process may have written in between.
#[derive(Default)]
struct Part {
    lines: Vec<LogLine>,
    is_of_run: bool,
    is_over: bool,
}

fn find(log: &str, run: RunNumber) -> Option<Vec<LogLine>> {
    let begins = format!("{RUN}{run}{BEGINS}");
    let ends = format!("{RUN}{run}{ENDS}");
    let mut parts: HashMap<&str, Part> = HashMap::new();
    let mut found = None;
    for line in log.lines() {
        let parsed = line.split_once(" [").and_then(|(at, rest)| {
            let (process, text) = rest.split_once("] ")?;
            Some((at, process, text))
        });
        let Some((at, process, text)) = parsed else {
            continue;
        };
        let part = parts.entry(process).or_default();
        let is_first = text.ends_with(BEGINS) && !text.starts_with(RUN);
        if is_first || part.is_over {
            let before = std::mem::take(part);
            found = Some(before.lines).filter(|_| before.is_of_run).or(found);
        }
        part.is_of_run |= text == begins || text.starts_with(&ends);
        let ended = text.strip_prefix(RUN).and_then(|t| t.split_once(ENDS));
        part.is_over = ended.is_some_and(|(run, _)| run.parse::<RunNumber>().is_ok())
            || text.starts_with("no run (");
        part.lines.push(LogLine {
            at: at.to_owned(),
            text: text.to_owned(),
        });
    }
    let last = parts.into_values().find(|part| part.is_of_run);
    last.map(|part| part.lines).or(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_run_are_told_from_those_of_others() {
        let log = "\
1 [10] export begins
2 [10] scan
3 [11] export begins
4 [10] run 7 begins
5 [11] no run (failed): the project is held
6 [10] load
7 [10] run 7 ended as succeeded:
8 [10] export begins
9 [10] run 8 begins
10 [10] a run 7 ended as it says in a path
11 [12] a line of before there were marks
12 [12] run 6 ended as failed: why
13 [10] export begins
14 [10] no run (succeeded):
not a line
";
        let of = |run| {
            let lines = find(log, run)?;
            Some(lines.into_iter().map(|l| l.at).collect::<Vec<_>>())
        };
        let lines = |lines: &[&str]| Some(lines.iter().map(|l| (*l).to_owned()).collect());
        assert_eq!(of(7), lines(&["1", "2", "4", "6", "7"]));
        assert_eq!(of(6), lines(&["11", "12"]));
        // It died: what its process did next is not its own.
        assert_eq!(of(8), lines(&["8", "9", "10"]));
        assert_eq!(of(9), None);
    }
}
