// SPDX-License-Identifier: MPL-2.0
//! From the complex transform of half the length to the powers of the real frame's bins.
#![allow(unsafe_code)]
use super::super::lanes::Number;
#[cfg(target_arch = "x86_64")]
use super::super::lanes::Registers;
use super::Parts;
use std::ops::Range;

/// |X|² of the bins of a frame of which `z` is the transform of its even samples plus i times that of its
/// odd ones.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn with_vectors<V: Registers>(
    z: &Parts<V::Real>,
    turns: &Parts<V::Real>,
    power: &mut [f32],
) {
    let half = z[0].len();
    assert!(half > 0 && z[1].len() == half && power.len() == half + 1);
    assert!(turns.iter().all(|part| part.len() >= half));
    let [re, im] = z.each_ref().map(|part| part.as_ptr());
    let [t_re, t_im] = turns.each_ref().map(|part| part.as_ptr());
    // From the first on that begins a line of what is aligned; the few before are no loss.
    from_bins(1..V::W.min(half / 2 + 1), z, turns, power);
    let out = power.as_mut_ptr();
    let mut k = V::W;
    // Bins k and half − k come of the same numbers. The last vector may reach past the middle, and
    // makes some of them twice.
    while k <= half / 2 && k + V::W <= half {
        let back = half + 1 - k - V::W;
        // SAFETY: the instructions are there, or `V` would not have been chosen. Both k + W and
        // back + W are at most `half`, the length of everything but the powers, of which there is one
        // more.
        unsafe {
            let (a_re, a_im) = (V::load(re.add(k)), V::load(im.add(k)));
            let (c_re, c_im) = (V::load(re.add(back)), V::load(im.add(back)));
            let (c_re, c_im) = (c_re.reverse(), c_im.reverse());
            let (even_re, even_im) = (a_re.add(c_re), a_im.sub(c_im));
            let (odd_re, odd_im) = (a_re.sub(c_re), a_im.add(c_im));
            let (t_re, t_im) = (V::load(t_re.add(k)), V::load(t_im.add(k)));
            let turned_re = t_re.mul(odd_re).minus(t_im, odd_im);
            let turned_im = t_re.mul(odd_im).plus(t_im, odd_re);
            let quarter = V::splat(V::Real::from_single(0.25));
            let square = |re: V, im: V| re.mul(re).plus(im, im).mul(quarter);
            let near = square(even_re.add(turned_re), even_im.add(turned_im));
            let far = square(even_re.sub(turned_re), even_im.sub(turned_im));
            far.reverse().store_single(out.add(back));
            near.store_single(out.add(k));
        }
        k += V::W;
    }
    from_bins(k..half / 2 + 1, z, turns, power);
}

/// The reference, and what is left.
pub(super) fn scalar<T: Number>(z: &Parts<T>, turns: &Parts<T>, power: &mut [f32]) {
    from_bins(1..z[0].len() / 2 + 1, z, turns, power);
}

/// Those of some bins up to the middle with their mirrors, and both ends.
#[inline(always)]
fn from_bins<T: Number>(bins: Range<usize>, z: &Parts<T>, turns: &Parts<T>, power: &mut [f32]) {
    let half = z[0].len();
    let (first, last) = (z[0][0] + z[1][0], z[0][0] - z[1][0]);
    power[0] = (first * first).to_single();
    power[half] = (last * last).to_single();
    let quarter = T::from_single(0.25);
    for k in bins {
        let (even, turned) = halves(z, turns, k);
        let square = |re: T, im: T| (quarter * (re * re + im * im)).to_single();
        power[half - k] = square(even.0 - turned.0, even.1 - turned.1);
        power[k] = square(even.0 + turned.0, even.1 + turned.1);
    }
}

/// Twice what even samples make of bin k, and odd ones.
#[inline(always)]
fn halves<T: Number>(z: &Parts<T>, turns: &Parts<T>, k: usize) -> ((T, T), (T, T)) {
    let [re, im] = z;
    let back = re.len() - k;
    let (odd_re, odd_im) = (re[k] - re[back], im[k] + im[back]);
    let (t_re, t_im) = (turns[0][k], turns[1][k]);
    (
        (re[k] + re[back], im[k] - im[back]),
        (t_re * odd_re - t_im * odd_im, t_re * odd_im + t_im * odd_re),
    )
}
