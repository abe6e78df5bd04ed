// SPDX-License-Identifier: MPL-2.0
//! Spectra of audio.
//!
//! - [`intake`]: interleaved PCM to rows of f32.
//! - [`classic`]: one spectrum per interval, as GStreamer's own element `spectrum` computes it.
//! - [`stft`]: every frame of a short-time Fourier transform.
//! - [`decibel_kernel`]: powers to decibels.
//! - [`scale`], [`weighting`]: calibrated levels, and what the ear makes of them.
//! - [`bands`], over [`filter_bank`]: bands of a frequency scale.
//! - [`averaging`]: spectra of frames to one per interval.
use std::fmt;

mod arithmetic;
pub mod averaging;
pub mod bands;
pub mod classic;
mod convert;
pub mod decibel_kernel;
mod dense;
mod double;
pub mod filter_bank;
mod halves;
pub mod intake;
mod lanes;
mod memory;
pub(crate) mod radix;
pub mod scale;
mod schedule;
pub mod stft;
#[cfg(test)]
mod tests;
mod transform;
mod untangle;
pub mod weighting;
#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(target_arch = "x86_64")]
mod x86_double;

/// Why there is no analyser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A setting that makes no sense; says which.
    Setting(&'static str),
    /// It would need more memory than there is.
    Memory,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Setting(what) => f.write_str(what),
            Error::Memory => f.write_str("not enough memory for a spectrum of this size"),
        }
    }
}

impl std::error::Error for Error {}
