//! What can go wrong between a program and its store, as numbers: how likely
//! each fault is, and how often it happened.

/// How likely each fault is, per operation, from 0 to 1. One seed and one order
/// of operations give the same faults.
///
/// A put suffers at most one of `lost_response`, `not_applied`, `own_412` and
/// `late`; together they should not exceed 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Faults {
    pub seed: u64,
    /// A put is decided, but its answer gets lost: `Unknown`.
    pub lost_response: f64,
    /// A put never arrives: `Unknown`.
    pub not_applied: f64,
    /// A put is applied, its answer gets lost, and the client below us tries
    /// again and meets its own bytes: `Precondition`.
    pub own_412: f64,
    /// A put is on its way for longer than the caller waits: `Unknown` now, and
    /// decided during one of the following operations, of whichever writer, even
    /// if its own was killed.
    pub late: f64,
    /// `head`, `get` and `hash` answer what lay there before the newest put.
    /// Each answer by itself: a head and a get may disagree.
    pub stale_head: f64,
    /// `list` leaves out keys that have been put only once.
    pub stale_list: f64,
    /// `head`, `get`, `hash` and `list` get no answer: `Unknown`.
    pub failed_read: f64,
}

/// How often each fault really happened, that is: was different from no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FaultCounts {
    /// Only puts that were applied.
    pub lost_response: u64,
    pub not_applied: u64,
    pub own_412: u64,
    /// Counted when it arrives and is applied.
    pub late_applied: u64,
    /// Counted when it arrives and is refused.
    pub late_refused: u64,
    pub stale_head: u64,
    pub stale_list: u64,
    pub failed_read: u64,
}

/// What happens to one put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PutFault {
    None,
    LostResponse,
    NotApplied,
    Own412,
    Late,
}

impl Faults {
    /// The fault for a put, given a random number from 0 to 1.
    pub(super) fn of_put(&self, at: f64) -> PutFault {
        let mut below = 0.0;
        for (likely, fault) in [
            (self.lost_response, PutFault::LostResponse),
            (self.not_applied, PutFault::NotApplied),
            (self.own_412, PutFault::Own412),
            (self.late, PutFault::Late),
        ] {
            below += likely;
            if at < below {
                return fault;
            }
        }
        PutFault::None
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere and for ever.
#[derive(Debug, Clone, Copy)]
pub(super) struct SplitMix64(pub(super) u64);

impl SplitMix64 {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 (included) to 1 (excluded).
    pub(super) fn unit(&mut self) -> f64 {
        // 53 bits: what an f64 holds exactly.
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of `0..count`; `count` is small, so the bias does not matter.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_its_published_numbers() {
        let mut numbers = SplitMix64(1_234_567);
        assert_eq!(numbers.next(), 6_457_827_717_110_365_317);
        assert_eq!(numbers.next(), 3_203_168_211_198_807_973);
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&numbers.unit()));
        }
    }
}
