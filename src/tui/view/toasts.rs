//! Short messages: beside the tabs, or at the bottom right where there is no room.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::put;
use crate::tui::state::State;
use crate::tui::state::toast::Tone;
use crate::tui::text;

/// Columns of the tabs.
const TABS: u16 = 31;

/// Draws the messages, the newest at the bottom; beside the tabs it alone, so that no
/// row is covered.
pub fn draw(frame: &mut Frame<'_>, state: &State, tabs: Rect, body: Rect) {
    let newest = state.toasts.all().last();
    let is_short = newest
        .is_some_and(|t| text::width(&t.text) + 2 <= usize::from(tabs.width.saturating_sub(TABS)));
    let (area, most) = match is_short {
        true => (tabs, 1),
        false => (body, 3),
    };
    let mut y = area.y + area.height;
    for toast in state.toasts.all().iter().rev().take(most) {
        if y <= area.y && most > 1 {
            return;
        }
        y -= 1;
        let most = usize::from(area.width.saturating_sub(2));
        let said = state.look.said(&toast.text);
        let line = text::cut(&format!(" {said} "), most);
        let width = text::width(&line) as u16;
        let x = area.x + area.width - width;
        let style = match toast.tone {
            Tone::Told => state.look.accent().patch(state.look.cursor()),
            Tone::Error => state.look.bad().patch(state.look.cursor()),
        };
        frame.render_widget(Clear, Rect::new(x, y, width, 1));
        put(frame, x, y, &line, style, width);
    }
}
