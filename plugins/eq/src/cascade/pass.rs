// SPDX-License-Identifier: MPL-2.0
//! As many sections as the kernel runs at once: their numbers, laid out as it reads them.
use super::super::section::Section;
use super::rows::{Rows, row};

/// Slots of a row are a multiple of this, for alignment to 64 bytes.
const LINE: usize = 8;

/// Scales from 1 / this to this are far from the ends of f64 for any audio.
const LARGEST_SCALE: f64 = 1e90;

/// By how much rounding may change the response of a section, −208 dB.
const PRECISION: f64 = 4e-11;

/// States below this, −3000 dB, are silence.
const SILENCE: f64 = 1e-150;

/// Which form of the kernel a pass needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Inputs are scaled by 1 / b0.
    Scaled,
    Plain,
    Ramp,
}

/// State of one section of one channel: x₁, x₂, y₁, y₂.
pub(super) type State = [f64; 4];

const STATE: [usize; 4] = [row::X1, row::X2, row::Y1, row::Y2];

pub(super) struct Pass {
    width: usize,
    sections: usize,
    /// Per row.
    slots: usize,
    data: Vec<f64>,
    /// Of the first row in `data`.
    start: usize,
    /// Coefficients or gain move.
    moving: bool,
    /// Something changed since [`Pass::prepare`].
    stale: bool,
    scaled: bool,
}

impl Pass {
    /// `sections` identities for each of `width` channels, gain 1.
    pub fn new(width: usize, sections: usize) -> Self {
        let slots = (width * sections).next_multiple_of(LINE);
        let data = vec![0.0; row::COUNT * slots + LINE - 1];
        let start = data.as_ptr().align_offset(LINE * size_of::<f64>());
        let mut pass = Pass {
            width,
            sections,
            slots,
            // An allocator that cannot align costs time, not memory safety.
            start: start.min(LINE - 1),
            data,
            moving: false,
            stale: true,
            scaled: false,
        };
        pass.row_mut(row::X_SCALE).fill(1.0);
        pass.row_mut(row::Y_SCALE).fill(1.0);
        for slot in 0..slots {
            pass.row_mut(row::SECTION)[slot] = (slot / width) as f64;
            pass.set(slot, Section::IDENTITY);
            pass.set_number(row::GAIN, slot, 1.0);
        }
        pass
    }

    /// Where the kernel finds the rows; valid as long as the pass is not dropped.
    pub fn rows(&mut self) -> Rows {
        self.rows_from(0)
    }

    /// The same from section `first` on.
    pub fn rows_from(&mut self, first: usize) -> Rows {
        let start = self.start + (first * self.width).min(self.slots);
        Rows::new(self.data[start..].as_mut_ptr(), self.slots)
    }

    pub fn row(&self, row: usize) -> &[f64] {
        &self.data[self.start + row * self.slots..][..self.slots]
    }

    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.data[self.start + row * self.slots..][..self.slots]
    }

    pub fn form(&self) -> Form {
        match (self.moving, self.scaled) {
            (true, _) => Form::Ramp,
            (false, true) => Form::Scaled,
            (false, false) => Form::Plain,
        }
    }

    /// The gains of all lanes in the form at hand, over and over.
    pub fn gains(&self) -> [f64; LINE] {
        let gains = self.row(if self.scaled { row::END } else { row::GAIN });
        std::array::from_fn(|i| gains[self.last(i % self.width)])
    }

    fn section(&self, slot: usize) -> Section {
        let number = |r| self.row(r)[slot];
        Section {
            b0: number(row::B0),
            b1: number(row::B1),
            b2: number(row::B2),
            a1: number(row::A1),
            a2: number(row::A2),
        }
    }

    pub fn set(&mut self, slot: usize, to: Section) {
        for (i, value) in numbers(to).into_iter().enumerate() {
            self.set_number(i, slot, value);
        }
    }

    pub fn set_gain(&mut self, lane: usize, to: f64) {
        self.set_number(row::GAIN, self.last(lane), to);
    }

    fn set_number(&mut self, row: usize, slot: usize, to: f64) {
        self.unscale();
        self.row_mut(row)[slot] = to;
        self.row_mut(row::STEP + row)[slot] = 0.0;
        self.row_mut(row::TARGET + row)[slot] = to;
    }

    pub fn aim(&mut self, slot: usize, to: Section) {
        for (i, value) in numbers(to).into_iter().enumerate() {
            self.row_mut(row::TARGET + i)[slot] = value;
        }
    }

    pub fn aim_gain(&mut self, lane: usize, to: f64) {
        let slot = self.last(lane);
        self.row_mut(row::TARGET + row::GAIN)[slot] = to;
    }

    /// Slot of the last section.
    fn last(&self, lane: usize) -> usize {
        (self.sections - 1) * self.width + lane
    }

    /// Begins to move over `frames` frames, unless everything is where it was aimed.
    pub fn begin_ramp(&mut self, frames: usize) {
        let here = self.start + row::B0 * self.slots;
        let there = self.start + row::TARGET * self.slots;
        let len = row::MOVING * self.slots;
        if self.data[here..][..len] == self.data[there..][..len] {
            return;
        }
        self.unscale();
        self.moving = true;
        for i in 0..len {
            let way = self.data[there + i] - self.data[here + i];
            self.data[here + row::STEP * self.slots + i] = way / frames as f64;
        }
    }

    pub fn end_ramp(&mut self) {
        if self.moving {
            let here = self.start + row::B0 * self.slots;
            let there = self.start + row::TARGET * self.slots;
            let len = row::MOVING * self.slots;
            self.data.copy_within(there..there + len, here);
            self.data[here + row::STEP * self.slots..][..len].fill(0.0);
            self.moving = false;
        }
    }

    /// To be called before the kernel runs: brings the state into the scaled form if nothing moves
    /// and no b0 forbids it.
    pub fn prepare(&mut self) {
        if !self.stale || self.moving {
            return;
        }
        self.stale = false;
        let used = self.width * self.sections;
        for slot in 0..used {
            let before = match slot.checked_sub(self.width) {
                None => 1.0,
                Some(below) => self.row(row::Y_SCALE)[below],
            };
            let section = self.section(slot);
            let b0 = section.b0;
            let scale = before * b0;
            // Written so that a NaN is out of range.
            let is_in_range = scale.abs() <= LARGEST_SCALE && scale.abs() >= 1.0 / LARGEST_SCALE;
            let Some((n1, n2)) = scaled(section).filter(|_| is_in_range) else {
                self.row_mut(row::X_SCALE).fill(1.0);
                self.row_mut(row::Y_SCALE).fill(1.0);
                return;
            };
            self.row_mut(row::N1)[slot] = n1;
            self.row_mut(row::N2)[slot] = n2;
            self.row_mut(row::X_SCALE)[slot] = before;
            self.row_mut(row::Y_SCALE)[slot] = scale;
            self.row_mut(row::N1)[slot] = n1;
            self.row_mut(row::N2)[slot] = n2;
            self.row_mut(row::END)[slot] = scale * self.row(row::GAIN)[slot];
        }
        for slot in 0..used {
            for r in STATE {
                let scale = self.scale_of(r, slot);
                self.row_mut(r)[slot] /= scale;
            }
        }
        self.scaled = true;
    }

    fn scale_of(&self, r: usize, slot: usize) -> f64 {
        match r {
            row::X1 | row::X2 => self.row(row::X_SCALE)[slot],
            _ => self.row(row::Y_SCALE)[slot],
        }
    }

    /// Leaves the scaled form.
    fn unscale(&mut self) {
        self.stale = true;
        if self.scaled {
            for slot in 0..self.slots {
                let state = self.state(slot);
                for (r, value) in STATE.into_iter().zip(state) {
                    self.row_mut(r)[slot] = value;
                }
            }
            self.row_mut(row::X_SCALE).fill(1.0);
            self.row_mut(row::Y_SCALE).fill(1.0);
            self.scaled = false;
        }
    }

    /// Unscaled.
    pub fn state(&self, slot: usize) -> State {
        STATE.map(|r| self.row(r)[slot] * self.scale_of(r, slot))
    }

    /// Unscaled.
    pub fn set_state(&mut self, slot: usize, to: State) {
        self.unscale();
        for (r, value) in STATE.into_iter().zip(to) {
            self.row_mut(r)[slot] = value;
        }
    }

    /// Flushes; false if something is not finite.
    pub fn settle(&mut self) -> bool {
        let mut finite = true;
        for slot in 0..self.slots {
            for r in STATE {
                let size = (self.row(r)[slot] * self.scale_of(r, slot)).abs();
                finite &= size < f64::INFINITY;
                if size < SILENCE {
                    self.row_mut(r)[slot] = 0.0;
                }
            }
        }
        finite
    }

    pub fn reset(&mut self) {
        for r in STATE {
            self.row_mut(r).fill(0.0);
        }
    }
}

/// In the order of their rows.
fn numbers(section: Section) -> [f64; 5] {
    [section.b0, section.b1, section.b2, section.a1, section.a2]
}

/// b1 / b0 and b2 / b0, if they can be had with enough precision.
///
/// What decides near z = 1, where the poles of every band far below the rate are, is the sum of the
/// two, near z = −1 the difference. So the second makes up for the rounding of the first; what is
/// left still matters for a narrow bell at 20 Hz of 192 kHz.
fn scaled(section: Section) -> Option<(f64, f64)> {
    let Section { b0, b1, b2, a1, a2 } = section;
    let side = if a1 < 0.0 { 1.0 } else { -1.0 };
    let n1 = b1 / b0;
    let left1 = side * (-n1).mul_add(b0, b1);
    let n2 = b2 / b0;
    let n2 = n2 + ((-n2).mul_add(b0, b2) + left1) / b0;
    let left = ((-n2).mul_add(b0, b2) + left1).abs() / b0.abs();
    // The denominator is least at about the angle w of the poles, where it is about this.
    let w = (1.0 + side * a1 + a2).sqrt();
    (left <= PRECISION * w * w.min(1.0 - a2)).then_some((n1, n2))
}
