//! Queries, on a pseudo-terminal: typed, pasted, cancelled, and too large.

use std::time::{Duration, Instant};

use super::terminal::{Left, PATIENCE, Terminal, own_demo};

/// Has no end that anybody waits for.
const ENDLESS: &str =
    "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3";

/// The time of processors that a process took, in hundredths of a second.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    fields
        .skip(11)
        .take(2)
        .map(|n| n.parse::<u64>().unwrap())
        .sum()
}

fn paste(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

#[test]
fn a_query_is_typed_completed_run_and_there_again_the_next_time() {
    let project = own_demo();
    let mut terminal = Terminal::open_in(project.path(), (100, 30), &[]);
    terminal.wait_for("account_id");
    terminal.press("3");
    terminal.wait_for("runs the statement at the cursor");
    terminal.press("SELECT count(*) AS many FROM features.acco");
    terminal.wait_for("account_level");
    terminal.press("\t\x1b[15~");
    terminal.wait_for("many");
    terminal.wait_for("1 row ·");
    // Text it is, until the focus is elsewhere.
    terminal.press("q");
    terminal.wait_until(|screen| screen.contains("levelq") || screen.contains("qq"));
    terminal.press("\x7f\x11");
    assert_eq!(terminal.left(), (0, Left::default()));
    let mut terminal = Terminal::open_in(project.path(), (100, 30), &[]);
    terminal.wait_for("SELECT count(*) AS many FROM features.acco");
    // What was asked before is found by a word, and run again.
    terminal.press("\x12many");
    terminal.wait_for("1 row");
    terminal.press("\x1b[15~");
    terminal.wait_for("300");
    terminal.press("\x11");
    assert_eq!(terminal.left(), (0, Left::default()));
}

#[test]
fn a_pasted_text_is_one_change_and_no_keys() {
    let mut terminal = Terminal::open((100, 30), &[]);
    terminal.wait_for("account_id");
    terminal.press("3");
    terminal.wait_for("runs the statement at the cursor");
    let sql = "SELECT 'q' AS first,\r  $$two\tlines$$ AS second\rFROM range(2);\r";
    terminal.press(&paste(sql));
    terminal.wait_for("3 FROM range(2);");
    terminal.press("\n");
    terminal.wait_for("2 rows");
    terminal.press("\x1a");
    terminal.wait_until(|screen| !screen.contains("FROM range(2);"));
    terminal.press("\x11");
    assert_eq!(terminal.left(), (0, Left::default()));
}

#[test]
fn a_query_that_is_cancelled_at_any_moment_leaves_room_for_the_next() {
    let mut terminal = Terminal::open((100, 30), &[]);
    terminal.wait_for("account_id");
    terminal.press("3");
    terminal.wait_for("runs the statement at the cursor");
    let mut longest = Duration::ZERO;
    for turn in 0..10u64 {
        let other = format!("SELECT {turn} + 107 - 7 + 1000 AS sum");
        terminal.press(&format!("\x01{}", paste(ENDLESS)));
        terminal.press("\x1b[15~");
        // Not the same moment each time, from before it began to long after.
        let moment = (turn * 7_919 + 13) % 997;
        std::thread::sleep(Duration::from_millis(moment));
        let from = Instant::now();
        terminal.press("\x18");
        terminal.wait_until(|screen| !screen.contains("cancels") && screen.contains("Cancelled"));
        longest = longest.max(from.elapsed());
        terminal.press(&format!("\x01{}", paste(&other)));
        terminal.press("\x1b[15~");
        // Not before it has ended: what is asked for next would wait for it, and begin when
        // that is cancelled.
        let sum = (turn + 1_100).to_string();
        terminal.wait_until(|screen| screen.contains(&sum) && screen.contains("1 row ·"));
    }
    println!("felt after {longest:?} at most");
    // What is cancelled last is at work no more, though nothing takes its place.
    terminal.press(&format!("\x01{}\x1b[15~", paste(ENDLESS)));
    terminal.wait_for("cancels");
    terminal.press("\x18");
    terminal.wait_for("Cancelled");
    let pid = terminal.child.process_id().unwrap();
    let from = Instant::now();
    loop {
        let before = ticks(pid);
        std::thread::sleep(Duration::from_millis(300));
        if ticks(pid) - before < 10 {
            break;
        }
        assert!(from.elapsed() < PATIENCE, "it is at work still");
    }
    terminal.press("\x11");
    assert_eq!(terminal.left(), (0, Left::default()));
}

#[test]
fn a_query_that_needs_too_much_memory_ends_in_a_message() {
    let project = own_demo();
    let file = project.path().join("workbench.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let small = text.replacen("[project]", "[project]\nmemory = \"60MB\"", 1);
    std::fs::write(&file, small).unwrap();
    let mut terminal = Terminal::open_in(project.path(), (100, 30), &[]);
    terminal.wait_for("account_id");
    terminal.press("3");
    terminal.wait_for("runs the statement at the cursor");
    let sql = "SELECT list(range ORDER BY hash(range)) FROM range(100000000)";
    terminal.press(&paste(sql));
    terminal.press("\x1b[15~");
    terminal.wait_for("memory");
    terminal.press(&format!("\x01{}\x1b[15~", paste("SELECT 6 * 7 AS answer")));
    terminal.wait_for("42");
    terminal.press("\x11");
    assert_eq!(terminal.left(), (0, Left::default()));
}

#[test]
fn the_text_is_edited_by_an_editor_of_one_s_own() {
    let project = own_demo();
    let script = project.path().join("editor.sh");
    std::fs::write(
        &script,
        "#!/bin/sh\necho what is it\nread line\nprintf 'SELECT %s AS typed\\n' \"$line\" > \"$1\"\n",
    )
    .unwrap();
    let command = format!("sh {}", script.display());
    let environment = [("VISUAL", ""), ("EDITOR", command.as_str())];
    let mut terminal = Terminal::open_in(project.path(), (100, 30), &environment);
    terminal.wait_for("account_id");
    terminal.press("3");
    terminal.wait_for("runs the statement at the cursor");
    terminal.press("\x1bOS");
    terminal.wait_for("what is it");
    // What is typed now is all the editor's.
    terminal.press("41 + 1\r");
    terminal.wait_for("SELECT 41 + 1 AS typed");
    terminal.press("\x1b[15~");
    terminal.wait_for("42");
    terminal.press("\x11");
    assert_eq!(terminal.left(), (0, Left::default()));
}

/// A text is kept while it is typed, and not only at the end.
#[test]
fn what_is_typed_outlives_a_killed_process() {
    use rustix::process::{Pid, Signal, kill_process};
    let project = own_demo();
    let mut terminal = Terminal::open_in(project.path(), (100, 30), &[]);
    terminal.wait_for("account_id");
    terminal.press("3");
    terminal.wait_for("runs the statement at the cursor");
    let file = project.path().join(".workbench/tabs.json");
    let from = Instant::now();
    // Without a pause that is long enough to be one.
    while !std::fs::read_to_string(&file).is_ok_and(|tabs| tabs.contains("4242")) {
        terminal.press("42");
        std::thread::sleep(Duration::from_millis(40));
        assert!(from.elapsed() < PATIENCE, "it is kept nowhere");
    }
    let pid = terminal.child.process_id().unwrap();
    kill_process(Pid::from_raw(pid as i32).unwrap(), Signal::KILL).unwrap();
    terminal.child.wait().unwrap();
    let mut terminal = Terminal::open_in(project.path(), (100, 30), &[]);
    terminal.wait_for("account_id");
    terminal.press("3");
    terminal.wait_for("4242");
    terminal.press("\x11");
    assert_eq!(terminal.left(), (0, Left::default()));
}

/// Saving, looking at the history and quitting, as fast as a terminal can send keys.
#[test]
fn a_text_is_saved_whatever_follows_at_once() {
    let project = own_demo();
    for end in ["\x12\x1b", "\x0f\x1b", "\x13\x1b", "\x18", ""] {
        let mut terminal = Terminal::open_in(project.path(), (100, 30), &[]);
        terminal.wait_for("account_id");
        terminal.press("3");
        terminal.wait_for("runs the statement at the cursor");
        terminal.press(&paste("SELECT 'kept' "));
        terminal.wait_for("'kept' ");
        terminal.press(&format!("\x13{}\r{end}", paste("mine")));
        std::thread::sleep(Duration::from_millis(if end.ends_with('\x1b') {
            60
        } else {
            0
        }));
        terminal.press("\x11");
        assert_eq!(terminal.left(), (0, Left::default()), "{end:?}");
        let file = project.path().join("queries/mine.sql");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(text.contains("SELECT 'kept'"), "{end:?}: {text}");
        std::fs::remove_file(file).unwrap();
        for name in ["tabs.json", "app.json"] {
            std::fs::remove_file(project.path().join(".workbench").join(name)).unwrap();
        }
    }
}
