//! The log of a project's runs: what was done when, for whoever looks later.
//!
//! It holds no row of anybody's data.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::context::Context;
use crate::model::progress::{Progress, ProgressSink};

/// Bytes after which a new file is begun.
const LARGEST: u64 = 1_000_000;
/// How many older files are kept.
const KEPT: u32 = 4;

/// Writes progress to `.workbench/logs/workbench.log`, and passes it on.
pub struct LogSink {
    file: Option<Mutex<File>>,
    /// The file that is being loaded: each is told once.
    loading: Mutex<String>,
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
            ctx: ctx.clone(),
            next,
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

fn rotated(folder: &Path) -> std::io::Result<File> {
    let path = folder.join("workbench.log");
    if std::fs::metadata(&path).is_ok_and(|m| m.len() > LARGEST) {
        let older = |n: u32| folder.join(format!("workbench.log.{n}"));
        for n in (1..KEPT).rev() {
            let _ = std::fs::rename(older(n), older(n + 1));
        }
        std::fs::rename(&path, older(1))?;
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
            Progress::Hashing { .. } | Progress::Statement { .. } => {}
        }
        self.next.report(progress);
    }
}
