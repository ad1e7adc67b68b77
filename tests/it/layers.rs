//! The layers of `docs/architecture.md`, held.
//!
//! Every path in every file under `src/` is resolved, whether it begins with
//! `crate`, `super`, `self` or a bare name. Comments and texts are passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// From the nouns to the faces: a layer may use those above it, never those below.
/// Those of one line may use each other.
const LAYERS: [&[&str]; 16] = [
    &["failpoint", "model"],
    &["assist"],
    &["project"],
    &["transforms"],
    &["engine"],
    &["state"],
    &["store"],
    &["ingest"],
    &["propose"],
    &["snapshots"],
    &["browse"],
    &["pipeline"],
    &["workbench"],
    &["report"],
    &["tui"],
    &["cli"],
];

/// It stands aside: it uses no layer, and only a face uses it.
const ASIDE: &str = "sample";

/// Crates, and the modules that may name them. A name that ends in `_` stands
/// for all crates that begin so.
const HOMES: [(&str, &[&str]); 12] = [
    ("arboard", &["tui"]),
    ("aws_", &["store::s3"]),
    ("clap", &["cli"]),
    ("clap_", &["cli"]),
    ("comfy_table", &["report"]),
    ("crossterm", &["cli", "tui"]),
    ("duckdb", &["engine"]),
    ("indicatif", &["cli"]),
    ("ratatui", &["cli", "tui"]),
    ("rusqlite", &["state"]),
    ("sqlformat", &["assist"]),
    ("tokio", &["store::s3"]),
];

/// What only a face does: the core takes its surroundings as values, and returns
/// what there is to say.
const FACES: [&str; 3] = ["cli", "main", "tui"];
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];
const OUTSIDE: [&[&str]; 5] = [
    &["std", "env"],
    &["std", "io", "stderr"],
    &["std", "io", "stdin"],
    &["std", "io", "stdout"],
    &["std", "process", "exit"],
];

const MOST_LINES: usize = 450;

#[test]
fn layers_use_only_what_is_above_them() {
    let found = offences(&sources());
    assert!(
        found.is_empty(),
        "{} offences:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn no_file_is_longer_than_a_person_reads() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines; the most is {MOST_LINES}"))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn every_module_is_a_layer() {
    let lib = include_str!("../../src/lib.rs");
    let declared: BTreeSet<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let listed: BTreeSet<&str> = LAYERS
        .iter()
        .copied()
        .flatten()
        .copied()
        .chain([ASIDE])
        .collect();
    assert_eq!(declared, listed);
}

/// All `.rs` files under `src/`: path from the root of the project, and text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<(String, String)> = super::world::walk(&root.join("src"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root).unwrap();
            (path.to_string_lossy().replace('\\', "/"), text)
        })
        .collect();
    files.sort();
    assert!(files.len() > 50, "where are the sources? {files:?}");
    files
}

/// What is not as it must be, one line each: file, line, path, rule.
fn offences(files: &[(String, String)]) -> Vec<String> {
    let scans: Vec<Scan> = files
        .iter()
        .map(|(path, text)| Scan::of(path, text))
        .collect();
    let test_modules: BTreeSet<&Vec<String>> =
        scans.iter().flat_map(|scan| &scan.test_modules).collect();
    let mut found = Vec::new();
    for scan in &scans {
        let is_test =
            (0..=scan.module.len()).any(|n| test_modules.contains(&scan.module[..n].to_vec()));
        for used in &scan.used {
            if let Some(rule) = broken_rule(scan, used, is_test || used.in_test) {
                let shown = used.written.join("::");
                found.push(format!("{}:{}: `{shown}`: {rule}", scan.path, used.line));
            }
        }
    }
    found
}

/// The rule that a use breaks, if it breaks one.
fn broken_rule(scan: &Scan, used: &Used, is_test: bool) -> Option<String> {
    let from = scan.module.first().map_or("lib", String::as_str);
    let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
    if used.is_macro {
        let prints = PRINTING.contains(&path[0]) && !FACES.contains(&from) && !is_test;
        return prints.then(|| "only a face prints".to_owned());
    }
    if path[0] == "crate" {
        // What lies at the root is all there is: it declares, and uses nothing.
        return (!used.through_import && from != "lib").then(|| layer_rule(from, path.get(1)))?;
    }
    let outside = OUTSIDE.iter().any(|o| path.starts_with(o));
    if outside && !FACES.contains(&from) && !is_test {
        return Some("the core takes its surroundings as values; only a face looks".to_owned());
    }
    let (_, homes) = HOMES
        .iter()
        .find(|(name, _)| match name.strip_suffix('_') {
            Some(_) => path[0].starts_with(name),
            None => path[0] == *name,
        })?;
    let at_home = homes.iter().any(|home| {
        let home: Vec<&str> = home.split("::").collect();
        scan.module
            .iter()
            .map(String::as_str)
            .take(home.len())
            .eq(home)
    });
    (!used.through_import && !at_home)
        .then(|| format!("`{}` is named only in `{}`", path[0], homes.join("`, `")))
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|line| line.contains(&layer))
}

fn layer_rule(from: &str, to: Option<&&str>) -> Option<String> {
    let to = *to?;
    match (from, to) {
        (_, "*") => return Some("name what is used, so that it can be seen".to_owned()),
        ("main", "cli") | ("cli", ASIDE) => return None,
        ("main", _) => return Some("`main` only calls `cli`".to_owned()),
        _ if from == to => return None,
        (ASIDE, _) | (_, ASIDE) => {
            let what = format!("`{ASIDE}` stands aside: `{from}` may not use `{to}`");
            return Some(what);
        }
        _ => {}
    }
    match (rank(from), rank(to)) {
        (Some(above), Some(below)) => {
            (above < below).then(|| format!("`{from}` may not use `{to}`, which is below it"))
        }
        (None, _) => Some(format!("`{from}` is not among the layers")),
        (_, None) => Some(format!("`{to}` is not among the layers")),
    }
}

/// A path that a file names.
struct Used {
    line: usize,
    written: Vec<String>,
    /// From `crate`, or from the name of another crate.
    path: Vec<String>,
    /// It begins with a name that a `use` brought in, which was looked at itself.
    through_import: bool,
    is_macro: bool,
    in_test: bool,
}

/// A file, read.
struct Scan {
    path: String,
    /// Where it is in the crate: `src/a/b.rs` is `a::b`.
    module: Vec<String>,
    used: Vec<Used>,
    /// Modules of other files that are only there in tests.
    test_modules: Vec<Vec<String>>,
}

/// The place of a file among the modules; the root itself has none.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") || parts == ["lib"] {
        parts.pop();
    }
    parts
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

impl Token {
    fn is_word(&self) -> bool {
        self.text
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Words, `::` and single characters; no comments, texts, characters, lifetimes.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let start = i;
        let mut word = String::new();
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => i = after_comment(&chars, i),
            '"' => i = after_text(&chars, i),
            '\'' => i = after_quote(&chars, i),
            c if is_word(c) => {
                while is_word(at(i)) {
                    word.push(at(i));
                    i += 1;
                }
                let hashes = (i..).take_while(|i| at(*i) == '#').count();
                let is_raw = matches!(word.as_str(), "r" | "br" | "cr");
                if is_raw && at(i + hashes) == '"' {
                    i = after_raw_text(&chars, i + hashes, hashes);
                    word.clear();
                } else if word == "r" && hashes == 1 {
                    // A raw name: the next word is it.
                    i += 1;
                    word.clear();
                }
            }
            ':' if at(i + 1) == ':' => {
                word.push_str("::");
                i += 2;
            }
            c => {
                if !c.is_whitespace() {
                    word.push(c);
                }
                i += 1;
            }
        }
        if !word.is_empty() {
            tokens.push(Token { text: word, line });
        }
        line += chars[start..i.min(chars.len())]
            .iter()
            .filter(|c| **c == '\n')
            .count();
    }
    tokens
}

/// Comments nest.
fn after_comment(chars: &[char], mut i: usize) -> usize {
    let mut depth = 0;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn after_text(chars: &[char], mut i: usize) -> usize {
    i += 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    i
}

fn after_raw_text(chars: &[char], mut i: usize, hashes: usize) -> usize {
    i += 1;
    while i < chars.len() {
        let closes = chars[i] == '"' && (1..=hashes).all(|n| chars.get(i + n) == Some(&'#'));
        i += 1;
        if closes {
            return i + hashes;
        }
    }
    i
}

/// After a character, or after the `'` of a lifetime.
fn after_quote(chars: &[char], i: usize) -> usize {
    if chars.get(i + 1) == Some(&'\\') {
        let end = (i + 3..chars.len()).find(|i| chars[*i] == '\'');
        return end.map_or(chars.len(), |end| end + 1);
    }
    if chars.get(i + 2) == Some(&'\'') {
        return i + 3;
    }
    i + 1
}

/// Walks through the tokens of a file.
struct Walk<'t> {
    tokens: &'t [Token],
    at: usize,
    /// The modules written inside the file, each with the depth of its braces and
    /// whether it is a test.
    inner: Vec<(String, usize, bool)>,
    depth: usize,
    scan: Scan,
    /// What `use` brought in, in whichever block of the file.
    imports: BTreeMap<String, Vec<String>>,
    children: BTreeSet<String>,
}

impl Scan {
    fn of(path: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let mut walk = Walk {
            tokens: &tokens,
            at: 0,
            inner: Vec::new(),
            depth: 0,
            scan: Self {
                path: path.to_owned(),
                module: module_of(path),
                used: Vec::new(),
                test_modules: Vec::new(),
            },
            imports: BTreeMap::new(),
            children: BTreeSet::new(),
        };
        // The first time for what the file brings in, which may stand below.
        walk.all();
        (walk.at, walk.depth) = (0, 0);
        walk.inner.clear();
        walk.scan.used.clear();
        walk.scan.test_modules.clear();
        walk.all();
        walk.scan
    }
}

impl Walk<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| &t.text)
    }

    fn all(&mut self) {
        while self.at < self.tokens.len() {
            self.next();
        }
    }

    fn next(&mut self) {
        let at = self.at;
        match self.text(at) {
            "{" => {
                self.depth += 1;
                self.at += 1;
            }
            "}" => {
                self.depth = self.depth.saturating_sub(1);
                if self
                    .inner
                    .last()
                    .is_some_and(|(_, depth, _)| *depth == self.depth)
                {
                    self.inner.pop();
                }
                self.at += 1;
            }
            "mod" if self.tokens.get(at + 1).is_some_and(Token::is_word) => self.module(),
            // `use<'a>` in a type brings nothing in.
            "use" if self.text(at + 1) == "<" => self.at += 2,
            "use" => {
                self.at += 1;
                self.tree(&[]);
            }
            "crate" if at > 0 && self.text(at - 1) == "extern" => {
                self.record(&[self.text(at + 1).to_owned()], at + 1);
                self.at += 2;
            }
            // `<A as B>::c`: `c` is looked up in the type.
            ">" if self.text(at + 1) == "::" => self.at += 3,
            "::" => self.path(),
            // A field or a method, unless it is the end of a range.
            "." if self.text(at + 1) != "." => self.at += 2,
            "." => self.at += 2 + usize::from(self.text(at + 2) == "="),
            _ if self.tokens[at].is_word() => self.path(),
            _ => self.at += 1,
        }
    }

    /// `mod x;` or `mod x {`, a test if `#[cfg(test)]` stands before it.
    fn module(&mut self) {
        let name = self.text(self.at + 1).to_owned();
        let mut before = self.at;
        while before > 0 && ["pub", "(", ")", "crate", "super"].contains(&self.text(before - 1)) {
            before -= 1;
            if self.text(before) == "(" && self.text(before - 1) == "cfg" {
                break;
            }
        }
        let cfg: Vec<&str> = (before.saturating_sub(7)..before)
            .map(|i| self.text(i))
            .collect();
        let is_test = cfg == ["#", "[", "cfg", "(", "test", ")", "]"];
        self.children.insert(name.clone());
        if self.text(self.at + 2) == "{" {
            let in_test = is_test || self.in_test();
            self.inner.push((name, self.depth, in_test));
            self.depth += 1;
        } else if is_test {
            let module = self.here().into_iter().chain([name]).collect();
            self.scan.test_modules.push(module);
        }
        self.at += 3;
    }

    fn here(&self) -> Vec<String> {
        let inner = self.inner.iter().map(|(name, ..)| name.clone());
        self.scan.module.iter().cloned().chain(inner).collect()
    }

    fn in_test(&self) -> bool {
        self.inner.iter().any(|(_, _, is_test)| *is_test)
    }

    /// One path in code: at a word, or at the `::` of a path to another crate.
    fn path(&mut self) {
        let start = self.at;
        let mut path = Vec::new();
        if self.text(self.at) == "::" {
            self.at += 1;
        }
        while self.tokens.get(self.at).is_some_and(Token::is_word) {
            path.push(self.text(self.at).to_owned());
            self.at += 1;
            if self.text(self.at) != "::"
                || !self.tokens.get(self.at + 1).is_some_and(Token::is_word)
            {
                break;
            }
            self.at += 1;
        }
        if self.text(self.at) == "::" {
            self.at += 1;
        }
        if path.is_empty() {
            return;
        }
        let is_macro = self.text(self.at) == "!" && self.text(self.at + 1) != "=";
        if path.len() > 1 {
            self.record(&path, start);
        }
        if is_macro {
            let name = vec![path[path.len() - 1].clone()];
            self.push(start, &path, name, false, true);
        }
    }

    /// The rest of a `use`, from a word, `{` or `*` to what ends it.
    fn tree(&mut self, before: &[String]) {
        let mut path = before.to_vec();
        let mut start = self.at;
        loop {
            let token = self.text(self.at).to_owned();
            match token.as_str() {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !["}", ";", ""].contains(&self.text(self.at)) {
                        self.tree(&path);
                        if self.text(self.at) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    self.import(&path, self.text(self.at + 1).to_owned(), start);
                    self.at += 2;
                    return;
                }
                "" | "," | "}" | ";" => {
                    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                        path.pop();
                    }
                    let name = path.last().cloned().unwrap_or_default();
                    self.import(&path, name, start);
                    return;
                }
                _ => {
                    start = self.at;
                    path.push(token);
                    self.at += 1;
                }
            }
        }
    }

    fn import(&mut self, path: &[String], name: String, at: usize) {
        if path.is_empty() {
            return;
        }
        let (resolved, _) = self.resolve(path);
        self.record(path, at);
        self.imports.insert(name, resolved);
    }

    fn record(&mut self, path: &[String], at: usize) {
        let (resolved, through_import) = self.resolve(path);
        self.push(at, path, resolved, through_import, false);
    }

    fn push(
        &mut self,
        at: usize,
        written: &[String],
        path: Vec<String>,
        through_import: bool,
        is_macro: bool,
    ) {
        let used = Used {
            line: self.tokens.get(at).map_or(0, |t| t.line),
            written: written.to_vec(),
            path,
            through_import,
            is_macro,
            in_test: self.in_test(),
        };
        self.scan.used.push(used);
    }

    /// A path as it is seen from the root, and whether an import stands at its
    /// beginning.
    fn resolve(&self, path: &[String]) -> (Vec<String>, bool) {
        let mut module = self.here();
        let rest = path
            .iter()
            .position(|part| part != "super" && part != "self");
        let (climb, rest) = path.split_at(rest.unwrap_or(path.len()));
        let from_root = |module: Vec<String>, rest: &[String]| {
            let module = module.into_iter().chain(rest.iter().cloned());
            ["crate".to_owned()].into_iter().chain(module).collect()
        };
        if !climb.is_empty() {
            for _ in climb.iter().filter(|part| *part == "super") {
                module.pop();
            }
            return (from_root(module, rest), false);
        }
        let first = &path[0];
        if first == "crate" {
            return (path.to_vec(), false);
        }
        // The binary knows the library by the crate's name.
        if self.scan.path == "src/main.rs" && first == "workbench" {
            return (from_root(Vec::new(), &path[1..]), false);
        }
        if path.len() > 1
            && let Some(import) = self.imports.get(first)
        {
            let resolved = import.iter().chain(&path[1..]).cloned().collect();
            return (resolved, true);
        }
        if self.children.contains(first) {
            return (from_root(module, path), false);
        }
        (path.to_vec(), false)
    }
}

/// What is found in one planted file.
fn planted(path: &str, text: &str) -> String {
    offences(&[(path.to_owned(), text.to_owned())]).join("\n")
}

#[test]
fn planted_offences_are_seen() {
    insta::assert_snapshot!(planted("src/engine/session.rs", r#"
use crate::model::run::{self, Run};
use crate::{model, state::{State, StateError as E}};
fn f() -> super::super::pipeline::Plan { crate::store::open() }
fn g(x: &super::rows::Rows) { duckdb::open(); self::h(x.report, 0..crate::cli::N) }
mod inner {
    use super::super::super::report;
    pub(in crate::engine) fn k() {}
}
"#), @"
    src/engine/session.rs:3: `crate::state::State`: `engine` may not use `state`, which is below it
    src/engine/session.rs:3: `crate::state::StateError`: `engine` may not use `state`, which is below it
    src/engine/session.rs:4: `super::super::pipeline::Plan`: `engine` may not use `pipeline`, which is below it
    src/engine/session.rs:4: `crate::store::open`: `engine` may not use `store`, which is below it
    src/engine/session.rs:5: `crate::cli::N`: `engine` may not use `cli`, which is below it
    src/engine/session.rs:7: `super::super::super::report`: `engine` may not use `report`, which is below it
    ");
    insta::assert_snapshot!(planted("src/ingest/mod.rs", r##"
//! crate::cli is only told of here, `duckdb::open()` too.
/* println!("crate::cli"); /* crate::cli */ use crate::cli; */
const A: &str = "use crate::cli; \" duckdb::x";
const B: &str = r#"use crate::cli; " duckdb::x"#;
const C: [char; 3] = ['"', '\'', '\\'];
fn life<'a>(x: &'a str) -> &'a str { x }
use duckdb::{Connection, params};
#[derive(clap::Parser)]
struct D<T: ::rusqlite::ToSql>(T, tokio::fs::File, <aws_sdk_s3::Client as X>::Y, clap_complete::Z);
use super::*;
extern crate ratatui;
"##), @"
    src/ingest/mod.rs:8: `duckdb::Connection`: `duckdb` is named only in `engine`
    src/ingest/mod.rs:8: `duckdb::params`: `duckdb` is named only in `engine`
    src/ingest/mod.rs:9: `clap::Parser`: `clap` is named only in `cli`
    src/ingest/mod.rs:10: `rusqlite::ToSql`: `rusqlite` is named only in `state`
    src/ingest/mod.rs:10: `tokio::fs::File`: `tokio` is named only in `store::s3`
    src/ingest/mod.rs:10: `aws_sdk_s3::Client`: `aws_sdk_s3` is named only in `store::s3`
    src/ingest/mod.rs:10: `clap_complete::Z`: `clap_complete` is named only in `cli`
    src/ingest/mod.rs:11: `super::*`: name what is used, so that it can be seen
    src/ingest/mod.rs:12: `ratatui`: `ratatui` is named only in `cli`, `tui`
    ");
    insta::assert_snapshot!(planted("src/store/local.rs", r#"
use std::{env, fs, process::{self, Command}};
fn f() { println!("x"); std::eprint!("x"); dbg!(process::id()); env::var("HOME"); process::exit(1) }
fn g(print: bool) -> bool { print != env!("X").is_empty() }
#[cfg(test)]
mod tests {
    use super::*;
    fn t() { eprintln!("{:?}", std::env::temp_dir()); crate::ingest::scan() }
}
fn h() { std::io::stdout() }
"#), @"
    src/store/local.rs:2: `std::env`: the core takes its surroundings as values; only a face looks
    src/store/local.rs:3: `println`: only a face prints
    src/store/local.rs:3: `std::eprint`: only a face prints
    src/store/local.rs:3: `dbg`: only a face prints
    src/store/local.rs:3: `env::var`: the core takes its surroundings as values; only a face looks
    src/store/local.rs:3: `process::exit`: the core takes its surroundings as values; only a face looks
    src/store/local.rs:8: `crate::ingest::scan`: `store` may not use `ingest`, which is below it
    src/store/local.rs:10: `std::io::stdout`: the core takes its surroundings as values; only a face looks
    ");
}

#[test]
fn what_is_allowed_is_not_seen() {
    let none = |path: &str, text: &str| assert_eq!(planted(path, text), "", "{path}");
    none(
        "src/store/s3.rs",
        "use tokio::fs; use aws_config::X; use crate::project::Y;",
    );
    none(
        "src/cli/export.rs",
        "use clap::Args; use crate::report; fn f() { println!(); std::env::args(); }",
    );
    none(
        "src/report/table.rs",
        "use comfy_table::Table; use crate::pipeline::error::RunError;",
    );
    none(
        "src/pipeline/run.rs",
        "use super::plan; use crate::{engine, state}; fn f() { plan::x(); engine::y() }",
    );
    none(
        "src/model/run.rs",
        "use crate::failpoint::F; use super::hash::H; mod s { use super::super::hash; }",
    );
    none("src/main.rs", "fn main() { workbench::cli::main() }");
    none("src/lib.rs", "pub mod cli; pub use crate::model::run;");
    // A test in a file of its own may print: its parent says that it is one.
    let parent = "#[cfg(test)]\npub(super) mod contract;\npub mod other;";
    let files = |name: &str| {
        [
            ("src/store/mod.rs".to_owned(), parent.to_owned()),
            (
                format!("src/store/{name}.rs"),
                "fn f() { eprintln!() }".to_owned(),
            ),
        ]
    };
    assert_eq!(offences(&files("contract")), Vec::<String>::new());
    assert_eq!(offences(&files("other")).len(), 1);
}
