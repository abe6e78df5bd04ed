// SPDX-License-Identifier: MPL-2.0
//! What the kernel has in registers, and one step of it.
//!
//! With registers in plenty, direct form 1 is the fastest: x + b1·x₁ + b2·x₂ − a2·y₂ − a1·y₁, in this
//! order, takes one operation per coefficient and has but one in its recurrence. The
//! transposed form 2, x + s with s = b1·x₁ + (b2·x₂ − a2·y₂) − a1·y₁ as its first state, needs
//! fewer registers and has but one addition from input to output. Between calls, both keep
//! x₁, x₂, y₁ and y₂, from which the states follow without any difference in rounding.
#![allow(unsafe_code)]
use super::lanes::{Lanes, Sample};
use super::place::{Place, load, put};
use super::rows::{Rows, row};

/// The form in which the input of each section is scaled by 1 / b0: one operation less.
pub(super) const SCALED: u8 = 0;
/// The form with b0.
pub(super) const PLAIN: u8 = 1;
/// The same, while coefficients and gain move.
pub(super) const RAMP: u8 = 2;

/// Does something for each vector, `$j` of `$count`. Written out rather than as a loop: registers have
/// no index, and where the compiler leaves a loop over them, all that they hold goes through memory,
/// each frame.
macro_rules! each_vector {
    ($j:ident of $count:ident, $body:block) => {
        each_vector!($j of $count, $body, 0 1 2 3 4 5 6 7 8 9)
    };
    ($j:ident of $count:ident, $body:block, $($n:literal)*) => {{
        const { assert!($count <= 10) };
        $(if const { $n < $count } {
            let $j = $n;
            $body
        })*
    }};
}
pub(super) use each_vector;

/// Frames that a section can run behind the one before it, at most.
const RING: usize = 6;

/// One vector per W slots.
pub(super) struct Work<V, const NV: usize> {
    b0: [V; NV],
    b1: [V; NV],
    b2: [V; NV],
    a1: [V; NV],
    a2: [V; NV],
    pub x1: [V; NV],
    x2: [V; NV],
    /// Output one to as many frames ago as there can be skew.
    y: [[V; NV]; RING],
    /// States of the transposed form.
    s1: [V; NV],
    s2: [V; NV],
    /// Of the last vector; only its highest lanes count.
    pub gain: V,
}

/// What is added per frame.
pub(super) struct Steps<V, const NV: usize> {
    b0: [V; NV],
    b1: [V; NV],
    b2: [V; NV],
    a1: [V; NV],
    a2: [V; NV],
    gain: V,
}

impl<V: Lanes, const NV: usize> Steps<V, NV> {
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn new(rows: Rows) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Steps {
                b0: load(rows, row::STEP_B0),
                b1: load(rows, row::STEP_B1),
                b2: load(rows, row::STEP_B2),
                a1: load(rows, row::STEP_A1),
                a2: load(rows, row::STEP_A2),
                gain: V::load(rows.at(row::STEP_GAIN, (NV - 1) * V::W)),
            }
        }
    }
}

/// Whether there are registers for direct form 1, and a skew that hides its way from input to output.
pub(super) const fn is_direct<V: Lanes, const C: usize>() -> bool {
    V::W == 8 && C < 8
}

/// Whether frames come in the highest lanes, with whatever lies ahead of them in memory in the
/// others: shifting those out takes one operation less than putting a frame in, but for one of four
/// lanes. The gain is left to whom the output goes to, then.
pub(super) const fn is_padded<V: Lanes, T: Sample, const C: usize>() -> bool {
    T::IS_SCRATCH && (is_direct::<V, C>() || V::W == 4 && C == 2)
}

impl<V: Lanes, const NV: usize> Work<V, NV> {
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn new<const C: usize, const FORM: u8>(rows: Rows) -> Self {
        let (b1, b2, gain) = match FORM {
            SCALED => (row::N1, row::N2, row::END),
            _ => (row::B1, row::B2, row::GAIN),
        };
        // SAFETY: the caller's promise.
        unsafe {
            let y1 = load(rows, row::Y1);
            let mut work = Work {
                b0: load(rows, row::B0),
                b1: load(rows, b1),
                b2: load(rows, b2),
                a1: load(rows, row::A1),
                a2: load(rows, row::A2),
                x1: load(rows, row::X1),
                x2: load(rows, row::X2),
                y: [y1, load(rows, row::Y2), y1, y1, y1, y1],
                s1: y1,
                s2: y1,
                gain: V::load(rows.at(gain, (NV - 1) * V::W)),
            };
            each_vector!(j of NV, {
                (work.s1[j], work.s2[j]) = work.transposed(j);
            });
            work
        }
    }

    /// The states of the transposed form.
    #[inline(always)]
    fn transposed(&self, j: usize) -> (V, V) {
        let s2 = |x: V, y: V| self.b2[j].mul(x).minus(self.a2[j], y);
        let s1 = s2(self.x2[j], self.y[1][j])
            .plus(self.b1[j], self.x1[j])
            .minus(self.a1[j], self.y[0][j]);
        (s1, s2(self.x1[j], self.y[0][j]))
    }

    /// Gives section `k` its state.
    ///
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn enter<const C: usize, const FORM: u8>(&mut self, rows: Rows, k: usize) {
        each_vector!(j of NV, {
            if k * C / V::W == j {
                // SAFETY: the caller's promise.
                unsafe { self.enter_in::<C, FORM>(rows, j, k) };
            }
        });
    }

    /// Gives section `k`, which is in vector `j`, its state.
    ///
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn enter_in<const C: usize, const FORM: u8>(
        &mut self,
        rows: Rows,
        j: usize,
        k: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let place = Place::of(rows, j, k);
            place.take(row::X1, &mut self.x1[j]);
            place.take(row::X2, &mut self.x2[j]);
            place.take(row::Y1, &mut self.y[0][j]);
            place.take(row::Y2, &mut self.y[1][j]);
            if FORM == RAMP {
                place.take(row::B0, &mut self.b0[j]);
                place.take(row::B1, &mut self.b1[j]);
                place.take(row::B2, &mut self.b2[j]);
                place.take(row::A1, &mut self.a1[j]);
                place.take(row::A2, &mut self.a2[j]);
            } else if !is_direct::<V, C>() {
                let (s1, s2) = self.transposed(j);
                self.s1[j] = self.s1[j].select(place.mask, s1);
                self.s2[j] = self.s2[j].select(place.mask, s2);
            }
        }
    }

    /// Keeps the state that section `k` has come to.
    ///
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn save<const C: usize, const FORM: u8>(&self, rows: Rows, k: usize) {
        each_vector!(j of NV, {
            if k * C / V::W == j {
                // SAFETY: the caller's promise.
                unsafe { self.save_in::<C, FORM>(rows, j, k) };
            }
        });
    }

    /// Keeps the state that section `k`, which is in vector `j`, has come to.
    ///
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn save_in<const C: usize, const FORM: u8>(&self, rows: Rows, j: usize, k: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let place = Place::of(rows, j, k);
            place.put(row::X1, self.x1[j]);
            place.put(row::X2, self.x2[j]);
            place.put(row::Y1, self.y[0][j]);
            place.put(row::Y2, self.y[1][j]);
            if FORM == RAMP {
                place.put(row::B0, self.b0[j]);
                place.put(row::B1, self.b1[j]);
                place.put(row::B2, self.b2[j]);
                place.put(row::A1, self.a1[j]);
                place.put(row::A2, self.a2[j]);
            }
        }
    }

    /// Keeps all states.
    ///
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn save_all<const FORM: u8>(&self, rows: Rows) {
        // SAFETY: the caller's promise.
        unsafe {
            put(rows, row::X1, &self.x1);
            put(rows, row::X2, &self.x2);
            put(rows, row::Y1, &self.y[0]);
            put(rows, row::Y2, &self.y[1]);
            if FORM == RAMP {
                put(rows, row::B0, &self.b0);
                put(rows, row::B1, &self.b1);
                put(rows, row::B2, &self.b2);
                put(rows, row::A1, &self.a1);
                put(rows, row::A2, &self.a2);
            }
        }
    }

    /// The frame at `from`, or that ends W samples from there, as [`is_padded`] has it.
    ///
    /// # Safety
    /// As for the kernel.
    #[inline(always)]
    pub unsafe fn read<T: Sample, const C: usize>(&self, from: *const T) -> V {
        // SAFETY: the caller's promise; eight is W.
        unsafe {
            match is_padded::<V, T, C>() {
                true => T::frame::<V, 8>(from),
                false => T::frame::<V, C>(from),
            }
        }
    }

    /// One frame into the first section; returns the last vector of outputs. Only after two steps
    /// with `TRACK` (or after none) can states be kept.
    #[inline(always)]
    pub fn step<T: Sample, const C: usize, const D: usize, const FORM: u8, const TRACK: bool>(
        &mut self,
        frame: V,
        by: &Steps<V, NV>,
    ) -> V {
        let mut new = [frame; NV];
        each_vector!(j of NV, {
            let x = match (j, D) {
                (0, 0) => frame,
                (0, _) if is_padded::<V, T, C>() => self.y[D.max(1) - 1][0].shift::<C>(frame),
                (0, _) => self.y[D.max(1) - 1][0].enter::<C>(frame),
                (_, 0) => new[j - 1],
                _ => self.y[D.max(1) - 1][j].shift::<C>(self.y[D.max(1) - 1][j - 1]),
            };
            if FORM == RAMP {
                self.b0[j] = self.b0[j].add(by.b0[j]);
                self.b1[j] = self.b1[j].add(by.b1[j]);
                self.b2[j] = self.b2[j].add(by.b2[j]);
                self.a1[j] = self.a1[j].add(by.a1[j]);
                self.a2[j] = self.a2[j].add(by.a2[j]);
            }
            // What the input of a section counts with.
            let with = |sum: V, x: V| match FORM {
                SCALED => sum.add(x),
                _ => sum.plus(self.b0[j], x),
            };
            new[j] = if FORM == RAMP {
                with(self.transposed(j).0, x)
            } else if is_direct::<V, C>() {
                let x = match FORM {
                    SCALED => x,
                    _ => self.b0[j].mul(x),
                };
                x.plus(self.b1[j], self.x1[j])
                    .plus(self.b2[j], self.x2[j])
                    .minus(self.a2[j], self.y[1][j])
                    .minus(self.a1[j], self.y[0][j])
            } else {
                let y = with(self.s1[j], x);
                self.s1[j] = self.s2[j].plus(self.b1[j], x).minus(self.a1[j], y);
                self.s2[j] = self.b2[j].mul(x).minus(self.a2[j], y);
                y
            };
            if TRACK || is_direct::<V, C>() {
                self.x2[j] = self.x1[j];
                self.x1[j] = x;
            }
        });
        self.y = match TRACK || is_direct::<V, C>() {
            true => {
                let [a, b, c, d, e, _] = self.y;
                [new, a, b, c, d, e]
            }
            false => [new; RING],
        };
        new[NV - 1]
    }

    /// The end of the row.
    #[inline(always)]
    pub fn amplify<T: Sample, const C: usize, const FORM: u8>(
        &mut self,
        y: V,
        by: &Steps<V, NV>,
    ) -> V {
        if FORM != RAMP && is_padded::<V, T, C>() {
            return y;
        }
        if FORM == RAMP {
            self.gain = self.gain.add(by.gain);
        }
        y.mul(self.gain)
    }
}
