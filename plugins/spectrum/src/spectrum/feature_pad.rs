// SPDX-License-Identifier: MPL-2.0
//! Frames on their way down a pipeline: a buffer of 32-bit floats per transform, from a pool.
use gst::prelude::*;
use std::sync::Arc;

/// Media type of the frames.
const MEDIA: &str = "application/x-auris-features";

/// What a frame is.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// `magnitude`, or the names of features.
    pub kind: String,
    /// Of the audio, in Hz.
    pub rate: u32,
    /// Frames of audio from one to the next.
    pub hop: usize,
    /// Values per channel.
    pub bands: usize,
    pub channels: usize,
}

impl Layout {
    fn caps(&self) -> gst::Caps {
        gst::Caps::builder(MEDIA)
            .field("format", "F32LE")
            .field("kind", self.kind.as_str())
            .field("rate", self.rate as i32)
            .field("hop", self.hop as i32)
            .field("bands", self.bands as i32)
            .field("channels", self.channels as i32)
            .build()
    }

    /// Of one frame.
    pub fn values(&self) -> usize {
        self.bands * self.channels
    }
}

/// Template of the pads.
pub fn template() -> Option<gst::PadTemplate> {
    let caps = gst::Caps::builder(MEDIA).field("format", "F32LE").build();
    let (direction, presence) = (gst::PadDirection::Src, gst::PadPresence::Request);
    gst::PadTemplate::new("features_%u", direction, presence, &caps).ok()
}

/// A pad and what it has sent; the streaming thread's alone.
pub struct FeaturePad {
    pub pad: gst::Pad,
    /// Beginning of the stream.
    begun: bool,
    segment: bool,
    discont: bool,
    /// Whether anything came after the segment.
    prerolled: bool,
    /// Downstream wants no more.
    stopped: bool,
    layout: Option<Arc<Layout>>,
    pool: Option<gst::BufferPool>,
}

impl FeaturePad {
    pub fn new(pad: gst::Pad) -> Self {
        FeaturePad {
            pad,
            begun: false,
            segment: false,
            discont: true,
            prerolled: false,
            stopped: false,
            layout: None,
            pool: None,
        }
    }

    pub fn is_wanted(&self) -> bool {
        self.pad.is_linked() && !self.stopped
    }

    /// Another stream begins.
    pub fn begin(&mut self) {
        self.begin_segment();
        (self.begun, self.discont) = (false, true);
        self.layout = None;
    }

    /// Another segment begins, with or without a flush.
    pub fn begin_segment(&mut self) {
        (self.segment, self.prerolled, self.stopped) = (false, false, false);
    }

    pub fn interrupt(&mut self) {
        self.discont = true;
    }

    /// Sends a frame. What becomes of it is no concern of the audio: errors are downstream's to tell.
    pub fn push(
        &mut self,
        layout: &Arc<Layout>,
        values: &[f32],
        pts: Option<gst::ClockTime>,
        duration: gst::ClockTime,
    ) {
        if !self.is_wanted() {
            self.discont = true;
            return;
        }
        if !self.prepare(layout) {
            return;
        }
        let pool = self.pool.as_ref();
        let Some(Ok(mut buffer)) = pool.map(|pool| pool.acquire_buffer(None)) else {
            return;
        };
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(pts);
            buffer.set_duration(duration);
            if std::mem::take(&mut self.discont) {
                buffer.set_flags(gst::BufferFlags::DISCONT);
            } else {
                buffer.unset_flags(gst::BufferFlags::DISCONT);
            }
            let Ok(mut map) = buffer.map_writable() else {
                return;
            };
            let places = map.as_chunks_mut::<4>().0;
            for (place, value) in places.iter_mut().zip(values) {
                *place = value.to_le_bytes();
            }
        }
        self.prerolled = true;
        match self.pad.push(buffer) {
            Ok(_) | Err(gst::FlowError::NotLinked | gst::FlowError::Flushing) => {}
            Err(_) => self.stopped = true,
        }
    }

    /// Audio went by that begins at `time`: where no frame came of it, as they are long or late, a gap
    /// does, so that sinks need not wait for one before anything plays.
    pub fn preroll(&mut self, layout: &Arc<Layout>, time: Option<gst::ClockTime>) {
        if self.prerolled || !self.is_wanted() || !self.prepare(layout) {
            return;
        }
        self.prerolled = true;
        let time = time.unwrap_or(gst::ClockTime::ZERO);
        self.pad.push_event(gst::event::Gap::builder(time).build());
    }

    /// Sends the events that go before a frame, and sees to buffers of its size.
    fn prepare(&mut self, layout: &Arc<Layout>) -> bool {
        self.begin_stream();
        if self.layout.as_ref() != Some(layout) {
            let caps = layout.caps();
            let pool = gst::BufferPool::new();
            let mut config = pool.config();
            let size = (layout.values() * 4) as u32;
            config.set_params(Some(&caps), size, 0, 0);
            if pool.set_config(config).is_err() || pool.set_active(true).is_err() {
                return false;
            }
            self.pad.push_event(gst::event::Caps::new(&caps));
            self.pool = Some(pool);
            self.layout = Some(layout.clone());
        }
        if !std::mem::replace(&mut self.segment, true)
            && let Some(sink) = self.sink()
            && let Some(segment) = sink.sticky_event::<gst::event::Segment>(0)
        {
            self.pad.push_event(segment);
        }
        true
    }

    fn begin_stream(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let Some(element) = self.pad.parent_element() else {
            return;
        };
        let name = self.pad.name();
        let id = self.pad.create_stream_id(&element, Some(name.as_str()));
        let mut event = gst::event::StreamStart::builder(&id);
        let upstream = self.sink();
        let upstream = upstream.and_then(|sink| sink.sticky_event::<gst::event::StreamStart>(0));
        if let Some(group) = upstream.and_then(|start| start.group_id()) {
            event = event.group_id(group);
        }
        self.pad.push_event(event.build());
    }

    fn sink(&self) -> Option<gst::Pad> {
        self.pad.parent_element()?.static_pad("sink")
    }

    /// The stream has ended.
    pub fn end(&mut self) {
        self.begin_stream();
        self.pad.push_event(gst::event::Eos::new());
    }
}

impl Drop for FeaturePad {
    fn drop(&mut self) {
        // It keeps its buffers until then.
        if let Some(pool) = &self.pool {
            let _ = pool.set_active(false);
        }
    }
}
