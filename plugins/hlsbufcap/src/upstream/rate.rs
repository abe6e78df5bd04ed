// SPDX-License-Identifier: MPL-2.0
//! How fast the server is, whatever the consumer takes of it.
use crate::budget::lock;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Older time counts half, beyond this much.
const MEMORY: Duration = Duration::from_secs(10);
/// Less than this says nothing.
const ENOUGH: u64 = 64 << 10;

/// Bytes over the time in which at least one download was under way.
#[derive(Debug, Default)]
pub struct Rate(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    under_way: usize,
    since: Option<Instant>,
    busy: Duration,
    bytes: u64,
}

/// A download under way.
#[derive(Debug)]
pub struct UnderWay<'a>(&'a Rate);

impl Rate {
    /// A download begins, and is under way until what is returned is dropped.
    pub fn begin(&self) -> UnderWay<'_> {
        let mut counts = lock(&self.0);
        counts.count_time(Instant::now());
        counts.under_way += 1;
        UnderWay(self)
    }

    /// Bits per second; `None` before there is enough to tell.
    pub fn bits_per_second(&self) -> Option<u64> {
        let mut counts = lock(&self.0);
        counts.count_time(Instant::now());
        let seconds = counts.busy.as_secs_f64();
        (counts.bytes >= ENOUGH && seconds > 0.0)
            .then(|| (counts.bytes as f64 * 8.0 / seconds) as u64)
    }
}

impl UnderWay<'_> {
    /// Something came.
    pub fn received(&self, bytes: usize) {
        let mut counts = lock(&self.0.0);
        counts.count_time(Instant::now());
        counts.bytes += bytes as u64;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut counts = lock(&self.0.0);
        counts.count_time(Instant::now());
        counts.under_way -= 1;
    }
}

impl Counts {
    fn count_time(&mut self, now: Instant) {
        let since = self.since.replace(now).unwrap_or(now);
        if self.under_way > 0 {
            self.busy += now.saturating_duration_since(since);
        }
        while self.busy > MEMORY * 2 {
            self.busy /= 2;
            self.bytes /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_does_not_count_and_old_time_counts_less() {
        let mut counts = Counts::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        counts.count_time(at(0));
        counts.under_way = 1;
        counts.count_time(at(4));
        counts.under_way = 0;
        counts.bytes = 400;
        counts.count_time(at(100));
        assert_eq!(counts.busy, Duration::from_secs(4));
        counts.under_way = 2;
        counts.count_time(at(120));
        assert_eq!((counts.busy, counts.bytes), (Duration::from_secs(12), 200));
    }

    #[test]
    fn little_says_nothing() {
        let rate = Rate::default();
        rate.begin().received(1000);
        assert_eq!(rate.bits_per_second(), None);
        rate.begin().received(1 << 20);
        assert!(rate.bits_per_second().is_some());
    }
}
