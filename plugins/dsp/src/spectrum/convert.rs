// SPDX-License-Identifier: MPL-2.0
//! Rows of f32 from interleaved samples.
use super::Error;
use super::arithmetic::by_level;
use super::intake::Downmix;
use super::memory::room;
use crate::multiversion;
use crate::pcm::{F32, F64, I16, I24, I24In32, I32, Sample, SampleFormat, read_24};
use crate::simd::Level;

/// A sample as f32. Integers are divided by their largest positive value, as GStreamer's element
/// does.
trait Convert: Sample {
    fn to_f32(raw: Self::Raw) -> f32;
}

macro_rules! convert {
    ($name:ident, $most:expr, |$raw:ident| $read:expr) => {
        impl Convert for $name {
            #[inline(always)]
            fn to_f32($raw: Self::Raw) -> f32 {
                const SCALE: f32 = (1.0 / $most) as f32;
                $read as f32 * SCALE
            }
        }
    };
}

convert!(I16, 32_767.0, |raw| i16::from_ne_bytes(raw));
convert!(I24, 8_388_607.0, |raw| read_24(raw));
convert!(I24In32, 8_388_607.0, |raw| i32::from_ne_bytes(raw) << 8
    >> 8);
convert!(I32, 2_147_483_647.0, |raw| i32::from_ne_bytes(raw));
convert!(F32, 1.0, |raw| f32::from_ne_bytes(raw));
convert!(F64, 1.0, |raw| f64::from_ne_bytes(raw));

/// What is further from 0 is taken for no number: 200 dB above full scale, powers of the longest
/// transform are finite, and so is what is made of them.
const LOUDEST: f32 = 1e10;

/// Samples converted at a time: they stay in the nearest cache until they are in their rows.
const ROOM: usize = 2048;

/// Makes rows of f32 from interleaved bytes of one format.
pub(super) struct Converter {
    level: Level,
    format: SampleFormat,
    channels: usize,
    downmix: Downmix,
    samples: Vec<f32>,
    non_finite: u64,
}

/// Interleaved samples on their way to rows.
pub(super) struct Piece<'a> {
    level: Level,
    samples: &'a [f32],
    channels: usize,
    downmix: Downmix,
}

impl Converter {
    pub(super) fn new(
        level: Level,
        format: SampleFormat,
        channels: usize,
        downmix: Downmix,
    ) -> Result<Self, Error> {
        // So that sizes in bytes are numbers.
        let most = isize::MAX as usize / SampleFormat::F64.bytes() / ROOM;
        if channels > most {
            return Err(Error::Memory);
        }
        Ok(Converter {
            level,
            format,
            channels,
            downmix,
            // Of very many channels, one frame.
            samples: room(ROOM.max(channels))?,
            non_finite: 0,
        })
    }

    /// Bytes of a frame.
    pub(super) fn frame(&self) -> usize {
        self.channels * self.format.bytes()
    }

    /// Samples so far that were no number within ±1e10, and count as 0.
    pub(super) fn non_finite(&self) -> u64 {
        self.non_finite
    }

    /// Converts whole frames and hands them on in pieces, each with the number of its first frame.
    pub(super) fn pieces(&mut self, bytes: &[u8], take: &mut dyn FnMut(usize, Piece<'_>)) {
        let frames = self.samples.len() / self.channels;
        for (i, bytes) in bytes.chunks(frames * self.frame()).enumerate() {
            let whole = bytes.len() / self.frame() * self.channels;
            let samples = &mut self.samples[..whole];
            let level = self.level;
            self.non_finite += u64::from(match self.format {
                SampleFormat::S16 => numbers::<I16>(level, bytes, samples),
                SampleFormat::S24 => numbers::<I24>(level, bytes, samples),
                SampleFormat::S24In32 => numbers::<I24In32>(level, bytes, samples),
                SampleFormat::S32 => numbers::<I32>(level, bytes, samples),
                SampleFormat::F32 => numbers::<F32>(level, bytes, samples),
                SampleFormat::F64 => numbers::<F64>(level, bytes, samples),
            });
            let piece = Piece {
                level,
                samples,
                channels: self.channels,
                downmix: self.downmix,
            };
            take(i * frames, piece);
        }
    }
}

multiversion! {
    /// Returns how many were no numbers within bounds; in 32 bits, which are as wide as the samples.
    fn numbers<S: Convert>(bytes: &[u8], out: &mut [f32]) -> u32 = numbers_body::<S>
}

#[inline(always)]
fn numbers_body<S: Convert>(bytes: &[u8], out: &mut [f32]) -> u32 {
    let mut odd = 0;
    for (out, &raw) in out.iter_mut().zip(S::view(bytes)) {
        let x = S::to_f32(raw);
        let good = !S::FLOAT || x.abs() <= LOUDEST;
        *out = if good { x } else { 0.0 };
        odd += u32::from(!good);
    }
    odd
}

impl Piece<'_> {
    /// Frames.
    pub(super) fn frames(&self) -> usize {
        self.samples.len() / self.channels
    }

    /// Writes a row, as many frames as there are.
    pub(super) fn row(&self, row: usize, out: &mut [f32]) {
        let (level, samples) = (self.level, self.samples);
        match (self.downmix, self.channels) {
            (_, 1) => out.copy_from_slice(samples),
            (Downmix::Mean, 2) => pairs::mean(level, samples, out),
            (Downmix::MidSide, 2) if row == 0 => pairs::mean(level, samples, out),
            (Downmix::MidSide, 2) => pairs::side(level, samples, out),
            (_, 2) if row == 0 => pairs::first(level, samples, out),
            (_, 2) => pairs::second(level, samples, out),
            (Downmix::Mean, channels) => mean_of_all(level, samples, channels, out),
            (_, channels) => one_of_all(level, samples, channels, row, out),
        }
    }
}

/// Rows of stereo.
mod pairs {
    use super::by_level;

    macro_rules! pairs {
        ($name:ident, $body:ident, |$left:ident, $right:ident| $make:expr) => {
            by_level! {
                pub(super) fn $name(samples: &[f32], out: &mut [f32]) = $body
            }

            #[inline(always)]
            fn $body(samples: &[f32], out: &mut [f32]) {
                for (out, &[$left, $right]) in out.iter_mut().zip(samples.as_chunks::<2>().0) {
                    *out = $make;
                }
            }
        };
    }

    pairs!(mean, mean_body, |left, right| (left + right) * 0.5);
    pairs!(side, side_body, |left, right| (left - right) * 0.5);
    pairs!(first, first_body, |left, _right| left);
    pairs!(second, second_body, |_left, right| right);
}

by_level! {
    fn mean_of_all(samples: &[f32], channels: usize, out: &mut [f32]) = mean_of_all_body
}

#[inline(always)]
fn mean_of_all_body(samples: &[f32], channels: usize, out: &mut [f32]) {
    let share = 1.0 / channels as f32;
    for (out, frame) in out.iter_mut().zip(samples.chunks_exact(channels)) {
        *out = frame.iter().sum::<f32>() * share;
    }
}

by_level! {
    fn one_of_all(samples: &[f32], channels: usize, channel: usize, out: &mut [f32]) = one_of_all_body
}

#[inline(always)]
fn one_of_all_body(samples: &[f32], channels: usize, channel: usize, out: &mut [f32]) {
    let row = samples.iter().skip(channel).step_by(channels);
    for (out, x) in out.iter_mut().zip(row) {
        *out = *x;
    }
}
