// SPDX-License-Identifier: MPL-2.0
//! Four lanes in AVX2 with FMA, eight in AVX-512.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use std::arch::x86_64::*;

/// Four lanes, for processors with AVX2 and FMA.
#[derive(Clone, Copy)]
pub(super) struct Four(__m256d);

/// Eight lanes, for processors with AVX-512 F, DQ and VL.
#[derive(Clone, Copy)]
pub(super) struct Eight(__m512d);

/// Two f32 as f64. Read as one f64, since valgrind 3.19 does not know every form of an integer
/// move.
#[inline(always)]
unsafe fn pair_f32(from: *const f32) -> __m128d {
    // SAFETY: the caller's promise; SSE2 is part of x86-64.
    unsafe { _mm_cvtps_pd(_mm_castpd_ps(_mm_load_sd(from.cast()))) }
}

/// # Safety
/// `to` is good for two writes.
#[inline(always)]
unsafe fn leave_pair_f32(value: __m128d, to: *mut f32) {
    // SAFETY: the caller's promise; SSE2 is part of x86-64.
    unsafe { _mm_store_sd(to.cast(), _mm_castps_pd(_mm_cvtpd_ps(value))) }
}

/// The upper one of two.
#[inline(always)]
fn upper(value: __m128d) -> f64 {
    // SAFETY: SSE2 is part of x86-64.
    unsafe { _mm_cvtsd_f64(_mm_unpackhi_pd(value, value)) }
}

impl Lanes for Four {
    const W: usize = 4;
    type Mask = __m256d;

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Four(_mm256_loadu_pd(from)) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_pd(to, self.0) }
    }
    #[inline(always)]
    unsafe fn frame_f32<const C: usize>(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Four(match C {
                1 => _mm256_castpd128_pd256(_mm_set_sd(f64::from(*from))),
                2 => _mm256_castpd128_pd256(pair_f32(from)),
                _ => _mm256_cvtps_pd(_mm_loadu_ps(from)),
            })
        }
    }
    #[inline(always)]
    unsafe fn frame_f64<const C: usize>(from: *const f64) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Four(match C {
                1 => _mm256_castpd128_pd256(_mm_load_sd(from)),
                2 => _mm256_castpd128_pd256(_mm_loadu_pd(from)),
                _ => _mm256_loadu_pd(from),
            })
        }
    }
    #[inline(always)]
    unsafe fn leave_f32<const C: usize>(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe {
            match C {
                1 => *to = upper(_mm256_extractf128_pd::<1>(self.0)) as f32,
                2 => leave_pair_f32(_mm256_extractf128_pd::<1>(self.0), to),
                _ => _mm_storeu_ps(to, _mm256_cvtpd_ps(self.0)),
            }
        }
    }
    #[inline(always)]
    unsafe fn leave_f64<const C: usize>(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe {
            match C {
                1 => _mm_storeh_pd(to, _mm256_extractf128_pd::<1>(self.0)),
                2 => _mm_storeu_pd(to, _mm256_extractf128_pd::<1>(self.0)),
                _ => _mm256_storeu_pd(to, self.0),
            }
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        unsafe { Four(_mm256_add_pd(self.0, other.0)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Four(_mm256_mul_pd(self.0, other.0)) }
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Four(_mm256_fmadd_pd(a.0, b.0, self.0)) }
    }
    #[inline(always)]
    fn minus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Four(_mm256_fnmadd_pd(a.0, b.0, self.0)) }
    }
    #[inline(always)]
    fn shift<const C: usize>(self, below: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            let middle = _mm256_permute2f128_pd::<0x21>(below.0, self.0);
            match C {
                1 => Four(_mm256_shuffle_pd::<0b0101>(middle, self.0)),
                2 => Four(middle),
                _ => below,
            }
        }
    }
    #[inline(always)]
    fn enter<const C: usize>(self, frame: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            match C {
                1 => {
                    let up = _mm256_permute4x64_pd::<0b10_01_00_00>(self.0);
                    Four(_mm256_blend_pd::<0b0001>(up, frame.0))
                }
                2 => Four(_mm256_insertf128_pd::<1>(
                    frame.0,
                    _mm256_castpd256_pd128(self.0),
                )),
                _ => frame,
            }
        }
    }
    #[inline(always)]
    fn equal(self, number: f64) -> __m256d {
        // SAFETY: as above.
        unsafe { _mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, _mm256_set1_pd(number)) }
    }
    #[inline(always)]
    fn select(self, mask: __m256d, yes: Self) -> Self {
        // SAFETY: as above.
        unsafe { Four(_mm256_blendv_pd(self.0, yes.0, mask)) }
    }
}

impl Lanes for Eight {
    const W: usize = 8;
    type Mask = __mmask8;

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Eight(_mm512_loadu_pd(from)) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_pd(to, self.0) }
    }
    #[inline(always)]
    unsafe fn frame_f32<const C: usize>(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Eight(match C {
                1 => _mm512_castpd128_pd512(_mm_set_sd(f64::from(*from))),
                2 => _mm512_castpd128_pd512(pair_f32(from)),
                4 => _mm512_castpd256_pd512(_mm256_cvtps_pd(_mm_loadu_ps(from))),
                _ => _mm512_cvtps_pd(_mm256_loadu_ps(from)),
            })
        }
    }
    #[inline(always)]
    unsafe fn frame_f64<const C: usize>(from: *const f64) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Eight(match C {
                1 => _mm512_castpd128_pd512(_mm_load_sd(from)),
                2 => _mm512_castpd128_pd512(_mm_loadu_pd(from)),
                4 => _mm512_castpd256_pd512(_mm256_loadu_pd(from)),
                _ => _mm512_loadu_pd(from),
            })
        }
    }
    #[inline(always)]
    unsafe fn leave_f32<const C: usize>(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe {
            match C {
                1 => *to = upper(_mm512_extractf64x2_pd::<3>(self.0)) as f32,
                2 => leave_pair_f32(_mm512_extractf64x2_pd::<3>(self.0), to),
                4 => _mm_storeu_ps(to, _mm256_cvtpd_ps(_mm512_extractf64x4_pd::<1>(self.0))),
                _ => _mm256_storeu_ps(to, _mm512_cvtpd_ps(self.0)),
            }
        }
    }
    #[inline(always)]
    unsafe fn leave_f64<const C: usize>(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe {
            match C {
                1 => _mm_storeh_pd(to, _mm512_extractf64x2_pd::<3>(self.0)),
                2 => _mm_storeu_pd(to, _mm512_extractf64x2_pd::<3>(self.0)),
                4 => _mm256_storeu_pd(to, _mm512_extractf64x4_pd::<1>(self.0)),
                _ => _mm512_storeu_pd(to, self.0),
            }
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the invariant of Lanes, here and below.
        unsafe { Eight(_mm512_add_pd(self.0, other.0)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm512_mul_pd(self.0, other.0)) }
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm512_fmadd_pd(a.0, b.0, self.0)) }
    }
    #[inline(always)]
    fn minus(self, a: Self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm512_fnmadd_pd(a.0, b.0, self.0)) }
    }
    #[inline(always)]
    fn shift<const C: usize>(self, below: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            let (high, low) = (_mm512_castpd_si512(self.0), _mm512_castpd_si512(below.0));
            Eight(_mm512_castsi512_pd(match C {
                1 => _mm512_alignr_epi64::<7>(high, low),
                2 => _mm512_alignr_epi64::<6>(high, low),
                4 => _mm512_alignr_epi64::<4>(high, low),
                _ => low,
            }))
        }
    }
    #[inline(always)]
    fn enter<const C: usize>(self, frame: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            let (old, new) = (_mm512_castpd_si512(self.0), _mm512_castpd_si512(frame.0));
            Eight(_mm512_castsi512_pd(match C {
                1 => _mm512_mask_alignr_epi64::<7>(new, 0b1111_1110, old, old),
                2 => _mm512_mask_alignr_epi64::<6>(new, 0b1111_1100, old, old),
                4 => _mm512_inserti64x4::<1>(new, _mm512_castsi512_si256(old)),
                _ => new,
            }))
        }
    }
    #[inline(always)]
    fn equal(self, number: f64) -> __mmask8 {
        // SAFETY: as above.
        unsafe { _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, _mm512_set1_pd(number)) }
    }
    #[inline(always)]
    fn select(self, mask: __mmask8, yes: Self) -> Self {
        // SAFETY: as above.
        unsafe { Eight(_mm512_mask_blend_pd(mask, self.0, yes.0)) }
    }
}
