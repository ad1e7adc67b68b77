//! Random numbers that are the same on every machine and in every release:
//! splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
//! generators", OOPSLA 2014), which needs no crate and no state but a number.

/// A stream of random numbers.
pub struct Rng(u64);

impl Rng {
    /// The stream that belongs to one thing (say, the address of account 7),
    /// given as numbers. Things have streams of their own so that a row can be
    /// made again, equal, in a later delivery, and so that what is added to one
    /// kind of row later does not change all others.
    pub fn about(seed: u64, thing: &[u64]) -> Self {
        let mut rng = Self(seed);
        for part in thing {
            rng.0 = rng.bits() ^ part;
        }
        rng
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to `limit - 1`. The bias of multiplying instead of
    /// rejecting is far below what a sample could show.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One word of a list.
    pub fn word(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len() as u64) as usize]
    }
}
