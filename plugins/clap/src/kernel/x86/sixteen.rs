// SPDX-License-Identifier: MPL-2.0
//! Sixteen lanes in AVX-512.
#![allow(unsafe_code)]
use crate::kernel::lanes::Lanes;
use crate::kernel::quantise::ROUND;
use std::arch::asm;
use std::arch::x86_64::*;

/// Sixteen lanes, for processors with AVX-512 F, BW, DQ and VL.
#[derive(Clone, Copy)]
pub(crate) struct Sixteen(pub(in crate::kernel) __m512);

impl Lanes for Sixteen {
    const W: usize = 16;
    const ROWS: usize = 8;
    type Words = __m512i;

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the caller's promise, here and below.
        unsafe { Sixteen(_mm512_set1_ps(number)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_loadu_ps(from)) }
    }
    #[inline(always)]
    unsafe fn load_apart(from: *const f32, stride: usize) -> Self {
        // SAFETY: as above.
        unsafe {
            let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            let places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(stride as i32));
            Sixteen(_mm512_i32gather_ps::<4>(places, from))
        }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        unsafe { Sixteen(_mm512_add_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_sub_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_mul_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_div_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_max_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_min_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_abs_ps(self.0)) }
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_fmadd_ps(a.0, b.0, self.0)) }
    }
    #[inline(always)]
    fn in_step(self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(in_step_512(self.0)) }
    }
    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: as above.
        unsafe {
            Sixteen(_mm512_roundscale_ps::<
                { _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC },
            >(self.0))
        }
    }
    #[inline(always)]
    fn scale(self, power: Self) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_scalef_ps(self.0, power.0)) }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: as above.
        unsafe { _mm512_reduce_add_ps(self.0) }
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        // SAFETY: as above.
        unsafe { _mm512_reduce_max_ps(self.0) }
    }
    #[inline(always)]
    unsafe fn splat_word(word: u32) -> __m512i {
        // SAFETY: the caller's promise, here and below.
        unsafe { _mm512_set1_epi32(word as i32) }
    }
    #[inline(always)]
    unsafe fn load_words(from: *const u32) -> __m512i {
        // SAFETY: as above.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
    #[inline(always)]
    unsafe fn store_words(words: __m512i, to: *mut u32) {
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(to.cast(), words) }
    }
    #[inline(always)]
    fn fetch(line: *const u32) {
        // SAFETY: it reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.cast()) }
    }
    #[inline(always)]
    fn floats(words: __m512i) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        unsafe { Sixteen(_mm512_castsi512_ps(words)) }
    }
    #[inline(always)]
    fn low_halves(words: __m512i) -> Self {
        // SAFETY: as above.
        unsafe { Self::floats(_mm512_slli_epi32::<16>(words)) }
    }
    #[inline(always)]
    fn high_halves(words: __m512i) -> Self {
        // SAFETY: as above.
        unsafe {
            let mask = _mm512_set1_epi32(0xffff_0000_u32 as i32);
            Self::floats(_mm512_and_si512(words, mask))
        }
    }
    #[inline(always)]
    fn dot_bytes(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        // As i16, even and odd bytes apart: MADDUBS would saturate.
        // SAFETY: as above.
        unsafe {
            let even_a = _mm512_and_si512(a, _mm512_set1_epi16(0xff));
            let odd_a = _mm512_srli_epi16::<8>(a);
            let even_b = _mm512_srai_epi16::<8>(_mm512_slli_epi16::<8>(b));
            let odd_b = _mm512_srai_epi16::<8>(b);
            let even = _mm512_madd_epi16(even_a, even_b);
            let odd = _mm512_madd_epi16(odd_a, odd_b);
            _mm512_add_epi32(sum, _mm512_add_epi32(even, odd))
        }
    }
    #[inline(always)]
    fn numbers(words: __m512i) -> Self {
        // SAFETY: as above.
        unsafe { Sixteen(_mm512_cvtepi32_ps(words)) }
    }
    #[inline(always)]
    unsafe fn store_halves(self, to: *mut u32) {
        // SAFETY: the caller's promise.
        unsafe {
            let halves = _mm512_srli_epi32::<16>(self.rounded());
            _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(halves));
        }
    }
    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u32) {
        // SAFETY: the caller's promise.
        unsafe {
            let bits = _mm512_castps_si512(_mm512_add_ps(self.0, _mm512_set1_ps(ROUND)));
            _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(bits));
        }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Sixteen(_mm512_maskz_loadu_ps(first(count), from)) }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_mask_storeu_ps(to, first(count), self.0) }
    }
}

/// A mask of so many lanes, at most 16.
#[inline(always)]
fn first(count: usize) -> __mmask16 {
    ((1_u32 << count) - 1) as __mmask16
}

impl Sixteen {
    /// The nearest bf16, ties to even, in the upper half of each word; something in the lower.
    #[inline(always)]
    fn rounded(self) -> __m512i {
        // SAFETY: the invariant of Lanes.
        unsafe {
            let bits = _mm512_castps_si512(self.0);
            let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
            let round = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
            _mm512_add_epi32(bits, round)
        }
    }

    /// Writes words of two bf16, of `low` and of `high`.
    ///
    /// # Safety
    /// `to` is good for 16 writes.
    #[inline(always)]
    pub(in crate::kernel) unsafe fn store_pairs(low: Self, high: Self, to: *mut u32) {
        // SAFETY: the caller's promise, and the invariant of Lanes.
        unsafe {
            let mask = _mm512_set1_epi32(0xffff_0000_u32 as i32);
            let high = _mm512_and_si512(high.rounded(), mask);
            let words = _mm512_or_si512(_mm512_srli_epi32::<16>(low.rounded()), high);
            _mm512_storeu_si512(to.cast(), words);
        }
    }
}

/// See [`Lanes::in_step`].
///
/// # Safety
/// The processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn in_step_512(mut vector: __m512) -> __m512 {
    // SAFETY: there is no instruction.
    unsafe { asm!("/* {} */", inout(zmm_reg) vector, options(nomem, nostack, preserves_flags)) }
    vector
}
