//! Short messages, at the bottom right.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::put;
use crate::tui::state::State;
use crate::tui::state::toast::Tone;
use crate::tui::text;

/// Draws the messages, the newest at the bottom.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let mut y = area.y + area.height;
    for toast in state.toasts.all().iter().rev() {
        if y <= area.y + 1 {
            return;
        }
        y -= 1;
        let most = usize::from(area.width.saturating_sub(2));
        let line = text::cut(&format!(" {} ", toast.text), most);
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
