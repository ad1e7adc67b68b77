//! `workbench bookmarks`.

use std::path::{Component, Path};
use std::sync::Arc;

use super::args::{Bookmarks, BookmarksCommand, Format, Global};
use super::{fail, listing, pager, surroundings};
use crate::model::progress::Silent;
use crate::model::wish::Verb;
use crate::pipeline::error::RunError;
use crate::pipeline::given_path::straight;
use crate::report::bookmarks;
use crate::report::failure::Exit;
use crate::workbench::Workbench;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Bookmarks) -> Exit {
    let list = BookmarksCommand::List {
        format: command.format,
    };
    let command = command.command.as_ref().unwrap_or(&list);
    let format = command.format();
    let told = surroundings::open(global, Arc::new(Silent)).and_then(|w| tell(&w, command));
    match told {
        Ok(text) => {
            // What is only confirmed may be kept quiet; what was asked for not.
            if !(global.quiet && format == Format::Table && command.is_verb()) {
                pager::show(global, command.told_in(), &text);
            }
            Exit::Done
        }
        Err(error) => fail(global, &error, format),
    }
}

fn tell(workbench: &Workbench, command: &BookmarksCommand) -> Result<String, RunError> {
    let json = command.format() == Format::Json;
    let (source, verb) = match command {
        BookmarksCommand::List { format } => {
            let all = workbench.bookmarks()?;
            return Ok(listing::told(
                *format,
                &bookmarks::listing(&all),
                || bookmarks::json_list(&all),
                |width| bookmarks::text_list(&all, width),
            ));
        }
        BookmarksCommand::Explain { file, .. } => {
            let stories = workbench.explain(&as_shown(workbench, file))?;
            return Ok(if json {
                format!("{:#}\n", bookmarks::json_stories(&stories))
            } else {
                bookmarks::text_stories(&stories)
            });
        }
        BookmarksCommand::Cancel { id, .. } => {
            let wish = workbench.cancel(id)?;
            return Ok(if json {
                format!("{:#}\n", bookmarks::json_wish(&wish))
            } else {
                format!(
                    "Wish {} (`{}`) is withdrawn.\n",
                    wish.short_id(),
                    wish.typed()
                )
            });
        }
        BookmarksCommand::Reset {
            source,
            accept_drop,
            ..
        } => (
            source,
            Verb::Reset {
                accept_drop: *accept_drop,
            },
        ),
        BookmarksCommand::Rewind { source, to, .. } => (source, Verb::Rewind { to: *to }),
        BookmarksCommand::Set {
            source,
            as_processed,
            ..
        } => (
            source,
            Verb::SetAsProcessed {
                glob: as_processed.clone(),
            },
        ),
        BookmarksCommand::Hold { source, glob, .. } => (source, Verb::Hold { glob: glob.clone() }),
        BookmarksCommand::Release { source, glob, .. } => {
            (source, Verb::Release { glob: glob.clone() })
        }
    };
    let asked = workbench.ask(source, verb)?;
    Ok(if json {
        format!("{:#}\n", bookmarks::json_asked(&asked))
    } else {
        bookmarks::text_asked(&asked)
    })
}

/// A path as the project shows it: given so, or from where the user stands.
fn as_shown(workbench: &Workbench, given: &str) -> String {
    let root = &workbench.project().root;
    let from_here = std::env::current_dir().ok().map(|here| here.join(given));
    let lies_there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    let typed = Path::new(given);
    let goes_up = typed.components().any(|part| part == Component::ParentDir);
    let is_of_here = goes_up && from_here.as_deref().is_some_and(lies_there);
    if lies_there(&root.join(given)) && !typed.is_absolute() && !is_of_here {
        return given.trim_start_matches("./").to_owned();
    }
    // The folder is resolved, and not the file: a link is taken by its own name.
    let resolved = from_here.and_then(|path| match lies_there(&path) {
        true => Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?)),
        // It may be gone.
        false => goes_up.then(|| straight(&path)),
    });
    match resolved {
        Some(path) => path
            .strip_prefix(root)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned(),
        None => given.to_owned(),
    }
}
