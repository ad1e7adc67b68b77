//! The Query screen: a text, what there is to say of it, and its results.

mod plan;
pub mod popup;
pub mod strips;
mod tables;
mod text;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{column, grid, overlay, put, rule};
use crate::assist;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::layout::{self, Areas};
use crate::tui::state::overlay::{Finding, Overlay};
use crate::tui::state::query::answer::Shows;
use crate::tui::state::{Pane, State};

/// Draws the screen.
pub fn draw(frame: &mut Frame<'_>, state: &State, areas: &Areas) {
    tables::draw(frame, state, areas.tables);
    if areas.tables == areas.body {
        return;
    }
    if areas.tables.width > 0 {
        let beside = Rect {
            x: areas.texts.x,
            ..areas.body
        };
        rule(frame, state, beside);
    }
    strips::texts(frame, state, areas.texts);
    text::draw(frame, state, areas.editor);
    message(frame, state, areas.message);
    strips::results(frame, state, areas.results);
    match state.query.answer().map(|answer| &answer.shows) {
        Some(Shows::Plan(plan)) => plan::draw(frame, state, plan, areas.grid),
        Some(Shows::Rows(_)) => {
            grid::draw(frame, state, areas.grid);
            column::draw(frame, state, areas.columns);
            if areas.columns.x > areas.texts.x {
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
    if let Some(Overlay::Find(finding)) = state.overlay() {
        return find(frame, state, finding, area);
    }
    if let Some(trouble) = &tab.trouble {
        if tab.is_of_before() {
            let first = trouble.message.lines().next().unwrap_or_default();
            let line = format!("Of the text before: {first}");
            return put(
                frame,
                area.x,
                area.y,
                &line,
                state.look.faint(),
                area.width * area.height.min(1),
            );
        }
        let lines = layout::messages(&trouble.message, usize::from(area.width));
        for (at, line) in lines.iter().take(usize::from(area.height)).enumerate() {
            let style = if at == 0 {
                state.look.bad()
            } else {
                Style::new()
            };
            put(frame, area.x, area.y + at as u16, line, style, area.width);
        }
        if lines.len() > area.height.into() && area.height > 0 {
            let key = state.keymap.key_in_text(Action::Messages);
            let label = format!("… {key} shows all ");
            let width = (crate::tui::text::width(&label) as u16).min(area.width);
            let (x, y) = (area.x + area.width - width, area.y + area.height - 1);
            put(frame, x, y, &label, state.look.accent(), width);
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

/// What is looked for in the text, and which of how many it is.
fn find(frame: &mut Frame<'_>, state: &State, finding: &Finding, area: Rect) {
    const LABEL: u16 = 9;
    let look = state.look;
    let wanted = finding.wanted.text();
    let facts = match state.query.current().editor.match_at_cursor(wanted) {
        _ if wanted.is_empty() => String::new(),
        (_, 0) => " not there ".to_owned(),
        (Some(at), count) => format!(" {} of {count} ", at + 1),
        (None, count) => format!(" {count} "),
    };
    let right = crate::tui::text::width(&facts) as u16;
    let lines = [
        ("find", Some(&finding.wanted), false),
        ("replace", finding.with.as_ref(), true),
    ];
    for (at, (label, line, is_with)) in lines.into_iter().enumerate() {
        let (y, Some(line)) = (area.y + at as u16, line) else {
            continue;
        };
        if y >= area.y + area.height {
            break;
        }
        let style = match is_with == finding.is_with {
            true => look.focus(),
            false => look.faint(),
        };
        put(frame, area.x, y, label, style, area.width);
        let room = area.width.saturating_sub(LABEL + right);
        match is_with == finding.is_with {
            true => overlay::typed(frame, line, area.x + LABEL, y, room),
            false => put(frame, area.x + LABEL, y, line.text(), Style::new(), room),
        }
        if !is_with {
            let x = area.x + area.width.saturating_sub(right);
            put(frame, x, y, &facts, look.accent(), right);
        }
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
    let here = state.query.current().id;
    let is_elsewhere = running.statement.tab != here;
    let waits = is_elsewhere && state.query.queue.iter().any(|s| s.tab == here);
    if is_elsewhere {
        let waits = if waits { "waits for" } else { "for" };
        facts.insert(0, format!("{waits} another text"));
    }
    if let Some(rows) = running.rows {
        facts.push(format!("{} so far", words::count(rows, "row")));
    }
    if let Some(share) = job.share(state.now) {
        facts.push(format!("{:.0} %", share * 100.0));
    }
    match state.query.queue.len() {
        0 => {}
        _ if waits => {}
        1 => facts.push("1 waits".to_owned()),
        count => facts.push(format!("{count} wait")),
    }
    let key = state.keymap.key(Action::Cancel);
    let does = if waits { "withdraws it" } else { "cancels" };
    facts.push(format!("{key} {does}"));
    Some(facts.join(state.look.between()))
}
