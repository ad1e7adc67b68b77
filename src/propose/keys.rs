//! Which columns could be a source's key: which values repeat, in one file and
//! from file to file.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use crate::model::names::has_name_shape;

/// Rows after which columns that repeat are no longer looked at.
const FIRST: u64 = 65_536;
/// Keys that are followed through all rows.
const FOLLOWED: usize = 3;
/// Columns of which pairs are tried.
const PAIRED: usize = 6;
/// Rows of which keys are kept; of more nothing is known.
pub const MOST: u64 = 50_000_000;
/// Values that are shown of those that repeat.
const EXAMPLES: usize = 3;

/// One or two columns, and what is known of their values.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    /// Indices into the source's columns.
    pub columns: Vec<usize>,
    /// The less, the more it is like a key.
    pub rank: u32,
    pub rows: u64,
    /// Rows that repeat one of the same file.
    pub repeats: u64,
    pub examples: Vec<String>,
    /// Rows with nothing in one of the columns.
    pub nulls: u64,
    /// It repeats too much, or others are better: it was not followed to the end.
    pub given_up: bool,
    /// Of the file at hand.
    seen: HashSet<u64>,
    hashes: Vec<u64>,
    /// Of each file: sorted, each once.
    pub files: Vec<Vec<u64>>,
}

/// Watches rows go by.
pub struct Keys {
    pub candidates: Vec<Candidate>,
    in_file: u64,
    rows: u64,
    hashes: Vec<Option<u64>>,
    pruned: bool,
}

/// How much a name is like that of a key; the less, the more.
fn name_rank(name: &str, source: &str) -> u32 {
    let singular = source.strip_suffix('s').unwrap_or(source);
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if name == "id" || name == format!("{singular}_id") || name == format!("{source}_id") {
        0
    } else if ends(&["_id", "uuid", "guid", "_key", "_pk"]) || name == "key" {
        1
    } else if ends(&["_no", "_nr", "_number", "_num", "_code", "_ref"])
        || ["no", "nr", "number", "code", "sku", "isbn", "ref"].contains(&name)
    {
        2
    } else if name.ends_with("id") {
        3
    } else {
        20
    }
}

/// Whether a name alone says that it is a key.
pub fn is_key_name(name: &str) -> bool {
    name_rank(name, "") < 20
}

impl Keys {
    /// Candidates among a source's columns: all of them, and pairs of the likeliest.
    pub fn new(source: &str, columns: &[String]) -> Self {
        let mut ranked: Vec<(u32, usize)> = columns
            .iter()
            .enumerate()
            .filter(|(_, name)| has_name_shape(name))
            .map(|(at, name)| (name_rank(name, source) * 8 + at.min(100) as u32, at))
            .collect();
        ranked.sort_unstable();
        let single = |(rank, at): &(u32, usize)| Candidate {
            columns: vec![*at],
            rank: *rank,
            ..Candidate::default()
        };
        let mut candidates: Vec<Candidate> = ranked.iter().map(single).collect();
        let likely = &ranked[..ranked.len().min(PAIRED)];
        for (at, (rank, first)) in likely.iter().enumerate() {
            for (other, second) in &likely[at + 1..] {
                candidates.push(Candidate {
                    columns: vec![*first, *second],
                    rank: 1000 + rank + other,
                    ..Candidate::default()
                });
            }
        }
        candidates.sort_by_key(|c| c.rank);
        Self {
            candidates,
            in_file: 0,
            rows: 0,
            hashes: vec![None; columns.len()],
            pruned: false,
        }
    }

    /// Takes a row: the value of each column, empty where it has none. `fits` says
    /// whether a column can be part of a key, by what was seen of it.
    pub fn take<'v>(&mut self, value: impl Fn(usize) -> &'v [u8], fits: impl Fn(usize) -> bool) {
        if self.rows == MOST {
            return;
        }
        self.rows += 1;
        self.in_file += 1;
        self.hashes.fill(None);
        let mut hash_of = |at: usize| -> Option<u64> {
            if self.hashes[at].is_none() {
                let text = value(at).trim_ascii();
                if text.is_empty() {
                    return None;
                }
                let mut hasher = DefaultHasher::new();
                hasher.write(text);
                self.hashes[at] = Some(hasher.finish());
            }
            self.hashes[at]
        };
        let by_set = self.in_file <= FIRST && !self.pruned;
        for candidate in self.candidates.iter_mut().filter(|c| !c.given_up) {
            candidate.rows += 1;
            let parts = candidate.columns.iter().map(|at| hash_of(*at));
            let hash = parts.reduce(|a, b| {
                let (a, b) = (a?, b?);
                Some((a.rotate_left(23) ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            });
            let Some(Some(hash)) = hash else {
                candidate.nulls += 1;
                continue;
            };
            candidate.hashes.push(hash);
            if by_set && !candidate.seen.insert(hash) && candidate.examples.len() < EXAMPLES {
                let texts: Vec<_> = candidate
                    .columns
                    .iter()
                    .map(|at| String::from_utf8_lossy(value(*at).trim_ascii()))
                    .collect();
                let example = texts.join(", ");
                if !candidate.examples.contains(&example) {
                    candidate.examples.push(example);
                }
            }
            if by_set {
                let repeats = candidate.hashes.len() as u64 - candidate.seen.len() as u64;
                candidate.given_up = repeats + candidate.nulls > 20 + candidate.rows / 50;
                if candidate.given_up {
                    candidate.give_up();
                }
            }
        }
        if self.in_file == FIRST && !self.pruned {
            self.prune(fits);
        }
    }

    /// Follows only the likeliest of those that are left.
    fn prune(&mut self, fits: impl Fn(usize) -> bool) {
        self.pruned = true;
        let mut followed = 0;
        for candidate in self.candidates.iter_mut().filter(|c| !c.given_up) {
            let repeats = candidate.hashes.len() as u64 - candidate.seen.len() as u64;
            let good = repeats == 0 && candidate.nulls == 0;
            let may_be = candidate.columns.iter().all(|at| fits(*at));
            // One that is nearly unique is worth telling of.
            if may_be && followed < FOLLOWED && (good || candidate.columns.len() == 1) {
                followed += usize::from(good);
                candidate.seen = HashSet::new();
            } else {
                candidate.give_up();
            }
        }
    }

    /// A file has ended.
    pub fn end_file(&mut self, fits: impl Fn(usize) -> bool) {
        for candidate in self.candidates.iter_mut().filter(|c| !c.given_up) {
            let mut hashes = std::mem::take(&mut candidate.hashes);
            candidate.seen = HashSet::new();
            let all = hashes.len();
            hashes.sort_unstable();
            hashes.dedup();
            candidate.repeats += (all - hashes.len()) as u64;
            candidate.files.push(hashes);
        }
        if self.rows >= FIRST && !self.pruned {
            // By what was counted, for the sets are gone.
            self.pruned = true;
            let mut followed = 0;
            for candidate in self.candidates.iter_mut().filter(|c| !c.given_up) {
                let good = candidate.repeats == 0 && candidate.nulls == 0;
                let may_be = candidate.columns.iter().all(|at| fits(*at));
                if may_be && good && followed < FOLLOWED {
                    followed += 1;
                } else if !(may_be && candidate.columns.len() == 1 && candidate.rank < 160) {
                    candidate.give_up();
                }
            }
        }
        self.in_file = 0;
    }

    /// Whether rows came after the last whose key was kept.
    pub fn is_full(&self) -> bool {
        self.rows == MOST
    }
}

impl Candidate {
    fn give_up(&mut self) {
        self.given_up = true;
        self.repeats += self.hashes.len() as u64 - self.seen.len().min(self.hashes.len()) as u64;
        self.seen = HashSet::new();
        self.hashes = Vec::new();
        self.files = Vec::new();
    }

    /// Whether each row of each file has one, and no two rows of a file the same.
    pub fn is_unique(&self) -> bool {
        !self.given_up && self.repeats == 0 && self.nulls == 0 && self.rows > 0
    }

    /// For each file but the first, of how many keys the file before has, how many
    /// this one has too; and keys that any two files share.
    pub fn overlaps(&self) -> Vec<(usize, usize)> {
        let pairs = self.files.windows(2);
        pairs
            .map(|pair| (pair[0].len(), shared(&pair[0], &pair[1])))
            .collect()
    }

    /// Keys that are in more than one file.
    pub fn repeated_later(&self) -> usize {
        let mut all: Vec<u64> = self.files.concat();
        let total = all.len();
        all.sort_unstable();
        all.dedup();
        total - all.len()
    }
}

fn shared(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut both) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        both += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    both
}
