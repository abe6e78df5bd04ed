// SPDX-License-Identifier: MPL-2.0
//! Rows of f32 as bf16 and as bytes. Plain loops that compilers vectorise.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::{Isa, Kernel};

/// The nearest bf16, ties to even.
#[inline(always)]
pub(super) fn half(number: f32) -> u32 {
    let bits = number.to_bits();
    // Past the largest bf16 lies infinity; what a NaN becomes does not matter here.
    bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16
}

/// Two bf16 in a word.
#[inline(always)]
pub(super) fn pair(low: u32, high: u32) -> u32 {
    low | high << 16
}

/// Rounds to bf16, two to a word.
pub(crate) fn to_halves(isa: Isa, from: &[f32], to: &mut [u32]) {
    isa.run(ToHalves { from, to });
}

struct ToHalves<'a> {
    from: &'a [f32],
    to: &'a mut [u32],
}

impl Kernel for ToHalves<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        for (to, from) in self.to.iter_mut().zip(self.from.as_chunks::<2>().0) {
            *to = pair(half(from[0]), half(from[1]));
        }
    }
}

/// Rounds each row of `width`, a multiple of 4, to 127 steps each way, as u8 that are 128 too
/// large, four to a word; `scales` gets what a step stands for.
pub(crate) fn to_bytes(isa: Isa, from: &[f32], width: usize, to: &mut [u32], scales: &mut [f32]) {
    isa.run(ToBytes {
        from,
        width,
        to,
        scales,
    });
}

struct ToBytes<'a> {
    from: &'a [f32],
    width: usize,
    to: &'a mut [u32],
    scales: &'a mut [f32],
}

impl Kernel for ToBytes<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        /// Added to a number below 2²², it leaves the number, rounded, in the lowest bits; the 128
        /// are the offset of u8.
        const ROUND: f32 = 12_582_912.0 + 128.0;
        let rows = self.from.chunks_exact(self.width);
        let to = self.to.chunks_exact_mut(self.width / 4);
        for ((row, to), scale) in rows.zip(to).zip(self.scales) {
            let mut largest = [0.0_f32; 16];
            let (chunks, rest) = row.as_chunks::<16>();
            for chunk in chunks {
                for (largest, x) in largest.iter_mut().zip(chunk) {
                    *largest = if x.abs() > *largest {
                        x.abs()
                    } else {
                        *largest
                    };
                }
            }
            let largest = largest
                .iter()
                .chain(rest)
                .fold(0.0_f32, |a, x| a.max(x.abs()));
            let largest = largest.max(f32::MIN_POSITIVE * 127.0);
            *scale = largest / 127.0;
            let steps = 127.0 / largest;
            for (to, from) in to.iter_mut().zip(row.as_chunks::<4>().0) {
                let byte = |x: f32| (x * steps + ROUND).to_bits() & 0xff;
                *to =
                    byte(from[0]) | byte(from[1]) << 8 | byte(from[2]) << 16 | byte(from[3]) << 24;
            }
        }
    }
}
