// SPDX-License-Identifier: MPL-2.0
//! What would come too late to be seen is not drawn.
use super::stream::Segment;
use auris_support::result_sink::lock;
use gst::format::Buffers;
use std::sync::Mutex;

/// Nothing is left out but whole frames.
const FULL_QUALITY: i32 = 1_000_000;

/// What downstream said of its pace, and what came of it.
#[derive(Debug, Default)]
pub struct Qos(Mutex<Inner>);

#[derive(Debug, Clone, Copy, Default)]
struct Inner {
    /// Running time of the earliest frame that is still in time.
    earliest: Option<gst::ClockTime>,
    proportion: f64,
    processed: u64,
    dropped: u64,
}

impl Qos {
    /// Forgets all.
    pub fn reset(&self) {
        *lock(&self.0) = Inner::default();
    }

    /// Takes note of an event from downstream.
    pub fn update(&self, event: &gst::event::Qos) {
        let (kind, proportion, diff, timestamp) = event.get();
        let Some(timestamp) = timestamp else {
            return;
        };
        let late = i128::from(diff);
        let time = i128::from(timestamp.nseconds());
        // As much again, to catch up, where the sink fell behind by itself.
        let ahead = if kind == gst::QOSType::Throttle || late <= 0 {
            late
        } else {
            2 * late
        };
        let earliest = u64::try_from((time + ahead).max(0)).unwrap_or(u64::MAX - 1);
        let mut inner = lock(&self.0);
        inner.earliest = Some(gst::ClockTime::from_nseconds(earliest.min(u64::MAX - 1)));
        inner.proportion = proportion;
    }

    /// The message to post of a frame that comes too late; `None` for one that does not.
    pub fn judge(
        &self,
        segment: Option<&Segment>,
        pts: gst::ClockTime,
        duration: gst::ClockTime,
    ) -> Option<gst::message::QosBuilder<'static>> {
        let running = segment.and_then(|segment| segment.to_running_time(pts));
        let mut inner = lock(&self.0);
        let (Some(time), Some(earliest)) = (running, inner.earliest) else {
            inner.processed += 1;
            return None;
        };
        if time.saturating_add(duration) > earliest {
            inner.processed += 1;
            return None;
        }
        inner.dropped += 1;
        let jitter = i64::try_from(earliest.saturating_sub(time).nseconds()).unwrap_or(i64::MAX);
        let (processed, dropped) = (inner.processed, inner.dropped);
        let message = gst::message::Qos::builder(false)
            .running_time(time)
            .stream_time(segment.and_then(|segment| segment.to_stream_time(pts)))
            .timestamp(pts)
            .duration(duration)
            .values(jitter, inner.proportion, FULL_QUALITY)
            .stats(Buffers::from_u64(processed), Buffers::from_u64(dropped));
        Some(message)
    }
}
