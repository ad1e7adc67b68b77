//! The app at work: messages in, effects out, one frame for all that came in.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crossterm::event::Event;

use crate::browse::{Browser, forget, priority};
use crate::model::interrupt::Interrupt;

use super::clipboard::{self, Way};
use super::ear::Ear;
use super::effect::{Effect, Outcome, Work};
use super::outside_editor;
use super::state::jobs::{End, Job, JobId, Slot};
use super::state::{Remembered, State};
use super::terminal::{self, Terminal};
use super::update::{Msg, update};
use super::view;
use super::work::Bench;

/// How often what is at work is looked at, so that its time is seen to pass.
const TICK: Duration = Duration::from_millis(250);

/// How often it is looked whether something new was published.
const LOOK: Duration = Duration::from_secs(2);

/// How long an export that is cancelled, and what is written into the project, is waited
/// for when the app is left.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same of anything else.
const IMPATIENCE: Duration = Duration::from_secs(2);

/// What comes from outside of the app.
#[derive(Debug)]
pub enum Outside {
    /// A signal to end.
    Stop,
    /// Something worth knowing, as a sentence fragment.
    Note(String),
}

/// How the app ended.
#[derive(Debug)]
pub struct Ended {
    /// It was left, and this is to be remembered. None: the terminal is gone, or a signal
    /// came.
    pub left: Option<Remembered>,
    /// What the user is to know and the screen could not show any more.
    pub unsaid: Vec<String>,
}

/// Runs the app until it is left.
///
/// # Errors
/// Of the terminal.
pub fn run(mut state: State, bench: Bench, outside: Receiver<Outside>) -> io::Result<Ended> {
    let began = Instant::now();
    let (sender, messages) = mpsc::channel();
    let mut app = App {
        bench,
        sender: sender.clone(),
        ear: Ear::default(),
    };
    // What is published is read, and the engine begins, while the terminal is being
    // taken.
    let browser = app.bench.browser.clone();
    std::thread::spawn(move || browser.session(&Interrupt::default()).map(drop));
    for effect in update(&mut state, Msg::Began) {
        app.begin(effect);
    }
    let mut terminal = Terminal::take(state.mouse)?;
    state.size = crossterm::terminal::size()?;
    app.ear.listen(sender.clone());
    forward(outside, sender.clone());
    let again = sender.clone();
    terminal::on_continue(move || {
        let _ = again.send(Incoming::Continued);
    })?;
    let known = Arc::new(AtomicU64::new(u64::MAX));
    watch(app.bench.browser.clone(), known.clone(), sender);
    loop {
        if let Err(error) = terminal.draw(|frame| view::draw(frame, &state)) {
            // Nothing that was typed, or is being saved, goes with the terminal.
            drop(terminal);
            app.keep_texts(&state);
            app.end(state, VecDeque::new(), &messages);
            return Err(error);
        }
        let published = state.published.as_ref();
        known.store(published.map_or(u64::MAX, |p| p.seq), Ordering::Relaxed);
        let Some(first) = next(&messages, &state) else {
            return Ok(Ended {
                left: None,
                unsaid: Vec::new(),
            });
        };
        let now = began.elapsed().as_millis() as u64;
        let clock = Msg::Clock(now, app.bench.workbench.local_time());
        let mut all = VecDeque::from([Incoming::Msg(clock), first]);
        all.extend(std::iter::from_fn(|| messages.try_recv().ok()));
        while let Some(incoming) = all.pop_front() {
            let msg = match incoming {
                Incoming::Msg(msg) => msg,
                Incoming::Nothing => continue,
                Incoming::Continued => {
                    app.again(&mut state, &mut terminal)?;
                    continue;
                }
                Incoming::End => {
                    drop(terminal);
                    app.keep_texts(&state);
                    let unsaid = app.end(state, all, &messages);
                    return Ok(Ended { left: None, unsaid });
                }
            };
            let mut left = None;
            for effect in update(&mut state, msg) {
                match left {
                    None => left = app.carry_out(effect, &mut state, &mut terminal)?,
                    Some(_) => forgo(&mut state, &effect),
                }
            }
            if left.is_some() {
                drop(terminal);
                let unsaid = app.end(state, all, &messages);
                return Ok(Ended { left, unsaid });
            }
        }
    }
}

/// What comes in.
#[expect(
    clippy::large_enum_variant,
    reason = "a few are on their way at a time"
)]
pub(super) enum Incoming {
    Msg(Msg),
    /// Time passed.
    Nothing,
    /// The process was stopped, and goes on.
    Continued,
    /// A signal came, or the terminal is gone.
    End,
}

/// Waits for the next message, or for the time to show that time passes.
fn next(messages: &Receiver<Incoming>, state: &State) -> Option<Incoming> {
    let is_watched = state.jobs.at_work().next().is_some();
    let is_keeping = state.jobs.busy(Slot::Tabs).is_some();
    let keeps = state.query.keeps_at().filter(|_| !is_keeping);
    let ends = [state.toasts.next_end(), keeps].into_iter().flatten().min();
    let until = |end: u64| Duration::from_millis(end.saturating_sub(state.now) + 1);
    let wait = match (is_watched, ends) {
        (true, end) => end.map_or(TICK, until).min(TICK),
        (false, Some(end)) => until(end),
        // Nothing is due: no time passes.
        (false, None) => return messages.recv().ok(),
    };
    match messages.recv_timeout(wait) {
        Ok(message) => Some(message),
        Err(RecvTimeoutError::Timeout) => Some(Incoming::Nothing),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

fn forward(outside: Receiver<Outside>, sender: Sender<Incoming>) {
    std::thread::spawn(move || {
        for came in outside {
            let incoming = match came {
                Outside::Stop => Incoming::End,
                Outside::Note(note) => Incoming::Msg(Msg::Note(note)),
            };
            if sender.send(incoming).is_err() {
                return;
            }
        }
    });
}

/// Looks from time to time whether something new was published, on a thread that
/// ends with the process. `known` is the newest commit that the app knows.
fn watch(browser: Browser, known: Arc<AtomicU64>, sender: Sender<Incoming>) {
    std::thread::spawn(move || {
        let mut told = 0;
        loop {
            std::thread::sleep(LOOK);
            let seq = known.load(Ordering::Relaxed);
            // Told once, and again when that was taken notice of.
            if seq == u64::MAX || told == seq + 1 || !browser.has_commit(seq + 1) {
                continue;
            }
            told = seq + 1;
            if sender.send(Incoming::Msg(Msg::News)).is_err() {
                return;
            }
        }
    });
}

/// What will not be done any more is not waited for.
fn forgo(state: &mut State, effect: &Effect) {
    if let Effect::Begin { id, .. } = effect {
        state.jobs.end(*id, state.now, End::Cancelled);
    }
}

struct App {
    bench: Bench,
    sender: Sender<Incoming>,
    ear: Ear,
}

impl App {
    /// Begins work on a thread of its own.
    fn begin(&mut self, effect: Effect) {
        let Effect::Begin {
            id,
            interrupt,
            work,
        } = effect
        else {
            return;
        };
        let (bench, sender) = (self.bench.clone(), self.sender.clone());
        std::thread::spawn(move || {
            if !work.is_waited_for() {
                priority::give_way();
            }
            let tell = |told| {
                let _ = sender.send(Incoming::Msg(Msg::Told(id, told)));
            };
            let outcome = terminal::guarded(|| bench.run(work, &interrupt, &tell));
            let outcome = outcome.unwrap_or_else(Outcome::Failed);
            // The engine is left before the end is told: then the process may end.
            drop(bench);
            let _ = sender.send(Incoming::Msg(Msg::Ended(id, outcome)));
        });
    }

    /// Asks everything at work to stop, and waits for it: an engine that is at work
    /// while the process ends may crash it, and an export may have to undo or finish
    /// what it began. What is written into the project is written to its end.
    ///
    /// Returns what of that did not succeed.
    fn end(
        &mut self,
        mut state: State,
        mut came: VecDeque<Incoming>,
        messages: &Receiver<Incoming>,
    ) -> Vec<String> {
        self.bench.asker.end();
        state.jobs.stop_all();
        let began = Instant::now();
        let mut unsaid = Vec::new();
        loop {
            let mut running = state.jobs.all().iter().filter(|job| job.ended.is_none());
            let waits = |job: &Job| matches!(job.slot, Slot::Export | Slot::Keep);
            let limit = match running.clone().any(waits) {
                true => PATIENCE,
                false if running.next().is_some() => IMPATIENCE,
                false => break,
            };
            let next = came.pop_front().map_or_else(
                || messages.recv_timeout(limit.saturating_sub(began.elapsed())),
                Ok,
            );
            match next {
                Ok(Incoming::Msg(Msg::Ended(id, outcome))) => {
                    unsaid.extend(self.ended(&mut state, id, outcome));
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        let running = state.jobs.all().iter().filter(|job| job.ended.is_none());
        let keeps = running.filter(|job| job.slot == Slot::Keep);
        unsaid.extend(keeps.map(|job| format!("{}: it did not end in time", job.title)));
        drop(state);
        forget::settle(IMPATIENCE);
        unsaid
    }

    /// A job ended while the app ends. What is to be written after it is begun.
    fn ended(&mut self, state: &mut State, id: JobId, outcome: Outcome) -> Option<String> {
        let title = state.jobs.running(id).map(|job| job.title.clone());
        let why = match &outcome {
            Outcome::Failed(why)
            | Outcome::BadName { why, .. }
            | Outcome::BadFeature { why, .. }
            | Outcome::BadText { why, .. } => Some(why.clone()),
            _ => None,
        };
        let slot = state.jobs.running(id).map(|job| job.slot);
        if slot != Some(Slot::Keep) {
            let end = match outcome {
                Outcome::Cancelled => End::Cancelled,
                _ => End::Done,
            };
            state.jobs.end(id, state.now, end);
            return None;
        }
        for effect in update(state, Msg::Ended(id, outcome)) {
            match &effect {
                Effect::Begin {
                    work: Work::Save { .. } | Work::MakeFeature(_) | Work::Remove { .. },
                    ..
                } => self.begin(effect),
                effect => forgo(state, effect),
            }
        }
        Some(format!("{}: {}", title?, why?))
    }

    /// Takes notice of what came of an effect at once.
    fn take(&mut self, msg: Msg, state: &mut State) {
        for effect in update(state, msg) {
            self.begin(effect);
        }
    }

    /// Takes the terminal again after it was somebody else's.
    fn again(&mut self, state: &mut State, terminal: &mut Terminal) -> io::Result<()> {
        terminal.redraw(state.mouse)?;
        let (width, height) = crossterm::terminal::size()?;
        for effect in update(state, Msg::Input(Event::Resize(width, height))) {
            self.begin(effect);
        }
        Ok(())
    }

    /// Keeps what is written in the Query screen. What cannot be kept is lost, and the app
    /// is left all the same.
    fn keep_texts(&self, state: &State) {
        if state.query.is_open {
            let _ = self.bench.asker.keep_tabs(&state.query.to_keep());
        }
    }

    fn carry_out(
        &mut self,
        effect: Effect,
        state: &mut State,
        terminal: &mut Terminal,
    ) -> io::Result<Option<Remembered>> {
        match effect {
            Effect::Begin { .. } => self.begin(effect),
            // A terminal takes nothing for nothing: what was copied before stays.
            Effect::Copy { text, what } if text.is_empty() => {
                let text = format!("There is nothing in {what} to copy");
                state.toasts.tell(state.now, text);
            }
            Effect::Copy { text, what } => match clipboard::copy(&mut io::stdout(), &text) {
                Ok(way) => {
                    let how = match way {
                        Way::Terminal => "terminal",
                        Way::Both => "terminal, system",
                        Way::System => "system",
                    };
                    state
                        .toasts
                        .tell(state.now, format!("Copied {what} ({how})"));
                }
                Err(why) => state.toasts.error(format!("Could not copy {what}: {why}")),
            },
            Effect::TakeMouse(mouse) => terminal.take_mouse(mouse)?,
            Effect::Redraw => terminal.redraw(state.mouse)?,
            Effect::Suspend => {
                terminal.sleep()?;
                return self.again(state, terminal).map(|()| None);
            }
            Effect::Paste => {
                let pasted = clipboard::read();
                self.take(Msg::Pasted(pasted), state);
            }
            Effect::Edit(text) => {
                self.ear.pause();
                let edited = terminal.lend(|| outside_editor::edit(&text));
                self.again(state, terminal)?;
                self.ear.go_on();
                self.take(Msg::Edited(edited), state);
            }
            Effect::Quit(remembered) => {
                self.keep_texts(state);
                return Ok(Some(remembered));
            }
        }
        Ok(None)
    }
}
