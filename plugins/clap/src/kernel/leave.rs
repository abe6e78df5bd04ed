// SPDX-License-Identifier: MPL-2.0
//! What becomes of sums: they are made numbers, get their bias, and go where they belong.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::math::{ABREAST, gelu};
use super::multiply::Target;
use super::packed::Packed;
use super::product::{Columns, Product};

/// Sums of some rows and columns of a product.
pub(super) struct Sums<'a> {
    /// Row after row, as bits,
    pub bits: &'a mut [u32],
    /// so far apart: a whole number of vectors.
    pub stride: usize,
    /// The first row in the product, and how many there are.
    pub row: usize,
    pub rows: usize,
    /// The first column: there are as many as the weights have from there on, at most `stride`.
    pub first: usize,
    /// Of all rows of the product, what a step of a row stands for; empty but for bytes.
    pub scales: &'a [f32],
}

impl Sums<'_> {
    /// Takes them to the target, which is large enough for the product.
    ///
    /// # Safety
    /// The processor has what `V` and `P` need, and the weights were made for them.
    #[inline(always)]
    pub unsafe fn leave<V: Lanes, P: Product<V>>(
        mut self,
        weights: &Packed,
        target: &mut Target<'_>,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            self.finish::<V, P>(weights);
            let (width, first) = (weights.outputs(), self.first);
            let count = (width - first).min(self.stride);
            match target {
                Target::Store(to) => {
                    for (row, sums) in self.each() {
                        let to = &mut to[row * width + first..][..count];
                        write::<V>(sums, to);
                    }
                }
                Target::Gelu(to) => {
                    activate::<V>(&mut self.bits[..self.rows * self.stride]);
                    for (row, sums) in self.each() {
                        let to = &mut to[row * width + first..][..count];
                        write::<V>(sums, to);
                    }
                }
                Target::Add(to, map) => {
                    for (row, sums) in self.each() {
                        let to = &mut to[map[row] as usize * width + first..][..count];
                        add::<V>(sums, to);
                    }
                }
            }
        }
    }

    /// Numbers of rows in the product, with their sums.
    fn each(&self) -> impl Iterator<Item = (usize, &[u32])> {
        (self.row..)
            .zip(self.bits.chunks_exact(self.stride))
            .take(self.rows)
    }

    /// Makes them numbers, and adds the bias.
    ///
    /// # Safety
    /// As for `leave`.
    #[inline(always)]
    unsafe fn finish<V: Lanes, P: Product<V>>(&mut self, weights: &Packed) {
        let bias = &weights.bias()[self.first..][..self.stride];
        let columns = Columns {
            scales: weights.scales(),
            starts: weights.starts(),
        }
        .from(self.first);
        let rows = self.bits.chunks_exact_mut(self.stride).take(self.rows);
        for (row, sums) in (self.row..).zip(rows) {
            let scale = self.scales.get(row).copied().unwrap_or(1.0);
            for at in (0..bias.len()).step_by(V::W) {
                // SAFETY: the caller's promise; all three are whole vectors.
                unsafe {
                    let here = sums.as_mut_ptr().add(at);
                    let sum = P::finish(P::load(here), scale, columns, at);
                    let sum = sum.add(V::load(bias.as_ptr().add(at)));
                    sum.store(here.cast());
                }
            }
        }
    }
}

/// Writes as many numbers as there is room for.
///
/// # Safety
/// The processor has the instructions of `V`; `sums` are whole vectors, and no fewer than `to`.
#[inline(always)]
unsafe fn write<V: Lanes>(sums: &[u32], to: &mut [f32]) {
    let whole = to.len() - to.len() % V::W;
    // SAFETY: the caller's promise.
    unsafe {
        for at in (0..whole).step_by(V::W) {
            V::load(sums.as_ptr().add(at).cast()).store(to.as_mut_ptr().add(at));
        }
        if whole < to.len() {
            let rest = V::load(sums.as_ptr().add(whole).cast());
            rest.store_part(to.as_mut_ptr().add(whole), to.len() - whole);
        }
    }
}

/// Adds as many numbers as there is room for.
///
/// # Safety
/// As for [`write()`].
#[inline(always)]
unsafe fn add<V: Lanes>(sums: &[u32], to: &mut [f32]) {
    let whole = to.len() - to.len() % V::W;
    // SAFETY: the caller's promise.
    unsafe {
        for at in (0..whole).step_by(V::W) {
            let to = to.as_mut_ptr().add(at);
            V::load(to)
                .add(V::load(sums.as_ptr().add(at).cast()))
                .store(to);
        }
        if whole < to.len() {
            let (rest, to) = (to.len() - whole, to.as_mut_ptr().add(whole));
            let sum = V::load(sums.as_ptr().add(whole).cast());
            V::load_part(to, rest).add(sum).store_part(to, rest);
        }
    }
}

/// Replaces numbers by their GELU.
///
/// # Safety
/// The processor has the instructions of `V`; there are whole vectors of f32.
#[inline(always)]
unsafe fn activate<V: Lanes>(numbers: &mut [u32]) {
    let (numbers, count) = (numbers.as_mut_ptr().cast::<f32>(), numbers.len());
    let whole = count - count % (ABREAST * V::W);
    // SAFETY: the caller's promise.
    unsafe {
        for at in (0..whole).step_by(ABREAST * V::W) {
            let mut x = [V::splat(0.0); ABREAST];
            for (i, x) in x.iter_mut().enumerate() {
                *x = V::load(numbers.add(at + i * V::W));
            }
            for (i, x) in gelu(x).into_iter().enumerate() {
                x.store(numbers.add(at + i * V::W));
            }
        }
        for at in (whole..count).step_by(V::W) {
            let [x] = gelu([V::load(numbers.add(at))]);
            x.store(numbers.add(at));
        }
    }
}
