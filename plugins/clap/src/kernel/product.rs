// SPDX-License-Identifier: MPL-2.0
//! What a word of a row times a word of a column adds to their sum, in each precision.
#![allow(unsafe_code)]
use super::lanes::Lanes;

/// What finishes sums of bytes, per column; empty in the other precisions.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    /// What one step of the column's weights stands for.
    pub scales: &'a [f32],
    /// What a sum has to begin at, for rows of u8 are 128 too large.
    pub starts: &'a [u32],
}

impl<'a> Columns<'a> {
    /// Those from `first` on.
    #[inline(always)]
    pub fn from(self, first: usize) -> Self {
        Columns {
            scales: self.scales.get(first..).unwrap_or_default(),
            starts: self.starts.get(first..).unwrap_or_default(),
        }
    }
}

/// Sums of products of words. A word holds one f32, two bf16, or four bytes: u8 in rows, i8 in
/// columns.
///
/// All functions are unsafe for the same reason: the processor must have the instructions, and
/// `columns` either a number for each lane from `first` on or, where it is not used, none.
pub(super) trait Product<V: Lanes> {
    /// Of one row and `V::W` columns.
    type Sum: Copy;
    /// A word of a row, as the columns need it.
    type Left: Copy;

    /// # Safety
    /// See the trait.
    unsafe fn start(columns: Columns<'_>, first: usize) -> Self::Sum;
    /// # Safety
    /// See the trait.
    unsafe fn left(word: u32) -> Self::Left;
    /// # Safety
    /// See the trait.
    unsafe fn step(sum: Self::Sum, left: Self::Left, right: V::Words) -> Self::Sum;
    /// # Safety
    /// See the trait; `from` is good for `V::W` reads.
    unsafe fn load(from: *const u32) -> Self::Sum;
    /// # Safety
    /// See the trait; `to` is good for `V::W` writes.
    unsafe fn store(sum: Self::Sum, to: *mut u32);
    /// The sum as a number, `scale` being what one step of the row stands for.
    /// # Safety
    /// See the trait.
    unsafe fn finish(sum: Self::Sum, scale: f32, columns: Columns<'_>, first: usize) -> V;
}

/// f32.
pub(super) struct Single;

impl<V: Lanes> Product<V> for Single {
    type Sum = V;
    type Left = V;

    #[inline(always)]
    unsafe fn start(_: Columns<'_>, _: usize) -> V {
        // SAFETY: the caller's promise, here and below.
        unsafe { V::splat(0.0) }
    }
    #[inline(always)]
    unsafe fn left(word: u32) -> V {
        // SAFETY: as above.
        unsafe { V::splat(f32::from_bits(word)) }
    }
    #[inline(always)]
    unsafe fn step(sum: V, left: V, right: V::Words) -> V {
        sum.plus(left, V::floats(right))
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> V {
        // SAFETY: as above.
        unsafe { V::load(from.cast()) }
    }
    #[inline(always)]
    unsafe fn store(sum: V, to: *mut u32) {
        // SAFETY: as above.
        unsafe { sum.store(to.cast()) }
    }
    #[inline(always)]
    unsafe fn finish(sum: V, _: f32, _: Columns<'_>, _: usize) -> V {
        sum
    }
}

/// bf16, widened to f32.
pub(super) struct Half;

impl<V: Lanes> Product<V> for Half {
    type Sum = V;
    type Left = (V, V);

    #[inline(always)]
    unsafe fn start(_: Columns<'_>, _: usize) -> V {
        // SAFETY: the caller's promise, here and below.
        unsafe { V::splat(0.0) }
    }
    #[inline(always)]
    unsafe fn left(word: u32) -> (V, V) {
        // SAFETY: as above.
        unsafe {
            let low = V::splat(f32::from_bits(word << 16));
            (low, V::splat(f32::from_bits(word & 0xffff_0000)))
        }
    }
    #[inline(always)]
    unsafe fn step(sum: V, left: (V, V), right: V::Words) -> V {
        sum.plus(left.0, V::low_halves(right))
            .plus(left.1, V::high_halves(right))
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> V {
        // SAFETY: as above.
        unsafe { V::load(from.cast()) }
    }
    #[inline(always)]
    unsafe fn store(sum: V, to: *mut u32) {
        // SAFETY: as above.
        unsafe { sum.store(to.cast()) }
    }
    #[inline(always)]
    unsafe fn finish(sum: V, _: f32, _: Columns<'_>, _: usize) -> V {
        sum
    }
}

/// Bytes, summed up exactly.
pub(super) struct Bytes;

impl<V: Lanes> Product<V> for Bytes {
    type Sum = V::Words;
    type Left = V::Words;

    #[inline(always)]
    unsafe fn start(columns: Columns<'_>, first: usize) -> V::Words {
        debug_assert!(columns.starts.len() >= first + V::W);
        // SAFETY: the caller's promise, here and below.
        unsafe { V::load_words(columns.starts.as_ptr().add(first)) }
    }
    #[inline(always)]
    unsafe fn left(word: u32) -> V::Words {
        // SAFETY: as above.
        unsafe { V::splat_word(word) }
    }
    #[inline(always)]
    unsafe fn step(sum: V::Words, left: V::Words, right: V::Words) -> V::Words {
        V::dot_bytes(sum, left, right)
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> V::Words {
        // SAFETY: as above.
        unsafe { V::load_words(from) }
    }
    #[inline(always)]
    unsafe fn store(sum: V::Words, to: *mut u32) {
        // SAFETY: as above.
        unsafe { V::store_words(sum, to) }
    }
    #[inline(always)]
    unsafe fn finish(sum: V::Words, scale: f32, columns: Columns<'_>, first: usize) -> V {
        debug_assert!(columns.scales.len() >= first + V::W);
        // SAFETY: as above.
        unsafe {
            let scales = V::load(columns.scales.as_ptr().add(first));
            V::numbers(sum).mul(scales.mul(V::splat(scale)))
        }
    }
}
