//! What can be typed behind `workbench completions` and `workbench man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `workbench completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell that is to ask; zsh and fish read it with `source`, bash too
    pub shell: Shell,
}

/// A shell that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// `workbench man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Write a page per command into this folder; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
