// SPDX-License-Identifier: MPL-2.0
//! When intervals end.

const SECOND: u128 = 1_000_000_000;

/// Intervals in whole frames. What rounding down leaves over is collected, and makes one frame
/// more once it is a whole one, with the timing of GStreamer's element `spectrum`: what an
/// interval leaves over counts from the end of the next one on.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// Frames of most intervals, at least 1.
    per_interval: u64,
    /// What `per_interval` is short by, in frames·10⁹.
    short: u64,
    collected: u64,
    /// Frames of the present interval.
    todo: u64,
    done: u64,
}

impl Schedule {
    /// Intervals of so many nanoseconds.
    pub(super) fn new(interval: u64, rate: u32) -> Self {
        let product = u128::from(interval) * u128::from(rate);
        // Below 2⁶⁴·2³² / 10⁹ < 2⁶⁷: saturates where no stream will ever get.
        let per_interval = u64::try_from(product / SECOND).unwrap_or(u64::MAX).max(1);
        Schedule {
            per_interval,
            short: (product % SECOND) as u64,
            collected: 0,
            todo: per_interval,
            done: 0,
        }
    }

    /// The fewest frames an interval can have.
    pub(super) fn shortest(&self) -> u64 {
        self.per_interval
    }

    /// Frames of the present interval.
    pub(super) fn todo(&self) -> u64 {
        self.todo
    }

    /// How many of them have come.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Goes on by frames that the interval has left.
    pub(super) fn advance(&mut self, frames: u64) {
        self.done = self.todo.min(self.done + frames);
    }

    /// Begins the next interval if this one is full.
    pub(super) fn next_if_due(&mut self) {
        if self.done < self.todo {
            return;
        }
        self.todo = self.per_interval;
        if u128::from(self.collected) >= SECOND {
            self.collected -= SECOND as u64;
            self.todo = self.todo.saturating_add(1);
        }
        self.collected += self.short;
        self.done = 0;
    }

    /// Begins an interval after a discontinuity, as long as the present one would have been.
    pub(super) fn interrupt(&mut self) {
        self.next_if_due();
        self.done = 0;
        self.collected = 0;
    }

    /// As if new.
    pub(super) fn reset(&mut self) {
        self.todo = self.per_interval;
        self.done = 0;
        self.collected = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(interval: u64, rate: u32, count: usize) -> Vec<u64> {
        let mut schedule = Schedule::new(interval, rate);
        let mut next = || {
            let todo = schedule.todo();
            schedule.advance(todo);
            schedule.next_if_due();
            todo
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn whole_frames_are_all_alike() {
        assert_eq!(lengths(10_000_000, 48_000, 5), [480; 5]);
    }

    /// Durations of the C element's messages, in frames: 44.1 kHz at 10.3 ms is 454.23 frames.
    #[test]
    fn what_is_left_over_makes_a_frame_two_intervals_late() {
        let ours = lengths(10_300_000, 44_100, 11);
        let longer: Vec<usize> = (0..11).filter(|&i| ours[i] == 455).collect();
        assert_eq!(longer, [6, 10]);
        let total: u64 = lengths(10_300_000, 44_100, 10_000).iter().sum();
        assert!((total as f64 - 4_542_300.0).abs() < 3.0);
    }

    #[test]
    fn at_least_one_frame_and_no_overflow() {
        assert_eq!(lengths(1, 8_000, 3), [1; 3]);
        assert_eq!(lengths(u64::MAX, u32::MAX, 1), [u64::MAX]);
        assert_eq!(lengths(u64::MAX, 48_000, 1).len(), 1);
    }
}
