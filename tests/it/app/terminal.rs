//! The built binary on a pseudo-terminal: what a person sees, and how the
//! terminal is left.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::bench::demo;
use crate::world::World;

/// A terminal with the app in it.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    parser: Arc<Mutex<vt100::Parser>>,
    /// Kept as long as the app is in it.
    _project: Option<TempDir>,
}

/// How long anything may take to be seen, on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

impl Terminal {
    pub fn open(size: (u16, u16), environment: &[(&str, &str)]) -> Self {
        let project = own_demo();
        let mut terminal = Self::open_in(project.path(), size, environment);
        terminal._project = Some(project);
        terminal
    }

    pub fn open_in(project: &Path, size: (u16, u16), environment: &[(&str, &str)]) -> Self {
        let pty = native_pty_system()
            .openpty(PtySize {
                rows: size.1,
                cols: size.0,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_workbench"));
        command.cwd(project);
        command.env("TERM", "xterm-256color");
        command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
        command.env("WORKBENCH_TEST", "clock=2024-11-04T09:00:00Z");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(size.1, size.0, 0)));
        let mut reader = pty.master.try_clone_reader().unwrap();
        let writer = pty.master.take_writer().unwrap();
        let sink = parser.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 65_536];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 {
                    return;
                }
                sink.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self {
            master: pty.master,
            child,
            writer,
            parser,
            _project: None,
        }
    }

    pub fn screen(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    #[track_caller]
    pub fn wait_for(&self, what: &str) {
        self.wait_until(|screen| screen.contains(what));
    }

    #[track_caller]
    pub fn wait_until(&self, is_so: impl Fn(&str) -> bool) {
        let from = Instant::now();
        while !is_so(&self.screen()) {
            assert!(from.elapsed() < PATIENCE, "not so in\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits for the end, and says how it ended and how the terminal was left.
    pub fn left(mut self) -> (u32, Left) {
        let from = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if from.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("it does not end:\n{}", self.screen());
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        // What it wrote last is on its way.
        let from = Instant::now();
        while self.parser.lock().unwrap().screen().alternate_screen() && from.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20));
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        let left = Left {
            is_alternate: screen.alternate_screen(),
            hides_cursor: screen.hide_cursor(),
            takes_mouse: screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
            takes_pastes: screen.bracketed_paste(),
        };
        drop(self.master);
        (status.exit_code(), left)
    }
}

/// A copy of the demo: the app writes down there where it was left.
pub fn own_demo() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp")
        .arg("-r")
        .arg(demo().join("."))
        .arg(folder.path())
        .status();
    assert!(copied.unwrap().success());
    folder
}

#[derive(Debug, PartialEq, Default)]
pub struct Left {
    is_alternate: bool,
    hides_cursor: bool,
    takes_mouse: bool,
    takes_pastes: bool,
}

#[test]
fn it_opens_moves_through_time_and_leaves_the_terminal_as_it_was() {
    let project = own_demo();
    let mut terminal = Terminal::open_in(project.path(), (100, 30), &[]);
    terminal.wait_for("account_id");
    terminal.wait_for("As of 2024-11-03");
    terminal.press("[");
    terminal.wait_for("As of 2024-10-27");
    // A pasted text is no keys: a `q` in it does not quit.
    terminal.press("\x1b[200~quit[[[\x1b[201~");
    terminal.wait_for("nothing here to paste");
    terminal.press("t2024-06-01\r");
    terminal.wait_for("As of 2024-05-26");
    terminal.press("q");
    assert_eq!(terminal.left(), (0, Left::default()));
    // It comes back where it was left.
    let mut terminal = Terminal::open_in(project.path(), (80, 24), &[("NO_COLOR", "1")]);
    terminal.wait_for("As of 2024-05-26");
    terminal.press("}");
    terminal.wait_for("As of 2024-11-03");
    terminal.press("\x03");
    assert_eq!(terminal.left(), (0, Left::default()));
}

#[test]
fn signals_end_it_in_order() {
    use rustix::process::{Pid, Signal, kill_process};
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let terminal = Terminal::open((80, 24), &[]);
        terminal.wait_for("account_id");
        let pid = terminal.child.process_id().unwrap();
        kill_process(Pid::from_raw(pid as i32).unwrap(), signal).unwrap();
        assert_eq!(terminal.left(), (130, Left::default()), "{signal:?}");
    }
}

#[test]
fn it_sleeps_and_wakes() {
    use rustix::process::{Pid, Signal, kill_process};
    let mut terminal = Terminal::open((80, 24), &[]);
    terminal.wait_for("account_id");
    terminal.press("\x1a");
    let pid = terminal.child.process_id().unwrap();
    let is_asleep = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')')
            .next()
            .unwrap_or_default()
            .trim()
            .starts_with('T')
    };
    let from = Instant::now();
    while !is_asleep() {
        assert!(from.elapsed() < PATIENCE, "it does not sleep");
        std::thread::sleep(Duration::from_millis(5));
    }
    // What it wrote before is on its way.
    while terminal.parser.lock().unwrap().screen().alternate_screen() {
        assert!(from.elapsed() < PATIENCE, "it keeps the screen");
        std::thread::sleep(Duration::from_millis(5));
    }
    let tell = |signal| kill_process(Pid::from_raw(pid as i32).unwrap(), signal).unwrap();
    tell(Signal::CONT);
    terminal.wait_for("account_id");
    // Stopped by somebody else, the shell takes its own screen back.
    tell(Signal::STOP);
    while !is_asleep() {
        assert!(from.elapsed() < PATIENCE, "it does not stop");
        std::thread::sleep(Duration::from_millis(5));
    }
    let shell = b"\x1b[?1049l\x1b[?25h$ fg\r\n";
    terminal.parser.lock().unwrap().process(shell);
    tell(Signal::CONT);
    terminal.wait_for("account_id");
    terminal.press("q");
    assert_eq!(terminal.left(), (0, Left::default()));
}

/// A target that goes away is missed, and the place is kept until it is back.
#[test]
fn a_target_that_goes_away_is_missed() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let mut terminal = Terminal::open_in(&world.path("."), (120, 30), &[]);
    terminal.wait_for("customer_id");
    std::fs::rename(world.path("output"), world.path("away")).unwrap();
    terminal.press("R");
    terminal.wait_for("holds nothing, though");
    terminal.wait_for("As of 2024-11-03");
    let mut beside = Terminal::open_in(&world.path("."), (100, 30), &[]);
    beside.wait_for("is not mounted");
    beside.wait_for("--new-target");
    std::fs::rename(world.path("away"), world.path("output")).unwrap();
    beside.press("R");
    beside.wait_for("As of 2024-11-03");
    beside.press("q");
    assert_eq!(beside.left(), (0, Left::default()));
    terminal.press("q");
    assert_eq!(terminal.left(), (0, Left::default()));
}

/// What is published meanwhile is told, by whomever; what the app publishes is shown.
#[test]
fn new_snapshots_come_while_it_is_open() {
    let mut world = World::shop();
    world.today = "2024-11-01".to_owned();
    world.run(&["export"]).ok();
    let mut terminal = Terminal::open_in(&world.path("."), (120, 30), &[]);
    terminal.wait_for("As of 2024-11-01");
    world.today = "2024-11-02".to_owned();
    world.run(&["export"]).ok();
    terminal.wait_for("There is a snapshot of 2024-11-02");
    terminal.wait_for("As of 2024-11-01");
    terminal.press("}");
    terminal.wait_for("As of 2024-11-02");
    // The clock of the test is that of the app.
    terminal.press("x\r");
    terminal.wait_for("published 2 datasets");
    terminal.wait_for("As of 2024-11-04");
    terminal.press("w");
    terminal.wait_for("export of 2024-11-04  done in");
    terminal.press("q");
    // Rows go to a file, as they are seen.
    terminal.press("fcustomer_id = 2\r");
    terminal.wait_for("1 row");
    terminal.press("E\x15two.csv\r");
    terminal.wait_for("into `two.csv`");
    let written = std::fs::read_to_string(world.path("two.csv")).unwrap();
    assert!(written.starts_with("customer_id,name,"), "{written}");
    assert!(
        written.contains("\n2,\"Bob \"\"B\"\"\nSons\","),
        "{written}"
    );
    // What is there, and what belongs to the project, is not written over.
    terminal.press("E\x15two.csv\r");
    terminal.wait_for("is there already");
    terminal.press("\x15raw/orders/three.csv\r");
    terminal.wait_for("belongs to the project");
    assert!(!world.path("raw/orders/three.csv").exists());
    terminal.press("\x1b");
    // Escape with a key right behind it is another key.
    terminal.wait_until(|screen| !screen.contains("belongs to the project"));
    terminal.press("q");
    assert_eq!(terminal.left(), (0, Left::default()));
}

/// An export is not left by a slip of the finger, and left, it is ended in order.
#[test]
fn leaving_during_an_export_cancels_it() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n13,2,1.00\n",
    );
    let pause = world.path("pause");
    let test = format!(
        "clock=2024-11-04T09:00:00Z;fail=run-planned=pause:{}",
        pause.display()
    );
    let mut terminal = Terminal::open_in(&world.path("."), (120, 30), &[("WORKBENCH_TEST", &test)]);
    terminal.wait_for("As of 2024-11-03");
    terminal.press("x\r");
    while !pause.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    terminal.press("q");
    terminal.wait_for("again cancels it and quits");
    terminal.press("q");
    // The terminal is given back, then the export is told; it goes on only then.
    let from = Instant::now();
    while terminal.parser.lock().unwrap().screen().alternate_screen() {
        assert!(from.elapsed() < PATIENCE, "it is not left");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_secs(1));
    std::fs::remove_file(&pause).unwrap();
    assert_eq!(terminal.left(), (0, Left::default()));
    assert!(
        !world
            .published("output")
            .keys()
            .any(|key| key.contains("ingest_day=04"))
    );
    // Nothing is in the way of the next.
    world.today = "2024-11-04".to_owned();
    world.run(&["export"]).ok();
}
