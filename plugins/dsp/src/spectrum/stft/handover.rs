// SPDX-License-Identifier: MPL-2.0
//! From one plan to another in the middle of a stream.
use super::{Config, Stft};

impl Config {
    /// Whether `other` cuts the same frames and makes the same powers of them: only phases may be
    /// wanted of one and not of the other.
    fn has_frames_of(&self, other: &Config) -> bool {
        let facts = |c: &Config| {
            (
                (c.rate, c.rows, c.size, c.frame, c.hop),
                (c.padding, c.prepare, c.whole_only, c.precision),
            )
        };
        facts(self) == facts(other) && self.window == other.window
    }
}

impl Stft {
    /// Goes on where `before` stands, with its samples and its count of frames, if both cut the same
    /// frames: of their configurations only `phase` may differ. `before` is as if new then. Whether it
    /// does; if not, neither has changed. Nothing is allocated.
    pub fn take_over(&mut self, before: &mut Stft) -> bool {
        if !self.config.has_frames_of(&before.config) {
            return false;
        }
        std::mem::swap(&mut self.history, &mut before.history);
        (self.base, self.filled) = (before.base, before.filled);
        (self.length, self.begun) = (before.length, before.begun);
        self.index = before.index;
        before.reset();
        true
    }
}
