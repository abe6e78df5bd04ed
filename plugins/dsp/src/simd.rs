// SPDX-License-Identifier: MPL-2.0
//! Which instruction set a kernel runs on.
//!
//! A kernel is one `#[inline(always)]` function over fixed-size arrays; [`multiversion!`](crate::multiversion) compiles
//! it once per instruction set and picks one at run time, so that a library built for baseline
//! x86-64 still reaches AVX2 and AVX-512. The arithmetic is written in the order in which it must
//! happen, so every level gives the same bits.
use std::sync::LazyLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Isa {
    Scalar,
    Baseline,
    Avx2,
    Avx512,
}

/// An instruction set that this processor has.
///
/// Invariant: a value of this type exists only for an instruction set that was found on the
/// running processor; [`multiversion!`](crate::multiversion) relies on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(Isa);

impl Level {
    /// The reference: plain loops, one sample at a time.
    pub const SCALAR: Level = Level(Isa::Scalar);
    /// What the compiler's target guarantees: SSE2 on x86-64, NEON on AArch64.
    pub const BASELINE: Level = Level(Isa::Baseline);

    /// Every level this processor can run, slowest first.
    pub fn available() -> impl Iterator<Item = Level> {
        [Isa::Scalar, Isa::Baseline, Isa::Avx2, Isa::Avx512]
            .into_iter()
            .filter(|isa| isa.detected())
            .map(Level)
    }

    /// The fastest available level, or the one that the environment variable `AURIS_SIMD` names
    /// (`scalar`, `baseline`, `avx2`, `avx512`) if the processor has it. Read once per process.
    pub fn best() -> Level {
        static BEST: LazyLock<Level> = LazyLock::new(|| {
            let wanted = std::env::var("AURIS_SIMD").unwrap_or_default();
            Level::available()
                .find(|level| level.name() == wanted)
                .or_else(|| Level::available().last())
                .unwrap_or(Level::BASELINE)
        });
        *BEST
    }

    /// The name by which `AURIS_SIMD` selects it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Isa::Scalar => "scalar",
            Isa::Baseline => "baseline",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }

    #[doc(hidden)]
    #[inline]
    pub fn is_avx2(self) -> bool {
        self.0 == Isa::Avx2
    }

    #[doc(hidden)]
    #[inline]
    pub fn is_avx512(self) -> bool {
        self.0 == Isa::Avx512
    }
}

impl Isa {
    #[cfg(target_arch = "x86_64")]
    fn detected(self) -> bool {
        match self {
            Isa::Scalar | Isa::Baseline => true,
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Isa::Avx512 => {
                Isa::Avx2.detected()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detected(self) -> bool {
        matches!(self, Isa::Scalar | Isa::Baseline)
    }
}

/// Defines a function that runs `$body`, an `#[inline(always)]` function of the same arguments,
/// compiled for the instruction set of its first argument, a [`Level`].
#[macro_export]
macro_rules! multiversion {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$g:ident: $bound:path>($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $body:path) => {
        $(#[$meta])*
        #[allow(unsafe_code)]
        $vis fn $name<$g: $bound>(level: $crate::simd::Level, $($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2<$g: $bound>($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512<$g: $bound>($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                if level.is_avx512() {
                    // SAFETY: such a Level exists only where the features were detected.
                    return unsafe { avx512::<$g>($($arg),*) };
                }
                if level.is_avx2() {
                    // SAFETY: such a Level exists only where the features were detected.
                    return unsafe { avx2::<$g>($($arg),*) };
                }
            }
            let _ = level;
            $body($($arg),*)
        }
    };
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $body:path) => {
        $(#[$meta])*
        #[allow(unsafe_code)]
        $vis fn $name(level: $crate::simd::Level, $($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
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
            $body($($arg),*)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_named_apart() {
        let levels: Vec<_> = Level::available().collect();
        assert!(levels.is_sorted() && levels.contains(&Level::BASELINE));
        for pair in levels.windows(2) {
            assert_ne!(pair[0].name(), pair[1].name());
        }
        assert!(levels.contains(&Level::best()));
    }
}
