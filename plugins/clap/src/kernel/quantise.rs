// SPDX-License-Identifier: MPL-2.0
//! Rows of f32 as bf16 and as bytes.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::packed::Layout;
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

/// Added to a number below 2²², it leaves the number, rounded, in the lowest bits; the 128 are the
/// offset of u8.
pub(super) const ROUND: f32 = 12_582_912.0 + 128.0;

/// Rounds rows of `width`, an even number, to bf16, two to a word.
pub(crate) fn to_halves(isa: Isa, from: &[f32], width: usize, to: &mut [u32], layout: Layout) {
    assert!(layout.words(from.len() / width) <= to.len() && width <= 2 * layout.depth());
    isa.run(ToHalves {
        from,
        width,
        to,
        layout,
    });
}

struct ToHalves<'a> {
    from: &'a [f32],
    width: usize,
    to: &'a mut [u32],
    layout: Layout,
}

impl Kernel for ToHalves<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let (layout, whole) = (self.layout, self.width - self.width % V::W);
        for (index, row) in self.from.chunks_exact(self.width).enumerate() {
            for at in (0..whole).step_by(V::W) {
                let to = self.to[layout.place(index, at / 2)..].as_mut_ptr();
                // SAFETY: the caller's promise. `at` + W is within the row, and the words of a
                // vector within 16 that lie side by side.
                unsafe { V::load(row.as_ptr().add(at)).store_halves(to) }
            }
            for (at, pairs) in (whole / 2..).zip(row[whole..].as_chunks::<2>().0) {
                self.to[layout.place(index, at)] = pair(half(pairs[0]), half(pairs[1]));
            }
            for at in self.width / 2..layout.depth() {
                self.to[layout.place(index, at)] = 0;
            }
        }
    }
}

/// Rounds each row of `width`, a multiple of 4, to 127 steps each way, as u8 that are 128 too
/// large, four to a word; `scales` gets what a step stands for.
pub(crate) fn to_bytes(
    isa: Isa,
    from: &[f32],
    width: usize,
    to: &mut [u32],
    layout: Layout,
    scales: &mut [f32],
) {
    assert!(layout.words(from.len() / width) <= to.len() && width <= 4 * layout.depth());
    isa.run(ToBytes {
        from,
        width,
        to,
        layout,
        scales,
    });
}

struct ToBytes<'a> {
    from: &'a [f32],
    width: usize,
    to: &'a mut [u32],
    layout: Layout,
    scales: &'a mut [f32],
}

impl Kernel for ToBytes<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let (layout, whole) = (self.layout, self.width - self.width % V::W);
        let rows = self.from.chunks_exact(self.width).zip(self.scales);
        for (index, (row, scale)) in rows.enumerate() {
            // SAFETY: the caller's promise.
            let largest = unsafe { largest::<V>(row) };
            let largest = largest.max(f32::MIN_POSITIVE * 127.0);
            *scale = largest / 127.0;
            let steps = 127.0 / largest;
            for at in (0..whole).step_by(V::W) {
                let to = self.to[layout.place(index, at / 4)..].as_mut_ptr();
                // SAFETY: as in `ToHalves`.
                unsafe {
                    let steps = V::load(row.as_ptr().add(at)).mul(V::splat(steps));
                    steps.store_bytes(to);
                }
            }
            for (at, four) in (whole / 4..).zip(row[whole..].as_chunks::<4>().0) {
                let bytes = four.map(|x| (x * steps + ROUND).to_bits() as u8);
                self.to[layout.place(index, at)] = u32::from_le_bytes(bytes);
            }
            for at in self.width / 4..layout.depth() {
                self.to[layout.place(index, at)] = 0;
            }
        }
    }
}

/// The largest magnitude of a row.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn largest<V: Lanes>(row: &[f32]) -> f32 {
    // SAFETY: the caller's promise; `at` + W is within the row.
    unsafe {
        let whole = row.len() - row.len() % V::W;
        let mut largest = V::splat(0.0);
        for at in (0..whole).step_by(V::W) {
            largest = V::load(row.as_ptr().add(at)).abs().max(largest);
        }
        let rest = row[whole..].iter();
        rest.fold(largest.largest(), |a, x| a.max(x.abs()))
    }
}
