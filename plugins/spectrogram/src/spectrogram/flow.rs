// SPDX-License-Identifier: MPL-2.0
//! The way of audio to frames.
use super::imp::{CAT, Spectrogram};
use super::kinds::Mode;
use super::output::Output;
use super::settings::Settings;
use super::stream::{Drawing, Segment, Stream};
use auris_dsp::picture::whole::Whole;
use auris_support::clip::{duration_of, frame_at, frames_in_segment};
use auris_support::result_sink::lock;
use gst::{prelude::*, subclass::prelude::*};
use std::ops::Range;
use std::sync::atomic::Ordering;

/// Timestamps that differ by less than this from what was to be expected are no jump.
const TOLERANCE: gst::ClockTime = gst::ClockTime::from_mseconds(20);
/// A gap that is longer than this is a mistake, and would be silence without end.
pub(super) const LONGEST_GAP: gst::ClockTime = gst::ClockTime::from_seconds(24 * 3600);

/// When the first of the frames `heard` is heard.
pub(super) fn first_heard(
    segment: Option<&Segment>,
    pts: Option<gst::ClockTime>,
    heard: &Range<u64>,
    rate: u32,
) -> Option<gst::ClockTime> {
    let first = pts?.checked_add(duration_of(heard.start, rate))?;
    // What begins with the segment must not begin a rounding error before it.
    let start = segment.and_then(|segment| segment.start());
    Some(start.map_or(first, |start| first.max(start)))
}

/// What is drawn.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    Samples(&'a [u8]),
    Silence,
}

impl Spectrogram {
    pub(super) fn chain(&self, buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.with_stream(|stream| {
            let Some(audio) = &stream.audio else {
                gst::element_imp_error!(self, gst::CoreError::Negotiation, ("No caps yet"));
                return Err(gst::FlowError::NotNegotiated);
            };
            let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
            let (rate, frame) = (audio.info.rate(), audio.info.bpf().max(1) as usize);
            let frames = (map.len() / frame) as u64;
            let segment = stream.segment.as_ref();
            let heard = frames_in_segment(segment, buffer.pts(), frames, rate);
            let input = match buffer.flags().contains(gst::BufferFlags::GAP) {
                true => Input::Silence,
                false => Input::Samples(&map),
            };
            let first = first_heard(segment, buffer.pts(), &heard, rate);
            self.draw(stream, input, heard, first)
        })
    }

    /// Draws frames `heard` of a buffer or gap, of which the first is heard at `first`.
    pub(super) fn draw(
        &self,
        stream: &mut Stream,
        input: Input<'_>,
        heard: Range<u64>,
        first: Option<gst::ClockTime>,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        if heard.is_empty() {
            return Ok(gst::FlowSuccess::Ok);
        }
        self.prepare(stream, first)?;
        self.follow(stream, first)?;
        let mut at = heard.start;
        while at < heard.end {
            let Some(audio) = &mut stream.audio else {
                return Err(gst::FlowError::NotNegotiated);
            };
            let frame = audio.info.bpf() as usize;
            let most = match &stream.drawing {
                Drawing::Live(clock) => clock.missing().min(heard.end - at),
                _ => heard.end - at,
            };
            at += match input {
                Input::Samples(bytes) => {
                    let part = &bytes[at as usize * frame..(at + most) as usize * frame];
                    let before = audio.intake.non_finite();
                    let rows = audio.intake.rows(part);
                    let taken = rows.frames() as u64;
                    match &mut stream.drawing {
                        Drawing::Live(clock) => clock.push(rows),
                        Drawing::Whole(whole) => whole.push(rows),
                        Drawing::Nothing => {}
                    }
                    if audio.intake.non_finite() > before && !stream.warned {
                        stream.warned = true;
                        self.warn_non_finite();
                    }
                    taken
                }
                Input::Silence => {
                    let now = most.min(1 << 16);
                    match &mut stream.drawing {
                        Drawing::Live(clock) => clock.push_silence(now),
                        Drawing::Whole(whole) => whole.push_silence(now),
                        Drawing::Nothing => {}
                    }
                    // A long gap must not keep a flush waiting.
                    if self.sinkpad.pad_flags().contains(gst::PadFlags::FLUSHING) {
                        return Err(gst::FlowError::Flushing);
                    }
                    now
                }
            };
            while matches!(&stream.drawing, Drawing::Live(clock) if clock.missing() == 0) {
                self.push_live(stream)?;
            }
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn warn_non_finite(&self) {
        gst::element_imp_warning!(
            self,
            gst::StreamError::Decode,
            ("Samples that are no numbers (NaN, infinite or beyond ±10¹⁰) are drawn as silence; check what is upstream")
        );
    }

    fn warn_of_range(&self, stream: &mut Stream, settings: &Settings) {
        if let Some(doubt) = stream.doubt(settings) {
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("Drawing from the lowest frequency on: {doubt}")
            );
        }
    }

    /// Sees to it that there is something to draw on.
    fn prepare(
        &self,
        stream: &mut Stream,
        first: Option<gst::ClockTime>,
    ) -> Result<(), gst::FlowError> {
        let whole = matches!(stream.drawing, Drawing::Whole(_));
        let renegotiate = !whole && self.srcpad.check_reconfigure();
        let begun = !matches!(stream.drawing, Drawing::Nothing);
        if begun && !renegotiate {
            let next = lock(&self.next).take();
            if let Some(next) = next {
                self.warn_of_range(stream, &next.settings);
                stream.take_over(next);
                self.tell_latency(stream);
            }
            return Ok(());
        }
        if stream.output.is_none() || renegotiate {
            // The old pool's buffers may be all there are.
            stream.output = None;
            let (settings, _) = self.settings();
            let colours = settings.picture().palette.colours();
            let output = Output::negotiate(&self.srcpad, settings.mode, &colours);
            let output = output.map_err(|why| {
                self.srcpad.mark_reconfigure();
                if self.srcpad.pad_flags().contains(gst::PadFlags::FLUSHING) {
                    return gst::FlowError::Flushing;
                }
                gst::element_imp_error!(self, gst::CoreError::Negotiation, ("No video: {why}"));
                gst::FlowError::NotNegotiated
            })?;
            stream.output = Some(output);
        }
        if let Some(segment) = stream.pending_segment.take() {
            self.srcpad.push_event(segment);
        }
        let start = stream.segment.as_ref().and_then(|segment| segment.start());
        let base = match &stream.drawing {
            Drawing::Live(clock) => clock.expected(),
            _ => first.or(start).unwrap_or_default(),
        };
        // Who changes them from here on either sees what will be drawn, or is seen.
        let (settings, generation) = self.settings();
        let expected = (settings.mode == Mode::Whole)
            .then(|| self.expected(stream))
            .flatten();
        stream
            .begin(&settings, generation, base, expected)
            .map_err(|why| {
                gst::element_imp_error!(
                    self,
                    gst::ResourceError::NoSpaceLeft,
                    ("Cannot draw: {why}")
                );
                gst::FlowError::Error
            })?;
        self.warn_of_range(stream, &settings);
        *lock(&self.context) = stream.context.clone();
        if self.settings().1 != generation {
            // Changed while there was nothing to plan for.
            self.replan();
        }
        self.tell_latency(stream);
        Ok(())
    }

    fn tell_latency(&self, stream: &Stream) {
        if let (Drawing::Live(clock), Some(audio)) = (&stream.drawing, &stream.audio) {
            let latency = duration_of(clock.delay(), audio.info.rate()).nseconds();
            if self.latency.swap(latency, Ordering::AcqRel) != latency {
                let message = gst::message::Latency::builder().src(&*self.obj()).build();
                let _ = self.obj().post_message(message);
            }
        }
    }

    /// How many frames will come, if upstream knows.
    fn expected(&self, stream: &Stream) -> Option<u64> {
        let rate = stream.audio.as_ref()?.info.rate();
        let segment = stream.segment.as_ref()?;
        let start = segment.start().unwrap_or_default();
        let stop = segment
            .stop()
            .or_else(|| self.sinkpad.peer_query_duration::<gst::ClockTime>())?;
        Some(frame_at(stop.checked_sub(start)?, rate))
    }

    /// Follows time where it jumps.
    fn follow(
        &self,
        stream: &mut Stream,
        first: Option<gst::ClockTime>,
    ) -> Result<(), gst::FlowError> {
        let (Some(first), Some(rate)) = (first, stream.audio.as_ref().map(|a| a.info.rate()))
        else {
            return Ok(());
        };
        match &mut stream.drawing {
            Drawing::Live(clock) => {
                if clock.expected().absdiff(first) > TOLERANCE {
                    gst::debug!(CAT, imp = self, "time jumps to {first}");
                    clock.restart(first);
                }
            }
            Drawing::Whole(whole) => {
                let began = stream.began.unwrap_or(first);
                let expected = began + duration_of(whole.frames(), rate);
                // What is missing leaves a gap, as it does when it is played.
                let gap = first.saturating_sub(expected).min(LONGEST_GAP);
                if gap > TOLERANCE {
                    gst::debug!(CAT, imp = self, "{gap} are missing before {first}");
                    whole.push_silence(frame_at(gap, rate));
                }
            }
            Drawing::Nothing => {}
        }
        Ok(())
    }

    /// Pushes the frame that is due, unless it is too late.
    fn push_live(&self, stream: &mut Stream) -> Result<(), gst::FlowError> {
        let (Drawing::Live(clock), Some(output)) = (&mut stream.drawing, &stream.output) else {
            return Ok(());
        };
        let times = clock.step();
        let late = self
            .qos
            .judge(stream.segment.as_ref(), times.pts, times.duration);
        if let Some(message) = late {
            let message = message.src(&*self.obj()).build();
            // It fails only where nobody listens.
            let _ = self.obj().post_message(message);
            return Ok(());
        }
        let mut buffer = output.buffer(clock.draw())?;
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(times.pts);
            buffer.set_duration(times.duration);
        }
        self.srcpad.push(buffer).map(|_| ())
    }

    /// Draws what is left at the end of the stream.
    pub(super) fn finish(&self, stream: &mut Stream) {
        let done = match std::mem::take(&mut stream.drawing) {
            Drawing::Live(clock) => {
                let end = clock.taken();
                stream.drawing = Drawing::Live(clock);
                self.finish_live(stream, end)
            }
            Drawing::Whole(whole) => self.finish_whole(stream, *whole),
            Drawing::Nothing => {
                if self.settings().0.mode == Mode::Whole && !stream.done {
                    gst::element_imp_error!(
                        self,
                        gst::StreamError::Failed,
                        ("There was no audio to make a picture of; check what is upstream")
                    );
                }
                Ok(())
            }
        };
        if let Err(error) = done {
            gst::debug!(CAT, imp = self, "the last frames were not pushed: {error}");
        }
        stream.drawing = Drawing::Nothing;
    }

    /// The frames whose time lies before sample `end`, which silence follows.
    fn finish_live(&self, stream: &mut Stream, end: u64) -> Result<(), gst::FlowError> {
        while let Drawing::Live(clock) = &mut stream.drawing
            && clock.is_due_before(end)
        {
            clock.push_silence(clock.missing());
            self.push_live(stream)?;
        }
        Ok(())
    }

    fn finish_whole(&self, stream: &mut Stream, whole: Whole) -> Result<(), gst::FlowError> {
        let (Some(output), Some(audio)) = (&stream.output, &stream.audio) else {
            return Ok(());
        };
        let duration = duration_of(whole.frames(), audio.info.rate());
        let mut buffer = output.buffer(&whole.finish())?;
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(stream.began);
            buffer.set_duration(duration);
        }
        stream.done = true;
        self.srcpad.push(buffer).map(|_| ())
    }
}
