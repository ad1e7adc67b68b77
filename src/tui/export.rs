//! `workbench export` as a child process: the scheduler's own path. A crash there
//! cannot take the screen down, and no file is open in two engines at once.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use chrono::NaiveDate;
use serde_json::Value;

use crate::model::interrupt::Interrupt;
use crate::report::words;

use super::effect::{Outcome, Told};

/// How often the child is looked at.
const TICK: Duration = Duration::from_millis(30);

/// How an export is run.
#[derive(Debug, Clone)]
pub struct Command {
    /// This program.
    pub program: PathBuf,
    pub project: PathBuf,
    /// The target that is looked at, if it is not the project's.
    pub visited: Option<String>,
}

impl Command {
    /// Runs an export to its end; asked to stop, it is told as by Ctrl-C.
    pub fn run(
        &self,
        day: Option<NaiveDate>,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Told) + Sync),
    ) -> Outcome {
        let mut command = std::process::Command::new(&self.program);
        command
            .args(["export", "--progress", "json", "--format", "json", "-C"])
            .arg(&self.project)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(day) = day {
            command.args(["--date", &day.to_string()]);
        }
        match command.spawn() {
            Ok(child) => follow(child, interrupt, tell),
            Err(error) => Outcome::Failed(format!(
                "`{} export` could not be started: {error}",
                self.program.display()
            )),
        }
    }
}

impl Command {
    /// Runs a command that writes a file, to its end.
    pub fn write(
        &self,
        words: &[String],
        interrupt: &Interrupt,
        tell: &(dyn Fn(Told) + Sync),
    ) -> Outcome {
        let mut command = std::process::Command::new(&self.program);
        command
            .args(words)
            .arg("-C")
            .arg(&self.project)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some(target) = &self.visited {
            command.arg("--target").arg(target);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let program = self.program.display();
                return Outcome::Failed(format!("`{program}` could not be started: {error}"));
            }
        };
        let stderr = child.stderr.take();
        let lines = std::thread::scope(|scope| {
            let lines = scope.spawn(move || {
                let lines = stderr
                    .map(BufReader::new)
                    .into_iter()
                    .flat_map(BufRead::lines);
                let lines = lines.map_while(Result::ok);
                lines
                    .inspect(|line| tell(Told::Line(line.clone())))
                    .collect::<Vec<_>>()
            });
            wait(&mut child, interrupt);
            lines.join().unwrap_or_default()
        });
        let succeeded = child.wait().is_ok_and(|status| status.success());
        let mut words = lines
            .iter()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty());
        match succeeded {
            true => Outcome::Written(words.next_back().unwrap_or("written").to_owned()),
            false => Outcome::Failed(words.collect::<Vec<_>>().join("\n")),
        }
    }
}

/// Waits for a child; asked to stop, it is told as by Ctrl-C.
fn wait(child: &mut Child, interrupt: &Interrupt) {
    let mut told = false;
    while let Ok(None) = child.try_wait() {
        if interrupt.is_requested() && !told {
            told = true;
            let _ = rustix::process::Pid::from_raw(child.id() as i32)
                .map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::INT));
        }
        std::thread::sleep(TICK);
    }
}

fn follow(mut child: Child, interrupt: &Interrupt, tell: &(dyn Fn(Told) + Sync)) -> Outcome {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let summary = std::thread::scope(|scope| {
        let summary = scope.spawn(move || {
            let mut text = String::new();
            let _ = stdout.map(|mut out| out.read_to_string(&mut text));
            text
        });
        scope.spawn(move || {
            let lines = stderr
                .map(BufReader::new)
                .into_iter()
                .flat_map(BufRead::lines);
            lines
                .map_while(Result::ok)
                .for_each(|line| hear(&line, tell));
        });
        wait(&mut child, interrupt);
        summary.join().unwrap_or_default()
    });
    let succeeded = child.wait().is_ok_and(|status| status.success());
    let document: Value = serde_json::from_str(&summary).unwrap_or_default();
    Outcome::Exported {
        succeeded,
        summary: in_words(&document, succeeded),
    }
}

/// A line of the child's progress.
fn hear(line: &str, tell: &(dyn Fn(Told) + Sync)) {
    let Ok(event) = serde_json::from_str::<Value>(line) else {
        // What is no event is for people.
        tell(Told::Line(line.to_owned()));
        return;
    };
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| event[name].as_u64().unwrap_or(0);
    let share = |done: u64, total: u64| Told::Share(done as f64 / total.max(1) as f64);
    match event["event"].as_str().unwrap_or_default() {
        "step" => {
            tell(Told::At(text("step")));
            tell(Told::Line(text("step")));
        }
        "waiting" => tell(Told::At(text("reason"))),
        "hashing" => tell(share(number("done"), number("total"))),
        "loading" => {
            tell(share(number("done"), number("total")));
            let rows = words::count(number("rows"), "row");
            tell(Told::At(format!("{}: {rows}", text("path"))));
        }
        "statement" => tell(Told::Share(
            event["percent"].as_f64().unwrap_or(0.0) / 100.0,
        )),
        "computing" => {
            tell(Told::At(text("dataset")));
            tell(Told::Line(format!("computing {}", text("dataset"))));
        }
        "published" => tell(Told::Line(format!(
            "published {}: {}",
            text("path"),
            words::count(number("rows"), "row")
        ))),
        "note" => tell(Told::Line(text("message"))),
        _ => {}
    }
}

/// The outcome of an export: in a line, and what there is to add.
fn in_words(document: &Value, succeeded: bool) -> String {
    let error = document["error"]["message"].as_str();
    if let Some(error) = error {
        let hint = document["error"]["hint"].as_str();
        let hint = hint.map_or(String::new(), |hint| format!("\n{hint}"));
        return error.to_owned() + &hint;
    }
    let datasets = document["datasets"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let published = datasets
        .iter()
        .filter(|d| d["status"] == "published")
        .count();
    let mut said = match (succeeded, published) {
        (true, 0) => "nothing to do: the day is up to date".to_owned(),
        (true, n) => format!("published {}", words::count(n as u64, "dataset")),
        (false, _) => "it failed without a word; see its log".to_owned(),
    };
    // What was set aside, which columns came: nothing else tells it here.
    let notes = document["notes"].as_array().into_iter().flatten();
    let notes: Vec<&str> = notes.filter_map(Value::as_str).collect();
    if !notes.is_empty() {
        said += &format!("; {}", words::count(notes.len() as u64, "note"));
    }
    for note in notes {
        said += &format!("\nNote: {note}.");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_export_notes_is_told() {
        let document = serde_json::json!({
            "datasets": [{"status": "published"}, {"status": "unchanged"}],
            "notes": ["3 records of source `a` are set aside", "column `b` is new"],
        });
        assert_eq!(
            in_words(&document, true),
            "published 1 dataset; 2 notes\n\
             Note: 3 records of source `a` are set aside.\n\
             Note: column `b` is new."
        );
        let document = serde_json::json!({
            "error": {"message": "no space is left", "hint": "make some room"},
        });
        assert_eq!(
            in_words(&document, false),
            "no space is left\nmake some room"
        );
    }
}
