//! Asking before something is changed.

use std::io::{self, IsTerminal};
use std::sync::mpsc;
use std::time::Duration;

use super::narrate;
use crate::model::interrupt::Interrupt;
use crate::pipeline::error::RunError;
use crate::pipeline::snapshot_error::SnapshotError;

/// How often a wish to stop is looked for while nothing is typed.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks a question on the terminal, and takes nothing but a yes for one.
///
/// # Errors
/// [`SnapshotError::CannotAsk`] without a terminal, [`SnapshotError::Declined`] for
/// any other answer, and an interrupt.
pub fn confirm(
    command: &'static str,
    question: &str,
    interrupt: &Interrupt,
) -> Result<(), RunError> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(SnapshotError::CannotAsk { command }.into());
    }
    narrate(&format!("{question} [y/N] "));
    let (tell, told) = mpsc::channel();
    // A read from a terminal is not ended by Ctrl-C: it goes on until the process ends.
    std::thread::spawn(move || {
        let mut answer = String::new();
        let _ = io::stdin().read_line(&mut answer);
        let _ = tell.send(answer);
    });
    loop {
        match told.recv_timeout(PAUSE) {
            Ok(answer) => {
                let answer = answer.trim().to_lowercase();
                return match answer.as_str() {
                    "y" | "yes" => Ok(()),
                    _ => Err(SnapshotError::Declined.into()),
                };
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(SnapshotError::Declined.into()),
            Err(mpsc::RecvTimeoutError::Timeout) if interrupt.is_requested() => {
                narrate("\n");
                return Err(RunError::Interrupted { run: None });
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}
