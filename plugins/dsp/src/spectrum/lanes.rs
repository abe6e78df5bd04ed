// SPDX-License-Identifier: MPL-2.0
//! The little of SIMD that transforms need, and its portable side.
#![allow(unsafe_code)]
use std::ops::{Add, Mul, Neg, Sub};

/// A vector of [`Lanes::W`] numbers.
///
/// Invariant: a value exists only where the processor has the instructions that its operations
/// are made of. Functions that make one from nothing are unsafe for that reason, those that take
/// one are not.
pub(super) trait Lanes: Copy {
    /// f32 or f64.
    type Real: Copy;
    /// Lanes: a power of two, [`PAD`] at most.
    const W: usize;

    /// # Safety
    /// The processor has the instructions; `from` is good for `W` reads.
    unsafe fn load(from: *const Self::Real) -> Self;
    /// # Safety
    /// The processor has the instructions.
    unsafe fn splat(x: Self::Real) -> Self;
    /// # Safety
    /// `to` is good for `W` writes.
    unsafe fn store(self, to: *mut Self::Real);
    /// `W` complex numbers: real parts and imaginary ones.
    ///
    /// # Safety
    /// The processor has the instructions; `from` is good for 2·`W` reads.
    unsafe fn load_pairs(from: *const Self::Real) -> (Self, Self);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// self + a·b
    fn plus(self, a: Self, b: Self) -> Self;
    /// self − a·b
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    fn minus(self, a: Self, b: Self) -> Self;
    /// The last lane first.
    fn reverse(self) -> Self;
    /// Lanes 1, 3, 5, … with their sign turned.
    fn alternate(self) -> Self;
}

/// What transforms in registers need beyond.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) trait Registers: Lanes<Real: Number> {
    /// `W` samples, which are f32 for every type.
    ///
    /// # Safety
    /// The processor has the instructions; `from` is good for `W` reads.
    unsafe fn load_samples(from: *const f32) -> Self;
    /// As [`Lanes::load_pairs`], of samples.
    ///
    /// # Safety
    /// As there.
    unsafe fn load_sample_pairs(from: *const f32) -> (Self, Self);
    /// Stores f32, whatever the type.
    ///
    /// # Safety
    /// `to` is good for `W` writes.
    unsafe fn store_single(self, to: *mut f32);
    /// Makes rows columns; there are `W` of them.
    fn transpose(rows: &mut [Self]);
}

/// What rows are padded to: as wide as the widest vector.
pub(super) const PAD: usize = 16;

/// f32 and f64.
pub(super) trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self>
{
    fn from_single(x: f32) -> Self;
    fn to_single(self) -> f32;
}

impl Number for f32 {
    #[inline(always)]
    fn from_single(x: f32) -> Self {
        x
    }
    #[inline(always)]
    fn to_single(self) -> f32 {
        self
    }
}

impl Number for f64 {
    #[inline(always)]
    fn from_single(x: f32) -> Self {
        f64::from(x)
    }
    #[inline(always)]
    fn to_single(self) -> f32 {
        self as f32
    }
}

/// Four lanes, for what the compiler's target guarantees.
#[derive(Clone, Copy)]
pub(super) struct Four([f32; 4]);

impl Four {
    #[inline(always)]
    fn with(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Four(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl Lanes for Four {
    type Real = f32;
    const W: usize = 4;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise; an array of f32 is aligned as one is.
        Four(unsafe { *from.cast() })
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Four([x; 4])
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise; an array of f32 is aligned as one is.
        unsafe { *to.cast() = self.0 }
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const f32) -> (Self, Self) {
        // SAFETY: the caller's promise; an array of f32 is aligned as one is.
        let [a, b, c, d, e, f, g, h] = unsafe { *from.cast::<[f32; 8]>() };
        (Four([a, c, e, g]), Four([b, d, f, h]))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        self.add(a.mul(b))
    }
    #[inline(always)]
    fn minus(self, a: Self, b: Self) -> Self {
        self.sub(a.mul(b))
    }
    #[inline(always)]
    fn reverse(self) -> Self {
        let [a, b, c, d] = self.0;
        Four([d, c, b, a])
    }
    #[inline(always)]
    fn alternate(self) -> Self {
        let [a, b, c, d] = self.0;
        Four([a, -b, c, -d])
    }
}
