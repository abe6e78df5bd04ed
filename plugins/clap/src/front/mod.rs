// SPDX-License-Identifier: MPL-2.0
//! From samples to the spectrogram that the model looks at, as transformers' `ClapFeatureExtractor`
//! computes it, but for its random choice among longer audio.
//!
//! Transforms are in f64, for in f32 the quiet bands beside loud ones would be off by a tenth of a
//! decibel.
mod bank;
mod decibel;
mod mono;
mod resample;
#[cfg(test)]
mod tests;
mod windows;

pub use bank::Bank;
pub use mono::Mixer;
pub use resample::Resampler;
pub use windows::{Cut, Piece, Tail, Windows};

use crate::Error;
use auris_dsp::simd::Level;
use auris_dsp::spectrum::filter_bank::FilterBank;
use auris_dsp::spectrum::stft::{self, Frame, Precision, Prepare, Stft};
use decibel::decibels;
use std::alloc::{Layout, handle_alloc_error};

/// Sample rate of all audio here, in Hz.
pub const RATE: usize = 48_000;
/// Samples that a model looks at: 10 s.
pub const WINDOW: usize = 480_000;
/// Samples from one frame to the next: 10 ms.
pub const HOP: usize = 480;
/// Frames of a spectrogram.
pub const FRAMES: usize = WINDOW / HOP + 1;
/// Bands of a frame.
pub const MELS: usize = 64;

/// Samples of a frame.
const TRANSFORM: usize = 1024;
/// Power below which there is silence, at −100 dB.
const FLOOR: f32 = 1e-10;

/// What to do with audio that is shorter than the model's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Padding {
    /// As often as it fits as a whole, then silence: the default of transformers.
    #[default]
    RepeatPad,
    /// As often as is needed, the last time in part.
    Repeat,
    /// Once, then silence.
    Pad,
}

/// Power in dB, of 64 bands in 1001 frames, 10 ms apart.
#[derive(Clone)]
pub struct LogMel {
    frames: Box<[[f32; MELS]; FRAMES]>,
}

impl LogMel {
    /// Silence.
    pub fn new() -> LogMel {
        LogMel {
            frames: Box::new([[-100.0; MELS]; FRAMES]),
        }
    }

    /// Frame by frame, the lowest band first.
    pub fn frames(&self) -> &[[f32; MELS]; FRAMES] {
        &self.frames
    }

    /// The same, to be filled by other means than a [`FrontEnd`].
    pub fn frames_mut(&mut self) -> &mut [[f32; MELS]; FRAMES] {
        &mut self.frames
    }
}

impl Default for LogMel {
    fn default() -> Self {
        LogMel::new()
    }
}

/// Computes spectrograms. One per thread.
pub struct FrontEnd {
    level: Level,
    /// One frame at a time.
    transform: Stft,
    bank: FilterBank,
    padded: Vec<f32>,
}

impl FrontEnd {
    /// One for models that were trained with this filter bank: see
    /// [`Model::bank`](crate::Model::bank).
    pub fn new(bank: Bank) -> FrontEnd {
        let turn = std::f64::consts::TAU / TRANSFORM as f64;
        let transform = Stft::new(stft::Config {
            rate: RATE as u32,
            rows: 1,
            size: TRANSFORM,
            frame: TRANSFORM,
            // Periodic Hann.
            window: (0..TRANSFORM)
                .map(|i| 0.5 - 0.5 * (turn * i as f64).cos())
                .collect(),
            hop: TRANSFORM,
            padding: stft::Padding::None,
            prepare: Prepare::Nothing,
            whole_only: true,
            phase: false,
            precision: Precision::Double,
        });
        let triangles = bank.triangles().into_iter();
        FrontEnd {
            level: Level::best(),
            // Nothing but memory can be wrong with this, and for want of that vectors abort too.
            transform: transform
                .unwrap_or_else(|_| handle_alloc_error(Layout::new::<[f64; TRANSFORM]>())),
            bank: FilterBank::new(
                TRANSFORM / 2 + 1,
                triangles.map(|triangle| (triangle.first, triangle.weights)),
            ),
            padded: Vec::new(),
        }
    }

    /// The spectrogram of mono audio at 48 kHz, full scale being ±1. Of more than 10 s, the first
    /// ten count: [`Windows`] sees to the others.
    ///
    /// # Errors
    /// [`Error::NoAudio`] or [`Error::SampleNotFinite`].
    pub fn compute(
        &mut self,
        samples: &[f32],
        padding: Padding,
        log_mel: &mut LogMel,
    ) -> Result<(), Error> {
        let samples = &samples[..samples.len().min(WINDOW)];
        check_finite(samples, 0)?;
        if samples.is_empty() {
            return Err(Error::NoAudio);
        }
        if samples.len() == WINDOW {
            self.whole(samples, log_mel);
            return Ok(());
        }
        let mut padded = std::mem::take(&mut self.padded);
        pad(samples, padding, &mut padded);
        self.whole(&padded, log_mel);
        self.padded = padded;
        Ok(())
    }

    /// The same of a whole window.
    fn whole(&mut self, samples: &[f32], log_mel: &mut LogMel) {
        for (index, bands) in log_mel.frames.iter_mut().enumerate() {
            let begin = (index * HOP).checked_sub(TRANSFORM / 2);
            match begin.and_then(|begin| samples.get(begin..begin + TRANSFORM)) {
                Some(samples) => self.frame(samples, bands),
                None => self.edge(samples, index, bands),
            }
        }
    }

    /// A frame that reaches beyond the ends of a window: samples are reflected there.
    fn edge(&mut self, samples: &[f32], index: usize, bands: &mut [f32; MELS]) {
        let begin = (index * HOP) as isize - (TRANSFORM / 2) as isize;
        let last = samples.len() as isize - 1;
        let frame: [f32; TRANSFORM] = std::array::from_fn(|i| {
            let place = (begin + i as isize).abs();
            let place = if place > last {
                2 * last - place
            } else {
                place
            };
            samples.get(place as usize).copied().unwrap_or(0.0)
        });
        self.frame(&frame, bands);
    }

    /// The bands of as many samples as the transform has.
    fn frame(&mut self, samples: &[f32], bands: &mut [f32; MELS]) {
        let (bank, level) = (&self.bank, self.level);
        self.transform.push(&[samples], &mut |frame: &Frame<'_>| {
            let mut powers = [0.0; MELS];
            bank.apply(frame.power(0), &mut powers);
            decibels(level, &powers, bands);
        });
    }
}

/// Fills a window with fewer samples than it has, at least one.
fn pad(samples: &[f32], padding: Padding, window: &mut Vec<f32>) {
    window.clear();
    let times = match padding {
        Padding::RepeatPad => WINDOW / samples.len(),
        Padding::Repeat => WINDOW.div_ceil(samples.len()),
        Padding::Pad => 1,
    };
    window.reserve(times * samples.len());
    for _ in 0..times {
        window.extend_from_slice(samples);
    }
    window.resize(WINDOW, 0.0);
}

/// `begin` is the index of the first sample.
fn check_finite(samples: &[f32], begin: u64) -> Result<(), Error> {
    // Whole blocks first: a search that can end anywhere looks at one sample at a time.
    let finite = |block: &[f32]| block.iter().fold(true, |all, x| all & x.is_finite());
    if samples.chunks(1024).all(finite) {
        return Ok(());
    }
    match samples.iter().position(|x| !x.is_finite()) {
        Some(at) => Err(Error::SampleNotFinite {
            index: begin + at as u64,
        }),
        None => Ok(()),
    }
}
