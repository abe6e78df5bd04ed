// SPDX-License-Identifier: MPL-2.0
//! Between bytes of a stream and numbers: conversion, and the search for what is no finite number.
use auris_dsp::dither::tpdf;
use auris_dsp::multiversion;
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;

/// A floating-point sample.
pub(super) trait Float: Copy {
    const ZERO: Self;
    fn is_finite(self) -> bool;
    fn are_finite(samples: &[Self]) -> bool;
}

macro_rules! float {
    // As many sums at once as hide what an addition takes, in no more registers than there are.
    ($t:ty, $sums:literal) => {
        impl Float for $t {
            const ZERO: $t = 0.0;
            #[inline(always)]
            fn is_finite(self) -> bool {
                <$t>::is_finite(self)
            }
            #[inline(always)]
            fn are_finite(samples: &[$t]) -> bool {
                // 0, or NaN if there is one that is no finite number.
                let mut sums = [0.0; $sums];
                let (chunks, rest) = samples.as_chunks::<$sums>();
                for chunk in chunks {
                    for (sum, x) in sums.iter_mut().zip(chunk) {
                        *sum += x * 0.0;
                    }
                }
                let good = rest.iter().fold(true, |good, x| good & x.is_finite());
                sums.iter().fold(good, |good, sum| good & !sum.is_nan())
            }
        }
    };
}
float!(f32, 64);
float!(f64, 32);

#[inline(always)]
fn all_finite_body<F: Float>(samples: &[F]) -> bool {
    F::are_finite(samples)
}

multiversion! {
    fn all_finite<F: Float>(samples: &[F]) -> bool = all_finite_body
}

/// Replaces what is no finite number by 0; returns whether there was any.
pub(super) fn clean<F: Float>(level: Level, samples: &mut [F]) -> bool {
    if all_finite(level, samples) {
        return false;
    }
    for x in samples.iter_mut().filter(|x| !x.is_finite()) {
        *x = F::ZERO;
    }
    true
}

/// Bytes as f32, if they are whole and lie as they must.
#[allow(unsafe_code)]
pub(super) fn as_f32(bytes: &mut [u8]) -> Option<&mut [f32]> {
    // SAFETY: every pattern of bits is an f32, and every f32 is four bytes.
    match unsafe { bytes.align_to_mut::<f32>() } {
        ([], samples, []) => Some(samples),
        _ => None,
    }
}

/// Full scale of an integer format; 1 for floats.
const fn full_scale(format: SampleFormat) -> f64 {
    match format {
        SampleFormat::S16 => 32_768.0,
        SampleFormat::S24 | SampleFormat::S24In32 => 8_388_608.0,
        SampleFormat::S32 => 2_147_483_648.0,
        SampleFormat::F32 | SampleFormat::F64 => 1.0,
    }
}

/// Reads as many samples as `to` has.
pub(super) fn load(format: SampleFormat, bytes: &[u8], to: &mut [f64]) {
    fn each<const N: usize>(bytes: &[u8], to: &mut [f64], read: impl Fn([u8; N]) -> f64) {
        for (x, raw) in to.iter_mut().zip(bytes.as_chunks::<N>().0) {
            *x = read(*raw);
        }
    }
    let scale = 1.0 / full_scale(format);
    match format {
        SampleFormat::S16 => each(bytes, to, |b| f64::from(i16::from_ne_bytes(b)) * scale),
        SampleFormat::S24 => each(bytes, to, |b| f64::from(auris_dsp::pcm::read_24(b)) * scale),
        SampleFormat::S24In32 => each(bytes, to, |b| {
            f64::from(i32::from_ne_bytes(b) << 8 >> 8) * scale
        }),
        SampleFormat::S32 => each(bytes, to, |b| f64::from(i32::from_ne_bytes(b)) * scale),
        SampleFormat::F32 => each(bytes, to, |b| f64::from(f32::from_ne_bytes(b))),
        SampleFormat::F64 => each(bytes, to, f64::from_ne_bytes),
    }
}

/// The nearest integer to a value that lies within `full` of 0, dithered unless it is one already:
/// what a filter leaves alone or only delays, silence above all, gets no noise.
#[inline(always)]
fn quantise(x: f64, full: f64, index: u64) -> i32 {
    // Adding this leaves no room for a fraction, and the low half of the bits is the integer.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let exact = (x * full).max(-full).min(full - 1.0);
    let noise = if (exact + ROUND) - ROUND == exact {
        0.0
    } else {
        tpdf(index)
    };
    let dithered = (exact + noise).max(-full).min(full - 1.0);
    (dithered + ROUND).to_bits() as i32
}

/// Writes finite samples, the first of which is number `index` of the stream. Returns whether one
/// was too large for the format, which holds 0 then; integers saturate instead.
pub(super) fn store(
    level: Level,
    format: SampleFormat,
    from: &[f64],
    index: u64,
    bytes: &mut [u8],
) -> bool {
    struct Out<'a> {
        from: &'a [f64],
        full: f64,
        index: u64,
    }
    trait Writer {
        fn write(out: &Out<'_>, bytes: &mut [u8]);
    }
    macro_rules! writer {
        ($name:ident, $bytes:literal, |$v:ident| $raw:expr) => {
            struct $name;
            impl Writer for $name {
                #[inline(always)]
                fn write(out: &Out<'_>, bytes: &mut [u8]) {
                    let samples = bytes.as_chunks_mut::<$bytes>().0.iter_mut();
                    for (i, (raw, x)) in samples.zip(out.from).enumerate() {
                        let $v = quantise(*x, out.full, out.index.wrapping_add(i as u64));
                        *raw = $raw;
                    }
                }
            }
        };
    }
    writer!(Two, 2, |v| (v as i16).to_ne_bytes());
    writer!(Three, 3, |v| if cfg!(target_endian = "little") {
        let [a, b, c, _] = v.to_ne_bytes();
        [a, b, c]
    } else {
        let [_, a, b, c] = v.to_ne_bytes();
        [a, b, c]
    });
    writer!(Four, 4, |v| v.to_ne_bytes());
    #[inline(always)]
    fn write_body<W: Writer>(_: W, out: &Out<'_>, bytes: &mut [u8]) {
        W::write(out, bytes);
    }
    multiversion! {
        fn write<W: Writer>(w: W, out: &Out<'_>, bytes: &mut [u8]) = write_body
    }
    let out = Out {
        from,
        full: full_scale(format),
        index,
    };
    match format {
        SampleFormat::S16 => write(level, Two, &out, bytes),
        SampleFormat::S24 => write(level, Three, &out, bytes),
        SampleFormat::S24In32 | SampleFormat::S32 => write(level, Four, &out, bytes),
        SampleFormat::F32 => {
            let mut large = false;
            for (raw, x) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(from) {
                let narrow = *x as f32;
                large |= !narrow.is_finite();
                *raw = if narrow.is_finite() { narrow } else { 0.0 }.to_ne_bytes();
            }
            return large;
        }
        SampleFormat::F64 => {
            for (raw, x) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(from) {
                *raw = x.to_ne_bytes();
            }
        }
    }
    false
}
