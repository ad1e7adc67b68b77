//! What was asked before, what is saved, and what is made of a text.

pub mod lists;

use crate::assist::{self, TableWords};
use crate::engine::quote;
use crate::model::difference::Pair;
use crate::model::names::TransformName;
use crate::pipeline::asker::feature::{self, Feature, Looked};
use crate::pipeline::asker::saved::Over;
use crate::pipeline::query;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Work};
use crate::tui::state::grid::GridId;
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Line, Overlay, Question};
use crate::tui::state::query::answer::Shows;
use crate::tui::state::query::{Making, Trouble};
use crate::tui::state::{Screen, State};
use crate::tui::text;
use crate::tui::update::{act, keeping, wanted};

use super::{running, waiting};

/// Opens a saved query: its tab, where there is one.
pub fn open(state: &mut State, name: String, sql: &str) {
    let mut tabs = state.query.tabs.iter();
    match tabs.position(|tab| tab.saved.as_ref() == Some(&name)) {
        Some(at) => {
            state.query.tab = at;
            let tab = state.query.current_mut();
            let text = tab.editor.text().trim_end();
            let before = tab.on_file.as_deref().map(str::trim_end);
            if text == sql.trim_end() {
                tab.on_file = Some(sql.to_owned());
            } else if before == Some(text) {
                tab.editor.rewrite(sql);
                tab.on_file = Some(sql.to_owned());
            } else {
                let text = format!("`{name}` is open already; its text is not that of its file");
                state.toasts.tell(state.now, text);
            }
        }
        None => {
            state.query.open_tab(sql);
            let tab = state.query.current_mut();
            tab.saved = Some(name);
            tab.on_file = Some(sql.to_owned());
        }
    }
    super::show(state);
}

/// Saves the text under its name, or asks for one.
pub fn save(state: &mut State) -> Vec<Effect> {
    match state.query.current().saved.clone() {
        Some(name) => {
            let tab = state.query.current();
            // What somebody else wrote since is not lost unasked.
            let over = tab.on_file.clone().map_or(Over::No, Over::Only);
            let tab = tab.id;
            save_as(state, tab, name, over)
        }
        None => {
            state.query.saving = Some((state.query.current().id, None));
            act::ask(state, Question::SaveQuery, String::new());
            Vec::new()
        }
    }
}

/// Saves the text that a name was asked for. The name of another one, given once more,
/// is an answer, too.
pub fn save_under(state: &mut State, name: String) -> Vec<Effect> {
    // Another text that was saved may have been answered meanwhile.
    let saving = state.query.saving.take();
    let (tab, taken) = saving.unwrap_or((state.query.current().id, None));
    let over = match taken.as_ref() == Some(&name) {
        true => Over::Whatever,
        false => Over::No,
    };
    save_as(state, tab, name, over)
}

fn save_as(state: &mut State, tab: u64, name: String, over: Over) -> Vec<Effect> {
    let Some(tab) = state.query.tab_mut(tab) else {
        return Vec::new();
    };
    let (tab, sql) = (tab.id, tab.editor.text().to_owned());
    keeping::save(state, tab, name, sql, over)
}

/// Looks at the statement at the cursor, of which a feature is to be made.
pub fn ask_feature(state: &mut State) -> Vec<Effect> {
    let tab = state.query.current();
    let range = super::chosen(state).map(|range| super::trimmed(tab.editor.text(), range));
    let Some(range) = range.filter(|range| !range.is_empty()) else {
        state.toasts.tell(state.now, running::NOTHING);
        return Vec::new();
    };
    let sql = tab.editor.text()[range.clone()].trim_end_matches([';', ' ', '\n']);
    let (sql, changes, tab) = (sql.to_owned(), tab.editor.changes(), tab.id);
    // What was answered the last time is the answer still, unless another is given.
    let before = state.query.making.take();
    let before = before.filter(|m| m.tab == tab && is_edit_of(&sql, &m.feature.sql));
    let before = before.map(|making| making.feature).unwrap_or_default();
    state.query.making = Some(Making {
        tab,
        at: range.start,
        changes,
        feature: Feature {
            sql: sql.clone(),
            ..before
        },
        looked: None,
        is_answered: false,
    });
    state.query.current_mut().trouble = None;
    let title = "looking whether it can be a feature";
    wanted::begin(state, Slot::Look, title, Work::LookAtFeature(sql))
}

/// Whether a statement is another one with some change, and none of its own: most of the
/// words of the longer one are in both.
fn is_edit_of(sql: &str, before: &str) -> bool {
    let words = |sql: &str| -> Vec<String> {
        let words = assist::words(sql).into_iter();
        words.map(|word| sql[word.range].to_lowercase()).collect()
    };
    let (own, mut others) = (words(sql), words(before));
    let longer = own.len().max(others.len());
    let is_common = |word: &&String| {
        let at = others.iter().position(|other| other == *word);
        at.map(|at| others.swap_remove(at)).is_some()
    };
    2 * own.iter().filter(is_common).count() > longer
}

/// It can be one: asks for what it needs, its name first.
pub fn looked_at(state: &mut State, looked: Looked) {
    let Some(making) = &mut state.query.making else {
        return;
    };
    making.looked = Some(looked);
    let name = making.feature.name.clone();
    // Who went on to something else meanwhile is not asked there.
    if state.screen == Screen::Query && state.overlays.is_empty() {
        act::ask(state, Question::FeatureName, name);
    } else {
        let asks = state.by_key(Action::MakeFeature, "asks for its name");
        let text = format!("The statement can be a feature{asks}");
        state.toasts.tell(state.now, text);
    }
}

/// Takes an answer about the feature, asks for the next, and makes it after the last.
///
/// # Errors
/// It is no answer.
pub fn take_of_feature(
    state: &mut State,
    question: Question,
    text: String,
) -> Result<Vec<Effect>, String> {
    let Some(making) = &mut state.query.making else {
        return Ok(Vec::new());
    };
    let feature = &mut making.feature;
    let columns = making.looked.as_ref().map_or(&[][..], |l| &l.columns);
    let next = match question {
        Question::FeatureName if text.is_empty() => {
            return Err("write a name for the dataset".to_owned());
        }
        Question::FeatureName => {
            let name = text.trim_start_matches("features.");
            if let Err(bad) = name.parse::<TransformName>() {
                return Err(bad.to_string());
            }
            let is_it = |table: &TableWords| table.schema == "features" && table.name == name;
            if state.query.vocabulary.tables.iter().any(is_it) {
                return Err(format!("there is a dataset `{name}` already"));
            }
            feature.name = name.to_owned();
            let key = match feature.key.is_empty() {
                true => columns.first().cloned().unwrap_or_default(),
                false => feature.key.join(", "),
            };
            Some((Question::FeatureKey, key))
        }
        Question::FeatureKey => {
            let names = text
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty());
            let key: Vec<String> = names.map(str::to_owned).collect();
            feature::key(&key, columns).map_err(|error| error.to_string())?;
            feature.key = key;
            Some((Question::FeatureAbout, feature.description.clone()))
        }
        _ => {
            feature.description = text;
            None
        }
    };
    if let Some((question, text)) = next.filter(|_| !making.is_answered) {
        act::ask(state, question, text);
        return Ok(Vec::new());
    }
    making.is_answered = true;
    let feature = making.feature.clone();
    Ok(keeping::try_feature(state, feature))
}

/// Shows what in a statement keeps it from being a feature.
pub fn bad_feature(state: &mut State, why: String, at: std::ops::Range<usize>) {
    let Some(making) = state.query.making.clone() else {
        return;
    };
    let message = format!("No feature can be made of it: {why}");
    state.toasts.keep(message.clone());
    if let Some(tab) = state.query.tab_mut(making.tab) {
        tab.trouble = Some(Trouble {
            message,
            sql: making.feature.sql,
            stood: Some(making.at),
            at: Some(at),
            changes: making.changes,
        });
    }
}

/// Compares the marked answer with the one that is seen.
///
/// # Errors
/// Why they cannot be compared.
pub fn compare(state: &mut State, key: &str) -> Result<Vec<Effect>, String> {
    let key: Vec<String> = key.split(',').map(|name| name.trim().to_owned()).collect();
    if key.iter().any(String::is_empty) {
        return Err("write the columns that name a row, such as `id` or `id, day`".to_owned());
    }
    let (Some(marked), Some(mine)) = (state.query.marked(), state.query.answer()) else {
        return Err("one of the two results was closed since: mark another".to_owned());
    };
    let (Shows::Rows(before), Shows::Rows(after)) = (&marked.shows, &mine.shows) else {
        return Err("a plan has no rows to compare".to_owned());
    };
    let (Some(before), Some(after)) = (before.table.clone(), after.table.clone()) else {
        return Err("its rows are still being found: wait for them".to_owned());
    };
    for name in &key {
        for (table, which) in [(&before, "the marked result"), (&after, "this result")] {
            if !table
                .columns
                .iter()
                .any(|c| c.name.eq_ignore_ascii_case(name))
            {
                return Err(format!("`{name}` is no column of {which}"));
            }
        }
    }
    let title = format!(
        "{} {} {}",
        marked.name_beside(mine),
        state.look.arrow(),
        mine.name_beside(marked)
    );
    let work = Work::CompareAnswers {
        sides: Pair::new(before, after),
        sql: Pair::new(marked.sql.clone(), mine.sql.clone()),
        key,
        title: title.clone(),
    };
    Ok(wanted::begin(
        state,
        Slot::Answers,
        format!("comparing {title}"),
        work,
    ))
}

/// Asks for a name again, with what is wrong with it. A text that is there already is
/// written over if the name is given once more.
pub fn bad_name(state: &mut State, question: Question, name: String, why: String, exists: bool) {
    let error = match exists {
        true => format!("{why}; enter once more writes it over"),
        false => why,
    };
    state.overlays.push(Overlay::Ask {
        question,
        line: Line::of(name),
        error: Some(error),
    });
}

/// The name of a file for the rows of the answer.
pub fn file_name(state: &State) -> String {
    let name = state.query.answer().map(|a| a.title()).unwrap_or_default();
    // What is named like a file gets an ending of its own.
    let name = name.split('.').next().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let name: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    let name = name.trim_matches('_');
    let name = if name.is_empty() { "result" } else { name };
    let day = state.query.answer().and_then(|a| a.day);
    let day = day.map_or(String::new(), |day| format!("_{day}"));
    // Of what was cancelled it is not that of all rows.
    let first = match state.query.answer().filter(|answer| answer.is_cut) {
        Some(_) => match state.first_rows() {
            Some(rows @ 1..) => format!("_first_{rows}_rows"),
            _ => "_first_rows".to_owned(),
        },
        None => String::new(),
    };
    format!("{}{first}{day}.csv", text::cut(name, 40))
}

/// Writes the rows of the answer that is seen into a file.
///
/// # Errors
/// Why there is nothing to be written.
pub fn write(state: &mut State, file: &str) -> Result<Vec<Effect>, String> {
    let Some(id) = state.query.answer().map(|answer| answer.id) else {
        return Err("its result was closed".to_owned());
    };
    match waiting::write(state, file) {
        true => Ok(Vec::new()),
        false if state.seen().table.is_none() => Err("there are no rows here".to_owned()),
        false => Ok(write_answer(state, id, file)),
    }
}

/// The same of any answer.
pub(super) fn write_answer(state: &mut State, id: GridId, file: &str) -> Vec<Effect> {
    let answer = state.query.answer_of(id);
    let Some(Shows::Rows(grid)) = answer.map(|answer| &answer.shows) else {
        return Vec::new();
    };
    let Some(table) = grid.table.clone() else {
        return Vec::new();
    };
    let work = Work::WriteAnswer {
        table,
        view: grid.view.clone(),
        columns: grid.places(0..grid.in_order().count()),
        file: file.to_owned(),
    };
    wanted::begin(state, Slot::Write, format!("writing `{file}`"), work)
}

/// The statement of the answer, as it is seen: with its sorting and its filter.
pub fn sql(state: &State) -> Option<String> {
    let answer = state.query.answer()?;
    let view = &state.query.grid().view;
    let columns = state.query.grid().select_list();
    let sql = answer.sql.trim_end_matches(';').trim_end();
    let text = match view.is_plain() && columns == "*" {
        true => sql.to_owned(),
        // Inside of another statement it would show something else.
        false if query::is_replaced(sql) => {
            let shown = view.sql(&columns, "its rows");
            let lines = shown.lines().map(|line| format!("\n-- {line}"));
            format!("{sql}\n-- of which is shown:{}", lines.collect::<String>())
        }
        false => view.sql(
            &columns,
            &format!("(\n{sql}\n) AS {}", quote::ident("result")),
        ),
    };
    let mut lines = Vec::new();
    if answer.is_cut {
        let rows = state.query.grid().table.as_ref().map_or(0, |t| t.rows);
        let rows = words::count(rows, "row");
        lines.push(format!("-- cancelled: only its first {rows} came"));
    }
    if let Some(day) = answer.day {
        lines.push(format!("-- as of {day}"));
    }
    for (name, value) in &answer.params {
        lines.push(format!("-- ${name} = {value}"));
    }
    lines.push(text);
    Some(lines.join("\n"))
}
