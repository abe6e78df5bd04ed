// SPDX-License-Identifier: MPL-2.0
//! The discrete Fourier transform of one real frame of any length.
use super::Error;
use super::memory::{as_complex, probe, room};
use super::untangle::{untangle, untangle_odd};
use crate::simd::Level;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Transforms frames of `size` samples to `size / 2 + 1` bins.
///
/// Of an even number of samples, every two make a complex one, which halves the work: one row
/// at a time is no dearer so than two rows in a complex transform of full length, and nothing
/// spills over from one to the other.
pub(super) struct Transform {
    level: Level,
    size: usize,
    fft: Arc<dyn Fft<f32>>,
    split: Split,
    /// What `fft` works on.
    z: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

enum Split {
    /// An odd size: the complex transform of full length.
    None,
    /// Half the size is odd: even and odd samples need no twiddle factors.
    Straight,
    /// −i·exp(−2πik/n), for k below n/2.
    Turned(Vec<Complex<f32>>),
}

impl Transform {
    pub(super) fn new(level: Level, size: usize) -> Result<Self, Error> {
        if size == 0 {
            return Err(Error::Setting("the transform has no length"));
        }
        // Planning allocates tables and scratch space of a few times the length.
        probe(size.checked_mul(64).ok_or(Error::Memory)?)?;
        let length = if size.is_multiple_of(2) {
            size / 2
        } else {
            size
        };
        let fft = FftPlanner::new().plan_fft_forward(length);
        let split = if size % 2 == 1 {
            Split::None
        } else if length % 2 == 1 {
            Split::Straight
        } else {
            let mut twiddle = room(length)?;
            for (k, t) in twiddle.iter_mut().enumerate() {
                let (sin, cos) = (TAU * k as f64 / size as f64).sin_cos();
                *t = Complex::new(-sin as f32, -cos as f32);
            }
            Split::Turned(twiddle)
        };
        Ok(Transform {
            level,
            size,
            z: room(length)?,
            scratch: room(fft.get_inplace_scratch_len())?,
            fft,
            split,
        })
    }

    /// Bins of the spectrum.
    pub(super) fn bins(&self) -> usize {
        self.size / 2 + 1
    }

    /// The spectrum of `frame`, which is overwritten.
    pub(super) fn run(&mut self, frame: &mut [f32], bins: &mut [Complex<f32>]) {
        match &self.split {
            Split::None => {
                for (z, &x) in self.z.iter_mut().zip(&*frame) {
                    *z = Complex::new(x, 0.0);
                }
                self.fft
                    .process_with_scratch(&mut self.z, &mut self.scratch);
                bins.copy_from_slice(&self.z[..bins.len()]);
            }
            Split::Straight => {
                let pairs = as_complex(frame);
                let (first, second) = pairs.split_at(pairs.len() / 2);
                let odd = second.iter().chain(first);
                for ((z, even), odd) in self.z.iter_mut().zip(&*pairs).zip(odd) {
                    *z = Complex::new(even.re, odd.im);
                }
                self.fft
                    .process_with_scratch(&mut self.z, &mut self.scratch);
                untangle_odd(self.level, &self.z, bins);
            }
            Split::Turned(twiddle) => {
                let pairs = as_complex(frame);
                self.fft.process_with_scratch(pairs, &mut self.scratch);
                untangle(self.level, pairs, twiddle, bins);
            }
        }
    }
}
