//! Whether to use colours.

use std::io::IsTerminal;

use super::args::Color;

/// On a terminal, unless `NO_COLOR` is set (<https://no-color.org>) or the user
/// said otherwise.
pub fn wanted(when: Color) -> bool {
    wanted_on(when, &std::io::stderr())
}

/// The same of what is written to stdout.
pub fn wanted_on_stdout(when: Color) -> bool {
    wanted_on(when, &std::io::stdout())
}

fn wanted_on(when: Color, stream: &impl IsTerminal) -> bool {
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            stream.is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    }
}
