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
    /// Of the first: none if an interval is shorter than a frame.
    first: u64,
    /// What `per_interval` is short by, in frames·10⁹.
    short: u64,
    collected: u64,
    /// Frames of the present interval.
    todo: u64,
    done: u64,
    /// Whether the present interval has ended. One of no frames ends as well.
    is_over: bool,
}

impl Schedule {
    /// Intervals of so many nanoseconds.
    pub(super) fn new(interval: u64, rate: u32) -> Self {
        let product = u128::from(interval) * u128::from(rate);
        // Below 2⁶⁴·2³² / 10⁹ < 2⁶⁷: saturates where no stream will ever get.
        let first = u64::try_from(product / SECOND).unwrap_or(u64::MAX);
        Schedule {
            per_interval: first.max(1),
            first,
            short: (product % SECOND) as u64,
            collected: 0,
            todo: first,
            done: 0,
            is_over: false,
        }
    }

    /// The fewest frames an interval can have, but for the first.
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
        self.is_over = self.done == self.todo;
    }

    /// Whether the present interval has ended.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Begins the next interval if this one has ended.
    pub(super) fn next_if_over(&mut self) {
        if !std::mem::take(&mut self.is_over) {
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
        self.next_if_over();
        self.done = 0;
        self.collected = 0;
    }

    /// As if new.
    pub(super) fn reset(&mut self) {
        self.todo = self.first;
        self.done = 0;
        self.collected = 0;
        self.is_over = false;
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
            schedule.next_if_over();
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
    fn after_the_first_at_least_one_frame_and_no_overflow() {
        assert_eq!(lengths(1, 8_000, 4), [0, 1, 1, 1]);
        assert_eq!(lengths(u64::MAX, u32::MAX, 1), [u64::MAX]);
        assert_eq!(lengths(u64::MAX, 48_000, 1).len(), 1);
    }
}
