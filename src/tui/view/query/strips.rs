//! The names of the texts, and of the results: where they are is where they are
//! clicked.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{at_work, put};
use crate::tui::look::Look;
use crate::tui::state::{Pane, State};
use crate::tui::text;

/// Columns that are left for a name.
const NAME: usize = 20;
/// Columns of a name beside which marks are worth their room.
const LEAST: usize = 6;

/// And of a part of it, where there are many.
const SHORT: usize = 13;
/// Names are whole (0), shorter, or as short as they can be.
const SHORTEST: usize = 2;

/// Something in a strip: where it begins, what it says, and which name a click on it
/// goes to.
struct Place {
    x: usize,
    text: String,
    at: usize,
    /// It says how many names are not in sight there.
    is_mark: bool,
}

/// What is in sight of a strip: names, the one that is seen among them, and at the ends how
/// many others there are.
fn places(look: Look, names: &[String], shown: usize, width: usize) -> Vec<Place> {
    // Words need more room than signs.
    let marks: &[[&str; 4]] = match look.is_accessible {
        true => &[[" ", " before ", " ", " behind "], [" < ", " ", " ", " > "]],
        false => &[[" ‹ ", " ", " ", " › "]],
    };
    let mut placed = marks
        .iter()
        .filter_map(|m| beside_marks(m, names, shown, width));
    placed.next().unwrap_or_else(|| {
        let at = shown.min(names.len().saturating_sub(1));
        let alone = names.get(at).map(|name| Place {
            x: 0,
            text: format!(" {} ", text::cut(name, width.saturating_sub(2))),
            at,
            is_mark: false,
        });
        alone.into_iter().collect()
    })
}

/// The same, with what stands around the numbers of those before and behind; None if there
/// is no room for it.
fn beside_marks(
    marks: &[&str; 4],
    names: &[String],
    shown: usize,
    width: usize,
) -> Option<Vec<Place>> {
    let before = |count: usize| format!("{}{count}{}", marks[0], marks[1]);
    let behind = |count: usize| format!("{}{count}{}", marks[2], marks[3]);
    if names.is_empty() {
        return Some(Vec::new());
    }
    let wide = |text: &str| text::width(text) + 1;
    let named: Vec<usize> = names.iter().map(|name| text::width(name) + 3).collect();
    let (last, shown) = (names.len() - 1, shown.min(names.len() - 1));
    let ends = |from: usize, to: usize| {
        let left = (from > 0).then(|| before(from));
        let right = (to < last).then(|| behind(last - to));
        (left, right)
    };
    let fits = |from: usize, to: usize| {
        let (left, right) = ends(from, to);
        let ends: usize = left.iter().chain(&right).map(|mark| wide(mark)).sum();
        named[from..=to].iter().sum::<usize>() + ends <= width + 1
    };
    let from = (0..shown).find(|from| fits(*from, shown)).unwrap_or(shown);
    let to = (shown..=last).rev().find(|to| fits(from, *to));
    let to = to.unwrap_or(shown);
    let (left, right) = ends(from, to);
    let marks: usize = left.iter().chain(&right).map(|mark| wide(mark)).sum();
    if marks + 3 + LEAST.min(text::width(&names[shown])) > width {
        return None;
    }
    // Only one that stands alone can be too long.
    let most = width.saturating_sub(marks + 2);
    let mut x = 0;
    let mut places = Vec::new();
    let mut put = |text: String, at: usize, is_mark: bool| {
        let begins = x;
        x += wide(&text);
        places.push(Place {
            x: begins,
            text,
            at,
            is_mark,
        });
    };
    if let Some(mark) = left {
        put(mark, from.saturating_sub(1), true);
    }
    for (at, name) in names.iter().enumerate().take(to + 1).skip(from) {
        put(format!(" {} ", text::cut(name, most)), at, false);
    }
    if let Some(mark) = right {
        put(mark, to + 1, true);
    }
    Some(places)
}

/// The names of a strip. Where they do not all fit, those that are not seen are shorter.
fn fitting(
    count: usize,
    shown: usize,
    width: usize,
    name: impl Fn(usize, usize) -> String,
) -> Vec<String> {
    let names = |level: usize| -> Vec<String> {
        let level = |at: usize| if at == shown { 0 } else { level };
        (0..count).map(|at| name(at, level(at))).collect()
    };
    let mut levels = (0..SHORTEST).map(names);
    let found = levels.find(|names| fit(names, width));
    found.unwrap_or_else(|| names(SHORTEST))
}

/// Whether all names are in sight in so many columns.
fn fit(names: &[String], width: usize) -> bool {
    names
        .iter()
        .map(|name| text::width(name) + 3)
        .sum::<usize>()
        <= width + 1
}

fn text_names(state: &State, width: usize) -> Vec<String> {
    let query = &state.query;
    fitting(query.tabs.len(), query.tab, width, |at, level| {
        let name = match (query.name_of_tab(at), level) {
            ((title, None), 0) => title,
            ((title, None), _) => text::cut(&title, SHORT),
            ((title, Some(more)), 0) => format!("{title}: {more}"),
            ((_, Some(more)), SHORTEST) => text::cut(&more, SHORT),
            ((title, Some(more)), _) => format!("{}: {more}", text::cut(&title, SHORT)),
        };
        match query.tabs[at].is_unsaved() {
            true => state.look.sign("● ", "unsaved ").to_owned() + &name,
            false => name,
        }
    })
}

fn result_names(state: &State, width: usize) -> Vec<String> {
    let tab = state.query.current();
    fitting(tab.answers.len(), tab.shown, width, |at, level| {
        let answer = &tab.answers[at];
        let pin = match answer.is_pinned {
            true => state.look.sign("▪", "pinned "),
            false => "",
        };
        let mark = match state.query.marked == Some(answer.id) {
            true => state.look.sign("◆", "marked "),
            false => "",
        };
        let name = match level {
            0 => tab.name_of_answer(at),
            SHORTEST => tab.short_name(at, SHORT),
            _ => tab.name_within(at, SHORT),
        };
        format!("{mark}{pin}{name}")
    })
}

fn room(area: Rect) -> usize {
    usize::from(area.width)
}

/// Draws the names of the texts.
pub fn texts(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let names = text_names(state, room(area));
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
    let facts = facts(state, area);
    let names = result_names(state, beside(&facts, area));
    let shown = state.query.current().shown;
    let has_focus = matches!(state.pane, Pane::Results | Pane::Columns);
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
            // The day stands above, too.
            if facts.len() > 2 && answer.as_of == state.as_of {
                let width = beside(&facts.join(between), area);
                if !fit(&result_names(state, width), width) {
                    facts.truncate(2);
                }
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
    for place in places(look, names, shown, width) {
        let is_shown = place.at == shown && !place.is_mark;
        let style = match (is_shown, has_focus) {
            _ if place.is_mark => look.accent(),
            (true, true) => look.cursor(),
            (true, false) => look.line(),
            (false, _) => look.faint(),
        };
        let x = area.x + place.x as u16;
        let most = width.saturating_sub(place.x) as u16;
        put(frame, x, area.y, &place.text, style, most);
        let pointer = look.blank(is_shown);
        put(frame, x, area.y, pointer, style, most.min(1));
    }
    if !facts.is_empty() {
        let facts = text::cut(&format!(" {facts} "), room(area));
        let x = area.x + area.width - text::width(&facts) as u16;
        put(frame, x, area.y, &facts, look.accent(), area.width);
    }
}

/// The text whose name is at a column, or that is next behind a mark.
pub fn text_at(state: &State, area: Rect, x: u16) -> Option<usize> {
    let names = text_names(state, room(area));
    let places = places(state.look, &names, state.query.tab, room(area));
    at(&places, area, x)
}

/// The result whose name is at a column, or that is next behind a mark.
pub fn result_at(state: &State, area: Rect, x: u16) -> Option<usize> {
    let width = beside(&facts(state, area), area);
    let shown = state.query.current().shown;
    at(
        &places(state.look, &result_names(state, width), shown, width),
        area,
        x,
    )
}

fn at(places: &[Place], area: Rect, x: u16) -> Option<usize> {
    let x = usize::from(x.saturating_sub(area.x));
    let holds = |place: &&Place| (place.x..place.x + text::width(&place.text)).contains(&x);
    places.iter().find(holds).map(|place| place.at)
}
