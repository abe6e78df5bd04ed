// SPDX-License-Identifier: MPL-2.0
//! Where a group's samples are while they are f64, and their way there and back.
#![allow(unsafe_code)]
use super::lanes::Sample;
use auris_dsp::multiversion;
use auris_dsp::simd::Level;

/// Samples that are worked on at once: they stay in the first-level cache.
pub(super) const SCRATCH: usize = 2048;

/// Most lanes of a vector.
pub(super) const LANES: usize = 8;

/// Memory for [`SCRATCH`] samples, aligned for vectors, with room ahead of the first one.
#[derive(Default)]
pub(super) struct Scratch(Vec<f64>);

impl Scratch {
    pub fn new() -> Self {
        Scratch(vec![0.0; SCRATCH + 2 * LANES - 1])
    }

    /// The first of [`SCRATCH`] samples, with [`LANES`] more ahead of it.
    pub fn start(&mut self) -> *mut f64 {
        let room = self.0.as_ptr().align_offset(LANES * size_of::<f64>());
        // An allocator that cannot align costs time, not memory safety.
        self.0[room.min(LANES - 1) + LANES..].as_mut_ptr()
    }
}

#[inline(always)]
fn widen_body<T: Sample>(from: &[T], to: &mut [f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.widen();
    }
}

/// Samples that are gone over in one plain loop, with the gains written out as often as that takes.
/// Where a loop over [`LANES`] is inside another one, compilers gather every eighth sample.
const RUN: usize = 128;

#[inline(always)]
fn narrow_body<T: Sample>(from: &[f64], gains: &[f64; LANES], to: &mut [T]) {
    let gains: [f64; RUN] = std::array::from_fn(|i| gains[i % LANES]);
    for (to, from) in to.chunks_mut(RUN).zip(from.chunks(RUN)) {
        for ((to, from), gain) in to.iter_mut().zip(from).zip(&gains) {
            *to = T::narrow(from * gain);
        }
    }
}

#[inline(always)]
fn amplify_body(samples: &mut [f64], gains: &[f64; LANES]) {
    let gains: [f64; RUN] = std::array::from_fn(|i| gains[i % LANES]);
    for samples in samples.chunks_mut(RUN) {
        for (sample, gain) in samples.iter_mut().zip(&gains) {
            *sample *= gain;
        }
    }
}

multiversion! {
    fn widen<T: Sample>(from: &[T], to: &mut [f64]) = widen_body
}
multiversion! {
    fn narrow<T: Sample>(from: &[f64], gains: &[f64; LANES], to: &mut [T]) = narrow_body
}
multiversion! {
    /// Multiplies by gains that come over and over.
    pub(super) fn amplify(samples: &mut [f64], gains: &[f64; LANES]) = amplify_body
}

/// Calls a function that has the number of channels as a constant.
macro_rules! by_width {
    ($width:expr, $copy:ident($($arg:expr),*)) => {
        match $width {
            1 => $copy::<T, 1>($($arg),*),
            2 => $copy::<T, 2>($($arg),*),
            4 => $copy::<T, 4>($($arg),*),
            _ => $copy::<T, 8>($($arg),*),
        }
    };
}

/// Gathers frames of `width` samples that lie `stride` apart.
///
/// # Safety
/// `io` is good for reads of as many such frames as there are in `to`.
pub(super) unsafe fn copy_in<T: Sample>(
    level: Level,
    width: usize,
    io: *const T,
    stride: usize,
    to: &mut [f64],
) {
    // SAFETY: the caller's promise.
    unsafe {
        match width == stride {
            true => widen(level, std::slice::from_raw_parts(io, to.len()), to),
            false => by_width!(width, gather(io, stride, to)),
        }
    }
}

/// Puts them back, times gains that come over and over.
///
/// # Safety
/// `io` is good for writes of as many frames as there are in `from`.
pub(super) unsafe fn copy_out<T: Sample>(
    level: Level,
    width: usize,
    io: *mut T,
    stride: usize,
    from: &[f64],
    gains: &[f64; LANES],
) {
    // SAFETY: the caller's promise.
    unsafe {
        match width == stride {
            true => {
                let to = std::slice::from_raw_parts_mut(io, from.len());
                narrow(level, from, gains, to);
            }
            false => by_width!(width, scatter(io, stride, from, gains)),
        }
    }
}

/// # Safety
/// As for [`copy_in`].
unsafe fn gather<T: Sample, const C: usize>(io: *const T, stride: usize, to: &mut [f64]) {
    for (t, frame) in to.as_chunks_mut::<C>().0.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *frame = unsafe { io.add(t * stride).cast::<[T; C]>().read() }.map(T::widen);
    }
}

/// # Safety
/// As for [`copy_out`].
unsafe fn scatter<T: Sample, const C: usize>(
    io: *mut T,
    stride: usize,
    from: &[f64],
    gains: &[f64; LANES],
) {
    for (t, frame) in from.as_chunks::<C>().0.iter().enumerate() {
        let frame: [T; C] = std::array::from_fn(|c| T::narrow(frame[c] * gains[c]));
        // SAFETY: the caller's promise.
        unsafe { io.add(t * stride).cast::<[T; C]>().write(frame) };
    }
}
