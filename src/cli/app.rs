//! `workbench` with no command: the terminal app.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use super::args::{Color, Format, Global};
use super::{fail, narrate, surroundings};
use crate::browse::answers::Answers;
use crate::model::progress::{Progress, ProgressSink};
use crate::pipeline::error::RunError;
use crate::report::failure::Exit;
use crate::tui::app::{self, Ended, Outside};
use crate::tui::export;
use crate::tui::keymap::Keymap;
use crate::tui::look::Look;
use crate::tui::state::{Remembered, State};
use crate::tui::work::Bench;
use crate::workbench::{Surroundings, Workbench};

/// Whether the app can be shown: somebody sits before it.
pub fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Opens the app, until it is left.
pub fn run(global: &Global, target: Option<&str>) -> Exit {
    let (outside, from_outside) = mpsc::channel();
    let surroundings = surroundings::all(Arc::new(Notes(outside.clone())));
    let interrupt = surroundings.interrupt.clone();
    let _hook = interrupt.on_request(move || {
        let _ = outside.send(Outside::Stop);
    });
    let workbench = match open(global, target, surroundings) {
        Ok(workbench) => workbench,
        Err(error) => return fail(global, &error, Format::Table),
    };
    let browser = match workbench.browser() {
        Ok(browser) => browser,
        Err(error) => return fail(global, &error, Format::Table),
    };
    let project = workbench.project();
    let mut state = State::new(
        project.name.clone(),
        project.target.to_string(),
        workbench.today(),
    );
    state.look = look(global);
    state.toasts.expire(0, workbench.local_time());
    let place = place_file(&workbench);
    state.remembered = read_place(&place);
    match keymap() {
        Ok((keymap, conflicts)) => {
            state.query.use_vim(keymap.is_vim);
            state.keymap = Arc::new(keymap);
            for conflict in conflicts {
                state.toasts.error(format!("keys.toml: {conflict}"));
            }
        }
        Err(why) => {
            narrate(&why);
            return Exit::Usage;
        }
    }
    state.is_visiting = target.is_some();
    let folder = match target {
        // What is kept of a target lies elsewhere, and has no `[s3]`.
        Some(_) => global.project.clone().unwrap_or_else(|| ".".into()),
        None => project.root.clone(),
    };
    let program = std::env::current_exe().ok();
    let export = program.map(|program| export::Command {
        program,
        project: folder,
        visited: target.map(str::to_owned),
    });
    // Without a folder large answers have less room, and are there all the same.
    let answers = Answers::open(&surroundings::cache_folder().join("answers"));
    let answers = answers.ok().map(Arc::new);
    let browser = browser.keeping_in(answers.clone());
    let asker = workbench.asker(browser.clone(), answers);
    let bench = Bench {
        browser,
        asker,
        workbench: Arc::new(workbench),
        export,
    };
    match app::run(state, bench, from_outside) {
        Ok(Ended { left, unsaid }) => {
            for what in &unsaid {
                narrate(&format!("error: {what}\n"));
            }
            if let Some(remembered) = &left {
                // A project that only lets itself be read is as good.
                let _ = write_place(&place, remembered);
            }
            match left {
                None => Exit::Interrupted,
                Some(_) if unsaid.is_empty() => Exit::Done,
                Some(_) => Exit::Failed,
            }
        }
        Err(error) => {
            narrate(&format!("error: the terminal: {error}\n"));
            Exit::Failed
        }
    }
}

/// Hands what is worth knowing to the app.
struct Notes(mpsc::Sender<Outside>);

impl ProgressSink for Notes {
    fn report(&self, progress: Progress) {
        if let Progress::Note { message } = progress {
            // Where nobody listens any more, nobody is to be told.
            let _ = self.0.send(Outside::Note(message));
        }
    }
}

fn open(
    global: &Global,
    target: Option<&str>,
    surroundings: Surroundings,
) -> Result<Workbench, RunError> {
    let workbench = surroundings::to_read_in(global, target, surroundings)?;
    Ok(match surroundings::target(&workbench, target)? {
        Some(target) => workbench.at(target),
        None => workbench,
    })
}

fn look(global: &Global) -> Look {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    Look {
        is_plain: match global.color {
            Color::Always => false,
            Color::Never => true,
            Color::Auto => is_set("NO_COLOR"),
        },
        is_accessible: is_set("ACCESSIBLE"),
    }
}

/// The user's own keys, if there are any.
///
/// # Errors
/// What is wrong with the file.
fn keymap() -> Result<(Keymap, Vec<String>), String> {
    let Some(path) = config_folder().map(|folder| folder.join("workbench/keys.toml")) else {
        return Ok((Keymap::default(), Vec::new()));
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Keymap::read(&text).map_err(|why| {
            format!(
                "error: `{}`: {why}\nhint: `[keys]` has lines such as `quit = [\"ctrl+q\"]`; \
                 docs/app.md lists the actions\n",
                path.display()
            )
        }),
        Err(_) => Ok((Keymap::default(), Vec::new())),
    }
}

fn config_folder() -> Option<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))
}

fn place_file(workbench: &Workbench) -> PathBuf {
    workbench.project().layout().private().join("app.json")
}

fn read_place(path: &Path) -> Option<Remembered> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn write_place(path: &Path, place: &Remembered) -> std::io::Result<()> {
    std::fs::write(path, serde_json::to_vec(place)?)
}
