// SPDX-License-Identifier: MPL-2.0
//! How a·b + c is done: the one thing that cannot be left to the compiler.

pub(super) trait Arithmetic {
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
}

/// With one rounding, for levels that have an instruction for it.
pub(super) struct Fused;
/// With two.
pub(super) struct Plain;

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

impl Arithmetic for Plain {
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
}

/// Calls a kernel with the arithmetic of its level.
macro_rules! at_level {
    ($level:expr, $kernel:ident($($arg:expr),* $(,)?)) => {
        if $level.is_avx512() || $level.is_avx2() {
            $kernel::<$crate::spectrum::arithmetic::Fused>($level, $($arg),*)
        } else {
            $kernel::<$crate::spectrum::arithmetic::Plain>($level, $($arg),*)
        }
    };
}
pub(super) use at_level;
