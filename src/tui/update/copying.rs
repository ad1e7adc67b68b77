//! Taking rows along: to the clipboard, or into a file.

use std::ops::Range;
use std::path::Path;

use crate::engine::quote;
use crate::report::answer_file::FileFormat;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Gather, Work};
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::Question;
use crate::tui::state::{Screen, State};

use super::{act, compare, query, wanted};

/// Rows that a clipboard is asked to hold.
const MOST: u64 = 100_000;

/// Copies the cell, the row, the column, or what is selected.
pub fn copy(state: &mut State, action: Action) -> Vec<Effect> {
    let grid = state.seen();
    let all = 0..grid.in_order().count();
    let row = grid.cursor..grid.cursor + 1;
    let column = grid.column..grid.column + 1;
    let (rows, columns, what) = match (action, grid.selection()) {
        (Action::CopyCell, Some((rows, columns))) => {
            let rows_in_words = words::count(rows.end - rows.start, "row");
            let columns_in_words = words::count(columns.len() as u64, "column");
            let by = state.look.sign("×", "by");
            let what = format!("{rows_in_words} {by} {columns_in_words}");
            (rows, columns, what)
        }
        (Action::CopyRow, Some((rows, _))) => {
            let what = words::count(rows.end - rows.start, "row");
            (rows, all, what)
        }
        (Action::CopyCell, None) => (row, column, "the cell".to_owned()),
        (Action::CopyRow, None) => (row, all, "the row".to_owned()),
        _ => {
            let rows = 0..grid.length();
            let values = words::grouped(rows.end);
            let what = match state.first_rows() {
                // More of the view are being found.
                _ if grid.rows.is_none() => format!("the first {values} values of the column"),
                Some(first) if first == rows.end => {
                    let rows = words::count(first, "row");
                    format!("the column of the first {rows}, cancelled")
                }
                Some(first) => format!(
                    "the column of {values} of the first {} rows, cancelled",
                    words::grouped(first)
                ),
                None => format!("{} of the column", words::count(rows.end, "value")),
            };
            (rows, column, what)
        }
    };
    if rows.end - rows.start > MOST {
        let text = format!(
            "{} are too many for the clipboard: `{}` writes them to a file",
            words::count(rows.end - rows.start, "row"),
            state.keymap.key(Action::SaveRows)
        );
        state.toasts.tell(state.now, text);
        return Vec::new();
    }
    state.seen_mut().anchor = None;
    gather(state, rows, columns, what)
}

fn gather(state: &mut State, rows: Range<u64>, columns: Range<usize>, what: String) -> Vec<Effect> {
    let grid = state.seen();
    let Some(table) = grid.table.clone() else {
        return Vec::new();
    };
    let gather = Gather {
        columns: grid.places(columns),
        table,
        view: grid.view.clone(),
        index: grid.index.clone(),
        rows,
        what,
    };
    let title = format!("copying {}", gather.what);
    wanted::begin(state, Slot::Gather, title, Work::Gather(Box::new(gather)))
}

/// Asks into which file the rows that are seen are to be written.
pub fn ask_for_file(state: &mut State) {
    if state.screen == Screen::Query {
        let name = query::choosing::file_name(state);
        return act::ask(state, Question::SaveRows, name);
    }
    let Some(timeline) = state.timeline() else {
        return;
    };
    let dataset = &timeline.dataset;
    let name = match (state.screen, &state.diff.question) {
        (Screen::Diff, Some(question)) => {
            let days = question.moments;
            format!("{dataset}_{}_{}.csv", days.before, days.after)
        }
        _ => {
            let day = state.shown().map(|d| d.date.to_string());
            format!("{dataset}_{}.csv", day.unwrap_or_default())
        }
    };
    act::ask(state, Question::SaveRows, name);
}

/// Writes the rows that are seen into a file.
///
/// # Errors
/// No name; rows that are not what is published any more.
pub fn write(state: &mut State, file: &str) -> Result<Vec<Effect>, String> {
    if file.is_empty() {
        return Err("write the name of a file".to_owned());
    }
    let mut words = match state.screen {
        Screen::Query | Screen::Snapshots if FileFormat::of(Path::new(file)).is_none() => {
            return Err(FileFormat::ENDINGS.to_owned());
        }
        Screen::Query => return query::choosing::write(state, file),
        Screen::Diff => {
            let words = compare::command_line(state).unwrap_or_default();
            let mut words: Vec<String> = words.into_iter().skip(1).collect();
            if !words.iter().any(|word| word == "--rows") {
                words.push("--rows".to_owned());
            }
            words
        }
        Screen::Snapshots if state.is_newer => {
            let key = state.keymap.key(Action::Refresh);
            return Err(format!(
                "this day was published anew: `{key}` shows it first"
            ));
        }
        Screen::Snapshots => {
            let (Some(timeline), Some(day)) = (state.timeline(), state.shown()) else {
                return Err("no snapshot is open".to_owned());
            };
            let from = format!("features.{}", quote::ident(timeline.dataset.as_str()));
            let sql = state.seen().view.sql(&state.seen().select_list(), &from);
            vec![
                "query".to_owned(),
                sql,
                "--as-of".to_owned(),
                day.date.to_string(),
            ]
        }
    };
    words.extend(["--output".to_owned(), file.to_owned()]);
    let title = format!("writing `{file}`");
    let file = file.to_owned();
    let work = Work::Write { words, file };
    Ok(wanted::begin(state, Slot::Write, title, work))
}
