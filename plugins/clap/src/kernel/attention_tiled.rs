// SPDX-License-Identifier: MPL-2.0
//! Attention by matrix tiles: queries, keys, values and weights are rounded to bf16, scores are not.
#![allow(unsafe_code)]
use super::Buffer;
use super::amx::{BLOCK, Block, STEP, Tiles, Words};
use super::attention::{Attend, TOKENS, WIDEST_HEAD};
use super::lanes::Lanes;
use super::math::exp;
use super::packed::Layout;
use super::x86::Sixteen;

const W: usize = Sixteen::W;
/// Vectors of a token's scores.
const VECTORS: usize = TOKENS / W;
/// Words of a token's weights, and of a column of values.
const DEPTH: usize = TOKENS / 2;

/// Room for one head. Words are pairs of bf16.
pub(super) struct Scratch {
    /// Queries, in blocks of tokens.
    queries: Buffer<u32>,
    /// Keys, row by row,
    rows: Buffer<u32>,
    /// and in blocks whose columns are tokens.
    keys: Buffer<u32>,
    /// Values, in blocks whose columns are numbers of a token, and whose words two tokens.
    values: Buffer<u32>,
    /// Weights of a block of tokens that look,
    weights: Buffer<u32>,
    /// and what makes their sums one.
    factors: [f32; BLOCK],
    /// Scores of those tokens, of their looks at the first and at the second half of all.
    scores: [Block; 2],
    /// What the head gives for them.
    out: Block,
}

impl Scratch {
    pub fn new() -> Scratch {
        const ZERO: Block = Block([[0; BLOCK]; BLOCK]);
        let numbers = TOKENS * WIDEST_HEAD;
        Scratch {
            queries: Buffer::new(numbers / 2),
            rows: Buffer::new(numbers / 2),
            keys: Buffer::new(numbers / 2),
            values: Buffer::new(numbers / 2),
            weights: Buffer::new(BLOCK * DEPTH),
            factors: [0.0; BLOCK],
            scores: [ZERO; 2],
            out: ZERO,
        }
    }
}

/// # Safety
/// The processor has tiles and what `Sixteen` needs.
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) unsafe fn attend(task: Attend<'_>) {
    let (width, size) = (task.width, task.head);
    let layout = Layout::new(size.div_ceil(2), true);
    let length = BLOCK * layout.depth();
    let scratch = &mut task.scratch.tiles;
    // Another model's heads may have been wider: what is behind these has to be zero.
    scratch.queries.fill(0);
    scratch.keys.fill(0);
    let mut tiles = Tiles::new();
    for head in 0..task.bias.heads() {
        let at = head * size;
        let [queries, keys, values] = [0, 1, 2].map(|part| &task.rows[part * width + at..]);
        let biases = [Some(task.bias.head(head)), task.bias.window(task.window)];
        // SAFETY: the caller's promise. There are 64 tokens, 3 · `width` apart, with `size` numbers
        // of each kind.
        unsafe {
            scratch.take_queries(queries, 3 * width, size, layout);
            scratch.take_keys(keys, 3 * width, size, length);
            scratch.take_values(values, 3 * width, size);
        }
        for block in 0..TOKENS / BLOCK {
            let queries = &scratch.queries[block * length..][..length];
            let keys = scratch.keys.chunks_exact(length);
            for (keys, scores) in keys.zip(&mut scratch.scores) {
                tiles.multiply(Words::Halves, queries, keys, &[], keys.as_ptr(), scores);
            }
            // SAFETY: the caller's promise; biases have a row of 64 numbers for each token.
            unsafe { scratch.soften(biases, block * BLOCK) }
            let values = scratch.values.chunks_exact(BLOCK * DEPTH);
            for (first, values) in (0..size).step_by(BLOCK).zip(values) {
                let (weights, out) = (&scratch.weights, &mut scratch.out);
                tiles.multiply(Words::Halves, weights, values, &[], values.as_ptr(), out);
                let rows = task.out[block * BLOCK * width..].chunks_exact_mut(width);
                for ((to, from), factor) in rows.zip(&scratch.out.0).zip(scratch.factors) {
                    let to = &mut to[at + first..at + size.min(first + BLOCK)];
                    // SAFETY: the caller's promise; `to` is no longer than a row of the block.
                    unsafe { scale(from, factor, to) }
                }
            }
        }
    }
}

impl Scratch {
    /// # Safety
    /// The processor has what `Sixteen` needs; there are 64 rows of `size` numbers, `stride` apart.
    #[inline(always)]
    unsafe fn take_queries(&mut self, from: &[f32], stride: usize, size: usize, layout: Layout) {
        for token in 0..TOKENS {
            let row = &from[token * stride..][..size];
            for at in (0..size).step_by(W) {
                let to = &mut self.queries[layout.place(token, at / 2)..][..W / 2];
                // SAFETY: the caller's promise.
                unsafe { part(row, at).store_halves(to.as_mut_ptr()) }
            }
        }
    }

    /// # Safety
    /// As for `take_queries`; a block has `length` words.
    #[inline(always)]
    unsafe fn take_keys(&mut self, from: &[f32], stride: usize, size: usize, length: usize) {
        const ROW: usize = WIDEST_HEAD / 2;
        for (token, to) in self.rows.chunks_exact_mut(ROW).enumerate() {
            let row = &from[token * stride..][..size];
            for at in (0..size).step_by(W) {
                let to = &mut to[at / 2..][..W / 2];
                // SAFETY: the caller's promise.
                unsafe { part(row, at).store_halves(to.as_mut_ptr()) }
            }
        }
        for word in 0..size.div_ceil(2) {
            for first in (0..TOKENS).step_by(W) {
                let from = &self.rows[first * ROW + word..][..(W - 1) * ROW + 1];
                let to = first / BLOCK * length + word * BLOCK + first % BLOCK;
                let to = &mut self.keys[to..][..W];
                // SAFETY: the caller's promise. Words are moved as they are.
                unsafe {
                    let column = Sixteen::load_apart(from.as_ptr().cast(), ROW);
                    column.store(to.as_mut_ptr().cast());
                }
            }
        }
    }

    /// # Safety
    /// As for `take_queries`.
    #[inline(always)]
    unsafe fn take_values(&mut self, from: &[f32], stride: usize, size: usize) {
        for pair in 0..DEPTH {
            let [even, odd] = [0, 1].map(|i| &from[(2 * pair + i) * stride..][..size]);
            for at in (0..size).step_by(W) {
                let to = at / BLOCK * BLOCK * DEPTH + pair * BLOCK + at % BLOCK;
                let to = &mut self.values[to..][..W];
                // SAFETY: the caller's promise.
                unsafe { Sixteen::store_pairs(part(even, at), part(odd, at), to.as_mut_ptr()) }
            }
        }
    }

    /// Scores of the tokens from `first` on, with biases, to weights.
    ///
    /// # Safety
    /// The processor has what `Sixteen` needs; biases have a row of 64 numbers for each token.
    #[inline(always)]
    unsafe fn soften(&mut self, biases: [Option<&[f32]>; 2], first: usize) {
        for (row, factor) in self.factors.iter_mut().enumerate() {
            let biases = biases.map(|bias| bias.map(|bias| &bias[(first + row) * TOKENS..]));
            // SAFETY: the caller's promise.
            unsafe {
                let mut scores = [Sixteen::splat(0.0); VECTORS];
                for (vector, score) in scores.iter_mut().enumerate() {
                    let at = vector * W;
                    let from = &self.scores[at / BLOCK].0[row][at % BLOCK..][..W];
                    *score = Sixteen::load(from.as_ptr().cast());
                    for bias in biases.iter().flatten() {
                        *score = score.add(Sixteen::load(bias[at..][..W].as_ptr()));
                    }
                }
                let [a, b, c, d] = scores;
                let largest = Sixteen::splat(a.max(b).max(c.max(d)).largest());
                let scores = exp(scores.map(|score| score.sub(largest)));
                for (vector, score) in scores.iter().enumerate() {
                    let word = vector * W / 2;
                    let to = word / W * STEP + row * W + word % W;
                    score.store_halves(self.weights[to..][..W / 2].as_mut_ptr());
                }
                let [a, b, c, d] = scores;
                *factor = 1.0 / a.add(b).add(c.add(d)).sum();
            }
        }
    }
}

/// The vector that begins at `at`; zeros behind the end.
///
/// # Safety
/// The processor has what `Sixteen` needs.
#[inline(always)]
unsafe fn part(row: &[f32], at: usize) -> Sixteen {
    let rest = &row[at..];
    // SAFETY: the caller's promise.
    unsafe { Sixteen::load_part(rest.as_ptr(), rest.len().min(W)) }
}

/// `to` = `from` · `factor`.
///
/// # Safety
/// The processor has what `Sixteen` needs; `to` is no longer than `from`.
#[inline(always)]
unsafe fn scale(from: &[u32; BLOCK], factor: f32, to: &mut [f32]) {
    for (from, to) in from.as_chunks::<W>().0.iter().zip(to.chunks_mut(W)) {
        // SAFETY: the caller's promise.
        unsafe {
            let numbers = Sixteen::load(from.as_ptr().cast()).mul(Sixteen::splat(factor));
            numbers.store_part(to.as_mut_ptr(), to.len());
        }
    }
}
