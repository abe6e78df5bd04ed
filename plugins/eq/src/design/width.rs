// SPDX-License-Identifier: MPL-2.0
//! What a width comes to.
use crate::band::Width;
use std::f64::consts::{LN_2, PI};

/// Q of a prototype, at least and at most.
const Q: (f64, f64) = (1e-3, 1e4);
/// Q at most where a shelf is given by its slope: beyond the steepest slope that there is for its
/// gain, it would be infinite.
const STEEPEST: f64 = 10.0;
/// α at most. A bandwidth of half the rate would have an infinite one; what this one changes lies
/// below audible frequencies, and what rings on does so for seconds, not for hours.
const ALPHA: f64 = 1e6;

/// How a section of second order is damped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Damping {
    /// Q of the analogue prototype.
    pub(super) q: f64,
    /// What the bilinear transform makes of it: α of the Audio EQ Cookbook.
    pub(super) alpha: f64,
}

impl Damping {
    /// Q at the angle `w`.
    pub(super) fn from_q(q: f64, w: f64) -> Self {
        let q = q.clamp(Q.0, Q.1);
        Damping {
            q,
            alpha: w.sin() / (2.0 * q),
        }
    }

    /// `width` at the angle `w`; a slope is that of a shelf with the gain a⁴ in power. None if it
    /// makes the band inert: a bandwidth of 0 Hz or less, or no number.
    ///
    /// The Cookbook's relations between Q, α, octaves and S; for Hz, `equalizer-nbands` has
    /// α = tan(π·bandwidth/rate), which is sin(w)/(2Q) with Q = freq/bandwidth at low frequencies.
    pub(super) fn new(width: Width, rate: f64, w: f64, a: f64) -> Option<Self> {
        match width {
            Width::Q(q) => (!q.is_nan()).then(|| Self::from_q(q, w)),
            Width::Hz(hz) => (hz > 0.0).then(|| {
                let half_angle = PI * (hz / rate).clamp(1e-10, 0.5);
                Damping {
                    q: (0.5 * w / half_angle).clamp(Q.0, Q.1),
                    alpha: half_angle.tan().abs().min(ALPHA),
                }
            }),
            Width::Octaves(octaves) => (!octaves.is_nan()).then(|| {
                let half = 0.5 * LN_2 * octaves.clamp(1e-4, 20.0);
                let sin = w.sin();
                Damping {
                    q: (0.5 / half.sinh()).clamp(Q.0, Q.1),
                    alpha: (sin * (half * w / sin).min(30.0).sinh()).min(ALPHA),
                }
            }),
            Width::Slope(slope) => (!slope.is_nan()).then(|| {
                let slope = slope.clamp(1e-3, 1e3);
                let square = (a + 1.0 / a) * (1.0 / slope - 1.0) + 2.0;
                Self::from_q(square.max(1.0 / (STEEPEST * STEEPEST)).sqrt().recip(), w)
            }),
        }
    }

    /// With `by` times the Q.
    pub(super) fn sharpened(self, by: f64) -> Self {
        Damping {
            q: self.q * by,
            alpha: self.alpha / by,
        }
    }
}
