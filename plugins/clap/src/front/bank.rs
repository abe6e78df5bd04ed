// SPDX-License-Identifier: MPL-2.0
//! Filter banks: bins of a power spectrum to mel bands.
use super::{MELS, RATE, TRANSFORM};
use auris_dsp::features::mel::MelScale;

/// Where the bands begin and end.
const LOWEST_HZ: f64 = 50.0;
const HIGHEST_HZ: f64 = 14_000.0;

/// Which scale of pitch the bands are even on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bank {
    /// Slaney's, with triangles of equal area: for models that were trained on single windows.
    Slaney,
    /// That of HTK, with triangles of equal height: for fused models.
    Htk,
}

impl Bank {
    fn scale(self) -> MelScale {
        match self {
            Bank::Slaney => MelScale::Slaney,
            Bank::Htk => MelScale::Htk,
        }
    }

    pub(super) fn triangles(self) -> Vec<Triangle> {
        let scale = self.scale();
        let (low, high) = (scale.mel(LOWEST_HZ), scale.mel(HIGHEST_HZ));
        let corner = |i: usize| scale.hertz(low + (high - low) * i as f64 / (MELS + 1) as f64);
        (0..MELS)
            .map(|band| self.triangle(corner(band), corner(band + 1), corner(band + 2)))
            .collect()
    }

    fn triangle(self, left: f64, top: f64, right: f64) -> Triangle {
        let height = match self {
            Bank::Slaney => 2.0 / (right - left),
            Bank::Htk => 1.0,
        };
        let weight = |bin: usize| {
            let hz = bin as f64 * RATE as f64 / TRANSFORM as f64;
            let up = (hz - left) / (top - left);
            let down = (right - hz) / (right - top);
            up.min(down).max(0.0) * height
        };
        let inside = |&bin: &usize| weight(bin) > 0.0;
        let first = (0..=TRANSFORM / 2).find(inside).unwrap_or(0);
        Triangle {
            first,
            weights: (first..=TRANSFORM / 2)
                .take_while(inside)
                .map(weight)
                .collect(),
        }
    }
}

/// What a band takes of which bins. Narrow ones may lie between two bins and take nothing.
pub(super) struct Triangle {
    pub first: usize,
    pub weights: Vec<f64>,
}
