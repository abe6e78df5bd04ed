// SPDX-License-Identifier: MPL-2.0
//! Plans of [`rustfft`] and [`realfft`] for the two types of number that we use.
//!
//! These libraries are generic, and so are compiled anew by every crate that plans a transform:
//! half of the time that the kernels took to build, for each of their test programs again. Here
//! they are compiled once; what comes out are trait objects. Nothing here may be generic or inlined.
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner, FftPlannerScalar};
use std::sync::Arc;

/// The instructions that a transform may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// No vectors: the reference.
    Scalar,
    /// What every processor of the architecture has.
    Baseline,
    /// The best that this processor has and the library knows.
    Best,
}

/// The complex transform of `length` numbers; the result is not scaled.
#[inline(never)]
pub fn forward_f32(length: usize, instructions: Instructions) -> Arc<dyn Fft<f32>> {
    match instructions {
        Instructions::Scalar => FftPlannerScalar::new().plan_fft_forward(length),
        Instructions::Baseline => baseline_f32(length),
        Instructions::Best => FftPlanner::new().plan_fft_forward(length),
    }
}

#[cfg(target_arch = "x86_64")]
fn baseline_f32(length: usize) -> Arc<dyn Fft<f32>> {
    match rustfft::FftPlannerSse::new() {
        Ok(mut planner) => planner.plan_fft_forward(length),
        Err(()) => FftPlannerScalar::new().plan_fft_forward(length),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn baseline_f32(length: usize) -> Arc<dyn Fft<f32>> {
    FftPlanner::new().plan_fft_forward(length)
}

/// The complex transform of `length` numbers; the result is not scaled.
#[inline(never)]
pub fn forward_f64(length: usize) -> Arc<dyn Fft<f64>> {
    FftPlanner::new().plan_fft_forward(length)
}

/// The complex transform of `length` numbers and its inverse, neither scaled.
#[inline(never)]
pub fn both_f64(length: usize) -> (Arc<dyn Fft<f64>>, Arc<dyn Fft<f64>>) {
    let mut planner = FftPlanner::new();
    let forward = planner.plan_fft_forward(length);
    (forward, planner.plan_fft_inverse(length))
}

/// From `length` real numbers to `length / 2 + 1` complex ones; the result is not scaled.
#[inline(never)]
pub fn real_forward_f64(length: usize) -> Arc<dyn RealToComplex<f64>> {
    RealFftPlanner::new().plan_fft_forward(length)
}

/// From `length / 2 + 1` complex numbers to `length` real ones; the result is not scaled.
#[inline(never)]
pub fn real_inverse_f64(length: usize) -> Arc<dyn ComplexToReal<f64>> {
    RealFftPlanner::new().plan_fft_inverse(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustfft::num_complex::Complex;
    use std::f64::consts::TAU;

    /// By definition.
    fn bin(samples: &[f64], k: usize) -> Complex<f64> {
        let step = -TAU * k as f64 / samples.len() as f64;
        let terms = samples.iter().enumerate();
        terms
            .map(|(n, &x)| Complex::from_polar(x, step * n as f64))
            .sum()
    }

    fn samples(length: usize) -> Vec<f64> {
        (0..length)
            .map(|n| (n as f64 * 0.37).sin() + 0.1 * (n % 7) as f64)
            .collect()
    }

    #[test]
    fn single_precision_is_the_same_transform_with_all_instructions() {
        for length in [1, 12, 60, 127, 256] {
            let x = samples(length);
            for instructions in [
                Instructions::Scalar,
                Instructions::Baseline,
                Instructions::Best,
            ] {
                let mut z: Vec<_> = x.iter().map(|&x| Complex::new(x as f32, 0.0)).collect();
                forward_f32(length, instructions).process(&mut z);
                for (k, z) in z.iter().enumerate() {
                    let wanted = bin(&x, k);
                    let got = Complex::new(f64::from(z.re), f64::from(z.im));
                    let error = (got - wanted).norm();
                    assert!(error < 1e-3, "{length} {instructions:?} {k}: {error}");
                }
            }
        }
    }

    #[test]
    fn double_precision_goes_there_and_back() {
        for length in [1, 2, 15, 64, 97] {
            let x = samples(length);
            let mut z: Vec<_> = x.iter().map(|&x| Complex::new(x, 0.0)).collect();
            let (forward, inverse) = both_f64(length);
            let mut alone = z.clone();
            forward.process(&mut z);
            forward_f64(length).process(&mut alone);
            assert_eq!(alone, z, "{length}");
            for (k, z) in z.iter().enumerate() {
                assert!((z - bin(&x, k)).norm() < 1e-10, "{length} {k}");
            }
            inverse.process(&mut z);
            for (z, x) in z.iter().zip(&x) {
                assert!((z / length as f64 - x).norm() < 1e-12, "{length}");
            }
            let transform = real_forward_f64(length);
            let mut spectrum = transform.make_output_vec();
            transform.process(&mut x.clone(), &mut spectrum).unwrap();
            for (k, z) in spectrum.iter().enumerate() {
                assert!((z - bin(&x, k)).norm() < 1e-10, "{length} {k}");
            }
            let transform = real_inverse_f64(length);
            let mut back = transform.make_output_vec();
            transform.process(&mut spectrum, &mut back).unwrap();
            for (back, x) in back.iter().zip(&x) {
                assert!((back / length as f64 - x).abs() < 1e-12, "{length}");
            }
        }
    }
}
