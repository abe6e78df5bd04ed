// SPDX-License-Identifier: MPL-2.0
//! The kernel: a cascade laid across the lanes of a few vectors.
//!
//! Section k of channel c has slot k·C + c, and runs D·k frames late, so that its input is what the
//! slots C below gave D frames ago: all sections of all channels take a step at once. At the start
//! of a call, lanes whose first frame has not come yet compute something or other and take their
//! true state when it comes; at the end, each section's state is put aside after its last frame.
//! So nothing is late from outside, whatever the number of frames, and the operations on each
//! frame, with their order, are the same for every D and every way of cutting audio into calls.
//! Where a frame has as many channels as a vector has lanes, D can be 0: no lane is late then.
#![allow(unsafe_code)]
use super::lanes::{Lanes, Sample};
use super::rows::{Rows, row};
use super::work::{RAMP, Steps, Work, each_vector, is_padded};

/// Filters `frames` frames, at least one, of `C` samples, `stride` apart, in place, in
/// one of the forms that [`super::work`] has.
///
/// # Safety
/// The processor has what `V` needs; `rows` has at least `NV`·W slots, and nobody else uses it or
/// the samples meanwhile. Where frames [are padded](is_padded), W − `C` samples ahead of the first
/// can be read.
#[inline(always)]
pub(super) unsafe fn run<
    V: Lanes,
    T: Sample,
    const C: usize,
    const NV: usize,
    const D: usize,
    const FORM: u8,
>(
    rows: Rows,
    io: *mut T,
    stride: usize,
    frames: usize,
) {
    let sections = NV * V::W / C;
    let late = D * (sections - 1);
    // SAFETY: the caller's promise; `from` advances below `frames` only, `to` comes after.
    unsafe {
        let mut work = Work::<V, NV>::new::<C, FORM>(rows);
        let by = Steps::<V, NV>::new(rows);
        let (mut next_in, mut next_out) = (1, 0);
        let (mut begin, mut end) = match D > 0 && sections > 1 {
            true => (D, frames),
            false => (usize::MAX, frames),
        };
        // As is_padded has it: from W samples that end with a frame.
        let ahead = match is_padded::<V, T, C>() {
            true => V::W - C,
            false => 0,
        };
        let (mut from, mut to) = (io.cast_const().sub(ahead), io);
        macro_rules! one {
            ($i:literal, $track:literal) => {{
                let frame = work.read::<T, C>(from.add($i * stride));
                let y = work.step::<T, C, D, FORM, $track>(frame, &by);
                T::leave::<V, C>(work.amplify::<T, C, FORM>(y, &by), to.add($i * stride));
            }};
        }
        // As many steps with all sections at work.
        macro_rules! all {
            ($left:ident) => {{
                if FORM != RAMP {
                    // Six, for outputs up to six frames old go round in as many registers. Two are
                    // left for the steps that keep track.
                    while $left >= 8 {
                        one!(0, false);
                        one!(1, false);
                        one!(2, false);
                        one!(3, false);
                        one!(4, false);
                        one!(5, false);
                        from = from.add(6 * stride);
                        to = to.add(6 * stride);
                        $left -= 6;
                    }
                }
                while $left > 0 {
                    one!(0, true);
                    from = from.add(stride);
                    to = to.add(stride);
                    $left -= 1;
                }
            }};
        }
        if D > 0 && sections > 1 && frames >= late {
            // The usual case, with nothing for the processor to guess.
            each_vector!(j of NV, {
                for k in j * (V::W / C)..(j + 1) * (V::W / C) {
                    if k > 0 {
                        for _ in 0..D {
                            let frame = work.read::<T, C>(from);
                            work.step::<T, C, D, FORM, true>(frame, &by);
                            from = from.add(stride);
                        }
                        work.enter_in::<C, FORM>(rows, j, k);
                    }
                }
            });
            let mut left = frames - late;
            all!(left);
            each_vector!(j of NV, {
                for k in j * (V::W / C)..(j + 1) * (V::W / C) {
                    work.save_in::<C, FORM>(rows, j, k);
                    if k + 1 < sections {
                        for _ in 0..D {
                            let y = work.step::<T, C, D, FORM, true>(work.x1[0], &by);
                            T::leave::<V, C>(work.amplify::<T, C, FORM>(y, &by), to);
                            to = to.add(stride);
                        }
                    }
                }
            });
            if FORM == RAMP {
                work.gain.store(rows.at(row::GAIN, (NV - 1) * V::W));
            }
            return;
        }
        let mut t = 0;
        loop {
            let until = begin.min(end);
            let mut left = until - t;
            if t >= late && t < frames {
                all!(left);
            } else if D > 0 {
                let (reads, writes) = (t < frames, t >= late);
                while left > 0 {
                    let mut frame = work.x1[0];
                    if reads {
                        frame = work.read::<T, C>(from);
                        from = from.add(stride);
                    }
                    let y = work.step::<T, C, D, FORM, true>(frame, &by);
                    if writes {
                        T::leave::<V, C>(work.amplify::<T, C, FORM>(y, &by), to);
                        to = to.add(stride);
                    }
                    left -= 1;
                }
            }
            if D == 0 {
                work.save_all::<FORM>(rows);
                break;
            }
            t = until;
            if t == begin {
                work.enter::<C, FORM>(rows, next_in);
                next_in += 1;
                begin = match next_in < sections {
                    true => begin + D,
                    false => usize::MAX,
                };
            }
            if t == end {
                work.save::<C, FORM>(rows, next_out);
                next_out += 1;
                end += D;
                if next_out == sections {
                    break;
                }
            }
        }
        if FORM == RAMP {
            work.gain.store(rows.at(row::GAIN, (NV - 1) * V::W));
        }
    }
}
