// SPDX-License-Identifier: MPL-2.0
//! The kernel: a cascade laid across the lanes of a few vectors.
//!
//! Section k of channel c has slot k·C + c, and runs D·k frames late, so that its input is what the
//! slots C below gave D frames ago: all sections of all channels take a step at once. At the start
//! of a call, lanes whose first frame has not come yet compute something or other and take their
//! true state when it comes; at the end, each section's state is put aside after its last frame.
//! So nothing is late from outside, whatever the number of frames, and the operations on each
//! frame, with their order, are the same for every D and every way of cutting audio into calls.
//!
//! Direct form 1 has but one multiplication in its recurrence if it is ordered as
//! x + (b1·x₁ + b2·x₂) − a2·y₂ − a1·y₁.
#![allow(unsafe_code)]
use super::lanes::{Lanes, Sample};
use super::pass::{Rows, row};

/// What is in registers, one vector per W slots.
struct Work<V, const NV: usize> {
    b0: [V; NV],
    b1: [V; NV],
    b2: [V; NV],
    a1: [V; NV],
    a2: [V; NV],
    x1: [V; NV],
    x2: [V; NV],
    /// Output one to four frames ago.
    y: [[V; NV]; 4],
    /// Of the last vector; only its highest lanes count.
    gain: V,
}

/// Steps per frame of `b0` … `a2` and the gain.
struct Steps<V, const NV: usize> {
    b0: [V; NV],
    b1: [V; NV],
    b2: [V; NV],
    a1: [V; NV],
    a2: [V; NV],
    gain: V,
}

#[inline(always)]
unsafe fn load<V: Lanes, const NV: usize>(rows: Rows, row: usize) -> [V; NV] {
    // SAFETY: the caller's promise.
    std::array::from_fn(|j| unsafe { V::load(rows.at(row, j * V::W)) })
}

/// Exchanges the lanes of one section in `rows` and `work`: into `rows` if `SAVE`, else out of them.
#[inline(always)]
unsafe fn exchange<V: Lanes, const NV: usize, const SAVE: bool>(
    rows: Rows,
    row: usize,
    work: &mut [V; NV],
    masks: [V::Mask; NV],
) {
    for j in 0..NV {
        // SAFETY: the caller's promise.
        unsafe {
            let at = rows.at(row, j * V::W);
            if SAVE {
                V::load(at).select(masks[j], work[j]).store(at);
            } else {
                work[j] = work[j].select(masks[j], V::load(at));
            }
        }
    }
}

impl<V: Lanes, const NV: usize> Work<V, NV> {
    #[inline(always)]
    unsafe fn new<const GENERAL: bool>(rows: Rows) -> Self {
        let (b1, b2, gain) = match GENERAL {
            true => (row::B1, row::B2, row::GAIN),
            false => (row::N1, row::N2, row::END),
        };
        // SAFETY: the caller's promise.
        unsafe {
            let y1 = load(rows, row::Y1);
            Work {
                b0: load(rows, row::B0),
                b1: load(rows, b1),
                b2: load(rows, b2),
                a1: load(rows, row::A1),
                a2: load(rows, row::A2),
                x1: load(rows, row::X1),
                x2: load(rows, row::X2),
                y: [y1, load(rows, row::Y2), y1, y1],
                gain: V::load(rows.at(gain, (NV - 1) * V::W)),
            }
        }
    }

    /// Gives section `k` its state, or with `SAVE` keeps the state that it has come to.
    #[inline(always)]
    unsafe fn section<const GENERAL: bool, const SAVE: bool>(&mut self, rows: Rows, k: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let numbers: [V; NV] = load(rows, row::SECTION);
            let masks = numbers.map(|n| n.equal(k as f64));
            exchange::<V, NV, SAVE>(rows, row::X1, &mut self.x1, masks);
            exchange::<V, NV, SAVE>(rows, row::X2, &mut self.x2, masks);
            exchange::<V, NV, SAVE>(rows, row::Y1, &mut self.y[0], masks);
            exchange::<V, NV, SAVE>(rows, row::Y2, &mut self.y[1], masks);
            if GENERAL {
                exchange::<V, NV, SAVE>(rows, row::B0, &mut self.b0, masks);
                exchange::<V, NV, SAVE>(rows, row::B1, &mut self.b1, masks);
                exchange::<V, NV, SAVE>(rows, row::B2, &mut self.b2, masks);
                exchange::<V, NV, SAVE>(rows, row::A1, &mut self.a1, masks);
                exchange::<V, NV, SAVE>(rows, row::A2, &mut self.a2, masks);
            }
        }
    }

    /// One frame into the first section; returns the last vector of outputs.
    #[inline(always)]
    fn step<const C: usize, const D: usize, const GENERAL: bool>(
        &mut self,
        frame: V,
        by: &Steps<V, NV>,
    ) -> V {
        let mut new = [frame; NV];
        for j in 0..NV {
            let x = match (j, D) {
                (0, 0) => frame,
                (0, _) => self.y[D.max(1) - 1][0].enter::<C>(frame),
                (_, 0) => new[j - 1],
                _ => self.y[D.max(1) - 1][j].shift::<C>(self.y[D.max(1) - 1][j - 1]),
            };
            if GENERAL {
                self.b0[j] = self.b0[j].add(by.b0[j]);
                self.b1[j] = self.b1[j].add(by.b1[j]);
                self.b2[j] = self.b2[j].add(by.b2[j]);
                self.a1[j] = self.a1[j].add(by.a1[j]);
                self.a2[j] = self.a2[j].add(by.a2[j]);
            }
            let past = self.x2[j].mul(self.b2[j]).plus(self.b1[j], self.x1[j]);
            let zeros = match GENERAL {
                true => past.plus(self.b0[j], x),
                false => past.add(x),
            };
            self.x2[j] = self.x1[j];
            self.x1[j] = x;
            new[j] = zeros
                .minus(self.a2[j], self.y[1][j])
                .minus(self.a1[j], self.y[0][j]);
        }
        self.y = [new, self.y[0], self.y[1], self.y[2]];
        new[NV - 1]
    }
}

/// Filters `frames` frames of `C` samples, `stride` apart, in place. `GENERAL` has b0 and lets
/// coefficients and gain move, without it the input of each section is scaled by 1 / b0.
///
/// # Safety
/// The processor has what `V` needs; `rows` has at least `NV`·W slots, and nobody else uses it or
/// the samples meanwhile.
#[inline(always)]
pub(super) unsafe fn run<
    V: Lanes,
    T: Sample,
    const C: usize,
    const NV: usize,
    const D: usize,
    const GENERAL: bool,
>(
    rows: Rows,
    io: *mut T,
    stride: usize,
    frames: usize,
) {
    // SAFETY: the caller's promise; frames read are below `frames`, those written come after.
    unsafe {
        let sections = NV * V::W / C;
        let late = D * (sections - 1);
        let mut work = Work::<V, NV>::new::<GENERAL>(rows);
        let by = Steps::<V, NV> {
            b0: load(rows, row::STEP_B0),
            b1: load(rows, row::STEP_B1),
            b2: load(rows, row::STEP_B2),
            a1: load(rows, row::STEP_A1),
            a2: load(rows, row::STEP_A2),
            gain: V::load(rows.at(row::STEP_GAIN, (NV - 1) * V::W)),
        };
        let (mut next_in, mut next_out) = (0, 0);
        let (mut begin, mut end) = (if D == 0 { frames } else { 0 }, frames);
        let (mut from, mut to) = (io.cast_const(), io);
        let mut t = 0;
        loop {
            if D == 0 {
                if t == frames {
                    break;
                }
            } else {
                if t == begin {
                    work.section::<GENERAL, false>(rows, next_in);
                    next_in += 1;
                    begin = match next_in < sections {
                        true => begin + D,
                        false => usize::MAX,
                    };
                }
                if t == end {
                    work.section::<GENERAL, true>(rows, next_out);
                    next_out += 1;
                    end += D;
                    if next_out == sections {
                        break;
                    }
                }
            }
            let until = begin.min(end);
            let mut left = until - t;
            if t >= late && t < frames {
                macro_rules! one {
                    ($i:literal) => {{
                        let frame = T::frame::<V, C>(from.add($i * stride));
                        let y = work.step::<C, D, GENERAL>(frame, &by);
                        if GENERAL {
                            work.gain = work.gain.add(by.gain);
                        }
                        T::leave::<V, C>(y.mul(work.gain), to.add($i * stride));
                    }};
                }
                if !GENERAL {
                    while left >= 4 {
                        one!(0);
                        one!(1);
                        one!(2);
                        one!(3);
                        from = from.add(4 * stride);
                        to = to.add(4 * stride);
                        left -= 4;
                    }
                }
                while left > 0 {
                    one!(0);
                    from = from.add(stride);
                    to = to.add(stride);
                    left -= 1;
                }
            } else {
                let (reads, writes) = (t < frames, t >= late);
                while left > 0 {
                    let mut frame = work.x1[0];
                    if reads {
                        frame = T::frame::<V, C>(from);
                        from = from.add(stride);
                    }
                    let y = work.step::<C, D, GENERAL>(frame, &by);
                    if writes {
                        if GENERAL {
                            work.gain = work.gain.add(by.gain);
                        }
                        T::leave::<V, C>(y.mul(work.gain), to);
                        to = to.add(stride);
                    }
                    left -= 1;
                }
            }
            t = until;
        }
        if D == 0 {
            for j in 0..NV {
                work.x1[j].store(rows.at(row::X1, j * V::W));
                work.x2[j].store(rows.at(row::X2, j * V::W));
                work.y[0][j].store(rows.at(row::Y1, j * V::W));
                work.y[1][j].store(rows.at(row::Y2, j * V::W));
                if GENERAL {
                    work.b0[j].store(rows.at(row::B0, j * V::W));
                    work.b1[j].store(rows.at(row::B1, j * V::W));
                    work.b2[j].store(rows.at(row::B2, j * V::W));
                    work.a1[j].store(rows.at(row::A1, j * V::W));
                    work.a2[j].store(rows.at(row::A2, j * V::W));
                }
            }
        }
        if GENERAL {
            work.gain.store(rows.at(row::GAIN, (NV - 1) * V::W));
        }
    }
}
