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

by_level! {
    /// Their squared magnitudes.
    pub(super) fn untangle_power(z: &[Complex<f32>], twiddle: &Twiddle, power: &mut [f32]) = squared_body<Plain, Fused, Fused>
}

#[inline(always)]
fn whole_body<A: Arithmetic>(z: &[Complex<f32>], twiddle: &Twiddle, bins: &mut [Complex<f32>]) {
    each_bin::<A, _>(z, twiddle, bins, |re, im| Complex::new(0.5 * re, 0.5 * im));
}

#[inline(always)]
fn squared_body<A: Arithmetic>(z: &[Complex<f32>], twiddle: &Twiddle, power: &mut [f32]) {
    each_bin::<A, _>(z, twiddle, power, |re, im| {
        0.25 * A::mul_add(re, re, im * im)
    });
}

/// Makes something of twice each bin.
#[inline(always)]
fn each_bin<A: Arithmetic, T>(
    z: &[Complex<f32>],
    twiddle: &Twiddle,
    out: &mut [T],
    make: impl Fn(f32, f32) -> T,
) {
    let (Some((zero, z)), [first, out @ .., last]) = (z.split_first(), out) else {
        return;
    };
    *first = make(2.0 * (zero.re + zero.im), 0.0);
    *last = make(2.0 * (zero.re - zero.im), 0.0);
    let n = z.len().min(out.len());
    let (z, out) = (&z[..n], &mut out[..n]);
    let (t_re, t_im) = (&twiddle.re[1..][..n], &twiddle.im[1..][..n]);
    let pairs = z.iter().zip(z.iter().rev());
    for (((out, (a, c)), t_re), t_im) in out.iter_mut().zip(pairs).zip(t_re).zip(t_im) {
        let (even_re, even_im) = (a.re + c.re, a.im - c.im);
        let (odd_re, odd_im) = (a.re - c.re, a.im + c.im);
        let re = A::mul_add(*t_re, odd_re, A::mul_add(-*t_im, odd_im, even_re));
        let im = A::mul_add(*t_re, odd_im, A::mul_add(*t_im, odd_re, even_im));
        *out = make(re, im);
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

/// The angle of each bin, in radians from −π to π; 0 for 0.
pub(super) fn phase(bins: &[Complex<f32>], phase: &mut [f32]) {
    for (phase, x) in phase.iter_mut().zip(bins) {
        *phase = x.im.atan2(x.re);
    }
}

by_level! {
    /// Samples times a window.
    pub(super) fn weigh(samples: &[f32], window: &[f32], out: &mut [f32]) = multiply_body<Plain, Fused, Fused>
}

#[inline(always)]
fn multiply_body<A: Arithmetic>(samples: &[f32], window: &[f32], out: &mut [f32]) {
    for ((out, x), w) in out.iter_mut().zip(samples).zip(window) {
        *out = x * w;
    }
}

by_level! {
    /// The same in place.
    pub(super) fn weigh_in_place(samples: &mut [f32], window: &[f32]) = multiply_in_place_body<Plain, Fused, Fused>
}

#[inline(always)]
fn multiply_in_place_body<A: Arithmetic>(samples: &mut [f32], window: &[f32]) {
    for (x, w) in samples.iter_mut().zip(window) {
        *x *= w;
    }
}

by_level! {
    /// `sum += x`
    pub(super) fn accumulate(x: &[f32], sum: &mut [f32]) = add_body<Plain, Fused, Fused>
}

#[inline(always)]
fn add_body<A: Arithmetic>(x: &[f32], sum: &mut [f32]) {
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
