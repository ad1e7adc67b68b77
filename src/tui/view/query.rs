//! The Query screen: a text, what there is to say of it, and its results.

mod plan;
mod popup;
pub mod strips;
mod text;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{column, grid, put, rule};
use crate::assist;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::layout::{self, Areas};
use crate::tui::state::query::answer::Shows;
use crate::tui::state::{Pane, State};

/// Draws the screen.
pub fn draw(frame: &mut Frame<'_>, state: &State, areas: &Areas) {
    strips::texts(frame, state, areas.texts);
    text::draw(frame, state, areas.editor);
    message(frame, state, areas.message);
    strips::results(frame, state, areas.results);
    match state.query.answer().map(|answer| &answer.shows) {
        Some(Shows::Plan(plan)) => plan::draw(frame, state, plan, areas.grid),
        Some(Shows::Rows(_)) => {
            grid::draw(frame, state, areas.grid);
            column::draw(frame, state, areas.columns);
            if areas.columns.x > 0 {
                rule(frame, state, areas.columns);
            }
        }
        None => nothing(frame, state, areas.grid),
    }
    if state.pane == Pane::Editor && state.overlay().is_none() {
        popup::draw(frame, state, areas);
    }
}

/// What is wrong; or what is at work; or what the function at the cursor takes.
fn message(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let tab = state.query.current();
    if let Some(trouble) = &tab.trouble {
        let lines = layout::messages(&trouble.message, usize::from(area.width));
        for (at, line) in lines.iter().take(usize::from(area.height)).enumerate() {
            let style = if at == 0 {
                state.look.bad()
            } else {
                Style::new()
            };
            put(frame, area.x, area.y + at as u16, line, style, area.width);
        }
        return;
    }
    if area.height == 0 {
        return;
    }
    let editor = &tab.editor;
    let signature = assist::signature(editor.text(), editor.cursor(), &state.query.vocabulary);
    let Some(signature) = signature.filter(|_| state.pane == Pane::Editor) else {
        return;
    };
    let look = state.look;
    put(
        frame,
        area.x,
        area.y,
        &signature.text,
        look.faint(),
        area.width,
    );
    let before = crate::tui::text::width(&signature.text[..signature.argument.start]) as u16;
    if before < area.width {
        let argument = &signature.text[signature.argument.clone()];
        put(
            frame,
            area.x + before,
            area.y,
            argument,
            look.focus(),
            area.width - before,
        );
    }
}

/// What to do where nothing was asked.
fn nothing(frame: &mut Frame<'_>, state: &State, area: Rect) {
    if state.query.running.is_some() {
        return;
    }
    let key = |action| state.keymap.key_in_text(action);
    let lines = [
        format!(
            "{}  runs the statement at the cursor",
            key(Action::RunStatement)
        ),
        format!("{}  what was asked before", key(Action::History)),
        format!("{}  opens a saved query", key(Action::OpenQuery)),
        format!("{}  finds anything that can be done", key(Action::Palette)),
        String::new(),
        "features.x is the day above, history.x all days, staging.x the raw data.".to_owned(),
    ];
    for (at, line) in lines.iter().enumerate().take(usize::from(area.height)) {
        put(
            frame,
            area.x + 2,
            area.y + at as u16,
            line,
            state.look.faint(),
            area.width.saturating_sub(2),
        );
    }
}

/// What is at work, in words: how long, how many rows so far, how far if that is known.
pub fn at_work(state: &State) -> Option<String> {
    let running = state.query.running.as_ref()?;
    let job = state.jobs.all().iter().find(|job| job.id == running.job)?;
    let took = state.now.saturating_sub(job.began) as f64 / 1000.0;
    let mut facts = vec![format!("running {}", words::seconds(took))];
    if let Some(rows) = running.rows {
        facts.push(format!("{} so far", words::count(rows, "row")));
    }
    if let Some(share) = job.share {
        facts.push(format!("{:.0} %", share * 100.0));
    }
    let key = state.keymap.key(Action::Cancel);
    facts.push(format!("{key} cancels"));
    Some(facts.join(state.look.between()))
}
