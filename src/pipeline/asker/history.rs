//! What was asked before, of this project: one line of JSON each, in the order they
//! ended. Several apps may add to it at once.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Asker;
use crate::pipeline::draft::{self, Readers};

/// So many are kept, and a few more until the oldest are taken away.
const MOST: usize = 10_000;
const SPARE: usize = 1_000;
/// And so many bytes.
const MOST_BYTES: usize = 32 << 20;
/// No line is shorter.
const SHORTEST: u64 = 80;

/// A question that was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// When it was asked.
    pub at: DateTime<Utc>,
    pub sql: String,
    /// It was run to see what it costs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub measures: bool,
    pub seconds: f64,
    /// None: it did not get so far, or has none. Of what was cancelled those that came.
    pub rows: Option<u64>,
    pub outcome: PastOutcome,
    /// None: the newest day.
    pub as_of: Option<NaiveDate>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastOutcome {
    Done,
    Cancelled,
    /// With its error.
    Failed(String),
}

impl Asker {
    /// Adds one.
    ///
    /// # Errors
    /// Of the file system.
    pub fn remember(&self, past: &Past) -> io::Result<()> {
        add(&self.history_file(), past)
    }

    /// All that are known, the newest first. What cannot be read is left out.
    pub fn history(&self) -> Vec<Past> {
        let mut all = read(&self.history_file());
        all.reverse();
        all
    }

    fn history_file(&self) -> PathBuf {
        self.ctx.layout.private().join("queries.jsonl")
    }
}

fn add(path: &Path, past: &Past) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Held until the end: somebody else may be taking the oldest away.
    let turn = File::create(path.with_added_extension("lock"))?;
    turn.lock()?;
    let mut line = serde_json::to_vec(past)?;
    line.push(b'\n');
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(Readers::Owner.mode())
        .open(path)?;
    let is = file.metadata()?;
    if is.permissions().mode() & 0o077 != 0 {
        // What is asked may hold what is nobody else's business.
        file.set_permissions(Permissions::from_mode(Readers::Owner.mode()))?;
    }
    let length = is.len();
    if length > 0 && !ends_in_line(path)? {
        // Somebody died while adding.
        line.insert(0, b'\n');
    }
    file.write_all(&line)?;
    if length > SHORTEST * MOST as u64 {
        shorten(path)?;
    }
    Ok(())
}

fn ends_in_line(path: &Path) -> io::Result<bool> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Takes the oldest away, if there are too many.
fn shorten(path: &Path) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    if lines.len() <= MOST + SPARE && bytes.len() <= MOST_BYTES + (MOST_BYTES >> 3) {
        return Ok(());
    }
    let mut left = MOST_BYTES;
    let newest = lines.iter().rev().take(MOST).take_while(|line| {
        let fits = line.len() <= left;
        left = left.saturating_sub(line.len());
        fits
    });
    let kept = newest.count();
    draft::replace(path, &lines[lines.len() - kept..].concat(), Readers::Owner)
}

/// The oldest first.
fn read(path: &Path) -> Vec<Past> {
    let bytes = fs::read(path).unwrap_or_default();
    let lines = bytes.split(|b| *b == b'\n');
    lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(sql: &str) -> Past {
        Past {
            at: "2024-11-04T09:00:00Z".parse().unwrap(),
            sql: sql.to_owned(),
            measures: false,
            seconds: 0.25,
            rows: Some(3),
            outcome: PastOutcome::Failed("no\nsuch `table`".to_owned()),
            as_of: Some("2024-11-01".parse().unwrap()),
        }
    }

    #[test]
    fn a_torn_line_costs_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("private/queries.jsonl");
        add(&path, &past("SELECT\n1 -- ü")).unwrap();
        add(&path, &past("SELECT 2")).unwrap();
        let whole = fs::read(&path).unwrap();
        // Whoever wrote the second one died at any byte of it.
        let first = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
        for cut in first..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            add(&path, &past("SELECT 3")).unwrap();
            let all = read(&path);
            assert_eq!(all[0], past("SELECT\n1 -- ü"));
            assert_eq!(all.last(), Some(&past("SELECT 3")));
            // Only its line end may be lacking.
            assert_eq!(all.len(), if cut == whole.len() - 1 { 3 } else { 2 });
        }
    }

    #[test]
    fn nobody_else_reads_what_was_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queries.jsonl");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        add(&path, &past("SELECT 1")).unwrap();
        assert_eq!(mode(), 0o600);
        // One of an earlier time.
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        add(&path, &past("SELECT 2")).unwrap();
        assert_eq!((mode(), read(&path).len()), (0o600, 2));
        let line = serde_json::to_string(&past("old")).unwrap() + "\n";
        fs::write(&path, line.repeat(MOST + SPARE + 1)).unwrap();
        add(&path, &past("SELECT 3")).unwrap();
        assert_eq!((mode(), read(&path).len()), (0o600, MOST));
    }

    #[test]
    fn the_oldest_go_and_nobody_s_are_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queries.jsonl");
        let line = serde_json::to_string(&past("old")).unwrap() + "\n";
        fs::write(&path, line.repeat(MOST + SPARE - 10)).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for at in 0..25 {
                        add(path, &past(&format!("{writer} {at}"))).unwrap();
                    }
                });
            }
        });
        let all = read(&path);
        assert!((MOST..=MOST + SPARE).contains(&all.len()), "{}", all.len());
        assert_eq!(all.iter().filter(|p| p.sql != "old").count(), 100);
        // They stand in the order in which each writer added them.
        for writer in 0..4 {
            let own = all
                .iter()
                .filter_map(|p| p.sql.strip_prefix(&format!("{writer} ")));
            let own: Vec<u32> = own.map(|at| at.parse().unwrap()).collect();
            assert_eq!(own, (0..25).collect::<Vec<_>>());
        }
    }
}
