// SPDX-License-Identifier: MPL-2.0
//! A back end, shared by all who use it, and what became of its batches.
use super::{Backend, Native};
use crate::{Bank, Model};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A back end that streams share, and another one for what it has no memory for.
pub struct Engine {
    backend: Arc<dyn Backend>,
    fallback: Option<Arc<dyn Backend>>,
    /// Windows of a batch; fewer after it was out of memory.
    most: AtomicUsize,
    counters: Counters,
}

/// How often something happened since the engine was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Windows that were embedded.
    pub windows: u64,
    /// Batches that they came in.
    pub batches: u64,
    /// Batches that were out of memory.
    pub out_of_memory: u64,
    /// Batches that were tried again in halves, for whatever reason.
    pub halved: u64,
    /// Windows that the other back end computed, usually the CPU.
    pub fallbacks: u64,
    /// Panics that were caught.
    pub panics: u64,
    /// Windows without an embedding.
    pub failed: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    pub windows: AtomicU64,
    pub batches: AtomicU64,
    pub out_of_memory: AtomicU64,
    pub halved: AtomicU64,
    pub fallbacks: AtomicU64,
    pub panics: AtomicU64,
    pub failed: AtomicU64,
}

impl Engine {
    /// Shares a back end; `fallback` computes single windows that it is out of memory for.
    pub fn new(backend: Arc<dyn Backend>, fallback: Option<Arc<dyn Backend>>) -> Arc<Engine> {
        Arc::new(Engine {
            most: AtomicUsize::new(backend.most_windows().max(1)),
            backend,
            fallback,
            counters: Counters::default(),
        })
    }

    /// A model on the CPU.
    pub fn native(model: Arc<Model>) -> Arc<Engine> {
        Engine::new(Arc::new(Native::new(model)), None)
    }

    /// What computes, as text.
    pub fn name(&self) -> String {
        self.backend.name()
    }

    /// Numbers of an embedding.
    pub fn dimensions(&self) -> usize {
        self.backend.dimensions()
    }

    /// The filter bank that its model was trained with.
    pub fn bank(&self) -> Bank {
        self.backend.bank()
    }

    /// What became of its batches so far.
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            windows: read(&self.counters.windows),
            batches: read(&self.counters.batches),
            out_of_memory: read(&self.counters.out_of_memory),
            halved: read(&self.counters.halved),
            fallbacks: read(&self.counters.fallbacks),
            panics: read(&self.counters.panics),
            failed: read(&self.counters.failed),
        }
    }

    /// Windows of a batch, which may have become fewer.
    pub(super) fn most_windows(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// So many were too many.
    pub(super) fn limit(&self, windows: usize) {
        self.most.fetch_min((windows / 2).max(1), Ordering::Relaxed);
    }

    pub(super) fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    pub(super) fn fallback(&self) -> Option<&Arc<dyn Backend>> {
        self.fallback.as_ref()
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }
}
