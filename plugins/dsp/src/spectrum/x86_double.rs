// SPDX-License-Identifier: MPL-2.0
//! Vectors of f64: four lanes in AVX2 with FMA, eight in AVX-512.
#![allow(unsafe_code)]
use super::lanes::{Lanes, Registers};
use std::arch::x86_64::*;

/// Four lanes, for processors with AVX2 and FMA.
#[derive(Clone, Copy)]
pub(super) struct FourDouble(__m256d);

/// Eight lanes, for processors with AVX-512 F and DQ.
#[derive(Clone, Copy)]
pub(super) struct EightDouble(__m512d);

impl Lanes for FourDouble {
    type Real = f64;
    const W: usize = 4;

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller's promise.
        FourDouble(unsafe { _mm256_loadu_pd(from) })
    }
    #[inline(always)]
    unsafe fn splat(x: f64) -> Self {
        // SAFETY: the caller's promise.
        FourDouble(unsafe { _mm256_set1_pd(x) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_pd(to, self.0) }
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const f64) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe { apart(_mm256_loadu_pd(from), _mm256_loadu_pd(from.add(4))) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        FourDouble(unsafe { _mm256_add_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as above.
        FourDouble(unsafe { _mm256_sub_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        FourDouble(unsafe { _mm256_mul_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        FourDouble(unsafe { _mm256_fmadd_pd(a.0, b.0, self.0) })
    }
    #[inline(always)]
    fn minus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        FourDouble(unsafe { _mm256_fnmadd_pd(a.0, b.0, self.0) })
    }
    #[inline(always)]
    fn reverse(self) -> Self {
        // SAFETY: as above.
        FourDouble(unsafe { _mm256_permute4x64_pd::<0b00_01_10_11>(self.0) })
    }
    #[inline(always)]
    fn alternate(self) -> Self {
        // SAFETY: as above.
        FourDouble(unsafe { _mm256_xor_pd(self.0, _mm256_setr_pd(0.0, -0.0, 0.0, -0.0)) })
    }
}

impl Registers for FourDouble {
    #[inline(always)]
    unsafe fn load_samples(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        FourDouble(unsafe { _mm256_cvtps_pd(_mm_loadu_ps(from)) })
    }
    #[inline(always)]
    unsafe fn load_sample_pairs(from: *const f32) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe {
            let four = |from| _mm256_cvtps_pd(_mm_loadu_ps(from));
            apart(four(from), four(from.add(4)))
        }
    }
    #[inline(always)]
    unsafe fn store_single(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm_storeu_ps(to, _mm256_cvtpd_ps(self.0)) }
    }
    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        // SAFETY: as above.
        unsafe {
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| rows[i].0);
            let (ab, ba) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
            let (cd, dc) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
            rows[0].0 = _mm256_permute2f128_pd::<0x20>(ab, cd);
            rows[1].0 = _mm256_permute2f128_pd::<0x20>(ba, dc);
            rows[2].0 = _mm256_permute2f128_pd::<0x31>(ab, cd);
            rows[3].0 = _mm256_permute2f128_pd::<0x31>(ba, dc);
        }
    }
}

/// Lanes 0, 2, 4, 6 and 1, 3, 5, 7 of two vectors.
#[inline(always)]
fn apart(low: __m256d, high: __m256d) -> (FourDouble, FourDouble) {
    // SAFETY: who has such vectors has the instructions.
    unsafe {
        let (even, odd) = (_mm256_unpacklo_pd(low, high), _mm256_unpackhi_pd(low, high));
        let in_order = |x| FourDouble(_mm256_permute4x64_pd::<0b11_01_10_00>(x));
        (in_order(even), in_order(odd))
    }
}

impl Lanes for EightDouble {
    type Real = f64;
    const W: usize = 8;

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller's promise.
        EightDouble(unsafe { _mm512_loadu_pd(from) })
    }
    #[inline(always)]
    unsafe fn splat(x: f64) -> Self {
        // SAFETY: the caller's promise.
        EightDouble(unsafe { _mm512_set1_pd(x) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_pd(to, self.0) }
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const f64) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe { apart_wide(_mm512_loadu_pd(from), _mm512_loadu_pd(from.add(8))) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        EightDouble(unsafe { _mm512_add_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as above.
        EightDouble(unsafe { _mm512_sub_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        EightDouble(unsafe { _mm512_mul_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        EightDouble(unsafe { _mm512_fmadd_pd(a.0, b.0, self.0) })
    }
    #[inline(always)]
    fn minus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        EightDouble(unsafe { _mm512_fnmadd_pd(a.0, b.0, self.0) })
    }
    #[inline(always)]
    fn reverse(self) -> Self {
        // SAFETY: as above.
        EightDouble(unsafe {
            _mm512_permutexvar_pd(_mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7), self.0)
        })
    }
    #[inline(always)]
    fn alternate(self) -> Self {
        // SAFETY: as above.
        EightDouble(unsafe {
            let sign = _mm512_setr_pd(0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0);
            _mm512_xor_pd(self.0, sign)
        })
    }
}

impl Registers for EightDouble {
    #[inline(always)]
    unsafe fn load_samples(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        EightDouble(unsafe { _mm512_cvtps_pd(_mm256_loadu_ps(from)) })
    }
    #[inline(always)]
    unsafe fn load_sample_pairs(from: *const f32) -> (Self, Self) {
        // SAFETY: the caller's promise.
        unsafe {
            let eight = |from| _mm512_cvtps_pd(_mm256_loadu_ps(from));
            apart_wide(eight(from), eight(from.add(8)))
        }
    }
    #[inline(always)]
    unsafe fn store_single(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_ps(to, _mm512_cvtpd_ps(self.0)) }
    }
    #[inline(always)]
    fn transpose(rows: &mut [Self]) {
        // SAFETY: as above.
        unsafe {
            for i in 0..4 {
                let (a, b) = (rows[2 * i].0, rows[2 * i + 1].0);
                rows[2 * i].0 = _mm512_unpacklo_pd(a, b);
                rows[2 * i + 1].0 = _mm512_unpackhi_pd(a, b);
            }
            for i in 0..2 {
                let [a, b, c, d] = [0, 2, 4, 6].map(|two| rows[two + i].0);
                let ab = _mm512_shuffle_f64x2::<0b10_00_10_00>(a, b);
                let ba = _mm512_shuffle_f64x2::<0b11_01_11_01>(a, b);
                let cd = _mm512_shuffle_f64x2::<0b10_00_10_00>(c, d);
                let dc = _mm512_shuffle_f64x2::<0b11_01_11_01>(c, d);
                rows[i].0 = _mm512_shuffle_f64x2::<0b10_00_10_00>(ab, cd);
                rows[i + 2].0 = _mm512_shuffle_f64x2::<0b10_00_10_00>(ba, dc);
                rows[i + 4].0 = _mm512_shuffle_f64x2::<0b11_01_11_01>(ab, cd);
                rows[i + 6].0 = _mm512_shuffle_f64x2::<0b11_01_11_01>(ba, dc);
            }
        }
    }
}

/// Even lanes and odd ones of two vectors.
#[inline(always)]
fn apart_wide(low: __m512d, high: __m512d) -> (EightDouble, EightDouble) {
    // SAFETY: who has such vectors has the instructions.
    unsafe {
        let even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
        let odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
        (
            EightDouble(_mm512_permutex2var_pd(low, even, high)),
            EightDouble(_mm512_permutex2var_pd(low, odd, high)),
        )
    }
}
