// SPDX-License-Identifier: MPL-2.0
//! From |X|² to levels that depend neither on the window nor on the size.
use super::decibel_kernel::power_to_decibel;
use crate::simd::Level;

/// In which unit a spectrum is given. All three say the same: a sine of amplitude a reads
/// 20·log10 a, a² and a.
///
/// None is a density. A noise of density d (mean square per Hz) reads 2·d times the bandwidth in
/// Hz: that of a band where bins are summed up, else the window's,
/// [`Calibration::noise_bandwidth`] times rate / size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// dB relative to a full-scale sine.
    #[default]
    Decibel,
    /// The square of the amplitude.
    Power,
    /// The amplitude.
    Amplitude,
}

impl Scale {
    /// Writes calibrated powers in this unit, decibels not below `floor`.
    pub fn convert(self, level: Level, power: &[f32], floor: f32, out: &mut [f32]) {
        match self {
            Scale::Decibel => power_to_decibel(level, power, 0.0, floor, out),
            Scale::Power => out
                .iter_mut()
                .zip(power)
                .for_each(|(out, &power)| *out = power),
            Scale::Amplitude => {
                let pairs = out.iter_mut().zip(power);
                pairs.for_each(|(out, &power)| *out = power.max(0.0).sqrt());
            }
        }
    }
}

/// What a window does to levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    size: usize,
    /// Of the window.
    sum: f64,
    squares: f64,
}

impl Calibration {
    /// For transforms of `size`, of frames through `window`, which may be shorter.
    pub fn new(window: &[f64], size: usize) -> Self {
        Calibration {
            size,
            sum: window.iter().sum(),
            squares: window.iter().map(|w| w * w).sum(),
        }
    }

    /// |X|² of a full-scale sine in the middle of a bin.
    pub fn full_scale(&self) -> f64 {
        (self.sum / 2.0).powi(2)
    }

    /// The bandwidth in bins of the rectangle that lets as much noise pass as the window does.
    pub fn noise_bandwidth(&self) -> f64 {
        self.size as f64 * self.squares / (self.sum * self.sum)
    }

    /// What |X|² of each bin is multiplied by so that a sine in the middle of it reads the square
    /// of its amplitude.
    pub fn of_bins(&self) -> Vec<f64> {
        // At 0 Hz, and at half the rate, the two lines that a sine has elsewhere are one.
        self.factors(self.full_scale().recip(), 0.25)
    }

    /// What |X|² of each bin is multiplied by so that the sum over a band reads the square of the
    /// amplitude of a sine in it, and twice the mean square of whatever else.
    pub fn of_sums(&self) -> Vec<f64> {
        self.factors(4.0 / (self.size as f64 * self.squares), 0.5)
    }

    fn factors(&self, factor: f64, at_ends: f64) -> Vec<f64> {
        let factor = if factor.is_finite() { factor } else { 0.0 };
        let mut factors = vec![factor; self.size / 2 + 1];
        factors[0] *= at_ends;
        if self.size.is_multiple_of(2) && self.size > 0 {
            factors[self.size / 2] *= at_ends;
        }
        factors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// Sum of cosines.
    fn window(terms: &[f64], length: usize) -> Vec<f64> {
        let at = |n: usize| {
            let term = |(i, a): (usize, &f64)| a * (TAU * (i * n) as f64 / length as f64).cos();
            terms.iter().enumerate().map(term).sum::<f64>()
        };
        (0..length).map(at).collect()
    }

    fn power(window: &[f64], size: usize, signal: impl Fn(usize) -> f64) -> Vec<f32> {
        let windowed = window.iter().enumerate();
        let mut frame: Vec<f64> = windowed.map(|(n, &w)| signal(n) * w).collect();
        frame.resize(size, 0.0);
        let transform = auris_fft::real_forward_f64(size);
        let mut spectrum = transform.make_output_vec();
        transform
            .process(&mut frame, &mut spectrum)
            .expect("lengths fit");
        spectrum.iter().map(|x| x.norm_sqr() as f32).collect()
    }

    const WINDOWS: [&[f64]; 3] = [
        &[1.0],
        &[0.5, -0.5],
        &[0.358_75, -0.488_29, 0.141_28, -0.011_68],
    ];

    #[test]
    fn a_full_scale_sine_reads_zero_whatever_the_window() {
        for terms in WINDOWS {
            let window = window(terms, 1000);
            let calibration = Calibration::new(&window, 1000);
            let power = power(&window, 1000, |n| (TAU * 0.1 * n as f64).sin());
            let bins = calibration.of_bins();
            let calibrated: Vec<f32> = power
                .iter()
                .zip(&bins)
                .map(|(&p, f)| (f64::from(p) * f) as f32)
                .collect();
            let mut out = [0.0; 501];
            Scale::Decibel.convert(Level::best(), &calibrated, -300.0, &mut out);
            assert!(out[100].abs() < 1e-4, "{terms:?}: {}", out[100]);
            Scale::Amplitude.convert(Level::best(), &calibrated, -300.0, &mut out);
            assert!((out[100] - 1.0).abs() < 1e-5);
            Scale::Power.convert(Level::best(), &calibrated, -300.0, &mut out);
            assert_eq!(out[..], calibrated[..]);
            assert!((f64::from(power[100]) / calibration.full_scale() - 1.0).abs() < 1e-5);
        }
    }

    /// Between bins too, and in a transform that is longer than the frame.
    #[test]
    fn the_sum_over_a_band_reads_a_sine_wherever_it_is() {
        for terms in WINDOWS {
            for size in [1000, 1500] {
                let window = window(terms, 1000);
                let sums = Calibration::new(&window, size).of_sums();
                for cycles in [0.1, 0.1234, 0.3] {
                    let power = power(&window, size, |n| 0.5 * (TAU * cycles * n as f64).sin());
                    let sum: f64 = power
                        .iter()
                        .zip(&sums)
                        .map(|(&p, f)| f64::from(p) * f)
                        .sum();
                    assert!(
                        (sum - 0.25).abs() < 1e-3,
                        "{terms:?} {size} {cycles}: {sum}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_constant_reads_its_amplitude() {
        let window = window(WINDOWS[1], 1000);
        let calibration = Calibration::new(&window, 1000);
        let power = power(&window, 1000, |_| 0.5);
        assert!((f64::from(power[0]) * calibration.of_bins()[0] - 0.25).abs() < 1e-6);
        assert!((calibration.noise_bandwidth() - 1.5).abs() < 1e-6);
        let sums = calibration.of_sums();
        let sum: f64 = power
            .iter()
            .zip(&sums)
            .map(|(&p, f)| f64::from(p) * f)
            .sum();
        assert!((sum - 0.5).abs() < 1e-6);
    }

    #[test]
    fn no_window_reads_nothing() {
        assert!(Calibration::new(&[], 8).of_bins().iter().all(|&x| x == 0.0));
        assert!(
            Calibration::new(&[0.0; 8], 8)
                .of_sums()
                .iter()
                .all(|&x| x == 0.0)
        );
    }
}
