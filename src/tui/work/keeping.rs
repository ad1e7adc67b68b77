//! What is written into the project: saved queries, and features.

use crate::model::interrupt::Interrupt;
use crate::pipeline::asker::feature::{Feature, FeatureError};
use crate::pipeline::asker::saved::SaveError;
use crate::tui::effect::{Outcome, Work};
use crate::tui::state::overlay::Question;

use super::Bench;

impl Bench {
    /// What is asked for by the Query screen, and is written, or tried before that.
    pub(super) fn keeping(&self, work: Work, interrupt: &Interrupt) -> Outcome {
        match work {
            Work::CheckSave {
                tab,
                name,
                sql,
                over,
            } => match self.asker.check_saved(&name, &sql, interrupt) {
                Ok(()) => Outcome::SaveChecked {
                    tab,
                    name,
                    sql,
                    over,
                },
                Err(error) => not_saved(tab, name, sql, error),
            },
            Work::Save {
                tab,
                name,
                sql,
                over,
            } => match self.asker.save(&name, &sql, &over) {
                Ok(saved) => Outcome::SavedAs {
                    tab,
                    name: saved.name,
                    sql,
                    file: self.shown(&saved.path),
                },
                Err(error) => not_saved(tab, name, sql, error),
            },
            Work::Remove { tab, name } => match self.asker.remove(&name) {
                Ok((saved, kept)) => Outcome::Removed {
                    tab,
                    file: self.shown(&saved.path),
                    kept: self.shown(&kept),
                },
                Err(error) => Outcome::Failed(error.to_string()),
            },
            Work::LookAtFeature(sql) => match self.asker.look_at_feature(&sql) {
                Ok(looked) => Outcome::FeatureLookedAt(looked),
                Err(error) => no_feature(Feature::default(), error),
            },
            Work::CheckFeature(feature) => match self.asker.check_feature(&feature, interrupt) {
                Ok(()) => Outcome::FeatureChecked(feature),
                Err(error) => no_feature(feature, error),
            },
            Work::MakeFeature(feature) => match self.asker.make_feature(&feature) {
                Ok(path) => Outcome::FeatureMade(self.shown(&path)),
                Err(error) => no_feature(feature, error),
            },
            _ => Outcome::Failed("this is no work of the Query screen".to_owned()),
        }
    }
}

/// Why a text was not saved.
fn not_saved(tab: u64, name: String, sql: String, error: SaveError) -> Outcome {
    match error {
        SaveError::Feature(FeatureError::Interrupted) => Outcome::Cancelled,
        SaveError::Feature(error) => {
            let (why, at) = of_text(error);
            Outcome::BadText { tab, sql, why, at }
        }
        error => Outcome::BadName {
            tab: Some(tab),
            question: Question::SaveQuery,
            exists: matches!(error, SaveError::Exists(_)),
            why: error.to_string(),
            name,
        },
    }
}

/// Why no feature was made.
fn no_feature(feature: Feature, error: FeatureError) -> Outcome {
    let again = |question, name| Outcome::BadName {
        tab: None,
        question,
        exists: false,
        why: error.to_string(),
        name,
    };
    match error {
        FeatureError::BadName { .. } | FeatureError::Exists(_) => {
            again(Question::FeatureName, feature.name)
        }
        FeatureError::Key { .. } | FeatureError::NoKey { .. } => {
            again(Question::FeatureKey, feature.key.join(", "))
        }
        FeatureError::Interrupted => Outcome::Cancelled,
        error @ FeatureError::Sql { .. } => {
            let (why, at) = of_text(error);
            Outcome::BadFeature { why, at }
        }
        error => Outcome::Failed(error.to_string()),
    }
}

/// What is wrong, with what to do about it, and where.
fn of_text(error: FeatureError) -> (String, std::ops::Range<usize>) {
    match error {
        FeatureError::Sql { message, hint, at } => {
            let hint = hint.map(|hint| format!("\n{hint}"));
            (message + &hint.unwrap_or_default(), at)
        }
        error => (error.to_string(), 0..0),
    }
}
