// SPDX-License-Identifier: MPL-2.0
//! One row's frame to magnitudes and phases.
use super::super::Error;
use super::super::decibel_kernel::power_to_decibel;
use super::super::memory::{probe, room};
use super::super::transform::Transform;
use super::super::untangle::{self, accumulate, weigh};
use super::Config;
use crate::simd::Level;
use crate::window::Window;
use rustfft::num_complex::Complex;

/// One row of samples and results.
pub(super) struct Row {
    /// A frame: if frames slide, a ring of samples, else those so far times the window.
    pub(super) samples: Vec<f32>,
    /// What magnitudes are above the threshold, summed up.
    pub(super) sum: Vec<f32>,
    pub(super) magnitude: Vec<f32>,
    pub(super) phase: Vec<f32>,
}

/// What is needed for one row at a time.
pub(super) struct Work {
    pub(super) level: Level,
    pub(super) transform: Transform,
    /// Of a ring, in order and times the window.
    pub(super) frame: Vec<f32>,
    pub(super) bins: Vec<Complex<f32>>,
    pub(super) power: Vec<f32>,
    pub(super) decibel: Vec<f32>,
}

impl Work {
    /// Adds the spectrum of a row's frame to its sums, or makes it them if they are `fresh`: that of
    /// its samples, which get lost, or of the ring that they are, times a window.
    pub(super) fn analyse(
        &mut self,
        config: &Config,
        row: &mut Row,
        ring: Option<(&[f32], usize)>,
        last: bool,
        fresh: bool,
    ) {
        let frame = match ring {
            None => &mut row.samples,
            Some((window, at)) => {
                let (newest, oldest) = row.samples.split_at(at);
                let (begin, end) = self.frame.split_at_mut(oldest.len());
                weigh(self.level, oldest, &window[..oldest.len()], begin);
                weigh(self.level, newest, &window[oldest.len()..], end);
                &mut self.frame
            }
        };
        if config.phase && last {
            self.transform.spectrum(frame, &mut self.bins);
            untangle::phase(&self.bins, &mut row.phase);
            if config.magnitude {
                untangle::power(self.level, &self.bins, &mut self.power);
            }
        } else {
            self.transform.power(frame, &mut self.power);
        }
        if config.magnitude {
            let out = if fresh {
                &mut row.sum
            } else {
                &mut self.decibel
            };
            // |X|² / n², above the reference.
            let size = row.samples.len() as f64;
            let reference = f64::from(reference(config.threshold));
            let offset = -20.0 * size.log10() - reference;
            let floor = (f64::from(config.threshold) - reference) as f32;
            power_to_decibel(self.level, &self.power, offset as f32, floor, out);
            if !fresh {
                accumulate(self.level, &self.decibel, &mut row.sum);
            }
        }
    }
}

/// What magnitudes are summed up above: the threshold, so that silence is that exactly; but no level
/// that is so low that nothing would be left of a number of decibels beside it.
pub(super) fn reference(threshold: i32) -> i32 {
    threshold.max(-200)
}

/// The window of a frame.
pub(super) fn window(size: usize) -> Result<Vec<f32>, Error> {
    // In f64 first: ask for that much.
    probe(size.checked_mul(16).ok_or(Error::Memory)?)?;
    let mut window = room(size)?;
    for (out, w) in window.iter_mut().zip(Window::Hamming.periodic(size)) {
        *out = w as f32;
    }
    Ok(window)
}
