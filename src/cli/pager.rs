//! Long answers on a terminal, shown by a pager.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use unicode_width::UnicodeWidthStr;

use super::args::{Global, ListFormat};
use super::{print, screen};

/// A pager that ends at once if all fits on a screen, passes colours on, and leaves
/// what it showed on the screen; where there is none, all at once.
const DEFAULT: &str = "if command -v less >/dev/null 2>&1; then exec less -FRX; else exec cat; fi";

/// What a shell answers for a command that cannot be run, or is not there.
const NOT_RUN: [i32; 2] = [126, 127];

/// Whether a pager is on the screen. Ctrl-C is its own then.
static OPEN: AtomicBool = AtomicBool::new(false);

/// Whether a pager is on the screen.
pub fn is_open() -> bool {
    OPEN.load(Ordering::SeqCst)
}

/// Writes an answer to stdout: by a pager, if it is for people, on a terminal, and
/// longer than the screen.
pub fn show(global: &Global, format: impl Into<ListFormat>, text: &str) {
    let is_for_people = format.into() == ListFormat::Table;
    let wanted = is_for_people
        && !global.quiet
        && !global.no_pager
        && std::io::stdout().is_terminal()
        && !fits(text);
    let paged = wanted && chosen().is_some_and(|pager| page(&pager, text));
    if !paged {
        print(text);
    }
}

/// The user's pager; None if he wants none.
fn chosen() -> Option<String> {
    let set = ["WORKBENCH_PAGER", "PAGER"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    match set.as_deref().map(str::trim) {
        Some("" | "cat") => None,
        Some(pager) => Some(pager.to_owned()),
        None => Some(DEFAULT.to_owned()),
    }
}

/// Whether the screen shows all of it, with a line left for the prompt.
fn fits(text: &str) -> bool {
    let Some((width, height)) = screen() else {
        return true;
    };
    let width = usize::from(width);
    let lines = text.lines().map(|line| line.width().div_ceil(width).max(1));
    lines.sum::<usize>() < usize::from(height)
}

/// Shows a manual page by `man`, in whatever pager it likes. Returns whether there is one
/// that could.
pub fn shown_by_man(global: &Global, page: &str) -> bool {
    let mut command = Command::new("man");
    command.args(["-l", "-"]).stdin(Stdio::piped());
    command.stderr(Stdio::null());
    if global.no_pager || global.quiet {
        command.env("MANPAGER", "cat");
    }
    fed(&mut command, page).is_some_and(|code| code == 0)
}

/// Whether the pager showed it. One that was closed early did.
fn page(pager: &str, text: &str) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    !fed(&mut command, text).is_none_or(|code| NOT_RUN.contains(&code))
}

/// Runs what shows a text, and returns how it ended; None if it could not be run. One
/// that a signal ended had shown something.
fn fed(command: &mut Command, text: &str) -> Option<i32> {
    OPEN.store(true, Ordering::SeqCst);
    let status = command.spawn().and_then(|mut child| {
        if let Some(mut input) = child.stdin.take() {
            // A pager that has shown enough closes it; what it thinks of it is said
            // by its status.
            let _ = input.write_all(text.as_bytes());
        }
        child.wait()
    });
    OPEN.store(false, Ordering::SeqCst);
    status.ok().map(|status| status.code().unwrap_or(0))
}
