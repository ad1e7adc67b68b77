//! How large what is sent may be: what is set, within what S3 takes.

use crate::model::hash::ContentHash;

const KIB: u64 = 1024;
/// What S3 takes at most.
const MOST_PARTS: u64 = 10_000;
const MOST_BYTES_OF_PART: u64 = 5 * KIB * KIB * KIB;
const MOST_BYTES_OF_PUT: u64 = 5 * KIB * KIB * KIB;

/// Bytes of the largest file that one PUT sends, from memory.
pub(super) fn most_at_once(part: u64) -> u64 {
    part.saturating_mul(2).min(MOST_BYTES_OF_PUT)
}

/// As is set, or more where there would be too many parts. A little of it comes
/// from the generation, so that the same bytes, put again, get another ETag: a
/// late request that expects the earlier one is refused then.
pub(super) fn part_size(set: u64, size: u64, generation: &str) -> u64 {
    let least = size.div_ceil(MOST_PARTS).next_multiple_of(KIB * KIB);
    let little = ContentHash::of(generation.as_bytes()).as_bytes()[..2]
        .iter()
        .fold(0, |sum, byte| sum * 256 + u64::from(*byte));
    (set.max(least) + little % KIB * KIB).min(MOST_BYTES_OF_PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_larger_than_s3_takes() {
        let gib = KIB * KIB * KIB;
        assert_eq!(most_at_once(8 * KIB * KIB), 16 * KIB * KIB);
        assert_eq!(most_at_once(3 * gib), 5 * gib);
        assert_eq!(part_size(5 * gib, 6 * gib, "x"), 5 * gib);
        let size = 5000 * gib;
        assert!(size.div_ceil(part_size(8 * KIB * KIB, size, "x")) <= MOST_PARTS);
    }
}
