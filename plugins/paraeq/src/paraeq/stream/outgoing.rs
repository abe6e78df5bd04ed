// SPDX-License-Identifier: MPL-2.0
//! What leaves later than it came: in its own time, and to the last frame.
use super::Stream;
use auris_dsp::simd::Level;
use auris_eq::equaliser::{Equaliser, Pace, Phase, Splice};
use auris_support::clip::duration_of;
use std::thread::JoinHandle;

/// An equaliser that is made beside the audio, since designing a long filter takes longer than there
/// may be until the next buffer.
pub(super) struct Making {
    delay: Option<usize>,
    thread: Option<JoinHandle<Equaliser>>,
}

impl Making {
    fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Stream {
    /// Sets out for the delay that is wanted; false as long as what that takes is being made.
    pub fn set_out(&mut self) -> bool {
        let wanted = self.wanted_delay();
        let Some(next) = self.next(wanted) else {
            return false;
        };
        self.delay = wanted;
        if self.timeline.frames == 0 {
            self.equaliser = next;
            self.restart();
            return true;
        }
        if self.equaliser.latency() == 0 {
            (self.put_out, self.to_drop) = (self.timeline.frames, 0);
        }
        let mut splice = Splice::new(&self.equaliser, next, self.settings.ramp_time);
        // It was made for what was wanted then.
        splice.newer().update(&self.settings, Pace::Ramp);
        self.splice = Some(splice);
        true
    }

    /// The equaliser for a delay, once it is there.
    fn next(&mut self, delay: Option<usize>) -> Option<Equaliser> {
        let curve = &self.settings.curve;
        let long = self.settings.phase == Phase::Linear || !curve.graphics.is_empty();
        match self.making.take() {
            Some(making) if self.timeline.frames > 0 && !making.is_finished() => {
                self.making = Some(making);
                return None;
            }
            Some(mut making) if making.delay == delay => {
                if let Some(Ok(next)) = making.thread.take().map(JoinHandle::join) {
                    return Some(next);
                }
            }
            _ => {}
        }
        let make = || Equaliser::new(Level::best(), self.audio.clone(), &self.settings);
        // Nobody waits for a stream that has not begun.
        if !long || self.timeline.frames == 0 {
            return Some(make());
        }
        let (audio, settings) = (self.audio.clone(), self.settings.clone());
        let thread = std::thread::Builder::new()
            .name("eq-design".into())
            .spawn(move || Equaliser::new(Level::best(), audio, &settings));
        let Ok(thread) = thread else {
            return Some(make());
        };
        self.making = Some(Making {
            delay,
            thread: Some(thread),
        });
        None
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
