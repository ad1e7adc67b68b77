//! Hearing the terminal, on a thread of its own, which holds still while another
//! program has the terminal.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use rustix::process::{Signal, getpid, kill_process};

mod keys;

use super::app::Incoming;
use super::update::Msg;

/// What the thread is to do, and does.
#[derive(Debug, Default)]
struct Turn {
    is_wanted: bool,
    is_still: bool,
    /// There is a thread that hears.
    listens: bool,
}

/// Hears the terminal.
#[derive(Debug, Clone, Default)]
pub struct Ear {
    turn: Arc<(Mutex<Turn>, Condvar)>,
}

impl Ear {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        let turn = self.turn.0.lock();
        turn.unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Hears, on a thread that ends with the process.
    pub(super) fn listen(&self, sender: Sender<Incoming>) {
        let listening = Listening::begin(self);
        std::thread::spawn(move || {
            let ear = &listening.0;
            loop {
                let heard = keys::hear(crossterm::event::read, || {
                    matches!(crossterm::event::poll(keys::SOON), Ok(true))
                });
                ear.hold_still();
                let Ok(events) = heard else {
                    let _ = sender.send(Incoming::End);
                    return;
                };
                for event in events {
                    if sender.send(Incoming::Msg(Msg::Input(event))).is_err() {
                        return;
                    }
                }
            }
        });
    }

    fn hold_still(&self) {
        let mut turn = self.turn();
        while turn.is_wanted {
            turn.is_still = true;
            self.turn.1.notify_all();
            let waited = self.turn.1.wait(turn);
            turn = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        turn.is_still = false;
    }

    /// Holds still: what is typed is for another program. Returns when it is so, which
    /// it is when the thread has ended, too.
    pub fn pause(&self) {
        let mut turn = self.turn();
        turn.is_wanted = true;
        // It reads, and wakes for a change of the size as for a key.
        let _ = kill_process(getpid(), Signal::WINCH);
        while turn.listens && !turn.is_still {
            let waited = self.turn.1.wait(turn);
            turn = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Hears again.
    pub fn go_on(&self) {
        self.turn().is_wanted = false;
        self.turn.1.notify_all();
    }
}

/// The thread's, as long as it is there: dropped, whatever it ended by.
struct Listening(Ear);

impl Listening {
    fn begin(ear: &Ear) -> Self {
        ear.turn().listens = true;
        Self(ear.clone())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.turn().listens = false;
        self.0.turn.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ended_is_not_waited_for() {
        let ear = Ear::default();
        let listening = Listening::begin(&ear);
        std::thread::scope(|scope| {
            let pausing = scope.spawn(|| ear.pause());
            // It may wait already, or be about to.
            while !ear.turn().is_wanted {
                std::thread::yield_now();
            }
            drop(listening);
            pausing.join().unwrap();
        });
        ear.go_on();
        ear.pause();
    }
}
