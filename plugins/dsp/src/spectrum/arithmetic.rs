// SPDX-License-Identifier: MPL-2.0
//! How a·b + c is done: the one thing that cannot be left to the compiler.

pub(super) trait Arithmetic {
    fn mul_add(a: f32, b: f32, c: f32) -> f32;
}

/// With one rounding, for levels that have an instruction for it.
#[cfg(target_arch = "x86_64")]
pub(super) struct Fused;
/// With two.
pub(super) struct Plain;

#[cfg(target_arch = "x86_64")]
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

/// Defines a function that runs `$body`, an `#[inline(always)]` function, compiled for the instruction set of its first argument, a [`Level`](crate::simd::Level), with
/// the type that goes with it if it is generic over one. Unlike [`multiversion!`](crate::multiversion), it makes no version
/// with the type of another level.
macro_rules! by_level {
    // A body that is not generic.
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $body:ident) => {
        by_level! {
            $(#[$meta])*
            $vis fn $name($($arg: $ty),*) = $body<>
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?)
            = $body:ident<$($baseline:ty, $avx2:ty, $avx512:ty)?>
    ) => {
        $(#[$meta])*
        #[allow(unsafe_code)]
        $vis fn $name(level: $crate::simd::Level, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) {
                    $body$(::<$avx2>)?($($arg),*)
                }
                #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $ty),*) {
                    $body$(::<$avx512>)?($($arg),*)
                }
                if level.is_avx512() {
                    // SAFETY: such a Level exists only where the features were detected.
                    return unsafe { avx512($($arg),*) };
                }
                if level.is_avx2() {
                    // SAFETY: such a Level exists only where the features were detected.
                    return unsafe { avx2($($arg),*) };
                }
            }
            let _ = level;
            $body$(::<$baseline>)?($($arg),*)
        }
    };
}
pub(super) use by_level;
