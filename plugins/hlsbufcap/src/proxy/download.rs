// SPDX-License-Identifier: MPL-2.0
//! A segment that is being fetched or was: one for all who read it, on disk.
use super::table::Place;
use crate::budget::lock;
use crate::cache::{Hit, Part};
use crate::upstream::{Cancel, Failure};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// Where the bytes are.
#[derive(Debug)]
pub enum Spool {
    File(File),
    /// To be kept in the cache when it is whole.
    Part(Part),
    /// Where no disk takes them.
    Memory(Mutex<Vec<u8>>),
}

impl Spool {
    /// Bytes follow each other: `at` is never beyond what there is.
    pub fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        match self {
            Spool::File(file) | Spool::Part(Part { file, .. }) => file.write_all_at(bytes, at),
            Spool::Memory(all) => {
                let mut all = lock(all);
                all.truncate(at as usize);
                all.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Some bytes at `at`.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        match self {
            Spool::File(file) | Spool::Part(Part { file, .. }) => file.read_at(buffer, at),
            Spool::Memory(all) => {
                let all = lock(all);
                let there = all.get(at as usize..).unwrap_or_default();
                let length = there.len().min(buffer.len());
                buffer[..length].copy_from_slice(&there[..length]);
                Ok(length)
            }
        }
    }
}

/// What is known of a segment since its head came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Bytes of it; `None` where the server does not say.
    pub length: Option<u64>,
    pub content_type: Option<String>,
}

/// How far a download is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    pub about: Option<About>,
    /// Bytes that are there and were found to be right.
    pub ready: u64,
    pub end: Option<Result<(), Failure>>,
    pub spool: Option<Arc<Spool>>,
}

impl Progress {
    /// All of it is in the cache.
    pub fn complete(&mut self, hit: Hit) {
        self.about = Some(About {
            length: Some(hit.length),
            content_type: hit.content_type,
        });
        self.ready = hit.length;
        self.spool = Some(Arc::new(Spool::File(hit.file)));
        self.end = Some(Ok(()));
    }

    /// Whether somebody who has `taken` bytes has anything to do.
    fn has_news(&self, taken: u64) -> bool {
        self.end.is_some() || self.ready > taken
    }
}

/// What is to be fetched.
#[derive(Debug, Clone)]
pub struct Order {
    pub place: Place,
    pub url: Url,
    pub name: String,
    /// Whether nothing can be told from its bytes.
    pub is_sealed: bool,
    /// Whether a playlist lists it, rather than a part of it.
    pub is_listed: bool,
}

/// A segment that is being fetched or was.
#[derive(Debug)]
pub struct Download {
    pub order: Order,
    pub cancel: Cancel,
    progress: Mutex<Progress>,
    changed: Condvar,
    readers: AtomicUsize,
}

impl Download {
    pub fn new(order: Order, cancel: Cancel) -> Download {
        Download {
            order,
            cancel,
            progress: Mutex::default(),
            changed: Condvar::new(),
            readers: AtomicUsize::new(0),
        }
    }

    /// How far it is now.
    pub fn progress(&self) -> Progress {
        lock(&self.progress).clone()
    }

    /// Waits until more than `taken` is ready or it ended, but no longer than `time`.
    pub fn wait(&self, taken: u64, time: Duration) -> Progress {
        let wait = |progress: &mut Progress| !progress.has_news(taken);
        let guard = lock(&self.progress);
        let result = self.changed.wait_timeout_while(guard, time, wait);
        result.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Something happened.
    pub fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut lock(&self.progress));
        self.changed.notify_all();
    }

    /// Before a damaged segment is fetched once more. False where all of it was there and somebody has begun to read: what
    /// he has may be part of the damage.
    pub fn start_anew(&self) -> bool {
        let mut progress = lock(&self.progress);
        let length = progress.about.as_ref().and_then(|about| about.length);
        if length != Some(progress.ready) {
            return true;
        }
        let is_free = !self.is_read();
        if is_free {
            (progress.about, progress.ready) = (None, 0);
        }
        is_free
    }

    pub fn is_under_way(&self) -> bool {
        lock(&self.progress).end.is_none()
    }

    pub fn has_failed(&self) -> bool {
        matches!(lock(&self.progress).end, Some(Err(_)))
    }

    pub fn is_read(&self) -> bool {
        self.readers.load(Ordering::SeqCst) > 0
    }

    pub fn add_reader(&self) {
        self.readers.fetch_add(1, Ordering::SeqCst);
    }

    pub fn remove_reader(&self) {
        self.readers.fetch_sub(1, Ordering::SeqCst);
    }
}
