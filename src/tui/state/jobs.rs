//! What is at work on other threads. A job is busy before it is begun, so that
//! nobody ever sees the app idle while something is still to come.

use crate::model::interrupt::Interrupt;

use super::grid::Generation;

/// Names a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// What a job is for. Of most there is one at a time: a new one takes the place
/// of the one before, unless it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Reading what is published.
    Published,
    /// Opening a partition.
    Show,
    /// Reading rows.
    Rows,
    /// Sorting and filtering.
    Index,
    /// What a column holds.
    Profile,
    /// A column over all days.
    OverTime,
    /// The values of a column by frequency.
    Frequencies,
    /// Looking for a text.
    Find,
    /// Comparing two days.
    Diff,
    /// The rows that differ.
    DiffRows,
    /// Reading cells to be copied.
    Gather,
    /// What the SQL says of columns.
    Describe,
    /// What an edit changed in the SQL.
    SqlChange,
    /// A statement that is answered.
    Answer,
    /// What queries can name.
    Vocabulary,
    /// The values of a column.
    Values,
    /// Comparing two answers.
    Answers,
    /// The tabs of the editor.
    Tabs,
    /// What was asked before, and what is saved.
    Queries,
    /// Looking whether a statement can be a feature: nothing is lost with it.
    Look,
    /// Trying whether a feature is a valid one.
    Feature,
    /// What is written into the project: nothing stops it, also not the user.
    Keep,
    /// A file that is written.
    Write,
    /// `workbench export`.
    Export,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Done,
    Failed(String),
    Cancelled,
}

/// One job.
#[derive(Clone)]
pub struct Job {
    pub id: JobId,
    pub slot: Slot,
    pub title: String,
    pub interrupt: Interrupt,
    /// Milliseconds since the app began.
    pub began: u64,
    pub ended: Option<(u64, End)>,
    /// 0 to 1, and since when it is that. None: nobody knows.
    share: Option<(f64, u64)>,
    /// What it is at, in words.
    pub at: String,
    pub log: Vec<String>,
    /// What a grid shows that it was begun for.
    pub of: Option<Generation>,
}

/// A share of a statement that stands still for so long, in milliseconds, is none: of what
/// a join makes the engine does not know how much is to come.
const STANDS: u64 = 3_000;
/// Lines of a log that are kept.
const LOG: usize = 1_000;
/// Ended jobs that are kept to be looked at.
const KEPT: usize = 20;

/// All jobs, the oldest first.
#[derive(Clone, Default)]
pub struct Jobs {
    next: u64,
    jobs: Vec<Job>,
}

impl Jobs {
    /// Notes a job as busy. What was in its slot is asked to stop, unless it writes.
    pub fn begin(&mut self, now: u64, slot: Slot, title: impl Into<String>) -> (JobId, Interrupt) {
        if !matches!(slot, Slot::Keep | Slot::Write | Slot::Export) {
            self.stop(slot);
        }
        self.next += 1;
        let id = JobId(self.next);
        let interrupt = Interrupt::default();
        self.jobs.push(Job {
            id,
            slot,
            title: title.into(),
            interrupt: interrupt.clone(),
            began: now,
            ended: None,
            share: None,
            at: String::new(),
            log: Vec::new(),
            of: None,
        });
        (id, interrupt)
    }

    /// Asks what is in a slot to stop. Its result will not be used.
    pub fn stop(&mut self, slot: Slot) {
        for job in self.jobs.iter().filter(|j| j.slot == slot) {
            job.stop();
        }
    }

    /// Asks everything to stop.
    pub fn stop_all(&mut self) {
        for job in &self.jobs {
            job.stop();
        }
    }

    /// The job in a slot, if it is wanted still.
    pub fn busy(&self, slot: Slot) -> Option<&Job> {
        let wanted = |j: &&Job| j.slot == slot && j.ended.is_none() && !j.interrupt.is_requested();
        self.jobs.iter().rev().find(wanted)
    }

    /// A job that has not ended.
    pub fn running(&mut self, id: JobId) -> Option<&mut Job> {
        self.jobs
            .iter_mut()
            .find(|j| j.id == id && j.ended.is_none())
    }

    /// Notes that a job ended. Returns it if its result is still wanted.
    pub fn end(&mut self, id: JobId, now: u64, end: End) -> Option<Job> {
        let job = self.running(id)?;
        let wanted = !job.interrupt.is_requested();
        job.ended = Some((now, if wanted { end } else { End::Cancelled }));
        let ended = job.clone();
        self.forget_old();
        wanted.then_some(ended)
    }

    fn forget_old(&mut self) {
        // Only exports are worth a look afterwards, and what failed.
        let is_kept = |j: &Job| match &j.ended {
            None => true,
            Some((_, End::Failed(_))) => true,
            Some(_) => j.slot == Slot::Export,
        };
        self.jobs.retain(is_kept);
        let ended = self.jobs.iter().filter(|j| j.ended.is_some()).count();
        let mut extra = ended.saturating_sub(KEPT);
        self.jobs.retain(|j| {
            let goes = j.ended.is_some() && extra > 0;
            extra -= usize::from(goes);
            !goes
        });
    }

    /// Whether nothing is at work.
    pub fn is_idle(&self) -> bool {
        self.jobs.iter().all(|j| j.ended.is_some())
    }

    /// What is at work and wanted, the newest last.
    pub fn at_work(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.jobs
            .iter()
            .filter(|j| j.ended.is_none() && !j.interrupt.is_requested())
    }

    /// What of it the user can stop.
    pub fn stoppable(&self) -> impl DoubleEndedIterator<Item = &Job> {
        let is_kept = |job: &&Job| matches!(job.slot, Slot::Keep | Slot::Tabs);
        self.at_work().filter(move |job| !is_kept(job))
    }

    /// All jobs that are known, the oldest first.
    pub fn all(&self) -> &[Job] {
        &self.jobs
    }
}

impl Job {
    fn stop(&self) {
        if self.ended.is_none() && self.slot != Slot::Keep {
            self.interrupt.request();
        }
    }

    /// Notes which share of it is done, 0 to 1.
    pub fn note_share(&mut self, now: u64, share: f64) {
        let share = share.clamp(0.0, 1.0);
        if self.share.is_none_or(|(before, _)| before != share) {
            self.share = Some((share, now));
        }
    }

    /// Which share of it is done, 0 to 1; None: nobody knows.
    pub fn share(&self, now: u64) -> Option<f64> {
        let (share, since) = self.share?;
        let stands = self.slot == Slot::Answer && now.saturating_sub(since) >= STANDS;
        (!stands).then_some(share)
    }

    /// Notes a line of its log.
    pub fn note(&mut self, line: impl Into<String>) {
        self.log.push(line.into());
        let extra = self.log.len().saturating_sub(LOG);
        self.log.drain(..extra);
    }
}
