//! The terminal, taken and given back: whatever happens, it is left as it was.

use std::io::{self, Stdout, Write};
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use signal_hook::consts::SIGCONT;
use signal_hook::iterator::Signals;

/// The screen of the app.
pub type Screen = ratatui::Terminal<CrosstermBackend<Stdout>>;

/// What a thread beside the app's own panicked with last, and where.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// Runs work beside the app.
///
/// # Errors
/// Where it panics: what is said of that.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let last = LAST_PANIC.lock().map(|mut last| std::mem::take(&mut *last));
        let said = last.ok().filter(|said| !said.is_empty());
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let said = said.or(text).unwrap_or_default();
        format!("this is a fault of the program; please report it: {said}")
    })
}

/// The terminal while the app has it.
pub struct Terminal {
    screen: Screen,
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Of the terminal.
    pub fn take(mouse: bool) -> io::Result<Self> {
        // Before anything is changed: a panic gives the terminal back, then speaks.
        let others = std::panic::take_hook();
        let own = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == own {
                give_back();
                others(info);
            } else if let Ok(mut last) = LAST_PANIC.lock() {
                // The app goes on, and has the terminal: whoever waits for it says so.
                *last = info.to_string();
            }
        }));
        enter(mouse)?;
        Ok(Self {
            screen: Screen::new(CrosstermBackend::new(io::stdout()))?,
        })
    }

    /// Draws a frame, which the terminal shows at once.
    ///
    /// # Errors
    /// Of the terminal.
    pub fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        queue!(io::stdout(), BeginSynchronizedUpdate)?;
        let drawn = self.screen.draw(view).map(|_| ());
        execute!(io::stdout(), EndSynchronizedUpdate)?;
        drawn
    }

    /// Takes mouse events, or leaves them to the terminal.
    ///
    /// # Errors
    /// Of the terminal.
    pub fn take_mouse(&mut self, mouse: bool) -> io::Result<()> {
        match mouse {
            true => execute!(io::stdout(), EnableMouseCapture),
            false => execute!(io::stdout(), DisableMouseCapture),
        }
    }

    /// Gives the terminal back and stops this process, as Ctrl-Z does. When it goes on,
    /// the terminal is to be taken again.
    ///
    /// # Errors
    /// Of the terminal.
    pub fn sleep(&mut self) -> io::Result<()> {
        give_back();
        let myself = rustix::process::getpid();
        Ok(rustix::process::kill_process(
            myself,
            rustix::process::Signal::STOP,
        )?)
    }

    /// Gives the terminal back while `act` has it.
    pub fn lend<T>(&mut self, act: impl FnOnce() -> T) -> T {
        give_back();
        act()
    }

    /// Takes the terminal again, and draws all of it with the next frame.
    ///
    /// # Errors
    /// Of the terminal.
    pub fn redraw(&mut self, mouse: bool) -> io::Result<()> {
        enter(mouse)?;
        // Not `clear`: it asks the terminal where the cursor is, and the answer would
        // be read as keys.
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.screen = Screen::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Calls `act` each time this process goes on after it was stopped, by whomever: its
/// terminal was the shell's meanwhile.
///
/// # Errors
/// A signal that cannot be taken.
pub fn on_continue(act: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGCONT])?;
    std::thread::spawn(move || signals.forever().for_each(|_| act()));
    Ok(())
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        // Where the terminal knows this, ctrl with enter is another key than enter.
        PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
        cursor::Hide
    )?;
    if mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back. May be called again and again, and never fails.
pub fn give_back() {
    let mut out = io::stdout();
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        PopKeyboardEnhancementFlags,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
    let _ = out.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_has_failed_and_says_with_what() {
        assert_eq!(guarded(|| 1), Ok(1));
        let said = guarded(|| panic!("no such {}", "row")).unwrap_err();
        assert!(said.contains("no such row"), "{said}");
    }
}
