//! What the core is not to find out by itself: environment, clock, signals.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::args::{Global, Selection};
use super::pager;
use crate::failpoint;
use crate::model::interrupt::Interrupt;
use crate::model::names::TransformName;
use crate::model::progress::{Progress, ProgressSink};
use crate::pipeline::error::RunError;
use crate::pipeline::{ExportRequest, KnownChoice};
use crate::project::{Layout, Project, ProjectError, TargetUrl};
use crate::workbench::{Surroundings, Workbench};

/// For the tests of this program only: `clock=RFC3339` and `fail=FAILPOINT`,
/// separated by `;`.
const TEST_VARIABLE: &str = "WORKBENCH_TEST";

/// Tells what time it is.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Opens the project that the command line names.
pub fn open(global: &Global, progress: Arc<dyn ProgressSink>) -> Result<Workbench, RunError> {
    open_in(global, all(progress))
}

/// The same, in surroundings that are there already.
pub fn open_in(global: &Global, surroundings: Surroundings) -> Result<Workbench, RunError> {
    let root = root(global)?;
    Workbench::open(&root, surroundings)
}

/// Opens the project that the command line names, to read a target. Where there is
/// none, the target alone is looked at, if one is given.
pub fn to_read(
    global: &Global,
    target: Option<&str>,
    progress: Arc<dyn ProgressSink>,
) -> Result<Workbench, RunError> {
    let told = Arc::new(Told {
        is_quiet: global.quiet,
        next: progress,
    });
    to_read_in(global, target, all(told))
}

/// Says what is worth knowing on stderr, and hands everything on.
struct Told {
    is_quiet: bool,
    next: Arc<dyn ProgressSink>,
}

impl ProgressSink for Told {
    fn report(&self, progress: Progress) {
        match progress {
            Progress::Note { .. } if self.is_quiet => {}
            Progress::Note { message } => super::narrate(&format!("note: {message}\n")),
            other => self.next.report(other),
        }
    }
}

/// The same, in surroundings that are there already.
pub fn to_read_in(
    global: &Global,
    target: Option<&str>,
    surroundings: Surroundings,
) -> Result<Workbench, RunError> {
    match (root(global), target) {
        (Err(RunError::Project(ProjectError::NotFound { .. })), Some(written)) => {
            let here = std::env::current_dir().unwrap_or_default();
            let target = parse_target(written, &here)?;
            Ok(Workbench::visit(target, &cache_folder(), surroundings))
        }
        (root, _) => Workbench::open(&root?, surroundings),
    }
}

/// Where what belongs to no project is kept for the user.
pub fn cache_folder() -> PathBuf {
    let set = |name| {
        let value = std::env::var_os(name).map(PathBuf::from);
        value.filter(|folder| folder.is_absolute())
    };
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    cache.unwrap_or_else(std::env::temp_dir).join("workbench")
}

/// Everything around the core: clock, signals, this machine.
pub fn all(progress: Arc<dyn ProgressSink>) -> Surroundings {
    let clock = test_settings();
    Surroundings {
        progress,
        interrupt: interrupt(),
        host: host(),
        clock,
    }
}

/// The wish to stop that Ctrl-C makes; to be asked for once.
pub fn interrupt() -> Interrupt {
    let interrupt = Interrupt::default();
    let asked = interrupt.clone();
    // A second Ctrl-C, or a handler that cannot be set, ends the process at
    // once: every step may be cut off.
    let _ = ctrlc::set_handler(move || {
        if !pager::is_open() && !asked.request() {
            std::process::exit(130);
        }
    });
    interrupt
}

/// The name of this machine; it is only for people to read.
pub fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// The folder of the project that the command line names, also if only the
/// program's own folder is left of it.
pub fn remains(global: &Global) -> Result<PathBuf, RunError> {
    match root(global) {
        Err(error @ RunError::Project(ProjectError::NotFound { .. })) => {
            let here = std::env::current_dir().unwrap_or_default();
            let mut above = here.ancestors();
            let left = above.find(|folder| Layout::new(*folder).private().is_dir());
            left.map(Path::to_path_buf).ok_or(error)
        }
        found => found,
    }
}

/// The folder of the project that the command line names.
pub fn root(global: &Global) -> Result<PathBuf, RunError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RunError::Io { path, source }
    };
    if let Some(dir) = &global.project {
        return Ok(dir.clone());
    }
    let here = std::env::current_dir().map_err(io(Path::new(".")))?;
    Ok(Project::discover(&here)?)
}

/// Arms failpoints and fixes the clock, if the tests ask for it.
pub fn test_settings() -> Clock {
    let settings = std::env::var(TEST_VARIABLE).unwrap_or_default();
    let mut armed = Vec::new();
    let mut clock: Clock = Arc::new(Utc::now);
    for setting in settings.split(';').filter(|s| !s.is_empty()) {
        let parsed = match setting.split_once('=') {
            Some(("clock", at)) => at
                .parse::<DateTime<Utc>>()
                .map(|at| clock = Arc::new(move || at))
                .map_err(|e| e.to_string()),
            Some(("fail", failpoint)) => failpoint.parse().map(|f| armed.push(f)),
            _ => Err(format!("`{setting}` is not known")),
        };
        if let Err(reason) = parsed {
            // A test that misspells its fault must not pass.
            super::narrate(&format!("error: {TEST_VARIABLE}: {reason}\n"));
            std::process::exit(2);
        }
    }
    failpoint::arm(armed);
    clock
}

/// A dataset given on the command line: `account-level`, as the target shows it,
/// and `features.account_level`, as SQL does, are as good as `account_level`.
pub fn dataset(written: &str) -> Result<TransformName, RunError> {
    let name = written.strip_prefix("features.").unwrap_or(written);
    let name = name.replace('-', "_");
    name.parse().map_err(|_| RunError::NotADataset {
        name: written.to_owned(),
    })
}

/// What the options of `export` and `plan` mean.
pub fn request(workbench: &Workbench, selection: &Selection) -> Result<ExportRequest, RunError> {
    let only = selection.only.iter().map(|name| dataset(name));
    Ok(ExportRequest {
        date: selection.date,
        only: only.collect::<Result<_, _>>()?,
        target: target(workbench, selection.target.as_deref())?,
        full_refresh: selection.full_refresh,
        load_only: false,
        preview: None,
        known: match selection.known {
            None => KnownChoice::Then,
            Some(super::args::KnownArg::Then) => KnownChoice::ThenAsked,
            Some(super::args::KnownArg::Now) => KnownChoice::Now,
        },
        allow_future: selection.allow_future,
        accept_drop: selection.accept_drop,
        new_target: selection.new_target,
        lock_timeout: None,
    })
}

/// A target given on the command line: relative to where the user stands.
pub fn target(workbench: &Workbench, written: Option<&str>) -> Result<Option<TargetUrl>, RunError> {
    let Some(written) = written else {
        return Ok(None);
    };
    let here = std::env::current_dir().unwrap_or_else(|_| workbench.project().root.clone());
    parse_target(written, &here).map(Some)
}

/// A target as it was given, by who stands in the folder `here`.
pub fn parse_target(written: &str, here: &Path) -> Result<TargetUrl, RunError> {
    // Written down whole: whoever completes the run stands somewhere else.
    let whole = |url: TargetUrl| match &url {
        TargetUrl::Folder { path, .. } => {
            TargetUrl::parse(&path.to_string_lossy(), here).unwrap_or(url)
        }
        TargetUrl::S3 { .. } => url,
    };
    TargetUrl::parse(written, here)
        .map(whole)
        .map_err(|error| RunError::BadTarget {
            url: written.to_owned(),
            hint: error.hint(),
            why: error.to_string(),
        })
}
