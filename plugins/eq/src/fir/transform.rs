// SPDX-License-Identifier: MPL-2.0
//! The transform of one block length.
use rustfft::Fft;
use rustfft::num_complex::Complex;
use std::f64::consts::PI;
use std::sync::Arc;

/// Real sequences of 2·`block` numbers to `block` complex ones and back, so that a product there is
/// a negacyclic convolution here: one that comes back with its sign turned where it runs over
/// the end, which is what overlap-save throws away.
///
/// With N = `block`, number n and number n + N make one complex number, turned by nπ/2N, and these
/// go through a complex transform of length N: reduction modulo x^N − i, which divides x^2N + 1
/// ("right-angle convolution", H. J. Nussbaumer, Fast Fourier Transform and Convolution
/// Algorithms, 1982). Unlike the spectrum of a real sequence it needs no separation of two
/// interleaved transforms, which would cost as much as the transform itself, and has no
/// bins that are special.
pub(super) struct Transform {
    pub(super) twist: Vec<Complex<f64>>,
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
}

impl Transform {
    pub(super) fn new(block: usize) -> Self {
        let (forward, inverse) = auris_fft::both_f64(block);
        let step = PI / (2 * block) as f64;
        Transform {
            twist: (0..block)
                .map(|n| Complex::from_polar(1.0, step * n as f64))
                .collect(),
            forward,
            inverse,
        }
    }

    /// Length of the scratch space for both ways.
    pub(super) fn scratch(&self) -> usize {
        self.forward
            .get_outofplace_scratch_len()
            .max(self.inverse.get_outofplace_scratch_len())
    }

    /// The complex transform of `from`, which is overwritten.
    pub(super) fn forward(&self, work: &mut Work) {
        let n = self.twist.len();
        self.forward.process_outofplace_with_scratch(
            &mut work.a[..n],
            &mut work.b[..n],
            &mut work.scratch,
        );
    }

    /// Its inverse, times `block`.
    pub(super) fn inverse(&self, work: &mut Work) {
        let n = self.twist.len();
        self.inverse.process_outofplace_with_scratch(
            &mut work.a[..n],
            &mut work.b[..n],
            &mut work.scratch,
        );
    }
}

/// Room for one transform: from `a`, which is overwritten, to `b`.
pub(super) struct Work {
    pub(super) a: Vec<Complex<f64>>,
    pub(super) b: Vec<Complex<f64>>,
    /// The parts of a sum of spectra.
    pub(super) re: Vec<f64>,
    pub(super) im: Vec<f64>,
    scratch: Vec<Complex<f64>>,
}

impl Work {
    /// Room for any of `transforms`.
    pub(super) fn new(transforms: &[Transform]) -> Self {
        let most = |f: fn(&Transform) -> usize| transforms.iter().map(f).max().unwrap_or(0);
        let room = |n| vec![Complex::default(); n];
        let block = most(|t| t.twist.len());
        Work {
            a: room(block),
            b: room(block),
            re: vec![0.0; block],
            im: vec![0.0; block],
            scratch: room(most(Transform::scratch)),
        }
    }
}
