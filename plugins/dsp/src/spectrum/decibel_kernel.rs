// SPDX-License-Identifier: MPL-2.0
//! Powers to decibels, many at a time.
#[cfg(target_arch = "x86_64")]
use super::arithmetic::Fused;
use super::arithmetic::{Arithmetic, Plain, by_level};
use crate::simd::Level;

/// `out = max(10·log10(power) + offset, floor)`, to within 2e-5 dB where the result is within
/// ±190 dB, and to what an f32 can hold elsewhere.
///
/// 0 and NaN give `floor`, and so do powers below 2⁻¹²⁶ (−379 dB). Infinity gives what the
/// largest f32 gives. As many are converted as the shorter slice has.
pub fn power_to_decibel(level: Level, power: &[f32], offset: f32, floor: f32, out: &mut [f32]) {
    convert(level, power, offset, floor, out);
}

by_level! {
    fn convert(power: &[f32], offset: f32, floor: f32, out: &mut [f32]) = convert_body<Plain, Fused, Fused>
}

#[inline(always)]
fn convert_body<A: Arithmetic>(power: &[f32], offset: f32, floor: f32, out: &mut [f32]) {
    for (out, &power) in out.iter_mut().zip(power) {
        let decibel = decibel::<A>(power) + offset;
        // In this form, NaN gives the floor.
        let above = power >= f32::MIN_POSITIVE && decibel > floor;
        *out = if above { decibel } else { floor };
    }
}

/// 10·log10(x) of a normal positive number; of infinity, that of the largest one.
///
/// With x = 2^e·m and √½ ≤ m < √2, log10 m comes from a polynomial in m − 1: the natural
/// logarithm's as in the Cephes library (S. L. Moshier, 1992), which is good to a few units in the
/// last place.
#[inline(always)]
pub(super) fn decibel<A: Arithmetic>(x: f32) -> f32 {
    const ROOT_HALF: u32 = 0x3f35_04f3;
    // 10 / ln 10, and 10·log10 2 in two parts of which the first times e is exact.
    const PER_NEPER: f32 = 4.342_944_8;
    const PER_OCTAVE: f32 = 6165.0 / 2048.0;
    const PER_OCTAVE_REST: f32 = 4.605_039e-5;
    let x = if x < f32::MAX { x } else { f32::MAX };
    let bits = x.to_bits().wrapping_sub(ROOT_HALF);
    let e = (bits as i32 >> 23) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(ROOT_HALF)) - 1.0;
    let mut p = 7.037_683_6e-2;
    for coefficient in [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        p = A::mul_add(p, m, coefficient);
    }
    let square = m * m;
    let tail = A::mul_add(square * m, p, -0.5 * square);
    let rest = A::mul_add(tail, PER_NEPER, e * PER_OCTAVE_REST);
    A::mul_add(m, PER_NEPER, rest) + e * PER_OCTAVE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(power: f32, floor: f32) -> Vec<f32> {
        let at = |level| {
            let mut out = [0.0];
            power_to_decibel(level, &[power], 0.0, floor, &mut out);
            out[0]
        };
        Level::available().map(at).collect()
    }

    #[test]
    fn close_to_the_logarithm_over_the_whole_range() {
        let powers: Vec<f32> = (f32::MIN_POSITIVE.to_bits()..f32::MAX.to_bits())
            .step_by(9_973)
            .map(f32::from_bits)
            .collect();
        for level in Level::available() {
            let mut out = vec![0.0; powers.len()];
            power_to_decibel(level, &powers, 0.0, -1e9, &mut out);
            for (power, out) in powers.iter().zip(&out) {
                let exact = 10.0 * f64::from(*power).log10();
                let error = (f64::from(*out) - exact).abs();
                let most = if exact.abs() < 190.0 { 1.2e-5 } else { 3e-5 };
                assert!(error < most, "{power:e}: {out}, not {exact}");
            }
        }
    }

    #[test]
    fn what_has_no_logarithm_is_defined() {
        let most = one(f32::MAX, -100.0);
        for power in [0.0, -0.0, -1.0, f32::NAN, f32::from_bits(1), 1e-39] {
            assert!(one(power, -1000.0).iter().all(|&x| x == -1000.0), "{power}");
        }
        assert_eq!(one(f32::INFINITY, -100.0), most);
        assert!(most.iter().all(|x| (x - 385.318).abs() < 1e-3));
        assert!(one(1.0, -100.0).iter().all(|&x| x == 0.0));
    }

    #[test]
    fn offset_comes_before_the_floor_and_lengths_may_differ() {
        let mut out = [7.0; 3];
        power_to_decibel(Level::BASELINE, &[1.0, 1e-9], -3.0, -90.0, &mut out);
        assert_eq!(out, [-3.0, -90.0, 7.0]);
    }
}
