// SPDX-License-Identifier: MPL-2.0
//! Where results go: the bus, at once or when the audio they describe is presented.
use crate::recycle::Draft;
use gst::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Posts an element's messages, and keeps the latest result for those who poll.
#[derive(Debug, Default)]
pub struct ResultSink {
    last: Mutex<Option<gst::Structure>>,
    queue: Arc<Queue>,
    /// What the pipeline's sinks add to the running time, in ns.
    latency: AtomicU64,
    playing: AtomicBool,
}

/// Messages that wait for their time, by the order in which they came.
#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<BTreeMap<u64, Waiting>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    running_time: gst::ClockTime,
    result: Draft,
    /// While playing.
    id: Option<gst::SingleShotClockId>,
}

/// More messages than this do not wait for their time: a stream that runs far ahead of its clock
/// must not fill the memory.
const MAX_WAITING: usize = 1024;

impl ResultSink {
    /// The latest result.
    pub fn last(&self) -> Option<gst::Structure> {
        lock(&self.last).clone()
    }

    /// Sets or forgets the latest result.
    pub fn set_last(&self, result: Option<gst::Structure>) {
        *lock(&self.last) = result;
    }

    /// Posts `result` as an element message of `element`.
    ///
    /// With `at`, a running time, it is posted when the pipeline plays and its clock gets there; at
    /// once where there is no clock. No lock is held while posting.
    pub fn post(&self, element: &gst::Element, result: gst::Structure, at: Option<gst::ClockTime>) {
        self.post_draft(element, Draft::new(result), at);
    }

    /// The same with a message that is already made.
    pub fn post_draft(&self, element: &gst::Element, result: Draft, at: Option<gst::ClockTime>) {
        let Some(running_time) = at else {
            post_now(element, result);
            return;
        };
        let key = self.queue.next.fetch_add(1, Ordering::Relaxed);
        {
            let mut waiting = lock(&self.queue.waiting);
            if waiting.len() >= MAX_WAITING {
                drop(waiting);
                post_now(element, result);
                return;
            }
            let entry = Waiting {
                running_time,
                result,
                id: None,
            };
            waiting.insert(key, entry);
        }
        if self.playing.load(Ordering::Acquire) {
            self.schedule(element, key, running_time);
        }
    }

    /// Has the message `key` posted when its time comes; now if there is no clock.
    fn schedule(&self, element: &gst::Element, key: u64, running_time: gst::ClockTime) {
        let latency = gst::ClockTime::from_nseconds(self.latency.load(Ordering::Relaxed));
        let time = running_time.checked_add(latency);
        let Some((clock, time)) = time.and_then(|time| presentation_time(element, time)) else {
            self.queue.post(element, key);
            return;
        };
        let id = clock.new_single_shot_id(time);
        match lock(&self.queue.waiting).get_mut(&key) {
            Some(waiting) => waiting.id = Some(id.clone()),
            None => return,
        }
        let (weak, queue) = (element.downgrade(), self.queue.clone());
        let waits = id.wait_async(move |_, _, _| {
            if let Some(element) = weak.upgrade() {
                queue.post(&element, key);
            }
        });
        if waits.is_err() {
            // Unscheduled meanwhile: by a pause, which schedules it again, or for good.
            gst::trace!(gst::CAT_RUST, obj = element, "a message does not wait");
        }
    }

    /// The pipeline plays: what waits is scheduled by its clock and base time.
    pub fn resume(&self, element: &gst::Element) {
        self.playing.store(true, Ordering::Release);
        let all: Vec<_> = lock(&self.queue.waiting)
            .iter()
            .map(|(key, waiting)| (*key, waiting.running_time))
            .collect();
        for (key, running_time) in all {
            self.schedule(element, key, running_time);
        }
    }

    /// The pipeline pauses: nothing is presented until [`ResultSink::resume`].
    pub fn pause(&self) {
        self.playing.store(false, Ordering::Release);
        let ids: Vec<_> = lock(&self.queue.waiting)
            .values_mut()
            .filter_map(|waiting| waiting.id.take())
            .collect();
        ids.iter().for_each(|id| id.unschedule());
    }

    /// Takes note of the pipeline's latency, as a LATENCY event tells it.
    pub fn set_latency(&self, latency: gst::ClockTime) {
        self.latency.store(latency.nseconds(), Ordering::Relaxed);
    }

    /// Drops messages that wait for their time: after a flush they describe nothing anymore.
    pub fn cancel(&self) {
        let waiting = std::mem::take(&mut *lock(&self.queue.waiting));
        let ids = waiting.into_values().filter_map(|waiting| waiting.id);
        ids.for_each(|id| id.unschedule());
    }
}

impl Queue {
    /// Posts the message `key`, unless that was done or cancelled.
    fn post(&self, element: &gst::Element, key: u64) {
        let waiting = lock(&self.waiting).remove(&key);
        if let Some(waiting) = waiting {
            post_now(element, waiting.result);
        }
    }
}

fn presentation_time(
    element: &gst::Element,
    running_time: gst::ClockTime,
) -> Option<(gst::Clock, gst::ClockTime)> {
    let clock = element.clock()?;
    let time = element.base_time()?.checked_add(running_time)?;
    Some((clock, time))
}

fn post_now(element: &gst::Element, result: Draft) {
    // It fails only where nobody listens: no bus, or one that is flushing.
    let _ = element.post_message(result.from_source(element));
}

/// A lock whose holder panicked still guards plain data; losing results would help nobody.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
