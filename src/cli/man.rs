//! `workbench man`.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};

use super::args::{Cli, Format, Global, Man};
use super::{fail, pager, print};
use crate::pipeline::error::RunError;
use crate::report::failure::Exit;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Man) -> Exit {
    let mut whole = Cli::command().disable_help_subcommand(true);
    whole.build();
    let written = match &command.out {
        None => page(&whole).map(|text| {
            // Whoever reads it on a terminal reads no troff.
            let is_terminal = io::stdout().is_terminal();
            match is_terminal && !pager::shown_by_man(global, &text) {
                true => pager::show(global, Format::Table, &whole.render_long_help().to_string()),
                false if is_terminal => {}
                false => print(&text),
            }
        }),
        Some(folder) => fs::create_dir_all(folder)
            .and_then(|()| write(&whole, folder))
            .map(|pages| {
                if !global.quiet {
                    let folder = folder.display();
                    print(&format!("{pages} pages are in `{folder}`.\n"));
                }
            }),
    };
    match written {
        Ok(()) => Exit::Done,
        Err(source) => {
            let path = command.out.clone().unwrap_or_default();
            fail(global, &RunError::Io { path, source }, Format::Table)
        }
    }
}

/// Writes the page of a command and of all below it; returns how many.
fn write(command: &clap::Command, folder: &Path) -> io::Result<usize> {
    let mut pages = 1;
    for below in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        pages += write(below, folder)?;
    }
    let file = folder.join(Page::new(command.clone()).get_filename());
    fs::write(file, page(command)?)?;
    Ok(pages)
}

fn page(command: &clap::Command) -> io::Result<String> {
    let page = Page::new(command.clone());
    let mut out = Vec::new();
    page.render_title(&mut out)?;
    page.render_name_section(&mut out)?;
    page.render_synopsis_section(&mut out)?;
    page.render_description_section(&mut out)?;
    page.render_options_section(&mut out)?;
    if command.get_subcommands().any(|c| !c.is_hide_set()) {
        page.render_subcommands_section(&mut out)?;
    }
    let after = command.get_after_help().map(ToString::to_string);
    for part in after.iter().flat_map(|text| text.split("\n\n")) {
        // Its first line is its title; the others are to stay as they are.
        let (title, lines) = part.split_once('\n').unwrap_or((part, ""));
        let title = match title {
            "Example:" => "EXAMPLE",
            "Exit codes:" => "EXIT STATUS",
            other => other,
        };
        let mut roff = Roff::new();
        roff.control("SH", [title]).control("nf", []);
        for line in lines.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        roff.to_writer(&mut out)?;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}
