//! What was asked before, as it is listed: repeats of a day are one entry, and only what
//! is in sight is laid out.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use crate::pipeline::asker::history::Past;

/// An entry of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct PastEntry {
    /// The newest of its repeats.
    pub past: Past,
    /// When that was asked, in the project's zone.
    pub at: NaiveDateTime,
    /// How often it was asked on that day.
    pub count: usize,
    /// The statement as it is searched.
    lower: String,
}

/// What was asked before, the newest first.
#[derive(Debug, Clone, Default)]
pub struct PastList {
    entries: Vec<PastEntry>,
    /// Those that hold what is looked for, and what that is.
    found: Vec<usize>,
    wanted: String,
}

impl PastList {
    /// A list of what was asked, the newest first. Days are those of a zone.
    pub fn of(all: Vec<Past>, zone: Tz) -> Self {
        let mut entries: Vec<PastEntry> = Vec::new();
        let mut known: HashMap<(NaiveDate, Option<NaiveDate>, bool, String), usize> =
            HashMap::new();
        for past in all {
            let at = past.at.with_timezone(&zone).naive_local();
            let key = (at.date(), past.as_of, past.measures, past.sql.clone());
            if let Some(entry) = known.get(&key).and_then(|at| entries.get_mut(*at)) {
                entry.count += 1;
                continue;
            }
            known.insert(key, entries.len());
            entries.push(PastEntry {
                at,
                count: 1,
                lower: past.sql.to_lowercase(),
                past,
            });
        }
        let found = (0..entries.len()).collect();
        Self {
            entries,
            found,
            wanted: String::new(),
        }
    }

    /// Looks for the statements that hold all of some words.
    pub fn search(&mut self, wanted: &str) {
        if self.wanted == wanted {
            return;
        }
        let lower = wanted.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let holds = |at: &usize| {
            words
                .iter()
                .all(|word| self.entries[*at].lower.contains(word))
        };
        // What holds more was among what held less.
        self.found = match wanted.starts_with(&self.wanted) {
            true => self.found.iter().copied().filter(holds).collect(),
            false => (0..self.entries.len()).filter(holds).collect(),
        };
        wanted.clone_into(&mut self.wanted);
    }

    /// How many were found.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// One of those that were found.
    pub fn get(&self, at: usize) -> Option<&PastEntry> {
        self.entries.get(*self.found.get(at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::asker::history::PastOutcome;

    fn past(at: &str, sql: &str, as_of: Option<&str>) -> Past {
        Past {
            at: at.parse().unwrap(),
            sql: sql.to_owned(),
            measures: false,
            seconds: 0.25,
            rows: Some(3),
            outcome: PastOutcome::Done,
            as_of: as_of.map(|day| day.parse().unwrap()),
        }
    }

    #[test]
    fn repeats_of_a_day_are_one_entry() {
        let all = vec![
            past("2024-11-04T23:30:00Z", "SELECT 1", None),
            past("2024-11-04T22:30:00Z", "SELECT 1", None),
            past("2024-11-04T20:00:00Z", "SELECT 1", Some("2024-11-01")),
            past("2024-11-04T19:00:00Z", "SELECT 1", None),
            past("2024-11-04T18:00:00Z", "select\n2", None),
        ];
        // It is the next day in Berlin from 23 o'clock on.
        let mut list = PastList::of(all, Tz::Europe__Berlin);
        let told = |list: &PastList| -> Vec<(String, usize)> {
            let all = (0..list.count()).filter_map(|at| list.get(at));
            all.map(|e| (e.at.format("%d %H:%M").to_string(), e.count))
                .collect()
        };
        let expected = [
            ("05 00:30", 1),
            ("04 23:30", 2),
            ("04 21:00", 1),
            ("04 19:00", 1),
        ];
        assert_eq!(
            told(&list),
            expected.map(|(at, count)| (at.to_owned(), count))
        );
        list.search("2 SEL");
        assert_eq!(list.count(), 1);
        list.search("sel");
        assert_eq!(list.count(), 4);
        list.search("selx");
        assert_eq!(list.count(), 0);
        list.search("");
        assert_eq!(list.count(), 4);
    }
}
