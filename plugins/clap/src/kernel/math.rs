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
        let x = x.max(V::splat(-87.0));
        let n = x.mul(V::splat(std::f32::consts::LOG2_E)).round();
        let minus_n = V::splat(0.0).sub(n);
        let r = x
            .plus(minus_n, V::splat(LN_2[0]))
            .plus(minus_n, V::splat(LN_2[1]));
        let mut sum = V::splat(1.0 / 5040.0);
        for coefficient in REST {
            sum = V::splat(coefficient).plus(sum, r);
        }
        V::splat(1.0).plus(sum, r).scale(n)
    }
}

/// x·Φ(x), with Φ the normal distribution: GELU as it is defined, not its tanh approximation.
///
/// Φ by erf after M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 7.1.26, to
/// within 1.5e-7.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn gelu<V: Lanes>(x: V) -> V {
    const P: f32 = 0.327_591_1;
    const A: [f32; 5] = [
        1.061_405_4,
        -1.453_152,
        1.421_413_7,
        -0.284_496_74,
        0.254_829_6,
    ];
    // SAFETY: the caller's promise.
    unsafe {
        let one = V::splat(1.0);
        let z = x.mul(V::splat(std::f32::consts::FRAC_1_SQRT_2)).abs();
        let t = one.div(one.plus(z, V::splat(P)));
        let mut sum = V::splat(A[0]);
        for coefficient in &A[1..] {
            sum = V::splat(*coefficient).plus(sum, t);
        }
        let tail = sum.mul(t).mul(exp(V::splat(0.0).sub(z.mul(z))));
        let half = x.mul(V::splat(0.5));
        // x/2 + |x|/2 · erf(|x|/√2)
        half.plus(half.abs(), one.sub(tail))
    }
}
