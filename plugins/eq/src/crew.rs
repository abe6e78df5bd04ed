// SPDX-License-Identifier: MPL-2.0
//! Threads that wait to help with what the caller has to do, and allocate nothing for it.
#![allow(unsafe_code)]
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What is done with each of so many items, by its number.
#[derive(Clone, Copy)]
struct Task(*const (dyn Fn(usize) + Sync));

// SAFETY: what it points to is Sync, and lives as long as a task is there: see `Crew::run`.
unsafe impl Send for Task {}

#[derive(Default)]
struct State {
    task: Option<Task>,
    /// Items that somebody has begun with, of so many.
    begun: usize,
    count: usize,
    /// Items that are being worked on.
    active: usize,
    /// What somebody panicked with.
    panic: Option<Box<dyn Any + Send>>,
    closing: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    begin: Condvar,
    end: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No item is worked on under the lock: it is sound whoever panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on items until none is left to begin with.
    fn help<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        while state.begun < state.count
            && let Some(task) = state.task
        {
            let item = state.begun;
            state.begun += 1;
            state.active += 1;
            drop(state);
            // SAFETY: `Crew::run` keeps it alive until no item is active.
            let work = || unsafe { (*task.0)(item) };
            let result = catch_unwind(AssertUnwindSafe(work));
            state = self.lock();
            state.active -= 1;
            if let Err(panic) = result {
                state.begun = state.count;
                state.panic = Some(panic);
            }
            if state.active == 0 && state.begun == state.count {
                self.end.notify_one();
            }
        }
        state
    }

    fn serve(&self) {
        let mut state = self.lock();
        while !state.closing {
            state = self.help(state);
            if !state.closing {
                let waiting = self.begin.wait(state);
                state = waiting.unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// Some threads of one owner.
pub struct Crew {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    /// `threads` in all, the caller's among them, or as many as the system gives.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::<Shared>::default();
        let start = |_| {
            let shared = shared.clone();
            let builder = std::thread::Builder::new().name("auris-crew".into());
            builder.spawn(move || shared.serve()).ok()
        };
        Crew {
            threads: (1..threads).map_while(start).collect(),
            shared,
        }
    }

    /// Threads in all, the caller's among them.
    pub fn size(&self) -> usize {
        self.threads.len() + 1
    }

    /// Does `work` with each of `items`, in no particular order, and returns when that is done. A
    /// panic in it is passed on then.
    pub fn for_each<T: Send>(&mut self, items: &mut [T], work: impl Fn(&mut T) + Sync) {
        struct First<T>(*mut T);
        // SAFETY: each item is given to one thread alone, which T: Send allows.
        unsafe impl<T: Send> Sync for First<T> {}
        impl<T> First<T> {
            fn at(&self, item: usize) -> *mut T {
                self.0.wrapping_add(item)
            }
        }
        let first = First(items.as_mut_ptr());
        // SAFETY: `run` has every number below the length of `items` worked on once.
        self.run(items.len(), &|item| work(unsafe { &mut *first.at(item) }));
    }

    fn run(&mut self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let work: *const (dyn Fn(usize) + Sync + '_) = work;
        // SAFETY: only the lifetime is another one, and nobody has the task after this function.
        let task = Task(unsafe {
            std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), *const (dyn Fn(usize) + Sync)>(
                work,
            )
        });
        let mut state = self.shared.lock();
        (state.task, state.begun, state.count) = (Some(task), 0, count);
        self.shared.begin.notify_all();
        state = self.shared.help(state);
        while state.active > 0 {
            let waiting = self.shared.end.wait(state);
            state = waiting.unwrap_or_else(PoisonError::into_inner);
        }
        state.task = None;
        if let Some(panic) = state.panic.take() {
            drop(state);
            resume_unwind(panic);
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.begin.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in 0..5 {
            let mut crew = Crew::new(threads);
            assert_eq!(crew.size(), threads.max(1));
            for round in 0..200 {
                let mut items: Vec<usize> = (0..round % 17).collect();
                crew.for_each(&mut items, |item| *item += 100);
                assert!(items.iter().copied().eq((0..round % 17).map(|i| i + 100)));
            }
        }
    }

    #[test]
    fn all_threads_help() {
        let mut crew = Crew::new(3);
        let arrived = AtomicUsize::new(0);
        // Nobody gets on before three are there.
        crew.for_each(&mut [(); 3], |()| {
            arrived.fetch_add(1, Ordering::SeqCst);
            while arrived.load(Ordering::SeqCst) < 3 {
                std::thread::yield_now();
            }
        });
        assert_eq!(arrived.into_inner(), 3);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_crew_survives() {
        let mut crew = Crew::new(3);
        for bad in 0..6 {
            let mut items: Vec<usize> = (0..6).collect();
            let result = catch_unwind(AssertUnwindSafe(|| {
                crew.for_each(&mut items, |item| assert!(*item != bad, "bad item"));
            }));
            assert!(result.is_err());
            let mut items = [1, 2, 3];
            crew.for_each(&mut items, |item| *item *= 2);
            assert_eq!(items, [2, 4, 6]);
        }
    }
}
