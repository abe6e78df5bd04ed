// SPDX-License-Identifier: MPL-2.0
//! Where results go: the bus, at once or when the audio they describe is presented.
use crate::recycle::Draft;
use gst::prelude::*;
use std::collections::{BTreeMap, VecDeque};
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

/// Messages on their way.
#[derive(Debug, Default)]
struct Queue {
    messages: Mutex<Messages>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct Messages {
    /// Those that wait for their time, by the order in which they came.
    waiting: BTreeMap<u64, Waiting>,
    /// Those whose time has come.
    ready: VecDeque<Draft>,
    /// Whether a thread is posting those: whoever adds to them meanwhile leaves it to that one, which
    /// keeps them in order though no lock is held while posting.
    is_posting: bool,
}

#[derive(Debug)]
struct Waiting {
    running_time: gst::ClockTime,
    result: Draft,
    /// While playing.
    id: Option<gst::SingleShotClockId>,
}

/// More messages than this do not wait for their time, the oldest goes: a stream that runs far ahead of
/// its clock must not fill the memory.
const MAX_WAITING: usize = 1024;

/// How long before the end of a stream its last messages go.
const LEAD: gst::ClockTime = gst::ClockTime::from_mseconds(10);

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
    /// once where there is no clock, and before its time, the oldest first, where too many wait. Before it go those that
    /// came earlier and were due by then. No lock is held while posting.
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
        let entry = Waiting {
            running_time,
            result,
            id: None,
        };
        self.queue.put(element, key, entry);
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
        match lock(&self.queue.messages).waiting.get_mut(&key) {
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
        let all: Vec<_> = lock(&self.queue.messages)
            .waiting
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
        let ids: Vec<_> = lock(&self.queue.messages)
            .waiting
            .values_mut()
            .filter_map(|waiting| waiting.id.take())
            .collect();
        ids.iter().for_each(|id| id.unschedule());
    }

    /// The stream has ended, which is heard until `end`, a running time: what is due with that, or shortly
    /// before, is due 10 ms before, so that it comes before the pipeline's EOS, upon which applications stop.
    pub fn hasten(&self, element: &gst::Element, end: gst::ClockTime) {
        let at = end.saturating_sub(LEAD);
        let (keys, ids) = {
            let mut messages = lock(&self.queue.messages);
            let late = messages.waiting.iter_mut();
            let late = late.filter(|(_, entry)| entry.running_time > at);
            let (mut keys, mut ids) = (Vec::new(), Vec::new());
            for (key, entry) in late {
                entry.running_time = at;
                keys.push(*key);
                ids.extend(entry.id.take());
            }
            (keys, ids)
        };
        ids.iter().for_each(|id| id.unschedule());
        if self.playing.load(Ordering::Acquire) {
            keys.into_iter()
                .for_each(|key| self.schedule(element, key, at));
        }
    }

    /// Takes note of the pipeline's latency, as a LATENCY event tells it.
    pub fn set_latency(&self, latency: gst::ClockTime) {
        self.latency.store(latency.nseconds(), Ordering::Relaxed);
    }

    /// Drops messages that wait for their time: after a flush they describe nothing anymore.
    pub fn cancel(&self) {
        let (waiting, ready) = {
            let mut messages = lock(&self.queue.messages);
            let waiting = std::mem::take(&mut messages.waiting);
            (waiting, std::mem::take(&mut messages.ready))
        };
        drop(ready);
        let ids = waiting.into_values().filter_map(|waiting| waiting.id);
        ids.for_each(|id| id.unschedule());
    }
}

impl Queue {
    /// Has a message wait, and posts the oldest where too many do.
    fn put(&self, element: &gst::Element, key: u64, entry: Waiting) {
        let id = {
            let mut messages = lock(&self.messages);
            let is_full = messages.waiting.len() >= MAX_WAITING;
            let oldest = is_full.then(|| messages.waiting.pop_first()).flatten();
            messages.waiting.insert(key, entry);
            let Some((_, oldest)) = oldest else { return };
            messages.ready.push_back(oldest.result);
            oldest.id
        };
        if let Some(id) = id {
            id.unschedule();
        }
        self.post_ready(element);
    }

    /// Posts the message `key`, unless that was done or cancelled, after those that came before it and
    /// are not due later.
    fn post(&self, element: &gst::Element, key: u64) {
        {
            let mut messages = lock(&self.messages);
            let Messages { waiting, ready, .. } = &mut *messages;
            let Some(at) = waiting.get(&key).map(|entry| entry.running_time) else {
                return;
            };
            while let Some(first) = waiting.first_entry()
                && *first.key() < key
                && first.get().running_time <= at
            {
                ready.push_back(first.remove().result);
            }
            ready.extend(waiting.remove(&key).map(|entry| entry.result));
        }
        self.post_ready(element);
    }

    /// Posts those whose time has come, unless another thread does.
    fn post_ready(&self, element: &gst::Element) {
        if std::mem::replace(&mut lock(&self.messages).is_posting, true) {
            return;
        }
        loop {
            let next = {
                let mut messages = lock(&self.messages);
                let next = messages.ready.pop_front();
                messages.is_posting = next.is_some();
                next
            };
            let Some(next) = next else { return };
            post_now(element, next);
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
