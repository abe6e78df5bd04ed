// SPDX-License-Identifier: MPL-2.0
//! One row of f32 from interleaved samples.
use super::intake::Downmix;
use crate::multiversion;
use crate::pcm::{F32, F64, I16, I24, I24In32, I32, Sample, SampleFormat, read_24};
use crate::simd::Level;
use std::marker::PhantomData;

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

/// Where a row of samples comes from.
#[derive(Clone, Copy)]
enum From {
    Mean,
    Channel(usize),
    Mid,
    Side,
}

/// Makes rows of f32 from interleaved bytes of one format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Converter {
    pub(super) level: Level,
    pub(super) format: SampleFormat,
    pub(super) channels: usize,
    pub(super) downmix: Downmix,
}

impl Converter {
    /// Bytes of a frame.
    pub(super) fn frame(&self) -> usize {
        self.channels * self.format.bytes()
    }

    /// Converts whole frames to a row, as many as `out` holds, times `window` if there is one.
    /// Samples that are not finite count as 0; the number of them is returned.
    pub(super) fn row(
        &self,
        bytes: &[u8],
        row: usize,
        window: Option<&[f32]>,
        out: &mut [f32],
    ) -> u64 {
        let from = match self.downmix {
            Downmix::Mean if self.channels > 1 => From::Mean,
            Downmix::MidSide if self.channels == 2 && row == 0 => From::Mid,
            Downmix::MidSide if self.channels == 2 => From::Side,
            _ => From::Channel(row),
        };
        match self.format {
            SampleFormat::S16 => self.of::<I16>(bytes, from, window, out),
            SampleFormat::S24 => self.of::<I24>(bytes, from, window, out),
            SampleFormat::S24In32 => self.of::<I24In32>(bytes, from, window, out),
            SampleFormat::S32 => self.of::<I32>(bytes, from, window, out),
            SampleFormat::F32 => self.of::<F32>(bytes, from, window, out),
            SampleFormat::F64 => self.of::<F64>(bytes, from, window, out),
        }
    }

    fn of<S: Convert>(
        &self,
        bytes: &[u8],
        from: From,
        window: Option<&[f32]>,
        out: &mut [f32],
    ) -> u64 {
        let samples = S::view(bytes);
        let frames = (samples.len() / self.channels).min(out.len());
        let (samples, out) = (&samples[..frames * self.channels], &mut out[..frames]);
        let task = Task {
            samples,
            channels: self.channels,
            from,
            window: window.unwrap_or_default(),
        };
        match (self.channels, window.is_some()) {
            (1, false) => convert::<Shape<S, 1, false>>(self.level, task, out),
            (1, true) => convert::<Shape<S, 1, true>>(self.level, task, out),
            (2, false) => convert::<Shape<S, 2, false>>(self.level, task, out),
            (2, true) => convert::<Shape<S, 2, true>>(self.level, task, out),
            (_, false) => convert::<Shape<S, 0, false>>(self.level, task, out),
            (_, true) => convert::<Shape<S, 0, true>>(self.level, task, out),
        }
    }
}

/// What is known at compile time.
trait Known {
    type S: Convert;
    /// Channels, or 0 if there are more than two.
    const CHANNELS: usize;
    const WINDOWED: bool;
}

struct Shape<S, const CHANNELS: usize, const WINDOWED: bool>(PhantomData<S>);

impl<S: Convert, const CHANNELS: usize, const WINDOWED: bool> Known
    for Shape<S, CHANNELS, WINDOWED>
{
    type S = S;
    const CHANNELS: usize = CHANNELS;
    const WINDOWED: bool = WINDOWED;
}

struct Task<'a, S: Sample> {
    samples: &'a [S::Raw],
    channels: usize,
    from: From,
    window: &'a [f32],
}

multiversion! {
    fn convert<K: Known>(task: Task<'_, K::S>, out: &mut [f32]) -> u64 = convert_body::<K>
}

#[inline(always)]
fn convert_body<K: Known>(task: Task<'_, K::S>, out: &mut [f32]) -> u64 {
    let window = task.window;
    match K::CHANNELS {
        1 => each::<K, _>(task.samples, window, out, |&raw| clean::<K::S>(raw)),
        2 => {
            let frames = task.samples.as_chunks::<2>().0;
            let both = |frame: &[_; 2]| (clean::<K::S>(frame[0]), clean::<K::S>(frame[1]));
            match task.from {
                From::Mean | From::Mid => each::<K, _>(frames, window, out, |frame| {
                    let ((left, a), (right, b)) = both(frame);
                    ((left + right) * 0.5, a + b)
                }),
                From::Side => each::<K, _>(frames, window, out, |frame| {
                    let ((left, a), (right, b)) = both(frame);
                    ((left - right) * 0.5, a + b)
                }),
                From::Channel(0) => {
                    each::<K, _>(frames, window, out, |frame| clean::<K::S>(frame[0]))
                }
                From::Channel(_) => {
                    each::<K, _>(frames, window, out, |frame| clean::<K::S>(frame[1]))
                }
            }
        }
        _ => {
            let frames = task.samples.chunks_exact(task.channels);
            let share = 1.0 / task.channels as f32;
            match task.from {
                From::Channel(channel) => wide::<K>(frames, window, out, |frame| {
                    frame.get(channel).map_or((0.0, 0), |&r| clean::<K::S>(r))
                }),
                _ => wide::<K>(frames, window, out, |frame| {
                    let sum = frame.iter().fold((0.0, 0), |(sum, odd), &raw| {
                        let (x, is_odd) = clean::<K::S>(raw);
                        (sum + x, odd + is_odd)
                    });
                    (sum.0 * share, sum.1)
                }),
            }
        }
    }
}

/// The sample, and 1 if it is no finite number and so counts as 0.
#[inline(always)]
fn clean<S: Convert>(raw: S::Raw) -> (f32, u32) {
    let x = S::to_f32(raw);
    if S::FLOAT && !(x.abs() < f32::INFINITY) {
        (0.0, 1)
    } else {
        (x, 0)
    }
}

#[inline(always)]
fn each<K: Known, F>(
    frames: &[F],
    window: &[f32],
    out: &mut [f32],
    make: impl Fn(&F) -> (f32, u32),
) -> u64 {
    // Counted in 32 bits, which are as wide as the samples: in runs that cannot overflow.
    const RUN: usize = 1 << 16;
    let mut odd = 0;
    for (i, (frames, out)) in frames.chunks(RUN).zip(out.chunks_mut(RUN)).enumerate() {
        let mut now = 0u32;
        if K::WINDOWED {
            let window = window.get(i * RUN..).unwrap_or_default();
            for ((frame, w), out) in frames.iter().zip(window).zip(out) {
                let (x, is_odd) = make(frame);
                *out = x * w;
                now += is_odd;
            }
        } else {
            for (frame, out) in frames.iter().zip(out) {
                let (x, is_odd) = make(frame);
                *out = x;
                now += is_odd;
            }
        }
        odd += u64::from(now);
    }
    odd
}

#[inline(always)]
fn wide<'a, K: Known>(
    frames: impl Iterator<Item = &'a [<K::S as Sample>::Raw]>,
    window: &[f32],
    out: &mut [f32],
    make: impl Fn(&[<K::S as Sample>::Raw]) -> (f32, u32),
) -> u64 {
    let mut odd = 0;
    for (i, (frame, out)) in frames.zip(out).enumerate() {
        let (x, is_odd) = make(frame);
        let w = if K::WINDOWED { window.get(i) } else { None };
        *out = x * w.unwrap_or(&1.0);
        odd += u64::from(is_odd);
    }
    odd
}
