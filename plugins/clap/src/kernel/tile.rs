// SPDX-License-Identifier: MPL-2.0
//! A few rows times a few vectors of columns, all sums in registers.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::product::{Columns, Product};

/// What a tile is made of. Lengths in words.
#[derive(Clone, Copy)]
pub(super) struct Factors {
    /// The first word of the first row,
    pub left: *const u32,
    /// how far it is from one row to the next,
    pub left_stride: usize,
    /// and from one word of a row to the next.
    pub left_step: usize,
    /// The first word of the first column; the columns' first words lie side by side,
    pub right: *const u32,
    /// and so far behind them the second ones.
    pub right_stride: usize,
    /// Words of a row and of a column.
    pub depth: usize,
    /// What will be needed next; any address will do.
    pub ahead: *const u32,
}

/// Words of a line of the cache.
pub(super) const LINE: usize = 16;
/// Words of depth for which a line is fetched ahead.
pub(super) const PER_LINE: usize = 2;

/// Sums of `R` rows times `N` vectors of columns. Row `r` is written to `out[r * out_stride..]`.
///
/// A sum's operations and their order do not depend on `R` and `N`.
///
/// # Safety
/// The processor has what `V` and `P` need, the factors are as [`Factors`] says for `R` rows and
/// `N` · W columns, `columns` as [`Product`] says, and `out` is good for what is written.
#[inline(always)]
pub(super) unsafe fn tile<V: Lanes, P: Product<V>, const R: usize, const N: usize>(
    factors: Factors,
    columns: Columns<'_>,
    out: *mut u32,
    out_stride: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums: [[P::Sum; N]; R] = [[P::start(columns, 0); N]; R];
        for row in &mut sums {
            for (n, sum) in row.iter_mut().enumerate() {
                *sum = P::start(columns, n * V::W);
            }
        }
        let (mut left, mut right) = (factors.left, factors.right);
        let mut ahead = factors.ahead;
        for word in 0..factors.depth {
            if word % PER_LINE == 0 {
                V::fetch(ahead);
                ahead = ahead.wrapping_add(LINE);
            }
            let words: [V::Words; N] = std::array::from_fn(|n| V::load_words(right.add(n * V::W)));
            for (r, row) in sums.iter_mut().enumerate() {
                let word = P::left(*left.add(r * factors.left_stride));
                for (sum, &right) in row.iter_mut().zip(&words) {
                    *sum = P::step(*sum, word, right);
                }
            }
            left = left.add(factors.left_step);
            right = right.add(factors.right_stride);
        }
        for (r, row) in sums.into_iter().enumerate() {
            for (n, sum) in row.into_iter().enumerate() {
                P::store(sum, out.add(r * out_stride + n * V::W));
            }
        }
    }
}
