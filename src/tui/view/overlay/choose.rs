//! What was asked before, or what is saved, to be chosen from.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{boxed, put, typed};
use crate::pipeline::asker::history::PastOutcome;
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Choosing, Line};
use crate::tui::text;
use crate::tui::update::query::choosing::choices;

/// Draws the list, and what is chosen of it in full.
pub fn draw(
    frame: &mut Frame<'_>,
    state: &State,
    body: Rect,
    from: Choosing,
    search: &Line,
    chosen: usize,
) {
    let title = match from {
        Choosing::History => "What was asked before; type to search",
        Choosing::Saved => "Queries and features of the project; type to search",
    };
    let found = choices(state, from, search.text());
    let inside = boxed(
        frame,
        state,
        body,
        (body.width.min(130), body.height),
        title,
    );
    typed(frame, search, inside.x, inside.y, inside.width);
    let look = state.look;
    if found.is_empty() {
        let text = match (state.jobs.busy(Slot::Queries), from) {
            (Some(_), _) => "reading …".to_owned(),
            (None, _) if !search.text().is_empty() => "nothing fits".to_owned(),
            (None, Choosing::History) => "Nothing was asked yet.".to_owned(),
            (None, Choosing::Saved) => {
                let key = state.keymap.key_in_text(Action::SaveQuery);
                format!("No query is saved yet: `{key}` saves the text of a tab.")
            }
        };
        put(
            frame,
            inside.x,
            inside.y + 1,
            &text,
            look.faint(),
            inside.width,
        );
        return;
    }
    let chosen = chosen.min(found.len() - 1);
    // Below the list, the statement as it was written.
    let below = match from {
        Choosing::History if inside.height >= 12 => inside.height / 3,
        _ => 0,
    };
    let room = usize::from(inside.height.saturating_sub(1 + below));
    let first = (chosen + 1).saturating_sub(room);
    let shown = found.iter().enumerate().skip(first).take(room);
    for (line, (at, choice)) in shown.enumerate() {
        let width = usize::from(inside.width);
        let facts = match text::width(&choice.facts) + 20 < width {
            true => choice.facts.as_str(),
            false => "",
        };
        let facts = look.said(facts);
        let room = width.saturating_sub(text::width(&facts) + 2);
        let name = format!("{}{}", look.pointer(at == chosen), choice.text);
        let text = format!("{}  {facts}", text::fit(&name, room, false));
        let failed = match from {
            Choosing::History => state.query.history[choice.at].outcome != PastOutcome::Done,
            Choosing::Saved => false,
        };
        let style = match at == chosen {
            true => look.cursor(),
            false if failed => look.faint(),
            false => Style::new(),
        };
        let y = inside.y + 1 + line as u16;
        put(frame, inside.x, y, &text, style, inside.width);
    }
    if below == 0 {
        return;
    }
    let past = &state.query.history[found[chosen].at];
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let PastOutcome::Failed(why) = &past.outcome {
        let why = why.lines().next().unwrap_or_default();
        lines.push((why.to_owned(), look.bad()));
    }
    lines.extend(past.sql.lines().map(|line| (line.to_owned(), Style::new())));
    let top = inside.y + inside.height - below;
    for (line, (text, style)) in lines.iter().take(usize::from(below)).enumerate() {
        put(
            frame,
            inside.x,
            top + line as u16,
            text,
            *style,
            inside.width,
        );
    }
}
