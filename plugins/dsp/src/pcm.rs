// SPDX-License-Identifier: MPL-2.0
//! Sample formats as bytes in memory: native-endian, of any alignment.

/// How one sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleFormat {
    /// 16-bit integer.
    S16,
    /// 24-bit integer in three bytes.
    S24,
    /// 24-bit integer in the low bytes of four; the high byte means nothing.
    S24In32,
    /// 32-bit integer.
    S32,
    /// 32-bit float, full scale ±1.
    F32,
    /// 64-bit float, full scale ±1.
    F64,
}

impl SampleFormat {
    /// Bytes that one sample takes.
    pub const fn bytes(self) -> usize {
        match self {
            SampleFormat::S16 => 2,
            SampleFormat::S24 => 3,
            SampleFormat::S24In32 | SampleFormat::S32 | SampleFormat::F32 => 4,
            SampleFormat::F64 => 8,
        }
    }

    /// Whether a sample can exceed full scale, or be no number at all.
    pub const fn is_float(self) -> bool {
        matches!(self, SampleFormat::F32 | SampleFormat::F64)
    }
}

/// A sample type that the kernels are generic over. Magnitudes keep the format's own scale, so
/// that integers stay integers.
pub(crate) trait Sample: Copy + Send + 'static {
    /// A stored sample.
    type Raw: Copy + Send + Sync;
    /// Type of a sum of squares.
    type Sum: Copy + Default + Send + std::ops::AddAssign + std::ops::Add<Output = Self::Sum>;
    /// Type of an absolute value.
    type Magnitude: Copy + Default + Send + PartialOrd;
    /// Largest magnitude that is not over full scale.
    const FULL_SCALE: Self::Magnitude;
    /// Whether samples can exceed full scale or be no finite number.
    const FLOAT: bool;

    /// Views whole samples; trailing bytes that make none are left out.
    fn view(bytes: &[u8]) -> &[Self::Raw];
    /// The sample, or 0 for NaN and infinities.
    fn clean(raw: Self::Raw) -> Self::Raw;
    /// Whether [`Sample::clean`] changes it.
    fn is_odd(raw: Self::Raw) -> bool;
    /// Absolute value.
    fn magnitude(raw: Self::Raw) -> Self::Magnitude;
    /// Square.
    fn square(raw: Self::Raw) -> Self::Sum;
    /// Whether the sum is a number, as it is if every sample was one and none is absurdly large.
    fn is_finite(sum: Self::Sum) -> bool;
    /// The larger of two magnitudes; if `b` is NaN, `a`.
    fn larger(a: Self::Magnitude, b: Self::Magnitude) -> Self::Magnitude;
    /// A magnitude in terms of full scale 1.
    fn magnitude_to_f64(m: Self::Magnitude) -> f64;
    /// A sum of squares in terms of full scale 1.
    fn sum_to_f64(s: Self::Sum) -> f64;
}

macro_rules! integer {
    ($name:ident, $bytes:literal, $sum:ty, $mag:ty, $bits:literal, |$raw:ident| $read:expr, |$v:ident| $square:expr) => {
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;

        impl Sample for $name {
            type Raw = [u8; $bytes];
            type Sum = $sum;
            type Magnitude = $mag;
            const FULL_SCALE: $mag = 1 << ($bits - 1);
            const FLOAT: bool = false;

            #[inline(always)]
            fn view(bytes: &[u8]) -> &[Self::Raw] {
                bytes.as_chunks().0
            }
            #[inline(always)]
            fn magnitude($raw: Self::Raw) -> $mag {
                ($read).unsigned_abs()
            }
            #[inline(always)]
            fn square($raw: Self::Raw) -> $sum {
                let $v = $read;
                $square
            }
            #[inline(always)]
            fn clean(raw: Self::Raw) -> Self::Raw {
                raw
            }
            #[inline(always)]
            fn is_odd(_: Self::Raw) -> bool {
                false
            }
            #[inline(always)]
            fn is_finite(_: $sum) -> bool {
                true
            }
            #[inline(always)]
            fn larger(a: $mag, b: $mag) -> $mag {
                a.max(b)
            }
            #[inline(always)]
            fn magnitude_to_f64(m: $mag) -> f64 {
                f64::from(m) / (1u64 << ($bits - 1)) as f64
            }
            #[inline(always)]
            fn sum_to_f64(s: $sum) -> f64 {
                s as f64 / (1u64 << ($bits - 1)) as f64 / (1u64 << ($bits - 1)) as f64
            }
        }
    };
}

// 16-bit squares stay integers: 2^30 each, so a block of 2^33 samples cannot overflow.
integer!(I16, 2, u64, u16, 16, |raw| i16::from_ne_bytes(raw), |v| {
    let wide = i32::from(v);
    (wide * wide) as u32 as u64
});
integer!(I24, 3, f64, u32, 24, |raw| read_24(raw), |v| {
    let wide = f64::from(v);
    wide * wide
});
integer!(
    I24In32,
    4,
    f64,
    u32,
    24,
    |raw| i32::from_ne_bytes(raw) << 8 >> 8,
    |v| {
        let wide = f64::from(v);
        wide * wide
    }
);
integer!(I32, 4, f64, u32, 32, |raw| i32::from_ne_bytes(raw), |v| {
    let wide = f64::from(v);
    wide * wide
});

/// A sample of [`SampleFormat::S24`].
#[inline(always)]
pub fn read_24(raw: [u8; 3]) -> i32 {
    let [a, b, c] = raw;
    if cfg!(target_endian = "little") {
        i32::from_le_bytes([0, a, b, c]) >> 8
    } else {
        i32::from_be_bytes([a, b, c, 0]) >> 8
    }
}

macro_rules! float {
    ($name:ident, $float:ty, $bytes:literal) => {
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;

        impl Sample for $name {
            type Raw = [u8; $bytes];
            type Sum = f64;
            type Magnitude = $float;
            const FULL_SCALE: $float = 1.0;
            const FLOAT: bool = true;

            #[inline(always)]
            fn view(bytes: &[u8]) -> &[Self::Raw] {
                bytes.as_chunks().0
            }
            #[inline(always)]
            fn clean(raw: Self::Raw) -> Self::Raw {
                if Self::is_odd(raw) { [0; $bytes] } else { raw }
            }
            #[inline(always)]
            fn is_odd(raw: Self::Raw) -> bool {
                !<$float>::from_ne_bytes(raw).is_finite()
            }
            #[inline(always)]
            fn magnitude(raw: Self::Raw) -> $float {
                <$float>::from_ne_bytes(raw).abs()
            }
            #[inline(always)]
            fn square(raw: Self::Raw) -> f64 {
                let wide = f64::from(<$float>::from_ne_bytes(raw));
                wide * wide
            }
            #[inline(always)]
            fn is_finite(sum: f64) -> bool {
                sum.is_finite()
            }
            #[inline(always)]
            fn larger(a: $float, b: $float) -> $float {
                // In this form it is one instruction.
                if b > a { b } else { a }
            }
            #[inline(always)]
            fn magnitude_to_f64(m: $float) -> f64 {
                f64::from(m)
            }
            #[inline(always)]
            fn sum_to_f64(s: f64) -> f64 {
                s
            }
        }
    };
}

float!(F32, f32, 4);
float!(F64, f64, 8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_read_with_their_sign() {
        assert_eq!(read_24((-2i32).to_ne_bytes()[..3].try_into().unwrap()), -2);
        // The top byte of a 24-in-32 sample is not part of it.
        assert_eq!(I24In32::magnitude((0x5500_0003u32).to_ne_bytes()), 3);
        assert_eq!(I16::magnitude(i16::MIN.to_ne_bytes()), I16::FULL_SCALE);
        assert_eq!(I16::magnitude_to_f64(I16::FULL_SCALE), 1.0);
        assert_eq!(I32::sum_to_f64(I32::square(i32::MIN.to_ne_bytes())), 1.0);
    }

    #[test]
    fn what_is_no_number_counts_as_nothing() {
        for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let raw = x.to_ne_bytes();
            assert!(F32::is_odd(raw) && !F32::is_finite(F32::square(raw)));
            assert_eq!(F32::clean(raw), [0; 4]);
        }
        assert!(!F64::is_odd(f64::MAX.to_ne_bytes()));
    }
}
