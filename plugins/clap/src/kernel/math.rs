// SPDX-License-Identifier: MPL-2.0
//! Functions of a number, on vectors.
#![allow(unsafe_code)]
use super::lanes::Lanes;

/// e^x for x from −87 to 88, and e^−87 below. To within two units in the last place.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, whose exponential is the sum of r^k / k! up to k = 7.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn exp<V: Lanes>(x: V) -> V {
    /// ln 2 in two parts, the first short enough for its product with any n to be exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    // SAFETY: the caller's promise.
    unsafe {
        let x = x.max(V::splat(-87.0));
        let n = x.mul(V::splat(std::f32::consts::LOG2_E)).round();
        let r = x
            .plus(n, V::splat(-LN_2[0]))
            .plus(n, V::splat(-LN_2[1]));
        // Two and two terms at once (G. Estrin): it waits less for itself than term by term.
        let term = |k: f32| V::splat(1.0 / k);
        let square = r.mul(r);
        let low = term(1.0).plus(r, term(2.0)).plus(square, term(6.0).plus(r, term(24.0)));
        let high = term(120.0).plus(r, term(720.0)).plus(square, term(5040.0));
        let sum = low.plus(square.mul(square), high);
        V::splat(1.0).plus(sum, r).scale(n)
    }
}

/// x·Φ(x), with Φ the normal distribution: GELU as it is defined, not its tanh approximation. To
/// within 1e-7 · (1 + |x|).
///
/// 2·Φ(−|x|) is e^(−x²/2) times a function that changes slowly (Mills' ratio), here a polynomial in
/// |x|. It was fitted so that the largest error of the product is as small as can be (5.3e-8), by
/// C. L. Lawson's iteration over |x| < 7; beyond 8, the product is less than what 1 can show.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn gelu<V: Lanes>(x: V) -> V {
    /// Of 1, |x|, |x|² …
    const RATIO: [f32; 11] = [
        9.999_933_2e-1,
        -7.977_513_7e-1,
        4.990_779_5e-1,
        -2.627_801_6e-1,
        1.185_859_8e-1,
        -4.492_081e-2,
        1.358_353_2e-2,
        -3.062_415_9e-3,
        4.723_305_5e-4,
        -4.375_037_3e-5,
        1.815_888_8e-6,
    ];
    // SAFETY: the caller's promise.
    unsafe {
        let z = x.abs().min(V::splat(8.0));
        let square = z.mul(z);
        let fourth = square.mul(square);
        let pair = |i: usize| V::splat(RATIO[i]).plus(z, V::splat(RATIO[i + 1]));
        let low = pair(0).plus(square, pair(2));
        let middle = pair(4).plus(square, pair(6));
        let high = pair(8).plus(square, V::splat(RATIO[10]));
        let ratio = low.plus(fourth, middle.plus(fourth, high));
        let tail = ratio.mul(exp(square.mul(V::splat(-0.5))));
        let half = x.mul(V::splat(0.5));
        // x/2 + |x|/2 · (1 − 2·Φ(−|x|))
        half.plus(half.abs(), V::splat(1.0).sub(tail))
    }
}
