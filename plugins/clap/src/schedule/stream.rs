// SPDX-License-Identifier: MPL-2.0
//! Windows on their way to a worker and back.
use super::queue::Queue;
use super::{Engine, Scheduler, State, Task};
use crate::Error;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, MutexGuard};

/// What a stream may take up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Threads that work for all streams: the largest number of all streams counts, and never more
    /// than [`Scheduler::most_threads`].
    pub threads: NonZeroUsize,
    /// Windows that are under way or wait to be taken back.
    pub windows: NonZeroUsize,
    /// Windows of a batch, where the back end makes any.
    pub batch: NonZeroUsize,
}

/// The stream was cancelled: what was under way is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// What comes next for a stream.
pub enum Next {
    /// A window that was computed; to be given back with [`Stream::recycle`].
    Done(Box<Task>),
    /// Room for another one, to be filled and handed in with [`Stream::submit`].
    Room(Box<Task>),
}

/// A stream of windows. One thread hands in and takes back; any may cancel.
pub struct Stream {
    scheduler: Arc<Scheduler>,
    number: u64,
    changed: Arc<Condvar>,
}

impl Stream {
    /// # Errors
    /// [`Error::NoThread`] if there is no thread to work for it.
    pub fn new(
        scheduler: &Arc<Scheduler>,
        engine: Arc<Engine>,
        limits: Limits,
    ) -> Result<Stream, Error> {
        let changed = Arc::new(Condvar::new());
        let numbers = [limits.threads, limits.batch, limits.windows].map(NonZeroUsize::get);
        let number =
            scheduler.register(|number| Queue::new(number, engine, numbers, changed.clone()))?;
        Ok(Stream {
            scheduler: scheduler.clone(),
            number,
            changed,
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Queue) -> T) -> Option<T> {
        self.scheduler.lock().stream(self.number).map(act)
    }

    /// Waits until `act` has something, or the stream is cancelled.
    fn wait<T>(&self, mut act: impl FnMut(&mut Queue) -> Option<T>) -> Result<T, Cancelled> {
        let mut state: MutexGuard<'_, State> = self.scheduler.lock();
        loop {
            let queue = state.stream(self.number).ok_or(Cancelled)?;
            if queue.cancelled {
                return Err(Cancelled);
            }
            if let Some(found) = act(queue) {
                return Ok(found);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Waits for the next embedding, or for room for another window if none is finished.
    ///
    /// # Errors
    /// If the stream is or was cancelled.
    pub fn next(&self) -> Result<Next, Cancelled> {
        self.wait(|queue| {
            let done = queue.done().map(Next::Done);
            done.or_else(|| queue.room().map(Next::Room))
        })
    }

    /// Waits for the next embedding; `None` if none is under way.
    ///
    /// # Errors
    /// If the stream is or was cancelled.
    pub fn done(&self) -> Result<Option<Box<Task>>, Cancelled> {
        self.wait(|queue| match queue.done() {
            None if queue.is_busy() => None,
            done => Some(done),
        })
    }

    /// The next embedding, if it is finished.
    pub fn try_done(&self) -> Option<Box<Task>> {
        self.with(Queue::done).flatten()
    }

    /// Room for another window, if there is any.
    ///
    /// # Errors
    /// If the stream is or was cancelled.
    pub fn try_room(&self) -> Result<Option<Box<Task>>, Cancelled> {
        let room = self.with(|queue| (!queue.cancelled).then(|| queue.room()));
        room.flatten().ok_or(Cancelled)
    }

    /// Hands in a window.
    pub fn submit(&self, task: Box<Task>) {
        self.with(|queue| queue.submit(task));
        self.scheduler.work.notify_one();
    }

    /// Gives back what is not needed any more, to be room for another window.
    pub fn recycle(&self, task: Box<Task>) {
        self.with(|queue| queue.recycle(task));
    }

    /// Forgets what is under way, and wakes whoever waits, from now until [`Stream::resume`].
    pub fn cancel(&self) {
        self.with(|queue| {
            queue.cancelled = true;
            queue.clear();
        });
    }

    /// Forgets what is under way.
    pub fn clear(&self) {
        self.with(Queue::clear);
    }

    /// Forgets what is under way, and begins anew.
    pub fn resume(&self) {
        self.with(|queue| {
            queue.clear();
            queue.cancelled = false;
        });
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.scheduler.unregister(self.number);
    }
}
