// SPDX-License-Identifier: MPL-2.0
//! What the kernel computes, one number after the other.
#![allow(unsafe_code)]
use super::lanes::Sample;
use super::rows::{Rows, row};

/// One channel through `sections` sections, never scaled.
///
/// # Safety
/// As for the kernel, with `sections` slots.
pub(super) unsafe fn run<T: Sample>(
    rows: Rows,
    sections: usize,
    io: *mut T,
    stride: usize,
    frames: usize,
) {
    // SAFETY: the caller's promise.
    let number = |row, k| unsafe { &mut *rows.at(row, k) };
    for t in 0..frames {
        // SAFETY: the caller's promise.
        let sample = unsafe { &mut *io.add(t * stride) };
        let mut x = sample.widen();
        for k in 0..sections {
            for moving in 0..row::MOVING {
                *number(moving, k) += *number(row::STEP + moving, k);
            }
            let past = *number(row::B2, k) * *number(row::X2, k)
                + *number(row::B1, k) * *number(row::X1, k);
            let y = past + *number(row::B0, k) * x
                - *number(row::A2, k) * *number(row::Y2, k)
                - *number(row::A1, k) * *number(row::Y1, k);
            *number(row::X2, k) = *number(row::X1, k);
            *number(row::X1, k) = x;
            *number(row::Y2, k) = *number(row::Y1, k);
            *number(row::Y1, k) = y;
            x = y;
        }
        *sample = T::narrow(x * *number(row::GAIN, sections - 1));
    }
}
