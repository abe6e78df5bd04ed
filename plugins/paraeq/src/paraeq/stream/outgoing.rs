// SPDX-License-Identifier: MPL-2.0
//! What leaves later than it came: in its own time, and to the last frame.
use super::Stream;
use auris_dsp::eq::equaliser::{Equaliser, Splice};
use auris_dsp::simd::Level;
use auris_support::clip::duration_of;

impl Stream {
    /// Sets out for the delay that is wanted.
    pub fn set_out(&mut self) {
        let next = Equaliser::new(Level::best(), self.audio.clone(), &self.settings);
        self.delay = self.wanted_delay();
        if self.timeline.frames == 0 {
            self.equaliser = next;
            return self.restart();
        }
        if self.equaliser.latency() == 0 {
            (self.put_out, self.to_drop) = (self.timeline.frames, 0);
        }
        let splice = Splice::new(&self.equaliser, next, self.settings.ramp_time);
        self.splice = Some(splice);
    }

    /// Ends a change of delay.
    pub(super) fn arrive(&mut self) {
        if let Some(splice) = self.splice.take() {
            self.equaliser = splice.into_next();
        }
    }

    /// What follows the frames that [`Stream::process`] left in their place.
    pub fn take_after(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.after)
    }

    /// Takes from `frames` output frames those from before the first input; how many these are.
    pub fn drop_early(&mut self, frames: u64) -> u64 {
        let early = self.to_drop.min(frames);
        self.to_drop -= early;
        early
    }

    /// Gives `buffer`, of `frames` frames, the time that follows that of the last one that left.
    pub fn stamp(&mut self, buffer: &mut gst::BufferRef, frames: u64) {
        let rate = self.audio.rate;
        let (from, to) = (self.put_out, self.put_out + frames);
        self.put_out = to;
        let origin = self.timeline.origin;
        let from = duration_of(from, rate);
        buffer.set_pts(origin.and_then(|origin| origin.checked_add(from)));
        buffer.set_dts(None);
        buffer.set_duration(duration_of(to, rate) - from);
        // What GStreamer has for none.
        buffer.set_offset(u64::MAX);
        buffer.set_offset_end(u64::MAX);
    }

    /// Output that has not left yet, and is to be had from [`Stream::tail`]: so many frames of it.
    pub fn pending(&self) -> u64 {
        match self.is_delayed() {
            true => self.timeline.frames.saturating_sub(self.put_out),
            false => 0,
        }
    }

    /// Some of what has not left, as `frames` of silence make it leave; none if that is from before
    /// the first input.
    pub fn tail(&mut self, frames: usize) -> Vec<u8> {
        let pending = self.pending() as usize * self.frame_bytes;
        let mut bytes = vec![0; frames * self.frame_bytes];
        let (kept, _) = self.run(&mut bytes);
        bytes.truncate(kept * self.frame_bytes);
        bytes.extend(self.take_after());
        let early = self.drop_early(self.frames_of(bytes.len())) as usize;
        bytes.drain(..early * self.frame_bytes);
        bytes.truncate(pending);
        bytes
    }
}
