// SPDX-License-Identifier: MPL-2.0
//! Between rows and registers.
#![allow(unsafe_code)]
use super::lanes::Lanes;
use super::rows::{Rows, row};

#[inline(always)]
pub(super) unsafe fn load<V: Lanes, const NV: usize>(rows: Rows, row: usize) -> [V; NV] {
    // SAFETY: the caller's promise.
    std::array::from_fn(|j| unsafe { V::load(rows.at(row, j * V::W)) })
}

/// Puts all of a row into `rows`.
#[inline(always)]
pub(super) unsafe fn put<V: Lanes, const NV: usize>(rows: Rows, row: usize, from: &[V; NV]) {
    for (j, vector) in from.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe { vector.store(rows.at(row, j * V::W)) };
    }
}

/// The lanes of one section, which lie in one vector.
#[derive(Clone, Copy)]
pub(super) struct Place<V: Lanes> {
    rows: Rows,
    vector: usize,
    pub mask: V::Mask,
}

impl<V: Lanes> Place<V> {
    /// Those of section `k`, which is in vector `vector`.
    ///
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn of(rows: Rows, vector: usize, k: usize) -> Self {
        // SAFETY: the caller's promise.
        let numbers = unsafe { V::load(rows.at(row::SECTION, vector * V::W)) };
        Place {
            rows,
            vector,
            mask: numbers.equal(k as f64),
        }
    }

    #[inline(always)]
    pub unsafe fn take(self, row: usize, to: &mut V) {
        // SAFETY: the caller's promise.
        *to = unsafe { to.select(self.mask, V::load(self.rows.at(row, self.vector * V::W))) };
    }

    #[inline(always)]
    pub unsafe fn put(self, row: usize, from: V) {
        // SAFETY: the caller's promise.
        unsafe {
            let at = self.rows.at(row, self.vector * V::W);
            V::load(at).select(self.mask, from).store(at);
        }
    }
}
