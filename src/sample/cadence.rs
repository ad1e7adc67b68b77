//! How often deliveries arrive, and what follows from it.

use super::dates::{self, Day};

/// How often files arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    /// On the first of each month, the last time on 2024-11-01.
    Monthly,
    /// On each Sunday, the last time on 2024-11-03.
    Weekly,
}

impl Cadence {
    /// The day of the delivery after which so many more come.
    pub(super) fn arrives(self, to_come: i64) -> Day {
        match self {
            Self::Monthly => dates::months_before(dates::day(2024, 11, 1), to_come),
            Self::Weekly => dates::day(2024, 11, 3) - 7 * to_come,
        }
    }

    /// The first delivery brings invoices from this day on; each later one
    /// brings those since the delivery before it.
    pub(super) fn first_begins(self, first_arrives: Day) -> Day {
        match self {
            Self::Monthly => dates::months_before(first_arrives, 18),
            Self::Weekly => first_arrives - 26 * 7,
        }
    }

    /// How many of all invoices come after the first delivery.
    pub(super) fn later_invoices(self, invoices: u64) -> u64 {
        match self {
            Self::Monthly => invoices / 5,
            Self::Weekly => invoices / 2,
        }
    }

    /// Once in how many deliveries an account has moved.
    pub(super) fn deliveries_per_move(self) -> u64 {
        match self {
            Self::Monthly => 25,
            Self::Weekly => 150,
        }
    }

    /// Once in how many deliveries an account comes that did not change.
    pub(super) fn deliveries_per_repetition(self) -> u64 {
        match self {
            Self::Monthly => 12,
            Self::Weekly => 100,
        }
    }
}
