//! The names of the texts, and of the results: where they are is where they are
//! clicked.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{at_work, put};
use crate::tui::state::query::Tab;
use crate::tui::state::query::answer::Answer;
use crate::tui::state::{Pane, State};
use crate::tui::text;
use crate::tui::view::more::More;

/// Columns that are left for a name.
const NAME: usize = 20;

/// Columns for what is told of names out of sight, where there are as many besides.
const MORE: usize = 20;

/// The names in a strip: where each begins, what it is called, which one it is.
fn places(names: &[String], shown: usize, width: usize) -> Vec<(usize, String, usize)> {
    let widths: Vec<usize> = names.iter().map(|name| text::width(name) + 3).collect();
    let width = match widths.iter().sum::<usize>() > width + 2 && width >= 2 * MORE {
        true => width - MORE,
        false => width,
    };
    // The one that is seen is in sight.
    let mut first = 0;
    while first < shown && widths[first..=shown].iter().sum::<usize>() > width {
        first += 1;
    }
    let mut x = 0;
    let mut places = Vec::new();
    for at in first..names.len() {
        if x + widths[at] > width && at > shown {
            break;
        }
        places.push((x, format!(" {} ", names[at]), at));
        x += widths[at];
    }
    places
}

fn text_names(state: &State) -> Vec<String> {
    let name = |tab: &Tab| match tab.is_unsaved() {
        true => state.look.sign("● ", "unsaved ").to_owned() + &tab.title(),
        false => tab.title(),
    };
    state.query.tabs.iter().map(name).collect()
}

fn result_names(state: &State) -> Vec<String> {
    let tab = state.query.current();
    let answers = tab.answers.iter().enumerate();
    let name = |(at, answer): (usize, &Answer)| {
        let pin = match answer.is_pinned {
            true => state.look.sign("▪", "pinned "),
            false => "",
        };
        let mark = match state.query.marked == Some(answer.id) {
            true => state.look.sign("◆", "marked "),
            false => "",
        };
        format!("{mark}{pin}{}", tab.name_of_answer(at))
    };
    answers.map(name).collect()
}

fn room(area: Rect) -> usize {
    usize::from(area.width)
}

/// Draws the names of the texts.
pub fn texts(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let names = text_names(state);
    strip(
        frame,
        state,
        area,
        &names,
        state.query.tab,
        state.pane == Pane::Editor,
        "",
    );
}

/// Draws the names of the results, and what is known of the one that is seen.
pub fn results(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let names = result_names(state);
    let shown = state.query.current().shown;
    let has_focus = matches!(state.pane, Pane::Results | Pane::Columns);
    let facts = facts(state, area);
    strip(frame, state, area, &names, shown, has_focus, &facts);
}

/// What is told of the result that is seen, or of what is at work.
fn facts(state: &State, area: Rect) -> String {
    let tab = state.query.current();
    let between = state.look.between();
    match (at_work(state), tab.answers.get(tab.shown)) {
        (Some(at_work), _) => at_work,
        (None, Some(answer)) => {
            // A fact is whole, or it is not there.
            let mut facts = answer.facts();
            while facts.len() > 1 && text::width(&facts.join(between)) + NAME > room(area) {
                facts.pop();
            }
            facts.join(between)
        }
        (None, None) => String::new(),
    }
}

/// Columns for names, beside what is told.
fn beside(facts: &str, area: Rect) -> usize {
    match facts.is_empty() {
        true => room(area),
        false => room(area).saturating_sub(text::width(facts) + 2),
    }
}

fn strip(
    frame: &mut Frame<'_>,
    state: &State,
    area: Rect,
    names: &[String],
    shown: usize,
    has_focus: bool,
    facts: &str,
) {
    if area.height == 0 {
        return;
    }
    let look = state.look;
    let line = look.sign("─", " ").repeat(room(area));
    put(frame, area.x, area.y, &line, look.faint(), area.width);
    let width = beside(facts, area);
    let places = places(names, shown, width);
    if let Some((_, _, first)) = places.first().filter(|_| width >= 2 * MORE) {
        let line = Rect {
            width: width as u16,
            ..area
        };
        More::across(*first, places.len(), names.len()).draw_in_line(frame, look, line);
    }
    for (x, name, at) in places {
        let style = match (at == shown, has_focus) {
            (true, true) => look.cursor(),
            (true, false) => look.line(),
            (false, _) => look.faint(),
        };
        let most = width.saturating_sub(x) as u16;
        put(frame, area.x + x as u16, area.y, &name, style, most);
        let pointer = look.blank(at == shown);
        put(
            frame,
            area.x + x as u16,
            area.y,
            pointer,
            style,
            most.min(1),
        );
    }
    if !facts.is_empty() {
        let facts = text::cut(&format!(" {facts} "), room(area));
        let x = area.x + area.width - text::width(&facts) as u16;
        put(frame, x, area.y, &facts, look.accent(), area.width);
    }
}

/// The text whose name is at a column.
pub fn text_at(state: &State, area: Rect, x: u16) -> Option<usize> {
    let width = room(area);
    at(&text_names(state), state.query.tab, (area, width), x)
}

/// The result whose name is at a column.
pub fn result_at(state: &State, area: Rect, x: u16) -> Option<usize> {
    let width = beside(&facts(state, area), area);
    let shown = state.query.current().shown;
    at(&result_names(state), shown, (area, width), x)
}

fn at(names: &[String], shown: usize, (area, width): (Rect, usize), x: u16) -> Option<usize> {
    let x = usize::from(x.saturating_sub(area.x));
    let places = places(names, shown, width);
    let mut all = places.iter();
    all.find(|(from, name, _)| (*from..from + text::width(name)).contains(&x))
        .map(|(_, _, at)| *at)
}
