// SPDX-License-Identifier: MPL-2.0
//! From the complex transform of half the length to the spectrum of the real frame, and on to
//! powers and phases.
use super::arithmetic::{Arithmetic, at_level};
use crate::multiversion;
use crate::simd::Level;
use rustfft::num_complex::Complex;

/// Half of a frame's spectrum from `z`, the transform of its even samples plus i times that of its
/// odd ones, if number k of the odd ones is turned by `twiddle[k]` = −i·exp(−2πik/n).
pub(super) fn untangle(
    level: Level,
    z: &[Complex<f32>],
    twiddle: &[Complex<f32>],
    bins: &mut [Complex<f32>],
) {
    at_level!(level, turned(z, twiddle, bins));
}

multiversion! {
    fn turned<A: Arithmetic>(z: &[Complex<f32>], twiddle: &[Complex<f32>], bins: &mut [Complex<f32>]) = turned_body::<A>
}

#[inline(always)]
fn turned_body<A: Arithmetic>(
    z: &[Complex<f32>],
    twiddle: &[Complex<f32>],
    bins: &mut [Complex<f32>],
) {
    let half = z.len();
    ends(z, bins);
    for k in 1..half {
        let (a, c, t) = (z[k], z[half - k], twiddle[k]);
        let (even_re, even_im) = (a.re + c.re, a.im - c.im);
        let (odd_re, odd_im) = (a.re - c.re, a.im + c.im);
        let re = A::mul_add(t.re, odd_re, A::mul_add(-t.im, odd_im, even_re));
        let im = A::mul_add(t.re, odd_im, A::mul_add(t.im, odd_re, even_im));
        bins[k] = Complex::new(0.5 * re, 0.5 * im);
    }
}

/// The same where half the length is odd, and `z` is the transform of the even samples plus i
/// times that of the odd ones beginning in the middle of the frame: no angle is left to turn by
/// then but 0 and π (I. J. Good's prime factor algorithm, with the factor 2).
pub(super) fn untangle_odd(level: Level, z: &[Complex<f32>], bins: &mut [Complex<f32>]) {
    at_level!(level, straight(z, bins));
}

multiversion! {
    fn straight<A: Arithmetic>(z: &[Complex<f32>], bins: &mut [Complex<f32>]) = straight_body::<A>
}

#[inline(always)]
fn straight_body<A: Arithmetic>(z: &[Complex<f32>], bins: &mut [Complex<f32>]) {
    let half = z.len();
    ends(z, bins);
    let mut sign = -1.0;
    for k in 1..half {
        let (a, c) = (z[k], z[half - k]);
        let re = A::mul_add(sign, a.im + c.im, a.re + c.re);
        let im = A::mul_add(-sign, a.re - c.re, a.im - c.im);
        bins[k] = Complex::new(0.5 * re, 0.5 * im);
        sign = -sign;
    }
}

#[inline(always)]
fn ends(z: &[Complex<f32>], bins: &mut [Complex<f32>]) {
    let half = z.len();
    bins[0] = Complex::new(z[0].re + z[0].im, 0.0);
    bins[half] = Complex::new(z[0].re - z[0].im, 0.0);
}

/// |X|² of each bin.
pub(super) fn power(level: Level, bins: &[Complex<f32>], power: &mut [f32]) {
    at_level!(level, square(bins, power));
}

multiversion! {
    fn square<A: Arithmetic>(bins: &[Complex<f32>], power: &mut [f32]) = square_body::<A>
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
