//! What the raw tables must hold, told from the files and verbs alone: the rules
//! of the README in plain code, one file at a time. Nothing of the program is
//! called here.

use std::collections::{BTreeMap, BTreeSet};

/// What a file holds.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    pub text: &'static str,
    /// `id` and `v` of each record.
    pub rows: &'static [(i64, Option<&'static str>)],
}

/// The contents there are. Ids overlap, ids repeat within one, two hold the same
/// rows in other bytes, one has none, some lack a column or bring one.
pub const CONTENTS: [Content; 9] = [
    Content {
        text: "id,v\n1,a\n2,a\n3,a\n",
        rows: &[(1, Some("a")), (2, Some("a")), (3, Some("a"))],
    },
    Content {
        text: "id,v\n2,b\n3,a\n4,b\n",
        rows: &[(2, Some("b")), (3, Some("a")), (4, Some("b"))],
    },
    Content {
        text: "id,v\n1,c\n1,c\n1,d\n",
        rows: &[(1, Some("c")), (1, Some("c")), (1, Some("d"))],
    },
    Content {
        text: "v,id\na,1\na,2\na,3\n",
        rows: &[(1, Some("a")), (2, Some("a")), (3, Some("a"))],
    },
    Content {
        text: "id,v\n",
        rows: &[],
    },
    Content {
        text: "id\n4\n5\n",
        rows: &[(4, None), (5, None)],
    },
    Content {
        text: "id,v,w\n5,e,x\n6,e,y\n",
        rows: &[(5, Some("e")), (6, Some("e"))],
    },
    Content {
        text: "id,v\n6,f\n",
        rows: &[(6, Some("f"))],
    },
    Content {
        text: "id,v\n1,a\n2,b\n3,a\n4,b\n",
        rows: &[
            (1, Some("a")),
            (2, Some("b")),
            (3, Some("a")),
            (4, Some("b")),
        ],
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Append,
    Upsert,
    Replace,
}

/// Whether the rows of a content count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counts {
    Yes,
    /// It was set as processed.
    Passed,
    /// Its rows were let go, and it is taken again where it turns up.
    Waiting,
}

/// A content that was taken, and not retracted or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub place: (u64, u64),
    pub content: usize,
    pub paths: BTreeSet<String>,
    pub counts: Counts,
    /// The run that took it last.
    pub run: u64,
    pub definition: u32,
}

/// What is asked of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    Reset { accept_drop: bool },
    Rewind(u64),
    Pass(String),
    Hold(String),
    Release(String),
}

/// Names and what they show.
pub type Files = BTreeMap<String, usize>;

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub mode: Mode,
    pub copies_count: bool,
    pub retracts: bool,
    /// 0 or 1.
    pub definition: u32,
    /// In no order.
    pub taken: Vec<Taken>,
    pub held: BTreeSet<String>,
    /// The run that last emptied the raw table.
    pub rebuilt: u64,
    /// The definition that the raw table was made with.
    pub table: Option<u32>,
}

/// How a run is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    pub full_refresh: bool,
    pub accept_drop: bool,
}

/// Why a run must be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The definition changed, and nothing says what to do about it.
    Definition,
    /// A rebuilt table would lose rows.
    Loses,
}

/// What a glob of these tests means: a name, or all names with that beginning.
fn means(glob: &str, name: &str) -> bool {
    match glob.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => glob == name,
    }
}

/// Names are digits: shorter ones come first.
fn natural(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by_key(|n| n.parse::<u64>().unwrap());
    names
}

/// A taken content during a run: which names carry it, show another, join it.
#[derive(Default, Clone)]
struct Seen {
    pinned: BTreeSet<String>,
    keeps: BTreeSet<String>,
    other: BTreeSet<String>,
    joins: BTreeSet<String>,
}

impl Seen {
    fn lost(&self) -> bool {
        self.pinned.is_empty() && self.keeps.is_empty() && self.joins.is_empty()
    }

    fn carriers(&self) -> BTreeSet<String> {
        [&self.pinned, &self.keeps, &self.joins]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}

impl Source {
    fn holds(&self, name: &str) -> bool {
        self.held.iter().any(|glob| means(glob, name))
    }

    /// Taken contents in the order of their places.
    pub fn in_order(&self, counts: Counts) -> Vec<&Taken> {
        let mut taken: Vec<&Taken> = self.taken.iter().filter(|t| t.counts == counts).collect();
        taken.sort_by_key(|t| t.place);
        taken
    }

    /// The rows that a new project would have that loads all that counts.
    pub fn rows(&self) -> Vec<(i64, Option<&'static str>)> {
        let live = self.in_order(Counts::Yes);
        let mut contents = live.iter().map(|t| CONTENTS[t.content].rows);
        let mut rows: Vec<(i64, Option<&'static str>)> = match self.mode {
            Mode::Append => contents.flatten().copied().collect(),
            Mode::Upsert => {
                let last: BTreeMap<_, _> = contents.flatten().copied().collect();
                last.into_iter().collect()
            }
            Mode::Replace => contents.next_back().unwrap_or_default().to_vec(),
        };
        rows.sort_unstable();
        rows
    }

    /// A run of this number over these files, with what is asked for.
    pub fn run(
        &mut self,
        run: u64,
        files: &Files,
        asked: &[Ask],
        flags: Flags,
    ) -> Result<(), Refused> {
        for ask in asked {
            match ask {
                Ask::Hold(glob) => drop(self.held.insert(glob.clone())),
                Ask::Release(glob) => drop(self.held.remove(glob)),
                _ => {}
            }
        }
        let before = self.in_order(Counts::Yes).len();
        let changed = self
            .in_order(Counts::Yes)
            .iter()
            .any(|t| t.definition != self.definition);
        let reset = asked.iter().find_map(|ask| match ask {
            Ask::Reset { accept_drop } => Some(*accept_drop),
            _ => None,
        });
        let full = flags.full_refresh && before > 0;
        // Nothing counts, and the table has other types: it is made anew.
        let stale = before == 0 && self.table.is_some_and(|t| t != self.definition);
        let rebuild = full || (changed && reset.is_some()) || stale;
        if changed && !rebuild {
            return Err(Refused::Definition);
        }
        let mut emptied = Vec::new();
        if rebuild {
            self.rebuilt = run;
            self.table = None;
            for taken in &mut self.taken {
                if taken.counts == Counts::Yes {
                    taken.counts = Counts::Waiting;
                    emptied.push(taken.place);
                }
            }
        }
        self.taken.sort_by_key(|t| t.place);
        let mut seen = self.look(files, rebuild);
        let groups = self.join(&self.open(files, rebuild, &seen), files, &mut seen);
        let mut replaced = Vec::new();
        let mut new = Vec::new();
        let mut position = 0;
        for group in &groups {
            let content = files[&group[0]];
            let replaces = group.iter().find_map(|name| {
                (0..self.taken.len()).find(|t| {
                    let first = natural(seen[*t].other.iter().cloned()).first().cloned();
                    seen[*t].lost() && first.as_ref() == Some(name)
                })
            });
            let mut taken = Taken {
                place: (run, position + 1),
                content,
                paths: group.iter().cloned().collect(),
                counts: Counts::Yes,
                run,
                definition: self.definition,
            };
            match replaces {
                Some(old) => {
                    taken.place = self.taken[old].place;
                    replaced.push(old);
                }
                None => {
                    position += 1;
                    if passed(asked, group) {
                        taken.counts = Counts::Passed;
                    }
                }
            }
            new.push(taken);
        }
        let last_unreadable = self.last_unreadable(files, &seen, &replaced);
        let mut old = Vec::new();
        for (at, mut taken) in std::mem::take(&mut self.taken).into_iter().enumerate() {
            let seen = &seen[at];
            if replaced.contains(&at) {
                continue;
            }
            let carriers = seen.carriers();
            let retracted = seen.lost()
                && taken.counts != Counts::Waiting
                && (!seen.other.is_empty() || (self.retracts && taken.counts == Counts::Yes));
            if retracted {
                continue;
            }
            let again = asked.iter().any(|ask| match ask {
                Ask::Reset { .. } => true,
                Ask::Rewind(to) => taken.run > *to,
                _ => false,
            });
            let again = again
                && taken.counts != Counts::Waiting
                && seen.pinned.is_empty()
                && !carriers.is_empty()
                && last_unreadable.is_none_or(|last| taken.place > last);
            if again || (taken.counts == Counts::Waiting && !carriers.is_empty()) {
                let names = natural(carriers.iter().cloned());
                let pass = !again && !rebuild && passed(asked, &names);
                taken.counts = if pass { Counts::Passed } else { Counts::Yes };
                taken.run = run;
                taken.definition = self.definition;
                taken.paths = carriers;
            } else if !seen.lost() && (!seen.joins.is_empty() || !seen.other.is_empty()) {
                taken.paths = carriers;
            }
            old.push(taken);
        }
        old.extend(new);
        self.taken = old;
        if self.taken.iter().any(|t| t.counts == Counts::Yes) {
            self.table = Some(self.definition);
        }
        let accept = flags.accept_drop || (changed && reset == Some(true));
        let lost = self
            .in_order(Counts::Waiting)
            .iter()
            .any(|t| emptied.contains(&t.place));
        if lost && !accept {
            return Err(Refused::Loses);
        }
        Ok(())
    }

    /// Whether a name is looked at.
    fn looked_at(&self, name: &str, content: usize, rebuild: bool) -> bool {
        !self.holds(name)
            || rebuild
                && self.taken.iter().any(|t| {
                    t.counts == Counts::Waiting && t.content == content && t.paths.contains(name)
                })
    }

    /// The taken content that a name carries: one that counts before one that
    /// waits, then one it shows, then the latest.
    fn owner(&self, name: &str, content: usize) -> Option<usize> {
        let carry = (0..self.taken.len()).filter(|t| self.taken[*t].paths.contains(name));
        carry.max_by_key(|t| {
            let taken = &self.taken[*t];
            (
                taken.counts != Counts::Waiting,
                taken.content == content,
                taken.place,
            )
        })
    }

    fn look(&self, files: &Files, rebuild: bool) -> Vec<Seen> {
        let mut seen = vec![Seen::default(); self.taken.len()];
        for (taken, seen) in self.taken.iter().zip(&mut seen) {
            if taken.counts != Counts::Waiting {
                let held = taken.paths.iter().filter(|p| self.holds(p));
                seen.pinned = held.cloned().collect();
            }
        }
        for (name, content) in files {
            if !self.looked_at(name, *content, rebuild) {
                continue;
            }
            if let Some(owner) = self.owner(name, *content) {
                let side = if self.taken[owner].content == *content {
                    &mut seen[owner].keeps
                } else {
                    &mut seen[owner].other
                };
                side.insert(name.clone());
            }
        }
        seen
    }

    /// The names that show what they did not carry.
    fn open(&self, files: &Files, rebuild: bool, seen: &[Seen]) -> Vec<String> {
        let open = files.iter().filter(|(name, content)| {
            self.looked_at(name, **content, rebuild)
                && !seen.iter().any(|s| s.keeps.contains(*name))
        });
        natural(open.map(|(name, _)| name.clone()))
    }

    /// Gives open names to taken contents, and groups the others.
    fn join(&self, open: &[String], files: &Files, seen: &mut [Seen]) -> Vec<Vec<String>> {
        let mut groups: Vec<Vec<String>> = Vec::new();
        let mut something_new = false;
        let lost: Vec<bool> = seen.iter().map(Seen::lost).collect();
        for name in open {
            let content = files[name];
            let same = (0..self.taken.len()).filter(|t| self.taken[*t].content == content);
            let found = match (self.mode, self.copies_count) {
                (Mode::Append, false) => same.min_by_key(|t| {
                    let kept = !seen[*t].keeps.is_empty() || !seen[*t].pinned.is_empty();
                    (self.taken[*t].counts == Counts::Waiting, !kept, *t)
                }),
                (Mode::Append, true) => {
                    let mut free = same.filter(|t| lost[*t] && seen[*t].joins.is_empty());
                    free.next()
                }
                _ => {
                    let last = self.taken.len().checked_sub(1);
                    last.filter(|last| {
                        !something_new
                            && self.taken[*last].content == content
                            && seen[*last].lost()
                            && seen[*last].other.is_empty()
                    })
                }
            };
            if let Some(found) = found {
                seen[found].joins.insert(name.clone());
                continue;
            }
            let group = groups.iter_mut().find(|g| {
                self.mode == Mode::Append && !self.copies_count && files[&g[0]] == content
            });
            match group {
                Some(group) => group.push(name.clone()),
                None => groups.push(vec![name.clone()]),
            }
            let rewrites = self.owner(name, content).is_some_and(|o| {
                seen[o].lost() && natural(seen[o].other.iter().cloned()).first() == Some(name)
            });
            something_new |= !rewrites;
        }
        groups
    }

    /// Where the last one counts: the place of the last content that counts, stays
    /// and cannot be read.
    fn last_unreadable(
        &self,
        files: &Files,
        seen: &[Seen],
        replaced: &[usize],
    ) -> Option<(u64, u64)> {
        if self.mode == Mode::Append {
            return None;
        }
        let unreadable = self.taken.iter().enumerate().filter(|(at, t)| {
            let seen = &seen[*at];
            let goes = seen.lost() && (!seen.other.is_empty() || self.retracts);
            t.counts == Counts::Yes
                && seen.keeps.is_empty()
                && seen.joins.is_empty()
                && !replaced.contains(at)
                && !goes
                && !files.values().any(|c| *c == t.content)
        });
        unreadable.map(|(_, t)| t.place).max()
    }

    /// Whether some content that counts is nowhere to be read.
    pub fn misses_some(&self, files: &Files) -> bool {
        let live = self.in_order(Counts::Yes);
        live.iter()
            .any(|t| !files.values().any(|c| *c == t.content))
    }
}

/// Whether new files are passed over: a glob means all of them.
fn passed(asked: &[Ask], names: &[String]) -> bool {
    asked.iter().any(|ask| match ask {
        Ask::Pass(glob) => names.iter().all(|name| means(glob, name)),
        _ => false,
    })
}
