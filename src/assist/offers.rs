//! Offers, put in order.

use std::collections::HashSet;

use super::rank::{Fit, fit};
use super::vocabulary::{Candidate, CandidateKind};

/// More are not looked at by anybody.
const MOST: usize = 200;

/// What comes before what, if it fits as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Name,
    Function,
    /// A keyword that can follow.
    Keyword,
    /// A keyword of which nobody knows whether it can.
    AnyKeyword,
}

impl Order {
    /// Functions are many and their names short, so that a name of the user's own
    /// that fits by a part comes before one of them.
    fn rank(self, fit: Fit) -> Option<u8> {
        Some(match (self, fit) {
            (Self::Name, Fit::Whole) => 0,
            (Self::Name, Fit::Begins) => 1,
            (Self::Keyword, Fit::Whole) => 2,
            (Self::Name, Fit::Parts) => 3,
            (Self::Function, Fit::Whole) => 4,
            (Self::Function, Fit::Begins) => 5,
            (Self::Keyword, Fit::Begins) => 6,
            (Self::Name, Fit::Letters) => 7,
            (Self::Function | Self::Keyword, Fit::Parts) => 8,
            (Self::AnyKeyword, Fit::Whole | Fit::Begins) => 9,
            (Self::Function, Fit::Letters) => 10,
            (Self::Keyword | Self::AnyKeyword, _) => return None,
        })
    }
}

/// What may be offered, if it fits.
pub(super) struct Offer<'a> {
    /// What is compared with what was written.
    pub name: &'a str,
    pub text: String,
    pub kind: CandidateKind,
    pub detail: String,
    pub order: Order,
    /// Less is better.
    pub cost: i32,
}

/// Those that fit what was written.
pub(super) struct Offers {
    written: String,
    all: Vec<((u8, i32), Candidate)>,
}

impl Offers {
    pub fn new(written: &str) -> Self {
        Self {
            written: written.to_owned(),
            all: Vec::new(),
        }
    }

    /// Takes the offer if it fits.
    pub fn add(&mut self, offer: Offer<'_>) {
        let rank = fit(&self.written, offer.name).and_then(|fit| offer.order.rank(fit));
        if let Some(rank) = rank {
            let candidate = Candidate {
                text: offer.text,
                kind: offer.kind,
                detail: offer.detail,
            };
            self.all.push(((rank, offer.cost), candidate));
        }
    }

    /// Puts all that there is before what comes.
    pub fn prefer(&mut self) {
        for ((rank, _), _) in &mut self.all {
            *rank = 0;
        }
    }

    /// The best first, each once.
    pub fn best(mut self) -> Vec<Candidate> {
        self.all.sort_by_key(|(key, _)| *key);
        let mut seen = HashSet::new();
        let each = self.all.into_iter().map(|(_, candidate)| candidate);
        each.filter(|candidate| seen.insert((candidate.kind, candidate.text.clone())))
            .take(MOST)
            .collect()
    }
}
