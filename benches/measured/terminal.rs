//! The app on a pseudo-terminal: when a frame was drawn, and what it shows.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Ends a frame: synchronized output is over.
const END_OF_FRAME: &[u8] = b"\x1b[?2026l";

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What was seen so far.
struct Seen {
    parser: vt100::Parser,
    frames: u64,
    /// When the last frame was there.
    at: Instant,
}

/// A terminal with the app in it.
pub struct Terminal {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    writer: Box<dyn Write + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    began: Instant,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Opens the app in a project.
    pub fn open(project: &Path, (width, height): (u16, u16)) -> Self {
        let size = PtySize {
            rows: height,
            cols: width,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pty = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_workbench"));
        command.cwd(project);
        command.env("TERM", "xterm-256color");
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let writer = pty.master.take_writer().expect("a writer");
        let seen = Arc::new((
            Mutex::new(Seen {
                parser: vt100::Parser::new(height, width, 0),
                frames: 0,
                at: Instant::now(),
            }),
            Condvar::new(),
        ));
        let began = Instant::now();
        let child = pty.slave.spawn_command(command).expect("the app");
        drop(pty.slave);
        let sink = seen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            let mut tail = Vec::new();
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 {
                    return;
                }
                let now = Instant::now();
                let mut seen = sink.0.lock().expect("nobody panics");
                seen.parser.process(&bytes[..count]);
                tail.extend_from_slice(&bytes[..count]);
                let ends = tail.windows(END_OF_FRAME.len());
                let frames = ends.filter(|w| *w == END_OF_FRAME).count() as u64;
                if frames > 0 {
                    seen.frames += frames;
                    seen.at = now;
                }
                let kept = tail.len().saturating_sub(END_OF_FRAME.len() - 1);
                tail.drain(..if frames > 0 { tail.len() } else { kept });
                sink.1.notify_all();
            }
        });
        Self {
            seen,
            writer,
            child,
            began,
            _master: pty.master,
        }
    }

    /// Waits until the screen is as wanted after a frame, and says how long that took
    /// from the beginning of the process.
    pub fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> Duration {
        let (lock, told) = &*self.seen;
        let mut seen = lock.lock().expect("nobody panics");
        let from = Instant::now();
        while !is_there(&seen.parser.screen().contents()) {
            let left = PATIENCE.saturating_sub(from.elapsed());
            assert!(
                !left.is_zero(),
                "no {what} in\n{}",
                seen.parser.screen().contents()
            );
            seen = told.wait_timeout(seen, left).expect("nobody panics").0;
        }
        seen.at - self.began
    }

    /// Presses keys, and says how long the next frame took.
    pub fn press(&mut self, keys: &str) -> Duration {
        let (lock, told) = &*self.seen;
        let frames = lock.lock().expect("nobody panics").frames;
        let pressed = Instant::now();
        self.writer
            .write_all(keys.as_bytes())
            .expect("the app reads");
        self.writer.flush().expect("the app reads");
        let mut seen = lock.lock().expect("nobody panics");
        while seen.frames == frames {
            assert!(pressed.elapsed() < PATIENCE, "no frame for {keys:?}");
            seen = told.wait_timeout(seen, PATIENCE).expect("nobody panics").0;
        }
        seen.at - pressed
    }

    /// Presses keys without waiting.
    pub fn type_ahead(&mut self, keys: &str) {
        self.writer
            .write_all(keys.as_bytes())
            .expect("the app reads");
        self.writer.flush().expect("the app reads");
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.seen.0.lock().expect("nobody panics").frames
    }

    /// Processor time, and peak memory in bytes.
    pub fn used(&self) -> (Duration, u64) {
        let pid = self.child.process_id().expect("it runs");
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let ticks: u64 = fields
            .skip(11)
            .take(2)
            .filter_map(|t| t.parse::<u64>().ok())
            .sum();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|l| l.trim().split(' ').next()?.parse::<u64>().ok());
        (Duration::from_millis(ticks * 10), peak.unwrap_or(0) * 1024)
    }

    /// Leaves the app.
    pub fn quit(mut self) {
        self.type_ahead("q");
        self.child.wait().expect("it ends");
    }
}
