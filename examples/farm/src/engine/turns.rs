// SPDX-License-Identifier: MPL-2.0
//! No more decoders at once than there are cores, where decoding is all that is left to do.
//!
//! Jobs beyond the number of cores are there to wait for disks while others compute. Of the formats
//! whose inspection reads every byte, the file is cached by then, and a decoder more would only take
//! memory: the tables of a Vorbis stream alone are 2 MB.
use auris_support::result_sink::lock;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex};

/// How many may compute at once.
pub struct Turns {
    most: usize,
    taken: Mutex<usize>,
    freed: Condvar,
}

/// A turn, until it is dropped.
pub struct Turn<'a>(&'a Turns);

impl Turns {
    /// One for each core.
    pub fn new() -> Self {
        Self::with(std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    fn with(most: usize) -> Self {
        Turns {
            most,
            taken: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    /// Waits for a turn.
    pub fn take(&self) -> Turn<'_> {
        let taken = lock(&self.taken);
        let waited = self.freed.wait_while(taken, |taken| *taken >= self.most);
        *waited.unwrap_or_else(|poisoned| poisoned.into_inner()) += 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.0.taken) -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_than_allowed_have_a_turn_and_all_get_one() {
        let turns = Turns::with(3);
        let (now, most, all) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let _turn = turns.take();
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                        all.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(all.into_inner(), 800);
        assert!((2..=3).contains(&most.into_inner()));
    }
}
