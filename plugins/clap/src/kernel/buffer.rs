// SPDX-License-Identifier: MPL-2.0
//! Memory that begins at a cache line.
#![allow(unsafe_code)]
use std::ops::{Deref, DerefMut};

const LINE: usize = 16;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line<T>([T; LINE]);

/// Words of 32 bits, f32 or u32, the first of them at a multiple of 64 bytes.
pub(crate) struct Buffer<T> {
    lines: Vec<Line<T>>,
    len: usize,
}

impl<T: Copy + Default> Buffer<T> {
    /// `len` zeros.
    pub fn new(len: usize) -> Self {
        const { assert!(size_of::<T>() * LINE == 64) };
        Buffer {
            lines: vec![Line([T::default(); LINE]); len.div_ceil(LINE)],
            len,
        }
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: a line is as large as its array, so that lines are one array of at least `len`.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}
