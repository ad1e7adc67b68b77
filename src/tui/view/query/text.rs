//! The text: its words in their colours, what is selected, what is wrong.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

use super::put;
use crate::assist::{self, Kind};
use crate::tui::layout;
use crate::tui::look::Look;
use crate::tui::state::editor::{Mode, wide};
use crate::tui::state::{Pane, State};
use crate::tui::text;

/// Draws the text that is in sight, and the cursor in it.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let tab = state.query.current();
    let editor = &tab.editor;
    let all = editor.text();
    let look = state.look;
    let gutter = layout::gutter(editor, area);
    let words = assist::words(all);
    let has_focus = state.pane == Pane::Editor;
    let statement = assist::statement_at(all, editor.cursor()).filter(|_| has_focus);
    let wrong = tab.wrong();
    let selection = editor.selection();
    let found = match &state.query.find {
        Some(wanted) => editor.matches(wanted),
        None => Vec::new(),
    };
    let cursor = editor.cell(editor.cursor());
    let mut next = 0;
    let rows = editor.rows(editor.top, usize::from(area.height));
    for (at, row) in rows.iter().enumerate() {
        let range = row.range.clone();
        let line = &all[range.clone()];
        let y = area.y + at as u16;
        if gutter > 0 && row.is_first {
            // The lines of the statement that would be run.
            let end = all[range.end..]
                .find('\n')
                .map_or(all.len(), |end| range.end + end);
            let is_in = |s: &Range<usize>| s.start <= end && range.start < s.end;
            let style = match statement.as_ref().is_some_and(is_in) {
                true => look.accent(),
                false => look.faint(),
            };
            let width = usize::from(gutter) - 1;
            let number = text::fit(&(row.line + 1).to_string(), width, true);
            put(frame, area.x, y, &number, style, gutter);
        }
        while next < words.len() && words[next].range.end <= range.start {
            next += 1;
        }
        let mut word = next;
        let mut column = 0;
        let mut is_cut = false;
        for (at, grapheme) in line.grapheme_indices(true) {
            let at = range.start + at;
            let width = wide(grapheme, column);
            let from = column;
            column += width;
            while word < words.len() && words[word].range.end <= at {
                word += 1;
            }
            if from < editor.left {
                continue;
            }
            let x = gutter as usize + from - editor.left;
            if x + width > usize::from(area.width) {
                is_cut = true;
                break;
            }
            let is_word = |w: &&assist::Word| w.range.contains(&at);
            let kind = words.get(word).filter(is_word).map(|w| w.kind);
            let mut style = kind.map_or(Style::new(), |kind| of(look, kind));
            if wrong.as_ref().is_some_and(|w| w.contains(&at)) {
                style = style.patch(look.bad()).add_modifier(Modifier::UNDERLINED);
            }
            let is_found = found.partition_point(|m| m.end <= at);
            if found.get(is_found).is_some_and(|m| m.contains(&at)) {
                style = style.patch(look.found());
            }
            if selection.as_ref().is_some_and(|s| s.contains(&at)) {
                style = style.patch(look.selected());
            }
            let shown = match grapheme {
                "\t" => " ".repeat(width),
                grapheme => text::clean(grapheme),
            };
            put(frame, area.x + x as u16, y, &shown, style, width as u16);
        }
        if editor.left > 0 && gutter > 0 && !line.is_empty() {
            let sign = look.sign("‹", "<");
            put(frame, area.x + gutter - 1, y, sign, look.accent(), 1);
        }
        if is_cut && editor.top + usize::from(y - area.y) != cursor.row {
            let sign = look.sign("›", ">");
            put(frame, area.x + area.width - 1, y, sign, look.accent(), 1);
        }
        // What is wrong may be behind the end.
        if wrong
            .as_ref()
            .is_some_and(|w| w.start == range.end && range.end == all.len())
        {
            let x = gutter as usize + column.saturating_sub(editor.left);
            let style = look.bad().add_modifier(Modifier::UNDERLINED);
            put(frame, area.x + x as u16, y, " ", style, 1);
        }
    }
    if all.is_empty() && area.height > 0 {
        let hint = "SELECT … FROM features.…";
        let width = area.width.saturating_sub(gutter);
        put(frame, area.x + gutter, area.y, hint, look.faint(), width);
    }
    if !has_focus || state.overlay().is_some() {
        return;
    }
    let (Some(line), Some(column)) = (
        cursor.row.checked_sub(editor.top),
        cursor.column.checked_sub(editor.left),
    ) else {
        return;
    };
    let (x, y) = (area.x + gutter + column as u16, area.y + line as u16);
    if x < area.x + area.width && y < area.y + area.height {
        if editor
            .vim
            .as_ref()
            .is_some_and(|vim| vim.mode != Mode::Insert)
        {
            let cell = Rect::new(x, y, 1, 1);
            frame.buffer_mut().set_style(cell, look.cursor());
        }
        frame.set_cursor_position(Position::new(x, y));
    }
}

fn of(look: Look, kind: Kind) -> Style {
    match kind {
        Kind::Keyword => look.accent(),
        Kind::Function => look.function(),
        Kind::Text => look.good(),
        Kind::Number => look.changed(),
        Kind::Comment => look.faint(),
        Kind::Parameter => look.changed().add_modifier(Modifier::BOLD),
        Kind::Broken => look.bad(),
        Kind::Name | Kind::QuotedName | Kind::Operator | Kind::Punctuation => Style::new(),
    }
}
