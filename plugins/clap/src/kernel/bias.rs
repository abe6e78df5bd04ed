// SPDX-License-Identifier: MPL-2.0
//! What is added to the scores of attention: by how far tokens are apart, and where windows lie.
use super::Isa;
use super::attention::{PAIRS, SIDE, TOKENS};
use crate::Precision;

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
    /// Whether attention is by tiles.
    tiled: bool,
    /// Per head, for each token, what the look of each token at it is worth; with tiles, what its
    /// look at each token is.
    positions: Vec<f32>,
    /// The same for all heads, per kind of window that has something apart.
    apart: Vec<f32>,
}

impl Bias {
    /// Entries of a table per head.
    pub const TABLE: usize = OFFSETS * OFFSETS;

    /// `table` has a row for each difference of position, with a number for each head.
    pub fn new(isa: Isa, precision: Precision, table: &[f32], heads: usize, shifted: bool) -> Bias {
        assert_eq!(table.len(), Self::TABLE * heads);
        let tiled = isa.panel(precision).tiled;
        let mut positions = Vec::with_capacity(heads * PAIRS);
        for head in 0..heads {
            for (row, column) in (0..PAIRS).map(|pair| (pair / TOKENS, pair % TOKENS)) {
                let (i, j) = if tiled { (row, column) } else { (column, row) };
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
            tiled,
            positions,
            apart,
        }
    }

    pub(super) fn heads(&self) -> usize {
        self.heads
    }

    pub(super) fn tiled(&self) -> bool {
        self.tiled
    }

    pub(super) fn head(&self, head: usize) -> &[f32] {
        &self.positions[head * PAIRS..][..PAIRS]
    }

    pub(super) fn window(&self, window: Window) -> Option<&[f32]> {
        let kind = window.index().checked_sub(1)?;
        self.apart.get(kind * PAIRS..(kind + 1) * PAIRS)
    }
}
