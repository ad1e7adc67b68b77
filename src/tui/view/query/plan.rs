//! A plan as a tree: what each operator is about, its rows and its time.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::put;
use crate::engine::explain::Node;
use crate::report::words;
use crate::tui::look::{self, Look};
use crate::tui::state::query::plan::{PlanLine, PlanView};
use crate::tui::state::{Pane, State};
use crate::tui::text;
use crate::tui::view::more::{self, More};

/// Columns of the time, its bar, and the rows.
const TIME: usize = 9;
const BAR: usize = 8;
const ROWS: usize = 14;

/// Draws the tree, and below it all that is known of the operator at the cursor.
pub fn draw(frame: &mut Frame<'_>, state: &State, plan: &PlanView, area: Rect) {
    if area.height == 0 {
        return;
    }
    let look = state.look;
    let lines = plan.lines();
    let is_measured = plan.plan.is_measured;
    let figures = match (is_measured, area.width) {
        (_, 0..50) => 0,
        (true, 50..70) => TIME + ROWS,
        (true, _) => TIME + BAR + ROWS + 1,
        (false, _) => ROWS,
    };
    let width = usize::from(area.width) - figures;
    let heading = match is_measured {
        true if figures > TIME + ROWS => format!("{:>TIME$} {:BAR$}{:>ROWS$}", "time", "", "rows"),
        true if figures > 0 => format!("{:>TIME$}{:>ROWS$}", "time", "rows"),
        _ if figures > 0 => format!("{:>ROWS$}", "about rows"),
        _ => String::new(),
    };
    let heading = text::fit("operator", width, false) + &heading;
    put(frame, area.x, area.y, &heading, look.heading(), area.width);
    let about = about(plan, usize::from(area.width));
    let below = match area.height {
        0..8 => 0,
        height => (about.len() as u16 + 1).min(height / 3),
    };
    let room = usize::from(area.height - 1 - below);
    let last = lines.len().saturating_sub(room);
    let top = plan
        .top
        .max(more::first(plan.cursor, room))
        .min(plan.cursor)
        .min(last.max(more::first(plan.cursor, room)));
    for (at, line) in lines.iter().enumerate().skip(top).take(room) {
        let y = area.y + 1 + (at - top) as u16;
        let node = line.node;
        let has_cursor = at == plan.cursor && state.pane == Pane::Results;
        let name = tree(line, look.is_accessible) + &title(node, look);
        let name = look.pointer(has_cursor).to_owned() + &name;
        let mut row = text::fit(&name, width, false);
        if figures > 0 {
            let rows = node
                .rows
                .or(node.expected)
                .map(words::grouped)
                .unwrap_or_default();
            let time = node.seconds.map(words::short).unwrap_or_default();
            row += &match is_measured {
                true if figures > TIME + ROWS => {
                    format!("{time:>TIME$} {:BAR$}{rows:>ROWS$}", bar(node.share, state))
                }
                true => format!("{time:>TIME$}{rows:>ROWS$}"),
                false => format!("{rows:>ROWS$}"),
            };
        }
        let style = match (has_cursor, node.is_costliest) {
            (true, _) => look.cursor(),
            (false, true) => look.bad(),
            (false, false) => Style::new(),
        };
        put(frame, area.x, y, &row, style, area.width);
    }
    // From the heading to the rule, where there is one.
    let list = Rect {
        height: area.height.min(room as u16 + 1 + below.min(1)),
        ..area
    };
    let more = More::of(top, room, lines.len());
    if below == 0 {
        return more.draw(frame, look, list);
    }
    let top = area.y + area.height - below;
    let rule = look.sign("┄", " ").repeat(usize::from(area.width));
    put(frame, area.x, top, &rule, look.faint(), area.width);
    more.draw(frame, look, list);
    let part = Rect {
        y: top + 1,
        height: below - 1,
        ..area
    };
    for (line, y) in about.iter().zip(part.y..part.y + part.height) {
        put(frame, area.x, y, line, Style::new(), area.width);
    }
    More::of(0, part.height.into(), about.len()).draw(frame, look, part);
}

/// The operator, and the first that it is about.
fn title(node: &Node, look: Look) -> String {
    let mark = match node.is_costliest {
        true => look.sign(" ←", ", the costliest"),
        false => "",
    };
    let mut about = node.about.iter().filter(|(name, _)| !is_of_files(name));
    match about.next() {
        Some((_, about)) => format!("{}{mark}  {}", node.operator, about.replace('\n', ", ")),
        None => format!("{}{mark}", node.operator),
    }
}

/// Files are named by their content: that tells nothing of the query.
fn is_of_files(name: &str) -> bool {
    name.to_lowercase().contains("file")
}

fn tree(line: &PlanLine<'_>, is_accessible: bool) -> String {
    if is_accessible {
        return "  ".repeat(line.last.len());
    }
    let mut text = String::new();
    for (at, is_last) in line.last.iter().enumerate() {
        text += match (at + 1 == line.last.len(), is_last) {
            (true, true) => "└ ",
            (true, false) => "├ ",
            (false, true) => "  ",
            (false, false) => "│ ",
        };
    }
    text
}

fn bar(share: Option<f64>, state: &State) -> String {
    let Some(share) = share else {
        return String::new();
    };
    if state.look.is_accessible {
        return format!("{:.0} %", share * 100.0);
    }
    look::eighths((share * (BAR - 1) as f64 * 8.0).round() as usize)
}

/// All that is known of the operator at the cursor.
fn about(plan: &PlanView, width: usize) -> Vec<String> {
    let lines = plan.lines();
    let Some(node) = lines.get(plan.cursor).map(|line| line.node) else {
        return Vec::new();
    };
    let mut about = Vec::new();
    if let (Some(expected), Some(rows)) = (node.expected, node.rows) {
        about.push(format!(
            "rows: {}, expected {}",
            words::grouped(rows),
            words::grouped(expected)
        ));
    }
    for (name, value) in node.about.iter().filter(|(name, _)| !is_of_files(name)) {
        let line = format!("{}: {}", name.to_lowercase(), value.replace('\n', ", "));
        about.extend(text::folded(&line, width));
    }
    about
}
