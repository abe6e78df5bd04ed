// SPDX-License-Identifier: MPL-2.0
//! From the spectra of frames to one per interval.
use super::decibel_kernel::power_to_decibel;
use super::scale::Scale;
use crate::multiversion;
use crate::simd::Level;

/// How frames are averaged.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Averaging {
    /// The mean of the interval's decibels, each not below the floor, as GStreamer's own element
    /// has it.
    #[default]
    Decibel,
    /// The mean of the interval's powers.
    Power,
    /// Powers fade with time over intervals: α = 1 − e^(−hop/τ). The first frame counts as if it
    /// had been there for ever.
    Exponential {
        /// τ in seconds: 0.125 for a meter's F, 1 for its S. At 0 there is no memory.
        time_constant: f64,
    },
    /// The largest power so far, which falls with time, over intervals.
    PeakHold {
        /// dB per second; 0 holds for ever.
        decay: f64,
    },
}

/// Averages spectra, row by row; of a row that it does not have, nothing. All memory is allocated
/// when it is made.
#[derive(Debug, Clone)]
pub struct Averager {
    level: Level,
    averaging: Averaging,
    values: usize,
    /// The decibels that are the least.
    floor: f32,
    /// What the mode needs per frame: α, or what a peak is multiplied by.
    factor: f32,
    rows: Vec<Row>,
    /// Decibels of a frame, or powers of an average.
    scratch: Vec<f32>,
}

#[derive(Debug, Clone)]
struct Row {
    /// In this interval.
    frames: u64,
    /// Whether there was a frame at all.
    begun: bool,
    /// Sums of an interval.
    sums: Vec<f64>,
    /// What goes on over intervals.
    state: Vec<f32>,
}

impl Averager {
    /// For `rows` of `values` powers every `hop` seconds; decibels are not below `floor`. Times
    /// that are no number, or negative, count as 0.
    pub fn new(averaging: Averaging, rows: usize, values: usize, hop: f64, floor: f32) -> Self {
        Self::with_level(Level::best(), averaging, rows, values, hop, floor)
    }

    /// As [`Averager::new`], on one instruction set.
    pub fn with_level(
        level: Level,
        averaging: Averaging,
        rows: usize,
        values: usize,
        hop: f64,
        floor: f32,
    ) -> Self {
        let hop = hop.max(0.0);
        let (factor, goes_on) = match averaging {
            Averaging::Decibel | Averaging::Power => (0.0, false),
            // 0/0 is no number, but no memory either.
            Averaging::Exponential { time_constant } => match (-hop / time_constant.max(0.0)).exp()
            {
                kept if kept.is_nan() => (1.0, true),
                kept => (1.0 - kept, true),
            },
            Averaging::PeakHold { decay } => (10f64.powf(-decay.max(0.0) * hop / 10.0), true),
        };
        let (sums, state) = if goes_on { (0, values) } else { (values, 0) };
        let row = Row {
            frames: 0,
            begun: false,
            sums: vec![0.0; sums],
            state: vec![0.0; state],
        };
        Averager {
            level,
            averaging,
            values,
            floor,
            factor: factor as f32,
            rows: vec![row; rows],
            scratch: vec![0.0; values],
        }
    }

    /// Sets the least decibels; effective from the next frame on.
    pub fn set_floor(&mut self, floor: f32) {
        self.floor = floor;
    }

    /// Frames of a row since the interval began.
    pub fn frames(&self, row: usize) -> u64 {
        self.rows.get(row).map_or(0, |row| row.frames)
    }

    /// Adds a frame of calibrated powers. What is no number counts as 0, and infinity as the
    /// largest number, so that neither stays for ever.
    pub fn push(&mut self, row: usize, power: &[f32]) {
        let Some(row) = self.rows.get_mut(row) else {
            return;
        };
        let power = &power[..power.len().min(self.values)];
        match self.averaging {
            Averaging::Decibel => {
                let decibels = &mut self.scratch[..power.len()];
                power_to_decibel(self.level, power, 0.0, self.floor, decibels);
                add(self.level, &mut row.sums, decibels);
            }
            Averaging::Power => add(self.level, &mut row.sums, power),
            Averaging::Exponential { .. } => {
                let share = if row.begun { self.factor } else { 1.0 };
                approach(self.level, &mut row.state, power, share);
            }
            Averaging::PeakHold { .. } => hold(self.level, &mut row.state, power, self.factor),
        }
        row.frames += 1;
        row.begun = true;
    }

    /// Writes the average of a row so far. Without a frame it is silence.
    pub fn read(&mut self, row: usize, scale: Scale, out: &mut [f32]) {
        let Some(row) = self.rows.get(row) else {
            return;
        };
        let frames = row.frames.max(1) as f64;
        let powers: &[f32] = match self.averaging {
            Averaging::Decibel => {
                let silent = row.frames == 0;
                for (out, &sum) in out.iter_mut().zip(&row.sums) {
                    let decibel = if silent {
                        f64::from(self.floor)
                    } else {
                        sum / frames
                    };
                    *out = match scale {
                        Scale::Decibel => decibel,
                        Scale::Power => 10f64.powf(decibel / 10.0),
                        Scale::Amplitude => 10f64.powf(decibel / 20.0),
                    } as f32;
                }
                return;
            }
            Averaging::Power => {
                for (out, &sum) in self.scratch.iter_mut().zip(&row.sums) {
                    *out = (sum / frames) as f32;
                }
                &self.scratch
            }
            Averaging::Exponential { .. } | Averaging::PeakHold { .. } => &row.state,
        };
        scale.convert(self.level, powers, self.floor, out);
    }

    /// Begins the next interval of a row.
    pub fn next_interval(&mut self, row: usize) {
        if let Some(row) = self.rows.get_mut(row) {
            row.frames = 0;
            row.sums.fill(0.0);
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        for row in &mut self.rows {
            row.frames = 0;
            row.begun = false;
            row.sums.fill(0.0);
            row.state.fill(0.0);
        }
    }
}

/// What is added of a value: a number.
#[inline(always)]
fn number(value: f32) -> f32 {
    let value = if value.is_nan() { 0.0 } else { value };
    value.clamp(f32::MIN, f32::MAX)
}

multiversion! {
    fn add(sums: &mut [f64], values: &[f32]) = add_body
}

#[inline(always)]
fn add_body(sums: &mut [f64], values: &[f32]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum += f64::from(number(value));
    }
}

/// Below this, powers that fade are 0: denormals would be slow.
const LEAST: f32 = 1e-30;

multiversion! {
    fn approach(state: &mut [f32], values: &[f32], share: f32) = approach_body
}

#[inline(always)]
fn approach_body(state: &mut [f32], values: &[f32], share: f32) {
    for (state, &value) in state.iter_mut().zip(values) {
        let next = *state * (1.0 - share) + number(value) * share;
        *state = if next > LEAST { next } else { 0.0 };
    }
}

multiversion! {
    fn hold(state: &mut [f32], values: &[f32], keep: f32) = hold_body
}

#[inline(always)]
fn hold_body(state: &mut [f32], values: &[f32], keep: f32) {
    for (state, &value) in state.iter_mut().zip(values) {
        let next = (*state * keep).max(number(value));
        *state = if next > LEAST { next } else { 0.0 };
    }
}

#[cfg(test)]
mod tests;
