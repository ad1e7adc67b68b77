//! `docs/reference.md`: what `--help` says, and nothing else.

use super::world::World;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md");

const HEAD: &str = "\
# Reference

Every command, as its `--help` tells it. This page is made from that: a test compares them, and
`UPDATE_REFERENCE=1 cargo test --release --test it reference` writes it anew. What `--format json` prints is told
in [json.md](json.md).
";

/// Parts of every help that are the same, but for how they are aligned.
const SAME: [&str; 2] = ["Options of every command", "Exit codes"];

/// A text without the part below a title, and the lines of that.
fn cut(help: &str, title: &str) -> (String, Option<String>) {
    let parts: Vec<&str> = help.split("\n\n").collect();
    let title = format!("{title}:\n");
    let (cut, rest): (Vec<&str>, Vec<&str>) = parts.iter().partition(|p| p.starts_with(&title));
    let lines = cut
        .first()
        .map(|part| part[title.len()..].trim_end().to_owned());
    (rest.join("\n\n"), lines)
}

/// A command, and its help.
pub struct Command {
    /// Without the program's name: `["runs", "show"]`.
    pub words: Vec<String>,
    pub help: String,
}

/// The program itself and all its commands, as they are listed.
pub fn commands(world: &World) -> Vec<Command> {
    let mut all = Vec::new();
    walk(world, Vec::new(), &mut all);
    assert!(all.len() > 20, "where are the commands?");
    all
}

fn walk(world: &World, words: Vec<String>, all: &mut Vec<Command>) {
    let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
    args.push("--help");
    let help = world.run(&args).ok().stdout;
    let below: Vec<String> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| {
            let line = line.strip_prefix("  ")?;
            // Further lines of a description are set in deeper.
            let name = line.split(' ').next().filter(|name| !name.is_empty())?;
            (name != "help").then(|| name.to_owned())
        })
        .collect();
    all.push(Command {
        words: words.clone(),
        help,
    });
    for name in below {
        let words = words.iter().cloned().chain([name]).collect();
        walk(world, words, all);
    }
}

#[test]
fn the_reference_is_what_help_says() {
    let world = World::empty();
    let commands = commands(&world);
    // What is the same in every help is told once.
    let mut page = HEAD.to_owned();
    for title in SAME {
        let (_, lines) = cut(&commands[0].help, title);
        page += &format!("\n## {title}\n\n```text\n{}\n```\n", lines.unwrap());
    }
    for command in &commands {
        let mut help = command.help.clone();
        for title in SAME {
            let (rest, lines) = cut(&help, title);
            assert!(lines.is_some(), "{:?}: {help}", command.words);
            help = rest;
        }
        let name = [&["workbench".to_owned()], &command.words[..]].concat();
        let help = help.trim_end();
        page += &format!("\n## `{}`\n\n```text\n{help}\n```\n", name.join(" "));
    }
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(PAGE, page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "docs/reference.md is not what `--help` says any more; UPDATE_REFERENCE=1 writes it anew"
    );
}

/// As `man` itself reads them.
#[test]
fn every_command_has_a_manual_page() {
    let world = World::empty();
    let told = world.run(&["man", "--out", "pages"]).ok().stdout;
    let commands = commands(&world);
    assert!(
        told.starts_with(&format!("{} pages", commands.len())),
        "{told}"
    );
    if !std::path::Path::new("/usr/bin/man").exists() {
        eprintln!("NOT TESTED: `man` is missing, and so is how it shows the pages");
    }
    for command in commands {
        let name = [&["workbench".to_owned()], &command.words[..]]
            .concat()
            .join("-");
        let page = world.path(&format!("pages/{name}.1"));
        assert!(page.exists(), "{name}");
        let shown = std::process::Command::new("/usr/bin/man")
            .args(["--warnings", "-E", "UTF-8", "-l"])
            .arg(&page)
            .env("MANWIDTH", "100")
            .env("MANPAGER", "cat")
            .output();
        let Ok(shown) = shown else { continue };
        assert_eq!(String::from_utf8_lossy(&shown.stderr), "", "{name}");
        let shown = String::from_utf8_lossy(&shown.stdout);
        let example = command
            .help
            .lines()
            .skip_while(|l| *l != "Example:")
            .nth(1)
            .unwrap();
        for wanted in [example.trim(), "EXIT STATUS", "3  data refused"] {
            assert!(shown.contains(wanted), "{name}: {wanted}: {shown}");
        }
    }
    assert!(world.run(&["man"]).ok().stdout.contains(".SH NAME"));
}
