// SPDX-License-Identifier: MPL-2.0
//! Attention among the 64 tokens of a window.
#![allow(unsafe_code)]
use super::bias::{Bias, Window};
use super::lanes::Lanes;
use super::math::{ABREAST, exp};
use super::product::{Columns, Single};
use super::tile::{Factors, tile};
use super::{Buffer, Isa, Kernel};

/// Tokens of a window on each side,
pub(crate) const SIDE: usize = 8;
/// and in all.
pub(crate) const TOKENS: usize = SIDE * SIDE;
/// Numbers of a head at most.
pub(crate) const WIDEST_HEAD: usize = 64;

pub(super) const PAIRS: usize = TOKENS * TOKENS;
/// Room for one head.
pub(crate) struct Scratch {
    /// Queries, a column per token.
    queries: Buffer<f32>,
    /// Values, rows padded to whole vectors.
    values: Buffer<f32>,
    /// Scores, a column for each token that looks; then weights, up to a factor.
    scores: Buffer<f32>,
    /// That factor.
    factors: Buffer<f32>,
    /// What the head gives, rows padded likewise.
    out: Buffer<f32>,
    /// For the same by tiles.
    #[cfg(all(target_arch = "x86_64", target_os = "linux", not(auris_portable)))]
    pub(super) tiles: super::attention_tiled::Scratch,
}

impl Scratch {
    pub fn new() -> Scratch {
        Scratch {
            queries: Buffer::new(WIDEST_HEAD * TOKENS),
            values: Buffer::new(TOKENS * WIDEST_HEAD),
            scores: Buffer::new(PAIRS),
            factors: Buffer::new(TOKENS),
            out: Buffer::new(TOKENS * WIDEST_HEAD),
            #[cfg(all(target_arch = "x86_64", target_os = "linux", not(auris_portable)))]
            tiles: super::attention_tiled::Scratch::new(),
        }
    }
}

/// Attention in one window. `rows` has, for each token, queries (scaled), keys and values of all
/// heads; `out` gets what the heads give, side by side.
pub(crate) fn attend(
    isa: Isa,
    rows: &[f32],
    window: Window,
    bias: &Bias,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let width = out.len() / TOKENS;
    let head = width / bias.heads();
    assert!(rows.len() == 3 * out.len() && width == head * bias.heads() && head <= WIDEST_HEAD);
    let task = Attend {
        rows,
        width,
        head,
        window,
        bias,
        scratch,
        out,
    };
    isa.attend(task);
}

/// A call of [`attend`] whose lengths were checked.
pub(super) struct Attend<'a> {
    pub rows: &'a [f32],
    /// Of a token in `out`.
    pub width: usize,
    /// Width of a head.
    pub head: usize,
    pub window: Window,
    pub bias: &'a Bias,
    pub scratch: &'a mut Scratch,
    pub out: &'a mut [f32],
}

impl Kernel for Attend<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(mut self) {
        for head in 0..self.bias.heads() {
            // SAFETY: the caller's promise.
            unsafe { self.one_head::<V>(head) }
        }
    }
}

impl Attend<'_> {
    /// # Safety
    /// The processor has the instructions of `V`.
    #[inline(always)]
    unsafe fn one_head<V: Lanes>(&mut self, head: usize) {
        let (width, size) = (self.width, self.head);
        let (stride, padded) = (3 * width, size.next_multiple_of(V::W));
        let at = head * size;
        let (queries, keys) = (&self.rows[at..], &self.rows[width + at..]);
        let values = &self.rows[2 * width + at..];
        let Scratch {
            queries: columns,
            values: copy,
            scores,
            factors,
            out,
            ..
        } = &mut *self.scratch;
        // SAFETY: the caller's promise. There are 64 tokens, `stride` apart, with `size` numbers of
        // each kind; columns of queries and of scores have 64, rows of values and output `padded`,
        // which is at most the widest head, for that is a multiple of all W.
        unsafe {
            for (e, column) in columns.chunks_exact_mut(TOKENS).take(size).enumerate() {
                for first in (0..TOKENS).step_by(V::W) {
                    let from = queries.as_ptr().add(first * stride + e);
                    V::load_apart(from, stride).store(column.as_mut_ptr().add(first));
                }
            }
            for token in 0..TOKENS {
                let to = &mut copy[token * padded..][..size];
                each::<V>(&values[token * stride..][..size], V::splat(1.0), to);
            }
            let looks = Factors {
                left: keys.as_ptr().cast(),
                left_stride: stride,
                left_step: 1,
                right: columns.as_ptr().cast(),
                right_stride: TOKENS,
                depth: size,
                ahead: keys.as_ptr().cast(),
            };
            product::<V>(looks, TOKENS, scores.as_mut_ptr());
            let biases = [Some(self.bias.head(head)), self.bias.window(self.window)];
            soften::<V>(scores, biases, factors);
            let weights = Factors {
                left: scores.as_ptr().cast(),
                left_stride: 1,
                left_step: TOKENS,
                right: copy.as_ptr().cast(),
                right_stride: padded,
                depth: TOKENS,
                ahead: copy.as_ptr().cast(),
            };
            product::<V>(weights, padded, out.as_mut_ptr());
            let rows = self.out.chunks_exact_mut(width).zip(factors.iter());
            for ((to, &factor), from) in rows.zip(out.chunks_exact(padded)) {
                each::<V>(&from[..size], V::splat(factor), &mut to[at..at + size]);
            }
        }
    }
}

/// `to` = `from` · `factor`.
///
/// # Safety
/// The processor has the instructions of `V`; both slices have the same length.
#[inline(always)]
unsafe fn each<V: Lanes>(from: &[f32], factor: V, to: &mut [f32]) {
    let length = from.len();
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    // SAFETY: the caller's promise. The last vector may cover a part of the one before, where the
    // same is written again.
    unsafe {
        if length < V::W {
            let part = V::load_part(from, length).mul(factor);
            return part.store_part(to, length);
        }
        for at in (0..length).step_by(V::W) {
            let at = at.min(length - V::W);
            V::load(from.add(at)).mul(factor).store(to.add(at));
        }
    }
}

/// 64 rows times `columns` columns, a multiple of W, to `out`, whose rows are as wide.
///
/// # Safety
/// As for [`tile`].
#[inline(always)]
unsafe fn product<V: Lanes>(factors: Factors, columns: usize, out: *mut f32) {
    const NONE: Columns<'static> = Columns {
        scales: &[],
        starts: &[],
    };
    let mut column = 0;
    while column < columns {
        let pair = columns - column >= 2 * V::W;
        for row in (0..TOKENS).step_by(V::ROWS) {
            // SAFETY: the caller's promise; 64 is a multiple of ROWS.
            unsafe {
                let factors = Factors {
                    left: factors.left.add(row * factors.left_stride),
                    right: factors.right.add(column),
                    ..factors
                };
                let out = out.add(row * columns + column);
                match (V::ROWS, pair) {
                    (8, true) => tile::<V, Single, 8, 2>(factors, NONE, out.cast(), columns),
                    (8, false) => tile::<V, Single, 8, 1>(factors, NONE, out.cast(), columns),
                    (_, true) => tile::<V, Single, 4, 2>(factors, NONE, out.cast(), columns),
                    (_, false) => tile::<V, Single, 4, 1>(factors, NONE, out.cast(), columns),
                }
            }
        }
        column += if pair { 2 * V::W } else { V::W };
    }
}

/// Vectors of a row of scores at most.
const MOST: usize = TOKENS / 4;

/// Adds the biases to scores and replaces them by their exponentials, up to a factor of each
/// column; with that in `factors`, they sum up to one.
///
/// # Safety
/// The processor has the instructions of `V`; `scores` and biases have 64 rows of 64 numbers.
#[inline(always)]
unsafe fn soften<V: Lanes>(scores: &mut [f32], biases: [Option<&[f32]>; 2], factors: &mut [f32]) {
    assert!(scores.len() == PAIRS && factors.len() == TOKENS);
    assert!(biases.iter().flatten().all(|bias| bias.len() == PAIRS));
    // SAFETY: the caller's promise; W divides 64, and is at least 4.
    unsafe {
        let mut largest = [V::splat(f32::MIN); MOST];
        for row in (0..PAIRS).step_by(TOKENS) {
            for (vector, largest) in largest[..TOKENS / V::W].iter_mut().enumerate() {
                let at = row + vector * V::W;
                let mut score = V::load(scores.as_ptr().add(at));
                for bias in biases.into_iter().flatten() {
                    score = score.add(V::load(bias.as_ptr().add(at)));
                }
                *largest = largest.max(score);
                score.store(scores.as_mut_ptr().add(at));
            }
        }
        let mut sums = [V::splat(0.0); MOST];
        for row in (0..PAIRS).step_by(TOKENS) {
            for first in (0..TOKENS / V::W).step_by(ABREAST) {
                let at = row + first * V::W;
                let mut weights = [V::splat(0.0); ABREAST];
                for (i, weight) in weights.iter_mut().enumerate() {
                    let score = V::load(scores.as_ptr().add(at + i * V::W));
                    *weight = score.sub(largest[first + i]);
                }
                for (i, weight) in exp(weights).into_iter().enumerate() {
                    sums[first + i] = sums[first + i].add(weight);
                    weight.store(scores.as_mut_ptr().add(at + i * V::W));
                }
            }
        }
        for (vector, sum) in sums[..TOKENS / V::W].iter().enumerate() {
            let factor = V::splat(1.0).div(*sum);
            factor.store(factors.as_mut_ptr().add(vector * V::W));
        }
    }
}
