//! Completion: what may stand at the cursor, asked of the project.
//!
//! The shell calls the program with `WORKBENCH_COMPLETE` set on every press of the
//! tab key. So it has to be quick (state and file names, no warehouse), and whatever
//! goes wrong is kept quiet: there is then nothing to offer.

mod bash;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::CommandFactory;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, EnvCompleter, Fish, Shells, Zsh};

use super::args::{Cli, Shell};
use crate::model::interrupt::Interrupt;
use crate::model::progress::Silent;
use crate::pipeline::names::Names;
use crate::project::Project;
use crate::workbench::{Surroundings, Workbench};

/// Set by the shell that asks.
const VARIABLE: &str = "WORKBENCH_COMPLETE";

/// Answers a shell that asks. False if none does.
pub fn answered() -> bool {
    let here = std::env::current_dir().ok();
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .shells(Shells(&[&bash::Bash, &Fish, &Zsh]))
        .try_complete(std::env::args_os(), here.as_deref())
        .unwrap_or(true)
}

/// The script by which a shell learns to ask.
pub fn script(shell: Shell) -> String {
    let shell: &dyn EnvCompleter = match shell {
        Shell::Bash => &bash::Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    // By its name if it was found by its name; else by where it lies.
    let called = std::env::args_os().next().map(PathBuf::from);
    let program = called
        .filter(|path| path.components().count() > 1)
        .and_then(|path| std::path::absolute(path).ok())
        .map_or("workbench".to_owned(), |p| p.to_string_lossy().into_owned());
    let mut script = Vec::new();
    // Writing to memory does not fail.
    let _ = shell.write_registration(VARIABLE, "workbench", "workbench", &program, &mut script);
    String::from_utf8_lossy(&script).trim_start().to_owned()
}

/// The names of the project that the command line means; none if there is none.
fn names() -> Names {
    let root = project_given()
        .or_else(|| Project::discover(&std::env::current_dir().ok()?).ok())
        .unwrap_or_default();
    let surroundings = Surroundings {
        progress: Arc::new(Silent),
        interrupt: Interrupt::default(),
        host: String::new(),
        clock: Arc::new(chrono::Utc::now),
    };
    Workbench::open(&root, surroundings)
        .map(|workbench| workbench.names())
        .unwrap_or_default()
}

/// The folder behind `-C` or `--project` on the line that is being typed.
fn project_given() -> Option<PathBuf> {
    let args: Vec<_> = std::env::args_os().collect();
    let pair = args.windows(2).rev().find_map(|pair| {
        let is_it = pair[0] == "-C" || pair[0] == "--project";
        is_it.then(|| PathBuf::from(&pair[1]))
    });
    pair.or_else(|| {
        let texts = args.iter().filter_map(|arg| arg.to_str());
        let given = texts.filter_map(|arg| {
            let long = arg.strip_prefix("--project=");
            long.or_else(|| arg.strip_prefix("-C"))
        });
        given
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from)
            .next_back()
    })
}

fn candidates(all: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    all.into_iter()
        .enumerate()
        .map(|(at, (value, help))| {
            CompletionCandidate::new(value)
                .help(Some(help.into()))
                .display_order(Some(at))
        })
        .collect()
}

/// Sources, by their names.
pub fn sources() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().sources()))
}

/// Datasets, by their names.
pub fn datasets() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().datasets()))
}

/// Tables: `raw.orders`, or `orders` if it was begun so.
pub fn tables() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = names();
        whole_or_bare(typed, names.tables())
    })
}

/// Runs, newest first.
pub fn runs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().runs()))
}

/// Published days, newest first.
pub fn days() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().days()))
}

/// Days that a snapshot can be put back of: dropped ones first.
pub fn past_days() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().past_days()))
}

/// Runs that published something, newest first.
pub fn published_runs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().published_runs()))
}

/// Runs as which a day can be put back: of the day on the line that is being typed.
pub fn past_runs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let args = std::env::args_os();
        let day = args.filter_map(|arg| arg.to_str()?.parse().ok()).next();
        candidates(names().past_runs(day))
    })
}

/// Moments: wherever a snapshot is named.
pub fn moments() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().moments()))
}

/// Wishes, by how their ids begin.
pub fn wishes() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().wishes()))
}

/// Transforms; behind an `@` their revisions.
pub fn revisions() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = names();
        match typed.to_str().and_then(|typed| typed.split_once('@')) {
            Some((transform, begun)) => {
                let all = names.revisions(transform).into_iter();
                let fitting = all.filter(|(revision, _)| revision.starts_with(begun));
                candidates(
                    fitting
                        .map(|(revision, help)| (format!("{transform}@{revision}"), help))
                        .collect(),
                )
            }
            None => whole_or_bare(typed, names.transforms()),
        }
    })
}

/// Names with a schema; those whose bare name was begun, if none was begun whole.
fn whole_or_bare(typed: &OsStr, all: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let begun = |name: &str| name.starts_with(&*typed);
    if all.iter().any(|(name, _)| begun(name)) {
        return candidates(all.into_iter().filter(|(name, _)| begun(name)).collect());
    }
    let bare = all.into_iter().filter_map(|(name, help)| {
        let (_, bare) = name.split_once('.')?;
        begun(bare).then(|| (bare.to_owned(), help))
    });
    let mut bare: Vec<_> = bare.collect();
    bare.dedup_by(|one, other| one.0 == other.0);
    candidates(bare)
}
