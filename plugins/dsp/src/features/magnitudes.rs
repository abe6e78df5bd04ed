// SPDX-License-Identifier: MPL-2.0
//! What one number says of the magnitudes of a spectrum: centroid, bandwidth, roll-off, and how far
//! it moved.
//!
//! Sums are in single precision over a block of 64 bins, in one order at every [`Level`] but the
//! scalar one, and in double precision over blocks.
use super::descriptor_kernel::{self as kernel, BLOCK, Block, EMPTY};
use crate::simd::Level;

/// Magnitudes of a frame, and their sums; made once, whatever is asked of them.
#[derive(Debug, Clone)]
pub struct Magnitudes {
    level: Level,
    bins: usize,
    /// Zeros beyond the last bin.
    blocks: Vec<Block>,
    /// The sum of each block.
    sums: Vec<f64>,
    sum: f64,
    /// The sum of magnitude times bin.
    moment: f64,
}

/// Magnitudes of an earlier frame.
#[derive(Debug, Clone)]
pub struct Kept(Vec<Block>);

impl Magnitudes {
    /// Room for spectra of `bins` values.
    pub fn new(bins: usize) -> Self {
        Self::with_level(Level::best(), bins)
    }

    /// As [`Magnitudes::new`], on one instruction set.
    pub fn with_level(level: Level, bins: usize) -> Self {
        let blocks = bins.div_ceil(BLOCK);
        Magnitudes {
            level,
            bins,
            blocks: vec![EMPTY; blocks],
            sums: vec![0.0; blocks],
            sum: 0.0,
            moment: 0.0,
        }
    }

    /// Takes the power spectrum of a frame. What is no number counts as 0.
    pub fn set(&mut self, power: &[f32]) {
        let power = &power[..self.bins.min(power.len())];
        kernel::roots(self.level, power, &mut self.blocks);
        self.sum = 0.0;
    }

    /// Sums them up: before that, centroid, bandwidth and roll-off are those of silence.
    pub fn sum_up(&mut self) {
        (self.sum, self.moment) = match self.level {
            Level::SCALAR => kernel::moments_scalar(&self.blocks, &mut self.sums),
            level => kernel::moments(level, &self.blocks, &mut self.sums),
        };
    }

    fn sounds(&self) -> bool {
        self.sum > 0.0 && self.sum.is_finite()
    }

    /// The mean bin, weighted by magnitude; 0 in silence.
    pub fn centroid(&self) -> f64 {
        match self.sounds() {
            true => self.moment / self.sum,
            false => 0.0,
        }
    }

    /// The standard deviation from `centroid` in bins, weighted by magnitude; 0 in silence.
    pub fn bandwidth(&self, centroid: f64) -> f64 {
        if !self.sounds() {
            return 0.0;
        }
        let moment = match self.level {
            Level::SCALAR => kernel::second_moment_scalar(&self.blocks, centroid),
            level => kernel::second_moment(level, &self.blocks, centroid as f32),
        };
        (moment / self.sum).sqrt()
    }

    /// The first bin up to which there is `share` of the sum; 0 in silence.
    pub fn rolloff(&self, share: f64) -> usize {
        if !self.sounds() {
            return 0;
        }
        let last = self.bins - 1;
        let threshold = share * self.sum;
        let mut before = 0.0;
        for (i, (block, whole)) in self.blocks.iter().zip(&self.sums).enumerate() {
            if before + whole >= threshold {
                let mut sum = before;
                let reached = block.as_flattened().iter().position(|&magnitude| {
                    sum += f64::from(magnitude);
                    sum >= threshold
                });
                // None if the two sums were rounded differently: the end of the block, then.
                return (i * BLOCK + reached.unwrap_or(BLOCK - 1)).min(last);
            }
            before += whole;
        }
        last
    }

    /// The Euclidean distance from the magnitudes in `before`, which become these.
    pub fn distance(&self, before: &mut Kept) -> f64 {
        let sum = match self.level {
            Level::SCALAR => kernel::distance_scalar(&self.blocks, &before.0),
            level => kernel::distance(level, &self.blocks, &before.0),
        };
        self.keep(before);
        sum.sqrt()
    }

    /// Copies these magnitudes to `kept`.
    pub fn keep(&self, kept: &mut Kept) {
        kept.0.copy_from_slice(&self.blocks);
    }

    /// Room for magnitudes of an earlier frame.
    pub fn room(&self) -> Kept {
        Kept(vec![EMPTY; self.blocks.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn close(value: f64, expected: f64, within: f64) -> Result<(), TestCaseError> {
        prop_assert!(
            (value - expected).abs() <= within,
            "{value}, not {expected}"
        );
        Ok(())
    }

    proptest! {
        /// Against the definitions, over a range of 120 dB.
        #[test]
        fn every_level_gives_what_the_definitions_say(
            decibels in vec((-60f32..60.0, -60f32..60.0), 1..400),
            share in 0.01f64..0.99,
        ) {
            let power: Vec<f32> = decibels.iter().map(|x| 10f32.powf(x.0 / 10.0)).collect();
            let other: Vec<f32> = decibels.iter().map(|x| 10f32.powf(x.1 / 10.0)).collect();
            let m: Vec<f64> = power.iter().map(|&p| f64::from(p).sqrt()).collect();
            let sum: f64 = m.iter().sum();
            let bins = || m.iter().enumerate().map(|(k, m)| (k as f64, m));
            let centroid = bins().map(|(k, m)| k * m).sum::<f64>() / sum;
            let variance = bins().map(|(k, m)| (k - centroid).powi(2) * m).sum::<f64>() / sum;
            let steps = other.iter().zip(&m).map(|(&p, m)| f64::from(p).sqrt() - m);
            let distance = steps.map(|x| x * x).sum::<f64>().sqrt();
            let upto = |bin: usize| m[..=bin].iter().sum::<f64>();
            let size = power.len() as f64;

            let mut bits = None;
            for level in Level::available() {
                let mut magnitudes = Magnitudes::with_level(level, power.len());
                let mut kept = magnitudes.room();
                magnitudes.set(&other);
                magnitudes.keep(&mut kept);
                magnitudes.set(&power);
                magnitudes.sum_up();
                let found = magnitudes.centroid();
                close(found, centroid, 1e-6 * size)?;
                close(magnitudes.bandwidth(found), variance.sqrt(), 1e-6 * size)?;
                let rolloff = magnitudes.rolloff(share);
                prop_assert!(upto(rolloff) >= share * sum * (1.0 - 1e-6));
                prop_assert!(rolloff == 0 || upto(rolloff - 1) <= share * sum * (1.0 + 1e-6));
                let moved = magnitudes.distance(&mut kept);
                close(moved, distance, 1e-6 * distance)?;
                prop_assert_eq!(magnitudes.distance(&mut kept), 0.0);
                let all = (found, magnitudes.bandwidth(found), rolloff, moved);
                if level != Level::SCALAR {
                    prop_assert_eq!(*bits.get_or_insert(all), all);
                }
            }
        }
    }

    #[test]
    fn silence_and_what_is_no_number_read_zero() {
        for level in Level::available() {
            for power in [0.0, f32::NAN, -1.0, f32::INFINITY] {
                let mut magnitudes = Magnitudes::with_level(level, 100);
                magnitudes.set(&[power; 100]);
                magnitudes.sum_up();
                assert_eq!(magnitudes.centroid(), 0.0);
                assert_eq!(magnitudes.bandwidth(0.0), 0.0);
                assert_eq!(magnitudes.rolloff(0.85), 0);
            }
            let mut none = Magnitudes::with_level(level, 0);
            none.set(&[]);
            none.sum_up();
            assert_eq!((none.centroid(), none.rolloff(0.85)), (0.0, 0));
        }
    }

    #[test]
    fn a_line_lies_where_it_is() {
        for level in Level::available() {
            let mut power = [0.0; 100];
            power[70] = 9.0;
            let mut magnitudes = Magnitudes::with_level(level, 100);
            magnitudes.set(&power);
            magnitudes.sum_up();
            assert_eq!(magnitudes.centroid(), 70.0);
            assert_eq!(magnitudes.bandwidth(70.0), 0.0);
            assert_eq!(magnitudes.rolloff(0.85), 70);
            assert_eq!(magnitudes.rolloff(1.0), 70);
            assert_eq!(magnitudes.distance(&mut magnitudes.room()), 3.0);
        }
    }
}
