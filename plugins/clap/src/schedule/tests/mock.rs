// SPDX-License-Identifier: MPL-2.0
//! A back end that fails as it is told.
use crate::schedule::{Backend, Failure, Session, Task};
use crate::{Bank, Error};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A back end that answers with the first number of a spectrogram, and fails as it is told.
#[derive(Default)]
pub struct Mock {
    /// Windows of a batch.
    pub most: usize,
    /// Windows that there is memory for; by default none.
    pub room: AtomicUsize,
    /// Windows whose number is divisible by the first fail alone, by the second make a batch fail, by
    /// the third panic.
    pub fails: [u64; 3],
    /// It is held up while this is set.
    pub held: AtomicBool,
    /// Added to what it answers.
    pub offset: f32,
    /// The largest batch so far.
    pub largest: AtomicUsize,
    /// Threads that compute now, and at most so far.
    pub busy: [AtomicUsize; 2],
    pub sessions: AtomicU64,
}

#[derive(Clone)]
pub struct MockBackend(pub Arc<Mock>);

impl Backend for MockBackend {
    fn name(&self) -> String {
        "mock".to_owned()
    }
    fn dimensions(&self) -> usize {
        2
    }
    fn bank(&self) -> Bank {
        Bank::Slaney
    }
    fn most_windows(&self) -> usize {
        self.0.most
    }
    fn session(&self) -> Result<Box<dyn Session>, Failure> {
        self.0.sessions.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(self.clone()))
    }
}

impl Session for MockBackend {
    fn embed(&mut self, batch: &mut [Box<Task>]) -> Result<(), Failure> {
        let mock = &self.0;
        let busy = mock.busy[0].fetch_add(1, Ordering::SeqCst) + 1;
        mock.busy[1].fetch_max(busy, Ordering::SeqCst);
        while mock.held.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::yield_now();
        mock.busy[0].fetch_sub(1, Ordering::SeqCst);
        mock.largest.fetch_max(batch.len(), Ordering::SeqCst);
        if batch.len() > mock.room.load(Ordering::SeqCst) {
            return Err(Failure::OutOfMemory);
        }
        for task in batch {
            let (log_mel, to) = task.parts();
            let number = log_mel.frames()[0][0];
            to.copy_from_slice(&[number, mock.offset]);
            let hits = |by: u64| by > 0 && (number as u64).is_multiple_of(by);
            if hits(mock.fails[2]) {
                panic!("number {number}");
            }
            if hits(mock.fails[1]) {
                return Err(Failure::Other("told to fail".to_owned()));
            }
            if hits(mock.fails[0]) {
                task.fail(Error::NoDirection);
            }
        }
        Ok(())
    }
}

pub fn mock(most: usize, room: usize) -> Mock {
    Mock {
        most,
        room: AtomicUsize::new(room),
        ..Mock::default()
    }
}
