// SPDX-License-Identifier: MPL-2.0
//! Who computes what, and when: one [`Scheduler`] per process, some worker threads, and any number of
//! streams that share them.
//!
//! - `backend`: what computes embeddings, and how it may fail; `engine`: one of them, shared.
//! - `stream`: windows on their way there and back, in order; `queue`: the same, under the lock.
//! - `worker`: a thread; `attempt`: a batch that becomes smaller until it succeeds.
//!
//! A stream hands in windows and gets embeddings back in the same order. How many of its windows are
//! under way is bounded, and whoever waits can be interrupted. Streams take turns. Nothing is
//! allocated per window once as many as are allowed have been under way.
mod attempt;
mod backend;
mod engine;
mod queue;
mod stream;
#[cfg(test)]
mod tests;
mod worker;

pub use backend::{Backend, Failure, Native, Session, Task};
pub use engine::{Counts, Engine};
pub use stream::{Cancelled, Limits, Next, Stream};

use crate::Error;
use queue::{Batch, Queue};
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard};
use std::thread;

/// Worker threads, and the streams that they work for.
pub struct Scheduler {
    state: Mutex<State>,
    /// There is work, or fewer workers are wanted.
    work: Condvar,
    /// Threads that there may be at most.
    most: usize,
}

#[derive(Default)]
struct State {
    streams: Vec<Queue>,
    /// Whose turn it is.
    turn: usize,
    /// Threads that run.
    workers: usize,
    /// Numbers given to streams so far.
    numbers: u64,
}

impl Scheduler {
    /// The one of this process, with as many threads as there are processors for it at most.
    pub fn global() -> &'static Arc<Scheduler> {
        static GLOBAL: LazyLock<Arc<Scheduler>> = LazyLock::new(|| {
            let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            Scheduler::new(cores)
        });
        &GLOBAL
    }

    /// Another one, with at most so many threads.
    pub fn new(most: NonZeroUsize) -> Arc<Scheduler> {
        Arc::new(Scheduler {
            state: Mutex::default(),
            work: Condvar::new(),
            most: most.get(),
        })
    }

    /// Threads that there may be at most.
    pub fn most_threads(&self) -> usize {
        self.most
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can leave it half done.
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn register(self: &Arc<Self>, make: impl FnOnce(u64) -> Queue) -> Result<u64, Error> {
        let mut state = self.lock();
        let number = state.numbers;
        state.numbers += 1;
        state.streams.push(make(number));
        while state.workers < self.wanted(&state) {
            let spawned = worker::spawn(self.clone());
            if let Err(error) = spawned {
                if state.workers > 0 {
                    break;
                }
                state.streams.pop();
                return Err(Error::NoThread(error));
            }
            state.workers += 1;
        }
        Ok(number)
    }

    fn unregister(&self, number: u64) {
        let gone = {
            let mut state = self.lock();
            let place = state.streams.iter().position(|s| s.number == number);
            place.map(|place| state.streams.remove(place))
        };
        drop(gone);
        // Some may be too many now, and have sessions that nobody needs.
        self.work.notify_all();
    }

    /// As many threads as the stream that wants most.
    fn wanted(&self, state: &State) -> usize {
        let threads = state.streams.iter().map(|stream| stream.threads);
        threads.max().unwrap_or(0).min(self.most)
    }
}

impl State {
    fn stream(&mut self, number: u64) -> Option<&mut Queue> {
        self.streams
            .iter_mut()
            .find(|stream| stream.number == number)
    }

    /// Takes what is to be computed next: a window, and further ones for the same engine as far as it
    /// takes them at once. Streams take turns.
    fn pick(&mut self, batch: &mut Batch) -> Option<Arc<Engine>> {
        let count = self.streams.len();
        let first = (0..count)
            .map(|i| (self.turn + i) % count)
            .find(|&i| self.streams[i].waits())?;
        let engine = self.streams[first].engine.clone();
        let most = engine.most_windows().min(self.streams[first].batch);
        self.turn = first + 1;
        let mut found = true;
        while found && batch.len() < most {
            found = false;
            for place in (first..count).chain(0..first) {
                let stream = &mut self.streams[place];
                if batch.len() < most
                    && Arc::ptr_eq(&stream.engine, &engine)
                    && let Some(task) = stream.take()
                {
                    batch.push(task);
                    found = true;
                }
            }
        }
        Some(engine)
    }

    /// Brings back what was computed.
    fn deliver(&mut self, batch: &mut Batch) {
        for task in batch.drain(..) {
            if let Some(stream) = self.stream(task.stream()) {
                stream.deliver(task);
            }
        }
    }
}
