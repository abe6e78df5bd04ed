// SPDX-License-Identifier: MPL-2.0
//! Eight lanes in AVX2 with FMA.
#![allow(unsafe_code)]
use crate::kernel::lanes::Lanes;
use crate::kernel::quantise::ROUND;
use std::arch::asm;
use std::arch::x86_64::*;

/// Eight lanes, for processors with AVX2 and FMA.
#[derive(Clone, Copy)]
pub(crate) struct Eight(__m256);

impl Lanes for Eight {
    const W: usize = 8;
    const ROWS: usize = 4;
    type Words = __m256i;

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the caller's promise, here and below.
        unsafe { Eight(_mm256_set1_ps(number)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_loadu_ps(from)) }
    }
    #[inline(always)]
    unsafe fn load_apart(from: *const f32, stride: usize) -> Self {
        // SAFETY: as above.
        unsafe {
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let places = _mm256_mullo_epi32(lanes, _mm256_set1_epi32(stride as i32));
            Eight(_mm256_i32gather_ps::<4>(from, places))
        }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        unsafe { Eight(_mm256_add_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_sub_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_mul_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_div_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_max_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_min_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)) }
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_fmadd_ps(a.0, b.0, self.0)) }
    }
    #[inline(always)]
    fn in_step(self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(in_step_256(self.0)) }
    }
    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: as above.
        unsafe {
            Eight(_mm256_round_ps::<
                { _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC },
            >(self.0))
        }
    }
    #[inline(always)]
    fn scale(self, power: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(power.0), _mm256_set1_epi32(127));
            let factor = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent));
            Eight(_mm256_mul_ps(self.0, factor))
        }
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: as above.
        unsafe {
            let four = _mm_add_ps(
                _mm256_castps256_ps128(self.0),
                _mm256_extractf128_ps::<1>(self.0),
            );
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        // SAFETY: as above.
        unsafe {
            let four = _mm_max_ps(
                _mm256_castps256_ps128(self.0),
                _mm256_extractf128_ps::<1>(self.0),
            );
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        }
    }
    #[inline(always)]
    unsafe fn splat_word(word: u32) -> __m256i {
        // SAFETY: the caller's promise, here and below.
        unsafe { _mm256_set1_epi32(word as i32) }
    }
    #[inline(always)]
    unsafe fn load_words(from: *const u32) -> __m256i {
        // SAFETY: as above.
        unsafe { _mm256_loadu_si256(from.cast()) }
    }
    #[inline(always)]
    unsafe fn store_words(words: __m256i, to: *mut u32) {
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(to.cast(), words) }
    }
    #[inline(always)]
    fn fetch(line: *const u32) {
        // SAFETY: it reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.cast()) }
    }
    #[inline(always)]
    fn floats(words: __m256i) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        unsafe { Eight(_mm256_castsi256_ps(words)) }
    }
    #[inline(always)]
    fn low_halves(words: __m256i) -> Self {
        // SAFETY: as above.
        unsafe { Self::floats(_mm256_slli_epi32::<16>(words)) }
    }
    #[inline(always)]
    fn high_halves(words: __m256i) -> Self {
        // SAFETY: as above.
        unsafe {
            let mask = _mm256_set1_epi32(0xffff_0000_u32 as i32);
            Self::floats(_mm256_and_si256(words, mask))
        }
    }
    #[inline(always)]
    fn dot_bytes(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        // As i16, even and odd bytes apart: MADDUBS would saturate.
        // SAFETY: as above.
        unsafe {
            let even_a = _mm256_and_si256(a, _mm256_set1_epi16(0xff));
            let odd_a = _mm256_srli_epi16::<8>(a);
            let even_b = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(b));
            let odd_b = _mm256_srai_epi16::<8>(b);
            let even = _mm256_madd_epi16(even_a, even_b);
            let odd = _mm256_madd_epi16(odd_a, odd_b);
            _mm256_add_epi32(sum, _mm256_add_epi32(even, odd))
        }
    }
    #[inline(always)]
    fn numbers(words: __m256i) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm256_cvtepi32_ps(words)) }
    }
    #[inline(always)]
    unsafe fn store_halves(self, to: *mut u32) {
        // SAFETY: the caller's promise.
        unsafe {
            let bits = _mm256_castps_si256(self.0);
            let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
            let round = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
            let halves = _mm256_srli_epi32::<16>(_mm256_add_epi32(bits, round));
            let (low, high) = parts(halves);
            _mm_storeu_si128(to.cast(), _mm_packus_epi32(low, high));
        }
    }
    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u32) {
        // SAFETY: the caller's promise.
        unsafe {
            let bits = _mm256_castps_si256(_mm256_add_ps(self.0, _mm256_set1_ps(ROUND)));
            let (low, high) = parts(_mm256_and_si256(bits, _mm256_set1_epi32(0xff)));
            let eight = _mm_packus_epi32(low, high);
            _mm_storel_epi64(to.cast(), _mm_packus_epi16(eight, eight));
        }
    }
}

/// The lower and the upper four words.
#[inline(always)]
fn parts(words: __m256i) -> (__m128i, __m128i) {
    // SAFETY: who has such a vector has the instructions.
    unsafe {
        let low = _mm256_castsi256_si128(words);
        (low, _mm256_extracti128_si256::<1>(words))
    }
}

/// See [`Lanes::in_step`].
///
/// # Safety
/// The processor has AVX.
#[target_feature(enable = "avx")]
#[inline]
unsafe fn in_step_256(mut vector: __m256) -> __m256 {
    // SAFETY: there is no instruction.
    unsafe { asm!("/* {} */", inout(ymm_reg) vector, options(nomem, nostack, preserves_flags)) }
    vector
}
