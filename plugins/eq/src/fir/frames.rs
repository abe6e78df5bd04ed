// SPDX-License-Identifier: MPL-2.0
//! Interleaved frames to one channel after another and back.
use super::kernel::Arithmetic;
use auris_dsp::multiversion;

/// No sample and no tap is larger: far beyond audio, and far from where sums overflow.
const LIMIT: f64 = 1e100;

/// `x`, or 0 if it is no number or beyond all sense.
#[inline(always)]
pub(super) fn sound(x: f64) -> f64 {
    if x.abs() <= LIMIT { x } else { 0.0 }
}

multiversion! {
    /// Whether [`sound`] leaves all of `samples` as they are.
    pub(super) fn all_sound<A: Arithmetic>(samples: &[f64]) -> bool = all_sound_body
}

#[inline(always)]
fn all_sound_body(samples: &[f64]) -> bool {
    let good = |x: &f64| u64::from(x.abs() <= LIMIT);
    // No early end and no `bool`: either would keep it from being vectorised well.
    samples.iter().fold(1, |all, x| all & good(x)) == 1
}

multiversion! {
    /// Takes two channels out of frames of two.
    pub(super) fn separate_pair<A: Arithmetic>(
        frames: &[f64],
        left: &mut [f64],
        right: &mut [f64],
    ) = separate_pair_body
}

#[inline(always)]
fn separate_pair_body(frames: &[f64], left: &mut [f64], right: &mut [f64]) {
    let (frames, _) = frames.as_chunks::<2>();
    for ((&[l, r], left), right) in frames.iter().zip(left).zip(right) {
        *left = l;
        *right = r;
    }
}

/// Takes one channel out of frames of `channels`.
pub(super) fn separate(frames: &[f64], channels: usize, channel: usize, out: &mut [f64]) {
    for (out, frame) in out.iter_mut().zip(frames.chunks_exact(channels)) {
        *out = frame[channel];
    }
}

/// Makes frames of equally long `planes`, one per channel, one behind the other.
pub(super) fn interleave<A: Arithmetic>(
    level: auris_dsp::simd::Level,
    planes: &[f64],
    channels: usize,
    out: &mut [f64],
) {
    let length = out.len() / channels;
    if channels == 2 {
        let (left, right) = planes.split_at(length);
        return interleave_pair::<A>(level, left, right, out);
    }
    for (channel, plane) in planes.chunks_exact(length).take(channels).enumerate() {
        for (frame, x) in out.chunks_exact_mut(channels).zip(plane) {
            frame[channel] = *x;
        }
    }
}

multiversion! {
    fn interleave_pair<A: Arithmetic>(
        left: &[f64],
        right: &[f64],
        frames: &mut [f64],
    ) = interleave_pair_body
}

#[inline(always)]
fn interleave_pair_body(left: &[f64], right: &[f64], frames: &mut [f64]) {
    let (frames, _) = frames.as_chunks_mut::<2>();
    for ((frame, &l), &r) in frames.iter_mut().zip(left).zip(right) {
        *frame = [l, r];
    }
}
