// SPDX-License-Identifier: MPL-2.0
//! Eight lanes in AVX2 with FMA, sixteen in AVX-512.
#![allow(unsafe_code)]
use super::lanes::{Lanes, Registers};
use std::arch::x86_64::*;

/// Eight lanes, for processors with AVX2 and FMA.
#[derive(Clone, Copy)]
pub(super) struct Eight(__m256);

/// Sixteen lanes, for processors with AVX-512 F and DQ.
#[derive(Clone, Copy)]
pub(super) struct Sixteen(__m512);

impl Lanes for Eight {
    type Real = f32;
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
    fn minus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        Eight(unsafe { _mm256_fnmadd_ps(a.0, b.0, self.0) })
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

impl Registers for Eight {
    #[inline(always)]
    unsafe fn load_samples(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::load(from) }
    }
    #[inline(always)]
    unsafe fn load_sample_pairs(from: *const f32) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe { Self::load_pairs(from) }
    }
    #[inline(always)]
    unsafe fn store_single(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.store(to) }
    }
    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        // SAFETY: the invariant.
        unsafe {
            // Two rows, then four, then both halves.
            for i in 0..4 {
                let (a, b) = (rows[2 * i].0, rows[2 * i + 1].0);
                rows[2 * i].0 = _mm256_unpacklo_ps(a, b);
                rows[2 * i + 1].0 = _mm256_unpackhi_ps(a, b);
            }
            for half in [0, 4] {
                let [a, b, c, d] = [0, 1, 2, 3].map(|i| rows[half + i].0);
                rows[half].0 = _mm256_shuffle_ps::<0b01_00_01_00>(a, c);
                rows[half + 1].0 = _mm256_shuffle_ps::<0b11_10_11_10>(a, c);
                rows[half + 2].0 = _mm256_shuffle_ps::<0b01_00_01_00>(b, d);
                rows[half + 3].0 = _mm256_shuffle_ps::<0b11_10_11_10>(b, d);
            }
            for i in 0..4 {
                let (a, b) = (rows[i].0, rows[i + 4].0);
                rows[i].0 = _mm256_permute2f128_ps::<0x20>(a, b);
                rows[i + 4].0 = _mm256_permute2f128_ps::<0x31>(a, b);
            }
        }
    }
}

impl Lanes for Sixteen {
    type Real = f32;
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
    fn minus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        Sixteen(unsafe { _mm512_fnmadd_ps(a.0, b.0, self.0) })
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

impl Registers for Sixteen {
    #[inline(always)]
    unsafe fn load_samples(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::load(from) }
    }
    #[inline(always)]
    unsafe fn load_sample_pairs(from: *const f32) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe { Self::load_pairs(from) }
    }
    #[inline(always)]
    unsafe fn store_single(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.store(to) }
    }
    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        // SAFETY: the invariant.
        unsafe {
            // Two rows, then four, then quarters of four of them twice.
            for i in 0..8 {
                let (a, b) = (rows[2 * i].0, rows[2 * i + 1].0);
                rows[2 * i].0 = _mm512_unpacklo_ps(a, b);
                rows[2 * i + 1].0 = _mm512_unpackhi_ps(a, b);
            }
            for four in [0, 4, 8, 12] {
                let [a, b, c, d] = [0, 1, 2, 3].map(|i| rows[four + i].0);
                rows[four].0 = _mm512_shuffle_ps::<0b01_00_01_00>(a, c);
                rows[four + 1].0 = _mm512_shuffle_ps::<0b11_10_11_10>(a, c);
                rows[four + 2].0 = _mm512_shuffle_ps::<0b01_00_01_00>(b, d);
                rows[four + 3].0 = _mm512_shuffle_ps::<0b11_10_11_10>(b, d);
            }
            for i in 0..4 {
                let [a, b, c, d] = [0, 4, 8, 12].map(|four| rows[four + i].0);
                let ab = _mm512_shuffle_f32x4::<0b10_00_10_00>(a, b);
                let ba = _mm512_shuffle_f32x4::<0b11_01_11_01>(a, b);
                let cd = _mm512_shuffle_f32x4::<0b10_00_10_00>(c, d);
                let dc = _mm512_shuffle_f32x4::<0b11_01_11_01>(c, d);
                rows[i].0 = _mm512_shuffle_f32x4::<0b10_00_10_00>(ab, cd);
                rows[i + 4].0 = _mm512_shuffle_f32x4::<0b10_00_10_00>(ba, dc);
                rows[i + 8].0 = _mm512_shuffle_f32x4::<0b11_01_11_01>(ab, cd);
                rows[i + 12].0 = _mm512_shuffle_f32x4::<0b11_01_11_01>(ba, dc);
            }
        }
    }
}
