// SPDX-License-Identifier: MPL-2.0
//! Parameters on their way from one value to another, in steps of one segment of the grid.
use super::Pace;
use crate::band::{Band, Width};

/// Steps up to which a movement counts as smooth: dB, and natural logarithms of ratios.
const SMALL_GAIN: f64 = 1.5;
const SMALL_FREQ: f64 = std::f64::consts::LN_2 / 3.0;
const SMALL_WIDTH: f64 = 0.182_321_556_793_954_6;

/// One number that moves in a straight line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glide {
    now: f64,
    to: f64,
    /// Segments that are left.
    left: u32,
}

impl Glide {
    pub(super) fn at(value: f64) -> Self {
        Glide {
            now: value,
            to: value,
            left: 0,
        }
    }

    /// Turns to a new target; to the old one, it goes on as it does.
    pub(super) fn aim(&mut self, to: f64, small: f64, pace: Pace, segments: u32) {
        if to == self.to {
            return;
        }
        self.to = to;
        let steps = self.steps(small);
        self.left = match pace {
            Pace::Follow if steps <= 1 => 1,
            // A movement that is too fast is caught up with in the time of the first jump, but not
            // by another jump at its end.
            Pace::Follow if self.left > 0 => self.left.max(steps.min(segments)),
            _ => segments,
        };
    }

    /// Goes no faster than `small` per segment.
    fn slow_down(&mut self, small: f64) {
        if self.left > 0 {
            self.left = self.left.max(self.steps(small));
        }
    }

    /// Steps of `small` to the target.
    fn steps(&self, small: f64) -> u32 {
        ((self.to - self.now).abs() / small).ceil() as u32
    }

    pub(super) fn is_moving(&self) -> bool {
        self.left > 0
    }

    pub(super) fn step(&mut self) {
        if self.left > 0 {
            self.now += (self.to - self.now) / f64::from(self.left);
            self.left -= 1;
            if self.left == 0 {
                self.now = self.to;
            }
        }
    }

    pub(super) fn now(&self) -> f64 {
        self.now
    }
}

/// One band on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    to: Band,
    freq: Glide,
    gain: Glide,
    width: Glide,
}

impl Motion {
    /// At rest.
    pub(super) fn at(band: &Band) -> Self {
        Motion {
            to: *band,
            freq: Glide::at(log(band.freq)),
            gain: Glide::at(gain(band.gain)),
            width: Glide::at(log(value(band.width))),
        }
    }

    /// At rest, but with a gain of 0 dB.
    pub(super) fn flat(band: &Band) -> Self {
        Motion::at(&Band { gain: 0.0, ..*band })
    }

    /// Sets out for `band`, which has the kind, order and unit of width that this one has.
    pub(super) fn aim(&mut self, band: &Band, pace: Pace, segments: u32) {
        self.to = *band;
        self.freq.aim(log(band.freq), SMALL_FREQ, pace, segments);
        // What rings at a high frequency has a slope that would be a large swing at a low one.
        self.freq.slow_down(SMALL_FREQ);
        self.gain.aim(gain(band.gain), SMALL_GAIN, pace, segments);
        self.width
            .aim(log(value(band.width)), SMALL_WIDTH, pace, segments);
    }

    /// Sets out for 0 dB and leaves the rest where it is.
    pub(super) fn aim_flat(&mut self, pace: Pace, segments: u32) {
        self.to.gain = 0.0;
        self.gain.aim(0.0, SMALL_GAIN, pace, segments);
    }

    pub(super) fn is_moving(&self) -> bool {
        self.freq.is_moving() || self.gain.is_moving() || self.width.is_moving()
    }

    /// Whether the frequencies are now so close that each may go on with what the other remembers.
    pub(super) fn is_near(&self, other: &Motion) -> bool {
        (self.freq.now() - other.freq.now()).abs() <= SMALL_FREQ
    }

    /// Octaves from where the frequency is now to that of `band`.
    pub(super) fn octaves_to(&self, band: &Band) -> f64 {
        (log(band.freq) - self.freq.now()).abs() / std::f64::consts::LN_2
    }

    /// Whether the gain is 0 dB for good.
    pub(super) fn is_flat(&self) -> bool {
        !self.gain.is_moving() && self.gain.now() == 0.0
    }

    pub(super) fn step(&mut self) {
        self.freq.step();
        self.gain.step();
        self.width.step();
    }

    /// The band as it is now; at rest exactly what was aimed at.
    pub(super) fn now(&self) -> Band {
        let mut band = self.to;
        if self.freq.is_moving() {
            band.freq = self.freq.now().exp();
        }
        if self.gain.is_moving() {
            band.gain = self.gain.now();
        }
        if self.width.is_moving() {
            let v = self.width.now().exp();
            band.width = match band.width {
                Width::Q(_) => Width::Q(v),
                Width::Hz(_) => Width::Hz(v),
                Width::Octaves(_) => Width::Octaves(v),
                Width::Slope(_) => Width::Slope(v),
            };
        }
        band
    }
}

fn value(width: Width) -> f64 {
    match width {
        Width::Q(v) | Width::Hz(v) | Width::Octaves(v) | Width::Slope(v) => v,
    }
}

/// A logarithm that is finite whatever comes.
fn log(x: f64) -> f64 {
    if x.is_nan() {
        0.0
    } else {
        x.clamp(1e-6, 1e9).ln()
    }
}

fn gain(decibel: f64) -> f64 {
    if decibel.is_nan() {
        0.0
    } else {
        decibel.clamp(-300.0, 300.0)
    }
}
