// SPDX-License-Identifier: MPL-2.0
//! From the complex transform of half the length straight to the powers of the real frame's bins.
#![allow(unsafe_code)]
use super::arithmetic::by_level;
use super::lanes::{Four, Lanes};
use super::untangle::Twiddle;
#[cfg(target_arch = "x86_64")]
use super::x86::{Eight, Sixteen};
use rustfft::num_complex::Complex;

by_level! {
    /// |X|² of the bins that [`untangle`](super::untangle::untangle) makes of the same.
    pub(super) fn untangle_power(z: &[Complex<f32>], twiddle: &Twiddle, power: &mut [f32]) = power_body<Four, Eight, Sixteen>
}

#[inline(always)]
fn power_body<V: Lanes<Real = f32>>(z: &[Complex<f32>], twiddle: &Twiddle, power: &mut [f32]) {
    let half = z.len();
    assert!(half > 0 && power.len() == half + 1);
    assert!(twiddle.re.len() >= half && twiddle.im.len() >= half);
    power[0] = (z[0].re + z[0].im) * (z[0].re + z[0].im);
    power[half] = (z[0].re - z[0].im) * (z[0].re - z[0].im);
    let from = z.as_ptr().cast::<f32>();
    let (t_re, t_im) = (twiddle.re.as_ptr(), twiddle.im.as_ptr());
    let out = power.as_mut_ptr();
    let mut k = 1;
    // Bins k and half − k come of the same numbers. The last vector may reach past the middle, and
    // makes some of them twice.
    while k <= half / 2 && k + V::W <= half {
        let back = half + 1 - k - V::W;
        // SAFETY: the instructions are there, or `V` would not have been chosen. Both k + W and
        // back + W are at most `half`, the number of complex numbers and of twiddle factors; there
        // is one power more.
        unsafe {
            let (a_re, a_im) = V::load_pairs(from.add(2 * k));
            let (c_re, c_im) = V::load_pairs(from.add(2 * back));
            let (c_re, c_im) = (c_re.reverse(), c_im.reverse());
            let (even_re, even_im) = (a_re.add(c_re), a_im.sub(c_im));
            let (odd_re, odd_im) = (a_re.sub(c_re), a_im.add(c_im));
            let (t_re, t_im) = (V::load(t_re.add(k)), V::load(t_im.add(k)));
            let turned_re = t_re.mul(odd_re).sub(t_im.mul(odd_im));
            let turned_im = t_re.mul(odd_im).plus(t_im, odd_re);
            let square = |re: V, im: V| re.mul(re).plus(im, im).mul(V::splat(0.25));
            let near = square(even_re.add(turned_re), even_im.add(turned_im));
            let far = square(even_re.sub(turned_re), even_im.sub(turned_im));
            far.reverse().store(out.add(back));
            near.store(out.add(k));
        }
        k += V::W;
    }
    for k in k..=half / 2 {
        let (a, c) = (z[k], z[half - k]);
        let (even_re, even_im) = (a.re + c.re, a.im - c.im);
        let (odd_re, odd_im) = (a.re - c.re, a.im + c.im);
        let turned_re = twiddle.re[k] * odd_re - twiddle.im[k] * odd_im;
        let turned_im = twiddle.re[k] * odd_im + twiddle.im[k] * odd_re;
        let square = |re: f32, im: f32| 0.25 * (re * re + im * im);
        power[half - k] = square(even_re - turned_re, even_im - turned_im);
        power[k] = square(even_re + turned_re, even_im + turned_im);
    }
}
