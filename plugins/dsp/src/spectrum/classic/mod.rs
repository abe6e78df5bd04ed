// SPDX-License-Identifier: MPL-2.0
//! One spectrum per interval, as GStreamer's own element `spectrum` computes it.
//!
//! Frames of 2·bands − 2 samples, periodic Hamming window. Where they fit into an interval,
//! they lie side by side from its beginning on, and what is left at its end is not looked at;
//! where they do not, there is one per interval, which ends with it and reaches back into
//! those before. Of magnitudes in decibel, the mean over the frames of the interval counts.
mod frames;
mod row;

use super::Error;
use super::convert::Converter;
use super::intake::Downmix;
use super::memory::{probe_all, room};
use super::schedule::Schedule;
use super::transform::Transform;
use crate::pcm::SampleFormat;
use crate::simd::Level;
use row::{Row, Work, window};

/// What is to be analysed.
#[derive(Debug, Clone)]
pub struct Config {
    /// How samples are stored.
    pub format: SampleFormat,
    /// Frames per second, at least 1.
    pub rate: u32,
    /// Interleaved channels, at least 1.
    pub channels: usize,
    /// Bins of the spectrum, at least 2: bin k lies at k·rate / (2·bands − 2).
    pub bands: usize,
    /// Time between spectra in nanoseconds, at least 1; at least one frame lies between them. Where it
    /// is shorter than a frame, the first spectrum is of none, as in GStreamer's element.
    pub interval: u64,
    /// A spectrum of each channel rather than of their mean.
    pub multi_channel: bool,
    /// Lower limit of magnitudes, in decibel.
    pub threshold: i32,
    /// Whether magnitudes are wanted.
    pub magnitude: bool,
    /// Whether phases are wanted.
    pub phase: bool,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Frames taken, from the first.
    pub frames: usize,
    /// Whether an interval ended with them: the rest is for the next push.
    pub due: bool,
}

/// Computes spectra of successive intervals.
///
/// Nothing is allocated after [`Classic::new`]. The values do not depend on how the input is cut
/// into pushes, not by one bit. What is not wanted is not computed, and neither is what cannot be
/// seen: samples that no frame covers are not read, and of phases only the last frame's are
/// computed. A wrapped phase has no mean; with one frame per interval, there is no difference. Where
/// frames are longer than intervals, samples are kept while nothing is wanted: a later frame reaches back.
pub struct Classic {
    config: Config,
    converter: Converter,
    schedule: Schedule,
    size: usize,
    /// Whether frames are longer than intervals and overlap.
    sliding: bool,
    window: Vec<f32>,
    rows: Vec<Row>,
    work: Work,
    /// Where the next sample goes in the rings, if frames slide.
    at: usize,
    /// Whether the samples of the present frame so far were kept. If frames slide, all are.
    kept: bool,
    /// Whether the present frame is all 0 by its nature.
    silent: bool,
    /// Samples since one that was not 0 by its nature; counted if frames slide.
    quiet: u64,
    /// Whether there are phases.
    phased: bool,
    /// Whether sums have nothing in them yet.
    fresh: bool,
    /// Frames whose magnitudes are summed.
    summed: u64,
    /// Sum of the threshold over these.
    base: f64,
}

/// Where new samples come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Bytes(&'a [u8]),
    Silence,
}

impl Classic {
    /// Plans transforms and allocates what they need.
    ///
    /// # Errors
    /// A setting is out of range, or there is not enough memory.
    pub fn new(config: Config) -> Result<Self, Error> {
        Classic::with_level(Level::best(), config)
    }

    /// The same on a given instruction set.
    pub fn with_level(level: Level, config: Config) -> Result<Self, Error> {
        if config.bands < 2 {
            return Err(Error::Setting("fewer than two bands"));
        }
        if config.rate == 0 || config.channels == 0 || config.interval == 0 {
            return Err(Error::Setting("no rate, no channels or no interval"));
        }
        let downmix = match config.multi_channel {
            true => Downmix::Channels,
            false => Downmix::Mean,
        };
        let size = (config.bands - 1).checked_mul(2).ok_or(Error::Memory)?;
        let schedule = Schedule::new(config.interval, config.rate);
        let count = downmix.rows(config.channels);
        // All of it at once, which a system refuses that would find out too late piece by piece.
        probe_all(&[count, size, 10])?;
        let mut rows = Vec::new();
        rows.try_reserve_exact(count).map_err(|_| Error::Memory)?;
        for _ in 0..count {
            rows.push(Row {
                samples: room(size)?,
                sum: room(config.bands)?,
                magnitude: room(config.bands)?,
                phase: room(config.bands)?,
            });
        }
        let mut classic = Classic {
            converter: Converter::new(level, config.format, config.channels, downmix)?,
            sliding: schedule.shortest() < size as u64,
            schedule,
            size,
            window: window(size)?,
            rows,
            work: Work {
                level,
                transform: Transform::new(level, size)?,
                frame: room(size)?,
                bins: room(config.bands)?,
                power: room(config.bands)?,
                decibel: room(config.bands)?,
            },
            config,
            at: 0,
            kept: true,
            silent: false,
            quiet: 0,
            phased: false,
            fresh: true,
            summed: 0,
            base: 0.0,
        };
        classic.reset();
        Ok(classic)
    }

    /// Rows of the result: channels, or 1.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Another lower limit, from the next frame on.
    pub fn set_threshold(&mut self, threshold: i32) {
        self.config.threshold = threshold;
    }

    /// What is wanted from now on: of an interval that has begun, frames that begin later count.
    pub fn set_outputs(&mut self, magnitude: bool, phase: bool) {
        self.config.magnitude = magnitude;
        self.config.phase = phase;
    }

    /// As if new, after a flush or a seek. The number of samples that were no numbers stays.
    pub fn reset(&mut self) {
        self.schedule.reset();
        self.begin_interval();
        self.forget();
    }

    /// Begins an interval anew after a discontinuity. As in GStreamer's element, frames that
    /// reach back over several intervals still see what was before it, and the interval is as long as
    /// the interrupted one would have been.
    pub fn discontinuity(&mut self) {
        self.schedule.interrupt();
        self.begin_interval();
    }

    /// Frames of the present interval so far; after a push that said `due`, all of them.
    pub fn frames_in_interval(&self) -> u64 {
        self.schedule.done()
    }

    /// The ended interval's magnitudes in decibel, `bands` of them, until the next push. They are
    /// the threshold if none were wanted.
    pub fn magnitude(&self, row: usize) -> &[f32] {
        self.rows.get(row).map_or(&[], |row| &row.magnitude)
    }

    /// The phases of the last frame of the interval, in radians; 0 if none were wanted.
    pub fn phase(&self, row: usize) -> &[f32] {
        self.rows.get(row).map_or(&[], |row| &row.phase)
    }

    /// Samples so far that were no number within ±1e10, and counted as 0. Only those that are looked at.
    pub fn non_finite(&self) -> u64 {
        self.converter.non_finite()
    }

    /// Takes whole frames of interleaved samples, of any alignment, up to the end of the interval.
    pub fn push(&mut self, bytes: &[u8]) -> Taken {
        let frames = bytes.len() / self.converter.frame();
        let (frames, due) = self.take(frames as u64, Source::Bytes(bytes));
        Taken {
            frames: frames as usize,
            due,
        }
    }

    /// The same with frames of zeros.
    pub fn push_silence(&mut self, frames: u64) -> Taken {
        // As many as the result can tell.
        let (frames, due) = self.take(frames.min(usize::MAX as u64), Source::Silence);
        Taken {
            frames: frames as usize,
            due,
        }
    }

    fn take(&mut self, frames: u64, source: Source<'_>) -> (u64, bool) {
        if frames == 0 {
            return (0, false);
        }
        if self.schedule.is_over() {
            self.schedule.next_if_over();
            self.begin_interval();
        }
        let frames = frames.min(self.schedule.todo() - self.schedule.done());
        if self.sliding {
            self.slide(frames as usize, source);
        } else {
            self.tile(frames, source);
        }
        self.schedule.advance(frames);
        let due = self.schedule.is_over();
        if due {
            if self.sliding {
                self.analyse_ring();
            }
            self.finish_interval();
        }
        (frames, due)
    }
}
