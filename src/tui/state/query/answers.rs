//! Which answers there are: those that come, those that go, and what is left of those
//! that were cancelled.

use super::answer::{Answer, Shows};
use super::{KEPT, QueryView, Running, Tab};
use crate::tui::state::grid::GridId;
use crate::tui::state::jobs::JobId;

impl QueryView {
    /// A new answer to a statement, shown where its tab is seen: in the place of one
    /// to the same, or behind the others. What is at work has its name from then on.
    pub fn add(&mut self, run: &mut Running, shows: impl FnOnce(GridId) -> Shows) {
        let id = self.name();
        let marked = self.marked;
        let statement = &run.statement;
        let Some(tab) = self.tab_mut(statement.tab) else {
            return;
        };
        let same = tab.answers.iter().position(|answer| {
            let is_same = match statement.instead {
                Some(instead) => answer.id == instead,
                None => answer.sql == statement.sql && answer.how == statement.how,
            };
            is_same && !answer.stays(marked)
        });
        let number = match same {
            Some(at) => tab.answers[at].number,
            None => {
                tab.answered += 1;
                tab.answered
            }
        };
        let answer = Answer {
            id,
            number,
            is_pinned: false,
            sql: statement.sql.clone(),
            how: statement.how,
            params: statement.params.clone(),
            job: run.job,
            is_cut: false,
            as_of: run.statement.as_of,
            day: run.statement.day,
            took: None,
            so_far: None,
            shows: shows(id),
            files: Vec::new(),
        };
        match same {
            Some(at) => {
                let old = std::mem::replace(&mut tab.answers[at], answer);
                tab.shown = at;
                if let (Shows::Rows(old), Shows::Rows(new)) =
                    (&old.shows, &mut tab.answers[at].shows)
                {
                    new.looks_like(old);
                }
                // What is still to come of it would find it nowhere.
                run.replaced = Some(old).filter(|old| old.took.is_some());
            }
            None => {
                tab.answers.push(answer);
                tab.shown = tab.answers.len() - 1;
            }
        }
        run.answer = Some(id);
    }

    /// Takes the oldest answers of a tab away where there are more than are kept. Those
    /// that are marked or pinned stay, the newest, and `besides`. Returns what they were
    /// called.
    pub fn forget_oldest(&mut self, tab: u64, besides: Option<GridId>) -> Vec<String> {
        let marked = self.marked;
        let mut gone = Vec::new();
        let Some(tab) = self.tab_mut(tab) else {
            return gone;
        };
        while tab.answers.len() > KEPT {
            let newest = tab.answers.iter().map(|answer| answer.number).max();
            let oldest = tab.answers.iter().position(|answer| {
                let stays = answer.stays(marked) || besides == Some(answer.id);
                !stays && Some(answer.number) != newest
            });
            let Some(oldest) = oldest else { break };
            gone.push(tab.name_of_answer(oldest));
            let id = tab.answers[oldest].id;
            tab.remove(id);
        }
        gone
    }

    /// Nothing comes of what was at work: its first rows go, and what they replaced is
    /// there again.
    pub fn give_back(&mut self, run: &mut Running) {
        let Some(id) = run.answer.take() else { return };
        match (run.replaced.take(), self.answer_of(id)) {
            (Some(before), Some(unfinished)) => *unfinished = before,
            _ => {
                // Its number is free again.
                let is_it = |tab: &&mut Tab| {
                    let last = tab.answers.iter().find(|a| a.number == tab.answered);
                    last.is_some_and(|answer| answer.id == id)
                };
                if let Some(tab) = self.tabs.iter_mut().find(is_it) {
                    tab.answered -= 1;
                }
                self.remove(id);
            }
        }
    }

    /// What was at work was cancelled: its first rows stay, and what they replaced is
    /// beside them again, unless that was cancelled, too. Returns whether there are any.
    pub fn cut_short(&mut self, run: &mut Running) -> bool {
        let marked = self.marked;
        let Some(id) = run.answer.take() else {
            return false;
        };
        let mut tabs = self.tabs.iter_mut();
        let found = tabs.find_map(|tab| {
            let at = tab.answers.iter().position(|answer| answer.id == id)?;
            Some((tab, at))
        });
        let Some((tab, at)) = found else { return false };
        tab.answers[at].is_cut = true;
        if let Some(before) = run.replaced.take().filter(|before| !before.is_cut) {
            let mut cut = std::mem::replace(&mut tab.answers[at], before);
            // One of a statement: that of the cancel before gives way.
            let is_same = |other: &Answer| other.sql == cut.sql && other.how == cut.how;
            let earlier = tab
                .answers
                .iter()
                .find(|other| other.is_cut && !other.stays(marked) && is_same(other));
            let shows_it = tab.shown == at;
            if let Some(earlier) = earlier.map(|answer| answer.id) {
                tab.remove(earlier);
            }
            tab.answered += 1;
            cut.number = tab.answered;
            tab.answers.push(cut);
            if shows_it {
                tab.shown = tab.answers.len() - 1;
            }
        }
        true
    }

    /// The answer that waits for the rows that had come when its job was cancelled.
    pub fn answer_cut_short(&mut self, job: JobId) -> Option<&mut Answer> {
        let mut all = self.tabs.iter_mut().flat_map(|tab| &mut tab.answers);
        all.find(|answer| answer.job == job && answer.is_cut && answer.took.is_none())
    }

    /// An answer that was cancelled and whose rows are being kept, best the one that is
    /// seen.
    pub fn being_kept(&self) -> Option<&Answer> {
        let all = self.tabs.iter().flat_map(|tab| &tab.answers);
        let mut all = self.answer().into_iter().chain(all);
        all.find(|answer| answer.is_being_kept())
    }

    /// Takes an answer away. The one that is seen stays.
    pub fn remove(&mut self, id: GridId) {
        for tab in &mut self.tabs {
            tab.remove(id);
        }
    }
}
