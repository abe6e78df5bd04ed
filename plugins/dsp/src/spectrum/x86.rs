// SPDX-License-Identifier: MPL-2.0
//! Eight lanes in AVX2 with FMA, sixteen in AVX-512.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use std::arch::x86_64::*;

/// Eight lanes, for processors with AVX2 and FMA.
#[derive(Clone, Copy)]
pub(super) struct Eight(__m256);

/// Sixteen lanes, for processors with AVX-512 F and DQ.
#[derive(Clone, Copy)]
pub(super) struct Sixteen(__m512);

impl Lanes for Eight {
    const W: usize = 8;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Eight(unsafe { _mm256_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: the caller's promise.
        Eight(unsafe { _mm256_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const f32) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe {
            let (low, high) = (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8)));
            let in_order = |x: __m256| {
                let x = _mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_castps_pd(x));
                Eight(_mm256_castpd_ps(x))
            };
            (
                in_order(_mm256_shuffle_ps::<0b10_00_10_00>(low, high)),
                in_order(_mm256_shuffle_ps::<0b11_01_11_01>(low, high)),
            )
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        Eight(unsafe { _mm256_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as above.
        Eight(unsafe { _mm256_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        Eight(unsafe { _mm256_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        Eight(unsafe { _mm256_fmadd_ps(a.0, b.0, self.0) })
    }
    #[inline(always)]
    fn reverse(self) -> Self {
        // SAFETY: as above.
        Eight(unsafe {
            _mm256_permutevar8x32_ps(self.0, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0))
        })
    }
    #[inline(always)]
    fn alternate(self) -> Self {
        // SAFETY: as above.
        Eight(unsafe {
            _mm256_xor_ps(
                self.0,
                _mm256_setr_ps(0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0),
            )
        })
    }
}

impl Lanes for Sixteen {
    const W: usize = 16;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Sixteen(unsafe { _mm512_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: the caller's promise.
        Sixteen(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const f32) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe {
            let (low, high) = (_mm512_loadu_ps(from), _mm512_loadu_ps(from.add(16)));
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_or_si512(even, _mm512_set1_epi32(1));
            (
                Sixteen(_mm512_permutex2var_ps(low, even, high)),
                Sixteen(_mm512_permutex2var_ps(low, odd, high)),
            )
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        Sixteen(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as above.
        Sixteen(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        Sixteen(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        Sixteen(unsafe { _mm512_fmadd_ps(a.0, b.0, self.0) })
    }
    #[inline(always)]
    fn reverse(self) -> Self {
        // SAFETY: as above.
        Sixteen(unsafe {
            let order = _mm512_set_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            _mm512_permutexvar_ps(order, self.0)
        })
    }
    #[inline(always)]
    fn alternate(self) -> Self {
        // SAFETY: as above.
        Sixteen(unsafe { _mm512_xor_ps(self.0, _mm512_castsi512_ps(_mm512_set1_epi64(i64::MIN))) })
    }
}
