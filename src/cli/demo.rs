//! `workbench demo`.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::ProgressBar;

use super::args::{Demo, Format, Global, ProgressArg};
use super::{complain, narrate, print, progress, surroundings, width};
use crate::model::interrupt::Interrupt;
use crate::model::progress::ProgressSink;
use crate::pipeline::ExportRequest;
use crate::pipeline::error::RunError;
use crate::report::demo::{self, Day, Made};
use crate::report::failure::{Exit, Failure};
use crate::sample::demo::{Delivery, File, deliveries, project};
use crate::workbench::{Surroundings, Workbench};

/// What the folder says of itself.
const README: &str = "README.md";

/// Why there is no demo.
enum DemoError {
    ProjectGiven,
    InTheWay {
        folder: PathBuf,
    },
    Io {
        path: PathBuf,
        source: io::Error,
    },
    /// The demo's own data or SQL.
    Data(io::Error),
    Export {
        day: String,
        error: Box<RunError>,
    },
    Interrupted {
        folder: PathBuf,
    },
}

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Demo) -> Exit {
    match make(global, command) {
        Ok(made) => {
            match command.format {
                Format::Json => print(&format!("{:#}\n", demo::json(&made))),
                Format::Table if global.quiet => {}
                Format::Table => print(&demo::text(&made, width())),
            }
            Exit::Done
        }
        Err(error) => {
            let failure = failure(&error);
            if command.format == Format::Json {
                let document = serde_json::json!({ "error": failure.json() });
                print(&format!("{document:#}\n"));
            }
            complain(global, &failure);
            failure.exit
        }
    }
}

fn failure(error: &DemoError) -> Failure {
    let (exit, message, hint) = match error {
        DemoError::ProjectGiven => (
            Exit::Usage,
            "`demo` makes a project of its own, and takes none with `--project`".to_owned(),
            Some("name the folder to make it in: `workbench demo DIR`".to_owned()),
        ),
        DemoError::InTheWay { folder } => (
            Exit::Usage,
            format!(
                "`{}` is there already, and is no empty folder",
                folder.display()
            ),
            Some("name another folder: `workbench demo DIR`, or remove that one".to_owned()),
        ),
        DemoError::Io { path, source } => (
            Exit::Failed,
            format!("`{}`: {source}", path.display()),
            None,
        ),
        DemoError::Data(source) => (Exit::Failed, source.to_string(), None),
        DemoError::Export { day, error } => {
            let failure = Failure::of(error);
            return Failure {
                message: format!("the export of {day} failed: {}", failure.message),
                ..failure
            };
        }
        DemoError::Interrupted { folder } => (
            Exit::Interrupted,
            format!(
                "interrupted; what was made in `{}` is removed",
                folder.display()
            ),
            None,
        ),
    };
    Failure {
        exit,
        message,
        hint,
        rows: None,
    }
}

fn make(global: &Global, command: &Demo) -> Result<Made, DemoError> {
    if global.project.is_some() {
        return Err(DemoError::ProjectGiven);
    }
    // Days are the demo's own, whatever clock a test gives.
    let _ = surroundings::test_settings();
    let interrupt = surroundings::interrupt();
    let (folder, made_here) = claim(&command.dir)?;
    let bar = (!global.quiet && !global.verbose && std::io::stderr().is_terminal())
        .then(|| progress::counted(0));
    let made = Maker {
        folder: &folder,
        global,
        interrupt: &interrupt,
        bar: bar.as_ref(),
    }
    .make(&command.dir);
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if matches!(&made, Err(DemoError::Interrupted { .. })) {
        remove(&folder, made_here)?;
    }
    made
}

/// Failed at a path.
fn at(path: &Path) -> impl FnOnce(io::Error) -> DemoError {
    let path = path.to_owned();
    move |source| DemoError::Io { path, source }
}

/// The folder, which is empty, and whether it was made now.
fn claim(dir: &Path) -> Result<(PathBuf, bool), DemoError> {
    let in_the_way = || DemoError::InTheWay {
        folder: dir.to_owned(),
    };
    let made_here = match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(at(dir))?;
            true
        }
        Err(error) => return Err(at(dir)(error)),
        Ok(_) if !dir.is_dir() => return Err(in_the_way()),
        Ok(_) => false,
    };
    if fs::read_dir(dir).map_err(at(dir))?.next().is_some() {
        return Err(in_the_way());
    }
    // Whole, so that it stays the same whatever happens to where we stand.
    let folder = dir.canonicalize().map_err(at(dir))?;
    Ok((folder, made_here))
}

/// Takes away what was made; a folder that was there before stays, empty.
fn remove(folder: &Path, made_here: bool) -> Result<(), DemoError> {
    if made_here {
        return fs::remove_dir_all(folder).map_err(at(folder));
    }
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.is_dir() {
            fs::remove_dir_all(&path).map_err(at(&path))?;
        } else {
            fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}

struct Maker<'a> {
    folder: &'a Path,
    global: &'a Global,
    interrupt: &'a Interrupt,
    bar: Option<&'a ProgressBar>,
}

impl Maker<'_> {
    fn make(&self, typed: &Path) -> Result<Made, DemoError> {
        let began = Instant::now();
        // First of all, for a process that is killed says nothing.
        self.write(README, demo::unfinished().as_bytes())?;
        self.write_all(&project().map_err(DemoError::Data)?)?;
        let deliveries = deliveries().map_err(DemoError::Data)?;
        if let Some(bar) = self.bar {
            bar.set_length(deliveries.len() as u64);
        }
        let mut days = Vec::new();
        for delivery in &deliveries {
            days.push(self.export(delivery)?);
            if let Some(bar) = self.bar {
                bar.inc(1);
            }
        }
        let made = Made {
            folder: typed.display().to_string(),
            days,
            seconds: began.elapsed().as_secs_f64(),
        };
        self.write(README, demo::readme(&made).as_bytes())?;
        Ok(made)
    }

    /// Lets a delivery arrive, and exports its day on that day.
    fn export(&self, delivery: &Delivery) -> Result<Day, DemoError> {
        let arrives = DateTime::UNIX_EPOCH + TimeDelta::hours(delivery.hour);
        let date = arrives.date_naive();
        let event = delivery.event.as_deref().unwrap_or_default();
        if let Some(bar) = self.bar {
            bar.set_message(format!("{date} {event}"));
        } else if self.global.verbose {
            narrate(&format!("{date} {event}\n"));
        }
        self.write_all(&delivery.files)?;
        let exported = Workbench::open(self.folder, self.surroundings(arrives))
            .map(|workbench| workbench.export(&ExportRequest::new()));
        let failed = |error| DemoError::Export {
            day: date.to_string(),
            error: Box::new(error),
        };
        let exported = exported.map_err(failed)?;
        if self.interrupt.is_requested() {
            return Err(DemoError::Interrupted {
                folder: self.folder.to_owned(),
            });
        }
        let failure = match exported.error {
            Some(error) if !delivery.refused => return Err(failed(error)),
            error => error.as_ref().map(Failure::of),
        };
        Ok(Day {
            date,
            again: delivery.again.clone(),
            event: delivery.event.clone(),
            summary: exported.summary,
            failure,
        })
    }

    /// A clock that begins when the delivery arrives, and goes on as clocks do.
    fn surroundings(&self, arrives: DateTime<Utc>) -> Surroundings {
        let began = Instant::now();
        let clock: surroundings::Clock =
            Arc::new(move || arrives + TimeDelta::from_std(began.elapsed()).unwrap_or_default());
        let (progress, _): (Arc<dyn ProgressSink>, _) =
            progress::sink(ProgressArg::None, self.global.verbose);
        Surroundings {
            progress,
            interrupt: self.interrupt.clone(),
            host: surroundings::host(),
            clock,
        }
    }

    fn write_all(&self, files: &[File]) -> Result<(), DemoError> {
        files
            .iter()
            .try_for_each(|file| self.write(&file.path, &file.bytes))
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), DemoError> {
        let path = self.folder.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        fs::write(&path, bytes).map_err(at(&path))
    }
}
