//! The two lines at the top: which screen, and as of when.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::model::run::Known;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::state::{Screen, State};
use crate::tui::text;

/// The screens, and whose data it is.
pub fn tabs(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let look = state.look;
    let tab = |name: &'static str, screen: Screen| {
        let is_shown = state.screen == screen;
        let style = if is_shown {
            look.cursor()
        } else {
            look.faint()
        };
        Span::styled(format!("{}{name} ", look.blank(is_shown)), style)
    };
    let mut spans = vec![
        tab("1 Snapshots", Screen::Snapshots),
        tab("2 Diff", Screen::Diff),
        tab("3 Query", Screen::Query),
    ];
    let used: usize = spans.iter().map(|s| text::width(&s.content)).sum();
    let right = right_of_tabs(state);
    let room = usize::from(area.width).saturating_sub(used + 1);
    spans.push(Span::styled(
        " ".to_owned() + &text::fit(&right, room, true),
        look.faint(),
    ));
    frame.render_widget(Line::from(spans), area);
}

/// What is at work, or whose data it is.
fn right_of_tabs(state: &State) -> String {
    // What takes no time is not worth a word.
    let mut at_work = state.jobs.at_work().rev();
    let job = at_work.find(|job| state.now.saturating_sub(job.began) >= 300);
    let Some(job) = job else {
        let between = state.look.between();
        return format!("{}{between}{}", state.project, state.target);
    };
    let share = job
        .share(state.now)
        .map(|share| format!(" {:.0} %", share * 100.0));
    let at = if job.at.is_empty() {
        String::new()
    } else {
        format!("{}{}", state.look.between(), job.at)
    };
    format!("{}{}{at}", job.title, share.unwrap_or_default())
}

/// As of which day everything is shown, and what is known of that snapshot.
pub fn bar(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let look = state.look;
    if state.screen == Screen::Diff && state.diff.question.is_some() {
        return compared(frame, state, area);
    }
    if state.screen == Screen::Diff && state.diff.is_of_answers {
        let key = state.keymap.key(Action::Back);
        let text = format!("Two results compared; {key} leads back to the query");
        frame.render_widget(Line::from(Span::styled(text, look.faint())), area);
        return;
    }
    let mut spans = vec![Span::styled("As of ", look.faint())];
    let (Some(timeline), Some(at)) = (state.timeline(), state.shown_at()) else {
        let text = match (&state.published, state.as_of) {
            (None, _) => "…".to_owned(),
            (_, Some(day)) => format!("{day}: no snapshot"),
            _ => "nothing published".to_owned(),
        };
        spans.push(Span::raw(text));
        frame.render_widget(Line::from(spans), area);
        return;
    };
    let day = &timeline.days[at];
    spans.push(Span::styled(day.date.to_string(), look.focus()));
    let newest = timeline.days.last().map(|d| d.date);
    // Where there is no room, the last ones are left out.
    let mut facts = match state.screen {
        // Of which dataset the days are does not matter there.
        Screen::Query => Vec::new(),
        Screen::Snapshots | Screen::Diff => vec![timeline.dataset.to_string()],
    };
    facts.push(match state.as_of.filter(|as_of| *as_of != day.date) {
        Some(as_of) => format!("the last before {as_of}"),
        None if Some(day.date) == newest => "newest".to_owned(),
        None => format!("{} of {}", at + 1, timeline.days.len()),
    });
    if state.screen == Screen::Query {
        facts.push("features.x is of this day, history.x of all".to_owned());
        return told(frame, state, area, spans, &facts, &[]);
    }
    // What is published may have moved on: the grid has what it opened.
    let open = state
        .grid
        .table
        .as_ref()
        .and_then(|table| Some((table, table.partition()?)))
        .filter(|(_, o)| o.id.ingest_date == day.date && o.id.dataset == timeline.dataset);
    let (rows, revision, run) = match open {
        Some((table, opened)) => (table.rows, opened.revision, opened.run),
        None => (day.rows, day.revision, day.run),
    };
    let seen = state.grid.rows.filter(|_| state.grid.view.filter.is_some());
    facts.push(match seen {
        Some(seen) => format!("{} of {}", words::grouped(seen), words::count(rows, "row")),
        None => words::count(rows, "row"),
    });
    let mut style = Vec::new();
    if let Some(before) = &state.grid.before {
        style.push(facts.len());
        facts.push(format!("differs from {}", before.day));
    }
    if let Some(mark) = &state.mark {
        facts.push(format!("marked {mark}"));
    }
    if state.is_newer {
        facts.push("a newer one is there".to_owned());
    }
    facts.push(format!("revision {revision}"));
    facts.push(format!("run {run}"));
    if let Known::AtRun(run) = day.known {
        facts.push(format!("as known at run {run}"));
    }
    told(frame, state, area, spans, &facts, &style);
}

/// Facts behind each other, as far as there is room. `changes` are those that tell of
/// a change.
fn told(
    frame: &mut Frame<'_>,
    state: &State,
    area: Rect,
    mut spans: Vec<Span<'_>>,
    facts: &[String],
    changes: &[usize],
) {
    let look = state.look;
    let mut room = usize::from(area.width).saturating_sub(16);
    for (at, fact) in facts.iter().enumerate() {
        // A fact is whole, or it is not there.
        let width = text::width(fact) + 3;
        if width > room {
            break;
        }
        room -= width;
        spans.push(Span::styled(look.between(), look.faint()));
        let is_change = changes.contains(&at);
        spans.push(match is_change {
            true => Span::styled(fact.clone(), look.differs()),
            false => Span::raw(fact.clone()),
        });
    }
    frame.render_widget(Line::from(spans), area);
}

/// Which days are compared, and how to compare others.
fn compared(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let Some(question) = &state.diff.question else {
        return;
    };
    let look = state.look;
    let days = question.moments;
    let arrow = look.sign(" → ", " to ");
    let mut spans = vec![
        Span::styled("From ", look.faint()),
        Span::styled(days.before.to_string(), look.focus()),
        Span::styled(arrow, look.faint()),
        Span::styled(days.after.to_string(), look.focus()),
        Span::styled(look.between(), look.faint()),
        Span::raw(question.dataset.to_string()),
        Span::styled(look.between(), look.faint()),
    ];
    let key = |action| state.keymap.key(action).to_owned();
    spans.push(Span::raw(match &state.mark {
        Some(mark) => format!("{mark} is marked"),
        None => format!(
            "{} {} compare other days, {} marks one",
            key(Action::EarlierDay),
            key(Action::LaterDay),
            key(Action::MarkDay)
        ),
    }));
    frame.render_widget(Line::from(spans), area);
}
