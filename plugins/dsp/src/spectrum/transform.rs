// SPDX-License-Identifier: MPL-2.0
//! The discrete Fourier transform of one real frame of any length.
use super::Error;
use super::dense::Dense;
use super::halves::untangle_power;
use super::memory::{as_complex, probe, room};
use super::untangle::{self, Twiddle, untangle};
use crate::simd::Level;
use auris_fft::Instructions;
use rustfft::Fft;
use rustfft::num_complex::Complex;
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
    way: Way,
}

enum Way {
    /// By definition; half the size is odd.
    Dense(Box<Dense>),
    /// Half the size is odd: even and odd samples need no twiddle factors, if the odd ones begin
    /// in the middle (see [`Dense`]).
    Straight(Half),
    /// Half the size is even.
    Turned(Half),
    /// An odd size: the complex transform of full length.
    Full(Complete),
}

struct Half {
    fft: Complete,
    twiddle: Twiddle,
}

/// A complex transform, with what it works on.
struct Complete {
    fft: Arc<dyn Fft<f32>>,
    z: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Transform {
    pub(super) fn new(level: Level, size: usize) -> Result<Self, Error> {
        if size == 0 {
            return Err(Error::Setting("the transform has no length"));
        }
        // Planning allocates tables and scratch space of a few times the length.
        probe(size.checked_mul(64).ok_or(Error::Memory)?)?;
        let half = size / 2;
        let way = if size % 2 == 1 {
            Way::Full(Complete::new(level, size, size)?)
        } else if half.is_multiple_of(2) {
            let angle = TAU / size as f64;
            Way::Turned(Half {
                fft: Complete::new(level, half, 0)?,
                twiddle: twiddle(half, |k| (-(angle * k).sin(), -(angle * k).cos()))?,
            })
        } else if let Some(dense) = Dense::new(level, half)? {
            Way::Dense(Box::new(dense))
        } else {
            Way::Straight(Half {
                fft: Complete::new(level, half, half)?,
                // That is, plus or minus 1 times −i·(odd samples).
                twiddle: twiddle(half, |k| (0.0, if k % 2.0 == 0.0 { -1.0 } else { 1.0 }))?,
            })
        };
        Ok(Transform { level, size, way })
    }

    /// Bins of the spectrum.
    pub(super) fn bins(&self) -> usize {
        self.size / 2 + 1
    }

    /// The spectrum of `frame`, which may be overwritten.
    pub(super) fn spectrum(&mut self, frame: &mut [f32], bins: &mut [Complex<f32>]) {
        match &mut self.way {
            Way::Dense(dense) => dense.spectrum(frame, bins),
            Way::Straight(half) => {
                let z = half.fft.run_straight(as_complex(frame));
                untangle(self.level, z, &half.twiddle, bins);
            }
            Way::Turned(half) => {
                let z = half.fft.run(as_complex(frame));
                untangle(self.level, z, &half.twiddle, bins);
            }
            Way::Full(fft) => {
                let z = fft.run_real(frame);
                bins.copy_from_slice(&z[..bins.len()]);
            }
        }
    }

    /// |X|² of each bin of the spectrum of `frame`, which may be overwritten.
    pub(super) fn power(&mut self, frame: &mut [f32], power: &mut [f32]) {
        match &mut self.way {
            Way::Dense(dense) => dense.power(frame, power),
            Way::Straight(half) => {
                let z = half.fft.run_straight(as_complex(frame));
                untangle_power(self.level, z, &half.twiddle, power);
            }
            Way::Turned(half) => {
                let z = half.fft.run(as_complex(frame));
                untangle_power(self.level, z, &half.twiddle, power);
            }
            Way::Full(fft) => untangle::power(self.level, fft.run_real(frame), power),
        }
    }
}

fn twiddle(len: usize, at: impl Fn(f64) -> (f64, f64)) -> Result<Twiddle, Error> {
    let (mut re, mut im) = (room(len)?, room(len)?);
    for (k, (re, im)) in re.iter_mut().zip(&mut im).enumerate() {
        let (x, y) = at(k as f64);
        (*re, *im) = (x as f32, y as f32);
    }
    Ok(Twiddle { re, im })
}

impl Complete {
    /// A transform of `length`, with so much room of its own.
    fn new(level: Level, length: usize, own: usize) -> Result<Self, Error> {
        let instructions = match level {
            Level::SCALAR => Instructions::Scalar,
            Level::BASELINE => Instructions::Baseline,
            _ => Instructions::Best,
        };
        let fft = auris_fft::forward_f32(length, instructions);
        Ok(Complete {
            z: room(own)?,
            scratch: room(fft.get_inplace_scratch_len())?,
            fft,
        })
    }

    fn run<'a>(&mut self, z: &'a mut [Complex<f32>]) -> &'a [Complex<f32>] {
        self.fft.process_with_scratch(z, &mut self.scratch);
        z
    }

    fn run_own(&mut self) -> &[Complex<f32>] {
        self.fft
            .process_with_scratch(&mut self.z, &mut self.scratch);
        &self.z
    }

    /// Pairs of even and odd samples, the odd ones from the middle on.
    fn run_straight(&mut self, pairs: &[Complex<f32>]) -> &[Complex<f32>] {
        let (first, second) = pairs.split_at(pairs.len() / 2);
        let (z_first, z_second) = self.z.split_at_mut(second.len());
        for ((z, even), odd) in z_first.iter_mut().zip(pairs).zip(second) {
            *z = Complex::new(even.re, odd.im);
        }
        let even = &pairs[second.len()..];
        for ((z, even), odd) in z_second.iter_mut().zip(even).zip(first) {
            *z = Complex::new(even.re, odd.im);
        }
        self.run_own()
    }

    fn run_real(&mut self, samples: &[f32]) -> &[Complex<f32>] {
        for (z, &x) in self.z.iter_mut().zip(samples) {
            *z = Complex::new(x, 0.0);
        }
        self.run_own()
    }
}
