// SPDX-License-Identifier: MPL-2.0
//! Rows times packed weights.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::math::gelu;
use super::packed::Packed;
use super::product::{Bytes, Columns, Half, Product, Single};
use super::tile::{Factors, tile};
use super::{Isa, Kernel, WIDEST};
use crate::Precision;

/// Vectors of columns of a panel.
pub(super) const VECTORS: usize = 3;
/// Rows of the largest tile.
const MOST_ROWS: usize = 8;

/// Rows of the left-hand side, one behind the other, in the precision of the weights.
#[derive(Clone, Copy)]
pub(crate) enum Left<'a> {
    /// f32.
    Single(&'a [f32]),
    /// Pairs of bf16, the earlier one in the lower half.
    Half(&'a [u32]),
    /// Four u8 in a word, 128 too large each, and what a step of each row stands for.
    Bytes(&'a [u32], &'a [f32]),
}

impl Left<'_> {
    fn words(&self) -> (*const u32, usize) {
        match self {
            Left::Single(rows) => (rows.as_ptr().cast(), rows.len()),
            Left::Half(rows) | Left::Bytes(rows, _) => (rows.as_ptr(), rows.len()),
        }
    }

    fn precision(&self) -> Precision {
        match self {
            Left::Single(_) => Precision::F32,
            Left::Half(_) => Precision::Bf16,
            Left::Bytes(..) => Precision::Int8,
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
    let (_, words) = left.words();
    assert!(words >= rows * weights.depth() && target.fits(rows, weights.outputs()));
    assert!(left.precision() == weights.precision() && isa.lanes() == weights.lanes());
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
    rows: usize,
    weights: &'a Packed,
    target: Target<'a>,
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
        let weights = self.weights;
        let mut sums = Sums([0.0; MOST_ROWS * VECTORS * WIDEST]);
        for (panel, vectors) in weights.panels() {
            let first = panel * VECTORS * V::W;
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
                    self.leave::<V>(row, rows, first, &sums);
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
        sums: &mut Sums,
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
        sums: &mut Sums,
    ) -> usize {
        let weights = self.weights;
        let depth = weights.depth();
        let scales = match self.left {
            Left::Bytes(_, scales) => &scales[row..row + R],
            _ => &[],
        };
        let columns = Columns {
            scales: weights.scales(),
            starts: weights.starts(),
        };
        // SAFETY: the caller's promise.
        unsafe {
            let factors = Factors {
                left: self.left.words().0.add(row * depth),
                left_stride: depth,
                right: weights.words().as_ptr().add(first * depth),
                right_stride: N * V::W,
                depth,
            };
            let out = sums.0.as_mut_ptr();
            tile::<V, P, R, N>(factors, scales, columns.from(first), out, VECTORS * V::W);
        }
        R
    }

    /// Adds the bias, and takes the sums to where they belong.
    ///
    /// # Safety
    /// The processor has what `V` needs.
    #[inline(always)]
    unsafe fn leave<V: Lanes>(&mut self, row: usize, rows: usize, first: usize, sums: &Sums) {
        let width = self.weights.outputs();
        let columns = (width - first).min(VECTORS * V::W);
        let bias = &self.weights.bias()[first..first + columns];
        let sums = sums.0.chunks_exact(VECTORS * V::W).take(rows);
        for (row, sums) in (row..).zip(sums) {
            let at = row * width + first;
            // SAFETY: the caller's promise; all three slices have the same length.
            unsafe {
                match &mut self.target {
                    Target::Store(to) => {
                        each::<V, Keep>(&sums[..columns], bias, &mut to[at..at + columns]);
                    }
                    Target::Gelu(to) => {
                        each::<V, Activate>(&sums[..columns], bias, &mut to[at..at + columns]);
                    }
                    Target::Add(to, map) => {
                        let at = map[row] as usize * width + first;
                        each::<V, Sum>(&sums[..columns], bias, &mut to[at..at + columns]);
                    }
                }
            }
        }
    }
}

/// What is written, of a sum and what was there. No closure: compilers do not inline those for
/// certain, and the instructions of a level reach only what is inlined.
trait Finish {
    /// # Safety
    /// The processor has what `V` needs.
    unsafe fn finish<V: Lanes>(sum: V, old: V) -> V;
}

struct Keep;
struct Activate;
struct Sum;

impl Finish for Keep {
    #[inline(always)]
    unsafe fn finish<V: Lanes>(sum: V, _: V) -> V {
        sum
    }
}

impl Finish for Activate {
    #[inline(always)]
    unsafe fn finish<V: Lanes>(sum: V, _: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { gelu(sum) }
    }
}

impl Finish for Sum {
    #[inline(always)]
    unsafe fn finish<V: Lanes>(sum: V, old: V) -> V {
        old.add(sum)
    }
}

/// `to` = F(`sums` + `bias`, `to`).
///
/// # Safety
/// The processor has what `V` needs, and the slices have the same length.
#[inline(always)]
unsafe fn each<V: Lanes, F: Finish>(sums: &[f32], bias: &[f32], to: &mut [f32]) {
    let mut at = 0;
    // SAFETY: the caller's promise; `at` + `V::W` does not go past the end.
    unsafe {
        while at + V::W <= to.len() {
            let sum = V::load(sums.as_ptr().add(at)).add(V::load(bias.as_ptr().add(at)));
            let to = to.as_mut_ptr().add(at);
            F::finish(sum, V::load(to)).store(to);
            at += V::W;
        }
        let rest = to.len() - at;
        if rest > 0 {
            let sum = V::load_part(sums.as_ptr().add(at), rest);
            let sum = sum.add(V::load_part(bias.as_ptr().add(at), rest));
            let to = to.as_mut_ptr().add(at);
            F::finish(sum, V::load_part(to, rest)).store_part(to, rest);
        }
    }
}

/// Sums of a tile.
#[repr(align(64))]
struct Sums([f32; MOST_ROWS * VECTORS * WIDEST]);
