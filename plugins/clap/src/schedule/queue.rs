// SPDX-License-Identifier: MPL-2.0
//! The windows of one stream, under the scheduler's lock.
use super::{Engine, Task};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar};

pub(super) type Batch = Vec<Box<Task>>;

pub(super) struct Queue {
    pub number: u64,
    pub engine: Arc<Engine>,
    /// Threads that the stream wants.
    pub threads: usize,
    /// Windows of a batch that it allows.
    pub batch: usize,
    /// Something came back, or the stream was cancelled.
    pub changed: Arc<Condvar>,
    pub cancelled: bool,
    /// Windows that nobody has begun.
    waiting: VecDeque<Box<Task>>,
    /// Windows that are not taken back yet, in order; `None` while they are computed.
    order: VecDeque<Option<Box<Task>>>,
    /// Number of the first of them.
    first: u64,
    /// Times that the stream was cancelled.
    epoch: u64,
    /// Boxed, so that nothing large is moved under the lock.
    #[allow(clippy::vec_box)]
    idle: Vec<Box<Task>>,
    /// Windows that may still be made.
    unmade: usize,
}

impl Queue {
    pub fn new(
        number: u64,
        engine: Arc<Engine>,
        [threads, batch, windows]: [usize; 3],
        changed: Arc<Condvar>,
    ) -> Queue {
        Queue {
            number,
            engine,
            threads,
            batch,
            changed,
            cancelled: false,
            waiting: VecDeque::with_capacity(windows),
            order: VecDeque::with_capacity(windows),
            first: 0,
            epoch: 0,
            idle: Vec::with_capacity(windows),
            unmade: windows,
        }
    }

    /// Whether there is something to begin.
    pub fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub fn take(&mut self) -> Option<Box<Task>> {
        self.waiting.pop_front()
    }

    /// Room for a window.
    pub fn room(&mut self) -> Option<Box<Task>> {
        if let Some(task) = self.idle.pop() {
            return Some(task);
        }
        self.unmade = self.unmade.checked_sub(1)?;
        Some(Task::new(self.number, self.engine.dimensions()))
    }

    pub fn submit(&mut self, mut task: Box<Task>) {
        if self.cancelled {
            self.idle.push(task);
            return;
        }
        task.epoch = self.epoch;
        task.sequence = self.first + self.order.len() as u64;
        task.reset();
        self.order.push_back(None);
        self.waiting.push_back(task);
    }

    pub fn recycle(&mut self, task: Box<Task>) {
        self.idle.push(task);
        self.changed.notify_all();
    }

    /// A window was computed.
    pub fn deliver(&mut self, task: Box<Task>) {
        let place = task
            .sequence
            .checked_sub(self.first)
            .and_then(|place| self.order.get_mut(place as usize));
        match place {
            Some(place) if task.epoch == self.epoch => *place = Some(task),
            // From before it was cancelled.
            _ => self.idle.push(task),
        }
        self.changed.notify_all();
    }

    /// Whether windows are under way.
    pub fn is_busy(&self) -> bool {
        !self.order.is_empty()
    }

    /// The next window, if it was computed.
    pub fn done(&mut self) -> Option<Box<Task>> {
        if !matches!(self.order.front(), Some(Some(_))) {
            return None;
        }
        self.first += 1;
        self.order.pop_front().flatten()
    }

    /// Forgets what is under way.
    pub fn clear(&mut self) {
        self.epoch += 1;
        self.first += self.order.len() as u64;
        self.idle.extend(self.waiting.drain(..));
        self.idle.extend(self.order.drain(..).flatten());
        self.changed.notify_all();
    }
}
