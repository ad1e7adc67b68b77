//! What is offered at the cursor.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Clear;

use super::put;
use crate::assist::CandidateKind;
use crate::tui::layout::{self, Areas};
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::view::more::{self, More};

/// Offers that are in sight at a time.
const LINES: u16 = 8;
/// Columns for what is said of an offer.
const DETAIL: usize = 40;

/// Where what is offered is seen: the first of it, and columns for its names.
struct Places {
    area: Rect,
    first: usize,
    name: usize,
}

/// Below the word that is written, or above it.
fn places(state: &State, areas: &Areas) -> Option<Places> {
    let popup = state.query.popup.as_ref()?;
    let area = areas.editor;
    let editor = &state.query.current().editor;
    let candidates = &popup.completion.candidates;
    let cell = editor.cell(popup.completion.range.start);
    let line = cell.row.checked_sub(editor.top)?;
    let y = area.y + line as u16;
    let bottom = areas.body.y + areas.body.height;
    let below = bottom.saturating_sub(y + 1);
    let above = y.saturating_sub(areas.body.y);
    let wanted = LINES.min(candidates.len() as u16);
    let (top, height) = match below >= wanted || below >= above {
        true => (y + 1, wanted.min(below)),
        false => (y - wanted.min(above), wanted.min(above)),
    };
    let first = more::first(popup.chosen, usize::from(height));
    let shown = || candidates.iter().skip(first).take(usize::from(height));
    let name = shown().map(|c| text::width(&c.text)).max().unwrap_or(0);
    let detail = shown().map(|c| text::width(&said(c)).min(DETAIL)).max();
    let width = (name + detail.unwrap_or(0) + 4).min(usize::from(areas.body.width));
    let name = name.min(width.saturating_sub(2));
    let gutter = layout::gutter(editor, area);
    let x = area.x + gutter + cell.column.saturating_sub(editor.left) as u16;
    let x = x
        .min(areas.body.width.saturating_sub(width as u16))
        .saturating_sub(1);
    let area = Rect::new(x, top, width as u16, height);
    (height > 0).then_some(Places { area, first, name })
}

/// Which of what is offered is at a place of the screen.
pub fn candidate_at(state: &State, areas: &Areas, at: Position) -> Option<usize> {
    let places = places(state, areas)?;
    let line = usize::from(at.y.checked_sub(places.area.y)?);
    places.area.contains(at).then_some(places.first + line)
}

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, state: &State, areas: &Areas) {
    let (Some(popup), Some(Places { area, first, name })) =
        (&state.query.popup, places(state, areas))
    else {
        return;
    };
    let (x, top, height, width) = (area.x, area.y, area.height, usize::from(area.width));
    let candidates = popup.completion.candidates.iter().enumerate();
    let shown: Vec<_> = candidates.skip(first).take(usize::from(height)).collect();
    frame.render_widget(Clear, area);
    let look = state.look;
    for (line, (at, candidate)) in shown.into_iter().enumerate() {
        let y = top + line as u16;
        let is_chosen = at == popup.chosen;
        let said = said(candidate);
        let rest = width.saturating_sub(name + 3);
        let full = format!(
            "{}{} {} ",
            look.blank(is_chosen),
            text::fit(&candidate.text, name, false),
            text::fit(&said, rest, false)
        );
        let style = if is_chosen {
            look.cursor()
        } else {
            look.popup()
        };
        put(frame, x, y, &full, style, width as u16);
        if !is_chosen && rest > 0 {
            let faint = look.popup().patch(look.faint());
            put(
                frame,
                x + 2 + name as u16,
                y,
                &text::fit(&said, rest, false),
                faint,
                rest as u16,
            );
        }
    }
    More::of(first, height.into(), popup.completion.candidates.len()).draw(frame, look, area);
}

/// What is said of an offer: its type, its table, what it is.
fn said(candidate: &crate::assist::Candidate) -> String {
    let kind = match candidate.kind {
        CandidateKind::Table => "table",
        CandidateKind::Schema => "schema",
        CandidateKind::Column => "",
        CandidateKind::Function => "function",
        CandidateKind::Keyword => "",
        CandidateKind::Value => "value",
        CandidateKind::Type => "type",
        CandidateKind::Alias => "alias",
        CandidateKind::Cte => "with",
    };
    match candidate.detail.is_empty() {
        true => kind.to_owned(),
        false => candidate.detail.clone(),
    }
}
