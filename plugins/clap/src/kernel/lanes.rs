// SPDX-License-Identifier: MPL-2.0
//! The little of SIMD that the kernels need, and its portable side.
#![allow(unsafe_code)]
use super::quantise::{ROUND, half, pair};

/// Adding this to a number below 2²² rounds it to an integer, ties to even, in the lowest bits.
const TO_INTEGER: f32 = 12_582_912.0; // 1.5 · 2²³

/// A vector of [`Lanes::W`] f32.
///
/// Invariant: a value exists only where the processor has the instructions that its operations
/// are made of. Functions that make one from nothing are unsafe for that reason, those that take
/// one are not.
pub(crate) trait Lanes: Copy {
    /// Lanes: a power of two, at most 16.
    const W: usize;
    /// Rows of a tile of a matrix product, three vectors wide, that the registers have room for:
    /// 8 or 4.
    const ROWS: usize;
    /// As many words of 32 bits.
    type Words: Copy;

    /// # Safety
    /// The processor has the instructions.
    unsafe fn splat(number: f32) -> Self;
    /// # Safety
    /// As for `splat`; `from` is good for `W` reads.
    unsafe fn load(from: *const f32) -> Self;
    /// Numbers `stride` apart.
    /// # Safety
    /// As for `splat`; all are good to be read, and `stride` · `W` fits into an i32.
    unsafe fn load_apart(from: *const f32, stride: usize) -> Self;
    /// # Safety
    /// `to` is good for `W` writes.
    unsafe fn store(self, to: *mut f32);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// `other` where one is no number.
    fn max(self, other: Self) -> Self;
    /// `other` where one is no number.
    fn min(self, other: Self) -> Self;
    fn abs(self) -> Self;
    /// self + a·b, rounded once where the level has FMA.
    fn plus(self, a: Self, b: Self) -> Self;
    /// To the nearest integer, ties to even; of numbers below 2²².
    fn round(self) -> Self;
    /// self · 2^`power`, an integer from −126 to 127.
    fn scale(self, power: Self) -> Self;
    fn sum(self) -> f32;
    fn largest(self) -> f32;

    /// # Safety
    /// As for `splat`.
    unsafe fn splat_word(word: u32) -> Self::Words;
    /// # Safety
    /// As for `splat`; `from` is good for `W` reads.
    unsafe fn load_words(from: *const u32) -> Self::Words;
    /// # Safety
    /// `to` is good for `W` writes.
    unsafe fn store_words(words: Self::Words, to: *mut u32);
    /// The bits as they are.
    fn floats(words: Self::Words) -> Self;
    /// The bf16 in the lower half of each word.
    fn low_halves(words: Self::Words) -> Self;
    /// The bf16 in the upper half of each word.
    fn high_halves(words: Self::Words) -> Self;
    /// sum + the product of four u8 of `a` with four i8 of `b`, exactly.
    fn dot_bytes(sum: Self::Words, a: Self::Words, b: Self::Words) -> Self::Words;
    /// Words, read as i32, as numbers.
    fn numbers(words: Self::Words) -> Self;

    /// Writes the nearest bf16, ties to even, two to a word.
    /// # Safety
    /// `to` is good for `W` / 2 writes.
    unsafe fn store_halves(self, to: *mut u32);
    /// Writes the nearest integers, ties to even, from −127 to 127, as u8 that are 128 too large,
    /// four to a word.
    /// # Safety
    /// `to` is good for `W` / 4 writes.
    unsafe fn store_bytes(self, to: *mut u32);

    /// The same. Compilers keep these in order, so that work on several vectors, with this between
    /// its steps, is done side by side: they would rather do one vector after the other, where each
    /// step waits for the one before.
    #[inline(always)]
    fn in_step(self) -> Self {
        self
    }

    /// Fetches a line into the second-level cache. Any address will do.
    #[inline(always)]
    fn fetch(_: *const u32) {}

    /// The first `count` lanes from memory, zeros in the others.
    /// # Safety
    /// As for `splat`; `from` is good for `count` reads, at most `W`.
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        let mut whole = [0.0; 16];
        // SAFETY: the caller's promise; `whole` has room for W.
        unsafe {
            whole.as_mut_ptr().copy_from_nonoverlapping(from, count);
            Self::load(whole.as_ptr())
        }
    }
    /// Writes the first `count` lanes.
    /// # Safety
    /// `to` is good for `count` writes, at most `W`.
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        let mut whole = [0.0; 16];
        // SAFETY: the caller's promise; `whole` has room for W.
        unsafe {
            self.store(whole.as_mut_ptr());
            to.copy_from_nonoverlapping(whole.as_ptr(), count);
        }
    }
}

/// Four lanes in plain Rust, which compilers turn into SSE2 and NEON.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(crate) struct Quad([f32; 4]);

impl Quad {
    #[inline(always)]
    fn each(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Quad(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl Lanes for Quad {
    const W: usize = 4;
    const ROWS: usize = if cfg!(target_arch = "aarch64") { 8 } else { 4 };
    type Words = [u32; 4];

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        Quad([number; 4])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise; read() of an array asks for the alignment of f32 only.
        Quad(unsafe { from.cast::<[f32; 4]>().read() })
    }
    #[inline(always)]
    unsafe fn load_apart(from: *const f32, stride: usize) -> Self {
        // SAFETY: the caller's promise.
        Quad(std::array::from_fn(|i| unsafe { *from.add(i * stride) }))
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f32; 4]>().write(self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.each(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.each(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.each(other, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.each(other, |a, b| a / b)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.each(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.each(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Quad(self.0.map(f32::abs))
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        let product = |i: usize| match cfg!(target_arch = "aarch64") {
            true => a.0[i].mul_add(b.0[i], self.0[i]),
            false => self.0[i] + a.0[i] * b.0[i],
        };
        Quad(std::array::from_fn(product))
    }
    #[inline(always)]
    fn round(self) -> Self {
        Quad(self.0.map(|x| (x + TO_INTEGER) - TO_INTEGER))
    }
    #[inline(always)]
    fn scale(self, power: Self) -> Self {
        // The integer's bits, moved to where an exponent lies; what is above it falls out.
        let factor = |p: f32| f32::from_bits(((p + 127.0 + TO_INTEGER).to_bits()) << 23);
        self.each(power, |x, p| x * factor(p))
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        (self.0[0] + self.0[2]) + (self.0[1] + self.0[3])
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        self.0[0].max(self.0[2]).max(self.0[1].max(self.0[3]))
    }
    #[inline(always)]
    unsafe fn splat_word(word: u32) -> [u32; 4] {
        [word; 4]
    }
    #[inline(always)]
    unsafe fn load_words(from: *const u32) -> [u32; 4] {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<[u32; 4]>().read() }
    }
    #[inline(always)]
    unsafe fn store_words(words: [u32; 4], to: *mut u32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[u32; 4]>().write(words) }
    }
    #[inline(always)]
    fn floats(words: [u32; 4]) -> Self {
        Quad(words.map(f32::from_bits))
    }
    #[inline(always)]
    fn low_halves(words: [u32; 4]) -> Self {
        Quad(words.map(|w| f32::from_bits(w << 16)))
    }
    #[inline(always)]
    fn high_halves(words: [u32; 4]) -> Self {
        Quad(words.map(|w| f32::from_bits(w & 0xffff_0000)))
    }
    #[inline(always)]
    fn dot_bytes(sum: [u32; 4], a: [u32; 4], b: [u32; 4]) -> [u32; 4] {
        std::array::from_fn(|i| {
            let (a, b) = (a[i].to_le_bytes(), b[i].to_le_bytes());
            let products = (0..4).map(|j| i32::from(a[j]) * i32::from(b[j] as i8));
            sum[i].wrapping_add(products.sum::<i32>() as u32)
        })
    }
    #[inline(always)]
    fn numbers(words: [u32; 4]) -> Self {
        Quad(words.map(|w| w as i32 as f32))
    }
    #[inline(always)]
    unsafe fn store_halves(self, to: *mut u32) {
        let [a, b, c, d] = self.0.map(half);
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[u32; 2]>().write([pair(a, b), pair(c, d)]) }
    }
    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u32) {
        let bytes = self.0.map(|x| (x + ROUND).to_bits() as u8);
        // SAFETY: the caller's promise.
        unsafe { to.write(u32::from_le_bytes(bytes)) }
    }
}
