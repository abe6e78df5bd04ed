// SPDX-License-Identifier: MPL-2.0
//! How many bytes a demuxer holds, which it does not tell.
//!
//! hlsdemux2 is a bin: a `parsebin` per stream, whose pads lead into queues that only know their time.
//! What has gone through those pads and has not yet left through the demuxer's own is in the queues.
use super::control::Load;
use gst::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Less than this says little about the rate.
const ENOUGH: Duration = Duration::from_millis(500);

/// What has gone in and out of a demuxer; counted by streaming threads without a lock.
#[derive(Debug, Default)]
pub struct Counts {
    entered: AtomicU64,
    left: AtomicU64,
    /// Bytes of the segment under way.
    under_way: AtomicU64,
    /// Offset of its latest buffer.
    offset: AtomicU64,
    /// The largest of the latest segments.
    segment: AtomicU64,
    /// Bytes that were downloaded.
    downloaded: AtomicU64,
}

impl Counts {
    /// Bytes that are held.
    pub fn held(&self) -> u64 {
        self.entered
            .load(Relaxed)
            .saturating_sub(self.left.load(Relaxed))
    }

    /// Bytes downloaded, with what the container takes.
    pub fn downloaded(&self) -> u64 {
        self.downloaded.load(Relaxed)
    }

    /// The queues were emptied without anything having left.
    pub fn empty(&self) {
        self.left.store(self.entered.load(Relaxed), Relaxed);
        self.under_way.store(0, Relaxed);
    }

    fn enter(&self, bytes: u64) {
        self.entered.fetch_add(bytes, Relaxed);
    }

    fn leave(&self, bytes: u64) {
        self.left.fetch_add(bytes, Relaxed);
    }

    /// A piece of a segment was downloaded; `offset` is its place there.
    fn download(&self, bytes: u64, offset: Option<u64>) {
        self.downloaded.fetch_add(bytes, Relaxed);
        let offset = offset.unwrap_or(u64::MAX);
        let before = self.offset.swap(offset, Relaxed);
        if offset == 0 || offset < before {
            let whole = self.under_way.swap(bytes, Relaxed);
            // Larger ones count at once, smaller ones little by little.
            let known = self.segment.load(Relaxed);
            self.segment.store(whole.max(known - known / 8), Relaxed);
        } else {
            let so_far = self.under_way.fetch_add(bytes, Relaxed) + bytes;
            self.segment.fetch_max(so_far, Relaxed);
        }
    }

    /// The largest of the latest segments, in bytes.
    pub fn segment(&self) -> u64 {
        self.segment.load(Relaxed)
    }
}

/// A demuxer and its counts.
#[derive(Debug)]
pub struct Gauge {
    pub demuxer: gst::glib::WeakRef<gst::Element>,
    pub counts: Arc<Counts>,
    rate: Option<f64>,
    /// What had entered when last looked.
    entered: u64,
}

impl Gauge {
    pub fn with_counts(demuxer: &gst::Element, counts: Arc<Counts>) -> Gauge {
        Gauge {
            demuxer: demuxer.downgrade(),
            counts,
            rate: None,
            entered: 0,
        }
    }

    /// Time that is buffered: that of the audio or the video, whichever is more.
    pub fn time(&self) -> Duration {
        let Some(demuxer) = self.demuxer.upgrade() else {
            return Duration::ZERO;
        };
        // Where there is no such stream, it is the largest of numbers.
        let level = |name| match demuxer.property::<u64>(name) {
            u64::MAX => 0,
            level => level,
        };
        let (audio, video) = (
            level("current-level-time-audio"),
            level("current-level-time-video"),
        );
        Duration::from_nanos(audio.max(video))
    }

    /// What is known by now. `time` is what is buffered.
    pub fn load(&mut self, time: Duration) -> Load {
        let held = self.counts.held();
        let entered = self.counts.entered.load(Relaxed);
        let is_still = std::mem::replace(&mut self.entered, entered) == entered;
        if time >= ENOUGH {
            self.rate = Some(held as f64 / time.as_secs_f64());
        } else if time.is_zero() && held > 0 && is_still {
            // Nothing comes and no time is left: these bytes were dropped inside.
            self.counts.empty();
        }
        Load {
            rate: self.rate,
            segment: self.counts.segment(),
        }
    }
}

/// What a probe saw.
fn bytes(info: &gst::PadProbeInfo<'_>) -> (u64, Option<u64>) {
    match &info.data {
        Some(gst::PadProbeData::Buffer(buffer)) => (buffer.size() as u64, Some(buffer.offset())),
        Some(gst::PadProbeData::BufferList(list)) => (list.calculate_size() as u64, None),
        _ => (0, None),
    }
}

const DATA: gst::PadProbeType = gst::PadProbeType::BUFFER.union(gst::PadProbeType::BUFFER_LIST);

/// Counts what is downloaded: at the sink pad of a parser inside.
pub fn watch_download(pad: &gst::Pad, counts: &Arc<Counts>) -> Option<gst::PadProbeId> {
    let counts = counts.clone();
    pad.add_probe(DATA, move |_, info| {
        let (size, offset) = bytes(info);
        counts.download(size, offset.filter(|offset| *offset != u64::MAX));
        gst::PadProbeReturn::Ok
    })
}

/// Counts what goes into the queues: at a source pad of a parser inside. `tick` is called after.
pub fn watch_entry(
    pad: &gst::Pad,
    counts: &Arc<Counts>,
    tick: impl Fn() + Send + Sync + 'static,
) -> Option<gst::PadProbeId> {
    let counts = counts.clone();
    pad.add_probe(DATA, move |_, info| {
        counts.enter(bytes(info).0);
        tick();
        gst::PadProbeReturn::Ok
    })
}

/// Counts what leaves: at a source pad of the demuxer. `tick` is called after.
pub fn watch_exit(
    pad: &gst::Pad,
    counts: &Arc<Counts>,
    tick: impl Fn() + Send + Sync + 'static,
) -> Option<gst::PadProbeId> {
    let counts = counts.clone();
    let mask = DATA | gst::PadProbeType::EVENT_FLUSH;
    pad.add_probe(mask, move |_, info| {
        match &info.data {
            Some(gst::PadProbeData::Event(event)) => {
                if event.type_() == gst::EventType::FlushStop {
                    counts.empty();
                }
            }
            _ => {
                counts.leave(bytes(info).0);
                tick();
            }
        }
        gst::PadProbeReturn::Ok
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_entered_and_has_not_left_is_held() {
        let counts = Counts::default();
        counts.enter(100);
        counts.leave(30);
        assert_eq!(counts.held(), 70);
        counts.empty();
        assert_eq!(counts.held(), 0);
        counts.leave(5);
        assert_eq!(counts.held(), 0);
    }

    #[test]
    fn segments_begin_where_offsets_begin_anew() {
        let counts = Counts::default();
        for (bytes, offset) in [(100, 0), (50, 100), (10, 0)] {
            counts.download(bytes, Some(offset));
        }
        assert_eq!((counts.segment(), counts.downloaded()), (150, 160));
        for _ in 0..20 {
            counts.download(10, Some(0));
        }
        assert!(counts.segment() < 40, "{}", counts.segment());
    }
}
