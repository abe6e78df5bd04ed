// SPDX-License-Identifier: MPL-2.0
//! The little of SIMD that the kernel needs, and its portable side.
#![allow(unsafe_code)]

/// A vector of [`Lanes::W`] f64.
///
/// Invariant: a value exists only where the processor has the instructions that its operations
/// are made of. Functions that make one from nothing are unsafe for that reason, those that take
/// one are not.
///
/// A frame of `C` samples lies in the lowest lanes when it comes and in the highest when it goes.
pub(super) trait Lanes: Copy {
    /// Lanes: a power of two.
    const W: usize;
    /// One truth per lane.
    type Mask: Copy;

    /// # Safety
    /// The processor has the instructions; `from` is good for `W` reads.
    unsafe fn load(from: *const f64) -> Self;
    /// # Safety
    /// `to` is good for `W` writes.
    unsafe fn store(self, to: *mut f64);
    /// # Safety
    /// As for `load`, with `C` reads.
    unsafe fn frame_f32<const C: usize>(from: *const f32) -> Self;
    /// # Safety
    /// As for `load`, with `C` reads.
    unsafe fn frame_f64<const C: usize>(from: *const f64) -> Self;
    /// Writes the highest `C` lanes.
    /// # Safety
    /// `to` is good for `C` writes.
    unsafe fn leave_f32<const C: usize>(self, to: *mut f32);
    /// Writes the highest `C` lanes.
    /// # Safety
    /// `to` is good for `C` writes.
    unsafe fn leave_f64<const C: usize>(self, to: *mut f64);

    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// self + a·b, rounded once where the level has FMA.
    fn plus(self, a: Self, b: Self) -> Self;
    /// self − a·b, rounded once where the level has FMA.
    fn minus(self, a: Self, b: Self) -> Self;
    /// Lanes `C` up, the highest `C` of `below` come in.
    fn shift<const C: usize>(self, below: Self) -> Self;
    /// Lanes `C` up, the lowest `C` of `frame` come in.
    fn enter<const C: usize>(self, frame: Self) -> Self;
    /// Which lanes equal `number`.
    fn equal(self, number: f64) -> Self::Mask;
    /// `yes` where the mask is true, self elsewhere.
    fn select(self, mask: Self::Mask, yes: Self) -> Self;
}

/// Samples that the kernel reads and writes.
pub(super) trait Sample: Copy {
    /// Whether it is what scratch consists of.
    const IS_SCRATCH: bool;

    /// # Safety
    /// As for [`Lanes::load`], with `C` reads.
    unsafe fn frame<V: Lanes, const C: usize>(from: *const Self) -> V;
    /// # Safety
    /// `to` is good for `C` writes.
    unsafe fn leave<V: Lanes, const C: usize>(value: V, to: *mut Self);
    fn widen(self) -> f64;
    fn narrow(value: f64) -> Self;
}

impl Sample for f32 {
    const IS_SCRATCH: bool = false;

    #[inline(always)]
    unsafe fn frame<V: Lanes, const C: usize>(from: *const f32) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::frame_f32::<C>(from) }
    }
    #[inline(always)]
    unsafe fn leave<V: Lanes, const C: usize>(value: V, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { value.leave_f32::<C>(to) }
    }
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn narrow(value: f64) -> f32 {
        value as f32
    }
}

impl Sample for f64 {
    const IS_SCRATCH: bool = true;

    #[inline(always)]
    unsafe fn frame<V: Lanes, const C: usize>(from: *const f64) -> V {
        // SAFETY: the caller's promise.
        unsafe { V::frame_f64::<C>(from) }
    }
    #[inline(always)]
    unsafe fn leave<V: Lanes, const C: usize>(value: V, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { value.leave_f64::<C>(to) }
    }
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }
    #[inline(always)]
    fn narrow(value: f64) -> f64 {
        value
    }
}

/// Two lanes in plain Rust, which compilers turn into SSE2 and NEON.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(super) struct Pair([f64; 2]);

impl Lanes for Pair {
    const W: usize = 2;
    type Mask = [bool; 2];

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Pair(from.cast::<[f64; 2]>().read()) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f64; 2]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn frame_f32<const C: usize>(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            match C {
                1 => Pair([f64::from(*from); 2]),
                _ => Pair(from.cast::<[f32; 2]>().read().map(f64::from)),
            }
        }
    }
    #[inline(always)]
    unsafe fn frame_f64<const C: usize>(from: *const f64) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            match C {
                1 => Pair([*from; 2]),
                _ => Self::load(from),
            }
        }
    }
    #[inline(always)]
    unsafe fn leave_f32<const C: usize>(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe {
            match C {
                1 => *to = self.0[1] as f32,
                _ => to.cast::<[f32; 2]>().write(self.0.map(|x| x as f32)),
            }
        }
    }
    #[inline(always)]
    unsafe fn leave_f64<const C: usize>(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe {
            match C {
                1 => *to = self.0[1],
                _ => self.store(to),
            }
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Pair([self.0[0] + other.0[0], self.0[1] + other.0[1]])
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Pair([self.0[0] * other.0[0], self.0[1] * other.0[1]])
    }
    #[inline(always)]
    fn plus(self, a: Self, b: Self) -> Self {
        self.add(a.mul(b))
    }
    #[inline(always)]
    fn minus(self, a: Self, b: Self) -> Self {
        let product = a.mul(b);
        Pair([self.0[0] - product.0[0], self.0[1] - product.0[1]])
    }
    #[inline(always)]
    fn shift<const C: usize>(self, below: Self) -> Self {
        match C {
            1 => Pair([below.0[1], self.0[0]]),
            _ => below,
        }
    }
    #[inline(always)]
    fn enter<const C: usize>(self, frame: Self) -> Self {
        match C {
            1 => Pair([frame.0[0], self.0[0]]),
            _ => frame,
        }
    }
    #[inline(always)]
    fn equal(self, number: f64) -> [bool; 2] {
        self.0.map(|x| x == number)
    }
    #[inline(always)]
    fn select(self, mask: [bool; 2], yes: Self) -> Self {
        let one = |i: usize| if mask[i] { yes.0[i] } else { self.0[i] };
        Pair([one(0), one(1)])
    }
}
