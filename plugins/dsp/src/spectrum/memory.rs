// SPDX-License-Identifier: MPL-2.0
//! Room for sizes that users choose, refused rather than aborted over where there is none.
#![allow(unsafe_code)]
use super::Error;
use rustfft::num_complex::Complex;
use std::ops::{Deref, DerefMut};

/// `len` defaults, or an error if memory cannot be had.
pub(super) fn room<T: Clone + Default>(len: usize) -> Result<Vec<T>, Error> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(len).map_err(|_| Error::Memory)?;
    vec.resize(len, T::default());
    Ok(vec)
}

/// Numbers that begin with a cache line, as vectors should that are as long as one.
pub(crate) struct Aligned<T> {
    /// With so many more that a line begins among the first.
    numbers: Vec<T>,
    first: usize,
    len: usize,
}

/// Bytes of a cache line.
const LINE: usize = 64;

impl<T: Clone + Default> Aligned<T> {
    /// `len` defaults, or an error if memory cannot be had.
    pub(super) fn new(len: usize) -> Result<Self, Error> {
        let numbers: Vec<T> = room(len.checked_add(LINE).ok_or(Error::Memory)?)?;
        let first = numbers.as_ptr().align_offset(LINE);
        Ok(Aligned {
            // A machine may refuse to tell.
            first: first.min(LINE),
            numbers,
            len,
        })
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.numbers[self.first..self.first + self.len]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.numbers[self.first..self.first + self.len]
    }
}

/// Fails if `bytes` cannot be had now: asked before code is called that allocates without asking.
pub(super) fn probe(bytes: usize) -> Result<(), Error> {
    Vec::<u8>::new()
        .try_reserve_exact(bytes)
        .map_err(|_| Error::Memory)
}

/// The same with bytes as a product.
pub(super) fn probe_all(factors: &[usize]) -> Result<(), Error> {
    let bytes = factors.iter().try_fold(1, |n: usize, f| n.checked_mul(*f));
    probe(bytes.ok_or(Error::Memory)?)
}

/// Pairs of numbers as complex ones; a last number without a second is left out.
pub(super) fn as_complex(numbers: &mut [f32]) -> &mut [Complex<f32>] {
    let pairs = numbers.as_chunks_mut::<2>().0;
    // SAFETY: Complex<f32> is two f32 in C's layout, as [f32; 2] is, and takes any bits.
    unsafe { &mut *(std::ptr::from_mut(pairs) as *mut [Complex<f32>]) }
}
