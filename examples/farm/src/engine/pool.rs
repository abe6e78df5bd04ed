// SPDX-License-Identifier: MPL-2.0
//! Worker threads that take inputs in order, and help each other with long ones.
use auris_support::result_sink::lock;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};

type Help = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Shared {
    /// Index of the next input.
    next: usize,
    /// Parts of long inputs, which come before the next input.
    parts: VecDeque<Help>,
    /// Workers on an input: they may still ask for help.
    busy: usize,
    /// Workers on a part of another's input.
    helping: usize,
    closed: bool,
}

/// What the workers share.
pub struct Pool {
    /// How many inputs there are.
    count: usize,
    /// How many workers there are, or will be in a moment.
    workers: usize,
    shared: Mutex<Shared>,
    changed: Condvar,
}

/// Results of the parts of one input.
struct Parts<T> {
    results: Mutex<(usize, Vec<Option<T>>)>,
    done: Condvar,
}

impl Pool {
    /// For `workers` threads that call [`Pool::work`] on `count` inputs.
    pub fn new(workers: usize, count: usize) -> Self {
        Pool {
            count,
            workers,
            shared: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Hands out no more inputs; those under way go on.
    pub fn close(&self) {
        lock(&self.shared).closed = true;
        self.changed.notify_all();
    }

    /// One worker: calls `work` with the index of one input after the other, until all are done.
    pub fn work(&self, mut work: impl FnMut(usize)) {
        let mut shared = lock(&self.shared);
        loop {
            if let Some(part) = shared.parts.pop_front() {
                shared.helping += 1;
                drop(shared);
                part();
                shared = lock(&self.shared);
                shared.helping -= 1;
            } else if shared.next < self.count && !shared.closed {
                let index = shared.next;
                shared.next += 1;
                shared.busy += 1;
                drop(shared);
                work(index);
                shared = lock(&self.shared);
                shared.busy -= 1;
                self.changed.notify_all();
            } else if shared.busy == 0 {
                return;
            } else {
                let waited = self.changed.wait(shared);
                shared = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
            }
        }
    }

    /// Workers that would help now. Those whose threads have yet to begin count, too: a single long
    /// input is taken up before the others have looked for one.
    pub fn idle(&self) -> usize {
        let shared = lock(&self.shared);
        if shared.next < self.count && !shared.closed {
            return 0;
        }
        let taken = shared.busy + shared.helping + shared.parts.len();
        self.workers.saturating_sub(taken)
    }

    /// Runs `parts`, with the help of idle workers; their results in order. `None` for one that
    /// panicked.
    pub fn share<T: Send + 'static>(
        &self,
        parts: Vec<Box<dyn FnOnce() -> T + Send>>,
    ) -> Vec<Option<T>> {
        let count = parts.len();
        let all = Arc::new(Parts {
            results: Mutex::new((0, (0..count).map(|_| None).collect())),
            done: Condvar::new(),
        });
        {
            let mut shared = lock(&self.shared);
            for (index, part) in parts.into_iter().enumerate() {
                let all = all.clone();
                shared.parts.push_back(Box::new(move || {
                    let run = std::panic::AssertUnwindSafe(part);
                    let result = std::panic::catch_unwind(run).ok();
                    let mut results = lock(&all.results);
                    results.0 += 1;
                    results.1[index] = result;
                    all.done.notify_all();
                }));
            }
        }
        self.changed.notify_all();
        // Who asked for help helps, too.
        loop {
            let part = lock(&self.shared).parts.pop_front();
            match part {
                Some(part) => part(),
                None => break,
            }
        }
        let results = lock(&all.results);
        let waited = all.done.wait_while(results, |(done, _)| *done < count);
        let mut results = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        std::mem::take(&mut results.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_is_worked_on_once_and_idle_workers_help() {
        let pool = Pool::new(4, 9);
        let seen = Mutex::new(Vec::new());
        let helpers = Mutex::new(std::collections::HashSet::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    pool.work(|index| {
                        lock(&seen).push(index);
                        if index < 8 {
                            return;
                        }
                        while pool.idle() < 3 {
                            std::thread::yield_now();
                        }
                        let parts = (0..16u64).map(|i| -> Box<dyn FnOnce() -> _ + Send> {
                            Box::new(move || {
                                std::thread::sleep(std::time::Duration::from_millis(5));
                                assert_ne!(i, 7, "this part fails");
                                (i, std::thread::current().id())
                            })
                        });
                        let results = pool.share(parts.collect());
                        assert!(results[7].is_none());
                        for (i, result) in results.into_iter().enumerate().filter(|(i, _)| *i != 7)
                        {
                            let (part, thread) = result.unwrap();
                            assert_eq!(part, i as u64);
                            lock(&helpers).insert(thread);
                        }
                    });
                });
            }
        });
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert_eq!(seen, (0..9).collect::<Vec<_>>());
        assert!(helpers.into_inner().unwrap().len() > 1);
    }

    #[test]
    fn workers_without_an_input_count_before_they_begin() {
        let pool = Pool::new(4, 2);
        let mut idle = Vec::new();
        pool.work(|_| idle.push(pool.idle()));
        assert_eq!(idle, [0, 3]);
    }

    #[test]
    fn a_closed_pool_hands_out_nothing() {
        let pool = Pool::new(1, 5);
        pool.close();
        pool.work(|_| panic!("closed"));
    }
}
