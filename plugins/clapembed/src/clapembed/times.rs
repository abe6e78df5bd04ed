// SPDX-License-Identifier: MPL-2.0
//! Where windows stand in time.
use auris_clap::RATE;
use auris_support::clip::duration_of;
use std::collections::VecDeque;

/// The segment that timestamps belong to.
pub type Segment = gst::FormattedSegment<gst::ClockTime>;

/// Timestamps that differ by less than this from what was to be expected are no jump.
const TOLERANCE: gst::ClockTime = gst::ClockTime::from_mseconds(20);
/// Audio that is missing for no longer than this counts as silence.
const LONGEST_HOLE: gst::ClockTime = gst::ClockTime::SECOND;
/// Marks that are remembered: more than a window of buffers that drift as fast as they may.
const MAX_MARKS: usize = 1024;

/// What a timestamp says about the audio that comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// It follows what came before.
    At,
    /// The same after that much silence.
    After(gst::ClockTime),
    /// It has nothing to do with it.
    Not,
}

/// A moment as the application knows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    pub stream_time: Option<gst::ClockTime>,
    pub running_time: Option<gst::ClockTime>,
}

/// A piece of audio without a jump.
pub struct Run {
    segment: Option<Segment>,
    rate: u32,
    frames: u64,
    /// Times that timestamps gave: how far into the run, and when.
    marks: VecDeque<(gst::ClockTime, gst::ClockTime)>,
    /// Where the latest buffer with a timestamp ended.
    end: Option<gst::ClockTime>,
}

impl Run {
    pub fn new(segment: Option<Segment>, rate: u32) -> Self {
        Run {
            segment,
            rate,
            frames: 0,
            marks: VecDeque::with_capacity(16),
            end: None,
        }
    }

    /// How audio at `pts` in `segment` goes on.
    pub fn follows(&self, pts: Option<gst::ClockTime>, segment: Option<&Segment>) -> Follows {
        if self.segment.as_ref() != segment {
            return Follows::Not;
        }
        let (Some(end), Some(pts)) = (self.end, pts) else {
            return Follows::At;
        };
        if end.absdiff(pts) <= TOLERANCE {
            return Follows::At;
        }
        match pts.checked_sub(end) {
            Some(hole) if hole <= LONGEST_HOLE => Follows::After(hole),
            _ => Follows::Not,
        }
    }

    /// Takes note of the time of what comes next, which may have drifted from what the frames say.
    pub fn note(&mut self, pts: Option<gst::ClockTime>) {
        let Some(pts) = pts else {
            return;
        };
        let now = duration_of(self.frames, self.rate);
        let expected = self.marks.back().map(|&mark| from_mark(mark, now));
        if expected.is_none_or(|expected| expected.absdiff(pts) > TOLERANCE) {
            if self.marks.len() == MAX_MARKS {
                self.marks.pop_front();
            }
            self.marks.push_back((now, pts));
        }
        self.end = Some(pts);
    }

    /// Takes note of frames.
    pub fn extend(&mut self, frames: u64) {
        let begin = duration_of(self.frames, self.rate);
        self.frames += frames;
        let duration = duration_of(self.frames, self.rate).saturating_sub(begin);
        self.end = self.end.and_then(|end| end.checked_add(duration));
    }

    /// When the window that begins with this sample of the model's rate is heard. Earlier windows
    /// are not asked for any more.
    pub fn times_at(&mut self, sample: u64) -> Times {
        let offset = duration_of(sample, RATE as u32);
        while self.marks.get(1).is_some_and(|(next, _)| *next <= offset) {
            self.marks.pop_front();
        }
        let (Some(&mark), Some(segment)) = (self.marks.front(), &self.segment) else {
            return Times::default();
        };
        let mut position = from_mark(mark, offset);
        // What begins with the segment must not begin a rounding error before it.
        if let Some(start) = segment.start()
            && position < start
            && start - position <= TOLERANCE
        {
            position = start;
        }
        Times {
            stream_time: segment.to_stream_time(position),
            running_time: segment.to_running_time(position),
        }
    }
}

/// The time so far into the run.
fn from_mark(
    (at, pts): (gst::ClockTime, gst::ClockTime),
    offset: gst::ClockTime,
) -> gst::ClockTime {
    match offset.checked_sub(at) {
        Some(since) => pts.saturating_add(since),
        None => pts.saturating_sub(at - offset),
    }
}
