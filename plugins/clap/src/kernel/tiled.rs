// SPDX-License-Identifier: MPL-2.0
//! Rows times packed weights by matrix tiles.
#![allow(unsafe_code)]
use super::amx::{AHEAD, BLOCK, Block, SIDE, Tiles, Words};
use super::leave::Sums;
use super::multiply::Multiply;
use super::product::{Bytes, Half, Product};
use super::x86::Sixteen;

/// # Safety
/// The processor has tiles and what `Sixteen` needs; rows and weights are bf16.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) unsafe fn multiply_half(task: Multiply<'_>) {
    // SAFETY: the caller's promise.
    unsafe { multiply::<Half>(task, Words::Halves) }
}

/// # Safety
/// The processor has tiles and what `Sixteen` needs; rows and weights are bytes.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) unsafe fn multiply_bytes(task: Multiply<'_>) {
    // SAFETY: the caller's promise.
    unsafe { multiply::<Bytes>(task, Words::Bytes) }
}

/// # Safety
/// The processor has tiles and what `Sixteen` needs; rows and weights are `words`, which `P` is for.
#[inline(always)]
unsafe fn multiply<P: Product<Sixteen>>(mut task: Multiply<'_>, words: Words) {
    let length = BLOCK * task.weights.depth();
    let lefts = task.left.words().chunks_exact(length);
    let mut tiles = Tiles::new();
    let mut block = Block([[0; BLOCK]; BLOCK]);
    for (first, _) in task.weights.panels() {
        let right = &task.weights.words()[first / BLOCK * length..][..length];
        let starts = task.weights.starts().get(first..).unwrap_or_default();
        // The next panel, a part of it for each block of this one.
        let mut ahead = right.as_ptr_range().end;
        for (row, left) in (0..task.rows).step_by(BLOCK).zip(lefts.clone()) {
            tiles.multiply(words, left, right, starts, ahead, &mut block);
            ahead = ahead.wrapping_add(task.weights.depth() / SIDE * AHEAD);
            let sums = Sums {
                bits: block.0.as_flattened_mut(),
                stride: BLOCK,
                row,
                rows: BLOCK.min(task.rows - row),
                first,
                scales: task.left.scales(),
            };
            // SAFETY: the caller's promise.
            unsafe { sums.leave::<Sixteen, P>(task.weights, &mut task.target) }
        }
    }
}
