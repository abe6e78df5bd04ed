// SPDX-License-Identifier: MPL-2.0
//! When results are due, and what they cover.
use super::stream::Span;

/// When results are due.
pub struct Clock {
    rate: u64,
    pub hop: u64,
    /// In ns.
    interval: u64,
    /// Frames before it began.
    first: u64,
    /// Intervals that are over.
    over: u64,
    /// Frames that were told.
    told: u64,
    /// Frames since.
    pub fresh: u64,
}

impl Clock {
    pub fn new(rate: u32, hop: usize, interval: u64) -> Self {
        Clock {
            rate: rate.into(),
            hop: hop as u64,
            interval,
            first: 0,
            over: 0,
            told: 0,
            fresh: 0,
        }
    }

    /// Takes note of a frame; whether an interval ends with its hop.
    pub fn tick(&mut self) -> bool {
        self.fresh += 1;
        let frames = u128::from(self.told + self.fresh) * u128::from(self.hop);
        let now = frames * 1_000_000_000 / u128::from(self.rate.max(1));
        let over = (now / u128::from(self.interval.max(1))) as u64;
        std::mem::replace(&mut self.over, over) < over
    }

    /// What the frames since the last result cover.
    pub fn span(&self) -> Span {
        Span {
            start: (self.first + self.told).saturating_mul(self.hop),
            frames: self.fresh.saturating_mul(self.hop),
        }
    }

    pub fn next(&mut self) {
        self.told += self.fresh;
        self.fresh = 0;
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.first + self.told + self.fresh
    }

    /// Begins an interval after so many frames.
    pub fn begin(&mut self, first: u64) {
        self.first = first;
        (self.over, self.told, self.fresh) = (0, 0, 0);
    }
}
