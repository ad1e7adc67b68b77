//! What came of work for the Query screen.

use crate::tui::action::Action;
use crate::tui::effect::{Effect, Outcome};
use crate::tui::state::State;
use crate::tui::state::jobs::Job;
use crate::tui::state::overlay::{Line, Overlay, Question};
use crate::tui::update::query::{choosing, running, typing};
use crate::tui::update::{compare, keeping};

/// Uses the result of a job for the Query screen.
pub fn use_result(state: &mut State, job: &Job, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Answered(answered) => return running::answered(state, job.id, answered),
        Outcome::Vocabulary(as_of, vocabulary) if state.query.vocabulary_of == Some(as_of) => {
            state.query.vocabulary = *vocabulary;
            typing::offer_again(state);
        }
        Outcome::Values {
            table,
            column,
            values,
        } => {
            // The day may be another one by now.
            let of = (table.clone(), column.clone(), state.as_of);
            if state.query.values_of != Some(of) {
                return Vec::new();
            }
            let values = values.unwrap_or_default();
            let is_any = !values.is_empty();
            state
                .query
                .vocabulary
                .values
                .insert((table, column), values);
            if is_any {
                typing::offer_again(state);
            }
        }
        Outcome::AnswersCompared(compared, rows) => {
            compare::show_answers(state, *compared, rows);
        }
        Outcome::BadKey { key, why } => state.overlays.push(Overlay::Ask {
            question: Question::CompareKey,
            line: Line::of(key),
            error: Some(why),
        }),
        Outcome::Tabs(tabs, files) => {
            state.query.take_tabs(tabs, &files);
        }
        Outcome::Kept(tabs) => state.query.kept = tabs,
        Outcome::History(history) => state.query.history = history,
        Outcome::Saved(saved) => state.query.saved = saved,
        Outcome::ReadSaved { name, sql } => choosing::open(state, name, &sql),
        Outcome::SavedAs {
            tab,
            name,
            sql,
            file,
        } => {
            if let Some(tab) = state.query.tab_mut(tab) {
                (tab.saved, tab.on_file) = (Some(name), Some(sql));
                // Its name is kept, too.
                state.query.changed(state.now);
            }
            state.toasts.tell(state.now, format!("Saved `{file}`"));
        }
        Outcome::BadName {
            tab,
            question,
            name,
            why,
            exists,
        } => {
            state.query.saving = tab.map(|tab| (tab, exists.then(|| name.clone())));
            choosing::bad_name(state, question, name, why, exists);
        }
        Outcome::SaveChecked {
            tab,
            name,
            sql,
            over,
        } => return keeping::write(state, tab, name, sql, over),
        Outcome::FeatureLookedAt(looked) => choosing::looked_at(state, looked),
        Outcome::FeatureChecked(feature) => return keeping::make_feature(state, feature),
        Outcome::BadText { tab, sql, why, at } => keeping::bad_text(state, tab, &sql, &why, at),
        Outcome::Removed { tab, file, kept } => keeping::removed(state, tab, &file, &kept),
        Outcome::BadFeature { why, at } => choosing::bad_feature(state, why, at),
        Outcome::FeatureMade(file) => {
            let lacks = state
                .query
                .making
                .take()
                .is_some_and(|m| m.feature.key.is_empty());
            let export = state.keymap.key(Action::Export);
            let open = state.keymap.key_in_text(Action::OpenQuery);
            let text = match lacks {
                true => format!(
                    "Wrote `{file}`: its header wants a key (`{open}` opens it), then an export computes it"
                ),
                false => format!(
                    "Wrote `{file}`: the next export computes it (`{export}` runs one), `{open}` opens it"
                ),
            };
            state.toasts.tell(state.now, text);
        }
        _ => {}
    }
    Vec::new()
}
