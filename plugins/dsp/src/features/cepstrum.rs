// SPDX-License-Identifier: MPL-2.0
//! Cepstral coefficients: the cosine transform of a log-mel spectrum.
use crate::multiversion;
use crate::simd::Level;
use std::f64::consts::PI;

/// Coefficients that are summed side by side.
const LANES: usize = 8;
type Lanes = [f32; LANES];
/// Chains of sums that do not wait for each other.
const CHAINS: usize = 4;

/// Coefficient n is multiplied by 1 + (length / 2)·sin(π·(n + shift) / length).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lifter {
    /// Its length; 22 is HTK's and Kaldi's.
    pub length: f64,
    /// 0 in HTK and Kaldi, which leaves coefficient 0 as it is; 1 in librosa.
    pub shift: u32,
}

impl Lifter {
    fn factor(self, n: usize) -> f64 {
        let phase = PI * (n as f64 + f64::from(self.shift)) / self.length;
        1.0 + self.length / 2.0 * phase.sin()
    }
}

/// The first coefficients of an orthonormal DCT-II, with a lifter or without.
#[derive(Debug, Clone)]
pub struct Cepstrum {
    level: Level,
    bands: usize,
    coefficients: usize,
    /// For each run of `LANES` coefficients the weights of all bands.
    weights: Vec<Lanes>,
}

impl Cepstrum {
    /// `coefficients` of them, from 0 on, of `bands` values.
    pub fn new(bands: usize, coefficients: usize, lifter: Option<Lifter>) -> Self {
        Self::with_level(Level::best(), bands, coefficients, lifter)
    }

    /// As [`Cepstrum::new`], on one instruction set.
    pub fn with_level(
        level: Level,
        bands: usize,
        coefficients: usize,
        lifter: Option<Lifter>,
    ) -> Self {
        let weight = |n: usize, band: usize| {
            let energy = if n == 0 { 1.0 } else { 2.0 };
            let norm = (energy / bands as f64).sqrt();
            let cosine = (PI * n as f64 * (band as f64 + 0.5) / bands as f64).cos();
            norm * cosine * lifter.map_or(1.0, |lifter| lifter.factor(n))
        };
        let runs = (0..coefficients).step_by(LANES);
        let weights = runs.flat_map(|run| {
            (0..bands).map(move |band| -> Lanes {
                std::array::from_fn(|lane| match run + lane {
                    n if n < coefficients => weight(n, band) as f32,
                    _ => 0.0,
                })
            })
        });
        Cepstrum {
            level,
            bands,
            coefficients,
            weights: weights.collect(),
        }
    }

    /// Coefficients.
    pub fn coefficients(&self) -> usize {
        self.coefficients
    }

    /// Writes the coefficients of `spectrum`.
    pub fn apply(&self, spectrum: &[f32], out: &mut [f32]) {
        let spectrum = &spectrum[..self.bands.min(spectrum.len())];
        if self.level == Level::SCALAR {
            apply_scalar(spectrum, self.bands, &self.weights, out);
        } else {
            apply(self.level, spectrum, self.bands, &self.weights, out);
        }
    }
}

/// The reference: one product at a time, in double precision.
fn apply_scalar(spectrum: &[f32], bands: usize, weights: &[Lanes], out: &mut [f32]) {
    for (n, out) in out.iter_mut().enumerate() {
        let run = &weights[n / LANES * bands..];
        let products = spectrum.iter().zip(run);
        let sum: f64 = products
            .map(|(&x, w)| f64::from(x) * f64::from(w[n % LANES]))
            .sum();
        *out = sum as f32;
    }
}

multiversion! {
    fn apply(spectrum: &[f32], bands: usize, weights: &[Lanes], out: &mut [f32]) = apply_body
}

#[inline(always)]
fn apply_body(spectrum: &[f32], bands: usize, weights: &[Lanes], out: &mut [f32]) {
    let (fours, rest) = spectrum.as_chunks::<CHAINS>();
    for (out, run) in out
        .chunks_mut(LANES)
        .zip(weights.chunks_exact(bands.max(1)))
    {
        let mut sums = [[0.0; LANES]; CHAINS];
        let (rows, last) = run.as_chunks::<CHAINS>();
        for (x, rows) in fours.iter().zip(rows) {
            for ((sums, row), x) in sums.iter_mut().zip(rows).zip(x) {
                for i in 0..LANES {
                    sums[i] += x * row[i];
                }
            }
        }
        for ((sums, row), x) in sums.iter_mut().zip(last).zip(rest) {
            for i in 0..LANES {
                sums[i] += x * row[i];
            }
        }
        for (i, out) in out.iter_mut().enumerate() {
            *out = (sums[0][i] + sums[1][i]) + (sums[2][i] + sums[3][i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        /// As many coefficients as bands: the transform keeps the sum of squares, and its
        /// transpose gives the spectrum back.
        #[test]
        fn it_is_orthonormal(spectrum in vec(-100f32..100.0, 1..140)) {
            let bands = spectrum.len();
            let mut bits = None;
            for level in Level::available() {
                let cepstrum = Cepstrum::with_level(level, bands, bands, None);
                let mut out = vec![f32::NAN; bands];
                cepstrum.apply(&spectrum, &mut out);
                for (band, &expected) in spectrum.iter().enumerate() {
                    let back: f64 = out.iter().enumerate().map(|(n, &c)| {
                        let energy = if n == 0 { 1.0 } else { 2.0 };
                        let norm = (energy / bands as f64).sqrt();
                        f64::from(c) * norm * (PI * n as f64 * (band as f64 + 0.5) / bands as f64).cos()
                    }).sum();
                    prop_assert!((back - f64::from(expected)).abs() < 1e-3);
                }
                if level != Level::SCALAR {
                    prop_assert_eq!(bits.get_or_insert_with(|| out.clone()), &out);
                }
            }
        }
    }

    #[test]
    fn lifters_as_htk_and_librosa_have_them() {
        // HTK: coefficient 0 stays; length / 2 more than 1 at n = length / 2. librosa: one earlier.
        for (shift, zero, top) in [(0, 1.0, 11), (1, 1.0 + 11.0 * (PI / 22.0).sin(), 10)] {
            let lifter = Lifter {
                length: 22.0,
                shift,
            };
            assert!((lifter.factor(0) - zero).abs() < 1e-12);
            assert!((lifter.factor(top) - 12.0).abs() < 1e-12);
        }
        let plain = Cepstrum::new(30, 13, None);
        let lifted = Cepstrum::new(
            30,
            13,
            Some(Lifter {
                length: 22.0,
                shift: 0,
            }),
        );
        let spectrum: Vec<f32> = (0..30).map(|i| (i as f32).sqrt()).collect();
        let (mut a, mut b) = ([0.0; 13], [0.0; 13]);
        plain.apply(&spectrum, &mut a);
        lifted.apply(&spectrum, &mut b);
        assert_eq!(a[0], b[0]);
        assert!((b[11] / a[11] - 12.0).abs() < 1e-4);
    }
}
