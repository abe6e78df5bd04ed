// SPDX-License-Identifier: MPL-2.0
//! From the complex transform of half the length to the real frame's spectrum, and other loops over
//! samples and bins.
#[cfg(target_arch = "x86_64")]
use super::arithmetic::Fused;
use super::arithmetic::{Arithmetic, Plain, by_level};
use rustfft::num_complex::Complex;

/// What turns a frame's odd samples before they join the even ones: numbers −i·exp(−2πik/n), or 1
/// and −1 in turn, up to half the frame's length.
pub(super) struct Twiddle {
    pub(super) re: Vec<f32>,
    pub(super) im: Vec<f32>,
}

by_level! {
    /// The frame's bins from `z`, the transform of its even samples plus i times that of its odd ones.
    pub(super) fn untangle(z: &[Complex<f32>], twiddle: &Twiddle, bins: &mut [Complex<f32>]) = whole_body<Plain, Fused, Fused>
}

#[inline(always)]
fn whole_body<A: Arithmetic>(z: &[Complex<f32>], twiddle: &Twiddle, bins: &mut [Complex<f32>]) {
    let (Some((zero, z)), [first, bins @ .., last]) = (z.split_first(), bins) else {
        return;
    };
    *first = Complex::new(zero.re + zero.im, 0.0);
    *last = Complex::new(zero.re - zero.im, 0.0);
    let twiddle = twiddle.re.iter().zip(&twiddle.im).skip(1);
    let pairs = z.iter().zip(z.iter().rev());
    for ((bin, (a, c)), (t_re, t_im)) in bins.iter_mut().zip(pairs).zip(twiddle) {
        let (even_re, even_im) = (a.re + c.re, a.im - c.im);
        let (odd_re, odd_im) = (a.re - c.re, a.im + c.im);
        let re = A::mul_add(*t_re, odd_re, A::mul_add(-*t_im, odd_im, even_re));
        let im = A::mul_add(*t_re, odd_im, A::mul_add(*t_im, odd_re, even_im));
        *bin = Complex::new(0.5 * re, 0.5 * im);
    }
}

by_level! {
    /// |X|² of each bin.
    pub(super) fn power(bins: &[Complex<f32>], power: &mut [f32]) = square_body<Plain, Fused, Fused>
}

#[inline(always)]
fn square_body<A: Arithmetic>(bins: &[Complex<f32>], power: &mut [f32]) {
    for (power, x) in power.iter_mut().zip(bins) {
        *power = A::mul_add(x.re, x.re, x.im * x.im);
    }
}

/// The angle of each bin, in radians from −π to π; 0 for what has none.
pub(super) fn phase(bins: &[Complex<f32>], phase: &mut [f32]) {
    for (phase, x) in phase.iter_mut().zip(bins) {
        // Not so for −0, nor for what overflowed.
        let none = (x.re == 0.0 && x.im == 0.0) || x.re.is_nan() || x.im.is_nan();
        *phase = if none { 0.0 } else { x.im.atan2(x.re) };
    }
}

by_level! {
    /// Samples times a window.
    pub(super) fn weigh(samples: &[f32], window: &[f32], out: &mut [f32]) = multiply_body
}

#[inline(always)]
fn multiply_body(samples: &[f32], window: &[f32], out: &mut [f32]) {
    for ((out, x), w) in out.iter_mut().zip(samples).zip(window) {
        *out = x * w;
    }
}

by_level! {
    /// The same in place.
    pub(super) fn weigh_in_place(samples: &mut [f32], window: &[f32]) = multiply_in_place_body
}

#[inline(always)]
fn multiply_in_place_body(samples: &mut [f32], window: &[f32]) {
    for (x, w) in samples.iter_mut().zip(window) {
        *x *= w;
    }
}

by_level! {
    /// `sum += x`
    pub(super) fn accumulate(x: &[f32], sum: &mut [f32]) = add_body
}

#[inline(always)]
fn add_body(x: &[f32], sum: &mut [f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += x;
    }
}

by_level! {
    /// `out = sum·share + base`
    pub(super) fn mean(sum: &[f32], share: f32, base: f32, out: &mut [f32]) = line_body<Plain, Fused, Fused>
}

#[inline(always)]
fn line_body<A: Arithmetic>(sum: &[f32], share: f32, base: f32, out: &mut [f32]) {
    for (out, sum) in out.iter_mut().zip(sum) {
        *out = A::mul_add(*sum, share, base);
    }
}
