// SPDX-License-Identifier: MPL-2.0
//! What the streaming thread works on.
use super::message::Times;
use super::plan::Plan;
use super::settings::Settings;
use auris_dsp::spectrum::classic::Taken;
use auris_support::clip::duration_of;

/// What is analysed.
pub enum Audio<'a> {
    /// Interleaved.
    Samples(&'a [u8]),
    /// That many frames of value 0.
    Silence(u64),
}

/// One stream of one kind of audio.
pub struct Stream {
    pub plan: Box<Plan>,
    /// As of the latest buffer.
    pub settings: Settings,
    /// How much of the element's news was seen.
    pub news: u64,
    /// Of the first frame of the interval.
    timestamp: Option<gst::ClockTime>,
    /// Frames of the interval.
    frames: u64,
    warned: bool,
}

impl Stream {
    pub fn new(plan: Box<Plan>) -> Self {
        Stream {
            settings: plan.settings,
            news: 0,
            timestamp: None,
            frames: 0,
            warned: false,
            plan,
        }
    }

    /// Goes on with another plan, from the beginning of an interval.
    pub fn replace(&mut self, plan: Box<Plan>) {
        self.frames = 0;
        self.plan = plan;
    }

    /// Takes over what needs no other plan.
    pub fn set_live(&mut self, settings: Settings) {
        self.plan.path.set_live(&settings);
        self.settings = settings;
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        self.plan.path.reset();
        self.frames = 0;
    }

    /// What comes does not follow what came.
    pub fn discontinuity(&mut self) {
        self.plan.path.discontinuity();
        self.frames = 0;
    }

    /// Audio begins that has this timestamp.
    pub fn begin(&mut self, timestamp: Option<gst::ClockTime>) {
        if self.frames == 0 {
            self.timestamp = timestamp;
        }
    }

    /// Takes audio, up to the end of an interval; whether it was reached.
    pub fn advance(&mut self, audio: &mut Audio<'_>) -> bool {
        let taken: Taken;
        match audio {
            Audio::Samples(bytes) => {
                taken = self.plan.path.push(bytes);
                let used = taken.frames * self.plan.info.bpf() as usize;
                *bytes = bytes.get(used..).unwrap_or_default();
            }
            Audio::Silence(frames) => {
                taken = self.plan.path.push_silence(*frames);
                *frames -= taken.frames as u64;
            }
        }
        self.frames += taken.frames as u64;
        taken.due
    }

    /// When the interval was that has just ended; the next one begins.
    pub fn conclude(&mut self, segment: Option<&gst::FormattedSegment<gst::ClockTime>>) -> Times {
        let rate = self.plan.info.rate();
        let times = Times::new(segment, self.timestamp, self.plan.settings.interval);
        let took = duration_of(self.frames, rate);
        self.timestamp = self.timestamp.and_then(|start| start.checked_add(took));
        self.frames = 0;
        times
    }

    /// True once, when a sample that is no number was seen.
    pub fn must_warn(&mut self) -> bool {
        let odd = !self.warned && self.plan.path.non_finite() > 0;
        self.warned |= odd;
        odd
    }
}
