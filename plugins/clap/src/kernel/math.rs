// SPDX-License-Identifier: MPL-2.0
//! Functions of a number, on vectors.
#![allow(unsafe_code)]
use super::lanes::Lanes;

/// Vectors that are worked on side by side: enough for a processor to be busy while each waits for
/// its own last step.
pub(super) const ABREAST: usize = 4;

/// e^x for x from −87 to 88, and e^−87 below. To within two units in the last place.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, whose exponential is the sum of r^k / k! up to k = 7.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn exp<V: Lanes, const N: usize>(mut x: [V; N]) -> [V; N] {
    /// ln 2 in two parts, the first short enough for its product with any n to be exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const REST: [f32; 6] = [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        1.0 / 2.0,
        1.0,
    ];
    // SAFETY: the caller's promise.
    unsafe {
        let mut n = x;
        for (x, n) in x.iter_mut().zip(&mut n) {
            *x = x.max(V::splat(-87.0));
            *n = x.mul(V::splat(std::f32::consts::LOG2_E)).round().in_step();
        }
        for part in LN_2 {
            for (r, n) in x.iter_mut().zip(&n) {
                *r = r.plus(*n, V::splat(-part)).in_step();
            }
        }
        let mut sum = [V::splat(1.0 / 5040.0); N];
        for coefficient in REST {
            for (sum, r) in sum.iter_mut().zip(&x) {
                *sum = V::splat(coefficient).plus(*sum, *r).in_step();
            }
        }
        for ((sum, r), n) in sum.iter_mut().zip(&x).zip(&n) {
            *sum = V::splat(1.0).plus(*sum, *r).scale(*n);
        }
        sum
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
pub(super) unsafe fn gelu<V: Lanes, const N: usize>(mut x: [V; N]) -> [V; N] {
    /// Of |x|^10, |x|^9 … 1.
    const RATIO: [f32; 11] = [
        1.815_888_8e-6,
        -4.375_037_3e-5,
        4.723_305_5e-4,
        -3.062_415_9e-3,
        1.358_353_2e-2,
        -4.492_081e-2,
        1.185_859_8e-1,
        -2.627_801_6e-1,
        4.990_779_5e-1,
        -7.977_513_7e-1,
        9.999_933e-1,
    ];
    // SAFETY: the caller's promise.
    unsafe {
        let (mut z, mut power) = (x, x);
        for (z, power) in z.iter_mut().zip(&mut power) {
            *z = z.abs().min(V::splat(8.0)).in_step();
            *power = z.mul(*z).mul(V::splat(-0.5));
        }
        let bell = exp(power);
        let mut ratio = [V::splat(RATIO[0]); N];
        for coefficient in &RATIO[1..] {
            for (ratio, z) in ratio.iter_mut().zip(&z) {
                *ratio = V::splat(*coefficient).plus(*ratio, *z).in_step();
            }
        }
        for (x, (ratio, bell)) in x.iter_mut().zip(ratio.iter().zip(&bell)) {
            let half = x.mul(V::splat(0.5));
            // x/2 + |x|/2 · (1 − 2·Φ(−|x|))
            *x = half.plus(half.abs(), V::splat(1.0).sub(ratio.mul(*bell)));
        }
        x
    }
}
