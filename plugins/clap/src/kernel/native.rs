// SPDX-License-Identifier: MPL-2.0
//! Products by the instructions that bf16 and bytes have of their own.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::multiply::Multiply;
use super::product::{Bytes, Columns, Product};
use super::x86::Sixteen;
use std::arch::x86_64::*;
use std::mem::transmute;

/// Products of bf16 by AVX-512 BF16.
pub(super) struct NativeHalf;

impl Product<Sixteen> for NativeHalf {
    type Sum = __m512;
    type Left = __m512i;

    #[inline(always)]
    unsafe fn start(_: Columns<'_>, _: usize) -> __m512 {
        // SAFETY: the caller's promise, here and below.
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn left(word: u32) -> __m512i {
        // SAFETY: as above.
        unsafe { Sixteen::splat_word(word) }
    }
    #[inline(always)]
    unsafe fn step(sum: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: as above; the two types are the same 64 bytes.
        unsafe {
            let (left, right) = (
                transmute::<__m512i, __m512bh>(left),
                transmute::<__m512i, __m512bh>(right),
            );
            _mm512_dpbf16_ps(sum, left, right)
        }
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> __m512 {
        // SAFETY: as above.
        unsafe { _mm512_loadu_ps(from.cast()) }
    }
    #[inline(always)]
    unsafe fn store(sum: __m512, to: *mut u32) {
        // SAFETY: as above.
        unsafe { _mm512_storeu_ps(to.cast(), sum) }
    }
    #[inline(always)]
    unsafe fn finish(sum: __m512, _: f32, _: Columns<'_>, _: usize) -> Sixteen {
        Sixteen(sum)
    }
}

/// Products of bytes by AVX-512 VNNI.
pub(super) struct NativeBytes;

impl Product<Sixteen> for NativeBytes {
    type Sum = __m512i;
    type Left = __m512i;

    #[inline(always)]
    unsafe fn start(columns: Columns<'_>, first: usize) -> __m512i {
        // SAFETY: the caller's promise, here and below.
        unsafe { <Bytes as Product<Sixteen>>::start(columns, first) }
    }
    #[inline(always)]
    unsafe fn left(word: u32) -> __m512i {
        // SAFETY: as above.
        unsafe { Sixteen::splat_word(word) }
    }
    #[inline(always)]
    unsafe fn step(sum: __m512i, left: __m512i, right: __m512i) -> __m512i {
        // SAFETY: as above.
        unsafe { _mm512_dpbusd_epi32(sum, left, right) }
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> __m512i {
        // SAFETY: as above.
        unsafe { <Bytes as Product<Sixteen>>::load(from) }
    }
    #[inline(always)]
    unsafe fn store(sum: __m512i, to: *mut u32) {
        // SAFETY: as above.
        unsafe { <Bytes as Product<Sixteen>>::store(sum, to) }
    }
    #[inline(always)]
    unsafe fn finish(sum: __m512i, scale: f32, columns: Columns<'_>, first: usize) -> Sixteen {
        // SAFETY: as above.
        unsafe { <Bytes as Product<Sixteen>>::finish(sum, scale, columns, first) }
    }
}

/// # Safety
/// The processor has AVX-512 BF16 and what `Sixteen` needs; rows and weights are bf16.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
pub(super) unsafe fn multiply_half(task: Multiply<'_>) {
    // SAFETY: the caller's promise.
    unsafe { task.with::<Sixteen, NativeHalf>() }
}

/// # Safety
/// The processor has AVX-512 VNNI and what `Sixteen` needs; rows and weights are bytes.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) unsafe fn multiply_bytes(task: Multiply<'_>) {
    // SAFETY: the caller's promise.
    unsafe { task.with::<Sixteen, NativeBytes>() }
}
