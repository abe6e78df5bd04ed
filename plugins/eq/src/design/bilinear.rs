// SPDX-License-Identifier: MPL-2.0
//! Filters by the bilinear transform, after the Audio EQ Cookbook (R. Bristow-Johnson).
//!
//! Its filters are analogue prototypes n2·s² + n1·s/Q + n0 over the same of other coefficients,
//! with s = (1 − 1/z)/(1 + 1/z)/tan(w/2). Times what makes it a polynomial, such a one has the
//! values 4·n0·sin²(w/2) at z = 1, 4·n2·cos²(w/2) at z = −1, and the skew 2·n1·α.
use crate::band::Kind;
use crate::section::Quadratic;

/// Numerator and denominator of second order at the angle `w`, with the Cookbook's α and A.
pub(super) fn second(kind: Kind, w: f64, alpha: f64, a: f64) -> (Quadratic, Quadratic) {
    let (s, c) = (0.5 * w).sin_cos();
    let quadratic = |n0: f64, n1: f64, n2: f64| Quadratic {
        dc: 4.0 * n0 * s * s,
        nyquist: 4.0 * n2 * c * c,
        skew: 2.0 * n1 * alpha,
    };
    let poles = quadratic(1.0, 1.0, 1.0);
    let (lower, upper) = (quadratic(1.0, a.sqrt(), a), quadratic(a, a.sqrt(), 1.0));
    match kind {
        Kind::Peak => (quadratic(1.0, a, 1.0), quadratic(1.0, 1.0 / a, 1.0)),
        Kind::LowShelf => (upper.scaled(a), lower),
        Kind::HighShelf => (lower.scaled(a), upper),
        // A high shelf less half its gain: its middle comes to 0 dB.
        Kind::Tilt => (lower, upper),
        Kind::LowPass => (quadratic(1.0, 0.0, 0.0), poles),
        Kind::HighPass => (quadratic(0.0, 0.0, 1.0), poles),
        Kind::BandPass => (quadratic(0.0, 1.0, 0.0), poles),
        Kind::Notch => (quadratic(1.0, 0.0, 1.0), poles),
        Kind::AllPass => (quadratic(1.0, -1.0, 1.0), poles),
    }
}

/// Numerator and denominator of a pass of first order.
pub(super) fn first(high: bool, w: f64) -> (Quadratic, Quadratic) {
    let (s, c) = (0.5 * w).sin_cos();
    let numerator = match high {
        true => Quadratic::first(0.0, c),
        false => Quadratic::first(s, 0.0),
    };
    (numerator, Quadratic::first(s, c))
}
