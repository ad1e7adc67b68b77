//! Progress on stderr: bars for people, JSON lines for programs.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{Global, ProgressArg};
use super::narrate;
use crate::model::progress::{Progress, ProgressSink, Silent};
use crate::report::words::{bytes, grouped};

/// A sink for what the command line says, and what to call when the work is over.
pub fn wanted(how: ProgressArg, global: &Global) -> (Arc<dyn ProgressSink>, Box<dyn FnOnce()>) {
    let how = match how {
        ProgressArg::Auto if global.quiet || global.verbose || !std::io::stderr().is_terminal() => {
            ProgressArg::None
        }
        ProgressArg::Auto => ProgressArg::Bar,
        how => how,
    };
    sink(how, global.verbose)
}

/// A sink, and what to call when the work is over.
pub fn sink(how: ProgressArg, verbose: bool) -> (Arc<dyn ProgressSink>, Box<dyn FnOnce()>) {
    match how {
        ProgressArg::Json => (Arc::new(Lines), Box::new(|| {})),
        ProgressArg::Bar => {
            let bar = Arc::new(Bar::new());
            let ended = bar.clone();
            (bar, Box::new(move || ended.bar.finish_and_clear()))
        }
        ProgressArg::Auto | ProgressArg::None if verbose => (Arc::new(Words), Box::new(|| {})),
        ProgressArg::Auto | ProgressArg::None => (Arc::new(Waits), Box::new(|| {})),
    }
}

/// A bar over so many things, drawn on a terminal only.
pub fn counted(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template("{spinner} [{bar:24}] {pos}/{len}: {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> "),
    );
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// One JSON object per line.
struct Lines;

impl ProgressSink for Lines {
    fn report(&self, progress: Progress) {
        if let Ok(line) = serde_json::to_string(&progress) {
            narrate(&format!("{line}\n"));
        }
    }
}

/// A line per step, for `--verbose` without a terminal.
struct Words;

impl ProgressSink for Words {
    fn report(&self, progress: Progress) {
        if let Some(line) = words(&progress) {
            narrate(&format!("{line}\n"));
        }
    }
}

/// Nothing but who is waited for: a silent wait looks like a hang.
struct Waits;

impl ProgressSink for Waits {
    fn report(&self, progress: Progress) {
        match progress {
            Progress::Waiting { .. } => Words.report(progress),
            _ => Silent.report(progress),
        }
    }
}

fn words(progress: &Progress) -> Option<String> {
    Some(match progress {
        Progress::Day { day, number, total } => format!("day {number} of {total}: {day}"),
        Progress::Step { step } => format!("{step} …"),
        Progress::Waiting { reason } => format!("waiting: {reason}"),
        Progress::Loading { source, path, .. } => format!("  loading {path} into {source}"),
        Progress::Checked { name, failed: 0 } => format!("  check {name} holds"),
        Progress::Checked { name, failed } => format!("  check {name}: {failed} rows"),
        Progress::Computing { dataset } => format!("  computing {dataset}"),
        Progress::Published {
            path,
            rows,
            bytes: b,
        } => {
            format!(
                "  published {path} ({} rows, {})",
                grouped(*rows),
                bytes(*b)
            )
        }
        Progress::Note { message } => format!("note: {message}"),
        Progress::Fetching { .. }
        | Progress::Sending { .. }
        | Progress::Hashing { .. }
        | Progress::Statement { .. } => {
            return None;
        }
    })
}

/// One line that changes, drawn on a terminal only.
struct Bar {
    bar: ProgressBar,
    /// Rows and when loading began, for rows per second.
    loading: Mutex<Option<std::time::Instant>>,
}

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        // Before it is drawn for the first time.
        bar.set_style(plain());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self {
            bar,
            loading: Mutex::default(),
        }
    }

    fn measured(&self, done: u64, total: u64, message: String) {
        self.bar.set_style(measured());
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(message);
    }

    fn said(&self, message: String) {
        self.bar.set_style(plain());
        self.bar.set_message(message);
    }
}

fn plain() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix}{wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn measured() -> ProgressStyle {
    ProgressStyle::with_template(
        "{spinner} {prefix}[{bar:24}] {decimal_bytes}/{decimal_total_bytes}, about {eta} left: {wide_msg}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .progress_chars("=> ")
}

impl ProgressSink for Bar {
    fn report(&self, progress: Progress) {
        match progress {
            Progress::Fetching { done, total } => {
                self.measured(done, total, "fetching files".to_owned());
            }
            Progress::Sending { done, total } => {
                self.measured(done, total, "sending files".to_owned());
            }
            Progress::Hashing { done, total } => {
                self.measured(done, total, "reading files".to_owned());
            }
            Progress::Loading {
                path,
                done,
                total,
                rows,
                ..
            } => {
                let mut since = self.loading.lock().unwrap_or_else(|p| p.into_inner());
                let seconds = since
                    .get_or_insert_with(std::time::Instant::now)
                    .elapsed()
                    .as_secs_f64();
                let rate = if seconds > 0.5 {
                    format!(", {} rows/s", grouped((rows as f64 / seconds) as u64))
                } else {
                    String::new()
                };
                self.measured(done, total, format!("{path}: {} rows{rate}", grouped(rows)));
            }
            Progress::Statement { percent } => self.said(format!("{percent:.0} %")),
            Progress::Day { day, number, total } => {
                self.bar
                    .set_prefix(format!("{day} ({number} of {total}): "));
            }
            Progress::Note { message } => self.bar.println(format!("note: {message}")),
            Progress::Step { step } => self.said(step.to_owned()),
            other => {
                if let Some(words) = words(&other) {
                    self.said(words.trim().to_owned());
                }
            }
        }
    }
}
