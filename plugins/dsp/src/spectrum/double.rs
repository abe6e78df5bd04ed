// SPDX-License-Identifier: MPL-2.0
//! The powers of a real frame in double precision, of any length.
use super::Error;
use super::memory::{Aligned, probe, room};
use super::radix::{Input, Parts, Radix, Turns};
use crate::simd::Level;
use rustfft::Fft;
use rustfft::num_complex::Complex;
use std::sync::Arc;

/// Transforms frames of `size` samples through a window.
pub(super) struct Double {
    level: Level,
    way: Way,
    /// Samples times window, and zeros up to the size, where `way` does not multiply.
    frame: Vec<f64>,
    window: Vec<f64>,
}

enum Way {
    /// Half the size is a power of two.
    Radix(Box<Radix<f64>>, Turns<f64>),
    /// The size is even.
    Half(Complete, Turns<f64>),
    /// The size is odd: the complex transform of full length.
    Full(Complete),
}

/// A complex transform of another's making, with what it works on.
struct Complete {
    fft: Arc<dyn Fft<f64>>,
    z: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    parts: Parts<f64>,
}

impl Double {
    /// For a window of at most `size`: what is missing are zeros.
    pub(super) fn new(level: Level, size: usize, window: &[f64]) -> Result<Self, Error> {
        if size == 0 || window.len() > size {
            return Err(Error::Setting("the transform is shorter than the frame"));
        }
        // Planning allocates tables and scratch space of a few times the length.
        probe(size.checked_mul(128).ok_or(Error::Memory)?)?;
        let half = size / 2;
        let mut frame = room(size)?;
        let way = if size % 2 == 1 {
            Way::Full(Complete::new(size)?)
        } else if window.len() == size
            && let Some(radix) = Radix::new(level, half, window)?
        {
            // It multiplies by itself, but not what has been prepared.
            Way::Radix(radix, Turns::new(half)?)
        } else if let Some(radix) = Radix::new(level, half, &[])? {
            Way::Radix(radix, Turns::new(half)?)
        } else {
            Way::Half(Complete::new(half)?, Turns::new(half)?)
        };
        frame.fill(0.0);
        Ok(Double {
            level,
            way,
            frame,
            window: window.to_vec(),
        })
    }

    /// |X|² of each bin of as many samples as the window has, of f32.
    pub(super) fn power(&mut self, samples: &[f32], power: &mut [f32]) {
        if let Way::Radix(radix, turns) = &mut self.way
            && self.window.len() == self.frame.len()
        {
            let z = radix.run(Input::Pairs(samples));
            turns.powers(self.level, z, power);
            return;
        }
        for ((out, &x), w) in self.frame.iter_mut().zip(samples).zip(&self.window) {
            *out = f64::from(x) * w;
        }
        self.of_frame(power);
    }

    /// The same of samples that something was done to, in f64.
    pub(super) fn power_of_prepared(&mut self, samples: &[f64], power: &mut [f32]) {
        for ((out, x), w) in self.frame.iter_mut().zip(samples).zip(&self.window) {
            *out = x * w;
        }
        self.of_frame(power);
    }

    fn of_frame(&mut self, power: &mut [f32]) {
        match &mut self.way {
            Way::Radix(radix, turns) => {
                turns.powers(self.level, radix.run(Input::Weighed(&self.frame)), power);
            }
            Way::Half(fft, turns) => {
                for (z, pair) in fft.z.iter_mut().zip(self.frame.as_chunks::<2>().0) {
                    *z = Complex::new(pair[0], pair[1]);
                }
                turns.powers(self.level, fft.run(), power);
            }
            Way::Full(fft) => {
                for (z, &x) in fft.z.iter_mut().zip(&self.frame) {
                    *z = Complex::new(x, 0.0);
                }
                let [re, im] = fft.run();
                for ((power, re), im) in power.iter_mut().zip(re.iter()).zip(im.iter()) {
                    *power = (re * re + im * im) as f32;
                }
            }
        }
    }
}

impl Complete {
    fn new(length: usize) -> Result<Self, Error> {
        let fft = auris_fft::forward_f64(length);
        Ok(Complete {
            z: room(length)?,
            scratch: room(fft.get_inplace_scratch_len())?,
            parts: [Aligned::new(length)?, Aligned::new(length)?],
            fft,
        })
    }

    fn run(&mut self) -> &Parts<f64> {
        self.fft
            .process_with_scratch(&mut self.z, &mut self.scratch);
        let [re, im] = &mut self.parts;
        for ((z, re), im) in self.z.iter().zip(re.iter_mut()).zip(im.iter_mut()) {
            (*re, *im) = (z.re, z.im);
        }
        &self.parts
    }
}
