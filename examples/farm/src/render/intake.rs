// SPDX-License-Identifier: MPL-2.0
//! What goes into the equaliser: the frames that would be heard, one after the other from time zero.
use auris_support::clip::{duration_of, frames_in_segment};
use auris_support::result_sink::lock;
use gst::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What a decoder gave.
#[derive(Debug, Default)]
pub struct Taken {
    /// Its format.
    pub info: Option<gst_audio::AudioInfo>,
    /// Frames that count.
    pub frames: u64,
    /// Whether the format changed on the way.
    pub changed: bool,
    segment: Option<gst::FormattedSegment<gst::ClockTime>>,
    began: bool,
}

/// Watches over `pad`, where a decoder's samples arrive.
///
/// Encoders would take the decoder's idea of time for theirs: where a stream begins late, they
/// would encode silence or nothing. And muxers would write the tags that elements found; the tags of
/// the result are copied whole afterwards.
pub fn watch(pad: &gst::Pad) -> Arc<Mutex<Taken>> {
    let taken = Arc::new(Mutex::new(Taken::default()));
    let kept = taken.clone();
    let mask = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
    pad.add_probe(mask, move |_, info| {
        let mut taken = lock(&kept);
        match info.data.take() {
            Some(gst::PadProbeData::Buffer(buffer)) => match taken.buffer(buffer) {
                Some(buffer) => info.data = Some(gst::PadProbeData::Buffer(buffer)),
                None => return gst::PadProbeReturn::Handled,
            },
            Some(gst::PadProbeData::Event(event)) => match taken.event(event) {
                Some(event) => info.data = Some(gst::PadProbeData::Event(event)),
                None => return gst::PadProbeReturn::Handled,
            },
            other => info.data = other,
        }
        gst::PadProbeReturn::Ok
    });
    taken
}

/// Counts the frames that arrive at `pad`, whose samples take 8 bytes.
pub fn count(pad: &gst::Pad) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let counted = count.clone();
    let mut frame = 0;
    let frame_of = Mutex::new(move |pad: &gst::Pad| {
        if frame == 0 {
            let caps = pad.current_caps();
            let info = caps.and_then(|caps| gst_audio::AudioInfo::from_caps(&caps).ok());
            frame = info.map_or(0, |info| u64::from(info.bpf()));
        }
        frame
    });
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let frame = lock(&frame_of)(pad);
        if let Some(buffer) = info.buffer()
            && frame > 0
        {
            counted.fetch_add(buffer.size() as u64 / frame, Ordering::AcqRel);
        }
        gst::PadProbeReturn::Ok
    });
    count
}

impl Taken {
    fn event(&mut self, event: gst::Event) -> Option<gst::Event> {
        match event.view() {
            gst::EventView::Caps(caps) => {
                let info = gst_audio::AudioInfo::from_caps(caps.caps()).ok();
                self.changed |= self.info.is_some() && self.info != info;
                self.info = info;
                Some(event)
            }
            gst::EventView::Segment(segment) => {
                self.segment = segment.segment().downcast_ref().cloned();
                let whole = gst::FormattedSegment::<gst::ClockTime>::new();
                (!std::mem::replace(&mut self.began, true))
                    .then(|| gst::event::Segment::new(&whole))
            }
            gst::EventView::Tag(_) | gst::EventView::Toc(_) | gst::EventView::Gap(_) => None,
            _ => Some(event),
        }
    }

    fn buffer(&mut self, buffer: gst::Buffer) -> Option<gst::Buffer> {
        let info = self.info.as_ref()?;
        let (rate, frame) = (info.rate(), info.bpf() as usize);
        let frames = (buffer.size() / frame.max(1)) as u64;
        let heard = frames_in_segment(self.segment.as_ref(), buffer.pts(), frames, rate);
        if heard.is_empty() || self.changed {
            return None;
        }
        let count = heard.end - heard.start;
        let mut buffer = if count == frames {
            buffer
        } else {
            // By frames, not bytes: libav's decoders give one channel after the other.
            let (trim, count) = (heard.start as usize, count as usize);
            gst_audio::audio_buffer_truncate(buffer, info.bpf(), trim, Some(count))
        };
        // Without a copy of the samples: only what describes them is made ours.
        let described = buffer.make_mut();
        let at = |frames| duration_of(frames, rate);
        described.set_pts(at(self.frames));
        described.set_duration(at(self.frames + count) - at(self.frames));
        described.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC);
        self.frames += count;
        Some(buffer)
    }
}
