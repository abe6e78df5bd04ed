// SPDX-License-Identifier: MPL-2.0
//! The kernel for as many channels as a vector has lanes: a vector is one section of all of them.
//!
//! Coefficients stay in registers, and so does the past, since what a section has put out is what the
//! next one has taken in. More sections than registers can hold are better run in several passes than
//! from memory: beside being slower, loads of coefficients that lie a multiple of 4 KiB from where
//! the compiler spills would wait for its stores, in one process and not in the next.
#![allow(unsafe_code)]
use super::lanes::{Lanes, Sample};
use super::place::{load, put};
use super::rows::{Rows, row};
use super::work::SCALED;

/// Coefficients of one section: b0 is of no account in the scaled form.
struct Numbers<V> {
    b0: V,
    b1: V,
    b2: V,
    a1: V,
    a2: V,
}

impl<V: Lanes> Numbers<V> {
    /// Direct form 1, in the fewest operations. Everything waits for `x`, but not long: other frames
    /// and sections fill the time.
    #[inline(always)]
    fn output<const FORM: u8>(&self, x: V, [x1, x2]: [V; 2], [y1, y2]: [V; 2]) -> V {
        let x = match FORM {
            SCALED => x,
            _ => self.b0.mul(x),
        };
        x.plus(self.b1, x1)
            .plus(self.b2, x2)
            .minus(self.a2, y2)
            .minus(self.a1, y1)
    }
}

/// Filters `frames` frames of `C` samples, from where they lie `strides.0` apart to where they lie
/// `strides.1` apart, which may be the same place.
///
/// # Safety
/// The processor has what `V` needs, and `C` is its W; `rows` has at least `NV`·W slots, and nobody
/// else uses it or the samples meanwhile.
#[inline(always)]
pub(super) unsafe fn run<
    V: Lanes,
    I: Sample,
    O: Sample,
    const C: usize,
    const NV: usize,
    const FORM: u8,
>(
    rows: Rows,
    mut from: *const I,
    mut to: *mut O,
    strides: (usize, usize),
    frames: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (b1, b2, gain) = match FORM {
            SCALED => (row::N1, row::N2, row::END),
            _ => (row::B1, row::B2, row::GAIN),
        };
        let number = |r: usize, k: usize| V::load(rows.at(r, k * V::W));
        let numbers: [Numbers<V>; NV] = std::array::from_fn(|k| Numbers {
            b0: number(row::B0, k),
            b1: number(b1, k),
            b2: number(b2, k),
            a1: number(row::A1, k),
            a2: number(row::A2, k),
        });
        let gain = number(gain, NV - 1);
        let mut x: [[V; NV]; 2] = [load(rows, row::X1), load(rows, row::X2)];
        let mut y: [[V; NV]; 2] = [load(rows, row::Y1), load(rows, row::Y2)];
        // A section may have been given another past than that of the one before it. After two
        // frames it cannot be told any more.
        let unlike = frames.min(2);
        for _ in 0..unlike {
            let mut new = I::frame::<V, C>(from);
            for (k, numbers) in numbers.iter().enumerate() {
                let now = numbers.output::<FORM>(new, [x[0][k], x[1][k]], [y[0][k], y[1][k]]);
                (x[1][k], x[0][k]) = (x[0][k], new);
                (y[1][k], y[0][k]) = (y[0][k], now);
                new = now;
            }
            O::leave::<V, C>(new.mul(gain), to);
            (from, to) = (from.add(strides.0), to.add(strides.1));
        }
        if frames > unlike {
            // The input's past, and the past of all outputs.
            let mut first = [x[0][0], x[1][0]];
            let mut past = y;
            for _ in unlike..frames {
                let mut new = I::frame::<V, C>(from);
                let mut before = first;
                first = [new, first[0]];
                for (k, numbers) in numbers.iter().enumerate() {
                    let own = [past[0][k], past[1][k]];
                    new = numbers.output::<FORM>(new, before, own);
                    (past[1][k], past[0][k]) = (own[0], new);
                    before = own;
                }
                O::leave::<V, C>(new.mul(gain), to);
                (from, to) = (from.add(strides.0), to.add(strides.1));
            }
            for i in 0..2 {
                x[i][0] = first[i];
                for k in 1..NV {
                    x[i][k] = past[i][k - 1];
                }
            }
            y = past;
        }
        put(rows, row::X1, &x[0]);
        put(rows, row::X2, &x[1]);
        put(rows, row::Y1, &y[0]);
        put(rows, row::Y2, &y[1]);
    }
}
