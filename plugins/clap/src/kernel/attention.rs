// SPDX-License-Identifier: MPL-2.0
//! Attention among the 64 tokens of a window.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::math::exp;
use super::product::{Columns, Single};
use super::tile::{Factors, tile};
use super::{Isa, Kernel};

/// Tokens of a window on each side,
pub(crate) const SIDE: usize = 8;
/// and in all.
pub(crate) const TOKENS: usize = SIDE * SIDE;
/// Numbers of a head at most.
pub(crate) const WIDEST_HEAD: usize = 64;

const PAIRS: usize = TOKENS * TOKENS;
/// Added where a token must not look: what the model was trained with.
const APART: f32 = -100.0;
/// Differences of position along one side.
const OFFSETS: usize = 2 * SIDE - 1;

/// Where a window lies. Shifted windows at the last row or column of windows hold tokens from both
/// ends of the image, which must not look at each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Tokens of its upper and lower half are apart.
    pub rows_apart: bool,
    /// Tokens of its left and right half are apart.
    pub columns_apart: bool,
}

impl Window {
    /// Whether token `i` may look at token `j`.
    fn apart(self, i: usize, j: usize) -> bool {
        let half = |token: usize| (token / SIDE >= SIDE / 2, token % SIDE >= SIDE / 2);
        let (a, b) = (half(i), half(j));
        self.rows_apart && a.0 != b.0 || self.columns_apart && a.1 != b.1
    }

    fn index(self) -> usize {
        usize::from(self.rows_apart) + 2 * usize::from(self.columns_apart)
    }
}

/// What is added to the scores of a block.
pub(crate) struct Bias {
    heads: usize,
    /// Per head, for each token, what its look at each token is worth.
    positions: Vec<f32>,
    /// The same for all heads, per kind of window that has something apart.
    apart: Vec<f32>,
}

impl Bias {
    /// Entries of a table per head.
    pub const TABLE: usize = OFFSETS * OFFSETS;

    /// `table` has a row for each difference of position, with a number for each head.
    pub fn new(table: &[f32], heads: usize, shifted: bool) -> Bias {
        assert_eq!(table.len(), Self::TABLE * heads);
        let mut positions = Vec::with_capacity(heads * PAIRS);
        for head in 0..heads {
            for (i, j) in (0..PAIRS).map(|pair| (pair / TOKENS, pair % TOKENS)) {
                let down = i / SIDE + SIDE - 1 - j / SIDE;
                let right = i % SIDE + SIDE - 1 - j % SIDE;
                positions.push(table[(down * OFFSETS + right) * heads + head]);
            }
        }
        let mut apart = Vec::new();
        for kind in 1..if shifted { 4 } else { 1 } {
            let window = Window {
                rows_apart: kind & 1 != 0,
                columns_apart: kind & 2 != 0,
            };
            let score = |pair| match window.apart(pair / TOKENS, pair % TOKENS) {
                true => APART,
                false => 0.0,
            };
            apart.extend((0..PAIRS).map(score));
        }
        Bias {
            heads,
            positions,
            apart,
        }
    }

    fn head(&self, head: usize) -> &[f32] {
        &self.positions[head * PAIRS..][..PAIRS]
    }

    fn window(&self, window: Window) -> Option<&[f32]> {
        let kind = window.index().checked_sub(1)?;
        self.apart.get(kind * PAIRS..(kind + 1) * PAIRS)
    }
}

/// Room for one head.
pub(crate) struct Scratch {
    /// Keys, a column per token.
    keys: super::Buffer<f32>,
    /// Values, rows padded to whole vectors.
    values: super::Buffer<f32>,
    /// Scores, a row for each token that looks.
    scores: super::Buffer<f32>,
    /// What the head gives, rows padded likewise.
    out: super::Buffer<f32>,
}

impl Scratch {
    pub fn new() -> Scratch {
        Scratch {
            keys: super::Buffer::new(WIDEST_HEAD * TOKENS),
            values: super::Buffer::new(TOKENS * WIDEST_HEAD),
            scores: super::Buffer::new(PAIRS),
            out: super::Buffer::new(TOKENS * WIDEST_HEAD),
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
    let head = width / bias.heads;
    assert!(rows.len() == 3 * out.len() && width == head * bias.heads && head <= WIDEST_HEAD);
    isa.run(Attend {
        rows,
        width,
        head,
        window,
        bias,
        scratch,
        out,
    });
}

struct Attend<'a> {
    rows: &'a [f32],
    /// Of a token in `out`.
    width: usize,
    /// Width of a head.
    head: usize,
    window: Window,
    bias: &'a Bias,
    scratch: &'a mut Scratch,
    out: &'a mut [f32],
}

impl Kernel for Attend<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(mut self) {
        for head in 0..self.bias.heads {
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
        let padded = size.next_multiple_of(V::W);
        let at = head * size;
        let token = |i: usize| &self.rows[i * 3 * width..][..3 * width];
        for i in 0..TOKENS {
            let row = token(i);
            for (e, &key) in row[width + at..][..size].iter().enumerate() {
                self.scratch.keys[e * TOKENS + i] = key;
            }
            let values = &mut self.scratch.values[i * padded..][..padded];
            values[..size].copy_from_slice(&row[2 * width + at..][..size]);
            values[size..].fill(0.0);
        }
        let queries = Factors {
            left: self.rows[at..].as_ptr().cast(),
            left_stride: 3 * width,
            right: self.scratch.keys.as_ptr().cast(),
            right_stride: TOKENS,
            depth: size,
        };
        // SAFETY: the caller's promise. There are 64 rows of queries, `size` of each; keys have as
        // many rows of 64, values 64 rows of `padded`; scores and output are as large as they are
        // told to be: `padded` is at most the widest head, for that is a multiple of all W.
        unsafe {
            product::<V>(queries, TOKENS, self.scratch.scores.as_mut_ptr());
            let apart = self.bias.window(self.window);
            let biases = self.bias.head(head).chunks_exact(TOKENS);
            let rows = self.scratch.scores.chunks_exact_mut(TOKENS);
            for (i, (row, bias)) in rows.zip(biases).enumerate() {
                let apart = apart.map(|apart| &apart[i * TOKENS..][..TOKENS]);
                soften::<V>(row, bias, apart);
            }
            let scores = Factors {
                left: self.scratch.scores.as_ptr().cast(),
                left_stride: TOKENS,
                right: self.scratch.values.as_ptr().cast(),
                right_stride: padded,
                depth: TOKENS,
            };
            product::<V>(scores, padded, self.scratch.out.as_mut_ptr());
        }
        let rows = self.out.chunks_exact_mut(width);
        for (to, from) in rows.zip(self.scratch.out.chunks_exact(padded)) {
            to[at..at + size].copy_from_slice(&from[..size]);
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
                    (8, true) => tile::<V, Single, 8, 2>(factors, &[], NONE, out, columns),
                    (8, false) => tile::<V, Single, 8, 1>(factors, &[], NONE, out, columns),
                    (_, true) => tile::<V, Single, 4, 2>(factors, &[], NONE, out, columns),
                    (_, false) => tile::<V, Single, 4, 1>(factors, &[], NONE, out, columns),
                }
            }
        }
        column += if pair { 2 * V::W } else { V::W };
    }
}

/// Adds the biases to a row of scores and makes their exponentials sum up to one.
///
/// # Safety
/// The processor has the instructions of `V`; all slices have 64 numbers.
#[inline(always)]
unsafe fn soften<V: Lanes>(row: &mut [f32], bias: &[f32], apart: Option<&[f32]>) {
    debug_assert!(row.len() == TOKENS && bias.len() == TOKENS);
    let row = row.as_mut_ptr();
    // SAFETY: the caller's promise; W divides 64.
    unsafe {
        let mut largest = V::splat(f32::MIN);
        for at in (0..TOKENS).step_by(V::W) {
            let mut score = V::load(row.add(at)).add(V::load(bias.as_ptr().add(at)));
            if let Some(apart) = apart {
                score = score.add(V::load(apart.as_ptr().add(at)));
            }
            largest = largest.max(score);
            score.store(row.add(at));
        }
        let largest = V::splat(largest.largest());
        let mut sum = V::splat(0.0);
        for at in (0..TOKENS).step_by(V::W) {
            let weight = exp(V::load(row.add(at)).sub(largest));
            sum = sum.add(weight);
            weight.store(row.add(at));
        }
        let factor = V::splat(1.0 / sum.sum());
        for at in (0..TOKENS).step_by(V::W) {
            V::load(row.add(at)).mul(factor).store(row.add(at));
        }
    }
}
