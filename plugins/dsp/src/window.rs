// SPDX-License-Identifier: MPL-2.0
//! Windows for spectral analysis.
use std::f64::consts::{PI, TAU};

/// What a frame is multiplied by before it is transformed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    /// No window: 1 throughout.
    Rectangular,
    /// ½ − ½·cos.
    Hann,
    /// 0.53836 − 0.46164·cos, the coefficients that GStreamer's FFT library uses: those usually
    /// named are these rounded.
    Hamming,
    /// Blackman and Harris's window of four terms, side lobes at −92 dB.
    BlackmanHarris,
    /// Five terms; reads the level of a sine to within 0.01 dB wherever it lies between bins.
    FlatTop,
    /// Kaiser's window of shape β: 0 is rectangular, 8.6 has side lobes like Blackman and Harris's.
    Kaiser {
        /// The shape. Its sign does not matter.
        beta: f64,
    },
}

// F. J. Harris, On the Use of Windows for Harmonic Analysis with the Discrete Fourier Transform,
// Proceedings of the IEEE 66, 1978.
const BLACKMAN_HARRIS: [f64; 4] = [0.35875, 0.48829, 0.14128, 0.01168];
// G. D'Antona and A. Ferrero, Digital Signal Processing for Measurement Systems, 2006.
const FLAT_TOP: [f64; 5] = [
    0.215_578_95,
    0.416_631_58,
    0.277_263_158,
    0.083_578_947,
    0.006_947_368,
];

impl Window {
    /// One period of the window repeated, as spectral analysis wants it: sample `length` would be
    /// sample 0 again.
    pub fn periodic(self, length: usize) -> Vec<f64> {
        self.samples(length, length)
    }

    /// First sample equal to the last.
    pub fn symmetric(self, length: usize) -> Vec<f64> {
        self.samples(length, length.saturating_sub(1))
    }

    fn samples(self, length: usize, period: usize) -> Vec<f64> {
        if length == 1 {
            return vec![1.0];
        }
        let at = |n: usize| match self {
            Window::Rectangular => 1.0,
            Window::Hann => cosines(&[0.5, 0.5], n, period),
            Window::Hamming => cosines(&[0.53836, 0.46164], n, period),
            Window::BlackmanHarris => cosines(&BLACKMAN_HARRIS, n, period),
            Window::FlatTop => cosines(&FLAT_TOP, n, period),
            Window::Kaiser { beta } => {
                let x = 2.0 * n as f64 / period as f64 - 1.0;
                bessel_ratio(beta * (1.0 - x * x).max(0.0).sqrt(), beta)
            }
        };
        // The second half is the first backwards, to the bit.
        (0..length).map(|n| at(n.min(period - n))).collect()
    }
}

/// a₀ − a₁·cos(x) + a₂·cos(2x) − …, where `period` is one turn of x.
fn cosines(terms: &[f64], n: usize, period: usize) -> f64 {
    let x = TAU * n as f64 / period as f64;
    let term = |(k, a): (usize, &f64)| a * (k as f64 * (x + PI)).cos();
    terms.iter().enumerate().map(term).sum()
}

/// I₀(x) / I₀(y), where |x| ≤ |y|.
///
/// I₀ itself overflows from 714 on. Its power series is a sum of (x/2)^2k / k!², here with the
/// largest term for y taken out of both.
fn bessel_ratio(x: f64, y: f64) -> f64 {
    let (x, y) = (x.abs() / 2.0, y.abs() / 2.0);
    if y > 350.0 {
        // The first two terms of the asymptotic series: off by 1e-6 at most.
        let large = |z: f64| (1.0 + 1.0 / (16.0 * z)) / z.sqrt();
        return match x > 20.0 {
            true => large(x) / large(y) * (2.0 * (x - y)).exp(),
            false => 0.0,
        };
    }
    let series = |z: f64| {
        let (mut term, mut sum) = (1.0, 1.0);
        for k in 1..1000 {
            let factor = z / f64::from(k);
            term *= factor * factor;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        sum
    };
    series(x) / series(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Window; 7] = [
        Window::Rectangular,
        Window::Hann,
        Window::Hamming,
        Window::BlackmanHarris,
        Window::FlatTop,
        Window::Kaiser { beta: 8.6 },
        Window::Kaiser { beta: 1000.0 },
    ];

    #[test]
    fn symmetric_windows_are_symmetric_and_periodic_ones_are_those_without_the_last_sample() {
        for window in ALL {
            for length in [1, 2, 3, 8, 255, 256] {
                let w = window.symmetric(length);
                let mut backwards = w.clone();
                backwards.reverse();
                assert_eq!(w, backwards, "{window:?} of {length}");
                if length > 1 {
                    let longer = window.symmetric(length + 1);
                    assert_eq!(window.periodic(length), longer[..length]);
                }
                assert_eq!(w.len(), length);
            }
            assert!(window.periodic(0).is_empty() && window.symmetric(0).is_empty());
            assert_eq!(window.periodic(1), [1.0]);
        }
    }

    #[test]
    fn peak_is_one() {
        for window in ALL {
            let w = window.periodic(64);
            assert!((w[32] - 1.0).abs() < 1e-8, "{window:?}: {}", w[32]);
            assert!(w.iter().all(|x| (-0.071..=1.0 + 1e-8).contains(x)));
        }
    }

    /// scipy.signal.windows of SciPy 1.17.1, 9 samples, the first five.
    #[test]
    fn values_of_scipy() {
        let known = [
            (Window::Hann, [0.0, 0.1464466094, 0.5, 0.8535533906, 1.0]),
            (
                Window::BlackmanHarris,
                [6e-05, 0.02173583702, 0.21747, 0.695764163, 1.0],
            ),
            (
                Window::FlatTop,
                [
                    -0.000421051,
                    -0.02687219329,
                    -0.05473684,
                    0.4441353573,
                    1.000000003,
                ],
            ),
            (
                Window::Kaiser { beta: 8.6 },
                [0.001332513998, 0.0674720792, 0.3403936224, 0.773829381, 1.0],
            ),
        ];
        for (window, values) in known {
            for (ours, theirs) in window.symmetric(9).iter().zip(values) {
                assert!((ours - theirs).abs() < 1e-9, "{window:?}: {ours} {theirs}");
            }
        }
    }

    #[test]
    fn kaiser_does_not_break_where_its_formula_changes() {
        let [below, above] = [700.0, 700.001].map(|beta| Window::Kaiser { beta }.periodic(64));
        for (a, b) in below.iter().zip(above) {
            assert!((a - b).abs() < 2e-4 * a.max(1e-9) + 1e-9, "{a} {b}");
        }
    }
}
