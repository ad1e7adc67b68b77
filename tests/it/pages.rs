//! The examples of the pages under `docs/`, typed.
//!
//! A page is followed from its beginning to its end, as a reader would, in a fresh
//! demo (`workbench demo`) on the demo's last day. To have a page followed, add it
//! to [`PAGES`] and give it a test of two lines at the end of this file.
//!
//! What is typed:
//!
//! - In a block that is fenced as `console`, every line that begins with `$ `. A line
//!   that begins with `> ` right below goes on with it.
//! - In a block fenced as `sh`, only lines that begin with `$ workbench`: the others
//!   are for other machines (a line for cron, `systemctl`).
//! - Blocks of other kinds (`text`, `ini`, `toml`, …) are only shown.
//!
//! Each line goes to `sh` in the folder in which the one before it ended. It must
//! succeed, unless the next line is `$ echo $?`: then its exit code is what that shows.
//! What a `console` block shows below a line is held against stdout and stderr as they came.
//! `…` stands for anything in a line, and a line of nothing but `…` for any lines,
//! also none. A rule of `─` stands for one of any length. A line below which nothing is
//! shown may print what it likes.
//!
//! What a reader does not see, in comments of the page, each on lines of its own:
//!
//! - `<!-- clock: 2024-11-04T06:00:00Z -->`: what time it is from here on.
//! - `<!-- demo -->`, `<!-- empty folder -->`: go on in another demo, or in an empty folder.
//! - `<!-- run: COMMANDS -->`, also over many lines: run by `sh -e`; they must succeed.
//!
//! Nothing of a reader's surroundings is there but `PATH`, with the program, `sed` and the
//! like; there is no terminal and no network to be counted on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::world::World;

/// The pages that are followed.
const PAGES: [&str; 4] = [
    "docs/analyst.md",
    "docs/operations.md",
    "docs/reviewer.md",
    "docs/repair.md",
];

/// When a page begins: an hour at which the demo's last day has been exported.
const BEGIN: &str = "2024-11-03T09:00:00Z";

/// One thing to do on the way through a page.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Clock(String),
    Demo,
    EmptyFolder,
    Hidden {
        line: usize,
        script: String,
    },
    Typed {
        line: usize,
        command: String,
        /// What the page shows below it; None if nothing.
        shown: Option<Vec<String>>,
        code: i32,
    },
}

/// Reads a page.
fn steps(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut lines = text.lines().enumerate().map(|(n, line)| (n + 1, line));
    while let Some((line, text)) = lines.next() {
        if let Some(kind) = text.strip_prefix("```") {
            let block: Vec<(usize, &str)> =
                lines.by_ref().take_while(|(_, l)| *l != "```").collect();
            match kind {
                "console" => typed(&block, "$ ", &mut steps)?,
                "sh" => typed(&block, "$ workbench", &mut steps)?,
                _ => {}
            }
        } else if let Some(comment) = text.strip_prefix("<!--") {
            let mut comment = comment.to_owned();
            while !comment.trim_end().ends_with("-->") {
                let (_, more) = lines
                    .next()
                    .ok_or_else(|| format!("{line}: the comment does not end"))?;
                comment += &format!("\n{more}");
            }
            let said = comment.trim_end().trim_end_matches("-->").trim();
            steps.extend(hidden(line, said)?);
        }
    }
    Ok(steps)
}

fn hidden(line: usize, said: &str) -> Result<Option<Step>, String> {
    Ok(match said.split_once(':') {
        Some(("clock", at)) => Some(Step::Clock(at.trim().to_owned())),
        Some(("run", script)) => Some(Step::Hidden {
            line,
            script: script.trim().to_owned(),
        }),
        _ if said == "demo" => Some(Step::Demo),
        _ if said == "empty folder" => Some(Step::EmptyFolder),
        // A misspelt instruction must not pass for a remark.
        _ => return Err(format!("{line}: `{said}` is no instruction")),
    })
}

fn typed(block: &[(usize, &str)], prompt: &str, steps: &mut Vec<Step>) -> Result<(), String> {
    let mut at = 0;
    while at < block.len() {
        let (line, text) = block[at];
        at += 1;
        if !text.starts_with(prompt) {
            // Before the first command of a `console` block there is nothing to show.
            if prompt == "$ " {
                return Err(format!("{line}: `{text}` is below no command"));
            }
            continue;
        }
        let mut command = text.trim_start_matches("$ ").to_owned();
        while let Some((_, more)) = block.get(at)
            && let Some(more) = more.strip_prefix("> ")
        {
            command += &format!("\n{more}");
            at += 1;
        }
        // In a `sh` block nothing is shown but what is typed.
        let below = block[at..].iter().map(|(_, l)| (*l).to_owned());
        let shown: Vec<String> = below
            .take_while(|l| prompt == "$ " && !l.starts_with(prompt))
            .collect();
        at += shown.len();
        if command == "echo $?" {
            let said = shown.concat();
            let code = said
                .trim()
                .parse()
                .map_err(|_| format!("{line}: `{said}` is no exit code"))?;
            let Some(Step::Typed { code: before, .. }) = steps.last_mut() else {
                return Err(format!("{line}: nothing was typed before"));
            };
            *before = code;
            continue;
        }
        let is_shown = shown.iter().any(|l| !l.trim().is_empty());
        steps.push(Step::Typed {
            line,
            command,
            shown: is_shown.then_some(shown),
            code: 0,
        });
    }
    Ok(())
}

/// Whether lines are as a page shows them.
fn is_as_shown(shown: &[&str], lines: &[&str]) -> bool {
    match (shown.first(), lines.first()) {
        (None, None) => true,
        (Some(first), _) if first.trim() == "…" => {
            (0..=lines.len()).any(|n| is_as_shown(&shown[1..], &lines[n..]))
        }
        (Some(first), Some(line)) => {
            fits(first.trim_end(), line.trim_end()) && is_as_shown(&shown[1..], &lines[1..])
        }
        _ => false,
    }
}

/// Whether a line is as shown; `…` stands for anything.
fn fits(shown: &str, line: &str) -> bool {
    let is_rule = |text: &str| !text.is_empty() && text.chars().all(|c| c == '─');
    if is_rule(shown) && is_rule(line) {
        return true;
    }
    let Some((begin, rest)) = shown.split_once('…') else {
        return shown == line;
    };
    let Some(line) = line.strip_prefix(begin) else {
        return false;
    };
    line.char_indices()
        .map(|(at, _)| at)
        .chain([line.len()])
        .any(|at| fits(rest, &line[at..]))
}

/// Somebody who follows a page.
struct Reader {
    page: &'static str,
    world: World,
    /// Where the last command ended.
    folder: PathBuf,
    clock: String,
}

impl Reader {
    fn of(page: &'static str) -> Self {
        let world = World::empty();
        let folder = world.dir.path().to_owned();
        let mut reader = Self {
            page,
            world,
            folder,
            clock: BEGIN.to_owned(),
        };
        reader.demo();
        reader
    }

    fn demo(&mut self) {
        self.empty_folder();
        let (code, said) = self.sh("set -e; workbench demo --quiet; cd workbench-demo");
        assert_eq!(code, 0, "{said}");
    }

    fn empty_folder(&mut self) {
        self.world = World::empty();
        self.folder = self.world.dir.path().to_owned();
    }

    /// Runs a script: its exit code, and what it wrote to stdout and stderr as it came.
    fn sh(&mut self, script: &str) -> (i32, String) {
        let bin = Path::new(env!("CARGO_BIN_EXE_workbench")).parent().unwrap();
        let ended_in = tempfile::NamedTempFile::new().unwrap();
        let ended = Command::new("/bin/sh")
            .args(["-c", "trap 'pwd >\"$0\"' EXIT; exec 2>&1; eval \"$1\""])
            .arg(ended_in.path())
            .arg(script)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("WORKBENCH_TEST", format!("clock={}", self.clock))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let folder = std::fs::read_to_string(ended_in.path()).unwrap();
        if !folder.trim().is_empty() {
            self.folder = PathBuf::from(folder.trim_end_matches('\n'));
        }
        let said = String::from_utf8(ended.stdout).unwrap();
        (ended.status.code().unwrap_or(-1), said)
    }

    /// What is not as the page says it is.
    fn follow(&mut self, step: &Step) -> Option<String> {
        match step {
            Step::Clock(at) => self.clock.clone_from(at),
            Step::Demo => self.demo(),
            Step::EmptyFolder => self.empty_folder(),
            Step::Hidden { line, script } => {
                let (code, said) = self.sh(&format!("set -e\n{script}"));
                if code != 0 {
                    let page = self.page;
                    return Some(format!("{page}:{line}: hidden, exit {code}\n{said}"));
                }
            }
            Step::Typed {
                line,
                command,
                shown,
                code: expected,
            } => {
                let (code, said) = self.sh(command);
                let at = format!("{}:{line}: $ {command}", self.page);
                if code != *expected {
                    return Some(format!("{at}\nexit {code}, and not {expected}\n{said}"));
                }
                if let Some(shown) = shown
                    && !shows(shown, &said)
                {
                    let shown = shown.join("\n");
                    return Some(format!("{at}\n== the page:\n{shown}\n== shown:\n{said}"));
                }
            }
        }
        None
    }
}

fn shows(shown: &[String], said: &str) -> bool {
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let lines: Vec<&str> = said.lines().collect();
    is_as_shown(without_empty_ends(&shown), without_empty_ends(&lines))
}

fn without_empty_ends<'l>(mut lines: &'l [&'l str]) -> &'l [&'l str] {
    while let [first, rest @ ..] = lines
        && first.trim().is_empty()
    {
        lines = rest;
    }
    while let [rest @ .., last] = lines
        && last.trim().is_empty()
    {
        lines = rest;
    }
    lines
}

/// Follows a page; all that is not as it says is told at once.
fn follow(page: &'static str) {
    assert!(PAGES.contains(&page), "{page} is not among the pages");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let steps = steps(&text).unwrap_or_else(|error| panic!("{page}:{error}"));
    let typed = steps.iter().filter(|s| matches!(s, Step::Typed { .. }));
    assert!(typed.count() > 0, "{page}: nothing is typed");
    let mut reader = Reader::of(page);
    let wrong: Vec<String> = steps.iter().filter_map(|s| reader.follow(s)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

/// No example of a page is left untried.
#[test]
fn every_page_with_examples_is_followed() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for path in super::world::walk(&docs) {
        if path.extension().is_none_or(|e| e != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let page = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
        let page = page.to_str().unwrap();
        let has_examples = text.lines().any(|l| l == "```console");
        assert!(
            !has_examples || PAGES.contains(&page),
            "{page} has examples and is not among the pages"
        );
    }
}

/// What this file says of itself, held.
#[test]
fn a_page_that_is_wrong_is_found_out() {
    let page = "<!-- clock: 2024-11-05T06:00:00Z -->\n\
                <!-- run:\ntouch a\nmkdir b\n-->\n\
                ```console\n$ ls\na\n…\n$ cd b\n$ ls \\\n> -a\n.\n..\n$ false\n$ echo $?\n1\n```\n\
                ```sh\n0 6 * * * workbench export\n$ workbench --version\n```\n";
    let good = steps(page).unwrap();
    assert_eq!(good.len(), 7, "{good:#?}");
    let follow = |steps: &[Step]| {
        let world = World::empty();
        let mut reader = Reader {
            page: "page",
            folder: world.dir.path().to_owned(),
            world,
            clock: BEGIN.to_owned(),
        };
        steps
            .iter()
            .filter_map(|s| reader.follow(s))
            .collect::<Vec<_>>()
    };
    assert_eq!(follow(&good), Vec::<String>::new());
    for (right, wrong) in [
        ("touch a", "touch c"),
        ("mkdir b", "mkdir b/c"),
        ("\n1\n", "\n0\n"),
        ("..\n", "..\nc\n"),
        ("--version", "--wersion"),
    ] {
        assert!(page.contains(right));
        let steps = steps(&page.replacen(right, wrong, 1)).unwrap();
        assert!(!follow(&steps).is_empty(), "{right} -> {wrong}");
    }
    assert!(steps("<!-- clok: 2024 -->\n").is_err());
    assert!(steps("```console\nls\n```\n").is_err());
    assert!(fits("Run … published in … s.", "Run 7 published in 0.2 s."));
    assert!(!fits("Run … published in … s.", "Run 7 published in 0.2 s"));
    assert!(fits("──", "────") && !fits("──", "──a"));
    assert!(shows(&["…".to_owned(), "b".to_owned()], "a\na\nb\n"));
    assert!(!shows(&["…".to_owned(), "b".to_owned()], "a\nb\nc\n"));
}

/// For whoever looks at the data.
#[test]
fn analyst() {
    follow("docs/analyst.md");
}

/// For whoever runs it unattended.
#[test]
fn operations() {
    follow("docs/operations.md");
}

/// For whoever reviews an edit.
#[test]
fn reviewer() {
    follow("docs/reviewer.md");
}

/// For whoever finds something broken.
#[test]
fn repair() {
    follow("docs/repair.md");
}
