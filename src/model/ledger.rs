//! The ledger: what was taken, by which run, as a chain of events.
//!
//! It lies inside the warehouse and is written by the same transaction as the
//! rows it speaks of, so it cannot be wrong about them. Its head is a hash over
//! every event so far: two ledgers with one head tell the same story.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::commit::RunRecord;
use super::hash::ContentHash;
use super::input_file::{InputFile, RowCounts};
use super::names::SourceName;
use super::run::RunNumber;
use super::source::SourceDefinition;
use super::token::RandomId;

/// One thing that happened to a source, or a run itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A content was loaded.
    Taken { source: SourceName, file: InputFile },
    /// The content at a path was replaced by another, which takes over its place.
    Rewritten {
        source: SourceName,
        /// The number of the input file whose rows no longer count.
        replaces: u64,
        file: InputFile,
    },
    /// A taken content is now carried by other paths.
    Renamed {
        source: SourceName,
        number: u64,
        paths: Vec<String>,
    },
    /// A content's rows no longer count: its last path vanished.
    Retracted { source: SourceName, number: u64 },
    /// The raw table was emptied, to be loaded anew. Files of it that are taken
    /// again keep their places. What was known before is not known any more.
    Reset {
        source: SourceName,
        /// None: by `--full-refresh`, or by a program that knew no wishes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wish: Option<RandomId>,
    },
    /// Some contents are taken again at their places. Their rows are retired, so
    /// what was known before is still known.
    ResetSome {
        source: SourceName,
        numbers: Vec<u64>,
        wish: RandomId,
    },
    /// The same, of what later runs than `to` took.
    Rewound {
        source: SourceName,
        to: RunNumber,
        numbers: Vec<u64>,
        wish: RandomId,
    },
    /// Contents count as taken, and their rows were not loaded.
    SetAsProcessed {
        source: SourceName,
        glob: String,
        files: Vec<InputFile>,
        wish: RandomId,
    },
    /// Files that match are left as they are.
    Held {
        source: SourceName,
        glob: String,
        wish: RandomId,
    },
    /// They no longer are.
    Released {
        source: SourceName,
        glob: String,
        wish: RandomId,
    },
    /// What is in the quarantine is tried again.
    Replay { source: SourceName, wish: RandomId },
    /// Records of a file that were in the quarantine fit now, or the other way
    /// round: what became of them.
    Replayed {
        source: SourceName,
        number: u64,
        rows: RowCounts,
    },
    /// A schema change of the raw table.
    Drifted {
        source: SourceName,
        drift: SchemaDrift,
    },
    /// A rebuild could not load the rows of a content again. It is taken at its place
    /// if it turns up.
    Gone { source: SourceName, number: u64 },
    /// A committed run whose snapshot is not to be published.
    Abandoned { run: RunNumber },
    /// The run that wrote the events before it. Always the last of its run.
    Run(Box<RunRecord>),
}

impl Event {
    /// An event, from its text. That of a run is most of a ledger, and is read without
    /// the detour by which a tag is found wherever it stands.
    fn read(text: &str) -> Result<Self, serde_json::Error> {
        if text.starts_with(r#"{"event":"run","#) {
            return Ok(Event::Run(Box::new(serde_json::from_str(text)?)));
        }
        serde_json::from_str(text)
    }

    /// The source that it is about.
    pub fn source(&self) -> Option<&SourceName> {
        match self {
            Event::Taken { source, .. }
            | Event::Rewritten { source, .. }
            | Event::Renamed { source, .. }
            | Event::Retracted { source, .. }
            | Event::Reset { source, .. }
            | Event::ResetSome { source, .. }
            | Event::Rewound { source, .. }
            | Event::SetAsProcessed { source, .. }
            | Event::Held { source, .. }
            | Event::Released { source, .. }
            | Event::Replay { source, .. }
            | Event::Replayed { source, .. }
            | Event::Gone { source, .. }
            | Event::Drifted { source, .. } => Some(source),
            Event::Abandoned { .. } | Event::Run(_) => None,
        }
    }

    /// Whether it says that a rebuild had to do without a content.
    pub fn is_gone(&self) -> bool {
        matches!(self, Event::Gone { .. })
    }

    /// The wish that it carries out.
    pub fn wish(&self) -> Option<&RandomId> {
        match self {
            Event::Reset { wish, .. } => wish.as_ref(),
            Event::ResetSome { wish, .. }
            | Event::Rewound { wish, .. }
            | Event::SetAsProcessed { wish, .. }
            | Event::Held { wish, .. }
            | Event::Released { wish, .. }
            | Event::Replay { wish, .. } => Some(wish),
            Event::Taken { .. }
            | Event::Rewritten { .. }
            | Event::Renamed { .. }
            | Event::Retracted { .. }
            | Event::Replayed { .. }
            | Event::Drifted { .. }
            | Event::Gone { .. }
            | Event::Abandoned { .. }
            | Event::Run(_) => None,
        }
    }
}

/// How a file's header differed from the raw table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SchemaDrift {
    /// A column that the raw table did not have; it has it now.
    Added {
        column: String,
        ty: String,
        path: String,
    },
    /// A column that the file does not have; its rows hold NULL there.
    Missing { column: String, path: String },
    /// A column that nobody declared was of a type too narrow for the file.
    Widened {
        column: String,
        from: String,
        to: String,
        path: String,
    },
    /// The run was refused for it; it is not in the ledger, but in the run's summary.
    Refused { path: String, why: String },
    /// The file has its columns in another order than the raw table.
    Reordered { path: String },
}

/// An event as it is stored: its text is what is hashed, byte for byte.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Position in the ledger, from 1.
    pub seq: u64,
    pub run: RunNumber,
    /// The event as JSON.
    pub text: String,
    /// The head after this event.
    pub head: ContentHash,
    pub event: Event,
}

/// Why a ledger cannot be believed.
#[derive(Debug, thiserror::Error)]
pub enum BrokenLedger {
    #[error("event {seq} cannot be read: {reason}")]
    Unreadable { seq: u64, reason: String },
    #[error("event {seq} does not follow from the event before it")]
    Chain { seq: u64 },
}

/// The head of an empty ledger.
pub fn empty_head() -> ContentHash {
    ContentHash::of(b"")
}

/// The head after an event: the hash over the head before it and its text.
pub fn head_after(before: &ContentHash, text: &str) -> ContentHash {
    ContentHash::of_parts([before.as_bytes().as_slice(), text.as_bytes()])
}

impl Entry {
    /// The entry that follows `before` (position and head).
    pub fn following(
        before: (u64, &ContentHash),
        run: RunNumber,
        event: Event,
    ) -> Result<Self, serde_json::Error> {
        let text = serde_json::to_string(&event)?;
        Ok(Self {
            seq: before.0 + 1,
            run,
            head: head_after(before.1, &text),
            text,
            event,
        })
    }

    /// An entry as it was stored, held against the head before it.
    ///
    /// # Errors
    /// [`BrokenLedger`] if its text or its place in the chain is wrong.
    pub fn stored(
        before: &ContentHash,
        seq: u64,
        run: RunNumber,
        text: String,
        head: ContentHash,
    ) -> Result<Self, BrokenLedger> {
        if head_after(before, &text) != head {
            return Err(BrokenLedger::Chain { seq });
        }
        let event = Event::read(&text).map_err(|e| BrokenLedger::Unreadable {
            seq,
            reason: e.to_string(),
        })?;
        Ok(Self {
            seq,
            run,
            text,
            head,
            event,
        })
    }
}

/// The whole ledger, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    pub entries: Vec<Entry>,
}

impl Ledger {
    /// Position and head after the last event.
    pub fn end(&self) -> (u64, ContentHash) {
        self.entries
            .last()
            .map_or((0, empty_head()), |e| (e.seq, e.head))
    }

    /// The head after the last event.
    pub fn head(&self) -> ContentHash {
        self.end().1
    }

    /// Whether the ledger ever had this head.
    pub fn ever_had(&self, head: &ContentHash) -> bool {
        *head == empty_head() || self.entries.iter().any(|e| e.head == *head)
    }

    /// The runs in it, oldest first.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &RunRecord> {
        self.entries.iter().filter_map(|e| match &e.event {
            Event::Run(record) => Some(&**record),
            _ => None,
        })
    }

    /// The record of one run, with the position of its entry.
    pub fn run(&self, number: RunNumber) -> Option<(u64, &RunRecord)> {
        self.entries.iter().find_map(|e| match &e.event {
            Event::Run(record) if record.run == number => Some((e.seq, &**record)),
            _ => None,
        })
    }

    /// How a source was defined when a run loaded it, as far as runs wrote that down;
    /// None: as it was last.
    pub fn definition(
        &self,
        source: &SourceName,
        run: Option<RunNumber>,
    ) -> Option<&SourceDefinition> {
        let written = |r: &'_ &RunRecord| run.is_none_or(|run| r.run <= run);
        let mut runs = self.runs().rev().filter(written);
        runs.find_map(|r| r.definitions.get(source))
    }

    /// The newest definition of a source that was written down and has this
    /// fingerprint.
    pub fn definition_like(
        &self,
        source: &SourceName,
        fingerprint: &ContentHash,
    ) -> Option<&SourceDefinition> {
        let mut written = self.runs().rev().filter_map(|r| r.definitions.get(source));
        written.find(|definition| definition.fingerprint() == *fingerprint)
    }

    /// Whether a wish was carried out.
    pub fn has_wish(&self, id: &RandomId) -> bool {
        self.entries.iter().any(|e| e.event.wish() == Some(id))
    }

    /// Whether a run was given up.
    pub fn is_abandoned(&self, number: RunNumber) -> bool {
        self.entries
            .iter()
            .any(|e| matches!(e.event, Event::Abandoned { run } if run == number))
    }

    /// All runs that were given up.
    pub fn abandoned(&self) -> BTreeSet<RunNumber> {
        let runs = self.entries.iter().filter_map(|e| match e.event {
            Event::Abandoned { run } => Some(run),
            _ => None,
        });
        runs.collect()
    }

    /// The highest run number that wrote into it; 0 if none did.
    pub fn last_run(&self) -> RunNumber {
        self.entries.iter().map(|e| e.run).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_from_before_the_wishes_is_read() {
        let text = r#"{"event":"reset","source":"orders"}"#;
        let event: Event = serde_json::from_str(text).unwrap();
        assert_eq!(event.wish(), None);
        // And written as it was, byte for byte: the head is over its text.
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
        let entry = Entry::following((0, &empty_head()), 1, event).unwrap();
        let back = Entry::stored(&empty_head(), 1, 1, entry.text.clone(), entry.head).unwrap();
        assert_eq!(back, entry);
    }
}
