// SPDX-License-Identifier: MPL-2.0
//! One frame: what it is prepared by, and what comes of it.
use super::{Prepare, Stft};

/// A transformed frame.
pub struct Frame<'a> {
    /// Its number, from 0.
    pub index: u64,
    /// The sample it begins with; negative in the padding.
    pub start: i64,
    /// Whether the stream ended within it and nothing but zeros followed.
    pub partial: bool,
    pub(super) stft: &'a Stft,
}

impl Frame<'_> {
    /// |X|² of bins 0 to size / 2, unscaled.
    pub fn power(&self, row: usize) -> &[f32] {
        let mut rows = self.stft.power.chunks_exact(self.stft.bins);
        rows.nth(row).unwrap_or_default()
    }

    /// Their angles in radians; empty if not wanted.
    pub fn phase(&self, row: usize) -> &[f32] {
        let mut rows = self.stft.phase.chunks_exact(self.stft.bins);
        rows.nth(row).unwrap_or_default()
    }

    /// The sum of the frame's squares before the window; with [`Prepare::Kaldi`], scaled and
    /// without its mean, but before pre-emphasis: Kaldi's raw energy.
    pub fn energy(&self, row: usize) -> f32 {
        if self.stft.config.prepare != Prepare::Nothing {
            return self.stft.energy.get(row).copied().unwrap_or(0.0);
        }
        let samples = self.stft.history.get(row).map_or(&[][..], |history| {
            &history[self.stft.frame_in_history(self.index)]
        });
        sum(samples, |x| x * x)
    }
}

/// Prepares a frame and returns its energy.
pub(super) fn prepare(prepare: Prepare, samples: &[f32], out: &mut [f64]) -> f64 {
    let (factor, remove_dc, preemphasis) = match prepare {
        Prepare::Nothing => (1.0, false, 0.0),
        Prepare::Kaldi {
            scale,
            remove_dc,
            preemphasis,
        } => (scale, remove_dc, preemphasis),
    };
    let sum: f64 = samples.iter().copied().map(f64::from).sum();
    let mean = match remove_dc {
        true => sum / samples.len() as f64,
        false => 0.0,
    };
    let of = |x: f32| (f64::from(x) - mean) * factor;
    let energy = samples.iter().map(|&x| of(x) * of(x)).sum();
    let mut before = of(samples.first().copied().unwrap_or(0.0));
    for (out, &x) in out.iter_mut().zip(samples) {
        let x = of(x);
        *out = x - preemphasis * before;
        before = x;
    }
    energy
}

/// A sum in eight parts, so that it is quick and its error small.
fn sum(samples: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (groups, rest) = samples.as_chunks::<8>();
    let mut parts = [0.0; 8];
    for group in groups {
        for (part, &x) in parts.iter_mut().zip(group) {
            *part += of(x);
        }
    }
    parts.iter().sum::<f32>() + rest.iter().map(|&x| of(x)).sum::<f32>()
}
