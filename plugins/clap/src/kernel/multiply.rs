// SPDX-License-Identifier: MPL-2.0
//! Rows times packed weights.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::leave::Sums;
use super::packed::Packed;
use super::product::{Bytes, Columns, Half, Product, Single};
use super::tile::{Factors, LINE, PER_LINE, tile};
use super::{Isa, Kernel, WIDEST};
use crate::Precision;

/// Vectors of columns of a panel.
pub(super) const VECTORS: usize = 3;
/// Rows of the largest tile.
const MOST_ROWS: usize = 8;

/// Rows of the left-hand side in the precision of the weights, as their layout has them.
#[derive(Clone, Copy)]
pub(crate) enum Left<'a> {
    /// f32.
    Single(&'a [f32]),
    /// Pairs of bf16, the earlier one in the lower half.
    Half(&'a [u32]),
    /// Four u8 in a word, 128 too large each, and what a step of each row stands for.
    Bytes(&'a [u32], &'a [f32]),
}

impl<'a> Left<'a> {
    pub(super) fn words(&self) -> &'a [u32] {
        match self {
            // SAFETY: both have the same size and alignment, and no bits that are not allowed.
            Left::Single(rows) => unsafe {
                std::slice::from_raw_parts(rows.as_ptr().cast(), rows.len())
            },
            Left::Half(rows) | Left::Bytes(rows, _) => rows,
        }
    }

    fn precision(&self) -> Precision {
        match self {
            Left::Single(_) => Precision::F32,
            Left::Half(_) => Precision::Bf16,
            Left::Bytes(..) => Precision::Int8,
        }
    }

    pub(super) fn scales(&self) -> &'a [f32] {
        match self {
            Left::Bytes(_, scales) => scales,
            _ => &[],
        }
    }
}

/// What becomes of a product and its bias. Rows lie one behind the other.
pub(crate) enum Target<'a> {
    /// It is written.
    Store(&'a mut [f32]),
    /// Its GELU is written.
    Gelu(&'a mut [f32]),
    /// Row `i` is added to row `rows[i]`.
    Add(&'a mut [f32], &'a [u32]),
}

impl Target<'_> {
    fn fits(&self, rows: usize, width: usize) -> bool {
        match self {
            Target::Store(to) | Target::Gelu(to) => to.len() >= rows * width,
            // Where the rows go is checked when they do.
            Target::Add(_, map) => map.len() >= rows,
        }
    }
}

/// Computes `rows` rows of `left` · `weights` + bias.
pub(crate) fn multiply(
    isa: Isa,
    left: Left<'_>,
    rows: usize,
    weights: &Packed,
    target: Target<'_>,
) {
    assert!(
        left.words().len() >= weights.layout().words(rows) && target.fits(rows, weights.outputs())
    );
    let precision = left.precision();
    assert!(precision == weights.precision() && isa.panel(precision) == weights.panel());
    if let Left::Bytes(_, scales) = left {
        assert!(scales.len() >= rows);
    }
    let task = Multiply {
        left,
        rows,
        weights,
        target,
    };
    isa.multiply(task);
}

/// A call of [`multiply`] whose lengths were checked.
pub(super) struct Multiply<'a> {
    pub left: Left<'a>,
    pub rows: usize,
    pub weights: &'a Packed,
    pub target: Target<'a>,
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        // SAFETY: the caller's promise, and what `multiply` checked.
        unsafe {
            match self.left {
                Left::Single(_) => self.with::<V, Single>(),
                Left::Half(_) => self.with::<V, Half>(),
                Left::Bytes(..) => self.with::<V, Bytes>(),
            }
        }
    }
}

impl Multiply<'_> {
    /// # Safety
    /// The processor has what `V` and `P` need, and `P` is for the precision of the rows.
    #[inline(always)]
    pub unsafe fn with<V: Lanes, P: Product<V>>(mut self) {
        let mut sums = Bits([0; MOST_ROWS * VECTORS * WIDEST]);
        for (first, vectors) in self.weights.panels() {
            let mut row = 0;
            while row < self.rows {
                // SAFETY: the caller's promise; the lengths were checked, and `Packed` has whole
                // panels.
                unsafe {
                    let rows = match (vectors, self.rows - row >= V::ROWS) {
                        (3, true) => self.rows_of::<V, P, 3>(row, first, &mut sums),
                        (2, true) => self.rows_of::<V, P, 2>(row, first, &mut sums),
                        (_, true) => self.rows_of::<V, P, 1>(row, first, &mut sums),
                        (3, false) => self.tile::<V, P, 1, 3>(row, first, &mut sums),
                        (2, false) => self.tile::<V, P, 1, 2>(row, first, &mut sums),
                        (_, false) => self.tile::<V, P, 1, 1>(row, first, &mut sums),
                    };
                    let sums = Sums {
                        bits: &mut sums.0,
                        stride: vectors * V::W,
                        row,
                        rows,
                        first,
                        scales: self.left.scales(),
                    };
                    sums.leave::<V, P>(self.weights, &mut self.target);
                    row += rows;
                }
            }
        }
    }

    /// # Safety
    /// As for `tile`, with `V::ROWS` rows.
    #[inline(always)]
    unsafe fn rows_of<V: Lanes, P: Product<V>, const N: usize>(
        &self,
        row: usize,
        first: usize,
        sums: &mut Bits,
    ) -> usize {
        // SAFETY: the caller's promise.
        unsafe {
            match V::ROWS {
                MOST_ROWS => self.tile::<V, P, MOST_ROWS, N>(row, first, sums),
                _ => self.tile::<V, P, 4, N>(row, first, sums),
            }
        }
    }

    /// Returns `R`.
    ///
    /// # Safety
    /// As for `with`; there are `R` rows from `row` on, and `first` begins a panel of `N` vectors.
    #[inline(always)]
    unsafe fn tile<V: Lanes, P: Product<V>, const R: usize, const N: usize>(
        &self,
        row: usize,
        first: usize,
        sums: &mut Bits,
    ) -> usize {
        let weights = self.weights;
        let depth = weights.depth();
        let columns = Columns {
            scales: weights.scales(),
            starts: weights.starts(),
        };
        // SAFETY: the caller's promise.
        unsafe {
            let right = weights.words().as_ptr().add(first * depth);
            // The next panel, a part of it for each tile of this one.
            let part = row / R * (depth / PER_LINE * LINE);
            let factors = Factors {
                left: self.left.words().as_ptr().add(row * depth),
                left_stride: depth,
                left_step: 1,
                right,
                right_stride: N * V::W,
                depth,
                ahead: right.wrapping_add(N * V::W * depth + part),
            };
            let out = sums.0.as_mut_ptr();
            tile::<V, P, R, N>(factors, columns.from(first), out, N * V::W);
        }
        R
    }
}

/// Sums of a tile.
#[repr(align(64))]
struct Bits([u32; MOST_ROWS * VECTORS * WIDEST]);
