// SPDX-License-Identifier: MPL-2.0
//! Interleaved PCM to rows of f32.
use super::Error;
use super::convert::Converter;
use super::memory::room;
use crate::pcm::SampleFormat;
use crate::simd::Level;

/// What becomes of the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downmix {
    /// One row: their mean.
    Mean,
    /// A row each.
    Channels,
    /// Of stereo, row 0 is (L + R) / 2 and row 1 is (L − R) / 2; otherwise as
    /// [`Downmix::Channels`].
    MidSide,
}

impl Downmix {
    /// Rows that so many channels make.
    pub fn rows(self, channels: usize) -> usize {
        match self {
            Downmix::Mean => channels.min(1),
            Downmix::Channels | Downmix::MidSide => channels,
        }
    }
}

/// Converts frames of any format. Integers are divided by their largest positive value; samples
/// that are no number, or beyond ±1e10, count as 0, and are counted.
pub struct Intake {
    converter: Converter,
    most_frames: usize,
    /// One row after another, `most_frames` apart.
    samples: Vec<f32>,
}

impl Intake {
    /// Room for so many frames at a time. Nothing is allocated later.
    pub fn new(
        format: SampleFormat,
        channels: usize,
        downmix: Downmix,
        most_frames: usize,
    ) -> Result<Self, Error> {
        Intake::with_level(Level::best(), format, channels, downmix, most_frames)
    }

    /// The same on a given instruction set.
    pub fn with_level(
        level: Level,
        format: SampleFormat,
        channels: usize,
        downmix: Downmix,
        most_frames: usize,
    ) -> Result<Self, Error> {
        if channels == 0 || most_frames == 0 {
            return Err(Error::Setting("no channels or no frames"));
        }
        let samples = downmix.rows(channels).checked_mul(most_frames);
        Ok(Intake {
            converter: Converter::new(level, format, channels, downmix)?,
            most_frames,
            samples: room(samples.ok_or(Error::Memory)?)?,
        })
    }

    /// The first frames of `bytes`, which may be of any alignment, as rows: as many as there is
    /// room for; what follows is for the next call. An incomplete last frame is left out.
    pub fn rows(&mut self, bytes: &[u8]) -> Rows<'_> {
        let frames = (bytes.len() / self.converter.frame()).min(self.most_frames);
        let bytes = &bytes[..frames * self.converter.frame()];
        let (most, samples) = (self.most_frames, &mut self.samples);
        self.converter.pieces(bytes, &mut |first, piece| {
            let here = first..first + piece.frames();
            for (row, samples) in samples.chunks_exact_mut(most).enumerate() {
                piece.row(row, &mut samples[here.clone()]);
            }
        });
        Rows {
            samples: &self.samples,
            stride: self.most_frames,
            frames,
        }
    }

    /// Rows that [`Intake::rows`] gives.
    pub fn row_count(&self) -> usize {
        self.samples.len() / self.most_frames
    }

    /// Samples so far that were no number within ±1e10.
    pub fn non_finite(&self) -> u64 {
        self.converter.non_finite()
    }
}

/// Equally long rows of samples.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    samples: &'a [f32],
    stride: usize,
    frames: usize,
}

impl<'a> Rows<'a> {
    /// Frames in each row.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.samples.len() / self.stride
    }

    /// One of them; empty if there is none of this number.
    pub fn row(&self, row: usize) -> &'a [f32] {
        let mut rows = self.samples.chunks_exact(self.stride);
        rows.nth(row).map_or(&[], |samples| &samples[..self.frames])
    }
}
