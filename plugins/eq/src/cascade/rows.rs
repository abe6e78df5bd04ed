// SPDX-License-Identifier: MPL-2.0
//! How the numbers of a pass lie in memory.
#![allow(unsafe_code)]

/// Rows of one number per slot.
pub(super) mod row {
    /// Coefficients as they are.
    pub const B0: usize = 0;
    pub const B1: usize = 1;
    pub const B2: usize = 2;
    pub const A1: usize = 3;
    pub const A2: usize = 4;
    /// Gain at the end, in the slots of the last section; 1 in others.
    pub const GAIN: usize = 5;
    /// Rows of all that can move.
    pub const MOVING: usize = 6;
    /// What each of them gains per frame.
    pub const STEP: usize = 6;
    pub const STEP_B0: usize = STEP + B0;
    pub const STEP_B1: usize = STEP + B1;
    pub const STEP_B2: usize = STEP + B2;
    pub const STEP_A1: usize = STEP + A1;
    pub const STEP_A2: usize = STEP + A2;
    pub const STEP_GAIN: usize = STEP + GAIN;
    /// What each of them has to come to.
    pub const TARGET: usize = 12;
    /// Of the scaled form: b1 / b0, b2 / b0, and the gain that makes up for all scales.
    pub const N1: usize = 18;
    pub const N2: usize = 19;
    pub const END: usize = 20;
    /// State, times 1 / scale.
    pub const X1: usize = 21;
    pub const X2: usize = 22;
    pub const Y1: usize = 23;
    pub const Y2: usize = 24;
    /// Scale of input and output: 1 in other forms.
    pub const X_SCALE: usize = 25;
    pub const Y_SCALE: usize = 26;
    /// Number of the section.
    pub const SECTION: usize = 27;
    pub const COUNT: usize = 28;
}

/// Where the rows of a pass are.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    base: *mut f64,
    slots: usize,
}

impl Rows {
    /// Of `slots` numbers each, from `base` on.
    pub fn new(base: *mut f64, slots: usize) -> Self {
        Rows { base, slots }
    }

    /// # Safety
    /// `row` is one of [`row`], `slot` a slot, and the pass is still there.
    #[inline(always)]
    pub unsafe fn at(self, row: usize, slot: usize) -> *mut f64 {
        // SAFETY: the caller's promise.
        unsafe { self.base.add(row * self.slots + slot) }
    }
}
