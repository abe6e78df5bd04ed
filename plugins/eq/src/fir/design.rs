// SPDX-License-Identifier: MPL-2.0
//! Taps from a magnitude response.
use rustfft::num_complex::Complex;
use std::f64::consts::{PI, TAU};

/// No amplitude goes beyond this.
const CEILING: f64 = 1e7;
/// A magnitude has no logarithm at 0: −140 dB is the least.
const FLOOR: f64 = 1e-7;
/// Samples of a cepstrum at least. That of a curve with a bend at frequency f dies away with the
/// square of time, from rate/f samples on: at 20 Hz and 48 kHz a bend by 12 dB per octave leaves
/// less than 1e-6 at the far end, which is what comes back at the near one.
const CEPSTRUM: usize = 1 << 17;

/// A linear-phase filter of `taps` taps (even; the last is 0, so that taps 0…`taps`−2 are symmetric
/// around the integer delay `taps`/2 − 1) whose response at `w` radians per sample is close to
/// `amplitude(w)`, real and of any sign, `w` in 0…π. What is no number counts as 1, and
/// ±140 dB is the most.
///
/// The ideal response is sampled four times as densely as `taps` could resolve, and cut off without
/// a taper. A bell whose bandwidth (between the points of half its gain in dB, as in the Audio
/// EQ Cookbook) is 6·rate/`taps` comes out within 0.010 dB for gains to ±9 dB; 12 dB take a
/// bandwidth of 7.5·rate/`taps` for that, and have 0.025 dB at 6. There a taper makes it worse, and
/// no filter of that length has less than 0.0209 dB (`tests/differential/fir_bound.py`). A bandwidth
/// taken 3 dB below the top, as that of a resonance is, need not be more than 6·rate/`taps` for any
/// gain beyond ±6 dB: 0.003 dB. Towards 0 or half the rate a bell meets its mirror image: as far from
/// there as it is wide, 9 dB have 0.014 dB, and at half of that, where Q is a half, 0.07. Below, what
/// has to be resolved is freq²/bandwidth.
pub fn linear_phase(taps: usize, mut amplitude: impl FnMut(f64) -> f64) -> Vec<f64> {
    let grid = (4 * taps).next_power_of_two().max(64);
    let ideal = from_real_spectrum(grid, |w| {
        let x = amplitude(w);
        let x = if x.is_nan() { 1.0 } else { x };
        x.clamp(-CEILING, CEILING)
    });
    let centre = taps.saturating_sub(1) / 2;
    let symmetric = |n: usize| (n <= 2 * centre).then(|| ideal[n.abs_diff(centre)]);
    (0..taps).map(|n| symmetric(n).unwrap_or(0.0)).collect()
}

/// A minimum-phase filter of `taps` taps whose magnitude at `w` radians per sample is close to
/// `magnitude(w)`, positive, `w` in 0…π: through the real cepstrum (Oppenheim & Schafer,
/// Discrete-Time Signal Processing, chapter "Cepstrum Analysis and Homomorphic Deconvolution").
/// What is no number counts as 1, and ±140 dB is the most.
///
/// The last quarter of the taps fades out: what a bend in the curve leaves there would otherwise
/// end in a step, and that fill up what lies 100 dB down elsewhere.
pub fn minimum_phase(taps: usize, mut magnitude: impl FnMut(f64) -> f64) -> Vec<f64> {
    let grid = (8 * taps).next_power_of_two().max(CEPSTRUM);
    let mut cepstrum = from_real_spectrum(grid, |w| {
        let x = magnitude(w).abs();
        let x = if x.is_nan() { 1.0 } else { x };
        x.clamp(FLOOR, CEILING).ln()
    });
    // Folded, it is that of a causal sequence whose inverse is causal too.
    cepstrum[1..grid / 2].iter_mut().for_each(|x| *x *= 2.0);
    cepstrum[grid / 2 + 1..].fill(0.0);
    let transform = auris_fft::real_forward_f64(grid);
    let mut spectrum = transform.make_output_vec();
    let done = transform.process(&mut cepstrum, &mut spectrum);
    debug_assert!(done.is_ok(), "{done:?}");
    for bin in &mut spectrum {
        *bin = Complex::from_polar(bin.re.exp(), bin.im);
    }
    let mut response = to_sequence(grid, spectrum);
    response.truncate(taps);
    let fade = taps / 4;
    for (n, tap) in response[taps - fade..].iter_mut().enumerate() {
        *tap *= 0.5 + 0.5 * (PI * (n + 1) as f64 / (fade + 1) as f64).cos();
    }
    response
}

/// The sequence of `grid` numbers whose spectrum is `f`, real: symmetric around 0.
fn from_real_spectrum(grid: usize, mut f: impl FnMut(f64) -> f64) -> Vec<f64> {
    let bins = 0..=grid / 2;
    let bin = |k: usize| Complex::new(f(TAU * k as f64 / grid as f64), 0.0);
    to_sequence(grid, bins.map(bin).collect())
}

/// The sequence of `grid` numbers that has this spectrum from 0 to half the rate.
fn to_sequence(grid: usize, mut spectrum: Vec<Complex<f64>>) -> Vec<f64> {
    let transform = auris_fft::real_inverse_f64(grid);
    // At the ends there is nothing but rounding, and the transform insists on it.
    spectrum[0].im = 0.0;
    spectrum[grid / 2].im = 0.0;
    let mut sequence = transform.make_output_vec();
    let done = transform.process(&mut spectrum, &mut sequence);
    debug_assert!(done.is_ok(), "{done:?}");
    let scale = 1.0 / grid as f64;
    sequence.iter_mut().for_each(|x| *x *= scale);
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::Section;

    /// A bell of `gain` dB at `w`, whose bandwidth is `width` radians per sample.
    fn bell(w: f64, gain: f64, width: f64) -> Section {
        let (a, alpha) = (10f64.powf(gain / 40.0), (width / 2.0).tan());
        let a0 = 1.0 + alpha / a;
        Section {
            b0: (1.0 + alpha * a) / a0,
            b1: -2.0 * w.cos() / a0,
            b2: (1.0 - alpha * a) / a0,
            a1: -2.0 * w.cos() / a0,
            a2: (1.0 - alpha / a) / a0,
        }
    }

    fn magnitude(section: Section) -> impl Fn(f64) -> f64 {
        move |w| {
            let (re, im) = section.response(w);
            re.hypot(im)
        }
    }

    /// The largest difference in dB.
    fn error(taps: &[f64], wanted: impl Fn(f64) -> f64) -> f64 {
        let grid = (16 * taps.len()).next_power_of_two();
        let transform = auris_fft::real_forward_f64(grid);
        let mut padded = transform.make_input_vec();
        padded[..taps.len()].copy_from_slice(taps);
        let mut spectrum = transform.make_output_vec();
        transform.process(&mut padded, &mut spectrum).unwrap();
        let errors = spectrum.iter().enumerate().map(|(k, bin)| {
            let wanted = wanted(TAU * k as f64 / grid as f64);
            (20.0 * (bin.norm() / wanted).log10()).abs()
        });
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn linear_phase_is_symmetric_around_its_delay() {
        for taps in [2, 64, 1000, 4096] {
            let h = linear_phase(taps, magnitude(bell(0.3, 6.0, 0.2)));
            assert_eq!((h.len(), h[taps - 1]), (taps, 0.0));
            let symmetric = &h[..taps - 1];
            assert!(symmetric.iter().eq(symmetric.iter().rev()));
        }
        let h = linear_phase(64, |w| if w < 1e-9 { f64::NAN } else { -1.0 });
        assert!((h[31] + 1.0).abs() < 0.02 && h[32].abs() < 0.02);
        let flat = linear_phase(256, |_| 1.0);
        assert!((flat[127] - 1.0).abs() < 1e-15);
    }

    #[test]
    fn linear_phase_follows_bells_six_bins_wide() {
        for taps in [512, 8192] {
            for w in [0.2, 0.7, 2.0, 2.9] {
                for (gain, bins) in [(9.0, 6.0), (-9.0, 6.0), (-12.0, 6.0), (12.0, 7.5)] {
                    let width = TAU * bins / taps as f64;
                    let wanted = magnitude(bell(w, gain, width));
                    let error = error(&linear_phase(taps, &wanted), &wanted);
                    assert!(error < 0.01, "{taps} {w} {gain}: {error} dB");
                }
            }
        }
    }

    #[test]
    fn linear_phase_follows_bells_six_bins_wide_3_db_below_their_tops() {
        let taps = 1024;
        for gain in [6.0, -6.0, 12.0, -12.0, 18.0f64] {
            // With G the gain, |H|² = (u² + G)/(u² + 1/G) over u, which is 1 where half the gain is
            // left and sqrt(G/(G² − 2)) where the top is 3 dB away.
            let top = 10f64.powf(gain.abs() / 20.0);
            let narrower = (top / (top * top - 2.0)).sqrt();
            let wanted = magnitude(bell(0.7, gain, TAU * 6.0 / taps as f64 / narrower));
            let error = error(&linear_phase(taps, &wanted), &wanted);
            assert!(error < 0.003, "{gain}: {error} dB");
        }
    }

    #[test]
    fn minimum_phase_of_a_section_is_its_impulse_response() {
        for (w, gain) in [(0.01, 12.0), (0.5, -18.0), (3.0, 6.0)] {
            let section = bell(w, gain, 0.05);
            let h = minimum_phase(4096, magnitude(section));
            let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
            for (n, tap) in h.iter().enumerate() {
                let x = if n == 0 { 1.0 } else { 0.0 };
                let forward = section.b0 * x + section.b1 * x1 + section.b2 * x2;
                let y = forward - section.a1 * y1 - section.a2 * y2;
                (x2, x1, y2, y1) = (x1, x, y1, y);
                assert!(
                    (y - tap).abs() < 1e-9,
                    "{w} {gain} at {n}: {tap} is not {y}"
                );
            }
        }
    }

    #[test]
    fn minimum_phase_reaches_far_down() {
        // From 0 dB at 0.1 to −120 dB at 0.4, and back up to −60 dB at π.
        let points = [(0.1f64, 0.0), (0.4, -120.0), (PI, -60.0)];
        let wanted = |w: f64| {
            let x = w.max(0.1).ln();
            let line = |a: (f64, f64), b: (f64, f64)| {
                a.1 + (b.1 - a.1) * (x - a.0.ln()) / (b.0.ln() - a.0.ln())
            };
            let [a, b, c] = points;
            10f64.powf(if w < b.0 { line(a, b) } else { line(b, c) } / 20.0)
        };
        let error = error(&minimum_phase(8192, wanted), wanted);
        assert!(error < 0.25, "{error} dB");
    }

    #[test]
    fn nothing_makes_taps_that_are_no_numbers() {
        let odd = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.0,
            -0.0,
            1e300,
            -1e300,
            1e-320,
        ];
        for taps in [0, 1, 2, 3, 64] {
            let mut next = odd.iter().copied().cycle();
            let linear = linear_phase(taps, |_| next.next().unwrap());
            let minimum = minimum_phase(taps, |_| next.next().unwrap());
            assert_eq!([linear.len(), minimum.len()], [taps; 2]);
            assert!(linear.iter().chain(&minimum).all(|x| x.is_finite()));
        }
    }
}
