//! Finding anything by a few of its letters: actions, datasets, columns, days.

use super::bindings::BINDINGS;
use super::state::State;
use super::state::overlay::{Choice, Entry};

/// What the palette offers for what was typed, the best first.
pub fn entries(state: &State, search: &str) -> Vec<Entry> {
    // Also by the name that an action has in `keys.toml`.
    let fits = |entry: &Entry| match entry.does {
        Choice::Act(action) => score(&entry.title, search).max(score(&action.name(), search)),
        _ => score(&entry.title, search),
    };
    let mut found: Vec<(i64, Entry)> = everything(state)
        .into_iter()
        .filter_map(|entry| Some((fits(&entry)?, entry)))
        .collect();
    // Stable: what is as good stays in the order of the table.
    found.sort_by_key(|(score, _)| -score);
    found.into_iter().map(|(_, entry)| entry).collect()
}

fn everything(state: &State) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for binding in BINDINGS {
        let does = Choice::Act(binding.action);
        if binding.place.holds(state.pane) && !all.iter().any(|e| e.does == does) {
            all.push(Entry {
                title: binding.what.to_owned(),
                keys: state.keymap.keys(binding.action).join(" "),
                does,
            });
        }
    }
    let entry = |title: String, does: Choice| Entry {
        title,
        keys: String::new(),
        does,
    };
    for (at, timeline) in state.timelines.iter().enumerate() {
        all.push(entry(
            format!("Dataset {}", timeline.dataset),
            Choice::Dataset(at),
        ));
    }
    for column in state.seen().in_order() {
        all.push(entry(
            format!("Column {}", column.name),
            Choice::Column(column.name.clone()),
        ));
    }
    let days = state.timeline().map_or(&[][..], |t| &t.days);
    for day in days.iter().rev() {
        all.push(entry(
            format!("Snapshot of {}", day.date),
            Choice::Day(day.date),
        ));
    }
    all
}

/// How well a text fits what was typed: all its letters in order, better where
/// they stand together or begin words. None if it does not.
pub fn score(text: &str, search: &str) -> Option<i64> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut score = 0;
    let mut from = 0;
    let mut before: Option<usize> = None;
    for wanted in search.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let begins = |at: usize| at == 0 || !text[at - 1].is_alphanumeric();
        let there = |at: &usize| text[*at] == wanted;
        // The next letter if it fits, then the next word that begins so.
        let next = (from..text.len()).find(there)?;
        let word = (from..text.len()).find(|at| there(at) && begins(*at));
        let is_next = before.is_some_and(|b| b + 1 == next);
        let at = if is_next { next } else { word.unwrap_or(next) };
        score += match (is_next, begins(at)) {
            (true, _) => 8,
            (_, true) => 6,
            _ => 1,
        };
        before = Some(at);
        from = at + 1;
    }
    // Of those that fit as well the shorter one; all of them in order if nothing was
    // typed.
    Some(if score == 0 {
        0
    } else {
        score * 100 - text.len() as i64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_stand_together_or_begin_words_come_first() {
        let mut found = [
            "Show the comparison",
            "Sort by this column",
            "Show all keys",
        ];
        found.sort_by_key(|text| -score(text, "sho c").unwrap_or(i64::MIN + 1));
        assert_eq!(found[0], "Show the comparison");
        assert_eq!(score("abc", "acb"), None);
        assert!(score("Copy the row", "cr").unwrap() > score("Clear", "cr").unwrap());
    }
}
