// SPDX-License-Identifier: MPL-2.0
//! What the streaming thread works on.
mod outgoing;

use super::band::Band;
use super::bands::Bands;
use auris_dsp::simd::Level;
use auris_eq::equaliser::{Audio, Equaliser, GRID, Pace, Phase, Settings, Splice};
use auris_support::clip::duration_of;
use auris_support::layout;
use gst::prelude::*;
use outgoing::Making;

/// Fractions of a second of audio: after how much of it control bindings are looked for again, and
/// how much lies between two messages that the response changed.
const PER_SECOND: u64 = 10;

/// A jump in time that is no jitter.
const JUMP: gst::ClockTime = gst::ClockTime::from_mseconds(40);

/// Which time a frame has, by the number of frames since the first.
#[derive(Debug, Default, Clone, Copy)]
struct Timeline {
    origin: Option<gst::ClockTime>,
    frames: u64,
}

impl Timeline {
    /// Of the frame `ahead` of the next one.
    fn at(&self, ahead: u64, rate: u32) -> Option<gst::ClockTime> {
        let origin = self.origin?;
        origin.checked_add(duration_of(self.frames.checked_add(ahead)?, rate))
    }

    /// How far the next frame is from where it should be, if both are known.
    fn deviation(&self, pts: Option<gst::ClockTime>, rate: u32) -> Option<gst::ClockTime> {
        let (pts, expected) = (pts?, self.at(0, rate)?);
        Some(pts.max(expected) - pts.min(expected))
    }
}

/// The kernel's terms; `None` for audio that it does not take.
pub fn audio_of(info: &gst_audio::AudioInfo) -> Option<Audio> {
    Some(Audio {
        format: layout::sample_format(info.format())?,
        rate: info.rate(),
        layout: layout::eq_layout(info),
    })
}

/// Audio of one kind on its way through the kernel.
pub struct Stream {
    audio: Audio,
    /// How long one frame is.
    frame: gst::ClockTime,
    frame_bytes: usize,
    equaliser: Equaliser,
    /// The equaliser of another latency before it is there,
    making: Option<Making>,
    /// and the change to it,
    splice: Option<Splice>,
    /// and what it puts out after what a buffer holds.
    after: Vec<u8>,
    settings: Settings,
    bands: Vec<Band>,
    /// Generation of `settings`.
    seen: u64,
    /// Taps of what makes linear phase, where it goes to.
    delay: Option<usize>,
    /// Of input since a start, a flush or a jump.
    timeline: Timeline,
    /// Output frames since then, and how many more come from before the first.
    put_out: u64,
    to_drop: u64,
    /// Whether control bindings move anything, and when to look again, counted in frames.
    controlled: bool,
    processed: u64,
    look_again: u64,
    /// The response changed and nobody was told; not before this frame.
    untold: bool,
    tell_from: u64,
    warned: bool,
    pub passthrough: bool,
}

impl Stream {
    pub fn new(audio: Audio, bands: &Bands) -> Self {
        let (mut settings, mut all) = (Settings::default(), Vec::new());
        let seen = bands.snapshot(&mut settings, &mut all);
        let equaliser = Equaliser::new(Level::best(), audio.clone(), &settings);
        let mut stream = Stream {
            frame: duration_of(1, audio.rate),
            frame_bytes: audio.format.bytes() * audio.layout.channels(),
            audio,
            equaliser,
            making: None,
            splice: None,
            after: Vec::new(),
            settings,
            bands: all,
            seen,
            delay: None,
            timeline: Timeline::default(),
            put_out: 0,
            to_drop: 0,
            controlled: false,
            processed: 0,
            look_again: 0,
            untold: false,
            tell_from: 0,
            warned: false,
            passthrough: false,
        };
        stream.delay = stream.wanted_delay();
        stream.restart();
        stream
    }

    pub fn audio(&self) -> &Audio {
        &self.audio
    }

    /// By which output comes later than input.
    pub fn latency(&self) -> gst::ClockTime {
        let frames = match &self.splice {
            Some(splice) => splice.latency(&self.equaliser),
            None => self.equaliser.latency(),
        };
        duration_of(frames as u64, self.audio.rate)
    }

    /// Forgets all past input, as after a flush.
    pub fn reset(&mut self) {
        self.arrive();
        self.after.clear();
        self.equaliser.reset();
        self.look_again = self.processed;
        self.restart();
    }

    fn restart(&mut self) {
        self.timeline = Timeline::default();
        self.put_out = 0;
        self.to_drop = self.equaliser.latency() as u64;
    }

    /// A stream of its own begins: it may be warned of again.
    pub fn begin(&mut self) {
        self.warned = false;
    }

    /// The response changed by more than settings.
    pub fn note_other_response(&mut self) {
        self.untold = true;
    }

    /// Takes over what the user changed; false if that takes another delay, for which
    /// [`Stream::set_out`] does.
    pub fn follow(&mut self, bands: &Bands, pace: Pace) -> bool {
        if bands.generation() != self.seen {
            self.seen = bands.snapshot(&mut self.settings, &mut self.bands);
            self.untold = true;
            if pace == Pace::Ramp {
                self.look_again = self.processed;
            }
            if self.wanted_delay() == self.delay {
                let newest = match &mut self.splice {
                    Some(splice) => splice.newer(),
                    None => &mut self.equaliser,
                };
                newest.update(&self.settings, pace);
            }
        }
        // One change after the other.
        self.splice.is_some() || self.wanted_delay() == self.delay
    }

    fn wanted_delay(&self) -> Option<usize> {
        (self.settings.phase == Phase::Linear).then_some(self.settings.taps)
    }

    /// Whether `buffer` does not go on where the last one ended, so that what is delayed has to
    /// leave first.
    pub fn jumps(&self, buffer: &gst::BufferRef) -> bool {
        if !self.is_delayed() {
            return false;
        }
        let deviation = self.timeline.deviation(buffer.pts(), self.audio.rate);
        let discont = buffer.flags().contains(gst::BufferFlags::DISCONT);
        let tolerance = if discont { self.frame } else { JUMP };
        deviation.is_some_and(|d| d > tolerance)
    }

    /// Whether what is delayed, and what comes next, have the same time in another segment, so that nothing has to leave
    /// first.
    pub fn goes_on(
        &self,
        before: &gst::FormattedSegment<gst::ClockTime>,
        after: &gst::FormattedSegment<gst::ClockTime>,
    ) -> bool {
        let held = duration_of(self.put_out, self.audio.rate);
        let held = self
            .timeline
            .origin
            .and_then(|origin| origin.checked_add(held));
        let next = self.timeline.at(0, self.audio.rate);
        before.rate() == after.rate()
            && [held, next].into_iter().all(|time| {
                let running = before.to_running_time(time);
                running.is_some()
                    && running == after.to_running_time(time)
                    && before.to_stream_time(time) == after.to_stream_time(time)
            })
    }

    /// To be called ahead of each buffer: whether nothing will be done to it.
    pub fn prepare(&mut self, element: &super::ParaEq, buffer: &gst::BufferRef) -> bool {
        let rate = self.audio.rate;
        let deviation = self.timeline.deviation(buffer.pts(), rate);
        let delayed = self.is_delayed();
        if deviation.is_none_or(|d| d > self.frame && !delayed) && buffer.pts().is_some() {
            self.timeline = Timeline {
                origin: buffer.pts(),
                frames: 0,
            };
            self.put_out = 0;
        }
        if self.processed >= self.look_again {
            self.look_again = self.processed + u64::from(rate) / PER_SECOND;
            self.controlled = element.has_active_control_bindings()
                || self.bands.iter().any(|b| b.has_active_control_bindings());
        }
        !self.controlled && !delayed && self.equaliser.is_transparent()
    }

    /// Counts a buffer of so many bytes that goes past.
    pub fn skip(&mut self, bytes: usize) {
        let frames = bytes / self.frame_bytes;
        self.equaliser.skip(frames);
        self.count(frames);
    }

    fn count(&mut self, frames: usize) {
        self.timeline.frames += frames as u64;
        self.processed += frames as u64;
    }

    /// Whether the time of every frame matters.
    pub fn is_controlled(&self) -> bool {
        self.controlled
    }

    /// Filters whole frames in place; false if they held, or came to, what is no number. So many
    /// frames of them follow what has left, and [`Stream::take_after`] follows those.
    pub fn process(
        &mut self,
        element: &super::ParaEq,
        bands: &Bands,
        segment: Option<&gst::FormattedSegment<gst::ClockTime>>,
        bytes: &mut [u8],
    ) -> (bool, u64) {
        let whole = bytes.len() - bytes.len() % self.frame_bytes;
        let mut rest = &mut bytes[..whole];
        let (mut finite, mut kept) = (true, 0);
        while !rest.is_empty() {
            let mut frames = rest.len() / self.frame_bytes;
            if self.controlled {
                let mut until = self.equaliser.until_grid();
                if until == 0 {
                    self.control(element, bands, segment);
                    until = GRID;
                }
                frames = frames.min(until);
            }
            let (now, later) = rest.split_at_mut(frames * self.frame_bytes);
            let (some, clean) = self.run(now);
            (finite, kept) = (finite & clean, kept + some as u64);
            self.count(frames);
            rest = later;
        }
        (finite, kept)
    }

    /// Filters whole frames: how many stay where they are, and whether all was finite.
    fn run(&mut self, bytes: &mut [u8]) -> (usize, bool) {
        let Some(splice) = &mut self.splice else {
            let finite = !self.equaliser.process(bytes).non_finite;
            if self.after.is_empty() {
                return (bytes.len() / self.frame_bytes, finite);
            }
            self.after.extend_from_slice(bytes);
            return (0, finite);
        };
        let (kept, outcome) = splice.process(&mut self.equaliser, bytes, &mut self.after);
        if splice.is_over() {
            self.arrive();
        }
        (kept, !outcome.non_finite)
    }

    /// Has control bindings set what they move to where it is at the next frame.
    fn control(
        &mut self,
        element: &super::ParaEq,
        bands: &Bands,
        segment: Option<&gst::FormattedSegment<gst::ClockTime>>,
    ) {
        let time = self.timeline.at(0, self.audio.rate);
        let time = match segment {
            Some(segment) => segment.to_stream_time(time),
            None => time,
        };
        let Some(time) = time else {
            return;
        };
        // They fail for a binding that has no value yet.
        let _ = element.sync_values(time);
        for band in &self.bands {
            let _ = band.sync_values(time);
        }
        // Another delay waits for the next buffer.
        self.follow(bands, Pace::Follow);
    }

    pub fn frames_of(&self, bytes: usize) -> u64 {
        (bytes / self.frame_bytes) as u64
    }

    pub fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Whether output comes late, or will.
    pub fn is_delayed(&self) -> bool {
        self.splice.is_some() || self.equaliser.latency() > 0
    }

    /// Whether latency is on its way to another one.
    pub fn is_changing(&self) -> bool {
        self.splice.is_some()
    }

    /// Whether to say now that the response changed.
    pub fn must_tell(&mut self) -> bool {
        let tell = self.untold && self.processed >= self.tell_from;
        if tell {
            self.untold = false;
            self.tell_from = self.processed + u64::from(self.audio.rate) / PER_SECOND;
        }
        tell
    }

    /// Whether to warn now of what is no number: once per stream.
    pub fn must_warn(&mut self) -> bool {
        !std::mem::replace(&mut self.warned, true)
    }
}
