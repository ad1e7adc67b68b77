//! Work for the Query screen.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::browse::{Table, View};
use crate::model::difference::Pair;
use crate::model::interrupt::Interrupt;
use crate::pipeline::asker::compare::TwoTables;
use crate::pipeline::asker::history::{Past, PastOutcome};
use crate::pipeline::asker::{Answered, AskError, Question};
use crate::report::answer_file::{self, FileFormat};
use crate::report::words;
use crate::tui::effect::{Outcome, Told, Work};
use crate::tui::state::diff::{Compared, ListedRows};
use crate::tui::state::query::past::PastList;

use super::{Bench, LISTED};

impl Bench {
    /// What is asked for by the Query screen.
    pub(super) fn asking(
        &self,
        work: Work,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Told) + Sync),
    ) -> Outcome {
        match work {
            Work::Answer(question) => self.answer(&question, interrupt, tell),
            Work::Vocabulary(as_of) => {
                let vocabulary = self.asker.vocabulary(as_of, interrupt);
                Outcome::Vocabulary(as_of, Box::new(vocabulary))
            }
            Work::Values {
                table,
                column,
                as_of,
            } => Outcome::Values {
                values: self.asker.values(&table, &column, as_of, interrupt),
                table,
                column,
            },
            Work::CompareAnswers {
                sides,
                sql,
                key,
                title,
            } => {
                let chances = sql.map(|sql| self.asker.chances(&sql, &key));
                self.compare_answers(sides, (key, title), chances, interrupt, tell)
            }
            Work::WriteAnswer {
                table,
                view,
                columns,
                file,
            } => self.write_answer((&table, &view, &columns), file, interrupt, tell),
            Work::Tabs => {
                let tabs = self.asker.tabs();
                let names = tabs.tabs.iter().filter_map(|tab| tab.saved.clone());
                let files = names
                    .filter_map(|name| Some((name.clone(), self.asker.read_saved(&name).ok()?)));
                let files = files.collect();
                Outcome::Tabs(tabs, files)
            }
            Work::KeepTabs(tabs) => match self.asker.keep_tabs(&tabs) {
                Ok(()) => Outcome::Kept(tabs),
                Err(error) => Outcome::Failed(error.to_string()),
            },
            Work::History => {
                let zone = self.workbench.project().timezone;
                Outcome::History(PastList::of(self.asker.history(), zone))
            }
            Work::Saved => Outcome::Saved(self.asker.saved()),
            Work::ReadSaved(name) => match self.asker.read_saved(&name) {
                Ok(sql) => Outcome::ReadSaved { name, sql },
                Err(error) => Outcome::Failed(error.to_string()),
            },
            work => self.keeping(work, interrupt),
        }
    }

    /// A file of the project as one writes it there.
    pub(super) fn shown(&self, path: &Path) -> String {
        let root = &self.workbench.project().root;
        path.strip_prefix(root)
            .unwrap_or(path)
            .display()
            .to_string()
    }

    /// Answers a statement, and remembers that it was asked.
    fn answer(
        &self,
        question: &Question,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Told) + Sync),
    ) -> Outcome {
        let (began, at) = (Instant::now(), chrono::Utc::now());
        let hear = |heard| tell(Told::Heard(heard));
        let answered = self.asker.answer(question, interrupt, &hear);
        let outcome = match &answered {
            Ok(Answered::Part(..)) | Err(AskError::Interrupted) => PastOutcome::Cancelled,
            Ok(_) => PastOutcome::Done,
            Err(error) => PastOutcome::Failed(error.to_string()),
        };
        // What the result says that it took.
        let took = answered.as_ref().map(Answered::took);
        let took = took.unwrap_or_else(|_| began.elapsed());
        // A question that cannot be remembered was answered all the same.
        let _ = self.asker.remember(&Past {
            at,
            sql: question.sql.clone(),
            measures: question.measures,
            seconds: took.as_secs_f64(),
            rows: answered.as_ref().ok().and_then(Answered::rows),
            outcome,
            as_of: question.as_of,
        });
        Outcome::Answered(answered)
    }

    fn compare_answers(
        &self,
        sides: Pair<Arc<Table>>,
        (key, title): (Vec<String>, String),
        chances: Pair<Vec<String>>,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Told) + Sync),
    ) -> Outcome {
        let (text, names) = (key.join(", "), key.clone());
        let question = TwoTables {
            sides: Pair::new(&*sides.before, &*sides.after),
            key,
            most: LISTED,
        };
        let share = |share| tell(Told::Share(share));
        let compared = match self.asker.compare(&question, interrupt, &share) {
            Ok(compared) => compared,
            Err(AskError::Interrupted) => return Outcome::Cancelled,
            Err(error) => {
                return Outcome::BadKey {
                    key: text,
                    why: error.to_string(),
                };
            }
        };
        let mut sentences = Vec::new();
        for (only, side) in [
            (&compared.only.before, "the marked result"),
            (&compared.only.after, "this result"),
        ] {
            if !only.is_empty() {
                let names = only.iter().map(|c| format!("`{}`", c.name));
                let names = names.collect::<Vec<_>>().join(", ");
                sentences.push(format!("Only {side} has {names}."));
            }
        }
        sentences.extend(by_chance(&chances));
        let listed = ListedRows {
            columns: compared.columns,
            rows: compared.rows,
            is_cut: compared.is_cut,
            names: HashMap::new(),
            by: None,
        };
        let compared = Compared {
            title,
            key: Some(names),
            sentences,
            difference: compared.difference,
        };
        Outcome::AnswersCompared(Box::new(compared), listed)
    }

    fn write_answer(
        &self,
        (table, view, columns): (&Table, &View, &[usize]),
        file: String,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Told) + Sync),
    ) -> Outcome {
        if let Some(why) = self.refused(&file) {
            return Outcome::BadFile { file, why };
        }
        let path = Path::new(&file);
        let Some(format) = FileFormat::of(path) else {
            let why = FileFormat::ENDINGS.to_owned();
            return Outcome::BadFile { file, why };
        };
        let what = answer_file::Written {
            browser: &self.browser,
            table,
            view,
            columns,
            file: path,
            format,
        };
        match answer_file::write(&what, interrupt, |share| tell(Told::Share(share))) {
            Ok(rows) => {
                let (some, all) = (columns.len(), table.columns.len());
                let of = match some == all {
                    true => String::new(),
                    false => format!(", {some} of {all} columns,"),
                };
                let rows = words::count(rows, "row");
                Outcome::Written(format!("Wrote {rows}{of} to `{file}`"))
            }
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}

/// What is said of two results that may differ by chance.
fn by_chance(chances: &Pair<Vec<String>>) -> Vec<String> {
    let Pair { before, after } = chances;
    let of = |which: &str, why: &String| format!("{which}: {why}; some of this may be chance.");
    let of_before = before.iter().map(|why| match after.contains(why) {
        true => of("Both results", why),
        false => of("The marked result", why),
    });
    let of_after = after.iter().filter(|why| !before.contains(why));
    let of_after = of_after.map(|why| of("This result", why));
    of_before.chain(of_after).collect()
}
