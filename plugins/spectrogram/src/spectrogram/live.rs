// SPDX-License-Identifier: MPL-2.0
//! Frames of a picture that scrolls, each at its time.
use auris_dsp::picture::canvas::Canvas;
use auris_dsp::picture::live::Live;
use auris_dsp::spectrum::intake::Rows;
use auris_support::clip::duration_of;

/// Samples on their way to frames. Frame k shows what is heard up to its timestamp, which is that of
/// sample k·rate / fps.
pub struct Clock {
    live: Box<Live>,
    /// Frames per second.
    fps: (u64, u64),
    /// Timestamp of the first sample.
    base: gst::ClockTime,
    /// Samples since then.
    taken: u64,
    /// Number of the next frame.
    next: u64,
    /// As many samples after a frame's time are looked at.
    delay: u64,
}

/// When a frame is shown.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub pts: gst::ClockTime,
    pub duration: gst::ClockTime,
}

impl Clock {
    /// Starts with a sample that is heard at `base`.
    pub fn new(live: Box<Live>, fps: (u64, u64), base: gst::ClockTime) -> Self {
        Clock {
            delay: live.delay(),
            live,
            fps,
            base,
            taken: 0,
            next: 0,
        }
    }

    /// Starts anew beside what is drawn.
    pub fn restart(&mut self, base: gst::ClockTime) {
        self.live.restart();
        (self.base, self.taken, self.next) = (base, 0, 0);
    }

    /// Goes on with another picture, which is empty: frames come at the times that they would have had.
    pub fn replace(&mut self, live: Box<Live>) {
        self.delay = live.delay();
        self.live = live;
    }

    /// The timestamp that the next sample should have.
    pub fn expected(&self) -> gst::ClockTime {
        self.base + duration_of(self.taken, self.live.rate())
    }

    /// The first sample of frame `k`.
    fn sample(&self, k: u64) -> u64 {
        let (n, d) = (u128::from(self.fps.0), u128::from(self.fps.1));
        let sample = u128::from(k) * u128::from(self.live.rate()) * d / n.max(1);
        u64::try_from(sample).unwrap_or(u64::MAX)
    }

    /// Samples that are missing until the next frame is due; 0 if it is.
    pub fn missing(&self) -> u64 {
        let end = self.sample(self.next).saturating_add(self.delay);
        end.saturating_sub(self.taken)
    }

    /// Whether the next frame's time lies before sample `end`.
    pub fn is_due_before(&self, end: u64) -> bool {
        self.sample(self.next) < end
    }

    /// Samples taken in since the first.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Frames after a moment that must be known before it can be drawn.
    pub fn delay(&self) -> u64 {
        self.delay
    }

    /// Takes in samples, no more than are missing.
    pub fn push(&mut self, rows: Rows<'_>) {
        self.taken += rows.frames() as u64;
        self.live.push(rows);
    }

    /// Takes in silence, no more than is missing.
    pub fn push_silence(&mut self, frames: u64) {
        self.taken += frames;
        self.live.push_silence(frames);
    }

    /// When the next frame is shown; from now on it is the one after it.
    pub fn step(&mut self) -> Times {
        let at = |k: u64| {
            let (n, d) = (u128::from(self.fps.0), u128::from(self.fps.1));
            let ns = u128::from(k) * 1_000_000_000 * d / n.max(1);
            gst::ClockTime::from_nseconds(u64::try_from(ns).unwrap_or(u64::MAX - 1))
        };
        let (begin, end) = (at(self.next), at(self.next + 1));
        self.next += 1;
        Times {
            pts: self.base.saturating_add(begin),
            duration: end.saturating_sub(begin),
        }
    }

    /// The picture with all that was taken in.
    pub fn draw(&mut self) -> &Canvas {
        self.live.draw()
    }
}
