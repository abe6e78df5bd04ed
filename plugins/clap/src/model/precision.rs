// SPDX-License-Identifier: MPL-2.0
//! The numbers that the large products are made of, and whether they are good enough for a model.
use super::Model;
use crate::Error;
use crate::front::{FRAMES, LogMel, MELS};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// What the large products of a model are computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// 32-bit floats, as the model was saved.
    #[default]
    F32,
    /// bfloat16, summed up in f32: half the memory. Faster where the processor has matrix tiles
    /// (AMX), or does more with AVX-512 BF16 than with f32: AMD's do, Intel's do not.
    Bf16,
    /// Bytes, scaled per row and column, summed up exactly: a quarter of the memory, and the fastest
    /// where the processor has AVX-512 VNNI or matrix tiles.
    Int8,
}

impl Precision {
    /// Numbers in a word of 32 bits.
    pub(crate) fn per_word(self) -> usize {
        match self {
            Precision::F32 => 1,
            Precision::Bf16 => 2,
            Precision::Int8 => 4,
        }
    }

    /// By how much embeddings may differ from those in f32: 1 − cosine of the angle between them.
    fn limit(self) -> f64 {
        match self {
            Precision::F32 => 0.0,
            Precision::Bf16 => 2e-4,
            Precision::Int8 => 2e-3,
        }
    }
}

impl Display for Precision {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
            Precision::Int8 => "int8",
        })
    }
}

/// Names are those that [`Display`] gives; the error names them all.
impl FromStr for Precision {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = [Precision::F32, Precision::Bf16, Precision::Int8];
        all.into_iter()
            .find(|precision| precision.to_string() == name)
            .ok_or_else(|| format!("{name} is none of f32, bf16, int8"))
    }
}

/// Compares a model with itself in f32 on two spectrograms: one that changes all the time, and one
/// that nearly stands still.
pub(super) fn check(exact: &Model, coarse: &Model) -> Result<(), Error> {
    let (mut exact_space, mut coarse_space) = (exact.workspace(), coarse.workspace());
    let mut log_mel = LogMel::new();
    for restlessness in [1.0, 0.05] {
        fill(&mut log_mel, restlessness);
        let exact = exact.embed(&log_mel, &mut exact_space)?;
        let found = coarse.embed(&log_mel, &mut coarse_space)?;
        let terms = exact.iter().zip(found);
        let cosine: f64 = terms.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let (distance, limit) = (1.0 - cosine, coarse.precision.limit());
        if distance > limit {
            return Err(Error::TooCoarse {
                precision: coarse.precision,
                distance,
                limit,
            });
        }
    }
    Ok(())
}

/// Bands that fall off as those of music do, with a beat and a sweep.
fn fill(log_mel: &mut LogMel, restlessness: f32) {
    for (frame, bands) in log_mel.frames_mut().iter_mut().enumerate() {
        let beat = (frame % 50) as f32 / 50.0;
        let sweep = frame as f32 / FRAMES as f32 * MELS as f32;
        for (band, level) in bands.iter_mut().enumerate() {
            let from_sweep = (band as f32 - sweep).abs().min(10.0);
            let ripple = ((frame * 7919 + band * 104_729) % 1009) as f32 / 1009.0 - 0.5;
            let moving = 20.0 * ripple - 15.0 * beat - 2.0 * from_sweep;
            *level = -20.0 - 0.4 * band as f32 + restlessness * moving;
        }
    }
}
