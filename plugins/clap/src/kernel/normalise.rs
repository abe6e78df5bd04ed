// SPDX-License-Identifier: MPL-2.0
//! Layer normalisation.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::{Isa, Kernel};

/// What keeps the variance of a constant row from being zero.
const EPSILON: f32 = 1e-5;

/// Gain and offset of each place in a row.
pub(crate) struct Norm {
    gain: Vec<f32>,
    offset: Vec<f32>,
}

impl Norm {
    /// Both of the same length.
    pub fn new(gain: Vec<f32>, offset: Vec<f32>) -> Norm {
        assert_eq!(gain.len(), offset.len());
        Norm { gain, offset }
    }

    /// Length of a row.
    pub fn width(&self) -> usize {
        self.gain.len()
    }
}

/// Row `i` of `to` becomes row `rows[i]` of `from`, less its mean, over its standard deviation,
/// with gain and offset.
pub(crate) fn normalise(isa: Isa, norm: &Norm, from: &[f32], rows: &[u32], to: &mut [f32]) {
    isa.run(Normalise {
        norm,
        from,
        rows,
        to,
    });
}

struct Normalise<'a> {
    norm: &'a Norm,
    from: &'a [f32],
    rows: &'a [u32],
    to: &'a mut [f32],
}

impl Kernel for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let width = self.norm.width();
        for (&row, to) in self.rows.iter().zip(self.to.chunks_exact_mut(width)) {
            let from = &self.from[row as usize * width..][..width];
            // SAFETY: the caller's promise; all slices are `width` long.
            unsafe { normalise_row::<V>(self.norm, from, to) }
        }
    }
}

/// # Safety
/// The processor has the instructions, and all slices have the same length.
#[inline(always)]
unsafe fn normalise_row<V: Lanes>(norm: &Norm, from: &[f32], to: &mut [f32]) {
    let width = from.len();
    let whole = width - width % V::W;
    let of_width = 1.0 / width as f32;
    // SAFETY: the caller's promise; `at` + W never goes past `whole`.
    unsafe {
        let mut sum = V::splat(0.0);
        for at in (0..whole).step_by(V::W) {
            sum = sum.add(V::load(from.as_ptr().add(at)));
        }
        let rest: f32 = from[whole..].iter().sum();
        let mean = (sum.sum() + rest) * of_width;
        let means = V::splat(mean);
        let mut sum = V::splat(0.0);
        for at in (0..whole).step_by(V::W) {
            let deviation = V::load(from.as_ptr().add(at)).sub(means);
            sum = sum.plus(deviation, deviation);
        }
        let rest: f32 = from[whole..].iter().map(|x| (x - mean) * (x - mean)).sum();
        let factor = 1.0 / ((sum.sum() + rest) * of_width + EPSILON).sqrt();
        let factors = V::splat(factor);
        for at in (0..whole).step_by(V::W) {
            let deviation = V::load(from.as_ptr().add(at)).sub(means).mul(factors);
            let offset = V::load(norm.offset.as_ptr().add(at));
            let gain = V::load(norm.gain.as_ptr().add(at));
            offset.plus(deviation, gain).store(to.as_mut_ptr().add(at));
        }
        for at in whole..width {
            to[at] = (from[at] - mean) * factor * norm.gain[at] + norm.offset[at];
        }
    }
}
